"""A scenario beside the base: ranks of both, joined by lines or ranges."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import captions_why as words
from kaohe.plot import numbers
from kaohe.plot import table_maker as t
from kaohe.plot.canvas import Caption
from kaohe.plot.charts_ranks import BUMP_TARGETS, LAST
from kaohe.plot.labels import class_of, group_word, nothing, of_class, quoted, records, short, source
from kaohe.plot.numbers import is_missing
from kaohe.plot.output import Chart, Context, DataTable, Table, Text
from kaohe.plot.rank_lines import bump, ranges

LAW = "方案规定，只作假设"


def scenario_ranks(
    scenario_compare: pd.DataFrame, ctx: Context, *, title: str, class_id: str = "", id: str = "scenario-ranks"
) -> Chart | Text:
    """Ranks under the base and under a scenario: lines for up to 20 targets, ranges of those that move most above.

    Parameters
    ----------
    scenario_compare : DataFrame
        ``scenario_compare`` (see `kaohe.base.built.SCENARIO`).
    ctx : Context
    title : str
        The scenario in words.
    class_id : str
        The class; the report's own when empty.

    Examples
    --------
    >>> from kaohe.grade.compare import compare
    >>> base, ranks = s.table("composite"), s.table("rank_intervals")
    >>> charts.scenario_ranks(compare(base, base, ranks, ranks, s.plan), s.ctx, title="同样的口径", class_id="city14").title
    '换用这一情形，等次都不变，名次不变'
    """
    which = class_of(ctx, class_id)
    mine = [
        r
        for r in records(of_class(scenario_compare, which))
        if not is_missing(r["rank_base"]) and not is_missing(r["rank_new"])
    ]
    if not mine:
        return nothing("情形对照", ctx, id)
    base = {str(r["object"]): float(r["rank_base"]) for r in mine}
    new = {str(r["object"]): float(r["rank_new"]) for r in mine}
    moved = sorted((c for c in base if base[c] != new[c]), key=lambda c: (-abs(base[c] - new[c]), base[c], c))
    order = sorted(base, key=lambda c: (base[c], c))
    if len(order) <= BUMP_TARGETS:
        canvas = bump(order, base, [(("情形", title), new)], moved[:3], ctx)
        shape = "着色为变动最大的对象"
    else:
        shown = (moved or order)[:LAST]
        canvas = ranges(shown, base, {c: (base[c], new[c]) for c in shown}, ctx)
        shape = f"只列变动最大的{len(shown)}个，圆点为基准名次"
    most = max((abs(base[c] - new[c]) for c in moved), default=0.0)
    up = sum(r["grade_move"] == "上升" for r in mine)
    down = sum(r["grade_move"] == "下降" for r in mine)
    caption = Caption(
        words.scenario_title(
            which, len(moved), [short(ctx, c) for c in moved if abs(base[c] - new[c]) == most], most, up, down
        ),
        f"基准与情形{quoted(title)}下的名次；{shape}，{ctx.year}年",
        f"{group_word(len(order), which)}在基准和情形下的名次对照，{len(moved)}个有变动。",
        source(ctx, "综合评价情形对照", "情形只作比较，不改变现行选择和方案规定"),
    )
    head = ["对象", "基准名次", "情形名次", "上升位数"]
    body = [
        [ctx.name_of(c), numbers.integer(base[c]), numbers.integer(new[c]), numbers.signed(base[c] - new[c], 0)]
        for c in order
    ]
    return canvas.chart(id, caption, DataTable("基准与情形的名次", head, body))


def scenario_table(
    scenario_compare: pd.DataFrame, ctx: Context, *, class_id: str = "", id: str = "t-scenario"
) -> Table | Text:
    """Scores, ranks and grades under the base and the scenario, side by side.

    Parameters
    ----------
    scenario_compare : DataFrame
        ``scenario_compare``.
    ctx : Context
    class_id : str
        The class; the report's own when empty.
    """
    which = class_of(ctx, class_id)
    mine = of_class(scenario_compare, which).sort_values(["rank_new", "object"], na_position="last")
    changed = int((mine["grade_move"] != "不变").sum())
    return t.make(
        id, f"基准与情形对照（{len(mine)}个，{changed}个等次有变）", mine,
        [t.text("对象", "name"), t.decimal("基准得分", "score_base", 2), t.decimal("情形得分", "score_new", 2),
         t.custom("变化", lambda r: numbers.signed(r["score_diff"], 2), "right"), t.whole("基准名次", "rank_base"),
         t.whole("情形名次", "rank_new"), t.custom("升降", lambda r: numbers.signed(r["rank_shift"], 0), "right"),
         t.custom("基准名次区间", lambda r: numbers.rank_short(r["low_base"], r["high_base"]), "center"),
         t.custom("情形名次区间", lambda r: numbers.rank_short(r["low_new"], r["high_new"]), "center"),
         t.grade("基准等次", "grade_base"), t.grade("情形等次", "grade_new")],
        empty="没有可以对照的对象。", folded=len(mine) > 50,
    )  # fmt: skip


def scenario_choices(frame: pd.DataFrame, *, id: str = "t-scenario-choices") -> Table | Text:
    """What a scenario changes, the plan's own rules marked as an assumption.

    Parameters
    ----------
    frame : DataFrame
        ``scenario_choices``.
    """
    return t.make(
        id, f"情形改变的选择（{len(frame)}处）", frame,
        [t.text("选择", "key"), t.text("基准", "base"), t.text("情形", "value"),
         t.custom("性质", lambda r: LAW if r["law"] else "省考核办的选择")],
        empty="没有改变任何选择。",
    )  # fmt: skip
