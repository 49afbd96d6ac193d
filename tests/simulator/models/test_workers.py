"""Two workers for the module, on one event loop: each pays for litellm's import once."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import pytest_asyncio
from wire_server import completion, response, wire_server

from simulator.models.choices import ModelChoices, Price
from simulator.models.direct import DirectModel
from simulator.models.lines import (
    call_of,
    choices_of,
    line_of_call,
    line_of_choices,
    line_of_outcome,
    outcome_of,
)
from simulator.models.model import Call, Message, ModelError, Reply, StoppedError, Usage
from simulator.models.workers import WorkerModel

ROOT = Path(__file__).parents[3]
KEY = "planted-key-of-nobody"
PRICE = Price(prompt=1.0, completion=2.0)
TOP = [{"token": "A", "logprob": -1.5, "bytes": [65]}, {"token": "B", "logprob": -0.3, "bytes": [66]}]
LOGPROBS = {"content": [{"token": "B", "logprob": -0.3, "bytes": [66], "top_logprobs": TOP}]}
ANSWERS = {
    "B": response(completion("B", logprobs=LOGPROBS)),
    "thought": response(completion("<think>hm</think>\n茶 \U0001f375\ud800", usage=None)),
    "busy": response({"error": {"message": "slow down"}}, status=429, headers={"Retry-After": "3"}),
    "key": response({"error": {"message": f"bad key {KEY}"}}, status=401),
    "broken": response(b"{"),
    "large": response(completion("茶" * 1_000_000)),
}
SCRIPT = """
import asyncio, sys
from simulator.models.choices import ModelChoices
from simulator.models.model import Call, Message
from simulator.models.workers import WorkerModel

async def main():
    model = WorkerModel(ModelChoices(model="openai/m", api_base="http://127.0.0.1:9/v1"), count=1)
    call = Call(messages=(Message(role="user", blocks=("x",)),), temperature=0, max_tokens=5, seed=1)
    task = asyncio.create_task(model.complete(call))
    while not model.processes:
        await asyncio.sleep(0.02)
    print(*model.processes, flush=True)
    if sys.argv[1] == "unclosed":
        return
    await asyncio.sleep(60)

asyncio.run(main())
"""


def asked(text, **fields):
    message = Message(role="user", blocks=(text,))
    return Call(
        messages=(message,),
        **{"temperature": 1.0, "max_tokens": 50, "seed": 7, "letters": ("A", "B"), **fields},
    )


def by_prompt(body):
    return ANSWERS.get(body["messages"][0]["content"], ANSWERS["B"])


def told(outcome):
    return vars(outcome) | {"args": outcome.args} if isinstance(outcome, Exception) else outcome


async def outcome(model, call):
    try:
        return told(await model.complete(call))
    except ModelError as error:
        return told(error)


def choices(server, **fields):
    return ModelChoices(model="hosted_vllm/m", api_base=server.api_base, timeout=20.0, price=PRICE, **fields)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def served():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOSTED_VLLM_API_KEY", KEY)
        async with wire_server(by_prompt) as server:
            model = WorkerModel(choices(server), count=2)
            yield server, model
            await model.close()
            assert model.processes == []


@pytest.mark.asyncio(loop_scope="module")
async def test_a_worker_gives_the_same_replies_and_problems_as_the_direct_client(served):
    server, model = served
    direct = DirectModel("hosted_vllm/m", api_base=server.api_base, timeout=20.0, at_once=4, price=PRICE)
    calls = [asked(text) for text in ANSWERS]
    through = await asyncio.gather(*(outcome(model, call) for call in calls))
    straight = await asyncio.gather(*(outcome(direct, call) for call in calls))
    await direct.close()
    for name, one, other in zip(ANSWERS, through, straight, strict=True):
        assert one == other, name
    assert KEY not in str(through)
    assert {headers["authorization"] for headers in server.headers} == {f"Bearer {KEY}"}


@pytest.mark.asyncio(loop_scope="module")
async def test_calls_are_spread_over_the_workers_and_each_gets_its_own_reply(served):
    server, model = served
    ANSWERS.update({f"call {number}": response(completion(f"reply {number}")) for number in range(60)})
    replies = await asyncio.gather(*(model.complete(asked(f"call {number}")) for number in range(60)))
    assert [reply.text for reply in replies] == [f"reply {number}" for number in range(60)]
    assert len(set(model.processes)) == 2


@pytest.mark.asyncio(loop_scope="module")
async def test_a_call_that_is_cancelled_does_not_disturb_the_others(served):
    _, model = served
    task = asyncio.create_task(model.complete(asked("B")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await model.complete(asked("B"))).text == "B"


@pytest.mark.asyncio(loop_scope="module")
async def test_an_interruption_at_the_terminal_is_not_the_worker_s(served):
    _, model = served
    await model.complete(asked("A"))
    before = model.processes
    assert before
    for process in before:
        os.kill(process, signal.SIGINT)
    assert (await model.complete(asked("B"))).text == "B"
    assert model.processes == before
    assert all(os.getpgid(process) != os.getpgid(0) for process in before)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_worker_that_dies_loses_its_calls_and_is_started_again(served):
    server, model = served
    await model.complete(asked("A"))
    before = model.processes
    assert before
    held = [asyncio.create_task(outcome(model, asked("B"))) for _ in range(2)]
    await asyncio.sleep(0)
    for process in before:
        os.kill(process, signal.SIGKILL)
    lost = await asyncio.gather(*held)
    assert {(each["problem"], each["sent"]) for each in lost} == {("connection lost", True)}
    assert (await model.complete(asked("B"))).text == "B"
    assert not set(before) & set(model.processes)


NOISY = """
import os
from simulator.models import worker
from simulator.models.model import Reply

class Noisy:
    def __init__(self, *_, **__):
        print("made")

    def prepare(self):
        print("prepared")

    async def complete(self, call):
        print("noise", flush=True)
        os.write(1, b"more noise")
        return Reply(text=call.messages[0].text)

worker.LitellmModel = Noisy
worker.main()
"""


def test_what_a_library_prints_does_not_come_between_a_worker_s_lines():
    given = ModelChoices(model="openai/m", api_base="http://127.0.0.1:9/v1")
    process = subprocess.Popen(
        [sys.executable, "-c", NOISY],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdin.write(
        line_of_choices(given) + line_of_call(3, asked("one")) + line_of_call(4, asked("two"))
    )
    process.stdin.flush()
    lines = [outcome_of(process.stdout.readline()) for _ in range(2)]
    rest, errors = process.communicate(timeout=30)
    assert sorted(lines, key=lambda line: line[0]) == [(3, Reply(text="one")), (4, Reply(text="two"))]
    assert (rest, process.returncode) == (b"", 0)
    assert errors.count(b"noise") == 4


def gone(process):
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return not state or state.startswith("Z")


def test_workers_end_with_the_process_that_started_them_however_it_ends():
    command = [sys.executable, "-c", SCRIPT]
    parents = {
        how: subprocess.Popen(
            [*command, how], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for how in ("killed", "unclosed")
    }
    workers = [int(number) for parent in parents.values() for number in parent.stdout.readline().split()]
    assert len(workers) == 2
    parents["killed"].kill()
    for parent in parents.values():
        parent.wait(timeout=30)
    until = time.monotonic() + 30
    while not all(gone(worker) for worker in workers):
        assert time.monotonic() < until, "a worker outlived its run"
        time.sleep(0.05)


async def test_closing_what_was_never_started_is_fine():
    model = WorkerModel(ModelChoices(model="openai/m"), count=2)
    await model.close()
    assert model.processes == []


CALL = asked(
    "Tea?\n\ud800茶",
    schema={"type": "object", "properties": {}},
    structure="object",
    draw=2,
    phase="discuss",
    item="i",
)


def test_a_call_as_a_line_keeps_all_that_can_change_its_answer():
    line = line_of_call(5, CALL)
    assert line.count(b"\n") == 1
    number, call = call_of(line)
    assert number == 5
    assert call.key("m") == CALL.key("m")


@pytest.mark.parametrize(
    "given",
    [
        Reply(
            text="a\nb\ufffd茶",
            finish="length",
            probabilities=(0.1, 0.9),
            usage=Usage(prompt_tokens=3, cost=0.1 + 0.2),
        ),
        Reply(text="", usage=Usage(estimated=True)),
        ModelError("rate limited", "slow\ndown", retry_after=1.5),
        ModelError("timeout", "", sent=True),
        StoppedError("no litellm", where="--client", remedy="install it"),
    ],
)
def test_an_outcome_as_a_line_is_the_same_outcome(given):
    line = line_of_outcome(9, given)
    assert line.count(b"\n") == 1
    number, outcome_ = outcome_of(line)
    assert number == 9
    assert told(outcome_) == told(given)


def test_a_worker_is_told_of_the_choices_what_reaching_the_model_takes_and_no_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    given = ModelChoices(
        model="openai/m", api_base="http://127.0.0.1:9/v1", timeout=3.0, price=PRICE, workers=7
    )
    line = line_of_choices(given)
    told_ = choices_of(line)
    assert (told_.model, told_.api_base, told_.timeout, told_.price) == (
        given.model,
        given.api_base,
        3.0,
        PRICE,
    )
    assert KEY not in line.decode()
