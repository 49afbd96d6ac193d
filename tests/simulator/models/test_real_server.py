"""The stack against a real inference server with a real, tiny, untrained transformer: its replies are nonsense.

The transformer is made here, with a tokenizer of one token a byte, and served by ``transformers serve``.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
from small_runs import items_for, simulation_of

from simulator.models.direct import DirectModel
from simulator.models.model import Call, Message, ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from personas import Corpus

MISSING = [
    name for name in ("accelerate", "fastapi", "openai", "transformers", "uvicorn") if find_spec(name) is None
]
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"transformers serve needs {', '.join(MISSING)}: install the dev extra"
)
SCHEMA = {
    "type": "object",
    "properties": {"choice": {"enum": ["A", "B", "abstain"]}, "reason": {"type": "string"}},
    "required": ["choice", "reason"],
    "additionalProperties": False,
}
TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
LONGEST = 16384
"""Positions of the tiny transformer; a prompt that is longer is an error of the server's."""
STARTING = 60.0
"""Seconds to wait for the server, which imports torch first."""


def make_tiny_model(folder: Path) -> None:
    """Write a Llama of two layers with random weights and a byte-level tokenizer with a chat template."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    signs = ["<end>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE(vocab={sign: number for number, sign in enumerate(signs)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>", clean_up_tokenization_spaces=False
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    torch.manual_seed(11)
    config = LlamaConfig(
        vocab_size=len(signs),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=LONGEST,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the model of a folder while the block runs, and say where."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder.parent / "server.log"
    program = "from transformers.cli.transformers import main; main()"
    told = [sys.executable, "-c", program, "serve", folder.name, "--host", "127.0.0.1", "--port", str(port)]
    with log.open("w") as out:
        server = subprocess.Popen(
            [*told, "--device", "cpu"],
            cwd=folder.parent,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
            stdout=out,
            stderr=out,
        )
    try:
        _wait(f"http://127.0.0.1:{port}/health", server, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.kill()
        server.wait()


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTING
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"the server did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served") / "tiny"
    make_tiny_model(folder)
    with served(folder) as api_base:
        yield api_base


def asked(number: int = 0, **fields: object) -> Call:
    prompt = f"Item {number}: which one?\n\nA. boil it\nB. warm the pot\n"
    messages = (
        Message(role="system", blocks=("You are a persona of a place.",)),
        Message(role="user", blocks=(prompt,)),
    )
    given = {"temperature": 1.0, "max_tokens": 24, "seed": 5, "schema": SCHEMA, "letters": ("A", "B")}
    return Call(messages=messages, **{**given, **fields})  # type: ignore[arg-type]


@pytest.fixture
def model(real_server: str) -> DirectModel:
    return DirectModel("hosted_vllm/tiny", api_base=real_server, timeout=60, at_once=4, price=None)


async def test_a_real_transformer_answers_the_direct_client_with_its_usage(model: DirectModel) -> None:
    call = asked()
    reply = await model.complete(call)
    await model.close()
    rendered = "".join(f"<{message.role}>{message.text}\n" for message in call.messages) + "<assistant>"
    assert reply.text
    assert not reply.usage.estimated
    assert reply.usage.prompt_tokens == len(rendered.encode())
    assert 0 < reply.usage.completion_tokens <= 24


async def test_a_model_that_the_server_does_not_have_is_named(real_server: str) -> None:
    model = DirectModel("hosted_vllm/other", api_base=real_server, timeout=60, at_once=4, price=None)
    with pytest.raises(ModelError, match="other"):
        await model.complete(asked())
    await model.close()


def test_a_run_over_nonsense_ends_with_a_truthful_report(
    real_server: str, forum: Corpus, tmp_path: Path
) -> None:
    simulation = simulation_of(
        forum, model="hosted_vllm/tiny", api_base=real_server, panel=3, reply_tokens=16, rounds=1, recheck=0.0,
        at_once=4,
    )  # fmt: skip
    run = simulation.run(items_for(2), out=tmp_path / "run")
    said, usage = run.reliability(), run.usage()
    asked = sum(row.calls for row in usage if row.phase == "judge")
    assert asked == 2 * 2 * 3  # items, communities, personas
    assert said.ballots + said.abstentions + sum(said.failures.values()) == asked
    assert sum(said.failures.values()) == asked
    assert set(said.failures) <= {"unreadable reply", "cut off"}
    assert sum(row.calls for row in usage if row.phase == "repair") == asked
    assert all(row.failures == row.estimated == 0 for row in usage)
    for preference in run.preferences().values():
        assert preference.ballots == 0
        assert preference.shares == pytest.approx((0.5, 0.5))
    (record, *_) = run.journal.ledger.calls_of("item00", "tea")
    assert record.reply is not None
    assert record.reply.text
