from __future__ import annotations

import pytest

from personas.errors import InputError
from simulator.settings import Settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("panel", 0),
        ("blend", -0.1),
        ("blend", 1.1),
        ("blend", float("nan")),
        ("smallest", 0),
        ("neighbours", 0),
        ("keep", 0),
        ("concurrency", 0),
        ("rounds", -1),
        ("sharpness", 0.0),
        ("sharpness", float("nan")),
        ("sharpness", float("inf")),
        ("prior", 0.0),
        ("prior", float("inf")),
        ("up_prior", 0.0),
        ("down_prior", -1.0),
        ("down_prior", float("inf")),
        ("groups", 0),
        ("communities", "all"),
        ("sampling", "greedy"),
        ("answer", "essay"),
        ("profiles", "invented"),
        ("temperature", -0.1),
        ("temperature", float("nan")),
        ("recheck", 1.1),
        ("reply_tokens", 0),
        ("shown", -1),
        ("recalled", -1),
        ("heard", 0),
    ],
)
def test_a_setting_out_of_its_range_is_refused_by_its_option(name, value):
    with pytest.raises(InputError, match=f"--{name.replace('_', '-')}: {name} is .*it must be"):
        Settings(seed=1, **{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("panel", 1), ("blend", 0.0), ("blend", 1.0), ("rounds", 0), ("groups", None), ("keep", 1)],
)
def test_the_ends_of_a_range_belong_to_it(name, value):
    assert getattr(Settings(seed=1, **{name: value}), name) == value


def test_results_depend_on_all_settings_but_the_concurrency():
    assert Settings(seed=1, concurrency=1).deciding() == Settings(seed=1, concurrency=64).deciding()
    assert Settings(seed=1).deciding() != Settings(seed=2).deciding()
    assert "concurrency" not in Settings(seed=1).deciding()
