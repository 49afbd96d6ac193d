"""What the benchmark's tests share: corpora that close themselves."""

from __future__ import annotations

import pytest
from small_corpora import make_corpus


@pytest.fixture
def corpus_of(tmp_path):
    """Return a function that ingests records into a corpus of its own."""
    opened = []

    def make(records, ballot="endorsement"):
        opened.append(make_corpus(tmp_path / f"corpus{len(opened)}", records, ballot=ballot))
        return opened[-1]

    yield make
    for corpus in opened:
        corpus.close()
