"""How different the responses of one candidate set are: diversity is measured, not assumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from personas.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Diversity", "cosine_similarities", "diversity", "mean_pairwise_similarity", "vendi_score"]

# Embeddings are normalised in single precision, which leaves a diagonal of 1 ± 1e-6 or so.
ROUNDING = 1e-4


@dataclass(frozen=True, kw_only=True)
class Diversity:
    """How different the responses of one set are.

    Args:
        responses: how many there are.
        similarity: the mean cosine similarity of two different ones; None for fewer than two.
        vendi: the effective number of different ones; None for none.
    """

    responses: int
    similarity: float | None
    vendi: float | None


def diversity(embeddings: ArrayLike) -> Diversity:
    """Measure a candidate set by the (n, d) embeddings of its responses."""
    rows = np.asarray(embeddings, dtype=float)
    return Diversity(
        responses=len(rows),
        similarity=mean_pairwise_similarity(rows),
        vendi=vendi_score(cosine_similarities(rows)) if len(rows) else None,
    )


def cosine_similarities(embeddings: ArrayLike) -> NDArray[np.float64]:
    """Return the (n, n) cosine similarities of (n, d) embeddings, with 1 on the diagonal.

    A zero vector, which some embeddings give to a text without a known word, is like nothing but itself.

    Raises:
        InputError: the embeddings are no matrix, or not finite.
    """
    rows = np.asarray(embeddings, dtype=float)
    if rows.ndim != 2 or not np.all(np.isfinite(rows)):
        raise InputError(
            f"the embeddings have the shape {rows.shape} or are not finite", remedy="give one row a response"
        )
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    directions = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    similarities: NDArray[np.float64] = np.clip(directions @ directions.T, -1.0, 1.0)
    np.fill_diagonal(similarities, 1.0)
    return similarities


def mean_pairwise_similarity(embeddings: ArrayLike) -> float | None:
    """Return the mean cosine similarity of two different responses of the set; None for fewer than two.

    Args:
        embeddings: (n, d), one row a response, of any length.

    Raises:
        InputError: the embeddings are no matrix, or not finite.

    >>> mean_pairwise_similarity([[1, 0], [0, 2], [0, 1]])
    0.3333333333333333
    """
    similarities = cosine_similarities(embeddings)
    pairs = similarities[np.triu_indices(len(similarities), k=1)]
    return float(pairs.mean()) if pairs.size else None


def vendi_score(similarity: ArrayLike) -> float:
    """Return the effective number of different responses in a set, from 1 (all alike) to n (nothing shared).

    The exponential of the entropy of the eigenvalues of ``similarity / n``.

    Args:
        similarity: (n, n) symmetric, positive semi-definite, with 1 on the diagonal, as
            ``cosine_similarities`` gives it.

    Raises:
        InputError: the matrix is empty or no such matrix.

    References:
        D. Friedman & A. B. Dieng (2023). The Vendi score: a diversity evaluation metric for machine learning.
        Transactions on Machine Learning Research (arXiv:2210.02410, 2022).

    >>> round(vendi_score([[1, 0], [0, 1]]), 9), round(vendi_score([[1, 1], [1, 1]]), 9)
    (2.0, 1.0)
    """
    matrix = np.asarray(similarity, dtype=float)
    _check_similarity(matrix)
    spectrum = np.linalg.eigvalsh((matrix + matrix.T) / 2)
    if spectrum[0] < -ROUNDING * len(matrix):
        raise InputError(
            f"the similarities have the eigenvalue {spectrum[0]:.3g}",
            where="similarity",
            remedy="use a positive semi-definite similarity, as the cosine",
        )
    weights = spectrum[spectrum > 0] / spectrum[spectrum > 0].sum()
    return float(np.clip(np.exp(-(weights * np.log(weights)).sum()), 1.0, len(matrix)))


def _check_similarity(matrix: np.ndarray) -> None:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise InputError(
            f"the similarities have the shape {matrix.shape}", where="similarity", remedy="give a square one"
        )
    symmetric = np.allclose(matrix, matrix.T, rtol=0, atol=ROUNDING)
    if not symmetric or not np.allclose(np.diagonal(matrix), 1.0, rtol=0, atol=ROUNDING):
        raise InputError(
            "the similarities are not symmetric with 1 on the diagonal",
            where="similarity",
            remedy="give the cosine similarities of the set",
        )
