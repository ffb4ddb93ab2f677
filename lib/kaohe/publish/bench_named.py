"""A design that knows the names of its columns and places: what the workbench's estimates stand on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.calibrate import Calibration
from kaohe.design.columns import weights
from kaohe.design.structure import Floats, Ints
from kaohe.estimate.arguments import Columns, as_list
from kaohe.estimate.calibrated import blocks_of
from kaohe.estimate.curves import persons
from kaohe.estimate.domains import Where
from kaohe.estimate.survey import Design
from kaohe.plot.estimate_table import EstimateTable, describe
from kaohe.publish.bench_columns import told_how_to_add
from kaohe.publish.bench_levels import YES_NO, in_order
from kaohe.publish.bench_where import nobody

OFFERED = (
    "frame", "weight", "w", "rules", "calibration", "structure", "df", "notes", "mean", "total", "ratio", "proportion", "quantile", "poverty",
    "contrast", "test", "covariance", "against_rest", "influence", "quantile_curve", "lorenz_curve", "poverty_curve", "decomposition",
    "per_person", "replicate", "reweighted", "named", "of",
)  # fmt: skip


class Named(Design):
    """A `kaohe.estimate.Design` whose tables carry official names, units and the names of places."""

    _said: dict[str, Any]
    _lookup: Callable[[str], str]

    @classmethod
    def of(cls, design: Design) -> Self:
        """The same `design`, dressed.

        Examples
        --------
        >>> f = pd.DataFrame({"w": [1.0] * 4, "y": [1.0, 2, 3, 4]})
        >>> Named.of(Design(f, weight="w")).mean("y")["estimate"].tolist()
        [2.5]
        """
        made = cls.__new__(cls)
        made.__dict__.update(design.__dict__)
        return made

    def named(self, lookup: Callable[[str], str], **said: Any) -> Self:
        """The same design with names: a function from code to name, and what `kaohe.plot.estimate_table.describe` takes.

        Parameters
        ----------
        lookup : callable
            Code of a place → its name.
        **said
            Keys as `kaohe.plot.estimate_table.describe` takes them: labels, units and so on.

        Examples
        --------
        >>> s.design.named({"440203000000": "甲县", "440204000000": "乙县"}.get).mean("poor", by="county").shown().iloc[:, 0].tolist()
        ['甲县', '乙县']
        """
        made = type(self).of(self)
        made._lookup, made._said = lookup, said
        return made

    def __dir__(self) -> list[str]:
        """What a statistician calls: estimates, tests, other designs; for completion."""
        return sorted(n for n in OFFERED if hasattr(self, n))

    def mask(self, where: Where) -> npt.NDArray[np.bool_]:
        """As `kaohe.estimate.Design`.

        Raises
        ------
        InputRefused
            K337 for a condition as text that no record meets, with the values that occur; K402 as there.
        """
        with told_how_to_add():
            found = super().mask(where)
        if isinstance(where, str) and not found.any():
            raise nobody(self.frame, where, getattr(self, "_lookup", str))
        return found

    def values(
        self, columns: list[str], *, summed: bool = False, inside: npt.NDArray[np.bool_] | None = None
    ) -> Floats:
        """As `kaohe.estimate.Design`; a column that is missing is refused with the way to add one.

        Parameters
        ----------
        columns : list of str
        summed : bool
            As there.
        inside : bool array, optional
        """
        with told_how_to_add():
            return super().values(columns, summed=summed, inside=inside)

    def domains(self, by: Columns | None, where: Where = None) -> tuple[Ints, pd.DataFrame]:
        """As `kaohe.estimate.Design`; a column that is missing is refused with the way to add one."""
        with told_how_to_add():
            return super().domains(by, where)

    def shares(self, variables: list[str], *more: Any, **options: Any) -> tuple[list[str], Floats]:
        """As `kaohe.estimate.Design`; a column that is missing is refused with the way to add one.

        Parameters
        ----------
        variables : list of str
        *more, **options
            As there.
        """
        with told_how_to_add():
            return super().shares(variables, *more, **options)

    def once(self, size: str) -> None:
        """Refuse to count the persons of column `size` where persons are counted already.

        A household would weigh by its size squared.

        Raises
        ------
        InputRefused
            K338.
        """
        counted = getattr(self, "_said", {}).get("size")
        if size and counted:
            raise InputRefused(
                "K338", "Persons are counted already", where=f"weight {self.weight}", got=f"persons of column {size} once more",
                expected="the design of households", remedy="call it on s.design, or leave the size out",
            )  # fmt: skip

    def per_person(self, size: str = "hh_size") -> Self:
        """The same design counting persons: the weight times the persons of the record, which the column `size` holds.

        Calibrated weights keep their residuals, so that errors are right. `n` still counts records.

        Raises
        ------
        InputRefused
            K338 where persons are counted already, K334 for records without persons.

        Examples
        --------
        >>> f = pd.DataFrame({"w": [10.0] * 4, "persons": [1.0, 3, 2, 2], "poor": [1.0, 0, 0, 1]})
        >>> Named(f, weight="w").per_person("persons").mean("poor")["estimate"].tolist()
        [0.375]
        """
        if isinstance(size, str) and not size:
            return self
        faults.need(self.frame, [size], "size")
        self.once(size)
        m = persons(self, size)
        made = type(self).of(self)
        made.weight, made.w = f"{self.weight} · {size}", self.w * m
        made.frame = self.frame.assign(**{made.weight: made.w})
        made.calibration = tuple(replace(c, after=c.after or self.weight) for c in self.calibration)
        made._said = {**getattr(self, "_said", {}), "persons": (), "size": size, "note": f"按人口计算（权重×{size}）"}
        return made

    def reweighted(self, frame: pd.DataFrame, weight: str, calibration: Calibration | None = None) -> Self:
        """The same strata, units and sizes with other weights; the frame's rows are those of the design, in order.

        Raises
        ------
        InputRefused
            K301 for a column that is missing, K302 for weights that cannot be, K332 for other records than the design's.

        Parameters
        ----------
        frame : DataFrame
            The rows of the design, in order, with the column of the new weight.
        weight : str
            Its name.
        calibration : Calibration, optional
            How the new weight was calibrated.

        Examples
        --------
        >>> equal = s.design.frame.assign(equal=100.0)
        >>> s.design.reweighted(equal, "equal").mean("income_per_head")["estimate"].tolist()
        [15750.0]
        """
        if not isinstance(frame, pd.DataFrame) or not frame.index.equals(self.frame.index):
            raise InputRefused(
                "K332", "These are not the records of the design", where="reweighted",
                got=f"{len(frame)} records" if isinstance(frame, pd.DataFrame) else type(frame).__name__,
                expected=f"the {len(self.frame)} of s.design.frame, in order",
            )  # fmt: skip
        made = type(self).of(self)
        made.frame, made.weight, made.w = frame, weight, weights(frame, weight, "reweighted")
        made.calibration = () if calibration is None else (calibration,)
        made.blocks = tuple(blocks_of(frame, made.structure, made.w, step) for step in reversed(made.calibration))
        return made

    def dress(
        self, frame: pd.DataFrame, *, by: Columns | None = None, level: float = 0.95, **more: Any
    ) -> EstimateTable:
        """A table of estimates with the labels, units and names that are known of its columns, levels as the codebook lists them.

        Parameters
        ----------
        frame : DataFrame
            Estimates, one a row: a column ``variable``, and those of `by`.
        by : str or list of str, optional
            Columns of the domains, whose codes get names.
        level : float
            Level of confidence of the intervals in it, 0 to 1.
        **more
            Further keys as `kaohe.plot.estimate_table.describe` takes them.

        Returns
        -------
        EstimateTable
            The same rows and columns.

        Examples
        --------
        >>> table = pd.DataFrame({"county": ["440203000000"], "variable": ["poor"], "estimate": [0.1], "quality": ["ok"]})
        >>> s.design.dress(table, by="county").attrs["kaohe"]["names"]
        {'440203000000': '武江区'}
        """
        said = {**getattr(self, "_said", {}), **more}
        columns = [c for c in as_list(by or []) if c in frame.columns]
        lookup = getattr(self, "_lookup", str)
        names = {}
        for column in columns:
            for level_ in frame[column].dropna().unique():
                if isinstance(level_, str) and lookup(level_) != level_:
                    names[level_] = lookup(level_)
        asked = {str(v).split("=")[0] for v in frame["variable"].unique()} if "variable" in frame.columns else set()
        asked |= {str(more["variable"])} if "variable" in more else set()
        own = {
            k: {q: said.get(k, {})[q] for q in sorted(asked & set(said.get(k, {})))}
            for k in ("labels", "units", "directions", "asks")
        }
        if asked & set(said.get("persons", ())) and not more.get("published"):
            said["note"] = "按户计算，未按人数加权；报告按人口计算：s.question() 或 design.per_person()"
        heads = {c: t for c, t in said.get("heads", {}).items() if c in columns}
        frame = in_order(frame, columns, said.get("orders", {}))
        levels = {c: YES_NO for c in columns if c in said.get("yes_no", ())}
        listed = {k: [q for q in said.get(k, ()) if q in asked] for k in ("shares", "persons")}
        kept = {k: v for k, v in said.items() if k not in {"orders", "yes_no"}}
        found = {"heads": heads, "names": names, "by": columns, "level": level} | ({"levels": levels} if levels else {})
        return describe(frame, {**kept, **own, **listed, **found})
