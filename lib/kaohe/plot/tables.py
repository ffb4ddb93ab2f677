"""All tables of the reports: built frame in, `Table` out (or a `Text` saying why there is nothing).

Signatures: every function takes the rows to show (see `kaohe.base.built`) and the report's
`Context`, and a keyword ``id``. Nothing is computed beyond selecting, ordering and formatting.

Grades and the rest of one target: `grades`, `field_grades`, `evidence`, `forms`, `streams`,
`caps`, `decisions`, `daily`, `problems`, `self_compare`, `completeness`.
Survey: `estimates`, `survey_items`, `key_survey`, `villages`, `response`, `nonresponse`,
`calibration`, `weight_diagnostics`.
Class and province: `ranking`, `sensitivity_summary`, `sensitivity`, `effective_weights`,
`counties`, `talk_list`, `class_summary`.
What came in: `intake_totals`, `intake`, `findings`, `set_aside`, `data_quality`, `screens`, `screen_records`,
`choices`.
"""

from __future__ import annotations

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
    set_aside,
)
from kaohe.plot.tables_grades import (
    caps,
    daily,
    decisions,
    evidence,
    field_grades,
    forms,
    grades,
    problems,
    self_compare,
    streams,
)
from kaohe.plot.tables_survey import (
    calibration,
    estimates,
    key_survey,
    nonresponse,
    response,
    survey_items,
    villages,
    weight_diagnostics,
)

__all__ = [
    "calibration", "caps", "choices", "class_summary", "completeness", "counties", "daily", "data_quality", "decisions",
    "effective_weights", "estimates", "evidence", "field_grades", "findings", "forms", "grades", "intake", "intake_totals", "key_survey",
    "nonresponse", "problems", "ranking", "response", "screen_records", "screens", "self_compare", "sensitivity", "sensitivity_summary", "set_aside",
    "streams", "survey_items", "talk_list", "villages", "weight_diagnostics",
]  # fmt: skip
