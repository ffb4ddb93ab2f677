"""A report that was never opened: frames made by hand, read as an open report reads them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kaohe.base.built import BUILT
from kaohe.base.check import conform
from kaohe.plot.against import as_printed
from kaohe.plot.output import Context
from kaohe.publish.parts import Part, inside_part, own_part, peers_part, province_part, with_province
from kaohe.publish.reports import Target
from support.built_frames import make_built

PROVINCE = "440000000000"
BLANK = {"s": "", "f": np.nan, "i": 0, "b": False, "d": None}


def frame(name: str, *rows: dict[str, Any]) -> pd.DataFrame:
    """A built table of the rows given; columns not named are empty."""
    blank = {column: BLANK[mark] for column, (mark, _) in BUILT[name].columns.items()}
    return conform(name, pd.DataFrame([{**blank, **row} for row in rows], columns=BUILT[name].names))


class FakeReport:
    """Reads parts of frames as `kaohe.publish.report.Report` reads parts of files.

    Tables not given are empty.
    """

    def __init__(self, ctx: Context, *, city: str = "", **frames: pd.DataFrame) -> None:
        self.ctx = ctx
        self.frames = frames
        self._target = Target(ctx.kind, ctx.object, ctx.name, ctx.class_id, city)
        self._targets = [
            Target(str(r["kind"]), str(r["object"]), str(r["name"]), str(r["class_id"]), str(r["city"]))
            for r in invented("targets").to_dict("records")
        ]

    def table(self, name: str, **only: str) -> pd.DataFrame:
        """A whole table."""
        return self._part(Part(name).narrowed(only))

    def own(self, name: str, **only: str) -> pd.DataFrame:
        """Rows of the target."""
        return self._part(own_part(name, self._target).narrowed(only))

    def peers(self, name: str, *, province: bool = False, **only: str) -> pd.DataFrame:
        """Rows of the target's class, and of the province."""
        part = peers_part(name, self._target)
        return self._part((with_province(part) if province else part).narrowed(only))

    def inside(self, name: str) -> pd.DataFrame:
        """Rows of the city's counties."""
        return self._part(inside_part(name, self._target))

    def province(self, name: str) -> pd.DataFrame:
        """The province's rows as printed."""
        return self._part(province_part(name))

    def _part(self, part: Part) -> pd.DataFrame:
        f = self.frames[part.table] if part.table in self.frames else frame(part.table)
        if part.op == "=":
            f = f[f[part.column] == part.value]
        elif part.op == " of ":
            f = f[f[part.column].isin(self._members(part.value.split("+")))]
        elif part.op == " in ":
            f = f[f["place"].str.startswith(part.value[:6]) | (f["object"] == part.value)]
        for column, value in part.more:
            f = f[f[column] == value]
        f = f.reset_index(drop=True)
        return as_printed(f) if part.printed else f

    def _members(self, groups: list[str]) -> set[str]:
        """Targets of classes, counties of cities, and the province where it is named."""
        found = {PROVINCE} & set(groups)
        for t in self._targets:
            group = t.city if t.kind == "county" else t.class_id
            if t.kind in {"city", "unit", "county"} and group in groups:
                found.add(t.object)
        return found


_MADE: dict[str, pd.DataFrame] = {}


def invented(name: str) -> pd.DataFrame:
    """One of the invented tables of `make_built`."""
    if not _MADE:
        _MADE.update(make_built())
    return _MADE[name]


def invented_report(ctx: Context, *, city: str = "", **changed: pd.DataFrame) -> FakeReport:
    """A report on all the invented tables, some of them changed."""
    invented("targets")
    return FakeReport(ctx, city=city, **{**_MADE, **changed})
