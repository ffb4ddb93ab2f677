"""The table of calibration trials."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers
from kaohe.plot import table_maker as t
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Context, Table, Text

_REASONS = {
    "K315": "界限内没有能满足登记户数的权重",
    "K319": "截断与校准不能同时满足",
    "K320": "有的组没有样本户",
    "K323": "不收敛",
}
_NOTE = (
    "g：校准后权重比校准前权重。分市合计：各市有效样本量之和，不计市间抽样比的差别。"
    "最大差：全部已知户数中差得最多的一组，含未用于校准的。"
)


def trial_table(weights: pd.DataFrame, ctx: Context, *, id: str = "t-trials") -> Table | Text:
    """Weights under each way to calibrate.

    Parameters
    ----------
    weights : DataFrame
        `kaohe.estimate.trials.Trials.weights`.
    ctx : Context
        Names the part where a trial failed first.
    """
    columns = [
        t.text("方案", "trial"),
        t.decimal("设计效应", "deff_kish", 3),
        t.whole("有效样本量", "n_eff"),
        t.whole("分市合计", "n_eff_parts"),
        t.custom("g 的范围", _range, "right"),
        t.whole("触限", "at_bounds"),
        t.whole("截去", "capped"),
        t.percent("与登记户数最大差", "worst"),
        t.custom("不能实现的", lambda r: _reason(r, ctx)),
    ]
    return t.make(id, "各校准方案的权重", weights, columns, empty="没有校准方案。", note=_NOTE)


def _range(row: t.Row) -> str:
    if is_missing(row["g_min"]):
        return numbers.MISSING
    return f"{numbers.number(row['g_min'], 2)}–{numbers.number(row['g_max'], 2)}"


def _reason(row: t.Row, ctx: Context) -> str:
    code, part = str(row["refused"]), str(row["part"])
    return f"{ctx.name_of(part)}：{_REASONS.get(code, '不能实现')}（{code}）" if code else numbers.MISSING
