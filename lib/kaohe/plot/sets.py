"""Sets of charts by target and class: a chart a topic, the charts of the items, ranks with intervals or bands."""

from __future__ import annotations

import pandas as pd

from kaohe.plot.charts_band import unit_bands
from kaohe.plot.charts_heat import grade_heatmap
from kaohe.plot.charts_mix import item_mix
from kaohe.plot.charts_ranks import rank_intervals
from kaohe.plot.charts_survey import estimate_profile
from kaohe.plot.output import Context, Output, Text


def topic_profiles(estimates: pd.DataFrame, ctx: Context, *, province: pd.DataFrame | None = None) -> list[Output]:
    """The shares of each of the plan's household topics against the province, one chart a topic.

    Parameters
    ----------
    estimates : DataFrame
        ``estimates`` with the rows of the target, and of the province where `province` is not given.
    ctx : Context
    province : DataFrame, optional
        ``estimates`` of the province.

    Returns
    -------
    list of Output
        Charts; topics without a share that can be shown are named together in one `Text` at the end.

    Examples
    --------
    >>> job = kaohe.open_report("40_city", "韶关市")
    >>> [chart.id for chart in charts.topic_profiles(s.table("estimates"), job.ctx)]
    ['profile-1', 'profile-2', 'profile-3', 'profile-4', 'profile-5', 'profile-6']
    """
    if province is not None:
        estimates = pd.concat([estimates, province], ignore_index=True)
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


def item_charts(item_grades: pd.DataFrame, ctx: Context) -> list[Output]:
    """Where a class is weak: targets × items, and for a large class the mix of each item before it.

    Parameters
    ----------
    item_grades : DataFrame
        ``item_grades`` of the class.
    ctx : Context

    Examples
    --------
    >>> job = kaohe.open_report("60_ranking", "city6")
    >>> [chart.id for chart in charts.item_charts(job.peers("item_grades"), job.ctx)]
    ['grade-heatmap']
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

    Examples
    --------
    >>> charts.rank_chart(s.table("rank_intervals"), s.table("composite"), kaohe.open_report("60_ranking", "city6").ctx).title
    '计入抽样误差，6市的名次都只能定到区间，最宽的东莞为第1至第6名'
    """
    made: Output
    if "survey" in ctx.plan.classes[ctx.class_id].streams:
        made = rank_intervals(ranks, composite, ctx)
    else:
        made = unit_bands(composite, ctx, class_id=ctx.class_id)
    return made
