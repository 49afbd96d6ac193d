"""An embedder without a model, for tests: texts are near when they share words."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["WordEmbedder"]


class WordEmbedder:
    """Hashed bags of words as unit rows; a text without words is the first unit vector.

    Args:
        size: the number d of places that words are hashed to.
        name: the model's name.

    ``calls`` holds the texts of each call, so that a test can see what was embedded.
    """

    english = False

    def __init__(self, size: int = 256, *, name: str = "hashed words") -> None:
        self.size = size
        self.name = name
        self.calls: list[list[str]] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return an (n, d) array of unit rows, in the order of ``texts``."""
        self.calls.append(list(texts))
        rows = np.zeros((len(texts), self.size), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()) or [""]:
                digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=4).digest()
                row[int.from_bytes(digest, "big") % self.size] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True) if len(rows) else rows
