"""Controls: the same simulation without what it should know, so that what knowing it is worth can be seen.

Whoever scores as well when given another community's profile and norms knows nothing of the community.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from bench.predictors import NOBODY, RunPredictor
from personas.errors import InputError
from personas.seeds import derived_rng
from simulator.journal.usage import Spent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from simulator.item import Item
    from simulator.run import Run
    from simulator.simulation import Simulation

__all__ = [
    "CONTROLS",
    "Control",
    "as_others",
    "controls_named",
    "planned",
    "run_controls",
    "spent_by",
    "stand_ins",
]

Control = Literal["shuffled", "direct", "no-persona"]
CONTROLS: tuple[Control, ...] = get_args(Control)
NEEDS_MODEL = ("direct", "no-persona")
SHUFFLED = "shuffled communities"


def controls_named(names: Sequence[str], *, model: bool) -> tuple[Control, ...]:
    """Return the controls of some names; ``all`` for those that there are, ``none`` for none.

    Args:
        model: whether there is a language model; without one there is no whole distribution to ask it for.

    Raises:
        InputError: a name is unknown, or the control needs a model.
    """
    there = tuple(name for name in CONTROLS if model or name not in NEEDS_MODEL)
    if list(names) in (["all"], ["none"]):
        return there if names[0] == "all" else ()
    for name in names:
        if name not in there:
            why = "it needs a language model" if name in CONTROLS else "no such control"
            raise InputError(
                f"{name!r}: {why}", where="--controls", remedy=f"choose among {', '.join(there)}"
            )
    return tuple(name for name in there if name in names)


def as_others(communities: Iterable[str], *, seed: int) -> dict[str, str]:
    """Return for each community another one, each of them once; empty where there is one community only.

    >>> sorted(as_others(["tea", "cats"], seed=7).items())
    [('cats', 'tea'), ('tea', 'cats')]
    """
    names = sorted(communities)
    if len(names) < 2:
        return {}
    order = derived_rng(seed, "shuffled communities").permutation(len(names))
    return {names[order[place]]: names[order[place - 1]] for place in range(len(names))}


def stand_ins(simulation: Simulation, control: Control) -> Mapping[str, str] | None:
    """Return whose room stands in for each community's in a control; None where it has its own."""
    names = simulation.setting.membership.names
    if control == "shuffled":
        return as_others(names, seed=simulation.settings.seed)
    return dict.fromkeys(names, NOBODY) if control == "no-persona" else None


def run_controls(
    simulation: Simulation,
    main: Run,
    items: Sequence[Item],
    controls: Sequence[Control],
    *,
    out: Path | None,
    advance: Callable[[int, int], None],
) -> list[tuple[RunPredictor, Run]]:
    """Run the controls of a simulation on the same items.

    ``shuffled``: the same panels, each given another community's profile, norms and members. ``direct``: the
    model asked once for each community's whole distribution. ``no-persona``: asked so of nobody in particular.

    Args:
        main: the run that they are controls of; what it has used up counts towards the limits of all.
        out: a folder for their runs, each in one of its own; in memory where None.
    """
    found: list[tuple[RunPredictor, Run]] = []
    for control, asked, others in planned(simulation, controls):
        limited = asked.limited(spent_by([main, *(run for _, run in found)]))
        folder = None if out is None else out / control
        run = limited.run(items, out=folder, as_if=others, advance=advance)
        found.append((RunPredictor(run, name=_named(asked, control), role=_role(control)), run))
    return found


def spent_by(runs: Iterable[Run]) -> Spent:
    """Return what runs have used up together: it counts towards the limits of whatever runs next."""
    return sum((run.journal.ledger.spent() for run in runs), start=Spent())


def planned(
    simulation: Simulation, controls: Sequence[Control]
) -> Iterator[tuple[Control, Simulation, Mapping[str, str] | None]]:
    """Yield each control with what is asked, and whose room stands in for each community's."""
    for control in controls:
        others = stand_ins(simulation, control)
        if control != "shuffled":
            yield control, simulation.direct(), others
        elif others:  # one community alone has no other
            yield control, simulation, others


def _named(simulation: Simulation, control: Control) -> str:
    if control == "direct":
        return simulation.predictor
    what = SHUFFLED if control == "shuffled" else "no persona, no community"
    return f"{what}: {simulation.predictor}"


def _role(control: Control) -> str:
    return "simulation" if control == "direct" else "control"
