"""Confidence sets for ranks from pairwise comparisons: they keep their coverage near ties."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from kaohe.base.errors import KaoheError
from kaohe.grade.frames import refuse, score_series
from kaohe.grade.ranks import TOLERANCE

SIDES = ("two", "best", "worst")


def rank_intervals(
    scores: pd.Series | pd.DataFrame, cov: pd.DataFrame | pd.Series | np.ndarray, level: float = 0.95,
    simultaneous: bool = False,
    *, rng: np.random.Generator | int, draws: int = 20_000, stepdown: bool = False, side: str = "two",
) -> pd.DataFrame:  # fmt: skip
    """Confidence sets for ranks from pairwise comparisons.

    Parameters
    ----------
    scores : Series or DataFrame
        Estimated score by target (a dict, list or array will do), points, best highest. NaN: not
        ranked, no set. Of a frame the column `composite` is taken, matched to `cov` by its column
        `object` and ranked within each `class_id` where it has these columns.
    cov : DataFrame, Series or array
        Covariance of the scores (points²), or their variances alone where they are independent. A
        frame, series or dict is matched by its labels, which targets without a score may lack, an
        array by position. NaN on the diagonal: not
        estimable; that target's set is then all ranks, and nobody is told apart from it.
    level : float
        Confidence, marginal for each target, or joint for all when `simultaneous`.
    simultaneous : bool
        One critical value over all pairs instead of one a target.
    rng : Generator or int
        Source of the normal draws behind the critical values, or its seed.
    draws : int
        How many.
    stepdown : bool
        Leave out the pairs already told apart and compare again, until no more are: narrower sets
        at the same level. The tables of a build use the single step.
    side : {"two", "best", "worst"}
        Both limits; only how good the rank may be (high is then the number of targets); only how bad.

    Returns
    -------
    DataFrame
        Same index: low, high (best and worst rank in the set, 1 to the number of ranked targets).

    Raises
    ------
    KaoheError
        K431 for a covariance that does not fit the scores or is none, or a level outside (0, 1);
        K432 for scores that are no numbers, or a frame without `composite`.

    Notes
    -----
    Mogstad, Romano, Shaikh & Wilhelm (2024), Review of Economic Studies 91, single step:
    c_j = quantile of max_k |Z_k − Z_j|/σ_jk with Z ~ N(0, Σ);
    low = 1 + #{k: (C_k − C_j)/σ_jk > c_j}, high = p − #{k: (C_j − C_k)/σ_jk > c_j}; jointly, one
    c over all pairs. Pairs without sampling error are told apart exactly. Step-down as in Romano &
    Wolf (2005).

    Examples
    --------
    >>> scores = pd.Series({"a": 90.0, "b": 88.0, "c": 70.0})
    >>> rank_intervals(scores, pd.Series({"a": 1.0, "b": 1.0, "c": 1.0}), rng=2020).to_numpy().tolist()
    [[1.0, 2.0], [1.0, 2.0], [3.0, 3.0]]
    >>> shared = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0]])
    >>> rank_intervals(scores, shared, rng=2020).to_numpy().tolist()
    [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]
    """
    if isinstance(scores, pd.DataFrame):
        return _of_frame(scores, cov, level, simultaneous, rng=rng, draws=draws, stepdown=stepdown, side=side)
    marginal, joint = rank_sets(scores, cov, level, rng=rng, draws=draws, stepdown=stepdown, side=side)
    return joint if simultaneous else marginal


def rank_sets(
    scores: pd.Series, cov: pd.DataFrame | pd.Series | np.ndarray, level: float = 0.95,
    *, rng: np.random.Generator | int, draws: int = 20_000, stepdown: bool = False, side: str = "two",
    tolerance: float = TOLERANCE,
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Marginal and joint rank confidence sets from the same draws; see `rank_intervals`.

    A target is ahead only by more than `tolerance` (points), as in `kaohe.grade.ranks.ranks`: what the
    tolerance takes off each difference keeps the rank itself inside its set.
    """
    scores = score_series(scores)
    values = scores.to_numpy(dtype="float64")
    sigma2 = _matrix(scores, cov, level, side)
    known = ~np.isnan(values)
    sure = np.flatnonzero(~np.isnan(np.diag(sigma2)) & known)
    sigma2 = np.nan_to_num(sigma2[np.ix_(sure, sure)])
    spread = pair_sd(sigma2)
    raw = values[sure][None, :] - values[sure][:, None]
    gaps = np.sign(raw) * np.maximum(np.abs(raw) - tolerance, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(spread > 0, gaps / spread, np.where(gaps == 0, 0.0, np.sign(gaps) * np.inf))
    peaks = _Peaks(sigma2, rng, draws, side)
    single, joint_limit = peaks.limits(level)
    limits = [np.broadcast_to(single[:, None], z.shape), np.full(z.shape, joint_limit)]
    out = []
    for joint, limit in enumerate(limits):
        apart = _apart(z, limit, side)
        while stepdown and len(sure) > 1:
            marginal, one = peaks.limits(level, ~(apart & (z > 0)), ~(apart & (z < 0)))
            again = _apart(z, np.full(z.shape, one) if joint else np.broadcast_to(marginal[:, None], z.shape), side)
            if not (again & ~apart).any():
                break
            apart |= again
        low, high = np.full(len(values), np.nan), np.full(len(values), np.nan)
        low[known], high[known] = 1.0, float(known.sum())
        low[sure] += (apart & (z > 0)).sum(axis=1)
        high[sure] -= (apart & (z < 0)).sum(axis=1)
        out.append(pd.DataFrame({"low": low, "high": high}, index=scores.index))
    return out[0], out[1]


def _apart(z: np.ndarray, limit: np.ndarray, side: str) -> np.ndarray:
    """Which pairs are told apart; row j against column k."""
    stat = {"two": np.abs(z), "best": z, "worst": -z}[side]
    found: np.ndarray = stat > limit
    return found


def _matrix(scores: pd.Series, cov: pd.DataFrame | pd.Series | np.ndarray, level: float, side: str) -> np.ndarray:
    """The covariance in the order of the scores."""
    if not 0 < level < 1:
        raise _refuse("level", f"{level:g}", "a confidence between 0 and 1, as 0.95")
    if side not in SIDES:
        raise _refuse("side", side, ", ".join(SIDES))
    if isinstance(cov, Mapping):
        cov = pd.Series(cov, dtype="float64")
    if isinstance(cov, pd.DataFrame | pd.Series):
        labels = scores.index
        heads = cov.index.intersection(cov.columns) if isinstance(cov, pd.DataFrame) else cov.index
        absent = [str(k) for k, s in scores.items() if s == s and k not in heads]
        if absent:
            raise _refuse("cov", f"no row for {', '.join(absent[:5])}", "a row and column for each score")
        if heads.has_duplicates or (isinstance(cov, pd.DataFrame) and cov.columns.has_duplicates):
            raise _refuse("cov", "a label that stands twice", "each label once")
        cov = cov.reindex(index=labels, columns=labels) if isinstance(cov, pd.DataFrame) else cov.reindex(labels)
    matrix = np.asarray(cov, dtype="float64")
    if matrix.ndim == 1:
        matrix = np.diag(matrix)
    n = len(scores)
    if matrix.shape != (n, n):
        raise _refuse("cov", f"{' × '.join(map(str, np.shape(cov)))}", f"{n} variances, or {n} × {n}")
    off = np.nan_to_num(matrix)
    if not np.allclose(off, off.T, rtol=1e-8, atol=1e-12) or (np.diag(off) < 0).any():
        raise _refuse("cov", "not symmetric, or a variance below 0", "a covariance matrix")
    most = np.sqrt(np.outer(np.diag(off), np.diag(off)))
    if (np.abs(off) > most * (1 + 1e-6) + 1e-12).any() and not np.isnan(np.diag(matrix)).any():
        raise _refuse("cov", "a correlation beyond 1", "a covariance matrix")
    return matrix


def _refuse(where: str, got: str, expected: str) -> KaoheError:
    return KaoheError("K431", "The ranks cannot be given a confidence set", where=where, got=got, expected=expected)


def _of_frame(
    scores: pd.DataFrame, cov: pd.DataFrame | pd.Series | np.ndarray, level: float, simultaneous: bool,
    *, rng: np.random.Generator | int, draws: int, stepdown: bool, side: str,
) -> pd.DataFrame:  # fmt: skip
    """`rank_intervals` of the column `composite` within each class."""
    if "composite" not in scores.columns:
        raise refuse("scores", f"columns {', '.join(map(str, scores.columns))}", "composite")
    own = scores["composite"]
    own = own.set_axis(scores["object"].to_numpy()) if "object" in scores.columns else own
    of = scores["class_id"].to_numpy() if "class_id" in scores.columns else np.full(len(own), "")
    labelled = isinstance(cov, pd.DataFrame | pd.Series | Mapping)
    given = cov if labelled else _matrix(own, cov, level, side)
    out = pd.DataFrame(np.nan, index=scores.index, columns=["low", "high"])
    for class_id in dict.fromkeys(of):
        at = np.flatnonzero(of == class_id)
        part = given if labelled else np.asarray(given)[np.ix_(at, at)]
        sets = rank_sets(own.iloc[at], part, level, rng=rng, draws=draws, stepdown=stepdown, side=side)
        out.iloc[at] = sets[int(simultaneous)].to_numpy()
    return out


def pair_sd(cov: np.ndarray) -> np.ndarray:
    """Standard error of the difference of each pair of scores."""
    variance = np.diag(cov)
    spread: np.ndarray = np.sqrt(np.maximum(variance[:, None] + variance[None, :] - 2 * cov, 0.0))
    spread[spread < 1e-12 * np.sqrt(variance.max(initial=0.0))] = 0.0
    np.fill_diagonal(spread, 0.0)
    return spread


def critical_values(
    cov: np.ndarray, level: float, *, rng: np.random.Generator | int, draws: int = 20_000
) -> tuple[np.ndarray, float]:
    """Quantiles of the largest studentised difference: one a target, and one over all pairs.

    Parameters
    ----------
    cov : array
        Covariance of the scores.
    level : float
        Which quantile.
    """
    return _Peaks(np.asarray(cov, dtype="float64"), rng, draws, "two").limits(level)


class _Peaks:
    """Draws of Z ~ N(0, Σ), kept so that a step-down compares the same draws again."""

    def __init__(self, cov: np.ndarray, rng: np.random.Generator | int, draws: int, side: str) -> None:
        generator = np.random.default_rng(rng) if isinstance(rng, int) else rng
        self.z = normal_draws(cov, generator, draws).astype(np.float32).T.copy()
        spread = pair_sd(cov)
        self.inverse = np.where(spread > 0, 1.0 / np.where(spread > 0, spread, 1.0), 0.0).astype(np.float32)
        self.side = side

    def limits(
        self, level: float, better: np.ndarray | None = None, worse: np.ndarray | None = None
    ) -> tuple[np.ndarray, float]:
        """Quantiles of the maximum, by target and over all.

        Parameters
        ----------
        better, worse : array of bool, optional
            Which comparisons "k is better than j" and "k is worse than j" still count (row j); all of
            them when not given. A pair told apart keeps the comparison the other way round, so that
            the direction of every decision is covered too.
        """
        p, draws = self.z.shape
        if p == 0:
            return np.zeros(0), 0.0
        largest = np.zeros(draws, dtype=np.float32)
        marginal = np.zeros(p)
        for j in range(p):
            gap = self.z - self.z[j]
            gap *= self.inverse[j][:, None]
            if better is None or worse is None:
                if self.side != "best":
                    np.abs(gap, out=gap) if self.side == "two" else np.negative(gap, out=gap)
                peak = gap.max(axis=0)
            else:
                peak = np.zeros(draws, dtype=np.float32)
                if self.side != "worst" and better[j].any():
                    np.maximum(peak, gap[better[j]].max(axis=0), out=peak)
                if self.side != "best" and worse[j].any():
                    np.maximum(peak, -gap[worse[j]].min(axis=0), out=peak)
            np.maximum(largest, peak, out=largest)
            marginal[j] = np.quantile(peak, level)
        return marginal, float(np.quantile(largest, level))


def normal_draws(cov: np.ndarray, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Draws of N(0, cov), one row a draw; `cov` may be singular."""
    noise = rng.standard_normal((draws, len(cov)))
    variance = np.diag(cov)
    if np.array_equal(cov, np.diag(variance)):
        out: np.ndarray = noise * np.sqrt(variance)
        return out
    values, vectors = np.linalg.eigh(cov)
    out = (noise * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return out
