"""Sets of charts that a section shows: which ones depends on the target, so a notebook needs no condition.

Every function takes the rows to show with the report's `Context`, or the open report, and gives one `Output` or a list of
them in the order of the page: charts, tables, and a `Text` where there is nothing.
"""

from __future__ import annotations

import pandas as pd

from kaohe.plot import numbers, tables, terms
from kaohe.plot import table_maker as t
from kaohe.plot.charts_chances import pair_chances
from kaohe.plot.charts_class import position_in_class
from kaohe.plot.charts_counties import county_place
from kaohe.plot.charts_evidence import self_gap
from kaohe.plot.charts_matrix import county_grades, grade_matrix, unit_grades
from kaohe.plot.charts_ranks import rank_intervals
from kaohe.plot.charts_sample import response_bars
from kaohe.plot.charts_scores import waterfall
from kaohe.plot.charts_survey import estimate_profile
from kaohe.plot.labels import interval_of
from kaohe.plot.output import Context, Output, Text
from kaohe.plot.sets import item_charts as item_charts
from kaohe.plot.sets import rank_chart as rank_chart
from kaohe.plot.sets import topic_profiles as topic_profiles
from kaohe.plot.survey_cells import estimate_cell, interval_cell
from kaohe.plot.words_common import Source
from kaohe.plot.words_method import self_report
from kaohe.plot.words_why import next_grade

COUNTY_NOTE = "县级样本量小，区间宽；初级抽样单元只有一个的县不能估计误差，有效户数过少的县依保密要求不列示。"


def county_tables(estimates: pd.DataFrame, ctx: Context) -> list[Output]:
    """The household estimates of a city's counties, one table a topic, with intervals and quality.

    Parameters
    ----------
    estimates : DataFrame
        ``estimates``; rows of other places are left out.
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
        t.custom(interval_of(ctx), interval_cell, "right"), t.custom("户数", lambda r: numbers.integer(r["n"]), "right"),
        t.custom("质量", lambda r: terms.quality_word(str(r["quality"])), "center"),
    ]  # fmt: skip
    made: list[Output] = [Text((COUNTY_NOTE,))]
    for k, topic in enumerate(ctx.plan.raw["survey_topics"]["household"], start=1):
        mine = rows[rows["topic"] == topic]
        made.append(
            t.make(
                f"t-county-{k}", f"{ctx.name}各县（市、区）{topic}", mine, fields,
                empty=f"没有{ctx.name}各县（市、区）{topic}的估计。", folded=True,
            )
        )  # fmt: skip
    return made


def visit(item_grades: pd.DataFrame, form_scores: pd.DataFrame, ctx: Context) -> list[Output]:
    """What the field visits saw in a county: grades by level, item by item, place by place.

    Parameters
    ----------
    item_grades, form_scores : DataFrame
        Built tables of these names, rows of the county.
    ctx : Context

    Returns
    -------
    list of Output
        One `Text` where nobody went there.
    """
    if not (item_grades["n_graded"] > 0).any():
        return [Text((f"{ctx.name}没有接受实地核查，没有县、镇、村考评表。",), id="county-grades")]
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


def differences(contributions: pd.DataFrame, pairs: pd.DataFrame, ctx: Context) -> list[Output]:
    """Where a target's score comes from: against its class, the next above, and the cut-off of the next grade.

    The cut-off is left out for a target that is above it: there is no next grade.

    Parameters
    ----------
    contributions, pairs : DataFrame
        ``contributions`` and ``pair_probabilities`` of the target.
    ctx : Context
    """
    kinds = ("mean", "cut") if ctx.plan.classes[ctx.class_id].kind == "unit" else ("mean", "next", "cut")
    mine = contributions[contributions["object"] == ctx.object]
    if mine.empty:
        return [Text((f"{ctx.name}没有综合得分，不分解得分差距，也不列失分。",))]
    below = mine[mine["reference"] == "cut"]["delta"].sum() < 0
    shown = [kind for kind in kinds if kind != "cut" or below]
    most, nan = {"mean": 10, "next": 8, "cut": 8}, float("nan")
    ahead = _ahead(mine, pairs, ctx)
    return [
        waterfall(contributions, ctx, reference=kind, most=most[kind], ahead=ahead if kind == "next" else nan)
        for kind in shown
    ]


def _ahead(mine: pd.DataFrame, pairs: pd.DataFrame, ctx: Context) -> float:
    """Probability that the next above is ahead of the target; NaN where there is none or no sampling error."""
    above = set(mine.loc[mine["reference"] == "next", "reference_name"])
    own = pairs[pairs["object"] == ctx.object]
    found = [1 - float(r["p_above"]) for r in t.records(own) if ctx.name_of(str(r["other"])) in above]
    return found[0] if found else float("nan")


def why(job: Source) -> list[Output]:
    """The streams of one target's score, its differences, where it loses points, and the way to the next grade.

    Parameters
    ----------
    job : Source
        Reads ``streams``, ``contributions``, ``pair_probabilities``, ``lost_points``, ``way_up``.
    """
    ctx = job.ctx
    streams = job.own("streams")
    made: list[Output] = [tables.streams(streams, ctx, peers=job.peers("streams"))]
    if (streams["weight"] == 0).any():
        made.append(Text(("来源权重已按人工决定重新分配，与其他对象的差距不能逐项比较，不作分解。",)))
    else:
        made += differences(job.own("contributions"), job.own("pair_probabilities"), ctx)
    lost = job.own("lost_points")
    return [*made, *([tables.lost_points(lost, ctx)] if len(lost) else []), next_grade(job)]


def place(job: Source) -> list[Output]:
    """Where a city stands in its class: scores, and ranks with their intervals where it has a rank.

    Parameters
    ----------
    job : Source
        Reads ``composite``, ``rank_intervals``.
    """
    composite, ranks = job.peers("composite"), job.peers("rank_intervals")
    known = ranks.loc[ranks["rank"].notna(), "object"]
    made: list[Output] = [position_in_class(composite, job.ctx)]
    return [*made, rank_intervals(ranks, composite, job.ctx)] if (known == job.ctx.object).any() else made


def county_place_and_peers(job: Source) -> list[Output]:
    """A county among all that have a field score, then the counties of its city.

    Parameters
    ----------
    job : Source
        Reads ``counties``.
    """
    return [county_place(job.table("counties"), job.ctx), tables.counties(job.peers("counties"), job.ctx)]


def county_survey(job: Source) -> list[Output]:
    """What the survey says of a county: what differs from the province, the scored shares, then every estimate.

    Parameters
    ----------
    job : Source
        Reads ``estimates``.
    """
    ctx, own, province = job.ctx, job.own("estimates"), job.province("estimates")
    if own.empty:
        return [Text((f"专项调查没有{ctx.name}的样本户。",), id="t-estimates")]
    both = pd.concat([own, province], ignore_index=True)
    made: list[Output] = [tables.differing(own, ctx, province=province), estimate_profile(both, ctx, id="survey-key")]
    return [*made, tables.estimates(own, ctx, province=province)]


def own_grades(item_grades: pd.DataFrame, ctx: Context) -> list[Output]:
    """The grades of one city or unit, as picture and table; one sentence where it has none.

    Parameters
    ----------
    item_grades : DataFrame
        ``item_grades`` of the target.
    ctx : Context
    """
    if not (item_grades["n_graded"] > 0).any():
        return [Text((f"没有收到{ctx.name}的考核指标表和考评表，各项等次缺数据。",), "warning", _grades_id(ctx))]
    picture: Output = unit_grades(item_grades, ctx) if ctx.kind == "unit" else grade_matrix(item_grades, ctx)
    return [picture, tables.grades(item_grades, ctx)]


def _grades_id(ctx: Context) -> str:
    return "unit-grades" if ctx.kind == "unit" else "grade-matrix"


def own_report(job: Source) -> list[Output]:
    """The self-report: when it came and how its grades compare, with a picture for a city, and every item folded.

    Parameters
    ----------
    job : Source
        Reads ``self_status``, ``composite``, ``self_compare``.
    """
    ctx, rows = job.ctx, job.own("self_compare")
    made: list[Output] = [self_report(job)]
    if not ((rows["self_grade"] != "") & (rows["index_grade"] != "")).any():
        return made
    picture: list[Output] = [self_gap(rows, ctx)] if ctx.kind == "city" else []
    return [*made, *picture, tables.self_compare(rows, ctx)]
