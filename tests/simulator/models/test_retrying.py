from __future__ import annotations

import asyncio
import time

import pytest

from personas.errors import StoppedError
from simulator.models.model import Call, Message, ModelError, Reply
from simulator.models.retrying import Retrying


def call(number=0):
    messages = (Message(role="user", blocks=(f"which, {number}?",)),)
    return Call(messages=messages, temperature=1.0, max_tokens=9, seed=1)


class Server:
    """A model that fails as it is told, one error a request, and then answers."""

    name = "made/one"

    def __init__(self, *errors):
        self.errors = list(errors)
        self.requests = 0

    async def complete(self, call):
        self.requests += 1
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        return Reply(text="yes")

    async def close(self):
        pass


def retrying(server, **more):
    parts = {"attempts": 4, "patience": 0.2, "seed": 1, "base": 0.001, "answered_before": True, **more}
    return Retrying(server, **parts)


@pytest.mark.parametrize("problem", ["server error", "timeout", "connection lost", "malformed"])
def test_a_passing_error_is_tried_again_and_told(problem):
    server = Server(ModelError(problem, "so"), ModelError(problem, "so"))
    reply = asyncio.run(retrying(server).complete(call()))
    assert reply == Reply(text="yes", tries=(problem, problem))
    assert server.requests == 3


@pytest.mark.parametrize("problem", ["rejected", "unsupported"])
def test_what_the_call_itself_is_to_blame_for_is_not_tried_again(problem):
    server = Server(ModelError(problem, "so"))
    with pytest.raises(ModelError, match="so"):
        asyncio.run(retrying(server).complete(call()))
    assert server.requests == 1


def test_after_its_attempts_a_call_has_failed_and_says_how_often():
    server = Server(*(ModelError("server error", f"no {n}") for n in range(9)))
    with pytest.raises(ModelError, match="no 3") as failed:
        asyncio.run(retrying(server).complete(call()))
    assert failed.value.tries == ("server error",) * 3
    assert server.requests == 4


def test_a_429_counts_against_no_attempt_and_is_waited_for_as_long_as_the_server_says():
    server = Server(*(ModelError("rate limited", "slowly", retry_after=0.05) for _ in range(6)))
    begun = time.monotonic()
    assert len(asyncio.run(retrying(server).complete(call())).tries) == 6
    assert time.monotonic() - begun >= 6 * 0.05


def test_a_refused_key_stops_the_run_for_all_calls_and_no_other_is_made():
    server = Server(ModelError("credentials", "HTTP 401"))
    model = retrying(server)

    async def study():
        return await asyncio.gather(*(model.complete(call(n)) for n in range(5)), return_exceptions=True)

    first, *others = asyncio.run(study())
    assert isinstance(first, StoppedError)
    assert "environment variable" in str(first)
    assert server.requests <= 5
    before = server.requests
    with pytest.raises(StoppedError):
        asyncio.run(model.complete(call(9)))
    assert server.requests == before


def test_a_server_that_is_gone_is_waited_for_and_then_the_run_stops():
    gone = [ModelError("unreachable", "connection refused") for _ in range(1000)]
    begun = time.monotonic()
    with pytest.raises(StoppedError, match=r"not reached for 0\.2 s: connection refused"):
        asyncio.run(retrying(Server(*gone)).complete(call()))
    assert time.monotonic() - begun >= 0.2
    assert asyncio.run(retrying(Server(*gone[:3]), patience=5).complete(call())).tries == ("unreachable",) * 3


def test_where_no_call_ever_had_a_reply_the_run_stops_instead_of_failing_every_ballot():
    server = Server(*(ModelError("server error", "HTTP 500") for _ in range(99)))
    with pytest.raises(StoppedError, match="no call gets a reply any more"):
        asyncio.run(retrying(server, answered_before=False).complete(call()))
    assert server.requests == 4


def failed_calls(model, server, count, *, answered_after=None):
    """Return how many calls failed before the run stopped; one reply comes after so many of them."""

    async def study():
        failed = 0
        for number in range(count):
            if number == answered_after:
                server.errors.insert(0, None)
            try:
                await model.complete(call(number))
            except StoppedError:
                return failed
            except ModelError:
                failed += 1
        return failed

    return asyncio.run(study())


def test_a_long_row_of_failures_stops_the_run_and_a_reply_in_between_begins_it_anew():
    def server():
        return Server(*(ModelError("server error", "HTTP 500") for _ in range(500)))

    one, other = server(), server()
    assert failed_calls(retrying(one, attempts=1), one, 200) == 50
    assert failed_calls(retrying(other, attempts=1), other, 200, answered_after=40) == 40 + 50
