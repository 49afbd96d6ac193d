"""The community graph: communities as nodes, then one's own members, then what surrounds one of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from tui.plaintext import one_line
from tui.reading.communities import PostView, read_posts_by
from tui.reading.graph import GraphView, Level, read_graph
from tui.screens.base import InstrumentScreen
from tui.screens.communities.mapping import MapsCorpus
from tui.screens.reader import ReaderScreen, posts_content
from tui.widgets.graph import GraphCanvas
from tui.widgets.prose import plain
from tui.widgets.rowlist import Column, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from simulator.graph.kept import Layer

__all__ = ["GraphScreen"]

LISTS = {
    "communities": (
        Column("community", 12, share=1),
        Column("members", 8, right=True),
        Column("bond", 5, right=True),
        Column("identity", 8, right=True),
    ),
    "community": (
        Column("member", 9),
        Column("talks about", 10, share=1),
        Column("ties", 5, right=True),
        Column("bond", 7, right=True),
        Column("identity", 8, right=True),
    ),
    "member": (
        Column("tied to", 10, share=1),
        Column("in", 8, share=2),
        Column("bond", 7, right=True),
        Column("identity", 8, right=True),
    ),
}
SIGNS: dict[Layer, str] = {"bond": "──", "identity": "··"}
BOTH: frozenset[Layer] = frozenset({"bond", "identity"})


class GraphScreen(MapsCorpus, InstrumentScreen[GraphView]):
    """Draws the graph of a corpus, or of the corpus that a run simulates.

    Args:
        folder: of the corpus or the run.
        community: whose members are drawn first; all communities where empty.
        member: whose surroundings are drawn first.
    """

    PLACE = "Graph"
    CSS_PATH = Path(__file__).with_name("communities.tcss")
    GUIDE = """A map of who is tied to whom. First every community is one disc, the larger the more members it
has. Press Enter on one to see its own members, and Enter on a member to see whom it is tied to; Backspace or Esc
leads back out.

There are two kinds of ties, and they are never added up. A bond tie (a solid line ──) says that two members reply to
each other. An identity tie (a dotted line ··) says that they share what defines a group, such as topics or votes,
whether or not they ever talked. Press b or i to hide or show one kind: the line above the
map says which are shown, and how their weights are reckoned. Where thousands are tied, the strongest ties
and the most tied members are drawn; the line above the map says how many of how many.

The list names everything that is drawn, so that the map can be read without the picture."""
    GUIDES: ClassVar[dict[str, str]] = {
        "canvas": """The map. The arrow keys move over it, + and - or the mouse wheel go nearer and away, 0 shows all
of it again. A click marks a node, a second click opens it. Ties of the marked node (◆) are drawn on top.""",
        "list-communities": """All communities, the largest first: how many members, and the two cohesion scores, by
bond and by identity, where 0 is what chance gives and 1 the most. Up and Down mark one on the map, Enter opens
it. A member of several communities counts in each. Below stands what the members of the marked one write about most,
here and wherever else they write.""",
        "list-community": """The members of this community, the most tied first, by the beginning of their pseudonyms:
what they write about, with how many others they are tied, and the summed weight of their bond and identity ties
within the community. Enter shows what surrounds one; o opens what it wrote.
Those further down are not on the map, but Enter works there too.""",
        "list-member": """Whom this member is tied to, in whatever community: the weight of the bond tie in both
directions, and the similarity of the identity tie. Enter goes on to the surroundings of that member; o opens what it
wrote.""",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "layer('bond')", "Bonds", id="graph.bond"),
        Binding("i", "layer('identity')", "Identity", id="graph.identity"),
        Binding("plus,equals_sign", "zoom(1.5)", "Nearer", key_display="+", id="graph.nearer"),
        Binding("minus", "zoom(0.667)", "Away", key_display="-", show=False, id="graph.away"),
        Binding("0", "zoom(0)", "All of it", show=False, id="graph.all"),
        Binding("backspace", "leave", "Out", show=False, id="graph.out"),
        Binding("o", "posts", "Posts", id="graph.posts"),
        Binding("slash", "search", "Search", key_display="/", id="graph.search"),
        Binding("g", "map", "Map the corpus", show=False, id="graph.map"),
    ]

    def __init__(self, folder: Path, *, community: str = "", member: str = "") -> None:
        super().__init__()
        self.folder = folder
        self._path = [Level()]
        if community:
            self._path.append(Level("community", community))
        if member:
            self._path.append(Level("member", member))
        self._layers = BOTH
        self._view: GraphView | None = None
        self._marked = ""

    def body(self) -> ComposeResult:
        """Yield the map and the list."""
        yield Static("", id="path", markup=False)
        with Container(classes="pair"):
            yield GraphCanvas(id="canvas")
            with Vertical(id="beside"):
                for kind, columns in LISTS.items():
                    yield RowList(columns, empty="reading…", id=f"list-{kind}")
                yield Static("", id="told", markup=False)

    def on_mount(self) -> None:
        """Show the list of the first level."""
        self._list().focus()

    def read(self) -> GraphView:
        """Read the level that one is at."""
        return read_graph(self.folder, self._path[-1], self._layers)

    def apply(self, view: GraphView) -> None:
        """Draw it, with the mark where it was before."""
        if view.level != self._path[-1]:
            return
        again = self._view is not None and self._view.level == view.level
        marked = self._name_at(self._list().cursor) if again else self._marked
        self._view = view
        self.query_one(TopBar).show(view.provenance)
        for kind in LISTS:
            self.query_one(f"#list-{kind}", RowList).display = kind == view.level.kind
        canvas = self.query_one(GraphCanvas)
        canvas.show(
            view.picture, empty="no graph is kept yet: press g" if view.missing else "nothing is here"
        )
        canvas.show_layers(frozenset(self._layers))
        listed = self._list()
        listed.show(view.rows, empty="no graph" if view.missing else "nobody")
        listed.focus()
        listed.cursor = self._place_of(marked)
        self._tell_where()
        self._tell_of(listed.cursor)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer a member's posts only where members are listed."""
        del parameters
        return not (action == "posts" and self._path[-1].kind == "communities")

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        """Mark the node on the map."""
        if message.rows is self._list():
            self.query_one(GraphCanvas).mark(self._node_of(message.index))
            self._tell_of(message.index)

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Go in."""
        name, here = self._name_at(message.index), self._path[-1]
        if not name or (here.kind == "member" and message.index == 0):
            return
        self._marked = ""
        self._path.append(Level("community" if here.kind == "communities" else "member", name))
        self.action_reload()

    def on_graph_canvas_picked(self, message: GraphCanvas.Picked) -> None:
        """Mark what was clicked in the list, or open it."""
        view, listed = self._view, self._list()
        if view is None or message.number >= len(view.picture.nodes):
            return
        listed.cursor = message.number
        if message.opened:
            listed.action_choose()

    def action_leave(self) -> None:
        """Go out by one level; from the outermost, back to the screen before."""
        if len(self._path) == 1:
            super().action_leave()
            return
        self._marked = self._path.pop().name
        self.action_reload()

    def action_layer(self, layer: Layer) -> None:
        """Show or hide the ties of a layer."""
        self._layers = self._layers ^ {layer}
        self.query_one(GraphCanvas).show_layers(frozenset(self._layers))
        self._tell_where()
        if self._path[-1].kind != "communities":
            self.action_reload()

    def action_zoom(self, factor: float) -> None:
        """Go nearer or away."""
        self.query_one(GraphCanvas).zoom(factor)

    def action_search(self) -> None:
        """Search the place."""
        from tui.screens.communities.search import SearchScreen

        self.app.push_screen(SearchScreen(self.folder))

    def on_instrument_screen_failed(self, message: InstrumentScreen.Failed) -> None:
        """Wait no more for a graph that could not be read."""
        del message
        if self._view is None:
            for kind in LISTS:
                self.query_one(f"#list-{kind}", RowList).display = kind == self._path[-1].kind
            self._list().show((), empty="nothing could be read")

    class _Posts(InstrumentScreen.Arrived):
        """What a member wrote was read."""

    def action_posts(self) -> None:
        """Show what the marked member wrote."""
        name, view = self._name_at(self._list().cursor), self._view
        if not name or view is None or self._path[-1].kind == "communities":
            return
        corpus = view.provenance.folder
        self.in_thread(lambda: (name, read_posts_by(corpus, name)), self._Posts, group="posts")

    def on_graph_screen__posts(self, message: _Posts) -> None:
        """Show them."""
        name, found = message.view
        posts: tuple[PostView, ...] = found
        first = Content(one_line(f"The last {len(posts)} that it wrote" if posts else "It wrote no post."))
        text = posts_content(first, tuple(post.post for post in posts), posts)
        self.app.push_screen(ReaderScreen(f"Member {one_line(name)}", text))

    def say_mapping(self, text: str) -> None:
        """Say how far the engine is that maps the corpus."""
        self.query_one("#told", Static).update(plain(text))

    @property
    def can_map(self) -> bool:
        """Whether there is a corpus to map and no graph of it."""
        return self._view is not None and bool(self._view.missing)

    @property
    def mapped_corpus(self) -> Path:
        """The corpus that would be mapped."""
        return self.folder if self._view is None else self._view.provenance.folder

    def _list(self) -> RowList:
        return self.query_one(f"#list-{self._path[-1].kind}", RowList)

    def _name_at(self, index: int) -> str:
        """Return the name in a row of the list; nothing where it is not there."""
        view = self._view
        if view is None or view.level != self._path[-1]:
            return ""
        if view.level.kind == "member":
            nodes = view.picture.nodes
            return nodes[index].name if index < len(nodes) else ""
        row = view.rows[index] if index < len(view.rows) else ()
        return row[0] if row else ""

    def _place_of(self, name: str) -> int:
        """Return the row of a node of the picture, the first where it is none."""
        nodes = () if self._view is None else self._view.picture.nodes
        return next((number for number, node in enumerate(nodes) if node.name == name), 0)

    def _node_of(self, index: int) -> int:
        """Return the node of a row; that of none where it is not drawn."""
        view = self._view
        drawn = 0 if view is None else len(view.picture.nodes)
        return index if index < drawn else 1 << 30

    def _tell_where(self) -> None:
        view = self._view
        names = ["all communities", *(one_line(level.name, limit=24) for level in self._path[1:])]
        lines = [" › ".join(names)]
        if view is not None and not view.missing:
            lines[0] += f"  ·  {view.told}"
            kinds = zip(SIGNS.items(), view.ties, strict=True)
            states = [self._state(layer, sign, number) for (layer, sign), number in kinds]
            notes = [f"{layer}: {note}" for layer, note in view.notes if note]
            lines.append(" │ ".join([*states, *notes]))
        self.query_one("#path", Static).update(plain("\n".join(map(one_line, lines))))

    def _state(self, layer: Layer, sign: str, number: int) -> str:
        shown = "shown" if layer in self._layers else "hidden"
        return f"{sign} {layer} ties {shown if number else '(none)'}"

    def _tell_of(self, index: int) -> None:
        view = self._view
        if view is None:
            return
        if view.missing:
            text = f"{view.missing}\nPress g to have the engine map it; that writes into the corpus's folder."
        elif index < len(view.picture.nodes):
            text = f"◆ {one_line(view.picture.nodes[index].name)} · {view.picture.nodes[index].told}"
        elif len(view.rows):
            text = "Not on the map, which has the most tied only. Enter shows what surrounds it."
        else:
            text = ""
        self.query_one("#told", Static).update(plain(text))
