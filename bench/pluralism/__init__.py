"""Pluralism: how differently people choose, how differently models answer, and what the answers cover."""

from __future__ import annotations

from bench.pluralism.analysis import analyse
from bench.pluralism.anchor_judge import AnchorJudge
from bench.pluralism.axes import Axis, bundled_axes, chosen_axes, load_axis
from bench.pluralism.judging import AxisJudge, JudgeAccuracy, Placement, judge_accuracy
from bench.pluralism.model_judge import ModelJudge
from bench.pluralism.report import Figure, PluralismReport
from bench.pluralism.sets import Answer, CandidateSet, option_sets, read_answers

__all__ = [
    "AnchorJudge",
    "Answer",
    "Axis",
    "AxisJudge",
    "CandidateSet",
    "Figure",
    "JudgeAccuracy",
    "ModelJudge",
    "Placement",
    "PluralismReport",
    "analyse",
    "bundled_axes",
    "chosen_axes",
    "judge_accuracy",
    "load_axis",
    "option_sets",
    "read_answers",
]
