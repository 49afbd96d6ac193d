from __future__ import annotations

import numpy as np
import pytest
from small_corpora import make_corpus
from small_runs import forum, items_for, simulation_of, store_of

from bench.predictors import NormPredictor, RunPredictor
from simulator.item import Item, Option, Query

STORES = {
    "tea": store_of(["warm the pot", "use soft water"], endorsement=[0.9, 0.3], support=[4, 9]),
    "cats": store_of([], community="cats"),
}
EVERYONE = store_of(["warm the pot"], endorsement=[0.6])


def item_of(*claims, polarity=(1, 1)):
    options = tuple(
        Option(text=f"{number} {claim}", claim=claim, polarity=sign)
        for number, (claim, sign) in enumerate(zip(claims, polarity, strict=True))
    )
    return Item(item="1", query="?", options=options)


def judge_of(words, **known):
    return NormPredictor(STORES, words, keep=9, sharpness=5.0, name="norms", **known)


def test_the_norm_predictor_gives_the_normalised_scores_by_hand(words):
    told = judge_of(words).predict(item_of("warm the pot", "use soft water"), "tea")
    far = np.exp(-5)  # no word is shared, so the cosine is 0 and not 1
    first = (2 * 0.9 + 3 * far * 0.3) / (2 + 3 * far)
    second = (2 * far * 0.9 + 3 * 0.3) / (2 * far + 3)
    assert told.shares == pytest.approx((first / (first + second), second / (first + second)))


def test_disagreeing_with_a_claim_is_one_minus_agreeing_with_it(words):
    alone = {"tea": store_of(["warm the pot"], endorsement=[0.8])}
    predictor = NormPredictor(alone, words, keep=9, sharpness=5.0, name="norms")
    told = predictor.predict(item_of("warm the pot", "warm the pot", polarity=(1, -1)), "tea")
    assert told.shares == pytest.approx((0.8, 0.2))


def test_a_community_without_norms_has_nothing_to_say(words):
    assert judge_of(words).predict(item_of("a", "b"), "cats") is None


def test_where_one_store_serves_everyone_all_communities_get_the_same(words):
    predictor = judge_of(words, everyone=EVERYONE)
    told = [predictor.predict(item_of("warm the pot", "b"), name) for name in ("tea", "cats", "unknown")]
    assert told[0] == told[1] == told[2]
    assert told[0].shares == pytest.approx((0.5, 0.5))
    assert judge_of(words).simulated is False


def test_no_norm_of_anyone_says_nothing(words):
    predictor = judge_of(words, everyone=store_of([], community="everyone"))
    assert predictor.predict(item_of("warm the pot", "b"), "tea") is None


def test_a_run_predicts_what_it_holds_and_nothing_else(tmp_path):
    with make_corpus(tmp_path / "corpus", forum()) as corpus:
        items = items_for(2)
        run = simulation_of(corpus).run([items[0], Query(item="open", query="?", count=1)])
        predictor = RunPredictor(run)
        assert predictor.predict(items[0], "tea") == run.preferences()[items[0].item, "tea"]
        assert predictor.predict(items[1], "tea") is None
        assert (predictor.simulated, predictor.name) == (True, run.predictor)
