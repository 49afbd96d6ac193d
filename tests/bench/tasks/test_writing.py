"""What personas write for the task of generation: what it costs, from what, and that it is never paid for twice."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest
from small_corpora import make_corpus
from small_runs import forum
from stand_in import stand_in
from word_embedder import WordEmbedder

import bench.tasks.writing as module
from bench.benchmark import BenchmarkWriter, KnownCommunity
from bench.evaluate import GENERATED_OFFLINE, LEFT_OUT, evaluate_run, run_benchmark
from bench.heldout import BenchmarkPart
from bench.split import hold_out
from bench.tasks import generation as task
from bench.tasks.prompted import CANDIDATES, prompts_of, which_half
from bench.tasks.writing import WRITE_PROMPTS, Writing
from personas.community import Profile, ProfileSentence
from personas.errors import InputError, StoppedError
from simulator import Simulation
from simulator.item import Item, Option, RealVotes
from simulator.journal import Journal
from simulator.models.choices import Limits, Price

MODEL = "hosted_vllm/stand-in"
PERSONAS = f"language-model personas ({MODEL})"
CALLS = CANDIDATES + 1
"""Calls a query: each answer of another persona, and one set of a single persona's."""


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    with make_corpus(tmp_path_factory.mktemp("writing") / "corpus", forum(16)) as corpus:
        yield hold_out(corpus, seed=1, by="random")


@pytest.fixture(scope="module")
def server():
    with stand_in() as server:
        yield server


def simulated(split, server, **more):
    return Simulation(
        split.train, **{"seed": 2, "panel": 5, "rounds": 0, "recheck": 0.0, "embedder": WordEmbedder(), "model": MODEL,
                        "api_base": server.api_base, "communities": "given", **more},
    )  # fmt: skip


def items_of(split, simulation):
    return split.items(simulation.setting.membership).items


def writing_of(split, simulation, most=2):
    return Writing.of(simulation, items_of(split, simulation), most=most)


def asked_by(server, work):
    server.change(forget=True)
    found = work()
    return found, server.count()["requests"]


def tables(card):
    return {(each.task, each.metric): {row.predictor: row for row in each.rows} for each in card.tasks}


def test_each_query_takes_one_call_an_answer_and_one_for_the_set_and_no_judgement(split, server):
    writing = writing_of(split, simulated(split, server))
    assert Counter(prompt.community for prompt in writing.prompts) == {"tea": 2, "cats": 2}
    (run, written), asked = asked_by(server, writing.run)
    assert asked == 4 * CALLS
    assert [row.phase for row in run.usage()] == ["generate"]
    assert {sampling: [len(options) for options in sets] for sampling, sets in written.sets.items()} == {
        "independent": [CANDIDATES] * 4, "negatively-correlated": [CANDIDATES] * 4,
    }  # fmt: skip
    assert (written.by, written.prompts) == (PERSONAS, writing.prompts)


def test_the_estimate_is_what_is_asked_and_what_is_asked_is_estimated_by_phase(split, server):
    writing = writing_of(split, simulated(split, server, price=Price(prompt=1, completion=2)), most=3)
    told, none = asked_by(server, writing.estimate)
    assert none == 0
    (run, _), asked = asked_by(server, writing.run)
    assert told.total.calls == (asked, asked) == (6 * CALLS, 6 * CALLS)
    assert {phase.phase: phase.calls[1] for phase in told.phases} == {"profile": 0, "generate": asked}
    assert 0 < told.total.cost[0] <= told.total.cost[1]
    sent = sum(row.prompt_tokens for row in run.usage())
    assert 0.7 * sent < told.total.prompt_tokens[0] < 1.5 * sent, "the server counts words as tokens"


def test_written_profiles_are_written_once_and_estimated(split, server):
    writing = writing_of(split, simulated(split, server, profiles="written"))
    told = {phase.phase: phase.calls for phase in writing.estimate().phases}
    (run, _), asked = asked_by(server, writing.run)
    made = {row.phase: row.requests for row in run.usage()}
    assert sum(made.values()) == asked
    assert told["generate"] == (made["generate"],) * 2 == (4 * CALLS,) * 2
    assert told["profile"] == (asked - made["generate"],) * 2 > (0, 0)


def test_personas_write_from_the_half_that_no_classifier_learns_from(split, server, monkeypatch):
    seen = []
    generate = module.PersonaGenerator.generate

    async def spied(self, query, room):
        seen.append((query, room))
        return await generate(self, query, room)

    monkeypatch.setattr(module.PersonaGenerator, "generate", spied)
    writing = writing_of(split, simulated(split, server))
    writing.run()
    real = {text for prompt in writing.prompts for text in (prompt.best, prompt.other)}
    for query, room in seen:
        assert room.store.norms
        assert {which_half(norm.post, 2) for norm in room.store.norms} == {0}
        assert not real & {norm.text for norm in room.store.norms}
        sentences = (*room.profile.identity, *room.profile.bond)
        assert all(which_half(each.posts[0], 2) == 0 for each in sentences)
        assert query.item.endswith(
            (f"@{room.community}/independent", f"@{room.community}/negatively-correlated")
        )
    assert len(seen) == 8


def test_of_a_profile_stays_what_is_taken_from_the_half_that_is_written_from():
    posts = [next(f"p{n}" for n in range(99) if which_half(f"p{n}", 7) == which) for which in (0, 1)]
    first, second = (
        ProfileSentence(facet="worldview", text=text, posts=tuple(order))
        for text, order in (("kept", posts), ("dropped", posts[::-1]))
    )
    found = module._of_the_half(Profile(identity=(first, second), bond=(second,)), 7)
    assert found == Profile(identity=(first,))


def test_fewer_queries_are_the_first_of_more_and_without_a_model_nobody_writes(split, server):
    simulation = simulated(split, server)
    items = items_of(split, simulation)
    few, more = writing_of(split, simulation, 2).prompts, writing_of(split, simulation, 3).prompts
    assert set(few) < set(more) < set(prompts_of(items, simulation.setting.membership, seed=2))
    assert len(Writing.of(simulation, items).prompts) == 2 * min(WRITE_PROMPTS, 8)
    offline = (
        simulated(split, server, model=None)
        if False
        else Simulation(split.train, seed=2, panel=2, embedder=WordEmbedder(), communities="given")
    )
    assert Writing.of(offline, items) is None
    with pytest.raises(InputError, match="0 queries a community"):
        Writing.of(simulation, items, most=0)


@pytest.fixture(scope="module")
def benched(split, server, tmp_path_factory):
    """A benchmark with two controls, its folder, and what the server counted."""
    folder = tmp_path_factory.mktemp("benched") / "run"

    def run():
        return run_benchmark(
            simulated(split, server), split, out=folder, controls=("shuffled", "direct"), write_prompts=2
        )

    (result, card), asked = asked_by(server, run)
    result.journal.close()
    return run, card, folder, asked


def test_in_a_benchmark_personas_write_in_a_folder_of_their_own_beside_the_controls(benched, split, server):
    _, card, folder, asked = benched
    judgements = sum(1 for item in items_of(split, simulated(split, server)) for _ in item.votes)
    assert asked == judgements * (5 + 5 + 1) + 4 * CALLS
    with Journal.read(folder / "controls" / "generation") as journal:
        assert journal.progress() == (8, 8)
        assert journal.ledger.spent().calls == 4 * CALLS
    assert sum(row["requests"] for row in card.usage if row.get("control") == "generation") == 4 * CALLS
    assert sum(row["requests"] for row in card.usage) == asked
    assert GENERATED_OFFLINE not in card.notes
    assert any("answers were written to 4 queries, at most 2 a community" in note for note in card.notes)


def test_personas_are_the_simulation_in_every_table_of_generation_and_retrieval_is_a_baseline(benched):
    found = {metric: rows for (name, metric), rows in tables(benched[1]).items() if name == task.TASK}
    assert len(found) == 4
    for rows in found.values():
        simulated = {name for name, row in rows.items() if row.role == "simulation"}
        assert simulated
        assert all(name.startswith(PERSONAS) for name in simulated)
        retrieved = [row for name, row in rows.items() if name.startswith(task.OWN)]
        assert retrieved
        assert all(row.role == "baseline" and row.ahead is not None and row.n == 4 for row in retrieved)
        assert all(rows[name].n == 4 for name in simulated)
    assert set(found["recognised"]) == {
        PERSONAS, task.OWN, task.EVERYONE, task.RANDOM, task.REAL, "uniform guess",
    }  # fmt: skip
    sets = found[f"Vendi score of a set (1 to {CANDIDATES})"]
    assert {name for name, row in sets.items() if row.role == "simulation"} == {
        f"{PERSONAS}, {sampling} sets of {CANDIDATES}"
        for sampling in ("independent", "negatively-correlated")
    }


def test_the_same_benchmark_again_writes_nothing_anew_and_says_the_same(benched, server):
    run, card, _, _ = benched
    (result, again), asked = asked_by(server, run)
    result.journal.close()
    assert asked == 0
    assert json.dumps(again.as_data()) == json.dumps(card.as_data())


def test_a_stopped_writing_goes_on_and_pays_for_the_rest_alone(split, server, tmp_path):
    whole = writing_of(split, simulated(split, server))
    limited = writing_of(split, simulated(split, server, limits=Limits(calls=7)))
    server.change(forget=True)
    with pytest.raises(StoppedError, match="limit"):
        limited.run(out=tmp_path / "run")
    before = server.count()["requests"]
    assert 0 < before <= 7
    (run, written), after = asked_by(server, lambda: whole.run(out=tmp_path / "run"))
    assert before + after == 4 * CALLS
    assert written.sets == whole.run()[1].sets
    run.journal.close()


def test_the_limits_hold_for_the_run_and_what_is_written_together(split, server, tmp_path):
    judging = simulated(split, server).estimate(items_of(split, simulated(split, server))[:2]).total.calls[0]
    limited = simulated(split, server, limits=Limits(calls=judging + 3))
    server.change(forget=True)
    with pytest.raises(StoppedError, match="limit"):
        run_benchmark(limited, split, out=tmp_path / "run", limit=2, controls=())
    assert judging <= server.count()["requests"] <= judging + 3


def test_preference_alone_leaves_the_other_tasks_and_their_calls_out(split, server, tmp_path):
    simulation = simulated(split, server)
    (run, card), asked = asked_by(
        server,
        lambda: run_benchmark(
            simulation, split, out=tmp_path / "run", limit=2, controls=(), tasks="preference"
        ),
    )
    assert asked == len(run.preferences()) * 5
    assert {name for name, _ in tables(card)} == {"preference identification", "preference distribution"}
    assert LEFT_OUT in card.notes
    assert not (tmp_path / "run" / "controls").exists()
    with pytest.raises(InputError, match="no tasks are named 'some'"):
        run_benchmark(simulation, split, tasks="some")


def test_what_could_not_be_written_is_counted_and_the_rest_is_scored(split, tmp_path):
    with stand_in(faults={"refusal": 1.0}) as server:
        simulation = simulated(split, server)
        _, card = run_benchmark(
            simulation, split, out=tmp_path / "run", limit=2, controls=(), write_prompts=1
        )
    count = len({community for item in items_of(split, simulation)[:2] for community in item.votes})
    assert any(f"of {2 * count} sets of answers {2 * count} were not written" in note for note in card.notes)
    rows = tables(card)[task.TASK, "recognised"]
    assert (rows[PERSONAS].mean, rows[PERSONAS].note) == (None, f"undefined for {count}")
    assert rows[task.OWN].n == count


def test_a_community_of_which_nothing_is_known_still_writes(server, tmp_path):
    told = {"name": "made", "source": "tests", "licence": "none", "fictional": True}
    real = RealVotes(shares=(0.9, 0.1), voters=40, margin=9)
    options = (Option(text="warm the pot"), Option(text="boil it"))
    with BenchmarkWriter(tmp_path / "b", **told) as writer:
        for name in ("tea", "cats"):
            writer.add_community(KnownCommunity(community=name))
        train = Item(item="t", query="?", options=options, votes={"cats": real}, kind="endorsement")
        writer.add("train", train)
        writer.add("test", replace(train, item="x", votes={"tea": real, "cats": real}))
        benchmark = writer.finish()
    simulation = Simulation(
        benchmark,
        seed=1,
        embedder=WordEmbedder(),
        panel=2,
        sharpness=10.0,
        model=MODEL,
        api_base=server.api_base,
    )
    writing = Writing.of(simulation, list(benchmark.items("test")))
    assert not writing._rooms()["tea"].store.norms
    assert writing.estimate().total.calls == (2 * CALLS,) * 2
    _, written = writing.run()
    assert [len(options) for options in written.sets["independent"]] == [CANDIDATES] * 2


def test_of_statements_personas_write_on_the_topic_that_the_place_is_about(server, tmp_path):
    told = {"name": "made", "source": "tests", "licence": "none", "fictional": True}
    options = (Option(text="Agree"), Option(text="Disagree", polarity=-1))
    real = RealVotes(shares=(0.9, 0.1), voters=40, margin=9)
    with BenchmarkWriter(tmp_path / "b", **told) as writer:
        for name in ("tea", "cats"):
            writer.add_community(KnownCommunity(community=name, title=f"On {name}, group 1"))
        for number in range(6):
            item = Item(item=f"s{number}", query=f"Rule {number} matters", options=options, kind="agreement",
                        votes={"tea": real, "cats": real})  # fmt: skip
            writer.add("test" if number < 4 else "train", item)
        benchmark = writer.finish()
    simulation = Simulation(
        benchmark, seed=1, embedder=WordEmbedder(), panel=4, sharpness=10.0, rounds=0, recheck=0.0, model=MODEL,
        api_base=server.api_base,
    )  # fmt: skip
    (_, card), asked = asked_by(
        server,
        lambda: run_benchmark(
            simulation, BenchmarkPart(benchmark), out=tmp_path / "run", controls=(), write_prompts=1
        ),
    )
    assert asked == 8 * 4 + 2 * CALLS
    with Journal.read(tmp_path / "run" / "controls" / "generation") as journal:
        assert {item.query for item in journal.items()} == {"On tea", "On cats"}
    assert tables(card)[task.TASK, "cosine to the real top answer"][PERSONAS].n == 2


def test_a_finished_run_that_is_scored_without_anything_written_says_that_retrieval_answered(split, server):
    simulation = simulated(split, server)
    items = items_of(split, simulation)[:2]
    card = evaluate_run(simulation.run(items), simulation, split, items)
    assert GENERATED_OFFLINE in card.notes
    assert tables(card)[task.TASK, "recognised"][task.OWN].role == "simulation"
