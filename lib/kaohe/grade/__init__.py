"""Grades, scores, composite, caps, ranks, their doubt and their explanation: frames in, frames out."""

from kaohe.grade.build import build_grades
from kaohe.grade.caps import apply_caps
from kaohe.grade.composite import composite
from kaohe.grade.explain import explain
from kaohe.grade.rank_sets import rank_intervals
from kaohe.grade.ranks import ranks
from kaohe.grade.robustness import Sensitivity, sensitivity

__all__ = [
    "Sensitivity", "apply_caps", "build_grades", "composite", "explain", "rank_intervals", "ranks", "sensitivity",
]  # fmt: skip
