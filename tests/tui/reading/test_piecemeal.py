"""A large object is read part by part, and says the same as when it is read at once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.reading.piecemeal import parts_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), VALUES, max_size=5), st.sampled_from([None, 1]))
def test_its_parts_make_up_the_object(data, indent):
    text = json.dumps(data, indent=indent, ensure_ascii=False)
    assert dict(parts_of(text)) == {(name,): value for name, value in data.items()}


@given(st.dictionaries(st.text(), VALUES, max_size=5))
def test_what_is_opened_comes_part_by_part(inner):
    text = json.dumps({"before": 1, "all": inner, "after": [2]})
    found = dict(parts_of(text, "all"))
    assert found == {
        ("before",): 1,
        ("after",): [2],
        **{("all", name): value for name, value in inner.items()},
    }


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"a" 1}', '{"a": 1,}', "{1: 2}", '{"a": 1} x', '{"a": nonsense}']
)
def test_what_is_no_object_is_refused(text):
    with pytest.raises(ValueError):
        list(parts_of(text))
