"""The charts of the reports: built tables in, one `Chart` out.

Every function takes built tables (contracts in `kaohe.base.built`), the report's context and
keyword-only options. A chart whose data is missing says so in one `Text` paragraph instead of an
empty picture, so a notebook cell never needs a condition. Rows that belong to other targets or
classes are left out here: whole tables may be given.

Grades
    grade_matrix(item_grades, ctx)                     a city, county or unit: items × levels
    unit_grades(item_grades, ctx)                      the same for a unit
    county_grades(item_grades, ctx)                    the same for a county
    grade_mix(item_grades, ctx, *, class_id="")        a class: share of grades by target
    item_mix(item_grades, ctx, *, class_id="")         a class: share of grades by item
    grade_heatmap(item_grades, ctx, *, class_id="", page=1)   a class: targets × items
    evidence_gap(evidence, ctx)                        a target: index grade against field evidence
    self_gap(self_compare, ctx)                        a target: own grade against the assessed one
Scores and ranks
    streams_bars(streams, ctx, *, class_id="")         a class: contributions, difference from the mean
    waterfall(contributions, ctx, *, reference="mean") a target: where the difference comes from
    position_in_class(composite, ctx)                  a target among its class
    unit_bands(composite, ctx, *, class_id="unit235")  a large class: targets by score
    rank_intervals(rank_intervals, composite, ctx, *, class_id="")   a class: ranks with intervals
    sensitivity_ranks(sensitivity, ctx, *, class_id="")  a class: ranks under other choices
    effective_weights(effective_weights, ctx, *, class_id="")   nominal against effective weights
    daily_deductions(daily_sources, ctx)               a target: points taken off by source
    survey_scores(survey_items, ctx)                   a target: scored survey indicators
    county_ranks(counties, ctx)                        counties of a city, or the last of the province
    class_summary(class_summary, ctx)                  grades by class
    tile_grid(composite, ctx)                          the province as tiles (not a map)
Survey
    estimate_dots(estimates, ctx, indicator, *, domain_type="")   one indicator: cities and the province
    estimate_profile(estimates, ctx, *, topic)         a target: shares of a topic and the province
    income_bars(income, ctx, *, domain_type="")        income quantiles and the share below the line
    response_bars(response, ctx, *, domain_type="city")  response rates
    weights_chart(weight_diagnostics, ctx)             final weights: least, median, greatest, deff
Data
    data_quality_bars(data_quality, ctx)               missing and doubtful shares
    completeness_bars(completeness, ctx)               a target: received of expected
"""
