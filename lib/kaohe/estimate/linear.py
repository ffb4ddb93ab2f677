"""The small computation behind every estimate: ratios by domain, linearised, with their variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.design.structure import Floats, Ints, Structure
from kaohe.estimate import complete, intervals
from kaohe.estimate.calibrated import Blocks
from kaohe.estimate.quality import Rules, words
from kaohe.estimate.totals import pair_totals, sums
from kaohe.estimate.variance import covariance, domain_variance

ONE: Floats = np.ones((1, 1))  # the denominator of a mean
ROUNDING = 1e-13  # a relative standard error below this is rounding of one that is 0


@dataclass(frozen=True)
class Numbers:
    """Estimates by domain and variable; arrays are domain × variable.

    Attributes
    ----------
    estimate, variance : float array
        In the variable's unit, and in its square; missing where there is nothing to estimate from.
    df, n, n_psu, n_missing : float array
        Degrees of freedom; counts of records with an answer, of first-stage units that hold any, of records without.
    size : float array
        Sum of weights of the answers; of a ratio, the denominator's total.
    srs_wr, srs_wor : float array
        Variance of the same in simple random sampling with and without replacement.
    cap : float array
        Number that the effective sample size of a share's interval cannot exceed: answers, or the parts that they count.
    """

    estimate: Floats
    variance: Floats
    df: Floats
    n: Floats
    n_psu: Floats
    n_missing: Floats
    size: Floats
    srs_wr: Floats
    srs_wor: Floats
    cap: Floats

    def deff(self, kind: str) -> Floats:
        """Ratio of the variance to that of simple random sampling of the `kind` wr (with replacement) or wor (without); Kish (1965)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.variance / (self.srs_wr if kind == "wr" else self.srs_wor))


def _prepare(w: Floats, num: Floats, den: Floats | None) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Answered records, numerator and denominator with 0 for no answer, and their weighted forms."""
    den = None if den is ONE else den
    missing = np.isnan(num) if den is None else np.isnan(num) | np.isnan(den)
    answered = ~missing & (w > 0)[:, None]
    y = np.where(answered, num, 0.0)
    x = answered.astype(float) if den is None else np.where(answered, den, 0.0)
    return answered.astype(float), y, x, y * w[:, None], x * w[:, None]


def estimate_numbers(
    structure: Structure, blocks: Blocks, w: Floats, num: Floats, den: Floats | None, domain: Ints, n_domains: int, *,
    squares: bool = True,
) -> Numbers:  # fmt: skip
    """Estimates, variances, degrees of freedom and counts of ratios (totals without `den`) by domain.

    Parameters
    ----------
    num, den : float array, row × variable
        Missing is no answer. `ONE` for `den` makes means.
    domain : int array
        0 to n_domains − 1, or negative for rows outside every domain.
    squares : bool
        Also what design effects need; without it they are missing.
    """
    if (den is None or den is ONE) and not blocks and complete.applies(structure, w, n_domains):
        quick = complete.complete_sums(structure, w, num, domain, n_domains, total=den is None, wanted=squares)
        if quick is not None:
            return _complete(quick, total=den is None)
    answered, y, x, wy, wx = _prepare(w, num, den)
    size = sums(domain, n_domains, wx)
    top = sums(domain, n_domains, wy)
    n = sums(domain, n_domains, answered)
    counted = sums(domain, n_domains, (w > 0).astype(float)[:, None])
    with np.errstate(invalid="ignore", divide="ignore"):
        if den is None:
            estimate, ratio, scale = np.where(n > 0, top, np.nan), np.zeros_like(top), np.ones_like(top)
        else:
            estimate = np.where(size != 0, top / size, np.nan)
            ratio, scale = np.nan_to_num(estimate), np.where(size != 0, size, np.nan)
    df, n_psu = _degrees(structure, domain, n_domains, answered)
    if blocks:
        variance = _calibrated(structure, blocks, wy, wx, ratio, scale, domain)
    else:
        variance = domain_variance(structure, domain, n_domains, wy, wx, ratio, scale)
    variance = np.where(variance <= ROUNDING**2 * estimate**2, 0.0, variance)
    variance = np.where((df > 0) & (n_psu > 1), variance, np.nan)
    if squares:
        srs_wr, srs_wor = _srs(w, y, x, answered, ratio, estimate, size, n, domain, n_domains, total=den is None)
    else:
        srs_wr = srs_wor = np.full(estimate.shape, np.nan)
    cap = n if den is None else np.maximum(n, np.where(_counts_of_parts(y, x), sums(domain, n_domains, x), n))
    return Numbers(estimate, variance, df, n, n_psu, counted - n, size, srs_wr, srs_wor, cap)


def _complete(found: complete.Complete, *, total: bool) -> Numbers:
    """Means or totals where every record has an answer."""
    shape = found.top.shape
    n, df, n_psu = (np.broadcast_to(v, shape) for v in (found.n, found.df, found.n_psu))
    with np.errstate(invalid="ignore", divide="ignore"):
        estimate = np.where(n > 0, found.top if total else found.top / found.size, np.nan)
        variance = np.where(found.variance <= ROUNDING**2 * estimate**2, 0.0, found.variance)
        variance = np.where((df > 0) & (n_psu > 1), variance, np.nan)
        wr = found.squares / found.size * n / (n - 1) / n * (found.size**2 if total else 1.0)
        wor = wr * (found.size - n) / found.size
    size = np.broadcast_to(found.size, shape)
    return Numbers(estimate, variance, df, n, n_psu, np.zeros(shape), size, wr, wor, n)


def _counts_of_parts(y: Floats, x: Floats) -> npt.NDArray[np.bool_]:
    """Variables that are shares of counted parts of a record (persons in a household), not 0 or all of them."""
    return np.asarray(((y > 0) & (y < x)).any(axis=0) & ((y >= 0) & (y <= x)).all(axis=0))


def _degrees(structure: Structure, domain: Ints, n_domains: int, answered: Floats) -> tuple[Floats, Floats]:
    """Units minus strata that hold answers of each domain, and the units."""
    stage = structure.stages[0]
    nothing = np.zeros((len(domain), 0))
    pairs = pair_totals(domain, stage.unit, stage.n_units, nothing, nothing, answered)
    held = (pairs.answers > 0).astype(float)
    units = sums(pairs.domain, n_domains, held)
    key = pairs.domain * stage.n_groups + stage.group[pairs.unit]
    unique, code = np.unique(key, return_inverse=True)
    in_group = (sums(np.asarray(code, dtype=np.int64), len(unique), held) > 0).astype(float)
    groups = sums(np.asarray(unique // stage.n_groups, dtype=np.int64), n_domains, in_group)
    return units - groups, units


def _calibrated(
    structure: Structure,
    blocks: Blocks,
    wy: Floats,
    wx: Floats,
    ratio: Floats,
    scale: Floats,
    domain: Ints,
) -> Floats:
    """Variances by calibration residuals, one domain at a time over the partitions it touches."""
    variance = np.full(ratio.shape, np.nan)
    if len(blocks) > 1:
        for d in range(len(ratio)):
            inside = domain == d
            with np.errstate(invalid="ignore", divide="ignore"):
                weighted = np.where(inside[:, None], (wy - ratio[d] * wx) / scale[d], 0.0)
            rows, scores = residual_scores(structure, blocks, weighted, inside)
            variance[d] = covariance(structure, rows, scores, diagonal=True, residuals=True)
        return variance
    (last,) = blocks
    present = [set(np.unique(domain[b.rows]).tolist()) for b in last]
    position = np.empty(len(domain), dtype=np.int64)
    position[structure.order] = np.arange(len(domain))
    for d in range(len(ratio)):
        touched = [b for b, seen in zip(last, present, strict=True) if d in seen]
        if not touched:
            continue
        parts = []
        for block in touched:
            rows = block.rows
            inside = (domain[rows] == d)[:, None]
            with np.errstate(invalid="ignore", divide="ignore"):
                weighted = np.where(inside, (wy[rows] - ratio[d] * wx[rows]) / scale[d], 0.0)
            parts.append(block.residual(weighted))
        rows = np.concatenate([b.rows for b in touched])
        scores = np.concatenate(parts)
        if len(touched) > 1:
            order = np.argsort(position[rows], kind="stable")
            rows, scores = rows[order], scores[order]
        variance[d] = covariance(structure, rows, scores, diagonal=True, residuals=True)
    return variance


def point_estimates(w: Floats, num: Floats, den: Floats | None, domain: Ints, n_domains: int) -> Floats:
    """Ratios (totals without `den`) by domain and variable, without their errors; NaN without answers."""
    answered, _, _, wy, wx = _prepare(w, num, den)
    top = sums(domain, n_domains, wy)
    if den is None:
        return np.where(sums(domain, n_domains, answered) > 0, top, np.nan)
    size = sums(domain, n_domains, wx)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(size != 0, top / size, np.nan)


def score_matrix(
    structure: Structure,
    blocks: Blocks,
    w: Floats,
    num: Floats,
    den: Floats | None,
    inside: npt.NDArray[np.bool_],
) -> tuple[Ints, Floats]:
    """Weighted linearised scores of ratios (or totals) in one domain: the rows in design order, and the scores."""
    _, _, _, wy, wx = _prepare(w, num, den)
    if den is None:
        weighted = np.where(inside[:, None], wy, 0.0)
    else:
        size = wx[inside].sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = wy[inside].sum(axis=0) / size
            weighted = np.where(inside[:, None], (wy - ratio * wx) / size, 0.0)
    return residual_scores(structure, blocks, weighted, inside)


def residual_scores(
    structure: Structure, blocks: Blocks, weighted: Floats, inside: npt.NDArray[np.bool_]
) -> tuple[Ints, Floats]:
    """Scores w·u as they enter the variance: residuals where weights were calibrated."""
    order = structure.order
    if not blocks:
        rows = order[inside[order]]
        return rows, weighted[rows]
    scores = np.zeros_like(weighted)
    for block in blocks[0]:
        if inside[block.rows].any():
            scores[block.rows] = block.residual(weighted[block.rows])
    for step in blocks[1:]:
        for block in step:
            if scores[block.rows].any():
                scores[block.rows] = block.residual(scores[block.rows])
    return order, scores[order]


def _srs(
    w: Floats, y: Floats, x: Floats, answered: Floats, ratio: Floats, estimate: Floats, size: Floats, n: Floats,
    domain: Ints, n_domains: int, *, total: bool,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Variance of simple random samples of n answers: s²/n of the linearised variable, with and without replacement."""
    people = sums(domain, n_domains, answered * w[:, None])
    inside = domain >= 0
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = estimate / people if total else ratio
        base = answered if total else x
        e = np.zeros_like(y)
        e[inside] = y[inside] - centre[domain[inside]] * base[inside]
        s2 = sums(domain, n_domains, e**2 * w[:, None]) / people * n / (n - 1)
        wr = s2 / n * (people**2 if total else (people / size) ** 2)
        return wr, wr * (people - n) / people


@dataclass(frozen=True)
class Estimates:
    """Numbers with the names of their domains and variables."""

    numbers: Numbers
    domains: pd.DataFrame
    names: list[str]
    rules: Rules

    def frame(
        self, method: str, level: float, *, deff: str = "wr", capped: bool = True, planned: Floats | None = None
    ) -> pd.DataFrame:
        """The tidy table: one row a domain and variable, domains outermost."""
        found = self.numbers
        se = np.sqrt(found.variance)
        effect = found.deff(deff)
        label = np.full(se.shape, method, dtype=object)
        if planned is None:
            low, high = intervals.t_interval(found.estimate, se, found.df, level)
        else:
            cap = found.cap if capped else np.full(se.shape, np.inf)
            low, high, edge = intervals.share_interval(
                found.estimate, se, found.df, found.n, cap, planned, method, level
            )
            label[edge] = "one_sided"
            effect = np.where(edge, planned, effect)
        with np.errstate(invalid="ignore", divide="ignore"):
            cv = se / np.abs(found.estimate)
        quality = words(
            found.estimate, se, found.n, found.df, rules=self.rules, share=planned is not None
        )  # fmt: skip
        k = len(self.names)
        table = pd.DataFrame({
            "variable": self.names * len(self.domains), "estimate": found.estimate.ravel(), "se": se.ravel(),
            "ci_low": np.where(np.isnan(se), np.nan, low).ravel(), "ci_high": np.where(np.isnan(se), np.nan, high).ravel(),
            "df": found.df.ravel(), "n": found.n.ravel().astype(np.int64), "n_psu": found.n_psu.ravel().astype(np.int64),
            "n_missing": found.n_missing.ravel().astype(np.int64), "deff": effect.ravel(), "cv": cv.ravel(),
            "method": label.ravel(), "quality": quality.ravel(),
        })  # fmt: skip
        return beside(self.domains, table, k)


def beside(domains: pd.DataFrame, table: pd.DataFrame, k: int) -> pd.DataFrame:
    """The table with the levels of its domains before it, `k` rows a domain."""
    where = domains.loc[domains.index.repeat(k)].reset_index(drop=True)
    return pd.concat([where, table], axis=1)
