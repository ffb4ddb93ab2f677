"""The tables of one build as a statistician opens them: sample, villages, register totals, names of places."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from kaohe.base.files import read_parquet
from kaohe.base.places import PROVINCE, level_of, parent_code
from kaohe.base.plan import Plan
from kaohe.design.build import helper_cities
from kaohe.design.explain import explain_weight
from kaohe.estimate.derive import derive
from kaohe.estimate.samples import village_sample
from kaohe.grade.gradings import gradings
from kaohe.plot.context import Context
from kaohe.publish.built import build_info, named_table

REGISTER = {"hh_kind": "register_hh_kind"}  # a margin of the register → its column in the sample


@dataclass(frozen=True, repr=False)
class Opened:
    """Tables of one build; in the examples ``s = kaohe.open()``.

    Attributes
    ----------
    folder : Path
        The folder of built tables.
    plan : Plan
    """

    folder: Path
    plan: Plan

    @property
    def households(self) -> pd.DataFrame:
        """One row a responding household of the drawn sample: weights with their factors, answers, derived variables.

        A copy each time: what is changed in it reaches no design. `kaohe.publish.workbench.Workbench.with_columns` adds columns.

        Examples
        --------
        >>> s.households[["household", "weight", "income_per_head"]].head(2).values.tolist()
        [['440203H0000', 54.0, 6000.0], ['440203H0001', 54.0, 6500.0]]
        """
        return self._households.copy(deep=False)

    @cached_property
    def _households(self) -> pd.DataFrame:
        return read_parquet(self.folder / "sample.parquet")

    @property
    def villages(self) -> pd.DataFrame:
        """One row a drawn village whose form came in: weights with their factors, answers, derived variables; a copy, too.

        Examples
        --------
        >>> s.villages[["village", "weight", "v_households"]].head(2).values.tolist()
        [['440203100200', 8.0, 40.0], ['440203100201', 8.0, 41.0]]
        """
        return self._villages.copy(deep=False)

    @cached_property
    def _villages(self) -> pd.DataFrame:
        tables = {n: self.clean(n) for n in ("sample_villages", "villages", "pairing")}
        forms = derive(tables["villages"], self.plan.questions, self.plan.poverty_line)
        own = forms.drop(columns=["city", "county"], errors="ignore")
        return village_sample(tables["sample_villages"], own, helper_cities(tables["pairing"]))

    @cached_property
    def places(self) -> dict[str, str]:
        """Names of towns and villages by code, from the register of places.

        Examples
        --------
        >>> s.places
        {'440203100000': '示范镇', '440203100200': '示范村'}
        """
        path = self.folder.parent / "clean" / "places.parquet"
        if not path.is_file():
            return {}
        frame = read_parquet(path)
        return dict(zip(frame["place"].astype(str), frame["name"].astype(str), strict=True))

    def name(self, code: str) -> str:
        """Name of a place by its `code`, towns and villages with those above them; the code itself where there is none.

        Examples
        --------
        >>> s.name("440203100200"), s.name("440200000000"), s.name("x")
        ('武江区示范镇示范村', '韶关市', 'x')
        """
        own = self.places.get(code)
        if own is None or not code.isdigit() or level_of(code) not in {"town", "village"}:
            return own or self.plan.gazetteer.name(code)
        return f"{self.name(parent_code(code, 'county' if level_of(code) == 'town' else 'town'))}{own}"

    @cached_property
    def source(self) -> str:
        """What stands under charts: where the numbers come from, and that they are invented where they are.

        Examples
        --------
        >>> s.source
        '专项调查（抽样户加权估计），2020年，演示数据（虚构）'
        """
        said = ("专项调查（抽样户加权估计）", f"{self.plan.meta['year']}年", build_info(self.folder).banner)
        return "，".join(t for t in said if t)

    @cached_property
    def ctx(self) -> Context:
        """The province as the charts and tables of the reports take it: ``charts.response_bars(s.table("response"), s.ctx)``.

        Examples
        --------
        >>> s.ctx.name, s.ctx.year, s.ctx.source_note
        ('全省', 2020, '演示数据（虚构）')
        """
        info = build_info(self.folder)
        return Context(
            object=PROVINCE, name="全省", kind="province", class_id="", class_label="", n_class=0, year=int(self.plan.meta["year"]),
            origin=info.origin, source_note=info.banner, plan=self.plan,
        )  # fmt: skip

    @cached_property
    def totals(self) -> dict[str, dict[str, dict[object, float]]]:
        """Register totals by city, margin (as the sample names it) and level.

        Examples
        --------
        >>> s.totals["440200000000"]["county"]
        {'440203000000': 1080.0, '440204000000': 1320.0}
        """
        out: dict[str, dict[str, dict[object, float]]] = {}
        for r in self.table("calibration").to_dict("records"):
            margin = REGISTER.get(str(r["margin"]), str(r["margin"]))
            out.setdefault(str(r["city"]), {}).setdefault(margin, {})[r["level"]] = float(r["target"])
        return out

    def table(self, name: str) -> pd.DataFrame:
        """A built table by `name`, such as ``response`` or ``calibration``, as the contracts of `kaohe.base.built` have it.

        Raises
        ------
        InputRefused
            K101 for a missing file, K102 for a damaged one.

        Examples
        --------
        >>> s.table("response")[["name", "selected", "completed"]].head(2).values.tolist()
        [['韶关市', 532, 472], ['汕头市', 525, 465]]
        """
        return named_table(self.folder, name)

    def clean(self, name: str) -> pd.DataFrame:
        """A clean table by `name`, such as ``doubles`` or ``grades``, as the contracts of `kaohe.base.tables` have it.

        Raises
        ------
        InputRefused
            K101, K102 as `table`.

        Examples
        --------
        >>> s.clean("sample_villages")[["village", "selection"]].head(1).values.tolist()
        [['440203100200', '抽样']]
        """
        return named_table(self.folder.parent / "clean", name)

    def gradings(self) -> pd.DataFrame:
        """Each item of each target as graded by itself, by the cross-assessment and by the field forms (see `gradings`).

        Examples
        --------
        >>> s.gradings()[["object", "item", "self_grade", "index_grade", "field_grade"]].head(1).values.tolist()
        [['440100000000', 1, '好', '好', '较好']]
        """
        return gradings(self.table("self_compare"), self.table("evidence"), self.plan)

    def explain_weight(self, household: str) -> pd.DataFrame:
        """How a household came to its weight (see `kaohe.design.explain_weight`).

        Parameters
        ----------
        household : str
            Number of a sample household.

        Returns
        -------
        DataFrame
            One row a factor, in order.

        Raises
        ------
        InputRefused
            K331, as `kaohe.design.explain_weight`.

        Examples
        --------
        >>> s.explain_weight("440203H0000")[["step", "factor", "weight"]].tail(2).values.tolist()
        [['f_nonresponse', 1.25, 60.0], ['f_calibration', 0.9, 54.0]]
        """
        return explain_weight(self.table("weights"), household)
