from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from personas.errors import InputError
from personas.sources.records import CommunityRecord, PostRecord, VoteRecord, Where
from personas.sources.stackexchange import StackExchange

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
ROW = '<row Id="1" PostTypeId="1" Score="1" Body="b" Title="t" />'


@pytest.fixture
def posts(tmp_path):
    """Return a function that writes a Posts file of some rows."""

    def write(rows: str, name: str = "coffee.Posts.xml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{HEAD}<posts>\n{rows}\n</posts>")
        return path

    return write


def of(kind, records):
    return [each for each in records if isinstance(each, kind)]


def test_a_site_gives_its_community_posts_comments_and_votes(site):
    source = StackExchange()
    source.check([site])
    community, question, answer, old, comment, up, down = source.read([site])
    file = "coffee.stackexchange.com/Posts.xml"
    assert community == CommunityRecord(community="coffee", where=Where(file, 1))
    assert question == PostRecord(
        post="coffee:1",
        community="coffee",
        author="coffee:4",
        parent=None,
        thread="coffee:1",
        kind="question",
        title="Storing beans",
        text="How do I store beans?",
        tags=("storage", "whole-bean"),
        created=datetime(2015, 1, 27, 20, 9, 32, 720000, tzinfo=UTC),
        score=20,
        where=Where(file, 3),
    )
    assert (answer.post, answer.parent, answer.thread) == ("coffee:2", "coffee:1", "coffee:1")
    assert (answer.kind, answer.text, answer.score, answer.author) == ("answer", "Dark & dry.", -1, None)
    assert (old.tags, old.created, old.author) == (("grind", "tamp"), None, None)
    assert (comment.post, comment.parent, comment.thread) == ("coffee:c7", "coffee:2", "coffee:2")
    assert (comment.kind, comment.text, comment.author) == ("comment", "@member, ask [e-mail]", "coffee:8")
    assert up == VoteRecord(
        community="coffee",
        post="coffee:1",
        value=1,
        created=datetime(2015, 1, 27, tzinfo=UTC),
        where=Where("coffee.stackexchange.com/Votes.xml", 3),
    )
    assert (down.post, down.value, down.voter) == ("coffee:2", -1, None)


def test_what_is_left_out_is_counted_by_reason(site):
    source = StackExchange()
    list(source.read([site]))
    assert source.skipped == {
        "post: tag wiki": 1,
        "vote: neither up nor down": 1,
        "vote: on a post that is left out": 1,
    }
    list(source.read([site / "Posts.xml"]))
    assert source.skipped == {"post: tag wiki": 1}


def test_a_post_that_is_a_picture_alone_is_left_out_with_what_stands_under_it(posts):
    path = posts(
        f'{ROW}\n<row Id="2" PostTypeId="2" ParentId="1" Score="9" Body="&lt;p&gt;&lt;img src=x&gt;&lt;/p&gt;" />'
    )
    (path.parent / "coffee.Comments.xml").write_text(
        f'{HEAD}<comments><row Id="1" PostId="2" Text="x"/></comments>'
    )
    source = StackExchange()
    found = list(source.read([path.parent]))
    assert [each.post for each in of(PostRecord, found)] == ["coffee:1"]
    assert source.skipped == {"post: without text": 1, "comment: on a post that is left out": 1}


@pytest.mark.parametrize(
    ("name", "community"),
    [
        ("coffee.Posts.xml", "coffee"),
        ("cstheory_meta.Posts.xml", "cstheory_meta"),
        ("ai.stackexchange.com.Posts.xml", "ai"),
        ("ai.meta.stackexchange.com/Posts.xml", "ai.meta"),
        ("mathoverflow.net/posts.XML", "mathoverflow"),
        ("beans/Posts.xml", "beans"),
        ("anything.xml", "anything"),
    ],
)
def test_the_site_is_the_prefix_of_the_file_or_its_folder(posts, name, community):
    path = posts(ROW, name)
    StackExchange().check([path])
    assert [each.community for each in StackExchange().read([path])] == [community, community]


def test_several_sites_make_one_corpus_and_a_file_named_twice_is_read_once(site, tmp_path, posts):
    posts(ROW, "tea.stackexchange.com/Posts.xml")
    found = list(StackExchange().read([tmp_path, site, site / "Posts.xml"]))
    assert [each.community for each in of(CommunityRecord, found)] == ["coffee", "tea"]
    assert len(of(PostRecord, found)) == 5


def test_a_packed_dump_is_read_as_a_plain_one(site, tmp_path):
    plain = list(StackExchange().read([site]))
    for path in site.iterdir():
        (site / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    packed = list(StackExchange().read([site]))
    assert [each.text for each in of(PostRecord, packed)] == [each.text for each in of(PostRecord, plain)]
    assert packed[0].where.file == "coffee.stackexchange.com/Posts.xml.gz"


def test_names_of_members_are_masked_in_posts_and_in_comments(posts):
    body = "&lt;p&gt;@Ann and &lt;a href='/users/7/bo'&gt;Bo&lt;/a&gt;: &lt;code&gt;@x&lt;/code&gt;&lt;/p&gt;"
    path = posts(f'<row Id="1" PostTypeId="1" Title="cy@example.org asks" Body="{body}"/>')
    (path.parent / "coffee.Comments.xml").write_text(
        f'{HEAD}<comments><row Id="1" PostId="1" Text="see [Bo](/users/7/bo)"/></comments>'
    )
    _, post, comment = StackExchange().read([path.parent])
    assert (post.title, post.text) == ("[e-mail] asks", "@member and @member: `@x`")
    assert comment.text == "see @member"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ('<row PostTypeId="1" Score="1" Body="b"/>', "Id is missing"),
        ('<row Id="../x" PostTypeId="1" Score="1" Body="b"/>', "Id is '../x', no identity of a post"),
        ('<row Id="2" Score="1" Body="b"/>', "PostTypeId is missing"),
        ('<row Id="2" PostTypeId="2" Score="1" Body="b"/>', "ParentId is missing"),
        ('<row Id="2" PostTypeId="1" Score="many" Body="b"/>', "Score is 'many', no whole number"),
        (
            '<row Id="2" PostTypeId="1" Score="1" Body="b" CreationDate="soon"/>',
            "CreationDate is 'soon', no moment",
        ),
        (
            '<row Id="2" PostTypeId="1" Score="1" Body="b" OwnerUserId="Ann"/>',
            "the user is 'Ann', no identity of a member",
        ),
    ],
)
def test_a_broken_row_is_reported_with_its_line_and_the_others_are_kept(posts, broken, row, problem):
    path = posts(f"{ROW}\n{row}\n{ROW}")
    found = list(StackExchange().read([path]))
    assert len(of(PostRecord, found)) == 2
    assert broken(found) == [("coffee.Posts.xml", 4, problem)]


def test_terminal_markup_stays_and_escape_sequences_do_not(posts):
    path = posts(
        '<row Id="1" PostTypeId="1" Score="1" Title="[@click=app.bell]x[/]" Body="&#x9b;31m[bold]y"/>'
    )
    _, post = StackExchange().read([path])
    assert (post.title, post.text) == ("[@click=app.bell]x[/]", "31m[bold]y")


def test_a_picture_and_another_format_are_refused(png, tmp_path, posts):
    with pytest.raises(InputError, match="no well-formed XML"):
        StackExchange().check([png])
    png.write_text('{"title": "x"}\n')
    with pytest.raises(InputError, match="no well-formed XML"):
        StackExchange().check([png])
    png.write_text("<feed><row/></feed>")
    with pytest.raises(InputError, match="root element is <feed>, not <posts>"):
        StackExchange().check([png])
    (tmp_path / "x.xml").write_text("<feed><row/></feed>")
    with pytest.raises(InputError, match="root element is <feed>, none of <posts>"):
        StackExchange().check([tmp_path / "x.xml"])


def test_what_is_wrong_anywhere_in_a_file_is_found_before_anything_is_read(posts, cut_gzip, tmp_path):
    whole = f"{HEAD}<posts>\n" + f"{ROW}\n" * 30_000
    for path, problem in (
        (posts("", "a.Posts.xml"), "it has no row"),
        (tmp_path / "b.Posts.xml", "line 30003: the XML is cut off"),
        (cut_gzip(tmp_path / "c.Posts.xml.gz", whole + "</posts>"), "the archive is cut off"),
        (tmp_path / "d.Posts.xml", "document type"),
        (tmp_path / "e.Posts.xml", "the file is empty"),
        (tmp_path / "f.Posts.xml", "line 30003: it is no well-formed XML"),
    ):
        texts = {
            "b": whole.encode(),
            "d": b'<!DOCTYPE posts [<!ENTITY a "&b;&b;">]><posts/>',
            "e": b"",
            "f": whole.encode() + b'<row Body="caf\xe9 x"/></posts>',
        }
        if text := texts.get(path.name[0]):
            path.write_bytes(text)
        elif path.name[0] == "e":
            path.touch()
        with pytest.raises(InputError, match=problem) as caught:
            StackExchange().check([path])
        assert path.name in caught.value.where


def test_paths_without_a_dump_say_what_was_expected_and_what_is_there(tmp_path, site):
    with pytest.raises(InputError, match="no such file or folder"):
        StackExchange().check([tmp_path / "none"])
    with pytest.raises(InputError, match="no file and no folder is named"):
        StackExchange().check([])
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "cat.png").touch()
    with pytest.raises(InputError, match=r"no Posts.xml or <site>.Posts.xml; it has cat.png"):
        StackExchange().check([tmp_path / "pictures"])
    (site / "Posts.xml").unlink()
    with pytest.raises(
        InputError, match=r"the site 'coffee' has Comments.xml and no Posts; .* Comments.xml, Votes.xml"
    ):
        StackExchange().check([site])


def test_two_files_of_one_table_of_one_site_are_refused(posts):
    paths = [posts(ROW, "coffee.Posts.xml"), posts(ROW, "coffee/Posts.xml")]
    with pytest.raises(InputError, match="the posts of the site 'coffee' a second time"):
        StackExchange().check(paths)
