from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.base.plan import Plan
from kaohe.grade.sensitivity import SOURCES, ClassScores, class_sensitivity, group_weights, random_scales

Tables = dict[str, pd.DataFrame]


@pytest.fixture
def data(built: Tables, plan: Plan) -> ClassScores:
    """Task cities put together from the built tables alone."""
    scores = built["composite"].query("class_id == 'city14'").sort_values("object")
    codes = scores["object"].tolist()
    items = built["item_grades"].query("level == 'city' and class_id == 'city14'").sort_values(["object", "item"])
    shares = np.stack([(items["grade"] == g).to_numpy().reshape(14, 17) for g in plan.scale.order], axis=2).astype(
        float
    )
    form = plan.forms["city14"]
    return ClassScores(
        "city14", codes, shares, np.full((14, 17), 1 / 17), [i.group for i in form.items],
        [plan.concepts[i.concept] for i in form.items], scores[["survey", "cross", "daily"]].to_numpy(),
        np.tile([0.3, 0.4, 0.3], (14, 1)), 1, np.zeros(14, dtype=int),
    )  # fmt: skip


def test_the_base_is_the_composite(data: ClassScores, built: Tables) -> None:
    base = built["composite"].set_index("object").loc[data.objects, "composite"]
    assert np.allclose(data.scores(np.array([100, 75, 50, 25.0])), base)
    rows = built["sensitivity"].query("class_id == 'city14' and scenario == '基准'")
    assert set(rows["source"]) == set(SOURCES)
    mine = rows.drop_duplicates("object").set_index("object").loc[data.objects]
    assert np.allclose(mine["score"], base)
    assert mine["rank"].tolist() == built["composite"].set_index("object").loc[data.objects, "rank"].tolist()


def test_the_tables_are_those_of_the_class(data: ClassScores, built: Tables, plan: Plan) -> None:
    rows, summary = class_sensitivity(data, plan, rng=np.random.default_rng(1), draws=20)
    steady = rows[rows["source"] != "scale"].sort_values(["object", "source", "scenario"], ignore_index=True)
    theirs = built["sensitivity"].query("class_id == 'city14' and source != 'scale'")
    theirs = theirs.sort_values(["object", "source", "scenario"], ignore_index=True)[steady.columns]
    pd.testing.assert_frame_equal(steady, theirs, check_dtype=False)
    assert summary.set_index("source")["scenarios"].to_dict() == {
        "scale": 20, "alternative_scale": 1, "item_weights": 1, "stream_weights": 6, "leave_one_out": 17, "cuts": 4,
    }  # fmt: skip


def test_stream_weights_a_quarter_up_by_hand(data: ClassScores, built: Tables) -> None:
    rows = (
        built["sensitivity"]
        .query("class_id == 'city14' and scenario == '交叉考核权重+25%'")
        .set_index("object")["score"]
    )
    others = data.others
    by_hand = others @ (np.array([0.3, 0.5, 0.3]) / 1.1)
    assert np.allclose(rows.loc[data.objects], by_hand)


def test_cut_offs_move_grades_and_never_ranks(built: Tables, plan: Plan) -> None:
    rows = built["sensitivity"].query("source == 'cuts' and class_id == 'unit235'")
    wide = rows.pivot(index="object", columns="scenario", values="rank")
    assert (wide.nunique(axis=1) == 1).all()
    place = {g: i for i, g in enumerate(plan.scale.order)}
    grades = rows.assign(g=rows["grade"].map(place)).pivot(index="object", columns="scenario", values="g")
    assert (grades["界限+2分"] >= grades["基准"]).all()
    assert (grades["基准"] >= grades["界限−2分"]).all()
    changed = (grades.sub(grades["基准"], axis=0) != 0).any(axis=1).sum()
    said = built["sensitivity_summary"].set_index(["class_id", "source"]).loc[("unit235", "cuts")]
    assert said["grade_changes"] == changed > 0
    assert said["mean_shift"] == 0


def test_the_summary_is_the_mean_shift_of_the_rows(built: Tables) -> None:
    for (class_id, source), rows in built["sensitivity"].groupby(["class_id", "source"]):
        if source == "scale":
            continue
        wide = rows.pivot(index="object", columns="scenario", values="rank")
        shift = wide.drop(columns="基准").sub(wide["基准"], axis=0).abs()
        said = built["sensitivity_summary"].set_index(["class_id", "source"]).loc[(class_id, source)]
        assert said["scenarios"] == shift.shape[1]
        assert said["mean_shift"] == pytest.approx(shift.to_numpy().mean())
        assert said["max_shift"] == shift.to_numpy().max()


def test_random_scales_keep_their_ends_and_their_order(plan: Plan) -> None:
    drawn = random_scales(plan, 5000, np.random.default_rng(1))
    assert (np.diff(drawn, axis=1) <= 0).all()
    assert set(drawn[:, 0]) == {100.0}
    assert set(drawn[:, -1]) == {25.0}
    assert drawn[:, 1].mean() == pytest.approx(75, abs=1)
    assert drawn[:, 2].mean() == pytest.approx(50, abs=1)


def test_a_cap_holds_in_every_scenario(data: ClassScores, plan: Plan) -> None:
    bound = ClassScores(**{**data.__dict__, "caps": np.full(14, 2)})
    rows, _ = class_sensitivity(bound, plan, rng=np.random.default_rng(1), draws=20)
    assert set(rows["grade"]) == {"一般"}


def test_equal_groups_and_back(data: ClassScores) -> None:
    weights = group_weights(data, "equal_items")
    for group in set(data.groups):
        inside = np.array([g == group for g in data.groups])
        assert np.allclose(weights[:, inside].sum(axis=1), 1)
    assert np.allclose(group_weights(data, "equal_groups"), 1)


def test_a_target_that_is_not_ranked_has_its_base_rows(office: tuple[Tables, Tables], plan: Plan) -> None:
    from kaohe.grade import build_grades

    clean, _ = office
    clean["forms"] = clean["forms"][clean["forms"]["form_key"] != "unit235:DW003"]
    rows = build_grades(*office, plan, rng=np.random.default_rng(1))["sensitivity"].query("object == 'DW003'")
    assert len(rows) == 6
    assert rows["rank"].isna().all()
    assert set(rows["grade"]) == {""}
