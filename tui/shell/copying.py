"""What copying takes on a screen, and what a file of it is called."""

from __future__ import annotations

import re

from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.plaintext import shown

__all__ = ["file_name", "what_to_copy"]

WHOLE = 2**31
LONGEST_NAME = 48
"""Characters of a folder's name that a file's takes over: a name has room for 255 bytes."""


def what_to_copy(screen: Screen[object]) -> tuple[str, str]:
    """Return a text and what it is: the selection, or else what the widget with the focus, or one around it, says.

    A widget says so by a method ``copied`` that returns the text and its name.
    """
    selected = screen.get_selected_text()
    if selected:
        return shown(selected, limit=WHOLE), "selection"
    focused = screen.focused
    around = (
        () if focused is None else (node for node in focused.ancestors_with_self if isinstance(node, Widget))
    )
    for widget in around:
        if isinstance(widget, Screen):
            break
        text, what = _of(widget)
        if text:
            return "\t".join(shown(cell, limit=WHOLE) for cell in text.split("\t")), what
    return (
        ("", "")
        if focused is None or hasattr(focused, "copied")
        else (_seen(screen, focused), "part of the screen")
    )


def file_name(screen: Screen[object]) -> str:
    """Return what a file of a screen is called: the folder it is about, and the screen's name."""
    folder = getattr(screen, "folder", None)
    name = folder.name[:LONGEST_NAME] if folder is not None else "commonbond"
    parts = [name, getattr(screen, "PLACE", "") or "home"]
    return re.sub(r"[^\w.-]+", "-", "-".join(parts).lower()).strip("-.") or "commonbond"


def _of(widget: Widget) -> tuple[str, str]:
    copied = getattr(widget, "copied", None)
    if copied is not None:
        text, what = copied()
        return str(text), str(what)
    if isinstance(widget, Input):
        return widget.value, "field"
    if isinstance(widget, Static):
        return str(widget.content), "text"
    return "\n".join(str(part.content) for part in widget.query(Static)), "text"


def _seen(screen: Screen[object], widget: Widget) -> str:
    """Return what is drawn of a widget, without the space around it."""
    region = widget.region
    strips = screen._compositor.render_strips()[region.y : region.bottom]
    return "\n".join(strip.crop(region.x, region.right).text.rstrip() for strip in strips).strip("\n")
