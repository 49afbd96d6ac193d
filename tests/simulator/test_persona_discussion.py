"""Discussion: who is heard, who moves and by whom, what a failed revision leaves, and that no order matters."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from server_rules import NEIGHBOUR, OWN, chance
from small_runs import room_of, store_of
from stand_in import stand_in
from word_embedder import WordEmbedder

from personas.persona import Panel, Persona
from simulator.influence import Move, moves
from simulator.item import Ballot, Item, Option
from simulator.models.direct import DirectModel
from simulator.models.model import ModelError, Reply, StoppedError
from simulator.persona_discussion import PersonaDiscussion, listening
from simulator.prompts.prompts import Prompts
from simulator.retrieval import retrieve
from simulator.settings import Settings

ITEM = Item(item="1", query="How?", options=(Option(text="warm the pot"), Option(text="use soft water")))
STORE = store_of(["we always warm the pot", "soft water is best", "steep it short"])
PROMPTS = Prompts.load(seed=4)
WEIGHT = re.compile(r"([\d.]+) on what your neighbours hold")
PAIR = [[0, 1], [1, 0]]
CHAIN = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
"""The first listens to the second, and that one to the third."""


def name(place):
    return f"tea#{place}"


def cast(place, choice, *, order=(0, 1), size=2, **fields):
    shares = () if choice is None else tuple(float(option == choice) for option in range(size))
    given = {"shares": shares, "reason": f"reason of {place}", **fields}
    return Ballot(persona=name(place), choice=choice, order=order, **given)


def a_room(size, ties, susceptibility=0.9):
    people = tuple(Persona(persona=name(place), community="tea") for place in range(size))
    return room_of(Panel(community="tea", personas=people), STORE, ties=ties, susceptibility=susceptibility)


class Asked:
    """What one call says, read as the persona would."""

    def __init__(self, call):
        self.call, self.persona, self.round = call, call.persona, call.draw
        self.text = call.messages[-1].text
        self.own = OWN.search(self.text)[1]
        self.heard = {int(number): letter for number, letter in NEIGHBOUR.findall(self.text)}
        self.weight = float(WEIGHT.search(self.text)[1])

    def keeps(self):
        return said(self.own)

    def follows(self):
        """Take over what most neighbours hold."""
        ((most, _),) = Counter(sorted(self.heard.values())).most_common(1)
        return said(most, *(number for number, letter in self.heard.items() if letter == most))


def said(choice, *convinced_by, **fields):
    held = "abstain" if choice == "abstained" else choice
    return json.dumps({"choice": held, "reason": f"now {held}", "convinced_by": list(convinced_by), **fields})


class Thinking:
    """A model that answers each discussion call by a rule; a rule may raise, or return a whole reply."""

    name = "test/thinking"

    def __init__(self, rule, pause=lambda asked: 0.0):
        self.rule, self.pause = rule, pause
        self.calls, self.landed = [], 0

    async def complete(self, call):
        self.calls.append(call)
        asked = Asked(call)
        await asyncio.sleep(self.pause(asked))
        self.landed += 1
        answer = self.rule(asked)
        return answer if isinstance(answer, Reply) else Reply(text=answer)

    async def close(self):
        pass


def by_weight(asked):
    """Follow the neighbours where they weigh more than the norms."""
    return asked.follows() if asked.weight > 0.5 else asked.keeps()


def discussed(model, ballots, ties, *, rounds=3, susceptibility=0.9, **choices):
    room = a_room(len(ballots), ties, susceptibility)
    chosen = Settings(**{"seed": 4, "recheck": 0.0, **choices})

    async def work():
        norms = retrieve(ITEM, STORE, WordEmbedder(), keep=8)
        try:
            return await PersonaDiscussion(model, PROMPTS, settings=chosen).discuss(
                ITEM, room, norms, ballots, rounds=rounds
            )
        finally:
            await model.close()

    return asyncio.run(work())


def choices_of(found):
    return [[ballot.choice for ballot in cast] for cast in found.rounds]


def test_a_bond_strong_persona_moves_to_what_its_neighbours_hold_and_names_them():
    ties = [[0, 2, 1, 1], [0] * 4, [0] * 4, [0] * 4]
    ballots = [cast(0, 0), cast(1, 1), cast(2, 1, order=(1, 0)), cast(3, 0)]
    found = discussed(Thinking(by_weight), ballots, ties)
    moved = found.rounds[0][0]
    assert (moved.choice, moved.shares, moved.round) == (1, (0.0, 1.0), 1)
    assert moved.heard[0] == "tea#1", "its strongest tie comes first"
    assert set(moved.heard) == {"tea#1", "tea#2", "tea#3"}
    assert set(moved.moved_by) == {"tea#1", "tea#2"}
    assert found.rounds[0][1:] == tuple(Ballot(**{**vars(ballot), "round": 1}) for ballot in ballots[1:]), (
        "nobody else has a neighbour"
    )
    assert (len(found.rounds), found.settled, found.problems) == (2, True, ())
    assert moves([*ballots, *sum(found.rounds, ())]) == [
        Move(round=1, persona="tea#0", before=0, after=1, moved_by=moved.moved_by)
    ]


def test_personas_of_an_identity_strong_community_stay_and_settle_after_one_round():
    found = discussed(Thinking(by_weight), [cast(0, 0), cast(1, 1)], PAIR, susceptibility=0.1)
    assert choices_of(found) == [[0, 1]]
    assert found.settled
    assert [ballot.moved_by for ballot in found.rounds[0]] == [(), ()]
    assert [ballot.heard for ballot in found.rounds[0]] == [("tea#1",), ("tea#0",)]


@pytest.mark.parametrize(("rounds", "settled"), [(1, False), (2, False), (3, True), (9, True)])
def test_all_see_the_round_before_so_an_opinion_takes_one_round_a_step(rounds, settled):
    found = discussed(Thinking(by_weight), [cast(0, 0), cast(1, 0), cast(2, 1)], CHAIN, rounds=rounds)
    assert choices_of(found) == [[0, 1, 1], [1, 1, 1], [1, 1, 1]][:rounds]
    assert found.settled is settled
    assert [{ballot.round for ballot in cast} for cast in found.rounds] == [{1}, {2}, {3}][:rounds]


def test_two_who_follow_each_other_change_places_for_ever():
    found = discussed(Thinking(Asked.follows), [cast(0, 0), cast(1, 1)], PAIR, rounds=4)
    assert choices_of(found) == [[1, 0], [0, 1], [1, 0], [0, 1]]
    assert not found.settled


def test_letters_are_those_of_each_personas_own_order():
    model = Thinking(by_weight)
    found = discussed(model, [cast(0, 0, order=(1, 0)), cast(1, 0, order=(0, 1))], PAIR, rounds=1)
    first, second = map(Asked, model.calls)
    assert (first.own, first.heard) == ("B", {1: "B"})
    assert (second.own, second.heard) == ("A", {1: "A"})
    assert [ballot.order for ballot in found.rounds[0]] == [(1, 0), (0, 1)]
    assert choices_of(found) == [[0, 0]]
    options = first.text[first.text.index("# The options") :]
    assert options.index("soft water") < options.index("warm the pot")


def test_a_call_says_whom_it_asks_in_which_round_and_what_was_said():
    model = Thinking(Asked.keeps)
    discussed(model, [cast(0, 0), cast(1, 1), cast(2, None)], CHAIN)
    (call,) = model.calls
    assert (call.phase, call.persona, call.community, call.item) == ("discuss", "tea#0", "tea", "1")
    assert (call.draw, call.letters) == (1, ("A", "B"))
    assert list(call.schema["properties"]) == ["choice", "reason", "convinced_by"]
    assert "reason of 0" in call.messages[-1].text
    assert "reason of 1" in call.messages[-1].text
    assert "reason of 2" not in call.messages[-1].text


@pytest.mark.parametrize(
    ("ties", "susceptibility", "second"),
    [(None, 0.9, 1), (PAIR, 0.0, 1), ([[0, 1], [0, 0]], 0.9, None), ([[5, 0], [0, 5]], 0.9, 1)],
    ids=["no ties", "no susceptibility", "the only neighbour abstains", "ties to oneself"],
)
def test_no_call_is_made_where_nobody_has_anybody_to_listen_to(ties, susceptibility, second):
    model = Thinking(by_weight)
    found = discussed(model, [cast(0, 0), cast(1, second)], ties, susceptibility=susceptibility)
    assert (found.rounds, found.settled, model.calls) == ((), True, [])


def test_a_failed_judgement_stays_out_of_every_round():
    failed = cast(1, None, failure="timeout", reason="timeout: too late")
    model = Thinking(Asked.follows)
    found = discussed(model, [cast(0, 0), failed, cast(2, 1)], [[0, 9, 1], [1, 0, 1], [1, 1, 0]], rounds=2)
    assert {call.persona for call in model.calls} == {"tea#0", "tea#2"}
    for number, ballots in enumerate(found.rounds, start=1):
        kept = ballots[1]
        assert (kept.choice, kept.failure, kept.reason) == (None, "timeout", "timeout: too late")
        assert (kept.round, kept.heard) == (number, ())
        assert ballots[0].heard == ("tea#2",)


def test_who_abstained_may_be_convinced_and_is_then_heard():
    ties = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    found = discussed(Thinking(Asked.follows), [cast(0, 0), cast(1, None), cast(2, 1)], ties)
    assert choices_of(found) == [[0, 1, 1], [1, 1, 1], [1, 1, 1]]
    assert [ballots[0].heard for ballots in found.rounds] == [(), ("tea#1",), ("tea#1",)]
    assert found.rounds[0][1].moved_by == ("tea#2",)


def test_who_gives_up_its_choice_is_heard_no_more():
    def rule(asked):
        return said("abstain", 1) if asked.persona == name(1) else asked.keeps()

    found = discussed(Thinking(rule), [cast(0, 0), cast(1, 1)], PAIR)
    gave_up = found.rounds[0][1]
    assert (gave_up.choice, gave_up.failure, gave_up.moved_by) == (None, "", ("tea#0",))
    assert [ballots[0].heard for ballots in found.rounds] == [("tea#1",), ()]
    assert found.settled


def test_where_all_give_up_their_choice_nothing_is_left_to_discuss():
    model = Thinking(lambda asked: said("abstain"))
    found = discussed(model, [cast(0, 0), cast(1, 1)], PAIR)
    assert (choices_of(found), found.settled) == ([[None, None]], True)


def test_what_moved_it_is_told_in_that_round_alone():
    def rule(asked):
        if asked.persona == name(1):
            return said("abstain") if asked.round == 2 else asked.keeps()
        if asked.persona == name(2) and asked.round == 2:
            raise ModelError("timeout", "too late")
        return asked.follows()

    ties = [[0, 1, 0], [0, 0, 1], [0, 1, 0]]
    found = discussed(Thinking(rule), [cast(0, 0), cast(1, 1), cast(2, 0)], ties)
    by = [[ballot.moved_by for ballot in ballots] for ballots in found.rounds]
    assert by[0] == [("tea#1",), (), ("tea#1",)]
    assert by[1:] == [[()] * 3] * 2, (
        "the last fails in round 2, and in round 3 nobody is asked but the second"
    )
    assert choices_of(found) == [[1, 1, 1], [1, None, 1], [1, None, 1]]


def failing(*places, rounds=(1, 2, 3), error=None):
    def rule(asked):
        if asked.persona in map(name, places) and asked.round in rounds:
            raise error or ModelError("server error", "HTTP 500")
        return asked.follows()

    return rule


def test_a_failed_revision_keeps_the_ballot_says_so_and_is_a_problem():
    found = discussed(Thinking(failing(0, rounds=[1])), [cast(0, 0), cast(1, 0), cast(2, 1)], CHAIN)
    kept = found.rounds[0][0]
    assert (kept.choice, kept.shares, kept.failure, kept.moved_by) == (0, (1.0, 0.0), "", ())
    assert (kept.round, kept.heard) == (1, ("tea#1",))
    assert kept.reason == "revision failed: server error: HTTP 500; keeps its ballot"
    assert found.problems == (f"tea#0, round 1: {kept.reason}",)
    assert choices_of(found) == [[0, 1, 1], [1, 1, 1], [1, 1, 1]]
    assert found.rounds[1][0].reason == "now B"


def test_what_failed_is_never_told_to_neighbours_as_a_reason():
    model = Thinking(failing(1, rounds=[1]))
    found = discussed(model, [cast(0, 0), cast(1, 1)], PAIR, rounds=2)
    later = [Asked(call) for call in model.calls if call.draw == 2]
    assert len(later) == 2
    for asked in later:
        assert "revision failed" not in asked.text
        assert "reason of 1" in asked.text
    assert "revision failed" in found.rounds[0][1].reason


def test_a_round_in_which_every_revision_failed_settles_nothing():
    model = Thinking(failing(0, 1))
    found = discussed(model, [cast(0, 0), cast(1, 1)], PAIR)
    assert choices_of(found) == [[0, 1]] * 3
    assert not found.settled
    assert len(found.problems) == len(model.calls) == 6


def test_a_reply_that_stays_unreadable_is_a_failed_revision_too():
    class Mumbling(Thinking):
        async def complete(self, call):
            self.calls.append(call)
            return Reply(text="hm")

    model = Mumbling(None)
    found = discussed(model, [cast(0, 0), cast(1, 1)], [[0, 1], [0, 0]], rounds=1)
    assert [call.phase for call in model.calls] == ["discuss", "repair"]
    assert found.rounds[0][0].reason.startswith("revision failed: unreadable reply")
    assert len(found.problems) == 1


def test_a_stopped_run_stops_after_all_that_was_under_way_has_landed():
    rule = failing(0, error=StoppedError("the budget is spent"))
    model = Thinking(rule, pause=lambda asked: 0.0 if asked.persona == name(0) else 0.02)
    with pytest.raises(StoppedError, match="the budget is spent"):
        discussed(model, [cast(0, 0), cast(1, 1)], PAIR)
    assert model.landed == len(model.calls) == 2


@pytest.mark.parametrize(
    ("named", "movers"),
    [((1,), ("tea#1",)), ((2, 2, 7, 0, -1), ("tea#2",)), ((), ()), ((9,), ())],
)
def test_only_neighbours_that_were_heard_can_have_moved_it(named, movers):
    ties = [[0, 2, 1], [0, 0, 0], [0, 0, 0]]
    model = Thinking(lambda asked: said("B", *named))
    found = discussed(model, [cast(0, 0), cast(1, 1), cast(2, 1)], ties, rounds=1)
    assert found.rounds[0][0].moved_by == movers


def test_nobody_moved_it_where_the_choice_did_not_change():
    found = discussed(Thinking(lambda asked: said("A", 1)), [cast(0, 0), cast(1, 1)], [[0, 1], [0, 0]])
    assert (found.rounds[0][0].choice, found.rounds[0][0].moved_by) == (0, ())


def test_weighed_shares_that_still_move_are_not_settled():
    by_round = {1: (0.7, 0.3), 2: (0.6, 0.4), 3: (0.60004, 0.39996), 4: (0.5, 0.5)}
    model = Thinking(lambda asked: Reply(text=said("A"), probabilities=by_round[asked.round]))
    first = cast(0, 0, shares=(0.8, 0.2), weighed=True)
    found = discussed(model, [first, cast(1, 1)], [[0, 1], [0, 0]], rounds=4)
    assert [ballots[0].shares[0] for ballots in found.rounds] == pytest.approx([0.7, 0.6, 0.60004])
    assert found.settled


def test_whether_it_flipped_when_asked_again_stays_with_the_ballot():
    first = cast(0, 0, asked_again=True, again=1)
    found = discussed(Thinking(by_weight), [first, cast(1, 1)], PAIR, rounds=1)
    assert (found.rounds[0][0].asked_again, found.rounds[0][0].again) == (True, 1)


@pytest.mark.parametrize("answer", ["ranking", "rating"])
def test_rankings_and_ratings_are_revised_too(answer):
    reply = {"ranking": {"ranking": ["B", "A"]}, "rating": {"ratings": {"A": 2, "B": 6}}}[answer]
    model = Thinking(lambda asked: json.dumps({**reply, "reason": "so", "convinced_by": [1]}))
    first = cast(0, 0, ranking=(0, 1)) if answer == "ranking" else cast(0, 0, ratings=(9.0, 0.0))
    found = discussed(model, [first, cast(1, 1)], [[0, 1], [0, 0]], rounds=1, answer=answer)
    moved = found.rounds[0][0]
    assert (moved.choice, moved.moved_by) == (1, ("tea#1",))
    assert (moved.ranking, moved.ratings) == (((1, 0), ()) if answer == "ranking" else ((), (2.0, 6.0)))
    assert model.calls[0].letters == ()


ties_of_eight = st.integers(0, 2**30).map(
    lambda seed: np.random.default_rng(seed).integers(0, 3, (8, 8)).astype(float)
)


@given(
    ties_of_eight, st.lists(st.sampled_from(["votes", "abstains", "failed"]), min_size=8, max_size=8),
    st.integers(1, 5), st.integers(0, 99),
)  # fmt: skip
def test_the_strongest_ties_with_a_choice_are_listened_to(ties, states, heard, seed):
    ballots = [
        cast(place, 0 if state == "votes" else None, failure="timeout" if state == "failed" else "")
        for place, state in enumerate(states)
    ]
    room = a_room(8, ties)
    found = listening(room, ballots, heard=heard, seed=seed)
    assert found == listening(room, ballots, heard=heard, seed=seed)
    for place, state in enumerate(states):
        eligible = [
            other for other in range(8) if other != place and states[other] == "votes" and ties[place, other]
        ]
        listened = found.get(place, [])
        assert bool(listened) == (state != "failed" and bool(eligible))
        assert set(listened) <= set(eligible)
        if listened:
            assert len(listened) == len(set(listened)) == min(heard, len(eligible))
            weights = [ties[place, other] for other in listened]
            assert weights == sorted(ties[place, eligible], reverse=True)[: len(weights)]


def test_equal_ties_are_decided_by_the_seed_and_differently_for_each_persona():
    room, ballots = a_room(8, np.ones((8, 8))), [cast(place, 0) for place in range(8)]
    drawn = {tuple(listening(room, ballots, heard=2, seed=seed)[0]) for seed in range(40)}
    assert len(drawn) > 10
    assert {place for pair in drawn for place in pair} == set(range(1, 8))
    apart = listening(room, ballots, heard=1, seed=1)
    assert len({heard for (heard,) in apart.values()}) > 2


@settings(max_examples=15)
@given(ties_of_eight, st.integers(0, 99))
def test_the_result_does_not_depend_on_who_answers_first(ties, seed):
    ballots = [cast(place, int(chance(seed, place) < 0.5)) for place in range(8)]

    def rule(asked):
        if chance(seed, asked.persona, asked.round) < 0.1:
            raise ModelError("timeout", "too late")
        return asked.follows()

    def slowly(asked):
        return chance("pause", asked.persona, asked.round) / 500

    at_once = discussed(Thinking(rule), ballots, ties)
    apart = discussed(Thinking(rule, pause=slowly), ballots, ties)
    assert at_once == apart
    for cast_now in at_once.rounds:
        assert [ballot.persona for ballot in cast_now] == [ballot.persona for ballot in ballots]
        assert all(set(ballot.moved_by) <= set(ballot.heard) for ballot in cast_now)


def served(server, at_once):
    return DirectModel(
        "hosted_vllm/stand-in", api_base=server.api_base, timeout=10, at_once=at_once, price=None
    )


def test_over_http_neighbours_move_whom_they_convince_however_many_are_asked_at_once():
    ties = np.roll(np.eye(6), 1, axis=1)
    ballots = [cast(0, 1), *(cast(place, 0) for place in range(1, 6))]
    with stand_in(style="follow") as server:
        found = discussed(served(server, 16), ballots, ties, rounds=2)
        count = server.count()
        assert found == discussed(served(server, 1), ballots, ties, rounds=2)
    assert (count["requests"], count["forms"]) == (12, {"choice": 12})
    assert choices_of(found) == [[0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 0]]
    assert [(move.persona, move.moved_by) for move in moves([*ballots, *sum(found.rounds, ())])] == [
        ("tea#0", ("tea#1",)),
        ("tea#5", ("tea#0",)),
        ("tea#4", ("tea#5",)),
        ("tea#5", ("tea#0",)),
    ]
    assert all(ballot.weighed for cast_now in found.rounds for ballot in cast_now)


def test_over_http_revisions_that_fail_are_told_and_keep_their_ballots():
    ballots = [cast(0, 1), cast(1, 0)]
    with stand_in(faults={"error_500": 1.0}) as server:
        found = discussed(served(server, 4), ballots, PAIR, rounds=2)
    assert choices_of(found) == [[1, 0], [1, 0]]
    assert not found.settled
    assert len(found.problems) == 4
    assert all("server error" in problem for problem in found.problems)
