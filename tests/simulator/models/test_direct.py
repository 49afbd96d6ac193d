import asyncio
import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_server import completion, response, wire_server

from simulator.models.direct import DirectModel
from simulator.models.failures import failed
from simulator.models.model import Call, Message, ModelError
from simulator.models.wire import LARGEST

PROMPT = "Rule: never boil green leaves, and always warm the pot before you pour the water."
CALL = Call(
    messages=(Message(role="user", blocks=(PROMPT,)),),
    temperature=1.0,
    max_tokens=50,
    seed=7,
    schema={"type": "object"},
    letters=("A", "B"),
)
KEY = "planted-key-of-nobody"


def model_at(server, *, timeout=5.0, key="", name="hosted_vllm/org/m"):
    address = server if isinstance(server, str) else server.api_base
    return DirectModel(name, api_base=address, timeout=timeout, at_once=4, price=None, key=key)


async def outcome(server, call=CALL, **choices):
    model = model_at(server, **choices)
    try:
        return await model.complete(call)
    except ModelError as error:
        return error
    finally:
        await model.close()


async def answered(answer, call=CALL, **choices):
    async with wire_server(answer) as server:
        return await outcome(server, call, **choices)


def said(message, **fields):
    return {"error": {"message": message, **fields}}


async def test_a_call_is_sent_as_it_is_and_its_reply_read():
    async with wire_server() as server:
        reply = await outcome(server, key=KEY)
        (body,), (headers,) = server.bodies, server.headers
    assert reply.text == '{"choice": "B", "reason": "warm"}'
    assert reply.usage.tokens == 109
    assert body["model"] == "org/m"
    assert body["messages"] == [{"role": "user", "content": PROMPT}]
    assert {"response_format", "logprobs", "top_logprobs", "seed", "max_tokens", "temperature"} < set(body)
    assert headers["authorization"] == f"Bearer {KEY}"


async def test_without_a_key_no_authorization_is_sent(monkeypatch):
    monkeypatch.delenv("HOSTED_VLLM_API_KEY", raising=False)
    async with wire_server() as server:
        await outcome(server)
        assert "authorization" not in server.headers[0]


async def test_the_environment_s_key_is_read_at_each_call(monkeypatch):
    async with wire_server() as server:
        model = model_at(server)
        for key in ("first", "second"):
            monkeypatch.setenv("HOSTED_VLLM_API_KEY", key)
            await model.complete(CALL)
        await model.close()
        assert [headers["authorization"] for headers in server.headers] == ["Bearer first", "Bearer second"]


@pytest.mark.parametrize("key", ["with\nnewline-planted", "plänted-umlaut"])
async def test_a_key_that_no_header_can_hold_is_refused_before_anything_is_sent(key):
    async with wire_server() as server:
        error = await outcome(server, key=key)
        assert (error.problem, server.bodies) == ("credentials", [])
    assert "nted" not in error.detail


@pytest.mark.parametrize(
    ("status", "message", "problem", "sent"),
    [
        (429, "slow down", "rate limited", False),
        (500, "oops", "server error", False),
        (503, "oops", "server error", False),
        (529, "overloaded", "server error", False),
        (401, "no", "credentials", False),
        (402, "no credit", "credentials", False),
        (403, "no", "credentials", False),
        (404, "no", "no such model", False),
        (400, "The model `m` does not exist", "no such model", False),
        (400, "too long", "rejected", False),
        (413, "too large", "rejected", False),
        (422, "who knows", "rejected", False),
        (418, "response_format is not supported", "rejected", False),
        (302, "elsewhere", "rejected", False),
        (408, "late", "timeout", True),
        (400, "response_format is not supported", "unsupported", False),
        (422, "guided decoding is off", "unsupported", False),
        (400, "`top_n_tokens` must be <= 5", "unsupported", False),
        (501, "json_schema not implemented", "unsupported", False),
        (400, "Failed to generate JSON. Please adjust your prompt.", "malformed", True),
    ],
)
async def test_each_status_is_a_problem(status, message, problem, sent):
    error = await answered(response(said(message), status=status))
    assert (error.problem, error.sent, error.retry_after) == (problem, sent, None)
    assert message in error.detail
    assert str(status) in error.detail


async def test_what_was_not_asked_for_cannot_be_unsupported():
    plain = Call(messages=CALL.messages, temperature=1.0, max_tokens=5, seed=1)
    answer = response(said("response_format and logprobs are not supported"), status=400)
    assert (await answered(answer, plain)).problem == "rejected"


async def test_a_detail_cut_at_its_end_still_tells_that_logprobs_are_unsupported():
    error = await answered(response(said("x " * 400 + "logprobs are not supported"), status=400))
    assert error.problem == "unsupported"
    assert "logprobs" in error.detail


async def test_credit_that_is_used_up_is_no_rate_limit():
    error = await answered(response(said("too much", code="insufficient_quota"), status=429))
    assert error.problem == "credentials"


async def test_an_error_with_status_200_is_an_error():
    error = await answered(response(said("upstream is busy", code=429)))
    assert (error.problem, error.detail) == ("rate limited", "HTTP 429: upstream is busy")


@pytest.mark.parametrize("status", [429, 503])
async def test_a_time_to_wait_is_told(status):
    error = await answered(response(said("no"), status=status, headers={"Retry-After": "2.5"}))
    assert error.retry_after == 2.5
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    error = await answered(response(said("no"), status=status, headers={"Retry-After": until}))
    assert 50 < error.retry_after <= 60


@pytest.mark.parametrize(
    "answer",
    [
        response(b""),
        response(b"  \n"),
        response(json.dumps(completion()).encode()[:40]),
        response(b"[" * 100_000),
        response(b"1" * 10_000),
        response(b"\xff\xfe\xfd"),
        response(b"<html>"),
        response([1]),
        response({}),
        response({"choices": []}),
        response(b"x" * (LARGEST + 1)),
        response(gzip.compress(b"x" * (LARGEST + 1)), headers={"Content-Encoding": "gzip"}),
        b"nonsense\r\n\r\n",
    ],
    ids=range(13),
)
async def test_what_is_no_reply_is_malformed_and_may_have_been_charged(answer):
    error = await answered(answer)
    assert (error.problem, error.sent) == ("malformed", True)


async def test_a_long_reply_with_log_probabilities_may_be_larger():
    answer = response({**completion(), "more": "x" * LARGEST})
    long = Call(messages=CALL.messages, temperature=1.0, max_tokens=4_000, seed=1, letters=("A", "B"))
    assert (await answered(answer, long)).finish == "stop"
    assert (await answered(answer, CALL)).problem == "malformed"


async def test_a_large_error_is_told_briefly():
    error = await answered(response(b"oops " * 1_000_000, status=500))
    assert error.problem == "server error"
    assert len(error.detail) == 300


@pytest.mark.parametrize(
    "answer",
    [
        None,
        response(completion())[:-5],
        response(completion())[:30],
        response(b"not gzip", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["unanswered", "in the body", "in the head", "undecodable"],
)
@pytest.mark.parametrize("abort", [False, True], ids=["closed", "reset"])
async def test_a_connection_that_ends_early_is_lost_and_may_have_been_charged(answer, abort):
    async with wire_server(lambda _: answer, abort=abort) as server:
        error = await outcome(server)
        assert (error.problem, error.sent) == ("connection lost", True)
        assert len(server.bodies) == 1


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/v1", "http://nowhere.invalid/v1", f"http://{'x' * 70}.invalid/v1"]
)
async def test_a_server_that_cannot_be_reached_is_unreachable_and_nothing_was_sent(address):
    error = await outcome(address)
    assert (error.problem, error.sent) == ("unreachable", False)


@pytest.mark.parametrize("pause", [0.02, 30.0], ids=["slow drip", "hang"])
async def test_a_reply_that_is_not_whole_in_time_is_given_up(pause):
    async with wire_server(pause=pause) as server:
        error = await outcome(server, timeout=0.3)
    assert (error.problem, error.sent, error.detail) == ("timeout", True, "no whole reply within 0.3 s")


async def test_no_key_and_nothing_of_the_prompt_is_told_with_an_error():
    def echo(body):
        message = f"bad key {KEY} in {json.dumps(body)}"
        return response({"error": {"message": message}, "input": body}, status=400)

    error = await answered(echo, key=KEY)
    assert "bad key [secret]" in error.detail
    assert KEY not in str(error)
    assert "boil" not in str(error)
    assert "warm" not in str(error)


async def test_a_request_that_is_sent_back_is_not_taken_for_what_is_unsupported():
    def echo(body):
        return response(
            {"detail": [{"loc": ["body", "messages"], "msg": "too long", "input": body}]}, status=422
        )

    error = await answered(echo)
    assert (error.problem, error.detail) == ("rejected", "HTTP 422: body.messages too long")


async def test_a_prompt_that_is_quoted_is_not_taken_for_what_is_unsupported():
    words = "My server says that response_format and logprobs are not supported; what should I do?"
    call = replace(CALL, messages=(Message(role="user", blocks=(words,)),))
    answer = response(said(f"too long: {words}"), status=400)
    error = await answered(answer, call)
    assert (error.problem, error.detail) == ("rejected", "HTTP 400: too long: [prompt]?")


def test_no_error_of_a_call_quotes_its_prompt():
    assert failed("malformed", f"cannot read {PROMPT}", CALL).detail == "cannot read [prompt]."


async def test_a_redirection_is_not_followed_so_that_no_key_goes_elsewhere():
    async with wire_server() as other:
        answer = response(b"", status=307, headers={"Location": f"{other.api_base}/chat/completions"})
        assert (await answered(answer, key=KEY)).problem == "rejected"
        assert other.bodies == []


async def test_connections_are_kept_and_no_more_are_opened_than_allowed():
    async with wire_server() as server:
        opened = set()

        async def counted(reader, writer):
            opened.add(writer.get_extra_info("peername"))
            await server.serve(reader, writer)

        listening = await asyncio.start_server(counted, "127.0.0.1", 0)
        model = model_at(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1")
        await asyncio.gather(*(model.complete(CALL) for _ in range(40)))
        await model.close()
        listening.close()
    assert len(server.bodies) == 40
    assert len(opened) <= 4


def test_a_model_serves_one_loop_after_another():
    async def twice(model):
        async with wire_server() as server:
            model.address = f"{server.api_base}/chat/completions"
            first, second = await model.complete(CALL), await model.complete(CALL)
            await model.close()
            await model.close()
            return first == second

    model = model_at("http://127.0.0.1:9/v1")
    assert asyncio.run(twice(model))
    assert asyncio.run(twice(model))


async def test_a_call_that_is_cancelled_leaves_the_model_in_order():
    async with wire_server(pause=0.01) as server:
        model = model_at(server)
        task = asyncio.create_task(model.complete(CALL))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        server.pause = 0.0
        assert (await model.complete(CALL)).finish == "stop"
        await model.close()


HEADS = st.sampled_from(
    [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 500 No\r\n", b"HTTP/1.0 200\r\n", b"HTTP/9 x\r\n", b""]
)
FIELDS = st.sampled_from(
    [
        b"Content-Length: 5\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Encoding: br\r\n",
        b"\xff: \x00\r\n",
    ]
)


@settings(max_examples=60)
@given(HEADS, st.lists(FIELDS, max_size=3), st.binary(max_size=40))
def test_whatever_bytes_come_nothing_but_a_model_error_escapes(head, fields, body):
    answer = head + b"".join(fields) + b"\r\n" + body
    result = asyncio.run(answered(answer, timeout=2.0))
    assert isinstance(result, ModelError)
