"""问题数据清单: whom a finding goes to, what stands in the workbook, and that nobody is in it."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook

from kaohe.base.errors import InputRefused
from kaohe.base.plan import Plan
from kaohe.base.tables import FORM_COLUMNS, LINEAGE, RAW
from kaohe.clean import returns
from kaohe.clean.book_out import Head, SheetOut, neutral, write_book
from kaohe.clean.returns import returned, write_returns
from kaohe.clean.senders import Senders
from support.raw_office import GOOD_ID, HOUSEHOLDS_FILE, RawOffice, book, form_rows

PHONE = "13912345678"


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory, plan: Plan) -> Path:
    office = RawOffice(plan)
    office.households[1]["家庭负债"] = "约500"
    office.households[2]["身份证号"] = GOOD_ID[:-1] + "7"
    office.households[4]["家庭负债"] = f"见{PHONE}"
    office.raw["cross/index/单位002.xlsx"] = b"not a workbook"
    office.raw["cross/field/武江区.xlsx"] = book(
        form_rows(plan.forms["county"], [("市", "韶关市"), ("抽查县", "武江区")], foot=("", "2020年12月8日"))
    )
    folder = tmp_path_factory.mktemp("returns")
    office.clean(folder)
    return folder / "processed"


def rows_of(path: Path, sheet: str) -> list[tuple[object, ...]]:
    return list(load_workbook(path)[sheet].iter_rows(values_only=True))


def test_every_clean_row_carries_its_lineage(processed: Path) -> None:
    hashes = set(pd.read_parquet(processed / "clean/accounts.parquet")["sha256"])
    for name in (*RAW, "forms", "grades", "doubles"):
        frame = pd.read_parquet(processed / f"clean/{name}.parquet")
        assert set(LINEAGE) <= set(frame.columns), name
        assert (frame["src_row"] > 0).all()
        assert (frame["src_file"] != "").all()
        assert set(frame["src_sha256"]) <= hashes
    assert set(LINEAGE) <= set(FORM_COLUMNS)


def test_the_list_names_the_cell_the_value_and_what_to_do(processed: Path, plan: Plan) -> None:
    [path] = write_returns(processed, plan)
    assert path == processed / "returns/问题数据清单.xlsx"
    listed = rows_of(path, "问题清单")
    assert listed[0] == (
        "序号", "报送单位", "文件", "工作表", "行", "列", "单元格", "现值", "规则", "应为", "处理建议", "类别", "代码", "办理情况", "说明",
    )  # fmt: skip
    found = {r[12]: r for r in listed[1:]}
    assert found["K262"][1:6] == ("韶关市", HOUSEHOLDS_FILE, None, 3, "家庭负债")
    assert str(found["K262"][6]).endswith("3")
    assert found["K262"][7:12] == (
        "约500", "不是确定的数", "一个确定的阿拉伯数字", "请填确定的数，不写约数、范围或带“万”的写法", "须改正",
    )  # fmt: skip
    assert found["K203"][7] == "（个人信息已遮盖，18 位）"
    assert found["K213"][1:3] == ("单位002", "cross/index/单位002.xlsx")
    assert found["K297"][11] == "请核对"
    assert {r[13] for r in listed[1:]} == {None}


def test_overview_counts_by_sender_and_file(processed: Path, plan: Plan) -> None:
    [path] = write_returns(processed, plan)
    rows = rows_of(path, "汇总")
    assert rows[0] == ("报送单位", "文件", "表", "须改正（条）", "涉及行数", "请核对（条）")
    assert ("韶关市", HOUSEHOLDS_FILE, "样本户调查表", 3, 3, 0) in rows
    assert ("单位002", "cross/index/单位002.xlsx", "指标表和考评表", 1, 0, 0) in rows
    assert rows[-1][0] == "合计"
    assert rows[-1][3] == sum(int(str(r[3])) for r in rows[1:-1])


def test_nobody_stands_in_it(processed: Path, plan: Plan) -> None:
    [path] = write_returns(processed, plan)
    text = "\n".join(str(c) for s in load_workbook(path) for r in s.iter_rows(values_only=True) for c in r if c)
    for person in (GOOD_ID[:17], PHONE, "示范", "6200001234567890123", "19900001234"):
        assert person not in text


def test_layout_for_the_sender(processed: Path, plan: Plan) -> None:
    [path] = write_returns(processed, plan)
    page = load_workbook(path)["问题清单"]
    assert (page.freeze_panes, page.auto_filter.ref) == ("A2", f"A1:O{page.max_row}")
    assert (page.page_setup.orientation, page.page_setup.paperSize, page.page_setup.fitToWidth) == ("landscape", 9, 1)
    assert page.print_title_rows == "$1:$1"
    assert page.oddHeader.right.text == "内部资料 · 不公开"
    rule = page.data_validations.dataValidation[0]
    assert (rule.formula1, str(rule.sqref)) == ('"已改正重报,核实无误,无法核实"', f"N2:N{page.max_row}")


def test_one_workbook_a_sender_and_the_same_bytes_again(processed: Path, plan: Plan) -> None:
    made = write_returns(processed, plan, by="sender")
    assert [p.name for p in made] == [
        "问题数据清单.xlsx", "问题数据清单_单位002.xlsx", "问题数据清单_未指明报送单位.xlsx", "问题数据清单_韶关市.xlsx",
    ]  # fmt: skip
    assert {r[1] for r in rows_of(made[3], "问题清单")[1:]} == {"韶关市"}
    first = {p.name: p.read_bytes() for p in made}
    assert {p.name: p.read_bytes() for p in write_returns(processed, plan, by="sender")} == first
    assert len(write_returns(processed, plan, by="file")) == 5  # everything, and one for each of the four files named
    write_returns(processed, plan)
    assert [p.name for p in (processed / "returns").iterdir()] == ["问题数据清单.xlsx"]


def test_a_very_long_list_says_what_it_leaves_out(processed: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    [path] = write_returns(processed, plan)
    n = len(rows_of(path, "问题清单")) - 1
    monkeypatch.setattr(returns, "MOST", 2)
    [path] = write_returns(processed, plan)
    assert len(rows_of(path, "问题清单")) == 3
    said = {r[0]: r[1] for r in rows_of(path, "填写说明") if r}
    assert said["没有列出"] == f"{n - 2} 条：本表只列前 2 条，汇总是全数；可用 kaohe returns --by sender 分开生成"
    assert rows_of(path, "汇总")[-1][3] == sum(r["level"] == "须改正" for r in rows_in(processed, plan))


def rows_in(processed: Path, plan: Plan) -> list[dict[str, object]]:
    findings = pd.read_parquet(processed / "clean/findings.parquet")
    return [{str(k): v for k, v in r.items()} for r in returned(findings, Senders(plan)).to_dict("records")]


def test_refusals(processed: Path, plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as caught:
        write_returns(processed, plan, by="city")
    assert caught.value.message() == (
        "K366 Unknown way to divide the lists\n  got       city\n  expected  one of all, sender, file\n"
        "  remedy    `kaohe returns --by sender` writes one workbook for each sender"
    )
    with pytest.raises(InputRefused, match="K810 There are no cleaned tables"):
        write_returns(tmp_path, plan)


@pytest.mark.parametrize(
    ("file", "sender"),
    [
        ("survey/households/440200_韶关市_住户.csv", "韶关市"),
        ("cross/field/韶关市/武江区.xlsx", "韶关市"),
        ("cross/field/韶关/武江区.xlsx", "韶关市"),
        ("survey/villages/440500.csv", "汕头市"),
        ("cross/index/单位002.xlsx", "单位002"),
        ("office/facts.csv", "未指明报送单位"),
    ],
)
def test_who_sent_a_file(plan: Plan, file: str, sender: str) -> None:
    assert Senders(plan, {"DW002": "单位002"}).name(file) == sender


def test_repairs_and_plain_remarks_are_not_sent_back(processed: Path, plan: Plan) -> None:
    findings = pd.read_parquet(processed / "clean/findings.parquet")
    rows = returned(findings, Senders(plan))
    assert set(rows["code"]) & {"K230", "K234", "K282", "K285"} == set()
    wrong = findings["action"].isin(["quarantine", "refuse"])
    assert (rows["level"] == "须改正").sum() == wrong.sum()


def test_text_never_becomes_a_formula() -> None:
    texts = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1+1", "a\x01b"]
    data = write_book([SheetOut("表", [Head("文"), Head("数", "whole")], [[t, 5] for t in texts])], title="t")
    page = load_workbook(io.BytesIO(data))["表"]
    cells = [page.cell(r, 1) for r in range(2, 2 + len(texts))]
    assert {c.data_type for c in cells} == {"s"}
    assert all(c.quotePrefix for c in cells[:7])
    assert next(c.value for c in cells) == "=1+1"
    assert cells[7].value == "ab"
    assert page.cell(2, 2).value == 5
    assert [neutral(t)[0] for t in texts[:7]] == ["'"] * 7
    assert neutral("韶关-市") == "韶关-市"


def test_a_plain_workbook_would_have_made_it_a_formula() -> None:
    """What the rule guards against: the library alone writes a live formula."""
    made = Workbook()
    made.active.append(["=1+1"])  # type: ignore[union-attr]
    assert made.active["A1"].data_type == "f"  # type: ignore[index]


def test_too_many_rows_for_a_sheet() -> None:
    with pytest.raises(InputRefused) as caught:
        write_book([SheetOut("表", [Head("文")], [[]] * 1_048_576)], title="t")
    assert caught.value.message() == (
        "K365 A sheet has more rows than a workbook can hold\n  where     表\n  got       1048576 rows\n"
        "  expected  fewer than 1,048,576\n  remedy    use the CSV or the Parquet file"
    )
