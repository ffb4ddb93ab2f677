"""Designs, domains and single units against R survey 4.1-1."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.support.rcases import check, data, expected, same

from kaohe.base.errors import InputRefused
from kaohe.estimate import Design


def strat(**more: object) -> Design:
    frame = data("apistrat").assign(id=lambda d: range(len(d)))
    return Design(frame, weight="pw", strata="stype", psu="id", fpc=["fpc"], **more)


def clus1() -> Design:
    return Design(data("apiclus1"), weight="pw", psu="dnum", fpc=["fpc"])


def clus2(stages: int = 2, fpc: bool = True) -> Design:
    return Design(
        data("apiclus2"), weight="pw", psu=["dnum", "snum"][:stages], fpc=["fpc1", "fpc2"][:stages] if fpc else None
    )


def test_stratified_sample() -> None:
    e, d = expected("c01"), strat()
    assert d.df == e["degf"]
    check(d.total("enroll"), e["total_enroll"], 1e-10)
    check(d.mean("api00"), e["mean_api00"], 1e-10)
    check(d.ratio("api.stu", "enroll"), e["ratio_apistu_enroll"], 1e-10)
    same(d.mean("api00", deff="wor")["deff"], [e["deff_wor_mean_api00"]], 1e-10)
    same(d.mean("api00", deff="wr")["deff"], [e["deff_wr_mean_api00"]], 1e-10)
    same(d.total("enroll")["cv"], [e["cv_total_enroll"]], 1e-10)
    same(d.covariance(["api99", "api00"]), e["var_mean_vec"], 1e-10)
    frame = data("apistrat").assign(id=lambda x: range(len(x)))
    without = Design(frame, weight="pw", strata="stype", psu="id").mean("api00")
    same(without["se"], [e["no_fpc_se_mean"]], 1e-10)


@pytest.mark.parametrize(
    ("name", "stages", "fpc"), [("two_stage", 2, True), ("stage1_fpc", 1, True), ("with_replacement", 1, False)]
)
def test_two_stages_and_missing_values(name: str, stages: int, fpc: bool) -> None:
    e, d = expected("c03"), clus2(stages, fpc)
    assert d.df == e["degf"]
    check(d.mean("api00"), e[name]["mean_api00"], 1e-10)
    for found, want in (
        (d.total("enroll"), "total_enroll_narm"),
        (d.mean("enroll"), "mean_enroll_narm"),
        (d.ratio("api.stu", "enroll"), "ratio_narm"),
    ):
        check(found, e[name][want], 1e-10, ci=False)
        assert found["n_missing"].tolist() == [e["n_missing_enroll"]]
    # the degrees of freedom are those of the units that answered
    answered = data("apiclus2").dropna(subset="enroll")["dnum"].nunique()
    assert d.mean("enroll")["df"].tolist() == [answered - 1]


def test_ratio_drops_no_unit_with_fpc_fractions() -> None:
    frame = data("apiclus2")
    n1 = frame["dnum"].nunique()
    n2 = frame.groupby("dnum")["snum"].transform("nunique")
    frame["f1"], frame["f2"] = n1 / frame["fpc1"], n2 / frame["fpc2"]
    by_fraction = Design(frame, weight="pw", psu=["dnum", "snum"], fpc=["f1", "f2"], fpc_kind="fraction")
    check(by_fraction.mean("api00"), expected("c03")["two_stage"]["mean_api00"], 1e-10)


@pytest.mark.parametrize(
    ("by", "suffix"), [("stype", "by_stype"), ("sch.wide", "by_schwide"), (["stype", "sch.wide"], "by_stype_x_schwide")]
)
def test_domains_of_a_stratified_sample(by: str | list[str], suffix: str) -> None:
    e, d = expected("c05"), strat()
    found = d.mean("api00", by=by)
    want = e[f"strat_mean_{suffix}"]
    keys = [by] if isinstance(by, str) else by
    want = sorted(want, key=lambda r: [r[k] for k in keys])
    check(found, want, 1e-10, ci=False)
    if f"strat_total_{suffix}" in e:
        check(d.total("enroll", by=by), e[f"strat_total_{suffix}"], 1e-10, ci=False)
    if f"strat_ratio_{suffix}" in e:
        check(d.ratio("api.stu", "enroll", by=by), e[f"strat_ratio_{suffix}"], 1e-10, ci=False)


def test_domains_absent_from_whole_units() -> None:
    e, d = expected("c05"), clus1()
    check(d.mean("api00", by="stype"), e["clus_mean_by_stype"], 1e-10, ci=False)
    check(d.total("enroll", by="stype"), e["clus_total_by_stype"], 1e-10, ci=False)
    for one in e["clus_domain_df"]:
        inside = data("apiclus1")["stype"] == one["level"]
        mean, total = d.mean("api00", where=inside), d.total("enroll", where=inside)
        check(mean, one["mean"], 1e-10)
        check(total, one["total"], 1e-10)
        assert mean["df"].tolist() == [one["degf_domain"]]
        assert mean["n"].tolist() == [one["n"]]


@pytest.mark.parametrize("level", ["H", "M"])
def test_filtering_first_is_another_and_wrong_number(level: str) -> None:
    wrong = {w["level"]: w for w in expected("c05")["WRONG_filtered_first"]}[level]["total"][0]["se"]
    right = clus1().total("enroll", where=data("apiclus1")["stype"] == level)["se"][0]
    assert abs(right / wrong - 1) > 0.01


STAGES = {
    "three_stage_fpc": (["township", "vid", "hhid"], ["N_town", "N_vill", "N_hh"]),
    "stage1_fpc": (["township"], ["N_town"]),
    "with_replacement": (["township"], None),
}


def province(psu: list[str], fpc: list[str] | None, lonely: str = "adjust") -> Design:
    x = data("province")
    x["vid"] = x["township"] + " " + x["village"].astype(str)
    x["tot_inc"], x["one"] = x["income_pc"] * x["hhsize"], 1.0
    return Design(x, weight="base_weight", strata="county", psu=psu, fpc=fpc, lonely=lonely)


@pytest.mark.parametrize("name", list(STAGES))
def test_three_stage_province(name: str) -> None:
    e, d = expected("c16")[name], province(*STAGES[name])
    assert d.df == e["degf"]
    check(d.mean("income_pc"), e["mean_income"], 1e-9)
    check(d.mean("insured"), e["insured"], 1e-9)
    check(d.ratio("tot_inc", "hhsize"), e["income_per_head"], 1e-9)
    check(d.mean("income_pc", by="city"), e["mean_income_by_city"], 1e-9, ci=False)
    check(d.mean("insured", by="city"), e["insured_by_city"], 1e-9, ci=False)
    check(d.ratio("tot_inc", "hhsize", by="city"), e["income_per_head_by_city"], 1e-9, ci=False)
    by_city = d.mean("income_pc", by="city")
    assert by_city["df"].tolist() == expected("c16")["domain_df_by_city"]


@pytest.mark.parametrize("name", list(STAGES))
def test_counties_with_one_town_are_not_estimable(name: str) -> None:
    found = province(*STAGES[name]).mean("insured", by="county").set_index("county")
    want = {r["county"]: r for r in expected("c16")[name]["insured_by_county"]}
    alone = found[found["n_psu"] == 1]
    assert {"C04-2", "C09-1"} <= set(alone.index)
    assert alone["se"].isna().all()
    assert alone["ci_low"].isna().all()
    assert (alone["quality"] == "not_estimable").all()
    assert alone["estimate"].notna().all()
    rest = found[found["n_psu"] > 1]
    same(rest["estimate"], [want[c]["estimate"] for c in rest.index], 1e-9)
    same(rest["se"], [0.0 if want[c]["se"] < 1e-12 else want[c]["se"] for c in rest.index], 1e-9)


def test_unit_labels_used_again_in_other_strata() -> None:
    e, x = expected("c18"), data("province")
    x["town_no"] = x["township"].str.replace(".*-T", "", regex=True).astype(int)
    with pytest.raises(InputRefused, match="K303 Sampling units are not nested"):
        Design(x, weight="base_weight", strata="county", psu="town_no", lonely="adjust")
    for psu, nest in (("town_no", True), ("township", False)):
        d = Design(x, weight="base_weight", strata="county", psu=psu, lonely="adjust", nest=nest)
        check(d.mean("income_pc"), e["unique_ids"], 1e-10)


def lonely(rule: str) -> Design:
    x = data("apiclus1").assign(id=lambda d: range(len(d)))
    return Design(x, weight="pw", strata="dnum", psu="id", lonely=rule)


@pytest.mark.parametrize("rule", ["certainty", "adjust", "average"])
def test_rules_for_single_units(rule: str) -> None:
    e = expected("c13")
    check(lonely(rule).mean("api00"), e["means"][rule], 1e-10)
    if rule == "adjust":
        same(lonely(rule).total("api00")["se"], [e["total_se_adjust_grand_mean_rule"]], 1e-10)
    else:
        check(lonely(rule).total("api00"), e["totals_4.1_1"][rule], 1e-10)
    d = province(["township"], ["N_town"], rule)
    g = e["province"][rule]
    check(d.mean("income_pc"), g["mean"], 1e-10)
    check(d.ratio("tot_inc", "hhsize"), g["ratio"], 1e-10)
    if rule != "average":
        check(d.mean("income_pc", where=d.frame["city"] == "C04"), g["mean_C04"], 1e-10)


def test_single_units_fail_by_default_and_are_named() -> None:
    with pytest.raises(InputRefused, match="413"):
        lonely("fail")
    with pytest.raises(InputRefused, match="C04-2, C09-1"):
        province(["township"], ["N_town"], "fail")


def test_a_unit_that_is_its_whole_stratum_is_certain() -> None:
    x = data("apiclus1").assign(id=lambda d: range(len(d)))
    x["fpc1"] = np.where(x["dnum"] == 413, 1, 1000)
    d = Design(x, weight="pw", strata="dnum", psu="id", fpc=["fpc1"])
    check(d.mean("api00"), expected("c13")["certainty_by_fpc"], 1e-10)


def test_merged_strata_equal_a_design_that_joins_them_by_hand() -> None:
    x = data("apiclus1").assign(id=lambda d: range(len(d)))
    d = Design(x, weight="pw", strata="dnum", psu="id", lonely="merge")
    assert d.notes == ("stratum 413 was merged with 437",)
    x["joined"] = x["dnum"].replace(413, 437)
    by_hand = Design(x, weight="pw", strata="joined", psu="id")
    pd.testing.assert_frame_equal(d.mean(["api00", "api99"]), by_hand.mean(["api00", "api99"]))
