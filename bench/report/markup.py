"""Markup out of texts that strangers wrote: whatever is not markup already is escaped when it is put into an element.

So nothing can be forgotten: a text becomes part of a page through ``element`` alone.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

__all__ = ["Markup", "element", "joined", "plain"]

VOID: Final = frozenset({"meta", "br", "col", "hr"})
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_STEERING = re.compile(
    "[\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")


class Markup(str):
    """A piece of a page in which every text is escaped already."""

    __slots__ = ()


def plain(text: object) -> str:
    """Return a text without what steers: a control character becomes U+FFFD, what turns the direction is dropped.

    The joiners of emoji and of Persian stay.

    >>> plain("a\\x1bb\\u202ec")
    'a\ufffdbc'
    """
    return _CONTROL.sub("\ufffd", _STEERING.sub("", _LINE_ENDS.sub("\n", str(text))))


def element(name: str, /, *parts: object, **attributes: object) -> Markup:
    """Return an element; parts that are no ``Markup`` are escaped, and an attribute that is None is left out.

    A trailing ``_`` is taken off an attribute's name, and another one becomes a hyphen. An address in a text is
    shown as it is, but stands in the page as no address, so that a page can be searched for external ones.

    Args:
        name: of the element.
        parts: what is in it; None is left out.
        attributes: their values are escaped.

    >>> element("p", "<b>", Markup("<i>x</i>"), class_="a\\"b")
    '<p class="a&quot;b">&lt;b&gt;<i>x</i></p>'
    """
    named = "".join(
        f' {key.removesuffix("_").replace("_", "-")}="{_escaped(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{named}>")
    return Markup(f"<{name}{named}>{joined(*parts)}</{name}>")


def joined(*parts: object) -> Markup:
    """Return parts one after the other, escaped where they are no markup."""
    return Markup(
        "".join(part if isinstance(part, Markup) else _escaped(part) for part in parts if part is not None)
    )


def _escaped(text: object) -> str:
    return escape(plain(text), quote=True).replace("://", "&#58;//")
