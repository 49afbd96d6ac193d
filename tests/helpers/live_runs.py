"""Engines of the real command line that are slow enough to be watched: on a stand-in server that takes its time.

No embedding model is loaded: texts are compared by their words.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from personas.errors import InputError
from simulator.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["START", "begin", "environment", "judged", "kinds", "until"]

ROOT = Path(__file__).parents[2]
START = (
    "import sys, personas.embedding, word_embedder; "
    "personas.embedding.SentenceEmbedder = lambda model: word_embedder.WordEmbedder(); "
    "from tui.cli.main import main; sys.exit(main())"
)
"""The command line as a program, for ``python -c``."""


def environment(cache: Path) -> dict[str, str]:
    """Return what the command line needs in its environment."""
    paths = f"{ROOT}:{ROOT / 'tests' / 'helpers'}"
    return {**os.environ, "PYTHONPATH": paths, "COMMONBOND_CACHE": str(cache)}


def begin(corpus: Path, run: Path, server: str, *options: object) -> subprocess.Popen[bytes]:
    """Start a simulation of a corpus on a server, as somebody else would."""
    given = (
        "simulate",
        corpus,
        "--out",
        run,
        "--model",
        "hosted_vllm/stand-in",
        "--api-base",
        server,
        *options,
    )
    return subprocess.Popen(
        [sys.executable, "-c", START, *map(str, given)],
        env=environment(corpus.parent / "cache"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kinds(folder: Path) -> list[str]:
    """Return the milestones of a run so far."""
    with Journal.read(folder) as journal:
        return [kind for _, _, kind, _ in journal.milestones()]


def judged(folder: Path) -> int:
    """Return how many judgements a run has, also where it is only being made."""
    try:
        with Journal.read(folder) as journal:
            return journal.progress()[0]
    except InputError:
        return 0


def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
