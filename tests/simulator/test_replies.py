from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.errors import StoppedError
from simulator.models.model import Call, Message, ModelError, Reply
from simulator.prompts.prompts import Prompts
from simulator.replies import UnreadableError, answered, found_json

WHOLE = {"choice": "B", "reason": 'so {it} is, "quoted"'}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(WHOLE),
        f"  {json.dumps(WHOLE, indent=2)}\n",
        f"```json\n{json.dumps(WHOLE)}\n```",
        f"Sure, {{here}} it is:\n```\n{json.dumps(WHOLE)}\n``` Anything else?",
        f"Thinking of this {{community}}, I answer {json.dumps(WHOLE)} and hope it helps {{you}}.",
    ],
)
def test_an_object_is_found_alone_in_a_fence_and_in_prose(text):
    assert found_json(text) == WHOLE


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"choice": "B", "reason": "it was', {"choice": "B", "reason": "it was"}),
        ('{"choice": "B", "rea', {"choice": "B"}),
        ('{"ranking": ["B", "A"', {"ranking": ["B", "A"]}),
        ('{"ratings": {"A": 3, "B": 7}, "reason"', {"ratings": {"A": 3, "B": 7}}),
        ('{"choice": "B", "reason": "a \\"', {"choice": "B", "reason": 'a "'}),
    ],
)
def test_an_object_that_was_cut_off_is_completed(text, found):
    assert found_json(text) == found


@pytest.mark.parametrize("text", ["", "B", "no idea", "{", "[1, 2]", "null", '{"'])
def test_what_holds_no_object_is_unreadable(text):
    with pytest.raises(UnreadableError):
        found_json(text)


@pytest.mark.parametrize(
    "text", ["{" * 100_000, '{"a": ' * 30_000, '{"a": "' + "x" * 100_000, "[" * 100_000 + "{"]
)
def test_long_nonsense_is_read_in_little_time(text):
    begun = time.perf_counter()
    with suppress(UnreadableError):
        found_json(text)
    assert time.perf_counter() - begun < 2


@given(st.text())
def test_any_text_is_read_or_unreadable(text):
    with suppress(UnreadableError):
        assert isinstance(found_json(text), dict)


@given(
    st.dictionaries(st.text(max_size=5), st.one_of(st.text(), st.integers(), st.lists(st.text()))), st.data()
)
def test_whatever_an_object_was_cut_at_what_is_found_of_it_was_in_it(whole, data):
    text = json.dumps(whole)
    cut = text[: data.draw(st.integers(1, len(text)))]
    try:
        found = found_json(cut)
    except UnreadableError:
        return
    for name, value in found.items():
        if name in whole and isinstance(value, str) and isinstance(whole[name], str):
            assert whole[name].startswith(value[:-1])


class Says:
    """A model that says what it is told, one after the other."""

    name = "made/one"

    def __init__(self, *said):
        self.said, self.asked = list(said), []

    async def complete(self, call):
        self.asked.append(call)
        next_one = self.said.pop(0)
        if isinstance(next_one, Exception):
            raise next_one
        return next_one if isinstance(next_one, Reply) else Reply(text=next_one)

    async def close(self):
        pass


CALL = Call(
    messages=(Message(role="user", blocks=("A or B?",)),),
    temperature=1,
    max_tokens=9,
    seed=1,
    item="i",
    persona="p",
)


def came_of(*said):
    model = Says(*said)
    found = asyncio.run(answered(model, CALL, read=lambda text: found_json(text)["choice"], prompts=PROMPTS))
    return found, model.asked


PROMPTS = Prompts.load(None, seed=1)


def test_a_readable_reply_is_asked_for_once():
    found, asked = came_of('{"choice": "B"}')
    assert (found.value, found.failure, len(asked)) == ("B", "", 1)


def test_an_unreadable_reply_is_mended_once_with_what_was_wrong():
    found, asked = came_of("either", '{"choice": "A"}')
    assert (found.value, found.failure) == ("A", "")
    assert [call.phase for call in asked] == ["judge", "repair"]
    assert (asked[1].item, asked[1].persona) == ("i", "p")
    assert asked[1].messages[: len(CALL.messages)] == CALL.messages
    assert "either" in asked[1].messages[-2].text
    assert "no JSON object" in asked[1].messages[-1].text


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (("either", "neither"), "unreadable reply"),
        (("I'm sorry, I can't help with that.",) * 2, "refused"),
        ((Reply(text="", finish="refused"),) * 2, "refused"),
        ((Reply(text="Well, let me think", finish="length"),) * 2, "cut off"),
        (("either", ModelError("timeout", "late")), "unreadable reply"),
        ((ModelError("timeout", "late"),), "timeout"),
        ((ModelError("rejected", "HTTP 400: too long"),), "rejected"),
    ],
)
def test_what_cannot_be_mended_is_a_failure_of_its_kind(said, failure):
    found, asked = came_of(*said)
    assert (found.value, found.failure) == (None, failure)
    assert len(asked) == len(said)


def test_a_reply_that_was_cut_off_behind_the_choice_counts():
    found, asked = came_of(Reply(text='{"choice": "B", "reason": "because', finish="length"))
    assert (found.value, len(asked)) == ("B", 1)


def test_what_stops_the_run_passes_through():
    with pytest.raises(StoppedError):
        came_of(StoppedError("enough"))
