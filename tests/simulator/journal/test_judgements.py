"""Judgements by their places, their figures in slices, and what they can be found by: as they were written."""

from __future__ import annotations

from made_runs import asked, made_run

from simulator.item import Item, Option, RealVotes
from simulator.journal import Journal
from simulator.journal.judgements import figures, judgements_at, shares_of, words

TEA, CATS = "tea", 'ca"ts$.x'


def journal_of(tmp_path):
    items = [
        asked("a", {TEA: (0.75, 0.25), CATS: (0.5, 0.5)}, query='Say "hot"?', options=("sí", "no\ud83d")),
        asked("b", {TEA: (0.2, 0.3, 0.5)}, voters=None),
    ]
    made_run(tmp_path / "run", items, {("a", TEA): (0.5, 0.5), ("b", TEA): (0.1, 0.2, 0.7)})
    with Journal.create(tmp_path / "run") as journal:
        journal.add_predictions(1, "beside", [("a", TEA, (1.0, 0.0))])
        journal.add_predictions(0, "first", [("a", TEA, (0.0, 1.0)), ("b", TEA, (0.0, 0.0, 1.0))])
        item = items[1]
        body = {
            "preference": {"shares": [0.1, 0.2, 0.7], "ballots": 3, "abstentions": 2, "low": [], "high": []}
        }
        journal.add_result(item, TEA, [], [], {**body, "position_bias": [0.1, -0.3, 0.2], "errors": []})
    return Journal.read(tmp_path / "run")


def test_figures_are_those_of_the_community_whatever_its_name_and_empty_where_nothing_came(tmp_path):
    with journal_of(tmp_path) as journal:
        first, second, third = figures(journal, first=0, count=10)
        assert (first.place, first.item, first.community, first.done) == (0, "a", TEA, True)
        assert (first.simulated, first.real, first.voters) == ((0.5, 0.5), (0.75, 0.25), 100)
        assert (first.ballots, first.abstentions, first.bias) == (4, 0, None)
        assert (second.community, second.done, second.simulated, second.real) == (CATS, False, (), (0.5, 0.5))
        assert (third.voters, third.ballots, third.abstentions, third.bias) == (None, 3, 2, 0.3)
        assert [each.place for each in figures(journal, first=1, count=1)] == [1]


def test_judgements_come_in_the_order_in_which_their_places_are_named(tmp_path):
    with journal_of(tmp_path) as journal:
        found = judgements_at(journal, [2, 0, 99, 1])
        assert [(each.place, each.item, each.community) for each in found] == [
            (2, "b", TEA), (0, "a", TEA), (1, "a", CATS),
        ]  # fmt: skip
        assert found[0].predictions == (("first", (0.0, 0.0, 1.0)),)
        assert found[1].predictions == (("first", (0.0, 1.0)), ("beside", (1.0, 0.0)))
        assert found[1].asked == journal.item("a") and found[1].result == journal.result("a", TEA)
        assert found[2].result is None and judgements_at(journal, []) == []


def test_words_are_the_query_and_the_options_even_with_half_a_character(tmp_path):
    with journal_of(tmp_path) as journal:
        found = words(journal, first=0, count=2)
        assert [each.texts for each in found] == [('Say "hot"?', "sí", "no\ud83d")] * 2


def test_a_job_whose_options_are_not_written_yet_has_no_words_and_no_figures(tmp_path):
    with Journal.create(tmp_path / "run") as journal:
        journal.set_facts({"predictor": "x"})
        journal.add_jobs([("later", TEA)])
        assert words(journal, first=0, count=5)[0].texts == ()
        (found,) = figures(journal, first=0, count=5)
        assert (found.done, found.real, found.simulated) == (False, (), ())
        assert judgements_at(journal, [0])[0].asked is None


def test_shares_of_pairs_leave_out_what_the_run_says_nothing_of(tmp_path):
    with journal_of(tmp_path) as journal:
        found = shares_of(journal, [("a", TEA), ("a", CATS), ("nothing", TEA)])
        assert found == {("a", TEA): ((0.5, 0.5), ("sí", "no\ud83d"))}
        assert shares_of(journal, []) == {}


def test_a_journal_from_before_predictions_were_kept_has_none(tmp_path):
    with Journal.create(tmp_path / "run") as journal:
        journal.set_facts({"predictor": "x"})
        journal.add_items([Item(item="a", query="?", options=(Option(text="y"), Option(text="n")),
                                votes={TEA: RealVotes(shares=(0.5, 0.5), voters=None)})])  # fmt: skip
        journal.add_jobs([("a", TEA)])
        journal._db.execute("DROP TABLE predictions")
        assert judgements_at(journal, [0])[0].predictions == ()
