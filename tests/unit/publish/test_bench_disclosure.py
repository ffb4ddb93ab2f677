"""What a notebook must not show: few respondents, single records, what publication withholds; and what is no estimate at all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.base.files import write_parquet
from kaohe.base.plan import load_plan
from kaohe.estimate import respondents
from kaohe.plot import charts
from kaohe.plot.output import Chart
from kaohe.publish import asked_quality
from kaohe.publish.bench import BenchDesign
from kaohe.publish.workbench import Workbench

PLAN = load_plan()
SHAOGUAN, SHANTOU = "440200000000", "440500000000"
COUNTIES = ["440203000000", "440204000000", "440507000000", "440511000000"]


def households() -> pd.DataFrame:
    """Four counties of 60, 60, 24 and 4 households, in towns of four or two; everybody in the last one is poor."""
    rows = []
    for county, size in zip(COUNTIES, (60, 60, 24, 4), strict=True):
        for k in range(size):
            rows.append({
                "household": f"{county[:6]}H{k:04d}", "city": SHAOGUAN if county < "4405" else SHANTOU, "county": county,
                "town": f"{county[:6]}{k % 4:03d}000", "w": 10.0, "hh_size": 1.0 + k % 4, "head_female": float(k % 3 == 0),
                "poor": float(k % 12 == 0 if size > 4 else 1), "house_grade": "A级" if k % 2 else "B级",
                "income_per_head": 9000.0 + 137 * (k % 29), "sat_work": ["不满意", "非常满意", "满意", "一般"][k % 4],
            })  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def survey(tmp_path: Path) -> Workbench:
    """A workbench whose build withholds the second county, though nothing in the county itself asks for it."""
    f = households()
    made = Workbench.of(f, PLAN, BenchDesign(f, weight="w", strata="county", psu="town", lonely="adjust"))
    write_parquet(tmp_path / "estimates.parquet", pd.DataFrame({
        "domain_type": ["county", "county", "city"], "domain": [COUNTIES[1], COUNTIES[0], SHAOGUAN], "indicator": "poor",
        "quality": ["suppressed", "ok", "ok"],
    }))  # fmt: skip
    made.__dict__["withheld"] = asked_quality.withheld_of(tmp_path)
    return made


class TestFew:
    def test_fewer_than_the_floor_are_hidden_with_and_without_an_error(self, survey: Workbench) -> None:
        made = survey.design.mean("income_per_head", by=["county", "town"], where="head_female == 1")
        assert (made["n"] < 10).all()
        assert made["quality"].unique().tolist() == ["suppressed"]
        assert set(made.shown()["估计"]) == {"已隐藏"}
        chart = made.chart()
        assert chart.title == "“人均可支配收入”：没有可列示的估计"

    def test_a_county_of_four_is_not_named_as_the_highest(self, survey: Workbench) -> None:
        made = survey.question("poor", by="county", where="hh_size > 0")
        assert made.set_index("county").loc[COUNTIES[3], "quality"] == "suppressed"
        assert survey.name(COUNTIES[3]) not in made.chart().title
        assert survey.name(COUNTIES[3])

    @pytest.mark.parametrize("table", [lambda d: d.mean("income_per_head", by="household"),
                                       lambda d: d.mean("income_per_head", by="household").set_index("household")])  # fmt: skip
    def test_single_households_are_not_drawn(self, survey: Workbench, table: object) -> None:
        with pytest.raises(InputRefused, match="K741 A table of estimates cannot be drawn\n  got       single records"):
            table(survey.design).chart()  # type: ignore[operator]

    def test_the_rest_and_a_difference_tell_of_nobody_either(self, survey: Workbench) -> None:
        """Of two domains each is the other's rest: where one is hidden, its estimate must not stand beside the other's."""
        inside = f"county in ['{COUNTIES[0]}', '{COUNTIES[3]}']"
        for made in (
            survey.question("poor", by="county", where=inside, rest=True), survey.design.against_rest("poor", by="county", where=inside),
        ):  # fmt: skip
            assert made["n"].tolist() == [60, 4]
            assert set(made.shown()["其余"]) == {""}
        assert "suppressed" not in set(survey.design.against_rest("income_per_head", by="head_female")["quality"])
        contrast = survey.design.contrast("income_per_head", by="household", weights={"440203H0000": 1})
        assert contrast["quality"].tolist() == ["suppressed"]

    def test_villages_have_the_floor_of_villages(self, survey: Workbench) -> None:
        f = households().head(24).assign(v_bus=[0.0, 1.0] * 12)
        villages = survey._dressed(BenchDesign(f, weight="w", psu="town"), "village")
        made = villages.mean("v_bus", by="town", where="hh_size < 5")
        assert set(made["n"]) == {6}
        assert "suppressed" not in set(villages.mean("hh_size", by="head_female")["quality"])
        assert survey._dressed(BenchDesign(f, weight="w"), "household").rules.min_n == 10


class TestPublication:
    def test_what_the_build_withholds_is_hidden_here(self, survey: Workbench) -> None:
        made = survey.question("poor", by="county").set_index("county")
        assert made.loc[COUNTIES[1], "quality"] == "suppressed"
        assert made.loc[COUNTIES[0], "quality"] != "suppressed"
        both = survey.question("poor", by=["city", "county"], margins=True)
        row = both[(both["city"] == SHAOGUAN) & (both["county"] == COUNTIES[1])]
        assert row["quality"].tolist() == ["suppressed"]
        assert both[(both["city"] == SHAOGUAN) & (both["county"] == "合计")]["quality"].tolist() != ["suppressed"]
        tested = survey.question("poor", by="county", rest=True).set_index("county")
        assert tested.loc[COUNTIES[1], "quality"] == "suppressed"

    def test_a_share_that_two_of_a_small_group_have_is_hidden(self, survey: Workbench) -> None:
        """24 households, 2 of them poor: fewer than min_cell in a group below small_group; as a mean of 22 others too."""
        made = survey.question("poor", by="county").set_index("county")
        assert (made.loc[COUNTIES[2], "n"], made.loc[COUNTIES[2], "quality"]) == (24, "suppressed")
        behind = respondents.respondents_behind(
            survey.design, PLAN.questions["poor"], PLAN.questions, largest=2, by="county"
        )
        assert behind["n_least"].tolist() == [5, 5, 2, 0]

    def test_an_amount_that_two_households_hold_is_hidden(self) -> None:
        f = households()
        big = f["household"].str.endswith(("0000", "0001")) & (f["county"] == COUNTIES[0])
        f["income_total"] = np.where(big, 30000.0, 100.0)
        s = Workbench.of(f, PLAN, BenchDesign(f, weight="w", strata="county", psu="town", lonely="adjust"))
        behind = respondents.respondents_behind(
            s.design, PLAN.questions["income_total"], PLAN.questions, largest=2, by="county"
        )
        assert behind["top_share"].tolist() == pytest.approx([60000 / 65800, 200 / 6000, 200 / 2400, 200 / 400])
        made = s.question("income_total", by="county")
        assert made["quality"].tolist() == ["suppressed", "ok", "caution", "suppressed"]
        assert made["cv"][0] == pytest.approx(made["se"][0] / made["estimate"][0])

    def test_nobody_who_answers_is_not_estimable(self, survey: Workbench) -> None:
        f = households().assign(poor=lambda v: v["poor"].where(v["county"] != COUNTIES[0]))
        s = Workbench.of(f, PLAN, BenchDesign(f, weight="w"))
        made = s.question("poor", by="county")
        assert (made["n"][0], made["quality"][0]) == (0, "not_estimable")
        html = str(made._repr_html_())
        assert "不可估，回答数0：没有符合条件的回答" in html
        assert "没有自由度" not in html


class TestNobody:
    @pytest.mark.parametrize(("where", "told"), [
        ("city == '韶关市'", f"column city has '{SHAOGUAN}' (韶关市), '{SHANTOU}' (汕头市)"),
        (f"city == {SHAOGUAN}", f"column city has '{SHAOGUAN}' (韶关市), '{SHANTOU}' (汕头市)"),
        ("house_grade == 'A' and poor == 0", "column house_grade has 'A级', 'B级'"),
        ("house_grade in ['E级', 'F级']", "column house_grade has 'B级', 'A级'"),
        ("income_per_head > 1e9", ""),
    ])  # fmt: skip
    @pytest.mark.parametrize("call", [lambda s, w: s.design.mean("income_per_head", where=w, by="city"),
                                      lambda s, w: s.question("poor", where=w), lambda s, w: s.design.quantile_curve("poor", where=w),
                                      lambda s, w: s.question("poor", by="city", where=w, rest=True)])  # fmt: skip
    def test_a_condition_that_nobody_meets_is_told_with_what_occurs(
        self, survey: Workbench, call: object, where: str, told: str
    ) -> None:
        with pytest.raises(InputRefused) as refused:
            call(survey, where)  # type: ignore[operator]
        text = refused.value.message()
        assert text.startswith(f"K337 No record meets the condition\n  where     where\n  got       {where}\n")
        if told:
            for word in re.findall(r"'[^']+'(?: \([^)]+\))?", told):
                assert word in text
            assert told.split(" has ")[0] in text
        else:
            assert "a condition that some record meets" in text
            assert not re.search(r"\d{5}\.\d", text)  # no household's own number

    def test_an_empty_table_says_so(self, survey: Workbench) -> None:
        made = survey.design.mean("income_per_head", by="county").query("n > 1000")
        assert "没有可列示的估计" in str(made._repr_html_())


class TestPersonsOnce:
    @pytest.mark.parametrize("call", [
        lambda s, d: d.per_person(), lambda s, d: d.lorenz_curve("income_per_head", size="hh_size"), lambda s, d: s.question("poor", design=d),
    ])  # fmt: skip
    def test_a_design_of_persons_does_not_count_them_again(self, survey: Workbench, call: object) -> None:
        people = survey.design.per_person()
        assert people.w.sum() == (10 * households()["hh_size"]).sum()
        with pytest.raises(InputRefused, match="K338 Persons are counted already"):
            call(survey, people)  # type: ignore[operator]

    def test_without_a_size_the_design_stays(self, survey: Workbench) -> None:
        assert survey.design.per_person("") is survey.design


class TestReads:
    def test_yes_and_no_and_the_order_of_the_codebook(self, survey: Workbench) -> None:
        made = survey.design.mean("income_per_head", by="head_female")
        assert made.shown()["户主为女性"].tolist() == ["否", "是"]
        chart = made.chart()
        assert isinstance(chart, Chart)
        assert {r[0] for r in chart.table.rows} == {"户主为女性：否", "户主为女性：是"}
        order = list(PLAN.questions["sat_work"].levels)[:4]
        levels = survey.design.mean("income_per_head", by="sat_work", margins=True)
        assert levels["sat_work"].tolist() == [*order, "合计"]
        shares = survey.design.proportion("sat_work", by="city")
        assert shares["variable"].tolist() == [f"sat_work={v}" for v in order] * 2
        assert shares["city"].tolist() == [SHAOGUAN] * 4 + [SHANTOU] * 4

    def test_the_order_changes_no_number(self, survey: Workbench) -> None:
        made = survey.design.proportion("sat_work", by=["city", "house_grade"])
        plain = super(BenchDesign, survey.design).proportion("sat_work", by=["city", "house_grade"])
        keys = ["city", "house_grade", "variable"]
        pd.testing.assert_frame_equal(
            pd.DataFrame(made).sort_values(keys, ignore_index=True), plain.sort_values(keys, ignore_index=True)
        )

    def test_shares_of_levels_are_titled_by_their_question(self, survey: Workbench) -> None:
        chart = survey.design.proportion("sat_work").chart()
        label = PLAN.questions["sat_work"].label
        assert chart.title.startswith(f"“{label}”：")
        assert {r[0] for r in chart.table.rows} == set(PLAN.questions["sat_work"].levels[:4])

    def test_what_is_printed_and_completed_is_short(self, survey: Workbench) -> None:
        assert repr(PLAN).startswith("<Plan gd-2020 of 2020: 3 classes, 6 forms, ")
        assert len(repr(PLAN)) < 300
        assert " plan," in repr(survey)
        offered = dir(survey.design)
        assert {"mean", "proportion", "per_person", "against_rest", "test", "frame", "weight"} <= set(offered)
        assert not {"blocks", "pairs", "mask", "scores_df", "dress", "named_", "measure_variance", "domains"} & set(
            offered
        )
        assert not [n for n in offered if n.startswith("_")]


class TestStaysPandas:
    def test_keys_in_the_index_are_shown_and_drawn(self, survey: Workbench) -> None:
        made = survey.design.mean("income_per_head", by="city").set_index("city")
        assert "韶关市" in str(made._repr_html_())
        assert made.shown()["市"].tolist() == ["韶关市", "汕头市"]
        chart = made.chart()
        assert isinstance(chart, Chart)
        assert {r[0] for r in chart.table.rows} == {"韶关", "汕头"}
        assert "全体" not in chart.title

    def test_tables_below_one_another_keep_names_units_and_the_mark(self, survey: Workbench) -> None:
        survey.__dict__.pop("source", None)
        said = {**survey.design._said, "source": "专项调查，演示数据（虚构）"}
        d = survey.design.named(survey.name, **said)
        one, two = d.mean("income_per_head", by="city"), d.proportion("poor", by="city")
        both = pd.concat([one, two], ignore_index=True)
        texts = both.shown()
        assert texts["市"].tolist() == ["韶关市", "汕头市"] * 2
        assert texts["估计"][2].endswith("%")
        assert "%" not in texts["估计"][0]
        assert "演示数据（虚构）" in str(both._repr_html_())
        with pytest.raises(InputRefused, match=r"K741 .*\n  got       2 units"):
            both.chart()

    def test_merge_and_join_keep_them_too(self, survey: Workbench) -> None:
        d = survey.design.named(survey.name, **{**survey.design._said, "source": "演示数据（虚构）"})
        one = d.mean("income_per_head", by="city")
        more = pd.DataFrame({"city": [SHAOGUAN, SHANTOU], "own": ["a", "b"]})
        for made in (
            one.merge(more, on="city"),
            one.set_index("city").join(more.set_index("city")),
            one.join(more[["own"]]),
        ):
            html = str(made._repr_html_())
            assert "韶关市" in html
            assert "演示数据（虚构）" in html
            assert ">a<" in html

    def test_levels_of_confidence_that_differ_are_not_said_as_one(self, survey: Workbench) -> None:
        d = survey.design
        both = pd.concat([d.mean("income_per_head", by="city"), d.mean("income_per_head", by="city", level=0.9)])
        assert "区间" in both.shown().columns
        assert "95%区间" not in both.shown().columns

    def test_variables_without_known_units_are_not_drawn_on_one_axis(self, survey: Workbench) -> None:
        both = pd.concat([
            pd.DataFrame(survey.design.mean("income_per_head", by="city")), pd.DataFrame(survey.design.mean("poor", by="city")),
        ])  # fmt: skip
        both.attrs = {}
        with pytest.raises(InputRefused, match=r"K741 .*\n  got       2 variables without a known unit"):
            charts.estimate_chart(both)


def test_the_build_is_read_once(tmp_path: Path) -> None:
    assert asked_quality.withheld_of(tmp_path) == frozenset()
    write_parquet(tmp_path / "estimates.parquet", pd.DataFrame({
        "domain_type": ["city"], "domain": [SHAOGUAN], "indicator": ["poor"], "quality": ["suppressed"],
    }))  # fmt: skip
    (tmp_path / "build.json").write_text(json.dumps({}), encoding="utf-8")
    assert Workbench(tmp_path, PLAN).withheld == {("city", SHAOGUAN, "poor")}
