"""Community Alignment: every hazard is counted, answers are pooled by text, and no prompt stands in two parts."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planted_files import HAZARDS, PlantedCommunityAlignment

from bench.benchmark import PARTS, Benchmark
from bench.datasets.alignment_file import COLUMNS, LETTERS, WHITE
from bench.datasets.alignment_pooling import AGAIN_ALIKE, AGAIN_DIFFERENTLY, LEAKING
from bench.datasets.community_alignment import load_community_alignment
from personas.errors import InputError

TEXTS = ("tea at four", "milk at dawn", "water always", "wine at dusk")


def turn(prompt="Drink?", texts=TEXTS, chosen="a", name="first", feedback=""):
    """Return the cells of one turn; ``chosen`` is a letter."""
    cells = {f"{name}_turn_response_{letter}": text for letter, text in zip(LETTERS, texts, strict=True)}
    preferred = f"response_{chosen}" if len(chosen) == 1 else chosen
    return {
        f"{name}_turn_prompt": prompt,
        f"{name}_turn_preferred_response": preferred,
        f"{name}_turn_feedback": feedback,
        **cells,
    }


def line(who, *turns, conversation=None, country="India", **cells):
    row = {"annotator_id": who, "conversation_id": conversation or f"c-{who}", "annotator_country": country}
    for each in turns:
        row |= each
    return row | {"assigned_lang": "en", "annotator_political": "Liberal"} | cells


def written(folder, rows, name="community_alignment.csv"):
    path = Path(folder) / name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def loaded(folder, rows, **options):
    path = written(folder, rows)
    return load_community_alignment(path, out=Path(folder) / "made", fictional=True, replace=True, **options)


def everything(benchmark):
    return [record for part in PARTS for record in benchmark.records(part)]


def votes_by_text(item, community):
    ups = item.votes[community].up
    return {option.text: up for option, up in zip(item.options, ups, strict=True) if up}


def test_answers_are_pooled_by_text_whatever_their_letters(tmp_path):
    turned = (TEXTS[1], TEXTS[0], TEXTS[3], TEXTS[2])
    rows = [
        line("ann", turn(chosen="a")),
        line("bob", turn(texts=turned, chosen="b")),
        line("cem", turn(texts=turned, chosen="a")),
        line("dee", turn(texts=turned, chosen="c"), country="Brazil"),
    ]
    (record,) = everything(loaded(tmp_path, rows))
    assert set(record.item.votes) == {"brazil", "india"}
    assert votes_by_text(record.item, "india") == {TEXTS[0]: 2, TEXTS[1]: 1}
    assert votes_by_text(record.item, "brazil") == {TEXTS[3]: 1}
    assert record.item.votes["india"].voters == 3
    assert record.item.votes["india"].margin == 1
    assert record.about["annotators"] == 4
    shown = dict(zip((option.text for option in record.item.options), record.about["letters"], strict=True))
    assert shown[TEXTS[0]] == {"A": 1, "B": 3}
    assert {option.text: option.place for option in record.item.options} == dict(
        zip(turned, range(4), strict=True)
    )


def test_a_place_is_unknown_where_no_order_was_seen_by_more_than_half(tmp_path):
    rows = [line("ann", turn()), line("bob", turn(texts=TEXTS[::-1]))]
    (record,) = everything(loaded(tmp_path, rows))
    assert [option.place for option in record.item.options] == [None] * 4
    assert "positions" not in record.about


def test_a_later_turn_is_pooled_only_where_all_that_went_before_is_the_same(tmp_path):
    then = turn(prompt="And then?", texts=("w", "x", "y", "z"), chosen="d", name="second")
    rows = [
        line("ann", turn(chosen="a"), then),
        line("bob", turn(texts=TEXTS[::-1], chosen="d"), then),
        line("cem", turn(chosen="b"), then),
    ]
    found = {
        tuple(said.text for said in record.item.turns): votes_by_text(record.item, "india")
        for record in everything(loaded(tmp_path, rows))
        if record.item.query == "And then?"
    }
    assert found == {("Drink?", TEXTS[0]): {"z": 2}, ("Drink?", TEXTS[1]): {"z": 1}}


def test_what_went_before_is_told_by_turns_of_user_and_assistant(tmp_path):
    then = turn(prompt="And then?", texts=("w", "x", "y", "z"), name="second")
    last = turn(prompt="And last?", texts=("m", "n", "o", "p"), name="third")
    records = everything(loaded(tmp_path, [line("ann", turn(chosen="c"), then, last)]))
    (item,) = [record.item for record in records if record.item.query == "And last?"]
    assert [(said.role, said.text) for said in item.turns] == [
        ("user", "Drink?"),
        ("assistant", TEXTS[2]),
        ("user", "And then?"),
        ("assistant", "w"),
    ]


def test_end_marks_and_space_around_a_text_do_not_keep_answers_apart(tmp_path):
    marked = (f"{TEXTS[0]}<|end_of_text|>", f" {TEXTS[1]}\n<|end_of_text|> <|end_of_text|>\n", *TEXTS[2:])
    rows = [line("ann", turn()), line("bob", turn(prompt="Drink?<|end_of_text|>", texts=marked))]
    benchmark = loaded(tmp_path, rows)
    (record,) = everything(benchmark)
    assert votes_by_text(record.item, "india") == {TEXTS[0]: 2}
    assert benchmark.manifest.more["texts_with_an_end_mark"] == 3


def test_every_space_that_python_strips_is_stripped_from_a_text(tmp_path):
    assert "".join(chr(sign) for sign in range(0x110000) if chr(sign).isspace()) == "".join(sorted(WHITE))
    rows = [line("ann", turn(texts=[f"{WHITE}{text}\u00a0<|end_of_text|>{WHITE}" for text in TEXTS]))]
    rows += [line("bob", turn()), line("cem", turn(texts=("\u00a0", *TEXTS[1:])))]
    benchmark = loaded(tmp_path, rows)
    (record,) = everything(benchmark)
    assert votes_by_text(record.item, "india") == {TEXTS[0]: 2}
    assert benchmark.manifest.left_out == {"a candidate is missing": 1}


def test_an_end_mark_within_a_text_stays(tmp_path):
    within = ("a <|end_of_text|> b", *TEXTS[1:])
    benchmark = loaded(tmp_path, [line("ann", turn(texts=within))])
    assert within[0] in {option.text for option in everything(benchmark)[0].item.options}
    assert benchmark.manifest.more["texts_with_an_end_mark"] == 0


def test_the_same_answer_given_again_counts_once_and_contrary_ones_not_at_all(tmp_path):
    rows = [
        line("ann", turn(chosen="a"), conversation="1"),
        line("ann", turn(texts=TEXTS[::-1], chosen="d"), conversation="2"),
        line("bob", turn(chosen="a"), conversation="3"),
        line("bob", turn(chosen="b"), conversation="4"),
        line("bob", turn(chosen="b"), conversation="5"),
        line("cem", turn(chosen="c"), conversation="6"),
    ]
    benchmark = loaded(tmp_path, rows)
    assert votes_by_text(everything(benchmark)[0].item, "india") == {TEXTS[0]: 1, TEXTS[2]: 1}
    assert benchmark.manifest.left_out == {AGAIN_ALIKE: 1, AGAIN_DIFFERENTLY: 3}


def test_two_candidates_with_one_text_are_one_option_and_choices_of_either_count_for_it(tmp_path):
    twins = (TEXTS[0], TEXTS[1], f"{TEXTS[0]}<|end_of_text|>", TEXTS[3])
    rows = [line("ann", turn(texts=twins, chosen="a")), line("bob", turn(texts=twins, chosen="c"))]
    benchmark = loaded(tmp_path, rows)
    (record,) = everything(benchmark)
    assert record.item.size == 3
    assert votes_by_text(record.item, "india") == {TEXTS[0]: 2}
    assert benchmark.manifest.more["answers_with_a_doubled_candidate"] == 2


def test_a_turn_after_a_missing_one_is_left_out_and_one_after_a_readable_choice_is_kept(tmp_path):
    then = turn(prompt="And then?", texts=("w", "x", "y", "z"), name="third")
    broken = turn(prompt="Between?", texts=("k", "EMPTY STRING", "l", "m"), chosen="a", name="second")
    rows = [
        line("ann", turn(), then),
        line("bob", turn(), broken, then),
        line("cem", turn(chosen="EMPTY STRING")),
    ]
    benchmark = loaded(tmp_path, rows)
    assert benchmark.manifest.left_out == {
        "an earlier turn of the conversation is missing": 1,
        "a candidate is missing": 1,
        "the preferred response is none of the four": 1,
    }
    (item,) = [record.item for record in everything(benchmark) if record.item.query == "And then?"]
    assert [said.text for said in item.turns] == ["Drink?", TEXTS[0], "Between?", "k"]


def test_every_planted_hazard_is_counted_exactly(tmp_path):
    hazards = {name: number for number, name in enumerate(HAZARDS, start=1)}
    planted = PlantedCommunityAlignment(conversations=300, hazards=hazards)
    benchmark = load_community_alignment(
        planted.write(tmp_path / "planted.csv"), out=tmp_path / "made", fictional=True
    )
    of, more = hazards.__getitem__, benchmark.manifest.more
    assert benchmark.manifest.left_out == {
        "a candidate is missing": of("empty candidate"),
        "the prompt is missing": of("empty prompt"),
        "the preferred response is none of the four": of("no choice") + of("choice of none"),
        "all candidates have the same text": of("all the same text"),
        "an earlier turn of the conversation is missing": of("missing middle turn"),
        AGAIN_ALIKE: of("answered again alike"),
        AGAIN_DIFFERENTLY: 2 * of("answered again differently"),
        "the country of the annotator is not known": of("no country"),
        "a line of the file cannot be read: missing columns": of("malformed line"),
    }
    assert more["answers_with_a_doubled_candidate"] == of("same text twice")
    assert more["texts_with_an_end_mark"] == of("same text twice") + of("marked text")
    assert more["turns_with_feedback"] == of("feedback") + of("feedback naming a letter")
    assert more["turns_with_feedback_naming_a_letter"] == of("feedback naming a letter")
    empty = of("empty candidate") + of("empty prompt") + of("missing middle turn")
    assert more["texts_that_are_empty_string"] == empty
    again = of("answered again alike") + of("answered again differently")
    whole = sum(hazards.values()) - of("malformed line")
    assert more["conversations"] == 300 + whole + again


def test_the_shares_of_the_preferred_letters_are_told(tmp_path):
    rows = [line(f"p{number}", turn(chosen=letter)) for number, letter in enumerate("dddacb")]
    more = loaded(tmp_path, rows).manifest.more
    assert more["letters"] == pytest.approx({"A": 1 / 6, "B": 1 / 6, "C": 1 / 6, "D": 1 / 2})


def test_planted_preferences_come_back(tmp_path):
    planted = PlantedCommunityAlignment(
        conversations=2_000, prompts=5, annotators=500, later=0.0, habit=0.0, effect=1.5
    )
    benchmark = load_community_alignment(
        planted.write(tmp_path / "planted.csv"), out=tmp_path / "made", fictional=True
    )
    checked = 0
    for record in everything(benchmark):
        for community, votes in record.item.votes.items():
            truth = planted.tastes.truth(record.item, community)
            for share, expected in zip(votes.shares, truth, strict=True):
                assert abs(share - expected) < 4.5 * (expected * (1 - expected) / votes.voters) ** 0.5 + 1e-9
                checked += 1
    assert checked == 5 * 5 * 4


def test_no_conversation_and_no_prompt_stands_in_two_parts(tmp_path):
    rows = []
    for number in range(60):
        first = turn(prompt=f"Topic {number}?")
        more = ("Tell me MORE", f" more on  {number}", "tell  me more", f"more {number}")[number % 4]
        then = turn(prompt=more, name="second", chosen="b")
        last = turn(
            prompt=f"Topic {(number + 1) % 60}?" if number % 5 == 0 else f"end {number}", name="third"
        )
        rows.append(line(f"p{number}", first, then, last))
        rows.append(line(f"q{number}", turn(prompt=f"TOPIC  {number}?")))
    benchmark = loaded(tmp_path, rows)
    places = {}
    for part in PARTS:
        for record in benchmark.records(part):
            said = [record.item.query, *(turn.text for turn in record.item.turns if turn.role == "user")]
            for text in said:
                places.setdefault(" ".join(text.lower().split()), set()).add(part)
    assert len(places) > 60
    assert all(len(parts) == 1 for parts in places.values())
    assert all(benchmark.size(part) for part in PARTS)
    assert benchmark.manifest.left_out[LEAKING] > 0


def test_a_prompt_that_opens_a_conversation_stays_there_however_often_it_comes_up_later(tmp_path):
    rows = [line("opener", turn(prompt="Who?"))]
    rows += [
        line(
            f"p{number}",
            turn(prompt=f"Topic {number}?"),
            turn(prompt=" WHO?", name="second", texts=("w", "x", "y", "z")),
        )
        for number in range(30)
    ]
    benchmark = loaded(tmp_path, rows)
    (home,) = [part for part in PARTS for item in benchmark.items(part) if item.query == "Who?"]
    later = {part for part in PARTS for item in benchmark.items(part) if item.query == "WHO?"}
    assert later == {home}
    assert benchmark.manifest.left_out[LEAKING] > 0


def test_a_conversation_s_identity_that_begins_differently_a_second_time_is_left_out(tmp_path):
    rows = [line("ann", turn(), conversation="1"), line("bob", turn(prompt="Eat?"), conversation="1")]
    benchmark = loaded(tmp_path, rows)
    assert [record.item.query for record in everything(benchmark)] == ["Drink?"]
    assert sum(benchmark.manifest.left_out.values()) == 1


def test_communities_are_any_combination_of_attributes_and_keep_them(tmp_path):
    rows = [
        line("ann", turn(), country="United States", annotator_age="30"),
        line("bob", turn(chosen="b"), country="United States", annotator_political="", annotator_age="40"),
    ]
    benchmark = loaded(tmp_path, rows, by=("country", "political"))
    (known,) = benchmark.communities.values()
    assert (known.community, known.title, known.members) == (
        "united-states/liberal",
        "United States · Liberal",
        1,
    )
    assert known.attributes == {"country": "United States", "political": "Liberal"}
    assert known.people == ({"age": "30", "assigned_lang": "en"},)
    assert benchmark.manifest.left_out == {"the political of the annotator is not known": 1}
    (everybody,) = loaded(tmp_path, rows, by=()).communities.values()
    assert (everybody.community, everybody.members) == ("everybody", 2)


def test_too_few_answers_of_a_community_are_left_out(tmp_path):
    rows = [line("ann", turn()), line("bob", turn()), line("cem", turn(), country="Brazil")]
    benchmark = loaded(tmp_path, rows, least_voters=2)
    assert set(everything(benchmark)[0].item.votes) == {"india"}
    assert benchmark.manifest.left_out == {"fewer than 2 answers of the community to the item": 1}


def test_no_name_of_an_annotator_and_no_feedback_stands_in_the_benchmark(tmp_path):
    rows = [line("annotator-17", turn(feedback="I like B"), conversation="conversation-9")]
    benchmark = loaded(tmp_path, rows)
    whole = "".join(path.read_text(encoding="utf-8") for path in benchmark.folder.iterdir())
    assert all(text not in whole for text in ("annotator-17", "conversation-9", "I like B"))


def test_the_same_file_and_seed_give_the_same_bytes_and_another_seed_another_order(tmp_path):
    path = PlantedCommunityAlignment(conversations=200).write(tmp_path / "planted.csv")
    made = [
        load_community_alignment(path, out=tmp_path / str(n), seed=seed) for n, seed in enumerate((7, 7, 8))
    ]
    assert made[0].content == made[1].content != made[2].content
    orders = [{r.item.item: [o.text for o in r.item.options] for r in everything(each)} for each in made]
    moved = sum(orders[0][name] != orders[2][name] for name in orders[0].keys() & orders[2].keys())
    assert moved > 0.8 * len(orders[0])


def test_options_never_stand_by_letter_more_often_than_by_chance(tmp_path):
    planted = PlantedCommunityAlignment(conversations=1_000, prompts=1_000, later=0.0)
    path = planted.write(tmp_path / "planted.csv")
    benchmark = load_community_alignment(path, out=tmp_path / "made")
    last = [record.about["positions"].index(3) for record in everything(benchmark)]
    assert len(last) == 1_000
    for place in range(4):
        assert 200 < last.count(place) < 300


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    orders=st.lists(st.permutations(range(4)), min_size=4, max_size=4),
    choices=st.lists(st.integers(0, 3), min_size=4, max_size=4),
)
def test_the_order_of_the_candidates_changes_no_vote(orders, choices):
    def rows(orders):
        for who, (order, choice) in enumerate(zip(orders, choices, strict=True)):
            texts = [TEXTS[place] for place in order]
            yield line(f"p{who}", turn(texts=texts, chosen=LETTERS[order.index(choice)]))

    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        straight = loaded(one, rows([list(range(4))] * 4))
        turned = loaded(other, rows([list(order) for order in orders]))
        first, second = everything(straight)[0].item, everything(turned)[0].item
        assert first.votes == second.votes
        assert [option.text for option in first.options] == [option.text for option in second.options]
        assert first.item == second.item


def test_a_text_with_line_breaks_quotes_and_markup_comes_through_whole(tmp_path):
    odd = ('say "hi",\n\nthen go', "[@click=app.quit]x[/]", "मैं चाय 🫖", "';DROP TABLE said;--")
    benchmark = loaded(tmp_path, [line("ann", turn(prompt='O\'Neil says "no"\n?', texts=odd))])
    (record,) = everything(benchmark)
    assert {option.text for option in record.item.options} == set(odd)
    assert record.item.query == 'O\'Neil says "no"\n?'


def test_lines_may_end_as_on_any_system_and_columns_stand_in_any_order(tmp_path):
    rows = [line("ann", turn(prompt="One\ntwo?")), line("bob", turn(prompt="One\ntwo?", chosen="b"))]
    made = []
    for number, end in enumerate(("\r\n", "\n")):
        path = tmp_path / f"{number}.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(
                file, ["more", *COLUMNS[:: 1 - 2 * number]], restval="", lineterminator=end
            )
            writer.writeheader()
            writer.writerows(rows)
        made.append(load_community_alignment(path, out=tmp_path / f"made-{number}"))
    assert made[0].content == made[1].content
    assert made[0].manifest.more["answers"] == 2


def test_a_line_without_its_closing_quote_costs_no_line_before_it(tmp_path):
    path = written(tmp_path, [line("ann", turn()), line("bob", turn(chosen="b"))])
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write('c-cem,en,cem,"Drink?,\r\nc-dee,en,dee,x\r\n')
    benchmark = load_community_alignment(path, out=tmp_path / "made")
    assert benchmark.manifest.more["answers"] == 2
    assert sum(benchmark.manifest.left_out.values()) == 1


def test_a_file_without_a_column_is_refused_with_its_name(tmp_path):
    (tmp_path / "other.csv").write_text("conversation_id,text\n1,a\n", encoding="utf-8")
    with pytest.raises(InputError, match="lacks the columns assigned_lang"):
        load_community_alignment(tmp_path / "other.csv", out=tmp_path / "made")
    assert [path.name for path in tmp_path.iterdir()] == ["other.csv"]


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"by": ("height",)}, "by"),
        ({"least_voters": 0}, "least_voters"),
        ({"shares": (0.5, 0.1, 0.1)}, "shares"),
    ],
)
def test_options_that_make_no_sense_are_refused(tmp_path, options, where):
    with pytest.raises(InputError) as refused:
        loaded(tmp_path, [line("ann", turn())], **options)
    assert refused.value.where == where


def test_a_file_in_which_nothing_is_left_is_refused_with_the_reasons(tmp_path):
    with pytest.raises(InputError, match="the prompt is missing: 1"):
        loaded(tmp_path, [line("ann", turn(prompt="EMPTY STRING"))])


def test_a_gzipped_file_and_a_folder_read_alike(tmp_path):
    import gzip

    path = written(tmp_path, [line("ann", turn())])
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "community_alignment.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    plain = load_community_alignment(path, out=tmp_path / "a")
    packed = load_community_alignment(folder, out=tmp_path / "b")
    assert plain.content == packed.content
    assert isinstance(packed, Benchmark)
