"""Simulated and real preferences side by side, judgement by judgement, in any order."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.message import Message
from textual.widgets import Static
from textual.worker import get_current_worker

from tui.plaintext import clipped, one_line, shown
from tui.reading.comparison import read_comparison, read_rows
from tui.reading.leads import LOOKED_AT, shared_lead
from tui.reading.ranking import KEYS, Ranking, key_named
from tui.screens.base import InstrumentScreen
from tui.screens.compare.choice import ChoiceScreen
from tui.screens.compare.finding import FindLine
from tui.screens.compare.listing import (
    DIVERGENCE,
    FIGURE,
    IN_FULL,
    PAGE,
    SIGN,
    VOTERS,
    Listing,
    Wish,
    columns,
    rows_of,
    told,
)
from tui.screens.side import SideScreen
from tui.widgets.bars import PreferenceBars
from tui.widgets.prose import heading, plain
from tui.widgets.resting import Resting
from tui.widgets.rowlist import RowList
from tui.widgets.table import Table
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult

    from tui.reading.comparison import ItemRow, Other
    from tui.reading.ranking import Key

__all__ = ["CompareScreen"]

FRESH, FRESH_RANKED = 2.0, 10.0
"""Seconds between two looks at a run that goes on: in its own order, and in another one, which takes longer."""


class CompareScreen(SideScreen[Listing]):
    """Lists what was judged; beside it, what real people preferred on the marked item, and what the panel does.

    Args:
        by: the name of what it is sorted by at first (``tui.reading.ranking.KEYS``); the run's order where empty.
    """

    PLACE = "Compare"
    AUTO_FOCUS = "#items"
    CSS_PATH = Path(__file__).with_name("compare.tcss")
    GUIDE = """Each row is a judgement: an item in one community. "n" is the number of real voters, "real" and "sim"
the most preferred option and its share; = says that both prefer the same option, ≠ that they do not. A dash says that
it is not known, · that it is not judged yet. Where most questions begin with the same words, … stands for these. The
last column is a figure of the judgement: at first JSD, the Jensen–Shannon divergence of the simulated from the real
shares, 0 for the same and 1 for the opposite.

To begin: press s and choose what to sort by, so that the worst judgements come first; d leaves only those on which
the simulation prefers another option than the people did; / finds a text, c chooses one community. S turns the order.

Beside the list are the options of the marked judgement, with a bar for the real and one for the simulated shares;
b adds the baselines and controls. ├ and ┤ are the ends of a 95 % interval. The interval of the simulation says how
sure the panel is of itself: that the predictor may be wrong is not in it.

Enter opens the ballots of the marked judgement and the norms behind them; v puts another run of the same corpus
beside this one."""
    GUIDES: ClassVar[Mapping[str, str]] = {
        "items": """The judgements. Arrow keys move, enter opens the ballots of the marked one, s sorts, S turns the
order, / finds a text, c chooses a community, d leaves only those where ≠ stands. A click on a heading sorts.""",
        "detail": """The options of the marked judgement. real █ is what the community's members voted, sim ▒ what its
simulated panel prefers, b1 ░ a baseline, c1 ▚ a control; b switches those. Below them stands how far each is from the
real shares: JSD is the Jensen–Shannon divergence with base 2, error the mean absolute error of a share, top-1 how
likely its favourite is the real one, loss the log loss in bits. Arrow keys scroll.""",
        "find": """Type a part of a question, an option, an item's or a community's name; enter lists what has it,
escape lists everything again.""",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "Sort", id="compare.sort"),
        Binding("S", "turn", "Turn order", show=False, id="compare.turn"),
        Binding("slash", "find", "Find", key_display="/", id="compare.find"),
        Binding("c", "community", "Community", show=False, id="compare.community"),
        Binding("d", "differing", "Differing", id="compare.differing"),
        Binding("b", "beside", "Baselines", id="compare.baselines"),
        Binding("v", "versus", "Other run", show=False, id="compare.versus"),
    ]

    class Progress(Message):
        """So many judgements were looked at, of all."""

        def __init__(self, done: int, total: int) -> None:
            super().__init__()
            self.done, self.total = done, total

    class Communities(InstrumentScreen.Arrived):
        """The communities that judge something."""

    def __init__(self, folder: Path, by: str = "") -> None:
        super().__init__(folder)
        self._listing: Listing | None = None
        self._wish = Wish(by=key_named(by) if by else None)
        self._beside = 0
        self._lead: str | None = None
        self._ranking: Ranking | None = None
        self._ranked = threading.Lock()
        self._details = Resting(self)

    def body(self) -> ComposeResult:
        """Yield the list and the bars."""
        yield Static("reading the journal…", id="order", classes="hint", markup=False)
        yield FindLine(placeholder="a part of a question, an option or a name", id="find")
        with Container(classes="pair"):
            yield RowList(columns(None), empty="reading the journal…", name="judgements", id="items")
            with VerticalScroll(id="detail"):
                yield Static("", id="query", markup=False)
                yield PreferenceBars(id="bars")
                yield Static("", id="errors", markup=False)

    def on_mount(self) -> None:
        """Give the list the keys, and look again while the run goes on."""
        self.query_one("#items", RowList).focus()
        self.set_interval(FRESH, self._look_again)
        self._ticks = 0

    def read(self) -> Listing:
        """Read the judgements as they are wished for; the order in slices."""
        wish = self._wish
        view = read_comparison(self.folder)
        places: Sequence[int] = range(view.total)
        if not wish.plain:
            places = self._order(wish)
        if self._lead is None and view.total:
            first = read_rows(self.folder, range(min(LOOKED_AT, view.total)), roles=view.roles)
            self._lead = shared_lead(row.query for row in first)
        rows = rows_of(self.folder, view, places, wish, lead=self._lead or "")
        return Listing(view=view, wish=wish, places=places, rows=rows)

    def apply(self, view: Listing) -> None:
        """Draw the list."""
        fresh = self._listing is None or not view.wish.asks_for_the_same(self._listing.wish)
        self._listing = view
        self.query_one(TopBar).show(view.view.provenance)
        listed = self.query_one("#items", RowList)
        if fresh:
            listed.set_columns(columns(view.wish.by))
            listed.cursor = 0
        if view.wish.by is not None:
            place = VOTERS if view.wish.by.name == "voters" else FIGURE
            listed.mark_sorted(place, descending=view.wish.by.down != view.wish.turned)
        none = "nothing is like that: / and c choose anew" if view.view.total else "nothing is judged yet"
        listed.show(view.rows, empty=none)
        if not len(view.rows):
            self._details.cancel()
            self._draw(None)
        self._say(told(view))

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        """Draw the bars of the marked item, once it is there."""
        if (
            message.rows.id == "items"
            and self._listing is not None
            and message.index < len(self._listing.rows)
        ):
            row = self._listing.rows.get(message.index)
            if row is not None:
                self._details(lambda: self._draw(row))

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open the ballots of an item."""
        row = self._row(message.index)
        if row is not None:
            from tui.screens.compare.ballots import BallotsScreen

            self.app.push_screen(BallotsScreen(self.folder, row.item, row.community))

    def on_row_list_header_clicked(self, message: RowList.HeaderClicked) -> None:
        """Sort by what was clicked; a second click turns the order."""
        message.stop()
        keys: dict[int, Key | None] = {
            0: None,
            VOTERS: key_named("voters"),
            FIGURE: self._wish.by or DIVERGENCE,
        }
        if message.index == SIGN:
            self.action_differing()
        elif message.index in keys:
            by = keys[message.index]
            self._want(by=by, turned=by == self._wish.by and not self._wish.turned)

    def on_compare_screen_progress(self, message: Progress) -> None:
        """Say how far the reading is."""
        self._say(f"reading {message.done:,} of {message.total:,} judgements…")

    def on_compare_screen_communities(self, message: Communities) -> None:
        """Ask which community is to be listed."""
        message.stop()
        message.prevent_default()
        names: tuple[str, ...] = message.view
        if self._listing is not None:
            self._say(told(self._listing))

        def chosen(number: int | None) -> None:
            if number is not None:
                self._only(community=names[number - 1] if number else "")

        marked = names.index(self._wish.only.community) + 1 if self._wish.only.community in names else 0
        rows = [("all communities", ""), *((name, "") for name in names)]
        self.app.push_screen(ChoiceScreen("Which community?", rows, marked=marked), chosen)

    def on_find_line_found(self, message: FindLine.Found) -> None:
        """List what has the text."""
        self.query_one("#items", RowList).focus()
        if message.text != self._wish.only.text:
            self._only(text=message.text)

    def tables(self) -> Sequence[Table]:
        """Return the listed judgements with all their figures, which the cells only sum up."""
        listing = self._listing
        if listing is None:
            return ()
        return (Table(name="judgements", columns=IN_FULL, rows=lambda: listing.in_full(self.folder)),)

    def action_reload(self) -> None:
        """Read again, first what is seen now."""
        listed = self.query_one("#items", RowList)
        top = listed.scroll_offset.y
        near = (min(top, listed.cursor), max(top + listed.size.height, listed.cursor))
        near = near if near[1] - near[0] <= 4 * PAGE else (listed.cursor, listed.cursor)
        self._wish = replace(self._wish, near=near)
        super().action_reload()

    def action_sort(self) -> None:
        """Ask what to sort by."""
        names = ["in the order of the run", *(key.name for key in KEYS)]
        notes = ["", *(key.first for key in KEYS)]
        marked = 0 if self._wish.by is None else KEYS.index(self._wish.by) + 1

        def chosen(number: int | None) -> None:
            if number is not None:
                self._want(by=KEYS[number - 1] if number else None, turned=False)

        self.app.push_screen(
            ChoiceScreen("Sort by what?", list(zip(names, notes, strict=True)), marked=marked), chosen
        )

    def action_turn(self) -> None:
        """Turn the order round."""
        self._want(by=self._wish.by, turned=not self._wish.turned)

    def action_find(self) -> None:
        """Ask for a text."""
        self.query_one("#find", FindLine).open()

    def action_community(self) -> None:
        """Ask for a community, once it is known which judge something."""

        def read() -> tuple[str, ...]:
            self._order(Wish())
            return () if self._ranking is None else self._ranking.communities

        self.in_thread(read, self.Communities, group="snapshot")

    def action_differing(self) -> None:
        """List only what the simulation and the people differ on, or all again."""
        self._only(differing=not self._wish.only.differing)

    def action_beside(self) -> None:
        """Go on to what is drawn beside the simulation: nothing, all, and then each alone."""
        row = self._row(self.query_one("#items", RowList).cursor)
        if row is None or not row.others:
            self.tell("nothing stands beside this judgement: commonbond bench keeps baselines and controls")
            return
        self._beside = (self._beside + 1) % (len(row.others) + 2)
        self._details.cancel()
        self._draw(row)

    def action_versus(self) -> None:
        """Put another run beside this one."""
        from tui.screens.compare.other_run import choose_other

        choose_other(self, self.folder)

    def _want(self, *, by: Key | None, turned: bool) -> None:
        self._wish = replace(self._wish, by=by, turned=turned, near=(0, PAGE))
        self._begin()

    def _only(self, **changed: str | bool) -> None:
        self._wish = replace(self._wish, only=replace(self._wish.only, **changed), near=(0, PAGE))  # type: ignore[arg-type]
        self._begin()

    def _begin(self) -> None:
        """Read what is wished for anew, from its first row on."""
        self._say("sorting…")
        super().action_reload()

    def _order(self, wish: Wish) -> Sequence[int]:
        """Return the places of judgements in the wished order; in a thread, which ends when it is not wanted."""
        worker = get_current_worker()

        def advance(done: int, total: int) -> None:
            if worker.is_cancelled:
                raise InterruptedError("another order was wished for")
            if done % (20 * PAGE) == 0 or done == total:
                self.post_message(self.Progress(done, total))

        with self._ranked:
            ranking = self._ranking = self._ranking or Ranking(self.folder)
            ranking.update(advance)
            order = ranking.order(wish.by, turned=wish.turned, only=wish.only, advance=advance)
        found: list[int] = order.tolist()
        return found

    def _look_again(self) -> None:
        """Read again what a run that goes on has written."""
        listing = self._listing
        if listing is None or listing.view.state == "done" or not self.is_current:
            return
        self._ticks += 1
        if self._wish.plain or self._ticks % round(FRESH_RANKED / FRESH) == 0:
            self.action_reload()

    def _row(self, index: int) -> ItemRow | None:
        rows = None if self._listing is None else self._listing.rows
        return rows.get(index) if rows is not None and index < len(rows) else None

    def _draw(self, row: ItemRow | None) -> None:
        with self.app.batch_update():
            self.query_one("#query", Static).update(
                heading("" if row is None else shown(row.query, limit=1_000))
            )
            self.query_one("#bars", PreferenceBars).show(row, beside=() if row is None else self._drawn(row))
            errors = () if row is None else row.errors
            self.query_one("#errors", Static).update(plain("\n".join(f"✗ {error}" for error in errors)))
            self.query_one("#detail", VerticalScroll).scroll_home(animate=False)

    def _drawn(self, row: ItemRow) -> Sequence[Other]:
        """Return what is drawn beside the simulation."""
        if self._beside == 0:
            return ()
        return row.others if self._beside == 1 else row.others[self._beside - 2 : self._beside - 1]

    def _say(self, text: str) -> None:
        line = self.query_one("#order", Static)
        line.update(plain(clipped(one_line(text), max(20, self.size.width - 2))))
