"""What the rooms design and estimate refuse, each fault with its own code and wording."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused, nearest


def few(values: Iterable[object], n: int = 5) -> str:
    """`values` as text: `n` of them at most, the first ones, with the number of all where some are left out."""
    texts = [str(v) for v in values]
    return ", ".join(texts[:n]) + (f", … ({len(texts)} in all)" if len(texts) > n else "")


def of_another_type(asked: Iterable[object], there: Iterable[object]) -> str:
    """What to do where names that are missing stand there as values of another type, such as "1" and 1; else empty.

    Parameters
    ----------
    asked : iterable
        Names that are missing.
    there : iterable
        Names that there are.
    """
    for name in asked:
        like = next((t for t in there if str(t) == str(name) and type(t) is not type(name)), None)
        if like is not None:
            return f"{name!r} is {type(name).__name__}, the column holds {type(like).__name__}: give names of its type, or column.astype(str)"
    return ""


def need(frame: pd.DataFrame, columns: Sequence[str], where: str) -> None:
    """Refuse a frame that lacks a column.

    Parameters
    ----------
    frame : DataFrame
        One row a record.
    columns : sequence of str
        Names that must be there.
    where : str
        What they are for, in messages.

    Raises
    ------
    InputRefused
        K301 with the nearest names there are.
    """
    for column in columns:
        if not isinstance(column, Hashable) or column not in frame.columns:
            raise InputRefused(
                "K301",
                "A column is missing",
                where=where,
                got=str(column) if isinstance(column, Hashable) else f"a {type(column).__name__}, not a name",
                expected="a column such as " + ", ".join(nearest(str(column)[:80], [str(c) for c in frame.columns])),
            )


def full(frame: pd.DataFrame, columns: Sequence[str], where: str) -> None:
    """Refuse empty cells in columns that must say something of every record.

    Parameters
    ----------
    frame : DataFrame
        One row a record.
    columns : sequence of str
        Columns that may have no gap.
    where : str
        What they are for, in messages.

    Raises
    ------
    InputRefused
        K308 with the first such column.
    """
    for column in columns:
        empty = int(frame[column].isna().sum())
        if empty:
            raise InputRefused(
                "K308", "A design column has empty cells", where=f"{where} › column {column}", got=f"{empty} rows",
                expected="a value in every row",
            )  # fmt: skip


def finite(values: npt.NDArray[np.float64], columns: Sequence[str]) -> npt.NDArray[np.float64]:
    """A matrix of variables as it came in, without infinite values; missing ones may be.

    Parameters
    ----------
    values : float array, record × variable
        In the units of the variables.
    columns : sequence of str
        Their names.

    Raises
    ------
    InputRefused
        K416 with the first column that holds any.
    """
    for k, column in enumerate(columns):
        own = values[:, k]
        if not np.isfinite(own.sum()) and np.isinf(own).any():  # the sum tells of most columns in half the time
            raise InputRefused(
                "K416", "A variable holds infinite values", where=f"column {column}",
                got=f"{int(np.isinf(own).sum())} rows", expected="finite numbers, or missing",
                remedy=f"frame['{column}'].replace([np.inf, -np.inf], np.nan), if they stand for no answer",
            )  # fmt: skip
    return values


def yes_or_no(frame: pd.DataFrame, column: str, where: str) -> npt.NDArray[np.bool_]:
    """A column of booleans, or of 0 and 1, as booleans.

    Raises
    ------
    InputRefused
        K308 for empty cells, K405 for other values: text and missing answers are not taken for yes.
    """
    full(frame, [column], where)
    wrong = ~frame[column].isin([0, 1])
    if wrong.any():
        raise InputRefused(
            "K405", "A share needs 0 and 1", where=f"{where} › column {column}",
            got=f"{frame.loc[wrong, column].iloc[0]} in {int(wrong.sum())} rows", expected="booleans, or 0 and 1",
        )  # fmt: skip
    return np.asarray(frame[column].to_numpy(dtype=bool), dtype=np.bool_)


def bad_weight(column: str, n: int, got: str) -> InputRefused:
    """The refusal (K302) of weights that are missing, negative or not finite.

    Parameters
    ----------
    column, got : str
        Name of the column; what it holds instead of weights.
    n : int
        Number of rows in which it does.
    """
    return InputRefused(
        "K302",
        "Weights are not all numbers of 0 or more",
        where=f"column {column}",
        got=f"{got} in {n} rows",
        expected="a finite weight of at least 0 in every row, and some above 0",
        remedy="records without a weight (重点调查) are described apart, not weighted",
    )


def not_nested(stage: int, clashes: Iterable[object]) -> InputRefused:
    """A unit number that stands in two strata or two higher units."""
    return InputRefused(
        "K303",
        "Sampling units are not nested",
        where=f"stage {stage}",
        got=f"the same id in more than one stratum or higher unit: {few(clashes)}",
        expected="an id that names one unit in the whole sample",
        remedy="use full codes, or say nest=True to read ids within their stratum and higher unit",
    )


def fpc_stages(given: int, stages: int) -> InputRefused:
    """The refusal (K304) of population sizes at `given`, a number of stages, where the design has the number `stages`."""
    return InputRefused(
        "K304",
        "Population sizes are given at some stages only",
        got=f"{given} of {stages} stages",
        expected="sizes at all stages, or at none",
        remedy="with the first stage alone the variance of the later stages is lost",
    )


def fpc_value(stage: int, got: str, expected: str) -> InputRefused:
    """The refusal (K305) of a population size that cannot be right.

    Parameters
    ----------
    stage : int
        Number of the stage, from 1.
    got, expected : str
        What was found; what can be.
    """
    return InputRefused("K305", "A population size cannot be right", where=f"stage {stage}", got=got, expected=expected)


def lonely(stage: int, groups: Iterable[object]) -> InputRefused:
    """Strata with one sampled unit."""
    merge = "'merge', " if stage == 1 else ""
    return InputRefused(
        "K306",
        "Strata with a single sampled unit",
        where=f"stage {stage}",
        got=few(groups),
        expected="at least two units in each stratum",
        remedy=f"choose lonely='adjust', {merge}'average' or 'certainty', and say so in the report",
    )


def purposive(n: int, kinds: Iterable[object]) -> InputRefused:
    """The refusal (K307) of `n` records that were not drawn by chance, and the `kinds` of selection that they have instead."""
    return InputRefused(
        "K307",
        "Records that were not sampled cannot enter a design",
        where="column selection",
        got=f"{n} rows with {few(kinds)}",
        expected="抽样 in every row",
        remedy="describe them apart; or, where the villages were carved out of the frame beforehand, name each of "
        "them in kaohe.design.take_all, which makes them strata of their own with households drawn inside",
    )


def remainders(columns: Iterable[object]) -> InputRefused:
    """The refusal (K314) of `columns` of sizes that were read as n/N and are 1 − n/N by the weights."""
    return InputRefused(
        "K314",
        "Population sizes look like 1 − n/N",
        where=f"fpc {few(columns)}",
        got="weights equal to 1/(1 − value), not to 1/value",
        expected="sampling fractions n/N, or the kind by name",
        remedy="say fpc_kind='remainder', or fpc_kind='fraction' if they are n/N all the same",
    )
