"""Every command does its job on a small forum, in words and as JSON that keeps to its schema."""

from __future__ import annotations

import json

import pytest
from rich.cells import cell_len

from simulator.graph.kept import KeptGraph

OPTIONS = (
    "--option", "warm the pot, says reply 0 of thread 1 in tea",
    "--option", "weigh the leaves, says reply 1 of thread 1 in tea",
)  # fmt: skip
ASKED = ("ask", "tea question 1", *OPTIONS)
PREDICTOR = "norm judge (offline, no language model)"


def widest(text: str) -> int:
    return max(cell_len(line) for line in text.splitlines())


def test_ingest_answers_with_its_manifest_and_names_the_broken_records(commands):
    (commands.home / "some.csv").write_text("post,author,text,community\n1,ann,hello,tea\n1,bob,again,tea\n")
    table = ("ingest", "table", "--posts", "some.csv", "--key-file", "key")
    done = commands(*table, "--out", "some.corpus", "--json")
    found = done.answer("ingest")
    assert done.code == 1
    assert found["manifest"]["counts"]["posts"] == 1
    assert [(row["file"], row["line"]) for row in found["broken"]] == [("some.csv", 3)]
    told = commands(*table, "--out", "some.corpus", "--replace", columns=80)
    assert told.code == 1
    assert "some.csv:3: " in told.out
    assert widest(told.out) <= 80


def test_ingest_says_that_people_are_invented_and_what_comes_next(made):
    told = " ".join(made.out.split())
    assert told.startswith("FICTIONAL people and texts · ")
    assert " next commonbond communities " in told


def test_communities_answers_with_scores_profiles_and_norms_and_keeps_them(commands, mapped):
    found = mapped.answer("communities")
    assert found["corpus"]["fictional"] is True
    assert set(found["communities"]) == {"cats", "tea"}
    assert found["communities"]["tea"]["profile"]["identity"]
    kept = json.loads((commands.corpus / "communities.json").read_text())
    assert kept["communities"].keys() == found["communities"].keys()


def test_communities_keeps_the_graph_that_it_tells_of(commands, mapped):
    found = mapped.answer("communities")
    with KeptGraph.open(commands.corpus) as graph:
        assert {entry.name: entry.members for entry in graph.communities()} == {
            name: entry["members"] for name, entry in found["communities"].items()
        }
        assert graph.about["ties"]["bond"] == found["graph"]["bond_ties"] > 0
        assert graph.described(0)["profile"] == found["communities"]["cats"]["profile"]
        assert graph.members(0)[0].group in {group["name"] for group in found["groups"]} | {""}


def test_ask_answers_for_each_community_and_cites_norms(commands, benched):
    found = commands.simulated(*ASKED, "--json").answer("ask")
    assert [answer["community"] for answer in found["answers"]] == ["cats", "tea"]
    for answer in found["answers"]:
        assert sum(answer["preference"]["shares"]) == pytest.approx(1)
        assert answer["norms"]
    assert found["predictor"] == PREDICTOR


def test_ask_lets_a_community_write_the_options(commands, benched):
    asked = (
        "ask",
        "tea question 12",
        "--write",
        3,
        "--community",
        "tea",
        "--sampling",
        "negatively-correlated",
    )
    done = commands.simulated(*asked, "--json")
    (answer,) = done.answer("ask")["answers"]
    assert len(answer["options"]) == 3
    assert all(option["post"].startswith("tea:") for option in answer["options"])
    assert done.code == 0


def test_simulate_keeps_a_run_and_a_repeated_command_gives_the_same_bytes(commands, benched):
    first = commands.simulated("simulate", "--items", 4, "--out", "a-run", "--json")
    again = commands.simulated("simulate", "--items", 4, "--out", "a-run", "--json")
    found = first.answer("simulate")
    assert (first.code, first.out) == (0, again.out)
    assert len(found["results"]) == 4
    assert all(row["real"]["voters"] for row in found["results"])
    assert (commands.home / "a-run" / "journal.sqlite").is_file()


def test_bench_answers_with_all_four_tasks_and_keeps_its_run(commands, benched):
    found = benched.answer("bench")
    assert benched.code == 0
    assert {task["task"] for task in found["scores"]["tasks"]} == {
        "preference identification",
        "preference distribution",
        "community-consistent generation",
        "community identification",
    }
    assert found["run"] == "bench-run"
    assert found["failures"] == 0


def test_progress_and_warnings_stay_off_standard_output(commands):
    (commands.home / "lone.csv").write_text("post,author,text,community,score\n1,ann,warm the pot,tea,3\n")
    commands("ingest", "table", "--posts", "lone.csv", "--key-file", "key", "--out", "lone.corpus")
    done = commands("communities", commands.home / "lone.corpus", "--json", "--embedder", commands.model)
    assert done.answer("communities")["warnings"]
    told = commands("communities", commands.home / "lone.corpus", "--embedder", commands.model)
    assert "warning: " in told.err
    assert "warning: " not in told.out


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (80, ("bench",)),
        (140, ("bench",)),
        (80, ASKED),
        (80, ("simulate", "--items", 4, "--out", "a-run")),
        (80, ("communities",)),
    ],
)
def test_every_table_fits_its_width_and_says_whose_figures_they_are(commands, benched, columns, line):
    done = commands.simulated(*line, columns=columns)
    assert done.code == 0
    assert widest(done.out) <= columns
    assert "FICTIONAL people and texts · A forum" in done.out
    assert "[@click=app.quit]x[/]" in done.out.replace("\n", " ")
    tables = [part for part in done.out.split("\n\n") if "──" in part]
    assert tables
    for part in tables:
        above = " ".join(part.split("──")[0].split())
        assert "FICTIONAL · A forum" in above
        assert (PREDICTOR if line != ("communities",) else "cohesion by identity and by bonds") in above


def test_bench_as_markdown_says_whose_figures_they_are(commands, benched):
    done = commands.simulated("bench", "--markdown")
    first, _, header = done.out.splitlines()[:3]
    assert first.startswith("FICTIONAL · A forum")
    assert first.endswith(f"simulated by the {PREDICTOR}")
    assert header.startswith("| task, metric | predictor |")


@pytest.mark.parametrize("of", ["ingest", "communities", "ask", "simulate", "bench", "demo", "error"])
def test_schema_prints_the_schema_of_a_command(commands, of):
    done = commands("schema", of)
    found = json.loads(done.out)
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert found["properties"]["command"]["const"] == of


def test_demo_does_the_whole_job_on_the_bundled_example(commands):
    """With the tests' own embedder in place of MiniLM, which needs half a minute for it."""
    done = commands("demo", "--out", "demo", "--json", words=True)
    found = done.answer("demo")
    assert done.code == 0
    assert [run["corpus"]["fictional"] for run in found["runs"]] == [True, False, False]
    assert all((commands.home / run["run"]).is_dir() for run in found["runs"])
    assert (commands.home / "demo" / "forum.corpus" / "communities.json").is_file()


def test_a_terminal_that_knows_ascii_only_gets_the_rest_escaped(commands):
    (commands.home / "cafe.csv").write_text("post,author,text,community\n1,ann,hello,café\n")
    line = ("ingest", "table", "--posts", "cafe.csv", "--key-file", "key", "--out", "cafe.corpus")
    done = commands(*line, more={"PYTHONIOENCODING": "ascii"})
    assert done.code == 0
    assert "caf\\xe9" in done.out
