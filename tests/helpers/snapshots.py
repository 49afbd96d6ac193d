"""Pictures of screens, held against kept ones: what differs is written down beside what was wanted.

``COMMONBOND_ACCEPT_PICTURES=1 pytest tests/tui/test_snapshots.py`` keeps what is seen now; look at it first.
"""

from __future__ import annotations

import difflib
import html
import os
import re
import tempfile
from pathlib import Path

KEPT = Path(__file__).parents[1] / "tui" / "snapshots"
ACCEPT = "COMMONBOND_ACCEPT_PICTURES"
_NUMBERED = re.compile(r"terminal-\d+")
_TEXT = re.compile(r'<text [^>]*?x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>', re.DOTALL)


def normalised(svg: str) -> str:
    """Return a picture without the number that its content gives to each of its names."""
    return "\n".join(line.rstrip() for line in _NUMBERED.sub("terminal", svg).strip().split("\n")) + "\n"


def words(svg: str) -> list[str]:
    """Return what a picture says, a line for each of its lines."""
    lines: dict[float, list[tuple[float, str]]] = {}
    for left, top, text in _TEXT.findall(svg):
        lines.setdefault(float(top), []).append((float(left), html.unescape(text)))
    return [" ".join(text for _, text in sorted(parts)).rstrip() for _, parts in sorted(lines.items())]


def check(name: str, svg: str, *, kept: Path = KEPT) -> None:
    """Hold a picture against the kept one of its name, or keep it where that was asked for.

    Raises:
        AssertionError: there is none, or they differ; it says in which words, and where both can be looked at.
    """
    path, now = kept / f"{name}.svg", normalised(svg)
    if os.environ.get(ACCEPT):
        kept.mkdir(parents=True, exist_ok=True)
        path.write_text(now, encoding="utf-8")
        return
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if before == now:
        return
    report = Path(tempfile.gettempdir()) / "commonbond-pictures"
    report.mkdir(exist_ok=True)
    for kind, text in (("wanted", before), ("seen", now)):
        (report / f"{name}.{kind}.svg").write_text(text, encoding="utf-8")
    said = difflib.unified_diff(words(before), words(now), "wanted", "seen", lineterm="", n=1)
    told = "\n".join(said) or "the words are the same: colours or styles differ"
    what = "is not the kept one" if before else "has none that was kept"
    raise AssertionError(
        f"the picture {name} {what}:\n{told}\nlook at {report}/{name}.*.svg; if what is seen is right, keep it: "
        f"{ACCEPT}=1 pytest tests/tui/test_snapshots.py"
    )
