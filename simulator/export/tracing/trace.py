"""From a row of preference data back to what it rests on: run, panel, candidates, ballots, norms and model calls."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.community import as_profile
from personas.errors import InputError
from simulator.export.records import Record, RecordedRun
from simulator.export.tracing.calls_behind import calls_behind
from simulator.export.tracing.decision import decide
from simulator.export.tracing.following import expected_of, misfits, out_of_place, uncounted
from simulator.export.tracing.traced import Trace
from simulator.export.writing.steering import steering_message
from simulator.influence import moves
from simulator.journal import SURROGATES
from simulator.run import Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.export.selection import Selection
    from simulator.export.tracing.decision import Decision
    from simulator.export.tracing.reading import FoundRow, PreferenceData
    from simulator.item import Ballot

__all__ = ["Trace", "trace"]

INDICES = {"preference": ("chosen_index", "rejected_index"), "unpaired": ("index",), "full": ()}
"""The columns that name a row's candidates."""
NAMED = "name its folder with --run"
AGAIN = "write the data again with `commonbond export`"


def trace(data: PreferenceData, name: str, *, run: str | Path | None = None) -> Trace:
    """Return what a row rests on, and whether it follows from it.

    Args:
        name: the row's column ``row``, or where it stands (``preference/train/12``).
        run: the folder of the run, where it is not where the manifest says.

    Raises:
        InputError: there is no such row, or the run is not there, is another one than the data was made of, or
            knows nothing of the row.
    """
    found = data.row(name)
    _refuse_incomplete(found)
    there = os.path.normpath(data.folder / str(data.manifest.run["folder"]))
    folder = Path(run) if run is not None else Path(there)
    with _opened(folder, found).journal as journal:
        recorded = RecordedRun(Run(journal))
        _refuse_another(recorded, data, folder)
        return _traced(data, found, recorded, folder)


def _opened(folder: Path, found: FoundRow) -> Run:
    try:
        return Run.open(folder)
    except InputError as error:
        raise InputError(
            f"the run that {found.place} comes from cannot be read: {error.what}",
            where=error.where,
            remedy=NAMED if error.what == "no run is here" else f"{error.remedy}; or {NAMED}",
        ) from error


def _refuse_incomplete(found: FoundRow) -> None:
    """See that a row has what it is traced by: a file may have been changed by hand."""
    wanted = {"row": str, "item": str, "community": str, **dict.fromkeys(INDICES[found.config], int)}
    wanted |= {"label": bool} if found.config == "unpaired" else {}
    for name, kind in wanted.items():
        value = found.row.get(name)
        if type(value) is not kind or (isinstance(value, str) and SURROGATES.search(value)):
            raise InputError(
                f"{found.place} has no {name} that it could be traced by: {value!r}",
                where=found.file,
                remedy=AGAIN,
            )


def _refuse_another(recorded: RecordedRun, data: PreferenceData, folder: Path) -> None:
    known, there = data.manifest.run["identity"], recorded.identity
    if known != there:
        raise InputError(
            f"another run is here: its identity is {there}, and the data was made of {known}",
            where=str(folder),
            remedy=NAMED,
        )


def _traced(data: PreferenceData, found: FoundRow, recorded: RecordedRun, folder: Path) -> Trace:
    journal = recorded.run.journal
    record, *others = _set_of(recorded, found)
    item, community = record.item.item, record.community
    indices = _indices(found, record)
    said = [_decision(one, indices, data.manifest.selection) for one in (record, *others)]
    known = journal.communities().get(community, {})
    ballots = tuple(journal.ballots(item, community))
    cited = list(dict.fromkeys(post for ballot in ballots for post in ballot.norms))
    norms = journal.norms(community, cited)
    return Trace(
        found=found,
        run=_run_data(recorded, folder),
        record=record,
        result=journal.result(item, community) or {},
        title=str(known.get("title", "")),
        panel=_panel(journal.personas(community), ballots),
        indices=indices,
        decision=_turned(said[0], found),
        elsewhere=tuple((one, _turned(told, found)) for one, told in zip(others, said[1:], strict=True)),
        ballots=ballots,
        moves=tuple(moves(ballots)),
        norms={post: norms[post] for post in cited if post in norms},
        calls=calls_behind(journal.ledger, record.item, community),
        problems=(
            *data.verify([found.file]),
            *filter(None, map(uncounted, (record, *others))),
            *_misfits(data, found, recorded, (record, *others), indices, said, known),
        ),
    )


def _misfits(
    data: PreferenceData,
    found: FoundRow,
    recorded: RecordedRun,
    records: Sequence[Record],
    indices: tuple[int, ...],
    said: Sequence[Decision | None],
    known: Mapping[str, Any],
) -> list[str]:
    """Return in what a row does not follow from the records of its set, its own community's first."""
    others = zip(records[1:], said[1:], strict=True)
    expected = expected_of(
        found.config,
        records[0],
        indices=indices,
        decision=said[0],
        elsewhere=[told for one, told in others if told and one.preference.ballots],
        run=recorded.identity,
        predictor=recorded.predictor,
        system=_system(data, found, known),
        title=str(known.get("title", "")),
    )
    own = _turned(said[0], found)
    why = own and out_of_place(found.config, own, ties=data.manifest.selection.ties)
    return [*misfits(found.row, expected), *([why] if why else [])]


def _set_of(recorded: RecordedRun, found: FoundRow) -> tuple[Record, ...]:
    """Return the records of all communities that judged the row's candidate set, its own community's first.

    Raises:
        InputError: the run knows no such set, or nothing of its own community's judgement.
    """
    name, community = found.row["item"], found.row["community"]
    records = sorted(recorded.set_of(name), key=lambda record: record.community != community)
    if not records or records[0].community != community:
        raise InputError(
            f"nothing came of item {name!r} in {community!r}, and {found.place} says it did",
            where=str(recorded.run.journal.folder),
            remedy=AGAIN,
        )
    return tuple(records)


def _indices(found: FoundRow, record: Record) -> tuple[int, ...]:
    """Return the candidates that a row is of.

    Raises:
        InputError: it names one that there is not.
    """
    indices = tuple(found.row[name] for name in INDICES[found.config])
    if any(not 0 <= index < record.item.size for index in indices) or len(set(indices)) < len(indices):
        raise InputError(
            f"{found.place} names the candidates {indices} of {record.item.size}",
            where=found.file,
            remedy=AGAIN,
        )
    return indices


def _decision(record: Record, indices: Sequence[int], selection: Selection) -> Decision | None:
    """Return what a community says of a row's order, or of a labelled candidate as if it were a good one."""
    if not indices:
        return None
    return decide(record, indices[0], indices[1] if len(indices) == 2 else None, selection)


def _turned(decision: Decision | None, found: FoundRow) -> Decision | None:
    """Return what it says of the row's own label."""
    if decision is None or found.config != "unpaired" or found.row["label"]:
        return decision
    return decision.turned()


def _system(data: PreferenceData, found: FoundRow, known: Mapping[str, Any]) -> str | None:
    """Return the system message that the prompt must begin with; None where it has none, as in a full record."""
    if data.manifest.shape.steering != "system" or found.config == "full":
        return None
    return steering_message(str(known.get("title") or found.row["community"]), as_profile(known["profile"]))


def _run_data(recorded: RecordedRun, folder: Path) -> dict[str, Any]:
    journal, source = recorded.run.journal, recorded.source
    return {
        "folder": str(folder),
        "identity": recorded.identity,
        "state": journal.fact("state"),
        "predictor": recorded.predictor,
        "models": list(dict.fromkeys(row.model for row in recorded.run.usage())),
        "version": journal.fact("version"),
        "embedder": journal.fact("embedder"),
        "prompts": journal.fact("prompts"),
        "settings": recorded.settings,
        "corpus": {
            **{name: source.get(name) for name in ("folder", "title", "source", "licence", "fictional")},
            "content": journal.fact("corpus"),
        },
        "warnings": list(journal.fact("warnings") or ()),
    }


def _panel(personas: Mapping[str, Mapping[str, Any]], ballots: Sequence[Ballot]) -> dict[str, dict[str, str]]:
    """Return who each persona is, of those that were asked; whom it is modelled on is left out."""
    known: dict[str, dict[str, str]] = {}
    for name in dict.fromkeys(ballot.persona for ballot in ballots):
        body = personas.get(name, {})
        told = {"activity": body.get("activity"), "group": body.get("group"), **body.get("attributes", {})}
        known[name] = {trait: str(value) for trait, value in told.items() if value}
    return known
