"""Replicate weights of a calibrated design: the calibration done again in every replicate, from its record."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.calibrate import Calibration, calibrate
from kaohe.design.columns import levels_of, numbers
from kaohe.design.margins import indicator_matrix
from kaohe.design.structure import Floats
from kaohe.estimate.replicates import refused
from kaohe.estimate.sampled import Sampled

CLOSE = 1e-6  # the record must give the design's own weight again within this


def before(design: Sampled) -> Floats:
    """The design's weight before its first calibration."""
    return numbers(design.frame, design.calibration[0].before, "calibration") if design.calibration else design.w


def recalibrated(design: Sampled, w: Floats) -> Floats:
    """Weights calibrated as the design's own were, to the totals that these meet.

    Parameters
    ----------
    w : float array, record × replicate
        Weights of each replicate before calibration.

    Returns
    -------
    float array, record × replicate

    Raises
    ------
    InputRefused
        K420 where the records do not say how the weight came about (a method is missing, the weight
        was trimmed afterwards), or where a replicate cannot meet the totals.

    Notes
    -----
    Deville & Särndal (1992), each replicate by the same distance and bounds, as R survey's calibrate of a replicate
    design. Parts of a partition that a replicate leaves alone keep the calibrated weight.
    """
    old = before(design)
    for step in design.calibration:
        if not step.method:
            raise _unknown("a calibration whose record has no method")
        if not np.allclose(numbers(design.frame, step.before, "calibration"), old, rtol=CLOSE, atol=0):
            raise _unknown(f"weight {step.before}, which is not what the calibration before gave")
        new = numbers(design.frame, step.after, "calibration") if step.after else design.w
        w = _again(design.frame, step, old, new, w)
        old = new
    if not np.allclose(old, design.w, rtol=CLOSE, atol=0):
        raise _unknown(f"weight {design.weight}, which is not what its calibration gave")
    return w


def _again(frame: pd.DataFrame, step: Calibration, old: Floats, new: Floats, w: Floats) -> Floats:
    """One calibration of every replicate."""
    parts = levels_of(frame[step.partition], "calibration")[0] if step.partition else np.zeros(len(frame), dtype=int)
    used = frame[[*step.margins, *step.numeric]]
    out = w.copy()
    for part in range(int(parts.max()) + 1):
        rows = np.flatnonzero((parts == part) & (old > 0))
        x = indicator_matrix(used.iloc[rows], step.margins, step.numeric)
        columns = [f"x{k}" for k in range(x.shape[1])]
        work = pd.DataFrame(x, columns=columns)
        if step.cluster:
            work["unit"] = frame[step.cluster].to_numpy()[rows]
        totals = dict(zip(columns, (new[rows] @ x).tolist(), strict=True))
        if not np.allclose(_solved(work, totals, step, old[rows], "the sample"), new[rows], rtol=CLOSE, atol=0):
            raise _unknown("a weight that its calibration's record does not give again, as one trimmed afterwards")
        for r in range(w.shape[1]):
            own = w[rows, r]
            same = np.array_equal(own, old[rows])
            out[rows, r] = new[rows] if same else _solved(work, totals, step, own, f"replicate {r + 1}")
    return out


def _solved(work: pd.DataFrame, totals: dict[str, float], step: Calibration, w: Floats, where: str) -> Floats:
    """Calibrated weights of some records; one that a replicate leaves out stays at 0."""
    try:
        made = calibrate(
            work.assign(w=w), totals, weight="w", method=step.method, bounds=step.bounds,
            cluster="unit" if step.cluster else "", tol=1e-11, where=where,
        )  # fmt: skip
    except InputRefused as error:
        raise refused(
            f"{where} cannot be calibrated: {error.code}", "totals that every replicate can meet, or reweight="
        ) from error
    return made.weights


def _unknown(got: str) -> InputRefused:
    return refused(got, "reweight=, a function that calibrates weights, or replicate weights that came with the data")
