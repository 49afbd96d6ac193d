"""The communities of Community Alignment: what their annotators have in common, and what else they are, nameless."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.benchmark import KnownCommunity
from bench.datasets.alignment_file import ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

    from bench.datasets.alignment_pooling import Pooling

__all__ = ["alignment_communities"]

PEOPLE = 200


def alignment_communities(db: DuckDBPyConnection, how: Pooling) -> Iterator[KnownCommunity]:
    """Yield each community of the table ``kept``, in order of their names.

    ``people`` are the other attributes of up to 200 of its annotators, drawn by the seed; an annotator whose
    attributes differ from line to line is told of as on the first one.
    """
    attributes = ", ".join(f"{name}: said.{name}" for name in ATTRIBUTES)
    rows = db.execute(
        "WITH people AS (SELECT kept.community, kept.annotator, "
        f"arg_min({{{attributes}}}, kept.line) AS person FROM kept JOIN said ON said.rowid = kept.line "
        "GROUP BY ALL), ranked AS (SELECT *, count(*) OVER (PARTITION BY community) AS members, row_number() OVER "
        f"(PARTITION BY community ORDER BY md5('{how.seed:d}:' || annotator), annotator) AS place FROM people) "
        "SELECT community, any_value(members), list(person ORDER BY place) FROM ranked "
        f"WHERE place <= {PEOPLE} GROUP BY community ORDER BY community"
    ).fetchall()
    for name, members, people in rows:
        yield _known(name, members, people, how.by)


def _known(name: str, members: int, people: list[dict[str, Any]], by: tuple[str, ...]) -> KnownCommunity:
    attributes = {attribute: str(people[0][attribute]) for attribute in by}
    others = [
        {attribute: value for attribute, value in person.items() if value is not None and attribute not in by}
        for person in people
    ]
    return KnownCommunity(
        community=name,
        title=" · ".join(attributes.values()) or "Everybody",
        members=members,
        attributes=attributes,
        people=tuple(person for person in others if person),
    )
