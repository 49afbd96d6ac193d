"""A persona in words: who it is, how its ballots went, what it remembers, whom it is tied to, what it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.content import Content

from tui.plaintext import count, one_line
from tui.widgets.bars import letter
from tui.widgets.norms import norm_content
from tui.widgets.prose import hanging, heading, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui.reading.personas import PersonaRow, PersonaView, Sent

__all__ = ["about_content", "memory_content", "sent_content", "ties_content"]

LISTED = 8


def about_content(view: PersonaView) -> Content:
    """Return who a persona is, how its ballots went, and where it moved in discussion."""
    row = view.row
    parts = [heading(one_line(row.persona)), *_traits(row), Content(), heading("Its ballots")]
    limited = f" (the first {view.counted:,} of them are counted here)" if view.counted < view.judged else ""
    parts.append(plain(f"its community judges {count(view.judged, 'item')}{limited}"))
    told = [f"{view.cast:,} with a choice", f"{view.abstained:,} abstained", f"✗ {view.failed:,} failed"]
    parts += [plain(", ".join(told)), Content(), heading("Where it moved in discussion")]
    if not view.moves:
        parts.append(plain("It changed its mind on none of them."))
    for _, query, number, before, after, by in view.moves:
        names = f" by {', '.join(one_line(name[name.rfind('#') :]) for name in by)}" if by else ""
        parts.append(
            plain(f"{letter(before)} → {letter(after)} in round {number}{names}: {one_line(query, limit=90)}")
        )
    if view.moved_by:
        parts += [Content(), heading("Who changed its mind")]
        parts += [plain(f"{one_line(name)}, {times} ×") for name, times in view.moved_by[:LISTED]]
    if view.heard:
        parts += [Content(), heading("Whom it heard")]
        parts += [
            plain(f"{one_line(name)}, before {count(times, 'ballot')}") for name, times in view.heard[:LISTED]
        ]
    return Content("\n").join(parts)


def memory_content(told: Mapping[str, Any], known: int) -> Content:
    """Return what a persona remembers, as ``commonbond panel`` prints it: its own posts first, then the others."""
    from tui.reading.communities import norm_view

    parts = [heading(f"Remembers {told['remembered']:,} of its community's {known:,} norms"), Content()]
    own = [each for each in told["memory"] if each["own"]]
    others = [each for each in told["memory"] if not each["own"]]
    for title, held in (("What its own member wrote", own), ("What it recalls most often", others)):
        parts.append(heading(title))
        if not held:
            parts.append(plain("nothing"))
        for each in held:
            times = f"remembered {each['times']} times · " if each["times"] > 1 else ""
            parts.append(Content.styled(f"{times}post {one_line(each['norm']['post'])}", "dim"))
            parts += [norm_content(norm_view(each["norm"])), Content()]
    return Content("\n").join(parts)


def ties_content(told: Mapping[str, Any], susceptibility: float) -> Content:
    """Return whom of its panel a persona listens to, as ``commonbond panel`` prints it."""
    parts = [
        heading("Bond ties to the others of its panel"),
        plain(
            f"In discussion it follows them by {susceptibility:.0%}, and its own first opinion by "
            f"{1 - susceptibility:.0%}."
        ),
        Content(),
    ]
    total = sum(tie["hears"] for tie in told["ties"])
    for tie in told["ties"]:
        share = (
            f"{tie['hears'] / total:4.0%} of its listening" if total and tie["hears"] else "  not listened to"
        )
        weight = f" (tie of {tie['hears']:.2f})" if tie["hears"] else ""
        back = "listens back" if tie["heard_by"] and tie["hears"] else "does not listen back"
        back = back if tie["hears"] else "but listens to it"
        name = one_line(tie["persona"])
        parts.append(plain(f"{name[name.rfind('#') :]}: {share}{weight}, {back}"))
    if not told["ties"]:
        parts.append(plain("It has no bond tie to anybody of its panel, so discussion does not move it."))
    return Content("\n").join(parts)


def sent_content(sent: Sent | None, item: str, *, width: int = 76) -> Content:
    """Return what a persona was or would be sent for an item, what it shares with its panel told apart.

    Args:
        width: in cells; every line of what is shared begins with ┃, also where a long one goes on.
    """
    if sent is None:
        return Content.styled("It was sent nothing for this item.", "dim")
    total = sum(len(text) for _, text in sent.messages)
    made = "was sent" if sent.made else "would be sent on a language model, by these templates"
    parts = [
        heading(f"What it {made} for item {one_line(item)}"),
        plain(
            f"{total:,} characters; the first {sent.shared:,}, marked with ┃, are the same for its whole panel, "
            "so that a server need read them only once"
        ),
        Content(),
    ]
    left = sent.shared
    for role, text in sent.messages:
        parts.append(Content.styled(f"── {role}", "bold"))
        common, own = text[:left], text[left:]
        left = max(0, left - len(text))
        if common:
            lines = hanging(common, width, first="┃ ", rest="┃ ")
            parts += [Content.styled(line, "dim") for line in lines]
        if common and own:
            parts.append(Content.styled("── from here on its own", "bold"))
        if own:
            parts.append(plain(own))
        parts.append(Content())
    return Content("\n").join(parts)


def _traits(row: PersonaRow) -> list[Content]:
    known = {
        "community": row.community,
        "modelled on member": row.member or "nobody in particular: the source has only counts",
        "activity": row.activity,
        "group": row.group,
        **dict(row.attributes),
    }
    return [plain(f"{one_line(name)}: {one_line(value)}") for name, value in known.items() if value]
