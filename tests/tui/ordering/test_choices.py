"""What can be chosen for a run: its ranges and options are those of the command line itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.errors import InputError
from simulator.settings import Settings
from tui.cli.arguments import make_parser
from tui.ordering.choices import Choice
from tui.ordering.run_choices import ON_A_MODEL, sections
from tui.widgets.model_fields import MODEL_CHOICES

KINDS = ("simulate", "bench", "generate")
SAMPLES = {
    "text": "x", "path": "x", "whole": "3", "figure": "0.75", "price": "1/2", "model": "a/b",
    "address": "http://127.0.0.1:8000/v1", "language": "en", "switch": "yes",
}  # fmt: skip
FIGURE = Choice(name="share", label="Share", kind="figure", least=0, most=1, above=True, below=True)


def _choices(kind):
    asked = [choice for section in sections(kind) for choice in section.choices]
    return [
        choice for choice in (*asked, *MODEL_CHOICES, *ON_A_MODEL.choices) if choice.name != "prompt_file"
    ]


def _parsed(kind, *given):
    place = ["p.jsonl", "--corpus", "c"] if kind == "generate" else ["c"]
    return make_parser().parse_args([kind, *place, "--out", "o", *given])


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_line_takes_every_choice_as_it_is_given(kind):
    for choice in _choices(kind):
        sample = choice.picks[-1] if choice.picks else SAMPLES[choice.kind]
        assert not choice.problem(sample), choice.name
        options = vars(_parsed(kind, *choice.given(sample)))
        assert options[choice.name] not in (None, [], False), choice.name


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_left_out_of_the_command_line_is_its_own_default(kind):
    plain = vars(_parsed(kind))
    for choice in _choices(kind):
        if choice.picks:
            assert choice.given(choice.picks[0]) == ()
            left = plain.get(choice.name, choice.picks[0])
            assert left in (choice.picks[0], [choice.picks[0]]), choice.name


@pytest.mark.parametrize("kind", KINDS)
def test_a_setting_that_a_field_refuses_is_refused_by_the_simulation_and_no_other(kind):
    names = set(Settings.__dataclass_fields__) - {"seed"}
    for choice in _choices(kind):
        if choice.kind not in ("whole", "figure") or choice.name not in names:
            continue
        for value in ("-1", "0", "1", "2"):
            number = int(value) if choice.kind == "whole" else float(value)
            try:
                Settings(seed=7, **{choice.name: number})
                refused = False
            except InputError:
                refused = True
            assert bool(choice.problem(value)) == refused, (choice.name, value)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("whole", "2.5"), ("whole", "many"), ("figure", "nan"), ("figure", "inf"), ("price", "1"),
        ("price", "1/-2"), ("model", "gpt"), ("model", "openai/"), ("address", "127.0.0.1:8000"),
        ("address", "http://user:key@host/v1"), ("address", "http://[::1"), ("language", "English"),
        ("path", "--out"), ("text", "a\x1b[31m"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_as_it_is_typed(kind, wrong):
    assert Choice(name="x", label="X", kind=kind).problem(wrong)


def test_a_key_within_an_address_is_called_what_it_is():
    choice = Choice(name="api_base", label="Address", kind="address")
    assert "may be a key" in choice.problem("https://host/v1?api_key=abc")


@given(st.floats(allow_nan=False))
def test_a_share_is_taken_exactly_where_it_lies_strictly_between_nought_and_one(number):
    assert (FIGURE.problem(repr(number)) == "") == (0 < number < 1)


def test_nought_can_be_taken_beside_a_range_that_does_not_hold_it():
    choice = Choice(name="p", label="P", kind="figure", least=0.5, most=1, nought=True)
    assert [bool(choice.problem(text)) for text in ("0", "0.4", "0.5", "1", "1.1")] == [0, 1, 0, 0, 1]
    assert choice.problem("0.4") == "it must be 0, or from 0.5 to 1"


def test_an_empty_field_is_wrong_only_where_it_is_needed():
    assert Choice(name="x", label="X").problem("  ") == ""
    assert Choice(name="x", label="X", needed=True).problem("  ") == "it is needed"
