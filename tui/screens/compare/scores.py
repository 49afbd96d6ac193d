"""The score card: simulated against real on each task, beside the baselines and the noise ceiling."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from bench.report.rows import ARROWS
from tui.reading.scores import ScoreCard, ScoreRow, ScoreTask, read_scores
from tui.screens.base import SideScreen
from tui.widgets.prose import Prose, heading, plain
from tui.widgets.rowlist import Column, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

__all__ = ["ScoresScreen"]

COLUMNS = (
    Column("task · metric / predictor", 26, share=1),
    Column("role", 10),
    Column("mean", 6, right=True),
    Column("95 % interval", 16),
    Column("n", 7, right=True),
    Column("simulation ahead by", 24, above=100),
    Column("resampled by", 12, above=120),
)
NOT_SCORED = "no scores: b on the first screen benchmarks a corpus"


class ScoresScreen(SideScreen[ScoreCard]):
    """Lists what each predictor reached."""

    PLACE = "Scores"
    CSS_PATH = Path(__file__).with_name("compare.tcss")
    GUIDE = """Each task is scored by one or more metrics. Below each stand the simulation and what it must be
compared with: the controls, which are the simulation without what it should know, or everybody's votes; the
baselines; and the ceiling, which is what a second, equally large sample of the same real voters would have
scored. A figure is a mean with its 95 % bootstrap interval; "n" is how many judgements it rests on. On a
wide terminal you also see by how much the simulation is ahead of each row on the same judgements, and what was
resampled. ↑ says that higher is better, ↓ that lower is, → 1 that 1 is as in reality."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("r", "reload", "Read again")]

    def body(self) -> ComposeResult:
        """Yield the table and the notes."""
        yield RowList(COLUMNS, empty="reading…", opens=False, id="scores")
        yield Prose(id="notes")

    def on_mount(self) -> None:
        """Give the table the keys."""
        self.query_one("#scores", RowList).focus()

    def read(self) -> ScoreCard:
        """Read the score card."""
        return read_scores(self.folder)

    def apply(self, view: ScoreCard) -> None:
        """Draw it."""
        self.query_one(TopBar).show(view.provenance)
        rows = [cells for task in view.tasks for cells in _task(task)]
        self.query_one("#scores", RowList).show(rows, empty="no score" if view.scored else NOT_SCORED)
        notes = [*view.notes, *(f"{task.task}: {task.note}" for task in view.tasks if task.note)]
        notes += [
            f"{row.predictor} in {task.task}: {row.note}"
            for task in view.tasks
            for row in task.rows
            if row.note
        ]
        text = [heading("Notes"), *(plain(f"· {note}") for note in notes)] if notes else []
        self.query_one("#notes", Prose).show(Content("\n").join(text))
        self.query_one("#notes", Prose).display = bool(notes)


def _task(task: ScoreTask) -> list[tuple[str, ...]]:
    title = f"{task.task.upper()} · {task.metric} {ARROWS[task.better]}"
    return [(title,), *(_row(row) for row in task.rows)]


def _row(row: ScoreRow) -> tuple[str, ...]:
    figures = (_figure(row.mean), _interval(row.low, row.high), f"{row.n:,}", _ahead(row))
    return (f"- {row.predictor}", row.role, *figures, row.by)


def _ahead(row: ScoreRow) -> str:
    if row.ahead is None or row.ahead[0] is None:
        return ""
    mean, low, high = row.ahead
    return f"{mean:+.3f} {_interval(low, high)}"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"[{low:.3f}, {high:.3f}]"
