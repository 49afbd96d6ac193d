"""What the journal's tests share: calls, and a copy of a journal as a killed process leaves it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from simulator.models.model import Call, Message

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def call_of() -> Callable[..., Call]:
    """Return what makes a call of a system message that all share and a user message of its own."""

    def make(said: str, **choices: Any) -> Call:
        sent = (
            Message(role="system", blocks=("Judge. ", "Tea people.")),
            Message(role="user", blocks=(said,)),
        )
        whom = {"item": "1", "community": "tea", "persona": "tea#0"}
        return Call(**{"messages": sent, "temperature": 1.0, "max_tokens": 50, "seed": 1, **whom, **choices})

    return make


@pytest.fixture
def killed() -> Callable[[Path, Path], Path]:
    """Return what copies a run's folder as it is on the disk now: what a SIGKILL at this instant would leave."""

    def copy(folder: Path, to: Path) -> Path:
        to.mkdir()
        for file in folder.glob("journal.sqlite*"):
            if not file.name.endswith("-shm"):
                shutil.copy(file, to)
        return to

    return copy
