"""What is kept of a run's pairs: recounted here from the pairs themselves, whatever SQL it was decided with."""

from __future__ import annotations

import gc
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judged_sets import asked, fill, forecast, judged

from personas.errors import InputError
from simulator.export.choosing.decided import REASONS
from simulator.export.choosing.ledger import Ledger
from simulator.export.choosing.pairs import marks_of, pairs_of
from simulator.export.choosing.quotas import length_kind
from simulator.export.selection import Selection

COMMUNITIES = ("tea", "coffee", "cocoa")
LENIENT = Selection(min_probability=0.5)


def drawn_sets(seed, count, *, communities=COMMUNITIES, longer=0.5):
    """Return sets whose texts differ in length, judged by some communities; the longer ones win more often."""
    rng = np.random.default_rng(seed)
    found = []
    for n in range(count):
        size = int(rng.integers(2, 5))
        lengths = rng.integers(3, 40, size=size)
        texts = [f"{place}".ljust(int(length), "x") for place, length in enumerate(lengths)]
        weight = (lengths / lengths.sum()) ** longer
        judging = [name for name in communities if rng.random() < 0.8]
        votes = {
            name: rng.multinomial(rng.integers(0, 9), weight / weight.sum()).tolist() for name in judging
        }
        found.append(judged(f"p{n}", texts, votes))
    return found


def halves(count, seed=0, share=0.4):
    return (np.random.default_rng(seed).random(count) < share).astype(np.int8)


def named(ledger, sets, selection):
    """Return the identities of what is kept, and those of all."""
    kept, every = {}, {}
    for (_, its_kept, its_marks), records in zip(ledger.kept(), sets, strict=True):
        pairs = pairs_of(records, selection)
        assert len(its_kept) == len(its_marks) == len(records)
        for record, rows, places, marked in zip(records, pairs, its_kept, its_marks, strict=True):
            name = record.item.item, record.community
            kept[name] = tuple((rows[place].chosen, rows[place].rejected) for place in places), marked
            every[name] = rows
            assert list(places) == sorted(set(places)) and list(marked) == sorted(set(marked))
            assert set(marked) <= set(range(len(marks_of(record, selection))))
    return kept, every


def rows_kept(ledger, sets, selection, splits):
    """Yield split, community, record and pair of everything that is kept."""
    for (number, its_kept, _), records in zip(ledger.kept(), sets, strict=True):
        for record, rows, places in zip(records, pairs_of(records, selection), its_kept, strict=True):
            for place in places:
                yield int(splits[number]), record.community, record, rows[place]


def kind_of(record, pair):
    lengths = [len(option.text) for option in record.item.options]
    return length_kind(lengths[pair.chosen], lengths[pair.rejected])


def decided(folder, sets, selection, splits):
    ledger = Ledger(folder)
    fill(ledger, sets, selection)
    return ledger, ledger.decide(selection, splits)


selections = st.builds(
    Selection,
    min_margin=st.sampled_from([0.0, 0.1, 0.3]),
    min_probability=st.sampled_from([None, 0.5, 0.7, 0.9]),
    ties=st.sampled_from(["drop", "soft"]),
    pairs=st.sampled_from(["all", "best-rest", "best-worst"]),
    balance=st.booleans(),
    match_length=st.booleans(),
    seed=st.integers(0, 5),
)


@settings(max_examples=60)
@given(selection=selections, seed=st.integers(0, 10**6), count=st.integers(0, 25))
def test_what_is_kept_is_what_was_asked_for(tmp_path_factory, selection, seed, count) -> None:
    sets, splits = drawn_sets(seed, count, longer=2.0), halves(count, seed)
    ledger, told = decided(tmp_path_factory.mktemp("ledger"), sets, selection, splits)
    with ledger:
        kept = list(rows_kept(ledger, sets, selection, splits))
        marks_kept = [marks for _, _, marks in ledger.kept()]
    every = [
        (int(splits[number]), record.community, pair)
        for number, records in enumerate(sets)
        for record, pairs in zip(records, pairs_of(records, selection), strict=True)
        for pair in pairs
    ]
    assert told.judged == len(every) and told.kept == len(kept)
    assert told.kept + sum(told.dropped.values()) == told.judged
    assert sum(tally.ties for tally in told.pairs) == sum(pair.tie for _, _, pair in every)
    assert sum(tally.disputed for tally in told.pairs) == sum(pair.disputed for _, _, pair in every)
    short = sum(told.dropped.get(reason, 0) for reason in REASONS[:3])
    assert short == (0 if selection.ties == "soft" else sum(pair.tie for _, _, pair in every))
    if selection.ties == "drop":
        assert not any(pair.tie for *_, pair in kept)
    if not (selection.balance or selection.match_length):
        assert len(kept) == len(every) - short
    by_group = Counter((split, community) for split, community, *_ in kept)
    names = {record.community for records in sets for record in records}
    for split in ("train", "test"):
        listed = [tally.community for tally in told.pairs if tally.split == split]
        assert set(listed) in (set(), names) and len(set(listed)) == len(listed)
    for tally in told.pairs:
        assert tally.kept == by_group[("train", "test").index(tally.split), tally.community]
        assert tally.kept + sum(tally.dropped.values()) == tally.judged
    if selection.match_length:
        kinds = Counter((split, community, kind_of(record, pair)) for split, community, record, pair in kept)
        assert all(count == kinds[split, name, -kind] for (split, name, kind), count in kinds.items())
    if selection.balance:
        for split in (0, 1):
            assert len({by_group[split, name] for name in names}) <= 1
    check_marks(sets, splits, selection, told, marks_kept)


def check_marks(sets, splits, selection, told, kept) -> None:
    labelled, by_group, above = Counter(), Counter(), 0
    for number, records in enumerate(sets):
        for record, places in zip(records, kept[number], strict=True):
            marks = marks_of(record, selection)
            group = int(splits[number]), record.community
            labelled[group] += sum(mark.label is not None for mark in marks)
            by_group[group] += len(places)
            above += sum(marks[place].label for place in places)
            assert all(marks[place].label is not None for place in places)
    assert sum(tally.kept for tally in told.marks) == sum(by_group.values())
    assert sum(tally.above for tally in told.marks) == above
    assert all(tally.kept + sum(tally.dropped.values()) == tally.judged for tally in told.marks)
    if selection.balance:
        names = {record.community for records in sets for record in records}
        for split in (0, 1):
            fewest = min((labelled[split, name] for name in names), default=0)
            assert all(by_group[split, name] == fewest for name in names)
    else:
        assert by_group == labelled


BOTH = replace(LENIENT, balance=True, match_length=True)


@pytest.mark.parametrize("selection", [LENIENT, replace(LENIENT, balance=True), BOTH])
def test_neither_the_order_of_sets_nor_their_numbers_decide_what_is_kept(tmp_path, selection) -> None:
    sets = drawn_sets(3, 60)
    turn = np.random.default_rng(1).permutation(60).tolist()
    splits = halves(60)
    ledger, told = decided(tmp_path, sets, selection, splits)
    with ledger:
        before, _ = named(ledger, sets, selection)
    shuffled = [sets[at] for at in turn]
    (tmp_path / "other").mkdir()
    with Ledger(tmp_path / "other") as ledger:
        for place, records in enumerate(shuffled):
            pairs = pairs_of(records, selection)
            marks = [marks_of(record, selection) for record in records]
            ledger.add(10 * place + 5, turn[place], records, pairs, marks)
        again = ledger.decide(selection, splits)
        after, _ = named(ledger, shuffled, selection)
    assert after == before
    assert told.dropped == again.dropped and told.kept == again.kept > 0


def test_what_is_dropped_is_drawn_and_the_draw_follows_the_seed(tmp_path) -> None:
    sets = [judged(f"p{n}", ("x" * 30, "y" * 20), {"tea": (9, 0) if n % 4 else (0, 9)}) for n in range(400)]
    selection = Selection(match_length=True)
    ledger, told = decided(tmp_path, sets, selection, halves(400, share=0))
    with ledger:

        def longer(seed):
            ledger.decide(replace(selection, seed=seed), halves(400, share=0))
            return [number for number, kept, _ in ledger.kept() if number % 4 and kept[0]]

        first, second = longer(1), longer(2)
        assert first == longer(1)
    assert told.dropped == {"match_length": 200}
    assert len(first) == len(second) == 100
    # A third of 300 is drawn: evenly over the run, and for another seed others.
    assert 160 < np.mean(first) < 240 and 160 < np.mean(second) < 240
    assert 15 < len(set(first) & set(second)) < 60


def test_every_pair_of_a_set_is_drawn_for_itself(tmp_path) -> None:
    texts = [str(place) * (place + 1) for place in range(5)]
    sets = [judged(f"p{n}", texts, {"tea": (9, 7, 5, 3, 1), "coffee": (9, 7, 5, 3, 1)}) for n in range(60)]
    sets.append(judged("few", texts, {"tea": (9, 7, 5, 3, 1)}))
    few = [(records[0],) if n >= 20 else records for n, records in enumerate(sets)]
    selection = replace(LENIENT, balance=True)
    ledger, told = decided(tmp_path, few, selection, halves(61, share=0))
    with ledger:
        found = Counter(len(kept[0]) for _, kept, _ in ledger.kept())
        places = Counter(place for _, kept, _ in ledger.kept() for place in kept[0])
    assert {tally.community: tally.kept for tally in told.pairs} == {"tea": 200, "coffee": 200}
    assert len(found) > 3, "whole sets were dropped or kept"
    assert set(places) == set(range(10)) and min(places.values()) > 8


def test_each_community_s_pairs_are_drawn_for_themselves(tmp_path) -> None:
    texts = "x" * 30, "y" * 20
    sets = [
        judged(f"p{n}", texts, dict.fromkeys(("tea", "coffee"), (9, 0) if n % 4 else (0, 9)))
        for n in range(200)
    ]
    ledger, _ = decided(tmp_path, sets, Selection(match_length=True), halves(200, share=0))
    with ledger:
        longer = [kept for number, kept, _ in ledger.kept() if number % 4]
    # Each keeps a third of 150, and both keep the same one a ninth of the time.
    assert [sum(bool(kept[place]) for kept in longer) for place in (0, 1)] == [50, 50]
    assert 8 <= sum(bool(tea and coffee) for tea, coffee in longer) <= 26


def test_a_pair_just_at_a_threshold_is_kept_whatever_rounding_says(tmp_path) -> None:
    sets = [judged("a", ("yes", "no"), {"tea": (3, 1)})]
    ((pair,),) = pairs_of(sets[0], LENIENT)
    for choices in ({"min_margin": pair.margin + 1e-12}, {"min_probability": pair.probability + 1e-12}):
        selection = replace(LENIENT, **choices)
        assert not pairs_of(sets[0], selection)[0][0].tie
        ledger, told = decided(tmp_path, sets, selection, halves(1))
        ledger.close()
        assert (told.kept, told.marks[0].kept) == (1, 2)


def test_a_forecast_is_held_against_the_margin_alone(tmp_path) -> None:
    item = asked("a", ("yes", "no"))
    sets = [(forecast(item, "tea", (0.7, 0.3)), forecast(item, "coffee", (0.55, 0.45)))]
    ledger, told = decided(tmp_path, sets, Selection(min_margin=0.2), halves(1))
    with ledger:
        assert list(ledger.kept()) == [(0, ((0,), ()), ((0, 1), ()))]
    assert [rung.pairs for rung in told.by_margin] == [2, 2, 2, 1, 1]
    assert [rung.pairs for rung in told.by_probability] == [1] * 6
    assert told.dropped == {"min_margin": 1}
    near = forecast(asked("b", ("one", "two", "three")), "tea", (0.35, 0.25, 0.4))  # 0.35 - 0.25 is below 0.1
    (tmp_path / "near").mkdir()
    ledger, told = decided(tmp_path / "near", [(near,)], Selection(min_margin=0.1), halves(1))
    ledger.close()
    assert (told.kept, told.by_margin[2].pairs) == (2, 2)


def test_a_small_ledger_by_hand(tmp_path) -> None:
    sets = [
        judged("a", ("long one", "short"), {"tea": (9, 0), "coffee": (0, 9)}),
        judged("b", ("long one", "short"), {"tea": (9, 0), "coffee": (5, 4)}),
        judged("c", ("same", "size"), {"tea": (9, 0), "coffee": (4, 4)}),
        judged("d", ("short", "long one"), {"tea": (9, 0), "coffee": (0, 0)}),
    ]
    splits = np.zeros(4, np.int8)
    ledger, told = decided(tmp_path, sets, Selection(match_length=True), splits)
    with ledger:
        kept = [(number, pairs) for number, pairs, _ in ledger.kept()]
    # Of tea's two longer ones one stays beside the shorter one of d; coffee's shorter one of a has no partner.
    assert kept[2:] == [(2, ((0,), ())), (3, ((0,), ()))]
    assert sorted(pairs[0] for _, pairs in kept[:2]) == [(), (0,)]
    assert [pairs[1] for _, pairs in kept[:2]] == [(), ()]
    tea, coffee = told.pairs
    assert (tea.split, tea.community, tea.judged, tea.ties, tea.kept) == ("train", "tea", 4, 0, 3)
    assert (tea.dropped, tea.disputed) == ({"match_length": 1}, 1)
    assert (coffee.community, coffee.judged, coffee.ties, coffee.kept, coffee.disputed) == (
        "coffee",
        3,
        2,
        0,
        1,
    )
    assert coffee.dropped == {"even": 1, "min_probability": 1, "match_length": 1}
    assert told.dropped == {"even": 1, "min_probability": 1, "match_length": 2}
    assert told.notes() == ("no train pair of coffee is kept, of 3 judged",)
    tea, coffee = told.marks
    assert (tea.judged, tea.kept, tea.above, tea.dropped) == (8, 8, 4, {})
    assert (coffee.judged, coffee.kept, coffee.above) == (6, 2, 1)
    assert coffee.dropped == {"even": 2, "min_probability": 2}


def test_ties_kept_with_their_soft_label_are_counted_as_ties_and_dropped_for_nothing(tmp_path) -> None:
    sets = [judged("a", ("yes", "no"), {"tea": (4, 4)}), judged("b", ("yes", "no"), {"tea": (9, 0)})]
    ledger, told = decided(tmp_path, sets, Selection(ties="soft"), np.zeros(2, np.int8))
    ledger.close()
    assert (told.judged, told.kept, told.pairs[0].ties, told.dropped) == (2, 2, 1, {})
    assert [(mark.judged, mark.kept) for mark in told.marks] == [(4, 2)]  # a label is never soft


def test_what_other_thresholds_would_have_kept_is_counted(tmp_path) -> None:
    sets = drawn_sets(5, 80)
    selection = Selection(min_margin=0.2, min_probability=0.8)
    ledger, told = decided(tmp_path, sets, selection, halves(80))
    ledger.close()

    def passing(margin, probability):
        other = Selection(min_margin=margin, min_probability=probability)
        return sum(not pair.tie for records in sets for pairs in pairs_of(records, other) for pair in pairs)

    assert [rung.pairs for rung in told.by_margin] == [
        passing(rung.threshold, 0.8) for rung in told.by_margin
    ]
    assert [rung.pairs for rung in told.by_probability] == [
        passing(0.2, rung.threshold) for rung in told.by_probability
    ]
    assert told.ordered == passing(0.0, None)
    assert [rung.threshold for rung in told.by_margin] == [0.0, 0.05, 0.1, 0.2, 0.3]
    assert [rung.threshold for rung in told.by_probability] == [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
    assert told.kept in {rung.pairs for rung in told.by_margin} & {rung.pairs for rung in told.by_probability}
    assert len({rung.pairs for rung in told.by_probability}) > 3


def test_each_split_is_matched_and_balanced_for_itself(tmp_path) -> None:
    sets = drawn_sets(9, 300, communities=("tea", "coffee"), longer=3.0)
    splits = halves(300, share=0.3)
    ledger, told = decided(tmp_path, sets, BOTH, splits)
    ledger.close()
    kept = {(tally.split, tally.community): tally.kept for tally in told.pairs}
    assert kept["train", "tea"] == kept["train", "coffee"] > kept["test", "tea"] == kept["test", "coffee"] > 0
    assert told.dropped["match_length"] > 0 and told.dropped["balance"] > 0


def test_deciding_again_forgets_what_was_decided(tmp_path) -> None:
    sets, splits = drawn_sets(2, 50), halves(50)
    ledger, first = decided(tmp_path, sets, LENIENT, splits)
    with ledger:
        before = list(ledger.kept())
        ledger.decide(BOTH, splits[::-1].copy())
        assert list(ledger.kept()) != before
        assert ledger.decide(LENIENT, splits) == first
        assert list(ledger.kept()) == before


def test_a_community_is_named_as_it_is(tmp_path) -> None:
    hostile = "'); DROP TABLE pairs; -- ☕"
    sets = [judged("a", ("yes", "no"), {hostile: (9, 0)})]
    ledger, told = decided(tmp_path, sets, Selection(), np.zeros(1, np.int8))
    with ledger:
        assert ledger.communities == (hostile,)
        assert told.pairs[0].community == hostile
        assert list(ledger.kept()) == [(0, ((0,),), ((0, 1),))]


def test_more_rows_than_wait_in_memory_come_back_in_order(tmp_path) -> None:
    records = judged("a", [f"text {n}" for n in range(12)], {"tea": range(12)})
    pairs, marks = pairs_of(records, LENIENT), [marks_of(records[0], LENIENT)]
    labelled = tuple(place for place, mark in enumerate(marks[0]) if mark.label is not None)
    passing = tuple(place for place, pair in enumerate(pairs[0]) if not pair.tie)
    with Ledger(tmp_path) as ledger:
        for number in range(400):  # 400 · (66 + 12) rows
            ledger.add(3 * number, 0, records, pairs, marks)
        assert ledger.decide(LENIENT, np.zeros(1, np.int8)).kept == 400 * len(passing)
        assert list(ledger.kept()) == [(3 * number, (passing,), (labelled,)) for number in range(400)]


def test_what_is_kept_comes_back_as_it_was_added(tmp_path) -> None:
    sets = [*drawn_sets(6, 60), (forecast(asked("q", ("one", "other")), "tea", (0.3, 0.7)),)]
    ledger, told = decided(tmp_path, sets, BOTH, halves(61))
    with ledger:
        assert told.kept
        for rows, (number, pairs, marks) in zip(ledger.kept_rows(), ledger.kept(), strict=True):
            every, labels = pairs_of(sets[number], BOTH), [marks_of(record, BOTH) for record in sets[number]]
            kept = [[its[place] for place in places] for its, places in zip(every, pairs, strict=True)]
            marked = [[its[place] for place in places] for its, places in zip(labels, marks, strict=True)]
            assert rows == (number, kept, marked)


def test_a_ledger_without_sets_keeps_nothing(tmp_path) -> None:
    with Ledger(tmp_path) as ledger:
        told = ledger.decide(BOTH, np.zeros(0, np.int8))
        assert (told.judged, told.kept, told.ordered, told.pairs) == (0, 0, 0, ())
        assert list(ledger.kept()) == []


def test_the_file_goes_when_it_is_closed_and_one_left_by_a_killed_process_is_replaced(tmp_path) -> None:
    left = Ledger(tmp_path)
    fill(left, drawn_sets(1, 5), LENIENT)
    del left
    gc.collect()
    assert len(list(tmp_path.iterdir())) == 1
    with Ledger(tmp_path) as ledger:
        assert ledger.decide(LENIENT, np.zeros(0, np.int8)).judged == 0
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_with_the_file_and_a_remedy(tmp_path) -> None:
    sets = drawn_sets(1, 300)
    with Ledger(tmp_path) as ledger:
        ledger.query("PRAGMA max_page_count = 12")
        with pytest.raises(InputError, match=r"ledger\.sqlite: .* full; make room"):
            fill(ledger, sets, LENIENT)
            ledger.decide(LENIENT, halves(300))


def test_a_folder_that_is_not_there_is_told(tmp_path) -> None:
    with pytest.raises(InputError, match="unable to open"):
        Ledger(tmp_path / "missing")


def test_sets_out_of_order_prompts_without_a_split_and_reading_before_deciding_are_mistakes(tmp_path) -> None:
    with Ledger(tmp_path) as ledger:
        fill(ledger, drawn_sets(1, 3), LENIENT)
        with pytest.raises(ValueError, match="set 2 after set 2"):
            ledger.add(2, 0, (), [], [])
        with pytest.raises(ValueError, match="decide first"):
            next(ledger.kept())
        with pytest.raises(ValueError, match="prompts 0 to 2 and 2 splits"):
            ledger.decide(LENIENT, np.zeros(2, np.int8))
