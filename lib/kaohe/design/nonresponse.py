"""Nonresponse: weighting classes within a partition, thin classes merged and said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults

JOIN = "·"


@dataclass(frozen=True)
class Adjusted:
    """The adjustment of each record and the account of its classes.

    Attributes
    ----------
    classes : Series
        Name of the final class of each record.
    factors : Series
        Factor of each record (the same for respondents and others of a class).
    account : DataFrame
        partition, nr_class, n_selected, n_respondents, factor, merged.
    """

    classes: pd.Series
    factors: pd.Series
    account: pd.DataFrame


def weighting_classes(
    frame: pd.DataFrame,
    *,
    weight: str,
    responded: str,
    classes: Sequence[str],
    partition: str,
    min_respondents: int,
    max_factor: float,
) -> Adjusted:
    """Spread the weight of those who did not answer over those of their class who did.

    Parameters
    ----------
    frame : DataFrame
        Eligible sampled records, one row each.
    weight : str
        Weight before.
    responded : str
        Boolean column.
    classes : list of str
        Columns whose combinations are the classes, most telling first.
    partition : str
        Column within which classes are formed.
    min_respondents : int
        A class with fewer respondents is merged.
    max_factor : float
        So is a class with a larger factor.

    Returns
    -------
    Adjusted

    Raises
    ------
    InputRefused
        K312 when a partition has no respondent at all.

    Notes
    -----
    Factor = Σ w of the class / Σ w of its respondents (Oh & Scheuren 1983). A thin class joins
    the class next to it that shares the first class column, then the others; always the one with
    the nearest response rate among the candidates.

    Examples
    --------
    >>> f = pd.DataFrame({"w": [1.0] * 4, "ok": [True, True, False, True], "k": list("aabb"), "c": ["x"] * 4})
    >>> weighting_classes(f, weight="w", responded="ok", classes=["k"], partition="c", min_respondents=1,
    ...                   max_factor=3).factors.tolist()
    [1.0, 1.0, 2.0, 2.0]
    """
    faults.need(frame, [weight, responded, partition, *classes], "nonresponse")
    name = pd.Series("全部", index=frame.index)
    for k, column in enumerate(classes):
        name = frame[column].astype(str) if k == 0 else name + JOIN + frame[column].astype(str)
    final = name.copy()
    accounts = []
    for part, rows in frame.groupby(partition, sort=True).groups.items():
        piece = frame.loc[rows]
        if not piece[responded].any():
            raise InputRefused(
                "K312", "Nobody answered", where=f"{partition} {part}", got=f"0 of {len(piece)} eligible records",
                expected="at least one answer", remedy="check the survey file of this place",
            )  # fmt: skip
        table = _cells(piece, name.loc[rows], weight, responded)
        mapping = _merge(table, min_respondents, max_factor)
        final.loc[rows] = name.loc[rows].map(mapping)
        accounts.append(_account(table, mapping).assign(**{partition: part}))
    account = pd.concat(accounts, ignore_index=True)
    key = account.set_index([partition, "nr_class"])["factor"]
    factors = pd.Series(key.reindex(pd.MultiIndex.from_arrays([frame[partition], final])).to_numpy(), index=frame.index)
    return Adjusted(final, factors, account)


def _cells(piece: pd.DataFrame, name: pd.Series, weight: str, responded: str) -> pd.DataFrame:
    w = piece[weight].to_numpy(float)
    ok = piece[responded].to_numpy(bool)
    cells = pd.DataFrame({"cell": name.to_numpy(), "n": 1, "r": ok.astype(int), "w": w, "wr": np.where(ok, w, 0.0)})
    return cells.groupby("cell", sort=True)[["n", "r", "w", "wr"]].sum()


def _merge(table: pd.DataFrame, min_respondents: int, max_factor: float) -> dict[str, str]:
    """Final class of each cell; a merged class bears the names of its cells."""
    groups: dict[tuple[str, ...], np.ndarray] = {(str(c),): row.to_numpy(float) for c, row in table.iterrows()}

    def thin(values: np.ndarray) -> bool:
        return bool(values[1] < min_respondents or values[3] <= 0 or values[2] / values[3] > max_factor)

    def rate(values: np.ndarray) -> float:
        return float(values[3] / values[2]) if values[2] > 0 else 0.0

    while len(groups) > 1:
        bad = sorted((g for g in groups if thin(groups[g])), key=lambda g: (groups[g][1], g))
        if not bad:
            break
        mine = bad[0]
        others = [g for g in groups if g != mine]
        first = {c.split(JOIN)[0] for c in mine}
        alike = [g for g in others if first & {c.split(JOIN)[0] for c in g}] or others
        partner = min(alike, key=lambda g: (abs(rate(groups[g]) - rate(groups[mine])), g))
        groups[tuple(sorted((*mine, *partner)))] = groups.pop(mine) + groups.pop(partner)
    return {cell: "、".join(group) for group in groups for cell in group}


def _account(table: pd.DataFrame, mapping: dict[str, str]) -> pd.DataFrame:
    grouped = table.assign(nr_class=[mapping[str(c)] for c in table.index]).groupby("nr_class", sort=True)
    sums = grouped[["n", "r", "w", "wr"]].sum()
    cells = grouped.size()
    return pd.DataFrame({
        "nr_class": sums.index, "n_selected": sums["n"].to_numpy(), "n_respondents": sums["r"].to_numpy(),
        "factor": (sums["w"] / sums["wr"]).to_numpy(),
        "merged": [f"由{k}组合并" if k > 1 else "" for k in cells],
    })  # fmt: skip
