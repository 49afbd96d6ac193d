"""One real conversation: what is known of the others tells people better than they alone, or all alike, do."""

from __future__ import annotations

import pytest
from small_corpora import KEY
from word_embedder import WordEmbedder

from bench.granularity import run_study
from bench.granularity.findings import ALL, COMMUNITY, PERSON
from personas.ingestion import ingest

pytestmark = pytest.mark.real_data


def test_in_a_real_conversation_communities_tell_what_one_for_all_and_single_people_do_not(
    real_data, tmp_path
):
    folder = real_data / "polis" / "vtaiwan.uberx"
    with ingest("polis", [folder], out=tmp_path / "uberx", key=KEY) as corpus:
        study = run_study(corpus, WordEmbedder(), held_out="votes", known=(1, 10, 50), people=150, seed=7)
    (fact,) = study.places
    assert (fact.people, fact.claims, fact.known) == (1800, 99, (1, 10, 50))
    assert study.score(ALL, 10).mean == pytest.approx(0.165, abs=0.04)
    for known in (10, 50):
        assert study.gap(COMMUNITY, ALL, known).low > 0 and study.gap(COMMUNITY, PERSON, known).low > 0
    assert fact.placed[0] < fact.placed[1] < fact.placed[2]
