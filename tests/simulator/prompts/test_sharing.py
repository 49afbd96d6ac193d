"""Most of a panel's prompts is a shared prefix, on the bundled forum and on real posts."""

from __future__ import annotations

from itertools import pairwise

import pytest
from small_corpora import KEY
from word_embedder import WordEmbedder

from bench.datasets.bundled import bundled_corpus
from bench.split import hold_out
from personas.ingestion import ingest
from simulator.simulation import Simulation
from tui.cli.prompt import shared_prefix

LEAST = 0.7


def shared(corpus, *, items: int) -> dict[str, float]:
    """Return the share of the characters of consecutive prompts that is a shared prefix, by community."""
    split = hold_out(corpus, share=0.5, seed=7, by="auto")
    simulation = Simulation(split.train, seed=7, embedder=WordEmbedder())
    found: dict[str, list[tuple[int, int]]] = {}
    for item in split.items(simulation.setting.membership).items:
        for community in item.votes:
            counted = found.setdefault(community, [])
            if len(counted) < items * (simulation.settings.panel - 1):
                counted += lengths(simulation.prompts_for(item, community))
    return {name: sum(s for s, _ in pairs) / sum(n for _, n in pairs) for name, pairs in found.items()}


def lengths(sent) -> list[tuple[int, int]]:
    """Return for each prompt but the first how much of it the one before began with, and how long it is."""
    return [
        (shared_prefix(one, other), sum(len(message.text) for message in other))
        for one, other in pairwise(sent)
    ]


def test_most_of_a_panel_s_prompts_on_the_bundled_forum_is_shared(tmp_path):
    with bundled_corpus("forum", out=tmp_path / "forum") as corpus:
        found = shared(corpus, items=8)
    assert len(found) == 4
    assert min(found.values()) >= LEAST, found


@pytest.mark.real_data
@pytest.mark.parametrize("site", ["coffee", "matheducators"])
def test_most_of_a_panel_s_prompts_on_real_posts_is_shared(real_data, tmp_path, site):
    dump = real_data / "stackexchange" / f"{site}.Posts.xml"
    with ingest("stackexchange", [dump], out=tmp_path / site, key=KEY) as corpus:
        found = shared(corpus, items=20)
    assert min(found.values()) >= LEAST, found
