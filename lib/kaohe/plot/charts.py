"""The charts of the reports: built tables in, one `Chart` out.

Every function takes built tables (contracts in `kaohe.base.built`), ``ctx``, the report's context, and
keyword-only options. A chart whose data is missing says so in one `Text` paragraph instead of an
empty picture, so a notebook cell never needs a condition. Every function takes ``id`` too: the ASCII
slug of the figure, by default the name given in its signature; where there is a ``title``, it stands in
place of the computed one. Rows that belong to other targets or
classes are left out here: whole tables may be given. In the examples ``s = kaohe.open()``.

Grades
    grade_matrix(item_grades, ctx)                     a city, county or unit: items × levels
    unit_grades(item_grades, ctx)                      the same for a unit
    county_grades(item_grades, ctx)                    the same for a county
    grade_mix(item_grades, ctx, *, class_id="", page=1)   a class: number of items at each grade by target
    item_mix(item_grades, ctx, *, class_id="")         a class: number of targets at each grade by item
    grade_heatmap(item_grades, ctx, *, class_id="", page=1)   a class: targets × items
    heatmap_pages(item_grades, ctx, *, class_id="")    number of pages of the two above
    evidence_gap(evidence, ctx)                        a target: index grade against field evidence
    self_gap(self_compare, ctx)                        a target: own grade against the assessed one
Scores and ranks
    streams_bars(streams, ctx, *, class_id="")         a class: contributions, difference from the mean
    waterfall(contributions, ctx, *, reference="mean") a target: where the difference comes from (also next, cut)
    position_in_class(composite, ctx)                  a target among its class
    unit_bands(composite, ctx, *, class_id="unit235")  a large class: targets by score
    rank_intervals(rank_intervals, composite, ctx, *, class_id="")   a class: ranks with intervals
    pair_chances(pair_probabilities, composite, ctx, *, class_id="")   a class: who is likely ahead of whom
    scenario_ranks(scenario_compare, ctx, *, title, class_id="")   a class: ranks of the base and of a scenario
    sensitivity_ranks(sensitivity, ctx, *, class_id="")  a class: ranks under other choices
    effective_weights(effective_weights, ctx, *, class_id="")   nominal against effective weights
    daily_deductions(daily_sources, ctx)               a target: points taken off by source
    survey_scores(survey_items, ctx)                   a target: scored survey indicators
    band_place(composite, ctx)                         a unit: the bands of its class as columns, its own marked
    county_place(counties, ctx)                        a county among all that have a field score
    county_ranks(counties, ctx)                        counties of a city, or the last of the province
    class_summary(class_summary, ctx)                  grades by class
    tile_grid(composite, ctx)                          the province as tiles (not a map)
Survey
    estimate_dots(estimates, ctx, indicator, *, domain_type="")   one indicator: cities and the province
    estimate_profile(estimates, ctx, *, topic, unit="household")   a target: shares of a topic and the province
    income_bars(income, ctx, *, domain_type="")        income quantiles and the share below the line
    response_bars(response, ctx, *, domain_type="city")  response rates
    weights_chart(weight_diagnostics, ctx)             final weights: least, median, greatest, deff
Sets
    topic_profiles(estimates, ctx)                     a target: estimate_profile of every household topic, a list
    item_charts(item_grades, ctx)                      a class: grade_heatmap, for a large one item_mix before it
    rank_chart(rank_intervals, composite, ctx)         a class: rank_intervals, or unit_bands without a survey
Workbench (see `kaohe.open`)
    estimate_chart(table)                              any table of estimates of one unit (its own ``.chart()``)
    quantiles(curve, *, line=None), lorenz(curve), poverty_lines(curve, *, line=None)   curves with bands
    influence_bars(found)                              an estimate without each unit
    trial_dots(estimates, weights)                     an estimate under other calibrations
    agreement_matrix(table, first, second, *, kappa), kappa_dots(found, label)   two gradings of the same things
Data
    data_quality_bars(data_quality, ctx, *, limit=0.05)   missing and doubtful shares
    completeness_bars(completeness, ctx)               a target: received of expected
"""

from __future__ import annotations

from kaohe.plot.charts_band import band_place, unit_bands
from kaohe.plot.charts_bench import influence_bars, trial_dots
from kaohe.plot.charts_chances import pair_chances
from kaohe.plot.charts_class import effective_weights, position_in_class
from kaohe.plot.charts_counties import county_place, county_ranks
from kaohe.plot.charts_curves import lorenz, poverty_lines, quantiles
from kaohe.plot.charts_dots import estimate_chart
from kaohe.plot.charts_evidence import evidence_gap, self_gap
from kaohe.plot.charts_heat import grade_heatmap, heatmap_pages
from kaohe.plot.charts_kappa import agreement_matrix, kappa_dots
from kaohe.plot.charts_matrix import county_grades, grade_matrix, unit_grades
from kaohe.plot.charts_mix import grade_mix, item_mix
from kaohe.plot.charts_points import daily_deductions, survey_scores
from kaohe.plot.charts_province import class_summary, tile_grid
from kaohe.plot.charts_quality import completeness_bars, data_quality_bars
from kaohe.plot.charts_ranks import rank_intervals, sensitivity_ranks
from kaohe.plot.charts_sample import income_bars, response_bars, weights_chart
from kaohe.plot.charts_scenario import scenario_ranks
from kaohe.plot.charts_scores import streams_bars, waterfall
from kaohe.plot.charts_survey import estimate_dots, estimate_profile
from kaohe.plot.sets import item_charts, rank_chart, topic_profiles

__all__ = [
    "agreement_matrix",
    "band_place",
    "class_summary",
    "completeness_bars",
    "county_grades",
    "county_place",
    "county_ranks",
    "daily_deductions",
    "data_quality_bars",
    "effective_weights",
    "estimate_chart",
    "estimate_dots",
    "estimate_profile",
    "evidence_gap",
    "grade_heatmap",
    "grade_matrix",
    "grade_mix",
    "heatmap_pages",
    "income_bars",
    "influence_bars",
    "item_charts",
    "item_mix",
    "kappa_dots",
    "lorenz",
    "pair_chances",
    "position_in_class",
    "poverty_lines",
    "quantiles",
    "rank_chart",
    "rank_intervals",
    "response_bars",
    "scenario_ranks",
    "self_gap",
    "sensitivity_ranks",
    "streams_bars",
    "survey_scores",
    "tile_grid",
    "topic_profiles",
    "trial_dots",
    "unit_bands",
    "unit_grades",
    "waterfall",
    "weights_chart",
]  # fmt: skip
