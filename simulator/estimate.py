"""What a run on a language model would take, before any call: calls, tokens and cost, by phase, low and high.

Calls are counted. Tokens are estimated from a sample of the very prompts that would be sent.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from simulator.profile_writing import post_batches, profile_tokens, read_posts
from simulator.prompt_sampling import (
    RESPONSE,
    SENTENCE,
    PromptSampler,
    asked_at_once,
    prompt_length,
    size_of,
    token_count,
)
from simulator.prompts.answers import LETTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from personas.embedding import Embedder
    from simulator.engine import Job
    from simulator.models.choices import Price
    from simulator.prompts.answers import Answer
    from simulator.prompts.prompts import Prompts
    from simulator.room import Room
    from simulator.settings import Settings

__all__ = ["Estimate", "PhaseEstimate", "Span", "estimate", "token_count"]

SENTENCES_A_BATCH, SENTENCES_A_PROFILE = 6, 10
Span = tuple[int, int]
"""The fewest and the most, to be expected without failures."""


@dataclass(frozen=True, kw_only=True)
class PhaseEstimate:
    """What one phase of a run would take, each from the fewest to the most.

    Args:
        phase: what the calls are for; ``all`` for the whole run.
        calls: requests. ``prompt_tokens``: of the prompts. ``completion_tokens``: of the replies.
        cost: in US dollars; None where the price is unknown.
    """

    phase: str
    calls: Span
    prompt_tokens: Span
    completion_tokens: Span
    cost: tuple[float, float] | None


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a run would take.

    Args:
        phases: profile, generate, judge, recheck, discuss, with noughts for those that do not occur.
        sampled: how many prompts the tokens are estimated from.
        already: how many of the calls are in the journal and will not be made again.
        notes: what is counted how, and what is not.
    """

    phases: tuple[PhaseEstimate, ...]
    sampled: int
    already: int
    notes: tuple[str, ...]

    @property
    def total(self) -> PhaseEstimate:
        """All phases together."""
        costs = [phase.cost for phase in self.phases if phase.cost is not None]
        low, high = (math.fsum(cost[bound] for cost in costs) for bound in (0, 1))
        return PhaseEstimate(
            phase="all",
            calls=_sum(phase.calls for phase in self.phases),
            prompt_tokens=_sum(phase.prompt_tokens for phase in self.phases),
            completion_tokens=_sum(phase.completion_tokens for phase in self.phases),
            cost=(low, high) if len(costs) == len(self.phases) else None,
        )

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data; each span as ``{"low": …, "high": …}``, an unknown cost as None."""
        return {
            "phases": [_as_data(phase) for phase in self.phases],
            "total": _as_data(self.total),
            "sampled": self.sampled,
            "already": self.already,
            "notes": list(self.notes),
        }

    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Return phase, calls, prompt tokens, reply tokens and cost, for a table; the whole run last."""
        occurring = [phase for phase in self.phases if phase.calls[1]]
        return [_row(phase) for phase in (*occurring, self.total)]


def estimate(
    jobs: Sequence[Job],
    rooms: Mapping[str, Room],
    prompts: Prompts,
    settings: Settings,
    *,
    embedder: Embedder,
    price: Price | None,
    already: int = 0,
) -> Estimate:
    """Return what a run would take, without making any call.

    Args:
        jobs: the items, each with the community that is to judge it.
        rooms: what each community brings.
        embedder: what the sampled items' norms are found by.
        price: of the model; None where unknown.
        already: how many calls the journal holds.
    """
    sampler = PromptSampler(jobs, rooms, prompts, settings, embedder)
    if settings.mode == "direct":
        drafts = [_profiles(rooms, prompts, settings), _forecast(sampler)]
    else:
        drafts = [
            _profiles(rooms, prompts, settings),
            _generated(sampler),
            *_judged(sampler),
            _discussed(sampler),
        ]
    return Estimate(
        phases=tuple(_priced(draft, price) for draft in drafts),
        sampled=sampler.rendered,
        already=already,
        notes=_notes(sampler.rendered, price, already),
    )


def _profiles(rooms: Mapping[str, Room], prompts: Prompts, settings: Settings) -> PhaseEstimate:
    maps = merges = prompted = 0
    for name, room in rooms.items() if settings.profiles == "written" else ():
        batches = post_batches(read_posts(room.store))
        if batches:
            title = room.title or name
            prompted += sum(prompt_length(prompts.profile_map(title, batch)) for batch in batches)
            prompted += prompt_length(prompts.profile_reduce(title, []))
            maps, merges = maps + len(batches), merges + 1
    calls, longest = maps + merges, profile_tokens(settings)
    drawn = maps * _typical_sentences(SENTENCES_A_BATCH)
    return _draft(
        "profile",
        (calls, calls),
        (prompted + drawn, prompted + maps * longest),
        drawn + merges * _typical_sentences(SENTENCES_A_PROFILE),
        calls * longest,
    )


def _generated(sampler: PromptSampler) -> PhaseEstimate:
    settings, queries = sampler.settings, sampler.queries
    mean = sampler.mean_tokens(
        "generate", [(job, range(sampler.panel(job[1]))) for job in queries], sampler.writing
    )
    asked = [(query.count // asked_at_once(query, settings), query.count) for query, _ in queries]
    calls = sum(requests for requests, _ in asked)
    typical = sum(requests * _typical_responses(count // requests) for requests, count in asked)
    longest = settings.reply_tokens * sum(count for _, count in asked)
    return _draft("generate", (calls, calls), _times((calls, calls), mean), typical, longest)


def _forecast(sampler: PromptSampler) -> PhaseEstimate:
    """Count one call a distribution; of nobody in particular, communities share one."""
    asked = {(item.item, sampler.rooms[name].community): (item, name) for item, name in sampler.judged}
    jobs = list(asked.values())
    mean = sampler.mean_tokens("judge", [(job, range(1)) for job in jobs], sampler.forecast)
    calls = len(jobs), len(jobs)
    typical = sum(
        token_count(json.dumps({"shares": dict.fromkeys(LETTERS[: size_of(item)], 25), "reason": SENTENCE}))
        for item, _ in jobs
    )
    return _draft("judge", calls, _times(calls, mean), typical, calls[0] * sampler.settings.reply_tokens)


def _judged(sampler: PromptSampler) -> list[PhaseEstimate]:
    settings = sampler.settings
    mean = sampler.mean_tokens(
        "judge", [(job, range(sampler.panel(job[1]))) for job in sampler.judged], sampler.judgement
    )
    panels = [(sampler.panel(name), size_of(asked)) for asked, name in sampler.judged]
    again = [(math.ceil(settings.recheck * panel), size) for panel, size in panels]
    drafts = []
    for phase, asked in (("judge", panels), ("recheck", again)):
        calls = sum(panel for panel, _ in asked)
        typical = sum(panel * _typical_answer(settings.answer, size) for panel, size in asked)
        span = (calls, calls)
        drafts.append(_draft(phase, span, _times(span, mean), typical, calls * settings.reply_tokens))
    return drafts


def _discussed(sampler: PromptSampler) -> PhaseEstimate:
    settings = sampler.settings
    asked = [(job, list(sampler.hearing[job[1]])) for job in sampler.judged]
    mean = sampler.mean_tokens("discuss", asked, sampler.revision)
    once = sum(len(places) for _, places in asked)
    calls = (once, once * settings.rounds)
    typical = sum(
        len(places) * _typical_answer(settings.answer, size_of(job[0]), discussed=True)
        for job, places in asked
    )
    return _draft("discuss", calls, _times(calls, mean), typical, calls[1] * settings.reply_tokens)


def _draft(phase: str, calls: Span, prompt: Span, typical: int, longest: int) -> PhaseEstimate:
    return PhaseEstimate(
        phase=phase,
        calls=calls,
        prompt_tokens=prompt,
        completion_tokens=(min(typical, longest), longest),
        cost=None,
    )


def _priced(draft: PhaseEstimate, price: Price | None) -> PhaseEstimate:
    if price is None:
        return draft
    low, high = (
        price.of(prompt=prompt, completion=completion)
        for prompt, completion in zip(draft.prompt_tokens, draft.completion_tokens, strict=True)
    )
    return replace(draft, cost=(low, high))


def _notes(sampled: int, price: Price | None, already: int) -> tuple[str, ...]:
    notes = [
        f"tokens are estimated from {sampled:,} prompts as they would be sent: four characters each in Latin "
        "script, two in others, one in Chinese, Japanese and Korean; the model's own count will differ",
        "low: replies of usual length and one round of discussion; high: replies of the most tokens allowed, "
        "thinking included, and every round of discussion",
        "not counted, in either bound: requests repeated after an error, one repair for each reply that "
        "cannot be read, and responses asked for again because they came twice",
    ]
    if price is None:
        notes.append("the model's price is unknown: give --price IN/OUT, in US dollars for a million tokens")
    else:
        notes.append(
            f"at ${price.prompt:g} for a million tokens of prompts and ${price.completion:g} of replies, "
            "without any discount for cached prompts"
        )
    if already:
        notes.append(f"{already:,} of these calls are in the journal and are not made again")
    return tuple(notes)


def _typical_answer(answer: Answer, size: int, *, discussed: bool = False) -> int:
    letters = LETTERS[:size]
    given: dict[Answer, Any] = {
        "choice": {"choice": "A"},
        "ranking": {"ranking": list(letters)},
        "rating": {"ratings": dict.fromkeys(letters, 7)},
    }
    more = {"convinced_by": [1]} if discussed else {}
    return token_count(json.dumps({**given[answer], "reason": SENTENCE, **more}))


def _typical_responses(count: int) -> int:
    return token_count(json.dumps({"responses": [RESPONSE] * count}))


def _typical_sentences(count: int) -> int:
    sentence = {"facet": "interaction style", "text": SENTENCE, "posts": ["p001", "p002", "p003"]}
    return token_count(json.dumps({"sentences": [sentence] * count}))


def _times(calls: Span, mean: float) -> Span:
    return round(calls[0] * mean), round(calls[1] * mean)


def _sum(spans: Iterable[Span]) -> Span:
    lows, highs = zip(*spans, strict=True)
    return sum(lows), sum(highs)


def _as_data(phase: PhaseEstimate) -> dict[str, Any]:
    spans = {
        name: value if value is None else dict(zip(("low", "high"), value, strict=True))
        for name, value in asdict(phase).items()
        if name != "phase"
    }
    return {"phase": phase.phase, **spans}


def _row(phase: PhaseEstimate) -> tuple[str, str, str, str, str]:
    calls, prompt, completion = (
        _between(f"{low:,}", f"{high:,}")
        for low, high in (phase.calls, phase.prompt_tokens, phase.completion_tokens)
    )
    cost = "unknown" if phase.cost is None else _between(*(_money(value) for value in phase.cost))
    return phase.phase, calls, prompt, completion, cost


def _between(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"


def _money(cost: float) -> str:
    return f"${cost:,.2f}" if cost >= 0.1 or not cost else f"${cost:.2g}"
