"""Tables, definition lists and frames of a page: what every section is put together from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.markup import Markup, element, joined
from bench.report.styles import style

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["details", "facts_list", "listed", "page", "section", "table"]

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Even if markup came through, nothing would be loaded and nothing carried out."""


def table(
    columns: Sequence[object],
    rows: Iterable[Sequence[object]],
    *,
    caption: str,
    numbers: Sequence[int] = (),
    pictures: Sequence[int] = (),
    classes: Sequence[str] = (),
    headed: bool = False,
) -> Markup:
    """Return a table whose first cells name their rows, in a frame that scrolls by itself where it is too wide.

    Args:
        columns: the heads. ``rows``: the cells of each row.
        caption: what it is a table of; for a screen reader also the name of the frame.
        numbers: the places of columns of figures. ``pictures``: those of pictures.
        classes: a class for each row; empty for none.
        headed: whether a heading above it says the same, so that the caption is for screen readers alone.
    """
    kinds = {**dict.fromkeys(numbers, "number"), **dict.fromkeys(pictures, "picture")}
    heads = (element("th", head, scope="col", class_=kinds.get(place)) for place, head in enumerate(columns))
    body = []
    for number, row in enumerate(rows):
        cells = (
            element("td", cell, class_=kinds.get(place)) if place else element("th", cell, scope="row")
            for place, cell in enumerate(row)
        )
        body.append(element("tr", *cells, class_=(classes[number] or None) if classes else None))
    made = element(
        "table",
        element("caption", caption, class_="unseen" if headed else None),
        element("thead", element("tr", *heads)),
        element("tbody", *body),
    )
    return element("div", made, class_="scroll", role="region", tabindex=0, aria_label=caption)


def facts_list(lines: Iterable[tuple[str, object]]) -> Markup:
    """Return names and values as a definition list."""
    return element(
        "dl", *(joined(element("dt", name), element("dd", _apart(value))) for name, value in lines)
    )


def listed(texts: Iterable[object]) -> Markup:
    """Return texts as a list."""
    return element("ul", *(element("li", _apart(text)) for text in texts))


def details(summary: str, *parts: object) -> Markup:
    """Return parts that a reader opens; on paper they are open."""
    return element("details", element("summary", summary), *parts)


def section(name: str, title: str, *parts: object) -> Markup:
    """Return a section of a page, to be found by its name."""
    heading = element("h2", title, id=f"{name}-title")
    return element("section", heading, *parts, id=name, aria_labelledby=f"{name}-title")


def page(title: str, *parts: object, contents: Sequence[tuple[str, str]]) -> str:
    """Return a whole page, which needs no other file, no script and no address.

    Args:
        title: of the page. ``parts``: what is on it.
        contents: the names and titles of its sections.
    """
    links = (element("li", element("a", told, href=f"#{name}")) for name, told in contents)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="generator", content="commonbond"),
        element("title", title),
        Markup(f"<style>{style()}</style>"),
    )
    nav = element("nav", element("ul", *links), aria_label="sections")
    first, *rest = parts
    body = element("body", element("header", first, nav), element("main", *rest))
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _apart(text: object) -> Markup:
    """Keep the direction of a stranger's text from turning its neighbours."""
    return text if isinstance(text, Markup) else element("bdi", text)
