"""Draws of what the survey may have missed, and what they make of scores, ranks and grades."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, ndtr

from kaohe.base.plan import Plan
from kaohe.grade.rank_sets import normal_draws
from kaohe.grade.ranks import TOLERANCE
from kaohe.grade.survey_score import SurveyScores, indicator_score

KNOTS = np.linspace(-6.0, 6.0, 121)


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
    where the error is 0 (p = 0 or 1); means from N(x, se²). All indicators of all targets are tied
    by one Gaussian copula with the correlations of their estimates, those between targets too.
    """
    out = np.empty((draws, len(objects)))
    parts = dict(list(survey.items.groupby("object", sort=False)))
    tied = _tied(survey, objects)
    for group in tied:
        z = normal_draws(correlation(survey.joint(group)), rng, draws)
        size = z.shape[1] // len(group)
        for place, code in enumerate(group):
            own = z[:, place * size : (place + 1) * size]
            total, weight = np.zeros(draws), 0.0
            for i, row in enumerate(parts[code].itertuples()):
                if row.score == row.score:
                    total += row.weight * indicator_score(_marginal(row, own[:, i]), row.floor, row.target)
                    weight += row.weight
            out[:, objects.index(code)] = total / weight
    return out


def _tied(survey: SurveyScores, objects: list[str]) -> list[list[str]]:
    """Targets in groups whose samples share something; the groups are independent."""
    left, groups = list(objects), []
    links = {(a, b) for a, b in survey.between if a in objects and b in objects}
    while left:
        group = [left.pop(0)]
        for code in group:
            near = [o for o in left if (code, o) in links or (o, code) in links]
            group += near
            left = [o for o in left if o not in near]
        groups.append(group)
    return groups


def correlation(cov: np.ndarray) -> np.ndarray:
    """Correlations of a covariance matrix; variables without a known or positive variance stand alone."""
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
    plan : Plan
        Scale, and the tolerance within which scores are equal.
    """
    tolerance = float(plan.choices["ties"]["tolerance"])
    draws, p = scores.shape
    columns = np.ascontiguousarray(scores.T)
    above = np.zeros((p, p))
    rank = np.ones((p, draws), dtype=np.int32)
    for k in range(p):
        greater = columns[k] > columns + tolerance
        rank += greater
        above[k] = np.count_nonzero(greater, axis=1) / draws
    p_rank = np.stack([np.bincount(rank[j], minlength=p + 1)[1:] for j in range(p)]) / draws if p else above
    order = plan.scale.order
    cuts = np.array([plan.scale.cuts[g] for g in order[:-1]])
    p_grade = np.zeros((p, len(order)))
    for j in range(p):
        codes = (columns[j][:, None] < cuts - TOLERANCE).sum(axis=1)
        codes = np.maximum(codes, order.index(caps[j]) if caps[j] else 0)
        p_grade[j] = np.bincount(codes, minlength=len(order)) / draws
    return RankDraws(objects, p_rank, above, p_grade)
