"""Value axes: two poles with what each holds, sentences that anchor them, and a labelled set to hold judges against.

An axis is data. Two of Inglehart and Welzel come with the package; a file of the same form adds another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["SIDES", "Axis", "Labelled", "Pole", "Side", "bundled_axes", "chosen_axes", "load_axis"]

Side = Literal["a", "b", "neither"]
SIDES: tuple[Side, ...] = ("a", "b", "neither")
FORMAT = "commonbond-axis/1"
LEAST_ANCHORS, LEAST_LABELLED = 3, 10
LARGEST = 4_000_000
FIELDS = ("format", "name", "title", "definition", "source", "licence", "a", "b", "labelled")


@dataclass(frozen=True, kw_only=True)
class Pole:
    """One end of an axis.

    Args:
        name: in a word or two. ``definition``: what it holds, in a sentence.
        anchors: sentences that stand clearly on this side, each on a topic of its own.
    """

    name: str
    definition: str
    anchors: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A statement whose side is known."""

    text: str
    side: Side


@dataclass(frozen=True, kw_only=True)
class Axis:
    """An axis of value; positions on it grow from pole a to pole b.

    Args:
        name: short and unique, as in ``traditional-secular``. ``title``: for readers.
        definition: what the axis is about. ``source``: where it comes from. ``licence``: of its texts.
        a, b: the poles.
        labelled: statements with their sides, which no judge may learn from.
        labelled_source: who wrote and labelled them. ``labelled_licence``: theirs.
    """

    name: str
    title: str
    definition: str
    source: str
    licence: str
    a: Pole
    b: Pole
    labelled: tuple[Labelled, ...]
    labelled_source: str
    labelled_licence: str

    def swapped(self) -> Axis:
        """Return the same axis from the other end.

        >>> axis = bundled_axes()[0]
        >>> axis.swapped().a == axis.b, axis.swapped().swapped() == axis
        (True, True)
        """
        other: dict[Side, Side] = {"a": "b", "b": "a", "neither": "neither"}
        turned = tuple(Labelled(text=each.text, side=other[each.side]) for each in self.labelled)
        return Axis(**{**vars(self), "a": self.b, "b": self.a, "labelled": turned})

    def pole(self, side: Side) -> str:
        """Return what a side is called."""
        return {"a": self.a.name, "b": self.b.name, "neither": "neither"}[side]

    def as_data(self) -> dict[str, Any]:
        """Return what a reader of figures must know of it, as plain data."""
        return {
            "name": self.name, "title": self.title, "definition": self.definition, "source": self.source,
            "licence": self.licence, "a": self.a.name, "b": self.b.name,
            "anchors": len(self.a.anchors) + len(self.b.anchors), "labelled": len(self.labelled),
            "labelled_source": self.labelled_source, "labelled_licence": self.labelled_licence,
        }  # fmt: skip


def bundled_axes() -> tuple[Axis, ...]:
    """Return the axes that come with the package, in order of their names.

    References:
        R. Inglehart & C. Welzel (2005). Modernization, Cultural Change, and Democracy. Cambridge.

    >>> [axis.name for axis in bundled_axes()]
    ['survival-self-expression', 'traditional-secular']
    """
    folder = files("bench.pluralism") / "axes"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".json")]
    return tuple(
        _axis(_parsed(entry.read_text(encoding="utf-8"), entry.name), entry.name)
        for entry in sorted(found, key=lambda entry: entry.name)
    )


def load_axis(path: str | Path) -> Axis:
    """Read an axis from a JSON file of the form of the bundled ones.

    Raises:
        InputError: it cannot be read, a field is missing, unknown or of another kind, or the labelled set is too
            small or repeats an anchor.
    """
    where = str(path)
    try:
        if Path(path).stat().st_size > LARGEST:
            raise InputError("it is larger than an axis can be", where=where, remedy="name an axis file")
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("it cannot be read", where=where, remedy="save the axis as UTF-8 JSON") from error
    return _axis(_parsed(text, where), where)


def chosen_axes(paths: Sequence[str | Path]) -> tuple[Axis, ...]:
    """Return the bundled axes and those in files; one of a bundled one's name takes its place.

    Raises:
        InputError: a file holds no axis, or two files hold axes of one name.
    """
    own: dict[str, Axis] = {}
    for path in paths:
        axis = load_axis(path)
        if axis.name in own:
            raise InputError(
                f"a second axis is named {axis.name!r}", where=f"{path}: name", remedy="rename it"
            )
        own[axis.name] = axis
    return tuple(({axis.name: axis for axis in bundled_axes()} | own).values())


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"it is no JSON: {error}", where=where, remedy="write one JSON object") from error


def _axis(data: Any, where: str) -> Axis:
    held = _object(data, where, FIELDS)
    if held["format"] != FORMAT:
        raise InputError(
            f"{held['format']!r} is no format of an axis", where=f"{where}: format", remedy=f"use {FORMAT!r}"
        )
    told = {name: _text(held[name], f"{where}: {name}") for name in FIELDS[1:6]}
    a, b = (_pole(held[side], f"{where}: {side}") for side in ("a", "b"))
    if both := sorted(set(a.anchors) & set(b.anchors)):
        raise InputError(
            f"both poles have the anchor {both[0]!r}", where=f"{where}: anchors", remedy="choose one"
        )
    if a.name == b.name:
        raise InputError(
            f"both poles are named {a.name!r}", where=f"{where}: b.name", remedy="name them apart"
        )
    labelled = _object(held["labelled"], f"{where}: labelled", ("source", "licence", "statements"))
    return Axis(
        **told,
        a=a,
        b=b,
        labelled=_statements(
            labelled["statements"], f"{where}: labelled.statements", {*a.anchors, *b.anchors}
        ),
        labelled_source=_text(labelled["source"], f"{where}: labelled.source"),
        labelled_licence=_text(labelled["licence"], f"{where}: labelled.licence"),
    )


def _pole(data: Any, where: str) -> Pole:
    held = _object(data, where, ("name", "definition", "anchors"))
    listed = held["anchors"]
    if not isinstance(listed, list) or len(listed) < LEAST_ANCHORS:
        raise InputError(
            "the pole has too few anchors",
            where=f"{where}.anchors",
            remedy=f"list {LEAST_ANCHORS} sentences or more",
        )
    anchors = tuple(_text(each, f"{where}.anchors[{number}]") for number, each in enumerate(listed))
    _refuse_double(anchors, f"{where}.anchors")
    return Pole(
        name=_text(held["name"], f"{where}.name"),
        definition=_text(held["definition"], f"{where}.definition"),
        anchors=anchors,
    )


def _statements(data: Any, where: str, anchors: set[str]) -> tuple[Labelled, ...]:
    if not isinstance(data, list) or len(data) < LEAST_LABELLED:
        raise InputError(
            "there are too few labelled statements to know how good a judge is",
            where=where,
            remedy=f"list {LEAST_LABELLED} or more, none of them an anchor",
        )
    found = tuple(_labelled(each, f"{where}[{number}]", anchors) for number, each in enumerate(data))
    _refuse_double([each.text for each in found], where)
    if missing := sorted({"a", "b"} - {each.side for each in found}):
        raise InputError(
            f"no statement is on side {missing[0]}", where=where, remedy="label some of each side"
        )
    return found


def _labelled(data: Any, where: str, anchors: set[str]) -> Labelled:
    held = _object(data, where, ("text", "side"))
    text, side = _text(held["text"], f"{where}.text"), held["side"]
    if side not in SIDES:
        raise InputError(
            f"{side!r} is no side", where=f"{where}.side", remedy=f"use one of: {', '.join(SIDES)}"
        )
    if text in anchors:
        raise InputError("it is an anchor too", where=f"{where}.text", remedy="label statements of their own")
    return Labelled(text=text, side=side)


def _object(data: Any, where: str, names: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise InputError("it is no JSON object", where=where, remedy=f"give its {', '.join(names)}")
    if missing := [name for name in names if name not in data]:
        raise InputError(f"it lacks {missing[0]!r}", where=where, remedy=f"give its {', '.join(names)}")
    if unknown := sorted(data.keys() - set(names)):
        raise InputError(
            f"it has an unknown field {unknown[0]!r}",
            where=where,
            remedy=f"its fields are: {', '.join(names)}",
        )
    return data


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{value!r} is no text", where=where, remedy="write a text between quotation marks")
    return value.strip()


def _refuse_double(texts: Sequence[str], where: str) -> None:
    double = next((text for text in texts if texts.count(text) > 1), None)
    if double is not None:
        raise InputError(f"{double!r} stands twice", where=where, remedy="keep one of them")
