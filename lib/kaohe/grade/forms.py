"""Grades on index tables and field forms become scores, with bounds and scale-free companions.

Three kinds of absence are kept apart: an item that is not on the form has no row; one marked
not applicable (不适用) leaves the form's denominator; one not graded stays in it and makes the
score doubtful, so that bounds are given with it set to the worst and to the best grade.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan, Scale
from kaohe.grade.inputs import Tables, place_names, roster, take, text

NOT_APPLICABLE = "不适用"
FIELD_LEVELS = ("county", "town", "village")


def item_rows(clean: Tables, plan: Plan) -> pd.DataFrame:
    """One row for each item that stands on each form received.

    Parameters
    ----------
    clean : tables
        `forms` (one row a form), `grades` (one row a graded item), `places` (designated villages).
    plan : Plan

    Returns
    -------
    DataFrame
        form_key, form, level, object, place, city, county, town, village, team, visit_date, item,
        concept, name, group, subgroup, remark, grade ("" where there is none), state (graded,
        not_graded, not_applicable), value (the grade's value in the plan's scale), omega (the
        item's weight within its form, 0 where not applicable) and local (an item that follows
        local criteria because its village is not designated by the province). Two different
        grades for one item of one form count as not graded.
    """
    forms = take(clean, "forms")
    items = _form_items(plan)
    rows = forms.merge(items, on="form", how="inner", validate="m:m")
    grades = take(clean, "grades")
    rows = rows.merge(_one_grade(grades), on=["form_key", "item"], how="left", validate="m:1")
    rows["grade"] = text(rows["grade"]).str.strip()
    rows["remark"] = text(rows["remark"]).str.strip()
    known = rows["grade"].isin(plan.grades)
    waived = ~known & (rows["grade"].eq(NOT_APPLICABLE) | rows["remark"].str.startswith(NOT_APPLICABLE))
    rows["state"] = np.select([known, waived], ["graded", "not_applicable"], "not_graded")
    rows["grade"] = rows["grade"].where(known, "")
    places = take(clean, "places").drop_duplicates("place")
    designated = rows["village"].map(dict(zip(places["place"], places["designated"], strict=True)))
    rows["local"] = (designated == 0).to_numpy() & rows["may_be_local"].to_numpy()
    rows = rows.drop(columns="may_be_local").sort_values(["form_key", "item"], ignore_index=True)
    rows["value"] = values_of(rows["grade"], plan.scale)
    rows["omega"] = item_weights(rows, str(plan.choices["items"]["weighting"]))
    return rows


def _form_items(plan: Plan) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "form": form.id, "level": form.level, "item": float(i.no), "concept": i.concept, "name": i.name,
                "group": i.group, "subgroup": i.subgroup, "may_be_local": i.no in form.local_criteria_items,
            }
            for form in plan.forms.values()
            for i in form.items
        ]
    )  # fmt: skip


def _one_grade(grades: pd.DataFrame) -> pd.DataFrame:
    """One row an item of a form; "" where the rows of one item disagree."""
    keys = ["form_key", "item"]
    given = grades[grades["grade"] != ""].drop_duplicates([*keys, "grade"])
    settled = given[~given.duplicated(keys, keep=False)]
    remarks = grades.sort_values([*keys, "remark"]).drop_duplicates(keys, keep="last")[[*keys, "remark"]]
    return remarks.merge(settled[[*keys, "grade"]], on=keys, how="left", validate="1:1")


def values_of(grades: pd.Series, scale: Scale) -> pd.Series:
    """Value of each grade in a scale, NaN where there is no grade."""
    return grades.map(scale.values).astype("float64")


def item_weights(rows: pd.DataFrame, weighting: str) -> pd.Series:
    """Weight of each item within its form, adding to 1 over the items that apply.

    Parameters
    ----------
    rows : DataFrame
        form_key, group, state.
    weighting : {"equal_items", "equal_groups"}
        Every item alike, or every group of items alike and items alike within it.
    """
    applies = (rows["state"] != "not_applicable").astype("float64")
    n_items = applies.groupby(rows["form_key"]).transform("sum")
    if weighting == "equal_items":
        return (applies / n_items.where(n_items > 0, 1.0)).rename("omega")
    in_group = applies.groupby([rows["form_key"], rows["group"]]).transform("sum")
    share = applies / in_group.where(in_group > 0, 1.0)
    n_groups = share.groupby(rows["form_key"]).transform("sum")
    return (share / n_groups.where(n_groups > 0, 1.0)).rename("omega")


def score_rows(rows: pd.DataFrame, by: str, plan: Plan) -> pd.DataFrame:
    """Scores, bounds and scale-free companions of groups of item rows.

    Parameters
    ----------
    rows : DataFrame
        The column `by`, and state, grade, value, omega.
    by : str
        Column that identifies a form.
    plan : Plan
        Its scale gives the worst and best values for the bounds.

    Returns
    -------
    DataFrame
        Indexed by `by`: n_items, n_graded, missing_share (of the weight), score, low, high, worst,
        lower_median, share_good, share_fair.

    Notes
    -----
    S = Σ ω v(g) / Σ ω over the items that are on the form and graded. low and high set items not
    graded to the worst and the best grade.
    """
    scale = plan.scale
    graded = (rows["state"] == "graded").to_numpy()
    omega = rows["omega"].to_numpy()
    value = np.where(graded, rows["value"].to_numpy(), 0.0)
    missing = rows["state"].eq("not_graded").to_numpy()
    base = pd.DataFrame(
        {
            by: rows[by].to_numpy(), "n_items": (rows["state"] != "not_applicable").to_numpy().astype("int64"),
            "n_graded": graded.astype("int64"), "w": omega * graded, "wm": omega * missing, "wv": omega * value,
        }
    )  # fmt: skip
    for code, grade in enumerate(scale.order):
        base[f"k{code}"] = rows["grade"].eq(grade).to_numpy().astype("float64")
    total = base.groupby(by, sort=True).sum()
    weight = total["w"] + total["wm"]
    order = scale.order
    best, least = scale.values[order[0]], scale.values[order[-1]]
    out = total[["n_items", "n_graded"]].copy()
    out["missing_share"] = _ratio(total["wm"], weight)
    out["score"] = _ratio(total["wv"], total["w"])
    out["low"] = _ratio(total["wv"] + least * total["wm"], weight)
    out["high"] = _ratio(total["wv"] + best * total["wm"], weight)
    counts = total[[f"k{c}" for c in range(len(order))]].to_numpy()
    out["worst"] = _worst(counts, order)
    out["lower_median"] = lower_median(counts, order)
    n = pd.Series(counts.sum(axis=1), index=total.index)
    out["share_good"] = _ratio(pd.Series(counts[:, 0], index=total.index), n)
    out["share_fair"] = _ratio(pd.Series(counts[:, :2].sum(axis=1), index=total.index), n)
    return out


def _ratio(top: pd.Series, bottom: pd.Series) -> pd.Series:
    return top / bottom.where(bottom > 0)


def _worst(counts: np.ndarray, order: list[str]) -> list[str]:
    return [order[max(np.flatnonzero(row))] if row.any() else "" for row in counts]


def lower_median(counts: np.ndarray, order: list[str]) -> list[str]:
    """Lower median grade of rows of counts (best grade first): the worse of two middle grades."""
    out = []
    for row in counts:
        n = int(row.sum())
        out.append(order[int(np.searchsorted(np.cumsum(row), n // 2, side="right"))] if n else "")
    return out


def ahead_pairs(shares: np.ndarray) -> np.ndarray:
    """Who is ahead of whom under every increasing scale.

    Parameters
    ----------
    shares : array, targets × grades (best first)
        Share of items at each grade; rows add to 1.

    Returns
    -------
    array of bool, targets × targets
        True where the row's target is ahead of the column's.

    Notes
    -----
    a is ahead of b iff P_a(≥ g) ≥ P_b(≥ g) for every g, one of them strictly (first-order
    stochastic dominance).
    """
    at_least = np.cumsum(shares, axis=1)[:, :-1]
    ahead = (at_least[:, None, :] >= at_least[None, :, :] - 1e-12).all(axis=2)
    strict = (at_least[:, None, :] > at_least[None, :, :] + 1e-12).any(axis=2)
    return np.asarray(ahead & strict)


def dominance(shares: np.ndarray) -> float:
    """Share of pairs of which one is ahead under every increasing scale; see `ahead_pairs`.

    Examples
    --------
    >>> dominance(np.array([[0.5, 0.5, 0.0], [0.4, 0.6, 0.0], [0.6, 0.2, 0.2]]))
    0.3333333333333333
    """
    n = len(shares)
    return float(ahead_pairs(shares).sum() / (n * (n - 1) / 2)) if n > 1 else float("nan")


def form_scores(clean: Tables, plan: Plan, rows: pd.DataFrame) -> pd.DataFrame:
    """The table `form_scores`: one row a form received, and one for each target whose index table is missing.

    A village that is not designated by the province is scored with all its items and once more
    without those that follow local criteria (the plan's note 2 to the village form).
    """
    heads = rows.drop_duplicates("form_key").set_index("form_key")
    out = heads[["form", "object", "place", "city", "county", "town", "village", "team", "visit_date"]].copy()
    out = out.join(score_rows(rows, "form_key", plan))
    local = rows.groupby("form_key")["local"].any()
    out["local_criteria"] = local.reindex(out.index).astype(bool)
    without = score_rows(rows[~rows["local"]], "form_key", plan)["score"]
    out["score_without_local"] = without.reindex(out.index).where(out["local_criteria"])
    field = out["form"].isin([f.id for f in plan.forms.values() if f.kind == "field_form"])
    out["object"] = out["object"].where(~(field & out["object"].eq("")), out["city"])
    out["place"] = out["place"].where(out["place"].ne(""), out["object"])
    out = out.reset_index()
    people = roster(clean, plan)
    names = place_names(clean, plan) | dict(zip(people["object"], people["name"], strict=True))
    out = pd.concat([out, _not_received(people, out, plan)], ignore_index=True)
    out["place_name"] = out["place"].map(lambda p: names.get(p, p))
    return out


def _not_received(people: pd.DataFrame, received: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    index_forms = {c.id: c.form for c in plan.classes.values()}
    have = set(zip(received["form"], received["object"], strict=True))
    scale, order = plan.scale, plan.scale.order
    rows = []
    for person in people.itertuples():
        form = index_forms[person.class_id]
        if (form, person.object) in have:
            continue
        rows.append(
            {
                "form_key": f"none-{form}-{person.object}", "form": form, "object": person.object,
                "place": person.object, "city": person.object if person.kind == "city" else "",
                "county": "", "town": "", "village": "", "team": "", "visit_date": pd.NaT,
                "n_items": len(plan.forms[form].items), "n_graded": 0, "missing_share": 1.0, "score": np.nan,
                "low": scale.values[order[-1]], "high": scale.values[order[0]], "worst": "", "lower_median": "",
                "share_good": np.nan, "share_fair": np.nan, "local_criteria": False,
                "score_without_local": np.nan,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(received.columns)) if rows else received.iloc[:0]
