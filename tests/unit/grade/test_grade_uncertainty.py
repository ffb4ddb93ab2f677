from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kaohe.base.plan import Plan
from kaohe.grade import rank_intervals
from kaohe.grade.draws import draw_survey, rank_draws
from kaohe.grade.inputs import roster
from kaohe.grade.rank_sets import critical_values
from kaohe.grade.survey_score import SurveyScores, score_covariance, survey_scores
from kaohe.grade.uncertainty import uncertainty_tables

Tables = dict[str, pd.DataFrame]
CITY = "440200000000"


def lone(estimate: float, se: float, *, is_share: bool = True, n: int = 400, deff: float = 1.6) -> SurveyScores:
    """A survey of one indicator whose score is 100 times the estimate."""
    score = 100 * min(max(estimate, 0), 1)
    items = pd.DataFrame(
        [
            {
                "object": "x", "indicator": "q", "estimate": estimate, "se": se, "floor": 0.0, "target": 1.0, "weight": 1.0,
                "score": score, "n": n, "deff": deff, "is_share": is_share,
            }
        ]
    )  # fmt: skip
    return SurveyScores(items, {"x": np.array([[se**2]])}, pd.DataFrame())


def test_a_share_is_drawn_from_its_beta() -> None:
    drawn = draw_survey(lone(0.9, 0.02), ["x"], 40_000, np.random.default_rng(1))[:, 0] / 100
    n_eff = 0.9 * 0.1 / 0.02**2
    law = stats.beta(n_eff * 0.9 + 0.5, n_eff * 0.1 + 0.5)
    assert stats.kstest(drawn, law.cdf).pvalue > 0.01


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_a_share_of_nothing_or_all_is_not_certain(p: float) -> None:
    drawn = draw_survey(lone(p, 0.0), ["x"], 40_000, np.random.default_rng(1))[:, 0] / 100
    law = stats.beta(400 / 1.6 * p + 0.5, 400 / 1.6 * (1 - p) + 0.5)
    assert drawn.mean() == pytest.approx(law.mean(), abs=2e-4)
    assert drawn.std() == pytest.approx(law.std(), rel=0.05)


def test_a_mean_is_drawn_from_a_normal() -> None:
    drawn = draw_survey(lone(0.5, 0.05, is_share=False), ["x"], 40_000, np.random.default_rng(1))[:, 0] / 100
    assert stats.kstest(drawn, stats.norm(0.5, 0.05).cdf).pvalue > 0.01


def test_covariances_between_indicators_are_kept(office: tuple[Tables, Tables], plan: Plan) -> None:
    clean, survey = office
    scored = survey_scores(survey, roster(clean, plan), plan)
    drawn = draw_survey(scored, [CITY], 40_000, np.random.default_rng(1))[:, 0]
    row = scored.streams.set_index("object").loc[CITY]
    assert drawn.std() == pytest.approx(row["se"], rel=0.06)
    assert drawn.mean() == pytest.approx(row["score"], abs=1.0)
    alone = SurveyScores(scored.items, {CITY: np.diag(np.diag(scored.cov[CITY]))}, scored.streams)
    independent = draw_survey(alone, [CITY], 40_000, np.random.default_rng(1))[:, 0]
    assert independent.std() < 0.8 * drawn.std()


def test_probabilities_of_two_normals(plan: Plan) -> None:
    rng = np.random.default_rng(1)
    scores = np.stack([rng.normal(80, 2, 100_000), rng.normal(78, 2, 100_000)], axis=1)
    found = rank_draws(["a", "b"], scores, ["", ""], plan)
    above = stats.norm.cdf(2 / 8**0.5)
    assert found.p_rank[0, 0] == pytest.approx(above, abs=0.005)
    assert found.p_above[0, 1] == pytest.approx(above, abs=0.005)
    assert found.p_rank.sum(axis=1).tolist() == pytest.approx([1, 1])


def test_probabilities_of_grades_after_caps(plan: Plan) -> None:
    scores = np.array([[90.0, 90.0, 87.5 - 1e-12], [70.0, 70.0, 30.0]])
    found = rank_draws(["a", "b", "c"], scores, ["", "一般", ""], plan)
    assert found.p_grade.tolist() == [[0.5, 0.5, 0, 0], [0, 0, 1, 0], [0.5, 0, 0, 0.5]]


def test_critical_value_of_one_pair_is_the_normal_quantile() -> None:
    marginal, joint = critical_values(np.diag([1.0, 3.0]), 0.95, rng=1, draws=400_000)
    assert marginal == pytest.approx([1.96, 1.96], abs=0.02)
    assert joint == pytest.approx(1.96, abs=0.02)


def test_critical_value_over_all_pairs_is_the_studentised_range() -> None:
    _, joint = critical_values(np.eye(6), 0.95, rng=1, draws=400_000)
    assert joint * 2**0.5 == pytest.approx(stats.studentized_range.ppf(0.95, 6, np.inf), abs=0.02)


def test_critical_value_of_one_target_is_dunnetts_for_equal_variances() -> None:
    marginal, _ = critical_values(np.eye(5), 0.95, rng=1, draws=400_000)
    assert marginal == pytest.approx([2.442] * 5, abs=0.02)


def test_units_have_no_sampling_error_and_none_is_made_up(built: Tables) -> None:
    rows = built["rank_intervals"].query("class_id == 'unit235'")
    assert rows["rank"].notna().all()
    assert rows[["low", "high", "sim_low", "sim_high", "p_rank", "p_grade"]].isna().all(axis=None)
    assert "unit235" not in set(built["rank_probabilities"]["class_id"])
    assert built["composite"].query("class_id == 'unit235'")["se"].isna().all()


def test_tables_of_intervals_and_probabilities_agree(built: Tables) -> None:
    rows = built["rank_intervals"].query("class_id != 'unit235'").set_index("object")
    assert (rows["low"] <= rows["rank"]).all()
    assert (rows["rank"] <= rows["high"]).all()
    assert (rows["sim_low"] <= rows["low"]).all()
    assert (rows["high"] <= rows["sim_high"]).all()
    p = built["rank_probabilities"]
    assert np.allclose(p.groupby("object")["p"].sum(), 1)
    assert np.allclose(p.groupby(["class_id", "rank"])["p"].sum(), 1)
    own = p.merge(rows.reset_index()[["object", "rank"]], on=["object", "rank"]).set_index("object")["p"]
    assert np.allclose(own.reindex(rows.index), rows["p_rank"])


def test_one_seed_one_result_whatever_the_other_classes(
    built: Tables, office: tuple[Tables, Tables], plan: Plan
) -> None:
    clean, survey = office
    scored = survey_scores(survey, roster(clean, plan), plan)
    scores = built["composite"].assign(cap="")
    fewer = scores[scores["class_id"] != "city14"]
    a = uncertainty_tables(scores, scored, built["streams"], plan, np.random.default_rng(3)).intervals
    b = uncertainty_tables(fewer, scored, built["streams"], plan, np.random.default_rng(3)).intervals
    pd.testing.assert_frame_equal(
        a[a["class_id"] == "city6"].reset_index(drop=True), b[b["class_id"] == "city6"].reset_index(drop=True)
    )


def test_rank_sets_of_235_targets() -> None:
    """A point apart each: with errors of 0.001 each set is the rank itself, with errors of 1000 every rank.

    In 47 lots of five, ten points apart with errors of one half, the farther lots are told apart (10 / 0.71 = 14
    errors of a difference), and within a lot, where all are equal, nobody is.
    """
    steps = pd.Series(np.arange(235, 0, -1.0))
    sure = rank_intervals(steps, np.full(235, 1e-6), rng=2, draws=500)
    assert sure["low"].tolist() == sure["high"].tolist() == list(range(1, 236))
    blurred = rank_intervals(steps, np.full(235, 1e6), rng=2, draws=500)
    assert (blurred["low"].eq(1) & blurred["high"].eq(235)).all()
    lots = rank_intervals(pd.Series(np.repeat(np.arange(47, 0, -1.0) * 10, 5)), np.full(235, 0.25), rng=2, draws=500)
    assert lots["low"].tolist() == [5 * (i // 5) + 1 for i in range(235)]
    assert lots["high"].tolist() == [5 * (i // 5) + 5 for i in range(235)]


def shared(office: tuple[Tables, Tables], plan: Plan, correlation: float) -> SurveyScores:
    """Survey scores of an office whose first two helper cities share their sample, by this much."""
    clean, survey = office
    one, other = plan.classes["city6"].members[:2]
    own = survey["estimate_cov"].query("domain_type == 'helper' and domain in [@one, @other]")
    se = survey["estimates"].query("domain_type == 'helper'").set_index(["domain", "indicator"])["se"]
    names = sorted(set(own["a"]))
    rows = [("helper", one, other, a, a, correlation * se[one, a] * se[other, a]) for a in names]
    table = pd.DataFrame(rows, columns=["domain_type", "domain", "other", "a", "b", "cov"])
    return survey_scores({**survey, "estimate_cov_between": table}, roster(clean, plan), plan)


def test_targets_that_share_a_sample_are_drawn_together(office: tuple[Tables, Tables], plan: Plan) -> None:
    helpers = list(plan.classes["city6"].members)
    scored = shared(office, plan, 0.6)
    cov = score_covariance(scored, helpers)
    assert np.allclose(cov, cov.T)
    assert (np.diag(cov) > 0).all()
    implied = cov.iloc[0, 1] / np.sqrt(cov.iloc[0, 0] * cov.iloc[1, 1])
    assert implied > 0.1
    assert (cov.iloc[0, 2:] == 0).all()
    drawn = draw_survey(scored, helpers, 40_000, np.random.default_rng(1))
    found = np.corrcoef(drawn.T)
    assert found[0, 1] == pytest.approx(implied, abs=0.03)
    assert np.abs(found[0, 2:]).max() < 0.02


def test_the_variance_of_a_difference_by_hand(office: tuple[Tables, Tables], plan: Plan) -> None:
    one, other = plan.classes["city6"].members[:2]
    scored = shared(office, plan, 0.6)
    slopes = {}
    for code in (one, other):
        part = scored.items[scored.items["object"] == code]
        share = (part["estimate"] - part["floor"]) / (part["target"] - part["floor"])
        slopes[code] = np.where((share > 0) & (share < 1), 100 / (part["target"] - part["floor"]), 0) * part["weight"]
    by_hand = float(slopes[one] @ scored.between[one, other] @ slopes[other])
    assert score_covariance(scored, [one, other]).loc[one, other] == pytest.approx(by_hand, rel=1e-12)


def test_sharing_a_sample_narrows_the_sets(office: tuple[Tables, Tables], plan: Plan) -> None:
    one, other = plan.classes["city6"].members[:2]
    cov = score_covariance(shared(office, plan, 0.9), [one, other])
    scores = pd.Series({one: 80.0, other: 80.0 + 1.7 * float(np.sqrt(np.trace(cov)))})
    apart = rank_intervals(scores, cov, rng=1)
    blind = rank_intervals(scores, np.diag(cov), rng=1)
    assert (apart["high"] - apart["low"]).sum() < (blind["high"] - blind["low"]).sum()


def test_probabilities_add_up_in_every_table(built: Tables, plan: Plan) -> None:
    grades = built["grade_probabilities"]
    assert np.allclose(grades.groupby("object")["p"].sum(), 1)
    assert set(grades["grade"]) == set(plan.grades)
    pairs = built["pair_probabilities"]
    assert set(pairs["class_id"]) == {"city14", "city6"}
    wide = pairs.query("class_id == 'city6'").pivot(index="object", columns="other", values="p_above")
    assert np.allclose((wide + wide.T).to_numpy()[~np.eye(6, dtype=bool)], 1, atol=1e-3)
    given = built["rank_intervals"].dropna(subset="p_grade").set_index("object")
    final = built["composite"].set_index("object")["grade_final"]
    both = grades.set_index(["object", "grade"])["p"]
    assert [both[o, final[o]] for o in given.index] == pytest.approx(given["p_grade"].tolist())
