"""The quality word of an estimate: whether it can be shown, from its answers, degrees of freedom and error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kaohe.design.structure import Floats

OK, CAUTION, SUPPRESSED, NOT_ESTIMABLE = "ok", "caution", "suppressed", "not_estimable"


@dataclass(frozen=True)
class Rules:
    """Limits of the quality words; the defaults are those of the plan of 2020.

    Attributes
    ----------
    min_n : int
        Fewer answers (a count) than this: suppressed, the number is not for release.
    warn_n, warn_df : int
        Fewer answers, or degrees of freedom: caution.
    warn_cv, max_cv : float
        A larger relative error: caution, suppressed. For a share it is taken over the larger of
        p and 1 − p.
    """

    min_n: int = 10
    warn_n: int = 30
    warn_df: int = 3
    warn_cv: float = 0.15
    max_cv: float = 0.50


def words(
    estimate: Floats, se: Floats, n: Floats, df: Floats, *, rules: Rules, share: bool = False
) -> npt.NDArray[np.object_]:
    """ok, caution, suppressed or not_estimable for each estimate.

    Parameters
    ----------
    estimate, se, n, df : float array
    share : bool
        Estimates are shares between 0 and 1; 0 and 1 themselves carry a caution.

    Returns
    -------
    object array
        Few answers come first: what fewer than min_n gave is suppressed, whether or not it has an
        error. not_estimable: no error can be given (one unit, or no answer). The number stays in
        the table whatever the word; `kaohe.estimate.suppress` empties what goes into reports.

    Examples
    --------
    >>> words(np.array([0.5, 0.5, 0.5, 0.5]), np.array([0.01, 0.1, np.nan, np.nan]), np.array([99.0, 99, 99, 4]),
    ...       np.array([20.0, 20, 0, 0]), rules=Rules()).tolist()
    ['ok', 'caution', 'not_estimable', 'suppressed']
    """
    base = np.maximum(np.abs(estimate), np.abs(1 - estimate)) if share else np.abs(estimate)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.where(se > 0, se / base, 0.0)
    edge = (estimate <= 0) | (estimate >= 1) if share else np.zeros(np.shape(estimate), dtype=bool)
    thin = (n < rules.warn_n) | (df < rules.warn_df) | (error > rules.warn_cv) | edge
    few = (n > 0) & (n < rules.min_n)
    rough = (n < rules.min_n) | (error > rules.max_cv)
    found = np.select([few, np.isnan(se), rough, thin], [SUPPRESSED, NOT_ESTIMABLE, SUPPRESSED, CAUTION], OK)
    return np.asarray(found, dtype=object)
