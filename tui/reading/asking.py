"""One question to several communities: the ballots so far, the preferences they form, and who agrees with whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from simulator.journal import JOURNAL, Journal, as_preference
from simulator.journal.panels import communities_of
from tui.reading.comparison import Share
from tui.reading.provenance import Provenance, RunState, provenance_of_run, state_of_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import Any

    from simulator.item import Ballot, Preference

__all__ = [
    "Agreement",
    "Answer",
    "AnswersView",
    "Formed",
    "OptionRange",
    "agreement",
    "formed",
    "hardly_apart",
    "read_answers",
]

MOST_ASKED = 2_000
"""Communities that are read, at the most."""
APART = 0.02
"""Between the largest and the least share: what lies nearer together is hardly told apart."""
MOST_COMPARED = 48
"""Communities that are compared pair by pair, at the most; more are held against the mean of all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came from one community so far.

    Args:
        community: its name. ``title``: what it calls itself. ``item``: the question's name in the run.
        options: what it chooses from; empty until they are written.
        cast: its ballots, the earliest round first. ``panel``: how many personas it has.
        final: what they came to; None until all are in. ``rounds``: of discussion there were.
        settled: whether opinions had stopped moving. ``errors``: what went wrong on the way.
        done: whether anything came of it, be it a failure.
    """

    community: str
    title: str
    item: str
    options: tuple[str, ...]
    cast: tuple[Ballot, ...]
    panel: int
    final: Preference | None = None
    rounds: int = 0
    settled: bool = True
    errors: tuple[str, ...] = ()
    done: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswersView:
    """A question with the answers so far; ``provenance`` is None as long as there is no journal.

    Args:
        query: what is asked. ``shared``: whether all communities judge the same options.
        prior: the Dirichlet prior of each option. ``offline``: whether no language model judges.
    """

    provenance: Provenance | None = None
    state: RunState = "unfinished"
    query: str = ""
    answers: tuple[Answer, ...] = ()
    shared: bool = True
    prior: float = 0.5
    offline: bool = True
    warnings: tuple[str, ...] = ()
    stopped: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Formed:
    """A community's preference after some of its ballots.

    Args:
        shares: each option's share with its interval; empty where there is no option yet.
        ballots: personas with a choice. ``abstained``, ``failed``: those without. ``round``: the latest round.
        latest: the last ballot that counts; None before any. ``complete``: whether all ballots are in.
        moved: how many hold another option now than before any discussion.
        chosen: of how many personas each option is the first choice; a share is the mean of what they give it, so
            that nearly equal shares can stand beside one option that nearly all put first.
    """

    community: str
    shares: tuple[Share, ...] = ()
    ballots: int = 0
    abstained: int = 0
    failed: int = 0
    round: int = 0
    latest: Ballot | None = None
    complete: bool = False
    moved: int = 0
    chosen: tuple[int, ...] = ()

    @property
    def top(self) -> int | None:
        """The option with the largest share, the first among equals; None without a ballot."""
        if not self.shares or not self.ballots:
            return None
        return max(range(len(self.shares)), key=lambda option: self.shares[option].mean)


@dataclass(frozen=True, kw_only=True, slots=True)
class OptionRange:
    """The least and the largest share that an option has anywhere, and where."""

    low: float
    low_in: str
    high: float
    high_in: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """How far communities agree, in Jensen–Shannon divergence with base 2: 0 the same, 1 nothing in common.

    Args:
        names: the communities that have a ballot. ``tops``: the option that each prefers.
        pairs: the divergence of each two; empty where there are too many communities.
        apart: each one's mean divergence from the others; from the mean of all where ``pairs`` is empty.
        nearest: the one that each is nearest to; empty strings where ``pairs`` is empty.
        mean: over all pairs, or over all communities.
        clear: in how many the interval of what is preferred most lies above those of all other options.
        ranges: of each option.
    """

    names: tuple[str, ...]
    tops: tuple[int, ...]
    pairs: tuple[tuple[float, ...], ...]
    apart: tuple[float, ...]
    nearest: tuple[str, ...]
    mean: float
    clear: int
    ranges: tuple[OptionRange, ...]


def read_answers(folder: Path, item: str = "", *, before: AnswersView | None = None) -> AnswersView:
    """Read the answers to a question of the run in ``folder``.

    Args:
        item: which; the run's first where empty.
        before: what was read last; what cannot have changed since is not read again.

    Raises:
        InputError: the journal is damaged.
    """
    if not (folder / JOURNAL).is_file():
        return AnswersView()
    with Journal.read(folder) as journal:
        if journal.fact("settings") is None:
            return AnswersView()
        state = state_of_run(journal, folder)
        jobs = _jobs(journal, item)
        known = {answer.community: answer for answer in before.answers if answer.done} if before else {}
        titles = _titles(journal, before)
        panel = int(journal.fact("settings").get("panel", 0))
        answers = tuple(
            known.get(community) or _answer(journal, name, community, titles.get(community, ""), panel)
            for name, community in jobs
        )
        return AnswersView(
            provenance=provenance_of_run(journal, folder),
            state=state,
            query=_query(journal, jobs),
            answers=answers,
            shared=len({name for name, _ in jobs}) <= 1,
            prior=float(journal.fact("settings").get("prior", 0.5)),
            offline=journal.fact("reach") is None,
            warnings=tuple(journal.fact("warnings") or ()),
            stopped=str(journal.fact("stopped") or "") if state == "stopped" else "",
        )


def formed(answer: Answer, count: int, *, prior: float = 0.5) -> Formed:
    """Return the preference that the first ``count`` ballots of a community form, as the run itself reckons it.

    Of each persona its latest ballot counts. With all ballots in, it is what the run found.
    """
    from simulator.aggregate import aggregate

    cast = answer.cast[:count]
    complete = answer.done and count >= len(answer.cast)
    latest = {ballot.persona: ballot for ballot in cast}
    first = {ballot.persona: ballot.choice for ballot in reversed(cast)}
    if complete and answer.final is not None:
        preference: Preference | None = answer.final
    else:
        preference = (
            aggregate(list(latest.values()), len(answer.options), prior=prior) if answer.options else None
        )
    if preference is None:
        return Formed(community=answer.community, complete=complete)
    return Formed(
        community=answer.community,
        shares=_shares(preference),
        ballots=preference.ballots,
        abstained=preference.abstentions,
        failed=preference.failures,
        round=max((ballot.round for ballot in cast), default=0),
        latest=cast[-1] if cast else None,
        complete=complete,
        moved=sum(ballot.choice != first[ballot.persona] for ballot in latest.values()),
        chosen=_chosen(latest.values(), len(preference.shares)),
    )


def agreement(answers: Sequence[Formed]) -> Agreement | None:
    """Return how far communities agree; None where fewer than two have a ballot, or their options differ in number.

    References:
        J. Lin (1991). Divergence measures based on the Shannon entropy. IEEE Transactions on Information Theory
        37(1), 145-151.
    """
    heard = [each for each in answers if each.ballots]
    if len(heard) < 2 or len({len(each.shares) for each in heard}) > 1:
        return None
    names = tuple(each.community for each in heard)
    shares = [_normalised([share.mean for share in each.shares]) for each in heard]
    pairs = _pairs(shares) if len(heard) <= MOST_COMPARED else ()
    apart = _apart(shares, pairs)
    return Agreement(
        names=names,
        tops=tuple(each.top or 0 for each in heard),
        pairs=pairs,
        apart=apart,
        nearest=tuple(_nearest(row, number, names) for number, row in enumerate(pairs)) or ("",) * len(names),
        mean=sum(apart) / len(apart),
        clear=sum(map(_is_clear, heard)),
        ranges=tuple(_range(option, shares, names) for option in range(len(shares[0]))),
    )


def hardly_apart(answers: Sequence[Formed]) -> bool:
    """Tell whether all ballots are in, and every community's shares lie within ``APART`` of each other.

    >>> even = Formed(community="tea", shares=(Share(mean=0.33), Share(mean=0.34)), ballots=9, complete=True)
    >>> hardly_apart([even]), hardly_apart([])
    (True, False)
    """
    spans = [
        max(share.mean for share in each.shares) - min(share.mean for share in each.shares)
        for each in answers
        if each.shares and each.ballots and each.complete
    ]
    return bool(spans) and len(spans) == len(answers) and max(spans) < APART


def _jobs(journal: Journal, item: str) -> list[tuple[str, str]]:
    """Return the (item, community) pairs of a question; options written by each community make an item for each."""
    if item:
        return [(item, community) for community in communities_of(journal, item)[:MOST_ASKED]]
    jobs = journal.jobs(first=0, count=MOST_ASKED)
    if not jobs:
        return []
    name, community = jobs[0][:2]
    stem = name.removesuffix(f"@{community}")
    return [job[:2] for job in jobs if job[0] in {stem, f"{stem}@{job[1]}"}]


def _query(journal: Journal, jobs: Sequence[tuple[str, str]]) -> str:
    """Return what is asked; of options that are still to be written, what the command line said."""
    for name, _ in jobs[:1]:
        found = journal.find_item(name)
        if found is not None:
            return found.query
    arguments: list[str] = (journal.fact("command") or {}).get("arguments", [])
    return arguments[-1] if arguments[:1] == ["ask"] else ""


def _titles(journal: Journal, before: AnswersView | None) -> dict[str, str]:
    if before is not None and any(answer.title for answer in before.answers):
        return {answer.community: answer.title for answer in before.answers}
    return {name: str(body.get("title", "")) for name, body in journal.communities().items()}


def _answer(journal: Journal, item: str, community: str, title: str, panel: int) -> Answer:
    asked, result = journal.find_item(item), journal.result(item, community)
    blank = Answer(
        community=community,
        title=title,
        item=item,
        options=() if asked is None else tuple(option.text for option in asked.options),
        cast=tuple(journal.ballots(item, community)),
        panel=panel,
    )
    return blank if result is None else _ended(blank, result)


def _ended(answer: Answer, result: dict[str, Any]) -> Answer:
    told = result.get("preference")
    return replace(
        answer,
        final=None if told is None else as_preference(told),
        rounds=int(result.get("rounds", 0)),
        settled=bool(result.get("settled", True)),
        errors=tuple(f"{error['step']}: {error['problem']}" for error in result.get("errors", ())),
        done=True,
    )


def _chosen(latest: Iterable[Ballot], options: int) -> tuple[int, ...]:
    held = [ballot.choice for ballot in latest]
    return tuple(held.count(option) for option in range(options))


def _shares(preference: Preference) -> tuple[Share, ...]:
    bounded = len(preference.low) == len(preference.high) == len(preference.shares)
    return tuple(
        Share(
            mean=mean,
            low=preference.low[option] if bounded else None,
            high=preference.high[option] if bounded else None,
        )
        for option, mean in enumerate(preference.shares)
    )


def _normalised(shares: list[float]) -> list[float]:
    total = sum(shares)
    return [share / total for share in shares]


def _pairs(shares: Sequence[list[float]]) -> tuple[tuple[float, ...], ...]:
    from bench.metrics.shares import jensen_shannon

    size = len(shares)
    found = [[0.0] * size for _ in range(size)]
    for one in range(size):
        for other in range(one):
            found[one][other] = found[other][one] = jensen_shannon(shares[one], shares[other])
    return tuple(map(tuple, found))


def _apart(shares: Sequence[list[float]], pairs: tuple[tuple[float, ...], ...]) -> tuple[float, ...]:
    if pairs:
        return tuple(sum(row) / (len(row) - 1) for row in pairs)
    from bench.metrics.shares import jensen_shannon

    middle = _normalised([sum(column) for column in zip(*shares, strict=True)])
    return tuple(jensen_shannon(row, middle) for row in shares)


def _is_clear(each: Formed) -> bool:
    """Tell whether what is preferred most is so beyond the intervals."""
    low = each.shares[each.top or 0].low
    others = [share.high for option, share in enumerate(each.shares) if option != each.top]
    return low is not None and all(high is not None and high < low for high in others)


def _nearest(row: tuple[float, ...], here: int, names: tuple[str, ...]) -> str:
    return names[
        min((number for number in range(len(row)) if number != here), key=lambda number: row[number])
    ]


def _range(option: int, shares: Sequence[list[float]], names: tuple[str, ...]) -> OptionRange:
    column = [row[option] for row in shares]
    low, high = column.index(min(column)), column.index(max(column))
    return OptionRange(low=column[low], low_in=names[low], high=column[high], high_in=names[high])
