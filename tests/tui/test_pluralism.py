"""The command ``pluralism``, in this process: what it prints, what it keeps and what it refuses."""

from __future__ import annotations

import argparse
import json
import unicodedata

import jsonschema
import pytest
from small_corpora import joined, make_corpus, said, voted
from small_runs import forum
from stand_in import stand_in
from word_embedder import WordEmbedder

from bench.benchmark import BenchmarkWriter
from bench.pluralism.coverage import NEARNESS
from personas.errors import InputError
from simulator.item import Item, Option, RealVotes
from tui.cli import parts
from tui.cli.pluralism import run
from tui.cli.pluralism_arguments import add_pluralism
from tui.cli.schema import load

HOSTILE = "\x1b[31mred\u202e [bold]x[/] \x07"
SMALL = ("--panel", "4", "--smallest", "2")


@pytest.fixture
def command(monkeypatch, capsys):
    """Carry a command line out with texts compared by their words; return its code and what it printed."""
    monkeypatch.setattr(parts, "embedder_named", lambda model, advance: WordEmbedder())

    def carry_out(*arguments):
        parser = argparse.ArgumentParser()
        add_pluralism(parser.add_subparsers(dest="command"))
        given = ["pluralism", *map(str, arguments)]
        options = parser.parse_args(given)
        options.given = given
        code = run(options)
        return code, capsys.readouterr().out

    return carry_out


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forum") / "forum.corpus"
    make_corpus(folder, list(forum(8)), title=HOSTILE).close()
    return folder


@pytest.fixture(scope="module")
def benchmark(tmp_path_factory):
    """Two items of two communities: one that they choose alike in, one that they do not."""
    folder = tmp_path_factory.mktemp("made") / "choices"
    votes = {"tea": (8, 0), "cats": (0, 8)}, {"tea": (4, 4), "cats": (4, 4)}
    with BenchmarkWriter(folder, name="made", source="this test", licence="none", fictional=True) as writer:
        for number, of in enumerate(votes):
            options = (
                Option(text="pray, obey the church and never ask a question"),
                Option(text="ask everybody for the evidence before you decide"),
            )
            known = {
                name: RealVotes(shares=(up[0] / 8, up[1] / 8), voters=8, up=up) for name, up in of.items()
            }
            writer.add(
                "test", Item(item=f"q{number}", query=f"what now {number}?", options=options, votes=known)
            )
        writer.finish()
    return folder


@pytest.fixture
def answers(tmp_path):
    path = tmp_path / "answers.jsonl"
    rows = [
        {"item": f"q{number}", "model": model, "text": text}
        for number in range(2)
        for model, text in (
            ("one", "pray, obey the church and never ask a question"),
            (HOSTILE, "ask for evidence"),
        )
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def answer(out):
    found = json.loads(out)
    jsonschema.Draft202012Validator(load("pluralism")).validate(found)
    return found


def figure(found, table, **named):
    (row,) = [row for row in found[table] if all(row[name] == value for name, value in named.items())]
    return row


def test_a_corpus_is_analysed_with_sets_drawn_in_both_ways(command, corpus):
    code, out = command(corpus, "--write", 3, *SMALL, "--json")
    found = answer(out)
    assert code == 0 and found["usage"] == [] and found["seed"] == 7
    assert set(found["sets"]) == {
        "the items' own options", "independent draws", "negatively correlated draws"
    }  # fmt: skip
    assert found["sets"]["independent draws"] == found["sets"]["negatively correlated draws"] > 0
    assert len(found["accuracy"]) == 2 and all(each["n"] == 56 for each in found["accuracy"])
    assert figure(found, "dispersion", measure="different options", of="two people")["n"] == found["items"]
    assert command(corpus, "--write", 3, *SMALL, "--json")[1] == out


def test_without_drawing_every_item_of_a_corpus_is_taken(command, corpus):
    assert answer(command(corpus, *SMALL, "--json")[1])["items"] == 16
    assert answer(command(corpus, *SMALL, "--items", 3, "--json")[1])["items"] == 3


def test_a_benchmark_is_held_against_the_answers_of_a_file(command, benchmark, answers):
    code, out = command(benchmark, "--answers", answers, "--nearness", 0.9, *SMALL, "--json")
    found = answer(out)
    assert code == 0 and found["items"] == 2 and found["corpus"]["fictional"] is True
    chosen = {"measure": "different options"}
    within = figure(found, "dispersion", **chosen, of="two people of one community")
    across = figure(found, "dispersion", **chosen, of="two people of different communities")
    assert (within["mean"], across["mean"]) == (pytest.approx(4 / 14), 0.75)
    near = {"measure": "covered, by nearness"}
    assert figure(found, "coverage", **near, of="the models' answers")["mean"] == 0.5
    assert figure(found, "coverage", **near, of="the models' answers: one alone")["mean"] == 0.5
    assert "0.9" in found["definitions"]["nearness"]


def test_the_help_names_the_defaults_that_are_used(command, benchmark, answers, capsys):
    found = answer(command(benchmark, "--answers", answers, *SMALL, "--json")[1])
    assert f"cosine of {NEARNESS:g} " in found["definitions"]["nearness"]
    with pytest.raises(SystemExit):
        command("--help")
    assert f"({NEARNESS:g})" in " ".join(capsys.readouterr().out.split())


def test_what_is_printed_has_the_judges_accuracy_at_every_table_and_steers_no_terminal(
    command, benchmark, corpus, answers
):
    code, out = command(benchmark, "--answers", answers, *SMALL)
    assert code == 0 and "FICTIONAL" in out
    tables = out.count("95 % interval  ")
    assert tables >= 4 and out.count("judge right") == 2 * tables
    assert "a person's preferred option is covered when" in out
    more = command(corpus, "--write", 2, *SMALL)[1]
    for text in (out, more):
        assert not {sign for sign in text if unicodedata.category(sign) in {"Cc", "Cf"} and sign != "\n"}
        assert "[bold]x[/]" in text


def test_statements_are_analysed_in_the_communities_that_are_found(command, tmp_path):
    members = [f"m{number:02}" for number in range(30)]
    records = [joined(member) for member in members]
    for number in range(12):
        records.append(said(f"s{number:02}", f"Statement {number} of the pot.", kind="statement"))
        for place, member in enumerate(members):
            records.append(voted(f"s{number:02}", 1 if (place < 15) == (number % 2 == 0) else -1, member))
    make_corpus(tmp_path / "polis.corpus", records, ballot="agreement").close()
    found = answer(command(tmp_path / "polis.corpus", "--groups", 2, *SMALL, "--json")[1])
    across = figure(
        found, "dispersion", measure="different options", of="two people of different communities"
    )
    within = figure(found, "dispersion", measure="different options", of="two people of one community")
    assert (across["mean"], within["mean"]) == (1.0, 0.0)
    assert found["items"] == 6 and found["sets"] == {}


def test_a_place_that_the_embedder_cannot_read_is_warned_of(command, monkeypatch, tmp_path):
    texts = [
        f"Wir sollten die Steuern für alle Bürger der Stadt nicht noch einmal um {n} Prozent senken"
        for n in range(30)
    ]
    records = [said(f"s{n:02}", text, kind="statement") for n, text in enumerate(texts)]
    records += [voted(f"s{n:02}", 1 if (n + m) % 3 else -1, f"m{m}") for n in range(30) for m in range(12)]
    make_corpus(tmp_path / "de.corpus", records, ballot="agreement").close()
    assert (
        answer(command(tmp_path / "de.corpus", "--communities", "given", *SMALL, "--json")[1])["warnings"]
        == []
    )
    monkeypatch.setattr(WordEmbedder, "english", True)
    plain = " ".join(command(tmp_path / "de.corpus", "--communities", "given", *SMALL)[1].split())
    assert "tea: not in English" in plain and "--embedder sentence-transformers/" in plain


def test_a_model_writes_and_judges_and_the_same_command_makes_no_call_again(command, corpus, tmp_path):
    out = tmp_path / "run"
    with stand_in() as server:
        line = (
            corpus, "--items", 2, "--write", 2, *SMALL, "--out", out, "--json",
            "--model", "hosted_vllm/stand-in", "--api-base", server.api_base,
        )  # fmt: skip
        code, first = command(*line)
        found = answer(first)
        requests = server.count()["requests"]
        again = answer(command(*line)[1])
        assert server.count()["requests"] == requests > 0
    assert code == 0 and found["judge"] == "language model (hosted_vllm/stand-in)"
    assert {row["phase"] for row in found["usage"]} == {"generate", "judge"}
    assert sum(row["requests"] for row in found["usage"]) == requests
    assert {name: part for name, part in again.items() if name != "usage"} == {
        name: part for name, part in found.items() if name != "usage"
    }


def test_the_anchors_may_judge_what_a_model_writes(command, corpus, tmp_path):
    with stand_in() as server:
        line = ("--model", "hosted_vllm/stand-in", "--api-base", server.api_base, "--judge", "anchors")
        found = answer(
            command(corpus, "--items", 2, "--write", 2, *SMALL, "--out", tmp_path / "r", "--json", *line)[1]
        )
    assert "no language model" in found["judge"] and {row["phase"] for row in found["usage"]} == {"generate"}


def test_where_the_model_does_not_judge_it_says_so_and_falls_short(command, benchmark, tmp_path):
    with stand_in(style="abstain") as server:
        code, out = command(
            benchmark,
            *SMALL,
            "--out",
            tmp_path / "r",
            "--model",
            "hosted_vllm/stand-in",
            "--api-base",
            server.api_base,
        )
    plain = " ".join(out.split())
    assert code == 1 and "the judge failed on 2 texts" in plain and "right on 0 of 56" in plain
    assert "took to judge 116 calls, 116 requests," in plain


@pytest.mark.parametrize(
    ("more", "what"),
    [
        (("--nearness", "3"), "no cosine"),
        (("--judge", "model"), "there is no model"),
        (("--model", "hosted_vllm/x"), "needs a folder"),
        (("--axis", "none.json"), "none.json"),
        (("--answers", "none.jsonl"), "none.jsonl"),
        (("--part", "validation"), "validation part is empty"),
    ],
)
def test_what_cannot_be_used_is_refused(command, benchmark, more, what):
    with pytest.raises(InputError, match=what):
        command(benchmark, *SMALL, *more)


def test_a_folder_with_another_run_is_refused(command, benchmark, corpus, tmp_path):
    from personas.corpus import Corpus
    from simulator.simulation import Simulation

    with Corpus.open(corpus) as opened:
        simulation = Simulation(opened, seed=1, embedder=WordEmbedder(), panel=2, smallest=2)
        question = Item(item="1", query="tea?", options=(Option(text="yes"), Option(text="no")))
        simulation.run([question], out=tmp_path / "run").journal.close()
    with pytest.raises(InputError, match="another run"):
        command(
            benchmark,
            *SMALL,
            "--out",
            tmp_path / "run",
            "--model",
            "hosted_vllm/x",
            "--api-base",
            "http://127.0.0.1:9/v1",
        )
