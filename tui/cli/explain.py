"""``commonbond explain``: what a row of preference data rests on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.export.tracing.reading import PreferenceData
from simulator.export.tracing.trace import trace
from tui.cli.explaining import print_trace
from tui.cli.output import print_json
from tui.cli.parts import run_in
from tui.plaintext import shown
from tui.spent import money

if TYPE_CHECKING:
    import argparse

    from simulator.export.tracing.calls_behind import CallBehind
    from simulator.export.tracing.traced import Trace

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Explain one row; 1 where something does not fit: a file that changed, or a row that its ballots do not give."""
    data = PreferenceData.open(options.data)
    traced = trace(data, options.row, run=None if options.run is None else run_in(Path(options.run)))
    problems = list(dict.fromkeys((*(data.verify() if options.verify else ()), *traced.problems)))
    if options.json:
        print_json(_answer(options, traced, problems))
    else:
        print_trace(Path(options.data), traced, problems, whole=options.full, called=options.calls)
        if options.calls:
            _print_calls(traced)
    return 1 if problems else 0


def _answer(options: argparse.Namespace, traced: Trace, problems: list[str]) -> dict[str, Any]:
    return {
        "command": "explain",
        "folder": options.data,
        **traced.as_data(calls=options.calls),
        "verified": options.verify,
        "problems": problems,
    }


def _print_calls(traced: Trace) -> None:
    """Print every prompt and reply whole, without what could steer a terminal."""
    for number, one in enumerate(traced.calls, 1):
        print(f"\n===== call {number:,} of {len(traced.calls):,}: {_told(one)} =====")
        for message in one.call.messages:
            print(f"----- {message.role} -----\n{_set_off(message.text)}")
        reply = one.call.reply
        heading = "no reply" if reply is None else "reply"
        print(f"----- {heading} -----\n{_set_off(one.call.failure if reply is None else reply.text)}")


def _told(one: CallBehind) -> str:
    call, reply = one.call, one.call.reply
    parts = [f"{one.purpose} ({call.phase})", call.persona, call.model, f"{call.seconds:.2f} s"]
    if reply is not None:
        usage = reply.usage
        guessed = " (estimated)" if usage.estimated else ""
        parts += [f"{usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens{guessed}", money(usage.cost)]
    parts += [f"before it: {', '.join(call.tries)}"] if call.tries else []
    return " · ".join(_whole(part) for part in parts if part)


def _whole(text: str) -> str:
    return shown(text, limit=len(text))


def _set_off(text: str) -> str:
    """Return a text in lines that no heading looks like, whatever stands in them."""
    return "\n".join(f"  {line}" for line in _whole(text).split("\n"))
