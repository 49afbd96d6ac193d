from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.models.limits import AdaptiveLimit, Limited
from simulator.models.model import Call, Message, ModelError, Reply


def call(number=0):
    messages = (Message(role="user", blocks=(f"which, {number}?",)),)
    return Call(messages=messages, temperature=1.0, max_tokens=9, seed=1)


class Server:
    """A model that refuses what is beyond its capacity, takes longer where it queues, and counts."""

    name = "made/one"

    def __init__(self, *, capacity=10_000, latency=0.002, quick=10_000, retry_after=None, chance=0):
        self.capacity, self.latency, self.quick = capacity, latency, quick
        self.retry_after, self.chance = retry_after, chance
        self.at_once = self.most = self.requests = self.refused = 0
        self.times = []

    async def complete(self, call):
        self.requests += 1
        self.times.append(time.monotonic())
        if self.at_once >= self.capacity or (self.chance and self.requests % self.chance == 0):
            self.refused += 1
            raise ModelError("rate limited", "slowly", retry_after=self.retry_after)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await asyncio.sleep(self.latency * max(1, self.at_once / self.quick))
        finally:
            self.at_once -= 1
        return Reply(text="yes")

    async def close(self):
        pass


def asked(server, calls, *, most=64, workers=64):
    """Ask so many calls, each until it has a reply, and return the limit."""
    limit = AdaptiveLimit(most)
    model = Limited(server, limit)

    async def worker(numbers):
        for number in numbers:
            while True:
                try:
                    await model.complete(call(number))
                    break
                except ModelError:
                    await asyncio.sleep(0.002)

    async def study():
        numbers = iter(range(calls))
        await asyncio.gather(*(worker(numbers) for _ in range(workers)))

    asyncio.run(study())
    return limit


def test_it_grows_to_the_most_while_latency_holds_and_never_beyond():
    server = Server()
    limit = asked(server, 1500, most=40)
    assert limit.size == limit.told()["settled"] == 40
    assert server.most <= 40


def test_it_stops_growing_where_a_server_queues():
    limit = asked(Server(quick=6, latency=0.01), 600)
    assert 6 <= limit.size < 40


@pytest.mark.parametrize("capacity", [4, 12, 30])
def test_it_settles_at_what_a_server_allows_with_few_429s_and_little_left_idle(capacity):
    server = Server(capacity=capacity)
    limit = asked(server, 3000)
    told = limit.told()
    assert told["rate_limited_lately"] <= 0.05
    assert told["rate_limited"] == server.refused
    assert told["requests"] == server.requests
    busy = (server.times[-1] - server.times[0]) * capacity
    assert server.requests * server.latency / busy > 0.4  # timers are coarse beside two milliseconds


def test_a_429_halves_it():
    async def study():
        limit = AdaptiveLimit(64, start=32)
        limit.refused(None)
        return limit.size

    assert asyncio.run(study()) == 16


def test_a_window_of_429s_halves_it_once():
    async def study():
        limit = AdaptiveLimit(64, start=32)
        for _ in range(10):
            limit.refused(None)
        return limit.told()

    assert asyncio.run(study())["halved"] == 1


def test_everybody_waits_as_long_as_the_server_asks_for():
    server = Server()
    limit = AdaptiveLimit(8)
    model = Limited(server, limit)

    async def study():
        begun = time.monotonic()
        limit.refused(0.1)
        await asyncio.gather(*(model.complete(call(n)) for n in range(20)))
        return min(server.times) - begun

    assert asyncio.run(study()) >= 0.099


def test_429s_by_chance_leave_it_larger_than_one():
    sizes = [asked(Server(chance=60), 1500).told()["settled"] for _ in range(3)]
    assert max(sizes) >= 4


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(["ask", "cancel", "refuse", "answer"]), max_size=60),
    st.integers(1, 6),
)
def test_whatever_happens_no_more_are_in_flight_than_allowed_and_nobody_waits_for_ever(steps, most):
    async def study():
        limit = AdaptiveLimit(most, start=most)
        server = Server(latency=0.0001)
        model = Limited(server, limit)
        tasks = []
        for step in steps:
            if step == "ask":
                tasks.append(asyncio.ensure_future(model.complete(call(len(tasks)))))
            elif step == "cancel" and tasks:
                tasks[len(tasks) // 2].cancel()
            elif step == "refuse":
                limit.refused(0.0005)
            await asyncio.sleep(0)
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        assert server.most <= most
        assert limit.in_flight == 0

    asyncio.run(study())
