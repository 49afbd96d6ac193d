"""Instances: what is given holds nothing of the answer, and the answers are the planted ones."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.benchmark import BenchmarkWriter, KnownCommunity
from bench.instances import TASKS, as_text, instances, slug, write_instances
from personas.community import Profile, ProfileSentence
from personas.errors import InputError
from simulator.item import Item, Option, RealVotes, Turn

CHOICE, SHARES, WRITTEN, WHICH = TASKS
DRY = Profile(
    identity=(ProfileSentence(facet="worldview", text="They trust kettles.", posts=("p1",)),),
    bond=(ProfileSentence(facet="tone and stances", text="Dry.", posts=("p2",)),),
)


def votes(*counts):
    ranked = sorted(counts, reverse=True)
    total = sum(counts)
    shares = tuple(count / total for count in counts)
    return RealVotes(shares=shares, voters=total, up=counts, margin=ranked[0] - ranked[1])


def item(name, by, *texts, **more):
    texts = texts or ("warm the pot", "boil it twice", "use a bag")[: len(next(iter(by.values())).shares)]
    options = tuple(Option(text=text) for text in texts)
    return Item(item=name, query="How is it brewed?", options=options, votes=by, **more)


@pytest.fixture
def benchmark_of(tmp_path):
    def write(items, communities=("tea", "coffee"), about=None, within="", profile=DRY):
        with BenchmarkWriter(
            tmp_path / "made", name="test", source="invented", licence="CC0-1.0", replace=True
        ) as writer:
            for name in communities:
                writer.add_community(
                    KnownCommunity(community=name, title=f"The {name} people", within=within, profile=profile)
                )
            for each in items:
                writer.add("test", each, (about or {}).get(each.item))
            return writer.finish()

    return write


def made(benchmark, task, **options):
    return list(instances(benchmark, "test", task, **{"seed": 7, **options}))


def test_the_answer_of_identification_is_the_option_with_the_most_votes_where_it_now_stands(benchmark_of):
    benchmark = benchmark_of([item(f"i{n}", {"tea": votes(2, 9, 4)}) for n in range(9)])
    for each in made(benchmark, CHOICE):
        assert each.given["options"][each.answer["index"]] == "boil it twice"
        assert [each.given["options"].index(text) for text in ("warm the pot", "use a bag")] == [
            each.answer["order"].index(0),
            each.answer["order"].index(2),
        ]


def test_items_without_a_clear_first_are_left_out_of_identification_and_counted(benchmark_of):
    benchmark = benchmark_of(
        [
            item("close", {"tea": votes(5, 4)}),
            item("clear", {"tea": votes(6, 4)}),
            item("even", {"tea": votes(8, 8)}),
        ]
    )
    left_out = Counter()
    assert [each.item for each in made(benchmark, CHOICE, left_out=left_out)] == ["clear"]
    assert left_out == {"no option is ahead by 2 votes": 2}


def test_shares_move_with_their_options_and_thin_votes_are_left_out(benchmark_of):
    benchmark = benchmark_of(
        [item("thick", {"tea": votes(10, 60, 30)}), item("thin", {"tea": votes(1, 3, 2)})]
    )
    left_out = Counter()
    (only,) = made(benchmark, SHARES, left_out=left_out)
    share = dict(zip(only.given["options"], only.answer["shares"], strict=True))
    assert share == {"warm the pot": 0.1, "boil it twice": 0.6, "use a bag": 0.3}
    assert only.answer["voters"] == 100
    assert left_out == {"fewer than 10 choices": 1}


def test_every_place_holds_the_right_answer_equally_often(benchmark_of):
    benchmark = benchmark_of([item(f"i{n}", {"tea": votes(2, 90, 4)}) for n in range(31)])
    for task in (CHOICE, SHARES):
        best = [
            max(range(3), key=lambda place: each.answer["order"][place] == 1)
            for each in made(benchmark, task)
        ]
        counts = Counter(best)
        assert max(counts.values()) - min(counts.values()) <= 1
        assert best != sorted(best)


def test_where_the_right_answer_stands_depends_on_the_seed(benchmark_of):
    benchmark = benchmark_of([item(f"i{n}", {"tea": votes(2, 90, 4)}) for n in range(12)])
    found = {tuple(each.answer["index"] for each in made(benchmark, CHOICE, seed=seed)) for seed in range(5)}
    assert len(found) == 5


def test_candidates_are_balanced_as_well(benchmark_of):
    both = {"tea": votes(20, 3), "coffee": votes(3, 20)}
    benchmark = benchmark_of([item(f"i{n}", both) for n in range(8)])
    assert Counter(each.answer["index"] for each in made(benchmark, WHICH)) == {0: 8, 1: 8}


def test_options_on_a_scale_keep_its_order_or_have_it_reversed(benchmark_of):
    scale = ("never", "sometimes", "always")
    items = [item(f"i{n}", {"tea": votes(2, 9, 4)}, *scale, ordered=True) for n in range(20)]
    shown = Counter(tuple(each.given["options"]) for each in made(benchmark_of(items), CHOICE))
    assert set(shown) == {scale, scale[::-1]}


def test_the_written_answer_is_the_text_endorsed_most_and_the_options_are_not_given(benchmark_of):
    benchmark = benchmark_of(
        [item("open", {"tea": votes(2, 9, 4)}, kind="endorsement"), item("closed", {"tea": votes(2, 9, 4)})]
    )
    left_out = Counter()
    (only,) = made(benchmark, WRITTEN, left_out=left_out)
    assert only.answer == {"text": "boil it twice"}
    assert "boil" not in json.dumps(only.given)
    assert left_out == {"the options are given, nobody writes an answer": 1}


def test_an_answer_told_by_the_benchmark_is_the_written_one_whatever_the_kind_and_the_votes(benchmark_of):
    items = [item("told", {"tea": votes(5, 5), "coffee": votes(9, 1)})]
    benchmark = benchmark_of(items, about={"told": {"references": {"tea": "Warm it, then wait."}}})
    (only,) = made(benchmark, WRITTEN)
    assert (only.community, only.answer) == ("tea", {"text": "Warm it, then wait."})


def test_where_the_first_alone_is_known_there_are_no_shares_to_predict_or_to_show(benchmark_of):
    known = RealVotes(shares=(0.0, 1.0), voters=None)
    items = [item("first", {"tea": known, "coffee": RealVotes(shares=(0.25, 0.75), voters=None)})]
    benchmark = benchmark_of(items, about={"first": {"preferred_only": ["tea"]}})
    for task in (SHARES, WHICH):
        left_out = Counter()
        assert [each.community for each in made(benchmark, task, left_out=left_out)] == ["coffee"]
        assert left_out == {"the most preferred option alone is known, not the shares": 1}
    assert [each.community for each in made(benchmark, CHOICE)] == ["tea", "coffee"]


def test_what_was_said_before_and_what_is_known_are_given(benchmark_of):
    turns = (Turn(role="user", text="Hello."), Turn(role="assistant", text="Yes?"))
    (only,) = made(benchmark_of([item("i", {"tea": votes(20, 3)}, turns=turns)]), CHOICE)
    assert only.given["turns"] == [{"role": "user", "text": "Hello."}, {"role": "assistant", "text": "Yes?"}]
    assert only.given["title"] == "The tea people"
    assert only.given["profile"] == (
        "Identity:\n- worldview: They trust kettles.\nBonds:\n- tone and stances: Dry."
    )


def test_an_empty_profile_is_an_empty_text():
    assert as_text(Profile()) == ""


def test_the_observed_distribution_moves_with_its_responses(benchmark_of):
    (only,) = made(benchmark_of([item("i", {"tea": votes(10, 60, 30)})]), WHICH)
    share = dict(zip(only.given["responses"], only.given["distribution"], strict=True))
    assert share == {"warm the pot": 0.1, "boil it twice": 0.6, "use a bag": 0.3}
    assert only.given["candidates"][only.answer["index"]]["title"] == "The tea people"


def test_candidates_named_by_the_benchmark_come_before_those_who_voted_and_these_before_others(benchmark_of):
    communities = ("tea", "coffee", "mate", "cocoa", "water", "teas")
    items = [
        item("named", {"tea": votes(20, 3), "coffee": votes(3, 20)}),
        item("voted", {"tea": votes(20, 3), "coffee": votes(3, 20)}),
        item("alone", {"tea": votes(20, 3)}),
    ]
    benchmark = benchmark_of(items, communities, {"named": {"candidates": {"tea": ["tea", "water", "mate"]}}})
    found = {(each.item, each.community): each.answer["order"] for each in made(benchmark, WHICH)}
    assert sorted(found["named", "tea"]) == ["mate", "tea", "water"]
    assert sorted(found["voted", "tea"]) == ["coffee", "tea"]
    assert len(found["alone", "tea"]) == 4
    assert "teas" in found["alone", "tea"]


def test_of_communities_that_are_told_apart_by_name_the_most_alike_of_the_same_place_come_first(tmp_path):
    places = {
        "green tea": "drinks",
        "green teas": "plants",
        "white tea": "drinks",
        "cars": "drinks",
        "tea": "",
    }
    with BenchmarkWriter(tmp_path / "b", name="test", source="invented", licence="CC0-1.0") as writer:
        for name, within in places.items():
            writer.add_community(KnownCommunity(community=name, within=within))
        for name in ("green tea", "tea"):
            writer.add("test", item(name, {name: votes(20, 3)}))
        benchmark = writer.finish()
    found = {each.community: set(each.answer["order"]) for each in made(benchmark, WHICH)}
    assert found["green tea"] == {"green tea", "white tea", "cars", "green teas"}
    assert found["tea"] == {"tea", "white tea", "green tea", "green teas"}


def test_of_many_who_voted_four_are_candidates(benchmark_of):
    names = tuple(f"c{n}" for n in range(9))
    benchmark = benchmark_of([item("i", {name: votes(20, 3) for name in names})], names)
    for each in made(benchmark, WHICH):
        assert len(set(each.answer["order"])) == 4
        assert each.answer["order"][each.answer["index"]] == each.community


@pytest.mark.parametrize("known", [("tea",), ()])
def test_a_community_alone_cannot_be_told_from_others(benchmark_of, known):
    left_out = Counter()
    benchmark = benchmark_of([item("i", {"tea": votes(20, 3)})], known)
    assert made(benchmark, WHICH, left_out=left_out) == []
    assert left_out == {"there is no other community to tell it from": 1}


def test_a_community_of_which_nothing_is_known_is_called_by_its_name(benchmark_of):
    (only,) = made(benchmark_of([item("i", {"strangers": votes(20, 3)})]), CHOICE)
    assert (only.given["title"], only.given["profile"]) == ("strangers", "")


def test_no_two_instances_share_an_identity_whatever_the_names(benchmark_of):
    items = [
        item("a", {"b/c": votes(20, 3)}),
        item("a/b", {"c": votes(20, 3)}),
        item("a/b%2F", {"c": votes(20, 3)}),
    ]
    benchmark = benchmark_of([*items, item("x", {"b%2Fc": votes(20, 3), "b/c": votes(20, 3)})])
    identities = [each.identity for each in made(benchmark, CHOICE)]
    assert len(set(identities)) == len(identities) == 5


def test_a_limit_takes_the_first_and_changes_none_of_them(benchmark_of):
    benchmark = benchmark_of([item(f"i{n}", {"tea": votes(2, 9, 4)}) for n in range(9)])
    assert made(benchmark, CHOICE, limit=4) == made(benchmark, CHOICE)[:4]


@pytest.mark.parametrize(("task", "options"), [("guessing", {}), (CHOICE, {"limit": 0})])
def test_a_task_that_is_none_and_a_limit_of_nothing_are_refused(benchmark_of, task, options):
    benchmark = benchmark_of([item("i", {"tea": votes(20, 3)})])
    with pytest.raises(InputError):
        made(benchmark, task, **options)


def test_files_are_the_same_to_the_byte_for_a_seed_and_differ_for_another(benchmark_of, tmp_path):
    both = {"tea": votes(2, 90, 4), "coffee": votes(50, 9, 4)}
    benchmark = benchmark_of([item(f"i{n}", both, kind="endorsement") for n in range(9)])
    written = [
        write_instances(benchmark, tmp_path / name, seed=seed)
        for name, seed in (("a", 7), ("b", 7), ("c", 8))
    ]
    assert written[0] == {f"{slug(task)}.test.jsonl": 18 for task in TASKS}
    for name in written[0]:
        first, second, other = ((tmp_path / each / "tasks" / name).read_bytes() for each in "abc")
        assert first == second
        if name != f"{slug(WRITTEN)}.test.jsonl":
            assert first != other
        row = json.loads(first.splitlines()[0])
        assert set(row) == {"task", "identity", "item", "community", "given", "answer"}


letters = st.text(alphabet="abcdefghij ", min_size=3, max_size=12).map(str.strip).filter(bool)


@given(
    texts=st.lists(letters, min_size=2, max_size=5, unique=True),
    data=st.data(),
    kind=st.sampled_from(["choice", "endorsement", "agreement"]),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_vote_is_in_what_is_given_for_a_preference(benchmark_of, texts, data, kind):
    counts = st.tuples(*[st.integers(0, 10**6)] * len(texts)).filter(lambda row: sum(row) > 0)
    by = {name: votes(*data.draw(counts)) for name in ("tea", "coffee")}
    benchmark = benchmark_of([item("item", by, *texts, kind=kind)])
    for task in (CHOICE, SHARES, WRITTEN):
        for each in made(benchmark, task):
            assert not re.search(r"\d", json.dumps(dict(each.given)))
            assert set(each.given) <= {"kind", "turns", "query", "title", "profile", "options"}
            if "options" in each.given:
                assert sorted(each.given["options"]) == sorted(texts)
