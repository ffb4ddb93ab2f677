"""Remarks that need whole tables: amounts out of all proportion, interviews that are said to be done and are not there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kaohe.base.ledger import Finding
from kaohe.base.plan import Plan
from kaohe.base.tables import contract
from kaohe.clean.codes import NOTE, finding

RATIO = 1000.0
_ENOUGH = 20
_FEW = 5


def note_magnitudes(name: str, frame: pd.DataFrame, plan: Plan) -> list[Finding]:
    """Amounts a thousand times their column's median or more, and files whose own median is a thousandth; nothing is changed.

    Parameters
    ----------
    name : str
        The table, a key of `kaohe.base.tables.RAW`.
    frame : DataFrame
        Its clean rows with their lineage; amounts in yuan.
    plan : Plan
    """
    found: list[Finding] = []
    for column in contract(name, plan).columns:
        if column.kind != "money" or column.name not in frame:
            continue
        values = frame[column.name].where(frame[column.name] > 0)
        if values.count() < _ENOUGH:
            continue
        ratio = values / values.median()
        for at in np.flatnonzero(ratio >= RATIO):
            row = frame.iloc[int(at)]
            where = {"file": row["src_file"], "sheet": row["src_sheet"], "row": int(row["src_row"])}
            found.append(_magnitude(name, column.label, column.unit, float(ratio.iloc[at]), **where))
        of_file = ratio.groupby(frame["src_file"], sort=True).agg(["median", "count"])
        for file, (middle, count) in of_file.iterrows():
            if count >= _FEW and middle <= 1 / RATIO:
                found.append(_magnitude(name, column.label, column.unit, float(middle), file=str(file)))
    return found


def _magnitude(
    name: str, label: str, unit: str, ratio: float, *, file: str, sheet: str = "", row: int = 0
) -> Finding:  # fmt: skip
    said = f"为中位数的 {ratio:,.0f} 倍" if ratio > 1 else f"本文件的中位数为全部的 1/{1 / ratio:,.0f}"
    return finding(
        NOTE, "K358", name, file, sheet=sheet, row=row, column=label, value=said, expected=f"单位：{unit}"
    )  # fmt: skip


def note_unreturned(sample: pd.DataFrame, returned: pa.Array) -> list[Finding]:
    """Households that the sample list calls 完成 without any survey record: each, or above 20 their number.

    Parameters
    ----------
    sample : DataFrame
        Clean rows of ``sample_households`` with their lineage.
    returned : Arrow array of str
        Household codes of every survey record received, used or set aside.
    """
    if returned.null_count == len(returned):
        return []
    here = pc.is_in(pa.array(sample["household"], pa.large_string()), value_set=returned, skip_nulls=True)
    lost = sample[(sample["outcome"] == "完成") & ~here.to_numpy(zero_copy_only=False)]
    if len(lost) > _ENOUGH:
        return [
            finding(
                NOTE, "K281", "sample_households", str(lost["src_file"].iloc[0]), column="户样本编号",
                value=f"{len(lost)} 户", expected="样本户调查表中有这些户（调查结果为完成）",
            )
        ]  # fmt: skip
    return [
        finding(
            NOTE, "K281", "sample_households", str(row.src_file), sheet=str(row.src_sheet), row=int(row.src_row),
            column="户样本编号", value=str(row.household), expected="样本户调查表中有该户（调查结果为完成）",
        )
        for row in lost.itertuples()
    ]  # fmt: skip
