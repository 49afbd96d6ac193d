"""What a row of preference data rests on, as it is told: to be read, printed, or written as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.export.records import Record
    from simulator.export.tracing.calls_behind import CallBehind
    from simulator.export.tracing.decision import Decision
    from simulator.export.tracing.reading import FoundRow
    from simulator.influence import Move
    from simulator.item import Ballot

__all__ = ["Trace"]


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What a row rests on.

    Args:
        found: the row, and where it stands.
        run: which run it comes from, and of what that was made, as plain data.
        record: what the community said of the candidate set.
        result: what else the journal says of that judgement.
        title: what the community calls itself. ``panel``: who judged, by persona, as plain data.
        indices: the candidates that the row is of: chosen and rejected, the labelled one, or none.
        decision: what the ballots say of them; None for a full record.
        elsewhere: what each other community that judged the set says of them, with its record.
        ballots: of all rounds. ``moves``: the changes of mind between them.
        norms: those that ballots rest on, by post.
        calls: the model calls behind it; none of the offline engine.
        problems: what does not fit; empty where everything does.
    """

    found: FoundRow
    run: Mapping[str, Any]
    record: Record
    result: Mapping[str, Any]
    title: str
    panel: Mapping[str, Mapping[str, Any]]
    indices: tuple[int, ...]
    decision: Decision | None
    elsewhere: tuple[tuple[Record, Decision | None], ...]
    ballots: tuple[Ballot, ...]
    moves: tuple[Move, ...]
    norms: Mapping[str, Mapping[str, Any]]
    calls: tuple[CallBehind, ...]
    problems: tuple[str, ...]

    def side(self, ballot: Ballot) -> str:
        """Return on which side of the row a ballot is: ``for``, ``against``, ``neither``; empty for a full record."""
        if not self.indices or ballot.choice is None:
            return "neither" if self.indices else ""
        first = ballot.shares[self.indices[0]]
        pair = len(self.indices) == 2
        other = ballot.shares[self.indices[1]] if pair else 1 / len(ballot.shares)
        if not pair and not self.found.row["label"]:
            first, other = other, first
        return "neither" if first == other else ("for" if first > other else "against")

    def as_data(self, *, calls: bool = False) -> dict[str, Any]:
        """Return it as plain data; with the prompts and replies of its calls where asked for."""
        item = self.record.item
        measured = self.record.diversity
        return {
            "place": self.found.place,
            "file": self.found.file,
            "row": self.found.row,
            "problems": list(self.problems),
            "run": dict(self.run),
            "item": item.item,
            "prompt": {
                "prompt": self.record.prompt,
                "turns": [asdict(turn) for turn in item.turns],
                "query": item.query,
            },
            "written_by": item.community,
            "diversity": asdict(measured) if measured else None,
            "candidates": self._candidates(),
            "community": self._community(),
            "decision": self.decision.as_data() if self.decision else None,
            "elsewhere": [
                {
                    "community": record.community,
                    "shares": list(record.preference.shares),
                    "ballots": record.preference.ballots,
                    "decision": decision.as_data() if decision else None,
                }
                for record, decision in self.elsewhere
            ],
            "ballots": [{**asdict(ballot), "side": self.side(ballot)} for ballot in self.ballots],
            "moves": [asdict(move) for move in self.moves],
            "norms": list(self.norms.values()),
            "calls": [one.as_data(whole=calls) for one in self.calls],
        }

    def _candidates(self) -> list[dict[str, Any]]:
        preference, size = self.record.preference, self.record.item.size
        rows = zip(
            self.record.item.options,
            preference.shares,
            preference.low or [None] * size,
            preference.high or [None] * size,
            strict=True,
        )
        return [
            {
                "text": option.text,
                "post": option.post,
                "writer": option.writer,
                "share": share,
                "low": low,
                "high": high,
            }
            for option, share, low, high in rows
        ]

    def _community(self) -> dict[str, Any]:
        preference, result = self.record.preference, self.result
        return {
            "name": self.record.community,
            "title": self.title,
            "panel": {persona: dict(about) for persona, about in self.panel.items()},
            "ballots": preference.ballots,
            "abstentions": preference.abstentions,
            "failures": preference.failures,
            "rounds": self.record.rounds,
            "settled": result.get("settled"),
            "position_bias": result.get("position_bias"),
            "asked_again": result.get("asked_again", 0),
            "flipped": result.get("flipped", 0),
        }
