"""Computed texts of the reports: an open report in, `Notes`, `Cards` or `Text` out.

Every function takes ``job``, the report (`kaohe.plot.words_common.Source`: its ``ctx``, ``own``, ``peers``,
``table``), and reads the built tables named in its docstring; `method` and `choices` take the
context alone. Every sentence is made from the tables, with its zero, one and many cases.

Main conclusions: `conclusions_city`, `conclusions_county`, `conclusions_unit`,
`conclusions_survey`, `conclusions_ranking`, `conclusions_overview`, `conclusions_sample`,
`conclusions_quality`; and ``cards_…`` of the same names.
Paragraphs: `gaps`, `class_gaps`, `next_grade`, `self_report`, `survey_gaps`, `survey_scope`, `method`, `choices`.
"""

from __future__ import annotations

from kaohe.plot.words_city import cards_city, conclusions_city
from kaohe.plot.words_class import cards_ranking, conclusions_ranking
from kaohe.plot.words_county import cards_county, conclusions_county
from kaohe.plot.words_data import cards_quality, cards_sample, conclusions_quality, conclusions_sample
from kaohe.plot.words_method import choices, class_gaps, gaps, method, self_report
from kaohe.plot.words_overview import cards_overview, conclusions_overview
from kaohe.plot.words_survey import cards_survey, conclusions_survey, survey_gaps, survey_scope
from kaohe.plot.words_unit import cards_unit, conclusions_unit
from kaohe.plot.words_why import next_grade

__all__ = [
    "cards_city", "cards_county", "cards_overview", "cards_quality", "cards_ranking", "cards_sample", "cards_survey",
    "cards_unit", "choices", "class_gaps", "conclusions_city", "conclusions_county", "conclusions_overview",
    "conclusions_quality", "conclusions_ranking", "conclusions_sample", "conclusions_survey", "conclusions_unit", "gaps",
    "method", "next_grade", "self_report", "survey_gaps", "survey_scope",
]  # fmt: skip
