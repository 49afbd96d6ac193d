"""From prompts to training data in Python: who is asked what, what is left out, and which folders are refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_corpora import make_corpus
from small_runs import forum as threads
from small_runs import simulation_of

from personas.errors import InputError
from simulator.export import PreferenceData, Prompt, Selection, synthesise
from simulator.export.synthesis import Asked, asked_of, check_folder
from simulator.item import Turn
from simulator.jobs import Jobs
from simulator.room import NOBODY

PROMPTS = tuple(
    Prompt(prompt=f"p{number}", query=f"What of the {thing}, number {number}?")
    for number, thing in enumerate(("pot", "cat", "water", "box", "leaves", "brush"))
)
LOOSE = Selection(min_probability=None, test_share=0.3, ties="soft")


@pytest.fixture(scope="module")
def forum(tmp_path_factory):
    with make_corpus(tmp_path_factory.mktemp("forum") / "forum.corpus", threads()) as corpus:
        yield corpus


def asked(sets, prompts=PROMPTS, **more):
    return Asked(prompts, candidates=3, sets=sets, communities=("cats", "tea"), **more)


def test_a_shared_set_is_asked_of_nobody_an_own_one_of_whoever_judges_and_a_crossed_one_of_each():
    told = {
        sets: [(query.item, query.writer) for query in asked(sets, PROMPTS[:2])]
        for sets in ("shared", "own", "crossed")
    }
    assert told["shared"] == [("p0", NOBODY), ("p1", NOBODY)]
    assert told["own"] == [("p0", None), ("p1", None)]
    assert told["crossed"] == [
        ("p0@cats", "cats"), ("p0@tea", "tea"), ("p1@cats", "cats"), ("p1@tea", "tea"),
    ]  # fmt: skip


@given(
    st.sets(st.sampled_from([prompt.prompt for prompt in PROMPTS])),
    st.sampled_from(["shared", "own", "crossed"]),
)
def test_what_is_asked_can_be_gone_through_again_and_is_as_long_as_it_says(excluded, sets):
    queries = asked(sets, excluded=frozenset(excluded))
    once, again = list(queries), list(queries)
    assert once == again
    assert len(queries) == len(once) == (len(PROMPTS) - len(excluded)) * (2 if sets == "crossed" else 1)
    assert not {query.item.partition("@")[0] for query in once} & excluded
    assert all(query in queries for query in once)


def test_a_query_has_what_its_prompt_says():
    turns = (Turn(role="user", text="a"), Turn(role="assistant", text="b"))
    (query,) = asked("shared", [Prompt(prompt="x", query="c", turns=turns, pool=("d", "e"))])
    assert (query.item, query.query, query.turns, query.pool, query.count) == ("x", "c", turns, ("d", "e"), 3)


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        ({"candidates": 1}, "sets of 1 candidates"),
        ({"candidates": 27}, "sets of 27 candidates"),
        ({"sets": "mine"}, "no sets are named 'mine'.*shared, own, crossed"),
    ],
)
def test_what_cannot_be_asked_is_refused(choices, told):
    with pytest.raises(InputError, match=told):
        Asked(PROMPTS, **{"candidates": 3, "sets": "shared", "communities": ("tea",), **choices})


def test_communities_that_are_named_are_asked_and_no_others(forum, tmp_path):
    run, _ = synthesise(
        simulation_of(forum), PROMPTS, out=tmp_path, communities=["tea"], sets="crossed", selection=LOOSE
    )
    assert {community for _, community in run.preferences()} == {"tea"}
    assert {item.community for item in run.journal.items()} == {"tea"}
    with pytest.raises(InputError, match="no community is named 'dogs'"):
        asked_of(simulation_of(forum), PROMPTS, communities=["dogs"])


def test_a_repeated_prompt_is_left_out_before_the_run_and_counted(forum, tmp_path):
    exclude = ["WHAT of the pot -- number 0", "nothing like it"]
    run, export = synthesise(simulation_of(forum), PROMPTS, out=tmp_path, exclude=exclude, selection=LOOSE)
    assert [item.item for item in run.journal.items()] == ["p1", "p2", "p3", "p4", "p5"]
    assert export.manifest.left_out == {"prompts that the test part of a benchmark asks": 1}


@pytest.mark.parametrize(("alike", "kept"), [(0.4, 5), (0.99, 6)])
def test_how_near_a_repeated_prompt_must_be_is_the_selections(forum, tmp_path, alike, kept):
    selection = Selection(min_probability=None, ties="soft", alike=alike)
    exclude = ["What, I say, of the brush, number 5?"]
    run, _ = synthesise(simulation_of(forum), PROMPTS, out=tmp_path, exclude=exclude, selection=selection)
    assert len(run.journal.items()) == kept


def test_when_no_prompt_is_left_that_is_an_error(forum):
    with pytest.raises(InputError, match="no prompt is left: all 6 are asked"):
        asked_of(simulation_of(forum), PROMPTS, exclude=[prompt.query for prompt in PROMPTS])
    with pytest.raises(InputError, match="no prompt is left: there is none"):
        asked_of(simulation_of(forum), [])


def test_the_data_lies_beside_its_run_and_says_where_the_candidates_come_from(forum, tmp_path):
    prompts = [
        *PROMPTS,
        Prompt(prompt="pool", query="Which?", pool=("warm the pot", "let the cat come", "x")),
    ]
    run, export = synthesise(
        simulation_of(forum), prompts, out=tmp_path, candidates=3, selection=LOOSE, language=["en"]
    )
    assert run.journal.folder == tmp_path / "run"
    assert export.manifest.run["folder"] == "run"
    judged = export.manifest.judged
    assert (judged["candidates"], judged["taken_from_posts"], judged["given"]) == (21, 18, 3)
    assert export.manifest.diversity["sets"] == 7
    data = PreferenceData.open(tmp_path)
    rows = [row for config, split in data.parts() for row in data.rows(config, split)]
    assert rows
    assert {row["run"] for row in rows} == {export.manifest.run["identity"]}
    assert data.verify() == []
    assert "- en" in (tmp_path / "README.md").read_text()


def test_a_folder_is_looked_at_before_anything_is_done(forum, tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    simulation = simulation_of(forum)
    with pytest.raises(InputError, match="holds other things: mine.txt"):
        synthesise(simulation, PROMPTS, out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_data_of_a_run_that_lies_elsewhere_is_not_written_over(forum, tmp_path):
    synthesise(simulation_of(forum), PROMPTS, out=tmp_path / "a", selection=LOOSE)
    (tmp_path / "a/run").rename(tmp_path / "moved")
    with pytest.raises(InputError, match="which lies elsewhere"):
        check_folder(tmp_path / "a")


def test_another_run_is_refused_as_such_and_costs_nothing(forum, tmp_path):
    synthesise(simulation_of(forum), PROMPTS, out=tmp_path, selection=LOOSE)
    with pytest.raises(InputError, match="the folder holds another run: its items differ"):
        synthesise(simulation_of(forum), PROMPTS[:3], out=tmp_path, selection=Selection(min_margin=0.5))
    with pytest.raises(InputError, match="another run: its settings differ .seed was 3 and is 4"):
        synthesise(simulation_of(forum, seed=4), PROMPTS, out=tmp_path, selection=LOOSE)


def test_another_selection_is_refused_unless_it_may_replace(forum, tmp_path):
    out = tmp_path / "a"
    synthesise(simulation_of(forum), PROMPTS, out=out, selection=LOOSE)
    strict = Selection(min_probability=None, min_margin=0.01, test_share=0.3, ties="soft")
    with pytest.raises(InputError, match="min_margin was 0.0 and is 0.01"):
        synthesise(simulation_of(forum), PROMPTS, out=out, selection=strict)
    _, export = synthesise(simulation_of(forum), PROMPTS, out=out, selection=strict, replace=True)
    assert export.manifest.selection == strict


def test_jobs_are_made_anew_at_each_look_and_counted_once(forum):
    membership = simulation_of(forum).setting.membership
    jobs = Jobs(asked("crossed"), membership, None)
    assert len(jobs) == len(list(jobs)) == len(list(jobs)) == 6 * 2 * 2
    assert jobs.writers == jobs.communities == ("cats", "tea")
    assert Jobs(asked("own"), membership, ["tea"]).writers == ()
    assert [query.item for query, _ in Jobs(asked("own", PROMPTS[:1]), membership, None)] == [
        "p0@cats",
        "p0@tea",
    ]
    first = next(iter(jobs))
    assert first in jobs
    assert (first[0], "dogs") not in jobs
