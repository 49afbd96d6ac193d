"""The preference data of a run: what its pairs come to as they form, and their rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.widgets import Static

from tui.places import SIDES
from tui.plaintext import count, one_line
from tui.reading.leads import without_lead
from tui.reading.pair_book import Pairing, Thresholds, Which
from tui.reading.preference_data import DataPart, PairReader, PairRow, PairsView, read_rows
from tui.screens.side import SideScreen
from tui.widgets.paged import Paged
from tui.widgets.pair_measures import pair_measures, thresholds_line
from tui.widgets.prose import plain
from tui.widgets.rowlist import Column, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.screens.base import InstrumentScreen
    from tui.screens.generate.export import Exported

__all__ = ["GenerateScreen"]

PERIOD, SOON = 1.0, 0.05
STEP = 0.05
PAIRINGS: tuple[Pairing, ...] = ("all", "best-rest", "best-worst")
WHICH: tuple[Which, ...] = ("kept", "disputed", "all")
PAIR_COLUMNS = (
    Column("", 1),
    Column("community", 10, share=1),
    Column("asked", 10, share=2, above=70),
    Column("chosen", 14, share=3),
    Column("rejected", 14, share=3),
    Column("ahead", 5, right=True),
    Column("prob.", 5, right=True),
    Column("longer", 6, right=True, above=100),
    Column("disp.", 5, right=True, above=90),
)
ROW_COLUMNS = (
    Column("row", 8, share=1, above=80),
    Column("community", 10, share=1),
    Column("prompt", 12, share=2),
    Column("chosen, or text", 14, share=3),
    Column("rejected, or label", 12, share=2),
    Column("ahead", 6, right=True),
)
"""``ahead``: of a labelled text its share."""
SIGNS = {True: "✓", False: "·"}


class GenerateScreen(SideScreen[PairsView]):
    """Reads on as long as the run goes on, and answers every threshold at once."""

    PLACE = SIDES["generate"]
    CSS_PATH = Path(__file__).with_name("generate.tcss")
    GUIDE = """Preference data: of every two options that a community judged, the one that it prefers becomes the
chosen text and the other the rejected one. Here is what this run gives so far; while it goes on, the figures grow.

First look at the two pictures. On the left, how far the chosen text is ahead; on the right, how probable it is that
this order is right, given how many ballots there are. m lowers the least margin that is asked for and M raises it, p
and P do so with the least probability; full columns █ would be kept, light ones ░ dropped. w changes which pairs of
each set are asked for.

Below them stand biases. A reward model learns from what chosen texts share, so the chosen text should be about as
often the longer one as not. A pair is disputed where another community prefers the opposite.

The list shows the rows: d changes between kept, disputed and all pairs; where none is kept, all are listed. t goes
to the rows that were written already, part by part, and back. Enter opens one in full. x writes them as training
data."""
    GUIDES: ClassVar[dict[str, str]] = {
        "measures-scroll": "What the pairs come to: margins and probabilities, kept █ or dropped ░ by the "
        "thresholds ▲, then biases with their 95 % intervals (├─┤), then each community's pairs and labels. m M p P "
        "move the thresholds.",
        "rows": "The pairs as rows: ✓ would be kept, · dropped. Enter opens one with its whole texts; d changes "
        "between kept, disputed and all; t shows the rows that were written.",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "margin(-1)", "Margin −", show=False, id="generate.margin_down"),
        Binding("M", "margin(1)", "Margin", key_display="m/M", tooltip="Margin +", id="generate.margin_up"),
        Binding("p", "probability(-1)", "Probability −", show=False, id="generate.probability_down"),
        Binding(
            "P",
            "probability(1)",
            "Prob.",
            key_display="p/P",
            tooltip="Probability +",
            id="generate.probability_up",
        ),
        Binding("w", "pairing", "Which pairs", show=False, id="generate.pairing"),
        Binding("d", "which", "Kept/all", id="generate.which"),
        Binding("x", "export", "Export", id="generate.export"),
        Binding("t", "part", "Rows", id="generate.part"),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._reader = PairReader(folder)
        self._thresholds = Thresholds()
        self._which: Which = "kept"
        self._part: DataPart | None = None
        self._exports: list[Path] = []
        self._view: PairsView | None = None
        self._listed: tuple[Any, ...] = ()
        self._busy = self._again = False
        self._opens: int | None = None

    def body(self) -> ComposeResult:
        """Yield the pictures beside the rows."""
        yield Static("reading the judgements…", id="said", markup=False)
        with Container(classes="pair", id="both"):
            with VerticalScroll(id="measures-scroll"):
                yield Static(id="measures", markup=False)
            yield RowList(PAIR_COLUMNS, empty="no pair yet", id="rows")

    def on_mount(self) -> None:
        """Look, and go on looking."""
        self.query_one("#rows").focus()
        self.action_reload()

    def action_reload(self) -> None:
        """Look, or look once more after the look that is under way."""
        if self._busy:
            self._again = True
            return
        self._busy = True
        super().action_reload()

    def read(self) -> PairsView:
        """Read what came and measure it."""
        return self._reader.look(self._thresholds, self._which, tuple(self._exports))

    def apply(self, view: PairsView) -> None:
        """Draw it."""
        self._busy = False
        self._view = view
        self.query_one(TopBar).show(view.provenance)
        self._draw()
        self._list(view)
        if self._again or view.more:
            self._again = False
            self.set_timer(SOON, self.action_reload)
        elif view.state in ("running", "paused") or view.read < view.done:
            self.set_timer(PERIOD, self._look_on)

    def on_instrument_screen_failed(self, message: InstrumentScreen.Failed) -> None:
        """Let another look be taken; what was wrong is said as on every screen."""
        self._busy = False
        if self._view is None:
            self.query_one("#said", Static).update(plain(f"✗ {message.problem}"))

    def on_resize(self) -> None:
        """Fit the pictures."""
        self.call_after_refresh(self._draw)

    def action_margin(self, step: int) -> None:
        """Ask for more or less of a margin."""
        margin = min(1.0, max(0.0, round(self._thresholds.margin + step * STEP, 2)))
        self._ask(replace(self._thresholds, margin=margin))

    def action_probability(self, step: int) -> None:
        """Ask for a more or a less probable order; below 0.5 for none."""
        here = self._thresholds.probability
        if here is None:
            wanted = 0.5 if step > 0 else None
        else:
            wanted = min(1.0, round(here + step * STEP, 2))
            wanted = None if wanted < 0.5 else wanted
        self._ask(replace(self._thresholds, probability=wanted))

    def action_pairing(self) -> None:
        """Ask for other pairs of each set."""
        here = PAIRINGS.index(self._thresholds.pairing)
        self._ask(replace(self._thresholds, pairing=PAIRINGS[(here + 1) % len(PAIRINGS)]))

    def action_which(self) -> None:
        """List kept, disputed or all pairs."""
        self._which = WHICH[(WHICH.index(self._which) + 1) % len(WHICH)] if self._part is None else "kept"
        self._part = None
        self._start_list()

    def action_part(self) -> None:
        """List the next part of the data that was written, and after the last one the run's pairs."""
        parts = () if self._view is None else self._view.parts
        if not parts:
            self.tell("Nothing of this run is written yet: x exports it.")
            return
        at = parts.index(self._part) + 1 if self._part in parts else 0
        self._part = parts[at] if at < len(parts) else None
        self._start_list()

    def action_export(self) -> None:
        """Choose what is written, and where to."""
        from tui.screens.generate.export import ExportScreen

        if self._view is None or not self._view.read:
            self.tell("There is no judgement yet to be written.", wrong=True)
            return
        self.app.push_screen(ExportScreen(self.folder, self._view.provenance, self._thresholds))

    def on_exported(self, message: Exported) -> None:
        """Show what was written."""
        message.stop()
        self._exports.append(message.folder)
        self.tell(f"{count(message.pairs, 'pair')} written to {message.folder}; t shows the rows.")
        self.action_reload()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open a row in full."""
        from tui.screens.generate.row import RowScreen

        view, rows = self._view, self.query_one("#rows", RowList).rows
        if view is None or not isinstance(rows, Paged):
            return
        found = rows.get(message.index)
        if isinstance(found, PairRow):
            self.app.push_screen(RowScreen(self.folder, view.provenance, found))
        elif found is not None and self._part is not None:
            place = f"{self._part.name}/{message.index}"
            self.app.push_screen(RowScreen(self.folder, view.provenance, place, data=self._part.data))

    def _look_on(self) -> None:
        if self.is_current:
            self.action_reload()
        else:
            self.set_timer(PERIOD, self._look_on)

    def _ask(self, thresholds: Thresholds) -> None:
        if thresholds != self._thresholds:
            self._thresholds = thresholds
            self._draw_said()
            self.action_reload()

    def _start_list(self) -> None:
        self.query_one("#rows", RowList).cursor = 0
        self.action_reload()

    def _draw(self) -> None:
        view = self._view
        if view is None:
            return
        width = self.query_one("#measures-scroll").scrollable_content_region.width or self.size.width
        self.query_one("#measures", Static).update(pair_measures(view.measured, width))
        self._draw_said()

    def _draw_said(self) -> None:
        view = self._view
        if view is None:
            return
        found = view.measured
        read = "" if view.read == view.total else f" · {view.read:,} of {count(view.total, 'judgement')} read"
        if self._part is not None:
            listed = f"{self._part.name} as written, t goes on"
        elif self._which == "kept" and not found.kept and found.pairs:
            listed = "all pairs, as none is kept"
        else:
            listed = f"{self._which} pairs"
        kept = f"{found.kept:,} kept of {count(found.pairs, 'pair')} · {found.disputes:,} disputed"
        first = f"{kept}{read} · list: {listed}"
        self.query_one("#said", Static).update(plain(f"{first}\n{thresholds_line(self._thresholds)}"))

    def _list(self, view: PairsView) -> None:
        """Have the list show what is asked for, unless it does already."""
        rows = self.query_one("#rows", RowList)
        part = self._part
        if part is not None:
            wanted: tuple[Any, ...] = (part,)
            if wanted != self._listed:
                rows.set_columns(ROW_COLUMNS)
                rows.show(Paged(part.rows, lambda first, size: read_rows(part, first, size), _written_cells))
        else:
            found = view.measured
            wanted = (found.thresholds, self._which, len(found.shown), view.read)
            if wanted != self._listed:
                rows.set_columns(PAIR_COLUMNS)
                fetched = Paged(
                    len(found.shown),
                    lambda first, size: self._reader.rows(found, first, size),
                    lambda row: _pair_cells(row, view.lead),
                )
                rows.show(
                    fetched, empty="no pair is kept by these thresholds" if view.read else "no pair yet"
                )
        self._listed = wanted


def _pair_cells(row: PairRow, lead: str = "") -> tuple[str, ...]:
    return (
        SIGNS[row.kept],
        row.community,
        without_lead(row.query, lead),
        row.chosen,
        row.rejected,
        f"{row.margin:.2f}",
        "–" if row.probability is None else f"{row.probability:.2f}",
        f"{row.length:+,}",
        str(row.against) if row.against else "",
    )


def _written_cells(row: dict[str, Any]) -> tuple[str, ...]:
    rejected = row.get("rejected", row.get("label"))
    ahead = row["share_chosen"] - row["share_rejected"] if "share_chosen" in row else row.get("share")
    return (
        str(row.get("row", "")),
        str(row.get("community", "")),
        _text(row.get("prompt", "")),
        _text(row.get("chosen", row.get("completion", row.get("candidates", "")))),
        {True: "+ above", False: "− below", None: ""}[rejected]
        if isinstance(rejected, bool | None)
        else _text(rejected),
        "" if ahead is None else f"{ahead:.2f}",
    )


def _text(value: Any) -> str:
    """Return the last message of a conversation, or a text, as much as a list shows of it."""
    if isinstance(value, list) and value:
        value = value[-1]
    if isinstance(value, dict):
        value = value.get("content", value.get("text", ""))
    return one_line(str(value))
