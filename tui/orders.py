"""Orders to the engine, from what a user chose: checked before a process is started for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personas.errors import InputError
from tui.engine import Order

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["run_order"]

REACH = ("api_base", "price", "max_cost", "max_calls")


def run_order(
    kind: str,
    corpus: Path,
    out: Path | None,
    *,
    panel: int | None = None,
    seed: int | None = None,
    items: int | None = None,
    model: str = "",
    **reach: str,
) -> Order:
    """Return the order for a run of a corpus.

    Args:
        kind: ``simulate`` or ``bench``.
        out: the run's folder.
        panel: the personas a community; the command's own default where None. ``seed``: of all draws.
        items: how many items at the most; all where None.
        model: the language model, as litellm names it; the offline engine where empty.
        reach: ``api_base``, ``price``, ``max_cost`` and ``max_calls`` as the command line takes them; empty
            where not given.

    Raises:
        InputError: a number is out of its range, or a model's choice is given without a model.
    """
    for name, value, least in (("panel", panel, 1), ("seed", seed, 0), ("items", items, 1)):
        if value is not None and value < least:
            raise InputError(f"{name} is {value}", remedy=f"it must be {least} or more")
    for name in REACH:
        if reach.get(name) and not model:
            raise InputError(f"{name} is given, and no model", remedy="name a model, or leave it empty")
    choices = {"panel": panel, "seed": seed, "items": items, "model": model or None}
    choices |= {name: reach.get(name) or None for name in REACH}
    given = tuple(
        part
        for name, value in choices.items()
        if value is not None
        for part in (f"--{name.replace('_', '-')}", str(value))
    )
    return Order(kind=kind, place=corpus, out=out, given=given)
