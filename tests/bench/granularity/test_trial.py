"""What is held out is held out, who is tried is the same at every number, and nothing leaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.granularity import study_places
from bench.granularity.groups import find_groups
from bench.granularity.prepared import Prepared
from bench.granularity.trial import LEAST_HELD_OUT, NEVER, make_trial
from bench.granularity.tuning import choose_own, own_errors
from personas.errors import InputError

from .conftest import place_of

SETTINGS = pytest.mark.parametrize("held_out", ["statements", "votes"])


def made(place, held_out, **options):
    return make_trial(place, held_out=held_out, **{"known": (1, 5, 10), "seed": 7, **options})


def told(trial, vectors, held_out):
    """Return every prediction of every level, as one array."""
    groups = find_groups(trial, groups=2, seed=7)
    ready = Prepared(trial, groups, vectors, by_content=held_out == "statements")
    (choices,) = choose_own([ready.levels], [own_errors(ready.levels, ready.priors())])
    own = [ready.levels.of_own(number, choices["one per person", number].sharpness) for number in trial.known]
    parts = [ready.levels.base, ready.levels.of_all(3.0), *ready.told, *ready.priors().values()]
    return np.stack([*parts, *(each.mean for each in own), *(each.support for each in own)]), choices


@SETTINGS
def test_changing_held_out_votes_changes_no_prediction(planted, minds, held_out):
    place, vectors = planted(minds["opposed"](40), claims=48)
    trial = made(place, held_out, people=25)
    marked = place.votes.copy()
    rows = trial.tried[:, None] == np.arange(len(place.people))
    hidden = np.zeros_like(marked, bool)
    for row, test in zip(rows, trial.test, strict=True):
        hidden[row] = test
    if held_out == "statements":
        hidden |= trial.test.any(axis=0)
    marked[hidden] *= -1
    assert (marked != place.votes).sum() > 100
    again = made(replace(place, votes=marked), held_out, people=25)
    assert (again.train == trial.train).all() and (again.rank == trial.rank).all()
    first, chosen = told(trial, vectors, held_out)
    second, chosen_again = told(again, vectors, held_out)
    assert (first == second).all() and chosen == chosen_again


def test_changing_a_training_vote_changes_predictions(planted, minds):
    place, vectors = planted(minds["opposed"](40), claims=48)
    trial = made(place, "statements")
    column = int(np.flatnonzero(~trial.test.any(axis=0))[0])
    marked = place.votes.copy()
    marked[0, column] *= -1
    first, _ = told(trial, vectors, "statements")
    second, _ = told(made(replace(place, votes=marked), "statements"), vectors, "statements")
    assert (first != second).any()


def test_changing_a_persons_unknown_training_votes_changes_nothing_of_where_it_is_placed(planted, minds):
    place, vectors = planted(minds["opposed"](40), claims=48)
    trial = made(place, "statements")
    unknown = (trial.rank >= 5) & (trial.rank != NEVER)
    groups = find_groups(trial, groups=2, seed=7)
    train = trial.train.copy()
    train[0][unknown[0]] *= -1
    before = Prepared(trial, groups, vectors, by_content=True)
    after = Prepared(replace(trial, train=train), groups, vectors, by_content=True)
    for number in (1, 5):
        assert (before.fits[number][0] == after.fits[number][0]).all()
        assert (before.of_rows(before.rows[number])[0] == after.of_rows(after.rows[number])[0]).all()


def test_held_out_statements_are_held_out_for_everybody_and_by_whole_threads(planted, minds):
    place, _ = planted(minds["own"](40), claims=60)
    place = replace(place, thread=np.arange(60) // 3)
    trial = made(place, "statements", share=0.25, people=25)
    gone = (trial.train == 0).all(axis=0)
    assert gone.sum() == 15 and (gone.reshape(20, 3).sum(axis=1) % 3 == 0).all()
    assert (trial.test == gone).all()


def test_held_out_votes_are_the_tried_persons_own_alone(planted, minds):
    place, _ = planted(minds["own"](40), claims=60)
    trial = made(place, "votes", people=25)
    assert len(trial.tried) == 25
    others = np.setdiff1d(np.arange(40), trial.tried)
    assert (trial.train[others] == place.votes[others]).all()
    assert (trial.test.sum(axis=1) == 12).all()
    assert (trial.train[trial.tried] == np.where(trial.test, 0, place.votes[trial.tried])).all()


@SETTINGS
def test_a_known_choice_is_a_training_vote_and_fewer_are_part_of_more(planted, minds, held_out):
    place, _ = planted(minds["own"](40), claims=60, answered=0.8)
    trial = made(place, held_out)
    previous = np.zeros_like(trial.test)
    for number in trial.known:
        shown = trial.shown(number)
        assert (shown.sum(axis=1) == number).all()
        assert (trial.own[shown] != 0).all() and not (shown & trial.test).any()
        assert (previous <= shown).all()
        previous = shown
    assert trial.test.sum(axis=1).min() >= LEAST_HELD_OUT


def test_only_numbers_that_twenty_people_reach_are_tried(planted, minds):
    place, _ = planted(minds["own"](40), claims=60)
    few = place.votes.copy()
    few[19:, 8:] = 0  # 19 people have answered all
    trial = made(replace(place, votes=few), "votes", share=0.5)
    assert trial is None
    few[19] = place.votes[19]  # and the twentieth, too
    assert len(made(replace(place, votes=few), "votes", share=0.5).tried) == 20
    few[19, 8:] = 0
    few[19:, 8:22] = place.votes[19:, 8:22]
    trial = made(replace(place, votes=few), "votes", share=0.5)
    assert trial.known == (1, 5, 10) and len(trial.tried) == 40
    assert made(replace(place, votes=few), "votes", share=0.5, known=(1, 12)).known == (1,)


def test_the_answer_to_a_question_with_options_is_one_known_choice():
    rng = np.random.default_rng(1)
    votes = np.full((30, 60), -1)
    for question in range(20):
        votes[np.arange(30), question * 3 + rng.integers(0, 3, 30)] = 1
    trial = made(place_of(votes, question=np.arange(60) // 3), "statements")
    assert trial.known == (1, 5, 10)
    assert (trial.shown(5).sum(axis=1) == 15).all()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"share": 0.0}, "--share: a share of 0.0; choose one between 0 and 1"),
        ({"known": ()}, "--known: [] known choices; give numbers from 1 on"),
        ({"known": (0, 1)}, "--known: [0, 1] known choices; give numbers from 1 on"),
    ],
)
def test_what_cannot_be_tried_is_refused(planted, minds, options, told):
    place, _ = planted(minds["own"](40), claims=60)
    with pytest.raises(InputError) as refused:
        made(place, "votes", **options)
    assert str(refused.value) == told


def test_a_study_of_nobody_is_refused_and_so_are_communities_that_are_not_there(planted, minds):
    place, vectors = planted(minds["own"](19), claims=60)
    with pytest.raises(InputError, match="in no place have 20 people answered"):
        study_places([place], [vectors], seed=7)
    place, vectors = planted(minds["own"](30), claims=60)
    with pytest.raises(InputError, match="names no two communities"):
        study_places([place], [vectors], communities="given", seed=7)
    with pytest.raises(InputError, match="'people' is not held out"):
        study_places([place], [vectors], held_out="people", seed=7)


@SETTINGS
def test_a_study_is_the_same_for_a_seed_and_says_where_people_fall_short(planted, minds, held_out):
    places = [
        planted(minds["opposed"](24), claims=40),
        planted(minds["opposed"](10), claims=40, name="hamlet"),
    ]
    places.append(planted(minds["opposed"](24), claims=16, name="village"))

    def run():
        rows = [place for place, _ in places], [vectors for _, vectors in places]
        return study_places(*rows, known=(1, 10), held_out=held_out, share=0.5, groups=2, draws=50, seed=7)

    study = run()
    assert study.as_data() == run().as_data()
    assert study.places[1].known == () and study.places[2].known == (1,)
    assert study.notes[:2] == (
        "hamlet: fewer than 20 people have answered enough; not studied",
        "village: fewer than 20 people have 10 known choices; studied up to 1",
    )
    scope = "all people with as many known choices"
    assert [study.score("one for all", number, scope=scope).n for number in (1, 10)] == [48, 24]
    assert [study.score("one for all", number).n for number in (1, 10)] == [24, 24]
    with pytest.raises(KeyError):
        study.score("one for all", 2)
