"""Candidate responses written by language-model personas: one after the other, or a set that must differ."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from personas.seeds import derived_rng, derived_seed
from simulator.item import Option
from simulator.models.model import Call
from simulator.persona_judge import SEED_BITS, Memories, together
from simulator.prompts.schemas import responses_schema
from simulator.recall import recalled_norms, shown_norms
from simulator.replies import Answered, UnreadableError, answered, found_json
from simulator.retrieval import Retrieved

if TYPE_CHECKING:
    from personas.embedding import Embedder
    from personas.persona import Persona
    from simulator.item import Query
    from simulator.models.model import Model
    from simulator.prompts.prompts import Prompts
    from simulator.room import Room
    from simulator.settings import Settings

__all__ = ["PersonaGenerator"]

DRAWS = 3
"""How often responses are asked for, at the most, where some came back twice or not at all."""
FEWEST = 2
CHARACTERS_A_TOKEN = 8
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff]+"
)
QUOTES = {'"': '"', "'": "'", "“": "”", "«": "»", "„": "“", "「": "」"}


class PersonaGenerator:
    """Personas of a community that write responses to a query.

    ``independent``: each response is another persona's, asked on its own. ``negatively-correlated``: one persona is
    asked for all of them in one request, to stand for differing values (Zhang et al. 2025).

    Args:
        model: what they think with. ``prompts``: what they are sent.
        embedder: what the query is compared with norms by.
    """

    def __init__(self, model: Model, prompts: Prompts, embedder: Embedder, *, settings: Settings) -> None:
        self.model, self.prompts, self.embedder, self.settings = model, prompts, embedder, settings
        self.name = f"written by language-model personas ({model.name})"
        self.memories = Memories(settings.seed)

    async def generate(self, query: Query, room: Room) -> list[Option]:
        """Return as many options as the query asks for, with different texts, or fewer where no more came.

        Raises:
            InputError: fewer than two came. StoppedError: the run must not go on.
        """
        cosines, indices = room.store.nearest(self.embedder.embed([query.query]), self.settings.keep)
        norms = Retrieved(store=room.store, cosines=cosines, indices=indices, keep=self.settings.keep)
        texts: dict[str, str] = {}
        failures: list[str] = []
        for draw in range(DRAWS):
            missing = query.count - len(texts)
            if missing <= 0:
                break
            for found in await self._drawn(query, room, norms, missing, draw):
                failures += [found.failure] if found.failure else []
                for text in found.value or ():
                    texts.setdefault(" ".join(text.casefold().split()), text)
        if len(texts) < FEWEST:
            told = ", ".join(dict.fromkeys(failures)) or "the same response again and again"
            raise InputError(
                f"{len(texts)} of {query.count} responses were written ({told})", where=f"item {query.item}"
            )
        return [Option(text=text) for text in list(texts.values())[: query.count]]

    async def _drawn(
        self, query: Query, room: Room, norms: Retrieved, missing: int, draw: int
    ) -> list[Answered[list[str]]]:
        together_asked = self.settings.sampling == "negatively-correlated"
        writers = self._writers(query, room, 1 if together_asked else missing, draw)
        count = missing if together_asked and missing > 1 else 1
        return await together(
            [
                self._written(query, room, norms, place, count, draw * query.count + number)
                for number, place in enumerate(writers)
            ]
        )

    def _writers(self, query: Query, room: Room, count: int, draw: int) -> list[int]:
        """Draw who writes: no persona twice while there are enough."""
        rng = derived_rng(self.settings.seed, "writers", query.item, room.community, draw)
        size = len(room.panel.personas)
        order: list[int] = []
        while len(order) < count:
            order += rng.permutation(size).tolist()
        return order[:count]

    async def _written(
        self, query: Query, room: Room, norms: Retrieved, place: int, count: int, draw: int
    ) -> Answered[list[str]]:
        persona = room.panel.personas[place]
        shown = shown_norms(norms, self.settings.shown)
        memory = self.memories.of(room)[place]
        recalled = recalled_norms(
            norms, memory, persona, self.settings.recalled, {norm.post for norm in shown}
        )
        messages = self.prompts.generate(
            query, room, shown=shown, persona=persona, recalled=recalled, count=count
        )
        call = self._call(messages, query, persona, count, draw)
        longest = self.settings.reply_tokens * CHARACTERS_A_TOKEN
        found = await answered(
            self.model, call, read=lambda text: _responses(text, longest), prompts=self.prompts
        )
        return found if found.value is None else replace(found, value=found.value[:count])

    def _call(self, messages: Any, query: Query, persona: Persona, count: int, draw: int) -> Call:
        return Call(
            messages=messages,
            temperature=self.settings.temperature,
            max_tokens=self.settings.reply_tokens * count,
            seed=derived_seed(self.settings.seed, "generate", persona.persona, query.item, draw) & SEED_BITS,
            draw=draw,
            schema=responses_schema(),
            phase="generate",
            item=query.item,
            community=persona.community,
            persona=persona.persona,
        )


def _responses(text: str, longest: int) -> list[str]:
    """Read responses, cleaned; those that are empty are left out."""
    listed = found_json(text).get("responses")
    listed = [listed] if isinstance(listed, str) else listed
    if not isinstance(listed, list):
        raise UnreadableError('it has no list "responses"')
    texts = [_cleaned(each, longest) for each in listed if isinstance(each, str)]
    if not any(texts):
        raise UnreadableError("it holds no response")
    return [text for text in texts if text]


def _cleaned(text: str, longest: int) -> str:
    plain = UNSEEN.sub("", text).strip()
    if len(plain) > 1 and QUOTES.get(plain[0]) == plain[-1] and plain.count(plain[0]) <= 2:
        plain = plain[1:-1].strip()
    return plain[:longest].strip()
