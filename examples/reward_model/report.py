"""The tables: what was trained, what it agrees with, and everything that a reader needs to trust or doubt it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reward_model.choices import choices
from reward_model.experiment import (
    ALL_POOLED,
    NEIGHBOURS,
    OTHERS,
    OWN,
    POOLED,
    SHUFFLED,
    SIMULATION,
)
from reward_model.measuring import Figure, Kind, Resampled
from reward_model.preferences import WAYS, Way

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reward_model.experiment import Outcome, Size
    from reward_model.learner import Recipe

__all__ = ["report"]

KINDS: tuple[Kind, ...] = ("simulated", "disputed", "real")
ARMS = (OWN, OTHERS, POOLED, ALL_POOLED, SHUFFLED)
FIRST = (
    "How often a reward model orders two statements, neither of which it saw in training, as a community does: the "
    "mean over a conversation's communities, then over conversations. *Simulated*: as the community's panel does. "
    "*Disputed*: those pairs that another community of the conversation orders the other way. *Real*: as the votes "
    "of the community's real members do, on the pairs that they order credibly."
)
SECOND = (
    "The smallest community of each conversation; the same prompts, pools and number of pairs for each; one common "
    "test, of pairs drawn alike from all test statements. *Farthest* is no sampling of commonbond's but the most "
    "different set that the same pool gives: what negative correlation would come to if it were as strong as can be."
)


def report(
    outcomes: Sequence[Outcome],
    aside: Sequence[Outcome],
    *,
    left_out: Mapping[str, str],
    size: Size,
    recipe: Recipe,
) -> str:
    """Return the whole page: both claims, each community, each conversation, and every choice."""
    parts = ["# A reward model for each community"]
    told = list(outcomes or aside)
    parts += ["## Does a community's data teach what that community prefers?", FIRST, _claim(told)]
    parts += [_steadiness(told), "By community, over the same pairs:", _by_community(told)]
    parts += ["## Which candidate sets teach a minority's preferences?", SECOND, _candidate_sets(told)]
    for outcome in (*outcomes, *aside):
        apart = ", set aside to choose the recipe on" if outcome in aside else ""
        parts += [f"## {outcome.talk.name}{apart}", *_one(outcome)]
    lines = "\n".join(f"- {line}" for line in choices(told[0], left_out, size, recipe))
    return "\n\n".join([*parts, "## Every choice", lines]) + "\n"


def _claim(outcomes: Sequence[Outcome]) -> str:
    """Return what each arm agrees with."""
    head = ("trained on", *(cell for kind in KINDS for cell in (f"{kind} ↑", "its own ahead by")))
    rows = [[arm, *(cell for kind in KINDS for cell in _against_own(outcomes, arm, kind))] for arm in ARMS]
    neighbours = [cell for kind in KINDS for cell in _against_own(outcomes, NEIGHBOURS, kind)]
    rows.append([f"*nothing: {NEIGHBOURS}*", *neighbours])
    real = _against_own(outcomes, SIMULATION, "real")
    rows.append([f"*nothing: {SIMULATION}*", "1", "", "1", "", *real])
    rows.append(["*chance*", *(".500", "") * len(KINDS)])
    return table(head, rows)


def _against_own(outcomes: Sequence[Outcome], arm: str, kind: Kind) -> tuple[str, str]:
    found = _over(outcomes, arm, kind)
    ahead = "" if arm == OWN else signed(_over(outcomes, OWN, kind) - found)
    return written(found.figure), ahead


def _over(outcomes: Sequence[Outcome], arm: str, kind: Kind) -> Resampled:
    """Return the mean over the conversations that have any such pair."""
    told = [outcome for outcome in outcomes if outcome.with_pairs(kind)]
    return Resampled.mean_of([outcome.over_communities(arm, kind) for outcome in told])


def _steadiness(outcomes: Sequence[Outcome]) -> str:
    steady = sum(outcome.steady() for outcome in outcomes) / len(outcomes)
    return (
        f"One half of a simulated panel orders a pair as its other half does in {steady:.3f} of the cases; what a "
        "whole panel says is steadier than that, but no model can be expected to agree with all of it."
    )


def _by_community(outcomes: Sequence[Outcome]) -> str:
    head = (
        *("community", "members", "its own pairs", "ahead of pooled", "ahead of shuffled"),
        *("real: its own", "real: pooled", "real: the simulation", "real pairs"),
    )
    rows = []
    for outcome in outcomes:
        for name in outcome.talk.communities:
            own = outcome.measured(OWN, name, "simulated")
            ahead = [signed(own - outcome.measured(arm, name, "simulated")) for arm in (POOLED, SHUFFLED)]
            real = [_measured(outcome, arm, name, "real") for arm in (OWN, POOLED, SIMULATION)]
            counted = str(outcome.counted(name, "real"))
            rows.append([name, str(outcome.talk.members[name]), written(own.figure), *ahead, *real, counted])
    return table(head, rows)


def _measured(outcome: Outcome, arm: str, community: str, kind: Kind) -> str:
    if not outcome.counted(community, kind):
        return "—"
    return written(outcome.measured(arm, community, kind).figure)


def _candidate_sets(outcomes: Sequence[Outcome]) -> str:
    """Return what each way to draw candidates comes to, for the smallest communities."""
    head = (
        *("candidates", "similarity in a set", "Vendi score"),
        *("simulated ↑", "ahead of independent", "real ↑", "ahead of independent"),
    )
    rows = []
    for way in WAYS:
        sets = [outcome.learned[way] for outcome in outcomes]
        cells = [
            f"{sum(each) / len(sets):.3f}"
            for each in zip(*((s.similarity, s.vendi) for s in sets), strict=True)
        ]
        for kind in ("simulated", "real"):
            found, first = (_smallest(outcomes, each, kind) for each in (way, WAYS[0]))
            if found is None or first is None:
                cells += ["—", ""]
            else:
                cells += [written(found.figure), "" if way == WAYS[0] else signed(found - first)]
        rows.append([way, *cells])
    return table(head, rows)


def _smallest(outcomes: Sequence[Outcome], way: Way, kind: Kind) -> Resampled | None:
    told = [outcome for outcome in outcomes if outcome.counted(outcome.talk.smallest, kind)]
    if not told:
        return None
    return Resampled.mean_of([outcome.measured(way, outcome.talk.smallest, kind) for outcome in told])


def _one(outcome: Outcome) -> Iterator[str]:
    """Yield what must be known of one conversation, and its own tables."""
    talk, names = outcome.talk, outcome.talk.communities
    disputed = sum(outcome.counted(name, "disputed") for name in names) / len(names)
    yield (
        f"{len(names)} communities of {', '.join(str(talk.members[name]) for name in names)} members. The judge "
        f"knows {talk.known} statements; of {len(talk.learn)} others models learn, on {len(talk.test)} they are "
        f"tested ({talk.repeats} are left out as repeats). {outcome.pairs} pairs a model; "
        f"{len(outcome.trial.pairs)} test pairs a community, of which {disputed:.0f} are disputed; "
        f"halves of a panel agree in {outcome.steady():.3f}."
    )
    head = ("trained on", *(f"{kind} ↑" for kind in KINDS))
    arms = (*ARMS, NEIGHBOURS, SIMULATION)
    rows = [[arm, *(_all(outcome, arm, kind) for kind in KINDS)] for arm in arms]
    yield table(head, rows)
    yield f"The smallest community, {talk.smallest}:"
    head = ("candidates", "similarity in a set", "Vendi score", "simulated ↑", "real ↑")
    rows = []
    for way in WAYS:
        drawn = outcome.learned[way]
        found = [_measured(outcome, way, talk.smallest, kind) for kind in ("simulated", "real")]
        rows.append([way, f"{drawn.similarity:.3f}", f"{drawn.vendi:.3f}", *found])
    yield table(head, rows)


def _all(outcome: Outcome, arm: str, kind: Kind) -> str:
    return written(outcome.over_communities(arm, kind).figure) if outcome.with_pairs(kind) else "—"


def written(found: Figure) -> str:
    """Return a figure with its interval."""
    return f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"


def signed(found: Resampled) -> str:
    """Return a difference with its interval."""
    told = found.figure
    return f"{told.mean:+.3f} [{told.low:+.3f}, {told.high:+.3f}]"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
