from __future__ import annotations

import asyncio
import gc
from dataclasses import replace

import pytest

from personas.errors import StoppedError
from simulator.journal import Journal
from simulator.models.journaled import Journaled
from simulator.models.model import Call, Message, ModelError, Reply, Usage

CALL = Call(messages=(Message(role="user", blocks=("Tea?",)),), temperature=1, max_tokens=9, seed=1)
REPLY = Reply(text="yes", usage=Usage(prompt_tokens=3), tries=("timeout",), probabilities=(0.75, 0.25))


class Scripted:
    """A model that answers with what it is given, each time after ``go``; it counts what it is asked."""

    name = "test/scripted"

    def __init__(self, *outcomes):
        self.outcomes, self.asked, self.closed = list(outcomes), 0, False
        self.go = asyncio.Event()
        self.go.set()

    async def complete(self, call):
        self.asked += 1
        outcome = self.outcomes.pop(0)
        await self.go.wait()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def close(self):
        self.closed = True


@pytest.fixture
def journal():
    with Journal.create(None) as journal:
        yield journal


async def test_a_reply_is_made_once_and_replayed_equal(tmp_path):
    with Journal.create(tmp_path) as journal:
        model = Journaled(Scripted(REPLY), journal.ledger)
        assert await model.complete(CALL) == REPLY
        assert await model.complete(CALL) == REPLY
        assert model.inner.asked == 1
    with Journal.create(tmp_path) as journal:
        again = Journaled(Scripted(), journal.ledger)
        assert await again.complete(replace(CALL, persona="another")) == REPLY
        assert again.inner.asked == 0
        assert [row.calls for row in journal.ledger.usage()] == [1]


async def test_another_call_is_another_request(journal):
    model = Journaled(Scripted(REPLY, replace(REPLY, text="no")), journal.ledger)
    assert (await model.complete(CALL)).text == "yes"
    assert (await model.complete(replace(CALL, draw=1))).text == "no"


async def test_a_reply_is_durable_before_it_is_used(tmp_path):
    with Journal.create(tmp_path) as journal:
        await Journaled(Scripted(REPLY), journal.ledger).complete(CALL)
        with Journal.read(tmp_path) as reader:  # sees only what was committed
            assert reader.ledger.found(CALL.key(Scripted.name)) == REPLY


@pytest.mark.parametrize("problem", ["timeout", "server error", "rejected", "malformed"])
async def test_an_error_is_kept_and_raised_again_equal(journal, problem):
    error = ModelError(problem, "it said no", retry_after=2.5, sent=True)
    error.tries = ("rate limited", "timeout")
    model = Journaled(Scripted(error), journal.ledger)
    raised = []
    for _ in range(2):
        with pytest.raises(ModelError) as caught:
            await model.complete(CALL)
        raised.append((vars(caught.value), str(caught.value)))
    assert raised[0] == raised[1] == (vars(error), f"{problem}: it said no")
    assert model.inner.asked == 1


@pytest.mark.parametrize(
    "error",
    [
        ModelError("unsupported", "no schemas"),
        ModelError("credentials", "no key"),
        ModelError("no such model", "what?"),
        StoppedError("the budget is spent"),
    ],
)
async def test_what_is_not_the_calls_own_doing_is_not_kept(journal, error):
    model = Journaled(Scripted(error, REPLY), journal.ledger)
    with pytest.raises(type(error)):
        await model.complete(CALL)
    assert journal.ledger.usage() == []
    assert await model.complete(CALL) == REPLY


@pytest.mark.parametrize("outcome", [REPLY, ModelError("timeout", "late"), StoppedError("enough")])
async def test_tasks_that_ask_the_same_at_once_share_one_request(journal, outcome):
    model = Journaled(Scripted(outcome), journal.ledger)
    asked = (model.complete(replace(CALL, persona=f"tea#{number}")) for number in range(5))
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert found == [outcome] * 5
    assert model.inner.asked == 1


async def test_a_waiter_that_is_cancelled_loses_no_paid_reply(journal):
    model = Journaled(Scripted(REPLY), journal.ledger)
    model.inner.go.clear()
    first, second = (asyncio.create_task(model.complete(CALL)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    model.inner.go.set()
    assert await second == REPLY
    assert (first.cancelled(), model.inner.asked) == (True, 1)


async def test_closing_waits_for_a_reply_that_nobody_waits_for_any_more(journal):
    model = Journaled(Scripted(REPLY), journal.ledger)
    model.inner.go.clear()
    only = asyncio.create_task(model.complete(CALL))
    await asyncio.sleep(0)
    only.cancel()
    await asyncio.gather(only, return_exceptions=True)
    asyncio.get_running_loop().call_later(0.01, model.inner.go.set)
    await model.close()
    assert model.inner.closed
    assert journal.ledger.found(CALL.key(Scripted.name)) == REPLY


async def test_an_error_that_nobody_waits_for_any_more_makes_no_noise(journal):
    noise = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: noise.append(context))
    model = Journaled(Scripted(ModelError("timeout", "late")), journal.ledger)
    model.inner.go.clear()
    only = asyncio.create_task(model.complete(CALL))
    await asyncio.sleep(0)
    only.cancel()
    await asyncio.gather(only, return_exceptions=True)
    model.inner.go.set()
    while model._under_way:
        await asyncio.sleep(0)
    del only
    gc.collect()  # what was raised and not seen makes its noise when it is thrown away
    assert noise == []
    assert [row.failures for row in journal.ledger.usage()] == [1]


async def test_a_reply_that_cannot_be_written_is_not_used(tmp_path):
    Journal.create(tmp_path).close()
    with Journal.read(tmp_path) as journal:  # it cannot be written
        model = Journaled(Scripted(REPLY), journal.ledger)
        with pytest.raises(StoppedError, match="nothing more can be written"):
            await model.complete(CALL)
