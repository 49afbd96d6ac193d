"""Scoring without a simulation, and simulating on a benchmark: from the command line, with predictors of one's own."""

from __future__ import annotations

import pytest
from planted_world import World

from bench.benchmark import BenchmarkWriter, KnownCommunity
from personas.errors import InputError
from simulator.item import Item, Option, RealVotes
from tui.cli.own_predictor import predictor_named

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


OWN = """
from __future__ import annotations
from dataclasses import dataclass, field

import beside


@dataclass
class Table:
    rows: list[int] = field(default_factory=list)
    name: str = "a table"
    simulated: bool = True

    def predict(self, item, community):
        return None


class Unfinished:
    name = "unfinished"

    def predict(self, item, community):
        return None


table = Table()
unfinished = Unfinished()


def mine(item, community):
    return beside.ANSWER
"""


@pytest.fixture
def own(tmp_path):
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "beside.py").write_text("ANSWER = 1\n")
    return tmp_path / "own.py"


def test_a_file_is_run_as_a_program_is_with_its_neighbours_and_its_dataclasses(own):
    assert predictor_named(f"{own}:table").name == "a table"
    made = predictor_named(f"{own}:mine")
    assert (made.name, made.simulated) == ("mine", True)


@pytest.mark.parametrize("name", ["Table", "unfinished", "beside"])
def test_what_is_named_must_be_a_function_or_a_whole_predictor(own, name):
    with pytest.raises(InputError, match=f"{name!r} is no function .* and no predictor"):
        predictor_named(f"{own}:{name}")


def test_a_colon_in_a_folders_name_is_no_end_of_it(own, tmp_path):
    (tmp_path / "a:b").mkdir()
    own.rename(tmp_path / "a:b" / "own.py")
    (tmp_path / "beside.py").rename(tmp_path / "a:b" / "beside.py")
    assert predictor_named(f"{tmp_path}/a:b/own.py:mine").name == "mine"


def test_a_file_that_fails_whatever_way_says_how(tmp_path):
    (tmp_path / "fails.py").write_text("raise LookupError('no such table')\n")
    with pytest.raises(InputError, match="cannot be run: LookupError: no such table"):
        predictor_named(f"{tmp_path}/fails.py:mine")


def test_scores_follow_the_seed_and_the_number_of_items(commands, planted):
    def rows(*arguments):
        done = commands.quick("score", planted, "--predictor", "mine.py:mine", "--json", *arguments)
        return done.answer("score")["scores"]["tasks"][0]["rows"]

    all_of_them, few, other = rows(), rows("--items", 2), rows("--seed", 99)
    assert few[0]["n"] < all_of_them[0]["n"] == other[0]["n"]
    assert all_of_them[0]["mean"] == other[0]["mean"]
    assert [row["low"] for row in all_of_them] != [row["low"] for row in other]


def test_reports_are_refused_before_any_work_and_so_is_what_can_be_held_against_nothing(commands, planted):
    done = commands.quick("score", planted, "--predictor", "mine.py:broken", "--report", "r.pdf")
    done.refused("r.pdf")
    with BenchmarkWriter(commands.home / "even", name="made", source="made", licence="none") as writer:
        votes = {"tea": RealVotes(shares=(0.5, 0.5), voters=2)}
        options = (Option(text="one"), Option(text="other"))
        writer.add("test", Item(item="1", query="?", options=options, votes=votes))
        writer.add_community(KnownCommunity(community="tea"))
        writer.finish()
    commands.quick("score", "even", "--predictor", "mine.py:mine").refused("nothing in the test part")
