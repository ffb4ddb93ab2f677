"""Titles against hand-written ones: none, one, many, all, missing. Each is what a careful reader would say."""

from __future__ import annotations

import pytest

from kaohe.plot import captions_grades as grades
from kaohe.plot import captions_scores as scores
from kaohe.plot import captions_survey as survey

NAN = float("nan")
WATER, ROAD, HOME, BOOK, WORK = "饮水安全", "产业", "住房保障", "档案管理", "就业扶贫"


@pytest.mark.parametrize(
    ("cells", "missing", "title"),
    [
        ([], 0, "甲市尚无指标等次"),
        ([], 3, "甲市尚无指标等次，3项均未评"),
        ([(WATER, "city", "好"), (ROAD, "county", "较好")], 0, "甲市2个评定没有“一般”或“较差”"),
        ([(WATER, "city", "好")], 2, "甲市1项指标没有“一般”或“较差”；另有2个应评未评"),
        ([(WATER, "town", "较差"), (ROAD, "city", "好")], 0, "甲市2个评定中1个为“较差”，即镇级“饮水安全”"),
        ([(WATER, "village", "较差"), (ROAD, "city", "好")], 0, "甲市1项指标没有“一般”或“较差”；村级考评表已评1项中1项为“较差”（饮水安全）"),
        ([(WATER, "village", "好"), (ROAD, "city", "好")], 0, "甲市1项指标没有“一般”或“较差”；村级考评表也没有“一般”或“较差”"),
        ([(WATER, "village", "好"), (ROAD, "city", "一般")], 0, "甲市1项指标中1项为“一般”（产业）；村级考评表没有“一般”或“较差”"),
        ([(WATER, "unit", "较差"), (ROAD, "unit", "较差")], 0, "甲市2项指标全部为“较差”"),
        ([(WATER, "unit", "一般"), (ROAD, "unit", "好")], 0, "甲市2项指标中1项为“一般”（饮水安全）"),
        (
            [(WATER, "village", "一般"), (ROAD, "town", "一般"), (HOME, "city", "好")], 0,
            "甲市3个评定中2个为“一般”，分散在饮水安全、产业",
        ),
        (
            [(WATER, "village", "较差"), (WATER, "town", "一般"), (ROAD, "town", "一般"), (HOME, "city", "好")], 0,
            "甲市4个评定中3个为“一般”或“较差”，集中在饮水安全",
        ),
        (
            [(c, lv, "一般") for c in (WATER, ROAD, HOME, BOOK) for lv in ("town", "city")], 1,
            "甲市8个评定中8个为“一般”，集中在饮水安全、产业、住房保障等；另有1个应评未评",
        ),
        (
            [(WATER, "town", "一般"), (WATER, "city", "一般"), *((f"项{i}", "town", "一般") for i in range(6))], 0,
            "甲市8个评定中8个为“一般”，分散在7项指标，其中饮水安全各级都是",
        ),
        (
            [(WATER, "town", "一般"), (WATER, "city", "一般"), (WATER, "county", "好"), *((f"项{i}", "town", "一般") for i in range(6))], 0,
            "甲市9个评定中8个为“一般”，分散在7项指标，级数最多的是饮水安全（2级）",
        ),
        (
            [(c, lv, "一般") for c in (WATER, ROAD) for lv in ("town", "city")] + [(WATER, "county", "好"), (ROAD, "county", "好")]
            + [(f"项{i}", "town", "一般") for i in range(6)], 0,
            "甲市12个评定中10个为“一般”，分散在8项指标，级数最多的是饮水安全、产业（各2级）",
        ),
        (
            [(c, "unit", "一般") for c in (WATER, ROAD)] + [(HOME, "unit", "好")], 0,
            "甲市3项指标中2项为“一般”（饮水安全、产业）",
        ),
    ],
)  # fmt: skip
def test_matrix(cells: list[tuple[str, str, str]], missing: int, title: str) -> None:
    assert grades.matrix_title("甲市", cells, missing) == title


def test_matrix_of_a_name_that_ends_in_a_digit() -> None:
    assert grades.matrix_title("单位003", [(WATER, "unit", "好")] * 15, 0) == "单位003的15项指标没有“一般”或“较差”"


@pytest.mark.parametrize(
    ("class_id", "weak", "ungraded", "title"),
    [
        ("city14", {}, ["甲", "乙"], "2市均尚无等次"),
        ("city14", {"甲": 0, "乙": 0}, [], "2市17项指标都在“较好”及以上"),
        ("city14", {"甲": 0, "乙": 2}, [], "2市中只有乙有“一般及以下”指标（2项）"),
        ("city14", {"甲": 1, "乙": 2, "丙": 0}, [], "2市有“一般及以下”指标，乙最多（2项）"),
        ("city14", {"甲": 2, "乙": 2, "丙": 0}, ["丁"], "2市有“一般及以下”指标，最多的甲、乙各2项；丁尚无等次"),
        ("city14", {"甲": 1, "乙": 5, "丙": 0}, [], "2市有“一般及以下”指标，其中乙有5项"),
        ("city14", {"甲": 3, "乙": 6, "丙": 4}, [], "3市有3项及以上指标为“一般及以下”，乙最多（6项）"),
        ("unit235", {"甲": 3, "乙": 3, "丙": 3, "丁": 3}, [], "4个单位有3项及以上指标为“一般及以下”，最多的甲、乙、丙等4个单位各3项"),
    ],
)  # fmt: skip
def test_mix(class_id: str, weak: dict[str, int], ungraded: list[str], title: str) -> None:
    assert grades.mix_title(class_id, weak, 17, ungraded) == title


@pytest.mark.parametrize(
    ("class_id", "weak", "n", "title"),
    [
        ("city14", {WATER: 0}, 0, "尚无等次"),
        ("city14", {WATER: 0, ROAD: 0}, 14, "14市2项指标都在“较好”及以上"),
        ("city14", {WATER: 1, ROAD: 0}, 14, "“一般及以下”只出现在“饮水安全”（1市）"),
        ("city14", {WATER: 1, ROAD: 7}, 14, "产业（7市）是最多见的短板"),
        ("city14", {WATER: 5, ROAD: 7}, 14, "产业（7市）和饮水安全（5市）是多市共同短板"),
        ("unit235", {WATER: 80, ROAD: 70, HOME: 60, BOOK: 59}, 235,
         "饮水安全（80个单位）、产业（70个单位）和住房保障（60个单位）是多个单位共同短板"),
        ("city14", {WATER: 1, ROAD: 2}, 14, "“一般及以下”分散在2项指标，最多的产业有2市"),
        ("city14", {WATER: 2, ROAD: 2, HOME: 1}, 14, "“一般及以下”分散在3项指标，最多的饮水安全、产业各2市"),
        ("city14", dict.fromkeys((WATER, ROAD, HOME, BOOK), 1), 14, "“一般及以下”分散在4项指标，每项至多1市"),
    ],
)  # fmt: skip
def test_items(class_id: str, weak: dict[str, int], n: int, title: str) -> None:
    assert grades.items_title(class_id, weak, n) == title


@pytest.mark.parametrize(
    ("flags", "title"),
    [
        ([], "17项指标的指标表等次与实地核查都相差不到一档"),
        ([(WATER, 30.0)], "17项中1项与实地核查相差一档以上：“饮水安全”指标表评得高"),
        ([(WATER, -25.0)], "17项中1项与实地核查相差一档以上：“饮水安全”指标表评得低"),
        ([(WATER, 30.0), (ROAD, 26.0)], "17项中2项与实地核查相差一档以上：指标表偏高2项（饮水安全、产业）"),
        ([(WATER, 30.0), (ROAD, -26.0)], "17项中2项与实地核查相差一档以上：指标表偏高1项（饮水安全），偏低1项（产业）"),
        ([(WATER, -30.0), (ROAD, -26.0), (HOME, -26.0), (BOOK, -26.0)],
         "17项中4项与实地核查相差一档以上：指标表偏低4项（饮水安全、产业、住房保障等）"),
    ],
)  # fmt: skip
def test_gap(flags: list[tuple[str, float]], title: str) -> None:
    assert grades.gap_title(flags, 17) == title


def test_gap_without_evidence() -> None:
    assert grades.gap_title([], 0) == "没有可与实地核查对照的指标"


@pytest.mark.parametrize(
    ("steps", "unknown", "title"),
    [
        ([], 0, "甲市没有可对照的自评等次"),
        ([(WATER, 0.0), (ROAD, 0.0)], 0, "甲市2项自评与考核等次完全一致"),
        ([(WATER, 25.0), (ROAD, 0.0)], 1, "甲市2项中1项自评高于考核（饮水安全）、1项一致；另有1项缺一方等次"),
        ([(WATER, 25.0), (ROAD, -25.0)], 0, "甲市2项中1项自评高于考核（饮水安全）、1项低于考核（产业）"),
        ([(WATER, -25.0)], 0, "甲市1项中1项自评低于考核（饮水安全）"),
    ],
)
def test_self(steps: list[tuple[str, float]], unknown: int, title: str) -> None:
    assert grades.self_title("甲市", steps, unknown) == title


@pytest.mark.parametrize(
    ("first", "last", "parts", "n", "title"),
    [
        (("甲", 90.0), ("乙", 80.0), {"专项调查": 6.0, "日常工作": 4.0}, 14, "首末两市（甲、乙）相差10.0分，其中专项调查占6.0分"),
        (("甲", 90.0), ("乙", 85.0), {"专项调查": 7.0, "日常工作": -2.0}, 14, "首末两市（甲、乙）相差5.0分，差距最大的是专项调查（7.0分）"),
        (("甲", 90.0), ("乙", 89.99), {"专项调查": 0.01}, 14, "14市综合得分相同（90.0分）"),
        (("甲", 90.0), ("甲", 90.0), {"专项调查": 0.0}, 1, "只有甲有综合得分（90.0分）"),
        (("甲", NAN), ("甲", NAN), {}, 0, "没有可以合成的综合得分"),
    ],
)  # fmt: skip
def test_streams(
    first: tuple[str, float], last: tuple[str, float], parts: dict[str, float], n: int, title: str
) -> None:
    assert scores.streams_title("city14", first, last, parts, n) == title


@pytest.mark.parametrize(
    ("arguments", "title"),
    [
        ((86.14, 6.0, False, 14, 84.0, (86.14, 86.14)), "甲市综合得分86.1分，在14市中列第6名，高于平均2.1分"),
        ((86.14, 6.0, True, 14, 88.0, (86.14, 86.14)), "甲市综合得分86.1分，在14市中并列第6名，低于平均1.9分"),
        ((86.14, 1.0, False, 1, 86.14, (86.14, 86.14)), "甲市综合得分86.1分，在1市中列第1名，与平均分持平"),
        ((NAN, NAN, False, 13, 84.0, (58.44, 88.4)), "甲市数据不全，不排名次，综合得分在58.4–88.4分之间"),
        ((NAN, NAN, False, 13, 84.0, (NAN, NAN)), "甲市数据不全，不排名次"),
    ],
)
def test_position(arguments: tuple[object, ...], title: str) -> None:
    assert scores.position_title("甲市", "city14", *arguments) == title  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sizes", "unranked", "title"),
    [
        ([], 2, "没有可以分档的综合得分，另有2个单位数据不全"),
        ([("第1档", 235)], 0, "235个单位同在一档，分不出先后"),
        ([("第1档", 10), ("第2档", 42)], 1, "52个单位分为2档，第2档最多，有42个单位，另有1个单位数据不全"),
        ([("第1档", 1), ("第2档", 1)], 0, "2个单位各在一档"),
        ([("第1档", 5), ("第2档", 5), ("第3档", 1)], 0, "11个单位分为3档，最多的第1档、第2档各有5个单位"),
    ],
)
def test_bands(sizes: list[tuple[str, int]], unranked: int, title: str) -> None:
    assert scores.bands_title("unit235", sizes, unranked) == title


def test_own_band() -> None:
    assert scores.own_band_title("单位003", "unit235", 84.04, 2, 20, 12, 235) == (
        "单位003综合得分84.0分，在20档中居第2档，同档12个单位分不出先后"
    )
    assert scores.own_band_title("单位003", "unit235", 84.04, 1, 20, 1, 235).endswith("居第1档，独在一档")
    assert scores.own_band_title("单位003", "unit235", 84.04, 1, 1, 8, 8).endswith("8个单位同在一档，分不出先后")


@pytest.mark.parametrize(
    ("spans", "unranked", "title"),
    [
        ([], ["甲"], "没有可以排列的名次；甲数据不全，不排名次"),
        ([("甲", 1, 1), ("乙", 2, 2)], [], "计入抽样误差，2市的名次都不变"),
        ([("甲", 1, 3), ("乙", 1, 3), ("丙", 2, 3)], [], "计入抽样误差，3市的名次都只能定到区间，最宽的甲、乙各跨3个位次"),
        ([("甲", 1, 2), ("乙", 1, 3), ("丙", 2, 3)], [], "计入抽样误差，3市的名次都只能定到区间，最宽的乙为第1至第3名"),
        ([("甲", 1, 1), ("乙", 2, 3), ("丙", 2, 3)], ["丁"],
         "计入抽样误差，只有甲的名次不变，其余2市只能定到区间，最宽的乙、丙各跨2个位次；丁数据不全，不排名次"),
        ([("甲", 1, 1), ("乙", 2, 2), ("丙", 3, 4), ("丁", 3, 4)], [],
         "计入抽样误差，甲、乙的名次不变，其余2市只能定到区间，最宽的丙、丁各跨2个位次"),
    ],
)  # fmt: skip
def test_ranks(spans: list[tuple[str, float, float]], unranked: list[str], title: str) -> None:
    assert scores.ranks_title("city14", spans, unranked) == title


@pytest.mark.parametrize(
    ("moves", "title"),
    [
        ({}, "没有可比较的名次"),
        ({"甲": 0, "乙": 0}, "换用图中4种做法，2市名次都不变"),
        ({"甲": 2, "乙": 1}, "换用图中4种做法，名次至多变动2位（甲）"),
        ({"甲": 4, "乙": 1}, "换用图中4种做法，只有甲名次变动达3位以上（4位）"),
        ({"甲": 4, "乙": 4, "丙": 3}, "换用图中4种做法，3市名次变动达3位以上，最大的是甲、乙（各4位）"),
        ({"甲": 5, "乙": 4, "丙": 3}, "换用图中4种做法，3市名次变动达3位以上，最大的是甲（5位）"),
    ],
)
def test_moves(moves: dict[str, int], title: str) -> None:
    assert scores.moves_title("city14", moves, "换用图中4种做法") == title


@pytest.mark.parametrize(
    ("points", "n", "title"),
    [
        ([("审计", 0.0)], 0, "甲市没有日常工作记录，不扣分"),
        ([("审计", 0.0), ("信访", 0.0)], 4, "甲市4条日常工作记录都没有扣分"),
        ([("审计", 3.0), ("信访", 0.0)], 1, "甲市日常工作共扣3.0分，都来自审计"),
        ([("审计", 3.0), ("信访", 4.5)], 3, "甲市日常工作共扣7.5分，最多的是信访（4.5分）"),
        ([("审计", 3.0), ("信访", 3.0)], 2, "甲市日常工作共扣6.0分，最多的是审计、信访（各3.0分）"),
        ([(f"来源{i}", 1.0) for i in range(4)], 4, "甲市日常工作共扣4.0分，分散在4个来源"),
    ],
)
def test_daily(points: list[tuple[str, float]], n: int, title: str) -> None:
    assert scores.daily_title("甲市", points, n) == title


@pytest.mark.parametrize(
    ("lost", "title"),
    [
        ([], "甲市没有可计分的调查指标"),
        ([("就业率", 0.0), ("参保率", 0.04)], "甲市2项计分调查指标都达到目标值"),
        ([("就业率", 3.0), ("参保率", 0.0)], "甲市2项计分调查指标中只有就业率（3.0分）失分"),
        (
            [("就业率", 3.0), ("参保率", 4.0), ("满意度", 1.0)],
            "甲市调查得分共失8.0分，最多的是参保率（4.0分）、就业率（3.0分）",
        ),
    ],
)
def test_lost(lost: list[tuple[str, float]], title: str) -> None:
    assert scores.lost_title("甲市", lost) == title


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ([("专项调查", 0.3, NAN)], "参评对象不足，不能计算有效权重"),
        ([("专项调查", 0.3, 0.301), ("日常工作", 0.3, 0.299)], "各来源对得分差异的影响与方案权重一致"),
        ([("专项调查", 0.3, 0.1), ("日常工作", 0.3, 0.45)], "专项调查对得分差异的影响小于方案权重（10%，方案30%）"),
        ([("专项调查", 0.3, 0.2), ("日常工作", 0.3, 0.45)], "日常工作对得分差异的影响大于方案权重（45%，方案30%）"),
    ],
)
def test_effective(rows: list[tuple[str, float, float]], title: str) -> None:
    assert scores.effective_title(rows) == title


@pytest.mark.parametrize(
    ("rows", "within", "title"),
    [
        ([], "甲市", "甲市没有县（市、区）实地核查得分；另有2个没有核查得分"),
        ([("子县", False), ("丑县", False)], "甲市", "甲市有核查得分的2个县（市、区）都不在全省靠后之列；另有2个没有核查得分"),
        ([("子县", False), ("丑县", True)], "甲市", "甲市有核查得分的2个县（市、区）中丑县得分靠后；另有2个没有核查得分"),
        ([("子县", True), ("丑县", True)], "甲市", "甲市有核查得分的2个县（市、区）得分都靠后；另有2个没有核查得分"),
        ([("子县", False), ("丑县", True), ("寅县", True)], "", "全省有核查得分的3个县（市、区）中2个靠后：丑县、寅县；另有2个没有核查得分"),
    ],
)  # fmt: skip
def test_counties(rows: list[tuple[str, bool]], within: str, title: str) -> None:
    assert scores.counties_title(rows, 2, within=within) == title


def test_summary_and_tiles() -> None:
    labels = {"city14": "任务市", "unit235": "帮扶单位"}
    assert scores.summary_title({"city14": {"好": 0}, "unit235": {}}, labels) == "尚无综合等次"
    assert scores.summary_title({"city14": {"好": 3}, "unit235": {"较好": 5}}, labels) == "8个对象没有“一般及以下”"
    assert scores.summary_title({"city14": {"好": 3, "一般": 1, "待核": 2}, "unit235": {"较差": 5}}, labels) == (
        "11个对象中6个为“一般及以下”：任务市1个、帮扶单位5个；2个待核"
    )
    assert scores.summary_title({"city14": {"好": 3, "一般": 1}}, labels) == "4个对象中1个为“一般及以下”"
    assert scores.tiles_title({}, "") == "尚无综合等次"
    assert scores.tiles_title({"甲": "好", "乙": "好"}, "任务") == "任务2市中2市“好”；没有“一般及以下”"
    assert scores.tiles_title({"甲": "好", "乙": "一般", "丙": "较差", "丁": "待核", "戊": ""}, "") == (
        "5市中1市“好”、1市“一般”、1市“较差”；“一般及以下”为丙、乙；丁待核；戊缺数据"
    )
    assert scores.tiles_title({"甲": ""}, "") == "1市尚无等次"


@pytest.mark.parametrize(
    ("direction", "worse", "better", "n", "title"),
    [
        ("up", [], [], 0, "“满意”没有可比较的市级估计（全省91.7%）"),
        ("up", [], [], 14, "“满意”：14市与全省（91.7%）都没有明显差别"),
        ("up", ["甲"], [], 14, "“满意”：甲明显低于全省（91.7%）"),
        ("up", [], ["乙"], 14, "“满意”：没有市明显低于全省（91.7%），乙明显高于全省"),
        ("up", ["甲", "乙", "丙", "丁"], ["戊"], 14, "“满意”：甲、乙、丙等4市明显低于全省（91.7%），戊明显高于全省"),
        ("down", ["甲"], ["乙"], 14, "“满意”：甲明显高于全省（91.7%），乙明显低于全省"),
        ("none", ["甲"], [], 14, "“满意”：甲明显高于全省（91.7%）"),
        ("none", [], ["乙"], 14, "“满意”：乙明显低于全省（91.7%）"),
    ],
)
def test_dots(direction: str, worse: list[str], better: list[str], n: int, title: str) -> None:
    assert survey.dots_title("满意", direction, "91.7%", worse, better, n, "city14") == title


@pytest.mark.parametrize(
    ("worse", "better", "compared", "title"),
    [
        ([], [], 0, "甲市“落实‘三保障’情况”5项比例只作列示，不判断好坏"),
        ([], [], 1, "甲市“落实‘三保障’情况”可与全省比较的1项比例没有明显差别"),
        ([], [], 4, "甲市“落实‘三保障’情况”4项可比的比例与全省都没有明显差别"),
        (["住房"], [], 4, "甲市“落实‘三保障’情况”4项可比的比例中1项明显差于全省（住房）"),
        ([], ["住房"], 4, "甲市“落实‘三保障’情况”4项可比的比例中没有明显差于全省的，1项明显好于全省（住房）"),
        (["住房", "饮水", "教育"], ["医疗"], 4,
         "甲市“落实‘三保障’情况”4项可比的比例中3项明显差于全省（住房、饮水等），1项明显好于全省（医疗）"),
    ],
)  # fmt: skip
def test_profile(worse: list[str], better: list[str], compared: int, title: str) -> None:
    assert survey.profile_title("甲市", "落实“三保障”情况", worse, better, compared, 5) == title


def test_province_of_a_topic() -> None:
    assert survey.province_title("就业情况", [("就业率", "")]) == "全省“就业情况”没有可列示的比例"
    assert survey.province_title("就业情况", [("就业率", "80.0")]) == "全省“就业情况”中就业率为80.0%"
    assert survey.province_title("就业情况", [("就业率", "80.0"), ("培训", "9.5"), ("合同", "61.2")]) == (
        "全省“就业情况”最低的是培训（9.5%），最高的是就业率（80.0%）"
    )


@pytest.mark.parametrize(
    ("own", "below", "overall", "title"),
    [
        ("", {}, 0.05, "没有可列示的低于相对贫困线的人口比例"),
        ("", {"甲": 0.0, "乙": 0.0004}, 0.0, "2市都没有人口收入低于相对贫困线"),
        ("", {"甲": 0.08}, NAN, "甲有8.0%的人口收入低于相对贫困线"),
        ("", {"甲": 0.08, "乙": 0.118}, 0.091, "乙收入低于相对贫困线的人口比例最高（11.8%），全省9.1%"),
        ("甲", {"甲": 0.08, "乙": 0.118}, 0.091, "甲有8.0%的人口收入低于相对贫困线，2市中第2高，全省9.1%"),
        ("乙", {"甲": 0.08, "乙": 0.118}, 0.091, "乙有11.8%的人口收入低于相对贫困线，2市中最高，全省9.1%"),
    ],
)
def test_income(own: str, below: dict[str, float], overall: float, title: str) -> None:
    assert survey.income_title(own, below, overall) == title


def test_income_with_full_name_and_interval() -> None:
    title = survey.income_title("甲", {"甲": 0.08, "乙": 0.118}, 0.091, "甲市对口帮扶的村", "（95%区间6.0%–10.5%）")
    assert title == "甲市对口帮扶的村有8.0%（95%区间6.0%–10.5%）的人口收入低于相对贫困线，2市中第2高，全省9.1%"


@pytest.mark.parametrize(
    ("rank", "tied", "n", "bottom", "title"),
    [
        (1.0, False, 1, False, "甲县实地核查得分70.6分，没有其他县（市、区）可比"),
        (30.0, False, 32, True, "甲县实地核查得分70.6分，在32个县（市、区）中列第30位，列为靠后"),
        (4.0, True, 32, False, "甲县实地核查得分70.6分，在32个县（市、区）中并列第4位"),
    ],
)
def test_county_place(rank: float, tied: bool, n: int, bottom: bool, title: str) -> None:
    assert scores.county_place_title("甲县", 70.588, rank, tied, n, bottom) == title


@pytest.mark.parametrize(
    ("rates", "overall", "title"),
    [
        ({"甲": NAN}, 0.9, "没有应答率"),
        ({"甲": 0.85}, 0.9, "甲应答率85.0%，全省90.0%"),
        ({"甲": 0.85, "乙": 0.95}, 0.9, "全省应答率90.0%，最低的甲为85.0%"),
        ({"甲": 0.9, "乙": 0.9}, NAN, "应答率各地相同（90.0%）"),
    ],
)
def test_response(rates: dict[str, float], overall: float, title: str) -> None:
    assert survey.response_title(rates, overall) == title


def test_weights() -> None:
    assert survey.weights_title({}, {}) == "没有权重诊断"
    assert survey.weights_title({"甲": 5.0}, {"甲": 1.2}) == "甲权重设计效应1.20，最大权重为最小的5.0倍"
    assert survey.weights_title({"甲": 5.0, "乙": 3.0}, {"甲": 1.2, "乙": 1.1}) == (
        "权重设计效应1.10–1.20，甲最大（最大权重为最小的5.0倍）"
    )
    assert survey.weights_title({"甲": 5.0, "乙": 3.0}, {"甲": 1.2, "乙": 1.2}) == "2市权重设计效应都是1.20"


@pytest.mark.parametrize(
    ("shares", "title"),
    [
        ({}, "没有数据质量统计"),
        ({"甲": 0.05, "乙": 0.0504}, "未答和存疑平均3.0%，2市都不超过5%"),
        ({"甲": 0.06, "乙": 0.01}, "未答和存疑平均3.0%，只有甲超过5%（6.0%）"),
        ({"甲": 0.06, "乙": 0.07}, "未答和存疑平均3.0%，2市全部超过5%"),
        ({"甲": 0.06, "乙": 0.07, "丙": 0.0}, "未答和存疑平均3.0%，甲、乙超过5%"),
    ],
)
def test_quality_is_flagged_as_printed(shares: dict[str, float], title: str) -> None:
    assert survey.quality_title(shares, 0.05, 0.03) == title


@pytest.mark.parametrize(
    ("parts", "title"),
    [
        ([("指标表", 0, 0)], "甲市没有应收的数据"),
        ([("指标表", 1, 1), ("核查表", 14, 14)], "甲市2部分数据全部收到"),
        ([("指标表", 1, 0), ("核查表", 14, 14)], "甲市2部分数据中1部分不全：没有收到指标表"),
        ([("指标表", 1, 0), ("核查表", 14, 12)], "甲市2部分数据中2部分不全：没有收到指标表；核查表缺2项"),
    ],
)
def test_complete(parts: list[tuple[str, int, int]], title: str) -> None:
    assert survey.complete_title("甲市", parts) == title


@pytest.mark.parametrize(
    ("rank", "low", "high", "overlapping", "title"),
    [
        (NAN, NAN, NAN, 0, "甲市数据不全，不排名次"),
        (9.0, 9.0, 9.0, 0, "甲市列第9名，计入抽样误差不变"),
        (9.0, 7.0, 11.0, 8, "甲市列第9名，计入抽样误差为第7至第11名，区间与8市相重"),
        (9.0, 8.0, 9.0, 0, "甲市列第9名，计入抽样误差为第8至第9名，区间不与他市相重"),
    ],
)
def test_own_rank(rank: float, low: float, high: float, overlapping: int, title: str) -> None:
    assert scores.own_rank_title("甲市", rank, low, high, overlapping, "city14") == title


@pytest.mark.parametrize(
    ("value", "reference", "direction", "side", "judged", "title"),
    [
        ("", "91.7%", "up", 0, False, "“满意”：甲市的估计不能列示"),
        ("90.0%", "", "up", 0, False, "“满意”：甲市90.0%"),
        ("90.0%", "91.7%", "up", 0, False, "“满意”：甲市90.0%（全省91.7%），误差较大，不作结论"),
        ("90.0%", "91.7%", "up", 0, True, "“满意”：甲市90.0%，与全省（91.7%）没有明显差别"),
        ("80.0%", "91.7%", "up", -1, True, "“满意”：甲市80.0%，明显低于全省（91.7%）"),
        ("8.0%", "4.7%", "down", 1, True, "“满意”：甲市8.0%，明显高于全省（4.7%），差于全省"),
        ("1.0%", "4.7%", "down", -1, True, "“满意”：甲市1.0%，明显低于全省（4.7%），好于全省"),
        ("9.0%", "4.7%", "none", 1, True, "“满意”：甲市9.0%，明显高于全省（4.7%）"),
    ],
)
def test_own_dots(value: str, reference: str, direction: str, side: int, judged: bool, title: str) -> None:
    assert survey.own_dots_title("满意", "甲市", value, reference, direction, side, judged) == title


@pytest.mark.parametrize(
    ("weak", "title"),
    [
        ({"乙": 1}, "甲市尚无等次"),
        ({"甲": 0, "乙": 0}, "甲市没有“一般及以下”指标，2市都没有"),
        ({"甲": 0, "乙": 2, "丙": 0}, "甲市没有“一般及以下”指标，其他2市中1市有"),
        ({"甲": 5, "乙": 2}, "甲市有5项“一般及以下”指标，在2市中最多"),
        ({"甲": 5, "乙": 5}, "甲市有5项“一般及以下”指标，在2市中并列最多"),
        ({"甲": 1, "乙": 5, "丙": 0}, "甲市有1项“一般及以下”指标，在3市中第2多"),
        ({"甲": 1, "乙": 5, "丙": 3, "丁": 0, "戊": 1}, "甲市有1项“一般及以下”指标，在5市中并列第2少"),
        ({"甲": 1, "乙": 5, "丙": 3}, "甲市有1项“一般及以下”指标，在3市中最少"),
    ],
)
def test_own_mix(weak: dict[str, int], title: str) -> None:
    assert grades.own_mix_title("甲市", "city14", weak, "甲") == title


def test_streams_with_several_first_names_no_stream() -> None:
    title = scores.streams_title(
        "city14", ("甲", 90.0), ("丙", 80.0), {"专项调查": 10.0}, 14, tops=["甲", "乙"], tails=["丙"]
    )
    assert title == "最高的甲、乙与最低的丙相差10.0分"


def test_position_takes_the_difference_before_rounding() -> None:
    title = scores.position_title("甲市", "city14", 90.05, 1.0, False, 14, 82.14, (90.05, 90.05))
    assert title.endswith("高于平均7.9分")


def test_response_on_a_citys_page_leads_with_that_city() -> None:
    rates = {"甲": 0.95, "乙": 0.85, "丙": 0.9}
    assert survey.response_title(rates, 0.9, "丙") == "丙应答率90.0%，3市中第2低，全省90.0%"
    assert survey.response_title(rates, 0.9, "乙") == "乙应答率85.0%，3市中最低，全省90.0%"


def test_profile_without_any_direction_is_for_information() -> None:
    title = survey.profile_title("甲市", "样本户基本情况", [], [], 0, 4, judged=False)
    assert title == "甲市“样本户基本情况”4项比例供了解情况，不作好坏判断"


@pytest.mark.parametrize(
    ("weak", "said"),
    [
        ({"甲": 0, "乙": 0}, "2个单位15项指标都在“较好”及以上"),
        ({"甲": 1, "乙": 0}, "2个单位中只有甲有“一般及以下”指标（1项）"),
        ({"甲": 3, "乙": 0}, "2个单位中只有甲有“一般及以下”指标（3项）"),
        ({"甲": 1, "乙": 1, "丙": 0}, "3个单位中2个单位有“一般及以下”指标，每个都只有1项"),
        ({"甲": 4, "乙": 2, "丙": 0}, "3个单位中2个单位有“一般及以下”指标，最多的甲有4项"),
        ({"甲": 4, "乙": 4}, "2个单位中2个单位有“一般及以下”指标，最多的甲、乙各有4项"),
        ({"甲": 15, "乙": 1}, "2个单位中2个单位有“一般及以下”指标，甲15项全部都是"),
    ],
)
def test_weak_targets_of_a_large_class(weak: dict[str, int], said: str) -> None:
    from kaohe.plot.captions_grades import weak_targets_title

    assert weak_targets_title("unit235", weak, 15) == said
