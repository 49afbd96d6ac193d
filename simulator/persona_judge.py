"""Judgement by language-model personas: each is sent its own prompt, and its reply becomes its ballot."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from personas.errors import StoppedError
from personas.persona import remember
from personas.seeds import derived_rng, derived_seed
from simulator.aggregate import balanced_orders
from simulator.item import Ballot
from simulator.models.model import Call
from simulator.prompts.answers import LETTERS
from simulator.prompts.schemas import answer_schema
from simulator.reading_ballots import Judgement, reader
from simulator.recall import Bearing
from simulator.replies import answered

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from personas.norms import Norm, NormStore
    from personas.persona import Panel, Persona
    from simulator.item import Item
    from simulator.models.model import Message, Model, Phase
    from simulator.prompts.prompts import Prompts
    from simulator.replies import Answered
    from simulator.retrieval import Retrieved
    from simulator.room import Room
    from simulator.settings import Settings

__all__ = [
    "Arrived",
    "Memories",
    "Mind",
    "PersonaJudge",
    "ballot_of",
    "judgement_call",
    "minds_of",
    "sent_to",
    "together",
    "unheard",
]

SEED_BITS = 0x7FFFFFFF
Result = TypeVar("Result")
Arrived = Callable[["Item", str, Ballot], None]
"""Whoever is told of a ballot as it is cast, with its item and community."""


def unheard(item: Item, community: str, ballot: Ballot) -> None:
    """Tell nobody of a ballot."""


class Memories:
    """What the personas of each panel remember, drawn once a panel."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._known: dict[str, tuple[Panel, NormStore, NDArray[np.int64]]] = {}

    def of(self, room: Room) -> NDArray[np.int64]:
        """Return how often each of p personas remembers each of n norms, as a (p, n) array."""
        known = self._known.get(room.community)
        if known is None or known[0] is not room.panel or known[1] is not room.store:
            drawn = remember(room.panel, room.store, seed=self.seed)
            known = self._known[room.community] = (room.panel, room.store, drawn)
        return known[2]


class PersonaJudge:
    """A panel of language-model personas.

    Args:
        model: what they think with. ``prompts``: what they are sent.
        settings: the form of the answer, how much is shown and recalled, and how many are asked again.
        arrived: told of each ballot as it is cast, with its item and community.
    """

    def __init__(
        self, model: Model, prompts: Prompts, *, settings: Settings, arrived: Arrived = unheard
    ) -> None:
        self.model, self.prompts, self.settings = model, prompts, settings
        self.arrived = arrived
        self.name = f"language-model personas ({model.name})"
        self.memories = Memories(settings.seed)

    async def judge(self, item: Item, room: Room, norms: Retrieved) -> list[Ballot]:
        """Return one ballot a persona, in the order of the room's panel.

        Raises:
            StoppedError: the run must not go on; all that was under way has landed.
        """
        panel = room.panel.personas
        orders = orders_of(item, room, self.settings.seed)
        if item.size > len(LETTERS):
            reason = f"{item.size} options: there are {len(LETTERS)} letters to name them by"
            return [
                Ballot(persona=persona.persona, choice=None, reason=reason, failure="too many options")
                for persona in panel
            ]
        again = self._asked_again(item, room)
        minded = minds_of(room, norms, self.memories.of(room), self.settings)
        return await together(
            [
                self._cast(item, room, mind, order, again=number in again)
                for number, (mind, order) in enumerate(zip(minded, orders, strict=True))
            ]
        )

    def _asked_again(self, item: Item, room: Room) -> set[int]:
        """Draw the personas that are asked again with the options in reverse."""
        size = len(room.panel.personas)
        rng = derived_rng(self.settings.seed, "recheck", item.item, room.community)
        return set(rng.permutation(size)[: math.ceil(self.settings.recheck * size)].tolist())

    async def _cast(
        self, item: Item, room: Room, mind: Mind, order: tuple[int, ...], *, again: bool
    ) -> Ballot:
        asked: list[tuple[tuple[int, ...], Phase]] = [(order, "judge")]
        if again:
            asked.append((order[::-1], "recheck"))
        cast = await together([self._ballot(item, room, mind, each, phase) for each, phase in asked])
        ballot = replace(cast[0], asked_again=True, again=cast[1].choice) if again else cast[0]
        self.arrived(item, room.community, ballot)
        return ballot

    async def _ballot(
        self, item: Item, room: Room, mind: Mind, order: tuple[int, ...], phase: Phase
    ) -> Ballot:
        messages = prompt_of(item, room, mind, order, self.prompts, self.settings)
        call = judgement_call(messages, item, mind.persona, self.settings, phase=phase)
        texts = [option.text for option in item.options]
        found = await answered(
            self.model, call, read=reader(self.settings.answer, order, texts), prompts=self.prompts
        )
        return ballot_of(found, mind.persona, order, norms=mind.norms)


@dataclass(frozen=True, kw_only=True)
class Mind:
    """A persona with the norms that it has in mind for an item: those it recalls, and those all are shown."""

    persona: Persona
    recalled: Sequence[Norm]
    shown: Sequence[Norm]

    @property
    def norms(self) -> tuple[Norm, ...]:
        """All of them, its own first."""
        return (*self.recalled, *self.shown)


def minds_of(room: Room, norms: Retrieved, memories: NDArray[np.int64], settings: Settings) -> list[Mind]:
    """Return what each persona of a panel has in mind, by the (p, n) memories of the panel."""
    bearing = Bearing(norms)
    shown = bearing.shown(settings.shown)
    posts = {norm.post for norm in shown}
    return [
        Mind(
            persona=persona,
            recalled=bearing.recalled(memory, persona, settings.recalled, posts),
            shown=shown,
        )
        for persona, memory in zip(room.panel.personas, memories, strict=True)
    ]


def orders_of(item: Item, room: Room, seed: int) -> list[tuple[int, ...]]:
    """Return the order in which each persona of a panel is shown the options, balanced over the panel."""
    derived = derived_seed(seed, "order", item.item, room.community)
    return balanced_orders(item.size, len(room.panel.personas), seed=derived)


def prompt_of(
    item: Item, room: Room, mind: Mind, order: tuple[int, ...], prompts: Prompts, settings: Settings
) -> tuple[Message, ...]:
    """Return what a persona is sent to judge an item."""
    return prompts.judge(
        item,
        room,
        shown=mind.shown,
        persona=mind.persona,
        recalled=mind.recalled,
        order=order,
        answer=settings.answer,
    )


def sent_to(
    item: Item, room: Room, norms: Retrieved, prompts: Prompts, settings: Settings
) -> list[tuple[Message, ...]]:
    """Return what every persona of a panel is sent to judge an item, in their order."""
    memories = Memories(settings.seed).of(room)
    return [
        prompt_of(item, room, mind, order, prompts, settings)
        for mind, order in zip(
            minds_of(room, norms, memories, settings), orders_of(item, room, settings.seed), strict=True
        )
    ]


async def together(work: Sequence[Coroutine[Any, Any, Result]]) -> list[Result]:
    """Return what comes of all the work, in order; what a piece raises is raised when all of them have ended.

    Raises:
        StoppedError: the run must not go on, whatever else went wrong.
    """
    ended = await asyncio.gather(*work, return_exceptions=True)
    raised = [result for result in ended if isinstance(result, BaseException)]
    if raised:
        raise next((error for error in raised if isinstance(error, StoppedError)), raised[0])
    return [result for result in ended if not isinstance(result, BaseException)]


def judgement_call(
    messages: tuple[Message, ...],
    item: Item,
    persona: Persona,
    settings: Settings,
    *,
    phase: Phase,
    draw: int = 0,
) -> Call:
    """Return the call that asks a persona for its judgement of an item."""
    letters = tuple(LETTERS[: item.size])
    return Call(
        messages=messages,
        temperature=settings.temperature,
        max_tokens=settings.reply_tokens,
        seed=derived_seed(settings.seed, "judge", persona.persona, item.item) & SEED_BITS,
        draw=draw,
        schema=answer_schema(settings.answer, letters, discussed=phase == "discuss"),
        letters=letters if settings.answer == "choice" else (),
        phase=phase,
        item=item.item,
        community=persona.community,
        persona=persona.persona,
    )


def ballot_of(
    found: Answered[Judgement], persona: Persona, order: tuple[int, ...], *, norms: Sequence[Norm]
) -> Ballot:
    """Return the ballot that an answer is; where there is none, one that says what failed.

    Where the provider gave probabilities, these are the shares, and the choice is the likeliest option, which at
    a temperature above 0 need not be the one that the reply happens to name.
    """
    posts = tuple(norm.post for norm in norms)
    if found.value is None:
        reason = f"{found.failure}: {found.detail}" if found.detail else found.failure
        return Ballot(persona=persona.persona, choice=None, order=order, reason=reason, failure=found.failure)
    judged = found.value
    if not judged.shares:
        return Ballot(persona=persona.persona, choice=None, order=order, reason=judged.reason, norms=posts)
    weights = found.reply.probabilities if found.reply else ()
    shares = _in_own_order(weights, order) if weights else judged.shares
    return Ballot(
        persona=persona.persona,
        choice=max(order, key=lambda option: shares[option]),
        shares=shares,
        order=order,
        reason=judged.reason,
        norms=posts,
        ranking=judged.ranking,
        ratings=judged.ratings,
        weighed=bool(weights),
    )


def _in_own_order(weights: Sequence[float], order: Sequence[int]) -> tuple[float, ...]:
    shares = [0.0] * len(order)
    for weight, option in zip(weights, order, strict=True):
        shares[option] = weight
    total = math.fsum(shares)
    return tuple(share / total for share in shares)
