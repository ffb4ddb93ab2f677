"""What cells of the seam tell of records that no design can take."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.calibrate import Calibration
from kaohe.estimate.seam_spec import HIGH, LOW, SUM, Spec


def check_cells(cells: pd.DataFrame, spec: Spec) -> pd.DataFrame:
    """Refuse what `Design` would refuse of the records; the cells with one size each.

    Raises
    ------
    InputRefused
        K302 for weights, K305 for sizes that vary, K307 for records that were not drawn, K308 for empty design columns,
        K385 for a calibration that cannot be followed, K402 for a condition without an answer, K416 for infinite values.
    """
    if f"{SUM}other" in cells and cells[f"{SUM}other"].sum() > 0:
        kinds = sorted(set(cells[f"{HIGH}other"]) - {""})
        raise faults.purposive(int(cells[f"{SUM}other"].sum()), kinds)
    bad = int(cells[f"{SUM}bad"].sum())
    if bad:
        raise faults.bad_weight(spec.weight, bad, "missing, negative or infinite values")
    if cells[f"{SUM}void"].sum() > 0:
        raise InputRefused(
            "K402", "A domain is not a yes or no for each record", where=f"column {spec.where}",
            got=f"{int(cells[f'{SUM}void'].sum())} rows without an answer", expected="yes or no in every row",
        )  # fmt: skip
    for column in [*([spec.strata] if spec.strata else []), *spec.stages]:
        empty = cells[column].isna()
        if empty.any():
            raise InputRefused(
                "K308", "A design column has empty cells", where=f"column {column}",
                got=f"{int(cells.loc[empty, f'{SUM}all'].sum())} rows", expected="a stratum and unit in every row",
            )  # fmt: skip
    for k, item in enumerate(spec.items):
        lost = ~np.isfinite(cells[[f"{SUM}x.{k}", f"{SUM}y.{k}"]].to_numpy(float)).all(axis=1)
        if lost.any():
            raise InputRefused(
                "K416", "A variable holds infinite values", where=f"column {item.column}", got=f"{int(lost.sum())} cells",
                expected="finite numbers, or missing",
            )  # fmt: skip
    one_size = {}
    for column in spec.sizes:
        low, high = cells[f"{LOW}{column}"], cells[f"{HIGH}{column}"]
        if (cells[f"{SUM}void {column}"] > 0).any() or (high - low > 1e-9 * high.abs()).any():
            raise faults.fpc_value(
                1, f"{column} varies within a stratum or unit, or is missing", "one size for each stratum or unit"
            )
        one_size[column] = low
    if spec.calibration:
        _check_calibration(cells, spec.calibration)
    return cells.assign(**one_size)


def _check_calibration(cells: pd.DataFrame, calibration: Calibration) -> None:
    wrong = int(cells[f"{SUM}wrong"].sum())
    if wrong:
        raise faults.bad_weight(calibration.before, wrong, "a weight before calibration of 0 or less")
    low, high = cells[f"{LOW}g"], cells[f"{HIGH}g"]
    varied = (high - low > 1e-9 * high.abs()).sum()
    if varied:
        raise InputRefused(
            "K385", "This calibration cannot go through the seam",
            got=f"weight after over weight before varies in {int(varied)} cells",
            expected="one ratio for records that agree in all margins and the partition",
            remedy="name every margin of the calibration, or estimate with Design",
        )  # fmt: skip
