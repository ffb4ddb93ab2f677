"""Auxiliary variables of a calibration: margins as 0/1 columns, totals, and the checks before solving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.columns import levels_of, records, weights

Floats = npt.NDArray[np.float64]
Totals = Mapping[str, Mapping[object, float]]
TOLERANCE = 1e-9


def indicator_matrix(frame: pd.DataFrame, margins: Sequence[str], numeric: Sequence[str] = ()) -> Floats:
    """One 0/1 column a level of each margin, then the numeric columns.

    The columns are linearly dependent where margins share the intercept; users take a basis.

    Parameters
    ----------
    frame : DataFrame
        One row a record.
    margins : sequence of str
        Columns of categories.
    numeric : sequence of str
        Columns of numbers, in their own units.

    Returns
    -------
    float array, record × column
        Counts 0 and 1 for levels, which stand in sorted order.
    """
    parts: list[Floats] = []
    for margin in margins:
        codes, levels = pd.factorize(frame[margin], sort=True)
        parts.append((codes[:, None] == np.arange(len(levels))[None, :]).astype(float))
    for column in numeric:
        parts.append(frame[column].to_numpy(float)[:, None])
    return np.hstack(parts) if parts else np.zeros((len(frame), 0))


def basis(x: Floats, w: Floats) -> Floats:
    """Orthonormal basis of √w · x: regression residuals are what it does not reach.

    Parameters
    ----------
    x : float array, record × column
        Calibration columns, in their units; they may depend on one another.
    w : float array, one a record
        Weights before calibration.

    Returns
    -------
    float array, record × rank
        Columns of unit length without a unit of measure; as many as the rank of x (relative tolerance 1e-10).

    Notes
    -----
    QR decomposition with pivoting (LAPACK's geqp3; Golub & Van Loan 2013, section 5.4).
    """
    from scipy import linalg

    root = np.sqrt(w)[:, None] * x
    q, r, _ = linalg.qr(root, mode="economic", pivoting=True)
    diagonal = np.abs(np.diag(r))
    rank = int((diagonal > 1e-10 * max(diagonal.max(initial=0.0), 1e-300)).sum())
    return np.ascontiguousarray(q[:, :rank])


@dataclass(frozen=True)
class Margin:
    """One margin: the levels that the register counts, the code of each record, and the counts."""

    name: str
    levels: list[object]
    codes: npt.NDArray[np.int64]
    target: Floats


def is_total(value: object) -> bool:
    """Whether a total is a finite number."""
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and bool(np.isfinite(value))


def given(totals: object, where: str, *, some: bool = True) -> None:
    """Refuse totals that are no mapping, or (with `some`) name nothing.

    Raises
    ------
    InputRefused
        K322.
    """
    if not hasattr(totals, "items") or not hasattr(totals, "keys") or (some and not len(dict(totals.items()))):
        raise InputRefused(
            "K322", "A register total is not a count", where=where, got="no total" if hasattr(totals, "items") else type(totals).__name__,
            expected="a mapping of levels to counts, or of names to totals",
        )  # fmt: skip


def coded_margins(frame: pd.DataFrame, weight: str, totals: Totals, where: str) -> list[Margin]:
    """Margins as codes and targets; what the sample cannot meet is refused.

    Raises
    ------
    InputRefused
        K320 for a level on one side only, K321 where margins add up differently, K322 for a
        total that is not a number of 0 or more, K302 for weights.
    """
    records(frame, where)
    given(totals, where, some=False)
    faults.need(frame, [weight, *totals], where)
    w = weights(frame, weight, where)
    out = [_margin(frame, w, name, target, where) for name, target in totals.items()]
    grand = {m.name: float(m.target.sum()) for m in out}
    if grand and max(grand.values()) - min(grand.values()) > TOLERANCE * max(grand.values()):
        raise InputRefused(
            "K321", "Margins add up to different totals", where=where,
            got="; ".join(f"{k}: {v:.10g}" for k, v in grand.items()),
            expected="one number of households in every margin", remedy="correct the register totals",
        )  # fmt: skip
    return out


def _margin(frame: pd.DataFrame, w: Floats, name: str, target: Mapping[object, float], where: str) -> Margin:
    given(target, f"{where} › {name}")
    bad = [f"{k} = {v}" for k, v in target.items() if not (is_total(v) and v >= 0)]
    if bad:
        raise InputRefused(
            "K322", "A register total is not a count", where=f"{where} › {name}", got=faults.few(bad),
            expected="a finite total of 0 or more",
        )  # fmt: skip
    try:
        raw, labels = pd.factorize(frame[name])
    except TypeError:
        levels_of(frame[name], where)
        raise
    codes = np.asarray(raw, dtype=np.int64)
    void = codes < 0
    unknown = int((w[void] > 0).sum())
    if unknown:
        raise InputRefused(
            "K320", "A margin and the sample do not match", where=f"{where} › {name}",
            got=f"{unknown} sampled records without a level", expected="a level in every record",
        )  # fmt: skip
    known, weight = (codes[~void], w[~void]) if void.any() else (codes, w)
    weighed = np.bincount(known, weights=weight, minlength=len(labels)) > 0
    sampled = {label for label, counted in zip(labels, weighed, strict=True) if counted}
    levels = [k for k, v in target.items() if v > 0]
    missing = [k for k in levels if k not in sampled]
    extra = sorted(str(k) for k in sampled - set(levels))
    if missing or extra:
        sides = (("in the register only", missing), ("in the sample only", extra))
        raise InputRefused(
            "K320", "A margin and the sample do not match", where=f"{where} › {name}",
            got="; ".join(f"{text}: {faults.few(names)}" for text, names in sides if names),
            expected="the same levels on both sides",
            remedy=faults.of_another_type(missing, sampled)
            or "merge the level with a neighbour on both sides, or correct the register totals",
        )  # fmt: skip
    position = {k: i for i, k in enumerate(levels)}
    of_label = np.array([position.get(label, 0) for label in labels] + [0], dtype=np.int64)
    return Margin(name, levels, of_label[codes], np.array([float(target[k]) for k in levels]))
