"""Count two public surveys by group, so that the demo can hold simulated preferences against real answers.

Only counts leave the source files, never a respondent; questions and options are worded anew. Run by hand as
``python examples/build_surveys.py FOLDER``, where FOLDER holds FiveThirtyEight's two CSV files.
"""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FOLDER = Path(__file__).parent / "data" / "surveys"
FOOD_FILE = "food-world-cup-data.csv"
NONVOTERS_FILE = "nonvoters_data.csv"
MINIMUM = 50
"""A question is left out altogether where one of the groups gave fewer answers than this."""

Row = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question of a survey.

    Args:
        post: its identity in the corpus.
        column: the source's column that holds the answers.
        title: the question, in our words.
        options: the answers as (code in the source, our words), in the order of the scale.
        ordered: whether the options stand on a scale.
    """

    post: str
    column: str
    title: str
    options: tuple[tuple[str, str], ...]
    ordered: bool = True


@dataclass(frozen=True, kw_only=True)
class Survey:
    """One survey, to be counted by one attribute.

    Args:
        name: its folder.
        note: what a reader must know of each question.
        attribute: the column that tells the groups apart.
        groups: the groups as value → (community, title); ``{n}`` in a title stands for its respondents.
        questions: the questions, in order.
    """

    name: str
    note: str
    attribute: str
    groups: Mapping[str, tuple[str, str]]
    questions: tuple[Question, ...]


CUISINES = {
    "Algeria": "Algerian",
    "Argentina": "Argentinian",
    "Australia": "Australian",
    "Belgium": "Belgian",
    "Bosnia and Herzegovina": "Bosnian",
    "Brazil": "Brazilian",
    "Cameroon": "Cameroonian",
    "Chile": "Chilean",
    "China": "Chinese",
    "Colombia": "Colombian",
    "Costa Rica": "Costa Rican",
    "Croatia": "Croatian",
    "Cuba": "Cuban",
    "Ecuador": "Ecuadorian",
    "England": "English",
    "Ethiopia": "Ethiopian",
    "France": "French",
    "Germany": "German",
    "Ghana": "Ghanaian",
    "Greece": "Greek",
    "Honduras": "Honduran",
    "India": "Indian",
    "Iran": "Iranian",
    "Ireland": "Irish",
    "Italy": "Italian",
    "Ivory Coast": "Ivorian",
    "Japan": "Japanese",
    "Mexico": "Mexican",
    "Nigeria": "Nigerian",
    "Portugal": "Portuguese",
    "Russia": "Russian",
    "South Korea": "South Korean",
    "Spain": "Spanish",
    "Switzerland": "Swiss",
    "Thailand": "Thai",
    "the Netherlands": "Dutch",
    "Turkey": "Turkish",
    "United States": "American",
    "Uruguay": "Uruguayan",
    "Vietnam": "Vietnamese",
}
AGES = {
    "18-29": ("age-18-29", "US adults aged 18 to 29 ({n} respondents)"),
    "30-44": ("age-30-44", "US adults aged 30 to 44 ({n} respondents)"),
    "45-60": ("age-45-60", "US adults aged 45 to 60 ({n} respondents)"),
    "> 60": ("age-over-60", "US adults over 60 ({n} respondents)"),
}
VOTERS = {
    "always": ("always-vote", "US citizens who almost always vote ({n} respondents)"),
    "sporadic": ("sometimes-vote", "US citizens who vote sometimes ({n} respondents)"),
    "rarely/never": ("rarely-vote", "US citizens who rarely or never vote ({n} respondents)"),
}
KNOWLEDGE = (
    ("Expert", "I am an expert in the cuisines of the world"),
    ("Advanced", "My knowledge of the cuisines of the world is advanced"),
    ("Intermediate", "My knowledge of the cuisines of the world is middling"),
    ("Novice", "I am a novice in the cuisines of the world"),
)
INTEREST = (
    ("A lot", "The cuisines of the world interest me a lot"),
    ("Some", "The cuisines of the world interest me somewhat"),
    ("Not much", "The cuisines of the world do not interest me much"),
    ("Not at all", "The cuisines of the world do not interest me at all"),
)
GOOD_AMERICAN = (
    "voting in elections",
    "serving on a jury",
    "following government and politics",
    "displaying the American flag",
    "taking part in the census",
    "knowing the Pledge of Allegiance",
    "supporting the military",
    "respecting the opinions of people who disagree",
    "believing in God",
    "protesting when the government does wrong",
)
STATEMENTS = (
    "the United States has a problem with systemic racism",
    "racism in policing is a worse problem than violence and vandalism at protests",
    "society has grown too soft and feminine",
    "the mainstream media care more for money than for the truth",
    "the old parties and politicians do not care about people like me",
    "the way we talk should change with the times and consider people of other backgrounds",
)
POWERS = (
    "elected officials in Washington",
    "elected officials in my state",
    "elected officials in my town or community",
    "the news media",
    "the big financial institutions of Wall Street",
    "the police and the courts",
)
INSTITUTIONS = (
    "the presidency",
    "Congress",
    "the Supreme Court",
    "the Centers for Disease Control and Prevention",
    "election officials",
    "the FBI and the CIA",
    "the news media",
    "the police",
    "the US Postal Service",
)


def scale(*options: str) -> tuple[tuple[str, str], ...]:
    """Return options with the codes 1, 2, 3 … of the source.

    >>> scale("yes", "no")
    (('1', 'yes'), ('2', 'no'))
    """
    return tuple((str(code), option) for code, option in enumerate(options, start=1))


def food_questions(columns: Iterable[str]) -> tuple[Question, ...]:
    """Return the questions of the food survey; its columns are named by the questions themselves."""
    found = []
    for column in columns:
        if "level of knowledge" in column:
            title = "How well do you know the cuisines of the world?"
            found.append(Question(post="food-knowledge", column=column, title=title, options=KNOWLEDGE))
        elif "are you interested" in column:
            title = "How much do the cuisines of the world interest you?"
            found.append(Question(post="food-interest", column=column, title=title, options=INTEREST))
        elif "traditional cuisine of" in column:
            found.append(cuisine(column))
    return tuple(found)


def cuisine(column: str) -> Question:
    """Return the question on one country's cuisine; the source codes 5 for love to 1 for hate."""
    food = CUISINES[column.split("traditional cuisine of ")[1].rstrip(".: ")]
    options = (
        f"I love {food} food, it is among the best",
        f"I like {food} food",
        f"{food} food is all right, about average",
        f"I dislike {food} food",
        f"I hate {food} food, it is among the worst",
    )
    return Question(
        post="food-" + food.lower().replace(" ", "-"),
        column=column,
        title=f"How much do you like {food} food?",
        options=tuple(zip("54321", options, strict=True)),
    )


def matrix(
    post: str, column: str, title: str, subjects: Sequence[str], options: Sequence[str]
) -> list[Question]:
    """Return the questions that share a scale; ``{}`` in a title or an option stands for the subject."""
    return [
        Question(
            post=f"{post}-{number}",
            column=f"{column}_{number}",
            title=title.format(subject.replace(" my ", " your ").replace(" like me", " like you")),
            options=scale(*(sentence(option.format(subject)) for option in options)),
        )
        for number, subject in enumerate(subjects, start=1)
    ]


def sentence(text: str) -> str:
    """Return a text with its first letter as a capital."""
    return text[0].upper() + text[1:]


def nonvoters_questions() -> tuple[Question, ...]:
    """Return the questions of the non-voters poll whose wording and codes are certain (see the README)."""
    important = [f"{{}} is {how} important" for how in ("very", "somewhat", "not so", "not at all")]
    agree = [f"I {how}: {{}}" for how in ("strongly agree", "somewhat agree", "somewhat disagree")]
    agree.append("I strongly disagree: {}")
    affect = [f"{{}} have {how} on my life" for how in ("a significant impact", "some impact")]
    affect += ["{} have only a slight impact on my life", "{} have no impact at all on my life"]
    trust = ["I trust {} a lot", "I trust {} somewhat", "I do not trust {} much", "I do not trust {} at all"]
    return (
        *matrix(
            "good-american", "Q2", "To be a good American, how important is {}?", GOOD_AMERICAN, important
        ),
        *matrix("statement", "Q3", "Do you agree that {}?", STATEMENTS, agree),
        *matrix("impact", "Q4", "How much of an impact on your life do {} have?", POWERS, affect),
        Question(
            post="election-matters",
            column="Q5",
            title="Does it matter for the important issues who wins the election?",
            options=scale("It really matters who wins", "Things will stay much the same whoever wins"),
        ),
        Question(
            post="government-design",
            column="Q7",
            title="Does the way the American government is built need changes?",
            options=scale(
                "The way our government is built needs a lot of changes",
                "The way our government is built does not really need changes",
            ),
        ),
        *matrix("trust", "Q8", "How much do you trust {}?", INSTITUTIONS, trust),
        Question(
            post="how-to-vote",
            column="Q24",
            title="How would you rather cast your vote?",
            options=scale(
                "I would rather vote by mail or absentee ballot",
                "I would rather vote in person before Election Day",
                "I would rather vote in person on Election Day",
                "I would rather vote in some other way",
            ),
            ordered=False,
        ),
    )


def read_rows(path: Path, encoding: str) -> list[Row]:
    """Read a CSV file with a header; non-breaking spaces become spaces.

    Raises:
        InputError: the file is missing.
    """
    if not path.is_file():
        raise InputError(
            "the survey is not there", where=path.name, remedy="name the folder of FiveThirtyEight's files"
        )
    text = path.read_text(encoding=encoding).replace("\xa0", " ")
    return [{key: value.strip() for key, value in row.items()} for row in csv.DictReader(io.StringIO(text))]


def surveys(source: Path) -> list[tuple[Survey, list[Row]]]:
    """Return both surveys with their respondents, as read from ``source``."""
    food = read_rows(source / FOOD_FILE, "mac_roman")
    voters = read_rows(source / NONVOTERS_FILE, "utf-8-sig")
    return [
        (
            Survey(
                name="food",
                note="Asked of US adults in 2014; those who did not know or did not answer are not counted.",
                attribute="Age",
                groups=AGES,
                questions=food_questions(food[0]),
            ),
            food,
        ),
        (
            Survey(
                name="nonvoters",
                note="Asked of US citizens in September 2020; those who did not answer are not counted.",
                attribute="voter_category",
                groups=VOTERS,
                questions=nonvoters_questions(),
            ),
            voters,
        ),
    ]


def counts(survey: Survey, question: Question, rows: Iterable[Row]) -> dict[str, list[int]]:
    """Return the number of respondents by community and option, or nothing where a group is too small."""
    found = Counter((row[survey.attribute], row[question.column]) for row in rows)
    by_group = {
        community: [found[value, code] for code, _ in question.options]
        for value, (community, _) in survey.groups.items()
    }
    return {} if any(sum(row) < MINIMUM for row in by_group.values()) else by_group


def tables(survey: Survey, rows: list[Row]) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of the four files, each with its header first."""
    size = Counter(row[survey.attribute] for row in rows)
    files: dict[str, list[tuple[object, ...]]] = {
        "communities": [("community", "title")],
        "posts": [("post", "community", "kind", "tags", "title", "text")],
        "replies": [("post", "parent", "thread", "kind", "text")],
        "votes": [("community", "post", "value", "count")],
    }
    files["communities"] += [
        (name, title.format(n=size[value])) for value, (name, title) in survey.groups.items()
    ]
    for question in survey.questions:
        by_group = counts(survey, question, rows)
        if not by_group:
            continue
        files["posts"].append(
            (
                question.post,
                "",
                "question",
                "ordered" if question.ordered else "",
                question.title,
                survey.note,
            )
        )
        for number, (_, text) in enumerate(question.options, start=1):
            option = f"{question.post}-o{number}"
            files["replies"].append((option, question.post, question.post, "option", text))
            files["votes"] += [
                (community, option, 1, row[number - 1])
                for community, row in by_group.items()
                if row[number - 1]
            ]
    return files


def build(source: Path, out: Path) -> dict[str, int]:
    """Count both surveys into folders under ``out`` and return how many rows each file has."""
    sizes = {}
    for survey, rows in surveys(source):
        folder = out / survey.name
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables(survey, rows).items():
            buffer = io.StringIO()
            csv.writer(buffer, lineterminator="\n").writerows(table)
            (folder / f"{name}.csv").write_bytes(buffer.getvalue().encode())
            sizes[f"{survey.name}/{name}"] = len(table) - 1
    return sizes


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python examples/build_surveys.py FOLDER")
    print(build(Path(sys.argv[1]), FOLDER))
