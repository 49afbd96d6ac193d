"""From prompts to training data: candidate sets, the communities' ballots on them, and what is kept of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from personas.errors import InputError
from simulator.export.alike import Excluded
from simulator.export.export import EXCLUDED, export_run
from simulator.export.manifest import MANIFEST, Manifest
from simulator.export.selection import Selection, Shape
from simulator.export.writing.staging import RUN, Staging
from simulator.journal import JOURNAL
from simulator.room import NOBODY
from simulator.simulation import unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from simulator.export.export import Export
    from simulator.export.prompt_file import Prompt
    from simulator.item import Query
    from simulator.run import Run
    from simulator.simulation import Simulation

__all__ = ["Asked", "Sets", "check_folder", "synthesise"]

Sets = Literal["shared", "own", "crossed"]
FEWEST, MOST = 2, 26


class Asked(Collection["Query"]):
    """What a run is asked for some prompts: queries whose candidates are yet to be written or drawn.

    Args:
        prompts: gone through several times, so that they need not all be in memory.
        candidates: how many each set has, from 2 to 26.
        sets: ``shared``: one set a prompt, written by nobody in particular, or drawn from what everybody said
            offline, and judged by every community; ``own``: each community's personas write one, which they alone
            judge; ``crossed``: each community's personas write one, and every community judges all of them.
        communities: those who are asked.
        excluded: prompts that are left out, by their identity.

    Raises:
        InputError: there are too few or too many candidates, or no such kind of sets.
    """

    def __init__(
        self,
        prompts: Iterable[Prompt],
        *,
        candidates: int,
        sets: Sets,
        communities: Sequence[str],
        excluded: frozenset[str] = frozenset(),
    ) -> None:
        if not FEWEST <= candidates <= MOST:
            raise InputError(
                f"sets of {candidates} candidates", where="--candidates", remedy=f"choose {FEWEST} to {MOST}"
            )
        if sets not in get_args(Sets):
            known = ", ".join(get_args(Sets))
            raise InputError(f"no sets are named {sets!r}", where="--sets", remedy=f"choose one of: {known}")
        self._prompts, self._excluded = prompts, excluded
        self._candidates, self._sets, self._communities = candidates, sets, tuple(communities)
        self._count = sum(1 for _ in self)

    def __iter__(self) -> Iterator[Query]:
        for prompt in self._prompts:
            if prompt.prompt in self._excluded:
                continue
            query = prompt.query_of(count=self._candidates)
            if self._sets == "shared":
                yield replace(query, writer=NOBODY)
            elif self._sets == "own":
                yield query
            else:
                for name in self._communities:
                    yield replace(query, item=f"{query.item}@{name}", writer=name)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, query: object) -> bool:
        return any(query == each for each in self)


def synthesise(
    simulation: Simulation,
    prompts: Iterable[Prompt],
    *,
    out: str | Path,
    candidates: int = 4,
    sets: Sets = "shared",
    communities: Sequence[str] | None = None,
    selection: Selection | None = None,
    shape: Shape | None = None,
    exclude: Iterable[str] = (),
    language: Iterable[str] = (),
    replace: bool = False,
    advance: Callable[[int, int], None] = unseen,
) -> tuple[Run, Export]:
    """Have candidates written for prompts and judged by communities, and write training data of what they prefer.

    The run is kept in ``out/run``; in a folder that holds the same run unfinished, it goes on.

    Args:
        simulation: whose communities are asked, offline or on a language model.
        prompts: what is asked; a ``PromptFile``, or prompts in memory.
        out: the folder of the data.
        candidates: how many each set has. ``sets``: who writes and who judges them, as in ``Asked``.
        communities: those to ask; all where None.
        selection: which pairs are kept. ``shape``: how they are written.
        exclude: texts that no prompt may repeat: such prompts are left out before anything is spent, and counted.
        language: ISO 639 codes of the texts, for the dataset card.
        replace: whether data of the same run, chosen otherwise, may be replaced.
        advance: called with the number of judgements done and of all.

    Raises:
        InputError: there is no prompt, a community does not exist, no pair passes the selection, or the folder
            holds another run's data or other things.
        StoppedError: the run must not go on; what is done is in the folder, and the same call goes on.
    """
    folder, shape = Path(out), shape or Shape()
    selection = selection or Selection(seed=simulation.settings.seed)
    check_folder(folder)
    exclude = list(exclude)
    asked, left_out = asked_of(
        simulation,
        prompts,
        candidates=candidates,
        sets=sets,
        communities=communities,
        exclude=exclude,
        alike=selection.alike,
    )
    run = simulation.run(asked, out=folder / RUN, communities=communities, advance=advance)
    export = export_run(
        run,
        folder,
        selection=selection,
        shape=shape,
        exclude=exclude,
        left_out=left_out,
        language=language,
        replace=replace,
    )
    return run, export


def asked_of(
    simulation: Simulation,
    prompts: Iterable[Prompt],
    *,
    candidates: int = 4,
    sets: Sets = "shared",
    communities: Sequence[str] | None = None,
    exclude: Iterable[str] = (),
    alike: float = 0.8,
) -> tuple[Asked, dict[str, int]]:
    """Return what a run is asked, and how many prompts are left out of it, by reason.

    Raises:
        InputError: no prompt is left, a community does not exist, or the candidates are too few or too many.
    """
    membership = simulation.setting.membership
    names = [membership[name].name for name in communities or membership.names]
    repeated = _repeated(prompts, Excluded(exclude, alike=alike))
    asked = Asked(prompts, candidates=candidates, sets=sets, communities=names, excluded=repeated)
    if not len(asked):
        told = (
            f"all {len(repeated):,} are asked in the test part of a benchmark"
            if repeated
            else "there is none"
        )
        raise InputError(f"no prompt is left: {told}", where="PROMPTS", remedy="bring other prompts")
    return asked, ({EXCLUDED: len(repeated)} if repeated else {})


def _repeated(prompts: Iterable[Prompt], excluded: Excluded) -> frozenset[str]:
    return frozenset(prompt.prompt for prompt in prompts if excluded.has_asked(prompt))


def check_folder(out: Path) -> None:
    """See that data can be written to a folder, before anything is spent on it.

    Whether its run is this one is seen when the run is begun, which costs nothing either.

    Raises:
        InputError: it holds other things, or the data of a run that lies elsewhere.
    """
    found = Manifest.load(out) if (out / MANIFEST).exists() else None
    if found is not None and not (out / RUN / JOURNAL).is_file():
        raise InputError(
            f"the folder holds the data of the run {found.run['identity']}, which lies elsewhere",
            where=str(out),
            remedy="name another folder",
        )
    identity = str(found.run["identity"]) if found else ""
    selection, shape = (found.selection, found.shape) if found else (Selection(), Shape())
    with Staging(out, run=identity, selection=selection, shape=shape):
        pass
