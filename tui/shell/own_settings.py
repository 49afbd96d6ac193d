"""The user's own choices for the interface, in one small file that can be written by hand: the theme and the keys."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OwnSettings", "keep_settings", "read_settings", "settings_file"]

VARIABLE = "COMMONBOND_SETTINGS"
NAME = "interface.json"
KNOWN = ("theme", "keys")
REMEDY = "mend the file, or delete it to begin anew"


@dataclass(frozen=True, kw_only=True)
class OwnSettings:
    """What the file says.

    Args:
        theme: the theme's name; empty for the one that comes with the interface.
        keys: for the id of a binding, the keys that it is bound to instead, apart by commas.
        problems: what in the file could not be used.
    """

    theme: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def settings_file() -> Path:
    """Return where the file is: what the variable COMMONBOND_SETTINGS names, or in the user's configuration."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser()
    from platformdirs import user_config_path

    return user_config_path("commonbond") / NAME


def read_settings(path: Path) -> OwnSettings:
    """Read the file; what cannot be used in it is left out and named in ``problems``, never dropped silently."""
    try:
        said = _parsed(path)
    except InputError as error:
        return OwnSettings(problems=(str(error),))
    problems = [
        f"{path}: {name!r} is no setting; there are {' and '.join(KNOWN)}"
        for name in said
        if name not in KNOWN
    ]
    theme, keys = said.get("theme", ""), said.get("keys", {})
    if not isinstance(theme, str):
        problems.append(f"{path}: theme is {theme!r}; it must be a theme's name")
        theme = ""
    if not isinstance(keys, dict):
        problems.append(f'{path}: keys is {keys!r}; it must be as {{"compare.sort": "f5"}}')
        keys = {}
    bad = {name: key for name, key in keys.items() if not isinstance(key, str) or not key.strip()}
    problems += [
        f"{path}: the key of {name} is {key!r}; it must be a key's name, as f5" for name, key in bad.items()
    ]
    good = {name: key for name, key in keys.items() if name not in bad}
    return OwnSettings(theme=theme, keys=good, problems=tuple(problems))


def keep_settings(path: Path, *, theme: str | None = None, keys: Mapping[str, str] | None = None) -> None:
    """Write choices to the file, which is put in place when it is whole; what else it says stays.

    Raises:
        InputError: the file is damaged, so that writing it would lose what it says, or cannot be written.
    """
    said = _parsed(path)
    said |= {} if theme is None else {"theme": theme}
    said |= {} if keys is None else {"keys": dict(sorted(keys.items()))}
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise InputError(
            f"the choice cannot be kept: {error.strerror or error}",
            where=str(path),
            remedy="it holds until you leave; check the folder's permissions to keep it",
        ) from error


def _parsed(path: Path) -> dict[str, Any]:
    """Return what the file says; nothing where there is none.

    Raises:
        InputError: it cannot be read, or is no JSON object.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"the settings cannot be read: {error}", where=str(path), remedy=REMEDY) from error
    if not isinstance(said, dict):
        raise InputError("the settings are no JSON object", where=str(path), remedy=REMEDY)
    return said
