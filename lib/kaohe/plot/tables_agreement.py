"""Do the sources tell the same story: one row a target."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers
from kaohe.plot import table_maker as t
from kaohe.plot.output import Cell, Context, Table, Text, cell
from kaohe.plot.tables_class import FOLD_FROM
from kaohe.plot.tables_why import by_rank


def consistency(
    frame: pd.DataFrame, ctx: Context, *, composite: pd.DataFrame | None = None, id: str = "t-consistency"
) -> Table | Text:
    """Self against field, index table against forms, survey against cross-assessment, one row a target.

    Parameters
    ----------
    frame : DataFrame
        ``consistency`` of the class.
    composite : DataFrame, optional
        ``composite`` of the class: its ranks give the order of rows; without it codes do.
    """
    found = {(r["object"], r["check"]): r for r in t.records(frame)}
    codes = by_rank(frame["object"], composite)
    compared = [c for c in codes if any(r["n"] for (o, _), r in found.items() if o == c)]
    flagged = sorted({str(r["object"]) for r in t.records(frame) if r["flagged"]})
    has_survey = any(k == "survey_cross" for _, k in found)

    def gap(check: str) -> t.Show:
        return lambda r: _gap(found.get((r["object"], check)))

    fields = [
        t.text("对象", "name"), t.custom("自评与实地核查", gap("self_field")), t.custom("指标表与实地核查", gap("index_field")),
        *([t.custom("专项调查与交叉考核", lambda r: _places(found.get((r["object"], "survey_cross"))))] if has_survey else []),
        t.custom("提示", lambda r: "提示" if r["object"] in flagged else numbers.MISSING, "center"),
    ]  # fmt: skip
    with_survey = [r["correlation"] for (_, k), r in found.items() if k == "survey_cross"]
    tail = (
        f"；专项调查与交叉考核得分的等级相关系数为{numbers.number(with_survey[0], 2).replace('-', '−')}"
        if with_survey and not numbers.is_missing(with_survey[0])
        else ""
    )
    units = bool(ctx.class_id) and ctx.plan.classes[ctx.class_id].kind == "unit"
    note = (
        "分差为前者减后者的平均（分），括号内为可比项数，其中前者高、低一档以上的各几项；指标表高、低一档以上都提示，"
        "自评只在高一档以上时提示"
    )
    if has_survey:
        note += f"；专项调查与交叉考核比的是各自的名次，相差达到对象数一半的提示{tail}"
    note += "。" + (
        "单位只与考核组到过的地点比对，地点少，只供参考。"
        if units
        else "考核组与市一一对应，差别可能来自考核组，也可能来自市。"
    )
    caption = f"{ctx.class_label or ctx.name}各来源是否一致（{len(compared)}个可比，{len(flagged)}个有提示）"
    return t.make(
        id, caption, [{"object": c, "name": ctx.name_of(c)} for c in compared], fields,
        empty="没有可以相互比对的来源。",
        note=note,
        folded=len(compared) > FOLD_FROM,
    )  # fmt: skip


def _gap(row: t.Row | None) -> Cell:
    if row is None or not row["n"]:
        return numbers.MISSING
    off = [f"{word}{row[n]}" for word, n in (("高", "n_above"), ("低", "n_below")) if row[n]]
    return cell(f"{numbers.signed(row['mean_gap'])}（{row['n']}项{'，' if off else ''}{'、'.join(off)}）")


def _places(row: t.Row | None) -> Cell:
    if row is None or numbers.is_missing(row["rank_gap"]):
        return numbers.MISSING
    spans = f"第{numbers.integer(row['rank_first'])}名对第{numbers.integer(row['rank_second'])}名"
    return spans
