"""The fields of a language model: which one, where it is, what it costs, what it may use up, how it answers.

A screen holds one ``ModelFields`` and adds its ``given`` to a command line; without a model it is empty, and the
offline engine judges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Static

from simulator.models.providers import OWN_SERVER, environment_address, environment_key, variable_of
from tui.ordering.choices import Choice
from tui.plaintext import one_line
from tui.widgets.fields import Fields
from tui.widgets.prose import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult

    from tui.widgets.fields import Field

__all__ = ["MODEL_CHOICES", "ModelFields"]

MODEL = Choice(
    name="model",
    label="Model",
    hint="provider/model, if any",
    empty="none: the offline engine judges",
    kind="model",
)
REACH = (
    Choice(
        name="api_base", label="Address", hint="of your own server", empty="the provider's", kind="address"
    ),
    Choice(
        name="price", label="Price", hint="IN/OUT, $ a million tokens", empty="as published", kind="price"
    ),
    Choice(
        name="max_cost",
        label="Cost at most",
        hint="$; the run then stops",
        kind="figure",
        least=0,
    ),
    Choice(name="max_tokens", label="Tokens at most", hint="of prompts and replies", kind="whole", least=0),
    Choice(
        name="max_calls", label="Calls at most", hint="requests, repeated ones too", kind="whole", least=0
    ),
)
ANSWER = (
    Choice(
        name="answer",
        label="Answer",
        hint="what a persona gives",
        kind="pick",
        picks=("choice", "ranking", "rating"),
    ),
    Choice(
        name="temperature",
        label="Temperature",
        hint="0 for the likeliest reply",
        empty="1",
        kind="figure",
        least=0,
    ),
    Choice(
        name="at_once", label="At once", hint="requests in flight", empty="up to 64", kind="whole", least=1
    ),
)
MODEL_CHOICES = (MODEL, *REACH, *ANSWER)
"""All that can be chosen of a model, in order."""
NO_ADDRESS = "a server of your own needs its address"


class ModelFields(Vertical):
    """Choices of a language model; those that only a model takes are shown when one is named.

    Args:
        values: what is chosen at first, by name, as ``kept`` gives it.
        more: further choices that only a model takes.

    Posts ``Fields.Changed`` when one of them changes.
    """

    DEFAULT_CSS = """
    ModelFields { height: auto; }
    ModelFields > .told { height: auto; color: $foreground 75%; }
    """

    def __init__(
        self,
        values: Mapping[str, str] | None = None,
        *,
        more: Sequence[Choice] = (),
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._model = Fields((MODEL,), values)
        self._rest = Fields((*REACH, *ANSWER, *more), values, folded=True)
        self._told = Static("", classes="told", markup=False)

    def compose(self) -> ComposeResult:
        """Hold the model's name, and the rest where there is one."""
        yield self._model
        yield self._told
        yield self._rest

    def on_mount(self) -> None:
        """Show what belongs to the model, where there is one."""
        self._fold()

    def on_fields_changed(self) -> None:
        """Show what belongs to the model, where there is one; the message goes on to the screen."""
        self._fold()

    @property
    def model(self) -> str:
        """The model's name; empty for the offline engine."""
        return self._model.field("model").value.strip()

    @property
    def kept(self) -> dict[str, str]:
        """All that was typed and picked, by name, to be remembered."""
        return {**self._model.kept, **self._rest.kept}

    @property
    def values(self) -> dict[str, str]:
        """What is chosen, by name; empty without a model, whatever was typed into the other fields."""
        return {**self._model.values, **self._rest.values} if self.model else {}

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by name; nothing without a model."""
        if not self.model:
            return {}
        found = {**self._model.problems, **self._rest.problems}
        return found if found or not self._lacks_address() else {"api_base": NO_ADDRESS}

    @property
    def given(self) -> tuple[str, ...]:
        """What the command line says for them."""
        return (*self._model.given, *self._rest.given) if self.model else ()

    def say(self, name: str, problem: str) -> None:
        """Show what else is wrong with a field, until it changes.

        Raises:
            KeyError: there is no field of this name.
        """
        self.field(name).say(problem)

    def field(self, name: str) -> Field:
        """Return the field of a name.

        Raises:
            KeyError: there is none.
        """
        return (self._model if name == "model" else self._rest).field(name)

    def _fold(self) -> None:
        self._rest.display = self._told.display = bool(self.model)
        if self.model:
            self._rest.unfold()
        self._told.update(plain(_told(self.model)))

    def _lacks_address(self) -> bool:
        provider = self.model.partition("/")[0]
        known = self._rest.field("api_base").value.strip() or environment_address(provider)
        return provider in OWN_SERVER and not known


def _told(model: str) -> str:
    """Return what a model's name comes to: who judges, and whether its key is there."""
    provider, _, name = model.partition("/")
    if not name or not provider.isidentifier():
        return "Write provider/model: openai/…, anthropic/…, ollama/…, hosted_vllm/…"
    variable = variable_of(provider)
    if environment_key(provider):
        return f"{one_line(model)} judges. Its key is in {variable}, and is kept nowhere."
    need = "is not set, which a server of your own may not need" if provider in OWN_SERVER else "is not set"
    return f"{one_line(model)} judges. Its key is read from {variable}, which {need}."
