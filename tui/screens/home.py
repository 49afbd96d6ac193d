"""The first screen: the corpora and runs there are, how far each run is, and what to do next."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Static

from tui.plaintext import count
from tui.reading.provenance import run_name
from tui.reading.shelf import CorpusEntry, RunEntry, Shelf, find_folders, read_shelf
from tui.screens.base import InstrumentScreen
from tui.widgets.rowlist import Column, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

__all__ = ["HomeScreen", "ago"]

CORPUS_COLUMNS = (
    Column("corpus", 18, share=2),
    Column("source", 13),
    Column("communities", 11, right=True),
    Column("posts", 9, right=True),
    Column("votes", 9, right=True, above=100),
    Column("", 9),
    Column("licence", 16, share=1, above=110),
)
RUN_COLUMNS = (
    Column("run", 14, share=1),
    Column("corpus", 14, share=1, above=100),
    Column("state", 10),
    Column("judged", 15, right=True),
    Column("written", 11, right=True),
    Column("", 9),
    Column("predictor", 39, above=136),
)
NOTHING = "none here: make one with `commonbond ingest SOURCE PATH... --out NAME.corpus`"
NO_RUN = "none yet: press s to simulate the corpus above"


class HomeScreen(InstrumentScreen[Shelf]):
    """Lists what there is to open."""

    PLACE = ""
    GUIDE = """Corpora are places whose posts and votes were read. Runs are simulations of one.

Tab goes from the corpora to the runs. Enter opens what is under the mark ▸: of a corpus its communities, of a
run its preferences, or its progress while it is not done. Simulating and benchmarking take the marked corpus.

A run is "running" while an engine is at work on it, "stopped" where the engine ended itself and said why,
"unfinished" where it was killed, and "done". Stopped and unfinished ones go on with `commonbond resume`."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "order('simulate')", "Simulate"),
        Binding("b", "order('bench')", "Benchmark"),
        Binding("c", "communities", "Communities"),
        Binding("escape", "leave", "Back", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._shelf = Shelf()
        self._first = True

    def body(self) -> ComposeResult:
        """Yield the two lists."""
        yield Static("Corpora", classes="title", markup=False)
        yield RowList(CORPUS_COLUMNS, empty="looking…", id="corpora")
        yield Static("Runs", classes="title", markup=False)
        yield RowList(RUN_COLUMNS, empty="looking…", id="runs")

    def on_mount(self) -> None:
        """Look now, and again every two seconds, so that running runs are seen to move."""
        self.query_one(TopBar).say("", "communities, simulated with personas", fictional=False)
        self.set_interval(2, self._look_again)
        self.query_one("#corpora", RowList).focus()

    def on_screen_resume(self) -> None:
        """Look again after another screen was left."""
        if not self._first:
            self.action_reload()

    def read(self) -> Shelf:
        """Find and read all corpora and runs."""
        return read_shelf(find_folders(self.interface.home))

    def apply(self, view: Shelf) -> None:
        """Draw the lists."""
        self._shelf = view
        now = time.time()
        self.query_one("#corpora", RowList).show(
            [_corpus_row(entry) for entry in view.corpora], empty=NOTHING
        )
        no_run = NO_RUN if view.corpora else "none"
        self.query_one("#runs", RowList).show([_run_row(entry, now) for entry in view.runs], empty=no_run)
        line = f"{count(len(view.corpora), 'corpus', 'corpora')} · {count(len(view.runs), 'run')}"
        self.query_one(TopBar).say("", line, fictional=view.fictional)
        if self._first:
            self._first = False
            self._open_the_only_one()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open the corpus or the run."""
        self._open(message.rows, message.index)

    def action_communities(self) -> None:
        """Show the communities of the marked corpus."""
        entry = self._marked()
        if entry is not None:
            self.interface.visit("communities", entry.folder)

    def action_order(self, kind: str) -> None:
        """Configure a run of the marked corpus."""
        from tui.screens.run.configure import ConfigureScreen

        entry = self._marked()
        if entry is not None:
            self.app.push_screen(ConfigureScreen(entry, "bench" if kind == "bench" else "simulate"))

    def _marked(self) -> CorpusEntry | None:
        """Return the corpus under the mark; None where there is none that can be used, which is then said."""
        corpora = self._shelf.corpora
        if not corpora:
            self.tell("There is no corpus here.", wrong=True)
            return None
        entry = corpora[self.query_one("#corpora", RowList).cursor]
        if entry.problem:
            self.tell(entry.problem, wrong=True)
            return None
        return entry

    def _open(self, rows: RowList, index: int) -> None:
        if rows.id == "runs" and self._shelf.runs:
            run = self._shelf.runs[index]
            if run.problem:
                self.tell(run.problem, wrong=True)
            else:
                self.interface.visit(_side(run), run.folder)
        elif rows.id == "corpora" and self._shelf.corpora:
            self.action_communities()

    def _open_the_only_one(self) -> None:
        home, shelf = self.interface.home, self._shelf
        entries: list[CorpusEntry | RunEntry] = [*shelf.corpora, *shelf.runs]
        if len(home) != 1 or len(entries) != 1 or entries[0].folder != home[0] or entries[0].problem:
            return
        entry = entries[0]
        self.interface.visit("communities" if isinstance(entry, CorpusEntry) else _side(entry), entry.folder)

    def _look_again(self) -> None:
        if self.is_current:
            self.action_reload()


def ago(seconds: float) -> str:
    """Return how long ago something was, roughly.

    >>> ago(5), ago(600), ago(100_000)
    ('just now', '10 min ago', '1 d ago')
    """
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "just now"


def _side(run: RunEntry) -> str:
    return "compare" if run.state == "done" else "run"


def _corpus_row(entry: CorpusEntry) -> tuple[str, ...]:
    if entry.problem:
        return (f"✗ {entry.problem}", "", "", "", "", "damaged", "")
    figures = (f"{entry.communities:,}", f"{entry.posts:,}", f"{entry.votes:,}")
    return (entry.title, entry.source, *figures, "fictional" if entry.fictional else "", entry.licence)


def _run_row(entry: RunEntry, now: float) -> tuple[str, ...]:
    if entry.problem:
        return (f"{run_name(entry.folder)} ✗ {entry.problem}", "", "damaged", "", "", "", "")
    judged = f"{entry.done:,} of {entry.total:,}"
    fictional = "fictional" if entry.fictional else ""
    name, when = run_name(entry.folder), ago(now - entry.written)
    return (name, entry.corpus, entry.state, judged, when, fictional, entry.predictor)
