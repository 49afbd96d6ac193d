"""Choosing the run that another one is put beside: one of the same corpus, from what there is to open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.worker import get_current_worker

from tui.plaintext import count
from tui.reading.provenance import run_name
from tui.reading.two_runs import other_runs
from tui.screens.compare.choice import ChoiceScreen
from tui.widgets.rowlist import DAMAGE

if TYPE_CHECKING:
    from pathlib import Path

    from tui.reading.shelf import RunEntry
    from tui.screens.base import InstrumentScreen

__all__ = ["choose_other"]


def choose_other(screen: InstrumentScreen[Any], folder: Path) -> None:
    """Ask which run is to be put beside the run in ``folder``, and open both."""
    app = screen.interface
    home = app.home

    def look() -> None:
        worker = get_current_worker()
        try:
            runs = other_runs(home, folder)
        except DAMAGE as error:
            app.call_from_thread(screen.tell, str(error), wrong=True)
            return
        if not worker.is_cancelled:
            app.call_from_thread(ask, runs)

    def ask(runs: list[RunEntry]) -> None:
        def chosen(number: int | None) -> None:
            if number is not None:
                from tui.screens.compare.two_runs import TwoRunsScreen

                app.push_screen(TwoRunsScreen(folder, runs[number].folder))

        rows = [(run_name(run.folder), f"{count(run.done, 'judgement')} · {run.predictor}") for run in runs]
        empty = "no other run of this corpus is here: commonbond FOLDER opens more"
        app.push_screen(ChoiceScreen("Which run beside this one?", rows, empty=empty), chosen)

    screen.run_worker(look, thread=True, exclusive=True, group="other-run")
