"""From a user's choices to the client that serves them: direct for OpenAI-compatible servers, else litellm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from personas.errors import InputError
from simulator.models.direct import DirectModel
from simulator.models.providers import COMPATIBLE, OWN_SERVER, WELL_KNOWN, environment_address

if TYPE_CHECKING:
    from simulator.models.choices import ModelChoices
    from simulator.models.model import Model

__all__ = ["model_named"]


def model_named(choices: ModelChoices) -> Model:
    """Return the client of a model, without any wrapper, connection or process yet.

    ``auto`` is direct where an address is given, in the choices or in the provider's environment variable, and
    the provider is OpenAI-compatible, and for local servers at their usual address; else it is litellm, in
    processes of its own. An address without a path means its ``/v1``, where such servers answer. The key comes
    from the environment at the time of each call.

    Raises:
        InputError: the model cannot be reached directly, or there is no address to reach it at.
    """
    provider = choices.model.partition("/")[0]
    addressed = replace(choices, api_base=choices.api_base or environment_address(provider))
    if choices.client == "direct":
        return _direct(addressed, provider)
    reached = choices.api_base or provider in OWN_SERVER or (provider in WELL_KNOWN and provider != "openai")
    if choices.client == "auto" and provider in COMPATIBLE and reached:
        return _direct(addressed, provider)
    from simulator.models.workers import WorkerModel

    return WorkerModel(choices, count=choices.workers)


def _direct(choices: ModelChoices, provider: str) -> DirectModel:
    if provider not in COMPATIBLE:
        raise InputError(
            f"{choices.model} is not reached through an OpenAI-compatible server",
            where="--client direct",
            remedy="use --client litellm, or name the model hosted_vllm/… if your server speaks OpenAI's interface",
        )
    address = choices.api_base or WELL_KNOWN.get(provider, "")
    if not address:
        raise InputError(
            f"{choices.model} is a server of your own, and its address is not known",
            where="--api-base",
            remedy="give it, as in --api-base http://127.0.0.1:8000/v1",
        )
    if not urlsplit(address).path.strip("/"):
        address = f"{address.rstrip('/')}/v1"
    return DirectModel(
        choices.model,
        api_base=address,
        timeout=choices.timeout,
        at_once=choices.at_once,
        price=choices.price,
    )
