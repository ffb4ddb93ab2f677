"""Forms graded twice: how far two gradings of the same place agree, beyond chance.

Two forms of one place are a double grading when they came from two teams, on two days, or with
different grades; an exact copy is a copy. Neither counts until somebody says which is valid
(K295), so the pairs are kept apart from the grades in use, in the clean table ``doubles``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from kaohe.base.tables import LINEAGE
from kaohe.clean.form_tables import FormRead

DOUBLE_COLUMNS = (
    "form_key", "form", "object", "place", "city", "item", "grade", "other_grade", "team", "other_team", *LINEAGE,
    "other_file", "other_sheet", "other_row",
)  # fmt: skip
WEIGHTS = {"none": 0, "linear": 1, "quadratic": 2}


@dataclass(frozen=True)
class Agreement:
    """Agreement of two gradings.

    Attributes
    ----------
    n : int
        Pairs.
    kappa : float
        Weighted kappa; NaN without pairs, and where both gradings use one and the same grade only.
    observed, expected : float
        Weighted disagreement found, and expected by chance from the margins (0 to 1).
    same : float
        Share of pairs with the same grade.
    """

    n: int
    kappa: float
    observed: float
    expected: float
    same: float


def weighted_kappa(
    first: Sequence[str], second: Sequence[str], levels: Sequence[str], *, weights: str = "quadratic"
) -> Agreement:
    """Cohen's weighted kappa of two gradings of the same items.

    Parameters
    ----------
    first, second : sequence of str
        Grades, pair by pair.
    levels : sequence of str
        All grades in order.
    weights : {"quadratic", "linear", "none"}
        Disagreement of grades i and j: the square of i − j, its size, or 1, over the greatest.

    Method
    ------
    kappa = 1 − Σ w·o / Σ w·e with o the shares of pairs and e the products of their margins
    (Cohen 1968, Psychological Bulletin 70, 213–220).

    Examples
    --------
    >>> weighted_kappa(["好", "好", "一般"], ["好", "较好", "一般"], ["好", "较好", "一般", "较差"]).n
    3
    """
    order = {level: k for k, level in enumerate(levels)}
    k = len(levels)
    table = np.zeros((k, k))
    for a, b in zip(first, second, strict=True):
        table[order[a], order[b]] += 1
    return kappa_of(table, weights=weights)


def kappa_of(table: np.ndarray, *, weights: str = "quadratic") -> Agreement:
    """Weighted kappa of a square table of counts (see `weighted_kappa`).

    Parameters
    ----------
    table : int array, grades × grades
        Number of pairs; the first grading in rows, the second in columns, both in the order of the grades.
    weights : str
        A key of `WEIGHTS`.

    Returns
    -------
    Agreement
        kappa and the shares are NaN for a table without pairs.
    """
    n = float(table.sum())
    if n == 0:
        return Agreement(0, np.nan, np.nan, np.nan, np.nan)
    k = len(table)
    steps = np.abs(np.subtract.outer(np.arange(k), np.arange(k))).astype(float)
    power = WEIGHTS[weights]
    w = (steps > 0).astype(float) if power == 0 else (steps / (k - 1)) ** power
    shares = table / n
    chance = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    observed, expected = float((w * shares).sum()), float((w * chance).sum())
    kappa = 1 - observed / expected if expected > 0 else np.nan
    return Agreement(int(n), kappa, observed, expected, float(np.trace(shares)))


def double_frame(forms: Iterable[FormRead]) -> pd.DataFrame:
    """The clean table ``doubles``: one row an item that two forms of one place both grade.

    Lineage is that of the first form's row; ``other_*`` point at the second's.
    """
    groups: dict[str, list[FormRead]] = {}
    for read in forms:
        groups.setdefault(read.key, []).append(read)
    rows = []
    for same in groups.values():
        for a, b in combinations(same, 2):
            if _is_copy(a, b):
                continue
            other = {i.item: i for i in b.items}
            for item in sorted(a.items, key=lambda i: i.item):
                if item.item in other:
                    o = other[item.item]
                    rows.append(
                        (
                            a.key, a.form.id, a.object, a.place, a.places.get("city", a.object), item.item, item.grade, o.grade,
                            a.team, b.team, a.sheet.file, a.sheet.name, a.sheet.numbers[item.row], a.account.sha256,
                            b.sheet.file, b.sheet.name, b.sheet.numbers[o.row],
                        )
                    )  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(DOUBLE_COLUMNS))
    numbers = {"item", "src_row", "other_row"}
    return frame.astype({c: "int64" if c in numbers else "str" for c in DOUBLE_COLUMNS})


def _is_copy(a: FormRead, b: FormRead) -> bool:
    """The same grades by the same team on the same day."""
    return (
        {i.item: i.grade for i in a.items} == {i.item: i.grade for i in b.items}
        and a.team == b.team
        and a.visit_date == b.visit_date
    )
