"""What a simulation knows of a benchmark: norms by hand, panels of what members are like, and nothing of the test part."""

from __future__ import annotations

import pytest
from word_embedder import WordEmbedder

from bench.benchmark import BenchmarkWriter, KnownCommunity
from bench.benchmark.setting import MOST_NORMS, norms_of_items
from bench.evaluate import run_benchmark
from bench.heldout import BenchmarkPart
from personas.norms import Norm
from simulator import Simulation
from simulator.item import Item, Option, RealVotes
from simulator.room import NOBODY

TOLD = {"name": "made", "source": "tests", "licence": "none", "fictional": True}


def item_of(identity, *texts, kind="choice", **votes):
    options = tuple(Option(text=text) for text in texts)
    if kind == "agreement":
        options = (Option(text="Agree", claim=texts[0]), Option(text="Disagree", claim=texts[0], polarity=-1))
    return Item(item=identity, query="What first?", options=options, votes=votes, kind=kind)


def counted(*up):
    total = sum(up)
    ahead = sorted(up)[-1] - sorted(up)[-2]
    return RealVotes(shares=tuple(n / total for n in up), voters=total, up=up, margin=ahead)


def test_of_choices_whoever_chose_another_option_voted_against_this_one():
    (made,) = norms_of_items([item_of("1", "warm the pot", "boil water", tea=counted(6, 2))]).values()
    assert [(norm.text, norm.endorsement, norm.support, norm.basis) for norm in made] == [
        ("warm the pot", 7 / 10, 8, "votes"),
        ("boil water", 3 / 10, 8, "votes"),
    ]
    assert {norm.title for norm in made} == {"What first?"}
    assert {norm.thread for norm in made} == {"1"}


def test_of_shares_alone_the_endorsement_is_the_mid_rank():
    votes = RealVotes(shares=(0.5, 0.25, 0.25), voters=None)
    (made,) = norms_of_items([item_of("1", "a", "b", "c", tea=votes)]).values()
    assert [norm.endorsement for norm in made] == pytest.approx([2.5 / 3, 1 / 3, 1 / 3])
    assert {(norm.support, norm.basis) for norm in made} == {(3, "rank")}


def test_a_statement_is_one_norm_and_endorsed_by_those_who_agree():
    (made,) = norms_of_items([item_of("1", "tea is good", kind="agreement", tea=counted(9, 1))]).values()
    assert [(norm.said, norm.endorsement) for norm in made] == [("tea is good", 10 / 12)]


def test_of_endorsements_each_option_has_votes_for_and_against_of_its_own():
    votes = RealVotes(shares=(0.75, 0.25), voters=6, up=(2, 0), down=(0, 4))
    (made,) = norms_of_items([item_of("1", "a", "b", kind="endorsement", tea=votes)], a0=1, b0=1).values()
    assert [(norm.endorsement, norm.support) for norm in made] == [(3 / 4, 2), (1 / 6, 4)]


@pytest.fixture
def made(tmp_path):
    def make(*known, train=(), test=()):
        with BenchmarkWriter(tmp_path / "b", **TOLD) as writer:
            for each in known:
                writer.add_community(each)
            for part, items in (("train", train), ("test", test)):
                for item in items:
                    writer.add(part, item)
            return writer.finish()

    return make


def simulated(benchmark, **choices):
    return Simulation(
        benchmark, seed=5, embedder=WordEmbedder(), **{"panel": 6, "sharpness": 10.0, **choices}
    )


TEA = KnownCommunity(community="tea", title="Tea drinkers", people=({"age": "30"}, {"age": "60"}))
CATS = KnownCommunity(
    community="cats",
    norms=(
        Norm(post="p", title="", text="cats first", author="", endorsement=0.9, support=9, basis="votes"),
    ),
)
TRAIN = [
    item_of(f"t{n}", "warm the pot", "boil water", tea=counted(9, 1), cats=counted(1, 9)) for n in range(3)
]
TEST = [item_of("x1", "warm it", "boil it", tea=counted(12, 3), cats=counted(2, 13))]


def test_norms_that_are_told_are_taken_and_others_made_of_the_training_part_alone(made):
    setting = simulated(made(TEA, CATS, train=TRAIN, test=TEST)).setting
    assert [norm.text for norm in setting.stores["cats"].norms] == ["cats first"]
    assert len(setting.stores["tea"].norms) == 6
    assert all("it" not in norm.text.split() for norm in setting.stores["tea"].norms)


def test_a_panel_mirrors_what_members_are_like_and_has_no_member_behind_it(made):
    simulation = simulated(made(TEA, CATS, train=TRAIN, test=TEST))
    panel = simulation.setting.panel("tea", simulation.settings)
    assert sorted(persona.attributes["age"] for persona in panel.personas) == ["30"] * 3 + ["60"] * 3
    assert {persona.member for persona in panel.personas} == {""}
    unknown = simulation.setting.panel("cats", simulation.settings)
    assert {persona.attributes.get("age") for persona in unknown.personas} == {None}
    assert len(unknown.personas) == 6


def test_a_simulation_takes_place_in_a_benchmark_from_ballots_to_score_card(made, tmp_path):
    benchmark = made(TEA, KnownCommunity(community="cats"), train=TRAIN, test=TEST)
    run, card = run_benchmark(simulated(benchmark), BenchmarkPart(benchmark), out=tmp_path / "run")
    preferences = run.preferences()
    assert preferences["x1", "tea"].shares[0] > 0.5 > preferences["x1", "cats"].shares[0]
    assert card.corpus["fictional"] is True
    (accuracy, *_) = (task for task in card.tasks if task.metric == "accuracy")
    rows = {row.predictor: row for row in accuracy.rows}
    assert rows[run.predictor].mean == 1
    assert rows[f"shuffled communities: {run.predictor}"].mean == 0
    assert rows[f"shuffled communities: {run.predictor}"].role == "control"
    assert (tmp_path / "run" / "controls" / "shuffled" / "journal.sqlite").exists()


def test_nothing_of_the_test_part_changes_what_is_known(made, tmp_path):
    def known(votes):
        with BenchmarkWriter(tmp_path / str(votes), **TOLD) as writer:
            writer.add_community(TEA)
            for item in TRAIN:
                writer.add("train", item)
            writer.add("test", item_of("secret", "a secret", "another secret", tea=counted(*votes)))
            simulation = simulated(writer.finish())
        setting = simulation.setting
        return [setting.stores["tea"].norms, setting.stores["tea"].vectors.tolist(), setting.sharpness]

    one, other = known((12, 1)), known((1, 12))
    assert one == other
    assert "secret" not in repr(one)


def test_of_nobody_in_particular_nothing_is_known(made):
    simulation = simulated(made(TEA, CATS, train=TRAIN, test=TEST))
    room = simulation.setting.room(NOBODY, simulation.settings)
    assert (room.community, room.title, room.store.norms, bool(room.profile)) == ("", "", (), False)
    assert {tuple(persona.attributes) for persona in room.panel.personas} == {()}
    run = simulation.run(TEST, as_if={"tea": NOBODY, "cats": NOBODY})
    assert {each.shares for each in run.preferences().values()} == {(0.5, 0.5)}


def test_more_norms_than_can_be_embedded_are_cut_to_those_of_most_votes_and_it_says_so(made):
    many = [
        item_of(f"t{n}", f"a{n}", f"b{n}", tea=counted(10 + (n == 7), 1)) for n in range(MOST_NORMS // 2 + 1)
    ]
    setting = simulated(made(KnownCommunity(community="tea"), train=many, test=TEST)).setting
    assert len(setting.stores["tea"].norms) == MOST_NORMS
    assert "a7" in {norm.text for norm in setting.stores["tea"].norms}
    assert any("5,002 options" in warning and "5,000" in warning for warning in setting.warnings)


def test_the_panels_of_two_communities_alike_are_drawn_apart(made):
    people = tuple({"age": str(age)} for age in range(20, 60))
    alike = [KnownCommunity(community=name, people=people) for name in ("cats", "tea")]
    simulation = simulated(made(*alike, train=TRAIN, test=TEST))
    ages = [
        [
            persona.attributes["age"]
            for persona in simulation.setting.panel(name, simulation.settings).personas
        ]
        for name in ("cats", "tea")
    ]
    assert ages[0] != ages[1]
    assert ages == [
        [
            persona.attributes["age"]
            for persona in simulation.setting.panel(name, simulation.settings).personas
        ]
        for name in ("cats", "tea")
    ]


def test_whom_nothing_is_known_of_and_who_is_alone_is_told(made):
    setting = simulated(made(KnownCommunity(community="tea"), train=[], test=TEST)).setting
    assert any("1 of 1 communities have no norm" in warning for warning in setting.warnings)
    assert any("one community only" in warning for warning in setting.warnings)


def test_two_communities_of_which_enough_is_known_raise_no_warning(made):
    assert simulated(made(TEA, CATS, train=TRAIN, test=TEST)).setting.warnings == ()


def test_counted_shares_are_votes_and_endorsements_without_counts_are_ranks():
    votes = RealVotes(shares=(0.75, 0.25), voters=8)
    (made,) = norms_of_items([item_of("1", "a", "b", tea=votes)]).values()
    assert [(norm.endorsement, norm.support) for norm in made] == [(7 / 10, 8), (3 / 10, 8)]
    (ranked,) = norms_of_items([item_of("1", "a", "b", kind="endorsement", tea=votes)]).values()
    assert [(norm.endorsement, norm.basis) for norm in ranked] == [(0.75, "rank"), (0.25, "rank")]
