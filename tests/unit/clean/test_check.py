"""Single files before they are sent: the table is told by content, findings are those of cleaning, nothing is written."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.base.plan import Plan
from kaohe.base.tables import RAW
from kaohe.clean.check import Checked, check_files
from kaohe.clean.context import Context
from kaohe.clean.tell import tell_table
from kaohe.run.records import against, told
from support.raw_office import HOUSEHOLDS_FILE, VILLAGES_FILE, RawOffice, book, form_rows

HEAD = [("市", "韶关市"), ("抽查县", "武江区"), ("抽查镇", "云溪镇"), ("抽查村", "上塘村")]
NOWHERE = Path("nowhere")


@pytest.fixture
def office(plan: Plan) -> RawOffice:
    return RawOffice(plan)


def sent(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def check(
    files: list[Path], plan: Plan, raw: Path = NOWHERE, processed: Path = NOWHERE, table: str = ""
) -> tuple[list[Checked], Context]:
    return check_files(files, plan, raw, processed, table=table)


def counts(one: Checked) -> tuple[int, int, int, int, int]:
    return (one.read, one.used, one.aside, one.declared, one.blank)


def test_a_sound_file_has_nothing_to_mend(tmp_path: Path, office: RawOffice, plan: Plan) -> None:
    raw = office.write(tmp_path / "raw")
    path = sent(tmp_path, "待报/韶关住户.csv", office.text(HOUSEHOLDS_FILE))
    [one], context = check([path], plan, raw)
    assert (one.table, one.wrong, one.findings) == ("households", False, [])
    assert counts(one) == (19, 18, 0, 1, 0)
    assert against(context, 0) == f"checked against the raw files in {raw}"
    assert told(one) == [
        f"{path}: 样本户调查表; 19 rows read = 18 used + 0 set aside + 1 header, title, total or note + 0 blank; "
        "nothing to mend, 0 repaired, 0 noted"
    ]


def test_findings_are_messages_in_order_at_the_files_own_address(tmp_path: Path, office: RawOffice, plan: Plan) -> None:
    raw = office.write(tmp_path / "raw")
    office.households[5]["家庭负债"] = "约500"
    office.households[2]["村代码"] = "440203100999"
    office.households[7]["市"] = "韶关"
    path = sent(tmp_path, "住户.csv", office.text(HOUSEHOLDS_FILE) + "\n合计\n")
    [one], _ = check([path], plan, raw)
    assert counts(one) == (21, 16, 2, 2, 1)
    assert one.wrong
    lines = told(one, problems_only=True)
    assert lines[0] == (
        "K281 编号不在对应的名单中\n"
        f"  where     {path} › D4 › column 村代码\n"
        "  got       440203100999\n"
        "  expected  名册中的村代码\n"
        "  done      this row would be set aside\n"
        "  remedy    请核对编号"
    )
    assert lines[1].startswith(f"K262 不是确定的数\n  where     {path} › ")
    assert lines[2].endswith("2 to mend, 1 repaired, 1 noted")
    assert len(told(one)) == 5


@pytest.mark.parametrize(
    "table", ["objects", "places", "sample_villages", "sample_households", "households", "villages"]
)
def test_the_table_is_told_by_its_headers(tmp_path: Path, office: RawOffice, plan: Plan, table: str) -> None:
    names = {"households": HOUSEHOLDS_FILE, "villages": VILLAGES_FILE}
    folder = "survey" if table.startswith("sample") else "registry"
    text = office.text(names.get(table, f"{folder}/{table}.csv"))
    path = sent(tmp_path, "未命名.csv", "表头上的标题,,\n" + text if table == "places" else text)
    assert tell_table(path, plan).table == table


@pytest.mark.parametrize(
    "table", ["pairing", "totals", "teams", "daily", "facts", "decisions", "self_reports", "self_grades", "problems"]
)
def test_every_other_table_is_told_by_its_headers(tmp_path: Path, plan: Plan, table: str) -> None:
    labels = [c.label for c in RAW[table].columns]
    assert tell_table(sent(tmp_path, "a.xlsx", book([labels, ["x"] * len(labels)])), plan).table == table


def test_forms_are_told_and_checked(tmp_path: Path, office: RawOffice, plan: Plan) -> None:
    raw = office.write(tmp_path / "raw")
    rows = form_rows(plan.forms["village"], HEAD)
    good = sent(tmp_path, "上塘村.xlsx", book(rows))
    rows[6][3] = None
    bad = sent(tmp_path, "副本.xlsx", book(rows))
    [one], _ = check([good], plan, raw)
    assert (one.table, one.wrong, one.used) == ("cross", False, 18)
    [one], _ = check([bad], plan, raw)
    assert [(f.code, f.cell) for f in one.to_mend] == [("K292", "D7")]
    assert one.read == one.used + one.aside + one.declared + one.blank


def test_a_form_without_signature_is_to_be_mended(tmp_path: Path, office: RawOffice, plan: Plan) -> None:
    raw = office.write(tmp_path / "raw")
    path = sent(tmp_path, "上塘村.xlsx", book(form_rows(plan.forms["village"], HEAD, foot=("", "2020年12月8日"))))
    [one], _ = check([path], plan, raw)
    assert [(f.code, f.value) for f in one.to_mend] == [("K297", "缺签名")]


def test_against_the_clean_tables_when_the_raw_ones_are_gone(tmp_path: Path, office: RawOffice, plan: Plan) -> None:
    office.clean(tmp_path)
    office.households[2]["村代码"] = "440203100999"
    path = sent(tmp_path, "住户.csv", office.text(HOUSEHOLDS_FILE))
    [one], context = check([path], plan, NOWHERE, tmp_path / "processed")
    assert [f.code for f in one.to_mend] == ["K281"]
    assert counts(one) == (19, 17, 1, 1, 0)
    assert against(context, 0) == f"checked against the clean tables in {tmp_path / 'processed/clean'}"


def test_without_a_register_says_what_it_could_not_check(tmp_path: Path, office: RawOffice, plan: Plan) -> None:
    office.households[5]["家庭负债"] = "约500"
    households = sent(tmp_path, "住户.csv", office.text(HOUSEHOLDS_FILE))
    village = sent(tmp_path, "村.xlsx", book(form_rows(plan.forms["village"], HEAD)))
    done, context = check([households, village], plan)
    assert [f.code for f in done[0].to_mend] == ["K262"]
    assert counts(done[0]) == (19, 17, 1, 1, 0)
    assert (done[1].wrong, done[1].unchecked, done[1].aside) == (False, 18, 0)
    assert against(context, 18) == (
        "not checked: villages, towns and units against the register, sample numbers against the sample lists: neither "
        "data/raw nor data/processed/clean holds a register (18 rows could not be used for lack of it)"
    )


def test_a_county_of_another_city_is_seen_without_a_register(tmp_path: Path, office: RawOffice, plan: Plan) -> None:
    office.households[5]["县（市、区）"] = "从化区"
    [one], _ = check([sent(tmp_path, "住户.csv", office.text(HOUSEHOLDS_FILE))], plan)
    assert [(f.code, f.column) for f in one.to_mend] == [("K277", "县（市、区）")]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.xlsx", b"", "K211"),
        ("a.xlsx", b"PK\x03\x04broken", "K215"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "K214"),
        ("a.csv", b"\x00\x00", "K219"),
        ("a.csv", b"PK\x03\x04", "K213"),
        ("a.pdf", b"%PDF-1.4", "K222"),
        ("住户", b"x", "K222"),
        ("~$a.xlsx", b"x", "K213"),
    ],
)
def test_files_that_are_no_tables_are_one_message(
    tmp_path: Path, plan: Plan, name: str, data: bytes, code: str
) -> None:
    path = sent(tmp_path, name, data)
    [one], _ = check([path], plan)
    assert [f.code for f in one.findings] == [code]
    assert one.findings[0].file == str(path)
    assert one.wrong


def test_what_cannot_be_told_or_read(tmp_path: Path, plan: Plan) -> None:
    path = sent(tmp_path, "a.csv", "对象,颜色\n甲,红\n")
    done, _ = check([path, tmp_path / "none.csv", tmp_path], plan)
    assert [d.message for d in done] == [
        f"K360 The table of this file cannot be told\n  where     {path}\n  got       no header of any table was found\n"
        "  expected  one row with a table's headers, or a form of annexes 2 and 3\n"
        "  remedy    use the headers of the data dictionary, or name the table with --table",
        f"K362 A file to check cannot be read\n  where     {tmp_path / 'none.csv'}\n  got       no such file\n  remedy    name a file",
        f"K362 A file to check cannot be read\n  where     {tmp_path}\n  got       a folder\n  remedy    name a file",
    ]
    assert told(done[0])[1] == f"{path}: not checked"


def test_a_table_can_be_named(tmp_path: Path, plan: Plan) -> None:
    path = sent(tmp_path, "a.csv", "对象,颜色\n甲,红\n")
    [one], _ = check([path], plan, table="日常工作记录")
    assert [f.code for f in one.to_mend] == ["K240"]
    with pytest.raises(InputRefused) as caught:
        check([path], plan, table="日常")
    assert caught.value.code == "K361"
    assert "日常工作记录" in caught.value.expected


def test_a_faulty_register_file_is_a_message_with_its_own_name(tmp_path: Path, office: RawOffice, plan: Plan) -> None:
    path = sent(tmp_path, "名册.csv", "对象编码,对象名称\n1,甲\n")
    [one], _ = check([path], plan, office.write(tmp_path / "raw"))
    assert one.table == "objects"
    assert one.message == (
        f"K237 A required table cannot be used\n  where     {path} › row 1\n  got       K241 缺少必需的列：考核类别\n"
        "  expected  列名之一：考核类别；现有列：对象编码、对象名称\n  remedy    请补上该列后重报"
    )


def test_nothing_is_written_and_nothing_stays(
    tmp_path: Path, office: RawOffice, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "tmp"
    (home / "kaohe-check-999999999-old").mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    raw = office.write(tmp_path / "raw")
    path = sent(tmp_path, "住户.csv", office.text(HOUSEHOLDS_FILE))
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    check([path], plan, raw)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    assert list(home.iterdir()) == []


def test_the_same_findings_as_cleaning(tmp_path: Path, office: RawOffice, plan: Plan) -> None:
    office.households[1]["饮水安全达标"] = "也许"
    office.households[2]["调查日期"] = "2020年9月31日"
    office.households.append(dict(office.households[3]))
    folder = office.clean(tmp_path).folder
    wanted = pd.read_parquet(folder / "quarantine.parquet")
    [one], _ = check([tmp_path / "raw" / HOUSEHOLDS_FILE], plan, tmp_path / "raw")
    assert [(f.row, f.column, f.code, f.value) for f in one.to_mend] == list(
        wanted[["row", "column", "code", "value"]].itertuples(index=False, name=None)
    )
    assert len(wanted) == 3


def test_a_fragment_is_told_by_its_key(tmp_path: Path, plan: Plan) -> None:
    """City and county stand in tables of households and of villages; the household's number settles it."""
    path = tmp_path / "part.csv"
    path.write_text("户样本编号,市,县（市、区）\nH1,韶关市,武江区\n", encoding="utf-8")
    assert tell_table(path, plan).table == "households"
