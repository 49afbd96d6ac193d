"""Candidate responses written by language-model personas: one after the other, or a set that must differ."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

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
    from collections.abc import Callable, Iterator, Sequence

    from personas.embedding import Embedder
    from personas.norms import NormStore
    from personas.persona import Persona
    from simulator.item import Query
    from simulator.models.model import Message, Model
    from simulator.prompts.fencing import Fence
    from simulator.prompts.prompts import Prompts
    from simulator.room import Room
    from simulator.settings import Settings

__all__ = ["PersonaGenerator", "retrieve_for_query"]

Written = Answered[list[str]]
DRAWS = 3
"""How often responses are asked for, at the most, where some came back twice or not at all."""
FEWEST = 2
CHARACTERS_A_TOKEN = 8
TOLD = 3
"""Different failures that an error tells of, at the most."""
CLOSED = re.compile(r"\]\s*\}\s*(?:```)?\s*$")
QUOTES = {
    '"': '"',
    "'": "'",
    "“": "”",
    "‘": "’",
    "„": "“",
    "«": "»",
    "»": "«",
    "「": "」",
    "『": "』",
}


class PersonaGenerator:
    """Personas of a community that write responses to a query.

    ``independent``: each response is another persona's, asked on its own. ``negatively-correlated``: one persona is
    asked for all of them in one request, to stand for differing values (Zhang et al. 2025).

    Args:
        model: what they think with. ``prompts``: what they are sent.
        embedder: what the query is compared with norms by.
        settings: which of the two, how much is shown and recalled, and how long a response may be.
    """

    def __init__(self, model: Model, prompts: Prompts, embedder: Embedder, *, settings: Settings) -> None:
        self.model, self.prompts, self.embedder, self.settings = model, prompts, embedder, settings
        self.name = f"written by language-model personas ({model.name})"
        self.memories = Memories(settings.seed)

    async def generate(self, query: Query, room: Room) -> list[Option]:
        """Return as many options as the query asks for, with different texts, or fewer where no more came.

        Responses that came twice (but for case and white space), cut off, empty or not at all are asked for
        again, of personas that have not written yet while there are any.

        Raises:
            InputError: fewer than two came, or were asked for.
            StoppedError: the run must not go on; all that was under way has landed.
        """
        if query.count < FEWEST:
            raise InputError(
                f"{query.count} responses are asked for",
                where=f"item {query.item}",
                remedy="ask for 2 or more",
            )
        norms = retrieve_for_query(query, room.store, self.embedder, keep=self.settings.near)
        requests = enumerate(self._writers(query, room))
        written: dict[str, Option] = {}
        failures: list[str] = []
        for _ in range(DRAWS):
            if (missing := query.count - len(written)) <= 0:
                break
            for writer, found in await self._drawn(query, room, norms, missing, requests):
                failures += [_why(found)] if found.failure else []
                for text in found.value or ():
                    option = Option(text=text, writer=writer)
                    written.setdefault(" ".join(text.casefold().split()), option)
        if len(written) < FEWEST:
            raise _too_few(query, len(written), failures)
        return list(islice(written.values(), query.count))

    def _writers(self, query: Query, room: Room) -> Iterator[int]:
        """Yield who writes, as places in the panel: nobody twice before everybody has written."""
        rng = derived_rng(self.settings.seed, "writers", query.item, room.community)
        while True:
            yield from rng.permutation(len(room.panel.personas)).tolist()

    async def _drawn(
        self, query: Query, room: Room, norms: Retrieved, missing: int, requests: Iterator[tuple[int, int]]
    ) -> list[tuple[str, Written]]:
        """Ask for what is missing: of one persona in one request, or each of another; return who wrote what."""
        jointly = self.settings.sampling == "negatively-correlated"
        count = missing if jointly else 1
        drawn = list(islice(requests, 1 if jointly else missing))
        asked = [self._written(query, room, norms, place, count=count, draw=draw) for draw, place in drawn]
        writers = [room.panel.personas[place].persona for _, place in drawn]
        return list(zip(writers, await together(asked), strict=True))

    async def _written(
        self, query: Query, room: Room, norms: Retrieved, place: int, *, count: int, draw: int
    ) -> Written:
        """Return a persona's responses; spare ones of a set too, as others of it may have come twice."""
        persona, memory = room.panel.personas[place], self.memories.of(room)[place]
        shown = shown_norms(norms, self.settings.shown)
        but = {norm.post for norm in shown}
        recalled = recalled_norms(norms, memory, persona, self.settings.recalled, but)
        messages = self.prompts.generate(
            query, room, shown=shown, persona=persona, recalled=recalled, count=count
        )
        call = self._call(messages, query, persona, count=count, draw=draw)
        found = _without_half_said(
            await answered(self.model, call, read=self._reader(), prompts=self.prompts)
        )
        return replace(found, value=found.value[:1]) if found.value and count == 1 else found

    def _call(
        self, messages: tuple[Message, ...], query: Query, persona: Persona, *, count: int, draw: int
    ) -> Call:
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

    def _reader(self) -> Callable[[str], list[str]]:
        """Return what reads responses, cleaned; those that are empty are left out."""
        longest = self.settings.reply_tokens * CHARACTERS_A_TOKEN

        def read(text: str) -> list[str]:
            listed = found_json(text).get("responses")
            listed = [listed] if isinstance(listed, str) else listed
            if not isinstance(listed, list):
                raise UnreadableError('it has no list "responses"')
            texts = [_cleaned(each, self.prompts.fence, longest) for each in listed if isinstance(each, str)]
            if not any(texts):
                raise UnreadableError("it holds no response")
            return [text for text in texts if text]

        return read


def retrieve_for_query(query: Query, store: NormStore, embedder: Embedder, *, keep: int) -> Retrieved:
    """Return the community's norms that are nearest to a query, and to it with what was said last before it.

    A query that follows on something ("and for small ones?") says little alone, so where there are turns there
    are two rows of norms, in place of those of options.
    """
    texts = [query.query, *(f"{turn.text}\n{query.query}" for turn in query.turns[-1:])]
    cosines, indices = store.nearest(embedder.embed(texts), keep)
    return Retrieved(store=store, cosines=cosines, indices=indices, keep=keep)


def _without_half_said(found: Written) -> Written:
    """Leave out the response in which a reply was cut off: nobody would have said it so."""
    cut = found.reply is not None and found.reply.finish == "length" and not CLOSED.search(found.reply.text)
    if not cut or not found.value:
        return found
    whole = found.value[:-1]
    return replace(found, value=whole or None, failure="" if whole else "cut off")


def _cleaned(text: str, fence: Fence, longest: int) -> str:
    """Return a response without marks copied from the prompt, quotes around the whole and unseen characters."""
    plain = fence.clean(text.replace(fence.open, "").replace(fence.close, ""), longest)
    inner = plain[1:-1]
    if len(plain) > 1 and QUOTES.get(plain[0]) == plain[-1] and not {plain[0], plain[-1]} & set(inner):
        plain = inner.strip()
    return plain


def _why(found: Written) -> str:
    return f"{found.failure}: {found.detail}" if found.detail else found.failure


def _too_few(query: Query, count: int, failures: Sequence[str]) -> InputError:
    told = "; ".join(list(dict.fromkeys(failures))[:TOLD]) or "the same response again and again"
    cut = any(failure.startswith("cut off") for failure in failures)
    return InputError(
        f"{count} of {query.count} responses were written ({told})",
        where=f"item {query.item}",
        remedy="give --reply-tokens more" if cut else "the journal holds every call with its reply",
    )
