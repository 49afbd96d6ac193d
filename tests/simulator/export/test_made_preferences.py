"""The made runs that exports are tested with: as the engine writes them, and as they were told."""

from __future__ import annotations

import pytest
from made_preferences import (
    HALVES,
    HOSTILE,
    HOSTILE_NAMES,
    CandidateSet,
    Verdict,
    _described,
    _simulation,
    hostile_sets,
    made_run,
    planted_sets,
    told_run,
)
from preference_rows import _outcome, _panel, norms_of
from small_runs import cells

from simulator.diversity import Diversity
from simulator.engine import _record
from simulator.export.records import RecordedRun
from simulator.item import Item, Option, Query, Turn
from simulator.journal import JOURNAL, Journal
from simulator.record import begin, recording
from simulator.room import NOBODY
from simulator.run import Run
from simulator.settings import Settings

TALK = (Turn(role="user", text="Hello."), Turn(role="assistant", text="Hello to you."))


def item(name: str, *, size: int = 3, **parts: object) -> Item:
    options = tuple(Option(text=f"answer {number} to {name}") for number in range(size))
    return Item(item=name, query=f"What of {name}?", options=options, **parts)


EVERY_KIND = [
    CandidateSet(
        item=item("p0", turns=TALK),
        said={"cats": Verdict(counts=(5, 1, 0), abstentions=1, failures=2), "tea": Verdict(counts=(0, 0, 6))},
        diversity=Diversity(responses=3, similarity=0.5, vendi=2.0),
    ),
    CandidateSet(item=item("p1@cats", community="cats"), said={"cats": Verdict(counts=(2, 2, 2), first=(6, 0, 0))}),
    CandidateSet(item=item("p1@tea", community="tea"), said={"tea": Verdict(lost=True)}),
    CandidateSet(item=item("p2", size=2), said={"cats": Verdict(shares=((0.75, 0.25), (0.4, 0.6))), "tea": None}),
    CandidateSet(item=item("p3"), said={"cats": Verdict(abstentions=4), "tea": Verdict(failures=4)}),
    CandidateSet(item=item("p4"), said={"cats": Verdict(lost=True), "tea": Verdict(counts=(0, 3, 0))}),
]  # fmt: skip


class Rooms:
    """Rooms with nothing but what is recorded of them."""

    def __init__(self, name: str, size: int) -> None:
        norms = norms_of(name)
        self.store = type(
            "Store", (), {"norms": norms, "place": {norm.post: n for n, norm in enumerate(norms)}}
        )
        self.panel = type("Panel", (), {"personas": _panel(name, size)})


def as_the_engine_writes(folder, sets, asked, *, panel: int) -> None:
    """Write the same run by ``begin``, ``recording`` and the engine's own hand, one judgement after the other."""
    stand_in = _simulation(Settings(seed=7, panel=panel), "", "Tea and cats", "CC0", True)
    rooms = {name: Rooms(name, panel) for name in ("cats", "tea")}
    jobs = [(one.item, name) for one in sets for name in one.said]
    command = {"program": "commonbond", "arguments": ["generate"]}
    with Journal.create(folder) as journal:
        begin(journal, stand_in, asked, jobs, command)
        with recording(journal, rooms):
            journal.add_communities((name, _described(name, f"All about {name}")) for name in rooms)
            kept: dict[str, set[str]] = {"cats": set(), "tea": set()}
            for one in sets:
                for name, verdict in one.said.items():
                    if verdict is not None:
                        outcome = _outcome(one.item, name, verdict, 0.5, one.diversity)
                        _record(journal, one.item, name, rooms[name], outcome, kept[name])


def test_a_told_run_is_cell_for_cell_what_the_engine_writes(tmp_path):
    def query(name, size=3, **parts):
        return Query(item=name, query=f"What of {name}?", count=size, **parts)

    given = CandidateSet(item=item("p5"), said={"tea": Verdict(counts=(1, 2, 3))}, given=True)
    crossed = CandidateSet(item=item("p6@tea", community="tea"), said={"cats": Verdict(counts=(3, 2, 1)), "tea": Verdict(counts=(1, 2, 3))})  # fmt: skip
    sets = [*EVERY_KIND, given, crossed]
    asked = [
        query("p0", turns=TALK, writer=NOBODY), Query(item="p1", query="What of p1@cats?", count=3),
        Query(item="p1", query="What of p1@tea?", count=3), query("p2", 2, writer=NOBODY),
        query("p3", writer=NOBODY), query("p4", writer=NOBODY), given.item, query("p6@tea", writer="tea"),
    ]  # fmt: skip
    as_the_engine_writes(tmp_path / "engine", sets, asked, panel=9)
    told_run(tmp_path / "told", sets, panel=9)
    timeless = ("events", "sqlite_stat1")
    told, engine = (
        cells(tmp_path / name / JOURNAL, but=timeless).splitlines() for name in ("told", "engine")
    )
    assert sorted(told) == sorted(engine)
    with Journal.read(tmp_path / "told") as ours, Journal.read(tmp_path / "engine") as theirs:
        told, engine = ([event[2:] for event in journal.events()] for journal in (ours, theirs))
        assert engine[0][1].keys() == {"jobs", "given", "queries"}
        assert told == [("start", {"jobs": engine[0][1]["jobs"]}), *engine[1:]]


def test_every_told_ballot_is_read_back(tmp_path):
    recorded = RecordedRun(Run.open(told_run(tmp_path / "run", EVERY_KIND)))
    found = {
        (record.item.item, record.community): record for records in recorded.sets() for record in records
    }
    assert list(found) == [
        ("p0", "cats"), ("p0", "tea"), ("p1@cats", "cats"), ("p2", "cats"), ("p3", "cats"), ("p3", "tea"), ("p4", "tea"),
    ]  # fmt: skip
    assert recorded.failed() == 2
    first = found["p0", "cats"]
    assert first.pseudo_counts == pytest.approx((5.5, 1.5, 0.5))
    assert (first.preference.ballots, first.preference.abstentions, first.preference.failures) == (6, 1, 2)
    assert first.item.turns == TALK and first.diversity == Diversity(responses=3, similarity=0.5, vendi=2.0)
    talked = found["p1@cats", "cats"]
    assert talked.rounds == 1 and talked.prompt == "p1" and talked.pseudo_counts == pytest.approx((2.5,) * 3)
    assert sum(bool(ballot.moved_by) for ballot in talked.ballots) == 4
    assert found["p2", "cats"].pseudo_counts == pytest.approx((1.65, 1.35))
    assert found["p3", "tea"].preference.failures == 4 and found["p3", "cats"].preference.abstentions == 4


@pytest.mark.parametrize(("sets", "judged"), [("shared", [2] * 4), ("own", [1] * 8), ("crossed", [2] * 8)])
def test_planted_sets_are_judged_by_whom_their_kind_says(tmp_path, sets, judged):
    recorded = RecordedRun(Run.open(made_run(tmp_path / "run", prompts=4, sets=sets)))
    records = list(recorded.sets())
    assert [len(one) for one in records] == judged
    assert {record.prompt for one in records for record in one} == {"p0", "p1", "p2", "p3"}
    assert all(record.preference.ballots == 12 for one in records for record in one)


def test_forecasts_are_no_posteriors_and_are_the_planted_shares(tmp_path):
    folder = made_run(tmp_path / "run", prompts=3, mode="direct", model="stand-in/one")
    records = [record for one in RecordedRun(Run.open(folder)).sets() for record in one]
    assert all(record.prior is None and record.pseudo_counts is None for record in records)
    assert all(len(record.ballots) == 1 and record.ballots[0].weighed for record in records)
    assert records[0].preference.shares == pytest.approx(
        next(iter(planted_sets(3, forecasts=True))).said["cats"].forecast
    )


@pytest.mark.parametrize("halves", [False, True])
def test_hostile_texts_and_names_come_back_as_they_are(tmp_path, halves):
    sets = hostile_sets(halves=halves)
    run = Run.open(told_run(tmp_path / "run", sets, communities=HOSTILE_NAMES))
    read = [records[0].item for records in RecordedRun(run).sets()]
    assert read == [one.item for one in sets]
    assert {text.query for text in read} == {*HOSTILE, *(HALVES if halves else ())}
    assert {name: body["title"] for name, body in run.journal.communities().items()} == HOSTILE_NAMES


def test_calls_are_behind_every_candidate_and_ballot(tmp_path):
    folder = made_run(tmp_path / "run", prompts=2, panel=3, model="stand-in/one", calls=True, sets="own")
    with Journal.read(folder) as journal:
        calls = journal.ledger.calls_of("p0@tea", "tea")
        texts = [option.text for option in journal.item("p0@tea").options]
        reasons = [ballot.reason for ballot in journal.ballots("p0@tea", "tea")]
    assert [call.reply.text for call in calls if call.phase == "generate"] == texts
    assert sorted(call.reply.text for call in calls if call.phase == "judge") == sorted(reasons)


def test_equal_seeds_make_equal_runs_and_others_others(tmp_path):
    for name, seed in (("one", 7), ("two", 7), ("other", 8)):
        made_run(tmp_path / name, prompts=1_100, panel=8, seed=seed)
    one, two, other = (
        cells(tmp_path / name / JOURNAL, but=["events", "facts"]) for name in ("one", "two", "other")
    )
    assert one == two != other
    recorded = RecordedRun(Run.open(tmp_path / "one"))
    shares = [record.preference.shares for records in recorded.sets() for record in records]
    assert len(shares) == 2_200 and len(set(shares)) > 100
