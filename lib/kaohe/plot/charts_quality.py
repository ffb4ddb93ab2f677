"""Quality of the data: missing and doubtful shares by city, what a report received of what it should have."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import captions_survey as words
from kaohe.plot import fonts, numbers
from kaohe.plot.canvas import SMALL, WIDTH, Caption
from kaohe.plot.labels import nothing, own_rows, records, short, source
from kaohe.plot.layout import Numbers, Scale, axis, legend, rows, ticks, widen
from kaohe.plot.numbers import half_up, is_missing
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.palette import ACCENT, BAND, INK, MID, MUTED

DOUBT = "#B45F06"
LIMIT = 0.05


def data_quality_bars(
    data_quality: pd.DataFrame, ctx: Context, *, limit: float = LIMIT, id: str = "data-quality"
) -> Chart | Text:
    """Missing and doubtful shares by city, stacked from zero, with the limit as a dashed line.

    Parameters
    ----------
    data_quality : DataFrame
        Built table `data_quality`.
    ctx : Context
    limit : float
        Share from which a city should check and complete its data.

    Examples
    --------
    >>> charts.data_quality_bars(s.table("data_quality"), s.ctx).title
    '未答和存疑平均4.8%，韶关、阳江、清远等8市超过5%'
    """
    items = [r for r in records(data_quality) if not is_missing(r["missing_share"])]
    if not items:
        return nothing("数据质量", ctx, id)
    total = {str(r["city"]): float(r["missing_share"]) + _doubt(r["doubtful_share"]) for r in items}
    items.sort(key=lambda r: (-total[str(r["city"])], r["city"]))
    names = [short(ctx, str(r["city"])) for r in items]
    over = [half_up(100 * total[str(r["city"])], 1) > half_up(100 * limit, 1) for r in items]
    frame = rows(names, above=0.66, below=0.34, numbers=[
        Numbers("隔离行", [numbers.integer(r["quarantined"]) for r in items]),
        Numbers("样本户", [numbers.integer(r["households"]) for r in items]),
    ])  # fmt: skip
    canvas = frame.canvas
    legend(canvas, 0.02, 0.12, [("hatch", "未答"), (DOUBT, "存疑")])
    high = widen([0.0, limit * 1.1, *total.values()], floor=0.0)[1]
    scale = Scale(0, high, frame.left, frame.right - 0.35)
    axis(frame, scale, ticks(0, high), lambda v: numbers.percent(v, 0 if abs(100 * v - round(100 * v)) < 1e-9 else 1))
    x = scale(limit)
    h = frame.pitch * 0.68
    for row, item in enumerate(items):
        y = frame.y(row)
        missing, doubtful = float(item["missing_share"]), _doubt(item["doubtful_share"])
        if missing > 0:
            canvas.hatch(scale(0), y - h / 2, scale(missing) - scale(0), h)
        if doubtful > 0:
            canvas.rect(scale(missing), y - h / 2, scale(missing + doubtful) - scale(missing), h, DOUBT)
        end = scale(missing + doubtful) + 0.06
        text = numbers.percent(missing + doubtful)
        if end < x + 0.05 and end + fonts.width(text, SMALL) > x - 0.08:
            end = x + 0.06
        canvas.text(end, y, text, size=SMALL, color=ACCENT if over[row] else INK)
    canvas.line([(x, frame.top - 0.05), (x, frame.bottom)], MUTED, line=1.2, dash=(4, 3), z=4)
    label = f"核对线 {numbers.percent(limit, 0)}"
    canvas.text(
        min(x, WIDTH - fonts.width(label, SMALL) / 2), frame.top - 0.17, label, size=SMALL, color=MUTED, align="center"
    )
    canvas.line([(frame.left, frame.top - 0.03), (frame.left, frame.bottom)], INK, line=1.0)
    cells, lacking = sum(int(r["cells"]) for r in items), sum(int(r["missing"]) for r in items)
    mean = sum(total.values()) / len(total)
    caption = Caption(
        words.quality_title({n: total[str(r["city"])] for n, r in zip(names, items, strict=True)}, limit, mean),
        f"住户问卷应答项中未答与存疑所占比例，由高到低，{ctx.year}年专项调查",
        f"堆叠条形图：{len(items)}市的未答和存疑比例，从0起；最高{numbers.percent(max(total.values()))}，{sum(over)}市超过核对线。",
        source(
            ctx,
            "数据清洗记录",
            f"应答项共{numbers.integer(cells)}个，未答{numbers.integer(lacking)}个",
            "存疑：数值或逻辑有疑而仍采用的项",
            f"虚线：{numbers.percent(limit, 0)}核对线",
        ),
    )
    head = ["市", "样本户", "应答项", "未答项", "未答比例", "存疑比例", "合计", "隔离行"]
    body = [
        [str(r["name"]), *(numbers.integer(r[c]) for c in ("households", "cells", "missing")), numbers.percent(r["missing_share"]),
         numbers.percent(r["doubtful_share"]), numbers.percent(total[str(r["city"])]), numbers.integer(r["quarantined"])]
        for r in items
    ]  # fmt: skip
    return canvas.chart(id, caption, DataTable("各市数据质量", head, body))


def _doubt(value: float) -> float:
    return 0.0 if is_missing(value) else float(value)


def completeness_bars(completeness: pd.DataFrame, ctx: Context, *, id: str = "completeness") -> Chart | Text:
    """Received of expected by part of the data of one target.

    Parameters
    ----------
    completeness : DataFrame
        Built table `completeness`; rows of other targets are left out.
    ctx : Context

    Examples
    --------
    >>> job = kaohe.open_report("40_city", "韶关市")
    >>> charts.completeness_bars(job.own("completeness"), job.ctx).title
    '韶关市4部分数据中1部分不全：没有收到指标表'
    """
    items = records(own_rows(completeness, ctx))
    if not items:
        return nothing("数据完整情况", ctx, id)
    frame = rows(
        [str(r["label"]) for r in items], above=0.34, below=0.36,
        numbers=[
            Numbers("实有", [numbers.integer(r["received"]) for r in items]),
            Numbers("应有", [numbers.integer(r["expected"]) for r in items]),
            Numbers("完整率", [numbers.percent(r["share"]) for r in items], [ACCENT if r["received"] < r["expected"] else MUTED for r in items]),
        ],
    )  # fmt: skip
    scale = Scale(0, 1, frame.left, frame.right)
    axis(frame, scale, [0, 0.25, 0.5, 0.75, 1], lambda v: numbers.percent(v, 0))
    h = frame.pitch * 0.66
    for row, item in enumerate(items):
        y = frame.y(row)
        frame.canvas.rect(frame.left, y - h / 2, scale(1) - frame.left, h, BAND, z=0.5)
        if is_missing(item["share"]):
            frame.canvas.text(frame.left + 0.08, y, "不适用", size=SMALL, color=MUTED)
        elif item["share"] > 0:
            whole = item["received"] >= item["expected"]
            frame.canvas.rect(
                frame.left, y - h / 2, scale(min(item["share"], 1)) - frame.left, h, MID if whole else ACCENT
            )
    parts = [(str(r["label"]), int(r["expected"]), int(r["received"])) for r in items]
    caption = Caption(
        words.complete_title(ctx.name, parts),
        f"各部分数据实有占应有的比例，{ctx.year}年",
        f"条形图：{len(items)}部分数据的完整率，从0到100%。",
        source(ctx, "来件清单", "缺项不推算，只给出上下界"),
    )
    head = ["部分", "应有", "实有", "完整率", "状态", "说明"]
    body = [
        [str(r["label"]), numbers.integer(r["expected"]), numbers.integer(r["received"]), numbers.percent(r["share"]), str(r["state"]), str(r["note"])]
        for r in items
    ]  # fmt: skip
    return frame.canvas.chart(id, caption, DataTable(f"{ctx.name}数据完整情况", head, body))
