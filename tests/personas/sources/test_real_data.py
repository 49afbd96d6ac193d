"""Every file of the real data, against counts made without the readers."""

from __future__ import annotations

import csv
import gzip
import re
from collections import Counter

import pytest

from personas.sources import source_named
from personas.sources.records import BrokenRecord, CommunityRecord, MemberRecord, PostRecord, VoteRecord

pytestmark = pytest.mark.real_data


def read(name: str, path):
    source = source_named(name)
    source.check([path])
    records = list(source.read([path]))
    assert [each for each in records if isinstance(each, BrokenRecord)] == []
    return source, records


def test_every_row_of_the_stack_exchange_sites_is_read_or_counted(real_data):
    folder = real_data / "stackexchange"
    source, records = read("stackexchange", folder)
    found, rows, types = Counter(), 0, Counter()
    for path in folder.glob("*.xml"):
        text = path.read_text(encoding="utf-8-sig")
        table = path.name.split(".")[1]
        number = len(re.findall(r"^\s*<row ", text, re.MULTILINE))
        rows += number
        types.update(table + kind for kind in re.findall(r' (?:Post|Vote)TypeId="(\d+)" ', text))
        types["Comments"] += number * (table == "Comments")
    for each in records:
        found[each.kind if isinstance(each, PostRecord) else type(each).__name__] += 1
    assert found == {
        "CommunityRecord": 5,
        "question": types["Posts1"],
        "answer": types["Posts2"] - source.skipped["post: without text"],
        "comment": types["Comments"],
        "VoteRecord": types["Votes2"] + types["Votes3"],
    }
    assert len(records) - 5 + sum(source.skipped.values()) == rows
    posts = [each for each in records if isinstance(each, PostRecord)]
    assert source.skipped["post: without text"] == 42  # community ads of cstheory_meta: pictures alone
    assert len({each.post for each in posts}) == len(posts)
    assert all(each.text and each.created and each.score is not None for each in posts)
    assert sum(each.author is None for each in posts if each.kind != "comment") > 0


def test_every_vote_of_the_polis_conversations_is_read_or_counted(real_data):
    folder = real_data / "polis"
    source, records = read("polis", folder)
    cells = people = statements = removed = 0
    for each in folder.iterdir():
        with (each / "participants-votes.csv").open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
        columns = [index for index, name in enumerate(header) if name.isdigit()]
        people += len(rows)
        cells += sum(1 for row in rows for index in columns if row[index])
        with (each / "comments.csv").open(encoding="utf-8-sig", newline="") as file:
            kept = [row["moderated"] for row in csv.DictReader(file)]
        statements, removed = statements + len(kept), removed + kept.count("-1")
    found = Counter(type(each) for each in records)
    gone = source.skipped["vote: on a statement that was removed or could not be read"]
    assert found[CommunityRecord] == len(list(folder.iterdir())) == 8
    assert found[MemberRecord] == people
    assert found[VoteRecord] + gone == cells
    assert found[PostRecord] == statements - removed
    assert all(each.title for each in records if isinstance(each, CommunityRecord))


def test_every_post_of_the_subreddits_is_read_or_counted(real_data):
    folder = real_data / "reddit_top2013"
    source, records = read("reddit", folder)
    rows = 0
    paths = sorted(folder.glob("*.csv.gz"))
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
            rows += sum(1 for _ in csv.reader(file)) - 1
    posts = [each for each in records if isinstance(each, PostRecord)]
    assert len(posts) + sum(source.skipped.values()) == rows
    assert {each.community for each in posts} == {path.name.removesuffix(".csv.gz") for path in paths}
    assert all(each.author is None and each.score is not None and each.created for each in posts)
