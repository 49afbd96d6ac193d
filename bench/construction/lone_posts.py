"""Items where nobody replies: which of some posts of one community, made one after another, were received best?

Top posts come without replies (as Reddit's of 2013 do), and yet their community endorsed some above others.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from bench.items import BuiltItems, endorsed_votes, ranked_votes
from personas.norms import as_said
from personas.seeds import derived_rng
from simulator.item import Item, Option

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from personas.corpus import Corpus

__all__ = ["QUESTION", "are_lone", "lone_items"]

QUESTION = "Which of these posts would the community endorse most?"
TOGETHER = 12
"""Posts that stand next to each other in time, from which an item's options are chosen."""


def are_lone(corpus: Corpus) -> bool:
    """Return whether members endorse posts here, and nobody replies to any."""
    replies = corpus.scalar("SELECT count(*) FROM posts WHERE parent IS NOT NULL")
    return corpus.manifest.ballot == "endorsement" and not replies


def lone_items(
    corpus: Corpus,
    *,
    seed: int,
    threads: Iterable[str] | None = None,
    prior: tuple[float, float] = (1.0, 1.0),
) -> BuiltItems:
    """Return items of up to twelve successive posts of one community each, in order of communities and time.

    Args:
        threads: the posts to make items of; all where None.
        seed: what the options' order is derived from.
        prior: a0 and b0 of an endorsement, where votes are published; net scores are ranked.
    """
    wanted = None if threads is None else set(threads)
    rows = [row for row in corpus.rows(_POSTS) if wanted is None or row["post"] in wanted]
    rows = [row for row in rows if as_said(row["title"] or "", row["text"])]
    by_community: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_community.setdefault(row["community"], []).append(row)
    left_out: Counter[str] = Counter()
    items = []
    for posts in by_community.values():
        for start in range(0, len(posts), TOGETHER):
            item = _item(posts[start : start + TOGETHER], seed, prior, left_out)
            if item is not None:
                items.append(item)
    return BuiltItems(items=tuple(items), left_out=dict(sorted(left_out.items())))


_POSTS = """SELECT p.post, p.community, p.title, p.text, p.created, p.score,
                   CAST(coalesce(sum(v.count) FILTER (v.value > 0), 0) AS INTEGER) AS up,
                   CAST(coalesce(sum(v.count) FILTER (v.value < 0), 0) AS INTEGER) AS down
            FROM posts p LEFT JOIN votes v USING (post) WHERE p.parent IS NULL
            GROUP BY ALL ORDER BY p.community, p.created NULLS LAST, p.post"""


def _item(
    posts: Sequence[dict[str, Any]], seed: int, prior: tuple[float, float], left_out: Counter[str]
) -> Item | None:
    if len(posts) < 2:
        left_out["fewer than two options"] += 1
        return None
    rng = derived_rng(seed, "options", posts[0]["post"])
    posts = [posts[index] for index in rng.permutation(len(posts))]
    votes = endorsed_votes(posts, prior) or ranked_votes(posts)
    if votes is None:
        left_out["no votes on any post"] += 1
        return None
    first = min(posts, key=lambda row: (row["created"] is None, row["created"] or 0, row["post"]))
    options = tuple(
        Option(text=as_said(row["title"] or "", row["text"]), post=row["post"], created=row["created"])
        for row in posts
    )
    return Item(
        item=f"from {first['post']}",
        query=QUESTION,
        options=options,
        kind="endorsement",
        votes={first["community"]: votes},
        community=first["community"],
        created=first["created"],
    )
