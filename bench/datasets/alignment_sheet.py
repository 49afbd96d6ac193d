"""What is measured of a file of Community Alignment, and the datasheet that tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.benchmark import PARTS
from bench.datasets.alignment_file import LETTERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyConnection

    from bench.datasets.alignment_file import FileFacts
    from bench.datasets.alignment_pooling import Pooling

__all__ = ["alignment_facts", "alignment_notes", "alignment_sheet"]

MANY = 10
SHEET = """# Community Alignment, as loaded by commonbond

Source: `facebook/community-alignment-dataset`, `community_alignment.csv` (Zhang, Milli et al. 2025, arXiv
2507.09650), CC BY 4.0. Every vote is an annotator's choice of one among four responses of models.

## What is in it

{items} items with {answers} answers by {annotators} annotators, out of {conversations} conversations. An item
is a prompt, all that was said before it (earlier prompts and the responses that were preferred), and the set
of its candidate texts. Answers are pooled where all of this is the same, whatever the letters.

Communities are the combinations of: {by}. A community counts on an item from {least} of its answers on. An
answer whose annotator lacks one of these attributes is left out.

## Parts

By first prompt, hashed with the seed {seed}: {parts}. No conversation and no prompt, compared without case
and spacing, stands in two parts: a later prompt that would is kept where it stands most often, and elsewhere
that turn and the ones after it are left out.

## What a reader must know

{notes}
- Where an annotator answered the same comparison again with the same answer, it counts once; with another answer,
  none of these answers counts.
- A turn after one that is missing, or whose choice is unknown, is left out: what went before it is unknown.

## Left out (answers, unless lines are named)

{reasons}
"""


def alignment_facts(db: DuckDBPyConnection, read: FileFacts) -> dict[str, Any]:
    """Return what was counted: of the file as it is, and of the items made of it.

    ``letters`` are the shares of the preferred letters among all first turns with a choice, by capital letter.
    """

    def counted(query: str) -> tuple[int, ...]:
        return tuple(int(number or 0) for number in db.execute(query).fetchone() or ())

    first = counted(
        "SELECT " + ", ".join(f"count(*) FILTER (chosen1 = {place})" for place in range(1, 5)) + " FROM said"
    )
    answers, annotators = counted("SELECT count(*), count(DISTINCT annotator) FROM kept")
    items, shared = counted(f"SELECT count(*), count(*) FILTER (annotators >= {MANY}) FROM items")
    doubled = counted("SELECT count(*) FROM kept WHERE len(list_distinct(shown)) < len(shown)")[0]
    orders = counted(
        "SELECT count(*) FROM (SELECT key FROM kept GROUP BY key HAVING count(DISTINCT shown) > 1)"
    )[0]
    total = sum(first)
    return {
        "conversations": read.conversations,
        "answers": answers,
        "annotators": annotators,
        "items": items,
        "items_with_ten_annotators": shared,
        "items_shown_in_several_orders": orders,
        "answers_with_a_doubled_candidate": doubled,
        "texts_that_are_empty_string": read.empty,
        "texts_with_an_end_mark": read.marked,
        "turns_with_feedback": read.feedback,
        "turns_with_feedback_naming_a_letter": read.naming,
        "first_turns_with_a_choice": total,
        "letters": {
            letter.upper(): number / total if total else 0.0
            for letter, number in zip(LETTERS, first, strict=True)
        },
    }


def alignment_notes(facts: Mapping[str, Any]) -> list[str]:
    """Return what a reader of any figure on it must know."""
    letters = ", ".join(f"{letter} {share:.1%}" for letter, share in facts["letters"].items())
    return [
        f"Preferred letters in the {facts['first_turns_with_a_choice']:,} first turns with a choice: {letters}; "
        f"always choosing D is right in {facts['letters']['D']:.1%} of them. Options are shuffled here; "
        "`place` keeps where most annotators saw each.",
        f"{facts['texts_that_are_empty_string']:,} cells were the literal EMPTY STRING and are taken as missing.",
        f"{facts['texts_with_an_end_mark']:,} texts ended in <|end_of_text|>, which was cut off.",
        f"{facts['answers_with_a_doubled_candidate']:,} answers were given where two candidates had one text: "
        "they are one option, and choices of either count for it.",
        f"Candidates stood in several orders in {facts['items_shown_in_several_orders']:,} items: answers are "
        "pooled by text, not by letter.",
        f"Feedback of {facts['turns_with_feedback']:,} turns is left out; that of "
        f"{facts['turns_with_feedback_naming_a_letter']:,} names a letter, by a pattern: shuffling makes it false.",
        f"{facts['items_with_ten_annotators']:,} of {facts['items']:,} items have ten or more annotators; only "
        "where a community has several is its distribution more than one person's choice.",
    ]


def alignment_sheet(facts: Mapping[str, Any], how: Pooling, left_out: Mapping[str, int]) -> str:
    """Return the datasheet, in Markdown."""
    notes = "\n".join(f"- {note}" for note in alignment_notes(facts))
    reasons = "\n".join(f"- {number:,} × {reason}" for reason, number in sorted(left_out.items()))
    parts = ", ".join(f"{part} {share:g}" for part, share in zip(PARTS, how.shares, strict=True))
    return SHEET.format(
        by=", ".join(how.by) or "nothing (everybody is one)",
        least=how.least_voters,
        seed=how.seed,
        parts=parts,
        notes=notes,
        reasons=reasons or "- nothing",
        **{name: f"{facts[name]:,}" for name in ("items", "answers", "annotators", "conversations")},
    )
