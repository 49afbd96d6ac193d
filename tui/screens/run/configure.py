"""What a run is started with: every choice, what it would take, and the start of its engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from weakref import WeakKeyDictionary

from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Static

from simulator.export.writing.staging import RUN
from tui.ordering.orders import chosen_order
from tui.ordering.run_choices import ON_A_MODEL, ONLY_OF_BENCHMARKS, ONLY_OF_CORPORA, OUT, RunKind, sections
from tui.reading.provenance import Provenance
from tui.screens.base import InstrumentScreen
from tui.screens.run.begin import Ready, begin, find_ready, place_problems
from tui.screens.run.taking import FREE, Taking
from tui.widgets.community_pick import CommunityPick
from tui.widgets.fields import Field, Fields
from tui.widgets.fold import Fold
from tui.widgets.model_fields import ModelFields
from tui.widgets.prose import plain
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import App, ComposeResult

    from tui.ordering.engine import Engine, Order
    from tui.screens.run.begin import PlaceEntry

__all__ = ["ConfigureScreen"]

WHAT = {
    "simulate": "Panels of personas judge the items that are held out of this corpus.",
    "bench": "The benchmark: simulated preferences held against real votes, with baselines and ceiling.",
    "generate": "Preference data: responses to your prompts, the communities' ballots on them, training pairs.",
}
PLACES = {"simulate": "New run", "bench": "New benchmark run", "generate": "New preference data"}
SEPARATOR = "\0"
"""Between names of communities that are remembered; no name holds it."""
_remembered: WeakKeyDictionary[App[object], dict[tuple[Path, str], dict[str, str]]] = WeakKeyDictionary()
"""The last choices of each interface, by place and kind; they last as long as it does."""


class ConfigureScreen(InstrumentScreen[Ready]):
    """Asks for the choices, says what they would take, and starts the engine.

    Args:
        place: the corpus or the benchmark. ``kind``: what is to be done with it.
    """

    CSS_PATH = Path(__file__).with_name("configure.tcss")
    GUIDE = """Here a run is put together and started. What is filled in already is a sound beginning: without
a model nothing has to be changed, and Enter in a field, or Start, begins the run.

Tab and shift+tab go from field to field; of several choices in a line, ● is the chosen one, and the left and right
arrows choose. What is wrong with a field is said behind it. The folded lines ▶ open with Enter and hold what is
seldom changed.

Without a model the offline engine judges: it asks nobody, costs nothing, and is no language model. With one, first
see what it would take (f5, or Start): calls, tokens and cost, without any call being made. A second Start begins
the run; a limit that is set is never exceeded, and a run that reaches it can be gone on with.

The engine is a process of its own and writes to the folder that is named. Leaving the interface does not stop it. A
folder that holds the same run unfinished is gone on with."""
    GUIDES: ClassVar[dict[str, str]] = {
        "section-main": "How much is judged: the panel is the number of personas that vote in each community, the "
        "seed makes a run repeatable, items limits how many questions are judged. Of preference data: the candidates "
        "are the responses to each prompt; negatively correlated, alike ones shut each other out. Shared: all "
        "communities judge one set; own: each judges what it wrote; crossed: each judges what all wrote.",
        "where": "The folder that the run is written to. One that is not there is made; one that holds the same "
        "run unfinished is gone on with.",
        "model": "A language model as provider/model, such as openai/gpt-5-mini, or hosted_vllm/NAME with the "
        "address of your own server. Leave it empty for the offline engine, which costs nothing.",
        "model-fields": "How the model is reached, what it may cost, and how its personas answer. A limit that is "
        "set is never exceeded. An empty field shows in grey what then holds.",
        "communities-pick": "The communities that judge. Space marks one; with none marked, all judge.",
        "folds": "Choices that are seldom made, folded away: Enter opens a line ▶ and closes it again. What was "
        "chosen in one stands behind its name.",
        "section-held-out": "Which questions are held out to be judged; the personas never see them or later posts.",
        "section-measured": "What the benchmark measures beside the simulation itself.",
        "section-who": "Whether communities are as the source names them or found in the graph of ties, and how.",
        "section-how": "How long personas discuss, how texts are compared, and how norms are weighed.",
        "section-kept": "Which pairs of responses become training data, by how sure the community's ballots are.",
        "section-written": "The files that the training data is written to.",
        "section-model-more": "How personas on the model are asked, besides.",
        "estimate": "What the run would take. f5 asks the engine, which makes no call for it. The arrow keys scroll.",
        "buttons": "Estimate says what a run on a model would take. Start begins it.",
    }
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (136, "-wide")]  # noqa: RUF012  so it is declared upstream
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "start", "Start", id="configure.start"),
        Binding("f5", "estimate", "Estimate", id="configure.estimate"),
        Binding("f1", "app.guide", "Help", id="configure.help", tooltip="Help, from within a field"),
    ]

    def __init__(self, place: PlaceEntry, kind: RunKind = "simulate") -> None:
        self.PLACE = PLACES[kind]  # type: ignore[misc]  # one screen, named for what it starts
        super().__init__()
        self._place = place
        self._kind: RunKind = kind
        self._starting = False
        self._known: dict[str, str] = {}

    def body(self) -> ComposeResult:
        """Yield the choices, and what they come to."""
        self._known = known = dict(self._memory.get((self._place.folder, self._kind), {}))
        first, *folded = sections(self._kind)
        with Container(id="parts"):
            with VerticalScroll(id="fields", can_focus=False):
                yield Static(plain(WHAT[self._kind]), classes="note", markup=False)
                yield Fields(first.choices, known, id=f"section-{first.name}")
                yield Fields((OUT,), id="where")
                yield ModelFields(known, id="model-fields")
                if self._kind == "generate":
                    chosen = tuple(name for name in known.get("community", "").split(SEPARATOR) if name)
                    yield CommunityPick(chosen, id="communities-pick")
                with Vertical(id="folds"):
                    for section in folded:
                        yield Fold(section, known)
                    yield Fold(ON_A_MODEL, known)
            with Vertical(id="side"):
                yield Taking(self._kind, id="estimate")
                yield Static("", id="problem", markup=False)
                with Horizontal(id="buttons"):
                    yield Button("Start", id="start", variant="primary", compact=True)
                    yield Button("Estimate", id="ask", compact=True)

    def on_mount(self) -> None:
        """Say what it is about, and look at the place and for a folder that is free."""
        entry = self._place
        self.query_one(TopBar).show(
            Provenance(
                name=entry.folder.name,
                corpus=entry.title,
                source=entry.source,
                licence=entry.licence,
                folder=entry.folder,
                fictional=entry.fictional,
            )
        )
        self.query(Input).first().focus()
        self.action_reload()

    def read(self) -> Ready:
        """Find a folder that is free, and whether the place is a benchmark."""
        return find_ready(self._place.folder, self._kind)

    def apply(self, view: Ready) -> None:
        """Propose the folder, and ask for no more than the place leaves open."""
        field = self.query_one("#where", Fields).field("out")
        if not field.value:
            field.value = str(view.folder)
        for name, offered in (
            *((name, not view.benchmark) for name in ONLY_OF_CORPORA),
            *((name, view.benchmark) for name in ONLY_OF_BENCHMARKS),
        ):
            for fields in self._fields:
                if name in fields.kept:
                    fields.offer(name, offered)
        for fold in self.query(Fold):
            fold.tell()
        self._follow()

    def on_fields_changed(self, message: Fields.Changed) -> None:
        """See what the choices come to now, and whether the folders and files that are named can be used."""
        self._say("")
        for fold in self.query(Fold):
            fold.tell()
        if {"out", "prompt_file", "exclude"} & message.fields.kept.keys():
            self._look_at_places()
        self._follow()

    def on_community_pick_changed(self) -> None:
        """See what the choices come to now."""
        self._follow()

    def on_taking_counted(self, message: Taking.Counted) -> None:
        """List the communities that there are."""
        message.stop()
        for pick in self.query(CommunityPick):
            pick.show(message.count.communities)

    def on_taking_asked(self, message: Taking.Asked) -> None:
        """Say on the button what it does now."""
        message.stop()
        self._label()

    def on_button_pressed(self, message: Button.Pressed) -> None:
        """Start, or estimate."""
        message.stop()
        if message.button.id == "ask":
            self.action_estimate()
        else:
            self.action_start()

    def on_input_submitted(self) -> None:
        """Start."""
        self.action_start()

    def action_estimate(self) -> None:
        """Have the engine say what a run on the model would take."""
        order = self._order()
        if order is None:
            return
        if not self.query_one(ModelFields).model:
            self.tell("Without a model no call is made, so there is nothing to estimate.")
            return
        self.query_one(Taking).ask(order, self._deciding)

    def action_start(self) -> None:
        """Start the engine, unless a field cannot be used, or what the model takes was not told yet."""
        order = self._order()
        if order is None or self._starting:
            return
        if self.query_one(ModelFields).model and not self.query_one(Taking).told(self._deciding):
            self.query_one(Taking).ask(order, self._deciding)
            return
        self._starting = True
        self._remember()
        self.in_thread(lambda: begin(order, self._kind), self._Begun, group="engine")

    class _Looked(InstrumentScreen.Arrived):
        """The folders and files that are named were looked at."""

    def on_configure_screen__looked(self, message: _Looked) -> None:
        """Say what is wrong with them behind their fields."""
        message.stop()
        message.prevent_default()
        looked, problems = message.view
        for fields in self._fields:
            for field in fields:
                name = field.choice.name
                if name in looked and field.value.strip() == looked[name]:
                    field.say(problems.get(name, ""))

    class _Begun(InstrumentScreen.Arrived):
        """The engine was started."""

    def on_configure_screen__begun(self, message: _Begun) -> None:
        """Watch it."""
        message.stop()
        message.prevent_default()
        engine: Engine = message.view
        out = engine.order.out
        self.interface.begun(engine.order, engine)
        self.interface.leave()
        if out is not None:
            folder = out / RUN if self._kind == "generate" else out
            self.interface.engines[folder.resolve()] = engine
            self.interface.visit("run", folder)

    def on_instrument_screen_failed(self, message: InstrumentScreen.Failed) -> None:
        """Let the user mend it and start again."""
        message.prevent_default()
        message.stop()
        self._starting = False
        self._say(message.problem)

    def action_leave(self) -> None:
        """Go back; the choices are there again next time."""
        self._remember()
        super().action_leave()

    @property
    def _fields(self) -> tuple[Fields, ...]:
        """The fields outside those of the model."""
        model = self.query_one(ModelFields)
        return tuple(fields for fields in self.query(Fields) if model not in fields.ancestors)

    @property
    def _memory(self) -> dict[tuple[Path, str], dict[str, str]]:
        return _remembered.setdefault(self.app, {})

    @property
    def _values(self) -> dict[str, str]:
        """What is chosen, by name; further choices of a model only where there is one."""
        model = self.query_one(ModelFields)
        found: dict[str, str] = {}
        for fields in self._fields:
            if model.model or fields.id != "section-model-more":
                found |= fields.values
        return {**found, **model.values}

    @property
    def _deciding(self) -> tuple[tuple[str, str], ...]:
        """What an estimate depends on."""
        chosen = SEPARATOR.join(name for pick in self.query(CommunityPick) for name in pick.chosen)
        kept = {**self._values, "community": chosen}
        return tuple(sorted((name, value) for name, value in kept.items() if name not in FREE))

    def _look_at_places(self) -> None:
        named = {name: self._values.get(name, "") for name in ("out", "prompt_file", "exclude")}
        self.in_thread(lambda: (named, place_problems(named, self._kind)), self._Looked, group="places")

    def _order(self) -> Order | None:
        """Return the order; None where something is wrong, which is then said and gone to."""
        model = self.query_one(ModelFields)
        more = [] if model.model else ["section-model-more"]
        for fields in self._fields:
            for name, problem in fields.problems.items() if fields.id not in more else ():
                self._go_to(fields.field(name), problem)
                return None
        for name, problem in model.problems.items():
            self._go_to(model.field(name), problem)
            return None
        values = self._values
        prompts = values.get("prompt_file")
        given = tuple(
            part
            for fields in self._fields
            if fields.id != "where" and fields.id not in more
            for field in fields
            if field.display and field.choice.name != "prompt_file"
            for part in field.choice.given(field.value)
        )
        asked = tuple(part for pick in self.query(CommunityPick) for part in pick.given)
        return chosen_order(
            self._kind,
            self._place.folder,
            out=Path(values["out"]).expanduser(),
            given=(*given, *asked, *model.given),
            prompts=Path(prompts).expanduser() if prompts else None,
        )

    def _go_to(self, field: Field, problem: str) -> None:
        named = f" is {field.value.strip()!r}" if field.value.strip() else ""
        value = named if field.choice.kind not in ("whole", "figure") else named.replace("'", "")
        self._say(f"{field.choice.label.lower()}{value}; {problem}")
        for fold in self.query(Fold):
            if field in fold:
                fold.collapsed = False
        self.call_after_refresh(field.reach)

    def _say(self, problem: str) -> None:
        told = self.query_one("#problem", Static)
        told.set_class(bool(problem), "-said")
        told.update(plain(f"✗ {problem}" if problem else ""))

    def _follow(self) -> None:
        """Have what the choices come to counted and drawn anew."""
        chosen = sum(len(pick.chosen) for pick in self.query(CommunityPick))
        self.query_one(Taking).follow(self._place.folder, self._values, self._deciding, chosen=chosen)
        self._label()

    def _label(self) -> None:
        taking, model = self.query_one(Taking), self.query_one(ModelFields).model
        told = taking.told(self._deciding) if model else None
        start, ask = self.query_one("#start", Button), self.query_one("#ask", Button)
        ask.display = bool(model)
        if not model:
            start.label = Content("Start")
        else:
            most = self._values.get("max_cost", "")
            start.label = Content(
                f"Start: {told.price_within(most)}" if told else "Start, after the estimate"
            )
        start.refresh(layout=True)

    def _remember(self) -> None:
        kept = dict(self.query_one(ModelFields).kept)
        for fields in self._fields:
            kept |= fields.kept
        kept.pop("out", None)
        kept["community"] = SEPARATOR.join(name for pick in self.query(CommunityPick) for name in pick.chosen)
        self._memory[self._place.folder, self._kind] = kept
