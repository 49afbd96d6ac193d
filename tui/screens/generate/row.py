"""A row of preference data in full, and the ballots and norms that it rests on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from tui.reading.preference_data import PairRow
from tui.reading.row_story import Story, pair_story, row_story
from tui.screens.base import InstrumentScreen
from tui.widgets.prose import Prose, heading, plain
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.reading.provenance import Provenance

__all__ = ["RowScreen"]


class RowScreen(InstrumentScreen[tuple[Story, str, str]]):
    """Shows one row.

    Args:
        folder: of the run. ``provenance``: whose figures these are.
        row: a pair of the run; or where a row stands in ``data``, as ``preference/train/12``.
        data: the folder of the data that holds it.
    """

    PLACE = "Row"
    CSS_PATH = Path(__file__).with_name("generate.tcss")
    GUIDE = """One row of preference data, whole: what was asked, the two texts, and what speaks for their order.
Of a row that was written, its trace follows: whether it fits to the run that it comes from, what each persona said
and the norms that it went by. b opens the ballots, with prompt and reply where a model was asked."""
    GUIDES: ClassVar[dict[str, str]] = {
        "story": "The row and what it rests on. Arrow keys scroll; b opens the ballots."
    }
    BINDINGS: ClassVar[list[BindingType]] = [Binding("b", "ballots", "Ballots", id="row.ballots")]

    def __init__(
        self, folder: Path, provenance: Provenance, row: PairRow | str, *, data: Path | None = None
    ) -> None:
        super().__init__()
        self.folder = folder
        self._provenance, self._row, self._data = provenance, row, data
        self._behind = ("", "")

    def body(self) -> ComposeResult:
        """Yield the text."""
        yield Prose(id="story")

    def on_mount(self) -> None:
        """Say whose it is."""
        self.query_one(TopBar).show(self._provenance)
        self.query_one("#story").focus()

    def read(self) -> tuple[Story, str, str]:
        """Read the row, and follow it to what it rests on."""
        if isinstance(self._row, PairRow):
            return pair_story(self._row), self._row.item, self._row.community
        if self._data is None:
            raise ValueError("a row that was written stands in data")
        return row_story(self._data, self._row, self.folder)

    def apply(self, view: tuple[Story, str, str]) -> None:
        """Draw it."""
        story, *behind = view
        self._behind = (behind[0], behind[1])
        parts: list[Content] = []
        for title, text in story:
            parts += [heading(title)] if title else []
            parts += [plain(text)] if text else []
            parts += [Content()] if title and text else []
        self.query_one("#story", Prose).show(Content("\n").join(parts))

    def action_ballots(self) -> None:
        """Open the ballots behind the row."""
        from tui.screens.compare.ballots import BallotsScreen

        if self._behind[0]:
            self.app.push_screen(BallotsScreen(self.folder, *self._behind))
