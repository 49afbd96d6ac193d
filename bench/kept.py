"""What every predictor beside a run said of each scored judgement, kept in the run's journal to be looked at.

The score card holds means alone; whoever asks why a baseline is as good must see it judgement by judgement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.predictors import Predictor
    from bench.tasks.cases import Case
    from simulator.journal import Journal

__all__ = ["keep_predictions"]


def keep_predictions(journal: Journal, cases: Sequence[Case], predictors: Sequence[Predictor]) -> None:
    """Write the shares that predictors gave to the options of each case; one that said nothing of it has none.

    Args:
        journal: of the run that they stand beside, open to write.
        cases: the scored judgements, with what each predictor said.
        predictors: those beside the run, in the order in which they are shown.

    Raises:
        StoppedError: it cannot be written.
    """
    for place, each in enumerate(predictors):
        journal.add_predictions(
            place,
            each.name,
            (
                (case.item.item, case.community, said.shares)
                for case in cases
                if (said := case.predicted[each.name]) is not None
            ),
        )
