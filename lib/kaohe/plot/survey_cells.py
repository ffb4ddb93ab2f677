"""Cells of survey estimates: value, interval and count, or why there is none."""

from __future__ import annotations

from kaohe.plot import numbers, terms
from kaohe.plot import table_maker as t
from kaohe.plot.output import Cell


def estimate_cell(row: t.Row) -> Cell:
    """An estimate in its unit, or why there is none."""
    if terms.hidden(str(row["quality"])):
        return numbers.SUPPRESSED
    return numbers.measure(row["estimate"], str(row["measure_unit"]), bool(row["is_share"]))


def interval_cell(row: t.Row) -> Cell:
    """An interval, or why there is none."""
    if terms.hidden(str(row["quality"])):
        return numbers.SUPPRESSED
    if row["quality"] == "not_estimable":
        return numbers.NOT_ESTIMABLE
    return numbers.span(row["ci_low"], row["ci_high"], str(row["measure_unit"]), bool(row["is_share"]))


def count_cell(row: t.Row) -> Cell:
    """Answers behind an estimate; not said where it is withheld: how few they are would tell."""
    return numbers.SUPPRESSED if terms.hidden(str(row["quality"])) else numbers.integer(row["n"])


def without_vacant(row: t.Row) -> str:
    """Which households drawn the response rate of a row of ``response`` leaves out, in brackets; empty when none."""
    return f"（分母不计空户{numbers.integer(row['vacant'])}户）" if row["vacant"] else ""


def drawn_households(row: t.Row) -> str:
    """How many households were drawn, and how many of them were vacant: from a row of ``response``."""
    vacant = f"，含空户{numbers.integer(row['vacant'])}户" if row["vacant"] else ""
    return f"抽中{numbers.integer(row['selected'])}户{vacant}"
