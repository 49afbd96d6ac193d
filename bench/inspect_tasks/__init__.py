"""The four tasks of CommunityBench as tasks of inspect_ai, for any model that it knows (extra ``inspect``).

``inspect eval commonbond/preference_identification -T benchmark=FOLDER --model PROVIDER/MODEL``. Nothing of
inspect_ai is imported before the first of these names is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.inspect_tasks.tasks import (
        community_identification,
        generation,
        preference_distribution,
        preference_identification,
    )

__all__ = ["community_identification", "generation", "preference_distribution", "preference_identification"]


def __getattr__(name: str) -> Any:
    """Register the tasks with inspect_ai and return one, or all by name as ``registered`` (the entry point).

    Raises:
        InputError: inspect_ai is not installed.
    """
    if name not in {"registered", *__all__}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from bench.inspect_tasks.registration import registered

    tasks = registered()
    return tasks if name == "registered" else tasks[name]
