from __future__ import annotations

import csv
from itertools import combinations

import pytest

from bench.items import build_items
from bench.pluralism.dispersion import apart, dispersion
from bench.pluralism.people import counted
from personas import ingest

CONVERSATION = "american-assembly.bowling-green"


@pytest.mark.real_data
def test_the_dispersion_of_real_votes_is_the_share_of_pairs_of_real_voters_that_differ(real_data, tmp_path):
    folder = real_data / "polis" / CONVERSATION
    corpus = ingest("polis", [folder], out=tmp_path / "c", key=b"sixteen bytes or more")
    with (folder / "participants-votes.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with corpus:
        items = {item.item: item for item in build_items(corpus, corpus.given(), seed=7).items}
    checked = 0
    for number in range(0, 40):
        item = items.get(f"{CONVERSATION}:{number}")
        votes = [row[str(number)] for row in rows if row.get(str(number)) in {"1", "-1"}]
        if item is None or not votes:
            continue
        differing = [one != other for one, other in combinations(votes, 2)]
        found = dispersion(counted(item.votes[CONVERSATION], item), apart(2))
        assert found == pytest.approx(sum(differing) / len(differing), abs=1e-9)
        checked += 1
    assert checked > 20
