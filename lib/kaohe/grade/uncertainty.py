"""What sampling alone leaves open about ranks and grades, as tables.

Only the survey stream carries sampling error; none is invented for the others. Two tools: rank
confidence sets by pairwise comparisons (`kaohe.grade.rank_sets`), which keep their coverage near
ties, and draws of the survey estimates (`kaohe.grade.draws`), which give probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.grade.composite import SETTLED
from kaohe.grade.draws import RankDraws, draw_survey, rank_draws
from kaohe.grade.rank_sets import rank_sets
from kaohe.grade.ranks import lower_grade
from kaohe.grade.survey_score import SurveyScores, score_covariance


@dataclass(frozen=True)
class Uncertainty:
    """Sampling doubt of all classes.

    Attributes
    ----------
    intervals : DataFrame
        The table `rank_intervals`: every target.
    ranks : DataFrame
        The table `rank_probabilities`: object, rank, p.
    grades : DataFrame
        The table `grade_probabilities`: object, grade, p.
    pairs : DataFrame
        The table `pair_probabilities`: object, other, p_above.
    """

    intervals: pd.DataFrame
    ranks: pd.DataFrame
    grades: pd.DataFrame
    pairs: pd.DataFrame


def uncertainty_tables(
    scores: pd.DataFrame, survey: SurveyScores, streams: pd.DataFrame, plan: Plan, rng: np.random.Generator
) -> Uncertainty:
    """Rank sets and probabilities of every class.

    Parameters
    ----------
    scores : DataFrame
        Composite after caps: object, class_id, composite, rank, grade_score, grade_final, status, cap.
    survey : SurveyScores
        Estimates with the covariances within and between targets.
    streams : DataFrame
        Weighted streams (object, stream, weight).
    plan : Plan
    rng : Generator
        Each class gets a child of its own, so that one class's draws do not depend on another's.

    Notes
    -----
    A class without the survey stream has no sampling error to speak of: its targets stand in
    `rank_intervals` with their rank and no interval, and not in the other tables. Probabilities of
    grades are after the caps of rules that fired, before decisions by hand; `p_grade` of
    `rank_intervals` is that of the grade given, NaN where the grade is open or was set by a decision.
    """
    choice = plan.choices["uncertainty"]
    draws, level = int(choice["draws"]), float(choice["level"])
    weight = streams[streams["stream"] == "survey"].set_index("object")["weight"]
    intervals: list[pd.DataFrame] = []
    made: list[tuple[str, RankDraws]] = []
    for cls, own in zip(plan.classes.values(), rng.spawn(len(plan.classes)), strict=True):
        part = scores[scores["class_id"] == cls.id].set_index("object")
        table = part[["class_id", "rank"]].assign(
            low=np.nan, high=np.nan, sim_low=np.nan, sim_high=np.nan, p_rank=np.nan, p_grade=np.nan
        )
        ranked = part[part["composite"].notna()]
        if "survey" in cls.streams and len(ranked):
            w = weight.reindex(ranked.index)
            moving = [str(c) for c in ranked.index if w[c] > 0]
            cov = pd.DataFrame(0.0, index=ranked.index, columns=ranked.index)
            cov.loc[moving, moving] = score_covariance(survey, moving) * np.outer(w[moving], w[moving])
            marginal, joint = rank_sets(
                ranked["composite"],
                cov,
                level,
                rng=own,
                draws=draws,
                tolerance=float(plan.choices["ties"]["tolerance"]),
            )
            drawn = np.tile(ranked["composite"].to_numpy(), (draws, 1))
            at = [ranked.index.get_loc(c) for c in moving]
            point = ranked["survey"].to_numpy()[at]
            drawn[:, at] += w[moving].to_numpy() * (draw_survey(survey, moving, draws, own) - point)
            found = rank_draws([str(c) for c in ranked.index], drawn, list(ranked["cap"]), plan)
            table = _fill(table, ranked, marginal, joint, found, plan)
            made.append((cls.id, found))
        intervals.append(table.reset_index())
    order = plan.scale.order
    ranks = [
        (o, c, r + 1, f.p_rank[j, r]) for c, f in made for j, o in enumerate(f.objects) for r in range(len(f.objects))
    ]
    grades = [(o, c, g, f.p_grade[j, k]) for c, f in made for j, o in enumerate(f.objects) for k, g in enumerate(order)]
    pairs = [
        (o, c, q, f.p_above[j, k])
        for c, f in made
        for j, o in enumerate(f.objects)
        for k, q in enumerate(f.objects)
        if j != k
    ]
    return Uncertainty(
        pd.concat(intervals, ignore_index=True),
        pd.DataFrame(ranks, columns=["object", "class_id", "rank", "p"]),
        pd.DataFrame(grades, columns=["object", "class_id", "grade", "p"]),
        pd.DataFrame(pairs, columns=["object", "class_id", "other", "p_above"]),
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
