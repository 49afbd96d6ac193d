"""A graph drawn in the terminal: bond ties as solid lines, identity ties as dotted ones, nodes as discs by size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.plaintext import clipped, one_line
from tui.widgets.braille import BLANK, Dots

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from rich.style import Style
    from textual.events import Click, MouseScrollDown, MouseScrollUp

    from tui.reading.graph import Picture

    Places = NDArray[np.float64]

__all__ = ["GraphCanvas", "Window"]

MARK, MARGIN, NEAREST, BESIDE = "◆", 6, 3.0, 3.0
NODE, MARKED, LABEL, MINE, BOND, IDENTITY = ("node", "marked", "label", "mine", "bond", "identity")
STYLES = (IDENTITY, BOND, MINE, NODE, LABEL, MARKED)
MOST_LABELS = 40
NEAR, FAR = 64.0, 0.5
"""The nearest and the farthest that one can go."""


@dataclass(frozen=True, slots=True)
class Window:
    """What part of the picture is seen: its middle, and how much it is enlarged."""

    x: float = 0.5
    y: float = 0.5
    zoom: float = 1.0


@dataclass(slots=True)
class _Label:
    row: int
    column: int
    text: str
    style: str


class GraphCanvas(Widget, can_focus=True):
    """Draws a picture; moves over it, nearer and away; marks a node by the mouse."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"graph--{style}" for style in STYLES}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "pan(-1, 0)", "Left", show=False, id="graph.left"),
        Binding("right", "pan(1, 0)", "Right", show=False, id="graph.right"),
        Binding("up", "pan(0, -1)", "Up", show=False, id="graph.up"),
        Binding("down", "pan(0, 1)", "Down", show=False, id="graph.down"),
        Binding("enter", "open", "Open", show=False, id="graph.open"),
    ]

    class Picked(Message):
        """A node was marked, or, with ``opened``, is to be opened."""

        def __init__(self, number: int, *, opened: bool) -> None:
            super().__init__()
            self.number, self.opened = number, opened

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.window = Window()
        self.marked = 0
        self.shown: frozenset[str] = frozenset({"bond", "identity"})
        self._picture: Picture | None = None
        self._empty = ""
        self._drawn: tuple[object, tuple[Dots, ...]] | None = None
        self._lines: tuple[object, list[Strip]] | None = None

    def show(self, picture: Picture, *, empty: str = "") -> None:
        """Draw another picture, all of it; ``empty`` is said where it has no node."""
        self._picture, self._empty = picture, empty
        self.window, self.marked = Window(), 0
        self.refresh()

    def show_layers(self, layers: frozenset[str]) -> None:
        """Draw the ties of these layers only."""
        self.shown = layers
        self.refresh()

    def mark(self, number: int) -> None:
        """Mark a node; none where the number is that of none. It is brought into sight."""
        if number == self.marked:
            return
        self.marked = number
        if self._picture is not None and 0 <= number < len(self._picture.nodes):
            x, y = self._at()[number]
            width, height = self._extent
            if not (0 <= x < width * 2 and 0 <= y < height * 4):
                here = self._picture.places[number]
                self.window = replace(self.window, x=float(here[0]), y=float(here[1]))
        self.refresh()

    def zoom(self, factor: float) -> None:
        """Go nearer to the marked node, or away; 0 shows all of it."""
        if factor == 0 or self._picture is None:
            self.window = Window()
        else:
            zoom = min(NEAR, max(FAR, self.window.zoom * factor))
            self.window = replace(self.window, zoom=zoom)
            if factor > 1 and self.marked < len(self._picture.nodes):
                x, y = self._picture.places[self.marked]
                self.window = Window(float(x), float(y), zoom)
        self.refresh()

    def action_pan(self, x: int, y: int) -> None:
        """Move over the picture by a sixth of what is seen."""
        step = 1 / (6 * self.window.zoom)
        self.window = replace(self.window, x=self.window.x + x * step, y=self.window.y + y * step)
        self.refresh()

    def action_open(self) -> None:
        """Open the marked node."""
        self.post_message(self.Picked(self.marked, opened=True))

    def on_click(self, event: Click) -> None:
        """Mark the node nearest to the pointer; open it with a second click."""
        import numpy as np

        if self._picture is None or not self._picture.nodes:
            return
        off = self._at() - np.array([event.x * 2 + 1, event.y * 4 + 2])
        far = np.hypot(off[:, 0] / 2, off[:, 1] / 4)
        number = int(far.argmin())
        if far[number] <= NEAREST + self._radii()[number] / 2:
            self.post_message(self.Picked(number, opened=event.chain > 1))

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Go nearer."""
        event.stop()
        self.zoom(1.25)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Go away."""
        event.stop()
        self.zoom(0.8)

    def render_line(self, y: int) -> Strip:
        """Draw a line of the picture."""
        key = (self._key, self.marked, self.has_focus, self.app.theme)
        if self._lines is None or self._lines[0] != key:
            self._lines = (key, self._draw())
        lines = self._lines[1]
        return lines[y] if y < len(lines) else Strip.blank(self.content_size.width, self.rich_style)

    @property
    def _extent(self) -> tuple[int, int]:
        return max(1, self.content_size.width), max(1, self.content_size.height)

    @property
    def _key(self) -> tuple[object, ...]:
        return (self._extent, self.window, self.shown, id(self._picture))

    def _draw(self) -> list[Strip]:
        import numpy as np

        width, height = self._extent
        picture = self._picture
        if picture is None or not picture.nodes:
            text = clipped(one_line(self._empty), width)
            blank = [Strip.blank(width, self.rich_style)] * (height // 2)
            return [*blank, Strip([Segment(f"{text:^{width}}", self.rich_style)])]
        identity, bond, discs = self._base(picture)
        mine = Dots(width, height)
        for layer, edges in (("bond", picture.bond), ("identity", picture.identity)):
            if layer in self.shown:
                own = [edge for edge in edges if self.marked in edge[:2]]
                mine.lines(self._ends(own, layer), dotted=layer == "identity")
        mine.without(discs)
        grids = {IDENTITY: identity, BOND: bond, MINE: mine, NODE: discs}
        codes = np.full((height, width), BLANK)
        kinds = np.full((height, width), -1)
        for kind, grid in grids.items():
            found = grid.codes()
            codes |= found
            kinds[found > BLANK] = STYLES.index(kind)
        return list(self._strips(codes, kinds, list(self._labels(picture, kinds))))

    def _base(self, picture: Picture) -> tuple[Dots, ...]:
        """Return identity ties, bond ties and nodes as dots; the same while the same is seen."""
        if self._drawn is not None and self._drawn[0] == self._key:
            return self._drawn[1]
        width, height = self._extent
        identity, bond, discs = (Dots(width, height) for _ in range(3))
        discs.discs(self._at(), self._radii())
        if "identity" in self.shown:
            identity.lines(self._ends(picture.identity[: picture.most], "identity"), dotted=True)
        if "bond" in self.shown:
            bond.lines(self._ends(picture.bond[: picture.most], "bond"))
        identity.without(discs)
        bond.without(discs)
        self._drawn = (self._key, (identity, bond, discs))
        return self._drawn[1]

    def _at(self) -> Places:
        """Return where the nodes are, in dots."""
        import numpy as np

        width, height = self._extent
        assert self._picture is not None
        places = self._picture.places.astype(np.float64)
        edge = MARGIN + 2 * self._largest()
        space = np.array([width * 2 - edge, height * 4 - edge])
        middle = np.array([width, height * 2])
        seen = np.array([self.window.x, self.window.y])
        return np.asarray(middle + (places - seen) * self.window.zoom * np.maximum(space, 1))

    def _radii(self) -> NDArray[np.int64]:
        import numpy as np

        assert self._picture is not None
        most = self._largest() * min(2.0, np.sqrt(self.window.zoom))
        radii = np.round(np.sqrt([node.size for node in self._picture.nodes]) * most)
        return np.asarray(np.maximum(1, radii).astype(np.int64))

    def _largest(self) -> float:
        """Return the radius of the largest node, in dots: as large as there is room for all."""
        import numpy as np

        width, height = self._extent
        assert self._picture is not None
        room = np.sqrt(width * 2 * height * 4 / max(1, len(self._picture.nodes))) / 8
        return max(1.0, min(10.0, float(room)))

    def _ends(self, edges: Sequence[tuple[int, int, float]], layer: str) -> Places:
        """Return both ends of each tie, in dots; identity ties run beside bond ties, never on them."""
        import numpy as np

        if not edges:
            return np.zeros((0, 4))
        pairs = np.sort(np.array([edge[:2] for edge in edges]), axis=1)
        at = self._at()
        start, end = at[pairs[:, 0]], at[pairs[:, 1]]
        if layer == "identity":
            way = end - start
            length = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)
            beside = BESIDE * np.stack([-way[:, 1], way[:, 0]], axis=1) / length[:, None]
            start, end = start + beside, end + beside
        return np.concatenate([start, end], axis=1)

    def _labels(self, picture: Picture, kinds: NDArray[np.int64]) -> Iterator[_Label]:
        """Yield the names that have room, the marked one first and then the largest."""
        width, height = self._extent
        taken = kinds == STYLES.index(NODE)
        at, radii = self._at(), self._radii()
        order = sorted(range(len(picture.nodes)), key=lambda number: -picture.nodes[number].size)
        first = [self.marked] if self.marked < len(picture.nodes) else []
        done, most = 0, min(MOST_LABELS, width * height // 60)
        for number in [*first, *order[: 4 * MOST_LABELS]]:
            column, row = int(at[number][0] // 2), int(at[number][1] // 4)
            if not (0 <= column < width and 0 <= row < height) or done > most:
                continue
            here = bool(first) and number == first[0]
            if here and done:
                continue
            text, reach = picture.nodes[number].label, int(radii[number] // 2) + 1
            place = _room(taken, row, column, reach, cell_len(text), forced=here)
            if here:
                yield _Label(row, column, MARK, MARKED)
            if place is not None:
                start, line = place
                text = clipped(text, width - start)
                taken[line, max(0, start - 1) : start + cell_len(text) + 1] = True
                done += 1
                yield _Label(line, start, text, MARKED if here else LABEL)

    def _strips(
        self, codes: NDArray[np.int64], kinds: NDArray[np.int64], labels: list[_Label]
    ) -> Iterator[Strip]:
        styles = [self.get_component_rich_style(f"graph--{style}") for style in STYLES]
        rest = self.rich_style
        for row, (line, kind) in enumerate(zip(codes.tolist(), kinds.tolist(), strict=True)):
            cells = [" " if code == BLANK else chr(code) for code in line]
            for label in labels:
                if label.row == row:
                    _write(cells, kind, label)
            yield Strip(list(_segments(cells, kind, styles, rest)), len(line))


def _room(
    taken: NDArray[np.bool_], row: int, column: int, reach: int, width: int, *, forced: bool
) -> tuple[int, int] | None:
    """Return the column and the line at which a name of some width has room beside its node, or None."""
    lines, columns = taken.shape
    tries = [(column + reach + 1, row), (column - reach - width, row)]
    middle = max(0, min(columns - width, column - width // 2))
    tries += [(middle, row + reach // 2 + 1), (middle, row - reach // 2 - 1)]
    for start, line in tries:
        inside = start >= 0 and start + width <= columns and 0 <= line < lines
        if inside and not taken[line, start : start + width].any():
            return start, line
    return (max(0, min(column + reach + 1, columns - width)), row) if forced else None


def _write(cells: list[str], kinds: list[int], label: _Label) -> None:
    """Put a name over the cells of a line; a wide character takes two, of which the second is empty."""
    at = label.column
    for sign in label.text:
        width = cell_len(sign)
        if width == 0 and at > label.column:
            cells[at - 1] += sign
        elif width and at + width <= len(cells):
            cells[at], kinds[at] = sign, STYLES.index(label.style)
            if width == 2:
                cells[at + 1], kinds[at + 1] = "", STYLES.index(label.style)
            at += width


def _segments(cells: list[str], kinds: list[int], styles: list[Style], plain: Style) -> Iterator[Segment]:
    """Yield the cells of a line, those of one kind together."""
    start = 0
    for at in range(1, len(cells) + 1):
        if at == len(cells) or kinds[at] != kinds[start]:
            kind = kinds[start]
            yield Segment("".join(cells[start:at]), styles[kind] if kind >= 0 else plain)
            start = at
