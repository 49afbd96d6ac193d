from __future__ import annotations

import numpy as np
import pytest
from small_corpora import make_corpus
from small_runs import forum, items_for, simulation_of, store_of

from bench.predictors import (
    NOBODY,
    FunctionPredictor,
    Instead,
    Learner,
    NormPredictor,
    RunPredictor,
    blind,
    fit,
    predictor,
)
from personas.errors import InputError
from simulator.item import Item, Option, Query, RealVotes

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


def test_of_nobody_in_particular_everyones_norms_are_asked_and_so_all_communities_get_the_same(words):
    judge = judge_of(words, everyone=EVERYONE)
    predictor = Instead(judge, dict.fromkeys(("tea", "cats", "unknown"), NOBODY), name="universal")
    told = [predictor.predict(item_of("warm the pot", "b"), name) for name in ("tea", "cats", "unknown")]
    assert told[0] == told[1] == told[2]
    assert told[0].shares == pytest.approx((0.5, 0.5))
    assert judge_of(words).simulated is False


def test_no_norm_of_anyone_says_nothing(words):
    predictor = judge_of(words, everyone=store_of([], community="everyone"))
    assert predictor.predict(item_of("warm the pot", "b"), NOBODY) is None
    assert judge_of(words).predict(item_of("warm the pot", "b"), NOBODY) is None


def test_a_run_predicts_what_it_holds_and_nothing_else(tmp_path):
    with make_corpus(tmp_path / "corpus", forum()) as corpus:
        items = items_for(2)
        run = simulation_of(corpus).run([items[0], Query(item="open", query="?", count=1)])
        predictor = RunPredictor(run)
        assert predictor.predict(items[0], "tea") == run.preferences()[items[0].item, "tea"]
        assert predictor.predict(items[1], "tea") is None
        assert (predictor.simulated, predictor.name) == (True, run.predictor)


@pytest.mark.parametrize(
    ("said", "shares"), [([1, 3], (0.25, 0.75)), (1, (0, 1)), (np.int64(0), (1, 0)), ((0.5, 0.5), (0.5, 0.5))]
)
def test_a_function_gives_numbers_that_are_normalised_or_the_index_of_an_option(said, shares):
    told = FunctionPredictor("mine", lambda item, community: said).predict(item_of("a", "b"), "tea")
    assert told.shares == pytest.approx(shares)


def test_a_function_that_fails_is_named_with_what_it_was_asked():
    def broken(item, community):
        return item.no_such_thing

    with pytest.raises(InputError, match="failed with AttributeError.*no_such_thing") as caught:
        FunctionPredictor("mine", broken).predict(item_of("a", "b"), "tea")
    assert caught.value.where == "predictor mine, item 1, community tea"


def test_a_function_that_has_nothing_to_say_says_so_and_is_known_by_its_name():
    @predictor("mine", simulated=False)
    def mine(item, community):
        return None

    assert (mine.name, mine.simulated, mine.predict(item_of("a", "b"), "tea")) == ("mine", False, None)


@pytest.mark.parametrize("said", [[1.0], [1, 2, 3], [-1, 2], [float("nan"), 1], [0, 0], 2, -1])
def test_what_is_no_distribution_is_refused_with_who_said_it_of_what(said):
    with pytest.raises(InputError, match="2 options") as caught:
        FunctionPredictor("mine", lambda item, community: said).predict(item_of("a", "b"), "tea")
    assert caught.value.where == "predictor mine, item 1, community tea"


def test_nobody_sees_the_votes_that_are_to_be_predicted_and_only_the_item_majority_those_of_others():
    votes = {name: RealVotes(shares=(1.0, 0.0), voters=3) for name in ("tea", "cats")}
    item = Item(item="1", query="?", options=item_of("a", "b").options, votes=votes)
    assert blind(item, "tea", mine_of("a")).votes == {}
    assert set(blind(item, "tea", mine_of("b", sees_others=True)).votes) == {"cats"}


def mine_of(name, **known):
    made = FunctionPredictor(name, lambda item, community: 0)
    for key, value in known.items():
        setattr(made, key, value)
    return made


def test_those_that_learn_are_fitted_and_the_others_left_alone():
    class Learns:
        name, simulated, seen = "learns", True, ()

        def predict(self, item, community):
            return None

        def fit(self, items):
            self.seen = tuple(items)

    learns = Learns()
    fit([mine_of("a"), learns], [1, 2])
    assert learns.seen == (1, 2)
    assert isinstance(learns, Learner) and not isinstance(mine_of("a"), Learner)


def test_a_control_asks_of_the_other_community():
    echo = FunctionPredictor("echo", lambda item, community: int(community == "cats"))
    control = Instead(echo, {"tea": "cats", "cats": "tea"}, name="control")
    assert control.predict(item_of("a", "b"), "tea").shares == (0, 1)
    assert (control.role, control.simulated) == ("control", False)


@pytest.mark.parametrize("said", ["tea", {"a": 1}, ["a", "b"], [1, [2]], True, False, object()])
def test_what_is_no_number_an_option_is_refused_as_well(said):
    with pytest.raises(InputError, match="2 options") as caught:
        FunctionPredictor("mine", lambda item, community: said).predict(item_of("a", "b"), "tea")
    assert caught.value.where == "predictor mine, item 1, community tea"


def test_a_run_may_stand_for_a_control_under_another_name(tmp_path):
    with make_corpus(tmp_path / "corpus", forum()) as corpus:
        run = simulation_of(corpus).run(items_for(1))
        control = RunPredictor(run, name="shuffled", role="control")
    assert (control.name, control.role, control.simulated) == ("shuffled", "control", False)
