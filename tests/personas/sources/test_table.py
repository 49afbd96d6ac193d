from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from personas.errors import InputError
from personas.sources.records import BrokenRecord, MemberRecord, PostRecord, VoteRecord, Where
from personas.sources.table import TableSource

ROWS = [
    {
        "post": "p1",
        "community": "c",
        "author": "ann",
        "text": "Tea?",
        "tags": "a;b",
        "created": "2020-01-02",
        "score": "3",
    },
    {"post": "p2", "community": "d", "author": "", "text": "Coffee", "tags": "", "created": "", "score": ""},
]


@pytest.fixture
def file(tmp_path):
    """Return a function that writes a text under a name."""

    def write(name: str, text: str):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def records(**options):
    source = TableSource(**options)
    source.check()
    return list(source.read())


def as_csv(delimiter: str) -> str:
    return "\n".join([delimiter.join(ROWS[0]), *(delimiter.join(row.values()) for row in ROWS)]).replace(
        "a;b", '"a;b"'
    )


def written(tmp_path, kind: str):
    path = tmp_path / f"posts.{kind}"
    if kind == "parquet":
        rows = [
            row | {"tags": row["tags"].split(";"), "score": int(row["score"] or 0) or None} for row in ROWS
        ]
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif kind == "jsonl":
        path.write_text("\n".join(json.dumps({k: v for k, v in row.items() if v}) for row in ROWS))
    else:
        path.write_text(as_csv({"csv": ",", "tsv": "\t", "txt": ";"}[kind]))
    return path


@pytest.mark.parametrize("kind", ["csv", "tsv", "txt", "jsonl", "parquet"])
def test_the_same_table_is_read_the_same_from_every_format(tmp_path, kind):
    first, second = records(posts=[written(tmp_path, kind)])
    line = {"jsonl": 1, "parquet": 1}.get(kind, 2)
    assert first == PostRecord(
        post="p1",
        community="c",
        author="ann",
        thread="p1",
        text="Tea?",
        tags=("a", "b"),
        created=datetime(2020, 1, 2, tzinfo=UTC),
        score=3,
        where=Where(f"posts.{kind}", line),
    )
    assert (second.author, second.tags, second.created, second.score) == (None, (), None, None)


def test_columns_are_mapped_and_a_missing_one_names_those_seen_and_the_option(file):
    path = file("posts.csv", "id,body\n7,Hello\n")
    with pytest.raises(InputError) as caught:
        records(posts=[path])
    assert "no column for 'text', 'community'; the columns are 'id, body'" in str(caught.value)
    assert "--column text=COLUMN, or give --community NAME" in str(caught.value)
    (post,) = records(posts=[path], columns={"post": "id", "text": "body"}, community="c")
    assert (post.post, post.text, post.community) == ("7", "Hello", "c")


def test_a_mapping_to_no_column_or_from_no_field_is_refused(file):
    path = file("posts.csv", "text\nHello\n")
    with pytest.raises(InputError, match=r"\['points'\]"):
        records(posts=[path], community="c", columns={"score": "points"})
    with pytest.raises(InputError, match=r"\['body'\] are no fields"):
        TableSource(posts=[path], columns={"body": "text"})


def test_replies_need_a_parent_and_belong_to_its_thread(file):
    posts = file("posts.csv", "post,text\np1,Hello\n")
    replies = file("replies.csv", "post,parent,text\nr1,p1,Hi\nr2,,Lost\n")
    post, reply, lost = records(posts=[posts], replies=[replies], community="c")
    assert (post.kind, post.thread) == ("post", "p1")
    assert (reply.kind, reply.parent, reply.thread) == ("answer", "p1", "p1")
    assert lost == BrokenRecord(where=Where("replies.csv", 3), problem="parent is missing")


@pytest.mark.parametrize(
    ("ballot", "kinds"),
    [
        ("endorsement", ["post", "answer"]),
        ("agreement", ["statement", "comment"]),
        ("choice", ["question", "option"]),
    ],
)
def test_the_ballot_says_what_a_post_and_a_reply_are_unless_a_column_does(file, ballot, kinds):
    posts = file("posts.csv", "post,text\np1,Hello\n")
    replies = file("replies.csv", "post,parent,text\nr1,p1,Hi\n")
    assert [
        each.kind for each in records(posts=[posts], replies=[replies], community="c", ballot=ballot)
    ] == kinds
    named = file("named.csv", "post,text,kind\np1,Hello,submission\np2,x,poem\n")
    known, unknown = records(posts=[named], community="c", ballot=ballot)
    assert known.kind == "submission"
    assert unknown.problem.startswith("kind is 'poem', none of question, answer")


def test_a_post_without_an_identity_is_named_for_its_place(file):
    (post,) = records(posts=[file("posts.csv", "text\nHello\n")], community="c")
    assert (post.post, post.thread) == ("posts.csv:2", "posts.csv:2")


def test_addresses_and_escape_sequences_in_a_post_are_taken_out(file):
    path = file("posts.csv", "text,author\n\x1b[31m[bold]ann@example.org,a\x07nn\n")
    (post,) = records(posts=[path], community="c")
    assert (post.text, post.author) == ("[31m[bold][e-mail]", "ann")


def test_votes_are_named_counted_or_in_words(file):
    path = file("votes.csv", "voter,post,value,count\nann,p1,1,\n,p1,Disagree,40\nbo,p1,pass,1\n")
    assert records(votes=[path], community="c") == [
        VoteRecord(voter="ann", community="c", post="p1", value=1, where=Where("votes.csv", 2)),
        VoteRecord(community="c", post="p1", value=-1, count=40, where=Where("votes.csv", 3)),
        VoteRecord(voter="bo", community="c", post="p1", value=0, where=Where("votes.csv", 4)),
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("ann,p1,2,1", "value is '2', not 1, 0 or -1"),
        ("ann,p1,great,1", "value is 'great', no whole number"),
        ("ann,p1,,1", "value is missing"),
        ("ann,,1,1", "post is missing"),
        (",p1,1,0", "count is 0, not 1 or more"),
        ("ann,p1,1,2", "count is 2 for a named voter, who has one vote"),
        (",p1,1,1.5", "count is '1.5', no whole number"),
    ],
)
def test_a_broken_vote_is_reported_with_file_line_and_value(file, row, problem):
    path = file("votes.csv", f"voter,post,value,count\nann,p1,1,1\n{row}\n")
    _, found = records(votes=[path], community="c")
    assert found == BrokenRecord(where=Where("votes.csv", 3), problem=problem)


def test_the_columns_of_a_member_become_attributes_all_or_those_named(file):
    path = file("members.csv", "member,community,country,name\nm1,c,fr,Ann\nm2,c,,Bo\n")
    first, second = records(members=[path])
    assert first == MemberRecord(
        member="m1", community="c", attributes={"country": "fr", "name": "Ann"}, where=Where("members.csv", 2)
    )
    assert second.attributes == {"name": "Bo"}
    assert [each.attributes for each in records(members=[path], attributes=["country"])] == [
        {"country": "fr"},
        {},
    ]
    with pytest.raises(InputError, match=r"no columns \['age'\] for attributes"):
        records(members=[path], attributes=["age"])


def test_a_table_of_anything_else_is_refused(tmp_path, png):
    path = tmp_path / "posts.csv"
    for data, problem in (
        (b"", "empty"),
        (png.read_bytes(), "no text"),
        (b"PAR1 and no more", "no readable Parquet"),
        (b'[{"text": "x"}]', "one JSON array"),
        (b"<html></html>", "XML or HTML"),
        (b"text,community\n", "a header and no rows"),
        (b'{"text": \n', "it is no JSON"),
    ):
        path.write_bytes(data)
        with pytest.raises(InputError, match=problem):
            TableSource(posts=[path]).check()
    path.unlink()
    with pytest.raises(InputError, match="no such file"):
        TableSource(posts=[path]).check()


def test_options_that_cannot_be_meant_are_refused(tmp_path):
    path = tmp_path / "x.csv"
    for options, problem in (
        ({}, "no table is named"),
        ({"posts": [path], "votes": [path]}, "it is named twice"),
        ({"posts": [path], "delimiter": "::"}, "no delimiter"),
        ({"posts": [path], "ballot": "applause"}, "no ballot"),
    ):
        with pytest.raises(InputError, match=problem):
            TableSource(**options)


def test_parquet_of_wrong_types_gives_broken_records_and_a_cut_one_is_refused(tmp_path):
    path = tmp_path / "posts.parquet"
    pq.write_table(
        pa.table({"post": [1, 2], "text": ["a", "b"], "score": [1.0, float("nan")], "tags": [[["x"]], None]}),
        path,
    )
    broken, good = records(posts=[path], community="c")
    assert broken == BrokenRecord(
        where=Where("posts.parquet", 1), problem="tags is [['x']], neither a list of texts nor 'a;b'"
    )
    assert (good.post, good.score) == ("2", None)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="no readable Parquet"):
        TableSource(posts=[path], community="c").check()
