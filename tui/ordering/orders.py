"""Orders to the engine, from what a user chose."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tui.ordering.engine import Order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["chosen_order", "dry"]


def chosen_order(
    kind: str, place: Path, *, out: Path, given: Sequence[str] = (), prompts: Path | None = None
) -> Order:
    """Return the order for a run.

    Args:
        kind: ``simulate``, ``bench`` or ``generate``.
        place: the corpus or the benchmark. ``out``: the folder to write to.
        given: what else the command line says, as ``Choice.given`` has it.
        prompts: of ``generate``, the file of prompts.

    >>> from pathlib import Path
    >>> order = chosen_order("generate", Path("tea.corpus"), out=Path("d"), prompts=Path("p.jsonl"))
    >>> order.place.name, order.given
    ('p.jsonl', ('--corpus', 'tea.corpus'))
    """
    if prompts is None:
        return Order(kind=kind, place=place, out=out, given=tuple(given))
    return Order(kind=kind, place=prompts, out=out, given=("--corpus", str(place), *given))


def dry(order: Order) -> Order:
    """Return the order to estimate what a run on a model would take, without any call."""
    return replace(order, given=(*order.given, "--dry-run"))
