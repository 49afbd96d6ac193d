"""Simulated and real preferences side by side, item by item."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.widgets import Static

from tui.plaintext import shown
from tui.reading.comparison import Comparison, ItemRow, read_comparison
from tui.screens.base import SideScreen
from tui.widgets.bars import PreferenceBars, letter
from tui.widgets.prose import heading, plain
from tui.widgets.rowlist import Column, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

__all__ = ["CompareScreen"]

COLUMNS = (
    Column("item", 14, share=2),
    Column("community", 10, share=1),
    Column("n", 5, right=True),
    Column("real", 6, right=True),
    Column("sim", 6, right=True),
    Column("", 1),
)


class CompareScreen(SideScreen[Comparison]):
    """Lists what was judged; beside it, what real people preferred on the marked item, and what the panel does."""

    PLACE = "Compare"
    CSS_PATH = Path(__file__).with_name("compare.tcss")
    GUIDE = """Each row is an item in one community. "n" is the number of real voters, "real" and "sim" the most
preferred option and its share; = says that both prefer the same option, ≠ that they do not. A dash says that it is
not known.

A bar is as long as an option's share; ├ and ┤ are the ends of its 95 % interval. The interval of the simulation says
how sure the panel is of itself: that the predictor may be wrong is not in it.

Enter opens the ballots of the marked item and the norms behind them."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "reload", "Read again"),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._view: Comparison | None = None

    def body(self) -> ComposeResult:
        """Yield the list and the bars."""
        with Container(classes="pair"):
            yield RowList(COLUMNS, empty="reading the journal…", id="items")
            with VerticalScroll(id="detail"):
                yield Static("", id="query", markup=False)
                yield PreferenceBars(id="bars")
                yield Static("", id="errors", markup=False)

    def on_mount(self) -> None:
        """Give the list the keys."""
        self.query_one("#items", RowList).focus()

    def read(self) -> Comparison:
        """Read the comparison."""
        return read_comparison(self.folder)

    def apply(self, view: Comparison) -> None:
        """Draw the list."""
        self._view = view
        self.query_one(TopBar).show(view.provenance, more=_how_many(view))
        self.query_one("#items", RowList).show(
            [_cells(row) for row in view.rows], empty="nothing is judged yet"
        )

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        """Draw the bars of the marked item."""
        if self._view is None or message.index >= len(self._view.rows):
            return
        row = self._view.rows[message.index]
        self.query_one("#query", Static).update(heading(shown(row.query, limit=1_000)))
        self.query_one("#bars", PreferenceBars).show(row)
        self.query_one("#errors", Static).update(plain("\n".join(f"✗ {error}" for error in row.errors)))
        self.query_one("#detail", VerticalScroll).scroll_home(animate=False)

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open the ballots of an item."""
        from tui.screens.compare.ballots import BallotsScreen

        if self._view is not None and message.index < len(self._view.rows):
            row = self._view.rows[message.index]
            self.app.push_screen(BallotsScreen(self.folder, row.item, row.community))


def _how_many(view: Comparison) -> str:
    """Return what part of the run is listed, where it is not all of it."""
    if view.done < view.total:
        return f"{view.done:,} of {view.total:,} judged"
    return f"first {len(view.rows):,} of {view.done:,}" if len(view.rows) < view.done else ""


def _cells(row: ItemRow) -> tuple[str, ...]:
    real, simulated = row.real_top, row.simulated_top
    voters = "–" if row.voters is None else f"{row.voters:,}"
    same = "" if real is None or simulated is None else ("=" if real == simulated else "≠")
    return (
        row.query,
        row.community,
        voters,
        _share(real, [option.real.mean if option.real else 0.0 for option in row.options]),
        _share(simulated, [option.simulated.mean if option.simulated else 0.0 for option in row.options]),
        same,
    )


def _share(option: int | None, shares: list[float]) -> str:
    return "–" if option is None else f"{letter(option)} {shares[option]:.0%}"
