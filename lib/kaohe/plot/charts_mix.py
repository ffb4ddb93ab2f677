"""Mix of grades as bars that part at 较好|一般, the plan's own reminder line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from kaohe.plot import captions_grades as words
from kaohe.plot import fonts
from kaohe.plot.canvas import SIZE, SMALL, WIDTH, Canvas, Caption
from kaohe.plot.labels import class_of, group_unit, group_word, nothing, of_class, records, short, source
from kaohe.plot.layout import PITCH, Rows, Scale, axis, legend, nice_step, rows
from kaohe.plot.output import Chart, Context, DataTable, Text
from kaohe.plot.palette import ACCENT, GRADE_FILL, GRADE_INK, INK, MUTED
from kaohe.plot.phone import NARROW
from kaohe.plot.terms import GRADES, WEAK

PER_PAGE = 45
INDEX = ("city", "unit")


@dataclass(frozen=True)
class Bar:
    """One bar: name and number of each grade; ``""`` counts what should be graded and is not."""

    name: str
    counts: Mapping[str, int]
    code: str = ""

    @property
    def weak(self) -> int:
        """Number at 一般 or below."""
        return sum(self.counts[g] for g in WEAK)

    @property
    def graded(self) -> int:
        """Number with a grade."""
        return sum(self.counts[g] for g in GRADES)


def index_rows(item_grades: pd.DataFrame, class_id: str) -> pd.DataFrame:
    """Grades on the index table of a class's targets."""
    return of_class(item_grades, class_id).loc[lambda f: f["level"].isin(INDEX) & (f["class_id"] != "")]


def grade_mix(
    item_grades: pd.DataFrame, ctx: Context, *, class_id: str = "", page: int = 1, id: str = ""
) -> Chart | Text:
    """Number of items at each grade by target, zero between 较好 and 一般, fewest weak items first.

    Parameters
    ----------
    item_grades : DataFrame
        Built table `item_grades`; rows of the class's index tables are used.
    ctx : Context
    class_id : str
        The class; the report's own when empty.
    page : int
        Classes of more than 45 targets show those with an item at 一般 or below, 45 a page, most
        weak items first.

    Examples
    --------
    >>> charts.grade_mix(s.table("item_grades"), s.ctx, class_id="city6").title
    '5市有“一般及以下”指标，其中广州有3项'
    """
    id = id or ("grade-mix" if page == 1 else f"grade-mix-{page}")
    which = class_of(ctx, class_id)
    mine = index_rows(item_grades, which)
    if mine.empty:
        return nothing("指标等次", ctx, id)
    bars = _count(mine, "object", lambda code: short(ctx, code))
    items = int(mine.groupby("object").size().max())
    weak = {b.name: b.weak for b in bars if b.graded}
    title = words.mix_title(which, weak, items, [b.name for b in bars if not b.graded])
    if ctx.kind in {"city", "unit"} and any(b.code == ctx.object for b in bars):
        title = words.own_mix_title(ctx.name, which, weak, short(ctx, ctx.object))
    many = len(bars) > PER_PAGE
    shown = sorted(bars, key=lambda b: weak_order(b.weak, b.counts["较差"], b.counts["好"], b.code))
    order = "按“一般及以下”项数由少到多排列"
    if many:
        worst = [b for b in reversed(shown) if b.weak]
        pages = max(1, -(-len(worst) // PER_PAGE))
        shown = worst[(page - 1) * PER_PAGE : page * PER_PAGE]
        order = f"只列有“一般及以下”指标的{group_word(len(worst), which)}" + (
            f"，第{page}页，共{pages}页" if pages > 1 else ""
        )
        if not shown:
            return Text((f"{title}。",), id=id)
    alt = f"分向条形图：{group_word(len(shown), which)}，零轴左侧为“较好”“好”，右侧为“一般”“较差”；{_extremes(shown, '项')}"
    caption = Caption(
        title,
        f"各{'单位' if many else '市'}{items}项指标的等次构成（项数），{order}，{ctx.year}年",
        alt,
        source(
            ctx,
            "交叉考核",
            f"共{group_word(len(bars), which)}",
            "“一般及以下”是谈话提醒的界线（方案六、（五）），以此为零轴",
        ),
    )
    table = _table(f"各{'单位' if many else '市'}指标等次项数", "对象", shown)
    whole, narrow = (_draw(shown, "项数（项）", ctx.object, width) for width in (WIDTH, NARROW))
    return whole.chart(id, caption, table, narrow=narrow)


def item_mix(item_grades: pd.DataFrame, ctx: Context, *, class_id: str = "", id: str = "item-mix") -> Chart | Text:
    """Number of targets at each grade by item, in the order of the form.

    Parameters
    ----------
    item_grades : DataFrame
        Built table `item_grades`; rows of the class's index tables are used.
    ctx : Context
    class_id : str
        The class; the report's own when empty.

    Examples
    --------
    >>> charts.item_mix(s.table("item_grades"), s.ctx, class_id="city14").title
    '统筹协调（4市）和住房保障（4市）是多市共同短板'
    """
    which = class_of(ctx, class_id)
    mine = index_rows(item_grades, which)
    if mine.empty:
        return nothing("指标等次", ctx, id)
    concepts = ctx.plan.concepts
    numbers_of = dict(zip(mine["concept"], mine["item"], strict=True))
    order = sorted(numbers_of, key=lambda c: numbers_of[c])
    by = {b.name: b for b in _count(mine, "concept", lambda c: c)}
    bars = [Bar(f"{numbers_of[c]} {concepts[c]}", by[c].counts) for c in order]
    n = int(mine.loc[mine["grade"] != "", "object"].nunique())
    title = words.items_title(which, {concepts[c]: by[c].weak for c in order}, n)
    unit = group_unit(which)
    caption = Caption(
        title,
        f"{len(bars)}项指标在{group_word(n, which)}的等次构成，按指标表顺序，{ctx.year}年",
        f"分向条形图：{len(bars)}项指标，零轴左侧为“较好”“好”，右侧为“一般”“较差”；{_extremes(bars, unit)}",
        source(ctx, "交叉考核", "指标名称摘自指标表原文"),
    )
    whole, narrow = (_draw(bars, f"数量（{unit}）", "", width) for width in (WIDTH, NARROW))
    return whole.chart(id, caption, _table("各项指标等次数量", "指标", bars), narrow=narrow)


def weak_order(weak: int, worst: int, best: int, code: str) -> tuple[int, int, int, str]:
    """What targets are sorted by where the fewest weak items come first, in every chart alike.

    Parameters
    ----------
    weak, worst, best : int
        Items at 一般 or below, at 较差, and at 好.
    code : str
        Code of the target.
    """
    return weak, worst, -best, code


def _count(frame: pd.DataFrame, by: str, name: Callable[[str], str]) -> list[Bar]:
    found: dict[str, dict[str, int]] = {}
    for row in records(frame[[by, "grade"]]):
        counts = found.setdefault(str(row[by]), dict.fromkeys((*GRADES, ""), 0))
        counts[str(row["grade"])] += 1
    return [Bar(name(code), counts, code) for code, counts in found.items()]


def _extremes(bars: Sequence[Bar], unit: str) -> str:
    top = max(b.weak for b in bars)
    if not top:
        return "右侧没有条形。"
    worst = [b.name for b in bars if b.weak == top]
    return f"右侧最长的是{'、'.join(worst[:3])}{'等' if len(worst) > 3 else ''}，{top}{unit}。"


def _draw(bars: Sequence[Bar], title: str, own: str, width: float) -> Canvas:
    """The bars; a narrow picture has no key."""
    frame: Rows = rows(
        [b.name for b in bars],
        marked=[bool(own) and b.code == own for b in bars],
        above=0.66 if width == WIDTH else 0.42,
        below=0.46,
        pitch=PITCH if len(bars) <= 25 else 0.22,
        width=width,
    )
    left = max(sum(b.counts[g] for g in ("好", "较好", "")) for b in bars)
    right = max(1, *(b.weak for b in bars))
    scale = Scale(-left, right, frame.left, frame.right)
    canvas = frame.canvas
    if width == WIDTH:
        missing = [("hatch", "缺：应评未评")] if any(b.counts[""] for b in bars) else []
        legend(canvas, 0.02, 0.12, [*((GRADE_FILL[g], g) for g in GRADES), *missing])
    zero, head = scale(0), frame.top - 0.16
    words_right = "一般及以下 →"
    if zero + 0.08 + fonts.width(words_right, SMALL) < frame.right + 0.1:
        canvas.text(zero + 0.08, head, words_right, size=SMALL, color=ACCENT)
        canvas.text(zero - 0.08, head, "← 较好及以上", size=SMALL, color=MUTED, align="right")
    else:
        canvas.text(frame.right + 0.1, head, words_right, size=SMALL, color=ACCENT, align="right")
        x = frame.right + 0.1 - fonts.width(words_right, SMALL) - 0.3
        canvas.text(x, head, "← 较好及以上", size=SMALL, color=MUTED, align="right")
    step = max(1, round(nice_step(left + right, 6)))
    marks = [float(v) for v in range(-(left // step) * step, right + 1, step)]
    axis(frame, scale, marks, lambda v: f"{abs(v):.0f}", title)
    for row, bar in enumerate(bars):
        _bar(canvas, scale, frame.y(row), frame.pitch, bar)
    canvas.line([(zero, frame.top - 0.06), (zero, frame.bottom + 0.02)], INK, line=1.4, z=4)
    return canvas


def _bar(canvas: Canvas, scale: Scale, y: float, pitch: float, bar: Bar) -> None:
    h = pitch * 0.7
    at = 0
    for grade in ("较好", "好", ""):
        n = bar.counts[grade]
        _piece(canvas, scale(at - n), scale(at), y, h, grade, n)
        at -= n
    at = 0
    for grade in WEAK:
        n = bar.counts[grade]
        _piece(canvas, scale(at), scale(at + n), y, h, grade, n)
        at += n


def _piece(canvas: Canvas, x0: float, x1: float, y: float, h: float, grade: str, n: int) -> None:
    if not n:
        return
    if grade:
        canvas.rect(x0 + 0.008, y - h / 2, x1 - x0 - 0.016, h, GRADE_FILL[grade])
    else:
        canvas.hatch(x0 + 0.008, y - h / 2, x1 - x0 - 0.016, h)
    if x1 - x0 > fonts.width(str(n), SIZE - 0.5) + 0.04:
        color = GRADE_INK.get(grade, INK)
        if not grade:
            canvas.rect((x0 + x1) / 2 - 0.08, y - 0.075, 0.16, 0.15, "#FFFFFF", z=1.5)
        canvas.text((x0 + x1) / 2, y, str(n), size=SIZE - 0.5, color=color, align="center")


def _table(caption: str, head: str, bars: Sequence[Bar]) -> DataTable:
    body = [[b.name, *(str(b.counts[g]) for g in GRADES), str(b.counts[""]), str(b.weak)] for b in bars]
    return DataTable(caption, [head, *GRADES, "缺", "一般及以下"], body)
