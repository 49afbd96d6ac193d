"""Prompts that say the same are in one split, and those of a benchmark's test are known again."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from personas import InputError
from simulator.export.alike import Excluded, PromptClusters, asked_text
from simulator.item import Item, Option, Query, Turn

LONG = "Rinse the paper filter with hot water before you brew, or the coffee tastes of paper; it takes ten seconds."
CHAIN = [LONG]
for _old, _new in (
    ("paper filter", "metal filter"),
    ("hot water", "icy water"),
    ("ten seconds", "two moments"),
):
    CHAIN.append(CHAIN[-1].replace(_old, _new))
OPTIONS = (Option(text="yes"), Option(text="no"))
TURNS = (Turn(role="user", text="How hot?"), Turn(role="assistant", text="Eighty degrees."))


def split(folder, texts, share=0.5, seed=7, *, names=None, **options) -> list[int]:
    """Return the split of each of some texts."""
    names = names or [f"p{place}" for place in range(len(texts))]
    with PromptClusters(folder, **options) as clusters:
        places = [clusters.add(name, text) for name, text in zip(names, texts, strict=True)]
        return clusters.splits(share, seed)[np.array(places, int)].tolist()


def made(sizes) -> list[str]:
    """Return texts in clusters of the given sizes, of which no two say nearly the same."""
    texts = []
    for number, size in enumerate(sizes):
        said = "".join(random.Random(number).choices("abcdefghij ", k=120))
        texts += [f"{said} {'xyz'[copy % 3] * (1 + copy // 3)}" for copy in range(size)]
    return texts


def test_a_prompt_is_known_by_all_that_was_said():
    assert asked_text(Query(item="1", query="Tea?")) == "Tea?"
    said = "How hot?\nEighty degrees.\nAnd green?"
    assert asked_text(Query(item="1", query="And green?", turns=TURNS)) == said
    assert asked_text(Item(item="1", query="And green?", turns=TURNS, options=OPTIONS)) == said


def test_a_prompt_keeps_its_place(tmp_path):
    with PromptClusters(tmp_path) as clusters:
        assert [clusters.add(name, name) for name in ("a", "b", "a", "c", "b")] == [0, 1, 0, 2, 1]
        assert len(clusters) == 3
        assert clusters.splits(0, 7).tolist() == [0, 0, 0]


def test_prompts_of_one_text_and_chains_of_near_ones_are_in_one_split(tmp_path):
    for seed in range(20):
        found = split(
            tmp_path, [CHAIN[3], "tea", CHAIN[0], CHAIN[2], "TEA!", CHAIN[1]], seed=seed, alike=0.75
        )
        assert len({found[0], found[2], found[3], found[5]}) == 1
        assert found[1] == found[4] != found[0]


def test_a_prompt_that_comes_with_two_texts_holds_both_together(tmp_path):
    for seed in range(20):
        found = split(tmp_path, ["tea", "coffee", "water", "coffee", "milk"], seed=seed, names=list("abcad"))
        assert found[0] == found[1] == found[3]
    assert {tuple(split(tmp_path, ["tea", "coffee"], seed=seed)) for seed in range(20)} == {(0, 1), (1, 0)}


def test_patterned_prompts_may_be_parted_and_others_not(tmp_path):
    text = "How much do you like {} food? Asked of adults in 2014; those who did not know it are not counted."
    texts = [text.format("Italian"), text.format("Indian")]
    assert split(tmp_path, texts) == [0, 0]
    assert sorted(split(tmp_path, texts, patterned=True)) == [0, 1]


@pytest.mark.parametrize(
    ("sizes", "share", "tested"),
    [
        ([1] * 10, 0.1, 1),
        ([1] * 10, 0.25, 2),
        ([1] * 10, 0.26, 3),
        ([1] * 10, 0.01, 1),
        ([1] * 10, 0.999, 9),
        ([1], 0.5, 0),
        ([4], 0.5, 0),
        ([5, 4, 3], 0.58, 7),
        ([6, 6], 0.1, 6),
        ([9, 2], 0.5, 2),
        ([3, 3, 3, 1], 0.2, 1),
        ([2, 2, 2], 0.5, 2),
    ],
)
def test_the_test_has_as_many_prompts_as_the_clusters_allow(tmp_path, sizes, share, tested):
    for seed in range(6):
        assert sum(split(tmp_path, made(sizes), share, seed)) == tested


@given(
    sizes=st.lists(st.integers(1, 6), max_size=7),
    share=st.floats(0.001, 0.999),
    seed=st.integers(0, 5),
    order=st.randoms(use_true_random=False),
)
@example(sizes=[5, 4, 4], share=0.6, seed=1, order=None)
def test_a_split_keeps_clusters_whole_comes_nearest_to_the_share_and_heeds_no_order(
    tmp_path_factory, sizes, share, seed, order
):
    folder = tmp_path_factory.mktemp("split")
    texts = made(sizes)
    cluster = [number for number, size in enumerate(sizes) for _ in range(size)]
    found = split(folder, texts, share, seed)
    assert len({(number, part) for number, part in zip(cluster, found, strict=True)}) == len(sizes)
    sums = {sum(part) for count in range(1, len(sizes)) for part in itertools.combinations(sizes, count)} or {
        0
    }
    wanted = share * len(texts)
    assert abs(sum(found) - wanted) == min(abs(one - wanted) for one in sums)
    if order is not None:
        places = list(range(len(texts)))
        order.shuffle(places)
        again = split(folder, [texts[place] for place in places], share, seed)
        assert [found[place] for place in places] == again


@given(st.lists(st.text(st.sampled_from("ab c1茶水é🫖\ud800"), max_size=12), max_size=10))
def test_texts_of_any_language_are_split_alike_in_any_order(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("split")
    names = [str(place) for place in range(len(texts))]
    assert split(folder, texts, names=names) == split(folder, texts[::-1], names=names[::-1])[::-1]


def test_the_seed_decides_which_clusters_are_drawn_and_names_do_not(tmp_path):
    texts = made([2, 1, 1, 3, 1, 1, 2, 1])
    drawn = [tuple(split(tmp_path, texts, 0.4, seed)) for seed in range(10)]
    assert drawn == [tuple(split(tmp_path, texts, 0.4, seed)) for seed in range(10)]
    assert len(set(drawn)) > 5
    names = [f"another {place}" for place in range(len(texts))]
    assert tuple(split(tmp_path, texts, 0.4, 3, names=names)) == drawn[3]


def test_large_clusters_are_drawn_as_well_as_small_ones(tmp_path):
    texts = made([8, *[1] * 24])
    drawn = sum(split(tmp_path, texts, 0.5, seed)[0] for seed in range(60))
    assert 12 <= drawn <= 48


def test_no_prompt_makes_no_split(tmp_path):
    with PromptClusters(tmp_path) as clusters:
        assert clusters.splits(0.5, 7).tolist() == []


@pytest.mark.parametrize("share", [-0.1, 1, float("nan")])
def test_a_share_that_is_none_is_refused(tmp_path, share):
    with PromptClusters(tmp_path) as clusters, pytest.raises(InputError, match="--test-share"):
        clusters.splits(share, 7)


def test_closing_leaves_nothing_behind(tmp_path):
    with pytest.raises(RuntimeError), PromptClusters(tmp_path) as clusters:
        clusters.add("a", "tea")
        assert any(tmp_path.iterdir())
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_what_a_benchmark_asks_is_known_again_exactly_and_nearly():
    excluded = Excluded(["How do I descale a kettle?", LONG])
    assert excluded.has(" how do I DESCALE a kettle")
    assert excluded.has(LONG.replace("seconds", "moments"))
    assert not excluded.has("How do I clean a teapot?")
    assert not Excluded([]).has("Tea?")


def test_what_repeats_a_near_copy_of_a_benchmarks_text_is_known():
    assert Excluded(CHAIN[:1], alike=0.75).has(CHAIN[1])
    assert not Excluded(CHAIN[:1], alike=0.75).has(CHAIN[2])
    assert Excluded(CHAIN[:2], alike=0.75).has(CHAIN[2])


def test_patterned_texts_are_excluded_with_the_same_words_alone():
    text = "How much do you like {} food? Asked of adults in 2014; those who did not know it are not counted."
    for patterned in (False, True):
        excluded = Excluded([text.format("Italian")], patterned=patterned)
        assert excluded.has(text.format("Indian")) is not patterned


def test_a_prompt_is_known_by_its_conversation_and_by_its_last_query():
    query = Query(item="1", query="And green tea?", turns=TURNS)
    assert Excluded(["And green tea?"]).has_asked(query)
    assert Excluded([asked_text(query)]).has_asked(query)
    assert not Excluded(["How hot?"]).has_asked(query)
    assert Excluded(["And green tea?"]).has_asked(Query(item="1", query="and green tea"))


@pytest.mark.parametrize("alike", [0, 1.1, float("nan")])
def test_a_likeness_that_is_none_is_refused(tmp_path, alike):
    for make in (lambda: Excluded([], alike=alike), lambda: PromptClusters(tmp_path, alike=alike)):
        with pytest.raises(InputError, match="--alike"):
            make()
