"""``commonbond why``: ask a persona of a run why it chose as it did."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.report.rows import written
from personas.errors import InputError
from simulator.interview import USUAL, answers_before, interview, reach_of
from simulator.journal import Journal
from simulator.why import account, ballots_of
from tui.cli.model_arguments import LIMITS, REACH
from tui.cli.output import console, listing, print_json, print_table, progress
from tui.cli.parts import run_in
from tui.cli.rebuilding import behind, rebuilt, refuse_without_personas, room_behind
from tui.plaintext import count, one_line, shown
from tui.spent import money

if TYPE_CHECKING:
    import argparse

    from simulator.interview import Answered
    from simulator.models.choices import ModelChoices

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Ask; 1 where the account is not that of the ballot, or the answer was refused or cut off."""
    folder = run_in(Path(options.run))
    with Journal.read(folder) as journal:
        refuse_without_personas(journal)
        found = _asked(journal, options)
        offline = journal.fact("reach") is None
        reach = None if offline else _reach(journal, options)
    if offline:
        _refuse_model_options(options)
        found["account"] = _account(folder, options)
    else:
        answer = interview(
            folder,
            options.item,
            options.community,
            options.persona,
            question=USUAL if options.question is None else options.question,
            reach=reach,
        )
        found["answer"] = _answer(answer)
    if options.json:
        print_json({"command": "why", **found})
    else:
        _print(found)
    told, said = found["account"], found["answer"]
    return int(not told["agrees"] if told else said["finish"] != "stop")


def _asked(journal: Journal, options: argparse.Namespace) -> dict[str, Any]:
    item = journal.item(options.item)
    ballots = journal.ballots(options.item, options.community)
    if not ballots:
        raise InputError(
            f"nobody of {options.community!r} has judged {options.item!r}",
            where="--community",
            remedy="name the item and the community of a ballot",
        )
    own = ballots_of(ballots, options.persona)
    return {
        **behind(journal),
        "item": item.item,
        "query": item.query,
        "options": [option.text for option in item.options],
        "community": options.community,
        "persona": options.persona,
        "ballots": [
            {
                "round": ballot.round,
                "choice": ballot.choice,
                "shares": list(ballot.shares),
                "reason": ballot.reason,
                "failure": ballot.failure,
            }
            for ballot in own
        ],
        "account": None,
        "answer": None,
        "earlier": [
            {"question": question, "text": call.reply.text}
            for question, call in answers_before(journal, options.item, options.community, options.persona)
            if call.reply is not None
        ],
    }


def _account(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    corpus = None if options.corpus is None else Path(options.corpus)
    with Journal.read(folder) as journal, progress() as bars:
        item, ballots = journal.item(options.item), journal.ballots(options.item, options.community)
        with rebuilt(journal, bars.advance("embedding"), corpus=corpus) as simulation:
            room = room_behind(simulation, journal, options.community)
            found = account(
                item,
                room,
                ballots,
                options.persona,
                settings=simulation.settings,
                embedder=simulation.embedder,
                sharpness=simulation.setting.sharpness.value,
                listed=options.norms,
            )
    told = asdict(found)
    return {name: told[name] for name in told if name not in {"item", "community", "persona"}}


def _answer(answer: Answered) -> dict[str, Any]:
    usage = answer.usage
    return {
        "question": answer.question,
        "text": answer.text,
        "model": answer.model,
        "finish": answer.finish,
        "kept": answer.kept,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "estimated": usage.estimated,
        "cost": usage.cost,
    }


def _reach(journal: Journal, options: argparse.Namespace) -> ModelChoices:
    """Return how the model is reached: as in the run, but for what the options say."""
    from dataclasses import replace

    from simulator.models.choices import Price

    reach = reach_of(journal)
    given = {name: getattr(options, name) for name in REACH if hasattr(options, name)}
    limits = {name.removeprefix("max_"): given.pop(name) for name in LIMITS if name in given}
    if "price" in given:
        prompt, completion, *cached = given["price"]
        given["price"] = Price(prompt=prompt, completion=completion, cached=cached[0] if cached else None)
    return replace(reach, **given, limits=replace(reach.limits, **limits))


def _refuse_model_options(options: argparse.Namespace) -> None:
    given = [f"--{name.replace('_', '-')}" for name in REACH if hasattr(options, name)]
    given += [] if options.question is None else ["--question"]
    if given:
        raise InputError(
            "no language model judged in this run, and an account of figures takes no question",
            where=", ".join(given),
            remedy="leave it out",
        )


def _print(found: dict[str, Any]) -> None:
    from tui.widgets.bars import letter

    screen, corpus = console(), found["corpus"]
    invented = "FICTIONAL people and texts · " if corpus["fictional"] else ""
    title = one_line(str(corpus["title"] or corpus["folder"]))
    screen.print(f"{invented}{title} · simulated by the {found['predictor']}\n")
    screen.print(one_line(found["query"]), style="bold")
    for number, option in enumerate(found["options"]):
        screen.print(f"  {letter(number)}  {one_line(option)}")
    last = found["ballots"][-1]
    screen.print(f"\n{found['persona']} chose {letter(last['choice'])}: {one_line(last['reason'])}\n")
    if found["account"]:
        _print_account(found["account"])
    else:
        _print_answer(found["answer"])


def _print_answer(answer: dict[str, Any]) -> None:
    screen = console()
    screen.print(f"asked: {shown(answer['question'])}", style="bold")
    screen.print(shown(answer["text"]))
    tokens = f"{answer['prompt_tokens']:,} + {answer['completion_tokens']:,} tokens"
    took = "kept in the journal, nothing was asked anew" if answer["kept"] else "one call"
    screen.print(f"\n{took} · {one_line(answer['model'])} · {tokens} · {money(answer['cost'])}")
    if answer["finish"] != "stop":
        screen.print(f"the answer was {'refused' if answer['finish'] == 'refused' else 'cut off'}")


def _print_account(told: dict[str, Any]) -> None:
    from tui.widgets.bars import letter

    screen = console()
    for option in told["options"]:
        share = "no share" if option["share"] is None else f"share {written(option['share'], 2)}"
        title = f"{letter(option['option'])}: {share} · {count(option['weighed'], 'norm')} weighed"
        title += " · it rejects what they say" if option["against"] else ""
        rows = [
            (
                f"{'own · ' if norm['own'] else ''}{one_line(norm['sentence'])}",
                written(norm["weight"], 2),
                written(norm["cosine"], 2),
                written(norm["norm"]["endorsement"], 2),
                f"{norm['norm']['support']:,}",
            )
            for norm in option["norms"]
        ]
        columns = ("what was said", "weight", "near", "endorsed", "by")
        print_table(screen, title, columns, rows, right=4)
    notes = [
        (
            f"round {each['round']}",
            f"{letter(each['choice'])} after hearing "
            + ", ".join(f"{other['persona']} ({letter(other['choice'])})" for other in each["heard"]),
        )
        for each in told["rounds"]
        if each["heard"]
    ]
    follows = f"follows its neighbours by {told['susceptibility']:.0%}, the norms for the rest"
    notes.append(("discussion", follows))
    notes.append(("memory", f"{told['remembered']:,} of the community's {told['known']:,} norms"))
    if not told["agrees"]:
        notes.append(("warning", "these figures are not those of the ballot that was cast"))
    screen.print(listing(notes))
