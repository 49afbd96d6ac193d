"""Read one record of CommunityBench, whatever its fields are called: who is asked what, and what they prefer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bench.datasets.record_fields import Fields
from bench.datasets.record_values import (
    Listed,
    as_label,
    as_listed,
    as_profile,
    as_shares,
    is_listed,
    is_number,
    is_shares,
    is_text,
)
from personas.community import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NEEDED", "Instance", "InstanceError", "counted_label", "read_instance"]

NEEDED = (
    "query (text), options (two or more texts), community (text), and the community's preference: shares (one "
    "number an option) or label (the preferred option); where there are any, profile, candidates and task"
)
WORDS = re.compile(r"\S\s+\S")


class InstanceError(ValueError):
    """Raised where a record cannot be used; its text is the reason that is counted."""


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One record: a query to one community.

    Args:
        community: which. ``query``: what is asked. ``task``: what the record says its task is; empty where nothing.
        options: the options in the record's order; none for an open question.
        shares: the community's preference, one number an option; all on one where only that one is told.
        whole: whether the record tells the whole distribution, and not only the preferred option.
        contrary: whether the option that is told as preferred has not the largest share.
        voters: how many people the shares rest on; None where the record does not say.
        candidates: the communities to tell this one from, itself among them; none where the record has none.
        profile: what the record tells of the community. ``reference``: a real answer to an open question.
    """

    community: str
    query: str
    task: str = ""
    options: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()
    whole: bool = False
    contrary: bool = False
    voters: int | None = None
    candidates: tuple[str, ...] = ()
    profile: Profile = field(default_factory=Profile)
    reference: str = ""


def read_instance(record: Any, told: Mapping[str, str], *, first: int = 0) -> Instance:
    """Read a record.

    Args:
        told: the path of a field by role, where its name does not tell it. ``first``: what numeric labels count from.

    Raises:
        InstanceError: something that is needed is missing or does not fit.
    """
    if not isinstance(record, dict):
        raise InstanceError("a line is no JSON object")
    fields = Fields(record, told)
    task = fields.find("task", is_text) or ""
    query = _needed(fields.find("query", is_text), "query")
    weighed = fields.find("shares", is_shares)
    options = _options(fields, weighed)
    profile = _profile(fields)
    candidates = _candidates(fields)
    community = fields.find("community", is_text)
    label = fields.find("label", lambda value: _is_label(value, options, candidates))
    if community is None and candidates.texts:
        place, label = as_label(label, candidates, first=first), None
        community = None if place is None else candidates.texts[place]
    name = bare_name(_needed(community, "community"))
    common = Instance(
        community=name,
        query=query.strip(),
        task=task.strip(),
        candidates=tuple(sorted({*candidates.texts, name})) if candidates.texts else (),
        profile=as_profile(name, profile),
    )
    if options is None:
        return _open(common, fields)
    preferred = None if candidates.texts and weighed is not None else as_label(label, options, first=first)
    return _answered(common, options, weighed, preferred, fields.find("voters", _is_count))


def counted_label(record: Any, told: Mapping[str, str]) -> tuple[int, int] | None:
    """Return a numeric label of a record with the number of things it counts; None where there is none."""
    if not isinstance(record, dict):
        return None
    fields = Fields(record, told)
    weighed = fields.find("shares", is_shares)
    options = _options(fields, weighed)
    candidates = _candidates(fields)
    label = fields.find("label", is_number)
    listed = candidates if candidates.texts and fields.find("community", is_text) is None else options
    return None if label is None or listed is None else (int(label), len(listed.texts))


def bare_name(community: str) -> str:
    """Return a community's name without the ``r/`` of a subreddit.

    >>> bare_name("r/Coffee")
    'Coffee'
    """
    return re.sub(r"^/?r/", "", community.strip())


def _options(fields: Fields, weighed: Any) -> Listed | None:
    """Return the options: first a list of real texts, as names of communities may stand under the same name."""

    def fits(value: Any) -> bool:
        listed = as_listed(value)
        return listed is not None and (weighed is None or len(listed.texts) == len(weighed))

    def prose(value: Any) -> bool:
        listed = as_listed(value)
        return fits(value) and listed is not None and any(WORDS.search(text) for text in listed.texts)

    found = fields.find("options", prose)
    return as_listed(fields.find("options", fits) if found is None else found)


def _candidates(fields: Fields) -> Listed:
    """Return the names of the candidate communities, which may also be the keys to their profiles."""
    value = fields.find("candidates", is_listed)
    found = as_listed(value)
    if found is None:
        return Listed(texts=(), names=())
    if isinstance(value, dict) and any(len(name) > 1 and not name.isdigit() for name in found.names):
        found = Listed(texts=found.names, names=())
    return Listed(texts=tuple(map(bare_name, found.texts)), names=found.texts)


def _profile(fields: Fields) -> dict[str, Any]:
    """Return the profile under its own name, or its two parts where they stand alone."""
    whole = fields.find("profile", _is_profile)
    parts = {"profile": whole} if whole is not None else {}
    return parts or {
        role: value for role in ("identity", "bond") if (value := fields.find(role, _is_profile))
    }


def _is_profile(value: Any) -> bool:
    return is_text(value) or (isinstance(value, dict | list) and bool(value) and not is_shares(value))


def _is_label(value: Any, options: Listed | None, candidates: Listed) -> bool:
    listed = (each for each in (options, candidates) if each is not None and each.texts)
    return is_number(value) or any(as_label(value, each) is not None for each in listed)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _needed(value: str | None, role: str) -> str:
    if value is None:
        raise InstanceError(f"a record without {role}")
    return value


def _open(common: Instance, fields: Fields) -> Instance:
    reference = fields.find("reference", is_text)
    if reference is None:
        raise InstanceError("a record without options")
    return replace(common, reference=reference.strip())


def _answered(
    common: Instance, options: Listed, weighed: Any, preferred: int | None, voters: int | None
) -> Instance:
    """Return the instance with its options and the preference between them."""
    if len(set(options.texts)) < len(options.texts):
        raise InstanceError("a record with two options of the same text")
    beside = weighed if weighed is not None else list(options.weights) or None
    shares = None if beside is None else as_shares(beside, options)
    if beside is not None and shares is None:
        raise InstanceError("a record whose distribution does not fit its options")
    if shares is None and preferred is None:
        raise InstanceError("a record without a distribution or a preferred option")
    top = shares is not None and preferred is not None and shares[preferred] < max(shares)
    one = tuple(float(place == preferred) for place in range(len(options.texts)))
    return replace(
        common,
        options=options.texts,
        shares=shares or one,
        whole=shares is not None,
        contrary=top,
        voters=voters,
    )
