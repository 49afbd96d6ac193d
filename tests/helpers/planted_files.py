"""Files of the shape of Community Alignment and CommunityBench in which the true preferences are planted.

Every community has a taste over themes, every option has a theme that stands in its text, and a member chooses by
the softmax of ``effect`` times the taste: with an effect of 0 all communities are alike. So for every item and
community the true distribution is known, and so is how many of each hazard the file holds.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.datasets.alignment_file import COLUMNS, LETTERS, TURNS
from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from simulator.item import Item

__all__ = ["THEMES", "PlantedCommunityAlignment", "PlantedCommunityBench", "Tastes", "theme_of"]

THEMES: dict[str, str] = {
    "faith": "prayer chapel blessing ancestors elders ritual",
    "freedom": "liberty choice independent expression unbound voice",
    "thrift": "budget savings frugal bargain ledger prudent",
    "nature": "forest river soil meadow wildlife season",
    "kinship": "family cousins supper hearth gathering neighbours",
    "craft": "workshop chisel apprentice mastery tools bench",
}
NAMES = tuple(THEMES)
FILLER = " ".join(
    derived_rng(1, "filler").choice(
        "and so it goes with a small plain word in every line of this".split(), 4_000
    )
)


def theme_of(text: str) -> int:
    """Return the number of the theme that a planted option was written on."""
    return NAMES.index(text.split("«", 1)[1].split("»", 1)[0])


@dataclass(frozen=True, kw_only=True)
class Tastes:
    """What each community likes.

    Args:
        communities: their names. ``effect``: how far their tastes lie apart; 0 makes all options equally liked.
        habit: how often a member takes the last letter whatever it says.
    """

    communities: tuple[str, ...]
    effect: float
    seed: int
    habit: float = 0.0

    @cached_property
    def table(self) -> np.ndarray:
        """(communities, themes): standard normal tastes."""
        return derived_rng(self.seed, "tastes").normal(size=(len(self.communities), len(THEMES)))

    def liked(self, community: str, themes: Sequence[int]) -> np.ndarray:
        """Return how likely each of some options is chosen for what it says."""
        weights = np.exp(self.effect * self.table[self.communities.index(community)][list(themes)])
        return weights / weights.sum()

    def shares(self, community: str, texts: Sequence[str]) -> tuple[float, ...]:
        """Return the true preference between four options, shown in every order equally often."""
        liked = self.liked(community, [theme_of(text) for text in texts])
        return tuple((1 - self.habit) * liked + self.habit / len(texts))

    def truth(self, item: Item, community: str) -> tuple[float, ...]:
        """Return a community's true preference on an item that was loaded."""
        return self.shares(community, [option.text for option in item.options])


@lru_cache(maxsize=50_000)
def _option(identity: str, theme: int, length: int) -> str:
    start = hash_of(identity) % 4_000
    words = THEMES[NAMES[theme]]
    return f"On {identity} I say «{NAMES[theme]}»: {words}.\n{FILLER[start : start + length]} ({identity})"


@lru_cache(maxsize=50_000)
def _themes(identity: str) -> tuple[int, ...]:
    """Return the four different themes of an item's candidates."""
    return tuple(np.random.default_rng(hash_of(identity)).permutation(len(THEMES))[:4].tolist())


def hash_of(text: str) -> int:
    """Return a number that depends on a text alone."""
    return int.from_bytes(text.encode()[-12:], "big") * 2_654_435_761 % 2**31


COUNTRIES = {"United States": "en", "India": "hi", "Brazil": "pt", "France": "fr", "Italy": "it"}
POLITICS = ("Liberal", "Conservative", "Moderate")
HAZARDS = (
    "empty candidate",
    "empty prompt",
    "no choice",
    "choice of none",
    "same text twice",
    "all the same text",
    "missing middle turn",
    "answered again alike",
    "answered again differently",
    "no country",
    "malformed line",
    "marked text",
    "feedback",
    "feedback naming a letter",
)
"""What can be planted; each planted one is a conversation of its own, so that the counts are exact."""


@dataclass(frozen=True, kw_only=True)
class PlantedCommunityAlignment:
    """A file of the shape of ``community_alignment.csv``.

    Candidates stand in another order for every annotator; two annotators who answered alike get the same next
    turn, so that later turns pool as well.

    Args:
        conversations: lines of the file, hazards not counted.
        effect: how far the tastes of the countries lie apart. ``habit``: how often the letter D is taken blindly.
        prompts: how many first prompts the conversations share between them.
        annotators: how many people there are. ``length``: characters of filling in each candidate.
        hazards: how many of each of ``HAZARDS``.
    """

    conversations: int = 400
    effect: float = 1.0
    habit: float = 0.1
    prompts: int = 20
    annotators: int = 60
    length: int = 40
    later: float = 0.4
    hazards: Mapping[str, int] = field(default_factory=dict)
    seed: int = 7

    def __post_init__(self) -> None:
        assert set(self.hazards) <= set(HAZARDS), f"known hazards are {HAZARDS}"
        assert self.conversations <= self.prompts * self.annotators, "nobody answers a prompt twice unplanned"

    @cached_property
    def tastes(self) -> Tastes:
        """What each country likes, by the name that the loader gives it."""
        names = tuple(country.lower().replace(" ", "-") for country in COUNTRIES)
        return Tastes(communities=names, effect=self.effect, seed=self.seed, habit=self.habit)

    @cached_property
    def people(self) -> list[dict[str, str]]:
        """The annotators' attributes, as the columns have them."""
        rng = derived_rng(self.seed, "people")
        return [self._person(number, rng) for number in range(self.annotators)]

    def _person(self, number: int, rng: np.random.Generator) -> dict[str, str]:
        country = list(COUNTRIES)[number % len(COUNTRIES)]
        return {
            "annotator_id": f"annotator-{number}",
            "assigned_lang": COUNTRIES[country],
            "annotator_age": str(rng.choice(["18-30", "31-50", "51+"])),
            "annotator_gender": str(rng.choice(["female", "male"])),
            "annotator_education_level": str(rng.choice(["school", "degree"])),
            "annotator_political": POLITICS[int(rng.integers(3))],
            "annotator_ethnicity": "",
            "annotator_country": country,
        }

    def write(self, path: Path) -> Path:
        """Write the file and return its path."""
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.DictWriter(file, COLUMNS, restval="")
            rows.writeheader()
            for row in self.rows():
                rows.writerow(row)
            for number in range(self.hazards.get("malformed line", 0)):
                file.write(f"broken-{number},en\r\n")
        return path

    def rows(self) -> Iterator[dict[str, str]]:
        """Yield the lines: first the sound ones, then those with a hazard."""
        rng = derived_rng(self.seed, "choices")
        for number in range(self.conversations):
            row, prompt = self._opened(number), f"topic {number % self.prompts}"
            turns = 1 + int(
                np.searchsorted([1 - self.later, 1 - self.later**2, 1 - self.later**3], rng.random())
            )
            for turn in range(turns):
                prompt = f"{prompt} / {self._turn(row, turn, prompt, rng)}"
            yield row
        number = self.conversations
        for hazard in HAZARDS:
            for _ in range(self.hazards.get(hazard, 0) if hazard != "malformed line" else 0):
                yield from self._hazardous(hazard, number, rng)
                number += 1

    def _opened(self, number: int) -> dict[str, str]:
        """Return a line without turns; nobody gets the same prompt twice."""
        place = (number // self.prompts + 7 * (number % self.prompts)) % self.annotators
        return {
            "conversation_id": f"conversation-{number}",
            **self.people[place],
            "is_pregenerated_first_prompt": "True",
            "in_balanced_subset": str(number % 2 == 0),
            "in_balanced_subset_10": str(number % 4 == 0),
            "wave": str(1 + number % 3),
        }

    def _turn(self, row: dict[str, str], turn: int, identity: str, rng: np.random.Generator) -> int:
        """Fill in a turn and return which of its candidates was chosen."""
        name, themes = TURNS[turn], _themes(identity)
        order = rng.permutation(4)
        country = row["annotator_country"].lower().replace(" ", "-")
        by_habit = rng.random() < self.habit
        chosen = int(order[3] if by_habit else rng.choice(4, p=self.tastes.liked(country, themes)))
        row[f"{name}_turn_prompt"] = f"What of {identity}?"
        for letter, place in zip(LETTERS, order, strict=True):
            text = _option(f"{identity}.{place}", themes[place], self.length)
            row[f"{name}_turn_response_{letter}"] = text
            if place == chosen:
                row[f"{name}_turn_preferred_response"] = f"response_{letter}"
        return chosen

    def _hazardous(self, hazard: str, number: int, rng: np.random.Generator) -> Iterator[dict[str, str]]:
        row = self._opened(number)
        identity = f"hazard {number}"
        self._turn(row, 0, identity, rng)
        if hazard == "missing middle turn":
            self._turn(row, 2, f"{identity} / later", rng)
        row |= _harm(hazard, row)
        yield row
        if hazard.startswith("answered again"):
            again = {**row, "conversation_id": f"conversation-{number}-again"}
            if hazard.endswith("differently"):
                taken = again["first_turn_preferred_response"]
                again["first_turn_preferred_response"] = "response_b" if taken.endswith("a") else "response_a"
            yield again


def _harm(hazard: str, row: Mapping[str, str]) -> dict[str, str]:
    """Return the cells that a hazard changes."""
    first = {letter: f"first_turn_response_{letter}" for letter in LETTERS}
    changed: dict[str, dict[str, str]] = {
        "empty candidate": {first["b"]: "EMPTY STRING"},
        "empty prompt": {"first_turn_prompt": "EMPTY STRING"},
        "no choice": {"first_turn_preferred_response": ""},
        "choice of none": {"first_turn_preferred_response": "response_e"},
        "same text twice": {first["c"]: row[first["a"]] + " <|end_of_text|>"},
        "all the same text": dict.fromkeys(first.values(), row[first["a"]]),
        "missing middle turn": {"second_turn_prompt": "EMPTY STRING"},
        "no country": {"annotator_country": "EMPTY STRING"},
        "marked text": {first["d"]: row[first["d"]] + "<|end_of_text|>\n<|end_of_text|> "},
        "feedback": {"first_turn_feedback": "A kinder tone, and it names the sources."},
        "feedback naming a letter": {"first_turn_feedback": "I took it because B is too long."},
    }
    return changed.get(hazard, {})


BROKEN: dict[str, str] = {
    "no JSON": "a line is no JSON object",
    "no options": "a record without options",
    "no query": "a record without query",
    "no community": "a record without community",
    "no preference": "a record without a distribution or a preferred option",
    "misfit": "a record whose distribution does not fit its options",
    "double option": "a record with two options of the same text",
    "another preference": "a record that tells another preference of the same community on the same item than an "
    "earlier one",
}
"""What can be planted in a file of CommunityBench, and under which reason it must be counted."""
FACETS = {
    "identity": ("shared_values", "worldview", "collective_identity"),
    "bond": ("tone_and_stances", "interaction_style", "bonding_dynamics"),
}


@dataclass(frozen=True, kw_only=True)
class PlantedCommunityBench:
    """Files of the shape of CommunityBench: every community is asked every query, in four tasks.

    Args:
        communities: how many. ``train``, ``test``: how many queries each file asks all of them.
        effect: how far their tastes lie apart.
        voters: how many members the published endorsements rest on, with a Beta(1, 1) prior; None for the truth.
        variant: how the fields are called: ``plain``, ``objects`` (options with their endorsement, profile in
            parts), ``nested`` (input and output, options by letter), ``split`` (one record a task).
        broken: how many of each of ``BROKEN``, in the test file.
    """

    communities: int = 6
    train: int = 6
    test: int = 4
    effect: float = 1.0
    voters: int | None = None
    variant: str = "plain"
    broken: Mapping[str, int] = field(default_factory=dict)
    seed: int = 7

    @cached_property
    def tastes(self) -> Tastes:
        """What each community likes."""
        names = tuple(f"place{number}" for number in range(self.communities))
        return Tastes(communities=names, effect=self.effect, seed=self.seed)

    def write(self, folder: Path) -> Path:
        """Write ``train.jsonl`` and ``test.jsonl`` into a folder and return it."""
        folder.mkdir(parents=True, exist_ok=True)
        for part, queries in (("train", self.train), ("test", self.test)):
            lines = [json.dumps(record) for record in self.records(part, queries)]
            lines += self._broken() if part == "test" else []
            (folder / f"{part}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return folder

    def records(self, part: str, queries: int) -> Iterator[dict[str, Any]]:
        """Yield the sound records of a part."""
        for number in range(queries):
            identity = f"{part} {number}"
            themes = _themes(identity)
            texts = [_option(f"{identity}.{place}", theme, 40) for place, theme in enumerate(themes)]
            for community in self.tastes.communities:
                yield from self._tasks(community, f"What of {identity}?", texts)

    def _published(self, community: str, query: str, texts: list[str]) -> list[float]:
        shares = np.array(self.tastes.shares(community, texts))
        if self.voters is not None:
            up = derived_rng(self.seed, "votes", community, query).multinomial(self.voters, shares)
            shares = (1 + up) / (2 + self.voters)
        return (shares / shares.sum()).tolist()

    def _tasks(self, community: str, query: str, texts: list[str]) -> Iterator[dict[str, Any]]:
        shares = self._published(community, query, texts)
        top, names = int(np.argmax(shares)), [f"r/{name}" for name in self.tastes.communities]
        written = {side: {name: f"{community}: {name}" for name in facets} for side, facets in FACETS.items()}
        if self.variant == "plain":
            yield {
                "community": community, "profile": f"We are {community}.", "query": query, "options": texts,
                "distribution": shares, "label": top, "candidate_communities": names,
            }  # fmt: skip
        elif self.variant == "objects":
            responses = [
                {"text": text, "endorsement": share} for text, share in zip(texts, shares, strict=True)
            ]
            yield {"subreddit": f"r/{community}", **written, "question": query, "responses": responses}
        elif self.variant == "nested":
            letters = dict(zip("ABCD", texts, strict=True))
            output = {"distribution": dict(zip("DCBA", shares[::-1], strict=True)), "answer": "ABCD"[top]}
            about = {"subreddit": community, "community_profile": json.dumps(written)}
            yield {
                "task_type": "distribution",
                "input": {**about, "prompt": query, "options": letters},
                "output": output,
            }
        else:
            common = {"community": community, "profile": written, "query": query}
            yield {"task": "preference identification", **common, "options": texts, "answer": "ABCD"[top]}
            yield {"task": "preference distribution", **common, "options": texts, "target": shares}
            yield {"task": "generation", **common, "reference": texts[top]}
            yield {
                "task": "community identification", "query": query, "responses": texts, "distribution": shares,
                "options": names, "answer": f"r/{community}",
            }  # fmt: skip

    def _broken(self) -> list[str]:
        sound = next(PlantedCommunityBench(variant="plain", seed=self.seed).records("test", 1))
        changes: dict[str, dict[str, Any]] = {
            "no options": {"options": None},
            "no query": {"query": " "},
            "no community": {"community": None, "candidate_communities": None},
            "no preference": {"distribution": None, "label": None},
            "misfit": {"distribution": {"A": 0.5, "B": 0.2, "C": 0.1, "E": 0.2}},
            "double option": {"options": [sound["options"][0], *sound["options"][:3]]},
            "another preference": {"distribution": sound["distribution"][::-1]},
        }
        lines = []
        for name, number in self.broken.items():
            line = json.dumps({**sound, **changes[name]}) if name in changes else "{no JSON"
            lines += [line] * number
        return lines
