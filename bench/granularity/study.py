"""The granularity study: does one predictor for all, one per community or one per person meet a person's choices?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.granularity.findings import PlaceFacts, Study
from bench.granularity.groups import Communities, find_groups
from bench.granularity.prepared import Prepared
from bench.granularity.summary import summarise
from bench.granularity.trial import HELD_OUT, LEAST_HELD_OUT, LEAST_PEOPLE, SHARES, HeldOut, make_trial
from bench.granularity.tuning import choose_own, own_errors
from bench.granularity.votes import read_votes
from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from bench.granularity.summary import Outcome
    from bench.granularity.votes import PlaceVotes
    from personas.corpus import Corpus
    from personas.embedding import Embedder

__all__ = ["KNOWN", "run_study", "study_places"]

KNOWN = (1, 2, 5, 10, 20, 50)


def run_study(
    corpus: Corpus,
    embedder: Embedder,
    *,
    known: Sequence[int] = KNOWN,
    held_out: HeldOut = "statements",
    share: float | None = None,
    communities: Communities = "auto",
    groups: int | None = None,
    people: int = 300,
    draws: int = 1000,
    seed: int,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> Study:
    """Study the individual votes of a corpus; see ``study_places``.

    Raises:
        InputError: no vote names its voter, or nobody has answered enough.
    """
    read = read_votes(corpus)
    vectors = [embedder.embed(place.texts) for place in read.places]
    found = study_places(
        read.places,
        vectors,
        known=known,
        held_out=held_out,
        share=share,
        communities=communities,
        groups=groups,
        people=people,
        draws=draws,
        seed=seed,
        advance=advance,
    )
    return replace(found, embedder=embedder.name, left_out=dict(read.left_out))


def study_places(
    places: Sequence[PlaceVotes],
    vectors: Sequence[NDArray[np.float32]],
    *,
    known: Sequence[int] = KNOWN,
    held_out: HeldOut = "statements",
    share: float | None = None,
    communities: Communities = "auto",
    groups: int | None = None,
    people: int = 300,
    draws: int = 1000,
    seed: int,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> Study:
    """Predict people's held-out answers at every level and number of known choices, and compare the levels.

    - *One for all* learns from everybody's training votes but the person's own.
    - *One per community* learns from those of the community in which the person is placed by the known choices
      alone; communities are settled on all training votes.
    - *One per person* learns from the person's known choices and the place's base rate.
    - *Person within community* is the same, shrunk towards the community's prediction and not the base rate.

    Beside them stand the base rate, the communities weighed by how probable each is (no hard placement), and the
    community that all of the person's training votes put it in. With
    ``held_out="statements"`` all levels judge a new statement by its content (MiniLM unless another embedder is
    given); with ``"votes"`` groups are asked for what they said of that very statement. τ and λ are chosen on
    each place's training votes.

    Args:
        places: their votes. ``vectors``: for each place (C, d) its claims' embeddings, unit rows.
        known: the numbers of known choices.
        held_out: ``statements`` or ``votes``. ``share``: how much of them; see ``make_trial``.
        communities, groups: see ``find_groups``.
        people: how many people of a place are tried, at the most.
        draws: resamples of an interval.
        seed: what every draw is derived from.
        advance: called with the steps done and to do.

    Raises:
        InputError: nobody has answered enough, or an option is out of range.
    """
    if held_out not in HELD_OUT:
        raise InputError(
            f"{held_out!r} is not held out", where="--held-out", remedy="use statements or votes"
        )
    steps = 2 * len(places)
    prepared: list[Prepared | None] = []
    for place, embedded in zip(places, vectors, strict=True):
        trial = make_trial(place, held_out=held_out, known=known, share=share, people=people, seed=seed)
        if trial is None:
            prepared.append(None)
        else:
            settled = find_groups(trial, communities=communities, groups=groups, seed=seed)
            prepared.append(Prepared(trial, settled, embedded, by_content=held_out == "statements"))
        advance(len(prepared), steps)
    ready = [each for each in prepared if each is not None]
    _refuse_nobody(ready, known)
    outcomes, choices = _outcomes(ready, lambda done: advance(steps - len(ready) + done, steps))
    scores, gaps, verdicts = summarise(outcomes, draws=draws, seed=seed)
    facts = tuple(_facts(place, each) for place, each in zip(places, prepared, strict=True))
    return Study(
        held_out=held_out,
        share=SHARES[held_out] if share is None else share,
        known=tuple(sorted(set(known))),
        communities=communities,
        groups=groups,
        people=people,
        seed=seed,
        embedder="",
        places=facts,
        scores=scores,
        gaps=gaps,
        verdicts=verdicts,
        choices=choices,
        notes=tuple(_notes(facts, max(known))),
    )


def _refuse_nobody(ready: Sequence[Prepared], known: Sequence[int]) -> None:
    if not ready:
        raise InputError(
            f"in no place have {LEAST_PEOPLE} people answered {min(known)} questions and {LEAST_HELD_OUT} "
            "held-out ones",
            where="--known",
            remedy="bring more votes, or hold out another --share",
        )


def _outcomes(
    ready: Sequence[Prepared], advance: Callable[[int], None]
) -> tuple[list[Outcome], tuple[dict[str, Any], ...]]:
    """Choose τ and λ on training votes, then return the figures of each place, and what was chosen."""
    errors = []
    for each in ready:
        errors.append(own_errors(each.levels, each.priors()))
        advance(len(errors))
    choices = choose_own([each.levels for each in ready], errors)
    pairs = list(zip(ready, choices, strict=True))
    return [each.outcome(own) for each, own in pairs], tuple(
        row for each, own in pairs for row in each.chosen(own)
    )


def _facts(place: PlaceVotes, prepared: Prepared | None) -> PlaceFacts:
    told = PlaceFacts(
        place=place.place,
        people=len(place.people),
        claims=len(place.claims),
        answers=int((place.votes[:, place.first] != 0).sum()),
    )
    if prepared is None:
        return told
    trial, groups = prepared.trial, prepared.groups
    return replace(
        told,
        communities=tuple(np.bincount(groups.labels[groups.labels >= 0], minlength=groups.count).tolist()),
        how=groups.how,
        tried=len(trial.tried),
        scored=int(trial.test[:, place.first].sum()),
        known=trial.known,
        placed=prepared.placed_right(),
    )


def _notes(facts: Sequence[PlaceFacts], asked: int) -> list[str]:
    most = max(number for each in facts for number in each.known)
    notes = []
    if most < asked:
        notes.append(
            f"nowhere have {LEAST_PEOPLE} people {asked} known choices beside held-out ones: {most} at most"
        )
    for each in facts:
        if not each.known:
            notes.append(f"{each.place}: fewer than {LEAST_PEOPLE} people have answered enough; not studied")
        elif each.known[-1] < most:
            notes.append(
                f"{each.place}: fewer than {LEAST_PEOPLE} people have {most} known choices; "
                f"studied up to {each.known[-1]}"
            )
        if each.known and len(each.communities) < 2:
            notes.append(f"{each.place}: no two communities were found, so one per community is one for all")
    return notes
