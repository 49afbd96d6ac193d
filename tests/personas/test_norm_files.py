"""Norm stores on disk: the same again, or refused; and kept in a cache."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_corpora import make_corpus, pseudonym, said, voted
from word_embedder import WordEmbedder

import personas
from personas.community import Community, Membership
from personas.errors import InputError
from personas.norm_files import cached_norms, load_norms, save_norms
from personas.norms import build_norms

RECORDS = [
    *(
        said(f"t{n}", text, author=f"member {n}")
        for n, text in enumerate(["Rinse the pot. 猫", "Never boil it."])
    ),
    said("m0", "Share the gourd.", community="mate", title="Sharing"),
    said("e0", "Nobody votes here.", community="empty"),
    voted("t0", 1, "ada"),
    voted("t1", -1, "ada"),
    voted("m0", 1, "ada", community="mate"),
]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    with make_corpus(tmp_path_factory.mktemp("norms") / "c", RECORDS) as corpus:
        yield corpus


@pytest.fixture(scope="module")
def stores(corpus):
    return build_norms(corpus, corpus.given(), WordEmbedder(16))


@pytest.fixture(scope="module")
def saved(stores, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "norms"
    save_norms(stores, folder, content="this corpus")
    return folder


def same(one, other):
    assert list(one) == sorted(other)
    for name in one:
        assert (one[name].community, one[name].norms, one[name].model) == (
            other[name].community,
            other[name].norms,
            other[name].model,
        )
        np.testing.assert_array_equal(one[name].vectors, other[name].vectors)
        assert one[name].vectors.dtype == other[name].vectors.dtype == np.float32
        query = WordEmbedder(16).embed(["Boil the pot?"])
        for found, expected in zip(one[name].nearest(query, 2), other[name].nearest(query, 2), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_what_was_saved_is_loaded_as_it_was(saved, stores):
    same(load_norms(saved, content="this corpus"), stores)
    assert stores["empty"].norms == ()


def test_equal_norms_are_equal_files(saved, stores, tmp_path):
    save_norms(stores, tmp_path / "again", content="this corpus")
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()
    }


def test_norms_of_another_corpus_are_refused(saved):
    with pytest.raises(InputError, match="of another corpus.*build the norms again"):
        load_norms(saved, content="another corpus")


FILES = ["index-0000.faiss", "index-0001.faiss", "index-0002.faiss", "norms.json", "norms.parquet"]


def test_the_files_are_those_that_the_tests_damage(saved):
    assert sorted(path.name for path in saved.iterdir()) == FILES


@pytest.mark.parametrize("file", FILES)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_is_refused(saved, tmp_path_factory, file, place, bit):
    folder = tmp_path_factory.getbasetemp() / "flipped norms"
    shutil.copytree(saved, folder, dirs_exist_ok=True)
    data = bytearray((saved / file).read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    (folder / file).write_bytes(data)
    with pytest.raises(InputError):
        load_norms(folder, content="this corpus")


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_refused(saved, tmp_path, file):
    shutil.copytree(saved, tmp_path / "norms")
    (tmp_path / "norms" / file).unlink()
    with pytest.raises(InputError, match="cannot be read"):
        load_norms(tmp_path / "norms", content="this corpus")


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"stores": [], "table": 3}'])
def test_a_head_that_is_none_is_refused(saved, tmp_path, text):
    shutil.copytree(saved, tmp_path / "norms")
    (tmp_path / "norms" / "norms.json").write_text(text)
    with pytest.raises(InputError):
        load_norms(tmp_path / "norms", content="this corpus")


def test_nothing_is_pickled(saved):
    assert {path.suffix for path in saved.iterdir()} == {".faiss", ".json", ".parquet"}
    starts = {path.name: path.read_bytes()[:4] for path in saved.iterdir()}
    assert starts["norms.parquet"] == b"PAR1"
    assert {starts[file] for file in FILES if file.endswith(".faiss")} == {b"IxFI"}
    json.loads((saved / "norms.json").read_text())


def test_no_module_of_the_package_can_load_a_pickle():
    for path in Path(personas.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {getattr(node, "module", "") or "", *(alias.name for alias in node.names)}
                assert not names & {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal"}, path
            if isinstance(node, ast.keyword):
                assert node.arg != "allow_pickle", path


@pytest.fixture
def built(monkeypatch):
    """The number of times that norms are built."""
    import personas.norm_files

    calls = []
    monkeypatch.setattr(
        personas.norm_files,
        "build_norms",
        lambda *args, **options: calls.append(1) or build_norms(*args, **options),
    )
    return calls


def test_norms_are_built_once_and_then_taken_from_the_cache(corpus, stores, tmp_path, built):
    for _ in range(3):
        same(cached_norms(corpus, corpus.given(), WordEmbedder(16), cache=tmp_path), stores)
    assert len(built) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["norms"]
    assert len(list((tmp_path / "norms").iterdir())) == 1


def found(*groups, origin="found"):
    communities = tuple(
        Community(name=f"tea/{n}", members=tuple(map(pseudonym, group)), origin=origin, within="tea")
        for n, group in enumerate(groups)
    )
    return Membership(communities=communities, origin=origin)


def test_other_content_members_model_or_prior_are_other_norms(corpus, tmp_path, built):
    view = corpus.narrowed(hide_threads=["t0"])
    given = corpus.given()
    some = Membership(communities=given.communities[:2], origin="given")
    wanted = [
        (corpus, given, WordEmbedder(16), {}),
        (view, given, WordEmbedder(16), {}),
        (corpus, some, WordEmbedder(16), {}),
        (corpus, found(["ada"], ["member 0"]), WordEmbedder(16), {}),
        (corpus, found(["ada", "member 0"]), WordEmbedder(16), {}),
        (corpus, given, WordEmbedder(16, name="another"), {}),
        (corpus, given, WordEmbedder(16), {"a0": 2.0}),
        (corpus, given, WordEmbedder(16), {"b0": 2.0}),
    ]
    for _ in range(2):
        for place, members, embedder, priors in wanted:
            stores = cached_norms(place, members, embedder, cache=tmp_path, **priors)
            same(dict(sorted(stores.items())), build_norms(place, members, embedder, **priors))
    assert len(built) == len(wanted)


@pytest.mark.parametrize("file", FILES)
def test_a_damaged_entry_is_built_again(corpus, stores, tmp_path, built, file):
    cached_norms(corpus, corpus.given(), WordEmbedder(16), cache=tmp_path)
    (entry,) = (tmp_path / "norms").iterdir()
    (entry / file).write_bytes(b"PAR1 rubbish")
    for _ in range(2):
        same(cached_norms(corpus, corpus.given(), WordEmbedder(16), cache=tmp_path), stores)
    assert len(built) == 2


def test_a_cache_that_cannot_be_written_is_named(corpus, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be kept here.*COMMONBOND_CACHE"):
        cached_norms(corpus, corpus.given(), WordEmbedder(16), cache=tmp_path / "file")
