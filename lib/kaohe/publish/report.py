"""What a notebook opens: one target's rows, its context for charts and sentences, header and seal.

A notebook begins with `open_report` and ends with ``job.seal()``; everything in between reads
through the `Report`, which remembers what was read.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

import kaohe
from kaohe.base.clock import beijing_time
from kaohe.base.errors import InputRefused
from kaohe.base.plan import Plan, load_plan
from kaohe.plot import choices
from kaohe.plot.output import Context, Header, Seal
from kaohe.publish.built import ENV_PLAN, BuildInfo, build_info, check_plan, find_build
from kaohe.publish.parts import (
    Part,
    inside_part,
    own_part,
    peers_part,
    province_part,
    read_rows,
    with_province,
)
from kaohe.publish.reports import Notebook, Target, notebook_of, read_reports, report_slug, resolve, targets_of


class Report:
    """One report being made. Shown in a notebook it is the report's head.

    Parameters
    ----------
    notebook, target : Notebook, Target
        Which report of whom.
    targets : list of Target
        All targets of the build, among them those it is compared with.
    plan, info : Plan, BuildInfo
        The plan in force, and what the build says of itself.
    preview : bool
        Opened without a target: it cannot be published.

    Attributes
    ----------
    ctx : Context
        Whose report this is; what every chart and sentence takes.
    """

    def __init__(
        self, notebook: Notebook, target: Target, targets: list[Target], plan: Plan, info: BuildInfo, preview: bool
    ) -> None:
        self._notebook = notebook
        self._target = target
        self._targets = targets
        self._info = info
        self._preview = preview
        self._read: dict[str, str] = {}
        self._frames: dict[str, pd.DataFrame] = {}
        cls = plan.classes.get(target.class_id)
        self.ctx = Context(
            object=target.object,
            name=target.name,
            kind=target.kind,
            class_id=target.class_id,
            class_label=cls.label if cls else "",
            n_class=sum(t.kind in {"city", "unit"} and t.class_id == target.class_id for t in targets) if cls else 0,
            year=int(plan.meta["year"]),
            origin=info.origin,
            source_note=info.banner,
            plan=plan,
            names={t.object: t.name for t in targets},
        )

    def table(self, name: str, **only: str) -> pd.DataFrame:
        """A whole built table, or with ``column="value"`` the rows that equal the value.

        What is read is what makes a report stale when it changes: read what is shown, not more.

        Parameters
        ----------
        name : str
            Of a built table (docs/data_dictionary.md).
        **only : str
            ``column="value"``: rows that equal the value.

        Returns
        -------
        DataFrame
            Columns, units and missing values as its contract has them.

        Raises
        ------
        InputRefused
            K802 for an unknown name, K101 or K102 for a missing or damaged file.
        """
        return self._part(Part(name).narrowed(only))

    def own(self, name: str, **only: str) -> pd.DataFrame:
        """The rows of a built table about this target.

        Parameters
        ----------
        name, **only : str
            As `table` takes them.

        Returns
        -------
        DataFrame
            Columns as `table` gives them; rows as `kaohe.publish.parts.own_part` chooses them, none where
            the table says nothing about the target.

        Raises
        ------
        InputRefused
            K802, K101, K102 as `table`.
        """
        return self._part(own_part(name, self._target).narrowed(only))

    def peers(self, name: str, *, province: bool = False, **only: str) -> pd.DataFrame:
        """The rows of a built table about those this target is compared with, itself among them.

        Parameters
        ----------
        name, **only : str
            As `table` takes them.
        province : bool
            The province's rows as well, in tables of survey domains.

        Returns
        -------
        DataFrame
            Columns as `table` gives them; rows of the class or, for a county, of its city (see
            `kaohe.publish.parts.peers_part`).

        Raises
        ------
        InputRefused
            K802, K101, K102 as `table`.
        """
        part = peers_part(name, self._target)
        return self._part((with_province(part) if province else part).narrowed(only))

    def inside(self, name: str) -> pd.DataFrame:
        """The rows of a built table about the counties of this city; otherwise as `own`."""
        return self._part(inside_part(name, self._target))

    def province(self, name: str) -> pd.DataFrame:
        """The province's rows of a table of survey domains, to stand beside this target's; otherwise as `own`.

        Numbers are rounded as they are printed (see `kaohe.plot.against.as_printed`), so that a report is stale
        only when what it shows of the province changes.
        """
        return self._part(province_part(name))

    def header(self) -> Header:
        """Title, facts, mark and banner of this report."""
        ctx = self.ctx
        meta = ctx.plan.meta
        facts = [("考核对象", ctx.name)]
        if ctx.kind == "county":
            facts.append(("所属市", ctx.plan.gazetteer.name(self._target.city)))
        elif ctx.class_label and ctx.kind != "class":
            facts.append(("对象类别", ctx.class_label))
        facts += [
            ("考核年度", f"{ctx.year}年"),
            ("依据", str(meta["document_no"])),
            ("数据版本", self._info.data_hash[:12] or "未注明"),
        ]
        return Header(
            title=self._notebook.title.format(year=ctx.year, name=ctx.name),
            target=ctx.name,
            class_label=ctx.class_label,
            facts=facts,
            mark=str(meta["mark"]),
            banner=self._info.banner,
            preview=self._preview,
            slug=report_slug(self._notebook.stem, ctx.object),
        )

    def seal(self) -> Seal:
        """The last cell: which notebook and target this is and what it read; publishing checks it."""
        return Seal(
            notebook=self._notebook.stem,
            target=self.ctx.object,
            preview=self._preview,
            build=self._info.build,
            plan=self.ctx.plan.digest,
            version=kaohe.__version__,
            tables=dict(sorted(self._read.items())),
            facts=self._provenance(),
            choices=choices.sentences(self.ctx),
        )

    def _provenance(self) -> list[tuple[str, str]]:
        meta = self.ctx.plan.meta
        return [
            ("工作方案", f"《{meta['title']}》（{meta['document_no']}）"),
            ("方案参数", f"{meta['id']}，指纹 {self.ctx.plan.digest[:12]}"),
            ("数据指纹", self._info.data_hash[:16] or "未注明"),
            ("建表时间", beijing_time(self._info.time)),
            ("程序版本", f"kaohe {kaohe.__version__}"),
        ]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return self.header()._repr_mimebundle_(include, exclude)

    def _part(self, part: Part) -> pd.DataFrame:
        """Rows of a part, read once; each caller gets a frame of its own (pandas copies on write)."""
        name = str(part)
        if name not in self._frames:
            self._frames[name], self._read[name] = read_rows(self._info.folder, part, self._targets)
        return self._frames[name].copy(deep=False)


def open_report(notebook: str, target: str = "", processed: str | Path = "", plan: str | Path = "") -> Report:
    """Open the report of one target.

    Parameters
    ----------
    notebook : str
        Which of the numbered notebooks this is (``40_city``).
    target : str
        Code, name or short name; empty opens the first one as a preview, which cannot be published.
    processed : path
        The processed data; empty: environment ``KAOHE_PROCESSED``, otherwise ``data/processed``
        looked for from the working folder upward.
    plan : path
        The plan folder; empty: environment ``KAOHE_PLAN``, otherwise the packaged plan.

    Returns
    -------
    Report
        `.ctx` for charts and sentences; `.table(name)`, `.own(name)`, `.peers(name)` for built tables; `.seal()` for the last cell.

    Raises
    ------
    InputRefused
        K801 unknown notebook; K804 no processed data; K805 built under another plan; K806 no
        target of this kind in the build; K130 a place that the plan leaves out; K131 an unknown target.
    """
    which = notebook_of(notebook)
    scheme = cached_plan(str(plan) or os.environ.get(ENV_PLAN, ""))
    info = build_info(find_build(processed))
    check_plan(info, scheme)
    reports = read_reports(info.folder, scheme)
    targets = targets_of(reports)
    of_kind = [r.target for r in reports if r.notebook == which]
    if not of_kind:
        raise InputRefused(
            "K806",
            "The build holds no target of this kind",
            where=str(info.folder),
            expected=f"at least one {which.kind} for {which.stem}",
            remedy="run `kaohe clean` and `kaohe build` on data that has some",
        )
    preview = not target.strip()
    chosen = of_kind[0] if not target.strip() else resolve(target, of_kind, scheme)
    return Report(which, chosen, targets, scheme, info, preview)


@lru_cache(maxsize=4)
def cached_plan(folder: str) -> Plan:
    """A plan, read once a process."""
    return load_plan(folder or None)
