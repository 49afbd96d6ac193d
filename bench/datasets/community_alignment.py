"""Community Alignment as a benchmark: one choice among four answers, pooled over its annotators by community.

Zhang, Milli et al. 2025, "Cultivating Pluralism In Algorithmic Monoculture: The Community Alignment Dataset",
arXiv 2507.09650. The file is read and pooled on disk, so that memory stays bounded whatever its size.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.benchmark import PARTS, BenchmarkWriter
from bench.datasets.alignment_file import ATTRIBUTES, LETTERS, TURNS, read_file, work_database
from bench.datasets.alignment_people import alignment_communities
from bench.datasets.alignment_pooling import Pooling, pool
from bench.datasets.alignment_sheet import alignment_facts, alignment_notes, alignment_sheet
from bench.datasets.hub import local_files
from personas.errors import InputError
from simulator.item import Item, Option, RealVotes, Turn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from duckdb import DuckDBPyConnection

    from bench.benchmark import Benchmark

__all__ = ["HUB_ID", "load_community_alignment"]

HUB_ID = "facebook/community-alignment-dataset"
FILE = "community_alignment.csv"
LICENCE = "CC BY 4.0"
SHARES = (0.6, 0.2, 0.2)
FETCHED = 128
BATCH = 2048
"""Lines whose texts are fetched at once: as many as the database unpacks at once."""
TOLD = ("turn", "annotators", "languages", "waves", "pregenerated", "balanced", "balanced_10")


def load_community_alignment(
    source: str | Path = HUB_ID,
    *,
    out: str | Path,
    by: Sequence[str] = ("country",),
    least_voters: int = 1,
    shares: tuple[float, float, float] = SHARES,
    seed: int = 7,
    fictional: bool = False,
    replace: bool = False,
) -> Benchmark:
    """Make a benchmark of Community Alignment in the folder ``out``.

    An item is a prompt with all that was said before it and the set of its candidate texts; answers are pooled over
    annotators by these texts, whatever letters they stood under. Options stand in an order drawn from the seed;
    where more than half of the annotators saw one order, ``Option.place`` and ``about["positions"]`` say in which
    place each stood in it (0 for the first); ``about["letters"]`` says how many saw it under which letter.
    Feedback is left out altogether, as letters in it would be false. What else is left out is counted by reason.

    Args:
        source: the CSV file (also gzipped), a folder that holds it, or its id on the Hugging Face Hub.
        out: the folder to make.
        by: attributes of the annotators, any of ``ATTRIBUTES``; each combination of their values is a community,
            named as in ``india/liberal``. None: one community of everybody.
        least_voters: an item counts for a community from so many answers on.
        shares: shares of the first prompts in the train, validation and test part.
        seed: what the parts, the order of options and the choice of ``people`` are derived from.
        fictional: whether the file was made up.
        replace: whether to replace a benchmark that is there.

    Raises:
        InputError: the file is not there or not of this format, an option makes no sense, or nothing is left.
    """
    how = _checked(Pooling(by=tuple(by), least_voters=least_voters, shares=shares, seed=seed))
    writer = BenchmarkWriter(
        out,
        name="community-alignment",
        title="Community Alignment",
        source=f"{HUB_ID}, {FILE} (Zhang, Milli et al. 2025, arXiv 2507.09650)",
        licence=LICENCE,
        fictional=fictional,
        replace=replace,
    )
    path = next(iter(local_files(source, [FILE]).values()))
    with writer:
        with tempfile.TemporaryDirectory(dir=writer.folder) as work, work_database(Path(work)) as db:
            more = _fill(writer, db, path, how)
        return writer.finish(**more)


def _fill(writer: BenchmarkWriter, db: DuckDBPyConnection, path: Path, how: Pooling) -> dict[str, Any]:
    """Write everything but the manifest, and return the facts for it."""
    read = read_file(db, path)
    left_out = {
        **{
            f"a line of the file cannot be read: {problem}": number
            for problem, number in read.malformed.items()
        },
        **pool(db, how),
    }
    for reason, number in left_out.items():
        writer.leave_out(reason, number)
    for item, part, about in _items(db, how.seed):
        writer.add(PARTS[part], item, about)
    for known in alignment_communities(db, how):
        writer.add_community(known)
    facts = alignment_facts(db, read)
    for note in alignment_notes(facts):
        writer.note(note)
    writer.datasheet(alignment_sheet(facts, how, left_out))
    choices = {"by": how.by, "least_voters": how.least_voters, "shares": how.shares, "seed": how.seed}
    return {"choices": choices, **facts}


def _checked(how: Pooling) -> Pooling:
    unknown = [name for name in how.by if name not in ATTRIBUTES]
    if unknown or len(set(how.by)) < len(how.by):
        raise InputError(
            f"communities by {', '.join(how.by)}",
            where="by",
            remedy=f"name each of these once at most: {', '.join(ATTRIBUTES)}",
        )
    if how.least_voters < 1:
        raise InputError(
            f"{how.least_voters} voters at the least", where="least_voters", remedy="use 1 or more"
        )
    if len(how.shares) != 3 or min(how.shares) < 0 or abs(sum(how.shares) - 1) > 1e-9:
        raise InputError(f"the shares {how.shares}", where="shares", remedy="give three that add up to 1")
    return how


def _items(db: DuckDBPyConnection, seed: int) -> Iterator[tuple[Item, int, dict[str, Any]]]:
    """Yield items with their part, in the order of the lines that their texts are taken from."""
    query = _item_query()
    lines = db.execute("SELECT coalesce(max(line), -1) FROM items").fetchone() or (-1,)
    for first in range(0, lines[0] + 1, BATCH):
        found = db.execute(query, {"first": first, "end": first + BATCH})
        while rows := found.fetchmany(FETCHED):
            for row, part, about in rows:
                names = _drawn_order(row, seed)
                item = _item(row, names)
                places = {"positions": [option.place for option in item.options]} if row["usual"] else {}
                yield item, part, {**about, **places, "letters": _letters(row, names)}


def _item_query() -> str:
    """Return the query for the items whose texts stand in the lines from ``first`` until before ``end``."""
    turns = range(1, len(TURNS) + 1)
    shown = " ".join(f"WHEN {turn} THEN [{_all(turn)}]" for turn in turns)
    prompt = " ".join(f"WHEN {turn} THEN prompt{turn}" for turn in turns)
    before = ", ".join(f"prompt{turn}, ([{_all(turn)}])[chosen{turn}]" for turn in turns[:-1])
    return (
        "SELECT {key: key, hashes: shown, usual: usual, votes: votes, letters: letters, "
        f"prompt: CASE turn {prompt} END, texts: CASE turn {shown} END, "
        f"before: ([{before}])[1:2 * (turn - 1)]}}, part, {{{', '.join(f'{name}: {name}' for name in TOLD)}}} "
        "FROM items JOIN said ON said.rowid = items.line WHERE line >= $first AND line < $end "
        "AND said.rowid >= $first AND said.rowid < $end ORDER BY line, turn"
    )


def _all(turn: int) -> str:
    return ", ".join(f"{letter}{turn}" for letter in LETTERS)


def _drawn_order(row: Mapping[str, Any], seed: int) -> list[str]:
    """Return the candidates' hashes in an order that nothing but the seed and the texts decides."""

    def drawn(name: str) -> bytes:
        return hashlib.blake2b(f"{seed}:{row['key']}:{name}".encode(), digest_size=8).digest()

    return sorted(set(row["hashes"]), key=drawn)


def _item(row: Mapping[str, Any], names: Sequence[str]) -> Item:
    texts = dict(zip(row["hashes"], row["texts"], strict=True))
    usual = list(dict.fromkeys(row["usual"] or ()))
    counts: dict[str, dict[str, int]] = {}
    for vote in row["votes"]:
        counts.setdefault(vote["community"], dict.fromkeys(names, 0))[vote["text"]] = vote["number"]
    return Item(
        item=f"ca-{row['key']}",
        query=row["prompt"],
        options=tuple(Option(text=texts[name], place=usual.index(name) if usual else None) for name in names),
        kind="choice",
        turns=tuple(
            Turn(role="assistant" if place % 2 else "user", text=text)
            for place, text in enumerate(row["before"])
        ),
        votes={community: _votes(tuple(found.values())) for community, found in counts.items()},
    )


def _votes(up: tuple[int, ...]) -> RealVotes:
    voters = sum(up)
    first, second = sorted(up, reverse=True)[:2]
    shares = tuple(number / voters for number in up)
    return RealVotes(shares=shares, voters=voters, up=up, margin=first - second)


def _letters(row: Mapping[str, Any], names: Sequence[str]) -> list[dict[str, int]]:
    """Return how many annotators saw each option under which letter."""
    found: dict[str, dict[str, int]] = {name: {} for name in names}
    for place in row["letters"]:
        found[place["text"]][place["letter"].upper()] = place["number"]
    return list(found.values())
