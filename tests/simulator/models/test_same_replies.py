"""One server, three ways to it: the direct client, litellm in this process, litellm in a worker."""

import asyncio

import pytest
from stand_in import FAULTS, stand_in

from simulator.models.choices import ModelChoices, Price
from simulator.models.direct import DirectModel
from simulator.models.litellm_client import LitellmModel
from simulator.models.model import Call, Message, ModelError, Reply
from simulator.models.workers import WorkerModel

PRICE = Price(prompt=1.0, completion=2.0)
SCHEMA = {
    "type": "object",
    "properties": {"choice": {"enum": ["A", "B", "C", "abstain"]}, "reason": {"type": "string"}},
    "required": ["choice", "reason"],
    "additionalProperties": False,
}
QUESTIONS = ("How long should it steep?", "¿Con leche o sin leche?", "茶は何度で淹れますか?")
TIMELY = [fault for fault in FAULTS if fault not in {"hang", "drip"}]


def calls():
    """Yield calls of every structure, with and without letters."""
    for number, question in enumerate(QUESTIONS):
        for structure in ("schema", "object", "text"):
            for letters in (("A", "B", "C"), ()):
                text = f'{question}\n\nA. briefly\nB. long {number}\nC. never\n\nAnswer as {{"choice": …, "reason": …}}.'
                messages = (
                    Message(role="system", blocks=("We always steep it long. ", "We say so.")),
                    Message(role="user", blocks=(text,)),
                )
                yield Call(
                    messages=messages, temperature=0.5, max_tokens=60, seed=number, schema=SCHEMA,
                    structure=structure, letters=letters,
                )  # fmt: skip


async def outcomes(model, asked):
    """Return what comes of each call, one after the other."""
    found = []
    for call in asked:
        try:
            found.append(await model.complete(call))
        except ModelError as error:
            found.append((error.problem, error.retry_after, error.sent))
    return found


@pytest.fixture
def _key(monkeypatch):
    monkeypatch.setenv("HOSTED_VLLM_API_KEY", "planted-key")


@pytest.mark.usefixtures("_key")
async def test_the_same_study_through_each_client_has_the_same_outcomes_and_as_many_requests():
    with stand_in(key="planted-key") as server:
        given = ModelChoices(model="hosted_vllm/m", api_base=server.api_base, timeout=20.0, price=PRICE)
        models = [
            DirectModel(given.model, api_base=given.api_base, timeout=20.0, at_once=4, price=PRICE),
            LitellmModel(given.model, api_base=given.api_base, timeout=20.0, price=PRICE),
            WorkerModel(given, count=1),
        ]
        for fault in ("", *TIMELY):
            tallies, counts = [], []
            asked = [
                call for call in calls() if not fault or (call.structure == "schema" and not call.letters)
            ]
            for model in models:
                await asyncio.to_thread(server.change, forget=True, faults={fault: 1.0} if fault else {})
                tallies.append(await outcomes(model, asked))
                counts.append((await asyncio.to_thread(server.count))["requests"])
            assert tallies[1:] == [tallies[0]] * 2, fault
            assert counts == [len(tallies[0])] * 3, fault
            if not fault:
                _check(tallies[0])
        for model in models:
            await model.close()


def _check(found):
    assert all(isinstance(each, Reply) and each.finish == "stop" for each in found)
    for call, reply in zip(calls(), found, strict=True):
        assert bool(reply.probabilities) == bool(call.letters)
        if call.letters:
            assert max(reply.probabilities) == pytest.approx(0.8)
        assert reply.usage.cost > 0
