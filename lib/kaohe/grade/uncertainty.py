"""What sampling alone leaves open about ranks and grades.

Only the survey stream carries sampling error; none is invented for the others. Two tools: rank
confidence sets by pairwise comparisons, which keep their coverage near ties, and draws of the
survey estimates, which give probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betaincinv, ndtr

from kaohe.base.plan import Plan
from kaohe.grade.composite import SETTLED
from kaohe.grade.ranks import TOLERANCE, lower_grade
from kaohe.grade.survey_score import SurveyScores, indicator_score

KNOTS = np.linspace(-6.0, 6.0, 121)


def rank_intervals(
    scores: pd.Series, cov: pd.DataFrame | np.ndarray, level: float = 0.95, simultaneous: bool = False,
    *, rng: np.random.Generator | int = 2020, draws: int = 20_000,
) -> pd.DataFrame:  # fmt: skip
    """Confidence sets for ranks from pairwise comparisons.

    Parameters
    ----------
    scores : Series
        Estimated score by target, best highest; all present.
    cov : DataFrame or array
        Covariance of the scores, or their variances alone where they are independent. NaN: not
        estimable; that target's set is then all ranks, and nobody is told apart from it.
    level : float
        Confidence, marginal for each target, or joint for all when `simultaneous`.
    simultaneous : bool
        One critical value over all pairs instead of one a target.
    rng : Generator or int
        Source of the normal draws behind the critical values, or its seed.
    draws : int
        How many.

    Returns
    -------
    DataFrame
        Same index: low, high (best and worst rank in the set).

    Notes
    -----
    Mogstad, Romano, Shaikh & Wilhelm (2024), single step: c_j = quantile of
    max_k |Z_k − Z_j|/σ_jk with Z ~ N(0, Σ); low = 1 + #{k: (C_k − C_j)/σ_jk > c_j},
    high = p − #{k: (C_j − C_k)/σ_jk > c_j}. Pairs without sampling error are told apart exactly.
    """
    marginal, joint = rank_sets(scores, cov, level, rng=rng, draws=draws)
    return joint if simultaneous else marginal


def rank_sets(
    scores: pd.Series, cov: pd.DataFrame | np.ndarray, level: float = 0.95,
    *, rng: np.random.Generator | int = 2020, draws: int = 20_000,
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Marginal and joint rank confidence sets from the same draws; see `rank_intervals`."""
    values = scores.to_numpy(dtype="float64")
    sigma2 = np.asarray(cov, dtype="float64")
    sigma2 = np.diag(sigma2) if sigma2.ndim == 1 else sigma2
    vague = np.isnan(np.diag(sigma2))
    sure = np.flatnonzero(~vague)
    spread = pair_sd(sigma2[np.ix_(sure, sure)])
    marginal, joint = critical_values(sigma2[np.ix_(sure, sure)], level, rng=rng, draws=draws)
    ahead = np.zeros((2, len(values), len(values)), dtype=bool)
    gaps = values[sure][:, None] - values[sure][None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(spread > 0, gaps / spread, np.where(np.abs(gaps) > TOLERANCE, np.sign(gaps) * np.inf, 0.0))
    for row, limit in enumerate((marginal[None, :], np.full((1, len(sure)), joint))):
        ahead[row][np.ix_(sure, sure)] = z > limit
    n = len(values)
    out = []
    for row, limit in enumerate((marginal, np.full(len(sure), joint))):
        behind = np.zeros((n, n), dtype=bool)
        behind[np.ix_(sure, sure)] = -z > limit[None, :]
        low = 1 + ahead[row].sum(axis=0)
        high = n - behind.sum(axis=0)
        out.append(pd.DataFrame({"low": low.astype("float64"), "high": high.astype("float64")}, index=scores.index))
    return out[0], out[1]


def pair_sd(cov: np.ndarray) -> np.ndarray:
    """Standard error of the difference of each pair of scores."""
    variance = np.diag(cov)
    spread: np.ndarray = np.sqrt(np.maximum(variance[:, None] + variance[None, :] - 2 * cov, 0.0))
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
    p = len(cov)
    if p == 0:
        return np.zeros(0), 0.0
    generator = np.random.default_rng(rng) if isinstance(rng, int) else rng
    z = _normal(cov, generator, draws).astype(np.float32).T.copy()
    spread = pair_sd(cov)
    inverse = np.where(spread > 0, 1.0 / np.where(spread > 0, spread, 1.0), 0.0).astype(np.float32)
    largest = np.zeros(draws, dtype=np.float32)
    marginal = np.zeros(p)
    for j in range(p):
        gap = np.abs(z - z[j])
        gap *= inverse[j][:, None]
        peak = gap.max(axis=0)
        np.maximum(largest, peak, out=largest)
        marginal[j] = np.quantile(peak, level)
    return marginal, float(np.quantile(largest, level))


def _normal(cov: np.ndarray, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Draws of N(0, cov), one row a draw; `cov` may be singular."""
    noise = rng.standard_normal((draws, len(cov)))
    variance = np.diag(cov)
    if np.array_equal(cov, np.diag(variance)):
        out: np.ndarray = noise * np.sqrt(variance)
        return out
    values, vectors = np.linalg.eigh(cov)
    out = (noise * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return out


def draw_survey(survey: SurveyScores, objects: list[str], draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draws of the survey score of some targets.

    Parameters
    ----------
    survey : SurveyScores
        Estimates with covariances; targets without any usable estimate must not be asked for.
    objects : list of str
        Targets, in the order of the result's columns.
    draws : int
        Number of draws.
    rng : Generator
        Source of the draws.

    Returns
    -------
    array, draws × targets
        Scores, 0 to 100. A target whose errors cannot be estimated keeps its score in every draw.

    Notes
    -----
    Shares are drawn from Beta(n_eff·p + ½, n_eff·(1 − p) + ½) with n_eff = p(1 − p)/se², or n/deff
    where the error is 0 (p = 0 or 1); means from N(x, se²). Indicators of one target are tied by a
    Gaussian copula with the correlations of their estimates.
    """
    out = np.empty((draws, len(objects)))
    parts = dict(list(survey.items.groupby("object", sort=False)))
    for column, code in enumerate(objects):
        part = parts[code]
        z = _normal(_correlation(survey.cov[code]), rng, draws)
        total, weight = np.zeros(draws), 0.0
        for i, row in enumerate(part.itertuples()):
            if row.score == row.score:
                total += row.weight * indicator_score(_marginal(row, z[:, i]), row.floor, row.target)
                weight += row.weight
        out[:, column] = total / weight
    return out


def _correlation(cov: np.ndarray) -> np.ndarray:
    sd = np.sqrt(np.diag(cov))
    usable = (sd > 0) & ~np.isnan(sd)
    out = np.eye(len(cov))
    block = cov[np.ix_(usable, usable)] / np.outer(sd[usable], sd[usable])
    out[np.ix_(usable, usable)] = np.where(np.isnan(block), 0.0, np.clip(block, -1.0, 1.0))
    np.fill_diagonal(out, 1.0)
    return out


def _marginal(row: object, z: np.ndarray) -> np.ndarray:
    x, se = float(row.estimate), float(row.se)  # type: ignore[attr-defined]
    if row.is_share and 0.0 <= x <= 1.0:  # type: ignore[attr-defined]
        n, deff = float(row.n), float(row.deff)  # type: ignore[attr-defined]
        planned = n / deff if deff > 0 else n
        n_eff = x * (1 - x) / se**2 if se > 0 and 0.0 < x < 1.0 else planned
        knots = betaincinv(n_eff * x + 0.5, n_eff * (1 - x) + 0.5, ndtr(KNOTS))
        drawn: np.ndarray = np.interp(z, KNOTS, knots)
        return drawn
    return x + (se if se > 0 else 0.0) * z


@dataclass(frozen=True)
class RankDraws:
    """Ranks and grades over draws of one class.

    Attributes
    ----------
    objects : list of str
        Ranked targets.
    p_rank : array, targets × ranks
        Probability of each rank.
    p_above : array, targets × targets
        Probability that the row's target scores above the column's.
    p_grade : array, targets × grades (best first)
        Probability of each grade, after the caps of fired rules.
    """

    objects: list[str]
    p_rank: np.ndarray
    p_above: np.ndarray
    p_grade: np.ndarray


def rank_draws(objects: list[str], scores: np.ndarray, caps: list[str], plan: Plan) -> RankDraws:
    """Probabilities of ranks, grades and orders from draws of the composite.

    Parameters
    ----------
    objects : list of str
        Ranked targets.
    scores : array, draws × targets
        Draws of the composite.
    caps : list of str
        Lowest cap of a fired rule by target, "" without one.
    """
    draws, p = scores.shape
    above = np.zeros((p, p))
    rank = np.ones((draws, p), dtype=np.int64)
    for k in range(p):
        greater = scores[:, [k]] > scores + TOLERANCE
        rank += greater
        above[k] = greater.mean(axis=0)
    p_rank = np.stack([np.bincount(rank[:, j], minlength=p + 1)[1:] for j in range(p)]) / draws if p else above
    order = plan.scale.order
    cuts = np.array([plan.scale.cuts[g] for g in order[:-1]])
    p_grade = np.zeros((p, len(order)))
    for j in range(p):
        codes = (scores[:, j][:, None] < cuts - TOLERANCE).sum(axis=1)
        codes = np.maximum(codes, order.index(caps[j]) if caps[j] else 0)
        p_grade[j] = np.bincount(codes, minlength=len(order)) / draws
    return RankDraws(objects, p_rank, above, p_grade)


def uncertainty_tables(
    scores: pd.DataFrame, survey: SurveyScores, streams: pd.DataFrame, plan: Plan, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables `rank_intervals` and `rank_probabilities`.

    Parameters
    ----------
    scores : DataFrame
        Composite after caps: object, class_id, composite, se, rank, grade_final, status, cap.
    survey : SurveyScores
    streams : DataFrame
        Weighted streams (object, stream, weight).
    plan : Plan
    rng : Generator
        Each class gets a child of its own, so that one class's draws do not depend on another's.

    Notes
    -----
    A class without the survey stream has no sampling error to speak of: its targets stand in
    `rank_intervals` with their rank and no interval, and not in `rank_probabilities`. Different
    targets' samples are taken as independent. `p_grade` is the probability of the grade given; NaN
    where the grade is open or was set by a decision.
    """
    choice = plan.choices["uncertainty"]
    draws, level = int(choice["draws"]), float(choice["level"])
    weight = streams[streams["stream"] == "survey"].set_index("object")["weight"]
    intervals, probabilities = [], []
    for cls, own in zip(plan.classes.values(), rng.spawn(len(plan.classes)), strict=True):
        part = scores[scores["class_id"] == cls.id].set_index("object")
        table = part[["class_id", "rank"]].assign(
            low=np.nan, high=np.nan, sim_low=np.nan, sim_high=np.nan, p_rank=np.nan, p_grade=np.nan
        )
        ranked = part[part["composite"].notna()]
        if "survey" in cls.streams and len(ranked):
            w = weight.reindex(ranked.index).to_numpy()
            variance = np.where(w > 0, ranked["se"].to_numpy() ** 2, 0.0)
            marginal, joint = rank_sets(ranked["composite"], variance, level, rng=own, draws=draws)
            drawn = np.tile(ranked["composite"].to_numpy(), (draws, 1))
            moving = [c for c, x in zip(ranked.index, w, strict=True) if x > 0]
            at = [ranked.index.get_loc(c) for c in moving]
            point = ranked["survey"].to_numpy()[at]
            drawn[:, at] += w[at] * (draw_survey(survey, moving, draws, own) - point)
            found = rank_draws(list(ranked.index), drawn, list(ranked["cap"]), plan)
            table = _fill(table, ranked, marginal, joint, found, plan)
            probabilities += [
                {"object": code, "class_id": cls.id, "rank": r + 1, "p": found.p_rank[j, r]}
                for j, code in enumerate(found.objects)
                for r in range(len(found.objects))
            ]
        intervals.append(table.reset_index())
    return (
        pd.concat(intervals, ignore_index=True),
        pd.DataFrame(probabilities, columns=["object", "class_id", "rank", "p"]),
    )


def _fill(
    table: pd.DataFrame, ranked: pd.DataFrame, marginal: pd.DataFrame, joint: pd.DataFrame, found: RankDraws, plan: Plan
) -> pd.DataFrame:
    out = table.copy()
    out.loc[ranked.index, ["low", "high"]] = marginal[["low", "high"]].to_numpy()
    out.loc[ranked.index, ["sim_low", "sim_high"]] = joint[["low", "high"]].to_numpy()
    order = plan.scale.order
    for j, code in enumerate(found.objects):
        out.loc[code, "p_rank"] = found.p_rank[j, int(ranked.loc[code, "rank"]) - 1]
        final, cap = ranked.loc[code, "grade_final"], ranked.loc[code, "cap"]
        by_rule = lower_grade(ranked.loc[code, "grade_score"], cap, order)
        if ranked.loc[code, "status"] == SETTLED and final == by_rule:
            out.loc[code, "p_grade"] = found.p_grade[j, order.index(final)]
    return out
