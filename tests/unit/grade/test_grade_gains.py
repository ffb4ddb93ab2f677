from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaohe.base.plan import Plan
from kaohe.grade.composite import composite
from kaohe.grade.gains import fewest_steps, swap_weight, way_up

Tables = dict[str, pd.DataFrame]


def by_trying(gains: list[list[float]], gap: float) -> int | None:
    """Fewest steps by trying every combination."""
    enough = [
        sum(steps)
        for steps in itertools.product(*(range(len(g) + 1) for g in gains))
        if sum(sum(g[:s]) for g, s in zip(gains, steps, strict=True)) >= gap - 1e-9
    ]
    return min(enough) if enough else None


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 12).map(float), max_size=3), min_size=1, max_size=5), st.integers(0, 60).map(float)
)
def test_no_way_is_shorter_than_the_one_found(gains: list[list[float]], gap: float) -> None:
    steps = fewest_steps(gains, gap)
    shortest = by_trying(gains, gap)
    assert (steps is None) == (shortest is None)
    if steps is not None:
        assert sum(steps) == shortest
        assert sum(sum(g[:s]) for g, s in zip(gains, steps, strict=True)) >= gap - 1e-9
        assert all(0 <= s <= len(g) for g, s in zip(gains, steps, strict=True))


def test_of_equally_short_ways_the_first_items_are_used() -> None:
    assert fewest_steps([[1.0], [1.0], [1.0]], 2.0) == [1, 1, 0]
    assert fewest_steps([[1.0], [3.0], [1.0]], 2.0) == [0, 1, 0]
    assert fewest_steps([[1.0], [1.0]], 0.0) == [0, 0]


def lost(*grades: str, weight: float = 0.04) -> pd.DataFrame:
    """Rows of `lost_points` of a helper city's index items."""
    rows = [("x", f"c{i}", f"指标{i}", weight, g, 0.0) for i, g in enumerate(grades)]
    return pd.DataFrame(rows, columns=["object", "component", "label", "weight", "grade", "step"])


def target(
    score: float, grade: str, final: str = "", status: str = "已定", cap: str = "", doubt: str = ""
) -> pd.DataFrame:
    row = {"object": "x", "class_id": "city6", "composite": score, "grade_score": grade, "grade_final": final or grade}
    return pd.DataFrame([{**row, "status": status, "cap": cap, "doubt": doubt}])


def test_the_cheapest_way_moves_the_weakest_items(plan: Plan) -> None:
    row = way_up(target(86.0, "较好"), lost("好", "较好", "一般"), plan).iloc[0]
    assert (row["to_grade"], row["cut"], row["gap"]) == ("好", 87.5, 1.5)
    assert (row["steps"], row["state"]) == (2.0, "提升指标可达")
    assert row["items"] == "指标2（一般→好）"
    assert row["after"] == pytest.approx(88.0)


def test_where_items_do_not_suffice_the_most_they_give_is_said(plan: Plan) -> None:
    row = way_up(target(70.0, "较好"), lost("较好", "一般"), plan).iloc[0]
    assert (row["state"], row["why"]) == ("仅提升指标不足", "指标全部为“好”仍不足")
    assert np.isnan(row["steps"])
    assert row["after"] == pytest.approx(70 + 0.04 * 75)


@pytest.mark.parametrize(
    ("given_", "state", "why"),
    [
        (target(95.0, "好"), "已是最高等次", ""),
        (target(95.0, "好", "一般", cap="一般"), "受限", "已触发等次限制规则，最高为一般"),
        (target(95.0, "好", "待核", "待核"), "受限", "有事实待核，先行认定"),
        (target(50.0, "一般", doubt="一般"), "受限", "有事实待核，认定之前不得高于一般"),
        (target(95.0, "好", "较好"), "受限", "等次已由人工决定调整"),
        (target(float("nan"), "", "缺数据", "缺数据"), "受限", "缺数据，没有综合得分"),
    ],
)
def test_what_items_cannot_change_is_said(plan: Plan, given_: pd.DataFrame, state: str, why: str) -> None:
    row = way_up(given_, lost("较好", "一般"), plan).iloc[0]
    assert (row["state"], row["why"]) == (state, why)
    assert np.isnan(row["steps"])


def test_a_way_up_leads_there_when_the_items_are_raised(built: Tables, plan: Plan) -> None:
    ways = built["way_up"].query("state == '提升指标可达'")
    assert len(ways) > 3
    streams = built["streams"]
    values = plan.scale.values
    for way in ways.itertuples():
        own = built["item_grades"].query("object == @way.object and level in ['city', 'unit']").set_index("concept")
        grades = own["grade"].copy()
        names = {plan.concepts[c]: c for c in grades.index}
        for said in way.items.split("；"):
            label, move = said[:-1].rsplit("（", 1)
            before, after = move.split("→")
            assert grades[names[label]] == before
            grades[names[label]] = after
        raised = streams[streams["object"] == way.object].copy()
        raised.loc[raised["stream"] == "cross", "score"] = grades.map(values).mean()
        row = composite(raised.drop(columns=["low", "high"]), plan).iloc[0]
        assert row["composite"] == pytest.approx(way.after, abs=1e-9)
        assert plan.grades.index(row["grade_score"]) <= plan.grades.index(way.to_grade)


def test_lost_points_add_to_what_is_missing_to_100(built: Tables) -> None:
    scores = built["composite"].set_index("object")["composite"].dropna()
    total = built["lost_points"].groupby("object")[["lost", "weight"]].sum()
    assert set(total.index) == set(scores.index)
    assert (total["lost"] - (100 - scores.reindex(total.index))).abs().max() < 1e-9
    assert (total["weight"] - 1).abs().max() < 1e-12
    steps = built["lost_points"].query("stream == 'cross' and grade == '一般' and class_id == 'city14'")["step"]
    assert steps.tolist() == pytest.approx([0.4 * 25 / 17] * len(steps))
    assert len(steps)


def test_swap_weights_make_the_two_equal(built: Tables, plan: Plan) -> None:
    wide = built["streams"].pivot(index="object", columns="stream", values="score")
    found = built["swap_weights"].dropna(subset="swap")
    assert len(found) > 10
    for row in found.itertuples():
        nominal = pd.Series(plan.classes[row.class_id].streams)
        rest = nominal.drop(row.stream)
        weights = pd.concat([rest / rest.sum() * (1 - row.swap), pd.Series({row.stream: row.swap})])
        assert weights.sum() == pytest.approx(1)
        mine, other = (float((wide.loc[c, weights.index] * weights).sum()) for c in (row.object, row.other))
        assert mine == pytest.approx(other, abs=1e-8)


def test_no_swap_where_one_is_ahead_in_everything() -> None:
    weights = pd.Series({"survey": 0.3, "cross": 0.4, "daily": 0.3})
    ahead, behind = (pd.Series(dict.fromkeys(weights.index, v)) for v in (80.0, 70.0))
    assert all(np.isnan(swap_weight(ahead, behind, weights, s)) for s in weights.index)
    level = behind.copy()
    level["survey"] = 80.0
    assert np.isnan(swap_weight(ahead, level, weights, "survey"))


def test_the_cut_off_is_decomposed_to_the_item(built: Tables, plan: Plan) -> None:
    rows = built["contributions"].query("reference == 'cut'")
    total = rows.groupby("object")["delta"].sum()
    scores = built["composite"].set_index("object")
    order = plan.scale.order
    for code, gap in total.items():
        better = order[max(order.index(scores.loc[code, "grade_score"]) - 1, 0)]
        assert gap == pytest.approx(scores.loc[code, "composite"] - plan.scale.cuts[better], abs=1e-9)
        name = rows.loc[rows["object"] == code, "reference_name"].unique().tolist()
        assert name == [f"“{better}”的分界（{plan.scale.cuts[better]:g}分）"]
    assert set(total.index) == set(scores.index[scores["composite"].notna()])
