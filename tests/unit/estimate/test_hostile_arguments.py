"""What estimates refuse by name, and what they take: odd arguments, odd columns, odd domains."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.base.plan import load_plan
from kaohe.design import Calibration, rake_to
from kaohe.estimate import Design, ReplicateDesign, estimate_from_totals, psu_quantiles, psu_totals
from kaohe.estimate.curves import lorenz_curve, poverty_curve, quantile_curve
from kaohe.estimate.decompose import decomposition
from kaohe.estimate.questions import question_against_rest, question_estimates
from kaohe.estimate.rest import against_rest
from support.refusals import Refused, assert_refused

ROWS = 240
TOWN = np.repeat(np.arange(24), 10)


def frame(**more: Any) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame({
        "h": TOWN // 4, "t": TOWN, "w": rng.uniform(5, 20, ROWS), "v": rng.normal(10, 3, ROWS) + TOWN % 5,
        "x": rng.integers(1, 6, ROWS).astype(float), "ok": (rng.random(ROWS) < 0.6).astype(float),
        "c": rng.choice(["甲", "乙", "丙"], ROWS), "d": rng.choice(["east", "west"], ROWS), "N": 50.0, "one": 1.0,
        "b": rng.random(ROWS) < 0.5,
    }).assign(**more)  # fmt: skip


def design(f: pd.DataFrame | None = None, **more: Any) -> Design:
    return Design(frame() if f is None else f, **({"weight": "w", "strata": "h", "psu": "t"} | more))


MIXED = [1, "a"] * (ROWS // 2)
INFINITE = np.where(TOWN == 0, np.inf, 1.0)
ASKED = load_plan().questions
ALL_OUT = np.zeros(ROWS, dtype=bool)

PAIRS = frame()[TOWN % 4 < 2]
REFUSED: Refused = {
    "no variable": ("K415", lambda: design().proportion([])),
    "no variable of a mean": ("K415", lambda: design().mean([])),
    "a category without answers": ("K415", lambda: design(frame(c=None)).proportion("c")),
    "a category of text and numbers": ("K418", lambda: design(frame(m=MIXED)).proportion("m")),
    "domains of text and numbers": ("K418", lambda: design(frame(m=MIXED)).mean("v", by="m")),
    "domains of lists": ("K418", lambda: design(frame(m=[[1]] * ROWS)).mean("v", by="m")),
    "no stratum column": ("K415", lambda: design(strata=[])),
    "a size of text": ("K305", lambda: design(frame(N="a"), fpc=["N"])),
    "no kind of size": ("K314", lambda: design(fpc=["N"], fpc_kind=None)),
    "a rule that is a list": ("K406", lambda: design().quantile("v", rule=["hf1"])),
    "a line for each domain": ("K407", lambda: design().poverty("v", line=pd.Series([8.0, 9.0]))),
    "no measure": ("K407", lambda: design().poverty("v", None, line=9)),
    "replicates that are no whole number": ("K420", lambda: design().replicate("bootstrap", replicates=10.5, rng=1)),
    "a generator of another kind": ("K420", lambda: design().replicate("bootstrap", rng="a")),
    "a factor of Fay that is text": ("K420", lambda: design(PAIRS).replicate("Fay", rho="a")),
    "a Hadamard matrix of one row": ("K420", lambda: design(PAIRS).replicate("BRR", matrix=[1, -1])),
    "one scale for all replicates": ("K420", lambda: ReplicateDesign(frame(), weight="w", repweights=np.ones((ROWS, 3)), kind="JKn", rscales=1)),
    "sums without units": ("K415", lambda: psu_totals(frame(), y="v", weight="w", psu=None)),
    "sums of nothing": ("K415", lambda: psu_totals(frame(), y=None, weight="w", psu="t")),
    "sums where a text is no column": ("K402", lambda: psu_totals(frame(), y="v", weight="w", psu="t", where="v > 3")),
    "a size that is no column": ("K305", lambda: design(fpc=[3])),
    "sizes that are no list": ("K305", lambda: design(fpc={"N": 1})),
    "a missing size": ("K305", lambda: design(frame(N=np.nan), fpc=["N"])),
    "a column twice": ("K411", lambda: design(pd.concat([frame(), frame()[["v"]]], axis=1))),
    "no records": ("K332", lambda: design(frame()[:0])),
    "no frame": ("K332", lambda: design([1])),
    "a weight of text": ("K302", lambda: design(frame(w="a"))),
    "an infinite weight": ("K302", lambda: design(frame(w=np.inf))),
    "a weight whose square overflows": ("K302", lambda: design(frame(w=1e200))),
    "a weight whose square vanishes": ("K302", lambda: design(frame(w=1e-200))),
    "a calibration that is none": ("K308", lambda: design(calibration="c")),
    "a calibration weight of text": ("K401", lambda: design(frame(k="a"), calibration=Calibration("k", ("c",)))),
    "contrast weights of text": ("K408", lambda: design().contrast("v", by="c", weights={"甲": "1", "乙": -1})),
    "contrast weights as a list": ("K408", lambda: design().contrast("v", by="c", weights=[1, -1])),
    "contrast weights of 0": ("K408", lambda: design().contrast("v", by="c", weights={"甲": 0.0})),
    "contrast weights that are missing": ("K408", lambda: design().contrast("v", by="c", weights={"甲": np.nan})),
    "a covariance of another kind": ("K408", lambda: design().covariance(["v", "x"], kind="zz")),
    "a test of a constant": ("K417", lambda: design().test("one", by="c")),
    "a test of one level": ("K417", lambda: design(frame(k="a")).test("k", by="c")),
    "a test with a domain without answers": ("K417", lambda: design(frame(v=frame()["v"].where(frame()["c"] != "甲"))).test("v", by="c")),
    "such a test of a category": ("K417", lambda: design(frame(k=frame()["d"].where(frame()["c"] != "甲"))).test("k", by="c")),
    "a test of domains with one unit": ("K417", lambda: design().test("v", by="t")),
    "95 for 95 %": ("K412", lambda: design().mean("v", level=95)),
    "a level of text": ("K412", lambda: design().total("v", level="a")),
    "a level of 0": ("K412", lambda: design().quantile("v", level=0)),
    "a level of 1": ("K412", lambda: design().poverty("v", line=9, level=1)),
    "a level of 2 in a contrast": ("K412", lambda: design().contrast("v", by="c", weights={"甲": 1}, level=2)),
    "a level of 95 of quantiles of persons": ("K412", lambda: quantile_curve(design(), "v", level=95)),
    "a level of text of a Lorenz curve": ("K412", lambda: lorenz_curve(design(), "v", level="a")),
    "a level of 1 of poverty by line": ("K412", lambda: poverty_curve(design(), "v", [9], level=1)),
    "a level of 95 of a decomposition": ("K412", lambda: decomposition(design(), "v", 9, by="c", level=95)),
    "a level of 0 against the rest": ("K412", lambda: against_rest(design(), "v", by="c", level=0)),
    "a level of 95 of a question": ("K412", lambda: question_estimates(design(frame(house_safe=frame()["ok"])), ASKED["house_safe"], ASKED, level=95)),
    "a level of 95 of a question against the rest": (
        "K412", lambda: question_against_rest(design(frame(house_safe=frame()["ok"])), ASKED["house_safe"], ASKED, by="c", level=95)),
    "a level of 95 at the seam": ("K412", lambda: estimate_from_totals(psu_totals(frame(), weight="w", psu="t", y="v"), level=95)),
    "an unknown design effect": ("K413", lambda: design().mean("v", deff="x")),
    "a planned effect below 0": ("K413", lambda: design().proportion("ok", planned_deff=-1)),
    "a planned effect of 0": ("K413", lambda: design().proportion("ok", planned_deff=0)),
    "unknown degrees of freedom": ("K419", lambda: design().mean("v", df="x")),
    "effective degrees of replicates": ("K419", lambda: design().replicate("JKn").mean("v", df="satterthwaite")),
    "a column of domains twice": ("K414", lambda: design().mean("v", by=["c", "c"])),
    "a column of domains named variable": ("K414", lambda: design(frame(variable="a")).mean("v", by="variable")),
    "a column of domains named estimate": ("K414", lambda: design(frame(estimate="a")).quantile("v", by=["c", "estimate"])),
    "a level named as the margin": ("K414", lambda: design(frame(c="合计")).mean("v", by="c", margins=True)),
    "a probability that is missing": ("K406", lambda: design().quantile("v", np.nan)),
    "a probability of text": ("K406", lambda: design().quantile("v", "a")),
    "no probability": ("K406", lambda: design().quantile("v", [])),
    "a missing probability at the seam": ("K406", lambda: psu_quantiles(frame(), "v", [np.nan], weight="w", psu="t")),
    "a poverty share of text": ("K407", lambda: design().poverty("v", "arpr", share="a")),
    "an infinite poverty line": ("K407", lambda: design().poverty("v", line=np.inf)),
    "a condition that fails": ("K402", lambda: design().mean("v", where=lambda f: f["zz"] > 1)),
    "a condition with another index": ("K402", lambda: design().mean("v", where=frame()["ok"].eq(1).set_axis(range(1, ROWS + 1)))),
    "infinite values in a mean": ("K416", lambda: design(frame(v=INFINITE)).mean("v", by="c")),
    "infinite values in a total": ("K416", lambda: design(frame(v=-INFINITE)).total("v")),
    "infinite values in a ratio": ("K416", lambda: design(frame(v=INFINITE)).ratio("x", "v")),
    "infinite values in a quantile": ("K416", lambda: design(frame(v=INFINITE)).quantile("v")),
    "infinite values in a test": ("K416", lambda: design(frame(v=INFINITE)).test("v", by="c")),
    "infinite values at the seam": ("K416", lambda: psu_totals(frame(v=INFINITE), weight="w", psu="t", y="v")),
    "complex numbers": ("K401", lambda: design(frame(v=1j)).mean("v")),
    "replicate weights of text": ("K401", lambda: ReplicateDesign(frame(), weight="w", repweights=["c"], kind="JK1")),
    "no replicate weights": ("K420", lambda: ReplicateDesign(frame(), weight="w", repweights=[], kind="JK1")),
    "Fay's factor of 1": ("K420", lambda: ReplicateDesign(frame(), weight="w", repweights=["w", "x"], kind="Fay", rho=1)),
    "a statistic that fails": ("K420", lambda: design().replicate("JKn").statistic(lambda w: "a")),
    "a statistic of other length": ("K420", lambda: design().replicate("JKn").statistic(lambda w: [1.0, 2.0])),
    "a scale that is missing": ("K420", lambda: ReplicateDesign(frame(), weight="w", repweights=["w", "x"], scale=np.nan)),
}  # fmt: skip


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("case", list(REFUSED))
def test_refused_by_name(case: str) -> None:
    assert_refused(*REFUSED[case])


def test_the_messages_name_column_and_remedy() -> None:
    with pytest.raises(InputRefused) as caught:
        design(frame(v=INFINITE)).mean(["x", "v"])
    assert str(caught.value) == (
        "K416 A variable holds infinite values\n  where     column v\n  got       10 rows\n"
        "  expected  finite numbers, or missing\n"
        "  remedy    frame['v'].replace([np.inf, -np.inf], np.nan), if they stand for no answer"
    )
    with pytest.raises(InputRefused) as caught:
        design(frame(v=frame()["v"].where(frame()["c"] != "甲"))).test("v", by="c")
    assert "domains without answers: 甲" in str(caught.value)
    with pytest.raises(InputRefused, match=r"0\.95 stands for 95 %"):
        design().mean("v", level=95)


def test_names_of_another_type_are_told() -> None:
    numbers = frame(code=TOWN % 2)
    said = "'0' is str, the column holds int: give names of its type, or column.astype(str)"
    with pytest.raises(InputRefused) as asked:
        design(numbers).contrast("v", by="code", weights={"0": 1, "1": -1})
    assert asked.value.remedy == said
    with pytest.raises(InputRefused) as margin:
        rake_to(numbers, {"code": {"0": 1000, "1": 1000}}, weight="w")
    assert margin.value.remedy == said


@pytest.mark.parametrize("made", [
    lambda v: v.astype(object), lambda v: pd.Series([Decimal(x) for x in v]), lambda v: pd.Series([*v[:-1], None], dtype=object),
])  # fmt: skip
def test_numbers_as_objects_are_numbers(made: Callable[[pd.Series], pd.Series]) -> None:
    values = made(frame()["v"])
    want = frame(v=values.astype(float))
    for call in (lambda d: d.mean("v", by="c"), lambda d: d.quantile("v"), lambda d: d.poverty("v", line=9)):
        pd.testing.assert_frame_equal(call(design(frame(v=values))), call(design(want)))
    assert design(frame(w=[Decimal(5)] * ROWS)).total("one")["estimate"][0] == 5 * ROWS


def test_codes_outside_the_domain_do_not_count() -> None:
    """9 stands for not asked in the west, and so does an infinite income."""
    west = frame()["d"] == "west"
    odd, plain = design(frame(ok=frame()["ok"].mask(west, 9), v=frame()["v"].mask(west, np.inf))), design()
    for call in (
        lambda d: d.proportion("ok", where="d == 'east'"), lambda d: d.poverty("v", ["gap", "gini"], line=9, where="d == 'east'"),
        lambda d: d.contrast("ok", by="c", weights={"甲": 1, "乙": -1}, kind="proportion", where="d == 'east'"),
    ):  # fmt: skip
        pd.testing.assert_frame_equal(call(odd), call(plain))
    assert_refused("K405", lambda: odd.proportion("ok"))


def test_a_single_unit_outside_the_domain_counts_as_one_that_holds_nothing() -> None:
    """Totals of a, b of stratum 1 and c of stratum 2: 0, 6 and 4, about 10/3 for c: 2 · (3² + 3²) + (2/3)² = 36.44; without c 0, 6
    and 0, about 2: 2 · (3² + 3²) + 2² = 40."""
    f = pd.DataFrame({"h": [1, 1, 2], "p": [1, 2, 3], "w": 1.0, "y": [0.0, 6, 4], "k": list("aab")})
    d = Design(f.assign(z=f["y"].where(f["k"] == "a", 0.0)), weight="w", strata="h", psu="p", lonely="adjust")
    assert d.total("y")["se"][0] ** 2 == pytest.approx(36 + 4 / 9)
    inside = [d.total("z"), d.total("y", where="k == 'a'"), d.total("y", by="k").iloc[[0]]]
    assert [t["se"].iloc[0] ** 2 for t in inside] == pytest.approx([40.0] * 3)
    assert d.poverty("y", "qsr", by="k")["se"].tolist()[:1] == pytest.approx(
        d.poverty("y", "qsr", where="k == 'a'")["se"].tolist(), nan_ok=True
    )


def test_strata_of_several_columns_are_their_combinations() -> None:
    f = frame(half=TOWN % 4 // 2)
    both = f.assign(hh=f["h"].astype(str) + "/" + f["half"].astype(str))
    pd.testing.assert_frame_equal(
        design(f, strata=["h", "half"]).mean("v", by="c"), design(both, strata="hh").mean("v", by="c")
    )
    pd.testing.assert_frame_equal(design(f, strata=["h"]).mean("v"), design(f).mean("v"))
    with pytest.raises(InputRefused, match="K308"):
        design(f.assign(half=f["half"].where(TOWN > 1)), strata=["h", "half"])


ARROW = {"dtype_backend": "pyarrow"}


@pytest.mark.parametrize("call", [
    lambda d: d.mean(["v", "x"], by=["c", "d"], margins=True), lambda d: d.proportion("c", by="d"), lambda d: d.proportion("b"),
    lambda d: d.quantile("v", [0.25, 0.5], by="c"), lambda d: d.poverty("v", ["gap", "gini", "arpr"], line=9, by="c"),
    lambda d: d.mean("v", where="b"), lambda d: d.test("c", by="d"), lambda d: d.contrast("v", by="c", weights={"甲": 1, "乙": -1}),
])  # fmt: skip
@pytest.mark.parametrize("kind", [{}, ARROW])
def test_nullable_columns_give_the_same_numbers(call: Callable[[Design], pd.DataFrame], kind: dict[str, Any]) -> None:
    want, found = call(design()), call(design(frame().convert_dtypes(**kind)))
    assert found.columns.tolist() == want.columns.tolist()
    for column in want.columns:
        if want[column].dtype.kind in "fi":
            np.testing.assert_allclose(
                found[column].to_numpy(float), want[column].to_numpy(float), rtol=1e-12, atol=1e-12
            )
        else:
            assert found[column].astype(object).tolist() == want[column].astype(object).tolist()


BOOLEANS: dict[str, Callable[[pd.Series], Any]] = {
    "nullable": lambda b: b.astype("boolean"), "arrow": lambda b: b.astype("boolean").astype("bool[pyarrow]"),
    "objects with None": lambda b: b.astype(object).where(b.notna(), None), "objects with NaN": lambda b: b.astype(object),
    "objects with NA": lambda b: b.astype("boolean").astype(object),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(BOOLEANS))
@pytest.mark.parametrize("call", [
    lambda d: d.proportion("a", by="c", margins=True), lambda d: d.mean("a", by="c"), lambda d: d.total("a"), lambda d: d.ratio("a", "x"),
    lambda d: d.quantile("a", 0.8), lambda d: d.contrast("a", by="c", weights={"甲": 1, "乙": -1}), lambda d: d.test("a", by="d"),
    lambda d: estimate_from_totals(psu_totals(d.frame, weight="w", strata="h", psu="t", y="a", by="c")),
])  # fmt: skip
def test_yes_and_no_with_gaps_are_ones_and_noughts(call: Callable[[Design], pd.DataFrame], kind: str) -> None:
    """Booleans as pandas leaves them after a merge that finds no partner, against 1.0, 0.0 and NaN."""
    answer = frame()["ok"].where(frame()["x"] > 1)
    yes = answer.map({1.0: True, 0.0: False})
    want, found = call(design(frame(a=answer))), call(design(frame(a=BOOLEANS[kind](yes))))
    pd.testing.assert_frame_equal(found, want)


def test_unused_levels_make_no_domain_and_no_share() -> None:
    f = frame(c=pd.Categorical(frame()["c"], ["甲", "乙", "丙", "丁"]))
    assert design(f).mean("v", by="c")["c"].tolist() == ["甲", "乙", "丙"]
    assert design(f).proportion("c")["variable"].tolist() == ["c=甲", "c=乙", "c=丙"]
    assert design(f).test("c", by="d")["df_1"].iloc[0] < 2


def test_a_level_outside_the_domain_is_none_of_the_test() -> None:
    without = design(frame()[frame()["c"] != "甲"])
    found, want = design().test("c", by="d", where="c != '甲'"), without.test("c", by="d")
    assert found["statistic"].iloc[0] == pytest.approx(want["statistic"].iloc[0], rel=1e-12)
    assert np.isfinite(found["p_value"].iloc[0])


@pytest.mark.parametrize("call", [
    lambda d: d.mean("v", by="c", where=ALL_OUT), lambda d: d.proportion("c", by="d", where=ALL_OUT),
    lambda d: d.total("v", by="k"),
])  # fmt: skip
def test_no_domain_gives_a_table_without_rows(call: Callable[[Design], pd.DataFrame]) -> None:
    found = call(design(frame(k=None)))
    assert len(found) == 0
    assert "estimate" in found


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_columns_without_an_answer_and_domains_without_weight_are_not_estimable() -> None:
    empty = design(frame(v=np.nan))
    for found in (
        empty.mean("v"),
        empty.total("v"),
        empty.quantile("v"),
        empty.poverty("v", ["gini", "arpr", "qsr", "rmpg"]),
    ):
        assert (found["quality"] == "not_estimable").all()
        assert found["estimate"].isna().all()
    unweighted = design(frame(w=frame()["w"].where(frame()["c"] != "甲", 0.0))).mean("v", by="c").set_index("c")
    assert unweighted.loc["甲", "quality"] == "not_estimable"
    assert unweighted.loc["乙", "quality"] == "ok"


def test_infinite_values_outside_the_domain_do_not_count() -> None:
    f = frame(v=frame()["v"].where(TOWN != 0, np.inf))
    found = design(f).mean("v", where=TOWN != 0)
    assert found["estimate"].iloc[0] == pytest.approx(design().mean("v", where=TOWN != 0)["estimate"].iloc[0])


def test_weights_of_any_size_give_the_same_mean() -> None:
    want = design().mean("v").iloc[0]
    for factor in (1e90, 1e-90):
        found = design(frame(w=frame()["w"] * factor)).mean("v").iloc[0]
        assert found["se"] == pytest.approx(want["se"], rel=1e-12)
        assert found["deff"] == pytest.approx(want["deff"], rel=1e-9)


def test_the_largest_value_as_a_quantile_has_no_interval() -> None:
    found = design().quantile("v", 1).iloc[0]
    assert found["estimate"] == frame()["v"].max()
    assert found["quality"] == "caution"
    assert np.isnan(found["se"])


def test_gini_of_incomes_that_add_up_to_nothing_is_not_estimable() -> None:
    found = design(frame(v=-frame()["v"])).poverty("v", "gini").iloc[0]
    assert np.isnan(found["estimate"])
    assert found["quality"] == "not_estimable"


@pytest.mark.parametrize("given", [False, True])
def test_a_statistic_of_ones_own_has_the_error_of_the_replicates(given: bool) -> None:
    d: ReplicateDesign = design().replicate("JKn")
    if given:
        d = ReplicateDesign(frame(), weight="w", repweights=d.made.weights, scale=1.0, rscales=d.made.rscales.tolist())
    v, x = frame()["v"].to_numpy(), frame()["x"].to_numpy()
    found = d.statistic(lambda w: [(w * v).sum() / w.sum(), (w * v).sum() / (w * x).sum()], ["mean", "ratio"])
    want = pd.concat([d.mean("v"), d.ratio("v", "x")], ignore_index=True)
    for column in ("estimate", "se", "ci_low", "ci_high", "df"):
        np.testing.assert_allclose(found[column], want[column], rtol=1e-12)


@pytest.mark.parametrize("line", [np.int64(5), np.float32(5), np.uint8(5), 5])
def test_a_poverty_line_may_be_a_number_of_numpy(line: Any) -> None:
    """Weight 1: incomes 2, 4, 6, 8 have two of four below 5, and gaps of 0.6 and 0.2."""
    f = pd.DataFrame({"w": 1.0, "v": [2.0, 4.0, 6.0, 8.0]})
    found = Design(f, weight="w").poverty("v", ["headcount", "gap"], line=line)
    assert found["estimate"].tolist() == pytest.approx([0.5, 0.2])
    for wrong in (np.int64(0), np.float64(-1), np.float64(np.nan), np.bool_(True), np.complex128(5)):
        with pytest.raises(InputRefused, match="K407"):
            Design(f, weight="w").poverty("v", "gap", line=wrong)
