"""What a draw refuses, each fault with its own code and wording."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused, nearest
from kaohe.design.faults import few


def bad_seed(seed: str) -> InputRefused:
    """A public text that two people could read in two ways."""
    return InputRefused(
        "K920", "The public text of the draw cannot be used", got=repr(seed)[:80],
        expected="one line, not empty, without blanks at its ends", remedy="name it with --seed",
    )  # fmt: skip


def check_units(frame: pd.DataFrame, unit: str, where: str) -> None:
    """Refuse a register in which a unit has no number or stands twice.

    Raises
    ------
    InputRefused
        K910 without a row or with an empty number, K911 with the first that stand twice.
    """
    empty = int(frame[unit].isna().sum())
    if empty or not len(frame):
        raise bad_register(where, f"{empty} rows without {unit}" if len(frame) else "no rows")
    twice = frame.loc[frame[unit].duplicated(), unit].unique()
    if len(twice):
        raise InputRefused(
            "K911", "A unit stands twice in the register", where=where, got=few(twice), expected="each unit once",
            remedy="a unit that stands twice would have twice its chance: mend the register",
        )  # fmt: skip


def check_sizes(frame: pd.DataFrame, unit: str, size: str, where: str) -> None:
    """Refuse sizes that are missing, zero, negative or no whole numbers.

    Raises
    ------
    InputRefused
        K912 with the first such units.
    """
    values = pd.to_numeric(frame[size], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = ~(np.isfinite(values) & (values >= 1) & (values == np.floor(values)))
    if wrong.any():
        shown = (f"{u}: {v}" for u, v in zip(frame.loc[wrong, unit], frame.loc[wrong, size], strict=True))
        raise InputRefused(
            "K912", "A size is missing, or is no whole number above 0", where=f"{where} › {size}", got=few(shown),
            expected="the number of households in every row",
            remedy="correct the size, or take the unit out of the register and say so",
        )  # fmt: skip


def bad_register(where: str, got: str, expected: str = "", remedy: str = "mend the register") -> InputRefused:
    """A register that cannot be the frame of a sample (K910).

    Parameters
    ----------
    where, got, expected, remedy : str
        Parts of the message: the register, what is wrong in it, what would be right, what to do.
    """
    return InputRefused("K910", "The register cannot be used for a draw", where=where, got=got,
                        expected=expected or "one row for each unit, all of them usable", remedy=remedy)  # fmt: skip


def too_many(where: str, wanted: object, there: object) -> InputRefused:
    """More units than the frame holds."""
    return InputRefused(
        "K913", "More units are to be drawn than there are, or too few", where=where, got=f"{wanted} to be drawn, {there}",
        expected="at most the units of the frame and at least the two of each stratum that a standard error needs",
    )  # fmt: skip


def infeasible(where: str, got: str, expected: str, remedy: str) -> InputRefused:
    """A precision or budget that no allocation meets."""
    return InputRefused(
        "K914", "No allocation meets what is wanted", where=where, got=got, expected=expected, remedy=remedy
    )


def unknown(kind: str, name: str, known: Iterable[str]) -> InputRefused:
    """The refusal (K915) of a name that the register or the plan does not have.

    Parameters
    ----------
    kind, name : str
        What is named, such as a city, and the name given.
    known : iterable of str
        Names there are; the nearest are shown.
    """
    names = list(known)
    return InputRefused(
        "K915", "Unknown place or team in a draw", where=kind, got=name,
        expected="one of the register, such as " + ", ".join(nearest(name, names)),
    )  # fmt: skip


def bad_choice(key: str, got: object, expected: str) -> InputRefused:
    """The refusal (K922) of a setting of the draw that cannot be.

    Parameters
    ----------
    key, expected : str
        Name of the setting, and what it may be.
    got : object
        What was given.
    """
    return InputRefused("K922", "A setting of the draw cannot be used", where=key, got=str(got), expected=expected)


def bad_risks(got: str) -> InputRefused:
    """Risks that the supplement cannot be chosen by."""
    return InputRefused(
        "K923", "The supplement cannot be chosen by these risks", where="risks", got=got,
        expected="a number for villages of the register, enough of them in every city",
    )  # fmt: skip
