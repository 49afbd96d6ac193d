"""The first screen: the corpora and runs there are, how far each run is, and what to do next."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Static

from tui.plaintext import count
from tui.reading.advice import advice
from tui.reading.provenance import run_name
from tui.reading.shelf import BenchmarkEntry, CorpusEntry, DataEntry, RunEntry, Shelf
from tui.reading.shelf_reader import ShelfReader
from tui.screens.base import InstrumentScreen
from tui.screens.home_rows import (
    CORPUS_COLUMNS,
    OTHER_COLUMNS,
    RUN_COLUMNS,
    ago,
    corpus_row,
    other_row,
    run_row,
)
from tui.widgets.prose import plain
from tui.widgets.rowlist import RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult
    from textual.events import DescendantFocus

    from tui.ordering.engine import Engine
    from tui.ordering.run_choices import RunKind

__all__ = ["Around", "HomeScreen", "ago"]

NOTHING = "none here: make one with `commonbond ingest SOURCE PATH... --out NAME.corpus`"
NO_RUN = "none yet: press s to simulate the corpus above"
LISTS = ("corpora", "runs", "others")
Entry = CorpusEntry | RunEntry | BenchmarkEntry | DataEntry


@dataclass(frozen=True, kw_only=True)
class Around:
    """What one look found: all there is, and what the engine that makes the example says, while it does."""

    shelf: Shelf = field(default_factory=Shelf)
    making: str = ""
    made: int | None = None


class HomeScreen(InstrumentScreen[Around]):
    """Lists what there is to open."""

    PLACE = ""
    GUIDE = """commonbond simulates communities: from what a community's members wrote and voted for, it makes
personas, has them judge questions, and says how close they come to what real members preferred. You begin with a
corpus, which is a place's posts and votes as they were read; a run is one simulation of it.

Tab goes from list to list. The lines at the bottom say what to do next with what is under the mark ▸. If nothing is
listed, press d: that makes an example to look at.

ctrl+p lists all that can be done, y copies what is marked, e saves what is shown to a file, f3 changes the
colours, and f2 lists all keys. ? explains whatever screen you are on, beginning with the part that you are in."""
    GUIDES: ClassVar = {
        "corpora": """Corpora: places whose posts and votes were read. Enter shows the communities of the marked one:
who they are and what they value. a asks them a question of yours; s simulates how they judge what was held out; b
does so and holds it against real votes; g makes data to train models with.""",
        "runs": """Runs: simulations, the newest first; a control, which is the same simulation without what it should
know, stands under its run. Enter opens the marked one, on its preferences, or on its progress while it is not done.

A run is "running" while an engine is at work on it, "paused" while that waits for you, "stopped" where the engine
ended itself and said why, "unfinished" where it was killed or lost, and "done". Stopped and unfinished ones go on
where they were: Enter, then x. s, b, a and g take the corpus that the marked run was made of.""",
        "others": """Benchmarks, on which any predictor can be measured, and preference data, which was exported from
runs. Enter opens what is marked: of a benchmark the choices for a run on it, of data its pairs and rows.""",
    }
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]  # noqa: RUF012  so it is declared upstream
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "example", "Example", tooltip="Make the bundled example", id="home.example"),
        Binding("a", "ask", "Ask", tooltip="Ask the communities a question", id="home.ask"),
        Binding("s", "order('simulate')", "Simulate", id="home.simulate"),
        Binding("b", "order('bench')", "Benchmark", id="home.benchmark"),
        Binding("g", "order('generate')", "Generate", tooltip="Make preference data", id="home.generate"),
        Binding("c", "communities", "Communities", show=False, id="home.communities"),
        Binding("escape", "leave", "Back", show=False, id="home.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._shelf = Shelf()
        self._reader = ShelfReader()
        self._first = True
        self._example: Engine | None = None
        self._since = 0.0
        self._list = "corpora"
        self._said = ""
        self._quick = False

    class _Making(InstrumentScreen.Arrived):
        """The engine that makes the example was started."""

    def body(self) -> ComposeResult:
        """Yield the lists, and what to do next."""
        yield Static("Corpora", classes="title", markup=False)
        yield RowList(CORPUS_COLUMNS, empty="looking…", id="corpora")
        yield Static("Runs", classes="title", markup=False)
        yield RowList(RUN_COLUMNS, empty="looking…", id="runs")
        yield RowList(OTHER_COLUMNS, id="others")
        yield Static("", id="next", markup=False)

    def on_mount(self) -> None:
        """Look now, and again every second, so that running runs are seen to move."""
        self.query_one("#others").display = False
        self.query_one(TopBar).say("", "communities, simulated with personas", fictional=False)
        self.set_interval(1, self._look_again)
        self.query_one("#corpora", RowList).focus()

    def on_screen_resume(self) -> None:
        """Look again after another screen was left."""
        if not self._first:
            self.action_reload()

    def read(self) -> Around:
        """Find and read all there is."""
        from tui.ordering.example import last_words

        engine = self._example
        ended = None if engine is None else engine.ended()
        shelf = self._reader.read(self.interface.home, anew=not self._quick or ended is not None)
        if engine is None:
            return Around(shelf=shelf)
        return Around(shelf=shelf, making=last_words(engine.log()) or "starting", made=ended)

    def apply(self, view: Around) -> None:
        """Draw the lists."""
        before, self._shelf = self._shelf, view.shelf
        shelf, now = view.shelf, time.time()
        marked = {name: self._folder_at(before, name) for name in LISTS}
        self.query_one("#corpora", RowList).show(
            [corpus_row(entry) for entry in shelf.corpora], empty=NOTHING
        )
        no_run = NO_RUN if shelf.corpora else "none"
        self.query_one("#runs", RowList).show([run_row(entry, now) for entry in shelf.runs], empty=no_run)
        others = self.query_one("#others", RowList)
        others.display = bool(shelf.benchmarks or shelf.data)
        rows = [other_row(entry) for entry in shelf.benchmarks] + [other_row(entry) for entry in shelf.data]
        others.show(rows)
        for name, folder in marked.items():
            self._mark(name, folder)
        self.query_one(TopBar).say("", _how_many(shelf), fictional=shelf.fictional)
        self._tell_lost(before)
        self._example_went(view)
        self._advise(view.making if view.made is None else "")
        self.refresh_bindings()
        if self._first:
            self._first = False
            self._open_the_only_one()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Advise on what is marked in the list that was gone to."""
        if isinstance(event.widget, RowList) and event.widget.id:
            self._list = event.widget.id
            self._advise()

    def on_row_list_highlighted(self) -> None:
        """Advise on what is marked now."""
        self._advise()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open what is marked."""
        entries = self._entries(str(message.rows.id))
        if message.index >= len(entries):
            return
        entry = entries[message.index]
        if entry.problem:
            self.tell(entry.problem, wrong=True)
        elif isinstance(entry, CorpusEntry):
            self.interface.visit("communities", entry.folder)
        elif isinstance(entry, RunEntry):
            self.interface.visit(entry.side, entry.folder)
        elif isinstance(entry, BenchmarkEntry):
            self._configure(entry, "bench")
        else:
            self.interface.visit("generate", entry.run or entry.folder)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the example where there is no corpus, and what takes one where there is."""
        del parameters
        empty = not self._shelf.corpora
        if action == "example":
            return empty and not self._first and self._example is None
        return not empty or self._first or action not in {"ask", "order"}

    def action_example(self) -> None:
        """Have the bundled example made, in a process of its own."""
        from tui.ordering.example import example_order, start_example

        order = example_order(self.interface.home)
        self.in_thread(lambda: start_example(order), self._Making, group="example")

    def on_home_screen__making(self, message: _Making) -> None:
        """Watch it."""
        message.prevent_default()
        message.stop()
        self._example, self._since = message.view, time.monotonic()
        self.interface.begun(self._example.order, self._example)
        self._advise("starting")
        self.refresh_bindings()

    def action_communities(self) -> None:
        """Show the communities of the marked corpus."""
        entry = self._corpus()
        if entry is not None:
            self.interface.visit("communities", entry.folder)

    def action_ask(self) -> None:
        """Ask the communities of the marked corpus a question."""
        entry = self._corpus()
        if entry is not None:
            self.interface.visit("question", entry.folder)

    def action_order(self, kind: RunKind) -> None:
        """Configure a run of the marked corpus, or of the marked benchmark."""
        marked = self._marked()
        entry = marked if isinstance(marked, BenchmarkEntry) and kind == "bench" else self._corpus()
        if entry is not None:
            self._configure(entry, kind)

    def _configure(self, entry: CorpusEntry | BenchmarkEntry, kind: RunKind) -> None:
        from tui.screens.run.configure import ConfigureScreen

        self.app.push_screen(ConfigureScreen(entry, kind))

    def _folder_at(self, shelf: Shelf, name: str) -> Path | None:
        """Return the folder of what is marked in a list that shows a shelf."""
        entries, place = self._entries(name, shelf), self.query_one(f"#{name}", RowList).cursor
        return entries[place].folder if place < len(entries) else None

    def _mark(self, name: str, folder: Path | None) -> None:
        """Keep the mark on what it was on, though a new run may stand above it now."""
        places = [entry.folder for entry in self._entries(name)]
        if folder in places:
            self.query_one(f"#{name}", RowList).cursor = places.index(folder)

    def _entries(self, name: str, shelf: Shelf | None = None) -> tuple[Entry, ...]:
        shelf = self._shelf if shelf is None else shelf
        lists: dict[str, tuple[Entry, ...]] = {"corpora": shelf.corpora, "runs": shelf.runs}
        return lists.get(name, (*shelf.benchmarks, *shelf.data))

    def _marked(self) -> Entry | None:
        """Return what is marked in the list that has the focus, or had it last."""
        entries, place = self._entries(self._list), self.query_one(f"#{self._list}", RowList).cursor
        return entries[place] if place < len(entries) else None

    def _corpus(self) -> CorpusEntry | None:
        """Return the corpus that is marked, or of the marked run; None where there is none, which is said."""
        corpora, marked = self._shelf.corpora, self._marked()
        if not corpora:
            self.tell("There is no corpus here.", wrong=True)
            return None
        made_of = marked.made_of if isinstance(marked, RunEntry) else None
        entry = next(
            (
                entry
                for entry in corpora
                if made_of is not None and entry.folder.absolute() == made_of.absolute()
            ),
            corpora[min(self.query_one("#corpora", RowList).cursor, len(corpora) - 1)],
        )
        if entry.problem:
            self.tell(entry.problem, wrong=True)
            return None
        return entry

    def _advise(self, making: str | None = None) -> None:
        """Say what to do next, and above it how far the example is while it is made."""
        if self._first and making is None:
            return
        if making is not None:
            self._said = making
        marked = self._marked()
        empty = not (self._shelf.corpora or self._shelf.runs or self._shelf.benchmarks or self._shelf.data)
        seconds = f", {int(time.monotonic() - self._since)} s so far" if self._example is not None else ""
        lines = [f"● The example is being made{seconds}: {self._said}"] if self._said else []
        if marked is not None or (empty and not self._said):
            lines.append(advice(marked))
        self.query_one("#next", Static).update(plain("\n".join(lines)))

    def _tell_lost(self, before: Shelf) -> None:
        """Say so where an engine was lost since the last look."""
        states = {entry.folder: entry.state for entry in before.runs}
        for entry in self._shelf.runs:
            if entry.state == "unfinished" and states.get(entry.folder) in {"running", "paused"}:
                lost = f"The engine of {run_name(entry.folder)} was killed or lost."
                self.tell(f"{lost} What was judged is kept: open the run and press x to go on.", wrong=True)

    def _example_went(self, view: Around) -> None:
        """Say how the making of the example ended, and open it."""
        if self._example is None or view.made is None:
            return
        self._example = None
        if view.made not in (0, 1):
            self.tell(f"The example could not be made: {view.making}", wrong=True)
            return
        self.tell("The example is ready. This is one run of it; esc leads to all that there is.")
        done = [run for run in view.shelf.runs if run.scored and not run.problem]
        if done and self.is_current:
            first = max(done, key=lambda run: run.fictional)  # of the village, which has members and ties
            self.interface.visit(first.side, first.folder)

    def _open_the_only_one(self) -> None:
        home, shelf = self.interface.home, self._shelf
        entries: list[CorpusEntry | RunEntry] = [
            *shelf.corpora,
            *(run for run in shelf.runs if run.of is None),
        ]
        if len(home) != 1 or len(entries) != 1 or entries[0].folder != home[0] or entries[0].problem:
            return
        entry = entries[0]
        self.interface.visit("communities" if isinstance(entry, CorpusEntry) else entry.side, entry.folder)

    def _look_again(self) -> None:
        if self.is_current:
            self._quick = True
            self.action_reload()
            self._quick = False


def _how_many(shelf: Shelf) -> str:
    parts = [
        count(len(shelf.corpora), "corpus", "corpora"),
        count(sum(run.of is None for run in shelf.runs), "run"),
        count(len(shelf.benchmarks), "benchmark") if shelf.benchmarks else "",
        "preference data" if shelf.data else "",
    ]
    return " · ".join(part for part in parts if part)
