from __future__ import annotations

from itertools import count

import numpy as np
import pandas as pd
import pytest

from kaohe.base.plan import Plan
from kaohe.grade.evidence import county_evidence, evidence_table, field_evidence, field_reach, grade_shares
from kaohe.grade.forms import item_rows
from kaohe.grade.inputs import roster

Tables = dict[str, pd.DataFrame]
CITY = "440200000000"
A, B = "440203000000", "440204000000"


class Field:
    """Field forms put together one by one; every item of a form has the same grade unless told."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.heads: list[dict[str, object]] = []
        self.grades: list[dict[str, object]] = []
        self.keys = count()

    def add(self, level: str, place: str, grade: str, **items: str) -> None:
        key = f"F{next(self.keys)}"
        above = {"city": CITY, "county": place[:6] + "000000"}
        if level in {"town", "village"}:
            above["town"] = place[:9] + "000"
        if level == "village":
            above["village"] = place
        where = {"city": "", "county": "", "town": "", "village": ""} | above
        self.heads.append(
            {"form_key": key, "form": level, "object": CITY, "place": place, **where, "team": "", "visit_date": pd.NaT}
        )
        for item in self.plan.forms[level].items:
            self.grades.append(
                {"form_key": key, "item": item.no, "grade": items.get(item.concept, grade), "remark": ""}
            )

    def clean(self, **more: pd.DataFrame) -> Tables:
        return {"forms": pd.DataFrame(self.heads), "grades": pd.DataFrame(self.grades), **more}

    def evidence(self, **more: pd.DataFrame) -> pd.DataFrame:
        clean = self.clean(**more)
        people = roster(clean, self.plan)
        rows = field_reach(clean, self.plan, item_rows(clean, self.plan), people)
        return field_evidence(grade_shares(rows, self.plan), self.plan).set_index(["about", "concept"])


@pytest.fixture
def field(plan: Plan) -> Field:
    return Field(plan)


def test_villages_are_averaged_within_towns_and_towns_within_counties(field: Field) -> None:
    field.add("village", "440203101201", "好")
    field.add("village", "440203101202", "一般")
    field.add("village", "440203101203", "一般")
    field.add("village", "440203102201", "好")
    field.add("village", "440204101201", "较差")
    row = field.evidence().loc[(CITY, "water")]
    town_1 = (100 + 50 + 50) / 3
    county_a = (town_1 + 100) / 2
    assert row["m_village"] == pytest.approx((county_a + 25) / 2)
    assert row["n_village"] == 5
    assert row["evidence"] == pytest.approx(row["m_village"])


def test_level_weights_are_renormalised_over_levels_that_have_the_concept(field: Field) -> None:
    field.add("county", A, "好")
    field.add("town", "440203101000", "较好")
    field.add("village", "440203101201", "一般")
    found = field.evidence()
    assert found.loc[(CITY, "water"), "evidence"] == pytest.approx((100 + 75 + 50) / 3)
    assert found.loc[(CITY, "coordination"), "evidence"] == pytest.approx(100)
    assert found.loc[(CITY, "attendance"), "evidence"] == pytest.approx(50)
    assert np.isnan(found.loc[(CITY, "attendance"), "m_town"])


def test_two_forms_of_one_place_count_as_one_place(field: Field) -> None:
    field.add("village", "440203101201", "好")
    field.add("village", "440203101201", "一般")
    field.add("village", "440203101202", "较差")
    row = field.evidence().loc[(CITY, "water")]
    assert row["m_village"] == pytest.approx((75 + 25) / 2)
    assert row["n_village"] == 2


def test_helper_cities_and_units_are_seen_through_paired_villages_only(field: Field, plan: Plan) -> None:
    helper = plan.classes["city6"].members[0]
    field.add("county", A, "较差")
    field.add("village", "440203101201", "好")
    field.add("village", "440203101202", "一般")
    field.add("village", "440203101203", "较差")
    pairing = pd.DataFrame(
        {
            "village": ["440203101201", "440203101202"],
            "helper_city": [helper, helper],
            "unit": ["", "DW001"],
        }
    )
    register = pd.DataFrame([("DW001", "单位001", "unit235")], columns=["object", "name", "class_id"])
    found = field.evidence(pairing=pairing, objects=register)
    assert found.loc[(helper, "water"), "evidence"] == pytest.approx(75)
    assert np.isnan(found.loc[(helper, "water"), "m_county"])
    assert found.loc[("DW001", "party"), "evidence"] == pytest.approx(50)
    assert found.loc[(A, "water"), "evidence"] == pytest.approx((25 + (100 + 50 + 25) / 3) / 2)


INDEX_ROW = pd.DataFrame(
    [{"object": CITY, "class_id": "city14", "concept": "water", "item": 8, "name": "x", "grade": "好", "value": 100.0}]
)


@pytest.mark.parametrize(
    ("grades", "gap", "flagged"),
    [(["较好"], 25.0, True), (["好", "好", "好", "较差"], 18.75, False), (["一般"], 50.0, True), (["好"], 0.0, False)],
)
def test_a_step_apart_is_flagged(field: Field, plan: Plan, grades: list[str], gap: float, flagged: bool) -> None:
    for i, grade in enumerate(grades):
        field.add("village", f"44020310120{i}", grade)
    found = field.evidence().reset_index()
    row = evidence_table(INDEX_ROW, found, found, plan).iloc[0]
    assert row["gap"] == pytest.approx(gap)
    assert bool(row["flagged"]) is flagged


def test_a_step_is_judged_with_tolerance(plan: Plan) -> None:
    found = pd.DataFrame(
        [{"about": CITY, "concept": "water", "evidence": 75 + 1e-11, **{f"{k}_{lv}": 1.0 for k in "mn" for lv in ("county", "town", "village")}}]
    )  # fmt: skip
    assert bool(evidence_table(INDEX_ROW, found, found, plan)["flagged"].iloc[0])
    assert not bool(evidence_table(INDEX_ROW, found.assign(evidence=75.001), found, plan)["flagged"].iloc[0])


def test_designated_villages_alone_where_criteria_are_local(
    built: Tables, office: tuple[Tables, Tables], plan: Plan
) -> None:
    clean, _ = office
    flags = clean["places"].set_index("place")["designated"]
    rows = built["evidence"].query("object == @CITY").set_index("concept")
    forms = clean["forms"].query("form == 'village' and city == @CITY")
    graded = clean["grades"].merge(forms[["form_key", "county", "town", "village"]], on="form_key")
    part = graded[(graded["concept"] == "exit") & (graded["village"].map(flags) == 1)]
    values = part.assign(v=part["grade"].map(plan.scale.values))
    village = values.groupby(["county", "town"])["v"].mean().groupby("county").mean().mean()
    expected = (rows.loc["exit", "m_county"] + rows.loc["exit", "m_town"] + village) / 3
    assert rows.loc["exit", "evidence_designated"] == pytest.approx(expected)
    every = built["evidence"].query("concept == 'exit' and class_id == 'city14'")
    assert ((every["evidence_designated"] - every["evidence"]).abs() > 1).any()
    assert rows.loc["water", "evidence_designated"] == pytest.approx(rows.loc["water", "evidence"])


def test_counties_have_a_row_for_each_item_of_the_county_form(field: Field, plan: Plan) -> None:
    field.add("town", "440203101000", "较好")
    found = field.evidence().reset_index()
    rows = county_evidence(found, found, [A, B], plan).set_index(["object", "concept"])
    assert len(rows) == 34
    assert rows.loc[(A, "water"), "evidence"] == pytest.approx(75)
    assert np.isnan(rows.loc[(B, "water"), "evidence"])
    assert set(rows["index_grade"]) == {""}
    assert not rows["flagged"].any()
