"""Preferences form from ballots as the run itself reckons them, and agreement is 0 for the same and 1 for opposites."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.aggregate import aggregate
from simulator.asking import question
from simulator.item import Ballot, Query
from simulator.journal import Journal
from simulator.simulation import Simulation
from tui.reading.asking import Answer, Formed, agreement, formed, hardly_apart, read_answers
from tui.reading.comparison import Share
from tui.screens.ask.consensus import agreement_content, in_a_line


def ballot(number, choice, *, round=0, size=2):
    shares = tuple(float(option == choice) for option in range(size)) if choice is not None else ()
    return Ballot(persona=f"tea#{number}", choice=choice, shares=shares, round=round)


def answer(*cast, size=2, **more):
    options = tuple(f"option {number}" for number in range(size))
    return Answer(community="tea", title="", item="ask", options=options, cast=cast, panel=3, **more)


def of(name, *shares, width=0.1):
    return Formed(
        community=name,
        shares=tuple(Share(mean=share, low=share - width, high=share + width) for share in shares),
        ballots=3,
    )


def test_the_share_after_three_ballots_is_known_by_hand_and_its_interval_narrows():
    asked = answer(ballot(0, 0), ballot(1, 0), ballot(2, 0))
    none, one, three = (formed(asked, count) for count in (0, 1, 3))
    assert (none.ballots, none.top, none.shares[0].mean) == (0, None, 0.5)
    assert (none.shares[0].low, none.shares[0].high) == (0.0, 1.0)
    assert one.shares[0].mean == 0.75 and three.shares[0].mean == 0.875
    widths = [each.shares[0].high - each.shares[0].low for each in (none, one, three)]
    assert widths == sorted(widths, reverse=True) and widths[2] < widths[1] < widths[0]
    assert three.latest.persona == "tea#2" and three.top == 0


def test_a_later_round_takes_the_place_of_the_same_personas_ballot():
    asked = answer(ballot(0, 0), ballot(1, 0), ballot(0, 1, round=1), ballot(1, None, round=1))
    before, between, after = (formed(asked, count) for count in (2, 3, 4))
    assert (before.ballots, before.shares[0].mean, before.moved) == (2, 2.5 / 3, 0)
    assert (between.ballots, between.shares[0].mean, between.moved, between.round) == (2, 0.5, 1, 1)
    assert (after.ballots, after.abstained, after.moved) == (1, 1, 2)


def test_first_choices_are_counted_of_the_latest_ballots_though_the_shares_say_little():
    even = [
        Ballot(persona=f"tea#{number}", choice=choice, shares=(0.49, 0.51) if choice else (0.51, 0.49))
        for number, choice in enumerate((1, 1, 0))
    ]
    later = Ballot(persona="tea#2", choice=1, shares=(0.49, 0.51), round=1)
    assert formed(answer(*even), 3).chosen == (1, 2)
    asked = answer(*even, later, ballot(4, None), done=True)
    assert formed(asked, 5).chosen == (0, 3)
    assert hardly_apart([formed(asked, 5)]) and not hardly_apart([formed(asked, 3)])
    told = [formed(answer(ballot(0, 0), ballot(1, 0), done=True), 2)]
    assert not hardly_apart(told) and not hardly_apart([*told, formed(asked, 5)])


@given(st.lists(st.one_of(st.none(), st.integers(0, 2)), max_size=12), st.data())
def test_what_forms_is_the_posterior_of_the_ballots_and_does_not_depend_on_their_order(choices, data):
    cast = [ballot(number, choice, size=3) for number, choice in enumerate(choices)]
    shuffled = data.draw(st.permutations(cast))
    found = formed(answer(*cast, size=3), len(cast))
    other = formed(answer(*shuffled, size=3), len(cast))
    wanted = aggregate(cast, 3)
    assert tuple(share.mean for share in found.shares) == wanted.shares
    assert (found.shares, found.ballots, found.abstained) == (other.shares, other.ballots, other.abstained)


def test_the_same_preferences_agree_and_opposite_ones_have_nothing_in_common():
    found = agreement([of("a", 1.0, 0.0), of("b", 1.0, 0.0), of("c", 0.0, 1.0)])
    assert found.pairs[0][1] == 0 and found.pairs[0][2] == found.pairs[2][0] == 1
    assert found.apart == (0.5, 0.5, 1.0) and found.mean == pytest.approx(2 / 3)
    assert found.nearest[:2] == ("b", "a") and found.tops == (0, 0, 1)
    assert (found.ranges[0].low, found.ranges[0].low_in, found.ranges[0].high) == (0.0, "c", 1.0)


def test_a_lead_is_clear_only_where_the_intervals_do_not_meet():
    assert agreement([of("a", 0.8, 0.2), of("b", 0.55, 0.45)]).clear == 1
    assert agreement([of("a", 0.8, 0.2, width=0.3), of("b", 0.55, 0.45)]).clear == 0


def test_nothing_is_compared_without_two_communities_of_the_same_options():
    assert agreement([of("a", 0.5, 0.5)]) is None
    assert agreement([of("a", 0.5, 0.5), of("b", 0.4, 0.3, 0.3)]) is None
    assert agreement([of("a", 0.5, 0.5), Formed(community="b")]) is None


def test_many_communities_are_held_against_the_mean_of_all():
    found = agreement([of(f"c{number}", 1.0, 0.0) for number in range(60)])
    assert found.pairs == () and found.mean == 0 and set(found.nearest) == {""}
    assert "Divergence of each two" not in str(agreement_content(found, ("x", "y"), 60, why_not=""))


@pytest.mark.parametrize(
    ("tops", "told"),
    [
        (((0.9, 0.1), (0.8, 0.2)), "all 2 prefer A, clearly"),
        (((0.9, 0.1), (0.2, 0.8)), "A leads in 1, B leads in 1, clearly"),
        (((0.52, 0.48), (0.51, 0.49)), "all 2 lean to A, none clearly · close together"),
    ],
)
def test_the_agreement_is_said_in_a_line(tops, told):
    found = agreement([of(name, *shares) for name, shares in zip("ab", tops, strict=True)])
    assert in_a_line(found).startswith(told)


def test_a_matrix_with_wide_names_stays_straight():
    from rich.cells import cell_len

    found = agreement([of("茶の間の人々", 0.9, 0.1), of("قهوة", 0.2, 0.8), of("c" * 60, 0.5, 0.5)])
    lines = str(agreement_content(found, ("はい", "no"), 44, why_not="")).split("\n")
    assert max(map(cell_len, lines)) <= 44
    rows = [line for line in lines if line[:3].strip().isdigit() and "–" in line]
    assert len({cell_len(line) for line in rows}) == 1 and len(rows) == 3


@pytest.fixture(scope="module")
def asked(tmp_path_factory, material):
    home = tmp_path_factory.mktemp("asked")
    with material.make_corpus(home / "tea.corpus") as corpus:
        simulation = Simulation(corpus, seed=7, embedder=material.Words(), panel=4, neighbours=3)
        simulation.run([question("Pot or cup?", ["the pot", "the cup"])], out=home / "ask").journal.close()
        simulation.run([Query(item="ask", query="Which?", count=3)], out=home / "own").journal.close()
    return home


def test_the_answers_of_a_finished_run_are_what_the_run_found(asked):
    view = read_answers(asked / "ask")
    assert (view.query, view.state, view.shared, view.offline) == ("Pot or cup?", "done", True, True)
    with Journal.read(asked / "ask") as journal:
        results = {community: result for _, community, result in journal.results()}
    assert [each.community for each in view.answers] == list(results)
    for each in view.answers:
        whole = formed(each, len(each.cast), prior=view.prior)
        told = results[each.community]["preference"]
        assert whole.complete and [share.mean for share in whole.shares] == told["shares"]
        # Without the result, the ballots alone come to the same.
        unfinished = formed(
            Answer(
                community=each.community,
                title="",
                item=each.item,
                options=each.options,
                cast=each.cast,
                panel=4,
            ),
            len(each.cast),
            prior=view.prior,
        )
        assert [share.mean for share in unfinished.shares] == pytest.approx(told["shares"], abs=1e-6)


def test_options_that_each_community_wrote_are_not_compared(asked):
    view = read_answers(asked / "own")
    assert not view.shared and {each.item for each in view.answers} == {"ask@cats", "ask@tea"}
    assert all(each.options for each in view.answers) and view.query == "Which?"


def test_what_is_all_in_is_not_read_again(asked):
    view = read_answers(asked / "ask")
    again = read_answers(asked / "ask", before=view)
    assert all(one is other for one, other in zip(view.answers, again.answers, strict=True))


def test_a_folder_without_a_journal_has_no_answer_yet(tmp_path):
    assert read_answers(tmp_path / "nothing").provenance is None
