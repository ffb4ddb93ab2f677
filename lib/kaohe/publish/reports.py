"""Which reports there are: eight notebooks, the kind of target each takes, and the names of their files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kaohe.base.built import BUILT
from kaohe.base.errors import InputRefused, nearest
from kaohe.base.files import read_parquet
from kaohe.base.plan import Plan

PROVINCE = "province"
PROVINCE_NAME = "全省"


@dataclass(frozen=True)
class Notebook:
    """One of the numbered notebooks: file stem, kind of its targets, file prefix, title, what it is called in lists."""

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
    """One object of assessment: kind, code, name, class and, for a county, its city."""

    kind: str
    object: str
    name: str
    class_id: str = ""
    city: str = ""


@dataclass(frozen=True)
class ReportId:
    """One report: a notebook for a target."""

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
    """The notebook of a name, with or without its number or ending (``40_city``, ``city``, ``40_city.ipynb``).

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


def read_targets(build: Path, plan: Plan) -> list[Target]:
    """All targets of a build, classes and province included, in the order in which they are listed.

    Parameters
    ----------
    build : Path
        Folder of built tables; its table ``targets`` names cities, counties and units.
    plan : Plan
        Names the classes.
    """
    frame = read_parquet(build / "targets.parquet", columns=["kind", "object", "name", "class_id", "city"])
    return targets_of(frame, plan)


def targets_of(frame: pd.DataFrame, plan: Plan) -> list[Target]:
    """Targets of the built table ``targets`` (see `read_targets`)."""
    found = [Target(PROVINCE, PROVINCE, PROVINCE_NAME)]
    found += [Target("class", c.id, c.label, c.id) for c in plan.classes.values()]
    for kind in ("city", "county", "unit"):
        rows = frame[frame["kind"] == kind].drop_duplicates("object").sort_values("object")
        if kind == "city":
            order = {code: n for n, c in enumerate(plan.classes.values()) for code in c.members}
            rows = rows.assign(_n=rows["object"].map(order)).sort_values(["_n", "object"])
        found += [
            Target(kind, str(r.object), str(r.name_), str(r.class_id), str(r.city))
            for r in rows.rename(columns={"name": "name_"}).itertuples(index=False)
        ]
    return found


def resolve(text: str, kind: str, targets: list[Target], plan: Plan) -> Target:
    """The target of a kind that a user means.

    Raises
    ------
    InputRefused
        K130 for a place the plan leaves out, K131 for an unknown one with the nearest names.
    """
    of_kind = {t.object: t for t in targets if t.kind == kind}
    code = plan.resolve_target(text, {c: t.name for c, t in of_kind.items()})
    return of_kind[code]


def reports_of(targets: list[Target]) -> list[ReportId]:
    """Every report there is to make, in the order of the index."""
    return [ReportId(n, t) for n in NOTEBOOKS.values() for t in targets if t.kind == n.kind]


def known_tables() -> frozenset[str]:
    """Names of the tables that a report may read."""
    return frozenset(BUILT)
