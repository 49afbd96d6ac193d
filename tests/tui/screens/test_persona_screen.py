"""The personas of a run: who they are, their ballots, where they moved, their memory, ties and prompts."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from small_corpora import make_corpus
from small_runs import forum, items_for
from stand_in import stand_in
from textual.widgets import TabbedContent
from word_embedder import WordEmbedder
from word_engine import words_command

from simulator.item import Ballot, Item, Option
from simulator.journal import Journal
from simulator.simulation import Simulation
from tui.ordering.engine import Order
from tui.reading.personas import (
    _shared,
    find_persona,
    read_ballots,
    read_members,
    read_persona,
    read_personas,
    read_sent,
)
from tui.screens.ask.why import WhyScreen
from tui.screens.compare.ballots import BallotsScreen
from tui.screens.persona.personas import PersonasScreen
from tui.widgets.prose import Prose
from tui.widgets.rowlist import RowList


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished offline run of six items with discussion."""
    home = tmp_path_factory.mktemp("personas")
    corpus = make_corpus(home / "tea.corpus", forum(8), title="Tea and cats", fictional=True)
    simulation = Simulation(corpus, seed=3, embedder=WordEmbedder(), panel=5, smallest=2)
    simulation.run(items_for(6), out=home / "run").journal.close()
    return home / "run"


@pytest.fixture(scope="module")
def model_run(tmp_path_factory):
    """A finished run of one item on the stand-in server."""
    home = tmp_path_factory.mktemp("personas-model")
    corpus = make_corpus(home / "tea.corpus", forum(8), title="Tea and cats")
    with stand_in() as server:
        Simulation(
            corpus, seed=3, embedder=WordEmbedder(), panel=3, smallest=2, rounds=0,
            model="hosted_vllm/stand-in", api_base=server.api_base,
        ).run(items_for(1), out=home / "run").journal.close()  # fmt: skip
    return home / "run"


@pytest.fixture
def words(monkeypatch):
    """Engines that compare texts by their words."""
    plain = Order.command
    monkeypatch.setattr(Order, "command", lambda order: words_command(plain(order)))


def test_the_members_of_all_panels_are_read_in_pages_and_found_by_name(run):
    view = read_personas(run)
    assert (view.panels, view.total, view.offline) == ((("cats", 5), ("tea", 5)), 10, True)
    rows = read_members(run, 4, 2)
    assert [(row.persona, row.short, row.community) for row in rows] == [
        ("cats#4", "#4", "cats"),
        ("tea#0", "#0", "tea"),
    ]
    assert all(row.member and row.activity for row in rows)
    assert (find_persona(run, "tea#2"), find_persona(run, "birds#2")) == (7, 0)


def test_a_personas_moves_and_ballots_are_those_of_the_journal(run):
    moved = 0
    for row in read_members(run, 0, 10):
        view = read_persona(run, row)
        with Journal.read(run) as journal:
            judged = [item for item, community, _ in journal.results() if community == row.community]
            own = {
                item: [each for each in journal.ballots(item, row.community) if each.persona == row.persona]
                for item in judged
            }
        assert view.judged == view.counted == len(judged) == view.cast + view.abstained + view.failed
        steps = [
            (item, after.round, before.choice, after.choice)
            for item, ballots in own.items()
            for before, after in zip(ballots, ballots[1:], strict=False)
            if before.choice != after.choice
        ]
        assert [(item, number, before, after) for item, _, number, before, after, _ in view.moves] == steps
        assert dict(view.heard) == {
            name: sum(name in each.heard for ballots in own.values() for each in ballots)
            for name, _ in view.heard
        }
        found = read_ballots(run, row, 1, 2)
        assert [each.item for each in found] == judged[1:3]
        assert [list(each.ballots) for each in found] == [own[item] for item in judged[1:3]]
        moved += len(steps)
    assert moved


def test_a_persona_is_summed_up_by_its_last_ballots_and_failures_are_no_abstentions(tmp_path):
    def ballot(choice, **more):
        shares = () if choice is None else (1.0, 0.0) if choice == 0 else (0.0, 1.0)
        return Ballot(persona="tea#0", choice=choice, shares=shares, order=(0, 1), **more)

    rounds = {
        "a": [ballot(0), ballot(1, round=1)],
        "b": [ballot(0), ballot(None, round=1)],
        "c": [ballot(None), ballot(None, round=1, failure="timeout")],
        "d": [ballot(None)],
        "e": [],
    }
    with Journal.create(tmp_path) as journal:
        journal.add_jobs([(name, "tea") for name in rounds])
        journal.add_personas([("tea#0", "tea", {})])
        for name, cast in rounds.items():
            item = Item(item=name, query="?", options=(Option(text="yes"), Option(text="no")))
            journal.add_result(item, "tea", cast, [], {"errors": []})
    view = read_persona(tmp_path, read_members(tmp_path, 0, 1)[0])
    assert (view.judged, view.cast, view.abstained, view.failed) == (5, 1, 2, 1)


def test_what_two_prompts_share_ends_where_they_first_differ():
    one = [("system", "You are A."), ("user", "The pot.")]
    other = [("system", "You are B."), ("user", "The pot.")]
    assert (_shared(one, other), _shared(one, one)) == (8, 18)
    assert _shared(one, [("user", "You are A.")]) == 0


def test_what_a_persona_was_sent_shares_its_beginning_with_the_panel(model_run):
    rows = read_members(model_run, 0, 9)
    row = next(row for row in rows if row.persona == "tea#1")
    sent = read_sent(model_run, row, "item00")
    other = read_sent(model_run, next(each for each in rows if each.persona == "tea#0"), "item00")
    mine, theirs = ("".join(text for _, text in each.messages) for each in (sent, other))
    assert sent.made and sent.shared > len(sent.messages[0][1])
    assert mine[: sent.shared] == theirs[: sent.shared] and mine[sent.shared] != theirs[sent.shared]
    assert read_sent(model_run, row, "no item") is None


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (140, 45)])
async def test_the_list_and_the_marked_persona_fit_and_say_whose_they_are(run, look, size):
    app, opened = look.opened(run, size=size)
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("personas", run)
        await look.until(pilot, lambda: "10 personas in 2 panels" in look.text(app))
        await look.until(pilot, lambda: "cats#0" in app.screen.query_one("#about", Prose).text)
        text = look.text(app)
        assert "FICTIONAL" in text and {cell_len(line) for line in text.split("\n")} == {size[0]}
        await pilot.press("down")
        await look.until(pilot, lambda: app.screen.query_one("#about", Prose).text.startswith("cats#1"))
        assert "Where it moved in discussion" in app.screen.query_one("#about", Prose).text


async def test_from_a_persona_to_its_ballots_and_why(run, look, words):
    app, opened = look.opened(run, size=(120, 40))
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("personas", run, persona="tea#2")

        def cast():
            return app.screen.query_one("#cast", RowList)

        await look.until(pilot, lambda: len(cast().rows) and app.screen._here.persona == "tea#2")
        await pilot.press("enter")
        await look.until(pilot, lambda: cast().has_focus and bool(cast().rows[0]))
        row = read_members(run, find_persona(run, "tea#2"), 1)[0]
        first = read_ballots(run, row, 0, 1)[0]
        assert cast().rows[0][0] == first.query
        await pilot.press("enter")
        await look.until(pilot, lambda: isinstance(app.screen, BallotsScreen))
        await pilot.press("escape")
        await pilot.press("down", "w")
        await look.until(pilot, lambda: isinstance(app.screen, WhyScreen))
        assert (app.screen._persona, app.screen._item) == ("tea#2", read_ballots(run, row, 1, 1)[0].item)


async def test_memory_ties_and_the_prompt_are_worked_out_by_an_engine(run, look, words):
    app, opened = look.opened(run, size=(120, 40))
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("personas", run, persona="tea#2")
        await look.until(pilot, lambda: "tea#2" in app.screen.query_one("#about", Prose).text)
        app.screen.query_one(TabbedContent).active = "tab-memory"

        def memory():
            return app.screen.query_one("#memory", Prose).text

        await look.until(pilot, lambda: "What its own member wrote" in memory())
        assert "endorsed" in memory() and "Remembers " in memory()
        await pilot.press("t")
        assert "Bond ties" in app.screen.query_one("#ties", Prose).text
        await pilot.press("t")

        def prompt():
            return app.screen.query_one("#prompt", Prose).text

        await look.until(pilot, lambda: "would be sent" in prompt())
        assert "┃ You are a member" in prompt() and "── from here on its own" in prompt()


async def test_of_a_model_run_the_prompt_is_the_one_that_was_sent_and_no_engine_is_needed(model_run, look):
    app, opened = look.opened(model_run, size=(120, 40))
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("personas", model_run, persona="tea#1", item="item00")
        await look.until(pilot, lambda: "tea#1" in app.screen.query_one("#about", Prose).text)
        app.screen.query_one(TabbedContent).active = "tab-prompt"
        await look.until(pilot, lambda: "What it was sent for item item00" in look.text(app))
        assert app.screen._engine is None


async def test_a_run_without_personas_says_why(tmp_path, run, look):
    import shutil

    shutil.copytree(run, tmp_path / "direct")
    with Journal.create(tmp_path / "direct") as journal:
        journal.set_facts({"settings": {**journal.fact("settings"), "mode": "direct"}})
        journal._db.execute("DELETE FROM personas")
        journal._db.commit()
    app, opened = look.opened(tmp_path / "direct")
    async with opened as pilot:
        await look.settled(pilot)
        app.push_screen(PersonasScreen(tmp_path / "direct"))
        await look.until(pilot, lambda: "no persona judged" in look.text(app))
        await pilot.press("enter", "w", "t", "t")
        assert isinstance(app.screen, PersonasScreen)


@pytest.mark.parametrize("width", [30, 76])
def test_every_line_of_what_the_panel_shares_is_marked_and_no_line_of_what_it_does_not(width):
    from tui.reading.personas import Sent
    from tui.screens.persona.details import sent_content

    shared, own = "You are one of 茶の間 " * 9 + "\n\nand answer.\n", "I am a baker. " * 9
    sent = Sent(messages=(("system", shared + own),), shared=len(shared), made=False)
    lines = str(sent_content(sent, "q1", width=width)).split("\n")
    start, turn = lines.index("── system"), lines.index("── from here on its own")
    marked = lines[start + 1 : turn]
    assert all(line.startswith("┃ ") for line in marked) and max(map(cell_len, marked)) <= width
    assert "".join(line[2:] for line in marked).replace(" ", "") == shared.replace("\n", "").replace(" ", "")
    assert not any(line.startswith("┃") for line in lines[turn:])
