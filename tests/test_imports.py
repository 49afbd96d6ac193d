"""Importing does nothing: no heavy library, no folder, no print, no network; and each package knows its place."""

from __future__ import annotations

import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("personas", "simulator", "bench", "tui")
HEAVY = {"textual", "torch", "litellm", "langgraph", "faiss", "duckdb", "sentence_transformers"}
INTERFACE = ("tui.app", "tui.screens", "tui.widgets", "tui.shell", "tui.serving.tab")

WATCHED = """
import importlib, json, os, sys
FORBIDDEN = {
    "os.mkdir", "os.remove", "os.rename", "os.truncate", "socket.__new__", "socket.connect", "socket.getaddrinfo",
    "sqlite3.connect", "subprocess.Popen", "os.posix_spawn", "os.fork",
}
acts = []
def watch(event, arguments):
    if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        acts.append([event, str(arguments[0])])
    if event in FORBIDDEN:
        acts.append([event, str(arguments[0])])
sys.dont_write_bytecode = True
sys.addaudithook(watch)
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
found = {name.partition(".")[0] for name in sys.modules}
print(json.dumps({"loaded": sorted(found), "acts": acts}))
"""


def modules(package):
    yield package
    for found in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
        yield found.name


def imported(names):
    command = [sys.executable, "-c", WATCHED, json.dumps(list(names))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.count("\n") == 1, f"something was printed: {done.stdout}"
    assert not done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_nothing_heavy(package):
    assert not HEAVY & set(imported([package])["loaded"])


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_every_module_loads_nothing_heavy_and_does_nothing(package):
    headless = [name for name in modules(package) if not name.startswith(INTERFACE)]
    found = imported(headless)
    assert not HEAVY & set(found["loaded"])
    assert found["acts"] == []


def test_the_interface_loads_textual_and_nothing_else_that_is_heavy():
    found = imported(name for name in modules("tui") if name.startswith(INTERFACE))
    assert HEAVY & set(found["loaded"]) == {"textual"}
    assert found["acts"] == []


@pytest.mark.parametrize(
    ("act", "event"),
    [
        ("open(name, 'w').close()", "open"),
        ("os.close(os.open(name, os.O_CREAT | os.O_WRONLY))", "open"),
        ("os.mkdir(name)", "os.mkdir"),
        ("socket.socket().close()", "socket.__new__"),
    ],
)
def test_the_watch_sees_what_a_module_does(tmp_path, monkeypatch, act, event):
    (tmp_path / "busy.py").write_text(f"import os, socket\nname = {str(tmp_path / 'made')!r}\n{act}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert event in {seen for seen, _ in imported(["busy"])["acts"]}


def test_the_headless_packages_know_no_textual_and_nothing_to_their_right():
    for number, package in enumerate(PACKAGES[:-1]):
        loaded = set(imported(modules(package))["loaded"])
        assert not loaded & {"textual", *PACKAGES[number + 1 :]}


def test_the_import_contract_holds():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_every_public_name_of_a_package_is_there():
    code = "import {0}\nfor name in {0}.__all__: getattr({0}, name)\ntry: {0}.nothing\nexcept AttributeError: print('none')"
    for package in PACKAGES[:-1]:
        command = [sys.executable, "-c", code.format(package)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("none\n", "")
