"""The packaged plan against an independent transcription, and faulty plans refused by name."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from kaohe.base.errors import InputRefused, KaoheError
from kaohe.base.plan import PLANS, Plan, load_plan

REFERENCE = Path(__file__).parents[2] / "reference"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan()


@pytest.fixture
def edit(tmp_path: Path):
    """A function that copies the packaged plan with one passage replaced and loads it."""

    def _edit(old: str, new: str, file: str = "plan.toml") -> Plan:
        folder = tmp_path / "plan"
        shutil.copytree(PLANS / "2020", folder)
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text, old
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return load_plan(folder)

    return _edit


def test_items_are_the_official_ones(plan: Plan) -> None:
    with (REFERENCE / "plan_2020_items.csv").open(encoding="utf-8", newline="") as handle:
        expected = [
            (r["form"], int(r["no"]), r["concept"], r["group"], r["subgroup"], r["name"], r["data_source"])
            for r in csv.DictReader(handle)
        ]
    got = [
        (f.id, i.no, i.concept, i.group, i.subgroup, i.name, i.data_source)
        for f in plan.forms.values()
        for i in f.items
    ]
    assert got == expected
    assert {f: len(plan.forms[f].items) for f in plan.forms} == {
        "city14": 17, "city6": 10, "unit235": 15, "county": 17, "town": 16, "village": 18,
    }  # fmt: skip


def test_concepts_align_levels(plan: Plan) -> None:
    facts = json.loads((REFERENCE / "plan_2020_facts.json").read_text(encoding="utf-8"))
    for entry in facts["concept_map"]:
        for form in ("city14", "county", "town", "village", "city6", "unit235"):
            item = plan.forms[form].by_concept().get(entry["concept"])
            assert (item.no if item else None) == entry[form], (entry["concept"], form)
    assert list(plan.daily_sources.values()) == facts["daily_sources"]
    assert plan.raw["survey_topics"]["household"] == facts["survey_topics"]["household"]
    assert plan.raw["survey_topics"]["village"] == facts["survey_topics"]["village"]


def test_short_names_are_passages_of_the_official_wording(plan: Plan) -> None:
    for form in plan.forms.values():
        for item in form.items:
            short = plan.concepts[item.concept]
            assert short in item.name or short == item.subgroup, (item.code, short)


def test_classes_and_streams_are_the_plans(plan: Plan) -> None:
    assert {c.id: c.n for c in plan.classes.values()} == {"city14": 14, "city6": 6, "unit235": 235}
    assert plan.classes["city14"].streams == {"survey": 0.3, "cross": 0.4, "daily": 0.3}
    assert plan.classes["city6"].streams == {"survey": 0.3, "cross": 0.4, "daily": 0.3}
    assert plan.classes["unit235"].streams == {"cross": 0.6, "daily": 0.4}
    names = {plan.gazetteer.name(m) for m in plan.classes["city6"].members}
    assert names == {"广州市", "深圳市", "珠海市", "佛山市", "东莞市", "中山市"}
    assert [r.id for r in plan.active_rules] == ["V1", "V2"]
    assert plan.dates["self_report_due"].isoformat() == "2020-12-10"


def test_codebook_covers_every_topic(plan: Plan) -> None:
    asked = [q for q in plan.questions.values() if q.type != "derived"]
    assert len(asked) >= 60
    for table in ("household", "village"):
        topics = {q.topic for q in plan.table_questions(table, asked=True)}
        assert topics == set(plan.raw["survey_topics"][table])


def test_office_choices_stand_apart_from_the_law(plan: Plan) -> None:
    text = (PLANS / "2020" / "plan.toml").read_text(encoding="utf-8")
    law, choices = text.split("[choices.scale]", 1)
    assert "[choices" not in re.sub(r"(?m)#.*$|\(\[choices.*$", "", law)
    assert not re.search(r"^\[\[?(classes|forms|rules|dates)", choices, re.M)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("streams = { survey = 0.3, cross = 0.4,", "streams = { survey = 0.35, cross = 0.4,",
         ["classes.city14.streams", "1.05", "weights that add to 1"]),
        ('cuts = { "好" = 87.5, "较好" = 62.5', 'cuts = { "好" = 90.0, "较好" = 80.0',
         ["choices.scale", "较好 has the value 75", "一般", "round-trip"]),
        ('concept = "exit", group = "一、减贫成效"', 'concept = "exti", group = "一、减贫成效"',
         ["forms.city14.items[1].concept", "exti", "exit"]),
        ('members = ["440500000000",', 'members = ["440700000000",',
         ["classes.city14.members", "江门", "另行制定"]),
        ("no = 2, concept", "no = 3, concept", ["items[2].no", "3", "without a gap"]),
        ("county = 0.3333333333333333,", "county = 0.5,", ["choices.levels.weights", "adding to 1"]),
        ('active = ["V1", "V2"]', 'active = ["V1", "V9"]', ["choices.rules.active", "V9"]),
        ("schema = 2", "schema = 7", ["schema", "7", "schema = 2"]),
        ("[choices.ties]", "[choices.tie]", ["choices.tie", "ties"]),
        ('cap = "一般"', 'cap = "中等"', ["rules.V1.cap", "中等", "一般"]),
        ("[choices.scale]", "[choices.scale", ["not valid TOML"]),
        ('place = "440700000000"\nname = "江门市"', 'place = "440200000000"\nname = "韶关市"',
         ["classes.city14.members", "440200000000 (韶关市)", "另行制定"]),
        ("confidence = 0.95", "confidence = 1.0", ["K151", "choices.survey.confidence", "1.0", "above 0 and below 1"]),
        ("confidence = 0.95", "confidence = 0", ["K151", "choices.survey.confidence", "got       0", "above 0 and below 1"]),
        ("level = 0.95", "level = 1", ["K151", "choices.uncertainty.level", "got       1", "above 0 and below 1"]),
        ("straight_forms = 0.10", "straight_forms = 1.5", ["K151", "choices.screens.straight_forms", "1.5", "between 0 and 1"]),
        ("least_households = 20", "least_households = 1", ["K151", "choices.screens.least_households", "2 or more"]),
        ("self_better = 0.60", "self_bettr = 0.60", ["K142", "choices.screens.self_bettr", "self_better"]),
        ("level = 0.95", "level = 0.0", ["K151", "choices.uncertainty.level", "0.0", "above 0 and below 1"]),
    ],
)  # fmt: skip
def test_faulty_plan_is_refused_by_key_value_and_remedy(edit, old: str, new: str, says: list[str]) -> None:
    with pytest.raises(InputRefused) as caught:
        edit(old, new)
    for part in says:
        assert part in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("old", "new", "where", "got", "expected"),
    [
        (
            'id = "city14"\nname', 'id = "city15"\nname', "classes",
            "city15 is not known, city14 is missing", "the ids city14, city6, unit235, each once",
        ),
        (
            '[[streams]]\nid = "daily"', '[[streams]]\nid = "social"\nname = "社会评价"\n[[streams]]\nid = "daily"', "streams",
            "social is not known", "the ids cross, daily, survey, each once",
        ),
        (
            'id = "town"\nlevel', 'id = "county"\nlevel', "forms",
            "town is missing, county stands twice", "the ids county, town, village, each once",
        ),
        ('form = "city6"', 'form = "city14"', "classes.city6", "kind city, form city14", "kind city, form city6"),
        ('kind = "unit"', 'kind = "city"', "classes.unit235", "kind city, form unit235", "kind unit, form unit235"),
        (
            'id = "town"\nlevel', 'id = "township"\nlevel', "forms",
            "township is not known, town is missing", "the ids county, town, village, each once",
        ),
        ('id = "town"\nlevel = "town"', 'id = "town"\nlevel = "county"', "forms.town.level", "county", "town"),
    ],
)  # fmt: skip
def test_an_id_that_code_does_not_know_is_refused(
    edit, old: str, new: str, where: str, got: str, expected: str
) -> None:
    with pytest.raises(InputRefused) as caught:
        edit(old, new)
    error = caught.value
    assert (error.code, error.where, error.got, error.expected) == ("K158", f"plan.toml › {where}", got, expected)
    assert "docs/operations.md, A new year" in error.remedy


def test_a_class_of_fifteen_keeps_its_id(edit) -> None:
    fifteen = edit('n = 14\nform = "city14"\nmembers = [', 'n = 15\nform = "city14"\nmembers = ["440100000000", ')
    assert (fifteen.classes["city14"].n, len(fifteen.classes["city14"].members)) == (15, 15)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('type = "int"', 'type = "integer"', ["hh_size", "type = integer", "int, number"]),
        ('denominator = "school_age"', 'denominator = "schoolage"', ["in_school", "school_age"]),
        ('direction = "up"\nfloor = 0.9\n', 'direction = "down"\nfloor = 0.9\n', ["direction = down"]),
        ('id = "labour"', 'id = "hh_size"', ["stands twice"]),
        ("school_age > 0", "school_age > many", ["K160", "school_age > many", "school_age > number"]),
        ("school_age > 0", "school_age > nan", ["K160", "school_age > nan", "school_age > number"]),
        ("hh_kind == 一般农户", "hh_kind == 没有这级", ["K160", "没有这级", "已退出相对贫困户, 未退出相对贫困户, 一般农户"]),
        ("hh_kind == 一般农户", "hh_kind >= 一般农户", ["K160", "hh_kind >= 一般农户", "hh_kind == one of its levels"]),
        ("school_age > 0", "income_per_head > 0", ["K160", "income_per_head is derived", "a question that is asked"]),
        ("school_age > 0", "v_poor > 0", ["K160", "v_poor > 0", "a question of the household table"]),
        ('concepts = ["dibao_pension"]', 'concepts = ["dibao"]', ["K160", "question pension", "concepts = dibao", "dibao_pension"]),
        ('same_as = "house_safe"', 'same_as = "house_safer"', ["K160", "house_grade", "house_safer", "house_safe"]),
        ('same_as = "house_safe"', 'same_as = "house_grade"', ["K160", "same_as = house_grade", "another question"]),
        ("label = \"家庭常住人口\"", 'labell = "家庭常住人口"', ["labell", "label"]),
    ],
)  # fmt: skip
def test_faulty_codebook_is_refused(edit, old: str, new: str, says: list[str]) -> None:
    with pytest.raises(InputRefused) as caught:
        edit(old, new, "codebook.toml")
    for part in says:
        assert part in str(caught.value)


def test_lowered_disclosure_threshold_is_refused(edit) -> None:
    with pytest.raises(InputRefused, match="K156"):
        edit("min_households = 10", "min_households = 3", "disclosure.toml")


def test_missing_plan_file_names_it(tmp_path: Path) -> None:
    shutil.copytree(PLANS / "2020", tmp_path / "p")
    (tmp_path / "p" / "aliases.csv").unlink()
    with pytest.raises(InputRefused, match=r"aliases\.csv"):
        load_plan(tmp_path / "p")


@pytest.mark.parametrize("text", ["韶关", "韶关市", "440200", "440200000000", " 韶关市\u200b"])
def test_targets_resolve_as_people_write_them(plan: Plan, text: str) -> None:
    assert plan.resolve_target(text, {"440200000000": "韶关市", "445100000000": "潮州市"}) == "440200000000"


def test_unknown_target_gets_three_names_and_jiangmen_the_clause(plan: Plan) -> None:
    known = {"440200000000": "韶关市", "445100000000": "潮州市", "440500000000": "汕头市", "445300000000": "云浮市"}
    with pytest.raises(InputRefused) as caught:
        plan.resolve_target("韶光市", known)
    assert "韶关市" in caught.value.expected
    assert len(caught.value.expected.removesuffix(", …").split(", ")) == 3
    for name in ("江门", "江门市", "440700"):
        with pytest.raises(InputRefused) as caught:
            plan.resolve_target(name, known)
        assert "省对江门市党委和政府2020年扶贫开发工作成效考核方案另行制定。" in str(caught.value)


@pytest.mark.case("C31")
def test_scale_grades_at_the_cut_and_just_below(plan: Plan) -> None:
    scale = plan.scale
    cases = [(100, "好"), (87.5, "好"), (87.5 - 1e-10, "好"), (87.4999, "较好"), (62.5, "较好"),
             (62.49, "一般"), (37.5, "一般"), (37.49, "较差"), (0, "较差")]  # fmt: skip
    assert [scale.grade(s) for s, _ in cases] == [g for _, g in cases]


@pytest.mark.case("C32")
@pytest.mark.parametrize("score", [float("nan"), float("inf"), float("-inf")])
def test_a_score_that_is_no_number_lies_in_no_grade(plan: Plan, score: float) -> None:
    with pytest.raises(KaoheError) as caught:
        plan.scale.grade(score)
    assert str(caught.value) == f"K170 A score lies in no grade\n  got       {score}\n  expected  a finite number"
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("line", "where", "got", "expected"),
    [
        (
            'notified = "2021-02-26"', "choices.rectification.notified", "2021-02-26", "a date, as 2021-02-26, without quotes",
        ),
        ("notify = 2021-02-26", "choices.rectification.notify", "notify", "notified or note"),
    ],
)  # fmt: skip
def test_the_day_of_the_notification_is_a_date(edit, line: str, where: str, got: str, expected: str) -> None:
    code = "K151" if "notified" in line else "K142"
    with pytest.raises(InputRefused) as caught:
        edit("[choices.daily]\n", f"[choices.rectification]\n{line}\n\n[choices.daily]\n")
    assert caught.value.message() == (
        f"{code} The plan has a fault\n  where     plan.toml › {where}\n  got       {got}\n  expected  {expected}"
    )


@pytest.mark.parametrize(
    ("old", "new", "where", "expected"),
    [
        ("draws = 20000", "draws = 10", "choices.uncertainty.draws", "1000 or more"),
        ("tolerance = 1e-9\n\n[choices.rules]", "tolerance = -1\n\n[choices.rules]", "choices.ties.tolerance", "0 or more"),
        ("one_step = 25.0", "one_step = 0", "choices.levels.one_step", "1 or more"),
    ],
)  # fmt: skip
def test_numbers_of_the_grading_have_a_least_value(edit, old: str, new: str, where: str, expected: str) -> None:
    with pytest.raises(InputRefused) as caught:
        edit(old, new)
    assert (caught.value.code, caught.value.where, caught.value.expected) == ("K151", f"plan.toml › {where}", expected)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("file_mb = 300 ", "file_mb = 0 ", "K378 The plan has a fault\n  where     plan.toml › choices.intake.file_mb\n"
         "  got       0\n  expected  a number above 0"),
        ("rows = 1_500_000 ", "rows = 1.5 ", "K378 The plan has a fault\n  where     plan.toml › choices.intake.rows\n"
         "  got       1.5\n  expected  a whole number above 0"),
        ("ratio = 100 ", 'ratio = "100" ', "K142 The plan has a fault\n  where     plan.toml › choices.intake.ratio\n"
         "  got       '100'\n  expected  a number"),
        ("ratio = 100 ", "ration = 100 ", "K142 The plan has a fault\n  where     plan.toml › choices.intake.ration\n"
         "  got       ration\n  expected  a known key, as ratio, ratio_from_mb, rows"),
    ],
)  # fmt: skip
def test_limits_of_files_are_checked(edit, old: str, new: str, message: str) -> None:
    with pytest.raises(InputRefused) as refused:
        edit(old, new)
    assert refused.value.message() == message


def test_questions_speak_of_concepts_of_the_forms_and_one_fact_is_asked_twice(plan: Plan) -> None:
    by_concept: dict[str, set[str]] = {}
    for q in plan.questions.values():
        for concept in q.concepts:
            by_concept.setdefault(concept, set()).add(q.id)
    on_form = {i.concept for i in plan.forms["city14"].items} | {i.concept for i in plan.forms["city6"].items}
    assert set(by_concept) <= on_form
    assert by_concept["dibao_pension"] == {"pension"}
    assert by_concept["education"] == {"in_school", "edu_subsidy", "sat_edu"}
    assert by_concept["teams"] == {"sat_team"}
    assert {q.id: q.same_as for q in plan.questions.values() if q.same_as} == {"house_grade": "house_safe"}
