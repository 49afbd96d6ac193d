from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime

import pytest
import zstandard

from personas.errors import InputError
from personas.sources.records import CommunityRecord, PostRecord, Where
from personas.sources.reddit import Reddit

SUBMISSION = {
    "id": "abc",
    "subreddit": "Coffee",
    "author": "ann",
    "title": "Beans &amp; water",
    "selftext": "Ask /u/bo or bo@example.org",
    "score": 12,
    "ups": 99,
    "created_utc": 1351527128,
    "link_flair_text": "Help",
}
COMMENT = {
    "id": "def",
    "subreddit": "Coffee",
    "author": "[deleted]",
    "body": "&gt; water\n\nfilter it",
    "link_id": "t3_abc",
    "parent_id": "t1_xyz",
    "score": "-3",
    "created_utc": "1351527129.0",
}


@pytest.fixture
def dump(tmp_path):
    """Return a function that writes a dump of some objects, or of lines."""

    def write(*rows, name: str = "RC_2012-10.jsonl", pack=lambda data: data):
        path = tmp_path / name
        lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
        path.write_bytes(pack(b"\n".join(lines) + b"\n"))
        return path

    return write


def of(kind, records):
    return [each for each in records if isinstance(each, kind)]


PACKERS = [lambda data: data, gzip.compress, zstandard.ZstdCompressor().compress]


@pytest.mark.parametrize("pack", PACKERS)
def test_submissions_and_comments_are_told_apart_by_their_fields(dump, pack):
    path = dump(SUBMISSION, COMMENT, pack=pack)
    Reddit().check([path])
    community, submission, comment = Reddit().read([path])
    assert community == CommunityRecord(community="Coffee", title="r/Coffee", where=Where(path.name, 1))
    assert submission == PostRecord(
        post="t3_abc",
        community="Coffee",
        author="ann",
        thread="t3_abc",
        kind="submission",
        title="Beans & water",
        text="Ask /u/member or [e-mail]",
        tags=("Help",),
        created=datetime(2012, 10, 29, 16, 12, 8, tzinfo=UTC),
        score=12,
        where=Where(path.name, 1),
    )
    assert comment == PostRecord(
        post="t1_def",
        community="Coffee",
        author=None,
        parent="t1_xyz",
        thread="t3_abc",
        kind="comment",
        text="> water\n\nfilter it",
        created=datetime(2012, 10, 29, 16, 12, 9, tzinfo=UTC),
        score=-3,
        where=Where(path.name, 2),
    )


def test_what_was_removed_and_what_stands_on_a_profile_is_counted_and_not_read(dump):
    path = dump(
        SUBMISSION,
        COMMENT | {"body": "[removed]"},
        COMMENT | {"body": "[deleted]"},
        SUBMISSION | {"selftext": "[deleted]"},
        SUBMISSION | {"subreddit": "u_ann"},
    )
    source = Reddit()
    found = list(source.read([path]))
    assert len(of(PostRecord, found)) == 1
    assert source.skipped == {
        "comment: removed": 2,
        "submission: removed": 1,
        "post: to a member's profile": 1,
    }
    assert "u_ann" not in repr(found)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (b'{"id": "x"', "it is no JSON"),
        (b'{"title": "caf\xe9"}', "it is no UTF-8"),
        ({"id": "x", "subreddit": "a"}, "it has neither a title nor a body"),
        (COMMENT | {"link_id": None}, "link_id is missing"),
        (COMMENT | {"parent_id": 123}, "parent_id is 123, which should begin with t1_ or t3_"),
        (COMMENT | {"id": "a/../b"}, "the id is 'a/../b', none of Reddit"),
        (COMMENT | {"body": ["x"]}, "body is ['x'], no text"),
        (COMMENT | {"author": {"a": 1}}, "author is {'a': 1}, neither text nor a number"),
        (COMMENT | {"score": 1e400}, "score is inf, no whole number"),
        (COMMENT | {"score": 2**70}, "score is 1180591620717411303424, too large a number"),
        (COMMENT | {"score": True}, "score is True, no whole number"),
        (COMMENT | {"created_utc": float("nan")}, "created_utc is nan, no moment"),
        (COMMENT | {"created_utc": 1e18}, "created_utc is 1e+18, no moment"),
        (COMMENT | {"subreddit": None}, "subreddit is missing"),
    ],
)
def test_a_broken_record_is_reported_with_its_line_and_the_others_are_kept(dump, broken, row, problem):
    path = dump(SUBMISSION, row, COMMENT)
    Reddit().check([path])
    found = list(Reddit().read([path]))
    assert [each.post for each in of(PostRecord, found)] == ["t3_abc", "t1_def"]
    ((file, line, text),) = broken(found)
    assert (file, line) == (path.name, 2)
    assert text.startswith(problem)


def test_a_broken_first_line_does_not_hide_the_format(dump, broken):
    path = dump(b'{"title": "caf\xe9"}', SUBMISSION)
    Reddit().check([path])
    assert [line for _, line, _ in broken(Reddit().read([path]))] == [1]


def test_control_characters_and_lone_surrogates_cannot_reach_the_corpus(dump):
    path = dump(
        COMMENT
        | {"body": "a\ud800\u0000\u001b[31m[bold]b", "author": "x\ud800\u0000", "subreddit": "C\u0007"}
    )
    _, post = Reddit().read([path])
    assert (post.text, post.author, post.community) == ("a\ufffd[31m[bold]b", "x\ufffd", "C")


def test_the_csv_has_no_authors_its_counts_are_not_read_and_its_file_names_the_subreddit(dump):
    path = dump(
        b"created_utc,score,id,title,ups,downs,selftext,link_flair_text",
        b'1351527128.0,12,abc,Beans,99,87,"two\nlines",',
        name="Coffee.csv.gz",
        pack=gzip.compress,
    )
    Reddit().check([path])
    _, post = Reddit().read([path])
    assert (post.community, post.author, post.score, post.text, post.tags) == (
        "Coffee",
        None,
        12,
        "two\nlines",
        (),
    )
    assert post.where == Where("Coffee.csv.gz", 2)


def test_a_folder_gives_its_dumps_and_nothing_else(dump, tmp_path):
    dump(SUBMISSION, name="RS_2012.zst", pack=zstandard.ZstdCompressor().compress)
    dump(COMMENT, name="Coffee_comments.jsonl")
    (tmp_path / "LICENSE").write_text("free")
    assert len(of(PostRecord, Reddit().read([tmp_path]))) == 2
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "LICENSE").touch()
    with pytest.raises(InputError, match="it has LICENSE"):
        Reddit().check([tmp_path / "sub"])


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "no text"),
        (b'[{"title": "x"}]', "one JSON array"),
        (b"<posts/>", "XML or HTML"),
        (b"a,b\n1,2\n", "lacks the columns"),
        (b'{"a": 1}\n{"b": 2}\n', "neither a title nor a body"),
        (b'{"a": \n', "it is no JSON"),
    ],
)
def test_what_is_no_dump_is_refused(tmp_path, data, problem):
    path = tmp_path / "x.jsonl"
    path.write_bytes(data)
    with pytest.raises(InputError, match=problem):
        Reddit().check([path])


@pytest.mark.parametrize("pack", PACKERS[1:])
def test_an_archive_that_is_cut_off_is_found_before_anything_is_read(dump, pack):
    rows = [SUBMISSION | {"id": str(n)} for n in range(2000)]
    path = dump(*rows, name="RS.dump", pack=lambda data: pack(data)[:-8])
    with pytest.raises(InputError, match="the archive is cut off"):
        Reddit().check([path])
