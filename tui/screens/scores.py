"""The score card: simulated against real on each task, beside the baselines and the noise ceiling."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from tui.reading.scores import ScoreCard, ScoreRow, ScoreTask, read_scores
from tui.screens.base import RunScreen
from tui.widgets.prose import Prose, heading, plain
from tui.widgets.rowlist import Column, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

__all__ = ["ScoresScreen"]

COLUMNS = (
    Column("task · metric / predictor", 28, share=2),
    Column("role", 10),
    Column("mean", 6, right=True),
    Column("95 % interval", 15),
    Column("n", 7, right=True),
    Column("by", 12, share=1, above=100),
)
NOT_SCORED = "no scores: b on the first screen benchmarks a corpus"


class ScoresScreen(RunScreen[ScoreCard]):
    """Lists what each predictor reached."""

    PLACE = "Scores"
    GUIDE = """Each task is scored by one or more metrics. Below each stand the simulation and what it must be
compared with: the baselines, and the ceiling, which is what a second, equally large sample of the same real voters
would have scored. A figure is a mean with its 95 % bootstrap interval; "n" is how many cases it rests on, "by" what
was resampled. ↑ says that higher is better, ↓ that lower is."""
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
    arrow = {"higher": "↑", "lower": "↓"}.get(task.better, "")
    title = f"{task.task.upper()} · {task.metric} {arrow}"
    return [(title, "", "", "", "", ""), *(_row(row) for row in task.rows)]


def _row(row: ScoreRow) -> tuple[str, ...]:
    mean = "–" if row.mean is None else f"{row.mean:.3f}"
    bounds = "" if row.low is None or row.high is None else f"[{row.low:.3f}, {row.high:.3f}]"
    return (f"  {row.predictor}", row.role, mean, bounds, f"{row.n:,}", row.by)
