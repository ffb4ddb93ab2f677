"""Differences between domains or variables with their covariance, and tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.structure import Floats
from kaohe.estimate import intervals
from kaohe.estimate.linear import ONE, score_matrix
from kaohe.estimate.variance import covariance

if TYPE_CHECKING:
    from kaohe.estimate.survey import Design


def joint_means(design: Design, variable: str, codes: np.ndarray, n_domains: int) -> tuple[Floats, Floats]:
    """Means of a variable in every domain, and their joint covariance over the whole design."""
    num = design.values([variable])
    scores = np.zeros((len(num), n_domains))
    means = np.full(n_domains, np.nan)
    for d in range(n_domains):
        inside = codes == d
        rows, own = score_matrix(design.structure, design.blocks, design.w, num, ONE, inside)
        scores[rows, d] = own[:, 0]
        ok = inside & ~np.isnan(num[:, 0])
        means[d] = np.average(num[ok, 0], weights=design.w[ok])
    order = design.structure.order
    return means, covariance(design.structure, order, scores[order], residuals=bool(design.blocks))


def contrast_means(
    design: Design, variable: str, by: Any, weights: Mapping[Any, float], where: Any, level: float
) -> pd.DataFrame:
    """A weighted sum of domain means with its error; see `Design.contrast`."""
    codes, domains = design.domains(by, where)
    labels = [tuple(row) if len(row) > 1 else row[0] for row in domains.itertuples(index=False, name=None)]
    unknown = [k for k in weights if k not in labels]
    if unknown or not weights:
        raise InputRefused(
            "K421", "A contrast names an unknown domain", got=", ".join(str(k) for k in unknown) or "no domain",
            expected=", ".join(str(k) for k in labels[:6]),
        )  # fmt: skip
    chosen = [labels.index(k) for k in weights]
    kept = np.full(len(codes), -1, dtype=np.int64)
    for new, old in enumerate(chosen):
        kept[codes == old] = new
    means, cov = joint_means(design, variable, kept, len(chosen))
    c = np.array([float(v) for v in weights.values()])
    union = np.where(kept >= 0, 0, -1).astype(np.int64)
    values = design.values([variable])
    numbers = design.numbers(values, ONE, union, 1)
    each = design.numbers(values, ONE, kept, len(chosen))
    sure = bool((each.df > 0).all())
    estimate, se = float(c @ means), float(np.sqrt(c @ cov @ c)) if sure else np.nan
    df = float(numbers.df[0, 0])
    low, high = intervals.t_interval(np.array(estimate), np.array(se), np.array(df), level)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = float(np.divide(estimate, se)) if se else np.nan
    return pd.DataFrame({
        "variable": [variable], "estimate": [estimate], "se": [se], "ci_low": [float(low)], "ci_high": [float(high)],
        "df": [df], "t": [t], "p_value": [_two_sided(t, df)], "n": [int(numbers.n[0, 0])],
        "quality": ["ok" if sure else "not_estimable"],
    })  # fmt: skip


def _two_sided(t: float, df: float) -> float:
    from scipy import stats

    return float(2 * stats.t.sf(abs(t), df)) if df > 0 else np.nan


def equal_means(design: Design, variable: str, by: Any, where: Any) -> pd.DataFrame:
    """Wald test that a mean is the same in every domain; see `Design.test`."""
    from scipy import stats

    codes, domains = design.domains(by, where)
    means, cov = joint_means(design, variable, codes, len(domains))
    k = len(domains)
    matrix = np.hstack([-np.ones((k - 1, 1)), np.eye(k - 1)])
    union = np.where(codes >= 0, 0, -1).astype(np.int64)
    values = design.values([variable])
    df = float(design.numbers(values, ONE, union, 1).df[0, 0])
    difference = matrix @ means
    chi = float(difference @ np.linalg.solve(matrix @ cov @ matrix.T, difference))
    rest = df - (k - 1) + 1
    f = chi / (k - 1) * rest / df
    return pd.DataFrame({
        "variable": [variable], "domains": [k], "wald": [chi], "f": [f], "df_1": [k - 1], "df_2": [rest],
        "p_value": [float(stats.f.sf(f, k - 1, rest)) if rest > 0 else np.nan],
    })  # fmt: skip
