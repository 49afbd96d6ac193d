"""The errors that a user can mend: they say what is wrong, where, and what to do about it."""

from __future__ import annotations

__all__ = ["InputError", "StoppedError"]


class InputError(ValueError):
    """Raised when the input, an option or a folder cannot be used as it is.

    Args:
        what: what is wrong, with the value that is wrong.
        where: the file, line, record or option it was found at; empty where there is no such place.
        remedy: what to do about it.

    >>> str(InputError("the file is empty", where="coffee.xml", remedy="check the download"))
    'coffee.xml: the file is empty; check the download'
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        place = f"{where}: " if where else ""
        advice = f"; {remedy}" if remedy else ""
        super().__init__(f"{place}{what}{advice}")


class StoppedError(InputError):
    """Raised where a run must not go on: its budget is spent, its credentials are refused, its server is gone.

    What the journal holds stays, and the same command goes on from there.
    """
