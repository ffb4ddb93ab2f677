"""A new year's plan folder, the marks that refuse it until it is edited, and the way from schema 1."""

from __future__ import annotations

import re
import shutil
import tomllib
from datetime import date
from pathlib import Path

import pytest

from kaohe.base.errors import InputRefused
from kaohe.base.plan import PLANS, load_plan
from kaohe.base.plan_new import migrate_plan, new_plan
from kaohe.run.plans import check_plan

# What version 0.1.0 had in this file.
DISCLOSURE_1 = """schema = 1
min_households = 10        # fewer answering households in a domain: the estimate is suppressed
min_villages = 3           # fewer answering villages
caution_cv = 0.20          # shown with a caution mark from here
suppress_cv = 0.50         # not shown from here
min_psu = 2                # one PSU: variance not estimable, shown as such
"""


@pytest.fixture
def year(tmp_path: Path) -> Path:
    new_plan(2021, "2020", tmp_path / "plans" / "2021")
    return tmp_path / "plans" / "2021"


def edited(folder: Path) -> Path:
    """As somebody would who found every value right: the marks deleted, the unknown ones filled in."""
    path = folder / "plan.toml"
    text = re.sub(r"(?m)^# EDIT.*\n", "", path.read_text(encoding="utf-8"))
    text = re.sub(r"  # EDIT:.*", "", text).replace('"待定"', '"粤农扶组〔2021〕1号"')
    text = text.replace('source_sha256 = ""', f'source_sha256 = "{"0" * 64}"')
    path.write_text(text, encoding="utf-8")
    return folder


def test_marks_deleted_without_a_value_are_refused_and_listed(year: Path) -> None:
    path = year / "plan.toml"
    text = re.sub(r"(?m)^# EDIT.*\n", "", path.read_text(encoding="utf-8"))
    path.write_text(re.sub(r"  # EDIT:.*", "", text), encoding="utf-8")
    said: list[str] = []
    assert check_plan(str(year), said.append) == 2
    waiting = [line.rpartition(": ")[2] for line in said if line.startswith("  to edit")]
    assert waiting == [f"{k} has no value yet" for k in ("document_no", "issued", "source_sha256")]
    with pytest.raises(
        InputRefused, match=r"K157 The plan is not finished\n.*\n.*document_no has no value yet, and 2 more"
    ):
        load_plan(year)


def test_comments_speak_of_the_new_year(year: Path) -> None:
    line = next(
        v for v in (year / "plan.toml").read_text(encoding="utf-8").splitlines() if v.startswith("provincial_rural")
    )
    assert "# yuan, 2020, Guangdong" in line
    for path in (year / "scenarios").glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        assert "plans/2020" not in text
        if "kaohe build" in text:
            assert f"--scenario {path.as_posix()}" in text


def test_what_follows_from_the_year_is_moved_and_nothing_else(year: Path) -> None:
    new, old = (tomllib.loads((f / "plan.toml").read_text(encoding="utf-8")) for f in (year, PLANS / "2020"))
    assert (new["plan"]["id"], new["plan"]["year"], new["plan"]["document_no"]) == ("gd-2021", 2021, "待定")
    assert new["plan"]["source_sha256"] == ""
    dates = {d["id"]: d.get("date") for d in new["dates"]}
    assert dates["end"] == date(2022, 1, 31)
    assert dates["survey_due"] == date(2021, 9, 30)
    for key in ("grades", "classes", "streams", "concepts", "rules", "daily_sources", "survey_topics", "choices"):
        assert new[key] == old[key], key
    assert [f["items"] for f in new["forms"]] == [f["items"] for f in old["forms"]]
    assert not [f["title"] for f in new["forms"] if "2020" in f["title"]]
    for name in ("codebook.toml", "disclosure.toml", "divisions.csv", "aliases.csv"):
        assert (year / name).read_bytes() == (PLANS / "2020" / name).read_bytes(), name


def test_corrections_of_last_year_and_an_override_do_not_come_along(tmp_path: Path) -> None:
    source = tmp_path / "own"
    shutil.copytree(PLANS / "2020", source)
    line = "households,H0213,家庭常住人口,12,2,核对原件,active\n"
    with (source / "corrections.csv").open("a", encoding="utf-8") as handle:
        handle.write(line)
    (source / "override.toml").write_text('reason = "x"\n', encoding="utf-8")
    text = (source / "plan.toml").read_text(encoding="utf-8")
    told = "[choices.rectification]\nnotified = 2021-02-26\n\n[choices.daily]\n"
    (source / "plan.toml").write_text(text.replace("[choices.daily]\n", told, 1), encoding="utf-8")
    new_plan(2022, source, tmp_path / "new")
    assert (tmp_path / "new" / "corrections.csv").read_text(encoding="utf-8") == (
        "table,key,column,expect,value,reason,status\n"
    )
    assert not (tmp_path / "new" / "override.toml").exists()
    assert load_plan(tmp_path / "new", draft=True).rectify_due is None
    assert "\n# notified = 2023-02-26\n" in (tmp_path / "new" / "plan.toml").read_text(encoding="utf-8")
    assert load_plan(source).rectify_due == date(2021, 4, 26)


def test_a_folder_with_marks_is_refused_and_listed(year: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        load_plan(year)
    assert refused.value.message() == (
        "K157 The plan is not finished\n"
        "  where     plan.toml › line 2\n"
        "  got       EDIT: compare classes, streams, concepts, forms and items, daily sources, topics and rules with the "
        "document, then delete this line, and 26 more\n"
        "  expected  every value set by the new document and its mark deleted\n"
        "  remedy    `kaohe plan check FOLDER` lists all of them"
    )
    said: list[str] = []
    assert check_plan(str(year), said.append) == 2
    assert said[0].startswith("plan gd-2021 of 2021: 3 classes, 6 forms with 93 items, ")
    assert sum(line.startswith("  to edit  plan.toml › line ") for line in said) == 27
    assert any(line.endswith(": number of the document") for line in said)


def test_an_edited_folder_is_a_plan_of_its_year(year: Path) -> None:
    said: list[str] = []
    assert check_plan(str(edited(year)), said.append) == 0
    assert "2 scenarios" in said[0]
    assert said[-1].startswith("nothing to mend; fingerprint ")
    plan = load_plan(year)
    assert plan.dates["cross_due"] == date(2021, 12, 31)
    assert plan.digest != load_plan().digest


def test_check_reads_what_other_commands_read_later(year: Path) -> None:
    edited(year)
    (year / "scenarios" / "bad.toml").write_text("[choices.scales]\n", encoding="utf-8")
    with pytest.raises(InputRefused, match=r"K423"):
        check_plan(str(year), print)
    (year / "scenarios" / "bad.toml").unlink()
    with (year / "corrections.csv").open("a", encoding="utf-8") as handle:
        handle.write("nothing,1,a,b,c,d,active\n")
    with pytest.raises(InputRefused, match=r"K353"):
        check_plan(str(year), print)


@pytest.mark.parametrize(("given", "code"), [(2020, "K163"), (1921, "K163")])
def test_a_year_that_is_none_is_refused(tmp_path: Path, given: int, code: str) -> None:
    with pytest.raises(InputRefused, match=code):
        new_plan(given, "2020", tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_an_existing_folder_is_kept(tmp_path: Path) -> None:
    (tmp_path / "2021").mkdir()
    for call in (lambda out: new_plan(2021, "2020", out), lambda out: migrate_plan(PLANS / "2020", out)):
        with pytest.raises(InputRefused, match="K161 The plan folder exists"):
            call(tmp_path / "2021")
    assert not list((tmp_path / "2021").iterdir())


def test_an_unknown_folder_is_refused_with_the_packaged_years(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        load_plan(tmp_path / "none")
    assert refused.value.message() == (
        f"K162 There is no such plan folder\n  got       {tmp_path / 'none'}\n"
        "  expected  a folder, or a packaged year: 2020\n  remedy    `kaohe plan new YEAR` makes one"
    )
    assert load_plan("2020").digest == load_plan().digest


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A plan folder as version 0.1.0 wanted it, with a choice of its own."""
    folder = tmp_path / "old"
    shutil.copytree(PLANS / "2020", folder, ignore=shutil.ignore_patterns("conversions.csv", "scenarios"))
    (folder / "disclosure.toml").write_text(DISCLOSURE_1, encoding="utf-8")
    text = (folder / "plan.toml").read_text(encoding="utf-8").replace("schema = 2", "schema = 1", 1)
    text = re.sub(r"(?ms)^\[choices\.(intake|screens)\]\n.*?(?=^\[)", "", text)
    text = re.sub(r"(?m)^max_half_width.*\n", "", text).replace("bottom_share = 0.10", "bottom_share = 0.05", 1)
    (folder / "plan.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_folder_of_schema_1_is_refused_with_the_way(first: Path) -> None:
    with pytest.raises(InputRefused) as refused:
        load_plan(first)
    assert refused.value.message() == (
        "K141 The plan has a fault\n  where     plan.toml › schema\n  got       1\n  expected  schema = 2\n"
        "  remedy    `kaohe plan migrate FOLDER NEW_FOLDER` adds what this version needs"
    )


def test_migration_adds_what_is_missing_and_changes_no_value(first: Path, tmp_path: Path) -> None:
    before = (first / "plan.toml").read_bytes()
    said = migrate_plan(first, tmp_path / "new")
    assert {line.split(":")[0] for line in said} == {
        "conversions.csv", "plan.toml › choices.intake", "plan.toml › choices.screens", "plan.toml › choices.survey.max_half_width",
        *(f"disclosure.toml › {k}" for k in (
            "small_group", "min_cell", "dominance_n", "dominance_share", "protection", "protection_amount")),
    }  # fmt: skip
    plan, packaged = load_plan(tmp_path / "new"), load_plan()
    assert plan.choices["county"]["bottom_share"] == 0.05
    assert plan.disclosure["caution_cv"] == 0.20
    assert plan.disclosure["min_cell"] == packaged.disclosure["min_cell"]
    expected = {**packaged.choices, "county": plan.choices["county"]}
    assert plan.choices == expected
    assert (first / "plan.toml").read_bytes() == before
    with pytest.raises(InputRefused, match="K141"):
        migrate_plan(tmp_path / "new", tmp_path / "newer")


def test_an_override_is_said_to_be_void(first: Path, tmp_path: Path) -> None:
    (first / "override.toml").write_text('reason = "x"\n', encoding="utf-8")
    assert migrate_plan(first, tmp_path / "new")[-1].startswith("override.toml: void")


@pytest.mark.parametrize("name", ["plan.toml", "disclosure.toml", "codebook.toml", "divisions.csv"])
def test_a_folder_without_a_file_that_nothing_can_make_up_is_refused(first: Path, tmp_path: Path, name: str) -> None:
    (first / name).unlink()
    with pytest.raises(InputRefused, match=f"K140 The plan folder lacks a file\\n  where .*old\\n  got       {name}"):
        migrate_plan(first, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_other_files_come_along_byte_for_byte(first: Path, tmp_path: Path) -> None:
    document = b"%PDF-1.4\n\xff\xfe\x00"
    (first / "papers" / "of" / "2020").mkdir(parents=True)
    (first / "papers" / "of" / "2020" / "document.pdf").write_bytes(document)
    (first / "note.txt").write_bytes("省".encode("gb18030") + b"\r\n")
    migrate_plan(first, tmp_path / "new")
    assert (tmp_path / "new" / "papers" / "of" / "2020" / "document.pdf").read_bytes() == document
    assert (tmp_path / "new" / "note.txt").read_bytes() == "省".encode("gb18030") + b"\r\n"
    assert (tmp_path / "new" / "codebook.toml").read_bytes() == (first / "codebook.toml").read_bytes()


def test_a_folder_that_would_be_no_plan_is_not_written(first: Path, tmp_path: Path) -> None:
    path = first / "plan.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("order = 4", 'order = "four"', 1), encoding="utf-8")
    with pytest.raises(InputRefused, match=r"K14\d"):
        migrate_plan(first, tmp_path / "new")
    assert [p.name for p in tmp_path.iterdir()] == ["old"]


def test_a_missing_list_is_added_and_said(first: Path, tmp_path: Path) -> None:
    path = first / "plan.toml"
    own = tomllib.loads(path.read_text(encoding="utf-8"))["choices"]
    table, key = next((t, k) for t, v in own.items() if isinstance(v, dict) for k in v if isinstance(v[k], list))
    head, found, rest = path.read_text(encoding="utf-8").partition(f"[choices.{table}]")
    without = re.sub(rf"(?ms)^{key}\s*=\s*\[.*?\][^\n]*\n", "", rest, count=1)
    assert without != rest
    path.write_text(head + found + without, encoding="utf-8")
    assert f"plan.toml › choices.{table}.{key}: added with the packaged plan's value" in migrate_plan(
        first, tmp_path / "new"
    )
    assert load_plan(tmp_path / "new").choices[table][key] == load_plan().choices[table][key]


def test_years_before_any_plan_are_history_and_stay(tmp_path: Path) -> None:
    source = tmp_path / "own"
    shutil.copytree(PLANS / "2020", source)
    path = source / "plan.toml"
    old = 'clause = "省对江门市党委和政府2020年'
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, 'clause = "2013年以来，2016年起，省对江门市党委和政府2020年'), encoding="utf-8")
    new_plan(2021, source, tmp_path / "new")
    assert "2013年以来，2017年起，省对江门市党委和政府2021年" in (tmp_path / "new" / "plan.toml").read_text(
        encoding="utf-8"
    )
    assert "\n# notified = 2022-02-26\n" in (tmp_path / "new" / "plan.toml").read_text(encoding="utf-8")
