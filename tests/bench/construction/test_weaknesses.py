"""What those get that never see the community, on items whose answers are known."""

from __future__ import annotations

import pytest
from word_embedder import WordEmbedder

from bench.construction.weaknesses import CEILING, unseen
from bench.metrics import jensen_shannon
from simulator.item import Item, Option, RealVotes


def item(number, *, up=(30, 10), kind="choice", communities=("tea",), texts=("the longer one", "short")):
    total = sum(up)
    shares = tuple(count / total for count in up)
    votes = RealVotes(shares=shares, voters=total, up=up, margin=abs(up[0] - up[1]))
    options = tuple(Option(text=f"{text} {number}") for text in texts)
    return Item(
        item=f"{number}", query="?", options=options, kind=kind, votes=dict.fromkeys(communities, votes)
    )


def rows(train, test, **options):
    return {row["predictor"]: row for row in unseen(train, test, WordEmbedder(), seed=7, **options)}


def test_each_figure_is_as_worked_by_hand():
    found = rows([item(n) for n in range(20)], [item(n) for n in range(50, 60)])
    guess = found["uniform guess"]
    assert guess["accuracy"]["mean"] == 0.5
    assert guess["divergence"]["mean"] == pytest.approx(jensen_shannon([0.5, 0.5], [0.75, 0.25]), abs=1e-6)
    assert found["longest option"]["accuracy"]["mean"] == 1.0
    assert found["longest option"]["divergence"]["mean"] is None, "it names one option only"
    prior = next(row for name, row in found.items() if name.startswith("position prior"))
    assert prior["divergence"]["mean"] == pytest.approx(0, abs=1e-6), "always the first, by as much"
    learned = next(row for name, row in found.items() if name.startswith("learned"))
    assert learned["accuracy"]["mean"] == 1.0
    assert 0.9 < found[CEILING]["accuracy"]["mean"] <= 1.0
    assert next(iter(found)) == "uniform guess" and list(found)[-1] == CEILING


def test_a_predictor_with_nothing_to_say_has_no_row():
    found = rows([], [item(n) for n in range(4)])
    assert "first-posted option" not in found, "nothing is dated"
    assert not any(name.startswith(("item majority", "learned")) for name in found)


def test_where_several_voted_the_others_tell():
    found = rows([], [item(n, communities=("tea", "cats")) for n in range(4)])
    majority = next(row for name, row in found.items() if name.startswith("item majority"))
    assert majority["accuracy"]["mean"] == 1.0 and majority["accuracy"]["n"] == 8


def test_items_without_a_clear_winner_have_no_accuracy_and_those_with_few_voters_no_divergence():
    found = rows([], [item(1, up=(11, 10)), item(2, up=(6, 2)), item(3, up=(30, 10))])
    assert found["uniform guess"]["accuracy"]["n"] == 2
    assert found["uniform guess"]["divergence"]["n"] == 2


def test_the_prior_of_endorsements_is_that_of_the_shares():
    rates = [(2 + 8) / (4 + 9), (2 + 1) / (4 + 9)]
    shares = tuple(rate / sum(rates) for rate in rates)
    votes = RealVotes(shares=shares, voters=18, up=(8, 1), down=(1, 8), margin=14)
    options = (Option(text="a"), Option(text="b"))
    made = Item(item="1", query="?", options=options, kind="endorsement", votes={"tea": votes})
    assert rows([], [made], prior=(2.0, 2.0))[CEILING]["divergence"]["n"] == 1


def test_of_very_many_judgements_some_are_drawn_the_same_each_time(monkeypatch):
    monkeypatch.setattr("bench.construction.weaknesses.MOST", 5)
    test = [item(n, up=(30, 10 + n)) for n in range(15)]
    one, other = rows([], test), rows([], test)
    assert one == other
    assert one["uniform guess"]["divergence"]["n"] == 5
