from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from kaohe.base.built import BUILT
from kaohe.base.errors import KaoheError
from kaohe.base.plan import Plan
from kaohe.grade import build_grades
from kaohe.grade.inputs import COLUMNS, take
from support.graded import graded
from support.office_frames import make_office

Tables = dict[str, pd.DataFrame]
PER_TARGET = (
    "item_grades", "form_scores", "evidence", "streams", "composite", "caps", "rank_intervals", "sensitivity",
    "completeness", "self_compare", "self_status", "daily_sources", "way_up", "consistency", "profiles", "group_scores",
)  # fmt: skip
NAMES = {
    *PER_TARGET, "targets", "survey_items", "daily_items", "decisions_log", "rank_probabilities",
    "sensitivity_summary", "contributions", "grade_probabilities", "pair_probabilities", "lost_points", "swap_weights", "effective_weights", "counties", "talk_list", "rectify", "class_summary",
}  # fmt: skip


def same(a: Tables, b: Tables) -> None:
    for name in a:
        pd.testing.assert_frame_equal(a[name], b[name], check_exact=False, rtol=1e-12, atol=1e-12)


def test_every_table_of_the_grading_is_built_as_its_contract_says(built: Tables) -> None:
    assert set(built) == NAMES
    for name, frame in built.items():
        assert list(frame.columns) == BUILT[name].names


@pytest.mark.parametrize("name", PER_TARGET)
def test_every_target_stands_in_every_table_about_targets(built: Tables, plan: Plan, name: str) -> None:
    everyone = {m for c in plan.classes.values() for m in c.members} | {f"DW{i:03d}" for i in range(1, 13)}
    assert everyone <= set(built[name]["object"])


def test_without_any_data_every_target_is_there_and_nothing_is_made_up(plan: Plan) -> None:
    clean, _ = make_office(1, 12, plan)
    tables = build_grades({"objects": clean["objects"]}, {}, plan, rng=np.random.default_rng(1))
    scores = tables["composite"]
    assert len(scores) == 32
    assert scores["composite"].isna().all()
    assert scores["rank"].isna().all()
    assert set(scores["grade_final"]) == {"缺数据"}
    assert set(scores["grade_score"]) == {""}
    cities = scores["class_id"] != "unit235"
    assert np.allclose(scores.loc[cities, "low"], 0.4 * 25)
    assert np.allclose(scores.loc[~cities, "low"], 0.6 * 25)
    assert np.allclose(scores["high"], 100)
    assert set(scores["completeness"]) == {0.0}
    assert set(tables["streams"]["state"]) == {"未收到"}
    assert len(tables["contributions"]) == 0
    assert len(tables["talk_list"]) == 0
    assert tables["rank_intervals"][["low", "high"]].isna().all(axis=None)
    for name in PER_TARGET:
        assert set(scores["object"]) <= set(tables[name]["object"]), name


def test_targets_have_unique_ascii_slugs_and_one_row_a_report(built: Tables) -> None:
    targets = built["targets"]
    assert targets["slug"].is_unique
    assert targets["slug"].map(str.isascii).all()
    counts = targets.groupby("notebook").size()
    assert counts["40_city"] == 20
    assert counts["30_survey"] == 20
    assert counts["50_unit"] == 12
    assert counts["60_ranking"] == 3
    assert counts["45_county"] == len(built["counties"]) > 28
    rows = targets.set_index("slug")
    assert rows.loc["city-440200", "name"] == "韶关市"
    assert rows.loc["survey-440200", "kind"] == "survey"
    assert rows.loc["unit-dw001", "class_id"] == "unit235"
    assert {"overview", "sample-design", "data-quality", "ranking-city14"} <= set(rows.index)


@pytest.mark.case("E05")
def test_order_of_rows_changes_nothing_and_inputs_stay(
    office: tuple[Tables, Tables], built: Tables, plan: Plan
) -> None:
    rng = np.random.default_rng(7)
    shuffled = [{k: v.iloc[rng.permutation(len(v))].reset_index(drop=True) for k, v in part.items()} for part in office]
    before = [{k: v.copy() for k, v in part.items()} for part in shuffled]
    same(built, build_grades(*shuffled, plan, rng=np.random.default_rng(2020)))
    for part, kept in zip(shuffled, before, strict=True):
        for name, frame in part.items():
            pd.testing.assert_frame_equal(frame, kept[name])


def test_another_class_changes_nothing(office: tuple[Tables, Tables], built: Tables, plan: Plan) -> None:
    clean, survey = office
    fewer = {**clean, "objects": clean["objects"][clean["objects"]["class_id"] != "unit235"]}
    alone = build_grades(fewer, survey, plan, rng=np.random.default_rng(2020))
    for name in ("composite", "streams", "caps", "contributions", "evidence"):
        cities = built[name][~built[name]["object"].str.startswith("DW")].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone[name], cities)


def test_a_lost_column_is_named(office: tuple[Tables, Tables], plan: Plan) -> None:
    clean, survey = office
    clean["daily"] = clean["daily"].drop(columns=["severity"])
    with pytest.raises(KaoheError) as caught:
        build_grades(clean, survey, plan, rng=np.random.default_rng(1))
    assert caught.value.message() == (
        "K601 A table that the grading reads lacks a column\n"
        "  where     daily\n"
        "  got       severity\n"
        "  expected  record, object, source, date, kind, severity, measure, value, note\n"
        "  remedy    run `kaohe clean` again"
    )


def test_a_target_registered_twice_is_named(office: tuple[Tables, Tables], plan: Plan) -> None:
    clean, survey = office
    clean["objects"] = pd.concat([clean["objects"], clean["objects"].tail(1)], ignore_index=True)
    with pytest.raises(KaoheError) as caught:
        build_grades(clean, survey, plan, rng=np.random.default_rng(1))
    assert caught.value.message() == (
        "K602 A target is registered twice\n"
        "  where     objects\n"
        "  got       DW012\n"
        "  expected  each code once\n"
        "  remedy    mend the register and run `kaohe clean` again"
    )


READ = {
    "objects": "object name class_id",
    "places": "place name level parent designated",
    "pairing": "village helper_city unit",
    "forms": "form_key form object place city county town village team visit_date",
    "grades": "form_key item grade remark",
    "daily": "record object source date kind severity measure value note",
    "facts": "object field value evidence date",
    "decisions": "decision object kind from_grade to_grade stream reason by_role date",
    "self_reports": "object date grade",
    "self_grades": "object item grade",
    "problems": "problem object place source date item prominent note state done_date",
    "estimates": "domain_type domain indicator is_share estimate se n n_psu deff quality",
    "estimate_cov": "domain_type domain a b cov",
    "estimate_cov_between": "domain_type domain other a b cov",
    "response": "domain_type domain selected completed vacant",
}


def test_the_tables_that_the_grading_reads() -> None:
    assert set(COLUMNS) == set(READ)


@pytest.mark.parametrize("name", READ)
def test_a_table_that_did_not_come_in_is_an_empty_frame(name: str) -> None:
    frame = take({}, name)
    assert len(frame) == 0
    assert list(frame.columns) == READ[name].split()


def test_a_class_without_index_tables_is_graded_by_field_evidence_as_a_whole(
    office: tuple[Tables, Tables], plan: Plan
) -> None:
    clean, survey = office
    keep = clean["forms"]["form"] != "city14"
    clean["forms"] = clean["forms"][keep]
    tables = build_grades(clean, survey, plan, rng=np.random.default_rng(1))
    cross = tables["streams"].query("class_id == 'city14' and stream == 'cross'").set_index("object")
    evidence = tables["evidence"].query("class_id == 'city14'")
    assert np.allclose(cross["score"], evidence.groupby("object")["evidence"].mean().reindex(cross.index))
    assert cross["note"].str.contains("实地核查得分代替").all()
    assert tables["composite"].query("class_id == 'city14'")["rank"].notna().all()
    gap = tables["contributions"].groupby(["object", "reference"])["delta"].sum()
    scores = tables["composite"].set_index("object")
    means = gap.xs("mean", level="reference")
    assert len(means) == 32  # 14 and 6 cities, 12 units
    for code, total in means.items():
        assert total == pytest.approx(scores.loc[code, "composite"] - scores.loc[code, "class_mean"], abs=1e-9)


def test_one_missing_index_table_is_not_filled_with_evidence(office: tuple[Tables, Tables], plan: Plan) -> None:
    clean, survey = office
    code = plan.classes["city14"].members[0]
    clean["forms"] = clean["forms"][clean["forms"]["form_key"] != f"city14:{code}"]
    tables = graded((clean, survey), plan)
    cross = tables["streams"].set_index(["object", "stream"]).loc[(code, "cross")]
    assert np.isnan(cross["score"])
    assert (cross["low"], cross["high"]) == (25.0, 100.0)
    assert cross["note"] == "没有收到考核指标表"
    target = tables["composite"].set_index("object").loc[code]
    assert target["status"] == "缺数据"
    assert target["n_ranked"] == 13


def test_a_blank_grade_with_不适用_leaves_the_form_and_a_blank_one_without_it_does_not(
    office: tuple[Tables, Tables], plan: Plan
) -> None:
    clean, survey = office
    code, other = plan.classes["city14"].members[:2]
    grades = clean["grades"]
    for who, item, remark in ((code, 3, "不适用：本市无此项"), (other, 3, "未提供")):
        at = (grades["form_key"] == f"city14:{who}") & (grades["item"] == item)
        assert at.sum() == 1
        grades.loc[at, ["grade", "remark"]] = ["", remark]
    tables = graded((clean, survey), plan)
    cross = tables["streams"].set_index(["object", "stream"])
    rest = grades[(grades["form_key"] == f"city14:{code}") & (grades["item"] != 3)]["grade"].map(plan.scale.values)
    assert cross.loc[(code, "cross"), "score"] == pytest.approx(rest.mean(), abs=1e-9)
    assert cross.loc[(code, "cross"), "missing_share"] == 0
    assert np.isnan(cross.loc[(other, "cross"), "score"])
    assert cross.loc[(other, "cross"), "note"] == "第3项未评"
    scores = tables["composite"].set_index("object")
    assert scores.loc[code, "rank"] > 0
    assert scores.loc[other, "status"] == "缺数据"
    profile = tables["profiles"].set_index("object")
    assert (profile.loc[code, "n_items"], profile.loc[code, "n_graded"]) == (16, 16)
    assert (profile.loc[other, "n_items"], profile.loc[other, "n_graded"]) == (17, 16)


def test_equal_groups_as_a_choice(office: tuple[Tables, Tables], plan: Plan) -> None:
    choices = {**plan.choices, "items": {"weighting": "equal_groups", "note": ""}}
    other = dataclasses.replace(plan, choices=choices)
    tables = build_grades(*office, other, rng=np.random.default_rng(1))
    code = plan.classes["city14"].members[0]
    rows = tables["item_grades"].query("object == @code and level == 'city'")
    by_hand = rows.groupby("group")["value"].mean().mean()
    cross = tables["streams"].set_index(["object", "stream"]).loc[(code, "cross"), "score"]
    assert cross == pytest.approx(by_hand, abs=1e-9)
    total = tables["contributions"].query("object == @code and reference == 'mean'")["delta"].sum()
    target = tables["composite"].set_index("object").loc[code]
    assert total == pytest.approx(target["composite"] - target["class_mean"], abs=1e-9)


def test_the_whole_province_has_255_targets(plan: Plan) -> None:
    tables = graded(make_office(2, 235, plan), plan)
    assert len(tables["composite"]) == 255
    assert tables["composite"]["rank"].notna().all()
