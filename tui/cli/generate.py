"""``commonbond generate``: preference data from prompts, on disk as trainers take it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.export.export import export_run
from simulator.export.prompt_file import PromptFile
from simulator.export.synthesis import asked_of, check_folder
from simulator.export.writing.staging import RUN
from tui.cli.exported import (
    as_data,
    excluded_texts,
    keeping_the_run,
    notes_of,
    print_export,
    pushed,
    refuse_unpushed,
)
from tui.cli.generate_arguments import selection_of, shape_of
from tui.cli.output import print_json, progress, tell
from tui.cli.parts import command_of, open_place, provenance, run_folder, simulation_of
from tui.cli.spending import conduct, estimated, live, print_conduct
from tui.plaintext import count

if TYPE_CHECKING:
    import argparse

    from bench.benchmark import Benchmark
    from personas.corpus import Corpus
    from simulator.export.export import Export
    from simulator.export.prompt_file import Reading
    from simulator.export.selection import Selection, Shape
    from simulator.run import Run
    from simulator.simulation import Simulation

__all__ = ["run"]

ROOM = 16_000
"""Characters of all candidates together that a persona is shown: whole responses are what is trained on."""
TOLD = 20
"""Judgements that fell short and are told of, at the most; the journal has all of them."""


def run(options: argparse.Namespace) -> int:
    """Generate; 1 where a prompt was broken, or a judgement failed."""
    out, selection, shape = Path(options.out), selection_of(options), shape_of(options)
    if options.model is not None and not hasattr(options, "option_room"):
        options.option_room = ROOM
    refuse_unpushed(options)
    run_folder(str(out / RUN))
    check_folder(out)
    prompts = PromptFile(options.prompt_file)
    reading = prompts.read()
    _tell_broken(options.prompt_file, reading)
    with open_place(options) as place, progress() as bars:
        simulation = simulation_of(place, options, bars.advance("embedding"))
        made = _made(options, place, simulation, prompts, reading, selection, shape, bars)
        if made is None:
            return 0
        result, export = made
        failed = result.failures()
        found = provenance(
            place,
            simulation,
            predictor=result.predictor,
            prompts=asdict(reading),
            run=str(out / RUN),
            **as_data(export),
            failed=[
                {"item": item, "community": community, **told} for item, community, told in failed[:TOLD]
            ],
            **conduct(result),
            warnings=list(simulation.setting.warnings),
        )
    address = pushed(options, export)
    if options.json:
        print_json({"command": "generate", **found, "hub": address})
    else:
        print_conduct(found)
        print_export(export, address=address)
        for warning in found["warnings"]:
            tell(f"warning: {warning}")
    return int(bool(reading.broken_count) or bool(failed))


def _made(
    options: argparse.Namespace,
    place: Corpus | Benchmark,
    simulation: Simulation,
    prompts: PromptFile,
    reading: Reading,
    selection: Selection,
    shape: Shape,
    bars: Any,
) -> tuple[Run, Export] | None:
    """Have the candidates judged and write what is kept of it; None where only the estimate was asked for."""
    out = Path(options.out)
    communities, exclude = options.community or None, list(excluded_texts(options.exclude))
    asked, left_out = asked_of(
        simulation,
        prompts,
        candidates=options.candidates,
        sets=options.sets,
        communities=communities,
        exclude=exclude,
        alike=selection.alike,
    )
    if estimated(place, simulation, asked, options, communities=communities):
        return None
    result = simulation.run(
        asked,
        out=out / RUN,
        communities=communities,
        advance=bars.advance("judging", live(out / RUN)),
        command=command_of(options),
    )
    with keeping_the_run(out):
        export = export_run(
            result,
            out,
            selection=selection,
            shape=shape,
            exclude=exclude,
            left_out={**_broken(reading), **left_out},
            language=options.language,
            notes=notes_of(options.exclude),
            replace=options.replace,
            advance=bars.advance("writing"),
        )
    return result, export


def _broken(reading: Reading) -> dict[str, int]:
    return (
        {"lines of the file of prompts that hold none": reading.broken_count} if reading.broken_count else {}
    )


def _tell_broken(path: str, reading: Reading) -> None:
    for broken in reading.broken:
        tell(f"{path}, line {broken.line}: {broken.problem}")
    if reading.broken_count:
        told = count(reading.broken_count, "line")
        tell(f"{path}: {told} left out, {count(reading.prompts, 'prompt')} kept")
