"""What a persona is sent: its community, what is asked and what the community said of it, itself, the options.

The blocks are ordered from what is shared most to what is shared least, so that a server's prefix cache serves
the whole panel; each block of a message ends where sharing ends.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from simulator.models.model import Message
from simulator.prompts.answers import LETTERS
from simulator.prompts.fencing import Fence
from simulator.prompts.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from personas.community import ProfileSentence
    from personas.norms import Norm
    from personas.persona import Persona
    from simulator.item import Ballot, Item, Query
    from simulator.prompts.answers import Answer
    from simulator.room import Room

__all__ = ["Prompts"]

NORM, MEMORY, OPTION, QUERY, REASON, POST, TITLE = 400, 240, 2_000, 4_000, 300, 800, 120
"""Characters that are shown of each kind of text, at the most."""
NOTHING = "- nothing is known"
BLOCKS = 256
"""Rendered blocks that are kept."""
WHO = {"user": "asked before", "assistant": "answered before"}


class Prompts:
    """The prompts of one run.

    Args:
        templates: the texts they are made from.
        seed: of the run; the marks around strangers' texts are derived from it.
    """

    def __init__(self, templates: Templates, *, seed: int) -> None:
        self.templates = templates
        self.fence = Fence.of(seed)
        self._rendered: OrderedDict[tuple[object, ...], str] = OrderedDict()
        self.fingerprint = templates.fingerprint

    @classmethod
    def load(cls, folder: Path | None = None, *, seed: int) -> Prompts:
        """Read the bundled templates, and those in ``folder`` in place of them.

        Raises:
            InputError: a template cannot be used.
        """
        return cls(Templates.load(folder), seed=seed)

    def judge(
        self,
        item: Item,
        room: Room,
        *,
        shown: Sequence[Norm],
        persona: Persona,
        recalled: Sequence[Norm],
        order: Sequence[int],
        answer: Answer,
    ) -> tuple[Message, ...]:
        """Return what a persona is sent to judge an item, its options in the given order."""
        asked = (self._asked(item, shown), self._persona(room, persona, recalled))
        return self._messages(room, *asked, self._options(item, order, answer))

    def discuss(
        self,
        item: Item,
        room: Room,
        *,
        shown: Sequence[Norm],
        persona: Persona,
        recalled: Sequence[Norm],
        order: Sequence[int],
        answer: Answer,
        own: Ballot,
        heard: Sequence[Ballot],
    ) -> tuple[Message, ...]:
        """Return what a persona is sent to judge again, having heard the ballots of its neighbours."""
        letters = {option: LETTERS[place] for place, option in enumerate(order)}
        said = "".join(
            self._fill(
                "neighbour",
                number=number,
                answer=_answer(ballot, letters),
                reason=self.fence.clean(ballot.reason, REASON),
            )
            for number, ballot in enumerate(heard, start=1)
        )
        talk = self._fill(
            "discussion",
            own=f"{_answer(own, letters)}, because: {self.fence.around(own.reason, REASON)}",
            neighbours=f"{room.susceptibility:.2f}",
            norms=f"{1 - room.susceptibility:.2f}",
            heard=said.rstrip("\n"),
        )
        asked = (self._asked(item, shown), self._persona(room, persona, recalled))
        return self._messages(room, *asked, talk, self._options(item, order, answer, discussed=True))

    def generate(
        self,
        query: Query,
        room: Room,
        *,
        shown: Sequence[Norm],
        persona: Persona,
        recalled: Sequence[Norm],
        count: int,
    ) -> tuple[Message, ...]:
        """Return what a persona is sent to write one response, or ``count`` that stand for differing values."""
        task = self._fill("generate-one") if count == 1 else self._fill("generate-set", count=count)
        asked = (self._asked(query, shown), self._persona(room, persona, recalled))
        return self._messages(room, *asked, task)

    def repair(self, messages: tuple[Message, ...], reply: str, problem: str) -> tuple[Message, ...]:
        """Return a prompt with the reply that could not be read, and what was wrong with it."""
        said = self.fence.clean(reply, OPTION) or "(nothing)"
        told = self._fill("repair", problem=self.fence.clean(problem, REASON))
        return (
            *messages,
            Message(role="assistant", blocks=(said,)),
            Message(role="user", blocks=(told,)),
        )

    def profile_map(self, title: str, posts: Sequence[tuple[str, str]]) -> tuple[Message, ...]:
        """Return what is sent to draw sentences from (label, text) posts of a community."""
        listed = "\n".join(f"[{label}] {self.fence.around(text, POST)}" for label, text in posts)
        return self._profiling("profile-map", title, posts=listed)

    def profile_reduce(self, title: str, sentences: Sequence[tuple[str, str, str]]) -> tuple[Message, ...]:
        """Return what is sent to merge (label, facet, text) sentences into a profile."""
        listed = "\n".join(
            f"[{label}] {facet}: {self.fence.around(text, NORM)}" for label, facet, text in sentences
        )
        return self._profiling("profile-reduce", title, sentences=listed)

    def _fill(self, name: str, **values: object) -> str:
        return self.templates.fill(name, open=self.fence.open, close=self.fence.close, **values)

    def _messages(self, room: Room, *blocks: str) -> tuple[Message, ...]:
        system = Message(role="system", blocks=(self._fill("instructions"), self._community(room)))
        return system, Message(role="user", blocks=blocks)

    def _profiling(self, name: str, title: str, **values: object) -> tuple[Message, ...]:
        told = self._fill(name, title=self.fence.clean(title, TITLE), **values)
        return (
            Message(role="system", blocks=(self._fill("profile"),)),
            Message(role="user", blocks=(told,)),
        )

    def _once(self, key: tuple[object, ...], render: Callable[[], str]) -> str:
        """Return a block that a whole panel shares, rendered once for it."""
        if key not in self._rendered:
            self._rendered[key] = render()
            if len(self._rendered) > BLOCKS:
                self._rendered.popitem(last=False)
        self._rendered.move_to_end(key)
        return self._rendered[key]

    def _community(self, room: Room) -> str:
        key = ("community", room.community, room.title, room.profile)
        return self._once(key, lambda: self._describe(room))

    def _describe(self, room: Room) -> str:
        return self._fill(
            "community",
            title=self.fence.clean(room.title or room.community, TITLE),
            identity=self._sentences(room.profile.identity),
            bond=self._sentences(room.profile.bond),
        )

    def _sentences(self, sentences: Sequence[ProfileSentence]) -> str:
        lines = [
            self._fill("sentence", facet=sentence.facet, text=self.fence.clean(sentence.text, NORM))
            for sentence in sentences
        ]
        return "".join(lines).rstrip("\n") or NOTHING

    def _asked(self, asked: Item | Query, shown: Sequence[Norm]) -> str:
        key = ("asked", asked.query, asked.turns, tuple(shown))
        return self._once(key, lambda: self._ask(asked, shown))

    def _ask(self, asked: Item | Query, shown: Sequence[Norm]) -> str:
        turns = [
            self._fill("turn", who=WHO[turn.role], text=self.fence.clean(turn.text, QUERY))
            for turn in asked.turns
        ]
        norms = [
            self._fill(
                "norm",
                endorsement=f"{norm.endorsement:.2f}",
                support=_support(norm),
                text=self.fence.clean(norm.said, NORM),
            )
            for norm in shown
        ]
        return self._fill(
            "item",
            turns="".join(turns),
            query=self.fence.clean(asked.query, QUERY),
            norms="".join(norms).rstrip("\n") or NOTHING,
        )

    def _persona(self, room: Room, persona: Persona, recalled: Sequence[Norm]) -> str:
        memories = [
            self._fill(
                "memory",
                how="wrote" if persona.member and norm.author == persona.member else "read",
                endorsement=f"{norm.endorsement:.2f}",
                text=self.fence.clean(norm.said, MEMORY),
            )
            for norm in recalled
        ]
        members = [each.persona for each in room.panel.personas]
        return self._fill(
            "persona",
            number=members.index(persona.persona) + 1,
            size=len(members),
            traits=self._traits(persona),
            memories="".join(memories).rstrip("\n") or "You remember nothing of your own on this.",
        )

    def _traits(self, persona: Persona) -> str:
        told = [
            f"{self.fence.clean(name, TITLE)}: {self.fence.around(value, TITLE)}."
            for name, value in persona.attributes.items()
        ]
        if persona.activity:
            told.insert(0, f"Your activity here, beside the others': {persona.activity}.")
        return " ".join(told)

    def _options(self, item: Item, order: Sequence[int], answer: Answer, *, discussed: bool = False) -> str:
        lines = [
            self._fill(
                "option", letter=LETTERS[place], text=self.fence.clean(item.options[option].text, OPTION)
            )
            for place, option in enumerate(order)
        ]
        asked = self._fill(f"answer-{answer}", letters=", ".join(LETTERS[: len(order)])).rstrip("\n")
        more = self._fill("convinced").rstrip("\n") if discussed else ""
        return self._fill("options", options="".join(lines).rstrip("\n"), answer=asked + more)


def _support(norm: Norm) -> str:
    return f"{norm.support:,} votes" if norm.basis == "votes" else f"its rank among {norm.support:,} answers"


def _answer(ballot: Ballot, letters: dict[int, str]) -> str:
    return "abstained" if ballot.choice is None else letters[ballot.choice]
