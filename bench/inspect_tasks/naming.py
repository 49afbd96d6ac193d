"""The name under which inspect_ai knows what is ours: ``commonbond/…``, however it is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NAMESPACE", "full_name", "ours"]

NAMESPACE = "commonbond"
Function = TypeVar("Function", bound="Callable[..., Any]")


def ours(function: Function) -> Function:
    """Return a function that inspect_ai finds no package for, so that it takes the full name that it is given.

    It would put the *import* package before a name, which is ``bench`` in a wheel and nothing in an editable
    install, while it looks entry points up by what stands before the name's slash.
    """
    function.__module__ = NAMESPACE
    return function


def full_name(name: str) -> str:
    """Return the name that inspect_ai knows it by.

    >>> full_name("generation")
    'commonbond/generation'
    """
    return f"{NAMESPACE}/{name}"
