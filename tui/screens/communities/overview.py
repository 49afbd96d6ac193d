"""The communities with their two cohesion scores, and of each its profile, norms, scores in full, and panel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import OptionList, Static, TabbedContent, TabPane
from textual.widgets.option_list import Option

from tui.plaintext import one_line
from tui.reading.communities import (
    CommunitiesView,
    CommunityView,
    NormView,
    PostView,
    SentenceView,
    read_communities,
    read_posts,
)
from tui.screens.base import InstrumentScreen, SideScreen
from tui.screens.reader import ReaderScreen, posts_content
from tui.widgets.bars import score_bar
from tui.widgets.cohesion import cohesion_content, panel_content
from tui.widgets.norms import endorsement_line, norm_content
from tui.widgets.plane import CohesionPlane
from tui.widgets.prose import Prose, plain
from tui.widgets.rowlist import Column, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.engine import Engine

__all__ = ["CommunitiesScreen"]

COLUMNS = (
    Column("community", 12, share=1),
    Column("members", 7, right=True),
    Column("norms", 6, right=True, above=68),
    Column("identity", 16),
    Column("bond", 16),
)
TABS = {"profile": "Profile", "norms": "Norms", "cohesion": "Cohesion", "panel": "Panel"}


class CommunitiesScreen(SideScreen[CommunitiesView]):
    """Lists the communities of a run or of a corpus; beside it, what is known of the marked one."""

    PLACE = "Communities"
    CSS_PATH = Path(__file__).with_name("communities.tcss")
    GUIDE = """Every community has two scores that are never added up: "identity", how concentrated its topics
are, and "bond", how mutual and how inward its replies are. Both compare with chance: 0 is what chance gives, 1 the
most there can be, ◂ is less than chance, and a dash is undefined; the Cohesion tab says why.

Every sentence of a profile stands in the community's own posts: Enter on it shows them, where the corpus is there.
Norms are listed with how strongly the community endorsed them (0 to 1) and on how many votes that rests."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "tab('profile')", "Profile"),
        Binding("n", "tab('norms')", "Norms"),
        Binding("h", "tab('cohesion')", "Cohesion"),
        Binding("m", "tab('panel')", "Panel"),
        Binding("g", "map", "Map the corpus", show=False),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._view: CommunitiesView | None = None
        self._shown: CommunityView | None = None
        self._mapping: Engine | None = None

    def body(self) -> ComposeResult:
        """Yield the list and the tabs."""
        with Container(classes="pair"):
            with Vertical(id="left"):
                yield RowList(COLUMNS, empty="reading…", id="communities")
                yield Static("", id="missing", markup=False)
                yield CohesionPlane(id="plane")
            with TabbedContent(id="tabs"):
                with TabPane("Profile", id="profile"):
                    yield OptionList(id="sentences", markup=False)
                with TabPane("Norms", id="norms"):
                    yield OptionList(id="said", markup=False)
                with TabPane("Cohesion", id="cohesion"):
                    yield Prose(id="scores")
                with TabPane("Panel", id="panel"):
                    yield Prose(id="mirror")

    def on_mount(self) -> None:
        """Give the list the keys."""
        self.query_one("#communities", RowList).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out the sides that a corpus does not have."""
        del parameters
        return not (action == "visit" and self._view is not None and not self._view.provenance.predictor)

    def read(self) -> CommunitiesView:
        """Read the communities."""
        return read_communities(self.folder)

    def apply(self, view: CommunitiesView) -> None:
        """Draw the list."""
        self._view = view
        self.query_one(TopBar).show(view.provenance)
        rows = [_cells(community) for community in view.communities]
        self.query_one("#communities", RowList).show(rows, empty="no community")
        self._say_what_is_missing()
        self.refresh_bindings()

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        """Draw what is known of the marked community."""
        if self._view is not None and message.index < len(self._view.communities):
            community = self._view.communities[message.index]
            self.query_one("#plane", CohesionPlane).show(self._view.communities, message.index)
            if community is not self._shown:
                self._shown = community
                self._draw(community)

    def on_row_list_chosen(self) -> None:
        """Go to what is known of it."""
        self.action_tab(self.query_one("#tabs", TabbedContent).active)

    def action_tab(self, name: str) -> None:
        """Show one of the tabs and give it the keys."""
        self.query_one("#tabs", TabbedContent).active = name
        target = {"profile": "#sentences", "norms": "#said", "cohesion": "#scores", "panel": "#mirror"}[name]
        widget = self.query_one(target)
        if isinstance(widget, OptionList) and widget.highlighted is None:
            widget.action_first()
        widget.focus()

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Show the posts behind a sentence, or a norm in full."""
        community, name = self._shown, message.option_id
        if community is None or name is None:
            return
        part, number = name.split("-")
        if part == "sentence":
            self._show_evidence(community.sentences[int(number)])
        else:
            norms = community.strongest if part == "strongest" else community.contested
            norm = norms[int(number)]
            self.app.push_screen(ReaderScreen(f"Norm · post {norm.post}", norm_content(norm)))

    class _Posts(InstrumentScreen.Arrived):
        """The posts behind a sentence were read."""

    def on_communities_screen__posts(self, message: _Posts) -> None:
        """Show them."""
        sentence, posts, problem = message.view
        first = _quoted(sentence)
        text = (
            posts_content(first, sentence.posts, posts)
            if not problem
            else Content("\n").join(
                [first, Content(), plain(f"✗ {problem}"), plain(f"It rests on: {', '.join(sentence.posts)}")]
            )
        )
        self.app.push_screen(ReaderScreen(f"What this rests on · {sentence.facet}", text))

    class _Mapped(InstrumentScreen.Arrived):
        """The engine that maps a corpus was started, or is looked at."""

    def action_map(self) -> None:
        """Have the engine look at the communities of the corpus."""
        from tui.engine import Engine, Order

        if self._view is not None and self._view.missing and not self._view.provenance.predictor:
            if self._mapping is None:
                order = Order(kind="communities", place=self.folder)
                self.in_thread(lambda: Engine(order), self._Mapped, group="engine")
        else:
            self.tell("There is nothing to map here.")

    def on_communities_screen__mapped(self, message: _Mapped) -> None:
        """Watch it."""
        engine: Engine = message.view
        self._mapping = engine
        self.interface.begun(engine.order, engine)
        self._watch()

    def _watch(self) -> None:
        """Look at the engine until it has ended, then read what it wrote."""
        engine = self._mapping
        if engine is None:
            return
        code = engine.ended()
        self._say_what_is_missing()
        if code is None:
            self.set_timer(0.5, self._watch)
            return
        self._mapping = None
        self.action_reload()
        if code:
            self.tell(f"The engine ended with code {code}: {one_line(engine.log()[-300:])}", wrong=True)

    def _show_evidence(self, sentence: SentenceView) -> None:
        corpus = self._view.provenance.folder if self._view is not None else self.folder

        def read() -> tuple[SentenceView, tuple[PostView, ...], str]:
            try:
                return sentence, read_posts(corpus, sentence.posts), ""
            except ValueError as error:
                return sentence, (), str(error)

        self.in_thread(read, self._Posts, group="posts")

    def _say_what_is_missing(self) -> None:
        view = self._view
        if view is None:
            return
        lines = [f"! {warning}" for warning in view.warnings]
        if self._mapping is not None:
            last = [line for line in self._mapping.log().replace("\r", "\n").split("\n") if line.strip()]
            lines = ["The engine is looking at the corpus…", *last[-1:]]
        elif view.missing:
            lines = [view.missing, *lines]
            if not view.provenance.predictor:
                lines.append(
                    "Press g to have the engine look: it writes what it finds into the corpus's folder."
                )
        if view.provenance.membership and not view.missing:
            lines.append(view.provenance.membership)
        self.query_one("#missing", Static).update(plain("\n".join(lines)))

    def _draw(self, community: CommunityView) -> None:
        sentences = self.query_one("#sentences", OptionList)
        sentences.clear_options()
        sentences.add_options(_profile(community))
        said = self.query_one("#said", OptionList)
        said.clear_options()
        said.add_options(_norms(community))
        self.query_one("#scores", Prose).show(cohesion_content(community))
        self.query_one("#mirror", Prose).show(panel_content(community))


def _cells(community: CommunityView) -> tuple[str, ...]:
    return (
        community.name,
        f"{community.members:,}",
        f"{community.norms:,}" if community.norms else "–",
        _score(community.identity),
        _score(community.bond),
    )


def _score(score: float | None) -> str:
    return "    –" if score is None else f"{score:5.2f} {score_bar(score, 10)}"


def _profile(community: CommunityView) -> list[Option | None]:
    """Return the profile as options, under headings that cannot be chosen."""
    if not community.sentences:
        return [Option(Content("no profile is known"), disabled=True)]
    options: list[Option | None] = []
    before = ("", "")
    for number, sentence in enumerate(community.sentences):
        if (sentence.part, sentence.facet) != before:
            title = f"{sentence.part.upper()} · {sentence.facet}"
            options.append(Option(Content(one_line(title)), disabled=True))
        rests = f"posts:{len(sentence.posts)}"
        text = Content.assemble("• ", one_line(sentence.text), "  ", (rests, "dim"))
        options.append(Option(text, id=f"sentence-{number}"))
        before = (sentence.part, sentence.facet)
    return options


def _norms(community: CommunityView) -> list[Option | None]:
    """Return the strongest and the most contested norms as options."""
    options: list[Option | None] = []
    parts = (
        ("strongest", "STRONGEST", community.strongest),
        ("contested", "MOST CONTESTED", community.contested),
    )
    for part, title, norms in parts:
        options.append(Option(Content(title), disabled=True))
        options += [Option(_norm(norm), id=f"{part}-{number}") for number, norm in enumerate(norms)]
        if not norms:
            options.append(Option(Content("none: no votes are known"), disabled=True))
    return options


def _norm(norm: NormView) -> Content:
    said = one_line(f"{norm.title} — {norm.text}" if norm.title else norm.text, limit=240)
    return Content.assemble(endorsement_line(norm), "\n", said)


def _quoted(sentence: SentenceView) -> Content:
    return Content.assemble((f"“{one_line(sentence.text, limit=2_000)}”", "bold"))
