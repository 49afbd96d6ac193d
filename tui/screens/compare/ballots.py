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
from tui.widgets.rowlist import Column, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

__all__ = ["BallotsScreen"]

COLUMNS = (
    Column("persona", 7),
    Column("for", 3),
    Column("shares", 12, share=1),
    Column("reason", 20, share=4),
)


class BallotsScreen(InstrumentScreen[ItemView]):
    """Lists the ballots of one round; beside them, the norms that the marked one rests on."""

    PLACE = "Ballots"
    CSS_PATH = Path(__file__).with_name("compare.tcss")
    GUIDE = """Each row is a ballot: which persona, which option it is for (– is an abstention), how strongly it
prefers each option, in percent in the order A, B, C…, and why.

Beside the list stand the norms that the marked ballot rests on, the weightiest first: what the community said, how
strongly it endorsed it (0 to 1) and on how many votes that rests. Tab goes there to scroll.

[ and ] go through the rounds of discussion; round 0 is before any. Enter or o shows the options in full. Of a run
on a language model, p shows exactly what the marked persona was sent and what came back; ✗ is a judgement that
failed."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "options", "Options"),
        Binding("p", "prompt", "Prompt and reply"),
        Binding("left_square_bracket", "round(-1)", "Earlier round", key_display="["),
        Binding("right_square_bracket", "round(1)", "Later round", key_display="]"),
    ]

    def __init__(self, folder: Path, item: str, community: str) -> None:
        super().__init__()
        self._folder, self._item, self._community = folder, item, community
        self._view: ItemView | None = None
        self._place = 0

    def body(self) -> ComposeResult:
        """Yield the query, the ballots and the norms."""
        yield Static("", id="query", markup=False)
        yield Static("", id="round", markup=False)
        with Container(classes="pair"):
            yield RowList(COLUMNS, empty="reading the ballots…", id="ballots")
            yield Prose(id="norms")

    def on_mount(self) -> None:
        """Give the list the keys."""
        self.query_one("#ballots", RowList).focus()

    def read(self) -> ItemView:
        """Read the item with its ballots and norms."""
        return read_item(self._folder, self._item, self._community)

    def apply(self, view: ItemView) -> None:
        """Draw the ballots of the last round."""
        self._view = view
        self._place = max(0, len(view.rounds) - 1)
        self.query_one(TopBar).show(view.provenance)
        lines = shown(view.row.query, limit=240).split("\n")[:2]
        self.query_one("#query", Static).update(
            Content("\n").join([heading(lines[0]), *map(plain, lines[1:])])
        )
        self._draw()

    def action_round(self, step: int) -> None:
        """Show the ballots of another round."""
        if self._view is not None and self._view.rounds:
            self._place = max(0, min(len(self._view.rounds) - 1, self._place + step))
            self._draw()

    def action_options(self) -> None:
        """Show all options in full, with their bars."""
        if self._view is not None:
            self.app.push_screen(_reader(self._view))

    def action_prompt(self) -> None:
        """Read what the marked persona was sent, and what came back."""
        ballots, place = self._ballots(), self.query_one("#ballots", RowList).cursor
        if place < len(ballots):
            who = ballots[place].persona
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
            self.query_one("#norms", Prose).show(_behind(ballots[message.index], self._view))

    def _ballots(self) -> tuple[BallotView, ...]:
        view = self._view
        return view.of_round(view.rounds[self._place]) if view is not None and view.rounds else ()

    def _draw(self) -> None:
        view = self._view
        if view is None:
            return
        rounds = len(view.rounds) - 1
        number = view.rounds[self._place] if view.rounds else 0
        name = "before any discussion" if not number else f"after round {number} of {rounds}"
        where = f"community {view.row.community} · {name} · {_tally(self._ballots(), len(view.row.options))}"
        self.query_one("#round", Static).update(plain(one_line(where)))
        self.query_one("#ballots", RowList).show(
            [_cells(ballot, view.row.community) for ballot in self._ballots()], empty="no ballot"
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
    return (name, "✗" if ballot.failure else letter(ballot.choice), shares, ballot.reason)


def _behind(ballot: BallotView, view: ItemView) -> Content:
    parts = [heading(f"{ballot.persona}: {letter(ballot.choice)}")]
    parts += [plain(line) for line in (ballot.about, *_told(ballot), ballot.reason) if line]
    parts.append(Content())
    if not ballot.norms:
        parts.append(Content.styled("This ballot rests on no norm.", "dim"))
    for number, post in enumerate(ballot.norms, start=1):
        norm = view.norms.get(post)
        known = Content.styled("not in the journal", "dim") if norm is None else norm_content(norm)
        parts += [heading(f"Norm {number} of {len(ballot.norms)} · post {one_line(post)}"), known, Content()]
    return Content("\n").join(parts)


def _told(ballot: BallotView) -> list[str]:
    """Return how a ballot came about, a line each: whom it heard, who moved it, whether it flipped."""
    lines = [f"✗ failed: {ballot.failure}"] if ballot.failure else []
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
