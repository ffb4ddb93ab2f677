"""The list of all reports: one offline page with search, filters and sorting, whole without its script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kaohe.base.plan import Plan
from kaohe.plot.numbers import MISSING, is_missing, number, percent, rank_short
from kaohe.publish.look import (
    FAMILY_STACK,
    FONT_HERE,
    MARGINS,
    RUNNING,
    page_environment,
    script_hash,
    script_text,
    visible,
)  # fmt: skip
from kaohe.publish.manifest import Entry
from kaohe.publish.reports import ReportId
from kaohe.publish.webfont import data_uri

STATES = {"fresh": "", "stale": "待更新", "failed": "失败", "missing": "未生成"}
UNRANKED = "不排"
GROUPS = {
    "province": "全省",
    "class": "综合排序",
    "county": "县（市、区）",
    "unit": "单位",
}


@dataclass(frozen=True)
class Row:
    """One report in the list.

    `state` is empty for a fresh one; `href` is empty where there is no page.

    Attributes
    ----------
    name, group, label, href : str
        Name of the target, heading it stands under, kind of report, its page (empty: there is none).
    grade, score, rank, completeness : str
        As printed, or the word for why there is none; empty where a report of this kind has none.
    state : str
        Empty for a fresh one.
    """

    name: str
    group: str
    label: str
    grade: str = ""
    score: str = ""
    rank: str = ""
    completeness: str = ""
    state: str = ""
    href: str = ""


def rows_of(
    reports: Sequence[ReportId], states: Mapping[str, str], entries: Mapping[str, Entry],
    tables: Mapping[str, pd.DataFrame], plan: Plan,
) -> list[Row]:  # fmt: skip
    """The list's rows in order.

    Parameters
    ----------
    reports : sequence of ReportId
        All there are.
    states : mapping of slug to state
        ``fresh``, ``stale``, ``failed`` or ``missing``.
    entries : mapping of slug to Entry
        The manifest.
    tables : mapping of name to DataFrame
        Built tables composite, rank_intervals and counties.
    plan : Plan
        Names of classes.
    """
    composite = {str(r["object"]): r for r in tables["composite"].to_dict("records")}
    intervals = {str(r["object"]): r for r in tables["rank_intervals"].to_dict("records")}
    counties = {str(r["county"]): r for r in tables["counties"].to_dict("records")}
    found = []
    for report in reports:
        entry, state = entries.get(report.slug), states.get(report.slug, "missing")
        has_page = bool(entry and entry.outputs)
        facts: dict[str, Any] = {}
        if report.notebook.stem in {"40_city", "50_unit"}:
            facts = _target_facts(composite.get(report.target.object), intervals.get(report.target.object))
        elif report.notebook.stem == "45_county":
            facts = _county_facts(counties.get(report.target.object))
        name = report.target.name
        if report.notebook.kind == "county":
            name = f"{plan.gazetteer.name(report.target.city)}{name}"
        if report.notebook.kind == "province":
            name = report.notebook.label
        found.append(
            Row(
                name=name,
                group=group_of(report, plan),
                label=report.notebook.label,
                state=STATES[state],
                href=f"{report.slug}.html" if has_page else "",
                **facts,
            )
        )
    return found


def group_of(report: ReportId, plan: Plan) -> str:
    """What the class filter calls a report's target."""
    if report.notebook.kind == "city":
        cls = plan.classes.get(report.target.class_id)
        return cls.short if cls else "市"
    return GROUPS[report.notebook.kind]


def _target_facts(row: Mapping[str, Any] | None, interval: Mapping[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {}
    rank, text = row["rank"], UNRANKED
    if not is_missing(rank):
        text = f"{rank:.0f}"
        if interval is not None and not is_missing(interval["low"]):
            text += f"（{rank_short(interval['low'], interval['high'])}）"
        elif row["band"].endswith("档"):
            text = str(row["band"])
    return {
        "grade": str(row["grade_final"] or row["status"]),
        "score": _bounds(row) if is_missing(row["composite"]) else number(row["composite"]),
        "rank": text,
        "completeness": "" if is_missing(row["completeness"]) else percent(row["completeness"]),
    }


def _county_facts(row: Mapping[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {}
    if is_missing(row["score"]):
        seen = row["n_county"] + row["n_town"] + row["n_village"] > 0
        return {"score": _bounds(row) if row["n_county"] else "缺县表" if seen else "未核查", "rank": UNRANKED}
    return {
        "score": number(row["score"]),
        "rank": UNRANKED if is_missing(row["rank"]) else f"{row['rank']:.0f}",
    }


def _bounds(row: Mapping[str, Any]) -> str:
    """Between which bounds a score lies that is not settled."""
    return (
        "缺数据"
        if is_missing(row["low"]) or is_missing(row["high"])
        else f"在{number(row['low'])}–{number(row['high'])}"
    )


def render_index(rows: Sequence[Row], *, plan: Plan, banner: str, facts: Sequence[tuple[str, str]],
                 failures: Sequence[tuple[str, str]], summary: str, stamp: str) -> str:  # fmt: skip
    """The index page.

    Parameters
    ----------
    rows : sequence of Row
    plan : Plan
        Mark and document number.
    banner : str
        Said on top for invented data.
    facts : sequence of (label, value)
        Under the title: how many reports, which data.
    failures : sequence of (name, reason)
        Reports that could not be made.
    summary : str
        File of the page that says how the last run went.
    stamp : str
        In the printed footer.
    """
    template = page_environment().get_template("kaohe/list.html.j2")
    text = template.render(
        rows=rows,
        lack=MISSING,
        groups=list(dict.fromkeys(r.group for r in rows)),
        grades=[g for g in (*plan.grades, "待核", "缺数据") if any(r.grade == g for r in rows)],
        title=f"{plan.meta['year']}年扶贫开发工作成效考核分析报告总目录",
        mark=str(plan.meta["mark"]),
        document_no=str(plan.meta["document_no"]),
        banner=banner,
        facts=facts,
        failures=failures,
        summary=summary,
        stamp=stamp,
        script=script_text("index"),
        script_hash=script_hash("index"),
        font=FONT_HERE,
        family_stack=FAMILY_STACK,
        running=RUNNING,
    )
    return text.replace(FONT_HERE, data_uri(visible(text) + MARGINS + "↑↓↕份"), 1)
