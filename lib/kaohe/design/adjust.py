"""Weighting steps that meet known totals: post-stratification, raking, calibration, trimming."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.calibrate import Calibrated, Calibration, calibrate
from kaohe.design.columns import records, weights
from kaohe.design.margins import Totals, coded_margins, given
from kaohe.design.rake import Raked, rake
from kaohe.design.steps import Weighted, added
from kaohe.design.trim import trim

Floats = npt.NDArray[np.float64]
Numeric = Mapping[Any, Any]


def post_stratify(
    frame: pd.DataFrame, by: str | Sequence[str], totals: Mapping[object, float], *, weight: str, into: str = "post"
) -> Weighted:
    """Weights scaled so that each cell of `by` holds its known count.

    Parameters
    ----------
    frame : DataFrame
        One row a record; a new frame comes back.
    weight : str
        Column of the weight before.
    by : str or list of str
        One column, or several whose combinations are the cells.
    totals : mapping of level (tuple of levels for several columns) to count
    into : str
        Name of the step.

    Returns
    -------
    Weighted
        With the column ``cell_<into>`` where there are several columns. Report as that of `rake_to`.

    Raises
    ------
    InputRefused
        K301, K302, K320 (cell in the sample or the totals only), K322.

    Notes
    -----
    Holt & Smith (1979).

    Examples
    --------
    >>> f = pd.DataFrame({"w": [1.0, 1.0, 2.0], "k": ["a", "a", "b"]})
    >>> post_stratify(f, "k", {"a": 30, "b": 10}, weight="w").frame["w_post"].tolist()
    [15.0, 15.0, 10.0]
    """
    columns = [by] if isinstance(by, str) else list(by)
    records(frame, "post-stratification")
    given(totals, "post-stratification")
    faults.need(frame, columns or [""], "post-stratification")
    faults.full(frame, columns, "post-stratification")
    cell = columns[0]
    if len(columns) > 1:
        cell = f"cell_{into}"
        frame = frame.assign(
            **{cell: pd.Series(list(zip(*(frame[c] for c in columns), strict=True)), index=frame.index).map(_text)}
        )
        totals = {_text(k): v for k, v in totals.items()}
    return rake_to(frame, {cell: totals}, weight=weight, into=into)


def _text(cell: object) -> str:
    return "·".join(str(v) for v in cell) if isinstance(cell, tuple) else str(cell)


def rake_to(
    frame: pd.DataFrame, totals: Totals | Mapping[object, Totals], *, weight: str, partition: str = "",
    tol: float = 1e-10, max_iter: int = 500, into: str = "raked",
) -> Weighted:  # fmt: skip
    """Weights raked to margins, apart in each level of `partition`.

    Parameters
    ----------
    frame : DataFrame
        One row a record; a new frame comes back.
    weight : str
        Column of the weight before.
    totals : mapping of margin to mapping of level to count
        With `partition`, such a mapping for each of its levels.
    partition : str
        Column whose levels (cities) are raked apart.
    tol : float
        Greatest relative difference to a total.
    max_iter : int
        Rounds after which it is refused.
    into : str
        Name of the step: the columns ``f_<into>`` and ``w_<into>``.

    Returns
    -------
    Weighted
        Report: (partition,) margin, level, n, target, before, after, g_min, g_max. Facts:
        iterations, worst (relative difference), g_min, g_max.

    Raises
    ------
    InputRefused
        As `kaohe.design.rake.rake`; K318 for a level of `partition` without totals.

    Notes
    -----
    Deming & Stephan (1940); Deville, Särndal & Sautory (1993).

    Examples
    --------
    >>> f = pd.DataFrame({"w": [1.0] * 4, "c": list("ppqq"), "k": list("abab")})
    >>> t = {"p": {"k": {"a": 2, "b": 4}}, "q": {"k": {"a": 5, "b": 5}}}
    >>> made = rake_to(f, t, weight="w", partition="c")
    >>> made.frame["w_raked"].tolist(), made.calibration.partition
    ([2.0, 4.0, 5.0, 5.0], 'c')
    """

    def make(part: pd.DataFrame, wanted: Totals, where: str) -> tuple[Raked, pd.DataFrame, tuple[str, ...]]:
        made = rake(part, wanted, weight=weight, tol=tol, max_iter=max_iter, where=where)
        return made, made.reached, tuple(wanted)

    return _apart(frame, totals, make, weight, partition, into, (), "")


def calibrate_to(
    frame: pd.DataFrame, margins: Totals | None = None, numeric: Numeric | None = None, *, weight: str,
    method: str = "linear", bounds: tuple[float, float] | None = None, cluster: str = "", partition: str = "",
    tol: float = 1e-10, max_iter: int = 200, into: str = "calibrated",
) -> Weighted:  # fmt: skip
    """Weights calibrated to counts of categories and totals of numbers.

    Parameters
    ----------
    frame : DataFrame
        One row a record; a new frame comes back.
    weight : str
        Column of the weight before.
    margins : mapping of column to mapping of level to count
    numeric : mapping of column to total
        With `partition`, mappings of its levels to these.
    method, bounds, cluster
        See `kaohe.design.calibrate.calibrate`.
    partition : str
        Column whose levels are calibrated apart.
    tol : float
        Greatest relative difference to a total.
    max_iter : int
        Rounds after which it is refused.
    into : str
        Name of the step: the columns ``f_<into>`` and ``w_<into>``.

    Returns
    -------
    Weighted
        Report: (partition,) margin, level, n, target, before, after, g_min, g_max; numbers have
        the level ``total``. Facts: iterations, worst, g_min, g_max, at_bounds.

    Raises
    ------
    InputRefused
        As `kaohe.design.calibrate.calibrate`, and K320 to K322 for margins, K318 for a level of
        `partition` without totals.

    Notes
    -----
    Deville & Särndal (1992), table 1.

    Examples
    --------
    >>> f = pd.DataFrame({"w": [10.0] * 4, "k": list("aabb"), "size": [1.0, 3.0, 2.0, 6.0]})
    >>> made = calibrate_to(f, {"k": {"a": 22, "b": 20}}, {"size": 126}, weight="w", method="raking")
    >>> made.report[["margin", "level", "target", "after"]].round(6).values.tolist()
    [['k', 'a', 22.0, 22.0], ['k', 'b', 20.0, 20.0], ['size', 'total', 126.0, 126.0]]
    """
    given(numeric or {}, "calibration", some=False)
    numbers = dict(numeric or {})
    columns = tuple(numbers if not partition else next(iter(numbers.values()), {}))

    def make(part: pd.DataFrame, wanted: Totals, where: str) -> tuple[Calibrated, pd.DataFrame, tuple[str, ...]]:
        own: Numeric = numbers.get(where, {}) if partition else numbers
        if not wanted and not own:
            raise InputRefused(
                "K318", "A part has no totals", where=f"column {partition}" if partition else "calibration",
                got=str(where) if partition else "neither margins nor numeric", expected="at least one total",
            )  # fmt: skip
        coded = coded_margins(part, weight, wanted, where or "calibration")
        targets: dict[str, float] = {}
        work = part[[weight, *own, *([cluster] if cluster else [])]].copy()
        for m in coded:
            for k, level in enumerate(m.levels):
                name = f"{m.name} {level}"
                work[name], targets[name] = (m.codes == k).astype(float), float(m.target[k])
        targets |= {str(k): v for k, v in own.items()}
        made = calibrate(
            work, targets, weight=weight, method=method, bounds=bounds, cluster=cluster, tol=tol, max_iter=max_iter,
            where=where,
        )  # fmt: skip
        labels = [(m.name, level) for m in coded for level in m.levels] + [(c, "total") for c in own]
        return made, _account(work, labels, targets, weight, made), tuple(wanted)

    return _apart(frame, margins or {}, make, weight, partition, into, columns, cluster)


def _account(
    work: pd.DataFrame, labels: list[tuple[str, object]], targets: Mapping[str, float], weight: str, made: Calibrated
) -> pd.DataFrame:
    w = work[weight].to_numpy(float)
    rows = []
    for (margin, level), (column, target) in zip(labels, targets.items(), strict=True):
        x = work[column].to_numpy(float)
        g = made.g[(x != 0) & (w > 0)]
        rows.append({
            "margin": margin, "level": level, "n": len(g), "target": target, "before": float(w @ x),
            "after": float(made.weights @ x), "g_min": g.min(), "g_max": g.max(),
        })  # fmt: skip
    return pd.DataFrame(rows)


Made = Raked | Calibrated
Make = Callable[[pd.DataFrame, Totals, str], tuple[Made, pd.DataFrame, tuple[str, ...]]]


def _apart(
    frame: pd.DataFrame, totals: Mapping[Any, Any], make: Make, weight: str, partition: str, into: str,
    numeric: tuple[str, ...], cluster: str,
) -> Weighted:  # fmt: skip
    """One calibration over the whole frame, or one in each level of the partition."""
    records(frame, "calibration")
    given(totals, "calibration", some=False)
    faults.need(frame, [weight, *([partition] if partition else [])], "calibration")
    g, reports, facts = np.ones(len(frame)), [], {"iterations": 0.0, "worst": 0.0, "at_bounds": 0.0}
    margins: tuple[str, ...] = ()
    if partition:
        faults.full(frame, [partition], "calibration")
    groups = {"": np.arange(len(frame))} if not partition else frame.groupby(partition, sort=True).indices
    absent = [k for k in totals if k not in groups] if partition else []
    if absent:
        raise InputRefused(
            "K318", "A part has no records", where=f"column {partition}", got=faults.few(absent),
            expected="records in every level that has totals", remedy="merge it with another, or leave its totals out",
        )  # fmt: skip
    for level, rows in groups.items():
        if partition and totals and level not in totals:
            raise InputRefused(
                "K318", "A part has no totals", where=f"column {partition}", got=str(level),
                expected="totals for every level", remedy="leave its records out, or give its totals",
            )  # fmt: skip
        wanted = totals.get(level, {}) if partition else totals
        made, report, own = make(frame.iloc[rows], wanted, level if partition else "")
        if partition and margins and set(own) != set(margins):
            raise InputRefused(
                "K318", "Parts have totals of different margins", where=f"column {partition}",
                got=f"{level}: {faults.few(own)}", expected=f"{faults.few(margins)} in every part",
            )  # fmt: skip
        margins = own
        g[rows] = made.g
        reports.append(report.assign(**{partition: level})[[partition, *report.columns]] if partition else report)
        facts["iterations"] = max(facts["iterations"], float(made.iterations))
        facts["worst"] = max(facts["worst"], made.worst)
        facts["at_bounds"] += float(getattr(made, "at_bounds", 0))
    out, new, factor = added(frame, weight, g, into)
    used = weights(frame, weight, "calibration") > 0
    facts |= {"g_min": float(g[used].min()), "g_max": float(g[used].max())}
    record = Calibration(weight, margins, numeric, partition, new, cluster)
    return Weighted(out, new, factor, pd.concat(reports, ignore_index=True), facts, record)


def trim_to(
    frame: pd.DataFrame, *, weight: str, lower: float = 0.0, upper: float = np.inf, rule: str = "equal",
    strict: bool = True, by: str = "", recalibrate: Callable[[pd.DataFrame, str], Weighted] | None = None,
    max_rounds: int = 50, tol: float = 1e-6, into: str = "trimmed",
) -> Weighted:  # fmt: skip
    """Weights cut to limits, what was cut given to the others, and calibrated again on request.

    Parameters
    ----------
    frame : DataFrame
        One row a record; a new frame comes back.
    weight : str
        Column of the weight before.
    lower, upper : float
        Limits of the weight itself; records of weight 0 stay out of it.
    rule, strict
        See `kaohe.design.trim.trim`.
    by : str
        Column within whose levels the sum is kept.
    recalibrate : callable, optional
        Frame and weight column → Weighted, such as ``lambda f, w: rake_to(f, totals, weight=w)``.
        Trimming and calibration alternate until the calibrated weights are within the limits, by
        `tol` of them; the totals are then met exactly.
    max_rounds : int
        Rounds of trimming and calibration.
    tol : float
        How far beyond a limit a calibrated weight may end, relative to it.
    into : str
        Name of the step: the columns ``f_<into>`` and ``w_<into>``.

    Returns
    -------
    Weighted
        Report: (by,) n, trimmed, sum_before, sum_after, w_max. Facts: trimmed, moved, rounds. With
        `recalibrate`, its calibration record, from the weight before trimming.

    Raises
    ------
    InputRefused
        K330 for limits that cannot be, K319 where trimming and calibration do not come together.

    Notes
    -----
    As R survey's trimWeights.

    Examples
    --------
    >>> f = pd.DataFrame({"w": [1.0, 2.0, 3.0, 10.0]})
    >>> trim_to(f, weight="w", upper=7.0).frame["w_trimmed"].tolist()
    [2.0, 3.0, 4.0, 7.0]
    """
    records(frame, "trimming")
    faults.need(frame, [weight, *([by] if by else [])], "trimming")
    faults.full(frame, [by] if by else [], "trimming")
    before = weights(frame, weight, "trimming")
    w, facts = before.copy(), {"trimmed": 0.0, "moved": 0.0, "rounds": 0.0}
    groups = {"": np.arange(len(frame))} if not by else frame.groupby(by, sort=True).indices
    last: Weighted | None = None
    while True:
        facts["rounds"] += 1
        for rows in groups.values():
            used = rows[w[rows] > 0]
            made = trim(w[used], lower=lower, upper=upper, rule=rule, strict=strict)
            w[used] = made.weights
            if facts["rounds"] == 1:
                facts["trimmed"] += made.trimmed
                facts["moved"] += made.moved
        if recalibrate is None:
            break
        work = frame.assign(**{"(w)": w})
        last = recalibrate(work, "(w)")
        if not isinstance(last, Weighted):
            raise InputRefused(
                "K319", "Trimming and calibration do not come together", where="recalibrate", got=type(last).__name__,
                expected="a function that gives back what rake_to or calibrate_to give",
            )  # fmt: skip
        w = last.frame[last.weight].to_numpy(float, copy=True)
        inside = (w[w > 0] <= upper * (1 + tol)) & (w[w > 0] >= lower * (1 - tol))
        if inside.all():
            break
        if facts["rounds"] >= max_rounds:
            raise InputRefused(
                "K319", "Trimming and calibration do not come together", got=f"{int((~inside).sum())} weights outside "
                f"{lower:g} to {upper:g} after {max_rounds} rounds", expected="limits within which the totals can be met",
                remedy="widen the limits, or calibrate with bounds on g instead",
            )  # fmt: skip
    factors = np.divide(w, before, out=np.ones_like(w), where=before > 0)
    out, new, factor = added(frame, weight, factors, into)
    rows_ = [
        {**({by: k} if by else {}), "n": len(r), "trimmed": int(((before[r] < lower) | (before[r] > upper))[before[r] > 0].sum()),
         "sum_before": before[r].sum(), "sum_after": w[r].sum(), "w_max": w[r].max()} for k, r in groups.items()
    ]  # fmt: skip
    record = None
    if last is not None and last.calibration is not None:
        c = last.calibration
        record = Calibration(weight, c.margins, c.numeric, c.partition, new, c.cluster)
    return Weighted(out, new, factor, pd.DataFrame(rows_), facts, record)
