"""Fields to choose with: a line each, with its label, and behind it a hint or what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from tui.widgets.prose import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from textual.app import ComposeResult
    from textual.events import Click

    from tui.ordering.choices import Choice

__all__ = ["Field", "Fields", "Pick"]

PROVIDERS = (
    "openai/",
    "anthropic/",
    "ollama/",
    "hosted_vllm/",
    "openrouter/",
    "groq/",
    "mistral/",
    "gemini/",
)
"""What a model's name may begin with, to be completed with the right arrow; others are taken as well."""
ON, OFF = "● ", "○ "


class Pick(Widget, can_focus=True):
    """One of several, all in sight: the arrow keys, space and the mouse choose.

    Args:
        picks: what there is to choose from. ``value``: what is chosen at first; the first where empty.
    """

    DEFAULT_CSS = """
    Pick { height: 1; width: auto; }
    Pick:focus { background: $primary 35%; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space", "step(1)", "Next choice", show=False, id="pick.next"),
        Binding("left", "step(-1)", "Choice before", show=False, id="pick.before"),
    ]

    value: reactive[str] = reactive("", init=False, layout=True)

    class Changed(Message):
        """Another one was chosen."""

        def __init__(self, pick: Pick, value: str) -> None:
            super().__init__()
            self.pick, self.value = pick, value

    def __init__(self, picks: Sequence[str], value: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._picks = tuple(picks)
        self.set_reactive(Pick.value, value if value in self._picks else self._picks[0])

    def render(self) -> Content:
        """Draw all of them, the chosen one with a filled sign."""
        return Content("  ".join(f"{ON if pick == self.value else OFF}{pick}" for pick in self._picks))

    def watch_value(self, value: str) -> None:
        """Say so."""
        self.post_message(self.Changed(self, value))

    def action_step(self, step: int) -> None:
        """Choose the next one, or the one before."""
        here = self._picks.index(self.value)
        self.value = self._picks[(here + step) % len(self._picks)]

    def on_click(self, event: Click) -> None:
        """Choose what was clicked."""
        place = event.x
        for pick in self._picks:
            place -= len(ON) + len(pick) + 2
            if place < 0:
                self.value = pick
                return


class Field(Horizontal):
    """A choice with its control; the control has the choice's name as its id."""

    DEFAULT_CSS = """
    Field { height: auto; }
    Field > Label { width: 14; }
    Field > Input { width: 22; }
    Field > Input.-long { width: 34; }
    Field > Input.-path { width: 1fr; }
    Field > .said { width: 1fr; height: auto; padding: 0 0 0 2; }
    Field > .said.-beside { width: auto; max-width: 50%; }
    Field > .said.-wrong { color: $error; text-style: bold; }
    """

    class Changed(Message):
        """What is chosen changed."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    def __init__(self, choice: Choice, value: str | None = None) -> None:
        super().__init__(id=f"field-{choice.name}")
        self.choice = choice
        self._value = choice.default if value is None else value
        self._said = ""

    def compose(self) -> ComposeResult:
        """Hold the label, the control and the hint."""
        yield Label(plain(self.choice.label), markup=False)
        yield self._control()
        beside = " -beside" if self.choice.kind == "path" else ""
        yield Static(plain(self.choice.hint), classes=f"said hint{beside}", markup=False)

    @property
    def value(self) -> str:
        """What is chosen, as it was typed."""
        return self._value

    @value.setter
    def value(self, value: str) -> None:
        if not self.is_mounted:
            self._value = value
            return
        control = self.query_one(f"#{self.choice.name}")
        if isinstance(control, Input):
            control.value = value
        elif isinstance(control, Pick):
            control.value = _picked(self.choice, value)

    @property
    def problem(self) -> str:
        """What is wrong with it; empty where nothing is, and where it cannot be seen now."""
        return self._said or self.choice.problem(self._value)

    def say(self, problem: str) -> None:
        """Show something that is wrong with it beyond its own range, until it changes; empty for nothing."""
        self._said = problem
        self._tell()

    def on_mount(self) -> None:
        """Say at once what is wrong with a value that was remembered."""
        if self.choice.problem(self._value) and self._value:
            self.call_later(self._tell)  # a widget counts as mounted only after this

    def on_input_changed(self, message: Input.Changed) -> None:
        """Check what was typed."""
        message.stop()
        self._changed(message.value)

    def on_pick_changed(self, message: Pick.Changed) -> None:
        """Take what was picked."""
        message.stop()
        self._changed(_chosen(self.choice, message.value))

    def _changed(self, value: str) -> None:
        if value == self._value:
            return
        self._value, self._said = value, ""
        self._tell()
        self.post_message(self.Changed(self))

    def reach(self) -> None:
        """Give its control the focus."""
        self.query_one(f"#{self.choice.name}").focus()

    def _tell(self) -> None:
        if not self.is_mounted:
            return
        told = self.query_one(".said", Static)
        problem = self.problem
        told.set_class(bool(problem), "-wrong")
        told.set_class(not problem, "hint")
        told.update(plain(f"✗ {problem}" if problem else self.choice.hint))

    def _control(self) -> Widget:
        choice = self.choice
        if choice.kind == "switch":
            return Pick(("no", "yes"), _picked(choice, self._value), id=choice.name)
        if choice.kind == "pick":
            return Pick(choice.picks, self._value, id=choice.name)
        known = SuggestFromList(PROVIDERS) if choice.kind == "model" else None
        control = Input(self._value, choice.empty, compact=True, suggester=known, id=choice.name)
        control.set_class(choice.kind in ("text", "model", "address"), "-long")
        control.set_class(choice.kind == "path", "-path")
        return control


class Fields(Vertical):
    """Some fields below each other.

    Args:
        choices: what can be chosen. ``values``: what is chosen at first, by name; else the choices' defaults.
        folded: whether they are out of sight at first, and are drawn when ``unfold`` is called: a hundred
            controls that nobody looks at would hold up the screen. Their values count all the same.
    """

    DEFAULT_CSS = "Fields { height: auto; }"

    class Changed(Message):
        """One of them changed."""

        def __init__(self, fields: Fields) -> None:
            super().__init__()
            self.fields = fields

    def __init__(
        self,
        choices: Sequence[Choice],
        values: Mapping[str, str] | None = None,
        *,
        folded: bool = False,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        known = values or {}
        self._folded = folded
        self._fields = tuple(Field(choice, known.get(choice.name)) for choice in choices)

    def compose(self) -> ComposeResult:
        """Hold the fields."""
        if not self._folded:
            yield from self._fields

    def unfold(self) -> None:
        """Draw the fields that were out of sight."""
        if self._folded:
            self._folded = False
            self.mount_all(self._fields)

    def __iter__(self) -> Iterator[Field]:
        """Go through the fields."""
        return iter(self._fields)

    @property
    def kept(self) -> dict[str, str]:
        """All that was typed and picked, by name, to be remembered."""
        return {field.choice.name: field.value for field in self._fields}

    def offer(self, name: str, offered: bool) -> None:
        """Show a field or leave it out; one that is left out has no value and nothing wrong with it.

        Raises:
            KeyError: there is no field of this name.
        """
        self.field(name).display = offered

    @property
    def values(self) -> dict[str, str]:
        """What is chosen, by name, without what is left to the command."""
        return {
            field.choice.name: field.value.strip()
            for field in self._fields
            if field.display and field.value.strip()
        }

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by name."""
        return {field.choice.name: field.problem for field in self._fields if field.display and field.problem}

    @property
    def given(self) -> tuple[str, ...]:
        """What the command line says for all of them."""
        values = self.values
        return tuple(
            part for field in self._fields for part in field.choice.given(values.get(field.choice.name, ""))
        )

    def field(self, name: str) -> Field:
        """Return the field of a name.

        Raises:
            KeyError: there is none.
        """
        for field in self._fields:
            if field.choice.name == name:
                return field
        raise KeyError(name)

    def on_field_changed(self, message: Field.Changed) -> None:
        """Say that something changed."""
        message.stop()
        self.post_message(self.Changed(self))


def _picked(choice: Choice, value: str) -> str:
    """Return what a pick shows for a value."""
    if choice.kind == "switch":
        return "yes" if value else "no"
    return value if value in choice.picks else choice.picks[0]


def _chosen(choice: Choice, shown: str) -> str:
    """Return the value of what a pick shows."""
    if choice.kind == "switch":
        return "yes" if shown == "yes" else ""
    return shown
