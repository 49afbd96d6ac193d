"""What all screens share: a snapshot read in a thread, the line of provenance, help, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen
from textual.worker import get_current_worker

from personas.errors import InputError
from tui.plaintext import one_line
from tui.shell.smooth import forget_drawn
from tui.widgets.keyline import KeyLine
from tui.widgets.rowlist import DAMAGE, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual.app import ComposeResult

    from tui.app import Interface
    from tui.widgets.table import Table

__all__ = ["InstrumentScreen"]

View = TypeVar("View")


class InstrumentScreen(Screen[None], Generic[View]):
    """A screen that shows a snapshot.

    A subclass says how the snapshot is read (``read``, in a thread, touching no widget), what is drawn
    (``body``) and how a snapshot that came is drawn (``apply``, in the interface's own loop).
    """

    PLACE: ClassVar[str] = ""
    PLACES: ClassVar[tuple[str, ...]] = ()
    GUIDE: ClassVar[str] = ""
    GUIDES: ClassVar[Mapping[str, str]] = {}
    """What the widgets show and what their keys do, by their ids: what ``?`` says first of the one with the focus."""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012  so it is declared upstream
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", key_display="esc", id="screen.back"),
        Binding("r", "reload", "Read again", show=False, id="screen.reload"),
    ]

    class Arrived(Message):
        """A snapshot was read."""

        def __init__(self, view: Any) -> None:
            super().__init__()
            self.view = view

    class Failed(Message):
        """No snapshot could be read."""

        def __init__(self, problem: str) -> None:
            super().__init__()
            self.problem = problem

    @property
    def interface(self) -> Interface:
        """The application."""
        from tui.app import Interface

        if not isinstance(self.app, Interface):
            raise TypeError(
                f"{type(self).__name__} belongs to the interface, not to {type(self.app).__name__}"
            )
        return self.app

    def compose(self) -> ComposeResult:
        """Hold the line of provenance, the body and the keys."""
        yield TopBar(self.PLACE, self.PLACES)
        yield from self.body()
        yield KeyLine()

    def body(self) -> ComposeResult:
        """Yield the widgets between the top and the footer."""
        raise NotImplementedError

    def read(self) -> View:
        """Read the snapshot; called in a thread."""
        raise NotImplementedError

    def apply(self, view: View) -> None:
        """Draw a snapshot."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Ask for the first snapshot."""
        self.action_reload()

    def on_unmount(self) -> None:
        """Let go of what was drawn."""
        forget_drawn()

    def action_reload(self) -> None:
        """Ask for a fresh snapshot."""
        self.in_thread(self.read, self.Arrived, group="snapshot")

    def in_thread(self, work: Callable[[], Any], arrived: Callable[[Any], Message], *, group: str) -> None:
        """Do work in a thread and post its result as a message; only the latest of a group counts."""

        def run() -> None:
            worker = get_current_worker()
            message: Message
            try:
                message = arrived(work())
            except DAMAGE as error:
                message = self.Failed(_told(error))
            if not worker.is_cancelled:
                self.post_message(message)

        self.run_worker(run, thread=True, exclusive=True, group=group)

    def on_instrument_screen_arrived(self, message: Arrived) -> None:
        """Draw the snapshot in one go."""
        message.stop()
        with self.app.batch_update():
            self.apply(message.view)

    def on_instrument_screen_failed(self, message: Failed) -> None:
        """Say what was wrong."""
        message.stop()
        folder = getattr(self, "folder", None)
        name = "" if folder is None else folder.name
        self.query_one(TopBar).say(name, f"✗ {message.problem}", fictional=False)
        self.tell(message.problem, wrong=True)

    def on_row_list_broken(self, message: RowList.Broken) -> None:
        """Say why rows could not be read."""
        message.stop()
        self.tell(_told(message.problem), wrong=True)

    def tables(self) -> Sequence[Table]:
        """Return what can be exported as CSV: every list that is seen, the one with the focus first.

        A screen whose cells say less than it knows returns tables of its own.
        """
        lists = [rows for rows in self.query(RowList) if rows.display and rows.region]
        return [rows.table() for rows in sorted(lists, key=lambda rows: not rows.has_focus)]

    def tell(self, text: str, *, wrong: bool = False) -> None:
        """Show a short message; nothing in it is markup."""
        severity = "error" if wrong else "information"
        self.notify(one_line(text), severity=severity, markup=False, timeout=8)  # type: ignore[arg-type]

    def action_leave(self) -> None:
        """Go back to the screen before."""
        self.interface.leave()


def _told(error: Exception) -> str:
    if isinstance(error, InputError):
        return str(error)
    return f"what is there is damaged or cannot be read: {type(error).__name__}: {error}"
