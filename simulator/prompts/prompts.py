"""What a persona is sent: its community, what is asked and what the community said of it, itself, the options.

The blocks are ordered from what is shared most to what is shared least, so that a server's prefix cache serves
the whole panel; each block of a message ends where sharing ends.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from typing import TYPE_CHECKING

from simulator.models.model import Message
from simulator.prompts.answers import LETTERS
from simulator.prompts.fencing import Fence
from simulator.prompts.lengths import (
    MEMORY,
    NORM,
    OPTION,
    OPTIONS,
    POST,
    QUERY,
    REASON,
    REPLY,
    SENTENCE,
    TITLE,
    TRAIT,
    fair_cut,
)
from simulator.prompts.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from personas.community import ProfileSentence
    from personas.norms import Norm
    from personas.persona import Persona
    from simulator.item import Ballot, Item, Query
    from simulator.models.model import Role
    from simulator.prompts.answers import Answer
    from simulator.room import Room

__all__ = ["Prompts"]

NOTHING = "- nothing is known"
NONE_OWN = "- nothing on this"
BLOCKS = 256
"""Rendered blocks that are kept."""
TEXTS = 1_024
"""Texts that are kept marked, cleaned and cut, as a panel's personas share them."""
WHO = {"user": "Asked before", "assistant": "Answered before"}
QUESTION = "The question"
RECEIVED = ((0.2, "rejected"), (0.4, "mostly rejected"), (0.6, "disputed"), (0.8, "mostly endorsed"))
"""In words, an endorsement below each figure; ``ENDORSED`` from the last on."""
ENDORSED = "endorsed"
ACTIVITY = {
    "low": "- you take part less than most members",
    "middle": "- you take part about as much as most members",
    "high": "- you take part more than most members",
}


class Prompts:
    """The prompts of one run.

    Args:
        templates: the texts they are made from.
        seed: of the run; the marks around strangers' texts are derived from it.
        option_room: characters of all options of an item together; the longest are cut first.
    """

    def __init__(self, templates: Templates, *, seed: int, option_room: int = OPTIONS) -> None:
        self.templates, self.option_room = templates, option_room
        self.fence = Fence.of(seed)
        self._told = lru_cache(TEXTS)(self.fence.around)
        self._rendered: OrderedDict[tuple[object, ...], str] = OrderedDict()
        self.fingerprint = templates.fingerprint

    @classmethod
    def load(cls, folder: Path | None = None, *, seed: int, option_room: int = OPTIONS) -> Prompts:
        """Read the bundled templates, and those in ``folder`` in place of them.

        Raises:
            InputError: a template cannot be used.
        """
        return cls(Templates.load(folder), seed=seed, option_room=option_room)

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
        return self._messages(
            room,
            self._asked(item, shown),
            self._persona(room, persona, recalled),
            self._options(item, order),
            self._form(answer, len(order)),
        )

    def direct(
        self, item: Item, room: Room, *, shown: Sequence[Norm], order: Sequence[int]
    ) -> tuple[Message, ...]:
        """Return what is sent to have a community's whole distribution over an item's options forecast at once.

        Of nobody in particular, neither a profile nor a norm is told.
        """
        community = self._community(room) if room.community else self._fill("nobody")
        asked = self._asked(item, shown) if room.community else self._fill("question", said=self._said(item))
        system = _message("system", self._marked("direct"), community)
        form = self._fill("answer-distribution", letters=", ".join(LETTERS[: len(order)]), more="")
        return system, _message("user", asked, self._options(item, order), form)

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
        """Return what a persona is sent to judge again, having heard the ballots of its neighbours.

        The neighbours are numbered from 1 in the order of ``heard``, and what they hold is named by the letters
        that the options have for this persona.
        """
        return self._messages(
            room,
            self._asked(item, shown),
            self._weighing(room.susceptibility),
            self._persona(room, persona, recalled),
            self._talk(order, own, heard),
            self._options(item, order),
            self._form(answer, len(order), more=self._fill("convinced")),
        )

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
        """Return what a persona is sent to write one response, or ``count`` that stand for differing values.

        The latter are negatively correlated: one request for a set whose responses lie apart on the two axes of
        value of Inglehart and Welzel (Zhang et al. 2025). Nobody in particular writes in no community's voice,
        and is told neither a profile nor a norm.
        """
        if not room.community:
            form = self._fill("writer-one") if count == 1 else self._fill("writer-set", count=count)
            asked = self._fill("question", said=self._said(query))
            return _message("system", self._marked("writer")), _message("user", asked, form)
        task = self._fill("generate-one") if count == 1 else self._fill("generate-set", count=count)
        return self._messages(room, self._asked(query, shown), self._persona(room, persona, recalled), task)

    def repair(self, messages: tuple[Message, ...], reply: str, problem: str) -> tuple[Message, ...]:
        """Return a prompt with the reply that could not be read, what was wrong with it, and the form once more.

        The form of the answer is the last block of what these prompts are made of.
        """
        said = self.fence.clean(reply, REPLY) or "(nothing)"
        told = self._fill("repair", problem=self._told(problem, REASON), form=messages[-1].blocks[-1])
        return (*messages, _message("assistant", said), _message("user", told))

    def profile_map(self, title: str, posts: Sequence[tuple[str, str]]) -> tuple[Message, ...]:
        """Return what is sent to draw sentences from (label, text) posts of a community."""
        listed = "\n".join(f"[{label}] {self._told(text, POST)}" for label, text in posts)
        return self._profiling(
            self._fill("profile-posts", title=self._told(title, TITLE), posts=listed), "map"
        )

    def profile_reduce(self, title: str, sentences: Sequence[tuple[str, str, str]]) -> tuple[Message, ...]:
        """Return what is sent to merge (label, facet, text) sentences into a profile."""
        listed = "\n".join(
            f"[{label}] {facet}: {self._told(text, SENTENCE)}" for label, facet, text in sentences
        )
        told = self._fill("profile-sentences", title=self._told(title, TITLE), sentences=listed)
        return self._profiling(told, "reduce")

    def _fill(self, name: str, **values: object) -> str:
        return self.templates.fill(name, **values)

    def _messages(self, room: Room, *blocks: str) -> tuple[Message, ...]:
        system = _message("system", self._marked("instructions"), self._community(room))
        return system, _message("user", *blocks)

    def _marked(self, name: str) -> str:
        """Return instructions that say what the marks mean."""
        return self._fill(name, open=self.fence.open.rstrip(), close=self.fence.close.lstrip())

    def _profiling(self, told: str, step: str) -> tuple[Message, ...]:
        task = self._fill(f"profile-{step}")
        return _message("system", self._marked("profile")), _message("user", told, task)

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
            title=self._told(room.title or room.community, TITLE),
            identity=self._sentences(room.profile.identity),
            bond=self._sentences(room.profile.bond),
        )

    def _sentences(self, sentences: Sequence[ProfileSentence]) -> str:
        lines = [
            self._fill("sentence", facet=each.facet, text=self._told(each.text, SENTENCE))
            for each in sentences
        ]
        return "\n".join(lines) or NOTHING

    def _asked(self, asked: Item | Query, shown: Sequence[Norm]) -> str:
        key = ("asked", asked.query, asked.turns, tuple(shown))
        return self._once(key, lambda: self._ask(asked, shown))

    def _ask(self, asked: Item | Query, shown: Sequence[Norm]) -> str:
        norms = [
            self._fill(
                "norm",
                received=_received(norm),
                endorsement=f"{norm.endorsement:.2f}",
                support=_support(norm),
                text=self._told(norm.said, NORM),
            )
            for norm in shown
        ]
        return self._fill("item", said=self._said(asked), norms="\n".join(norms) or NOTHING)

    def _said(self, asked: Item | Query) -> str:
        turns = [(WHO[turn.role], turn.text) for turn in asked.turns]
        said = [
            self._fill("turn", who=who, text=self._told(text, QUERY))
            for who, text in [*turns, (QUESTION, asked.query)]
        ]
        return "\n".join(said)

    def _persona(self, room: Room, persona: Persona, recalled: Sequence[Norm]) -> str:
        traits = [ACTIVITY[persona.activity]] if persona.activity in ACTIVITY else []
        traits += [
            self._fill("trait", text=self._told(f"{name}: {value}", TRAIT))
            for name, value in persona.attributes.items()
        ]
        memories = [
            self._fill(
                "memory",
                how="wrote" if persona.member and norm.author == persona.member else "read",
                received=_received(norm),
                endorsement=f"{norm.endorsement:.2f}",
                text=self._told(norm.said, MEMORY),
            )
            for norm in recalled
        ]
        members = [each.persona for each in room.panel.personas]
        return self._fill(
            "persona",
            number=members.index(persona.persona) + 1,
            size=len(members),
            traits="\n".join(traits) or NOTHING,
            memories="\n".join(memories) or NONE_OWN,
        )

    def _weighing(self, susceptibility: float) -> str:
        return self._fill(
            "weighing",
            weight=self._fill(_weight(susceptibility)),
            norms=f"{1 - susceptibility:.2f}",
            neighbours=f"{susceptibility:.2f}",
        )

    def _talk(self, order: Sequence[int], own: Ballot, heard: Sequence[Ballot]) -> str:
        letters = {option: LETTERS[place] for place, option in enumerate(order)}
        said = [
            self._fill(
                "neighbour", number=number, answer=_answer(ballot, letters), reason=self._reason(ballot)
            )
            for number, ballot in enumerate(heard, start=1)
        ]
        return self._fill(
            "discussion",
            own=f"{_answer(own, letters)}, because: {self._reason(own)}",
            heard="\n".join(said) or NOTHING,
        )

    def _reason(self, ballot: Ballot) -> str:
        return self._told(ballot.reason or "no reason given", REASON)

    def _options(self, item: Item, order: Sequence[int]) -> str:
        room = self.option_room
        lengths = [len(option.text) for option in item.options]
        cut = fair_cut(lengths, room, longest=max(OPTION, room))
        lines = [
            self._fill("option", letter=LETTERS[place], text=self._told(item.options[option].text, cut))
            for place, option in enumerate(order)
        ]
        return self._fill("options", options="\n".join(lines))

    def _form(self, answer: Answer, size: int, *, more: str = "") -> str:
        return self._fill(f"answer-{answer}", letters=", ".join(LETTERS[:size]), more=more)


def _message(role: Role, *blocks: str) -> Message:
    """Return a message of blocks, an empty line between them."""
    return Message(role=role, blocks=(*(f"{block}\n\n" for block in blocks[:-1]), blocks[-1]))


def _received(norm: Norm) -> str:
    return next((words for limit, words in RECEIVED if norm.endorsement < limit), ENDORSED)


def _support(norm: Norm) -> str:
    if norm.basis == "votes":
        return f"{norm.support:,} vote{'' if norm.support == 1 else 's'}"
    return f"by its rank among {norm.support:,}"


def _weight(susceptibility: float) -> str:
    if susceptibility < 1 / 3:
        return "weight-norms"
    return "weight-both" if susceptibility <= 2 / 3 else "weight-neighbours"


def _answer(ballot: Ballot, letters: dict[int, str]) -> str:
    """Return what a ballot holds, by a persona's own letters: its choice, or its ranking or ratings.

    >>> from simulator.item import Ballot
    >>> _answer(Ballot(persona="a", choice=1, shares=(0.0, 1.0), ranking=(1, 0)), {0: "B", 1: "A"})
    'A, then B'
    """
    if ballot.choice is None:
        return "abstained"
    if ballot.ranking:
        return ", then ".join(letters[option] for option in ballot.ranking)
    if ballot.ratings:
        best = sorted(letters, key=lambda option: (option != ballot.choice, -ballot.ratings[option]))
        return ", ".join(f"{letters[option]} ({ballot.ratings[option]:g} of 10)" for option in best)
    return letters[ballot.choice]
