"""What would have made it better: points lost by item, the cheapest way to the next grade, swap weights."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan, Scale
from kaohe.grade.composite import LACKING, SETTLED
from kaohe.grade.explain import next_above
from kaohe.grade.ranks import TOLERANCE, lower_grade

TOP, REACHED, SHORT, BLOCKED = "已是最高等次", "提升指标可达", "仅提升指标不足", "受限"


def lost_points(parts: pd.DataFrame, index: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The table `lost_points`: how far each component of a target is from full marks.

    Parameters
    ----------
    parts : DataFrame
        `kaohe.grade.explain.components`.
    index : DataFrame
        `kaohe.grade.cross.index_items`.
    plan : Plan

    Returns
    -------
    DataFrame
        object, class_id, stream, stream_name, component, label, weight, points, lost (points of the
        composite; they add to 100 − C), grade (of an index item) and step (what one step up on this
        item is worth in the composite; 0 at the best grade, NaN for what has no grade).
    """
    out = parts.assign(lost=100.0 * parts["weight"] - parts["points"], stream_name=parts["stream"].map(plan.streams))
    graded = index[(index["state"] == "graded") & (index["basis"] == "index")]
    grade = graded.set_index(["object", "concept"])["grade"]
    keys = pd.MultiIndex.from_frame(out[["object", "component"]])
    out["grade"] = np.where(out["stream"] == "cross", grade.reindex(keys).fillna("").to_numpy(), "")
    up = {g: sum(step_gains(plan.scale, g)[:1]) for g in plan.scale.order}
    out["step"] = out["weight"] * out["grade"].map(up).astype("float64")
    return out


def step_gains(scale: Scale, grade: str) -> list[float]:
    """Gain in value of each further step up from a grade, first step first.

    Examples
    --------
    >>> scale = Scale("", {"好": 100.0, "较好": 85.0, "一般": 70.0}, {"好": 92.0, "较好": 78.0})
    >>> step_gains(scale, "一般")
    [15.0, 15.0]
    """
    order = scale.order
    ladder = [scale.values[g] for g in reversed(order[: order.index(grade) + 1])]
    return [b - a for a, b in pairwise(ladder)]


def fewest_steps(gains: list[list[float]], gap: float) -> list[int] | None:
    """Steps up on each item that close a gap with the fewest steps in all.

    Parameters
    ----------
    gains : list of list of float
        For each item the gain of its first, second, … step, points of the composite.
    gap : float
        Points to gain.

    Returns
    -------
    list of int or None
        Steps on each item; of equally short ways the one that gains most, and of these the one that
        uses the items that stand first. None when all steps together do not close the gap.

    Notes
    -----
    Exact: most gained with n steps on the first i items, for every n and i (dynamic programming).
    A greedy choice is not enough where a second step on one item is worth more than its first.

    Examples
    --------
    >>> fewest_steps([[1.0, 5.0], [2.0], [2.0]], 5.5)
    [2, 0, 0]
    >>> fewest_steps([[1.0], [2.0]], 4.0) is None
    True
    """
    most = sum(len(g) for g in gains)
    best = np.full(most + 1, -np.inf)
    best[0] = 0.0
    taken = []
    for own in gains:
        total = np.cumsum([0.0, *own])
        tries = np.full((len(total), most + 1), -np.inf)
        for s, gain in enumerate(total):
            tries[s, s:] = best[: most + 1 - s] + gain
        # of equal gains the smaller number of steps: what stands later gives way first
        pick = np.argmax(tries >= tries.max(axis=0) - TOLERANCE, axis=0)
        taken.append(pick)
        best = tries.max(axis=0)
    enough = np.flatnonzero(best >= gap - TOLERANCE)
    if not len(enough):
        return None
    n = int(enough[0])
    steps = []
    for pick in reversed(taken):
        s = int(pick[n])
        steps.append(s)
        n -= s
    return steps[::-1]


def way_up(scores: pd.DataFrame, lost: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The table `way_up`: the cheapest way of every target to its next better grade.

    Parameters
    ----------
    scores : DataFrame
        Composite after caps and decisions: object, class_id, composite, grade_score, grade_final,
        status, cap, doubt.
    lost : DataFrame
        `lost_points`.
    plan : Plan

    Returns
    -------
    DataFrame
        object, class_id, from_grade (final), to_grade, cut, gap (points of the composite up to it),
        steps (item steps in all, NaN where there is no way), items (which, in words), after (composite
        then) and state: 已是最高等次, 提升指标可达, 仅提升指标不足, 受限 with the reason in `why`.

    Notes
    -----
    Only items of the index table are moved, one grade at a time; the weakest come first among equals.
    A grade held down by a rule that fired, by a fact that is not known, or by a decision is not
    reached by items: no steps are given.
    """
    order = plan.scale.order
    own = {str(code): part for code, part in lost[lost["step"].notna()].groupby("object")}
    rows = []
    for s in scores.itertuples():
        row: dict[str, object] = {
            "object": s.object, "class_id": s.class_id, "from_grade": s.grade_final, "to_grade": "", "cut": np.nan,
            "gap": np.nan, "steps": np.nan, "items": "", "after": np.nan, "state": BLOCKED, "why": "",
        }  # fmt: skip
        rows.append(row)
        if s.status == LACKING:
            row["why"] = "缺数据，没有综合得分"
            continue
        held = _held(s, order)
        if held:
            row["why"] = held
            continue
        if s.grade_final == order[0]:
            row["state"] = TOP
            continue
        better = order[order.index(s.grade_final) - 1]
        cut = plan.scale.cuts[better]
        row |= {"to_grade": better, "cut": cut, "gap": cut - s.composite if s.composite < cut - TOLERANCE else np.nan}
        if s.cap and order.index(better) < order.index(s.cap):
            row["why"] = f"已触发等次限制规则，最高为{s.cap}"
            continue
        if s.doubt and order.index(better) < order.index(s.doubt):
            row["why"] = f"有事实待核，认定之前不得高于{s.doubt}"
            continue
        items = own.get(str(s.object))
        if items is None:
            row |= {"state": SHORT, "why": "没有指标表等次"}
            continue
        weakest = items.assign(place=[-order.index(g) for g in items["grade"]]).sort_values(
            ["place", "component"], kind="stable"
        )
        gains = [
            [w * g for g in step_gains(plan.scale, grade)]
            for w, grade in zip(weakest["weight"], weakest["grade"], strict=True)
        ]
        steps = fewest_steps(gains, float(cut - s.composite))
        if steps is None:
            row |= {"state": SHORT, "after": s.composite + sum(map(sum, gains)), "why": "指标全部为“好”仍不足"}
            continue
        moved = [
            (i.label, i.grade, order[order.index(i.grade) - n])
            for i, n in zip(weakest.itertuples(), steps, strict=True)
            if n
        ]
        gain = sum(sum(g[:n]) for g, n in zip(gains, steps, strict=True))
        row |= {
            "state": REACHED, "steps": float(sum(steps)), "after": s.composite + gain,
            "items": "；".join(f"{label}（{a}→{b}）" for label, a, b in moved),
        }  # fmt: skip
    return pd.DataFrame(rows)


def _held(s: object, order: list[str]) -> str:
    """Why the final grade is not the one by score and rules; "" when it is."""
    if s.status != SETTLED:  # type: ignore[attr-defined]
        return "有事实待核，先行认定"
    by_rule = lower_grade(s.grade_score, s.cap, order)  # type: ignore[attr-defined]
    return "" if s.grade_final == by_rule else "等次已由人工决定调整"  # type: ignore[attr-defined]


def swap_weight(one: pd.Series, other: pd.Series, weights: pd.Series, stream: str) -> float:
    """The weight of a stream at which two targets score the same.

    Parameters
    ----------
    one, other : Series
        Stream scores of two targets by stream.
    weights : Series
        Weights by stream, adding to 1; the other streams keep their proportions.
    stream : str
        Which weight moves.

    Returns
    -------
    float
        Above 0 and below 1; NaN where no such weight makes them equal, or every weight does.

    Notes
    -----
    w S_a + (1 − w) R_a = w S_b + (1 − w) R_b with R the weighted mean of the other streams, so
    w* = ΔR / (ΔR − ΔS).

    Examples
    --------
    >>> weights = pd.Series({"cross": 0.6, "daily": 0.4})
    >>> float(swap_weight(pd.Series({"cross": 90.0, "daily": 70.0}), pd.Series({"cross": 80.0, "daily": 90.0}), weights, "cross"))
    0.6666666666666666
    """
    gap = (one - other).reindex(weights.index).to_numpy(dtype="float64")
    return _swap(gap, weights.to_numpy(dtype="float64"), list(weights.index).index(stream))


def _swap(gap: np.ndarray, weights: np.ndarray, k: int) -> float:
    """The swap weight of stream `k` from the differences of the stream scores."""
    rest = weights.copy()
    rest[k] = 0.0
    if rest.sum() <= 0:
        return float("nan")
    others = float(gap @ rest / rest.sum())
    bottom = others - float(gap[k])
    if np.isnan(bottom) or abs(bottom) <= TOLERANCE:
        return float("nan")
    found = others / bottom
    return found if TOLERANCE < found < 1 - TOLERANCE else float("nan")


def swap_weights(scores: pd.DataFrame, streams: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The table `swap_weights`: at which weight of a stream a target would overtake the next above.

    Parameters
    ----------
    scores : DataFrame
        Composite: object, name, class_id, composite.
    streams : DataFrame
        Weighted streams; pairs with other weights than the plan's are left out.
    plan : Plan

    Returns
    -------
    DataFrame
        object, class_id, other, other_name, stream, stream_name, nominal, swap (NaN: no weight between
        0 and 1 makes them swap). A what-if: the weights are the plan's.
    """
    names = dict(zip(scores["object"], scores["name"], strict=True))
    plain = ~streams["reweighted"].ne("").groupby(streams["object"]).any()
    rows = []
    for cls in plan.classes.values():
        ranked = scores[scores["class_id"] == cls.id].set_index("object")["composite"]
        own = streams[streams["class_id"] == cls.id].pivot(index="object", columns="stream", values="score")
        own = own.reindex(columns=list(cls.streams))
        values = {str(code): row for code, row in zip(own.index, own.to_numpy(dtype="float64"), strict=True)}
        weights = np.array(list(cls.streams.values()))
        for code, other in next_above(ranked, float(plan.choices["ties"]["tolerance"])).items():
            if not (plain[code] and plain[other]):
                continue
            gap = values[code] - values[other]
            rows += [
                {
                    "object": code, "class_id": cls.id, "other": other, "other_name": names[other], "stream": stream,
                    "stream_name": plan.streams[stream], "nominal": nominal, "swap": _swap(gap, weights, k),
                }
                for k, (stream, nominal) in enumerate(cls.streams.items())
            ]  # fmt: skip
    columns = ["object", "class_id", "other", "other_name", "stream", "stream_name", "nominal", "swap"]
    return pd.DataFrame(rows, columns=columns)
