"""How far the result hangs on the office's choices: what-ifs, never mixed with sampling error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan, Scale
from kaohe.grade.ranks import TOLERANCE, rank_array

SOURCES = {
    "scale": "随机赋分",
    "alternative_scale": "备选赋分",
    "item_weights": "指标权重",
    "stream_weights": "来源权重",
    "leave_one_out": "去掉一项指标",
    "cuts": "分等界限",
}
BASE = "基准"
MIDDLE = "随机赋分：名次居中"
QUANTILES = ((0.05, "随机赋分：名次偏前（5%）"), (0.5, MIDDLE), (0.95, "随机赋分：名次偏后（95%）"))
Scenarios = Iterator[tuple[str, str, np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class ClassScores:
    """What the composites of one class are made of; ranked targets only.

    Attributes
    ----------
    class_id : str
    objects : list of str
    shares : array, targets × items × grades (best first)
        Which grade each item has (0/1, or the shares behind field evidence); 0 where none.
    omega : array, targets × items
        Item weights, 0 for items without a grade.
    groups : list of str
        Group of each item, for equal group weights.
    concepts : list of str
        Short name of each item.
    others : array, targets × streams
        Scores of all streams; the cross column is computed anew.
    weights : array, targets × streams
    cross : int
        Column of the cross stream.
    caps : array of int
        Position of the lowest cap of a fired rule among the grades, 0 without one.
    """

    class_id: str
    objects: list[str]
    shares: np.ndarray
    omega: np.ndarray
    groups: list[str]
    concepts: list[str]
    others: np.ndarray
    weights: np.ndarray
    cross: int
    caps: np.ndarray

    def scores(
        self, values: np.ndarray, *, omega: np.ndarray | None = None, weights: np.ndarray | None = None
    ) -> np.ndarray:
        """Composites under other values of grades, item weights or stream weights."""
        omega = self.omega if omega is None else omega
        weights = self.weights if weights is None else weights
        total = omega.sum(axis=1)
        cross = (omega * (self.shares @ values)).sum(axis=1) / np.where(total > 0, total, 1.0)
        streams = self.others.copy()
        streams[:, self.cross] = cross
        out: np.ndarray = np.where(weights > 0, weights * np.where(weights > 0, streams, 0.0), 0.0).sum(axis=1)
        return out

    def grades(self, scores: np.ndarray, cuts: np.ndarray) -> np.ndarray:
        """Positions of grades (0 best) by cut-offs from the best down, after caps."""
        codes: np.ndarray = (scores[..., None] < cuts - TOLERANCE).sum(axis=-1)
        capped: np.ndarray = np.maximum(codes, self.caps)
        return capped


def class_scores(
    class_id: str, index: pd.DataFrame, streams: pd.DataFrame, scores: pd.DataFrame, plan: Plan
) -> ClassScores:
    """Arrays of one class from the built frames.

    Parameters
    ----------
    class_id : str
    index : DataFrame
        `kaohe.grade.cross.index_items`.
    streams : DataFrame
        Weighted streams.
    scores : DataFrame
        Composite with `cap`.
    """
    ranked = scores[(scores["class_id"] == class_id) & scores["composite"].notna()].sort_values("object")
    objects = ranked["object"].tolist()
    cls = plan.classes[class_id]
    items = plan.forms[cls.form].items
    part = index[index["object"].isin(objects)].sort_values(["object", "item"])
    n, k, g = len(objects), len(items), len(plan.grades)
    shares = part[[f"p{c}" for c in range(g)]].fillna(0.0).to_numpy(dtype="float64").reshape(n, k, g)
    known = part["value"].notna().to_numpy().reshape(n, k)
    names = list(cls.streams)
    own = streams[streams["object"].isin(objects)]
    order = plan.scale.order
    return ClassScores(
        class_id, objects, shares, part["omega"].to_numpy(dtype="float64").reshape(n, k) * known,
        [i.group for i in items], [plan.concepts[i.concept] for i in items],
        own.pivot(index="object", columns="stream", values="score").reindex(index=objects, columns=names).to_numpy(dtype="float64"),
        own.pivot(index="object", columns="stream", values="weight").reindex(index=objects, columns=names).to_numpy(dtype="float64"),
        names.index("cross"), np.array([order.index(c) if c else 0 for c in ranked["cap"]], dtype=np.int64),
    )  # fmt: skip


def _values(scale: Scale) -> np.ndarray:
    return np.array([scale.values[g] for g in scale.order])


def _cuts(scale: Scale) -> np.ndarray:
    return np.array([scale.cuts[g] for g in scale.order[:-1]])


def random_scales(plan: Plan, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Scales with the ends fixed and the inner grades sorted uniforms between them, best first."""
    values = _values(plan.scale)
    inner = np.sort(rng.uniform(values[-1], values[0], (draws, len(values) - 2)), axis=1)[:, ::-1]
    ends = np.ones((draws, 1))
    return np.concatenate([ends * values[0], inner, ends * values[-1]], axis=1)


def group_weights(data: ClassScores, weighting: str) -> np.ndarray:
    """Item weights under the other rule: equal groups where items are equal, and the other way round."""
    used = (data.omega > 0).astype("float64")
    if weighting == "equal_groups":
        return used
    out = np.zeros_like(used)
    for group in dict.fromkeys(data.groups):
        inside = np.array([g == group for g in data.groups])
        size = used[:, inside].sum(axis=1, keepdims=True)
        out[:, inside] = used[:, inside] / np.where(size > 0, size, 1.0)
    return out


def scenarios(data: ClassScores, plan: Plan) -> Scenarios:
    """The scenarios that are not random: source, name, scores, cut-offs."""
    values, cuts = _values(plan.scale), _cuts(plan.scale)
    for scale in plan.alternative_scales:
        yield "alternative_scale", scale.name, data.scores(_values(scale)), _cuts(scale)
    rule = str(plan.choices["items"]["weighting"])
    name = "各组等权" if rule == "equal_items" else "各项等权"
    yield "item_weights", name, data.scores(values, omega=group_weights(data, rule)), cuts
    for k, stream in enumerate(plan.classes[data.class_id].streams):
        for factor, word in ((0.75, "−25%"), (1.25, "+25%")):
            weights = data.weights.copy()
            weights[:, k] *= factor
            weights /= weights.sum(axis=1, keepdims=True)
            yield "stream_weights", f"{plan.streams[stream]}权重{word}", data.scores(values, weights=weights), cuts
    for i, concept in enumerate(data.concepts):
        omega = data.omega.copy()
        omega[:, i] = 0.0
        yield "leave_one_out", f"去掉第{i + 1}项 {concept}", data.scores(values, omega=omega), cuts
    base = data.scores(values)
    for shift in (-2.0, -1.0, 1.0, 2.0):
        yield "cuts", f"界限{'+' if shift > 0 else '−'}{abs(shift):.0f}分", base, cuts + shift


def class_sensitivity(
    data: ClassScores, plan: Plan, *, rng: np.random.Generator, draws: int = 1000
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Ranks and grades of one class under other choices.

    Parameters
    ----------
    data : ClassScores
    plan : Plan
        The choices in force are the base; scores within its tolerance share a rank in every scenario.
    rng : Generator
        Source of the random scales.
    draws : int
        Number of random scales.

    Returns
    -------
    rows : DataFrame
        object, class_id, source, source_name, scenario, score, rank, grade; scenario 基准 in every
        source. Of the random scales three rows a target: quantiles of score, rank and grade, each
        taken by itself.
    summary : DataFrame
        class_id, source, source_name, scenarios, mean_shift and max_shift (of ranks, over targets
        and scenarios), grade_changes (targets whose grade changes in any scenario; of the random
        scales, in the three rows shown) and middle_changes (of the random scales, targets whose grade
        changes in the middle row; NaN for the others).

    Notes
    -----
    Random scales: cut-offs half way between neighbouring values, since values and cut-offs are one
    object. Stream weights are law: ±25 % is a what-if. Grades are after the caps of fired rules.
    """
    order = np.array(plan.scale.order, dtype=object)
    base = data.scores(_values(plan.scale))
    tolerance = float(plan.choices["ties"]["tolerance"])
    base_rank = rank_array(base, tolerance)
    base_grade = data.grades(base, _cuts(plan.scale))
    found: dict[str, list[tuple[str, np.ndarray, np.ndarray, np.ndarray]]] = {s: [] for s in SOURCES}
    for source, name, scores, cuts in scenarios(data, plan):
        found[source].append((name, scores, rank_array(scores, tolerance), data.grades(scores, cuts)))
    drawn = random_scales(plan, draws, rng)
    scale_scores = np.stack([data.scores(v) for v in drawn]) if data.objects else np.zeros((draws, 0))
    scale_cuts = (drawn[:, :-1] + drawn[:, 1:]) / 2
    scale_grades = np.maximum((scale_scores[..., None] < scale_cuts[:, None, :] - TOLERANCE).sum(axis=-1), data.caps)
    scale_ranks = rank_array(scale_scores, tolerance)
    rows, summary = [], []
    for source, label in SOURCES.items():
        shown = [(BASE, base, base_rank, base_grade), *found[source]]
        if source == "scale":
            ranked, graded = scale_ranks, scale_grades
            shown += [_quantile(q, name, scale_scores, ranked, graded) for q, name in QUANTILES] if data.objects else []
        else:
            ranked = np.stack([f[2] for f in found[source]]) if found[source] else np.zeros((0, len(base)))
            graded = np.stack([f[3] for f in found[source]]) if found[source] else np.zeros((0, len(base)))
        for name, scores, rank, grade in shown:
            rows.append(
                pd.DataFrame(
                    {
                        "object": data.objects, "class_id": data.class_id, "source": source, "source_name": label,
                        "scenario": name, "score": scores, "rank": rank, "grade": order[grade.astype(int)],
                    }
                )
            )  # fmt: skip
        shift = np.abs(ranked - base_rank)
        summary.append(
            {
                "class_id": data.class_id, "source": source, "source_name": label, "scenarios": len(ranked),
                "mean_shift": float(shift.mean()) if shift.size else np.nan,
                "max_shift": float(shift.max()) if shift.size else np.nan,
                "grade_changes": _changed(graded if source != "scale" else [f[3] for f in shown[1:]], base_grade),
                "middle_changes": _changed([f[3] for f in shown if f[0] == MIDDLE], base_grade) if source == "scale" else np.nan,
            }
        )  # fmt: skip
    return pd.concat(rows, ignore_index=True), pd.DataFrame(summary)


def _changed(graded: np.ndarray | list[np.ndarray], base: np.ndarray) -> int:
    """How many targets have another grade in any of these rows."""
    return int((np.stack(list(graded)) != base).any(axis=0).sum()) if len(graded) else 0


def _quantile(
    q: float, name: str, scores: np.ndarray, ranked: np.ndarray, graded: np.ndarray
) -> tuple[str, np.ndarray, np.ndarray, np.ndarray]:
    return (
        name, np.quantile(scores, 1 - q, axis=0), np.quantile(ranked, q, axis=0, method="nearest"),
        np.quantile(graded, q, axis=0, method="nearest"),
    )  # fmt: skip


def without_ranks(rows: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """The rows with one base row a source for targets that are not ranked: no score, no rank."""
    absent = people[~people["object"].isin(rows["object"])]
    blank = absent[["object", "class_id"]].merge(
        pd.DataFrame({"source": list(SOURCES), "source_name": list(SOURCES.values())}), how="cross"
    )
    return pd.concat([rows, blank.assign(scenario=BASE, score=np.nan, rank=np.nan, grade="")], ignore_index=True)
