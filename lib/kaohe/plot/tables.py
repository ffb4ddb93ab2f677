"""All tables of the reports: built frame in, `Table` out (or a `Text` saying why there is nothing).

Signatures: every function takes the rows to show (see `kaohe.base.built`), ``ctx``, the report's
`Context`, and a keyword ``id``, the slug of the table. Nothing is computed beyond selecting, ordering and formatting.

Grades and the rest of one target: `grades`, `field_grades`, `evidence`, `forms`, `streams`,
`caps`, `decisions`, `daily`, `problems`, `self_compare`, `completeness`.
Survey: `differing`, `estimates`, `survey_items`, `key_survey`, `villages`, `response`, `stages`, `nonresponse`,
`calibration`, `weight_diagnostics`.
Class and province: `ranking`, `sensitivity_summary`, `sensitivity`, `effective_weights`,
`counties`, `talk_list`, `class_summary`.
Why and how sure: `grade_chances`, `way_up`, `lost_points`, `swap_weights`, `consistency`, `profiles`, `group_scores`.
Scenarios and trials: `scenario_table`, `scenario_choices`, `trial_table`.
What came in: `intake_totals`, `intake`, `findings`, `set_aside`, `data_quality`, `screens_summary`, `screens`, `screen_records`,
`choices`.
"""

from __future__ import annotations

from kaohe.plot.charts_scenario import scenario_choices, scenario_table
from kaohe.plot.tables_agreement import consistency
from kaohe.plot.tables_class import (
    class_summary,
    counties,
    effective_weights,
    ranking,
    sensitivity,
    sensitivity_summary,
    talk_list,
)
from kaohe.plot.tables_data import (
    choices,
    completeness,
    data_quality,
    findings,
    intake,
    intake_totals,
    screen_records,
    screens,
    screens_summary,
    set_aside,
)
from kaohe.plot.tables_differ import differing
from kaohe.plot.tables_grades import (
    daily,
    evidence,
    field_grades,
    forms,
    grades,
    problems,
    self_compare,
)
from kaohe.plot.tables_score import caps, decisions, streams
from kaohe.plot.tables_survey import (
    calibration,
    estimates,
    key_survey,
    nonresponse,
    response,
    stages,
    survey_items,
    villages,
    weight_diagnostics,
)
from kaohe.plot.tables_trials import trial_table
from kaohe.plot.tables_why import (
    grade_chances,
    group_scores,
    lost_points,
    profiles,
    swap_weights,
    way_up,
)

__all__ = [
    "calibration", "caps", "choices", "class_summary", "completeness", "consistency", "counties", "daily", "data_quality", "decisions", "differing",
    "effective_weights", "estimates", "evidence", "field_grades", "findings", "forms", "grade_chances", "grades", "group_scores", "intake", "intake_totals", "key_survey", "lost_points",
    "nonresponse", "problems", "profiles", "ranking", "response", "scenario_choices", "scenario_table", "screen_records", "screens", "screens_summary", "self_compare", "sensitivity", "sensitivity_summary", "set_aside",
    "stages", "streams", "survey_items", "swap_weights", "talk_list", "trial_table", "villages", "way_up", "weight_diagnostics",
]  # fmt: skip
