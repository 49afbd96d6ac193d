"""Asking, watching the answers form, and asking why: on real corpora and runs, with real engines."""

from __future__ import annotations

import shutil

import pytest
from rich.cells import cell_len
from small_corpora import make_corpus
from small_runs import forum, items_for
from stand_in import stand_in
from textual.widgets import Input, TextArea
from word_embedder import WordEmbedder
from word_engine import words_command

from simulator.asking import question
from simulator.journal import Journal
from simulator.simulation import Simulation
from tui.ordering.engine import Order
from tui.screens.ask.answers import AnswersScreen
from tui.screens.ask.forming import Forming
from tui.screens.ask.question import QuestionScreen
from tui.screens.ask.why import WhyScreen
from tui.screens.compare.ballots import BallotsScreen
from tui.widgets.prose import Prose

HOSTILE = "[@click=app.quit]free[/] \x1b[31mred\u202e 猫は箱が好き"
QUERY = "What about the pot, -really?"


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A corpus, and a finished run in which its two communities were asked one question."""
    home = tmp_path_factory.mktemp("ask-screens")
    corpus = make_corpus(home / "tea.corpus", forum(8), title="Tea and cats", fictional=True)
    simulation = Simulation(corpus, seed=3, embedder=WordEmbedder(), panel=5, smallest=2)
    item = question(QUERY, ["warm the pot first", "never boil green leaves", HOSTILE])
    simulation.run([item], out=home / "ask").journal.close()
    return home


@pytest.fixture
def words(monkeypatch):
    """Engines that compare texts by their words."""
    plain = Order.command
    monkeypatch.setattr(Order, "command", lambda order: words_command(plain(order)))


def shown(app, name):
    return app.screen.query_one(f"#{name}", Prose).text


async def test_a_question_is_typed_asked_and_its_answers_form(asked, tmp_path, look, words):
    shutil.copytree(asked / "tea.corpus", tmp_path / "tea.corpus")
    app, opened = look.opened(tmp_path)
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("question", tmp_path / "tea.corpus")
        await look.until(pilot, lambda: app.screen.query_one("#out", Input).value.endswith("tea-ask1"))
        await pilot.press(*"Pot?", "enter", *"warm the pot first", "enter", *"never boil leaves")
        screen = app.screen
        screen.query_one("#panel", Input).value = "4"
        await pilot.press("ctrl+s")
        await look.until(pilot, lambda: isinstance(app.screen, AnswersScreen))
        await look.until(pilot, lambda: "forming, space skips" in look.text(app))
        await look.until(pilot, lambda: "✓ all in" in look.text(app) and "▶" not in look.text(app))
        text = look.text(app)
        assert "Pot?" in text and "A  ▒" in text and "├" in text and "4 ballots" in text
        assert "FICTIONAL" in text
    with Journal.read(tmp_path / "tea-ask1") as journal:
        item = journal.item("ask")
        assert [option.text for option in item.options] == ["warm the pot first", "never boil leaves"]
        assert journal.fact("settings")["panel"] == 4 and journal.fact("state") == "done"


@pytest.mark.parametrize(
    ("query", "options", "write", "told"),
    [
        ("", "a\nb", "", "the question is empty"),
        ("Pot?", "a\n\n", "", "fewer than two options"),
        ("Pot?", "a\nb", "3", "both options and a number"),
        ("Pot?", "", "1", "or write: it must be 2 or more"),
        ("Pot?", "a\na", "", "stands twice"),
    ],
)
async def test_a_question_that_cannot_be_asked_says_why_and_starts_nothing(
    asked, look, query, options, write, told
):
    app, opened = look.opened(asked, size=(100, 40))
    async with opened as pilot:
        app.push_screen(QuestionScreen(asked / "tea.corpus"))
        await look.settled(pilot)
        app.screen.query_one("#query", Input).value = query
        app.screen.query_one("#options", TextArea).text = options
        app.screen.query_one("#write", Input).value = write
        await pilot.press("ctrl+s")
        await look.until(pilot, lambda: told in look.text(app))
        assert not app.engines and isinstance(app.screen, QuestionScreen)


async def test_options_to_write_chosen_communities_and_dashes_reach_the_command_line(asked, look):
    app, opened = look.opened(asked, size=(100, 40))
    async with opened as pilot:
        app.push_screen(QuestionScreen(asked / "tea.corpus"))
        await look.settled(pilot)
        screen = app.screen
        screen.query_one("#query", Input).value = "-Pot?"
        screen.query_one("#write", Input).value = "3"
        screen.query_one("#choosing").focus()
        await pilot.press("down", "space")
        await pilot.pause()
        order = screen._order()
        assert order.command()[-3:] == ["--", str(asked / "tea.corpus"), "-Pot?"]
        assert order.given[order.given.index("--write") + 1] == "3"
        assert order.given[order.given.index("--community") + 1] == "tea"
        assert "--model" not in order.given
        screen.query_one("#write", Input).value = ""
        screen.query_one("#options", TextArea).text = "--yes\nno"
        await pilot.pause()
        assert screen._order().given[:2] == ("--option=--yes", "--option=no")


async def test_with_a_model_the_price_is_told_before_anything_is_asked(asked, tmp_path, look, words):
    shutil.copytree(asked / "tea.corpus", tmp_path / "tea.corpus")
    app, opened = look.opened(tmp_path, size=(140, 45))
    with stand_in() as server:
        async with opened as pilot:
            app.push_screen(QuestionScreen(tmp_path / "tea.corpus"))
            await look.settled(pilot)
            screen = app.screen
            screen.query_one("#model", Input).value = "hosted_vllm/stand-in"
            await look.until(pilot, lambda: screen.query("#api_base"))
            for name, value in {
                "query": "Pot?", "panel": "3", "rounds": "0", "api_base": server.api_base, "price": "1/2",
            }.items():  # fmt: skip
                screen.query_one(f"#{name}", Input).value = value
            screen.query_one("#options", TextArea).text = "warm it\nleave it"
            await pilot.pause()
            await pilot.press("ctrl+s")
            await look.until(pilot, lambda: "Ask again to begin" in look.text(app))
            assert "tokens in" in look.text(app) and server.count()["requests"] == 0
            await pilot.press("ctrl+s")
            await look.until(pilot, lambda: isinstance(app.screen, AnswersScreen))
            await look.until(pilot, lambda: "✓ all in" in look.text(app))
            assert server.count()["requests"] > 0
            assert "language-model personas" in look.text(app)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (140, 45)])
async def test_the_answers_of_any_run_are_shown_with_hostile_options_as_plain_text(asked, look, size):
    app, opened = look.opened(asked, size=size)
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("answers", asked / "ask")
        await look.until(pilot, lambda: "✓ all in" in look.text(app))
        text = look.text(app)
        assert {cell_len(line) for line in text.split("\n")} == {size[0]}
        assert "\x1b" not in text and "\u202e" not in text and "[@click" in text
        with Journal.read(asked / "ask") as journal:
            _, community, result = next(journal.results())
        assert f"▸ {community}" in text and f"{result['preference']['shares'][0] * 100:3.0f} %" in text
        if size[0] < 120:
            assert "Divergence" not in text
            await pilot.press("m")
        await look.until(pilot, lambda: "Where each option ranges" in look.text(app))
        assert {cell_len(line) for line in look.text(app).split("\n")} == {size[0]}


async def test_answers_form_again_ballot_by_ballot_and_space_skips(asked, look, monkeypatch):
    frames, plain = [], Forming.show

    def show(forming, blocks, **more):
        frames.extend(block.formed for block in blocks[:1])
        plain(forming, blocks, **more)

    app, opened = look.opened(asked, size=(80, 30))
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("answers", asked / "ask")
        await look.until(pilot, lambda: "✓ all in" in look.text(app))
        monkeypatch.setattr(Forming, "show", show)
        await pilot.press("f")
        await look.until(pilot, lambda: any(not frame.ballots for frame in frames) and frames[-1].round)
        counts = [frame.ballots for frame in frames]
        counts = counts[counts.index(0) :]  # what was drawn before is of all ballots
        assert {1, 2, 3} <= set(counts) and counts == sorted(counts) and not frames[-1].complete
        forming = frames[-len(counts) :]
        widths = [frame.shares[0].high - frame.shares[0].low for frame in forming if not frame.round]
        assert widths[-1] < widths[0]
        await pilot.press("space")
        await look.until(pilot, lambda: "✓ all in" in look.text(app) and "▶" not in look.text(app))
        assert frames[-1].complete


async def test_from_an_answer_to_its_ballots_and_to_the_reasons_of_one_persona(asked, look, words):
    app, opened = look.opened(asked, size=(120, 50))
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("answers", asked / "ask")
        await look.until(pilot, lambda: "✓ all in" in look.text(app))
        await pilot.press("enter")
        await look.until(pilot, lambda: isinstance(app.screen, BallotsScreen))
        await pilot.press("escape", "down", "w")
        await look.until(pilot, lambda: isinstance(app.screen, WhyScreen))
        await look.until(pilot, lambda: "of the weight" in shown(app, "told"))
        told = shown(app, "told")
        assert "✗" not in told and "What the discussion did" in told and "warm the pot first" in told
        first = app.screen._persona
        assert first.startswith("tea#") and f"{first} chose" in look.text(app)
        whole = len(told)
        await pilot.press("n")
        assert len(shown(app, "told")) > whole
        await pilot.press("right_square_bracket")
        await look.until(
            pilot, lambda: app.screen._persona != first and "of the weight" in shown(app, "told")
        )
        assert app.screen._persona == "tea#0"


async def test_a_corpus_that_is_gone_is_said_where_the_account_would_stand(asked, tmp_path, look, words):
    shutil.copytree(asked / "ask", tmp_path / "ask")
    with Journal.create(tmp_path / "ask") as journal:
        journal.set_facts({"source": {**journal.fact("source"), "folder": str(tmp_path / "gone")}})
    app, opened = look.opened(asked)
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("why", tmp_path / "ask", item="ask", community="tea", persona="tea#1")
        await look.until(pilot, lambda: "✗" in look.text(app))
        assert isinstance(app.screen, WhyScreen)


async def test_a_persona_on_a_model_is_asked_a_question_and_its_answer_stays(asked, tmp_path, look, words):
    from personas.corpus import Corpus

    with stand_in() as server:
        with Corpus.open(asked / "tea.corpus") as corpus:
            Simulation(
                corpus, seed=3, embedder=WordEmbedder(), panel=3, smallest=2, rounds=0,
                model="hosted_vllm/stand-in", api_base=server.api_base,
            ).run(items_for(1), out=tmp_path / "run").journal.close()  # fmt: skip
        before = server.count()["requests"]
        app, opened = look.opened(tmp_path / "run", size=(100, 30))
        async with opened as pilot:
            await look.settled(pilot)
            app.visit("why", tmp_path / "run", item="item00", community="tea", persona="tea#1")
            await look.until(pilot, lambda: "Type a question" in look.text(app))
            assert server.count()["requests"] == before
            app.screen.query_one("#question", Input).value = "-And the [b]pot[/b]?"
            await pilot.press("enter")
            await look.until(pilot, lambda: "-And the [b]pot[/b]?" in shown(app, "told"))
            assert "what the model says of itself" in shown(app, "told")
            assert server.count()["requests"] == before + 1
            await pilot.press("enter")
            await look.until(pilot, lambda: "nothing was asked anew" in shown(app, "told"))
            assert server.count()["requests"] == before + 1


async def test_what_was_typed_is_there_again_after_leaving_and_gone_once_it_was_asked(asked, tmp_path, look):
    shutil.copytree(asked / "tea.corpus", tmp_path / "tea.corpus")
    app, opened = look.opened(tmp_path, size=(80, 24))
    async with opened as pilot:
        app.push_screen(QuestionScreen(tmp_path / "tea.corpus"))
        await look.settled(pilot)
        await pilot.press(*"Pot?", "enter", *"yes", "enter", *"no", "escape")
        await look.settled(pilot)
        assert not isinstance(app.screen, QuestionScreen)
        app.push_screen(QuestionScreen(tmp_path / "tea.corpus"))
        await look.settled(pilot)
        assert app.screen.query_one("#query", Input).value == "Pot?"
        assert app.screen.query_one("#options", TextArea).text == "yes\nno"
        await pilot.press("ctrl+s")
        await look.until(pilot, lambda: isinstance(app.screen, AnswersScreen))
        assert not app.drafts
        await look.until(pilot, lambda: "✓ all in" in look.text(app) and "▶" not in look.text(app))
        assert "first choices" in look.text(app) and "Skip" not in look.text(app)


async def test_in_a_small_window_all_is_seen_that_is_asked_and_the_footer_says_how_to_choose(asked, look):
    app, opened = look.opened(asked, size=(80, 24))
    async with opened as pilot:
        app.push_screen(QuestionScreen(asked / "tea.corpus"))
        await look.settled(pilot)
        text = look.text(app)
        assert "space chooses some" in text and "[ ]  tea" in text and "Options, one a line" in text
        app.screen.query_one("#choosing").focus()
        await pilot.pause()
        footer = look.text(app).strip().split("\n")[-1]
        assert "space Choose" in footer and "⏎ Open" not in footer
