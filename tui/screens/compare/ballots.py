"""The ballots behind a preference, round by round, and the norms behind any one of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from tui.plaintext import one_line, shown
from tui.reading.calls import CallView, read_calls
from tui.reading.items import BallotView, ItemView, read_item
from tui.screens.base import InstrumentScreen
from tui.screens.reader import ReaderScreen
from tui.widgets.bars import PreferenceBars, letter
from tui.widgets.norms import norm_content
from tui.widgets.prose import Prose, heading, plain
from tui.widgets.resting import Resting
from tui.widgets.rowlist import Column, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

__all__ = ["BallotsScreen"]

COLUMNS = (
    Column("persona", 7),
    Column("for", 3),
    Column("moved", 5),
    Column("shares", 12, share=1),
    Column("reason", 20, share=4),
)


FRESH = 1.0
"""Seconds between two looks at ballots that still come in."""


class BallotsScreen(InstrumentScreen[ItemView]):
    """Lists the ballots of one round; beside them, the norms that the marked one rests on."""

    PLACE = "Ballots"
    CSS_PATH = Path(__file__).with_name("compare.tcss")
    GUIDE = """Each row is a ballot: which persona, which option it is for (– is an abstention, ✗ a judgement that
failed), whether it moved in the discussion (B→A), how strongly it prefers each option, in percent in the order A, B,
C…, and why.

To begin: move through the ballots and read beside them the norms that each rests on, the weightiest first: what the
community said, how strongly it endorsed it (0 to 1) and on how many votes that rests.

[ and ] go through the rounds of discussion; round 0 is before any. m leaves only the ballots that moved. Enter or o
shows the options in full, with their bars. w asks the persona why it chose so, g shows the persona with all its
ballots, and p, of a run on a language model, exactly what it was sent and what came back."""
    GUIDES: ClassVar[Mapping[str, str]] = {
        "ballots": """The ballots of one round, a persona each. Arrow keys move, [ and ] go to the round before and
after, m leaves only those that moved, w asks why, g shows the persona, p its prompt, enter the options.""",
        "norms": "The marked ballot, how it came about, and the norms that it rests on. Arrow keys scroll.",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "options", "Options", id="ballots.options"),
        Binding("p", "prompt", "Prompt", id="ballots.prompt"),
        Binding("w", "why", "Why", id="ballots.why"),
        Binding("g", "persona", "Persona", id="ballots.persona"),
        Binding("m", "moved", "Moved", show=False, id="ballots.moved"),
        Binding("left_square_bracket", "round(-1)", "Earlier", key_display="[", id="ballots.earlier"),
        Binding("right_square_bracket", "round(1)", "Later", key_display="]", id="ballots.later"),
    ]

    def __init__(self, folder: Path, item: str, community: str) -> None:
        super().__init__()
        self._folder, self._item, self._community = folder, item, community
        self._view: ItemView | None = None
        self._place: int | None = None
        self._moved = False
        self._details = Resting(self)

    def body(self) -> ComposeResult:
        """Yield the query, the ballots and the norms."""
        yield Static("", id="query", markup=False)
        yield Static("", id="round", markup=False)
        with Container(classes="pair"):
            yield RowList(COLUMNS, empty="reading the ballots…", id="ballots")
            yield Prose(id="norms")

    def on_mount(self) -> None:
        """Give the list the keys, and look again while ballots come in."""
        self.query_one("#ballots", RowList).focus()
        self.set_interval(FRESH, self._look_again)

    def _look_again(self) -> None:
        view = self._view
        if view is not None and not view.row.judged and view.state != "done" and self.is_current:
            self.action_reload()

    def read(self) -> ItemView:
        """Read the item with its ballots and norms."""
        return read_item(self._folder, self._item, self._community)

    def apply(self, view: ItemView) -> None:
        """Draw the ballots of the last round, or of the one that was gone to."""
        self._view = view
        self.query_one(TopBar).show(view.provenance)
        lines = shown(view.row.query, limit=240).split("\n")[:2]
        self.query_one("#query", Static).update(
            Content("\n").join([heading(lines[0]), *map(plain, lines[1:])])
        )
        self._draw()

    def action_round(self, step: int) -> None:
        """Show the ballots of another round."""
        if self._view is not None and self._view.rounds:
            last = len(self._view.rounds) - 1
            self._place = max(0, min(last, (last if self._place is None else self._place) + step))
            self._draw()

    def action_moved(self) -> None:
        """List only the ballots that moved in the discussion, or all again."""
        self._moved = not self._moved
        self._draw()

    def action_why(self) -> None:
        """Ask the persona of the marked ballot why it chose as it did."""
        ballot = self._marked()
        if ballot is not None:
            given = {"item": self._item, "community": self._community, "persona": ballot.persona}
            self.interface.visit("why", self._folder, **given)

    def action_persona(self) -> None:
        """Show the persona of the marked ballot."""
        ballot = self._marked()
        if ballot is not None:
            self.interface.visit("personas", self._folder, persona=ballot.persona, item=self._item)

    def _marked(self) -> BallotView | None:
        ballots, place = self._ballots(), self.query_one("#ballots", RowList).cursor
        return ballots[place] if place < len(ballots) else None

    def action_options(self) -> None:
        """Show all options in full, with their bars."""
        if self._view is not None:
            self.app.push_screen(_reader(self._view))

    def action_prompt(self) -> None:
        """Read what the marked persona was sent, and what came back."""
        ballot = self._marked()
        if ballot is not None:
            who = ballot.persona
            self.in_thread(
                lambda: (who, read_calls(self._folder, self._item, self._community, who)),
                self._Calls,
                group="calls",
            )

    class _Calls(InstrumentScreen.Arrived):
        """The calls of a persona were read."""

    def on_ballots_screen__calls(self, message: _Calls) -> None:
        """Show them."""
        message.stop()
        message.prevent_default()
        who, calls = message.view
        self.app.push_screen(ReaderScreen(f"What {who} was sent", _calls_content(calls)))

    def on_row_list_chosen(self) -> None:
        """Show all options in full."""
        self.action_options()

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        """Draw the norms of the marked ballot."""
        ballots = self._ballots()
        if self._view is not None and message.index < len(ballots):
            view, ballot = self._view, ballots[message.index]
            self._details(lambda: self.query_one("#norms", Prose).show(_behind(ballot, view)))

    def _ballots(self) -> tuple[BallotView, ...]:
        """Return the ballots that are listed."""
        view = self._view
        if view is None or not view.rounds:
            return ()
        ballots = view.of_round(view.rounds[-1 if self._place is None else self._place])
        return tuple(ballot for ballot in ballots if ballot.moved) if self._moved else ballots

    def _draw(self) -> None:
        view = self._view
        if view is None:
            return
        rounds = len(view.rounds) - 1
        number = view.rounds[-1 if self._place is None else self._place] if view.rounds else 0
        name = "before any discussion" if not number else f"after round {number} of {rounds}"
        only = " · only those that moved" if self._moved else ""
        coming = "" if view.row.judged else " · not judged to the end yet"
        tally = _tally(self._ballots(), len(view.row.options))
        where = f"community {view.row.community} · {name}{only} · {tally}{coming}"
        self.query_one("#round", Static).update(plain(one_line(where)))
        self.query_one("#ballots", RowList).show(
            [_cells(ballot, view.row.community) for ballot in self._ballots()],
            empty="no ballot moved: m shows all" if self._moved else "no ballot",
        )


def _tally(ballots: tuple[BallotView, ...], options: int) -> str:
    """Return how many ballots are for each option, as the ballots say it themselves."""
    chosen = [ballot.choice for ballot in ballots]
    parts = [f"{letter(option)} {chosen.count(option)}" for option in range(min(options, 8))]
    failed = sum(bool(ballot.failure) for ballot in ballots)
    told = [f"failed {failed}"] if failed else []
    return ", ".join([*parts, f"abstained {chosen.count(None) - failed}", *told])


def _cells(ballot: BallotView, community: str) -> tuple[str, ...]:
    shares = " ".join(f"{share * 100:.0f}" for share in ballot.shares)
    name = ballot.persona.removeprefix(community) or ballot.persona
    moved = f"{letter(ballot.before)}→{letter(ballot.choice)}" if ballot.moved else ""
    return (name, "✗" if ballot.failure else letter(ballot.choice), moved, shares, ballot.reason)


def _behind(ballot: BallotView, view: ItemView) -> Content:
    parts = [heading(f"{one_line(ballot.persona)}: {letter(ballot.choice)}")]
    parts += [plain(line) for line in (ballot.about, *_told(ballot), ballot.reason) if line]
    parts.append(Content())
    if not ballot.norms:
        parts.append(Content.styled("This ballot rests on no norm.", "dim"))
    for number, post in enumerate(ballot.norms, start=1):
        norm = view.norms.get(post)
        missing = "not in the journal" if view.row.judged else "its text comes with the result"
        known = Content.styled(missing, "dim") if norm is None else norm_content(norm)
        parts += [heading(f"Norm {number} of {len(ballot.norms)} · post {one_line(post)}"), known, Content()]
    return Content("\n").join(parts)


def _told(ballot: BallotView) -> list[str]:
    """Return how a ballot came about, a line each: whom it heard, who moved it, whether it flipped."""
    lines = [f"✗ failed: {ballot.failure}"] if ballot.failure else []
    if ballot.moved:
        lines.append(f"moved from {letter(ballot.before)} to {letter(ballot.choice)} in round {ballot.round}")
    if ballot.weighed:
        lines.append("the shares are the model's own probabilities")
    if ballot.heard:
        lines.append(f"heard {', '.join(ballot.heard)}")
    if ballot.moved_by:
        lines.append(f"moved by {', '.join(ballot.moved_by)}")
    if ballot.asked_again and not ballot.round:
        flipped = "and flipped" if ballot.again != ballot.choice else "the same"
        lines.append(f"asked again with the options in reverse: {letter(ballot.again)}, {flipped}")
    return lines


def _calls_content(calls: tuple[CallView, ...]) -> Content:
    if not calls:
        return Content.styled("No call to a model was made for this ballot.", "dim")
    parts: list[Content] = []
    for number, call in enumerate(calls, start=1):
        parts += [heading(f"Call {number} of {len(calls)}: {call.phase}"), plain(call.took), Content()]
        for role, text in call.messages:
            parts += [Content.styled(f"── {role}", "dim"), plain(text), Content()]
        title = "── reply" if call.answered else "── no reply"
        parts += [Content.styled(title, "dim"), plain(call.answer), Content()]
    return Content("\n").join(parts)


def _reader(view: ItemView) -> ReaderScreen:
    bars = PreferenceBars()
    bars.show(view.row)
    parts = [Content(), heading("Asked"), plain(view.row.query), Content()]
    for number, option in enumerate(view.row.options):
        parts += [heading(f"Option {letter(number)}"), plain(option.text), Content()]
    return ReaderScreen("Options in full", Content("\n").join(parts), top=bars)
