"""Response propensity: the chance to answer from what is known of everyone, by logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Propensity:
    """A fitted response model.

    Attributes
    ----------
    p : float array, one a record
        Estimated probability of an answer.
    coefficients : dict of str to float
    iterations : int
    """

    p: Floats
    coefficients: dict[str, float]
    iterations: int


def design_columns(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[list[str], Floats]:
    """Intercept, numeric columns as they are, categories as 0/1 columns without their first level."""
    names, parts = ["(Intercept)"], [np.ones(len(frame))]
    for column in columns:
        series = frame[column]
        if pd.api.types.is_numeric_dtype(series):
            names.append(column)
            parts.append(series.to_numpy(dtype=float, na_value=np.nan))
            continue
        codes, levels = pd.factorize(series, sort=True)
        for k, level in enumerate(levels[1:], start=1):
            names.append(f"{column}{level}")
            parts.append(np.where(codes < 0, np.nan, (codes == k).astype(float)))
    return names, np.column_stack(parts)


def fit_propensity(
    frame: pd.DataFrame, columns: Sequence[str], *, responded: str, weight: str | None = None, max_iter: int = 100
) -> Propensity:
    """Logistic regression of response by maximum likelihood, without penalty.

    Parameters
    ----------
    frame : DataFrame
        All eligible sampled records.
    columns : sequence of str
        Numeric columns, or categories.
    responded : str
        Column of 0 and 1 or booleans.
    weight : str, optional
        Weight of the records in the fit (pseudo maximum likelihood); none: all alike.

    Raises
    ------
    InputRefused
        K313 for missing predictors, dependent columns, or a response that the columns foretell
        exactly (no finite solution).

    Notes
    -----
    Newton's method (iteratively re-weighted least squares), as R glm with family binomial and
    svyglm with quasibinomial.
    """
    faults.need(frame, [*columns, responded, *([weight] if weight else [])], "propensity")
    names, x = design_columns(frame, columns)
    y = frame[responded].to_numpy(dtype=float)
    w = frame[weight].to_numpy(dtype=float) if weight else np.ones(len(frame))
    if not np.isfinite(x).all() or np.isnan(y).any():
        raise _unfit("missing or infinite values", "a finite value of each predictor for every sampled record")
    beta = np.zeros(x.shape[1])
    step, change = 0, np.full(x.shape[1], np.inf)
    while np.max(np.abs(change)) > 1e-13 * max(1.0, float(np.max(np.abs(beta)))) and step < max_iter:
        step += 1
        p = 1 / (1 + np.exp(-(x @ beta)))
        information = x.T @ (x * (w * p * (1 - p))[:, None])
        if not np.linalg.cond(information) < 1e14:
            raise _unfit("columns that depend on one another, or foretell the response exactly", "fewer predictors")
        change = np.linalg.solve(information, x.T @ (w * (y - p)))
        beta = beta + change
    if np.max(np.abs(change)) > 1e-8:
        raise _unfit(f"no convergence in {max_iter} steps", "fewer predictors")
    p = 1 / (1 + np.exp(-(x @ beta)))
    return Propensity(p, dict(zip(names, beta.tolist(), strict=True)), step)


def _unfit(got: str, expected: str) -> InputRefused:
    return InputRefused(
        "K313", "The response model cannot be fitted", got=got, expected=expected, remedy="or use weighting classes"
    )


def propensity_classes(p: Floats, classes: int = 5) -> Ints:
    """Classes 1 to `classes` of about equal numbers of records, by rank of the propensity; ties stay together.

    Notes
    -----
    Class limits are the type 7 quantiles of the minimum ranks (Rosenbaum & Rubin 1984 for five
    classes).
    """
    order = np.sort(p)
    rank = np.searchsorted(order, p, side="left") + 1.0
    edges = np.quantile(rank, np.arange(1, classes) / classes)
    return np.asarray(1 + np.searchsorted(edges, rank, side="left"), dtype=np.int64)


def class_factors(frame: pd.DataFrame, classes: Ints, *, responded: str, weight: str) -> Floats:
    """Factor of each record: weight of its class over the weight of the class's respondents.

    Raises
    ------
    InputRefused
        K312 for a class without respondents.
    """
    w = frame[weight].to_numpy(dtype=float)
    r = frame[responded].to_numpy(dtype=float)
    top = np.bincount(classes, weights=w)
    bottom = np.bincount(classes, weights=w * r)
    empty = np.flatnonzero((bottom <= 0) & (top > 0))
    if len(empty):
        raise InputRefused(
            "K312", "Nobody answered", where=f"propensity class {faults.few(empty)}", got="0 respondents",
            expected="at least one answer", remedy="form fewer classes",
        )  # fmt: skip
    return np.asarray(np.divide(top, bottom, out=np.ones_like(top), where=bottom > 0)[classes])
