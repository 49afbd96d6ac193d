import json
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simulator.models.secrets import known_secrets, scrubbed, without_quotes

PROMPT = (
    'You are one of the members of a tea forum. Rule: never boil green leaves! Ask "why" at least\n twice.'
)


def test_a_known_secret_is_taken_out_whatever_it_looks_like():
    assert scrubbed("login with swordfish failed", ["swordfish"]) == "login with [secret] failed"


def test_of_secrets_within_secrets_the_longer_goes_first():
    assert scrubbed("key swordfish-2", ["sword", "swordfish-2"]) == "key [secret]"


def test_what_is_too_short_to_be_a_secret_stays():
    assert scrubbed("a b c", ["", "a"]) == "a b c"


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: PLANTED***************xyz. See the docs",
        "Incorrect API key provided: sk-PLANTED-abcdefgh",
        "Authorization: Bearer PLANTED.x/y+z=",
        '{"authorization": "Basic PLANTED"}',
        "{'x-api-key': 'PLANTED'}",
        "token=PLANTED&x=1",
        'password: "PLANTED"',
        "Set-Cookie: session PLANTED1234567890123456789012345678",
        "key gsk_PLANTED123456 is wrong",
        "AIzaPLANTED123456 is wrong",
        "eyJPLANTED123.abc.def is wrong",
    ],
)
def test_whatever_looks_like_a_key_is_taken_out(text):
    told = scrubbed(text)
    assert "PLANTED" not in told
    assert "[secret]" in told


@pytest.mark.parametrize(
    "text",
    [
        "This model's maximum context length is 4096 tokens, however you requested 5000 tokens",
        "response_format json_schema is not supported with this model",
        "logprobs are not supported",
        "Cannot connect to host 127.0.0.1:9 ssl:default [Connect call failed ('127.0.0.1', 9)]",
        "The model `qwen3-8b-instruct` does not exist",
    ],
)
def test_what_helps_to_mend_the_matter_stays(text):
    assert scrubbed(text) == text


def test_a_text_is_one_line_of_printable_characters_and_not_long():
    told = scrubbed("a\x1b[31m\tred\r\nline\u202e" + "x " * 5_000_000)
    assert told.startswith("a [31m red line x")
    assert len(told) == 300
    assert told.isprintable()


def test_a_key_that_the_reading_cuts_in_two_is_left_out_whole():
    text = " " * 3_990 + "xxx unlikely-looking-key"
    assert scrubbed(text, ["unlikely-looking-key"]) == "xxx"


def test_the_environment_s_secrets_are_those_named_so_and_long_enough_to_be_one():
    held = {
        "OPENAI_API_KEY": "abcdefgh",
        "HF_TOKEN": " tokentoken ",
        "TOKENIZERS_PARALLELISM": "false",
        "HOME": "/home/x",
    }
    assert known_secrets(held) == ["abcdefgh", "tokentoken"]


@pytest.mark.parametrize(
    "quote",
    [PROMPT, json.dumps(PROMPT), PROMPT.upper().lower(), repr(PROMPT), json.dumps(json.dumps(PROMPT))],
)
def test_what_is_quoted_of_a_prompt_is_cut_however_it_is_escaped(quote):
    prompt = PROMPT if "You" in quote else PROMPT.lower()
    told = without_quotes(f"cannot parse this: {quote} (status 9)", prompt)
    assert told.startswith("cannot parse this: ")
    assert told.endswith("(status 9)")
    assert not any(word in told for word in ("members", "forum", "boil", "leaves", "twice"))


def test_a_piece_of_a_prompt_is_cut_and_what_stands_around_it_stays():
    told = without_quotes("bad: 'Rule: never boil green leaves!' and more", PROMPT)
    assert told == "bad: '[prompt]!' and more"


def test_a_few_words_in_common_are_no_quote():
    assert without_quotes("the tea forum is closed for now", PROMPT) == "the tea forum is closed for now"


@given(
    st.text(alphabet=string.ascii_letters + string.digits + "+/=_-.$", min_size=8, max_size=60),
    st.text(max_size=80),
)
def test_no_known_secret_outlives_the_scrubbing(secret, text):
    assume(secret not in "[secret]" and secret not in text)
    told = scrubbed(f"{text} {secret} {text}", [secret])
    assert secret not in told


@given(st.text(max_size=400), st.text(max_size=100))
def test_scrubbing_and_cutting_take_any_text(text, prompt):
    told = scrubbed(without_quotes(text, prompt))
    assert len(told) <= 300
    assert told.isprintable()
