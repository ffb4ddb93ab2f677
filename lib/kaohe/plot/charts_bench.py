"""What a statistician tries: influence of units, calibration trials, agreement of graders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.plot import numbers
from kaohe.plot import table_maker as t
from kaohe.plot.canvas import SIZE, SMALL, Canvas, Caption
from kaohe.plot.charts_dots import Dots, draw
from kaohe.plot.estimate_cells import about, digits_of, head_of, is_share, name_of, points, unit_of, value
from kaohe.plot.labels import quoted, records
from kaohe.plot.layout import Numbers, Scale, axis, rows, ticks, widen
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Chart, Context, DataTable, Table, Text
from kaohe.plot.palette import ACCENT, BLUE, INK, MUTED, PAPER, RULE, SOFT

LEAST = 10
ALL = "合计"


def influence_bars(found: pd.DataFrame, *, most: int = 12, title: str = "", id: str = "influence") -> Chart:
    """How far an estimate moves without each unit: bars from zero.

    Parameters
    ----------
    found : DataFrame
        From `kaohe.estimate.influence.influence`; units of fewer than 10 households are left out, and the note says so.
    most : int
        Units drawn, those that move the estimate most.

    Raises
    ------
    InputRefused
        K741 for single records, and where no unit is left: a chart shows no single household.
    """
    said = about(found)
    single = bool({"record", "household"} & set(found.columns))
    items = records(found[found["n"] >= LEAST].head(most))
    small = int((found["n"].head(most) < LEAST).sum())
    if single or not items:
        raise InputRefused(
            "K741", "A table of estimates cannot be drawn", got="single households" if single else f"no unit of {LEAST} households",
            expected=f"units of {LEAST} households or more, such as unit='town'", remedy="the table itself may be read; a chart shows no household",
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
        numbers=[*columns, Numbers("户数", [numbers.integer(r["n"]) for r in items])],
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
        f"影响最大的{len(items)}个{head}，一阶近似，含重新校准", f"条形图：{len(items)}个{head}各自去掉后估计的变化，正负两向。",
        (f"来源：{said['source']}。" if said.get("source") else "") + "蓝色：去掉后估计上升；红褐：下降。" + (f"不足{LEAST}户的{small}个未画。" if small else ""),
    )  # fmt: skip
    body = [[n, *[c.texts[k] for c in columns], numbers.integer(items[k]["n"])] for k, n in enumerate(names)]
    return frame.canvas.chart(id, caption, DataTable(what, [head, *[c.head for c in columns], "户数"], body))


def trial_dots(estimates: pd.DataFrame, weights: pd.DataFrame, *, title: str = "", id: str = "trials") -> Chart:
    """One estimate under each way to calibrate, with n_eff and the standard error beside; the first is the reference.

    Parameters
    ----------
    estimates, weights : DataFrame
        `kaohe.estimate.trials.Trials`; one row of estimates a trial.
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
    frame = draw(Dots(
        [str(r["trial"]) for r in items], [{**r, "measure_unit": unit, "is_share": share} for r in items],
        [Numbers("估计", texts), Numbers("标准误", errors), Numbers("有效样本量", [numbers.integer(sizes[r["trial"]]) for r in items])],
        [BLUE] + [SOFT] * (len(items) - 1), f"{what}（%）" if share else f"{what}（{unit}）" if unit else what, share, None, None,
        (float(base["estimate"]), f"{base['trial']} {texts[0]}", float("nan"), float("nan")),
    ))  # fmt: skip
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
        title or found, "同一批样本户，不同校准方案下的估计和95%区间", f"点图：{len(items)}种校准方案下的估计与区间。",
        (f"来源：{said['source']}。" if said.get("source") else "") + "有效样本量：（Σw）²/Σw²（Kish）。竖线：第一个方案。",
    )  # fmt: skip
    body = [
        [str(r["trial"]), v, e, numbers.integer(sizes[r["trial"]])]
        for r, v, e in zip(items, texts, errors, strict=True)
    ]
    return frame.canvas.chart(id, caption, DataTable(what, ["方案", "估计", "标准误", "有效样本量"], body))


_REASONS = {
    "K315": "界限内没有能满足登记户数的权重",
    "K319": "截断与校准不能同时满足",
    "K320": "有的组没有样本户",
    "K323": "不收敛",
}


def _reason(row: t.Row, ctx: Context) -> str:
    code, part = str(row["refused"]), str(row["part"])
    return f"{ctx.name_of(part)}：{_REASONS.get(code, '不能实现')}（{code}）" if code else numbers.MISSING


def trial_table(weights: pd.DataFrame, ctx: Context, *, id: str = "t-trials") -> Table | Text:
    """Weights under each way to calibrate.

    Parameters
    ----------
    weights : DataFrame
        `kaohe.estimate.trials.Trials.weights`.
    ctx : Context
        Names the part where a trial failed first.
    """
    return t.make(
        id, "各校准方案的权重", weights,
        [
            t.text("方案", "trial"), t.decimal("设计效应", "deff_kish", 3), t.whole("有效样本量", "n_eff"), t.whole("分市合计", "n_eff_parts"),
            t.custom("g 的范围", lambda r: numbers.MISSING if is_missing(r["g_min"]) else f"{numbers.number(r['g_min'], 2)}–{numbers.number(r['g_max'], 2)}", "right"),
            t.whole("触限", "at_bounds"), t.whole("截去", "capped"), t.percent("与登记户数最大差", "worst"), t.custom("不能实现的", lambda r: _reason(r, ctx)),
        ],
        empty="没有校准方案。",
        note="g：校准后权重比校准前权重。分市合计：各市有效样本量之和，不计市间抽样比的差别。最大差：全部已知户数中差得最多的一组，含未用于校准的。",
    )  # fmt: skip


def agreement_matrix(
    table: pd.DataFrame,
    first: str,
    second: str,
    *,
    kappa: float,
    title: str = "",
    source: str = "",
    id: str = "agreement",
) -> Chart:
    """Counts of pairs of grades: the first grader in rows, the second in columns, agreement on the diagonal.

    Parameters
    ----------
    table : DataFrame
        From `kaohe.grade.graders.cross_table`.
    first, second : str
        What the two gradings are called.
    kappa : float
        Agreement beyond chance, 1 for full agreement; said in the subtitle.
    source : str
        Whose grades these are, for the note.
    """
    levels, counts = [str(v) for v in table.index], table.to_numpy()
    n, left, top, wide, high = int(counts.sum()), 1.3, 0.72, 1.05, 0.42
    canvas = Canvas(top + high * (len(levels) + 1) + 0.1)
    canvas.text(left + wide * len(levels) / 2, 0.14, second, size=SIZE, align="center")
    canvas.text(0.02, top + high * len(levels) / 2, first, size=SIZE, fit=0.72)
    most = max(int(counts.max()), 1)
    for j, level in enumerate([*levels, ALL]):
        canvas.text(left + wide * (j + 0.5), 0.5, level, size=SMALL, color=MUTED, align="center")
    full = np.vstack([np.column_stack([counts, counts.sum(axis=1)]), [*counts.sum(axis=0), n]])
    for i, level in enumerate([*levels, ALL]):
        y = top + high * (i + 0.5)
        canvas.text(left - 0.12, y, level, size=SMALL, color=MUTED, align="right")
        for j in range(len(levels) + 1):
            x, inside = left + wide * j, i < len(levels) and j < len(levels)
            if inside:
                edge, line = (INK, 1.2) if i == j else (RULE, 0.6)
                canvas.rect(
                    x + 0.02,
                    y - high / 2 + 0.02,
                    wide - 0.04,
                    high - 0.04,
                    _shade(full[i, j] / most),
                    edge=edge,
                    line=line,
                )
            color = (PAPER if full[i, j] / most > 0.6 else INK) if inside else MUTED
            canvas.text(x + wide / 2, y, numbers.integer(int(full[i, j])), color=color, align="center")
    same = float(counts.trace()) / n if n else float("nan")
    over = float(np.triu(counts, 1).sum()) / n if n else float("nan")
    found = f"{first}与{second}：{numbers.percent(same)}的等次相同，{first}高于{second}的占{numbers.percent(over)}"
    caption = Caption(
        title or found, f"{n}对等次；加权Kappa系数{numbers.number(kappa, 2)}", f"矩阵：行为{first}，列为{second}，对角线{int(counts.trace())}对相同。",
        (f"来源：{source}。" if source else "") + "粗框：等次相同。颜色深浅：对数多少。",
    )  # fmt: skip
    body = [[level, *[numbers.integer(v) for v in counts[i]]] for i, level in enumerate(levels)]
    return canvas.chart(id, caption, DataTable(f"{first}与{second}", [first, *levels], body))


def kappa_dots(
    found: pd.DataFrame, label: str, *, title: str = "", source: str = "", most: int = 30, id: str = "kappa"
) -> Chart:
    """Kappa of each item with its interval, share of equal grades and mean difference beside; least first.

    Parameters
    ----------
    found : DataFrame
        From `kaohe.grade.graders.agreement_by`.
    label : str
        Column with the names of the rows.
    source : str
        Whose grades these are, for the note.
    most : int
        Rows drawn, those with the least kappa.
    """
    items = [r for r in records(found) if not is_missing(r["kappa"])][-most - 1 :]
    whole = next((r for r in items if r[label] == ALL), None)
    items = [r for r in items if r[label] != ALL]
    shown = [{"estimate": r["kappa"], "ci_low": r["ci_low"], "ci_high": r["ci_high"], "n": max(int(r["n"]), 50) if r["n"] >= LEAST else 0, "quality": "ok"}
             for r in items]  # fmt: skip
    line = (
        None
        if whole is None
        else (float(whole["kappa"]), f"{ALL} {numbers.number(whole['kappa'], 2)}", float("nan"), float("nan"))
    )
    frame = draw(Dots(
        [str(r[label]) for r in items], shown,
        [Numbers("Kappa", [numbers.number(r["kappa"], 2) for r in items]), Numbers("相同", [numbers.percent(r["same"], 0) for r in items]),
         Numbers("平均差（级）", [numbers.signed(r["steps"], 2) for r in items]), Numbers("对数", [numbers.integer(r["n"]) for r in items])],
        [ACCENT if r["ci_high"] < (line[0] if line else -1) else BLUE for r in items], "加权Kappa系数（1为完全一致，0为与随机相当）", False, None, 1.0, line,
    ))  # fmt: skip
    worst = items[0]
    caption = Caption(
        title or f"一致性最低的是{quoted(str(worst[label]))}（Kappa {numbers.number(worst['kappa'], 2)}，等次相同的占{numbers.percent(worst['same'], 0)}）",
        "两次评等次的加权Kappa系数（平方权）及95%区间，由低到高", f"点图：{len(items)}行的Kappa系数与区间。",
        (f"来源：{source}。" if source else "") + "平均差：前者减后者，正数为前者等次较高。几乎都评同一等次时Kappa会很低，须与“相同”一列同看。红褐菱形：区间全在合计以下。",
    )  # fmt: skip
    body = [
        [
            str(r[label]),
            numbers.number(r["kappa"], 2),
            numbers.span(r["ci_low"], r["ci_high"]),
            numbers.percent(r["same"]),
            numbers.integer(r["n"]),
        ]
        for r in items
    ]
    return frame.canvas.chart(id, caption, DataTable("Kappa系数", [label, "Kappa", "95%区间", "相同", "对数"], body))


def _shade(part: float) -> str:
    steps: Sequence[str] = (PAPER, "#E9F1F8", "#CFE3F1", "#8DBADC", "#3F7FB3", BLUE)
    return steps[0] if part == 0 else steps[min(1 + int(part * 4.999), 5)]
