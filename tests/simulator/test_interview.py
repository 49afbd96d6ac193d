"""A language-model persona is asked on in its own conversation; its answer is kept, and costs nothing again."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from small_corpora import make_corpus
from small_runs import forum, items_for
from stand_in import stand_in
from word_embedder import WordEmbedder

from personas.errors import InputError, StoppedError
from simulator.export.tracing.calls_behind import calls_behind
from simulator.interview import USUAL, answers_before, interview, reach_of
from simulator.journal import Journal
from simulator.models.choices import Limits
from simulator.models.model import ModelError, Reply, Usage
from simulator.simulation import Simulation

WHO = ("item00", "tea", "tea#1")


class Told:
    """A model that says the same to everybody, or fails, and remembers what it was asked."""

    name = "hosted_vllm/stand-in"

    def __init__(self, text="Because the pot was cold.", failing=0):
        self.text, self.failing, self.calls = text, failing, []

    async def complete(self, call):
        self.calls.append(call)
        if len(self.calls) <= self.failing:
            raise ModelError("rejected", "not now")
        return Reply(text=self.text, usage=Usage(prompt_tokens=900, completion_tokens=9))

    async def close(self):
        pass


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of two items on the stand-in server, which is gone."""
    home = tmp_path_factory.mktemp("interview")
    corpus = make_corpus(home / "tea.corpus", forum(8), title="Tea and cats")
    with stand_in(faults={"wrong_schema": 0.3}, seed=5) as server:
        Simulation(
            corpus, seed=3, embedder=WordEmbedder(), panel=3, smallest=2, recheck=1.0,
            model="hosted_vllm/stand-in", api_base=server.api_base,
        ).run(items_for(2), out=home / "run").journal.close()  # fmt: skip
    return home / "run"


@pytest.fixture
def run(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    return tmp_path / "run"


def test_the_question_goes_on_with_the_conversation_that_brought_the_last_ballot(run):
    model = Told()
    found = interview(run, *WHO, question="And the pot?", own=model)
    with Journal.read(run) as journal:
        calls = journal.ledger.calls_of(*WHO)
    (sent,) = model.calls
    judged = [call for call in calls if call.phase in {"judge", "discuss"}][-1]
    assert sent.messages[: len(judged.messages)] == judged.messages
    assert [message.role for message in sent.messages[-2:]] == ["assistant", "user"]
    assert sent.messages[-2].text in {call.reply.text for call in calls if call.reply and call.phase != "why"}
    assert "And the pot?" in sent.messages[-1].text
    assert (sent.phase, sent.schema, sent.letters) == ("why", None, ())
    assert (found.text, found.kept, found.model) == (model.text, False, model.name)


def test_whoever_is_asked_goes_on_from_the_very_reply_that_its_last_ballot_came_of(run):
    with Journal.read(run) as journal:
        last = {
            (name, community, ballot.persona): ballot
            for name, community, _ in journal.results()
            for ballot in journal.ballots(name, community)
        }
        last = {
            who: ballot
            for who, ballot in last.items()
            if not ballot.failure and "keeps its ballot" not in ballot.reason
        }
        phases = {call.phase for who in last for call in journal.ledger.calls_of(*who)}
    assert {"judge", "discuss", "recheck", "repair"} <= phases
    assert len({ballot.round for ballot in last.values()}) > 1
    for who, ballot in last.items():
        model = Told()
        interview(run, *who, own=model)
        said = model.calls[0].messages[-2].text
        assert ballot.reason and ballot.reason in said, who


def test_the_recheck_in_reverse_is_not_the_conversation_that_is_gone_on_with(run):
    model = Told()
    interview(run, *WHO, own=model)
    with Journal.read(run) as journal:
        rechecks = [call for call in journal.ledger.calls_of(*WHO) if call.phase == "recheck"]
    assert rechecks
    for call in rechecks:
        assert model.calls[0].messages[: len(call.messages)] != call.messages


def test_the_same_question_again_is_answered_from_the_journal_without_a_model(run):
    first = interview(run, *WHO, own=Told())
    again = interview(run, *WHO, own=Told("something else"))
    assert again == replace(first, kept=True)
    other = interview(run, *WHO, question="And then?", own=Told("something else"))
    assert other.text == "something else" and not other.kept


def test_what_was_asked_before_is_read_with_its_answers(run):
    interview(run, *WHO, own=Told("one"))
    interview(run, *WHO, question="Really?\nYes?", own=Told("two"))
    with Journal.read(run) as journal:
        found = answers_before(journal, *WHO)
        assert [(question, call.reply.text) for question, call in found] == [
            (USUAL, "one"),
            ("Really?\nYes?", "two"),
        ]
        assert answers_before(journal, *WHO[:2], "tea#2") == ()


def test_the_answer_counts_as_used_up_and_is_no_ballot(run):
    with Journal.read(run) as journal:
        before, ballots = journal.ledger.spent(), journal.ballots(*WHO[:2])
        behind = calls_behind(journal.ledger, journal.item(WHO[0]), WHO[1])
    interview(run, *WHO, own=Told())
    with Journal.read(run) as journal:
        after = journal.ledger.spent()
        assert (after.calls, after.tokens) == (before.calls + 1, before.tokens + 909)
        assert journal.ballots(*WHO[:2]) == ballots and journal.fact("state") == "done"
        assert [row.calls for row in journal.ledger.usage() if row.phase == "why"] == [1]
        # What a row of preference data rests on is what brought the ballots, not what was said of them later.
        assert calls_behind(journal.ledger, journal.item(WHO[0]), WHO[1]) == behind


def test_the_runs_limits_hold_for_questions_too(run):
    with Journal.read(run) as journal:
        spent, reach = journal.ledger.spent(), reach_of(journal)
    model = Told()
    with pytest.raises(StoppedError, match="limit"):
        interview(run, *WHO, reach=replace(reach, limits=Limits(calls=spent.calls)), own=model)
    assert not model.calls


def test_a_question_that_failed_once_can_be_asked_again(run):
    with pytest.raises(InputError, match="rejected"):
        interview(run, *WHO, own=Told(failing=9))
    assert interview(run, *WHO, own=Told("at last")).text == "at last"
    assert interview(run, *WHO, own=Told("never asked")).text == "at last"


def test_a_question_is_cleaned_of_what_nobody_sees_and_may_not_be_empty(run):
    model = Told()
    interview(run, *WHO, question=" wh\u200by\x1b[31m? {question} ", own=model)
    told = model.calls[0].messages[-1].text
    assert "\x1b" not in told and "\u200b" not in told and "{question}" in told
    with pytest.raises(InputError, match="empty"):
        interview(run, *WHO, question=" \u200b ", own=model)


def test_who_was_never_answered_for_is_refused(run):
    for who in (("item00", "tea", "tea#7"), ("no item", "tea", "tea#1")):
        with pytest.raises(InputError, match="no answered call"):
            interview(run, *who, own=Told())


def test_an_offline_run_has_no_model_to_ask(tmp_path):
    corpus = make_corpus(tmp_path / "tea.corpus", forum(8), title="Tea and cats")
    Simulation(corpus, seed=3, embedder=WordEmbedder(), panel=3, smallest=2).run(
        items_for(2), out=tmp_path / "run"
    ).journal.close()
    with (
        Journal.read(tmp_path / "run") as journal,
        pytest.raises(InputError, match="no language model judged"),
    ):
        reach_of(journal)
    with pytest.raises(InputError, match="no answered call"):
        interview(tmp_path / "run", "item00", "tea", "tea#1")
