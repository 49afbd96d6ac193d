"""An export replaces what was there or leaves it, whatever happens and whenever it is killed."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from made_export import RUN, made_record, made_rows, write_export

from personas.errors import InputError
from simulator.export.manifest import MANIFEST, Manifest
from simulator.export.selection import Selection, Shape
from simulator.export.writing.staging import PART, WHOLE, Staging

HELPERS = Path(__file__).parents[3] / "helpers"
JSON = Shape(files="jsonl")
OLD, NEW = "old", "new"


def rows_of(name, count=3):
    rows = made_rows([made_record(f"{name}{number}") for number in range(count)])
    return {config: {"train": many, "test": many[:1]} for config, many in rows.items()}


ALL = Selection()


def few_of(name, count=3):
    """Rows of one kind, for few files and so for few instants."""
    return {"preference": rows_of(name, count)["preference"]}


def begun(out, *, run=RUN, selection=ALL, shape=JSON, replace=False):
    return Staging(out, run=run, selection=selection, shape=shape, replace=replace)


def tree(folder):
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def is_whole(folder):
    """Whether every file is the one that the manifest tells of, and no other is there."""
    manifest = Manifest.load(folder)
    for name, facts in manifest.files.items():
        assert len((folder / name).read_bytes().splitlines()) == facts.rows
    assert {path.relative_to(folder).as_posix() for path in (folder / "data").rglob("*.*")} == set(
        manifest.files
    )
    assert (folder / "README.md").is_file()
    return True


def test_an_export_puts_card_manifest_and_data_into_a_new_folder_and_nothing_else(tmp_path):
    out = tmp_path / "a" / "prefs"
    write_export(out, rows_of(NEW), shape=JSON)
    assert sorted(path.name for path in out.iterdir()) == ["README.md", "data", "export.json"]
    assert is_whole(out)


def test_the_run_and_what_begins_with_a_dot_stay(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "journal.sqlite").write_text("journal")
    (tmp_path / ".gitattributes").write_text("kept")
    write_export(tmp_path, rows_of(NEW), shape=JSON)
    write_export(tmp_path, rows_of(NEW, 1), shape=JSON)
    assert is_whole(tmp_path)
    assert (tmp_path / "run" / "journal.sqlite").read_text() == "journal"
    assert (tmp_path / ".gitattributes").read_text() == "kept"


def test_the_same_run_chosen_alike_is_written_again(tmp_path):
    write_export(tmp_path, rows_of(OLD), shape=JSON)
    before = tree(tmp_path)
    write_export(tmp_path, rows_of(OLD), shape=JSON)
    assert tree(tmp_path) == before


def test_old_files_do_not_stay_beside_fewer_new_ones(tmp_path):
    write_export(tmp_path, rows_of(OLD, 5), shape=Shape(files="jsonl", shard_rows=1))
    write_export(tmp_path, rows_of(NEW, 2), shape=JSON, replace=True)
    assert is_whole(tmp_path)


@pytest.mark.parametrize("name", ["notes.txt", "README.md", "data", "export.txt"])
def test_a_folder_that_holds_other_things_is_refused_and_left(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with (
        pytest.raises(InputError, match=f"holds other things: {name}; name another folder"),
        begun(tmp_path, replace=True),
    ):
        pytest.fail("it was entered")
    assert tree(tmp_path) == {name: b"mine"}


def test_of_many_other_things_some_are_named(tmp_path):
    for number in range(8):
        (tmp_path / f"{number}.txt").write_text("mine")
    with pytest.raises(InputError, match="0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 3 more"), begun(tmp_path):
        pytest.fail("it was entered")


def test_a_file_of_somebody_else_among_the_data_is_not_removed(tmp_path):
    write_export(tmp_path, rows_of(OLD), shape=JSON)
    (tmp_path / "data" / "preference" / "mine.csv").write_text("mine")
    with (
        pytest.raises(InputError, match="holds other things: data/preference/mine.csv"),
        begun(tmp_path, replace=True),
    ):
        pytest.fail("it was entered")
    assert (tmp_path / "data" / "preference" / "mine.csv").read_text() == "mine"


def test_another_runs_data_is_refused_also_where_it_may_be_replaced(tmp_path):
    write_export(tmp_path, rows_of(OLD), shape=JSON)
    before = tree(tmp_path)
    with pytest.raises(InputError, match="another run's data: of the run 0123456789abcdef, not ffff"):
        begun(tmp_path, run="ffff", replace=True).__enter__()
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"selection": Selection(min_margin=0.2)}, "min_margin was 0.0 and is 0.2"),
        ({"shape": Shape()}, "files was 'jsonl' and is 'parquet'"),
    ],
)
def test_this_run_chosen_otherwise_is_refused_unless_it_may_be_replaced(tmp_path, changes, told):
    write_export(tmp_path, rows_of(OLD), shape=JSON)
    with pytest.raises(InputError, match=f"this run's data, chosen otherwise: {told}; .*--replace"):
        begun(tmp_path, **changes).__enter__()
    write_export(tmp_path, rows_of(NEW, 1), **{"shape": JSON, **changes}, replace=True)
    assert len(Manifest.load(tmp_path).files) == 6


def test_a_damaged_manifest_is_not_taken_for_none(tmp_path):
    write_export(tmp_path, rows_of(OLD), shape=JSON)
    (tmp_path / MANIFEST).write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        begun(tmp_path, replace=True).__enter__()


@pytest.mark.parametrize("name", ["data", "README.md", PART])
def test_a_link_is_not_followed(tmp_path, name):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="it is a link"):
        begun(tmp_path / "out").__enter__()
    assert (tmp_path / "elsewhere" / "mine").read_text() == "mine"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, InputError])
@pytest.mark.parametrize("made", [True, False])
def test_an_exception_leaves_the_folder_as_it_was(tmp_path, error, made):
    out = tmp_path / "deep" / "out"
    if made:
        write_export(out, rows_of(OLD), shape=JSON)
    before = tree(tmp_path)
    with pytest.raises(error), begun(out) as staging:
        (staging.data / "some").write_text("half")
        (staging.scratch / "ledger").write_text("half")
        raise error("stop")
    assert tree(tmp_path) == before
    assert out.exists() == made == (tmp_path / "deep").exists()


def test_leaving_without_finishing_leaves_the_folder_as_it_was(tmp_path):
    with begun(tmp_path / "out") as staging:
        (staging.data / "some").write_text("half")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_it_is_put_in_place_is_mended_by_the_next_writing(tmp_path, monkeypatch):
    write_export(tmp_path, rows_of(OLD), shape=JSON)

    def fails(*_):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="Input/output"):
        patch.setattr(Path, "rename", fails)
        write_export(tmp_path, rows_of(NEW, 1), shape=JSON)
    with pytest.raises(InputError, match="its writing did not end"):
        Manifest.load(tmp_path)
    with begun(tmp_path):
        assert is_whole(tmp_path)
        assert json.loads((tmp_path / "data/full/train-00000.jsonl").read_text())["item"] == "new0"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "data", "export.json"]


def test_two_processes_do_not_write_one_folder(tmp_path):
    with begun(tmp_path / "out"):
        with pytest.raises(InputError, match="another process is writing it"):
            begun(tmp_path / "out").__enter__()
        assert (tmp_path / "out" / PART).is_dir()
    with begun(tmp_path / "out"):
        pass


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="it is no folder"):
        begun(tmp_path / "file").__enter__()
    with pytest.raises(InputError, match="it cannot be written: Not a directory"):
        begun(tmp_path / "file" / "below").__enter__()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="it cannot be written: Permission denied"):
        begun(tmp_path / "out").__enter__()


@pytest.mark.parametrize("files", ["parquet", "jsonl"])
def test_a_disk_that_is_full_is_told_and_leaves_what_was_there(tmp_path, files):
    write_export(tmp_path / "out", rows_of(OLD), shape=JSON)
    before = tree(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    rows = made_rows([made_record(texts=("a", os.urandom(400_000).hex()))])
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        with pytest.raises(InputError, match="it cannot be written: .*; make room on the disk"):
            write_export(
                tmp_path / "out",
                {name: {"train": many} for name, many in rows.items()},
                shape=Shape(files=files),
                replace=True,
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert tree(tmp_path) == before


# Every act on the file system that changes something is announced to an audit hook before it happens; the child
# kills itself at the one it is told.
KILLED = """
import json, os, signal, sys
sys.path.insert(0, sys.argv[1])
import shutil
from pathlib import Path
from made_export import write_export
from simulator.export.selection import Selection, Shape
rows, base, most = json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[3]), int(sys.argv[4])
CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.truncate", "shutil.rmtree"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT

def child(out, instant):
    seen = 0
    def watch(event, arguments):
        nonlocal seen
        if event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES):
            seen += 1
            if seen == instant:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)
    write_export(out, rows, shape=Shape(files="jsonl"), selection=Selection(min_margin=0.2), replace=True)
    os._exit(0)

ended = []
for instant in range(1, most):
    out = base / str(instant)
    shutil.copytree(base / "before", out)
    if not (process := os.fork()):
        child(out, instant)
    _, status = os.waitpid(process, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0
        break
    ended.append(instant)
else:
    raise SystemExit("it never ended")
print(json.dumps(ended))
"""


def killed_at_every_instant(tmp_path):
    """Kill a writing into copies of ``before`` at every act on the file system; return the copies."""
    (tmp_path / "rows.json").write_text(json.dumps(few_of(NEW, 2)))
    command = [sys.executable, "-c", KILLED, str(HELPERS), str(tmp_path / "rows.json"), str(tmp_path), "400"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return [tmp_path / str(instant) for instant in json.loads(done.stdout)]


def settled(folder):
    """Begin to write into it, in a way that is refused; whether that put in place what was whole and was not yet."""
    whole, waits = (folder / PART / WHOLE).exists(), not (folder / MANIFEST).exists()
    with pytest.raises(InputError, match="chosen otherwise: min_margin was"):
        begun(folder, selection=Selection(min_margin=0.3)).__enter__()
    assert is_whole(folder)
    assert not (folder / PART).exists()
    if whole:
        assert Manifest.load(folder).selection.min_margin == 0.2
    return whole and waits


@pytest.mark.parametrize("replaces", [True, False])
def test_a_kill_at_any_instant_leaves_the_old_data_or_the_new_or_no_manifest(tmp_path, replaces):
    before = tmp_path / "before"
    if replaces:
        write_export(before, few_of(OLD), shape=JSON)
    before.mkdir(exist_ok=True)
    (before / "run").mkdir()
    (before / "run" / "journal.sqlite").write_text("journal")
    seen = {OLD: 0, NEW: 0, "none": 0, "settled": 0}
    for folder in killed_at_every_instant(tmp_path):
        try:
            manifest = Manifest.load(folder)
        except InputError as error:
            assert "no whole export is here" in str(error)
            seen["none"] += 1
        else:
            assert is_whole(folder)
            seen[OLD if manifest.selection == Selection() else NEW] += 1
        if replaces:
            seen["settled"] += settled(folder)
        write_export(folder, few_of("next", 1), shape=JSON, selection=Selection(min_margin=0.3), replace=True)
        assert is_whole(folder)
        assert sorted(path.name for path in folder.iterdir()) == ["README.md", "data", "export.json", "run"]
        assert (folder / "run" / "journal.sqlite").read_text() == "journal"
    assert seen[OLD] > 10 if replaces else not seen[OLD]
    assert seen["none"] > (2 if replaces else 10)
    assert seen[NEW] > 2
    assert seen["settled"] > 2 if replaces else not seen["settled"]


LONG = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from made_export import made_record, made_rows, write_export
from simulator.export.selection import Shape
rows = made_rows([made_record(f"n{number}") for number in range(300)])
rows = {config: {"train": many} for config, many in rows.items()}
print("begun", flush=True)
while True:
    write_export(Path(sys.argv[2]), rows, shape=Shape(shard_rows=50))
"""


@pytest.mark.parametrize("after", [0.02, 0.11, 0.23, 0.37])
def test_a_process_killed_from_outside_leaves_a_whole_export_or_none(tmp_path, after):
    out = tmp_path / "out"
    process = subprocess.Popen([sys.executable, "-c", LONG, str(HELPERS), str(out)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"begun\n"
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    if (out / MANIFEST).exists():
        manifest = Manifest.load(out)
        assert all((out / name).stat().st_size == facts.bytes for name, facts in manifest.files.items())
    write_export(out, rows_of(NEW, 1), shape=JSON, replace=True)
    assert is_whole(out)
    assert sorted(path.name for path in out.iterdir()) == ["README.md", "data", "export.json"]
