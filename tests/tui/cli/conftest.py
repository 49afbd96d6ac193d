"""The command line as real processes, on a small forum that partly consists of hostile text.

Importing torch costs seconds a process, so one process embeds the forum with a tiny model, and the others find
its texts in the cache.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import unicodedata
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import numpy as np
import pytest

from tui.cli.schema import load

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
HOSTILE = (
    "\x1b]0;owned\x07\x1b[31mred\x9b2J [@click=app.quit]x[/] [bold]b[/] \u202etfel\u202c z\u200bw *c*\r\x00"
)
STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
SERVER = """
import contextlib, io, json, sys
from tui.cli.main import main
for line in sys.stdin:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(json.loads(line))
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""
ADVICE = ("warm the pot", "weigh the leaves", "use soft water", "steep it short", "never boil it")
THREADS = 14


@dataclass(frozen=True)
class Done:
    """A process that ended."""

    code: int
    out: str
    err: str

    def answer(self, name: str) -> dict:
        """Return the one JSON object on standard output, which must keep to its schema."""
        found = json.loads(self.out)
        jsonschema.Draft202012Validator(load(name)).validate(found)
        return found

    def refused(self, *told: str) -> Done:
        """See that the input was refused in one line that says each of ``told``."""
        assert (self.code, self.out) == (2, ""), self
        assert self.err.startswith("commonbond: ") and self.err.count("\n") == 1, self.err
        for text in told:
            assert text in self.err, self.err
        return self


def seen(done: Done) -> Done:
    """See that nothing in the output steers a terminal, and that there is no traceback."""
    for text in (done.out, done.err):
        steering = {sign for sign in text if unicodedata.category(sign) in STEERING and sign != "\n"}
        assert not steering, f"{steering} in {text}"
    assert "Traceback" not in done.err, done.err
    return done


class Commands:
    """Runs command lines as processes, in one folder and with one embedding cache."""

    def __init__(self, home: Path, model: Path) -> None:
        self.home, self.model = home, model
        self.corpus = home / "forum.corpus"
        self._server: subprocess.Popen | None = None
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
            "COMMONBOND_CACHE": str(home / "cache"),
            "HF_HUB_OFFLINE": "1",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'helpers'}",
        }

    def line(self, *arguments: object, words: bool = False) -> list[str]:
        """Return the whole command line; a SIGINT always reaches it, also where the tests ignore it.

        With ``words``, texts are compared by their words, and no model is loaded.
        """
        start = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
        if words:
            start += "; import personas.embedding, word_embedder"
            start += "; personas.embedding.SentenceEmbedder = lambda model: word_embedder.WordEmbedder()"
        start += "; from tui.cli.main import main; sys.exit(main())"
        return [sys.executable, "-c", start, *map(str, arguments)]

    def __call__(
        self, *arguments: object, columns: int = 100, words: bool = False, more: dict[str, str] | None = None
    ) -> Done:
        done = subprocess.run(
            self.line(*arguments, words=words),
            cwd=self.home,
            env={**self.environment, "COLUMNS": str(columns), **(more or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
            check=False,
        )
        return seen(Done(done.returncode, done.stdout.decode(), done.stderr.decode()))

    def quick(self, *arguments: object) -> Done:
        """Carry out a command line in one process that serves many; nothing that loads a model."""
        if self._server is None:
            self._server = subprocess.Popen(
                [sys.executable, "-c", SERVER],
                cwd=self.home,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        self._server.stdin.write(json.dumps([*map(str, arguments)]) + "\n")
        self._server.stdin.flush()
        return seen(Done(*json.loads(self._server.stdout.readline())))

    def close(self) -> None:
        """End the process that serves many command lines."""
        if self._server is not None:
            self._server.communicate()

    def start(self, *arguments: object, words: bool = False, **options: object) -> subprocess.Popen:
        """Start a command line and let the test watch it."""
        return subprocess.Popen(
            self.line(*arguments, words=words),
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            **options,
        )

    def simulated(self, command: str, *arguments: object, **options: object) -> Done:
        """Run a command on the forum's corpus, with the tiny model and a small panel."""
        embedder = ("--embedder", self.model, "--panel", 5)
        return self(command, self.corpus, *arguments, *embedder, **options)


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    """A sentence-transformers model of 200 words and 16 dimensions, written without loading torch."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    folder = tmp_path_factory.mktemp("model")
    words = {
        word: number
        for number, word in enumerate(["[UNK]", *" ".join(ADVICE).split(), *map(str, range(150))])
    }
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.save(str(folder / "tokenizer.json"))
    rows = np.random.default_rng(7).normal(size=(len(words), 16)).astype(np.float32)
    save_file({"embedding.weight": rows}, str(folder / "model.safetensors"))
    kind = "sentence_transformers.models.StaticEmbedding"
    (folder / "modules.json").write_text(json.dumps([{"idx": 0, "name": "0", "path": "", "type": kind}]))
    return folder


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Path:
    """A folder that the parallel processes of one test run have in common; each makes what it does not find."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "command-line"
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def made_once(folder: Path, name: str) -> Iterator[Path | None]:
    """Give the file to keep something in that nobody has made yet, while the others wait; None where it is there."""
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = folder / f"{name}.json"
        yield None if path.exists() else path


def kept(folder: Path, name: str) -> Done:
    """Return the process that was kept under a name."""
    return Done(**json.loads((folder / f"{name}.json").read_text()))


@pytest.fixture(scope="session")
def commands(tmp_path_factory, shared, model) -> Iterator[Commands]:
    """The command line beside a forum that is ingested and embedded."""
    with made_once(shared, "mapped") as keep:
        if keep is not None:
            home = shared / "home"
            home.mkdir()
            write_forum(home)
            first = Commands(home, model)
            made = first(
                *ingesting(home, first.corpus),
                "--title",
                f"A forum {HOSTILE}".replace("\0", ""),
                "--fictional",
            )
            assert made.code == 0, made
            (shared / "made.json").write_text(json.dumps(asdict(made)))
            mapped = first.simulated("communities", "--json")
            assert mapped.code == 0, mapped.err
            keep.write_text(json.dumps(asdict(mapped)))
    own = tmp_path_factory.mktemp("own") / "home"
    shutil.copytree(shared / "home", own, ignore=shutil.ignore_patterns("bench-run"))
    run = Commands(own, model)
    yield run
    run.close()


@pytest.fixture(scope="session")
def made(commands, shared) -> Done:
    """The ingestion of the forum."""
    return kept(shared, "made")


@pytest.fixture(scope="session")
def mapped(commands, shared) -> Done:
    """The forum's communities as JSON."""
    return kept(shared, "mapped")


@pytest.fixture(scope="session")
def benched(commands, shared) -> Done:
    """The forum's benchmark as JSON; its run is kept in ``bench-run``, its texts in the cache."""
    with made_once(shared, "benched") as keep:
        if keep is not None:
            done = Commands(shared / "home", commands.model).simulated(
                "bench", "--json", "--out", "bench-run"
            )
            assert done.code == 0, done.err
            keep.write_text(json.dumps(asdict(done)))
    for name in ("cache", "bench-run"):
        shutil.copytree(shared / "home" / name, commands.home / name, dirs_exist_ok=True)
    return kept(shared, "benched")


def ingesting(home: Path, out: Path) -> list[object]:
    """Return the command that ingests the forum."""
    tables = (
        "--posts",
        home / "posts.jsonl",
        "--replies",
        home / "replies.jsonl",
        "--votes",
        home / "votes.csv",
    )
    named = ("--communities", home / "titles.jsonl", "--key-file", home / "key")
    return ["ingest", "table", *tables, *named, "--column", "text=body", "--out", out]


def write_forum(home: Path) -> None:
    """Write a forum of two communities, one of them hostile in its texts, titles, tags and names."""
    posts, replies, votes = [], [], ["voter,post,value,community,created"]
    for place, name in (("tea", "ann"), ("cats", f"bob {HOSTILE}")):
        bad = HOSTILE if place == "cats" else ""
        for thread in range(THREADS):
            post, day = f"{place}:{thread}", f"2020-01-{thread * 2 + 1:02}T12:00:00"
            posts.append({
                "post": post, "community": place, "author": f"{name} {thread % 6}", "created": day, "tags": f"t{thread % 3}{bad}",
                "title": f"{place} question {thread}{bad}", "body": f"what about {ADVICE[thread % 5]}?{bad}", "kind": "question",
            })  # fmt: skip
            for reply in range(2 + thread % 2):
                answer, advice = f"{post}/{reply}", ADVICE[(thread + reply + 4) % 5]
                huge = " x" * 500_000 if (place, thread, reply) == ("cats", 2, 0) else ""
                replies.append({
                    "post": answer, "parent": post, "community": place, "author": f"{name} {(thread + reply + 1) % 6}",
                    "body": f"{advice}, says reply {reply} of thread {thread} in {place}{bad}{huge}", "created": day,
                })  # fmt: skip
                votes += [
                    f"{name[:3]} {voter},{answer},{1 if (voter + reply) % 4 else -1},{place},{day}"
                    for voter in range(6)
                ]
    titles = [{"community": place, "title": f"All about {place}{HOSTILE}"} for place in ("tea", "cats")]
    for name, rows in (("posts", posts), ("replies", replies), ("titles", titles)):
        (home / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (home / "votes.csv").write_text("\n".join(votes) + "\n")
    (home / "key").write_text("a key that only the tests know")
