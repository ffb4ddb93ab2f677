"""Sets of charts that a section shows: which ones depends on the target, so a notebook needs no condition."""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers, tables, terms
from kaohe.plot import table_maker as t
from kaohe.plot.charts_chances import pair_chances
from kaohe.plot.charts_class import unit_bands
from kaohe.plot.charts_heat import grade_heatmap
from kaohe.plot.charts_matrix import county_grades
from kaohe.plot.charts_mix import item_mix
from kaohe.plot.charts_ranks import rank_intervals
from kaohe.plot.charts_sample import response_bars
from kaohe.plot.charts_scores import waterfall
from kaohe.plot.charts_survey import estimate_profile
from kaohe.plot.output import Context, Output, Text
from kaohe.plot.tables_survey import estimate_cell, interval_cell

COUNTY_NOTE = "县级样本量小，区间宽；初级抽样单元只有一个的县不能估计误差，有效户数过少的县依保密要求不列示。"


def topic_profiles(estimates: pd.DataFrame, ctx: Context) -> list[Output]:
    """The shares of each of the plan's household topics against the province, one chart a topic.

    Parameters
    ----------
    estimates : DataFrame
        ``estimates`` with the rows of the target and of the province.
    ctx : Context

    Returns
    -------
    list of Output
        Charts; topics without a share that can be shown are named together in one `Text` at the end.
    """
    shown: list[Output] = []
    bare = []
    wanted = estimates[(estimates["domain"] == ctx.object) | (estimates["domain_type"] == "province")]
    for topic in ctx.plan.raw["survey_topics"]["household"]:
        made = estimate_profile(wanted, ctx, topic=topic)
        if isinstance(made, Text):
            bare.append(topic)
        else:
            shown.append(made)
    if not shown:
        return [Text((f"没有{ctx.name}可列示的专项调查比例估计。",))]
    if bare:
        shown.append(Text((f"{'、'.join(bare)}没有可列示的比例，金额和数量见下表。",)))
    return shown


def county_tables(estimates: pd.DataFrame, ctx: Context) -> list[Output]:
    """The household estimates of a city's counties, one table a topic, with intervals and quality.

    Parameters
    ----------
    estimates : DataFrame
        ``estimates`` of the whole province.
    ctx : Context
        Of a city.

    Returns
    -------
    list of Output
        A table for each of the plan's household topics, an indicator's counties together; one
        `Text` for a helper city, whose paired villages are not shown by county.
    """
    inside = (estimates["domain_type"] == "county") & (estimates["domain"].str[:4] == ctx.object[:4])
    rows = estimates[inside & (estimates["unit"] == "household")]
    if ctx.class_id == "city6" or not len(rows):
        return [Text((f"{ctx.name}不分县（市、区）列示。",))]
    order = {q: n for n, q in enumerate(ctx.plan.questions)}
    rows = rows.assign(_k=rows["indicator"].map(order)).sort_values(["_k", "domain"])
    fields = [
        t.text("指标", "label"), t.text("县（市、区）", "name"), t.custom("估计", estimate_cell, "right"),
        t.custom("95%区间", interval_cell, "right"), t.custom("户数", lambda r: numbers.integer(r["n"]), "right"),
        t.custom("质量", lambda r: terms.quality_word(str(r["quality"])), "center"),
    ]  # fmt: skip
    return [
        t.make(
            f"t-county-{k}", f"{ctx.name}各县（市、区）{topic}", rows[rows["topic"] == topic], fields,
            empty=f"没有{ctx.name}各县（市、区）{topic}的估计。", note=COUNTY_NOTE, folded=True,
        )
        for k, topic in enumerate(ctx.plan.raw["survey_topics"]["household"], start=1)
    ]  # fmt: skip


def visit(item_grades: pd.DataFrame, form_scores: pd.DataFrame, ctx: Context) -> list[Output]:
    """What the field visits saw in a county: grades by level, item by item, place by place.

    Parameters
    ----------
    item_grades, form_scores : DataFrame
        Rows of the county.
    ctx : Context

    Returns
    -------
    list of Output
        One `Text` where nobody went there.
    """
    if not (item_grades["n_graded"] > 0).any():
        return [Text((f"{ctx.name}没有接受实地核查，没有县、镇、村考评表。",))]
    made: list[Output] = [county_grades(item_grades, ctx), tables.grades(item_grades, ctx)]
    return [*made, tables.field_grades(item_grades, ctx), tables.forms(form_scores, ctx)]


def response_chart(response: pd.DataFrame, ctx: Context) -> Output:
    """Response rates of the cities of the report's class: a helper city's are those of its paired villages.

    Parameters
    ----------
    response : DataFrame
        ``response``, all domains.
    ctx : Context
    """
    made: Output = response_bars(response, ctx, domain_type="helper" if ctx.class_id == "city6" else "city")
    return made


def item_charts(item_grades: pd.DataFrame, ctx: Context) -> list[Output]:
    """Where a class is weak: targets × items, and for a large class the mix of each item before it.

    Parameters
    ----------
    item_grades : DataFrame
        ``item_grades`` of the class.
    ctx : Context
    """
    heat: Output = grade_heatmap(item_grades, ctx)
    if ctx.plan.classes[ctx.class_id].kind != "unit":
        return [heat]
    mix: Output = item_mix(item_grades, ctx)
    return [mix, heat]


def rank_chart(ranks: pd.DataFrame, composite: pd.DataFrame, ctx: Context) -> Output:
    """Ranks with their intervals where a survey gives sampling error, scores in bands where it does not.

    Parameters
    ----------
    ranks, composite : DataFrame
        ``rank_intervals`` and ``composite`` of the class.
    ctx : Context
    """
    made: Output
    if "survey" in ctx.plan.classes[ctx.class_id].streams:
        made = rank_intervals(ranks, composite, ctx)
    else:
        made = unit_bands(composite, ctx, class_id=ctx.class_id)
    return made


def reliability(
    ranks: pd.DataFrame, composite: pd.DataFrame, pairs: pd.DataFrame, chances: pd.DataFrame, ctx: Context
) -> list[Output]:
    """How sure the ranks are: intervals, who is ahead of whom, chances of grades; bands alone without a survey.

    Parameters
    ----------
    ranks, composite, pairs, chances : DataFrame
        ``rank_intervals``, ``composite``, ``pair_probabilities`` and ``grade_probabilities`` of the class.
    ctx : Context
    """
    first = rank_chart(ranks, composite, ctx)
    if "survey" not in ctx.plan.classes[ctx.class_id].streams:
        return [first]
    return [first, pair_chances(pairs, composite, ctx), tables.grade_chances(chances, composite, ctx)]


def differences(contributions: pd.DataFrame, ctx: Context) -> list[Output]:
    """Where a target's score comes from: against its class, the next above, and the cut-off of the next grade.

    Parameters
    ----------
    contributions : DataFrame
        ``contributions`` of the target.
    ctx : Context
    """
    kinds = ("mean", "cut") if ctx.plan.classes[ctx.class_id].kind == "unit" else ("mean", "next", "cut")
    mine = contributions[contributions["object"] == ctx.object]
    if mine.empty:
        return [waterfall(contributions, ctx)]
    return [waterfall(contributions, ctx, reference=kind) for kind in kinds]
