"""Community identification: whom a community is told from, and how far names and surface alone give it away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bench.construction.cues import mentions, name_forms, skeleton, surface
from bench.construction.weaknesses import interval
from personas.near import normalised
from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.construction.cues import Mask
    from simulator.item import Item

    Told = Mapping[str, Mapping[str, Sequence[str]]]

__all__ = ["CANDIDATES", "candidates_of", "given_away"]

CANDIDATES = 4
SHAPES = 3_000
LEAST_TEXTS = 10
WRITTEN = "names and surface, as written"
CUT = "names and surface, once masked"
TOPICS = "words, once masked (topics; votes unread)"


def candidates_of(item: Item, rivals: Mapping[str, Sequence[str]], *, seed: int) -> dict[str, list[str]]:
    """Return for each community that voted on an item the candidates it is to be found among.

    Itself and up to three that are hardest to tell from it: of those that voted on the item where there are
    any, else of all. Their order is drawn. A community that is to be told from none has no candidates.

    Args:
        rivals: all others for each community, the hardest first (``bench.tasks.community_identification``).
    """
    found = {}
    for community in sorted(item.votes):
        others = rivals.get(community, ())
        voted = [name for name in others if name in item.votes]
        chosen = [community, *(voted or others)[: CANDIDATES - 1]]
        if len(chosen) > 1:
            order = derived_rng(seed, "candidates", item.item, community).permutation(len(chosen))
            found[community] = [chosen[index] for index in order]
    return found


def given_away(
    train: Sequence[Item],
    test: Sequence[Item],
    told: Told,
    mask: Mask,
    *,
    titles: Mapping[str, str],
    seed: int,
) -> dict[str, Any]:
    """Return how often the community is found from cues alone, before and after they are masked.

    The cues are how often each community is named, the figures of ``bench.construction.cues.SURFACE``, and the
    shape of the text, its words replaced. A ridge classifier learns them on the training part and chooses
    among the candidates of each test item. One more learns the words of the masked texts: what the topics
    alone give away, which cannot be masked and is no knowledge of what the community prefers.

    Args:
        told: by item and community, the candidates.
        titles: the title of each community.

    Returns:
        ``rows`` of ``cues``, ``accuracy`` with its interval, beside ``chance``; and a ``note`` where nothing
        was measured.
    """
    known = [item for item in train if item.community]
    asked = [item for item in test if item.community and told.get(item.item, {}).get(item.community)]
    names = sorted({item.community for item in known})
    if len(known) < LEAST_TEXTS or not asked or len(names) < 2:
        return {"rows": [], "chance": None, "note": _why(train, known, asked, names)}
    forms = {name: (*name_forms(name), *name_forms(titles.get(name, ""))) for name in names}
    places = [item.community for item in asked]
    chance = [1 / len(told[item.item][item.community]) for item in asked]
    rows = []
    for cues, cut, learned in (
        (WRITTEN, None, _Cues(forms)),
        (CUT, mask, _Cues(forms)),
        (TOPICS, mask, _Words()),
    ):
        shares = _learned(
            learned, [_text(item, cut) for item in known], known, [_text(item, cut) for item in asked]
        )
        hits = [
            _hit(row, names, told[item.item][item.community], item)
            for row, item in zip(shares, asked, strict=True)
        ]
        rows.append({"cues": cues, "accuracy": interval(hits, places, seed=seed)})
    return {"rows": rows, "chance": interval(chance, places, seed=seed), "note": ""}


def _why(train: Sequence[Item], known: Sequence[Item], asked: Sequence[Item], names: Sequence[str]) -> str:
    if train and not known:
        return "the communities judge the same texts, so no text can give one away"
    if len(names) < 2:
        return "one community only: there is no other to tell it from"
    return f"too little to learn from: {len(known)} training and {len(asked)} test items"


def _text(item: Item, mask: Callable[[str], str] | None) -> str:
    parts = [item.query, *(option.text for option in item.options)]
    return "\n\n".join(parts if mask is None else map(mask, parts))


class _Cues:
    """Names and surface of texts as a sparse matrix."""

    def __init__(self, forms: Mapping[str, Sequence[str]]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.preprocessing import StandardScaler

        self._forms = forms
        self._scaler = StandardScaler()
        self._shapes = TfidfVectorizer(
            analyzer="char", ngram_range=(2, 4), lowercase=False, max_features=SHAPES, sublinear_tf=True
        )

    def fit(self, texts: Sequence[str]) -> Any:
        return self._joined(
            self._scaler.fit_transform(self._figures(texts)), self._shapes.fit_transform(map(skeleton, texts))
        )

    def of(self, texts: Sequence[str]) -> Any:
        return self._joined(
            self._scaler.transform(self._figures(texts)), self._shapes.transform(map(skeleton, texts))
        )

    def _figures(self, texts: Sequence[str]) -> Any:
        return np.stack([np.concatenate([mentions(text, self._forms), surface(text)]) for text in texts])

    @staticmethod
    def _joined(figures: Any, shapes: Any) -> Any:
        from scipy.sparse import csr_matrix, hstack

        return csr_matrix(hstack([csr_matrix(np.clip(figures, -5, 5)), shapes]))


class _Words:
    """Words of texts as a sparse matrix."""

    def __init__(self) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._words = TfidfVectorizer(sublinear_tf=True, max_features=50_000, analyzer=_words_of)

    def fit(self, texts: Sequence[str]) -> Any:
        return self._words.fit_transform(texts)

    def of(self, texts: Sequence[str]) -> Any:
        return self._words.transform(texts)


def _words_of(text: str) -> list[str]:
    return normalised(text).split()


def _learned(
    features: _Cues | _Words, texts: Sequence[str], known: Sequence[Item], asked: Sequence[str]
) -> Any:
    """Return (n, c) how much each of n texts is like those of each of c communities, in order of their names."""
    from sklearn.linear_model import RidgeClassifier
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    model = RidgeClassifier(alpha=1.0, class_weight="balanced", solver="sparse_cg")
    with threadpool_limits(1):
        model.fit(features.fit(texts), [item.community for item in known])
        likeness = model.decision_function(features.of(asked))
    return likeness if likeness.ndim > 1 else np.column_stack([-likeness, likeness])


def _hit(row: Any, names: Sequence[str], candidates: Sequence[str], item: Item) -> float:
    """Return 1 where the likeliest candidate is the right one, a share where several are equally likely."""
    likely = {name: float(row[names.index(name)]) if name in names else -np.inf for name in candidates}
    best = [name for name, value in likely.items() if value >= max(likely.values()) - 1e-12]
    return float(item.community in best) / len(best)
