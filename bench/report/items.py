"""One item as it is read in a report: the query, and for each option the shares side by side as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report import charts
from bench.report.markup import Markup, element, joined
from bench.report.tables import table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["clipped", "item_article"]

LONGEST = 1500
"""Characters of a query or an option that are shown; the journal and the JSON hold the whole."""


def clipped(text: str, limit: int = LONGEST) -> str:
    """Return a text, cut where it is longer than the limit, with how much is missing.

    >>> clipped("abcdef", 4)
    'abcd… (2 more characters)'
    """
    rest = len(text) - limit
    return text if rest <= 0 else f"{text[:limit]}… ({rest:,} more characters)"


def item_article(
    query: str, told: str, options: Sequence[str], shares: Mapping[str, Sequence[float]]
) -> Markup:
    """Return an item to be read.

    Args:
        query: what was asked. ``told``: of whom, and how far off it was.
        options: their texts.
        shares: for each source of shares one share an option; the first is drawn as full bars, the others open.
    """
    names = list(shares)
    rows = [
        (
            element("bdi", clipped(option)),
            *(_share(values[place], number) for number, values in enumerate(shares.values())),
        )
        for place, option in enumerate(options)
    ]
    numbers = tuple(range(1, len(names) + 1))
    made = table(("option", *names), rows, caption="share of each option", pictures=numbers, headed=True)
    heading = element("h3", element("bdi", clipped(query)))
    return element("article", heading, element("p", element("bdi", told), class_="told"), made)


def _share(share: float, number: int) -> Markup:
    bar = charts.share_bar(share, "simulated" if number else "real")
    return joined(element("span", f"{100 * share:.1f} %", class_="soft"), bar)
