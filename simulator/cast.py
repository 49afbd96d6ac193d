"""Who judges, writes and discusses in a run: the offline engine, or language-model personas over one model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulator.discuss import OpinionDynamics
from simulator.flow import Flow
from simulator.generate import RetrievalGenerator
from simulator.judge import NormJudge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from personas.embedding import Embedder
    from simulator.generate import Generator
    from simulator.journal import Journal
    from simulator.models.choices import ModelChoices
    from simulator.models.gate import Gate
    from simulator.models.model import Model
    from simulator.models.stack import Stack
    from simulator.pausing import Pausing
    from simulator.prompts.prompts import Prompts
    from simulator.setting import Setting
    from simulator.settings import Mode, Settings

__all__ = ["Cast", "Minds", "offline_cast", "persona_cast"]


@dataclass(frozen=True, kw_only=True)
class Minds:
    """The language model behind a simulation's personas, and what they are sent.

    Args:
        reach: how the model is reached, and what it may use up.
        prompts: the templates of what is sent.
        own: a model made by the caller, used as it is; None to make the client that ``reach`` names.
    """

    reach: ModelChoices
    prompts: Prompts
    own: Model | None = None

    @classmethod
    def of(
        cls, reach: ModelChoices, *, templates: Path | None, settings: Settings, own: Model | None = None
    ) -> Minds:
        """Read the templates, the bundled ones and those in a folder in place of them, and the model's price.

        Raises:
            InputError: a template cannot be used, or there is a limit in money and no price is known.
        """
        from simulator.models.budget import check_price
        from simulator.models.prices import price_of
        from simulator.prompts.prompts import Prompts

        price = reach.price or price_of(reach.model)
        check_price(reach.model, reach.limits, price)
        prompts = Prompts.load(templates, seed=settings.seed, option_room=settings.option_room)
        return cls(reach=replace(reach, price=price), prompts=prompts, own=own)

    def predictor(self, mode: Mode) -> str:
        """What makes the ballots, to stand beside every figure."""
        if mode == "direct":
            return f"language model asked for the whole distribution ({self.reach.model})"
        return f"language-model personas ({self.reach.model})"


@dataclass(frozen=True, kw_only=True)
class Cast:
    """What carries a run out.

    Args:
        flow: the steps that an item goes through.
        model: what the personas think with, behind the gate that can close it; None for the offline engine.
        stack: the wrappers behind the gate; None for the offline engine.
    """

    flow: Flow
    model: Gate | None = None
    stack: Stack | None = None


def offline_cast(
    settings: Settings,
    setting: Setting,
    embedder: Embedder,
    *,
    once: Callable[[Generator], Generator] = lambda generator: generator,
) -> Cast:
    """Return the offline engine: no language model, but what the community endorsed nearby.

    Args:
        once: what makes a generator write once what several communities judge (``SharedSets``).
    """
    return Cast(
        flow=Flow(
            judge=NormJudge(seed=settings.seed, sharpness=setting.sharpness.value),
            generator=once(RetrievalGenerator(embedder, seed=settings.seed, sampling=settings.sampling)),
            discussion=OpinionDynamics(),
            embedder=embedder,
            keep=settings.keep,
            rounds=settings.rounds,
            prior=settings.prior,
        )
    )


def persona_cast(
    settings: Settings,
    minds: Minds,
    embedder: Embedder,
    journal: Journal,
    *,
    once: Callable[[Generator], Generator] = lambda generator: generator,
    watched: bool = False,
    pausing: Pausing | None = None,
) -> Cast:
    """Return language-model personas whose every call goes through the journal.

    Args:
        once: what makes a generator write once what several communities judge (``SharedSets``).
        watched: whether ballots are written to the journal as they are cast, under their persona's community.
        pausing: what holds requests back while the run is paused; by the journal's folder where None.

    Raises:
        InputError: the model cannot be reached in the way that was chosen, or has a money limit and no price.
    """
    from simulator.models.gate import Gate
    from simulator.models.ladder import Capabilities
    from simulator.models.named import model_named
    from simulator.models.stack import assemble
    from simulator.pausing import Pausing
    from simulator.persona_discussion import PersonaDiscussion
    from simulator.persona_generator import PersonaGenerator
    from simulator.persona_judge import PersonaJudge, unheard

    held = pausing or Pausing(journal.folder)
    arrived = journal.arrive if watched else unheard
    reach, prompts = minds.reach, minds.prompts
    known = journal.fact("capabilities")
    stack = assemble(
        minds.own or model_named(reach),
        reach,
        journal.ledger,
        seed=settings.seed,
        capabilities=None if known is None else Capabilities(**known),
        remember=lambda found: journal.set_facts({"capabilities": found.as_data()}),
        price=reach.price,
        pausing=held,
    )
    model = Gate(stack.model, pausing=held)
    if settings.mode == "direct":
        return Cast(flow=_direct_flow(settings, model, prompts, embedder, once), model=model, stack=stack)
    flow = Flow(
        judge=PersonaJudge(model, prompts, settings=settings, arrived=arrived),
        generator=once(PersonaGenerator(model, prompts, embedder, settings=settings)),
        discussion=PersonaDiscussion(model, prompts, settings=settings, arrived=arrived),
        embedder=embedder,
        keep=settings.near,
        rounds=settings.rounds,
        prior=settings.prior,
    )
    return Cast(flow=flow, model=model, stack=stack)


def _direct_flow(
    settings: Settings,
    model: Model,
    prompts: Prompts,
    embedder: Embedder,
    once: Callable[[Generator], Generator],
) -> Flow:
    from simulator.direct_judge import DirectJudge, forecast
    from simulator.persona_discussion import PersonaDiscussion
    from simulator.persona_generator import PersonaGenerator

    return Flow(
        judge=DirectJudge(model, prompts, settings=settings),
        generator=once(PersonaGenerator(model, prompts, embedder, settings=settings)),
        discussion=PersonaDiscussion(model, prompts, settings=settings),
        embedder=embedder,
        keep=settings.near,
        rounds=0,
        tally=forecast,
    )
