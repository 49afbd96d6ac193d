"""What all tests share: no network, no file of the user's, and the real data where it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # Before numpy is loaded: where tests run side by side, threads of each for every core only wait for each other.
    for _library in ("OMP", "OPENBLAS", "MKL", "RAYON"):
        os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

from hypothesis import settings
from word_embedder import WordEmbedder

os.environ.setdefault("HF_HUB_OFFLINE", "1")
settings.register_profile("commonbond", deadline=None, print_blob=True)
settings.load_profile("commonbond")

RECOVERY = "recovery"
COLUMNS = f"{'graph':34}{'method':>10}{'known':>7}{'found':>7}{'NMI':>8}{'ARI':>8}"


@pytest.fixture(scope="session", autouse=True)
def _own_home(tmp_path_factory):
    """Keep the user's key and, unless one is named, the user's cache out of the tests."""
    home = tmp_path_factory.mktemp("user")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
        if "COMMONBOND_CACHE" not in os.environ:
            patch.setenv("COMMONBOND_CACHE", str(home / "cache"))
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real data; the test is skipped where there is none."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("COMMONBOND_REAL_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is no folder; set COMMONBOND_REAL_DATA")
    return folder


@pytest.fixture
def words() -> WordEmbedder:
    """An embedder that compares texts by their words; it loads no model and counts what it embeds."""
    return WordEmbedder()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how well known groups were recovered; here, as pytest-xdist's controller reads no nested conftest."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    rows = {
        str(value)
        for report in reports
        if report.when == "call"
        for key, value in report.user_properties
        if key == RECOVERY
    }
    if rows:
        terminalreporter.section("known groups, recovered")
        terminalreporter.write_line(COLUMNS)
        for row in sorted(rows):
            terminalreporter.write_line(row)
