"""The demonstration's population, its truth, and samples drawn from it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.base.plan import Plan, load_plan
from kaohe.base.tables import HH_KINDS, OUTCOMES, size_group
from kaohe.run.demo import Population, draw_sample, population, register_totals, truth

HOUSEHOLDS = 30_000


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan()


@pytest.fixture(scope="module")
def people(plan: Plan) -> Population:
    return population(7, HOUSEHOLDS, plan)


@pytest.fixture(scope="module")
def answers(people: Population, plan: Plan) -> pd.DataFrame:
    return people.answers(np.arange(HOUSEHOLDS), plan.table_questions("household", asked=True))


def test_same_seed_same_population_other_seed_another(people: Population, plan: Plan) -> None:
    again = population(7, HOUSEHOLDS, plan)
    other = population(8, HOUSEHOLDS, plan)
    assert all(np.array_equal(people.columns[c], again.columns[c], equal_nan=True) for c in people.columns)
    assert people.geography.villages.equals(again.geography.villages)
    assert not np.array_equal(people.columns["income_wage"], other.columns["income_wage"])


def test_places_are_the_plans_cities_and_counties(people: Population, plan: Plan) -> None:
    geography = people.geography
    assert set(geography.cities["code"]) == set(plan.classes["city14"].members)
    assert len(geography.counties) == 87
    villages = geography.villages
    assert villages["n_households"].sum() == HOUSEHOLDS
    assert villages["n_households"].min() >= 13
    assert villages["village"].is_unique
    assert villages["village"].str.fullmatch(r"44\d{10}").all()
    assert not villages.duplicated(["town", "name"]).any()
    assert not geography.towns.duplicated(["parent", "name"]).any()
    assert villages.groupby("town").size().min() >= 2
    assert geography.towns.groupby("parent").size().min() >= 3


def test_rare_characters_of_the_province_occur(people: Population) -> None:
    names = "".join([*people.geography.towns["name"], *people.geography.villages["name"]])
    assert {"滘", "塱", "埗", "氹", "漖"} <= set(names)


def test_every_unit_helps_a_designated_village(people: Population, plan: Plan) -> None:
    villages = people.geography.villages
    helped = villages[villages["unit"] != ""]
    assert helped["unit"].nunique() == plan.classes["unit235"].n == 235
    assert helped["designated"].all()
    share = (villages["helper_city"] != "").mean()
    assert 0.5 < share < 0.7
    per_city = villages[villages["helper_city"] != ""].groupby("city")["helper_city"].nunique()
    assert per_city.between(1, 2).all()
    assert set(villages["helper_city"]) - {""} <= set(plan.classes["city6"].members)


def test_answers_lie_in_range_and_apply_where_the_codebook_says(answers: pd.DataFrame, plan: Plan) -> None:
    for question in plan.table_questions("household", asked=True):
        values = answers[question.id]
        known = values[values.notna()]
        if question.levels:
            assert set(known) <= set(question.levels), question.id
        if question.min is not None:
            assert known.min() >= question.min, question.id
        if question.max is not None:
            assert known.max() <= question.max, question.id
        condition = question.condition()
        if condition is None:
            assert values.notna().all(), question.id
            continue
        name, operator, right = condition
        holds = answers[name] == right if right in HH_KINDS else answers[name].fillna(0) > 0
        assert operator in {">", "=="}
        assert (values.notna() == holds).all(), question.id


def test_answers_agree_with_each_other(answers: pd.DataFrame) -> None:
    a = answers
    assert (a["labour"] + a["over60"] + a["school_age"] <= a["hh_size"]).all()
    assert (a["in_school"].fillna(0) <= a["school_age"]).all()
    assert (a["insured_n"] <= a["hh_size"]).all()
    assert (a["employed_n"].fillna(0) <= a["labour"]).all()
    assert (a["migrant_n"].fillna(0) <= a["employed_n"].fillna(0)).all()
    assert (a["house_grade"].isin(["A级", "B级"]) == (a["house_safe"] == 1)).all()


def test_rates_are_those_of_a_late_programme(people: Population, plan: Plan) -> None:
    table = truth(people, plan)
    whole = table[table["domain_type"] == "province"].set_index("indicator")["value"]
    for name in ("in_school", "insured_n", "serious_insured", "house_safe", "water_safe"):
        assert 0.95 <= whole[name] <= 0.99, name
    for name in ("sat_work", "sat_team", "sat_cadre", "sat_edu", "sat_med", "sat_house", "sat_water"):
        assert 0.85 <= whole[name] <= 0.97, name
    assert 0.04 <= whole["poor"] <= 0.10
    kinds = np.bincount(people.columns["hh_kind"]) / HOUSEHOLDS
    assert kinds == pytest.approx([0.30, 0.05, 0.65], abs=0.015)


def test_neighbours_are_alike(people: Population, answers: pd.DataFrame) -> None:
    """Intra-village correlation by analysis of variance (Kish 1965, sec. 5.4)."""
    village = people.village_of()
    for name in ("ind_project", "ind_dividend", "job_training"):
        known = answers[name].notna().to_numpy()
        y, g = answers[name].to_numpy()[known], village[known]
        n = np.bincount(g, minlength=len(people.start) - 1)
        total = np.bincount(g, y, minlength=len(n))
        mean = total[n > 0] / n[n > 0]
        within = (np.bincount(g, y**2, minlength=len(n))[n > 0] - n[n > 0] * mean**2).sum() / (n.sum() - len(mean))
        between = (n[n > 0] * (mean - y.mean()) ** 2).sum() / (len(mean) - 1)
        size = n[n > 0].mean()
        icc = (between - within) / (between + (size - 1) * within)
        assert 0.02 < icc < 0.10, (name, icc)


def test_truth_against_plain_sums(people: Population, answers: pd.DataFrame, plan: Plan) -> None:
    villages = people.geography.villages
    of = people.village_of()
    table = truth(people, plan).set_index(["domain_type", "domain", "indicator"])["value"]
    a = answers
    income = a[["income_wage", "income_business", "income_property", "income_transfer"]].sum(axis=1)
    head = income / a["hh_size"]
    poor = (head < plan.poverty_line).astype(float)
    for kind, column, code in (
        ("city", "city", "440200000000"),
        ("county", "county", "440222000000"),
        ("helper", "helper_city", "440300000000"),
    ):
        here = (villages[column].to_numpy() == code)[of]
        part, n = a[here], a.loc[here, "hh_size"]
        expected = {
            "debt": part["debt"].mean(),
            "poor": (poor[here] * n).sum() / n.sum(),
            "income_per_head": income[here].sum() / n.sum(),
            "transfer_share": part["income_transfer"].sum() / income[here].sum(),
            "in_school": part["in_school"].sum() / part["school_age"].sum(),
            "sat_work": part["sat_work"].isin(["非常满意", "满意"]).mean(),
            "agree_exit": part["agree_exit"].mean(),
            "house_grade": part["house_grade"].isin(["A级", "B级"]).mean(),
        }
        exited = here & (a["hh_kind"] == HH_KINDS[0]).to_numpy()
        wrong = (poor == 1) | (a["house_safe"] == 0) | (a["water_safe"] == 0)
        expected["wrong_exit"] = wrong[exited].mean()
        general, unexited = (here & (a["hh_kind"] == HH_KINDS[k]).to_numpy() for k in (2, 1))
        expected["wrong_exit_all"], expected["missed"] = (wrong & exited)[here].mean(), wrong[general].mean()
        expected["missed_all"] = (wrong & general)[here].mean()
        size = a["hh_size"].to_numpy(float)
        expected["poverty_overall"] = np.average((wrong | unexited)[here], weights=size[here])
        every = (part["house_safe"] == 1) & (part["water_safe"] == 1) & (part["serious_insured"] == 1)
        expected["guarantees"] = every.mean()
        for name, value in expected.items():
            assert table[kind, code, name] == pytest.approx(value, rel=1e-6), (kind, name)


def test_truth_has_every_estimate(people: Population, plan: Plan) -> None:
    table = truth(people, plan)
    wanted = {q.id for q in plan.table_questions("household") if q.stat != "none"}
    counts = table.groupby("domain_type")["domain"].nunique().to_dict()
    assert set(table["indicator"]) == wanted
    assert counts == {"province": 1, "city": 14, "county": 87, "helper": 6}
    assert not table.duplicated(["domain_type", "domain", "indicator"]).any()


def test_totals_add_up_in_every_margin(people: Population) -> None:
    totals = register_totals(people)
    by_margin = totals.pivot_table(index="city", columns="margin", values=["households", "persons"], aggfunc="sum")
    for value in ("households", "persons"):
        assert (by_margin[value].nunique(axis=1) == 1).all()
    assert by_margin["households"]["县"].sum() == HOUSEHOLDS
    assert totals.groupby("margin").size().to_dict() == {"县": 87, "户类型": 42, "家庭规模": 42}


def test_sample_is_drawn_as_designed(people: Population, plan: Plan) -> None:
    sample = draw_sample(people, 3, plan)
    drawn = sample.villages[sample.villages["selection"] == "抽样"]
    register = people.geography.villages
    assert (drawn.groupby("county")["town"].nunique() == 3).all()
    assert drawn["county"].nunique() == 87
    assert (drawn.groupby("town").size() == 2).all()
    assert sample.villages["village"].is_unique
    assert (sample.villages["n_counties"] == sample.villages["m_counties"]).all()
    sizes = sample.villages.merge(register, on="village", suffixes=("", "_register"))
    assert (sizes["n_households"] == sizes["n_households_register"]).all()
    assert (drawn["n_villages"] == drawn["town"].map(register.groupby("town").size())).all()
    assert (drawn["n_towns"] == drawn["county"].map(people.geography.towns.groupby("parent").size())).all()
    key = sample.villages[sample.villages["selection"] == "重点调查"]
    assert (key.groupby("city").size() == 2).all()
    counts = sample.households.groupby("village").size()
    assert (counts == 13).all()
    assert sample.households["household"].is_unique
    assert len(np.unique(sample.rows)) == len(sample.rows) == len(sample.households) == 13 * (522 + 28)
    done = sample.households[sample.households["outcome"] == OUTCOMES[0]]
    assert done["household"].tolist() == sample.answers["household"].tolist()


def test_sample_list_repeats_the_register(people: Population, plan: Plan) -> None:
    sample = draw_sample(people, 3, plan)
    rows = sample.rows
    kinds = np.array(HH_KINDS, dtype=object)[people.columns["hh_kind"][rows]]
    assert sample.households["hh_kind"].tolist() == kinds.tolist()
    assert sample.households["register_size"].tolist() == people.columns["register_size"][rows].tolist()
    assert size_group(2) == "1-2人"


def test_chances_of_selection_are_those_of_the_design(people: Population, plan: Plan) -> None:
    """The inverse chances of the drawn households add up to the register, on average over draws."""
    sums = []
    for seed in range(40):
        villages = draw_sample(people, seed, plan).villages
        v = villages[villages["selection"] == "抽样"]
        weight = v["n_towns"] / v["m_towns"] * v["n_villages"] / v["m_villages"]
        sums.append(float((weight * v["n_households"]).sum()))
    error = np.std(sums, ddof=1) / np.sqrt(len(sums))
    assert abs(np.mean(sums) - HOUSEHOLDS) < 4 * error
    assert np.std(sums) > 0


def test_nonresponse_depends_on_kind_and_size(plan: Plan) -> None:
    people = population(1, 120_000, plan)
    drawn = pd.concat([draw_sample(people, s, plan).households for s in range(3)])
    missed = drawn["outcome"] != OUTCOMES[0]
    assert 0.05 < missed.mean() < 0.11
    groups = drawn["register_size"].map(size_group)
    rate = missed.groupby(groups).mean()
    assert rate["1-2人"] > rate["3-4人"]
    assert missed.groupby(drawn["hh_kind"]).mean().nunique() == 3


def test_a_draw_does_not_change_the_population(people: Population, plan: Plan) -> None:
    before = {name: values.copy() for name, values in people.columns.items()}
    first, again, other = (draw_sample(people, s, plan) for s in (5, 5, 6))
    assert first.answers.equals(again.answers)
    assert not first.villages["village"].equals(other.villages["village"])
    assert all(np.array_equal(people.columns[n], v, equal_nan=True) for n, v in before.items())


@pytest.mark.parametrize("size", [14_999, 10_000_001])
def test_size_out_of_range_is_refused(plan: Plan, size: int) -> None:
    with pytest.raises(InputRefused) as error:
        population(1, size, plan)
    assert error.value.message() == (
        "K902 The demonstration cannot be made in this size\n"
        f"  got       {size} households\n"
        "  expected  15000 to 10000000 register households\n"
        "  remedy    give --households a number in this range"
    )


def test_smallest_size_can_be_drawn_from(plan: Plan) -> None:
    people = population(11, 15_000, plan)
    sample = draw_sample(people, 1, plan)
    assert people.geography.villages["n_households"].sum() == 15_000
    assert (sample.villages["selection"] == "抽样").sum() == 522
