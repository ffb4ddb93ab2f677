"""Every estimate takes one or more columns of `by`, margins, a condition and several variables, on both kinds of design, and gives a tidy frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kaohe.base.errors import InputRefused
from kaohe.estimate import Design, ReplicateDesign, estimate_from_totals, fgt, per, psu_totals

TIDY = ["estimate", "se", "ci_low", "ci_high", "df", "n", "n_psu", "n_missing", "deff", "cv"]
COMPARED = ["variable", *TIDY, "t", "p_value", "method", "quality"]
TESTED = ["variable", "domains", "kind", "statistic", "f", "df_1", "df_2", "p_value"]
BY = ["city", "kind"]


def sample() -> pd.DataFrame:
    """24 towns in 6 counties of 3 cities; a record without a kind, answers that are missing."""
    rng = np.random.default_rng(12)
    town = np.repeat(np.arange(24), 12)
    f = pd.DataFrame({"county": town // 4, "town": town, "w": rng.uniform(5, 20, 288).round(3)})
    f["city"], f["kind"] = np.array(list("ABC"))[f["county"] // 2], rng.choice(["x", "y"], 288)
    f["income"] = rng.lognormal(9, 0.5, 288).round(1) * (1 + 0.2 * (f["kind"] == "x"))
    f["size"], f["ok"], f["safe"] = (
        rng.integers(1, 6, 288).astype(float),
        (rng.random(288) < 0.6) * 1.0,
        (rng.random(288) < 0.8) * 1.0,
    )
    f["grade"] = rng.choice(["good", "bad"], 288)
    f.loc[[7, 100], "kind"] = None
    f.loc[[3, 150, 222], ["income", "ok"]] = np.nan
    return f


def made(which: str) -> Design:
    f = sample()
    d = Design(f, weight="w", strata="county", psu="town")
    if which == "linearised":
        return d
    if which == "jackknife":
        return d.replicate("JKn")
    table = d.replicate("bootstrap", replicates=30, rng=np.random.default_rng(1)).made.weights
    return ReplicateDesign(f, weight="w", repweights=table, kind="bootstrap")


DESIGNS = ("linearised", "jackknife", "weights given")
METHODS: dict[str, tuple[Callable[..., pd.DataFrame], tuple[str, ...], int]] = {
    "total": (lambda d, **k: d.total(["income", "size"], **k), ("variable",), 2),
    "mean": (lambda d, **k: d.mean(["income", "size"], **k), ("variable",), 2),
    "ratio": (lambda d, **k: d.ratio(["income", "ok"], "size", **k), ("variable",), 2),
    "proportion": (lambda d, **k: d.proportion(["ok", "safe"], **k), ("variable",), 2),
    "quantile": (lambda d, **k: d.quantile(["income", "size"], [0.25, 0.5], **k), ("variable", "prob"), 4),
    "poverty": (lambda d, **k: d.poverty(["income", "size"], ["gap", "gini"], line=7000, **k), ("variable", "measure"), 4),
}  # fmt: skip


def rows_of(table: pd.DataFrame, **levels: str) -> pd.DataFrame:
    inside = np.logical_and.reduce([table[c] == v for c, v in levels.items()])
    return table[inside].drop(columns=BY).reset_index(drop=True)


def equal(a: pd.DataFrame, b: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(a.reset_index(drop=True), b.reset_index(drop=True), rtol=1e-9, check_dtype=False)


@pytest.mark.parametrize("method", list(METHODS))
@pytest.mark.parametrize("which", DESIGNS)
def test_by_margins_where_and_several_variables(which: str, method: str) -> None:
    call, extra, rows = METHODS[method]
    d = made(which)
    known = d.frame["kind"].notna()
    table = call(d, by=BY, margins=True)
    assert table.columns.tolist() == [*BY, *extra, *TIDY, "method", "quality"]
    assert len(table) == rows * (3 * 2 + 3 + 2 + 1)
    equal(rows_of(table, city="B", kind="y"), call(d, where=(d.frame["city"] == "B") & (d.frame["kind"] == "y")))
    one = call(d, by="city", where=known)
    for city in "ABC":
        equal(rows_of(table, city=city, kind="合计"), one[one["city"] == city].drop(columns="city"))
    equal(rows_of(table, city="合计", kind="合计"), call(d, where=known))
    marked = call(d, by="city", margins="all of them", where="kind == 'x'")
    assert marked["city"].unique().tolist() == ["A", "B", "C", "all of them"]
    equal(marked[marked["city"] == "A"].drop(columns="city"), rows_of(table, city="A", kind="x"))


def variance_by_hand(f: pd.DataFrame, z: pd.Series) -> tuple[float, float]:
    """Of a weighted sum: four towns in each of six counties, with replacement; and Satterthwaite's degrees of freedom."""
    v = 4 * z.groupby(f["town"]).sum().to_numpy().reshape(6, 4).var(axis=1, ddof=1)
    return float(v.sum()), float(v.sum() ** 2 / (v**2 / 3).sum())


def score(f: pd.DataFrame, inside: pd.Series) -> tuple[float, pd.Series]:
    """A mean and its weighted linearised values."""
    own = inside & f["income"].notna()
    mean = np.average(f["income"][own], weights=f["w"][own])
    return mean, (f["w"] * (f["income"].fillna(0) - mean) / f["w"][own].sum()).where(own, 0.0)


@pytest.mark.parametrize("which", DESIGNS)
def test_a_margin_of_a_contrast_is_the_contrast_without_the_column(which: str) -> None:
    d = made(which)
    known = d.frame["kind"].notna()
    weights = {("A", "x"): 0.5, ("A", "y"): 0.5, ("B", "x"): -1}
    found = d.contrast(["income", "size"], by=BY, weights=weights, margins=True)
    assert found.columns.tolist() == ["by", "contrast", *COMPARED]
    assert found[["by", "contrast", "variable"]].values.tolist() == [
        [by, text, v]
        for by, text in (
            ("city, kind", "+0.5·A·x +0.5·A·y -1·B·x"), ("city", "+1·A -1·B"), ("kind", "-0.5·x +0.5·y"),
        )
        for v in ("income", "size")
    ]  # fmt: skip
    for by, columns, own in (
        ("city, kind", BY, weights), ("city", "city", {"A": 1, "B": -1}), ("kind", "kind", {"x": -0.5, "y": 0.5}),
    ):  # fmt: skip
        want = d.contrast(["income", "size"], by=columns, weights=own, where=known)
        assert want.columns.tolist() == COMPARED
        equal(found[found["by"] == by].drop(columns=["by", "contrast"]), want)
    one = d.contrast("income", by="city", weights={"A": 1, "B": 1}, kind="total", margins=True)
    assert one["contrast"].tolist() == ["+1·A +1·B", "+2·合计"]
    assert one["estimate"][1] == pytest.approx(2 * d.total("income")["estimate"][0], rel=1e-12)
    asked = d.contrast("income", by="kind", weights={"x": 1, "y": -1}, where="city != 'C'", margins=True)
    assert asked["by"].tolist() == ["kind"]  # all together nothing is left to compare
    equal(
        asked.drop(columns=["by", "contrast"]),
        d.contrast("income", by="kind", weights={"x": 1, "y": -1}, where=d.frame["city"].isin(["A", "B"])),
    )


def test_a_domain_against_all_of_its_column_by_hand() -> None:
    """A city is part of the whole: the covariance of the two is in the error."""
    d, f = made("linearised"), sample()
    found = d.contrast("income", by="city", weights={"A": 1, "合计": -1}, margins=True).iloc[0]
    (a, za), (whole, z) = score(f, f["city"] == "A"), score(f, f["city"].notna())
    variance, df = variance_by_hand(f, za - z)
    assert found["estimate"] == pytest.approx(a - whole, rel=1e-12)
    assert found["se"] == pytest.approx(np.sqrt(variance), rel=1e-9)
    assert found["df"] == pytest.approx(min(df, 18), rel=1e-9)
    assert found["p_value"] == pytest.approx(2 * stats.t.sf(abs(a - whole) / np.sqrt(variance), df), rel=1e-9)
    both = d.contrast("income", by=BY, weights={("A", "合计"): 1, ("合计", "x"): -1}, margins="合计").iloc[0]
    known = f["kind"].notna()
    (a, za), (x, zx) = score(f, known & (f["city"] == "A")), score(f, f["kind"] == "x")
    assert both["estimate"] == pytest.approx(a - x, rel=1e-12)
    assert both["se"] == pytest.approx(np.sqrt(variance_by_hand(f, za - zx)[0]), rel=1e-9)
    assert both["contrast"] == "+1·A·合计 -1·合计·x"


@pytest.mark.parametrize("which", DESIGNS)
def test_a_margin_of_a_test_is_the_test_without_the_column(which: str) -> None:
    d = made(which)
    known = d.frame["kind"].notna()
    found = d.test(["income", "grade"], by=BY, margins=True, df="units")
    assert found.columns.tolist() == ["by", *TESTED]
    assert found[["by", "variable", "domains", "kind"]].values.tolist() == [
        [by, variable, k, kind]
        for by, k in (("city, kind", 6), ("city", 3), ("kind", 2))
        for variable, kind in (("income", "wald"), ("grade", "rao_scott"))
    ]
    for by, columns in (("city, kind", BY), ("city", "city"), ("kind", "kind")):
        want = d.test(["income", "grade"], by=columns, where=known, df="units")
        assert want.columns.tolist() == TESTED
        equal(found[found["by"] == by].drop(columns="by"), want)
    part = d.test("income", by=BY, margins=True, where="city == 'A'")
    assert part["by"].tolist() == ["city, kind", "kind"]  # one city has nothing to compare


def test_two_domains_are_tested_as_their_difference() -> None:
    for which in DESIGNS:
        d = made(which)
        for df in ("satterthwaite", "units", 9.5):
            one = d.contrast("income", by="kind", weights={"x": 1, "y": -1}, df=df).iloc[0]
            both = d.test("income", by="kind", df=df).iloc[0]
            assert [both["f"], both["df_1"], both["df_2"]] == pytest.approx([one["t"] ** 2, 1, one["df"]], rel=1e-9)
            assert both["p_value"] == pytest.approx(one["p_value"], rel=1e-9)


def test_three_domains_by_hand() -> None:
    """Krishnamoorthy & Yu (2004) written out: parts by county and by city, and the towns minus counties of all."""
    d, f = made("linearised"), sample()
    scores = [score(f, f["city"] == c) for c in "ABC"]
    gap = np.array([m - scores[0][0] for m, _ in scores[1:]])
    z = pd.DataFrame({k: s - scores[0][1] for k, (_, s) in enumerate(scores) if k})
    towns = z.groupby(f["town"]).sum().to_numpy().reshape(6, 4, 2)
    counties = [4 * np.cov(t.T) for t in towns]
    cities = [np.ones((2, 2)) * variance_by_hand(f, scores[0][1])[0]]
    cities += [np.diag([variance_by_hand(f, scores[1][1])[0], 0]), np.diag([0, variance_by_hand(f, scores[2][1])[0]])]

    def freedom(parts: list[np.ndarray], free: float) -> float:
        inverse = np.linalg.inv(sum(parts))
        below = 0.0
        for v in parts:
            a = v @ inverse
            below += (np.trace(a @ a) + np.trace(a) ** 2) / free
        return (2 + 4) / below

    v = sum(counties)
    df = min(freedom(counties, 3), freedom(cities, 6), 18)
    wald = gap @ np.linalg.inv(v) @ gap
    for rule, nu in (("satterthwaite", df), ("units", 18.0), (12, 12.0)):
        found = d.test("income", by="city", df=rule).iloc[0]
        want = [wald, wald / 2 * (nu - 1) / nu, 2, nu - 1, stats.f.sf(wald / 2 * (nu - 1) / nu, 2, nu - 1)]
        assert found[["statistic", "f", "df_1", "df_2", "p_value"]].astype(float).tolist() == pytest.approx(
            want, rel=1e-9
        )
    assert df < 18
    infinite = d.test("income", by="city", df=np.inf).iloc[0]
    assert infinite["p_value"] == pytest.approx(stats.chi2.sf(wald, 2), rel=1e-9)
    given = d.test("grade", by="city", df=7).iloc[0]
    units = d.test("grade", by="city").iloc[0]
    assert [given["df_2"] / given["df_1"], units["df_2"] / units["df_1"]] == pytest.approx([7, 18], rel=1e-12)


def test_few_towns_in_a_domain_do_not_make_a_test_reject_too_often() -> None:
    """Three, three and forty towns, no difference at all: 21 % of 5 % with the units of all domains together."""
    rng = np.random.default_rng(3)
    city = np.repeat([0, 1, 2], [3, 3, 40])
    f = pd.DataFrame(
        {"h": np.r_[np.zeros(3), np.ones(3), 2 + np.arange(40) // 4], "t": np.arange(46), "w": 1.0, "c": city}
    )
    small, union = [], []
    for _ in range(80):
        f["y"] = rng.normal(size=46) * np.where(city == 0, 2.0, 1.0)
        d = Design(f, weight="w", strata="h", psu="t")
        small.append(d.test("y", by="c")["p_value"][0] < 0.05)
        union.append(d.test("y", by="c", df="units")["p_value"][0] < 0.05)
    assert np.mean(small) < 0.09
    assert np.mean(union) > 0.13


def test_refusals_of_margins() -> None:
    d = made("linearised")
    taken = Design(sample().replace({"city": {"A": "合计"}}), weight="w", strata="county", psu="town")
    cases: list[tuple[Callable[[], Any], str]] = [
        (lambda: taken.contrast("income", by="city", weights={"B": 1}, margins=True),
         "K414 Domains cannot be named so\n  where     by › column city\n  got       a level 合计\n"
         "  expected  another mark for all of a column\n  remedy    give one: margins='all of them'"),
        (lambda: taken.test("income", by="city", margins=True),
         "K414 Domains cannot be named so\n  where     by › column city\n  got       a level 合计\n"
         "  expected  another mark for all of a column\n  remedy    give one: margins='all of them'"),
        (lambda: d.contrast("income", by="city", weights={"A": 1, "合计": -1}),
         "K421 A contrast names an unknown domain\n  got       合计\n  expected  A, B, C"),
        (lambda: d.contrast("income", by=BY, weights={("D", "合计"): 1}, margins=True),
         "K421 A contrast names an unknown domain\n  got       ('D', '合计')\n"
         "  expected  ('A', 'x'), ('A', 'y'), ('B', 'x'), ('B', 'y'), ('C', 'x'), ('C', 'y')"),
        (lambda: d.contrast("income", by=BY, weights={"A": 1}, margins=True),
         "K421 A contrast names an unknown domain\n  got       A\n"
         "  expected  ('A', 'x'), ('A', 'y'), ('B', 'x'), ('B', 'y'), ('C', 'x'), ('C', 'y')"),
        (lambda: d.contrast("income", by="city", weights={}),
         "K421 A contrast names an unknown domain\n  got       no domain\n  expected  A, B, C"),
        (lambda: d.test("income", by="city", df="many"),
         "K419 Unknown degrees of freedom\n  where     df\n  got       many\n"
         "  expected  units, satterthwaite, or a number above 0"),
    ]  # fmt: skip
    for call, text in cases:
        with pytest.raises(InputRefused) as caught:
            call()
        assert str(caught.value) == text


CONDITIONS: dict[str, Any] = {
    "city == 'B'": "city == 'B'", "county in (1, 4) and kind == 'x'": lambda k: k["county"].isin([1, 4]) & (k["kind"] == "x"),
    "town > 9": "town > 9",
}  # fmt: skip


@pytest.mark.parametrize("text", list(CONDITIONS))
def test_sums_are_estimated_within_a_condition_on_their_keys(text: str) -> None:
    """As the design of the records with the same condition: units outside count as 0."""
    f = sample()
    d, keys = Design(f, weight="w", strata="county", psu="town"), {"weight": "w", "strata": "county", "psu": "town"}
    totals = psu_totals(f, **keys, by=BY, y=["income", "ok", per("income", "size"), fgt("income", 7000.0)])
    condition = CONDITIONS[text]
    for by in (None, "city"):
        options = {"by": by or (), "where": condition}
        inside = condition(f) if callable(condition) else condition
        for statistic, want in (
            ("mean", d.mean(["income", "ok"], by=by, where=inside)), ("total", d.total(["income", "ok"], by=by, where=inside)),
            ("ratio", d.ratio("income", "size", by=by, where=inside)), ("proportion", d.proportion("ok", by=by, where=inside)),
            ("fgt", d.poverty("income", "headcount", line=7000, by=by, where=inside)),
        ):  # fmt: skip
            equal(estimate_from_totals(totals, statistic, **options), want)


def test_a_condition_that_the_sums_cannot_tell() -> None:
    totals = psu_totals(sample(), weight="w", strata="county", psu="town", by=BY, y="income")
    with pytest.raises(InputRefused) as caught:
        estimate_from_totals(totals, where="size > 2")
    assert "K402" in str(caught.value)
    assert "a column such as" in str(caught.value)
