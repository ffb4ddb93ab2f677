"""Cells of survey estimates: value, interval and count, or why there is none; and the note under them."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers, terms
from kaohe.plot import table_maker as t
from kaohe.plot.against import again_note, repeats
from kaohe.plot.output import Cell, Context

_NOTE = (
    "估计值按最终权重加权；区间考虑分层、多阶段抽样和校准。“慎用”为有效样本偏少或变异系数偏大，只列示、不作结论；"
    "“已隐藏”为有效户数过少、少数几户即可决定数值，或列出后可推算出其他已隐藏的数，依保密要求不列示；“不可估”为域内只有一个初级抽样单元，不能估计误差。"
)


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


def estimates_note(rows: pd.DataFrame, ctx: Context) -> str:
    """How the estimates of one domain are to be read, and which of them say the same."""
    by_id = {str(r["indicator"]): r for r in t.records(rows)}
    same = again_note(by_id, repeats(by_id.values(), ctx.plan.questions))
    return _NOTE + (f"{same}。" if same else "")


def without_vacant(row: t.Row) -> str:
    """Which households drawn the response rate of a row of ``response`` leaves out, in brackets; empty when none."""
    return f"（分母不计空户{numbers.integer(row['vacant'])}户）" if row["vacant"] else ""


def drawn_households(row: t.Row) -> str:
    """How many households were drawn, and how many of them were vacant: from a row of ``response``."""
    vacant = f"，含空户{numbers.integer(row['vacant'])}户" if row["vacant"] else ""
    return f"抽中{numbers.integer(row['selected'])}户{vacant}"
