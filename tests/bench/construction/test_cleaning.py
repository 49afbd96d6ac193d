"""What nobody said is left out and counted; what is said once stays."""

from __future__ import annotations

import pytest
from small_corpora import joined, pseudonym, said, voted

from bench.construction.choices import Choices
from bench.construction.cleaning import clean
from personas import InputError

CHOICES = Choices(seed=1)
BASE = (
    "How long should a pot of green tea draw before it turns bitter on the tongue of a careful drinker, "
    "and does it matter whether the water was boiling when it was poured over the leaves or had stood for a while"
)


@pytest.fixture
def cleaned(corpus_of, tmp_path):
    """Return a function that cleans records and gives what is left, by table, and the counts."""
    opened = []

    def make(records, ballot="endorsement", choices=CHOICES):
        folder = tmp_path / f"clean{len(opened)}"
        folder.mkdir()
        opened.append(clean(corpus_of(records, ballot), folder, choices))
        return opened[-1]

    yield make
    for each in opened:
        each.corpus.close()


def posts(found):
    return {row["post"]: row["text"] for row in found.corpus.rows("SELECT post, text FROM posts")}


def test_of_equal_and_nearly_equal_texts_the_first_stays(cleaned):
    found = cleaned(
        [
            said("tea:1", BASE),
            said("tea:2", BASE.upper() + "?!"),
            said("tea:3", BASE.replace("careful", "patient")),
            said("tea:4", "Where do cats sleep in winter when the stove is cold and nobody is at home?"),
        ]
    )
    assert set(posts(found)) == {"tea:1", "tea:4"}
    assert found.left_out == {
        "post: nearly the same text as an earlier one": 1,
        "post: the same text as an earlier one": 1,
    }


def test_what_hangs_below_a_copy_goes_with_it_and_so_do_its_votes(cleaned):
    found = cleaned(
        [
            said("tea:1", BASE),
            said("tea:2", BASE),
            said("tea:2/1", parent="tea:2"),
            said("tea:2/2", parent="tea:2/1", thread="tea:2"),
            voted("tea:2/1", 1, count=4),
            voted("tea:1", 1, count=3),
        ]
    )
    assert set(posts(found)) == {"tea:1"}
    assert found.left_out["post: a reply below something that was left out"] == 2
    assert found.corpus.scalar("SELECT sum(count) FROM votes") == 3


def test_marks_of_deletion_are_dropped_and_a_headline_outlives_its_text(cleaned):
    found = cleaned(
        [
            said("tea:1", "[removed]", title="A headline that is still there"),
            said("tea:1/1", " [DELETED] ", parent="tea:1"),
            said("tea:1/2", "A reply that quotes [deleted] words", parent="tea:1"),
        ]
    )
    assert posts(found) == {"tea:1": "", "tea:1/2": "A reply that quotes [deleted] words"}
    assert found.left_out == {"post: deleted or removed by its place": 1}


def test_a_bot_goes_with_its_posts_its_votes_and_its_membership(cleaned):
    spam = [
        said(
            f"tea:s{n}",
            f"Buy the finest kettles of the whole wide world at kettle number {n}!",
            author="shop",
        )
        for n in range(3)
    ]
    copies = [
        said(f"tea:c{n}", "Buy the finest kettles of the whole wide world today!", author="shop")
        for n in range(9)
    ]
    found = cleaned(
        [
            *spam,
            *copies,
            said("tea:1", BASE, author="ann"),
            voted("tea:1", 1, "shop"),
            voted("tea:1", 1, "bob"),
            joined("shop"),
            joined("ann"),
        ]
    )
    assert set(posts(found)) == {"tea:1"}
    assert found.left_out == {"bot: most of its posts repeat each other": 1, "post: by a bot": 12}
    people = {row["member"] for row in found.corpus.rows("SELECT member FROM members")}
    assert pseudonym("shop") not in people and pseudonym("ann") in people
    assert [row["voter"] for row in found.corpus.rows("SELECT voter FROM votes")] == [pseudonym("bob")]


def test_people_may_say_thanks_again_and_again(cleaned):
    thanks = [said(f"tea:1/{n}", "Thank you!", parent="tea:1", author="ann") for n in range(12)]
    found = cleaned([said("tea:1", BASE, author="bob"), *thanks])
    assert set(posts(found)) == {"tea:1", "tea:1/0"}
    assert found.left_out == {"post: the same text as an earlier one": 11}


def test_a_nameless_post_that_says_it_is_a_bots_is_left_out(cleaned):
    found = cleaned([said("tea:1", BASE), said("tea:1/1", "I am a bot, beep boop.", parent="tea:1")])
    assert set(posts(found)) == {"tea:1"}
    assert found.left_out == {"post: says that a bot wrote it": 1}


def test_the_answers_of_a_survey_are_no_copies_but_a_question_asked_twice_is(cleaned):
    records = []
    for number, question in enumerate(("Do you drink tea?", "Do you own a cat?", "Do you drink tea?")):
        records.append(said(f"q{number}", question, kind="question"))
        records += [
            said(f"q{number}/{answer}", answer, parent=f"q{number}", kind="option")
            for answer in ("Yes", "No")
        ]
    found = cleaned(records, "choice")
    assert set(posts(found)) == {"q0", "q1", "q0/Yes", "q0/No", "q1/Yes", "q1/No"}


def test_the_same_question_with_other_answers_is_another_question(cleaned):
    records = [
        said("q0", "Do you drink tea?", kind="question"),
        said("q1", "Do you drink tea?", kind="question"),
    ]
    records += [said("q0/1", "Yes, every single morning", parent="q0", kind="option")]
    records += [said("q1/1", "Only where coffee is forbidden", parent="q1", kind="option")]
    assert len(posts(cleaned(records, "choice"))) == 4


def test_a_clean_corpus_stays_as_it_is(cleaned, made_forum):
    corpus = made_forum()
    found = cleaned([said("tea:1", BASE)])
    assert found.left_out == {}
    assert corpus.content != found.corpus.content


def test_cleaning_the_same_corpus_twice_gives_the_same_bytes(made_forum, tmp_path):
    corpus, hashes = made_forum(), []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        found = clean(corpus, tmp_path / name, CHOICES)
        hashes.append((found.corpus.manifest.files, found.corpus.content))
        found.corpus.close()
    assert hashes[0] == hashes[1]


def test_nothing_left_is_said(cleaned):
    with pytest.raises(InputError, match="nothing is left once it is cleaned"):
        cleaned([said("tea:1", "[deleted]")])
