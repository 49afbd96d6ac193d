"""The keys at the foot of a screen, in one line that is drawn at once: as many as fit, and always help, back and out.

Textual's own footer holds a widget for each key and builds all of them anew whenever the focus moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from tui.plaintext import clipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.events import Click, MouseMove
    from textual.screen import Screen

__all__ = ["KeyLine"]

ALWAYS = frozenset({"guide", "quit", "leave"})
"""The actions whose keys are never left out: help lists those that are."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A key of the line: what is pressed, how it is written, what it does, in a word and in a line."""

    key: str
    name: str
    does: str
    told: str
    action: str
    enabled: bool

    @property
    def width(self) -> int:
        return cell_len(self.name) + cell_len(self.does) + 3


class KeyLine(Widget):
    """Says which keys do what here; a click presses one."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyLine { dock: bottom; height: 1; color: $footer-foreground; background: $footer-background; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._keys: tuple[_Shown, ...] = ()

    def on_mount(self) -> None:
        """Follow the keys that hold."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def on_unmount(self) -> None:
        """Follow them no more."""
        self.screen.bindings_updated_signal.unsubscribe(self)

    def render(self) -> Content:
        """Draw the keys that fit."""
        parts: list[Content] = []
        for key in _fitting(self._keys, self.size.width):
            dim = "" if key.enabled else " dim"
            name = Content.styled(f" {key.name} ", f"bold $footer-key-foreground{dim}")
            parts += [name, Content.styled(f"{key.does} ", dim.strip())]
        return Content("").join(parts)

    def on_click(self, event: Click) -> None:
        """Press the key that was clicked."""
        key = self._at(event.x)
        if key is not None and key.enabled:
            self.app.simulate_key(key.key)

    def on_mouse_move(self, event: MouseMove) -> None:
        """Tell more of the key below the pointer."""
        key = self._at(event.x)
        self.tooltip = None if key is None or not key.told else Content(key.told)

    def _changed(self, screen: Screen[object]) -> None:
        """Draw the keys that hold now."""
        if not self.is_attached or screen is not self.screen:
            return
        keys = tuple(self._held())
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def _held(self) -> Iterator[_Shown]:
        """Yield the keys that are to be shown, one of those that do the same."""
        seen: set[str] = {*getattr(self.screen, "unoffered", ())}
        for entry in self.screen.active_bindings.values():
            binding = entry.binding
            if binding.show and binding.action not in seen:
                seen.add(binding.action)
                yield _Shown(
                    key=binding.key,
                    name=clipped(self.app.get_key_display(binding), 12),
                    does=binding.description,
                    told=entry.tooltip or binding.tooltip,
                    action=binding.action,
                    enabled=entry.enabled,
                )

    def _at(self, x: int) -> _Shown | None:
        """Return the key that is drawn at a cell."""
        for key in _fitting(self._keys, self.size.width):
            x -= key.width
            if x < 0:
                return key
        return None


def _fitting(keys: Sequence[_Shown], width: int) -> Iterator[_Shown]:
    """Yield the keys that a line has room for: those that always stand there, and of the others the first."""
    room = width - sum(key.width for key in keys if key.action in ALWAYS)
    for key in keys:
        if key.action in ALWAYS:
            yield key
        else:
            room -= key.width
            if room >= 0:
                yield key
