"""From a run's journal to rows: everything that is kept and nothing else, the same each time, and all of it told."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from itertools import combinations
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from made_preferences import CandidateSet, Verdict, hostile_sets, made_run, planted_sets, told_run
from scipy.stats import beta

from personas.errors import InputError
from personas.near import jaccard, normalised, shingles
from simulator.export import Selection, Shape, export_run
from simulator.export.alike import asked_text
from simulator.item import Item, Option
from simulator.run import Run

NAMES = ("cats", "dogs", "tea")
EVERYTHING = {"min_probability": None, "test_share": 0.0}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "run"
    return Run.open(made_run(folder, prompts=40, communities=NAMES, seed=11))


def rows(folder, config):
    found = []
    for path in sorted((folder / "data" / config).iterdir()):
        if path.suffix == ".parquet":
            read = pq.read_table(path).to_pylist()
        else:
            read = [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
        found += [{**row, "split": path.name.partition("-")[0]} for row in read]
    return found


def files_of(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def told_pairs(run, least):
    """Enumerate, from the ballots themselves, which pairs pass, with the probability of their order."""
    found = {}
    for item in run.journal.items():
        for name in NAMES:
            ballots = run.journal.ballots(item.item, name)
            alpha = [
                0.5 + sum(b.shares[o] for b in ballots if b.choice is not None) for o in range(item.size)
            ]
            for one, other in combinations(range(item.size), 2):
                more, less = (one, other) if alpha[one] > alpha[other] else (other, one)
                sure = 1 - beta.cdf(0.5, alpha[more], alpha[less])
                if alpha[more] - alpha[less] > 1e-6 and sure >= least:
                    found[item.item, name, more, less] = sure
    return found


def test_the_pairs_are_those_that_the_ballots_give_and_no_others(run, tmp_path):
    export = export_run(run, tmp_path / "out", selection=Selection(min_probability=0.8))
    expected = told_pairs(run, 0.8)
    found = {
        (row["item"], row["community"], row["chosen_index"], row["rejected_index"]): row["soft_label"]
        for row in rows(tmp_path / "out", "preference")
    }
    assert found.keys() == expected.keys()
    assert all(found[key] == pytest.approx(expected[key], abs=1e-7) for key in found)
    assert export.pairs == len(found) == len(rows(tmp_path / "out", "preference"))


def test_rows_say_what_was_asked_and_answered(run, tmp_path):
    export_run(run, tmp_path / "out", selection=Selection(**EVERYTHING))
    items = {item.item: item for item in run.journal.items()}
    for row in rows(tmp_path / "out", "preference"):
        item = items[row["item"]]
        told = [{"role": turn.role, "content": turn.text} for turn in item.turns]
        assert row["prompt"] == [*told, {"role": "user", "content": item.query}]
        assert row["chosen"] == [{"role": "assistant", "content": item.options[row["chosen_index"]].text}]
        assert row["rejected"][0]["content"] == item.options[row["rejected_index"]].text


def test_the_full_records_hold_every_judgement_and_every_ballot(run, tmp_path):
    export = export_run(run, tmp_path / "out")
    full = rows(tmp_path / "out", "full")
    assert {(row["item"], row["community"]) for row in full} == set(run.preferences())
    assert sum(len(row["ballots"]) for row in full) == export.manifest.judged["ballots"] == 40 * 3 * 12


def test_the_pairs_and_the_labelled_completions_follow_from_the_full_records_alone(run, tmp_path):
    export = export_run(run, tmp_path / "out")
    prior = export.manifest.run["settings"]["prior"]
    alphas = {}
    for row in rows(tmp_path / "out", "full"):
        cast = [ballot["shares"] for ballot in row["ballots"] if ballot["choice"] is not None]
        alphas[row["row"]] = [prior + sum(column) for column in zip(*cast, strict=True)]
        shares = [each["share"] for each in row["candidates"]]
        assert shares == pytest.approx([a / sum(alphas[row["row"]]) for a in alphas[row["row"]]], abs=1e-8)
    for row in rows(tmp_path / "out", "preference"):
        alpha = alphas[f"{row['item']}/{row['community']}"]
        more, less = alpha[row["chosen_index"]], alpha[row["rejected_index"]]
        assert row["soft_label"] == pytest.approx(1 - beta.cdf(0.5, more, less), abs=1e-7)
        assert row["vote_share"] == pytest.approx(more / (more + less), abs=1e-7)
    labels = rows(tmp_path / "out", "unpaired")
    for row in labels:
        alpha = alphas[f"{row['item']}/{row['community']}"]
        own, even = alpha[row["index"]], 1 / len(alpha)
        assert row["soft_label"] == pytest.approx(1 - beta.cdf(even, own, sum(alpha) - own), abs=1e-7)
        assert row["label"] == (row["share"] > even)
    assert {row["label"] for row in labels} == {True, False}


def test_pairs_that_communities_hold_in_opposite_orders_say_so_in_both(run, tmp_path):
    export_run(run, tmp_path / "out", selection=Selection(test_share=0.0))
    found = {
        (row["item"], row["community"], row["chosen_index"], row["rejected_index"]): row
        for row in rows(tmp_path / "out", "preference")
    }
    for (item, community, chosen, rejected), row in found.items():
        others = [(item, name, rejected, chosen) in found for name in NAMES if name != community]
        assert row["against"] == sum(others)
        assert row["disputed"] == any(others)
        assert row["judged_by"] == 3
    assert {row["disputed"] for row in found.values()} == {True, False}


def test_the_same_run_gives_the_same_bytes_and_another_seed_another_split(run, tmp_path):
    for name, seed in (("one", 1), ("two", 1), ("other", 2)):
        export_run(run, tmp_path / name, selection=Selection(seed=seed, balance=True, match_length=True))
    one, two, other = (files_of(tmp_path / name / "data") for name in ("one", "two", "other"))
    assert one == two
    assert one != other


@pytest.mark.parametrize("files", ["parquet", "jsonl"])
def test_shards_hold_every_row_once_and_are_counted_in_the_manifest(run, tmp_path, files):
    whole = export_run(run, tmp_path / "whole", selection=Selection(**EVERYTHING))
    shape = Shape(files=files, shard_rows=100)
    export = export_run(run, tmp_path / "out", selection=Selection(**EVERYTHING), shape=shape)
    names = [path.name for path in sorted((tmp_path / "out/data/preference").iterdir())]
    assert names == [f"train-{number:05}.{files}" for number in range(len(names))]
    assert len(names) == -(-export.pairs // 100) > 2
    assert [row["row"] for row in rows(tmp_path / "out", "preference")] == [
        row["row"] for row in rows(tmp_path / "whole", "preference")
    ]
    assert export.manifest.counts == whole.manifest.counts
    assert len({row["row"] for row in rows(tmp_path / "out", "preference")}) == export.pairs


def test_a_prompt_is_in_one_split_and_so_is_what_says_nearly_the_same(tmp_path):
    said = [
        f"How do I brew {word} leaves in a small iron pot?" for word in ("green", "black", "white", "fresh")
    ]
    asked = [*said, *(f"{text[:-1]}!" for text in said), *(f"{text} Please." for text in said)]
    asked += [f"Number {number}: what of the {number * 7} cats?" for number in range(30)]
    options = (Option(text="a"), Option(text="b"))
    verdicts = {"cats": Verdict(counts=(11, 1)), "tea": Verdict(counts=(1, 11))}
    sets = [
        CandidateSet(item=Item(item=f"p{number}", query=text, options=options), said=verdicts)
        for number, text in enumerate(asked)
    ]
    told_run(tmp_path / "run", sets)
    export = export_run(Run.open(tmp_path / "run"), tmp_path / "out", selection=Selection(test_share=0.4))
    by_split = {"train": set(), "test": set()}
    for row in rows(tmp_path / "out", "full"):
        by_split[row["split"]].add(row["prompt"][-1]["content"])
    assert all(by_split.values())
    assert not by_split["train"] & by_split["test"]
    near = [
        (one, other)
        for one in by_split["train"]
        for other in by_split["test"]
        if normalised(one) == normalised(other)
        or (jaccard(shingles(normalised(one)), shingles(normalised(other))) >= 0.8 and one[:6] != "Number")
    ]
    assert near == []
    assert export.manifest.judged["prompts"] == len(asked)


def test_prompts_that_a_benchmark_asks_are_left_out_and_counted(run, tmp_path):
    items = run.journal.items()
    exclude = [items[0].query.upper(), asked_text(items[2]), "something else"]
    export = export_run(run, tmp_path / "out", exclude=exclude, left_out={"broken": 2})
    there = {row["item"] for row in rows(tmp_path / "out", "full")}
    assert there == {item.item for item in items} - {items[0].item, items[2].item}
    assert export.manifest.left_out == {"broken": 2, "prompts that the test part of a benchmark asks": 2}
    assert export.manifest.judged["prompts"] == 38


def test_when_no_pair_passes_the_error_says_what_would_have_and_the_folder_stays_as_it_was(run, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(InputError, match=r"no pair of 720 passes min_margin 0\.99; 0\.3 would have kept \d+"):
        export_run(run, out, selection=Selection(min_margin=0.99))
    assert not out.exists()
    export_run(run, out)
    before = files_of(out)
    with pytest.raises(InputError, match="no pair"):
        export_run(run, out, selection=Selection(min_margin=0.99), replace=True)
    assert files_of(out) == before


def test_another_runs_data_is_never_replaced_and_ones_own_only_when_asked_to(run, tmp_path):
    out = tmp_path / "out"
    export_run(run, out)
    before = files_of(out)
    other = Run.open(made_run(tmp_path / "other", prompts=9, communities=NAMES, seed=5))
    with pytest.raises(InputError, match="another run's data"):
        export_run(other, out, replace=True)
    with pytest.raises(InputError, match="min_margin was 0.0 and is 0.1"):
        export_run(run, out, selection=Selection(min_margin=0.1))
    assert files_of(out) == before
    export_run(run, out)
    assert files_of(out) == before
    export_run(run, out, selection=Selection(min_margin=0.1), replace=True)
    assert files_of(out) != before


def test_a_run_that_did_not_end_is_written_only_when_that_is_asked_for_and_says_so(tmp_path):
    told_run(tmp_path / "run", list(planted_sets(20))[:15], state="stopped")
    run = Run.open(tmp_path / "run")
    with pytest.raises(InputError, match="the run is stopped: 30 of 30 judgements are done.*--partial"):
        export_run(run, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    export = export_run(run, tmp_path / "out", partial=True)
    assert "30 of 30 judgements" in export.manifest.notes[0]
    assert export.manifest.notes[0] in (tmp_path / "out/README.md").read_text().replace("\\", "")


def test_a_run_in_memory_cannot_be_traced_and_is_refused(tmp_path):
    run = Run.open(made_run(tmp_path / "run"))
    run.journal.folder = None
    with pytest.raises(InputError, match="a run in memory leaves no record"):
        export_run(run, tmp_path / "out")


def test_forecasts_have_no_soft_label_and_the_data_says_that_the_margin_alone_was_asked_for(tmp_path):
    run = Run.open(made_run(tmp_path / "run", mode="direct"))
    export = export_run(run, tmp_path / "out", selection=Selection(min_margin=0.1))
    found = rows(tmp_path / "out", "preference")
    assert {row["soft_label"] for row in found} == {None}
    assert all(row["share_chosen"] - row["share_rejected"] >= 0.1 - 1e-9 for row in found)
    assert any("by their margin alone" in note for note in export.manifest.notes)


def test_judgements_that_came_to_nothing_are_left_out_and_counted(tmp_path):
    item = Item(item="p", query="Tea?", options=(Option(text="yes"), Option(text="no")))
    other = Item(item="q", query="Cats?", options=item.options)
    sets = [
        CandidateSet(item=item, said={"cats": Verdict(lost=True), "tea": Verdict(counts=(9, 1), abstentions=1, failures=1)}),
        CandidateSet(item=other, said={"cats": Verdict(abstentions=12), "tea": Verdict(counts=(12, 0))}),
    ]  # fmt: skip
    run = Run.open(told_run(tmp_path / "run", sets))
    export = export_run(run, tmp_path / "out", selection=Selection(test_share=0))
    assert {row["row"] for row in rows(tmp_path / "out", "preference")} == {"p/tea/0-1", "q/tea/0-1"}
    assert {row["row"] for row in rows(tmp_path / "out", "full")} == {"p/tea", "q/cats", "q/tea"}
    judged = export.manifest.judged
    assert judged["lost"] == 1
    assert (judged["records"], judged["ballots"], judged["abstentions"], judged["failures"]) == (3, 22, 13, 1)


@pytest.mark.parametrize("files", ["parquet", "jsonl"])
def test_hostile_texts_come_back_as_they_were(tmp_path, files):
    sets = hostile_sets()
    names = tuple(sets[0].said)
    run = Run.open(told_run(tmp_path / "run", sets, communities=dict.fromkeys(names, "<b>x</b>")))
    shape = Shape(files=files, steering="system")
    export_run(run, tmp_path / "out", selection=Selection(**EVERYTHING), shape=shape)
    found = {row["item"]: row for row in rows(tmp_path / "out", "full")}
    for item in run.journal.items():
        assert [each["text"] for each in found[item.item]["candidates"]] == [o.text for o in item.options]


def test_a_system_message_carries_each_communitys_profile_in_the_rows_that_are_trained_on(run, tmp_path):
    export_run(run, tmp_path / "out", shape=Shape(steering="system"))
    for config in ("preference", "unpaired"):
        for row in rows(tmp_path / "out", config):
            assert row["prompt"][0]["role"] == "system"
            assert f"{row['community']} speak softly" in row["prompt"][0]["content"]
    assert {row["prompt"][0]["role"] for row in rows(tmp_path / "out", "full")} == {"user"}


def test_progress_ends_where_it_said_it_would(run, tmp_path):
    told = []
    export_run(run, tmp_path / "out", advance=lambda *counts: told.append(counts))
    assert told[-1] == (240, 240)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_what_datasets_has_read_of_a_folder_does_not_outlive_the_data(run, tmp_path):
    import datasets

    def loaded(folder):
        found = datasets.load_dataset(
            str(folder), "preference", split="train", cache_dir=str(tmp_path / "cache")
        )
        return found["row"]

    out = tmp_path / "prefs"
    for selection in (Selection(), Selection(pairs="best-worst"), Selection(seed=3)):
        export_run(run, out, selection=selection, replace=True)
        there = [row["row"] for row in rows(out, "preference") if row["split"] == "train"]
        assert list(loaded(out)) == there
    other = Run.open(made_run(tmp_path / "other/run", prompts=40, communities=NAMES, seed=12))
    export_run(other, tmp_path / "other/prefs", selection=Selection(seed=3))
    assert list(loaded(tmp_path / "other/prefs")) == [
        row["row"] for row in rows(tmp_path / "other/prefs", "preference") if row["split"] == "train"
    ]


def test_a_split_whose_completions_all_have_one_label_is_told_of(tmp_path):
    made = made_run(tmp_path / "run", prompts=30, panel=4)
    export = export_run(Run.open(made), tmp_path / "out", selection=Selection(min_probability=0.95))
    labels = {row["label"] for row in rows(tmp_path / "out", "unpaired") if row["split"] == "train"}
    told = [note for note in export.manifest.notes if "KTOTrainer needs both" in note]
    assert labels == {True}
    assert any("of train are labelled true" in note for note in told)


def test_without_a_selection_the_split_is_drawn_from_the_runs_own_seed(run, tmp_path):
    export = export_run(run, tmp_path / "out")
    assert export.manifest.selection.seed == run.journal.fact("settings")["seed"] == 11


def test_a_run_whose_engine_was_killed_is_said_to_be_unfinished(tmp_path):
    told_run(tmp_path / "run", list(planted_sets(5)), state="running")
    with pytest.raises(InputError, match="the run is unfinished: its engine is gone"):
        export_run(Run.open(tmp_path / "run"), tmp_path / "out")


CHILD = """
import sys
from simulator.export import Selection, export_run
from simulator.run import Run
export_run(Run.open(sys.argv[1]), sys.argv[2], selection=Selection(min_probability=float(sys.argv[3])), replace=True)
"""


def test_a_killed_export_leaves_the_old_data_whole_or_none_and_the_next_one_is_as_if_undisturbed(tmp_path):
    folder = made_run(tmp_path / "run", prompts=400, communities=NAMES)
    run = Run.open(folder)
    export_run(run, tmp_path / "expected", selection=Selection(min_probability=0.6))
    expected = files_of(tmp_path / "expected" / "data")
    out = tmp_path / "out"
    export_run(run, out)
    before = files_of(out)
    killed = 0
    for after in (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6):
        command = [sys.executable, "-c", CHILD, str(folder), str(out), "0.6"]
        child = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])})
        while not (out / ".export-part").exists() and child.poll() is None:
            time.sleep(0.002)
        time.sleep(after)
        child.send_signal(signal.SIGKILL)
        killed += child.wait() == -signal.SIGKILL
        if (out / "export.json").exists():
            found = {name: digest for name, digest in files_of(out).items() if not name.startswith(".")}
            whole = {name: digest for name, digest in found.items() if name.startswith("data/")}
            new = {f"data/{name}": digest for name, digest in expected.items()}
            assert found == before or whole == new
        if child.returncode == 0:
            break
    assert killed
    export_run(run, out, selection=Selection(min_probability=0.6), replace=True)
    assert files_of(out / "data") == expected
    assert sorted(path.name for path in out.iterdir()) == ["README.md", "data", "export.json"]
