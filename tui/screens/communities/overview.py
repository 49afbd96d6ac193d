"""The communities with their two cohesion scores, and of each its profile, norms, scores in full, and panel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import OptionList, Static, TabbedContent, TabPane

from tui.plaintext import one_line
from tui.reading.communities import (
    CommunitiesView,
    CommunityView,
    PostView,
    SentenceView,
    read_communities,
    read_community,
    read_posts,
)
from tui.screens.base import InstrumentScreen
from tui.screens.communities.mapping import MapsCorpus
from tui.screens.communities.sayings import Sayings, norm_options, profile_options
from tui.screens.reader import ReaderScreen, posts_content
from tui.screens.side import SideScreen
from tui.widgets.bars import score_bar
from tui.widgets.cohesion import cohesion_content, panel_content
from tui.widgets.norms import norm_content
from tui.widgets.plane import CohesionPlane
from tui.widgets.prose import Prose, plain
from tui.widgets.rowlist import Column, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.timer import Timer

__all__ = ["CommunitiesScreen"]

COLUMNS = (
    Column("community", 12, share=1),
    Column("members", 7, right=True),
    Column("norms", 6, right=True, above=68),
    Column("identity", 16),
    Column("bond", 16),
)
TARGETS = {
    "profile": "#sentences",
    "norms": "#said",
    "cohesion": "#scores",
    "panel": "#mirror",
    "all": "#whole-plane",
}
ONLY_COUNTS = (
    "The source has only counts of votes: no member is known, so there are no scores, no ties and no graph."
)
MOST_FULL = 200
REST = 0.05
"""Seconds that the mark rests on a community before it is drawn: who scrolls past does not wait for it."""


class CommunitiesScreen(MapsCorpus, SideScreen[CommunitiesView]):
    """Lists the communities of a run or of a corpus; beside it, what is known of the marked one."""

    PLACE = "Communities"
    CSS_PATH = Path(__file__).with_name("communities.tcss")
    GUIDE = """Every community has two scores that are never added up: "identity", how concentrated its topics
are, and "bond", how mutual and how inward its replies are. Both compare with chance: 0 is what chance gives, 1 the
most there can be, ◂ is less than chance, and a dash is undefined; the Cohesion tab says why.

Mark a community with the arrow keys; what is known of it stands beside the list or below it. p leads to its profile,
n to its norms (n again to those that split it most), l to the plane on which all communities stand by their two
scores. h explains the scores of one, m holds its panel of personas against its members. v draws the graph of who is
tied to whom, / searches communities, norms, members and posts, a asks the communities a question of yours.

Every sentence of a profile names the posts that it rests on: Enter on it shows them, where the corpus is there.
Norms are listed with how strongly the community endorsed them (0 to 1) and on how many votes that rests."""
    GUIDES: ClassVar[dict[str, str]] = {
        "communities": """The communities, each with its members, its norms and its two scores. Up and Down mark one,
Enter leads to what is known of it.""",
        "sentences": """The profile, first what its identity is, then how it holds together. Up and Down mark a
sentence, Enter shows the posts that it rests on; how many those are stands behind it.""",
        "said": """Norms: what members said, with how strongly the community endorsed it (0 to 1; 0.5 is as many for
as against) and on how many votes that rests. The strongest stand first, then those that split the community most: n
goes from the ones to the others. Enter shows one in full.""",
        "scores": """What the two scores are made of, each figure beside what chance gives.""",
        "mirror": """How well the panel, the personas that judge for this community, mirrors its members: for each
trait the share of members who have it, and that of personas. A group, as name/1, is a smaller circle that was found
within the community by its ties.""",
        "whole-plane": """Every community by its two scores: further right, its topics are more concentrated; further
up, its replies are more mutual and stay inside more. ◆ is the marked one, ⁙ several in one place. Left and Right go
to the one before and after; a click marks the nearest.""",
        "plane": """Every community by its two scores, ◆ the marked one: identity to the right, bond upwards, from 0,
what chance gives, to 1. Left and Right go to the one before and after; a click marks the nearest; l draws it
large.""",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "tab('profile')", "Profile", id="communities.profile"),
        Binding("n", "tab('norms')", "Norms", id="communities.norms"),
        Binding("h", "tab('cohesion')", "Cohesion", show=False, id="communities.cohesion"),
        Binding("m", "tab('panel')", "Panel", show=False, id="communities.panel"),
        Binding("l", "tab('all')", "Plane", id="communities.plane"),
        Binding("v", "graph", "Graph", id="communities.graph"),
        Binding("slash", "search", "Search", key_display="/", id="communities.search"),
        Binding("a", "ask", "Ask", id="communities.ask"),
        Binding("g", "map", "Map the corpus", show=False, id="communities.map"),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._view: CommunitiesView | None = None
        self._shown: CommunityView | None = None
        self._full: dict[str, CommunityView] = {}
        self._resting: Timer | None = None

    def body(self) -> ComposeResult:
        """Yield the list and the tabs."""
        with Container(classes="pair"):
            with Vertical(id="left"):
                yield RowList(COLUMNS, empty="reading…", id="communities")
                yield Static("", id="missing", markup=False)
                yield CohesionPlane(id="plane")
            with TabbedContent(id="tabs"):
                with TabPane("Profile", id="profile"):
                    yield Sayings(id="sentences", markup=False)
                with TabPane("Norms", id="norms"):
                    yield Sayings(id="said", markup=False)
                with TabPane("Cohesion", id="cohesion"):
                    yield Prose(id="scores")
                with TabPane("Panel", id="panel"):
                    yield Prose(id="mirror")
                with TabPane("Plane", id="all"):
                    yield CohesionPlane(id="whole-plane")

    def on_mount(self) -> None:
        """Give the list the keys."""
        self.query_one("#communities", RowList).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out the sides that a corpus does not have, and asking where a run is looked at."""
        run = self._view is None or bool(self._view.provenance.predictor)
        here = {"visit": run, "replay_begin": run, "ask": not run}.get(action, True)
        return super().check_action(action, parameters) if here else False

    def read(self) -> CommunitiesView:
        """Read the communities."""
        return read_communities(self.folder)

    def apply(self, view: CommunitiesView) -> None:
        """Draw the list and the planes."""
        self._view, self._shown, self._full = view, None, {}
        self.query_one(TopBar).show(view.provenance)
        for drawn in self.query(CohesionPlane):
            drawn.show(view.communities)
        rows = [_cells(community) for community in view.communities]
        self.query_one("#communities", RowList).show(rows, empty="no community")
        self._say_what_is_missing()
        self.refresh_bindings()

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        """Draw what is known of the marked community, or have it read."""
        if self._view is None or message.index >= len(self._view.communities):
            return
        community = self._view.communities[message.index]
        for drawn in self.query(CohesionPlane):
            drawn.mark(message.index)
        if self._resting is not None:
            self._resting.stop()
        if self._shown is None:
            self._look(community)
        else:
            self._resting = self.set_timer(REST, lambda: self._look(community))

    def _look(self, community: CommunityView) -> None:
        """Draw what is known of a community, or have it read first."""
        if community.number is None or community.name in self._full:
            self._draw(self._full.get(community.name, community))
        elif self._view is not None:
            corpus = self._view.provenance.folder
            self.in_thread(lambda: read_community(corpus, community), self._Known, group="community")

    class _Known(InstrumentScreen.Arrived):
        """What is known of a community was read."""

    def on_communities_screen__known(self, message: _Known) -> None:
        """Draw it where it is still the marked one."""
        community: CommunityView = message.view
        if len(self._full) >= MOST_FULL:
            self._full.clear()
        self._full[community.name] = community
        marked = self.query_one("#communities", RowList).cursor
        known = self._view.communities if self._view is not None else ()
        if marked < len(known) and known[marked].name == community.name:
            self._draw(community)

    def on_cohesion_plane_picked(self, message: CohesionPlane.Picked) -> None:
        """Mark the community that was pointed to."""
        self.query_one("#communities", RowList).cursor = message.number

    def on_row_list_chosen(self) -> None:
        """Go to what is known of it."""
        self.action_tab(self.query_one("#tabs", TabbedContent).active)

    def action_tab(self, name: str) -> None:
        """Show one of the tabs and give it the keys; norms again, the other part of them."""
        tabs, widget = self.query_one("#tabs", TabbedContent), self.query_one(TARGETS[name])
        if name == "norms" and tabs.active == name and widget.has_focus:
            self.query_one("#said", Sayings).to_other_part()
            return
        tabs.active = name
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
            posts_content(first, sentence.posts, posts, mark=sentence.text)
            if not problem
            else Content("\n").join(
                [first, Content(), plain(f"✗ {problem}"), plain(f"It rests on: {', '.join(sentence.posts)}")]
            )
        )
        self.app.push_screen(ReaderScreen(f"What this rests on · {sentence.facet}", text))

    def action_graph(self) -> None:
        """Draw the graph, with the marked community in it."""
        self.interface.visit("graph", self.folder)

    def action_search(self) -> None:
        """Search the place."""
        from tui.screens.communities.search import SearchScreen

        self.app.push_screen(SearchScreen(self.folder))

    def action_ask(self) -> None:
        """Ask the communities of the corpus a question."""
        self.interface.visit("question", self.folder)

    @property
    def can_map(self) -> bool:
        """Whether this is a corpus that was not mapped."""
        view = self._view
        return view is not None and bool(view.missing) and not view.provenance.predictor

    @property
    def mapped_corpus(self) -> Path:
        """The corpus."""
        return self.folder

    def say_mapping(self, text: str) -> None:
        """Say how far the engine is that maps the corpus."""
        self.query_one("#missing", Static).update(plain(text))

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
        lines = [f"! {one_line(warning)}" for warning in view.warnings]
        if view.missing:
            lines = [view.missing, *lines]
            if not view.provenance.predictor:
                lines.append(
                    "Press g to have the engine look: it writes what it finds into the corpus's folder."
                )
        if view.communities and not any(community.members for community in view.communities):
            lines.append(ONLY_COUNTS)
        if view.provenance.membership and not view.missing:
            lines.append(view.provenance.membership)
        self.query_one("#missing", Static).update(plain("\n".join(lines)))

    def _draw(self, community: CommunityView) -> None:
        if community is self._shown:
            return
        self._shown = community
        sentences = self.query_one("#sentences", OptionList)
        sentences.clear_options()
        sentences.add_options(profile_options(community))
        said = self.query_one("#said", OptionList)
        said.clear_options()
        said.add_options(norm_options(community))
        self.query_one("#scores", Prose).show(cohesion_content(community))
        self.query_one("#mirror", Prose).show(panel_content(community))


def _cells(community: CommunityView) -> tuple[str, ...]:
    return (
        community.name,
        f"{community.members:,}" if community.members else "–",
        f"{community.norms:,}" if community.norms else "–",
        _score(community.identity),
        _score(community.bond),
    )


def _score(score: float | None) -> str:
    return "    –" if score is None else f"{score:5.2f} {score_bar(score, 10)}"


def _quoted(sentence: SentenceView) -> Content:
    return Content.assemble((f"“{one_line(sentence.text, limit=2_000)}”", "bold"))
