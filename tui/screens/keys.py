"""All keys of the interface, to look up and to bind anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from personas.errors import InputError
from tui.plaintext import count
from tui.screens.base import InstrumentScreen
from tui.shell.keys import KeyEntry, clashes, every_key, in_words, usable_key
from tui.shell.own_settings import keep_settings
from tui.widgets.prose import heading, plain
from tui.widgets.rowlist import Column, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.events import Key

__all__ = ["KeysScreen"]

COLUMNS = (
    Column("what it does", 24, share=2),
    Column("key", 14),
    Column("comes with", 14, above=90),
    Column("also on this key", 16, share=1, above=70),
    Column("name in the settings", 24, above=110),
)
ROOMS = {
    "app": "Everywhere",
    "screen": "On every screen",
    "list": "In lists",
    "side": "Between the sides of a run",
}


class KeysScreen(InstrumentScreen[tuple[KeyEntry, ...]]):
    """Lists every key by room; the marked one can be bound to another."""

    PLACE = "Keys"
    GUIDE = """Every key of the interface, by the screen that it belongs to. What you change holds at once, and is
kept for the next time in your settings file, which you can also write by hand.

The same key may do different things on different screens. Where two things on one screen have the same key, only one
of them hears it: that is said in the column "also on this key", and before you choose such a key."""
    GUIDES: ClassVar = {
        "keys": """Enter, then the new key: it replaces all keys that the line has. Backspace puts back the key that
the interface comes with; a line with a key of your own is marked with ●."""
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("backspace,delete", "restore", "Put back", key_display="⌫", id="keys.restore"),
    ]

    class _Kept(Message):
        """The keys were written to the settings; or why they were not."""

        def __init__(self, problem: str) -> None:
            super().__init__()
            self.problem = problem

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[KeyEntry, ...] = ()
        self._lines: list[KeyEntry | None] = []

    def body(self) -> ComposeResult:
        """Yield the list."""
        yield RowList(COLUMNS, empty="looking at all screens…", id="keys")

    def on_mount(self) -> None:
        """Give the list the keys."""
        self.query_one("#keys", RowList).focus()

    def read(self) -> tuple[KeyEntry, ...]:
        """Look at all screens."""
        return every_key(self.interface.own_keys)

    def apply(self, view: tuple[KeyEntry, ...]) -> None:
        """Draw the list."""
        self._entries, self._lines = view, []
        rows: list[tuple[str, ...]] = []
        for entry in view:
            if not self._lines or entry.room != self._room():
                rows.append((ROOMS.get(entry.room, f"In {entry.room}").upper(),))
                self._lines.append(None)
            rows.append(_cells(entry, view))
            self._lines.append(entry)
        listed = self.query_one("#keys", RowList)
        listed.show(rows)
        listed.cursor = max(1, listed.cursor)
        changed = sum(entry.changed for entry in view)
        line = f"{count(len(view), 'key')} · {f'{changed} of your own' if changed else 'as they come'}"
        self.query_one(TopBar).say("", f"{line} · kept in {self.interface.settings_path}", fictional=False)

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Ask for the new key."""
        entry = self._lines[message.index]
        if entry is not None:
            self.app.push_screen(_Press(entry, self._entries), self._bind)

    def action_restore(self) -> None:
        """Bind the marked line as it comes."""
        entry = self._marked()
        if entry is not None and entry.changed:
            self._set({name: keys for name, keys in self.interface.own_keys.items() if name != entry.id})

    def _bind(self, key: str | None) -> None:
        entry = self._marked()
        if key and entry is not None:
            self._set({**self.interface.own_keys, entry.id: key})

    def _set(self, keys: dict[str, str]) -> None:
        """Have the keys hold, and keep them."""
        self.interface.bind_keys(keys)
        path = self.interface.settings_path

        def keep() -> str:
            try:
                keep_settings(path, keys=keys)
            except InputError as error:
                return str(error)
            return ""

        self.in_thread(keep, self._Kept, group="keep")

    def on_keys_screen__kept(self, message: _Kept) -> None:
        """Draw the list again, and say what could not be written."""
        if message.problem:
            self.tell(message.problem, wrong=True)
        self.action_reload()

    def _marked(self) -> KeyEntry | None:
        place = self.query_one("#keys", RowList).cursor
        return self._lines[place] if place < len(self._lines) else None

    def _room(self) -> str:
        last = self._lines[-1]
        return "" if last is None else last.room


class _Press(ModalScreen[str]):
    """Waits for one key; escape leaves all as it is, and a key that is taken must be pressed twice."""

    def __init__(self, entry: KeyEntry, entries: tuple[KeyEntry, ...]) -> None:
        super().__init__()
        self._entry, self._entries = entry, entries
        self._asked = ""

    def compose(self) -> ComposeResult:
        """Hold the question."""
        with Vertical(id="dialog"):
            yield Static(heading(f"Press the key for: {self._entry.does}"), markup=False)
            yield Static(plain("esc leaves it as it is"), id="said", markup=False)

    def on_key(self, event: Key) -> None:
        """Take the key."""
        event.stop()
        event.prevent_default()
        if event.key == "escape":
            self.dismiss()
            return
        try:
            key = usable_key(event.key)
        except InputError as error:
            self._say(f"✗ {error}")
            return
        hidden = clashes(self._entries, self._entry, [key])
        if not hidden or self._asked == key:
            self.dismiss(key)
            return
        self._asked = key
        names = ", ".join(f"{other.does} ({ROOMS.get(other.room, other.room)})" for other in hidden)
        self._say(f"! {in_words([key])} is also: {names}. Press it again to take it, another key, or esc.")

    def _say(self, text: str) -> None:
        self.query_one("#said", Static).update(plain(text))


def _cells(entry: KeyEntry, entries: tuple[KeyEntry, ...]) -> tuple[str, ...]:
    also = ", ".join(other.does for other in clashes(entries, entry, entry.keys)) if entry.changed else ""
    mark = "● " if entry.changed else "  "
    return (mark + entry.does, in_words(entry.keys), in_words(entry.default), also and f"! {also}", entry.id)
