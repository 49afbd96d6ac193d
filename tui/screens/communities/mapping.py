"""Having the engine map a corpus, from any screen that needs the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.plaintext import one_line
from tui.screens.base import InstrumentScreen

if TYPE_CHECKING:
    from pathlib import Path

    from tui.ordering.engine import Engine

__all__ = ["MapsCorpus"]


class MapsCorpus(InstrumentScreen):  # type: ignore[type-arg]  # whatever the screen's snapshot is
    """A screen that can have the engine look at the communities of a corpus, and reads again when it has."""

    _mapping: Engine | None = None
    _log = ""

    class Mapped(InstrumentScreen.Arrived):
        """The engine was started or looked at: it, its exit code, and the last line of what it said."""

    @property
    def can_map(self) -> bool:
        """Whether there is a corpus to map."""
        raise NotImplementedError

    @property
    def mapped_corpus(self) -> Path:
        """The corpus that would be mapped."""
        raise NotImplementedError

    def say_mapping(self, text: str) -> None:
        """Say how far the engine is."""
        raise NotImplementedError

    def action_map(self) -> None:
        """Have the engine look at the communities of the corpus."""
        from tui.ordering.engine import Engine, Order

        if not self.can_map:
            self.tell("There is nothing to map here.")
        elif self._mapping is None:
            order = Order(kind="communities", place=self.mapped_corpus)
            self.in_thread(lambda: (Engine(order), None, ""), self.Mapped, group="engine")

    def on_maps_corpus_mapped(self, message: Mapped) -> None:
        """Say how far it is, and look again; read what it wrote where it has ended."""
        engine, code, said = message.view
        if self._mapping is None:
            self.interface.begun(engine.order, engine)
        self._mapping = engine
        if code is None:
            self.say_mapping(one_line(f"The engine is looking at the corpus… {said}"))
            self.set_timer(0.4, lambda: self.in_thread(lambda: _looked(engine), self.Mapped, group="engine"))
            return
        self._mapping = None
        self.action_reload()
        if code:
            self.tell(f"The engine ended with code {code}: {said}", wrong=True)


def _looked(engine: Engine) -> tuple[Engine, int | None, str]:
    code = engine.ended()
    lines = [line for line in engine.log().replace("\r", "\n").split("\n") if line.strip()]
    return engine, code, one_line(lines[-1][-300:]) if lines else ""
