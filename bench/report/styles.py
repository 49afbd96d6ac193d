"""The one style sheet of every page, kept as a file of its own so that it can be edited as one."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

__all__ = ["style"]


@cache
def style() -> str:
    """Return the style sheet."""
    return (files("bench.report") / "page.css").read_text(encoding="utf-8")
