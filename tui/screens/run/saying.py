"""What is said of a run's engine: its state with what to do about it, and what it has to tell."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from tui.plaintext import count, one_line, shown
from tui.spent import problems_of, spent
from tui.widgets.prose import heading, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.reading.live import LiveView

__all__ = ["Look", "said", "told"]

LINES = 40
"""Lines of the engine's own words that are shown."""
BY_LIMIT = "the limit of"


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What one look found: the journal, and the engine where it was started here.

    Args:
        ended: the exit code of an engine that was started here. ``log``: what it said.
        ours: whether there is one. ``pausing``: whether the engine is to begin nothing more.
    """

    live: LiveView
    ended: int | None = None
    log: str = ""
    ours: bool = False
    pausing: bool = False

    @property
    def at_work(self) -> bool:
        """Whether an engine is at work, be it that it has not begun to write yet."""
        return self.live.state in {"running", "paused"} or (self.ours and self.ended is None)

    @property
    def limited(self) -> bool:
        """Whether the run stopped at a limit, so that going on without a higher one would stop at once."""
        return self.live.stopped.startswith(BY_LIMIT)

    @property
    def replayed(self) -> bool:
        """Whether it is a player that writes the journal, and no engine."""
        return self.live.provenance is not None and bool(self.live.provenance.replay)

    @property
    def offered(self) -> frozenset[str]:
        """The actions that there is something to do for."""
        if self.replayed:
            return frozenset({"pause"} if self.at_work else {"pause", "replay_begin"})
        if self.at_work:
            return frozenset({"pause", "stop"})
        over = self.live.state == "done" and self.live.scored
        fell_short = bool(self.live.failed or self.live.errors)
        return frozenset(
            {"replay_begin"} | ({"retry"} if fell_short else set()) | (set() if over else {"stop"})
        )


def said(look: Look, *, stopping: bool) -> tuple[str, str]:
    """Return a sign for the state of a run, and its state in words with what to do.

    Args:
        stopping: whether the engine was asked to stop.
    """
    live = look.live
    if look.replayed and not look.at_work:
        return (
            "■",
            f"the replay {'has come to its end' if live.state == 'done' else 'was ended'} · R plays it again",
        )
    if look.at_work:
        return _at_work(look, stopping=stopping)
    if live.state == "done":
        odd = f", but the engine ended with code {look.ended}" if look.ended not in {None, 0, 1} else ""
        short = "" if live.scored else ", but not scored: x goes on"
        return "✓", f"done{odd}{short}"
    if live.state == "stopped":
        if look.limited:
            return "■", f"stopped at a limit · x raises it and goes on · {live.stopped}"
        why = "" if live.stopped in {"", "stopped"} else f" · {live.stopped}"
        return "■", f"stopped · x goes on{why}"
    return "✗", _gone(look)


def _at_work(look: Look, *, stopping: bool) -> tuple[str, str]:
    live = look.live
    if stopping:
        return "■", "stopping: what is under way lands first · x again ends it at once"
    if look.pausing and live.resting:
        return "‖", "paused: nothing is in flight · p goes on"
    if look.pausing:
        return "‖", "pausing: what is under way lands first · p goes on"
    if not live.total:
        return "▸", "getting ready: the engine reads the corpus"
    if look.replayed:
        return "▸", "playing a finished run again"
    return "▸", "judged, and still at work" if live.beside else "running"


def _gone(look: Look) -> str:
    """Return how an engine went that left its run unfinished."""
    kept = ", and no reply is paid for twice" if look.live.usage else ""
    if not look.ours or look.ended is None:
        return f"unfinished: its engine was killed · x goes on{kept}"
    if look.ended < 0:
        return f"the engine was killed ({signal.Signals(-look.ended).name}) · x goes on{kept}"
    return f"the engine ended with code {look.ended} · x tries again"


def told(look: Look) -> Content:
    """Return what there is to tell besides: errors by kind, warnings, what calls took, the engine's own words."""
    live = look.live
    sections: Sequence[tuple[str, Sequence[str]]] = [
        ("Stopped", [f"■ {live.stopped}"] if live.stopped not in {"", "stopped"} else []),
        ("Errors", _errors(live)),
        (_calls(live), spent(live)),
        ("Warnings", [f"! {one_line(warning)}" for warning in live.warnings]),
        ("The engine says", _last_lines(look.log)),
        ("The engine", [f"process {live.process}"] if live.process else []),
    ]
    lines = [
        line
        for title, texts in sections
        if texts
        for line in (heading(title), *(plain(text) for text in texts))
    ]
    return Content("\n").join(lines or [Content.styled("no warning, no error", "dim")])


def _calls(live: LiveView) -> str:
    models = {row.model for row in live.usage}
    return f"Model calls · {one_line(models.pop())}" if len(models) == 1 else "Model calls"


def _errors(live: LiveView) -> list[str]:
    """Return what went wrong by its kind: requests, ballots, steps with the first of them in words."""
    lines = [f"✗ {count(number, 'request')}: {kind}" for kind, number in problems_of(live.usage)]
    lines += [f"✗ {count(number, 'ballot')} failed: {one_line(kind)}" for kind, number in live.failed]
    lines += [
        f"✗ {number:,} × {one_line(step)} · first {one_line(told, limit=200)}"
        for step, number, told in live.errors
    ]
    if (lines or live.counted) and live.counted < live.last:
        lines.append(f"  (looked through {live.counted:,} of {live.last:,} results so far)")
    return lines


def _last_lines(log: str) -> list[str]:
    """Return the last lines of a log, each as a progress bar would leave it: what follows its last return."""
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1] for line in log.split("\n")]
    return [shown(line, limit=500) for line in lines if line.strip()][-LINES:]
