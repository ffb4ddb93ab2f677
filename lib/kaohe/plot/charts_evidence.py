"""Index grades beside other evidence: field visits, and the target's own report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kaohe.plot import captions_grades as words
from kaohe.plot import numbers
from kaohe.plot.canvas import SMALL, WIDTH, Canvas, Caption
from kaohe.plot.labels import nothing, of, own_rows, records, source
from kaohe.plot.layout import Numbers, Rows, Scale, axis, rows
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.palette import ACCENT, BLUE, GRADE_FILL, INK, MUTED, PAPER, SOFT
from kaohe.plot.phone import NARROW
from kaohe.plot.terms import GRADES


def _scale(frame: Rows, ctx: Context) -> Scale:
    values = ctx.plan.scale.values
    low, high = min(values.values()), max(values.values())
    pad = (high - low) * 0.05
    return Scale(low - pad, high + pad, frame.left, frame.right)


def _grade_axis(frame: Rows, scale: Scale, ctx: Context, title: str) -> None:
    by_value = {v: g for g, v in ctx.plan.scale.values.items()}
    axis(frame, scale, sorted(by_value), lambda v: f"{by_value[v]} {v:.0f}", title)


def evidence_gap(evidence: pd.DataFrame, ctx: Context, *, id: str = "evidence-gap") -> Chart | Text:
    """Index grade against field evidence by item of one target; differences of a step or more stand out.

    Parameters
    ----------
    evidence : DataFrame
        Built table `evidence`; rows of other targets are left out.
    ctx : Context

    Examples
    --------
    >>> job = kaohe.open_report("40_city", "韶关市")
    >>> charts.evidence_gap(job.own("evidence"), job.ctx).title
    '17项中3项与实地核查相差一档以上：指标表偏低3项（统筹协调、医疗救助、财政专项扶贫资金）'
    """
    mine = own_rows(evidence, ctx).sort_values("item")
    if mine.empty:
        return nothing("实地核查对照", ctx, id)
    items = records(mine)
    both = [r for r in items if not is_missing(r["gap"])]
    if not both:
        return nothing("可与指标表对照的实地核查", ctx, id)
    flags = [(str(r["label"]), float(r["gap"])) for r in both if r["flagged"]]
    step = numbers.number(ctx.plan.choices["levels"]["one_step"], 0)
    about = f"得分（等次赋分见方法说明）；相差{step}分为一档"
    canvas, narrow = (_draw_gaps(items, about, ctx, width) for width in (WIDTH, NARROW))
    _key(canvas, any(r["flagged"] for r in items))
    places = _places(items)
    caption = Caption(
        words.gap_title(flags, len(both)),
        f"{of(ctx.name)}{len(items)}项指标的指标表等次与实地核查得分，{ctx.year}年",
        f"哑铃图：每行一项指标，菱形为指标表等次，空心圆为实地核查得分；{len(both)}项两者都有，相差最大的是{_widest(both)}。",
        source(ctx, "交叉考核指标表与实地核查表", places, f"相差{step}分（一档）以上标出",
               "抽查点由考核组选取，不代表全部，差异供核对之用"),
    )  # fmt: skip
    head = ["序号", "指标", "指标表等次", "实地核查得分", "相差", "县级均值", "镇级均值", "村级均值", "一档以上"]
    body = [
        [str(r["item"]), str(r["name"]), str(r["index_grade"]) or "缺", numbers.score(r["evidence"]), numbers.signed(r["gap"]),
         *(numbers.score(r[c]) for c in ("m_county", "m_town", "m_village")), "是" if r["flagged"] else "否"]
        for r in items
    ]  # fmt: skip
    return canvas.chart(id, caption, DataTable(f"{ctx.name}指标表与实地核查对照", head, body), narrow=narrow)


def _draw_gaps(items: Sequence[dict[str, Any]], about: str, ctx: Context, width: float) -> Canvas:
    """Grade and field evidence of each item; a narrow picture has the difference alone beside them, and no key."""
    hot = [ACCENT if r["flagged"] else MUTED for r in items]
    columns = [
        Numbers("指标表", [str(r["index_grade"]) or "缺" for r in items]),
        Numbers("实地核查", [numbers.score(r["evidence"]) for r in items]),
        Numbers("相差", [numbers.signed(r["gap"]) for r in items], hot),
    ]
    whole = width == WIDTH
    frame = rows(
        [f"{r['item']} {r['label']}" for r in items], numbers=columns if whole else columns[2:], above=0.5 if whole else 0.3,
        below=0.52, pitch=0.205, colors=[ACCENT if r["flagged"] else INK for r in items], gap=0.25, width=width,
    )  # fmt: skip
    canvas, scale = frame.canvas, _scale(frame, ctx)
    _grade_axis(frame, scale, ctx, about)
    for row, item in enumerate(items):
        y = frame.y(row)
        color = ACCENT if item["flagged"] else SOFT
        if not is_missing(item["gap"]):
            ends = [(scale.clip(item["evidence"]), y), (scale.clip(item["index_value"]), y)]
            canvas.line(ends, color, line=3.0 if item["flagged"] else 1.6)
        if item["index_grade"] in GRADES and not is_missing(item["index_value"]):
            canvas.diamond(scale.clip(item["index_value"]), y, 0.075, GRADE_FILL[item["index_grade"]], edge=INK)
        if is_missing(item["evidence"]):
            canvas.text(scale(scale.low) + 0.05, y, "无实地核查", size=SMALL, color=MUTED)
        else:
            x, near = scale.clip(item["evidence"]), not is_missing(item["gap"]) and abs(item["gap"]) < 2
            edge = ACCENT if item["flagged"] else BLUE
            canvas.dot(x, y, 0.03 if near else 0.055, PAPER, edge=edge, line=1.0 if near else 1.5, z=4)
    return canvas


def _key(canvas: Canvas, flagged: bool) -> None:
    canvas.key = True
    canvas.diamond(0.1, 0.12, 0.075, GRADE_FILL["好"], edge=INK)
    canvas.text(0.24, 0.12, "指标表等次（颜色同等次）", size=SMALL, color=MUTED)
    canvas.dot(2.02, 0.12, 0.055, PAPER, edge=BLUE, line=1.5)
    canvas.text(2.14, 0.12, "实地核查得分", size=SMALL, color=MUTED)
    if flagged:
        canvas.line([(3.16, 0.12), (3.44, 0.12)], ACCENT, line=3.0)
        canvas.text(3.52, 0.12, "相差一档以上", size=SMALL, color=MUTED)


def _places(items: Sequence[dict[str, Any]]) -> str:
    most = {k: max(int(r[k]) for r in items) for k in ("n_county", "n_town", "n_village")}
    words_of = {"n_county": "个县", "n_town": "个镇", "n_village": "个村"}
    said = "、".join(f"{n}{words_of[k]}" for k, n in most.items() if n)
    return f"抽查{said}" if said else ""


def _widest(both: Sequence[dict[str, Any]]) -> str:
    top = max(both, key=lambda r: abs(r["gap"]))
    return f"{top['label']}（{numbers.signed(top['gap'])}分）"


def self_gap(self_compare: pd.DataFrame, ctx: Context, *, id: str = "self-gap") -> Chart | Text:
    """Own grade against the assessed grade by item of one target.

    Parameters
    ----------
    self_compare : DataFrame
        Built table `self_compare`; rows of other targets are left out.
    ctx : Context

    Examples
    --------
    >>> job = kaohe.open_report("40_city", "韶关市")
    >>> charts.self_gap(job.own("self_compare"), job.ctx).title
    '韶关市17项中4项自评高于考核（贫困退出、医疗救助、住房保障等）、13项一致'
    """
    mine = own_rows(self_compare, ctx).sort_values("item")
    known = mine[(mine["self_grade"] != "") & (mine["index_grade"] != "")]
    if known.empty:
        return nothing("自评与考核对照", ctx, id)
    items = records(mine)
    value = ctx.plan.scale.values
    concepts = ctx.plan.concepts
    ahead = {r["item"]: _ahead(r, value) for r in items}
    canvas, narrow = (_draw_own(items, ahead, ctx, width) for width in (WIDTH, NARROW))
    canvas.key = True
    canvas.diamond(0.1, 0.12, 0.075, GRADE_FILL["好"], edge=INK)
    canvas.text(0.24, 0.12, "考核等次（颜色同等次）", size=SMALL, color=MUTED)
    canvas.dot(1.9, 0.12, 0.055, PAPER, edge=BLUE, line=1.5)
    canvas.text(2.02, 0.12, "自评等次", size=SMALL, color=MUTED)
    x = 2.78
    for word, color, there in (
        ("自评高于考核", ACCENT, any(a > 0 for a in ahead.values())),
        ("自评低于考核", BLUE, any(a < 0 for a in ahead.values())),
    ):
        if there:
            canvas.line([(x, 0.12), (x + 0.28, 0.12)], color, line=3.0)
            canvas.text(x + 0.36, 0.12, word, size=SMALL, color=MUTED)
            x += 1.34
    steps = [(concepts[str(r["concept"])], float(ahead[r["item"]])) for r in records(known)]
    higher = sum(s > 0 for _, s in steps)
    title = words.self_title(ctx.name, steps, len(items) - len(known))
    caption = Caption(
        title,
        f"{of(ctx.name)}{len(items)}项指标的自评等次与考核等次，{ctx.year}年",
        f"哑铃图：每行一项指标，空心圆为自评等次，菱形为考核等次；{f'{higher}项的连线表示自评较高' if higher else '没有自评较高的'}。",
        source(ctx, "自评报告与交叉考核指标表"),
    )
    head = ["序号", "指标", "自评等次", "考核等次", "比较"]
    said = {1: "自评高", 0: "一致", -1: "自评低"}
    body = []
    for r in items:
        whole = r["self_grade"] in GRADES and r["index_grade"] in GRADES
        a = ahead[r["item"]]
        text = said[(a > 0) - (a < 0)] if whole else numbers.MISSING
        body.append([str(r["item"]), str(r["name"]), str(r["self_grade"]) or "缺", str(r["index_grade"]) or "缺", text])
    return canvas.chart(id, caption, DataTable(f"{ctx.name}自评与考核等次", head, body), narrow=narrow)


def _draw_own(items: Sequence[dict[str, Any]], ahead: Mapping[Any, float], ctx: Context, width: float) -> Canvas:
    """Own and assessed grade of each item; a narrow picture has neither columns nor key."""
    value, concepts, whole = ctx.plan.scale.values, ctx.plan.concepts, width == WIDTH
    columns = [
        Numbers("自评", [str(r["self_grade"]) or "缺" for r in items]),
        Numbers("考核", [str(r["index_grade"]) or "缺" for r in items]),
    ]
    frame = rows(
        [f"{r['item']} {concepts[str(r['concept'])]}" for r in items], numbers=columns if whole else (),
        above=0.5 if whole else 0.1, below=0.52, pitch=0.205, gap=0.25, width=width,
    )  # fmt: skip
    canvas, scale = frame.canvas, _scale(frame, ctx)
    _grade_axis(frame, scale, ctx, "等次（数字为等次赋分）")
    for row, item in enumerate(items):
        y = frame.y(row)
        own, assessed = str(item["self_grade"]), str(item["index_grade"])
        if own in GRADES and assessed in GRADES and own != assessed:
            color = ACCENT if ahead[item["item"]] > 0 else BLUE
            canvas.line([(scale(value[own]), y), (scale(value[assessed]), y)], color, line=3.0)
        if assessed in GRADES:
            canvas.diamond(scale(value[assessed]), y, 0.08, GRADE_FILL[assessed], edge=INK)
        if own in GRADES:
            same = own == assessed
            canvas.dot(scale(value[own]), y, 0.03 if same else 0.055, PAPER, edge=BLUE, line=1.0 if same else 1.5, z=4)
    return canvas


def _ahead(row: dict[str, Any], value: dict[str, float]) -> float:
    """How much better the own grade is, in points; 0 where one is missing."""
    own, assessed = value.get(str(row["self_grade"])), value.get(str(row["index_grade"]))
    return own - assessed if own is not None and assessed is not None else 0.0
