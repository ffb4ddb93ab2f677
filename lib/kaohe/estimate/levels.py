"""All questions in all domains of a build: province, cities, counties, helper cities."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from kaohe.base.places import PROVINCE
from kaohe.base.plan import Plan
from kaohe.design.structure import Floats, Ints
from kaohe.estimate import intervals
from kaohe.estimate.indicators import Indicators
from kaohe.estimate.linear import Numbers
from kaohe.estimate.others import AMOUNTS
from kaohe.estimate.planned import planned_effects
from kaohe.estimate.suppress import least_side, top_share
from kaohe.estimate.survey import Design
from kaohe.estimate.totals import sums

LEVELS = {"city": "city", "county": "county", "helper": "helper_city"}


def level_codes(frame: pd.DataFrame, level: str) -> tuple[Ints, list[str]]:
    """Domain codes of a level (province, city, county, helper) and the domains' codes."""
    if level == "province":
        return np.zeros(len(frame), dtype=np.int64), [PROVINCE]
    column = frame[LEVELS[level]]
    names = sorted(set(column) - {""})
    return np.asarray(pd.Index(names).get_indexer(column), dtype=np.int64), [str(n) for n in names]


def domain_estimates(
    design: Design, found: Indicators, plan: Plan, *, kinds: tuple[str, ...] = ("province", *LEVELS), df: str = "units"
) -> pd.DataFrame:
    """All questions in all domains, with intervals; names, quality and suppression come later.

    Parameters
    ----------
    kinds : tuple of str
        Kinds of domain; the first one's design effects plan for shares of 0 and 1 in all.
    df : str
        Degrees of freedom, as in `Design.mean`.
    """
    level = float(plan.choices["survey"]["confidence"])
    amounts = np.array([q.table == "household" and q.unit in AMOUNTS for q in found.questions])
    frames = []
    planned: Floats | None = None
    for kind in kinds:
        codes, names = level_codes(design.frame, kind)
        numbers = design.numbers(found.num, found.den, codes, len(names), df=df)
        if planned is None:
            own = replace(numbers, **{k: getattr(numbers, k)[:1] for k in numbers.__dataclass_fields__})
            draw = plan.choices["draw"]
            together = float(draw["icc_town"]) + float(draw["icc_village"])
            planned = planned_effects(own, (1, len(found.names)), homogeneity=together)[0]
        asked = sums(codes, len(names), (found.asked & (design.w > 0)[:, None]).astype(float))
        frame = _tidy(numbers, asked, found, kind, names, planned, level)
        frame["n_least"] = least_side(found.num, found.den, codes, len(names)).ravel()
        held = np.zeros((len(names), len(amounts)))
        held[:, amounts] = top_share(found.num[:, amounts], codes, len(names), int(plan.disclosure["dominance_n"]))
        frame["top_share"] = held.ravel()
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _tidy(
    numbers: Numbers, asked: Floats, found: Indicators, kind: str, names: list[str], planned: Floats, level: float
) -> pd.DataFrame:
    se = np.sqrt(numbers.variance)
    low, high = intervals.t_interval(numbers.estimate, se, numbers.df, level)
    effect = numbers.deff("wr")
    method = np.full(se.shape, "t", dtype=object)
    for way in ("beta", "logit"):
        k = [i for i, m in enumerate(found.interval) if m == way]
        if not k:
            continue
        plan_k = np.broadcast_to(planned[k], se[:, k].shape)
        low[:, k], high[:, k], edge = intervals.share_interval(
            numbers.estimate[:, k], se[:, k], numbers.df[:, k], numbers.n[:, k], numbers.cap[:, k], plan_k, way, level
        )
        method[:, k] = np.where(edge, "one_sided", way)
        effect[:, k] = np.where(edge, plan_k, effect[:, k])
    unknown = np.isnan(se)
    with np.errstate(invalid="ignore", divide="ignore"):
        cv = np.where(numbers.estimate != 0, se / np.abs(numbers.estimate), np.nan)
    columns = {
        "estimate": numbers.estimate, "se": se, "ci_low": np.where(unknown, np.nan, low),
        "ci_high": np.where(unknown, np.nan, high), "df": numbers.df, "n": numbers.n, "n_psu": numbers.n_psu,
        "n_missing": asked - numbers.n, "deff": effect, "cv": cv, "method": method,
    }  # fmt: skip
    size = len(found.questions)
    out = pd.DataFrame({
        "unit": [q.table for q in found.questions] * len(names), "domain_type": kind,
        "domain": np.repeat(np.array(names, dtype=object), size), "indicator": found.names * len(names),
    })  # fmt: skip
    for name, values in columns.items():
        out[name] = values.ravel()
    for name in ("n", "n_psu", "n_missing"):
        out[name] = out[name].astype(np.int64)
    return out
