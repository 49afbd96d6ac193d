"""Planted truths come back: scores fall on values known by quadrature, and intervals hold them as often as they say."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from planted_world import KnowsTastes, LearnsTastes, World

from bench.benchmark import BenchmarkWriter, KnownCommunity
from bench.evaluate import evaluate
from bench.tasks.cases import CEILING

sys.path.append(str(Path(__file__).parents[1] / "scale"))
from planted import measure

WORLDS = 200


def measured(effect, *, worlds=WORLDS, communities=24):
    made = [
        World(effect=effect, seed=seed, communities=communities, items=12, voters=11)
        for seed in range(worlds)
    ]
    known, apart = made[0].known_accuracy(), made[0].known_divergence()
    return [measure(world, known, apart) for world in made], known, apart


def mean_of(found, name):
    return float(np.mean([getattr(each, name) for each in found]))


@pytest.mark.parametrize("effect", [0.5, 2.0])
def test_scores_fall_on_their_known_values_and_intervals_hold_them(effect):
    found, known, apart = measured(effect)
    accuracies = [each.accuracy for each in found]
    error = np.std(accuracies) / math.sqrt(len(found))
    assert mean_of(found, "accuracy") == pytest.approx(known, abs=4 * error)
    assert mean_of(found, "divergence") == pytest.approx(apart, rel=0.02)
    assert mean_of(found, "shuffled") == pytest.approx(0.5, abs=0.015)
    assert mean_of(found, "nobody") == 0.5
    # Of 200 intervals that hold the truth 95 times in 100, 3 in 100 more or fewer do by chance.
    for name in ("held", "held_divergence", "held_difference"):
        assert 0.91 <= mean_of(found, name) <= 0.99, name


def test_without_an_effect_who_learns_is_no_better_than_shuffled_in_95_of_100_worlds():
    found, _, _ = measured(0.0)
    assert mean_of(found, "significant") <= 0.08
    assert mean_of(found, "shuffled") == pytest.approx(0.5, abs=0.01)


def test_with_an_effect_who_learns_is_called_better_than_shuffled():
    found, _, _ = measured(0.5, worlds=20)
    assert mean_of(found, "significant") == 1


@pytest.fixture(scope="module")
def benchmark_of(tmp_path_factory):
    def make(world):
        out = tmp_path_factory.mktemp("planted") / "benchmark"
        with BenchmarkWriter(out, name="planted", source="made", licence="none", fictional=True) as writer:
            for name in world.names:
                writer.add_community(KnownCommunity(community=name))
            for part in ("train", "test"):
                for item in world.part(part):
                    writer.add(part, item)
            return writer.finish()

    return make


def row(card, task, metric, predictor):
    (found,) = [each for each in card.tasks if (each.task, each.metric) == (task, metric)]
    return next(row for row in found.rows if row.predictor == predictor)


def test_a_whole_evaluation_finds_what_is_planted_and_each_baseline_what_it_is_due(benchmark_of):
    world = World(effect=1.0, seed=7, communities=30, items=20, voters=15)
    knows, learns = KnowsTastes(world), LearnsTastes()
    card = evaluate(benchmark_of(world), [knows, learns], seed=7)

    def accuracy(name):
        return row(card, "preference identification", "accuracy", name)

    def divergence(name):
        return row(card, "preference distribution", "Jensen–Shannon divergence (base 2)", name)

    assert accuracy(knows.name).low <= world.known_accuracy() <= accuracy(knows.name).high
    assert divergence(knows.name).low <= world.known_divergence() <= divergence(knows.name).high
    guess = divergence("uniform guess")
    assert guess.low <= world.known_divergence_of_a_guess() <= guess.high
    assert accuracy("uniform guess").mean == 0.5
    for name in ("position prior (mean share of each place, everybody)", "longest option"):
        assert 0.4 < accuracy(name).mean < 0.6, name
        assert accuracy(name).ahead["low"] > 0, name
    assert accuracy(knows.name).mean >= accuracy(learns.name).mean > 0.8
    assert divergence(knows.name).mean < divergence(CEILING).mean, "it has no sampling error of its own"


@pytest.mark.parametrize("kind", ["variance of shares across items", "disagreement within items"])
def test_who_knows_the_truth_varies_as_much_as_it_does(benchmark_of, kind):
    world = World(effect=1.0, seed=8, communities=30, items=20, voters=15)
    knows = KnowsTastes(world)
    card = evaluate(benchmark_of(world), [knows], seed=8)
    ratio = row(card, "preference distribution", f"{kind}, simulated / real", knows.name)
    assert ratio.low <= 1 <= ratio.high
    assert ratio.mean == pytest.approx(1, abs=0.06)
    guess = row(card, "preference distribution", f"{kind}, simulated / real", "uniform guess")
    assert guess.mean == 0 if kind.startswith("variance") else guess.mean > 1


def test_who_puts_all_on_one_option_varies_too_much_across_items_and_too_little_within(benchmark_of):
    from bench.predictors import FunctionPredictor

    world = World(effect=1.0, seed=9, communities=10)
    sure = FunctionPredictor("sure", lambda item, community: 0)
    card = evaluate(benchmark_of(world), [sure], seed=9)
    across, within = (
        row(card, "preference distribution", f"{kind}, simulated / real", "sure").mean
        for kind in ("variance of shares across items", "disagreement within items")
    )
    assert across > 2
    assert within == 0
