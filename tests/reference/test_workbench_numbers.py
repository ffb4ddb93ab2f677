"""Influence, tests against the rest, income curves, decomposition, trials: against R survey 4.1-1 (workbench/make_cases.R)."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kaohe.design import Calibration, rake_to
from kaohe.estimate import Design
from kaohe.estimate.curves import lorenz_curve, poverty_curve, quantile_curve
from kaohe.estimate.decompose import decomposition
from kaohe.estimate.influence import influence
from kaohe.estimate.rest import against_rest
from kaohe.estimate.trials import Trial, try_calibrations
from kaohe.publish.bench import BenchDesign

HERE = Path(__file__).parent
KEYS = {"weight": "w", "strata": "county", "psu": ["town", "village", "hh"], "fpc": ["N1", "N2", "N3"]}


@lru_cache(maxsize=1)
def cases() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "workbench" / "cases.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return pd.read_csv(HERE / "survey_more" / "sample.csv")


@pytest.fixture(scope="module")
def design(sample: pd.DataFrame) -> Design:
    return Design(sample, **KEYS)


@pytest.fixture(scope="module")
def calibrated(sample: pd.DataFrame) -> Design:
    n = sample["w"].sum() * 1.04
    made = rake_to(sample, {"kind": {"exited": 0.33 * n, "general": 0.46 * n, "poor": 0.21 * n}}, weight="w")
    return Design(made.frame, **{**KEYS, "weight": "w_raked"}, calibration=made.calibration)


def test_influence_of_each_town_on_a_mean(design: Design) -> None:
    want = cases()["influence"]
    found = influence(design, "income", unit="town").set_index("town").loc[want["town"]]
    np.testing.assert_allclose(found["change"], want["change"], rtol=1e-9)
    np.testing.assert_allclose(found["linear"], -np.array(want["scores"]), rtol=1e-9)
    np.testing.assert_allclose(found["in_se"], -np.array(want["scores"]) / want["se"], rtol=1e-9)
    np.testing.assert_allclose(found["variance_share"], want["first_stage"], rtol=1e-9)


def test_influence_after_calibration_is_that_of_the_residuals(calibrated: Design) -> None:
    want = cases()["influence"]
    found = influence(calibrated, "income", unit="town").set_index("town").loc[want["town"]]
    np.testing.assert_allclose(found["linear"], want["calibrated_change"], rtol=1e-7)
    np.testing.assert_allclose(found["linear"] / found["in_se"], want["calibrated_se"], rtol=1e-8)
    again = np.array(want["again"]) - want["calibrated_mean"]  # calibrated anew without t01, without t09
    np.testing.assert_allclose(found.loc[["t01", "t09"], "linear"], again, rtol=0.12)


def test_influence_of_totals_and_ratios_by_hand() -> None:
    f = pd.DataFrame({"w": [1.0, 1.0, 2.0], "y": [1.0, 3.0, 5.0], "x": [1.0, 1.0, 2.0]})
    d = Design(f, weight="w")
    total = influence(d, "y", kind="total").set_index("record")
    assert total["change"].to_dict() == total["linear"].to_dict() == {2: -10.0, 1: -3.0, 0: -1.0}
    ratio = influence(d, "y", kind="ratio", denominator="x").set_index("record")
    assert ratio["change"].round(9).to_dict() == pytest.approx({2: 2 - 14 / 6, 1: 11 / 5 - 14 / 6, 0: 13 / 5 - 14 / 6})
    assert ratio["share"].to_dict() == {0: 0.25, 1: 0.25, 2: 0.5}


@pytest.mark.parametrize("which", ["plain", "calibrated"])
def test_each_domain_against_the_rest(which: str, design: Design, calibrated: Design) -> None:
    found = against_rest(design if which == "plain" else calibrated, "income", by="kind").set_index("kind")
    for case in cases()["rest"]["each"]:
        row, want = found.loc[case["kind"]], case[which]
        assert [row["rest"], row["difference"]] == pytest.approx([want["rest"], want["difference"]], rel=1e-8)
        assert [row["difference_se"], row["difference_df"], row["p_value"]] == pytest.approx(
            [want["se"], want["df"], want["p"]], rel=1e-6
        )


def test_lorenz_ordinates_of_persons(design: Design, sample: pd.DataFrame) -> None:
    want = cases()["lorenz"]
    probs = [c["p"] for c in want]
    found = lorenz_curve(design, "income", probs, size="size")
    np.testing.assert_allclose(found["estimate"], [c["estimate"] for c in want], rtol=1e-10)
    np.testing.assert_allclose(found["se"], [c["se"] for c in want], rtol=1e-8)
    towns = Design(sample, weight="w", strata="county", psu="town")
    first = lorenz_curve(towns, "income", probs, size="size")["se"]
    np.testing.assert_allclose(first, [c["se_towns"] for c in want], rtol=1e-8)
    np.testing.assert_allclose(first, [c["jackknife"] for c in want], rtol=0.1)


def test_replicates_give_the_jackknife_of_the_ordinates(sample: pd.DataFrame) -> None:
    want = cases()["lorenz"]
    towns = Design(sample, weight="w", strata="county", psu="town").replicate("JKn")
    found = lorenz_curve(towns, "income", [c["p"] for c in want], size="size")
    np.testing.assert_allclose(found["se"], [c["jackknife"] for c in want], rtol=1e-8)


@pytest.mark.parametrize(("measure", "power"), [("headcount", 0), ("gap", 1), ("severity", 2)])
def test_poverty_of_persons_at_several_lines(measure: str, power: int, design: Design) -> None:
    want = cases()["poverty"]
    found = poverty_curve(design, "income", want["lines"], measure=measure, size="size")
    assert found["line"].tolist() == want["lines"]
    np.testing.assert_allclose(found["estimate"], [c["estimate"] for c in want["powers"][power]], rtol=1e-10)
    np.testing.assert_allclose(found["se"], [c["se"] for c in want["powers"][power]], rtol=1e-8)


def test_quantiles_of_persons(design: Design) -> None:
    want = cases()["quantiles"]
    found = quantile_curve(design, "income", [c["p"] for c in want], size="size")
    for column, key in (("estimate", "estimate"), ("ci_low", "ci_lo"), ("ci_high", "ci_hi")):
        assert found[column].tolist() == [c[key] for c in want]


def test_quantiles_of_records_are_the_designs_own(design: Design) -> None:
    pd.testing.assert_frame_equal(
        quantile_curve(design, "income", [0.25, 0.5], by="city"), design.quantile("income", [0.25, 0.5], by="city")
    )


def test_decomposition_of_the_headcount(design: Design) -> None:
    found = decomposition(design, "income", 8000, by="kind", size="size").set_index(["kind", "part"])
    for case in cases()["decomposition"]:
        for part in ("population", "rate", "contribution", "ratio"):
            row = found.loc[(case["kind"], part)]
            assert [row["estimate"], row["se"]] == pytest.approx([case[part]["estimate"], case[part]["se"]], rel=1e-8)
    by_part = found["estimate"].unstack("part")
    assert by_part[["population", "contribution"]].sum().tolist() == pytest.approx([1, 1])
    np.testing.assert_allclose(by_part["ratio"], by_part["contribution"] / by_part["population"], rtol=1e-12)


def test_a_design_per_person(sample: pd.DataFrame) -> None:
    towns = BenchDesign(sample, weight="w", strata="county", psu="town").per_person("size")
    want = cases()["gini_persons"]
    found = towns.poverty("income", "gini").iloc[0]
    assert found["estimate"] == pytest.approx(want["estimate"], rel=1e-10)
    assert found["se"] == pytest.approx(want["jackknife"], rel=0.05)
    assert found["n"] == len(sample)


def test_a_calibrated_design_per_person_is_the_ratio_of_persons(calibrated: Design) -> None:
    frame = calibrated.frame.assign(poor=(calibrated.frame["income"] < 8000).astype(float))
    frame["poor_n"] = frame["poor"] * frame["size"]
    d = BenchDesign(frame, **{**KEYS, "weight": "w_raked"}, calibration=calibrated.calibration)
    a, b = d.per_person("size").mean("poor").iloc[0], d.ratio("poor_n", "size").iloc[0]
    assert [a["estimate"], a["se"], a["df"]] == pytest.approx([b["estimate"], b["se"], b["df"]], rel=1e-12)


def test_calibration_trials(sample: pd.DataFrame) -> None:
    margins = ("kind", "sat")
    trials = {"raking": Trial(margins), "linear": Trial(margins, "linear"), "logit": Trial(margins, "logit", (0.8, 1.35)),
              "none": Trial(()), "tight": Trial(margins, "logit", (0.99, 1.01))}  # fmt: skip

    def make(frame: pd.DataFrame, weight: str, record: Calibration | None) -> Design:
        return Design(frame, **{**KEYS, "weight": weight}, calibration=record)

    made = try_calibrations(
        sample,
        cases()["totals"],
        trials,
        weight="w",
        partition="city",
        design=make,
        estimate=lambda d: d.mean("income"),
    )
    weights, estimates = made.weights.set_index("trial"), made.estimates.set_index("trial")
    for name, want in cases()["trials"].items():
        assert weights.loc[name, "n_eff"] == pytest.approx(want["n_eff"], rel=1e-8)
        assert estimates.loc[name, ["estimate", "se"]].tolist() == pytest.approx([want["mean"], want["se"]], rel=1e-7)
        if name != "none":
            assert weights.loc[name, ["deff_kish", "g_min", "g_max"]].tolist() == pytest.approx(
                [want["deff"], want["g_min"], want["g_max"]], rel=1e-7
            )
            assert weights.loc[name, "worst"] < 1e-8
    assert weights.loc["tight", ["refused", "part"]].tolist() == ["K315", "A"]
    assert "tight" not in estimates.index
    assert weights.loc["none", "worst"] == pytest.approx(
        max(abs(sample[(sample["city"] == c) & (sample[m] == level)]["w"].sum() / t - 1)
            for c, own in cases()["totals"].items() for m, levels in own.items() for level, t in levels.items())
    )  # fmt: skip


def test_a_cap_is_kept_and_the_totals_are_met(sample: pd.DataFrame) -> None:
    totals = {c: {"kind": own["kind"]} for c, own in cases()["totals"].items()}
    made = try_calibrations(
        sample, totals, {"all": Trial(("kind",)), "cap": Trial(("kind",), cap=2.0)}, weight="w", partition="city",
        design=lambda f, w, record: Design(f, **{**KEYS, "weight": w}, calibration=record), estimate=lambda d: d.mean("income"),
    )  # fmt: skip
    rows = made.weights.set_index("trial")
    before, after = made.frames["all"], made.frames["cap"]
    limit = 2 * before.groupby("city")["w_trial"].median()
    over = (before["w_trial"] > before["city"].map(limit)).sum()
    assert over > 0
    assert rows.loc["cap", "capped"] == over
    assert (after["w_trial"] <= after["city"].map(limit) * (1 + 1e-5)).all()
    assert rows.loc["cap", "worst"] < 1e-8
    assert rows.loc["cap", "n_eff"] > rows.loc["all", "n_eff"]
