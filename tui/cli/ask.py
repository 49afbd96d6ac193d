"""``commonbond ask``: which option would each community prefer?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.report.rows import written
from personas.errors import InputError
from simulator.asking import question
from simulator.item import Query
from tui.cli.output import bar, console, listing, print_json, print_table, progress, tell
from tui.cli.parts import (
    as_norm,
    command_of,
    head,
    open_corpus,
    provenance,
    run_folder,
    simulation_of,
    whose,
)
from tui.cli.spending import conduct, estimated, print_conduct, refuse_unkept
from tui.plaintext import count, one_line

if TYPE_CHECKING:
    import argparse

    from personas.corpus import Corpus
    from simulator.item import Item
    from simulator.run import Run

__all__ = ["run"]

CITED = 3
LONGEST_OPTION = 160


def run(options: argparse.Namespace) -> int:
    """Ask; 1 where a community had nothing to say or something failed."""
    asked, out = _asked(options), run_folder(options.out)
    refuse_unkept(options)
    with open_corpus(options) as corpus, progress() as bars:
        _refuse_strangers(corpus, options.community)
        simulation = simulation_of(corpus, options, bars.advance("embedding"))
        communities = options.community or None
        if estimated(corpus, simulation, [asked], options, communities=communities):
            return 0
        result = simulation.run([asked], out=out, communities=communities, command=command_of(options))
        found = provenance(
            corpus,
            simulation,
            predictor=result.predictor,
            query=options.query,
            run=options.out,
            answers=_answers(result),
            **conduct(result),
            warnings=list(simulation.setting.warnings),
        )
    if options.json:
        print_json({"command": "ask", **found})
    else:
        _print(corpus, found)
    answers = found["answers"]
    silent = any(not answer["preference"] or not answer["preference"]["ballots"] for answer in answers)
    return 1 if silent or any(answer["errors"] or answer["failed"] for answer in answers) else 0


def _asked(options: argparse.Namespace) -> Item | Query:
    if not options.query.strip():
        raise InputError("the question is empty", where="QUESTION", remedy="ask something")
    if options.write and options.option:
        raise InputError(
            "both --option and --write", remedy="give options, or let the communities write them"
        )
    if options.write:
        question(options.query, ["yes", "no"])  # refuses what is no text
        return Query(item="ask", query=options.query, count=options.write)
    if len(options.option) < 2:
        raise InputError(
            f"{count(len(options.option), 'option')} to choose from",
            where="--option",
            remedy="give two or more, or let each community write N of them with --write N",
        )
    return question(options.query, options.option)


def _refuse_strangers(corpus: Corpus, names: list[str]) -> None:
    """Refuse a community that cannot be there, before anything is embedded; found ones are named as place/1."""
    given = [entry.name for entry in corpus.manifest.communities]
    for name in names:
        if not any(name == place or name.startswith(f"{place}/") for place in given):
            raise InputError(
                f"no community is named {name!r}",
                where="--community",
                remedy=f"choose one of: {', '.join(given)}",
            )


def _answers(run: Run) -> list[dict[str, Any]]:
    answers = []
    for item, community, result in run.journal.results():
        options = run.journal.item(item).options if "preference" in result else ()
        ballots = run.journal.ballots(item, community, round=result.get("rounds", 0))
        cited = list(dict.fromkeys(post for ballot in ballots for post in ballot.norms))[:CITED]
        norms = run.journal.norms(community, cited)
        answers.append(
            {
                "community": community,
                "options": [{"text": option.text, "post": option.post} for option in options],
                "preference": result.get("preference"),
                "norms": [norms[post] for post in cited if post in norms],
                "failed": result.get("failed", {}),
                "diversity": result.get("diversity"),
                "errors": result["errors"],
            }
        )
    return answers


def _print(corpus: Corpus, found: dict[str, Any]) -> None:
    screen = console()
    head(screen, corpus, f"simulated by the {found['predictor']}")
    screen.print(f"{one_line(found['query'])}\n", style="bold")
    for answer in found["answers"]:
        _print_answer(corpus, found["predictor"], answer)
    print_conduct(found)
    for warning in found["warnings"]:
        tell(f"warning: {warning}")


def _print_answer(corpus: Corpus, predictor: str, answer: dict[str, Any]) -> None:
    screen, preference = console(), answer["preference"]
    told = whose(corpus, predictor)
    if preference is None:
        screen.print(f"{answer['community']}: there is no answer", style="bold")
    else:
        cast = f"{count(preference['ballots'], 'ballot')}, {count(preference['abstentions'], 'abstention')}"
        cast += f", {count(preference['failures'], 'failure')}" if preference["failures"] else ""
        rows = [
            (
                one_line(option["text"], limit=LONGEST_OPTION),
                bar(share),
                written(share, 2),
                _between(low, high),
            )
            for option, share, low, high in zip(
                answer["options"], preference["shares"], preference["low"], preference["high"], strict=True
            )
        ]
        columns = ("option", "", "share", "95 % interval")
        print_table(screen, f"{answer['community']}: {cast}", columns, rows, told=told, right=3)
    notes = [("norm", as_norm(norm)) for norm in answer["norms"]]
    notes += [("failed", f"{error['step']}: {error['problem']}") for error in answer["errors"]]
    screen.print(listing(notes))
    screen.print()


def _between(low: float, high: float) -> str:
    return f"[{written(low, 2)}, {written(high, 2)}]"
