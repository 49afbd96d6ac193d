"""Prompts are read as TRL takes them, line by line; what is none is told with its line, and the rest is kept."""

from __future__ import annotations

import gzip
import json

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from personas import InputError
from personas.sources.streams import Limits
from simulator.export.prompt_file import Broken, Prompt, PromptFile
from simulator.item import Query, Turn

USER, REPLY = {"role": "user", "content": "How hot?"}, {"role": "assistant", "content": "Eighty degrees."}
GOOD = '{"prompt": "Tea?"}'


@pytest.fixture
def written(tmp_path):
    """Return a function that writes lines, given as data, text or bytes, and names the file."""

    def write(*lines, end=b"\n", name="prompts.jsonl"):
        path = tmp_path / name
        path.write_bytes(end.join(_bytes(line) for line in lines) + end)
        return path

    return write


def _bytes(line) -> bytes:
    if isinstance(line, bytes):
        return line
    return (line if isinstance(line, str) else json.dumps(line)).encode()


def problem(path) -> str:
    """Return what is wrong with the second line of a file whose first is a good one."""
    read = PromptFile(path).read()
    assert (read.prompts, read.broken_count) == (1, 1)
    assert read.broken[0].line == 2
    return read.broken[0].problem


def test_each_form_of_a_prompt_is_read(written):
    path = written(
        {"prompt": "Tea?"},
        {"prompt": [USER]},
        {"messages": [USER, REPLY, {"role": "user", "content": "And green?", "name": "ann"}]},
        {"id": "green tea", "prompt": "Green?", "candidates": ["yes", "no"], "source": "a form"},
        {"id": 12, "prompt": "Black?", "candidates": None, "messages": None},
        {"id": None, "prompt": [REPLY, USER, USER]},
    )
    asked, replied = Turn(role="user", text="How hot?"), Turn(role="assistant", text="Eighty degrees.")
    assert list(PromptFile(path)) == [
        Prompt(prompt="p1", query="Tea?"),
        Prompt(prompt="p2", query="How hot?"),
        Prompt(prompt="p3", query="And green?", turns=(asked, replied)),
        Prompt(prompt="green tea", query="Green?", pool=("yes", "no")),
        Prompt(prompt="12", query="Black?"),
        Prompt(prompt="p6", query="How hot?", turns=(replied, asked)),
    ]
    read = PromptFile(str(path)).read()
    assert (read.prompts, read.pools, read.broken, read.broken_count) == (6, 1, (), 0)


def test_a_prompt_becomes_a_query_with_all_that_it_has(written):
    (prompt,) = PromptFile(written({"id": "x", "messages": [USER, REPLY, USER], "candidates": ["1", "2"]}))
    turns = (Turn(role="user", text="How hot?"), Turn(role="assistant", text="Eighty degrees."))
    asked = Query(item="x", query="How hot?", count=3, turns=turns, writer="tea", pool=("1", "2"))
    assert prompt.query_of(count=3, writer="tea") == asked


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("How do I make tea?", "no JSON"),
        ("[]", "a JSON list, not an object"),
        ('"Tea?"', "a JSON str, not an object"),
        ({}, 'neither "prompt" nor "messages"'),
        ({"prompt": None}, '"prompt" is empty'),
        ({"prompt": "a", "messages": [USER]}, 'both "prompt" and "messages"'),
        ({"prompt": ""}, "the prompt has no text"),
        ({"prompt": " \n\u3000"}, "the prompt has no text"),
        ({"prompt": True}, '"prompt" is true, not a text or a list'),
        ({"prompt": 7}, '"prompt" is 7, not'),
        ({"prompt": USER}, '"prompt" is an object, not'),
        ({"prompt": []}, '"prompt" holds no message'),
        ({"messages": "Tea?"}, "\"messages\" is 'Tea?', not a list of messages"),
        ({"messages": ["Tea?"]}, "message 1 is 'Tea?', not an object"),
        ({"messages": [{"role": "user"}]}, "message 1 has no text but null"),
        ({"messages": [{"role": "user", "content": False}]}, "message 1 has no text but false"),
        ({"messages": [{"role": "user", "content": " "}]}, "message 1 has no text"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]}, "content in parts"),
        ({"messages": [{"role": "user", "content": {"text": "a"}}]}, "no text but an object"),
        ({"messages": [{"content": "a"}]}, "message 1 has the role null"),
        ({"messages": [{"role": ["user"], "content": "a"}]}, "the role a list"),
        ({"messages": [{"role": "User", "content": "a"}]}, "the role 'User'; only user and assistant"),
        ({"messages": [USER, {"role": "tool", "content": "a"}, USER]}, "message 2 has the role 'tool'"),
        ({"messages": [{"role": "system", "content": "a"}, USER]}, "--steering system"),
        ({"messages": [USER, REPLY]}, "the last message is the assistant's"),
        ({"prompt": "a", "candidates": "yes"}, "\"candidates\" is 'yes', not a list of texts"),
        ({"prompt": "a", "candidates": []}, "two or more texts and has 0"),
        ({"prompt": "a", "candidates": ["yes"]}, "two or more texts and has 1"),
        ({"prompt": "a", "candidates": ["yes", ""]}, "candidate 2 has no text"),
        ({"prompt": "a", "candidates": ["yes", 3]}, "candidate 2 has no text but 3"),
        ({"prompt": "a", "candidates": ["yes", "no", " yes"]}, "candidates 1 and 3 are the same text"),
        ({"prompt": "a", "id": True}, '"id" is true, neither'),
        ({"prompt": "a", "id": 1.0}, '"id" is 1.0, neither'),
        ({"prompt": "a", "id": ["x"]}, '"id" is a list, neither'),
        ({"prompt": "a", "id": " "}, "the id has no text"),
        ({"prompt": "a", "id": "x\ny"}, r"the id 'x\ny' holds a control character"),
        ({"prompt": "a", "id": "x\x1b[2J"}, "holds a control character"),
        ({"prompt": "a", "id": "x\u2028y"}, "holds a control character or a line break"),
        ({"prompt": "a", "id": "x" * 201}, "is longer than 200 characters"),
        ({"prompt": "a", "id": "p1"}, "the prompt 'p1' stands in line 1, too"),
        ('{"prompt": "\\ud800"}', "half of a surrogate pair"),
        ('{"prompt": "a", "id": "\\udfff"}', "half of a surrogate pair"),
        ('{"prompt": "a\\u0000b"}', "a NUL character"),
        (b'{"prompt": "a\0b"}', "no JSON"),
        (b'{"prompt": "\xff"}', "no UTF-8"),
        ('{"prompt": ' + "[" * 100_000, "cannot be read as JSON"),
        ('{"prompt": "a", "id": ' + "9" * 5_000 + "}", "cannot be read as JSON"),
        ('{"prompt": "' + "a" * (1 << 20) + '"}', "longer than 1,048,576 bytes"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_prompt_is_told_with_its_number(written, line, told):
    assert told in problem(written(GOOD, line))


def test_half_a_megabyte_is_a_prompt(written):
    (prompt,) = PromptFile(written({"prompt": "茶" * 150_000}))
    assert len(prompt.query) == 150_000


def test_a_mark_carriage_returns_and_blank_lines_are_passed_over_and_counted_as_lines(written):
    path = written(b"\xef\xbb\xbf" + GOOD.encode(), "", "  \t", {"prompt": "Café, 茶, 🫖?"}, "x", end=b"\r\n")
    assert [(prompt.prompt, prompt.query) for prompt in PromptFile(path)] == [
        ("p1", "Tea?"),
        ("p4", "Café, 茶, 🫖?"),
    ]
    read = PromptFile(path).read()
    assert [broken.line for broken in read.broken] == [5]
    assert str(read.broken[0]).startswith("line 5: it is no JSON")


def test_the_last_line_needs_no_line_break(tmp_path):
    path = tmp_path / "prompts.jsonl"
    path.write_text(GOOD + "\n" + GOOD)
    assert [prompt.prompt for prompt in PromptFile(path)] == ["p1", "p2"]


def test_a_second_prompt_of_a_name_is_left_out_each_time(written):
    path = written({"id": "x", "prompt": "a"}, {"id": "x", "prompt": "b"}, {"id": 7, "prompt": "c"}, {"id": "7", "prompt": "d"})  # fmt: skip
    prompts = PromptFile(path)
    assert [prompt.query for prompt in prompts] == ["a", "c"]
    assert [prompt.query for prompt in prompts] == ["a", "c"]
    assert prompts.read().broken == (
        Broken(2, "the prompt 'x' stands in line 1, too"),
        Broken(4, "the prompt '7' stands in line 3, too"),
    )


def test_a_broken_line_takes_no_name(written):
    path = written({"id": "x", "prompt": ""}, {"id": "x", "prompt": "b"})
    assert [prompt.query for prompt in PromptFile(path)] == ["b"]


def test_a_line_without_a_name_does_not_take_that_of_another(written):
    path = written({"id": "p2", "prompt": "a"}, {"prompt": "b"})
    assert PromptFile(path).read().broken == (Broken(2, "the prompt 'p2' stands in line 1, too"),)


def test_of_many_broken_lines_the_first_twenty_are_told_and_all_are_counted(written):
    read = PromptFile(written(*["x"] * 30, GOOD)).read()
    assert [broken.line for broken in read.broken] == list(range(1, 21))
    assert (read.prompts, read.broken_count) == (1, 30)


@pytest.mark.parametrize("use", [list, PromptFile.read])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("Tea?\nCoffee?\n", "prompts.jsonl, line 1: it is no JSON"),
        ("\n\n[1]\n", "prompts.jsonl, line 3: it is a JSON list"),
        ("\n \n", "prompts.jsonl: the file holds nothing but blanks"),
        ("", "prompts.jsonl: the file is empty"),
        ('{"prompt": ""}', "line 1: the prompt has no text"),
    ],
)
def test_a_file_without_a_prompt_is_refused_and_told_what_is_expected(tmp_path, content, told, use):
    path = tmp_path / "prompts.jsonl"
    path.write_text(content)
    with pytest.raises(InputError) as raised:
        use(PromptFile(path))
    assert told in str(raised.value)
    assert not content or '{"prompt": "How do I descale a kettle?"}' in raised.value.remedy


def test_a_missing_file_and_a_folder_are_refused_at_once(tmp_path):
    for path, told in ((tmp_path / "none.jsonl", "there is no such file"), (tmp_path, "no ordinary file")):
        with pytest.raises(InputError, match=told):
            PromptFile(path)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_packed_files_are_read_and_cut_ones_refused(written, pack):
    lines = "\n".join(json.dumps({"prompt": f"question {number * 7919}"}) for number in range(500)).encode()
    path = written(pack(lines), end=b"", name="prompts.jsonl.packed")
    assert [prompt.prompt for prompt in PromptFile(path)] == [f"p{number}" for number in range(1, 501)]
    path.write_bytes(pack(lines)[:-20])
    with pytest.raises(InputError, match="cut off"):
        PromptFile(path).read()


def test_the_limits_are_those_that_are_given(written):
    path = written(GOOD, {"prompt": "x" * 60})
    assert PromptFile(path, limits=Limits(line=50)).read().broken == (
        Broken(2, "the line is longer than 50 bytes"),
    )


def test_the_digest_is_of_the_prompts_and_not_of_how_they_are_written(written):
    one = PromptFile(written({"id": "x", "prompt": "é"}, {"id": "y", "prompt": "b"})).read().content
    same = PromptFile(written('{"messages": [{"role": "user", "content": "é"}], "id": "x"}', "", {"id": "y", "prompt": "b"})).read()  # fmt: skip
    assert same.content == one
    for lines in (
        [{"id": "y", "prompt": "b"}, {"id": "x", "prompt": "é"}],
        [{"id": "x", "prompt": "é"}, {"id": "z", "prompt": "b"}],
        [{"id": "x", "prompt": "é"}, {"id": "y", "prompt": "b", "candidates": ["1", "2"]}],
        [{"id": "x", "prompt": "é"}, {"id": "y", "prompt": [REPLY, {"role": "user", "content": "b"}]}],
    ):
        assert PromptFile(written(*lines)).read().content != one


def test_prompts_come_one_at_a_time(written):
    path = written(*[GOOD] * 3, "x")
    prompts = iter(PromptFile(path))
    assert next(prompts).prompt == "p1"
    others = iter(PromptFile(path))
    assert next(others).prompt == "p1", "two readings do not disturb each other"
    assert [prompt.prompt for prompt in prompts] == ["p2", "p3"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "content"]), inner),
    max_leaves=6,
)
messages = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "system"]), "content": st.text(max_size=5)}
    ),
    max_size=3,
)
line = st.dictionaries(
    st.sampled_from(["prompt", "messages", "id", "candidates", "other"]), anything | messages, max_size=3
)


@given(lines=st.lists(line.map(json.dumps) | st.binary(max_size=12), max_size=8))
def test_whatever_the_lines_hold_each_is_a_prompt_or_told_and_reading_again_says_the_same(
    tmp_path_factory, lines
):
    path = tmp_path_factory.mktemp("any") / "prompts.jsonl"
    path.write_bytes(b"\n".join([GOOD.encode(), *map(_bytes, lines)]))
    prompts = PromptFile(path)
    first, read = list(prompts), prompts.read()
    assert list(prompts) == first
    assert prompts.read() == read
    assert read.prompts == len(first)
    assert len({prompt.prompt for prompt in first}) == len(first)
    filled = sum(not part.isspace() for part in path.read_bytes().split(b"\n") if part)
    assert read.prompts + read.broken_count == filled
    for prompt in first:
        assert prompt.query.strip()
        json.dumps([prompt.prompt, prompt.query, prompt.pool], ensure_ascii=False).encode()
