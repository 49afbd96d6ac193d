"""What a community says, as lists to go through: the sentences of its profile, and its norms in two parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.plaintext import count, one_line
from tui.widgets.norms import endorsement_line

if TYPE_CHECKING:
    from tui.reading.communities import CommunityView, NormView

__all__ = ["Sayings", "norm_options", "profile_options"]

PARTS = {
    "strongest": ("STRONGEST", "n goes to the most contested"),
    "contested": ("MOST CONTESTED", "n goes back to the strongest"),
}


class Sayings(OptionList):
    """A list of sentences or norms; the footer says that Enter opens one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Open", id="communities.open")]

    def to_other_part(self) -> None:
        """Go from the strongest norms to the most contested, or back, with the first of them at the top."""
        here = self.highlighted_option
        part = "strongest" if here is not None and str(here.id).startswith("contested") else "contested"
        names = [option.id for option in self.options]
        if f"{part}-0" in names:
            self.highlighted = names.index(f"{part}-0")
            self.call_after_refresh(self._with_heading)

    def _with_heading(self) -> None:
        self.scroll_to_highlight(top=True)
        self.scroll_relative(y=-1, animate=False, immediate=True)


def profile_options(community: CommunityView) -> list[Option | None]:
    """Return the profile as options, under headings that cannot be chosen."""
    if not community.sentences:
        return [Option(Content("no profile is known"), disabled=True)]
    options: list[Option | None] = []
    before = ("", "")
    for number, sentence in enumerate(community.sentences):
        if (sentence.part, sentence.facet) != before:
            title = f"{sentence.part.upper()} · {sentence.facet}"
            options.append(Option(Content(one_line(title)), disabled=True))
        rests = f"({count(len(sentence.posts), 'post')})"
        text = Content.assemble("• ", one_line(sentence.text), " ", (rests, "dim"))
        options.append(Option(text, id=f"sentence-{number}"))
        before = (sentence.part, sentence.facet)
    return options


def norm_options(community: CommunityView) -> list[Option | None]:
    """Return the strongest and the most contested norms as options."""
    options: list[Option | None] = []
    both = bool(community.strongest and community.contested)
    for part, norms in (("strongest", community.strongest), ("contested", community.contested)):
        title, other = PARTS[part]
        told = " · ".join([title, *([str(len(norms)), other] if both else [])])
        options.append(Option(Content(told), disabled=True))
        options += [Option(_norm(norm), id=f"{part}-{number}") for number, norm in enumerate(norms)]
        if not norms:
            options.append(Option(Content("none: no votes are known"), disabled=True))
    return options


def _norm(norm: NormView) -> Content:
    said = one_line(f"{norm.title} — {norm.text}" if norm.title else norm.text, limit=240)
    return Content.assemble(endorsement_line(norm), "\n", said)
