"""Heat map of grades: targets × items of one class, only 一般 and 较差 labelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from kaohe.plot import captions_grades as words
from kaohe.plot import fonts
from kaohe.plot.canvas import LINE, SIZE, SMALL, TINY, WIDTH, Canvas, Caption
from kaohe.plot.charts_mix import PER_PAGE, index_rows, weak_order
from kaohe.plot.labels import class_of, group_word, nothing, records, short, source
from kaohe.plot.layout import legend
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.palette import ACCENT, BLUE, GRADE_FILL, GRADE_INK, INK, MUTED, PAPER
from kaohe.plot.terms import GRADES, WEAK
from kaohe.plot.typeset import balanced, wrap

_GAP = 0.1


@dataclass(frozen=True)
class _Grid:
    """Targets in the order shown, items in the order of the form, and grades by (target, concept)."""

    targets: Sequence[str]
    items: Sequence[tuple[str, int, str]]
    grades: Mapping[tuple[str, str], str]

    def weak(self, code: str) -> int:
        """Items of a target at 一般 or below."""
        return sum(self.grades.get((code, c)) in WEAK for c, _, _ in self.items)


def grade_heatmap(
    item_grades: pd.DataFrame, ctx: Context, *, class_id: str = "", page: int = 1, id: str = ""
) -> Chart | Text:
    """Targets × items of a class with a totals row.

    Parameters
    ----------
    item_grades : DataFrame
        Built table `item_grades`; rows of the class's index tables are used.
    ctx : Context
    class_id : str
        The class; the report's own when empty.
    page : int
        Classes of more than 45 targets show only those with an item at 一般 or below, 45 a page
        (see `heatmap_pages`); the totals row always counts the whole class.

    Examples
    --------
    >>> charts.grade_heatmap(s.table("item_grades"), s.ctx, class_id="city6").title
    '贫困退出（2市）、就业扶贫（2市）和消费扶贫（2市）是多市共同短板'
    """
    id = id or ("grade-heatmap" if page == 1 else f"grade-heatmap-{page}")
    which = class_of(ctx, class_id)
    grid = _grid(index_rows(item_grades, which), ctx)
    if grid is None:
        return nothing("指标等次", ctx, id)
    concepts = ctx.plan.concepts
    totals = {c: sum(grid.grades.get((t, c)) in WEAK for t in grid.targets) for c, _, _ in grid.items}
    title = words.items_title(which, {concepts[c]: n for c, n in totals.items()}, len(grid.targets))
    shown = _page(grid, page)
    if not shown:
        return Text((f"{title}。",), id=id)
    many = len(grid.targets) > PER_PAGE
    if many or ctx.plan.classes[which].kind == "unit":  # beside them stands the mix of items, with the other title
        graded = [t for t in reversed(grid.targets) if any(grid.grades.get((t, c)) for c, _, _ in grid.items)]
        weak = {short(ctx, t): grid.weak(t) for t in graded}
        title = words.weak_targets_title(which, weak, len(grid.items))
    canvas = _draw(grid, shown, totals, ctx)
    pages = heatmap_pages(item_grades, ctx, class_id=class_id)
    order = "按“一般及以下”项数由少到多排列"
    if many:
        order = f"有“一般及以下”指标的{group_word(sum(grid.weak(t) > 0 for t in grid.targets), which)}，由多到少排列"
        first = (page - 1) * PER_PAGE + 1
        order += f"，图中为第{first}至第{first + len(shown) - 1}个" if pages > 1 else ""
    weak_cells = sum(totals.values())
    caption = Caption(
        title,
        f"{group_word(len(grid.targets), which)} × {len(grid.items)}项指标的等次；{order}，{ctx.year}年",
        f"热力图：{len(shown)}行对象、{len(grid.items)}列指标，颜色由浅到深为好、较好、一般、较差；全类“一般及以下”共{weak_cells}处。",
        source(
            ctx,
            "交叉考核",
            "只标注“一般”“较差”和缺项",
            f"合计：{group_word(len(grid.targets), which)}中该指标为“一般及以下”的数量",
        ),
    )
    head = ["对象", *(f"{no} {concepts[c]}" for c, no, _ in grid.items), "一般及以下"]
    body = [
        [ctx.name_of(t), *(_word(grid.grades.get((t, c))) for c, _, _ in grid.items), str(grid.weak(t))] for t in shown
    ]
    body.append(["合计", *(str(totals[c]) for c, _, _ in grid.items), str(weak_cells)])
    return canvas.chart(
        id,
        caption,
        DataTable("各对象各项指标等次", head, body),
    )


def heatmap_pages(item_grades: pd.DataFrame, ctx: Context, *, class_id: str = "") -> int:
    """Number of pages of `grade_heatmap` and `grade_mix`.

    Parameters
    ----------
    item_grades : DataFrame
        Built table `item_grades`; rows of the class's index tables are used.
    class_id : str
        The class; the report's own when empty.

    Returns
    -------
    int
        1 for classes of up to 45 targets.

    Examples
    --------
    >>> charts.heatmap_pages(s.table("item_grades"), s.ctx, class_id="city14")
    1
    """
    grid = _grid(index_rows(item_grades, class_of(ctx, class_id)), ctx)
    if grid is None or len(grid.targets) <= PER_PAGE:
        return 1
    return max(1, -(-sum(grid.weak(t) > 0 for t in grid.targets) // PER_PAGE))


def _grid(mine: pd.DataFrame, ctx: Context) -> _Grid | None:
    if mine.empty:
        return None
    items = sorted({(str(r["concept"]), int(r["item"]), str(r["group"])) for r in records(mine)}, key=lambda i: i[1])
    grades = {(str(r["object"]), str(r["concept"])): str(r["grade"]) for r in records(mine)}
    codes = list(dict.fromkeys(str(c) for c in mine["object"]))
    grid = _Grid(codes, items, grades)

    def rank(code: str) -> tuple[int, int, int, str]:
        own = [grades.get((code, c)) for c, _, _ in items]
        return weak_order(grid.weak(code), own.count("较差"), own.count("好"), code)

    return _Grid(sorted(codes, key=rank), items, grades)


def _page(grid: _Grid, page: int) -> list[str]:
    if len(grid.targets) <= PER_PAGE:
        return list(grid.targets)
    worst = [t for t in reversed(grid.targets) if grid.weak(t)]
    return worst[(page - 1) * PER_PAGE : page * PER_PAGE]


def _word(grade: str | None) -> str:
    return "—" if grade is None else grade or "缺"


def _draw(grid: _Grid, shown: Sequence[str], totals: Mapping[str, int], ctx: Context) -> Canvas:
    concepts = ctx.plan.concepts
    names = [short(ctx, t) for t in shown]
    left = min(1.3, max(0.5, *(fonts.width(n, SIZE) for n in names))) + 0.12
    breaks = sum(a[2] != b[2] for a, b in pairwise(grid.items))
    cell = (WIDTH - left - breaks * _GAP) / len(grid.items)
    heads = [balanced(concepts[c], cell - 0.05, TINY) for c, _, _ in grid.items]
    deep = max(len(h) for h in heads) * TINY * LINE / 72
    pitch = 0.26 if len(shown) <= 25 else 0.2
    top = 0.62 + deep + 0.06
    canvas = Canvas(top + pitch * len(shown) + 0.34)
    missing = any(grid.grades.get((t, c)) == "" for t in shown for c, _, _ in grid.items)
    legend(canvas, 0.02, 0.12, [(GRADE_FILL[g], g) for g in GRADES] + ([("hatch", "缺：应评未评")] if missing else []))
    heavy = max(2, len(grid.targets) / 4)
    tiles: dict[str, list[tuple[float, float, float, float]]] = {g: [] for g in (*GRADES, "")}
    x, start, bottom = left, left, top + pitch * len(shown)
    canvas.names = (left - 0.01, top, bottom + 0.3)
    for i, (concept, _, group) in enumerate(grid.items):
        for row, code in enumerate(shown):
            grade = grid.grades.get((code, concept))
            if grade is not None:
                tiles[grade].append((x + 0.012, top + row * pitch + 0.012, cell - 0.024, pitch - 0.024))
        block = heads[i]
        canvas.lines(x + cell / 2, top - 0.05 - len(block) * TINY * LINE / 144, block, size=TINY, align="center")
        n = totals[concept]
        bold = n >= heavy
        canvas.text(
            x + cell / 2,
            bottom + 0.16,
            str(n),
            size=SIZE if bold else SMALL,
            color=ACCENT if bold else MUTED,
            align="center",
        )
        last = i + 1 == len(grid.items) or grid.items[i + 1][2] != group
        x += cell
        if last:
            canvas.rect(start + 0.02, 0.56, x - start - 0.04, 0.03, BLUE)
            name = group.partition("、")[2] or group
            if fonts.width(name, SMALL) > x - start + 0.06:
                canvas.lines((start + x) / 2, 0.42, wrap(name, 0.3, TINY), size=TINY, color=BLUE, align="center")
            else:
                canvas.text((start + x) / 2, 0.45, name, size=SMALL, color=BLUE, align="center")
            x += _GAP
            start = x
    _tiles(canvas, tiles)
    for row, name in enumerate(names):
        own, middle = shown[row] == ctx.object, top + (row + 0.5) * pitch
        if own:
            canvas.pointer(left - 0.075, middle, BLUE)
        size, color = SIZE if pitch > 0.2 else SMALL, BLUE if own else INK
        canvas.text(left - 0.09, middle, name, align="right", fit=1.3, size=size, color=color)
    canvas.text(left - 0.09, bottom + 0.16, "合计", size=SMALL, color=MUTED, align="right")
    return canvas


def _tiles(canvas: Canvas, tiles: Mapping[str, Sequence[tuple[float, float, float, float]]]) -> None:
    for grade in GRADES:
        canvas.tiles(tiles[grade], GRADE_FILL[grade])
    for x, y, w, h in tiles[""]:
        canvas.hatch(x, y, w, h)
        size = SMALL if h > 0.2 else TINY
        canvas.rect(x + w / 2 - 0.08, y + 0.02, 0.16, h - 0.04, PAPER, z=1.5)
        canvas.text(x + w / 2, y + h / 2, "缺", size=size, color=INK, align="center")
    for grade in WEAK:
        for x, y, w, h in tiles[grade]:
            size = SMALL if h > 0.2 else TINY
            canvas.text(x + w / 2, y + h / 2, grade, size=size, color=GRADE_INK[grade], align="center")
