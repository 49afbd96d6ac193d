"""Profiles that a language model writes: sentences drawn from batches of posts, then merged, each with its posts.

A sentence whose posts do not exist is dropped and counted, so that nothing stands in a profile that no member
said. The posts are the community's most endorsed ones; what they say is material, never an instruction.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from math import sqrt
from typing import TYPE_CHECKING, Any

from personas.community import BOND_FACETS, IDENTITY_FACETS, Facet, Profile, ProfileSentence
from personas.profiling import LEAST_ENDORSED
from personas.seeds import derived_seed
from simulator.models.model import Call
from simulator.persona_judge import together
from simulator.prompts.schemas import profile_schema
from simulator.replies import UnreadableError, answered, found_json

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from personas.norms import Norm, NormStore
    from simulator.models.model import Message, Model
    from simulator.prompts.prompts import Prompts
    from simulator.replies import Answered
    from simulator.settings import Settings

__all__ = [
    "WrittenProfile",
    "post_batches",
    "profile_tokens",
    "read_posts",
    "write_profile",
    "write_profiles",
]

POSTS = 120
"""How many of its most endorsed posts a community is profiled from, at the most."""
BATCH_POSTS, BATCH_CHARACTERS = 12, 8_000
"""What one map call reads, at the most."""
LONGEST_POST = 800
LONGEST_SENTENCE = 400
"""A longer text is no sentence about a community, but most often a post repeated."""
PER_FACET = 2
REPLY_TOKENS = 1_500
FLAT = re.compile(r"\{[^{}]*\}")
FACETS: Mapping[str, Facet] = {facet: facet for facet in (*IDENTITY_FACETS, *BOND_FACETS)}


@dataclass(frozen=True, kw_only=True)
class WrittenProfile:
    """A profile that a language model wrote, and what of its replies was not taken over.

    Args:
        profile: each sentence with the posts it rests on; empty where none could be written.
        dropped: sentences without a post or a facet that exists, in the replies to the batches and to the merge.
        invented: labels of posts or sentences that do not exist, those in sentences that are kept included.
        problems: calls that failed, and what stands instead.
        posts_read: how many posts were in the calls that brought an answer.
    """

    profile: Profile = field(default_factory=Profile)
    dropped: int = 0
    invented: int = 0
    problems: tuple[str, ...] = ()
    posts_read: int = 0

    def told(self) -> tuple[str, ...]:
        """Return what a reader of the profile should know, a sentence each."""
        lines = list(self.problems)
        if self.dropped:
            lines.append(f"written profile: {self.dropped} sentences rested on nothing that exists; dropped")
        if self.invented:
            lines.append(f"written profile: {self.invented} labels named in it do not exist; left out")
        if not self.profile:
            lines.append("written profile: it is empty")
        return tuple(lines)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Said:
    """What one reply says: the sentences that rest on something, and how much does not exist."""

    kept: tuple[ProfileSentence, ...]
    dropped: int
    invented: int


async def write_profiles(
    model: Model,
    prompts: Prompts,
    stores: Mapping[str, NormStore],
    *,
    titles: Mapping[str, str],
    settings: Settings,
    answering: Collection[str] | None = None,
) -> dict[str, WrittenProfile]:
    """Return the written profile of every community that has a store; see ``write_profile``.

    Raises:
        StoppedError: the run must not go on; all that was under way has landed.
    """
    work = [
        write_profile(
            model, prompts, store, title=titles.get(name, ""), answering=answering, settings=settings
        )
        for name, store in stores.items()
    ]
    return dict(zip(stores, await together(work), strict=True))


async def write_profile(
    model: Model,
    prompts: Prompts,
    store: NormStore,
    *,
    title: str,
    answering: Collection[str] | None = None,
    settings: Settings,
) -> WrittenProfile:
    """Have a community's profile written from its most endorsed posts, by map and reduce.

    Each batch of posts is put to the model in a call of its own; one more call merges the sentences drawn from
    all of them to at most two for each of the six facets (Lin & Wei 2026), those that rest on the most posts
    where it leaves more. Where the merge fails, the sentences drawn from the batches stand instead. Where every
    batch fails, the profile is empty and the problems say why.

    Args:
        title: what the community calls itself; its name where empty.
        answering: the posts that answer others; see ``read_posts``.

    Raises:
        StoppedError: the run must not go on; all that was under way has landed.
    """
    posts = read_posts(store, answering)
    if not posts:
        return WrittenProfile(problems=("it endorsed no post that a profile could be written from",))
    writer = _Writer(model, prompts, settings, store.community, title or store.community)
    batches = post_batches(posts)
    drawn = await together([writer.draw(number, batch, posts) for number, batch in enumerate(batches)])
    said = [found.value for found in drawn if found.value is not None]
    problems = _failed_batches(drawn)
    candidates = [sentence for each in said for sentence in each.kept]
    merged, more = await writer.merge(candidates) if candidates else (None, [])
    kept = candidates if merged is None else merged.kept
    counted = said if merged is None else [*said, merged]
    return WrittenProfile(
        profile=_profile(kept),
        dropped=sum(each.dropped for each in counted),
        invented=sum(each.invented for each in counted),
        problems=(*problems, *more),
        posts_read=sum(len(batch) for batch, found in zip(batches, drawn, strict=True) if found.value),
    )


def read_posts(store: NormStore, answering: Collection[str] | None = None) -> list[Norm]:
    """Return the posts that a profile is written from, the weightiest first: by endorsement · sqrt(support).

    Args:
        answering: the posts that answer others. Half of the places are theirs, as far as they fill them, because
            bonds show in how members answer one another; None to go by weight alone.
    """
    liked = [norm for norm in store.norms if norm.endorsement >= LEAST_ENDORSED]
    ranked = sorted(liked, key=lambda norm: (-norm.endorsement * sqrt(norm.support), norm.post))
    known = answering or ()
    reserved = [norm.post for norm in ranked if norm.post in known][: POSTS // 2]
    kept = dict.fromkeys([*reserved, *(norm.post for norm in ranked)])
    chosen = set(list(kept)[:POSTS])
    return [norm for norm in ranked if norm.post in chosen]


def post_batches(posts: Sequence[Norm]) -> list[list[tuple[str, str]]]:
    """Return the labels and texts of posts in batches, each text cut.

    Labels count on over all batches and are equally long, so that none names a post of another batch and none
    that was cut off with its reply passes for another.

    >>> from personas.norms import Norm
    >>> said = Norm(post="q1", title="Tea", text="Warm it.", author="", endorsement=1, support=1, basis="votes")
    >>> post_batches([said])
    [[('p1', 'Tea\\nWarm it.')]]
    """
    batches: list[list[tuple[str, str]]] = []
    length = 0
    for label, norm in zip(_labels("p", len(posts)), posts, strict=True):
        text = norm.said
        text = text if len(text) <= LONGEST_POST else f"{text[: LONGEST_POST - 1].rstrip()}…"
        if not batches or len(batches[-1]) == BATCH_POSTS or length + len(text) > BATCH_CHARACTERS:
            batches.append([])
            length = 0
        batches[-1].append((label, text))
        length += len(text)
    return batches


def profile_tokens(settings: Settings) -> int:
    """Return how long one reply may be, in tokens: a batch's sentences need more room than a ballot."""
    return max(settings.reply_tokens, REPLY_TOKENS)


@dataclass(frozen=True)
class _Writer:
    model: Model
    prompts: Prompts
    settings: Settings
    community: str
    title: str

    async def draw(
        self, number: int, batch: Sequence[tuple[str, str]], posts: Sequence[Norm]
    ) -> Answered[_Said]:
        """Have sentences drawn from one batch of posts."""
        ids = dict(zip(_labels("p", len(posts)), (norm.post for norm in posts), strict=True))
        evidence = {label: (ids[label],) for label, _ in batch}
        messages = self.prompts.profile_map(self.title, batch)
        return await self._ask(messages, "posts", evidence, seed=("map", number))

    async def merge(self, candidates: Sequence[ProfileSentence]) -> tuple[_Said | None, list[str]]:
        """Have sentences merged; without any that can stand, return None and what the matter was."""
        labels = _labels("s", len(candidates))
        evidence = {label: each.posts for label, each in zip(labels, candidates, strict=True)}
        listed = [(label, each.facet, each.text) for label, each in zip(labels, candidates, strict=True)]
        messages = self.prompts.profile_reduce(self.title, listed)
        found = await self._ask(messages, "from", evidence, seed=("reduce",))
        if found.value is not None and found.value.kept:
            return found.value, []
        why = _why(found) or "no sentence names one that it was made from"
        instead = "the sentences drawn from the most posts stand unmerged"
        return None, [f"the merge of its written profile failed ({why}); {instead}"]

    async def _ask(
        self,
        messages: tuple[Message, ...],
        source: str,
        evidence: Mapping[str, tuple[str, ...]],
        *,
        seed: tuple[object, ...],
    ) -> Answered[_Said]:
        call = Call(
            messages=messages,
            temperature=self.settings.temperature,
            max_tokens=profile_tokens(self.settings),
            seed=derived_seed(self.settings.seed, "profile", self.community, *seed),
            schema=profile_schema(source),
            phase="profile",
            community=self.community,
        )
        return await answered(self.model, call, read=_reader(source, evidence), prompts=self.prompts)


def _labels(sign: str, count: int) -> list[str]:
    return [f"{sign}{number:0{len(str(count))}}" for number in range(1, count + 1)]


def _reader(source: str, evidence: Mapping[str, tuple[str, ...]]) -> Callable[[str], _Said]:
    """Return what reads a reply whose sentences name the labels of ``evidence`` under the name of ``source``."""

    def read(text: str) -> _Said:
        rows = _rows(text)
        kept: list[ProfileSentence] = []
        invented = 0
        for row in rows:
            told = row if isinstance(row, dict) else {}
            named = _named(told.get(source))
            posts = tuple(dict.fromkeys(post for label in named for post in evidence.get(label, ())))
            invented += sum(label not in evidence for label in named)
            sentence = _sentence(told, posts)
            kept += [sentence] if sentence else []
        return _Said(kept=tuple(kept), dropped=len(rows) - len(kept), invented=invented)

    return read


def _rows(text: str) -> list[Any]:
    """Return the rows of a reply; of one that was cut off or is a bare list, the objects that are whole."""
    found = found_json(text)
    rows = found.get("sentences")
    if isinstance(rows, list):
        return rows
    if "facet" not in found:
        raise UnreadableError('it holds no list named "sentences"')
    whole: list[Any] = []
    for piece in FLAT.findall(text):
        with suppress(ValueError):
            whole.append(json.loads(piece, strict=False))
    return whole


def _named(told: Any) -> list[str]:
    """Return the labels that a model named, as a list or in one text, with or without brackets around them.

    >>> _named(["[p1]", "P2"]), _named("p1, p3"), _named(None)
    (['p1', 'p2'], ['p1', 'p3'], [])
    """
    texts = told if isinstance(told, list) else [told]
    pieces = [piece for text in texts if text is not None for piece in re.split(r"[\s,;\[\]()]+", str(text))]
    return list(dict.fromkeys(piece.casefold() for piece in pieces if piece))


def _sentence(told: Mapping[str, Any], posts: tuple[str, ...]) -> ProfileSentence | None:
    facet = FACETS.get(str(told.get("facet")).strip().casefold())
    text = " ".join(said.split()) if isinstance(said := told.get("text"), str) else ""
    if facet is None or not posts or not 0 < len(text) <= LONGEST_SENTENCE:
        return None
    return ProfileSentence(facet=facet, text=text, posts=posts)


def _profile(sentences: Sequence[ProfileSentence]) -> Profile:
    """Return a profile of the sentences that rest on the most posts, at most two a facet."""

    def part(facets: Sequence[Facet]) -> tuple[ProfileSentence, ...]:
        return tuple(each for facet in facets for each in _best(facet, sentences))

    return Profile(identity=part(IDENTITY_FACETS), bond=part(BOND_FACETS))


def _best(facet: Facet, sentences: Sequence[ProfileSentence]) -> list[ProfileSentence]:
    ranked = sorted(sentences, key=lambda each: -len(each.posts))
    once = {each.text: each for each in reversed(ranked) if each.facet == facet}
    return sorted(once.values(), key=ranked.index)[:PER_FACET]


def _failed_batches(drawn: Sequence[Answered[_Said]]) -> list[str]:
    failed = [found for found in drawn if found.value is None]
    if not failed:
        empty = not any(found.value.kept for found in drawn if found.value is not None)
        return ["no sentence of its written profile rests on a post"] if empty else []
    kinds = ", ".join(dict.fromkeys(_why(found) for found in failed))
    return [f"{len(failed)} of {len(drawn)} batches of posts for its written profile brought none ({kinds})"]


def _why(found: Answered[_Said]) -> str:
    return f"{found.failure}: {found.detail}" if found.detail else found.failure
