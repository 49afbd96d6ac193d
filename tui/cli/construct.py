"""``commonbond construct``: a benchmark out of any corpus, with a datasheet that tells its weaknesses."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bench.construction import construct
from personas.embedding import embedder_named
from simulator.settings import Settings
from tui.cli.output import console, listing, print_json, print_table, progress, tell
from tui.cli.parts import open_corpus, provenance, whose
from tui.plaintext import one_line

if TYPE_CHECKING:
    import argparse

    from bench.benchmark import Benchmark
    from personas.corpus import Corpus

__all__ = ["run"]

CHOICES = (
    *("parts", "options", "percentile", "least", "alike", "bot_posts", "bot_share", "bot_hourly", "norms"),
    *("people", "keep_cues"),
)
SETTINGS = ("communities", "groups", "smallest", "blend", "neighbours")


def run(options: argparse.Namespace) -> int:
    """Build the benchmark; 1 where a community has no test item."""
    with open_corpus(options) as corpus, progress() as bars:
        choices = {name: getattr(options, name) for name in CHOICES if hasattr(options, name)}
        if "least" in choices:
            choices["least"] = dict(choices["least"])
        settings = {name: getattr(options, name) for name in SETTINGS if hasattr(options, name)}
        benchmark = construct(
            corpus,
            out=options.out,
            seed=options.seed,
            embedder=embedder_named(options.embedder, advance=bars.advance("embedding")),
            title=options.title,
            settings=Settings(seed=options.seed, **settings),
            tasks=options.tasks,
            replace=options.replace,
            tell=tell,
            by=options.split,
            **choices,
        )
        untested = _untested(benchmark)
        if options.json:
            print_json(_found(corpus, benchmark, untested))
        else:
            _print(corpus, benchmark, untested)
    return 1 if untested else 0


def _untested(benchmark: Benchmark) -> list[str]:
    """Return the communities of which nothing is tested."""
    tested = {name for item in benchmark.items("test") for name in item.votes}
    return [name for name in benchmark.communities if name not in tested]


def _found(corpus: Corpus, benchmark: Benchmark, untested: list[str]) -> dict[str, Any]:
    made = {"folder": str(benchmark.folder), "manifest": asdict(benchmark.manifest)}
    return {"command": "construct", **provenance(corpus), **made, "untested": untested}


def _print(corpus: Corpus, benchmark: Benchmark, untested: list[str]) -> None:
    manifest, screen = benchmark.manifest, console()
    weak = manifest.more["weaknesses"]
    counted = ", ".join(f"{count:,} in {part}" for part, count in manifest.parts.items())
    screen.print(f"{whose(corpus, f'benchmark in {one_line(str(benchmark.folder))}')}\n")
    rows = [("items", counted), ("communities", f"{len(benchmark.communities):,}")]
    rows += [("left out", f"{reason}: {count:,}") for reason, count in manifest.left_out.items()]
    rows += [("note", note) for note in manifest.notes]
    rows += [("warning", f"{name}: no test item") for name in untested]
    screen.print(listing(rows))
    screen.print()
    told = whose(corpus, "the test part")
    print_table(
        screen,
        "Without ever seeing the community",
        ("predictor", "accuracy", "divergence (lower is better)"),
        [
            (row["predictor"], _figure(row["accuracy"]), _figure(row["divergence"]))
            for row in weak["without_community"]
        ],
        told=told,
        right=2,
    )
    screen.print()
    _print_identification(corpus, weak["identification"])


def _print_identification(corpus: Corpus, found: dict[str, Any]) -> None:
    screen = console()
    title = "Telling communities apart by names and surface"
    if not found["rows"]:
        screen.print(f"{title}: not measured, {one_line(found['note'])}")
        return
    rows = [*found["rows"], {"cues": "chance", "accuracy": found["chance"]}]
    print_table(
        screen,
        title,
        ("what is read", "accuracy"),
        [(row["cues"], _figure(row["accuracy"])) for row in rows],
        told=whose(corpus, "the test part"),
        right=1,
    )


def _figure(row: dict[str, Any]) -> str:
    if row["mean"] is None:
        return "—"
    bounds = "" if row["low"] is None else f" [{row['low']:.3f}, {row['high']:.3f}]"
    return f"{row['mean']:.3f}{bounds}"
