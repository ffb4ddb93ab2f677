"""Two gradings of the same things: the matrix of pairs, and kappas with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.estimate.margins import ALL
from kaohe.plot import numbers
from kaohe.plot.canvas import SIZE, SMALL, Canvas, Caption
from kaohe.plot.charts_bench import LEAST, sourced
from kaohe.plot.charts_dots import Dots, draw
from kaohe.plot.estimate_cells import level_of
from kaohe.plot.labels import quoted, records
from kaohe.plot.layout import Numbers
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Chart, DataTable
from kaohe.plot.palette import ACCENT, BLUE, INK, MUTED, PAPER, RULE

KINDS = {
    "quadratic": "加权Kappa系数（平方权）",
    "linear": "加权Kappa系数（线性权）",
    "none": "Kappa系数（不加权）",
}


def agreement_matrix(
    table: pd.DataFrame,
    first: str,
    second: str,
    *,
    kappa: float,
    weights: str = "quadratic",
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
    weights : {"quadratic", "linear", "none"}
        How it was weighted.
    source : str
        Whose grades these are, for the note.

    Examples
    --------
    >>> from kaohe.grade import graders
    >>> table = graders.cross_table(s.gradings(), "self_grade", "index_grade", s.plan.grades)
    >>> kappa = graders.agreement_by(s.gradings(), "self_grade", "index_grade", s.plan)["kappa"].iloc[0]
    >>> charts.agreement_matrix(table, "自评", "考核", kappa=kappa).title
    '自评与考核：64.8%的等次相同，自评高于考核的占35.2%'
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
        title or found,
        f"{n}对等次；{KINDS[weights]}{numbers.number(kappa, 2)}",
        f"矩阵：行为{first}，列为{second}，对角线{int(counts.trace())}对相同。",
        sourced(source) + "粗框：等次相同。颜色深浅：对数多少。",
    )
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
        Rows drawn, those with the least kappa; the note says how many more there are, and how many have none.

    Raises
    ------
    InputRefused
        K741 where no row but that of all together has a kappa.

    Examples
    --------
    >>> from kaohe.grade import graders
    >>> found = graders.agreement_by(s.gradings(), "self_grade", "index_grade", s.plan, by=["item", "name"])
    >>> charts.kappa_dots(found, "name").title
    '一致性最低的是“基础设施完善情况”（Kappa 0.00，等次相同的占38%）'
    """
    listed = records(found)
    whole = next((r for r in listed if r[label] == ALL and not is_missing(r["kappa"])), None)
    own = [r for r in listed if r[label] != ALL]
    known = sorted((r for r in own if not is_missing(r["kappa"])), key=lambda r: float(r["kappa"]))
    if not known:
        raise InputRefused(
            "K741", "A table of estimates cannot be drawn", got=f"{len(own)} rows, none with a kappa",
            expected="a kappa in one row or more", remedy="the table itself may be read: n, same, steps",
        )  # fmt: skip
    items = known[:most]
    shown = [
        {"estimate": r["kappa"], "ci_low": r["ci_low"], "ci_high": r["ci_high"], "n": r["n"], "quality": "ok"}
        for r in items
    ]
    columns = [
        Numbers("Kappa", [numbers.number(r["kappa"], 2) for r in items]),
        Numbers("相同", [numbers.percent(r["same"], 0) for r in items]),
        Numbers("平均差（级）", [numbers.signed(r["steps"], 2) for r in items]),
        Numbers("对数", [numbers.integer(r["n"]) for r in items]),
    ]
    line, below = None, -1.0
    if whole is not None:
        below = float(whole["kappa"])
        line = (below, f"{ALL} {numbers.number(below, 2)}", float("nan"), float("nan"))
    kind, level = KINDS[str(found["weights"].iloc[0])], level_of(records(found)[0])
    colors = [ACCENT if r["ci_high"] < below else BLUE for r in items]
    axis_title = f"{kind}（1为完全一致，0为与随机相当）"
    frame = draw(
        Dots([str(r[label]) for r in items], shown, columns, colors, axis_title, ceiling=1.0, line=line, least=LEAST)
    )
    worst = items[0]
    least = f"Kappa {numbers.number(worst['kappa'], 2)}，等次相同的占{numbers.percent(worst['same'], 0)}"
    caption = Caption(
        title or f"一致性最低的是{quoted(str(worst[label]))}（{least}）",
        f"两次评等次的{kind}及{level}区间，由低到高",
        f"点图：{len(items)}行的Kappa系数与区间。",
        sourced(source) + _kappa_note(items, len(known) - len(items), len(own) - len(known), line is not None),
    )
    body = [
        [
            str(r[label]),
            numbers.number(r["kappa"], 2),
            numbers.span(r["ci_low"], r["ci_high"], digits=2),
            numbers.percent(r["same"]),
            numbers.integer(r["n"]),
        ]
        for r in items
    ]
    return frame.canvas.chart(
        id, caption, DataTable("Kappa系数", [label, "Kappa", f"{level}区间", "相同", "对数"], body)
    )


def _kappa_note(items: Sequence[Mapping[str, Any]], higher: int, unknown: int, line: bool) -> str:
    """How to read the dots, and what is not drawn."""
    parts = [
        "平均差：前者减后者，正数为前者等次较高",
        "几乎都评同一等次时Kappa会很低，须与“相同”一列同看",
        f"红褐菱形：区间全在{ALL}以下" if line else "",
        f"空心：不足{LEAST}对，不作结论" if any(r["n"] < LEAST for r in items) else "",
        f"Kappa较高的另{higher}行未列" if higher else "",
        f"{unknown}行没有成对等次或只有一个等次，无Kappa，未列" if unknown else "",
    ]
    return "。".join(p for p in parts if p) + "。"


def _shade(part: float) -> str:
    steps: Sequence[str] = (PAPER, "#E9F1F8", "#CFE3F1", "#8DBADC", "#3F7FB3", BLUE)
    return steps[0] if part == 0 else steps[min(1 + int(part * 4.999), 5)]
