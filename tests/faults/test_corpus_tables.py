"""Bad tables (T01 to T30): headers, units, totals, keys and workbook oddities, each in its own words."""

from __future__ import annotations

import re
from datetime import date

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from kaohe.base.plan import Plan
from support.archives import parts_of, zipped
from support.corpus import (
    HOUSEHOLDS_FILE,
    VILLAGES_FILE,
    Edit,
    RawOffice,
    as_book,
    book_bytes,
    check,
    header,
    household,
    lines,
    raw,
    rows_of,
    text,
    together,
    with_plan,
)

TOTALS = "registry/totals.csv"
TOTALS_HEAD = "市,分组变量,分组,户数,人数\n"
PAIRING = "registry/pairing.csv"
SAMPLE = "survey/sample_villages.csv"
FRAME = "韶关市,县,武江区,100,300\n韶关市,户类型,一般农户,60,200\n"
CONVERT = "table,column,unit,to,factor,reason\nhouseholds,*,万元,元,10000,韶关市按万元填报\n"


def sheets(*parts: tuple[str, list[list[object]]], hidden: str = "") -> bytes:
    made = Workbook()
    made.remove(made.active)
    for name, rows in parts:
        page = made.create_sheet(name)
        for row in rows:
            page.append(row)
        if name == hidden:
            page.sheet_state = "hidden"
    return book_bytes(made)


def marked(rows: list[list[object]], how: str) -> bytes:
    """The rows as a workbook with something that only shows."""
    made = Workbook()
    for row in rows:
        made.active.append(row)
    if how == "comment":
        made.active["B2"].comment = Comment("请核", "示范")
    elif how == "strike":
        made.active["B3"].font = Font(strike=True)
    elif how == "rows":
        made.active.row_dimensions[4].hidden = made.active.row_dimensions[5].hidden = True
    elif how == "merged":
        made.active.merge_cells("B2:B19")
    elif how == "phantom":
        made.active.cell(1_048_576, 3).font = Font(bold=True)
    elif how == "1904":
        made.epoch = CALENDAR_MAC_1904
        for row in range(2, 20):
            made.active.cell(row, 5).value = date(2020, 9, 12)
    return book_bytes(made)


def no_value(rows: list[list[object]]) -> bytes:
    """A formula that was never computed in the household size."""
    made = Workbook()
    for row in rows:
        made.active.append(row)
    made.active.cell(3, 11).value = "=1+1"
    parts = parts_of(book_bytes(made))
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = re.sub(rb"<v></v>|<v ?/>", b"", sheet)
    return zipped(parts)


def two_rows(top: list[str | None], low: list[str | None], merges: tuple[str, ...] = ()) -> Edit:
    """The villages of the sample under a header of two rows."""

    def edit(office: RawOffice) -> None:
        rows = rows_of(office, SAMPLE)
        del office.files[SAMPLE]
        made = Workbook()
        for row in (top, low, *rows[1:]):
            made.active.append(row)
        for span in merges:
            made.active.merge_cells(span)
        office.raw["survey/sample_villages.xlsx"] = book_bytes(made)

    return edit


STAGES = ["市内县数", "抽中县数", "县内镇数", "抽中镇数", "镇内村数", "抽中村数", "村内登记户数", "抽中户数"]


def transposed(office: RawOffice) -> None:
    rows = rows_of(office)
    office.raw[HOUSEHOLDS_FILE] = "\n".join(",".join(map(str, c)) for c in zip(*rows, strict=True)).encode()


def framed(*below: str, above: tuple[str, ...] = ()) -> Edit:
    """The household table between other lines."""
    return lines(
        lambda x: [*(a + "," * x[0].count(",") for a in above), *x, *(b + "," * x[0].count(",") for b in below)]
    )


def totals(*rows: str) -> Edit:
    return raw(TOTALS, TOTALS_HEAD + "\n".join(rows) + "\n")


def doubled(office: RawOffice) -> None:
    office.households.append({**office.households[0], "家庭负债": "77"})


def in_two_columns(unit: str) -> Edit:
    """Wages in another unit, 1.2 of it in each household."""

    def edit(office: RawOffice) -> None:
        for row in office.households:
            row["工资性收入"] = "1.2"
        header("工资性收入", f"工资性收入（{unit}）")(office)

    return edit


CASES: dict[str, Edit] = {
    "T01 sheet with another name": as_book(lambda r: sheets(("Sheet1", r))),
    "T01 no sheet with the table": as_book(lambda r: sheets(("目录", [["序号", "内容"], [1, "x"]]), ("说明", [["无"]]))),
    "T01 empty sheet beside it": as_book(lambda r: sheets(("住户", r), ("Sheet2", []))),
    "T01 other sheet beside it": as_book(lambda r: sheets(("说明", [["填表说明"], ["按户填写"]]), ("住户", r))),
    "T02 two sheets with the table": as_book(lambda r: sheets(("住户", r), ("住户 (2)", [r[0], r[1]]))),
    "T03 hidden sheet": as_book(lambda r: sheets(("目录", [["x", "y"]]), ("住户", r), hidden="住户")),
    "T03 hidden rows": as_book(lambda r: marked(r, "rows")),
    "T04 title rows": framed(above=("2020年样本户调查表", "", "填报单位：韶关市")),
    "T05 two rows, merged": two_rows(
        ["村代码", "抽选方式", "市内", None, "县内", None, "镇内", None, "村内", None],
        [None, None, "县数", "抽中县数", "镇数", "抽中镇数", "村数", "抽中村数", "登记户数", "抽中户数"],
        ("A1:A2", "B1:B2", "C1:D1", "E1:F1", "G1:H1", "I1:J1"),
    ),
    "T05 two rows, merges lost": two_rows(
        ["村代码", "抽选方式", "市内", None, "县内", None, "镇内", None, "村内", None],
        [None, None, "县数", "抽中县数", "镇数", "抽中镇数", "村数", "抽中村数", "登记户数", "抽中户数"],
    ),
    "T05 group titles over a whole header": two_rows(["样本村", None, *["各级数"] * 8], ["村代码", "抽选方式", *STAGES]),
    "T05 unknown pair": two_rows(
        ["村代码", "抽选方式", "市内", None, "县内", None, "镇内", None, "村内", None],
        [None, None, "县数", "抽中县数", "镇数", "抽中镇数", "村数", "抽中村数", "登记户数", "其他"],
        ("A1:A2", "B1:B2"),
    ),
    "T05 last year's group": two_rows(["样本村", None, *["上年"] * 8], ["村代码", "抽选方式", *STAGES]),
    "T06 column missing": lines(lambda x: [",".join(f for k, f in enumerate(r.split(",")) if k != 4) for r in x]),
    "T06 two columns missing": text(lambda t: t.replace("工资性收入", "甲", 1).replace("家庭负债", "乙", 1)),
    "T07 column twice": lines(lambda x: [x[0] + ",所在市", *[r + ",韶关市" for r in x[1:]]]),
    "T07 column twice after normalising": lines(lambda x: [x[0] + ", 家庭 负债", *[r + ",1" for r in x[1:]]]),
    "T08 unknown column": lines(lambda x: [x[0] + ",帮扶措施编号", *[r + ",x1" for r in x[1:]]]),
    "T08 unknown column with a personal name": lines(lambda x: [x[0] + ",家庭住址", *[r + ",某处" for r in x[1:]]]),
    "T08 unknown column with telephones": lines(lambda x: [x[0] + ",其他", *[r + ",19900001234" for r in x[1:]]]),
    "T08 cells without a header": lines(lambda x: [x[0] + ",", x[1] + ",多", *[r + "," for r in x[2:]]]),
    "T09 width and line breaks in the header": text(lambda t: t.replace("县（市、区）", '" 县\n (市、区) "', 1)),
    "T10 another unit": header("工资性收入", "工资性收入（万元）"),
    "T10 another unit above the table": framed(above=("2020年样本户调查表", "单位：万元")),
    "T10 unit of a group": framed(above=("单位：元、公顷",)),
    "T10 converted by configuration": together(with_plan(conversions=CONVERT), in_two_columns("万元")),
    "T10 configuration with a fault": with_plan(conversions=CONVERT.replace("10000", "一万")),
    "T10 configuration twice": with_plan(conversions=CONVERT + CONVERT.splitlines()[1] + "\n"),
    "T10 configuration without a reason": with_plan(conversions=CONVERT.replace("韶关市按万元填报", "")),
    "T10 configuration with another header": with_plan(conversions="table,unit\n"),
    "T10 configuration not used": with_plan(conversions=CONVERT),
    "T11 merged cells": as_book(lambda r: marked([[*x[:1], x[1] if k < 2 else None, *x[2:]] for k, x in enumerate(r)], "merged")),
    "T11 merges lost": as_book(lambda r: [[*x[:1], x[1] if k < 2 else None, *x[2:]] for k, x in enumerate(r[:4])]),
    "T12 total that adds up": totals(FRAME.strip(), "合计,,,160,500"),
    "T12 total that does not": totals(FRAME.strip(), "合计,,,170,500"),
    "T12 subtotals that add up": totals("韶关市,县,武江区,100,300", "小计,,,100,300", "韶关市,户类型,一般农户,60,200", "小计,,,60,200", "总计,,,160,500"),
    "T12 subtotal that does not": totals("韶关市,县,武江区,100,300", "小计,,,100,310", "韶关市,户类型,一般农户,60,200", "总计,,,160,500"),
    "T13 footer notes": framed("填表人：示范", "注：以上为样本户", "日期：2020年9月30日", "审核：示范"),
    "T14 blank rows between": lines(lambda x: [*x[:5], *["," * x[0].count(",")] * 3, *x[5:]]),
    "T14 data far below": lines(lambda x: [*x, *["," * x[0].count(",")] * 30, x[1]]),
    "T15 formatted phantom rows": as_book(lambda r: marked(r, "phantom")),
    "T16 a field too many": lines(lambda x: [*x[:3], x[3] + ",多余", *x[4:]]),
    "T16 fields missing": lines(lambda x: [*x[:3], x[3].rsplit(",", 2)[0], *x[4:]]),
    "T16 a field more in every line": lines(lambda x: [x[0], *(r + ",1" for r in x[1:])]),
    "T17 open quote": lines(lambda x: [*x[:3], '"' + x[3], *x[4:]]),
    "T17 quote over many lines": lines(lambda x: [*x[:1], *('"' + "\n" * 30 + '"' + r for r in x[1:2]), *x[2:]]),
    "T18 semicolons": text(lambda t: t.replace(",", ";")),
    "T18 tabs": text(lambda t: t.replace(",", "\t")),
    "T18 full-width commas": text(lambda t: t.replace(",", "，")),
    "T18 no separator": raw("daily/a.csv", "一整行\n没有分隔\n"),
    "T19 header only": lines(lambda x: x[:1]),
    "T19 header and total only": lines(lambda x: [x[0], "合计" + "," * x[0].count(",")]),
    "T20 exact copy": lambda o: o.households.append(dict(o.households[0])),
    "T20 three copies": lambda o: o.households.extend([dict(o.households[0]), dict(o.households[0])]),
    "T21 one key, two contents": doubled,
    "T21 one village, two contents": lambda o: o.files[VILLAGES_FILE].append({**o.files[VILLAGES_FILE][0], "党员人数": "44"}),
    "T22 household not in the sample": household("户样本编号", "H999"),
    "T22 village not in the sample": lines(lambda x: x[:-1], SAMPLE),
    "T22 household in another village": household("村代码", "440203100202"),
    "T23 one village, two helpers": raw(PAIRING, "村代码,对口帮扶市,定点帮扶单位\n440203100201,广州市,DW001\n440203100201,深圳市,DW002\n"),
    "T24 named after another city": lambda o: o.files.__setitem__("survey/households/清远市.csv", o.files.pop(HOUSEHOLDS_FILE)),
    "T24 in another city's folder": lambda o: o.files.__setitem__("survey/households/清远/住户.csv", o.files.pop(HOUSEHOLDS_FILE)),
    "T25 fewer rows than announced": raw("delivery.csv", f"文件,发送单位,行数\n{HOUSEHOLDS_FILE},韶关市扶贫办,20\n"),
    "T25 a tenth fewer than last year": raw("delivery.csv", f"文件,发送单位,行数,上年行数\n{HOUSEHOLDS_FILE},韶关市扶贫办,18,24\n"),
    "T26 level of a margin that is no level": totals("韶关市,户类型,五保户,60,200"),
    "T26 county of another city": totals("韶关市,县,清城区,60,200"),
    "T27 transposed": transposed,
    "T28 comments": as_book(lambda r: marked(r, "comment")),
    "T28 strikethrough": as_book(lambda r: marked(r, "strike")),
    "T29 1904 calendar": as_book(lambda r: marked(r, "1904")),
    "T30 formula without a value": as_book(no_value),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_table(case: str, tmp_path: object, plan: Plan) -> None:
    made = check(case, CASES[case], tmp_path, plan)  # type: ignore[arg-type]
    if case == "T10 converted by configuration":
        assert made.cleaned is not None
        assert set(made.cleaned.tables["households"][_wages(plan)]) == {12000.0}


def _wages(plan: Plan) -> str:
    return next(q.id for q in plan.questions.values() if q.label == "工资性收入")
