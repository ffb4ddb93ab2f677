"""Do the streams tell the same story: self against field, index table against forms, survey against cross-assessment."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.grade.ranks import TOLERANCE, ranks

CHECKS = {
    "self_field": "自评与实地核查",
    "index_field": "指标表与实地核查",
    "survey_cross": "专项调查与交叉考核",
}


def consistency(evidence: pd.DataFrame, own: pd.DataFrame, scores: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The table `consistency`: one row a target and check.

    Parameters
    ----------
    evidence : DataFrame
        The table `evidence`: object, item, index_value, evidence.
    own : DataFrame
        The table `self_compare`: object, item, self_grade.
    scores : DataFrame
        Composite: object, class_id, survey, cross.
    plan : Plan
        Scale and the size of one step.

    Returns
    -------
    DataFrame
        object, class_id, check (self_field, index_field, survey_cross), label, n (items compared; for
        survey_cross 1 where both scores are there), mean_gap (points, the first minus the second; NaN
        where nothing can be compared), n_above and n_below (items a step or more above or below the
        second), rank_first, rank_second (within the class, survey_cross only), rank_gap (places by
        which the survey ranks lower), correlation (Spearman, over the class, survey_cross only) and
        flagged.

    Notes
    -----
    Flagged: for index_field any item a step or more away from the field evidence, above or below; for
    self_field any item a step or more above it (a target that graded itself lower has not overstated);
    for survey_cross a difference of at least half the ranked targets. Survey and cross scores stand on scales of their own, so ranks are
    compared, and `mean_gap` stays empty there.
    """
    step = float(plan.choices["levels"]["one_step"])
    seen = evidence.merge(own[["object", "item", "self_grade"]], on=["object", "item"], how="left", validate="m:1")
    seen["self_value"] = seen["self_grade"].map(plan.scale.values).astype("float64")
    people = scores[["object", "class_id"]]
    blocks = [
        _items(people, seen, "self_field", "self_value", step),
        _items(people, seen, "index_field", "index_value", step),
        _streams(scores, plan),
    ]
    out = pd.concat(blocks, ignore_index=True)
    out["label"] = out["check"].map(CHECKS)
    return out


def _items(people: pd.DataFrame, seen: pd.DataFrame, check: str, column: str, step: float) -> pd.DataFrame:
    both = seen[seen[column].notna() & seen["evidence"].notna()]
    gap = (both[column] - both["evidence"]).round(9) + 0.0
    found = (
        pd.DataFrame(
            {
                "object": both["object"], "gap": gap, "above": (gap >= step - TOLERANCE).astype("int64"),
                "below": (gap <= -step + TOLERANCE).astype("int64"),
            }
        )
        .groupby("object")
        .agg(n=("gap", "size"), mean_gap=("gap", "mean"), n_above=("above", "sum"), n_below=("below", "sum"))
    )  # fmt: skip
    out = people.assign(check=check).join(found, on="object")
    for name in ("n", "n_above", "n_below"):
        out[name] = out[name].fillna(0).astype("int64")
    for name in ("rank_first", "rank_second", "rank_gap", "correlation"):
        out[name] = np.nan
    return out.assign(flagged=(out["n_above"] > 0) | ((check == "index_field") & (out["n_below"] > 0)))


def _streams(scores: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    parts = []
    for cls in plan.classes.values():
        part = scores.loc[scores["class_id"] == cls.id, ["object", "class_id", "survey", "cross"]]
        if "survey" not in cls.streams or not len(part):
            continue
        both = part.set_index("object")[["survey", "cross"]].dropna()
        tolerance = float(plan.choices["ties"]["tolerance"])
        placed = pd.DataFrame({k: ranks(both[k], tolerance)["rank"] for k in both})
        gap = placed["survey"] - placed["cross"]
        out = part[["object", "class_id"]].assign(check="survey_cross")
        out["n"] = out["object"].isin(both.index).astype("int64")
        out["rank_first"] = out["object"].map(placed["survey"])
        out["rank_second"] = out["object"].map(placed["cross"])
        out["rank_gap"] = out["object"].map(gap)
        out["correlation"] = spearman(both["survey"], both["cross"])
        out["flagged"] = (out["rank_gap"].abs() >= len(both) / 2).fillna(False)
        parts.append(out.assign(mean_gap=np.nan, n_above=0, n_below=0))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def spearman(a: pd.Series, b: pd.Series) -> float:
    """Rank correlation of two aligned series, ties at their mean rank; NaN below three or where one is constant.

    Examples
    --------
    >>> round(spearman(pd.Series([1, 2, 3, 4]), pd.Series([1, 3, 2, 4])), 12)
    0.8
    """
    if len(a) < 3 or a.nunique() < 2 or b.nunique() < 2:
        return float("nan")
    return float(np.corrcoef(a.rank(), b.rank())[0, 1])
