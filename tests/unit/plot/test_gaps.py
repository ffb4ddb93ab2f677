"""Differences taken apart: titles against hand-written ones, which components are drawn, what is within error."""

from __future__ import annotations

import pandas as pd
import pytest

from kaohe.plot import charts, sections
from kaohe.plot.canvas import CHECK
from kaohe.plot.captions_gaps import extremes, waterfall_title
from kaohe.plot.merged import Part, merged
from kaohe.plot.output import Chart
from support.built_frames import make_context
from support.fake_report import frame, invented

CITY, UNIT = make_context("city"), make_context("unit")
SHAOGUAN, SHANTOU = CITY.object, "440500000000"
S, C, D = "专项调查", "交叉考核", "日常工作"


@pytest.mark.parametrize(
    ("deltas", "title"),
    [
        ([(S, "饮水", -2.06), (C, "产业", 0.5)], "低1.6分，拉低最多的是专项调查的“饮水”（−2.1分）"),
        ([(S, "饮水", -1.0), (C, "产业", 3.0)], "高2.0分，拉高最多的是交叉考核的“产业”（+3.0分）"),
        # the largest of all has the other sign
        (
            [(D, "起评分", 12.5), (D, "督查", -3.6), (C, "党建", -16.6)],
            "低7.7分，拉低最多的是交叉考核的“党建”（−16.6分）",
        ),
        (
            [(D, "起评分", 12.5), (D, "督查", -3.6), *((C, f"项{n}", -2.0 - n / 100) for n in range(8))],
            "低7.4分，拉低最多的是日常工作的“督查”（−3.6分），拉高最多的是日常工作的“起评分”（+12.5分）",
        ),
        (
            [(C, "就业", 0.82), (C, "产业", 0.81), (C, "饮水", 0.8), (D, "作风", -1.35)],
            "高1.1分，拉高最多的是交叉考核的“就业”（+0.8分），拉低最多的是日常工作的“作风”（−1.4分）",
        ),
        # several that the table prints alike; 1.18 and 1.20 are alike in the title only
        ([(C, "调研", -1.5), (C, "党建", -1.501)], "低3.0分，拉低最多的是交叉考核的“调研”“党建”（各−1.5分）"),
        ([(C, "调研", -1.5), (D, "审计", -1.5)], "低3.0分，拉低最多的是交叉考核的“调研”、日常工作的“审计”（各−1.5分）"),
        ([(C, n, -1.5) for n in "甲乙丙"], "低4.5分，拉低最多的是交叉考核的“甲”“乙”等3项（各−1.5分）"),
        ([(C, "调研", -1.18), (C, "党建", -1.2)], "低2.4分，拉低最多的是交叉考核的“党建”（−1.2分）"),
        ([(C, "甲", 0.04), (C, "乙", 0.03)], "高0.1分，拉高最多的是交叉考核的“甲”（+0.04分）"),
        ([(S, "饮水", -1.0), (C, "产业", 1.04)], None),
    ],
)
def test_a_title_says_of_which_sign_its_largest_is(deltas: list[tuple[str, str, float]], title: str | None) -> None:
    said = f"甲市比同类平均{title}" if title else "甲市与同类平均得分持平，各项互有高低"
    assert waterfall_title("甲市", "同类平均", deltas) == said


def test_nothing_between_two_is_the_same_score_and_error_is_said() -> None:
    assert waterfall_title("甲市", "乙市", [(S, "饮水", 0.0), (C, "产业", 0.01)]) == "甲市与乙市得分相同"
    near = [(C, "党建", -1.2), (D, "审计", 0.9)]
    assert waterfall_title("甲市", "乙市", near, unsure=True) == (
        "甲市比乙市低0.3分，在抽样误差之内，拉低最多的是交叉考核的“党建”（−1.2分）"
    )
    even = [(C, "党建", -1.0), (D, "审计", 1.0)]
    assert waterfall_title("甲市", "乙市", even, unsure=True) == "甲市与乙市得分持平，在抽样误差之内，各项互有高低"


def test_extremes_of_a_sign_that_nothing_has_are_none() -> None:
    assert extremes([(C, "甲", 1.0), (C, "乙", 0.001)], -1) == []
    assert extremes([], 1) == []


def parts(*deltas: float, stream: str = "cross") -> list[Part]:
    return [Part(stream, {"cross": C, "daily": D}[stream], f"{stream}{n}", d) for n, d in enumerate(deltas)]


def test_few_components_all_have_a_bar() -> None:
    named, sums = merged(parts(1.0, -2.0, 0.5), 10, 18)
    assert [p.delta for p in named] == [1.0, 0.5, -2.0]
    assert sums == []


def test_small_ones_are_summed_stream_by_stream_and_nothing_is_lost() -> None:
    given = [*parts(5.0, -4.0, 0.1, -0.2, 0.0), *parts(3.0, 0.4, 0.3, stream="daily")]
    named, sums = merged(given, 3, 11)
    assert [p.delta for p in named] == [5.0, 3.0, -4.0]
    assert [(p.label, round(p.delta, 9)) for p in sums] == [("其余交叉考核2项合计", -0.1), ("其余日常工作2项合计", 0.7)]
    assert sum(p.delta for p in (*named, *sums)) == pytest.approx(sum(p.delta for p in given))


def test_one_that_is_left_of_a_stream_has_its_name() -> None:
    named, sums = merged([*parts(5.0, -4.0, 0.1), *parts(3.0, stream="daily")], 3, 11)
    assert [p.label for p in named] == ["cross0", "daily0", "cross2", "cross1"]
    assert sums == []


def test_a_sum_is_not_the_largest_bar_as_long_as_there_is_room() -> None:
    """Ten of −0.3 add to −3.0: with 1.0 the largest, seven are named until three of them (−0.9) are left."""
    given = [*parts(1.0, *(-0.3,) * 10), *parts(0.2, 0.1, stream="daily")]
    named, sums = merged(given, 1, 20)
    assert [(p.label, round(p.delta, 9)) for p in sums] == [("其余交叉考核3项合计", -0.9), ("其余日常工作2项合计", 0.3)]
    assert len(named) == 8
    few, sums = merged(given, 1, 4)  # no room: four bars by name
    assert len(few) == 4
    assert sums[0].label == "其余交叉考核7项合计"


def test_the_largest_of_either_sign_are_drawn_however_small() -> None:
    given = parts(*(9.0 - n for n in range(8)), -0.02, -0.02, -0.01)
    named, _ = merged(given, 4, 4)
    assert [p.delta for p in named] == [9.0, 8.0, -0.02, -0.02]


def test_nothing_but_zeros_still_makes_a_picture() -> None:
    named, sums = merged(parts(0.0, 0.0), 10, 18)
    assert (len(named), sums) == (2, [])


def between(*deltas: tuple[str, str, float], reference: str = "next", name: str = "汕头市") -> pd.DataFrame:
    streams = {"survey": S, "cross": C, "daily": D}
    return frame("contributions", *(
        {"object": SHAOGUAN, "reference": reference, "reference_name": name, "stream": s, "stream_name": streams[s], "component": c, "label": c,
         "delta": d}
        for s, c, d in deltas
    ))  # fmt: skip


def against(p: float) -> pd.DataFrame:
    """Shaoguan is ahead of Shantou with probability `p`, and of Zhanjiang surely."""
    return frame(
        "pair_probabilities",
        {"object": SHAOGUAN, "other": SHANTOU, "class_id": "city14", "p_above": p},
        {"object": SHAOGUAN, "other": "440800000000", "class_id": "city14", "p_above": 1.0},
        {"object": SHANTOU, "other": SHAOGUAN, "class_id": "city14", "p_above": 1 - p},
    )


@pytest.mark.parametrize(
    ("p", "said", "note"),
    [
        (0.42, True, "只计抽样误差，汕头市得分较高的概率为58%，不足95%，分不出先后"),
        (0.056, True, "只计抽样误差，汕头市得分较高的概率为94%，不足95%，分不出先后"),
        (0.054, False, "只计抽样误差，汕头市得分较高的概率为95%。"),
        (0.0, False, "只计抽样误差，汕头市得分较高的概率为>99%。"),
    ],
)
def test_a_gap_to_the_next_within_error_is_said_by_the_pairs_own_probability(p: float, said: bool, note: str) -> None:
    rows = pd.concat(
        [between(("cross", "党建", -1.0)), between(("cross", "党建", -3.0), reference="mean", name="同类平均")]
    )
    mean, near = sections.differences(rows, against(p), CITY)
    assert isinstance(near, Chart)
    assert isinstance(mean, Chart)
    assert ("在抽样误差之内" in near.title) == said
    assert note in near.note
    assert "抽样误差" not in mean.title + mean.note


def test_without_pairs_nothing_is_said_of_error() -> None:
    (near,) = [
        c for c in sections.differences(between(("cross", "党建", -1.0)), frame("pair_probabilities"), CITY) if isinstance(c, Chart)
    ]  # fmt: skip
    assert "抽样误差" not in near.title + near.note


def test_what_daily_work_starts_from_is_explained_where_it_is_drawn() -> None:
    rows = between(("daily", "base", 12.5), ("daily", "audit", -3.6), reference="cut", name="“好”的分界（87.5分）")
    with_base = charts.waterfall(rows, CITY, reference="cut")
    assert isinstance(with_base, Chart)
    assert "起评分：日常工作起扣的100分，扣分另列在各来源" in with_base.note
    bare = charts.waterfall(rows[rows["component"] != "base"], CITY, reference="cut")
    assert isinstance(bare, Chart)
    assert "起评分" not in bare.note


@pytest.mark.parametrize("ctx", [CITY, UNIT], ids=["city", "unit"])
def test_pictures_hold_what_their_titles_name_without_clashes(ctx, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv(CHECK, "1")
    rows = invented("contributions")
    rows = rows[rows["object"] == ctx.object]
    for reference in rows["reference"].unique():
        chart = charts.waterfall(rows, ctx, reference=reference, most=3)
        assert isinstance(chart, Chart)
        mine = rows[rows["reference"] == reference]
        for sign, word in ((1, "拉高最多的是"), (-1, "拉低最多的是")):
            if word in chart.title:
                named = mine.loc[(sign * mine["delta"]).idxmax(), "label"]
                assert f"“{named}”" in chart.title.partition(word)[2]
                assert f">{named}<" in chart.svg
