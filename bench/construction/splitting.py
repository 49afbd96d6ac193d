"""Three parts without leakage: what is learned from, what choices are made on, and what is held back to the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.construction.lone_posts import QUESTION
from bench.split import hold_out
from personas.near import NearTexts
from personas.norms import as_said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bench.benchmark import Part
    from bench.construction.choices import Choices
    from personas.corpus import Corpus
    from simulator.item import Item

__all__ = ["Leaks", "Parting", "part_threads"]


@dataclass(frozen=True, kw_only=True)
class Parting:
    """A corpus in three: which threads each part has, and in which view of the corpus it is read.

    Args:
        views: what may be seen when a part's items are made. The training view has nothing of the threads of
            later parts and, of a split by time, nothing that was said or voted after it ends; the view of the
            validation part nothing of the test part's.
        threads: the threads of a part; None for all that its view has.
        by: ``time`` or ``random``.
        notes: what a reader of a figure must know of it.
    """

    views: Mapping[Part, Corpus]
    threads: Mapping[Part, frozenset[str] | None]
    by: str
    notes: tuple[str, ...]

    @property
    def train(self) -> Corpus:
        """The training view: communities, norms and profiles are made of it alone."""
        return self.views["train"]

    def close(self) -> None:
        """Give the views' connections back."""
        for view in self.views.values():
            view.close()


def part_threads(corpus: Corpus, choices: Choices) -> Parting:
    """Divide the threads of a corpus: by time where all is dated, the latest for the test, else at random.

    Raises:
        InputError: the shares leave nothing to a part that needs something.
    """
    _, validation, test = choices.parts
    late = hold_out(corpus, share=validation + test, seed=choices.seed, by=choices.by)
    latest = late if not validation else hold_out(corpus, share=test, seed=choices.seed, by=choices.by)
    return Parting(
        views={
            "train": late.train,
            "validation": latest.train,
            "test": corpus,
        },
        threads={
            "train": None,
            "validation": late.held_out - latest.held_out,
            "test": latest.held_out,
        },
        by=late.by,
        notes=late.notes,
    )


class Leaks:
    """The guard between the parts: what stands in an earlier one, in the same words or nearly, stays there.

    Args:
        train: the training view, all of whose texts are known to whoever learns from it.
        threshold: the similarity from which on two texts say the same.
    """

    def __init__(self, train: Corpus, *, threshold: float) -> None:
        self._earlier = NearTexts(threshold=threshold, patterned=train.manifest.ballot != "endorsement")
        self.left_out: Counter[str] = Counter()
        rows = train.rows("SELECT post, title, text, kind FROM posts ORDER BY post")
        for row in rows:
            if row["kind"] != "option":
                self._learn(row["post"], (row["title"] or "", row["text"]))

    def passed(self, part: Part, items: Iterable[Item]) -> list[Item]:
        """Return the items none of whose texts stands in an earlier part; the others are counted."""
        kept = []
        for item in items:
            if any(self._earlier.find(text) for text in _texts(item)):
                self.left_out[f"item: its words stand in an earlier part than {part}"] += 1
            else:
                kept.append(item)
        for item in kept:
            self._learn(item.item, _texts(item))
        return kept

    def _learn(self, name: str, texts: Iterable[str]) -> None:
        for text in texts:
            if text.strip():
                self._earlier.add(name, text)


def _texts(item: Item) -> list[str]:
    """Return the texts by which an item could be known again; the answers of a vote or a survey are everybody's."""
    if item.kind != "endorsement":
        options = sorted(option.text for option in item.options) if item.kind == "choice" else []
        return [as_said(item.query, "\n".join(options))]
    asked = [] if item.query == QUESTION else [item.query]
    return [*asked, *(option.text for option in item.options)]
