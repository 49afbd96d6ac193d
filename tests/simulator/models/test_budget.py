from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas.errors import InputError, StoppedError
from simulator.journal import Journal
from simulator.models.budget import Budgeted, most_it_can_use
from simulator.models.choices import Limits, Price
from simulator.models.journaled import Journaled
from simulator.models.model import Call, Message, ModelError, Reply, Usage
from simulator.models.retrying import Retrying

PRICE = Price(prompt=2.0, completion=10.0)


def call(number=0, text="which?", **more):
    messages = (Message(role="user", blocks=(f"{text} {number:04}",)),)
    return Call(**{"messages": messages, "temperature": 1.0, "max_tokens": 50, "seed": 1, **more})


class Server:
    """A model that charges for every request it answers, also where the answer is lost on its way."""

    name = "made/one"

    def __init__(self, *, seed=0, lost=0.0, refused=0.0, silent=0.0):
        self.chance, self.lost, self.refused, self.silent = random.Random(seed), lost, refused, silent
        self.charged = {"calls": 0, "tokens": 0, "cost": 0.0}
        self.asked = []

    async def complete(self, call):
        self.asked.append(call.key(self.name))
        self.charged["calls"] += 1
        await asyncio.sleep(self.chance.random() * 0.002)
        drawn = self.chance.random()
        if drawn < self.refused:
            raise ModelError("server error", "HTTP 503")
        most = most_it_can_use(call)
        prompt, completion = self.chance.randint(1, most.prompt), self.chance.randint(0, most.completion)
        cost = PRICE.of(prompt=prompt, completion=completion)
        self.charged["tokens"] += prompt + completion
        self.charged["cost"] += cost
        if drawn < self.refused + self.lost:
            raise ModelError("connection lost", "reset", sent=True)
        text = "x" * completion
        if drawn < self.refused + self.lost + self.silent:
            return Reply(
                text=text, usage=Usage(prompt_tokens=3, completion_tokens=1, cost=0.00001, estimated=True)
            )
        return Reply(text=text, usage=Usage(prompt_tokens=prompt, completion_tokens=completion, cost=cost))

    async def close(self):
        pass


def stacked(server, limits, ledger):
    budgeted = Budgeted(server, limits=limits, price=PRICE, ledger=ledger)
    retrying = Retrying(
        budgeted, attempts=3, patience=1, seed=1, base=0.0005, answered_before=True, at_once=1_000
    )
    return Journaled(retrying, ledger)


def asked(server, limits, ledger, count):
    """Ask so many calls at once; return how many had a reply, and the first reason to stop."""

    async def study():
        model = stacked(server, limits, ledger)
        ended = await asyncio.gather(*(model.complete(call(n)) for n in range(count)), return_exceptions=True)
        await model.close()
        unexpected = [
            one
            for one in ended
            if isinstance(one, BaseException) and not isinstance(one, ModelError | StoppedError)
        ]
        assert not unexpected
        stops = [one for one in ended if isinstance(one, StoppedError)]
        return sum(isinstance(one, Reply) for one in ended), stops[0] if stops else None

    return asyncio.run(study())


def test_the_most_that_a_request_can_take_is_its_bytes_its_messages_its_form_and_its_reply():
    messages = (Message(role="system", blocks=("äb",)), Message(role="user", blocks=("c", "d")))
    plain = most_it_can_use(call(messages=messages))
    assert (plain.prompt, plain.completion, plain.tokens) == (3 + 16 + 2 + 16, 50, 87)
    assert most_it_can_use(call(messages=messages, schema={"a": 1})).prompt == plain.prompt + len('{"a": 1}')


def test_a_limit_in_money_without_a_price_is_refused():
    with pytest.raises(InputError, match="the price of made/one is not known.*--price"):
        Budgeted(Server(), limits=Limits(cost=1.0), price=None, ledger=Journal.create(None).ledger)


def test_a_run_without_limits_reserves_nothing():
    ledger = Journal.create(None).ledger
    assert asked(Server(), Limits(), ledger, 5) == (5, None)


@pytest.mark.parametrize("limits", [Limits(calls=7), Limits(tokens=700), Limits(cost=0.004)])
def test_a_limit_is_reached_and_not_exceeded_and_says_how_to_go_on(limits):
    server, ledger = Server(), Journal.create(None).ledger
    answered, stop = asked(server, limits, ledger, 60)
    name = next(name for name in ("calls", "tokens", "cost") if getattr(limits, name))
    assert 0 < server.charged[name] <= getattr(limits, name)
    assert 0 < answered < 60
    assert f"--max-{name}" in str(stop)
    assert "higher limit" in str(stop)


def test_what_is_in_flight_when_a_limit_is_reached_lands_in_the_journal():
    server, ledger = Server(), Journal.create(None).ledger
    answered, _ = asked(server, Limits(calls=20), ledger, 60)
    assert answered == len(server.asked) == 20
    assert all(isinstance(ledger.found(key), Reply) for key in server.asked)


@settings(max_examples=40)
@given(
    st.integers(0, 10_000),
    st.floats(0, 0.4),
    st.floats(0, 0.3),
    st.floats(0, 0.3),
    st.sampled_from(["calls", "tokens", "cost"]),
    st.floats(0.05, 1.2),
)
def test_whatever_is_lost_or_untold_no_limit_is_exceeded_also_over_several_processes(
    seed, lost, refused, silent, name, share
):
    whole = {"calls": 60, "tokens": 60 * 87, "cost": PRICE.of(prompt=37 * 60, completion=50 * 60)}
    limit = share * whole[name]
    limits = Limits(**{name: limit if name == "cost" else int(limit)})
    server = Server(seed=seed, lost=lost, refused=refused, silent=silent)
    with Journal.create(None) as journal:
        for _ in range(3):  # each a process of its own that goes on from the journal
            asked(server, limits, journal.ledger, 40)
            assert server.charged[name] <= getattr(limits, name) + 1e-12
            spent = getattr(journal.ledger.spent(), name)
            assert spent >= server.charged[name] - 1e-9


def test_what_was_in_flight_at_a_kill_counts_for_the_next_process(tmp_path):
    with Journal.create(tmp_path) as journal:
        journal.ledger.take_off(1, 500, 0.5, key="lost")  # the process dies here
    with Journal.create(tmp_path) as journal:
        assert journal.ledger.spent().tokens == 500
        server = Server()
        answered, stop = asked(server, Limits(tokens=560), journal.ledger, 3)
        assert (answered, server.asked) == (0, [])
        assert stop is not None
