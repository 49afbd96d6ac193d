"""At which granularity are people's choices told best: one predictor for all, per community or per person?"""

from __future__ import annotations

from bench.granularity.findings import Gap, LevelScore, PlaceFacts, Study, Verdict
from bench.granularity.study import KNOWN, run_study, study_places
from bench.granularity.votes import PlaceVotes, read_votes

__all__ = [
    "KNOWN",
    "Gap",
    "LevelScore",
    "PlaceFacts",
    "PlaceVotes",
    "Study",
    "Verdict",
    "read_votes",
    "run_study",
    "study_places",
]
