"""What should have come in for each target, and what did."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.grade.caps import fact_table
from kaohe.grade.daily import DailyScores
from kaohe.grade.inputs import Tables, take, worded
from kaohe.grade.survey_score import DOMAIN, SurveyScores

PARTS = {
    "self_report": "自评报告",
    "index": "考核指标表",
    "field": "实地核查考评表",
    "survey": "专项调查样本户",
    "indicators": "调查计分指标",
    "measures": "日常定量指标",
    "facts": "事实认定",
}
WHOLE, PARTLY, NONE, UNANSWERED = "完整", "部分缺失", "未收到", "有未答户"


def completeness(
    people: pd.DataFrame, clean: Tables, survey: Tables, scored: SurveyScores, daily: DailyScores, index: pd.DataFrame,
    reach: pd.DataFrame, plan: Plan,
) -> pd.DataFrame:  # fmt: skip
    """The table `completeness`: one row a target and part that its class has.

    Parameters
    ----------
    people : DataFrame
        `kaohe.grade.inputs.roster`.
    clean, survey : tables
        `self_reports`, `facts`; `response`.
    scored : SurveyScores
    daily : DailyScores
    index : DataFrame
        `kaohe.grade.cross.index_items`.
    reach : DataFrame
        `kaohe.grade.evidence.field_reach`: items on the field forms that speak about a target.

    Notes
    -----
    self_report: reports. index: items of the index table. field: items on the field forms that
    came in (how many forms there should be, the plan does not say). survey: households drawn and
    not found vacant, against those interviewed. indicators: scored indicators with a usable
    estimate. measures: quantitative measures of daily work. facts: facts that active rules and the
    talk list need, against those known to be true or false. Task cities are always visited; helper
    cities and units have field forms only where a paired village was.
    """
    counts = {
        "self_report": _pairs(people, 1, _reported(clean)),
        "index": _by_object(index[index["state"] != "not_applicable"], index["state"] == "graded"),
        "field": _by_object(
            reach[reach["state"] != "not_applicable"].rename(columns={"about": "object"}), reach["state"] == "graded"
        ),
        "survey": _households(people, survey),
        "indicators": _by_object(scored.items, scored.items["score"].notna()),
        "measures": _by_object(daily.measures, daily.measures["score"].notna()),
        "facts": _facts(people, clean, plan),
    }
    surveyed = {c.id for c in plan.classes.values() if "survey" in c.streams}
    visited = {c.id for c in plan.classes.values() if c.form == "city14"}
    rows = []
    for part, label in PARTS.items():
        block = people[["object", "class_id"]].copy()
        if part in {"survey", "indicators"}:
            block = block[block["class_id"].isin(surveyed)]
        if part == "field":
            block = block[block["class_id"].isin(visited) | block["object"].isin(counts[part].index)]
        if part == "measures":
            block = block[block["object"].isin(counts[part].index)]
        found = counts[part].reindex(block["object"]).fillna(0).astype("int64")
        rows.append(
            block.assign(
                part=part, label=label, expected=found["expected"].to_numpy(), received=found["received"].to_numpy()
            )
        )
    out = pd.concat(rows, ignore_index=True)
    out["share"] = (out["received"] / out["expected"].where(out["expected"] > 0)).astype("float64")
    out["state"] = np.select([out["received"] == 0, out["received"] < out["expected"]], [NONE, PARTLY], WHOLE)
    lacking = out["expected"] - out["received"]
    out["note"] = np.where((out["state"] == PARTLY), "缺" + lacking.astype(str) + "项", "")
    unanswered = (out["part"] == "survey") & (out["state"] == PARTLY)
    out.loc[unanswered, "note"] = "未答" + lacking.astype(str) + "户"
    out.loc[unanswered, "state"] = UNANSWERED
    return out


def overall(table: pd.DataFrame) -> pd.Series:
    """Completeness of each target: the mean of its parts; a part that did not come in counts 0.

    Parameters
    ----------
    table : DataFrame
        `completeness`.
    """
    shares: pd.Series = table["share"].fillna(0.0).groupby(table["object"]).mean()
    return shares


def _pairs(people: pd.DataFrame, expected: int, received: pd.Series) -> pd.DataFrame:
    out = pd.DataFrame({"expected": expected}, index=pd.Index(people["object"]))
    out["received"] = received.reindex(out.index).fillna(0)
    return out


def _by_object(rows: pd.DataFrame, good: pd.Series) -> pd.DataFrame:
    marked = rows.assign(good=good.reindex(rows.index).astype("int64"))
    out: pd.DataFrame = marked.groupby("object").agg(expected=("good", "size"), received=("good", "sum"))
    return out


def _reported(clean: Tables) -> pd.Series:
    reports = take(clean, "self_reports")
    return reports["date"].notna().astype("int64").groupby(reports["object"]).max()


def _households(people: pd.DataFrame, survey: Tables) -> pd.DataFrame:
    response = take(survey, "response")
    response = response[response["domain_type"].isin(DOMAIN.values())].set_index(["domain_type", "domain"])
    eligible = response["selected"] - response["vacant"]
    kind = worded(people["class_id"], DOMAIN)
    keys = pd.MultiIndex.from_arrays([kind, people["object"]])
    return pd.DataFrame(
        {
            "expected": eligible.reindex(keys).fillna(0).to_numpy(),
            "received": response["completed"].reindex(keys).fillna(0).to_numpy(),
        },
        index=pd.Index(people["object"]),
    )


def _facts(people: pd.DataFrame, clean: Tables, plan: Plan) -> pd.DataFrame:
    needed = {r.field for r in plan.active_rules} | {plan.raw["talk_list"]["flag"]}
    facts = fact_table(take(clean, "facts"))
    known = facts[facts["field"].isin(needed) & facts["value"].isin(["是", "否"])]
    return _pairs(people, len(needed), known.groupby("object").size())
