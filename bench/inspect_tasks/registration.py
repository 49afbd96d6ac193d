"""Register the tasks with inspect_ai, under the names that its users call them by."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from bench.inspect_tasks import tasks
from bench.inspect_tasks.naming import full_name, ours
from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    import inspect_ai

__all__ = ["registered"]


@cache
def registered() -> dict[str, Callable[..., inspect_ai.Task]]:
    """Return the four tasks by name, registered as ``commonbond/NAME``, their scorers and metrics as well.

    Raises:
        InputError: inspect_ai is not installed.
    """
    try:
        from inspect_ai import task
    except ModuleNotFoundError as error:
        raise InputError(
            f"inspect_ai cannot be imported: {error}",
            remedy="install it with: pip install 'commonbond[inspect]'",
        ) from None
    from bench.inspect_tasks.scorers import registered_scorers

    registered_scorers()
    functions: list[Callable[..., inspect_ai.Task]] = [getattr(tasks, name) for name in tasks.__all__]
    return {each.__name__: task(name=full_name(each.__name__))(ours(each)) for each in functions}
