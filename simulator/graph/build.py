"""From a corpus to its community graph: who replied to whom, and who shares what with whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix

from simulator.graph.layers import CommunityGraph
from simulator.graph.ties import bond_layer, identity_layer, topic_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from personas.corpus import Corpus

__all__ = ["build_graph"]

NUMBERED = "numbered AS (SELECT member, row_number() OVER (ORDER BY member) - 1 AS number FROM"
PEOPLE = f"WITH {NUMBERED} (SELECT DISTINCT member FROM members))"

REPLIES = f"""{PEOPLE}
    SELECT a.number AS source, b.number AS target
    FROM posts r JOIN posts p ON p.post = r.parent
    JOIN numbered a ON a.member = r.author JOIN numbered b ON b.member = p.author
    WHERE r.author <> p.author"""

TOPICS = f"""{PEOPLE}, topics AS (
      SELECT t.post AS thread, unnest(CASE WHEN len(t.tags) > 0 THEN t.tags ELSE [t.community] END) AS topic
      FROM posts t WHERE t.parent IS NULL)
    SELECT n.number AS member, topic FROM posts p JOIN topics USING (thread)
    JOIN numbered n ON n.member = p.author"""

STANCES = f"""{PEOPLE}
    SELECT n.number AS member, v.post AS topic, v.value
    FROM votes v JOIN numbered n ON n.member = v.voter WHERE v.value <> 0"""


def build_graph(corpus: Corpus, *, neighbours: int = 20, seed: int) -> CommunityGraph:
    """Return the identity ties and the bond ties between a corpus's members.

    A bond tie is made by replies and comments. An identity tie is made, where members vote on statements by
    name, by agreement in their votes; elsewhere by the tags of the threads that they wrote in, or by the
    community where a thread has no tags.

    Args:
        neighbours: how many of its most similar members an identity tie of each member is kept for.
        seed: what the approximate search among many members is derived from.
    """
    members = tuple(
        row["member"] for row in corpus.rows("SELECT DISTINCT member FROM members ORDER BY member")
    )
    replies = corpus.query(REPLIES)
    bond = bond_layer(_numbers(replies, "source"), _numbers(replies, "target"), len(members))
    if corpus.manifest.ballot == "agreement":
        features, topics, names = _stances(corpus, len(members))
        identity = identity_layer(features, neighbours=neighbours, seed=seed, weighting="signed")
        basis = "agreement in votes"
    else:
        topics, names = _tags(corpus, len(members))
        identity = identity_layer(topics, neighbours=neighbours, seed=seed, weighting="tfidf")
        basis = "shared tags, or communities where there are no tags"
    return CommunityGraph(
        members=members,
        identity=identity,
        bond=bond,
        topics=topics,
        topic_names=names,
        notes={"identity": f"{basis}, {neighbours} nearest", "bond": "replies and comments, log(1 + number)"},
    )


def _tags(corpus: Corpus, n: int) -> tuple[csr_matrix, tuple[str, ...]]:
    table, names = _coded(corpus, TOPICS)
    return topic_counts(_numbers(table, "member"), _numbers(table, "code"), shape=(n, len(names))), names


def _stances(corpus: Corpus, n: int) -> tuple[csr_matrix, csr_matrix, tuple[str, ...]]:
    """Return signed votes (n, s), and agreeing and disagreeing as 2s topics, with their names."""
    table, names = _coded(corpus, STANCES)
    members, codes, values = (_numbers(table, column) for column in ("member", "code", "value"))
    signed = csr_matrix((values.astype(float), (members, codes)), shape=(n, len(names)))
    signed.data = np.sign(signed.data)
    topics = topic_counts(members, codes * 2 + (values < 0), shape=(n, 2 * len(names)))
    return signed, topics, tuple(f"{name} {stance}" for name in names for stance in ("agree", "disagree"))


def _coded(corpus: Corpus, query: str) -> tuple[Any, tuple[str, ...]]:
    """Return a query's rows with each topic's number as ``code``, and the topics' names in that order."""
    table = corpus.query(
        f"SELECT * EXCLUDE (topic), dense_rank() OVER (ORDER BY topic) - 1 AS code FROM ({query}) ORDER BY ALL"
    )
    names = corpus.rows(f"SELECT DISTINCT topic FROM ({query}) ORDER BY topic")
    return table, tuple(row["topic"] for row in names)


def _numbers(table: Any, column: str) -> NDArray[np.int64]:
    return np.asarray(table.column(column).to_numpy(), np.int64)
