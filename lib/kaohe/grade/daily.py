"""The daily-work stream: deductions by source and severity, and graded quantitative measures.

Daily score = (1 − share) · max(floor, base − Σ points) + share · Σ w s / Σ w, where the share is
the office's for a class that has measures, and 0 where no target of the class has any.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.base.tables import DAILY_KINDS
from kaohe.grade.inputs import Tables, by_id, take, text, worded
from kaohe.grade.survey_score import indicator_score

DEDUCTION, MEASURE = DAILY_KINDS


@dataclass(frozen=True)
class DailyScores:
    """Daily scores.

    Attributes
    ----------
    items : DataFrame
        Every record: object, class_id, record, source, source_name, date, kind, severity, measure,
        value, points (taken off), score (of a measure that counts), note.
    sources : DataFrame
        One row a target and source: n_records, points.
    measures : DataFrame
        One row a target and measure of its class: measure, name, weight (adds to 1), score.
    streams : DataFrame
        One row a target: object, class_id, stream, score, low, high, se, missing_share, note, and
        points, share, base_left (what deductions leave of the base).
    """

    items: pd.DataFrame
    sources: pd.DataFrame
    measures: pd.DataFrame
    streams: pd.DataFrame


def daily_scores(clean: Tables, people: pd.DataFrame, plan: Plan) -> DailyScores:
    """Score the daily work of every target.

    Parameters
    ----------
    clean : tables
        `daily`: one row a record, of a target, from one of the plan's sources.
    people : DataFrame
        `kaohe.grade.inputs.roster`.
    plan : Plan
        Deductions, measures, base, floor and share of the measures.

    Notes
    -----
    A target without records has nothing taken off. A measure of the class that a target lacks, and
    a deduction without a severity, are missing: bounds are given, and the stream is not available
    when the missing share exceeds the plan's choice. Of several records of one measure the
    latest counts. Without any daily record of the whole class the stream did not come in.
    """
    items = _records(take(clean, "daily"), people, plan)
    sources = _by_source(items, people, plan)
    measures = _measures(items, people, plan)
    items = items.merge(
        measures.loc[measures["record"].ne(""), ["record", "score"]], on="record", how="left", validate="1:1"
    )
    return DailyScores(items, sources, measures, _streams(items, measures, people, plan))


def _records(daily: pd.DataFrame, people: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    choice = plan.choices["daily"]
    items = daily.merge(people[["object", "class_id"]], on="object", how="inner", validate="m:1")
    items["source"] = by_id(plan.daily_sources, items["source"])
    items["source_name"] = worded(items["source"], plan.daily_sources)
    items["measure"] = by_id({m["id"]: m["name"] for m in choice["measures"]}, items["measure"])
    table = choice["deductions"]
    points = [
        table.get(source, {}).get(severity, np.nan) if kind == DEDUCTION else 0.0
        for source, severity, kind in zip(items["source"], items["severity"], items["kind"], strict=True)
    ]
    items["points"] = pd.Series(points, index=items.index, dtype="float64")
    return items


def _by_source(items: pd.DataFrame, people: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    grid = people[["object", "class_id"]].merge(
        pd.DataFrame({"source": list(plan.daily_sources), "source_name": list(plan.daily_sources.values())}),
        how="cross",
    )
    found = items.groupby(["object", "source"], as_index=False).agg(
        n_records=("record", "size"), points=("points", "sum")
    )
    out = grid.merge(found, on=["object", "source"], how="left", validate="1:1")
    return out.assign(n_records=out["n_records"].fillna(0).astype("int64"), points=out["points"].fillna(0.0))


def _measures(items: pd.DataFrame, people: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Every measure of every target's class with the record that counts; classes without any record have none."""
    entries = pd.DataFrame(
        [
            {
                "class_id": class_id, "measure": m["id"], "name": m["name"], "source": m["source"],
                "floor": float(m["floor"]), "target": float(m["target"]), "weight": float(m["weight"]),
            }
            for m in plan.choices["daily"]["measures"]
            for class_id in m["classes"]
        ],
        columns=["class_id", "measure", "name", "source", "floor", "target", "weight"],
    )  # fmt: skip
    total = entries.groupby("class_id")["weight"].transform("sum")
    entries["weight"] = entries["weight"] / total
    grid = people[["object", "class_id"]].merge(entries, on="class_id", how="inner")
    records = items[(items["kind"] == MEASURE) & items["measure"].ne("") & items["value"].notna()]
    latest = records.sort_values(["object", "measure", "date", "record"]).groupby(["object", "measure"]).tail(1)
    out = grid.merge(
        latest[["object", "measure", "record", "value"]], on=["object", "measure"], how="left", validate="1:1"
    )
    used = out.groupby("class_id")["value"].transform("count") > 0
    out = out[used].reset_index(drop=True)
    out["record"] = text(out["record"])
    out["score"] = indicator_score(out["value"].to_numpy(), out["floor"].to_numpy(), out["target"].to_numpy())
    return out


def _streams(items: pd.DataFrame, measures: pd.DataFrame, people: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    choice = plan.choices["daily"]
    base, floor = float(choice["base"]), float(choice["floor"])
    out = people[["object", "class_id"]].copy()
    out["stream"] = "daily"
    deductions = items[items["kind"] == DEDUCTION]
    known = deductions.groupby("object")["points"].sum()
    unknown = deductions[deductions["points"].isna()]
    worst = {s: max(t.values()) for s, t in choice["deductions"].items()}
    doubt = unknown["source"].map(worst).fillna(max(worst.values())).groupby(unknown["object"]).sum()
    n_unknown = unknown.groupby("object").size()
    n_deductions = deductions.groupby("object").size()
    out["points"] = out["object"].map(known).fillna(0.0)
    worst_points = out["points"] + out["object"].map(doubt).fillna(0.0)
    out["base_left"] = np.maximum(floor, base - out["points"])
    scored = measures.assign(
        part=measures["weight"] * measures["score"], gone=measures["weight"] * measures["score"].isna()
    )
    by_object = scored.groupby("object")[["part", "gone"]].sum()
    has_measures = out["object"].isin(by_object.index)
    out["share"] = np.where(has_measures, float(choice["measure_share"]), 0.0)
    part = out["object"].map(by_object["part"]).fillna(0.0)
    gone = out["object"].map(by_object["gone"]).fillna(0.0)
    records = (out["object"].map(n_unknown).fillna(0) / out["object"].map(n_deductions).fillna(1)).astype("float64")
    out["missing_share"] = out["share"] * gone + (1 - out["share"]) * records
    measured = part / (1 - gone).where(gone < 1 - 1e-12)
    score = (1 - out["share"]) * out["base_left"] + np.where(out["share"] > 0, out["share"] * measured, 0.0)
    out["low"] = (1 - out["share"]) * np.maximum(floor, base - worst_points) + out["share"] * part
    out["high"] = (1 - out["share"]) * out["base_left"] + out["share"] * (part + 100.0 * gone)
    arrived = set(items["class_id"])
    absent = ~out["class_id"].isin(arrived)
    out.loc[absent, "low"], out.loc[absent, "high"], out.loc[absent, "missing_share"] = floor, base, 1.0
    usable = out["missing_share"] <= float(plan.choices["missing"]["item_share"]) + 1e-12
    out["score"] = score.where(usable)
    out["se"] = np.nan
    lacking = measures[measures["score"].isna()].groupby("object")["name"].agg("、".join)
    notes = worded(out["object"], {o: f"缺定量指标：{n}" for o, n in lacking.items()})
    vague = worded(out["object"], {o: f"{int(n)}条扣分事项未注明严重程度" for o, n in n_unknown.items()})
    out["note"] = [("；".join(x for x in pair if x)) for pair in zip(notes, vague, strict=True)]
    out.loc[absent, "note"] = "没有收到日常工作记录"
    return out
