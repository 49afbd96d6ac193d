"""``commonbond panel``: the personas of a run, what each remembers, whom it is tied to, and what it would be sent."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.report.rows import written
from personas.persona import remember
from simulator.journal import Journal
from simulator.persona_judge import sent_to
from simulator.prompts.prompts import Prompts
from simulator.retrieval import retrieve
from simulator.why import place_of
from tui.cli.output import console, print_json, print_table, progress
from tui.cli.parts import run_in
from tui.cli.prompt import shared_prefix
from tui.cli.rebuilding import behind, rebuilt, refuse_without_personas, room_behind
from tui.plaintext import one_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulator.models.model import Message
    from simulator.room import Room
    from simulator.simulation import Simulation

__all__ = ["run"]

NOTHING_SENT = {"messages": None, "shared": None}


def run(options: argparse.Namespace) -> int:
    """Show a panel of a run."""
    folder = run_in(Path(options.run))
    corpus = None if options.corpus is None else Path(options.corpus)
    with Journal.read(folder) as journal, progress() as bars:
        refuse_without_personas(journal)
        with rebuilt(journal, bars.advance("embedding"), corpus=corpus) as simulation:
            room = room_behind(simulation, journal, options.community)
            sent = _sent(simulation, room, journal, options.item)
            found = {
                **behind(journal),
                "community": options.community,
                "item": options.item,
                "susceptibility": room.susceptibility,
                "known": len(room.store.norms),
                "personas": _personas(simulation, room, sent, options),
            }
    if options.json:
        print_json({"command": "panel", **found})
    else:
        _print(found)
    return 0


def _sent(
    simulation: Simulation, room: Room, journal: Journal, item: str | None
) -> list[tuple[Message, ...]]:
    """Return what each persona would be sent for an item, by the templates of the run; nothing without an item."""
    if item is None:
        return []
    settings = simulation.settings
    prompts = Prompts.load(simulation.templates, seed=settings.seed, option_room=settings.option_room)
    asked = journal.item(item)
    norms = retrieve(asked, room.store, simulation.embedder, keep=settings.near)
    return sent_to(asked, room, norms, prompts, settings)


def _personas(
    simulation: Simulation, room: Room, sent: list[tuple[Message, ...]], options: argparse.Namespace
) -> list[dict[str, Any]]:
    memories = remember(room.panel, room.store, seed=simulation.settings.seed)
    chosen = range(len(memories)) if options.persona is None else [place_of(room, options.persona)]
    return [
        {
            **asdict(room.panel.personas[place]),
            "remembered": int((memories[place] > 0).sum()),
            "memory": _memory(room, place, memories[place], options.norms),
            "ties": _ties(room, place),
            **(_prompt(sent, place) if sent else NOTHING_SENT),
        }
        for place in chosen
    ]


def _memory(room: Room, place: int, memory: NDArray[np.int64], most: int) -> list[dict[str, Any]]:
    """Return what a persona remembers: what its own member wrote first, then what it remembers most often."""
    norms, member = room.store.norms, room.panel.personas[place].member
    own = np.array([bool(member) and norm.author == member for norm in norms], bool)
    held = np.flatnonzero(memory > 0)
    order = held[np.lexsort((held, -room.store.support[held], -memory[held], ~own[held]))]
    return [
        {"norm": asdict(norms[index]), "times": int(memory[index]), "own": bool(own[index])}
        for index in order[:most].tolist()
    ]


def _ties(room: Room, place: int) -> list[dict[str, Any]]:
    """Return whom a persona listens to and how much, and whether that one listens back; the strongest first."""
    row, column = room.ties[place], room.ties[:, place]
    names = [persona.persona for persona in room.panel.personas]
    there = np.flatnonzero((row > 0) | (column > 0))
    order = there[np.lexsort((there, -column[there], -row[there]))]
    return [
        {"persona": names[other], "hears": float(row[other]), "heard_by": float(column[other])}
        for other in order.tolist()
    ]


def _prompt(sent: Sequence[tuple[Message, ...]], place: int) -> dict[str, Any]:
    others = [other for number, other in enumerate(sent) if number != place]
    return {
        "messages": [{"role": message.role, "content": message.text} for message in sent[place]],
        "shared": max((shared_prefix(sent[place], other) for other in others), default=0),
    }


def _print(found: dict[str, Any]) -> None:
    screen, corpus = console(), found["corpus"]
    invented = "FICTIONAL people and texts · " if corpus["fictional"] else ""
    title = one_line(str(corpus["title"] or corpus["folder"]))
    screen.print(f"{invented}{title} · simulated by the {found['predictor']}\n")
    for persona in found["personas"]:
        _print_persona(persona, found["known"])


def _print_persona(persona: dict[str, Any], known: int) -> None:
    screen = console()
    traits = {"activity": persona["activity"], "group": persona["group"], **persona["attributes"]}
    about = " · ".join(f"{name} {one_line(str(value))}" for name, value in traits.items() if value)
    title = f"{one_line(persona['persona'])}: remembers {persona['remembered']:,} of {known:,} norms"
    rows = [
        (
            f"{'own · ' if each['own'] else ''}{one_line(each['norm']['text'])}",
            f"{each['times']} ×",
            written(each["norm"]["endorsement"], 2),
        )
        for each in persona["memory"]
    ]
    print_table(screen, title, ("what was said", "held", "endorsed"), rows, told=about, right=2)
    ties = ", ".join(f"{tie['persona']} ({tie['hears']:.2f})" for tie in persona["ties"] if tie["hears"])
    screen.print(f"listens to {ties or 'nobody of its panel'}\n")
    for message in persona["messages"] or ():
        screen.print(f"===== {message['role']} =====")
        print(message["content"])
    if persona["messages"]:
        total = sum(len(message["content"]) for message in persona["messages"])
        screen.print(f"===== {total:,} characters, {persona['shared']:,} of them shared =====\n")
