"""The polarity axis tells favourable from unfavourable, and says how well."""

from __future__ import annotations

import numpy as np
import pytest
from word_embedder import WordEmbedder

from bench.construction.polarity import FAVOURABLE, LABELLED, UNFAVOURABLE, PolarityAxis


class Sided:
    """An embedder that knows which sentences are favourable."""

    name, english = "sided", True

    def __init__(self, wrong=()):
        good = {text for text, side in LABELLED if side} | set(FAVOURABLE)
        self.good = good ^ set(wrong)

    def embed(self, texts):
        return np.array([(1, 0) if text in self.good else (0, 1) for text in texts], np.float32)


def test_a_perfect_embedder_puts_every_sentence_on_its_side():
    axis = PolarityAxis(Sided())
    assert axis.accuracy == 1.0
    assert axis.of(np.eye(2, dtype=np.float32)) == pytest.approx([np.sqrt(0.5), -np.sqrt(0.5)])


def test_the_accuracy_is_the_share_of_labelled_sentences_on_their_side():
    wrong = [text for text, _ in LABELLED[:10]]
    assert PolarityAxis(Sided(wrong)).accuracy == 30 / 40


def test_the_labelled_sentences_are_half_and_half_and_no_anchor_is_among_them():
    texts = [text for text, _ in LABELLED]
    assert sum(side for _, side in LABELLED) == len(texts) / 2
    assert len(set(texts)) == len(texts)
    assert not set(texts) & {*FAVOURABLE, *UNFAVOURABLE}


def test_polarity_lies_between_minus_one_and_one():
    axis = PolarityAxis(WordEmbedder())
    found = axis.of(WordEmbedder().embed(["", "love", "hate", *FAVOURABLE]))
    assert np.all(np.abs(found) <= 1)
