from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personas.errors import InputError
from simulator.item import Ballot, Item, Option, Preference, RealVotes
from simulator.journal import JOURNAL, Journal, as_preference
from simulator.models.model import TRANSIENT, Call, Message, ModelError, Reply, StoppedError

HOSTILE = "[@click=app.quit]x[/] \x1b[31mred\x07 '); DROP TABLE items; -- \u202e猫\x00end <b>|"
ITEM = Item(item="1", query="?", options=(Option(text="a"), Option(text="b")))

names = st.text(max_size=20)
texts = names | st.text(st.characters(exclude_categories=()), max_size=20)
moments = st.none() | st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]))


@st.composite
def shares_of(draw, size):
    """Shares that nine decimals hold exactly."""
    cuts = sorted(draw(st.lists(st.integers(0, 64), min_size=size - 1, max_size=size - 1)))
    ends = [0, *cuts, 64]
    return tuple((high - low) / 64 for low, high in zip(ends, ends[1:], strict=False))


@st.composite
def real_votes(draw, size):
    numbers = st.lists(st.integers(0, 99), min_size=size, max_size=size).map(tuple)
    return RealVotes(
        shares=draw(shares_of(size)),
        voters=draw(st.none() | st.integers(0, 10**6)),
        up=draw(numbers),
        down=draw(numbers | st.just(())),
        margin=draw(st.integers(0, 50)),
        low=draw(shares_of(size) | st.just(())),
        high=draw(shares_of(size) | st.just(())),
    )


@st.composite
def items(draw):
    said = draw(st.lists(texts.filter(str.strip), min_size=2, max_size=4, unique_by=str.strip))
    options = tuple(
        Option(
            text=text,
            claim=draw(texts),
            polarity=draw(st.sampled_from([1, -1])),
            post=draw(texts),
            created=draw(moments),
        )
        for text in said
    )
    return Item(
        item=draw(names),
        query=draw(texts),
        options=options,
        kind=draw(st.sampled_from(["choice", "agreement", "endorsement"])),
        votes=draw(st.dictionaries(texts, real_votes(len(said)), max_size=2)),
        community=draw(texts),
        created=draw(moments),
        ordered=draw(st.booleans()),
    )


@st.composite
def ballots(draw, size):
    known = {"persona": draw(names), "reason": draw(texts), "norms": tuple(draw(st.lists(texts, max_size=3)))}
    if draw(st.booleans()):
        return Ballot(choice=None, round=draw(st.integers(0, 9)), **known)
    order = tuple(draw(st.permutations(range(size))))
    return Ballot(choice=draw(st.integers(0, size - 1)), shares=draw(shares_of(size)), order=order, **known)


@settings(max_examples=30)
@given(st.lists(items(), min_size=1, max_size=3, unique_by=lambda item: item.item))
def test_items_come_back_as_they_were_in_their_order(written):
    with Journal.create(None) as journal:
        journal.add_items(written)
        assert journal.items() == written
        assert journal.items(first=1, count=1) == written[1:2]
        assert [journal.item(item.item) for item in written] == written


@settings(max_examples=60)
@given(st.lists(ballots(2), max_size=4, unique_by=lambda ballot: (ballot.round, ballot.persona)), names)
def test_ballots_come_back_as_they_were(written, community):
    with Journal.create(None) as journal:
        journal.add_result(ITEM, community, written, [], {})
        found = journal.ballots("1", community)
        assert sorted(found, key=repr) == sorted(written, key=repr)
        assert [ballot.round for ballot in found] == sorted(ballot.round for ballot in written)
        assert journal.ballots("1", community, round=0) == [ballot for ballot in found if ballot.round == 0]


@given(shares_of(3), st.integers(0, 99), st.integers(0, 99), st.booleans())
def test_preferences_come_back_as_they_were(shares, cast, abstentions, bounded):
    bounds = {"low": shares, "high": shares} if bounded else {}
    preference = Preference(shares=shares, ballots=cast, abstentions=abstentions, **bounds)
    with Journal.create(None) as journal:
        journal.add_jobs([("1", "tea")])
        journal.add_result(ITEM, "tea", [], [], {"preference": vars(preference)})
        (found,) = [result["preference"] for _, _, result in journal.results()]
        assert as_preference(found) == preference


def test_every_other_row_comes_back_as_it_was(tmp_path):
    with Journal.create(tmp_path) as journal:
        journal.set_facts(
            {"seed": 7, "share": 0.1234567891234, "when": datetime(2020, 1, 1, tzinfo=UTC), "at": tmp_path}
        )
        journal.set_facts({"seed": 8})
        journal.add_communities([("tea", {"members": 3}), ("cats", {"members": 0})])
        journal.add_personas(
            [("tea#1", "tea", {"group": ""}), ("tea#0", "tea", {"group": "x"}), ("c#0", "cats", {})]
        )
        journal.add_jobs([("2", "tea"), ("1", "tea"), ("1", "cats")])
        journal.add_result(ITEM, "tea", [], [("p1", {"text": HOSTILE})], {"rounds": 2})
        journal.add_result(ITEM, "tea", [], [("p1", {"text": "another"})], {"rounds": 3})
        journal.add_failure("2", "tea", {"errors": [{"step": "generate"}]})
        journal.event("note", {"x": 1})
    with Journal.read(tmp_path) as journal:
        assert [journal.fact(name) for name in ("seed", "share", "when", "at", "none")] == [
            8, 0.123456789, "2020-01-01T00:00:00+00:00", str(tmp_path), None,
        ]  # fmt: skip
        assert list(journal.communities().items()) == [("tea", {"members": 3}), ("cats", {"members": 0})]
        assert journal.personas("tea") == {"tea#0": {"group": "x"}, "tea#1": {"group": ""}}
        assert list(journal.results()) == [
            ("2", "tea", {"errors": [{"step": "generate"}]}),
            ("1", "tea", {"rounds": 3}),
        ]
        assert journal.norms("tea", ["p1", "p2"]) == {"p1": {"text": HOSTILE}}
        assert journal.norms("cats", ["p1"]) == journal.norms("tea", []) == {}
        assert (journal.done(), journal.progress()) == ({("1", "tea"), ("2", "tea")}, (2, 3))
        kinds = [(number, kind, body) for number, _, kind, body in journal.events()]
        assert kinds == [
            (1, "result", {"item": "1", "community": "tea"}),
            (2, "result", {"item": "1", "community": "tea"}),
            (3, "failure", {"item": "2", "community": "tea"}),
            (4, "note", {"x": 1}),
        ]
        assert [row[0] for row in journal.events(after=1, limit=2)] == [2, 3]


def test_hostile_text_is_kept_as_it_stands_and_runs_nothing(tmp_path):
    item = Item(item=HOSTILE, query=HOSTILE, options=(Option(text=HOSTILE), Option(text="\ud800 alone")))
    with Journal.create(tmp_path) as journal:
        journal.add_items([item])
        journal.add_jobs([(HOSTILE, HOSTILE)])
        journal.add_result(
            item, HOSTILE, [Ballot(persona=HOSTILE, choice=None, reason=HOSTILE)], [], {"x": HOSTILE}
        )
    with Journal.read(tmp_path) as journal:
        assert journal.items() == [item]
        assert list(journal.results()) == [(HOSTILE, HOSTILE, {"x": HOSTILE})]
        assert journal.ballots(HOSTILE, HOSTILE)[0].reason == HOSTILE


def test_generated_items_stand_in_the_order_of_the_jobs_whatever_is_done_first():
    first, second, third = (Item(item=name, query="?", options=ITEM.options) for name in ("z", "m", "a"))
    with Journal.create(None) as journal:
        journal.add_items([second])
        journal.add_jobs([("z", "tea"), ("m", "tea"), ("m", "cats"), ("a", "tea")])
        for item in (third, first):
            journal.add_result(item, "tea", [], [], {})
        assert [item.item for item in journal.items()] == ["z", "m", "a"]


def test_results_are_found_by_their_names_and_by_pages():
    with Journal.create(None) as journal:
        assert journal.last_event() == 0
        journal.add_jobs([(str(number), "tea") for number in range(5)])
        for number in (3, 0, 4, 1):
            journal.add_result(replace(ITEM, item=str(number)), "tea", [], [], {"n": number})
        assert journal.result("3", "tea") == {"n": 3}
        assert (journal.result("2", "tea"), journal.result("3", "cats")) == (None, None)
        assert [result["n"] for _, _, result in journal.results()] == [0, 1, 3, 4]
        assert [result["n"] for _, _, result in journal.results(first=1, count=2)] == [1, 3]
        assert journal.last_event() == 4


def keep(journal, key, outcome, item):
    call = Call(
        messages=(Message(role="user", blocks=(key,)),), temperature=0, max_tokens=9, seed=1,
        item=item, community="tea",
    )  # fmt: skip
    asyncio.run(journal.ledger.keep(key, call, model="m/m", outcome=outcome, seconds=0))


def voted(failure=""):
    return [Ballot(persona="tea#0", choice=None, failure=failure), Ballot(persona="tea#1", choice=None)]


def test_what_failed_for_a_passing_reason_is_forgotten_and_what_it_took_stays_counted(tmp_path):
    with Journal.create(tmp_path) as journal:
        late, refused = ModelError("timeout", "late"), ModelError("rejected", "no")
        for name, outcome, failure in [
            ("good", Reply(text="A"), ""),
            ("late", late, "timeout"),
            ("refused", refused, "rejected"),
            ("mended in vain", late, "unreadable reply"),
            ("unfinished", late, None),
        ]:
            keep(journal, name, outcome, name)
            if failure is not None:
                journal.add_result(replace(ITEM, item=name), "tea", voted(failure), [], {"errors": []})
        journal.add_failure("no options", "tea", {"errors": [{"step": "generate"}]})
        journal.set_facts({"state": "done"})
        before = journal.ledger.usage()
        assert journal.retry_failed() == 3
        assert journal.done() == {("good", "tea"), ("refused", "tea")}
        assert {name: len(journal.ballots(name, "tea")) for name in ("good", "refused", "late", "mended in vain")} == {
            "good": 2, "refused": 2, "late": 0, "mended in vain": 0,
        }  # fmt: skip
        kept = [
            journal.ledger.found(name) for name in ("good", "late", "refused", "mended in vain", "unfinished")
        ]
        assert [str(one) if isinstance(one, ModelError) else one for one in kept] == [
            Reply(text="A"), None, "rejected: no", None, None,
        ]  # fmt: skip
        assert journal.ledger.usage() == before
        assert journal.fact("state") == "unfinished"
        assert journal.retry_failed() == 0


@pytest.mark.parametrize("problem", sorted(TRANSIENT))
def test_every_passing_problem_is_tried_again(problem):
    with Journal.create(None) as journal:
        keep(journal, "k", ModelError(problem, ""), "1")
        journal.add_result(ITEM, "tea", voted(problem), [], {})
        assert (journal.retry_failed(), journal.ledger.found("k")) == (1, None)


def test_the_options_of_an_item_that_is_made_anew_are_those_it_gets_then_and_given_items_stay():
    generated = replace(ITEM, item="2")
    again = replace(generated, options=(Option(text="c"), Option(text="d")))
    with Journal.create(None) as journal:
        journal.add_items([ITEM])
        journal.add_jobs([("1", "tea"), ("2", "tea")])
        for item in (ITEM, generated):
            journal.add_result(item, "tea", voted("timeout"), [], {})
        assert journal.retry_failed() == 2
        assert journal.items() == [ITEM]
        for item in (ITEM, again):
            journal.add_result(item, "tea", voted(), [], {})
        assert journal.items() == [ITEM, again]


def test_an_item_that_is_not_there_is_named():
    with Journal.create(None) as journal, pytest.raises(InputError, match="the run has no item 'x'"):
        journal.item("x")


def test_a_value_that_json_does_not_know_is_a_programming_error():
    with Journal.create(None) as journal, pytest.raises(TypeError, match="object has no place in a journal"):
        journal.set_facts({"x": object()})


def test_a_journal_in_memory_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Journal.create(None) as journal:
        journal.set_facts({"x": 1})
        assert (journal.fact("x"), journal.folder) == (1, None)
    assert list(tmp_path.iterdir()) == []


def test_where_no_run_is_it_says_so_and_makes_nothing(tmp_path):
    with pytest.raises(InputError, match="no run is here"):
        Journal.read(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def damaged(path: Path) -> None:
    Journal.create(path.parent).close()
    content = bytearray(path.read_bytes())
    content[20:] = b"\xff" * (len(content) - 20)
    path.write_bytes(content)


def of_another_kind(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 this is an archive" * 100)


def of_another_program(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE notes (text TEXT)")
    db.close()


def of_another_format(path: Path) -> None:
    with Journal.create(path.parent) as journal:
        journal.set_facts({"format": "commonbond-journal/99"})


@pytest.mark.parametrize("spoil", [damaged, of_another_kind, of_another_program, of_another_format])
@pytest.mark.parametrize("open_it", [Journal.read, Journal.create])
def test_a_file_that_is_no_journal_of_this_format_is_refused_and_left_alone(tmp_path, spoil, open_it):
    spoil(tmp_path / JOURNAL)
    before = (tmp_path / JOURNAL).read_bytes()
    with pytest.raises(InputError, match=r"journal\.sqlite: |the journal is damaged"):
        open_it(tmp_path)
    assert (tmp_path / JOURNAL).read_bytes() == before


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="no journal can be opened.*name another"):
        Journal.create(tmp_path / "file" / "run")


def test_a_reader_writes_nothing(tmp_path):
    Journal.create(tmp_path).close()
    with (
        Journal.read(tmp_path) as journal,
        pytest.raises(StoppedError, match="nothing more can be written.*readonly"),
    ):
        journal.set_facts({"x": 1})


READER = """
import json, sys
from pathlib import Path
from simulator.models.model import StoppedError
from simulator.journal import Journal
with Journal.read(Path(sys.argv[1])) as journal:
    for line in sys.stdin:
        print(json.dumps([*journal.progress(), journal.fact("state"), len(journal.items())]), flush=True)
"""


def test_another_process_reads_what_is_committed_while_this_one_writes(tmp_path):
    with Journal.create(tmp_path) as journal:
        journal.add_jobs([(str(number), "tea") for number in range(3)])
        command = [sys.executable, "-c", READER, str(tmp_path)]
        root = Path(__file__).resolve().parents[2]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
        ) as reader:
            for number in range(3):
                journal.add_result(
                    Item(item=str(number), query="?", options=ITEM.options), "tea", [], [], {"n": number}
                )
                journal.set_facts({"state": f"at {number}"})
                reader.stdin.write("\n")
                reader.stdin.flush()
                assert json.loads(reader.stdout.readline()) == [number + 1, 3, f"at {number}", number + 1]
            reader.stdin.close()
            assert reader.wait(20) == 0
