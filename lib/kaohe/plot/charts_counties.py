"""Field scores of counties: not a composite, and said so."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from kaohe.plot import captions_scores as words
from kaohe.plot import fonts, numbers
from kaohe.plot.canvas import SMALL, WIDTH, Canvas, Caption
from kaohe.plot.labels import joined, nothing, records, source
from kaohe.plot.layout import Numbers, Rows, Scale, axis, rows, ticks, widen
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.palette import ACCENT, BLUE, INK, MID, MUTED, PAPER, SOFT

LAST = 25


def county_ranks(counties: pd.DataFrame, ctx: Context, *, last: int = LAST, id: str = "county-ranks") -> Chart | Text:
    """Field scores of counties: those of the report's city or county's city, else the last of the province.

    Parameters
    ----------
    counties : DataFrame
        Built table `counties`.
    ctx : Context
        A city shows its counties; a county those given, itself marked; the province the `last` ones.
    last : int
        How many counties of the province.

    Examples
    --------
    >>> charts.county_ranks(s.table("counties"), s.ctx).title
    '全省有核查得分的42个县（市、区）中5个靠后：新兴县、端州区、惠城区等5个'
    """
    mine = counties
    if ctx.kind == "city":
        mine = counties[counties["city"] == ctx.object]
    elif ctx.kind == "county":
        city = counties.loc[counties["county"] == ctx.object, "city"]
        mine = counties[counties["city"].isin(list(city))]
    if mine.empty:
        return nothing("县（市、区）实地核查", ctx, id)
    scored = mine[mine["score"].notna()]
    items = sorted(records(scored), key=lambda r: (-r["score"], r["county"]))
    within = "" if ctx.kind == "province" else str(mine.iloc[0]["city_name"])
    title = words.counties_title(
        [(str(r["name"]), bool(r["bottom"])) for r in items], len(mine) - len(scored), within=within
    )
    if not items:
        return Text((f"{title}。",), id=id)
    total = len(items)
    cut = ctx.kind == "province" and total > last
    items = items[-last:] if cut else items
    names = [
        f"{r['name']}（{str(r['city_name']).removesuffix('市')}）" if not within else str(r["name"]) for r in items
    ]
    hot = [ACCENT if r["bottom"] else MUTED for r in items]
    frame = rows(
        names, above=0.34, below=0.5, widest=2.4,
        marked=[r["county"] == ctx.object for r in items],
        numbers=[
            Numbers("得分", [numbers.score(r["score"]) for r in items], hot),
            Numbers("全省位次", [f"{numbers.integer(r['rank'])}/{r['n_ranked']}" for r in items], hot),
            Numbers("一般及以下", [f"{r['n_weak']}项" for r in items]),
        ],
    )  # fmt: skip
    low, high = widen([float(r["score"]) for r in items], ceiling=100)
    scale = Scale(low, high, frame.left + 0.08, frame.right)
    axis(
        frame,
        scale,
        ticks(low, high),
        lambda v: numbers.number(v, 0 if float(v).is_integer() else 1),
        "实地核查得分；横轴不从0开始",
    )
    for row, item in enumerate(items):
        own = item["county"] == ctx.object
        color = ACCENT if item["bottom"] else (BLUE if own or ctx.kind != "county" else SOFT)
        frame.canvas.dot(scale(item["score"]), frame.y(row), 0.075 if own else 0.06, color)
        if item["bottom"]:
            x = scale(item["score"])
            wide = fonts.width("靠后", SMALL)
            left = x + 0.11 + wide < frame.right + 0.15
            frame.canvas.text(
                x + 0.11 if left else x - 0.11,
                frame.y(row),
                "靠后",
                size=SMALL,
                color=ACCENT,
                align="left" if left else "right",
            )
    share = numbers.percent(ctx.plan.choices["county"]["bottom_share"], 0)
    bottom = sum(bool(r["bottom"]) for r in items)
    caption = Caption(
        title,
        joined([f"实地核查得分（县级考评表，满分100），由高到低{f'，只列最后{last}个' if cut else ''}", f"{ctx.year}年"]),
        f"点图：{len(items)}个县（市、区）的实地核查得分，{_reach(items[0]['score'], items[-1]['score'])}{_bottom(bottom, len(items))}。",
        source(ctx, "交叉考核实地核查", f"全省{int(items[0]['n_ranked'])}个县（市、区）有得分", f"靠后：得分居后{share}（考核办选定）",
               "实地核查得分不是综合评价"),
    )  # fmt: skip
    head = ["县（市、区）", "市", "实地核查得分", "全省位次", "一般及以下指标数", "靠后"]
    body = [
        [str(r["name"]), str(r["city_name"]), numbers.score(r["score"]), numbers.integer(r["rank"]), str(r["n_weak"]), "是" if r["bottom"] else "否"]
        for r in items
    ]  # fmt: skip
    return frame.canvas.chart(id, caption, DataTable("县（市、区）实地核查得分", head, body))


def _reach(one: object, other: object) -> str:
    """From which score to which, or the one that all have."""
    first, last = numbers.score(one), numbers.score(other)
    return f"在{first}分" if first == last else f"从{first}分到{last}分"


def _bottom(bottom: int, n: int) -> str:
    """How many of the counties shown are among the last of the province."""
    if n == 1:
        return "，属靠后" if bottom else "，不属靠后"
    return f"，其中{f'{bottom}个靠后' if bottom else '没有靠后的'}"


def county_place(counties: pd.DataFrame, ctx: Context, *, id: str = "county-place") -> Chart | Text:
    """One county among all that have a field score: a dot each, equal scores on top of each other.

    Parameters
    ----------
    counties : DataFrame
        Built table `counties`, the whole province.
    ctx : Context
        A county.

    Examples
    --------
    >>> job = kaohe.open_report("45_county", "武江区")
    >>> charts.county_place(s.table("counties"), job.ctx).title
    '武江区实地核查得分89.6分，在42个县（市、区）中列第8位'
    """
    scored = sorted(records(counties[counties["score"].notna()]), key=lambda r: (r["score"], r["county"]))
    me = next((r for r in scored if r["county"] == ctx.object), None)
    if me is None:
        return Text((f"{ctx.name}没有实地核查得分，不排位次。",), id=id)
    tied = sum(r["rank"] == me["rank"] for r in scored) > 1
    title = words.county_place_title(
        ctx.name, float(me["score"]), float(me["rank"]), tied, len(scored), bool(me["bottom"])
    )
    canvas = _draw_place(scored, me)
    share = numbers.percent(ctx.plan.choices["county"]["bottom_share"], 0)
    bottom = sum(bool(r["bottom"]) for r in scored)
    alike = sum(r["city"] == me["city"] for r in scored) - 1
    caption = Caption(
        title,
        f"有得分的{len(scored)}个县（市、区）的实地核查得分（县级考评表，满分100），每点一个，得分相同的叠放，{ctx.year}年",
        f"点图：横轴为得分，{len(scored)}个点{_reach(scored[0]['score'], scored[-1]['score'])}，"
        f"{ctx.name}单独标出；{f'同市另有{alike}个' if alike else '同市没有其他有得分的'}，全省{f'{bottom}个' if bottom else '没有'}靠后{'' if bottom else '的'}。",
        source(ctx, "交叉考核实地核查", f"靠后：得分居后{share}（考核办选定）", "核查地点为重点抽查，得分不是综合评价，位次只供参考"),
    )  # fmt: skip
    head = ["县（市、区）", "市", "实地核查得分", "全省位次", "靠后"]
    body = [
        [str(r["name"]), str(r["city_name"]), numbers.score(r["score"]), numbers.integer(r["rank"]), "是" if r["bottom"] else "否"]
        for r in reversed(scored)
    ]  # fmt: skip
    return canvas.chart(id, caption, DataTable("县（市、区）实地核查得分", head, body))


def _draw_place(scored: list[dict[str, object]], me: dict[str, object]) -> Canvas:
    heights = Counter(numbers.score(r["score"]) for r in scored)
    step = min(0.15, 1.5 / max(heights.values()))
    stack = step * max(heights.values())
    canvas = Canvas(1.42 + stack)
    frame = Rows(canvas, 0.15, WIDTH - 0.15, 0.92, stack, 1)
    low, high = widen([float(str(r["score"])) for r in scored], ceiling=100)
    scale = Scale(low, high, frame.left, frame.right)
    axis(frame, scale, ticks(low, high), lambda v: numbers.number(v, 0 if float(v).is_integer() else 1),
         "实地核查得分；横轴不从0开始")  # fmt: skip
    _place_key(canvas, str(me["name"]), any(r["bottom"] for r in scored))
    done: Counter[str] = Counter()
    for item in sorted(scored, key=lambda r: (r is me, r["city"] == me["city"])):
        level = numbers.score(item["score"])
        x, y = scale(float(str(item["score"]))), frame.bottom - (done[level] + 0.5) * step
        done[level] += 1
        own = item is me
        fill = BLUE if own else MID if item["city"] == me["city"] else SOFT
        if own:
            canvas.line([(x, y), (x, 0.72)], BLUE, line=1.0)
        if item["bottom"]:
            canvas.diamond(x, y, 0.1 if own else 0.062, fill if own else ACCENT, edge=PAPER)
        else:
            canvas.dot(x, y, 0.085 if own else step * 0.38, fill, edge=PAPER, line=0.6)
        if own:
            text = f"{item['name']} {numbers.score(item['score'])}"
            half = fonts.width(text, 9.5) / 2
            canvas.text(min(max(x, half), WIDTH - half), 0.6, text, color=BLUE, align="center")
    canvas.line([(frame.left, frame.bottom), (frame.right, frame.bottom)], INK, line=1.0)
    return canvas


def _place_key(canvas: Canvas, name: str, bottom: bool) -> None:
    canvas.key = True
    x = 0.1
    entries = [(BLUE, name), (MID, "同市其他县（市、区）"), (SOFT, "其他市的县（市、区）")]
    for fill, word in [*entries, *([(ACCENT, "靠后")] if bottom else [])]:
        if fill == ACCENT:
            canvas.diamond(x, 0.12, 0.065, fill)
        else:
            canvas.dot(x, 0.12, 0.06, fill)
        canvas.text(x + 0.14, 0.12, word, size=SMALL, color=MUTED)
        x += 0.14 + fonts.width(word, SMALL) + 0.28
