"""Every key of the interface by the id of its binding: what it does, where, and which others it would hide."""

from __future__ import annotations

import pkgutil
import re
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.keys import Keys, _character_to_key, format_key, key_to_character

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from textual.dom import DOMNode

__all__ = ["KeyEntry", "clashes", "every_key", "in_words", "key_problems", "owners", "usable_key"]

ROOMS = ("tui.screens", "tui.widgets")
EVERYWHERE = ("app", "screen", "list", "side")
"""The rooms whose keys hold on many screens, listed first."""
MODIFIERS = frozenset({"ctrl", "shift", "alt", "super", "hyper", "meta"})
RESERVED = {"ctrl+q": "it always leaves the interface", "ctrl+c": "it always copies a selection"}
NAMES = frozenset(key.value for key in Keys)
_WORD = re.compile(r"[a-z][a-z0-9_]*|[^\W_]")


@dataclass(frozen=True, kw_only=True)
class KeyEntry:
    """A key that can be bound anew.

    Args:
        id: of the binding, as it stands in the settings.
        does: what it does, in words.
        keys: the keys it is bound to. ``default``: those that it comes with.
        screens: the screens on which it holds; all where empty.
    """

    id: str
    does: str
    keys: tuple[str, ...]
    default: tuple[str, ...]
    screens: frozenset[str] = frozenset()

    @property
    def room(self) -> str:
        """Where it holds, as the id says it."""
        return self.id.split(".")[0]

    @property
    def changed(self) -> bool:
        """Whether it is bound to other keys than it comes with."""
        return self.keys != self.default


def every_key(own: Mapping[str, str]) -> tuple[KeyEntry, ...]:
    """Return every key that can be bound anew, by room; it loads all screens, so call it in a thread.

    Args:
        own: the keys of one's own, by the ids of their bindings.
    """
    bindings: dict[str, Binding] = {}
    screens: dict[str, set[str]] = {}
    for owner, everywhere in owners():
        for binding in _bindings_of(owner):
            if binding.id is not None:
                bindings.setdefault(binding.id, binding)
                screens.setdefault(binding.id, set()).add("" if everywhere else owner.__name__)
    entries = [_entry(binding, own.get(name, ""), screens[name]) for name, binding in bindings.items()]
    return tuple(sorted(entries, key=_place))


def owners() -> Iterator[tuple[type[DOMNode], bool]]:
    """Yield the classes of the interface that hold bindings, and whether theirs hold on every screen."""
    from textual.dom import DOMNode
    from textual.screen import Screen

    from tui.app import Interface

    yield Interface, True
    for room in ROOMS:
        for found in pkgutil.walk_packages(import_module(room).__path__, f"{room}."):
            for value in vars(import_module(found.name)).values():
                if isinstance(value, type) and issubclass(value, DOMNode) and value.__module__ == found.name:
                    yield value, not issubclass(value, Screen)


def clashes(entries: Sequence[KeyEntry], entry: KeyEntry, keys: Iterable[str]) -> tuple[KeyEntry, ...]:
    """Return what else one of the keys does on a screen where the entry holds."""
    wanted = {_long(key) for key in keys}
    return tuple(
        other
        for other in entries
        if other.id != entry.id
        and wanted & set(other.keys)
        and (not other.screens or not entry.screens or other.screens & entry.screens)
    )


def key_problems(own: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is wrong with the keys of one's own: ids that are none, keys that are none, and clashes."""
    entries = every_key(own)
    known = {entry.id: entry for entry in entries}
    found = []
    for name, keys in own.items():
        if name not in known:
            found.append(f"keys: {name} is no action; the Keys screen lists them all")
            continue
        for key in keys.split(","):
            try:
                usable_key(key)
            except InputError as error:
                found.append(f"keys: {name}: {error}")
        if known[name].changed:
            hidden = clashes(entries, known[name], keys.split(","))
            found += [f"keys: {keys} is both {name} and {other.id}" for other in hidden]
    return tuple(found)


def usable_key(key: str) -> str:
    """Return a key's full name.

    >>> usable_key("?"), usable_key("ctrl+f5")
    ('question_mark', 'ctrl+f5')

    Raises:
        InputError: it is no key, or one that always does the same.
    """
    name = _long(key)
    if name in RESERVED:
        raise InputError(f"{name} cannot be bound anew: {RESERVED[name]}")
    *modifiers, last = name.split("+")
    character = key_to_character(last) or ""
    known = last in NAMES or _long(character) == last
    if not _WORD.fullmatch(last) or not known or not MODIFIERS.issuperset(modifiers):
        raise InputError(f"{key!r} is no key", remedy="write it as x, f5, ctrl+o or question_mark")
    return name


def in_words(keys: Iterable[str]) -> str:
    """Return keys as they are shown.

    >>> in_words(("question_mark", "ctrl+f5", "left_square_bracket"))
    '?  ctrl+f5  ['
    """
    parts = [key.split("+") for key in keys]
    return "  ".join("+".join((*modifiers, format_key(last))) for *modifiers, last in parts)


def _bindings_of(owner: type[DOMNode]) -> Iterator[Binding]:
    """Yield the bindings that a class holds or has from classes of the interface that it is made of."""
    for base in owner.__mro__:
        if base.__module__.startswith("tui."):
            yield from (found for found in base.__dict__.get("BINDINGS", ()) if isinstance(found, Binding))


def _entry(binding: Binding, own: str, screens: set[str]) -> KeyEntry:
    default = tuple(_long(key) for key in binding.key.split(","))
    return KeyEntry(
        id=str(binding.id),
        does=binding.tooltip or binding.description or binding.action,
        keys=tuple(_long(key) for key in own.split(",")) if own else default,
        default=default,
        screens=frozenset() if "" in screens else frozenset(screens),
    )


def _place(entry: KeyEntry) -> tuple[int, str]:
    room = entry.room
    return (EVERYWHERE.index(room), "") if room in EVERYWHERE else (len(EVERYWHERE), room)


def _long(key: str) -> str:
    key = key.strip()
    return _character_to_key(key) if len(key) == 1 else key
