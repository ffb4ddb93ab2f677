"""How much single weights, households or sampling units move an estimate."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.structure import Floats, Ints
from kaohe.estimate.arguments import Columns, as_list, variables_of
from kaohe.estimate.contrast import matrices
from kaohe.estimate.domains import Where
from kaohe.estimate.linear import ONE, score_matrix
from kaohe.estimate.sampled import Sampled
from kaohe.estimate.variance import group_scales

Weighted: TypeAlias = tuple[npt.NDArray[np.bool_], Floats, Floats]


def influence(
    design: Sampled, variable: str, *, unit: Columns | None = None, kind: str = "mean", denominator: str | None = None,
    where: Where = None, top: int | None = None,
) -> pd.DataFrame:  # fmt: skip
    """What an estimate would be without each record, or without each level of some columns.

    Parameters
    ----------
    design : Design
    variable : str
        Numeric column; 0 and 1 for a share.
    unit : str or list of str, optional
        Columns whose levels are dropped in turn, such as ``"village"`` or the first-stage unit; without
        it, single records, named by the frame's index.
    kind : {"mean", "proportion", "total", "ratio"}
        A ratio needs `denominator`.
    where : condition
        A domain, as for `Design.mean`.
    top : int, optional
        How many records or units to keep: those that move the estimate most.
    denominator : str, optional
        Column that a ratio divides by.

    Returns
    -------
    DataFrame
        The columns of `unit` (or ``record``), then n (records with an answer), weight (their sum), share (of
        the domain's weight), change (the estimate without it less the estimate; other weights stay),
        linear (the same to first order, with what calibrating anew would mend), in_se (linear over the
        standard error), variance_share (part of the first stage's variance that comes from this unit;
        only where `unit` is the first-stage unit). Largest absolute `linear` first.

    Raises
    ------
    InputRefused
        K301, K401, K402, K408; K333 where nothing in the domain has an answer, or for a design of
        replicate weights, which has no linearised scores.

    Notes
    -----
    The linear change is −Σ w·z with the scores z of the variance (y − R x)/X̂; for calibrated weights
    −Σ g·w₀·(z − xB) (Deville & Särndal 1992, eq. 3.4): the empirical influence function of Hampel
    (1974) for a unit's weight.

    Examples
    --------
    >>> from kaohe.estimate import Design
    >>> f = pd.DataFrame({"t": list("aabb"), "w": [1.0, 1.0, 2.0, 4.0], "y": [1.0, 3.0, 5.0, 9.0]})
    >>> influence(Design(f, weight="w", psu="t"), "y", unit="t")[["t", "n", "change", "linear", "in_se"]].round(3)
       t  n  change  linear  in_se
    0  a  2   1.417   1.062    0.5
    1  b  2  -4.250  -1.062   -0.5
    """
    if hasattr(design, "made"):
        raise _refused("a design of replicate weights", "a design with strata and units")
    num, den = matrices(design, [variable], kind, denominator, where)
    inside = design.mask(where)
    answered, wy, wx = _weighted(design, num, den, inside)
    if not answered.any():
        raise _refused(f"no answer to {variable} in the domain", "a domain with answers")
    code, names = _units(design, unit, answered)
    size = len(names)
    total_y, total_x = float(wy.sum()), float(wx.sum())
    y, x, w, n = (
        np.bincount(code, weights=v[answered], minlength=size) for v in (wy, wx, design.w, np.ones(len(answered)))
    )
    estimate = total_y if den is None else total_y / total_x
    with np.errstate(invalid="ignore", divide="ignore"):
        left = total_x - x
        without = (
            total_y - y if den is None else np.where(np.abs(left) > 1e-12 * abs(total_x), (total_y - y) / left, np.nan)
        )
    rows, scores = score_matrix(design.structure, design.blocks, design.w, num, den, inside)
    whole = np.zeros(len(design.frame))
    whole[rows] = scores[:, 0]
    linear = -np.bincount(code, weights=whole[answered], minlength=size)
    se = float(np.sqrt(design.covariance_of(num, den, inside)[0, 0]))
    out = names.assign(
        n=n.astype(np.int64), weight=w, share=w / w.sum(), change=without - estimate, linear=linear,
        in_se=linear / se if se > 0 else np.nan, variance_share=_first_stage(design, unit, whole, code, answered, size),
    )  # fmt: skip
    if not _is_first_stage(design, unit):
        out = out.drop(columns="variance_share")
    order = np.argsort(-np.abs(linear), kind="stable")
    return out.iloc[order[:top]].reset_index(drop=True)


def _weighted(design: Sampled, num: Floats, den: Floats | None, inside: npt.NDArray[np.bool_]) -> Weighted:
    """Which records have an answer, and their weighted numerator and denominator, 0 elsewhere."""
    y = num[:, 0]
    x = np.ones(len(y)) if den is None or den is ONE else den[:, 0]
    answered = inside & ~np.isnan(y) & ~np.isnan(x) & (design.w > 0)
    return answered, np.where(answered, design.w * y, 0.0), np.where(answered, design.w * x, 0.0)


def _units(design: Sampled, unit: Columns | None, answered: npt.NDArray[np.bool_]) -> tuple[Ints, pd.DataFrame]:
    """Unit of each answered record, and the table of units."""
    if unit is None:
        index = design.frame.index[answered]
        return np.arange(len(index), dtype=np.int64), pd.DataFrame({"record": index})
    names = variables_of(unit, "unit")
    faults.need(design.frame, names, "unit")
    grouped = design.frame.loc[answered, names].groupby(names, sort=True, dropna=False)
    levels = grouped.first() if len(names) > 1 else grouped.size()
    return grouped.ngroup().to_numpy(np.int64), levels.index.to_frame(
        index=False, name=names if len(names) > 1 else names[0]
    )


def _is_first_stage(design: Sampled, unit: Columns | None) -> bool:
    """True when the levels of `unit` are the design's first-stage units, one to one."""
    stage = design.structure.stages[0].unit
    if unit is None:
        return len(np.unique(stage)) == len(stage)
    own = design.frame.groupby(as_list(unit), sort=False, dropna=False).ngroup().to_numpy()
    pairs = len(pd.DataFrame({"a": own, "b": stage}).drop_duplicates())
    return pairs == len(np.unique(own)) == len(np.unique(stage))


def _first_stage(
    design: Sampled, unit: Columns | None, scores: Floats, code: Ints, answered: npt.NDArray[np.bool_], size: int
) -> Any:
    """Each unit's part of the first stage's sum of squares; units without an answer hold the rest."""
    if not _is_first_stage(design, unit):
        return np.nan
    stage = design.structure.stages[0]
    totals = np.bincount(stage.unit, weights=scores, minlength=stage.n_units)
    scale, grand = group_scales(stage, design.structure.lonely)
    sums = np.bincount(stage.group, weights=totals, minlength=stage.n_groups)
    centre = sums / stage.n
    if grand.any():
        centre = np.where(grand > 0, 0.0 if design.blocks else totals.sum() / max(stage.n.sum(), 1.0), centre)
    squares = scale[stage.group] * (totals - centre[stage.group]) ** 2
    absent = np.where(grand > 0, 0.0, stage.n - np.bincount(stage.group, minlength=stage.n_groups)) * scale * centre**2
    whole = float(squares.sum() + absent.sum())
    place = np.zeros(size, dtype=np.int64)
    place[code] = stage.unit[answered]
    return squares[place] / whole if whole > 0 else np.full(size, np.nan)


def _refused(got: str, expected: str) -> InputRefused:
    return InputRefused("K333", "Influences cannot be computed", got=got, expected=expected)
