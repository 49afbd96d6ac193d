"""An account of an offline persona's figures to read: option by option, norm by norm, then the discussion."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from textual.content import Content

from tui.plaintext import count, one_line, shown
from tui.reading.comparison import Share
from tui.widgets.bars import letter, share_bar
from tui.widgets.prose import hanging, heading, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["account_content", "said_content"]

BAR = 20
NEAR = 0.05
"""Shares within this of each other are told to a tenth of a percent."""


def account_content(
    told: Mapping[str, Any],
    options: Sequence[str],
    *,
    persona: str,
    whole: bool = False,
    width: int = 76,
) -> Content:
    """Return an account, as ``commonbond why`` prints it in JSON, to read.

    Args:
        told: the account. ``options``: their texts.
        whole: whether norms are shown whole, and not the nearest sentence of each alone. ``width``: in cells.
    """
    parts: list[Content] = []
    if not told["agrees"]:
        parts += [
            heading("✗ These figures are not those of the ballot that was cast: the corpus changed since."),
            Content(),
        ]
    parts += [heading("What it remembered, before any discussion")]
    parts += [
        plain(
            f"{one_line(persona)} remembers {told['remembered']:,} of its community's {told['known']:,} norms. Each "
            "weighs by its votes and by how near it is to the option; an option's score is the weighted mean of "
            "how strongly those norms were endorsed, and its share is that over the sum of all scores."
        ),
        Content(),
    ]
    for option in told["options"]:
        parts += _option(option, options, whole=whole, width=width)
    return Content("\n").join([*parts, *_discussion(told, width)])


def said_content(earlier: Sequence[tuple[str, str]], answer: Mapping[str, Any] | None, note: str) -> Content:
    """Return what a persona on a language model said, the latest answer first.

    Args:
        earlier: what it was asked before, the earliest first. ``answer``: what came now; None for nothing.
        note: what the answer took.
    """
    parts: list[Content] = []
    if answer is not None:
        parts += [heading(answer["question"]), plain(answer["text"]), Content.styled(note, "dim"), Content()]
    asked = None if answer is None else answer["question"]
    for question, text in reversed(earlier):
        if question != asked:
            parts += [heading(question), plain(text), Content()]
    if parts:
        told = "This is what the model says of itself afterwards; it need not be what moved it."
        parts.append(Content.styled(told, "dim"))
    return Content("\n").join(parts)


def _option(told: Mapping[str, Any], options: Sequence[str], *, whole: bool, width: int) -> list[Content]:
    number, share = told["option"], told["share"]
    text = one_line(options[number]) if number < len(options) else ""
    bar = "" if share is None else share_bar(Share(mean=share), BAR, "▒")
    figures = (
        "no share: it remembers nothing near"
        if share is None
        else f" {share:.1%} · score {told['score']:.3f}"
    )
    parts = [heading(f"{letter(number)}  {text}"), Content.assemble("   ", (bar, "$simulated"), figures)]
    if told["against"]:
        parts.append(plain("   it rejects what these norms say, so endorsed ones speak against it"))
    listed = len(told["norms"])
    if told["weighed"]:
        parts.append(
            Content.styled(f"   {count(told['weighed'], 'norm')} weighed; the weightiest {listed}:", "dim")
        )
    for norm in told["norms"]:
        parts += _norm(norm, whole=whole, width=width)
    return [*parts, Content()]


def _norm(told: Mapping[str, Any], *, whole: bool, width: int) -> list[Content]:
    norm = told["norm"]
    rests = (
        count(norm["support"], "vote") if norm["basis"] == "votes" else f"its rank among {norm['support']:,}"
    )
    parts = [
        f"{told['weight']:.0%} of the weight",
        f"nearness {told['cosine']:.2f}",
        f"endorsed {norm['endorsement']:.2f} by {rests}",
        f"remembered {told['times']} times" if told["times"] > 1 else "",
        "its own member wrote it" if told["own"] else "",
        f"post {one_line(norm['post'])}",
    ]
    said = shown(f"{norm['title']}\n{norm['text']}" if whole else told["sentence"])
    about = hanging(" · ".join(part for part in parts if part), width, first="   • ", rest="     ")
    quoted = hanging(said.strip(), width, first="     ", rest="     ")
    return [*map(Content, about), *(Content.styled(line, "italic") for line in quoted)]


def _discussion(told: Mapping[str, Any], width: int) -> list[Content]:
    parts = [heading("What the discussion did")]
    follows = told["susceptibility"]
    parts.append(
        plain(
            f"It follows its neighbours' opinions by {follows:.0%} and its own first opinion by {1 - follows:.0%}."
        )
    )
    rounds = told["rounds"]
    if len(rounds) < 2:
        return [*parts, plain("There was no discussion, or nobody of the panel that it listens to.")]
    for before, after in pairwise(rounds):
        moved = after["choice"] != before["choice"]
        step = (
            f"{letter(before['choice'])} → {letter(after['choice'])}"
            if moved
            else f"stays with {letter(after['choice'])}"
        )
        parts.append(heading(f"Round {after['round']}: {step} ({_percent(after['shares'])})"))
        for heard in after["heard"]:
            sign = "◂ moved it" if heard["moved"] else ""
            line = (
                f"heard {one_line(heard['persona'])} with {heard['weight']:.0%} of its listening: "
                f"{letter(heard['choice'])} ({_percent(heard['shares'])}) {sign}"
            )
            parts += map(Content, hanging(line.rstrip(), width, first="   ", rest="     "))
        if not after["heard"]:
            parts.append(plain("   heard nobody"))
    return parts


def _percent(shares: Sequence[float]) -> str:
    """Return shares in percent, to a tenth where whole figures would hide which is the larger.

    >>> _percent([0.333, 0.337]), _percent([0.2, 0.8])
    ('A 33.3 B 33.7', 'A 20 B 80')
    """
    near = bool(shares) and max(shares) - min(shares) < NEAR
    told = [f"{letter(number)} {share * 100:.{int(near)}f}" for number, share in enumerate(shares)]
    return " ".join(told) or "no shares"
