from __future__ import annotations

from datetime import UTC, datetime

import pytest

from personas.errors import InputError
from personas.sources.polis import Polis
from personas.sources.records import CommunityRecord, MemberRecord, PostRecord, VoteRecord, Where

GONE = "vote: on a statement that was removed or could not be read"


def of(kind, records):
    return [each for each in records if isinstance(each, kind)]


def test_a_conversation_gives_its_topic_statements_members_and_votes(conversation):
    source = Polis()
    source.check([conversation])
    found = list(source.read([conversation]))
    where = Where("tea-or-coffee/summary.csv", 1)
    assert found[0] == CommunityRecord(community="tea-or-coffee", title="Tea, or coffee?", where=where)
    assert found[1] == PostRecord(
        post="tea-or-coffee:0",
        community="tea-or-coffee",
        author="tea-or-coffee:17",
        thread="tea-or-coffee:0",
        kind="statement",
        text="Tea, please",
        created=datetime(2014, 6, 18, 4, 53, 44, 363000, tzinfo=UTC),
        where=Where("tea-or-coffee/comments.csv", 2),
    )
    votes = {(each.voter, each.post): each.value for each in of(VoteRecord, found)}
    assert votes == {
        ("tea-or-coffee:17", "tea-or-coffee:0"): 1,
        ("tea-or-coffee:17", "tea-or-coffee:1"): 0,
        ("tea-or-coffee:18", "tea-or-coffee:1"): -1,
    }
    assert [each.member for each in of(MemberRecord, found)] == [f"tea-or-coffee:{n}" for n in (17, 18, 19)]


def test_neither_a_real_identity_nor_the_group_of_a_participant_is_kept(conversation):
    found = list(Polis().read([conversation]))
    assert all(each.attributes == {} for each in of(MemberRecord, found))
    assert "ann@example.org" not in repr(found)


def test_addresses_and_escape_sequences_in_a_statement_are_taken_out(conversation):
    path = conversation / "comments.csv"
    path.write_text(path.read_text().replace("Coffee", "\x1b[31m[bold]Ask ann@example.org"))
    found = of(PostRecord, Polis().read([conversation]))
    assert found[1].text == "[31m[bold]Ask [e-mail]"


def test_a_removed_statement_and_its_votes_are_counted_and_not_read(conversation):
    source = Polis()
    found = list(source.read([conversation]))
    assert source.skipped == {"statement: removed by moderation": 1, GONE: 1}
    assert "tea-or-coffee:2" not in {each.post for each in found if isinstance(each, PostRecord | VoteRecord)}


def test_a_column_of_no_statement_is_reported_once_and_its_votes_are_counted(conversation, broken):
    path = conversation / "participants-votes.csv"
    path.write_text("participant,0,1,2,77\n17,1,0,,1\n18,,,,-1\n")
    source = Polis()
    found = list(source.read([conversation]))
    assert broken(found) == [
        ("tea-or-coffee/participants-votes.csv", 1, "no statement in comments.csv has the number 77")
    ]
    assert source.skipped[GONE] == 2


def test_broken_cells_and_rows_are_reported_and_the_others_are_kept(conversation, broken):
    (conversation / "comments.csv").write_text(
        "timestamp,comment-id,author-id,moderated,comment-body\n"
        "soon,0,17,1,Tea\n1403067224364,1,,1,Coffee\n1403067224364,2,5,1,\n1403067224364,x,5,1,Milk\n"
    )
    (conversation / "participants-votes.csv").write_text(
        "participant,0,1,2\n17,1,maybe,\n,1,1,1\n18,1,1\n19,,1,1\n"
    )
    source = Polis()
    found = list(source.read([conversation]))
    assert [(each.post, each.author) for each in of(PostRecord, found)] == [("tea-or-coffee:1", None)]
    assert [(each.voter, each.value) for each in of(VoteRecord, found)] == [("tea-or-coffee:19", 1)]
    assert [(line, problem) for _, line, problem in broken(found)] == [
        (2, "timestamp is 'soon', no whole number"),
        (4, "comment-body is missing"),
        (5, "comment-id is 'x', no number"),
        (2, "the vote on tea-or-coffee:1 is 'maybe', not 1, 0 or -1"),
        (3, "participant is '', no number"),
        (4, "the row has 3 cells and the header has 4"),
    ]
    assert source.skipped == {GONE: 4}


def test_a_folder_of_conversations_gives_all_of_them_and_a_summary_is_optional(conversation):
    (conversation / "summary.csv").unlink()
    found = list(Polis().read([conversation.parent, conversation]))
    assert [(each.community, each.title) for each in of(CommunityRecord, found)] == [("tea-or-coffee", "")]


def test_what_is_no_export_is_refused(conversation, site, png):
    with pytest.raises(InputError, match=r"it is a file, and a pol.is export is a folder"):
        Polis().check([site / "Posts.xml"])
    with pytest.raises(
        InputError, match=r"has comments.csv and participants-votes.csv; it has Comments.xml, Posts.xml"
    ):
        Polis().check([site])
    for name in ("comments.csv", "participants-votes.csv"):
        path = conversation / name
        kept = path.read_text()
        for data, problem in (
            (b"", "the file is empty"),
            (png.read_bytes(), "no text"),
            (b"a,b\n1,2\n", "it lacks the columns"),
            (kept.split("\n", 1)[0].encode(), "a header and no rows"),
        ):
            path.write_bytes(data)
            with pytest.raises(InputError, match=problem) as caught:
                Polis().check([conversation])
            assert caught.value.where.endswith(name)
        path.write_text(kept)
    Polis().check([conversation])


def test_two_conversations_of_one_name_are_refused(conversation, tmp_path):
    other = tmp_path / "more" / "tea-or-coffee"
    other.mkdir(parents=True)
    for path in conversation.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    with pytest.raises(InputError, match="its name is that of another conversation"):
        Polis().check([conversation, other])
