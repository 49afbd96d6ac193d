"""Real corpora and runs for the interface's tests, and what a screen shows as plain text."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tui.app import Interface

MATERIAL = Path(__file__).with_name("material.py")
SCORES = {
    "predictor": "norm judge (offline, no language model)",
    "notes": ["two communities are few"],
    "tasks": [
        {
            "task": "preference identification",
            "metric": "accuracy",
            "better": "higher",
            "note": "options shuffled",
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


@pytest.fixture(scope="session")
def material():
    spec = importlib.util.spec_from_file_location("material", MATERIAL)
    module = importlib.util.module_from_spec(spec)
    sys.modules["material"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def _no_settings_of_another_test(monkeypatch, tmp_path):
    """Have every test begin with the theme and the keys that the interface comes with."""
    monkeypatch.setenv("COMMONBOND_SETTINGS", str(tmp_path / "interface.json"))


@pytest.fixture(scope="session")
def made(tmp_path_factory, material):
    """A corpus and a finished run of twelve items, beside each other."""
    home = tmp_path_factory.mktemp("home")
    with material.make_corpus(home / "tea.corpus") as corpus:
        run = material.simulation(corpus).run(material.make_items(12), out=home / "run1")
    run.journal.set_facts({"scores": SCORES})
    run.journal.close()
    return home


@pytest.fixture
def home(made, tmp_path):
    """A copy of the corpus and the run that a test may change."""
    shutil.copytree(made, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def slow_engine(monkeypatch):
    """Have orders carried out by the real engine without a model, slowly enough to be watched."""
    from tui.ordering.engine import Order

    plain = Order.command

    def command(order):
        said = plain(order)
        return [sys.executable, str(MATERIAL), *said[said.index("tui.cli.main") + 1 :]]

    monkeypatch.setattr(Order, "command", command)


@pytest.fixture
def look():
    """Tools to look at the interface: open it, wait for it, and read what it shows."""

    async def settled(pilot, times: int = 100):
        for _ in range(times):
            await pilot.pause(0.02)
            if not any(worker.is_running for worker in pilot.app.workers):
                break
        await pilot.pause()

    async def until(pilot, wanted, seconds: float = 40.0):
        for _ in range(int(seconds / 0.05)):
            await pilot.pause(0.05)
            if wanted():
                return
        raise AssertionError(f"it never came to that; the screen shows:\n{text(pilot.app)}")

    def text(app) -> str:
        lines = app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in lines)

    def opened(*folders, size=(80, 24)):
        app = Interface(folders)
        app.animation_level = "none"
        return app, app.run_test(size=size, notifications=True)

    return SimpleNamespace(settled=settled, until=until, text=text, opened=opened)
