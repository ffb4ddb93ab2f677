"""A table of estimates is a DataFrame in every operation, shows itself escaped, and draws itself."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.estimate import Design
from kaohe.plot import charts
from kaohe.plot.estimate_table import EstimateTable, describe
from kaohe.plot.output import Chart
from kaohe.publish.bench import BenchDesign

SAID = {
    "by": ["city"], "labels": {"y": "人均收入"}, "units": {"y": "元"}, "names": {"440200000000": "韶关市"}, "record": "户", "source": "演示",
    "directions": {"y": "up"},
}  # fmt: skip


def plain(**changes: object) -> pd.DataFrame:
    columns = {
        "city": ["440200000000", "440500000000"], "variable": "y", "estimate": [16254.126, 14222.8], "se": [383.0, 370.0],
        "ci_low": [15455.0, 13428.0], "ci_high": [17053.0, 15017.0], "df": [20.0, 14.0], "n": [730, 8], "n_psu": [30, 21], "n_missing": 0,
        "deff": [3.754, 3.3], "cv": 0.02, "method": "t", "quality": ["ok", "suppressed"],
    }  # fmt: skip
    return pd.DataFrame(columns | changes)


@pytest.fixture
def table() -> EstimateTable:
    return describe(plain(), SAID)


class TestIsADataFrame:
    def test_its_numbers_are_those_of_the_plain_frame(self, table: EstimateTable) -> None:
        pd.testing.assert_frame_equal(pd.DataFrame(table), plain())
        assert table.to_csv() == plain().to_csv()
        assert repr(table) == repr(plain())

    def test_operations_keep_type_and_meaning(self, table: EstimateTable) -> None:
        for made in (
            table.query("n > 100"),
            table.sort_values("se"),
            table.assign(more=1),
            table.round(2),
            table.copy(),
            table[table.columns[:6]],
        ):
            assert isinstance(made, EstimateTable)
            assert made.attrs == table.attrs
        assert type(table["estimate"]) is pd.Series
        assert type(table.groupby("city")["estimate"].mean()) is pd.Series
        assert table.merge(pd.DataFrame({"city": ["440200000000"], "a": [1]}), on="city")["a"].tolist() == [1]
        wide = table.pivot(index="city", columns="variable", values="estimate")
        assert wide.loc["440200000000", "y"] == 16254.126

    def test_concat_and_pickle(self, table: EstimateTable) -> None:
        both = pd.concat([table, table], ignore_index=True)
        assert isinstance(both, EstimateTable)
        assert len(both) == 4
        assert both.attrs == table.attrs
        back = pickle.loads(pickle.dumps(table))
        pd.testing.assert_frame_equal(back, table)
        assert back.attrs == table.attrs
        mixed = pd.concat([table, plain()], ignore_index=True)
        assert "15,455" in str(mixed._repr_html_())

    def test_parquet_keeps_what_it_knows(self, table: EstimateTable, tmp_path: Path) -> None:
        table.to_parquet(tmp_path / "t.parquet")
        back = pd.read_parquet(tmp_path / "t.parquet")
        assert type(back) is pd.DataFrame
        assert back.attrs == table.attrs
        assert describe(back, back.attrs["kaohe"]).shown().equals(table.shown())

    def test_changing_the_copy_leaves_the_table(self, table: EstimateTable) -> None:
        other = table.copy()
        other.loc[0, "estimate"] = 0.0
        other.attrs["kaohe"]["labels"]["y"] = "x"
        assert table.loc[0, "estimate"] == 16254.126
        assert table.attrs["kaohe"]["labels"]["y"] == "人均收入"


class TestShows:
    def test_names_units_intervals_and_what_is_withheld(self, table: EstimateTable) -> None:
        rows = table.shown().to_dict("records")
        assert rows[0] == {
            "市": "韶关市", "估计": "16,254", "标准误": "383", "95%区间": "15,455–17,053", "户数": "730", "初级单元": "30", "自由度": "20",
            "设计效应": "3.75", "质量": "可用",
        }  # fmt: skip
        assert [rows[1][k] for k in ("市", "估计", "95%区间", "户数", "质量")] == [
            "440500000000",
            "已隐藏",
            "",
            "",
            "已隐藏",
        ]
        html = str(table._repr_html_())
        assert "14,223" not in html
        assert "14222" not in html
        assert "人均收入（元）" in html
        assert "已隐藏1行" in html

    def test_hostile_text_is_text(self) -> None:
        evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
        said = {
            **SAID,
            "names": {"440200000000": evil},
            "labels": {"y": evil},
            "source": evil,
            "units": {"y": evil},
            "heads": {"city": evil},
            "note": evil,
        }
        made = describe(plain(variable=["y", "y"]).assign(**{evil: evil}), said)
        html = str(made._repr_html_())
        assert not re.search(r"<(script|img)", html)
        assert html.count("&lt;script&gt;") >= 6

    def test_without_the_columns_of_estimates_pandas_shows_it(self, table: EstimateTable) -> None:
        pd.testing.assert_frame_equal(table[["estimate"]].shown(), pd.DataFrame({"estimate": table["estimate"]}))
        few = table[["city", "se"]]
        assert str(few._repr_html_()) == str(pd.DataFrame(few)._repr_html_())

    def test_a_long_table_is_cut_in_the_middle(self) -> None:
        many = pd.concat([plain(quality="ok")] * 60, ignore_index=True)
        html = str(describe(many, SAID)._repr_html_())
        assert html.count("<tr>") == 12
        assert "共120行，列出首尾各5行" in html

    def test_a_column_of_ones_own_is_shown_too(self, table: EstimateTable) -> None:
        assert table.assign(tenfold=lambda f: f["estimate"] * 10).shown()["tenfold"].tolist() == ["162,541", "142,228"]

    def test_digits_follow_the_error(self) -> None:
        said = {"by": ["city"]}
        made = describe(plain(estimate=[2.34567, 1.0], se=[0.0123, 0.5], quality="ok"), said)
        assert made.shown()["估计"].tolist() == ["2.346", "1.000"]


class TestDraws:
    def test_the_title_names_highest_and_lowest(self) -> None:
        made = describe(plain(quality="ok", n=[730, 500]), SAID).chart()
        assert isinstance(made, Chart)
        assert made.title == "“人均收入”：最高的是韶关（16,254），最低的是440500000000（14,223）"

    def test_a_margin_is_the_reference(self) -> None:
        f = pd.concat(
            [
                plain(quality="ok", n=[730, 500]),
                plain(city="合计", estimate=17500.0, ci_low=17400.0, ci_high=17600.0, quality="ok")[:1],
            ]
        )
        made = describe(f, SAID).chart()
        assert isinstance(made, Chart)
        assert made.title == "“人均收入”：韶关、440500000000明显低于合计 17,500"
        assert len(made.table.rows) == 2

    def test_few_answers_are_not_judged(self) -> None:
        made = describe(plain(quality="ok", n=[30, 20]), SAID).chart(reference=20000)
        assert isinstance(made, Chart)
        assert made.title == "“人均收入”：各行回答少或误差较大，不与参照 20,000比较"
        assert "空心" in made.note

    def test_withheld_rows_are_not_drawn(self, table: EstimateTable) -> None:
        made = table.chart()
        assert isinstance(made, Chart)
        assert "14,223" not in made.svg + str(made.table.rows)
        assert "已隐藏" in made.svg

    def test_many_rows_are_cut_and_said(self) -> None:
        f = pd.concat([plain(quality="ok", n=100, city=f"c{k}", estimate=float(k)).head(1) for k in range(1, 61)])
        made = describe(f, SAID).chart(most=10)
        assert isinstance(made, Chart)
        assert len(made.table.rows) == 10
        assert "另有50行" in made.note

    def test_two_units_are_refused(self) -> None:
        f = pd.concat([plain(quality="ok"), plain(variable="z", quality="ok")])
        with pytest.raises(InputRefused, match="K741"):
            describe(f, SAID).chart()


def sample() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    f = pd.DataFrame({"t": np.repeat(np.arange(30), 12), "h": np.repeat(np.arange(10), 36), "w": 10.0})
    f["city"] = np.where(f["h"] < 5, "440200000000", "440500000000")
    f["kind"] = rng.choice(["甲", "乙", "丙"], len(f))
    f["y"] = np.exp(9 + 0.2 * (f["h"] % 3) + rng.normal(0, 0.5, len(f))).round(1)
    f["persons"] = rng.integers(1, 7, len(f))
    return f.assign(safe=(f["y"] > 6000).astype(float))


@pytest.fixture(scope="module")
def bench() -> BenchDesign:
    d = BenchDesign(sample(), weight="w", strata="h", psu="t")
    return d.named(
        {"440200000000": "韶关市", "440500000000": "汕头市"}.get,
        labels={"y": "人均收入"},
        units={"y": "元"},
        record="户",
    )  # type: ignore[arg-type]


class TestBench:
    def test_every_estimate_is_that_of_the_plain_design(self, bench: BenchDesign) -> None:
        d = Design(sample(), weight="w", strata="h", psu="t")
        calls = {
            "mean": ("y",), "total": ("y",), "proportion": ("safe",), "ratio": ("y", "persons"), "quantile": ("y",), "poverty": ("y", ["gini"]),
        }  # fmt: skip
        for name, arguments in calls.items():
            made = getattr(bench, name)(*arguments, by="city")
            assert isinstance(made, EstimateTable)
            pd.testing.assert_frame_equal(pd.DataFrame(made), getattr(d, name)(*arguments, by="city"))
        assert bench.mean.__doc__ == Design.mean.__doc__
        assert bench.mean("persons").attrs["kaohe"]["labels"] == {}  # what it does not speak of does not travel with it

    def test_the_charts_fit(self, bench: BenchDesign, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KAOHE_CHECK_LAYOUT", "1")
        made = [
            bench.mean("y", by="city", margins=True).chart(), bench.against_rest("y", by="kind").chart(), bench.proportion("safe").chart(),
            charts.lorenz(bench.lorenz_curve("y", size="persons", by="city")), charts.quantiles(bench.quantile_curve("y"), line=5000),
            charts.poverty_lines(bench.poverty_curve("y", range(3000, 12000, 1000), by="kind"), line=6000),
            charts.influence_bars(bench.influence("y", unit="t", top=12)), bench.decomposition("y", 6000, by="kind").query("part == 'rate'").chart(),
        ]  # fmt: skip
        assert all(isinstance(c, Chart) and c.svg and c.table.rows for c in made)
        assert len({c.id for c in made}) >= 4

    def test_no_single_household_is_drawn(self, bench: BenchDesign) -> None:
        with pytest.raises(InputRefused, match="K741"):
            charts.influence_bars(bench.influence("y"))

    def test_more_than_five_curves_are_refused(self, bench: BenchDesign) -> None:
        with pytest.raises(InputRefused, match="10 curves"):
            charts.lorenz(bench.lorenz_curve("y", by="h"))

    @pytest.mark.parametrize("call", [
        lambda d: d.poverty_curve("y", [0]), lambda d: d.quantile_curve("y", [1.2]), lambda d: d.lorenz_curve("y", []),
        lambda d: d.decomposition("y", 1.0, by="kind"), lambda d: d.poverty_curve("y", [5000], measure="depth"),
        lambda d: BenchDesign(d.frame.assign(persons=np.nan), weight="w").lorenz_curve("y", size="persons"),
    ])  # fmt: skip
    def test_what_cannot_be_a_curve_is_refused(self, bench: BenchDesign, call: object) -> None:
        with pytest.raises(InputRefused, match="K334 A curve cannot be computed"):
            call(bench)  # type: ignore[operator]

    def test_influence_without_answers_or_with_replicates_is_refused(self, bench: BenchDesign) -> None:
        with pytest.raises(InputRefused, match="K333"):
            bench.influence("y", where=lambda f: f["y"] < 0)
        from kaohe.estimate.influence import influence

        with pytest.raises(InputRefused, match="K333"):
            influence(bench.replicate("JKn"), "y")
