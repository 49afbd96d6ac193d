"""A score card with all that one can hold, and a text that would do harm as markup."""

from __future__ import annotations

from bench.scores import (
    Comparison,
    Curve,
    CurveBin,
    ScoreCard,
    ScoreRow,
    TaskScore,
    WorstItem,
)

__all__ = ["HOSTILE", "ahead", "card_of", "row"]

HOSTILE = (
    "<script>alert(1)</script> \" onload='x' ]]> <!-- -- > <![CDATA[ &amp; </style></title></svg> \x1b[31m\x00\x85 "
    "\u202etfel\u2066 \ud800 http://evil.example/x.png javascript:x {{7*7}} | `a` [x](y) 👩‍👩‍👧 مرحبا"
)


def row(predictor, role="baseline", mean=0.5, low=0.4, high=0.6, **known):
    known = {"n": 64, "communities": 4, "by": "communities", **known}
    return ScoreRow(predictor=predictor, role=role, mean=mean, low=low, high=high, **known)


def ahead(mean, low=None, high=None):
    return {"mean": mean, "low": low, "high": high, "probability": None if low is None else 0.9}


def card_of(text="tea"):
    """Return a card in which every text of the data is ``text``."""
    rows = (
        row(text, "simulation", mean=0.25, low=0.2, high=0.3),
        row("shuffled", "control", mean=0.4, ahead=ahead(-0.15, -0.2, -0.1), note=text),
        row("guess", ahead=ahead(0.05, -0.02, 0.12), mean=0.2),
        row("ceiling", "ceiling", mean=None, low=None, high=None),
    )
    return ScoreCard(
        predictor=text,
        corpus={"title": text, "source": text, "licence": text, "fictional": True},
        notes=(text, f"warning: {text}"),
        tasks=(
            TaskScore(task="identification", metric="accuracy", better="higher", rows=rows, note=text),
            TaskScore(task="distribution", metric="variance of shares", better="one", rows=rows[:1]),
            TaskScore(task="generation", metric="recognised", better="higher", rows=(), note=f"nothing {text}"),
        ),
        curves=(Curve(predictor=text, bins=(CurveBin(confidence=0.25, accuracy=0.5, n=4),)),),
        worst=(
            WorstItem(
                item=text, community=text, query=text, options=(text, f"{text} 2"), real=(0.75, 0.25),
                predicted=(0.5, 0.5), voters=None, error=0.0488,
            ),
        ),
        comparisons=(
            Comparison(
                task="identification", metric="accuracy", first=text, second="guess", mean=0.05, low=-0.02, high=0.12,
                probability=0.9, n=64,
            ),
            Comparison(
                task="identification", metric="accuracy", first="shuffled", second="guess", mean=0.2, low=None,
                high=None, probability=None, n=1,
            ),
        ),
        communities=({"community": text, "n": 3, "accuracy": None, "divergence": 0.125},),
        usage=(
            {
                "phase": "judge", "model": text, "calls": 1200, "failures": 1, "prompt_tokens": 5, "completion_tokens": 7,
                "cached_tokens": 0, "cost": 1.5, "problems": {},
            },
            {
                "phase": "controls: judge", "model": "local", "calls": 3, "failures": 0, "prompt_tokens": 2,
                "completion_tokens": 1, "cached_tokens": 0, "cost": None, "problems": {},
            },
        ),
    )  # fmt: skip
