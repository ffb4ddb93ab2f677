"""Charts of a statistician's trials say what was computed: level, units, weights, and which rows are not there."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.estimate import Design
from kaohe.plot import charts
from kaohe.plot.estimate_table import describe
from kaohe.publish.bench import BenchDesign

NAMES = {"a": "甲", "b": "乙", "x": "东", "y": "西"}


@pytest.fixture(scope="module")
def bench() -> BenchDesign:
    rng = np.random.default_rng(3)
    f = pd.DataFrame({"w": 1.0, "t": np.repeat(np.arange(40), 12), "c": np.repeat(["a", "b"], 240)})
    f["k"] = np.tile(["x", "y"], 240)
    f["income"] = np.exp(9 + rng.normal(0, 0.5, len(f)))
    f["persons"] = rng.integers(1, 6, len(f))
    d = BenchDesign(f, weight="w", psu="t")
    return d.named(lambda v: NAMES.get(v, v), labels={"income": "人均收入"}, units={"income": "元"}, record="户")


def kappas(**changes: object) -> pd.DataFrame:
    """Ten items, kappas 0.05 to 0.95 from least to most, twenty pairs each, and all together."""
    n = 10
    columns = {
        "name": [f"项目{k}" for k in range(n)] + ["合计"], "n": [20] * n + [200], "n_missing": 0, "same": 0.5, "higher": 0.3, "lower": 0.2,
        "steps": 0.1, "weights": "quadratic", "kappa": [*(0.05 + 0.1 * np.arange(n)), 0.5], "se": 0.04,
    }  # fmt: skip
    f = pd.DataFrame(columns | changes)
    return f.assign(ci_low=f["kappa"] - 0.08, ci_high=f["kappa"] + 0.08)


class TestContrast:
    def test_its_signature_is_that_of_the_design(self) -> None:
        assert inspect.signature(BenchDesign.contrast).parameters == inspect.signature(Design.contrast).parameters

    def test_weights_may_be_a_series(self, bench: BenchDesign) -> None:
        given = {"b": 1.0, "a": -1.0}
        made = bench.contrast("income", by="c", weights=pd.Series(given))
        pd.testing.assert_frame_equal(pd.DataFrame(made), pd.DataFrame(bench.contrast("income", by="c", weights=given)))
        assert made.attrs["kaohe"]["note"] == "对比：+1·乙 -1·甲"

    def test_several_columns_and_variables_are_named(self, bench: BenchDesign) -> None:
        pairs = bench.contrast("income", by=["c", "k"], weights={("a", "x"): 1, ("a", "y"): -0.5, ("b", "y"): -0.5})
        assert pairs.attrs["kaohe"]["note"] == "对比：+1·甲·东 -0.5·甲·西 -0.5·乙·西"
        own = bench.contrast(["income", "persons"], weights={"income": 1, "persons": -2}, level=0.9)
        assert own.attrs["kaohe"]["note"] == "对比：+1·人均收入 -2·persons"
        assert "90%区间" in own.shown().columns


class TestLevel:
    @pytest.mark.parametrize("level", [0.975, 0.9])
    def test_every_text_has_the_level_that_was_asked(self, bench: BenchDesign, level: float) -> None:
        f = bench.mean("income", by="c", level=level)
        made = [
            charts.lorenz(bench.lorenz_curve("income", level=level)), charts.quantiles(bench.quantile_curve("income", level=level)),
            charts.poverty_lines(bench.poverty_curve("income", [5000, 9000], level=level)), f.chart(),
        ]  # fmt: skip
        for chart in made:
            text = " ".join([chart.title, chart.subtitle, chart.note, str(chart.table)])
            assert set(re.findall(r"([\d.]+%)(?:置信)?区间", text)) == {f"{100 * level:g}%"}, text
        assert f"{100 * level:g}%区间" in f.shown().columns

    def test_trials_too(self, bench: BenchDesign) -> None:
        f = bench.mean("income", by="c", level=0.9).assign(trial=["甲案", "乙案"])
        made = charts.trial_dots(f, pd.DataFrame({"trial": ["甲案", "乙案"], "n_eff": [200.0, 210.0]}))
        assert "90%区间" in made.subtitle
        assert "95%" not in made.subtitle


class TestCurves:
    @pytest.mark.parametrize(("size", "counted"), [("persons", "人口"), ("", "住户")])
    def test_a_lorenz_curve_says_who_is_counted(self, bench: BenchDesign, size: str, counted: str) -> None:
        made = charts.lorenz(bench.lorenz_curve("income", size=size))
        assert f"最低的20%{counted}占合计的" in made.title
        assert made.table.columns[1] == f"{counted}累计占比"
        assert f"{counted}累计占比，按人均收入由低到高" in re.sub(r"<[^>]+>", "", made.svg)

    def test_a_design_of_persons_counts_persons(self, bench: BenchDesign) -> None:
        assert "人口" in charts.lorenz(bench.per_person("persons").lorenz_curve("income")).title

    def test_rows_that_are_not_drawn_are_counted(self, bench: BenchDesign) -> None:
        curve = bench.poverty_curve("income", [4000, 6000, 8000, 10000])
        said = curve.attrs["kaohe"]
        f = curve.assign(quality=["suppressed", "ok", "ok", "ok"])
        f.loc[1, ["estimate", "ci_low", "ci_high"]] = np.nan
        made = charts.poverty_lines(describe(f, said))
        assert len(made.table.rows) == 2
        assert "1个估计因样本过少已隐藏" in made.note
        assert "1个估计不可估，未画" in made.note


class TestInfluence:
    def found(self) -> pd.DataFrame:
        n = [*[30] * 14, *[5] * 4]
        f = pd.DataFrame(
            {"t": range(18), "n": n, "linear": np.linspace(2, 0.1, 18), "in_se": np.linspace(0.5, 0.02, 18)}
        )
        return describe(f, {"by": ["t"], "variable": "y", "record": "村", "labels": {"y": "公里数"}})

    def test_units_are_what_the_design_counts_and_small_ones_are_all_counted(self) -> None:
        made = charts.influence_bars(self.found(), most=12)
        assert made.table.columns[-1] == "村数"
        assert "村数不足10的4个未画" in made.note
        assert "户" not in made.note


class TestKappas:
    def test_the_lowest_are_drawn_and_the_others_counted(self) -> None:
        made = charts.kappa_dots(kappas(), "name", most=3)
        assert [r[0] for r in made.table.rows] == ["项目0", "项目1", "项目2"]
        assert "项目0" in made.title
        assert "Kappa较高的另7行未列" in made.note

    def test_rows_without_a_kappa_are_counted(self) -> None:
        f = kappas()
        f.loc[[2, 4], ["kappa", "ci_low", "ci_high"]] = np.nan
        made = charts.kappa_dots(f, "name")
        assert len(made.table.rows) == 8
        assert "2行没有成对等次或只有一个等次，无Kappa，未列" in made.note

    @pytest.mark.parametrize("f", [kappas(kappa=np.nan), kappas().tail(1), kappas().head(0)])
    def test_no_kappa_at_all_is_refused(self, f: pd.DataFrame) -> None:
        with pytest.raises(InputRefused, match="K741"):
            charts.kappa_dots(f, "name")

    @pytest.mark.parametrize(
        ("weights", "name"), [("quadratic", "加权Kappa系数（平方权）"), ("linear", "加权Kappa系数（线性权）"), ("none", "Kappa系数（不加权）")]
    )  # fmt: skip
    def test_the_weights_are_those_that_were_used(self, weights: str, name: str) -> None:
        made = charts.kappa_dots(kappas(weights=weights), "name")
        assert made.subtitle.startswith(f"两次评等次的{name}")
        table = pd.DataFrame([[3, 1], [0, 2]], index=["好", "差"], columns=["好", "差"])
        assert f"；{name}0.66" in charts.agreement_matrix(table, "自评", "考核", kappa=0.66, weights=weights).subtitle

    @pytest.mark.parametrize(("level", "name"), [(0.9, "90%区间"), (0.975, "97.5%区间"), (0.95, "95%区间")])
    def test_the_level_is_that_of_the_table(self, level: float, name: str) -> None:
        made = charts.kappa_dots(kappas(level=level), "name")
        assert f"及{name}，" in made.subtitle
        assert made.table.columns[2] == name

    def test_intervals_have_the_decimals_of_the_kappas(self) -> None:
        assert charts.kappa_dots(kappas(), "name").table.rows[3][1:3] == ["0.35", "0.27–0.43"]

    def test_few_pairs_are_hollow_and_many_are_not(self) -> None:
        few = charts.kappa_dots(kappas(n=[9] + [20] * 9 + [200]), "name")
        assert "空心：不足10对" in few.note
        assert "空心" not in charts.kappa_dots(kappas(), "name").note
        assert few.svg != charts.kappa_dots(kappas(), "name").svg
