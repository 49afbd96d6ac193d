"""Read the file of Community Alignment into a table on disk: texts cleaned, hazards counted, broken lines told.

The real file has 1.9 GB, so nothing here holds more of it than one batch. One table row is one line of the
file, which is one conversation of one annotator.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

__all__ = ["ATTRIBUTES", "COLUMNS", "FLAGS", "LETTERS", "TURNS", "FileFacts", "read_file", "work_database"]

TURNS = ("first", "second", "third", "fourth")
LETTERS = ("a", "b", "c", "d")
ATTRIBUTES: Mapping[str, str] = {
    "age": "annotator_age",
    "gender": "annotator_gender",
    "education_level": "annotator_education_level",
    "political": "annotator_political",
    "ethnicity": "annotator_ethnicity",
    "country": "annotator_country",
    "assigned_lang": "assigned_lang",
}
"""What is known of an annotator, and the column that holds it."""

FLAGS = ("is_pregenerated_first_prompt", "in_balanced_subset", "in_balanced_subset_10", "wave")
COLUMNS: tuple[str, ...] = (
    "conversation_id",
    "assigned_lang",
    "annotator_id",
    *(
        f"{turn}_turn_{part}"
        for turn in TURNS
        for part in (
            "prompt",
            *(f"response_{letter}" for letter in LETTERS),
            "preferred_response",
            "feedback",
        )
    ),
    *(column for column in ATTRIBUTES.values() if column != "assigned_lang"),
    *FLAGS,
)
"""The columns of the file as it is published."""

TEXTS = tuple(name for name in COLUMNS if "_turn_prompt" in name or "_turn_response_" in name)
WHITE = (
    " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What ``str.strip`` takes off, for two options that differ in nothing else are one option."""
MEMORY = "600MB"
THREADS = 4
LONGEST_LINE = 4 * 2**20
READ_AT_ONCE = 16 * 2**20
EMPTY = "EMPTY STRING"
MARK = "<|end_of_text|>"
MARKS = rf"([{WHITE}]*<\|end_of_text\|>)+[{WHITE}]*$"
NAMED_LETTER = "|".join(
    (
        r"(?i:\b(responses?|answers?|options?|candidates?|r[ée]ponses?|rispost[ae]|opzion[ei]|respostas?"
        r"|op[çc](ão|ões|ao|oes))[\s_:]*[a-d]\b)",
        r"(उत्तर|विकल्प)[\s_:]*[A-Da-d]\b",
        r"\b[BCD]\b",
        r"\bA(\s*[.,;:!?)/]|\s*$|\s+(?i:is|was|has|and|or|over|because|et|ou|est|é|è)\b)",
    )
)
"""Feedback that names a candidate by its letter: a noun with a letter, or a letter that is no article."""


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """What was counted while the file was read.

    Args:
        conversations: lines that could be read. ``malformed``: how many could not, by problem.
        empty: texts that are the literal ``EMPTY STRING``. ``marked``: texts that ended in ``<|end_of_text|>``.
        feedback: turns with feedback. ``naming``: those of them whose feedback names a letter.
    """

    conversations: int
    malformed: Mapping[str, int]
    empty: int
    marked: int
    feedback: int
    naming: int


def work_database(folder: Path, *, memory: str = MEMORY) -> DuckDBPyConnection:
    """Return a database in ``folder`` that spills there what does not fit into ``memory``."""
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "temp_directory": str(folder / "spilled"),
        "threads": THREADS,
    }
    return duckdb.connect(str(folder / "work.duckdb"), config=settings)


def read_file(db: DuckDBPyConnection, path: Path) -> FileFacts:
    """Read the file into the table ``said``, in the order of its lines.

    The table has ``conversation``, ``annotator``, each attribute, each flag, and for turn T of 1 to 4 ``promptT``,
    ``aT`` to ``dT`` and ``chosenT`` (1 to 4). What is missing, or not usable as what it should be, is NULL.

    Raises:
        InputError: it cannot be read, or lacks a column.
    """
    import duckdb

    scanned = _scan(path, _header(path))
    try:
        db.execute(f"CREATE TABLE said AS {_cleaned(scanned)}")
        return _facts(db)
    except duckdb.Error as error:
        told = str(error).splitlines()[0]
        remedy = "check the download and the room on the disk"
        raise InputError(f"it cannot be read as CSV: {told}", where=str(path), remedy=remedy) from None


def _header(path: Path) -> list[str]:
    """Return the names of the columns."""
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            names = next(csv.reader(file), [])
    except (OSError, UnicodeError, csv.Error) as error:
        raise InputError(f"it cannot be read: {error}", where=str(path), remedy="check the file") from None
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise InputError(
            f"it lacks the columns {', '.join(missing)}; it has {', '.join(names[:60]) or 'none'}",
            where=str(path),
            remedy="bring community_alignment.csv as it was published",
        )
    return names


def _scan(path: Path, names: Sequence[str]) -> str:
    columns = ", ".join(f"{quoted(name, sign=chr(34))}: 'VARCHAR'" for name in names)
    return (
        f"read_csv({quoted(str(path))}, auto_detect = false, header = true, columns = {{{columns}}}, delim = ',', "
        "quote = '\"', escape = '\"', strict_mode = true, store_rejects = true, rejects_limit = 0, "
        f"max_line_size = {LONGEST_LINE}, buffer_size = {READ_AT_ONCE})"
    )


def quoted(text: str, *, sign: str = "'") -> str:
    """Return a text as SQL reads it."""
    return sign + text.replace(sign, sign * 2) + sign


def _cleaned(scanned: str) -> str:
    """Return the query that cleans what is scanned: each cell once, for a pattern is slow on a long text."""
    cells = [name for name in COLUMNS if not name.endswith("preferred_response")]
    marked = _sum(f"coalesce({_marked(name)}, false)" for name in TEXTS)
    bare = ", ".join(f"{_bare(name)} AS {name}" for name in cells)
    chosen = ", ".join(
        f"trim({turn}_turn_preferred_response) AS {turn}_turn_preferred_response" for turn in TURNS
    )
    return f"SELECT {_said()} FROM (SELECT {bare}, {chosen}, {marked} AS marked FROM {scanned})"


def _said() -> str:
    """Return the columns of ``said``, out of cells that are bare."""
    parts = [f"{_known('conversation_id')} AS conversation", f"{_known('annotator_id')} AS annotator"]
    parts += [f"{_known(column)} AS {name}" for name, column in ATTRIBUTES.items()]
    parts += [f"{_known(flag)} AS {flag}" for flag in FLAGS]
    for number, turn in enumerate(TURNS, start=1):
        parts.append(f"{_known(f'{turn}_turn_prompt')} AS prompt{number}")
        parts += [f"{_known(f'{turn}_turn_response_{letter}')} AS {letter}{number}" for letter in LETTERS]
        parts.append(f"{_chosen(f'{turn}_turn_preferred_response')} AS chosen{number}")
    feedback = [f"{turn}_turn_feedback" for turn in TURNS]
    cells = (*TEXTS, *feedback, *(f"{turn}_turn_preferred_response" for turn in TURNS))
    naming = (f"coalesce(regexp_matches({_known(name)}, {quoted(NAMED_LETTER)}), false)" for name in feedback)
    parts += [
        f"{_sum(f'coalesce({name} = {quoted(EMPTY)}, false)' for name in cells)} AS empty",
        "marked",
        f"{_sum(f'({_known(name)} IS NOT NULL)' for name in feedback)} AS feedback",
        f"{_sum(naming)} AS naming",
    ]
    return ", ".join(parts)


def _marked(column: str) -> str:
    return f"(contains({column}, {quoted(MARK)}) AND regexp_matches({column}, {quoted(MARKS)}))"


def _bare(column: str) -> str:
    """Return a column's text without marks at its end and space around it."""
    unmarked = (
        f"CASE WHEN {_marked(column)} THEN regexp_replace({column}, {quoted(MARKS)}, '') ELSE {column} END"
    )
    spaced = " OR ".join(
        f"{side}_with({column}, {quoted(sign)})" for side in ("starts", "ends") for sign in WHITE
    )
    touched = f"{spaced} OR contains({column}, {quoted(MARK)})"
    return f"CASE WHEN {touched} THEN trim({unmarked}, {quoted(WHITE)}) ELSE {column} END"


def _known(column: str) -> str:
    """Return a bare cell, or NULL where it says nothing."""
    return f"CASE WHEN {column} IN ('', {quoted(EMPTY)}) THEN NULL ELSE {column} END"


def _chosen(column: str) -> str:
    """Return the place of the preferred response, from 1, or NULL where it is none of the four."""
    letter = f"nullif(regexp_extract(lower({column}), '^(?:response[_ ]?)?([a-d])$', 1), '')"
    return f"nullif(instr('abcd', {letter}), 0)::UTINYINT"


def _sum(conditions: Iterable[str]) -> str:
    return "(" + " + ".join(f"({condition})::INTEGER" for condition in conditions) + ")"


def _facts(db: DuckDBPyConnection) -> FileFacts:
    counts = "count(*), sum(empty), sum(marked), sum(feedback), sum(naming)"
    lines, *sums = db.execute(f"SELECT {counts} FROM said").fetchone() or (0,)
    empty, marked, feedback, naming = (int(number or 0) for number in sums)
    broken = db.execute(
        "SELECT lower(min(error_type::VARCHAR)), count(*) FROM (SELECT file_id, line, min(error_type) AS error_type "
        "FROM reject_errors GROUP BY file_id, line) GROUP BY error_type ORDER BY 1"
    ).fetchall()
    return FileFacts(
        conversations=lines,
        malformed=dict(broken),
        empty=empty,
        marked=marked,
        feedback=feedback,
        naming=naming,
    )
