from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_corpora import day
from small_runs import store_of

from bench.baselines import ItemMajority, MeanShare, PositionPrior, Uniform, first_posted, longest
from personas.pooling import pooled
from simulator.item import Item, Option, RealVotes


def item_of(size=2, number=0, **votes):
    options = tuple(Option(text=f"option {place}") for place in range(size))
    real = {name.replace("_", "/"): RealVotes(shares=shares, voters=10) for name, shares in votes.items()}
    return Item(item=str(number), query="?", options=options, votes=real)


SEEN = [
    item_of(number=1, x_1=(0.8, 0.2), x_2=(0.4, 0.6)),
    item_of(number=2, x_1=(0.6, 0.4)),
    item_of(3, number=3, x_1=(0.5, 0.25, 0.25)),
]


def fitted(predictor):
    predictor.fit(SEEN)
    return predictor


def test_the_position_prior_is_the_mean_share_of_each_place_over_everybody():
    assert fitted(PositionPrior()).predict(item_of(), "x/1").shares == pytest.approx((0.6, 0.4))
    assert fitted(PositionPrior()).predict(item_of(4), "x/1") is None


def shown(places, *, number, **votes):
    item = item_of(len(places), number=number, **votes)
    options = tuple(replace(option, place=place) for option, place in zip(item.options, places, strict=True))
    return replace(item, options=options)


def prior_of(*items):
    prior = PositionPrior()
    prior.fit(items)
    return prior


def test_the_position_prior_goes_by_the_place_in_which_an_option_was_shown_and_not_by_the_list():
    prior = prior_of(shown((1, 0), number=1, x_1=(0.8, 0.2)), shown((0, 1), number=2, y_1=(0.4, 0.6)))
    assert prior.predict(shown((0, 1), number=3), "x/1").shares == pytest.approx((0.3, 0.7))
    assert prior.predict(shown((1, 0), number=3), "x/1").shares == pytest.approx((0.7, 0.3))


@pytest.mark.parametrize("places", [(None, None), (None, 0), (1, 1), (1, 2)])
def test_the_position_prior_knows_nothing_of_items_without_places_once_it_has_seen_places(places):
    unknown = shown(places, number=1, x_1=(1.0, 0.0))
    prior = prior_of(unknown, shown((1, 0), number=2, x_1=(0.8, 0.2)), unknown)
    assert prior.predict(shown((0, 1), number=3), "x/1").shares == pytest.approx((0.2, 0.8)), (
        "not from the list"
    )
    assert prior.predict(unknown, "x/1") is None


def test_the_position_prior_goes_by_the_list_where_no_item_it_learned_from_has_places():
    prior = prior_of(item_of(number=1, x_1=(0.8, 0.2)))
    for item in (item_of(), shown((1, 0), number=3)):
        assert prior.predict(item, "x/1").shares == pytest.approx((0.8, 0.2))


def test_the_item_majority_is_what_all_others_said_weighted_by_their_number():
    item = item_of(x_1=(1.0, 0.0), x_2=(0.5, 0.5), y_1=(0.2, 0.8))
    fewer = {**item.votes, "y/1": replace(item.votes["y/1"], voters=30)}
    assert ItemMajority().predict(item, "x/1").shares == pytest.approx((0.35, 0.65))
    assert ItemMajority().predict(replace(item, votes=fewer), "x/1").shares == pytest.approx((0.275, 0.725))
    uncounted = {**item.votes, "y/1": replace(item.votes["y/1"], voters=None)}
    assert ItemMajority().predict(replace(item, votes=uncounted), "x/1").shares == pytest.approx((0.35, 0.65))
    assert ItemMajority().predict(item_of(x_1=(1.0, 0.0)), "x/1") is None


def test_the_uniform_guess_gives_every_option_the_same():
    assert Uniform().predict(item_of(4), "anywhere").shares == (0.25,) * 4


def test_the_majority_option_is_the_communitys_own_mean_rate():
    own = fitted(MeanShare(over="community"))
    assert own.predict(item_of(), "x/1").shares == pytest.approx((0.7, 0.3))
    assert own.predict(item_of(), "x/2").shares == pytest.approx((0.4, 0.6))
    assert own.predict(item_of(3), "x/1").shares == pytest.approx((0.5, 0.25, 0.25))
    assert own.predict(item_of(), "y/1") is own.predict(item_of(3), "x/2") is None


def test_the_rate_of_a_place_is_the_mean_over_its_communities():
    place = fitted(MeanShare(over="place", places={"x/1": "x", "x/2": "x", "y/1": "y"}))
    assert place.predict(item_of(), "x/1") == place.predict(item_of(), "x/2")
    assert place.predict(item_of(), "x/1").shares == pytest.approx((0.6, 0.4))
    assert place.predict(item_of(), "y/1") is None


def test_baselines_read_no_votes_of_what_they_predict():
    told = item_of(x_1=(0.0, 1.0))
    for predictor in (Uniform(), fitted(MeanShare(over="community")), fitted(PositionPrior())):
        assert predictor.predict(told, "x/1") == predictor.predict(replace(told, votes={}), "x/1")


def test_the_longest_option_is_the_one_with_most_characters():
    options = (Option(text="short", claim="c" * 99), Option(text="猫" * 7), Option(text="middle"))
    item = Item(item="1", query="?", options=options)
    assert longest().predict(item, "x/1").shares == (0, 1, 0)


def test_the_first_posted_option_is_the_earliest_and_unknown_where_one_has_no_date():
    options = tuple(Option(text=str(number), created=day(number)) for number in (5, 2, 9))
    item = Item(item="1", query="?", options=options)
    assert first_posted().predict(item, "x/1").shares == (0, 1, 0)
    undated = replace(item, options=(*options[:2], replace(options[2], created=None)))
    assert first_posted().predict(undated, "x/1") is None


def votes_of(store, a0=1.0, b0=1.0):
    return {
        norm.post: (round(norm.endorsement * (a0 + b0 + norm.support) - a0, 6), norm.support)
        for norm in store.norms
    }


def store_with(community, votes, *, a0=1.0, b0=1.0):
    """A store of posts with (up, down) votes: {post: (up, down)}."""
    endorsed = [(a0 + up) / (a0 + b0 + up + down) for up, down in votes.values()]
    return store_of(
        [f"text of {post}" for post in votes],
        endorsement=endorsed,
        support=[up + down for up, down in votes.values()],
        community=community,
        posts=list(votes),
    )


def test_pooling_adds_the_votes_of_one_post_in_several_communities():
    stores = {
        "a": store_with("a", {"q": (3, 1), "p": (2, 2)}),
        "b": store_with("b", {"p": (5, 0), "z": (0, 4)}),
    }
    everyone = pooled(stores)
    assert votes_of(everyone) == {"p": (7, 9), "q": (3, 4), "z": (0, 4)}
    assert [norm.endorsement for norm in everyone.norms] == pytest.approx([8 / 11, 4 / 6, 1 / 6])
    assert [norm.post for norm in everyone.norms] == ["p", "q", "z"]
    for norm, vector in zip(everyone.norms, everyone.vectors, strict=True):
        source = next(s for s in stores.values() if norm.post in [n.post for n in s.norms])
        place = [n.post for n in source.norms].index(norm.post)
        assert np.array_equal(vector, source.vectors[place])
        assert norm.text == source.norms[place].text


communities = st.dictionaries(
    st.sampled_from("pqrstu"),
    st.tuples(st.integers(0, 40), st.integers(0, 40)).filter(any),
    max_size=6,
)


@given(st.lists(communities, min_size=1, max_size=3), st.sampled_from([(1.0, 1.0), (0.5, 2.0)]))
def test_pooled_votes_are_the_sums_whatever_the_prior_and_the_order(parts, prior):
    a0, b0 = prior
    stores = {str(n): store_with(str(n), votes, a0=a0, b0=b0) for n, votes in enumerate(parts)}
    expected = {
        post: (
            sum(votes[post][0] for votes in parts if post in votes),
            sum(sum(votes[post]) for votes in parts if post in votes),
        )
        for post in sorted(set().union(*parts))
    }
    assert votes_of(pooled(stores, a0=a0, b0=b0), a0, b0) == expected
    turned = dict(reversed(stores.items()))
    assert votes_of(pooled(turned, a0=a0, b0=b0), a0, b0) == expected


def test_ranked_norms_are_pooled_as_they_are():
    store = store_of(["one", "two"], endorsement=[0.25, 0.75], support=[2, 2])
    ranked = replace(store, norms=tuple(replace(norm, basis="rank") for norm in store.norms))
    assert [norm.endorsement for norm in pooled({"a": ranked}).norms] == [0.25, 0.75]
    assert pooled({}).norms == ()
