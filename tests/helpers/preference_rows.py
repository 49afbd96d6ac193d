"""Candidate sets and told verdicts, as the rows that the engine writes of them; made once for each different one."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from personas.norms import Norm
from personas.persona import Persona
from simulator.aggregate import aggregate, balanced_orders
from simulator.direct_judge import forecast
from simulator.engine import _record
from simulator.flow import ErrorRecord, Outcome
from simulator.item import Ballot, Item, Option, Query
from simulator.journal.codec import ballot_body, to_text
from simulator.room import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from simulator.diversity import Diversity
    from simulator.journal import Journal

__all__ = ["CandidateSet", "RunWriter", "Verdict", "norms_of", "written"]

WORDS = "water leaves pot kettle".split()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How one community judged one candidate set; each persona, in their order, has one ballot.

    Args:
        counts: how many personas chose each candidate, in the end.
        shares: each persona's shares instead, as the offline engine's ballots have them.
        abstentions: personas that abstained. ``failures``: judgements that failed.
        first: how many chose each candidate before one round of discussion; no discussion where empty.
        forecast: a language model's whole distribution instead of a panel's ballots.
        lost: nothing came of it.
    """

    counts: tuple[int, ...] = ()
    shares: tuple[tuple[float, ...], ...] = ()
    abstentions: int = 0
    failures: int = 0
    first: tuple[int, ...] = ()
    forecast: tuple[float, ...] = ()
    lost: bool = False

    @property
    def personas(self) -> int:
        """How many judged."""
        return sum(self.counts) + len(self.shares) + self.abstentions + self.failures


@dataclass(frozen=True, kw_only=True)
class CandidateSet:
    """A candidate set, and how each community judged it: None where it is still to do.

    Args:
        item: its candidates are the options; one with a ``community`` was written by that community.
        given: the candidates came with the prompt, and were not written or drawn by the run.
        diversity: as measured; None where it was not.
    """

    item: Item
    said: Mapping[str, Verdict | None]
    given: bool = False
    diversity: Diversity | None = None


@dataclass(frozen=True, kw_only=True)
class WrittenVerdict:
    """What a verdict is in the journal, whatever the set is."""

    ballots: tuple[tuple[int, str, str], ...] = ()
    norms: tuple[tuple[str, str], ...] = ()
    result: str = ""


class RunWriter:
    """Writes sets into a journal, a batch a transaction, with the digests of all of them at the end."""

    def __init__(self, journal: Journal, *, prior: float) -> None:
        self._journal, self._db, self._prior = journal, journal._db, prior
        self._jobs = self._given = self._most = 0
        self._items, self._pairs = _Digest(), _Digest()
        self._asked: Query | Item | None = None
        self._cited: dict[str, set[str]] = {}

    def write(self, batch: list[CandidateSet]) -> None:
        rows: dict[str, list[tuple[Any, ...]]] = {
            name: [] for name in ("items", "jobs", "ballots", "norms", "results", "events")
        }
        for one in batch:
            self._note(one)
            for community, verdict in one.said.items():
                place, self._jobs = self._jobs, self._jobs + 1
                self._pairs.add([one.item.item, community])
                rows["jobs"].append((one.item.item, community, place))
                if verdict is not None:
                    self._add(rows, one, community, verdict)
            self._add_item(rows, one)
        with self._db:
            for name, held in rows.items():
                if held:
                    marks = "NULL, " * (name == "events") + ", ".join("?" * len(held[0]))
                    self._db.executemany(f"INSERT INTO {name} VALUES ({marks})", held)

    def _add(self, rows: dict[str, Any], one: CandidateSet, community: str, verdict: Verdict) -> None:
        made = written(community, verdict, one.item.size, self._prior, one.diversity)
        name = one.item.item
        rows["ballots"] += [(name, community, number, who, body) for number, who, body in made.ballots]
        known = self._cited.setdefault(community, set())
        rows["norms"] += [(community, post, body) for post, body in made.norms if post not in known]
        known.update(post for post, _ in made.norms)
        rows["results"].append((name, community, made.result))
        kind = "failure" if verdict.lost else "result"
        rows["events"].append((time.time(), kind, to_text({"item": name, "community": community})))
        self._most = max(self._most, verdict.personas)

    def _add_item(self, rows: dict[str, Any], one: CandidateSet) -> None:
        body = to_text(_flat(one.item))
        if one.given:
            rows["items"].append((one.item.item, self._given, 0, body))
            self._given += 1
        elif any(verdict is not None and not verdict.lost for verdict in one.said.values()):
            rows["items"].append((one.item.item, self._jobs - len(one.said), 1, body))

    def _note(self, one: CandidateSet) -> None:
        """Add what was asked to the digest: a prompt whose communities each wrote a set was asked once."""
        asked = _asked_for(one)
        if asked != self._asked:
            self._items.add(_flat(asked))
        self._asked = asked

    def end(self, panel: int, communities: Iterable[str]) -> None:
        """Write the digests, who judged, and of how many judgements the run began to be made."""
        self._journal.set_facts({"items": self._items.ended(), "jobs": self._pairs.ended()})
        size = max(panel, self._most)
        self._journal.add_personas(
            (persona.persona, name, asdict(persona)) for name in communities for persona in _panel(name, size)
        )
        with self._db:
            self._db.execute(
                "UPDATE events SET body = ? WHERE kind = 'start'", [to_text({"jobs": self._jobs})]
            )


class _Digest:
    """The digest of a list that ``simulator.record`` makes, one element after the other."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, value: Any) -> None:
        self._hash.update(json.dumps(value, sort_keys=True, default=str).encode() + b"\n")

    def ended(self) -> str:
        return self._hash.hexdigest()


def _flat(asked: Item | Query) -> dict[str, Any]:
    """Return what ``dataclasses.asdict`` does, in a tenth of the time; there are no votes."""
    parts = {name: [vars(part) for part in getattr(asked, name, ())] for name in ("options", "turns")}
    return {**vars(asked), **(parts if isinstance(asked, Item) else {"turns": parts["turns"]})}


def _asked_for(one: CandidateSet) -> Query | Item:
    item = one.item
    if one.given:
        return item
    own = item.community and set(one.said) == {item.community}
    return Query(
        item=item.item.removesuffix(f"@{item.community}") if own else item.item,
        query=item.query,
        count=item.size,
        turns=item.turns,
        writer=None if own else item.community or NOBODY,
    )


@lru_cache(maxsize=8192)
def written(
    community: str, verdict: Verdict, size: int, prior: float, alike: Diversity | None
) -> WrittenVerdict:
    """Return the rows that the engine writes for a verdict, by the engine's own hand."""
    got: list[Any] = []
    catcher = SimpleNamespace(
        add_result=lambda item, name, ballots, norms, result: got.extend((ballots, norms, result)),
        add_failure=lambda item, name, result: got.extend(((), (), result)),
    )
    blank = Item(item="", query="", options=tuple(Option(text=f"{number}") for number in range(size)))
    norms = norms_of(community)
    room = SimpleNamespace(
        store=SimpleNamespace(norms=norms, place={norm.post: n for n, norm in enumerate(norms)})
    )
    _record(catcher, blank, community, room, _outcome(blank, community, verdict, prior, alike), set())
    ballots, cited, result = got
    return WrittenVerdict(
        ballots=tuple((one.round, one.persona, to_text(ballot_body(one))) for one in ballots),
        norms=tuple((post, to_text(body)) for post, body in cited),
        result=to_text(result),
    )


def _outcome(item: Item, community: str, verdict: Verdict, prior: float, alike: Diversity | None) -> Outcome:
    if verdict.lost:
        return Outcome(item=None, errors=(ErrorRecord(step="generate", problem="ValueError: 0 of 4 texts"),))
    if verdict.forecast:
        ballot = Ballot(
            persona=f"{community}#all", choice=int(np.argmax(verdict.forecast)), shares=verdict.forecast,
            reason="as they would", norms=(norms_of(community)[0].post,), weighed=True,
        )  # fmt: skip
        said = forecast([ballot], item.size)
        return Outcome(item=item, ballots=(ballot,), preference=said, diversity=alike)
    before = _cast(community, verdict, item.size, verdict.first) if verdict.first else []
    last = _cast(community, verdict, item.size, verdict.counts)
    last = [_moved(old, new) for old, new in zip(before, last, strict=True)] if before else last
    said = aggregate(last, item.size, prior=prior)
    return Outcome(
        item=item, ballots=(*before, *last), preference=said, rounds=1 if before else 0, diversity=alike
    )


def _cast(community: str, verdict: Verdict, size: int, counts: tuple[int, ...]) -> list[Ballot]:
    """Return one round's ballots: those with a choice first, then the abstentions, then the failures."""
    sharp = np.eye(size).tolist()
    shares = verdict.shares or [sharp[option] for option, count in enumerate(counts) for _ in range(count)]
    orders = _orders(size, verdict.personas)
    norms = norms_of(community)
    ballots = []
    for place, persona in enumerate(_panel(community, verdict.personas)):
        who: dict[str, Any] = {"persona": persona.persona}
        if place < len(shares):
            held = tuple(shares[place])
            choice = max(range(size), key=held.__getitem__)
            post = norms[place % len(norms)].post
            who |= {
                "choice": choice,
                "shares": held,
                "reason": f"{community} likes number {choice}",
                "norms": (post,),
            }
        elif place < len(shares) + verdict.abstentions:
            who |= {"choice": None, "reason": "I cannot say"}
        else:
            who |= {"choice": None, "reason": "timeout: none came", "failure": "timeout"}
        ballots.append(Ballot(**who, order=orders[place]))
    return ballots


def _moved(old: Ballot, new: Ballot) -> Ballot:
    """Return the ballot of the round of discussion: who changed its mind names the community's first persona."""
    heard = (f"{new.persona.rsplit('#', 1)[0]}#00",)
    return replace(new, round=1, heard=heard, moved_by=heard if old.choice != new.choice else ())


@cache
def _orders(size: int, panel: int) -> list[tuple[int, ...]]:
    return balanced_orders(size, panel, seed=7)


@cache
def _panel(community: str, size: int) -> tuple[Persona, ...]:
    return tuple(Persona(persona=f"{community}#{number:02}", community=community) for number in range(size))


@cache
def norms_of(community: str) -> tuple[Norm, ...]:
    return tuple(
        Norm(post=f"{community}:{number:02}", title="", text=f"{community} say {WORDS[number]}", author=f"m{number}",
             endorsement=0.5 + number / 10, support=10 + number, basis="votes")
        for number in range(4)
    )  # fmt: skip
