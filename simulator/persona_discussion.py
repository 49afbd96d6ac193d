"""Discussion between language-model personas: each hears a few neighbours along its bond ties, and may revise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from personas.seeds import derived_rng
from simulator.discuss import Discussed
from simulator.persona_judge import Memories, ballot_of, judgement_call, minds_of, together
from simulator.reading_ballots import reader
from simulator.replies import answered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.item import Ballot, Item
    from simulator.models.model import Model
    from simulator.persona_judge import Mind
    from simulator.prompts.prompts import Prompts
    from simulator.retrieval import Retrieved
    from simulator.room import Room
    from simulator.settings import Settings

__all__ = ["PersonaDiscussion", "listening"]

TOLERANCE = 1e-4


class PersonaDiscussion:
    """Rounds in which every persona with a neighbour is asked again, having heard the ballots of the round before.

    How much weight neighbours have against norms is told in the prompt: it follows the community's two cohesion
    scores (``simulator.deliberate.susceptibility``).
    """

    def __init__(self, model: Model, prompts: Prompts, *, settings: Settings) -> None:
        self.model, self.prompts, self.settings = model, prompts, settings
        self.memories = Memories(settings.seed)

    async def discuss(
        self, item: Item, room: Room, norms: Retrieved, ballots: Sequence[Ballot], *, rounds: int
    ) -> Discussed:
        """Return the ballots after each round, until nobody changes any more.

        A judgement that failed before stays out. A revision that fails leaves the persona with what it held, and is
        told of among the problems.

        Raises:
            StoppedError: the run must not go on; all that was under way has landed.
        """
        neighbours = listening(room, ballots, heard=self.settings.heard, seed=self.settings.seed)
        if not room.susceptibility or not neighbours:
            return Discussed()
        minds = minds_of(room, norms, self.memories.of(room), self.settings)
        held: list[tuple[Ballot, ...]] = [tuple(ballots)]
        problems: list[str] = []
        for number in range(1, rounds + 1):
            before = held[-1]
            revised = await together(
                [
                    self._revise(item, room, minds[place], before, place, heard, number)
                    for place, heard in neighbours.items()
                ]
            )
            now = [replace(ballot, round=number, heard=(), moved_by=()) for ballot in before]
            for place, (ballot, problem) in zip(neighbours, revised, strict=True):
                now[place] = ballot
                problems += [problem] if problem else []
            held.append(tuple(now))
            if all(_same(old, new) for old, new in zip(before, now, strict=True)):
                return Discussed(rounds=tuple(held[1:]), settled=True, problems=tuple(problems))
        return Discussed(rounds=tuple(held[1:]), settled=False, problems=tuple(problems))

    async def _revise(
        self,
        item: Item,
        room: Room,
        mind: Mind,
        before: Sequence[Ballot],
        place: int,
        neighbours: Sequence[int],
        number: int,
    ) -> tuple[Ballot, str]:
        """Return a persona's ballot after a round, and what went wrong with it; empty where nothing did."""
        persona, own = mind.persona, before[place]
        heard = [before[neighbour] for neighbour in neighbours]
        messages = self.prompts.discuss(
            item,
            room,
            shown=mind.shown,
            persona=persona,
            recalled=mind.recalled,
            order=own.order,
            answer=self.settings.answer,
            own=own,
            heard=heard,
        )
        call = judgement_call(messages, item, persona, self.settings, phase="discuss", draw=number)
        texts = [option.text for option in item.options]
        found = await answered(
            self.model, call, read=reader(self.settings.answer, own.order, texts), prompts=self.prompts
        )
        names = tuple(ballot.persona for ballot in heard)
        if found.value is None:
            kept = replace(own, round=number, heard=names, moved_by=())
            return kept, f"{persona.persona} keeps its ballot of round {number - 1}: {found.failure}"
        ballot = ballot_of(found, persona, own.order, norms=mind.norms)
        movers = [names[one - 1] for one in dict.fromkeys(found.value.convinced_by) if 0 < one <= len(names)]
        moved = ballot.choice != own.choice
        return (
            replace(
                ballot,
                round=number,
                heard=names,
                moved_by=tuple(movers) if moved else (),
                asked_again=own.asked_again,
                again=own.again,
            ),
            "",
        )


def listening(room: Room, ballots: Sequence[Ballot], *, heard: int, seed: int) -> dict[int, list[int]]:
    """Return whom each persona of a panel listens to: its strongest bond ties, as places in the panel.

    Only neighbours with a choice are listened to, and personas whose judgement failed listen to nobody; those
    with no such neighbour are left out.

    Args:
        heard: how many neighbours, at the most. ``seed``: decides between equally strong ties.
    """
    found: dict[int, list[int]] = {}
    voting = np.array([ballot.choice is not None for ballot in ballots])
    for place, ballot in enumerate(ballots):
        if ballot.failure:
            continue
        weights = room.ties[place] * voting
        chance = derived_rng(seed, "listening", ballot.persona).random(len(weights))
        order = np.lexsort((chance, -weights))
        strongest = [int(other) for other in order[:heard] if weights[other] > 0]
        if strongest:
            found[place] = strongest
    return found


def _same(old: Ballot, new: Ballot) -> bool:
    if old.choice != new.choice:
        return False
    return all(abs(a - b) <= TOLERANCE for a, b in zip(old.shares, new.shares, strict=True))
