"""Two runs side by side: metric by metric with paired differences, and judgement by judgement."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Static
from textual.worker import get_current_worker

from bench.report.comparison import comparison_lines, verdict_on
from tui.ordering.engine import Engine, Order
from tui.plaintext import clipped, count, one_line, shown
from tui.reading.leads import without_lead
from tui.reading.two_runs import Common, Paired, compared, read_common, read_pairs
from tui.screens.base import InstrumentScreen
from tui.screens.compare.listing import PAGE, top_share
from tui.widgets.bars import PreferenceBars
from tui.widgets.paged import Paged
from tui.widgets.prose import heading, plain
from tui.widgets.resting import Resting
from tui.widgets.rowlist import Column, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult

    from bench.report.compare import RunComparison

__all__ = ["TwoRunsScreen"]

METRICS = (
    Column("metric", 14, share=2),
    Column("first", 22, above=110),
    Column("second", 22, above=110),
    Column("first ahead by", 24),
    Column("so", 20, share=1),
)
ITEMS = (
    Column("item", 12, share=2),
    Column("community", 8, share=1, above=60),
    Column("real", 6, right=True),
    Column("1st", 6, right=True),
    Column("2nd", 6, right=True),
    Column("", 1),
    Column("apart", 6, right=True),
)


class TwoRunsScreen(InstrumentScreen[Common]):
    """Shows what two runs of a corpus say of the same judgements.

    Args:
        first, second: the folders of the runs.
    """

    PLACE = "Two runs"
    CSS_PATH = Path(__file__).with_name("compare.tcss")
    GUIDE = """Two runs of one corpus, on the judgements that both made. Above: what each scored by each metric, and
by how much the first is ahead, judgement by judgement, with a 95 % interval from resamples of whole communities. It
is positive where the first is better, whichever direction is the better one; where the interval holds 0, no
difference is shown. A judgement is left out where only one run made it, or where the options stood in another order,
as they do in runs with another seed.

Below: the judgements, those on which the runs are furthest apart first. "apart" is the Jensen–Shannon divergence of
the two runs from each other, 0 for the same; = says that both prefer the same option, ≠ that they do not. t lists
them in the order of the first run, d leaves only those where the two prefer different options.

To begin: read the column "so", then open the first judgements of the list with enter, which shows the ballots of the
first run, or with 2, which shows those of the second."""
    GUIDES: ClassVar[Mapping[str, str]] = {
        "metrics": "What both runs scored on the same judgements, and which one is better: commonbond compare.",
        "pairs": """The judgements of both runs. Arrow keys move, enter opens the ballots of the first run, 2 those of
the second, t turns between the furthest apart first and the order of the run, d leaves only those that differ.""",
        "detail": "The marked judgement: real █, 1st ▒ the first run, 2nd ▞ the second. Arrow keys scroll.",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("2", "second", "2nd's ballots", id="two_runs.second"),
        Binding("d", "differing", "Differing", id="two_runs.differing"),
        Binding("t", "turn", "Order", id="two_runs.order"),
    ]

    class Progress(Message):
        """So many judgements were looked at, of all."""

        def __init__(self, done: int, total: int) -> None:
            super().__init__()
            self.done, self.total = done, total

    class Scored(InstrumentScreen.Arrived):
        """The engine has compared the runs."""

    def __init__(self, first: Path, second: Path) -> None:
        super().__init__()
        self._first, self._second = first, second
        self._common: Common | None = None
        self._by_run = self._differing = False
        self._rows: Paged[Paired] | None = None
        self._engine: Engine | None = None
        self._details = Resting(self)

    def body(self) -> ComposeResult:
        """Yield the figures, the judgements and the bars."""
        yield Static("looking for what both judged…", id="order", classes="hint", markup=False)
        with Container(classes="pair"):
            with Vertical():
                yield RowList(METRICS, empty="the engine compares them…", opens=False, id="metrics")
                yield RowList(ITEMS, empty="reading both journals…", name="two runs", id="pairs")
            with VerticalScroll(id="detail"):
                yield Static("", id="query", markup=False)
                yield PreferenceBars(id="bars")
                yield Static("", id="notes", markup=False)

    def on_mount(self) -> None:
        """Give the list the keys, and have the engine compare the runs."""
        self.query_one("#pairs", RowList).focus()
        self.in_thread(self._score, self.Scored, group="scores")

    def on_unmount(self) -> None:
        """End an engine that nobody waits for any more."""
        engine = self._engine
        if engine is not None:
            threading.Thread(target=lambda: engine.ended() is None and engine.stop(patience=1.0)).start()

    def read(self) -> Common:
        """Look for what both runs judged, in slices."""
        worker = get_current_worker()

        def advance(done: int, total: int) -> None:
            if worker.is_cancelled:
                raise InterruptedError("the screen was left")
            self.post_message(self.Progress(done, total))

        return read_common(self._first, self._second, advance)

    def _score(self) -> RunComparison:
        """Have the runs compared by an engine, as ``commonbond compare`` does; in a thread."""
        order = Order(kind="compare", place=self._second.resolve(), given=(str(self._first.resolve()),))
        self._engine = Engine(order)
        return compared(self._engine.answer())

    def apply(self, view: Common) -> None:
        """Draw what both judged."""
        self._common = view
        self.query_one(TopBar).show(view.first, more=f"1st {view.first.name}, 2nd {view.second.name}")
        self._list()

    def on_two_runs_screen_scored(self, message: Scored) -> None:
        """Draw the figures."""
        message.stop()
        message.prevent_default()
        found: RunComparison = message.view
        rows = [
            (line[0], line[1], line[2], line[3], verdict_on(metric))
            for line, metric in zip(comparison_lines(found), found.metrics, strict=True)
        ]
        self.query_one("#metrics", RowList).show(rows, empty="nothing with real votes is in both")
        same = found.same_choice.mean
        agreed = (
            [] if same is None else [f"both prefer the same option in {same:.0%} of what was really voted on"]
        )
        differing = [
            f"{name}: {one_line(str(one))} | {one_line(str(two))}" for name, one, two in found.differing
        ]
        notes = [*agreed, *found.notes, *(f"made with · {line}" for line in differing)]
        self.query_one("#notes", Static).update(plain("\n".join(["", *(f"· {note}" for note in notes)])))

    def on_two_runs_screen_progress(self, message: Progress) -> None:
        """Say how far the reading is."""
        self._say(f"looked at {message.done:,} of {message.total:,} judgements…")

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        """Draw the bars of the marked judgement, once it is there."""
        pair = self._pair(message.index) if message.rows.id == "pairs" else None
        if pair is not None:
            self._details(lambda: self._draw(pair))

    def _draw(self, pair: Paired) -> None:
        """Draw the bars of a judgement."""
        self.query_one("#query", Static).update(heading(shown(pair.row.query, limit=1_000)))
        self.query_one("#bars", PreferenceBars).show(pair.row, beside=[pair.second], name="1st")
        self.query_one("#detail", VerticalScroll).scroll_home(animate=False)

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open the ballots of the first run."""
        self._open(self._first, message.index)

    def action_second(self) -> None:
        """Open the ballots of the second run."""
        self._open(self._second, self.query_one("#pairs", RowList).cursor)

    def action_differing(self) -> None:
        """List only what the runs prefer different options on, or all again."""
        self._differing = not self._differing
        self._list()

    def action_turn(self) -> None:
        """List by how far apart the runs are, or in the order of the first run."""
        self._by_run = not self._by_run
        self._list()

    def _list(self) -> None:
        """List what is wished for; its pages are read when they are looked at."""
        common = self._common
        if common is None:
            return
        places = common.order(by_run=self._by_run, differing=self._differing)
        name = common.second.name

        def fetch(first: int, number: int) -> list[Paired]:
            return read_pairs(self._first, self._second, places[first : first + number], name=name)

        lead = common.lead
        self._rows = Paged(len(places), fetch, lambda pair: _cells(pair, lead), page=PAGE)
        listed = self.query_one("#pairs", RowList)
        listed.cursor = 0
        listed.show(self._rows, empty="there is no such judgement in both runs")
        order = "in the order of the first run" if self._by_run else "the furthest apart first"
        parts = [f"{count(len(places), 'judgement')} in both", order]
        parts += ["only where they prefer different options"] if self._differing else []
        left = f"{common.left_out:,} left out: not in the second, or its options in another order"
        parts += [left] if common.left_out else []
        self._say(" · ".join(parts))

    def _open(self, folder: Path, index: int) -> None:
        from tui.screens.compare.ballots import BallotsScreen

        pair = self._pair(index)
        if pair is not None:
            self.app.push_screen(BallotsScreen(folder, pair.row.item, pair.row.community))

    def _pair(self, index: int) -> Paired | None:
        return self._rows.get(index) if self._rows is not None and index < len(self._rows) else None

    def _say(self, text: str) -> None:
        self.query_one("#order", Static).update(plain(clipped(text, max(20, self.size.width - 2))))


def _cells(pair: Paired, lead: str) -> tuple[str, ...]:
    row, second = pair.row, pair.second_top
    real, first = row.real_top, row.simulated_top
    return (
        without_lead(row.query, lead),
        row.community,
        top_share(real, [option.real.mean if option.real else 0.0 for option in row.options]),
        top_share(first, [option.simulated.mean if option.simulated else 0.0 for option in row.options]),
        top_share(second, pair.second.shares),
        "=" if first == second else "≠",
        f"{pair.apart:.3f}",
    )
