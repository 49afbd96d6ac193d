"""An item with some of its options: what the real votes say of those alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.items import counted_votes, endorsed_votes, ranked_votes
from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.item import Item, RealVotes

__all__ = ["with_options"]


def with_options(
    item: Item, kept: Sequence[int], *, scores: Mapping[str, int] | None = None, prior: tuple[float, float]
) -> Item:
    """Return ``item`` with the options at the places ``kept`` alone, in their order there.

    Endorsements are normalised over the kept options anew, and intervals, margin and voters are theirs; so
    are counts of choices. Where only net scores are published they are ranked among the kept options again.

    Args:
        scores: the net score of each option's post, where that is all there is.
        prior: a0 and b0 of an endorsement.

    Raises:
        InputError: nothing is known of the kept options alone, or fewer than two are kept.
    """
    votes = {name: _kept(item, votes, kept, scores or {}, prior) for name, votes in item.votes.items()}
    missing = [name for name, left in votes.items() if left is None]
    if missing:
        raise InputError(
            f"{', '.join(missing)}: no vote is on the options {list(kept)}", where=f"item {item.item}"
        )
    sound = {name: left for name, left in votes.items() if left is not None}
    return replace(item, options=tuple(item.options[place] for place in kept), votes=sound)


def _kept(
    item: Item,
    votes: RealVotes,
    kept: Sequence[int],
    scores: Mapping[str, int],
    prior: tuple[float, float],
) -> RealVotes | None:
    if votes.up and votes.down:
        replies = [{"up": votes.up[place], "down": votes.down[place]} for place in kept]
        return endorsed_votes(replies, prior)
    if votes.up:
        counts = [votes.up[place] for place in kept]
        return counted_votes(counts) if any(counts) else None
    return ranked_votes([{"score": scores.get(item.options[place].post)} for place in kept])
