"""What the simulator's tests share: a small forum."""

from __future__ import annotations

import pytest
from small_corpora import make_corpus
from small_runs import forum as threads


@pytest.fixture(scope="session")
def forum(tmp_path_factory):
    """A corpus of two communities with twelve threads each."""
    with make_corpus(tmp_path_factory.mktemp("forum") / "forum.corpus", threads()) as corpus:
        yield corpus
