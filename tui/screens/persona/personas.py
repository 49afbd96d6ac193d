"""The personas of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.journal import Journal
from tui.reading.provenance import Provenance, provenance_of_run
from tui.screens.base import SideScreen
from tui.widgets.prose import Prose
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

__all__ = ["PersonasScreen"]


class PersonasScreen(SideScreen[Provenance]):
    """Shows the personas of a run."""

    PLACE = "Personas"
    GUIDE = """The personas of a run, which this screen is going to show as soon as it is built; until then it
shows nothing but whose they are, and this text stands in for the help."""

    def body(self) -> ComposeResult:
        """Yield what is shown."""
        yield Prose()

    def read(self) -> Provenance:
        """Read whose they are."""
        with Journal.read(self.folder) as journal:
            return provenance_of_run(journal, self.folder)

    def apply(self, view: Provenance) -> None:
        """Draw it."""
        self.query_one(TopBar).show(view)
