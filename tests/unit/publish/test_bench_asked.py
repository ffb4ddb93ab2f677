"""What a statistician tries on the workbench: tests without an error, columns of one's own, arguments that are none."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import kaohe
from kaohe.base.errors import InputRefused
from kaohe.base.plan import load_plan
from kaohe.estimate import Design
from kaohe.estimate.rest import against_rest
from kaohe.plot import charts
from kaohe.plot.output import Chart
from kaohe.publish.bench import BenchDesign
from kaohe.publish.workbench import Workbench
from support.small_build import write_small_build

PLAN = load_plan()
COUNTIES = ["440203000000", "440204000000", "440507000000"]
MISSING = ["difference_se", "difference_low", "difference_high", "difference_df", "t", "p_value", "p_holm"]


def households() -> pd.DataFrame:
    """Three counties of 75; nobody is poor in the first, every tenth and every second one in the others."""
    k = np.tile(np.arange(75), 3)
    county = np.repeat(COUNTIES, 75)
    every = np.repeat([1000, 10, 2], 75)
    return pd.DataFrame({
        "household": [f"H{i}" for i in range(225)], "city": np.where(county < "4405", "440200000000", "440500000000"), "county": county,
        "town": [f"{c[:6]}{i % 5:03d}000" for c, i in zip(county, k, strict=True)], "w": 10.0, "hh_size": 1.0 + k % 4,
        "poor": np.where(k % every == every - 1, 1.0, 0.0), "income_per_head": 9000.0 + 137 * k + np.repeat([0, 55, 111], 75),
    })  # fmt: skip


@pytest.fixture
def survey() -> Workbench:
    return Workbench.of(households(), PLAN, BenchDesign(households(), weight="w", strata="county", psu="town"))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return kaohe.open(write_small_build(tmp_path_factory.mktemp("bench") / "processed"))


class TestNoErrorNoTest:
    def test_a_domain_where_nobody_is_poor_is_not_tested(self, survey: Workbench) -> None:
        """None of 75: its interval (Clopper & Pearson 1934, one-sided) goes beyond the rest, so that no test can say they differ."""
        made = survey.question("poor", by="county", rest=True)
        none = made.set_index("county").loc[COUNTIES[0]]
        assert [none["estimate"], none["rest"], none["quality"]] == [0.0, pytest.approx(none["rest"]), "caution"]
        assert none["difference"] == -none["rest"] < 0
        assert none["ci_high"] >= 1 - 0.05 ** (1 / 75)
        assert none[MISSING].isna().all()

    def test_holm_counts_the_tests_that_are_made(self, survey: Workbench) -> None:
        made = survey.question("poor", by="county", rest=True)
        p = made["p_value"].dropna().sort_values()
        assert len(p) == 2
        assert sorted(made["p_holm"].dropna()) == pytest.approx([2 * p.iloc[0], max(2 * p.iloc[0], p.iloc[1])])

    def test_it_is_shown_as_a_dash_and_said(self, survey: Workbench) -> None:
        made = survey.question("poor", by="county", rest=True)
        shown = made.shown().iloc[0]
        assert shown[["t", "P值", "校正P值", "质量"]].tolist() == ["—", "—", "—", "慎用"]
        assert "P值为“—”：一方的回答全部相同（如0%或100%），不作检验" in str(made._repr_html_())
        chart = made.chart()
        assert isinstance(chart, Chart)
        assert "1行回答全部相同（如0%或100%），不作检验" in chart.note

    @pytest.mark.parametrize(("kind", "variable"), [("mean", "y"), ("proportion", "y"), ("total", "y"), ("ratio", "x")])
    def test_on_either_side_and_for_every_statistic(self, kind: str, variable: str) -> None:
        f = pd.DataFrame({"w": 1.0, "c": np.repeat(list("abc"), 20), "y": [0.0] * 20 + [1.0, 0] * 20, "x": [0.3, 0.7] * 10 + [1.0, 9] * 20,
                          "m": [0.1, 0.7 / 3] * 10 + [2.0, 3] * 20})  # fmt: skip
        more = {"denominator": "m"} if kind == "ratio" else {}
        made = against_rest(Design(f, weight="w"), variable, by="c", kind=kind, **more).set_index("c")
        assert made.loc["a", MISSING].isna().all()
        assert made.loc[["b", "c"], MISSING].notna().all().all()
        two = against_rest(Design(f[f["c"] != "c"], weight="w"), variable, by="c", kind=kind, **more)
        assert two[MISSING].isna().all().all()  # b varies, its rest does not

    def test_one_answer_that_differs_makes_a_test(self) -> None:
        """scipy's t test of unequal variances on one against none of many that vary."""
        f = pd.DataFrame({"w": 1.0, "c": ["a"] * 20 + ["b"] * 40, "y": [1.0] + [0.0] * 19 + [1.0, 0] * 20})
        made = against_rest(Design(f, weight="w", strata="c"), "y", by="c").set_index("c").loc["a"]
        want = stats.ttest_ind(f.query("c == 'a'")["y"], f.query("c == 'b'")["y"], equal_var=False)
        assert [made["t"], made["p_value"]] == pytest.approx([want.statistic, want.pvalue], rel=1e-9)

    def test_a_total_of_equal_amounts_has_an_error(self) -> None:
        f = pd.DataFrame({"w": [1.0, 2, 3, 1, 2, 3], "c": list("aaabbb"), "y": 2.0})
        assert against_rest(Design(f, weight="w"), "y", by="c", kind="total")["p_value"].notna().all()


class TestTitle:
    @pytest.mark.parametrize("options", [{"order": "table"}, {"most": 4}, {"order": "table", "most": 3}, {"most": 1}])
    def test_it_is_of_all_rows(self, options: dict[str, Any]) -> None:
        f = households().assign(
            town=np.tile(np.arange(15), 15),
            income_per_head=np.tile([5.0, 9, 1, 7, 6, 8, 20, 4, 3, 2, 10, 11, 0, 12, 13], 15),
        )
        f["income_per_head"] += np.repeat([0.0, 0.5, 1], 75)
        made = BenchDesign(f, weight="w").mean("income_per_head", by="town")
        chart = made.chart(**options)
        want = made.sort_values("estimate")["town"].astype(str).tolist()
        assert f"最高的是{want[-1]}（" in chart.title
        assert f"最低的是{want[0]}（" in chart.title
        assert ("标题按全部行" in chart.note) == (options.get("most", 40) < 15)

    @pytest.mark.parametrize(("options", "said"), [
        ({"order": "foo"}, "order\n  got       'foo'"), ({"most": 0}, "most\n  got       0"), ({"most": "a"}, "most\n  got       'a'"),
        ({"most": True}, "most"), ({"reference": "a"}, "reference\n  got       'a'"), ({"reference": math.nan}, "reference"),
    ])  # fmt: skip
    def test_what_says_nothing_is_refused(self, survey: Workbench, options: dict[str, Any], said: str) -> None:
        with pytest.raises(
            InputRefused, match=f"K741 A table of estimates cannot be drawn\n  where     chart › {said}"
        ):
            survey.design.mean("poor", by="county").chart(**options)


class TestQuantilesOfFew:
    def test_extremes_are_hidden_and_their_numbers_gone(self, survey: Workbench) -> None:
        made = survey.design.quantile("income_per_head", [0, 0.1, 0.5, 0.9, 1], by="county", margins=True)
        county, whole = made[made["county"] != "合计"], made[made["county"] == "合计"]
        assert county.groupby("prob")["quality"].unique().map(list).to_dict() == {
            p: ["ok"] if p == 0.5 else ["suppressed"] for p in (0, 0.1, 0.5, 0.9, 1)
        }
        assert whole["quality"].tolist() == ["suppressed", "ok", "ok", "ok", "suppressed"]
        gone = made[made["quality"] == "suppressed"]
        assert gone[["estimate", "se", "ci_low", "ci_high", "cv"]].isna().all().all()
        assert "表中也不留数值" in str(made._repr_html_())
        chart = made.query("prob == 0 or prob == 1").chart()
        assert isinstance(chart, Chart)
        assert chart.title.endswith("没有可列示的估计")

    @pytest.mark.parametrize("call", [
        lambda d, **o: d.quantile("income_per_head", [0.0005, 0.1, 0.5, 0.9, 0.999], **o),
        lambda d, **o: d.quantile_curve("income_per_head", [0.0005, 0.1, 0.5, 0.9, 0.999], **o),
        lambda d, **o: d.quantile_curve("income_per_head", [0.0005, 0.1, 0.5, 0.9, 0.999], size="hh_size", **o),
    ])  # fmt: skip
    @pytest.mark.parametrize("by", ["town", "county", ["city", "county"], None])
    def test_no_number_has_fewer_than_ten_answers_beyond_it(
        self, survey: Workbench, call: Callable[..., pd.DataFrame], by: Any
    ) -> None:
        """Counted on the records themselves."""
        f, made, seen = households(), call(survey.design, by=by), 0
        for row in made.to_dict("records"):
            mine = (
                f
                if by is None
                else f[
                    (
                        f[[by] if isinstance(by, str) else by]
                        == [row[c] for c in ([by] if isinstance(by, str) else by)]
                    ).all(axis=1)
                ]
            )
            y = mine["income_per_head"]
            for column in ("estimate", "ci_low", "ci_high"):
                if not math.isnan(row[column]):
                    seen += 1
                    assert min((y <= row[column]).sum(), (y >= row[column]).sum()) >= 10
        assert (seen > 0) == (by != "town")  # towns have 15: even the median has fewer than ten on a side

    def test_a_limit_that_few_reach_is_missing_and_the_rest_stays(self) -> None:
        d = BenchDesign(pd.DataFrame({"w": 1.0, "y": np.arange(1.0, 26)}), weight="w")
        plain, made = Design.quantile(d, "y").iloc[0], d.quantile("y").iloc[0]
        assert plain[["ci_low", "ci_high"]].tolist() == [8.0, 19.0]  # 8 of 25 at or below, 7 at or above
        assert [made["estimate"], made["quality"]] == [13.0, "caution"]
        assert made[["ci_low", "ci_high", "se", "cv"]].isna().all()

    def test_the_curve_of_a_group_begins_where_enough_stand_behind_it(self, survey: Workbench) -> None:
        curve = survey.design.quantile_curve("income_per_head", by="county")
        assert curve.loc[curve["quality"] != "suppressed", "prob"].agg(["min", "max"]).tolist() == [0.15, 0.85]
        chart = charts.quantiles(curve)
        assert "的中位数：" in chart.title
        assert {r[1] for r in chart.table.rows} == {f"{p}%" for p in range(15, 90, 5)}

    def test_groups_with_different_quantiles_are_compared_at_one_that_all_have(self) -> None:
        f = pd.DataFrame({"w": 1.0, "c": ["a"] * 60 + ["b"] * 600, "y": np.r_[np.arange(60.0), np.arange(600.0)]})
        chart = charts.quantiles(BenchDesign(f, weight="w").quantile_curve("y", [0.1, 0.2], by="c"))
        assert chart.title == "“y”的20%分位：a11，b119"

    def test_the_floor_of_villages_is_theirs(self, opened: Workbench) -> None:
        assert opened.village_design.quantile("v_households", [0, 0.5, 1])["quality"].tolist() == [
            "suppressed",
            "caution",
            "suppressed",
        ]
        assert opened.village_design.rules.min_n == 3


class TestColumnsOfOnesOwn:
    def test_what_is_changed_in_the_households_reaches_no_estimate(self, opened: Workbench) -> None:
        want = opened.design.mean("poor")["estimate"][0]
        fresh = kaohe.open(opened.folder)
        h, v = fresh.households, fresh.villages
        h["weight"], h["poor"] = 9.0, 1.0
        h.loc[3:, "psu"] = "x"
        v["weight"] = -1.0
        assert fresh.design.mean("poor")["estimate"][0] == want
        assert (fresh.village_design.w > 0).all()
        assert fresh.households["weight"].sum() == 2400

    def test_a_column_that_is_missing_is_answered_with_the_way(self, opened: Workbench) -> None:
        h = opened.households
        h["mine"] = 1.0
        for call in (
            lambda d: d.mean("mine"), lambda d: d.mean("poor", by="mine"), lambda d: d.proportion("mine"), lambda d: d.mean("poor", where="mine"),
        ):  # fmt: skip
            with pytest.raises(InputRefused, match=r"K301 A column is missing(.|\n)*s\.with_columns\(name=…\)\.design"):
                call(opened.design)

    def test_the_estimates_are_those_of_the_design(self, opened: Workbench) -> None:
        mine = opened.with_columns(
            thousand=lambda f: f["income_per_head"] / 1000, twice=lambda f: 2 * f["thousand"], copy=opened.households["poor"], kind=["a", "b"] * 20,
        )  # fmt: skip
        want = opened.design.mean("income_per_head").iloc[0]
        made = mine.design.mean(["thousand", "twice", "copy"]).set_index("variable")
        for name, factor in (("thousand", 1000), ("twice", 500)):
            got = made.loc[name]
            assert [got[c] * factor for c in ("estimate", "se", "ci_low", "ci_high")] == pytest.approx(
                [want[c] for c in ("estimate", "se", "ci_low", "ci_high")], rel=1e-9
            )
        assert made.loc["copy", "estimate"] == opened.design.mean("poor")["estimate"][0]
        assert mine.question("poor", by="kind")["n"].tolist() == [20, 20]
        tried = mine.what_if({"base": kaohe.Trial("county")}, lambda d: d.mean("twice"))
        assert tried.estimates["variable"].tolist() == ["twice"]
        assert mine.with_columns(more=1.0).households.columns.tolist()[-5:] == [
            "thousand",
            "twice",
            "copy",
            "kind",
            "more",
        ]
        assert "thousand" not in opened.households.columns
        assert "thousand" not in opened.design.frame.columns

    @pytest.mark.parametrize(("columns", "said"), [
        *(({c: 1.0}, "a column of the design") for c in ("weight", "stratum", "psu", "county", "f_household", "household", "register_hh_kind")),
        ({"mine": [1, 2]}, "list"), ({"mine": pd.Series([1.0] * 40, index=range(1, 41))}, "a series in another order"),
        ({"mine": lambda f: f["nope"]}, "a function that fails with KeyError"),
    ])  # fmt: skip
    def test_what_cannot_be_one_is_refused(self, opened: Workbench, columns: dict[str, Any], said: str) -> None:
        with pytest.raises(
            InputRefused,
            match=f"K339 A column cannot be added\n  where     column {next(iter(columns))}\n  got       {said}",
        ):
            opened.with_columns(**columns)


def trial(**options: Any) -> dict[str, kaohe.Trial]:
    return {"a": kaohe.Trial("county", **options)}


REFUSED: dict[str, tuple[str, Callable[[Workbench], Any]]] = {
    "a number for a question": ("K336", lambda s: s.question(3)),  # type: ignore[arg-type]
    "no question": ("K336", lambda s: s.question(None)),  # type: ignore[arg-type]
    "several questions": ("K336", lambda s: s.question(["poor", "dibao"])),  # type: ignore[arg-type]
    "a column for a question": ("K336", lambda s: s.question(s.households["poor"])),
    "a number searched": ("K336", lambda s: s.questions(3)),  # type: ignore[arg-type]
    "another table of the codebook": ("K336 The codebook cannot be searched so\n  where     table\n  got       'nope'\n  expected  household or village",
                                      lambda s: s.questions(table="nope")),
    "no table": ("K101", lambda s: s.table(None)),  # type: ignore[arg-type]
    "no clean table": ("K101", lambda s: s.clean(None)),  # type: ignore[arg-type]
    "a text for a trial": ("K335 A calibration cannot be tried\n  where     a\n  got       'county'", lambda s: s.what_if({"a": "county"})),  # type: ignore[dict-item]
    "no mapping of trials": ("K335", lambda s: s.what_if(["county"])),  # type: ignore[arg-type]
    "a misspelt method": ("K335 A calibration cannot be tried\n  where     a\n  got       method 'foo'\n  expected  one of raking, linear, logit",
                          lambda s: s.what_if(trial(method="foo"))),
    "a cap that is text": ("K335", lambda s: s.what_if(trial(cap="x"))),
    "a margin that is no name": ("K335", lambda s: kaohe.Trial(3)),  # type: ignore[arg-type]
    "an estimate that cannot be called": ("K335", lambda s: s.what_if(trial(), "poor")),  # type: ignore[arg-type]
    "a line that is text": ("K334", lambda s: s.design.poverty_curve("income_per_head", lines="a")),  # type: ignore[arg-type]
    "weights that are not there": ("K301", lambda s: s.design.reweighted(s.households, "nope")),
    "weights of other records": ("K332", lambda s: s.design.reweighted(s.households.head(10), "weight")),
    "weights that are text": ("K302", lambda s: s.design.reweighted(s.households, "county")),
    "persons that are a column": ("K301", lambda s: s.design.per_person(s.households["hh_size"])),
}  # fmt: skip


@pytest.mark.parametrize("name", list(REFUSED))
def test_odd_arguments_are_refused_by_code(name: str, opened: Workbench) -> None:
    said, call = REFUSED[name]
    with pytest.raises(InputRefused, match=f"^{said}"):
        call(opened)


@pytest.mark.parametrize("call", [
    lambda d, h: d.mean(h["income_per_head"]), lambda d, h: d.total(h["income_per_head"].to_numpy()), lambda d, h: d.quantile(h["income_per_head"]),
    lambda d, h: d.mean("poor", by=h["income_per_head"]), lambda d, h: d.ratio("poor", h["income_per_head"]), lambda d, h: d.mean(h),
    lambda d, h: d.quantile_curve(h["income_per_head"]), lambda d, h: d.influence(h["income_per_head"]), lambda d, h: d.influence("poor", unit=h["town"]),
    lambda d, h: d.against_rest(h["income_per_head"], by="county"), lambda d, h: d.test("poor", by=h["county"]), lambda d, h: d.mean(h["sat_work"]),
    lambda d, h: d.decomposition(h["income_per_head"], 6000, by="county"),
])  # fmt: skip
def test_a_column_in_place_of_its_name_tells_no_answer(
    opened: Workbench, call: Callable[[BenchDesign, pd.DataFrame], Any]
) -> None:
    h = opened.households
    with pytest.raises(InputRefused, match=r"a (column name, not a Series|Series, not a name)") as refused:
        call(opened.design, h)
    answers = {str(v) for c in ("income_per_head", "sat_work", "town", "county") for v in h[c]}
    assert not any(a in str(refused.value) for a in answers)


def test_a_series_of_names_is_names(opened: Workbench) -> None:
    names = pd.Series(["poor", "income_per_head"])
    assert opened.design.mean(names)["variable"].tolist() == names.tolist()


def test_a_trial_that_fails_says_why(opened: Workbench) -> None:
    made = opened.what_if(
        {
            "ok": kaohe.Trial("county"),
            "turned": kaohe.Trial("county", bounds=(3, 0.2)),
            "below": kaohe.Trial("county", cap=-1),
        }
    )
    rows = made.weights.set_index("trial")
    assert rows["refused"].tolist() == ["", "K324", "K330"]
    assert rows.loc["ok", "why"] == ""
    assert rows.loc["turned", "why"].startswith(
        "Unknown calibration method or bounds; bounds (3, 0.2); expected low < 1 < high"
    )
    assert rows.loc["below", "why"].startswith("Weights cannot be trimmed so; ")


def test_the_codebook_marks_what_is_not_estimated(opened: Workbench) -> None:
    listed = opened.questions().set_index("id")["estimated"]
    assert listed[~listed].index.tolist() == ["hh_kind", "unmet"]
    with pytest.raises(InputRefused, match=r"s\.design\.proportion\('hh_kind'\)"):
        opened.question("hh_kind")


def test_a_place_by_its_name_in_a_contrast_is_answered_with_its_code(opened: Workbench) -> None:
    d, name = opened.design, opened.name("440203000000")
    assert name == "武江区"
    for by, weights in (
        ("county", {name: 1, "440204000000": -1}),
        (["city", "county"], {("韶关市", name): 1, ("韶关市", "浈江区"): -1}),
    ):
        with pytest.raises(
            InputRefused, match=rf"K421(.|\n)*places are named by their codes, as text: .*'440203000000' \({name}\)"
        ):
            d.contrast("poor", by=by, weights=weights)  # type: ignore[arg-type]
    with pytest.raises(InputRefused, match=r"K421") as other:
        d.contrast("poor", by="county", weights={"nowhere": 1})
    assert "codes" not in str(other.value)
