"""The typed tables of a corpus: their columns, and the views through which they are read."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["TABLES", "schema"]

TABLES = ("members", "posts", "votes")


@cache
def schema(table: str) -> pa.Schema:
    """Return the Arrow schema of one of ``TABLES``.

    A row of ``members`` is a member in a community; of ``posts``, a post or, where it has a parent, a reply;
    of ``votes``, the votes of one voter, or a number of anonymous ones, on one post.
    """
    import pyarrow as pa

    text, moment = pa.string(), pa.timestamp("us", tz="UTC")
    columns = {
        "members": [("member", text), ("community", text), ("attributes", pa.map_(text, text))],
        "posts": [
            ("post", text),
            ("community", text),
            ("author", text),
            ("parent", text),
            ("thread", text),
            ("kind", text),
            ("title", text),
            ("text", text),
            ("tags", pa.list_(text)),
            ("created", moment),
            ("score", pa.int32()),
        ],
        "votes": [
            ("voter", text),
            ("community", text),
            ("post", text),
            ("value", pa.int8()),
            ("count", pa.int32()),
            ("created", moment),
        ],
    }
    return pa.schema(columns[table])
