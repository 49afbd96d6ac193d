"""A benchmark out of any corpus: hold threads out, and show a predictor only what was there without them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Literal

from bench.items import BuiltItems, build_items
from personas.errors import InputError
from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from personas.community import Membership
    from personas.corpus import Corpus
    from simulator.item import Item

__all__ = ["Split", "hold_out"]

By = Literal["auto", "time", "random"]


@dataclass(frozen=True, kw_only=True)
class Split:
    """A corpus in two: what may be learned from, and the threads whose votes are to be predicted.

    Nothing of a held-out thread is in ``train``: no post, reply, vote or tag, and of a split by time nothing
    that came later either. Norms, profiles, graph, communities and panels are built from ``train`` alone.

    Args:
        whole: the whole corpus.
        train: the narrowed view of it.
        held_out: the threads held out.
        by: ``time`` or ``random``.
        seed: what the split was derived from.
        notes: what a reader of a figure must know of the split.
    """

    whole: Corpus
    train: Corpus
    held_out: frozenset[str]
    by: Literal["time", "random"]
    seed: int
    notes: tuple[str, ...]

    def items(self, membership: Membership) -> BuiltItems:
        """Return the held-out items, with the real votes of each community of ``membership``."""
        return build_items(self.whole, membership, seed=self.seed, threads=self.held_out)

    def learned(self, membership: Membership) -> tuple[Item, ...]:
        """Return the items of the part that may be learned from; baselines take their rates from them."""
        return build_items(self.train, membership, seed=self.seed).items


def hold_out(corpus: Corpus, *, share: float = 0.5, seed: int, by: By = "auto") -> Split:
    """Split a corpus by time where its posts and votes are dated, else at random.

    By time, the latest ``share`` of each community's threads is held out; where members belong to several
    communities, all communities are cut at one moment, so that nobody is seen later elsewhere.

    Args:
        share: of the threads, between 0 and 1.
        seed: what a random split is derived from.
        by: ``time`` or ``random``; ``auto`` takes time where everything that counts is dated.

    Raises:
        InputError: the share leaves nothing on one side, or a split by time is asked for without dates.
    """
    if not 0 < share < 1:
        raise InputError(f"a share of {share}", where="--share", remedy="choose one between 0 and 1")
    undated = _undated(corpus)
    if by == "time" and undated:
        raise InputError(f"{undated}, so no split by time", where="--split", remedy="use --split random")
    if by == "random" or (by == "auto" and undated):
        why = f" ({undated})" if undated else ""
        return _at_random(corpus, share, seed, f"{share:.0%} of the threads held out at random{why}")
    return _by_time(corpus, share, seed)


def _undated(corpus: Corpus) -> str:
    """Return what is not dated, in words; empty where all is that must be."""
    if corpus.scalar("SELECT count(*) FROM posts WHERE created IS NULL"):
        return "some posts have no date"
    named = corpus.manifest.ballot == "agreement"
    if named and corpus.scalar("SELECT count(*) FROM votes WHERE created IS NULL"):
        return "the votes have no dates"
    return ""


def _at_random(corpus: Corpus, share: float, seed: int, note: str) -> Split:
    threads = [
        row["thread"]
        for row in corpus.rows("SELECT DISTINCT thread FROM posts WHERE parent IS NULL ORDER BY thread")
    ]
    count = round(len(threads) * share)
    _refuse_empty(count, len(threads))
    order = derived_rng(seed, "hold out").permutation(len(threads))
    held_out = frozenset(threads[index] for index in order[:count])
    return Split(
        whole=corpus,
        train=corpus.narrowed(hide_threads=held_out),
        held_out=held_out,
        by="random",
        seed=seed,
        notes=(note,),
    )


def _by_time(corpus: Corpus, share: float, seed: int) -> Split:
    ends = _ends(corpus, share)
    rows = corpus.rows("SELECT post, community, created FROM posts WHERE parent IS NULL")
    held_out = frozenset(row["post"] for row in rows if row["created"] >= ends[row["community"]])
    _refuse_empty(len(held_out), len(rows))
    notes = [f"the latest {share:.0%} of the threads held out"]
    for what, query in UNDATED_COUNTS.items():
        if corpus.scalar(query):
            notes.append(
                f"{what} are as of the dump: those of earlier posts hold later votes, of other threads"
            )
    return Split(
        whole=corpus,
        train=corpus.narrowed(hide_threads=held_out, before=ends),
        held_out=held_out,
        by="time",
        seed=seed,
        notes=tuple(notes),
    )


UNDATED_COUNTS = {
    "net scores": "SELECT count(*) FROM posts WHERE score IS NOT NULL",
    "votes without a date": "SELECT count(*) FROM votes WHERE created IS NULL",
}


def _ends(corpus: Corpus, share: float) -> Mapping[str, datetime]:
    """Return, for each community, the moment from which on its threads are held out.

    It is one moment for all where a member, or a vote, is of another community than the thread.
    """
    begun: dict[str, list[datetime]] = {}
    for row in corpus.rows("SELECT community, created FROM posts WHERE parent IS NULL ORDER BY created"):
        begun.setdefault(row["community"], []).append(row["created"])
    query = "SELECT community FROM posts UNION SELECT community FROM votes"
    names = [row["community"] for row in corpus.rows(query)]
    shared = corpus.scalar(
        "SELECT count(*) FROM (SELECT member FROM members GROUP BY member HAVING count(*) > 1)"
    )
    if shared or not begun.keys() >= set(names):
        return dict.fromkeys(names, _cut(sorted(chain.from_iterable(begun.values())), share))
    return {name: _cut(moments, share) for name, moments in begun.items()}


def _cut(moments: Sequence[datetime], share: float) -> datetime:
    """Return the moment of the first of the latest ``share``, at least one, of moments in order."""
    return moments[-max(1, round(len(moments) * share))]


def _refuse_empty(count: int, total: int) -> None:
    if not 0 < count < total:
        raise InputError(
            f"{count} of {total} threads would be held out", where="--share", remedy="choose another share"
        )
