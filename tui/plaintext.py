"""Text of a community, made safe and straight for a terminal: plain characters, no markup, known width.

Whatever was written by strangers passes through here before it is drawn. What could steer a terminal
becomes visible; what nobody can see, or what turns the direction of its neighbours, is dropped.
"""

from __future__ import annotations

import re

from rich.cells import cell_len, set_cell_size

__all__ = ["clipped", "count", "fitted", "one_line", "shown", "wrapped"]

LONGEST = 20_000
"""Characters of one text that are shown; a post of a megabyte would hold up every redraw."""

_PLAIN = re.compile("[\n\x20-\x7e\xa1-\xac\xae-\u058f]*+")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_BROKEN = re.compile("[\ud800-\udfff\ufffe\uffff]")
_UNSEEN = re.compile(
    "[\\xad\\u034f\\u061c\\u115f\\u1160\\u180b-\\u180e\\u200b\\u200d-\\u200f\\u202a-\\u202e\\u2060-\\u206f"
    "\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff9-\\ufffb\\U0001f3fb-\\U0001f3ff\\U000e0000-\\U000e0fff]"
)
_SPACES = re.compile(r"\s+")


def shown(text: str, *, limit: int = LONGEST) -> str:
    """Return ``text`` as it may stand in a terminal, in as many lines as it has.

    A control character becomes its picture or U+FFFD, a tab four spaces; a lone surrogate and what no XML may
    hold, and so no picture, become U+FFFD. Direction overrides and what has no width of its own are dropped, also
    the joiners, variation selectors and skin tones of emoji, about whose width terminals disagree: a family shows
    as its members.

    >>> shown("\\x1b[31mred[/] [@click=app.quit]x[/]")
    '␛[31mred[/] [@click=app.quit]x[/]'
    """
    rest = len(text) - limit
    if rest > 0:
        text = f"{text[:limit]}… ({rest:,} more characters)"
    if _PLAIN.fullmatch(text):
        return text
    text = _LINE_ENDS.sub("\n", text).replace("\t", "    ")
    text = _UNSEEN.sub("", _BROKEN.sub("\ufffd", text))
    return _CONTROL.sub(lambda match: _picture(match[0]), text)


def one_line(text: str, *, limit: int = 400) -> str:
    """Return ``text`` as it may stand in one line: every run of white space is one space.

    >>> one_line("two\\n  lines")
    'two lines'
    """
    whole = len(text) <= limit
    if whole and _is_narrow(text) and "  " not in text:
        return text.strip()
    line = _SPACES.sub(" ", shown(text[:limit])).strip()
    return line if whole else f"{line}…"


def clipped(text: str, width: int) -> str:
    """Return ``text``, with an ellipsis for what does not fit into ``width`` cells.

    >>> clipped("相談する", 5)
    '相談…'
    """
    if cell_len(text) <= width:
        return text
    return f"{set_cell_size(text, width - 1).rstrip()}…" if width > 0 else ""


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """Return ``text`` in exactly ``width`` cells, clipped or padded, whatever the width of its characters.

    >>> fitted("相談", 6) + "|"
    '相談  |'
    """
    if _is_narrow(text):
        if len(text) > width:
            text = f"{text[: width - 1].rstrip()}…" if width > 0 else ""
        return text.rjust(width) if right else text.ljust(width)
    text = clipped(text, width)
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def wrapped(text: str, width: int, lines: int) -> list[str]:
    """Return one line of text as at most ``lines`` lines of ``width`` cells, with an ellipsis for what is left.

    >>> wrapped("one two three", 8, 2)
    ['one two', 'three']
    """
    found: list[str] = []
    while cell_len(text) > width and len(found) < lines - 1:
        end = max(1, len(_head(text, width)))
        space = text.rfind(" ", 0, end + 1)
        end = space if space > end // 2 else end
        found.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*found, clipped(text, width)]


def count(number: int, one: str, several: str = "") -> str:
    """Return a number with its noun.

    >>> count(1, "run"), count(1200, "item")
    ('1 run', '1,200 items')
    """
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def _is_narrow(text: str) -> bool:
    """Return whether every character is sure to take one cell; both questions take no time."""
    return text.isascii() and text.isprintable()


def _head(text: str, width: int) -> str:
    """Return as much of ``text`` as ``width`` cells hold; a wide character that would be halved is left out."""
    head = set_cell_size(text, width)
    return head if text.startswith(head) else head[:-1]


def _picture(control: str) -> str:
    code = ord(control)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "\ufffd"
