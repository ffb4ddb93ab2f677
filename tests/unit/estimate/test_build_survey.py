"""Weights and estimates of a whole build, from clean tables of a small invented register."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.support.survey_clean import clean_tables, people

from kaohe.base.built import BUILT
from kaohe.base.check import conform
from kaohe.base.errors import InputRefused
from kaohe.base.plan import Plan
from kaohe.base.tables import LINEAGE
from kaohe.design import build_weights
from kaohe.design.explain import explain_weight
from kaohe.estimate import Calibration, Design, build_estimates
from kaohe.estimate.samples import household_design
from kaohe.run.demo.truth import truth

Tables = dict[str, pd.DataFrame]
WEIGHTS = ("weights", "response", "nonresponse", "calibration", "weight_diagnostics")
ESTIMATES = ("estimates", "estimate_cov", "income", "key_survey", "village_profile")


@pytest.fixture(scope="module")
def built() -> tuple[Plan, Tables, Tables]:
    plan, clean = clean_tables()
    weights = build_weights(clean, plan)
    return plan, clean, {**weights, **build_estimates(clean, weights, plan)}


def test_every_table_keeps_its_contract(built: tuple[Plan, Tables, Tables]) -> None:
    _, _, tables = built
    for name in (*WEIGHTS, *ESTIMATES):
        assert len(conform(name, tables[name])) == len(tables[name]) > 0


def test_a_weight_is_the_product_of_its_factors(built: tuple[Plan, Tables, Tables]) -> None:
    w = built[2]["weights"]
    np.testing.assert_allclose(
        w["weight"],
        w["f_county"] * w["f_town"] * w["f_village"] * w["f_household"] * w["f_nonresponse"] * w["f_calibration"],
    )
    one = explain_weight(w, w["household"][5])
    assert one["weight"].iloc[-1] == pytest.approx(w["weight"][5])
    assert one["step"].tolist()[:2] == ["f_county", "f_town"]
    with pytest.raises(InputRefused, match="K331 This household has no weight"):
        explain_weight(w, "none")


def test_calibrated_counts_hit_the_register(built: tuple[Plan, Tables, Tables]) -> None:
    _, clean, tables = built
    w, totals = tables["weights"], clean["totals"]
    for column, label in (("county", "县"), ("hh_kind", "户类型"), ("size_group", "家庭规模")):
        got = w.groupby(["city", column])["weight"].sum()
        want = totals[totals["margin"] == label].set_index(["city", "level"])["households"]
        np.testing.assert_allclose(got, want.reindex(got.index), rtol=1e-9)
        assert len(got) == len(want)
    diagnostics = tables["weight_diagnostics"]
    np.testing.assert_allclose(diagnostics["sum_weights"], diagnostics["register_households"], rtol=1e-9)


def test_purposive_households_enter_no_estimate(built: tuple[Plan, Tables, Tables]) -> None:
    plan, clean, tables = built
    chosen = clean["sample_households"].loc[lambda d: d["selection"] == "重点调查", "household"]
    assert len(chosen) > 0
    assert not set(chosen) & set(tables["weights"]["household"])
    assert not set(chosen) & set(tables["sample"]["household"])
    without = {
        k: v[v["selection"] != "重点调查"] if "selection" in v.columns else v[~v["household"].isin(set(chosen))]
        if "household" in v.columns else v
        for k, v in clean.items()
    }  # fmt: skip
    drawn = set(without["sample_villages"]["village"])
    without["villages"] = clean["villages"][clean["villages"]["village"].isin(drawn)]
    again = build_estimates(without, build_weights(without, plan), plan)
    pd.testing.assert_frame_equal(again["estimates"], tables["estimates"])
    assert len(again["key_survey"]) == 0


def test_one_estimate_of_each_kind_by_hand(built: tuple[Plan, Tables, Tables]) -> None:
    _, _, tables = built
    s, e = tables["sample"], tables["estimates"].set_index(["domain_type", "domain", "indicator"])["estimate"]
    city = s["city"].iloc[0]
    mine = s[s["city"] == city]
    helper = mine.loc[mine["helper_city"] != "", "helper_city"].iloc[0]
    paired = s[s["helper_city"] == helper]
    people_ = mine["weight"] * mine["hh_size"]
    assert e["city", city, "income_total"] == pytest.approx(np.average(mine["income_total"], weights=mine["weight"]))
    assert e["city", city, "poor"] == pytest.approx((people_ * mine["poor"]).sum() / people_.sum())
    assert e["helper", helper, "over60"] == pytest.approx(
        (paired["weight"] * paired["over60"]).sum() / (paired["weight"] * paired["hh_size"]).sum()
    )
    happy = mine["sat_work"].isin(["非常满意", "满意"])
    assert e["city", city, "sat_work"] == pytest.approx(np.average(happy, weights=mine["weight"]))
    exited = mine[mine["hh_kind"] == "已退出相对贫困户"]
    assert e["city", city, "agree_exit"] == pytest.approx(np.average(exited["agree_exit"], weights=exited["weight"]))


def test_errors_are_those_of_the_design_class(built: tuple[Plan, Tables, Tables]) -> None:
    plan, _, tables = built
    s = tables["sample"].assign(n=lambda d: d.groupby("village")["household"].transform("size").astype(float))
    design = Design(
        s, weight="weight", strata="county", psu=["town", "village", "household"], lonely="adjust",
        fpc=[("n_towns", "m_towns"), ("n_villages", "m_villages"), ("n_households", "n")],
        calibration=Calibration("w_nonresponse", ("county", "register_hh_kind", "size_group"), partition="city"),
    )  # fmt: skip
    e = tables["estimates"].query("domain_type == 'city' and indicator == 'income_total'").set_index("domain")
    found = design.mean("income_total", by="city").set_index("city")
    for column in ("estimate", "se", "ci_low", "ci_high", "df", "n", "n_psu", "deff", "cv"):
        np.testing.assert_allclose(e[column], found[column].loc[e.index], rtol=1e-9)
    share = design.proportion("ind_project", by="city").set_index("city")
    e = tables["estimates"].query("domain_type == 'city' and indicator == 'ind_project'").set_index("domain")
    np.testing.assert_allclose(e["ci_high"], share["ci_high"].loc[e.index], rtol=1e-9)
    cov = tables["estimate_cov"].set_index(["domain", "a", "b"])["cov"]
    city = found.index[0]
    scored = [q.id for q in plan.questions.values() if q.weight > 0]
    matrix = np.array([[cov[city, a, b] for b in scored] for a in scored])
    np.testing.assert_allclose(matrix, matrix.T, rtol=1e-9)
    assert np.linalg.eigvalsh(matrix).min() > -1e-9 * np.abs(matrix).max()
    se = tables["estimates"].query("domain == @city and unit == 'household'").set_index("indicator")["se"]
    np.testing.assert_allclose(np.sqrt(np.diag(matrix)), se.loc[scored], rtol=1e-9)


def test_estimates_are_near_the_truth(built: tuple[Plan, Tables, Tables]) -> None:
    plan, _, tables = built
    key = ["domain_type", "domain", "indicator"]
    e = tables["estimates"].query("unit == 'household'").merge(truth(people()[1], plan), on=key, validate="1:1")
    known = e[e["ci_low"].notna() & (e["domain_type"] == "city")]
    covered = (known["ci_low"] <= known["value"]) & (known["value"] <= known["ci_high"])
    assert 0.90 <= covered.mean() <= 0.995
    assert len(known) > 500


def test_suppressed_and_not_estimable_rows_have_no_numbers(built: tuple[Plan, Tables, Tables]) -> None:
    e = built[2]["estimates"]
    hidden = e[e["quality"] == "suppressed"]
    assert len(hidden)
    assert hidden[["estimate", "se", "ci_low", "ci_high", "cv"]].isna().all(axis=None)
    few = e[(e["unit"] == "household") & (e["n"] < 10)]
    assert (few["quality"] == "suppressed").all()
    unknown = e[e["quality"] == "not_estimable"]
    assert unknown[["se", "ci_low", "ci_high"]].isna().all(axis=None)
    shown = e[e["quality"].isin(["ok", "caution"])]
    assert shown[["estimate", "se", "ci_low", "ci_high"]].notna().all(axis=None)
    assert (shown["ci_low"] <= shown["ci_high"]).all()
    shares = shown[shown["method"].isin(["beta", "logit", "one_sided"])]
    assert shares[["ci_low", "ci_high"]].to_numpy().min() >= 0
    assert shares[["ci_low", "ci_high"]].to_numpy().max() <= 1


def test_a_county_with_one_town_is_not_estimable() -> None:
    plan, clean = clean_tables()
    drawn = clean["sample_villages"]
    county = drawn["village"].str[:6].iloc[0]
    towns = sorted({v[:9] for v in drawn["village"] if v[:6] == county})
    gone = drawn["village"].str[:9].isin(towns[1:])
    clean["sample_villages"] = drawn[~gone]
    lost = set(drawn.loc[gone, "village"])
    clean["sample_households"] = clean["sample_households"][~clean["sample_households"]["village"].isin(lost)]
    tables = build_estimates(clean, build_weights(clean, plan), plan)
    mine = tables["estimates"].query("domain == @county + '000000' and unit == 'household'")
    assert (mine["n_psu"] == 1).all()
    assert mine["se"].isna().all()
    assert set(mine["quality"]) <= {"not_estimable", "suppressed"}
    rest = tables["estimates"].query("domain_type == 'city' and unit == 'household'")
    assert (rest["quality"] != "not_estimable").all()


def test_missing_answers_are_counted_and_not_deleted(built: tuple[Plan, Tables, Tables]) -> None:
    plan, clean = clean_tables()
    answers = clean["households"].copy()
    drop = answers.index[::10]
    answers.loc[drop, "water_safe"] = np.nan
    clean["households"] = answers
    tables = build_estimates(clean, build_weights(clean, plan), plan)
    full = built[2]["estimates"].query("domain_type == 'province' and indicator == 'water_safe'").iloc[0]
    row = tables["estimates"].query("domain_type == 'province' and indicator == 'water_safe'").iloc[0]
    assert row["n"] + row["n_missing"] == full["n"]
    assert full["n_missing"] == 0
    assert len(tables["sample"]) == len(built[2]["sample"])


def test_forms_set_aside_are_nonresponse_and_are_counted() -> None:
    plan, clean = clean_tables()
    clean["households"] = clean["households"].iloc[20:]
    tables = build_weights(clean, plan)
    province = tables["response"].query("domain_type == 'province'").iloc[0]
    listed = clean["sample_households"].query("selection == '抽样'")
    assert province["set_aside"] == (listed["outcome"] == "完成").sum() - province["completed"]
    assert province["set_aside"] == 20
    parts = province[["completed", "refused", "not_contacted", "vacant", "set_aside"]].sum()
    assert parts == province["selected"] == len(listed)
    assert len(tables["weights"]) == province["completed"]


def test_the_analysis_sample_holds_no_dates_persons_or_files(built: tuple[Plan, Tables, Tables]) -> None:
    sample = built[2]["sample"]
    for column in (*LINEAGE, "visit_date", "enumerator", "head_name", "id_number", "phone", "account"):
        assert column not in sample.columns
    assert {"register_hh_kind", "hh_kind", "helper_city", "poor", "income_per_head", "weight"} <= set(sample.columns)
    assert sample["household"].is_unique


def test_key_survey_is_a_plain_mean(built: tuple[Plan, Tables, Tables]) -> None:
    _, clean, tables = built
    key = tables["key_survey"]
    chosen = clean["sample_households"].query("selection == '重点调查' and outcome == '完成'")
    mine = clean["households"][clean["households"]["household"].isin(set(chosen["household"]))]
    city = key["city"].iloc[0]
    own = mine[mine["city"] == city]
    row = key.query("city == @city and indicator == 'hh_size'").iloc[0]
    assert row["value"] == pytest.approx(own["hh_size"].mean())
    assert row["n"] == len(own)
    assert row["n_villages"] == own["village"].nunique() == 2
    hidden = key[key["n"] < 10]
    assert hidden["value"].isna().all()
    assert (hidden["quality"] == "suppressed").all()


def test_income_quantiles_hide_what_few_households_decide(built: tuple[Plan, Tables, Tables]) -> None:
    income = built[2]["income"]
    province = income.query("domain_type == 'province'").iloc[0]
    order = province[["p10", "p25", "p50", "p75", "p90"]].astype(float)
    assert order.is_monotonic_increasing
    assert (order % 10 == 0).all()
    thin = income[income["n"] < 100]
    assert thin[["p10", "p90"]].isna().all(axis=None)
    assert province["share_low"] < province["share_below"] < province["share_high"]


def test_without_a_sample_all_tables_are_empty() -> None:
    plan, clean = clean_tables()
    for name in ("sample_villages", "sample_households", "households", "villages", "totals", "pairing"):
        clean[name] = clean[name].iloc[:0]
    weights = build_weights(clean, plan)
    tables = {**weights, **build_estimates(clean, weights, plan)}
    for name in (*WEIGHTS, *ESTIMATES):
        assert len(conform(name, tables[name])) == 0
        assert list(conform(name, tables[name]).columns) == BUILT[name].names


def test_without_register_totals_weights_stay_as_after_nonresponse() -> None:
    plan, clean = clean_tables()
    clean["totals"] = clean["totals"].iloc[:0]
    weights = build_weights(clean, plan)
    assert (weights["weights"]["weight"] == weights["weights"]["w_nonresponse"]).all()
    assert len(weights["calibration"]) == 0
    tables = build_estimates(clean, weights, plan)
    assert tables["estimates"].query("domain_type == 'city'")["se"].notna().any()


def test_a_county_name_stands_for_its_code_and_an_unknown_one_is_refused(built: tuple[Plan, Tables, Tables]) -> None:
    plan, clean = clean_tables()
    names = clean["places"].set_index("place")["name"]
    totals = clean["totals"].copy()
    county = totals["margin"] == "县"
    totals.loc[county, "level"] = totals.loc[county, "level"].map(names)
    clean["totals"] = totals
    pd.testing.assert_frame_equal(build_weights(clean, plan)["weights"], built[2]["weights"])
    totals.loc[totals.index[county][0], "level"] = "无此县"
    with pytest.raises(InputRefused) as caught:
        build_weights(clean, plan)
    assert str(caught.value) == (
        "K327 A register total names an unknown county\n"
        f"  where     totals › {names[totals.loc[totals.index[county][0], 'city']]}\n"
        "  got       无此县\n"
        "  expected  a county of this city, by code or name"
    )


def test_inputs_are_left_alone() -> None:
    plan, clean = clean_tables()
    before = {k: v.copy() for k, v in clean.items()}
    build_estimates(clean, build_weights(clean, plan), plan)
    for name, frame in clean.items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_a_city_whose_answers_did_not_come_is_absent_and_the_others_stay() -> None:
    plan, clean = clean_tables()
    city = "440500000000"
    answers = clean["households"]
    silent = answers["village"].str[:4] == city[:4]
    assert silent.any()
    weights = build_weights({**clean, "households": answers[~silent]}, plan)
    whole = build_weights(clean, plan)
    for name in ("weights", "calibration", "weight_diagnostics", "nonresponse"):
        assert city not in set(weights[name]["city"])
        assert set(weights[name]["city"]) == set(whole[name]["city"]) - {city}
    row = weights["response"].query("domain_type == 'city' and domain == @city").iloc[0]
    assert (row["completed"], row["response_rate"]) == (0, 0.0)
    kept = whole["weights"].query("city != @city").set_index("household")["weight"]
    pd.testing.assert_series_equal(weights["weights"].set_index("household")["weight"], kept)
    estimates = build_estimates({**clean, "households": answers[~silent]}, weights, plan)["estimates"]
    assert city not in set(estimates.query("unit == 'household'")["domain"])


def test_no_answer_at_all_leaves_the_survey_empty() -> None:
    plan, clean = clean_tables()
    listed = clean["sample_households"].assign(outcome="拒访")
    weights = build_weights({**clean, "sample_households": listed}, plan)
    assert len(weights["weights"]) == 0
    assert set(weights["response"]["completed"]) == {0}


def test_the_household_design_replicates_with_its_calibration_again(built: tuple[Plan, Tables, Tables]) -> None:
    """One city, each town left out in turn and its margins raked anew, step by step."""
    sample = built[2]["sample"].query("city == '445100000000'").reset_index(drop=True)
    margins = ["county", "register_hh_kind", "size_group"]
    value, base = sample["income_per_head"].fillna(0.0), sample["w_nonresponse"]
    towns, answered = sample.groupby("county")["town"].nunique(), sample["income_per_head"].notna()
    targets = {m: sample.groupby(m)["weight"].sum() for m in margins}

    def mean(w: pd.Series) -> float:
        for _ in range(60):
            for m in margins:
                w = w * sample[m].map(targets[m] / w.groupby(sample[m]).sum())
        return float((w * value)[answered].sum() / w[answered].sum())

    whole, variance = mean(base), 0.0
    for (county, _), rows in sample.groupby(["county", "town"]).groups.items():
        n = towns[county]
        factor = pd.Series(np.where(sample["county"] == county, n / (n - 1), 1.0), index=sample.index)
        factor[rows] = 0.0
        variance += (n - 1) / n * (mean(base * factor) - whole) ** 2
    found = household_design(sample, built[0]).replicate("JKn").mean("income_per_head").iloc[0]
    assert found["estimate"] == pytest.approx(whole, rel=1e-8)
    assert found["se"] == pytest.approx(np.sqrt(variance), rel=1e-6)
