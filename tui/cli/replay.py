"""``commonbond replay``: a finished run plays again, into a folder to be watched, or as lines that come in time."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from personas.errors import InputError
from simulator.journal import Journal
from simulator.replay import Replay, replay
from simulator.timeline import Timeline
from tui.cli.output import print_json, progress, tell
from tui.cli.parts import run_in
from tui.plaintext import count, one_line
from tui.reading.provenance import provenance_of_run

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from simulator.timeline import Step

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Play the run; what was played is told at the end.

    Raises:
        InputError: no run is there, or it still goes on; or the folder holds another one.
    """
    folder = run_in(Path(options.run))
    if options.temporary and options.out is None:
        raise InputError(
            "no folder is named that could be removed", where="--temporary", remedy="name it: --out"
        )
    if options.out is None:
        with tempfile.TemporaryDirectory(prefix="commonbond-replay-") as place:
            found, told = _played(options, folder, Path(place))
    else:
        found, told = _played(options, folder, Path(options.out))
    if options.json:
        print_json({"command": "replay", "out": options.out, **told, **found.as_data(), "run": str(folder)})
    else:
        tell(f"played {found.seconds:,.1f} s of {found.name}: {count(told['judgements'], 'judgement')}")
    return 0


def _played(options: argparse.Namespace, folder: Path, out: Path) -> tuple[Replay, dict[str, int]]:
    speed = _speed(options, folder)
    parent = os.getppid()
    telling = options.out is None and not options.json
    if telling:
        _tell_what(folder)
    with progress() as bars:
        advance = bars.advance("playing")
        found = replay(
            folder,
            out,
            speed=speed,
            begin=options.begin,
            watch=_printed if telling else _advanced(advance),
            goes_on=lambda: not options.temporary or os.getppid() == parent,
        )
    if options.temporary and os.getppid() != parent:
        shutil.rmtree(out, ignore_errors=True)
        sys.exit(1)
    with Journal.read(out) as journal:
        return found, {"judgements": journal.progress()[0], "total": journal.progress()[1]}


def _speed(options: argparse.Namespace, folder: Path) -> float:
    if options.lasting is None:
        return 1.0 if options.speed is None else float(options.speed)
    with Journal.read(folder) as journal:
        return max(Timeline.of(journal).seconds, 1e-6) * (1 - options.begin) / options.lasting or 1.0


def _tell_what(folder: Path) -> None:
    with Journal.read(folder) as journal:
        provenance = provenance_of_run(journal, folder)
    invented = "FICTIONAL people and texts · " if provenance.fictional else ""
    print(f"{invented}replay of {provenance.name} · {provenance.line}", flush=True)


def _advanced(advance: Callable[[int, int], None]) -> Callable[[Journal, Step], None]:
    def moved(journal: Journal, step: Step) -> None:
        if step.kind in ("result", "failure"):
            advance(*journal.progress())

    return moved


def _printed(journal: Journal, step: Step) -> None:
    """Print a line of what happened."""
    body = step.body
    named = f"{body.get('community', '')} · {body.get('item', '')}"
    if step.kind == "ballot":
        cast = journal.ballots(body["item"], body["community"], round=body["round"])
        ballot = next((one for one in cast if one.persona == body["persona"]), None)
        if ballot is None:
            return
        chose = "abstains" if ballot.choice is None else f"option {ballot.choice + 1}"
        text = f"{named} · {ballot.persona}: {chose} · {ballot.reason or ballot.failure}"
    elif step.kind in ("result", "failure"):
        text = f"{named} · {_outcome(journal.result(body['item'], body['community']))}"
    else:
        text = " ".join([step.kind, *(f"{name} {value}" for name, value in body.items())])
    print(f"{step.moment:9.2f} s  {one_line(text)}", flush=True)


def _outcome(result: dict[str, object] | None) -> str:
    preference = (result or {}).get("preference")
    if not isinstance(preference, dict):
        return "nothing came of it"
    shares = ", ".join(f"option {number} {share:.0%}" for number, share in enumerate(preference["shares"], 1))
    return f"judged: {shares} of {count(int(preference['ballots']), 'ballot')}"
