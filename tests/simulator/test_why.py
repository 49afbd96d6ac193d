"""An offline persona's account is worked out again from its memory, and holds to its ballot or says that it does not."""

from __future__ import annotations

import numpy as np
import pytest
from small_corpora import make_corpus
from small_runs import forum, items_for
from word_embedder import WordEmbedder

from personas.errors import InputError
from personas.norms import Norm, NormStore
from personas.persona import Panel, Persona
from simulator.item import Ballot, Item, Option
from simulator.journal import Journal
from simulator.room import Room
from simulator.settings import Settings
from simulator.simulation import Simulation
from simulator.why import account

TAU = 10.0


class Two:
    """Texts that begin with a are one direction, all others the other."""

    name, english = "two", False

    def embed(self, texts):
        return np.array([[1, 0] if text.startswith("a") else [0, 1] for text in texts], np.float32)


def norm(post, text, endorsement, support, author="x"):
    return Norm(
        post=post, title="", text=text, author=author, endorsement=endorsement, support=support, basis="votes"
    )


def one_room(*norms, ties=((0.0, 0.0), (0.0, 0.0)), susceptibility=0.0):
    """A room of two personas, the first modelled on the member ann."""
    vectors = Two().embed([each.text for each in norms])
    panel = Panel(
        community="tea",
        personas=(
            Persona(persona="tea#0", community="tea", member="ann"),
            Persona(persona="tea#1", community="tea"),
        ),
    )
    return Room(
        panel=panel,
        store=NormStore(community="tea", norms=norms, vectors=vectors, model="two"),
        ties=np.array(ties),
        susceptibility=susceptibility,
    )


ITEM = Item(item="i", query="q?", options=(Option(text="a yes"), Option(text="b no")))


def told(room, ballots, persona="tea#0", item=ITEM, **more):
    settings = Settings(seed=7, panel=2)
    return account(item, room, ballots, persona, settings=settings, embedder=Two(), sharpness=TAU, **more)


def cast(persona, choice, *shares, **more):
    return Ballot(persona=persona, choice=choice, shares=shares, order=(0, 1), **more)


def test_with_one_norm_by_the_personas_own_member_the_figures_are_known_by_hand():
    room = one_room(norm("p", "a thing", 0.8, 4, author="ann"))
    found = told(room, [cast("tea#0", 0, 0.5, 0.5)])
    # One norm is all there is near either option, so both have its endorsement and share alike.
    assert [option.score for option in found.options] == pytest.approx([0.8, 0.8])
    assert [option.share for option in found.options] == pytest.approx([0.5, 0.5])
    near, far = (option.norms[0] for option in found.options)
    assert (near.cosine, far.cosine) == (1.0, 0.0)
    assert (near.weight, far.weight) == (1, 1) and near.own and near.norm.post == "p"
    assert (found.remembered, found.known, found.agrees) == (1, 1, True)


def test_weights_follow_the_support_and_the_nearness_and_add_up_to_one():
    norms = [
        norm("p", "a one", 0.9, 9, "ann"),
        norm("q", "a two", 0.3, 1, "ann"),
        norm("r", "b far", 0.5, 1, "ann"),
    ]
    first = told(one_room(*norms), [cast("tea#0", 0, 0.5, 0.5)], listed=9).options[0]
    weighed = {each.norm.post: each for each in first.norms}
    raw = {
        post: each.times * np.sqrt(each.norm.support) * np.exp(TAU * (each.cosine - 1))
        for post, each in weighed.items()
    }
    assert set(raw) == {"p", "q", "r"}
    for post, each in weighed.items():
        assert each.weight == pytest.approx(raw[post] / sum(raw.values()))
    assert sum(each.weight for each in first.norms) == pytest.approx(1)
    assert first.score == pytest.approx(sum(each.weight * each.norm.endorsement for each in first.norms))
    assert [each.weight for each in first.norms] == sorted((e.weight for e in first.norms), reverse=True)


def test_an_option_that_rejects_its_claim_scores_one_minus_what_is_endorsed():
    item = Item(
        item="i",
        query="q?",
        options=(
            Option(text="agree", claim="a claim"),
            Option(text="disagree", claim="a claim", polarity=-1),
        ),
    )
    found = told(one_room(norm("p", "a thing", 0.8, 4, "ann")), [cast("tea#0", 0, 0.8, 0.2)], item=item)
    assert [option.score for option in found.options] == pytest.approx([0.8, 0.2])
    assert [option.against for option in found.options] == [False, True]
    assert found.agrees


def test_the_sentence_that_is_nearest_to_the_option_is_told():
    long = "But this sentence is about other things. also here a longer one that begins with the letter a."
    found = told(one_room(norm("p", long, 0.8, 4, "ann")), [cast("tea#0", 0, 0.5, 0.5)])
    near, far = (option.norms[0].sentence for option in found.options)
    assert near.startswith("also here") and far.startswith("But this")


def test_whom_it_heard_is_told_with_the_part_of_its_bonds_and_who_moved_it():
    room = one_room(norm("p", "a thing", 0.8, 4, "ann"), ties=((0, 3), (0, 0)), susceptibility=0.4)
    ballots = [
        cast("tea#0", 0, 0.5, 0.5),
        cast("tea#1", 1, 0.1, 0.9),
        cast("tea#0", 1, 0.34, 0.66, round=1, heard=("tea#1",), moved_by=("tea#1",)),
        cast("tea#1", 0, 0.6, 0.4, round=1),
    ]
    found = told(room, ballots)
    assert [each.round for each in found.rounds] == [0, 1] and found.choice == 1
    heard = found.rounds[1].heard[0]
    assert (heard.persona, heard.weight, heard.choice, heard.moved) == ("tea#1", 1.0, 1, True)
    assert found.susceptibility == 0.4


def test_who_was_heard_without_moving_it_is_told_as_such_and_a_memberless_persona_wrote_nothing():
    room = one_room(norm("p", "a thing", 0.8, 4, ""), ties=((0, 0), (2, 0)), susceptibility=0.4)
    ballots = [
        cast("tea#0", 0, 0.5, 0.5),
        cast("tea#1", 0, 0.5, 0.5),
        cast("tea#1", 0, 0.5, 0.5, round=1, heard=("tea#0",)),
    ]
    found = told(room, ballots, persona="tea#1")
    assert [(each.persona, each.moved) for each in found.rounds[1].heard] == [("tea#0", False)]
    assert [each.own for option in found.options for each in option.norms] == [False, False]


def test_a_ballot_of_other_shares_is_said_not_to_agree():
    room = one_room(norm("p", "a thing", 0.8, 4, "ann"))
    assert not told(room, [cast("tea#0", 0, 0.6, 0.4)]).agrees


def test_without_any_norm_nothing_is_scored_and_an_abstention_agrees():
    abstained = Ballot(persona="tea#1", choice=None, order=(0, 1))
    found = told(one_room(), [abstained], persona="tea#1")
    assert all(option.score is None and not option.norms for option in found.options)
    assert found.agrees and found.choice is None


@pytest.mark.parametrize(("persona", "what"), [("tea#9", "cast no ballot"), ("cats#0", "cast no ballot")])
def test_a_persona_that_cast_no_ballot_is_refused_with_those_that_did(persona, what):
    with pytest.raises(InputError, match=what) as refused:
        told(one_room(norm("p", "a", 0.5, 1)), [cast("tea#0", 0, 0.5, 0.5)], persona=persona)
    assert "tea#0" in str(refused.value)


def test_a_ballot_of_a_persona_of_another_panel_is_refused():
    with pytest.raises(InputError, match="no persona of tea"):
        told(one_room(norm("p", "a", 0.5, 1)), [cast("tea#7", 0, 0.5, 0.5)], persona="tea#7")


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A finished offline run of four items, with the simulation that made it."""
    home = tmp_path_factory.mktemp("why")
    corpus = make_corpus(home / "tea.corpus", forum(8), title="Tea and cats")
    simulation = Simulation(corpus, seed=3, embedder=WordEmbedder(), panel=5, smallest=2)
    simulation.run(items_for(4), out=home / "run").journal.close()
    return simulation, home / "run"


def test_the_account_of_every_ballot_of_a_real_run_agrees_with_it(real):
    simulation, folder = real
    moved = 0
    with Journal.read(folder) as journal:
        for name, community, _ in journal.results():
            item, ballots = journal.item(name), journal.ballots(name, community)
            room = simulation.setting.room(community, simulation.settings)
            for persona in room.panel.personas:
                found = account(
                    item, room, ballots, persona.persona, settings=simulation.settings,
                    embedder=simulation.embedder, sharpness=simulation.setting.sharpness.value,
                )  # fmt: skip
                own = [ballot for ballot in ballots if ballot.persona == persona.persona]
                cited = [each.norm.post for each in found.options[own[0].choice].norms]
                assert found.agrees and cited == list(own[0].norms)
                assert [each.shares for each in found.rounds] == [ballot.shares for ballot in own]
                moved += any(len(each.heard) for each in found.rounds)
    assert moved


def test_the_account_of_another_seed_does_not_agree():
    room = one_room(
        *(norm(f"p{number}", f"{'ab'[number % 2]} {number}", 0.1 + 0.1 * number, 1) for number in range(8))
    )
    first = told(room, [cast("tea#1", 0, 0.5, 0.5)], persona="tea#1")
    ballot = cast("tea#1", 0, *(option.share for option in first.options))
    assert told(room, [ballot], persona="tea#1").agrees
    other = account(
        ITEM, room, [ballot], "tea#1", settings=Settings(seed=8, panel=2), embedder=Two(), sharpness=TAU
    )
    assert not other.agrees
