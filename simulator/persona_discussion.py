"""Discussion between language-model personas: each hears a few neighbours along its bond ties, and may revise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from personas.seeds import derived_rng
from simulator.discuss import Discussed
from simulator.persona_judge import Memories, ballot_of, judgement_call, minds_of, together, unheard
from simulator.reading_ballots import reader
from simulator.replies import answered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.item import Ballot, Item
    from simulator.models.model import Model
    from simulator.persona_judge import Arrived, Mind
    from simulator.prompts.prompts import Prompts
    from simulator.reading_ballots import Judgement
    from simulator.replies import Answered
    from simulator.retrieval import Retrieved
    from simulator.room import Room
    from simulator.settings import Settings

__all__ = ["PersonaDiscussion", "listening"]

TOLERANCE = 0.05
"""The largest change of a share that counts as none: log-probabilities move by as much from wording to wording."""


class PersonaDiscussion:
    """Rounds in which every persona with a neighbour is asked again, having heard the ballots of the round before.

    All are asked at once and see the same round, so that the result does not depend on who answers first. How
    much weight neighbours have against norms is told in the prompt: it follows the community's two cohesion
    scores (``simulator.deliberate.susceptibility``).

    Args:
        model: what they think with. ``prompts``: what they are sent.
        settings: the form of the answer, how much is shown and recalled, and how many neighbours are heard.
        arrived: told of each ballot when its round is over, with its item and community.
    """

    def __init__(
        self, model: Model, prompts: Prompts, *, settings: Settings, arrived: Arrived = unheard
    ) -> None:
        self.model, self.prompts, self.settings = model, prompts, settings
        self.arrived = arrived
        self.memories = Memories(settings.seed)

    async def discuss(
        self, item: Item, room: Room, norms: Retrieved, ballots: Sequence[Ballot], *, rounds: int
    ) -> Discussed:
        """Return the ballots after each round, until one in which nobody who answered changed any more.

        A judgement that failed before stays out. A revision that fails leaves the persona with what it held:
        its ballot says so in its reason, and it is told of among the problems. A round in which every revision
        failed settles nothing.

        Raises:
            StoppedError: the run must not go on; all that was under way has landed.
        """
        now = list(ballots)
        hearing = self._hearing(room, now)
        if not hearing:
            return Discussed()
        minds = minds_of(room, norms, self.memories.of(room), self.settings)
        held: list[tuple[Ballot, ...]] = []
        problems: list[str] = []
        settled = False
        while not settled and len(held) < rounds:
            before, number = list(now), len(held) + 1
            found = await self._round(item, room, minds, before, hearing, number)
            cast = [replace(ballot, round=number, heard=(), moved_by=()) for ballot in before]
            for place, answer in found.items():
                names = tuple(before[other].persona for other in hearing[place])
                cast[place] = _revised(before[place], answer, minds[place], names, number)
                if answer.value is None:  # what it says to its neighbours stays its own last reason
                    problems.append(f"{before[place].persona}, round {number}: {cast[place].reason}")
                else:
                    now[place] = cast[place]
            held.append(tuple(cast))
            for ballot in cast:
                self.arrived(item, room.community, ballot)
            hearing = self._hearing(room, now)
            somebody = any(answer.value is not None for answer in found.values())
            settled = not hearing or (somebody and all(map(_same, before, cast)))
        return Discussed(rounds=tuple(held), settled=settled, problems=tuple(problems))

    def _hearing(self, room: Room, ballots: Sequence[Ballot]) -> dict[int, list[int]]:
        if not room.susceptibility:
            return {}
        return listening(room, ballots, heard=self.settings.heard, seed=self.settings.seed)

    async def _round(
        self,
        item: Item,
        room: Room,
        minds: Sequence[Mind],
        before: Sequence[Ballot],
        hearing: Mapping[int, Sequence[int]],
        number: int,
    ) -> dict[int, Answered[Judgement]]:
        """Return what each persona with a neighbour answers, by its place in the panel."""
        asked = [
            self._asked(item, room, minds[place], before[place], [before[other] for other in heard], number)
            for place, heard in hearing.items()
        ]
        return dict(zip(hearing, await together(asked), strict=True))

    async def _asked(
        self, item: Item, room: Room, mind: Mind, own: Ballot, heard: Sequence[Ballot], number: int
    ) -> Answered[Judgement]:
        answer = self.settings.answer
        messages = self.prompts.discuss(
            item,
            room,
            shown=mind.shown,
            persona=mind.persona,
            recalled=mind.recalled,
            order=own.order,
            answer=answer,
            own=own,
            heard=heard,
        )
        call = judgement_call(messages, item, mind.persona, self.settings, phase="discuss", draw=number)
        read = reader(answer, own.order, [option.text for option in item.options])
        return await answered(self.model, call, read=read, prompts=self.prompts)


def listening(room: Room, ballots: Sequence[Ballot], *, heard: int, seed: int) -> dict[int, list[int]]:
    """Return whom each persona of a panel listens to: its strongest bond ties, as places in the panel.

    Only neighbours with a choice are listened to, and personas whose judgement failed listen to nobody; those
    with no such neighbour are left out.

    Args:
        ballots: of the round before, in the order of the panel.
        heard: how many neighbours, at the most. ``seed``: decides between equally strong ties.
    """
    found: dict[int, list[int]] = {}
    voting = np.array([ballot.choice is not None for ballot in ballots])
    for place, ballot in enumerate(ballots):
        weights = room.ties[place] * voting
        weights[place] = 0
        if ballot.failure or not weights.any():
            continue
        chance = derived_rng(seed, "listening", ballot.persona).random(len(weights))
        order = np.lexsort((chance, -weights))
        found[place] = [int(other) for other in order[:heard] if weights[other] > 0]
    return found


def _revised(
    own: Ballot, found: Answered[Judgement], mind: Mind, names: tuple[str, ...], number: int
) -> Ballot:
    """Return a persona's ballot after a round in which it heard those of ``names``."""
    if found.value is None:
        reason = f"revision failed: {_why(found)}; keeps its ballot"
        return replace(own, round=number, heard=names, moved_by=(), reason=reason)
    ballot = ballot_of(found, mind.persona, own.order, norms=mind.norms)
    movers = [names[one - 1] for one in dict.fromkeys(found.value.convinced_by) if 0 < one <= len(names)]
    return replace(
        ballot,
        round=number,
        heard=names,
        moved_by=tuple(movers) if ballot.choice != own.choice else (),
        asked_again=own.asked_again,
        again=own.again,
    )


def _why(found: Answered[Judgement]) -> str:
    return f"{found.failure}: {found.detail}" if found.detail else found.failure


def _same(old: Ballot, new: Ballot) -> bool:
    if old.choice != new.choice:
        return False
    return all(abs(a - b) <= TOLERANCE for a, b in zip(old.shares, new.shares, strict=True))
