"""Nothing heavy is loaded before it is needed, so that the first screen comes at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import tui

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
    folder = Path(tui.__file__).parent / "screens"
    names = [
        ".".join(path.relative_to(folder).with_suffix("").parts)
        for path in sorted(folder.rglob("*.py"))
        if path.stem != "__init__"
    ]
    assert "compare.items" in names and "home" in names
    assert not _loaded("; ".join(f"import tui.screens.{name}" for name in names)) & HEAVY


def test_the_readers_need_no_textual():
    names = [path.stem for path in sorted((Path(tui.__file__).parent / "reading").glob("*.py"))]
    readers = ", ".join(name for name in names if name != "__init__")
    assert "comparison" in readers
    assert not _loaded(f"from tui.reading import {readers}; import tui.ordering.engine") & {"textual", *HEAVY}
