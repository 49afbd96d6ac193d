"""Extractive profiles: what a community says of itself, sentence by sentence, each with the posts it rests on.

Sentences come from what the community endorsed. Each facet of identity and of bonds takes those that are
nearest to what the facet is about, common in the community and uncommon elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from personas.community import BOND_FACETS, IDENTITY_FACETS, Facet, Profile, ProfileSentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from personas.corpus import Corpus
    from personas.embedding import Embedder
    from personas.norms import NormStore

__all__ = ["profile_communities", "split_sentences"]

ANCHORS: Mapping[Facet, str] = {
    "shared values": "What we value and believe is right; people should always do this and never do that.",
    "worldview": "How the world works, why things are as they are, what is true and what matters in general.",
    "collective identity": "We, our community, our members: who we are, what this place is for and what it is not.",
    "tone and stances": "I strongly agree, I doubt that, this is wrong, this is great, a clear opinion.",
    "interaction style": "You could try this, have you considered that; could you explain what you mean?",
    "bonding dynamics": "Thank you, welcome, good to see you again, you helped me, we did this together.",
}
CUES: Mapping[Facet, re.Pattern[str]] = {
    "shared values": re.compile(r"\b(should|must|never|always|right|wrong|ought|worth|matters?)\b", re.I),
    "worldview": re.compile(r"\b(is|are|because|means|every|nobody|everybody|people|world)\b", re.I),
    "collective identity": re.compile(r"\b(we|our|ours|us|here|together)\b", re.I),
    "tone and stances": re.compile(r"\b(I|agree|disagree|think|believe|love|hate|doubt|sorry)\b"),
    "interaction style": re.compile(r"\b(you|your|try|could|would|please|what|how)\b", re.I),
    "bonding dynamics": re.compile(r"\b(thanks?|welcome|together|again|bring|come|help|our|yours?)\b", re.I),
}
"""Words that English sentences of a facet have; sentences in other languages stand without that bonus."""
CUE_BONUS = 1.0
LEAST_ENDORSED = 0.5
POSTS = 80
"""How many of its most endorsed posts a community is profiled from."""
SENTENCES = 160
PER_FACET = 2
SHORTEST, LONGEST = 30, 240
ALIKE = 0.6
"""From this cosine on, another sentence says the same, and its post is evidence too."""
EVIDENCE = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class _Candidate:
    text: str
    post: str
    answers: bool
    endorsement: float


def profile_communities(
    corpus: Corpus, stores: Mapping[str, NormStore], embedder: Embedder
) -> dict[str, Profile]:
    """Return the profile of every community; empty for one that endorsed nothing.

    The identity part is drawn from all that it endorsed, the bond part from what its members answered one
    another; where nobody answers, from all.
    """
    answering = {
        row["post"] for row in corpus.rows("SELECT post FROM posts WHERE kind IN ('answer', 'comment')")
    }
    candidates = {name: _candidates(store, answering) for name, store in stores.items()}
    texts = list(dict.fromkeys(c.text for group in candidates.values() for c in group))
    if not texts:
        return {name: Profile() for name in stores}
    vectors = dict(zip(texts, embedder.embed(texts), strict=True))
    anchors = dict(zip(ANCHORS, embedder.embed(list(ANCHORS.values())), strict=True))
    middles = {
        name: np.mean([vectors[c.text] for c in group], axis=0) for name, group in candidates.items() if group
    }
    return {
        name: _profile(group, vectors, anchors, _peculiar(name, middles)) if group else Profile()
        for name, group in candidates.items()
    }


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text that are neither a scrap nor a page; quotes and code are left out.

    >>> split_sentences("> You said so.\\nWe always test the soil before planting. Yes.")
    ['We always test the soil before planting.']
    """
    lines = [line.strip() for line in text.splitlines() if not line.startswith((">", "    ", "\t"))]
    pieces = [piece.strip() for line in lines for piece in re.split(r"(?<=[.!?…])\s+|(?<=[。！？])", line)]
    return [
        piece for piece in pieces if _long_enough(piece) and "http" not in piece and piece[-1] not in ":;,"
    ]


def _long_enough(piece: str) -> bool:
    wide = sum(2 for sign in piece if sign > "\u2e80")
    return len(piece) + wide >= SHORTEST and len(piece) <= LONGEST


def _candidates(store: NormStore, answering: set[str]) -> list[_Candidate]:
    """Return sentences of the most endorsed posts, the first ones of each post before any later one."""
    liked = [norm for norm in store.norms if norm.endorsement >= LEAST_ENDORSED]
    best = sorted(liked, key=lambda norm: (-norm.endorsement * np.sqrt(norm.support), norm.post))[:POSTS]
    by_place: list[tuple[int, _Candidate]] = []
    for norm in best:
        for place, text in enumerate(split_sentences(norm.text or norm.title)):
            answers = norm.post in answering
            candidate = _Candidate(text=text, post=norm.post, answers=answers, endorsement=norm.endorsement)
            by_place.append((place, candidate))
    by_place.sort(key=lambda pair: pair[0])
    return [candidate for _, candidate in by_place[:SENTENCES]]


def _peculiar(name: str, middles: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float64]:
    """Return the direction in which a community's sentences differ from those of the others."""
    others = [middle for other, middle in middles.items() if other != name]
    away: NDArray[np.float64] = middles[name].astype(float)
    return away - np.mean(others, axis=0) if others else away


def _profile(
    group: Sequence[_Candidate],
    vectors: Mapping[str, NDArray[np.float32]],
    anchors: Mapping[Facet, NDArray[np.float32]],
    direction: NDArray[np.float64],
) -> Profile:
    matrix = np.stack([vectors[candidate.text] for candidate in group]).astype(float)
    common = _standard(matrix @ direction) + _standard(np.array([c.endorsement for c in group]))
    answers = np.array([candidate.answers for candidate in group])
    taken: set[str] = set()
    parts: dict[Facet, list[ProfileSentence]] = {}
    for facet in (*IDENTITY_FACETS, *BOND_FACETS):
        cued = np.array([bool(CUES[facet].search(candidate.text)) for candidate in group])
        score = 2 * _standard(matrix @ anchors[facet].astype(float)) + CUE_BONUS * cued + common
        if facet in BOND_FACETS and answers.any():
            score = np.where(answers, score, -np.inf)
        parts[facet] = _chosen(facet, group, matrix, score, taken)
    return Profile(
        identity=tuple(sentence for facet in IDENTITY_FACETS for sentence in parts[facet]),
        bond=tuple(sentence for facet in BOND_FACETS for sentence in parts[facet]),
    )


def _chosen(
    facet: Facet,
    group: Sequence[_Candidate],
    matrix: NDArray[np.float64],
    score: NDArray[np.float64],
    taken: set[str],
) -> list[ProfileSentence]:
    """Return the best sentences of one facet, none twice in a profile, each with the posts that say the same."""
    sentences: list[ProfileSentence] = []
    for index in np.argsort(-score, kind="stable"):
        candidate = group[index]
        if len(sentences) == PER_FACET or not np.isfinite(score[index]):
            break
        if candidate.text in taken:
            continue
        taken.add(candidate.text)
        closeness = matrix @ matrix[index]
        alike = [
            group[other].post for other in np.argsort(-closeness, kind="stable") if closeness[other] >= ALIKE
        ]
        posts = tuple(dict.fromkeys([candidate.post, *alike]))[:EVIDENCE]
        sentences.append(ProfileSentence(facet=facet, text=candidate.text, posts=posts))
    return sentences


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)
