"""The interface's own themes: dark, light, and each with high contrast (WCAG 2.2 AAA: 7 to 1 for every text)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import Theme

if TYPE_CHECKING:
    from rich.color import Color as RichColor

__all__ = ["AAA", "CONTRAST", "THEMES", "HighContrast", "contrast", "own_colours", "theme_title"]

AAA = 7.0
"""The ratio of luminances that the Web Content Accessibility Guidelines ask of text at their level AAA (1.4.6)."""
DARK = Theme(
    name="commonbond",
    primary="#7aa2c8",
    secondary="#c8a36a",
    accent="#e0b060",
    warning="#e0b060",
    error="#e07a6a",
    success="#8ab87a",
    foreground="#d8d8d2",
    background="#14171a",
    surface="#1a1e22",
    panel="#242a30",
    dark=True,
    variables={"real": "#8fb8de", "simulated": "#e0b060", "footer-key-foreground": "#e0b060"},
)
LIGHT = Theme(
    name="commonbond-light",
    primary="#2d5f8a",
    secondary="#8a5a14",
    accent="#8a5a14",
    warning="#8a5a14",
    error="#a83828",
    success="#3d6b2e",
    foreground="#22262a",
    background="#f6f5f0",
    surface="#efeee8",
    panel="#e2e0d8",
    dark=False,
    variables={"real": "#2d5f8a", "simulated": "#8a5a14", "footer-key-foreground": "#8a5a14"},
)
CONTRAST_DARK = Theme(
    name="commonbond-contrast",
    primary="#9fd0ff",
    secondary="#ffd27f",
    accent="#ffd54a",
    warning="#ffd54a",
    error="#ffb0a3",
    success="#a8e89a",
    foreground="#ffffff",
    background="#000000",
    surface="#0c0c0c",
    panel="#1c1c1c",
    dark=True,
    variables={"real": "#9fd0ff", "simulated": "#ffd54a", "footer-key-foreground": "#ffd54a"},
)
CONTRAST_LIGHT = Theme(
    name="commonbond-contrast-light",
    primary="#003a70",
    secondary="#5a3500",
    accent="#5a3500",
    warning="#5a3500",
    error="#7a0c00",
    success="#0c4400",
    foreground="#000000",
    background="#ffffff",
    surface="#f7f7f7",
    panel="#e8e8e8",
    dark=False,
    variables={"real": "#003a70", "simulated": "#5a3500", "footer-key-foreground": "#5a3500"},
)
THEMES = (DARK, LIGHT, CONTRAST_DARK, CONTRAST_LIGHT)
CONTRAST = frozenset({CONTRAST_DARK.name, CONTRAST_LIGHT.name})
"""The themes in which every text is brought to 7 to 1, whatever a screen's own colours are."""
TITLES = {
    DARK.name: "commonbond, dark",
    LIGHT.name: "commonbond, light",
    CONTRAST_DARK.name: "commonbond, high contrast, dark",
    CONTRAST_LIGHT.name: "commonbond, high contrast, light",
}


def theme_title(name: str) -> str:
    """Return what a theme is called.

    >>> theme_title("commonbond-light"), theme_title("gruvbox")
    ('commonbond, light', 'gruvbox')
    """
    return TITLES.get(name, name)


def own_colours(*, dark: bool) -> dict[str, str]:
    """Return the colours that are ours alone, for themes that do not set them."""
    return {name: (DARK if dark else LIGHT).variables[name] for name in ("real", "simulated")}


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2, definition of contrast ratio).

    >>> contrast(Color(0, 0, 0), Color(255, 255, 255))
    21.0
    """
    lights = sorted((_luminance(one), _luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


class HighContrast(LineFilter):
    """Moves the colour of every character away from what is behind it until it is 7 to 1; nothing is dim."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments with such colours."""
        behind = background.rich_color
        return [
            segment
            if segment.style is None or segment.control
            else Segment(segment.text, _readable(segment.style, behind), None)
            for segment in segments
        ]


@lru_cache(4096)
def _readable(style: Style, behind: RichColor) -> Style:
    ground, ink = style.bgcolor or behind, style.color
    if ink is None or ink.is_default or ground.is_default:
        return style + Style(dim=False)
    back, fore = Color.from_rich_color(ground), Color.from_rich_color(ink)
    if style.reverse:
        back, fore = fore, back
    if contrast(fore, back) < AAA:
        fore = _lifted(fore, back)
    if style.reverse:
        return style + Style(color=back.rich_color, bgcolor=fore.rich_color, dim=False)
    return style + Style(color=fore.rich_color, dim=False)


def _lifted(fore: Color, back: Color) -> Color:
    """Return the colour nearest to ``fore``, towards black or white, that is 7 to 1; the farther end if none is."""
    ends = sorted((Color(0, 0, 0), Color(255, 255, 255)), key=lambda end: -contrast(end, back))
    for step in range(1, 10):
        moved = fore.blend(ends[0], step / 10)
        if contrast(moved, back) >= AAA:
            return moved
    return ends[0]


def _luminance(colour: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
