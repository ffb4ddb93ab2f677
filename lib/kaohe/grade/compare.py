"""Two gradings side by side: scores, ranks and grades of a base and of what other choices make of it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan

UP, DOWN, SAME, OTHER = "上升", "下降", "不变", "待定变化"


def compare(
    base: pd.DataFrame, other: pd.DataFrame, base_ranks: pd.DataFrame, other_ranks: pd.DataFrame, plan: Plan
) -> pd.DataFrame:
    """Every target under the base and under the other choices.

    Parameters
    ----------
    base, other : DataFrame
        The tables `composite`.
    base_ranks, other_ranks : DataFrame
        The tables `rank_intervals`.
    plan : Plan
        Its grades, best first.

    Returns
    -------
    DataFrame
        object, name, class_id, score_base, score_new, score_diff, rank_base, rank_new, rank_shift (places
        gained; NaN where not ranked in both), low_base, high_base, low_new, high_new (rank intervals),
        grade_base, grade_new and grade_move: 上升, 下降, 不变, or 待定变化 where one of them is open.
    """
    columns = {"composite": "score", "rank": "rank", "grade_final": "grade"}
    out = base[["object", "name", "class_id", *columns]].rename(columns={k: f"{v}_base" for k, v in columns.items()})
    new = other[["object", *columns]].rename(columns={k: f"{v}_new" for k, v in columns.items()})
    out = out.merge(new, on="object", how="left", validate="1:1")
    for frame, end in ((base_ranks, "base"), (other_ranks, "new")):
        spans = frame[["object", "low", "high"]].rename(columns={"low": f"low_{end}", "high": f"high_{end}"})
        out = out.merge(spans, on="object", how="left", validate="1:1")
    out["score_diff"] = out["score_new"] - out["score_base"]
    out["rank_shift"] = out["rank_base"] - out["rank_new"]
    place = {g: i for i, g in enumerate(plan.grades)}
    was, now = out["grade_base"].map(place).astype("float64"), out["grade_new"].map(place).astype("float64")
    out["grade_move"] = np.select(
        [out["grade_base"] == out["grade_new"], now < was, now > was], [SAME, UP, DOWN], OTHER
    )
    return out


def compare_summary(rows: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """What changes in each class.

    Parameters
    ----------
    rows : DataFrame
        `compare`.
    plan : Plan

    Returns
    -------
    DataFrame
        class_id, n (targets), n_ranked (in both), mean_diff (points), mean_shift and max_shift (places, in
        size), n_moved (targets with another rank), up, down, open (targets whose grade rises, falls, or is
        open in one of the two).

    Notes
    -----
    Counts and plain means: by definition.
    """
    out = []
    for class_id in plan.classes:
        part = rows[rows["class_id"] == class_id]
        shift = part["rank_shift"].dropna().abs()
        moves = part["grade_move"].value_counts()
        out.append(
            {
                "class_id": class_id, "n": len(part), "n_ranked": len(shift), "mean_diff": part["score_diff"].mean(),
                "mean_shift": shift.mean(), "max_shift": shift.max(), "n_moved": int((shift > 0).sum()),
                "up": int(moves.get(UP, 0)), "down": int(moves.get(DOWN, 0)), "open": int(moves.get(OTHER, 0)),
            }
        )  # fmt: skip
    return pd.DataFrame(out)
