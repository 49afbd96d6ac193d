"""The key that members' names are hashed with, so that a corpus can be joined but its people not looked up."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from personas.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["fingerprint", "member_id", "user_key"]

KEY_BYTES = 32


def user_key(path: Path | None = None) -> bytes:
    """Return the key kept in ``path``, or this user's own, which is made at its first use.

    Raises:
        InputError: the file cannot be read or written, or holds fewer than 16 bytes.
    """
    if path is None:
        from platformdirs import user_config_path

        path = user_config_path("commonbond") / "member.key"
        if not path.exists():
            _make(path)
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise InputError(
            f"the key cannot be read: {error.strerror}",
            where=str(path),
            remedy="name another with --key-file",
        ) from None
    if len(key) < 16:
        raise InputError(
            f"the key has {len(key)} bytes", where=str(path), remedy="give it at least 16 random bytes"
        )
    return key


def member_id(name: str, key: bytes) -> str:
    """Return the pseudonym of ``name``: ``m`` and 16 hexadecimal digits.

    >>> member_id("ada", b"0" * 16) == member_id("ada", b"0" * 16) != member_id("ada", b"1" * 16)
    True
    """
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), key=key[:64], digest_size=8)
    return "m" + digest.hexdigest()


def fingerprint(key: bytes) -> str:
    """Return eight hexadecimal digits that tell two keys apart and give neither away."""
    return hashlib.blake2b(key, digest_size=4, person=b"commonbond-key").hexdigest()


def _make(path: Path) -> None:
    """Keep a new key in ``path``; a process that was there first, or is killed here, leaves a whole one or none."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_hex(KEY_BYTES).encode())
        os.link(part, path)
    except FileExistsError:
        return
    except OSError as error:
        raise InputError(
            f"no key can be kept here: {error.strerror}", where=str(path), remedy="name one with --key-file"
        ) from None
    finally:
        with suppress(OSError):
            part.unlink()
