from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.base.plan import Plan
from kaohe.grade.compare import compare, compare_summary

NAN = float("nan")


def frames(rows: list[tuple[str, str, float, float, str]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    table = pd.DataFrame(rows, columns=["object", "class_id", "composite", "rank", "grade_final"])
    spans = table[["object"]].assign(low=table["rank"] - 1, high=table["rank"] + 1)
    return table.assign(name=table["object"].str.upper()), spans


BASE = frames(
    [
        ("a", "city14", 90.0, 1.0, "好"), ("b", "city14", 80.0, 2.0, "较好"), ("c", "city14", 70.0, 3.0, "较好"),
        ("d", "city14", NAN, NAN, "缺数据"), ("e", "city6", 60.0, 1.0, "待核"),
    ]
)  # fmt: skip
NEW = frames(
    [
        ("a", "city14", 85.0, 2.0, "较好"), ("b", "city14", 88.0, 1.0, "好"), ("c", "city14", 71.0, 3.0, "较好"),
        ("d", "city14", NAN, NAN, "缺数据"), ("e", "city6", 60.0, 1.0, "一般"),
    ]
)  # fmt: skip


def test_two_gradings_side_by_side(plan: Plan) -> None:
    rows = compare(BASE[0], NEW[0], BASE[1], NEW[1], plan).set_index("object")
    assert rows["score_diff"].tolist()[:3] == [-5.0, 8.0, 1.0]
    assert rows["rank_shift"].tolist()[:3] == [-1.0, 1.0, 0.0]
    assert np.isnan(rows.loc["d", "rank_shift"])
    assert rows["grade_move"].to_dict() == {"a": "下降", "b": "上升", "c": "不变", "d": "不变", "e": "待定变化"}
    assert rows.loc["a", ["low_base", "high_base", "low_new", "high_new"]].tolist() == [0, 2, 1, 3]


def test_the_summary_counts_what_moved(plan: Plan) -> None:
    found = compare_summary(compare(BASE[0], NEW[0], BASE[1], NEW[1], plan), plan).set_index("class_id")
    city = found.loc["city14"]
    assert city[["n", "n_ranked", "n_moved", "up", "down", "open"]].tolist() == [4, 3, 2, 1, 1, 0]
    assert (city["mean_shift"], city["max_shift"]) == (pytest.approx(2 / 3), 1)
    assert city["mean_diff"] == pytest.approx(4 / 3)
    assert found.loc["city6", ["n_ranked", "n_moved", "open"]].tolist() == [1, 0, 1]
    assert found.loc["unit235", "n"] == 0
    assert np.isnan(found.loc["unit235", "mean_shift"])


def test_the_same_twice_changes_nothing(built: dict[str, pd.DataFrame], plan: Plan) -> None:
    ranks = built["rank_intervals"]
    rows = compare(built["composite"], built["composite"], ranks, ranks, plan)
    assert set(rows["grade_move"]) == {"不变"}
    assert rows["score_diff"].fillna(0).eq(0).all()
    assert len(rows) == len(built["composite"])
