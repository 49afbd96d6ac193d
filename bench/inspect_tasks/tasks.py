"""The four tasks, made of a benchmark's instances; ``bench.inspect_tasks`` registers them with inspect_ai."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from bench.benchmark import PARTS, Benchmark
from bench.construction.masked import MaskedBenchmark
from bench.inspect_tasks.prompts import fits, prompt
from bench.inspect_tasks.scorers import metrics_of, registered_scorers
from bench.instances import instances
from personas.embedding import MINILM
from personas.errors import InputError
from simulator.prompts.answers import LETTERS

if TYPE_CHECKING:
    import inspect_ai
    from inspect_ai.dataset import Sample

    from bench.benchmark import Part
    from bench.instances import Instance, Task
    from personas.embedding import Embedder

__all__ = ["community_identification", "generation", "preference_distribution", "preference_identification"]


def preference_identification(
    benchmark: str, part: Part = "test", limit: int | None = None, seed: int = 7, profile: bool = True
) -> inspect_ai.Task:
    """Which option does the community prefer most? Scored by accuracy.

    Args:
        benchmark: the folder of a benchmark (``commonbond construct`` or ``commonbond load`` makes one).
        part: train, validation or test.
        limit: how many instances at most, from the first on; all where None.
        seed: of the order of the options.
        profile: whether the community is told; without it, this is the control that knows no community.

    Raises:
        InputError: no benchmark is there, or it has no instance of this task.
    """
    made = _Made(benchmark, "preference identification", part, limit, seed, profile)
    return made.task("choice")


def preference_distribution(
    benchmark: str, part: Part = "test", limit: int | None = None, seed: int = 7, profile: bool = True
) -> inspect_ai.Task:
    """How are the community's preferences spread? Scored by JS divergence (base 2), Kendall τ-b and top-1.

    Arguments and errors are those of ``preference_identification``.
    """
    made = _Made(benchmark, "preference distribution", part, limit, seed, profile)
    return made.task("distribution")


def generation(
    benchmark: str,
    part: Part = "test",
    limit: int | None = None,
    seed: int = 7,
    profile: bool = True,
    judges: str | list[str] | None = None,
    embedder: str | Embedder = MINILM,
) -> inspect_ai.Task:
    """What would the community write? Scored by nearness to its top answer, recognisability, and a panel.

    Args:
        benchmark: as for ``preference_identification``, like ``part``, ``limit``, ``seed`` and ``profile``.
        judges: models, or model roles, that grade the consistency with the profile from 1 to 10; where none is
            named, the models of the role ``judge``, and without them no grade is given.
        embedder: the model, or the embedder, that responses are compared by.

    Raises:
        InputError: no benchmark is there, or it has no instance of this task.
    """
    made = _Made(benchmark, "community-consistent generation", part, limit, seed, profile)
    return made.task(
        "response",
        benchmark=str(made.benchmark.folder),
        communities=made.communities,
        judges=[judges] if isinstance(judges, str) else judges,
        embedder=embedder,
        seed=seed,
    )


def community_identification(
    benchmark: str, part: Part = "test", limit: int | None = None, seed: int = 7, profile: bool = True
) -> inspect_ai.Task:
    """Which of the candidates received the responses so? Scored by accuracy.

    What names a community in the texts is masked where the benchmark tells how (``commonbond construct`` does).
    Without ``profile``, candidates are told by their names alone. Arguments and errors are otherwise those of
    ``preference_identification``.
    """
    made = _Made(benchmark, "community identification", part, limit, seed, profile)
    return made.task("choice")


class _Made:
    """The instances of one task, and the task that inspect_ai makes of them."""

    def __init__(
        self, folder: str, task: Task, part: Part, limit: int | None, seed: int, profile: bool
    ) -> None:
        if part not in PARTS:
            raise InputError(f"no part is named {part!r}", where="part", remedy=f"use {', '.join(PARTS)}")
        opened = MaskedBenchmark if task == "community identification" else Benchmark
        self.benchmark = opened.open(folder)
        self._seed, self._profile = seed, profile
        left_out: Counter[str] = Counter()
        every = instances(self.benchmark, part, task, seed=seed, limit=limit, left_out=left_out)
        self.instances = []
        for each in every:
            if fits(each):
                self.instances.append(each)
            else:
                left_out[f"more than {len(LETTERS)} to choose from"] += 1
        if not self.instances:
            reasons = "; ".join(f"{reason}: {number:,}" for reason, number in left_out.most_common())
            raise InputError(
                f"the {part} part has no instance of {task} ({reasons or 'it is empty'})",
                where=folder,
                remedy="take another part or task",
            )
        self._about = {
            "task": task,
            "part": part,
            "seed": seed,
            "profile": profile,
            "left_out": dict(left_out),
        }

    @property
    def communities(self) -> list[str]:
        """The communities of the instances, in order of their names."""
        return sorted({each.community for each in self.instances})

    def task(self, scorer: str, **options: Any) -> inspect_ai.Task:
        """Return the task, with what it was made of in its metadata.

        Args:
            scorer: choice, distribution or response. ``options``: the scorer's.
        """
        from inspect_ai import Task
        from inspect_ai.dataset import MemoryDataset
        from inspect_ai.solver import generate

        manifest, clustered = self.benchmark.manifest, len(self.communities) > 1
        told = {"benchmark": manifest.title or manifest.name, "content": manifest.content}
        return Task(
            dataset=MemoryDataset([self._sample(each) for each in self.instances], name=told["benchmark"]),
            solver=generate(),
            scorer=registered_scorers()[scorer](**options),
            metrics=None if clustered else metrics_of(scorer, clustered=False),
            metadata={**told, **self._about},
        )

    def _sample(self, instance: Instance) -> Sample:
        from inspect_ai.dataset import Sample
        from inspect_ai.model import ChatMessageSystem, ChatMessageUser

        system, user = prompt(instance, profile=self._profile, seed=self._seed)
        given = instance.given
        offered = given.get("options") or [each["title"] for each in given.get("candidates", ())]
        return Sample(
            input=[ChatMessageSystem(content=system), ChatMessageUser(content=user)],
            target=_target(instance),
            id=instance.identity,
            metadata={
                "community": instance.community,
                "item": instance.item,
                "offered": offered,
                "answer": dict(instance.answer),
                "told": {name: given.get(name) for name in ("title", "profile", "turns", "query")},
            },
        )


def _target(instance: Instance) -> str:
    answer = instance.answer
    if "index" in answer:
        return LETTERS[answer["index"]]
    return str(answer["text"]) if "text" in answer else json.dumps(answer["shares"])
