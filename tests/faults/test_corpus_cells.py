"""Bad cells (C01 to C42): repaired by rule, set aside or noted, each in its own words and never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kaohe.base.plan import Plan
from support.corpus import (
    Edit,
    RawOffice,
    as_book,
    check,
    header,
    household,
    lines,
    put,
    raw,
    together,
    village,
    with_plan,
)
from support.raw_office import GOOD_ID, book, form_rows

ID, PHONE, CARD = "身份证号", "联系电话", "银行账号"
WAGES, LAND, SIZE, DAY, COUNTY, CITY = "工资性收入", "耕地经营面积", "家庭常住人口", "调查日期", "县（市、区）", "市"
RATE, KIND, SAFE = "扶贫资金支出率", "户类型", "饮水安全达标"
PROBLEMS = "问题编号,对象,发现渠道,发现日期,涉及指标序号,突出问题,问题描述,整改状态\n"
SELF = "对象,指标序号,自评等次\n"
HECTARES = "table,column,unit,to,factor,reason\nhouseholds,land_area,公顷,亩,15,1公顷合15亩\n"


def problem(note: str) -> Edit:
    quoted = note.replace('"', '""')
    return raw("office/problems.csv", PROBLEMS + f'W1,韶关市,督查,2020-11-02,3,否,"{quoted}",未整改\n')


def self_grade(grade: str, item: str = "3") -> Edit:
    return raw("office/self_grades.csv", SELF + f"韶关市,{item},{grade}\n")


def number_in_book(column: str, value: object) -> Edit:
    """A cell of a workbook as Excel stores it."""

    def change(rows: list[list[object]]) -> list[list[object]]:
        rows[1][rows[0].index(column)] = value
        return rows

    return as_book(change)


def error_cell(rows: list[list[object]]) -> bytes:
    from openpyxl import Workbook

    from support.corpus import book_bytes

    made = Workbook()
    for row in rows:
        made.active.append(row)
    cell = made.active.cell(2, rows[0].index(WAGES) + 1)
    cell.value, cell.data_type = "#DIV/0!", "e"
    return book_bytes(made)


def rates(*values: str, head: str = RATE) -> Edit:
    def edit(office: RawOffice) -> None:
        for k, value in enumerate(values):
            village(RATE, value, k)(office)
        if head != RATE:
            header(RATE, head, "survey/villages/440200_韶关市_村.csv")(office)

    return edit


def ticked(*grades: str) -> Edit:
    """A county's form whose third item has these grades ticked."""

    def edit(office: RawOffice) -> None:
        form = office.plan.forms["county"]
        rows = form_rows(form, [("市", "韶关市"), ("抽查县", "武江区")], lambda _: "好")
        at = next(k for k, r in enumerate(rows) if str(r[2] if len(r) > 2 else "").startswith("3. "))
        names = ("好", "较好", "一般", "较差")
        rows[at][3:7] = ["√" if name in grades else None for name in names]
        office.raw["cross/field/武江区.xlsx"] = book(rows)

    return edit


def all_wages(value: str, other: str) -> Edit:
    """Households of two files: one of them a factor too small."""

    def edit(office: RawOffice) -> None:
        for row in office.households:
            row[WAGES] = value
        office.files["survey/households/甲.csv"] = [office.households.pop() for _ in range(6)]
        for row in office.files["survey/households/甲.csv"]:
            row[WAGES] = other
        put("survey/sample_households.csv", "调查结果", "完成")(office)
        sample = office.files["survey/sample_households.csv"]
        office.households.extend(
            {**office.households[0], "户样本编号": r["户样本编号"], "村代码": r["村代码"]} for r in sample[18:]
        )

    return edit


CASES: dict[str, Edit] = {
    "C01 identity number in scientific form": household(ID, "4.40205E+17"),
    "C01 identity number as a number": number_in_book(ID, 110105194912310020),
    "C01 village code as a float of its own": number_in_book("户样本编号", 1.2345678901234568e17),
    "C02 identity number of 15 digits": household(ID, "110105491231002"),
    "C03 identity number too short": household(ID, GOOD_ID[:-1]),
    "C03 identity number with a letter": household(ID, "11010519491231002A"),
    "C03 lower-case x": household(ID, GOOD_ID.lower()),
    "C04 check digit": household(ID, "110105194912310021"),
    "C05 born on no day": household(ID, "110105194902300021"),
    "C05 born after the survey": household(ID, "110105202201010010"),
    "C06 area that is none": household(ID, "990105194912310029"),
    "C06 area of the demonstration": household(ID, "449901199001010018"),
    "C07 passport": household(ID, "G12345678"),
    "C07 officer's card": household(ID, "军字第1234567号"),
    "C08 full-width identity number": household(ID, "１１０１０５１９４９１２３１００２Ｘ"),
    "C08 full-width number": household(WAGES, "１２３００"),
    "C09 zero-width character in a code": household("户样本编号", "H\u200b000"),
    "C09 ideographic blank in a place": household(CITY, "韶关市\u3000"),
    "C09 BOM within a code": household("村代码", "\ufeff440203100201"),
    "C10 zero lost in a code": household("村代码", "44020310020"),
    "C10 code a digit too long": household("村代码", "4402031002010"),
    "C11 short name": household(CITY, "韶关"),
    "C11 pinyin": household(CITY, "Shaoguan"),
    "C11 province and city in front": household(COUNTY, "广东省韶关市武江区"),
    "C11 six digits": household(COUNTY, "440203"),
    "C11 old name of another county": household(COUNTY, "曲江县"),
    "C11 unknown": household(COUNTY, "武汉"),
    "C11 ambiguous": together(
        lambda o: o.files["registry/objects.csv"].append({"对象编码": "DW004", "对象名称": "单位001", "考核类别": "帮扶单位"}),
        raw("daily/a.csv", "记录编号,对象,来源,日期,性质,严重程度,指标,数值,摘要\nR1,单位001,信访投诉,2020-05-06,扣分事项,轻微,,,\n"),
    ),
    "C12 functional zone": household(COUNTY, "大亚湾区"),
    "C12 functional zone of this city": together(
        with_plan(aliases="alias,level,code,kind,note\n莞韶园,county,440203000000,功能区,\n"), household(COUNTY, "莞韶园")
    ),
    "C12 unknown zone": household(COUNTY, "滨海新区"),
    "C13 county of another city": household(COUNTY, "清城区"),
    "C14 county is not the village's": household(COUNTY, "浈江区"),
    "C14 village name of another": village("村名", "下岭村"),
    "C14 name is not the code's": put("registry/places.csv", "名称", "武阳区", 1),
    "C15 thousands and unit": household(WAGES, "￥12,300元"),
    "C15 full-width comma": household(WAGES, "１２，３００"),
    "C15 another unit": household(WAGES, "12 万元"),
    "C15 another currency sign": household(LAND, "¥12"),
    "C16 1.2万": household(WAGES, "1.2万"),
    "C16 cut short": household(WAGES, "三千五"),
    "C16 about": household(WAGES, "约500"),
    "C16 range": household(WAGES, "500-600"),
    "C16 above": household(WAGES, ">100"),
    "C16 or so": household(WAGES, "500左右"),
    "C16 full numeral": household(WAGES, "三千五百"),
    "C16 full numeral with its unit": household(LAND, "二十亩"),
    "C16 doubtful numeral": household(WAGES, "二三十"),
    "C17 comma for a point": household(WAGES, "1,23"),
    "C17 two points": household(WAGES, "1.234.567"),
    "C17 two signs": household(WAGES, "--5"),
    "C17 letter O": household(WAGES, "12O0"),
    "C17 letter l": household(WAGES, "l200"),
    "C18 error as text": household(WAGES, "#DIV/0!"),
    "C18 error cell": as_book(error_cell),
    "C18 lost reference": household(SAFE, "#REF!"),
    "C19 not known": household(WAGES, "不详"),
    "C19 NA": household(WAGES, "NA"),
    "C19 None": household(WAGES, "None"),
    "C19 nothing": household(WAGES, "无"),
    "C19 dash": household(WAGES, "-"),
    "C19 long dash": household(WAGES, "——"),
    "C20 negative area": household(LAND, "-3"),
    "C20 above the range": household(WAGES, "12300000"),
    "C20 a file in 万元": all_wages("12000", "1.2"),
    "C21 nan": household(WAGES, "nan"),
    "C21 infinite": household(WAGES, "inf"),
    "C22 fraction and percent": rates("0.85", "85%"),
    "C22 fraction and hundred": rates("0.85", "85"),
    "C22 fractions under a header in percent": rates("0.85", "0.9", head=RATE + "（%）"),
    "C22 hundreds under a header in percent": rates("85", "0.5", head=RATE + "（%）"),
    "C23 above one": rates("0.85", "1.2"),
    "C23 above a hundred percent": rates("85%", "120%"),
    "C24 Chinese date": household(DAY, "2020年9月12日"),
    "C24 points": household(DAY, "2020.9.12"),
    "C24 compact": household(DAY, "20200912"),
    "C24 slashes": household(DAY, "2020/9/12"),
    "C24 numerals": household(DAY, "二〇二〇年九月十二日"),
    "C24 no year": household(DAY, "9月12日"),
    "C24 no day": household(DAY, "2020年9月"),
    "C25 serial as text": household(DAY, "44104"),
    "C25 serial as a number": number_in_book(DAY, 44104),
    "C26 day or month": household(DAY, "03/04/2020"),
    "C27 no such day": household(DAY, "2020-02-30"),
    "C27 Excel's own day": household(DAY, "1900-02-29"),
    "C27 in the future": household(DAY, "2022-03-01"),
    "C27 lunar": household(DAY, "农历八月十五"),
    "C27 another year": household(DAY, "2019-09-12"),
    "C28 tick": household(SAFE, "√"),
    "C28 cross": household(SAFE, "×"),
    "C28 unknown sign": household(SAFE, "★"),
    "C28 perhaps": household(SAFE, "基本达标"),
    "C29 two ticks": ticked("好", "一般"),
    "C29 no tick": ticked(),
    "C30 full-width letter": self_grade("Ａ"),
    "C30 another word": self_grade("优秀"),
    "C30 plus": self_grade("A+"),
    "C30 blank within": self_grade("较 好"),
    "C30 item that is none": self_grade("好", "18"),
    "C34 rare characters": lines(lambda x: [x[0], x[1].replace("上塘村", "䶮𠮷村"), *x[2:]], "survey/villages/440200_韶关市_村.csv"),
    "C35 two answers in a cell": household(KIND, "一般农户、已退出相对贫困户"),
    "C35 two numbers in a cell": household(SIZE, "3、4"),
    "C35 a break within a number": household(WAGES, "12\n300"),
    "C35 two numbers parted by a blank": household(SIZE, "3 4"),
    "C36 telephone of ten digits": household(PHONE, "1380013800"),
    "C36 telephone with a wrong start": household(PHONE, "12345678901"),
    "C37 account that lost digits": household(CARD, "62000012"),
    "C37 card with a wrong check digit": household(CARD, "6200001234567890123"),
    "C37 account with letters": household(CARD, "6200OO1234567890123"),
    "C40 control and right-to-left characters": problem("已\u202e整改\u0007"),
    "C41 identity number in a note": problem(f"户主证件号{GOOD_ID}"),
    "C41 telephone in a note": problem("电话 13800138000 已核"),
    "C41 name in a note": problem("负责人：张三，已整改"),
    "C42 hectares in a cell": household(LAND, "2公顷"),
    "C42 square metres in a cell": household(LAND, "300平方米"),
    "C42 hectares in the header": header(LAND, LAND + "（公顷）"),
    "C42 hectares by configuration": together(with_plan(conversions=HECTARES), household(LAND, "2公顷")),
}  # fmt: skip
KEPT = ("=1+1", "+86", "-5", "@SUM(A1)", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "$\\alpha$", "字" * 10_000, "😀" * 100)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_cell(case: str, tmp_path: Path, plan: Plan) -> None:
    check(case, CASES[case], tmp_path, plan)


@pytest.mark.case("C38", "C39", "C40")
@pytest.mark.parametrize("note", KEPT, ids=lambda n: n[:12])
def test_text_is_kept_as_it_is(note: str, tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    problem(note)(office)
    result = office.clean(tmp_path)
    import pandas as pd

    assert pd.read_parquet(result.folder / "problems.parquet")["note"].tolist() == [note]
    assert result.refused == []
