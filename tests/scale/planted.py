"""Planted truths at full size: do scores fall on their known values, and do intervals say what they are?

For each size of the planted effect, many worlds are made and measured as any benchmark is. Printed are the mean
score beside the one that is known by quadrature, the shuffled control beside the guess, how often the 95 %
interval holds the known value, and how often a difference from the shuffled control is called significant.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "helpers"), str(ROOT)]

from planted_world import KnowsTastes, LearnsTastes, World  # noqa: E402

from bench.controls import as_others  # noqa: E402
from bench.predictors import NOBODY, Instead, fit  # noqa: E402
from bench.resample import Resampling  # noqa: E402
from bench.tasks.cases import ACCURACY, DIVERGENCE, figures, is_clear, make_cases  # noqa: E402

EFFECTS = (0.0, 0.25, 0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Measured:
    """What one world's predictors scored, and what their intervals say.

    ``held`` and ``held_difference``: whether the intervals of the accuracy and of its lead over the shuffled
    control hold the known values. ``significant``: whether who learns is called better or worse than shuffled.
    """

    accuracy: float
    divergence: float
    shuffled: float
    nobody: float
    held: bool
    held_divergence: bool
    held_difference: bool
    significant: bool


def measure(world: World, known: float, known_divergence: float) -> Measured:
    """Measure one world as a benchmark is measured, and hold it against what is known of all such worlds."""
    knows, learns = KnowsTastes(world), LearnsTastes()
    others = as_others(world.names, seed=world.seed)
    controls = [
        Instead(knows, others, name="knows, shuffled"),
        Instead(learns, others, name="learns, shuffled"),
        Instead(knows, dict.fromkeys(world.names, NOBODY), name="knows, nobody"),
    ]
    predictors = [knows, learns, *controls]
    fit(predictors, world.part("train"))
    cases = make_cases(world.part("test"), predictors, seed=world.seed)
    clear = [case for case in cases if is_clear(case.votes)]
    right = figures(clear, predictors, ACCURACY, ceiling=False)
    apart = figures(cases, [knows], DIVERGENCE, ceiling=False)[knows.name]
    resampling = Resampling([case.community for case in clear], seed=world.seed)
    accuracy = resampling.interval(right[knows.name])
    everywhere = Resampling([case.community for case in cases], seed=world.seed)
    divergence = everywhere.interval(apart)
    lead = resampling.difference(right[knows.name], right["knows, shuffled"])
    learned = resampling.difference(right[learns.name], right["learns, shuffled"])
    return Measured(
        accuracy=accuracy.mean,
        divergence=divergence.mean,
        shuffled=float(np.mean(right["knows, shuffled"])),
        nobody=float(np.mean(right["knows, nobody"])),
        held=accuracy.low <= known <= accuracy.high,
        held_divergence=divergence.low <= known_divergence <= divergence.high,
        held_difference=lead.low <= known - 0.5 <= lead.high,
        significant=learned.low > 0 or learned.high < 0,
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=1000, help="worlds of each effect (1000)")
    parser.add_argument("--communities", type=int, default=40)
    options = parser.parse_args()
    print(
        f"{options.worlds} worlds of each effect, {options.communities} communities × 20 items × 15 voters\n"
        "effect | accuracy, known | divergence, known | shuffled, nobody | interval holds it: accuracy, divergence, "
        "lead | learner differs from shuffled"
    )
    for effect in EFFECTS:
        worlds = [
            World(effect=effect, seed=seed, communities=options.communities) for seed in range(options.worlds)
        ]
        known, apart = worlds[0].known_accuracy(), worlds[0].known_divergence()
        found = [measure(world, known, apart) for world in worlds]

        def mean(name: str, found: list[Measured] = found) -> float:
            return float(np.mean([getattr(each, name) for each in found]))

        print(
            f"{effect:6} | {mean('accuracy'):.4f}, {known:.4f} | {mean('divergence'):.4f}, "
            f"{apart:.4f} | {mean('shuffled'):.4f}, {mean('nobody'):.4f} | "
            f"{mean('held'):.1%}, {mean('held_divergence'):.1%}, {mean('held_difference'):.1%} | "
            f"{mean('significant'):.1%}",
            flush=True,
        )


if __name__ == "__main__":
    main()
