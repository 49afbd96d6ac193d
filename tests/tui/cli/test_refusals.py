"""Unusable input ends with exit code 2 and one line that says what, where and what to do."""

from __future__ import annotations

import json
import re

import pytest

OPTIONS = ("--option", "yes", "--option", "no")


@pytest.fixture(scope="module")
def scored(commands):
    """A corpus of scored posts without replies, as the top posts of Reddit are."""
    rows = "".join(f"p{n},tea,what about {n},{n}\n" for n in range(40))
    (commands.home / "scored.csv").write_text(f"post,community,text,score\n{rows}")
    commands.quick("ingest", "table", "--posts", "scored.csv", "--key-file", "key", "--out", "scored.corpus")
    return commands.home / "scored.corpus"


@pytest.mark.parametrize("command", ["communities", "ask", "simulate", "bench"])
def test_a_corpus_that_is_not_there_is_refused(commands, command):
    more = {"ask": ("q", *OPTIONS), "simulate": ("--out", "x")}.get(command, ())
    commands.quick(command, "nowhere.corpus", *more).refused(
        "nowhere.corpus: ", "no corpus", "commonbond ingest"
    )


def test_a_folder_that_is_no_corpus_is_refused_also_as_json(commands):
    done = commands.quick("bench", commands.home, "--json")
    found = done.answer("error")
    assert done.code == 2
    assert found["error"]["where"] == str(commands.home)
    assert "commonbond ingest" in found["error"]["remedy"]


def test_a_corpus_with_a_damaged_table_is_refused(commands, tmp_path):
    import shutil

    damaged = tmp_path / "damaged.corpus"
    shutil.copytree(commands.corpus, damaged)
    (damaged / "posts.parquet").write_bytes(b"PAR1 and no more")
    commands.quick("communities", damaged).refused(str(damaged), "cannot be read", "ingest it again")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("", *OPTIONS), ("QUESTION: the question is empty", "ask something")),
        ((" \t", *OPTIONS), ("the question is empty",)),
        (("q",), ("--option: 0 options", "two or more", "--write")),
        (("q", "--option", "tea"), ("--option: 1 option to choose from",)),
        (("q", "--option", "tea", "--option", " tea"), ("'tea' stands twice", "make the options differ")),
        (("q", "--option", "tea", "--option", " "), ("an option is empty", "give every option a text")),
        (("q", "--write", "1"), ("--write: 1 is less than 2",)),
        (("q", "--write", "3", *OPTIONS), ("both --option and --write",)),
        (("q", *OPTIONS, "--community", "dogs"), ("--community: no community is named 'dogs'", "cats, tea")),
        (("q", *OPTIONS, "--community", "\x1b[31mdogs"), ("no community is named", "cats, tea")),
        (("q", "--option", "a\udcff", "--option", "b"), ("no valid Unicode",)),
        (("q\udcff", "--write", "3"), ("no valid Unicode",)),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(commands, asked, told):
    commands.quick("ask", commands.corpus, *asked).refused(*told)


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (("--share", "0"), "--share: "),
        (("--share", "1.5"), "--share: "),
        (("--share", "nan"), "--share: "),
        (("--share", "half"), "--share: 'half' is no number"),
        (("--items", "0"), "--items: 0 is less than 1"),
        (("--items", "-3"), "--items: -3 is less than 1"),
        (("--panel", "0"), "--panel: "),
        (("--panel", "many"), "--panel: 'many' is no whole number"),
        (("--split", "twice"), "--split: "),
        (("--blend", "2"), "--blend: "),
        (("--rounds", "-1"), "--rounds: "),
        (("--groups", "0"), "--groups: "),
        (("--sharpness", "inf"), "--sharpness: "),
        (("--pan", "3"), "unrecognized arguments: --pan 3"),
    ],
)
def test_a_choice_out_of_its_range_is_refused(commands, choice, told):
    done = commands.quick("bench", commands.corpus, *choice)
    done.refused(told)
    assert re.search(r"; (choose|it must be|see commonbond)", done.err)


@pytest.mark.parametrize("command", [("bench",), ("simulate", "--out", "x")])
def test_a_corpus_without_votes_on_replies_is_refused_before_anything_is_embedded(commands, scored, command):
    name, *more = command
    done = commands.quick(name, scored, *more, "--embedder", "no-such-model")
    done.refused("no held-out item has real votes", "commonbond ask")


class TestTheFolderOfARun:
    def test_is_no_file(self, commands):
        commands.quick("simulate", commands.corpus, "--out", "key").refused("key: it is a file", "--out")

    def test_lies_in_no_file(self, commands):
        commands.quick("simulate", commands.corpus, "--out", "key/run").refused(
            "no run can be written", "--out"
        )

    def test_holds_nothing_else(self, commands):
        done = commands.quick("bench", commands.corpus, "--out", commands.corpus)
        done.refused("the folder holds other files", "name a new folder")
        assert not (commands.corpus / "journal.sqlite").exists()

    def test_holds_no_other_run(self, commands, benched):
        done = commands.simulated("bench", "--out", "bench-run", "--seed", 8)
        done.refused("bench-run: the folder holds another run", "name another folder")

    def test_is_needed_to_simulate(self, commands):
        commands.quick("simulate", commands.corpus).refused("required: --out", "commonbond simulate --help")


class TestATable:
    table = ("ingest", "table", "--key-file", "key", "--out", "new.corpus")

    @pytest.fixture(autouse=True)
    def _nothing_is_written(self, commands):
        yield
        assert not list(commands.home.glob("*new.corpus*"))

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            ((), ("no table is named", "name a table")),
            (("--posts", "none.csv"), ("none.csv: there is no such file", "check the path")),
            (
                ("--posts", "posts.jsonl", "--column", "text"),
                ("--column: the mapping 'text'", "FIELD=COLUMN"),
            ),
            (("--posts", "posts.jsonl", "--column", "body=text"), ("--column: ", "'body'", "choose from")),
            (("--posts", "posts.jsonl"), ("posts.jsonl", "text")),
            (("--posts", "posts.jsonl", "--delimiter", ";;"), ("--delimiter: ", "one character")),
            (("--posts", "posts.jsonl", "--ballot", "guess"), ("--ballot: ",)),
            (("--posts", "posts.jsonl", "--max-line", "long"), ("--max-line: 'long' is no size", "16MB")),
            (
                ("--posts", "posts.jsonl", "--max-unpacked", "0"),
                ("--max-unpacked: '0' is less than one byte",),
            ),
        ],
    )
    def test_that_cannot_be_read_is_refused(self, commands, given, told):
        commands.quick(*self.table, *given).refused(*told)

    def test_that_is_a_bomb_is_refused_by_the_options_name(self, commands):
        import gzip

        (commands.home / "bomb.csv.gz").write_bytes(
            gzip.compress(b"post,text,community\n" + b"1,a,tea\n" * 10_000)
        )
        done = commands.quick(*self.table, "--posts", "bomb.csv.gz", "--max-unpacked", "10KB")
        done.refused("bomb.csv.gz: it unpacks to more than 10,000 bytes", "raise --max-unpacked")

    def test_with_a_key_that_is_too_short_is_refused(self, commands):
        (commands.home / "short").write_text("short")
        done = commands.quick(
            "ingest", "table", "--key-file", "short", "--out", "new.corpus", "--posts", "some-posts.csv"
        )
        assert done.code == 2

    def test_is_not_written_over_a_corpus(self, commands):
        done = commands.quick(
            *self.table[:-1], commands.corpus, "--posts", "posts.jsonl", "--column", "text=body"
        )
        done.refused("forum.corpus: it exists", "--replace")

    def test_is_not_written_where_nothing_can_be(self, commands):
        done = commands.quick(
            *self.table[:-1], "key/new.corpus", "--posts", "posts.jsonl", "--column", "text=body"
        )
        done.refused("cannot be written", "choose another folder")


def test_a_long_line_is_left_out_by_the_limit_that_was_given(commands):
    posts = ("ingest", "table", "--posts", "posts.jsonl", "--column", "text=body", "--key-file", "key")
    found = commands.quick(*posts, "--out", "lines.corpus", "--max-line", "100", "--json")
    assert found.code in {1, 2}
    assert "100" in found.out


def test_an_element_past_the_limit_is_refused_by_the_options_name(commands):
    body = "x" * 2_000_000
    row = f'<row Id="1" PostTypeId="1" Title="a" Tags="" Score="1" CreationDate="2020-01-01" Body="{body}" />'
    (commands.home / "tea.Posts.xml").write_text(f"<posts>\n{row}\n</posts>")
    done = commands.quick(
        "ingest",
        "stackexchange",
        "tea.Posts.xml",
        "--out",
        "x.corpus",
        "--key-file",
        "key",
        "--max-line",
        "100kB",
    )
    done.refused("raise --max-line")


@pytest.mark.parametrize(
    "line", [(), ("--json",), ("frobnicate",), ("ingest",), ("ingest", "usenet"), ("schema", "x")]
)
def test_a_command_line_that_says_nothing_is_refused(commands, line):
    done = commands.quick(*line)
    assert done.code == 2
    assert done.err.startswith("commonbond: ")
    assert ("error" in json.loads(done.out)) if "--json" in line else not done.out


def test_hostile_arguments_are_told_as_plain_characters(commands):
    done = commands.quick("\x1b]0;owned\x07", "--json")
    assert done.code == 2
    assert "\\x1b]0;owned\\x07" in done.err
    done.answer("error")
