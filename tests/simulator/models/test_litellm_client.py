"""The import is paid once for the module; what it must not do is seen in a process of its own."""

import asyncio
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from wire_server import completion, response, wire_server

from simulator.models.choices import Price
from simulator.models.direct import DirectModel
from simulator.models.litellm_client import LitellmModel
from simulator.models.model import Call, Message, ModelError, Reply

ROOT = Path(__file__).parents[3]
PROMPT = "Rule: never boil green leaves, and always warm the pot before you pour the water."
KEY = "planted-key-of-nobody"
PRICE = Price(prompt=1.0, completion=2.0, cached=0.5)
CALL = Call(
    messages=(Message(role="system", blocks=("You are a member. ",)), Message(role="user", blocks=(PROMPT,))),
    temperature=1.0,
    max_tokens=50,
    seed=7,
    schema={"type": "object", "properties": {"choice": {"enum": ["A", "B"]}}},
    letters=("A", "B"),
)
TOP = [
    {"token": "A", "logprob": math.log(0.3), "bytes": [65]},
    {"token": "B", "logprob": math.log(0.6), "bytes": [66]},
]
LOGPROBS = {
    "content": [
        {"token": '{"choice": "', "logprob": 0.0, "bytes": None, "top_logprobs": []},
        {"token": "B", "logprob": math.log(0.6), "bytes": [66], "top_logprobs": TOP},
        {"token": '"}', "logprob": 0.0, "bytes": None, "top_logprobs": []},
    ]
}
USAGE = {
    "prompt_tokens": 90,
    "completion_tokens": 9,
    "total_tokens": 99,
    "prompt_tokens_details": {"cached_tokens": 64},
}
REPLIES = {
    "plain": completion(),
    "with log-probabilities": completion(logprobs=LOGPROBS),
    "with cached tokens": completion(usage=USAGE),
    "without usage": completion(usage=None),
    "with a usage of nought": completion(
        usage={"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    ),
    "cut off": completion(finish_reason="length"),
    "filtered": completion(finish_reason="content_filter"),
    "refused": completion(None, refusal="I cannot say."),
    "empty": completion(None),
    "with a thought": completion("<think>hm</think>\n{}", usage=None),
    "with a thought apart": completion("{}", reasoning_content="hm", usage=None),
    "with half a character": completion("a\ud800b"),
    "in another script": completion("茶が好きです \U0001f375"),
}
FAULTS = {
    "429": response({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "3"}),
    "used up": response({"error": {"message": "no", "code": "insufficient_quota"}}, status=429),
    "500": response({"error": {"message": "oops"}}, status=500),
    "503": response({"error": {"message": "oops"}}, status=503, headers={"Retry-After": "2"}),
    "504": response({"error": {"message": "oops"}}, status=504),
    "401": response({"error": {"message": f"bad key {KEY}"}}, status=401),
    "403": response({"error": {"message": "no"}}, status=403),
    "404": response({"error": {"message": "no"}}, status=404),
    "400": response({"error": {"message": f"cannot read {PROMPT}"}}, status=400),
    "too long": response(
        {"error": {"message": "maximum context length", "code": "context_length_exceeded"}}, status=400
    ),
    "413": response({"error": {"message": "no"}}, status=413),
    "422": response({"error": {"message": "no"}}, status=422),
    "no schema": response({"error": {"message": "response_format is not supported"}}, status=400),
    "no logprobs": response({"error": {"message": "logprobs are not supported"}}, status=400),
    "an error in a reply": response({"error": {"message": "busy", "code": 502}}),
    "an empty body": response(b""),
    "truncated": response(json.dumps(completion()).encode()[:40]),
    "no choices": response({**completion(), "choices": []}),
    "a list": response([1]),
    "no HTTP": b"nonsense\r\n\r\n",
    "closed": None,
    "closed early": response(completion())[:-5],
}


@pytest.fixture(scope="module", autouse=True)
def _key():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOSTED_VLLM_API_KEY", KEY)
        patch.setenv("OPENAI_API_KEY", KEY)
        yield


def clients(api_base, timeout=5.0):
    """Return the direct client and litellm's two ways to a compatible server."""
    return [
        DirectModel("hosted_vllm/m", api_base=api_base, timeout=timeout, at_once=4, price=PRICE),
        LitellmModel("hosted_vllm/m", api_base=api_base, timeout=timeout, price=PRICE),
        LitellmModel("openai/m", api_base=api_base, timeout=timeout, price=PRICE),
    ]


async def outcomes(answer, *, timeout=5.0, **choices):
    """Return what each client makes of the same answer, and how many requests each made for it."""
    found = []
    for number in range(3):
        async with wire_server(
            answer if answer is None or callable(answer) else lambda _: answer, **choices
        ) as server:
            client = clients(server.api_base, timeout)[number]
            try:
                found.append((await client.complete(CALL), server.bodies))
            except ModelError as error:
                found.append((error, server.bodies))
            finally:
                if number == 0:
                    await client.close()
    return [outcome for outcome, _ in found], [bodies for _, bodies in found]


def told(outcome):
    return (
        (outcome.problem, outcome.retry_after, outcome.sent) if isinstance(outcome, ModelError) else outcome
    )


@pytest.mark.parametrize("name", REPLIES)
async def test_both_clients_read_the_same_reply(name):
    replies, bodies = await outcomes(response(REPLIES[name]))
    assert isinstance(replies[0], Reply)
    assert replies[1:] == [replies[0]] * 2
    assert [len(sent) for sent in bodies] == [1, 1, 1]


@pytest.mark.parametrize("name", FAULTS)
async def test_both_clients_tell_the_same_problem_and_ask_once(name):
    answer = FAULTS[name]
    errors, bodies = await outcomes(lambda _: answer)
    assert isinstance(errors[0], ModelError)
    assert [told(error) for error in errors[1:]] == [told(errors[0])] * 2
    assert [len(sent) for sent in bodies] == [1, 1, 1]
    assert not any(KEY in str(error) or "boil" in str(error) for error in errors)


async def test_a_reset_is_a_lost_connection_to_both_and_is_not_tried_again_unasked():
    errors, bodies = await outcomes(lambda _: None, abort=True)
    assert {told(error) for error in errors} == {("connection lost", None, True)}
    assert [len(sent) for sent in bodies] == [1, 1, 1]


@pytest.mark.parametrize("pause", [0.02, 30.0], ids=["slow drip", "hang"])
async def test_a_reply_that_is_not_whole_in_time_is_given_up_by_both(pause):
    errors, _ = await outcomes(None, timeout=0.4, pause=pause)
    assert {told(error) for error in errors} == {("timeout", None, True)}


async def test_a_server_that_is_not_there_is_unreachable_to_both():
    for client in clients("http://127.0.0.1:9/v1"):
        with pytest.raises(ModelError) as caught:
            await client.complete(CALL)
        assert told(caught.value) == ("unreachable", None, False)


async def test_both_clients_send_the_same_request():
    _, bodies = await outcomes(None)
    direct, *others = (body for (body,) in bodies)
    for body in others:
        assert {name: body[name] for name in direct} == direct


async def test_a_provider_that_litellm_does_not_know_is_rejected():
    with pytest.raises(ModelError) as caught:
        await LitellmModel("nobody/m", timeout=5.0, price=None).complete(CALL)
    assert caught.value.problem == "rejected"


WATCHED = """
import json, os, sys, tempfile
tempfile.gettempdir()  # finding it tries a file out
acts = []
def watch(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto", "os.mkdir", "subprocess.Popen"}:
        acts.append([event, str(arguments)])
    if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        acts.append([event, str(arguments[0])])
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
sys.addaudithook(watch)
from simulator.models import litellm_client
before = "litellm" in sys.modules
litellm = litellm_client._litellm()
quiet = {name: getattr(litellm, name) for name in ("telemetry", "num_retries", "callbacks", "success_callback")}
print(json.dumps({"acts": acts, "before": before, "env": os.environ.get("PLANTED"), "quiet": quiet}))
"""


def test_the_import_reads_no_env_file_and_touches_neither_network_nor_folders(tmp_path):
    (tmp_path / ".env").write_text("PLANTED=1\nOPENAI_API_KEY=planted\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LITELLM_")}
    command = [sys.executable, "-c", WATCHED, str(ROOT)]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    seen = json.loads(done.stdout)
    assert seen["before"] is False
    assert seen["env"] is None
    assert seen["acts"] == []
    assert seen["quiet"] == {"telemetry": False, "num_retries": 0, "callbacks": [], "success_callback": []}
    assert done.stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


async def test_many_calls_at_once_each_get_their_own_reply(capfd):
    def numbered(body):
        return response(completion(body["messages"][0]["content"]))

    async with wire_server(numbered) as server:
        client = LitellmModel("openai/m", api_base=server.api_base, timeout=20.0, price=None)
        asked = [
            Call(messages=(Message(role="user", blocks=(str(number),)),), temperature=0, max_tokens=5, seed=1)
            for number in range(50)
        ]
        replies = await asyncio.gather(*(client.complete(call) for call in asked))
    assert [reply.text for reply in replies] == [str(number) for number in range(50)]
    assert capfd.readouterr() == ("", "")
