"""Every screen looks as it did when somebody last looked at its picture, in a small and in a large terminal."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import snapshots

from simulator.journal import JOURNAL
from tui.cli.communities import describe_all, keep_beside, write_beside

ROOT = Path(__file__).parents[2]
NOW = 1_790_000_000.0
"""The time at which all pictures are taken; the run was written two hours before."""
SCORES = {
    "predictor": "norm judge (offline, no language model)",
    "notes": ["two communities are few"],
    "tasks": [
        {
            "task": "preference identification", "metric": "accuracy", "better": "higher", "note": "options shuffled",
            "rows": [
                {"predictor": "norm judge", "role": "simulation", "mean": 0.4123, "low": 0.37, "high": 0.45,
                 "n": 812, "communities": 2, "by": "communities", "note": ""},
                {"predictor": "longest option", "role": "baseline", "mean": 0.5, "low": None, "high": None,
                 "n": 812, "communities": 2, "by": "communities", "note": "length is no preference",
                 "ahead": {"mean": -0.0877, "low": -0.13, "high": -0.05, "share": 0.0}},
            ],
        }
    ],
}  # fmt: skip
SIZES = ((80, 24), (140, 45))


def _load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


tour = _load(ROOT / "examples" / "screenshots.py")
STOPS = [stop for stop in tour.TOUR if not stop.engine]


@pytest.fixture(scope="session")
def shown(tmp_path_factory, material):
    """A corpus, a measured run and a question asked, all written at known times under names that are always the same."""
    home = tmp_path_factory.mktemp("pictures")
    before = Path.cwd()
    os.chdir(home)
    try:
        with material.make_corpus(Path("tea.corpus")) as corpus:
            simulation = material.simulation(corpus)
            run = simulation.run(material.make_items(12), out=Path("tea-run1"))
            run.journal.set_facts({"scores": SCORES})
            run.journal.close()
            found = describe_all(corpus, simulation)
            write_beside(corpus.folder, found)
            keep_beside(corpus, simulation, found)
            asked = replace(
                material.make_items(1)[0],
                item="question",
                query="What makes a good cup of tea?",
                votes={},
                community="",
            )
            simulation.run([asked], out=Path("tea-ask1")).journal.close()
    finally:
        os.chdir(before)
    for folder in ("tea-run1", "tea-ask1"):
        with sqlite3.connect(home / folder / JOURNAL) as db:
            db.execute("UPDATE events SET at = ? + number / 10.0", [NOW - 7_200])
    for path in home.rglob("*"):
        os.utime(path, (NOW - 7_200, NOW - 7_200))
    return home


@pytest.fixture
def still(shown, tmp_path, monkeypatch):
    """A copy of all that as the current folder, at a time that stands still."""
    shutil.copytree(shown, tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(time, "time", lambda: NOW)
    yield Path()
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.name)
async def test_a_screen_looks_as_it_did(still, stop, size):
    folders = tour.Folders(run=Path("tea-run1"), corpus=Path("tea.corpus"), asked=Path("tea-ask1"))
    picture = await tour.draw(still, folders, stop, size)
    assert picture.size == size
    snapshots.check(f"{stop.name}-{size[0]}x{size[1]}", picture.svg())


def test_no_picture_is_kept_that_nobody_takes():
    wanted = {f"{stop.name}-{width}x{height}.svg" for stop in STOPS for width, height in SIZES}
    assert {path.name for path in snapshots.KEPT.iterdir()} == wanted


def test_what_differs_is_said_in_words_with_the_way_to_keep_it(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshots.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.delenv(snapshots.ACCEPT, raising=False)
    one = '<text x="0" y="20" clip-path="url(#terminal-12)">a norm &lt;1&gt;</text><text x="90" y="20">kept</text>'
    kept = tmp_path / "kept"
    with pytest.raises(AssertionError, match="has none that was kept"):
        snapshots.check("home", one, kept=kept)
    monkeypatch.setenv(snapshots.ACCEPT, "1")
    snapshots.check("home", one, kept=kept)
    monkeypatch.delenv(snapshots.ACCEPT)
    snapshots.check("home", one.replace("-12", "-34"), kept=kept)
    with pytest.raises(
        AssertionError, match=r"-a norm <1> kept\n\+a norm <1> seen\n[\s\S]*ACCEPT_PICTURES=1"
    ):
        snapshots.check("home", one.replace(">kept", ">seen"), kept=kept)
    assert (tmp_path / "commonbond-pictures" / "home.seen.svg").read_text().count("seen") == 1
    with pytest.raises(AssertionError, match="colours or styles differ"):
        snapshots.check("home", one.replace("#", "##"), kept=kept)
