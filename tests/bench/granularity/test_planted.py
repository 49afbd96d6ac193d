"""The level that must win does, by what is known in advance."""

from __future__ import annotations

import numpy as np
import pytest

from bench.granularity import study_places
from bench.granularity.findings import ALL, BASE, COMMUNITY, COMMUNITY_KNOWN, PERSON, WEIGHED, WITHIN
from bench.granularity.wording import where_communities_win

KNOWN = (1, 2, 5, 10, 20, 50)
SURE = 0.95
LEAST = SURE * (1 - SURE)
EVEN = 0.25


def studied(planted, people, *, held_out, groups=2, **options):
    places = [planted(people, name=name, **options) for name in ("north", "south", "west")]
    return study_places(
        [place for place, _ in places],
        [vectors for _, vectors in places],
        held_out=held_out,
        groups=groups,
        known=KNOWN,
        draws=200,
        seed=7,
    )


@pytest.fixture(scope="module", params=["statements", "votes"])
def held_out(request):
    return request.param


@pytest.fixture(scope="module")
def alike(planted, minds, held_out):
    return studied(planted, minds["alike"](60), held_out=held_out)


@pytest.fixture(scope="module")
def opposed(planted, minds, held_out):
    return studied(planted, minds["opposed"](60), held_out=held_out)


@pytest.fixture(scope="module")
def own(planted, minds, held_out):
    return studied(planted, minds["own"](60), held_out=held_out)


def test_where_all_are_alike_one_for_all_is_as_good_as_can_be_and_no_community_wins(alike):
    assert alike.score(ALL, 1).mean == pytest.approx(LEAST, abs=0.006)
    for known in KNOWN:
        assert alike.gap(COMMUNITY, ALL, known).mean < 0.001
        assert alike.gap(PERSON, ALL, known).mean < 0.001
    assert not [row for row in alike.verdicts if row.community == "wins"]
    assert where_communities_win(alike).startswith("Nowhere is one per community ahead")


def test_two_opposed_camps_are_told_by_the_community_by_a_known_margin_once_a_person_is_placed(opposed):
    assert opposed.score(ALL, 1).mean == pytest.approx(EVEN, abs=0.01)
    assert opposed.score(COMMUNITY_KNOWN, 1).mean == pytest.approx(LEAST, abs=0.006)
    for known in (5, 10, 20, 50):
        lead = opposed.gap(COMMUNITY, ALL, known)
        assert lead.mean == pytest.approx(EVEN - LEAST, abs=0.012)
        assert lead.low > 0.15
    assert opposed.score(COMMUNITY, 10, metric="accuracy").mean == pytest.approx(SURE, abs=0.01)


def test_with_one_known_choice_a_person_is_placed_as_surely_as_that_choice_tells(opposed):
    for fact in opposed.places:
        assert fact.communities == (30, 30)
        assert fact.placed[0] == pytest.approx(SURE, abs=0.09)
        assert fact.placed[2:] == (1.0,) * 4
    misplaced = SURE * SURE**2 + (1 - SURE) * (1 - SURE) ** 2
    expected = SURE * LEAST + (1 - SURE) * misplaced
    assert opposed.score(COMMUNITY, 1).mean == pytest.approx(expected, abs=0.04)


def test_one_person_alone_needs_many_choices_where_the_community_needs_few(opposed):
    for known in (1, 2, 5, 10):
        assert opposed.gap(COMMUNITY, PERSON, known).low > 0
    assert opposed.score(PERSON, 1).mean > 0.2
    assert opposed.score(PERSON, 50).mean < 0.07
    wins = {row.known for row in opposed.verdicts if row.community == "wins" and row.metric == "Brier score"}
    assert wins >= {2, 5, 10}
    assert "wins, ahead of one for all and of one per person" in where_communities_win(opposed)


def test_people_with_minds_of_their_own_are_told_one_by_one_with_many_choices(own):
    assert own.score(ALL, 50).mean == pytest.approx(EVEN, abs=0.012)
    assert own.score(PERSON, 50).mean < 0.08
    for known in (10, 20, 50):
        assert own.gap(COMMUNITY, PERSON, known).high < 0
        assert own.gap(PERSON, ALL, known).low > 0
    verdict = next(row for row in own.verdicts if row.known == 50 and row.metric == "Brier score")
    assert (verdict.best, verdict.community) == (PERSON, "loses")
    scores = [own.score(PERSON, known).mean for known in KNOWN]
    assert scores == sorted(scores, reverse=True)


def test_a_person_within_its_community_is_no_worse_than_the_community_and_with_choices_as_good_as_either(
    opposed, own
):
    for study in (opposed, own):
        for known in KNOWN:
            assert study.score(WITHIN, known).mean < study.score(COMMUNITY, known).mean + 0.002
        for known in (10, 20, 50):
            better = min(study.score(level, known).mean for level in (COMMUNITY, PERSON))
            assert study.score(WITHIN, known).mean < better + 0.01


def test_weighed_communities_do_better_than_a_placement_by_one_choice_where_there_are_none(opposed, own):
    assert own.gap(COMMUNITY, ALL, 1).mean < -0.005, "two places alone let no interval say it"
    assert own.score(WEIGHED, 1).mean < own.score(COMMUNITY, 1).mean - 0.002
    assert opposed.score(WEIGHED, 50).mean == pytest.approx(opposed.score(COMMUNITY, 50).mean, abs=1e-3)


def test_nobody_wins_by_a_score_that_rewards_more_certainty_than_there_is(alike):
    assert {row.metric for row in alike.verdicts} == {"Brier score", "accuracy", "log loss"}


def test_levels_that_know_nothing_of_the_person_do_not_change_with_the_number(opposed):
    for level in (ALL, BASE, COMMUNITY_KNOWN):
        assert len({opposed.score(level, known).mean for known in KNOWN}) == 1


def test_given_communities_are_taken_where_the_source_names_two(planted, minds):
    people = minds["opposed"](60)
    place, vectors = planted(people, given=np.arange(60) % 2, names=("left", "right"))
    study = study_places([place], [vectors], held_out="statements", known=(5,), draws=100, seed=7)
    assert study.places[0].how == "given by the source"
    assert study.gap(COMMUNITY, ALL, 5).mean == pytest.approx(EVEN - LEAST, abs=0.012)
    assert study.gap(COMMUNITY, ALL, 5).places == 1
