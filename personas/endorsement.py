"""How strongly each community endorsed each post: from votes where there are any, else from ranks of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personas.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

    from personas.community import Membership
    from personas.corpus import Corpus

__all__ = ["endorsements", "rate", "register_membership"]

SAID = "kind <> 'question' AND (kind <> 'comment' OR community NOT IN (SELECT community FROM answered))"
"""Questions ask and endorse nothing; comments on answers are asides, but on Reddit they are the replies."""

BY_VOTES = """
    SELECT post, community, up, down, CAST(up + down AS INTEGER) AS support,
           (? + up) / (? + ? + up + down) AS endorsement, 'votes' AS basis
    FROM tallies WHERE up + down > 0 AND post IN (SELECT post FROM said)"""

BY_RANK = """
    SELECT post, g.community, 0 AS up, 0 AS down, CAST(siblings AS INTEGER) AS support,
           (place - 0.5) / siblings AS endorsement, 'rank' AS basis
    FROM (SELECT post, author, community AS within,
                 rank() OVER (PARTITION BY community, parent, kind ORDER BY score)
                 + (count(*) OVER (PARTITION BY community, parent, kind, score) - 1) / 2.0 AS place,
                 count(*) OVER (PARTITION BY community, parent, kind) AS siblings
          FROM said WHERE score IS NOT NULL) s
    JOIN belongs g ON g.within = s.within AND (g.author IS NULL OR g.author = s.author)
    WHERE post NOT IN (SELECT post FROM tallies WHERE up + down > 0)
      AND siblings > 1 AND s.within NOT IN (SELECT community FROM votes)"""


def endorsements(corpus: Corpus, membership: Membership, *, a0: float = 1.0, b0: float = 1.0) -> pa.Table:
    """Return one row for each post and each community of ``membership`` that endorsed or rejected it.

    With ``up`` and ``down`` votes the endorsement is ``(a0 + up) / (a0 + b0 + up + down)``, the mean of a Beta
    posterior (Lin & Wei 2026), and the support ``up + down``. Where a given community publishes no votes but
    net scores, it is the mid-rank of the score among the replies to the same post, over their number, and the
    support is that number. In a corpus of choices, whoever chose another option voted against this one.

    Returns:
        columns ``post, community, up, down, support, endorsement`` in (0, 1), and ``basis``, which is
        ``votes`` or ``rank``; ordered by community and post.

    Raises:
        InputError: ``a0`` or ``b0`` is not positive.
    """
    if a0 <= 0 or b0 <= 0:
        raise InputError(f"the prior ({a0}, {b0}) is not positive", where="a0, b0", remedy="give it 1 and 1")
    register_membership(corpus, membership)
    return corpus.query(
        f"""WITH answered AS (SELECT DISTINCT community FROM posts WHERE kind = 'answer'),
            said AS (SELECT * FROM posts WHERE {SAID}),
            tallies AS ({_tallies(corpus, membership)})
            {BY_VOTES} UNION ALL {BY_RANK} ORDER BY community, post""",
        a0,
        a0,
        b0,
    )


def rate(up: Any, down: Any, *, a0: float = 1.0, b0: float = 1.0) -> Any:
    """Return the endorsement ``(a0 + up) / (a0 + b0 + up + down)`` of numbers of votes, or of arrays of them.

    >>> rate(3, 1)
    0.6666666666666666
    """
    return (a0 + up) / (a0 + b0 + up + down)


def register_membership(corpus: Corpus, membership: Membership) -> None:
    """Give the queries of ``corpus`` two tables: ``belonging`` and ``belongs``.

    ``belonging`` has a row a member: member, community, and the given community that it lies ``within``.
    ``belongs`` says whose posts are a community's own: everybody's in a given one (``author`` is null), its
    members' in a found one.
    """
    import pyarrow as pa

    rows = [(m, c.name, c.within) for c in membership.communities for m in c.members]
    columns = [
        pa.array(column, pa.string()) for column in (zip(*rows, strict=True) if rows else ((), (), ()))
    ]
    belonging = pa.table(columns, names=["member", "community", "within"])
    corpus.register("belonging", belonging)
    if membership.origin == "found":
        corpus.register("belongs", belonging.rename_columns(["author", "community", "within"]))
        return
    names = pa.array(membership.names, pa.string())
    nobody = pa.nulls(len(names), pa.string())
    corpus.register("belongs", pa.table([nobody, names, names], names=["author", "community", "within"]))


def _tallies(corpus: Corpus, membership: Membership) -> str:
    """Return a query for (post, community, up, down)."""
    sums = """CAST(coalesce(sum(count) FILTER (value > 0), 0) AS INTEGER) AS up,
              CAST(coalesce(sum(count) FILTER (value < 0), 0) AS INTEGER) AS down"""
    if membership.origin == "found" and corpus.manifest.voters == "named":
        votes = """SELECT v.post, b.community, v.value, v.count FROM votes v
                   JOIN belonging b ON b.member = v.voter AND b.within = v.community"""
    elif membership.origin == "found":
        votes = """SELECT v.post, b.community, v.value, v.count FROM votes v JOIN posts p USING (post)
                   JOIN belonging b ON b.member = p.author AND b.within = v.community"""
    else:
        votes = """SELECT v.post, v.community, v.value, v.count FROM votes v
                   WHERE v.community IN (SELECT community FROM belongs)"""
    tally = f"SELECT post, community, {sums} FROM ({votes}) GROUP BY post, community"
    if corpus.manifest.ballot != "choice":
        return tally
    return f"""SELECT p.post, a.community, coalesce(t.up, 0) AS up, a.asked - coalesce(t.up, 0) AS down
        FROM posts p
        JOIN (SELECT p.thread, t.community, CAST(sum(t.up) AS INTEGER) AS asked
              FROM ({tally}) t JOIN posts p USING (post) GROUP BY ALL) a USING (thread)
        LEFT JOIN ({tally}) t ON t.post = p.post AND t.community = a.community
        WHERE p.kind = 'option'"""
