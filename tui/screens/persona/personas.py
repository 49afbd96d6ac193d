"""The personas of a run: who each is, its ballots, where it moved, its memory and ties, and what it is sent."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static, TabbedContent, TabPane

from tui.ordering.engine import Engine, Order
from tui.plaintext import count, one_line
from tui.reading.personas import (
    PersonaBallots,
    PersonaRow,
    PersonasView,
    PersonaView,
    Sent,
    find_persona,
    read_ballots,
    read_members,
    read_persona,
    read_personas,
    read_sent,
    sent_of,
)
from tui.screens.persona.details import about_content, memory_content, sent_content, ties_content
from tui.screens.side import SideScreen
from tui.widgets.bars import letter
from tui.widgets.paged import Paged
from tui.widgets.prose import Prose
from tui.widgets.rowlist import Column, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

__all__ = ["PersonasScreen"]

COLUMNS = (
    Column("persona", 8, share=2),
    Column("community", 10, share=2),
    Column("activity", 8, above=44),
    Column("attributes", 10, share=3, above=56),
)
BALLOT_COLUMNS = (
    Column("asked", 14, share=4),
    Column("held", 9),
    Column("moved by", 8, share=1, above=60),
    Column("reason", 10, share=3, above=60),
)
TABS = ("about", "ballots", "memory", "ties", "prompt")
NEEDS_ENGINE = ("memory", "ties", "prompt")
REST = 0.25
"""Seconds that the cursor rests on a persona before more than its row is read."""
KEPT = 64


class PersonasScreen(SideScreen[PersonasView]):
    """Lists all personas of a run by community, and what is known of the marked one.

    Args:
        persona: to mark; the first where empty. ``item``: whose prompt is shown; the first where empty.
    """

    PLACE = "Personas"
    CSS_PATH = Path(__file__).with_name("persona.tcss")
    GUIDE = """The list has every persona of the run: a simulated member, modelled on one real, pseudonymised member
of its community. Up and down mark one; the tabs say more of it, t and T go through them, and tab leads into what the
open one shows. A group, as name/1, is a smaller circle that was found within the community by its ties.

About: its attributes, how its ballots went, and where and by whom its mind was changed in discussion. Ballots: one
row an item; held says what it held from round to round; Enter opens all ballots on that item, w asks this persona
why. Memory: the norms that it remembers, its own member's posts first. Ties: whom of its panel it listens to.
Prompt: exactly what it was sent for the item marked under Ballots, or would be sent on a language model; what stands
behind ┃ is the same for its whole panel.

Memory, ties and prompts that are not in the run are worked out by the engine, in some seconds."""
    GUIDES: ClassVar[dict[str, str]] = {
        "personas": "Every persona of the run, by community. Up and down mark one; Enter goes to its ballots.",
        "cast": "The marked persona's ballots, a row an item. Enter opens all ballots on the item, w asks why.",
        "tabs": "What is shown of the marked persona. The left and right arrows choose, or t from anywhere.",
        "about": "Who the marked persona is, and where and by whom its mind was changed.",
        "memory": "What the marked persona remembers of its community's norms: its member's own posts first, then "
        "what it recalls most often. Each persona draws its own sample, and one drawn several times weighs so often: "
        "that is where the personas of a panel come to differ.",
        "ties": "Whom of its panel the marked persona listens to in discussion, and who listens back. A tie is the "
        "stronger the more their members replied to each other. How far it follows them all is its community's bond "
        "score, as a part of its bond and identity scores together.",
        "prompt": "What the marked persona was or would be sent, for the item marked under Ballots; ┃ marks what the "
        "whole panel is sent too.",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "tab(1)", "Next tab", id="personas.next_tab"),
        Binding("T", "tab(-1)", "Tab before", show=False, id="personas.tab_before"),
        Binding("w", "why", "Why?", id="personas.why"),
    ]

    def __init__(self, folder: Path, persona: str = "", item: str = "") -> None:
        super().__init__(folder)
        self._persona, self._item, self._item_of = persona, item, ""
        self._view: PersonasView | None = None
        self._rows: Paged[PersonaRow] | None = None
        self._cast: Paged[PersonaBallots] | None = None
        self._here: PersonaRow | None = None
        self._told: dict[tuple[str, str], dict[str, Any]] = {}
        self._sent: dict[tuple[str, str], Sent | None] = {}
        self._asking: tuple[str, str] | None = None
        self._engine: Engine | None = None
        self._since = 0.0
        self._problem = ""

    def body(self) -> ComposeResult:
        """Yield the list, and the tabs about the marked persona."""
        with Container(classes="pair", id="both"):
            yield RowList(COLUMNS, empty="reading the personas…", id="personas")
            with Vertical(id="more"):
                yield Static("", id="state", markup=False)
                with TabbedContent(initial="tab-about", id="tabs"):
                    with TabPane("About", id="tab-about"):
                        yield Prose(id="about")
                    with TabPane("Ballots", id="tab-ballots"):
                        yield RowList(BALLOT_COLUMNS, empty="no item yet", id="cast")
                    with TabPane("Memory", id="tab-memory"):
                        yield Prose(id="memory")
                    with TabPane("Ties", id="tab-ties"):
                        yield Prose(id="ties")
                    with TabPane("Prompt", id="tab-prompt"):
                        yield Prose(id="prompt")

    def on_mount(self) -> None:
        """Give the list the keys, and read."""
        self.query_one("#personas", RowList).focus()
        self.set_interval(0.5, self._draw_state)
        self.action_reload()

    def on_unmount(self) -> None:
        """Leave no process behind that works something out for nobody."""
        if self._engine is not None:
            self.app.run_worker(self._engine.stop, thread=True, group="stopping")

    def read(self) -> PersonasView:
        """Read which panels there are, and where the named persona stands."""
        view = read_personas(self.folder)
        self._place = find_persona(self.folder, self._persona) if self._persona else 0
        return view

    def apply(self, view: PersonasView) -> None:
        """List the personas."""
        first = self._view is None
        self._view = view
        self.query_one(TopBar).show(view.provenance)
        self._rows = Paged(view.total, partial(read_members, self.folder), _cells)
        rows = self.query_one("#personas", RowList)
        empty = (
            "the model was asked for the whole distribution: no persona judged"
            if view.direct
            else "no persona yet"
        )
        rows.show(self._rows, empty=empty)
        if first and self._place:
            rows.cursor = min(self._place, max(0, view.total - 1))
        self._draw_state()

    def action_tab(self, step: int) -> None:
        """Show another tab."""
        tabs = self.query_one(TabbedContent)
        place = (TABS.index(self._tab) + step) % len(TABS)
        tabs.active = f"tab-{TABS[place]}"

    def action_why(self) -> None:
        """Ask the marked persona about its ballot on the marked item."""
        if self._here is None or not self._item:
            self.tell("mark a persona and, under Ballots, an item")
            return
        row = self._here
        self.interface.visit(
            "why", self.folder, item=self._item, community=row.community, persona=row.persona
        )

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        """Read more of the persona, or take the item, on which the cursor now stands."""
        if isinstance(message, RowList.Chosen | RowList.HeaderClicked):
            return
        if message.rows.id == "personas" and self._rows is not None:
            row = self._rows.get(message.index) if message.index < len(self._rows) else None
            if row is not None and row != self._here:
                self._here = row
                self.set_timer(REST, partial(self._more, row))
        elif message.rows.id == "cast" and self._cast is not None and message.index < len(self._cast):
            found = self._cast.get(message.index)
            if found is not None and found.item != self._item:
                self._item = found.item
                self._need()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Go to a persona's ballots, or open all ballots on an item."""
        message.stop()
        if message.rows.id == "personas":
            self.query_one(TabbedContent).active = "tab-ballots"
            self.call_after_refresh(self.query_one("#cast", RowList).focus)
            return
        found = self._cast.get(message.index) if self._cast is not None else None
        if found is None or self._here is None:
            return
        if not found.ballots:
            self.tell("it has not judged this item yet")
            return
        from tui.screens.compare.ballots import BallotsScreen

        self.app.push_screen(BallotsScreen(self.folder, found.item, self._here.community))

    def on_tabbed_content_tab_activated(self, message: TabbedContent.TabActivated) -> None:
        """Read what the tab shows."""
        message.stop()
        self._need()

    class _Persona(SideScreen.Arrived):
        """A persona was summed up."""

    def on_personas_screen__persona(self, message: _Persona) -> None:
        """Draw it."""
        message.stop()
        message.prevent_default()
        found: PersonaView = message.view
        if self._here is None or found.row.persona != self._here.persona:
            return
        if found.row.community != self._item_of:  # its community judges other items
            self._item = self._item if not self._item_of and self._item else found.first
            self._item_of = found.row.community
        self.query_one("#about", Prose).show(about_content(found))
        self._cast = Paged(
            found.judged, partial(read_ballots, self.folder, found.row), _ballot_cells, page=50
        )
        self.query_one("#cast", RowList).show(self._cast)
        self._need()

    class _Told(SideScreen.Arrived):
        """The engine worked out what is not in the run."""

    def on_personas_screen__told(self, message: _Told) -> None:
        """Draw it, where it is still asked for."""
        message.stop()
        message.prevent_default()
        key, found, problem = message.view
        if found is not None:
            self._told[key] = found
            while len(self._told) > KEPT:
                del self._told[next(iter(self._told))]
        if key == self._asking:
            self._asking, self._engine = None, None
            self._problem = problem
            self._draw_told()

    class _SentRead(SideScreen.Arrived):
        """What a persona was sent was looked up in the run."""

    def on_personas_screen__sent_read(self, message: _SentRead) -> None:
        """Draw it; what is not in the run is worked out."""
        message.stop()
        message.prevent_default()
        key, found = message.view
        self._sent[key] = found
        if key == self._key:
            self._need()

    @property
    def _tab(self) -> str:
        return self.query_one(TabbedContent).active.removeprefix("tab-") or TABS[0]

    @property
    def _key(self) -> tuple[str, str]:
        return (self._here.persona if self._here else "", self._item)

    def _more(self, row: PersonaRow) -> None:
        """Read more of a persona, if it is still marked."""
        if row != self._here or not self.is_attached:
            return
        self._problem = ""
        self.in_thread(lambda: read_persona(self.folder, row), self._Persona, group="persona")

    def _need(self) -> None:
        """Have what the open tab shows read from the run, or worked out by the engine."""
        row, tab = self._here, self._tab
        if row is None or tab not in NEEDS_ENGINE:
            self._draw_state()
            return
        if tab == "prompt" and self._item and self._view is not None and not self._view.offline:
            key, item = self._key, self._item
            if key not in self._sent:
                self.in_thread(lambda: (key, read_sent(self.folder, row, item)), self._SentRead, group="sent")
                return
            if self._sent[key] is not None:
                self._draw_told()
                return
        if self._known() is None and self._asking != self._key and not self._problem:
            self._ask(row)
        self._draw_told()

    def _known(self) -> dict[str, Any] | None:
        """Return what the engine told of the marked persona; for memory and ties, with whatever item."""
        if self._tab == "prompt":
            return self._told.get(self._key)
        return next((told for key, told in self._told.items() if key[0] == self._key[0]), None)

    def _ask(self, row: PersonaRow) -> None:
        key, before = self._key, self._engine
        given = [f"--community={row.community}", f"--persona={row.persona}"]
        given += [f"--item={self._item}"] if self._item else []
        order = Order(kind="panel", place=self.folder, given=tuple(given))
        self._asking, self._since = key, time.monotonic()

        def asked() -> tuple[tuple[str, str], dict[str, Any] | None, str]:
            if before is not None:
                before.stop()
            try:
                self._engine = engine = Engine(order)
                return key, engine.answer(), ""
            except ValueError as error:
                return key, None, str(error)

        self.in_thread(asked, self._Told, group="panel")

    def _draw_told(self) -> None:
        self._draw_state()
        told, sent = self._known(), self._sent.get(self._key)
        persona = told["personas"][0] if told else None
        blank = Content.styled("…", "dim")
        if told and persona:
            self.query_one("#memory", Prose).show(memory_content(persona, told["known"]))
            self.query_one("#ties", Prose).show(ties_content(persona, told["susceptibility"]))
            sent = sent or sent_of(persona)
        elif self._tab in ("memory", "ties"):
            self.query_one(f"#{self._tab}", Prose).show(blank)
        if self._tab == "prompt":
            self.query_one("#prompt", Prose).show(
                sent_content(sent, self._item, width=self._width()) if sent or told else blank
            )

    def _width(self) -> int:
        """Return the cells of a line under the tabs, without the scroll bar."""
        return max(20, self.query_one("#more").size.width - 5)

    def on_resize(self) -> None:
        """Fit what is drawn in lines to the new width."""
        self.call_after_refresh(self._draw_told)

    def _draw_state(self) -> None:
        text = ""
        if self._tab in NEEDS_ENGINE and self._asking is not None:
            seconds = int(time.monotonic() - self._since)
            text = f"● the engine works it out from the corpus, without any call… {seconds} s"
        elif self._tab in NEEDS_ENGINE and self._problem:
            text = f"✗ {one_line(self._problem)}"
        elif self._view is not None:
            text = f"{count(self._view.total, 'persona')} in {count(len(self._view.panels), 'panel')}"
        self.query_one("#state", Static).update(text)


def _cells(row: PersonaRow) -> tuple[str, ...]:
    told = [value for _, value in row.attributes] + ([f"group {row.group}"] if row.group else [])
    return row.short, row.community, row.activity, " · ".join(told)


def _ballot_cells(found: PersonaBallots) -> tuple[str, ...]:
    if not found.ballots:
        return found.query or found.item, "…", "", ""
    held: list[str] = []
    for ballot in found.ballots:
        sign = "✗" if ballot.failure else letter(ballot.choice)
        if not held or held[-1] != sign:
            held.append(sign)
    by = [name[name.rfind("#") :] for ballot in found.ballots for name in ballot.moved_by]
    return found.query, " → ".join(held), ", ".join(dict.fromkeys(by)), found.ballots[-1].reason
