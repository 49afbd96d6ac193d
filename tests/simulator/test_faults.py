"""A run against a server that fails in every way accounts for each ballot and each request.

The full-size figures are tests/scale/faults.py's.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from stand_in import FAULTS

sys.path.append(str(Path(__file__).parents[1] / "scale"))
from faults import account_of
from study import forum_corpus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from personas import Corpus

QUICK = {"panel": 8, "timeout": 0.5}
RECOVERED = {
    "rate_limit",
    "rate_limit_bare",
    "error_500",
    "error_503",
    "hang",
    "drip",
    "reset",
    "empty",
    "truncated",
}
HARMLESS = {"prose", "huge", "zero_usage", "no_logprobs"}


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corpus]:
    with forum_corpus(tmp_path_factory.mktemp("village")) as corpus:
        yield corpus


def test_with_all_faults_at_once_every_ballot_and_every_request_is_accounted_for(
    village: Corpus, tmp_path: Path
) -> None:
    shares = {fault: 0.2 / len(FAULTS) for fault in FAULTS}
    account = account_of(village, tmp_path / "run", shares, items=6, first=2, **QUICK)
    assert account.whole
    assert account.requests == account.server["requests"] > account.wanted
    assert account.tokens == account.server_tokens
    assert account.answered > 0.9 * account.wanted


@pytest.mark.parametrize("fault", FAULTS)
def test_with_one_fault_every_ballot_and_every_request_is_accounted_for(
    village: Corpus, tmp_path: Path, fault: str
) -> None:
    patient = (
        {**QUICK, "timeout": 10.0} if fault in HARMLESS else QUICK
    )  # a busy machine takes long over 100 kB
    account = account_of(village, tmp_path / "run", {fault: 0.2}, items=2, first=1, **patient)
    assert account.server["faults"][fault]
    assert account.whole
    assert account.requests == account.server["requests"]
    assert account.tokens == account.server_tokens
    if fault in RECOVERED | HARMLESS:
        assert account.answered == account.wanted
    if fault in HARMLESS:
        assert account.requests == account.wanted
