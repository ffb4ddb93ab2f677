"""Canaries: persons put where they belong and where they do not, looked for in every byte that is stored."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kaohe.base.plan import Plan
from support.raw_office import HOUSEHOLDS_FILE, RawOffice, book, form_rows

NAMES = ("欧阳金丝雀", "金丝雀", "䶮金雀")
NUMBER = "449901199003078230"
PHONE = "19912345678"
ACCOUNT = "6222021234567890123"
SPLIT = ("199-1234-5678", "199 1234 5678", "4499 0119 9003 0782 33", "6222 0212 3456 7890 123")


def stored(folder: Path) -> str:
    """All text of everything below a folder: values of tables, and the bytes of the rest."""
    texts: list[str] = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            texts.append(pd.read_parquet(path).to_csv(index=False))
            texts.append(path.read_bytes().decode("utf-8", "ignore"))
        elif path.is_file():
            texts.append(path.read_bytes().decode("utf-8", "ignore"))
    return "\n".join(texts)


def assert_unseen(folder: Path) -> None:
    text = stored(folder)
    for canary in (*NAMES, NUMBER, NUMBER[:17], PHONE, ACCOUNT, *SPLIT):
        assert canary not in text, canary


@pytest.fixture
def office(plan: Plan) -> RawOffice:
    made = RawOffice(plan)
    made.raw["origin.toml"] = b"synthetic = true\nseed = 1\n"
    for row in made.households:
        row |= {"户主姓名": NAMES[0], "身份证号": NUMBER, "联系电话": PHONE, "银行账号": ACCOUNT}
    return made


def test_sound_rows_leave_no_person(office: RawOffice, tmp_path: Path) -> None:
    result = office.clean(tmp_path)
    assert result.rows["households"] == 18
    assert_unseen(tmp_path / "processed")


def test_rows_set_aside_leave_no_person(office: RawOffice, tmp_path: Path) -> None:
    rows = office.households
    rows[0]["身份证号"] = NUMBER[:17] + "1"
    rows[1]["身份证号"] = NUMBER[:-1]
    rows[2]["联系电话"] = PHONE + "9"
    rows[3]["银行账号"] = ACCOUNT[:5]
    rows[4]["调查日期"] = ""
    rows.append(dict(rows[5]))
    rows.append({**rows[6], "家庭负债": "1"})
    office.clean(tmp_path)
    assert_unseen(tmp_path / "processed")


def test_persons_out_of_place_are_not_stored(office: RawOffice, tmp_path: Path) -> None:
    rows = office.households
    for row, column, value in (
        (0, "家庭常住人口", NAMES[1]), (1, "调查日期", NAMES[1]), (2, "村代码", PHONE), (3, "户样本编号", NUMBER),
        (4, "工资性收入", ACCOUNT), (5, "调查员编号", NAMES[1]), (6, "耕地经营面积", PHONE), (7, "户类型", NUMBER),
        (8, "通自来水", PHONE), (9, "县（市、区）", ACCOUNT),
    ):  # fmt: skip
        rows[row][column] = value
    office.clean(tmp_path)
    found = pd.read_parquet(tmp_path / "processed/clean/quarantine.parquet")
    assert set(found["row"]) >= {2, 3, 4, 5, 6, 8, 9, 10, 11}
    assert_unseen(tmp_path / "processed")


def problems_saying(notes: list[str]) -> bytes:
    """A file of problems with these descriptions."""
    rows = "".join(f'W{i},韶关市,督查,2020-11-02,否,"{n}",未整改\n' for i, n in enumerate(notes))
    return f"问题编号,对象,发现渠道,发现日期,突出问题,问题描述,整改状态\n{rows}".encode()


def test_free_text_is_masked(office: RawOffice, tmp_path: Path) -> None:
    notes = [
        f"证件号{NUMBER}，已核", f"联系人：{NAMES[1]}，电话{PHONE}", f"账号 {SPLIT[3]}、{SPLIT[2]}", f"致电{SPLIT[0]}",
        "电话１９９１２３４５６７８", f"+86 {SPLIT[1]}", "未发现问题，2020年9月12日第440203100201号",
    ]  # fmt: skip
    office.raw["office/problems.csv"] = problems_saying(notes)
    result = office.clean(tmp_path)
    problems = pd.read_parquet(result.folder / "problems.parquet")
    assert problems["note"].tolist() == [
        "证件号〔证件号〕，已核", "联系人：〔姓名〕，电话〔电话〕", "账号 〔账号〕、〔账号〕", "致电〔电话〕", "电话〔电话〕", "〔电话〕",
        "未发现问题，2020年9月12日第440203100201号",
    ]  # fmt: skip
    assert_unseen(tmp_path / "processed")
    found = pd.read_parquet(result.folder / "findings.parquet")
    assert len(found[found["code"] == "K208"]) == 6


def test_signatures_and_remarks_of_forms_leave_no_person(office: RawOffice, tmp_path: Path, plan: Plan) -> None:
    rows = form_rows(plan.forms["county"], [("市", "韶关市"), ("抽查县", "武江区")], foot=(NAMES[1], "2020年12月8日"))
    rows[4][-1] = f"负责人：{NAMES[1]} {PHONE}"
    office.raw["cross/field/韶关.xlsx"] = book(rows)
    result = office.clean(tmp_path)
    forms = pd.read_parquet(result.folder / "forms.parquet")
    assert forms["signed"].tolist() == [True]
    grades = pd.read_parquet(result.folder / "grades.parquet")
    assert grades["remark"].tolist()[0] == "负责人：〔姓名〕 〔电话〕"
    assert_unseen(tmp_path / "processed")


def test_a_file_without_header_shows_none_of_its_cells(office: RawOffice, tmp_path: Path) -> None:
    lines = office.text(HOUSEHOLDS_FILE).splitlines()
    office.raw[HOUSEHOLDS_FILE] = "\n".join(lines[1:]).encode()
    result = office.clean(tmp_path)
    assert [f.code for f in result.refusals] == ["K240"]
    assert_unseen(tmp_path / "processed")


def test_a_table_shifted_by_one_column_shows_none_of_its_persons(office: RawOffice, tmp_path: Path) -> None:
    rows = [list(office.households[0]), *[[None, *list(r.values())[:-1]] for r in office.households]]
    del office.files[HOUSEHOLDS_FILE]
    office.raw["survey/households/a.xlsx"] = book(rows)
    result = office.clean(tmp_path)
    assert result.rows["households"] == 0
    assert_unseen(tmp_path / "processed")


def test_persons_by_context_addresses_and_split_numbers_leave_nothing(office: RawOffice, tmp_path: Path) -> None:
    notes = [
        f"户主{NAMES[2]}已搬走", f"由{NAMES[0]}负责", "住金丝村12号", "发至canary@example.com", f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}",
        "1 9 9 1 2 3 4 5 6 7 8", "(0751)8812345",
    ]  # fmt: skip
    office.raw["office/problems.csv"] = problems_saying(notes)
    result = office.clean(tmp_path)
    assert pd.read_parquet(result.folder / "problems.parquet")["note"].tolist() == [
        "户主〔姓名〕已搬走", "由〔姓名〕负责", "〔地址〕", "发至〔邮箱〕", "〔证件号〕", "〔电话〕", "〔电话〕",
    ]  # fmt: skip
    text = stored(tmp_path / "processed")
    for canary in ("金丝", "canary@", "0751)881", "1 9 9 1"):
        assert canary not in text
    assert_unseen(tmp_path / "processed")
