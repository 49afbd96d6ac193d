"""``commonbond construct`` on a made forum, its embedder replaced by words."""

from __future__ import annotations

import json
import unicodedata

import jsonschema
import pytest
from made_forum import forum
from small_corpora import about, make_corpus
from word_embedder import WordEmbedder

from bench.benchmark import Benchmark
from personas.errors import InputError
from tui.cli import construct
from tui.cli.construct_arguments import add_construct
from tui.cli.schema import load
from tui.cli.shared_arguments import Parser

HOSTILE = "\x1b[31mtea\x9b2J [@click=app.quit]x[/] \u202etfel | **b** <i>\r"
STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A forum of two communities, one of them named to do harm."""
    folder = tmp_path_factory.mktemp("forum") / "forum.corpus"
    make_corpus(folder, [*forum(threads=16, replies=5), about("tea", HOSTILE)], title=HOSTILE).close()
    return folder


@pytest.fixture(autouse=True)
def _words(monkeypatch):
    monkeypatch.setattr(construct, "embedder_named", lambda name, advance: WordEmbedder())


def carry_out(*arguments):
    parser = Parser(prog="commonbond")
    add_construct(parser.add_subparsers(dest="command", parser_class=Parser))
    return construct.run(parser.parse_args(["construct", *map(str, arguments)]))


def test_the_answer_keeps_to_its_schema_and_names_the_benchmark(corpus, tmp_path, capsys):
    assert carry_out(corpus, "--out", tmp_path / "out", "--json") == 0
    done = capsys.readouterr()
    found = json.loads(done.out)
    jsonschema.Draft202012Validator(load("construct")).validate(found)
    benchmark = Benchmark.open(found["folder"])
    assert found["manifest"]["content"] == benchmark.content
    assert found["manifest"]["parts"] == {
        part: benchmark.size(part) for part in ("train", "validation", "test")
    }
    assert found["untested"] == []
    assert done.err.splitlines()[0] == "cleaning: bots, repeated texts, deleted posts"


def test_the_tables_tell_the_weaknesses_and_nothing_hostile_reaches_the_terminal(corpus, tmp_path, capsys):
    assert carry_out(corpus, "--out", tmp_path / "out", "--replace") == 0
    shown = capsys.readouterr().out
    for text in ("Without ever seeing the community", "uniform guess", "noise ceiling", "chance", "in train"):
        assert text in shown
    assert not {sign for sign in shown if unicodedata.category(sign) in STEERING and sign != "\n"}


def test_what_was_chosen_is_done(corpus, tmp_path):
    chosen = [
        "--parts",
        ".5,0,.5",
        "--options",
        3,
        "--least",
        "contrast=0.01",
        "--split",
        "random",
        "--seed",
        11,
    ]
    assert (
        carry_out(corpus, "--out", tmp_path / "out", *chosen, "--keep-cues", "--no-tasks", "--norms", 5) == 0
    )
    benchmark = Benchmark.open(tmp_path / "out")
    assert benchmark.size("validation") == 0
    assert {item.size for item in benchmark.items("test")} == {3}
    assert all(record.about["criteria"]["contrast"] >= 0.01 for record in benchmark.records("test"))
    assert benchmark.manifest.more["split"]["by"] == "random"
    assert benchmark.manifest.more["choices"]["seed"] == 11
    assert {len(known.norms) for known in benchmark.communities.values()} == {5}
    assert not (tmp_path / "out" / "tasks").exists()


def test_a_community_without_a_test_item_is_told_and_the_code_is_one(tmp_path, capsys):
    folder = tmp_path / "corpus"
    make_corpus(folder, [*forum(threads=12), *forum(("quiet",), threads=3, replies=1, seed=9)]).close()
    assert carry_out(folder, "--out", tmp_path / "out", "--json") == 1
    assert json.loads(capsys.readouterr().out)["untested"] == ["quiet"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--parts", ".5,.5"), "--parts: '.5,.5' is not three shares"),
        (("--parts", ".5,.2,.2"), "--parts: parts of 0.5, 0.2 and 0.2"),
        (("--least", "contrast"), "--least: 'contrast' is no NAME=X"),
        (("--least", "beauty=1"), "--least: beauty of at least 1.0"),
        (("--alike", "0"), "--alike: alike is 0.0; it must be above 0"),
    ],
)
def test_what_cannot_be_chosen_is_refused_with_its_remedy(corpus, tmp_path, arguments, told):
    with pytest.raises(InputError) as caught:
        carry_out(corpus, "--out", tmp_path / "out", *arguments)
    assert told in str(caught.value)
    assert not (tmp_path / "out").exists()
