"""How one household came to its weight: every factor in order."""

from __future__ import annotations

import pandas as pd

from kaohe.base.errors import InputRefused, nearest

STEPS = (
    ("f_county", "县阶段：市内县数／抽中县数"),
    ("f_town", "镇阶段：县内镇数／抽中镇数"),
    ("f_village", "村阶段：镇内村数／抽中村数"),
    ("f_household", "户阶段：村内登记户数／抽中户数"),
    ("f_nonresponse", "无应答调整"),
    ("f_calibration", "校准到登记户数"),
)


def explain_weight(weights: pd.DataFrame, household: str) -> pd.DataFrame:
    """Factors of one weight and the weight after each.

    Parameters
    ----------
    weights : DataFrame
        The built table ``weights``.
    household : str
        Number of a responding household of the drawn sample.

    Returns
    -------
    DataFrame
        step, label, factor, weight (product so far), detail (the counts or class behind it).

    Raises
    ------
    InputRefused
        K331 for a household without a weight.
    """
    rows = weights[weights["household"] == household]
    if len(rows) != 1:
        raise InputRefused(
            "K331", "This household has no weight", got=household,
            expected="one such as " + ", ".join(nearest(household, weights["household"])),
            remedy="only responding households of the drawn sample have weights",
        )  # fmt: skip
    row = rows.iloc[0]
    details = {
        "f_town": f"{row['n_towns']:g}／{row['m_towns']:g}", "f_village": f"{row['n_villages']:g}／{row['m_villages']:g}",
        "f_household": f"{row['n_households']:g}／{row['m_households']:g}", "f_nonresponse": str(row["nr_class"]),
        "f_calibration": f"{row['hh_kind']}、{row['size_group']}",
    }  # fmt: skip
    out = pd.DataFrame({
        "step": [s for s, _ in STEPS], "label": [t for _, t in STEPS], "factor": [float(row[s]) for s, _ in STEPS],
        "detail": [details.get(s, "") for s, _ in STEPS],
    })  # fmt: skip
    out.insert(3, "weight", out["factor"].cumprod())
    return out
