"""Read a kept graph: communities, the ties between them, a community's members, and one member's surroundings.

Every question is answered from the few row groups that hold it, so that a million members open as quickly as ten.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

from personas.errors import InputError
from personas.manifest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

__all__ = ["Between", "KeptCommunity", "KeptGraph", "KeptMember", "Layer", "Part", "Tie"]

GRAPH, ABOUT = "graph", "about.json"
FORMAT = "commonbond-graph/1"
TABLES = ("communities", "members", "identity", "bond", "between")
Layer = Literal["identity", "bond"]
LAYERS: tuple[Layer, ...] = ("identity", "bond")
REMEDY = "have the corpus mapped with `commonbond communities`"
MEMBER = 'node, member, community, bond, identity, bond_ties, identity_ties, topics, "group"'


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptCommunity:
    """A community as it is drawn.

    Args:
        number: its number among the communities.
        identity: its cohesion by identity in [-1, 1]; None where undefined. ``bond``: the same by bonds.
        identity_inside: the summed weight of the identity ties between its own members.
        bond_inside: the same of their bond ties.
        topics: what its members talk about most, with commas between.
    """

    number: int
    name: str
    title: str
    within: str
    members: int
    norms: int
    identity: float | None
    bond: float | None
    identity_inside: float
    bond_inside: float
    topics: str


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptMember:
    """A member in one community.

    Args:
        node: its number in the graph, the same in every community that it belongs to.
        community: the number of the community; -1 for those who belong to none.
        bond: the weights of its bond ties with others of this community, in both directions.
        identity: the weights of its identity ties with others of this community.
        bond_ties: with how many of them it has a bond tie. ``identity_ties``: with how many an identity tie.
        topics: what it talks about most. ``group``: the found group that it belongs to; empty for none.
    """

    node: int
    member: str
    community: int
    bond: float
    identity: float
    bond_ties: int
    identity_ties: int
    topics: str
    group: str


@dataclass(frozen=True, slots=True)
class Tie:
    """A tie between two members, by their nodes: its weight, and that of the tie back, 0 where there is none."""

    layer: Layer
    a: int
    b: int
    weight: float
    back: float

    @property
    def strength(self) -> float:
        """The weights of both directions."""
        return self.weight + self.back


@dataclass(frozen=True, slots=True)
class Between(Tie):
    """The summed ties between two communities, by their numbers, from the first to the second and back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Some members with the ties among them, out of ``total`` members that could have been shown."""

    members: tuple[KeptMember, ...]
    ties: tuple[Tie, ...]
    total: int


class KeptGraph:
    """The graph that ``commonbond communities`` left in a corpus; may be used from several threads.

    Open one with ``KeptGraph.open``, and close it.
    """

    def __init__(self, folder: Path, about: dict[str, Any]) -> None:
        self.folder = folder
        self.about = about
        self._connection: DuckDBPyConnection | None = None
        self._lock = threading.Lock()

    @classmethod
    def open(cls, corpus: Path) -> Self:
        """Open the graph of the corpus in a folder.

        Raises:
            InputError: there is no graph, it is of another state of the corpus, or it is damaged.
        """
        path = corpus / GRAPH / ABOUT
        if not path.is_file():
            raise InputError("no graph is kept here yet", where=str(corpus), remedy=REMEDY)
        try:
            about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            content = json.loads((corpus / MANIFEST).read_text(encoding="utf-8"))["content"]
            known = about.get("format") == FORMAT and set(TABLES) <= set(about["files"])
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise InputError(f"the graph is damaged: {error}", where=str(path), remedy=REMEDY) from error
        if not known:
            raise InputError(f"it is not of the format {FORMAT}", where=str(path), remedy=REMEDY)
        if about.get("content") != content:
            raise InputError("the graph is of another state of this corpus", where=str(path), remedy=REMEDY)
        for name in TABLES:
            if not (path.parent / about["files"][name]).is_file():
                raise InputError(f"its table {name} is missing", where=str(path.parent), remedy=REMEDY)
        return cls(path.parent, about)

    def communities(self) -> tuple[KeptCommunity, ...]:
        """Return all communities, in order of their numbers."""
        columns = list(KeptCommunity.__slots__)
        rows = self._rows(f"SELECT {', '.join(columns)} FROM communities ORDER BY number")
        return tuple(KeptCommunity(**dict(zip(columns, row, strict=True))) for row in rows)

    def described(self, number: int) -> dict[str, Any]:
        """Return all that is known of a community, as ``Simulation.describe`` returned it."""
        rows = self._rows("SELECT body FROM communities WHERE number = ?", number)
        found: dict[str, Any] = json.loads(rows[0][0]) if rows else {}
        return found

    def between(self, layer: Layer, *, most: int = 2_000) -> tuple[Between, ...]:
        """Return the strongest ties between communities, the strongest first."""
        rows = self._rows(
            """SELECT layer, a, b, weight, back FROM "between" WHERE layer = ?
               ORDER BY weight + back DESC, a, b LIMIT ?""",
            *(layer, most),
        )
        return tuple(Between(*row) for row in rows)

    def members(
        self, community: int, *, first: int = 0, count: int = 100, order: Layer = "bond"
    ) -> tuple[KeptMember, ...]:
        """Return members of a community, those with the most weight in a layer first.

        Args:
            first: how many to leave out. ``count``: how many to return at most.
        """
        rows = self._rows(
            f"""SELECT {MEMBER} FROM members WHERE community = ? AND {_layer(order)}_rank >= ? AND {order}_rank < ?
                ORDER BY {order}_rank""",
            *(community, first, first + count),
        )
        return tuple(_member(row) for row in rows)

    def size(self, community: int) -> int:
        """Return how many members of a community are in the graph."""
        return int(self._rows("SELECT count(*) FROM members WHERE community = ?", community)[0][0])

    def core(self, community: int, layer: Layer = "bond", *, most: int = 60) -> Part:
        """Return the members of a community with the most weight in a layer, and all ties among them."""
        members = self.members(community, count=most, order=layer)
        return Part(
            members=members,
            ties=self._among([entry.node for entry in members]),
            total=self.size(community),
        )

    def around(self, node: int, layer: Layer | None = None, *, most: int = 40) -> Part:
        """Return a member, then those that it is tied to most, with the ties among all of these.

        Args:
            layer: the layer that counts; None where an equal number is taken from each.

        Raises:
            InputError: there is no such member.
        """
        layers = LAYERS if layer is None else (_layer(layer),)
        near: dict[int, None] = {}
        for name in layers:
            rows = self._rows(
                f"SELECT b FROM {name} WHERE a = ? ORDER BY weight + back DESC, b LIMIT ?",
                *(node, most // len(layers)),
            )
            near.update(dict.fromkeys(row[0] for row in rows))
        members = self.nodes([node, *near])
        if not members:
            raise InputError(f"no member of the graph has the number {node}", where=str(self.folder))
        return Part(members=members, ties=self._among([node, *near]), total=1 + self._tied(node, layers))

    def nodes(self, nodes: Sequence[int]) -> tuple[KeptMember, ...]:
        """Return members by their nodes, in this order; each in the first community that it belongs to."""
        rows = self._rows(
            f"SELECT {MEMBER} FROM members WHERE node IN ({_listed(nodes)}) ORDER BY community DESC"
        )
        known = {row[0]: _member(row) for row in rows}
        return tuple(known[node] for node in dict.fromkeys(nodes) if node in known)

    def find_member(self, name: str) -> KeptMember | None:
        """Return a member by its whole name; None where the graph has none of it."""
        rows = self._rows(f"SELECT {MEMBER} FROM members WHERE member = ? ORDER BY community LIMIT 1", name)
        return _member(rows[0]) if rows else None

    def find(self, text: str, *, most: int = 50) -> tuple[KeptMember, ...]:
        """Return members in whose name or topics a text occurs, in any case, the most tied first."""
        rows = self._rows(
            f"""SELECT {MEMBER} FROM members
                WHERE contains(lower(member), lower(?)) OR contains(lower(topics), lower(?))
                ORDER BY bond + identity DESC, node, community LIMIT ?""",
            *(text, text, most),
        )
        return tuple(_member(row) for row in rows)

    def find_described(self, text: str, *, most: int = 50) -> tuple[tuple[int, str, dict[str, Any]], ...]:
        """Return number, name and description of the communities in which a text occurs, in any case."""
        written = json.dumps(text, ensure_ascii=False)[1:-1]
        rows = self._rows(
            """SELECT number, name, body FROM communities
               WHERE contains(lower(name), lower(?)) OR contains(lower(body), lower(?)) ORDER BY number LIMIT ?""",
            *(text, written, most),
        )
        return tuple((number, name, json.loads(body)) for number, name, body in rows)

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()

    def _tied(self, node: int, layers: Sequence[Layer]) -> int:
        """Return how many members one is tied to in any of some layers."""
        each = " UNION ".join(f"SELECT b FROM {name} WHERE a = {int(node)}" for name in layers)
        return int(self._rows(f"SELECT count(*) FROM ({each})")[0][0])

    def _among(self, nodes: Sequence[int]) -> tuple[Tie, ...]:
        """Return the ties of both layers among some members, each pair once, the strongest first."""
        if not nodes:
            return ()
        listed = _listed(nodes)
        ties = [
            Tie(name, *row)
            for name in LAYERS
            for row in self._rows(
                f"""SELECT a, b, weight, back FROM {name}
                    WHERE a IN ({listed}) AND b IN ({listed}) AND a < b ORDER BY weight + back DESC, a, b"""
            )
        ]
        return tuple(ties)

    def _rows(self, sql: str, *given: Any) -> list[tuple[Any, ...]]:
        import duckdb

        try:
            with self._lock:
                cursor = self._db().cursor()
            with cursor:
                return cursor.execute(sql, list(given)).fetchall()
        except duckdb.Error as error:
            raise InputError(
                f"the graph cannot be read: {error}", where=str(self.folder), remedy=REMEDY
            ) from error

    def _db(self) -> DuckDBPyConnection:
        if self._connection is None:
            import duckdb

            self._connection = duckdb.connect(":memory:", config={"threads": 2})
            for name in TABLES:
                path = str(self.folder / self.about["files"][name]).replace("'", "''")
                self._connection.execute(f"CREATE VIEW \"{name}\" AS SELECT * FROM read_parquet('{path}')")
        return self._connection


def _layer(name: str) -> Layer:
    for layer in LAYERS:
        if name == layer:
            return layer
    raise InputError(f"the graph has no layer {name!r}", remedy="use identity or bond")


def _listed(nodes: Sequence[int]) -> str:
    return ", ".join(str(int(node)) for node in nodes) or "NULL"


def _member(row: tuple[Any, ...]) -> KeptMember:
    node, member, community, bond, identity, bond_ties, identity_ties, topics, group = row
    return KeptMember(
        node=node,
        member=member,
        community=community,
        bond=bond,
        identity=identity,
        bond_ties=bond_ties,
        identity_ties=identity_ties,
        topics=topics,
        group=group,
    )
