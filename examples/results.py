"""The README's results: on real people's votes, from the dumps to the tables, by one command.

    make results DATA=../shared/data

reads the dumps in DATA in place, works in a temporary folder, and writes its tables between two marks of the
README. Members' names are hashed with a key that everybody has, so that everybody gets the same figures; what
is made with it is not for keeping.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import bundled_corpus, hold_out, run_benchmark
from bench.construction import construct
from bench.datasets.bundled import PUBLIC_KEY
from bench.granularity import run_study
from bench.granularity.findings import ALL, COMMUNITY, LEVELS, PERSON
from bench.granularity.wording import where_communities_win
from bench.report.markdown import as_markdown
from bench.report.rows import ARROWS, written
from personas import ingest
from personas.embedding import embedder_named
from simulator import Simulation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.granularity import Study
    from bench.scores import ScoreCard, ScoreRow, TaskScore
    from personas import Corpus
    from personas.embedding import Embedder

SEED = 7
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
SHOWN = (
    ("preference identification", "accuracy"),
    ("preference distribution", "Kendall τ-b"),
    ("preference distribution", "Jensen–Shannon divergence (base 2)"),
    ("preference distribution", "mean absolute error of a share"),
    ("preference distribution", "variance of shares across items, simulated / real"),
    ("community-consistent generation", "recognised"),
    ("community-consistent generation", "cosine to the real top answer"),
    ("community identification", "accuracy"),
)
HEAD = ("figure", "simulation", "as another community", "no community", "best of the rest", "ahead of it")
HEAD += ("noise ceiling", "n")
SHORT = {
    "preference identification": "most preferred option",
    "preference distribution": "distribution",
    "community-consistent generation": "generation",
    "community identification": "which community",
}


def main() -> None:
    """Make the tables, and put them into the README."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path, help="the folder with stackexchange and polis in it")
    parser.add_argument("--readme", type=Path, default=Path(__file__).parents[1] / "README.md")
    parser.add_argument("--details", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    for folder in ("stackexchange", "polis"):
        if not (options.data / folder).is_dir():
            sys.exit(f"no folder {folder} in {options.data}: name the one that holds it")
    with tempfile.TemporaryDirectory() as folder:
        told = "\n\n".join(sections(options.data, Path(folder), options.details))
    text = options.readme.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        sys.exit(f"{options.readme} has no marks {BEGIN} and {END} to write between")
    options.readme.write_text(f"{before}{BEGIN}\n\n{told}\n\n{END}{after}", encoding="utf-8")


def sections(data: Path, folder: Path, details: Path) -> Iterator[str]:
    """Yield the parts of the README's results; every figure of each place goes into a file of its own."""
    embedder = embedder_named()
    sites = made("stackexchange", sorted((data / "stackexchange").glob("*.xml")), folder)
    talks = made("polis", sorted((data / "polis").iterdir()), folder)
    places = (
        ("Five Stack Exchange sites, by time", sites, {}),
        ("Eight pol.is conversations, two groups each", talks, {"groups": 2}),
        ("32 cuisines by age, a bundled survey", bundled_corpus("food", out=folder / "food"), {}),
    )
    details.mkdir(exist_ok=True)
    for name, corpus, choices in places:
        card = measured(corpus, embedder, choices)
        yield f"#### {name}\n\n{table(HEAD, list(figures(card)))}"
        file = details / f"{corpus.folder.name}.md"
        file.write_text(f"# {name}\n\n{as_markdown(card, every_metric=True)}\n", encoding="utf-8")
    yield granularity(talks, embedder)
    yield weaknesses(
        (("five Stack Exchange sites", sites), ("eight pol.is conversations", talks)), embedder, folder
    )


def made(source: str, paths: Sequence[Path], folder: Path) -> Corpus:
    """Return a corpus of some dumps."""
    return ingest(source, paths, out=folder / source, key=PUBLIC_KEY)


def measured(corpus: Corpus, embedder: Embedder, choices: dict[str, Any]) -> ScoreCard:
    """Hold the offline engine against the half of a corpus that is held out."""
    split = hold_out(corpus, seed=SEED)
    _, card = run_benchmark(Simulation(split.train, seed=SEED, embedder=embedder, **choices), split)
    return card


def figures(card: ScoreCard) -> Iterator[tuple[str, ...]]:
    """Yield the headline rows of a score card."""
    for task in card.tasks:
        if (task.task, task.metric) in SHOWN and task.rows:
            name = task.metric.partition(" (base")[0].removesuffix(", simulated / real")
            yield (f"{SHORT[task.task]}: {name} {ARROWS[task.better]}", *cells(task))


def cells(task: TaskScore) -> tuple[str, ...]:
    """Return the simulation, its controls, the best of the rest, the ceiling and the lead over the best."""
    by_role: dict[str, list[ScoreRow]] = {}
    for row in task.rows:
        by_role.setdefault(row.role, []).append(row)
    first = by_role["simulation"][0]
    shuffled = one(row for row in task.rows if row.predictor.startswith("shuffled"))
    universal = one(row for row in task.rows if "universal" in row.predictor)
    rest = [row for role in ("baseline", "control") for row in by_role.get(role, ())]
    rest = [row for row in rest if row not in (shuffled, universal) and row.mean is not None]
    sign = -1 if task.better == "lower" else 1
    best = max(rest, key=lambda row: sign * (row.mean or 0.0), default=None) if task.better != "one" else None
    ceiling = one(by_role.get("ceiling", ()))
    lead = best.ahead if best is not None and best.ahead else None
    return (
        with_interval(first),
        figure(shuffled),
        figure(universal),
        "—" if best is None else f"{figure(best)} {best.predictor.partition(' (')[0]}",
        "" if not lead else f"{written(lead['mean'])} [{written(lead['low'])}, {written(lead['high'])}]",
        figure(ceiling),
        f"{first.n:,} in {first.communities}",
    )


def one(rows: Any) -> ScoreRow | None:
    """Return the first row, where there is any."""
    return next(iter(rows), None)


def figure(row: ScoreRow | None) -> str:
    """Return a row's figure."""
    return "—" if row is None else written(row.mean)


def with_interval(row: ScoreRow) -> str:
    """Return a row's figure with its interval."""
    return f"**{written(row.mean)}** [{written(row.low)}, {written(row.high)}]"


def granularity(talks: Corpus, embedder: Embedder) -> str:
    """Return at which granularity people's votes are told best, in both settings."""
    parts = []
    for held_out, told in (
        ("votes", "a person's votes held out, the others' votes on the statement known"),
        ("statements", "statements held out for everybody, told by what they say"),
    ):
        study = run_study(talks, embedder, held_out=held_out, seed=SEED)
        parts.append(f"Brier score ↓, {told}:\n\n{levels(study)}\n\n{where_communities_win(study)}")
    return "\n\n".join(["#### For all, per community, or per person", *parts])


def levels(study: Study) -> str:
    """Return a table of the levels at each number of known choices."""
    numbers = study.numbers()
    rows = [(level, *(written(study.score(level, known).mean) for known in numbers)) for level in LEVELS]
    for other in (ALL, PERSON):
        gaps = [study.gap(COMMUNITY, other, known) for known in numbers]
        cells = (f"{written(gap.mean)} [{written(gap.low)}, {written(gap.high)}]" for gap in gaps)
        rows.append((f"*{COMMUNITY}* ahead of *{other}*", *cells))
    return table(("known choices", *map(str, numbers)), rows)


def weaknesses(places: Sequence[tuple[str, Corpus]], embedder: Embedder, folder: Path) -> str:
    """Return what benchmarks built from these places give away."""
    rows, told = [], []
    for name, corpus in places:
        out = folder / f"{corpus.folder.name}.benchmark"
        found = construct(corpus, out=out, seed=SEED, embedder=embedder, tasks=False).manifest.more[
            "weaknesses"
        ]
        rows += [
            (name, row["predictor"], bounded(row["accuracy"]), bounded(row["divergence"]))
            for row in found["without_community"]
        ]
        told += [f"- {name}: {line}" for line in identified(found)]
    head = ("benchmark", "never sees the community", "accuracy ↑", "Jensen–Shannon divergence ↓")
    return "\n\n".join(["#### What a constructed benchmark gives away", table(head, rows), "\n".join(told)])


def identified(found: dict[str, Any]) -> Iterator[str]:
    """Yield what names and surface cues alone give away of the community, before and after they are masked."""
    told = found["identification"]
    if not told["rows"]:
        yield f"identification from cues: {told['note']}"
    for row in told["rows"]:
        chance = written(told["chance"]["mean"])
        yield f"identification from {row['cues']}: {bounded(row['accuracy'])}, chance {chance}"


def bounded(score: dict[str, Any] | None) -> str:
    """Return a figure with its interval."""
    if not score or score["mean"] is None:
        return "—"
    return f"{written(score['mean'])} [{written(score['low'])}, {written(score['high'])}]"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
