"""Estimates by one or more columns with their margins: rows for all of a column, and for all together."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.structure import Ints
from kaohe.estimate.arguments import domains_of

if TYPE_CHECKING:
    from kaohe.estimate.sampled import Sampled

ALL = "合计"
Make = Callable[[Ints, pd.DataFrame], pd.DataFrame]


def each_margin(design: Sampled, by: Any, where: Any, margins: bool | str, make: Make) -> pd.DataFrame:
    """The table of `make` over the domains of `by`, and with `margins` over every subset of its columns.

    Parameters
    ----------
    design : Design
    by : str or list of str or None
    where : any
        A further domain.
    margins : bool or str
        True marks a column that is summed over by 合计, a text by that text.
    make : callable
        Domain code of each row and table of domains → table with the columns of the domains first.

    Returns
    -------
    DataFrame
        Domains first, then the margins with fewer and fewer columns, all together last. Records
        without a level in any column of `by` are in no row, so that domains add up to margins.

    Raises
    ------
    InputRefused
        K414 for a column named twice or as a column of results, or a level named as the mark.
    """
    names = domains_of(by)
    label = mark_of(design, names, margins)
    if label is None:
        return make(*design.domains(names or None, where))
    inside = complete_levels(design, names, where)
    parts = []
    for kept in subsets(names):
        table = make(*design.domains(kept or None, inside))
        for name in names:
            if name not in kept:
                table[name] = label
        parts.append(
            table[[*names, *[c for c in table.columns if c not in names]]].astype(dict.fromkeys(names, object))
        )
    return pd.concat(parts, ignore_index=True)


def mark_of(design: Sampled, names: list[str], margins: bool | str) -> str | None:
    """What marks a column that is summed over; None without margins.

    Raises
    ------
    InputRefused
        K301 for a missing column, K414 for a level named as the mark.
    """
    if not margins or not names:
        return None
    label = ALL if margins is True else str(margins)
    faults.need(design.frame, names, "by")
    taken = [name for name in names if (design.frame[name].astype(object) == label).any()]
    if taken:
        raise InputRefused(
            "K414", "Domains cannot be named so", where=f"by › column {taken[0]}", got=f"a level {label}",
            expected="another mark for all of a column", remedy="give one: margins='all of them'",
        )  # fmt: skip
    return label


def complete_levels(design: Sampled, names: list[str], where: Any) -> npt.NDArray[np.bool_]:
    """Records within `where` that have a level in every column, so that domains add up to margins."""
    return design.mask(where) & (design.domains(names, None)[0] >= 0)


def subsets(names: list[str]) -> list[list[str]]:
    """All columns, then fewer and fewer, none last.

    Examples
    --------
    >>> subsets(["a", "b"])
    [['a', 'b'], ['a'], ['b'], []]
    """
    return [list(kept) for size in range(len(names), -1, -1) for kept in combinations(names, size)]
