"""The datasheet of a built benchmark: what it is, how it came to be, what it is worth, what it must not be used for.

Its questions are those of Gebru et al. (2021), Datasheets for Datasets, CACM 64(12); its figures are of this build.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Sheet", "as_datasheet", "plain"]

VOTES = {
    "endorsement": "votes for and against replies or, where only net scores are published, their ranks",
    "agreement": "agreement and disagreement with statements, by group of voters",
    "choice": "choices of one of several answers, by group of respondents",
}
HOW = {"time": "by time", "random": "at random"}
_SIGNS = re.compile(r"([\\`*_{}\[\]#|~$&])")
_AS_SIGNS = {"<": "&lt;", ">": "&gt;", "://": "&#58;//", "www.": "www&#46;", "@": "&#64;"}
"""What Markdown would take for HTML, or make a link of without being asked."""
_LINE_START = re.compile(r"^(\d+)([.)])|^([-+=:])")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]+")
LONGEST = 300


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What a datasheet tells.

    Args:
        title: the benchmark's. ``source``, ``licence``, ``fictional``, ``ballot``: the corpus's.
        parts: items by part. ``left_out``: by reason. ``notes``: what a reader of any figure must know.
        facts: what the manifest holds besides.
    """

    title: str
    source: str
    licence: str
    fictional: bool
    ballot: str
    parts: Mapping[str, int]
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def plain(text: object) -> str:
    """Return a text of any origin as plain characters of one line of Markdown.

    >>> plain("[click](http://x.org) <b>*now*</b>")
    '\\\\[click\\\\](http&#58;//x.org) &lt;b&gt;\\\\*now\\\\*&lt;/b&gt;'
    """
    line = " ".join(_UNSEEN.sub(" ", str(text)).split())
    line = line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
    line = _SIGNS.sub(r"\\\1", line)
    for sign, written in _AS_SIGNS.items():
        line = line.replace(sign, written)
    return _LINE_START.sub(lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}", line)


def as_datasheet(sheet: Sheet) -> str:
    """Return the datasheet as Markdown."""
    sections = (
        _head(sheet),
        _motivation(),
        _composition(sheet),
        _collection(sheet),
        _preprocessing(sheet),
        _weaknesses(sheet),
        _uses(sheet),
        _distribution(sheet),
        _maintenance(sheet),
    )
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _head(sheet: Sheet) -> Iterable[str]:
    yield f"# Datasheet: {plain(sheet.title or 'a benchmark without a title')}"
    yield ""
    if sheet.fictional:
        yield "**Fictional: its people and texts are invented.** No figure on it says anything of real people."
        yield ""
    yield (
        "Made by `commonbond construct`; every figure below is of this build. The questions are those of Gebru et "
        "al. (2021), *Datasheets for Datasets*."
    )


def _motivation() -> Iterable[str]:
    yield "## Motivation"
    yield ""
    yield (
        "To hold against real votes the claim that something is what a community would prefer: by four tasks after "
        "CommunityBench (Lin & Wei 2026), preference identification, preference distribution prediction, "
        "community-consistent generation and community identification. It is not CommunityBench, and figures on "
        "the two cannot be compared."
    )


def _composition(sheet: Sheet) -> Iterable[str]:
    facts = sheet.facts
    told, found = facts["communities"], facts["communities"]["found"]
    yield "## Composition"
    yield ""
    yield f"- An item is a query, its options and the real votes of one or more communities: {VOTES[sheet.ballot]}."
    yield "- Items: " + ", ".join(f"{count:,} in {part}" for part, count in sheet.parts.items()) + "."
    yield f"- Communities: {told['number']:,}, {_origin(told['origin'])}."
    yield f"- Sub-communities found in the graph of the training part: {found['number']:,}" + (
        f" ({plain(found['method'])})." if found["method"] else "."
    )
    if found["within"]:
        yield ""
        yield from _table(
            ("within", "found", "members of each", "bond cohesion", "identity cohesion"),
            [_found_row(name, groups) for name, groups in found["within"].items()],
        )
        yield ""
        yield "Cohesion is above chance: 0 as by chance, 1 the most; both are means over the groups found."
    if facts["criteria"]["lone_posts"]:
        yield ""
        yield (
            "Nobody replies in this corpus, so an item asks which of some successive posts was endorsed most. "
            "Community-consistent generation means nothing on it."
        )


def _origin(origin: str) -> str:
    return "as the source gives them" if origin == "given" else "found in the graph of the training part"


def _found_row(name: str, groups: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    sizes = sorted((group["members"] for group in groups), reverse=True)
    listed = ", ".join(f"{size:,}" for size in sizes[:8]) + (", …" if len(sizes) > 8 else "")
    means = [_mean([group[score] for group in groups]) for score in ("bond", "identity")]
    return plain(name), str(len(groups)), listed, *means


def _mean(values: Iterable[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{sum(known) / len(known):.2f}" if known else "undefined"


def _collection(sheet: Sheet) -> Iterable[str]:
    counts = sheet.facts["corpus"]["counts"]
    yield "## Collection process"
    yield ""
    yield (
        f"- Read by commonbond from a {plain(sheet.source)} source: "
        + ", ".join(f"{count:,} {name}" for name, count in counts.items())
        + "."
    )
    yield "- Nobody was asked for this benchmark: people wrote and voted for purposes of their own."
    yield "- Names of members were replaced by keyed hashes on reading; no name and no hash is in here."


def _preprocessing(sheet: Sheet) -> Iterable[str]:
    facts = sheet.facts
    choices, criteria = facts["choices"], facts["criteria"]
    yield "## Preprocessing"
    yield ""
    yield (
        f"- A text repeats another from {choices['alike']:g} on, by the {facts['near_texts']}; the earliest stays. "
        f"A bot is who says so in {choices['bot_share']:.0%} of its posts, or repeats itself in as many of "
        f"{choices['bot_posts']} posts or more, or posts more than {choices['bot_hourly']} times in an hour."
    )
    shares = " / ".join(f"{share:.0%}" for share in choices["parts"])
    yield (
        f"- Threads are divided {shares} {HOW[facts['split']['by']]} into training, validation and test. "
        "Profiles, norms and what is told of people come from the training part alone; items whose words, or "
        "nearly, stand in an earlier part are left out of the later one."
    )
    if sheet.ballot == "endorsement":
        yield (
            f"- Of more than {choices['options']} replies those are offered that differ most on the three criteria "
            f"together ({criteria['chosen_from_more']:,} items); their endorsements are normalised anew. So options "
            "differ more here than replies do where they come from."
        )
    for name, measure in criteria["measures"].items():
        floor = criteria["floors"].get(name)
        mean = criteria["means"][name]
        least = "" if floor is None else f"; at least {floor:.3f}"
        if mean is not None:
            yield f"- {name.capitalize()}: {measure}; mean {mean:.3f}{least}."
    if criteria["means"]["polarity"] is not None:
        yield (
            f"- Polarity puts {criteria['polarity_accuracy']:.0%} of {criteria['polarity_sentences']} labelled "
            f"English sentences on their side (embedder {plain(facts['embedder'])}); a guess gets 50%."
        )
    if sheet.left_out:
        yield ""
        yield from _table(
            ("left out", "number"),
            [(plain(why), f"{count:,}") for why, count in sorted(sheet.left_out.items())],
        )


def _weaknesses(sheet: Sheet) -> Iterable[str]:
    weak = sheet.facts["weaknesses"]
    yield "## Weaknesses, as measured on the test part"
    yield ""
    yield (
        "**Without seeing the community.** What these reach is no sign that a predictor knows a community; only what "
        "lies beyond them is. Intervals are 95 %, by bootstrap; divergence is Jensen–Shannon, base 2."
    )
    yield ""
    rows = [
        (plain(row["predictor"]), _figure(row["accuracy"]), _figure(row["divergence"]))
        for row in weak["without_community"]
    ]
    yield from _table(("predictor", "accuracy (higher is better)", "divergence (lower is better)"), rows)
    yield ""
    for sentence in _verdict(weak["without_community"]):
        yield sentence
        yield ""
    yield "**Telling communities apart by names and surface.** The candidates are the hardest to tell apart."
    yield ""
    told = weak["identification"]
    if not told["rows"]:
        yield f"Not measured: {plain(told['note'])}."
        return
    named = [*told["rows"], {"cues": "chance", "accuracy": told["chance"]}]
    yield from _table(
        ("what is read", "accuracy"), [(plain(row["cues"]), _figure(row["accuracy"])) for row in named]
    )
    yield ""
    yield (
        "Names, links, mentions and signatures are cut from the texts of community identification."
        if weak["cues_masked"]
        else "**They were not cut**: community identification is put in the words as written."
    )
    yield "What topics give away cannot be cut: identification by votes has to be read beside that row."


def _verdict(rows: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    """Say in words what the figures of those that never see the community mean."""
    guess, *others, ceiling = rows
    hits = [row["accuracy"]["mean"] for row in (guess, ceiling)]
    known = [row for row in others if row["accuracy"]["mean"] is not None]
    if known and None not in hits and hits[1] > hits[0] and _same_cases(guess, ceiling):
        best = max(known, key=lambda row: row["accuracy"]["mean"])
        way = (best["accuracy"]["mean"] - hits[0]) / (hits[1] - hits[0])
        yield (
            f"From the uniform guess to the noise ceiling in accuracy, {plain(best['predictor'])} goes farthest: "
            f"{way:.0%} of the way."
        )
    elif ceiling["accuracy"]["n"] < guess["accuracy"]["n"]:
        yield "Where voters are not counted there is no noise ceiling, so its row is of fewer items than the others."
    apart = [row["divergence"]["mean"] for row in (guess, ceiling)]
    if None not in apart and apart[1] >= apart[0] and _same_cases(guess, ceiling):
        yield (
            "A second sample of the voters diverges no less than the uniform guess does: **there are too few votes "
            "here to tell predicted distributions apart**; read accuracy instead."
        )


def _same_cases(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one[figure]["n"] == other[figure]["n"] for figure in ("accuracy", "divergence"))


def _uses(sheet: Sheet) -> Iterable[str]:
    yield "## Uses"
    yield ""
    yield "- For: measuring and comparing predictors of what communities prefer, beside the rows above."
    yield (
        "- Not for: finding out who wrote or voted; judging, ranking or targeting real people or groups; deciding in "
        "anybody's place what a community wants; claiming what members think who did not vote."
    )
    yield "- Not for training what is then tested on it: train on the training part, choose on the validation part."
    yield (
        "- Votes are of those who voted, where and when they did, and of nobody else; early and long replies win for "
        "reasons that have nothing to do with a community."
    )
    for note in sheet.notes:
        yield f"- Note: {plain(note)}."


def _distribution(sheet: Sheet) -> Iterable[str]:
    yield "## Distribution"
    yield ""
    yield f"- Licence of texts and votes: {plain(sheet.licence)}."
    if sheet.licence == "unknown":
        yield "- **The source names no licence: do not pass this on before you know that you may.**"
    yield "- Each text has the identity of its post at the source, to attribute it by, and to find and delete it."
    yield "- Texts may be personal, wrong or hurtful; attributes single people out where few share them."


def _maintenance(sheet: Sheet) -> Iterable[str]:
    facts = sheet.facts
    yield "## Maintenance"
    yield ""
    yield (
        f"- The same corpus (content {plain(facts['corpus']['content'][:16])}), seed {facts['choices']['seed']} and "
        "choices (in `benchmark.json`) give the same bytes again."
    )
    yield "- Whoever passes it on is who to ask; what is deleted at the source is deleted here by building anew."


def _figure(row: Mapping[str, Any]) -> str:
    if row["mean"] is None:
        return "—"
    bounds = "" if row["low"] is None else f" [{row['low']:.3f}, {row['high']:.3f}]"
    return f"{row['mean']:.3f}{bounds} (n = {row['n']:,})"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    yield "| " + " | ".join(columns) + " |"
    yield "| " + " | ".join("---" for _ in columns) + " |"
    for row in rows:
        yield "| " + " | ".join(row) + " |"
