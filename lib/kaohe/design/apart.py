"""A calibration over all records, or apart in each level of a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.calibrate import Calibrated, Calibration
from kaohe.design.columns import records, weights
from kaohe.design.margins import Totals, given
from kaohe.design.rake import Raked
from kaohe.design.steps import Weighted, added

Made = Raked | Calibrated
Make = Callable[[pd.DataFrame, Totals, str], tuple[Made, pd.DataFrame, tuple[str, ...]]]


def apart(
    frame: pd.DataFrame, totals: Mapping[Any, Any], make: Make, weight: str, partition: str, into: str,
    numeric: tuple[str, ...], cluster: str, method: str, bounds: tuple[float, float] | None = None,
) -> Weighted:  # fmt: skip
    """One calibration over the whole frame, or one in each level of the partition.

    Parameters
    ----------
    totals : mapping
        Margins, or with `partition` a mapping of its levels to margins.
    make : callable
        Records, totals and the level → the calibration, its report and the names of its margins.
    numeric, cluster, method, bounds
        For the record of the calibration.

    Raises
    ------
    InputRefused
        K318 for levels of the partition without totals or without records, or with other margins than the rest.
    """
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
    record = Calibration(weight, margins, numeric, partition, new, cluster, method, bounds)
    return Weighted(out, new, factor, pd.concat(reports, ignore_index=True), facts, record)
