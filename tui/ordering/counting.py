"""Count what a run would judge, in a process of its own: ``python -m tui.ordering.counting PLACE``.

Only the held-out items are made, or the prompts read: nothing is embedded and no model asked. A place's real
communities are named as well, so that some can be chosen.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.heldout import HeldOut

__all__ = ["count_judgements", "main"]


def count_judgements(
    place: Path,
    *,
    share: float = 0.5,
    split: str = "auto",
    part: str = "test",
    seed: int = 7,
    items: int | None = None,
    communities: str = "auto",
    prompts: Path | None = None,
) -> dict[str, Any]:
    """Return how much a run would judge, as plain data.

    Args:
        place: a corpus or a benchmark. ``share``, ``split``, ``part``, ``seed``: what is held out of it.
        items: at the most; all where None.
        communities: ``given``, ``found`` or ``auto``, as the command line says it.
        prompts: a file of prompts, which is counted instead of what is held out.

    Returns:
        ``items``, the ``judgements`` that they come to (None where the communities are yet to be found), whether
        they are ``found``, the ``communities`` as name and members, what was ``left_out`` by reason, and ``notes``.

    Raises:
        InputError: the place or the file cannot be read, or there is nothing to judge.
    """
    from bench.benchmark import Benchmark
    from bench.benchmark.reading import is_benchmark
    from bench.heldout import BenchmarkPart
    from bench.split import hold_out
    from personas.corpus import Corpus

    if is_benchmark(place):
        whole = Benchmark.open(place)
        named = [(name, known.members or 0) for name, known in whole.communities.items()]
        held: HeldOut | None = None if prompts else BenchmarkPart(whole, part)  # type: ignore[arg-type]
        return _counted(held, None, named, found=False, items=items, prompts=prompts)
    with Corpus.open(place) as corpus:
        named = [(entry.name, entry.members) for entry in corpus.manifest.communities]
        by_graph = corpus.manifest.ballot == "agreement"
        found = communities == "found" or (communities == "auto" and by_graph)
        held = None if prompts else hold_out(corpus, share=share, seed=seed, by=split)  # type: ignore[arg-type]
        return _counted(held, corpus.given(), named, found=found, items=items, prompts=prompts)


def _counted(
    held: HeldOut | None,
    given: Any,
    named: Sequence[tuple[str, int]],
    *,
    found: bool,
    items: int | None,
    prompts: Path | None,
) -> dict[str, Any]:
    told: dict[str, Any] = {"communities": [list(pair) for pair in named], "found": found, "notes": []}
    if held is None:
        return {**told, **_prompts(prompts)}
    built = held.items(given)
    if not built.items:
        from bench.heldout import nothing_to_judge

        raise nothing_to_judge(built, str(held.whole.folder))
    judged = built.items[:items]
    number = sum(1 if item.community else len(item.votes) or len(named) for item in judged)
    return {
        **told,
        "items": len(judged),
        "judgements": None if found else number,
        "left_out": dict(built.left_out),
        "notes": list(held.notes),
    }


def _prompts(path: Path | None) -> dict[str, Any]:
    from simulator.export.prompt_file import PromptFile

    reading = PromptFile(path or "").read()
    left_out = {"lines that hold no prompt": reading.broken_count} if reading.broken_count else {}
    lines = [f"line {broken.line}: {broken.problem}" for broken in reading.broken[:3]]
    return {"items": reading.prompts, "judgements": None, "left_out": left_out, "notes": lines}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print it as JSON; 2 where something cannot be used, with the reason as the command line gives it."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("place", type=Path)
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--split", default="auto")
    parser.add_argument("--part", default="test")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--items", type=int)
    parser.add_argument("--communities", default="auto")
    parser.add_argument("--prompts", type=Path)
    options = vars(parser.parse_args(arguments))
    try:
        found = {"command": "count", **count_judgements(options.pop("place"), **options)}
    except InputError as error:
        told = {"what": error.what, "where": error.where, "remedy": error.remedy}
        found = {"command": "error", "error": told}
    sys.stdout.write(json.dumps(found))
    return 2 if found["command"] == "error" else 0


if __name__ == "__main__":
    sys.exit(main())
