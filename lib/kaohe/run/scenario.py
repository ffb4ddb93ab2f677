"""What-if: the grading under other choices of the office, beside the base.

Where only choices of the grading change, the base's estimates are used; where the survey's do, weights
and estimates are computed anew. Nothing of the base is touched: a scenario lies in
data/processed/scenarios/NAME.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import kaohe
from kaohe.base.check import conform
from kaohe.base.clock import office_day, stamp
from kaohe.base.files import locked, read_parquet, sha256_file, swapped_folder, write_json, write_parquet
from kaohe.base.plan import Plan
from kaohe.base.scenario import Change, Scenario
from kaohe.grade import build_grades
from kaohe.grade.compare import compare, compare_summary
from kaohe.publish.built import build_info, check_plan, find_build
from kaohe.run.build import compute, read_clean, would_be_made
from kaohe.run.current import check_current

GRADING = {
    "scale", "alternative_scales", "items", "levels", "missing", "county", "ties", "rules", "uncertainty", "daily",
    "rectification", "what_if",
}  # fmt: skip
ESTIMATES = ("estimates", "estimate_cov", "estimate_cov_between", "response")
FOLDER = "scenarios"


@dataclass(frozen=True)
class Tried:
    """A scenario carried out.

    Attributes
    ----------
    scenario : Scenario
    tables : dict of table name to DataFrame
        The grading's built tables under the scenario's choices.
    compare, summary, choices : DataFrame
        The tables `scenario_compare`, `scenario_summary`, `scenario_choices`.
    base_hash : str
        Plan hash of the base.
    origin : str
        demo or office.
    """

    scenario: Scenario
    tables: dict[str, pd.DataFrame]
    compare: pd.DataFrame
    summary: pd.DataFrame
    choices: pd.DataFrame
    base_hash: str
    origin: str


def try_scenario(processed: Path | str, plan: Plan, scenario: Scenario, *, as_of: date | None = None) -> Tried:
    """Grade the province under a scenario and compare it with the base; nothing is written.

    Parameters
    ----------
    processed : Path
        Folder with ``clean/`` and ``build/``.
    plan : Plan
        The base.
    scenario : Scenario
    as_of : date, optional
        The day against which rectification is overdue.

    Raises
    ------
    InputRefused
        K804 without a base; K805 when it was built under another plan; K811 when it is older than the
        clean tables; K810 without these.
    """
    folder = find_build(processed)
    home = folder.parent
    check_current(home)
    info = build_info(folder)
    check_plan(info, plan)
    clean, _ = read_clean(home)
    new = scenario.plan
    if scenario.choices <= GRADING:
        survey = {name: read_parquet(folder / f"{name}.parquet") for name in ESTIMATES}
        rng = np.random.default_rng(new.choices["uncertainty"]["seed"])
        tables = build_grades(clean, survey, new, rng=rng, as_of=as_of)
    else:
        tables = compute(clean, new, as_of=as_of)
    base = {name: read_parquet(folder / f"{name}.parquet") for name in ("composite", "rank_intervals")}
    rows = compare(base["composite"], tables["composite"], base["rank_intervals"], tables["rank_intervals"], plan)
    return Tried(
        scenario, tables, conform("scenario_compare", rows), conform("scenario_summary", compare_summary(rows, plan)),
        conform("scenario_choices", choices_table(scenario.changes)), plan.digest, info.origin,
    )  # fmt: skip


def choices_table(changes: tuple[Change, ...]) -> pd.DataFrame:
    """The table `scenario_choices`: what the scenario changes, in words."""
    return pd.DataFrame(
        [{"key": c.key, "base": shown(c.base), "value": shown(c.value), "law": c.law} for c in changes],
        columns=["key", "base", "value", "law"],
    )


def shown(value: Any) -> str:
    """A value of the plan folder in a line."""
    if value is None:
        return "（无）"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return "、".join(str(v.get("name", v)) if isinstance(v, dict) else str(v) for v in value) or "（无）"
    return str(value)


def build_scenario(processed: Path, plan: Plan, scenario: Scenario, *, now: datetime) -> tuple[Path, Tried]:
    """Try a scenario and put its tables into data/processed/scenarios/NAME as a whole.

    Parameters
    ----------
    processed : Path
    plan : Plan
        The base.
    scenario : Scenario
    now : datetime
        Written into scenario.json.

    Returns
    -------
    Path
        The folder of the scenario's tables.
    Tried
        Base and scenario side by side.

    Raises
    ------
    InputRefused
        As `try_scenario`.
    BusyError
        K501 when another run holds the folder.
    """
    if would_be_made(processed):
        find_build(processed)
    with locked(processed, "kaohe build --scenario"):
        tried = try_scenario(processed, plan, scenario, as_of=office_day(now))
        home = processed / FOLDER / scenario.name
        frames = {
            **tried.tables, "scenario_compare": tried.compare, "scenario_summary": tried.summary,
            "scenario_choices": tried.choices,
        }  # fmt: skip
        with swapped_folder(home) as fresh:
            for name, frame in frames.items():
                write_parquet(fresh / f"{name}.parquet", frame)
            write_json(
                fresh / "scenario.json",
                {
                    "schema": 1, "name": scenario.name, "title": scenario.title, "note": scenario.note,
                    "assumption": any(c.law for c in scenario.changes), "base_plan_hash": plan.digest,
                    "plan_hash": scenario.plan.digest, "origin": tried.origin, "library": kaohe.__version__,
                    "built_at": stamp(now),
                    "tables": {n: sha256_file(fresh / f"{n}.parquet") for n in sorted(frames)},
                },
            )  # fmt: skip
    return home, tried
