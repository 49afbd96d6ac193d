"""``commonbond ask``: which option would each community prefer?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bench.report.rows import written
from personas.errors import InputError
from simulator.flow import Query
from simulator.simulation import question
from tui.cli.output import bar, cell, console, print_json, progress, table, tell
from tui.cli.parts import head, open_corpus, provenance, simulation_of

if TYPE_CHECKING:
    import argparse

    from simulator.item import Item
    from simulator.simulation import Run

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Ask; 1 where a community had nothing to say or something failed."""
    asked = _asked(options)
    with open_corpus(options) as corpus, progress() as bars:
        simulation = simulation_of(corpus, options, bars.advance("embedding"))
        result = simulation.run([asked], out=options.out, communities=options.community or None)
        answers = _answers(result)
        warnings = list(simulation.setting.warnings)
        if options.json:
            found = {
                "predictor": result.predictor,
                "query": options.query,
                "answers": answers,
                "warnings": warnings,
            }
            print_json({"command": "ask", **provenance(corpus, **found)})
        else:
            screen = console()
            head(screen, corpus, f"simulated by the {result.predictor}")
            for answer in answers:
                _print(answer)
            for warning in warnings:
                tell(f"warning: {warning}")
    silent = any(not answer["preference"] or not answer["preference"]["ballots"] for answer in answers)
    return 1 if silent or any(answer["errors"] for answer in answers) else 0


def _asked(options: argparse.Namespace) -> Item | Query:
    if options.write and options.option:
        raise InputError("--option and --write", remedy="give options, or let the communities write them")
    if options.write:
        if options.write < 2:
            raise InputError(
                f"{options.write} option to choose from", where="--write", remedy="ask for 2 or more"
            )
        return Query(item="ask", query=options.query, count=options.write)
    if not options.query.strip():
        raise InputError("the question is empty", remedy="ask something")
    return question(options.query, options.option)


def _answers(run: Run) -> list[dict[str, Any]]:
    answers = []
    for item, community, result in run.journal.results():
        options = run.journal.item(item).options if "preference" in result else ()
        ballots = run.journal.ballots(item, community, round=result.get("rounds", 0))
        cited = list(dict.fromkeys(post for ballot in ballots for post in ballot.norms))
        norms = run.journal.norms(community, cited[:3])
        answers.append(
            {
                "community": community,
                "options": [asdict(option)["text"] for option in options],
                "preference": result.get("preference"),
                "norms": [norms[post] for post in cited[:3] if post in norms],
                "errors": result["errors"],
            }
        )
    return answers


def _print(answer: dict[str, Any]) -> None:
    screen, preference = console(), answer["preference"]
    if preference is None:
        screen.print(f"{cell(answer['community'])}: nothing could be asked: {answer['errors']}")
        return
    rows = [
        (text, bar(share), written(share, 2), f"[{written(low, 2)}, {written(high, 2)}]")
        for text, share, low, high in zip(
            answer["options"], preference["shares"], preference["low"], preference["high"], strict=True
        )
    ]
    told = f"{answer['community']}: {preference['ballots']} ballots, {preference['abstentions']} abstentions"
    screen.print(table(told, ("option", "preferred by", "share", "95 % interval"), rows, right=2))
    for norm in answer["norms"]:
        said = norm["title"] or norm["text"]
        screen.print(
            f"  norm · {written(norm['endorsement'], 2)} of {norm['support']} ({norm['basis']}): {cell(said)}"
        )
    screen.print()
