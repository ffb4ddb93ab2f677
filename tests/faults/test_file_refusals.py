"""Files that cannot be used: each is refused with its reason, the others go on, nothing old is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from kaohe.base.errors import InputRefused
from kaohe.base.plan import Plan, load_plan
from kaohe.clean.intake import FileRefused, Limits, decode, find_separator, read_file, split_rows
from kaohe.clean.run import clean_all
from support.archives import parts_of, zipped
from support.raw_office import HOUSEHOLDS_FILE, RawOffice, book, book_bytes


def plain_book() -> bytes:
    return book([["编号", "数值"], ["a", 1]])


def with_sheet(old: bytes, new: bytes) -> bytes:
    parts = parts_of(plain_book())
    assert old in parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(old, new)
    return zipped(parts)


HEAD = "户样本编号,市,数值\n"


def test_sizes_are_limits(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEAD + "a,b,1\n" * 50, encoding="utf-8")
    for limits, value in (
        (Limits(file_bytes=100), "字节"),
        (Limits(rows=10), "超过 10 行"),
        (Limits(columns=2), "3 列"),
    ):
        with pytest.raises(FileRefused) as caught:
            read_file(path, "a.csv", ["户样本编号", "市"], limits)
        assert (caught.value.code, value in caught.value.value) == ("K229", True)
    path = tmp_path / "a.xlsx"
    path.write_bytes(plain_book())
    with pytest.raises(FileRefused) as caught:
        read_file(path, "a.xlsx", limits=Limits(unzipped_bytes=1000))
    assert caught.value.code == "K216"
    with pytest.raises(FileRefused) as caught:
        read_file(path, "a.xlsx", limits=Limits(rows=1))
    assert caught.value.code == "K229"


def test_zip_bomb_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    parts = parts_of(plain_book())
    row = b"<row>" + b"<c><v>1</v></c>" * 100 + b"</row>"
    parts["xl/worksheets/sheet1.xml"] = b"<worksheet><sheetData>" + row * 40_000 + b"</sheetData></worksheet>"
    path = tmp_path / "a.xlsx"
    path.write_bytes(zipped(parts))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(FileRefused) as caught:
        read_file(path, "a.xlsx")
    assert caught.value.code == "K216"


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8 BOM"), ("gb18030", "GB18030"), ("utf-16", "UTF-16")],
)
def test_encodings_are_told_apart(encoding: str, told: str) -> None:
    text = HEAD + "张·买买提,䶮𠮷滘塱埗,3\n"
    assert decode(text.encode(encoding)) == (text, told)
    assert decode(("\ufeff" + HEAD).encode("gb18030")) == (HEAD, "GB18030 BOM")
    assert decode(b"\xfe\xff" + HEAD.encode("utf-16-be"))[0] == HEAD


@pytest.mark.parametrize("separator", [",", ";", "\t", "，"])
def test_separators_are_told_apart(separator: str) -> None:
    text = "2020年户表\n" + separator.join(["户样本编号", "市", "数值"]) + "\n" + separator.join(["a", "b", "1"]) + "\n"
    assert find_separator(text, ["户样本编号", "市"]) == separator
    rows, numbers = split_rows(text, separator)
    assert (rows[2], numbers) == (["a", "b", "1"], [1, 2, 3])


def test_rows_keep_their_line_when_a_field_holds_breaks() -> None:
    rows, numbers = split_rows('a,b\n"x\ny",1\nz,2\n', ",")
    assert (rows[1], numbers) == (["x\ny", "1"], [1, 2, 4])
    with pytest.raises(FileRefused) as caught:
        split_rows("a,b\n" + '"' + "x\n" * 30 + '",1\n', ",")
    assert (caught.value.code, caught.value.row) == ("K228", 2)


def test_excel_errors_and_dates_keep_their_meaning(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(with_sheet(b'<c r="B2" t="n"><v>1</v></c>', b'<c r="B2" t="e"><v>#DIV/0!</v></c>'))
    assert read_file(path, "a.xlsx").sheets[0].rows[1] == ["a", "#DIV/0!"]


def test_an_error_cell_is_not_a_blank_one(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    rows = [list(office.households[0]), *[list(r.values()) for r in office.households]]
    del office.files[HOUSEHOLDS_FILE]
    at = rows[0].index("工资性收入")
    made = Workbook()
    page = made.active
    for row in rows:
        page.append(row)
    cell = page.cell(row=3, column=at + 1)
    cell.value, cell.data_type = "#DIV/0!", "e"
    office.raw["survey/households/440200_韶关市_住户.xlsx"] = book_bytes(made)
    office.clean(tmp_path)
    import pandas as pd

    found = pd.read_parquet(tmp_path / "processed/clean/quarantine.parquet")
    assert found[["code", "row", "column", "value"]].to_numpy().tolist() == [["K264", 3, "工资性收入", "#DIV/0!"]]


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    office.raw["survey/households/清远.csv"] = b""
    office.raw["daily/daily.xlsx"] = b"not a workbook"
    result = office.clean(tmp_path)
    assert result.refused == ["survey/households/清远.csv", "daily/daily.xlsx"]
    assert [(f.code, f.file, f.value, f.rule) for f in result.refusals] == [
        ("K211", "survey/households/清远.csv", "0 字节", "空文件 0 字节"),
        ("K213", "daily/daily.xlsx", ".xlsx，实际是 text", "文件内容与扩展名不符"),
    ]
    assert result.rows["households"] == 18


def test_lock_files_strangers_and_copies_are_noted(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    office.raw["survey/households/~$440200.xlsx"] = b"lock"
    office.raw["notes/letter.docx"] = b"x"
    office.raw["survey/households/copy.csv"] = office.text(HOUSEHOLDS_FILE).encode()
    result = office.clean(tmp_path)
    import pandas as pd

    found = pd.read_parquet(tmp_path / "processed/clean/findings.parquet")
    notes = {(f.code, f.file) for f in found.itertuples() if f.code in {"K212", "K224", "K235"}}
    assert notes == {
        ("K212", "survey/households/~$440200.xlsx"), ("K235", "notes/letter.docx"), ("K224", "survey/households/copy.csv"),
    }  # fmt: skip
    lock = found[found["code"] == "K212"].iloc[0]
    assert lock["rule"] == "文件正在被打开（锁文件）"
    assert (result.refused, result.rows["households"]) == ([], 18)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, plan: Plan) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("x", encoding="utf-8")
    office = RawOffice(plan)
    root = office.write(tmp_path / "raw")
    (root / "daily").mkdir()
    (root / "daily/daily.csv").symlink_to(outside)
    result = clean_all(root, tmp_path / "processed", plan)
    assert [(f.code, f.file) for f in result.refusals] == [("K225", "daily/daily.csv")]


@pytest.mark.parametrize("make", [False, True])
def test_a_missing_or_empty_raw_folder_is_one_message(tmp_path: Path, plan: Plan, make: bool) -> None:
    raw = tmp_path / "raw"
    if make:
        raw.mkdir()
        (raw / "README.md").write_text("x", encoding="utf-8")
    with pytest.raises(InputRefused) as caught:
        clean_all(raw, tmp_path / "processed", plan)
    title = "The raw folder is empty" if make else "There is no raw folder"
    assert str(caught.value) == (
        f"K210 {title}\n  where     {raw}\n"
        "  remedy    put the office's files there, or make demonstration data with `kaohe demo`"
    )
    assert not (tmp_path / "processed").exists()


def test_a_damaged_origin_mark_is_refused(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    for text in ("synthetic = maybe", "synthetic = 1", "seed = 3"):
        office.raw["origin.toml"] = text.encode()
        with pytest.raises(InputRefused, match="K236 The mark of the data's origin cannot be read"):
            office.clean(tmp_path)


@pytest.mark.parametrize(
    "name", ["韶关 住户 (终稿).csv", "{target}.csv", "100%.csv", "=1+1.csv", "😀.csv", "a..csv", "长" * 60 + ".csv"]
)
def test_odd_file_names_are_read(name: str, tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    office.files[f"survey/households/{name}"] = office.files.pop(HOUSEHOLDS_FILE)
    result = office.clean(tmp_path)
    assert (result.refused, result.rows["households"]) == ([], 18)


def test_hidden_sheets_are_read_and_noted(tmp_path: Path) -> None:
    made = Workbook()
    made.active.append(["编号", "数值"])
    hidden = made.create_sheet("旧表")
    hidden.sheet_state = "hidden"
    hidden.append(["编号"])
    path = tmp_path / "a.xlsx"
    path.write_bytes(book_bytes(made))
    read = read_file(path, "a.xlsx")
    assert [s.name for s in read.sheets] == ["Sheet", "旧表"]
    assert read.notes == [("K232", "旧表", "旧表")]


def test_dates_of_the_1904_system_and_phantom_rows(tmp_path: Path) -> None:
    from datetime import date, datetime

    from openpyxl.styles import Font
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    made = Workbook()
    made.epoch = CALENDAR_MAC_1904
    made.active.append(["日期", date(2020, 9, 30)])
    made.active.cell(1_048_576, 3).font = Font(bold=True)
    path = tmp_path / "a.xlsx"
    path.write_bytes(book_bytes(made))
    rows = read_file(path, "a.xlsx").sheets[0].rows
    assert rows in ([["日期", date(2020, 9, 30)]], [["日期", datetime(2020, 9, 30)]])


def test_a_file_of_one_huge_cell_is_refused_by_the_plans_limit(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("户样本编号,村代码\n1,".encode() + b"x" * 40_000 + b"\n")
    with pytest.raises(FileRefused) as refused:
        read_file(path, "a.csv", limits=Limits.of(load_plan()))
    assert (refused.value.code, refused.value.value, refused.value.expected, refused.value.row) == (
        "K229", "第 2 行起一格过长", "一格不超过 32767 字", 2
    )  # fmt: skip
