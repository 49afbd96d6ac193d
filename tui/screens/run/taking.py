"""What a run would take: how much there is to judge, and with a model its calls, tokens and cost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.content import Content
from textual.message import Message
from textual.worker import get_current_worker

from personas.errors import InputError
from tui.ordering.estimating import counted, estimated
from tui.ordering.orders import dry
from tui.plaintext import one_line
from tui.reading.estimates import CountView, EstimateView
from tui.widgets.prose import Prose, heading, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from textual.timer import Timer

    from tui.ordering.engine import Order
    from tui.ordering.run_choices import RunKind

__all__ = ["FREE", "Taking"]

Deciding = tuple[tuple[str, str], ...]
FREE = frozenset({"out", "max_cost", "max_tokens", "max_calls", "at_once", "replace", "files", "language"})
"""Choices that an estimate does not depend on."""
COUNTED = {
    "share": "--share", "split": "--split", "part": "--part", "seed": "--seed", "items": "--items",
    "communities": "--communities", "prompt_file": "--prompts",
}  # fmt: skip
DEBOUNCE = 0.4
"""Seconds without a change before it is counted anew."""
OFFLINE = "No model is called and nothing is paid: the offline engine judges, by the community's norms."
UNKNOWN = (
    "Not known yet. f5 has the engine say what it would take, without any call; a run starts after that."
)
CHANGED = "The choices have changed since. f5 says what it would take now."
BROKEN = (InputError, KeyError, TypeError, ValueError, OSError)
"""What asking a process can end in."""


class Taking(Prose):
    """Shows what the choices come to.

    Args:
        kind: what is to be done.
    """

    class Counted(Message):
        """It is known how much there is to judge."""

        def __init__(self, count: CountView) -> None:
            super().__init__()
            self.count = count

    class Asked(Message):
        """What it would take was asked for, or is known, or could not be found out."""

        def __init__(self, deciding: Deciding, found: EstimateView | str | None) -> None:
            super().__init__()
            self.deciding, self.found = deciding, found

    class Said(Message):
        """The engine said something while it was estimating."""

        def __init__(self, line: str) -> None:
            super().__init__()
            self.line = line

    def __init__(self, kind: RunKind, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._kind = kind
        self._values: Mapping[str, str] = {}
        self._deciding: Deciding = ()
        self._chosen = 0
        self._count: CountView | None = None
        self._count_key: tuple[str, ...] | None = None
        self._timer: Timer | None = None
        self._asked: Deciding | None = None
        self._since = 0.0
        self._said = ""
        self._estimate: tuple[Deciding, EstimateView | str] | None = None

    def on_mount(self) -> None:
        """Show that time passes while the engine is asked."""
        self.set_interval(1, self._tick)

    def told(self, deciding: Deciding) -> EstimateView | None:
        """Return what was told for these choices; None where that is not known."""
        if self._estimate is None or self._estimate[0] != deciding or isinstance(self._estimate[1], str):
            return None
        return self._estimate[1]

    def follow(self, place: Path, values: Mapping[str, str], deciding: Deciding, *, chosen: int) -> None:
        """Draw what other choices come to, and count anew where they change that.

        Args:
            place: the corpus or the benchmark. ``values``: all that is chosen, by name.
            deciding: what an estimate depends on. ``chosen``: how many communities are, 0 for all.
        """
        self._values, self._deciding, self._chosen = dict(values), deciding, chosen
        if self._asked is not None and self._asked != deciding:
            self.workers.cancel_group(self, "estimate")
            self._asked = None
        given = tuple(
            part for name, option in COUNTED.items() if values.get(name) for part in (option, values[name])
        )
        if given != self._count_key:
            self._count_key = given
            if self._timer is not None:
                self._timer.stop()
            self._timer = self.set_timer(
                DEBOUNCE if self._count else 0.01, lambda: self._count_anew(place, given)
            )
        self._draw()

    def ask(self, order: Order, deciding: Deciding) -> None:
        """Have the engine say what an order would take, unless it is at it."""
        if self._asked == deciding:
            return
        self._asked, self._since, self._said = deciding, time.monotonic(), ""
        self._in_thread(lambda: self._estimated(dry(order), deciding), "estimate")
        self._draw()

    def on_taking_counted(self, message: Counted) -> None:
        """Draw it; the screen hears of it, too."""
        self._count = message.count
        self._draw()

    def on_taking_asked(self, message: Asked) -> None:
        """Draw it, where it is still what was asked for; the screen hears of it, too."""
        if message.deciding != self._asked or message.found is None:
            return
        self._asked = None
        self._estimate = message.deciding, message.found
        self._draw(top=True)

    def on_taking_said(self, message: Said) -> None:
        """Draw what the engine is at."""
        message.stop()
        self._said = message.line
        self._draw()

    def _tick(self) -> None:
        if self._asked is not None:
            self._draw()

    def _count_anew(self, place: Path, given: tuple[str, ...]) -> None:
        if self._kind == "generate" and "--prompts" not in given:
            given = ()
        self._in_thread(lambda: self._counted(place, given), "count")

    def _counted(self, place: Path, given: tuple[str, ...]) -> Message | None:
        worker = get_current_worker()
        try:
            found = counted(place, given, cancelled=lambda: worker.is_cancelled)
        except BROKEN as error:
            found = CountView(problem=one_line(str(error)))
        return None if found is None else self.Counted(found)

    def _estimated(self, order: Order, deciding: Deciding) -> Message | None:
        worker = get_current_worker()
        try:
            found: EstimateView | str | None = estimated(
                order,
                cancelled=lambda: worker.is_cancelled,
                told=lambda line: None if worker.is_cancelled else _sent(self, self.Said(line)),
            )
        except BROKEN as error:
            found = one_line(str(error))
        return None if found is None else self.Asked(deciding, found)

    def _in_thread(self, work: Callable[[], Message | None], group: str) -> None:
        def run() -> None:
            message = work()
            if message is not None and not get_current_worker().is_cancelled:
                self.post_message(message)

        self.run_worker(run, thread=True, exclusive=True, group=group)

    def _draw(self, *, top: bool = False) -> None:
        told = Content("\n").join(self._lines())
        if told.plain != self.text:
            self.show(told) if top else self.redraw(told)

    def redraw(self, text: Content) -> None:
        """Draw another text where the old one was, without scrolling."""
        self._body.update(text)

    def _lines(self) -> list[Content]:
        lines = [heading("What it takes")]
        if not self._values.get("model"):
            return [*lines, plain(OFFLINE), *self._judged()]
        if self._asked is not None:
            passed = int(time.monotonic() - self._since)
            said = f": {one_line(self._said)}" if self._said else ""
            return [*lines, plain(f"asking the engine, {passed} s{said}"), *self._judged()]
        if self._estimate is None:
            return [*lines, plain(UNKNOWN), *self._judged()]
        known = self.told(self._deciding) is not None
        lines = [heading("What it takes; no call was made for this")] if known else lines
        return [*lines, *self._known(*self._estimate)]

    def _known(self, deciding: Deciding, found: EstimateView | str) -> list[Content]:
        if isinstance(found, str):
            again = [plain(CHANGED)] if deciding != self._deciding else []
            return [plain(f"✗ {found}"), *again, *self._judged()]
        if deciding != self._deciding:
            return [plain(CHANGED), *self._judged()]
        more = [f"! {one_line(warning)}" for warning in found.warnings]
        more += [f"· {one_line(note)}" for note in found.notes]
        return [
            *(plain(line) for line in found.lines(self._values)),
            *self._judged(),
            *(plain(line) for line in more),
        ]

    def _judged(self) -> list[Content]:
        if self._count is None:
            return [plain("counting what there is to judge…")]
        panel = self._values.get("panel", "")
        lines = self._count.lines(
            panel=int(panel) if panel.isdecimal() else None,
            prompts=self._kind == "generate",
            chosen=self._chosen,
            sets=self._values.get("sets", ""),
        )
        if self._kind == "generate" and not self._values.get("prompt_file"):
            return [plain("Name a file of prompts to see how many there are.")]
        return [plain(line) for line in lines]


def _sent(widget: Prose, message: Message) -> None:
    widget.post_message(message)
