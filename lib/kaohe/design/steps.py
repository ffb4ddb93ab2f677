"""Weighting step by step: each function takes a frame and gives it back with a factor and a weight more.

A step called ``x`` adds the columns ``f_x`` and ``w_x`` = weight before · f_x; the columns of all
steps stay, in order, so that `kaohe.design.explain_weight` can show how any weight came about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.calibrate import Calibration
from kaohe.design.columns import numbers, records, weights
from kaohe.design.nonresponse import weighting_classes
from kaohe.design.propensity import class_factors, fit_propensity, propensity_classes

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Weighted:
    """A frame after one step of weighting.

    Attributes
    ----------
    frame : DataFrame
        The rows that went in, in their order, with the columns `factor` and `weight` more.
    weight, factor : str
        The columns added.
    report : DataFrame
        What the step did: classes, targets and what was reached, or limits.
    facts : dict of str to float
        Single numbers, such as iterations, worst, at_bounds, g_min, g_max, trimmed.
    calibration : Calibration or None
        For a calibration: what `kaohe.estimate.Design` must know of it.
    """

    frame: pd.DataFrame
    weight: str
    factor: str
    report: pd.DataFrame
    facts: dict[str, float] = field(default_factory=dict)
    calibration: Calibration | None = None


def added(frame: pd.DataFrame, weight: str, factors: Floats, into: str) -> tuple[pd.DataFrame, str, str]:
    """The frame with f_into and w_into, and their names.

    Raises
    ------
    InputRefused
        K317 where the frame has these columns already.
    """
    factor, new = f"f_{into}", f"w_{into}"
    taken = [c for c in (factor, new) if c in frame.columns]
    if taken:
        raise InputRefused(
            "K317", "A weighting step would overwrite a column", got=", ".join(taken),
            expected="a step with a name of its own", remedy=f"say into='{into}2', or drop the column",
        )  # fmt: skip
    before = numbers(frame, weight, into) if weight else np.ones(len(frame))
    return frame.assign(**{factor: factors, new: before * factors}), new, factor


def base_weights(frame: pd.DataFrame, stages: Mapping[str, tuple[str, str]], *, into: str = "design") -> Weighted:
    """Design weights from the sizes of each stage: the product of N/n, each factor a column.

    Parameters
    ----------
    frame : DataFrame
        One row a record.
    stages : mapping of stage to (population column, sampled column)
        Such as ``{"town": ("N_town", "n_town"), …}``, in the order of selection.
    into : str
        Name of the step; the product is ``w_<into>``.

    Returns
    -------
    Weighted
        With a column ``f_<stage>`` for each stage. Report: stage, f_min, f_mean, f_max.

    Raises
    ------
    InputRefused
        K301 for a missing column, K311 for a stage with more sampled than there are, or sizes
        that are not numbers above 0.

    Notes
    -----
    Särndal, Swensson & Wretman (1992), chapter 4.

    Examples
    --------
    >>> f = pd.DataFrame({"N": [9, 9], "n": [3, 3], "M": [40, 60], "m": [4, 6]})
    >>> base_weights(f, {"town": ("N", "n"), "household": ("M", "m")}).frame[["f_town", "f_household", "w_design"]]
       f_town  f_household  w_design
    0     3.0         10.0      30.0
    1     3.0         10.0      30.0
    """
    records(frame, "base weights")
    pairs = isinstance(stages, Mapping) and all(isinstance(v, tuple | list) and len(v) == 2 for v in stages.values())
    if not pairs or not stages:
        raise InputRefused(
            "K311", "More units were sampled than there are", where="stages", got=str(stages),
            expected="a mapping of stages to pairs of columns (population count, sampled count)",
        )  # fmt: skip
    out, rows = frame, []
    product = np.ones(len(frame))
    for stage, (population, sampled) in stages.items():
        faults.need(frame, [population, sampled], f"stage {stage}")
        big, small = (numbers(frame, c, f"stage {stage}") for c in (population, sampled))
        bad = ~(np.isfinite(big) & np.isfinite(small) & (small > 0) & (big >= small))
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            raise InputRefused(
                "K311", "More units were sampled than there are", where=f"stage {stage} › row {at}",
                got=f"{sampled} = {small[at]:g}, {population} = {big[at]:g}", expected=f"0 < {sampled} at most {population}",
            )  # fmt: skip
        factor = big / small
        product *= factor
        out = out.assign(**{f"f_{stage}": factor})
        rows.append({"stage": stage, "f_min": factor.min(), "f_mean": factor.mean(), "f_max": factor.max()})
    new = f"w_{into}"
    if new in frame.columns:
        out, new, _ = added(frame, "", product, into)
    return Weighted(out.assign(**{new: product}), new, "", pd.DataFrame(rows), {"sum": float(product.sum())})


def nonresponse_classes(
    frame: pd.DataFrame, *, weight: str, responded: str, classes: Sequence[str], partition: str = "",
    min_respondents: int = 1, max_factor: float = np.inf, into: str = "nonresponse",
) -> Weighted:  # fmt: skip
    """Weights of those who answered raised for those of their class who did not; theirs become 0.

    Parameters
    ----------
    frame : DataFrame
        All eligible sampled records.
    weight, responded : str
        Weight before; column of booleans, or 0 and 1.
    classes, partition, min_respondents, max_factor
        See `kaohe.design.nonresponse.weighting_classes`.
    into : str
        Name of the step: the columns ``f_<into>`` and ``w_<into>``.

    Returns
    -------
    Weighted
        With the column ``nr_class``. Report: the classes with n_selected, n_respondents, factor, merged.

    Raises
    ------
    InputRefused
        K301, K302, K312.

    Notes
    -----
    Little & Rubin (2002), section 3.3.

    Examples
    --------
    >>> f = pd.DataFrame({"w": [10.0] * 4, "ok": [True, True, False, True], "k": list("aabb")})
    >>> nonresponse_classes(f, weight="w", responded="ok", classes=["k"]).frame["w_nonresponse"].tolist()
    [10.0, 10.0, 0.0, 20.0]
    """
    records(frame, "nonresponse")
    classes = [classes] if isinstance(classes, str) else list(classes or [])
    faults.need(frame, [weight, responded, *classes, *([partition] if partition else [])], "nonresponse")
    faults.full(frame, [*classes, *([partition] if partition else [])], "nonresponse")
    w = weights(frame, weight, "nonresponse")
    ok = faults.yes_or_no(frame, responded, "nonresponse")
    whole = frame.reset_index(drop=True).assign(**{"(all)": "全部", responded: ok})
    made = weighting_classes(
        whole, weight=weight, responded=responded, classes=classes, partition=partition or "(all)",
        min_respondents=min_respondents, max_factor=max_factor,
    )  # fmt: skip
    out, new, factor = added(frame, weight, np.where(ok, made.factors.to_numpy(float), 0.0), into)
    report = made.account if partition else made.account.drop(columns="(all)")
    facts = {"sum_before": float(w.sum()), "sum_after": float(out[new].sum()), "classes": float(len(report))}
    return Weighted(out.assign(nr_class=made.classes.to_numpy()), new, factor, report, facts)


def nonresponse_propensity(
    frame: pd.DataFrame, predictors: Sequence[str], *, weight: str, responded: str, classes: int = 0,
    weighted: bool = False, into: str = "nonresponse",
) -> Weighted:  # fmt: skip
    """Weights of those who answered divided by their estimated chance to answer; the others' become 0.

    Parameters
    ----------
    frame : DataFrame
        All eligible sampled records; a new frame comes back.
    predictors : list of str
        Columns known of respondents and others; unpenalised logistic regression.
    classes : int
        0 takes 1/p itself; above, that many classes of about equal numbers by rank of p, each with
        the factor of `nonresponse_classes`.
    weighted : bool
        Fit with the weights.
    weight, responded : str
        Weight before; column of booleans, or 0 and 1.
    into : str
        Name of the step: the columns ``f_<into>`` and ``w_<into>``.

    Returns
    -------
    Weighted
        With the column ``propensity``. Report: coefficients, or classes with n, respondents, factor.

    Raises
    ------
    InputRefused
        K301, K312, K313.

    Notes
    -----
    Rosenbaum & Rubin (1984); Little (1986).

    Examples
    --------
    >>> f = pd.DataFrame({"w": 1.0, "ok": [1, 0, 1, 1, 1, 0], "k": list("aabbbb")})
    >>> nonresponse_propensity(f, ["k"], weight="w", responded="ok").frame["w_nonresponse"].round(4).tolist()
    [2.0, 0.0, 1.3333, 1.3333, 1.3333, 0.0]
    """
    records(frame, "nonresponse")
    predictors = [predictors] if isinstance(predictors, str) else list(predictors)
    faults.need(frame, [weight, responded, *predictors], "nonresponse")
    before = weights(frame, weight, "nonresponse")
    if not isinstance(classes, int | np.integer) or classes < 0 or classes == 1:
        raise InputRefused(
            "K313", "The response model cannot be fitted", where="classes", got=str(classes), expected="0, or 2 and more",
        )  # fmt: skip
    ok = faults.yes_or_no(frame, responded, "nonresponse")
    known = frame.assign(**{responded: ok.astype(float)})
    fit = fit_propensity(known, predictors, responded=responded, weight=weight if weighted else None)
    if classes:
        group = propensity_classes(fit.p, classes)
        raised = class_factors(known, group, responded=responded, weight=weight)
        report = (
            pd.DataFrame({"nr_class": group, "n": 1, "n_respondents": ok.astype(int), "factor": raised})
            .groupby("nr_class", as_index=False)
            .agg(n=("n", "sum"), n_respondents=("n_respondents", "sum"), factor=("factor", "first"))
        )
    else:
        raised = 1 / fit.p
        report = pd.DataFrame({"term": list(fit.coefficients), "coefficient": list(fit.coefficients.values())})
    out, new, factor = added(frame, weight, np.where(ok, raised, 0.0), into)
    facts = {
        "p_min": float(fit.p.min()), "p_max": float(fit.p.max()), "iterations": float(fit.iterations),
        "sum_before": float(before.sum()), "sum_after": float(out[new].sum()),
    }  # fmt: skip
    return Weighted(out.assign(propensity=fit.p), new, factor, report, facts)
