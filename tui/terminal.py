"""Is there a terminal to open the interface in?"""

from __future__ import annotations

import sys

__all__ = ["in_terminal"]


def in_terminal() -> bool:
    """Tell whether all three standard streams are a terminal; Textual draws on standard error."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr))
