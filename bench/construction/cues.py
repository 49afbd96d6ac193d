"""What gives a community away without a word of what it prefers: names, links, mentions, signatures, style.

Whoever reads "here on r/tea" knows where it was said. The cues that can be cut are cut from the texts of
community identification, without a trace: a mark in their place would be a cue itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from simulator.item import Item

__all__ = ["SURFACE", "Mask", "masked_item", "name_forms", "skeleton", "surface"]

EMPTY = "…"
SHORTEST_NAME = 2
_LINK = re.compile(
    r"!?\[([^\[\]\n]{0,300}+)\]\((?:https?://|/|www\.)[^()\s]{0,2000}+\)|(?:https?://|\bwww\.)[^\s<>()\[\]]++",
    re.IGNORECASE,
)
_PLACE = re.compile(r"(?<![\w/])/?r/\w[\w+-]*+", re.IGNORECASE)
_MEMBER = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}+@[\w-]{1,63}+\.\w[\w.-]*+"
    r"|(?<![\w/])/?u/\w[\w-]*+|(?<![\w@])@\w[\w.-]*+|\[e-mail\]",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    r"(?:\n[ \t]*(?:--+|—+|–+|~+|_{3,}+)[ \t]*\n?[^\n]{0,80}|\n[ \t]*sent from my [^\n]{1,60}"
    r"|\n[ \t]*(?:cheers|regards|best|best regards|kind regards|thanks|thank you|yours)\s*,\s*[^\n]{0,40})\s*\Z",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"[ \t]{2,}")
_BEFORE_SIGN = re.compile(r"[ \t]+(?=[,.;:!?)])")

SURFACE = (
    "links", "mentions", "places", "markup", "code", "digits", "capitals", "shouted", "questions", "exclamations",
    "commas", "periods", "quotes", "brackets", "dashes", "lines", "foreign", "characters", "words", "word length",
)  # fmt: skip
"""The surface of a text, by name; counts are per hundred characters, lengths in logarithms."""


class Mask:
    """Cuts from texts what names a community or a member.

    Args:
        names: how the communities are called: names, titles.

    >>> Mask(["tea"])("Here on r/tea, tea is brewed as @member says: https://example.org/tea.")
    'Here on, is brewed as says:'
    """

    def __init__(self, names: Iterable[str]) -> None:
        forms = sorted(
            {form for name in names for form in name_forms(name)}, key=lambda form: (-len(form), form)
        )
        self.forms = tuple(forms)
        joined = "|".join(re.escape(form).replace(r"\ ", r"[\s_-]+") for form in forms)
        self._names = re.compile(rf"(?<!\w)(?:{joined})(?:['’]s)?(?!\w)", re.IGNORECASE) if forms else None

    def __call__(self, text: str) -> str:
        """Return a text without names, links, mentions and signatures; ``…`` where nothing else was in it."""
        cut = _SIGNED.sub("", text)
        cut = _LINK.sub(lambda found: found[1] or "", cut)
        cut = _MEMBER.sub("", _PLACE.sub("", cut))
        if self._names is not None:
            cut = self._names.sub("", cut)
        return _BEFORE_SIGN.sub("", _BLANKS.sub(" ", cut)).strip() or EMPTY


def name_forms(name: str) -> tuple[str, ...]:
    """Return how a community may be called in a text: its name or title, and the same without signs.

    A found community is called as the place that it lies in.

    >>> name_forms("cstheory_meta/2")
    ('cstheory_meta', 'cstheory meta')
    """
    plain = re.sub(r"^/?r/", "", name.strip(), flags=re.IGNORECASE)
    plain = re.sub(r"/\d+$|, group \d+$", "", plain)
    spaced = " ".join(re.split(r"[\s_-]+", plain)).strip()
    return tuple(dict.fromkeys(form for form in (plain, spaced) if len(form) >= SHORTEST_NAME))


def masked_item(item: Item, mask: Mask) -> dict[str, object] | None:
    """Return an item's query and options without cues; None where two options are alike without them."""
    options = [mask(option.text) for option in item.options]
    if len(set(options)) < len(options):
        return None
    return {"query": mask(item.query), "options": options}


def surface(text: str) -> NDArray[np.float64]:
    """Return the figures of ``SURFACE`` of a text."""
    size = max(1, len(text))
    counted = (
        len(_LINK.findall(text)),
        len(_MEMBER.findall(text)),
        len(_PLACE.findall(text)),
        sum(text.count(sign) for sign in "*_#>|~"),
        sum(text.count(sign) for sign in "`{}\\$=<"),
        sum(map(str.isdigit, text)),
        sum(map(str.isupper, text)),
        5 * len(re.findall(r"\b[A-Z]{2,}\b", text)),
        text.count("?"),
        text.count("!"),
        text.count(","),
        text.count("."),
        sum(text.count(sign) for sign in "\"'“”‘’"),
        sum(text.count(sign) for sign in "()[]"),
        sum(text.count(sign) for sign in "-–—"),
        text.count("\n"),
        size - len(text.encode("ascii", "ignore")),
    )
    words = text.split()
    mean = sum(map(len, words)) / len(words) if words else 0.0
    return np.array([100 * count / size for count in counted] + [np.log(size), np.log1p(len(words)), mean])


def skeleton(text: str, *, limit: int = 2_000) -> str:
    """Return the shape of a text, without its words: small letters, capitals, digits, and signs as they are.

    >>> skeleton("It's 20°C, Bob!")
    "Aa'a 0°A, Aa!"
    """
    shape = re.sub(r"[^\W\d_]", lambda found: "A" if found[0].isupper() else "a", text[:limit])
    return re.sub(r"a+", "a", re.sub(r"\d+", "0", re.sub(r"A{2,}", "AA", shape)))


def mentions(text: str, forms: Mapping[str, Sequence[str]]) -> NDArray[np.float64]:
    """Return (n,) how often each of n communities is named in a text, up to three times.

    Args:
        forms: how each community may be called.
    """
    lower = text.casefold()
    counts = [
        sum(len(re.findall(rf"(?<!\w){re.escape(form.casefold())}(?!\w)", lower)) for form in called)
        for called in forms.values()
    ]
    capped: NDArray[np.float64] = np.minimum(np.array(counts, float), 3)
    return capped
