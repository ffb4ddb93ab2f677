"""Tables of the survey: estimates by topic, scored indicators, key survey, villages, sample and weights."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from kaohe.estimate.suppress import hide_counts
from kaohe.plot import numbers, terms
from kaohe.plot import table_maker as t
from kaohe.plot.labels import interval_of, surveyed
from kaohe.plot.output import Cell, Context, Table, Text
from kaohe.plot.survey_cells import count_cell, estimate_cell, estimates_note, interval_cell

_MARGINS = {"county": "县（市、区）", "hh_kind": "户类型", "size_group": "家庭规模"}


def estimates(
    frame: pd.DataFrame, ctx: Context, *, province: pd.DataFrame | None = None, unit: str = "household", id: str = "t-estimates"
) -> Table | Text:  # fmt: skip
    """Survey estimates by topic with interval, households, design effect and quality.

    Parameters
    ----------
    frame : DataFrame
        ``estimates`` of the target's domain.
    ctx : Context
    province : DataFrame, optional
        ``estimates`` of the whole province, shown beside.
    unit : str
        ``household`` or ``village``.
    id : str
        ASCII slug on the page.
    """
    order = {q: n for n, q in enumerate(ctx.plan.questions)}
    rows = frame[frame["unit"] == unit].sort_values("indicator", key=lambda s: s.map(order))
    beside = {} if province is None else {r["indicator"]: r for r in t.records(province)}
    whose = surveyed(ctx)
    what, counted = ("住户", "户数") if unit == "household" else ("样本村", "村数")
    fields = [
        t.text("主题", "topic"), t.text("指标", "label"), t.custom("估计", estimate_cell, "right"),
        t.custom(interval_of(ctx), interval_cell, "right"),
    ]  # fmt: skip
    if beside:
        fields.append(t.custom("全省", lambda r: _beside(beside.get(r["indicator"])), "right"))
    fields += [
        t.custom(counted, count_cell, "right"), t.custom("设计效应", _deff, "right"),
        t.custom("质量", lambda r: terms.quality_word(str(r["quality"])), "center"),
    ]  # fmt: skip
    return t.make(
        id, f"{whose}专项调查{what}指标的估计", rows, fields,
        empty=f"没有{whose}的专项调查{what}估计。", note=estimates_note(rows, ctx), folded=True,
    )  # fmt: skip


def survey_items(frame: pd.DataFrame, ctx: Context, *, id: str = "t-survey-items") -> Table | Text:
    """How the survey score is made: estimate, floor, target, score, weight, contribution.

    Parameters
    ----------
    frame : DataFrame
        ``survey_items`` of the target.
    """
    order = {q: n for n, q in enumerate(ctx.plan.questions)}
    rows = frame.sort_values("indicator", key=lambda s: s.map(order))

    def amount(column: str) -> t.Show:
        return lambda r: _as_question(r[column], str(r["indicator"]), ctx)

    return t.make(
        id, f"{ctx.name}专项调查得分的{len(rows)}项构成", rows,
        [
            t.text("指标", "label"),
            t.custom("估计", lambda r: terms.quality_word("suppressed") if terms.hidden(str(r["quality"])) else _as_question(r["estimate"], str(r["indicator"]), ctx), "right"),
            t.custom("下限值", amount("floor"), "right"), t.custom("目标值", amount("target"), "right"), t.decimal("得分", "score"),
            t.percent("权重", "weight"), t.decimal("贡献分", "contribution", 2), t.custom("户数", count_cell, "right"),
        ],
        empty=f"没有{ctx.name}的专项调查计分指标。",
        note="得分 = 100 ×（估计 − 下限值）÷（目标值 − 下限值），限于0到100分；下限值、目标值和权重由省考核办选定，方案未作规定。",
    )  # fmt: skip


def key_survey(frame: pd.DataFrame, ctx: Context, *, id: str = "t-key-survey") -> Table | Text:
    """The 重点调查 villages: unweighted, for reading only.

    Parameters
    ----------
    frame : DataFrame
        ``key_survey`` of the target.
    """
    order = {q: n for n, q in enumerate(ctx.plan.questions)}
    rows = frame.sort_values("indicator", key=lambda s: s.map(order))
    return t.make(
        id, f"{ctx.name}重点调查村住户情况（不加权）", rows,
        [
            t.text("主题", "topic"), t.text("指标", "label"),
            t.custom("数值", _key_value, "right"), t.whole("村数", "n_villages"), t.custom("户数", count_cell, "right"),
        ],
        empty="对口帮扶的村中的重点调查村，情况列在所在市的报告中。" if ctx.class_id == "city6" else f"{ctx.name}没有安排重点调查村。",
        note="重点调查村按存在问题较多选取，不是随机抽样，只描述所到各户，不推算全市，不进入估计、得分和名次。",
        folded=True,
    )  # fmt: skip


def villages(frame: pd.DataFrame, ctx: Context, *, id: str = "t-villages") -> Table | Text:
    """The sample villages: how chosen, households answered. What one village answered is not listed.

    Parameters
    ----------
    frame : DataFrame
        ``village_profile``; rows of other targets are left out (a helper city has the villages
        paired with it).
    """
    rows = village_rows(frame, ctx).sort_values(["selection", "county", "village"])
    kinds = rows["selection"].value_counts().sort_index()
    said = "、".join(f"{kind}{n}个" for kind, n in kinds.items()) if len(kinds) > 1 else "".join(kinds.index)
    return t.make(
        id, f"{ctx.name}{'对口帮扶的村中' if ctx.class_id == 'city6' else ''}调查到的{len(rows)}个村（{said}）", rows,
        [
            t.text("县（市、区）", "county_name"), t.custom("村", lambda r: f"{r['town_name']}{r['name']}"), t.text("抽选", "selection"),
            t.custom("省定贫困村", lambda r: _flag(r["designated"]), "center"),
            t.custom("完成／抽中（户）", lambda r: f"{numbers.integer(r['completed'])}／{numbers.integer(r['selected'])}", "right"),
        ],
        empty=f"没有{ctx.name}的样本村概况。",
        note="完成户数为调查组织情况，不加权；单个村的答卷不逐村列出，只进入不少于3个村的估计；“—”为未填或不适用。",
        folded=True,
    )  # fmt: skip


def village_rows(frame: pd.DataFrame, ctx: Context) -> pd.DataFrame:
    """The sample villages of a target: in its area, or paired with it for a helper city."""
    if ctx.kind == "county":
        return frame[frame["county"] == ctx.object]
    if ctx.kind != "city":
        return frame
    return frame[frame["helper_city" if ctx.class_id == "city6" else "city"] == ctx.object]


def response(frame: pd.DataFrame, ctx: Context, *, id: str = "t-response") -> Table | Text:
    """Response by domain: selected, completed, refused, not contacted, vacant, set aside, rate.

    Parameters
    ----------
    frame : DataFrame
        ``response``.
    """
    order = {"province": 0, "city": 1, "helper": 2}
    rows = frame[frame["domain_type"].isin(list(order))]
    rows = rows.assign(_k=rows["domain_type"].map(order)).sort_values(["_k", "domain"])
    return t.make(
        id, "样本户应答情况", rows,
        [
            t.custom("地区", lambda r: f"{r['name']}对口帮扶的村" if r["domain_type"] == "helper" else str(r["name"])), t.whole("抽中", "selected"), t.whole("完成", "completed"), t.whole("拒访", "refused"),
            t.whole("无法联系", "not_contacted"), t.whole("空户", "vacant"), t.whole("隔离", "set_aside"), t.percent("应答率", "response_rate"),
        ],
        empty="没有样本户应答记录。",
        note="应答率 = 完成户 ÷（抽中户 − 空户）；隔离为没有可用答卷（未收到，或因错误被隔离）、未进入估计的户。",
    )  # fmt: skip


def stages(weights: pd.DataFrame, response: pd.DataFrame, ctx: Context, *, id: str = "t-stages") -> Table | Text:
    """How the sample was drawn, one row a city: strata, then counties, towns, villages and households drawn.

    Parameters
    ----------
    weights : DataFrame
        ``weights``, one row a household that answered.
    response : DataFrame
        ``response``: households selected and completed.
    """
    drawn = {r["domain"]: r for r in t.records(response[response["domain_type"] == "city"])}
    places = ("stratum", "county", "town", "village")
    counts = weights.groupby("city")[list(places)].nunique()
    rows = [
        {"city": city, **{p: int(counts.loc[city, p]) for p in places}, **drawn[city]}
        for city in sorted(drawn)
        if city in counts.index
    ]
    total = {c: sum(int(r[c]) for r in rows) for c in (*places, "selected", "completed")}
    if rows:
        rows.append({"city": "", "name": "合计", **total})
    return t.make(
        id, "各市样本的抽取", rows,
        [
            t.text("市", "name"), t.whole("层", "stratum"), t.whole("县（市、区）", "county"), t.whole("镇", "town"), t.whole("村", "village"),
            t.whole("抽中户", "selected"), t.whole("完成户", "completed"),
        ],
        empty="没有带权重的样本户。",
        note="层、县、镇、村只数有完成户的。设计权重 = 县、镇、村、户各阶段抽中概率倒数的乘积；最终权重 = 设计权重 × 无应答调整因子 × 校准因子。",
    )  # fmt: skip


def nonresponse(frame: pd.DataFrame, ctx: Context, *, id: str = "t-nonresponse") -> Table | Text:
    """Nonresponse classes and their factors, merged ones said.

    Parameters
    ----------
    frame : DataFrame
        ``nonresponse``.
    """
    rows = with_small(frame, ["city"], "n_respondents", ctx).sort_values(["city", "nr_class"])
    return t.make(
        id, f"{ctx.name}无应答调整组", rows,
        [
            t.custom("市", lambda r: _place(str(r["city"]), ctx)), t.text("调整组", "nr_class"), t.whole("合格样本户", "n_selected"),
            _unless_small("有效户", lambda r: numbers.integer(r["n_respondents"])), _unless_small("调整因子", lambda r: numbers.number(r["factor"], 3)), t.text("并组说明", "merged"),
        ],
        empty="没有无应答调整组。",
        folded=True,
    )  # fmt: skip


def calibration(frame: pd.DataFrame, ctx: Context, *, id: str = "t-calibration") -> Table | Text:
    """Register totals against weighted counts before and after calibration.

    Parameters
    ----------
    frame : DataFrame
        ``calibration``.
    """
    rows = with_small(frame, ["city", "margin"], "n", ctx).sort_values(["city", "margin", "level"])
    return t.make(
        id, f"{ctx.name}校准前后与登记户数对照", rows,
        [
            t.custom("市", lambda r: _place(str(r["city"]), ctx)), t.custom("分组变量", lambda r: _MARGINS.get(str(r["margin"]), str(r["margin"]))),
            t.text("分组", "level_name"), _unless_small("样本户", lambda r: numbers.integer(r["n"])), t.whole("登记户数", "target"),
            _unless_small("校准前", lambda r: numbers.integer(r["before"])), t.whole("校准后", "after"),
            _unless_small("校准因子范围", lambda r: f"{numbers.number(r['g_min'], 2)}–{numbers.number(r['g_max'], 2)}"),
            t.whole("迭代次数", "iterations"),
        ],
        empty="没有校准结果。",
        note="校准后各组加权户数应与登记户数相等。",
        folded=True,
    )  # fmt: skip


def weight_diagnostics(frame: pd.DataFrame, ctx: Context, *, id: str = "t-weights") -> Table | Text:
    """Diagnostics of the final weights by city.

    Parameters
    ----------
    frame : DataFrame
        ``weight_diagnostics``.
    """
    return t.make(
        id, "各市最终权重诊断", frame.sort_values("city"),
        [
            t.text("市", "name"), t.whole("样本户", "n"), t.whole("权重合计", "sum_weights"), t.whole("登记户数", "register_households"),
            t.decimal("变异系数", "cv", 2), t.decimal("设计效应", "deff_kish", 2), t.whole("有效样本量", "n_eff"), t.decimal("最小", "w_min"),
            t.decimal("中位", "w_median"), t.decimal("最大", "w_max"),
        ],
        empty="没有权重。",
        note="设计效应为 Kish 近似：1 + 变异系数的平方；有效样本量 = 样本户 ÷ 设计效应。",
    )  # fmt: skip


def with_small(frame: pd.DataFrame, by: list[str], counts: str, ctx: Context) -> pd.DataFrame:
    """The rows with `small`: fewer respondents than may be shown, or needed to hide those (see `hide_counts`)."""
    least = int(ctx.plan.disclosure["min_households"])
    if not len(frame):
        return frame.assign(small=False)
    small = [hide_counts(part[counts], least) for _, part in frame.groupby(by, sort=False)]
    return frame.assign(small=pd.concat(small).reindex(frame.index))


def _unless_small(head: str, show: Callable[[t.Row], str]) -> t.Field:
    return t.custom(head, lambda r: numbers.SUPPRESSED if r["small"] else show(r), "right")


def _beside(row: t.Row | None) -> Cell:
    return numbers.MISSING if row is None else estimate_cell(row)


def _deff(row: t.Row) -> Cell:
    return numbers.SUPPRESSED if terms.hidden(str(row["quality"])) else numbers.number(row["deff"], 2)


def _key_value(row: t.Row) -> Cell:
    if terms.hidden(str(row["quality"])):
        return numbers.SUPPRESSED
    return numbers.measure(row["value"], str(row["measure_unit"]), bool(row["is_share"]))


def _as_question(value: object, indicator: str, ctx: Context) -> str:
    question = ctx.plan.questions.get(indicator)
    if question is None:
        return numbers.number(value)
    return numbers.measure(value, question.unit, question.is_share)


def _flag(value: object) -> str:
    return numbers.MISSING if numbers.is_missing(value) else "是" if value else "否"


def _place(code: str, ctx: Context) -> str:
    return ctx.plan.gazetteer.name(code)
