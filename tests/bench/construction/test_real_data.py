"""A small benchmark of one real site, built quickly and with words for embeddings."""

from __future__ import annotations

import pytest
from word_embedder import WordEmbedder

from bench.benchmark import PARTS
from bench.construction import construct
from personas import ingest
from personas.near import normalised

pytestmark = pytest.mark.real_data
KEY = b"sixteen bytes or more"


def test_two_sites_become_a_benchmark_and_the_account_that_posts_by_itself_is_found(real_data, tmp_path):
    sites = [real_data / "stackexchange" / f"{site}.Posts.xml" for site in ("coffee", "cstheory_meta")]
    with ingest("stackexchange", sites, out=tmp_path / "corpus", key=KEY) as corpus:
        benchmark = construct(corpus, out=tmp_path / "out", seed=7, embedder=WordEmbedder(), tasks=False)
    assert all(benchmark.size(part) > 20 for part in PARTS)
    assert benchmark.manifest.left_out["bot: most of its posts repeat each other"] == 1, (
        "the account named Community"
    )
    texts = {
        part: {
            normalised(t)
            for item in benchmark.items(part)
            for t in (item.query, *(o.text for o in item.options))
        }
        for part in PARTS
    }
    assert not texts["train"] & texts["test"] and not texts["validation"] & texts["test"]
    found = benchmark.manifest.more["weaknesses"]["identification"]
    written, cut, topics = (row["accuracy"]["mean"] for row in found["rows"])
    assert written >= cut and topics > found["chance"]["mean"]
