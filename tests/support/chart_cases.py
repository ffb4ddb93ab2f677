"""Every chart with the tables, contexts and options it is tried on, and frames at the edge of what may come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from kaohe.base.built import BUILT
from kaohe.plot import charts
from support.built_frames import empty_built, the_plan

TOPICS = tuple(the_plan().raw["survey_topics"]["household"])
LONG = "重点扶贫工作综合协调与监督检查事务中心第一分中心"
HOSTILE = '<script>alert(1)</script>"&\'$\\frac{1}{2}$ style="fill:red"\n😀'


@dataclass(frozen=True)
class Case:
    """One chart: its function, tables, kind of context and options."""

    name: str
    draw: Callable[..., Any]
    tables: tuple[str, ...]
    kind: str
    options: dict[str, Any] = field(default_factory=dict)
    positional: tuple[Any, ...] = ()

    def make(self, built: dict[str, pd.DataFrame], ctx: Any) -> Any:
        """The chart of these tables."""
        return self.draw(*(built[t] for t in self.tables), ctx, *self.positional, **self.options)


def _cases() -> list[Case]:
    plan: list[tuple[Callable[..., Any], tuple[str, ...], tuple[str, ...]]] = [
        (charts.grade_matrix, ("item_grades",), ("city", "city6", "unit", "county")),
        (charts.unit_grades, ("item_grades",), ("unit",)),
        (charts.county_grades, ("item_grades",), ("county",)),
        (charts.grade_mix, ("item_grades",), ("city", "city6", "class", "classunit")),
        (charts.item_mix, ("item_grades",), ("class", "class6", "classunit")),
        (charts.grade_heatmap, ("item_grades",), ("city", "class", "class6", "classunit")),
        (charts.evidence_gap, ("evidence",), ("city", "city6")),
        (charts.self_gap, ("self_compare",), ("city", "city6", "unit")),
        (charts.streams_bars, ("streams",), ("class", "class6", "classunit")),
        (charts.waterfall, ("contributions",), ("city", "city6")),
        (charts.position_in_class, ("composite",), ("city", "city6", "unit")),
        (charts.unit_bands, ("composite",), ("classunit",)),
        (charts.band_place, ("composite",), ("unit", "classunit")),
        (charts.rank_intervals, ("rank_intervals", "composite"), ("class", "class6", "city")),
        (charts.pair_chances, ("pair_probabilities", "composite"), ("class", "class6", "classunit")),
        (charts.sensitivity_ranks, ("sensitivity",), ("class", "class6", "classunit")),
        (charts.effective_weights, ("effective_weights",), ("class", "class6", "classunit")),
        (charts.daily_deductions, ("daily_sources",), ("city", "city6", "unit")),
        (charts.survey_scores, ("survey_items",), ("city", "city6")),
        (charts.county_ranks, ("counties",), ("city", "county", "province")),
        (charts.class_summary, ("class_summary",), ("class", "province")),
        (charts.tile_grid, ("composite",), ("province",)),
        (charts.income_bars, ("income",), ("city", "city6", "province")),
        (charts.response_bars, ("response",), ("city", "province")),
        (charts.weights_chart, ("weight_diagnostics",), ("province",)),
        (charts.data_quality_bars, ("data_quality",), ("province",)),
        (charts.completeness_bars, ("completeness",), ("city", "unit")),
    ]
    cases = [Case(f"{f.__name__}-{kind}", f, tables, kind) for f, tables, kinds in plan for kind in kinds]
    for indicator in ("sat_work", "income_per_head", "guarantees", "poor"):
        for kind in ("city", "city6", "province"):
            cases.append(
                Case(f"estimate_dots-{indicator}-{kind}", charts.estimate_dots, ("estimates",), kind, {}, (indicator,))
            )
    for i, topic in enumerate(TOPICS):
        for kind in ("city", "county", "province"):
            cases.append(
                Case(f"estimate_profile-{i}-{kind}", charts.estimate_profile, ("estimates",), kind, {"topic": topic})
            )
    cases.append(Case("waterfall-next", charts.waterfall, ("contributions",), "city", {"reference": "next"}))
    cases.append(Case("waterfall-cut", charts.waterfall, ("contributions",), "city", {"reference": "cut"}))
    return cases


CASES = _cases()
_WORDS = {"label": LONG, "name": LONG, "stream_name": "", "source_name": LONG, "scenario": LONG, "city_name": ""}


def _columns(name: str, mark: str) -> list[str]:
    return [c for c, (m, _) in BUILT[name].columns.items() if m in mark and c not in BUILT[name].key]


def edge(built: dict[str, pd.DataFrame], tables: tuple[str, ...], kind: str, target: str) -> dict[str, pd.DataFrame]:
    """Frames at an edge.

    Parameters
    ----------
    kind : str
        empty; one (one row of the target or class); missing (no number, no grade known); equal (all
        numbers of a column alike); long (names of 24 characters); hostile (markup, math and
        characters the font lacks in every text that is not a code).
    target : str
        Code whose row is kept for ``one``.
    """
    out = dict(built)
    for name in tables:
        frame = built[name].copy()
        if kind == "empty":
            frame = empty_built(name)
        elif kind == "one":
            key = [c for c in ("object", "domain", "county", "city", "class_id") if c in frame]
            mine = frame[(frame[key] == target).any(axis=1)]
            frame = (mine if len(mine) else frame).head(1)
        elif kind == "missing":
            for column in _columns(name, "f"):
                frame[column] = np.nan
            for column in {"grade", "grade_final", "index_grade", "self_grade", "band"} & set(frame.columns) - set(
                BUILT[name].key
            ):
                frame[column] = ""
            if "quality" in frame:
                frame["quality"] = "suppressed"
        elif kind == "equal":
            for column in _columns(name, "f"):
                frame[column] = float(frame[column].dropna().iloc[0]) if frame[column].notna().any() else np.nan
        elif kind in {"long", "hostile"}:
            for column in _WORDS.keys() & set(_columns(name, "s")):
                frame[column] = HOSTILE if kind == "hostile" else frame[column].astype(str) + LONG
        out[name] = frame
    return out
