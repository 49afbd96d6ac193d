"""The order to ask: the question goes behind the corpus on the command line, and may begin with a dash."""

from __future__ import annotations

from dataclasses import dataclass

from tui.ordering.engine import Order

__all__ = ["AskOrder"]


@dataclass(frozen=True, kw_only=True)
class AskOrder(Order):
    """An order to ask the communities of a corpus.

    Args:
        query: the question.

    >>> from pathlib import Path
    >>> AskOrder(kind="ask", place=Path("tea.corpus"), query="-really?").command()[-3:]
    ['--', 'tea.corpus', '-really?']
    """

    query: str

    def command(self) -> list[str]:
        """Return the command line that carries it out."""
        return [*super().command(), self.query]
