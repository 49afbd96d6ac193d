from __future__ import annotations

import asyncio
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kept_calls import MODEL, call_named, keep, reply_of

from simulator.journal import JOURNAL, Journal, calls
from simulator.journal.calls import Spent, UsageRow
from simulator.models.model import TRANSIENT, Call, Message, ModelError, Reply, Usage

ROOT = Path(__file__).resolve().parents[3]

texts = st.text(max_size=30) | st.text(st.characters(exclude_categories=()), max_size=10)
numbers = st.integers(0, 10**6)
problems = st.sampled_from([*sorted(TRANSIENT), "rejected"])
tries = st.lists(problems, max_size=3).map(tuple)
usages = st.builds(
    Usage, prompt_tokens=numbers, completion_tokens=numbers, cached_tokens=numbers,
    cost=st.none() | st.floats(0, 10), estimated=st.booleans(),
)  # fmt: skip
replies = st.builds(
    Reply, text=texts, finish=st.sampled_from(["stop", "length", "refused"]), usage=usages, tries=tries,
    probabilities=st.lists(st.floats(0, 1), max_size=3).map(tuple),
)  # fmt: skip


@st.composite
def model_errors(draw):
    wait = draw(st.none() | st.floats(0, 100))
    error = ModelError(draw(problems), draw(texts), retry_after=wait, sent=draw(st.booleans()))
    error.tries = draw(tries)
    return error


outcomes = replies | model_errors()


def told(outcome):
    """All parts of an outcome, to be compared."""
    return {**vars(outcome), "args": outcome.args} if isinstance(outcome, ModelError) else outcome


@settings(max_examples=60)
@given(outcomes)
@example(Reply(text="\ud83d\ude00 two halves that are no whole, \udfff \x00 end"))
@example(ModelError("timeout", "\ud800"))
def test_a_reply_or_an_error_comes_back_equal_in_every_part(outcome):
    with Journal.create(None) as journal:
        assert journal.ledger.found("k") is None
        keep(journal, ("k", call_named("?"), outcome))
        assert told(journal.ledger.found("k")) == told(outcome)
        (record,) = journal.ledger.calls_of("", "")
        assert record.tries == outcome.tries
        assert (record.reply, record.failure) == (
            (outcome, "") if isinstance(outcome, Reply) else (None, str(outcome))
        )


@settings(max_examples=40)
@given(texts, texts, texts, st.lists(texts, min_size=1, max_size=4))
def test_messages_and_those_they_were_made_for_come_back_whatever_their_texts(
    item, community, persona, blocks
):
    call = Call(
        messages=(Message(role="system", blocks=tuple(blocks)), Message(role="user", blocks=(blocks[0],))),
        temperature=0, max_tokens=9, seed=1, item=item, community=community, persona=persona,
    )  # fmt: skip
    with Journal.create(None) as journal:
        keep(journal, ("k", call, reply_of()))
        (record,) = journal.ledger.calls_of(item, community, persona)
        assert (record.messages, record.persona) == (call.messages, persona)


def test_the_calls_of_an_item_come_in_their_order_and_those_of_one_persona_alone(call_of):
    made = [
        ("k9", call_of("first", persona="tea#1")),
        ("k1", call_of("second", persona="tea#0", phase="repair")),
        ("k5", call_of("third", persona="tea#1", phase="discuss")),
        ("k2", call_of("elsewhere", item="2")),
        ("k3", call_of("others", community="cats")),
    ]
    with Journal.create(None) as journal:
        for key, call in made:
            keep(journal, (key, call, reply_of()))
        found = journal.ledger.calls_of("1", "tea")
        assert [(one.key, one.phase, one.model) for one in found] == [
            ("k9", "judge", MODEL), ("k1", "repair", MODEL), ("k5", "discuss", MODEL),
        ]  # fmt: skip
        assert [one.messages for one in found] == [call.messages for _, call in made[:3]]
        assert [one.key for one in journal.ledger.calls_of("1", "tea", "tea#1")] == ["k9", "k5"]


@pytest.mark.parametrize("remembered", [1, 4096])
def test_each_block_is_kept_once_however_many_hashes_are_remembered(call_of, monkeypatch, remembered):
    monkeypatch.setattr(calls, "KNOWN_BLOCKS", remembered)
    with Journal.create(None) as journal:
        rows = [(f"k{number}", call_of(f"persona {number}"), reply_of()) for number in range(20)]
        keep(journal, *rows[:10])
        keep(journal, *rows[10:])
        assert journal._db.execute("SELECT count(*) FROM texts").fetchone() == (22,)
        assert len(journal.ledger._blocks) == min(remembered, 22)
        assert {one.messages for one in journal.ledger.calls_of("1", "tea")} == {
            call.messages for _, call, _ in rows
        }


def test_what_arrives_in_one_turn_of_the_loop_shares_one_transaction(call_of):
    with Journal.create(None) as journal:
        said: list[str] = []
        journal._db.set_trace_callback(said.append)
        keep(journal, *((f"k{number}", call_of(f"{number}"), reply_of()) for number in range(50)))
        assert said.count("COMMIT") == 1
        assert journal.ledger.usage()[0].calls == 50


def test_a_call_that_is_there_stays_as_it_is_and_counts_once(call_of):
    with Journal.create(None) as journal:
        first, second = reply_of(prompt=1), reply_of(prompt=100)
        keep(journal, ("k", call_of("?"), first), ("k", call_of("?"), second))
        keep(journal, ("k", call_of("?"), second))
        assert journal.ledger.found("k") == first
        assert [(row.calls, row.prompt_tokens) for row in journal.ledger.usage()] == [(1, 1)]


def test_a_call_that_cannot_be_written_fails_alone(call_of):
    async def both(ledger):
        bad = Reply(text=object())  # type: ignore[arg-type]
        return await asyncio.gather(
            *(
                ledger.keep(f"k{number}", call_of("?"), model=MODEL, outcome=outcome, seconds=0)
                for number, outcome in enumerate([reply_of(), bad, reply_of()])
            ),
            return_exceptions=True,
        )

    with Journal.create(None) as journal:
        first, second, third = asyncio.run(both(journal.ledger))
        assert (first, type(second), third) == (None, TypeError, None)
        assert [journal.ledger.found(f"k{number}") is None for number in range(3)] == [False, True, False]


def test_a_waiter_that_is_cancelled_loses_no_reply(call_of):
    async def cancelled(ledger):
        task = asyncio.create_task(ledger.keep("k", call_of("?"), model=MODEL, outcome=reply_of(), seconds=0))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    with Journal.create(None) as journal:
        asyncio.run(cancelled(journal.ledger))
        assert journal.ledger.found("k") == reply_of()


def test_what_waits_when_the_journal_is_closed_is_written(tmp_path, call_of):
    async def left(ledger):
        task = asyncio.create_task(ledger.keep("k", call_of("?"), model=MODEL, outcome=reply_of(), seconds=0))
        while not ledger._waiting:
            await asyncio.sleep(0)
        journal.close()
        await task

    journal = Journal.create(tmp_path)
    asyncio.run(left(journal.ledger))
    with Journal.read(tmp_path) as journal:
        assert journal.ledger.found("k") == reply_of()


KEEPER = """
import asyncio, sys
from pathlib import Path
from simulator.journal import Journal
from simulator.models.model import Call, Message, Reply
journal = Journal.create(Path(sys.argv[1]))

async def worker(name):
    for number in range(10**6):
        key = f"{name}-{number}"
        call = Call(messages=(Message(role="user", blocks=(key,)),), temperature=0, max_tokens=9, seed=1)
        await journal.ledger.keep(key, call, model="m/m", outcome=Reply(text=key), seconds=0)
        print(key, flush=True)

async def main():
    await asyncio.gather(*(worker(name) for name in range(5)))

asyncio.run(main())
"""


@pytest.mark.parametrize("after", [1, 60, 700])
def test_what_was_said_to_be_kept_survives_a_kill(tmp_path, after):
    command = [sys.executable, "-c", KEEPER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as keeper:
        said = [keeper.stdout.readline() for _ in range(after)]
        keeper.kill()
        said = [key.strip() for key in [*said, *keeper.stdout] if key.endswith("\n")]
    with Journal.create(tmp_path) as journal:
        assert [journal.ledger.found(key) for key in said] == [Reply(text=key) for key in said]
        kept = journal._db.execute("SELECT count(*) FROM calls").fetchone()[0]
        assert len(said) <= kept <= len(said) + 5
        assert journal.ledger.usage()[0].calls == kept


def summed(kept):
    """The usage that rows of (phase, outcome) come to, added up the plain way."""
    rows: dict[str, dict] = {}
    for phase, outcome in kept:
        row = rows.setdefault(phase, {"problems": Counter(), "costs": [], **dict.fromkeys(INTEGERS, 0)})
        row["calls"] += 1
        row["requests"] += 1 + len(outcome.tries)
        row["problems"].update(outcome.tries)
        if isinstance(outcome, ModelError):
            row["failures"] += 1
            row["problems"][outcome.problem] += 1
            continue
        for name in ("prompt_tokens", "completion_tokens", "cached_tokens", "estimated"):
            row[name] += getattr(outcome.usage, name)
        row["costs"].append(outcome.usage.cost)
    return rows


INTEGERS = (
    "calls", "failures", "requests", "prompt_tokens", "completion_tokens", "cached_tokens", "estimated",
)  # fmt: skip

steps = st.lists(
    st.lists(
        st.tuples(st.integers(0, 30), st.sampled_from(["judge", "discuss"]), outcomes), min_size=1, max_size=4
    )
    | st.just("kill"),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(steps)
def test_any_sequence_of_keeps_and_kills_is_consistent_and_the_usage_is_the_sum_over_its_calls(steps):
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "0"
        journal = Journal.create(folder)
        kept: dict[str, tuple] = {}
        for number, step in enumerate(steps):
            if step == "kill":
                after = Path(base) / str(number + 1)
                after.mkdir()
                for name in (JOURNAL, f"{JOURNAL}-wal"):
                    shutil.copy(folder / name, after)
                journal.close()
                folder, journal = after, Journal.create(after)
            else:
                keep(
                    journal,
                    *(
                        (f"k{key}", call_named(f"{key}", phase=phase), outcome)
                        for key, phase, outcome in step
                    ),
                )
                for key, phase, outcome in step:
                    kept.setdefault(f"k{key}", (phase, outcome))
            assert {key: told(journal.ledger.found(key)) for key in kept} == {
                key: told(outcome) for key, (_, outcome) in kept.items()
            }
            check_usage(journal.ledger.usage(), summed(kept.values()))
        journal.close()


def check_usage(rows: list[UsageRow], expected):
    assert [row.phase for row in rows] == list(expected)
    for row in rows:
        wanted = expected[row.phase]
        assert {name: getattr(row, name) for name in INTEGERS} == {name: wanted[name] for name in INTEGERS}
        assert row.problems == dict(wanted["problems"])
        if None in wanted["costs"]:
            assert row.cost is None
        else:
            assert math.isclose(row.cost, math.fsum(wanted["costs"]), abs_tol=1e-9)


def test_usage_stands_in_the_order_of_the_first_calls(call_of):
    with Journal.create(None) as journal:
        for number, phase in enumerate(["judge", "discuss", "judge"]):
            keep(journal, (f"k{number}", call_of(f"{number}", phase=phase), reply_of()))
        assert [row.phase for row in journal.ledger.usage()] == ["judge", "discuss"]


def test_where_one_price_is_unknown_so_is_the_sum_but_what_is_known_stays_spent(call_of):
    with Journal.create(None) as journal:
        costs = (0.5, None, 0.25)
        keep(journal, *((f"k{n}", call_of(f"{n}"), reply_of(cost=cost)) for n, cost in enumerate(costs)))
        assert journal.ledger.usage()[0].cost is None
        assert journal.ledger.spent() == Spent(calls=3, tokens=36, cost=0.75)


def test_memory_does_not_grow_with_the_calls(call_of, tmp_path, monkeypatch):
    monkeypatch.setattr(calls, "KNOWN_BLOCKS", 64)

    def kept(journal, first):
        for start in range(first, first + 2000, 100):
            rows = ((f"k{n}", call_of(f"{n} " * 500), reply_of()) for n in range(start, start + 100))
            keep(journal, *rows)
        return tracemalloc.get_traced_memory()[0]

    with Journal.create(tmp_path) as journal:
        kept(journal, 0)
        tracemalloc.start()
        try:
            grown = kept(journal, 4000) - kept(journal, 2000)
        finally:
            tracemalloc.stop()
    assert abs(grown) < 200_000  # the prompts alone are four megabytes


def test_nothing_of_the_environment_is_written(call_of, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789")
    with Journal.create(tmp_path) as journal:
        keep(
            journal,
            ("k", call_of("What is said."), reply_of()),
            ("e", call_of("?"), ModelError("timeout", "")),
        )
        held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"What is said." in held
    assert b"planted" not in held
    assert os.environ["OPENAI_API_KEY"].encode() not in held
    assert json.dumps(str(Path.home())).encode() not in held
