"""Text that is safe to store, to show and to hash: no control characters and no lone surrogates."""

from __future__ import annotations

import html
import re

__all__ = ["plain", "unescape"]

_PLAIN = re.compile("[\t\n\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]*+")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONG_REFERENCE = re.compile("&#[0-9]{8,}+;?")


def plain(text: str) -> str:
    """Return ``text`` without NUL and the control characters C0 and C1, except newline and tab.

    So a terminal escape sequence loses what makes it one, and stays readable. Line ends become
    newlines. A lone surrogate, which JSON can carry and UTF-8 cannot, becomes U+FFFD. Everything else
    is data and stays as it is, markup of any kind and every script included.

    >>> plain("\\x1b[31mred\\x1b[0m\\r\\n[@click=app.bell]x[/]")
    '[31mred[0m\\n[@click=app.bell]x[/]'
    """
    if _PLAIN.fullmatch(text):  # nearly always, and four times as fast as to search for the others
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("", text))


def unescape(text: str) -> str:
    """Return ``text`` with its HTML entities decoded.

    ``html.unescape`` raises on a numeric reference of thousands of digits; none above seven names a
    character, so those become U+FFFD first.

    >>> unescape("R&amp;B &#9749;")
    'R&B ☕'
    """
    if "&" not in text:
        return text
    if "&#" in text:
        text = _LONG_REFERENCE.sub("\ufffd", text)
    return html.unescape(text)
