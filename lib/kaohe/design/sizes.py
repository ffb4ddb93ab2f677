"""Population sizes of a design: counts N, fractions n/N or remainders 1 − n/N, read into counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import columns, faults

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FpcEntry: TypeAlias = str | tuple[str, str]
FpcKind: TypeAlias = str | Sequence[str]
KINDS = ("auto", "count", "fraction", "remainder")


def kinds_of(frame: pd.DataFrame, fpc: Sequence[FpcEntry] | None, given: FpcKind) -> tuple[str, ...]:
    """What the size columns of each stage hold: count, fraction, remainder, or pair.

    Parameters
    ----------
    fpc : sequence, optional
        A column, or a pair of columns, for each stage.
    given : str or sequence of str
        One kind for all stages, or one for each. auto takes a column without a value above 1 for
        fractions n/N, any other for counts N; 1 − n/N must be named, it cannot be told from n/N.

    Raises
    ------
    InputRefused
        K314 for an unknown kind, or kinds for another number of stages.
    """
    if fpc is None:
        return ()
    kinds: list[str] = list(given) if isinstance(given, list | tuple) else [given] * len(fpc)  # type: ignore[list-item]
    if len(kinds) != len(fpc) or any(k not in KINDS for k in kinds):
        raise InputRefused(
            "K314", "Unknown kind of population size", got=", ".join(map(str, kinds)),
            expected=f"{', '.join(KINDS)}; one for all {len(fpc)} stages, or one for each",
        )  # fmt: skip
    out = []
    for stage, (entry, kind) in enumerate(zip(fpc, kinds, strict=True), start=1):
        if not isinstance(entry, str):
            if not isinstance(entry, tuple | list) or len(entry) != 2 or not all(isinstance(c, str) for c in entry):
                raise faults.fpc_value(
                    stage, f"{entry!r}", "the name of a column, or a pair of names (population count, sampled count)"
                )
            out.append("pair")
            continue
        values = size_column(frame, entry, stage)
        small = len(values) > 0 and not bool(np.any(values > 1))
        out.append(("fraction" if small else "count") if kind == "auto" else kind)
    return tuple(out)


def size_column(frame: pd.DataFrame, column: str, stage: int) -> Floats:
    """A column of sizes as floats.

    Raises
    ------
    InputRefused
        K301 for a missing column, K305 for one of text.
    """
    faults.need(frame, [column], f"fpc of stage {stage}")
    if not columns.is_number(frame[column]):
        raise faults.fpc_value(stage, f"{column} holds {frame[column].dtype}", "numbers")
    return columns.numbers(frame, column, "fpc")


def _constant(values: Floats, group: Ints, size: int, stage: int, column: str) -> Floats:
    """The one value of each group."""
    low = np.full(size, np.inf)
    high = np.full(size, -np.inf)
    known = bool(np.all(np.isfinite(values)))
    if known:
        np.minimum.at(low, group, values)
        np.maximum.at(high, group, values)
    if not known or np.any(high - low > 1e-9 * np.abs(high)):
        raise faults.fpc_value(
            stage, f"{column} varies within a stratum or unit, or is missing", "one size for each stratum or unit"
        )
    return low


def sizes(frame: pd.DataFrame, entry: FpcEntry, kind: str, upper: Ints, counted: Floats, stage: int) -> list[Floats]:
    """Sampled and population counts of each group from an entry of `fpc`.

    Parameters
    ----------
    kind : {"count", "fraction", "remainder", "pair"}
    upper : int array, one a row
        Stratum, or unit of the stage above.
    counted : float array, one a group
        Units found in the rows.

    Raises
    ------
    InputRefused
        K305 for sizes that vary within a group or cannot be right.
    """
    names = [entry] if isinstance(entry, str) else list(entry)
    size = len(counted)
    values = [_constant(size_column(frame, c, stage), upper, size, stage, c) for c in names]
    if len(names) == 2:
        population, n = values
    elif kind == "fraction":
        if np.any((values[0] <= 0) | (values[0] > 1)):
            raise faults.fpc_value(stage, f"{names[0]} outside 0 to 1", "sampling fractions n/N")
        population, n = counted / values[0], counted
    elif kind == "remainder":
        if np.any((values[0] < 0) | (values[0] >= 1)):
            raise faults.fpc_value(stage, f"{names[0]} outside 0 to 1", "remainders 1 − n/N, 0 where all were taken")
        population, n = counted / (1 - values[0]), counted
    else:
        population, n = values[0], counted
    if np.any(n < counted - 1e-9):
        raise faults.fpc_value(stage, f"{names[1]} is below the units found", "at least the units in the data")
    if np.any(population < n - 1e-9):
        worst = int(np.argmax(n - population))
        raise faults.fpc_value(
            stage,
            f"{names[0]} = {population[worst]:g} with {n[worst]:g} sampled",
            "population counts N of at least n; for fractions say fpc_kind='fraction'",
        )
    return [n, population]


def looks_like_remainders(frame: pd.DataFrame, fpc: Sequence[FpcEntry], kinds: Sequence[str], w: Floats) -> bool:
    """True where weights are 1 / Π(1 − f) of the columns read as fractions f, and not 1 / Π f.

    Parameters
    ----------
    frame : DataFrame
        One row a record, with the columns of `fpc`.
    fpc : sequence
        Columns of sizes, one a stage.
    kinds : sequence of str
        How each was read; the question arises for fractions only.
    w : float array
        Weights of the records; those of 0 say nothing.
    """
    if not kinds or set(kinds) != {"fraction"}:
        return False
    f = np.column_stack([columns.numbers(frame, str(c), "fpc") for c in fpc])
    used = w > 0
    as_fraction, as_rest = f.prod(axis=1)[used] * w[used], (1 - f).prod(axis=1)[used] * w[used]
    return bool(np.allclose(as_rest, 1, rtol=1e-6) and not np.allclose(as_fraction, 1, rtol=1e-6))
