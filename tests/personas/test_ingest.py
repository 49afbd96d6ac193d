"""From records to a corpus: what is counted, what is dropped and said, what is written and what never is."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_corpora import KEY, ListSource, about, day, joined, make_corpus, pseudonym, said, voted

from personas.corpus import Corpus
from personas.errors import InputError
from personas.ingestion import ingest
from personas.keys import fingerprint
from personas.manifest import CommunityCounts
from personas.sources.records import BrokenRecord, Where

FORUM = [
    about("tea", "All about tea"),
    joined("ada", country="fr"),
    said("q", "How hot should the water be for green tea?", kind="question", author="ada", title="Heat"),
    said("a", "Eighty degrees is what you should use.", kind="answer", parent="q", author="ben"),
    said("b", "Boil it, as the English do.", kind="answer", parent="q", author="cleo"),
    said("x", "Welcher Tee ist der beste?", community="tee", author="ada", created=day(2)),
    voted("a", 1, "ada"),
    voted("a", 1, "cleo"),
    voted("b", -1, "dan"),
]


def problems(corpus):
    return [(row["file"], row["line"], row["problem"]) for row in corpus.broken()]


def threads(corpus):
    return {row["post"]: row["thread"] for row in corpus.rows("SELECT post, thread FROM posts")}


def test_a_corpus_counts_what_was_read(tmp_path):
    manifest = make_corpus(tmp_path / "c", FORUM, title="Two rooms").manifest
    assert manifest.counts == {"members": 4, "posts": 2, "replies": 2, "votes": 3}
    assert manifest.communities == (
        CommunityCounts(name="tea", title="All about tea", members=4, posts=1, replies=2, votes=3),
        CommunityCounts(name="tee", members=1, posts=1, english=False),
    )
    assert (manifest.source, manifest.reader_version, manifest.licence) == ("list", "1", "none")
    assert (manifest.title, manifest.fictional, manifest.voters) == ("Two rooms", False, "named")
    assert (manifest.broken, manifest.key) == ({}, fingerprint(KEY))


def test_members_are_authors_voters_and_those_the_source_lists(tmp_path):
    corpus = make_corpus(tmp_path / "c", FORUM)
    rows = corpus.rows("SELECT member, community, attributes FROM members ORDER BY community, member")
    assert [(row["member"], row["community"]) for row in rows] == [
        *sorted((pseudonym(name), "tea") for name in ("ada", "ben", "cleo", "dan")),
        (pseudonym("ada"), "tee"),
    ]
    country = {(row["member"], row["community"]): dict(row["attributes"]) for row in rows}
    assert country[pseudonym("ada"), "tea"] == country[pseudonym("ada"), "tee"] == {"country": "fr"}
    assert country[pseudonym("ben"), "tea"] == {}


def test_the_same_input_under_the_same_key_is_the_same_corpus(tmp_path):
    first = make_corpus(tmp_path / "1", FORUM)
    second = make_corpus(tmp_path / "2", FORUM)
    assert first.content == second.content
    assert first.manifest.files == second.manifest.files


def test_another_key_gives_other_members(tmp_path):
    first = make_corpus(tmp_path / "1", FORUM)
    second = make_corpus(tmp_path / "2", FORUM, key=b"another key of the tests")
    names = "SELECT DISTINCT member FROM members"
    assert not {row["member"] for row in first.rows(names)} & {row["member"] for row in second.rows(names)}
    assert first.content != second.content
    assert first.manifest.key != second.manifest.key


def test_no_raw_name_is_in_any_byte_of_a_corpus(tmp_path):
    names = ("Zebulon Quagmire", "Ottoline Featherstonehaugh", "Xanthippe Wobblethorpe")
    author, voter, member = names
    records = [
        joined(member, country="fr"),
        said("p", author=author),
        said("p", "The same post again.", author=author),
        voted("p", 1, voter, created=day(1)),
        voted("p", -1, voter, created=day(2)),
        voted("nowhere", 1, voter),
        BrokenRecord(where=Where("made.txt", 7), problem="no text: post 12"),
    ]
    corpus = make_corpus(tmp_path / "c", records)
    corpus.rows("SELECT * FROM members")
    files = sorted(path for path in corpus.folder.rglob("*") if path.is_file())
    assert [path.name for path in files] == [
        "broken.jsonl",
        "manifest.json",
        "members.parquet",
        "posts.parquet",
        "votes.parquet",
    ]
    for path in files:
        text = path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            text += json.dumps(pq.read_table(path).to_pylist(), default=str) + str(pq.read_metadata(path))
        for part in (part for name in names for part in name.split()):
            assert part.lower() not in text.lower(), path.name
    assert pseudonym(author) in str(pq.read_table(corpus.folder / "posts.parquet").to_pylist())


def test_of_two_posts_with_one_id_the_first_is_kept_and_the_second_reported(tmp_path):
    corpus = make_corpus(tmp_path / "c", [said("p", "First."), said("p", "Second."), said("q", "Other.")])
    assert {row["post"]: row["text"] for row in corpus.rows("SELECT post, text FROM posts")} == {
        "p": "First.",
        "q": "Other.",
    }
    assert problems(corpus) == [("made.txt", 2, "second post with the same id: p")]
    assert corpus.manifest.broken == {"second post with the same id": 1}


def test_two_posts_with_one_id_on_one_line_are_still_one_post(tmp_path):
    here = Where("made.txt", 5)
    corpus = make_corpus(tmp_path / "c", [said("p", "First.", where=here), said("p", "Second.", where=here)])
    assert [row["text"] for row in corpus.rows("SELECT text FROM posts")] == ["First."]
    assert problems(corpus) == [("made.txt", 5, "second post with the same id: p")]


def test_of_two_votes_of_one_voter_on_one_line_the_one_read_last_counts(tmp_path):
    here = Where("made.txt", 5)
    votes = [voted("p", value, "ada", where=here) for value in (1, 0, -1, 1, 0)]
    corpus = make_corpus(tmp_path / "c", [said("p"), *votes])
    assert [row["value"] for row in corpus.rows("SELECT value FROM votes")] == [0]
    assert corpus.manifest.broken == {"second vote of one voter on one post, the later one counts": 4}


def test_a_vote_for_a_post_that_is_not_there_is_dropped_and_reported(tmp_path):
    corpus = make_corpus(
        tmp_path / "c", [said("p"), voted("p", 1, "ada"), voted("ghost", 1, "ben"), voted("ghost", 1)]
    )
    assert [row["post"] for row in corpus.rows("SELECT post FROM votes")] == ["p"]
    assert problems(corpus) == [
        ("made.txt", 3, "vote for a post that is not there: ghost"),
        ("made.txt", 4, "vote for a post that is not there: ghost"),
    ]
    assert pseudonym("ben") not in str(corpus.rows("SELECT member FROM members"))


@pytest.mark.parametrize(
    ("votes", "kept"),
    [
        ([voted("p", 1, "ada", created=day(2)), voted("p", -1, "ada", created=day(1))], 1),
        ([voted("p", 1, "ada", created=day(1)), voted("p", -1, "ada", created=day(2))], -1),
        ([voted("p", 1, "ada"), voted("p", -1, "ada")], -1),
        ([voted("p", 1, "ada", created=day(1)), voted("p", -1, "ada")], 1),
    ],
    ids=["read first, made later", "read and made later", "both undated", "dated before undated"],
)
def test_of_two_votes_of_one_voter_the_later_counts(tmp_path, votes, kept):
    corpus = make_corpus(tmp_path / "c", [said("p"), *votes])
    assert [row["value"] for row in corpus.rows("SELECT value FROM votes")] == [kept]
    assert corpus.manifest.broken == {"second vote of one voter on one post, the later one counts": 1}


def test_anonymous_votes_are_added_up(tmp_path):
    corpus = make_corpus(tmp_path / "c", [said("p"), voted("p", 1), voted("p", 1, count=3), voted("p", -1)])
    assert corpus.rows("SELECT voter, value, count FROM votes ORDER BY value") == [
        {"voter": None, "value": -1, "count": 1},
        {"voter": None, "value": 1, "count": 4},
    ]
    assert (corpus.manifest.counts["votes"], corpus.manifest.counts["members"]) == (5, 0)


@pytest.mark.parametrize(
    ("votes", "kind"),
    [
        ([], "none"),
        ([voted("p", 1, "ada"), voted("p", 1)], "named"),
        ([voted("p", 1, created=day(1)), voted("p", 1, created=day(1))], "anonymous"),
        ([voted("p", 1, count=12)], "counted"),
    ],
)
def test_the_manifest_says_what_kind_of_voters_there_are(tmp_path, votes, kind):
    assert make_corpus(tmp_path / "c", [said("p"), *votes]).manifest.voters == kind


def test_a_reply_to_a_missing_post_is_kept_and_noticed(tmp_path):
    corpus = make_corpus(tmp_path / "c", [said("p"), said("r", parent="gone"), said("s", parent="r")])
    assert corpus.rows("SELECT parent FROM posts WHERE post = 'r'") == [{"parent": "gone"}]
    assert corpus.manifest.notices == ("1 replies answer a post that is not in the dump",)
    assert threads(corpus) == {"p": "p", "r": "gone", "s": "gone"}


@pytest.mark.parametrize("depth", [3, 4, 50, 300])
def test_every_reply_finds_the_first_post_of_its_thread(tmp_path, depth):
    chain = [said("p0"), *(said(f"p{n}", parent=f"p{n - 1}") for n in range(1, depth + 1))]
    corpus = make_corpus(tmp_path / "c", reversed(chain))
    assert set(threads(corpus).values()) == {"p0"}


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_replies_in_a_circle_end_no_worse_than_odd(tmp_path, size):
    circle = [said(f"p{n}", parent=f"p{(n + 1) % size}") for n in range(size)]
    corpus = make_corpus(
        tmp_path / "c", [*circle, said("tail", parent="p0"), said("q"), said("r", parent="q")]
    )
    found = threads(corpus)
    assert len(found) == size + 3
    assert found["q"] == found["r"] == "q"
    assert {found[f"p{n}"] for n in range(size)} | {found["tail"]} <= {f"p{n}" for n in range(size)}


@settings(max_examples=15)
@given(parents=st.lists(st.integers(0, 40), min_size=1, max_size=40))
def test_any_forest_of_replies_resolves_to_its_roots(parents, tmp_path_factory):
    above = {f"p{n}": f"p{parent}" if parent < n else None for n, parent in enumerate(parents)}

    def root(post):
        return post if above[post] is None else root(above[post])

    records = [said(post, parent=parent) for post, parent in above.items()]
    with make_corpus(tmp_path_factory.mktemp("forest") / "c", records) as corpus:
        assert threads(corpus) == {post: root(post) for post in above}


def test_undated_rows_are_kept_without_a_date(tmp_path):
    corpus = make_corpus(tmp_path / "c", [said("p", created=day(3)), said("q"), voted("p", 1, "ada")])
    assert corpus.rows("SELECT post, created FROM posts") == [
        {"post": "p", "created": day(3)},
        {"post": "q", "created": None},
    ]
    assert corpus.rows("SELECT created FROM votes") == [{"created": None}]


def test_broken_records_are_counted_by_problem_and_listed_by_line(tmp_path):
    broken = [
        BrokenRecord(where=Where("made.txt", 4), problem="no text: post 1"),
        BrokenRecord(where=Where("made.txt", 9), problem="no text: post 2"),
        BrokenRecord(where=Where("made.txt", 5), problem="no date"),
    ]
    corpus = make_corpus(tmp_path / "c", [said("p"), *broken])
    assert corpus.manifest.broken == {"no date": 1, "no text": 2}
    assert problems(corpus) == [(*record.where, record.problem) for record in broken]
    assert len(corpus.broken(limit=2)) == 2


def test_what_a_source_leaves_out_on_purpose_is_in_the_manifest(tmp_path):
    source = ListSource([said("p")])
    source.skipped = {"tag wiki": 3, "deleted": 1}
    assert ingest(source, [], out=tmp_path / "c", key=KEY).manifest.skipped == {"deleted": 1, "tag wiki": 3}


@pytest.mark.parametrize(
    "records", [[], [joined("ada")], [BrokenRecord(where=Where("f", 1), problem="no text")]]
)
def test_input_without_a_post_is_refused_and_leaves_nothing(tmp_path, records):
    with pytest.raises(InputError, match="no post could be read"):
        make_corpus(tmp_path / "c", records)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "what", ["[@click=app.quit]free[/]", "\x1b[31mred", "茶はおいしい 🍵", "'; DROP TABLE posts; --"]
)
def test_any_text_is_kept_as_it_was_said(tmp_path, what):
    corpus = make_corpus(
        tmp_path / "it's a 'folder'", [said(what, what, title=what, tags=(what,), community=what)]
    )
    row = {"post": what, "text": what, "title": what, "tags": [what], "community": what}
    assert corpus.rows("SELECT post, text, title, tags, community FROM posts") == [row]
    assert corpus.given().names == (what,)


def test_a_folder_that_exists_is_refused_until_it_may_be_replaced(tmp_path):
    make_corpus(tmp_path / "c", [said("old")])
    with pytest.raises(InputError, match="it exists.*--replace"):
        make_corpus(tmp_path / "c", [said("new")])
    corpus = make_corpus(tmp_path / "c", [said("new")], replace=True)
    assert [row["post"] for row in corpus.rows("SELECT post FROM posts")] == ["new"]
    corpus.verify()
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_a_replacement_that_fails_leaves_the_old_corpus(tmp_path):
    make_corpus(tmp_path / "c", [said("old")])
    with pytest.raises(InputError, match="no post"):
        make_corpus(tmp_path / "c", [], replace=True)
    with Corpus.open(tmp_path / "c") as corpus:
        assert [row["post"] for row in corpus.rows("SELECT post FROM posts")] == ["old"]


def test_nothing_but_a_corpus_or_an_empty_folder_is_replaced(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("My life's work")
    (tmp_path / "note.txt").write_text("Milk")
    (tmp_path / "empty").mkdir()
    for name in ("thesis", "note.txt"):
        with pytest.raises(InputError, match="no corpus is here"):
            make_corpus(tmp_path / name, [said("p")], replace=True)
    assert (tmp_path / "thesis" / "chapter.tex").read_text() == "My life's work"
    assert (tmp_path / "note.txt").read_text() == "Milk"
    assert make_corpus(tmp_path / "empty", [said("p")], replace=True).manifest.counts["posts"] == 1


def test_a_file_where_the_corpus_should_go_is_refused(tmp_path):
    (tmp_path / "c").write_text("a file")
    with pytest.raises(InputError, match="it exists"):
        make_corpus(tmp_path / "c", [said("p")])


@pytest.mark.parametrize("below", ["a file", "/proc/commonbond"])
def test_a_folder_that_cannot_be_written_is_named(tmp_path, below):
    (tmp_path / "a file").write_text("")
    with pytest.raises(InputError, match="it cannot be written") as caught:
        make_corpus(tmp_path / below / "c", [said("p")])
    assert caught.value.where == str(tmp_path / below)
    assert caught.value.remedy


def test_files_are_checked_before_anything_is_written(tmp_path):
    (tmp_path / "empty.Posts.xml").write_text("")
    with pytest.raises(InputError):
        ingest("stackexchange", [tmp_path / "empty.Posts.xml"], out=tmp_path / "deep" / "c", key=KEY)
    assert [path.name for path in tmp_path.iterdir()] == ["empty.Posts.xml"]


def test_missing_folders_above_the_corpus_are_made(tmp_path):
    assert make_corpus(tmp_path / "a" / "b" / "c", [said("p")]).folder == tmp_path / "a" / "b" / "c"
