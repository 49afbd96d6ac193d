"""Runs on language-model personas in the interface: what a persona was sent, who heard whom, what the calls took."""

from __future__ import annotations

import pytest
from small_corpora import make_corpus
from small_runs import forum, items_for
from stand_in import stand_in
from word_embedder import WordEmbedder

from simulator.simulation import Simulation
from tui.reading.calls import read_calls
from tui.reading.items import read_item
from tui.reading.live import read_live
from tui.reading.shelf import read_shelf
from tui.screens.compare.ballots import BallotsScreen
from tui.spent import spent


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of four items on the stand-in server, a tenth of the requests refused as unreadable for good."""
    home = tmp_path_factory.mktemp("model-run")
    corpus = make_corpus(home / "tea.corpus", forum(8), title="Tea and cats")
    with stand_in(faults={"wrong_schema": 0.3}, seed=5) as server:
        simulation = Simulation(
            corpus,
            seed=3,
            embedder=WordEmbedder(),
            panel=5,
            smallest=2,
            recheck=0.4,
            model="hosted_vllm/stand-in",
            api_base=server.api_base,
        )
        simulation.run(items_for(4), out=home / "run").journal.close()
    return home / "run"


def test_the_shelf_and_the_progress_screen_say_what_the_calls_took(run):
    entry = read_shelf([run]).runs[0]
    live = read_live(run)
    assert (entry.state, entry.calls) == ("done", sum(row.calls for row in live.usage))
    assert entry.tokens == sum(row.tokens for row in live.usage) > 0
    lines = spent(live)
    assert [line.split()[0] for line in lines[-1:]] == ["all"]
    assert f"{entry.calls:,} calls" in lines[-1]


def test_the_calls_of_a_persona_are_read_with_their_messages_and_replies(run):
    ballot = next(b for b in read_item(run, "item00", "tea").ballots if b.asked_again)
    calls = read_calls(run, "item00", "tea", ballot.persona)
    assert {"judge", "recheck"} <= {call.phase for call in calls}
    for call in calls:
        assert [role for role, _ in call.messages][:2] == ["system", "user"]
        assert call.answered and "tokens" in call.took


async def test_a_ballot_shows_how_it_came_about_and_p_shows_what_was_sent(run, look):
    item = read_item(run, "item00", "tea")
    app, opened = look.opened(run, size=(120, 50))
    async with opened as pilot:
        await look.settled(pilot)
        app.push_screen(BallotsScreen(run, "item00", "tea"))
        await look.until(pilot, lambda: "after round" in look.text(app) or "before any" in look.text(app))
        marked = item.of_round(item.rounds[-1])[0]
        if marked.heard:
            await look.until(pilot, lambda: f"heard {marked.heard[0]}" in look.text(app))
        await pilot.press("p")
        await look.until(pilot, lambda: "What tea#0 was sent" in look.text(app))
        assert "── system" in look.text(app)
        assert "Call 1 of" in look.text(app)
        await pilot.press("escape")
        await look.until(pilot, lambda: "── system" not in look.text(app))
