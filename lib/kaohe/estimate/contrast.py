"""Differences between domains or variables with their covariance, and tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.columns import is_number
from kaohe.design.structure import Floats, Ints
from kaohe.estimate import intervals
from kaohe.estimate.arguments import Freedom, confidence, df_kind, mapped_numbers
from kaohe.estimate.association import domain_names, no_test, rao_scott
from kaohe.estimate.linear import ONE, ROUNDING, Numbers
from kaohe.estimate.quality import CAUTION, NOT_ESTIMABLE, OK, SUPPRESSED, words

if TYPE_CHECKING:
    from kaohe.estimate.sampled import Sampled

KINDS = ("mean", "proportion", "total", "ratio")


def matrices(
    design: Sampled, names: list[str], kind: str, denominator: str | None, where: Any = None
) -> tuple[Floats, Floats | None]:
    """Numerators and denominator of what is contrasted."""
    if kind not in KINDS or (kind == "ratio") != (denominator is not None):
        raise InputRefused(
            "K408", "A contrast cannot be made", got=f"kind {kind}, denominator {denominator}",
            expected=f"{', '.join(KINDS)}; a denominator for a ratio, and only there",
        )  # fmt: skip
    if denominator is not None:
        return design.pairs(names, [denominator], design.mask(where))
    if kind == "proportion":
        found, columns = design.shares(names)
        if found != names:
            raise InputRefused(
                "K408", "A contrast cannot be made", got=", ".join(n for n in found if n not in names)[:80],
                expected="0 and 1 for a proportion", remedy="make a 0/1 column of the level that is meant",
            )  # fmt: skip
        return columns, ONE
    return design.values(names, inside=design.mask(where)), None if kind == "total" else ONE


def _chosen(weights: Mapping[Any, float], labels: list[Any], title: str) -> list[int]:
    unknown = [k for k in weights if k not in labels]
    if unknown or not weights:
        raise InputRefused(
            "K421", f"A contrast names an unknown {title}", got=", ".join(str(k) for k in unknown) or f"no {title}",
            expected=", ".join(str(k) for k in labels[:6]),
        )  # fmt: skip
    return [labels.index(k) for k in weights]


def contrast_table(
    design: Sampled, names: list[str], by: Any, weights: Mapping[Any, float], kind: str, denominator: str | None,
    where: Any, level: float, df: Freedom,
) -> pd.DataFrame:  # fmt: skip
    """Weighted sums of domain estimates with their errors; see `Design.contrast`."""
    level, df = confidence(level), df_kind(df)
    num, den = matrices(design, names, kind, denominator, where)
    c = np.array(mapped_numbers(weights, "variable" if by is None else "domain"))
    weights = dict(weights)  # a series, too, names its domains by its index
    codes, domains = design.domains(by, where)
    if by is None:
        chosen = _chosen(weights, names, "variable")
        estimates, cov = design.joint(num[:, chosen], den if den is None or den is ONE else den[:, chosen], codes, 1)
        text = " ".join(f"{v:+g}·{k}" for k, v in weights.items())
        return _row(design, text, num[:, chosen], den, codes, 1, c, estimates, cov, level, df, kind)
    labels = [tuple(row) if len(row) > 1 else row[0] for row in domains.itertuples(index=False, name=None)]
    kept = np.full(len(codes), -1, dtype=np.int64)
    for new, old in enumerate(_chosen(weights, labels, "domain")):
        kept[codes == old] = new
    rows = []
    for k, name in enumerate(names):
        own = den if den is None or den is ONE else den[:, [k]]
        estimates, cov = design.joint(num[:, [k]], own, kept, len(c))
        rows.append(_row(design, name, num[:, [k]], own, kept, len(c), c, estimates, cov, level, df, kind))
    return pd.concat(rows, ignore_index=True)


def _row(
    design: Sampled, name: str, num: Floats, den: Floats | None, codes: Ints, n_domains: int, c: Floats,
    estimates: Floats, cov: Floats, level: float, rule: Freedom, kind: str,
) -> pd.DataFrame:  # fmt: skip
    """One contrast as a table row; no better in quality than the worst of its estimates."""
    union = np.where(codes >= 0, 0, -1).astype(np.int64)
    whole = design.numbers(num, den, union, 1)
    each = design.numbers(num, den, codes, n_domains)
    sure = bool((each.df > 0).all())
    estimate, se = float(c @ estimates.ravel()), float(np.sqrt(max(float(c @ cov @ c), 0.0))) if sure else np.nan
    if rule == "satterthwaite":
        df = contrast_freedom(design, num, den, codes, n_domains, c, cov, each.df, float(whole.df.min()))
    else:
        df = float(whole.df.min()) if isinstance(rule, str) or not sure else rule
    low, high = intervals.t_interval(np.array(estimate), np.array(se), np.array(df), level)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = float(np.divide(estimate, se))
        deff = float(np.divide(se**2, c**2 @ each.srs_wr.ravel()))
        cv = float(np.divide(se, abs(estimate)))
    return pd.DataFrame({
        "variable": [name], "estimate": [estimate], "se": [se], "ci_low": [float(low)], "ci_high": [float(high)],
        "df": [df], "n": [int(whole.n.min())], "n_psu": [int(whole.n_psu.min())], "n_missing": [int(whole.n_missing.max())],
        "deff": [deff], "cv": [cv], "t": [t], "p_value": [two_sided(t, df)], "method": ["t"],
        "quality": [_worst(design, each, df, share=kind == "proportion", sure=sure)],
    })  # fmt: skip


def contrast_freedom(
    design: Sampled, num: Floats, den: Floats | None, codes: Ints, n_domains: int, c: Floats, cov: Floats, each: Floats,
    union: float,
) -> float:  # fmt: skip
    """Degrees of freedom of a weighted sum of estimates: the smallest of three.

    Parameters
    ----------
    c : float array
        Weights of the estimates, domains outermost.
    cov : float array
        Covariance of the estimates.
    each : float array
        Degrees of freedom of each estimate.
    union : float
        Units minus strata of all domains together.

    Returns
    -------
    float
        Satterthwaite's number over the strata of the sum's own linearised values (not for replicate weights,
        which do not tell strata apart); Satterthwaite's over the estimates, each with its own degrees of
        freedom; `union`.

    Notes
    -----
    Satterthwaite (1946), Welch (1947). A domain with few units that carries most of the variance decides:
    three towns against forty have about 2 degrees of freedom, not 32.
    """
    own = c**2 * np.diag(cov)
    found = [union]
    if own.sum() > 0:
        found.append(float(own.sum() ** 2 / (own**2 / each.ravel()).sum()))
    if not hasattr(design, "made"):
        found.append(design.contrast_df(num, den, codes, n_domains, c))
    return float(np.nanmin(found))


def _worst(design: Sampled, each: Numbers, df: float, *, share: bool, sure: bool) -> str:
    """The worst word among the estimates, few answers first; caution where the contrast itself has few degrees of freedom."""
    if ((each.n > 0) & (each.n < design.rules.min_n)).any():
        return SUPPRESSED
    if not sure:
        return NOT_ESTIMABLE
    own = words(each.estimate, np.sqrt(each.variance), each.n, each.df, rules=design.rules, share=share).ravel()
    order = (OK, CAUTION, SUPPRESSED, NOT_ESTIMABLE)
    return order[max(*(order.index(word) for word in own), int(df < design.rules.warn_df), 0)]


def two_sided(t: float, df: float) -> float:
    """P value of a t statistic; missing without degrees of freedom."""
    from scipy import stats

    return float(2 * stats.t.sf(abs(t), df)) if df > 0 else np.nan


def equal_means(design: Sampled, name: str, by: Any, where: Any) -> pd.DataFrame:
    """Wald test that a mean is the same in every domain, or Rao–Scott test for a category; see `Design.test`."""
    from scipy import stats

    codes, domains = design.domains(by, where)
    k = len(domains)
    if k < 2:
        raise InputRefused("K409", "A test needs two domains", got=f"{k} in column {by}", expected="two or more")
    if name in design.frame.columns and not is_number(design.frame[name]):
        return rao_scott(design, name, codes, domains)
    values = design.values([name], inside=codes >= 0)
    each = design.numbers(values, ONE, codes, k)
    for wrong, what in (
        (each.n == 0, "without answers"),
        (np.isnan(each.variance), "with one unit, so without a variance"),
    ):
        if wrong.any():
            raise no_test(name, f"domains {what}: {domain_names(domains, wrong[:, 0])}", "leave them out with where=")
    estimates, cov = design.joint(values, ONE, codes, k)
    matrix = np.hstack([-np.ones((k - 1, 1)), np.eye(k - 1)])
    union = np.where(codes >= 0, 0, -1).astype(np.int64)
    df = float(design.numbers(values, ONE, union, 1).df[0, 0])
    difference = matrix @ estimates.ravel()
    rest = df - (k - 1) + 1
    if rest <= 0:
        raise no_test(name, f"{df:g} degrees of freedom for {k} domains", "fewer domains")
    spread = matrix @ cov @ matrix.T
    size = np.sqrt(np.diag(spread))
    flat = size <= ROUNDING * np.abs(estimates).max()
    if flat.any() or np.linalg.matrix_rank(spread / np.outer(size, size), hermitian=True) < k - 1:
        raise no_test(name, "estimates without a variance of their own: the variable does not vary", "another variable")
    chi = float(difference @ np.linalg.solve(spread, difference))
    f = chi / (k - 1) * rest / df
    return pd.DataFrame({
        "variable": [name], "domains": [k], "kind": ["wald"], "statistic": [chi], "f": [f], "df_1": [float(k - 1)],
        "df_2": [rest], "p_value": [float(stats.f.sf(f, k - 1, rest))],
    })  # fmt: skip
