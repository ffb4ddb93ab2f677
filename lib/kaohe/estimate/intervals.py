"""Intervals: t for means and totals; logit, Korn–Graubard and asin for shares; 0 and 1 handled."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kaohe.base.errors import InputRefused

Floats = npt.NDArray[np.float64]
METHODS = ("t", "logit", "beta", "asin", "wilson", "likelihood")
ALIASES = {
    "mean": "t", "wald": "t", "xlogit": "logit", "arcsine": "asin", "korn_graubard": "beta", "korn-graubard": "beta",
}  # fmt: skip


def named(method: str, allowed: tuple[str, ...] = METHODS) -> str:
    """The method's own name for itself or another word for it (R's mean and xlogit among them).

    Raises
    ------
    InputRefused
        K404 for an unknown one.
    """
    found = ALIASES.get(method, method)
    if found not in allowed:
        raise InputRefused("K404", "Unknown interval", got=method, expected=", ".join(allowed))
    return found


def quantile_t(p: float, df: Floats) -> Floats:
    """Quantile of Student's t; NaN where df is not above 0."""
    from scipy import stats

    df = np.asarray(df, dtype=float)
    each, place = np.unique(df, return_inverse=True)  # many estimates share few degrees of freedom
    good = each > 0
    found = np.where(good, stats.t.ppf(p, np.where(good, each, 1.0)), np.nan)
    return np.asarray(found[place].reshape(df.shape))


def t_interval(estimate: Floats, se: Floats, df: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """Estimate ± t · se with the domain's degrees of freedom."""
    half = quantile_t(0.5 + level / 2, df) * se
    return estimate - half, estimate + half


def logit_interval(p: Floats, se: Floats, df: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """Interval symmetric on the logit scale, transformed back (Korn & Graubard 1999, section 2.6; svyciprop "xlogit")."""
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.log(p / (1 - p))
        half = quantile_t(0.5 + level / 2, df) * se / (p * (1 - p))
        return 1 / (1 + np.exp(-(centre - half))), 1 / (1 + np.exp(-(centre + half)))


def asin_interval(p: Floats, se: Floats, df: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """Interval symmetric on the arcsine square-root scale (svyciprop "asin")."""
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.arcsin(np.sqrt(p))
        half = quantile_t(0.5 + level / 2, df) * se / (2 * np.sqrt(p * (1 - p)))
    low, high = np.clip(centre - half, 0, np.pi / 2), np.clip(centre + half, 0, np.pi / 2)
    return np.sin(low) ** 2, np.sin(high) ** 2


def effective_n(p: Floats, se: Floats, df: Floats, n: Floats, level: float = 0.95) -> Floats:
    """Korn–Graubard effective sample size p(1 − p)/var, shrunk by (t_{n−1}/t_df)²."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shrink = (quantile_t(0.5 + level / 2, n - 1) / quantile_t(0.5 + level / 2, df)) ** 2
        return np.asarray(p * (1 - p) / se**2 * shrink)


def beta_interval(
    p: Floats, se: Floats, df: Floats, n: Floats, level: float = 0.95, *, cap: Floats | None = None
) -> tuple[Floats, Floats]:
    """Clopper–Pearson limits with the effective sample size.

    Parameters
    ----------
    p, se, df, n : float array
        Share, standard error, degrees of freedom and answers of the domain.
    level : float
        Confidence.
    cap : float array, optional
        Largest effective size allowed (the number of answers, as the NCHS presentation
        standards have it); None for none, as svyciprop(method = "beta").

    Notes
    -----
    Korn & Graubard (1998), Survey Methodology 24, 193–201; capped: Parker et al. (2017), NCHS
    Vital and Health Statistics 2(175).
    """
    from scipy import stats

    size = effective_n(p, se, df, n, level)
    if cap is not None:
        size = np.minimum(size, cap)
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore"):
        good = np.isfinite(size) & (size > 0)
        safe = np.where(good, size, 1.0)
        q = np.where(good, p, 0.5)
        low = stats.beta.ppf(tail, safe * q, safe * (1 - q) + 1)
        high = stats.beta.ppf(1 - tail, safe * q + 1, safe * (1 - q))
    return np.where(good, low, np.nan), np.where(good, high, np.nan)


def wilson_interval(p: Floats, se: Floats, df: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """Score interval with the effective sample size p(1 − p)/var and Student's t (Wilson 1927; Dean & Pagano 2015)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        size = p * (1 - p) / se**2
        c = quantile_t(0.5 + level / 2, df) ** 2 / size
        centre = (p + c / 2) / (1 + c)
        half = np.sqrt(c * (p * (1 - p) + c / 4)) / (1 + c)
    return centre - half, centre + half


def likelihood_interval(p: Floats, se: Floats, df: Floats, n: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """Shares whose binomial likelihood with the effective sample size lies within t²/2 · n/(n − 1) of the largest.

    Notes
    -----
    Rao & Scott (1984) scaling of the likelihood ratio, as svyciprop "likelihood", solved here. There the
    limits are read off straight lines between the points of a spline through the profile, up to 6e-4 off
    for a share of 3 %; its equation solved in R agrees to 1e-9.
    """
    from scipy import optimize

    low, high = np.full(np.shape(p), np.nan), np.full(np.shape(p), np.nan)
    reach = quantile_t(0.5 + level / 2, df)
    for at in np.ndindex(np.shape(p)):
        q, s = float(p[at]), float(se[at])
        many = float(np.broadcast_to(n, np.shape(p))[at])
        t = float(np.broadcast_to(reach, np.shape(p))[at]) * np.sqrt(many / max(many - 1, 1e-9))
        if not (0 < q < 1 and s > 0 and np.isfinite(t)):
            continue
        size = q * (1 - q) / s**2

        def off(x: float, q: float = q, size: float = size, t: float = t) -> float:
            return float(2 * size * (q * np.log(q / x) + (1 - q) * np.log((1 - q) / (1 - x))) - t**2)

        low[at] = optimize.brentq(off, 1e-300, q, xtol=1e-15, rtol=1e-14)
        high[at] = optimize.brentq(off, q, 1 - 1e-16, xtol=1e-15, rtol=1e-14)
    return low, high


def edge_interval(p: Floats, size: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """One-sided bound for a share of exactly 0 or 1 with an effective size.

    Notes
    -----
    At p = 0 the upper limit u solves (1 − u)^size = 1 − level (Clopper & Pearson 1934, one-sided).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = 1 - (1 - level) ** (1 / size)
    return np.where(p <= 0, 0.0, 1 - reach), np.where(p <= 0, reach, 1.0)


def share_interval(
    p: Floats, se: Floats, df: Floats, n: Floats, cap: Floats, planned: Floats, method: str, level: float = 0.95
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Interval of a share by `method`, with shares of 0 and 1 by the one-sided bound.

    Parameters
    ----------
    planned : float array
        Design effect assumed where the share is 0 or 1: the effective size is then n/planned,
        shrunk by (t_{n−1}/t_df)² as elsewhere.

    Returns
    -------
    low, high, edge : arrays
        Limits within 0 to 1, and where the one-sided bound was used. Where se is 0 with a share
        strictly between (fixed by the design), both limits are the share.
    """
    if method == "logit":
        low, high = logit_interval(p, se, df, level)
    elif method == "asin":
        low, high = asin_interval(p, se, df, level)
    elif method == "beta":
        low, high = beta_interval(p, se, df, n, level, cap=cap)
    elif method == "wilson":
        low, high = wilson_interval(p, se, df, level)
    elif method == "likelihood":
        low, high = likelihood_interval(p, se, df, n, level)
    else:
        low, high = t_interval(p, se, df, level)
    edge = ((p <= 0) | (p >= 1)) & (n > 0) & (df > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        shrink = (quantile_t(0.5 + level / 2, n - 1) / quantile_t(0.5 + level / 2, df)) ** 2
    size = np.minimum(n, n / np.where(planned > 0, planned, 1.0) * np.where(np.isfinite(shrink), shrink, 1.0))
    edge_low, edge_high = edge_interval(p, np.maximum(size, 1e-9), level)
    low, high = np.where(edge, edge_low, low), np.where(edge, edge_high, high)
    known = (se == 0) & (p > 0) & (p < 1)
    return np.where(known, p, low), np.where(known, p, high), np.asarray(edge)
