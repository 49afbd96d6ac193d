"""What a benchmark tells of how community identification is put."""

from __future__ import annotations

import pytest
from small_corpora import make_corpus
from small_runs import forum
from stand_in import stand_in
from word_embedder import WordEmbedder

from bench.benchmark import BenchmarkWriter, KnownCommunity
from bench.evaluate import GENERATED_OFFLINE, run_benchmark
from bench.heldout import BenchmarkPart, Lineup, lineup_of
from bench.split import hold_out
from bench.tasks.community_identification import BY_TEXT, GUESS, WHOSE
from personas.errors import InputError
from personas.norms import Norm
from simulator import Simulation
from simulator.item import Item, Option, RealVotes

SAID = {"tea": "warm the pot", "cats": "brush the fur", "dogs": "throw the stick"}


def norm(name):
    return Norm(
        post=f"{name}#", title="", text=SAID[name], author="", endorsement=0.9, support=9, basis="votes"
    )


def item_of(name, **votes):
    real = {each: RealVotes(shares=(up, 1 - up), voters=40, margin=9) for each, up in votes.items()}
    return Item(
        item=name, query="What?", options=(Option(text="warm the pot"), Option(text="brush it")), votes=real
    )


@pytest.fixture
def written(tmp_path):
    def write(about):
        told = {"name": "made", "source": "tests", "licence": "none", "fictional": True}
        with BenchmarkWriter(tmp_path / "b", **told) as writer:
            for name in SAID:
                writer.add_community(KnownCommunity(community=name, norms=(norm(name),)))
            writer.add("train", item_of("t", tea=0.9, cats=0.1), {"candidates": {"tea": ["tea", "dogs"]}})
            writer.add("test", item_of("x1", tea=0.9, cats=0.1), about)
            writer.add("test", item_of("x2", tea=0.8, cats=0.2), {})
            return writer.finish()

    return write


@pytest.fixture
def benchmark(written):
    masked = {"query": "What?", "options": ["brush the fur", "brush fur"]}
    return written({"candidates": {"tea": ["cats", "tea", "dogs"]}, "masked": masked})


def test_candidates_and_masked_texts_are_those_of_the_items_asked_for(benchmark):
    held = BenchmarkPart(benchmark)
    items = held.items(None).items
    found = lineup_of(held, items)
    assert found.candidates == {"x1": {"tea": ("cats", "tea", "dogs")}}
    assert [option.text for option in found.masked["x1"].options] == ["brush the fur", "brush fur"]
    assert found.masked.keys() == {"x1"}
    assert lineup_of(held, items[1:]) == Lineup()


@pytest.mark.parametrize(
    ("about", "what"),
    [
        ({"candidates": ["tea"]}, "no table of candidates"),
        ({"candidates": {"tea": "tea"}}, "the candidates for tea are 'tea'"),
        ({"candidates": {"tea": ["cats", "dogs"]}}, "do not hold tea itself"),
        ({"masked": {"query": "What?"}}, "masked texts: lacks 'options'"),
        ({"masked": {"query": "What?", "options": ["one"]}}, "masked texts: "),
        ({"masked": {"query": "What?", "options": ["one", "one"]}}, "stands twice"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_run(written, tmp_path, about, what):
    benchmark = written(about)
    simulation = Simulation(benchmark, seed=5, embedder=WordEmbedder(), panel=3, sharpness=10.0)
    with pytest.raises(InputError, match=what):
        run_benchmark(simulation, BenchmarkPart(benchmark), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_split_corpus_tells_nothing_of_it(tmp_path):
    with make_corpus(tmp_path / "corpus", forum()) as corpus:
        split = hold_out(corpus, seed=1)
        assert lineup_of(split, []) == Lineup()


def test_a_benchmark_is_scored_by_its_own_candidates_and_personas_are_read_where_all_are_known(
    benchmark, tmp_path
):
    with stand_in() as server:
        simulation = Simulation(
            benchmark, seed=5, embedder=WordEmbedder(), panel=3, sharpness=10.0, rounds=0, recheck=0.0,
            model="hosted_vllm/stand-in", api_base=server.api_base,
        )  # fmt: skip
        run, card = run_benchmark(
            simulation, BenchmarkPart(benchmark), out=tmp_path / "run", controls=("no-persona",)
        )
        asked = server.count()["requests"]
    assert asked == 4 * 3 + 2, (
        "the options are given, so that nothing is written, and identification asks nobody"
    )
    assert GENERATED_OFFLINE not in card.notes, "there is no figure that it would be true of"
    (task,) = (each for each in card.tasks if each.task == "community identification")
    rows = {row.predictor: row for row in task.rows}
    assert rows[GUESS].mean == pytest.approx((1 / 3 + 3 * (1 / 2)) / 4)
    personas = rows[f"{run.predictor}: {WHOSE}"]
    assert (personas.role, personas.n, personas.note) == ("simulation", 3, "undefined for 1")
    (nobody,) = (row for name, row in rows.items() if name.startswith("no persona") and WHOSE in name)
    assert (nobody.role, nobody.mean, nobody.n) == ("control", 0.5, 3)
    # By x2's texts it is tea, whichever asks; by the masked ones of x1, cats: one of two and one of two.
    assert rows[BY_TEXT].mean == 0.5
    assert "as the benchmark lists them in 1 of 4 judgements; texts read masked in 2 of 4" in task.note
