"""`commonbond prompt` prints to the letter what a persona would be sent, hostile texts inside their fences."""

from __future__ import annotations

import re

import pytest

ASKED = ("--question", "And the pot?", "--option", "warm the pot", "--option", "[bold]never[/] boil it")
ANN = ("--community", "tea", "--persona", 3)
FENCED = re.compile(r"<<(\w{8}) .*? \1>>", re.DOTALL)


@pytest.fixture(scope="module")
def asked(commands):
    """What a persona is sent to judge a question of one's own."""
    return commands("prompt", commands.corpus, *ANN, *ASKED, "--panel", 5, "--json", words=True).answer(
        "prompt"
    )


def test_the_plain_output_holds_the_messages_to_the_letter(commands, asked):
    done = commands("prompt", commands.corpus, *ANN, *ASKED, "--panel", 5, words=True)
    system, user = (message["content"] for message in asked["messages"])
    total = len(system) + len(user)
    assert done.code == 0, done.err
    assert done.out == (
        f"===== system =====\n{system}\n===== user =====\n{user}\n"
        f"===== {total:,} characters, {asked['shared']:,} of them shared with another persona of the panel =====\n"
    )


def test_the_persona_judges_the_question_last_and_in_its_own_order(asked):
    assert (asked["community"], asked["persona"]) == ("tea", 3)
    user = asked["messages"][1]["content"]
    assert "Of the 5 members who are asked, you are number 4:" in user
    assert set(re.findall(r"(?m)^[AB]\. <<\w{8} (.*) \w{8}>>$", user)) == {
        "warm the pot",
        "[bold]never[/] boil it",
    }
    assert user.index("And the pot?") < user.index("Who you are") < user.index("\nA. ")
    assert '"choice"' in user.rpartition("\n")[2]
    system = asked["messages"][0]["content"]
    assert len(system) < asked["shared"] < len(system) + user.index("\nA. ")


def test_hostile_texts_stay_inside_their_fences(commands):
    done = commands(
        "prompt", commands.corpus, "--community", "cats", "--persona", 0, "--panel", 5, "--json", words=True
    )
    found = done.answer("prompt")
    assert found["item"].startswith("cats:")
    whole = "\n".join(message["content"] for message in found["messages"])
    inside = "".join(match[0] for match in FENCED.finditer(whole))
    assert "[@click=app.quit]" in inside
    assert "[@click" not in FENCED.sub("", whole)


def test_the_answer_and_the_templates_can_be_chosen(commands, tmp_path):
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "option.md").write_text("$letter) $text")
    chosen = ("--answer", "ranking", "--prompts", folder, "--panel", 5, "--recalled", 0, "--shown", 0)
    done = commands("prompt", commands.corpus, *ANN, *ASKED, *chosen, "--json", words=True)
    user = done.answer("prompt")["messages"][1]["content"]
    assert re.search(r"(?m)^A\) <<", user) and '"ranking"' in user
    assert "- nothing is known" in user and "- nothing on this" in user


def test_a_held_out_item_can_be_named(commands):
    found = commands(
        "prompt", commands.corpus, *ANN, "--item", "tea:13", "--panel", 5, "--json", words=True
    ).answer("prompt")
    assert found["item"] == "tea:13"
    assert "tea question 13" in found["messages"][1]["content"]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ((*ANN[:2], "--persona", 5, *ASKED), ("--persona", "no persona 5", "0 to 4")),
        (("--community", "tae", "--persona", 0, *ASKED), ("no community is named 'tae'", "cats, tea")),
        ((*ANN, "--item", "tea:99"), ("'tea:99' is no held-out item of tea", "--question")),
    ],
)
def test_what_cannot_be_shown_is_refused(commands, more, told):
    commands("prompt", commands.corpus, *more, "--panel", 5, words=True).refused(*told)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--option", "x"), ("options of no question", "--question")),
        (("--question", "What?", "--option", "x"), ("two or more options and has 1",)),
        (("--item", "tea:13", *ASKED), ("two items to judge", "--item", "--question")),
    ],
)
def test_what_is_not_one_question_is_refused_before_any_work(commands, more, told):
    commands.quick("prompt", commands.corpus, *ANN, *more).refused(*told)


def test_templates_that_cannot_be_used_are_refused_with_their_file(commands, tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "norm.md").write_text("$text of $author")
    done = commands("prompt", commands.corpus, *ANN, *ASKED, "--prompts", folder, "--panel", 5, words=True)
    done.refused("broken/norm.md", "$author", "$endorsement")
