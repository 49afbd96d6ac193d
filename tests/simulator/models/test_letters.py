import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.models.letters import letter_probabilities

ABC = ("A", "B", "C")


def token(text, logprob=0.0, **others):
    """Return a token; ``others`` are probabilities of alternatives, by text."""
    top = [{"token": name, "logprob": math.log(share)} for name, share in others.items()]
    return {"token": text, "logprob": logprob, "top_logprobs": top}


def tops(shares):
    return [{"token": name, "logprob": math.log(share)} for name, share in shares.items()]


def reply(*tokens):
    return [token(text) if isinstance(text, str) else text for text in tokens]


def chosen(text, shares):
    return {"token": text, "logprob": math.log(shares.get(text, 0.5)), "top_logprobs": tops(shares)}


def test_the_letters_share_what_the_alternatives_give_them_and_the_rest_is_left_out():
    tokens = reply(
        '{"', "choice", '":', ' "', chosen("B", {"B": 0.6, "A": 0.2, "abst": 0.2}), '","', "reason", '":"A"}'
    )
    assert letter_probabilities(tokens, ABC) == pytest.approx((0.25, 0.75, 0))


def test_quotes_and_spaces_around_a_letter_are_no_part_of_it():
    shares = {' "B': 0.4, ' "A': 0.2, "A": 0.1, ' B"': 0.3}
    tokens = reply('{"choice":', chosen(' "B', shares), '"}')
    assert letter_probabilities(tokens, ABC) == pytest.approx((0.3, 0.7, 0))


def test_a_letter_drawn_from_outside_the_top_alternatives_counts_with_its_own_probability():
    tokens = reply(
        '{"choice": "', {"token": "C", "logprob": math.log(0.1), "top_logprobs": tops({"A": 0.3})}, '"}'
    )
    assert letter_probabilities(tokens, ABC) == pytest.approx((0.75, 0, 0.25))


def test_a_letter_in_the_reason_before_the_choice_is_not_taken_for_it():
    first = chosen("A", {"A": 1.0})
    second = chosen("B", {"B": 0.9, "A": 0.1})
    tokens = reply('{"reason": "', first, ' is cold", "choice": "', second, '"}')
    assert letter_probabilities(tokens, ABC) == pytest.approx((0.1, 0.9, 0))


def test_a_choice_within_a_thought_is_not_the_reply_s():
    thought = chosen("A", {"A": 1.0})
    told = chosen("C", {"C": 0.8, "B": 0.2})
    tokens = reply('<think>{"choice": "', thought, '"}</think>{"choice": "', told, '"}')
    assert letter_probabilities(tokens, ABC) == pytest.approx((0, 0.2, 0.8))


@pytest.mark.parametrize(
    "around", [("", ""), (" ", "\n"), ("**", "**"), ("", ") warm"), ("", ". It is warm")]
)
def test_a_bare_letter_is_a_reply(around):
    tokens = reply(around[0], chosen("B", {"B": 0.5, "C": 0.5}), around[1])
    assert letter_probabilities(tokens, ABC) == pytest.approx((0, 0.5, 0.5))


@pytest.mark.parametrize(
    "tokens",
    [
        reply(chosen("A", {"A": 1.0}), " good choice would be B"),
        reply('{"choice": "', chosen("abstain", {"abstain": 0.5, "A": 0.5}), '"}'),
        reply('{"choice": ', chosen("null", {"null": 0.5, "A": 0.5}), "}"),
        reply('{"choice": "', chosen("D", {"D": 0.5, "A": 0.5}), '"}'),
        reply('{"choice": "', chosen("Austria", {"Austria": 0.5, "A": 0.5}), '"}'),
        reply(token('{"choice": "B", "reason": "x"}')),
        reply("", ""),
        [],
        None,
        {"content": []},
        [{"token": None}],
        ["A"],
        [{"token": "A", "logprob": float("nan"), "top_logprobs": [{"token": "B", "logprob": -math.inf}]}],
        [{"token": "A", "logprob": None, "top_logprobs": None}],
        [{"token": "A", "logprob": "high", "top_logprobs": [{"token": 5, "logprob": -1.0}, None]}],
    ],
)
def test_without_a_letter_to_be_seen_there_are_no_probabilities(tokens):
    assert letter_probabilities(tokens, ABC) == ()


def test_a_call_without_letters_has_no_probabilities():
    assert letter_probabilities(reply(chosen("A", {"A": 1.0})), ()) == ()


def test_probabilities_too_small_for_a_float_are_still_compared():
    tops_ = [{"token": "A", "logprob": -9000.0}, {"token": "B", "logprob": -9000.0}]
    tokens = reply('{"choice": "', {"token": "A", "logprob": -9000.0, "top_logprobs": tops_}, '"}')
    assert letter_probabilities(tokens, ABC) == (0.5, 0.5, 0.0)


LOGPROBS = st.floats(min_value=-50, max_value=0)


@given(
    logprobs=st.dictionaries(st.sampled_from("ABCDE"), LOGPROBS, min_size=1),
    prefix=st.sampled_from(['{"choice": "', '{\n "choice" : "', '```json\n{"choice":"', "<think>so</think>"]),
    data=st.data(),
)
def test_they_add_up_to_one_and_keep_the_order_of_the_log_probabilities(logprobs, prefix, data):
    letters = tuple("ABCDE")
    told = data.draw(st.sampled_from(sorted(logprobs)))
    listed = [{"token": name, "logprob": value} for name, value in logprobs.items()]
    tokens = reply(prefix, {"token": told, "logprob": logprobs[told], "top_logprobs": listed})
    shares = letter_probabilities(tokens, letters)
    assert math.fsum(shares) == pytest.approx(1)
    assert all(share == 0 for letter, share in zip(letters, shares, strict=True) if letter not in logprobs)
    best = max(logprobs.values())
    assert max(shares) == pytest.approx(
        max(shares[letters.index(name)] for name in logprobs if logprobs[name] == best)
    )


@given(st.lists(LOGPROBS, min_size=3, max_size=3), st.permutations(range(3)))
def test_other_letters_in_the_same_places_have_the_same_probabilities(logprobs, order):
    def asked(letters):
        listed = [{"token": name, "logprob": value} for name, value in zip(letters, logprobs, strict=True)]
        return letter_probabilities(
            reply('{"choice": "', {**listed[0], "top_logprobs": listed}, '"}'), letters
        )

    renamed = tuple(ABC[place] for place in order)
    assert asked(renamed) == pytest.approx(asked(ABC))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["token", "logprob", "top_logprobs", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_a_server_sends_gives_probabilities_or_none(tokens):
    shares = letter_probabilities(tokens, ABC)
    assert shares == () or math.fsum(shares) == pytest.approx(1)
