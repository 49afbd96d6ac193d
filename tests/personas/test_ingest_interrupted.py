"""Ingestion that is killed, raced or broken off: there is a whole corpus afterwards or none."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from small_corpora import make_corpus, said, voted

from personas.corpus import Corpus
from personas.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
WAITING = """
import sys
from pathlib import Path
from personas import staging
from small_corpora import make_corpus, said

staging.BATCH_ROWS = 10


def records():
    for number in range(100):
        yield said(f"p{number}")
    print("reading", flush=True)
    sys.stdin.read()


make_corpus(Path(sys.argv[1]), records(), replace=True)
print("done", flush=True)
"""
FULL_DISK = """
import os
import resource
import sys
from pathlib import Path
from personas.errors import InputError
from small_corpora import make_corpus, said

limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    make_corpus(Path(sys.argv[1]), [said("p", os.urandom(20_000).hex())])
except InputError as error:
    print(error)
"""
GROWING = """
import resource
import sys
from pathlib import Path
from personas import staging
from small_corpora import make_corpus, said, voted

staging.BATCH_ROWS = 2_000
count = int(sys.argv[2])


def records():
    for number in range(count):
        text = f"{number} " + "How hot should the water be for tea? " * 60
        yield said(f"p{number}", text, author=f"member {number % 500}")
        yield voted(f"p{number}", 1, f"member {number % 400}")


make_corpus(Path(sys.argv[1]), records())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def start(script, *arguments):
    paths = [str(ROOT), str(ROOT / "tests" / "helpers")]
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )


@pytest.fixture
def reading(tmp_path):
    """A process that ingests into ``c`` and stands still in the middle of reading."""
    with start(WAITING, tmp_path / "c") as process:
        assert process.stdout.readline() == "reading\n"
        yield process
        process.kill()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_killed_ingestion_leaves_no_corpus_and_the_next_clears_its_leftovers(tmp_path, reading):
    assert "c" not in names(tmp_path)
    reading.send_signal(signal.SIGKILL)
    reading.wait()
    assert "c" not in names(tmp_path)
    assert names(tmp_path) != [], "the killed process was to leave something behind"
    with make_corpus(tmp_path / "c", [said("p")]) as corpus:
        corpus.verify()
        assert corpus.rows("SELECT post FROM posts") == [{"post": "p"}]
    assert names(tmp_path) == ["c"]


def test_an_interrupted_ingestion_clears_up_behind_itself(tmp_path, reading):
    reading.send_signal(signal.SIGINT)
    assert reading.wait() != 0
    assert names(tmp_path) == []


def test_the_second_of_two_ingestions_into_one_folder_says_so(tmp_path, reading):
    with pytest.raises(InputError, match="another process is writing it"):
        make_corpus(tmp_path / "c", [said("p")])
    reading.stdin.close()
    assert reading.stdout.readline() == "done\n"
    with Corpus.open(tmp_path / "c") as corpus:
        assert corpus.manifest.counts["posts"] == 100
    assert names(tmp_path) == ["c"]


def test_an_exception_in_the_source_leaves_nothing(tmp_path):
    def records():
        yield said("p")
        yield voted("p", 1)
        raise OSError("the disk fell off")

    with pytest.raises(OSError, match="the disk fell off"):
        make_corpus(tmp_path / "c", records())
    assert names(tmp_path) == []


def test_a_folder_that_appears_while_the_dump_is_read_is_left_alone(tmp_path):
    def records():
        yield said("p")
        (tmp_path / "c").mkdir()
        (tmp_path / "c" / "thesis.tex").write_text("My life's work")

    with pytest.raises(InputError, match="it exists"):
        make_corpus(tmp_path / "c", records())
    assert names(tmp_path) == ["c"]
    assert names(tmp_path / "c") == ["thesis.tex"]


def test_a_replaced_corpus_is_whole_at_every_moment(tmp_path):
    make_corpus(tmp_path / "c", [said("old")])
    seen = []

    def watch(event, arguments):
        if (
            event in {"os.remove", "os.rename", "os.rmdir", "shutil.rmtree"}
            and (tmp_path / "c").exists()
            and on
        ):
            with Corpus.open(tmp_path / "c") as corpus:
                seen.append(corpus.manifest.content)

    old = Corpus.open(tmp_path / "c").content
    on = True
    sys.addaudithook(watch)
    try:
        new = make_corpus(tmp_path / "c", [said("new")], replace=True).content
    finally:
        on = False
    assert list(dict.fromkeys(seen)) == [old, new]
    assert names(tmp_path) == ["c"]


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path):
    with start(FULL_DISK, tmp_path / "c", 10_000) as process:
        said_so = process.stdout.read()
    assert "cannot be written" in said_so
    assert "make room on the disk" in said_so
    assert names(tmp_path) == []


def test_a_lock_that_its_owner_deletes_meanwhile_locks_nothing(tmp_path, monkeypatch):
    real = fcntl.flock

    def late(lock, how):
        (tmp_path / ".c.lock").unlink()
        (tmp_path / ".c.lock").touch()
        real(lock, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with pytest.raises(InputError, match="another process is writing it"):
        make_corpus(tmp_path / "c", [said("p")])


def test_a_corpus_set_aside_by_a_killed_replacement_comes_back(tmp_path):
    make_corpus(tmp_path / "c", [said("old")]).close()
    (tmp_path / "c").rename(tmp_path / ".c.old")
    with pytest.raises(InputError, match="it exists"):
        make_corpus(tmp_path / "c", [said("new")])
    with Corpus.open(tmp_path / "c") as corpus:
        assert corpus.rows("SELECT post FROM posts") == [{"post": "old"}]
    assert names(tmp_path) == ["c"]


def test_memory_does_not_grow_with_the_corpus(tmp_path):
    peaks = []
    for count in (3_000, 30_000):
        with start(GROWING, tmp_path / str(count), count) as process:
            peaks.append(int(process.stdout.read()))
    print(f"peak memory at 3,000 and 30,000 posts: {peaks[0] / 1024:.0f} and {peaks[1] / 1024:.0f} MB")
    assert peaks[1] < 2 * peaks[0]
