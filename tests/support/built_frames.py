"""Plausible invented frames for every built table, to try charts, tables and words without a run.

``make_built(seed)`` gives one small province: 14 + 6 cities with their real names, 8 units, three
counties of each task city. Scores add up (contribution = weight · score, composite = their sum) so
that sentences about them can be checked; nothing else in it means anything.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from kaohe.base.built import BUILT
from kaohe.base.check import conform
from kaohe.base.plan import Plan, load_plan
from kaohe.base.tables import FACT_FIELDS
from kaohe.plot.output import Context
from support.built_survey import survey_frames
from support.built_why import rows_of_why

N_UNITS = 8
LEVELS = {"village": 8, "town": 4, "county": 2}
Row = dict[str, Any]


@lru_cache(maxsize=1)
def the_plan() -> Plan:
    """The packaged plan, read once."""
    return load_plan()


def unit_codes(n: int = N_UNITS) -> list[str]:
    """DW001, DW002, …"""
    return [f"DW{i:03d}" for i in range(1, n + 1)]


def members(class_id: str, n_units: int = N_UNITS) -> list[str]:
    """Targets of a class."""
    return unit_codes(n_units) if class_id == "unit235" else list(the_plan().classes[class_id].members)


def name_of(code: str) -> str:
    """Name of a target or place."""
    return f"单位{code[2:]}" if code.startswith("DW") else the_plan().gazetteer.name(code)


def counties(city: str) -> list[str]:
    """The first three counties of a city."""
    return [p.code for p in the_plan().gazetteer.at_level("county", city)][:3]


def make_context(kind: str, origin: str = "demo", object_: str = "") -> Context:
    """A context: kind is city, city6, county, unit, class, class6, classunit or province."""
    plan = the_plan()
    default = {
        "city": ("440200000000", "city14", "city"),
        "city6": ("440100000000", "city6", "city"),
        "county": (counties("440200000000")[0], "", "county"),
        "unit": ("DW003", "unit235", "unit"),
        "class": ("city14", "city14", "class"),
        "class6": ("city6", "city6", "class"),
        "classunit": ("unit235", "unit235", "class"),
        "province": ("province", "", "province"),
    }
    code, class_id, real = default[kind]
    code = object_ or code
    label = plan.classes[class_id].label if class_id else ""
    name = "全省" if real == "province" else (label if real == "class" else name_of(code))
    note = "演示数据（虚构）" if origin == "demo" else ""
    n = plan.classes[class_id].n if class_id else 0
    names = {u: name_of(u) for u in unit_codes(235)}
    return Context(code, name, real, class_id, label, n, 2020, origin, note, plan, names)


def make_built(seed: int = 1, n_units: int = N_UNITS) -> dict[str, pd.DataFrame]:
    """Every BUILT table, conformed.

    Parameters
    ----------
    seed : int
        Seed of the invented values.
    n_units : int
        How many units; 235 for the full class.
    """
    rng = np.random.default_rng(seed)
    rows: dict[str, list[Row]] = {name: [] for name in BUILT}
    for frames in (survey_frames(rng, the_plan(), counties),):
        for name, part in frames.items():
            rows[name].extend(part)
    _grades(rng, rows, n_units)
    _scores(rng, rows, n_units)
    _records(rng, rows, n_units)
    _intake(rng, rows)
    _targets(rows, n_units)
    return {name: conform(name, _filled(name, part)) for name, part in rows.items()}


def _filled(name: str, part: list[Row]) -> pd.DataFrame:
    """Rows as a frame; a column that nobody invents values for gets an empty one."""
    empty = {"s": "", "f": np.nan, "i": 0, "b": False, "d": None}
    blank = {column: empty[mark] for column, (mark, _) in BUILT[name].columns.items()}
    return pd.DataFrame([{**blank, **row} for row in part], columns=BUILT[name].names)


def scenario_rows(built: dict[str, pd.DataFrame], by: int = 1) -> pd.DataFrame:
    """A scenario in which the ranks of every class turn round by some places."""
    out = built["composite"][["object", "name", "class_id"]].copy()
    out["score_base"], out["rank_base"] = built["composite"]["composite"], built["composite"]["rank"]
    n = built["composite"]["n_ranked"]
    out["score_new"], out["rank_new"] = out["score_base"], (out["rank_base"] - 1 + by) % n + 1
    out["grade_base"] = out["grade_new"] = built["composite"]["grade_final"]
    out = out.assign(low_base=1.0, high_base=2.0, low_new=1.0, high_new=2.0, grade_move="不变")
    out["score_diff"], out["rank_shift"] = 0.0, out["rank_base"] - out["rank_new"]
    return conform("scenario_compare", out)


def empty_built(name: str) -> pd.DataFrame:
    """A built table with its columns and no rows."""
    return conform(name, pd.DataFrame(columns=BUILT[name].names))


def _grade_of(value: float) -> str:
    return the_plan().scale.grade(value)


def _grades(rng: np.random.Generator, rows: dict[str, list[Row]], n_units: int) -> None:
    plan = the_plan()
    values = plan.scale.values
    names = list(values)
    for class_id, target_class in plan.classes.items():
        form = plan.forms[target_class.form]
        for code in members(class_id, n_units):
            weak = rng.uniform(0.02, 0.16)
            p = [0.62 - weak, 0.38 - weak / 3, weak, weak / 3]
            for item in form.items:
                grade = str(rng.choice(names, p=p))
                rows["item_grades"].append(_item_row(code, class_id, form.level, item, [grade], plan))
            if class_id != "unit235":
                _field(rng, rows, code, class_id, LEVELS if class_id == "city14" else {"village": 5})
            _evidence(rng, rows, code, class_id)
    for city in members("city14"):
        for county in counties(city):
            _field(rng, rows, county, "", {"village": 4, "town": 2, "county": 1})


def _item_row(code: str, class_id: str, level: str, item: Any, grades: list[str], plan: Plan) -> Row:
    values = plan.scale.values
    counts = {g: grades.count(g) for g in values}
    graded = [g for g in grades if g]
    ordered = sorted(graded, key=lambda g: values[g])
    return {
        "object": code, "class_id": class_id, "level": level, "concept": item.concept, "item": item.no,
        "name": item.name, "group": item.group, "subgroup": item.subgroup, "n_places": len(grades),
        "n_graded": len(graded), "grade": ordered[(len(ordered) - 1) // 2] if ordered else "",
        "value": float(np.mean([values[g] for g in graded])) if graded else np.nan,
        "n_good": counts["好"], "n_fair": counts["较好"], "n_ordinary": counts["一般"], "n_poor": counts["较差"],
        "remark": "部分台账更新不及时" if counts["一般"] + counts["较差"] else "",
    }  # fmt: skip


def _field(
    rng: np.random.Generator, rows: dict[str, list[Row]], code: str, class_id: str, levels: dict[str, int]
) -> None:
    plan = the_plan()
    names = list(plan.scale.values)
    for level, places in levels.items():
        for item in plan.forms[level].items:
            weak = rng.choice([0.02, 0.35], p=[0.88, 0.12])
            grades = [
                str(g)
                for g in rng.choice(names, p=[0.6 - weak / 2, 0.4 - weak / 2, weak * 0.8, weak * 0.2], size=places)
            ]
            if level == "village" and rng.random() < 0.03:
                grades = [""] * places
            row = _item_row(code, class_id, level, item, grades, plan)
            at = counties(code if class_id == "city14" else "440200000000") if class_id else [code]
            row["weak_at"] = "、".join(at[i % len(at)] for i, g in enumerate(grades) if g in {"一般", "较差"})
            rows["item_grades"].append(row)


def _evidence(rng: np.random.Generator, rows: dict[str, list[Row]], code: str, class_id: str) -> None:
    plan = the_plan()
    form = plan.forms[plan.classes[class_id].form]
    mine = {(r["level"], r["concept"]): r for r in rows["item_grades"] if r["object"] == code}
    for item in form.items:
        index = mine[(form.level, item.concept)]
        levels = {lv: mine[(lv, item.concept)]["value"] for lv in LEVELS if (lv, item.concept) in mine}
        known = [v for v in levels.values() if not np.isnan(v)]
        evidence = float(np.mean(known)) if known else np.nan
        gap = index["value"] - evidence
        rows["evidence"].append(
            {
                "object": code, "class_id": class_id, "concept": item.concept, "label": plan.concepts[item.concept],
                "item": item.no, "name": item.name, "index_grade": index["grade"], "index_value": index["value"],
                "evidence": evidence, "gap": gap, "flagged": bool(abs(gap) >= 25) if known else False,
                "m_county": levels.get("county", np.nan), "m_town": levels.get("town", np.nan),
                "m_village": levels.get("village", np.nan), "n_county": 2 if "county" in levels else 0,
                "n_town": 4 if "town" in levels else 0, "n_village": 8 if "village" in levels else 0,
                "evidence_designated": evidence,
            }
        )  # fmt: skip


def _scores(rng: np.random.Generator, rows: dict[str, list[Row]], n_units: int) -> None:
    plan = the_plan()
    for class_id, target_class in plan.classes.items():
        codes = members(class_id, n_units)
        cross = {
            c: [r["value"] for r in rows["item_grades"] if r["object"] == c and r["level"] in {"city", "unit"}]
            for c in codes
        }
        scores: dict[str, dict[str, float]] = {}
        for code in codes:
            scores[code] = {"cross": float(np.mean(cross[code])), "daily": float(np.round(rng.uniform(72, 98), 1))}
            if "survey" in target_class.streams:
                mine = [r for r in rows["survey_items"] if r["object"] == code]
                scores[code]["survey"] = sum(r["contribution"] for r in mine)
        missing = codes[-1] if class_id == "city14" else ""
        if missing:
            scores[missing]["daily"] = np.nan
        total = {c: sum(w * scores[c][k] for k, w in target_class.streams.items()) for c in codes}
        ranked = sorted((c for c in codes if not np.isnan(total[c])), key=lambda c: -total[c])
        mean = float(np.mean([total[c] for c in ranked]))
        for code in codes:
            _one_score(rng, rows, code, class_id, scores[code], total, ranked, mean)
        for code in ranked[:40]:
            _explain(rows, code, class_id, ranked[:40])
        rows_of_why(rows, class_id, codes, ranked, total)
        for k, w in target_class.streams.items():
            rows["effective_weights"].append(
                {
                    "class_id": class_id,
                    "stream": k,
                    "stream_name": plan.streams[k],
                    "nominal": w,
                    "effective": w + 0.05 - 0.03 * len(k) / 5,
                }
            )
        finals = [r["grade_final"] for r in rows["composite"] if r["class_id"] == class_id]
        for grade in [*plan.grades, "待核", "缺数据"]:
            rows["class_summary"].append({"class_id": class_id, "grade": grade, "n": finals.count(grade)})
        for source, label in _SOURCES.items():
            rows["sensitivity_summary"].append(
                {"class_id": class_id, "source": source, "source_name": label, "scenarios": 3,
                 "mean_shift": float(rng.uniform(0.1, 2)), "max_shift": float(rng.integers(1, 5)), "grade_changes": int(rng.integers(0, 3)), "middle_changes": 0.0 if source == "scale" else float("nan")}
            )  # fmt: skip


_SOURCES = {
    "scale": "赋分办法",
    "item_weights": "指标权重",
    "stream_weights": "来源权重",
    "leave_one_out": "去掉一项",
    "cuts": "分等界限",
}


def _one_score(
    rng: np.random.Generator, rows: dict[str, list[Row]], code: str, class_id: str, score: dict[str, float],
    total: dict[str, float], ranked: list[str], mean: float,
) -> None:  # fmt: skip
    plan = the_plan()
    streams = plan.classes[class_id].streams
    known = code in ranked
    rank = 1 + sum(total[c] > total[code] + 1e-9 for c in ranked) if known else np.nan
    tied = known and sum(abs(total[c] - total[code]) <= 1e-9 for c in ranked) > 1
    low = {k: 0.0 if np.isnan(s) else s for k, s in score.items()}
    high = {k: 100.0 if np.isnan(s) else s for k, s in score.items()}
    for k, w in streams.items():
        rows["streams"].append(
            {"object": code, "class_id": class_id, "stream": k, "stream_name": plan.streams[k], "weight": w, "score": score[k],
             "low": low[k], "high": high[k], "se": 1.4 if k == "survey" else np.nan, "contribution": w * score[k],
             "missing_share": 1.0 if np.isnan(score[k]) else 0.0, "state": "未收到" if np.isnan(score[k]) else "完整",
             "note": "未收到日常工作记录" if np.isnan(score[k]) else ""}
        )  # fmt: skip
    grade = _grade_of(total[code]) if known else ""
    violation = code == ranked[2]
    final = "一般" if violation and grade in {"好", "较好"} else (grade or "缺数据")
    weak = sum(
        1
        for r in rows["item_grades"]
        if r["object"] == code and r["level"] in {"city", "unit"} and r["grade"] in {"一般", "较差"}
    )
    rows["composite"].append(
        {"object": code, "name": name_of(code), "class_id": class_id, "survey": score.get("survey", np.nan), "cross": score["cross"],
         "daily": score["daily"], "composite": total[code], "low": sum(streams[k] * low[k] for k in streams),
         "high": sum(streams[k] * high[k] for k in streams), "se": 0.42 if "survey" in streams else np.nan, "class_mean": mean,
         "grade_score": grade, "grade_final": final, "status": "已定" if known else "缺数据", "rank": rank, "tied": tied,
         "n_ranked": len(ranked), "band": _band(rank, len(ranked)) if known else "", "n_weak": weak,
         "completeness": 1.0 if known else 0.8}
    )  # fmt: skip
    for rule in plan.rules[:2]:
        fired = rule.id == "V1" and violation
        rows["caps"].append(
            {"object": code, "rule": rule.id, "field": rule.field, "field_name": FACT_FIELDS[rule.field],
             "value": "是" if fired or not rule.when else "否", "state": "触发" if fired else "未触发",
             "evidence": "审计报告" if fired else "", "date": "2020-12-20" if fired else None, "fired": fired, "before": grade,
             "after": final, "clause": rule.clause, "text": rule.text}
        )  # fmt: skip
    if final in {"一般", "较差"}:
        rows["talk_list"].append({"object": code, "name": name_of(code), "kind": "unit" if code.startswith("DW") else "city",
                                  "class_id": class_id, "reason": f"综合评价“{final}”", "clause": "六、（五）结果审定及运用"})  # fmt: skip
    if not known:
        return
    n = len(ranked)
    lo, hi = max(1, int(rank) - int(rng.integers(0, 4))), min(n, int(rank) + int(rng.integers(0, 4)))
    rows["rank_intervals"].append(
        {"object": code, "class_id": class_id, "rank": rank, "low": lo, "high": hi, "sim_low": max(1, lo - 2), "sim_high": min(n, hi + 2),
         "p_rank": 0.4, "p_grade": 0.9}
    )  # fmt: skip
    for r in range(lo, hi + 1):
        rows["rank_probabilities"].append({"object": code, "class_id": class_id, "rank": r, "p": 1 / (hi - lo + 1)})
    for source, label in _SOURCES.items():
        for scenario in ("基准", "情形一", "情形二") if source == "scale" else ("情形一", "情形二", "情形三"):
            shift = 0 if scenario == "基准" else int(rng.integers(-2, 3))
            rows["sensitivity"].append(
                {"object": code, "class_id": class_id, "source": source, "source_name": label, "scenario": scenario,
                 "score": total[code] + shift, "rank": float(np.clip(rank + shift, 1, n)), "grade": grade}
            )  # fmt: skip


def _explain(rows: dict[str, list[Row]], code: str, class_id: str, ranked: list[str]) -> None:
    plan = the_plan()
    above = ranked[ranked.index(code) - 1] if ranked.index(code) else ""
    parts = {c: {(s, k): p for s, k, _, p in _parts(rows, c)} for c in ranked}
    for reference, name, others in (("mean", "同类平均", ranked), ("next", name_of(above) if above else "", [above])):
        if others == [""]:
            continue
        for stream, component, label, mine in _parts(rows, code):
            theirs = sum(parts[o].get((stream, component), 0.0) for o in others) / len(others)
            rows["contributions"].append(
                {"object": code, "class_id": class_id, "reference": reference, "reference_name": name, "stream": stream,
                 "stream_name": plan.streams[stream], "component": component, "label": label, "delta": mine - theirs}
            )  # fmt: skip


def _parts(rows: dict[str, list[Row]], code: str) -> list[tuple[str, str, str, float]]:
    """Points of a target by stream and component; they add to its composite."""
    plan = the_plan()
    streams = {r["stream"]: r for r in rows["streams"] if r["object"] == code}
    items = [r for r in rows["item_grades"] if r["object"] == code and r["level"] in {"city", "unit"}]
    weight = streams["cross"]["weight"] / len(items)
    found = [("cross", r["concept"], plan.concepts[r["concept"]], weight * r["value"]) for r in items]
    if "survey" in streams:
        weight = streams["survey"]["weight"]
        mine = [r for r in rows["survey_items"] if r["object"] == code]
        found += [("survey", r["indicator"], r["label"], weight * r["contribution"]) for r in mine]
    return [*found, ("daily", "petition", plan.daily_sources["petition"], streams["daily"]["contribution"])]


def _band(rank: float, n: int) -> str:
    return "前段" if rank <= n / 4 else ("后段" if rank > 3 * n / 4 else "中段")


def _records(rng: np.random.Generator, rows: dict[str, list[Row]], n_units: int) -> None:
    plan = the_plan()
    sources = list(plan.daily_sources.items())
    for class_id in plan.classes:
        for code in members(class_id, n_units):
            for i, (source, name) in enumerate(sources):
                n = int(rng.integers(0, 4))
                points = 0.0
                for j in range(n):
                    severity = str(rng.choice(["轻微", "一般", "严重"], p=[0.6, 0.35, 0.05]))
                    off = float(plan.choices["daily"]["deductions"][source][severity])
                    points += off
                    rows["daily_items"].append(
                        {"object": code, "class_id": class_id, "record": f"R{i}{j}", "source": source, "source_name": name,
                         "date": f"2020-0{1 + j}-1{i}", "kind": "扣分事项", "severity": severity, "measure": "", "value": np.nan,
                         "points": off, "score": np.nan, "note": "问题已移交地方办理"}
                    )  # fmt: skip
                rows["daily_sources"].append(
                    {
                        "object": code,
                        "class_id": class_id,
                        "source": source,
                        "source_name": name,
                        "n_records": n,
                        "points": points,
                    }
                )
            for part, label, expected in (
                ("index", "指标表", 1),
                ("field", "实地核查表", 14),
                ("survey", "专项调查样本户", 480),
                ("daily", "日常工作记录", 8),
            ):
                got = expected if rng.random() < 0.7 else int(expected * 0.9)
                rows["completeness"].append(
                    {"object": code, "class_id": class_id, "part": part, "label": label, "expected": expected, "received": got,
                     "share": got / expected, "state": "完整" if got == expected else "部分缺失", "note": "" if got == expected else "部分未收到"}
                )  # fmt: skip
            form = plan.forms[plan.classes[class_id].form]
            for item in form.items:
                index = next(
                    r["grade"]
                    for r in rows["item_grades"]
                    if r["object"] == code and r["concept"] == item.concept and r["level"] == form.level
                )
                own = "好" if rng.random() < 0.8 else index
                order = plan.scale.order
                rows["self_compare"].append(
                    {"object": code, "class_id": class_id, "item": item.no, "concept": item.concept, "name": item.name, "self_grade": own,
                     "index_grade": index, "steps": float(order.index(index) - order.index(own))}
                )  # fmt: skip
            late = rng.random() < 0.15
            rows["self_status"].append({"object": code, "class_id": class_id, "date": "2020-12-14" if late else "2020-12-08", "due": "2020-12-10",
                                        "state": "逾期" if late else "按时", "grade": "好"})  # fmt: skip
    for i, city in enumerate(members("city14")[:6]):
        county = counties(city)[0]
        rows["rectify"].append(
            {"problem": f"P{i:03d}", "object": city, "place": county, "place_name": name_of(county), "source": "交叉考核", "date": "2020-12-18",
             "concept": "water", "label": plan.concepts["water"], "prominent": i == 0, "note": "供水设施管护不到位",
             "state": "已完成" if i % 2 else "未整改", "done_date": "2021-01-15" if i % 2 else None}
        )  # fmt: skip
    rows["decisions_log"].append({"object": members("city14")[1], "decision": "D001", "kind": "等次调整", "from_grade": "好", "to_grade": "较好", "stream": "",
                                  "reason": "集体审议", "by_role": "省考核办", "date": "2021-01-20", "applied": True, "why": ""})  # fmt: skip
    _county_rows(rng, rows)


def _county_rows(rng: np.random.Generator, rows: dict[str, list[Row]]) -> None:
    codes = [(city, c) for city in members("city14") for c in counties(city)]
    score = {c: float(np.round(rng.uniform(58, 97), 2)) for _, c in codes}
    for city, c in codes:
        rank = 1 + sum(s > score[c] + 1e-9 for s in score.values())
        weak = sum(1 for r in rows["item_grades"] if r["object"] == c and r["grade"] in {"一般", "较差"})
        rows["counties"].append(
            {"county": c, "name": name_of(c), "city": city, "city_name": name_of(city), "n_county": 1, "n_town": 2, "n_village": 4,
             "score": score[c], "low": score[c] - 1, "high": score[c] + 1, "rank": rank, "n_ranked": len(codes),
             "bottom": rank > 0.9 * len(codes), "n_weak": weak, "prominent": False, "n_households": 78}
        )  # fmt: skip
        for j, form in enumerate(("county", "town", "town", "village", "village", "village", "village")):
            rows["form_scores"].append(
                {"form_key": f"{form}-{c}-{j}", "form": form, "object": c, "place": c, "place_name": f"示例{j}村" if form == "village" else name_of(c),
                 "city": city, "county": c, "town": "", "village": "", "team": "第01组", "visit_date": "2020-12-17", "n_items": 17, "n_graded": 17,
                 "missing_share": 0.0, "score": score[c], "low": score[c], "high": score[c], "worst": "一般", "lower_median": "较好",
                 "share_good": 0.5, "share_fair": 0.9, "local_criteria": j == 6, "score_without_local": score[c]}
            )  # fmt: skip


def _intake(rng: np.random.Generator, rows: dict[str, list[Row]]) -> None:
    for city in members("city14"):
        name = name_of(city)
        rows["intake"].append(
            {"table": "households", "table_label": "住户调查表", "file": f"survey/{name}.csv", "sheet": "", "sha256": "ab" * 32, "encoding": "gb18030",
             "read": 500, "used": 494, "quarantined": 6, "declared": 0, "blank": 0, "refused": False, "balance": 0}
        )  # fmt: skip
        cells = 24000
        missing = int(rng.integers(50, 1900))
        rows["data_quality"].append(
            {"city": city, "name": name, "households": 494, "cells": cells, "missing": missing, "missing_share": missing / cells,
             "quarantined": 6, "doubtful_share": float(rng.uniform(0, 0.02))}
        )  # fmt: skip
        rows["screens"].append(
            {"screen": "share_good", "label": "“好”的比例", "object": city, "name": name, "value": float(rng.uniform(0.4, 0.99)), "threshold": 0.95,
             "flagged": False, "note": ""}
        )  # fmt: skip
        rows["screen_records"].append(
            {"screen": "no_tick", "label": "没有选等次的指标", "object": city, "name": name, "number": 1, "record": "考评等次 D7", "value": "空白",
             "file": f"cross/field/{name}.xlsx", "sheet": "县级", "row": 7}
        )  # fmt: skip
        rows["set_aside"].append(
            {"sender": name, "table": "households", "table_label": "住户调查表", "file": f"survey/{name}.csv", "sheet": "", "code": "K265",
             "rule": "超出允许范围", "action": "quarantine", "n": 6, "first_row": 4, "remedy": "核对原表"}
        )  # fmt: skip
    rows["findings_summary"].append(
        {
            "table": "households",
            "code": "K210",
            "table_label": "住户调查表",
            "action": "quarantine",
            "rule": "数值超出范围",
            "n": 6,
            "remedy": "核对原表",
        }
    )


def _targets(rows: dict[str, list[Row]], n_units: int) -> None:
    plan = the_plan()
    entries = [
        ("province", "province", "全省", "", "", notebook, slug)
        for notebook, slug in (("10_data_quality", "data-quality"), ("20_sample_design", "sample-design"), ("70_overview", "overview"))
    ]  # fmt: skip
    entries += [("class", c.id, c.label, c.id, "", "60_ranking", f"ranking-{c.id}") for c in plan.classes.values()]
    for class_id, target_class in plan.classes.items():
        for code in members(class_id, n_units):
            name, short = name_of(code), code[:6].lower()
            if target_class.kind == "unit":
                entries.append(("unit", code, name, class_id, "", "50_unit", f"unit-{short}"))
                continue
            entries.append(("city", code, name, class_id, code, "40_city", f"city-{short}"))
            entries.append(("survey", code, name, class_id, code, "30_survey", f"survey-{short}"))
    for city in members("city14"):
        entries += [("county", c, name_of(c), "", city, "45_county", f"county-{c[:6]}") for c in counties(city)]
    columns = ("kind", "object", "name", "class_id", "city", "notebook", "slug")
    rows["targets"] += [dict(zip(columns, entry, strict=True)) for entry in entries]
