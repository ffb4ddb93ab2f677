"""Numbers in titles and tables recomputed from the frames, another way; hidden estimates stay hidden."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from kaohe.plot import charts
from kaohe.plot.output import Chart, Text
from kaohe.plot.phone import NARROW
from support.built_frames import make_built, make_context


@pytest.fixture(autouse=True)
def in_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAOHE_BATCH", "1")


WEAK = ["一般", "较差"]


def drawn(output: object) -> Chart:
    assert isinstance(output, Chart)
    return output


def table(chart: Chart) -> pd.DataFrame:
    return pd.DataFrame(chart.table.rows, columns=list(chart.table.columns))


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return make_built(seed=11)


def test_matrix_counts(frames: dict[str, pd.DataFrame]) -> None:
    mine = frames["item_grades"].query("object == '440200000000'")
    chart = drawn(charts.grade_matrix(frames["item_grades"], make_context("city")))
    graded, weak = int((mine["grade"] != "").sum()), int(mine["grade"].isin(WEAK).sum())
    assert f"{graded}个评定" in chart.title
    assert (f"{weak}个为" in chart.title) if weak else ("没有" in chart.title)
    shown = table(chart)
    assert len(shown) == mine["concept"].nunique()
    for zh, level in {"村级": "village", "镇级": "town", "县级": "county", "市级": "city"}.items():
        rows = mine[mine["level"] == level]
        assert shown[zh].isin(WEAK).sum() == rows["grade"].isin(WEAK).sum()
        assert (shown[zh] == "缺").sum() == (rows["grade"] == "").sum()
        assert (shown[zh] != "—").sum() == len(rows)
    # Alignment by concept: the town form's fifth item is the city form's sixth.
    sixth = shown[shown["序号"] == "6"].iloc[0]
    town = mine[(mine["level"] == "town") & (mine["item"] == 5)].iloc[0]
    assert sixth["指标"].startswith("医疗救助")
    assert sixth["镇级"] == town["grade"]


def test_mix_and_heatmap_counts(frames: dict[str, pd.DataFrame]) -> None:
    ctx = make_context("class")
    index = frames["item_grades"].query("class_id == 'city14' and level == 'city'")
    weak = index[index["grade"].isin(WEAK)].groupby("object").size().reindex(index["object"].unique(), fill_value=0)
    mix = table(drawn(charts.grade_mix(frames["item_grades"], ctx)))
    names = {c: ctx.name_of(c).removesuffix("市") for c in weak.index}
    assert dict(zip(mix["对象"], mix["一般及以下"].astype(int), strict=True)) == {names[c]: n for c, n in weak.items()}
    assert list(mix["一般及以下"].astype(int)) == sorted(weak)
    heat = table(drawn(charts.grade_heatmap(frames["item_grades"], ctx)))
    assert list(heat["对象"].str.removesuffix("市")) == [*mix["对象"], "合计"]
    totals = heat[heat["对象"] == "合计"].iloc[0, 1:-1].astype(int)
    by_item = index[index["grade"].isin(WEAK)].groupby("item").size().reindex(range(1, 18), fill_value=0)
    assert totals.tolist() == by_item.tolist()
    assert int(heat.iloc[-1, -1]) == int(weak.sum())
    item = table(drawn(charts.item_mix(frames["item_grades"], ctx)))
    assert item["一般及以下"].astype(int).tolist() == by_item.tolist()


def test_targets_with_the_same_grades_stand_in_the_order_of_their_codes_in_both_charts() -> None:
    """By their names 潮州 (445100) would stand before 韶关 (440200): 潮 comes first among the characters."""
    rows = make_built(seed=11)["item_grades"].query("class_id == 'city14' and level == 'city'")
    mine = rows[rows["object"] == "440200000000"]
    same = pd.concat([mine.assign(object="445100000000", name="潮州市"), mine], ignore_index=True)
    ctx = make_context("class")
    for chart in (charts.grade_mix(same, ctx), charts.grade_heatmap(same, ctx)):
        assert [r[0].removesuffix("市") for r in drawn(chart).table.rows if r[0] != "合计"] == ["韶关", "潮州"]


def test_streams_and_waterfall_add_up(frames: dict[str, pd.DataFrame]) -> None:
    scores = frames["composite"].query("class_id == 'city14'").set_index("object")
    chart = drawn(charts.streams_bars(frames["streams"], make_context("class")))
    gap = round(scores["composite"].max(), 1) - round(scores["composite"].min(), 1)
    assert float(re.findall(r"相差([\d.]+)分", chart.title)[0]) == pytest.approx(gap, abs=0.051)
    shown = table(chart)
    assert (shown["综合得分"] == "—").sum() == scores["composite"].isna().sum()
    whole = shown[shown["综合得分"] != "—"]
    parts = whole[["专项调查", "交叉考核", "日常工作"]].astype(float).sum(axis=1)
    assert (parts - whole["综合得分"].astype(float)).abs().max() <= 0.16
    fall = drawn(charts.waterfall(frames["contributions"], make_context("city")))
    me = scores.loc["440200000000"]
    total = float(table(fall).iloc[-1]["差值（分）"].replace("−", "-"))
    assert total == pytest.approx(me["composite"] - me["class_mean"], abs=0.0051)


def test_position_and_tiles(frames: dict[str, pd.DataFrame]) -> None:
    me = frames["composite"].query("object == '440200000000'").iloc[0]
    place = drawn(charts.position_in_class(frames["composite"], make_context("city")))
    assert f"第{me['rank']:.0f}名" in place.title
    tiles = drawn(charts.tile_grid(frames["composite"], make_context("province")))
    task = frames["composite"].query("class_id == 'city14'")
    for grade, n in task["grade_final"].value_counts().items():
        if grade in {"好", "较好", "一般", "较差"}:
            assert f"{n}市“{grade}”" in tiles.title
    assert len(table(tiles)) == 20
    assert "江门" not in "".join(r[0] for r in tiles.table.rows)


def test_estimates_against_the_province(frames: dict[str, pd.DataFrame]) -> None:
    est = frames["estimates"].query("indicator == 'sat_work'")
    province = round(float(est.query("domain_type == 'province'")["estimate"].iloc[0]), 3)
    cities = est.query("domain_type == 'city' and quality == 'ok' and n >= 50")
    low = cities[cities["ci_high"].round(3) < province]["name"].str.removesuffix("市")
    high = cities[cities["ci_low"].round(3) > province]["name"].str.removesuffix("市")
    chart = drawn(charts.estimate_dots(frames["estimates"], make_context("province"), "sat_work"))
    assert f"{len(low) + len(high)}市的区间不含全省估计" in chart.alt
    for side, word in ((low, "明显低于"), (high, "明显高于")):
        if len(side) > 3:
            assert f"等{len(side)}市{word}" in chart.title
        for name in side if len(side) <= 3 else []:
            assert name in chart.title.split(word)[0]
    values = [float(v) for v in table(chart)["估计（%）"][:14]]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(
    ("name", "draw", "secret"),
    [
        ("estimates", lambda f, c: charts.estimate_dots(f, c, "sat_work"), ("estimate", "ci_low", "ci_high")),
        (
            "estimates",
            lambda f, c: charts.estimate_profile(f, c, topic="群众满意度情况"),
            ("estimate", "ci_low", "ci_high"),
        ),
        ("income", lambda f, c: charts.income_bars(f, c), ("share_below", "share_low", "share_high")),
        ("survey_items", lambda f, c: charts.survey_scores(f, c), ("estimate",)),
    ],
    ids=["dots", "profile", "income", "scores"],
)
def test_a_hidden_estimate_is_nowhere(
    name: str, draw: Callable[..., object], secret: tuple[str, ...], frames: dict[str, pd.DataFrame]
) -> None:
    """Even where the table still holds it: not in the picture, the table, the title or the description."""
    frame = frames[name].copy()
    key = "domain" if "domain" in frame else "object"
    mine = (frame[key] == "440200000000") & (frame.get("indicator", pd.Series("sat_work", frame.index)) == "sat_work")
    assert mine.sum() == 1
    frame.loc[mine, "quality"] = "suppressed"
    frame.loc[mine, list(secret)] = [0.123456, 0.111111, 0.133333][: len(secret)]
    if name == "survey_items":
        frame.loc[mine, ["score", "contribution"]] = [12.3456, 1.1111]
    said = str(drawn(draw(frame, make_context("city"))).payload())
    assert "已隐藏" in said
    assert not re.search(r"(?<![\d.])(12\.3|11\.1|13\.3)(?=[%–<'])", said)


def test_an_income_quantile_that_is_not_there_has_no_bar(frames: dict[str, pd.DataFrame]) -> None:
    """The outer bar of one city falls away, everything else stays where it was drawn."""
    frame = frames["income"].copy()
    whole = drawn(charts.income_bars(frame, make_context("city"))).svg
    at = frame.index[
        (frame["domain_type"] == "city") & (frame["p10"] > frame.query("domain_type == 'city'")["p10"].min())
    ][0]
    frame.loc[at, "p10"] = np.nan
    chart = drawn(charts.income_bars(frame, make_context("city")))
    assert "nan" not in chart.svg.lower()
    assert whole.count("<path") - chart.svg.count("<path") == 1
    own = table(chart).set_index("市").loc[frame.loc[at, "name"]]
    assert own["10%分位"] == "—"


def test_the_line_and_income_shares(frames: dict[str, pd.DataFrame]) -> None:
    ctx = make_context("city")
    chart = drawn(charts.income_bars(frames["income"], ctx))
    assert "8,468元" in chart.alt
    cities = frames["income"].query("domain_type == 'city'")
    me = cities.query("domain == '440200000000'")["share_below"].iloc[0]
    place = 1 + int(((100 * cities["share_below"]).round(1) > round(100 * me, 1)).sum())
    assert ("最高" if place == 1 else f"第{place}高") in chart.title


def test_bands_and_ranks(many: dict[str, pd.DataFrame]) -> None:
    ctx = make_context("classunit")
    units = many["composite"].query("class_id == 'unit235'")
    chart = drawn(charts.unit_bands(units, ctx))
    sizes = units["band"].value_counts()
    shown = table(chart)
    assert dict(zip(shown["档"], shown["数量"].astype(int), strict=True)) == sizes.to_dict()
    moves = drawn(charts.sensitivity_ranks(many["sensitivity"], ctx))
    sens = many["sensitivity"].query("class_id == 'unit235'")
    base = sens.query("scenario == '基准'").groupby("object")["rank"].first()
    sens = sens[sens["source"] != "scale"]  # random scales are not in this picture
    shift = (sens["rank"] - sens["object"].map(base)).abs().groupby(sens["object"]).max()
    assert int(table(moves)["最大变动"].astype(int).max()) == int(np.nanmax(shift))


def test_quality_is_marked_at_the_printed_precision(built: dict[str, pd.DataFrame]) -> None:
    frame = built["data_quality"].copy()
    frame["missing_share"], frame["doubtful_share"] = 0.01, 0.0
    frame.loc[0, "missing_share"] = 0.05049
    chart = drawn(charts.data_quality_bars(frame, make_context("province")))
    assert "都不超过5%" in chart.title
    frame.loc[0, "missing_share"] = 0.0505
    assert "超过5%（5.1%）" in drawn(charts.data_quality_bars(frame, make_context("province"))).title


def test_daily_source_line_says_how_deductions_and_measures_make_the_score(frames: dict[str, pd.DataFrame]) -> None:
    chart = drawn(charts.daily_deductions(frames["daily_sources"], make_context("city")))
    assert "日常得分＝扣分部分（满分减扣分）占50%、定量指标占50%加权" in chart.note


def test_no_chart_without_a_bar_where_daily_work_takes_nothing_off(frames: dict[str, pd.DataFrame]) -> None:
    ctx = make_context("city")
    none = frames["daily_sources"].assign(points=0.0, n_records=0)
    none.loc[none.index[none["object"] == ctx.object][:1], "n_records"] = 2
    said = charts.daily_deductions(none, ctx)
    assert isinstance(said, Text)
    assert said.paragraphs[0] == f"{ctx.name}2条日常工作记录都没有扣分。"
    assert "日常得分＝" in said.paragraphs[1]


def test_small_shares_get_an_axis_of_their_own_that_says_so(frames: dict[str, pd.DataFrame]) -> None:
    rows, ctx = frames["estimates"].copy(), make_context("city")
    topic = rows["topic"] == "群众满意度情况"
    rows.loc[topic, ["estimate", "ci_low", "ci_high"]] = 0.12, 0.08, 0.17
    small = drawn(charts.estimate_profile(rows, ctx, topic="群众满意度情况"))
    assert "横轴只到20%" in small.svg
    rows.loc[topic, ["estimate", "ci_low", "ci_high"]] = 0.72, 0.08, 0.77
    wide = drawn(charts.estimate_profile(rows, ctx, topic="群众满意度情况"))
    assert "横轴" not in wide.svg
    assert ">100</text>" in wide.svg


def test_small_shares_beside_large_ones_have_a_panel_with_its_own_axis(frames: dict[str, pd.DataFrame]) -> None:
    rows, ctx = frames["estimates"].copy(), make_context("city")
    shown = (rows["topic"] == "群众满意度情况") & rows["is_share"]
    rows.loc[shown, ["estimate", "ci_low", "ci_high"]] = 0.88, 0.82, 0.93
    questions = [q for q in ctx.plan.questions if q in set(rows.loc[shown, "indicator"])]
    few = shown & rows["indicator"].isin(questions[:2])  # first in the codebook, last on the picture
    rows.loc[few, ["estimate", "ci_low", "ci_high"]] = 0.04, 0.02, 0.09
    chart = drawn(charts.estimate_profile(rows, ctx, topic="群众满意度情况"))
    said = dict(rows.loc[shown, ["indicator", "label"]].itertuples(index=False))
    labels = [said[q] for q in questions]
    assert [r[0] for r in chart.table.rows] == [*labels[2:], *labels[:2]]
    assert chart.phone is not None
    for svg in (chart.svg, chart.phone.svg):
        assert "横轴不从0开始" in svg
        assert "横轴只到10%" in svg
        assert "20%以下的另用横轴" in svg
    rows.loc[few, "ci_high"] = 0.21
    assert "另用横轴" not in drawn(charts.estimate_profile(rows, ctx, topic="群众满意度情况")).svg


def test_on_a_telephone_names_stand_above_bars_that_have_the_whole_width(frames: dict[str, pd.DataFrame]) -> None:
    ctx = make_context("city")
    for chart in (
        drawn(charts.waterfall(frames["contributions"], ctx)),
        drawn(charts.daily_deductions(frames["daily_sources"], ctx)),
    ):
        assert chart.phone is not None
        svg = chart.phone.svg
        width = float(re.findall(r'viewBox="0 0 ([\d.]+)', svg)[0])
        assert width == pytest.approx(72 * NARROW)
        bars = re.findall(r'<path d="M ([\d.]+) [\d.]+ L ([\d.]+) [^"]* z" fill="#', svg)
        ends = [float(x) for bar in bars for x in bar]
        assert len(bars) >= 5
        assert max(ends) - min(ends) > 0.6 * width
        wide, narrow = (set(re.findall(r"<text[^>]*>([^<]+)</text>", s)) for s in (chart.svg, svg))
        beside = {"差值", "记录数", "扣分", "合计", "专项调查", "交叉考核", "日常工作"}  # heads, key, a column left out
        assert {t for t in wide - narrow - beside if not re.fullmatch(r"[+−]?[\d.]+", t)} == set()
