"""``commonbond schema``: the JSON Schema (draft 2020-12) of what a command prints with ``--json``.

Each command has a file in ``schemas/``. What several of them describe stands once, in ``common.json``, and is
put into a schema when it is loaded, so that a printed schema needs no other.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from tui.cli.output import print_json

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

__all__ = ["load", "run"]

HERE = "#/$defs/"


def run(options: argparse.Namespace) -> int:
    """Print the schema of the command that is named."""
    print_json(load(options.of))
    return 0


def load(name: str) -> dict[str, Any]:
    """Return the schema of a command's answer, or of an ``error``, whole in itself.

    >>> load("error")["properties"]["command"]["const"]
    'error'
    """
    schema, common = _read(name), _read("common")["$defs"]
    known: dict[str, Any] = {}
    own = schema.pop("$defs", {})
    todo = list(_names(schema))
    while todo:
        each = todo.pop()
        if each not in known:
            known[each] = own[each] if each in own else common[each]
            todo += _names(known[each])
    return schema | ({"$defs": dict(sorted(known.items()))} if known else {})


def _read(name: str) -> dict[str, Any]:
    text = (files("tui.cli") / "schemas" / f"{name}.json").read_text(encoding="utf-8")
    read: dict[str, Any] = json.loads(text)
    return read


def _names(part: Any) -> Iterator[str]:
    """Yield the definitions that a part of a schema refers to."""
    if isinstance(part, dict):
        if "$ref" in part:
            yield str(part["$ref"]).removeprefix(HERE)
        for inner in part.values():
            yield from _names(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _names(inner)
