import json
import sys
from importlib.machinery import ModuleSpec

import pytest

from simulator.models import prices
from simulator.models.choices import Price
from simulator.models.prices import price_of

LISTED = {
    "gpt-x": {
        "litellm_provider": "openai",
        "input_cost_per_token": 2.5e-07,
        "output_cost_per_token": 2e-06,
        "cache_read_input_token_cost": 2.5e-08,
    },
    "groq/llama": {"litellm_provider": "groq", "input_cost_per_token": 5e-08, "output_cost_per_token": 8e-08},
    "embedder": {"litellm_provider": "openai", "input_cost_per_token": 1e-07},
    "odd": {"litellm_provider": "openai", "input_cost_per_token": "free", "output_cost_per_token": -1},
    "worse": 5,
}


@pytest.fixture
def listed(tmp_path, monkeypatch):
    (tmp_path / prices.LIST).write_text(json.dumps(LISTED))
    spec = ModuleSpec("litellm", None, is_package=True)
    spec.submodule_search_locations.append(str(tmp_path))
    monkeypatch.setattr(prices, "find_spec", lambda name: spec)


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ("openai/gpt-x", Price(prompt=0.25, completion=2.0, cached=0.025)),
        ("groq/llama", Price(prompt=0.05, completion=0.08)),
        ("hosted_vllm/gpt-x", None),
        ("openai/embedder", None),
        ("openai/odd", None),
        ("openai/worse", None),
        ("openai/gpt-unheard-of", None),
    ],
)
def test_a_price_is_that_of_the_model_at_its_provider(listed, model, price):
    assert price_of(model) == price


def test_without_a_list_no_price_is_known(monkeypatch):
    monkeypatch.setattr(prices, "find_spec", lambda name: None)
    assert price_of("openai/gpt-x") is None


def test_the_list_that_litellm_ships_is_found_and_litellm_is_not_imported():
    before = "litellm" in sys.modules
    price = price_of("openai/gpt-4o-mini")
    assert price is not None
    assert 0 < price.prompt < price.completion
    assert ("litellm" in sys.modules) == before
