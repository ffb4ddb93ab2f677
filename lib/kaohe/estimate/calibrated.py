"""What a calibration leaves of scores: the residuals of each part, ready for variances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd

from kaohe.design import faults
from kaohe.design.calibrate import Calibration
from kaohe.design.columns import levels_of, numbers
from kaohe.design.feasible import cluster_means
from kaohe.design.margins import basis, indicator_matrix
from kaohe.design.structure import Floats, Ints, Structure


@dataclass(frozen=True)
class Block:
    """One partition of a calibration.

    Attributes
    ----------
    rows : int array
        Positions of its records, in the order of the design.
    q : float array, row × rank
        Orthonormal basis of √w0 · X; no unit of measure.
    root, after : float array, one a row
        √w0, and the weight g · w0 after calibration.
    """

    rows: Ints
    q: Floats
    root: Floats
    after: Floats

    def residual(self, weighted: Floats) -> Floats:
        """Scores g·w0·(u − XB) from g·w0·u, with B from the regression weighted by w0.

        Parameters
        ----------
        weighted : float array, row × variable
            g·w0·u in units of the variables times weights.

        Notes
        -----
        Deville & Särndal (1992), eq. 3.4.
        """
        after = self.after
        g_root = np.divide(after, self.root, out=np.zeros_like(after), where=self.root > 0)[:, None]
        u_root = np.divide(weighted, g_root, out=np.zeros_like(weighted), where=g_root > 0)
        return np.asarray(g_root * (u_root - self.q @ (self.q.T @ u_root)))


Blocks: TypeAlias = tuple[tuple[Block, ...], ...]
"""The blocks of each calibration, the last one first."""


def blocks_of(frame: pd.DataFrame, structure: Structure, w: Floats, calibration: Calibration) -> tuple[Block, ...]:
    """The parts of one calibration.

    Parameters
    ----------
    frame : DataFrame
        One row a record, with the columns that the calibration names.
    structure : Structure
        Whose order of rows the blocks keep.
    calibration : Calibration
        One step; a part for each level of its partition.
    w : float array
        The design's weight, which stands for the weight after calibration where none is named.

    Raises
    ------
    InputRefused
        K301 for a missing column, K302 for a weight before calibration of 0 or less, K308 for empty
        cells, K401 for numbers that are text.
    """
    columns = [calibration.before, *calibration.margins, *calibration.numeric]
    more = [c for c in (calibration.partition, calibration.after, calibration.cluster) if c]
    faults.need(frame, [*columns, *more], "calibration")
    before = numbers(frame, calibration.before, "calibration")
    after = numbers(frame, calibration.after, "calibration") if calibration.after else w
    if not np.all(np.isfinite(before)) or (before < 0).any() or ((before == 0) & (w > 0)).any():
        raise faults.bad_weight(
            calibration.before, int((~(before > 0)).sum()), "a weight before calibration of 0 or less"
        )
    if not np.all(np.isfinite(after)):
        raise faults.bad_weight(calibration.after, int((~np.isfinite(after)).sum()), "missing or infinite values")
    for column in calibration.numeric:
        numbers(frame, column, "calibration")
    parts = np.zeros(len(frame), dtype=np.int64)
    if calibration.partition:
        parts = levels_of(frame[calibration.partition], "calibration")[0]
    out = []
    order = structure.order
    faults.full(frame[w > 0], [*calibration.margins, *calibration.numeric], "calibration")
    faults.full(frame, [calibration.partition] if calibration.partition else [], "calibration")
    used = frame[[*calibration.margins, *calibration.numeric]]
    for part in range(int(parts.max()) + 1):
        rows = order[parts[order] == part]
        x = indicator_matrix(used.iloc[rows], calibration.margins, calibration.numeric)
        if calibration.cluster:
            x = cluster_means(frame[calibration.cluster].iloc[rows], x, before[rows], "calibration")
        out.append(Block(rows, basis(x, before[rows]), np.sqrt(before[rows]), after[rows]))
    return tuple(out)
