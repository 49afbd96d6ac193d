from __future__ import annotations

import asyncio

import numpy as np
import pytest
from small_runs import room_of, store_of
from stand_in import preferred, stand_in

from personas.errors import StoppedError
from personas.persona import Panel, Persona
from simulator.aggregate import aggregate, flip_rate, position_bias
from simulator.item import Item, Option
from simulator.models.direct import DirectModel
from simulator.models.model import ModelError, Reply
from simulator.persona_judge import PersonaJudge
from simulator.prompts.prompts import Prompts
from simulator.retrieval import retrieve
from simulator.settings import Settings

OPTIONS = ("always warm the pot first", "weigh every single leaf", "only ever soft water")
NORMS = (
    "we always warm the pot before anything else",
    "warm the pot first and then wait",
    "the pot must be warm",
    "leaves are leaves",
)
SIZE = 12


@pytest.fixture
def asked(words):
    """Return what asks a panel about an item: with a server's behaviour, or with a model."""

    def ask(wishes=None, *, model=None, item=None, store=None, size=SIZE, **choices):
        item = item or Item(item="tea", query="What first?", options=tuple(Option(text=o) for o in OPTIONS))
        store = store_of(NORMS) if store is None else store
        personas = tuple(Persona(persona=f"tea#{n:02}", community="tea", activity="low") for n in range(size))
        room = room_of(Panel(community="tea", personas=personas), store)
        settings = Settings(seed=3, **choices)
        prompts = Prompts.load(None, seed=3)

        async def judged(using):
            judge = PersonaJudge(using, prompts, settings=settings)
            try:
                return await judge.judge(item, room, retrieve(item, store, words, keep=9))
            finally:
                await using.close()

        if model is not None:
            return asyncio.run(judged(model))
        with stand_in(**(wishes or {})) as server:
            client = DirectModel("hosted_vllm/x", api_base=server.api_base, timeout=5, at_once=32, price=None)
            return asyncio.run(judged(client))

    return ask


class Says:
    """A model that says one thing, or fails in one way, and keeps what it was asked."""

    name = "made/one"

    def __init__(self, said):
        self.said, self.calls, self.landed = said, [], 0

    async def complete(self, call):
        self.calls.append(call)
        if isinstance(self.said, Exception):
            raise self.said
        await asyncio.sleep(0.01)
        self.landed += 1
        return self.said if isinstance(self.said, Reply) else Reply(text=self.said)

    async def close(self):
        pass


@pytest.mark.parametrize("answer", ["choice", "ranking", "rating"])
def test_the_option_that_the_rule_prefers_wins_in_every_form_of_answer(asked, answer):
    ballots = asked(answer=answer)
    expected = preferred(OPTIONS, " ".join(NORMS))
    assert [ballot.persona for ballot in ballots] == [f"tea#{n:02}" for n in range(SIZE)]
    assert {ballot.choice for ballot in ballots} == {expected} == {0}
    assert all(ballot.reason and ballot.norms for ballot in ballots)
    assert all(bool(ballot.ranking) == (answer == "ranking") for ballot in ballots)
    assert all(bool(ballot.ratings) == (answer == "rating") for ballot in ballots)
    assert all(ballot.weighed == (answer == "choice") for ballot in ballots)


def test_log_probabilities_become_the_shares_whatever_the_order(asked):
    for ballot in asked({"probability": 0.7}):
        assert ballot.weighed
        assert ballot.shares == pytest.approx((0.7, 0.15, 0.15))


def test_without_log_probabilities_a_ballot_is_one_choice(asked):
    for ballot in asked({"faults": {"no_logprobs": 1.0}}):
        assert (ballot.weighed, ballot.shares) == (False, (1.0, 0.0, 0.0))


def test_who_always_names_the_first_letter_is_found_out_and_cancelled(asked):
    ballots = asked({"style": "first", "faults": {"no_logprobs": 1.0}}, recheck=1.0)
    assert position_bias(ballots).tolist() == pytest.approx([2 / 3, -1 / 3, -1 / 3])
    assert aggregate(ballots, 3).shares == pytest.approx((1 / 3,) * 3)
    assert flip_rate(ballots) == (SIZE, SIZE)


def test_who_goes_by_the_options_flips_never(asked):
    assert flip_rate(asked(recheck=0.5)) == (0, 6)


def test_as_many_are_asked_again_as_the_share_says_with_the_options_in_reverse(asked):
    model = Says('{"choice": "A", "reason": ""}')
    ballots = asked(model=model, recheck=0.1)
    judged, again = ([call for call in model.calls if call.phase == phase] for phase in ("judge", "recheck"))
    assert (len(judged), len(again)) == (SIZE, 2)
    assert sum(ballot.asked_again for ballot in ballots) == 2
    for call in again:
        first = next(each for each in judged if each.persona == call.persona)
        shown, reversed_ = ([each.messages[-1].text.find(text) for text in OPTIONS] for each in (first, call))
        assert np.argsort(shown).tolist() == np.argsort(reversed_).tolist()[::-1]


def test_abstaining_is_an_answer_and_no_failure(asked):
    ballots = asked({"style": "abstain"})
    assert {(ballot.choice, ballot.failure) for ballot in ballots} == {(None, "")}
    assert aggregate(ballots, 3).abstentions == SIZE


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        ("wrong_schema", "unreadable reply"),
        ("wrong_letter", "unreadable reply"),
        ("other_language", "unreadable reply"),
        ("refusal", "refused"),
    ],
)
def test_a_reply_that_cannot_be_mended_is_a_failed_ballot_that_says_why(asked, fault, failure):
    ballots = asked({"faults": {fault: 1.0}})
    assert {ballot.failure for ballot in ballots} == {failure}
    assert all(ballot.reason.startswith(failure) for ballot in ballots)
    assert aggregate(ballots, 3).failures == SIZE


@pytest.mark.parametrize("fault", ["prose", "huge", "zero_usage"])
def test_a_reply_that_is_only_odd_counts(asked, fault):
    assert {ballot.choice for ballot in asked({"faults": {fault: 1.0}})} == {0}


@pytest.mark.parametrize("style", ["prose", "bare"])
def test_chatty_and_curt_models_are_understood(asked, style):
    assert {ballot.choice for ballot in asked({"style": style})} == {0}


def test_an_error_is_a_failed_ballot_of_its_kind(asked):
    ballots = asked(model=Says(ModelError("rejected", "HTTP 400: too long")))
    assert {(ballot.failure, ballot.reason) for ballot in ballots} == {
        ("rejected", "rejected: HTTP 400: too long")
    }


def test_a_community_without_norms_is_asked_all_the_same(asked):
    ballots = asked(model=Says('{"choice": "B", "reason": "so"}'), store=store_of([]))
    assert all(ballot.choice is not None and ballot.norms == () for ballot in ballots)


def test_more_options_than_letters_fail_without_a_call(asked):
    model = Says("A")
    many = Item(item="m", query="?", options=tuple(Option(text=f"option {n}") for n in range(27)))
    ballots = asked(model=model, item=many)
    assert {ballot.failure for ballot in ballots} == {"too many options"}
    assert not model.calls


def test_where_the_run_must_stop_all_that_is_under_way_lands_first(asked):
    class Stops(Says):
        async def complete(self, call):
            if len(self.calls) == 3:
                self.calls.append(call)
                raise StoppedError("the budget is spent")
            return await super().complete(call)

    model = Stops('{"choice": "A", "reason": ""}')
    with pytest.raises(StoppedError, match="the budget is spent"):
        asked(model=model, recheck=0.0)
    assert model.landed == SIZE - 1


def test_the_same_seed_asks_the_same_and_options_are_shown_in_balanced_orders(asked):
    first, second = Says('{"choice": "A", "reason": ""}'), Says('{"choice": "A", "reason": ""}')
    ballots = asked(model=first)
    assert ballots == asked(model=second)
    assert sorted(c.key("m") for c in first.calls) == sorted(c.key("m") for c in second.calls)
    assert len({call.key("m") for call in first.calls}) == len(first.calls)
    for place in range(3):
        stood = [ballot.order[place] for ballot in ballots]
        assert [stood.count(option) for option in range(3)] == [SIZE // 3] * 3
