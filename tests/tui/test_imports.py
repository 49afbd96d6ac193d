"""Nothing heavy is loaded before it is needed, so that the first screen comes at once."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {
    "numpy",
    "scipy",
    "duckdb",
    "pyarrow",
    "faiss",
    "torch",
    "sentence_transformers",
    "litellm",
    "langgraph",
    "sklearn",
}


def _loaded(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_package_itself_loads_nothing():
    assert not _loaded("import tui") & {"textual", "rich", *HEAVY}


def test_the_interface_loads_nothing_heavy():
    assert not _loaded("import tui.app") & HEAVY


def test_no_screen_loads_anything_heavy():
    screens = "ballots, communities, configure, guide, home, preferences, progress, reader, scores"
    assert not _loaded(f"from tui.screens import {screens}") & HEAVY


def test_the_readers_need_no_textual():
    readers = "communities, comparison, items, live, scores, shelf"
    assert not _loaded(f"from tui.reading import {readers}; import tui.engine") & {"textual", *HEAVY}
