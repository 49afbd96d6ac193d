"""A corpus's licence as the Hugging Face Hub names it."""

from __future__ import annotations

import re

__all__ = ["hub_licence"]

KNOWN = {
    *(
        "apache-2.0",
        "mit",
        "cc0-1.0",
        "pddl",
        "odbl",
        "odc-by",
        "unlicense",
        "gfdl",
        "wtfpl",
        "cdla-sharing-1.0",
    ),
    *("cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nd-4.0"),
    *("cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0"),
    *("cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cdla-permissive-1.0", "cdla-permissive-2.0"),
}
OTHERWISE = {
    "pddl-1.0": "pddl",
    "odbl-1.0": "odbl",
    "odc-by-1.0": "odc-by",
    "cc0": "cc0-1.0",
    "cc-zero": "cc0-1.0",
    "cc-zero-1.0": "cc0-1.0",
    "apache-licence-2.0": "apache-2.0",
    "apache-license-2.0": "apache-2.0",
    "mit-license": "mit",
    "mit-licence": "mit",
}
LONGEST = 60


def hub_licence(licence: str) -> dict[str, str]:
    """Return ``license`` for a card's front matter, and ``license_name`` where the Hub has no name of its own for it.

    >>> hub_licence("CC BY-SA 4.0")
    {'license': 'cc-by-sa-4.0'}
    >>> hub_licence("CC BY-SA 2.5/3.0/4.0 by date")
    {'license': 'other', 'license_name': 'cc-by-sa-2.5-3.0-4.0-by-date'}
    >>> hub_licence("unknown")
    {'license': 'unknown'}
    """
    name = re.sub(r"[^a-z0-9.]+", "-", licence.lower()).strip("-.")
    name = OTHERWISE.get(name, name)
    if name in {"", "unknown"}:
        return {"license": "unknown"}
    if name in KNOWN:
        return {"license": name}
    return {"license": "other", "license_name": name[:LONGEST].strip("-.")}
