"""Tables that cannot be used as they stand, and rows that are set aside: the words are asserted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.base.plan import Plan
from support.raw_office import COUNTY, HOUSEHOLDS_FILE, VILLAGES, VILLAGES_FILE, RawOffice, book

Edit = Callable[[RawOffice], None]


def rename(file: str, old: str, new: str) -> Edit:
    def edit(office: RawOffice) -> None:
        office.files[file] = [{new if k == old else k: v for k, v in row.items()} for row in office.files[file]]

    return edit


def drop(file: str, column: str) -> Edit:
    def edit(office: RawOffice) -> None:
        office.files[file] = [{k: v for k, v in row.items() if k != column} for row in office.files[file]]

    return edit


def text(file: str, change: Callable[[str], str]) -> Edit:
    def edit(office: RawOffice) -> None:
        office.raw[file] = change(office.text(file)).encode()

    return edit


def put(file: str, row: int, column: str, value: str) -> Edit:
    def edit(office: RawOffice) -> None:
        assert column in office.files[file][row]
        office.files[file][row][column] = value

    return edit


def _lines(change: Callable[[list[str]], list[str]]) -> Callable[[str], str]:
    return lambda t: "\n".join(change(t.splitlines())) + "\n"


def test_long_numbers_in_a_workbook_are_refused(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    rows: list[list[object]] = [list(office.households[0]), *[list(r.values()) for r in office.households]]
    rows[5][7] = 110105194912310020
    del office.files[HOUSEHOLDS_FILE]
    office.raw["survey/households/440200_韶关市_住户.xlsx"] = book(rows)
    result = office.clean(tmp_path)
    assert [(f.code, f.value, f.row, f.remedy) for f in result.refusals] == [
        ("K246", "列「身份证号」H6", 6, "末几位已被 Excel 抹掉，请以文本格式重新导出"),
    ]


def test_a_total_row_that_does_not_add_up_is_refused(tmp_path: Path, plan: Plan) -> None:
    rows = "市,分组变量,分组,户数,人数\n韶关市,县,武江区,100,300\n韶关市,户类型,一般农户,60,200\n"
    for total, code in (("160,500", []), ("170,500", ["K249"])):
        office = RawOffice(plan)
        office.raw["registry/totals.csv"] = f"{rows}合计,,,{total}\n".encode()
        result = office.clean(tmp_path)
        assert [f.code for f in result.refusals] == code
        assert result.rows["totals"] == (0 if code else 2)


@pytest.mark.parametrize(
    ("edit", "got"),
    [
        (drop("registry/places.csv", "上级代码"), "K241 缺少必需的列：上级代码"),
        (text("registry/objects.csv", lambda t: ""), "K211 空文件 0 字节：0 字节"),
        (text("registry/objects.csv", _lines(lambda x: [x[0], "440700000000,江门市,任务市"])), "K288 对象不在本方案之内：440700000000"),
    ],
)  # fmt: skip
def test_an_unusable_register_refuses_the_run(edit: Edit, got: str, tmp_path: Path, plan: Plan) -> None:
    RawOffice(plan).clean(tmp_path)
    before = sorted((p.name, p.read_bytes()) for p in (tmp_path / "processed/clean").iterdir())
    office = RawOffice(plan)
    edit(office)
    with pytest.raises(InputRefused) as caught:
        office.clean(tmp_path)
    assert caught.value.code == "K237"
    assert caught.value.got == got
    assert caught.value.remedy
    assert sorted((p.name, p.read_bytes()) for p in (tmp_path / "processed/clean").iterdir()) == before


def test_a_missing_register_refuses_the_run(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    del office.files["registry/places.csv"]
    with pytest.raises(InputRefused) as caught:
        office.clean(tmp_path)
    assert caught.value.title == "A required table is missing"
    assert caught.value.where.endswith("registry/places.*")
    assert "区划代码" in caught.value.expected
    assert not (tmp_path / "processed/clean").exists()


def test_missing_optional_tables_are_noted(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    result = office.clean(tmp_path)
    found = pd.read_parquet(tmp_path / "processed/clean/findings.parquet")
    missing = found[found["code"] == "K234"]
    assert set(missing["table"]) == {
        "pairing", "totals", "teams", "daily", "facts", "decisions", "self_reports", "self_grades", "problems", "cross",
    }  # fmt: skip
    assert set(missing["action"]) == {"note"}
    assert result.refused == []
    daily = pd.read_parquet(tmp_path / "processed/clean/daily.parquet")
    assert len(daily) == 0
    assert str(daily["date"].dtype) == "datetime64[us]"


ROWS: dict[str, tuple[Edit, list[tuple[str, int, str]]]] = {
    "required": (put(HOUSEHOLDS_FILE, 0, "调查日期", ""), [("K260", 2, "调查日期")]),
    "another county": (put(HOUSEHOLDS_FILE, 0, "县（市、区）", "清城区"), [("K277", 2, "县（市、区）")]),
    "unknown county": (put(HOUSEHOLDS_FILE, 0, "县（市、区）", "武汉"), [("K275", 2, "县（市、区）")]),
    "county of the city, not the village's": (put(HOUSEHOLDS_FILE, 0, "县（市、区）", "浈江区"), [("K278", 2, "县（市、区）")]),
    "unknown village": (put(HOUSEHOLDS_FILE, 0, "村代码", "440203100999"), [("K281", 2, "村代码")]),
    "village code too short": (put(HOUSEHOLDS_FILE, 0, "村代码", "44020310020"), [("K279", 2, "村代码")]),
    "village of the sample, not this household's": (put(HOUSEHOLDS_FILE, 0, "村代码", VILLAGES[1]), [("K278", 2, "村代码")]),
    "household not drawn": (put(HOUSEHOLDS_FILE, 0, "户样本编号", "H999"), [("K281", 2, "户样本编号")]),
    "visit in another year": (put(HOUSEHOLDS_FILE, 0, "调查日期", "2019-09-12"), [("K270", 2, "调查日期")]),
    "part above its whole": (put(HOUSEHOLDS_FILE, 0, "义务教育在校人数", "8"), [("K280", 2, "义务教育在校人数")]),
    "id check": (put(HOUSEHOLDS_FILE, 0, "身份证号", "110105194912310021"), [("K203", 2, "身份证号")]),
    "id short": (put(HOUSEHOLDS_FILE, 0, "身份证号", "110105491231002"), [("K204", 2, "身份证号")]),
    "id born on no day": (put(HOUSEHOLDS_FILE, 0, "身份证号", "110105194902300021"), [("K205", 2, "身份证号")]),
    "id of no area": (put(HOUSEHOLDS_FILE, 0, "身份证号", "990105194912310029"), [("K206", 2, "身份证号")]),
    "id of the demonstration in office data": (
        put(HOUSEHOLDS_FILE, 0, "身份证号", "449901199001010018"), [("K206", 2, "身份证号")],
    ),
    "copy of a row": (lambda o: o.households.append(dict(o.households[0])), [("K255", 20, "户样本编号")]),
    "key twice": (
        lambda o: o.households.append({**o.households[0], "家庭负债": "77"}),
        [("K256", 2, "户样本编号"), ("K256", 20, "户样本编号")],
    ),
    "village name of another": (put(VILLAGES_FILE, 0, "村名", "下岭村"), [("K278", 2, "村名")]),
    "more drawn than there are": (
        put("survey/sample_villages.csv", 1, "抽中镇数", "5"),
        [("K280", 3, "抽中镇数"), *[("K281", r, "村代码") for r in range(3, 22, 2)],
         *[("K281", r, "村代码") for r in range(3, 20, 2)], ("K281", 3, "村代码")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ROWS)
def test_the_row_is_set_aside_at_its_address(case: str, tmp_path: Path, plan: Plan) -> None:
    edit, wanted = ROWS[case]
    office = RawOffice(plan)
    edit(office)
    result = office.clean(tmp_path)
    found = pd.read_parquet(tmp_path / "processed/clean/quarantine.parquet")
    got = sorted(zip(found["code"], found["row"], found["column"], strict=True))
    assert got == sorted(wanted)
    assert (found["expected"] != "").all() or case in {"required"}
    accounts = pd.read_parquet(tmp_path / "processed/clean/accounts.parquet")
    assert (accounts["balance"] == 0).all()
    assert accounts["quarantined"].sum() == len(wanted)
    assert result.refused == []


def test_titles_totals_and_notes_are_declared(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    width = office.text(HOUSEHOLDS_FILE).splitlines()[0].count(",")
    lines = office.text(HOUSEHOLDS_FILE).splitlines()
    framed = [
        "2020年样本户调查表" + "," * width, "", *lines, "," * width, "合计" + "," * width,
        "填表人：示范" + "," * width, "注：以上为样本户" + "," * width,
    ]  # fmt: skip
    office.raw[HOUSEHOLDS_FILE] = "\n".join(framed).encode()
    result = office.clean(tmp_path)
    assert result.rows["households"] == 18
    accounts = pd.read_parquet(tmp_path / "processed/clean/accounts.parquet").set_index("file")
    mine = accounts.loc[HOUSEHOLDS_FILE]
    assert mine[["read", "used", "quarantined", "declared", "blank"]].tolist() == [25, 18, 0, 5, 2]
    frame = pd.read_parquet(tmp_path / "processed/clean/households.parquet")
    assert frame["src_row"].tolist() == list(range(4, 22))


def test_headers_in_any_width_and_files_in_any_encoding_give_the_same_rows(tmp_path: Path, plan: Plan) -> None:
    plain = RawOffice(plan).clean(tmp_path / "a")
    office = RawOffice(plan)
    wide = (
        office.text(HOUSEHOLDS_FILE)
        .replace("县（市、区）", " 县 (市、区) ", 1)
        .replace("工资性收入", "工资性收入（元）", 1)
    )
    office.raw[HOUSEHOLDS_FILE] = wide.replace(",", "\t").encode("utf-16")
    office.raw[VILLAGES_FILE] = office.text(VILLAGES_FILE).replace(",", ";").encode("gb18030")
    other = office.clean(tmp_path / "b")
    assert plain.rows == other.rows
    for name in ("households", "villages"):
        a, b = (pd.read_parquet(r.folder / f"{name}.parquet").drop(columns="src_sha256") for r in (plain, other))
        pd.testing.assert_frame_equal(a, b)


def test_merged_places_are_filled_within_their_range(tmp_path: Path, plan: Plan) -> None:
    from openpyxl import Workbook

    from support.raw_office import book_bytes

    office = RawOffice(plan)
    rows = [list(office.households[0]), *[list(r.values()) for r in office.households]]
    made = Workbook()
    for row in rows:
        made.active.append(row)
    made.active.merge_cells("B2:B19")
    made.active.merge_cells("C2:C10")
    del office.files[HOUSEHOLDS_FILE]
    office.raw["survey/households/a.xlsx"] = book_bytes(made)
    result = office.clean(tmp_path)
    assert result.rows["households"] == 18
    frame = pd.read_parquet(result.folder / "households.parquet")
    assert set(frame["county"]) == {COUNTY}
    found = pd.read_parquet(result.folder / "findings.parquet")
    assert found.loc[found["code"] == "K257", "value"].tolist() == ["25 处"]


def test_unknown_and_personal_columns_are_noted_and_not_read(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    for row in office.households:
        row["帮扶措施编号"] = "x1"
        row["家庭住址"] = "某处"
        row["其他"] = "19900001234"
    result = office.clean(tmp_path)
    found = pd.read_parquet(result.folder / "findings.parquet")
    extra = found[found["code"].isin(["K243", "K244"])]
    assert dict(zip(extra["column"], extra["code"], strict=True)) == {
        "帮扶措施编号": "K243",
        "家庭住址": "K244",
        "其他": "K244",
    }
    assert result.rows["households"] == 18
