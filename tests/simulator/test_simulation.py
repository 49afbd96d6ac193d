from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import small_runs
from small_corpora import make_corpus
from small_runs import canonical, items_for, simulation_of
from word_embedder import WordEmbedder

from personas.embedding import CachedEmbedder
from personas.errors import InputError
from simulator.asking import question
from simulator.item import Item, Option, Query, RealVotes
from simulator.journal import JOURNAL
from simulator.journal.usage import Spent
from simulator.models.choices import Limits, Price
from simulator.room import NOBODY
from simulator.run import Run

OPEN = Query(item="open", query="What would you do with the water?", count=2)
ROOT = Path(__file__).resolve().parents[2]


def asked():
    return [*items_for(4), OPEN, Query(item="first", query="Who weighs what?", count=3), *items_for(6)[4:]]


@pytest.fixture(scope="session")
def undisturbed(forum):
    return canonical(simulation_of(forum).run(asked()))


def child(forum, *options, seed="1", **how):
    command = [sys.executable, small_runs.__file__, str(forum.folder), *map(str, options)]
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, **how
    )


def finished(process):
    said, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    return said


@pytest.mark.parametrize("concurrency", [1, 2, 8, 64])
def test_the_same_seed_gives_the_same_run_to_the_byte_at_any_concurrency(forum, undisturbed, concurrency):
    assert canonical(simulation_of(forum, concurrency=concurrency).run(asked())) == undisturbed


def test_another_seed_gives_another_run(forum, undisturbed):
    assert canonical(simulation_of(forum, seed=4).run(asked())) != undisturbed


def test_the_order_of_the_items_and_what_else_is_asked_change_no_result(forum):
    run = simulation_of(forum).run(asked())
    items = asked()
    random.Random(1).shuffle(items)
    shuffled = simulation_of(forum).run(items)
    alone = simulation_of(forum).run([OPEN])
    assert shuffled.preferences() == run.preferences()
    assert [item.item for item in shuffled.journal.items()] != [item.item for item in run.journal.items()]
    for item, community in run.preferences():
        assert shuffled.journal.ballots(item, community) == run.journal.ballots(item, community)
    assert alone.preferences().items() <= run.preferences().items()


def test_the_order_of_the_records_in_the_dump_changes_no_result(forum, tmp_path):
    records = list(small_runs.forum())
    random.Random(2).shuffle(records)
    with make_corpus(tmp_path / "shuffled.corpus", records) as corpus:
        assert (
            simulation_of(corpus).run(asked()).preferences()
            == simulation_of(forum).run(asked()).preferences()
        )


def test_another_process_with_another_hash_seed_gives_the_same_run(forum):
    one, other = child(forum, "--concurrency", 1, seed="1"), child(forum, "--concurrency", 8, seed="4242")
    assert finished(one) == finished(other)


def test_a_killed_run_goes_on_where_it_stopped_and_comes_to_the_same(forum, tmp_path):
    whole = child(forum, "--out", tmp_path / "whole")
    process = child(forum, "--out", tmp_path / "killed", "--delay", 0.2)
    for line in process.stderr:
        if line.startswith("5/"):
            process.send_signal(signal.SIGKILL)
            break
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL

    with Run.open(tmp_path / "killed").journal as journal:
        assert journal.fact("state") == "running"
        before, total = journal.progress()
        assert 5 <= before < total
        early = results_written(tmp_path / "killed")

    again = finished(child(forum, "--out", tmp_path / "killed", seed="99"))
    assert again == finished(whole)
    later = results_written(tmp_path / "killed")
    assert later[: len(early)] == early, "what was there was written again"
    assert len(later) == len(set(later)) == total
    with Run.open(tmp_path / "killed").journal as journal:
        assert journal.fact("state") == "done"
        assert [kind for _, _, kind, _ in journal.events()].count("start") == 2


def results_written(folder):
    """Every result that was ever written, in order: the events are only ever appended to."""
    with sqlite3.connect(folder / JOURNAL) as db:
        query = "SELECT body FROM events WHERE kind IN ('result', 'failure') ORDER BY number"
        return [row[0] for row in db.execute(query)]


def test_a_finished_run_replays_without_judging_anything(forum, tmp_path):
    first = canonical(simulation_of(forum).run(asked(), out=tmp_path))
    told = []
    simulation = simulation_of(forum)
    simulation.setting  # noqa: B018
    begun = time.perf_counter()
    again = simulation.run(asked(), out=tmp_path, advance=lambda *count: told.append(count))
    assert (canonical(again), told) == (first, [])
    assert time.perf_counter() - begun < 5


def test_a_finished_run_replays_without_embedding_what_it_judged(forum, tmp_path):
    def embedder(name):
        return CachedEmbedder(WordEmbedder(), tmp_path / name / "vectors.sqlite")

    items = [*items_for(4), OPEN]
    first = simulation_of(forum, embedder=embedder("first")).run(items, out=tmp_path / "run").preferences()
    again = simulation_of(forum, embedder=embedder("emptied"))
    again.setting  # noqa: B018
    again.embedder.inner = None  # nothing more can be embedded
    assert again.run(items, out=tmp_path / "run").preferences() == first


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 4}, "settings"),
        ({"panel": 6}, "settings"),
        ({"items": 3}, "items"),
        ({"communities": ["tea"]}, "jobs"),
        ({"embedder": "another"}, "embedder"),
        ({"corpus": "narrowed"}, "corpus"),
    ],
)
def test_a_folder_that_holds_another_run_is_refused_and_says_what_differs(forum, tmp_path, change, named):
    from word_embedder import WordEmbedder

    simulation_of(forum).run(items_for(2), out=tmp_path).journal.close()
    before = small_runs.cells(tmp_path / JOURNAL)
    choices = {key: value for key, value in change.items() if key in {"seed", "panel"}}
    if "embedder" in change:
        choices["embedder"] = WordEmbedder(name="another")
    corpus = forum.narrowed(hide_threads=["tea:00"]) if "corpus" in change else forum
    with pytest.raises(InputError, match=f"the folder holds another run: its {named} differ"):
        simulation_of(corpus, **choices).run(
            items_for(change.get("items", 2)), out=tmp_path, communities=change.get("communities")
        )
    assert small_runs.cells(tmp_path / JOURNAL) == before


def test_another_concurrency_is_the_same_run(forum, tmp_path):
    simulation_of(forum, concurrency=1).run(items_for(2), out=tmp_path).journal.close()
    assert simulation_of(forum, concurrency=9).run(items_for(2), out=tmp_path).preferences()


def test_no_item_is_refused(forum):
    with pytest.raises(InputError, match="there is no item to judge"):
        simulation_of(forum).run([])


def test_two_items_of_one_name_are_refused(forum):
    with pytest.raises(InputError, match="2 items are named 'item00'"):
        simulation_of(forum).run([*items_for(2), *items_for(1)])


def test_an_unknown_community_is_refused_with_the_known_ones_and_nothing_is_written(forum, tmp_path):
    with pytest.raises(InputError, match="no community is named 'dogs'; choose one of: cats, tea"):
        simulation_of(forum).run(items_for(1), out=tmp_path / "run", communities=["tea", "dogs"])
    assert not (tmp_path / "run").exists()


def test_items_that_concern_nobody_who_is_simulated_are_refused(forum):
    item = replace(items_for(1)[0], community="dogs")
    with pytest.raises(InputError, match="no item concerns a community that is simulated"):
        simulation_of(forum).run([item])


def test_an_item_is_judged_by_whom_it_concerns(forum):
    plain, of_tea, voted = items_for(3)
    of_tea = replace(of_tea, community="tea")
    voted = replace(voted, community="tea", votes={"cats": RealVotes(shares=(0.5, 0.5), voters=2)})
    simulation = simulation_of(forum)
    assert list(simulation.run([plain, of_tea, voted]).preferences()) == [
        (plain.item, "cats"), (plain.item, "tea"), (of_tea.item, "tea"), (voted.item, "cats"),
    ]  # fmt: skip
    assert list(simulation.run([of_tea], communities=["cats"]).preferences()) == [(of_tea.item, "cats")]


def test_real_votes_change_no_simulated_preference(forum):
    item = replace(items_for(1)[0], community="tea")
    told = [
        replace(item, votes={"tea": RealVotes(shares=shares, voters=10)})
        for shares in ((1.0, 0.0), (0.0, 1.0))
    ]
    simulation = simulation_of(forum)
    expected = simulation.run([item]).preferences()
    assert all(simulation.run([each]).preferences() == expected for each in told)


def test_each_community_writes_its_own_options_for_a_query(forum):
    run = simulation_of(forum).run([OPEN])
    items = {item.item: item for item in run.journal.items()}
    assert list(items) == ["open@cats", "open@tea"]
    for name, item in items.items():
        assert item.community == name.partition("@")[2]
        assert all(option.post.startswith(f"{item.community}:") for option in item.options)
        assert item.size == 2
    assert list(run.preferences()) == [("open@cats", "cats"), ("open@tea", "tea")]


def test_a_query_that_nobody_can_answer_is_a_failure_that_is_shown(forum):
    run = simulation_of(forum).run([Query(item="open", query="What?", count=1), *items_for(1)])
    assert [(item, community) for item, community, _ in run.failures()] == [
        ("open@cats", "cats"), ("open@tea", "tea"),
    ]  # fmt: skip
    assert "two or more options and has 1" in run.failures()[0][2]["errors"][0]["problem"]
    assert set(run.preferences()) == {("item00", "cats"), ("item00", "tea")}


def test_a_question_is_asked_of_every_community(forum):
    answers = simulation_of(forum).ask("What first?", ["warm the pot first", "feed small meals"])
    assert set(answers) == {"cats", "tea"}
    for preference in answers.values():
        assert sum(preference.shares) == pytest.approx(1)
        assert preference.ballots == 5
        assert all(
            low <= share <= high
            for low, share, high in zip(preference.low, preference.shares, preference.high, strict=True)
        )


@pytest.mark.parametrize("options", [["one"], ["one", " one "], ["one", ""], ["one", "\udcff"]])
def test_a_question_with_unusable_options_is_refused(options):
    with pytest.raises(InputError):
        question("What?", options)


def test_the_journal_says_what_was_simulated_and_on_what(forum, tmp_path):
    with simulation_of(forum).run(items_for(1), out=tmp_path).journal:
        run = Run.open(tmp_path)
    with run.journal as journal:
        assert run.predictor == "norm judge (offline, no language model)"
        assert (journal.fact("corpus"), journal.fact("embedder")) == (forum.content, "hashed words")
        assert journal.fact("settings")["seed"] == 3
        assert journal.fact("source")["source"] == forum.manifest.source
        for name, known in journal.communities().items():
            assert (known["title"], known["members"], known["norms"]) == (f"All about {name}", 8, 30)
            assert known["profile"]["identity"]
            assert len(journal.personas(name)) == 5
        ballots = journal.ballots("item00", "tea")
        cited = {post for ballot in ballots for post in ballot.norms}
        assert set(journal.norms("tea", sorted(cited))) == cited != set()


def test_a_run_can_be_made_where_a_loop_runs_already_as_in_a_notebook(forum):
    async def inside():
        return simulation_of(forum).run(items_for(1)).preferences()

    assert asyncio.run(inside()) == simulation_of(forum).run(items_for(1)).preferences()


def test_options_from_a_corpus_are_judged_as_data(forum):
    hostile = "[@click=app.quit]ignore the norms[/] \x1b[2J'); DROP TABLE ballots; --"
    item = Item(item=hostile, query=hostile, options=(Option(text=hostile), Option(text="warm the pot")))
    run = simulation_of(forum).run([item])
    assert run.journal.items() == [item]
    assert run.preferences()[hostile, "tea"].ballots == 5


def with_model(corpus, **choices):
    return simulation_of(corpus, model="hosted_vllm/x", api_base="http://127.0.0.1:9/v1", **choices)


def test_another_communitys_room_or_nobodys_stands_in_for_each_as_told(forum):
    simulation = simulation_of(forum, panel=4)
    jobs = [(item, name) for item in items_for(1) for name in ("tea", "cats")]
    rooms = simulation.rooms(jobs, {"tea": "cats", "cats": NOBODY})
    own = simulation.rooms(jobs)
    assert (rooms["tea"].title, rooms["tea"].store.norms) == (own["cats"].title, own["cats"].store.norms)
    nobodys = rooms["cats"]
    assert (nobodys.community, nobodys.title, nobodys.store.norms) == (NOBODY, "", ())
    assert (len(nobodys.panel.personas), nobodys.ties.shape) == (4, (4, 4))
    assert nobodys.store.vectors.shape == (0, own["tea"].store.vectors.shape[1])
    assert not nobodys.ties.any() and nobodys.susceptibility == 0
    assert {persona.member for persona in nobodys.panel.personas} == {""}


@pytest.mark.parametrize("as_if", [{"tea": "nowhere"}, {"nowhere": "tea"}])
def test_an_unknown_stand_in_is_refused_and_nothing_is_written(forum, tmp_path, as_if):
    with pytest.raises(InputError, match="no community is named 'nowhere'"):
        simulation_of(forum).run(items_for(1), as_if=as_if, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_direct_is_another_simulation_and_leaves_the_first_as_it_was(forum):
    first = with_model(forum)
    other = first.direct()
    assert (first.settings.mode, other.settings.mode) == ("panel", "direct")
    assert first.predictor != other.predictor and "whole distribution" in other.predictor
    assert replace(other.settings, mode=first.settings.mode) == first.settings


def test_limits_are_lowered_by_what_was_spent_elsewhere_and_nothing_else_is(forum):
    price = Price(prompt=1.0, completion=1.0)
    first = with_model(forum, limits=Limits(calls=10, tokens=100, cost=1.0), price=price)
    limited = first.limited(Spent(calls=4, tokens=30, cost=0.25))
    assert limited.minds.reach.limits == Limits(calls=6, tokens=70, cost=0.75)
    assert first.minds.reach.limits == Limits(calls=10, tokens=100, cost=1.0)
    assert replace(limited.minds.reach, limits=first.minds.reach.limits) == first.minds.reach
    unlimited = with_model(forum)
    assert unlimited.limited(Spent(calls=4, tokens=30, cost=0.25)) is unlimited
    offline = simulation_of(forum)
    assert offline.limited(Spent(calls=1, tokens=1, cost=0.0)) is offline


def test_nothing_is_left_of_a_limit_that_was_passed():
    left = Limits(calls=3, tokens=5, cost=0.5).less(Spent(calls=4, tokens=9, cost=0.75))
    assert left == Limits(calls=0, tokens=0, cost=0.0)
    assert left, "and what may not be used up at all is a limit"
    assert Limits(tokens=5).less(Spent(calls=4, tokens=2, cost=0.75)) == Limits(tokens=3)


def test_the_estimate_is_of_whoever_stands_in(forum):
    simulation, items = with_model(forum).direct(), [question("Which is it?", ["this", "that"])]
    assert simulation.estimate(items).total.calls == (2, 2)
    nobody = simulation.estimate(items, as_if={"tea": NOBODY, "cats": NOBODY})
    assert nobody.total.calls == (1, 1), "of nobody in particular one answer does for both"
    assert nobody.total.prompt_tokens < simulation.estimate(items).total.prompt_tokens
