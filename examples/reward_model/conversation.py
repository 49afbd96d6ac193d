"""One pol.is conversation in parts that share no statement: what the judge knows, what is learned, what is tested."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench import hold_out
from bench.datasets.bundled import PUBLIC_KEY
from personas import ingest
from personas.endorsement import endorsements
from personas.near import NearTexts
from personas.seeds import derived_rng
from simulator import Simulation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from bench import Split
    from personas.embedding import Embedder
    from simulator.generate import Sampling

__all__ = ["ALIKE", "FEWEST", "LEARNED", "NEAR", "Conversation", "UnfitError", "conversation"]

LEARNED = 0.6
"""The share of the held-out statements that a reward model may learn from; the others are for the test."""
ALIKE = 0.6
"""Letters: the similarity from which on two statements say the same (``personas.near.MEASURE``)."""
NEAR = 0.9
"""Meaning: the cosine of two embeddings from which on they do."""
FEWEST = 40
"""Statements to learn from and to test on that a conversation must have."""
ASKED = (
    "On “{topic}”, somebody said: “{said}” What do you say?",
    "About “{topic}”. One voice: “{said}” What should be done?",
    "“{said}” That was said on “{topic}”. What matters most here?",
)
"""Ways to ask; each with each statement that the judge knows."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Conversation:
    """A conversation, and the communities that were found in its graph.

    Args:
        name: the name of its folder.
        split: half of the statements hidden from the simulation, with all votes on them.
        known: how many the judge knows.
        simulation: of its communities, from the other half.
        learn: the hidden statements that a reward model may see in training. ``test``: the others.
        learn_prompts: what is asked in training. ``test_prompts``: in the test; about other statements.
        votes: by community and statement, how many of its real members agreed and disagreed.
        repeats: hidden statements that are left out, as they say what another one says.
    """

    name: str
    split: Split
    known: int
    simulation: Simulation
    learn: tuple[str, ...]
    test: tuple[str, ...]
    learn_prompts: tuple[str, ...]
    test_prompts: tuple[str, ...]
    votes: Mapping[str, Mapping[str, tuple[int, int]]]
    repeats: int

    @property
    def communities(self) -> tuple[str, ...]:
        """The communities' names."""
        return self.simulation.setting.membership.names

    @property
    def members(self) -> dict[str, int]:
        """How many real members each community has."""
        return {each.name: len(each.members) for each in self.simulation.setting.membership.communities}

    @property
    def smallest(self) -> str:
        """The community with the fewest members."""
        return min(self.communities, key=lambda name: (self.members[name], name))

    def sampled(self, sampling: Sampling) -> Simulation:
        """Return the same simulation with another way to draw candidates."""
        if sampling == self.simulation.settings.sampling:
            return self.simulation
        settings = self.simulation.settings
        return Simulation(
            self.split.train,
            seed=settings.seed,
            embedder=self.simulation.embedder,
            panel=settings.panel,
            rounds=settings.rounds,
            smallest=settings.smallest,
            sampling=sampling,
        )


class UnfitError(ValueError):
    """Raised for a conversation that the experiment cannot use; it says why."""


def conversation(
    folder: Path, out: Path, embedder: Embedder, *, seed: int, panel: int, smallest: int
) -> Conversation:
    """Read a conversation, hide half of its statements, find its communities, and deal the hidden half out.

    Args:
        folder: the conversation, as pol.is exports it.
        out: where its corpus is written.
        panel: the personas of each community's panel.
        smallest: communities with fewer members are not found.

    Raises:
        UnfitError: MiniLM cannot read it, or it has too few statements or communities.
    """
    corpus = ingest("polis", [folder], out=out, key=PUBLIC_KEY)
    if embedder.english and not corpus.manifest.communities[0].english:
        raise UnfitError(f"not in English, and {embedder.name} reads English only")
    split = hold_out(corpus, seed=seed)
    statements = {
        row["post"]: row["text"].strip()
        for row in corpus.rows("SELECT post, text FROM posts WHERE trim(text) <> '' ORDER BY post")
    }
    known = [text for post, text in statements.items() if post not in split.held_out]
    hidden = {text: post for post, text in statements.items() if post in split.held_out}
    fresh = _fresh(known, list(hidden), embedder)
    if len(fresh) < FEWEST:
        raise UnfitError(f"{len(fresh)} statements to learn from and to test on, fewer than {FEWEST}")
    simulation = Simulation(
        split.train, seed=seed, embedder=embedder, panel=panel, rounds=0, smallest=smallest
    )
    if len(simulation.setting.membership.names) < 2:
        raise UnfitError(f"fewer than two communities of {smallest} members")
    learn, test = _dealt(fresh, seed, "statements")
    topic = corpus.manifest.communities[0].title or folder.name
    asked = [
        _mixed(_asked(topic, part), seed) for part in _dealt(list(dict.fromkeys(known)), seed, "prompts")
    ]
    return Conversation(
        name=folder.name,
        split=split,
        known=len(known),
        simulation=simulation,
        learn=learn,
        test=test,
        learn_prompts=asked[0],
        test_prompts=asked[1],
        votes=_votes(split, simulation, {hidden[text]: text for text in fresh}),
        repeats=len(hidden) - len(fresh),
    )


def _fresh(known: Sequence[str], hidden: Sequence[str], embedder: Embedder) -> list[str]:
    """Return the hidden statements that say neither what a known one says nor what an earlier hidden one says."""
    by_letters = NearTexts(threshold=ALIKE)
    for number, text in enumerate(known):
        by_letters.add(f"known {number}", text)
    kept: list[str] = []
    seen: NDArray[np.float32] = embedder.embed(known)
    for text, vector in zip(hidden, embedder.embed(hidden), strict=True):
        repeats = by_letters.add(text, text) is not None
        if not repeats and float((seen @ vector).max(initial=-1)) < NEAR:
            kept.append(text)
            seen = np.vstack([seen, vector])
    return kept


def _dealt(texts: Sequence[str], seed: int, what: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a share of the texts to learn from, and the others, in an order of no meaning."""
    order = derived_rng(seed, "dealt", what).permutation(len(texts)).tolist()
    cut = round(len(texts) * LEARNED)
    return tuple(texts[place] for place in order[:cut]), tuple(texts[place] for place in order[cut:])


def _asked(topic: str, texts: Sequence[str]) -> Iterator[str]:
    for way in ASKED:
        for text in texts:
            yield way.format(topic=topic, said=text)


def _mixed(prompts: Iterator[str], seed: int) -> tuple[str, ...]:
    made = list(prompts)
    return tuple(made[place] for place in derived_rng(seed, "asked").permutation(len(made)))


def _votes(
    split: Split, simulation: Simulation, hidden: Mapping[str, str]
) -> dict[str, dict[str, tuple[int, int]]]:
    """Return what the real members of each community said of the hidden statements."""
    membership = simulation.setting.membership
    votes: dict[str, dict[str, tuple[int, int]]] = {name: {} for name in membership.names}
    for row in endorsements(split.whole, membership).to_pylist():
        if row["post"] in hidden:
            votes[row["community"]][hidden[row["post"]]] = (row["up"], row["down"])
    return votes
