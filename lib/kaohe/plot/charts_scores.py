"""Scores: contributions of the streams, and where a difference to others comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from kaohe.plot import captions_gaps, fonts, numbers
from kaohe.plot import captions_scores as words
from kaohe.plot.canvas import SIZE, SMALL, Canvas, Caption
from kaohe.plot.labels import (
    class_of,
    group_word,
    joined,
    nothing,
    of_class,
    own_rows,
    rank_level,
    records,
    short,
    source,
)  # fmt: skip
from kaohe.plot.layout import BAR, Numbers, Rows, Scale, axis, legend, rows, stacked, ticks, widen
from kaohe.plot.merged import Part, merged
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.pairs import told_apart
from kaohe.plot.palette import ACCENT, INK, MID, MUTED, SOFT, STREAM_FILL, STREAM_INK

MOST = 40
ENDS = 10
MORE = 10


@dataclass(frozen=True)
class _Stack:
    """A target's contributions by stream; None in `parts` where a stream is missing."""

    name: str
    parts: Mapping[str, float]
    total: float
    code: str = ""

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

    Examples
    --------
    >>> charts.streams_bars(s.table("streams"), s.ctx, class_id="city14").title
    '首末两市（茂名、揭阳）相差10.8分，其中专项调查占4.7分'
    """
    which = class_of(ctx, class_id)
    mine = of_class(streams, which)
    if mine.empty:
        return nothing("三类来源得分", ctx, id)
    weights = {str(r["stream"]): (str(r["stream_name"]), float(r["weight"])) for r in records(mine)}
    keys = [s for s in ctx.plan.streams if s in weights]
    stacks = _stacks(mine, keys, ctx)
    whole = [s for s in stacks if s.whole]
    means = {k: sum(s.parts[k] for s in whole) / len(whole) if whole else float("nan") for k in keys}
    first, last = (whole[0], whole[-1]) if whole else (stacks[0], stacks[0])
    title = words.streams_title(
        which, (first.name, first.total), (last.name, last.total),
        {weights[k][0]: first.parts[k] - last.parts[k] for k in keys}, len(whole),
        tops=[s.name for s in whole if round(s.total - first.total, 9) == 0],
        tails=[s.name for s in whole if round(s.total - last.total, 9) == 0],
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
        _Stack(short(ctx, code), {k: parts.get(k, nan) for k in keys}, sum(parts.get(k, nan) for k in keys), code)
        for code, parts in sorted(found.items())
    ]
    return sorted(stacks, key=lambda s: -s.total if s.whole else 1e9)


def _draw_streams(
    stacks: Sequence[_Stack], keys: Sequence[str], weights: Mapping[str, tuple[str, float]], means: Mapping[str, float], ctx: Context
) -> Canvas:  # fmt: skip
    frame = rows([s.name for s in stacks], marked=[s.code == ctx.object for s in stacks], above=0.66, below=0.34)
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
    contributions: pd.DataFrame, ctx: Context, *, reference: str = "mean", most: int = 10, ahead: float = float("nan"), id: str = ""
) -> Chart | Text:  # fmt: skip
    """Where a target's difference from a reference comes from, component by component.

    Parameters
    ----------
    contributions : DataFrame
        Built table `contributions`; rows of other targets are left out.
    ctx : Context
    reference : str
        ``mean`` (the class), ``next`` (the next target above) or ``cut`` (the cut-off of the next grade).
    most : int
        Number of components drawn by name, up to ten more where what is left of a stream adds to more than the largest; the
        smaller ones are drawn as one bar a stream.
    ahead : float
        Probability (1 for sure) that the reference is ahead, by sampling error alone; below the plan's level the title says so.

    Examples
    --------
    >>> job = kaohe.open_report("40_city", "韶关市")
    >>> charts.waterfall(job.own("contributions"), job.ctx).title
    '韶关市比同类平均高2.0分，拉高最多的是日常工作的“信访投诉”（+2.9分）'
    """
    id = id or f"waterfall-{reference}"
    mine = own_rows(contributions, ctx)
    mine = mine[mine["reference"] == reference]
    if mine.empty or mine["delta"].isna().any():
        if mine.empty and reference == "next" and len(own_rows(contributions, ctx)):
            return Text((f"{ctx.name}在同类中得分最高，没有上一名可比。",), id=id)
        return nothing("得分差距分解", ctx, id)
    items = [Part(str(r["stream"]), str(r["stream_name"]), str(r["label"]), float(r["delta"])) for r in records(mine)]
    against = str(mine.iloc[0]["reference_name"])
    named, sums = merged(items, most, most + MORE)
    bars = [(p.label, STREAM_FILL.get(p.stream, MID), p.delta) for p in (*named, *sums)]
    total = sum(i.delta for i in items)
    canvas = _draw_waterfall(bars, total, {i.stream: i.stream_name for i in items}, ctx)
    level = rank_level(ctx)
    unsure = not is_missing(ahead) and not told_apart(ahead, ctx)
    caption = Caption(
        captions_gaps.waterfall_title(ctx.name, against, [i[1:] for i in items], unsure=unsure),
        f"综合得分与{against}之差（分）按分项分解，由加分到减分，{ctx.year}年",
        f"瀑布图：从{against}（0）开始，逐项加减到{ctx.name}的差值{numbers.signed(total)}分，共{len(items)}个分项。",
        source(
            ctx,
            "综合评价",
            f"各分项之和等于总差距{'；较小的分项按来源合并' if sums else ''}",
            "" if is_missing(ahead) else f"只计抽样误差，{against}得分较高的概率为{numbers.chance(ahead)}"
            + (f"，不足{level}，分不出先后" if unsure else ""),
            captions_gaps.base_said(mine, ctx),
        ),
    )  # fmt: skip
    body = [[n, label, numbers.signed(d, 2)] for _, n, label, d in sorted(items, key=lambda i: -i[3])]
    body.append(["合计", "", numbers.signed(total, 2)])
    table = DataTable(f"{ctx.name}与{against}之差按分项", ["来源", "分项", "差值（分）"], body)
    return canvas.chart(id, caption, table, narrow=_narrow_waterfall(bars, total))


def _draw_waterfall(
    bars: Sequence[tuple[str, str, float]], total: float, streams: Mapping[str, str], ctx: Context
) -> Canvas:
    names = [n for n, _, _ in bars] + ["合计"]
    frame = rows(names, numbers=[Numbers("差值", [numbers.signed(d, 2) for _, _, d in bars] + [numbers.signed(total, 2)])],
                 above=0.5, below=0.5, widest=2.6)  # fmt: skip
    entries = [(STREAM_FILL[s], streams[s]) for s in ctx.plan.streams if s in streams]
    legend(frame.canvas, 0.02, 0.12, [*entries, (ACCENT, "合计")])
    _steps(frame, bars, total, inset=0.1, h=frame.pitch * 0.62)
    return frame.canvas


def _narrow_waterfall(bars: Sequence[tuple[str, str, float]], total: float) -> Canvas:
    """The same for a telephone, without key."""
    frame = stacked(
        [*(n for n, _, _ in bars), "合计"], [numbers.signed(d, 2) for d in (*(d for _, _, d in bars), total)]
    )
    _steps(frame, bars, total, inset=0.0, h=BAR)
    return frame.canvas


def _steps(frame: Rows, bars: Sequence[tuple[str, str, float]], total: float, *, inset: float, h: float) -> None:
    """Bars `h` inches high, each from where the last one ends, and the total."""
    canvas = frame.canvas
    path = [0.0]
    for _, _, delta in bars:
        path.append(path[-1] + delta)
    low, high = widen([*path, total])
    scale = Scale(low, high, frame.left + inset, frame.right)
    axis(
        frame,
        scale,
        ticks(low, high),
        lambda v: numbers.signed(v, 0 if float(v).is_integer() else 1),
        "与参照之差（分）",
    )
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
