"""What every report says, as cells of text: one wording for the page, the Markdown and the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.report.reading import RunFacts
    from bench.scores import Comparison, ScoreCard, ScoreRow, TaskScore

__all__ = [
    "ARROWS",
    "BETTER",
    "CAUTIONS",
    "HEADLINES",
    "ROLES",
    "about_lines",
    "ahead_text",
    "between",
    "community_lines",
    "comparison_lines",
    "heading",
    "money",
    "score_lines",
    "setting_text",
    "signed",
    "told_models",
    "usage_lines",
    "verdict",
    "warnings_of",
    "written",
]

HEADLINES = frozenset(
    {
        "accuracy",
        "Kendall τ-b",
        "Jensen–Shannon divergence (base 2)",
        "mean absolute error of a share",
        "recognised",
        "cosine to the real top answer",
    }
)
"""The metrics that a short report shows; the others are in the data and in the long one."""

ARROWS = {"higher": "↑", "lower": "↓", "one": "→ 1"}
BETTER = {"higher": "higher is better", "lower": "lower is better", "one": "nearer to 1 is better"}
ROLES = {
    "simulation": "what was simulated",
    "control": "a control: the simulation or everybody's votes, without what should matter",
    "baseline": "a baseline: what anybody gets without knowing the community",
    "ceiling": "the noise ceiling: what a second sample of the same real voters would have scored",
}
CAUTIONS = (
    "Say with every figure which predictor and model simulated, of which corpus, with which version and seed.",
    "The figures hold for these communities and these kinds of question; nothing here speaks for others.",
    "A simulated preference is no vote and no consent: do not use it in place of asking the people concerned, "
    "nor to speak for, profile or persuade any of them.",
    "Where an interval of a difference holds 0, the data do not show which of the two is better.",
    "The texts are a community's own, and their licence binds whoever passes this report on.",
)


def written(value: float | None, digits: int = 3) -> str:
    """Return a score as it is written, without the leading zero; a dash where there is none.

    >>> written(-0.1234), written(None)
    ('-.123', '—')
    """
    if value is None:
        return "—"
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def signed(value: float | None) -> str:
    """Return a difference with its sign.

    >>> signed(0.04), signed(-0.04), signed(0.0), signed(-0.0001)
    ('+.040', '-.040', '.000', '.000')
    """
    text = written(value)
    if not text.strip("-.0"):
        return text.removeprefix("-")
    return f"+{text}" if value is not None and value > 0 else text


def between(low: float | None, high: float | None, *, sign: bool = False) -> str:
    """Return an interval as it is written; a dash where there is none."""
    tell = signed if sign else written
    return "—" if low is None or high is None else f"[{tell(low)}, {tell(high)}]"


def score_lines(task: TaskScore) -> list[tuple[str, str, str, str, str, str]]:
    """Return predictor, role, figure, interval, how far the simulation is ahead, and n, for each row."""
    return [
        (
            row.predictor + (f" ({row.note})" if row.note else ""),
            row.role,
            written(row.mean),
            between(row.low, row.high),
            ahead_text(row.ahead),
            f"{row.n:,} in {row.communities}",
        )
        for row in task.rows
    ]


def ahead_text(ahead: Mapping[str, float | None] | None) -> str:
    """Return how far the simulation is ahead, with its interval; empty where nothing is compared."""
    if not ahead or ahead["mean"] is None:
        return ""
    bounds = "" if ahead["low"] is None else f" {between(ahead['low'], ahead['high'], sign=True)}"
    return signed(ahead["mean"]) + bounds


def heading(card: ScoreCard) -> str:
    """Return in a line what was simulated of what, by what: it stands above every report.

    >>> from bench.scores import ScoreCard
    >>> told = {"title": "Tea", "source": "table", "licence": "CC0", "fictional": True}
    >>> heading(ScoreCard(predictor="norm judge", corpus=told, notes=(), tasks=()))
    'FICTIONAL · Tea · table · licence CC0 · simulated by the norm judge'
    """
    told = card.corpus
    parts = (
        "FICTIONAL" if told.get("fictional") else "",
        _known(told.get("title")) or "a corpus without a title",
        _known(told.get("source")),
        f"licence {_known(told.get('licence')) or 'unknown'}",
        f"simulated by the {card.predictor}",
    )
    return " · ".join(part for part in parts if part)


def about_lines(card: ScoreCard, facts: RunFacts | None = None) -> list[tuple[str, str]]:
    """Return what was simulated with what, as names and values; a value that is unknown is left out."""
    told = card.corpus
    lines = [
        ("corpus", _known(told.get("title"))),
        ("read by", _known(told.get("source"))),
        ("licence", _known(told.get("licence")) or "unknown"),
        ("people and texts", "FICTIONAL: invented" if told.get("fictional") else "real"),
        ("predictor", card.predictor),
        ("model", told_models(card, facts)),
    ]
    if facts is not None:
        lines += _run_lines(facts)
    return [(name, value) for name, value in lines if value]


def _run_lines(facts: RunFacts) -> list[tuple[str, str]]:
    source, settings = facts.source, facts.settings
    membership = " · ".join(filter(None, (_known(source.get("membership")), _known(source.get("method")))))
    sharpness = source.get("sharpness") or {}
    as_if = ", ".join(
        f"{name} as if of {other or 'nobody in particular'}" for name, other in facts.as_if.items()
    )
    return [
        ("server", _told_server(facts.engine)),
        ("embedder", facts.embedder),
        ("communities", membership),
        ("asked", as_if),
        ("sharpness τ used", f"{sharpness['value']:g}" if "value" in sharpness else ""),
        ("settings", " · ".join(f"{name} {setting_text(value)}" for name, value in sorted(settings.items()))),
        ("judged", f"{facts.done:,} of {facts.total:,}; something failed in {facts.failures:,}"),
        ("ballots", _ballots(facts.reliability)),
        ("run", facts.run),
        ("commonbond", facts.version),
        ("prompts", facts.prompts),
        ("learned from", f"content {facts.content}" if facts.content else ""),
    ]


def told_models(card: ScoreCard, facts: RunFacts | None) -> str:
    """Return which models answered; none where nothing was asked of any, and nothing where that is not known."""
    names = sorted({str(row["model"]) for row in card.usage})
    if names:
        return ", ".join(names)
    return "none: no language model was called" if facts is not None and not facts.prompts else ""


def _told_server(engine: Mapping[str, Any] | None) -> str:
    """Return how many requests were sent and how many the server put off."""
    if not engine:
        return ""
    named = (
        ("requests", "requests"),
        ("rate_limited", "put off by the server"),
        ("largest", "at once at the most"),
    )
    return ", ".join(f"{engine[name]:,} {told}" for name, told in named if isinstance(engine.get(name), int))


def _ballots(reliability: Mapping[str, Any]) -> str:
    if not reliability:
        return ""
    failed = sum(reliability.get("failures", {}).values())
    told = f"{reliability['ballots']:,} cast, {reliability['abstentions']:,} abstentions, {failed:,} failed"
    flip = reliability.get("flip_rate")
    return told + ("" if flip is None else f"; {written(flip)} chose otherwise with the options in reverse")


def warnings_of(card: ScoreCard, facts: RunFacts | None) -> list[str]:
    """Return what a reader must know before any figure, each once."""
    of_card = (note.removeprefix("warning: ") for note in card.notes if note.startswith("warning: "))
    return list(dict.fromkeys([*of_card, *(facts.warnings if facts else ())]))


def verdict(row: ScoreRow) -> str:
    """Return whether the simulation is better than a row, in words that claim no more than the interval does."""
    ahead = row.ahead
    if not ahead or ahead["mean"] is None:
        return "not compared"
    low, high = ahead["low"], ahead["high"]
    told = (
        f"{signed(ahead['mean'])} {between(low, high, sign=True)}"
        if low is not None
        else signed(ahead["mean"])
    )
    if low is None or high is None:
        return f"{told}: too few judgements to say"
    if low > 0:
        return f"{told}: the simulation is better"
    return f"{told}: the simulation is worse" if high < 0 else f"{told}: no difference is shown"


def comparison_lines(rows: Sequence[Comparison]) -> list[tuple[str, str, str, str, str, str]]:
    """Return first, second, difference, interval, probability and n of each comparison."""
    return [
        (
            row.first,
            row.second,
            signed(row.mean),
            between(row.low, row.high, sign=True),
            written(row.probability),
            f"{row.n:,}",
        )
        for row in rows
    ]


def community_lines(card: ScoreCard) -> list[tuple[str, str, str, str]]:
    """Return community, judgements, accuracy and divergence."""
    return [
        (str(row["community"]), f"{row['n']:,}", written(row.get("accuracy")), written(row.get("divergence")))
        for row in card.communities
    ]


def usage_lines(usage: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Return phase, model, calls, failures, prompt, reply and cached tokens and cost of each row, and of all."""
    if not usage:
        return []
    names = ("calls", "failures", "prompt_tokens", "completion_tokens", "cached_tokens")
    lines = [
        (row["phase"], row["model"], *(f"{row.get(name, 0):,}" for name in names), money(row.get("cost")))
        for row in usage
    ]
    costs = [row.get("cost") for row in usage]
    known = [cost for cost in costs if cost is not None]
    total = money(sum(known)) if len(known) == len(costs) else f"more than {money(sum(known))}"
    return [*lines, ("all", "", *(f"{sum(row.get(name, 0) for row in usage):,}" for name in names), total)]


def money(cost: float | None) -> str:
    """Return US dollars as they are written; a dash where the price is unknown.

    >>> money(1.5), money(0.00021), money(0.0), money(None)
    ('$1.50', '$0.00021', '$0.00', '—')
    """
    if cost is None:
        return "—"
    return f"${cost:,.2f}" if cost >= 0.1 or not cost else f"${cost:.2g}"


def _known(value: object) -> str:
    return "" if value is None else str(value)


def setting_text(value: object) -> str:
    """Return a setting as it is written; ``not set`` where it was left open.

    >>> setting_text(None), setting_text(0.5), setting_text({"b": 1, "a": "x"})
    ('not set', '0.5', '(a: x, b: 1)')
    """
    if value is None:
        return "not set"
    if isinstance(value, dict):
        return "(" + ", ".join(f"{name}: {setting_text(part)}" for name, part in sorted(value.items())) + ")"
    if isinstance(value, list | tuple):
        return ", ".join(map(setting_text, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
