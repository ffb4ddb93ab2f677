"""Invented clean tables and survey estimates of a small office, as the grading reads them.

``make_office(seed)`` is complete and without faults: every form in, every fact known. Tests take a
copy and spoil what they are about.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan, load_plan
from kaohe.base.tables import FACT_FIELDS

Tables = dict[str, pd.DataFrame]
SEVERITY = ("轻微", "一般", "严重")


def make_office(seed: int = 1, n_units: int = 12, plan: Plan | None = None) -> tuple[Tables, Tables]:
    """Clean tables and survey tables.

    Parameters
    ----------
    seed : int
        Seed of the invented values.
    n_units : int
        How many units; 235 for the full class.
    """
    plan = plan or load_plan()
    rng = np.random.default_rng(seed)
    units = [f"DW{i:03d}" for i in range(1, n_units + 1)]
    task, helpers = plan.classes["city14"].members, plan.classes["city6"].members
    places, villages = _places(rng, plan)
    clean = {
        "objects": pd.DataFrame(
            [(c, plan.gazetteer.name(c), "city14") for c in task]
            + [(c, plan.gazetteer.name(c), "city6") for c in helpers]
            + [(u, f"单位{u[2:]}", "unit235") for u in units],
            columns=["object", "name", "class_id"],
        ),
        "places": places,
        "pairing": pd.DataFrame(
            {
                "village": villages,
                "helper_city": [helpers[(i // 2) % len(helpers)] if i % 3 else "" for i in range(len(villages))],
                "unit": [units[i % n_units] if i % 2 else "" for i in range(len(villages))],
            }
        ),
    }
    clean["forms"], clean["grades"] = _forms(rng, plan, units, villages)
    people = clean["objects"]
    clean["daily"] = _daily(rng, plan, people)
    clean["facts"] = _facts(people["object"].tolist())
    clean["decisions"] = pd.DataFrame(
        columns=["decision", "object", "kind", "from_grade", "to_grade", "stream", "reason", "by_role", "date"]
    )
    clean["self_reports"] = pd.DataFrame(
        {"object": people["object"], "date": pd.Timestamp("2020-12-08"), "grade": "好"}
    )
    index = clean["grades"][clean["grades"]["form"].isin(["city14", "city6", "unit235"])]
    clean["self_grades"] = index[["object", "item"]].assign(grade="好")
    clean["problems"] = pd.DataFrame(
        {
            "problem": ["P001", "P002"], "object": [task[0], task[1]], "place": [villages[0], ""], "source": "交叉考核",
            "date": pd.Timestamp("2020-12-18"), "item": [8.0, np.nan], "prominent": [1.0, 0.0], "note": "供水管护不到位",
            "state": ["整改中", "已完成"], "done_date": [pd.NaT, pd.Timestamp("2021-01-10")],
        }
    )  # fmt: skip
    return clean, _survey(rng, plan)


def _places(rng: np.random.Generator, plan: Plan) -> tuple[pd.DataFrame, list[str]]:
    """Two counties a task city, two towns a county, two villages a town; every third village not designated."""
    rows: list[tuple[str, str, str, str, float]] = []
    villages = []
    for city in plan.classes["city14"].members:
        for county in plan.gazetteer.at_level("county", city)[:2]:
            for t in (1, 2):
                town = f"{county.code[:6]}10{t}000"
                rows.append((town, f"示例{t}镇", "镇", county.code, np.nan))
                for v in (1, 2):
                    village = f"{town[:9]}20{v}"
                    villages.append(village)
                    rows.append((village, f"示例{v}村", "村", town, float(len(villages) % 3 > 0)))
    return pd.DataFrame(rows, columns=["place", "name", "level", "parent", "designated"]), villages


def _forms(
    rng: np.random.Generator, plan: Plan, units: list[str], villages: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    heads: list[dict[str, Any]] = []
    grades: list[dict[str, Any]] = []

    def add(form_id: str, object_: str, place: str, p: list[float], **at: str) -> None:
        key = f"{form_id}:{place}"
        where = {"city": "", "county": "", "town": "", "village": ""} | at
        heads.append(
            {"form_key": key, "form": form_id, "object": object_, "place": place, **where, "team": "01",
             "visit_date": pd.Timestamp("2020-12-17")}
        )  # fmt: skip
        drawn = rng.choice(plan.grades, p=p, size=len(plan.forms[form_id].items))
        for item, grade in zip(plan.forms[form_id].items, drawn, strict=True):
            grades.append(
                {"form_key": key, "form": form_id, "object": object_, "place": place, "item": item.no,
                 "concept": item.concept, "grade": str(grade), "remark": ""}
            )  # fmt: skip

    for cls in plan.classes.values():
        for code in cls.members or units:
            weak = float(rng.uniform(0.02, 0.12))
            add(cls.form, code, code, [0.6, 0.4 - weak, weak * 0.8, weak * 0.2])
    mix = [0.55, 0.35, 0.08, 0.02]
    towns = dict.fromkeys(v[:9] + "000" for v in villages)
    for county in dict.fromkeys(v[:6] + "000000" for v in villages):
        city = county[:4] + "00000000"
        add("county", city, county, mix, city=city, county=county)
    for town in towns:
        city, county = town[:4] + "00000000", town[:6] + "000000"
        add("town", city, town, mix, city=city, county=county, town=town)
    for village in villages:
        city, county, town = village[:4] + "00000000", village[:6] + "000000", village[:9] + "000"
        add("village", city, village, mix, city=city, county=county, town=town, village=village)
    return pd.DataFrame(heads), pd.DataFrame(grades)


def _daily(rng: np.random.Generator, plan: Plan, people: pd.DataFrame) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    sources = list(plan.daily_sources.values())
    for person in people.itertuples():
        for i in range(int(rng.integers(0, 6))):
            rows.append(
                {"object": person.object, "source": str(rng.choice(sources)), "date": pd.Timestamp(2020, 1 + i, 10),
                 "kind": "扣分事项", "severity": str(rng.choice(SEVERITY, p=[0.6, 0.3, 0.1])), "measure": "",
                 "value": np.nan, "note": "情况属实"}
            )  # fmt: skip
        for m in plan.choices["daily"]["measures"]:
            if person.class_id in m["classes"]:
                low, high = m["floor"], m["target"]
                rows.append(
                    {"object": person.object, "source": plan.daily_sources[m["source"]],
                     "date": pd.Timestamp("2020-11-30"), "kind": "定量指标", "severity": "", "measure": m["name"],
                     "value": float(low + (high - low) * rng.uniform(0.5, 1.05)), "note": ""}
                )  # fmt: skip
    frame = pd.DataFrame(rows)
    frame.insert(0, "record", [f"R{i:05d}" for i in range(len(frame))])
    return frame


def _facts(objects: list[str]) -> pd.DataFrame:
    good = {name: "是" if field == "annual_task_completed" else "否" for field, name in FACT_FIELDS.items()}
    return pd.DataFrame(
        [(o, field, value, "核查单", pd.Timestamp("2020-12-20")) for o in objects for field, value in good.items()],
        columns=["object", "field", "value", "evidence", "date"],
    )


def _survey(rng: np.random.Generator, plan: Plan) -> Tables:
    scored = [q for q in plan.questions.values() if q.weight > 0]
    estimates, cov, response = [], [], []
    domains = [("city", c) for c in plan.classes["city14"].members] + [
        ("helper", c) for c in plan.classes["city6"].members
    ]
    for kind, code in domains:
        n = int(rng.integers(350, 560))
        sd = np.empty(len(scored))
        for i, q in enumerate(scored):
            x = q.floor + (q.target - q.floor) * float(rng.uniform(0.55, 0.95))
            sd[i] = np.sqrt(x * (1 - x) * 1.5 / n) if q.is_share else abs(x) * 0.02
            estimates.append(
                {"unit": q.table, "domain_type": kind, "domain": code, "indicator": q.id, "is_share": q.is_share,
                 "estimate": x, "se": sd[i], "n": n, "n_psu": 18, "deff": 1.5, "quality": "ok"}
            )  # fmt: skip
        matrix = np.outer(sd, sd) * (0.15 + 0.85 * np.eye(len(scored)))
        for i, a in enumerate(scored):
            for j, b in enumerate(scored):
                cov.append({"domain_type": kind, "domain": code, "a": a.id, "b": b.id, "cov": matrix[i, j]})
        response.append({"domain_type": kind, "domain": code, "selected": n + 60, "completed": n, "vacant": 8})
        for county in plan.gazetteer.at_level("county", code)[:3] if kind == "city" else []:
            response.append(
                {"domain_type": "county", "domain": county.code, "selected": 90, "completed": 78, "vacant": 2}
            )
    return {
        "estimates": pd.DataFrame(estimates), "estimate_cov": pd.DataFrame(cov), "response": pd.DataFrame(response)
    }  # fmt: skip
