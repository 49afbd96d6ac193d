"""Preferences as they form: a block of bars for each community, of which only what is seen is drawn."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.plaintext import clipped, count, fitted, one_line
from tui.widgets.bars import letter, share_bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Click, Resize

    from tui.reading.asking import Answer, Formed

__all__ = ["Block", "Forming", "block_lines"]

FILL = "▒"
NARROWEST, WIDEST = 12, 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """What is drawn of one community: its answer as it was read, and what has formed of it so far."""

    answer: Answer
    formed: Formed
    waiting: str = ""

    @property
    def height(self) -> int:
        """How many lines it takes: its name, its options, its latest ballot, and an empty one."""
        return 3 + max(1, len(self.answer.options))


class Forming(ScrollView, can_focus=True):
    """The blocks, to go through with the arrow keys; Enter opens the ballots behind one."""

    DEFAULT_CSS = """
    Forming { height: 1fr; overflow-x: hidden; }
    Forming > .forming--name { text-style: bold; }
    Forming > .forming--here { color: $accent; text-style: bold; }
    Forming > .forming--share { color: $simulated; }
    Forming > .forming--latest { color: $foreground 75%; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "forming--name",
        "forming--here",
        "forming--share",
        "forming--latest",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False, id="answers.up"),
        Binding("down", "move(1)", "Down", show=False, id="answers.down"),
        Binding("home", "move(-99999)", "First", show=False, id="answers.first"),
        Binding("end", "move(99999)", "Last", show=False, id="answers.last"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="answers.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="answers.page_down"),
        Binding("enter", "choose", "Ballots", id="answers.ballots"),
    ]

    cursor: reactive[int] = reactive(0, init=False)

    class Chosen(Message):
        """A community was opened."""

        def __init__(self, block: Block) -> None:
            super().__init__()
            self.block = block

    def __init__(self, *, empty: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self._blocks: tuple[Block, ...] = ()
        self._starts: list[int] = []
        self._empty = empty

    @property
    def marked(self) -> Block | None:
        """The community under the cursor."""
        return self._blocks[self.cursor] if self.cursor < len(self._blocks) else None

    def show(self, blocks: Sequence[Block], *, empty: str = "") -> None:
        """Draw other blocks; the cursor stays on the community that it is on."""
        here = self.marked
        self._blocks, self._empty = tuple(blocks), empty or self._empty
        self._starts, line = [], 0
        for block in self._blocks:
            self._starts.append(line)
            line += block.height
        if here is not None:
            names = [block.answer.community for block in self._blocks]
            self.set_reactive(
                Forming.cursor,
                names.index(here.answer.community) if here.answer.community in names else 0,
            )
        self.virtual_size = Size(self.scrollable_content_region.width, line)
        self.refresh()

    def copied(self) -> tuple[str, str]:
        """Return what copying takes here, the marked community's block, and what that is called."""
        block = self.marked
        lines = block_lines(block, 100) if block else []
        return "\n".join(
            text.rstrip() for line in lines for text in ["".join(part for part, _ in line)]
        ), "answer"

    def render_line(self, y: int) -> Strip:
        """Draw a line of the block that it is in."""
        width = self.scrollable_content_region.width
        line = y + self.scroll_offset.y
        number = bisect_right(self._starts, line) - 1
        if number < 0 or line >= self.virtual_size.height:
            text = f"  {self._empty}" if not self._blocks and y == 0 else ""
            return Strip([Segment(fitted(text, width), self.rich_style)], width)
        parts = block_lines(self._blocks[number], width, here=number == self.cursor)
        row = line - self._starts[number]
        drawn = [
            Segment(text, self.get_component_rich_style(f"forming--{name}") if name else self.rich_style)
            for text, name in (parts[row] if row < len(parts) else [])
        ]
        return Strip(drawn).adjust_cell_length(width, self.rich_style)

    def watch_cursor(self) -> None:
        """Bring the block into view."""
        if self.cursor < len(self._blocks):
            self.call_after_refresh(self._reveal)
        self.refresh()

    def action_move(self, step: int) -> None:
        """Mark another community."""
        self.cursor = max(0, min(len(self._blocks) - 1, self.cursor + step))

    def action_page(self, step: int) -> None:
        """Move by as many communities as are seen."""
        height = self._blocks[self.cursor].height if self.marked else 1
        self.action_move(step * max(1, self.scrollable_content_region.height // height))

    def action_choose(self) -> None:
        """Open the marked community."""
        if self.marked is not None:
            self.post_message(self.Chosen(self.marked))

    def on_click(self, event: Click) -> None:
        """Mark the community that was clicked; open it with a second click."""
        number = bisect_right(self._starts, event.y + self.scroll_offset.y) - 1
        if not 0 <= number < len(self._blocks):
            return
        if number == self.cursor and event.chain > 1:
            self.action_choose()
        self.cursor = number

    def on_resize(self, event: Resize) -> None:
        """Fit the width."""
        del event
        self.virtual_size = Size(self.scrollable_content_region.width, self.virtual_size.height)

    def _reveal(self) -> None:
        if self.cursor >= len(self._starts):
            return
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        start = self._starts[self.cursor]
        end = start + self._blocks[self.cursor].height - 1
        if start < top or end - start > height:
            self.scroll_to(y=start, animate=False)
        elif end > top + height:
            self.scroll_to(y=end - height, animate=False)


def block_lines(block: Block, width: int, *, here: bool = False) -> list[list[tuple[str, str]]]:
    """Return a block's lines, each in parts with the name of their style; empty for the usual one."""
    answer, formed = block.answer, block.formed
    head = f"{'▸' if here else ' '} {one_line(answer.community)}"
    told = f" · {_tally(answer, formed, block.waiting)}"
    name = clipped(head, max(10, width - len(told)))
    lines = [[(name, "here" if here else "name"), (clipped(told, max(0, width - len(name))), "")]]
    space = max(NARROWEST, min(WIDEST, (width - 24) // 2))
    for number, text in enumerate(answer.options):
        lines.append(_option(formed, number, one_line(text), space, width))
    if not answer.options:
        lines.append([(fitted(f"    {block.waiting or 'its options are still to be written'}", width), "")])
    lines.append([(clipped(f"    {_latest(formed, answer)}", width), "latest")])
    return lines


def _option(formed: Formed, number: int, text: str, space: int, width: int) -> list[tuple[str, str]]:
    if number >= len(formed.shares):
        return [(clipped(f"    {letter(number):2} {text}", width), "")]
    share = formed.shares[number]
    bounds = (
        "" if share.low is None or share.high is None else f"{share.low * 100:3.0f}–{share.high * 100:<3.0f}"
    )
    if not formed.ballots:
        bar, figures = " " * space, "  –         "
    else:
        bar = share_bar(share, space, FILL)
        figures = f"{share.mean * 100:3.0f} % {bounds}"
    mark = "◂" if formed.top == number else " "
    rest = f" {figures:14}{mark} {text}"
    return [(f"    {letter(number):2} ", ""), (bar, "share"), (clipped(rest, max(0, width - 7 - space)), "")]


def _tally(answer: Answer, formed: Formed, waiting: str) -> str:
    """Return how far a community is."""
    if waiting and not formed.ballots:
        return waiting
    cast = formed.ballots + formed.abstained + formed.failed
    parts = [
        f"{formed.ballots} of {answer.panel} ballots"
        if cast < answer.panel
        else count(formed.ballots, "ballot")
    ]
    parts += [f"{formed.abstained} abstained"] if formed.abstained else []
    parts += [f"✗ {formed.failed} failed"] if formed.failed else []
    parts += [f"round {formed.round}"] if formed.round else []
    parts += [f"{formed.moved} moved"] if formed.moved else []
    if formed.complete:
        parts.append("✓ all in" if answer.final is not None else "✗ no answer")
    return ", ".join(parts)


def _latest(formed: Formed, answer: Answer) -> str:
    if answer.errors and formed.complete:
        return f"✗ {one_line(answer.errors[0])}"
    ballot = formed.latest
    if ballot is None:
        return "no ballot yet"
    name = one_line(ballot.persona.removeprefix(answer.community)) or one_line(ballot.persona)
    held = "failed" if ballot.failure else letter(ballot.choice)
    return f"{_firsts(formed)}latest {name}: {held} · {one_line(ballot.reason)}"


def _firsts(formed: Formed) -> str:
    """Return of how many personas each option is the first choice, the largest number first."""
    order = sorted(range(len(formed.chosen)), key=lambda option: -formed.chosen[option])
    told = ", ".join(
        f"{letter(option)} {formed.chosen[option]:,}" for option in order if formed.chosen[option]
    )
    return f"first choices {told} · " if told else ""
