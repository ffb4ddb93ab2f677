"""Which reports there are: eight notebooks, the kind of target each takes, and the names of their files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kaohe.base.errors import InputRefused, nearest
from kaohe.base.files import read_rows
from kaohe.base.plan import Plan

if TYPE_CHECKING:
    import pandas as pd

PROVINCE = "province"
TIMEOUT = 120.0


@dataclass(frozen=True)
class Notebook:
    """One of the numbered notebooks.

    Attributes
    ----------
    stem, prefix : str
        Name of its file without ending; that of its pages begins with.
    kind : str
        Kind of its targets.
    title, label : str
        Head of its reports; what it is called in lists.
    """

    stem: str
    kind: str
    prefix: str
    title: str
    label: str


NOTEBOOKS: dict[str, Notebook] = {
    n.stem: n
    for n in (
        Notebook("70_overview", "province", "overview", "{year}年扶贫开发工作成效考核全省总览", "全省总览"),
        Notebook("60_ranking", "class", "ranking", "{year}年扶贫开发工作成效考核综合排序：{name}", "综合排序"),
        Notebook("40_city", "city", "city", "{year}年扶贫开发工作成效考核分析报告：{name}", "市报告"),
        Notebook("30_survey", "city", "survey", "{year}年扶贫开发专项调查报告：{name}", "专项调查报告"),
        Notebook("45_county", "county", "county", "{year}年扶贫开发实地核查报告：{name}", "县（市、区）报告"),
        Notebook("50_unit", "unit", "unit", "{year}年定点扶贫工作成效考核分析报告：{name}", "单位报告"),
        Notebook("10_data_quality", "province", "data-quality", "{year}年考核数据质量报告", "数据质量"),
        Notebook("20_sample_design", "province", "sample-design", "{year}年专项调查抽样与加权说明", "抽样与加权"),
    )
}


@dataclass(frozen=True)
class Target:
    """One object of assessment, or the whole that a report is about.

    Attributes
    ----------
    kind : str
        province, class, city, county or unit.
    object, name : str
        Code and name.
    class_id, city : str
        Its class; of a county, code of its city; else empty.
    """

    kind: str
    object: str
    name: str
    class_id: str = ""
    city: str = ""


@dataclass(frozen=True)
class ReportId:
    """One report: a notebook for a target.

    Attributes
    ----------
    notebook : Notebook
    target : Target
    """

    notebook: Notebook
    target: Target

    @property
    def slug(self) -> str:
        """ASCII file name without ending."""
        return report_slug(self.notebook.stem, self.target.object)


def report_slug(stem: str, code: str) -> str:
    """File name of a report: ``city-440200``, ``county-440204``, ``unit-dw001``, ``ranking-city14``, ``overview``."""
    prefix = notebook_of(stem).prefix
    if code == PROVINCE:
        return prefix
    short = code[:6] if re.fullmatch(r"\d{6}0{6}", code, re.ASCII) else re.sub(r"[^a-z0-9]+", "-", code.lower())
    return f"{prefix}-{short}"


def notebook_of(stem: str) -> Notebook:
    """The notebook called `stem`, with or without its number or ending (``40_city``, ``city``, ``40_city.ipynb``).

    Raises
    ------
    InputRefused
        K801 with the nearest names.
    """
    tidy = stem.strip().removesuffix(".ipynb")
    for notebook in NOTEBOOKS.values():
        if tidy in {notebook.stem, notebook.stem.partition("_")[2], notebook.prefix, notebook.label}:
            return notebook
    raise InputRefused(
        "K801",
        "Unknown notebook",
        got=stem,
        expected="one of " + ", ".join(nearest(tidy, NOTEBOOKS)) + ", …",
        remedy="the notebooks are " + ", ".join(sorted(NOTEBOOKS)),
    )


def read_reports(build: Path, plan: Plan) -> list[ReportId]:
    """Every report there is to make, in the order of the index.

    Parameters
    ----------
    build : Path
        Folder of built tables; its table ``targets`` has one row a report.
    plan : Plan
        Gives the order of classes and their cities.

    Raises
    ------
    InputRefused
        K801 when the table names a notebook that there is not.
    """
    return _reports(read_rows(build / "targets.parquet"), plan)


def reports_of(frame: pd.DataFrame, plan: Plan) -> list[ReportId]:
    """The reports that the built table ``targets``, `frame`, lists under `plan` (see `read_reports`)."""
    return _reports(frame.to_dict("records"), plan)


def _reports(rows: Iterable[Mapping[Any, Any]], plan: Plan) -> list[ReportId]:
    stems = {stem: n for n, stem in enumerate(NOTEBOOKS)}
    classes = {c.id: n for n, c in enumerate(plan.classes.values())}
    members = {code: n for c in plan.classes.values() for n, code in enumerate(c.members)}
    found = []
    for row in rows:
        notebook = notebook_of(str(row["notebook"]))
        target = Target(
            notebook.kind, str(row["object"]), str(row["name"]), str(row["class_id"]), str(row["city"] or "")
        )
        key = (stems[notebook.stem], classes.get(target.class_id or target.object, 9), members.get(target.object, 0))
        found.append((key, target.object, ReportId(notebook, target)))
    return [report for _, _, report in sorted(found, key=lambda f: f[:2])]


def targets_of(reports: list[ReportId]) -> list[Target]:
    """Each target of `reports` once, in their order."""
    return list(dict.fromkeys(r.target for r in reports))


def resolve(text: str, targets: list[Target], plan: Plan) -> Target:
    """The target that a user means, among those given.

    Parameters
    ----------
    text : str
        Code, name or short name.
    targets : list of Target
        Those in question; of one code a city is meant before a county or a unit.
    plan : Plan
        What it leaves out is refused with its clause.

    Raises
    ------
    InputRefused
        K130 for a place the plan leaves out, K131 for an unknown one with the nearest names.
    """
    likely = {"city": 0, "county": 1, "unit": 2}
    by_code = {t.object: t for t in sorted(targets, key=lambda t: likely.get(t.kind, 3))}
    return by_code[plan.resolve_target(text, {c: t.name for c, t in by_code.items()})]


def refuse_missing(path: Path) -> None:
    """Refuse (K820) a notebook `path` that is not there.

    Raises
    ------
    InputRefused
        K820.
    """
    if not path.is_file():
        raise InputRefused(
            "K820",
            "A notebook cannot be read",
            where=path.name,
            got="no such file",
            expected=f"it in {path.parent.name or '.'}",
            remedy="run from the project's folder, or name the folder with --notebooks",
        )
