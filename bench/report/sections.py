"""The sections of a benchmark's page, each from the score card and, where a run is known, its facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report import charts
from bench.report.items import item_article
from bench.report.markup import Markup, element, joined
from bench.report.rows import (
    BETTER,
    CAUTIONS,
    HEADLINES,
    ROLES,
    about_lines,
    ahead_text,
    between,
    community_lines,
    comparison_lines,
    setting_text,
    usage_lines,
    verdict,
    written,
)
from bench.report.tables import details, facts_list, listed, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.report.reading import RunFacts
    from bench.scores import Comparison, ScoreCard, ScoreRow, TaskScore

__all__ = ["SECTIONS"]

COMPARED = ("first", "second", "first ahead by", "95 % interval", "resamples with the first ahead", "n")
USED = (
    "phase",
    "model",
    "calls",
    "failed",
    "prompt tokens",
    "reply tokens",
    "cached tokens",
    "cost in US dollars",
)
UNSHOWN = ("settings",)


def about(card: ScoreCard, facts: RunFacts | None) -> Markup:
    """Return what was simulated with what, and how it was split."""
    lines = about_lines(card, facts)
    settings = [line for line in lines if line[0] in UNSHOWN]
    notes = [note for note in card.notes if not note.startswith("warning: ")]
    return joined(
        facts_list([line for line in lines if line[0] not in UNSHOWN]),
        details("all settings", facts_list(_each_setting(facts))) if settings and facts else None,
        element("h3", "How it was split, and what was left out"),
        listed(notes) if notes else element("p", "nothing to note", class_="soft"),
    )


def _each_setting(facts: RunFacts) -> list[tuple[str, str]]:
    return [(name, setting_text(value)) for name, value in sorted(facts.settings.items())]


def headlines(card: ScoreCard, facts: RunFacts | None) -> Markup | None:
    """Return the headline figures of what was simulated, each with what it must be read beside."""
    tasks = [task for task in card.tasks if task.metric in HEADLINES and _simulated(task) is not None]
    return element("div", *(_card(task) for task in tasks), class_="cards") if tasks else None


def _card(task: TaskScore) -> Markup:
    row = _simulated(task)
    assert row is not None
    ceiling = next((each for each in task.rows if each.role == "ceiling"), None)
    best = _best([each for each in task.rows if each.role in {"baseline", "control"}], task)
    places = "community" if row.communities == 1 else "communities"
    lines = [f"{BETTER[task.better]} · {row.n:,} judgements in {row.communities} {places}"]
    if best is not None:
        lines.append(f"best of the baselines and controls: {written(best.mean)}, {best.predictor}")
        lines.append(f"ahead of it by {verdict(best)}")
    if ceiling is not None and ceiling.mean is not None:
        lines.append(f"noise ceiling: {written(ceiling.mean)}")
    figure = joined(written(row.mean), " ", element("small", between(row.low, row.high)))
    told = (element("p", line) for line in lines)
    head = element("h3", f"{task.task}: {task.metric}")
    return element("div", head, element("p", figure, class_="figure"), *told, class_="card")


def _best(rows: list[ScoreRow], task: TaskScore) -> ScoreRow | None:
    known = [(row.mean, row) for row in rows if row.mean is not None]
    if not known or task.better == "one":
        return None
    sign = 1 if task.better == "higher" else -1
    return max(known, key=lambda pair: sign * pair[0])[1]


def _simulated(task: TaskScore) -> ScoreRow | None:
    return next((row for row in task.rows if row.role == "simulation"), None)


def results(card: ScoreCard, facts: RunFacts | None) -> Markup:
    """Return a table for each task and metric, with the intervals drawn."""
    parts: list[Markup | None] = [_legend()]
    for task in card.tasks:
        parts.append(element("h3", f"{task.task}: {task.metric} ({BETTER[task.better]})"))
        if task.rows:
            parts.append(_task_table(task))
        if task.note:
            parts.append(element("p", element("bdi", task.note), class_="told"))
    return joined(*parts)


def _legend() -> Markup:
    line = (
        "The dashed line is the simulation's figure; whiskers are 95 % bootstrap intervals, resampled by community. "
        "n is the number of judgements, in so many communities. Ahead is positive where the simulation is better."
    )
    marks = (element("li", charts.key_mark(role), told) for role, told in ROLES.items())  # type: ignore[arg-type]
    return joined(element("ul", *marks, class_="legend"), element("p", line, class_="told"))


def _task_table(task: TaskScore) -> Markup:
    figures = [figure for row in task.rows for figure in (row.mean, row.low, row.high)]
    axis = charts.interval_axis([*figures, 1.0] if task.better == "one" else figures)
    simulated = _simulated(task)
    beside = None if simulated is None else simulated.mean
    rows = [
        (
            _named(row),
            charts.interval_picture(row.role, row.mean, row.low, row.high, axis, beside=beside),
            written(row.mean),
            between(row.low, row.high),
            ahead_text(row.ahead) or "—",
            f"{row.n:,} in {row.communities}",
        )
        for row in task.rows
    ]
    heads = ("predictor", charts.axis_picture(axis), "mean", "95 % interval", "simulation ahead by", "n")
    caption = f"{task.task}: {task.metric}, {BETTER[task.better]}"
    classes = [row.role for row in task.rows]
    return table(
        heads, rows, caption=caption, numbers=(2, 3, 4, 5), pictures=(1,), classes=classes, headed=True
    )


def _named(row: ScoreRow) -> Markup:
    role = element("span", charts.key_mark(row.role), row.role, class_="role")
    note = element("span", element("br"), element("bdi", row.note), class_="told") if row.note else None
    return joined(element("bdi", row.predictor), element("br"), role, note)


def calibration(card: ScoreCard, facts: RunFacts | None) -> Markup | None:
    """Return how often each simulation was right at each confidence."""
    curves = [curve for curve in card.curves if curve.bins]
    if not curves:
        return None
    told = (
        "Above the diagonal the simulation is less sure than it could be, below it is surer than it should be. "
        "The larger a dot, the more judgements (bins of equal width, Guo et al. 2017)."
    )
    plots = [
        joined(
            element(
                "figure", charts.reliability(curve), element("figcaption", element("bdi", curve.predictor))
            ),
            table(
                ("confidence", "right", "judgements"),
                [(written(each.confidence), written(each.accuracy), f"{each.n:,}") for each in curve.bins],
                caption=f"reliability of the {curve.predictor}",
                numbers=(1, 2),
            ),
        )
        for curve in curves
    ]
    return joined(element("p", told), *(element("div", plot, class_="plots") for plot in plots))


def distribution(card: ScoreCard, facts: RunFacts | None) -> Markup | None:
    """Return real shares against simulated ones, and how much either varies."""
    ratios = [task for task in card.tasks if task.better == "one" and _simulated(task) is not None]
    shares = facts.shares if facts else ()
    if not shares and not ratios:
        return None
    told = (
        "Simulations are known to vary less than people do. A ratio below 1 says that the simulated shares vary less "
        "than the real ones; 1 is as much."
    )
    lines = [
        (f"{task.metric}", f"{written(row.mean)} {between(row.low, row.high)}")
        for task in ratios
        if (row := _simulated(task)) is not None
    ]
    plots = None
    if shares:
        real, simulated = [pair[0] for pair in shares], [pair[1] for pair in shares]
        first = (
            "Each square: options whose real and simulated shares lie there; the larger, the more of them."
        )
        second = "Full bars: real shares. Open bars: simulated ones."
        plots = element(
            "div",
            element("figure", charts.density(shares), element("figcaption", first)),
            element("figure", charts.histogram(real, simulated), element("figcaption", second)),
            class_="plots",
        )
    return joined(element("p", told), facts_list(lines) if lines else None, plots)


def communities(card: ScoreCard, facts: RunFacts | None) -> Markup | None:
    """Return the figures of each community."""
    if not card.communities:
        return None
    heads = ("community", "judgements", "accuracy (↑)", "divergence (↓)")
    rows = [(element("bdi", name), *figures) for name, *figures in community_lines(card)]
    caption = f"the {card.predictor}, community by community"
    return table(heads, rows, caption=caption, numbers=(1, 2, 3))


def comparisons(card: ScoreCard, facts: RunFacts | None) -> Markup | None:
    """Return the paired bootstrap between any two predictors; those of the simulation first, the others to open."""
    if not card.comparisons:
        return None
    simulated = {row.predictor for task in card.tasks for row in task.rows if row.role == "simulation"}
    own = [row for row in card.comparisons if {row.first, row.second} & simulated]
    others = [row for row in card.comparisons if not {row.first, row.second} & simulated]
    told = (
        "Differences on the same judgements, from 1,000 resamples of whole communities; positive where the first is "
        "better, whichever direction is the better one. With so many comparisons, some intervals miss 0 by chance "
        "alone: about one in twenty, even if no two predictors differed."
    )
    parts = [
        *(_compared(*kind, rows) for kind, rows in _by_metric(own)),
        *(
            details(
                f"{kind[0]}: {kind[1]}, those that are no simulation among each other", _compared(*kind, rows)
            )
            for kind, rows in _by_metric(others)
        ),
    ]
    return joined(element("p", told), *parts)


def _by_metric(rows: Sequence[Comparison]) -> list[tuple[tuple[str, str], list[Comparison]]]:
    kinds = dict.fromkeys((row.task, row.metric) for row in rows)
    return [(kind, [row for row in rows if (row.task, row.metric) == kind]) for kind in kinds]


def _compared(task: str, metric: str, rows: Sequence[Comparison]) -> Markup:
    axis = charts.interval_axis([figure for row in rows for figure in (row.mean, row.low, row.high)])
    lines = [
        (
            *line[:2],
            charts.interval_picture("simulation", row.mean, row.low, row.high, axis, beside=0.0),
            *line[2:],
        )
        for row, line in zip(rows, comparison_lines(rows), strict=True)
    ]
    heads = (*COMPARED[:2], charts.axis_picture(axis), *COMPARED[2:])
    return table(heads, lines, caption=f"{task}: {metric}", numbers=(3, 4, 5, 6), pictures=(2,))


def worst(card: ScoreCard, facts: RunFacts | None) -> Markup | None:
    """Return the judgements that the simulation got most wrong, to be read."""
    if not card.worst:
        return None
    told = (
        "The largest divergence between simulated and real shares first. Read them before you trust a mean."
    )
    return joined(
        element("p", told),
        *(
            item_article(
                each.query,
                f"{each.community} · item {each.item} · {_voters(each.voters)} · divergence {written(each.error)}",
                each.options,
                {"real": each.real, "simulated": each.predicted},
            )
            for each in card.worst
        ),
    )


def _voters(voters: int | None) -> str:
    return "number of voters unknown" if voters is None else f"{voters:,} voters"


def cost(card: ScoreCard, facts: RunFacts | None) -> Markup:
    """Return what the model calls used up, by phase and model."""
    lines = usage_lines(card.usage)
    if not lines:
        return element("p", "No model was called: it cost nothing but computing time.")
    return table(USED, lines, caption="model calls by phase", numbers=tuple(range(2, 8)))


def use(card: ScoreCard, facts: RunFacts | None) -> Markup:
    """Return how to cite the figures, and what they must not be used for."""
    return listed([*CAUTIONS, *_cited(card, facts)])


def _cited(card: ScoreCard, facts: RunFacts | None) -> list[str]:
    version = f" {facts.version}" if facts and facts.version else ""
    seed = f", seed {facts.settings['seed']}" if facts and "seed" in facts.settings else ""
    content = f", content {facts.content[:12]}" if facts and facts.content else ""
    title = card.corpus.get("title") or "a corpus without a title"
    cited = f"commonbond{version}, {card.predictor}, on {title} (licence {card.corpus.get('licence')}){content}{seed}"
    return [f"To cite: {cited}."]


SECTIONS: tuple[tuple[str, str, Callable[[ScoreCard, RunFacts | None], Markup | None]], ...] = (
    ("headlines", "Headline figures", headlines),
    ("about", "What was simulated with what", about),
    ("results", "Every task and metric", results),
    ("calibration", "Does it know when it is right?", calibration),
    ("distribution", "Does it vary as people do?", distribution),
    ("communities", "Community by community", communities),
    ("comparisons", "Predictor against predictor", comparisons),
    ("worst", "The worst judgements, to read", worst),
    ("cost", "What it cost", cost),
    ("use", "How to cite it, and what it is not for", use),
)
"""Name, title and maker of each section; one whose maker returns None is left out."""
