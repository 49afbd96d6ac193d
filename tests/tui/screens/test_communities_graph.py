"""The graph, the plane and the search as one meets them: with keys, with the mouse, and with hostile names."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from rich.cells import cell_len

from personas.corpus import Corpus
from simulator.journal import Journal
from tui.cli.communities import describe_all, keep_beside, write_beside
from tui.reading.graph import Level, Node, Picture
from tui.screens.communities.graph import GraphScreen
from tui.screens.communities.overview import CommunitiesScreen
from tui.screens.communities.search import SearchScreen
from tui.screens.guide import GuideScreen
from tui.screens.reader import ReaderScreen
from tui.widgets.graph import GraphCanvas
from tui.widgets.plane import CohesionPlane
from tui.widgets.rowlist import RowList

HOSTILE = (
    "[@click=app.quit]x[/]",
    "\x1b]0;owned\x07",
    "猫の家",
    "👩‍👩‍👧 family",
    "שלום עולם",
    "\u202eevil",
    "a\nb",
)


@pytest.fixture(scope="module")
def mapped(made, material, tmp_path_factory):
    home = tmp_path_factory.mktemp("mapped") / "home"
    shutil.copytree(made, home)
    with Corpus.open(home / "tea.corpus") as corpus:
        simulation = material.simulation(corpus)
        found = describe_all(corpus, simulation)
        write_beside(corpus.folder, found)
        keep_beside(corpus, simulation, found)
    with Journal.create(home / "run1") as journal:
        journal.set_facts({"source": {**journal.fact("source"), "folder": str(home / "tea.corpus")}})
    return home


async def at(app, pilot, look, screen, folder, place, **given):
    """Show a screen, and wait until it has drawn what it read."""
    await look.settled(pilot)
    app.visit(place, folder, **given)
    await look.until(
        pilot, lambda: isinstance(app.screen, screen) and app.screen._view is not None, seconds=15
    )
    await look.settled(pilot)


def listed(app):
    return next(rows for rows in app.screen.query(RowList) if rows.display)


async def test_one_goes_from_communities_to_members_to_surroundings_and_back(mapped, look):
    app, opened = look.opened(mapped, size=(140, 45))
    async with opened as pilot:
        await at(app, pilot, look, GraphScreen, mapped / "tea.corpus", "graph")
        assert "2 communities · 16 members" in look.text(app) and "FICTIONAL" in look.text(app)
        first = listed(app).rows[0][0]
        await pilot.press("enter")
        await look.until(pilot, lambda: "all 8 members" in look.text(app))
        assert f"all communities › {first}" in look.text(app)
        await pilot.press("down")
        member = listed(app).rows[1][0]
        await pilot.press("enter")
        await look.until(pilot, lambda: f"› {member}" in look.text(app) and "tied to" in look.text(app))
        other = app.screen._view.picture.nodes[1].name
        await pilot.press("down", "enter")
        await look.until(pilot, lambda: f"› {other}" in look.text(app))
        await pilot.press("backspace")
        await look.until(pilot, lambda: app.screen._view.level == Level("member", member))
        await pilot.press("escape")
        await look.until(pilot, lambda: app.screen._view.level == Level("community", first))
        await look.settled(pilot)
        assert listed(app).rows[listed(app).cursor][0] == member
        await pilot.press("escape", "escape")
        await look.settled(pilot)
        await pilot.press("escape")
        await look.until(pilot, lambda: not isinstance(app.screen, GraphScreen))


def dots(app):
    canvas = app.screen.query_one(GraphCanvas)
    text = "".join(segment.text for y in range(canvas.size.height) for segment in canvas.render_line(y))
    return sum(bin(ord(sign) - 0x2800).count("1") for sign in text if 0x2800 <= ord(sign) < 0x2900)


async def test_both_kinds_of_ties_are_told_apart_and_can_be_hidden(mapped, look):
    app, opened = look.opened(mapped, size=(120, 40))
    async with opened as pilot:
        await at(app, pilot, look, GraphScreen, mapped / "tea.corpus", "graph", community="tea")
        assert "── bond ties shown" in look.text(app) and "·· identity ties shown" in look.text(app)
        both = dots(app)
        await pilot.press("i")
        await look.settled(pilot)
        bond = dots(app)
        assert "identity ties hidden" in look.text(app) and bond < both
        await pilot.press("b")
        await look.settled(pilot)
        none = dots(app)
        assert "bond ties hidden" in look.text(app) and none < bond
        await pilot.press("i")
        await look.settled(pilot)
        assert none < dots(app) < both


async def test_a_click_marks_a_node_and_a_second_one_opens_it(mapped, look):
    app, opened = look.opened(mapped, size=(120, 40))
    async with opened as pilot:
        await at(app, pilot, look, GraphScreen, mapped / "tea.corpus", "graph")
        canvas = app.screen.query_one(GraphCanvas)
        x, y = canvas._at()[1]
        name = app.screen._view.picture.nodes[1].name
        await pilot.click(canvas, offset=(int(x // 2), int(y // 4)))
        await look.until(pilot, lambda: f"◆ {name}" in look.text(app))
        assert listed(app).cursor == 1
        await pilot.click(canvas, offset=(int(x // 2), int(y // 4)), times=2)
        await look.until(pilot, lambda: app.screen._view.level == Level("community", name))


async def test_one_can_go_nearer_move_over_the_map_and_see_all_of_it_again(mapped, look):
    app, opened = look.opened(mapped, size=(120, 40))
    async with opened as pilot:
        await at(app, pilot, look, GraphScreen, mapped / "tea.corpus", "graph", community="tea")
        canvas = app.screen.query_one(GraphCanvas)
        before = canvas._at()
        await pilot.press("plus")
        near = canvas._at()
        assert np.ptp(near[:, 0]) > 1.4 * np.ptp(before[:, 0])
        canvas.focus()
        await pilot.press("right")
        assert (canvas._at()[:, 0] < near[:, 0]).all()
        await pilot.press("0")
        assert np.allclose(canvas._at(), before)


async def test_the_posts_of_a_member_can_be_read(mapped, look):
    app, opened = look.opened(mapped, size=(100, 40))
    async with opened as pilot:
        await at(app, pilot, look, GraphScreen, mapped / "tea.corpus", "graph", community="cats")
        await pilot.press("o")
        await look.until(pilot, lambda: isinstance(app.screen, ReaderScreen))
        assert "The last 3 that it wrote" in look.text(app)


async def test_without_a_graph_g_has_the_corpus_mapped(home, look):
    app, opened = look.opened(home, size=(100, 30))
    async with opened as pilot:
        await at(app, pilot, look, GraphScreen, home / "tea.corpus", "graph")
        assert "press g" in look.text(app).lower() and "no graph is kept" in look.text(app)
        await pilot.press("g")
        await look.until(pilot, lambda: not app.screen._view.missing, seconds=90)
        await look.settled(pilot)
        assert "2 communities · 16 members" in look.text(app)


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (200, 60)])
async def test_the_graph_keeps_its_lines_straight_at_any_size(mapped, look, size):
    app, opened = look.opened(mapped, size=size)
    async with opened as pilot:
        await at(app, pilot, look, GraphScreen, mapped / "tea.corpus", "graph", community="tea")
        assert {cell_len(line) for line in look.text(app).split("\n")} == {size[0]}
        assert "▸" in look.text(app) and dots(app) > 20


async def test_hostile_wide_and_turned_names_stand_as_they_are_and_keep_columns_straight(mapped, look):
    from tui.plaintext import one_line

    app, opened = look.opened(mapped, size=(100, 30))
    async with opened as pilot:
        await at(app, pilot, look, GraphScreen, mapped / "tea.corpus", "graph")
        angle = np.linspace(0, 6, len(HOSTILE))
        places = np.stack([0.5 + np.cos(angle) / 2, 0.5 + np.sin(angle) / 2], axis=1).astype(np.float32)
        nodes = tuple(Node(name=name, label=one_line(name), size=0.5, told="") for name in HOSTILE)
        canvas = app.screen.query_one(GraphCanvas)
        canvas.show(Picture(nodes=nodes, places=places, bond=((0, 3, 1.0),), identity=((1, 4, 1.0),)))
        for number in range(len(HOSTILE)):
            canvas.mark(number)
            await pilot.pause()
            lines = ["".join(seg.text for seg in canvas.render_line(y)) for y in range(canvas.size.height)]
            assert {cell_len(line) for line in lines} == {canvas.size.width}
            text = "\n".join(lines)
            assert "[@click=app.quit]x[/]" in text and "猫の家" in text
            assert not {"\x1b", "\x07", "\u202e", "\u200d"} & set(text)


async def test_the_plane_is_there_also_where_it_is_narrow_and_goes_from_one_to_the_next(mapped, look):
    with Journal.create(mapped / "run1") as journal:
        bodies = journal.communities()
        for name, (identity, bond) in {"tea": (0.9, 0.1), "cats": (0.2, 0.8)}.items():
            bodies[name]["cohesion"].update(identity=identity, bond=bond)
            journal.add_communities([(name, bodies[name])])
    app, opened = look.opened(mapped, size=(80, 24))
    async with opened as pilot:
        await at(app, pilot, look, CommunitiesScreen, mapped / "run1", "communities")
        await pilot.press("l")
        await look.until(pilot, lambda: "identity →" in look.text(app))
        first, other = [entry.name for entry in app.screen._view.communities]
        assert f"◆ {first}" in look.text(app) or f"{first} ◆" in look.text(app)
        await pilot.press("right")
        await look.until(pilot, lambda: f"◆ {other}" in look.text(app) or f"{other} ◆" in look.text(app))
        assert app.screen.query_one("#communities", RowList).cursor == 1
        plane = app.screen.query_one("#whole-plane", CohesionPlane)
        (row, column) = next(place for place, who in plane._lay().items() if who[0].name == first)
        await pilot.click(plane, offset=(column + 5 + plane.styles.padding.left, row + 1))
        await look.until(pilot, lambda: app.screen.query_one("#communities", RowList).cursor == 0)


async def test_what_is_known_of_a_mapped_community_is_read_when_it_is_marked(mapped, look):
    app, opened = look.opened(mapped, size=(140, 45))
    async with opened as pilot:
        await at(app, pilot, look, CommunitiesScreen, mapped / "tea.corpus", "communities")
        await look.until(pilot, lambda: "IDENTITY · shared values" in look.text(app))
        await pilot.press("p", "enter")
        await look.until(pilot, lambda: isinstance(app.screen, ReaderScreen))
        await pilot.press("escape", "n")
        await look.until(pilot, lambda: "MOST CONTESTED" in look.text(app))


async def test_a_search_lists_what_it_finds_and_opens_it(mapped, look):
    app, opened = look.opened(mapped, size=(100, 30))
    async with opened as pilot:
        await at(app, pilot, look, CommunitiesScreen, mapped / "tea.corpus", "communities")
        await pilot.press("slash", *"green")
        await look.until(pilot, lambda: isinstance(app.screen, SearchScreen) and len(listed(app).rows) > 0)
        kinds = [row[0] for row in listed(app).rows]
        assert "norm" in kinds and "post" in kinds
        await pilot.press("enter")
        listed(app).cursor = kinds.index("post")
        await pilot.press("enter")
        await look.until(pilot, lambda: isinstance(app.screen, ReaderScreen))
        assert "green tea" in look.text(app)
        await pilot.press("escape", "escape")
        assert app.screen.query_one("#word").has_focus
        app.screen.query_one("#word").value = "all about cats"
        await look.until(pilot, lambda: [row[0] for row in listed(app).rows] == ["community"])
        await pilot.press("enter", "enter")
        await look.until(pilot, lambda: isinstance(app.screen, GraphScreen) and app.screen._view is not None)
        assert app.screen._view.level == Level("community", "cats")


async def test_help_says_first_what_has_the_focus(mapped, look):
    app, opened = look.opened(mapped, size=(100, 40))
    async with opened as pilot:
        await at(app, pilot, look, GraphScreen, mapped / "tea.corpus", "graph")
        await pilot.press("question_mark")
        await look.until(pilot, lambda: isinstance(app.screen, (GuideScreen, ReaderScreen)))
        assert "the largest first" in look.text(app).replace("\n", " ")


@pytest.mark.parametrize("screen", [GraphScreen, CommunitiesScreen, SearchScreen])
def test_every_key_of_a_screen_can_be_rebound(screen):
    own = [key for key in screen.BINDINGS if not isinstance(key, tuple)]
    assert own and all(binding.id for binding in own)
    assert all(binding.id for binding in (*GraphCanvas.BINDINGS, *CohesionPlane.BINDINGS))


async def test_n_leads_to_the_norms_and_again_to_the_most_contested_with_their_heading(mapped, look):
    app, opened = look.opened(mapped, size=(80, 24))
    async with opened as pilot:
        await at(app, pilot, look, CommunitiesScreen, mapped / "tea.corpus", "communities")
        await pilot.press("n")
        await look.until(pilot, lambda: "STRONGEST" in look.text(app))
        said = app.screen.query_one("#said")
        assert said.highlighted_option.id == "strongest-0" and "⏎ Open" in look.text(app)
        await pilot.press("n")
        await look.until(pilot, lambda: said.highlighted_option.id == "contested-0")
        await look.until(pilot, lambda: "MOST CONTESTED" in look.text(app))
        await pilot.press("n")
        await look.until(pilot, lambda: said.highlighted_option.id == "strongest-0")


async def test_a_sentence_is_underlined_in_the_post_that_it_rests_on(mapped, look):
    app, opened = look.opened(mapped, size=(80, 24))
    async with opened as pilot:
        await at(app, pilot, look, CommunitiesScreen, mapped / "tea.corpus", "communities")
        await pilot.press("p", "enter")
        await look.until(pilot, lambda: isinstance(app.screen, ReaderScreen))
        content = app.screen.query_one("#text Static").content
        marked = [
            content.plain[span.start : span.end] for span in content.spans if "underline" in str(span.style)
        ]
        assert marked and marked[0] in content.plain.split("\n")[0]


async def test_a_graph_that_cannot_be_read_says_so_and_waits_no_more(mapped, look):
    app, opened = look.opened(mapped, size=(80, 24))
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("graph", mapped / "gone.corpus")
        await look.until(pilot, lambda: "nothing could be read" in look.text(app))
        assert "reading…" not in look.text(app) and "gone.corpus › Graph" in look.text(app)
