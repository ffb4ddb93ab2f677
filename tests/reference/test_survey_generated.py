"""Every estimate and weighting step against R survey 4.1-1 on a generated three-stage sample.

Data, R code and printed digits stand in survey_more/ (sample.csv, make_cases.R, cases.json).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.support.rcases import same

from kaohe.base.errors import InputRefused
from kaohe.design import calibrate, rake
from kaohe.design.trim import trim
from kaohe.estimate import Calibration, Design, ReplicateDesign
from kaohe.estimate.replicates import Replicates

FOLDER = Path(__file__).parent / "survey_more"
STAGES = {"psu": ["town", "village", "hh"], "fpc": ["N1", "N2", "N3"], "strata": "county"}


@cache
def cases() -> dict[str, Any]:
    return json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))


def frame() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "sample.csv")


def sample(**more: Any) -> Design:
    return Design(frame(), weight="w", **{**STAGES, **more})


def check(found: pd.DataFrame, want: dict[str, Any], rtol: float = 1e-9, *, ci: bool = True) -> None:
    same(found["estimate"], np.atleast_1d(want["estimate"]), rtol)
    same(found["se"], np.atleast_1d(want["se"]), rtol)
    if ci and "ci_lo" in want:
        same(found["ci_low"], np.atleast_1d(want["ci_lo"]), rtol)
        same(found["ci_high"], np.atleast_1d(want["ci_hi"]), rtol)


def test_three_stages() -> None:
    e, d = cases()["three_stage"], sample()
    assert d.df == e["degf"]
    check(d.mean(["income", "size"]), e["mean"])
    check(d.total("income"), e["total"])
    check(d.ratio("jobs", "labour"), e["ratio"])
    check(sample(fpc=["f1", "f2", "f3"]).mean("income"), e["fractions"])
    check(d.mean("income", by="city"), e["by_city"])
    check(d.mean("income", by=["city", "kind"]), e["by_city_kind"])
    check(d.total("size", by="kind"), e["total_by_kind"])
    check(d.ratio("jobs", "labour", by="city"), e["ratio_by_city"])
    check(d.mean("answer"), e["answer"])
    check(d.mean("answer", by="city"), e["answer_by_city"])
    check(d.proportion("kind", method="mean"), e["factor"])
    same(d.mean("income")["deff"], [e["deff_replace"]], 1e-9)
    same(d.ratio("jobs", "labour")["deff"], [e["deff_ratio"]], 1e-9)
    same(d.covariance(["income", "size", "safe"]), e["vcov"], 1e-9)


def test_remainders_are_named_and_refused_by_accident() -> None:
    f = frame()
    for k in "123":
        f[f"r{k}"] = 1 - f[f"f{k}"]
    d = Design(f, weight="w", **{**STAGES, "fpc": ["r1", "r2", "r3"]}, fpc_kind="remainder")
    check(d.mean("income"), cases()["three_stage"]["fractions"])
    mixed = Design(f, weight="w", **{**STAGES, "fpc": ["N1", "f2", "r3"]}, fpc_kind=["count", "fraction", "remainder"])
    check(mixed.mean("income"), cases()["three_stage"]["fractions"])
    assert mixed.structure.fpc_kinds == ("count", "fraction", "remainder")
    g = (
        f[["county", "town"]]
        .drop_duplicates()
        .assign(w=lambda t: 1 / f.groupby("town")["f1"].first()[t["town"]].values)
    )
    g["r1"] = 1 - 1 / g["w"]
    with pytest.raises(Exception, match="K314 Population sizes look like 1 − n/N"):
        Design(g, weight="w", strata="county", psu="town", fpc="r1")


def test_conditions_of_every_form() -> None:
    e = cases()["three_stage"]
    f = frame()
    mask = (f["size"] >= 3) & (f["kind"] != "poor")
    for where in (
        "size >= 3 and kind != 'poor'",
        mask,
        mask.to_numpy(),
        lambda t: (t["size"] >= 3) & (t["kind"] != "poor"),
    ):
        found = sample().mean("income", where=where)
        check(found, e["where"])
        assert found["df"].tolist() == [e["where_degf"]]


HELD = (frame()["size"] >= 3) & (frame()["kind"] != "poor")
UNKNOWN: dict[str, Any] = {  # what is not met is missing, which R's subset leaves out as well
    "objects with None": HELD.astype(object).where(HELD, None),
    "objects with NaN": HELD.astype(object).where(HELD, np.nan),
    "objects with NA": HELD.astype(object).where(HELD, pd.NA),
    "objects, none missing": HELD.astype(object),
    "nullable booleans": HELD.astype("boolean"),
    "nullable booleans with NA": HELD.astype("boolean").where(HELD),
    "arrow booleans with null": HELD.astype("boolean").where(HELD).astype("bool[pyarrow]"),
}


@pytest.mark.parametrize("kind", list(UNKNOWN))
def test_conditions_with_missing_answers(kind: str) -> None:
    """As column, series, array and list, in a mean and in a contrast."""
    e, held = cases()["three_stage"], UNKNOWN[kind]
    d = Design(frame().assign(held=held), weight="w", **STAGES)
    for where in ("held", held, held.to_numpy(), held.array, held.tolist(), lambda f: f["held"]):
        found = d.mean("income", where=where)
        check(found, e["where"])
        assert found["df"].tolist() == [e["where_degf"]]


def test_a_condition_on_a_nullable_number_is_not_met_where_it_is_missing() -> None:
    f = frame()
    f["known"] = f["size"].astype("Int64").where(f["size"] >= 3)
    check(
        Design(f, weight="w", **STAGES).mean("income", where="known >= 1 and kind != 'poor'"),
        cases()["three_stage"]["where"],
    )


@pytest.mark.parametrize(
    "where",
    [HELD.astype(int), HELD.astype(float), HELD.astype(str), HELD.astype(object).where(HELD, "no"), HELD.tolist()[:-1]],
)
def test_what_is_no_yes_or_no_is_no_condition(where: Any) -> None:
    with pytest.raises(InputRefused, match="K402"):
        sample().mean("income", where=where)


def test_contrasts_of_means_totals_ratios_and_variables() -> None:
    e, d = cases()["contrast"], sample()
    check(d.contrast("income", by="kind", weights={"exited": 1, "poor": -1}, df="units"), e["mean"])
    weights = {"exited": 1, "general": -0.5, "poor": -0.5}
    check(d.contrast("income", by="kind", weights=weights, kind="total", df="units"), e["total"])
    two = {"exited": 1, "general": -1}
    check(d.contrast("jobs", by="kind", weights=two, kind="ratio", denominator="labour", df="units"), e["ratio"])
    check(d.contrast("safe", by="kind", weights=two, kind="proportion", df="units"), e["safe"])
    check(d.contrast(["income", "size"], weights={"income": 1, "size": -1000}, df="units"), e["variables"])
    same(d.covariance("income", by="kind"), e["vcov"], 1e-9)


def test_association_of_two_categories() -> None:
    e, d = cases()["chisq"], sample()
    whole, part = d.test("sat", by="kind").iloc[0], d.test("sat", by="kind", where="city != 'C'").iloc[0]
    same([whole["f"], whole["df_1"], whole["df_2"], whole["p_value"]], [e["F"], *e["df"], e["p"]], 1e-9)
    # R counts units and strata of the whole design here, we those of the domain
    same([part["f"], part["df_1"]], [e["domain_F"], e["domain_df"][0]], 1e-9)
    same([part["df_2"]], [e["domain_df"][0] * e["domain_degf"]], 1e-9)


@pytest.mark.parametrize("method", ["xlogit", "beta", "asin", "mean"])
@pytest.mark.parametrize(("case", "variable", "options"), [
    ("rare", "rare", {}), ("safe", "safe", {}), ("safe_90", "safe", {"level": 0.9}), ("safe_B", "safe", {"where": "city == 'B'"}),
])  # fmt: skip
def test_share_intervals(case: str, variable: str, options: dict[str, Any], method: str) -> None:
    found = sample().proportion(variable, method=method, capped=False, **options)
    check(found, cases()["ciprop"][case][method])
    # iterative fitting in R: the same numbers to fewer digits
    if method == "xlogit":
        check(found, cases()["ciprop"][case]["logit"], 1e-6)
        # R draws straight lines between points of a spline; the same equation solved in R agrees in every digit
        profile = sample().proportion(variable, method="likelihood", **options)
        check(profile, cases()["ciprop"][case]["likelihood"], 5e-4)
        solved = json.loads((FOLDER / "likelihood.json").read_text(encoding="utf-8"))[case]
        assert [solved["printed"][0], solved["printed"][1]] == pytest.approx(
            [cases()["ciprop"][case]["likelihood"][k] for k in ("ci_lo", "ci_hi")], rel=1e-12
        )
        same(profile["ci_low"], [solved["ci_lo"]], 1e-9)
        same(profile["ci_high"], [solved["ci_hi"]], 1e-9)


@pytest.mark.parametrize("rule", ["math", "school", "shahvaish", *[f"hf{k}" for k in range(1, 10)]])
def test_quantile_rules(rule: str) -> None:
    e, d = cases()["quantile"], sample()
    found, want = d.quantile("income", e["probs"], rule=rule), e["rules"][rule]
    check(found, want)
    check(d.quantile("size", [0.25, 0.5, 0.75], rule=rule), e["size"][rule])


@pytest.mark.parametrize("kind", ["mean", "beta", "xlogit", "asin"])
def test_quantile_intervals(kind: str) -> None:
    e, d = cases()["quantile"], sample()
    check(d.quantile("income", [0.25, 0.5, 0.75], method=kind), e["intervals"][kind])
    if kind == "mean":
        found = d.quantile("income", [0.25, 0.5, 0.75], where="city == 'B'")
        check(found, e["B"])
        assert set(found["df"]) == {e["degf_B"]}


def calibrated(name: str) -> tuple[Design, pd.DataFrame]:
    """The design of one calibration case."""
    e, x = cases()["calibrate"], frame()
    x["one"], x["general"], x["poor"] = 1.0, (x["kind"] == "general") * 1.0, (x["kind"] == "poor") * 1.0
    totals = {
        "one": sum(e["kind"].values()),
        "general": e["kind"]["general"],
        "poor": e["kind"]["poor"],
        "size": e["size"],
    }
    ways = {
        "linear": ("linear", None), "raking": ("raking", None), "truncated": ("linear", (0.85, 1.3)),
        "raking_bounded": ("raking", (0.85, 1.3)), "logit": ("logit", (0.7, 1.6)),
    }  # fmt: skip
    record = Calibration("w", ("kind",), ("size",))
    stages: dict[str, Any] = STAGES
    if name in ways:
        made = calibrate(x, totals, weight="w", method=ways[name][0], bounds=ways[name][1]).weights
    elif name == "no_intercept":
        made, record = calibrate(x, {"size": e["size"]}, weight="w").weights, Calibration("w", (), ("size",))
    elif name.startswith("cluster"):
        x["w"] = x.groupby("town")["w"].transform("mean")
        totals = dict(zip(("one", "general", "poor", "size"), e["cluster"].values(), strict=True))
        made = calibrate(x, totals, weight="w", method=name.removeprefix("cluster_"), cluster="town").weights
        record = Calibration("w", ("kind",), ("size",), cluster="town")
        stages = {"psu": "town", "strata": "county"}
    elif name == "post":
        made, record = rake(x, {"kind": e["kind"]}, weight="w").weights, Calibration("w", ("kind",))
    elif name == "cells":
        x["cell"] = x["kind"] + x["city"]
        whole = sum(e["city"].values())
        cells = {k + c: v * m / whole for k, v in e["kind"].items() for c, m in e["city"].items()}
        made, record = rake(x, {"cell": cells}, weight="w").weights, Calibration("w", ("cell",))
    elif name == "both":
        made = rake(x, {"kind": e["kind"], "city": e["city"]}, weight="w", tol=1e-13).weights
        record = Calibration("w", ("kind", "city"))
    else:
        x["e"] = np.where(x["kind"] == "exited", "yes", "no")
        parts = [
            pd.Series(
                rake(p, {"e": {"yes": 0.33 * e["city"][c], "no": 0.67 * e["city"][c]}}, weight="w").weights, p.index
            )
            for c, p in x.groupby("city")
        ]
        made, record = pd.concat(parts)[x.index].to_numpy(), Calibration("w", ("e",), partition="city")
    x["w2"] = made
    return Design(x, weight="w2", calibration=record, **stages), x


@pytest.mark.parametrize("name", [
    "linear", "raking", "truncated", "raking_bounded", "logit", "no_intercept", "cluster_linear", "cluster_raking", "post",
    "cells", "both", "partition",
])  # fmt: skip
def test_calibrations_with_their_errors(name: str) -> None:
    e = cases()["calibrate"][name]
    d, _ = calibrated(name)
    same(d.w, e["weights"], 1e-8)
    check(d.mean("income"), e["mean"], 1e-8)
    known = e["total"]["se"] < 1e-6  # a calibrated total: rounding in R, 0 here
    check(d.total("size"), e["total"] | ({"se": 0.0} if known else {}), 1e-8, ci=not known)
    check(d.ratio("jobs", "labour"), e["ratio"], 1e-8)
    check(d.mean("income", by="city"), e["by_city"], 1e-8)
    check(d.mean("safe", by="kind"), e["by_kind"], 1e-8)


@pytest.mark.parametrize("name", ["once", "strict"])
def test_trimming_after_raking(name: str) -> None:
    e = cases()["trim"]
    raked, x = calibrated("raking")
    made = trim(raked.w, upper=e["upper"], lower=e["lower"], strict=name == "strict")
    x["w3"] = made.weights
    d = Design(x, weight="w3", calibration=Calibration("w", ("kind",), ("size",), after="w2"), **STAGES)
    same(d.w, e[name]["weights"], 1e-8)
    check(d.mean("income"), e[name]["mean"], 1e-8)
    check(d.ratio("jobs", "labour"), e[name]["ratio"], 1e-8)
    check(d.mean("income", by="city"), e[name]["by_city"], 1e-8)


def compare(d: Design, e: dict[str, Any], rtol: float = 1e-9) -> None:
    check(d.mean("income"), e["mean"], rtol)
    check(d.total("size"), e["total"], rtol)
    check(d.ratio("jobs", "labour"), e["ratio"], rtol)
    check(d.mean("income", by="kind"), e["by_kind"], rtol)
    check(d.proportion("safe", method="xlogit"), e["share"], rtol)
    check(d.quantile("income", [0.25, 0.5]), e["median"], rtol)


def towns(**more: Any) -> Design:
    return Design(frame(), weight="w", strata="county", psu="town", **more)


@pytest.mark.parametrize("kind", ["jkn", "jkn_mse", "jkn_fpc", "jk1"])
def test_jackknife_designs(kind: str) -> None:
    e = cases()["replicate"][kind]
    base = Design(frame(), weight="w", psu="town") if kind == "jk1" else towns(fpc="N1" if kind == "jkn_fpc" else None)
    d = base.replicate(centre="estimate" if kind == "jkn_mse" else "mean")
    assert d.df == e["degf"]
    compare(d, e)


@pytest.mark.parametrize("kind", ["brr", "fay", "bootstrap"])
def test_designs_with_given_replicate_weights(kind: str) -> None:
    e = cases()["replicate"][kind]
    x = frame()
    x = x[x["town"].isin(e["town"])].reset_index(drop=True)
    factors = pd.DataFrame(e["factors"], index=e["town"]).loc[x["town"]].to_numpy()
    kinds = {"brr": "BRR", "fay": "Fay", "bootstrap": "bootstrap"}
    d = ReplicateDesign(
        x, weight="w", repweights=factors * x["w"].to_numpy()[:, None], kind=kinds[kind], rho=0.4 if kind == "fay" else 0,
        centre="mean", strata="county", psu="town",
    )  # fmt: skip
    same([d.made.scale], [e["scale"]], 1e-12)
    check(d.mean("income"), {k: e["mean"][k] for k in ("estimate", "se")})
    check(d.total("size"), e["total"], ci=False)
    check(d.ratio("jobs", "labour"), e["ratio"], ci=False)
    check(d.mean("income", by="kind"), e["by_kind"])
    without = ReplicateDesign(
        x, weight="w", repweights=d.made.weights, kind=kinds[kind], rho=d_rho(kind), centre="mean"
    )
    found = without.mean("income")
    assert found["df"].tolist() == [e["degf"]]
    compare(without, e)


def d_rho(kind: str) -> float:
    return 0.4 if kind == "fay" else 0.0


@pytest.mark.parametrize("kind", ["brr", "fay"])
def test_our_balanced_replicates_have_the_errors_of_rs(kind: str) -> None:
    """Other Hadamard matrices: linear statistics agree to the last digit, ratios nearly."""
    e = cases()["replicate"][kind]
    x = frame()
    d = Design(x[x["town"].isin(e["town"])].reset_index(drop=True), weight="w", strata="county", psu="town")
    found = d.replicate("BRR" if kind == "brr" else "Fay", rho=d_rho(kind), centre="estimate")
    assert found.made.weights.shape[1] == len(e["factors"][0])
    same(found.total("size")["se"], [e["total"]["se"]], 1e-9)
    same(found.mean("income")["se"], [e["mean"]["se"]], 0.05)


@pytest.mark.parametrize("rule", ["adjust", "average", "certainty"])
def test_jackknife_with_single_units(rule: str) -> None:
    e = cases()["replicate"]["lonely"][rule]
    x = frame()
    first = x.loc[x["county"] == "h7", "town"].iloc[0]
    x = x[~((x["county"] == "h7") & (x["town"] != first))].reset_index(drop=True)
    d = Design(x, weight="w", strata="county", psu="town", lonely=rule).replicate("JKn", centre="mean")
    same([d.made.scale], [e["scale"]], 1e-12)
    for found, name in ((d.mean("income"), "mean"), (d.total("size"), "total"), (d.ratio("jobs", "labour"), "ratio")):
        same(found["se"], [e[name]["se"]], 1e-9)


def test_replicates_that_are_calibrated_again() -> None:
    e, m = cases()["replicate"]["calibrated"], cases()["calibrate"]["kind"]
    x = frame()

    def again(w: np.ndarray) -> np.ndarray:
        return rake(x.assign(w=w), {"kind": m}, weight="w").weights

    d = towns().replicate("JKn", centre="mean", reweight=again)
    check(d.mean("income"), e["mean"], ci=False)  # R's degrees of freedom are a rank of the calibrated weights
    check(d.mean("income", by="city"), e["by_city"])


def test_poverty() -> None:
    e, d = cases()["poverty"], sample()
    found = d.poverty("income", ["headcount", "gap", "severity"], line=e["line"], method="t").set_index("measure")
    for name in ("headcount", "gap", "severity"):
        check(found.loc[[name]], e[name])
    check(d.poverty("income", "gap", line=e["line"], by="city"), e["gap_by_city"])
    jack = towns().replicate("JKn", centre="mean").poverty("income", line=e["line"])
    same(jack["se"], [e["jkn"][k]["se"] for k in "hgs"], 1e-9)
    rest = d.poverty("income", ["arpr", "gini", "qsr", "rmpg"])
    same(rest["estimate"], [e[k] for k in ("arpr", "gini", "qsr", "rmpg")], 1e-9)
    below = d.poverty("income", line="relative")
    same(below["estimate"], e["relative"], 1e-9)


def test_replicates_object_is_final_weights() -> None:
    made = towns().replicate("JKn").made
    assert isinstance(made, Replicates)
    total = made.weights.sum(axis=0)
    same(total, np.full(len(total), frame()["w"].sum()), 0.2)
