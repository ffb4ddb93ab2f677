"""Estimates from sums by domain and unit: the small computation, the same whatever the source was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused, nearest
from kaohe.design.structure import Floats, Ints
from kaohe.estimate import intervals
from kaohe.estimate.arguments import confidence, deff_kind, domains_of, planned_effect
from kaohe.estimate.domains import Where, records_where
from kaohe.estimate.inequality import SHARES
from kaohe.estimate.linear import ROUNDING, Estimates, Numbers, _calibrated, _degrees
from kaohe.estimate.planned import planned_effects
from kaohe.estimate.sampled import Sampled
from kaohe.estimate.seam import PsuTotals
from kaohe.estimate.seam_spec import SUM
from kaohe.estimate.totals import sums
from kaohe.estimate.variance import domain_variance

STATISTICS = ("mean", "total", "ratio", "proportion", "fgt")


def estimate_from_totals(
    totals: PsuTotals,
    statistic: str = "mean",
    variables: str | Sequence[str] | None = None,
    *,
    by: str | Sequence[str] | None = None,
    where: Where = None,
    level: float = 0.95,
    lonely: str = "fail",
    nest: bool = False,
    deff: str | None = "wr",
    method: str = "beta",
    capped: bool = True,
    planned_deff: float | None = None,
) -> pd.DataFrame:
    """The tidy table of `Design`, from the sums of one pass.

    Parameters
    ----------
    totals : PsuTotals
        From `psu_totals` or `combine`.
    statistic : {"mean", "total", "ratio", "proportion", "fgt"}
        The method of `Design` meant; fgt is `Design.poverty` with a fixed line.
    variables : str or list of str, optional
        Names of variables; by default all that the statistic fits (for shares those of 0 and 1).
    by : str or list of str, optional
        Some of the pass's domain columns, to add domains up; by default all of them.
    where : condition
        A further domain by what tells cells apart: the pass's columns of domains, strata and units (`PsuTotals.spec.keys`), in the
        forms of `Design`. One by anything else of a record must be named when the sums are taken. Units outside count as 0 and stay.
    level, lonely, nest, deff, method, capped, planned_deff
        As in `Design` and its methods.

    Returns
    -------
    DataFrame
        As the method of `Design` gives it.

    Raises
    ------
    InputRefused
        K387 for an unknown statistic or variable, or where its sums were not taken; K301, K402 for a `where` that the
        cells cannot tell; K404, K405 as `Design`; K303 to K306, K309 for the design.

    Notes
    -----
    Totals of a unit are all that the linearised variance needs (Särndal, Swensson & Wretman 1992, section 5.5).

    Examples
    --------
    >>> from kaohe.estimate import psu_totals
    >>> f = pd.DataFrame({"h": list("aabb"), "t": [1, 2, 3, 4], "w": [10.0] * 4, "v": [1.0, 3.0, 5.0, 9.0]})
    >>> sums = psu_totals(f, weight="w", strata="h", psu="t", y="v")
    >>> estimate_from_totals(sums, "mean")[["estimate", "se", "df"]].round(4)
       estimate     se   df
    0       4.5  1.118  2.0
    """
    level, effect, expected = confidence(level), deff_kind(deff), planned_effect(planned_deff)
    chosen = _chosen(totals, statistic, variables)
    design = totals.design(lonely=lonely, nest=nest)
    domain, levels = domains(totals, design, by, where)
    names = [totals.spec.items[k].name for k in chosen]
    found = numbers(totals, design, chosen, domain, len(levels), total=statistic == "total")
    made = Estimates(found, levels, names, design.rules)
    if statistic not in {"proportion", "fgt"}:
        return made.frame("t", level, deff=effect)
    way = intervals.named(method)
    if expected is not None:
        planned = np.full(found.estimate.shape, expected)
    else:
        whole = numbers(totals, design, chosen, np.where(domain >= 0, 0, -1).astype(np.int64), 1)
        planned = planned_effects(whole, found.estimate.shape)
    shares = made.frame(way, level, deff=effect, capped=capped, planned=planned)
    if statistic == "proportion":
        return shares
    return _poverty(made.frame("t", level, deff=effect), shares, [totals.spec.items[k].measure for k in chosen])


def _chosen(totals: PsuTotals, statistic: str, variables: str | Sequence[str] | None) -> list[int]:
    """Places of the variables that the statistic is asked of."""
    if statistic not in STATISTICS:
        raise InputRefused("K387", "The totals do not hold this", got=statistic, expected=", ".join(STATISTICS))
    items = totals.spec.items
    fits = [
        k
        for k, i in enumerate(items)
        if bool(i.per) == (statistic == "ratio") and (i.kind == "fgt") == (statistic == "fgt")
    ]
    if variables is not None:
        asked = [variables] if isinstance(variables, str) else list(variables)
        there = [items[k].name for k in fits]
        for name in asked:
            if name not in there:
                raise InputRefused(
                    "K387", "The totals do not hold this", got=f"{statistic} of {name}",
                    expected="a variable such as " + ", ".join(nearest(name, there)) if there else "other variables in the pass",
                )  # fmt: skip
        fits = [k for name in asked for k in fits if items[k].name == name]
    if not fits:
        raise InputRefused(
            "K387", "The totals do not hold this", got=statistic,
            expected="per() or x= for ratios, fgt() for poverty, columns or level() for the others",
        )  # fmt: skip
    return _shares(totals, fits, named=variables is not None) if statistic == "proportion" else fits


def _shares(totals: PsuTotals, chosen: list[int], *, named: bool) -> list[int]:
    """Variables of 0 and 1 only, which Σ w y² = Σ w y in every cell tells; others are refused where named."""
    if not totals.spec.deff:
        raise InputRefused("K387", "The totals do not hold this", got="proportion", expected="a pass with deff=True")
    out = []
    for k in chosen:
        wy, squares = totals.cells[f"{SUM}y.{k}"], totals.cells[f"{SUM}yy.{k}"]
        wrong = (wy - squares).abs() > 1e-9 * squares.abs()
        if not wrong.any():
            out.append(k)
        elif named or (k == chosen[-1] and not out):
            raise InputRefused(
                "K405", "A share needs 0 and 1", where=f"column {totals.spec.items[k].column}",
                got=f"other values in {int(wrong.sum())} cells", expected="0, 1 or missing",
            )  # fmt: skip
    return out


def domains(
    totals: PsuTotals, design: Sampled, by: str | Sequence[str] | None, where: Where = None
) -> tuple[Ints, pd.DataFrame]:
    """Domain code of each cell, −1 for those without a record within `where`, and the table of domains."""
    spec = totals.spec
    asked = list(spec.by) if by is None else domains_of(by)
    for name in asked:
        if name not in spec.by:
            raise InputRefused(
                "K387", "The totals do not hold this", got=f"domains of {name}",
                expected=f"some of the pass's own: {', '.join(spec.by) or 'none'}",
            )  # fmt: skip
    held = records_where(totals.cells[list(spec.keys)], where)
    return design.domains(asked or None, held & (totals.cells[f"{SUM}rows"] > 0).to_numpy())


def numbers(
    totals: PsuTotals, design: Sampled, chosen: list[int], domain: Ints, n_domains: int, *, total: bool = False
) -> Numbers:
    """What `kaohe.estimate.linear.estimate_numbers` computes from records, from cells."""

    def column(name: str) -> Floats:
        return np.asarray(totals.cells[[f"{SUM}{name}.{k}" for k in chosen]].to_numpy(float), dtype=float)

    answers, wx, wy = column("n"), column("x"), column("y")
    counted = totals.cells[[f"{SUM}counted"]].to_numpy(float)
    size, top, n = (sums(domain, n_domains, v) for v in (wx, wy, answers))
    with np.errstate(invalid="ignore", divide="ignore"):
        if total:
            estimate, ratio, scale = np.where(n > 0, top, np.nan), np.zeros_like(top), np.ones_like(top)
        else:
            estimate = np.where(size != 0, top / size, np.nan)
            ratio, scale = np.nan_to_num(estimate), np.where(size != 0, size, np.nan)
    structure = design.structure
    df, n_psu = _degrees(structure, domain, n_domains, answers)
    if design.blocks:
        variance = _calibrated(structure, design.blocks, wy, wx, ratio, scale, domain)
    else:
        variance = domain_variance(structure, domain, n_domains, wy, wx, ratio, scale)
    variance = np.where(variance <= ROUNDING**2 * estimate**2, 0.0, variance)
    variance = np.where((df > 0) & (n_psu > 1), variance, np.nan)
    wr, wor = _srs(totals, chosen, domain, n_domains, top, size, n, total=total)
    return Numbers(estimate, variance, df, n, n_psu, sums(domain, n_domains, counted) - n, size, wr, wor, n)


def _srs(
    totals: PsuTotals, chosen: list[int], domain: Ints, n_domains: int, top: Floats, size: Floats, n: Floats, *, total: bool
) -> tuple[Floats, Floats]:  # fmt: skip
    """Variances of simple random samples from sums of squares; missing where these were not taken."""
    if not totals.spec.deff:
        return np.full(n.shape, np.nan), np.full(n.shape, np.nan)

    def column(name: str, ratio_only: str) -> Floats:
        parts = [name if totals.spec.items[k].per else ratio_only for k in chosen]
        return sums(
            domain,
            n_domains,
            totals.cells[[f"{SUM}{p}.{k}" for p, k in zip(parts, chosen, strict=True)]].to_numpy(float),
        )

    people = column("w", "x")
    xy, xx = column("xy", "y"), column("xx", "x")
    yy = sums(domain, n_domains, totals.cells[[f"{SUM}yy.{k}" for k in chosen]].to_numpy(float))
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = top / people if total else np.nan_to_num(top / size)
        squares = np.maximum(yy - 2 * centre * xy + centre**2 * xx, 0.0)
        s2 = squares / people * n / (n - 1)
        wr = s2 / n * (people**2 if total else (people / size) ** 2)
        return wr, wr * (people - n) / people


def _poverty(gaps: pd.DataFrame, shares: pd.DataFrame, measures: list[str]) -> pd.DataFrame:
    """The table of `Design.poverty`: headcounts as shares, gaps with t intervals."""
    named = measures * (len(gaps) // len(measures))
    table = gaps.copy()
    table.loc[[m in SHARES for m in named]] = shares
    table.insert(table.columns.get_loc("variable") + 1, "measure", named)
    return table
