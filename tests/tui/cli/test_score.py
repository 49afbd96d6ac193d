"""Scoring without a simulation, and simulating on a benchmark: from the command line, with predictors of one's own."""

from __future__ import annotations

import pytest
from planted_world import World

from bench.benchmark import BenchmarkWriter, KnownCommunity

MINE = """
from bench.predictors import predictor

def mine(item, community):
    return 0

@predictor("by number")
def numbered(item, community):
    return [int(option.text.rpartition(" ")[2]) + 1 for option in item.options]

nothing = 3

def broken(item, community):
    return [1.0]
"""


@pytest.fixture(scope="module")
def planted(commands):
    world = World(effect=1.0, seed=3, communities=5, items=6)
    with BenchmarkWriter(
        commands.home / "planted.benchmark",
        name="planted",
        source="made",
        licence="none",
        fictional=True,
        title="Planted",
    ) as writer:
        for name in world.names:
            writer.add_community(KnownCommunity(community=name))
        for part in ("train", "test"):
            for item in world.part(part):
                writer.add(part, item)
        writer.finish()
    (commands.home / "mine.py").write_text(MINE)
    return commands.home / "planted.benchmark"


def test_score_answers_with_ones_own_predictor_beside_every_baseline(commands, planted):
    done = commands.quick(
        "score", planted, "--predictor", "mine.py:mine", "--predictor", "mine.py:numbered", "--json"
    )
    found = done.answer("score")
    assert (done.code, found["part"], found["corpus"]["fictional"]) == (0, "test", True)
    rows = {row["predictor"]: row["role"] for row in found["scores"]["tasks"][0]["rows"]}
    assert rows == {
        "mine": "simulation",
        "by number": "simulation",
        "uniform guess": "baseline",
        "majority option (the community's own mean rate)": "baseline",
        "position prior (mean share of each place, everybody)": "control",
        "longest option": "baseline",
        "noise ceiling (a second sample of the same voters)": "ceiling",
    }
    assert found["scores"]["comparisons"] and found["scores"]["worst"] and found["scores"]["curves"]


def test_score_prints_tables_and_writes_reports(commands, planted):
    done = commands.quick(
        "score", planted, "--predictor", "mine.py:mine", "--report", "r.html", "--report", "r.md"
    )
    assert done.code == 0
    assert "FICTIONAL" in done.out and "Planted" in done.out
    assert "r.html" in done.err and (commands.home / "r.html").read_text().startswith("<!DOCTYPE html>")
    assert (commands.home / "r.md").read_text().startswith("# Planted")
    markdown = commands.quick("score", planted, "--markdown", "--items", 4).out
    assert "| preference identification: accuracy" in markdown


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--predictor", "mine.py"), ("names no function", "mine.py:mine")),
        (("--predictor", "absent.py:mine"), ("names no function",)),
        (("--predictor", "mine.py:nothing"), ("'nothing' is no function",)),
        (("--predictor", "mine.py:absent"), ("'absent' is no function",)),
        (("--predictor", "mine.py:broken"), ("2 options", "predictor broken")),
        (("--predictor", "bad.py:mine"), ("cannot be run: SyntaxError",)),
        (("--predictor", "mine.py:mine", "--predictor", "mine.py:mine"), ("2 predictors are named 'mine'",)),
        (("--part", "validation"), ("nothing in the validation part",)),
        (("--report", "r.pdf"), ("r.pdf", ".html")),
        (("--part", "train"), ("--part",)),
    ],
)
def test_what_cannot_be_scored_is_refused(commands, planted, arguments, told):
    (commands.home / "bad.py").write_text("def mine(:\n")
    commands.quick("score", planted, *arguments).refused(*told)


def test_a_corpus_is_no_benchmark_and_it_says_how_to_make_one(commands):
    commands.quick("score", commands.corpus).refused("no benchmark is here", "commonbond construct")


def test_bench_takes_place_in_a_benchmark_with_controls_and_ones_own_predictor(commands, planted):
    done = commands(
        "bench",
        planted,
        "--predictor",
        "mine.py:mine",
        "--panel",
        3,
        "--json",
        "--out",
        "planted.run",
        words=True,
    )
    found = done.answer("bench")
    assert found["split"]["by"] == "benchmark"
    rows = {row["predictor"]: row["role"] for row in found["scores"]["tasks"][0]["rows"]}
    assert rows["mine"] == "simulation"
    assert rows[f"shuffled communities: {found['predictor']}"] == "control"
    assert (commands.home / "planted.run" / "controls" / "shuffled").is_dir()
    told = commands("simulate", planted, "--panel", 3, "--json", "--out", "planted.simulated", words=True)
    assert told.answer("simulate")["results"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--controls", "direct"), ("'direct': it needs a language model",)),
        (("--controls", "shufled"), ("no such control", "shuffled")),
        (("--part", "validation"), ("its validation part is empty", "--part")),
    ],
)
def test_what_no_bench_can_do_is_refused(commands, planted, arguments, told):
    commands("bench", planted, *arguments, words=True).refused(*told)
