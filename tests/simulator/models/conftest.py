"""The stand-in server for tests of models: ``server = stand_in(faults=...)``, ended with the test."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import stand_in as helper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def stand_in() -> Iterator[Callable[..., helper.Server]]:
    """Return what starts a server; all that it started end with the test."""
    with ExitStack() as servers:

        def begin(**wishes: Any) -> helper.Server:
            return servers.enter_context(helper.stand_in(**wishes))

        yield begin
