"""A large corpus opens at its first page and is read further only where one looks."""

from __future__ import annotations

import time

import pytest
from large_corpora import make_large_corpus

from simulator.graph.kept import KeptGraph
from tui.reading.communities import read_communities
from tui.reading.graph import MOST_COMMUNITIES, MOST_MEMBERS, PAGE, Level, read_graph
from tui.screens.communities.graph import GraphScreen
from tui.widgets.paged import Paged
from tui.widgets.rowlist import RowList

BOTH = frozenset({"bond", "identity"})


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return make_large_corpus(
        tmp_path_factory.mktemp("large") / "large.corpus", members=30_000, communities=600
    )


def test_of_many_communities_the_largest_are_drawn_and_all_are_listed(large):
    view = read_graph(large, Level(), BOTH)
    assert len(view.picture.nodes) == MOST_COMMUNITIES and len(view.rows) == 600
    assert view.told.startswith(f"{MOST_COMMUNITIES} largest of 600 communities · 30,000 members")
    sizes = [int(row[1].replace(",", "")) for row in view.rows]
    assert sizes == sorted(sizes, reverse=True) and sum(sizes) == 30_000


def test_the_scores_of_many_communities_are_read_without_their_norms(large):
    view = read_communities(large)
    assert len(view.communities) == 600 and not any(entry.strongest for entry in view.communities)


def test_every_member_of_a_community_is_on_exactly_one_page_in_order(large):
    name = read_graph(large, Level(), BOTH).rows[0][0]
    rows = read_graph(large, Level("community", name), BOTH).rows
    assert isinstance(rows, Paged) and len(rows) > 2 * PAGE
    every = list(rows.every())
    assert len({row[0] for row in every}) == len(rows) == len(every)
    bonds = [float(row[3].replace("–", "0").replace(",", "")) for row in every]
    assert bonds == sorted(bonds, reverse=True)


def test_looking_around_a_member_does_not_take_longer_at_its_end_of_the_table(large):
    with KeptGraph.open(large) as kept:
        start = time.perf_counter()
        part = kept.around(29_999)
        assert part.members[0].node == 29_999 and time.perf_counter() - start < 2
        assert all(tie.a != tie.b for tie in part.ties)


async def test_the_last_member_of_a_large_community_is_read_when_one_goes_there(large, look):
    app, opened = look.opened(large.parent, size=(140, 45))
    async with opened as pilot:
        await look.settled(pilot)
        name = read_graph(large, Level(), BOTH).rows[0][0]
        app.visit("graph", large, community=name)
        await look.until(pilot, lambda: isinstance(app.screen, GraphScreen) and app.screen._view is not None)
        await look.settled(pilot)
        rows = app.screen.query_one("#list-community", RowList)
        assert f"{MOST_MEMBERS} most tied of {len(rows.rows):,} members" in look.text(app)
        await pilot.press("end")
        await look.until(pilot, lambda: bool(rows.rows[len(rows.rows) - 1]))
        await look.until(pilot, lambda: "Not on the map" in look.text(app).replace("\n", " "))
        last = rows.rows[len(rows.rows) - 1][0]
        await pilot.press("enter")
        await look.until(pilot, lambda: app.screen._view.level == Level("member", last))
