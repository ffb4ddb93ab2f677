"""All tables of the grading in one go: frames in, frames out."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from kaohe.base.check import conform
from kaohe.base.plan import Plan
from kaohe.grade.agreement import consistency
from kaohe.grade.caps import apply_caps
from kaohe.grade.completeness import completeness, overall
from kaohe.grade.composite import composite, effective_weights, weigh_streams
from kaohe.grade.counties import WEAK, counties_table, county_list
from kaohe.grade.cross import cross_streams, index_items, item_grades
from kaohe.grade.daily import daily_scores
from kaohe.grade.evidence import county_evidence, evidence_table, field_evidence, field_reach, grade_shares
from kaohe.grade.explain import components, contributions
from kaohe.grade.forms import form_scores, item_rows
from kaohe.grade.gains import lost_points, swap_weights, way_up
from kaohe.grade.inputs import Tables, roster, take
from kaohe.grade.lists import class_summary, decisions_log, rectify, self_compare, self_status, talk_list
from kaohe.grade.profile import group_scores, profiles
from kaohe.grade.sensitivity import class_scores, class_sensitivity, without_ranks
from kaohe.grade.survey_score import survey_scores
from kaohe.grade.targets import targets_table
from kaohe.grade.uncertainty import uncertainty_tables


def build_grades(
    clean: Tables, survey: Tables, plan: Plan, *, rng: np.random.Generator, as_of: date | None = None
) -> dict[str, pd.DataFrame]:
    """Every built table of the grading.

    Parameters
    ----------
    clean : mapping of table name to DataFrame
        Clean tables with English columns: objects, places, pairing, forms, grades, daily, facts,
        decisions, self_reports, self_grades, problems. One that is absent counts as not received.
    survey : mapping of table name to DataFrame
        Built tables estimates, estimate_cov, estimate_cov_between and response.
    plan : Plan
    rng : Generator
        Source of the draws behind rank intervals and random scales.
    as_of : date, optional
        The day against which rectification is overdue or not.

    Returns
    -------
    dict of table name to DataFrame
        Each conforms to its contract; every target stands in every table about targets, also
        where its data are missing.

    Raises
    ------
    KaoheError
        K601 to K604 for inputs that break their contract.
    """
    people = roster(clean, plan)
    rows = item_rows(clean, plan)
    reach = field_reach(clean, plan, rows, people)
    graded = grade_shares(reach, plan)
    evidence = field_evidence(graded, plan)
    designated = field_evidence(graded[~graded["local"]], plan)
    index = index_items(rows, people, evidence, plan)
    daily = daily_scores(clean, people, plan)
    scored = survey_scores(survey, people, plan)
    decisions = take(clean, "decisions")
    facts = take(clean, "facts")
    parts = [scored.streams, cross_streams(index, plan), daily.streams]
    columns = ["object", "class_id", "stream", "score", "low", "high", "se", "missing_share", "note"]
    streams = weigh_streams(pd.concat([p[columns] for p in parts], ignore_index=True), decisions, plan)
    capped = apply_caps(composite(streams, plan), facts, plan, decisions)
    scores = capped.composite
    scores["name"] = scores["object"].map(dict(zip(people["object"], people["name"], strict=True)))
    whole = completeness(people, clean, survey, scored, daily, index, reach, plan)
    scores["completeness"] = scores["object"].map(overall(whole))
    n_weak = index[index["grade"].isin(WEAK)].groupby("object").size()
    scores["n_weak"] = scores["object"].map(n_weak).fillna(0).astype("int64")

    forms = form_scores(clean, plan, rows)
    counties = county_list(clean, survey, plan)
    grades = item_grades(index, reach, people, counties, plan)
    county = counties_table(counties, forms, grades, clean, survey, plan)
    tables = {
        "targets": targets_table(people, county, plan),
        "item_grades": grades,
        "form_scores": forms,
        "evidence": pd.concat(
            [evidence_table(index, evidence, designated, plan), county_evidence(evidence, designated, counties, plan)],
            ignore_index=True,
        ),
        "survey_items": scored.items,
        "daily_items": daily.items,
        "daily_sources": daily.sources,
        "streams": streams,
        "composite": scores,
        "caps": capped.caps,
        "decisions_log": decisions_log(decisions, capped, streams, people),
        "effective_weights": effective_weights(scores, plan),
        "counties": county,
        "talk_list": talk_list(scores, county, facts, plan),
        "rectify": rectify(take(clean, "problems"), clean, people, plan, as_of),
        "completeness": whole,
        "self_compare": self_compare(take(clean, "self_grades"), index, plan),
        "self_status": self_status(take(clean, "self_reports"), people, plan),
        "class_summary": class_summary(scores, plan),
    }
    parts_of = components(scored, index, daily, streams, plan)
    lost = lost_points(parts_of, index, plan)
    tables |= {
        "contributions": contributions(parts_of, scores, plan), "lost_points": lost, "way_up": way_up(scores, lost, plan),
        "swap_weights": swap_weights(scores, streams, plan), "profiles": profiles(index, plan),
        "group_scores": group_scores(index, rows, plan),
        "consistency": consistency(tables["evidence"], tables["self_compare"], scores, plan),
    }  # fmt: skip
    doubt = uncertainty_tables(scores, scored, streams, plan, rng)
    tables |= {
        "rank_intervals": doubt.intervals, "rank_probabilities": doubt.ranks, "grade_probabilities": doubt.grades,
        "pair_probabilities": doubt.pairs,
    }  # fmt: skip
    what_ifs = [
        class_sensitivity(class_scores(c, index, streams, scores, plan), plan, rng=own)
        for c, own in zip(plan.classes, rng.spawn(len(plan.classes)), strict=True)
    ]
    tables["sensitivity"] = without_ranks(pd.concat([w[0] for w in what_ifs], ignore_index=True), people)
    tables["sensitivity_summary"] = pd.concat([w[1] for w in what_ifs], ignore_index=True)
    return {name: conform(name, frame) for name, frame in tables.items()}
