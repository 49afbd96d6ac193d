"""How ``commonbond explain`` shows a row: what it says, who stands behind it, and what speaks against it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bench.report.rows import written
from simulator.room import is_nobodys
from tui.cli.output import console, listing, print_table
from tui.cli.parts import as_norm
from tui.plaintext import LONGEST, count, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from simulator.export.tracing.decision import Decision
    from simulator.export.tracing.traced import Trace
    from simulator.item import Ballot, Option

__all__ = ["print_trace"]

LONGEST_TEXT, LONGEST_REASON, LONGEST_PROMPT = 180, 120, 600
"""Characters of a candidate, a reason and a prompt that are shown where not all is asked for."""
BALLOTS = {"for": 4, "against": 4, "neither": 2, "": 8}
"""Ballots of each side that are shown then."""
ELSEWHERE, NORMS = 6, 2
"""Other communities and norms that are shown then."""
VERDICTS = {"against": (0, "the opposite"), "for": (1, "the same"), "tie": (2, "neither, by what was asked")}
NOTHING = (3, "nothing: no ballots")
"""What a community says, after its place among them."""
SAID = ("community", "says", "ballots", "ahead by", "probability")
FIRSTS = ("community", "puts", "ballots", "its share", "of the row's first")
MARKS = {"preference": ("chosen", "rejected"), "unpaired": ("this one",), "full": ()}


def print_trace(folder: Path, traced: Trace, problems: Sequence[str], *, whole: bool, called: bool) -> None:
    """Print what a row rests on.

    Args:
        folder: of the data. ``problems``: what does not fit.
        whole: whether every text and ballot is printed. ``called``: whether the calls are printed after it.
    """
    screen = console()
    screen.print(_headline(traced), style="bold")
    screen.print(f"{_whose(traced)}\n")
    if problems:
        screen.print(listing([("DOES NOT FIT", one_line(told, limit=LONGEST)) for told in problems]))
        screen.print()
    screen.print(listing(_standing(folder, traced, whole=whole)))
    screen.print()
    _print_candidates(screen, traced, whole=whole)
    screen.print()
    if traced.decision is not None:
        screen.print(listing([*_order(traced), ("", "")]))
    _print_elsewhere(screen, traced, whole=whole)
    screen.print()
    _print_ballots(screen, traced, whole=whole)
    screen.print(listing([*_norms(traced, whole=whole), *_ending(traced, problems, called=called)]))


def _headline(traced: Trace) -> str:
    community, found = one_line(traced.record.community), traced.found
    if found.config == "preference":
        chosen, rejected = traced.indices
        return f"{community} prefers candidate {chosen} to candidate {rejected}"
    if found.config == "unpaired":
        side = "above" if found.row["label"] else "below"
        return f"{community} rates candidate {traced.indices[0]} {side} an even share"
    return f"{community} on {count(traced.record.item.size, 'candidate')}"


def _whose(traced: Trace) -> str:
    corpus = traced.run["corpus"]
    invented = "FICTIONAL · " if corpus["fictional"] else ""
    title = one_line(str(corpus["title"] or "an unnamed corpus"))
    return f"{invented}{title} · simulated by the {one_line(traced.run['predictor'])}"


def _standing(folder: Path, traced: Trace, *, whole: bool) -> list[tuple[str, str]]:
    """Return where the row stands, what was asked, and who stands behind it."""
    item, found = traced.record.item, traced.found
    asked = [*(f"{turn.role}: {turn.text}" for turn in item.turns), f"user: {item.query}"]
    limit = LONGEST if whole else LONGEST_PROMPT // len(asked)
    corpus = traced.run["corpus"]
    told = (corpus["source"], f"licence {corpus['licence']}", f"content {str(corpus['content'])[:12]}")
    return [
        ("row", f"{one_line(str(found.row['row']))} · {found.place}, in {folder / found.file}"),
        *(("prompt", one_line(text, limit=limit)) for text in asked),
        ("community", _panel(traced)),
        ("run", _made(traced)),
        ("models", one_line(", ".join(traced.run["models"])) or "no language model"),
        ("corpus", " · ".join(one_line(str(part)) for part in told)),
    ]


def _made(traced: Trace) -> str:
    run = traced.run
    parts = [
        f"{run['folder']} ({run['identity']}, {run['state']})",
        f"commonbond {run['version']}",
        f"seed {run['settings'].get('seed')}",
        f"texts compared by {run['embedder']}",
        f"prompts {str(run['prompts'])[:12]}" if run["prompts"] else "",
    ]
    return " · ".join(one_line(part) for part in parts if part)


def _panel(traced: Trace) -> str:
    record, result = traced.record, traced.result
    said = record.preference
    title = f" ({one_line(traced.title)})" if traced.title else ""
    parts = [
        f"{one_line(record.community)}{title}: {count(len(traced.panel), 'persona')}",
        f"{count(said.ballots, 'ballot')}, {count(said.abstentions, 'abstention')}, "
        f"{count(said.failures, 'failure')}",
    ]
    if record.rounds:
        moved = count(len(traced.moves), "change of mind", "changes of mind")
        parts.append(f"{count(record.rounds, 'round')} of discussion, {moved}")
    if result.get("asked_again"):
        parts.append(
            f"{result['flipped']} of {result['asked_again']} chose otherwise when asked again in reverse"
        )
    return "; ".join(parts)


def _print_candidates(screen: Console, traced: Trace, *, whole: bool) -> None:
    marks = dict(zip(traced.indices, MARKS[traced.found.config], strict=True))
    item, said = traced.record.item, traced.record.preference
    rows = []
    for index, option in enumerate(item.options):
        interval = f"[{written(said.low[index], 2)}, {written(said.high[index], 2)}]" if said.low else "—"
        text = one_line(option.text, limit=LONGEST if whole else LONGEST_TEXT)
        wrote = one_line(_writer(option))
        rows.append(
            (f"{index} {marks.get(index, '')}", text, wrote, written(said.shares[index], 3), interval)
        )
    columns = ("", "candidate", "written by", "share", "95 % interval")
    print_table(screen, f"candidates{_diversity(traced)}", columns, rows, right=2, named=0.2)


def _writer(option: Option) -> str:
    if is_nobodys(option.writer):
        return f"nobody in particular ({option.writer})"
    return option.writer or (f"post {option.post}" if option.post else "given with the prompt")


def _diversity(traced: Trace) -> str:
    measured = traced.record.diversity
    item, sampling = traced.record.item, traced.run["settings"].get("sampling")
    drawn = any(option.writer or option.post for option in item.options)
    whose = f", {sampling} draws" if drawn else ""
    whose += f" for {one_line(item.community)}" if item.community else ""
    if measured is None or measured.similarity is None:
        return whose
    return (
        f"{whose}: mean similarity {written(measured.similarity, 2)}, as varied as "
        f"{measured.vendi:.1f} different ones"
    )


def _order(traced: Trace) -> list[tuple[str, str]]:
    """Return how far ahead it is and how surely, and what was asked for."""
    decision = traced.decision
    if decision is None:
        return []
    pair = traced.found.config == "preference"
    of = (
        "the chosen one's share less the rejected one's"
        if pair
        else "its share from an even one, as labelled"
    )
    sure = "this is the community's order" if pair else "the label is right"
    least = decision.min_probability
    asked = "nothing was asked" if least is None else f"{written(least)} or more was asked for"
    none = "none: the shares are a forecast, and no posterior of ballots"
    known = decision.probability
    rows = [
        ("ahead by", f"{written(decision.lead)}, {of}; {written(decision.min_lead)} or more was asked for"),
        ("probability", none if known is None else f"{written(known)} that {sure}; {asked}"),
        ("passed", _passed(decision)),
    ]
    taken = f"{written(decision.vote_share)} are expected to take the chosen one of the two"
    return [*rows[:2], *([("vote share", taken)] if pair else []), *rows[2:]]


def _passed(decision: Decision) -> str:
    return {
        "for": "yes, all that was asked",
        "against": "NO: the ballots say the opposite",
        "tie": "NO: a tie by what was asked, kept with its soft label",
    }[decision.verdict]


def _print_elsewhere(screen: Console, traced: Trace, *, whole: bool) -> None:
    """Print what the other communities say of the same candidates, those that disagree first."""
    if not traced.elsewhere:
        screen.print(listing([("elsewhere", "no other community judged these candidates")]))
        return
    rows = _firsts(traced) if traced.decision is None else _verdicts(traced)
    title = ", ".join(f"{number:,} {told}" for told, number in Counter(row[0][1] for row in rows).items())
    shown = [row[1:] for row in rows[: len(rows) if whole else ELSEWHERE]]
    columns = FIRSTS if traced.decision is None else SAID
    print_table(screen, f"other communities: {title}", columns, shown, right=len(columns) - 2)
    if len(shown) < len(rows):
        screen.print(f"and {len(rows) - len(shown):,} more: --full prints them")


def _verdicts(traced: Trace) -> list[tuple[tuple[int, str], str, str, str, str, str]]:
    """Return what each says of the row's order or label, after how that is counted."""
    rows = []
    for record, said in traced.elsewhere:
        assert said is not None
        cast = record.preference.ballots
        rank = VERDICTS[said.verdict] if cast else NOTHING
        sure = "—" if said.probability is None else written(said.probability)
        rows.append((rank, one_line(record.community), rank[1], f"{cast:,}", written(said.lead), sure))
    return sorted(rows)


def _firsts(traced: Trace) -> list[tuple[tuple[int, str], str, str, str, str, str]]:
    """Return which candidate each puts first, after whether it is the row's community's first."""
    top = traced.record.preference.top
    rows = []
    for record, _ in traced.elsewhere:
        said, cast = record.preference, record.preference.ballots
        share, other = said.shares[said.top], said.shares[top]
        rank = NOTHING if not cast else ((1, "the same first") if other == share else (0, "another first"))
        told = f"candidate {top if other == share else said.top} first" if cast else NOTHING[1]
        rows.append((rank, one_line(record.community), told, f"{cast:,}", written(share), written(other)))
    return sorted(rows)


def _print_ballots(screen: Console, traced: Trace, *, whole: bool) -> None:
    last = [ballot for ballot in traced.ballots if ballot.round == traced.record.rounds]
    sides = Counter(traced.side(ballot) for ballot in last)
    shown = [*traced.ballots] if whole else _some(traced, last)
    rows = [_ballot(traced, ballot, whole=whole) for ballot in shown]
    told = ", ".join(f"{sides[side]} {side}" for side in ("for", "against", "neither"))
    rounds = " of all rounds" if traced.record.rounds else ""
    title = f"ballots{rounds if whole else ''}{f': {told}' if traced.indices else ''}"
    print_table(screen, title, ("persona", "side", "chose", "shown as", "reason"), rows)
    left = len(traced.ballots) - len(shown)
    if left:
        screen.print(f"and {count(left, 'more ballot')}{rounds}: --full prints them")


def _some(traced: Trace, last: Sequence[Ballot]) -> list[Ballot]:
    """Return the first few ballots of each side, those for the row first."""
    left = dict(BALLOTS)
    found: dict[str, list[Ballot]] = {side: [] for side in BALLOTS}
    for ballot in last:
        side = traced.side(ballot)
        if left[side]:
            left[side] -= 1
            found[side].append(ballot)
    return [ballot for side in BALLOTS for ballot in found[side]]


def _ballot(traced: Trace, ballot: Ballot, *, whole: bool) -> tuple[str, ...]:
    chose = "abstained" if ballot.choice is None else str(ballot.choice)
    moved = f" (moved by {', '.join(ballot.moved_by)})" if ballot.moved_by else ""
    reason = one_line(f"{ballot.reason}{moved}", limit=LONGEST if whole else LONGEST_REASON)
    order = " ".join(map(str, ballot.order)) or "—"
    who = f"{ballot.persona}, round {ballot.round}" if whole and traced.record.rounds else ballot.persona
    return (one_line(who), traced.side(ballot), one_line(ballot.failure) or chose, order, reason)


def _norms(traced: Trace, *, whole: bool) -> list[tuple[str, str]]:
    """Return the norms that most ballots of the last round rest on."""
    last = [ballot for ballot in traced.ballots if ballot.round == traced.record.rounds]
    cited = Counter(post for ballot in last for post in ballot.norms if post in traced.norms)
    rows = [
        ("norm", f"behind {count(number, 'ballot')}: {as_norm(dict(traced.norms[post]))}")
        for post, number in cited.most_common(None if whole else NORMS)
    ]
    left = len(cited) - len(rows)
    return [*rows, *([("", f"and {count(left, 'more norm')}: --full prints them")] if left else [])]


def _ending(traced: Trace, problems: Sequence[str], *, called: bool) -> list[tuple[str, str]]:
    purposes = Counter(one.purpose for one in traced.calls)
    told = ", ".join(f"{number:,} {purpose}" for purpose, number in purposes.items())
    more = "they follow" if called else "--calls prints every prompt and reply"
    rows = [
        ("calls", f"{told}; {more}" if told else "none are kept: no language model was asked for this row")
    ]
    if not problems:
        rows.append(("fits", "the file is as it was written, and the row follows from the journal's ballots"))
    return rows
