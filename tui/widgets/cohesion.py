"""A community's two scores and its panel, in characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tui.plaintext import count, fitted, one_line
from tui.widgets.bars import score_bar
from tui.widgets.prose import heading, plain

if TYPE_CHECKING:
    from tui.reading.communities import CommunityView, Measure

__all__ = ["cohesion_content", "panel_content"]


def cohesion_content(community: CommunityView) -> Content:
    """Return both scores, what each is made of, and what could not be said."""
    parts = [
        heading(one_line(community.title or community.name)),
        Content(f"{count(community.members, 'member')}, {count(community.norms, 'norm')}"),
        Content(),
        Content(f"identity {_figure(community.identity)} {score_bar(community.identity, 20)}"),
        Content(f"bond     {_figure(community.bond)} {score_bar(community.bond, 20)}"),
        Content.styled("         0 is chance, 1 the most there can be", "dim"),
        Content(),
        Content.styled(f"{fitted('', 30)} here  by chance", "dim"),
        *(Content(_measure(measure)) for measure in community.measures),
        Content(),
        *(plain(f"! {one_line(note)}") for note in community.notes),
    ]
    return Content("\n").join(parts)


def panel_content(community: CommunityView) -> Content:
    """Return how the panel mirrors the community: each trait's share among members and among personas."""
    parts = [plain(f"! {one_line(notice)}") for notice in community.notices]
    if not community.mirror:
        return Content("\n").join([*parts, Content.styled("no panel was drawn", "dim")])
    parts += [
        heading("How the panel mirrors the community"),
        Content.styled(_trait("", "members", "panel"), "dim"),
    ]
    parts += [
        Content(_trait(trait, f"{there:.0%}", f"{here:.0%}")) for trait, there, here in community.mirror
    ]
    return Content("\n").join(parts)


def _figure(score: float | None) -> str:
    return "    –" if score is None else f"{score:5.2f}"


def _measure(measure: Measure) -> str:
    spread = "" if measure.spread is None else f" ± {measure.spread:.3f}"
    return f"{fitted(measure.name, 30)} {_plain(measure.observed)}  {_plain(measure.chance)}{spread}"


def _plain(value: float | None) -> str:
    return "    –" if value is None else f"{value:5.2f}"


def _trait(name: str, members: str, panel: str) -> str:
    return f"{fitted(one_line(name), 32)} {members:>8} {panel:>8}"
