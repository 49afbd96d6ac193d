from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from small_runs import room_of, store_of
from word_embedder import WordEmbedder

from bench.pluralism.generating import NOTHING, drawn_sets, written_sets
from bench.pluralism.sets import INDEPENDENT, NEGATIVE
from personas.errors import StoppedError
from personas.persona import Panel, Persona
from simulator.item import Item, Option, RealVotes
from simulator.models.model import ModelError, Reply
from simulator.prompts.prompts import Prompts
from simulator.settings import Settings

SAID = [
    f"{verb} the {noun}" for verb in ("warm", "wash", "break") for noun in ("pot", "cup", "leaf", "spoon")
]
ITEMS = [
    Item(
        item=name,
        query=f"what of the {noun}?",
        options=(Option(text="yes"), Option(text="no")),
        votes=dict.fromkeys(communities, RealVotes(shares=(0.5, 0.5), voters=4, up=(2, 2))),
    )
    for name, noun, communities in (
        ("1", "pot", ("tea", "cats")),
        ("2", "cup", ("tea",)),
        ("3", "leaf", ("dogs",)),
    )
]


def rooms_of(*names):
    return {
        name: room_of(
            Panel(
                community=name,
                personas=tuple(
                    Persona(persona=f"{name}#{n}", community=name, activity="low") for n in range(6)
                ),
            ),
            store_of(SAID, community=name),
        )
        for name in names
    }


class Writes:
    """A model that writes what it has not written before, or what a function says."""

    name = "made/one"

    def __init__(self, said=None):
        self.said, self.calls = said, []

    async def complete(self, call):
        self.calls.append(call)
        if isinstance(said := self.said and self.said(call), Exception):
            raise said
        texts = said or [f"text {len(self.calls)}/{number}" for number in range(3)]
        return Reply(text=json.dumps({"responses": texts}))

    async def close(self):
        pass


def written(model, items=ITEMS, names=("tea", "cats")):
    work = written_sets(
        items,
        rooms_of(*names),
        model,
        Prompts.load(seed=3),
        WordEmbedder(),
        settings=Settings(seed=3, panel=6),
        count=3,
    )
    return asyncio.run(work)


def test_each_community_that_voted_and_said_something_answers_in_both_ways():
    stores = {"tea": store_of(SAID), "cats": store_of(SAID[:6], community="cats")}
    seen = []
    sets, left_out = drawn_sets(
        ITEMS, stores, WordEmbedder(), count=3, seed=5, advance=lambda *told: seen.append(told)
    )
    assert [(each.item, each.community, each.of) for each in sets] == [
        ("1", "cats", INDEPENDENT), ("1", "cats", NEGATIVE), ("1", "tea", INDEPENDENT),
        ("1", "tea", NEGATIVE), ("2", "tea", INDEPENDENT), ("2", "tea", NEGATIVE),
    ]  # fmt: skip
    assert all(len(set(each.texts)) == 3 and set(each.texts) <= set(SAID) for each in sets)
    assert left_out == {} and seen[-1] == (3, 3)
    again, _ = drawn_sets(ITEMS, stores, WordEmbedder(), count=3, seed=5)
    assert again == sets


def test_what_says_the_same_in_other_words_is_drawn_together_only_independently():
    twins = store_of(
        ["warm the pot", "the pot, warm", "pot the warm", "soft water for tea", "water soft for tea"]
    )
    asked = [replace(ITEMS[1], item=str(n), query=f"what of the pot {n}?") for n in range(12)]
    sets, _ = drawn_sets(asked, {"tea": twins}, WordEmbedder(), count=2, seed=5)
    both = {
        kind: [
            len({tuple(sorted(text.replace(",", "").split())) for text in each.texts})
            for each in sets
            if each.of == kind
        ]
        for kind in (INDEPENDENT, NEGATIVE)
    }
    assert set(both[NEGATIVE]) == {2} and 1 in both[INDEPENDENT]


def test_a_community_that_said_one_thing_only_gives_no_set_and_is_counted():
    sets, left_out = drawn_sets(ITEMS, {"tea": store_of(["one thing"])}, WordEmbedder(), count=3, seed=5)
    assert sets == [] and left_out == {NOTHING: 2}


def test_personas_write_independently_and_all_at_once():
    model = Writes()
    sets, left_out = written(model)
    assert left_out == {} and [(each.item, each.community) for each in sets[::2]] == [
        ("1", "cats"), ("1", "tea"), ("2", "tea"),
    ]  # fmt: skip
    assert {each.of for each in sets} == {INDEPENDENT, NEGATIVE}
    assert all(len(each.answers) == 3 for each in sets)
    # Three requests for an independent set, one for a negatively correlated one.
    assert len(model.calls) == 3 * (3 + 1)
    assert {call.phase for call in model.calls} == {"generate"}


def test_where_too_few_answers_come_both_sets_are_left_out_and_counted():
    def said(call):
        return ModelError("timeout", "late") if call.item == "1" else None

    sets, left_out = written(Writes(said))
    assert {each.item for each in sets} == {"2"} and left_out == {NOTHING: 2}


def test_a_run_that_must_not_go_on_stops():
    with pytest.raises(StoppedError):
        written(Writes(lambda call: StoppedError("enough")))
