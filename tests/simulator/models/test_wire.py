import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_server import completion

from simulator.models.choices import Price
from simulator.models.model import Call, Message, ModelError, Usage
from simulator.models.wire import LARGEST, asked_of, bare_name, reply_of, seconds_to_wait, thought_and_answer

SCHEMA = {"type": "object", "properties": {"choice": {"enum": ["A", "B"]}}}


def asked(text="Tea or coffee?", **fields):
    message = Message(role="user", blocks=(text[:3], text[3:]))
    return Call(messages=(message,), **{"temperature": 0.7, "max_tokens": 50, "seed": 7, **fields})


def read(data, price=None, **fields):
    return reply_of(data, asked(**fields), price=price)


def test_a_call_asks_with_its_blocks_joined_and_with_nothing_that_it_does_not_want():
    body = asked_of(asked())
    assert body == {
        "messages": [{"role": "user", "content": "Tea or coffee?"}],
        "temperature": 0.7,
        "max_tokens": 50,
        "seed": 7,
    }


@pytest.mark.parametrize(
    ("structure", "form"),
    [
        (
            "schema",
            {"type": "json_schema", "json_schema": {"name": "reply", "schema": SCHEMA, "strict": True}},
        ),
        ("object", {"type": "json_object"}),
        ("text", None),
    ],
)
def test_each_rung_of_the_ladder_asks_for_its_own_form(structure, form):
    assert (
        asked_of(asked(schema=MappingProxyType(SCHEMA), structure=structure)).get("response_format") == form
    )


def test_log_probabilities_are_asked_for_where_letters_are_to_be_chosen_among():
    body = asked_of(asked(letters=("A", "B")))
    assert (body["logprobs"], body["top_logprobs"]) == (True, 20)


def test_a_seed_fits_the_32_bits_that_some_servers_keep_it_in_and_each_draw_has_its_own():
    seeds = [asked_of(asked(seed=2**62 + 5, draw=draw))["seed"] for draw in range(4)]
    assert seeds[0] == 5
    assert len(set(seeds)) == 4
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_a_name_without_its_provider_keeps_the_slashes_of_its_own():
    assert bare_name("huggingface/org/name") == "org/name"


def test_a_completion_is_read_with_its_usage_and_cost():
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 60}}
    reply = read(completion("B", usage=usage), price=Price(prompt=10, completion=100, cached=5))
    assert (reply.text, reply.finish, reply.probabilities) == ("B", "stop", ())
    cost = (40 * 10 + 60 * 5 + 10 * 100) / 1_000_000
    assert reply.usage == Usage(prompt_tokens=100, completion_tokens=10, cached_tokens=60, cost=cost)


def test_probabilities_come_from_the_log_probabilities_beside_the_message():
    top = [{"token": "A", "logprob": math.log(0.25)}, {"token": "B", "logprob": math.log(0.75)}]
    logprobs = {"content": [{"token": "B", "logprob": math.log(0.75), "top_logprobs": top}]}
    assert read(completion("B", logprobs=logprobs), letters=("A", "B")).probabilities == pytest.approx(
        (0.25, 0.75)
    )


@pytest.mark.parametrize(
    ("fields", "finish", "text"),
    [
        ({"finish_reason": "length"}, "length", "B"),
        ({"finish_reason": "content_filter"}, "refused", "B"),
        ({"content": None, "refusal": "I cannot say."}, "refused", "I cannot say."),
        (
            {"content": None, "provider_specific_fields": {"refusal": "I cannot say."}},
            "refused",
            "I cannot say.",
        ),
        ({"refusal": None}, "stop", "B"),
        ({"content": None}, "stop", ""),
        ({"finish_reason": None}, "stop", "B"),
        ({"content": [{"type": "text", "text": "B"}, {"type": "image", "text": "C"}, 5]}, "stop", "B"),
        ({"content": "a\ud800b"}, "stop", "a\ufffdb"),
        ({"content": "茶 \U0001f375"}, "stop", "茶 \U0001f375"),
        ({"reasoning_content": "because"}, "stop", "B"),
    ],
)
def test_how_a_reply_ended_and_what_it_says(fields, finish, text):
    reply = read(completion(**{"content": "B", **fields}))
    assert (reply.finish, reply.text) == (finish, text)


@pytest.mark.parametrize(
    ("said", "thought", "answer"),
    [
        ("<think>hm {x}</think>\n{}", "hm {x}", "{}"),
        ("\n<thinking>hm</thinking>{}", "hm", "{}"),
        ("hm, so</think> {}", "hm, so", "{}"),
        ("<think>cut off", "cut off", ""),
        ('{"reason": "see </think>"}', "", '{"reason": "see </think>"}'),
        ("I think so", "", "I think so"),
        (" {} \n", "", "{}"),
    ],
)
def test_a_thought_is_no_part_of_the_answer(said, thought, answer):
    assert thought_and_answer(said) == (thought, answer)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        [],
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": 5, "completion_tokens": 0},
        {"prompt_tokens": -4, "completion_tokens": 3},
        {"prompt_tokens": 10**40, "completion_tokens": 3},
        {"prompt_tokens": "5", "completion_tokens": 3},
        {"prompt_tokens": True, "completion_tokens": 3},
    ],
)
def test_without_a_usage_that_can_be_true_it_is_estimated_at_four_characters_a_token(usage):
    told = read(completion("x" * 9, usage=usage), text="y" * 41, price=Price(prompt=1, completion=1)).usage
    assert told == Usage(prompt_tokens=11, completion_tokens=3, cost=14 / 1_000_000, estimated=True)


def test_an_estimate_counts_the_thought_that_was_paid_for():
    inline = read(completion("<think>" + "y" * 40 + "</think>x", usage=None)).usage
    apart = read(completion("x", reasoning_content="y" * 40, usage=None)).usage
    assert inline == apart
    assert apart.completion_tokens == 11


def test_no_more_tokens_are_cached_than_were_sent():
    usage = {"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 50}}
    assert read(completion(usage=usage)).usage.cached_tokens == 5


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        {},
        {"choices": None},
        {"choices": []},
        {"choices": ["B"]},
        {"choices": [{"text": "B"}]},
        {"choices": [{"message": "B"}]},
        {"choices": [{"message": {"content": 5}}]},
        {"choices": [{"message": {"content": "x" * (LARGEST + 1)}}]},
    ],
)
def test_what_is_no_completion_is_malformed_and_may_have_been_charged(data):
    with pytest.raises(ModelError) as caught:
        read(data)
    assert (caught.value.problem, caught.value.sent) == ("malformed", True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "3"}, 3.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"Retry-After-Ms": "250", "Retry-After": "9"}, 0.25),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({}, None),
    ],
)
def test_for_how_long_a_server_asks_to_be_left_alone(headers, seconds):
    assert seconds_to_wait(headers) == seconds


def test_a_date_to_wait_for_is_so_many_seconds_away():
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 85 < seconds_to_wait({"Retry-After": until}) <= 90


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
NAMES = ("content", "refusal", "reasoning_content", "finish_reason", "logprobs", "usage")


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_whatever_a_completion_s_fields_hold_it_is_a_reply_or_malformed(fields):
    try:
        reply = read(completion(**fields), letters=("A", "B"))
    except ModelError as error:
        assert error.problem == "malformed"
    else:
        reply.text.encode()
        assert reply.usage.tokens > 0


@given(JSON)
def test_whatever_json_comes_it_is_a_reply_or_malformed(data):
    with pytest.raises(ModelError, match="malformed"):
        read(data)
