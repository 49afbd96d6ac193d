"""How favourable or unfavourable a text sounds, from -1 to 1, by embedding against sentences of either kind.

The direction from the mean of unfavourable sentences to that of favourable ones is the axis; a text lies where
its embedding projects. How far that can be trusted is measured on labelled sentences that are no anchors.
The sentences are English: with another language the figure says little, and the accuracy does not show it.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from personas.embedding import Embedder

__all__ = ["FAVOURABLE", "LABELLED", "UNFAVOURABLE", "PolarityAxis"]

FAVOURABLE = (
    "This is wonderful, I love it.",
    "I completely agree, well said.",
    "That is great news and I am happy about it.",
    "An excellent idea, it works beautifully.",
    "Thank you so much, this helped me a lot.",
    "I am very pleased and can only recommend it.",
    "What a good answer, clear and kind.",
    "I enjoy this and look forward to more.",
    "It is safe, reliable and worth every penny.",
    "You are right, and I admire how you did it.",
    "Yes, please do this, it would make life better.",
    "I feel hopeful and grateful.",
)
UNFAVOURABLE = (
    "This is terrible, I hate it.",
    "I completely disagree, that is nonsense.",
    "That is bad news and I am angry about it.",
    "An awful idea, it fails miserably.",
    "This wasted my time and made everything worse.",
    "I am very disappointed and warn everybody off it.",
    "What a useless answer, confused and rude.",
    "I am sick of this and want no more of it.",
    "It is dangerous, unreliable and a waste of money.",
    "You are wrong, and what you did is shameful.",
    "No, never do this, it would ruin things.",
    "I feel hopeless and afraid.",
)
LABELLED: tuple[tuple[str, bool], ...] = (
    ("The new kettle boils quickly and I use it every day with pleasure.", True),
    ("My neighbours were delighted with the garden.", True),
    ("This library saved our team weeks of work.", True),
    ("The lecture was inspiring from start to finish.", True),
    ("I would gladly take this train again.", True),
    ("Lowering the fares was the best thing the council ever did.", True),
    ("She explained it patiently, and now I understand.", True),
    ("A lovely soup, warm and full of flavour.", True),
    ("The update fixed every problem that I had.", True),
    ("I trust this doctor completely.", True),
    ("It makes me proud to live here.", True),
    ("The children laughed all evening.", True),
    ("Strong evidence and a convincing argument.", True),
    ("Free buses are a blessing for older people.", True),
    ("Nothing to complain about, five stars.", True),
    ("The proof is elegant and easy to follow.", True),
    ("We were welcomed like old friends.", True),
    ("A generous offer, and fair to both sides.", True),
    ("This film moved me, a masterpiece.", True),
    ("Cycling to work has improved my health.", True),
    ("The kettle leaked on the first day and then broke.", False),
    ("My neighbours were furious about the noise.", False),
    ("This library crashes constantly and nobody maintains it.", False),
    ("The lecture was dull and I learned nothing.", False),
    ("I will never take this train again.", False),
    ("Raising the fares was a cruel mistake of the council.", False),
    ("He shouted at us, and now nobody asks questions.", False),
    ("A bland soup, cold and far too salty.", False),
    ("The update deleted all of my files.", False),
    ("I do not trust this doctor at all.", False),
    ("It makes me ashamed to live here.", False),
    ("The children cried all evening.", False),
    ("Weak evidence and a misleading argument.", False),
    ("These buses are filthy and always late.", False),
    ("Nothing works, and support ignores me.", False),
    ("The proof is wrong and wastes the reader's effort.", False),
    ("We were treated like criminals.", False),
    ("An insulting offer, and unfair to us.", False),
    ("This film bored me, a disaster.", False),
    ("Commuting by car has ruined my health.", False),
)
"""Sentences that sound favourable (true) or unfavourable (false), written for this; none is an anchor."""


class PolarityAxis:
    """The axis from unfavourable to favourable in the space of one embedder.

    Args:
        embedder: whose space it is.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        good = embedder.embed(FAVOURABLE).astype(float)
        bad = embedder.embed(UNFAVOURABLE).astype(float)
        away = good.mean(axis=0) - bad.mean(axis=0)
        self._axis = away / max(float(np.linalg.norm(away)), 1e-12)
        self._middle = float((np.concatenate([good, bad]) @ self._axis).mean())

    def of(self, vectors: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the (n,) polarity of n texts, given as unit rows, in [-1, 1]; 0 between the anchors."""
        along: NDArray[np.float64] = np.clip(vectors.astype(float) @ self._axis - self._middle, -1, 1)
        return along

    @cached_property
    def accuracy(self) -> float:
        """The share of the labelled sentences that lie on their side; 0.5 is a guess."""
        return self.judged(LABELLED)

    def judged(self, labelled: Sequence[tuple[str, bool]]) -> float:
        """Return the share of labelled sentences that lie on their side."""
        found = self.of(self._embedder.embed([text for text, _ in labelled])) > 0
        return float(np.mean(found == np.array([label for _, label in labelled])))
