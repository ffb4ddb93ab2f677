"""Blank forms: laid out as the annexes print them, one grade an item, locked texts, one file a place."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.cell.cell import MergedCell
from openpyxl.worksheet.worksheet import Worksheet

from kaohe.base.errors import InputRefused
from kaohe.base.plan import Plan
from kaohe.clean.blank_forms import VILLAGE_NOTES, blank_form, form_grid
from kaohe.clean.form_roll import Roll, blank_list, forms_for, read_roll, safe_name
from kaohe.clean.forms_out import write_forms
from kaohe.run.cli import main
from support.raw_office import CITY, COUNTY, TOWN, VILLAGES, RawOffice

HEADS = {"市": "韶关市", "抽查县": "武江区", "抽查镇": "云溪镇", "抽查村": "上塘村"}
# Columns of the annexes, as printed: annex 2 has 数据来源 and no 备注, annex 3 the other way round.
COLUMNS = {
    "city14": ["考核内容", None, "考核指标", "数据来源", "考评等次", None, None, None],
    "city6": ["考核内容", None, "考核指标", "数据来源", "考评等次", None, None, None],
    "unit235": ["考核内容", "考核指标", "数据来源", "考评等次", None, None, None],
    "county": ["考核内容", None, "考核指标", "考评等次", None, None, None, "备注"],
    "town": ["考核内容", None, "考核指标", "考评等次", None, None, None, "备注"],
    "village": ["考核内容", None, "考核指标", "考评等次", None, None, None, "备注"],
}
ITEMS = {"city14": 17, "city6": 10, "unit235": 15, "county": 17, "town": 16, "village": 18}


def sheet_of(form: str, plan: Plan, heads: dict[str, str] | None = None) -> Worksheet:
    return load_workbook(io.BytesIO(blank_form(plan.forms[form], plan, heads))).active


@pytest.mark.parametrize("form", COLUMNS)
def test_laid_out_as_in_the_annex(form: str, plan: Plan) -> None:
    page = sheet_of(form, plan)
    rows = [[c.value for c in row] for row in page.iter_rows()]
    assert rows[0][0] == plan.forms[form].title
    assert rows[2] == COLUMNS[form]
    at = COLUMNS[form].index("考评等次")
    assert rows[3][at : at + 4] == ["好", "较好", "一般", "较差"]
    body = rows[4 : 4 + ITEMS[form]]
    column = COLUMNS[form].index("考核指标")
    assert [r[column] for r in body] == [f"{i.no}. {i.name}" for i in plan.forms[form].items]
    if "数据来源" in COLUMNS[form]:
        assert [r[column + 1] for r in body] == [i.data_source for i in plan.forms[form].items]
    assert all(v is None for r in body for v in r[at:])


def test_groups_are_merged_over_their_items(plan: Plan) -> None:
    page = sheet_of("village", plan)
    merged = {str(r) for r in page.merged_cells.ranges}
    assert {"A5:A6", "A7:A18", "B7:B9", "B10:B14", "B15:B18", "A20:A22", "A3:B4", "C3:C4", "D3:G3", "H3:H4"} <= merged
    assert [page["A7"].value, page["B10"].value, page["B21"].value, page["A19"].value] == [
        "二、精准帮扶", "政策落实", "总结宣传", "三、资金管理",
    ]  # fmt: skip
    assert [page.cell(r, 1).value for r in (24, 25)] == list(VILLAGE_NOTES)
    assert [page["A23"].value, page["C23"].value, page["D23"].value] == ["组长：", "成员：", "核查时间："]


def test_header_is_filled_in_and_locked_or_left_open(plan: Plan) -> None:
    known, open_ = sheet_of("village", plan, HEADS), sheet_of("village", plan)
    spots = ("A2", "C2", "D2", "G2")
    assert [known[s].value for s in spots] == [f"{k}：{v}" for k, v in HEADS.items()]
    assert [open_[s].value for s in spots] == [f"{k}：" for k in HEADS]
    assert {known[s].protection.locked for s in spots} == {True}
    assert {open_[s].protection.locked for s in spots} == {False}


@pytest.mark.parametrize("form", COLUMNS)
def test_only_what_is_to_be_filled_in_can_be_changed(form: str, plan: Plan) -> None:
    page, grid = sheet_of(form, plan, HEADS | {"考核对象": "韶关市"}), form_grid(plan.forms[form], plan)
    assert page.protection.sheet
    wanted = {(r, c) for r in range(grid.first, grid.last + 1) for c in (*grid.grades.values(), grid.remark) if c}
    wanted |= {(grid.foot, c) for c in (1, grid.item, grid.left)} if grid.foot else set()
    cells = [c for row in page.iter_rows() for c in row if not isinstance(c, MergedCell)]
    assert {(c.row, c.column) for c in cells if not c.protection.locked} == wanted


def test_a_second_grade_of_an_item_has_no_choice(plan: Plan) -> None:
    """The list of a cell is √ while the row's other grades are empty, and a blank cell once one is not."""
    page = sheet_of("town", plan)
    rule = next(v for v in page.data_validations.dataValidation if v.type == "list")
    assert str(rule.sqref) == "D5:G20"
    assert rule.formula1 == "IF(COUNTA($D5:$G5)=COUNTA(D5),$D$22,$E$22)"
    assert (page["D22"].value, page["E22"].value) == ("√", None)
    assert (rule.allow_blank, rule.showErrorMessage, rule.errorStyle) == (False, True, None)
    marks = {str(k.sqref): [r.formula[0] for r in k.rules] for k in page.conditional_formatting}
    assert marks == {
        "C5:G20": [
            "COUNTA($D5:$G5)>1",
            'AND(COUNTA($D$5:$G$20)>0,COUNTA($D5:$G5)=0,LEFT(TRIM($H5),3)<>"不适用")',
        ]
    }


@pytest.mark.parametrize("form", COLUMNS)
def test_printed_on_a4_with_named_fonts(form: str, plan: Plan) -> None:
    page = sheet_of(form, plan)
    setup = page.page_setup
    assert (str(setup.paperSize), setup.orientation, setup.fitToWidth, setup.fitToHeight) == ("9", "portrait", 1, 0)
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.print_title_rows == "$1:$4"
    fonts = {c.font.name for row in page.iter_rows() for c in row if c.value}
    assert fonts == {"宋体", "黑体"}
    inches = sum(page.column_dimensions[k].width * 7 + 5 for k in page.column_dimensions) / 96
    scale = min(1, 7.27 / inches)
    height = sum(page.row_dimensions[r].height for r in range(1, page.max_row + 1)) / 72
    assert scale > 0.8
    assert height * scale < 10.2
    for row in page.iter_rows(min_row=5, max_row=4 + ITEMS[form]):
        for cell in row:
            if cell.value and cell.coordinate not in page.merged_cells:
                units = sum(1 if c.isascii() else 2 for c in cell.value)
                lines = -(-units // (page.column_dimensions[cell.column_letter].width - 2))
                assert page.row_dimensions[cell.row].height >= 15 * lines


def test_the_same_form_has_the_same_bytes(plan: Plan) -> None:
    first = blank_form(plan.forms["county"], plan, HEADS)
    assert blank_form(plan.forms["county"], plan, HEADS) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {p.date_time for p in archive.infolist()} == {(2020, 12, 1, 9, 0, 0)}


@pytest.fixture(scope="module")
def roll(tmp_path_factory: pytest.TempPathFactory, plan: Plan) -> Roll:
    """The register and sample list alone: usable before there are survey answers."""
    office = RawOffice(plan)
    office.files = {
        k: v for k, v in office.files.items() if not k.startswith(("survey/households", "survey/villages/"))
    }
    return read_roll(office.write(tmp_path_factory.mktemp("office")), plan)


def test_one_file_for_each_target_and_sample_place(roll: Roll, plan: Plan) -> None:
    entries = forms_for(roll, plan)
    index = [e for e in entries if e.form.kind == "index_table"]
    assert {e.code: e.form.id for e in index} == {
        **dict.fromkeys(plan.classes["city14"].members, "city14"), **dict.fromkeys(plan.classes["city6"].members, "city6"),
        "DW001": "unit235", "DW002": "unit235", "DW003": "unit235",
    }  # fmt: skip
    assert [(e.form.id, e.code, e.path) for e in entries if e.form.kind == "field_form"] == [
        ("county", COUNTY, "field/韶关市/武江区/县级_武江区.xlsx"),
        ("town", TOWN, "field/韶关市/武江区/镇级_云溪镇.xlsx"),
        ("village", VILLAGES[0], "field/韶关市/武江区/村级_云溪镇_上塘村.xlsx"),
        ("village", VILLAGES[1], "field/韶关市/武江区/村级_云溪镇_下岭村.xlsx"),
    ]
    village = next(e for e in entries if e.code == VILLAGES[1])
    assert dict(village.heads) == {"市": "韶关市", "抽查县": "武江区", "抽查镇": "云溪镇", "抽查村": "下岭村"}


def test_targets_counties_and_codes_choose(roll: Roll, plan: Plan) -> None:
    assert [e.code for e in forms_for(roll, plan, ["韶关"])] == [CITY, COUNTY, TOWN, *VILLAGES]
    assert [e.code for e in forms_for(roll, plan, ["武江区"])] == [COUNTY, TOWN, *VILLAGES]
    assert [e.code for e in forms_for(roll, plan, [TOWN])] == [TOWN]
    assert [e.code for e in forms_for(roll, plan, ["韶关市"], ["field"])] == [COUNTY, TOWN, *VILLAGES]
    assert [e.code for e in forms_for(roll, plan, ["440204000000"])] == ["440204000000"]
    assert [e.code for e in forms_for(roll, plan, ["单位002"], ["index"])] == ["DW002"]


def test_refusals(roll: Roll, plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as caught:
        forms_for(roll, plan, ["江门"])
    assert caught.value.code == "K130"
    with pytest.raises(InputRefused) as caught:
        forms_for(roll, plan, forms=["townn"])
    assert caught.value.message() == (
        "K346 Unknown form\n  got       townn\n"
        "  expected  city14、city6、unit235、county、town、village、index、field\n  remedy    name one of these"
    )
    with pytest.raises(InputRefused) as caught:
        forms_for(roll, plan, ["广州市"], ["field"])
    assert caught.value.message() == (
        "K346 There is no form to write\n  got       广州市\n"
        "  expected  a target of the register, or a place of survey/sample_villages\n"
        "  remedy    put the sample list into the raw folder, name a place by its code, or use --blank"
    )
    with pytest.raises(InputRefused) as caught:
        write_forms(tmp_path / "raw/cross", [], plan, raw=tmp_path / "raw")
    assert caught.value.message() == (
        f"K346 Blank forms do not belong into the folder of raw files\n  where     {tmp_path / 'raw/cross'}\n"
        f"  expected  a folder outside {tmp_path / 'raw'}\n"
        "  remedy    choose another folder with --out; put forms there once filled in"
    )


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("单位001", "单位001"), ('a<b>c:d"e/f\\g|h?i*j', "a_b_c_d_e_f_g_h_i_j"), (" 局. ", "局"), ("CON", "CON_"),
        ("com1", "com1_"), ("nul.xlsx", "nul.xlsx_"), ("", "_"), ("\t\n", "__"), ("长" * 200, "长" * 80), ("...", "_"),
    ],
)  # fmt: skip
def test_file_names_are_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_names_that_differ_in_case_or_signs_only_get_their_code(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    for row, name in zip(office.files["registry/objects.csv"][-3:], ("a/b", "A_B", "另一单位"), strict=True):
        row["对象名称"] = name
    roll = read_roll(office.write(tmp_path), plan)
    paths = [e.path for e in forms_for(roll, plan, forms=["unit235"])]
    assert paths == ["index/a_b_DW001.xlsx", "index/A_B_DW002.xlsx", "index/另一单位.xlsx"]


def test_a_filled_form_is_never_lost(roll: Roll, plan: Plan, tmp_path: Path) -> None:
    entries = forms_for(roll, plan, ["武江区"])
    assert write_forms(tmp_path, entries, plan).written == [e.path for e in entries]
    assert write_forms(tmp_path, entries, plan).unchanged == [e.path for e in entries]
    path = tmp_path / entries[1].path
    book = load_workbook(path)
    book.save(path)  # opened and saved with nothing entered: may be replaced
    assert write_forms(tmp_path, entries, plan).written == [entries[1].path]
    book.active["D7"] = "√"
    book.save(path)
    (tmp_path / entries[2].path).write_bytes(b"something else")
    filled = path.read_bytes()
    done = write_forms(tmp_path, entries, plan)
    assert (done.kept, path.read_bytes()) == ([entries[1].path, entries[2].path], filled)
    done = write_forms(tmp_path, entries, plan, overwrite=True)
    assert (done.written, done.kept) == ([entries[1].path, entries[2].path], [])
    assert path.read_bytes() != filled
    assert list(tmp_path.rglob(".tmp-*")) == []


def test_the_command(plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = RawOffice(plan).write(tmp_path / "raw")
    out = tmp_path / "out"
    assert main(["forms", "武江区", "--form", "village", "--raw", str(raw), "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"forms: 2 written, 0 unchanged, 0 kept in {out}\n"
    path = out / "field/韶关市/武江区/村级_云溪镇_上塘村.xlsx"
    book = load_workbook(path)
    book.active["D5"] = "√"
    book.save(path)
    assert main(["forms", "武江区", "--form", "village", "--raw", str(raw), "--out", str(out)]) == 0
    assert capsys.readouterr().out == (
        f"forms: 0 written, 1 unchanged, 1 kept in {out}\n"
        "kept, it holds entries (--overwrite replaces it): field/韶关市/武江区/村级_云溪镇_上塘村.xlsx\n"
    )
    assert main(["forms", "--blank", "--raw", str(tmp_path / "none"), "--out", str(out)]) == 0
    assert sorted(p.name for p in (out / "blank").iterdir()) == [
        "任务市考核指标表.xlsx", "县级考评表.xlsx", "帮扶单位考核指标表.xlsx", "帮扶市考核指标表.xlsx", "村级考评表.xlsx",
        "镇级考评表.xlsx",
    ]  # fmt: skip
    assert len(blank_list(plan)) == 6
