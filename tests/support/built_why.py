"""Invented rows of the tables that say why and how sure: chances, ways up, swap weights, agreement, profiles."""

from __future__ import annotations

from typing import Any

from kaohe.base.plan import load_plan

Row = dict[str, Any]
PLAN = load_plan()


def rows_of_why(
    rows: dict[str, list[Row]], class_id: str, codes: list[str], ranked: list[str], total: dict[str, float]
) -> None:
    """Add them for one class, from its composites."""
    streams = PLAN.classes[class_id].streams
    for code in codes:
        own = {"object": code, "class_id": class_id}
        final = next(r["grade_final"] for r in rows["composite"] if r["object"] == code)
        up = code in ranked and final in PLAN.grades[1:]
        rows["way_up"].append(
            {**own, "from_grade": final, "to_grade": PLAN.grades[PLAN.grades.index(final) - 1] if up else "",
             "cut": 87.5, "gap": 1.5, "steps": 2.0, "items": "住房保障（一般→好）" if up else "", "after": 88.0,
             "state": "提升指标可达" if up else "已是最高等次", "why": ""}
        )  # fmt: skip
        rows["profiles"].append(
            {**own, "n_items": 17, "n_graded": 17, "at_good": 0.5, "at_fair": 0.9, "at_ordinary": 1.0, "lower_median": "好",
             "worst": "一般", "n_ahead": 3, "n_behind": 2, "n_open": 1, "ordered": 0.8}
        )  # fmt: skip
        form = PLAN.forms[PLAN.classes[class_id].form]
        for place, group in enumerate(dict.fromkeys(i.group for i in form.items)):
            rows["group_scores"].append({**own, "level": form.level, "group": group, "place": place, "n_items": 3, "n_graded": 3,
                                         "score": 80.0, "low": 80.0, "high": 80.0})  # fmt: skip
        checks = {"self_field": "自评与实地核查", "index_field": "指标表与实地核查"}
        for check, label in (checks | ({"survey_cross": "专项调查与交叉考核"} if "survey" in streams else {})).items():
            rows["consistency"].append(
                {**own, "check": check, "label": label, "n": 5, "mean_gap": 3.2, "n_above": 1, "rank_first": 2.0, "rank_second": 9.0,
                 "rank_gap": -7.0, "correlation": 0.4, "flagged": True}
            )  # fmt: skip
        for stream, label, component, points in (
            ("cross", "饮水安全", "water", 4.0),
            ("daily", "信访投诉", "petition", 1.5),
        ):
            rows["lost_points"].append({**own, "stream": stream, "stream_name": PLAN.streams[stream], "component": component, "label": label,
                                        "weight": 0.05, "lost": points, "grade": "一般" if stream == "cross" else "", "step": 1.2})  # fmt: skip
    for place, code in enumerate(ranked):
        own = {"object": code, "class_id": class_id}
        if place:
            above = ranked[place - 1]
            rows["swap_weights"] += [
                {**own, "other": above, "other_name": above, "stream": s, "stream_name": PLAN.streams[s], "nominal": w, "swap": 0.44}
                for s, w in streams.items()
            ]  # fmt: skip
        if "survey" not in streams:
            continue
        rows["grade_probabilities"] += [
            {**own, "grade": g, "p": p} for g, p in zip(PLAN.grades, (0.25, 0.7, 0.05, 0.0), strict=True)
        ]
        for other in ranked:
            if other != code:
                gap = total[code] - total[other]
                p = min(max(0.5 + gap / 6, 0.0), 1.0)
                rows["pair_probabilities"].append({**own, "other": other, "p_above": p})
