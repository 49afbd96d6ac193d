from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.errors import InputError
from simulator.item import Ballot, Item, Option, Preference, RealVotes

TEA, COFFEE = Option(text="tea"), Option(text="coffee")


def item(*options, **known):
    return Item(item="1", query="What?", options=options, **known)


def test_an_item_needs_two_options():
    with pytest.raises(InputError, match="item 1: an item needs two or more options and has 1"):
        item(TEA)
    assert item(TEA, COFFEE).size == 2


def test_two_options_that_differ_in_blanks_alone_are_the_same():
    with pytest.raises(InputError, match="'tea' stands twice"):
        item(TEA, COFFEE, Option(text=" tea\n", claim="something else"))


@pytest.mark.parametrize("text", ["", " ", "\n\t\u2003"])
def test_an_option_without_text_is_refused(text):
    with pytest.raises(InputError, match="an option is empty"):
        Option(text=text)


def test_an_option_claims_its_text_unless_told_otherwise():
    assert (TEA.claim, Option(text="Agree", claim="Tea is good").claim) == ("tea", "Tea is good")


@pytest.mark.parametrize(
    "shares",
    [(), (0.5, 0.4), (0.5, 0.6), (-0.5, 1.5), (float("nan"), 1.0), (float("inf"), 0.0)],
)
def test_shares_that_are_none_are_refused_wherever_they_stand(shares):
    for make in (
        lambda: RealVotes(shares=shares, voters=3),
        lambda: Preference(shares=shares),
        lambda: Ballot(persona="a", choice=0, shares=shares),
    ):
        with pytest.raises(InputError):
            make()


def test_real_votes_have_one_share_an_option():
    with pytest.raises(InputError, match="tea has shares of 3 options, the item has 2"):
        item(TEA, COFFEE, votes={"tea": RealVotes(shares=(0.2, 0.3, 0.5), voters=10)})


@pytest.mark.parametrize("choice", [-1, 2])
def test_a_ballot_chooses_one_of_its_options(choice):
    with pytest.raises(InputError, match=f"the choice {choice} is none of 2 options"):
        Ballot(persona="a", choice=choice, shares=(0.5, 0.5))


def test_an_abstention_carries_no_shares():
    with pytest.raises(InputError, match="an abstention carries shares"):
        Ballot(persona="a", choice=None, shares=(0.5, 0.5))
    assert Ballot(persona="a", choice=None).shares == ()


def test_the_top_of_a_preference_is_the_first_of_the_largest():
    assert Preference(shares=(0.2, 0.4, 0.4)).top == 1


@given(st.lists(st.integers(0, 50), min_size=2, max_size=8).filter(any))
def test_normalised_weights_are_always_shares_and_the_top_is_the_largest(weights):
    preference = Preference(shares=tuple(weight / sum(weights) for weight in weights))
    assert weights[preference.top] == max(weights)
