"""Who: what the members of a place said and endorsed, what its communities are, who their personas are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personas.errors import InputError
from personas.lazy import lazily

if TYPE_CHECKING:
    from personas.corpus import Corpus
    from personas.ingestion import ingest

__all__ = ["Corpus", "InputError", "ingest"]

__getattr__ = lazily(__name__, {"Corpus": "personas.corpus", "ingest": "personas.ingestion"})
