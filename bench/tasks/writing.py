"""Answers that a language model's personas write to held-out queries: a run of its own that judges nothing.

They are written from the half of the posts that no classifier learns from, both one by one and as sets that
must differ.
"""

from __future__ import annotations

from copy import copy
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, get_args

from bench.tasks.prompted import CANDIDATES, Written, half, prompts_of, which_half
from personas.community import Profile
from personas.errors import InputError
from simulator.cast import persona_cast
from simulator.discuss import OpinionDynamics
from simulator.engine import complete, run_jobs
from simulator.estimate import Estimate, PhaseEstimate, estimate
from simulator.flow import Flow
from simulator.generate import Sampling
from simulator.item import Query
from simulator.journal import Journal
from simulator.persona_generator import PersonaGenerator
from simulator.record import begin, recording
from simulator.run import Run
from simulator.simulation import unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from bench.tasks.prompted import Prompt
    from personas.community import ProfileSentence
    from simulator.cast import Minds
    from simulator.engine import Job
    from simulator.generate import Generator
    from simulator.item import Ballot, Item, Option
    from simulator.journal.usage import Spent
    from simulator.models.model import Model
    from simulator.retrieval import Retrieved
    from simulator.room import Room
    from simulator.settings import Settings
    from simulator.simulation import Simulation

__all__ = ["WRITE_PROMPTS", "Writing"]

WRITE_PROMPTS = 5
"""Queries that each community's personas answer, unless told otherwise: five calls each."""
SAMPLINGS: tuple[Sampling, ...] = get_args(Sampling)
PHASES = ("profile", "generate")


@dataclass(frozen=True, kw_only=True)
class Writing:
    """What the personas of a simulation are to write, and the run in which they do so.

    Each query is answered by ``CANDIDATES`` personas, each asked on its own, and once more by one persona that is
    asked for as many answers that stand for differing values (Zhang et al. 2025).

    Args:
        simulation: on a language model, of the training part.
        prompts: what is to be answered.
    """

    simulation: Simulation
    prompts: tuple[Prompt, ...]

    @classmethod
    def of(
        cls, simulation: Simulation, items: Sequence[Item], *, most: int = WRITE_PROMPTS
    ) -> Writing | None:
        """Return what is to be written for held-out items; None where nothing is, or nobody can write.

        Args:
            most: queries of one community.

        Raises:
            InputError: ``most`` is below 1.
        """
        if most < 1:
            raise InputError(
                f"{most} queries a community", where="--write-prompts", remedy="choose 1 or more"
            )
        if simulation.minds is None:
            return None
        settings, membership = simulation.settings, simulation.setting.membership
        prompts = prompts_of(items, membership, seed=settings.seed, most=most)
        simulated = tuple(prompt for prompt in prompts if prompt.community in membership.names)
        return cls(simulation=_only_writing(simulation), prompts=simulated) if simulated else None

    def limited(self, spent: Spent) -> Writing:
        """Return it with its limits lowered by what was spent elsewhere."""
        return replace(self, simulation=self.simulation.limited(spent))

    def estimate(self) -> Estimate:
        """Return what the run would take, without making any call."""
        minds, rooms = self._minds, self._rooms()
        found = [
            estimate(
                self._jobs(sampling),
                rooms,
                minds.prompts,
                self._settings(sampling),
                embedder=self.simulation.embedder,
                price=minds.reach.price,
            )
            for sampling in SAMPLINGS
        ]
        profile, *written = (
            phase
            for number, each in enumerate(found)
            for phase in each.phases
            if phase.phase in PHASES[number:]  # profiles are written once
        )
        both = Estimate(phases=tuple(written), sampled=0, already=0, notes=()).total
        phases: tuple[PhaseEstimate, ...] = (profile, replace(both, phase="generate"))
        sampled = sum(each.sampled for each in found)
        return Estimate(phases=phases, sampled=sampled, already=0, notes=found[0].notes)

    def run(
        self, *, out: Path | None = None, advance: Callable[[int, int], None] = unseen
    ) -> tuple[Run, Written]:
        """Have everything written, and return the run with what was written.

        In a folder that holds the same run unfinished, the run goes on.

        Args:
            out: the run's folder; in memory where None.
            advance: called with the number of sets done and of all.

        Raises:
            InputError: the folder holds another run or is at work.
            StoppedError: the run must not go on; what is done is in the folder, and the same call goes on.
        """
        jobs = [job for sampling in SAMPLINGS for job in self._jobs(sampling)]
        journal = Journal.create(out)
        try:
            begin(journal, self.simulation, [asked for asked, _ in jobs], jobs, None)
            rooms = self._rooms()
        except BaseException:
            journal.close()
            raise
        with recording(journal, rooms):
            complete(self._carry_out(jobs, rooms, journal, advance))
        run = Run(journal)
        return run, self._read(run)

    @property
    def _minds(self) -> Minds:
        assert self.simulation.minds is not None
        return self.simulation.minds

    def _settings(self, sampling: Sampling) -> Settings:
        return replace(self.simulation.settings, sampling=sampling)

    def _jobs(self, sampling: Sampling) -> list[Job]:
        return [
            (
                Query(
                    item=_named(prompt, sampling), query=prompt.query, turns=prompt.turns, count=CANDIDATES
                ),
                prompt.community,
            )
            for prompt in self.prompts
        ]

    def _rooms(self) -> dict[str, Room]:
        """Return each community's room with the posts that may be written from."""
        seed, jobs = self.simulation.settings.seed, self._jobs("independent")
        return {
            name: replace(room, store=half(room.store, seed, 0), profile=_of_the_half(room.profile, seed))
            for name, room in self.simulation.rooms(jobs).items()
        }

    async def _carry_out(
        self,
        jobs: Sequence[Job],
        rooms: Mapping[str, Room],
        journal: Journal,
        advance: Callable[[int, int], None],
    ) -> None:
        settings, embedder = self.simulation.settings, self.simulation.embedder
        cast = persona_cast(settings, self._minds, embedder, journal)
        model, stack = cast.model, cast.stack
        assert model is not None and stack is not None
        try:
            with model.closed_by_signals():
                rooms = await self._described(model, rooms, journal)
                embedder.embed(list(dict.fromkeys(asked.query for asked, _ in jobs)))
                at_once = max(settings.concurrency, 2 + 2 * self._minds.reach.at_once // CANDIDATES)
                flow = self._flow(model)
                await run_jobs(jobs, rooms, flow, journal, concurrency=at_once, advance=advance)
        finally:
            await model.close()
            journal.set_facts({"engine": stack.told()})

    async def _described(
        self, model: Model, rooms: Mapping[str, Room], journal: Journal
    ) -> Mapping[str, Room]:
        """Return the rooms with their written profiles, where those are written, and keep what is known of each."""
        settings, told = self.simulation.settings, list(self.simulation.setting.warnings)
        if settings.profiles == "written":
            from simulator.profile_writing import write_profiles

            stores = {name: room.store for name, room in rooms.items()}
            titles = {name: room.title for name, room in rooms.items()}
            written = await write_profiles(
                model, self._minds.prompts, stores, titles=titles, settings=settings
            )
            rooms = {name: replace(room, profile=written[name].profile) for name, room in rooms.items()}
            told += [f"{name}: {problem}" for name, each in written.items() for problem in each.told()]
        journal.add_communities(
            (name, {**self.simulation.describe(name), "profile": asdict(room.profile)})
            for name, room in rooms.items()
        )
        journal.set_facts({"warnings": told})
        return rooms

    def _flow(self, model: Model) -> Flow:
        embedder, prompts = self.simulation.embedder, self._minds.prompts
        joint = frozenset(_named(prompt, "negatively-correlated") for prompt in self.prompts)
        one, several = (
            PersonaGenerator(model, prompts, embedder, settings=self._settings(sampling))
            for sampling in ("independent", "negatively-correlated")
        )
        return Flow(
            judge=_Nobody(),
            generator=_Writers(one, several, joint=joint),
            discussion=OpinionDynamics(),
            embedder=embedder,
            keep=1,
            rounds=0,
        )

    def _read(self, run: Run) -> Written:
        def options(prompt: Prompt, sampling: Sampling) -> tuple[Option, ...]:
            name = _named(prompt, sampling)
            return run.journal.item(name).options if (name, prompt.community) in there else ()

        there = run.preferences().keys()
        sets = {sampling: [options(prompt, sampling) for prompt in self.prompts] for sampling in SAMPLINGS}
        return Written(by=run.predictor, prompts=self.prompts, sets=sets)


class _Nobody:
    """A judge of no panel: what is only to be written is not judged, so that no judgement is paid for."""

    name = "nobody"

    async def judge(self, item: Item, room: Room, norms: Retrieved) -> list[Ballot]:
        return []


class _Writers:
    """Writes the queries that are named one persona's whole set, and all others one answer a persona."""

    def __init__(self, one: Generator, several: Generator, *, joint: frozenset[str]) -> None:
        self.name = one.name
        self._one, self._several, self._joint = one, several, joint

    async def generate(self, query: Query, room: Room) -> list[Option]:
        return await (self._several if query.item in self._joint else self._one).generate(query, room)


def _only_writing(simulation: Simulation) -> Simulation:
    other = copy(simulation)
    other.settings = replace(simulation.settings, mode="panel", rounds=0, recheck=0.0)
    return other


def _named(prompt: Prompt, sampling: Sampling) -> str:
    return f"{prompt.item}@{prompt.community}/{sampling}"


def _of_the_half(profile: Profile, seed: int) -> Profile:
    """Return a profile without what is taken from posts that a classifier learns from."""

    def kept(sentences: Sequence[ProfileSentence]) -> tuple[ProfileSentence, ...]:
        return tuple(each for each in sentences if which_half(each.posts[0], seed) == 0)

    return Profile(identity=kept(profile.identity), bond=kept(profile.bond))
