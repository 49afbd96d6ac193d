"""What the tests of construction share: a made forum as a corpus."""

from __future__ import annotations

import pytest
from made_forum import forum
from small_corpora import make_corpus


@pytest.fixture
def made_forum(tmp_path):
    """Return a function that ingests a forum, with further records."""
    opened = []

    def make(*extra, **options):
        ballot = options.pop("ballot", "endorsement")
        records = options.pop("records", None) or forum(**options)
        opened.append(make_corpus(tmp_path / f"forum{len(opened)}", [*records, *extra], ballot=ballot))
        return opened[-1]

    yield make
    for corpus in opened:
        corpus.close()
