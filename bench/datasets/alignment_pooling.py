"""Pool the answers of many annotators to the same comparison: by what was shown, not by line, letter or order.

A comparison is a prompt, all that was said before it, and the set of candidate texts. Works on the table ``said``
of ``alignment_file``; every step is a query, so that memory stays bounded, and counts what it leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.datasets.alignment_file import LETTERS, TURNS, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from duckdb import DuckDBPyConnection

__all__ = ["Pooling", "pool"]

AGAIN_ALIKE = "the same comparison answered again by the same annotator, with the same answer"
AGAIN_DIFFERENTLY = (
    "the same comparison answered more than once by the same annotator, with different answers"
)
LEAKING = "a later prompt of the conversation, or one before it, also stands in another part"
DIGITS = 8
FLAGS = {
    "is_pregenerated_first_prompt": "pregenerated",
    "in_balanced_subset": "balanced",
    "in_balanced_subset_10": "balanced_10",
}
"""What a line tells of its first prompt, by the name that an item has it under."""


@dataclass(frozen=True, kw_only=True)
class Pooling:
    """How answers are pooled.

    Args:
        by: the attributes whose values together name a community; none for one community of everybody.
        least_voters: answers of a community to an item, at the least; fewer are left out.
        shares: shares of the first prompts that go to the train, validation and test part.
        seed: what the parts and the order of the options are derived from.
    """

    by: tuple[str, ...]
    least_voters: int
    shares: tuple[float, float, float]
    seed: int


def pool(db: DuckDBPyConnection, how: Pooling) -> dict[str, int]:
    """Make the tables ``items`` and ``kept`` out of ``said``; return the answers left out, by reason.

    ``items`` has one row an item: the ``line`` and the ``turn`` to take its texts from, its ``part``, ``votes``,
    ``letters``, the order that most annotators saw (``usual``), and what is told of it. ``kept`` has one row an
    answer. A text is named by its MD5.
    """
    _hash_texts(db)
    _lay_out_turns(db)
    left_out = dict(
        db.execute(
            "SELECT reason, count(*) FROM turns WHERE reason IS NOT NULL GROUP BY 1 ORDER BY 1"
        ).fetchall()
    )
    left_out |= _answer_once(db)
    left_out |= _name_communities(db, how.by)
    left_out |= _part(db, how)
    left_out |= _enough(db, how.least_voters)
    _gather(db)
    return {reason: number for reason, number in left_out.items() if number}


def _hash_texts(db: DuckDBPyConnection) -> None:
    """Make ``hashed``: for each line what identifies its texts, and for each turn all that was said before it."""
    columns = ["rowid AS line", "conversation", "annotator"]
    for turn in range(1, len(TURNS) + 1):
        shown = ", ".join(f"md5({letter}{turn})" for letter in LETTERS)
        plain = f"lower(regexp_replace(prompt{turn}, '\\s+', ' ', 'g'))"
        columns.append(
            f"md5(prompt{turn}) AS prompt{turn}, md5({plain}) AS plain{turn}, [{shown}] AS shown{turn}, chosen{turn}"
        )
    before = ["'' AS before1"] + [
        f"md5(before{turn} || prompt{turn} || shown{turn}[chosen{turn}]) AS before{turn + 1}"
        for turn in range(1, len(TURNS))
    ]
    db.execute(f"CREATE TEMP VIEW texts AS SELECT {', '.join(columns)} FROM said")
    db.execute(
        f"CREATE TABLE hashed AS SELECT *, {', '.join(before)}, "
        "first_value(plain1) OVER (PARTITION BY conversation ORDER BY line) AS opened FROM texts"
    )


def _lay_out_turns(db: DuckDBPyConnection) -> None:
    """Make ``turns``: one row for each turn that has anything in it, with the reason why it is left out, if any."""
    parts = [
        f"SELECT line, {turn}::UTINYINT AS turn, conversation, annotator, opened, plain1, plain{turn} AS plain, "
        f"before{turn} AS before, prompt{turn} AS prompt, shown{turn} AS shown, chosen{turn} AS chosen FROM hashed "
        f"WHERE prompt{turn} IS NOT NULL OR chosen{turn} IS NOT NULL "
        f"OR len(list_filter(shown{turn}, lambda text: text IS NOT NULL)) > 0"
        for turn in range(1, len(TURNS) + 1)
    ]
    db.execute(
        f"CREATE TABLE turns AS SELECT *, shown[chosen] AS taken, CASE {_reasons()} END AS reason, "
        "md5(before || prompt || array_to_string(list_sort(list_distinct(shown)), '')) AS key "
        f"FROM ({' UNION ALL '.join(parts)})"
    )


def _reasons() -> str:
    """Return why a turn is left out: the first of these that holds."""
    reasons: Mapping[str, str] = {
        "the annotator is not named": "annotator IS NULL",
        "the conversation is not named": "conversation IS NULL",
        "another conversation of the same identity begins differently": "opened IS DISTINCT FROM plain1",
        "an earlier turn of the conversation is missing": "before IS NULL",
        "the prompt is missing": "prompt IS NULL",
        "a candidate is missing": "len(list_filter(shown, lambda text: text IS NULL)) > 0",
        "the preferred response is none of the four": "chosen IS NULL",
        "all candidates have the same text": "len(list_distinct(shown)) < 2",
    }
    return " ".join(f"WHEN {holds} THEN {quoted(reason)}" for reason, holds in reasons.items())


def _answer_once(db: DuckDBPyConnection) -> dict[str, int]:
    """Make ``answers``: each annotator's one answer to a comparison; contradictory ones are all left out."""
    db.execute(
        "CREATE TABLE answers AS SELECT *, row_number() OVER same AS time, "
        "min(taken) OVER whole IS DISTINCT FROM max(taken) OVER whole AS contrary "
        "FROM turns WHERE reason IS NULL "
        "WINDOW whole AS (PARTITION BY key, annotator), same AS (PARTITION BY key, annotator ORDER BY line)"
    )
    contrary, alike = _counts(
        db, "answers", "count(*) FILTER (contrary), count(*) FILTER (NOT contrary AND time > 1)"
    )
    db.execute("DELETE FROM answers WHERE contrary OR time > 1")
    return {AGAIN_DIFFERENTLY: contrary, AGAIN_ALIKE: alike}


def _name_communities(db: DuckDBPyConnection, by: Sequence[str]) -> dict[str, int]:
    """Make ``placed``: the answers with the name of their community; without one where an attribute is missing."""
    name = " || '/' || ".join(_slug(f"said.{attribute}") for attribute in by) if by else "'everybody'"
    unknown = " ".join(
        f"WHEN said.{attribute} IS NULL THEN {quoted(f'the {attribute} of the annotator is not known')}"
        for attribute in by
    )
    missing = f"CASE {unknown} END" if by else "NULL::VARCHAR"
    db.execute(
        f"CREATE TABLE placed AS SELECT answers.*, {name} AS community, {missing} AS unknown "
        "FROM answers JOIN said ON said.rowid = answers.line"
    )
    found = db.execute(
        "SELECT unknown, count(*) FROM placed WHERE unknown IS NOT NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    db.execute("DELETE FROM placed WHERE unknown IS NOT NULL")
    return dict(found)


def _slug(column: str) -> str:
    return f"regexp_replace(lower({column}), '[\\s/]+', '-', 'g')"


def _part(db: DuckDBPyConnection, how: Pooling) -> dict[str, int]:
    """Make ``parted``: the answers with their part; no conversation and no prompt stands in two parts.

    A conversation lies where its first prompt lies. A later prompt that stands in conversations of several parts
    stays where it stands most often, and elsewhere the conversation ends before it.
    """
    limits = [sum(how.shares[: count + 1]) for count in range(2)]
    bounds = [f"{min(round(limit * 16**DIGITS), 16**DIGITS):0{DIGITS}x}" for limit in limits]
    drawn = f"substr(md5('{how.seed:d}:' || plain1), 1, {DIGITS})"
    first, second = ("true" if len(bound) > DIGITS else f"{drawn} < '{bound}'" for bound in bounds)
    part = f"CASE WHEN {first} THEN 0 WHEN {second} THEN 1 ELSE 2 END::UTINYINT"
    db.execute(
        f"CREATE TABLE prompts AS SELECT line, turn, plain, {part} AS part FROM turns "
        "WHERE plain IS NOT NULL AND plain1 IS NOT NULL"
    )
    db.execute(
        "CREATE TABLE homes AS SELECT plain, arg_min(part, (NOT opening, -number, part)) AS home FROM "
        "(SELECT plain, part, count(*) AS number, bool_or(turn = 1) AS opening FROM prompts GROUP BY plain, part) "
        "GROUP BY plain"
    )
    db.execute(
        "CREATE TABLE strays AS SELECT line, min(turn) AS since FROM prompts JOIN homes USING (plain) "
        "WHERE part <> home GROUP BY line"
    )
    db.execute(
        "CREATE TABLE parted AS SELECT placed.*, part, coalesce(placed.turn >= since, false) AS stray "
        "FROM placed JOIN prompts USING (line, turn) LEFT JOIN strays USING (line)"
    )
    (strays,) = _counts(db, "parted", "count(*) FILTER (stray)")
    db.execute("DELETE FROM parted WHERE stray")
    return {LEAKING: strays}


def _enough(db: DuckDBPyConnection, least: int) -> dict[str, int]:
    """Make ``kept``: the answers of communities with enough of them on the item."""
    db.execute(
        "CREATE TABLE kept AS SELECT * EXCLUDE (stray, contrary, time, unknown), "
        f"count(*) OVER (PARTITION BY key, community) < {least:d} AS few FROM parted"
    )
    (few,) = _counts(db, "kept", "count(*) FILTER (few)")
    db.execute("DELETE FROM kept WHERE few")
    return {f"fewer than {least} answers of the community to the item": few}


def _gather(db: DuckDBPyConnection) -> None:
    """Make ``items``: what was shown and chosen, by text, with where each text stood for how many."""
    letters = ", ".join(f"'{letter}'" for letter in LETTERS)
    db.execute(
        "CREATE TABLE votes AS SELECT key, list({community: community, text: taken, number: number} "
        "ORDER BY community, taken) AS votes FROM "
        "(SELECT key, community, taken, count(*) AS number FROM kept GROUP BY ALL) GROUP BY key"
    )
    db.execute(
        "CREATE TABLE letters AS SELECT key, list({text: text, letter: letter, number: number} "
        "ORDER BY text, letter) AS letters FROM (SELECT key, text, letter, count(*) AS number FROM "
        f"(SELECT key, unnest(shown) AS text, unnest([{letters}]) AS letter FROM kept) GROUP BY ALL) GROUP BY key"
    )
    db.execute(
        "CREATE TABLE orders AS SELECT key, arg_max(shown, number) AS usual FROM "
        "(SELECT key, shown, count(*) AS number FROM kept GROUP BY ALL) GROUP BY key "
        "HAVING 2 * max(number) > sum(number)"
    )
    flags = ", ".join(f"bool_or({_true(flag)}) AS {name}" for flag, name in FLAGS.items())
    told = ", ".join(("kept.*", "assigned_lang", "wave", *FLAGS))
    db.execute(
        "CREATE TABLE pooled AS SELECT key, min(line) AS line, arg_min(turn, line) AS turn, "
        "arg_min(shown, line) AS shown, arg_min(part, line) AS part, count(*) AS annotators, "
        "list_sort(list(DISTINCT assigned_lang) FILTER (assigned_lang IS NOT NULL)) AS languages, "
        f"list_sort(list(DISTINCT wave) FILTER (wave IS NOT NULL)) AS waves, {flags} "
        f"FROM (SELECT {told} FROM kept JOIN said ON said.rowid = kept.line) GROUP BY key"
    )
    db.execute(
        "CREATE TABLE items AS SELECT * FROM pooled JOIN votes USING (key) JOIN letters USING (key) "
        "LEFT JOIN orders USING (key) ORDER BY line, turn"
    )


def _true(column: str) -> str:
    return f"coalesce(lower({column}) IN ('true', 't', '1', '1.0', 'yes'), false)"


def _counts(db: DuckDBPyConnection, table: str, what: str) -> list[int]:
    row = db.execute(f"SELECT {what} FROM {table}").fetchone() or ()
    return [int(number) for number in row]
