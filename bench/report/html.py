"""A benchmark's results as one page of HTML that needs nothing else: no script, no other file, no address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.markup import element, joined
from bench.report.rows import warnings_of
from bench.report.sections import SECTIONS
from bench.report.tables import page, section

if TYPE_CHECKING:
    from bench.report.markup import Markup
    from bench.report.reading import RunFacts
    from bench.scores import ScoreCard

__all__ = ["as_html"]


def as_html(card: ScoreCard, *, facts: RunFacts | None = None) -> str:
    """Return a score card as a page to read, print and pass on; equal cards give equal pages.

    All text of the data is escaped where it enters the page, and an address in it stands there as mere text.

    Args:
        card: the score card.
        facts: what is known of the run besides; see ``bench.report.reading.read_report``.

    >>> from bench.scores import ScoreCard
    >>> card = ScoreCard(predictor="norm judge", corpus={"title": "<Tea>"}, notes=(), tasks=())
    >>> "<h1><bdi>&lt;Tea&gt;</bdi></h1>" in as_html(card)
    True
    """
    made = [(name, title, build(card, facts)) for name, title, build in SECTIONS]
    kept = [(name, title, part) for name, title, part in made if part is not None]
    title = str(card.corpus.get("title") or "a corpus without a title")
    return page(
        f"{title} · {card.predictor} · commonbond",
        _head(card, facts, title),
        *(section(name, told, part) for name, told, part in kept),
        contents=[(name, told) for name, told, _ in kept],
    )


def _head(card: ScoreCard, facts: RunFacts | None, title: str) -> Markup:
    stamp = element("p", element("span", "FICTIONAL people and texts", class_="stamp"))
    told = f"{card.corpus.get('source', '')} · licence {card.corpus.get('licence', 'unknown')}"
    warned = (
        element("p", element("bdi", f"Warning: {text}"), class_="warning")
        for text in warnings_of(card, facts)
    )
    return joined(
        element("p", "simulated preferences held against real votes", class_="kicker"),
        element("h1", element("bdi", title)),
        stamp if card.corpus.get("fictional") else None,
        element("p", "simulated by the ", element("strong", element("bdi", card.predictor))),
        element("p", element("bdi", told.removeprefix(" · ")), class_="soft"),
        *warned,
    )
