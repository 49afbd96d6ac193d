"""``commonbond demo``: the whole job on the bundled example.

A fictional forum shows communities, norms and discussion; two real surveys, as counts by group, let
simulated preferences be held against real people's answers.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.construct import hold_out
from bench.evaluate import run_benchmark
from personas.errors import InputError
from personas.ingest import ingest
from personas.sources.table import TableSource
from simulator.simulation import Simulation
from tui.cli.bench import print_card
from tui.cli.communities import describe_all, print_communities, write_beside
from tui.cli.output import console, print_json, progress, tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from typing import Literal

    from bench.scores import ScoreCard
    from personas.corpus import Corpus
    from personas.embedding import Embedder

__all__ = ["example_data", "run"]

SEED = 7
PANEL = 32
PUBLIC_KEY = b"the people of the example are invented or counted, so their key is no secret"


@dataclass(frozen=True, kw_only=True)
class _Example:
    """One corpus of the bundled example."""

    name: str
    folder: str
    title: str
    suffix: str
    ballot: Literal["endorsement", "choice"]
    licence: str
    fictional: bool

    def source(self, data: Path) -> TableSource:
        """Return the reader of its files."""
        folder = data / self.folder
        roles = ("posts", "replies", "votes", "members", "communities")
        files = {role: [path] for role in roles if (path := folder / f"{role}{self.suffix}").is_file()}
        return TableSource(
            posts=files["posts"],
            replies=files["replies"],
            votes=files["votes"],
            members=files.get("members", []),
            communities=files["communities"],
            ballot=self.ballot,
            licence=self.licence,
        )


EXAMPLES = (
    _Example(
        name="forum",
        folder="forum",
        title="Fern Hollow, a fictional village's board",
        suffix=".jsonl",
        ballot="endorsement",
        licence="Apache-2.0",
        fictional=True,
    ),
    _Example(
        name="nonvoters",
        folder="surveys/nonvoters",
        title="Non-voters poll 2020 (FiveThirtyEight/Ipsos), real counts by how often people vote",
        suffix=".csv",
        ballot="choice",
        licence="CC BY 4.0",
        fictional=False,
    ),
    _Example(
        name="food",
        folder="surveys/food",
        title="Food World Cup 2014 (FiveThirtyEight), real counts by age group",
        suffix=".csv",
        ballot="choice",
        licence="CC BY 4.0",
        fictional=False,
    ),
)


def run(options: argparse.Namespace) -> int:
    """Ingest, map, simulate and measure each corpus of the example; then open it, where there is a terminal."""
    from personas.embedding import embedder_named

    out, shown = Path(options.out), []
    with progress() as bars:
        embedder = embedder_named(advance=bars.advance("embedding"))
        for example in EXAMPLES:
            tell(f"{example.title} …")
            shown.append(_show(example, out, embedder, bars.advance))
    failed = any(run_failed for *_, run_failed in shown)
    if options.json:
        print_json({"command": "demo", "out": str(out), "runs": [_as_data(*part) for part in shown]})
    elif options.no_interface or not (sys.stdout.isatty() and sys.stdin.isatty()):
        for corpus, found, card, folder, _ in shown:
            if found["graph"]["members"]:
                print_communities(corpus, found)
            print_card(corpus, card, every_metric=False)
            console().print(f"kept in {folder}; to look at it: commonbond --open {out}\n")
    else:
        from tui.app import run as open_interface

        open_interface([path for example in EXAMPLES for path in (_corpus(out, example), _run(out, example))])
    return int(failed)


def example_data() -> Path:
    """Return the folder of the bundled example: in the installed package, or in the checkout.

    Raises:
        InputError: it is in neither.
    """
    places = (Path(__file__).parent.parent / "example_data", Path(__file__).parents[2] / "examples" / "data")
    for place in places:
        if (place / "forum" / "posts.jsonl").is_file():
            return place
    raise InputError("the bundled example is missing", where=str(places[0]), remedy="reinstall commonbond")


def _show(
    example: _Example, out: Path, embedder: Embedder, advance: Callable[[str], Callable[[int, int], None]]
) -> tuple[Corpus, dict[str, Any], ScoreCard, Path, bool]:
    key = hashlib.sha256(PUBLIC_KEY).digest()
    corpus = ingest(
        example.source(example_data()),
        [],
        out=_corpus(out, example),
        key=key,
        title=example.title,
        fictional=example.fictional,
        replace=True,
    )
    found = describe_all(corpus, Simulation(corpus, seed=SEED, panel=PANEL, embedder=embedder))
    write_beside(corpus.folder, found)
    split = hold_out(corpus, seed=SEED)
    simulation = Simulation(split.train, seed=SEED, panel=PANEL, embedder=embedder)
    folder = _run(out, example)
    result, card = run_benchmark(simulation, split, out=folder, advance=advance(f"judging {example.name}"))
    return corpus, found, card, folder, bool(result.failures())


def _as_data(
    corpus: Corpus, found: dict[str, Any], card: ScoreCard, folder: Path, _failed: bool
) -> dict[str, Any]:
    return {
        "corpus": found["corpus"],
        "communities": list(found["communities"]),
        "run": str(folder),
        "scores": card.as_data(),
        "counts": corpus.manifest.counts,
    }


def _corpus(out: Path, example: _Example) -> Path:
    return out / f"{example.name}.corpus"


def _run(out: Path, example: _Example) -> Path:
    return out / f"{example.name}-run"
