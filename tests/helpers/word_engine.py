"""Engines for the interface's tests: real processes of the command line that compare texts by their words."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["HELPERS", "words_command"]

HELPERS = Path(__file__).parent
START = (
    f"import sys; sys.path.insert(0, {str(HELPERS)!r}); import personas.embedding, word_embedder"
    "; personas.embedding.SentenceEmbedder = lambda model: word_embedder.WordEmbedder()"
    "; from tui.cli.main import main; sys.exit(main())"
)


def words_command(plain: list[str]) -> list[str]:
    """Return an order's command line with no model loaded for its texts."""
    return [sys.executable, "-c", START, *plain[plain.index("tui.cli.main") + 1 :]]
