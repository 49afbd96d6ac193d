"""What the sides of a run share: the digits that lead from one to another, and the line of a replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.binding import Binding, BindingType

from tui.places import SIDES
from tui.screens.base import InstrumentScreen
from tui.screens.run.replaying import REPLAY_BINDINGS, ReplaySide
from tui.widgets.keyline import KeyLine
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import ComposeResult

__all__ = ["SideScreen"]

View = TypeVar("View")


class SideScreen(ReplaySide, InstrumentScreen[View]):
    """One side of a run, or of a corpus; the digits lead from one side to another."""

    PLACES: ClassVar[tuple[str, ...]] = tuple(SIDES.values())
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"visit('{place}')", name, show=False, id=f"side.{place}")
            for number, (place, name) in enumerate(SIDES.items(), start=1)
        ),
        *REPLAY_BINDINGS,
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def compose(self) -> ComposeResult:
        """Hold the line of provenance, that of a replay, the body and the keys."""
        yield TopBar(self.PLACE, self.PLACES)
        yield from self.replay_bar()
        yield from self.body()
        yield KeyLine()

    def on_top_bar_side(self, message: TopBar.Side) -> None:
        """Show the side that was clicked."""
        message.stop()
        self.action_visit(tuple(SIDES)[message.index])

    def action_visit(self, place: str) -> None:
        """Show another side of the same run."""
        self.interface.visit(place, self.folder)
