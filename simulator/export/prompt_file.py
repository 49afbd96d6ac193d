"""The prompts that preference data is made for, read from JSON Lines one at a time and as often as is needed.

Each line is a prompt as TRL takes it, a text or a conversation. A line that is none is counted and reported with its
number, and the others are kept; the file never lies in memory as a whole.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import unicodedata
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from personas.sources.lines import json_objects
from personas.sources.records import BrokenRecord
from personas.sources.streams import Limits
from simulator.item import Query, Turn

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EXPECTED", "Broken", "Prompt", "PromptFile", "Reading"]

EXPECTED = 'one JSON object a line, as {"prompt": "How do I descale a kettle?"}'
LIMITS = Limits(line=1 << 20)
"""How much a file of prompts may ask: a line of a mebibyte is more than a model reads."""
SHOWN = 20
"""Broken lines that are told one by one; the others are counted."""
LONGEST_NAME = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """What candidates are written for.

    Args:
        prompt: its identity, unique in the file: its ``id``, or ``p`` and the number of its line.
        query: what the user says last.
        turns: what was said before it, the earliest first.
        pool: the candidates that it brings along, all different; empty where it brings none.
    """

    prompt: str
    query: str
    turns: tuple[Turn, ...] = ()
    pool: tuple[str, ...] = ()

    def query_of(self, *, count: int, writer: str | None = None) -> Query:
        """Return what ``count`` candidates are written for, or drawn for from the prompt's pool where it has one.

        Args:
            count: how many candidates.
            writer: who writes them (``Query``).

        >>> Prompt(prompt="p1", query="Tea?").query_of(count=2).item
        'p1'
        """
        return Query(
            item=self.prompt,
            query=self.query,
            count=count,
            turns=self.turns,
            writer=writer,
            pool=self.pool,
        )


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that holds no usable prompt, counted from 1, and what is wrong with it."""

    line: int
    problem: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.problem}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a file of prompts holds.

    Args:
        prompts: how many. ``pools``: how many of them bring candidates of their own.
        broken: the first twenty lines that hold none. ``broken_count``: how many such lines there are.
        content: a digest of the prompts in their order; equal for two files alone that say the same.
    """

    prompts: int
    pools: int
    broken: tuple[Broken, ...]
    broken_count: int
    content: str


class PromptFile:
    """A file of prompts in JSON Lines, plain or packed with gzip, bzip2 or zstandard.

    A line is ``{"prompt": TEXT}``, ``{"prompt": [MESSAGE, …]}`` or ``{"messages": [MESSAGE, …]}``, where a message is
    ``{"role": "user" or "assistant", "content": TEXT}`` and the last one is the user's. ``"id"``, a text or a whole
    number, names the prompt; without one, its line does. ``"candidates"``, two or more texts, is its own pool.
    Other fields are passed over.

    Iterating yields the prompts in the order of the file, the same each time.

    Args:
        path: the file.
        limits: how much it may unpack to, and how long a line may be (a mebibyte).

    Raises:
        InputError: there is no such file. Reading and iterating raise it where the file cannot be read, and where no
            line holds a prompt.
    """

    def __init__(self, path: Path | str, *, limits: Limits = LIMITS) -> None:
        self.path, self._limits = Path(path), limits
        if not self.path.is_file():
            problem = "it is no ordinary file" if self.path.exists() else "there is no such file"
            raise InputError(problem, where=str(path), remedy=f"name a file of {EXPECTED}")

    def __iter__(self) -> Iterator[Prompt]:
        return (line for line in self._lines() if isinstance(line, Prompt))

    def read(self) -> Reading:
        """Read the file once, from its first line to its last, and return what it holds.

        Raises:
            InputError: the file cannot be read, or no line of it holds a prompt.
        """
        prompts = pools = broken_count = 0
        broken: list[Broken] = []
        digest = hashlib.sha256()
        for line in self._lines():
            if isinstance(line, Broken):
                broken_count += 1
                broken += [line] if len(broken) < SHOWN else []
            else:
                prompts, pools = prompts + 1, pools + bool(line.pool)
                digest.update(_told(line))
        return Reading(
            prompts=prompts,
            pools=pools,
            broken=tuple(broken),
            broken_count=broken_count,
            content=digest.hexdigest(),
        )

    def _lines(self) -> Iterator[Prompt | Broken]:
        first: Broken | None = None
        found = False
        with closing(_Names()) as names:
            for line in json_objects(self.path, limits=self._limits):
                read = _read(line, names)
                if isinstance(read, Prompt):
                    found = True
                elif first is None:
                    first = read
                yield read
        if not found:
            where = str(self.path) if first is None else f"{self.path}, line {first.line}"
            problem = "the file holds nothing but blanks" if first is None else first.problem
            raise InputError(
                f"{problem}, and no other line is a prompt", where=where, remedy=f"give {EXPECTED}"
            )


class _Names:
    """The names that prompts have, with their lines; on disk, in a file that SQLite removes."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(
            "PRAGMA journal_mode = OFF; CREATE TABLE names (key BLOB PRIMARY KEY, line INTEGER) WITHOUT ROWID; BEGIN;"
        )

    def close(self) -> None:
        self._db.close()

    def earlier(self, name: str, line: int) -> int | None:
        """Keep a name, or return in which line it stood before."""
        key = hashlib.blake2b(name.encode(), digest_size=16).digest()
        if self._db.execute("INSERT OR IGNORE INTO names VALUES (?, ?)", (key, line)).rowcount:
            return None
        found = self._db.execute("SELECT line FROM names WHERE key = ?", (key,)).fetchone()
        return int(found[0])


class _ProblemError(Exception):
    """What is wrong with a line."""


def _read(line: tuple[Any, dict[str, Any]] | BrokenRecord, names: _Names) -> Prompt | Broken:
    if isinstance(line, BrokenRecord):
        return Broken(line.where.line, line.problem)
    (_, number), data = line
    try:
        turns = _turns(data)
        prompt = Prompt(
            prompt=_name(data, number),
            query=turns[-1].text,
            turns=turns[:-1],
            pool=_pool(data.get("candidates")),
        )
        earlier = names.earlier(prompt.prompt, number)
        if earlier is not None:
            raise _ProblemError(f"the prompt {_shown(prompt.prompt)} stands in line {earlier}, too")
    except _ProblemError as error:
        return Broken(number, str(error))
    return prompt


def _turns(data: dict[str, Any]) -> tuple[Turn, ...]:
    """Return the turns of a line, the last of which is the user's."""
    given = [name for name in ("prompt", "messages") if data.get(name) is not None]
    if not given:
        empty = next((name for name in ("prompt", "messages") if name in data), None)
        raise _ProblemError(f'"{empty}" is empty' if empty else 'it has neither "prompt" nor "messages"')
    if len(given) > 1:
        raise _ProblemError('it has both "prompt" and "messages", and only one can be the prompt')
    (name,) = given
    said = data[name]
    if isinstance(said, str) and name == "prompt":
        return (Turn(role="user", text=_text(said, "the prompt")),)
    if not isinstance(said, list):
        wanted = "a text or a list of messages" if name == "prompt" else "a list of messages"
        raise _ProblemError(f'"{name}" is {_shown(said)}, not {wanted}')
    if not said:
        raise _ProblemError(f'"{name}" holds no message')
    turns = tuple(_turn(message, f"message {number}") for number, message in enumerate(said, 1))
    if turns[-1].role != "user":
        raise _ProblemError("the last message is the assistant's; a prompt ends with the user's")
    return turns


def _turn(message: object, name: str) -> Turn:
    if not isinstance(message, dict):
        raise _ProblemError(f'{name} is {_shown(message)}, not an object with "role" and "content"')
    role, content = message.get("role"), message.get("content")
    if role == "system":
        raise _ProblemError(f"{name} is a system message; the export writes these itself (--steering system)")
    if role not in ("user", "assistant"):
        raise _ProblemError(f"{name} has the role {_shown(role)}; only user and assistant speak in a prompt")
    if isinstance(content, list):
        raise _ProblemError(f"{name} has its content in parts, as for images; give it as one text")
    return Turn(role=role, text=_text(content, name))


def _pool(candidates: object) -> tuple[str, ...]:
    if candidates is None:
        return ()
    if not isinstance(candidates, list):
        raise _ProblemError(f'"candidates" is {_shown(candidates)}, not a list of texts')
    if len(candidates) < 2:
        raise _ProblemError(f'"candidates" needs two or more texts and has {len(candidates)}')
    texts = tuple(_text(text, f"candidate {number}") for number, text in enumerate(candidates, 1))
    seen: dict[str, int] = {}
    for number, text in enumerate(texts, 1):
        earlier = seen.setdefault(text.strip(), number)
        if earlier != number:
            raise _ProblemError(f"candidates {earlier} and {number} are the same text")
    return texts


def _name(data: dict[str, Any], number: int) -> str:
    name = data.get("id")
    if name is None:
        return f"p{number}"
    if isinstance(name, bool) or not isinstance(name, (str, int)):
        raise _ProblemError(f'"id" is {_shown(name)}, neither a text nor a whole number')
    name = _text(str(name), "the id")
    if len(name) > LONGEST_NAME:
        raise _ProblemError(f"the id {_shown(name)} is longer than {LONGEST_NAME} characters")
    if any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} for letter in name):
        raise _ProblemError(f"the id {_shown(name)} holds a control character or a line break")
    return name


def _text(text: object, name: str) -> str:
    """Return a text that can be asked, stored and sent."""
    if not isinstance(text, str):
        raise _ProblemError(f"{name} has no text but {_shown(text)}")
    if not text.strip():
        raise _ProblemError(f"{name} has no text")
    if "\0" in text:
        raise _ProblemError(f"{name} holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _ProblemError(f"{name} holds half of a surrogate pair, which is no character") from None
    return text


def _shown(value: object) -> str:
    """Return the beginning of a value for an error message, what does not print as its code."""
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    if isinstance(value, str):
        return repr(value[:40]) + "…" * (len(value) > 40)
    return json.dumps(value)[:40]


def _told(prompt: Prompt) -> bytes:
    turns = [[turn.role, turn.text] for turn in prompt.turns]
    return json.dumps([prompt.prompt, turns, prompt.query, prompt.pool]).encode() + b"\n"
