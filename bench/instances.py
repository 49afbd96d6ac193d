"""The four tasks of CommunityBench, instance by instance: what is given, and what is the answer.

An instance is plain data, so that any harness can put it to any model: ``bench.inspect_tasks`` does so for
inspect_ai, and ``write_instances`` puts them beside a benchmark as JSONL.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from scipy.sparse import csr_array

from bench.benchmark.known import KnownCommunity
from bench.benchmark.lines import to_line
from bench.tasks.cases import CLEAR_MARGIN, LEAST_VOTERS, is_clear, is_spread
from personas.errors import InputError
from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bench.benchmark import Benchmark, Part, Record
    from personas.community import Profile, ProfileSentence
    from simulator.item import Item, RealVotes

__all__ = ["TASKS", "Instance", "Task", "as_text", "instances", "slug", "write_instances"]

Task = Literal[
    "preference identification",
    "preference distribution",
    "community-consistent generation",
    "community identification",
]
TASKS: tuple[Task, ...] = get_args(Task)
CANDIDATES = 4
"""Communities that one is told from, itself among them, where the benchmark names none."""
UNCLEAR = f"no option is ahead by {CLEAR_MARGIN} votes"
THIN = f"fewer than {LEAST_VOTERS} choices"
GIVEN = "the options are given, nobody writes an answer"
TOP_ALONE = "the most preferred option alone is known, not the shares"
ALONE = "there is no other community to tell it from"


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One thing to answer, and its answer; both are plain data, of texts, numbers, lists and mappings.

    Args:
        task: which of the four it is.
        identity: unique among the instances of a benchmark.
        item: the item it is made of. ``community``: whose real votes are the answer.
        given: what may be shown. Always the item's ``kind``, ``turns`` (role and text) and ``query``; ``title``
            and ``profile`` of the community, and for the preference tasks the ``options`` as texts. For community
            identification instead the ``responses``, their observed ``distribution``, and the ``candidates``
            (title, profile).
        answer: what must not be shown. ``index`` of the option preferred most; ``shares`` and ``voters``; the
            ``text`` that was endorsed most; ``index`` of the community among the candidates. ``order`` tells
            which option, or which community, stands in each place.
    """

    task: Task
    identity: str
    item: str
    community: str
    given: Mapping[str, Any]
    answer: Mapping[str, Any]


def slug(task: Task) -> str:
    """Return a task's name as it stands in names of files.

    >>> slug("preference identification")
    'preference-identification'
    """
    return task.replace(" ", "-")


def as_text(profile: Profile) -> str:
    """Return a profile as text, a line a sentence, its two parts under their headings; empty for an empty one."""
    parts = (("Identity", profile.identity), ("Bonds", profile.bond))
    return "\n".join(f"{heading}:\n{_listed(sentences)}" for heading, sentences in parts if sentences)


def instances(
    benchmark: Benchmark,
    part: Part,
    task: Task,
    *,
    seed: int,
    limit: int | None = None,
    left_out: Counter[str] | None = None,
) -> Iterator[Instance]:
    """Yield the instances of a task, one for every item and community whose real votes can be its answer.

    Preference identification and generation need an option that is preferred most, preference distribution
    and community identification enough choices (see ``bench.tasks.cases``), and shares that are known (not in
    ``about["preferred_only"]``). Generation needs an item whose options its community wrote, or an answer of
    its own in ``about["references"]``, which then takes the place of the option endorsed most.

    Options and candidates are shuffled. The right answer stands in each place equally often: in every k
    successive instances of k places, once in each, so a position bias earns nothing. Options on a scale keep
    its order, or have it reversed.

    Candidates are those that the benchmark names in ``about["candidates"]``; else other communities that
    voted on the item; else those hardest to tell from it by name alone: of the same place first, then those
    whose names share most pairs of letters.

    Args:
        benchmark: read a line at a time. ``part``: of it.
        seed: of the shuffling. ``limit``: how many at most, from the first on.
        left_out: counts what makes no instance, by reason.

    Raises:
        InputError: no task has this name, or the limit is no number of instances.
    """
    if task not in TASKS:
        raise InputError(f"no task is named {task!r}", where="task", remedy=f"use one of: {', '.join(TASKS)}")
    if limit is not None and limit < 1:
        raise InputError(f"{limit} is no number of instances", where="limit", remedy="give 1 or more")
    maker = _Maker(benchmark, task, seed, Counter() if left_out is None else left_out)
    return islice(maker.made(benchmark.records(part)), limit)


def write_instances(
    benchmark: Benchmark,
    folder: str | Path,
    *,
    parts: Iterable[Part] = ("validation", "test"),
    tasks: Iterable[Task] = TASKS,
    seed: int,
    limit: int | None = None,
) -> dict[str, int]:
    """Write ``tasks/TASK.PART.jsonl`` into a folder, a line an instance, and return how many each file has.

    A file that would be empty is not written.

    Raises:
        InputError: as ``instances`` raises it.
    """
    out = Path(folder) / "tasks"
    written = {}
    for task in tasks:
        for part in parts:
            path = out / f"{slug(task)}.{part}.jsonl"
            if number := _write(instances(benchmark, part, task, seed=seed, limit=limit), path):
                written[path.name] = number
    return written


class _Maker:
    """Makes the instances of one task."""

    def __init__(self, benchmark: Benchmark, task: Task, seed: int, left_out: Counter[str]) -> None:
        self._known = benchmark.communities
        self._task, self._seed, self._left_out = task, seed, left_out
        self._places: dict[int, Iterator[int]] = {}
        self._alike: dict[str, list[str]] = {}

    def made(self, records: Iterable[Record]) -> Iterator[Instance]:
        """Yield an instance for every item and community that can make one."""
        for record in records:
            for community in record.item.votes:
                if reason := _unfit(self._task, record, community):
                    self._left_out[reason] += 1
                elif self._task == "community identification":
                    yield from self._identification(record, community)
                elif self._task == "community-consistent generation":
                    yield self._generation(record, community)
                else:
                    yield self._preference(record.item, community)

    def _generation(self, record: Record, community: str) -> Instance:
        item = record.item
        best = item.options[_best(item.votes[community])].text
        text = record.about.get("references", {}).get(community, best)
        given = {**self._told(community), **_asked(item)}
        return self._instance(item, community, given, {"text": text})

    def _preference(self, item: Item, community: str) -> Instance:
        votes = item.votes[community]
        best = _best(votes)
        order = self._order(item, community, best)
        options = [item.options[index].text for index in order]
        given = {**self._told(community), **_asked(item), "options": options}
        if self._task == "preference identification":
            return self._instance(item, community, given, {"index": order.index(best), "order": order})
        shares = [votes.shares[index] for index in order]
        return self._instance(
            item, community, given, {"shares": shares, "voters": votes.voters, "order": order}
        )

    def _identification(self, record: Record, community: str) -> Iterator[Instance]:
        item = record.item
        others = self._others(record, community)
        if not others:
            self._left_out[ALONE] += 1
            return
        rng = self._rng("candidates", item, community)
        candidates = [others[index] for index in rng.permutation(len(others))]
        place = self._place(len(others) + 1)
        candidates.insert(place, community)
        order = [int(index) for index in self._rng("responses", item, community).permutation(item.size)]
        votes = item.votes[community]
        given = {
            **_asked(item),
            "responses": [item.options[index].text for index in order],
            "distribution": [votes.shares[index] for index in order],
            "candidates": [self._told(name) for name in candidates],
        }
        yield self._instance(item, community, given, {"index": place, "order": candidates})

    def _instance(
        self, item: Item, community: str, given: Mapping[str, Any], answer: Mapping[str, Any]
    ) -> Instance:
        return Instance(
            task=self._task,
            identity=f"{slug(self._task)}/{item.item}/{_escaped(community)}",
            item=item.item,
            community=community,
            given=given,
            answer=answer,
        )

    def _told(self, community: str) -> dict[str, Any]:
        known = self._known.get(community, KnownCommunity(community=community))
        return {"title": known.title or community, "profile": as_text(known.profile)}

    def _order(self, item: Item, community: str, best: int) -> list[int]:
        """Return which option stands in each place."""
        rng = self._rng("options", item, community)
        if item.ordered:
            return list(range(item.size)) if rng.random() < 0.5 else list(range(item.size))[::-1]
        order = [int(index) for index in rng.permutation(item.size) if index != best]
        order.insert(self._place(item.size), best)
        return order

    def _place(self, size: int) -> int:
        """Return where the next right answer among so many stands."""
        places = self._places.setdefault(size, _balanced(size, self._seed, self._task))
        return next(places)

    def _others(self, record: Record, community: str) -> list[str]:
        """Return the communities that it is to be told from."""
        named = record.about.get("candidates", {}).get(community, ())
        if told := [name for name in dict.fromkeys(named) if name != community]:
            return told
        voted = sorted(name for name in record.item.votes if name != community)
        if voted:
            drawn = self._rng("voted", record.item, community).permutation(len(voted))[: CANDIDATES - 1]
            return [voted[index] for index in drawn]
        return self._nearest(community)

    def _nearest(self, community: str) -> list[str]:
        if not self._known:
            return []
        if community not in self._alike:
            known = self._known.get(community, KnownCommunity(community=community))
            self._alike[community] = self._names.nearest(known, CANDIDATES - 1)
        return self._alike[community]

    @cached_property
    def _names(self) -> _Names:
        return _Names(self._known)

    def _rng(self, purpose: str, item: Item, community: str) -> np.random.Generator:
        return derived_rng(self._seed, self._task, purpose, item.item, community)


def _unfit(task: Task, record: Record, community: str) -> str:
    """Return why an item's real votes make no instance of a task; empty where they make one."""
    item, about = record.item, record.about
    votes = item.votes[community]
    if task == "community-consistent generation":
        if community in about.get("references", {}):
            return ""
        if item.kind != "endorsement":
            return GIVEN
    if task in {"preference identification", "community-consistent generation"}:
        return "" if is_clear(votes) else UNCLEAR
    if community in about.get("preferred_only", ()):
        return TOP_ALONE
    return "" if is_spread(item, votes) else THIN


def _best(votes: RealVotes) -> int:
    return votes.shares.index(max(votes.shares))


def _asked(item: Item) -> dict[str, Any]:
    return {"kind": item.kind, "turns": [asdict(turn) for turn in item.turns], "query": item.query}


def _escaped(community: str) -> str:
    """Return a community's name without a slash, so that no two instances share an identity."""
    return community.replace("%", "%25").replace("/", "%2F")


def _balanced(size: int, seed: int, task: Task) -> Iterator[int]:
    """Yield places without end: in every ``size`` of them, each place once."""
    for block in count():
        yield from map(int, derived_rng(seed, task, "places", size, block).permutation(size))


class _Names:
    """Which communities are hard to tell from one by name alone."""

    def __init__(self, known: Mapping[str, KnownCommunity]) -> None:
        self._names = sorted(known)
        self._within = np.array([known[name].within for name in self._names])
        pairs = [_pairs(known[name]) for name in self._names]
        self._columns = {pair: place for place, pair in enumerate(sorted(set().union(*pairs)))}
        self._sizes = np.array([len(each) for each in pairs])
        rows = np.repeat(np.arange(len(pairs)), self._sizes)
        columns = [self._columns[pair] for each in pairs for pair in sorted(each)]
        shape = len(pairs), len(self._columns)
        self._holds = csr_array((np.ones(len(rows), np.int32), (rows, columns)), shape=shape)

    def nearest(self, known: KnownCommunity, number: int) -> list[str]:
        """Return so many others, the hardest first: of the same place, then by Jaccard of pairs of letters."""
        pairs = _pairs(known)
        own = np.zeros(len(self._columns), np.int32)
        own[[self._columns[pair] for pair in pairs if pair in self._columns]] = 1
        shared = self._holds @ own
        alike = shared / np.maximum(self._sizes + len(pairs) - shared, 1)
        apart = (self._within != known.within) | (not known.within)
        order = np.lexsort((-alike, apart))[: number + 1]
        return [name for name in (self._names[place] for place in order) if name != known.community][:number]


def _pairs(known: KnownCommunity) -> set[str]:
    name = f"{known.community} {known.title}".casefold()
    return {name[place : place + 2] for place in range(len(name) - 1)}


def _listed(sentences: Iterable[ProfileSentence]) -> str:
    return "\n".join(f"- {sentence.facet}: {sentence.text}" for sentence in sentences)


def _write(made: Iterator[Instance], path: Path) -> int:
    """Write instances, a line each, and return how many there were; no file where there was none."""
    first = next(made, None)
    if first is None:
        path.unlink(missing_ok=True)
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    number = 1
    with path.open("w", encoding="utf-8") as file:
        file.write(to_line(asdict(first)))
        for number, each in enumerate(made, start=2):  # noqa: B007
            file.write(to_line(asdict(each)))
    return number
