"""The bundled example: what it promises in its READMEs holds in its files, and its scripts make these very files."""

from __future__ import annotations

import csv
import importlib.util
import json
import math
import os
import re
import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from personas.errors import InputError
from personas.seeds import derived_rng
from personas.sources.records import BrokenRecord, PostRecord, VoteRecord
from personas.sources.table import TableSource

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]
FORUM = ROOT / "examples" / "data" / "forum"
SURVEYS = ROOT / "examples" / "data" / "surveys"
REAL = Path(os.environ.get("COMMONBOND_REAL_DATA", ROOT.parent / "shared" / "data")) / "fivethirtyeight"


@cache
def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@cache
def forum(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FORUM / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


@cache
def survey(name: str, table: str) -> list[dict[str, str]]:
    with (SURVEYS / name / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def moment(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["created"])


def members_of(community: str) -> set[str]:
    return {row["member"] for row in forum("members") if row["community"] == community}


COMMUNITIES = [row["community"] for row in forum("communities")]


# the forum: its form


def test_the_script_makes_the_committed_forum_byte_for_byte(tmp_path):
    sizes = script("build_forum").build(FORUM / "source", tmp_path)
    assert sorted(sizes) == sorted(path.stem for path in FORUM.glob("*.jsonl"))
    for name in sizes:
        made, committed = (folder / f"{name}.jsonl" for folder in (tmp_path, FORUM))
        assert made.read_bytes() == committed.read_bytes(), name


def test_the_forum_is_as_large_as_it_says_and_small_enough_to_ship():
    counts = {name: len(forum(name)) for name in ("posts", "replies", "votes", "members", "communities")}
    assert counts == {"posts": 112, "replies": 435, "votes": 4262, "members": 70, "communities": 4}
    assert len({row["member"] for row in forum("members")}) == 62
    assert sum(path.stat().st_size for path in FORUM.rglob("*") if path.is_file()) < 700_000


def test_every_row_has_the_fields_that_the_readme_names():
    readme = (FORUM / "README.md").read_text(encoding="utf-8")
    for name in ("posts", "replies", "votes", "members", "communities"):
        line = next(line for line in readme.splitlines() if line.startswith(f"| `{name}.jsonl`"))
        fields = re.findall(r"`(\w+)`", line.split("|")[3])
        assert all(list(row) == fields for row in forum(name)), name


def test_the_forum_says_that_it_is_fictional_wherever_it_shows():
    assert all("(fictional)" in row["title"] for row in forum("communities"))
    assert (FORUM / "README.md").read_text(encoding="utf-8").startswith("# Fern Hollow: a fictional forum")


def test_posts_have_one_identity_each_and_replies_a_parent_in_their_thread():
    posts = {row["post"]: row for row in forum("posts")}
    everything = posts | {row["post"]: row for row in forum("replies")}
    assert len(everything) == len(forum("posts")) + len(forum("replies"))
    for row in forum("replies"):
        parent = everything[row["parent"]]
        assert parent.get("thread", parent["post"]) == row["thread"]
        assert row["thread"] in posts
        assert parent["community"] == row["community"]
        assert row["kind"] == ("answer" if row["parent"] == row["thread"] else "comment")
        assert moment(row) > moment(parent)


def test_every_thread_has_two_to_five_alternatives():
    answers = Counter(row["thread"] for row in forum("replies") if row["kind"] == "answer")
    assert set(answers) == {row["post"] for row in forum("posts")}
    assert set(answers.values()) <= {2, 3, 4, 5}


def test_members_vote_once_a_post_never_on_their_own_and_after_the_thread_is_over():
    everything = {row["post"]: row for row in (*forum("posts"), *forum("replies"))}
    last: dict[str, datetime] = {}
    for row in everything.values():
        thread = row.get("thread", row["post"])
        last[thread] = max(last.get(thread, moment(row)), moment(row))
    for vote in forum("votes"):
        post = everything[vote["post"]]
        assert vote["value"] in (1, -1)
        assert vote["voter"] != post["author"]
        assert vote["voter"] in members_of(vote["community"])
        assert vote["community"] == post["community"]
        assert moment(vote) > last[post.get("thread", post["post"])]
    assert len({(vote["voter"], vote["post"]) for vote in forum("votes")}) == len(forum("votes"))


def test_every_author_is_a_villager_and_every_member_votes_and_writes():
    villagers = {row["member"] for row in forum("members")}
    assert {row["author"] for row in (*forum("posts"), *forum("replies"))} == villagers
    assert {row["voter"] for row in forum("votes")} == villagers


def test_threads_spread_over_eighteen_months_in_every_community():
    for community in COMMUNITIES:
        dates = sorted(moment(row) for row in forum("posts") if row["community"] == community)
        assert dates[-1] - dates[0] > timedelta(days=450), community
        middle = dates[0] + (dates[-1] - dates[0]) / 2
        assert 0.3 < sum(date < middle for date in dates) / len(dates) < 0.7, community


def test_rows_stand_in_the_order_of_their_dates():
    for name in ("posts", "replies", "votes"):
        dates = [row["created"] for row in forum(name)]
        assert dates == sorted(dates), name


# the forum: its texts


def test_no_two_texts_are_the_same_or_begin_alike():
    texts = [row["text"] for row in (*forum("posts"), *forum("replies"))]
    assert len(set(texts)) == len(texts)
    openings = Counter(" ".join(text.split()[:5]) for text in texts if len(text.split()) > 5)
    assert max(openings.values()) <= 2


def test_the_texts_exercise_plain_text_display():
    rows = (*forum("posts"), *forum("replies"))
    texts = "\n".join(row.get("title", "") + row["text"] for row in rows)
    for sample in ("[bold]markup[/bold]", "[@click=app.quit]", "木漏れ日", "깻잎", "🦦", "Trás-os-Montes"):
        assert sample in texts
    assert any(not row["member"].isascii() for row in forum("members"))


def test_the_longest_and_the_first_answer_win_about_as_often_as_chance_would():
    score = endorsements()
    by_thread: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in forum("replies"):
        if row["kind"] == "answer":
            by_thread[row["thread"]].append(row)
    best = {thread: max(rows, key=lambda row: score[row["post"]]) for thread, rows in by_thread.items()}
    longest = sum(
        best[thread] is max(rows, key=lambda row: len(row["text"])) for thread, rows in by_thread.items()
    )
    first = sum(best[thread] is min(rows, key=moment) for thread, rows in by_thread.items())
    chance = sum(1 / len(rows) for rows in by_thread.values())
    assert abs(longest - chance) < 0.1 * len(by_thread)
    assert abs(first - chance) < 0.1 * len(by_thread)


# the forum: its communities


def endorsements() -> dict[str, float]:
    up, down = (Counter(row["post"] for row in forum("votes") if row["value"] == value) for value in (1, -1))
    everything = (*forum("posts"), *forum("replies"))
    return {
        row["post"]: (1 + up[row["post"]]) / (2 + up[row["post"]] + down[row["post"]]) for row in everything
    }


def ties() -> Counter[tuple[str, str]]:
    authors = {row["post"]: row["author"] for row in (*forum("posts"), *forum("replies"))}
    pairs = ((row["author"], authors[row["parent"]]) for row in forum("replies"))
    return Counter(pair for pair in pairs if pair[0] != pair[1])


def reciprocity(community: str) -> float:
    members = members_of(community)
    within = {pair for pair in ties() if set(pair) <= members}
    return sum(pair[::-1] in within for pair in within) / len(within)


def topics() -> dict[str, Counter[str]]:
    tags = {row["post"]: row["tags"] for row in forum("posts")}
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in (*forum("posts"), *forum("replies")):
        found[row["author"]].update(tags[row.get("thread", row["post"])])
    return found


def entropy(members: list[str]) -> float:
    """Return the entropy of what these members wrote about, in bits."""
    total: Counter[str] = Counter()
    for member in members:
        total.update(topics()[member])
    whole = sum(total.values())
    return -math.fsum(count / whole * math.log2(count / whole) for count in total.values())


def random_entropies(size: int) -> list[float]:
    villagers = sorted({row["member"] for row in forum("members")})
    rng = derived_rng(7, "random groups", size)
    return [entropy(list(rng.choice(villagers, size, replace=False))) for _ in range(40)]


def test_bonds_are_mutual_among_walkers_and_menders_and_not_among_swappers_and_the_assembly():
    mutual = {community: reciprocity(community) for community in COMMUNITIES}
    assert min(mutual["night-walkers"], mutual["repair-cafe"]) > 0.6
    assert max(mutual["seed-swap"], mutual["commons-meeting"]) < 0.2


def test_topics_are_narrow_where_identity_is_strong_and_scattered_among_the_walkers():
    margin = {}
    for community in COMMUNITIES:
        members = sorted(members_of(community))
        null = random_entropies(len(members))
        spread = math.sqrt(math.fsum((x - sum(null) / len(null)) ** 2 for x in null) / len(null))
        margin[community] = (entropy(members) - sum(null) / len(null)) / spread
    assert margin["seed-swap"] < margin["commons-meeting"] < -2
    assert margin["repair-cafe"] < -2
    assert margin["night-walkers"] > -1


def test_what_follows_the_norm_is_endorsed_and_what_breaks_it_is_not():
    score = endorsements()
    by_text = {row["text"]: score[row["post"]] for row in forum("replies")}
    for community in ("seed-swap", "repair-cafe"):
        threads = script("build_forum").read_threads(FORUM / "source" / f"{community}.txt")
        replies = [text for thread in threads for text in thread.replies]
        follows = [by_text[text.words] for text in replies if text.stance[0] == 2]
        breaks = [by_text[text.words] for text in replies if text.stance[0] == -2]
        assert sum(follows) / len(follows) > 0.75
        assert sum(breaks) / len(breaks) < 0.35


def test_the_two_factions_of_the_assembly_vote_against_each_other_where_they_differ():
    make = script("build_forum")
    view = {member.name: member.view for member in make.read_members(FORUM / "source" / "members.tsv")}
    threads = make.read_threads(FORUM / "source" / "commons-meeting.txt")
    leaning = {text.words: text.stance[0] - text.stance[1] for thread in threads for text in thread.replies}
    words = {row["post"]: row["text"] for row in forum("replies")}
    agreement: dict[bool, list[int]] = {True: [], False: []}
    for vote in forum("votes"):
        side = leaning.get(words.get(vote["post"], ""), 0)
        if abs(side) >= 2:
            own = (side > 0) == (view[vote["voter"]] == "keep")
            agreement[own].append(vote["value"])
    mean = {own: sum(values) / len(values) for own, values in agreement.items()}
    assert mean[True] > 0.6
    assert mean[False] < 0


@pytest.mark.parametrize("line", ["no stance at all", "+2", "> ", "++1 two signs"])
def test_a_source_line_that_is_no_reply_is_refused_with_its_place(tmp_path, line):
    source = tmp_path / "odd.txt"
    source.write_text(f"= +1 A title\n# tag\nA body.\n{line}\n", encoding="utf-8")
    with pytest.raises(InputError, match=re.escape("odd.txt, line 4")):
        script("build_forum").read_threads(source)


# the surveys


@pytest.fixture(params=["food", "nonvoters"])
def name(request) -> str:
    return str(request.param)


def test_identities_are_unique_and_every_option_has_its_question(name):
    posts, replies = survey(name, "posts"), survey(name, "replies")
    identities = [row["post"] for row in (*posts, *replies)]
    assert len(set(identities)) == len(identities)
    questions = {row["post"] for row in posts}
    assert all(row["parent"] == row["thread"] and row["parent"] in questions for row in replies)
    assert {row["kind"] for row in posts} == {"question"}
    assert {row["kind"] for row in replies} == {"option"}


def test_every_question_has_two_or_more_options_that_differ(name):
    options: dict[str, list[str]] = defaultdict(list)
    for row in survey(name, "replies"):
        options[row["parent"]].append(row["text"])
    assert set(options) == {row["post"] for row in survey(name, "posts")}
    assert all(len(set(texts)) == len(texts) >= 2 for texts in options.values())


def test_counts_are_positive_and_of_known_options_and_communities(name):
    votes = survey(name, "votes")
    assert all(int(row["count"]) > 0 and row["value"] == "1" for row in votes)
    assert {row["post"] for row in votes} <= {row["post"] for row in survey(name, "replies")}
    assert {row["community"] for row in votes} == {row["community"] for row in survey(name, "communities")}
    assert len({(row["community"], row["post"]) for row in votes}) == len(votes)


def test_each_group_gave_at_least_fifty_answers_and_no_more_than_it_has_respondents(name):
    size = {
        row["community"]: int(re.search(r"\((\d+) respondents\)", row["title"])[1])
        for row in survey(name, "communities")
    }
    question = {row["post"]: row["parent"] for row in survey(name, "replies")}
    total: Counter[tuple[str, str]] = Counter()
    for row in survey(name, "votes"):
        total[row["community"], question[row["post"]]] += int(row["count"])
    assert len(total) == len(size) * len(survey(name, "posts"))
    assert all(50 <= count <= size[community] for (community, _), count in total.items())


def test_no_respondent_is_in_the_files(name):
    columns = {table: list(survey(name, table)[0]) for table in ("communities", "posts", "replies", "votes")}
    assert columns == {
        "communities": ["community", "title"],
        "posts": ["post", "community", "kind", "tags", "title", "text"],
        "replies": ["post", "parent", "thread", "kind", "text"],
        "votes": ["community", "post", "value", "count"],
    }
    assert sorted(path.stem for path in (SURVEYS / name).iterdir()) == sorted(columns)


def test_the_surveys_name_their_source_their_licence_and_the_changes():
    text = (SURVEYS / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for part in (
        "FiveThirtyEight",
        "Ipsos",
        "creativecommons.org/licenses/by/4.0",
        "Changes made",
        "endorses",
    ):
        assert part in text
    assert "Unweighted" in (SURVEYS / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("last", "kept"), [(50, True), (49, False)])
def test_a_question_is_dropped_for_all_where_one_group_gave_fewer_than_fifty_answers(last, kept):
    make = script("build_surveys")
    question = make.Question(post="q", column="Q", title="?", options=make.scale("yes", "no"))
    groups = {"a": ("group-a", ""), "b": ("group-b", "")}
    poll = make.Survey(name="poll", note="", attribute="G", groups=groups, questions=(question,))
    rows = [{"G": "a", "Q": "1"}] * 60 + [{"G": "a", "Q": "-1"}] * 9 + [{"G": "c", "Q": "2"}] * 70
    rows += [{"G": "b", "Q": "1"}] * 20 + [{"G": "b", "Q": "2"}] * (last - 20)
    expected = {"group-a": [60, 0], "group-b": [20, 30]} if kept else {}
    assert make.counts(poll, question, rows) == expected


def test_counting_a_folder_without_the_surveys_says_which_file_is_missing(tmp_path):
    with pytest.raises(InputError, match=r"food-world-cup-data\.csv"):
        script("build_surveys").build(tmp_path, tmp_path / "out")


@pytest.mark.real_data
def test_the_script_counts_the_committed_surveys_byte_for_byte(tmp_path):
    if not REAL.is_dir():
        pytest.skip(f"the surveys are not at {REAL}; COMMONBOND_REAL_DATA names their folder")
    script("build_surveys").build(REAL, tmp_path)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.csv")}
    assert made == {path.relative_to(SURVEYS): path.read_bytes() for path in SURVEYS.rglob("*.csv")}


# both, through the reader


def test_the_table_reader_takes_the_forum_without_a_broken_record():
    roles = {role: [FORUM / f"{role}.jsonl"] for role in ("posts", "replies", "votes", "members")}
    source = TableSource(**roles)
    source.check()
    records = list(source.read())
    assert not [record for record in records if isinstance(record, BrokenRecord)]
    assert sum(isinstance(record, PostRecord) for record in records) == 112 + 435
    assert sum(isinstance(record, VoteRecord) for record in records) == 4262


def test_the_table_reader_takes_the_surveys_without_a_broken_record(name):
    roles = {role: [SURVEYS / name / f"{role}.csv"] for role in ("posts", "replies", "votes")}
    source = TableSource(**roles, ballot="choice", community="everyone", licence="CC BY 4.0")
    source.check()
    records = list(source.read())
    assert not [record for record in records if isinstance(record, BrokenRecord)]
    counted = sum(record.count for record in records if isinstance(record, VoteRecord))
    assert counted == sum(int(row["count"]) for row in survey(name, "votes"))
