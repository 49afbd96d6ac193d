"""A question to the communities of a corpus: what is asked, of whom, with which options, and what it would take."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static, TextArea
from textual.worker import get_current_worker

from personas.errors import InputError
from personas.manifest import Manifest
from simulator.item import Item, Option
from tui.ordering.choices import Choice
from tui.ordering.engine import Engine, free_folder
from tui.ordering.estimating import estimated
from tui.ordering.orders import dry
from tui.plaintext import one_line
from tui.reading.provenance import Provenance, provenance_of_corpus
from tui.screens.ask.order import AskOrder
from tui.screens.base import InstrumentScreen
from tui.widgets.community_pick import CommunityPick
from tui.widgets.fields import Field, Fields
from tui.widgets.model_fields import ModelFields
from tui.widgets.prose import Prose, heading, plain
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.reading.estimates import EstimateView

__all__ = ["CorpusView", "QuestionScreen"]

CHOICES = (
    Choice(
        name="write",
        label="Or write",
        hint="so many options, by the personas",
        kind="whole",
        least=2,
    ),
    Choice(
        name="panel", label="Panel", hint="personas in each community", kind="whole", default="32", least=1
    ),
    Choice(name="rounds", label="Rounds", hint="of discussion, at most; empty: 3", kind="whole", least=0),
    Choice(
        name="seed",
        label="Seed",
        hint="the same seed gives the same answers",
        kind="whole",
        default="7",
        least=0,
    ),
    Choice(name="out", label="Folder", hint="for the answers", needed=True),
)
UNSETTLED = frozenset({"out", "max_cost", "max_tokens", "max_calls", "at_once"})
"""Choices that an estimate does not depend on."""
OFFLINE = "No model is called and nothing is paid: the offline engine judges, by the communities' norms."


@dataclass(frozen=True, kw_only=True, slots=True)
class CorpusView:
    """A corpus to ask: its communities with their members, and a folder that is free for the answers."""

    provenance: Provenance
    communities: tuple[tuple[str, int], ...]
    by_graph: bool
    out: Path


class QuestionScreen(InstrumentScreen[CorpusView]):
    """Asks for the question, and starts the engine.

    Args:
        folder: of the corpus.
    """

    PLACE = "Ask"
    CSS_PATH = Path(__file__).with_name("ask.tcss")
    GUIDE = """Type a question, then its options, one a line; ctrl+s or Ask starts. Every community's personas vote on
the options, and the next screen shows each preference as it forms. Tab goes from field to field.

In place of options, the personas can write some: leave the options empty and say how many. Each community then writes
its own. Space in the list of communities chooses some; with none chosen, all are asked.

Without a model the offline engine judges by what each community endorsed; it costs nothing and takes some seconds.
With one, Ask first tells what it would take, without any call, and a second Ask begins. A limit that is set is
never exceeded. The answers are a run of their own, kept in the folder that is named. esc leads back, and keeps what
was typed. The offline engine goes by words alone: options that say in a sentence what they are for are told apart
better than "yes" and "no"."""
    GUIDES: ClassVar[dict[str, str]] = {
        "query": "What the communities are asked, in one line. Enter goes on to the options.",
        "options": "The options, one a line, two or more. Leave it empty to have them written by the personas.",
        "choices": "How many personas vote in each community, how many rounds they discuss, and where it is kept.",
        "communities": "Which communities are asked. Space chooses the marked one; with none chosen, all are.",
        "model-fields": "A language model to judge, and how it is reached. Empty for the offline engine.",
        "taking": "What asking would take. f5 has the engine tell it, without any call.",
        "buttons": "Ask starts. Estimate tells what it would take on a model.",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "ask", "Ask", priority=True, id="ask.start"),
        Binding("f5", "estimate", "Estimate", id="ask.estimate"),
        Binding("f1", "app.guide", "Help", id="ask.help", tooltip="Help, from within a field"),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._starting = False
        self._estimate: tuple[tuple[str, ...], EstimateView] | None = None
        self._asking: tuple[str, ...] | None = None
        self._since = 0.0

    def body(self) -> ComposeResult:
        """Yield the question, the options and the choices."""
        with Container(id="parts"):
            with VerticalScroll(id="fields", can_focus=False):
                yield Static("Question", classes="label -first", markup=False)
                yield Input(placeholder="What is asked of every community", compact=True, id="query")
                yield Static("Options, one a line", classes="label", markup=False)
                yield TextArea(tab_behavior="focus", show_line_numbers=False, id="options")
                yield CommunityPick(id="communities")
                yield Fields(CHOICES, id="choices")
                yield ModelFields(id="model-fields")
            with Vertical(id="side"):
                yield Prose(id="taking")
                yield Static("", id="problem", markup=False)
                with Horizontal(id="buttons"):
                    yield Button("Ask", id="start", variant="primary", compact=True)
                    yield Button("Estimate", id="estimate", compact=True)

    def on_mount(self) -> None:
        """Look at the corpus, and show that time passes while the engine is asked."""
        query, options = self.interface.drafts.get(self.folder, ("", ""))
        self.query_one("#query", Input).value = query
        self.query_one("#options", TextArea).text = options
        self.query_one("#query", Input).focus()
        self.set_interval(1, self._tick)
        self.action_reload()

    def read(self) -> CorpusView:
        """Read what can be asked."""
        manifest = Manifest.load(self.folder)
        return CorpusView(
            provenance=provenance_of_corpus(manifest, self.folder),
            communities=tuple((entry.name, entry.members) for entry in manifest.communities),
            by_graph=manifest.ballot == "agreement",
            out=free_folder(self.folder, "ask"),
        )

    def apply(self, view: CorpusView) -> None:
        """Propose the folder, and list the communities."""
        self.query_one(TopBar).show(view.provenance)
        field = self.query_one("#choices", Fields).field("out")
        if not field.value:
            field.value = str(view.out)
        pick = self.query_one(CommunityPick)
        pick.display = not view.by_graph and len(view.communities) > 1
        pick.show(view.communities)
        self._draw()

    def on_fields_changed(self) -> None:
        """See what the choices come to now."""
        self._draw()

    def on_community_pick_changed(self) -> None:
        """See what the choices come to now."""
        self._draw()

    def on_input_changed(self) -> None:
        """See what the question comes to now."""
        self._draw()

    def on_text_area_changed(self) -> None:
        """See what the options come to now."""
        self._draw()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Go on from the question to the options; from another field, ask."""
        if message.input.id == "query":
            self.query_one("#options", TextArea).focus()
        else:
            self.action_ask()

    def on_button_pressed(self, message: Button.Pressed) -> None:
        """Ask, or tell what it would take."""
        message.stop()
        if message.button.id == "estimate":
            self.action_estimate()
        else:
            self.action_ask()

    def action_leave(self) -> None:
        """Go back, and keep what was typed for the next time."""
        self.interface.drafts[self.folder] = self._typed
        super().action_leave()

    @property
    def _typed(self) -> tuple[str, str]:
        return self.query_one("#query", Input).value, self.query_one("#options", TextArea).text

    def action_estimate(self) -> None:
        """Have the engine tell what asking would take."""
        if not self.query_one(ModelFields).model:
            self.tell("Without a model no call is made, so there is nothing to estimate.")
            return
        order = self._order()
        if order is None or self._asking == self._deciding(order):
            return
        deciding = self._deciding(order)
        self._asking, self._since = deciding, time.monotonic()

        def told() -> tuple[tuple[str, ...], EstimateView | None]:
            worker = get_current_worker()
            return deciding, estimated(
                dry(order), cancelled=lambda: worker.is_cancelled, told=lambda said: None
            )

        self.in_thread(told, self._Estimated, group="estimate")
        self._draw()

    def action_ask(self) -> None:
        """Start the engine; with a model, once it was told what that takes."""
        order = self._order()
        if order is None or self._starting:
            return
        known = self._estimate is not None and self._estimate[0] == self._deciding(order)
        if self.query_one(ModelFields).model and not known:
            self.action_estimate()
            return
        self._starting = True
        self.in_thread(lambda: self._begun(order), self._Begun, group="engine")

    class _Estimated(InstrumentScreen.Arrived):
        """It is known what asking would take."""

    def on_question_screen__estimated(self, message: _Estimated) -> None:
        """Draw it."""
        message.stop()
        message.prevent_default()
        deciding, found = message.view
        if deciding == self._asking and found is not None:
            self._asking = None
            self._estimate = deciding, found
        self._draw()

    class _Begun(InstrumentScreen.Arrived):
        """The engine was started."""

    def on_question_screen__begun(self, message: _Begun) -> None:
        """Watch the answers come."""
        message.stop()
        message.prevent_default()
        engine: Engine = message.view
        self.interface.drafts.pop(self.folder, None)
        self.interface.begun(engine.order, engine)
        self.interface.leave()
        if engine.order.out is not None:
            self.interface.visit("answers", engine.order.out, fresh=True)

    def on_instrument_screen_failed(self, message: InstrumentScreen.Failed) -> None:
        """Let the user mend it and ask again."""
        message.prevent_default()
        message.stop()
        self._starting, self._asking = False, None
        self._say(message.problem)
        self._draw()

    @staticmethod
    def _begun(order: AskOrder) -> Engine:
        """Start the engine, in a folder that holds nothing yet.

        Raises:
            InputError: the folder holds something, or the engine cannot be started.
        """
        out = order.out
        if out is not None and out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise InputError("it is there already", where=str(out), remedy="name another folder")
        return Engine(order)

    def _order(self) -> AskOrder | None:
        """Return the order; None where something is wrong, which is then said and gone to."""
        self._say("")
        query = self.query_one("#query", Input).value.strip()
        options = [
            line.strip() for line in self.query_one("#options", TextArea).text.splitlines() if line.strip()
        ]
        choices, model = self.query_one("#choices", Fields), self.query_one(ModelFields)
        problems = {**choices.problems, **model.problems}
        for name, problem in problems.items():
            self._say(f"{self.query_one(f'#field-{name}', Field).choice.label.lower()}: {problem}")
            self.query_one(f"#{name}").focus()
            return None
        values = choices.values
        try:
            _check(query, options, writes="write" in values)
        except InputError as error:
            self._say(str(error))
            self.query_one("#options" if query else "#query").focus()
            return None
        return AskOrder(
            kind="ask",
            place=self.folder,
            out=Path(values["out"]).expanduser(),
            given=(
                *(f"--option={option}" for option in options),
                *(
                    part
                    for field in choices
                    if field.choice.name != "out"
                    for part in field.choice.given(field.value)
                ),
                *self.query_one(CommunityPick).given,
                *model.given,
            ),
            query=query,
        )

    def _deciding(self, order: AskOrder) -> tuple[str, ...]:
        """Return what an estimate depends on."""
        free = {f"--{name.replace('_', '-')}" for name in UNSETTLED}
        parts = list(order.given)
        kept = [part for place, part in enumerate(parts) if part not in free and parts[place - 1] not in free]
        return (order.query, *kept)

    def _say(self, problem: str) -> None:
        self.query_one("#problem", Static).update(plain(f"✗ {one_line(problem)}" if problem else ""))

    def _tick(self) -> None:
        if self._asking is not None:
            self._draw()

    def _draw(self) -> None:
        self.query_one("#taking", Prose).show(Content("\n").join(self._taking()))

    def _taking(self) -> list[Content]:
        model = self.query_one(ModelFields)
        parts = [heading("What it takes")]
        if not model.model:
            return [*parts, plain(OFFLINE)]
        if self._asking is not None:
            seconds = int(time.monotonic() - self._since)
            return [*parts, plain(f"the engine reckons it, without any call… {seconds} s")]
        if self._estimate is None:
            return [*parts, plain("Not known yet: f5, or Ask, has the engine tell it without any call.")]
        limits = {name: value for name, value in model.values.items() if name.startswith("max_")}
        found = self._estimate[1]
        parts += [plain(line) for line in found.lines(limits)]
        price = found.price_within(limits.get("max_cost", ""))
        return [*parts, plain(f"Ask again to begin: {price}. Changed choices are reckoned anew.")]


def _check(query: str, options: list[str], *, writes: bool) -> None:
    """See that there is a question with options, or a number of options to write.

    Raises:
        InputError: there is not.
    """
    if not query:
        raise InputError("the question is empty", remedy="type what is asked")
    if writes and options:
        raise InputError("both options and a number to write", remedy="leave one of them empty")
    if writes:
        return
    if len(options) < 2:
        raise InputError(
            "fewer than two options", remedy="type two or more, one a line, or say how many are to be written"
        )
    Item(item="ask", query=query, options=tuple(Option(text=text) for text in options))
