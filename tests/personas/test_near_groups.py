"""Of very many texts those that say the same are one group, exactly as comparing each with each would have it."""

from __future__ import annotations

import itertools
import random

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas import InputError, near_groups
from personas.near import fixed_parts, jaccard, normalised, shingles
from personas.near_groups import NearGroups

LONG = "Rinse the paper filter with hot water before you brew, or the coffee tastes of paper; it takes ten seconds."


@pytest.fixture
def grouped(tmp_path):
    """Return a function that groups texts: the sets of their places."""

    def group(texts, *, joined=(), **options):
        with NearGroups(tmp_path / "texts.sqlite", **options) as groups:
            numbers = [groups.add(text) for text in texts]
            labels = groups.labels(joined=joined)[numbers]
        return _sets(labels.tolist())

    return group


def _sets(labels) -> set[frozenset[int]]:
    return {frozenset(place for place, one in enumerate(labels) if one == label) for label in labels}


def compared(texts, threshold, *, patterned=False) -> set[frozenset[int]]:
    """Return the groups by the definition: each text compared with each."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(texts)))
    plain = [normalised(text) for text in texts]
    runs = [shingles(text) for text in plain]
    fixed = [fixed_parts(text, patterned=patterned) for text in plain]
    for one, other in itertools.combinations(range(len(texts)), 2):
        alike = fixed[one] == fixed[other] and jaccard(runs[one], runs[other]) >= threshold
        if plain[one] == plain[other] or alike:
            graph.add_edge(one, other)
    return {frozenset(part) for part in nx.connected_components(graph)}


def sentences(count: int, *, words: int, seed: int, length: int, copies: float) -> list[str]:
    """Return sentences of made words, some of them a copy of an earlier one with one or two words changed."""
    draw = random.Random(seed)
    known = ["".join(draw.choices("aeioubdglmnrst", k=draw.randint(2, 8))) for _ in range(words)]
    said: list[list[str]] = []
    for _ in range(count):
        if said and draw.random() < copies:
            one = list(draw.choice(said))
            for _ in range(draw.randint(1, 2)):
                one[draw.randrange(len(one))] = draw.choice(known)
        else:
            one = draw.choices(known, k=draw.randint(length // 2, length))
        said.append(one)
    return [" ".join(one) for one in said]


def test_texts_that_are_equal_once_normalised_have_one_number(tmp_path):
    with NearGroups(tmp_path / "texts.sqlite") as groups:
        numbers = [groups.add(text) for text in ("Rinse it!", "other", " rinse IT ", "ｒｉｎｓｅ it")]
        assert numbers == [0, 1, 0, 0]
        assert len(groups) == 2
        assert len(set(groups.names())) == 2


def test_a_chain_of_near_texts_is_one_group_though_its_ends_are_far_apart(grouped):
    chain = [LONG]
    for old, new in (
        ("paper filter", "metal filter"),
        ("hot water", "icy water"),
        ("ten seconds", "two moments"),
    ):
        chain.append(chain[-1].replace(old, new))
    ends = [shingles(normalised(text)) for text in (chain[0], chain[-1])]
    assert jaccard(*ends) < 0.7
    assert grouped([chain[3], "tea", chain[0], chain[2], chain[1]], threshold=0.75) == {
        frozenset({0, 2, 3, 4}),
        frozenset({1}),
    }


@pytest.mark.parametrize(
    ("other", "threshold", "together"),
    [("abcdefx", 0.5, True), ("abcdefx", 0.51, False), ("abcdefgh", 0.75, True), ("abcdefgh", 0.76, False)],
)
def test_the_threshold_itself_counts(grouped, other, threshold, together):
    assert (len(grouped(["abcdefg", other], threshold=threshold)) == 1) is together


def test_numbers_of_short_texts_and_words_of_patterned_ones_tell_texts_apart(grouped):
    income = "My household income is above {} per year before any tax is paid on it by anybody in it."
    food = "How much do you like {} food? Asked of adults in 2014; those who did not know it are not counted."
    assert len(grouped([income.format("100,000"), income.format("150,000")])) == 2
    foods = [food.format("Italian"), food.format("Indian")]
    assert len(grouped(foods)) == 1
    assert len(grouped(foods, patterned=True)) == 2
    turned = food.format("Indian").replace("Asked of adults in 2014", "In 2014, asked of adults")
    assert len(grouped([foods[1], turned], patterned=True)) == 1


def test_what_is_joined_is_together_whatever_it_says_and_takes_its_twins_along(grouped):
    texts = ["tea", LONG, "coffee", LONG.replace("seconds", "moments")]
    assert grouped(texts, joined=[(0, 3)]) == {frozenset({0, 1, 3}), frozenset({2})}


def test_texts_added_later_are_grouped_with_the_earlier_ones(tmp_path):
    with NearGroups(tmp_path / "texts.sqlite") as groups:
        groups.add(LONG)
        groups.add("tea")
        assert _sets(groups.labels().tolist()) == {frozenset({0}), frozenset({1})}
        groups.add(LONG.replace("seconds", "moments"))
        for _ in range(2):
            assert _sets(groups.labels().tolist()) == {frozenset({0, 2}), frozenset({1})}


def test_no_text_and_texts_without_a_letter_are_groups_too(grouped, tmp_path):
    with NearGroups(tmp_path / "none.sqlite") as groups:
        assert groups.labels().size == 0
    assert grouped(["", " ", "👍", "👎", "?", "a", "ab"]) == {
        frozenset({0, 1}), *(frozenset({number}) for number in range(2, 7))
    }  # fmt: skip


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.95, 1.0])
@pytest.mark.parametrize("patterned", [False, True])
@pytest.mark.parametrize(("words", "copies"), [(25, 0.3), (400, 0.6)])
def test_groups_are_those_of_comparing_each_with_each(
    grouped, monkeypatch, threshold, patterned, words, copies
):
    monkeypatch.setattr(near_groups, "_BUCKET", 64)
    monkeypatch.setattr(near_groups, "_FLUSH", 300)
    for seed in range(3):
        texts = sentences(80, words=words, seed=seed, length=14, copies=copies)
        found = grouped(texts, threshold=threshold, patterned=patterned)
        assert found == compared(texts, threshold, patterned=patterned)


@pytest.mark.parametrize("length", [75, 90, 110, 200])
def test_long_texts_and_those_at_the_border_are_grouped_alike(grouped, length):
    texts = sentences(60, words=900, seed=length, length=length, copies=0.5)
    lengths = [shingles(normalised(text)).size for text in texts]
    assert max(lengths) > near_groups.LONG
    assert length == 200 or min(lengths) < near_groups.LONG
    assert grouped(texts) == compared(texts, 0.8)


@given(
    sets=st.tuples(*[st.sets(st.integers(0, 30), min_size=1, max_size=30)] * 2),
    often=st.lists(st.integers(2, 5), min_size=31, max_size=31),
    threshold=st.sampled_from([0.3, 0.5, 0.6, 0.75, 0.8, 0.9, 1.0]),
)
def test_of_two_sets_that_are_alike_a_leading_run_of_the_smaller_is_among_the_rarest_of_the_larger(
    sets, often, threshold
):
    """Runs are spread so that each has a slot of its own to be counted in."""
    counts = np.zeros(1 << near_groups._SLOT_BITS, np.uint32)
    spread = np.arange(31, dtype=np.uint32) << np.uint32(27)
    counts[near_groups._slots(spread)] = often
    smaller, larger = (np.sort(spread[sorted(one)]) for one in sorted(sets, key=len))
    if jaccard(smaller, larger) >= threshold:
        runs, leads = near_groups._rarest(smaller, counts, threshold)
        others, _ = near_groups._rarest(larger, counts, threshold)
        assert set(runs[leads].tolist()) & set(others.tolist())


def test_a_long_text_and_a_shorter_one_are_near_across_the_border(grouped):
    for seed in range(5):
        (text,) = sentences(1, words=900, seed=seed, length=150, copies=0)
        short, long = text[: near_groups.LONG - 10], text[: near_groups.LONG + 60]
        assert shingles(normalised(short)).size < near_groups.LONG < shingles(normalised(long)).size
        assert grouped([short, "tea", long]) == {frozenset({0, 2}), frozenset({1})}


def test_a_template_with_a_word_left_open_makes_one_group_of_a_thousand_texts(grouped):
    texts = [
        f"{LONG} Explain to me what {number:b} means.".translate({48: "a", 49: "b"})
        for number in range(1_000)
    ]
    assert grouped(texts, threshold=0.75) == {frozenset(range(1_000))}


alphabet = st.sampled_from("ab c1茶水é🫖\ud800")


@given(
    texts=st.lists(st.text(alphabet, max_size=14), max_size=10),
    threshold=st.sampled_from([0.3, 0.5, 0.6, 0.75, 0.8, 1.0]),
    patterned=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_no_order_of_the_texts_and_no_language_changes_the_groups(
    tmp_path_factory, texts, threshold, patterned, order
):
    folder = tmp_path_factory.mktemp("groups")
    places = list(range(len(texts)))
    order.shuffle(places)
    for arranged in (list(range(len(texts))), places):
        with NearGroups(folder / "texts.sqlite", threshold=threshold, patterned=patterned) as groups:
            numbers = [groups.add(texts[place]) for place in arranged]
            labels = groups.labels()[np.array(numbers, int)].tolist()
        found = {frozenset(arranged[place] for place in part) for part in _sets(labels)}
        assert found == compared(texts, threshold, patterned=patterned)


def test_closing_leaves_no_file_and_a_left_one_is_begun_anew(tmp_path):
    path = tmp_path / "texts.sqlite"
    left = NearGroups(path)
    left.add("tea")
    assert path.exists()
    with pytest.raises(RuntimeError), NearGroups(path) as groups:
        assert len(groups) == 0
        assert groups.add("coffee") == 0
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("threshold", [0, -1, 1.01, float("nan")])
def test_a_threshold_that_is_none_is_refused(tmp_path, threshold):
    with pytest.raises(InputError, match="--alike"):
        NearGroups(tmp_path / "texts.sqlite", threshold=threshold)
    assert list(tmp_path.iterdir()) == []
