"""Rows that are read a page at a time, in a thread, when they are looked at: a list of a million opens at once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

__all__ = ["Paged"]

Record = TypeVar("Record")
Row = tuple[str, ...]


class Paged(Sequence[Row], Generic[Record]):
    """A sequence of rows for ``RowList.show`` whose records come from a function, a page at a time.

    A row whose page is not there yet is empty, and its page is remembered as wanted; the list then has the
    page read in a thread, and draws again when it is there. Only the latest pages are kept.

    Args:
        total: how many rows there are.
        fetch: returns the records from one place on, at most so many; it is called in a thread, may wait for
            the disk, and touches no widget.
        cells: what is drawn of a record, in full; the list clips it.
        page: records a page. ``kept``: pages that stay in memory.

    >>> rows = Paged(3, lambda first, count: list(range(first, min(3, first + count))), lambda n: (str(n),), page=2)
    >>> rows[2], rows.wanted()
    ((), (1,))
    >>> rows.load(1)
    >>> rows[2], rows.get(2), list(rows.every())
    (('2',), 2, [('0',), ('1',), ('2',)])
    """

    def __init__(
        self,
        total: int,
        fetch: Callable[[int, int], Sequence[Record]],
        cells: Callable[[Record], Row],
        *,
        page: int = 100,
        kept: int = 60,
    ) -> None:
        self._total, self._fetch, self._cells = total, fetch, cells
        self._page, self._kept = page, kept
        self._pages: OrderedDict[int, Sequence[Record]] = OrderedDict()
        self._wanted: dict[int, None] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._total

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...

    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        """Return a row, empty where its page is still to be read."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._total))]
        record = self.get(index if index >= 0 else self._total + index)
        return () if record is None else self._cells(record)

    def get(self, index: int) -> Record | None:
        """Return the record at a place; None where its page is still to be read, which is then wanted.

        Raises:
            IndexError: there is no such place.
        """
        if not 0 <= index < self._total:
            raise IndexError(index)
        page, place = divmod(index, self._page)
        with self._lock:
            found = self._pages.get(page)
            if found is None:
                self._wanted[page] = None
                return None
            self._pages.move_to_end(page)
        return found[place] if place < len(found) else None

    def page_of(self, index: int) -> int:
        """Return the page that a place is on."""
        return index // self._page

    def wanted(self) -> tuple[int, ...]:
        """Return the pages that were looked at and are to be read, the latest first, and forget that they were."""
        with self._lock:
            pages = tuple(reversed(self._wanted))
            self._wanted.clear()
        return pages

    def load(self, page: int) -> None:
        """Read a page; in a thread."""
        with self._lock:
            if page in self._pages:
                return
        records = self._fetch(page * self._page, self._page)
        with self._lock:
            self._pages[page] = records
            while len(self._pages) > self._kept:
                self._pages.popitem(last=False)

    def every(self) -> Iterator[Row]:
        """Yield all rows from the first, reading what is not kept; in a thread."""
        for first in range(0, self._total, self._page):
            page = first // self._page
            with self._lock:
                records = self._pages.get(page)
            if records is None:
                records = self._fetch(first, self._page)
            yield from (self._cells(record) for record in records)
