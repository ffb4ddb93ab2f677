"""Points: what daily work takes off by source, what scored survey indicators lose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kaohe.plot import captions_scores as words
from kaohe.plot import numbers
from kaohe.plot.canvas import SIZE, SMALL, Caption
from kaohe.plot.labels import nothing, own_rows, records, source
from kaohe.plot.layout import BAR, Numbers, Rows, Scale, axis, rows, stacked, ticks, widen
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.palette import ACCENT, BAND, BLUE, INK, MID, MUTED
from kaohe.plot.terms import hidden


def daily_deductions(daily_sources: pd.DataFrame, ctx: Context, *, id: str = "daily-deductions") -> Chart | Text:
    """Points taken off by source of daily work, all sources of the plan, in the plan's order; a sentence where none are.

    Parameters
    ----------
    daily_sources : DataFrame
        Built table `daily_sources`; rows of other targets are left out.
    ctx : Context

    Examples
    --------
    >>> job = kaohe.open_report("40_city", "韶关市")
    >>> charts.daily_deductions(job.own("daily_sources"), job.ctx).title
    '韶关市日常工作共扣9.5分，最多的是扶贫数据信息动态监测情况（5.0分）'
    """
    mine = own_rows(daily_sources, ctx)
    if mine.empty or mine["points"].isna().any():
        return nothing("日常工作", ctx, id)
    found = {str(r["source"]): r for r in records(mine)}
    order = [s for s in ctx.plan.daily_sources if s in found] + [s for s in found if s not in ctx.plan.daily_sources]
    items = [found[s] for s in order]
    names = [str(r["source_name"]) for r in items]
    points = [float(r["points"]) for r in items]
    n = sum(int(r["n_records"]) for r in items)
    title = words.daily_title(ctx.name, list(zip(names, points, strict=True)), n)
    top = max(points)
    if not top:
        return Text(
            (f"{title}。", "。".join(filter(None, (str(ctx.plan.choices["daily"]["note"]), _formula(ctx)))) + "。"),
            id=id,
        )
    hot = [ACCENT if p == top else INK for p in points]
    frame: Rows = rows(
        names, widest=2.7, above=0.3, below=0.5,
        numbers=[
            Numbers("记录数", [str(int(r["n_records"])) for r in items]),
            Numbers("扣分", [numbers.score(p) for p in points], hot),
        ],
    )  # fmt: skip
    narrow = stacked(names, [numbers.score(p) for p in points], colors=hot)
    _deducted(frame, points, frame.pitch * 0.66)
    _deducted(narrow, points, BAR)
    caption = Caption(
        title,
        f"{ctx.name}日常工作各来源扣分（分），{ctx.year}年",
        f"条形图：{len(items)}个来源的扣分，共{n}条记录，{f'合计扣{numbers.score(sum(points))}分' if sum(points) else '没有扣分'}。",
        source(
            ctx,
            "日常工作记录",
            f"共{n}条记录" if n else "没有记录",
            str(ctx.plan.choices["daily"]["note"]),
            _formula(ctx),
        ),
    )
    body = [[str(r["source_name"]), str(int(r["n_records"])), numbers.score(r["points"])] for r in items]
    return frame.canvas.chart(
        id, caption, DataTable(f"{ctx.name}日常工作扣分", ["来源", "记录数", "扣分"], body), narrow=narrow.canvas
    )


def _deducted(frame: Rows, points: Sequence[float], h: float) -> None:
    """A bar `h` inches high from zero for each source; the greatest stand out."""
    top = max(points)
    scale = Scale(0, widen([0.0, top], floor=0)[1], frame.left, frame.right)
    axis(
        frame, scale, ticks(0, scale.high), lambda v: numbers.number(v, 0 if float(v).is_integer() else 1), "扣分（分）"
    )
    for row, value in enumerate(points):
        if value > 0:
            wide = scale(value) - frame.left
            frame.canvas.rect(frame.left, frame.y(row) - h / 2, wide, h, ACCENT if value == top else MID)
    frame.canvas.line([(frame.left, frame.top - 0.03), (frame.left, frame.bottom)], INK, line=1.0)


def survey_scores(survey_items: pd.DataFrame, ctx: Context, *, id: str = "survey-scores") -> Chart | Text:
    """Scored survey indicators of a target: score of 0 to 100, weight, points lost of the survey score.

    Parameters
    ----------
    survey_items : DataFrame
        Built table `survey_items`; rows of other targets are left out.
    ctx : Context

    Examples
    --------
    >>> job = kaohe.open_report("40_city", "韶关市")
    >>> charts.survey_scores(job.own("survey_items"), job.ctx).title
    '韶关市调查得分共失35.4分，最多的是义务教育适龄人口在校率（7.2分）、饮水安全达标（6.8分）'
    """
    mine = own_rows(survey_items, ctx)
    if mine.empty:
        return nothing("专项调查计分指标", ctx, id)
    items = [_closed(r) if hidden(str(r["quality"])) else r for r in records(mine)]
    lost = [float(r["weight"]) * 100 - float(r["contribution"]) for r in items]
    order = sorted(range(len(items)), key=lambda i: -lost[i] if not is_missing(lost[i]) else 1e9)
    items, lost = [items[i] for i in order], [lost[i] for i in order]
    frame = rows(
        [str(r["label"]) for r in items], widest=2.75, above=0.36, below=0.5, size=SIZE - 0.5,
        numbers=[
            Numbers("得分", [numbers.score(r["score"]) for r in items]),
            Numbers("权重", [numbers.percent(r["weight"], 0) for r in items]),
            Numbers("失分", [numbers.score(v) for v in lost], [ACCENT if v == lost[0] and v >= 0.05 else MUTED for v in lost]),
        ],
    )  # fmt: skip
    scale = Scale(0, 100, frame.left, frame.right)
    axis(frame, scale, [0, 25, 50, 75, 100], lambda v: f"{v:.0f}", "得分：下限值为0，目标值为100")
    h = frame.pitch * 0.66
    for row, item in enumerate(items):
        y = frame.y(row)
        frame.canvas.rect(frame.left, y - h / 2, frame.right - frame.left, h, BAND, z=0.5)
        if is_missing(item["score"]):
            word = numbers.SUPPRESSED if hidden(str(item["quality"])) else "缺"
            frame.canvas.text(frame.left + 0.08, y, word, size=SMALL, color=MUTED)
        else:
            frame.canvas.rect(
                frame.left, y - h / 2, scale(item["score"]) - frame.left, h, BLUE if row or lost[0] < 0.05 else ACCENT
            )
    known = [(str(r["label"]), v) for r, v in zip(items, lost, strict=True) if not is_missing(v)]
    caption = Caption(
        words.lost_title(ctx.name, known),
        f"{len(items)}项计分指标的得分，按失分由多到少，{ctx.year}年专项调查",
        f"条形图：{len(items)}项计分调查指标，每条从0到100分；得分最低的是{_lowest(items)}。",
        source(ctx, "专项调查加权估计", "失分：权重×（100−得分）", "下限值、目标值和权重由考核办选定"),
    )
    head = ["指标", "估计值", "下限值", "目标值", "得分", "权重", "失分", "户数"]
    questions = ctx.plan.questions
    body = []
    for r, v in zip(items, lost, strict=True):
        q = questions.get(str(r["indicator"]))
        unit, share = (q.unit, q.is_share) if q else ("", False)
        body.append([str(r["label"]), *(numbers.measure(r[c], unit, share) for c in ("estimate", "floor", "target")),
                     numbers.score(r["score"]), numbers.percent(r["weight"]), numbers.score(v), numbers.SUPPRESSED if hidden(str(r["quality"])) else numbers.integer(r["n"])])  # fmt: skip
    return frame.canvas.chart(id, caption, DataTable(f"{ctx.name}专项调查得分构成", head, body))


def _closed(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose estimate is hidden: its score would give it away."""
    return row | dict.fromkeys(("estimate", "se", "score", "contribution"), float("nan"))


def _lowest(items: Sequence[Mapping[str, object]]) -> str:
    known = [(float(str(r["score"])), str(r["label"])) for r in items if not is_missing(r["score"])]
    return f"{min(known)[1]}（{numbers.score(min(known)[0])}分）" if known else "无"


def _formula(ctx: Context) -> str:
    """How points taken off and graded measures make the daily score."""
    if not any(ctx.class_id in m["classes"] for m in ctx.plan.choices["daily"]["measures"]):
        return ""
    share = ctx.plan.choices["daily"]["measure_share"]
    kept = numbers.percent(1 - share, 0)
    return f"日常得分＝扣分部分（满分减扣分）占{kept}、定量指标占{numbers.percent(share, 0)}加权；没有定量指标的只计扣分部分"
