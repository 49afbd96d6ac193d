from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from personas.errors import InputError, StoppedError
from simulator.item import Ballot, Item, Option
from simulator.journal import JOURNAL, Journal
from simulator.models.model import Reply, Usage

ROOT = Path(__file__).resolve().parents[3]
NOBODY = 65534
ITEM = Item(item="1", query="Which?", options=(Option(text="a"), Option(text="b")))


def fill(journal, call_of, count=60):
    """Keep calls, and a result."""
    said = "mark " + "what was said, at length. " * 20
    usage = Usage(prompt_tokens=1)

    async def keep():
        for number in range(count):
            await journal.ledger.keep(
                f"k{number}",
                call_of(f"{number}"),
                model="m/m",
                outcome=Reply(text=said, usage=usage),
                seconds=1,
            )

    journal.set_facts({"seed": 7})
    journal.add_items([ITEM])
    journal.add_jobs([("1", "tea")])
    journal.add_result(ITEM, "tea", [Ballot(persona="p", choice=None, reason="a reason")], [], {"rounds": 0})
    asyncio.run(keep())


@pytest.fixture
def run(tmp_path, call_of):
    """The folder of a run that ended well."""
    with Journal.create(tmp_path / "run") as journal:
        fill(journal, call_of)
    return tmp_path / "run"


def contents(folder):
    held = {
        path.name: path.read_bytes() for path in folder.glob("journal*") if not path.name.endswith("-shm")
    }
    return {name: content for name, content in held.items() if content}  # a reader leaves an empty log


def garbage_in_the_middle(path):
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2 // 4096 * 4096
    whole[middle : middle + 4096] = bytes(range(256)) * 16
    path.write_bytes(whole)


def cut_off(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 // 4096 * 4096])


def cut_off_askew(path):
    path.write_bytes(path.read_bytes()[:-777])


def head_overwritten(path):
    path.write_bytes(b"\xff" * 100 + path.read_bytes()[100:])


def emptied_beside_its_log(path):
    path.write_bytes(b"")
    path.with_name(f"{JOURNAL}-wal").write_bytes(b"\x37\x7f\x06\x82" + bytes(4000))


@pytest.mark.parametrize(
    "spoil", [garbage_in_the_middle, cut_off, cut_off_askew, head_overwritten, emptied_beside_its_log]
)
def test_no_engine_works_on_a_damaged_journal_and_not_a_byte_of_it_is_changed(run, spoil):
    spoil(run / JOURNAL)
    before = contents(run)
    for _ in range(2):
        with pytest.raises(InputError, match=r"the journal is damaged.*put back a copy"):
            Journal.create(run)
    assert contents(run) == before


def test_a_journal_of_the_first_format_is_refused_with_what_to_do(run):
    with sqlite3.connect(run / JOURNAL) as db:
        db.execute("UPDATE facts SET value = '\"commonbond-journal/1\"' WHERE name = 'format'")
    db.close()
    before = contents(run)
    for open_it in (Journal.create, Journal.read):
        with pytest.raises(InputError, match=r"0\.1: begin the run anew in another folder"):
            open_it(run)
    assert contents(run) == before


def everything(journal):
    """Read all there is, by every method."""
    journal.communities(), journal.personas("tea"), journal.done(), journal.progress(), journal.events()
    journal.items(), journal.ballots("1", "tea"), list(journal.results()), journal.result("1", "tea")
    journal.last_event(), journal.fact("format"), journal.ledger.usage(), journal.ledger.spent()
    journal.ledger.calls_of("1", "tea"), journal.item("1"), journal.norms("tea", ["p"])
    [journal.ledger.found(f"k{number}") for number in range(60)]
    journal.jobs(count=1_000)
    journal.milestones()
    journal.predictions("1", "tea")


@pytest.mark.parametrize("spoil", [garbage_in_the_middle, cut_off, cut_off_askew, head_overwritten])
def test_who_reads_a_damaged_journal_is_told_so(run, spoil):
    spoil(run / JOURNAL)
    with pytest.raises(InputError, match="the journal is damaged"), Journal.read(run) as journal:
        everything(journal)


@pytest.mark.parametrize(
    ("table", "column", "read"),
    [
        ("calls", "answer", lambda journal: journal.ledger.found("k0")),
        ("calls", "messages", lambda journal: journal.ledger.calls_of("1", "tea")),
        ("texts", "hash", lambda journal: journal.ledger.calls_of("1", "tea")),
        ("usage", "problems", lambda journal: journal.ledger.usage()),
        ("ballots", "body", lambda journal: journal.ballots("1", "tea")),
        ("items", "body", lambda journal: journal.items()),
        ("items", "body", lambda journal: journal.item("1")),
        ("results", "body", lambda journal: list(journal.results())),
        ("results", "body", lambda journal: journal.result("1", "tea")),
        ("events", "body", lambda journal: journal.events()),
    ],
)
@pytest.mark.parametrize("written", ["{cut off", b"\xff\xfe"])
def test_a_row_that_cannot_be_read_is_damage_and_stops_the_engine(run, table, column, read, written):
    with Journal.create(run) as engine:
        engine._db.execute(f"UPDATE OR IGNORE {table} SET {column} = ?", [written])
        engine._db.commit()
        with pytest.raises(StoppedError, match=r"the journal is damaged.*a row cannot be read"):
            read(engine)
        with Journal.read(run) as reader, pytest.raises(InputError, match="the journal is damaged") as told:
            read(reader)
        assert type(told.value) is InputError


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ("UPDATE facts SET value = '{cut off' WHERE name = 'seed'", lambda journal: journal.fact("seed")),
        ("DELETE FROM texts", lambda journal: journal.ledger.calls_of("1", "tea")),
        ("UPDATE calls SET answer = '{\"another\": 1}'", lambda journal: journal.ledger.found("k0")),
        ("UPDATE ballots SET body = '{\"another\": 1}'", lambda journal: journal.ballots("1", "tea")),
        ("UPDATE items SET body = '[]'", lambda journal: journal.items()),
        ("UPDATE items SET body = replace(body, 'Which', '')", None),
        ("UPDATE items SET body = replace(body, '\"b\"', '\"a\"')", lambda journal: journal.item("1")),
        ("DROP TABLE ballots", lambda journal: journal.ballots("1", "tea")),
    ],
)
def test_what_is_no_record_of_ours_is_damage_too(run, change, read):
    with Journal.create(run) as engine:
        engine._db.execute(change)
        engine._db.commit()
        if read is None:  # another text is no damage that could be seen
            assert engine.items()[0].query == "?"
            return
        with pytest.raises(StoppedError, match="the journal is damaged"):
            read(engine)


def test_a_log_that_was_cut_leaves_what_was_written_before_and_the_run_goes_on(tmp_path, call_of, killed):
    with Journal.create(tmp_path / "run") as journal:
        fill(journal, call_of)
        left = killed(tmp_path / "run", tmp_path / "left")
    log = left / f"{JOURNAL}-wal"
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    with Journal.create(left) as journal:
        kept = [number for number in range(60) if journal.ledger.found(f"k{number}")]
        assert kept == list(range(len(kept)))
        assert 0 < len(kept) < 60
        assert journal.ledger.usage()[0].calls == len(kept) == len(journal.ledger.calls_of("1", "tea"))
        fill(journal, call_of)
        assert journal.ledger.usage()[0].calls == 60


@pytest.mark.parametrize("spoil", [bytes, lambda head: head[:4096]])
def test_a_file_that_was_made_and_nothing_written_is_no_run_yet_and_can_become_one(tmp_path, spoil):
    """As where an engine is killed in its first instants."""
    with sqlite3.connect(tmp_path / "head") as db:
        db.execute("PRAGMA journal_mode = WAL")
    db.close()
    (tmp_path / JOURNAL).write_bytes(b"" if spoil is bytes else spoil((tmp_path / "head").read_bytes()))
    with pytest.raises(InputError, match="no run is here"):
        Journal.read(tmp_path)
    with Journal.create(tmp_path) as journal:
        journal.set_facts({"x": 1})
    with Journal.read(tmp_path) as journal:
        assert journal.fact("x") == 1


# What may not be written, tried by a user who may not.


@pytest.fixture
def shared(run):
    """A run's folder where another user than root can come to it."""
    base = Path(tempfile.mkdtemp())
    base.chmod(0o755)
    shutil.copytree(run, base / "run")
    yield base / "run"
    for path in (base / "run", *(base / "run").rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(base)


def as_a_user(program, *given):
    """Run a program as a user without root's rights; return what it says."""
    command = [sys.executable, "-c", PROGRAM + RENOUNCE + program, *map(str, given)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    return done.stdout


PROGRAM = """
import asyncio, sys
from pathlib import Path
from personas.errors import InputError, StoppedError
from simulator.journal import Journal
from simulator.models.model import Call, Message, Reply
"""
RENOUNCE = f"""
import os
import filelock, filelock.asyncio, pathlib  # while it may read them, wherever they are installed
if os.getuid() == 0:
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
"""
CREATE = """
try:
    Journal.create(Path(sys.argv[1]))
except InputError as error:
    print(type(error).__name__, error)
"""
READ = """
try:
    with Journal.read(Path(sys.argv[1])) as journal:
        print(len(journal.ledger.calls_of("1", "tea")))
except InputError as error:
    print(type(error).__name__, error)
"""


def test_in_a_folder_that_may_not_be_written_no_run_begins(shared):
    shared.chmod(0o555)
    said = as_a_user(CREATE, shared / "new")
    assert said.startswith("InputError")
    assert "no journal can be opened: [Errno 13] Permission denied" in said
    assert "check the folder, or name another" in said


def test_a_run_in_a_folder_that_may_not_be_written_is_refused_to_an_engine_and_can_be_read(shared):
    before = contents(shared)
    for path in (*shared.iterdir(), shared):
        path.chmod(0o555 if path == shared else 0o444)
    said = as_a_user(CREATE, shared)
    assert said.startswith("InputError")
    assert "Permission denied" in said
    assert as_a_user(READ, shared) == "60\n"
    assert contents(shared) == before


def test_a_run_that_was_killed_in_a_folder_that_may_not_be_written_asks_for_a_copy(shared, call_of, killed):
    with Journal.create(shared) as journal:
        journal.set_facts({"more": "written"})
        left = killed(shared, shared / "left")
    for path in (*left.iterdir(), left):
        path.chmod(0o555 if path == left else 0o444)
    before = contents(left)
    said = as_a_user(READ, left)
    assert said.startswith("InputError")
    assert "copy the folder to where you may write" in said
    assert contents(left) == before
    with Journal.read(shutil.copytree(left, shared / "copy")) as journal:
        assert journal.fact("more") == "written"


def test_a_file_that_may_not_be_written_is_refused_to_an_engine(shared):
    if os.getuid() == 0:
        shared.chmod(0o777)
        for path in shared.iterdir():
            path.chmod(0o666)
    (shared / JOURNAL).chmod(0o444)
    before = contents(shared)
    said = as_a_user(CREATE, shared)
    assert said.startswith("InputError")
    assert "nothing more can be written: attempt to write a readonly database" in said
    assert contents(shared) == before


# A disk that fills.

FILL = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))

async def main(journal):
    for number in range(100_000):
        call = Call(messages=(Message(role="user", blocks=(f"{number} " * 500,)),), temperature=0, max_tokens=9, seed=1)
        await journal.ledger.keep(f"k{number}", call, model="m/m", outcome=Reply(text="yes"), seconds=0)
        print(number, flush=True)

try:
    with Journal.create(Path(sys.argv[1])) as journal:
        asyncio.run(main(journal))
except InputError as error:
    print(type(error).__name__, error)
"""


def check_filled(said, folder):
    *numbers, error = said.splitlines()
    assert error.startswith("StoppedError")
    assert "the disk is full or broken" in error
    assert "make room, and give the same command again: it goes on" in error
    with Journal.create(folder) as journal:  # with room again
        found = [journal.ledger.found(f"k{number}") for number in range(len(numbers) + 1)]
        assert found == [Reply(text="yes")] * len(numbers) + [None]
        assert journal.ledger.usage()[0].calls == len(numbers) > 10
        journal.set_facts({"goes": "on"})


def test_where_files_may_not_grow_the_run_stops_and_goes_on_later(tmp_path):
    command = [sys.executable, "-c", PROGRAM + FILL, str(tmp_path), "900000"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    check_filled(done.stdout, tmp_path)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of half a megabyte."""
    if os.getuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_where_the_disk_is_full_the_run_stops_and_goes_on_later(small_disk):
    command = [sys.executable, "-c", PROGRAM + FILL, str(small_disk), "100000000"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    check_filled(done.stdout, small_disk)


def test_where_the_disk_is_full_from_the_start_it_is_said_before_anything(small_disk):
    with (
        pytest.raises(OSError, match="No space"),
        (small_disk / "ballast").open("wb", buffering=0) as ballast,
    ):
        while True:
            ballast.write(bytes(4096))
    with pytest.raises(InputError, match="the disk is full.*make room"):
        Journal.create(small_disk / "run")
