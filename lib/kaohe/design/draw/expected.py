"""What standard errors a drawn sample lets one expect, before anybody is asked."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

from kaohe.design.draw.planning import Planning

PROVINCE = "province"


def expected_errors(
    sample: pd.DataFrame, frame: pd.DataFrame, planning: Planning, *, level: float = 0.95
) -> pd.DataFrame:
    """Expected standard errors of a share by city and for all, from the weights that were drawn.

    Parameters
    ----------
    sample : DataFrame
        One row a sampled household: city, town, village, weight.
    frame : DataFrame
        The register of villages as from `with_places`: village, town, city, n_households.
    planning : Planning
        The share and how its variance lies between towns, villages and households.
    level : float
        Confidence of the interval whose half width is given, by the normal distribution.

    Returns
    -------
    DataFrame
        domain (city code, or ``province``), n, n_towns, n_villages, se, half_width (of the interval), deff
        (over that of a simple random sample of n), deff_weights (Kish).

    Notes
    -----
    Model: y = μ + a_town + b_village + e with the parts of the variance of `planning`. The error of
    the weighted mean against the mean of the register is a linear form in these effects, so its
    expected square is exact for the weights at hand, with every finite-population correction:
    σ² [ρ_t Σ (α_t − A_t)² + ρ_v Σ (α_v − A_v)² + (1 − ρ_t − ρ_v)(Σ α_i² − 1/N)], α the shares of the
    weights, A those of the register's households; sums over all towns and villages of the register,
    drawn or not. Särndal, Swensson & Wretman (1992), chapter 12 (anticipated variance); Valliant,
    Dorfman & Royall (2000), chapter 8. Deff: Kish (1965), section 8.2; (1992).
    """
    z = NormalDist().inv_cdf(0.5 + level / 2)
    rows = []
    for domain, units in [(PROVINCE, frame), *frame.groupby("city", sort=True)]:
        taken = sample if domain == PROVINCE else sample[sample["city"] == domain]
        if len(taken):
            rows.append({"domain": str(domain), **_errors(taken, units, planning, z)})
    return pd.DataFrame(rows)


def _errors(sample: pd.DataFrame, frame: pd.DataFrame, planning: Planning, z: float) -> dict[str, float]:
    w = sample["weight"].to_numpy(float)
    alpha, total = w / w.sum(), float(frame["n_households"].sum())
    parts = []
    for level in ("town", "village"):
        there = frame.groupby(level)["n_households"].sum() / total
        drawn = pd.Series(alpha).groupby(sample[level].to_numpy()).sum().reindex(there.index, fill_value=0.0)
        parts.append(float(np.sum((drawn - there) ** 2)))
    within = max(float(np.sum(alpha**2)) - 1 / total, 0.0)
    rho = (planning.icc_town, planning.icc_village)
    sigma2 = planning.share * (1 - planning.share)
    variance = sigma2 * (rho[0] * parts[0] + rho[1] * parts[1] + (1 - sum(rho)) * within)
    se = variance**0.5
    return {
        "n": len(w), "n_towns": sample["town"].nunique(), "n_villages": sample["village"].nunique(), "se": se,
        "half_width": z * se, "deff": variance / (sigma2 / len(w)),
        "deff_weights": len(w) * float(np.sum(w**2)) / float(w.sum()) ** 2,
    }  # fmt: skip
