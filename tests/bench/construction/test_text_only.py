"""The predictor that never sees the community learns what texts alone tell, and no more."""

from __future__ import annotations

import numpy as np
import pytest
from word_embedder import WordEmbedder

from bench.construction.text_only import TextOnly
from simulator.item import Item, Option, RealVotes


def items(count, winner, *, seed=1):
    """Items of three options each, of which ``winner(texts)`` has four fifths of the share."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        texts = [
            " ".join(rng.choice(["oak", "elm", "ash", "fir"], size=rng.integers(3, 9))) + f" {n}{number}"
            for n in range(3)
        ]
        texts[rng.integers(3)] += " gold"
        best = winner(texts)
        shares = tuple(0.8 if place == best else 0.1 for place in range(3))
        votes = {"tea": RealVotes(shares=shares, voters=None)}
        found.append(
            Item(item=str(number), query="?", options=tuple(Option(text=text) for text in texts), votes=votes)
        )
    return found


def hits(model, test):
    return np.mean(
        [model.predict(each, "tea").top == int(np.argmax(each.votes["tea"].shares)) for each in test]
    )


def golden(texts):
    return next(place for place, text in enumerate(texts) if text.endswith("gold"))


def longest(texts):
    return max(range(3), key=lambda place: len(texts[place]))


@pytest.mark.parametrize(("winner", "least"), [(golden, 0.95), (longest, 0.8)])
def test_a_planted_word_or_length_is_learned(winner, least):
    made = items(260, winner)
    model = TextOnly(WordEmbedder())
    model.fit(made[:200])
    assert hits(model, made[200:]) >= least


def test_where_nothing_is_planted_it_says_next_to_nothing():
    rng = np.random.default_rng(2)
    made = items(260, lambda texts: int(rng.integers(3)))
    model = TextOnly(WordEmbedder())
    model.fit(made[:200])
    shares = np.array([model.predict(each, "tea").shares for each in made[200:]])
    assert np.abs(shares - 1 / 3).max() < 0.15
    assert hits(model, made[200:]) < 0.55


def test_every_community_gets_the_same_answer():
    made = items(60, golden)
    model = TextOnly(WordEmbedder())
    model.fit(made)
    assert model.predict(made[0], "tea") == model.predict(made[0], "cats")


def test_without_training_items_it_has_nothing_to_say():
    model = TextOnly(WordEmbedder())
    model.fit(items(9, golden))
    assert model.predict(items(1, golden)[0], "tea") is None


def test_a_statement_and_its_rejection_are_mirrored():
    def statement(number, agreed):
        words = "good bread" if agreed else "bad war"
        options = tuple(
            Option(text=t, claim=f"{words} {number}", polarity=p) for t, p in (("Agree", 1), ("Disagree", -1))
        )
        share = 0.9 if agreed else 0.1
        votes = {"tea": RealVotes(shares=(share, 1 - share), voters=10)}
        return Item(item=str(number), query="?", options=options, kind="agreement", votes=votes)

    model = TextOnly(WordEmbedder())
    model.fit([statement(number, number % 2 == 0) for number in range(60)])
    assert model.predict(statement(98, True), "").top == 0
    assert model.predict(statement(99, False), "").top == 1
