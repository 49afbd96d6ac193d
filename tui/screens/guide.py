"""Help: first for the part of the screen that has the focus, then for the screen, its keys, and the words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tui.plaintext import fitted, one_line, wrapped
from tui.screens.reader import ReaderScreen
from tui.widgets.prose import heading, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textual.binding import ActiveBinding, Binding
    from textual.screen import Screen
    from textual.widget import Widget

__all__ = ["GuideScreen", "guide_of", "guide_of_widget", "is_obvious"]

WORDS = (
    ("corpus", "a place's members, posts, replies and votes, as read"),
    ("community", "a group of members, given by the source or found in the graph"),
    ("profile", "what is known of a community; every sentence names the posts it rests on"),
    ("norm", "something that the community said, with how strongly the community endorsed it"),
    ("item", "a question with two or more options, with real people's votes where they are known"),
    ("persona", "a simulated member; a panel is the personas of one community"),
    ("ballot", "one persona's judgement of an item: a choice or an abstention, with a reason"),
    ("preference", "the distribution over options that ballots give, with its uncertainty"),
    ("run", "one simulation, with its journal: the durable record of all that happened"),
    ("predictor", "anything that turns an item and a community into a preference"),
    ("identity", "how concentrated a community's topics are, against random groups: 0 is chance, 1 the most"),
    ("bond", "how mutual and how inward its replies are, against shuffled ones: 0 is chance, 1 the most"),
)
FALLBACK = """A list is moved through with the arrow keys, and a text scrolled. Tab goes to the next part."""
NARROW = 14
WIDEST, AROUND = 100, 8
"""Cells of the frame that help stands in, and of them those that are no text (``app.tcss``, ReaderScreen)."""
ALIKE = {
    "Tabs": "← and → choose which part is shown below.",
    "CollapsibleTitle": "Enter opens what is folded here, and folds it again.",
    "Button": "Enter presses it.",
    "Checkbox": "Space or Enter ticks it, and unticks it again.",
    "Select": "Enter opens the choices; the arrow keys and Enter choose one.",
}
"""What the parts do that work alike on every screen, by the names of their classes."""


class GuideScreen(ReaderScreen):
    """Explains the screen that it is opened from."""

    def __init__(self, screen: Screen[object]) -> None:
        super().__init__("Help", _guide(screen))


def guide_of(screen: Screen[object]) -> str:
    """Return what is told of the part of a screen that has the focus; empty where there is nothing to tell."""
    return "" if screen.focused is None else guide_of_widget(screen, screen.focused)


def guide_of_widget(screen: Screen[object], widget: Widget) -> str:
    """Return what ``GUIDES`` tells of a widget, by its id or that of the nearest around it.

    What works alike wherever it stands, as the name of something folded, is told of besides.
    """
    guides = getattr(screen, "GUIDES", {})
    own = next((str(guides[node.id]) for node in widget.ancestors_with_self if node.id in guides), "")
    alike = next((ALIKE[kind.__name__] for kind in type(widget).__mro__ if kind.__name__ in ALIKE), "")
    return "\n\n".join(part for part in (own, alike) if part)


def _guide(screen: Screen[object]) -> Content:
    here = guide_of(screen)
    place = getattr(screen, "PLACE", "") or "This screen"
    width = min(WIDEST, int(screen.app.size.width * 0.96)) - AROUND
    lines: list[Content] = []
    if here:
        lines += [heading("Here, where the focus is"), plain(_flowing(here)), Content()]
    lines += [heading(place), plain(_flowing(getattr(screen, "GUIDE", "") or FALLBACK)), Content()]
    for name, keys in _keys(screen):
        lines += [heading(name), *_listed(keys, width), Content()]
    lines += [heading("Words"), *_listed(WORDS, width)]
    return Content("\n").join(lines)


def _flowing(text: str) -> str:
    """Return a text with its lines joined to paragraphs; a line that begins with spaces stays one.

    >>> _flowing("one\\ntwo\\n\\n  a  b\\nthree")
    'one two\\n\\n  a  b\\nthree'
    """
    found: list[str] = []
    for line in text.strip("\n").split("\n"):
        joined = found and line and found[-1] and not line.startswith(" ") and not found[-1].startswith(" ")
        if joined:
            found[-1] = f"{found[-1].rstrip()} {line}"
        else:
            found.append(line)
    return "\n".join(found)


def _listed(entries: Iterable[tuple[str, str]], width: int) -> list[Content]:
    """Return a line for each name with its text, which goes on below where it is too long for the width."""
    found = []
    for name, text in entries:
        first, *rest = wrapped(text, max(20, width - NARROW - 2), 9)
        found += [
            plain(f"  {fitted(name, NARROW)}{first}"),
            *(plain(" " * (NARROW + 2) + line) for line in rest),
        ]
    return found


def _keys(screen: Screen[object]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield what each key does now: here, on this screen, and everywhere; those in the footer first."""
    groups: dict[str, dict[str, tuple[str, ...]]] = {
        "Keys here": {"Move": ("↑ ↓ PgUp PgDn",)},
        "Keys of this screen": {},
        "Keys everywhere": {"Next part of the screen": ("tab",)},
    }
    for entry in sorted(screen.active_bindings.values(), key=lambda entry: not entry.binding.show):
        binding = entry.binding
        if not binding.description or is_obvious(binding):
            continue
        keys = groups[_group(screen, entry)]
        text = binding.tooltip or binding.description
        keys[text] = (*keys.get(text, ()), one_line(screen.app.get_key_display(binding)))
    for name, keys in groups.items():
        if keys:
            yield name, [(" ".join(dict.fromkeys(names)), text) for text, names in keys.items()]


def _group(screen: Screen[object], entry: ActiveBinding) -> str:
    if entry.node is screen.app or entry.binding.id in {"screen.back", "screen.reload"}:
        return "Keys everywhere"
    return "Keys of this screen" if entry.node is screen else "Keys here"


def is_obvious(binding: Binding) -> bool:
    """Tell whether a key moves as it does everywhere, or edits a field as it does everywhere."""
    moves = {"list.up", "list.down", "list.page_up", "list.page_down", "list.first", "list.last"}
    if binding.id in moves or binding.system:
        return True
    return binding.id is None and (
        binding.action.startswith(
            ("cursor", "delete", "scroll", "page_", "app.focus", "copy", "cut", "paste", "undo")
        )
        or binding.action in {"redo", "select_all", "screen.copy_text", "submit", "home", "end"}
    )
