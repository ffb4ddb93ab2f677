"""Lists that follow from the grades: talks, rectification, self-assessment, decisions, grade counts."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.grade.caps import Capped, fact_table
from kaohe.grade.composite import LACKING, OPEN
from kaohe.grade.inputs import Tables, place_names, text, worded

ON_TIME, LATE, ABSENT = "按时", "逾期", "未报"
DONE = "已完成"
UNDATED = "已完成（日期缺）"


def talk_list(scores: pd.DataFrame, counties: pd.DataFrame, facts: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The table `talk_list`: one row a target or county and reason.

    Parameters
    ----------
    scores : DataFrame
        Composite with grade_final and name.
    counties : DataFrame
        `kaohe.grade.counties.counties_table`.
    facts : DataFrame
        The clean table; the plan's flag (a prominent problem) counts where it is true.
    plan : Plan
        Its clause on talks.

    Notes
    -----
    Cities and units at the plan's grade or below, or with a prominent problem; counties at the
    bottom, or with a prominent problem. A grade that is open or a fact that is unknown puts nobody
    on the list.
    """
    rule = plan.raw["talk_list"]
    order = plan.scale.order
    low = set(order[order.index(rule["grade_at_or_below"]) :])
    known = fact_table(facts)
    prominent = set(known.loc[(known["field"] == rule["flag"]) & (known["value"] == "是"), "object"])
    rows = []
    for s in scores.itertuples():
        kind = plan.classes[s.class_id].kind
        reasons = [f"综合评价“{s.grade_final}”"] if s.grade_final in low else []
        reasons += ["存在突出问题"] if s.object in prominent else []
        rows += [(s.object, s.name, kind, s.class_id, r) for r in reasons]
    for c in counties.itertuples():
        reasons = ["实地核查得分靠后"] if c.bottom else []
        reasons += ["存在突出问题"] if c.prominent or c.county in prominent else []
        rows += [(c.county, c.name, "county", "", r) for r in reasons]
    out = pd.DataFrame(rows, columns=["object", "name", "kind", "class_id", "reason"])
    return out.assign(clause=rule["clause"])


def rectify(
    problems: pd.DataFrame, clean: Tables, people: pd.DataFrame, plan: Plan, as_of: date | None = None
) -> pd.DataFrame:
    """The table `rectify`: every problem of a target with its place, concept, state, due date and progress.

    Parameters
    ----------
    problems : DataFrame
        The clean table; `item` is a number of the index table of the target's class.
    plan : Plan
        Its clause: two months from the notification of the result. `due` is empty until the plan
        folder says when that was ([choices.rectification] notified).
    as_of : date, optional
        The day against which what is not done is overdue.

    Notes
    -----
    progress: 已完成, 按期完成, 逾期完成; 已完成（日期缺）: done, nobody knows when, so neither in time nor late;
    期限未定 (no notification yet), 期限内, 逾期未完成. The due day itself is in time.
    """
    out = problems.merge(people[["object", "class_id"]], on="object", how="inner", validate="m:1")
    names = place_names(clean, plan)
    out["place_name"] = out["place"].map(lambda p: names.get(p, p)).astype("object")
    concepts = {(c.id, i.no): i.concept for c in plan.classes.values() for i in plan.forms[c.form].items}
    out["concept"] = [
        concepts.get((class_id, int(item)), "") if item == item else ""
        for class_id, item in zip(out["class_id"], out["item"], strict=True)
    ]
    out["label"] = worded(out["concept"], plan.concepts)
    out["prominent"] = out["prominent"] == 1
    due = plan.rectify_due
    out["due"] = pd.Timestamp(due) if due else pd.NaT
    done = out["state"] == DONE
    undated = done & out["done_date"].isna()
    if due is None:
        out["progress"] = np.select([undated, done], [UNDATED, DONE], "期限未定")
        return out
    late = done & (out["done_date"] > pd.Timestamp(due))
    past = as_of is not None and as_of > due
    out["progress"] = np.select(
        [undated, late, done], [UNDATED, "逾期完成", "按期完成"], "逾期未完成" if past else "期限内"
    )
    return out


def decisions_log(decisions: pd.DataFrame, capped: Capped, streams: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """The table `decisions_log`: every decision about a target, applied or not, and why.

    Parameters
    ----------
    decisions : DataFrame
        The clean table.
    capped : Capped
        Says which changes of grade were applied.
    streams : DataFrame
        Weighted streams; `reweighted` holds the decision behind a change of weights.
    """
    out = decisions[decisions["object"].isin(people["object"])].copy()
    used = set(streams["reweighted"]) - {""}
    told = capped.decisions.set_index("decision")
    applied, why = [], []
    for d in out.itertuples():
        if d.kind == "缺项处理":
            applied.append(d.decision in used)
            why.append("来源缺失，权重按比例分给其余来源" if d.decision in used else f"{d.stream}没有缺失，不需处理")
        else:
            applied.append(bool(told["applied"].get(d.decision, False)))
            why.append(str(told["why"].get(d.decision, "未采用")))
    return out.assign(applied=pd.Series(applied, index=out.index, dtype=bool), why=why)


def self_status(reports: pd.DataFrame, people: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The table `self_status`: when each target's self-report came in, the first if several; late ones are kept and flagged."""
    due = pd.Timestamp(plan.dates["self_report_due"])
    first = reports.sort_values(["object", "date"]).drop_duplicates("object", keep="first")
    out = people[["object", "class_id"]].merge(first, on="object", how="left", validate="1:1")
    out["grade"] = text(out["grade"])
    out["due"] = due
    out["state"] = np.select([out["date"].isna(), out["date"] <= due], [ABSENT, ON_TIME], LATE)
    return out


def self_compare(grades: pd.DataFrame, index: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The table `self_compare`: each item's own grade beside the one given.

    Parameters
    ----------
    grades : DataFrame
        The clean table `self_grades`.
    index : DataFrame
        `kaohe.grade.cross.index_items`.

    Notes
    -----
    steps > 0: the target grades itself higher. Two different own grades for one item count as none.
    """
    kinds = grades.groupby(["object", "item"])["grade"].transform("nunique")
    once = grades[kinds == 1].drop_duplicates(["object", "item"]).rename(columns={"grade": "self_grade"})
    out = index[["object", "class_id", "item", "concept", "name", "grade"]].rename(columns={"grade": "index_grade"})
    out = out.merge(once.assign(item=once["item"].astype("int64")), on=["object", "item"], how="left", validate="1:1")
    out["self_grade"] = text(out["self_grade"])
    place = {g: float(i) for i, g in enumerate(plan.scale.order)}
    out["steps"] = out["index_grade"].map(place).astype("float64") - out["self_grade"].map(place).astype("float64")
    return out


def class_summary(scores: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The table `class_summary`: targets by class and final grade, 待核 and 缺数据 apart."""
    grades = [*plan.scale.order, OPEN, LACKING]
    counts = scores.groupby(["class_id", "grade_final"]).size()
    rows = [{"class_id": c, "grade": g, "n": int(counts.get((c, g), 0))} for c in plan.classes for g in grades]
    return pd.DataFrame(rows)
