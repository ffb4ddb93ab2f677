"""The design as a statistician holds it in a notebook: every estimate reads well and draws itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.calibrate import Calibration
from kaohe.estimate import curves
from kaohe.estimate.arguments import Columns, Freedom, as_list
from kaohe.estimate.calibrated import blocks_of
from kaohe.estimate.curves import persons
from kaohe.estimate.decompose import decomposition
from kaohe.estimate.domains import Where
from kaohe.estimate.influence import influence
from kaohe.estimate.rest import against_rest
from kaohe.estimate.survey import Design
from kaohe.plot.estimate_cells import KEY, about, name_of
from kaohe.plot.estimate_table import EstimateTable, describe
from kaohe.publish.asked_quality import rest_hidden
from kaohe.publish.bench_levels import YES_NO, in_order
from kaohe.publish.bench_where import nobody

OFFERED = (
    "frame", "weight", "w", "rules", "calibration", "structure", "mean", "total", "ratio", "proportion", "quantile", "poverty", "contrast",
    "test", "against_rest", "influence", "quantile_curve", "lorenz_curve", "poverty_curve", "decomposition", "per_person", "replicate",
    "reweighted", "named", "of",
)  # fmt: skip
P = ParamSpec("P")


def dressed(
    method: Callable[Concatenate[Design, P], pd.DataFrame],
) -> Callable[Concatenate[BenchDesign, P], EstimateTable]:
    """A design's method whose table knows its labels; signature and docstring stay."""

    @wraps(method)
    def call(self: BenchDesign, /, *args: P.args, **options: P.kwargs) -> EstimateTable:
        named: Any = options
        return self.dress(method(self, *args, **options), by=named.get("by"), level=named.get("level", 0.95),
                          all_shares=method.__name__ == "proportion")  # fmt: skip

    return call


class BenchDesign(Design):
    """A `kaohe.estimate.Design` whose estimates are `EstimateTable`: DataFrames with official names, and charts.

    ``s = kaohe.open()`` gives one for households (``s.design``) and one for villages (``s.village_design``);
    it can also be made of any frame, as a `Design`.

    Examples
    --------
    >>> f = pd.DataFrame({"w": [10.0] * 80, "city": ["440200000000"] * 40 + ["440500000000"] * 40, "v": [1.0, 2, 3, 4] * 20})
    >>> d = BenchDesign(f, weight="w").named(lambda code: {"440200000000": "韶关市"}.get(code, code), labels={"v": "住房间数"})
    >>> d.mean("v", by="city").shown()[["市", "估计", "回答数"]].values.tolist()
    [['韶关市', '2.50', '40'], ['440500000000', '2.50', '40']]
    """

    _said: dict[str, Any]
    _lookup: Callable[[str], str]

    @classmethod
    def of(cls, design: Design) -> Self:
        """The same design, dressed."""
        made = cls.__new__(cls)
        made.__dict__.update(design.__dict__)
        return made

    def named(self, lookup: Callable[[str], str], **said: Any) -> Self:
        """The same design with names: a function from code to name, and what `kaohe.plot.estimate_table.describe` takes."""
        made = type(self).of(self)
        made._lookup, made._said = lookup, said
        return made

    def __dir__(self) -> list[str]:
        """What a statistician calls: estimates, tests, other designs; for completion."""
        return sorted(n for n in OFFERED if hasattr(self, n))

    def mask(self, where: Where) -> npt.NDArray[np.bool_]:
        """As `kaohe.estimate.Design`; a condition as text that no record meets is refused (K337)."""
        found = super().mask(where)
        if isinstance(where, str) and not found.any():
            raise nobody(self.frame, where, getattr(self, "_lookup", str))
        return found

    def once(self, size: str) -> None:
        """Refuse to count persons where they are counted already (K338): a household would weigh by its size squared."""
        counted = getattr(self, "_said", {}).get("size")
        if size and counted:
            raise InputRefused(
                "K338", "Persons are counted already", where=f"weight {self.weight}", got=f"persons of column {size} once more",
                expected="the design of households", remedy="call it on s.design, or leave the size out",
            )  # fmt: skip

    def per_person(self, size: str = "hh_size") -> Self:
        """The same design counting persons: the weight times the persons of the record.

        Calibrated weights keep their residuals, so that errors are right. `n` still counts records.

        Raises
        ------
        InputRefused
            K338 where persons are counted already, K334 for records without persons.

        Examples
        --------
        >>> f = pd.DataFrame({"w": [10.0] * 4, "persons": [1.0, 3, 2, 2], "poor": [1.0, 0, 0, 1]})
        >>> BenchDesign(f, weight="w").per_person("persons").mean("poor")["estimate"].tolist()
        [0.375]
        """
        if not size:
            return self
        self.once(size)
        m = persons(self, size)
        made = type(self).of(self)
        made.weight, made.w = f"{self.weight} · {size}", self.w * m
        made.frame = self.frame.assign(**{made.weight: made.w})
        made.calibration = tuple(replace(c, after=c.after or self.weight) for c in self.calibration)
        made._said = {**getattr(self, "_said", {}), "persons": (), "size": size, "note": f"按人口计算（权重×{size}）"}
        return made

    def reweighted(self, frame: pd.DataFrame, weight: str, calibration: Calibration | None = None) -> Self:
        """The same strata, units and sizes with other weights; the frame's rows are those of the design, in order."""
        made = type(self).of(self)
        made.frame, made.weight, made.w = frame, weight, frame[weight].to_numpy(dtype=float)
        made.calibration = () if calibration is None else (calibration,)
        made.blocks = tuple(blocks_of(frame, made.structure, made.w, step) for step in reversed(made.calibration))
        return made

    def dress(
        self, frame: pd.DataFrame, *, by: Columns | None = None, level: float = 0.95, **more: Any
    ) -> EstimateTable:
        """A table of estimates with the labels, units and names that are known of its columns, levels as the codebook lists them."""
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

    mean = dressed(Design.mean)
    total = dressed(Design.total)
    ratio = dressed(Design.ratio)
    proportion = dressed(Design.proportion)
    quantile = dressed(Design.quantile)
    poverty = dressed(Design.poverty)

    def contrast(
        self, variables: Columns, *, weights: Mapping[Any, float], by: Columns | None = None, kind: str = "mean",
        denominator: str | None = None, where: Where = None, level: float = 0.95, df: Freedom = "satterthwaite",
    ) -> EstimateTable:  # fmt: skip
        """As `kaohe.estimate.Design.contrast`; the note names what is set against what.

        Examples
        --------
        >>> f = pd.DataFrame({"w": 1.0, "c": list("aaabbb"), "k": list("xxyxyy"), "y": [1.0, 2, 3, 5, 6, 7]})
        >>> d = BenchDesign(f, weight="w").named({"a": "甲", "b": "乙", "x": "东", "y": "西"}.get)
        >>> d.contrast("y", by=["c", "k"], weights={("a", "x"): 1, ("b", "x"): -1}).attrs["kaohe"]["note"]
        '对比：+1·甲·东 -1·乙·东'
        """
        found = self.dress(
            super().contrast(variables, weights=weights, by=by, kind=kind, denominator=denominator, where=where, level=level,
                             df=df),
            level=level, all_shares=kind == "proportion",
        )  # fmt: skip
        lookup, said = getattr(self, "_lookup", str), getattr(self, "_said", {})
        text = " ".join(
            f"{float(w):+g}·" + ("·".join(lookup(str(v)) for v in (k if isinstance(k, tuple) else (k,)))
                                 if by is not None else name_of("variable", k, said))
            for k, w in dict(weights).items()
        )  # fmt: skip
        found.attrs[KEY]["note"] = f"对比：{text}" + (f"；{own}" if (own := about(found).get("note")) else "")
        return found

    def against_rest(
        self, variable: str, *, by: Columns, kind: str = "mean", denominator: str | None = None, where: Where = None,
        level: float = 0.95,
    ) -> EstimateTable:  # fmt: skip
        """Estimates of each domain with a test against all the others together (see `kaohe.estimate.rest.against_rest`).

        Returns
        -------
        EstimateTable
            The table of `mean`, `proportion`, `total` or `ratio`, then rest, difference, difference_se and so
            on, t, p_value, p_holm. Its chart colours the domains that differ after Holm's correction.

        Examples
        --------
        >>> f = pd.DataFrame({"w": 1.0, "c": list("aaaabbbb"), "y": [1.0, 3, 2, 2, 4, 6, 5, 5]})
        >>> BenchDesign(f, weight="w").against_rest("y", by="c")[["c", "estimate", "rest", "difference"]].values.tolist()
        [['a', 2.0, 5.0, -3.0], ['b', 5.0, 2.0, 3.0]]
        """
        test = against_rest(self, variable, by=by, kind=kind, denominator=denominator, where=where, level=level)
        if kind == "ratio":
            own: pd.DataFrame = self.ratio(variable, str(denominator), by=by, where=where, level=level)
        else:
            own = getattr(self, kind)(variable, by=by, where=where, level=level)
        more = test.drop(columns=[*as_list(by), "variable"])
        both = rest_hidden(pd.concat([own, more], axis=1), self.rules.min_n)
        return self.dress(both, by=by, level=level, all_shares=kind == "proportion")

    def influence(self, variable: str, *, unit: Columns | None = None, **options: Any) -> pd.DataFrame:
        """What an estimate would be without each record or unit (see `kaohe.estimate.influence.influence`).

        Draw units with ``charts.influence_bars``; single records are for reading only.

        Examples
        --------
        >>> f = pd.DataFrame({"t": list("aabb"), "w": [1.0, 1.0, 2.0, 4.0], "y": [1.0, 3.0, 5.0, 9.0]})
        >>> BenchDesign(f, weight="w", psu="t").influence("y", unit="t")[["t", "n", "change"]].round(3).values.tolist()
        [['a', 2, 1.417], ['b', 2, -4.25]]
        """
        found = influence(self, variable, unit=unit, **options)
        return self.dress(found, by=unit, variable=variable, all_shares=options.get("kind") == "proportion")

    def quantile_curve(
        self, variable: str, probs: Sequence[float] = curves.TWENTIETHS, **options: Any
    ) -> EstimateTable:
        """Quantiles from poorest to richest (see `kaohe.estimate.curves.quantile_curve`); draw with ``charts.quantiles``.

        Examples
        --------
        >>> f = pd.DataFrame({"w": [1.0] * 99, "y": [float(k) for k in range(1, 100)]})
        >>> BenchDesign(f, weight="w").quantile_curve("y", [0.5])[["prob", "estimate"]].values.tolist()
        [[0.5, 50.0]]
        """
        return self._curve(curves.quantile_curve(self, variable, probs, **options), options)

    def lorenz_curve(self, variable: str, probs: Sequence[float] = curves.TWENTIETHS, **options: Any) -> EstimateTable:
        """Lorenz ordinates (see `kaohe.estimate.curves.lorenz_curve`); draw with ``charts.lorenz``.

        Examples
        --------
        >>> f = pd.DataFrame({"w": [1.0] * 4, "y": [1.0, 2.0, 3.0, 4.0]})
        >>> BenchDesign(f, weight="w").lorenz_curve("y", [0.5])["estimate"].tolist()
        [0.3]
        """
        return self._curve(curves.lorenz_curve(self, variable, probs, **options), options, all_shares=True)

    def poverty_curve(self, variable: str, lines: Sequence[float], **options: Any) -> EstimateTable:
        """Poverty at many lines (see `kaohe.estimate.curves.poverty_curve`); draw with ``charts.poverty_lines``.

        Examples
        --------
        >>> f = pd.DataFrame({"w": [1.0] * 4, "y": [2.0, 6.0, 10.0, 12.0]})
        >>> BenchDesign(f, weight="w").poverty_curve("y", [5, 8])["estimate"].tolist()
        [0.25, 0.5]
        """
        return self._curve(curves.poverty_curve(self, variable, lines, **options), options)

    def decomposition(self, variable: str, line: float, *, by: str, **options: Any) -> EstimateTable:
        """Which groups poverty is made of (see `kaohe.estimate.decompose.decomposition`).

        Examples
        --------
        >>> f = pd.DataFrame({"w": [1.0] * 8, "y": [1.0, 2, 9, 9, 2, 9, 9, 9], "k": list("aaaabbbb")})
        >>> made = BenchDesign(f, weight="w").decomposition("y", 5, by="k")
        >>> made.query("part == 'contribution'")["estimate"].round(3).tolist()
        [0.667, 0.333]
        """
        return self._curve(decomposition(self, variable, line, by=by, **options), {**options, "by": by})

    def _curve(self, frame: pd.DataFrame, options: dict[str, Any], **more: Any) -> EstimateTable:
        self.once(str(options.get("size") or ""))
        if options.get("size"):
            more |= {"published": True, "size": options["size"], "note": f"按人口计算（{options['size']}）"}
        return self.dress(frame, by=options.get("by"), level=options.get("level", 0.95), **more)
