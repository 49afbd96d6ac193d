"""What the recovery tests measure; ``tests/conftest.py`` prints it after the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "recovery"


@pytest.fixture
def recovered(record_property) -> Callable[..., tuple[float, float]]:
    """Return a function that compares found labels with known ones, and reports NMI and ARI."""
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    def compare(graph: str, method: str, known, found) -> tuple[float, float]:
        nmi = float(normalized_mutual_info_score(known, found))
        ari = float(adjusted_rand_score(known, found))
        row = f"{graph:34}{method:>10}{np.unique(known).size:7}{np.unique(found).size:7}{nmi:8.3f}{ari:8.3f}"
        record_property(KEY, row)
        return nmi, ari

    return compare
