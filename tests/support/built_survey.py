"""The survey's share of the invented frames: weights, response, estimates, income, sample villages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kaohe.base.plan import Plan

Row = dict[str, Any]
PROVINCE = "440000000000"


def survey_frames(rng: np.random.Generator, plan: Plan, counties: Callable[[str], list[str]]) -> dict[str, list[Row]]:
    """Rows of the survey tables by table name."""
    rows: dict[str, list[Row]] = {}
    for name in ("weights", "response", "nonresponse", "calibration", "weight_diagnostics", "estimates", "estimate_cov", "income",
                 "key_survey", "village_profile", "survey_items"):  # fmt: skip
        rows[name] = []
    cities = [(c, plan.gazetteer.name(c)) for c in plan.classes["city14"].members]
    helpers = [(c, plan.gazetteer.name(c)) for c in plan.classes["city6"].members]
    domains = [("province", PROVINCE, "全省", 6400)]
    domains += [("city", c, n, 40 if i == 3 else int(rng.integers(380, 560))) for i, (c, n) in enumerate(cities)]
    domains += [("helper", c, n, int(rng.integers(150, 700))) for c, n in helpers]
    domains += [("county", c, plan.gazetteer.name(c), 78) for city, _ in cities[:2] for c in counties(city)]
    base: dict[str, float] = {}
    for kind, code, name, n in domains:
        for q in plan.questions.values():
            if q.stat == "none" or (q.table == "village" and kind not in {"province", "city"}):
                continue
            level = base.setdefault(
                q.id,
                float(rng.uniform(0.55, 0.97))
                if q.is_share
                else float(rng.uniform(1, 12)) * (1000 if q.unit == "元" else 1),
            )
            rows["estimates"].append(
                _estimate(rng, q, kind, code, name, n if q.table == "household" else max(6, n // 13), level)
            )
        _income(rng, rows, kind, code, name, n)
        rows["response"].append(
            {"domain_type": kind, "domain": code, "name": name, "selected": n + 60, "completed": n, "refused": 30, "not_contacted": 20, "vacant": 6,
             "set_aside": 4, "response_rate": n / (n + 54)}
        )  # fmt: skip
    _scored(rng, plan, rows)
    for code, name in cities:
        _city(rng, plan, rows, code, name, counties(code))
    return rows


def _estimate(rng: np.random.Generator, q: Any, kind: str, code: str, name: str, n: int, level: float) -> Row:
    spread = 0.05 if kind != "province" else 0.0
    value = (
        float(np.clip(level + rng.normal(0, spread), 0.02, 0.99))
        if q.is_share
        else level * float(1 + rng.normal(0, spread * 2))
    )
    se = float(np.sqrt(value * (1 - value) * 1.6 / n)) if q.is_share else 0.4 * value * float(np.sqrt(1.6 / n))
    low, high = value - 1.98 * se, value + 1.98 * se
    if q.is_share:
        low, high = max(0.0, low), min(1.0, high)
    quality, psu = "ok", 1 + n // 30
    if kind == "county" and q.id == "med_aid":
        quality, value, se, low, high = "suppressed", np.nan, np.nan, np.nan, np.nan
    elif kind == "county" and q.id == "edu_subsidy":
        quality, se, low, high, psu = "not_estimable", np.nan, np.nan, np.nan, 1
    elif n < 50:
        quality = "caution"
    return {
        "unit": q.table, "domain_type": kind, "domain": code, "name": name, "indicator": q.id, "topic": q.topic, "label": q.shown, "stat": q.stat,
        "measure_unit": "" if q.is_share else q.unit, "is_share": q.is_share, "direction": q.direction, "estimate": value, "se": se, "ci_low": low,
        "ci_high": high, "df": float(max(psu - 3, 1)), "n": n, "n_psu": psu, "n_missing": 3, "deff": 1.6, "cv": se / value if value else np.nan,
        "method": "logit" if q.is_share else "t", "quality": quality,
    }  # fmt: skip


def _income(rng: np.random.Generator, rows: dict[str, list[Row]], kind: str, code: str, name: str, n: int) -> None:
    mid = float(rng.uniform(13000, 17500))
    p = [mid * f for f in (0.55, 0.74, 1.0, 1.33, 1.75)]
    below = float(rng.uniform(0.005, 0.12))
    rows["income"].append(
        {"domain_type": kind, "domain": code, "name": name, **dict(zip(("p10", "p25", "p50", "p75", "p90"), p, strict=True)), "share_below": below,
         "share_low": below * 0.6, "share_high": below * 1.6, "n": n, "quality": "ok"}
    )  # fmt: skip


def _scored(rng: np.random.Generator, plan: Plan, rows: dict[str, list[Row]]) -> None:
    scored = [q for q in plan.questions.values() if q.weight > 0]
    total = sum(q.weight for q in scored)
    by_key = {(r["domain_type"], r["domain"], r["indicator"]): r for r in rows["estimates"]}
    for class_id, kind in (("city14", "city"), ("city6", "helper")):
        for code in plan.classes[class_id].members:
            for q in scored:
                e = by_key[(kind, code, q.id)]
                estimate = (
                    float(rng.uniform(0.9, 0.99)) * (q.target or 1)
                    if q.direction == "up"
                    else float(rng.uniform(0.01, 0.08))
                )
                score = 100 * float(np.clip((estimate - q.floor) / (q.target - q.floor), 0, 1))
                rows["survey_items"].append(
                    {"object": code, "class_id": class_id, "indicator": q.id, "label": q.shown, "estimate": estimate, "se": e["se"], "floor": q.floor,
                     "target": q.target, "score": score, "weight": q.weight / total, "contribution": score * q.weight / total, "n": e["n"], "quality": "ok"}
                )  # fmt: skip
            for a in scored[:3]:
                rows["estimate_cov"].append({"domain_type": kind, "domain": code, "a": a.id, "b": a.id, "cov": 1e-4})


def _city(
    rng: np.random.Generator, plan: Plan, rows: dict[str, list[Row]], code: str, name: str, counties: list[str]
) -> None:
    w = np.sort(rng.lognormal(3.6, 0.35, 40))
    deff = 1 + float(w.var() / w.mean() ** 2)
    rows["weight_diagnostics"].append(
        {"city": code, "name": name, "n": 480, "sum_weights": 28000.0, "register_households": 28000.0, "cv": float(w.std() / w.mean()), "deff_kish": deff,
         "n_eff": 480 / deff, "w_min": w[0], "w_median": float(np.median(w)), "w_max": w[-1]}
    )  # fmt: skip
    for i, value in enumerate(w[:12]):
        rows["weights"].append(
            {"household": f"H{code[:6]}{i:03d}", "village": f"{code[:4]}22101{i:03d}", "town": f"{code[:4]}22101000", "county": counties[0], "city": code,
             "stratum": counties[0], "psu": f"{code[:4]}22101000", "hh_kind": "一般农户", "size_group": "3-4人", "n_towns": 9.0, "m_towns": 3.0,
             "n_villages": 12.0, "m_villages": 2.0, "n_households": 40.0, "m_households": 13.0, "f_county": 1.0, "f_town": 3.0, "f_village": 6.0,
             "f_household": 40 / 13, "w_design": 55.4, "nr_class": "一般农户·3-4人", "f_nonresponse": 1.08, "w_nonresponse": 59.8,
             "f_calibration": float(value / 59.8), "weight": float(value)}
        )  # fmt: skip
    rows["nonresponse"].append(
        {
            "city": code,
            "nr_class": "一般农户·3-4人",
            "n_selected": 120,
            "n_respondents": 110,
            "factor": 120 / 110,
            "merged": "",
        }
    )
    for margin, level in (
        ("hh_kind", "一般农户"),
        ("hh_kind", "已退出相对贫困户"),
        ("size_group", "3-4人"),
        ("county", counties[0]),
    ):
        rows["calibration"].append(
            {"city": code, "margin": margin, "level": level, "level_name": plan.gazetteer.name(level), "n": 160, "target": 9000.0, "before": 8700.0,
             "after": 9000.0, "g_min": 0.8, "g_max": 1.3, "iterations": 9}
        )  # fmt: skip
    for q in list(plan.questions.values())[:30]:
        if q.stat == "none":
            continue
        value = float(rng.uniform(0.4, 0.9)) if q.is_share else float(rng.uniform(1, 10))
        rows["key_survey"].append(
            {"city": code, "indicator": q.id, "topic": q.topic, "label": q.shown, "is_share": q.is_share, "measure_unit": q.unit, "n_villages": 2, "n": 24,
             "value": value, "quality": "ok"}
        )  # fmt: skip
    for i in range(6):
        rows["village_profile"].append(
            {"village": f"{code[:4]}22101{200 + i:03d}", "name": f"示例{'甲乙丙丁戊己'[i]}村", "town_name": "示例镇", "county": counties[0],
             "county_name": plan.gazetteer.name(counties[0]), "city": code, "selection": "重点调查" if i > 3 else "抽样",
             "helper_city": "440100000000" if i % 2 else "", "designated": float(i % 2), "selected": 13, "completed": 12, "v_households": 410.0,
             "v_poor": 22.0, "v_exited": 21.0, "v_collective_income": 86000.0, "v_team": 1.0, "v_team_days": 221.0}
        )  # fmt: skip
