from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kaohe.base.plan import Plan
from kaohe.grade.agreement import consistency, spearman
from kaohe.grade.forms import ahead_pairs

Tables = dict[str, pd.DataFrame]


def test_checks_by_hand(plan: Plan) -> None:
    evidence = pd.DataFrame(
        {"object": "a", "item": [1, 2, 3], "index_value": [100.0, 50.0, np.nan], "evidence": [75.0, 80.0, 60.0]}
    )
    own = pd.DataFrame({"object": "a", "item": [1, 2, 3], "self_grade": ["好", "好", "较好"]})
    scores = pd.DataFrame(
        {
            "object": list("abcd"), "class_id": "city14", "survey": [90.0, 80.0, 70.0, np.nan],
            "cross": [70.0, 80.0, 90.0, 60.0],
        }
    )  # fmt: skip
    found = consistency(evidence, own, scores, plan).set_index(["object", "check"])
    index = found.loc[("a", "index_field")]
    assert (index["n"], index["mean_gap"], index["n_above"], index["n_below"]) == (2, -2.5, 1, 1)
    mine = found.loc[("a", "self_field")]
    assert (mine["n"], mine["n_above"], mine["n_below"]) == (3, 1, 0)
    assert mine["mean_gap"] == pytest.approx((25 + 20 + 15) / 3)
    survey = found.loc[("a", "survey_cross")]
    assert (survey["rank_first"], survey["rank_second"], survey["rank_gap"]) == (1, 3, -2)
    assert survey["correlation"] == pytest.approx(-1)
    assert bool(survey["flagged"])
    assert found.loc[("d", "survey_cross"), "n"] == 0
    assert not found.loc[("d", "survey_cross"), "flagged"]
    assert found.loc[("b", "index_field"), "n"] == 0
    assert np.isnan(found.loc[("b", "index_field"), "mean_gap"])


def test_an_index_grade_a_step_away_is_flagged_both_ways_and_a_modest_own_grade_is_not(plan: Plan) -> None:
    """|v(g) − E| ≥ 25: 50 against 75 is one step below, 50 against 74 is not; the own grades are the same."""
    evidence = pd.DataFrame(
        {"object": ["a", "b", "c"], "item": 1, "index_value": [50.0, 50.0, 75.0], "evidence": [75.0, 74.0, 50.0]}
    )
    own = pd.DataFrame({"object": ["a", "b", "c"], "item": 1, "self_grade": ["一般", "一般", "较好"]})
    scores = pd.DataFrame({"object": list("abc"), "class_id": "unit235", "survey": np.nan, "cross": [70.0, 80.0, 90.0]})
    found = consistency(evidence, own, scores, plan).set_index(["check", "object"])
    assert found.loc["index_field", "n_below"].tolist() == [1, 0, 0]
    assert found.loc["index_field", "flagged"].tolist() == [True, False, True]
    assert found.loc["self_field", "n_below"].tolist() == [1, 0, 0]
    assert found.loc["self_field", "flagged"].tolist() == [False, False, True]


def test_rank_correlation_is_scipys() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 6, 30), rng.integers(0, 6, 30)
    assert spearman(pd.Series(a), pd.Series(b)) == pytest.approx(stats.spearmanr(a, b).statistic)


def test_profiles_count_who_is_ahead_under_every_scale(built: Tables, plan: Plan) -> None:
    part = built["profiles"].query("class_id == 'city14'").set_index("object")
    rows = built["item_grades"].query("class_id == 'city14' and level == 'city'")
    mix = rows.groupby("object")["grade"].value_counts(normalize=True).unstack(fill_value=0.0)
    mix = mix.reindex(columns=plan.grades, fill_value=0.0)
    at_least = mix.cumsum(axis=1).iloc[:, :-1]
    for a in at_least.index:
        ahead = [
            b for b in at_least.index
            if (at_least.loc[a] >= at_least.loc[b] - 1e-12).all() and (at_least.loc[a] > at_least.loc[b] + 1e-12).any()
        ]  # fmt: skip
        assert part.loc[a, "n_ahead"] == len(ahead)
        assert part.loc[a, ["n_ahead", "n_behind", "n_open"]].sum() == 13
        assert part.loc[a, "at_good"] == pytest.approx(mix.loc[a, "好"])
    assert part["n_ahead"].sum() == part["n_behind"].sum()
    assert part["ordered"].iloc[0] == pytest.approx(part["n_ahead"].sum() / 91)


def test_who_is_ahead_scores_higher_on_any_scale() -> None:
    rng = np.random.default_rng(2)
    shares = rng.dirichlet(np.ones(4), 12)
    ahead = ahead_pairs(shares)
    assert 0 < ahead.sum() < 66
    for _ in range(200):
        values = np.sort(rng.uniform(0, 100, 4))[::-1]
        scores = shares @ values
        assert (scores[:, None] > scores[None, :])[ahead].all()


def test_group_scores_are_means_of_their_items(built: Tables, plan: Plan) -> None:
    rows = built["item_grades"].query("level in ['city', 'unit']")
    means = rows.groupby(["object", "group"])["value"].mean()
    found = built["group_scores"].query("class_id != ''").set_index(["object", "group"])
    assert set(found.index) == set(means.index)
    assert np.allclose(found["score"], means.reindex(found.index))
    county = built["group_scores"].query("class_id == ''")
    assert set(county["level"]) == {"county"}
    assert set(county["object"]) <= set(built["counties"]["county"])
    assert len(county)
