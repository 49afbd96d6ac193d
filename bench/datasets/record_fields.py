"""Find the fields of a record whose names are not known beforehand: by plausible names, by shape, or as told.

CommunityBench's exact field names are not known to us, so nothing is assumed that a mapping cannot overrule.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["ROLES", "Fields", "checked_roles", "shape"]

ROLES: Mapping[str, tuple[str, ...]] = {
    "query": (
        "query",
        "question",
        "prompt",
        "post",
        "submission",
        "title",
        "topic",
        "instruction",
        "posttext",
    ),
    "options": (
        *("options", "responses", "candidateresponses", "answers", "choices", "responseoptions", "comments"),
        *("replies", "completions", "candidates"),
    ),
    "community": ("community", "subreddit", "communityname", "subredditname", "communityid", "group"),
    "profile": (
        "profile",
        "communityprofile",
        "communitydescription",
        "description",
        "persona",
        "background",
    ),
    "identity": ("identity", "identityprofile", "commonidentity", "sharedidentity"),
    "bond": ("bond", "bondprofile", "commonbond", "sharedbond"),
    "shares": (
        *("distribution", "shares", "preferencedistribution", "observeddistribution", "endorsement"),
        *(
            "endorsements",
            "groundtruthdistribution",
            "golddistribution",
            "targetdistribution",
            "probabilities",
        ),
        *(
            "probs",
            "preferences",
            "votes",
            "ups",
            "upvotes",
            "scores",
            "groundtruth",
            "gold",
            "target",
            "answer",
        ),
    ),
    "label": (
        *(
            "label",
            "answer",
            "preferred",
            "preferredoption",
            "preferredresponse",
            "gold",
            "goldlabel",
            "correct",
        ),
        *("correctanswer", "correctoption", "groundtruth", "target", "best", "answeridx", "answerindex"),
        *("labelindex", "labelidx", "output"),
    ),
    "candidates": (
        *(
            "candidatecommunities",
            "communities",
            "communitycandidates",
            "communityoptions",
            "communitychoices",
        ),
        *("candidatesubreddits", "subreddits", "candidates", "choices", "options"),
    ),
    "task": ("task", "tasktype", "taskname", "type", "category"),
    "reference": (
        "reference",
        "referenceresponse",
        "response",
        "completion",
        "generation",
        "output",
        "answer",
    ),
    "voters": ("voters", "nvoters", "totalvotes", "numvotes", "votecount"),
}
"""What is looked for, and the names that it may stand under (letters only), the likeliest first."""

DEPTH = 4


def plain_name(name: str) -> str:
    """Return a name as it is compared.

    >>> plain_name("Candidate_Responses")
    'candidateresponses'
    """
    return re.sub(r"[^a-z]", "", name.lower())


class Fields:
    """The fields of one record, by dotted path, and what they are taken for.

    Args:
        record: the record.
        told: paths by role (``{"options": "input.responses"}``), which overrule the names.
    """

    def __init__(self, record: Mapping[str, Any], told: Mapping[str, str]) -> None:
        self.paths = dict(sorted(_flat(record), key=lambda found: found[0].count(".")))
        self._told = told
        self._taken: set[str] = set()

    def find(self, role: str, fits: Callable[[Any], bool]) -> Any:
        """Return the value of a role: the one under the likeliest name that fits; None where there is none.

        A field that was taken for one role is not taken for another.
        """
        if role in self._told:
            self._taken.add(self._told[role])
            value = self.paths.get(self._told[role])
            return value if value is not None and fits(value) else None
        for name in ROLES[role]:
            for path, value in self.paths.items():
                if path in self._taken or path in self._told.values():
                    continue
                if plain_name(path.rsplit(".", 1)[-1]) == name and fits(value):
                    self._taken.add(path)
                    return value
        return None

    def describe(self) -> str:
        """Return the fields with their shapes, in words."""
        return ", ".join(f"{path} ({shape(value)})" for path, value in self.paths.items()) or "none"


def checked_roles(told: Mapping[str, str]) -> dict[str, str]:
    """Return a mapping of roles to paths.

    Raises:
        InputError: it names a role that there is not.
    """
    unknown = [role for role in told if role not in ROLES]
    if unknown:
        raise InputError(
            f"nothing is looked for under the name {', '.join(unknown)}",
            where="fields",
            remedy=f"map any of: {', '.join(ROLES)}",
        )
    return dict(told)


def shape(value: Any) -> str:
    """Return the shape of a value in words.

    >>> shape(["a", "b"]), shape({"A": 0.5}), shape("text")
    ('list of 2 texts', 'object with A', 'text')
    """
    if isinstance(value, list):
        kinds = {_kind(part) for part in value}
        return f"list of {len(value)} {kinds.pop() if len(kinds) == 1 else 'value'}s"
    if isinstance(value, dict):
        return f"object with {', '.join(map(str, list(value)[:8]))}"
    return _kind(value)


def _kind(value: Any) -> str:
    kinds = {str: "text", bool: "truth value", int: "number", float: "number", dict: "object", list: "list"}
    return kinds.get(type(value), "nothing")


def _flat(record: Mapping[str, Any], before: str = "", depth: int = DEPTH) -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        yield f"{before}{name}", value
        if isinstance(value, dict) and depth > 1:
            yield from _flat(value, f"{before}{name}.", depth - 1)
