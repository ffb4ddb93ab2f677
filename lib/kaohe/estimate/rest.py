"""Each domain against all others together: a difference with its covariance, and a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.structure import Floats, Ints
from kaohe.estimate import intervals
from kaohe.estimate.arguments import confidence
from kaohe.estimate.contrast import contrast_freedom, matrices, two_sided
from kaohe.estimate.linear import ONE, beside

if TYPE_CHECKING:
    from kaohe.estimate.arguments import Columns
    from kaohe.estimate.domains import Where
    from kaohe.estimate.sampled import Sampled


def against_rest(
    design: Sampled, variable: str, *, by: Columns, kind: str = "mean", denominator: str | None = None,
    where: Where = None, level: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Each domain's estimate less that of all the other domains together.

    Parameters
    ----------
    by : str or list of str
        Columns whose combinations are the domains; records outside `where`, or without a level, are
        in no domain and in no rest.
    design, variable, kind, denominator, where, level
        As for `kaohe.estimate.Design.contrast`, of one variable.

    Returns
    -------
    DataFrame
        The columns of `by`, variable, rest (estimate of the others), difference (domain − rest),
        difference_se, difference_low, difference_high, difference_df, t, p_value (two-sided), p_holm
        (for all tests that are made, together). Where all of a domain, or all of its rest, answer alike (a share of 0 or 1),
        the difference stands without error, interval and test.

    Raises
    ------
    InputRefused
        K409 for fewer than two domains; K401, K402, K408, K412 as `Design.contrast`.

    Notes
    -----
    The covariance between a domain and the rest is counted, as in `kaohe.estimate.Design.contrast`. Degrees of
    freedom as there (`kaohe.estimate.contrast.contrast_freedom`): a county with four towns has about as few as its own
    estimate has. Records that all answer alike do not show how far their estimate may be off: its variance comes
    out as 0, and a test would count the error of the other side alone, so that none is made. p_holm by the step-down
    procedure of Holm (1979).

    Examples
    --------
    >>> from kaohe.estimate import Design
    >>> f = pd.DataFrame({"w": [1.0] * 6, "c": list("aabbcc"), "y": [1.0, 3, 4, 6, 7, 9]})
    >>> against_rest(Design(f, weight="w"), "y", by="c")[["c", "rest", "difference", "p_value", "p_holm"]].round(3)
       c  rest  difference  p_value  p_holm
    0  a   6.5        -4.5    0.027    0.08
    1  b   5.0         0.0    1.000    1.00
    2  c   3.5         4.5    0.027    0.08
    """
    level = confidence(level)
    num, den = matrices(design, [variable], kind, denominator, where)
    codes, domains = design.domains(by, where)
    if len(domains) < 2:
        raise InputRefused(
            "K409", "A test needs two domains", got=f"{len(domains)} in column {by}", expected="two or more"
        )
    rows = []
    for d in range(len(domains)):
        split = np.where(codes < 0, -1, np.where(codes == d, 0, 1)).astype(np.int64)
        rows.append(_row(design, num, den, split, level))
    out = beside(domains, pd.DataFrame(rows), 1)
    out.insert(len(domains.columns), "variable", variable)
    out["p_holm"] = holm(out["p_value"].to_numpy(float))
    return out


def _row(design: Sampled, num: Floats, den: Floats | None, split: Ints, level: float) -> dict[str, float]:
    """Domain 0 less domain 1."""
    inside = [split == 0, split == 1]
    estimates, cov = design.joint_of(num, den, inside)
    each = design.numbers(num, den, split, 2, squares=False).df[:, 0]
    together = np.where(split >= 0, 0, -1).astype(np.int64)
    gap, se, df = float(estimates[0, 0] - estimates[1, 0]), np.nan, np.nan
    if (each > 0).all() and not any(_alike(num, den, design.w, own) for own in inside):
        se = float(np.sqrt(max(float(cov[0, 0] + cov[1, 1] - 2 * cov[0, 1]), 0.0)))
        union = float(design.numbers(num, den, together, 1, squares=False).df[0, 0])
        df = contrast_freedom(design, num, den, inside, np.array([1.0, -1.0]), cov, each, union)
    low, high = intervals.t_interval(np.array(gap), np.array(se), np.array(df), level)
    t = gap / se if se > 0 else np.nan
    return {
        "rest": float(estimates[1, 0]), "difference": gap, "difference_se": se, "difference_low": float(low),
        "difference_high": float(high), "difference_df": df, "t": t, "p_value": two_sided(t, df),
    }  # fmt: skip


def _alike(num: Floats, den: Floats | None, w: Floats, inside: npt.NDArray[np.bool_]) -> bool:
    """True where all records that count have one and the same answer; of a total, none but 0."""
    y = num[inside & (w > 0), 0]
    x = np.ones_like(y) if den is None or den is ONE else np.broadcast_to(den, num.shape)[inside & (w > 0), 0]
    known = ~(np.isnan(y) | np.isnan(x))
    y, x = y[known], x[known]
    level = 0.0 if den is None or not x.sum() else y.sum() / x.sum()
    return bool(np.allclose(y, level * x, rtol=1e-9, atol=0.0))


def holm(p: npt.NDArray[np.float64]) -> Floats:
    """P values adjusted for their number by Holm (1979); missing ones stay missing and do not count.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03, np.nan])).tolist()
    [0.03, 0.06, 0.06, nan]
    """
    out: Floats = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    out[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if len(order) else steps
    return out
