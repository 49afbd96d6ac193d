"""Why a persona chose as it did: the account of its figures offline, or its own answer from a language model."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Label, Static

from tui.ordering.engine import Engine, Order
from tui.plaintext import one_line
from tui.reading.whys import WhyView, read_why
from tui.screens.ask.reasons import account_content, said_content
from tui.screens.base import InstrumentScreen
from tui.spent import money
from tui.widgets.bars import letter
from tui.widgets.prose import Prose, heading, plain
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

__all__ = ["WhyScreen"]

USUAL = "Why did you choose as you did?"
OFFLINE = "The engine works the account out again from the corpus; nothing is asked and nothing paid"
ASKING = "The model is asked; the answer is kept in the run"


class WhyScreen(InstrumentScreen[WhyView]):
    """Asks one persona about one of its ballots.

    Args:
        folder: of the run. ``item``: what was judged. ``community``: whose item. ``persona``: who is asked.
    """

    PLACE = "Why"
    CSS_PATH = Path(__file__).with_name("ask.tcss")
    GUIDE = """Why one persona chose as it did.

Of the offline engine this is an account of its figures, with no word invented: for each option the norms that it
remembered near it, how much each weighed, how strongly the community endorsed it, and the one sentence of the post
that is nearest to the option; then whom it heard in discussion. n shows the posts whole. It is worked out by the
engine from the corpus, which takes some seconds.

Of a run on a language model, type a question of your own, or leave it, and press Enter: the model goes on with that
persona's own conversation. That is one more call of the run, within its limits; the answer is kept, and the same
question again costs nothing. b shows its ballots.

[ and ] go to the other personas of the panel."""
    GUIDES: ClassVar[dict[str, str]] = {
        "question": "A question to the persona, which the model answers as that persona. Enter asks. One call of the "
        "run, unless the same was asked before.",
        "told": "The account, or the answers. Arrow keys scroll; n shows norms whole, [ and ] change the persona.",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "whole", "Whole posts", id="why.whole"),
        Binding("a", "ask", "Ask", id="why.ask"),
        Binding("left_square_bracket", "persona(-1)", "Before", key_display="[", id="why.before"),
        Binding("right_square_bracket", "persona(1)", "Next", key_display="]", id="why.next"),
        Binding("b", "ballots", "Ballots", show=False, id="why.ballots"),
    ]

    def __init__(self, folder: Path, *, item: str, community: str, persona: str) -> None:
        super().__init__()
        self.folder, self._item, self._community, self._persona = folder, item, community, persona
        self._view: WhyView | None = None
        self._answer: dict[str, Any] | None = None
        self._engine: Engine | None = None
        self._asked = 0
        self._since: float | None = None
        self._problem = ""
        self._whole = False

    def body(self) -> ComposeResult:
        """Yield who is asked, the question, and what is said."""
        yield Static("", id="who", markup=False)
        with Horizontal(id="asking"):
            yield Label("Ask", markup=False)
            yield Input(USUAL, compact=True, id="question")
        yield Static("", id="state", markup=False)
        yield Prose(id="told")

    def on_mount(self) -> None:
        """Read the ballot; show that time passes while the engine works."""
        self.query_one("#asking").display = False
        self.query_one("#told", Prose).focus()
        self.set_interval(0.5, self._draw_state)
        self.action_reload()

    def on_unmount(self) -> None:
        """Leave no process behind that only works something out; one that pays for a call ends by itself."""
        self._forget()

    def read(self) -> WhyView:
        """Read the ballot."""
        return read_why(self.folder, self._item, self._community, self._persona)

    def apply(self, view: WhyView) -> None:
        """Draw the ballot; offline, have the account worked out."""
        self._view = view
        self.query_one(TopBar).show(view.provenance)
        self.query_one("#who", Static).update(_who(view, self._persona))
        self.query_one("#asking").display = bool(view.model) and not view.nobody
        if view.nobody:
            self._problem = view.nobody
        elif not (view.model or self._answer or self._problem) and self._since is None:
            self._start(())
        elif view.model:
            self.query_one("#question", Input).focus()
        self._draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what this run can do."""
        del parameters
        online = self._view is not None and bool(self._view.model)
        return online if action == "ask" else (not online if action == "whole" else True)

    def on_resize(self) -> None:
        """Fit the account to the new width."""
        self.call_after_refresh(self._draw)

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Ask."""
        message.stop()
        self.action_ask()

    def action_ask(self) -> None:
        """Ask the persona what stands in the field."""
        asked = self.query_one("#question", Input).value.strip() or USUAL
        if self._since is None and self._view is not None and self._view.model:
            self._start((f"--question={asked}",))

    def action_whole(self) -> None:
        """Show norms whole, or the nearest sentence of each."""
        self._whole = not self._whole
        self._draw()

    def action_ballots(self) -> None:
        """Show all ballots on the item."""
        from tui.screens.compare.ballots import BallotsScreen

        self.app.push_screen(BallotsScreen(self.folder, self._item, self._community))

    def action_persona(self, step: int) -> None:
        """Ask another persona of the panel."""
        view = self._view
        if view is None or self._persona not in view.panel:
            return
        place = (view.panel.index(self._persona) + step) % len(view.panel)
        self._forget()
        self._persona, self._answer, self._problem = view.panel[place], None, ""
        self.action_reload()

    class _Answered(InstrumentScreen.Arrived):
        """The engine has ended."""

    def on_why_screen__answered(self, message: _Answered) -> None:
        """Draw what it found, where it is still asked for."""
        message.stop()
        message.prevent_default()
        number, answer, problem = message.view
        if number != self._asked:
            return
        self._since, self._engine = None, None
        self._answer, self._problem = answer or self._answer, problem
        self.action_reload()

    def _start(self, given: tuple[str, ...]) -> None:
        named = {"item": self._item, "community": self._community, "persona": self._persona}
        order = Order(
            kind="why",
            place=self.folder,
            given=(*(f"--{name}={value}" for name, value in named.items()), *given),
        )
        self._asked += 1
        number = self._asked
        self._since, self._problem = time.monotonic(), ""

        def asked() -> tuple[int, dict[str, Any] | None, str]:
            try:
                self._engine = engine = Engine(order)
                return number, engine.answer(), ""
            except ValueError as error:
                return number, None, str(error)

        self.in_thread(asked, self._Answered, group="why")
        self._draw_state()

    def _forget(self) -> None:
        """Want the answer no more; an engine that only reckons is ended."""
        engine, self._engine, self._since = self._engine, None, None
        self._asked += 1
        if engine is not None and self._view is not None and not self._view.model:
            self.app.run_worker(engine.stop, thread=True, group="stopping")

    def _draw_state(self) -> None:
        if self._since is not None and self._view is not None:
            what = ASKING if self._view.model else OFFLINE
            text = f"● {what}… {int(time.monotonic() - self._since)} s"
        elif self._problem:
            text = f"✗ {one_line(self._problem)}"
        else:
            text = ""
        state = self.query_one("#state", Static)
        state.display = bool(text)
        state.update(plain(text))

    def _draw(self) -> None:
        self._draw_state()
        self.refresh_bindings()
        view, answer = self._view, self._answer
        if view is None:
            return
        if view.model:
            said = None if answer is None else answer["answer"]
            content = said_content(view.earlier, said, "" if said is None else _took(said))
            if not view.earlier and said is None:
                content = Content.styled("Type a question, and press Enter.", "dim")
        elif answer is not None:
            content = account_content(
                answer["account"],
                view.options,
                persona=self._persona,
                whole=self._whole,
                width=max(20, self.size.width - 4),
            )
        else:
            content = Content()
        self.query_one("#told", Prose).show(content)


def _who(view: WhyView, persona: str) -> Content:
    """Return what was asked and what the persona chose, in a few lines."""
    parts = [plain(one_line(view.query, limit=200))]
    if view.ballots:
        held = list(dict.fromkeys(letter(ballot.choice) for ballot in view.ballots))
        moved = f", after {' → '.join(held[:-1])}" if len(held) > 1 else ""
        last = view.ballots[-1]
        parts.append(
            heading(f"{one_line(persona)} chose {letter(last.choice)}{moved}: {one_line(last.reason)}")
        )
        if last.choice is not None and last.choice < len(view.options):
            parts.append(plain(f"{letter(last.choice)}  {one_line(view.options[last.choice], limit=200)}"))
    return Content("\n").join(parts)


def _took(said: dict[str, Any]) -> str:
    if said["kept"]:
        return "kept in the run; nothing was asked anew"
    tokens = f"{said['prompt_tokens']:,} + {said['completion_tokens']:,} tokens"
    ended = {"length": " · it was cut off", "refused": " · it was refused"}.get(said["finish"], "")
    return f"{one_line(said['model'])} · {tokens} · {money(said['cost'])}{ended}"
