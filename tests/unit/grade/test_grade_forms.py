from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from kaohe.base.plan import Plan
from kaohe.grade.forms import dominance, form_scores, item_rows, item_weights, lower_median, score_rows

Tables = dict[str, pd.DataFrame]


def one_form(
    plan: Plan, grades: dict[int, str], *, form: str = "city14", remarks: dict[int, str] | None = None
) -> Tables:
    """Clean tables with one form; items that `grades` leaves out have no row."""
    city = plan.classes["city14"].members[0]
    head = {
        "form_key": "F", "form": form, "object": city, "place": city, "city": city, "county": "", "town": "",
        "village": "", "team": "", "visit_date": pd.NaT,
    }  # fmt: skip
    numbers = sorted({*grades, *(remarks or {})})
    rows = [
        {"form_key": "F", "item": i, "grade": grades.get(i, ""), "remark": (remarks or {}).get(i, "")} for i in numbers
    ]
    return {"forms": pd.DataFrame([head]), "grades": pd.DataFrame(rows)}


def scored(clean: Tables, plan: Plan) -> pd.Series:
    return score_rows(item_rows(clean, plan), "form_key", plan).loc["F"]


def test_all_graded(plan: Plan) -> None:
    grades = dict.fromkeys(range(1, 18), "好") | {3: "较好", 4: "一般", 5: "较差"}
    row = scored(one_form(plan, grades), plan)
    by_hand = (14 * 100 + 75 + 50 + 25) / 17
    assert row["score"] == pytest.approx(by_hand, abs=1e-12)
    assert (row["low"], row["high"]) == (pytest.approx(by_hand), pytest.approx(by_hand))
    assert (row["n_items"], row["n_graded"], row["missing_share"]) == (17, 17, 0)
    assert row["worst"] == "较差"
    assert row["lower_median"] == "好"
    assert row["share_good"] == pytest.approx(14 / 17)
    assert row["share_fair"] == pytest.approx(15 / 17)


def test_not_graded_stays_in_the_denominator_of_the_bounds(plan: Plan) -> None:
    grades = dict.fromkeys(range(1, 16), "好") | {16: ""}
    row = scored(one_form(plan, grades), plan)
    assert (row["n_items"], row["n_graded"]) == (17, 15)
    assert row["missing_share"] == pytest.approx(2 / 17)
    assert row["score"] == pytest.approx(100)
    assert row["low"] == pytest.approx((1500 + 2 * 25) / 17)
    assert row["high"] == pytest.approx(100)


def test_not_applicable_leaves_the_denominator(plan: Plan) -> None:
    grades = dict.fromkeys(range(1, 16), "较好")
    row = scored(one_form(plan, grades, remarks={16: "不适用", 17: "不适用：无档案移交"}), plan)
    assert (row["n_items"], row["n_graded"], row["missing_share"]) == (15, 15, 0)
    assert (row["low"], row["score"], row["high"]) == (75, 75, 75)


def test_not_on_the_form_has_no_row(plan: Plan) -> None:
    rows = item_rows(one_form(plan, {1: "好"}, form="town"), plan)
    assert len(rows) == 16
    assert "coordination" not in set(rows["concept"])


def test_two_different_grades_for_one_item_count_as_none(plan: Plan) -> None:
    clean = one_form(plan, dict.fromkeys(range(1, 18), "好"))
    double = pd.DataFrame([{"form_key": "F", "item": 1, "grade": "较差", "remark": ""}])
    clean["grades"] = pd.concat([clean["grades"], double], ignore_index=True)
    rows = item_rows(clean, plan)
    assert rows.loc[rows["item"] == 1, "state"].tolist() == ["not_graded"]
    same = pd.DataFrame([{"form_key": "F", "item": 2, "grade": "好", "remark": ""}])
    clean["grades"] = pd.concat([clean["grades"], same], ignore_index=True)
    rows = item_rows(clean, plan)
    assert rows.loc[rows["item"] == 2, "grade"].tolist() == ["好"]


def test_equal_groups(plan: Plan) -> None:
    grades = dict.fromkeys(range(1, 18), "好") | {1: "较差", 2: "较差"}
    choices = {**plan.choices, "items": {"weighting": "equal_groups"}}
    row = scored(one_form(plan, grades), dataclasses.replace(plan, choices=choices))
    assert row["score"] == pytest.approx((25 + 100 + 100 + 100) / 4)


def test_equal_groups_over_the_items_that_apply() -> None:
    rows = pd.DataFrame(
        {
            "form_key": "F", "group": ["a", "a", "b", "b", "c"],
            "state": ["graded", "not_graded", "graded", "not_applicable", "not_applicable"],
        }
    )  # fmt: skip
    assert item_weights(rows, "equal_groups").tolist() == [0.25, 0.25, 0.5, 0, 0]
    assert item_weights(rows, "equal_items").tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0, 0])


@pytest.mark.parametrize(
    ("counts", "median"),
    [([2, 2, 0, 0], "较好"), ([3, 2, 0, 0], "好"), ([1, 0, 0, 1], "较差"), ([0, 1, 0, 0], "较好"), ([0] * 4, "")],
)
def test_lower_median_is_the_worse_of_two(plan: Plan, counts: list[int], median: str) -> None:
    assert lower_median(np.array([counts], dtype=float), plan.scale.order) == [median]


def test_dominance_is_what_every_increasing_scale_says() -> None:
    rng = np.random.default_rng(1)
    shares = rng.dirichlet(np.ones(4), 12)
    shares[3] = shares[4]
    scales = np.sort(rng.uniform(0, 100, (4000, 4)), axis=1)[:, ::-1]
    extremes = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0]], dtype=float)
    scores = np.concatenate([scales, extremes]) @ shares.T
    ahead = (scores[:, :, None] >= scores[:, None, :] - 1e-9).all(axis=0)
    agreed = sum(ahead[a, b] != ahead[b, a] for a in range(12) for b in range(a))
    assert 0 < agreed < 66
    assert dominance(shares) == pytest.approx(agreed / 66)


def test_villages_outside_the_list_with_and_without_local_items(
    built: Tables, office: tuple[Tables, Tables], plan: Plan
) -> None:
    clean, _ = office
    flags = dict(zip(clean["places"]["place"], clean["places"]["designated"], strict=True))
    forms = built["form_scores"]
    villages = forms[forms["form"] == "village"]
    assert villages["local_criteria"].tolist() == [flags[v] == 0 for v in villages["village"]]
    assert villages["score_without_local"].isna().tolist() == [flags[v] == 1 for v in villages["village"]]
    row = villages[villages["local_criteria"]].iloc[0]
    grades = clean["grades"].query("form_key == @row.form_key").set_index("item")["grade"].map(plan.scale.values)
    assert row["score"] == pytest.approx(grades.mean())
    assert row["score_without_local"] == pytest.approx(grades.drop([1, 4, 5]).mean())
    assert not forms.loc[forms["form"] != "village", "local_criteria"].any()


def test_a_target_without_its_table_has_a_row_with_bounds(office: tuple[Tables, Tables], plan: Plan) -> None:
    clean, _ = office
    clean["forms"] = clean["forms"][clean["forms"]["form_key"] != "unit235:DW003"]
    rows = form_scores(clean, plan, item_rows(clean, plan)).set_index("form_key")
    row = rows.loc["none-unit235-DW003"]
    assert (row["n_graded"], row["missing_share"], row["low"], row["high"]) == (0, 1.0, 25.0, 100.0)
    assert np.isnan(row["score"])
    assert row["place_name"] == "单位003"
