"""Snapshots hold what journals and corpora say, figure for figure."""

from __future__ import annotations

import json
import sqlite3

import pytest

from personas.errors import InputError
from simulator.journal import Journal
from simulator.journal.control import pause
from tui.reading.communities import read_communities, read_posts
from tui.reading.items import read_item
from tui.reading.provenance import state_of_run
from tui.reading.scores import read_scores
from tui.reading.shelf import find_folders, read_shelf


def test_corpora_and_runs_are_found_two_levels_deep_and_no_deeper(home):
    assert {path.name for path in find_folders([home])} == {"tea.corpus", "run1"}
    assert {path.name for path in find_folders([home.parent])} == {"tea.corpus", "run1"}
    deep = home.parent.parent / f"{home.parent.name}-deep" / "a" / "b"
    deep.mkdir(parents=True)
    home.rename(deep / "home")
    assert find_folders([deep.parent.parent]) == ()


def test_a_folder_that_is_not_there_is_an_error_of_the_input(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        find_folders([tmp_path / "nowhere"])


def test_the_current_folder_is_searched_where_none_is_named(home, monkeypatch):
    monkeypatch.chdir(home)
    assert {path.name for path in find_folders([])} == {"tea.corpus", "run1"}


def test_the_shelf_says_what_each_corpus_and_run_is(home):
    shelf = read_shelf(find_folders([home]))
    (corpus,), (run,) = shelf.corpora, shelf.runs
    assert (corpus.title, corpus.fictional, corpus.communities, corpus.posts) == ("Tea and cats", True, 2, 48)
    assert (run.corpus, run.state, run.done, run.total, run.scored) == ("Tea and cats", "done", 12, 12, True)
    assert shelf.fictional


def test_what_is_damaged_is_listed_with_its_problem(home):
    manifest = home / "tea.corpus" / "manifest.json"
    manifest.write_text(json.dumps({"format": "commonbond-corpus/1"}))
    (home / "run1" / "journal.sqlite").write_bytes(
        b"no database at all, but long enough to look like one" * 40
    )
    shelf = read_shelf(find_folders([home]))
    assert "damaged" in shelf.corpora[0].problem
    assert shelf.runs[0].problem


def test_a_manifest_of_something_else_is_no_corpus(tmp_path):
    (tmp_path / "manifest.json").write_text('{"name": "a browser extension"}')
    assert find_folders([tmp_path]) == ()


@pytest.mark.parametrize("said", ["done", "running", "stopped"])
def test_a_run_is_running_while_an_engine_holds_it_and_else_what_its_journal_says(tmp_path, said):
    with Journal.create(tmp_path) as held:
        held.set_facts({"state": said})
        assert state_of_run(held, tmp_path) == ("done" if said == "done" else "running")
        held.set_facts({"command": {"arguments": ["bench"]}})
        assert state_of_run(held, tmp_path) == "running"
        pause(tmp_path)
        assert state_of_run(held, tmp_path) == "paused"
    with Journal.read(tmp_path) as left:
        assert state_of_run(left, tmp_path) == {"running": "unfinished"}.get(said, said)


def test_an_item_has_its_ballots_by_round_and_the_norms_behind_them(home):
    view = read_item(home / "run1", "item-0", "tea")
    with Journal.read(home / "run1") as journal:
        ballots = journal.ballots("item-0", "tea")
    assert len(view.ballots) == len(ballots) > 0
    assert [ballot.persona for ballot in view.of_round(0)] == [b.persona for b in ballots if b.round == 0]
    cited = {post for ballot in ballots for post in ballot.norms}
    assert cited
    assert set(view.norms) == cited
    assert all(0 < norm.endorsement < 1 and norm.support > 0 for norm in view.norms.values())


def test_an_item_that_was_not_judged_is_an_error_of_the_input(home):
    with pytest.raises(InputError, match="nothing has come"):
        read_item(home / "run1", "item-0", "cats")


def test_communities_of_a_run_have_both_scores_and_every_sentence_its_posts(home):
    view = read_communities(home / "run1")
    with Journal.read(home / "run1") as journal:
        known = journal.communities()
    assert [community.name for community in view.communities] == list(known)
    for community in view.communities:
        cohesion = known[community.name]["cohesion"]
        assert (community.identity, community.bond) == (cohesion["identity"], cohesion["bond"])
        assert community.sentences
        assert all(sentence.posts for sentence in community.sentences)
    assert view.provenance.predictor.startswith("norm judge")


def test_a_corpus_says_that_its_communities_were_not_looked_at_and_reads_them_when_they_were(home):
    corpus = home / "tea.corpus"
    assert "not been looked at" in read_communities(corpus).missing
    with Journal.read(home / "run1") as journal:
        body = {"communities": journal.communities(), "method": "", "warnings": ["mind the gap"]}
    (corpus / "communities.json").write_text(json.dumps(body))
    view = read_communities(corpus)
    assert (view.missing, view.warnings) == ("", ("mind the gap",))
    assert {community.name for community in view.communities} == {"tea", "cats"}


def test_posts_come_in_the_order_in_which_they_are_named_and_unknown_ones_are_left_out(home):
    posts = read_posts(home / "tea.corpus", ("tea:1/1", "nowhere", "tea:0"))
    assert [post.post for post in posts] == ["tea:1/1", "tea:0"]
    assert posts[1].title == "Question 0 about tea"


def test_posts_of_a_corpus_that_is_gone_are_an_error_of_the_input(tmp_path):
    with pytest.raises(InputError):
        read_posts(tmp_path, ("tea:0",))


def test_the_score_card_is_read_as_it_stands(home):
    card = read_scores(home / "run1")
    assert card.tasks[0].rows[0].mean == 0.4123
    with sqlite3.connect(home / "run1" / "journal.sqlite") as db:
        db.execute("DELETE FROM facts WHERE name = 'scores'")
    assert not read_scores(home / "run1").scored


def test_the_run_of_preference_data_is_called_by_the_datas_name_too(tmp_path):
    from tui.reading.provenance import run_name

    assert [run_name(tmp_path / name) for name in ("prefs/run", "tea-run", "run1")] == [
        "prefs/run", "tea-run", "run1",
    ]  # fmt: skip
