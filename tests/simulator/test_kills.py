"""A run that is killed goes on where its journal ends; the full-size figures are tests/scale/kills.py's."""

from __future__ import annotations

import sys
from pathlib import Path

from stand_in import stand_in

sys.path.append(str(Path(__file__).parents[1] / "scale"))
import kills


def test_a_killed_run_goes_on_without_repeating_what_its_journal_holds(tmp_path: Path) -> None:
    with stand_in(latency=0.05, persona_noise=0.3) as server:
        expected, first, last = kills.undisturbed(tmp_path, server, 3)
        early, late, after = 0.0, 4 * last, first + 0.6 * (last - first)
        for number in range(8):  # how fast a busy machine is differs from one run to the next
            came = kills.killed_and_resumed(
                tmp_path, server, 3, after=after, expected=expected, name=f"killed{number}"
            )
            assert came.repeated == came.in_flight
            assert came.same
            if came.journaled and came.in_flight:
                break
            early, late = (early, after) if came.journaled else (after, late)
            after = (early + late) / 2
    assert came.journaled
    assert came.in_flight


def test_the_comparison_of_runs_sees_a_changed_ballot(tmp_path: Path) -> None:
    import sqlite3

    with stand_in() as server:
        expected, *_ = kills.undisturbed(tmp_path, server, 1)
    with sqlite3.connect(tmp_path / "undisturbed" / "journal.sqlite") as db:
        db.execute(
            "UPDATE ballots SET body = replace(body, 'choice', 'chosen') WHERE rowid = (SELECT min(rowid) FROM ballots)"
        )
    assert kills.whole(tmp_path / "undisturbed") != expected
