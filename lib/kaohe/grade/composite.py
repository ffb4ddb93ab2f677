"""The composite: streams weighted by the plan, with bounds where one is missing."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from kaohe.base.errors import KaoheError
from kaohe.base.plan import Plan
from kaohe.grade.frames import as_streams
from kaohe.grade.ranks import bands, ranks

OPEN = "待核"
LACKING = "缺数据"
SETTLED = "已定"


def weigh_streams(streams: pd.DataFrame, decisions: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Streams with the plan's weights, re-weighted only where an office decision says so.

    Parameters
    ----------
    streams : DataFrame
        object, class_id, stream, score, low, high, se, missing_share, note.
    decisions : DataFrame
        Rows of kind 缺项处理 (object, stream by its Chinese name, decision).
    plan : Plan

    Returns
    -------
    DataFrame
        The same rows with stream_name, weight, contribution, state (完整, 缺项, 未收到) and reweighted
        (the decision's number, "" without one). A missing stream that a decision names gets
        weight 0 and the others share its weight in proportion to their own.
    """
    out = streams.copy()
    out["stream_name"] = out["stream"].map(plan.streams)
    nominal = {(c.id, s): w for c in plan.classes.values() for s, w in c.streams.items()}
    out["weight"] = [nominal[k] for k in zip(out["class_id"], out["stream"], strict=True)]
    allowed = decisions[decisions["kind"] == "缺项处理"].drop_duplicates(["object", "stream"])
    by_key = {(d.object, d.stream): d.decision for d in allowed.itertuples()}
    dropped = [
        by_key.get(key, "") if gone else ""
        for key, gone in zip(zip(out["object"], out["stream_name"], strict=True), out["score"].isna(), strict=True)
    ]
    out["reweighted"] = pd.Series(dropped, index=out.index, dtype="object")
    kept = out["weight"].where(out["reweighted"] == "", 0.0)
    left = kept.groupby(out["object"]).transform("sum")
    nothing = left <= 0
    out.loc[nothing, "reweighted"] = ""
    changed = out["reweighted"].ne("").groupby(out["object"]).transform("any")
    out["weight"] = out["weight"].where(~changed, kept / left.where(~nothing, 1.0))
    out["contribution"] = out["weight"] * out["score"]
    out.loc[out["reweighted"] != "", "contribution"] = 0.0
    out["state"] = np.select([out["score"].notna(), out["missing_share"] >= 1 - 1e-12], ["完整", "未收到"], "缺项")
    return out


def composite(streams: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Composite score, bounds, grade by score and rank of every target.

    Parameters
    ----------
    streams : DataFrame
        One row a target and stream of its class: object, stream, score (0 to 100; NaN where not
        available); optional class_id, weight, low, high, se. A frame with one row a target and one
        column a stream will do: see `kaohe.grade.frames.as_streams` for what is filled in.
    plan : Plan
        Scale, tolerance and classes.

    Returns
    -------
    DataFrame
        One row a target in class and code order: object, class_id, one column a stream, composite,
        low, high, se, class_mean, grade_score, rank, tied, n_ranked, band. A target with a missing
        stream has bounds only: no composite, no grade, no rank.

    Raises
    ------
    KaoheError
        K603 when a target's weights do not add to 1; K604 when it lacks a stream row of its class;
        K432 for a frame that cannot be used.

    Notes
    -----
    C = Σ w_k S_k with |Σ w − 1| ≤ 1e-9. Variance w² var(S) of the survey stream; the others carry
    no sampling error. Ranks and means are taken within the class, so that another class changes
    nothing. Plan, section six (four): 30/40/30 for cities, 60/40 for units.

    Examples
    --------
    >>> from kaohe.base.plan import load_plan
    >>> two = pd.DataFrame({
    ...     "object": ["440200000000", "440500000000"], "survey": [80.0, 90.0], "cross": [90.0, 85.0], "daily": [70.0, None],
    ... })
    >>> composite(two, load_plan())[["object", "composite", "low", "high", "grade_score", "rank"]].to_numpy().tolist()
    [['440200000000', 81.0, 81.0, 81.0, '较好', 1.0], ['440500000000', nan, 61.0, 91.0, '', nan]]
    """
    streams = as_streams(streams, plan)
    _check(streams, plan)
    used = streams[streams["weight"] > 0]
    parts = used.assign(
        c=used["weight"] * used["score"], lo=used["weight"] * used["low"], hi=used["weight"] * used["high"],
        v=(used["weight"] * used["se"]) ** 2, gone=used["score"].isna(),
    )  # fmt: skip
    total = parts.groupby(["class_id", "object"], sort=False).agg(
        composite=("c", "sum"), low=("lo", "sum"), high=("hi", "sum"), gone=("gone", "any")
    )
    survey = parts[parts["stream"] == "survey"].set_index(["class_id", "object"])["v"]
    total["se"] = np.sqrt(survey.reindex(total.index))
    total.loc[total["gone"], ["composite", "se"]] = np.nan
    wide = streams.pivot(index="object", columns="stream", values="score").reindex(columns=list(plan.streams))
    out = total.drop(columns="gone").reset_index().join(wide, on="object")
    order = {c: i for i, c in enumerate(plan.classes)}
    out = out.sort_values(["class_id", "object"], key=lambda s: s.map(order) if s.name == "class_id" else s)
    out["class_mean"] = out.groupby("class_id")["composite"].transform("mean")
    out["grade_score"] = [plan.scale.grade(c) if c == c else "" for c in out["composite"]]
    tolerance = float(plan.choices["ties"]["tolerance"])
    placed = [ranks(part.set_index("object")["composite"], tolerance) for _, part in out.groupby("class_id")]
    out = out.join(pd.concat(placed), on="object") if placed else out.assign(rank=np.nan, tied=False, n_ranked=0)
    out["band"] = ""
    for class_id, part in out.groupby("class_id"):
        cls = plan.classes[str(class_id)]
        if cls.kind == "unit":
            named = bands(part.set_index("object")["composite"], step_value(plan, cls.id), tolerance)
            out.loc[part.index, "band"] = named.reindex(part["object"]).to_numpy()
    return out.reset_index(drop=True)


def step_value(plan: Plan, class_id: str) -> float:
    """What one step on one item of the index table is worth in the composite: the smallest step of the scale."""
    cls = plan.classes[class_id]
    values = sorted(plan.scale.values.values())
    step = min(b - a for a, b in itertools.pairwise(values))
    return cls.streams["cross"] * step / len(plan.forms[cls.form].items)


def _check(streams: pd.DataFrame, plan: Plan) -> None:
    for (code, class_id), part in streams.groupby(["object", "class_id"]):
        wanted, have = set(plan.classes[str(class_id)].streams), set(part["stream"])
        if wanted != have or len(part) != len(wanted):
            raise KaoheError(
                "K604", "The streams of a target are not those of its class", where=str(code),
                got=", ".join(sorted(part["stream"])), expected=", ".join(sorted(wanted)),
            )  # fmt: skip
    total = streams.groupby("object")["weight"].sum()
    off = total[(total - 1).abs() > 1e-9]
    if len(off):
        raise KaoheError(
            "K603", "The weights of a target's streams do not add to 1", where=str(off.index[0]),
            got=f"{off.iloc[0]:.12g}", expected="1, within 1e-9",
        )  # fmt: skip


def effective_weights(scores: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The table `effective_weights`: how much of the spread of C each stream makes, beside its nominal weight.

    Parameters
    ----------
    scores : DataFrame
        `composite`.

    Notes
    -----
    w_k · cov(S_k, C) / var(C) over the ranked targets of a class; they add to 1. NaN where fewer
    than two targets are ranked or all composites are equal.
    """
    rows = []
    for cls in plan.classes.values():
        part = scores[(scores["class_id"] == cls.id) & scores["composite"].notna()]
        part = part[part[list(cls.streams)].notna().all(axis=1)]
        whole = part["composite"].to_numpy()
        variance = float(whole.var()) if len(whole) > 1 else 0.0
        for stream, weight in cls.streams.items():
            own = part[stream].to_numpy()
            share = (
                weight * float(((own - own.mean()) * (whole - whole.mean())).mean()) / variance if variance else np.nan
            )
            rows.append(
                {
                    "class_id": cls.id, "stream": stream, "stream_name": plan.streams[stream], "nominal": weight,
                    "effective": share,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)
