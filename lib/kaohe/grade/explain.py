"""Why a target stands where it stands: its distance to another, split exactly into items, indicators and sources."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.grade.daily import DailyScores
from kaohe.grade.ranks import TOLERANCE
from kaohe.grade.survey_score import SurveyScores

KEYS = ["stream", "component", "label"]
MEAN, NEXT = "mean", "next"


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
        object, class_id, stream, component, label, points; targets with all their streams only.
        Daily deductions are negative points against `base`, which also takes up what the floor
        gives back.
    """
    whole = streams["score"].isna() & (streams["weight"] > 0)
    ranked = set(streams["object"]) - set(streams.loc[whole, "object"])
    weight = streams[streams["weight"] > 0].set_index(["object", "stream"])["weight"]
    parts = [
        survey.items.assign(stream="survey", component=survey.items["indicator"], points=survey.items["contribution"]),
        _cross_points(cross, plan),
        _daily_points(daily, plan),
    ]
    columns = ["object", "class_id", *KEYS, "points"]
    out = pd.concat([p[columns] for p in parts], ignore_index=True)
    out = out[out["object"].isin(ranked)]
    keys = pd.MultiIndex.from_frame(out[["object", "stream"]])
    out["points"] *= weight.reindex(keys).fillna(0.0).to_numpy()
    used = keys.isin(weight.index)
    return out[used].sort_values(["object", "stream", "component"], ignore_index=True)


def _cross_points(cross: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    known = cross["value"].notna()
    total = cross["omega"].where(known, 0.0).groupby(cross["object"]).transform("sum")
    points = (cross["omega"] * cross["value"] / total.where(total > 0)).where(known, 0.0)
    return cross.assign(
        stream="cross", component=cross["concept"], label=cross["concept"].map(plan.concepts), points=points
    )


def _daily_points(daily: DailyScores, plan: Plan) -> pd.DataFrame:
    base = float(plan.choices["daily"]["base"])
    whole = daily.streams.set_index("object")
    share = whole["share"]
    taken = daily.sources.assign(stream="daily", component=daily.sources["source"], label=daily.sources["source_name"])
    taken["points"] = -(1 - taken["object"].map(share)) * taken["points"]
    graded = daily.measures.assign(
        stream="daily", component="measure_" + daily.measures["measure"], label=daily.measures["name"]
    )
    known = graded["score"].notna()
    left = graded["weight"].where(known, 0.0).groupby(graded["object"]).transform("sum")
    graded["points"] = (graded["object"].map(share) * graded["weight"] * graded["score"] / left.where(left > 0)).fillna(
        0.0
    )
    given_back = whole["base_left"] - (base - whole["points"])
    rest = pd.DataFrame(
        {
            "object": whole.index, "class_id": whole["class_id"].to_numpy(), "stream": "daily", "component": "base",
            "label": "起评分", "points": ((1 - share) * (base + given_back)).to_numpy(),
        }
    )  # fmt: skip
    columns = ["object", "class_id", *KEYS, "points"]
    return pd.concat([taken[columns], graded[columns], rest], ignore_index=True)


def explain(target: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Difference of a target to a reference, component by component.

    Parameters
    ----------
    target, reference : DataFrame
        `components` of one target and of what it is compared with (another target, or `mean_of`).

    Returns
    -------
    DataFrame
        stream, component, label, delta; a component that one of them lacks counts 0 there. The
        deltas add to the difference of the composites within 1e-9.
    """
    mine = target.set_index(KEYS)["points"]
    other = reference.set_index(KEYS)["points"]
    index = mine.index.union(other.index, sort=True)
    delta = mine.reindex(index, fill_value=0.0) - other.reindex(index, fill_value=0.0)
    return delta.rename("delta").reset_index()


def mean_of(parts: pd.DataFrame) -> pd.DataFrame:
    """Mean points by component over the targets in `parts`; a target without a component counts 0."""
    n = parts["object"].nunique()
    return (parts.groupby(KEYS)["points"].sum() / max(n, 1)).reset_index()


def next_above(scores: pd.Series) -> dict[str, str]:
    """The nearest target that scores higher, for each but the first; the first by code among equals."""
    known = scores.dropna()
    out: dict[str, str] = {}
    for code, score in known.items():
        higher = known[known > score + TOLERANCE]
        if len(higher):
            nearest = higher[higher <= higher.min() + TOLERANCE]
            out[str(code)] = min(str(c) for c in nearest.index)
    return out


def contributions(parts: pd.DataFrame, scores: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The table `contributions`: every ranked target against its class mean and the next above.

    Parameters
    ----------
    parts : DataFrame
        `components`.
    scores : DataFrame
        `kaohe.grade.composite.composite` with names.

    Notes
    -----
    C_c − C_q = Σ_k w_k Σ_i ω_i (v_ci − v_qi), exact. Components that are the same for the whole
    class by construction (the daily base) are left out.
    """
    names = dict(zip(scores["object"], scores["name"], strict=True))
    out = []
    for class_id, part in parts.groupby("class_id", sort=False):
        table = part.pivot_table(
            index="object", columns=KEYS, values="points", aggfunc="sum", fill_value=0.0, sort=True
        )
        ranked = scores[scores["class_id"] == class_id].set_index("object")["composite"]
        values = table.to_numpy()
        keep = np.ptp(values, axis=0) > 0
        keep |= np.array([component != "base" for _, component, _ in table.columns])
        heads = table.columns[keep].to_frame(index=False)
        mean = values.mean(axis=0)
        at = {code: i for i, code in enumerate(table.index)}
        above = next_above(ranked)
        for code, i in at.items():
            out.append(_rows(code, MEAN, "同类平均", values[i] - mean, keep, heads))
            if code in above:
                other = above[code]
                out.append(_rows(code, NEXT, names[other], values[i] - values[at[other]], keep, heads))
    columns = ["object", "reference", "reference_name", *KEYS, "delta"]
    frame = pd.concat(out, ignore_index=True) if out else pd.DataFrame(columns=columns)
    frame["class_id"] = frame["object"].map(dict(zip(scores["object"], scores["class_id"], strict=True)))
    frame["stream_name"] = frame["stream"].map(plan.streams)
    return frame


def _rows(
    code: str, reference: str, name: str, delta: np.ndarray, keep: np.ndarray, heads: pd.DataFrame
) -> pd.DataFrame:
    return heads.assign(object=code, reference=reference, reference_name=name, delta=delta[keep])
