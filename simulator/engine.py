"""The engine: takes every item through the flow, a bounded number at once, and writes what comes to the journal."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

from simulator.aggregate import flip_rate, position_bias
from simulator.models.model import StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Mapping
    from contextlib import AbstractAsyncContextManager

    from simulator.flow import Flow, Outcome
    from simulator.item import Item, Query
    from simulator.journal import Journal
    from simulator.room import Room

__all__ = ["Job", "complete", "run_jobs", "waiting"]

Result = TypeVar("Result")
Job = tuple["Item | Query", str]
"""An item, and the community that is to judge it."""


def complete(work: Coroutine[Any, Any, Result]) -> Result:
    """Carry out asynchronous work and return what comes of it, also where a loop runs already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()


def waiting(jobs: Iterable[Job], journal: Journal) -> Iterator[Job]:
    """Yield the jobs that the journal has no result of, each seen to only when its turn comes."""
    return (job for job in jobs if not journal.has_result(job[0].item, job[1]))


async def run_jobs(
    jobs: Collection[Job],
    rooms: Mapping[str, Room],
    flow: Flow,
    journal: Journal,
    *,
    concurrency: int,
    advance: Callable[[int, int], None],
    begins: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
) -> None:
    """Run the jobs that the journal has no result of; a killed run goes on where it stopped.

    Args:
        rooms: what each community brings.
        concurrency: how many jobs are under way at once.
        advance: called with the number of jobs done and of all jobs.
        begins: what each job is done within, once it lets it begin (``simulator.pausing``).

    Raises:
        StoppedError: the run must not go on; all that was in flight has landed.
    """
    todo = waiting(jobs, journal)
    count, total = journal.progress()[0], len(jobs)
    stopped: list[StoppedError] = []
    kept: dict[str, set[str]] = {}

    async def worker() -> None:
        nonlocal count
        for asked, community in todo:
            try:
                async with begins():
                    outcome = await flow.run(asked, rooms[community])
                    known = kept.setdefault(community, set())
                    _record(journal, asked, community, rooms[community], outcome, known)
            except StoppedError as stop:
                stopped.append(stop)
                return
            count += 1
            advance(count, total)
            if stopped:  # only now: what this worker had in flight was paid for
                return

    async with asyncio.TaskGroup() as group:
        for _ in range(min(concurrency, total)):
            group.create_task(worker())
    if stopped:
        raise stopped[0]


def _record(
    journal: Journal, asked: Item | Query, community: str, room: Room, outcome: Outcome, kept: set[str]
) -> None:
    """Write what came of an item; of the norms that ballots rest on, only those that are not ``kept`` yet."""
    errors = [asdict(error) for error in outcome.errors]
    if outcome.item is None or outcome.preference is None:
        journal.add_failure(asked.item, community, {"errors": errors})
        return
    first = [ballot for ballot in outcome.ballots if ballot.round == 0]
    last = [ballot for ballot in outcome.ballots if ballot.round == outcome.rounds]
    flipped, asked_again = flip_rate(first)
    bias = position_bias(first) if any(ballot.choice is not None for ballot in first) else None
    result: dict[str, Any] = {
        "preference": asdict(outcome.preference),
        "rounds": outcome.rounds,
        "settled": outcome.settled,
        "position_bias": None if bias is None else bias.tolist(),
        "diversity": None if outcome.diversity is None else asdict(outcome.diversity),
        "failed": dict(sorted(Counter(ballot.failure for ballot in last if ballot.failure).items())),
        "flipped": flipped,
        "asked_again": asked_again,
        "moved": sum(old.choice != new.choice for old, new in zip(first, last, strict=True)),
        "errors": errors,
    }
    cited = {post for ballot in outcome.ballots for post in ballot.norms} - kept
    norms = [(post, asdict(room.store.norms[room.store.place[post]])) for post in sorted(cited)]
    kept |= cited
    journal.add_result(outcome.item, community, outcome.ballots, norms, result)
