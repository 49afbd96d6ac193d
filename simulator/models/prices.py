"""What models cost, from the price list that litellm ships, read as the file it is, without importing litellm."""

from __future__ import annotations

import json
import math
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from simulator.models.choices import Price

__all__ = ["price_of"]

LIST = "model_prices_and_context_window_backup.json"
MILLION = 1_000_000


def price_of(model: str) -> Price | None:
    """Return the published price of a model; None where none is published.

    Prices change and the list is as old as the installed litellm, so a run says which price it counted with.

    Args:
        model: provider and name.

    >>> price_of("nobody/no-such-model") is None
    True
    """
    listed = _listed()
    provider, _, bare = model.partition("/")
    found = listed.get(model)
    if found is None:
        found = listed.get(bare)
        if not isinstance(found, dict) or not str(found.get("litellm_provider", "")).startswith(provider):
            return None
    return _price(found)


def _listed() -> dict[str, Any]:
    spec = find_spec("litellm")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / LIST
        if path.is_file():
            listed = json.loads(path.read_bytes())
            return listed if isinstance(listed, dict) else {}
    return {}


def _price(entry: Any) -> Price | None:
    if not isinstance(entry, dict):
        return None
    prompt, completion = _for_a_million(entry, "input"), _for_a_million(entry, "output")
    if prompt is None or completion is None:
        return None
    return Price(prompt=prompt, completion=completion, cached=_for_a_million(entry, "cache_read_input"))


def _for_a_million(entry: dict[str, Any], of: str) -> float | None:
    name = f"{of}_cost_per_token" if of != "cache_read_input" else "cache_read_input_token_cost"
    value = entry.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        return None
    return round(value * MILLION, 9)
