"""What a statistician tries: influence of units, and calibration trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.plot import numbers
from kaohe.plot.canvas import Caption
from kaohe.plot.charts_dots import Dots, draw
from kaohe.plot.estimate_cells import about, digits_of, head_of, is_share, level_of, name_of, points, unit_of, value
from kaohe.plot.labels import quoted, records
from kaohe.plot.layout import Numbers, Scale, axis, rows, ticks, widen
from kaohe.plot.output import Chart, DataTable
from kaohe.plot.palette import ACCENT, BLUE, INK, SOFT

LEAST = 10


def influence_bars(found: pd.DataFrame, *, most: int = 12, title: str = "", id: str = "influence") -> Chart:
    """How far an estimate moves without each unit: bars from zero.

    Parameters
    ----------
    found : DataFrame
        From `kaohe.estimate.influence.influence`; units of fewer than 10 records are left out, and the note says how many.
    most : int
        Units drawn, those that move the estimate most.

    Raises
    ------
    InputRefused
        K741 for single records, and where no unit is left: a chart shows no single record.

    Examples
    --------
    >>> charts.influence_bars(s.design.influence("income_per_head", unit="town")).title
    '“人均可支配收入”：去掉任何一个镇，估计的变化不超过标准误的52%'
    """
    said = about(found)
    single = bool({"record", "household"} & set(found.columns))
    items = records(found[found["n"] >= LEAST].head(most))
    small = int((found["n"] < LEAST).sum())
    record = str(said.get("record", "回答"))
    if single or not items:
        raise InputRefused(
            "K741", "A table of estimates cannot be drawn", got="single records" if single else f"no unit of {LEAST} records",
            expected=f"units of {LEAST} records or more, such as unit='town'",
            remedy="the table itself may be read; a chart shows no single record",
        )  # fmt: skip
    row = {"variable": said.get("variable", "")}
    share, unit = is_share(row, said), unit_of(row, said)
    digits = digits_of([{"se": abs(r["linear"])} for r in items if r["linear"]], unit, share)
    keys = [str(c) for c in found.columns if c in said.get("by", ())]
    names = ["·".join(name_of(k, r[k], said) for k in keys) for r in items]
    columns = [
        Numbers("变化", [points(r["linear"], share, digits) for r in items]),
        Numbers("占标准误", [numbers.percent(r["in_se"], 0) for r in items]),
    ]
    if "variance_share" in found.columns:
        columns.append(Numbers("方差占比", [numbers.percent(r["variance_share"]) for r in items]))
    frame = rows(
        names,
        above=0.34,
        below=0.5,
        numbers=[*columns, Numbers(f"{record}数", [numbers.integer(r["n"]) for r in items])],
        widest=2.4,
    )
    low, high = widen([0.0, *[float(r["linear"]) for r in items]])
    scale = Scale(low, high, frame.left + 0.08, frame.right - 0.02)
    what = name_of("variable", row["variable"], said)
    measure = "百分点" if share else unit
    axis(
        frame,
        scale,
        ticks(low, high, 4),
        lambda v: points(v, share, digits) if share else numbers.number(v, digits),
        f"去掉该单元后估计的变化（{measure}）" if measure else "去掉该单元后估计的变化",
    )
    for k, r in enumerate(items):
        a, b = sorted((scale(0.0), scale(float(r["linear"]))))
        frame.canvas.rect(a, frame.y(k) - 0.08, b - a, 0.16, BLUE if r["linear"] > 0 else ACCENT)
    frame.canvas.line([(scale(0.0), frame.top - 0.03), (scale(0.0), frame.bottom)], INK, line=1.0)
    largest = float(found["in_se"].abs().max())
    head = head_of(keys[-1], said) if keys else "单元"
    caption = Caption(
        title or f"{quoted(what)}：去掉任何一个{head}，估计的变化不超过标准误的{numbers.percent(largest, 0)}",
        f"影响最大的{len(items)}个{head}，一阶近似，含重新校准",
        f"条形图：{len(items)}个{head}各自去掉后估计的变化，正负两向。",
        sourced(said.get("source"))
        + "蓝色：去掉后估计上升；红褐：下降。"
        + (f"{record}数不足{LEAST}的{small}个未画。" if small else ""),
    )
    body = [[n, *[c.texts[k] for c in columns], numbers.integer(items[k]["n"])] for k, n in enumerate(names)]
    return frame.canvas.chart(id, caption, DataTable(what, [head, *[c.head for c in columns], f"{record}数"], body))


def trial_dots(estimates: pd.DataFrame, weights: pd.DataFrame, *, title: str = "", id: str = "trials") -> Chart:
    """One estimate under each way to calibrate, with n_eff and the standard error beside; the first is the reference.

    Parameters
    ----------
    estimates, weights : DataFrame
        `kaohe.estimate.trials.Trials`; one row of estimates a trial.

    Examples
    --------
    >>> tried = s.what_if({"base": kaohe.Trial("county"), "none": kaohe.Trial(())})
    >>> charts.trial_dots(tried.estimates, tried.weights).title
    '“人均可支配收入”：与base差得最多的是none，相当于标准误的37%'
    """
    said = about(estimates)
    items = records(estimates)
    sizes: Mapping[str, float] = dict(zip(weights["trial"], weights["n_eff"], strict=True))
    share, unit = is_share(items[0], said), unit_of(items[0], said)
    digits = digits_of(items, unit, share)
    texts = [value(r["estimate"], unit, share, digits) for r in items]
    errors = [points(r["se"], share, digits) for r in items]
    base = items[0]
    what = name_of("variable", base["variable"], said)
    columns = [
        Numbers("估计", texts),
        Numbers("标准误", errors),
        Numbers("有效样本量", [numbers.integer(sizes[r["trial"]]) for r in items]),
    ]
    dots = Dots(
        [str(r["trial"]) for r in items],
        [{**r, "measure_unit": unit, "is_share": share} for r in items],
        columns,
        [BLUE] + [SOFT] * (len(items) - 1),
        f"{what}（%）" if share else f"{what}（{unit}）" if unit else what,
        share,
        line=(float(base["estimate"]), f"{base['trial']} {texts[0]}", float("nan"), float("nan")),
    )
    frame = draw(dots)
    moved = [
        (abs(float(r["estimate"]) - float(base["estimate"])) / float(base["se"]), str(r["trial"])) for r in items[1:]
    ]
    far = max(moved) if moved else (0.0, "")
    found = (
        f"{quoted(what)}：与{base['trial']}差得最多的是{far[1]}，相当于标准误的{numbers.percent(far[0], 0)}"
        if moved
        else quoted(what)
    )
    caption = Caption(
        title or found,
        f"同一批样本{said.get('record', '户')}，不同校准方案下的估计和{level_of(said)}区间",
        f"点图：{len(items)}种校准方案下的估计与区间。",
        sourced(said.get("source")) + "有效样本量：（Σw）²/Σw²（Kish）。竖线：第一个方案。",
    )
    body = [
        [str(r["trial"]), v, e, numbers.integer(sizes[r["trial"]])]
        for r, v, e in zip(items, texts, errors, strict=True)
    ]
    return frame.canvas.chart(id, caption, DataTable(what, ["方案", "估计", "标准误", "有效样本量"], body))


def sourced(source: Any) -> str:
    """The sentence of the source before a note; empty without one."""
    return f"来源：{source}。" if source else ""
