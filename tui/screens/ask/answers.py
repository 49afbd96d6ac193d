"""The answers to a question: every community's preference as it forms, and how far the communities agree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from tui.places import SIDES
from tui.plaintext import count, one_line, shown
from tui.reading.asking import (
    Agreement,
    AnswersView,
    Formed,
    agreement,
    formed,
    hardly_apart,
    read_answers,
)
from tui.screens.ask.consensus import agreement_content, in_a_line
from tui.screens.ask.forming import Block, Forming
from tui.screens.base import InstrumentScreen
from tui.widgets.prose import Prose, heading, plain
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Resize

__all__ = ["AnswersScreen"]

POLL = 0.25
"""Seconds between two looks at a run that is under way."""
STEP = 0.06
"""Seconds between two ballots that are shown one by one."""
LONGEST = 6.0
"""Seconds that showing them takes, at the most."""
HARDLY = (
    "! The offline judge hardly tells these options apart: it goes by how near each is to what members said and "
    "endorsed. Options that say in a sentence what they are for, and why, are told apart better."
)
ENDED = ("done", "stopped", "unfinished")


class AnswersScreen(InstrumentScreen[AnswersView]):
    """Watches the answers to one question.

    Args:
        folder: of the run. ``item``: the question; the run's first where empty.
        fresh: whether ballots that come all at once are shown one by one.
    """

    PLACE = "Answers"
    CSS_PATH = Path(__file__).with_name("ask.tcss")
    GUIDE = """Each block is one community, and each bar an option: how much of the panel's preference it has, with
the figure in percent behind. A ballot divides one vote over the options, and a bar is the mean of them; "first
choices" counts of how many personas an option is the first. The two can differ: where every persona finds all options
about equal, the bars are equal too, whatever stands first. ├─┤ is the 95 % interval, narrower as ballots come in; ◂
marks what is preferred most. It is what a panel of this predictor prefers, and not what real people were asked.

The line above says whether the communities agree: "clearly" means that what they prefer most lies above all other
options with its whole interval. The agreement panel (beside the bars, or m in a narrow window)
has each option's range over the communities, who stands nearest to whom, and a matrix of divergences.

Up and down go from community to community; Enter shows its ballots, w asks the persona behind the latest ballot why.
Of the offline engine all ballots come at once and are shown one by one: space skips that, f shows it again. s
sorts the communities by how far they stand apart. 1 to 6 open the sides of this run."""
    GUIDES: ClassVar[dict[str, str]] = {
        "forming": "Every community's preference, as it forms. Up and down mark one, Enter shows its ballots, "
        "w asks why. A bar is the mean of what the ballots give to an option, ├─┤ its 95 % interval, ◂ the largest; "
        "first choices counts of how many personas an option is the first.",
        "agreement": "How far the communities agree. First each option's least and largest share and where; then who "
        "stands furthest from the others; then the divergence of each two, the darker the larger.",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "skip", "Skip", id="answers.skip"),
        Binding("w", "why", "Why?", id="answers.why"),
        Binding("m", "matrix", "Agreement", id="answers.agreement"),
        Binding("s", "sort", "Sort", show=False, id="answers.sort"),
        Binding("f", "again", "Form again", show=False, id="answers.again"),
        *(
            Binding(str(number), f"visit('{place}')", name, show=False, id=f"side.{place}")
            for number, (place, name) in enumerate(SIDES.items(), start=1)
        ),
    ]

    def __init__(self, folder: Path, item: str = "", *, fresh: bool = False) -> None:
        super().__init__()
        self.folder, self._item = folder, item
        self._view = AnswersView()
        self._revealing = fresh
        self._shown = 0
        self._by_distance = False
        self._agreement: Agreement | None = None
        self._drawn: tuple[Formed, ...] = ()
        self._reckoning = self._again = False

    def body(self) -> ComposeResult:
        """Yield the question, the state, the bars and the agreement."""
        yield Static("", id="question", markup=False)
        yield Static("", id="state", markup=False)
        with Container(classes="pair", id="both"):
            yield Forming(empty="the engine has not asked yet…", id="forming")
            yield Prose(id="agreement")
        yield Static(HARDLY, id="hardly", markup=False)

    def on_mount(self) -> None:
        """Look at the run, and go on looking while it is under way."""
        self.query_one("#hardly").display = False
        self.query_one(Forming).focus()
        self.set_interval(POLL, self._poll)
        self.set_interval(STEP, self._tick)
        self.action_reload()

    def read(self) -> AnswersView:
        """Read the answers; those that are all in are not read again."""
        return read_answers(self.folder, self._item, before=self._view)

    def apply(self, view: AnswersView) -> None:
        """Draw what came."""
        self._view = view
        if view.provenance is not None:
            self.query_one(TopBar).show(view.provenance)
        lines = shown(view.query or "…", limit=300).split("\n")[:2]
        self.query_one("#question", Static).update(Content("\n").join([heading(line) for line in lines]))
        if self._revealing and not view.offline:
            self._revealing = False  # with a model, they come one by one anyhow
        self._form()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to skip only what is being shown."""
        del parameters
        return self._revealing if action == "skip" else True

    def action_skip(self) -> None:
        """Show all ballots that there are."""
        self._revealing = False
        self._form()

    def action_again(self) -> None:
        """Show the ballots one by one, from the first."""
        self._revealing, self._shown = True, 0
        self._form()

    def action_sort(self) -> None:
        """Put the communities in the order of their distance from the others, or of the run."""
        self._by_distance = not self._by_distance
        self.tell("sorted by how far they stand apart" if self._by_distance else "in the order of the run")
        self._draw()

    def action_matrix(self) -> None:
        """Show the agreement in place of the bars, where both do not fit side by side."""
        both = self.query_one("#both")
        both.toggle_class("-agreement")
        target = self.query_one("#agreement" if both.has_class("-agreement") else "#forming")
        target.focus()
        self.call_after_refresh(self._draw)

    def action_why(self) -> None:
        """Ask the persona behind the marked community's latest ballot."""
        block = self.query_one(Forming).marked
        if block is None or block.formed.latest is None:
            self.tell("there is no ballot to ask about yet")
            return
        self.interface.visit(
            "why",
            self.folder,
            item=block.answer.item,
            community=block.answer.community,
            persona=block.formed.latest.persona,
        )

    def action_visit(self, place: str) -> None:
        """Open a side of the run."""
        self.interface.visit(place, self.folder)

    def on_forming_chosen(self, message: Forming.Chosen) -> None:
        """Show the ballots of a community."""
        from tui.screens.compare.ballots import BallotsScreen

        answer = message.block.answer
        if not answer.done:
            self.tell("its ballots can be read when all of them are in")
            return
        self.app.push_screen(BallotsScreen(self.folder, answer.item, answer.community))

    def on_resize(self, event: Resize) -> None:
        """Fit the agreement to its width."""
        del event
        self.call_after_refresh(self._draw)

    class _Formed(InstrumentScreen.Arrived):
        """Preferences were reckoned."""

    def on_answers_screen__formed(self, message: _Formed) -> None:
        """Draw them."""
        message.stop()
        message.prevent_default()
        self._drawn, self._agreement = message.view
        self._reckoning = False
        with self.app.batch_update():
            self._draw()
        if self._again:
            self._form()

    def on_instrument_screen_failed(self, message: InstrumentScreen.Failed) -> None:
        """Say what was wrong; what can still be reckoned is."""
        self._reckoning = False

    def _poll(self) -> None:
        if self._view.state == "running" or self._view.provenance is None:
            self.action_reload()

    def _tick(self) -> None:
        """Show some more ballots, where they are shown one by one."""
        longest = max((len(answer.cast) for answer in self._view.answers), default=0)
        if not self._revealing or not longest or self._reckoning:
            return
        self._shown += max(1, round(longest * STEP / LONGEST))
        if self._shown >= longest and self._view.state in ENDED:
            self._revealing = False
        self._form()

    def _form(self) -> None:
        """Have the preferences reckoned, in a thread; again where one is at it."""
        self._again = self._reckoning
        if self._reckoning:
            return
        self._reckoning = True
        view, some = self._view, self._shown if self._revealing else None

        def reckoned() -> tuple[tuple[Formed, ...], Agreement | None]:
            found = tuple(
                formed(answer, len(answer.cast) if some is None else some, prior=view.prior)
                for answer in view.answers
            )
            return found, agreement(found) if view.shared else None

        self.in_thread(reckoned, self._Formed, group="forming")

    def _draw(self) -> None:
        view, found = self._view, self._agreement
        known = {each.community: each for each in self._drawn}
        blocks = [
            Block(
                answer=answer, formed=known[answer.community], waiting=self._waiting(known[answer.community])
            )
            for answer in view.answers
            if answer.community in known
        ]
        if self._by_distance and found is not None:
            apart = dict(zip(found.names, found.apart, strict=True))
            blocks.sort(key=lambda block: -apart.get(block.answer.community, -1.0))
        self.query_one(Forming).show(blocks, empty=self._empty())
        self.query_one("#state", Static).update(plain(self._told()))
        self.query_one("#hardly").display = view.offline and not self._revealing and hardly_apart(self._drawn)
        self.refresh_bindings()
        panel = self.query_one("#agreement", Prose)
        options = view.answers[0].options if view.answers else ()
        content = agreement_content(found, options, max(30, panel.size.width - 3), why_not=self._why_not())
        if str(content) != panel.text:
            panel.show(content)

    def _waiting(self, each: Formed) -> str:
        if each.complete or each.ballots or each.abstained or each.failed:
            return ""
        return "waiting for its first ballot" if self._view.state == "running" else "no ballot was cast"

    def _empty(self) -> str:
        engine = self.interface.engine_of(self.folder)
        if engine is not None and (code := engine.ended()) not in (None, 0) and not self._view.answers:
            last = engine.log().strip().rsplit("\n", 1)[-1]
            return f"✗ the engine ended with code {code}: {one_line(last)}"
        return "the engine maps the communities and asks them…"

    def _told(self) -> str:
        """Return how far it is, and whether they agree."""
        view = self._view
        if view.provenance is None:
            return self._empty()
        cast = sum(each.ballots + each.abstained + each.failed for each in self._drawn)
        done = sum(answer.done for answer in view.answers)
        asked = count(len(view.answers), "community", "communities")
        state = {"running": "● under way", "done": "✓ all in", "stopped": "■ stopped"}.get(
            view.state, "■ unfinished"
        )
        state = "▶ forming, space skips" if self._revealing else state
        parts = [state, view.stopped, in_a_line(self._agreement) if self._agreement else ""]
        parts += [f"{count(cast, 'ballot')} of {asked}", f"{done} done" if view.state != "done" else ""]
        return " · ".join(one_line(part) for part in parts if part)

    def _why_not(self) -> str:
        if not self._view.shared:
            return "Each community wrote its own options, so their preferences cannot be compared."
        return "Two communities with ballots are needed to compare them."
