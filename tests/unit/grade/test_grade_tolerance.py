"""The office's tolerance of ties holds in every table that shows or compares a rank."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from kaohe.base.plan import Plan
from kaohe.grade import build_grades
from kaohe.grade.rank_sets import rank_sets

Tables = dict[str, pd.DataFrame]
WIDE = 5.0


@pytest.fixture(scope="module")
def wide(_office: tuple[Tables, Tables], plan: Plan) -> Tables:
    other = dataclasses.replace(plan, choices={**plan.choices, "ties": {"tolerance": WIDE}})
    return build_grades(*_office, other, rng=np.random.default_rng(2020))


def places(scores: pd.Series) -> pd.Series:
    """One more than how many are greater by more than five points, counted one by one."""
    return pd.Series({c: 1.0 + sum(o > s + WIDE for o in scores) for c, s in scores.items()})


def by_hand(built: Tables) -> pd.Series:
    known = built["composite"].dropna(subset=["composite"]).set_index("object")
    return pd.concat([places(part["composite"]) for _, part in known.groupby("class_id")])


def test_the_base_of_the_what_ifs_has_the_ranks_of_the_composite(wide: Tables) -> None:
    base = wide["sensitivity"].query("scenario == '基准'").dropna(subset=["rank"])
    assert base["rank"].tolist() == by_hand(wide).loc[base["object"]].tolist()
    other = wide["sensitivity"].query("class_id == 'city14' and scenario == '交叉考核权重+25%'").set_index("object")
    assert other["rank"].to_dict() == places(other["score"]).to_dict()
    still = wide["sensitivity_summary"].query("source == 'cuts'")
    assert still["max_shift"].tolist() == [0.0] * 3


def test_nobody_of_the_same_rank_is_the_next_above(wide: Tables) -> None:
    rank, composite = by_hand(wide), wide["composite"].set_index("object")["composite"]
    names = wide["composite"].set_index("object")["name"]
    above = wide["contributions"].query("reference == 'next'")
    assert set(above["object"]) == set(rank[rank > 1].index)
    for (code, name), rows in above.groupby(["object", "reference_name"]):
        ahead = composite[(names == name) & (composite > composite[code] + WIDE)]
        assert len(ahead) == 1
        assert rows["delta"].sum() == pytest.approx(composite[code] - ahead.iloc[0])
    swaps = wide["swap_weights"]
    assert (composite.loc[swaps["other"]].to_numpy() > composite.loc[swaps["object"]].to_numpy() + WIDE).all()


def test_ranks_of_survey_and_cross_are_compared_with_the_tolerance(wide: Tables) -> None:
    scores = wide["composite"].query("class_id == 'city14'").set_index("object")
    rows = wide["consistency"].query("check == 'survey_cross' and class_id == 'city14'").set_index("object")
    assert rows["rank_first"].to_dict() == places(scores["survey"]).to_dict()
    assert rows["rank_second"].to_dict() == places(scores["cross"]).to_dict()


def test_rank_sets_hold_the_rank_and_draws_count_ties(wide: Tables) -> None:
    sets = wide["rank_intervals"].dropna(subset=["low"])
    assert ((sets["low"] <= sets["rank"]) & (sets["rank"] <= sets["high"])).all()
    pairs = wide["pair_probabilities"].set_index(["object", "other"])["p_above"]
    composite = wide["composite"].set_index("object")["composite"]
    tied = [k for k in pairs.index if 0 < composite[k[0]] - composite[k[1]] < 1]
    assert tied
    assert (pairs.loc[tied] < 0.5).all()  # one point ahead is not ahead, more often than not


def test_certain_scores_within_the_tolerance_are_not_told_apart() -> None:
    scores, none = pd.Series({"a": 80.0, "b": 76.0, "c": 60.0}), np.zeros((3, 3))
    marginal, joint = rank_sets(scores, none, rng=1, draws=100, tolerance=WIDE)
    assert marginal.to_numpy().tolist() == joint.to_numpy().tolist() == [[1, 2], [1, 2], [3, 3]]
    assert rank_sets(scores, none, rng=1, draws=100)[0].to_numpy().tolist() == [[1, 1], [2, 2], [3, 3]]


def test_the_county_at_the_edge_takes_its_ties_with_it(wide: Tables) -> None:
    counties = wide["counties"].dropna(subset=["score"]).set_index("county")
    lowest = np.sort(counties["score"].to_numpy())
    edge = lowest[int(np.floor(0.1 * len(lowest) + 1e-9)) - 1]
    assert set(counties.index[counties["bottom"]]) == set(counties.index[counties["score"] <= edge + WIDE])
