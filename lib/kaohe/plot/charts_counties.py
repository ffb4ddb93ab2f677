"""Field scores of counties: not a composite, and said so."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import captions_scores as words
from kaohe.plot import fonts, numbers
from kaohe.plot.canvas import SMALL, Caption
from kaohe.plot.labels import joined, nothing, records, source
from kaohe.plot.layout import Numbers, Scale, axis, rows, ticks, widen
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.palette import ACCENT, BLUE, MUTED, SOFT

LAST = 25


def county_ranks(counties: pd.DataFrame, ctx: Context, *, last: int = LAST, id: str = "county-ranks") -> Chart | Text:
    """Field scores of counties: those of the report's city or county's city, else the last of the province.

    Parameters
    ----------
    counties : DataFrame
        Built table `counties`.
    ctx : Context
        A city shows its counties; a county those given, itself marked; the province the `last` ones.
    """
    mine = counties
    if ctx.kind == "city":
        mine = counties[counties["city"] == ctx.object]
    elif ctx.kind == "county":
        city = counties.loc[counties["county"] == ctx.object, "city"]
        mine = counties[counties["city"].isin(list(city))]
    if mine.empty:
        return nothing("县（市、区）实地核查", ctx)
    scored = mine[mine["score"].notna()]
    items = sorted(records(scored), key=lambda r: (-r["score"], r["county"]))
    within = "" if ctx.kind == "province" else str(mine.iloc[0]["city_name"])
    title = words.counties_title(
        [(str(r["name"]), bool(r["bottom"])) for r in items], len(mine) - len(scored), within=within
    )
    if not items:
        return Text((f"{title}。",))
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
        f"点图：{len(items)}个县（市、区）的实地核查得分，从{numbers.score(items[0]['score'])}分到{numbers.score(items[-1]['score'])}分，其中{bottom}个靠后。",
        source(ctx, "交叉考核实地核查", f"全省{int(items[0]['n_ranked'])}个县（市、区）有得分", f"靠后：得分居后{share}（考核办选定）",
               "实地核查得分不是综合评价"),
    )  # fmt: skip
    head = ["县（市、区）", "市", "实地核查得分", "全省位次", "一般及以下指标数", "靠后"]
    body = [
        [str(r["name"]), str(r["city_name"]), numbers.score(r["score"]), numbers.integer(r["rank"]), str(r["n_weak"]), "是" if r["bottom"] else "否"]
        for r in items
    ]  # fmt: skip
    return frame.canvas.chart(id, caption, DataTable("县（市、区）实地核查得分", head, body))
