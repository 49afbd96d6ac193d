"""Choices that are seldom made, folded into a line that says which of them were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Collapsible
from textual.widgets._collapsible import CollapsibleTitle

from tui.plaintext import one_line
from tui.widgets.fields import Fields
from tui.widgets.prose import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui.ordering.run_choices import Section

__all__ = ["Fold"]


class Fold(Collapsible):
    """A section of choices, folded.

    Args:
        section: the choices. ``known``: what is chosen at first, by name.
    """

    def __init__(self, section: Section, known: Mapping[str, str]) -> None:
        self._section = section
        self._fields = Fields(section.choices, known, folded=True, id=f"section-{section.name}")
        super().__init__(self._fields, collapsed=True, id=f"fold-{section.name}")

    def __contains__(self, field: object) -> bool:
        """Tell whether a field is one of its choices, drawn or not."""
        return any(field is each for each in self._fields)

    def on_mount(self) -> None:
        """Say what it holds."""
        self.tell()

    def on_collapsible_expanded(self) -> None:
        """Draw the choices when they are first looked at."""
        self._fields.unfold()

    def tell(self) -> None:
        """Say what it holds, and what of it was chosen; a fold of which nothing is offered is left out."""
        offered = [field for field in self._fields if field.display]
        self.display = bool(offered)
        made = [
            field.choice.label.lower()
            if field.choice.kind == "switch"
            else f"{field.choice.label.lower()} {field.value}"
            for field in offered
            if field.choice.given(field.value)
        ]
        told = (
            f"{self._section.title}: {one_line(', '.join(made), limit=200)}" if made else self._section.title
        )
        self.query_one(CollapsibleTitle).label = plain(told)
