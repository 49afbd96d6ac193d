"""Opening, reading and verifying a corpus."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_corpora import about, joined, make_corpus, pseudonym, said, voted

from personas.corpus import Corpus
from personas.errors import InputError


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "c"
    records = [
        about("tea", "All about tea"),
        about("nowhere", "Nobody is here"),
        said("p", author="ben"),
        said("q", author="ada"),
        said("m", community="mate", author="ada"),
        joined("eve", "mate"),
        voted("p", 1, "ada"),
    ]
    make_corpus(folder, records).close()
    return folder


def test_a_folder_that_is_not_there_is_no_corpus(tmp_path):
    with pytest.raises(InputError, match="no corpus is here.*commonbond ingest") as caught:
        Corpus.open(tmp_path / "nowhere")
    assert caught.value.where == str(tmp_path / "nowhere")


def test_a_file_is_no_corpus(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="no corpus is here"):
        Corpus.open(tmp_path / "file")


@pytest.mark.parametrize("table", ["members", "posts", "votes"])
def test_a_missing_table_is_named(made, tmp_path, table):
    shutil.copytree(made, tmp_path / "c")
    (tmp_path / "c" / f"{table}.parquet").unlink()
    with pytest.raises(InputError, match=f"{table}.parquet: a table is missing"):
        Corpus.open(tmp_path / "c")


@given(place=st.floats(0, 1, exclude_max=True), table=st.sampled_from(["members", "posts", "votes"]))
def test_any_flipped_byte_of_a_table_is_found(made, tmp_path_factory, place, table):
    folder = tmp_path_factory.getbasetemp() / "flipped"
    shutil.copytree(made, folder, dirs_exist_ok=True)
    data = bytearray((made / f"{table}.parquet").read_bytes())
    data[int(place * len(data))] ^= 1
    (folder / f"{table}.parquet").write_bytes(data)
    with pytest.raises(InputError, match=f"{table}.parquet: the table was changed"):
        Corpus.open(folder).verify()


def test_an_untouched_corpus_verifies(made):
    Corpus.open(made).verify()


def test_the_given_communities_have_their_members_in_order(made):
    with Corpus.open(made) as corpus:
        membership = corpus.given()
    assert membership.origin == "given"
    assert membership.names == ("mate", "tea")
    tea = membership["tea"]
    assert (tea.title, tea.origin, tea.within) == ("All about tea", "given", "tea")
    assert tea.members == tuple(sorted(map(pseudonym, ("ada", "ben"))))
    assert membership["mate"].members == tuple(sorted(map(pseudonym, ("ada", "eve"))))


def test_a_closed_corpus_opens_again_at_the_next_query(made):
    corpus = Corpus.open(made)
    assert corpus.scalar("SELECT count(*) FROM posts") == 3
    corpus.close()
    corpus.close()
    assert corpus.scalar("SELECT count(*) FROM posts WHERE community = ?", "tea") == 2
    corpus.close()


def test_a_corpus_without_a_manifest_says_so(tmp_path):
    with pytest.raises(InputError, match="no manifest yet"):
        _ = Corpus.unsealed(tmp_path).manifest
