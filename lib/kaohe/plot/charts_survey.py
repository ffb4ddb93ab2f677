"""Survey estimates: one indicator by city, one target's shares by topic, against the province."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kaohe.plot import captions_survey as words
from kaohe.plot import fonts, numbers
from kaohe.plot.against import again_note, comparable, repeats, side
from kaohe.plot.canvas import SMALL, WIDTH, Canvas, Caption
from kaohe.plot.charts_profile import draw_profile, profile_key, small_apart
from kaohe.plot.labels import interval_of, joined, nothing, of, records, short, source, surveyed
from kaohe.plot.layout import Numbers, Rows, Scale, axis, rows, ticks, widen
from kaohe.plot.marks import Row, has_interval, hidden_note, hollow, hollow_note, mark, plain, shown, tick
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.palette import ACCENT, BAND, BLUE, INK, SOFT
from kaohe.plot.phone import NARROW
from kaohe.plot.terms import hidden, quality_word

DOMAINS = {"city14": "city", "city6": "helper"}


def estimate_dots(
    estimates: pd.DataFrame, ctx: Context, indicator: str, *, domain_type: str = "", id: str = ""
) -> Chart | Text:
    """One indicator by city with intervals, against the province.

    Parameters
    ----------
    estimates : DataFrame
        Built table `estimates` with rows of the cities and of the province.
    ctx : Context
        The report's own city is marked.
    indicator : str
        A codebook id.
    domain_type : str
        ``city`` or ``helper``; empty: that of the report's class, else ``city``.

    Notes
    -----
    Marked cities have an interval wholly on one side of the province's estimate, compared as
    printed; comparisons are one by one, without correction for their number.

    Examples
    --------
    >>> charts.estimate_dots(s.table("estimates"), s.ctx, "sat_work").title
    '“对脱贫攻坚工作表示满意的比例”：肇庆、潮州明显低于全省（55.2%），汕头、汕尾、湛江明显高于全省'
    """
    id = id or f"estimate-{indicator.replace('_', '-')}"
    which = domain_type or DOMAINS.get(ctx.class_id, "city")
    mine = estimates[estimates["indicator"] == indicator]
    province = next(iter(records(mine[mine["domain_type"] == "province"])), None)
    items = records(mine[mine["domain_type"] == which])
    if not items:
        return nothing("该指标的市级估计", ctx, id)
    items.sort(
        key=lambda r: (
            hidden(str(r["quality"])) or is_missing(r["estimate"]),
            -r["estimate"] if not is_missing(r["estimate"]) else 0,
            r["domain"],
        )
    )
    first = items[0]
    unit, share, direction = str(first["measure_unit"]), bool(first["is_share"]), str(first["direction"])
    sides = [side(r, province) for r in items]
    bad = 1 if direction in {"down", "none"} else -1
    names = [short(ctx, str(r["domain"])) for r in items]
    worse = [n for n, s in zip(names, sides, strict=True) if s == bad]
    better = [n for n, s in zip(names, sides, strict=True) if s == -bad]
    color = [_tint(s, bad, direction) for s in sides]
    texts = [shown(r) for r in items]
    mine = [r["domain"] == ctx.object for r in items]
    columns = [Numbers("估计", [t[0] for t in texts], [c if c != SOFT else INK for c in color]), Numbers(interval_of(ctx), [t[1] for t in texts]), Numbers("户数", [t[2] for t in texts])]  # fmt: skip
    canvas, narrow = (
        _plot(
            rows(names, above=0.46, below=0.5, gap=0.25, pitch=0.245, marked=mine, numbers=columns[:n], width=width),
            items, province, color, share, unit,
        )
        for width, n in ((WIDTH, 3), (NARROW, 2))
    )  # fmt: skip
    label = str(first["label"])
    reference = _said(province, unit, share)
    class_id = {"city": "city14", "helper": "city6"}.get(which, "")
    title = words.dots_title(label, direction, reference, worse, better, sum(map(has_interval, items)), class_id)
    me = next((r for r in items if r["domain"] == ctx.object), None)
    if me is not None:
        own, fit = _said(me, unit, share), comparable(me, province)
        title = words.own_dots_title(label, surveyed(ctx), own, reference, direction, side(me, province), fit)
    measure = "%" if share else unit
    caption = Caption(
        title,
        f"{label}（{measure}）及{interval_of(ctx, '置信区间')}，按点估计由高到低，{ctx.year}年专项调查" if measure else f"{label}及{interval_of(ctx, '置信区间')}，{ctx.year}年专项调查",
        f"点图：{len(items)}市的估计与区间，竖线为全省{reference or '（无）'}；{len(worse) + len(better)}市的区间不含全省估计。",
        source(ctx, "专项调查（抽样户加权估计）", f"共{numbers.integer(sum(int(r['n']) for r in items))}户",
               "竖线和灰带：全省估计及其区间" if province else "", hollow_note(items),
               _judged(direction) if worse or better else "", hidden_note(items)),
    )  # fmt: skip
    head = ["市", f"估计（{measure}）" if measure else "估计", interval_of(ctx), "户数", "质量"]
    body = [[str(r["name"]), *t, quality_word(str(r["quality"]))] for r, t in zip(items, texts, strict=True)]
    if province is not None:
        body.append(["全省", *shown(province), quality_word(str(province["quality"]))])
    return canvas.chart(id, caption, DataTable(label, head, body), narrow=narrow)


def _judged(direction: str) -> str:
    marks = "蓝色圆点：明显高于或低于全省" if direction == "none" else "红褐菱形：明显差于全省，蓝色圆点：明显好于全省"
    return f"{marks}（区间全在全省估计一侧；逐市比较，未作多重校正）"


def _said(row: Row | None, unit: str, share: bool) -> str:
    if row is None or hidden(str(row["quality"])) or is_missing(row["estimate"]):
        return ""
    return numbers.measure(row["estimate"], unit, share)


def _tint(side: int, bad: int, direction: str) -> str:
    if side == 0:
        return SOFT
    return BLUE if direction == "none" or side == -bad else ACCENT


def _plot(
    frame: Rows, items: Sequence[Row], province: Row | None, color: Sequence[str], share: bool, unit: str
) -> Canvas:
    canvas = frame.canvas
    values = [
        float(v)
        for r in items
        if not hidden(str(r["quality"]))
        for v in (r["estimate"], r["ci_low"], r["ci_high"])
        if not is_missing(v)
    ]
    if province is not None and not is_missing(province["estimate"]):
        values.append(float(province["estimate"]))
    low, high = widen(values, floor=0.0, ceiling=1.0 if share else None)
    scale = Scale(low, high, frame.left + 0.08, frame.right - 0.02)
    title = ("比例（%）" if share else (unit or "数值")) + ("；横轴不从0开始" if low > 0 else "")
    axis(frame, scale, ticks(low, high), lambda v: tick(v, share), title)
    if province is not None and not is_missing(province["estimate"]):
        if has_interval(province):
            x0, x1 = scale.clip(province["ci_low"]), scale.clip(province["ci_high"])
            canvas.rect(x0, frame.top - 0.06, x1 - x0, frame.bottom - frame.top + 0.06, BAND, z=0.4)
        x = scale(province["estimate"])
        canvas.line([(x, frame.top - 0.06), (x, frame.bottom)], INK, line=1.2, z=1)
        text = f"全省 {plain(province['estimate'], unit, share)}"
        half = fonts.width(text, SMALL) / 2
        canvas.text(min(max(x, half), frame.right + 0.1 - half), frame.top - 0.17, text, size=SMALL, align="center")
    for row, item in enumerate(items):
        mark(canvas, scale, frame.y(row), item, color[row])
    return canvas


def estimate_profile(
    estimates: pd.DataFrame, ctx: Context, *, topic: str = "", unit: str = "household", id: str = ""
) -> Chart | Text:
    """Shares of one topic for the report's target, or the scored ones of all, each against the province.

    Parameters
    ----------
    estimates : DataFrame
        Built table `estimates` with the rows of the target and of the province.
    ctx : Context
        A city or county; the province shows its own shares alone.
    topic : str
        A survey topic of the plan; empty for the shares that count in the survey score.
    unit : str
        ``household`` or ``village``.

    Examples
    --------
    >>> job = kaohe.open_report("40_city", "韶关市")
    >>> charts.estimate_profile(s.table("estimates"), job.ctx, topic=job.ctx.plan.raw["survey_topics"]["household"][1]).title
    '韶关市“落实‘三保障’情况”11项可比的比例中1项明显差于全省（住房安全有保障），1项明显好于全省（获得教育生活费补助）'
    """
    scored = [q.id for q in ctx.plan.questions.values() if q.weight > 0]
    which = estimates["topic"] == topic if topic else estimates["indicator"].isin(scored)
    topic = topic or words.SCORED
    mine = estimates[which & (estimates["unit"] == unit) & estimates["is_share"]]
    province = {str(r["indicator"]): r for r in records(mine[mine["domain_type"] == "province"])}
    own = mine[mine["domain"] == ctx.object] if ctx.kind != "province" else mine[mine["domain_type"] == "province"]
    found = {str(r["indicator"]): r for r in records(own)}
    items = [found[q] for q in ctx.plan.questions if q in found]
    items += [r for q, r in found.items() if q not in ctx.plan.questions]
    if not items or all(hidden(str(r["quality"])) or is_missing(r["estimate"]) for r in items):
        return Text(
            (
                f"{surveyed(ctx)}：“{topic}”没有可列示的比例。"
                if "“" not in topic
                else f"{surveyed(ctx)}：{topic}没有可列示的比例。",
            )
        )
    alone = ctx.kind == "province"
    beside = [None if alone else province.get(str(r["indicator"])) for r in items]
    apart = small_apart(items, beside)
    items = [r for last in (False, True) for r, s in zip(items, apart, strict=True) if s is last]
    sides = [0 if alone else side(r, province.get(str(r["indicator"]))) for r in items]
    good = [{"up": 1, "down": -1}.get(str(r["direction"]), 0) * s for r, s in zip(items, sides, strict=True)]
    color = [ACCENT if g < 0 else BLUE if g > 0 else INK if s else SOFT for g, s in zip(good, sides, strict=True)]
    texts = [shown(r) for r in items]
    refs = ["" if alone else _plain_share(province.get(str(r["indicator"]))) for r in items]
    who = "户数" if unit == "household" else "村数"
    columns = [
        Numbers("估计", [t[0] for t in texts], [c if c != SOFT else INK for c in color]),
        Numbers(interval_of(ctx), [t[1] for t in texts]),
    ]
    columns += [*([] if alone else [Numbers("全省", refs)]), Numbers(who, [t[2] for t in texts])]
    beside = [None if alone else province.get(str(r["indicator"])) for r in items]
    canvas, narrow = (
        draw_profile(items, beside, columns[:n], color, sum(apart), width) for width, n in ((WIDTH, 4), (NARROW, 1))
    )
    few = any(hollow(r) and not hidden(str(r["quality"])) for r in items)
    profile_key(canvas, ctx, alone, color, few=few)
    again = repeats(items, ctx.plan.questions)
    once = [(r, g) for r, g in zip(items, good, strict=True) if r["indicator"] not in again]
    worse = [str(r["label"]) for r, g in once if g < 0]
    better = [str(r["label"]) for r, g in once if g > 0]
    compared = sum(
        comparable(r, province.get(str(r["indicator"]))) and r["direction"] in {"up", "down"} for r, _ in once
    )
    if alone:
        judged = [r for r in items if r["direction"] == "up"] or items
        title = words.province_title(topic, [(str(r["label"]), _plain_share(r)) for r in judged])
    else:
        title = words.profile_title(
            surveyed(ctx), topic, worse, better, compared, sum(bool(t[0]) and t[0] != numbers.SUPPRESSED for t in texts),
            any(r["direction"] in {"up", "down"} for r in items),
        )  # fmt: skip
    other = color.count(INK)
    said = joined(
        [f"{len(worse)}项明显较差" if worse else "", f"{len(better)}项明显较好" if better else "", f"{other}项明显不同" if other else ""]
    )  # fmt: skip
    said = f"；{said}" if said else ""
    caption = Caption(
        title,
        joined([f"{topic}：各项比例（%）及{interval_of(ctx, '置信区间')}", "" if alone else "与全省比较", f"{ctx.year}年专项调查"]),
        f"点图：“{topic}”{len(items)}行指标，点为{surveyed(ctx)}估计{'' if alone else '，短竖线为全省'}{said}。",
        source(ctx, f"专项调查（抽样{'户' if unit == 'household' else '村'}加权估计）", f"回答{who}见右列或数据表",
               f"明显：区间全在全省估计一侧{'；没有好坏方向的指标不作判断' if other else ''}，未作多重校正" if any(sides) else "",
               "" if alone else again_note(found, again), hollow_note(items), hidden_note(items)),
    )  # fmt: skip
    head = ["指标", "估计（%）", interval_of(ctx), *([] if alone else ["全省（%）"]), who, "质量"]
    body = [
        [str(r["label"]), t[0], t[1], *([] if alone else [ref or numbers.MISSING]), t[2], quality_word(str(r["quality"]))]
        for r, t, ref in zip(items, texts, refs, strict=True)
    ]  # fmt: skip
    topics = [t for part in ("household", "village") for t in ctx.plan.raw["survey_topics"][part]]
    slug = id or f"profile-{topics.index(topic) + 1 if topic in topics else 'x'}"
    return canvas.chart(slug, caption, DataTable(f"{of(surveyed(ctx))}{topic}", head, body), narrow=narrow)


def _plain_share(row: Row | None) -> str:
    if row is None or hidden(str(row["quality"])) or is_missing(row["estimate"]):
        return ""
    return plain(row["estimate"], "", True)
