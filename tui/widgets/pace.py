"""How a run goes, in characters: how much is done, how fast, by phases, and what it takes against its limits."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from textual.content import Content

from tui.plaintext import clipped, one_line
from tui.spent import UNITS, limits_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tui.reading.live import LiveView, Phase

__all__ = ["Pace", "meter", "span", "sparkline", "status"]

SPARKS = "▁▂▃▄▅▆▇█"
WINDOW = 60
"""Seconds that rates are drawn over."""
RECENT = 20.0
"""Seconds that a rate is taken over, so that it follows the run."""
WIDEST = 60
LABEL = 11


class Pace:
    """The rates of a run, from when its ballots and judgements came; what it holds does not grow."""

    def __init__(self) -> None:
        self._judged: deque[float] = deque(maxlen=2_000)
        self._cast: dict[int, int] = {}

    def add(self, live: LiveView) -> None:
        """Take in what one look found."""
        self._judged.extend(live.times)
        for at, number in live.cast:
            self._cast[int(at)] = self._cast.get(int(at), 0) + number
        for second in [each for each in self._cast if each < max(self._cast) - WINDOW]:
            del self._cast[second]

    def judgements(self, now: float, *, since: float = 0.0) -> float | None:
        """Return judgements a second in the latest seconds up to ``now``; None where there are too few to say.

        Args:
            since: when the engine began: what others judged before says nothing of its pace.
        """
        judged = [at for at in self._judged if at >= since]
        recent = [at for at in judged if at >= now - RECENT]
        if len(recent) < 2:
            recent = judged[-2:]
        if len(recent) < 2 or now - recent[0] <= 0:
            return None
        return (len(recent) - 1) / max(now - recent[0], 1e-3)

    def ballots(self, now: float) -> list[int]:
        """Return how many ballots were cast in each of the seconds before ``now``, the latest last."""
        return [self._cast.get(int(now) - WINDOW + place, 0) for place in range(WINDOW)]

    @property
    def latest(self) -> float:
        """When the last judgement or ballot came, in seconds since 1970; 0 where none did."""
        return max([*self._judged, *self._cast], default=0.0)


def meter(share: float, width: int) -> str:
    """Return a bar that is full at 1.

    >>> meter(0.5, 8), meter(7, 4)
    ('████····', '████')
    """
    full = max(0, min(width, round(share * width)))
    return "█" * full + "·" * (width - full)


def sparkline(values: Sequence[float], width: int) -> str:
    """Return the last values as columns, the highest of them filling its cell; nothing is a point.

    >>> sparkline([0, 1, 4, 8], 4)
    '·▁▄█'
    """
    seen = values[-width:] if width > 0 else []
    most = max(seen, default=0)
    return "".join(
        SPARKS[min(7, max(0, round(value / most * 8) - 1))] if value > 0 else "·" for value in seen
    )


def span(seconds: float) -> str:
    """Return a length of time.

    >>> span(4.21), span(75), span(7_300)
    ('4.2 s', '1:15', '2:01:40')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def status(live: LiveView, pace: Pace, *, said: tuple[str, str], width: int) -> Content:
    """Return some lines about how a run goes.

    Args:
        said: the sign of its state, and the state in words.
        width: in cells.
    """
    share = live.done / live.total if live.total else 0.0
    told = f" {share:4.0%}  {live.done:,} of {live.total:,} judgements" if live.total else "   –"
    space = max(4, min(WIDEST, width - len(told)))
    sign, words = said
    lines = [
        Content.assemble((meter(share, space), "$simulated"), told),
        Content.assemble((f"{sign} {clipped(one_line(words), width - 2)}", "bold")),
        *_under(live, pace, width),
    ]
    return Content("\n").join(line.truncate(width) for line in lines)


def _under(live: LiveView, pace: Pace, width: int) -> Iterable[Content]:
    if line := _figures(live, pace):
        yield Content(clipped(line, width))
    if len(live.phases) > 1 or live.under_way or live.beside:
        yield Content(clipped(_phases(live), width))
    now = live.looked if live.state == "running" else pace.latest + 1
    cast = pace.ballots(now)
    if any(cast):
        rate = f"{cast[-1] if live.state == 'running' else 0:,}"
        most = f" {max(cast):,} at the most"
        shown = sparkline(cast, min(WINDOW, width - LABEL - 7 - len(most)))
        yield Content.assemble(f"{'ballots/s':{LABEL}}{rate:>6} ", (shown, "$simulated"), (most, "dim"))
    if live.usage and live.state in {"running", "paused"} and "settled" in live.engine:
        yield Content(clipped(_requests(live), width))
    space = max(8, min(30, width - 50))
    for each in limits_of(live):
        unit, share = UNITS[each.name], each.used / each.limit
        figures = f"{unit.format(each.used)} of {unit.format(each.limit)} · {share:.0%}"
        aside = f" · {unit.format(each.aside)} set aside" if each.aside >= 0.005 else ""
        bar = (meter(share, space), "$accent")
        yield Content.assemble(
            f"{NAMES[each.name]:{LABEL}}",
            bar,
            f" {clipped(figures + aside, max(0, width - LABEL - space - 1))}",
        )


NAMES = {"cost": "cost", "tokens": "tokens", "calls": "requests"}


def _figures(live: LiveView, pace: Pace) -> str:
    """Return how long the run has taken, its rate, how long it may take still, and what it was begun with."""
    again = " since it went on" if live.begins > 1 else ""
    parts = [f"{span(live.worked)}{again}"] if live.worked else []
    rate = None
    if live.state == "running":
        rate = pace.judgements(live.looked, since=live.begun or 0.0)
    elif live.state == "done" and live.begins == 1 and live.worked:
        rate = live.done / live.worked
    if rate is not None:
        parts.append(f"{rate:.1f} judgements/s")
        if live.done < live.total and rate > 0:
            parts.append(f"about {span((live.total - live.done) / rate)} left")
    settings = dict(live.settings)
    parts += [f"{name} {settings[name]}" for name in ("panel", "seed", "rounds") if name in settings]
    return one_line(" · ".join(parts))


def _phases(live: LiveView) -> str:
    parts = [_phase(phase, live) for phase in live.phases]
    judging = sum(number == 0 for number in live.under_way.values())
    discussing = len(live.under_way) - judging
    parts += [
        f"{number:,} {what}" for number, what in ((judging, "judging"), (discussing, "discussing")) if number
    ]
    parts += [f"▸ {one_line(live.beside)}"] if live.beside else []
    return "   ".join(parts)


def _phase(phase: Phase, live: LiveView) -> str:
    done = f"{phase.done:,}" if phase.total is None else f"{phase.done:,} of {phase.total:,}"
    sign = "✓" if phase.over else ("▸" if live.state == "running" else "·")
    return f"{sign} {phase.name} {done}"


def _requests(live: LiveView) -> str:
    engine = live.engine
    lately = float(engine.get("rate_limited_lately", 0.0))
    refused = f" · {lately:.0%} refused lately" if lately else ""
    return f"{'in flight':{LABEL}}{engine.get('in_flight', 0):,} of {engine['settled']:,} requests at once{refused}"
