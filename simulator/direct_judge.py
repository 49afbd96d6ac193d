"""A language model asked once for a community's whole distribution, without personas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personas.seeds import derived_rng, derived_seed
from simulator.item import Ballot, Preference
from simulator.models.model import Call
from simulator.persona_judge import SEED_BITS
from simulator.prompts.answers import LETTERS
from simulator.prompts.schemas import distribution_schema
from simulator.reading_ballots import distribution_reader
from simulator.recall import Bearing
from simulator.replies import answered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.item import Item
    from simulator.models.model import Message, Model
    from simulator.prompts.prompts import Prompts
    from simulator.retrieval import Retrieved
    from simulator.room import Room
    from simulator.settings import Settings

__all__ = ["DirectJudge", "direct_prompt", "forecast"]


class DirectJudge:
    """One call for each item and community; its one ballot is the forecast distribution.

    Meister, Guestrin & Hashimoto (2024) find that models verbalise a group's distribution better than their
    samples show it; either way it is what a panel of personas has to beat.

    Args:
        model: what is asked. ``prompts``: what it is sent.
        settings: how much is shown, and how it is sampled.

    References:
        N. Meister, C. Guestrin & T. Hashimoto (2024). Benchmarking distributional alignment of large language
        models. arXiv 2411.05403.
    """

    def __init__(self, model: Model, prompts: Prompts, *, settings: Settings) -> None:
        self.model, self.prompts, self.settings = model, prompts, settings
        self.name = f"language model asked for the whole distribution ({model.name})"

    async def judge(self, item: Item, room: Room, norms: Retrieved) -> list[Ballot]:
        """Return the one ballot.

        Raises:
            StoppedError: the run must not go on.
        """
        who = f"{room.community}#all"
        if item.size > len(LETTERS):
            reason = f"{item.size} options: there are {len(LETTERS)} letters to name them by"
            return [Ballot(persona=who, choice=None, reason=reason, failure="too many options")]
        order = _order(item, room, self.settings.seed)
        call = Call(
            messages=direct_prompt(item, room, norms, self.prompts, self.settings),
            temperature=self.settings.temperature,
            max_tokens=self.settings.reply_tokens,
            seed=derived_seed(self.settings.seed, "direct", room.community, item.item) & SEED_BITS,
            schema=distribution_schema(LETTERS[: item.size]),
            phase="judge",
            item=item.item,
            community=room.community,
            persona=who,
        )
        read = distribution_reader(order, [option.text for option in item.options])
        found = await answered(self.model, call, read=read, prompts=self.prompts)
        if found.value is None:
            reason = f"{found.failure}: {found.detail}" if found.detail else found.failure
            return [Ballot(persona=who, choice=None, reason=reason, failure=found.failure)]
        shares = found.value.shares
        choice = max(order, key=lambda option: shares[option])
        posts = tuple(norm.post for norm in Bearing(norms).shown(self.settings.shown))
        return [
            Ballot(
                persona=who,
                choice=choice,
                shares=shares,
                reason=found.value.reason,
                norms=posts,
                weighed=True,
            )
        ]


def direct_prompt(
    item: Item, room: Room, norms: Retrieved, prompts: Prompts, settings: Settings
) -> tuple[Message, ...]:
    """Return what the model is sent."""
    shown = Bearing(norms).shown(settings.shown)
    return prompts.direct(item, room, shown=shown, order=_order(item, room, settings.seed))


def forecast(ballots: Sequence[Ballot], size: int) -> Preference:
    """Return the one ballot's distribution as it is; where it failed, equal shares of which nothing is known.

    >>> forecast([Ballot(persona="tea#all", choice=0, shares=(0.75, 0.25))], 2).shares
    (0.75, 0.25)
    """
    shares = next((ballot.shares for ballot in ballots if ballot.choice is not None), ())
    failures = sum(bool(ballot.failure) for ballot in ballots)
    if shares:
        return Preference(shares=shares, ballots=1)
    even = (1 / size,) * size
    return Preference(
        shares=even,
        low=(0.0,) * size,
        high=(1.0,) * size,
        abstentions=len(ballots) - failures,
        failures=failures,
    )


def _order(item: Item, room: Room, seed: int) -> list[int]:
    order: list[int] = derived_rng(seed, "order", item.item, room.community).permutation(item.size).tolist()
    return order
