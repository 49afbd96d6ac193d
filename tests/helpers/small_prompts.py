"""A small room, an item asked in it, and what its members said, for tests of prompts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from small_runs import room_of, store_of

from personas.community import Profile, ProfileSentence
from personas.norms import Norm
from personas.persona import Panel, Persona
from simulator.item import Ballot, Item, Option, Turn
from simulator.prompts.prompts import Prompts

__all__ = [
    "ANN",
    "BEN",
    "CLEO",
    "ITEM",
    "RECALLED",
    "SHOWN",
    "Case",
    "case",
    "small_room",
    "voted",
    "written_out",
]

if TYPE_CHECKING:
    from simulator.models.model import Message
    from simulator.room import Room

ANN = Persona(
    persona="tea#00", community="tea", member="ann", attributes={"lives": "upstairs"}, activity="high"
)
BEN, CLEO = (Persona(persona=f"tea#0{number}", community="tea") for number in (1, 2))
SHOWN = (
    Norm(post="p1", title="Pots", text="Warm the pot first.", author="dan", endorsement=0.91, support=1_204, basis="votes"),
    Norm(post="p2", title="", text="Boil it twice.", author="eve", endorsement=0.13, support=1, basis="votes"),
    Norm(post="p3", title="Leaves", text="Weigh them.", author="", endorsement=0.5, support=6, basis="rank"),
)  # fmt: skip
RECALLED = (
    Norm(post="p4", title="", text="I never measure anything.", author="ann", endorsement=0.7, support=3, basis="votes"),
    Norm(post="p5", title="", text="Milk goes in last.", author="ben", endorsement=0.3, support=8, basis="votes"),
)  # fmt: skip
ITEM = Item(
    item="1",
    query="And the pot?",
    turns=(Turn(role="user", text="How do I make tea?"), Turn(role="assistant", text="With hot water.")),
    options=(Option(text="Rinse it with hot water."), Option(text="Leave it cold.\nIt warms by itself.")),
)


@dataclass(frozen=True)
class Case:
    """A room with all that a prompt is made from."""

    room: Room
    prompts: Prompts

    def judge(self, *, item: Item = ITEM, **choices: object) -> tuple[Message, ...]:
        given = {"shown": SHOWN, "persona": ANN, "recalled": RECALLED, "order": (1, 0), "answer": "choice"}
        return self.prompts.judge(item, self.room, **{**given, **choices})

    def discuss(self, *, answer: str = "choice", **choices: object) -> tuple[Message, ...]:
        given = {"own": voted(ANN, 0), "heard": [voted(BEN, 1, "It is quicker."), voted(CLEO, 0, "")]}
        asked = {"shown": SHOWN, "persona": ANN, "recalled": RECALLED, "order": (1, 0), "answer": answer}
        return self.prompts.discuss(ITEM, self.room, **{**asked, **given, **choices})


def voted(persona: Persona, choice: int | None, reason: str = "A cold pot cools the tea.") -> Ballot:
    """Return a ballot for one of two options."""
    shares = () if choice is None else tuple(float(place == choice) for place in range(2))
    return Ballot(persona=persona.persona, choice=choice, shares=shares, order=(0, 1), reason=reason)


def small_room(susceptibility: float = 0.25) -> Room:
    """Return the room of a tea community of three personas."""
    profile = Profile(
        identity=(ProfileSentence(facet="shared values", text="Tea takes its time.", posts=("p1",)),),
        bond=(ProfileSentence(facet="tone and stances", text="We tease, and we pour.", posts=("p2",)),),
    )
    panel = Panel(community="tea", personas=(ANN, BEN, CLEO))
    room = room_of(panel, store_of(["tea"]), susceptibility=susceptibility)
    return replace(room, title="All about tea", profile=profile)


def written_out(messages: tuple[Message, ...]) -> str:
    """Return a whole prompt as a reader sees it, its blocks apart."""
    return "\n".join(
        f"===== {message.role} =====\n" + "\n----- block -----\n".join(message.blocks) for message in messages
    )


def case(susceptibility: float = 0.25) -> Case:
    """Return the small room, with the bundled templates."""
    return Case(small_room(susceptibility), Prompts.load(seed=3))
