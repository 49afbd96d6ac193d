"""What a screen shows, as plain text and as a picture (SVG) that names no font and no address of the network."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.plaintext import one_line

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.app import App

__all__ = ["Picture", "taken"]

_FONTS = re.compile(r"<!--.*?-->|@font-face \{.*?\}\s*", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A screen at one instant; what is made of it may be made in a thread.

    Args:
        title: what stands above the picture.
        size: columns and rows.
        lines: what is drawn, a line each.
        drawn: the same with its colours.
    """

    title: str
    size: tuple[int, int]
    lines: tuple[str, ...]
    drawn: RenderableType

    @property
    def text(self) -> str:
        """The lines, without the space at their ends."""
        return "".join(f"{line.rstrip()}\n" for line in self.lines).rstrip("\n") + "\n"

    def svg(self) -> str:
        """Return the picture."""
        from rich.console import Console

        console = Console(
            width=self.size[0],
            height=self.size[1],
            file=io.StringIO(),
            force_terminal=True,
            color_system="truecolor",
            record=True,
            legacy_windows=False,
            safe_box=False,
        )
        console.print(self.drawn)
        return _plain(console.export_svg(title=one_line(self.title)))


def taken(app: App[int], *, title: str = "commonbond") -> Picture:
    """Return what an application shows now."""
    compositor = app.screen._compositor
    strips = compositor.render_strips()
    drawn = compositor.render_update(full=True, screen_stack=app._background_screens) or ""
    lines = tuple("".join(segment.text for segment in strip) for strip in strips)
    return Picture(title=title, size=(app.size.width, app.size.height), lines=lines, drawn=drawn)


def _plain(svg: str) -> str:
    """Return an SVG without the fonts that it would fetch, and with its spaces kept by every viewer."""
    svg = _FONTS.sub("", svg)
    svg = svg.replace("Fira Code, monospace", "monospace").replace("Fira Code", "monospace")
    return svg.replace("&#160;", " ").replace("<text ", '<text xml:space="preserve" ')
