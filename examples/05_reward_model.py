"""Does simulated preference data teach a reward model what a community prefers, and which candidates teach it best?

    python examples/05_reward_model.py ../shared/data/polis

reads the pol.is conversations there in place, has their communities simulated offline, exports what they prefer,
trains reward models on the export with TRL, and writes its tables. Needs the extras `offline` and `train`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import torch
from reward_model.conversation import UnfitError, conversation
from reward_model.experiment import Outcome, Size, carried_out
from reward_model.learner import Learner, Recipe, minilm
from reward_model.report import report

from personas.embedding import Embedder, embedder_named
from personas.errors import InputError

SEED = 7
ASIDE = "canadian-electoral-reform"
"""The conversation that the recipe was chosen on; its figures stand apart."""
QUICK, SMALL = "scoop-hivemind.biodiversity", Size(rounds=1, learned=20, tested=30, panel=32)
"""What ``--quick`` takes, and how little of it."""


def main() -> None:
    """Do the experiment on each conversation, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="a folder of pol.is conversations, one folder each")
    parser.add_argument("--quick", action="store_true", help="one conversation, little data: does it run?")
    parser.add_argument("--threads", type=int, default=min(4, os.cpu_count() or 1), help="of torch")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "reward_model.md")
    options = parser.parse_args()
    if not any(options.data.glob("*/comments.csv")):
        sys.exit(f"no pol.is conversation in {options.data}: name the folder that holds their folders")
    begun = time.monotonic()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as scratch:
        learner = Learner(minilm(), Recipe(), Path(scratch) / "trainer")
        size, only = (SMALL, QUICK) if options.quick else (Size(), "")
        page = made(options.data, Path(scratch), learner, embedder_named(), size=size, only=only)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(page, encoding="utf-8")
    print(page)
    print(f"{(time.monotonic() - begun) / 60:.1f} minutes; written to {options.out}", file=sys.stderr)


def made(
    data: Path, scratch: Path, learner: Learner, embedder: Embedder, *, size: Size, only: str = ""
) -> str:
    """Return the page of tables: of every conversation that can be used, or of one alone."""
    done: dict[str, list[Outcome]] = {}
    left_out: dict[str, str] = {}
    for folder in sorted(path.parent for path in data.glob("*/comments.csv")):
        if only not in {"", folder.name}:
            left_out[folder.name] = f"as {only} alone was asked for"
            continue
        try:
            done[folder.name] = rounds(folder, scratch, learner, embedder, size)
        except UnfitError as problem:
            left_out[folder.name] = str(problem)
    if not done:
        raise InputError("no conversation can be used", where=str(data), remedy=str(left_out))
    aside = {name: done.pop(name) for name in (ASIDE,) if name in done}
    return report(done, aside, left_out=left_out, size=size, recipe=learner.recipe)


def rounds(folder: Path, scratch: Path, learner: Learner, embedder: Embedder, size: Size) -> list[Outcome]:
    """Go through one conversation several times, each time with another half of it hidden."""
    found = []
    for number in range(1, 1 + (1 if folder.name == ASIDE else size.rounds)):
        out = scratch / f"{folder.name}.{number}"
        talk = conversation(
            folder, out / "corpus", embedder, seed=SEED + number - 1, panel=size.panel, smallest=size.smallest
        )
        found.append(carried_out(talk, learner, out, size, number=number, tell=tell))
    return found


def tell(line: str) -> None:
    """Say how far it is, where it does not get into the tables."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
