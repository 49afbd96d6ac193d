"""The score card: simulated against real on each task, beside the baselines and the noise ceiling."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from bench.report.rows import ARROWS
from tui.plaintext import one_line
from tui.reading.ranking import KEYS
from tui.reading.scores import ScoreCard, ScoreRow, ScoreTask, read_scores
from tui.screens.compare.choice import ChoiceScreen
from tui.screens.side import SideScreen
from tui.widgets.bars import interval_bar
from tui.widgets.prose import Prose, heading, plain
from tui.widgets.rowlist import Column, RowList
from tui.widgets.table import Table
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from textual.app import ComposeResult

__all__ = ["ScoresScreen"]

BAR = 22
COLUMNS = (
    Column("task · metric / predictor", 14, share=1),
    Column("role", 10),
    Column("mean", 6, right=True),
    Column("95 % interval", BAR),
    Column("from, to", 16, above=96),
    Column("n", 6, right=True),
    Column("simulation ahead by", 24, above=124),
    Column("resampled by", 12, above=150),
)
IN_FULL = (
    *("task", "metric", "better", "predictor", "role", "mean", "low", "high"),
    *("ahead", "ahead low", "ahead high", "n", "resampled by", "note"),
)
MARKS = {"simulation": "●", "baseline": "○", "control": "■", "ceiling": "▲"}
NOT_SCORED = "no scores: b on the first screen benchmarks a corpus"
COMING = "no scores yet: they come here once all is judged, the controls too"
INTERRUPTED = "no scores yet: 1 leads to the run, and x there goes on with it"
FRESH = 2.0
"""Seconds between two looks at a run that is to be scored."""
SORTED_BY = {"accuracy": "top-1 accuracy"}
"""Of the metrics of the card, those that a single judgement knows by another name."""


class ScoresScreen(SideScreen[ScoreCard]):
    """Lists what each predictor reached."""

    PLACE = "Scores"
    CSS_PATH = Path(__file__).with_name("compare.tcss")
    GUIDE = """Each task is scored by one or more metrics. Below each stand the simulation and what it must be
compared with: the controls, which are the simulation without what it should know, or everybody's votes; the
baselines; and the ceiling, which is what a second, equally large sample of the same real voters would have
scored. A figure is a mean with its 95 % bootstrap interval; "n" is how many judgements it rests on. On a
wide terminal you also see by how much the simulation is ahead of each row on the same judgements, and what was
resampled. ↑ says that higher is better, ↓ that lower is, → 1 that 1 is as in reality.

The lines between ├ and ┤ are the intervals, all of one metric on one scale, which the heading names: ● the
simulation, ■ a control, ○ a baseline, ▲ the ceiling. Where two intervals overlap much, read the paired
difference instead.

To begin: m chooses one metric; look whether ● stands on the better side of ○ and ■, and how far from ▲. Enter lists
the judgements behind the marked metric, the worst first; v puts another run of the same corpus beside this one."""
    GUIDES: ClassVar[Mapping[str, str]] = {
        "scores": """What each predictor reached, metric by metric. Arrow keys move, m chooses a metric, enter lists
the judgements behind it, the worst first, v chooses another run to compare with.""",
        "notes": "The marked row in words, and what must be known of the scores. Arrow keys scroll.",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "metric", "Metric", id="scores.metric"),
        Binding("v", "versus", "Other run", id="scores.versus"),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._view: ScoreCard | None = None
        self._metric: tuple[str, str] | None = None
        self._behind: list[tuple[ScoreTask, ScoreRow | None]] = []

    def body(self) -> ComposeResult:
        """Yield the table and the notes."""
        yield RowList(COLUMNS, empty="reading…", id="scores")
        yield Prose(id="notes")

    def on_mount(self) -> None:
        """Give the table the keys, and look again until the scores have come."""
        self.query_one("#scores", RowList).focus()
        self.set_interval(FRESH, self._look_again)

    def read(self) -> ScoreCard:
        """Read the score card."""
        return read_scores(self.folder)

    def apply(self, view: ScoreCard) -> None:
        """Draw it."""
        self._view = view
        self.query_one(TopBar).show(view.provenance)
        self._draw()

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        """Say the marked row in words, above the notes."""
        if self._view is not None and message.index < len(self._behind):
            marked = _in_words(*self._behind[message.index])
            self.query_one("#notes", Prose).show(Content("\n").join([*marked, *_notes(self._view)]))

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """List the judgements behind the marked metric."""
        if message.index < len(self._behind):
            metric = self._behind[message.index][0].metric
            by = SORTED_BY.get(metric, metric)
            if by not in {key.name for key in KEYS}:
                self.tell(f"{metric} is a figure of the whole run: no single judgement has it")
                return
            self.interface.visit("compare", self.folder, by=by)

    def tables(self) -> Sequence[Table]:
        """Return the whole score card in figures, where the list draws bars."""
        view = self._view
        return () if view is None else (Table(name="scores", columns=IN_FULL, rows=lambda: _in_full(view)),)

    def action_metric(self) -> None:
        """Ask which metric is to be listed."""
        tasks = () if self._view is None else self._view.tasks
        names = [(task.task, task.metric) for task in tasks]
        marked = names.index(self._metric) + 1 if self._metric in names else 0

        def chosen(number: int | None) -> None:
            if number is not None:
                self._metric = names[number - 1] if number else None
                self.query_one("#scores", RowList).cursor = 0
                self._draw()

        rows = [("all metrics of all tasks", ""), *((metric, task) for task, metric in names)]
        self.app.push_screen(ChoiceScreen("Which metric?", rows, marked=marked), chosen)

    def action_versus(self) -> None:
        """Put another run beside this one."""
        from tui.screens.compare.other_run import choose_other

        choose_other(self, self.folder)

    def _look_again(self) -> None:
        """Look whether the scores of a run that goes on have come."""
        view = self._view
        if view is not None and not view.scored and view.state in ("running", "paused") and self.is_current:
            self.action_reload()

    def _draw(self) -> None:
        view = self._view
        if view is None:
            return
        tasks = [task for task in view.tasks if self._metric in (None, (task.task, task.metric))]
        self._behind = [
            each for task in tasks for each in [(task, None), *((task, row) for row in task.rows)]
        ]
        rows = [cells for task in tasks for cells in _task(task)]
        self.query_one("#scores", RowList).show(rows, empty=_none(view))
        self.query_one("#notes", Prose).display = bool(rows or view.notes)


def _none(view: ScoreCard) -> str:
    """Return why there are no scores."""
    if view.scored:
        return "no score"
    if view.state in ("running", "paused"):
        return COMING if view.benchmark or view.provenance.replay else NOT_SCORED
    return INTERRUPTED if view.benchmark else NOT_SCORED


def _in_full(view: ScoreCard) -> Iterator[tuple[str, ...]]:
    for task in view.tasks:
        for row in task.rows:
            figures = (row.mean, row.low, row.high, *(row.ahead or (None, None, None)))
            yield (
                *(task.task, task.metric, task.better, row.predictor, row.role),
                *("" if figure is None else f"{figure:.6g}" for figure in figures),
                *(str(row.n), row.by, row.note),
            )


def _notes(view: ScoreCard) -> list[Content]:
    notes = [*view.notes, *(f"{task.task}: {task.note}" for task in view.tasks if task.note)]
    notes += [
        f"{row.predictor} in {task.task}: {row.note}" for task in view.tasks for row in task.rows if row.note
    ]
    return [heading("Notes"), *(plain(f"· {note}") for note in notes)] if notes else []


def _in_words(task: ScoreTask, row: ScoreRow | None) -> list[Content]:
    """Return the marked row in words."""
    if row is None:
        better = {"higher": "higher is better", "lower": "lower is better", "one": "1 is as in reality"}
        return [heading(f"{task.task} · {task.metric}: {better[task.better]}"), Content()]
    parts = [f"{row.role}, mean {_figure(row.mean)} {_interval(row.low, row.high)} on {row.n:,} judgements"]
    if row.by:
        parts.append(f"resampled by {row.by}")
    if row.ahead is not None and row.ahead[0] is not None:
        parts.append(f"on the same judgements the simulation is ahead by {_ahead(row)}")
    lines = [heading(one_line(row.predictor)), plain("; ".join(parts))]
    return [*lines, *([plain(row.note)] if row.note else []), Content()]


def _task(task: ScoreTask) -> list[tuple[str, ...]]:
    low, high = _scale(task)
    scale = f"   scale {low:g} to {high:g}" if task.rows else ""
    title = f"{task.task.upper()} · {task.metric} {ARROWS[task.better]}{scale}"
    return [(title,), *(_row(row, low, high) for row in task.rows)]


def _scale(task: ScoreTask) -> tuple[float, float]:
    """Return the ends of the scale that all intervals of a metric are drawn on, in tenths; 0 is always on it."""
    bounds = [each for row in task.rows for each in (row.mean, row.low, row.high) if each is not None]
    low = min([0.0, *(_tenth(each, up=False) for each in bounds)])
    high = max([low + 0.1, *(_tenth(each, up=True) for each in bounds)])
    return round(low, 1), round(high, 1)


def _tenth(value: float, *, up: bool) -> float:
    """Return the tenth above or below a figure."""
    whole = int(value * 10 // 1)
    return (whole + (up and value * 10 > whole)) / 10


def _row(row: ScoreRow, low: float, high: float) -> tuple[str, ...]:
    mean, start, end = (
        None if each is None else (each - low) / (high - low) for each in (row.mean, row.low, row.high)
    )
    bar = interval_bar(mean, start, end, BAR, fill=MARKS.get(row.role, "○"))
    figures = (_figure(row.mean), bar, _interval(row.low, row.high), f"{row.n:,}", _ahead(row))
    return (f"{MARKS.get(row.role, '○')} {row.predictor}", row.role, *figures, row.by)


def _ahead(row: ScoreRow) -> str:
    if row.ahead is None or row.ahead[0] is None:
        return ""
    mean, low, high = row.ahead
    return f"{mean:+.3f} {_interval(low, high)}"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"[{low:.3f}, {high:.3f}]"
