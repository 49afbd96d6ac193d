"""The forms in which a persona can answer, and the letters that stand for options."""

from __future__ import annotations

from typing import Literal

__all__ = ["LETTERS", "Answer"]

Answer = Literal["choice", "ranking", "rating"]
"""Of a persona; a forecast of a whole community is always a distribution."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The option that is shown first is A, whichever it is."""
