"""Scores: contributions of the streams, where a difference comes from, points taken off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from kaohe.plot import captions_scores as words
from kaohe.plot import fonts, numbers
from kaohe.plot.canvas import SIZE, SMALL, Canvas, Caption
from kaohe.plot.labels import class_of, group_word, joined, nothing, of_class, own_rows, records, short, source
from kaohe.plot.layout import Numbers, Rows, Scale, axis, legend, rows, ticks, widen
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.palette import ACCENT, BAND, BLUE, INK, MID, MUTED, SOFT, STREAM_FILL, STREAM_INK

MOST = 40
ENDS = 10


@dataclass(frozen=True)
class _Stack:
    """A target's contributions by stream; None in `parts` where a stream is missing."""

    name: str
    parts: Mapping[str, float]
    total: float

    @property
    def whole(self) -> bool:
        """True when no stream is missing."""
        return not is_missing(self.total)


def streams_bars(streams: pd.DataFrame, ctx: Context, *, class_id: str = "", id: str = "streams") -> Chart | Text:
    """Weighted contributions of the streams by target, and each one's difference from the class mean.

    Parameters
    ----------
    streams : DataFrame
        Built table `streams`.
    ctx : Context
    class_id : str
        The class; the report's own when empty. Of more than 40 targets the first and last ten are shown.
    """
    which = class_of(ctx, class_id)
    mine = of_class(streams, which)
    if mine.empty:
        return nothing("三类来源得分", ctx)
    weights = {str(r["stream"]): (str(r["stream_name"]), float(r["weight"])) for r in records(mine)}
    keys = [s for s in ctx.plan.streams if s in weights]
    stacks = _stacks(mine, keys, ctx)
    whole = [s for s in stacks if s.whole]
    means = {k: sum(s.parts[k] for s in whole) / len(whole) if whole else float("nan") for k in keys}
    first, last = (whole[0], whole[-1]) if whole else (stacks[0], stacks[0])
    title = words.streams_title(
        which, (first.name, first.total), (last.name, last.total),
        {weights[k][0]: first.parts[k] - last.parts[k] for k in keys}, len(whole),
    )  # fmt: skip
    cut = len(stacks) > MOST
    shown = [*stacks[:ENDS], *stacks[-ENDS:]] if cut else stacks
    canvas = _draw_streams(shown, keys, weights, means, ctx)
    parts = "、".join(f"{weights[k][0]}{numbers.percent(weights[k][1], 0)}" for k in keys)
    lacking = [s.name for s in stacks if not s.whole]
    caption = Caption(
        title,
        joined([f"左：综合得分（满分100）按来源的加权贡献；右：与{group_word(len(whole), which)}均值之差（分）",
                f"只列前后各{ENDS}个" if cut else "", f"{ctx.year}年"]),
        f"堆叠条形图：{group_word(len(shown), which)}按综合得分由高到低排列；最高{_said(whole[:1])}，最低{_said(whole[-1:])}。",
        source(ctx, "综合评价", f"权重依据方案六、（四）：{parts}",
               f"{'、'.join(lacking[:3])}{'等' if len(lacking) > 3 else ''}缺来源得分，不合成" if lacking else ""),
    )  # fmt: skip
    head = ["对象", *(weights[k][0] for k in keys), "综合得分", "与均值之差"]
    mean = sum(means.values())
    body = [
        [s.name, *(numbers.score(s.parts[k]) if not is_missing(s.parts[k]) else "缺" for k in keys), numbers.score(s.total),
         numbers.signed(s.total - mean) if s.whole else numbers.MISSING]
        for s in stacks
    ]  # fmt: skip
    return canvas.chart(id, caption, DataTable("综合得分按来源的加权贡献", head, body))


def _said(stacks: Sequence[_Stack]) -> str:
    return f"{stacks[0].name}（{numbers.score(stacks[0].total)}分）" if stacks else "无"


def _stacks(mine: pd.DataFrame, keys: Sequence[str], ctx: Context) -> list[_Stack]:
    found: dict[str, dict[str, float]] = {}
    for row in records(mine):
        found.setdefault(str(row["object"]), {})[str(row["stream"])] = float(row["contribution"])
    nan = float("nan")
    stacks = [
        _Stack(short(ctx, code), {k: parts.get(k, nan) for k in keys}, sum(parts.get(k, nan) for k in keys))
        for code, parts in sorted(found.items())
    ]
    return sorted(stacks, key=lambda s: -s.total if s.whole else 1e9)


def _draw_streams(
    stacks: Sequence[_Stack], keys: Sequence[str], weights: Mapping[str, tuple[str, float]], means: Mapping[str, float], ctx: Context
) -> Canvas:  # fmt: skip
    frame = rows([s.name for s in stacks], above=0.66, below=0.34)
    canvas = frame.canvas
    entries = [(STREAM_FILL[k], f"{weights[k][0]}（{numbers.number(100 * weights[k][1], 0)}分）") for k in keys]
    after = legend(canvas, 0.02, 0.12, entries)
    canvas.rect(after + 0.02, 0.04, 0.05, 0.16, ACCENT)
    canvas.text(after + 0.14, 0.12, "与均值之差合计", size=SMALL, color=MUTED)
    middle = frame.left + (frame.right - frame.left) * 0.62
    left = Scale(0, 100, frame.left, middle - 0.1)
    diffs = [s.parts[k] - means[k] for s in stacks if s.whole for k in keys]
    reach = [
        sum(d for d in (s.parts[k] - means[k] for k in keys) if d * sign > 0)
        for s in stacks
        if s.whole
        for sign in (1, -1)
    ]
    low, high = widen([*diffs, *reach, 0.0])
    right = Scale(low, high, middle + 0.45, frame.right)
    canvas.text(frame.left, 0.5, "综合得分", size=SIZE, color=INK)
    canvas.text((right.left + right.right) / 2, 0.5, "与均值之差", size=SIZE, color=INK, align="center")
    for value in (0, 50, 100):
        canvas.text(left(value), frame.bottom + 0.13, str(value), size=SMALL, color=MUTED, align="center")
    axis(
        frame,
        right,
        ticks(low, high, 4),
        lambda v: numbers.number(v, 0 if float(v).is_integer() else 1).replace("-", "−"),
    )
    for row, stack in enumerate(stacks):
        y, h = frame.y(row), frame.pitch * 0.72
        _stack(canvas, left, y, h, stack, keys)
        if stack.whole:
            _difference(canvas, right, y, h, {k: stack.parts[k] - means[k] for k in keys})
    canvas.line([(right(0), frame.top - 0.03), (right(0), frame.bottom + 0.02)], INK, line=1.2, z=4)
    return canvas


def _stack(canvas: Canvas, scale: Scale, y: float, h: float, stack: _Stack, keys: Sequence[str]) -> None:
    at = 0.0
    for key in keys:
        part = stack.parts[key]
        if is_missing(part):
            continue
        x0, x1 = scale(at), scale(at + part)
        canvas.rect(x0, y - h / 2, max(x1 - x0 - 0.014, 0), h, STREAM_FILL[key])
        text = numbers.score(part)
        if x1 - x0 > fonts.width(text, SMALL) + 0.05:
            canvas.text((x0 + x1) / 2, y, text, size=SMALL, color=STREAM_INK[key], align="center")
        at += part
    lacking = not stack.whole
    canvas.text(scale(at) + 0.05, y, "缺来源，不合成" if lacking else numbers.score(stack.total), color=ACCENT if lacking else INK,
                size=SMALL if lacking else SIZE)  # fmt: skip


def _difference(canvas: Canvas, scale: Scale, y: float, h: float, parts: Mapping[str, float]) -> None:
    for sign in (1, -1):
        at = 0.0
        for key, part in parts.items():
            if part * sign > 0:
                x0, x1 = sorted((scale(at), scale(at + part)))
                canvas.rect(x0, y - h / 2, x1 - x0, h, STREAM_FILL[key])
                at += part
    total = scale(sum(parts.values()))
    canvas.rect(total - 0.025, y - h / 2 - 0.03, 0.05, h + 0.06, ACCENT, z=5)


def waterfall(
    contributions: pd.DataFrame, ctx: Context, *, reference: str = "mean", most: int = 12, id: str = ""
) -> Chart | Text:
    """Where a target's difference from a reference comes from, component by component.

    Parameters
    ----------
    contributions : DataFrame
        Built table `contributions`; rows of other targets are left out.
    ctx : Context
    reference : str
        ``mean`` (the class) or ``next`` (the next target above).
    most : int
        Components drawn; the smaller ones are drawn as one bar.
    """
    mine = own_rows(contributions, ctx)
    mine = mine[mine["reference"] == reference]
    if mine.empty:
        if reference == "next" and len(own_rows(contributions, ctx)):
            return Text((f"{ctx.name}在同类中得分最高，没有上一名可比。",))
        return nothing("得分差距分解", ctx)
    items = [(str(r["stream"]), str(r["stream_name"]), str(r["label"]), float(r["delta"])) for r in records(mine)]
    against = str(mine.iloc[0]["reference_name"])
    ordered = sorted(items, key=lambda i: -abs(i[3]))
    kept, rest = ordered[:most], ordered[most:]
    if len(rest) == 1:
        kept, rest = ordered, []
    kept = sorted(kept, key=lambda i: -i[3])
    bars = [(f"{label}", STREAM_FILL.get(stream, MID), delta) for stream, _, label, delta in kept]
    if rest:
        bars.append((f"其余{len(rest)}项合计", SOFT, sum(i[3] for i in rest)))
    total = sum(i[3] for i in items)
    canvas = _draw_waterfall(bars, total, {i[0]: i[1] for i in items}, ctx)
    caption = Caption(
        words.waterfall_title(ctx.name, against, [i[1:] for i in items]),
        f"综合得分与{against}之差（分）按分项分解，由加分到减分，{ctx.year}年",
        f"瀑布图：从{against}（0）开始，逐项加减到{ctx.name}的差值{numbers.signed(total)}分，共{len(items)}个分项。",
        source(
            ctx,
            "综合评价",
            "各分项差值之和等于综合得分之差",
            f"条形起点为上一条形的终点；{'较小的分项合并为一条' if rest else '全部分项'}",
        ),
    )
    body = [[n, label, numbers.signed(d, 2)] for _, n, label, d in sorted(items, key=lambda i: -i[3])]
    body.append(["合计", "", numbers.signed(total, 2)])
    table = DataTable(f"{ctx.name}与{against}之差按分项", ["来源", "分项", "差值（分）"], body)
    return canvas.chart(id or f"waterfall-{reference}", caption, table)


def _draw_waterfall(
    bars: Sequence[tuple[str, str, float]], total: float, streams: Mapping[str, str], ctx: Context
) -> Canvas:
    names = [n for n, _, _ in bars] + ["合计"]
    frame = rows(names, numbers=[Numbers("差值", [numbers.signed(d, 2) for _, _, d in bars] + [numbers.signed(total, 2)])],
                 above=0.5, below=0.5, widest=2.6)  # fmt: skip
    canvas = frame.canvas
    entries = [(STREAM_FILL[s], streams[s]) for s in ctx.plan.streams if s in streams]
    legend(canvas, 0.02, 0.12, [*entries, (ACCENT, "合计")])
    path = [0.0]
    for _, _, delta in bars:
        path.append(path[-1] + delta)
    low, high = widen([*path, total])
    scale = Scale(low, high, frame.left + 0.1, frame.right)
    axis(
        frame,
        scale,
        ticks(low, high),
        lambda v: numbers.signed(v, 0 if float(v).is_integer() else 1),
        "与参照之差（分）",
    )
    h = frame.pitch * 0.62
    for row, (_, fill, _) in enumerate(bars):
        x0, x1 = sorted((scale(path[row]), scale(path[row + 1])))
        y = frame.y(row)
        canvas.rect(
            x0, y - h / 2, max(x1 - x0, 0.012), h, fill, edge=SOFT if fill == STREAM_FILL["daily"] else "none", line=0.5
        )
        end = scale(path[row + 1])
        canvas.line([(end, y + h / 2), (end, y + frame.pitch - h / 2)], SOFT, line=0.7)
    y = frame.y(len(bars))
    x0, x1 = sorted((scale(0), scale(total)))
    canvas.rect(x0, y - h / 2, max(x1 - x0, 0.012), h, ACCENT)
    canvas.line([(scale(0), frame.top - 0.03), (scale(0), frame.bottom + 0.02)], INK, line=1.2)
    return canvas


def daily_deductions(daily_sources: pd.DataFrame, ctx: Context, *, id: str = "daily-deductions") -> Chart | Text:
    """Points taken off by source of daily work, all sources of the plan, in the plan's order.

    Parameters
    ----------
    daily_sources : DataFrame
        Built table `daily_sources`; rows of other targets are left out.
    ctx : Context
    """
    mine = own_rows(daily_sources, ctx)
    if mine.empty:
        return nothing("日常工作", ctx)
    found = {str(r["source"]): r for r in records(mine)}
    order = [s for s in ctx.plan.daily_sources if s in found] + [s for s in found if s not in ctx.plan.daily_sources]
    items = [found[s] for s in order]
    points = {str(r["source_name"]): float(r["points"]) for r in items}
    n = sum(int(r["n_records"]) for r in items)
    top = max(points.values())
    hot = [ACCENT if p == top and p > 0 else INK for p in points.values()]
    frame: Rows = rows(
        list(points), widest=2.7, above=0.3, below=0.5,
        numbers=[Numbers("记录数", [str(int(r["n_records"])) for r in items]), Numbers("扣分", [numbers.score(p) for p in points.values()], hot)],
    )  # fmt: skip
    scale = Scale(0, widen([0.0, top if top > 0 else 1.0], floor=0)[1], frame.left, frame.right)
    axis(
        frame, scale, ticks(0, scale.high), lambda v: numbers.number(v, 0 if float(v).is_integer() else 1), "扣分（分）"
    )
    for row, value in enumerate(points.values()):
        if value > 0:
            h = frame.pitch * 0.66
            frame.canvas.rect(
                frame.left, frame.y(row) - h / 2, scale(value) - frame.left, h, ACCENT if value == top else MID
            )
    frame.canvas.line([(frame.left, frame.top - 0.03), (frame.left, frame.bottom)], INK, line=1.0)
    caption = Caption(
        words.daily_title(ctx.name, points, n),
        f"{ctx.name}日常工作各来源扣分（分），{ctx.year}年",
        f"条形图：{len(items)}个来源的扣分，共{n}条记录，合计扣{numbers.score(sum(points.values()))}分。",
        source(ctx, "日常工作记录", f"共{n}条记录" if n else "没有记录", str(ctx.plan.choices["daily"]["note"])),
    )
    body = [[str(r["source_name"]), str(int(r["n_records"])), numbers.score(r["points"])] for r in items]
    return frame.canvas.chart(id, caption, DataTable(f"{ctx.name}日常工作扣分", ["来源", "记录数", "扣分"], body))


def survey_scores(survey_items: pd.DataFrame, ctx: Context, *, id: str = "survey-scores") -> Chart | Text:
    """Scored survey indicators of a target: score of 0 to 100, weight, points lost of the survey score.

    Parameters
    ----------
    survey_items : DataFrame
        Built table `survey_items`; rows of other targets are left out.
    ctx : Context
    """
    mine = own_rows(survey_items, ctx)
    if mine.empty:
        return nothing("专项调查计分指标", ctx)
    items = records(mine)
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
            frame.canvas.text(frame.left + 0.08, y, "缺", size=SMALL, color=MUTED)
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
                     numbers.score(r["score"]), numbers.percent(r["weight"]), numbers.score(v), numbers.integer(r["n"])])  # fmt: skip
    return frame.canvas.chart(id, caption, DataTable(f"{ctx.name}专项调查得分构成", head, body))


def _lowest(items: Sequence[Mapping[str, object]]) -> str:
    known = [(float(str(r["score"])), str(r["label"])) for r in items if not is_missing(r["score"])]
    return f"{min(known)[1]}（{numbers.score(min(known)[0])}分）" if known else "无"
