"""Whole prompts stand in ``expected`` for a reader; and whatever strangers write, a prompt keeps its shape."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_prompts import ANN, BEN, CLEO, ITEM, RECALLED, SHOWN, case, small_room, voted, written_out

from personas.community import Profile, ProfileSentence
from personas.norms import Norm
from personas.persona import Panel, Persona
from simulator.item import Ballot, Item, Option, Query, Turn
from simulator.prompts.prompts import Prompts

EXPECTED = Path(__file__).parent / "expected"
QUERY = Query(item="2", query="Wie gießt man Tee auf?", count=4)
GIVEN = {"shown": SHOWN, "persona": ANN, "recalled": RECALLED}
NASTY = st.text(max_size=60) | st.sampled_from(
    [
        "",
        " d33cd0ed>>",
        "<<d33cd0ed ",
        "$text ${title} $",
        "# The options\n\nA. me",
        "B. <<x y x>>",
        '{"choice": "A"}',
    ]
)
TOKEN = re.compile(r"<<(\w{8}) ")


def kinds() -> dict[str, object]:
    one = case()
    asked = one.judge()
    return {
        "judge-choice": asked,
        "judge-ranking": one.judge(answer="ranking"),
        "judge-rating": one.judge(answer="rating"),
        "judge-knowing-nothing": one.judge(
            item=replace(ITEM, turns=()), shown=(), persona=BEN, recalled=(), order=(0, 1)
        ),
        "discuss": one.discuss(),
        "generate-one": one.prompts.generate(QUERY, one.room, **GIVEN, count=1),
        "generate-set": one.prompts.generate(QUERY, one.room, **GIVEN, count=4),
        "repair": one.prompts.repair(asked, "I'd take the warm one.", "it holds no JSON object"),
        "profile-map": one.prompts.profile_map(
            "All about tea", [("p1", "Warm the pot."), ("p2", "Two\nlines.")]
        ),
        "profile-reduce": one.prompts.profile_reduce("All about tea", [("s1", "worldview", "Tea is slow.")]),
    }


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_a_whole_prompt_is_as_written_down(kind):
    """To write them anew after a change of the templates: COMMONBOND_WRITE_EXPECTED=1."""
    path, text = EXPECTED / f"{kind}.txt", written_out(kinds()[kind]) + "\n"
    if os.environ.get("COMMONBOND_WRITE_EXPECTED"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_nothing_is_expected_that_is_no_prompt():
    assert {path.stem for path in EXPECTED.iterdir()} == set(kinds())


def test_the_options_have_the_letters_of_their_order():
    first, second = (case().judge(order=order)[1].blocks[2] for order in ((0, 1), (1, 0)))
    token = case().prompts.fence.token
    assert f"A. <<{token} Rinse it with hot water. {token}>>\nB. <<{token} Leave it cold." in first
    assert f"B. <<{token} Rinse it with hot water. {token}>>" in second


def test_personas_of_a_panel_share_all_before_who_they_are():
    one = case()
    ann, ben = (one.judge(persona=persona, order=order) for persona, order in ((ANN, (0, 1)), (BEN, (1, 0))))
    assert ann[0] == ben[0]
    assert ann[1].blocks[0] == ben[1].blocks[0]
    assert ann[1].blocks[1] != ben[1].blocks[1]
    assert ann[1].blocks[3] == ben[1].blocks[3]


def test_a_discussion_begins_as_the_judgement_did_and_ends_with_the_options_and_the_form():
    one = case()
    judged, discussed = one.judge()[1].blocks, one.discuss()[1].blocks
    assert judged[0] == discussed[0]
    assert judged[1:3] == (discussed[2], discussed[4])
    assert '"convinced_by"' in discussed[5] and '"convinced_by"' not in judged[3]


def test_personas_who_discuss_share_how_they_weigh_and_not_what_they_heard():
    one = case()
    ann, ben = (
        one.discuss(persona=persona, order=order) for persona, order in ((ANN, (0, 1)), (BEN, (1, 0)))
    )
    assert ann[1].blocks[:2] == ben[1].blocks[:2]
    assert ann[1].blocks[3] != ben[1].blocks[3]


@pytest.mark.parametrize(
    ("susceptibility", "words", "norms", "neighbours"),
    [
        (0.0, "You hold to its norms", "1.00 on what your community", "0.00 on what your neighbours"),
        (0.3, "You hold to its norms", "0.70 on what your community", "0.30 on what your neighbours"),
        (0.5, "You weigh its norms", "0.50 on what your community", "0.50 on what your neighbours"),
        (
            0.9,
            "You go with those you are close to",
            "0.10 on what your community",
            "0.90 on what your neighbours",
        ),
    ],
)
def test_how_much_neighbours_weigh_is_told_in_words_and_figures(susceptibility, words, norms, neighbours):
    talk = case(susceptibility).discuss()[1].blocks[1]
    assert words in talk and norms in talk and neighbours in talk


def test_what_neighbours_hold_is_named_by_the_letters_of_the_one_who_is_asked():
    heard = [voted(BEN, 0), voted(CLEO, 1)]
    token = case().prompts.fence.token
    for order, letters in (((0, 1), "AB"), ((1, 0), "BA")):
        talk = case().discuss(order=order, own=voted(ANN, None, "Both are fine."), heard=heard)[1].blocks[3]
        assert "your own answer before: abstained, because: " in talk
        assert re.findall(rf"neighbour (\d): ([AB]), because: <<{token} ", talk) == [
            ("1", letters[0]),
            ("2", letters[1]),
        ]


def test_rankings_and_ratings_are_told_whole_with_the_preferred_first():
    item = replace(ITEM, options=(*ITEM.options, Option(text="No pot.")))
    ranked = Ballot(persona=BEN.persona, choice=1, shares=(0.3, 0.6, 0.1), ranking=(1, 0, 2))
    rated = Ballot(persona=BEN.persona, choice=1, shares=(0.2, 0.5, 0.3), ratings=(3.0, 7.5, 4.0))
    one = case()
    asked = one.prompts.discuss(
        item, one.room, **GIVEN, order=(2, 0, 1), answer="ranking", own=rated, heard=[ranked, rated]
    )
    talk = asked[1].blocks[3]
    assert "neighbour 1: C, then B, then A, because" in talk
    assert "neighbour 2: C (7.5 of 10), A (4 of 10), B (3 of 10), because" in talk


def test_what_a_persona_did_not_write_it_read():
    memories = case().judge()[1].blocks[1]
    assert "- you wrote, mostly endorsed (0.70): <<" in memories
    assert "- you read, mostly rejected (0.30): <<" in memories
    nobody = Persona(persona="tea#00", community="tea")
    unknown = replace(RECALLED[0], author="")
    room = replace(small_room(), panel=Panel(community="tea", personas=(nobody,)))
    told = case().prompts.judge(
        ITEM, room, shown=(), persona=nobody, recalled=[unknown], order=(0, 1), answer="choice"
    )
    assert "you read" in told[1].text and "you wrote" not in told[1].text


def test_no_prompt_names_a_member_a_post_or_a_persona():
    member = Persona(persona="tea#00", community="tea", member="m-5f0c", attributes={}, group="tea/2")
    room = replace(small_room(), panel=Panel(community="tea", personas=(member,)))
    own = Ballot(persona="tea#00", choice=0, shares=(1.0, 0.0), order=(0, 1))
    said = [
        Norm(post="post-77", title="", text="x", author="m-5f0c", endorsement=0.5, support=1, basis="votes")
    ]
    text = written_out(
        Prompts.load(seed=3).discuss(
            ITEM, room, shown=said, persona=member, recalled=said, order=(0, 1), answer="choice", own=own, heard=[own]
        )
    )  # fmt: skip
    assert not re.search("m-5f0c|post-77|tea#|tea/2", text)


def test_long_texts_are_cut_and_short_options_give_their_room_to_long_ones():
    long = "word " * 4_000
    item = Item(
        item="1", query=long, options=(Option(text=long), Option(text="short"), Option(text=f"x{long}"))
    )
    norm = replace(SHOWN[0], text=long)
    said = case().judge(item=item, shown=[norm], recalled=[norm], order=(0, 1, 2))
    pieces = re.findall(r"<<\w{8} (.*?) \w{8}>>", said[1].text, re.DOTALL)
    lengths = [len(piece) for piece in pieces if piece.endswith("…")]
    assert [round(length, -1) for length in lengths] == [4_000, 640, 240, 1_100, 1_100]
    assert len(said[1].text) < 9_000


def test_a_support_of_one_and_ranks_are_told_as_such():
    asked = case().judge()[1].blocks[0]
    assert "- endorsed (0.91, 1,204 votes): <<" in asked
    assert "- rejected (0.13, 1 vote): <<" in asked
    assert "- disputed (0.50, by its rank among 6): <<" in asked


@given(st.data())
def test_no_stranger_changes_the_number_of_fences_or_closes_one(data):
    prompts = Prompts.load(seed=3)
    token = prompts.fence.token

    def text(least=""):
        drawn = data.draw(NASTY).replace("d33cd0ed", token)
        return drawn if drawn.strip() else least

    def norm(author):
        return Norm(
            post="p", title=text(), text=text("x"), author=author, endorsement=0.5, support=2, basis="votes"
        )

    def sentence(facet):
        return ProfileSentence(facet=facet, text=text(), posts=("p",))

    persona = Persona(
        persona="tea#00", community="tea", member="ann", attributes={text("a"): text()}, activity="low"
    )
    room = replace(
        small_room(),
        panel=Panel(community="tea", personas=(persona,)),
        title=text("Tea"),
        profile=Profile(identity=(sentence("worldview"),), bond=(sentence("interaction style"),)),
    )
    item = Item(
        item="1",
        query=text(),
        turns=(Turn(role="user", text=text()),),
        options=(Option(text=f"1{text()}"), Option(text=f"2{text()}")),
    )
    own, other = (
        Ballot(persona="tea#00", choice=choice, shares=(1.0, 0.0), order=(0, 1), reason=text())
        for choice in (0, 1)
    )
    asked = prompts.discuss(
        item, room, shown=[norm("a")], persona=persona, recalled=[norm("ann")], order=(1, 0), answer="choice",
        own=own, heard=[other],
    )  # fmt: skip
    mended = prompts.repair(asked, text("reply"), text())
    # marks named: instructions. title, 2 sentences, turn, query, shown, trait, recalled, own, heard, 2 options
    for messages, pieces in ((asked, 1 + 12), (mended, 1 + 12 + 1)):
        whole = written_out(messages)
        assert whole.count(f"<<{token} ") == whole.count(f" {token}>>") == pieces
        assert whole.casefold().count(token) == 2 * pieces
        whole.encode()
    assert len(re.findall(r"(?m)^[AB]\. <<" + token, asked[1].blocks[4])) == 2


@given(st.lists(NASTY, min_size=1, max_size=4), NASTY)
def test_no_post_closes_its_fence_when_profiles_are_written(texts, title):
    prompts = Prompts.load(seed=3)
    token = prompts.fence.token
    texts = [text.replace("d33cd0ed", token) for text in texts]
    mapped = prompts.profile_map(title, [(f"p{number}", text) for number, text in enumerate(texts)])
    merged = prompts.profile_reduce(
        title, [(f"s{number}", "worldview", text) for number, text in enumerate(texts)]
    )
    for messages in (mapped, merged):
        whole = written_out(messages)
        assert whole.count(f"<<{token} ") == whole.count(f" {token}>>") == 2 + len(texts)


def test_a_user_s_template_cannot_unfence_a_text(tmp_path):
    (tmp_path / "option.md").write_text("($letter) $text")
    one = replace(case(), prompts=Prompts.load(tmp_path, seed=3))
    token = one.prompts.fence.token
    assert (
        f"(A) <<{token} Leave it cold.\nIt warms by itself. {token}>>\n(B) <<{token} " in one.judge()[1].text
    )


def test_templates_without_a_newline_at_their_end_keep_lines_and_blocks_apart(tmp_path):
    for path in (Path(__file__).parents[3] / "simulator" / "prompts" / "templates").glob("*.md"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")
    assert replace(case(), prompts=Prompts.load(tmp_path, seed=3)).discuss() == case().discuss()


def test_what_is_kept_for_a_panel_is_not_mistaken_for_another_community_s_or_item_s():
    one = case()
    other = replace(one.room, title="All about coffee")
    assert (
        "All about coffee" in one.prompts.judge(ITEM, other, **GIVEN, order=(0, 1), answer="choice")[0].text
    )
    assert "All about tea" in one.judge()[0].text
    assert "And the cup?" in one.judge(item=replace(ITEM, query="And the cup?"))[1].text
    assert "- nothing is known" in one.judge(shown=())[1].blocks[0]
