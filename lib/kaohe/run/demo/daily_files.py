"""Records of daily work from the plan's sources: events that cost points, and quantitative measures."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.base.tables import DAILY_KINDS, SEVERITIES, contract
from kaohe.run.demo.grid import Grid, fill
from kaohe.run.demo.judgement import Quality
from kaohe.run.demo.planting import Planter, Recipe
from kaohe.run.demo.streams import stream

EVENT, MEASURE = DAILY_KINDS
_ENCODINGS = ("gb18030", "utf-8-sig", "xlsx", "utf-8", "gb18030", "xlsx", "utf-8-sig", "gb18030-bom")
_EVENTS_PER_SOURCE = {"city": 1.05, "unit": 0.24}
_SHARES = (0.62, 0.31, 0.07)
_TEXTS = {
    "inspection": ("督查发现台账更新不及时", "督查发现个别政策落实打折扣", "巡察反馈问题整改不到位"),
    "conduct": ("检查指标过多加重基层负担", "工作作风漂浮，走访记录雷同", "专项治理发现资料造假苗头"),
    "audit": ("审计发现资金滞留", "审计发现项目验收手续不全", "审计发现资产未登记入账"),
    "fund_performance": ("绩效目标设置不细", "绩效评价得分偏低", "项目实施进度滞后"),
    "hotline_12317": ("群众反映补助发放不及时", "群众反映帮扶措施未到位", "群众反映项目收益分配不公开"),
    "petition": ("来信反映危房改造对象认定问题", "来访反映土地流转费拖欠", "来信反映评议程序不规范"),
    "past_problems": ("往年发现问题未按期整改", "整改措施未落实到人", "整改后问题反弹"),
    "data_monitoring": ("系统数据与实际不符", "数据更新超期", "新增监测对象录入不及时"),
}
REPAIRABLE = Recipe(share=0.012, kinds=("short_name", "stray", "dotted_date"))
# Records that are set aside are events, so that few targets lose a measure and with it their daily score.
ASIDE = Recipe(share=0.012, kinds=("bad_date", "serial_date"), duplicates=0.006, vary="note", least=1)
ONE_MEASURE = Recipe(share=0.0, kinds=("excel_error",), columns=("value",), least=1)


def daily_grids(
    quality: Quality, targets: dict[str, str], kinds: dict[str, str], plan: Plan, seed: int, planter: Planter
) -> list[Grid]:
    """One file a source.

    Parameters
    ----------
    quality : Quality
    targets : dict of str to str
        Code and name of every target.
    kinds : dict of str to str
        Class id of every target.
    plan, seed, planter
        Sources and measures; the demonstration's seed; where faults are planted and kept.
    """
    grids = []
    for number, (source, label) in enumerate(plan.daily_sources.items()):
        rng = stream(seed, "daily", source)
        rows = _events(source, quality, targets, kinds, plan, rng)
        rows += _measures(source, quality, targets, kinds, plan, rng)
        columns = ["object", "date", "kind", "severity", "measure", "value", "note"]
        frame = pd.DataFrame(rows, columns=columns).sort_values(["date", "object"], ignore_index=True)
        frame.insert(0, "record", [f"RC{number + 1}-{i + 1:04d}" for i in range(len(frame))])
        frame.insert(2, "source", label)
        file = f"daily/{number + 1:02d}_{label.replace(' ', '')}"
        grid = fill(contract("daily", plan), file, _ENCODINGS[number % len(_ENCODINGS)], frame)
        planter.plant(grid, REPAIRABLE)
        at = grid.position("kind")
        planter.plant(grid, ASIDE, [r for r, row in enumerate(grid.rows) if row[at] == EVENT])
        if number + 1 == len(plan.daily_sources):
            planter.plant(grid, ONE_MEASURE, [r for r, row in enumerate(grid.rows) if row[at] == MEASURE])
        grids.append(grid)
    return grids


def _events(
    source: str, quality: Quality, targets: dict[str, str], kinds: dict[str, str], plan: Plan, rng: np.random.Generator
) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    texts = _TEXTS.get(source, ("工作中发现的问题",))
    for code, name in targets.items():
        kind = plan.classes[kinds[code]].kind
        good = float(quality.objects.loc[code].mean())
        rate = _EVENTS_PER_SOURCE[kind] * np.exp(-0.55 * good)
        for _ in range(min(int(rng.poisson(rate)), 9)):
            severity = int(rng.choice(len(SEVERITIES), p=_SHARES))
            note = texts[min(severity, len(texts) - 1)]
            rows.append((name, _day(rng, plan), EVENT, SEVERITIES[severity], None, None, note))
    return rows


def _measures(
    source: str, quality: Quality, targets: dict[str, str], kinds: dict[str, str], plan: Plan, rng: np.random.Generator
) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for measure in plan.choices["daily"]["measures"]:
        if measure["source"] != source:
            continue
        low, high = float(measure["floor"]), float(measure["target"])
        for code, name in targets.items():
            if kinds[code] not in measure["classes"]:
                continue
            good = float(quality.objects.loc[code, ["funds", "organisation"]].mean())
            level = np.clip(0.80 + 0.16 * good + 0.09 * rng.standard_normal(), 0.02, 1.0)
            value = round(low + (high - low) * float(level), 3)
            rows.append((name, plan.dates["self_report_due"], MEASURE, None, measure["name"], value, "年度统计"))
    return rows


def _day(rng: np.random.Generator, plan: Plan) -> date:
    """A day of the year, before the self-reports were due."""
    return plan.dates["self_report_due"] - timedelta(days=int(rng.integers(5, 330)))
