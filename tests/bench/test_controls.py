"""Controls: another community's room for each, nobody's room, and one budget for them all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_corpora import make_corpus
from small_runs import forum
from stand_in import stand_in
from word_embedder import WordEmbedder

from bench.controls import as_others, controls_named, planned
from bench.evaluate import run_benchmark
from bench.split import hold_out
from personas.errors import InputError, StoppedError
from simulator import Simulation
from simulator.models.choices import Limits

MODEL = "hosted_vllm/stand-in"


@given(st.sets(st.text(min_size=1), min_size=2, max_size=9), st.integers(0, 99))
def test_every_community_stands_in_for_another_one_and_none_for_itself(names, seed):
    others = as_others(names, seed=seed)
    assert set(others) == set(others.values()) == names
    assert all(name != other for name, other in others.items())


def test_one_community_has_no_other():
    assert as_others(["tea"], seed=1) == {}


def test_controls_are_those_that_there_are_with_and_without_a_model():
    assert controls_named(["all"], model=True) == ("shuffled", "direct", "no-persona")
    assert controls_named(["all"], model=False) == ("shuffled",)
    assert controls_named(["none"], model=True) == ()
    assert controls_named(["no-persona", "shuffled"], model=True) == ("shuffled", "no-persona")
    with pytest.raises(InputError, match="'direct': it needs a language model; choose among shuffled"):
        controls_named(["direct"], model=False)
    with pytest.raises(InputError, match="'shufled': no such control"):
        controls_named(["shufled"], model=True)


@pytest.fixture
def split(tmp_path):
    with make_corpus(tmp_path / "corpus", forum()) as corpus:
        yield hold_out(corpus, seed=1, by="random")


def simulated(split, server, **more):
    return Simulation(
        split.train, seed=2, panel=3, rounds=0, recheck=0.0, embedder=WordEmbedder(), model=MODEL,
        api_base=server.api_base, communities="given", **more,
    )  # fmt: skip


def test_on_a_model_all_controls_are_beside_and_nobody_costs_one_call_an_item(split, tmp_path):
    with stand_in() as server:
        simulation = simulated(split, server)
        run, card = run_benchmark(
            simulation, split, out=tmp_path / "run", limit=2, controls=("shuffled", "direct", "no-persona"),
            tasks="preference",
        )  # fmt: skip
        items = {item for item, _ in run.preferences()}
        judgements = len(run.preferences())
        asked = server.count()["requests"]
    assert asked == judgements * (3 + 3 + 1) + len(items)
    (accuracy, *_) = (task for task in card.tasks if task.metric == "Jensen–Shannon divergence (base 2)")
    rows = {row.predictor: row.role for row in accuracy.rows}
    personas = f"language-model personas ({MODEL})"
    whole = f"language model asked for the whole distribution ({MODEL})"
    assert {name: rows[name] for name in rows if "language" in name and "no language model" not in name} == {
        personas: "simulation",
        f"shuffled communities: {personas}": "control",
        whole: "simulation",
        f"no persona, no community: {whole}": "control",
    }
    assert {row.get("control", "") for row in card.usage} == {
        "", f"shuffled communities: {personas}", whole, f"no persona, no community: {whole}",
    }  # fmt: skip


def test_the_same_command_again_pays_for_nothing(split, tmp_path):
    with stand_in() as server:
        for _ in range(2):
            run, card = run_benchmark(
                simulated(split, server),
                split,
                out=tmp_path / "run",
                limit=1,
                controls=("direct", "shuffled"),
            )
            run.journal.close()
            asked = server.count()["requests"]
            server.change(forget=True)
    assert asked == 0
    assert sum(row["calls"] for row in card.usage) > 0


def test_the_estimate_of_each_control_is_what_it_takes(split, tmp_path):
    with stand_in() as server:
        simulation = simulated(split, server)
        items = split.items(simulation.setting.membership).items[:2]
        names = ("shuffled", "direct", "no-persona")
        told = {
            control: asked.estimate(items, as_if=others).total.calls
            for control, asked, others in planned(simulation, names)
        }
        _, card = run_benchmark(
            simulation, split, out=tmp_path / "run", limit=2, controls=names, tasks="preference"
        )
    calls = {}
    for row in card.usage:
        calls[row.get("control", "")] = calls.get(row.get("control", ""), 0) + row["requests"]
    del calls[""]
    assert [(low, high) for low, high in told.values()] == [(n, n) for n in calls.values()]


def test_the_limits_hold_for_the_run_and_all_its_controls_together(split, tmp_path):
    with stand_in() as server:
        whole = simulated(split, server)
        calls = whole.estimate(split.items(whole.setting.membership).items[:1]).total.calls[0]
        limited = simulated(split, server, limits=Limits(calls=calls + 1))
        with pytest.raises(StoppedError, match="limit"):
            run_benchmark(limited, split, out=tmp_path / "run", limit=1, controls=("direct", "shuffled"))
        assert server.count()["requests"] <= calls + 1


def test_a_run_as_another_community_is_another_run(split, tmp_path):
    with stand_in() as server:
        simulation = simulated(split, server)
        items = split.items(simulation.setting.membership).items[:1]
        simulation.run(items, out=tmp_path / "run").journal.close()
        others = as_others(simulation.setting.membership.names, seed=2)
        with pytest.raises(InputError, match="as_if"):
            simulation.run(items, out=tmp_path / "run", as_if=others)
