"""The tables of one build as a statistician opens them: sample, villages, register totals, names of places."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from kaohe.base.files import read_parquet
from kaohe.base.places import PROVINCE, level_of, parent_code
from kaohe.base.plan import Plan
from kaohe.estimate.derive import derive
from kaohe.estimate.samples import village_sample
from kaohe.plot.context import Context
from kaohe.publish.built import build_info, named_table

REGISTER = {"hh_kind": "register_hh_kind"}  # a margin of the register → its column in the sample


@dataclass(frozen=True, repr=False)
class Opened:
    """Tables of one build.

    Attributes
    ----------
    folder : Path
        The folder of built tables.
    plan : Plan
    """

    folder: Path
    plan: Plan

    @cached_property
    def households(self) -> pd.DataFrame:
        """One row a responding household of the drawn sample: weights with their factors, answers, derived variables."""
        return read_parquet(self.folder / "sample.parquet")

    @cached_property
    def villages(self) -> pd.DataFrame:
        """One row a drawn village whose form came in: weights with their factors, answers, derived variables."""
        tables = {n: self.clean(n) for n in ("sample_villages", "villages", "pairing")}
        forms = derive(tables["villages"], self.plan.questions, self.plan.poverty_line)
        paired = tables["pairing"].dropna(subset="helper_city")
        helper = dict(zip(paired["village"], paired["helper_city"], strict=True))
        return village_sample(
            tables["sample_villages"], forms.drop(columns=["city", "county"], errors="ignore"), helper
        )

    @cached_property
    def places(self) -> dict[str, str]:
        """Names of towns and villages by code, from the register of places."""
        path = self.folder.parent / "clean" / "places.parquet"
        if not path.is_file():
            return {}
        frame = read_parquet(path)
        return dict(zip(frame["place"].astype(str), frame["name"].astype(str), strict=True))

    def name(self, code: str) -> str:
        """Name of a place by its `code`, towns and villages with those above them; the code itself where there is none."""
        own = self.places.get(code)
        if own is None or not code.isdigit() or level_of(code) not in {"town", "village"}:
            return own or self.plan.gazetteer.name(code)
        return f"{self.name(parent_code(code, 'county' if level_of(code) == 'town' else 'town'))}{own}"

    @cached_property
    def source(self) -> str:
        """What stands under charts: where the numbers come from, and that they are invented where they are."""
        said = ("专项调查（抽样户加权估计）", f"{self.plan.meta['year']}年", build_info(self.folder).banner)
        return "，".join(t for t in said if t)

    @cached_property
    def ctx(self) -> Context:
        """The province as the charts and tables of the reports take it: ``charts.response_bars(s.table("response"), s.ctx)``."""
        info = build_info(self.folder)
        return Context(
            object=PROVINCE, name="全省", kind="province", class_id="", class_label="", n_class=0, year=int(self.plan.meta["year"]),
            origin=info.origin, source_note=info.banner, plan=self.plan,
        )  # fmt: skip

    @cached_property
    def totals(self) -> dict[str, dict[str, dict[object, float]]]:
        """Register totals by city, margin (as the sample names it) and level."""
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
        """
        return named_table(self.folder, name)

    def clean(self, name: str) -> pd.DataFrame:
        """A clean table by `name`, such as ``doubles`` or ``grades``, as the contracts of `kaohe.base.tables` have it.

        Raises
        ------
        InputRefused
            K101, K102 as `table`.
        """
        return named_table(self.folder.parent / "clean", name)
