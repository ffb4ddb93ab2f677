"""What calibration can and cannot reach: bounds that are too narrow, weights that differ within a cluster."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults

Floats = npt.NDArray[np.float64]


def cluster_means(cluster: pd.Series, x: Floats, w: Floats, where: str) -> Floats:
    """Columns averaged over the records of each cluster, so that calibration gives it one g.

    Parameters
    ----------
    cluster : Series
        Cluster of each record.
    x : float array, record × column
        Calibration columns, each in its own unit.
    w : float array, one a record
        Weights before calibration.
    where : str
        What is calibrated, in messages.

    Returns
    -------
    float array, record × column
        Means of the columns of `x`, in their units, the same in all records of a cluster.

    Raises
    ------
    InputRefused
        K316 for weights that differ within a cluster, or an empty cluster cell.

    Notes
    -----
    Unweighted means, as R survey's aggregate.stage.
    """
    codes, labels = pd.factorize(cluster)
    low, high = np.full(len(labels), np.inf), np.full(len(labels), -np.inf)
    known = codes >= 0
    np.minimum.at(low, codes[known], w[known])
    np.maximum.at(high, codes[known], w[known])
    apart = np.flatnonzero(high - low > 1e-9 * np.abs(high))
    if len(apart) or not known.all():
        raise InputRefused(
            "K316", "A cluster cannot get one weight", where=f"{where} › {cluster.name}",
            got=f"different weights within {faults.few(labels[apart])}" if len(apart) else "records without a cluster",
            expected="one weight before calibration for all records of a cluster",
        )  # fmt: skip
    size = np.bincount(codes)[:, None]
    sums = np.column_stack([np.bincount(codes, weights=x[:, k]) for k in range(x.shape[1])])
    return np.asarray((sums / size)[codes])


def refuse_infeasible(
    weighted: Floats, target: Floats, size: Floats, names: Sequence[str], bounds: tuple[float, float], where: str
) -> None:
    """Refuse totals that no weights within the bounds can meet; do nothing where some can.

    Parameters
    ----------
    weighted : float array, record × total
        w·x before calibration.
    size : float array
        Scale of each total, for comparing.

    Raises
    ------
    InputRefused
        K315 with the total that stays farthest off when the sum of the relative differences is
        made as small as the bounds allow (a linear programme).
    """
    from scipy import optimize

    n, k = weighted.shape
    scaled = (weighted / size).T
    cost = np.concatenate([np.zeros(n), np.ones(2 * k)])
    found = optimize.linprog(
        cost, A_eq=np.hstack([scaled, np.eye(k), -np.eye(k)]), b_eq=target / size,
        bounds=[bounds] * n + [(0, None)] * (2 * k), method="highs",
    )  # fmt: skip
    if not found.success or found.fun <= 1e-7:
        return
    off = found.x[n : n + k] + found.x[n + k :]
    worst = int(np.argmax(off))
    reach = float(weighted[:, worst] @ found.x[:n])
    raise InputRefused(
        "K315", "No weights within the bounds meet the totals", where=where,
        got=f"{names[worst]}: nearest {reach:.6g} for {target[worst]:.6g} with g from {bounds[0]:g} to {bounds[1]:g}",
        expected="bounds wide enough for every total", remedy="widen the bounds, or leave this total out",
    )  # fmt: skip
