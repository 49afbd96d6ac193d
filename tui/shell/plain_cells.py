"""The last guard before the terminal: no line that any widget draws holds what could steer it.

Strangers' text passes through ``tui.plaintext`` before it is drawn. What one types or pastes into a field, and the
name of a folder that is proposed there, must stay as it is: it is made harmless only where it is drawn.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.filter import LineFilter

if TYPE_CHECKING:
    from textual.color import Color

__all__ = ["PlainCells"]

_STEERS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class PlainCells(LineFilter):
    """Drops what steers a terminal and takes no cell of a line; a lone surrogate becomes U+FFFD.

    >>> from textual.color import Color
    >>> PlainCells().apply([Segment("a\\x1b[2Jb")], Color(0, 0, 0))[0].text
    'a[2Jb'
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments, as wide as they were."""
        del background
        if not any(_STEERS.search(segment.text) for segment in segments):
            return segments
        return [Segment(_STEERS.sub(_cells, text), style, control) for text, style, control in segments]


def _cells(steers: re.Match[str]) -> str:
    return "\ufffd" * cell_len(steers[0])
