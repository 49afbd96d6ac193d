"""A comparison of two runs as a page and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.report import charts
from bench.report.axes import Axis
from bench.report.items import item_article
from bench.report.markdown import markdown_table, safe
from bench.report.markup import Markup, element, joined
from bench.report.rows import BETTER, between, setting_text, signed, usage_lines, written
from bench.report.sections import USED
from bench.report.tables import facts_list, listed, page, section, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.report.compare import ComparedItem, ComparedMetric, ComparedRun, RunComparison

__all__ = ["COLUMNS", "comparison_html", "comparison_lines", "comparison_markdown", "summary_lines"]

COLUMNS = ("metric", "first", "second", "first ahead by", "resamples with the first ahead", "n")
MANY = "There are several metrics here: each says much the same of the same judgements, and none is a second proof."


def comparison_lines(found: RunComparison) -> list[tuple[str, str, str, str, str, str]]:
    """Return metric, both figures, difference, probability and n, each with its interval."""
    return [
        (
            f"{row.metric} ({'↑' if row.better == 'higher' else '↓'})",
            f"{written(row.first.mean)} {between(row.first.low, row.first.high)}",
            f"{written(row.second.mean)} {between(row.second.low, row.second.high)}",
            f"{signed(row.ahead.mean)} {between(row.ahead.low, row.ahead.high, sign=True)}",
            written(row.probability),
            f"{row.n:,} in {row.communities}",
        )
        for row in found.metrics
    ]


def summary_lines(found: RunComparison) -> list[tuple[str, str]]:
    """Return what is compared, as names and values."""
    same, apart = found.same_choice, found.apart
    left_out = "; ".join(f"{count:,} × {reason}" for reason, count in found.left_out.items())
    lines = [
        ("corpus", _corpus(found)),
        ("first", _told_run(found.first)),
        ("second", _told_run(found.second)),
        ("compared", f"{found.judgements:,} judgements of {found.items:,} items that both judged"),
        ("left out", left_out),
        ("same option preferred", f"{written(same.mean)} {between(same.low, same.high)} of the judgements"),
        ("how far apart they are", f"divergence {written(apart.mean)} {between(apart.low, apart.high)}"),
    ]
    return [(name, value) for name, value in lines if value]


def comparison_html(found: RunComparison) -> str:
    """Return a comparison of two runs as a page that needs nothing else."""
    made = list(_sections(found))
    stamp = element("p", element("span", "FICTIONAL people and texts", class_="stamp"))
    head = joined(
        element("p", "two runs on what both judged", class_="kicker"),
        element("h1", element("bdi", f"{found.first.run} against {found.second.run}")),
        stamp if found.corpus.get("fictional") else None,
        element("p", element("bdi", _corpus(found)), class_="soft"),
        *(element("p", element("bdi", note), class_="warning") for note in found.notes),
    )
    return page(
        f"{found.first.run} against {found.second.run} · commonbond",
        head,
        *(section(name, title, part) for name, title, part in made),
        contents=[(name, title) for name, title, _ in made],
    )


def _sections(found: RunComparison) -> Iterator[tuple[str, str, Markup]]:
    yield "compared", "What is compared", facts_list(summary_lines(found))
    yield "metrics", "Metric by metric", _metrics(found)
    heads = ("what", "first", "second")
    rows = [(name, setting_text(first), setting_text(second)) for name, first, second in found.differing]
    differing = table(heads, rows, caption="what differs between the runs") if rows else None
    yield "made", "What they were made with", differing or element("p", "Nothing differs but the folder.")
    if found.most_apart:
        articles = (_article(each) for each in found.most_apart)
        yield "apart", "Where they differ most, to read", joined(*articles)
    yield "cost", "What each cost", joined(*(_cost(run) for run in (found.first, found.second)))


def _metrics(found: RunComparison) -> Markup:
    rows = []
    for row, line in zip(found.metrics, comparison_lines(found), strict=True):
        rows.append((*line[:3], _difference(row), *line[3:]))
    told = (
        "Differences are paired, judgement by judgement, with 95 % intervals from resamples of whole communities; "
        f"positive where the first is better. {MANY} Each picture has its own scale around 0, the dashed line."
    )
    heads = (*COLUMNS[:3], "difference", *COLUMNS[3:])
    made = table(heads, rows, caption="both runs, metric by metric", numbers=(1, 2, 4, 5, 6), pictures=(3,))
    verdicts = [f"{row.metric} ({BETTER[row.better]}): {verdict_on(row)}" for row in found.metrics]
    return joined(element("p", told), made, listed(verdicts))


def verdict_on(row: ComparedMetric) -> str:
    """Return which run is better by a metric, in words that claim no more than the interval does."""
    low, high = row.ahead.low, row.ahead.high
    if low is None or high is None:
        return "too few judgements to say"
    if low > 0 or high < 0:
        return f"the {'first' if low > 0 else 'second'} is better"
    return "no difference is shown"


def _difference(row: ComparedMetric) -> Markup:
    reach = max([abs(each) for each in (row.ahead.mean, row.ahead.low, row.ahead.high) if each] or [1.0])
    width = charts.AXIS_WIDTH
    axis = Axis(low=-1.2 * reach, high=1.2 * reach, start=8, end=width - 8)
    return charts.interval_picture(
        "simulation", row.ahead.mean, row.ahead.low, row.ahead.high, axis, beside=0.0
    )


def _article(each: ComparedItem) -> Markup:
    told = f"{each.community} · item {each.item} · the runs' divergence from each other {written(each.apart)}"
    shares = {"real": each.real, "first": each.first, "second": each.second}
    return item_article(each.query, told, each.options, shares)


def _cost(run: ComparedRun) -> Markup:
    title = element("h3", element("bdi", run.run))
    lines = usage_lines(run.usage)
    if not lines:
        return joined(title, element("p", "No model was called."))
    return joined(title, table(USED, lines, caption=f"model calls of {run.run}", numbers=tuple(range(2, 8))))


def comparison_markdown(found: RunComparison) -> str:
    """Return a comparison of two runs as Markdown: all that the page says, without its pictures."""
    parts = [
        f"# {safe(found.first.run)} against {safe(found.second.run)}",
        "\n".join(f"- {name}: {safe(value)}" for name, value in summary_lines(found)),
        *(f"> {safe(note)}" for note in found.notes),
        "## Metric by metric",
        "\n".join(markdown_table(COLUMNS, comparison_lines(found), right=5)),
        MANY,
        "## What they were made with",
    ]
    differing = [(name, setting_text(first), setting_text(second)) for name, first, second in found.differing]
    rows = markdown_table(("what", "first", "second"), differing)
    parts.append("\n".join(rows) or "Nothing differs but the folder.")
    if found.most_apart:
        parts += ["## Where they differ most, to read", *(_read(each) for each in found.most_apart)]
    for run in (found.first, found.second):
        lines = markdown_table(USED, usage_lines(run.usage), right=6)
        parts += [f"## What {safe(run.run)} cost", "\n".join(lines) or "No model was called."]
    return "\n\n".join(parts) + "\n"


def _read(each: ComparedItem) -> str:
    shares = zip(each.options, each.real, each.first, each.second, strict=True)
    rows = [(option, *(f"{100 * share:.1f} %" for share in found)) for option, *found in shares]
    told = f"{safe(each.community)} · item {safe(each.item)} · divergence {written(each.apart)}"
    lines = markdown_table(("option", "real", "first", "second"), rows, right=3)
    return "\n".join([f"**{safe(each.query)}**", "", told, "", *lines])


def _corpus(found: RunComparison) -> str:
    told: dict[str, Any] = dict(found.corpus)
    invented = "FICTIONAL · " if told.get("fictional") else ""
    title = told.get("title") or "a corpus without a title"
    return f"{invented}{title} · {told.get('source')} · licence {told.get('licence') or 'unknown'}"


def _told_run(run: ComparedRun) -> str:
    return f"{run.run} · {run.predictor} · {run.done:,} of {run.total:,} judged"
