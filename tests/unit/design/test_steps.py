"""Weighting as steps, and the purposive supplement: hand-worked numbers and refusals by whole text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.design import (
    base_weights,
    calibrate,
    calibrate_to,
    explain_weight,
    nonresponse_classes,
    nonresponse_propensity,
    post_stratify,
    rake_to,
    take_all,
    trim_to,
)
from kaohe.estimate import Calibration, Design
from kaohe.estimate.replicates import jackknife, replicate_covariance


def listed() -> pd.DataFrame:
    """Twelve listed households in two cities."""
    return pd.DataFrame({
        "id": [f"H{i}" for i in range(12)], "city": ["p"] * 6 + ["q"] * 6, "kind": list("aabbab") * 2, "N": 9.0, "n": 3.0,
        "M": [40.0] * 6 + [60.0] * 6, "m": 6.0, "ok": [True, True, True, False, True, True] * 2, "size": [1.0, 2, 3, 4, 5, 6] * 2,
    })  # fmt: skip


def refusal(call: Any) -> str:
    with pytest.raises(InputRefused) as caught:
        call()
    return str(caught.value)


def test_a_chain_of_steps_by_hand() -> None:
    start = listed()
    before = start.copy()
    base = base_weights(start, {"town": ("N", "n"), "household": ("M", "m")})
    assert base.frame["w_design"].tolist() == [20.0] * 6 + [30.0] * 6
    after = nonresponse_classes(base.frame, weight="w_design", responded="ok", classes=["kind"], partition="city")
    # kind a: 3 of 3 answered; kind b: 2 of 3, factor 3/2; who did not answer has 0
    assert after.frame["f_nonresponse"].tolist() == [1, 1, 1.5, 0, 1, 1.5] * 2
    assert after.facts == {"sum_before": 300.0, "sum_after": 300.0, "classes": 4.0}
    totals = {"p": {"kind": {"a": 66, "b": 90}}, "q": {"kind": {"a": 90, "b": 99}}}
    raked = rake_to(after.frame, totals, weight="w_nonresponse", partition="city")
    np.testing.assert_allclose(raked.frame["w_raked"], [22, 22, 45, 0, 22, 45, 30, 30, 49.5, 0, 30, 49.5])
    assert raked.report[["city", "margin", "level", "n", "target", "before", "after"]].values.tolist() == [
        ["p", "kind", "a", 3, 66.0, 60.0, 66.0], ["p", "kind", "b", 2, 90.0, 60.0, 90.0],
        ["q", "kind", "a", 3, 90.0, 90.0, 90.0], ["q", "kind", "b", 2, 99.0, 90.0, 99.0],
    ]  # fmt: skip
    assert (raked.facts["g_min"], raked.facts["g_max"]) == (1.0, 1.5)
    assert raked.calibration == Calibration("w_nonresponse", ("kind",), (), "city", "w_raked", "", "raking")
    out = explain_weight(raked.frame, "H2", key="id")
    assert out[["step", "factor", "weight", "detail"]].values.tolist() == [
        ["f_town", 3.0, 3.0, ""], ["f_household", 20 / 3, 20.0, "w_design"], ["f_nonresponse", 1.5, 30.0, "w_nonresponse"],
        ["f_raked", 1.5, 45.0, "w_raked"],
    ]  # fmt: skip
    pd.testing.assert_frame_equal(start, before)


def test_propensity_steps() -> None:
    """One category: the fitted chance is the share that answered, so 1/p is the class factor."""
    f = listed().assign(w=10.0, ok=[True, False, True, False, True, True] * 2)
    one = nonresponse_propensity(f, ["kind"], weight="w", responded="ok")
    np.testing.assert_allclose(one.frame["w_nonresponse"], [15, 0, 15, 0, 15, 15] * 2)
    assert one.facts["p_min"] == pytest.approx(2 / 3)
    two = nonresponse_propensity(f, ["size"], weight="w", responded="ok", classes=2, into="classes")
    assert two.report["n"].tolist() == [6, 6]
    assert two.frame["w_classes"].sum() == pytest.approx(120)


def test_post_stratification_of_cells_and_numeric_calibration() -> None:
    f = listed().assign(w=10.0)
    cells = {("p", "a"): 33, ("p", "b"): 27, ("q", "a"): 60, ("q", "b"): 30}
    made = post_stratify(f, ["city", "kind"], cells, weight="w")
    assert made.frame.groupby(["city", "kind"])["w_post"].sum().to_dict() == pytest.approx(cells)
    whole = calibrate_to(f, {"kind": {"a": 66, "b": 60}}, {"size": 450}, weight="w", method="logit", bounds=(0.5, 2))
    assert whole.frame["w_calibrated"] @ whole.frame["size"] == pytest.approx(450, rel=1e-10)
    assert whole.facts["at_bounds"] == 0
    assert (whole.report["after"] - whole.report["target"]).abs().max() < 1e-7
    parts = {"p": {"size": 220}, "q": {"size": 205}}
    apart = calibrate_to(f, None, parts, weight="w", partition="city")
    sums = (apart.frame["w_calibrated"] * f["size"]).groupby(f["city"]).sum()
    assert sums.to_dict() == pytest.approx({"p": 220, "q": 205})
    assert apart.calibration == Calibration("w", (), ("size",), "city", "w_calibrated", "", "linear")
    town = calibrate_to(
        f.assign(t=np.arange(12) // 3), {"kind": {"a": 66, "b": 60}}, weight="w", cluster="t", into="town"
    )
    assert town.frame.assign(t=np.arange(12) // 3).groupby("t")["f_town"].nunique().tolist() == [1] * 4


def test_trimming_with_recalibration_meets_both() -> None:
    rng = np.random.default_rng(3)
    f = pd.DataFrame({"w": rng.uniform(1, 3, 60), "k": rng.choice(list("ab"), 60)})
    f.loc[0, "w"] = 12.0
    totals = {"k": (f.groupby("k")["w"].sum() * 1.1).to_dict()}
    made = trim_to(f, weight="w", upper=5.0, recalibrate=lambda x, w: rake_to(x, totals, weight=w), into="t")
    assert made.frame["w_t"].max() <= 5.0 * (1 + 1e-6)
    assert made.frame.groupby("k")["w_t"].sum().to_dict() == pytest.approx(totals["k"], rel=1e-9)
    assert made.facts["trimmed"] == 1
    assert made.calibration == Calibration("w", ("k",), (), "", "w_t", "")
    by = trim_to(f, weight="w", upper=5.0, by="k")
    assert by.frame.groupby("k")["w_trimmed"].sum().to_dict() == pytest.approx(f.groupby("k")["w"].sum().to_dict())


def test_two_calibrations_in_a_row() -> None:
    """The last total is known without error; errors agree with a jackknife that repeats both steps."""
    rng = np.random.default_rng(5)
    n = 400
    town = np.repeat(np.arange(80), 5)
    f = pd.DataFrame(
        {
            "h": town // 20,
            "t": town,
            "w": rng.uniform(5, 10, n),
            "k": rng.choice(list("abc"), n),
            "s": rng.choice(list("xy"), n),
        }
    )
    f["y"] = 10 * (f["k"] == "a") + 5 * (f["s"] == "x") + rng.normal(0, 2, n) + rng.normal(0, 1, 80)[town]
    kinds, sexes = {"a": 1200, "b": 900, "c": 900}, {"x": 1400, "y": 1600}
    one = post_stratify(f, "k", kinds, weight="w", into="one")
    two = post_stratify(one.frame, "s", sexes, weight="w_one", into="two")
    d = Design(
        two.frame.assign(x=(f["s"] == "x") * 1.0),
        weight="w_two",
        strata="h",
        psu="t",
        calibration=[one.calibration, two.calibration],
    )
    assert d.total("x")["se"][0] < 1e-6
    plain = Design(f, weight="w", strata="h", psu="t")
    made = jackknife(plain.structure, plain.w)

    def estimate(w: np.ndarray) -> np.ndarray:
        a = post_stratify(f.assign(w=w), "k", kinds, weight="w", into="one").frame
        b = post_stratify(a, "s", sexes, weight="w_one", into="two").frame
        v, e = b["w_two"].to_numpy(), (f["h"] == 1).to_numpy()
        return np.array([np.average(f["y"], weights=v), np.average(f["y"][e], weights=v[e])])

    value, cov = replicate_covariance(made, plain.w, estimate)
    found = [d.mean("y"), d.mean("y", where="h == 1")]
    np.testing.assert_allclose([t["estimate"][0] for t in found], value, rtol=1e-12)
    np.testing.assert_allclose([t["se"][0] for t in found], np.sqrt(np.diag(cov)), rtol=0.04)
    ignoring = Design(two.frame, weight="w_two", strata="h", psu="t").mean("y")["se"][0]
    assert ignoring > 1.3 * found[0]["se"][0]


def supplement() -> pd.DataFrame:
    return pd.DataFrame({
        "selection": ["抽样"] * 4 + ["重点调查"] * 2, "v": list("ppqqrr"), "id": range(6), "h": "s", "N": 8.0, "n": 2.0,
        "M": 10.0, "m": 2.0, "size": [10.0] * 4 + [50.0] * 2, "w": 20.0, "y": [1.0, 3, 5, 7, 10, 20],
    })  # fmt: skip


POOL: dict[str, Any] = {
    "weight": "w", "strata": "h", "psu": ["v", "id"], "fpc": [("N", "n"), ("M", "m")], "village": "v", "record": "id",
    "population": "size",
}  # fmt: skip


def test_chosen_villages_enter_on_purpose_with_the_variance_of_their_own_households() -> None:
    f = supplement()
    with pytest.raises(InputRefused, match="K307"):
        Design(f, weight="w", strata="h", psu=["v", "id"], fpc=[("N", "n"), ("M", "m")])
    missing = f.assign(selection=["抽样"] * 5 + [None])
    with pytest.raises(InputRefused, match="K307"):
        Design(missing, weight="w", strata="h", psu=["v", "id"], fpc=[("N", "n"), ("M", "m")])
    with pytest.raises(InputRefused, match="K328"):
        take_all(f.assign(selection=pd.array([None, *f["selection"][1:]], dtype="string")), ["r"], **POOL)
    pooled = take_all(f, ["r"], **POOL)
    d = Design(pooled, weight="w", strata="h", psu=["v", "id"], fpc=[("N", "n"), ("M", "m")])
    found = d.total("y").iloc[0]
    # drawn: 20·16; chosen: 25·30. Stage 1: 0.75·2·2·80²; stage 2: ¼·2·(0.8·2·2·20²); village: 0.96·2·2·125²
    assert found["estimate"] == pytest.approx(320 + 750)
    assert found["se"] == pytest.approx(np.sqrt(19200 + 640 + 60000))
    assert found["df"] == 2
    assert d.w.sum() == pytest.approx(80 + 50)
    village = d.mean("y", where="selection_drawn == '重点调查'").iloc[0]
    assert village["estimate"] == pytest.approx(15)
    assert village["se"] == pytest.approx(np.sqrt(0.96 * 50 / 2))  # (1 − 2/50)·s²/2, s² = 50
    pd.testing.assert_frame_equal(f, supplement())


def test_refusals_by_whole_text() -> None:
    f = listed().assign(w=10.0)
    cases = [
        (lambda: post_stratify(f.assign(w_post=1.0), "kind", {"a": 1, "b": 1}, weight="w"),
         "K317 A weighting step would overwrite a column\n  got       w_post\n  expected  a step with a name of its own\n"
         "  remedy    say into='post2', or drop the column"),
        (lambda: rake_to(f, {"p": {"kind": {"a": 1, "b": 1}}}, weight="w", partition="city"),
         "K318 A part has no totals\n  where     column city\n  got       q\n  expected  totals for every level\n"
         "  remedy    leave its records out, or give its totals"),
        (lambda: base_weights(f.assign(n=10.0), {"town": ("N", "n")}),
         "K311 More units were sampled than there are\n  where     stage town › row 0\n  got       n = 10, N = 9\n"
         "  expected  0 < n at most N"),
        (lambda: trim_to(f, weight="w", upper=11.0, max_rounds=3,
                         recalibrate=lambda x, w: rake_to(x, {"kind": {"a": 30, "b": 90}}, weight=w)),
         "K319 Trimming and calibration do not come together\n  got       6 weights outside 0 to 11 after 3 rounds\n"
         "  expected  limits within which the totals can be met\n"
         "  remedy    widen the limits, or calibrate with bounds on g instead"),
        (lambda: calibrate(f.assign(t=1, w=[9.0] + [10.0] * 11), {"size": 500}, weight="w", cluster="t"),
         "K316 A cluster cannot get one weight\n  where     calibration › t\n  got       different weights within 1\n"
         "  expected  one weight before calibration for all records of a cluster"),
        (lambda: take_all(supplement(), ["p"], **POOL),
         "K328 Chosen villages and those named do not agree\n  where     column v\n  got       chosen and not named: r\n"
         "  expected  the names of all 重点调查 villages, none of which was also drawn"),
        (lambda: take_all(supplement().assign(size=1.0), ["r"], **POOL),
         "K329 Sizes of a chosen village cannot be right\n  where     column size\n  got       r, r\n"
         "  expected  one number of households for each village, at least those asked, each household once"),
        (lambda: Design(f, weight="w", fpc="N", fpc_kind="percent"),
         "K314 Unknown kind of population size\n  got       percent\n"
         "  expected  auto, count, fraction, remainder; one for all 1 stages, or one for each"),
        (lambda: Design(f, weight="w").contrast("size", by="kind", weights={"a": 1}, kind="ratio"),
         "K408 A contrast cannot be made\n  got       kind ratio, denominator None\n"
         "  expected  mean, proportion, total, ratio; a denominator for a ratio, and only there"),
        (lambda: Design(f, weight="w").test("size", by="kind", where="kind == 'a'"),
         "K409 A test needs two domains\n  got       1 in column kind\n  expected  two or more"),
        (lambda: Design(f, weight="w").mean("size", where="sise > 3"),
         "K402 A domain is not a yes or no for each record\n  got       sise > 3\n"
         "  expected  a column such as size, id, city\n"
         "  remedy    pandas says: name 'sise' is not defined"),
    ]  # fmt: skip
    for call, text in cases:
        assert refusal(call) == text
