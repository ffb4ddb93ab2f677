"""How one household came to its weight: every factor in order."""

from __future__ import annotations

import pandas as pd

from kaohe.base.errors import InputRefused, nearest
from kaohe.design import faults
from kaohe.design.columns import records

STEPS = (
    ("f_county", "县阶段：市内县数／抽中县数"),
    ("f_town", "镇阶段：县内镇数／抽中镇数"),
    ("f_village", "村阶段：镇内村数／抽中村数"),
    ("f_household", "户阶段：村内登记户数／抽中户数"),
    ("f_nonresponse", "无应答调整"),
    ("f_calibration", "校准到登记户数"),
)


def explain_weight(weights: pd.DataFrame, household: object, *, key: str = "household") -> pd.DataFrame:
    """Factors of one weight and the weight after each.

    Parameters
    ----------
    weights : DataFrame
        The built table ``weights``, or any frame that went through the steps of
        `kaohe.design.steps`, `adjust` and `trim`: its columns ``f_…`` in their order.
    household : object
        Number of the record; in the built table, of a responding household of the drawn sample.
    key : str
        Column of the numbers.

    Returns
    -------
    DataFrame
        step, label, factor, weight (product so far), detail (the counts or class behind it, or the
        weight column that holds the product).

    Raises
    ------
    InputRefused
        K331 for a household without a weight.

    Notes
    -----
    An identity: the weight is the product of its factors (Särndal, Swensson & Wretman 1992, chapter 4).

    Examples
    --------
    >>> f = pd.DataFrame({"id": ["a"], "f_town": [3.0], "f_household": [10.0], "w_design": [30.0], "f_raked": [0.9],
    ...                   "w_raked": [27.0]})
    >>> explain_weight(f, "a", key="id")[["step", "factor", "weight", "detail"]].values.tolist()
    [['f_town', 3.0, 3.0, ''], ['f_household', 10.0, 30.0, 'w_design'], ['f_raked', 0.9, 27.0, 'w_raked']]
    """
    records(weights, "weights")
    faults.need(weights, [key], "weights")
    rows = weights[weights[key] == household]
    if len(rows) != 1:
        raise InputRefused(
            "K331", "This household has no weight", got=str(household),
            expected="one such as " + ", ".join(nearest(str(household), weights[key].astype(str))),
            remedy="only responding households of the drawn sample have weights",
        )  # fmt: skip
    row = rows.iloc[0]
    if not {s for s, _ in STEPS} <= set(weights.columns):
        return _steps(row)
    details = {
        "f_town": _counts(row, "town", "towns"), "f_village": _counts(row, "village", "villages"),
        "f_household": _counts(row, "household", "households"), "f_nonresponse": str(row["nr_class"]),
        "f_calibration": f"{row['hh_kind']}、{row['size_group']}",
    }  # fmt: skip
    out = pd.DataFrame({
        "step": [s for s, _ in STEPS], "label": [t for _, t in STEPS], "factor": [float(row[s]) for s, _ in STEPS],
        "detail": [details.get(s, "") for s, _ in STEPS],
    })  # fmt: skip
    out.insert(3, "weight", out["factor"].cumprod())
    return out


def _counts(row: pd.Series, stage: str, units: str) -> str:
    """The counts behind a stage's factor; the chance of inclusion where it was not that of the counts."""
    there, taken, factor = float(row[f"n_{units}"]), float(row[f"m_{units}"]), float(row[f"f_{stage}"])
    return (
        f"{there:g}／{taken:g}" if abs(factor * taken - there) <= 1e-9 * there else f"入样概率 {1 / factor:.4g} 的倒数"
    )


def _steps(row: pd.Series) -> pd.DataFrame:
    """The factors of one record of any frame, with the weight column that follows each."""
    columns = [str(c) for c in row.index]
    steps = [c for c in columns if c.startswith("f_") and isinstance(row[c], float | int)]
    product = pd.Series([float(row[c]) for c in steps]).cumprod()
    after = [
        next((c for c in columns[columns.index(s) + 1 :] if c.startswith(("f_", "w_"))), "") for s in steps
    ]  # fmt: skip
    return pd.DataFrame({
        "step": steps, "label": steps, "factor": [float(row[c]) for c in steps], "weight": product,
        "detail": [c if c.startswith("w_") else "" for c in after],
    })  # fmt: skip
