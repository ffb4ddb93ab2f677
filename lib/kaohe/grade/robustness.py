"""Ranks under other choices, for frames that anyone may put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.grade.composite import composite
from kaohe.grade.cross import cross_streams, index_items
from kaohe.grade.evidence import field_evidence
from kaohe.grade.frames import as_streams, frame_of, index_rows, refuse
from kaohe.grade.inputs import text
from kaohe.grade.sensitivity import class_scores, class_sensitivity


class Sensitivity(NamedTuple):
    """Ranks and grades under other choices.

    Attributes
    ----------
    rows : DataFrame
        object, class_id, source, source_name, scenario, score, rank, grade; scenario 基准 in every source.
    summary : DataFrame
        class_id, source, source_name, scenarios, mean_shift (mean |rank − base rank| over targets and
        scenarios), max_shift, grade_changes (targets with another grade in any scenario), middle_changes (of the
        random scales, those with another grade in the middle one).
    """

    rows: pd.DataFrame
    summary: pd.DataFrame


def sensitivity(
    items: pd.DataFrame, streams: pd.DataFrame, plan: Plan,
    *, caps: pd.Series | Mapping[str, str] | None = None, rng: np.random.Generator | int, draws: int = 1000,
) -> Sensitivity:  # fmt: skip
    """How far ranks and grades hang on the office's choices: what-ifs, not error.

    Parameters
    ----------
    items : DataFrame
        Grades of the index tables: object, item, grade; optional class_id, remark (see
        `kaohe.grade.frames.index_rows`).
    streams : DataFrame
        Scores of the other streams (survey, daily), in either form that `kaohe.grade.composite`
        takes; the cross stream is computed from `items`, one given is not used.
    plan : Plan
        The choices in force are the base.
    caps : Series or dict, optional
        Lowest cap of a fired rule by target, "" or absent without one.
    rng : Generator or int
        Source of the random scales, or its seed.
    draws : int
        Number of random scales.

    Returns
    -------
    Sensitivity
        Targets without a composite are left out.

    Raises
    ------
    KaoheError
        K432 for a frame that cannot be used; K603, K604 as `kaohe.grade.composite`.

    Notes
    -----
    Scale (ends fixed, two sorted uniforms between), alternative scales, item weights (equal items,
    equal groups), stream weights ± 25 % renormalised (a what-if: the plan states them), leave one
    item out, cut-offs ± 1 and ± 2 points. Saisana, Saltelli & Tarantola (2005), JRSS A 168(2).

    Examples
    --------
    >>> from kaohe.base.plan import load_plan
    >>> items = pd.DataFrame([(c, i, g) for c, g in (("440200000000", "好"), ("440500000000", "较好")) for i in range(1, 18)],
    ...                      columns=["object", "item", "grade"])
    >>> other = pd.DataFrame({"object": ["440200000000", "440500000000"], "survey": [80.0, 90.0], "daily": [70.0, 80.0]})
    >>> found = sensitivity(items, other, load_plan(), rng=2020, draws=100).summary
    >>> found.set_index("source").loc["leave_one_out", ["scenarios", "mean_shift"]].tolist()
    [17.0, 0.0]
    """
    rows, people = index_rows(items, plan)
    nothing = field_evidence(_no_evidence(plan), plan)
    index = index_items(rows, people, nothing, plan)
    cross = cross_streams(index, plan)
    cross["weight"] = [plan.classes[c].streams["cross"] for c in cross["class_id"]]
    given = frame_of("streams", streams)
    if "object" not in given.columns:
        raise refuse("streams", f"columns {', '.join(map(str, given.columns))}", "object, stream, score")
    given["object"] = text(given["object"])
    given["class_id"] = given["object"].map(dict(zip(people["object"], people["class_id"], strict=True)))
    given = given[given["class_id"].notna()]
    if "stream" not in given.columns and "cross" not in given.columns:
        given["cross"] = np.nan
    whole = as_streams(given, plan)
    whole = pd.concat([whole[whole["stream"] != "cross"], cross], ignore_index=True)[
        ["object", "class_id", "stream", "score", "weight", "low", "high", "se"]
    ]
    scores = composite(whole, plan)
    scores["cap"] = [("" if caps is None else str(caps.get(o, "") or "")) for o in scores["object"]]
    generator = np.random.default_rng(rng) if isinstance(rng, int) else rng
    made = [
        class_sensitivity(class_scores(c, index, whole, scores, plan), plan, rng=own, draws=draws)
        for c, own in zip(plan.classes, generator.spawn(len(plan.classes)), strict=True)
        if (scores["class_id"] == c).any()
    ]
    return Sensitivity(
        pd.concat([m[0] for m in made], ignore_index=True), pd.concat([m[1] for m in made], ignore_index=True)
    )


def _no_evidence(plan: Plan) -> pd.DataFrame:
    """Field evidence of nobody."""
    shares = {f"g{c}": pd.Series(dtype="float64") for c in range(len(plan.grades))}
    keys = ("about", "concept", "level", "county", "town", "village")
    return pd.DataFrame({**{k: pd.Series(dtype="object") for k in keys}, **shares})
