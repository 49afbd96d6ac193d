"""The screens by name: where each one's module is, so that it is loaded when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from textual.screen import Screen

__all__ = ["PLACES", "SIDES", "screen_at"]

PLACES = {
    "run": "run.live:RunScreen",
    "compare": "compare.items:CompareScreen",
    "scores": "compare.scores:ScoresScreen",
    "communities": "communities.overview:CommunitiesScreen",
    "personas": "persona.personas:PersonasScreen",
    "generate": "generate.data:GenerateScreen",
    "graph": "communities.graph:GraphScreen",
    "question": "ask.question:QuestionScreen",
    "answers": "ask.answers:AnswersScreen",
    "why": "ask.why:WhyScreen",
}
SIDES = {
    "run": "Run",
    "compare": "Compare",
    "scores": "Scores",
    "communities": "Communities",
    "personas": "Personas",
    "generate": "Generate",
}
"""The sides of a run, between which the digits lead."""


def screen_at(place: str, folder: Path, **given: Any) -> Screen[None]:
    """Return the screen of a name, on the corpus or the run in a folder.

    Args:
        given: what else the screen takes.

    Raises:
        KeyError: no screen has this name.
    """
    module, name = PLACES[place].split(":")
    made: Screen[None] = getattr(import_module(f"tui.screens.{module}"), name)(folder, **given)
    return made
