"""Markdown in which strangers' words stay words: no title makes a link, a tag, a table cell or a heading."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["one_line", "plain", "section_of", "table", "words"]

LONGEST = 300
MOST_ROWS = 60
"""Rows of a table; of more, the manifest has the rest."""

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e0fff]+"
)
"""What steers or has no width; the joiners of emoji and of Persian stay."""
_SIGNS = re.compile(r"([\\`*_{}\[\]#|~$&!])")
_AS_SIGNS = {"<": "&lt;", ">": "&gt;", "://": "&#58;//", "www.": "www&#46;", "@": "&#64;"}
"""What Markdown would take for HTML, or make a link of without being asked."""
_LINE_START = re.compile(r"^(\d+)([.)])|^([-+=:])")


def one_line(text: object, longest: int = LONGEST) -> str:
    """Return a text on one line, without what is unseen, and cut.

    >>> one_line("tea\\n---\\u202e\\x1b[0m")
    'tea --- [0m'
    """
    line = " ".join(_UNSEEN.sub(" ", str(text)).split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def plain(text: object, *, begins: bool = False) -> str:
    """Return a text of any origin as plain characters of one line of Markdown.

    Args:
        text: the text.
        begins: whether it begins a line or an entry of a list, where ``1.`` and ``-`` would begin a list.

    >>> plain("[click](http://x.org) <b>*now*</b>")
    '\\\\[click\\\\](http&#58;//x.org) &lt;b&gt;\\\\*now\\\\*&lt;/b&gt;'
    """
    line = _SIGNS.sub(r"\\\1", one_line(text))
    for sign, written in _AS_SIGNS.items():
        line = re.sub(re.escape(sign), written, line, flags=re.IGNORECASE)
    if not begins:
        return line
    return _LINE_START.sub(lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}", line)


def words(name: object) -> str:
    """Return the name of something in the program as words; any other text as it is.

    >>> words("min_margin"), words("dropped: min_margin"), words("a_b c")
    ('min margin', 'dropped: min margin', 'a_b c')
    """
    parts = str(name).split(": ")
    return ": ".join(part.replace("_", " ") if part.isidentifier() else part for part in parts)


def table(names: Sequence[object], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a table, an empty one first; all cells are plain text.

    >>> list(table(["name", "share"], [["a|b", 0.25]]))[1:]
    ['| name | share |', '| --- | --- |', '| a\\\\|b | 0.25 |']
    """
    yield ""
    yield _row([words(name) for name in names])
    yield _row(["---"] * len(names), raw=True)
    for row in rows[:MOST_ROWS]:
        yield _row(row)
    if len(rows) > MOST_ROWS:
        yield ""
        yield f"And {len(rows) - MOST_ROWS:,} more, in the manifest."


def section_of(data: Any, name: str = "") -> Iterator[str]:
    """Yield plain data of any shape as tables: records as rows, and what lies deeper under its own name.

    >>> list(section_of({"tea": {"pairs": 3, "longer": [0.1, 0.5]}}))[1:]
    ['| | pairs | longer |', '| --- | --- | --- |', '| tea | 3 | 0.1 to 0.5 |']
    """
    if isinstance(data, dict) and data and all(isinstance(value, dict) and value for value in data.values()):
        records = {key: _flat(value) for key, value in data.items()}
        if all(record is not None for record in records.values()):
            yield from _records([{"": key, **(record or {})} for key, record in records.items()], name)
            return
    if isinstance(data, dict):
        scalars = {key: value for key, value in data.items() if _is_cell(value)}
        if scalars:
            yield from _titled(name)
            yield from table(["", name or "figure"], [[key, value] for key, value in scalars.items()])
        for key, value in data.items():
            if key not in scalars and value:
                yield from section_of(value, f"{name}: {key}" if name else str(key))
    elif isinstance(data, (list, tuple)) and data:
        found = [_flat(value) if isinstance(value, dict) else {"": value} for value in data]
        yield from _records([record for record in found if record is not None], name)


def _records(records: Sequence[Mapping[str, Any]], name: str) -> Iterator[str]:
    names = list(dict.fromkeys(key for record in records for key in record))
    yield from _titled(name)
    yield from table(names, [[record.get(key, "") for key in names] for record in records])


def _titled(name: str) -> Iterator[str]:
    if name:
        yield ""
        yield f"**{plain(words(name))}**"


def _flat(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a record as cells, with those of records in it under both names; None where it lies deeper."""
    cells: dict[str, Any] = {}
    for key, value in record.items():
        if _is_cell(value):
            cells[key] = value
        elif isinstance(value, dict) and all(map(_is_cell, value.values())):
            cells |= {f"{key}: {inner}": cell for inner, cell in value.items()}
        else:
            return None
    return cells


def _is_cell(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return len(value) == 2 and all(isinstance(end, (int, float)) for end in value)
    return not isinstance(value, dict)


def _row(cells: Sequence[object], *, raw: bool = False) -> str:
    told = [str(cell) if raw else _cell(cell) for cell in cells]
    return "|" + "|".join(f" {cell} " if cell else " " for cell in told) + "|"


def _cell(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}" if math.isfinite(value) else "–"
    if isinstance(value, (list, tuple)):
        return " to ".join(map(_cell, value))
    return plain(words(value))
