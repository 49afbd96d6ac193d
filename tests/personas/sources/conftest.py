"""What the tests of the readers share: tiny dumps, a damaged file of each kind, and the real data."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from personas.sources.records import BrokenRecord

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01"
BODY = "&lt;p&gt;How do I &lt;b&gt;store&lt;/b&gt; beans?&lt;/p&gt;"
TAGS = "&lt;storage&gt;&lt;whole-bean&gt;"
DAY = 'CreationDate="2015-01-28T00:00:00.000"'
POSTS = f"""\ufeff<?xml version="1.0" encoding="utf-8"?>
<posts>
  <row Id="1" PostTypeId="1" CreationDate="2015-01-27T20:09:32.720" Score="20" Body="{BODY}"
    OwnerUserId="4" Title="Storing beans" Tags="{TAGS}" />
  <row Id="2" PostTypeId="2" ParentId="1" {DAY} Score="-1" Body="&lt;p&gt;Dark &amp;amp; dry.&lt;/p&gt;" />
  <row Id="3" PostTypeId="5" {DAY} Score="0" Body="A tag's wiki" />
  <row Id="4" PostTypeId="1" Score="1" Body="Old?" OwnerUserId="-1" Title="New tags" Tags="|grind|tamp|" />
</posts>
"""
COMMENTS = """<?xml version="1.0" encoding="utf-8"?>
<comments>
  <row Id="7" PostId="2" Score="3" Text="@Ann, ask bo@example.org" CreationDate="2015-01-29T10:00:00" UserId="8" />
</comments>
"""
VOTES = """<?xml version="1.0" encoding="utf-8"?>
<votes>
  <row Id="1" PostId="1" VoteTypeId="2" CreationDate="2015-01-27T00:00:00.000" />
  <row Id="2" PostId="2" VoteTypeId="3" CreationDate="2015-01-28T00:00:00.000" />
  <row Id="3" PostId="1" VoteTypeId="1" CreationDate="2015-01-28T00:00:00.000" />
  <row Id="4" PostId="3" VoteTypeId="2" CreationDate="2015-01-28T00:00:00.000" />
</votes>
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with the dump of one site: two questions, an answer, a tag wiki, a comment, four votes."""
    folder = tmp_path / "coffee.stackexchange.com"
    folder.mkdir()
    for name, text in (("Posts", POSTS), ("Comments", COMMENTS), ("Votes", VOTES)):
        (folder / f"{name}.xml").write_text(text)
    return folder


@pytest.fixture
def conversation(tmp_path: Path) -> Path:
    """A pol.is export: statements 0, 1 and 2, of which 2 was removed, and three participants."""
    folder = tmp_path / "tea-or-coffee"
    folder.mkdir()
    (folder / "comments.csv").write_text(
        "timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body\n"
        '1403067224363,x,0,17,2,0,1,"Tea, please"\n'
        "1403067224364,x,1,99,0,1,0,Coffee\n"
        "1403067224365,x,2,17,1,0,-1,Buy my mugs\n"
    )
    (folder / "participants-votes.csv").write_text(
        "participant,xid,group-id,n-comments,n-votes,n-agree,n-disagree,0,1,2\n"
        "17,ann@example.org,0,2,3,2,0,1,0,1\n"
        "18,,1,0,1,0,1,,-1,\n"
        "19,,,0,0,0,0,,,\n"
    )
    (folder / "summary.csv").write_text('topic,"Tea, or coffee?"\nurl,https://example.org\n')
    return folder


@pytest.fixture
def png(tmp_path: Path) -> Path:
    """A picture, under a name that every reader would take."""
    path = tmp_path / "coffee.Posts.xml"
    path.write_bytes(PNG)
    return path


@pytest.fixture
def cut_gzip():
    """Return a function that writes a gzip archive of a text without its end."""

    def write(path: Path, text: str) -> Path:
        packed = gzip.compress(text.encode())
        path.write_bytes(packed[:-12])
        return path

    return write


@pytest.fixture
def broken():
    """Return a function that gives the (file, line, problem) of the broken ones among records."""

    def find(records) -> list[tuple[str, int, str]]:
        return [(*each.where, each.problem) for each in records if isinstance(each, BrokenRecord)]

    return find


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real data; the test is skipped where there is none."""
    beside = Path(__file__).resolve().parents[4] / "shared" / "data"
    folder = Path(os.environ.get("COMMONBOND_REAL_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is no folder; set COMMONBOND_REAL_DATA")
    return folder
