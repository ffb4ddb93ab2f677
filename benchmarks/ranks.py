"""Speed of the ranks and their doubt, beside the same sums written out in plain NumPy in the same process.

20,000 draws for 14 cities with every output (rank sets marginal and joint, probabilities of ranks,
grades and pairs), and 20,000 for 235 targets with rank sets. Prints seconds of one core and the
ratio; bars: 2 and 20 seconds.

Run: python benchmarks/ranks.py
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan, load_plan
from kaohe.grade.draws import draw_survey, rank_draws
from kaohe.grade.rank_sets import rank_sets
from kaohe.grade.survey_score import SurveyScores, score_covariance, scored_questions

DRAWS = 20_000
LEVEL = 0.95
REPEATS = 3


def invented(plan: Plan, n: int) -> tuple[SurveyScores, list[str], np.ndarray]:
    """Survey scores of `n` targets with correlated indicators, and the rest of their composites."""
    rng = np.random.default_rng(2020)
    questions = scored_questions(plan)
    codes = [f"t{i:03d}" for i in range(n)]
    total = sum(q.weight for q in questions)
    rows, cov = [], {}
    for code in codes:
        se = rng.uniform(0.005, 0.03, len(questions)) * [
            abs(float(q.target or 1) - float(q.floor or 0)) for q in questions
        ]
        mix = rng.normal(size=(len(questions), len(questions) + 2))
        cov[code] = np.corrcoef(mix) * np.outer(se, se)
        for q, error in zip(questions, se, strict=True):
            floor, target = float(q.floor or 0), float(q.target or 1)
            x = floor + rng.uniform(0.5, 0.95) * (target - floor)
            rows.append((code, q.id, x, error, floor, target, q.weight / total, q.is_share, 400, 1.6))
    names = ["object", "indicator", "estimate", "se", "floor", "target", "weight", "is_share", "n", "deff"]
    items = pd.DataFrame(rows, columns=names)
    items["score"] = 100 * ((items["estimate"] - items["floor"]) / (items["target"] - items["floor"])).clip(0, 1)
    slope = 100 / (items["target"] - items["floor"]) * items["weight"]
    by = slope.groupby(items["object"])
    se_of = {c: float(np.sqrt(s.to_numpy() @ cov[str(c)] @ s.to_numpy())) for c, s in by}
    streams = pd.DataFrame({"object": codes, "se": [se_of[c] for c in codes]})
    return SurveyScores(items, cov, streams), codes, rng.uniform(45, 60, n)


def suite(plan: Plan, survey: SurveyScores, codes: list[str], rest: np.ndarray) -> None:
    """Everything the build makes of the draws of one class."""
    rng = np.random.default_rng(1)
    point = (survey.items["weight"] * survey.items["score"]).groupby(survey.items["object"]).sum()[codes].to_numpy()
    cov = 0.09 * score_covariance(survey, codes)
    rank_sets(pd.Series(rest + 0.3 * point, index=codes), cov, LEVEL, rng=rng, draws=DRAWS)
    drawn = rest + 0.3 * draw_survey(survey, codes, DRAWS, rng)
    rank_draws(codes, drawn, [""] * len(codes), plan)


def plain(plan: Plan, survey: SurveyScores, codes: list[str], rest: np.ndarray) -> None:
    """The same with normal draws and loops over targets, as one would write it down first."""
    rng = np.random.default_rng(1)
    n = len(codes)
    se = 0.3 * survey.streams["se"].to_numpy()
    point = (
        rest
        + 0.3 * (survey.items["weight"] * survey.items["score"]).groupby(survey.items["object"]).sum()[codes].to_numpy()
    )
    z = rng.standard_normal((DRAWS, n)) * se
    spread = np.sqrt(se[:, None] ** 2 + se[None, :] ** 2)
    largest = np.zeros(DRAWS)
    for j in range(n):
        peak = np.zeros(DRAWS)
        for k in range(n):
            if k != j:
                peak = np.maximum(peak, np.abs(z[:, k] - z[:, j]) / spread[j, k])
        np.quantile(peak, LEVEL)
        largest = np.maximum(largest, peak)
    np.quantile(largest, LEVEL)
    drawn = point + rng.standard_normal((DRAWS, n)) * se
    ranks = np.empty((DRAWS, n))
    for i in range(DRAWS):
        for j in range(n):
            ranks[i, j] = 1 + (drawn[i] > drawn[i, j]).sum()
    for j in range(n):
        np.bincount(ranks[:, j].astype(int), minlength=n + 1)
        for k in range(n):
            (drawn[:, j] > drawn[:, k]).mean()


def sets_only(codes: list[str], scores: np.ndarray, se: np.ndarray) -> None:
    """Rank sets of a large class."""
    rank_sets(pd.Series(scores, index=codes), se**2, LEVEL, rng=np.random.default_rng(1), draws=DRAWS)


def plain_sets(scores: np.ndarray, se: np.ndarray) -> None:
    """Critical values of a large class, pair by pair."""
    n = len(scores)
    z = np.random.default_rng(1).standard_normal((DRAWS, n)) * se
    largest = np.zeros(DRAWS)
    for j in range(n):
        gaps = np.abs(z - z[:, [j]]) / np.where(np.arange(n) == j, 1.0, np.sqrt(se**2 + se[j] ** 2))
        peak = gaps.max(axis=1)
        np.quantile(peak, LEVEL)
        largest = np.maximum(largest, peak)
    np.quantile(largest, LEVEL)


def seconds(work: Callable[[], None], repeats: int = REPEATS) -> float:
    """Least CPU time of some runs."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    plan = load_plan()
    lines = []
    survey, codes, rest = invented(plan, 14)
    own, reference = (
        seconds(lambda: suite(plan, survey, codes, rest)),
        seconds(lambda: plain(plan, survey, codes, rest), 1),
    )
    lines.append(("14 targets, every output", own, reference, 2.0))
    survey, codes, rest = invented(plan, 235)
    own = seconds(lambda: suite(plan, survey, codes, rest), 1)
    lines.append(("235 targets, every output", own, float("nan"), 20.0))
    rng = np.random.default_rng(3)
    scores, se = rng.normal(80, 5, 235), rng.uniform(0.3, 1.5, 235)
    own, reference = seconds(lambda: sets_only(codes, scores, se)), seconds(lambda: plain_sets(scores, se), 1)
    lines.append(("235 targets, rank sets", own, reference, 20.0))
    print(f"{DRAWS:,} draws, one core, CPU seconds")
    for name, mine, theirs, bar in lines:
        ratio = f"{theirs / mine:6.1f} × faster than plain NumPy ({theirs:.2f} s)" if theirs == theirs else ""
        print(f"  {name:28s} {mine:6.2f} s  (bar {bar:.0f} s: {'kept' if mine < bar else 'MISSED'})  {ratio}")


if __name__ == "__main__":
    main()
