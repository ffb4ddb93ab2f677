"""Tables of grades, evidence, daily records, problems and self-reports."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers, terms
from kaohe.plot import table_maker as t
from kaohe.plot.output import Cell, Context, Table, Text

# In full: 一般 alone is the name of a grade.
_SEVERITY = {True: "突出问题", False: "一般问题"}


def grades(frame: pd.DataFrame, ctx: Context, *, id: str = "t-grades") -> Table | Text:
    """The grade and remark of every item of the index table (or of a county's own form).

    Parameters
    ----------
    frame : DataFrame
        ``item_grades`` of the target.
    ctx : Context
    id : str
        ASCII slug on the page.
    """
    level = "county" if ctx.kind == "county" else ctx.kind
    rows = frame[frame["level"] == level].sort_values("item")
    if not rows["grade"].ne("").any():
        rows = rows.iloc[:0]
    form = "考评表（县级）" if ctx.kind == "county" else "考核指标表"
    return t.make(
        id, f"{ctx.name}{form}{len(rows)}项指标的等次和备注", rows,
        [
            t.whole("序号", "item"), t.text("考核内容", "group"), t.text("考核指标", "name"),
            t.custom("等次", _grade_or_missing, "center"), t.text("备注", "remark"),
        ],
        empty=f"没有收到{ctx.name}的{form}，等次缺数据。",
        note="等次为考核组在表上所打，一项一个；“缺”为应评未评。",
        folded=not rows["remark"].ne("").any(),
    )  # fmt: skip


def field_grades(frame: pd.DataFrame, ctx: Context, *, id: str = "t-field-grades") -> Table | Text:
    """Item by item, how many county, town and village forms gave which grade.

    Parameters
    ----------
    frame : DataFrame
        ``item_grades`` of the target.
    """
    field = frame[frame["level"].isin(list(terms.FORM_LEVELS)) & (frame["n_places"] > 0)]
    order = list(dict.fromkeys(field.sort_values(["level", "item"])["concept"]))
    by_key = {(r["concept"], r["level"]): r for r in t.records(field)}
    levels = [level for level in terms.FORM_LEVELS if (field["level"] == level).any()]

    def show(level: str) -> t.Show:
        return lambda row: _mix(by_key.get((row["concept"], level)))

    return t.make(
        id, f"{ctx.name}实地核查各级考评表的等次构成", [{"concept": c} for c in order],
        [
            t.custom("指标", lambda r: ctx.plan.concepts.get(str(r["concept"]), str(r["concept"]))),
            *(t.custom(terms.LEVELS[level], show(level)) for level in levels),
        ],
        empty=_no_forms(ctx),
        note="“—”为该级考评表没有此项；数字为评为该等次的表数。",
        folded=True,
    )  # fmt: skip


def evidence(frame: pd.DataFrame, ctx: Context, *, id: str = "t-evidence") -> Table | Text:
    """Index grade against field evidence, concept by concept, differences of a step flagged.

    Parameters
    ----------
    frame : DataFrame
        ``evidence`` of the target.
    """
    return t.make(
        id, f"{ctx.name}指标表等次与实地核查得分对照", frame[frame["evidence"].notna()].sort_values("item"),
        [
            t.whole("序号", "item"), t.text("指标", "label"), t.grade("指标表", "index_grade"),
            t.decimal("实地核查", "evidence"), t.custom("差值", lambda r: numbers.signed(r["gap"]), "right"),
            t.decimal("县级", "m_county"), t.decimal("镇级", "m_town"), t.decimal("村级", "m_village"),
            t.decimal("仅省定贫困村", "evidence_designated"),
            t.yes("提示", "flagged", "相差一档以上", numbers.MISSING),
        ],
        empty=f"{ctx.name}没有可供对照的实地核查记录，指标表等次未经实地印证。",
        note="实地核查得分为县、镇、村三级均值按级别权重的平均（满分100分）；差值为指标表分值减实地核查得分，"
        "绝对值达25分的提示；“—”为该级考评表没有此项或未评；没有实地核查记录的指标不列。",
        folded=True,
    )  # fmt: skip


def forms(frame: pd.DataFrame, ctx: Context, *, id: str = "t-forms") -> Table | Text:
    """The places visited: one row a field form with its score, worst grade and grade mix.

    Parameters
    ----------
    frame : DataFrame
        ``form_scores`` of the target.
    """
    rows = frame[frame["form"].isin(list(terms.FORM_LEVELS))]
    order = rows["form"].map({level: n for n, level in enumerate(terms.FORM_LEVELS)})
    rows = rows.assign(_order=order).sort_values(["_order", "place"])
    return t.make(
        id, f"{ctx.name}实地核查的地点", rows,
        [
            t.custom("级别", lambda r: terms.LEVELS[str(r["form"])]), t.text("地点", "place_name"), t.day("核查时间", "visit_date"),
            t.whole("已评项数", "n_graded"), t.decimal("得分", "score"), t.custom("最低等次", lambda r: t.grade_cell(str(r["worst"])), "center"),
            t.percent("较好及以上", "share_fair", 0), t.decimal("不含第1、4、5项", "score_without_local"),
            t.yes("非省定贫困村", "local_criteria", "是", numbers.MISSING),
        ],
        empty=_no_forms(ctx),
        note="核查地点按方案重点抽查，不代表全部县镇村的平均情况；非省定贫困村第1、4、5项按当地实际要求填写，另列不含这三项的得分。",
        folded=True,
    )  # fmt: skip


def daily(frame: pd.DataFrame, ctx: Context, *, id: str = "t-daily") -> Table | Text:
    """Every daily-work record that counts: deductions and graded measures.

    Parameters
    ----------
    frame : DataFrame
        ``daily_items`` of the target.
    """
    return t.make(
        id, f"{ctx.name}日常工作的记录", frame.sort_values(["kind", "date", "record"]),
        [
            t.day("日期", "date"), t.text("来源", "source_name"), t.text("性质", "kind"), t.text("程度", "severity"),
            t.custom("定量指标", _measure(ctx)), t.percent("数值", "value"), t.decimal("扣分", "points"), t.decimal("得分", "score"),
            t.text("摘要", "note"),
        ],
        empty=f"日常工作来源中没有{ctx.name}的记录。",
        note="扣分标准和定量指标的折算办法由省考核办选定，方案未作规定。",
        folded=True,
    )  # fmt: skip


def problems(frame: pd.DataFrame, ctx: Context, *, id: str = "t-problems") -> Table | Text:
    """Problems found and how far they are rectified, open ones first, prominent ones before others.

    Parameters
    ----------
    frame : DataFrame
        ``rectify`` with at least the target's rows. A county is given the problems of places in it;
        the province only prominent ones that are still open.
    """
    order = {"未整改": 0, "整改中": 1, "已完成": 2}
    mine = problems_of(frame, ctx)
    said, every = f"{ctx.name}的{len(mine)}个问题及整改情况", mine
    if ctx.kind == "province":
        mine = mine[mine["prominent"] & (mine["state"] != "已完成")]
        said = f"全省尚未完成整改的突出问题（{len(mine)}个）"
    ranked = mine.assign(_d=mine["state"] == "已完成", _p=~mine["prominent"], _s=mine["state"].map(order))
    rows = ranked.sort_values(["_d", "_p", "_s", "date", "problem"])
    if ctx.kind == "province":
        return _open_problems(rows, every, ctx, said, id)
    return t.make(
        id, said, rows,
        [
            *([t.custom("考核对象", lambda r: ctx.name_of(str(r["object"])))] if ctx.kind == "county" else []),
            t.custom("性质", lambda r: _SEVERITY[bool(r["prominent"])]), t.text("问题", "note"), t.text("涉及指标", "label"),
            *([t.text("地点", "place_name")] if rows["place_name"].ne("").any() else []), t.text("发现渠道", "source"), t.day("发现日期", "date"),
            t.custom("整改状态", _progress),
            t.custom("期限或完成日期", lambda r: numbers.date_cn(r["done_date"]) if r["state"] == "已完成" else due(ctx).removeprefix("考核结果")),
        ],
        empty=f"没有登记{ctx.name}的问题。",
        note=f"方案“七、问题整改”：根据考核结果通报，于两个月内提交整改方案与报告。未完成的问题期限为{due(ctx)}。",
    )  # fmt: skip


def _open_problems(rows: pd.DataFrame, every: pd.DataFrame, ctx: Context, said: str, id: str) -> Table | Text:
    """The province's open prominent problems: what is the same in every row stands in the note, and how many there are in all."""
    bad, left = int(every["prominent"].sum()), int((every["state"] != "已完成").sum())
    whole = f"全省共登记问题{len(every)}个（突出问题{bad}个），尚有{left}个未完成整改（突出问题{len(rows)}个）"
    return t.make(
        id, said, rows,
        [
            t.custom("考核对象", lambda r: ctx.name_of(str(r["object"]))), t.text("问题", "note"), t.text("涉及指标", "label"),
            t.text("地点", "place_name"), t.text("发现渠道", "source"), t.day("发现日期", "date"), t.custom("整改", _progress),
        ],
        empty=f"{whole}。" if len(every) else "没有登记问题。",
        note=f"{whole}；表中只列其中未完成的突出问题，其余见各对象的报告。方案“七、问题整改”：根据考核结果通报，于两个月内提交整改方案与报告；期限为{due(ctx)}。",
    )  # fmt: skip


def _progress(row: t.Row) -> Cell:
    """The state, with 逾期 where the due day is past, and 日期缺 where nobody says when it was done."""
    progress = str(row["progress"])
    late = "（逾期）" if progress.startswith("逾期") else "（日期缺）" if progress.endswith("（日期缺）") else ""
    return f"{row['state']}{late}" if row["state"] else numbers.MISSING


def problems_of(frame: pd.DataFrame, ctx: Context) -> pd.DataFrame:
    """Problems of a target; a county's are its own and those of places in it, the province's are all."""
    if ctx.kind == "province":
        return frame
    own = frame["object"] == ctx.object
    return frame[own | frame["place"].str.startswith(ctx.object[:6])] if ctx.kind == "county" else frame[own]


def self_compare(frame: pd.DataFrame, ctx: Context, *, id: str = "t-self") -> Table | Text:
    """The self-assessed grade of each item beside the one given.

    Parameters
    ----------
    frame : DataFrame
        ``self_compare`` of the target.
    """
    return t.make(
        id, f"{ctx.name}自评等次与考核等次对照", frame.sort_values("item"),
        [
            t.whole("序号", "item"), t.text("指标", "name"), t.grade("自评", "self_grade"), t.grade("考核", "index_grade"),
            t.custom("相差档数", _steps, "right"),
        ],
        empty=f"没有{ctx.name}的自评指标等次，无法对照。",
        note="相差档数为正表示自评高于考核。",
        folded=True,
    )  # fmt: skip


def due(ctx: Context) -> str:
    """Until when a problem must be rectified: the plan counts from the notification of the result, once it is known."""
    if ctx.plan.rectify_due is not None:
        return f"{numbers.date_cn(ctx.plan.rectify_due)}前"
    months = next(d["months_after_notification"] for d in ctx.plan.raw["dates"] if d["id"] == "rectify_due")
    return f"考核结果通报后{'两' if months == 2 else months}个月内"


def _no_forms(ctx: Context) -> str:
    """Why a target has no field forms: a helper city's villages are visited as part of their counties."""
    if ctx.class_id == "city6":
        return f"{ctx.name}对口帮扶村的考评表列在所在县的报告中。"
    return f"没有{ctx.name}的实地核查考评表。"


def _measure(ctx: Context) -> t.Show:
    """The plan's name of a graded measure; — for a record that is none."""
    names = {str(m["id"]): str(m["name"]) for m in ctx.plan.choices["daily"]["measures"]}
    return lambda row: names.get(str(row["measure"]), str(row["measure"])) or numbers.MISSING


def _grade_or_missing(row: t.Row) -> Cell:
    return t.grade_cell(str(row["grade"])) if row["grade"] else "缺"


def _steps(row: t.Row) -> Cell:
    return numbers.signed(row["steps"], 0) if row["self_grade"] and row["index_grade"] else numbers.MISSING


def _mix(row: t.Row | None) -> str:
    if row is None:
        return numbers.MISSING
    counts = {"好": row["n_good"], "较好": row["n_fair"], "一般": row["n_ordinary"], "较差": row["n_poor"]}
    lacking = int(row["n_places"]) - int(row["n_graded"])
    parts = [f"{name}{numbers.integer(n)}" for name, n in counts.items() if n]
    if lacking > 0:
        parts.append(f"缺{numbers.integer(lacking)}")
    return "、".join(parts) or "缺"
