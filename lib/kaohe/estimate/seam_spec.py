"""What one pass over the records must sum: variables, domains, units, sizes; the same for every kind of source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.calibrate import Calibration
from kaohe.design.sizes import FpcEntry
from kaohe.estimate.arguments import domains_of, variables_of
from kaohe.estimate.poverty import POWERS

SUM, LOW, HIGH = "Σ", "↓", "↑"  # how a column of the cells is put together: added, least, greatest
SELECTION = "selection"
WhereSpec: TypeAlias = str | Mapping[str, object] | None


@dataclass(frozen=True)
class Item:
    """One variable of a pass.

    Attributes
    ----------
    name : str
        As it stands in the tidy table.
    column : str
        Numerator.
    per : str
        Denominator column of a ratio; empty for the number of answers, as for a mean.
    kind : {"value", "level", "fgt"}
        The column itself; 1 where it equals `level`; ((line − y)/line)^power below `line`.
    level : object
        The level meant by the kind ``level``.
    line : float
        Poverty line of the kind ``fgt``, in the column's unit, such as yuan.
    measure : str
        headcount, gap or severity, of the kind ``fgt``.
    """

    name: str
    column: str
    per: str = ""
    kind: str = "value"
    level: object = None
    line: float = 0.0
    measure: str = ""

    @property
    def power(self) -> int:
        """The exponent of a poverty measure, a whole number: 0, 1 or 2."""
        return POWERS[self.measure]


def level(column: str, value: object) -> Item:
    """The share of one level of a category: 1 where `column` equals `value`, 0 elsewhere, missing where missing.

    Parameters
    ----------
    column : str
        A category.
    value : object
        The level that counts 1.

    Returns
    -------
    Item
        For the `y` of `psu_totals`.
    """
    return Item(f"{column}={value}", column, kind="level", level=value)


def per(numerator: str, denominator: str) -> Item:
    """A ratio of totals over the records where both are answered.

    Parameters
    ----------
    numerator, denominator : str
        Numeric columns.

    Returns
    -------
    Item
        For the `y` of `psu_totals`.
    """
    return Item(f"{numerator}/{denominator}", numerator, denominator)


def fgt(column: str, line: float, measure: str = "headcount") -> Item:
    """A poverty measure with a fixed line in the column's unit: headcount, gap or severity.

    Parameters
    ----------
    column : str
        Numeric column, as income in yuan.
    line : float
        The line in the same unit, above 0.
    measure : {"headcount", "gap", "severity"}
        The power 0, 1 or 2 of the shortfall.

    Returns
    -------
    Item
        For the `y` of `psu_totals`.

    Raises
    ------
    InputRefused
        K407 for another measure, or a line that is not above 0.

    Notes
    -----
    Foster, Greer & Thorbecke (1984): mean of ((line − y) / line)^α over those below the line.
    """
    if measure not in POWERS or not line > 0:
        raise InputRefused(
            "K407", "A poverty measure cannot be computed", got=f"{measure}, line = {line}",
            expected=f"{', '.join(POWERS)}; a line above 0",
        )  # fmt: skip
    return Item(column, column, kind="fgt", line=float(line), measure=measure)


@dataclass(frozen=True)
class Spec:
    """One pass: column names and what to do with them. Two passes with equal specs can be added."""

    weight: str
    strata: str | None
    psu: tuple[str, ...]
    by: tuple[str, ...]
    items: tuple[Item, ...]
    where: str | tuple[tuple[str, tuple[object, ...]], ...] | None = None
    fpc: tuple[FpcEntry, ...] | None = None
    fpc_kind: str = "count"
    calibration: Calibration | None = None
    deff: bool = True

    @property
    def stages(self) -> tuple[str, ...]:
        """Unit columns that the variance needs: all with sizes, the first without."""
        return self.psu if self.fpc is not None else self.psu[:1]

    @property
    def keys(self) -> list[str]:
        """Columns whose combinations are the cells, each once."""
        extra: tuple[str, ...] = ()
        if self.calibration:
            extra = (*self.calibration.margins, *([self.calibration.partition] if self.calibration.partition else []))
        strata = [self.strata] if self.strata else []
        return list(dict.fromkeys([*self.by, *strata, *self.stages, *extra]))

    @property
    def sizes(self) -> list[str]:
        """Columns of population sizes that are not keys anyway."""
        found: list[str] = []
        for entry in self.fpc or ():
            found.extend([entry] if isinstance(entry, str) else list(entry))
        return [c for c in dict.fromkeys(found) if c not in self.keys]

    @property
    def columns(self) -> list[str]:
        """Every column that the pass reads, each once."""
        where = [self.where] if isinstance(self.where, str) else [c for c, _ in self.where or ()]
        before = [self.calibration.before] if self.calibration else []
        items = [c for i in self.items for c in (i.column, i.per) if c]
        return list(dict.fromkeys([self.weight, *self.keys, *self.sizes, *before, *where, *items]))

    def names(self, k: int) -> list[str]:
        """Sums of item `k`: answers, w·x, w·y, then what design effects need."""
        ratio = bool(self.items[k].per)
        found = ["n", "x", "y", *(["yy"] if self.deff else []), *(["w", "xy", "xx"] if self.deff and ratio else [])]
        return [f"{SUM}{name}.{k}" for name in found]


def make_spec(
    *, weight: str, strata: str | None, psu: str | Sequence[str], by: str | Sequence[str], y: object,
    x: str | Sequence[str] | None, where: WhereSpec, fpc: Sequence[FpcEntry] | None, fpc_kind: str,
    calibration: Calibration | None, deff: bool,
) -> Spec:  # fmt: skip
    """Arguments of `kaohe.estimate.psu_totals` as a spec; see there.

    Raises
    ------
    InputRefused
        K304 for sizes at some stages only, K385 for a calibration to numeric totals, by clusters or of another
        weight, K403 for denominators that do not pair.
    """
    from kaohe.design import faults

    if strata is not None and not isinstance(strata, str):
        raise InputRefused(
            "K301", "A column is missing", where="strata", got=str(strata), expected="the name of one column",
            remedy="make a column of the combinations first",
        )  # fmt: skip
    domains_of(by)
    variables_of([] if psu is None else psu, "psu")
    if y is None or isinstance(y, Sequence):
        variables_of([] if y is None else y, "y")
    units = (psu,) if isinstance(psu, str) else tuple(psu)
    if fpc is not None and len(fpc) != len(units):
        raise faults.fpc_stages(len(fpc), len(units))
    if calibration:
        _followed(calibration, weight)
    items = _items(y, x)
    conditions: str | tuple[tuple[str, tuple[object, ...]], ...] | None
    if isinstance(where, Mapping):
        conditions = tuple((c, tuple(v) if isinstance(v, (list, tuple, set)) else (v,)) for c, v in where.items())
    elif where is None or isinstance(where, str):
        conditions = where
    else:
        raise InputRefused(
            "K402", "A domain is not a yes or no for each record", got=type(where).__name__,
            expected="the name of a boolean column, or columns with the values wanted",
        )  # fmt: skip
    return Spec(
        weight, strata, units, (by,) if isinstance(by, str) else tuple(by), items, conditions,
        None if fpc is None else tuple(e if isinstance(e, str) else (e[0], e[1]) for e in fpc), fpc_kind, calibration, deff,
    )  # fmt: skip


def is_void(value: object) -> bool:
    """Whether a value of a condition stands for missing: None, NaN, NaT, NA."""
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _followed(calibration: Calibration, weight: str) -> None:
    """Refuse a calibration whose g sums by margins cannot tell."""
    got = (
        f"numeric totals of {', '.join(calibration.numeric)}" if calibration.numeric
        else f"one g for each {calibration.cluster}" if calibration.cluster
        else f"weight {calibration.after} after it, and {weight} in use" if calibration.after not in {"", weight}
        else ""
    )  # fmt: skip
    if got:
        raise InputRefused(
            "K385", "This calibration cannot go through the seam", got=got,
            expected="margins of categories, which make cells of records with one g each",
            remedy="estimate with Design, whose residuals are taken record by record",
        )  # fmt: skip


def _items(y: object, x: str | Sequence[str] | None) -> tuple[Item, ...]:
    asked = [y] if isinstance(y, (str, Item)) else list(y)  # type: ignore[call-overload]
    if not x:
        return tuple(i if isinstance(i, Item) else Item(str(i), str(i)) for i in asked)
    bottom = [x] * len(asked) if isinstance(x, str) else list(x)
    if len(bottom) != len(asked) or any(isinstance(i, Item) for i in asked):
        raise InputRefused(
            "K403", "Numerators and denominators do not pair", got=f"{len(asked)} and {len(bottom)}",
            expected="equally many column names",
        )  # fmt: skip
    return tuple(per(str(a), b) for a, b in zip(asked, bottom, strict=True))
