"""The parts of the grading up to the composite and its reasons, without ranks' doubt, what-ifs and lists."""

from __future__ import annotations

import pandas as pd

from kaohe.base.plan import Plan
from kaohe.grade import composite
from kaohe.grade.caps import apply_caps
from kaohe.grade.composite import weigh_streams
from kaohe.grade.cross import cross_streams, index_items
from kaohe.grade.daily import daily_scores
from kaohe.grade.evidence import field_evidence, field_reach, grade_shares
from kaohe.grade.explain import components, contributions
from kaohe.grade.forms import item_rows
from kaohe.grade.inputs import roster, take
from kaohe.grade.lists import decisions_log
from kaohe.grade.profile import profiles
from kaohe.grade.survey_score import survey_scores

Tables = dict[str, pd.DataFrame]
COLUMNS = ["object", "class_id", "stream", "score", "low", "high", "se", "missing_share", "note"]


def graded(office: tuple[Tables, Tables], plan: Plan) -> Tables:
    """streams, composite, contributions, profiles and decisions_log, as `kaohe.grade.build_grades` puts them together."""
    clean, survey = office
    people = roster(clean, plan)
    rows = item_rows(clean, plan)
    reach = grade_shares(field_reach(clean, plan, rows, people), plan)
    index = index_items(rows, people, field_evidence(reach, plan), plan)
    scored, daily, decisions = (
        survey_scores(survey, people, plan),
        daily_scores(clean, people, plan),
        take(clean, "decisions"),
    )
    parts = [scored.streams, cross_streams(index, plan), daily.streams]
    streams = weigh_streams(pd.concat([p[COLUMNS] for p in parts], ignore_index=True), decisions, plan)
    scores = composite(streams, plan)
    scores["name"] = scores["object"].map(dict(zip(people["object"], people["name"], strict=True)))
    capped = apply_caps(scores, take(clean, "facts"), plan, decisions)
    return {
        "streams": streams, "composite": capped.composite, "profiles": profiles(index, plan),
        "contributions": contributions(components(scored, index, daily, streams, plan), capped.composite, plan),
        "decisions_log": decisions_log(decisions, capped, streams, people),
    }  # fmt: skip
