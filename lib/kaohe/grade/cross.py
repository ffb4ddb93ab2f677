"""The cross-assessment stream: the index table of each target, and field evidence where a whole class has none."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.grade.forms import item_weights
from kaohe.grade.inputs import text, worded

INDEX_COLUMNS = (
    "object", "class_id", "level", "concept", "item", "name", "group", "subgroup", "grade", "state", "value",
    "omega", "remark", "basis",
)  # fmt: skip


def index_items(rows: pd.DataFrame, people: pd.DataFrame, evidence: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Every item of every target's index table, graded or not.

    Parameters
    ----------
    rows : DataFrame
        `kaohe.grade.forms.item_rows`.
    people : DataFrame
        `kaohe.grade.inputs.roster`.
    evidence : DataFrame
        `kaohe.grade.evidence.field_evidence`; used for a class of which no index item is graded,
        and then for the whole class: never a mixture within one class.
    plan : Plan

    Returns
    -------
    DataFrame
        `INDEX_COLUMNS` (basis: index or evidence; omega: weight within the table, 0 where not
        applicable) and p0, p1, … (share of each grade: one of them 1, or the field evidence's).
        Two tables of one target that disagree on an item leave it not graded.
    """
    grid = _grid(people, plan)
    found = rows.merge(people[["object", "class_id"]], on="object", how="inner")
    found = found[found["form"] == found["class_id"].map({c.id: c.form for c in plan.classes.values()})]
    found = found.assign(waived=found["state"] == "not_applicable")
    once = found.groupby(["object", "concept"], as_index=False).agg(
        grade=("grade", "max"), kinds=("grade", "nunique"), waived=("waived", "min"), remark=("remark", "max")
    )
    out = grid.merge(once, on=["object", "concept"], how="left", validate="1:1")
    known = (out["kinds"] == 1) & out["grade"].isin(plan.grades)
    out["grade"] = out["grade"].where(known, "").astype("object")
    waived = out["waived"].eq(True) & ~known
    out["state"] = np.select([known, waived], ["graded", "not_applicable"], "not_graded")
    out["remark"] = text(out["remark"])
    for code, grade in enumerate(plan.scale.order):
        out[f"p{code}"] = (out["grade"] == grade).astype("float64").where(known)
    out["basis"] = "index"
    out = _with_evidence(out, evidence, plan)
    shares = [f"p{c}" for c in range(len(plan.grades))]
    out["value"] = out[shares].to_numpy() @ np.array([plan.scale.values[g] for g in plan.scale.order])
    out["omega"] = item_weights(out.rename(columns={"object": "form_key"}), str(plan.choices["items"]["weighting"]))
    return out[[*INDEX_COLUMNS, *shares]].sort_values(["object", "item"], ignore_index=True)


def _grid(people: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    items = pd.DataFrame(
        [
            {
                "class_id": c.id, "level": plan.forms[c.form].level, "concept": i.concept, "item": i.no, "name": i.name,
                "group": i.group, "subgroup": i.subgroup,
            }
            for c in plan.classes.values()
            for i in plan.forms[c.form].items
        ]
    )  # fmt: skip
    return people[["object", "class_id"]].merge(items, on="class_id", how="inner")


def _with_evidence(out: pd.DataFrame, evidence: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Field evidence in place of index grades for classes of which no index item is graded."""
    graded = (out["state"] == "graded").groupby(out["class_id"]).transform("any")
    if graded.all():
        return out
    behind = [f"e{c}" for c in range(len(plan.grades))]
    found = evidence.rename(columns={"about": "object"})[["object", "concept", *behind]]
    joined = out.merge(found, on=["object", "concept"], how="left", validate="1:1")
    use = ~graded.to_numpy() & joined["e0"].notna().to_numpy()
    for code in range(len(plan.grades)):
        joined[f"p{code}"] = joined[f"p{code}"].mask(use, joined[f"e{code}"])
    joined["state"] = joined["state"].mask(use, "graded")
    joined["basis"] = joined["basis"].mask(~graded.to_numpy(), "evidence")
    return joined.drop(columns=behind)


def cross_streams(items: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Cross-assessment score of every target with its bounds.

    Parameters
    ----------
    items : DataFrame
        `index_items`.

    Returns
    -------
    DataFrame
        object, class_id, stream, score, low, high, se (NaN: these grades carry no sampling error),
        missing_share, note.
    """
    order = plan.scale.order
    worst, best = plan.scale.values[order[-1]], plan.scale.values[order[0]]
    known = items["value"].notna()
    missing = items["state"].eq("not_graded")
    parts = items.assign(
        w=items["omega"] * known, wv=(items["omega"] * items["value"]).fillna(0.0), wm=items["omega"] * missing
    )
    total = parts.groupby(["object", "class_id"], as_index=False)[["w", "wv", "wm"]].sum()
    limit = float(plan.choices["missing"]["item_share"])
    share = total["wm"]
    usable = (share <= limit + 1e-12) & (total["w"] > 0)
    out = total[["object", "class_id"]].assign(stream="cross")
    out["score"] = (total["wv"] / total["w"].where(total["w"] > 0)).where(usable)
    out["low"] = total["wv"] + worst * share
    out["high"] = total["wv"] + best * share
    empty = total["w"] + total["wm"] <= 0
    out.loc[empty, "low"], out.loc[empty, "high"] = worst, best
    out["se"] = np.nan
    out["missing_share"] = share.where(~empty, 1.0)
    gone = items[missing].groupby("object")["item"].agg(lambda n: "、".join(str(int(i)) for i in n))
    n_items = items.groupby("object").size()
    n_gone = items[missing].groupby("object").size()
    nothing = out["object"].map(n_gone).fillna(0) == out["object"].map(n_items)
    lacking = worded(out["object"], {o: f"第{n}项未评" for o, n in gone.items()})
    out["note"] = lacking.where(~nothing, "没有收到考核指标表").astype("object")
    basis = out["object"].map(items.groupby("object")["basis"].first())
    out["note"] = out["note"].where(basis != "evidence", "本类对象没有指标表等次，以实地核查得分代替")
    return out


def item_grades(
    index: pd.DataFrame, reach: pd.DataFrame, people: pd.DataFrame, counties: list[str], plan: Plan
) -> pd.DataFrame:
    """The table `item_grades`: index items of every target, and field items by level where it has any.

    Parameters
    ----------
    index : DataFrame
        `index_items`.
    reach : DataFrame
        `kaohe.grade.evidence.field_reach`, all states.
    people : DataFrame
        `kaohe.grade.inputs.roster`.
    counties : list of str
        Counties with a report; each has at least the rows of the county form.

    Notes
    -----
    `value` of several forms is the plain mean of their grades, `grade` its grade by the cut-offs;
    nested means stand in the table `evidence`. `weak_at` holds the codes of the places whose forms have 一般 or
    较差, joined by 、, one for each form.
    """
    order = plan.scale.order
    names = ["n_good", "n_fair", "n_ordinary", "n_poor"]
    one = index.assign(n_places=1, n_graded=(index["state"] == "graded").astype("int64"), value=index["value"])
    one = one[one["state"] != "not_applicable"].assign(weak_at="")
    by_class = dict(zip(people["object"], people["class_id"], strict=True))
    for code, name in enumerate(names[: len(order)]):
        one[name] = (one["grade"] == order[code]).astype("int64")
    applies = reach[reach["state"] != "not_applicable"]
    counted = applies.assign(
        n_places=1, n_graded=(applies["state"] == "graded").astype("int64"),
        **{name: (applies["grade"] == order[c]).astype("int64") for c, name in enumerate(names[: len(order)])},
    )  # fmt: skip
    counted["weak_at"] = counted["place"].where(counted["n_ordinary"] + counted["n_poor"] > 0, "")
    keys = ["about", "level", "concept"]
    field = counted.groupby(keys, as_index=False).agg(
        item=("item", "first"), name=("name", "first"), group=("group", "first"), subgroup=("subgroup", "first"),
        n_places=("n_places", "sum"), n_graded=("n_graded", "sum"), value=("value", "mean"),
        remark=("remark", _remarks), weak_at=("weak_at", lambda places: "、".join(sorted(p for p in places if p))), **{n: (n, "sum") for n in names},
    )  # fmt: skip
    field["grade"] = [plan.scale.grade(v) if v == v else "" for v in field["value"]]
    field = field.rename(columns={"about": "object"})
    field["class_id"] = worded(field["object"], by_class)
    return pd.concat([one, field, _county_blanks(field, counties, plan)], ignore_index=True)


def _remarks(remarks: pd.Series) -> str:
    said = list(dict.fromkeys(r for r in remarks if r))
    return "；".join(said[:3]) + ("……" if len(said) > 3 else "")


def _county_blanks(field: pd.DataFrame, counties: list[str], plan: Plan) -> pd.DataFrame:
    """Rows of the county form for counties of which none came in."""
    have = set(field.loc[field["level"] == "county", "object"])
    rows = [
        {
            "object": county, "class_id": "", "level": "county", "concept": i.concept, "item": i.no, "name": i.name,
            "group": i.group, "subgroup": i.subgroup, "n_places": 1, "n_graded": 0, "grade": "", "value": np.nan,
            "n_good": 0, "n_fair": 0, "n_ordinary": 0, "n_poor": 0, "weak_at": "", "remark": "",
        }
        for county in counties
        if county not in have
        for i in plan.forms["county"].items
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(field.columns))
