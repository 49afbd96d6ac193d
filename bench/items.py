"""Items out of a corpus: its own questions, with the options and the votes that they got in reality."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from personas.endorsement import SAID, rate, register_membership
from personas.norms import as_said
from personas.seeds import derived_rng
from simulator.item import Item, Option, RealVotes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from personas.community import Membership
    from personas.corpus import Corpus

__all__ = ["BuiltItems", "build_items", "counted_votes", "endorsed_votes", "ranked_votes"]

AGREE, DISAGREE = "Agree", "Disagree"
LEAST_VOTERS = 10
"""Shares of fewer real choices than this are mostly noise; such items are left out and counted."""


@dataclass(frozen=True, kw_only=True)
class BuiltItems:
    """Items, and how many were left out for which reason."""

    items: tuple[Item, ...]
    left_out: dict[str, int] = field(default_factory=dict)


def build_items(
    corpus: Corpus,
    membership: Membership,
    *,
    seed: int,
    threads: Iterable[str] | None = None,
    a0: float = 1.0,
    b0: float = 1.0,
) -> BuiltItems:
    """Return the items that a corpus holds, in the order of their threads.

    Where members vote on statements, a statement is an item, to agree or to disagree with. Where they choose
    among options, a question is an item, with its options in the order of their identities. Elsewhere a post
    with two or more replies is an item: which reply did the community endorse how strongly? Those options are
    shuffled, for early and long replies win for reasons that have nothing to do with the community. Whose
    votes those are is known of given communities alone, so found ones get no such items.

    Args:
        corpus: where items and votes are read; not narrowed.
        membership: whose votes count for which community.
        seed: what the options' order is derived from.
        threads: the threads to make items of; all where None.
        a0, b0: the prior of an endorsement (Lin & Wei 2026).
    """
    register_membership(corpus, membership)
    left_out: Counter[str] = Counter()
    wanted = None if threads is None else set(threads)
    if corpus.manifest.ballot == "agreement":
        items = _statements(corpus, membership, wanted, left_out)
    elif corpus.manifest.ballot == "choice":
        items = _questions(corpus, wanted, left_out)
    else:
        items = _threads(corpus, wanted, left_out, seed=seed, prior=(a0, b0))
    if membership.origin == "found" and corpus.manifest.ballot != "agreement" and items:
        left_out["votes of the whole place, and not of the communities found in it"] += len(items)
        items = []
    return BuiltItems(items=tuple(items), left_out=dict(sorted(left_out.items())))


def _statements(
    corpus: Corpus, membership: Membership, wanted: set[str] | None, left_out: Counter[str]
) -> list[Item]:
    voters = (
        "JOIN belonging b ON b.member = v.voter AND b.within = v.community"
        if membership.origin == "found"
        else "JOIN (SELECT community, community AS within FROM belongs) b ON b.within = v.community"
    )
    rows = corpus.rows(
        f"""SELECT p.post, p.text, p.created, b.community,
                   CAST(coalesce(sum(v.count) FILTER (v.value > 0), 0) AS INTEGER) AS up,
                   CAST(coalesce(sum(v.count) FILTER (v.value < 0), 0) AS INTEGER) AS down
            FROM posts p JOIN votes v USING (post) {voters}
            WHERE p.parent IS NULL AND trim(p.text) <> '' GROUP BY ALL ORDER BY p.post, b.community"""
    )
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if wanted is not None and row["post"] not in wanted:
            continue
        if row["up"] + row["down"] < LEAST_VOTERS:
            left_out[f"fewer than {LEAST_VOTERS} voters in a community"] += 1
            continue
        entry = found.setdefault(row["post"], {**row, "votes": {}})
        entry["votes"][row["community"]] = counted_votes([row["up"], row["down"]])
    return [
        Item(
            item=post,
            query=entry["text"],
            options=(
                Option(text=AGREE, claim=entry["text"], post=post, created=entry["created"]),
                Option(text=DISAGREE, claim=entry["text"], polarity=-1, post=post, created=entry["created"]),
            ),
            kind="agreement",
            votes=entry["votes"],
            created=entry["created"],
        )
        for post, entry in found.items()
    ]


def _questions(corpus: Corpus, wanted: set[str] | None, left_out: Counter[str]) -> list[Item]:
    rows = corpus.rows(
        """SELECT q.post AS thread, q.title, q.text, q.tags,
                  list(struct_pack(post := o.post, text := o.text)) AS options
           FROM posts q JOIN posts o ON o.parent = q.post AND o.kind = 'option'
           GROUP BY ALL ORDER BY q.post"""
    )
    counts = {
        (row["post"], row["community"]): row["count"]
        for row in corpus.rows(
            """SELECT post, community, CAST(sum(count) AS INTEGER) AS count FROM votes
               WHERE value > 0 GROUP BY ALL"""
        )
    }
    names = sorted({community for _, community in counts})
    items = []
    for row in rows:
        if wanted is not None and row["thread"] not in wanted:
            continue
        row["options"].sort(key=lambda option: _numbered(option["post"]))
        if not _sound([option["text"] for option in row["options"]], left_out):
            continue
        query = as_said(row["title"], row["text"])
        votes = {}
        for name in names:
            chosen = [counts.get((option["post"], name), 0) for option in row["options"]]
            if sum(chosen) >= LEAST_VOTERS:
                votes[name] = counted_votes(chosen)
            elif sum(chosen):
                left_out[f"fewer than {LEAST_VOTERS} voters in a community"] += 1
        if votes:
            options = tuple(
                Option(text=option["text"], claim=as_said(row["title"], option["text"]), post=option["post"])
                for option in row["options"]
            )
            ordered = "ordered" in row["tags"]
            items.append(Item(item=row["thread"], query=query, options=options, votes=votes, ordered=ordered))
    return items


def _numbered(name: str) -> list[tuple[int, str]]:
    """Return a key that puts ``q/2`` before ``q/10``: an order that the options' scale needs."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


def _threads(
    corpus: Corpus, wanted: set[str] | None, left_out: Counter[str], *, seed: int, prior: tuple[float, float]
) -> list[Item]:
    rows = corpus.rows(
        f"""WITH answered AS (SELECT DISTINCT community FROM posts WHERE kind = 'answer'),
              tallies AS (SELECT post, CAST(coalesce(sum(count) FILTER (value > 0), 0) AS INTEGER) AS up,
                                 CAST(coalesce(sum(count) FILTER (value < 0), 0) AS INTEGER) AS down
                          FROM votes GROUP BY post),
              voting AS (SELECT DISTINCT community FROM votes),
              replies AS (SELECT p.*, coalesce(t.up, 0) AS up, coalesce(t.down, 0) AS down
                          FROM posts p LEFT JOIN tallies t USING (post)
                          WHERE {SAID} AND p.parent = p.thread AND trim(p.text) <> '')
            SELECT q.post AS thread, q.community, q.title, q.text, q.created,
                   q.community IN (SELECT community FROM voting) AS voted,
                   list(struct_pack(post := r.post, text := r.text, created := r.created, up := r.up,
                                    down := r.down, score := r.score) ORDER BY r.post) AS replies
            FROM posts q JOIN replies r ON r.parent = q.post
            GROUP BY ALL HAVING count(*) > 1 ORDER BY q.community, q.post"""
    )
    items = []
    for row in rows:
        if wanted is not None and row["thread"] not in wanted:
            continue
        replies = row["replies"]
        if not _sound([reply["text"] for reply in replies], left_out):
            continue
        rng = derived_rng(seed, "options", row["thread"])
        replies = [replies[index] for index in rng.permutation(len(replies))]
        votes = endorsed_votes(replies, prior) if row["voted"] else ranked_votes(replies)
        if votes is None:
            left_out["no votes on any reply"] += 1
            continue
        title = row["title"] or row["text"]
        options = tuple(
            Option(
                text=reply["text"],
                claim=as_said(row["title"], reply["text"]),
                post=reply["post"],
                created=reply["created"],
            )
            for reply in replies
        )
        items.append(
            Item(
                item=row["thread"],
                query=title,
                options=options,
                kind="endorsement",
                votes={row["community"]: votes},
                community=row["community"],
                created=row["created"],
            )
        )
    return items


def _sound(texts: Sequence[str], left_out: Counter[str]) -> bool:
    clean = [text.strip() for text in texts]
    if len(clean) < 2:
        left_out["fewer than two options"] += 1
    elif not all(clean):
        left_out["an option without text"] += 1
    elif len(set(clean)) < len(clean):
        left_out["two options with the same text"] += 1
    else:
        return True
    return False


def counted_votes(counts: Sequence[int]) -> RealVotes:
    """Return real choices with the 95 % intervals of their shares (Beta marginals, prior 1/2)."""
    from scipy.special import betaincinv

    total = sum(counts)
    alpha = np.array(counts) + 0.5
    rest = alpha.sum() - alpha
    first, second = sorted(counts, reverse=True)[:2]
    return RealVotes(
        shares=tuple(count / total for count in counts),
        voters=total,
        up=tuple(counts),
        margin=first - second,
        low=tuple(betaincinv(alpha, rest, 0.025).tolist()),
        high=tuple(betaincinv(alpha, rest, 0.975).tolist()),
    )


def endorsed_votes(replies: Sequence[dict[str, Any]], prior: tuple[float, float]) -> RealVotes | None:
    """Return endorsements, normalised over the options, with the intervals of each endorsement's Beta."""
    from scipy.special import betaincinv

    up = np.array([reply["up"] for reply in replies])
    down = np.array([reply["down"] for reply in replies])
    if not (up + down).any():
        return None
    alpha, beta = prior[0] + up, prior[1] + down
    rates = rate(up, down, a0=prior[0], b0=prior[1])
    total = rates.sum()
    return RealVotes(
        shares=_shares(rates),
        voters=int((up + down).sum()),
        up=tuple(up.tolist()),
        down=tuple(down.tolist()),
        margin=_margin(up - down),
        low=tuple(np.minimum(1, betaincinv(alpha, beta, 0.025) / total).tolist()),
        high=tuple(np.minimum(1, betaincinv(alpha, beta, 0.975) / total).tolist()),
    )


def ranked_votes(replies: Sequence[dict[str, Any]]) -> RealVotes | None:
    """Return mid-ranks of net scores, normalised: without numbers of voters there is nothing better."""
    from scipy.stats import rankdata

    if any(reply["score"] is None for reply in replies):
        return None
    scores = np.array([reply["score"] for reply in replies])
    if not scores.any():
        return None
    return RealVotes(shares=_shares(rankdata(scores)), voters=None, margin=_margin(scores))


def _shares(weights: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple((weights / weights.sum()).tolist())


def _margin(scores: NDArray[np.int64]) -> int:
    first, second = np.sort(scores)[::-1][:2]
    return int(first - second)
