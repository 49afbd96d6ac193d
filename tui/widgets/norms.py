"""A norm in characters: what was said, and how strongly it was endorsed by how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tui.plaintext import one_line
from tui.widgets.bars import score_bar
from tui.widgets.prose import plain

if TYPE_CHECKING:
    from tui.reading.communities import NormView

__all__ = ["endorsement_line", "norm_content"]


def endorsement_line(norm: NormView) -> str:
    """Return how strongly a norm is endorsed, on what, in words.

    >>> from tui.reading.communities import NormView
    >>> endorsement_line(NormView(post="1", title="", text="Rinse it.", endorsement=0.75, support=4, basis="votes"))
    '██████·· endorsed 0.75 · 4 votes'
    """
    what = {"votes": "vote" if norm.support == 1 else "votes", "rank": "ranked replies"}
    rests = f"{norm.support:,} {what.get(norm.basis, one_line(norm.basis))}"
    return f"{score_bar(norm.endorsement, 8)} endorsed {norm.endorsement:.2f} · {rests}"


def norm_content(norm: NormView) -> Content:
    """Return a norm in full."""
    parts = [Content(endorsement_line(norm))]
    if norm.title:
        parts.append(Content.styled(one_line(norm.title), "italic"))
    return Content("\n").join([*parts, plain(norm.text)])
