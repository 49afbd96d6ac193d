"""Every file of the real data becomes a corpus, or it is said precisely why not."""

from __future__ import annotations

import pytest

from personas import InputError, ingest
from personas.sources.table import TableSource

KEY = b"sixteen bytes or more"
pytestmark = pytest.mark.real_data


def test_five_sites_become_one_corpus(real_data, tmp_path):
    manifest = ingest("stackexchange", [real_data / "stackexchange"], out=tmp_path / "c", key=KEY).manifest
    assert [entry.name for entry in manifest.communities] == [
        "ai",
        "coffee",
        "cstheory_meta",
        "matheducators",
        "quantumcomputing",
    ]
    assert manifest.counts["posts"] == 2244
    assert manifest.broken == {"vote for a post that is not there": 626}
    assert manifest.skipped["vote: neither up nor down"] == 2769
    assert manifest.voters == "anonymous"


def test_eight_conversations_become_one_corpus_with_every_vote(real_data, tmp_path):
    manifest = ingest("polis", [real_data / "polis"], out=tmp_path / "c", key=KEY).manifest
    assert len(manifest.communities) == 8
    assert manifest.counts == {"members": 7571, "posts": 1719, "replies": 0, "votes": 461_527}
    assert manifest.broken == {}
    foreign = {entry.name for entry in manifest.communities if not entry.english}
    assert foreign == {"austria-climate.2vkxcncppn.2022-07-07", "vtaiwan.uberx"}


def test_top_posts_become_a_corpus_without_members(real_data, tmp_path):
    manifest = ingest("reddit", [real_data / "reddit_top2013"], out=tmp_path / "c", key=KEY).manifest
    files = list((real_data / "reddit_top2013").glob("*.csv.gz"))
    assert len(manifest.communities) == len(files)
    assert manifest.counts == {"members": 0, "posts": 27_993, "replies": 0, "votes": 0}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("food-world-cup-data.csv", r"line 1: it is no UTF-8"),
        ("nonvoters_data.csv", r"have no column for 'text', 'community'.*--column text=COLUMN"),
    ],
)
def test_a_survey_of_one_row_a_respondent_says_why_it_is_no_table_of_posts(real_data, tmp_path, name, reason):
    source = TableSource(posts=[real_data / "fivethirtyeight" / name])
    with pytest.raises(InputError, match=reason) as caught:
        ingest(source, [], out=tmp_path / "c", key=KEY)
    assert name in str(caught.value)
    assert not (tmp_path / "c").exists()
