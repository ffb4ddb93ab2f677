"""The grade matrix: one target's items by level, aligned by concept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from kaohe.base.plan import Form, Item
from kaohe.plot import captions_grades as words
from kaohe.plot.canvas import LINE, SIZE, SMALL, TINY, WIDTH, Canvas, Caption
from kaohe.plot.labels import nothing, own_rows, records, source
from kaohe.plot.layout import legend
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.palette import ACCENT, BLUE, GRADE_FILL, GRADE_INK, MUTED, PAPER, SOFT
from kaohe.plot.phone import NARROW
from kaohe.plot.terms import GRADES, LEVELS, WEAK
from kaohe.plot.typeset import balanced, wrap

ORDER = ("village", "town", "county", "city", "unit")
_ABSENT = "—"
_GAP = 0.06
Cell = Mapping[str, Any]


@dataclass(frozen=True)
class _Line:
    """One row of the matrix: number, group, official wording, concept and its cells by level."""

    no: str
    group: str
    item: Item
    cells: Mapping[str, Cell | None]


def grade_matrix(item_grades: pd.DataFrame, ctx: Context, *, id: str = "grade-matrix") -> Chart | Text:
    """Items × levels of one target, the word in each cell.

    Parameters
    ----------
    item_grades : DataFrame
        Built table `item_grades`; rows of other targets are left out.
    ctx : Context
        A city, county or unit.

    Notes
    -----
    Rows follow the target's own form (its number and official wording); rows that only a lower
    level's form has follow below. A cell is a grade, 缺 (should be graded and is not), 不适用, or —
    (not on that level's form). The small number counts places at 一般 or below where the grade of
    all places together is better.

    Examples
    --------
    >>> job = kaohe.open_report("40_city", "韶关市")
    >>> charts.grade_matrix(job.own("item_grades"), job.ctx).title
    '韶关市68个评定中5个为“一般”或“较差”，分散在防止返贫监测、统筹协调、医疗救助、财政专项扶贫资金等'
    """
    mine = own_rows(item_grades, ctx)
    if mine.empty:
        return nothing("指标等次", ctx, id)
    if ctx.kind == "county" and not int(mine["n_graded"].sum()):
        return Text((f"没有收到{ctx.name}的实地核查考评表，没有指标等次。",), id=id)
    levels = [v for v in ORDER if v in set(mine["level"])]
    rows = _rows(mine, levels, ctx)
    places = {v: int(mine.loc[mine["level"] == v, "n_places"].max()) for v in levels}
    canvas = _draw(rows, levels, places)
    narrow = _draw(rows, levels, places, NARROW)
    return canvas.chart(id, _caption(rows, levels, places, ctx), _table(rows, levels, ctx), narrow=narrow)


def unit_grades(item_grades: pd.DataFrame, ctx: Context, *, id: str = "unit-grades") -> Chart | Text:
    """The grade matrix of a unit (see `grade_matrix`).

    Parameters
    ----------
    item_grades : DataFrame
        Built table `item_grades`.

    Examples
    --------
    >>> job = kaohe.open_report("50_unit", "DW001")
    >>> charts.unit_grades(job.own("item_grades"), job.ctx).title
    '单位001的15项指标中1项为“一般”（党建）'
    """
    return grade_matrix(item_grades, ctx, id=id)


def county_grades(item_grades: pd.DataFrame, ctx: Context, *, id: str = "county-grades") -> Chart | Text:
    """The grade matrix of a county: village, town and county forms (see `grade_matrix`).

    Parameters
    ----------
    item_grades : DataFrame
        Built table `item_grades`.

    Examples
    --------
    >>> job = kaohe.open_report("45_county", "武江区")
    >>> charts.county_grades(job.own("item_grades"), job.ctx).title
    '武江区51个评定中5个为“一般”或“较差”，分散在防止返贫监测、遍访制度、医疗救助、住房保障等'
    """
    return grade_matrix(item_grades, ctx, id=id)


def _forms(levels: list[str], ctx: Context) -> dict[str, Form]:
    forms = ctx.plan.forms
    own = forms[ctx.plan.classes[ctx.class_id].form] if ctx.class_id else None
    return {v: own if own and own.level == v else forms[v] for v in levels}


def _rows(mine: pd.DataFrame, levels: list[str], ctx: Context) -> list[_Line]:
    forms = _forms(levels, ctx)
    found = {(r["level"], r["concept"]): r for r in records(mine)}
    lines: list[_Line] = []
    done: set[str] = set()
    for number, level in enumerate(reversed(levels)):
        for item in forms[level].items:
            if item.concept in done:
                continue
            done.add(item.concept)
            cells: dict[str, Cell | None] = {}
            for v in levels:
                on_form = item.concept in forms[v].by_concept()
                cells[v] = found.get((v, item.concept), {"grade": "不适用", "n_places": 0}) if on_form else None
            group = item.group.partition("、")[2] or item.group
            prefix = LEVELS[level][:1] if number else ""
            lines.append(_Line(f"{prefix}{item.no}", group if not number else f"{LEVELS[level]}另有", item, cells))
    return lines


def _weak_places(cell: Cell) -> int:
    return int(cell.get("n_ordinary", 0)) + int(cell.get("n_poor", 0))


def _draw(rows: list[_Line], levels: list[str], places: Mapping[str, int], width: float = WIDTH) -> Canvas:
    """The matrix with groups of items and key; a narrow one without the two."""
    single, whole = len(levels) == 1, width == WIDTH
    left, cell_w = 0.86, (1.2 if single else (0.98 if len(levels) < 4 else 0.84))
    if not whole:
        left, cell_w = 0.06, (0.8 if single else 0.66)
    x0 = width - cell_w * len(levels)
    label_w = x0 - left - 0.12
    texts = [balanced(f"{r.no}. {r.item.name}", label_w, SIZE - 0.5) for r in rows]
    pitch = (SIZE - 0.5) * LINE / 72
    heights = [max(0.2, len(t) * pitch + 0.04) for t in texts]
    breaks = sum(a.group != b.group for a, b in pairwise(rows))
    top = 0.54 if whole else 0.4
    canvas = Canvas(top + 0.06 + sum(heights) + breaks * _GAP, width)
    if whole:
        _key(canvas, [c for r in rows for c in r.cells.values()])
    for i, level in enumerate(levels):
        head = [LEVELS[level], f"（{places[level]}个）"] if places[level] > 1 else [LEVELS[level]]
        said, size = (["".join(head)], SIZE) if whole else (head, SMALL)
        canvas.lines(x0 + (i + 0.5) * cell_w, top - 0.07 - 0.06 * len(said), said, size=size, align="center")
    y, start, group = top, top, rows[0].group
    for row, text, height in zip(rows, texts, heights, strict=True):
        if row.group != group:
            _group(canvas, start, y, group, whole)
            y += _GAP
            start, group = y, row.group
        middle = y + height / 2
        canvas.lines(x0 - 0.1, middle, text, size=SIZE - 0.5, align="right")
        for i, level in enumerate(levels):
            _cell(canvas, x0 + i * cell_w, y, cell_w, height, row.cells[level])
        y += height
    _group(canvas, start, y, group, whole)
    return canvas


def _key(canvas: Canvas, cells: Sequence[Cell | None]) -> None:
    entries = [(GRADE_FILL[g], g) for g in GRADES]
    if any(c is not None and not c["grade"] for c in cells):
        entries.append(("hatch", "缺：应评未评"))
    after = legend(canvas, 0.02, 0.12, entries)
    if any(_badge(c) for c in cells):
        _number(canvas, after + 0.08, 0.12, "n")
        canvas.text(after + 0.2, 0.12, "其中“一般及以下”的抽查点数", size=SMALL, color=MUTED)


def _group(canvas: Canvas, top: float, bottom: float, name: str, whole: bool) -> None:
    if not whole:
        canvas.rect(0.02, top + 0.02, 0.035, bottom - top - 0.04, BLUE)
        return
    canvas.rect(0.72, top + 0.02, 0.035, bottom - top - 0.04, BLUE)
    canvas.lines(
        0.64,
        (top + bottom) / 2,
        wrap(name, 0.3 if bottom - top > 0.5 else 0.62, SMALL),
        size=SMALL,
        color=BLUE,
        align="right",
    )


def _badge(cell: Cell | None) -> int:
    """Number of weak places worth showing: the grade of all is better, and there are several places."""
    if cell is None or cell["grade"] in {*WEAK, "", "不适用"} or cell["n_places"] < 2:
        return 0
    return _weak_places(cell)


def _cell(canvas: Canvas, x: float, y: float, w: float, h: float, cell: Cell | None) -> None:
    gx, gy = x + 0.025, y + 0.02
    gw, gh = w - 0.05, h - 0.04
    middle, centre = y + h / 2, x + w / 2
    if cell is None or cell["grade"] == "不适用":
        canvas.text(centre, middle, _ABSENT if cell is None else "不适用", size=SIZE, color=MUTED, align="center")
        return
    grade = str(cell["grade"])
    if not grade:
        canvas.hatch(gx, gy, gw, gh)
        canvas.rect(centre - 0.11, middle - 0.085, 0.22, 0.17, PAPER, z=1.5)
        canvas.text(centre, middle, "缺", size=SIZE, align="center")
        return
    canvas.rect(gx, gy, gw, gh, GRADE_FILL[grade])
    canvas.text(centre, middle, grade, size=SIZE, color=GRADE_INK[grade], align="center")
    if _badge(cell):
        _number(canvas, gx + gw - (0.13 if w > 0.7 else 0.085), middle, str(_badge(cell)))


def _number(canvas: Canvas, x: float, y: float, text: str) -> None:
    canvas.dot(x, y, 0.075, PAPER, edge=SOFT, line=0.6)
    canvas.text(x, y, text, size=TINY, color=ACCENT, align="center")


def _caption(rows: list[_Line], levels: list[str], places: Mapping[str, int], ctx: Context) -> Caption:
    concepts = ctx.plan.concepts
    cells = [
        (concepts[r.item.concept], v, str(c["grade"])) for r in rows for v in levels if (c := r.cells[v]) is not None
    ]
    graded = [c for c in cells if c[2] in GRADES]
    missing = sum(c[2] == "" for c in cells)
    several = any(n > 1 for n in places.values())
    where = "、".join(LEVELS[v] for v in levels)
    base = sum(r.no.isdigit() for r in rows)
    extra = f"（另列下级考评表独有的{len(rows) - base}项）" if len(rows) > base else ""
    spread = "，多个抽查点取平均分对应的等次" if several else ""
    alt = f"矩阵图：{len(rows)}行指标，按{where}分列，每格写明等次。"
    alt += (
        "；".join(
            f"{LEVELS[v]}{words.counts_said([g for _, lv, g in cells if lv == v and g != '不适用'])}" for v in levels
        )
        + "。"
    )
    counted = "、".join(f"{LEVELS[v]}{places[v]}个" for v in levels if v not in {"city", "unit"})
    return Caption(
        words.matrix_title(ctx.name, graded, missing),
        f"{base}项指标{extra}的{where}等次{spread}，{ctx.year}年",
        alt,
        source(ctx, "交叉考核", f"抽查点：{counted}" if counted else "", "“—”：该级考评表没有此项" if len(levels) > 1 else "",
               "抽查点由考核组按任务重、问题多选取，不代表全部"if counted else ""),
    )  # fmt: skip


def _table(rows: list[_Line], levels: list[str], ctx: Context) -> DataTable:
    columns = ["序号", "考核内容", "指标"]
    for level in levels:
        columns += (
            [LEVELS[level], f"{LEVELS[level]}一般及以下/已评/应评"]
            if level not in {"city", "unit"}
            else [LEVELS[level]]
        )
    body = []
    for row in rows:
        line = [row.no, row.group, row.item.name]
        for level in levels:
            cell = row.cells[level]
            line.append(_ABSENT if cell is None else str(cell["grade"]) or "缺")
            if level not in {"city", "unit"}:
                plain = cell is None or cell["grade"] == "不适用"
                line.append(
                    _ABSENT if plain or cell is None else f"{_weak_places(cell)}/{cell['n_graded']}/{cell['n_places']}"
                )
        body.append(line)
    return DataTable(f"{ctx.name}各项指标等次", columns, body)
