"""Why a target stands where it stands: its distance to another, split exactly into items, indicators and sources."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.grade.daily import DailyScores
from kaohe.grade.frames import refuse
from kaohe.grade.ranks import TOLERANCE
from kaohe.grade.survey_score import SurveyScores

KEYS = ["stream", "component", "label"]
MEAN, NEXT, CUT = "mean", "next", "cut"


def components(
    survey: SurveyScores, cross: pd.DataFrame, daily: DailyScores, streams: pd.DataFrame, plan: Plan
) -> pd.DataFrame:
    """Points of the composite by item, indicator and daily source; they add to it exactly.

    Parameters
    ----------
    survey, daily
        Scores of these streams.
    cross : DataFrame
        `kaohe.grade.cross.index_items`.
    streams : DataFrame
        Weighted streams: object, class_id, stream, weight, score.

    Returns
    -------
    DataFrame
        object, class_id, stream, component, label, points, weight; targets with all their streams
        only. Daily deductions are negative points against `base`, which also takes up what the floor
        gives back. `weight` is what one point of a component's own score is worth in the composite
        (0 for deductions, whose score stands in `base`); the weights of a target add to 1.
    """
    whole = streams["score"].isna() & (streams["weight"] > 0)
    ranked = set(streams["object"]) - set(streams.loc[whole, "object"])
    weight = streams[streams["weight"] > 0].set_index(["object", "stream"])["weight"]
    parts = [
        _survey_points(survey),
        _cross_points(cross, plan),
        _daily_points(daily, plan),
    ]
    columns = ["object", "class_id", *KEYS, "points", "weight"]
    out = pd.concat([p[columns] for p in parts], ignore_index=True)
    out = out[out["object"].isin(ranked)]
    keys = pd.MultiIndex.from_frame(out[["object", "stream"]])
    for column in ("points", "weight"):
        out[column] *= weight.reindex(keys).fillna(0.0).to_numpy()
    used = keys.isin(weight.index)
    return out[used].sort_values(["object", "stream", "component"], ignore_index=True)


def _survey_points(survey: SurveyScores) -> pd.DataFrame:
    items = survey.items
    known = items["weight"].where(items["score"].notna(), 0.0)
    total = known.groupby(items["object"]).transform("sum")
    return items.assign(
        stream="survey", component=items["indicator"], points=items["contribution"].fillna(0.0),
        weight=(known / total.where(total > 0)).fillna(0.0),
    )  # fmt: skip


def _cross_points(cross: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    known = cross["value"].notna()
    total = cross["omega"].where(known, 0.0).groupby(cross["object"]).transform("sum")
    weight = (cross["omega"] / total.where(total > 0)).where(known, 0.0)
    return cross.assign(
        stream="cross", component=cross["concept"], label=cross["concept"].map(plan.concepts),
        points=(weight * cross["value"]).where(known, 0.0), weight=weight,
    )  # fmt: skip


def _daily_points(daily: DailyScores, plan: Plan) -> pd.DataFrame:
    base = float(plan.choices["daily"]["base"])
    whole = daily.streams.set_index("object")
    share = whole["share"]
    taken = daily.sources.assign(stream="daily", component=daily.sources["source"], label=daily.sources["source_name"])
    taken["points"] = -(1 - taken["object"].map(share)) * taken["points"]
    taken["weight"] = 0.0
    graded = daily.measures.assign(
        stream="daily", component="measure_" + daily.measures["measure"], label=daily.measures["name"]
    )
    known = graded["score"].notna()
    left = graded["weight"].where(known, 0.0).groupby(graded["object"]).transform("sum")
    graded["weight"] = (
        (graded["object"].map(share) * graded["weight"] / left.where(left > 0)).where(known, 0.0).astype("float64")
    )
    graded["points"] = (graded["weight"] * graded["score"]).fillna(0.0)
    given_back = whole["base_left"] - (base - whole["points"])
    rest = pd.DataFrame(
        {
            "object": whole.index, "class_id": whole["class_id"].to_numpy(), "stream": "daily", "component": "base",
            "label": "起评分", "points": ((1 - share) * (base + given_back)).to_numpy(),
            "weight": (1 - share).to_numpy(),
        }
    )  # fmt: skip
    columns = ["object", "class_id", *KEYS, "points", "weight"]
    return pd.concat([taken[columns], graded[columns], rest], ignore_index=True)


def explain(target: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Difference of a target to a reference, component by component.

    Parameters
    ----------
    target, reference : DataFrame
        stream, component, points and, where there is one, label: `components` of one target and of
        what it is compared with: another target, `mean_of` its class, or `cut_of` a cut-off.

    Returns
    -------
    DataFrame
        stream, component, label, delta (points); a component that one of them lacks counts 0 there.
        The deltas add to the difference of the composites within 1e-9.

    Raises
    ------
    KaoheError
        K432 for a missing column, more targets than one in a frame, or points that are not known:
        what lacks a part cannot be taken apart.

    Notes
    -----
    C_c − C_q = Σ_k w_k Σ_i ω_i (v_ci − v_qi), exact.

    Examples
    --------
    >>> one = pd.DataFrame({"stream": "cross", "component": ["water", "party"], "label": ["饮水安全", "党建"], "points": [3.0, 1.0]})
    >>> other = one.assign(points=[2.0, 2.5])
    >>> explain(one, other)[["component", "delta"]].to_numpy().tolist()
    [['party', -1.5], ['water', 1.0]]
    """
    keys, sides = ["stream", "component"], []
    for name, frame in (("target", target), ("reference", reference)):
        missing = [c for c in (*keys, "points") if c not in getattr(frame, "columns", ())]
        if missing:
            raise refuse(name, f"no column {', '.join(missing)}", "stream, component, points")
        if "object" in frame.columns and frame["object"].nunique() > 1:
            raise refuse(name, f"{frame['object'].nunique()} targets", "one target, or `mean_of` several")
        if frame["points"].isna().any():
            blank = frame.loc[frame["points"].isna(), "component"].iloc[0]
            raise refuse(f"{name} › {blank}", "no points", "points of every component")
        named = frame["label"] if "label" in frame.columns else frame["component"]
        sides.append(frame[[*keys, "points"]].assign(label=named.fillna(frame["component"])))
    labels = pd.concat(sides).drop_duplicates(keys).set_index(keys)["label"]
    mine, other = (side.groupby(keys)["points"].sum() for side in sides)
    index = mine.index.union(other.index, sort=True)
    delta = mine.reindex(index, fill_value=0.0) - other.reindex(index, fill_value=0.0)
    return delta.rename("delta").reset_index().assign(label=labels.reindex(index).to_numpy())[[*KEYS, "delta"]]


def cut_of(target: pd.DataFrame, cut: float) -> pd.DataFrame:
    """Points of somebody who scores a cut-off on every component of a target.

    Parameters
    ----------
    target : DataFrame
        `components` of one target, with weight.
    cut : float
        A cut-off of the scale, 0 to 100.
    """
    return target.assign(points=target["weight"] * cut)


def mean_of(parts: pd.DataFrame) -> pd.DataFrame:
    """Mean points by component over the targets in `parts`; a target without a component counts 0."""
    n = parts["object"].nunique()
    return (parts.groupby(KEYS)["points"].sum() / max(n, 1)).reset_index()


def next_above(scores: pd.Series, tolerance: float = TOLERANCE) -> dict[str, str]:
    """The nearest target that ranks higher (by more than `tolerance`), for each but the first; the first by code among equals."""
    known = scores.dropna()
    out: dict[str, str] = {}
    for code, score in known.items():
        higher = known[known > score + tolerance]
        if len(higher):
            nearest = higher[higher <= higher.min() + TOLERANCE]
            out[str(code)] = min(str(c) for c in nearest.index)
    return out


def next_cut(grade: str, plan: Plan) -> tuple[str, float]:
    """The next better grade and its cut-off; for the best grade its own."""
    order = plan.scale.order
    better = order[max(order.index(grade) - 1, 0)]
    return better, plan.scale.cuts[better]


def contributions(parts: pd.DataFrame, scores: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The table `contributions`: every ranked target against its class mean, the next above and a cut-off.

    Parameters
    ----------
    parts : DataFrame
        `components`.
    scores : DataFrame
        `kaohe.grade.composite.composite` with names.

    Notes
    -----
    C_c − C_q = Σ_k w_k Σ_i ω_i (v_ci − v_qi), exact. The cut-off is that of the next better grade by
    score, for a target at the best grade its own. Components that are the same for the whole
    class by construction (the daily base) are left out against targets.
    """
    grades = dict(zip(scores["object"], scores["grade_score"], strict=True))
    names = dict(zip(scores["object"], scores["name"], strict=True))
    out = []
    for class_id, part in parts.groupby("class_id", sort=False):
        table = part.pivot_table(
            index="object", columns=KEYS, values="points", aggfunc="sum", fill_value=0.0, sort=True
        )
        ranked = scores[scores["class_id"] == class_id].set_index("object")["composite"]
        values = table.to_numpy()
        weights = part.pivot_table(
            index="object", columns=KEYS, values="weight", aggfunc="sum", fill_value=0.0, sort=True
        ).to_numpy()
        everything = np.ones(values.shape[1], dtype=bool)
        all_heads = table.columns.to_frame(index=False)
        keep = np.ptp(values, axis=0) > 0
        keep |= np.array([component != "base" for _, component, _ in table.columns])
        heads = table.columns[keep].to_frame(index=False)
        mean = values.mean(axis=0)
        at = {code: i for i, code in enumerate(table.index)}
        above = next_above(ranked, float(plan.choices["ties"]["tolerance"]))
        for code, i in at.items():
            out.append(_rows(code, MEAN, "同类平均", values[i] - mean, keep, heads))
            if code in above:
                other = above[code]
                out.append(_rows(code, NEXT, names[other], values[i] - values[at[other]], keep, heads))
            grade, cut = next_cut(grades[code], plan)
            name = f"“{grade}”的分界（{cut:g}分）"
            out.append(_rows(code, CUT, name, values[i] - cut * weights[i], everything, all_heads))
    columns = ["object", "reference", "reference_name", *KEYS, "delta"]
    frame = pd.concat(out, ignore_index=True) if out else pd.DataFrame(columns=columns)
    frame["class_id"] = frame["object"].map(dict(zip(scores["object"], scores["class_id"], strict=True)))
    frame["stream_name"] = frame["stream"].map(plan.streams)
    return frame


def _rows(
    code: str, reference: str, name: str, delta: np.ndarray, keep: np.ndarray, heads: pd.DataFrame
) -> pd.DataFrame:
    return heads.assign(object=code, reference=reference, reference_name=name, delta=delta[keep])
