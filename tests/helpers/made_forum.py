"""A made forum for tests of construction: threads of voted answers, their texts drawn from one vocabulary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from small_corpora import said, voted

__all__ = ["forum", "moment", "sentence"]

WORDS = [
    f"{first}{second}"
    for first in ("ba", "do", "ke", "li", "mu", "no", "pa")
    for second in ("ra", "sti", "lo", "men", "tu", "vik")
]


def moment(hours: int) -> datetime:
    return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours)


def sentence(rng, *, length: int = 14) -> str:
    return " ".join(rng.choice(WORDS, size=length))


def forum(
    communities=("tea", "cats"), *, threads: int = 20, replies: int = 3, cue=lambda name: "", seed: int = 3
):
    """Threads with voted answers, one an hour; ``cue`` is put before every text of a community."""
    rng = np.random.default_rng(seed)
    records = []
    for number in range(threads):
        for name in communities:
            post = f"{name}:{number:03}"
            at = moment(number)
            asker = f"{name}-p{rng.integers(8)}"
            records.append(
                said(post, cue(name) + sentence(rng), title=cue(name) + sentence(rng, length=6), kind="question",
                     community=name, created=at, author=asker)
            )  # fmt: skip
            for answer in range(replies):
                reply = f"{post}/{answer}"
                records.append(
                    said(reply, cue(name) + sentence(rng), parent=post, kind="answer", community=name,
                         created=at + timedelta(minutes=5 * answer + 1), author=f"{name}-p{rng.integers(8)}")
                )  # fmt: skip
                records.append(voted(reply, 1, count=int(rng.integers(1, 30)), community=name))
    return records
