"""Facts that limit the grade, and decisions taken by hand: every one of them logged.

A fact is true, false or unknown. Where an unknown or unreported fact could change the result the
target stays 待核. Caps change the grade, never the score.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from kaohe.base.errors import nearest
from kaohe.base.plan import Plan, Rule
from kaohe.base.tables import FACT_FIELDS
from kaohe.grade.composite import LACKING, OPEN, SETTLED
from kaohe.grade.frames import frame_of, refuse
from kaohe.grade.inputs import by_id, text
from kaohe.grade.ranks import lower_grade

FIRED, PASSED, PENDING, HARMLESS, INACTIVE = "触发", "未触发", "待核", "待核，不影响等次", "未启用"
DECISION_COLUMNS = ("decision", "kind", "object", "from_grade", "to_grade", "reason", "by_role", "date")
_TRUE, _FALSE = {"是", "true"}, {"否", "false"}


@dataclass(frozen=True)
class Capped:
    """Grades after caps and decisions.

    Attributes
    ----------
    composite : DataFrame
        The frame given, with grade_final (a grade, 待核 or 缺数据), status (已定, 待核, 缺数据), cap
        (the lowest cap of a fired rule, "" without one) and doubt (that of a rule whose fact is not known).
    caps : DataFrame
        One row a target and rule, active or not.
    decisions : DataFrame
        One row a decision, with applied and why.
    """

    composite: pd.DataFrame
    caps: pd.DataFrame
    decisions: pd.DataFrame


def fact_table(facts: pd.DataFrame) -> pd.DataFrame:
    """Facts by target and field; two different values for one fact make it unknown.

    Parameters
    ----------
    facts : DataFrame
        object, field (id or Chinese name), value (是/否/待核, true/false/unknown; anything else is
        unknown); optional evidence, date.

    Returns
    -------
    DataFrame
        object, field (id), value (是, 否, 待核), evidence, date.

    Raises
    ------
    KaoheError
        K432 for a missing column or a field that is none of the plan's facts.
    """
    facts = frame_of("facts", facts)
    missing = [c for c in ("object", "field", "value") if c not in facts.columns]
    if missing:
        raise refuse("facts", f"no column {', '.join(missing)}", "object, field, value")
    out = facts.assign(object=text(facts["object"]))
    out["evidence"] = text(facts["evidence"]) if "evidence" in facts.columns else ""
    out["date"] = pd.to_datetime(facts["date"]) if "date" in facts.columns else pd.NaT
    given = text(out["field"])
    out["field"] = by_id(FACT_FIELDS, given)
    if out["field"].eq("").any():
        odd = str(given[out["field"] == ""].iloc[0])
        near = nearest(odd, [*FACT_FIELDS, *FACT_FIELDS.values()]) or FACT_FIELDS
        raise refuse("facts › field", odd, f"one of {', '.join(near)}")
    said = text(out["value"]).str.strip().str.lower()
    out["value"] = [("是" if v in _TRUE else "否" if v in _FALSE else "待核") for v in said]
    kinds = out.groupby(["object", "field"])["value"].transform("nunique")
    out["value"] = out["value"].where(kinds == 1, "待核")
    return out.sort_values(["object", "field", "date"]).drop_duplicates(["object", "field"], keep="last")


def apply_caps(
    composite: pd.DataFrame, facts: pd.DataFrame | None, plan: Plan, decisions: pd.DataFrame | None = None
) -> Capped:
    """Final grades: min(grade(C), caps of fired rules), then decisions by hand.

    Parameters
    ----------
    composite : DataFrame
        object, class_id, grade_score ("" where there is no composite).
    facts : DataFrame
        object, field, value (是/否/待核), evidence, date; the clean table. A fact without a row counts
        as unknown; so do all of them when None is given.
    plan : Plan
        Rules and those of them that are active.
    decisions : DataFrame, optional
        The clean table; rows of kind 等次调整 are applied here, others are logged by the build.

    Returns
    -------
    Capped

    Raises
    ------
    KaoheError
        K432 for a missing column, a grade that the scale does not have or a fact that the plan does not.

    Notes
    -----
    A decision is applied when its target has a settled grade equal to `from_grade` and `to_grade`
    does not lie above the cap of a fired rule, nor above that of a rule whose fact is still
    unknown, and it says why, by whom and when. Decisions follow in order of date and number.
    Plan, annex 1; [choices.rules] says which rules are active.

    Examples
    --------
    >>> from kaohe.base.plan import load_plan
    >>> graded = pd.DataFrame({"object": ["a", "b", "c"], "class_id": "city14", "grade_score": ["好", "好", "一般"]})
    >>> facts = pd.DataFrame({
    ...     "object": ["a", "a", "b"], "field": ["major_violation", "annual_task_completed", "major_violation"],
    ...     "value": ["否", "是", "是"],
    ... })
    >>> apply_caps(graded, facts, load_plan()).composite["grade_final"].tolist()
    ['好', '一般', '一般']
    >>> apply_caps(graded, facts.iloc[:1], load_plan()).composite["grade_final"].tolist()
    ['待核', '待核', '一般']
    """
    composite = frame_of("composite", composite)
    missing = [c for c in ("object", "grade_score") if c not in composite.columns]
    if missing:
        raise refuse("composite", f"no column {', '.join(missing)}", "object, grade_score")
    order = plan.scale.order
    composite["object"], composite["grade_score"] = text(composite["object"]), text(composite["grade_score"])
    odd = sorted(set(composite["grade_score"]) - {*order, ""})
    if odd:
        raise refuse("composite › grade_score", odd[0], f"one of {', '.join(order)}, or nothing")
    facts = pd.DataFrame(columns=["object", "field", "value"]) if facts is None else facts
    known = {(f.object, f.field): f for f in fact_table(facts).itertuples()}
    active = {r.id for r in plan.active_rules}
    log: list[dict[str, object]] = []
    finals, states, limits, doubts = [], [], [], []
    for target in composite.itertuples():
        rows = [_judge(target.object, rule, rule.id in active, known) for rule in plan.rules]
        fired = [str(r["cap"]) for r in rows if r["fired"]]
        cap = max(fired, key=order.index) if fired else ""
        sure = lower_grade(target.grade_score, cap, order)
        pending = False
        for row in rows:
            row["before"], row["after"] = target.grade_score, target.grade_score
            if row["fired"]:
                row["after"] = lower_grade(target.grade_score, str(row["cap"]), order)
            elif row["state"] == PENDING:
                if sure and lower_grade(sure, str(row["cap"]), order) == sure:
                    row["state"] = HARMLESS
                else:
                    pending = True
        unknown = [str(r["cap"]) for r in rows if r["state"] in {PENDING, HARMLESS}]
        log += rows
        limits.append(cap)
        doubts.append(max(unknown, key=order.index) if unknown else "")
        states.append(LACKING if not target.grade_score else OPEN if pending else SETTLED)
        finals.append(LACKING if not target.grade_score else OPEN if pending else sure)
    out = composite.assign(grade_final=finals, status=states, cap=limits, doubt=doubts)
    columns = ["object", "rule", "field", "field_name", "value", "evidence", "date", "fired", "before", "after",
               "clause", "text", "state"]  # fmt: skip
    caps = pd.DataFrame(log, columns=columns)
    caps["date"] = pd.to_datetime(caps["date"]).astype("datetime64[us]")
    if decisions is None or not len(decisions):
        return Capped(out, caps, pd.DataFrame(columns=["decision", "applied", "why"]))
    lacking = [c for c in DECISION_COLUMNS if c not in decisions.columns]
    if lacking:
        raise refuse("decisions", f"no column {', '.join(lacking)}", ", ".join(DECISION_COLUMNS))
    return _decide(out, caps, decisions, order, dict(zip(out["object"], doubts, strict=True)))


def _judge(code: str, rule: Rule, active: bool, known: dict[tuple[str, str], object]) -> dict[str, object]:
    fact = known.get((code, rule.field))
    value = str(fact.value) if fact is not None else "未报"  # type: ignore[attr-defined]
    hit = value == ("是" if rule.when else "否")
    if not active:
        state = INACTIVE
    elif hit:
        state = FIRED
    else:
        state = PASSED if value in {"是", "否"} else PENDING
    return {
        "object": code, "rule": rule.id, "field": rule.field, "field_name": FACT_FIELDS.get(rule.field, rule.field),
        "value": value, "evidence": fact.evidence if fact is not None else "",  # type: ignore[attr-defined]
        "date": fact.date if fact is not None else pd.NaT,  # type: ignore[attr-defined]
        "fired": state == FIRED, "clause": rule.clause, "text": rule.text, "state": state, "cap": rule.cap,
    }  # fmt: skip


def _decide(
    out: pd.DataFrame, caps: pd.DataFrame, decisions: pd.DataFrame, order: list[str], doubts: dict[str, str]
) -> Capped:
    finals = dict(zip(out["object"], out["grade_final"], strict=True))
    states = dict(zip(out["object"], out["status"], strict=True))
    limits = dict(zip(out["object"], out["cap"], strict=True))
    rows = []
    for d in decisions[decisions["kind"] == "等次调整"].sort_values(["date", "decision"]).itertuples():
        why = _refusal(d, finals, states, limits, order) or _doubtful(d, doubts, order)
        if not why:
            finals[d.object] = d.to_grade
        rows.append({"decision": d.decision, "applied": not why, "why": why or "已按决定调整等次"})
    settled = out.assign(grade_final=out["object"].map(finals))
    return Capped(settled, caps, pd.DataFrame(rows, columns=["decision", "applied", "why"]))


def _refusal(
    d: object, finals: dict[str, str], states: dict[str, str], limits: dict[str, str], order: list[str]
) -> str:
    """Why a decision is not applied; "" when it is."""
    code, source, to = d.object, d.from_grade, d.to_grade  # type: ignore[attr-defined]
    if code not in finals:
        return "对象不在名册"
    if states[code] != SETTLED:
        return f"对象等次为{states[code]}，先补齐数据或认定事实"
    if to not in order:
        return "没有写明调整后的等次"
    blank = [
        word
        for column, word in (("reason", "理由"), ("by_role", "决定机构"), ("date", "日期"))
        if pd.isna(getattr(d, column)) or not str(getattr(d, column)).strip()
    ]
    if blank:
        return f"没有写明{'、'.join(blank)}"
    if source != finals[code]:
        return f"原等次与当前等次不符：当前为{finals[code]}"
    if limits[code] and order.index(to) < order.index(limits[code]):
        return f"高于等次限制：已触发规则，最高为{limits[code]}"
    return ""


def _doubtful(d: object, doubts: dict[str, str], order: list[str]) -> str:
    """Why an unknown fact forbids a decision; "" when none does."""
    cap, to = doubts[d.object], d.to_grade  # type: ignore[attr-defined]
    if cap and order.index(to) < order.index(cap):
        return f"有事实待核：认定之前不得高于{cap}"
    return ""
