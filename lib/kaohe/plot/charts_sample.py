"""Income, response and weights of the survey by city."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kaohe.plot import captions_survey as words
from kaohe.plot import fonts, numbers
from kaohe.plot.against import FEW
from kaohe.plot.canvas import SMALL, WIDTH, Canvas, Caption
from kaohe.plot.charts_survey import DOMAINS
from kaohe.plot.labels import interval_of, nothing, records, short, source, surveyed
from kaohe.plot.layout import Numbers, Rows, Scale, axis, legend, rows, ticks
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.palette import ACCENT, BAND, BLUE, INK, MID, MUTED, PALE, PAPER, SOFT
from kaohe.plot.phone import NARROW
from kaohe.plot.terms import hidden

PERCENTILES = ("p10", "p25", "p50", "p75", "p90")
_ROUND = (
    1000, 1500, 2000, 3000, 4000, 5000, 7500, 10000, 15000, 20000, 30000, 40000, 50000, 75000, 100000, 150000, 200000,
)  # fmt: skip


def _order(frame: pd.DataFrame, ctx: Context, kind: str) -> list[dict[str, Any]]:
    which = kind or DOMAINS.get(ctx.class_id, "city")
    return records(frame[frame["domain_type"] == which])


def _province(frame: pd.DataFrame) -> dict[str, Any] | None:
    return next(iter(records(frame[frame["domain_type"] == "province"])), None)


def _within(row: dict[str, Any] | None, ctx: Context) -> str:
    """The interval of a share below the line, in brackets."""
    if row is None or is_missing(row["share_low"]) or is_missing(row["share_high"]):
        return ""
    return f"（{interval_of(ctx)}{numbers.span(row['share_low'], row['share_high'], is_share=True)}）"


def income_bars(income: pd.DataFrame, ctx: Context, *, domain_type: str = "", id: str = "income") -> Chart | Text:
    """Income per head by city: 10–90 and 25–75 % ranges and median on a log axis, share below the line.

    Parameters
    ----------
    income : DataFrame
        Built table `income` with rows of the cities and of the province.
    ctx : Context
        The report's own city is marked.
    domain_type : str
        ``city`` or ``helper``; empty: that of the report's class, else ``city``.

    Examples
    --------
    >>> charts.income_bars(s.table("income"), s.ctx).title
    '梅州收入低于相对贫困线的人口比例最高（10.0%），全省9.2%'
    """
    items = _order(income, ctx, domain_type)
    open_rows = [r for r in items if not hidden(str(r["quality"])) and not is_missing(r["p50"])]
    if not open_rows:
        return nothing("收入分布", ctx, id)
    province = _province(income)
    closed = [r for r in items if r not in open_rows]
    open_rows.sort(key=lambda r: (-r["share_below"] if not is_missing(r["share_below"]) else 1, r["domain"]))
    listing = [*open_rows, *closed]
    names = [short(ctx, str(r["domain"])) for r in listing]
    mine = [r["domain"] == ctx.object for r in listing]
    shares = [numbers.SUPPRESSED if r in closed else numbers.percent(r["share_below"]) for r in listing]
    frame = rows(
        names, above=0.66, below=0.32, pitch=0.24, marked=mine,
        numbers=[Numbers("低于线的人口", shares, [BLUE if m else INK for m in mine]), Numbers("中位数（元）", [numbers.integer(r["p50"]) if r in open_rows else "" for r in listing])],
    )  # fmt: skip
    canvas = frame.canvas
    legend(canvas, 0.02, 0.12, [(PALE, "10–90%分位"), (MID, "25–75%分位")])
    canvas.dot(2.62, 0.12, 0.06, PAPER, edge=BLUE, line=1.8)
    canvas.text(2.74, 0.12, "中位数", size=SMALL, color=MUTED)
    line = ctx.plan.poverty_line
    known = [float(r[p]) for r in open_rows for p in PERCENTILES if not is_missing(r[p])]
    low, high = min(line, *known) * 0.95, max(line, *known) * 1.05
    scale = Scale(low, high, frame.left + 0.05, frame.right, log=True)
    axis(frame, scale, [float(v) for v in _ROUND if low <= v <= high], lambda v: f"{v:,.0f}")
    x = scale(line)
    canvas.line([(x, frame.top - 0.06), (x, frame.bottom)], ACCENT, line=1.4, dash=(4, 3), z=2.5)
    text = f"相对贫困线 {numbers.integer(line)}元"
    half = fonts.width(text, SMALL) / 2
    canvas.text(
        min(max(x, half + 0.02), WIDTH - half),
        frame.top - 0.17 if x + half < frame.right else 0.36,
        text,
        size=SMALL,
        color=ACCENT,
        align="center",
    )
    for row, item in enumerate(listing):
        if item in closed:
            continue
        y = frame.y(row)
        for a, b, half, shade, z in (("p10", "p90", 0.045, PALE, 1.0), ("p25", "p75", 0.09, MID, 1.2)):
            if not is_missing(item[a]) and not is_missing(item[b]):
                canvas.rect(scale(item[a]), y - half, scale(item[b]) - scale(item[a]), 2 * half, shade, z=z)
        canvas.dot(scale(item["p50"]), y, 0.06, PAPER, edge=BLUE, line=1.8)
    below = {
        n: float(r["share_below"])
        for n, r in zip(names, listing, strict=True)
        if r not in closed and not is_missing(r["share_below"])
    }
    overall = province["share_below"] if province is not None and not hidden(str(province["quality"])) else float("nan")
    own = short(ctx, ctx.object) if any(mine) else ""
    few = [n for n, r in zip(names, listing, strict=True) if r["n"] < FEW]
    caption = Caption(
        words.income_title(own, below, overall, surveyed(ctx), _within(next((r for r in open_rows if r["domain"] == ctx.object), None), ctx)),
        f"人均可支配收入（元，对数刻度），按低于相对贫困线的人口比例由高到低，{ctx.year}年专项调查",
        f"分位数条形图：{len(open_rows)}市收入的10–90%和25–75%分位范围与中位数，虚线为相对贫困线{numbers.integer(line)}元。",
        source(ctx, "专项调查（抽样户加权估计）", f"共{numbers.integer(sum(int(r['n']) for r in items))}户", str(ctx.plan.choices["income"]["note"]),
               "图中为分位数，不含单户数据", f"{'、'.join(few[:3])}不足{FEW}户，不作结论" if few else ""),
    )  # fmt: skip
    head = ["市", "10%分位", "25%分位", "中位数", "75%分位", "90%分位", "低于线的人口", interval_of(ctx), "户数"]
    body = [_income_row(r, str(r["name"])) for r in listing] + (
        [_income_row(province, "全省")] if province is not None else []
    )
    return canvas.chart(id, caption, DataTable("人均可支配收入分布（元）", head, body))


def _income_row(row: Mapping[str, Any], name: str) -> list[str]:
    if hidden(str(row["quality"])):
        return [name, *[numbers.SUPPRESSED] * 7, ""]
    amounts = [numbers.integer(row[p]) for p in PERCENTILES]
    return [
        name,
        *amounts,
        numbers.percent(row["share_below"]),
        numbers.span(row["share_low"], row["share_high"], is_share=True),
        numbers.integer(row["n"]),
    ]


def response_bars(
    response: pd.DataFrame, ctx: Context, *, domain_type: str = "city", id: str = "response"
) -> Chart | Text:
    """Response rate by city from zero, with households selected and completed.

    Parameters
    ----------
    response : DataFrame
        Built table `response`.
    ctx : Context
        The report's own city is marked.
    domain_type : str
        ``city``, ``helper`` or ``county``.

    Examples
    --------
    >>> charts.response_bars(s.table("response"), s.ctx).title
    '全省应答率99.2%，最低的梅州为42.6%'
    """
    items = _order(response, ctx, domain_type)
    if not items:
        return nothing("应答情况", ctx, id)
    province = _province(response)
    items.sort(key=lambda r: (r["response_rate"] if not is_missing(r["response_rate"]) else 2, r["domain"]))
    names = [short(ctx, str(r["domain"])) for r in items]
    mine = [r["domain"] == ctx.object for r in items]
    columns = [
        Numbers("应答率", [numbers.percent(r["response_rate"]) for r in items], [BLUE if m else INK for m in mine]),
        Numbers("完成", [numbers.integer(r["completed"]) for r in items]),
        Numbers("抽中", [numbers.integer(r["selected"]) for r in items]),
    ]
    canvas, narrow = (
        _answered(rows(names, above=0.34, below=0.5, marked=mine, numbers=columns[:n], width=width), items, mine)
        for width, n in ((WIDTH, 3), (NARROW, 1))
    )
    overall = float(province["response_rate"]) if province is not None else float("nan")
    caption = Caption(
        words.response_title(
            {n: float(r["response_rate"]) for n, r in zip(names, items, strict=True)},
            overall,
            short(ctx, ctx.object) if ctx.kind == "city" else "",
            "对口帮扶的村" if ctx.class_id == "city6" else "",
        ),
        f"住户调查应答率，由低到高，{ctx.year}年专项调查",
        f"条形图：{len(items)}行的应答率，从0到100%；共抽中{numbers.integer(sum(int(r['selected']) for r in items))}户，完成{numbers.integer(sum(int(r['completed']) for r in items))}户。",
        source(ctx, "专项调查样本记录", "空户不计入合格户；不含重点调查户"),
    )
    head = ["地区", "抽中户数", "完成户数", "拒访", "无法联系", "空户", "隔离", "应答率"]
    body = [
        [str(r["name"]), *(numbers.integer(r[c]) for c in ("selected", "completed", "refused", "not_contacted", "vacant", "set_aside")), numbers.percent(r["response_rate"])]
        for r in [*items, *([province] if province is not None else [])]
    ]  # fmt: skip
    return canvas.chart(id, caption, DataTable("应答情况", head, body), narrow=narrow)


def _answered(frame: Rows, items: Sequence[Mapping[str, Any]], mine: Sequence[bool]) -> Canvas:
    """A bar from zero to the response rate, on one to a hundred percent, in each row."""
    scale = Scale(0, 1, frame.left, frame.right)
    axis(frame, scale, [0, 0.25, 0.5, 0.75, 1], lambda v: numbers.percent(v, 0), "应答率：完成户占抽中合格户")
    h = frame.pitch * 0.66
    for row, item in enumerate(items):
        y = frame.y(row) - h / 2
        frame.canvas.rect(frame.left, y, scale(1) - frame.left, h, BAND, z=0.5)
        if not is_missing(item["response_rate"]):
            wide = scale(item["response_rate"]) - frame.left
            frame.canvas.rect(frame.left, y, wide, h, BLUE if mine[row] else MID)
    return frame.canvas


def weights_chart(weight_diagnostics: pd.DataFrame, ctx: Context, *, id: str = "weights") -> Chart | Text:
    """Final weights by city: least, median, greatest on a log axis; Kish's design effect and n_eff beside.

    Parameters
    ----------
    weight_diagnostics : DataFrame
        Built table `weight_diagnostics`.
    ctx : Context
        The report's own city is marked.

    Examples
    --------
    >>> charts.weights_chart(s.table("weight_diagnostics"), s.ctx).title
    '权重设计效应1.07–1.32，湛江最大（最大权重为最小的8.7倍）'
    """
    items = [r for r in records(weight_diagnostics) if not is_missing(r["w_median"]) and r["w_min"] > 0]
    if not items:
        return nothing("权重诊断", ctx, id)
    items.sort(key=lambda r: (-r["deff_kish"], r["city"]))
    names = [short(ctx, str(r["city"])) for r in items]
    mine = [r["city"] == ctx.object for r in items]
    frame = rows(
        names, above=0.56, below=0.5, marked=mine,
        numbers=[
            Numbers("设计效应", [numbers.number(r["deff_kish"], 2) for r in items], [BLUE if m else INK for m in mine]),
            Numbers("户数", [numbers.integer(r["n"]) for r in items]),
            Numbers("有效样本量", [numbers.integer(r["n_eff"]) for r in items]),
        ],
    )  # fmt: skip
    canvas = frame.canvas
    canvas.key = True
    canvas.line([(0.02, 0.12), (0.36, 0.12)], SOFT, line=2.4)
    canvas.text(0.44, 0.12, "最小至最大权重", size=SMALL, color=MUTED)
    canvas.dot(1.62, 0.12, 0.06, BLUE)
    canvas.text(1.74, 0.12, "中位数", size=SMALL, color=MUTED)
    low, high = min(float(r["w_min"]) for r in items) * 0.95, max(float(r["w_max"]) for r in items) * 1.05
    scale = Scale(low, high, frame.left + 0.05, frame.right, log=True)
    axis(
        frame,
        scale,
        _log_ticks(low, high),
        lambda v: numbers.number(v, 0 if v >= 1 else 1),
        "最终权重（每个样本户代表的户数，对数刻度）",
    )
    for row, item in enumerate(items):
        y = frame.y(row)
        color = INK if mine[row] else SOFT
        canvas.line([(scale(item["w_min"]), y), (scale(item["w_max"]), y)], color, line=2.4)
        for end in ("w_min", "w_max"):
            canvas.line([(scale(item[end]), y - 0.06), (scale(item[end]), y + 0.06)], color, line=1.4)
        canvas.dot(scale(item["w_median"]), y, 0.06, BLUE)
    deffs = {n: float(r["deff_kish"]) for n, r in zip(names, items, strict=True)}
    ratios = {n: float(r["w_max"] / r["w_min"]) for n, r in zip(names, items, strict=True)}
    caption = Caption(
        words.weights_title(ratios, deffs),
        f"样本户最终权重的最小值、中位数和最大值，按设计效应由大到小，{ctx.year}年专项调查",
        f"区间图：{len(items)}市最终权重的范围和中位数，从{numbers.number(low / 0.95)}到{numbers.number(high / 1.05)}。",
        source(
            ctx,
            "专项调查抽样设计与校准",
            f"共{numbers.integer(sum(int(r['n']) for r in items))}户",
            "设计效应：1＋权重变异系数的平方（Kish）；有效样本量：户数÷设计效应",
        ),
    )
    head = ["市", "户数", "权重合计", "登记户数", "最小", "中位数", "最大", "变异系数", "设计效应", "有效样本量"]
    body = [
        [str(r["name"]), numbers.integer(r["n"]), numbers.integer(r["sum_weights"]), numbers.integer(r["register_households"]),
         *(numbers.number(r[c]) for c in ("w_min", "w_median", "w_max")), numbers.number(r["cv"], 3), numbers.number(r["deff_kish"], 2), numbers.integer(r["n_eff"])]
        for r in items
    ]  # fmt: skip
    return canvas.chart(id, caption, DataTable("各市最终权重", head, body))


def _log_ticks(low: float, high: float) -> list[float]:
    marks = [m * 10.0**e for e in range(-2, 6) for m in (1, 2, 5)]
    inside = [m for m in marks if low <= m <= high]
    return inside if len(inside) >= 2 else ticks(low, high, 3)
