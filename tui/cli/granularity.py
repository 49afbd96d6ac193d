"""``commonbond granularity``: are choices told best by one predictor for all, per community or per person?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench.granularity import run_study
from bench.granularity.findings import ALL, COMMUNITY, LEVELS, PERSON, REACHING, REFERENCES, SAME, WITHIN
from bench.granularity.plot import as_svg
from bench.granularity.scoring import BETTER, METRICS
from bench.granularity.summary import COMPARED
from bench.granularity.text_plot import SIGNS, as_text
from bench.granularity.trial import HELD_OUT
from bench.granularity.wording import where_communities_win
from bench.report.rows import written
from personas.embedding import embedder_named
from personas.errors import InputError
from personas.language import MULTILINGUAL_MODEL
from tui.cli.output import console, listing, print_json, print_table, progress, signed, tell
from tui.cli.parts import head, open_corpus, provenance, whose
from tui.plaintext import count, one_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from bench.granularity import Gap, LevelScore, Study
    from bench.granularity.trial import HeldOut
    from personas.corpus import Corpus
    from personas.embedding import Embedder

__all__ = ["print_study", "run"]

HEADLINES = ("Brier score", "accuracy")
SHORT = ((COMMUNITY, ALL), (COMMUNITY, PERSON), (WITHIN, COMMUNITY))
ASKED = {
    "statements": "statements held out for everybody: what would people say of something new?",
    "votes": "a person's votes held out: what would this person say of what others voted on?",
}


def run(options: argparse.Namespace) -> int:
    """Study the corpus, and print the figures, where communities win, and a plot."""
    plot = _place_to_draw(options.plot)
    with open_corpus(options) as corpus, progress() as bars:
        embedder = embedder_named(options.embedder, advance=bars.advance("embedding"))
        settings: tuple[HeldOut, ...] = HELD_OUT if options.held_out == "both" else (options.held_out,)
        studies = [
            run_study(
                corpus,
                embedder,
                known=options.known,
                held_out=held_out,
                share=options.share,
                communities=options.communities,
                groups=options.groups,
                people=options.people,
                seed=options.seed,
                advance=bars.advance(f"held-out {held_out}"),
            )
            for held_out in settings
        ]
        warnings = list(_warnings(corpus, embedder, studies[0]))
    if plot is not None:
        title = one_line(corpus.manifest.title or corpus.folder.name)
        invented = "FICTIONAL · " if corpus.manifest.fictional else ""
        plot.write_text(
            as_svg(studies, title=f"{invented}{title}: for all, per community or per person?"), "utf-8"
        )
    if options.json:
        told = {"studies": [study.as_data() for study in studies], "plot": options.plot, "warnings": warnings}
        print_json({"command": "granularity", **provenance(corpus, **told)})
        return 0
    head(console(), corpus, f"texts compared by {embedder.name}")
    for study in studies:
        print_study(corpus, study, every_metric=options.all)
    for warning in warnings:
        tell(f"warning: {warning}")
    return 0


def _place_to_draw(name: str | None) -> Path | None:
    if name is None:
        return None
    path = Path(name)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise InputError(
            "no picture can be written here", where=name, remedy="name a file in a folder that exists"
        )
    return path


def _warnings(corpus: Corpus, embedder: Embedder, study: Study) -> Iterator[str]:
    studied = {fact.place for fact in study.places}
    foreign = sorted(
        entry.name for entry in corpus.manifest.communities if not entry.english and entry.name in studied
    )
    if embedder.english and foreign:
        yield (
            f"{', '.join(foreign)}: not in English, and {embedder.name} reads English only, so what is told by "
            f"content there is told badly; use --embedder {MULTILINGUAL_MODEL}"
        )


def print_study(corpus: Corpus, study: Study, *, every_metric: bool) -> None:
    """Print one setting: the levels' figures, their leads, where communities win, each place, and a plot."""
    screen = console()
    screen.print(f"Held out: {ASKED[study.held_out]}\n", style="bold")
    scopes = [SAME]
    if len({fact.known for fact in study.places if fact.known}) > 1:
        scopes.append(REACHING)
    for metric in METRICS if every_metric else HEADLINES:
        for scope in scopes if every_metric else (SAME,):
            _print_levels(screen, corpus, study, metric, scope)
    for scope in scopes:
        _print_leads(screen, corpus, study, scope, COMPARED if every_metric else SHORT)
    _print_places(screen, corpus, study)
    screen.print(as_text(study))
    screen.print()
    told = [(scope, where_communities_win(study, scope=scope)) for scope in scopes]
    notes = [("note", note) for note in study.notes]
    left_out = [("left out", f"{number:,} × {reason}") for reason, number in study.left_out.items()]
    screen.print(listing([*told, *notes, *left_out]))
    screen.print()


def _print_levels(screen: Console, corpus: Corpus, study: Study, metric: str, scope: str) -> None:
    known = study.numbers(scope)
    arrow = f"{BETTER[metric]} is better"
    rows: list[tuple[str, ...]] = []
    for level in (*LEVELS, *REFERENCES):
        found = [study.score(level, number, metric=metric, scope=scope) for number in known]
        name = level if level in LEVELS else f"({level})"
        rows.append((name, *(written(row.mean) for row in found)))
        rows.append(("", *(_between(row) for row in found)))
    told = whose(corpus, f"{scope}: {_people(study, scope)}")
    title = f"{metric} by number of known choices ({arrow}; in brackets: references)"
    print_table(screen, title, ("level", *map(str, known)), rows, told=told, right=len(known))
    screen.print()


def _people(study: Study, scope: str) -> str:
    """Return how many people in how many places the figures rest on, at each number where that differs."""
    counts: dict[tuple[int, int], list[str]] = {}
    for number in study.numbers(scope):
        row = study.score(LEVELS[0], number, scope=scope)
        counts.setdefault((row.n, row.places), []).append(str(number))
    told = [
        f"{count(people, 'person', 'people')} in {count(places, 'place')}"
        + (f" with {', '.join(numbers)}" if len(counts) > 1 else "")
        for (people, places), numbers in counts.items()
    ]
    return "; ".join(told)


def _print_leads(
    screen: Console, corpus: Corpus, study: Study, scope: str, pairs: Sequence[tuple[str, str]]
) -> None:
    known = study.numbers(scope)
    rows: list[tuple[str, ...]] = []
    for first, second in pairs:
        found = [study.gap(first, second, number, scope=scope) for number in known]
        rows.append((f"{_short(first)} over {_short(second)}", *(signed(written(row.mean)) for row in found)))
        rows.append(("", *(_between(row, signs=True) for row in found)))
    told = whose(corpus, f"{scope}: {_people(study, scope)}")
    title = "Lead in the Brier score by number of known choices (above 0: the first is better)"
    print_table(screen, title, ("levels", *map(str, known)), rows, told=told, right=len(known))
    screen.print()


def _short(level: str) -> str:
    return "within" if level == WITHIN else level.rsplit(maxsplit=1)[-1]


def _between(row: LevelScore | Gap, *, signs: bool = False) -> str:
    if row.low is None or row.high is None:
        return ""
    if signs:
        return f"{signed(written(row.low))} {signed(written(row.high))}"
    return f"{written(row.low)}–{written(row.high)}"


def _print_places(screen: Console, corpus: Corpus, study: Study) -> None:
    verdicts = {(row.scope, row.known): row for row in study.verdicts if row.metric == "Brier score"}
    rows = []
    for fact in study.places:
        found = [verdicts.get((fact.place, number)) for number in study.known]
        cells = ["" if row is None else SIGNS[row.best] + "*" * (row.community == "wins") for row in found]
        rows.append((fact.place, f"{fact.tried:,}", f"{len(fact.communities)}", *cells))
    told = whose(corpus, "a for all, c per community, p per person; c* ahead of both by more than chance")
    columns = ("place", "people", "groups", *map(str, study.known))
    title = "The best of the three levels in each place, by the Brier score"
    print_table(screen, title, columns, rows, told=told, right=len(columns) - 1, named=0.5)
    screen.print()
