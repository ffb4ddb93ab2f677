"""Design effects to plan with where a share is 0 or 1 and tells none of its own."""

from __future__ import annotations

import numpy as np

from kaohe.design.structure import Floats
from kaohe.estimate.linear import Numbers

HOMOGENEITY = 0.05  # of answers within first-stage units: icc_town + icc_village of the plan of 2020


def planned_effects(whole: Numbers, shape: tuple[int, ...], *, homogeneity: float = HOMOGENEITY) -> Floats:
    """Design effect of each variable over all domains together, at least 1, for the shares of 0 and 1 among them.

    Parameters
    ----------
    whole : Numbers
        The variables over all domains together: one row.
    shape : tuple of int
        Domain × variable of what is returned.
    homogeneity : float
        Correlation of two answers of one first-stage unit.

    Returns
    -------
    float array, domain × variable

    Notes
    -----
    A share that is 0 or 1 in the whole sample has no design effect; then 1 + (m − 1)·homogeneity with m
    the answers in a first-stage unit (Kish 1965, sec. 5.4).
    """
    p, n = whole.estimate, whole.n
    with np.errstate(invalid="ignore", divide="ignore"):
        found = whole.deff("wr")
        found = np.where(np.isnan(found), whole.variance * (n - 1) / (p * (1 - p)), found)
        clustered = 1 + np.maximum(n / whole.n_psu - 1, 0.0) * homogeneity
    own = (p > 0) & (p < 1) & np.isfinite(found)
    return np.broadcast_to(np.fmax(np.where(own, found, clustered), 1.0), shape)
