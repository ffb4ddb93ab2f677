from __future__ import annotations

import pandas as pd
import pytest

from kaohe.base.plan import Plan
from kaohe.grade import explain
from kaohe.grade.explain import mean_of, next_above

Tables = dict[str, pd.DataFrame]


def test_differences_add_to_the_gap_for_every_target(built: Tables) -> None:
    scores = built["composite"].set_index("object")
    total = built["contributions"].groupby(["object", "reference"])["delta"].sum()
    above = {}
    for class_id, part in scores.groupby("class_id"):
        above |= next_above(part["composite"])
        first = part[part["rank"] == 1].index
        assert not set(first) & set(above), class_id
    for code, row in scores.iterrows():
        assert total[(code, "mean")] == pytest.approx(row["composite"] - row["class_mean"], abs=1e-9)
        if code in above:
            gap = row["composite"] - scores.loc[above[code], "composite"]
            assert total[(code, "next")] == pytest.approx(gap, abs=1e-9)
            assert gap < 0
        else:
            assert (code, "next") not in total.index


def test_differences_add_within_each_stream(built: Tables) -> None:
    streams = built["streams"].set_index(["object", "stream"])
    means = built["streams"].groupby(["class_id", "stream"])["score"].mean()
    rows = built["contributions"].query("reference == 'mean'")
    for (code, class_id, stream), delta in rows.groupby(["object", "class_id", "stream"])["delta"].sum().items():
        own = streams.loc[(code, stream)]
        assert delta == pytest.approx(own["weight"] * (own["score"] - means[(class_id, stream)]), abs=1e-9)


def test_components_reach_items_indicators_and_sources(built: Tables, plan: Plan) -> None:
    rows = built["contributions"].query("object == '440200000000' and reference == 'mean'")
    by_stream = rows.groupby("stream")["component"].agg(set)
    assert by_stream["cross"] == {i.concept for i in plan.forms["city14"].items}
    assert by_stream["survey"] == {q.id for q in plan.questions.values() if q.weight}
    assert set(plan.daily_sources) <= by_stream["daily"]
    assert rows["reference_name"].unique().tolist() == ["同类平均"]


def test_one_step_on_one_item_is_worth_its_weight(built: Tables, plan: Plan) -> None:
    rows = built["contributions"].query("class_id == 'city14' and stream == 'cross' and reference == 'mean'")
    spread = rows.groupby("component")["delta"].agg(lambda d: d.max() - d.min())
    steps = spread / (0.4 * 25 / 17)
    assert (steps - steps.round()).abs().max() < 1e-9


def frame(**points: float) -> pd.DataFrame:
    return pd.DataFrame([{"stream": "s", "component": c, "label": c, "points": p} for c, p in points.items()])


def test_a_component_that_one_side_lacks_counts_nothing_there() -> None:
    delta = explain(frame(a=3.0, b=1.0), frame(b=4.0, c=2.0)).set_index("component")["delta"]
    assert delta.to_dict() == {"a": 3.0, "b": -3.0, "c": -2.0}


def test_the_mean_of_targets() -> None:
    both = pd.concat([frame(a=3.0, b=1.0).assign(object="x"), frame(a=1.0).assign(object="y")])
    assert mean_of(both).set_index("component")["points"].to_dict() == {"a": 2.0, "b": 0.5}


def test_next_above_passes_over_ties() -> None:
    scores = pd.Series({"a": 90.0, "b": 90.0, "c": 85.0, "d": 80.0, "e": float("nan")})
    assert next_above(scores) == {"c": "a", "d": "c"}
