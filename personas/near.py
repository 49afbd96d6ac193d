"""Texts that say the same: equal once normalised, or nearly equal by the letters that they are made of.

Nearness is the Jaccard similarity of the sets of runs of five characters of the normalised texts, which needs
no word boundaries and so serves every language; in short texts the numbers must be the same, too, and what
people are asked to vote on, written to one pattern, must hold the same words. MinHash and
banding (Broder 1997; Leskovec, Rajaraman & Ullman 2020, ch. 3) find the candidates; each is then compared
exactly, so nothing below the threshold counts.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from personas.errors import InputError
from personas.seeds import derived_rng

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "MEASURE",
    "NearTexts",
    "Twin",
    "band_rows",
    "bands",
    "fixed_parts",
    "jaccard",
    "key_of",
    "normalised",
    "shingles",
]

MEASURE = (
    "Jaccard similarity of the sets of runs of five characters of the normalised texts, of which short ones must "
    "hold the same numbers, and statements and questions to vote on the same words"
)
RUN = 5
HASHES = 128
SHORT = 300
"""Characters of a normalised text up to which another number makes another text: "over 30" is not "over 50"."""
RECALL = 0.99
"""How likely a pair just at the threshold is to be compared, at the least."""
_AT_ONCE = 1 << 13
"""Runs of a text that are hashed at once: 8 MiB of hashes, however long the text."""
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"\w+")
_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Twin:
    """The earlier text that a text repeats; ``exact`` where the two are equal once normalised."""

    name: str
    exact: bool


@dataclass(frozen=True, slots=True)
class _Hashed:
    """What is compared of a text, and the keys of its bands: two texts with one in common are compared."""

    runs: NDArray[np.uint32]
    fixed: tuple[str, ...]
    bands: list[bytes]


class NearTexts:
    """A growing set of texts, each of which is compared with those before it.

    A text that repeats an earlier one is not kept, so a thousand copies cost a thousand comparisons.

    Args:
        threshold: the Jaccard similarity from which on two texts say the same, above 0; 1 for equal sets only.
        patterned: whether the texts are written to a pattern, as the questions of a survey are: one with another
            word in it, "Italian food?" and "Indian food?", is then another text.

    Raises:
        InputError: the threshold is out of its range.

    >>> texts = NearTexts(threshold=0.8)
    >>> texts.add("a", "Rinse the filter before you brew.") is None
    True
    >>> texts.add("b", "rinse the filter, before you brew!")
    Twin(name='a', exact=True)
    """

    def __init__(self, *, threshold: float = 0.8, patterned: bool = False) -> None:
        if not 0 < threshold <= 1:
            raise InputError(
                f"a similarity of {threshold}", where="--alike", remedy="choose one above 0 and up to 1"
            )
        self._threshold, self._patterned = threshold, patterned
        self._rows = band_rows(threshold)
        self._exact: dict[bytes, str] = {}
        self._bands: dict[bytes, list[int]] = {}
        self._kept: list[tuple[str, NDArray[np.uint32], tuple[str, ...]]] = []

    def add(self, name: str, text: str) -> Twin | None:
        """Keep a text, or return which earlier one it repeats; the nearest where it repeats several."""
        plain = normalised(text)
        key = key_of(plain)
        if key in self._exact:
            return Twin(self._exact[key], exact=True)
        hashed = self._hashed(plain)
        near = self._nearest(hashed)
        self._exact[key] = name if near is None else near.name
        if near is None:
            self._keep(name, hashed)
        return near

    def keep(self, name: str, text: str) -> None:
        """Keep a text though it may be near an earlier one, so that what is near to this one is found, too."""
        plain = normalised(text)
        key = key_of(plain)
        if key not in self._exact:
            self._exact[key] = name
            self._keep(name, self._hashed(plain))

    def find(self, text: str) -> Twin | None:
        """Return which text that was added this one repeats; None where it repeats none."""
        plain = normalised(text)
        key = key_of(plain)
        if key in self._exact:
            return Twin(self._exact[key], exact=True)
        return self._nearest(self._hashed(plain))

    def _hashed(self, plain: str) -> _Hashed:
        runs = shingles(plain)
        return _Hashed(runs, fixed_parts(plain, patterned=self._patterned), bands(runs, self._rows))

    def _keep(self, name: str, hashed: _Hashed) -> None:
        for band in hashed.bands:
            self._bands.setdefault(band, []).append(len(self._kept))
        self._kept.append((name, hashed.runs, hashed.fixed))

    def _nearest(self, hashed: _Hashed) -> Twin | None:
        candidates = sorted({place for band in hashed.bands for place in self._bands.get(band, ())})
        best, found = self._threshold, None
        for place in candidates:
            name, others, theirs = self._kept[place]
            if hashed.fixed != theirs:
                continue
            likeness = jaccard(hashed.runs, others)
            if likeness >= best and (found is None or likeness > best):
                best, found = likeness, Twin(name, exact=False)
        return found


def normalised(text: str) -> str:
    """Return a text without case, punctuation and spacing; as it stands where nothing else is in it.

    >>> normalised("  It’s   GREAT!! "), normalised("👍 ")
    ('it s great', '👍')
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _NO_WORD.sub(" ", folded).strip() or folded.strip()


def key_of(plain: str) -> bytes:
    """Return the 16 bytes by which a normalised text is known; equal for equal texts alone."""
    return hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def fixed_parts(plain: str, *, patterned: bool = False) -> tuple[str, ...]:
    """Return what a twin of a normalised text must hold, too, besides being near it.

    Of texts written to a pattern these are the words, in whatever order; of others the numbers of a short one,
    and nothing of a long one.

    >>> fixed_parts("over 30 in 2014"), fixed_parts("over 30 in 2014", patterned=True)
    (('30', '2014'), ('2014', '30', 'in', 'over'))
    """
    if patterned:
        return tuple(sorted(set(_WORD.findall(plain))))
    return tuple(_NUMBER.findall(plain)) if len(plain) <= SHORT else ()


def shingles(plain: str) -> NDArray[np.uint32]:
    """Return the sorted, distinct hashes of a normalised text's runs of five characters."""
    data = plain.encode("utf-32-le", "surrogatepass")
    letters = np.frombuffer(data, dtype="<u4").astype(np.uint64)
    if not letters.size:
        return np.zeros(0, np.uint32)
    width = min(RUN, letters.size)
    mixed = np.zeros(letters.size - width + 1, np.uint64)
    for place in range(width):
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + letters[place : place + mixed.size] + np.uint64(1)
        mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    return np.unique((mixed >> np.uint64(32)).astype(np.uint32))


def jaccard(one: NDArray[np.uint32], other: NDArray[np.uint32]) -> float:
    """Return the size of the intersection of two sets over that of their union; 1 for two empty ones.

    >>> jaccard(np.array([1, 2, 3], np.uint32), np.array([2, 3, 4], np.uint32))
    0.5
    """
    common = np.intersect1d(one, other, assume_unique=True).size
    union = one.size + other.size - common
    return common / union if union else 1.0


def band_rows(threshold: float, *, recall: float = RECALL) -> int:
    """Return how many hashes a band has: as many as leave a pair at the threshold as likely to be compared.

    >>> band_rows(0.8), band_rows(0.8, recall=0.9999)
    (6, 5)
    """
    for rows in range(16, 1, -1):
        if 1 - (1 - threshold**rows) ** (HASHES // rows) >= recall:
            return rows
    return 1


def bands(runs: NDArray[np.uint32], rows: int) -> list[bytes]:
    """Return the keys of the bands of a set of runs, ``rows`` hashes each; sets with one in common are compared."""
    if not runs.size:
        return []
    least = _least(runs)
    starts = range(0, HASHES - rows + 1, rows)
    return [start.to_bytes(2, "big") + least[start : start + rows].tobytes() for start in starts]


def _least(runs: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the least of each of the 128 hashes over a text's runs."""
    factors, offsets = _hashes()
    least = np.full(HASHES, np.iinfo(np.uint64).max, np.uint64)
    for start in range(0, runs.size, _AT_ONCE):
        mixed = runs[start : start + _AT_ONCE].astype(np.uint64)[:, None] * factors + offsets
        np.minimum(least, mixed.min(axis=0), out=least)
    return (least >> np.uint64(32)).astype(np.uint32)


@lru_cache(maxsize=1)
def _hashes() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    rng = derived_rng(0, "minhash")
    factors = rng.integers(0, 2**63, size=HASHES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    return factors, rng.integers(0, 2**63, size=HASHES, dtype=np.uint64)
