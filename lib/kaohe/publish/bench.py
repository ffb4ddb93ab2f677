"""The design as a statistician holds it in a notebook: every estimate reads well and draws itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kaohe.estimate import curves
from kaohe.estimate.arguments import Columns, Freedom, as_list
from kaohe.estimate.decompose import decomposition
from kaohe.estimate.domains import Where
from kaohe.estimate.influence import influence
from kaohe.estimate.rest import against_rest
from kaohe.estimate.sampled import Margins
from kaohe.estimate.survey import Design
from kaohe.plot.estimate_cells import KEY, about, name_of
from kaohe.plot.estimate_table import EstimateTable
from kaohe.publish.asked_quality import rest_hidden
from kaohe.publish.bench_named import Named
from kaohe.publish.bench_quantiles import guarded, without_few
from kaohe.publish.bench_where import told_by_name
from kaohe.publish.dressed import dressed


class BenchDesign(Named):
    """A `kaohe.estimate.Design` whose estimates are `EstimateTable`: DataFrames with official names, and charts.

    ``s = kaohe.open()`` gives one for households (``s.design``) and one for villages (``s.village_design``);
    it can also be made of any frame, as a `Design`. Of quantiles, those that would tell of few records are suppressed
    (`kaohe.publish.bench_quantiles.guarded`).

    ``options`` are arguments by name of the function of `kaohe.estimate` that the text names, such as size, where or level.

    Examples
    --------
    >>> f = pd.DataFrame({"w": [10.0] * 80, "city": ["440200000000"] * 40 + ["440500000000"] * 40, "v": [1.0, 2, 3, 4] * 20})
    >>> d = BenchDesign(f, weight="w").named(lambda code: {"440200000000": "韶关市"}.get(code, code), labels={"v": "住房间数"})
    >>> d.mean("v", by="city").shown()[["市", "估计", "回答数"]].values.tolist()
    [['韶关市', '2.50', '40'], ['440500000000', '2.50', '40']]
    """

    mean = dressed(Design.mean)
    total = dressed(Design.total)
    ratio = dressed(Design.ratio)
    proportion = dressed(Design.proportion)
    quantile = dressed(without_few(Design.quantile))
    poverty = dressed(Design.poverty)

    def contrast(
        self, variables: Columns, *, weights: Mapping[Any, float], by: Columns | None = None, margins: Margins = False,
        kind: str = "mean", denominator: str | None = None, where: Where = None, level: float = 0.95,
        df: Freedom = "satterthwaite",
    ) -> EstimateTable:  # fmt: skip
        """As `kaohe.estimate.Design.contrast`; the note names what is set against what.

        Examples
        --------
        >>> f = pd.DataFrame({"w": 1.0, "c": list("aaabbb"), "k": list("xxyxyy"), "y": [1.0, 2, 3, 5, 6, 7]})
        >>> d = BenchDesign(f, weight="w").named({"a": "甲", "b": "乙", "x": "东", "y": "西"}.get)
        >>> d.contrast("y", by=["c", "k"], weights={("a", "x"): 1, ("b", "x"): -1}).attrs["kaohe"]["note"]
        '对比：+1·甲·东 -1·乙·东'
        >>> d.contrast("y", by=["c", "k"], weights={("a", "x"): 1, ("b", "x"): -1}, margins=True)["contrast"].tolist()
        ['+1·甲·东 -1·乙·东', '+1·甲 -1·乙']
        """
        lookup, said = getattr(self, "_lookup", str), getattr(self, "_said", {})
        with told_by_name(self.frame, by, weights, lookup):
            made = super().contrast(variables, weights=weights, by=by, margins=margins, kind=kind, denominator=denominator,
                                    where=where, level=level, df=df)  # fmt: skip

        def spoken(level_: Any) -> str:
            return lookup(str(level_)) or str(level_)

        if "contrast" in made.columns:
            made["contrast"] = [
                " ".join("·".join([w.split("·")[0], *map(spoken, w.split("·")[1:])]) for w in text.split(" "))
                for text in made["contrast"]
            ]
        found = self.dress(made, level=level, all_shares=kind == "proportion")
        text = " ".join(
            f"{float(w):+g}·" + ("·".join(map(spoken, k if isinstance(k, tuple) else (k,)))
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

        Those that would tell of few records are suppressed, as in `quantile` (`kaohe.publish.bench_quantiles.guarded`).

        Examples
        --------
        >>> f = pd.DataFrame({"w": [1.0] * 99, "y": [float(k) for k in range(1, 100)]})
        >>> BenchDesign(f, weight="w").quantile_curve("y", [0.5])[["prob", "estimate"]].values.tolist()
        [[0.5, 50.0]]
        """
        found = curves.quantile_curve(self, variable, probs, **options)
        return self._curve(guarded(found, self, variable, probs, **_domains(options)), options)

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


def _domains(options: Mapping[str, Any]) -> dict[str, Any]:
    """Of the options of an estimate those that say which domains."""
    return {k: v for k, v in options.items() if k in {"by", "margins", "where"}}
