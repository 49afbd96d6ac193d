"""Help for a screen: what it shows, its keys, and the words of the interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tui.plaintext import fitted, one_line
from tui.screens.reader import ReaderScreen
from tui.widgets.prose import heading, plain

if TYPE_CHECKING:
    from textual.screen import Screen

__all__ = ["GuideScreen"]

WORDS = (
    ("community", "a group of members, given by the source or found in the graph"),
    ("norm", "something that the community said, with how strongly the community endorsed it"),
    ("persona", "a simulated member; a panel is the personas of one community"),
    ("ballot", "one persona's judgement of an item: a choice or an abstention, with a reason"),
    ("preference", "the distribution over options that ballots give, with its uncertainty"),
    ("identity", "how concentrated a community's topics are, against random groups: 0 is chance, 1 the most"),
    ("bond", "how mutual and how inward its replies are, against shuffled ones: 0 is chance, 1 the most"),
)


class GuideScreen(ReaderScreen):
    """Explains the screen that it is opened from."""

    def __init__(self, screen: Screen[object]) -> None:
        super().__init__("Help", _guide(screen))


def _guide(screen: Screen[object]) -> Content:
    about = " ".join(getattr(screen, "GUIDE", "").replace("\n\n", "\0").split("\n")).replace("\0", "\n\n")
    keys = [plain(f"  {fitted(key, 12)}{text}") for key, text in _keys(screen).items()]
    words = [plain(f"  {fitted(word, 12)}{text}") for word, text in WORDS]
    parts = [plain(about), Content(), heading("Keys"), *keys, Content(), heading("Words"), *words]
    return Content("\n").join(parts)


def _keys(screen: Screen[object]) -> dict[str, str]:
    """Return what each key does now, those in the footer first."""
    found = {"↑ ↓": "move, as PgUp, PgDn, Home and End do", "tab": "go to the next part of the screen"}
    active = sorted(screen.active_bindings.values(), key=lambda entry: not entry.binding.show)
    for entry in active:
        binding = entry.binding
        if binding.description and (binding.show or binding.key in {"r", "g", "enter", "1", "2", "3", "4"}):
            found[one_line(screen.app.get_key_display(binding))] = binding.description
    return found
