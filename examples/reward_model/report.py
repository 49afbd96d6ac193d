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
from reward_model.measuring import Kind, Resampled
from reward_model.preferences import WAYS, Way

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reward_model.experiment import Outcome, Size
    from reward_model.learner import Recipe

    Rounds = Sequence[Outcome]

__all__ = ["report"]

KINDS: tuple[Kind, ...] = ("simulated", "disputed", "real")
ARMS = (OWN, OTHERS, POOLED, ALL_POOLED, SHUFFLED)
FIRST = (
    "How often a reward model orders two statements, neither of which it saw in training, as a community does: the "
    "mean over a conversation's communities, then over rounds, then over conversations. *Simulated*: as the "
    "community's panel does. *Disputed*: those pairs that another community of the conversation orders the other "
    "way. *Real*: as the votes of the community's real members do, on the pairs that they order credibly."
)
SECOND = (
    "The smallest community of each conversation; the same prompts, pools and number of pairs for each; one common "
    "test, of pairs drawn alike from all test statements. *Farthest* is no sampling of commonbond's but the most "
    "different set that the same pool gives: what negative correlation would come to if it were as strong as can be."
)


def report(
    done: Mapping[str, Sequence[Outcome]],
    aside: Mapping[str, Sequence[Outcome]],
    *,
    left_out: Mapping[str, str],
    size: Size,
    recipe: Recipe,
) -> str:
    """Return the whole page: both claims, each community, each conversation, and every choice.

    Args:
        done: the rounds of each conversation. ``aside``: of the one that the recipe was chosen on.
        left_out: why other conversations were not used.
    """
    told = list((done or aside).values())
    parts = ["# A reward model for each community"]
    parts += [
        "## Does a community's data teach what that community prefers?",
        FIRST,
        _claim(told),
        _steadiness(told),
    ]
    parts += ["## Which candidate sets teach a minority's preferences?", SECOND, _candidate_sets(told)]
    for name, rounds in {**done, **aside}.items():
        apart = ", set aside to choose the recipe on" if name in aside else ""
        parts += [f"## {name}{apart}", *_one(rounds)]
    lines = "\n".join(f"- {line}" for line in choices(told[0][0], left_out, size, recipe))
    return "\n\n".join([*parts, "## Every choice", lines]) + "\n"


def _claim(conversations: Sequence[Rounds]) -> str:
    """Return what each arm agrees with."""
    head = ("trained on", *(cell for kind in KINDS for cell in (f"{kind} ↑", "its own ahead by")))
    arms = [*ARMS, NEIGHBOURS, SIMULATION]
    rows = []
    for arm in arms:
        cells = [cell for kind in KINDS for cell in _against_own(conversations, arm, kind)]
        rows.append([arm if arm in ARMS else f"*nothing: {arm}*", *cells])
    rows.append(["*chance*", *(".500", "") * len(KINDS)])
    return table(head, rows)


def _against_own(conversations: Sequence[Rounds], arm: str, kind: Kind) -> tuple[str, str]:
    if arm == SIMULATION and kind != "real":
        return "1", ""
    if not any(_with(rounds, kind) for rounds in conversations):
        return "—", ""
    found = _over(conversations, arm, kind)
    return written(found), "" if arm == OWN else signed(_over(conversations, OWN, kind) - found)


def _over(conversations: Sequence[Rounds], arm: str, kind: Kind) -> Resampled:
    """Return the mean over the communities of a round, then over rounds, then over conversations."""
    return Resampled.mean_of(
        [_over_rounds(rounds, arm, kind) for rounds in conversations if _with(rounds, kind)]
    )


def _over_rounds(rounds: Rounds, arm: str, kind: Kind) -> Resampled:
    told = _with(rounds, kind)
    found = [each.over_communities(arm, kind) for each in told]
    return Resampled.over_rounds(found, seed=rounds[0].talk.split.seed, name=rounds[0].talk.name)


def _with(rounds: Rounds, kind: Kind) -> list[Outcome]:
    return [each for each in rounds if each.with_pairs(kind)]


def _steadiness(conversations: Sequence[Rounds]) -> str:
    every = [each.steady() for rounds in conversations for each in rounds]
    return (
        f"One half of a simulated panel orders a pair as its other half does in {sum(every) / len(every):.3f} of the "
        "cases: no model can be expected to agree with all that a panel says."
    )


def _by_community(rounds: Rounds) -> str:
    head = (
        *("round, community", "members", "its own pairs", "ahead of pooled", "ahead of shuffled"),
        *("real: its own", "real: pooled", "real: the simulation", "real pairs"),
    )
    rows = []
    for number, outcome in enumerate(rounds, start=1):
        for name in outcome.talk.communities:
            own = outcome.measured(OWN, name, "simulated")
            ahead = [signed(own - outcome.measured(arm, name, "simulated")) for arm in (POOLED, SHUFFLED)]
            real = [_measured(outcome, arm, name, "real") for arm in (OWN, POOLED, SIMULATION)]
            cells = [str(outcome.talk.members[name]), written(own), *ahead, *real]
            rows.append([f"{number}, {name}", *cells, str(outcome.counted(name, "real"))])
    return table(head, rows)


def _measured(outcome: Outcome, arm: str, community: str, kind: Kind) -> str:
    if not outcome.counted(community, kind):
        return "—"
    return written(outcome.measured(arm, community, kind))


def _candidate_sets(conversations: Sequence[Rounds]) -> str:
    """Return what each way to draw candidates comes to, for the smallest communities."""
    head = (
        *("candidates", "similarity in a set", "Vendi score"),
        *("simulated ↑", "ahead of independent", "real ↑", "ahead of independent"),
    )
    rows = []
    for way in WAYS:
        sets = [outcome.learned[way] for rounds in conversations for outcome in rounds]
        cells = [_mean([each.similarity for each in sets]), _mean([each.vendi for each in sets])]
        for kind in ("simulated", "real"):
            found, first = (_smallest(conversations, each, kind) for each in (way, WAYS[0]))
            if found is None or first is None:
                cells += ["—", ""]
            else:
                cells += [written(found), "" if way == WAYS[0] else signed(found - first)]
        rows.append([way, *cells])
    return table(head, rows)


def _smallest(conversations: Sequence[Rounds], way: Way, kind: Kind) -> Resampled | None:
    """Return what a way comes to for the smallest community, where it has any such pair."""
    found = []
    for rounds in conversations:
        told = [each for each in rounds if each.counted(each.talk.smallest, kind)]
        figures = [each.measured(way, each.talk.smallest, kind) for each in told]
        if figures:
            talk = told[0].talk
            found.append(Resampled.over_rounds(figures, seed=talk.split.seed, name=talk.name))
    return Resampled.mean_of(found) if found else None


def _mean(values: Sequence[float]) -> str:
    return f"{sum(values) / len(values):.3f}"


def _one(rounds: Rounds) -> Iterator[str]:
    """Yield what must be known of one conversation, and its own tables."""
    yield "\n".join(f"- Round {number}: {_sizes(outcome)}" for number, outcome in enumerate(rounds, start=1))
    yield _claim([rounds])
    yield "By community:"
    yield _by_community(rounds)
    yield "The smallest community of each round:"
    yield _candidate_sets([rounds])


def _sizes(outcome: Outcome) -> str:
    talk, names = outcome.talk, outcome.talk.communities
    disputed = sum(outcome.counted(name, "disputed") for name in names) / len(names)
    return (
        f"{len(names)} communities of {', '.join(str(talk.members[name]) for name in names)} members. The judge "
        f"knows {talk.known} statements; of {len(talk.learn)} others models learn, on {len(talk.test)} they are "
        f"tested ({talk.repeats} left out as repeats). {outcome.pairs} pairs a model; {len(outcome.trial.pairs)} "
        f"test pairs a community, of which {disputed:.0f} are disputed; halves of a panel agree in "
        f"{outcome.steady():.3f}."
    )


def written(found: Resampled) -> str:
    """Return a figure with its interval."""
    told = found.figure
    return f"{told.mean:.3f} [{told.low:.3f}, {told.high:.3f}]"


def signed(found: Resampled) -> str:
    """Return a difference with its interval."""
    told = found.figure
    return f"{told.mean:+.3f} [{told.low:+.3f}, {told.high:+.3f}]"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
