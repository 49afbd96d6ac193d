"""The command palette: every action of the screen, every place, corpus and run by name, the themes and the keys."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Provider
from textual.content import Content

from tui.places import SIDES
from tui.plaintext import one_line
from tui.reading.provenance import run_name
from tui.shell.keys import in_words
from tui.shell.themes import THEMES, theme_title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    from textual.binding import ActiveBinding
    from textual.command import Hits
    from textual.fuzzy import Matcher

    from tui.app import Interface

__all__ = ["CommandProvider"]


@dataclass(frozen=True, slots=True)
class Command:
    """A line of the palette: its name, what it does in a line, and the doing."""

    name: str
    about: str
    do: Callable[[], Any]


class CommandProvider(Provider):
    """Offers what can be done from the screen that the palette was opened on."""

    async def startup(self) -> None:
        """Collect the commands; corpora and runs are looked for in a thread."""
        interface = self._interface
        self._commands = [*_actions(self), *_sides(self)]
        try:
            shelf = await asyncio.to_thread(interface.look_around)
        except ValueError:  # a folder that is gone is told on the first screen
            shelf = None
        if shelf is not None:
            self._commands += [
                Command(f"Corpus {one_line(entry.title)}", str(entry.folder), visit)
                for entry in shelf.corpora
                if not entry.problem
                for visit in [partial(interface.visit, "communities", entry.folder)]
            ]
            self._commands += [
                Command(f"Run {one_line(run_name(entry.folder))}", f"{entry.state} · {entry.folder}", visit)
                for entry in shelf.runs
                if not entry.problem
                for visit in [partial(interface.visit, entry.side, entry.folder)]
            ]
        self._commands += _of_the_interface(interface)

    async def discover(self) -> Hits:
        """Yield all of them, before anything is typed."""
        for command in self._commands:
            yield DiscoveryHit(
                Content(command.name), command.do, text=command.name, help=_plain(command.about)
            )

    async def search(self, query: str) -> Hits:
        """Yield those that match what is typed."""
        matcher = self.matcher(query)
        for command in self._commands:
            score = matcher.match(command.name)
            if score > 0:
                name = _lit(matcher, command.name)
                yield Hit(score, name, command.do, text=command.name, help=_plain(command.about))

    @property
    def _interface(self) -> Interface:
        from tui.app import Interface

        if not isinstance(self.app, Interface):
            raise TypeError(f"these commands belong to the interface, not to {type(self.app).__name__}")
        return self.app


def _plain(about: str) -> str:
    """Return the line below a name as content, which the palette takes as it is; a string it reads as markup.

    Escaping is no way out: ``textual.markup.escape`` leaves brackets on which its reader of markup fails.
    """
    return Content(one_line(about))  # type: ignore[return-value]


def _lit(matcher: Matcher, name: str) -> Content:
    """Return a name with the letters that match; ``Matcher.highlight`` would read the name as markup."""
    content = Content(name)
    _, places = matcher.fuzzy_search.match(matcher.query, name)
    for place in places:
        if not name[place].isspace():
            content = content.stylize(matcher.match_style, place, place + 1)
    return content


def _actions(provider: CommandProvider) -> Iterator[Command]:
    """Yield what the keys of the screen do, but for moving and for what every field does."""
    from tui.screens.guide import is_obvious

    seen: set[tuple[str, str]] = set()
    for entry in sorted(provider.screen.active_bindings.values(), key=lambda entry: not entry.binding.show):
        binding = entry.binding
        told = (binding.action, binding.description)
        if not binding.description or not entry.enabled or is_obvious(binding) or told in seen:
            continue
        if binding.action.startswith("visit(") or binding.action == "command_palette":
            continue
        seen.add(told)
        about = f"key {in_words([binding.key])}"
        yield Command(binding.tooltip or binding.description, about, partial(_run, provider, entry))


async def _run(provider: CommandProvider, entry: ActiveBinding) -> None:
    await provider.app.run_action(entry.binding.action, entry.node)


def _sides(provider: CommandProvider) -> Iterator[Command]:
    from tui.screens.side import SideScreen

    screen = provider.screen
    if isinstance(screen, SideScreen):
        folder: Path = screen.folder
        for number, (place, name) in enumerate(SIDES.items(), start=1):
            yield Command(
                f"Go to {name}", f"key {number} · {run_name(folder)}", partial(screen.action_visit, place)
            )


def _of_the_interface(interface: Interface) -> Iterator[Command]:
    yield Command("Keys", "look all keys up, and bind them anew", interface.action_keys)
    ours = [theme.name for theme in THEMES]
    others = sorted(name for name in interface.available_themes if name not in ours)
    for name in [*ours, *others]:
        here = "this is the theme now" if name == interface.theme else "kept for the next time"
        yield Command(f"Theme: {theme_title(name)}", here, partial(interface.choose_theme, name))
