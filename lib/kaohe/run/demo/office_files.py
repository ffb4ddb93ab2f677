"""What the office itself holds: facts, decisions, self-reports, self-grades, problems."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.base.tables import FACT_FIELDS, STATES, contract
from kaohe.run.demo.cast import EMPTY_UNITS, LATE_UNITS, SILENT_UNITS, UNITS_WITHOUT_INDEX, Cast, cast_cities
from kaohe.run.demo.cross_files import CrossFiles
from kaohe.run.demo.grid import Grid, fill
from kaohe.run.demo.judgement import OTHER_TOPIC, REMARKS, TOPIC_OF, Quality
from kaohe.run.demo.planting import Planter, Recipe
from kaohe.run.demo.streams import stream

MAJOR, TASK = "major_violation", "annual_task_completed"
PROMINENT = "prominent_problem"
_UNIT_FACTS = {
    ("DW045", MAJOR): "是", ("DW166", MAJOR): "是", ("DW061", TASK): "否", ("DW078", MAJOR): "待核",
    ("DW131", TASK): "待核", ("DW188", PROMINENT): "是",
}  # fmt: skip
_OFFICE = "省扶贫开发领导小组办公室"
_CROSS, _SURVEY = "交叉考核实地核查", "专项调查"
_SOURCES = (_CROSS, "省级督查", "扶贫审计", "群众举报核查", _SURVEY)  # units have no survey: they take the first four


def office_grids(
    cross: CrossFiles, quality: Quality, targets: dict[str, str], kinds: dict[str, str], plan: Plan, seed: int,
    planter: Planter,
) -> list[Grid]:  # fmt: skip
    """The five office tables, with their faults.

    Parameters
    ----------
    cross : CrossFiles
        Index grades and places visited, which self-grades and problems follow.
    quality : Quality
    targets, kinds : dict of str to str
        Name and class id of every target.
    plan, seed, planter
        The plan; the demonstration's seed; where faults are planted and kept.
    """
    cast = cast_cities(quality, plan)
    made = (
        ("facts", "utf-8-sig", _facts(cast, targets, plan, seed), Recipe(0.004, ("short_name", "stray"), least=3)),
        ("decisions", "utf-8-sig", _decisions(cast, targets, plan), Recipe(0.0, ())),
        ("self_reports", "gb18030", _self_reports(cast, targets, plan, seed),
         Recipe(0.02, ("dotted_date", "stray", "short_name"), least=3)),
        ("self_grades", "utf-8", _self_grades(cross, targets, kinds, plan, seed),
         Recipe(0.006, ("unknown_grade", "stray", "unknown_grade", "short_name"), duplicates=0.002, vary="grade")),
        ("problems", "xlsx", _problems(cross, targets, kinds, plan, seed, cast),
         Recipe(0.02, ("bad_date", "dotted_date", "stray"), duplicates=0.01, vary="note", least=3)),
    )  # fmt: skip
    grids = []
    for name, encoding, frame, recipe in made:
        grid = fill(contract(name, plan), f"office/{name}", encoding, frame)
        planter.plant(grid, recipe)
        grids.append(grid)
    return grids


def _facts(cast: Cast, targets: dict[str, str], plan: Plan, seed: int) -> pd.DataFrame:
    rng = stream(seed, "facts")
    special = {
        (cast.violating, MAJOR): "是", (cast.undone, TASK): "否", (cast.unclear[0], MAJOR): "待核",
        (cast.unclear[1], TASK): "待核", **{(c, PROMINENT): "是" for c in cast.prominent}, **_UNIT_FACTS,
    }  # fmt: skip
    rows = []
    end = plan.dates["cross_due"]
    for code, name in targets.items():
        for field, label in FACT_FIELDS.items():
            usual = "是" if field == TASK else "否"
            value = special.get((code, field), usual)
            evidence = "情况核实中" if value == "待核" else "年度减贫任务完成情况通报" if field == TASK else "未发现"
            if value == "是" and field != TASK:
                evidence = "纪检监察机关通报" if field == MAJOR else "交叉考核情况报告"
            rows.append((name, label, value, evidence, end - timedelta(days=int(rng.integers(0, 20)))))
    return pd.DataFrame(rows, columns=["object", "field", "value", "evidence", "date"])


def _decisions(cast: Cast, targets: dict[str, str], plan: Plan) -> pd.DataFrame:
    day = plan.dates["end"] - timedelta(days=9)
    rows: list[tuple[object, ...]] = [
        ("JD-01", targets[cast.adjusted], "等次调整", "较好", "一般", None,
         "年度内发生造成不良影响的突出问题，经会议研究下调一个等次", _OFFICE, day),
    ]  # fmt: skip
    if UNITS_WITHOUT_INDEX[0] in targets:
        rows.append(
            ("JD-02", targets[UNITS_WITHOUT_INDEX[0]], "缺项处理", None, None, "交叉考核",
             "定点扶贫村因灾交通中断，未能实地核查，同意按日常工作得分计算", _OFFICE, day)
        )  # fmt: skip
    columns = ["decision", "object", "kind", "from_grade", "to_grade", "stream", "reason", "by_role", "date"]
    return pd.DataFrame(rows, columns=columns)


def _self_reports(cast: Cast, targets: dict[str, str], plan: Plan, seed: int) -> pd.DataFrame:
    rng = stream(seed, "self reports")
    due = plan.dates["self_report_due"]
    late = {cast.late, *LATE_UNITS}
    rows = []
    for code, name in targets.items():
        if code == cast.silent or code in SILENT_UNITS:
            continue
        day: date | None = due - timedelta(days=int(rng.integers(0, 12)))
        if code in late:
            day = due + timedelta(days=int(rng.integers(1, 9)))
        given: str | None = plan.grades[int(rng.random() < 0.22)]
        if code in EMPTY_UNITS:
            day, given = None, None
        rows.append((name, day, given))
    return pd.DataFrame(rows, columns=["object", "date", "grade"])


def _self_grades(
    cross: CrossFiles, targets: dict[str, str], kinds: dict[str, str], plan: Plan, seed: int
) -> pd.DataFrame:
    """Index grades as the targets see themselves: often one step better."""
    rng = stream(seed, "self grades")
    rows = []
    for code, name in targets.items():
        if code in SILENT_UNITS:
            continue
        for number, given in cross.grades[code].items():
            at = plan.grades.index(given)
            draw = rng.random()
            shift = -1 if draw < 0.42 else 1 if draw > 0.95 else 0
            rows.append((name, float(number), plan.grades[int(np.clip(at + shift, 0, 2))]))
    return pd.DataFrame(rows, columns=["object", "item", "grade"])


def _found(source: str, plan: Plan, days: int) -> date:
    """Day of a finding: cross-assessment works in its last three weeks, the survey until its due date."""
    end = plan.dates["survey_due"] if source == _SURVEY else plan.dates["cross_due"]
    return end - timedelta(days=days % 21 if source == _CROSS else days)


def _problems(
    cross: CrossFiles, targets: dict[str, str], kinds: dict[str, str], plan: Plan, seed: int, cast: Cast
) -> pd.DataFrame:
    """Problems found, mostly where a grade was low, with the state of their rectification."""
    rng = stream(seed, "problems")
    rows: list[tuple[object, ...]] = []
    for code, name in targets.items():
        form = plan.forms[plan.classes[kinds[code]].form]
        city = plan.classes[kinds[code]].kind == "city"
        here = cross.places[cross.places["city"] == code]
        for item in form.items:
            at = plan.grades.index(cross.grades[code][item.no])
            chance = (0.12, 0.3, 0.9, 1.0)[at] if city else (0.01, 0.05, 0.35, 0.7)[at]
            if rng.random() > chance:
                continue
            phrases = REMARKS[TOPIC_OF.get(item.concept, OTHER_TOPIC)]
            source = _SOURCES[int(rng.integers(len(_SOURCES) if city else len(_SOURCES) - 1))]
            found = _found(source, plan, int(rng.integers(0, 75)))
            state = STATES[int(rng.choice(3, p=(0.15, 0.35, 0.5)))]
            done = found + timedelta(days=int(rng.integers(10, 28))) if state == STATES[-1] else None
            place = None
            if len(here):
                visit = here.iloc[int(rng.integers(len(here)))]
                place = visit["village"] or visit["town"] or visit["county"]
            prominent = float((code in cast.prominent or at >= 2) and rng.random() < 0.25)
            rows.append(
                (name, place, source, found, float(item.no), prominent,
                 phrases[int(rng.integers(len(phrases)))], state, done)
            )  # fmt: skip
    columns = ["object", "place", "source", "date", "item", "prominent", "note", "state", "done_date"]
    frame = pd.DataFrame(rows, columns=columns)
    frame.insert(0, "problem", [f"WT{i + 1:04d}" for i in range(len(frame))])
    return frame
