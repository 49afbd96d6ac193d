"""Numbers of bytes as people write them."""

from __future__ import annotations

import re

__all__ = ["as_bytes"]

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?)b?|b)?", re.IGNORECASE)
_POWERS = "kmgt"


def as_bytes(text: str) -> int:
    """Return a size in bytes: ``MB`` is a million bytes, ``MiB`` 1,048,576; so for K, G and T.

    Raises:
        ValueError: it is no size, or less than one byte.

    >>> as_bytes("16MB"), as_bytes("1.5 KiB"), as_bytes("512")
    (16000000, 1536, 512)
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no size; write it as 16MB, 512GB or 1.5GiB")
    number, prefix, binary = match.groups()
    step = 1024 if binary else 1000
    size = int(float(number) * step ** (_POWERS.index(prefix.lower()) + 1 if prefix else 0))
    if size < 1:
        raise ValueError(f"{text!r} is less than one byte")
    return size
