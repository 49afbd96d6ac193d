"""`commonbond why` and `commonbond panel` look into a run's personas, offline and on a language model."""

from __future__ import annotations

import json
import shutil

import pytest
from stand_in import stand_in

from personas.corpus import Corpus
from simulator.journal import Journal
from simulator.simulation import Simulation

SMALL = ("--panel", 4, "--rounds", 2)


@pytest.fixture(scope="module")
def offline(commands):
    """An offline run of three held-out items: its folder, and one of its ballots."""
    done = commands(
        "simulate", commands.corpus, "--out", "why-run", "--items", 3, *SMALL, "--json", words=True
    )
    assert done.code == 0, done.err
    return commands.home / "why-run", ballot(commands.home / "why-run")


@pytest.fixture(scope="module")
def asked(commands):
    """A run on a model, and the server that answers."""
    with stand_in(processes=1) as server:
        model = ("--model", "hosted_vllm/stand-in", "--api-base", server.api_base)
        line = ("simulate", commands.corpus, "--out", "why-model", "--items", 1, *SMALL, *model, "--json")
        done = commands(*line, words=True)
        assert done.code == 0, done.err
        yield commands.home / "why-model", ballot(commands.home / "why-model"), server


def ballot(folder):
    """The arguments that name a run's first ballot."""
    with Journal.read(folder) as journal:
        item, community, _ = next(journal.results())
        persona = journal.ballots(item, community)[1].persona
    return ("--item", item, "--community", community, "--persona", persona)


def test_an_account_agrees_with_the_ballot_and_names_the_sentence(commands, offline):
    folder, who = offline
    done = commands("why", folder, *who, "--norms", 2, "--json", words=True)
    found = done.answer("why")
    assert (done.code, found["answer"], found["account"]["agrees"]) == (0, None, True)
    assert [each["shares"] for each in found["account"]["rounds"]] == [
        pytest.approx(each["shares"]) for each in found["ballots"]
    ]
    norms = [norm for option in found["account"]["options"] for norm in option["norms"]]
    assert norms and all(norm["sentence"] and norm["sentence"] in norm["norm"]["text"] for norm in norms)
    assert all(len(option["norms"]) <= 2 for option in found["account"]["options"])
    assert found["corpus"]["fictional"] is True


def test_an_account_in_words_names_the_ballot_and_every_option(commands, offline):
    folder, who = offline
    done = commands("why", folder, *who, words=True)
    assert done.code == 0 and "FICTIONAL" in done.out and f"{who[-1]} chose" in done.out
    assert "A: share " in done.out and "B: share " in done.out and "memory" in done.out


def test_a_run_from_python_on_the_default_split_can_be_asked_too(commands, offline):
    from word_embedder import WordEmbedder

    with Corpus.open(commands.corpus) as corpus:
        from bench.split import hold_out

        split = hold_out(corpus, seed=7)
        simulation = Simulation(split.train, seed=7, panel=4, rounds=0, embedder=WordEmbedder())
        items = split.items(simulation.setting.membership).items[:1]
        simulation.run(items, out=commands.home / "from-python").journal.close()
    folder = commands.home / "from-python"
    found = commands("why", folder, *ballot(folder), "--json", words=True).answer("why")
    assert found["account"]["agrees"]


def test_another_corpus_than_the_runs_is_refused(commands, offline):
    folder, who = offline
    other = commands.home / "other.corpus"
    shutil.copytree(commands.corpus, other)
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["content"] = "0" * 64
    (other / "manifest.json").write_text(json.dumps(manifest))
    commands("why", folder, *who, "--corpus", other, words=True).refused("not what the run took place in")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"--persona": "tea#77"}, "cast no ballot"),
        ({"--item": "no such item"}, "no item 'no such item'"),
        ({"--community": "birds"}, "nobody of 'birds'"),
    ],
)
def test_a_ballot_that_is_not_there_is_refused(commands, offline, changed, told):
    folder, who = offline
    named = dict(zip(who[::2], who[1::2], strict=True)) | changed
    commands.quick("why", folder, *(part for pair in named.items() for part in pair)).refused(told)


def test_a_question_to_the_offline_engine_is_refused_before_any_work(commands, offline):
    folder, who = offline
    commands.quick("why", folder, *who, "--question", "And?").refused("--question", "takes no question")
    commands.quick("why", folder, *who, "--max-cost", 1).refused("--max-cost")


def test_a_persona_on_a_model_answers_once_and_is_read_from_the_journal_after_that(commands, asked):
    folder, who, server = asked
    before = server.count()["requests"]
    done = commands.quick("why", folder, *who, "--question=--really?", "--json")
    found = done.answer("why")
    assert (done.code, found["account"]) == (0, None), done.err
    assert (found["answer"]["question"], found["answer"]["kept"]) == ("--really?", False)
    assert found["answer"]["text"] and server.count()["requests"] == before + 1
    again = commands.quick("why", folder, *who, "--question=--really?", "--json").answer("why")
    assert again["answer"] == found["answer"] | {"kept": True}
    assert again["earlier"] == [{"question": "--really?", "text": found["answer"]["text"]}]
    assert server.count()["requests"] == before + 1
    told = commands.quick("why", folder, *who, "--question=--really?")
    assert "nothing was asked anew" in told.out


def test_the_limits_of_a_question_are_refused_before_it_is_sent(commands, asked):
    folder, who, server = asked
    before = server.count()["requests"]
    done = commands.quick("why", folder, *who, "--question", "More?", "--max-calls", 1)
    assert done.code == 1 and "limit" in done.err
    assert server.count()["requests"] == before


def test_a_panel_has_memories_ties_and_prompts_as_they_are_sent(commands, asked):
    folder, who, _ = asked
    named = ("--community", who[3], "--item", who[1], "--norms", 3)
    found = commands("panel", folder, *named, "--json", words=True).answer("panel")
    assert len(found["personas"]) == 4
    with Journal.read(folder) as journal:
        for persona in found["personas"]:
            assert persona["memory"] and len(persona["memory"]) <= 3
            assert 0 < persona["remembered"] <= found["known"]
            call = journal.ledger.calls_of(who[1], who[3], persona["persona"])[0]
            assert [each["content"] for each in persona["messages"]] == [sent.text for sent in call.messages]
            assert 0 < persona["shared"] < sum(len(each["content"]) for each in persona["messages"])
            heard = {name for each in journal.ballots(who[1], who[3]) for name in each.heard
                     if each.persona == persona["persona"]}  # fmt: skip
            assert heard <= {tie["persona"] for tie in persona["ties"] if tie["hears"]}


def test_one_persona_of_an_offline_panel_is_shown_in_words(commands, offline):
    folder, who = offline
    done = commands("panel", folder, "--community", who[3], "--persona", who[5], words=True)
    assert done.code == 0 and done.out.count("remembers ") == 1 and f"{who[5]}: remembers" in done.out
    commands("panel", folder, "--community", who[3], "--persona", "x", words=True).refused("no persona of")
