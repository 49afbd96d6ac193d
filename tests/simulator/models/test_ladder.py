from __future__ import annotations

import asyncio

import pytest

from simulator.models.ladder import Capabilities, Laddered
from simulator.models.model import Call, Message, ModelError, Reply

SCHEMA = {"type": "object", "properties": {"choice": {"type": "string"}}}


def call(number=0, **more):
    messages = (Message(role="user", blocks=(f"which, {number}?",)),)
    parts = {"temperature": 1.0, "max_tokens": 9, "seed": 1, "schema": SCHEMA, "letters": ("A", "B"), **more}
    return Call(messages=messages, **parts)


class Server:
    """A model that takes no form beyond those it supports, and counts what it is asked."""

    name = "made/one"

    def __init__(self, *, structures=("schema", "object", "text"), letters=True, fails=()):
        self.structures, self.letters, self.fails = structures, letters, list(fails)
        self.asked, self.at_once, self.most = [], 0, 0

    async def complete(self, call):
        self.asked.append((call.structure, bool(call.letters)))
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0.001)
        self.at_once -= 1
        if self.fails:
            raise self.fails.pop(0)
        if call.letters and not self.letters:
            raise ModelError("unsupported", "logprobs: this server gives none")
        if call.structure not in self.structures:
            raise ModelError("unsupported", "response_format is not supported")
        return Reply(text="{}")

    async def close(self):
        pass


def laddered(server, known=None):
    remembered = []
    return Laddered(server, known=known, remember=remembered.append), remembered


@pytest.mark.parametrize(
    ("server", "settled", "requests"),
    [
        (Server(), Capabilities(), 1),
        (Server(structures=("object", "text")), Capabilities(structure="object"), 2),
        (Server(structures=("text",)), Capabilities(structure="text"), 3),
        (Server(letters=False), Capabilities(letters=False), 2),
        (Server(structures=("text",), letters=False), Capabilities(structure="text", letters=False), 4),
    ],
)
def test_the_first_call_finds_out_what_a_server_takes_and_the_others_ask_for_no_more(
    server, settled, requests
):
    model, remembered = laddered(server)

    async def study():
        await asyncio.gather(*(model.complete(call(number)) for number in range(6)))

    asyncio.run(study())
    assert remembered == [settled]
    assert len(server.asked) == requests + 5
    assert set(server.asked[requests:]) == {(settled.structure, settled.letters)}


def test_the_first_call_goes_alone_and_the_others_together():
    server = Server()
    model, _ = laddered(server)

    async def study():
        first = asyncio.gather(*(model.complete(call(number)) for number in range(4)))
        await asyncio.sleep(0.0005)
        assert server.at_once == 1
        await first

    asyncio.run(study())
    assert server.most == 3


def test_what_is_known_from_before_is_not_found_out_again():
    server = Server(structures=("text",), letters=False)
    model, remembered = laddered(server, known=Capabilities(structure="text", letters=False))
    asyncio.run(model.complete(call()))
    assert server.asked == [("text", False)]
    assert not remembered


def test_a_failed_first_call_leaves_the_question_open():
    server = Server(fails=[ModelError("rejected", "too long")], structures=("object",))
    model, remembered = laddered(server)
    with pytest.raises(ModelError, match="too long"):
        asyncio.run(model.complete(call()))
    assert not remembered
    asyncio.run(model.complete(call(1)))
    assert remembered == [Capabilities(structure="object")]


def test_a_server_that_takes_nothing_is_an_error_and_no_endless_climb():
    server = Server(structures=())
    with pytest.raises(ModelError, match="unsupported"):
        asyncio.run(laddered(server)[0].complete(call()))
    assert len(server.asked) == 4


def test_keys_depend_on_what_is_asked_for_and_not_on_whom_it_is_for():
    settled = Capabilities(structure="object", letters=False).of(call())
    assert settled.key("m") != call().key("m")
    assert call(item="1", persona="a").key("m") == call(item="2", persona="b").key("m")
    assert len({call(n).key("m") for n in range(50)} | {call().key("other")}) == 51
