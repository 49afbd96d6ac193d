"""What other predictors said of each judgement is kept as they said it."""

from __future__ import annotations

from bench.kept import keep_predictions
from bench.predictors import predictor
from bench.tasks.cases import make_cases
from simulator.item import Item, Option, RealVotes
from simulator.journal import Journal


def item(name: str, *communities: str) -> Item:
    votes = {each: RealVotes(shares=(0.75, 0.25), voters=20, margin=10) for each in communities}
    return Item(
        item=name, query="?", options=(Option(text="yes"), Option(text="no")), kind="choice", votes=votes
    )


@predictor("always the first", simulated=False)
def first(item, community):
    return 0


@predictor("knows tea alone", simulated=False)
def tea_alone(item, community):
    return (0.25, 0.75) if community == "tea" else None


def test_every_predictor_is_kept_in_its_place_and_silence_is_not_kept():
    cases = make_cases([item("a", "tea", "cats"), item("b", "tea")], [tea_alone, first], seed=1)
    with Journal.create(None) as journal:
        keep_predictions(journal, cases, [tea_alone, first])
        assert list(journal.predictions("a", "tea").items()) == [
            ("knows tea alone", (0.25, 0.75)),
            ("always the first", (1.0, 0.0)),
        ]
        assert journal.predictions("a", "cats") == {"always the first": (1.0, 0.0)}
        assert list(journal.predictions("b", "tea")) == ["knows tea alone", "always the first"]
        assert journal.predictions("b", "cats") == {}
