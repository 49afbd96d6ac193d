"""A planted Community Alignment file, loaded and analysed: the dispersion that was planted comes back."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from planted_files import PlantedCommunityAlignment

from bench.benchmark import PARTS
from bench.datasets.community_alignment import load_community_alignment
from bench.pluralism.people import ACROSS, BETWEEN, PEOPLE, WITHIN, people_dispersion
from bench.pluralism.stances import CHOSEN, Measure, Stances


def planted(folder, effect):
    """Return the items of a planted file, and how each country truly chooses among the options of each."""
    file = PlantedCommunityAlignment(
        conversations=4_000, prompts=20, annotators=200, effect=effect, later=0.0, habit=0.2, length=10
    )
    made = load_community_alignment(file.write(folder / "planted.csv"), out=folder / "made", fictional=True)
    items = [record.item for part in PARTS for record in made.records(part)]
    truths = [np.array([file.tastes.truth(item, name) for name in sorted(item.votes)]) for item in items]
    return items, truths


def truth_of(truths):
    """Return the true within, across and total, by the definition of each."""
    within = np.mean([1 - (shares**2).sum(axis=1).mean() for shares in truths])
    across = np.mean(
        [np.mean([1 - one @ other for one, other in combinations(shares, 2)]) for shares in truths]
    )
    total = np.mean([1 - (shares.mean(axis=0) ** 2).sum() for shares in truths])
    return within, across, total


@pytest.mark.parametrize("effect", [0.0, 1.0, 3.0])
def test_the_planted_dispersion_within_and_between_countries_comes_back(tmp_path, effect):
    items, truths = planted(tmp_path, effect)
    assert len(items) == 20 and all(len(item.votes) == 5 for item in items)
    nothing = Stances(axes=(), placements={}, vectors={})
    rows, left_out = people_dispersion(items, nothing, [Measure(name=CHOSEN)], seed=5)
    found = {row.of: row for row in rows}
    within, across, total = truth_of(truths)
    for who, truth in ((WITHIN, within), (ACROSS, across), (PEOPLE, total)):
        assert found[who].mean == pytest.approx(truth, abs=0.02)
    assert found[BETWEEN].mean == pytest.approx(1 - within / total, abs=0.02)
    assert not left_out
    if effect:
        assert found[BETWEEN].low > 0
    else:
        assert within == pytest.approx(total) and found[BETWEEN].low < 0 < found[BETWEEN].high
