"""The way of one record: from the cell to the page, for records in use and records set aside; nobody is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.base.files import write_json, write_parquet
from kaohe.base.plan import Plan, load_plan
from kaohe.design import build_weights
from kaohe.publish.manifest import DONE, Entry, Manifest, write_manifest
from kaohe.run.build import read_clean
from kaohe.run.current import clean_hash
from kaohe.run.trace import TABLES, Places, trace
from support.fake_report import frame
from support.raw_office import CITY, COUNTY, GOOD_ID, HOUSEHOLDS_FILE, VILLAGES, RawOffice, book, form_rows

HEAD = [("市", "韶关市"), ("抽查县", "武江区"), ("抽查镇", "云溪镇")]
DAILY = "记录编号,对象,来源,日期,性质,严重程度,指标,数值,摘要\n"
KEY = f"village:{VILLAGES[0]}"
Follow = Callable[..., list[str]]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan()


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, plan: Plan) -> Places:
    root = tmp_path_factory.mktemp("trace")
    office = RawOffice(plan)
    source = next(iter(plan.daily_sources.values()))
    office.raw["daily/记录.csv"] = (
        DAILY
        + f"R1,韶关,{source},2020.11.3,扣分事项,一般,,,电话 13912345678\nR2,韶关市,{source},昨天,扣分事项,一般,,,\n"
    ).encode()
    office.raw["office/facts.csv"] = (
        "对象,事项,认定,依据,日期\n韶关市,重大违纪违规问题,否,未发现,\n韶关市,完成年度减贫任务,是,通报,\n".encode()
    )
    village = form_rows(plan.forms["village"], [*HEAD, ("抽查村", "上塘村")])
    village[6][3] = None
    office.raw["cross/field/村.xlsx"] = book(village)
    for n, grade in enumerate(("好", "一般")):
        office.raw[f"cross/field/县{n}.xlsx"] = book(form_rows(plan.forms["county"], HEAD[:2], lambda _, g=grade: g))
    office.households[0]["家庭负债"] = "5,000"
    office.households[4]["家庭负债"] = "约500"
    office.households.append(dict(office.households[7]))
    office.clean(root)
    processed = root / "processed"
    clean, _ = read_clean(processed)
    made = {n: f for n, f in build_weights(clean, plan).items() if n in {"weights", "response", "nonresponse"}}
    stream = {"object": CITY, "class_id": "city14", "stream_name": "专项调查", "score": 70.0, "contribution": 21.0}
    made["streams"] = frame(
        "streams", {**stream, "stream": "survey"}, {**stream, "stream": "cross"}, {**stream, "stream": "daily"}
    )
    made["composite"] = frame(
        "composite", {"object": CITY, "name": "韶关市", "composite": 75.5, "grade_final": "较好", "rank": 8.0}
    )
    made["form_scores"] = frame(
        "form_scores", {"form_key": KEY, "object": CITY, "place_name": "上塘村", "score": 100.0}
    )
    made["item_grades"] = frame(
        "item_grades",
        {"object": CITY, "level": "village", "concept": plan.forms["village"].items[1].concept, "grade": "好"},
    )
    made["daily_items"] = frame("daily_items", {"object": CITY, "record": "R1", "points": 3.0})
    made["caps"] = frame(
        "caps", {"object": CITY, "rule": "V1", "field_name": "重大违纪违规问题", "value": "否", "state": "未触发"}
    )
    targets = [
        {"kind": "city", "object": CITY, "name": "韶关市", "class_id": "city14", "notebook": "40_city"},
        {"kind": "city", "object": "440500000000", "name": "汕头市", "class_id": "city14", "notebook": "40_city"},
        {"kind": "county", "object": COUNTY, "name": "武江区", "city": CITY, "notebook": "45_county"},
    ]
    made["targets"] = frame("targets", *targets)
    for name, table in made.items():
        write_parquet(processed / f"build/{name}.parquet", table)
    write_json(processed / "build/build.json", {"clean_hash": clean_hash(processed), "tables": {}})
    entries = {}
    for slug, name, parts in (
        ("city-440200", "韶关市", [f"composite[object={CITY}]", "streams[class_id=city14]", f"caps[object={CITY}]"]),
        ("city-440500", "汕头市", ["composite[object of city14]"]),
        ("county-440203", "武江区", [f"counties[county={COUNTY}]"]),
        ("overview", "全省", ["composite"]),
    ):
        entries[slug] = Entry(slug, "40_city", "", name, DONE, {}, parts=dict.fromkeys(parts, ""))
    write_manifest(root / "outputs", Manifest(entries))
    return Places(root / "raw", processed, root / "outputs")


@pytest.fixture(scope="module")
def follow(places: Places, plan: Plan) -> Follow:
    return lambda table, key, **change: trace(table, key, Places(**{**vars(places), **change}), plan)


def part(lines: list[str], head: str) -> list[str]:
    """The lines of one stage."""
    start = next(n for n, line in enumerate(lines) if line.startswith(head))
    stop = next((n for n in range(start + 1, len(lines)) if not lines[n]), len(lines))
    return lines[start:stop]


def test_a_household_from_its_cells_to_its_pages(follow: Follow) -> None:
    lines = follow("households", "H000")
    assert lines[0] == "households 样本户调查表 H000"
    typed = part(lines, "typed")
    assert typed[0] == f"typed     {HOUSEHOLDS_FILE} › row 2"
    assert typed[1].endswith("read again from the raw file")
    assert typed[2:6] == [
        "  A2      户样本编号: H000", "  B2      市: 韶关市", "  C2      县（市、区）: 武江区", f"  D2      村代码: {VILLAGES[0]}",
    ]  # fmt: skip
    assert "  H2      身份证号: （个人信息已遮盖，18 位）" in typed
    checked = part(lines, "checked")
    assert checked[0] == "checked   3 findings in this row"
    assert [line.split()[0] for line in checked[1:]] == ["K283", "K863", "K864"]
    assert checked[1].startswith("  K283 repaired at ")
    assert checked[1].endswith("数字写法已规范; got 5,000")
    assert "  debt = 5000" in part(lines, "clean")
    assert part(lines, "built")[1].startswith("  weights 样本户权重: 1 row; 最终权重 ")
    assert "  composite 综合评价: 1 row; 综合得分 75.5，综合等次 较好，名次 8" in lines
    assert part(lines, "reports") == [
        "reports   pages that read these rows",
        "  韶关市: html/city-440200.html (composite, streams)",
        "  全省: html/overview.html (composite)",
        "  and 1 page of other targets, which are compared with it",
    ]


def test_the_weight_is_the_product_of_its_factors(follow: Follow, places: Places) -> None:
    weights = pd.read_parquet(places.build / "weights.parquet").set_index("household")
    lines = part(follow("households", "H000"), "weight")
    factors = [float(line.split()[1]) for line in lines[1:]]
    product = 1.0
    for factor in factors:
        product *= factor
    assert len(factors) == 6
    assert product == pytest.approx(weights.loc["H000", "weight"], rel=1e-4)
    assert "(40／10)" in lines[4]


def test_a_grade_and_a_whole_form(follow: Follow, plan: Plan) -> None:
    lines = follow("grades", f"{KEY}.2")
    item = plan.forms["village"].items[1].name
    assert lines[2] == "typed     cross/field/村.xlsx › Sheet1 › row 6"
    assert f"  C6      考核指标: 2. {item}" in lines
    assert "  D6      好: √" in lines
    assert "  form_scores 考评表得分: 1 row; 地点名称 上塘村，得分 100" in lines
    assert any(line.startswith("  item_grades 指标等次: 1 row") for line in lines)
    form = follow("grades", KEY)
    assert form[0] == f"forms 考评表和指标表 {KEY}"
    assert "  row 2   抽查村: 上塘村" in form
    assert f"items     17 in use; `kaohe trace grades {KEY}.ITEM` follows one" in form
    assert form[-1] == "  row 7    set aside: K292 没有选等次 D7"
    assert not any("示范" in line for line in form)


def test_a_fact_by_the_targets_name(follow: Follow) -> None:
    lines = follow("事实认定", "韶关市/重大违纪违规问题")
    assert lines[0] == f"facts 事实认定 {CITY}/重大违纪违规问题"
    assert "  caps 等次限制规则: 1 row; 认定 否，状态 未触发" in lines


def test_a_daily_record_with_its_repairs_and_its_note_masked(follow: Follow) -> None:
    lines = follow("daily", "R1")
    assert "  I2      摘要: 电话 〔电话〕" in lines
    assert "  note = 电话 〔电话〕" in lines
    codes = [line.split()[0] for line in part(lines, "checked")[1:]]
    assert sorted(codes) == ["K208", "K284", "K285"]
    assert "  daily_items 日常工作记录: 1 row; 扣分 3" in lines


def test_records_that_were_set_aside(follow: Follow) -> None:
    lines = follow("households", "H004")
    assert lines[0] == "households 样本户调查表 H004: set aside, in no table and no report"
    assert lines[2] == f"typed     {HOUSEHOLDS_FILE} › row 6"
    why = part(lines, "set aside")
    assert why[0] == "set aside K262 不是确定的数"
    assert "got 约500; expected 一个确定的阿拉伯数字" in why[1]
    daily = follow("daily", "R2")
    assert "set aside K267 日期无法识别" in daily
    grade = follow("grades", f"{KEY}.3")
    assert grade[0] == f"grades 指标等次 {KEY}.3: set aside, in no table and no report"
    assert "set aside K292 没有选等次" in grade


def test_a_copy_that_was_set_aside_is_told_beside_the_row_in_use(follow: Follow) -> None:
    assert follow("households", "H007")[-1] == f"also set aside: {HOUSEHOLDS_FILE} › row 20: K255 与前面的行完全相同"


def test_a_form_that_came_twice(follow: Follow) -> None:
    lines = follow("forms", f"county:{COUNTY}")
    assert [line for line in lines if line.startswith("typed")] == [
        "typed     cross/field/县0.xlsx › Sheet1 › row 4", "typed     cross/field/县1.xlsx › Sheet1 › row 4",
    ]  # fmt: skip
    assert lines.count("set aside K295 同一地点的表交了两次且等次不同") == 2


def test_a_sample_village_and_a_purposive_household(follow: Follow) -> None:
    assert "  weights 样本户权重: 8 rows" in follow("sample_villages", VILLAGES[0])
    assert "weight    none: the household was not drawn at random, did not answer, or was set aside" in follow(
        "sample_households", "H019"
    )


def test_without_the_raw_file_or_with_another_it_is_said(follow: Follow, places: Places, tmp_path: Path) -> None:
    lines = follow("households", "H000", raw=tmp_path)
    assert part(lines, "typed")[1].endswith("the raw file is not there: only its address can be told")
    assert len(part(lines, "typed")) == 2
    other = tmp_path / HOUSEHOLDS_FILE
    other.parent.mkdir(parents=True)
    other.write_bytes((places.raw / HOUSEHOLDS_FILE).read_bytes() + b"\n")
    lines = follow("households", "H000", raw=tmp_path)
    assert part(lines, "typed")[1].endswith(
        "the raw file is not the one that was cleaned (another hash): it is not read again"
    )
    assert "  debt = 5000" in lines


def test_before_the_build_and_before_the_reports(follow: Follow, places: Places, tmp_path: Path) -> None:
    lines = follow("households", "H000", outputs=tmp_path)
    assert lines[-1] == "reports   none of the pages made so far reads these rows"
    (tmp_path / "clean").symlink_to(places.clean)
    assert follow("households", "H000", processed=tmp_path)[-1] == "built     nothing yet: run `kaohe build`"


@pytest.mark.parametrize(
    ("table", "key", "said"),
    [
        ("households", "H00", "K363 No record of this key\n  where     households 样本户调查表\n  got       H00\n"
         "  expected  one such as H000, H001, H002\n"),
        ("facts", "韶关", f"got       韶关: 2 records begin so\n  expected  one of {CITY}/重大违纪违规问题, {CITY}/完成年度减贫任务\n"),
        ("objects", "韶光市", "expected  one such as 韶关市, "),
        ("households", GOOD_ID, "got       〔证件号〕\n"),
        ("grades", "village:1", f"expected  one such as {KEY}"),
        ("grades", f"{KEY}.99", f"expected  one such as {KEY}."),
        ("teams", "1", "expected  the table has no records\n"),
        ("住户表", "1", "K361 There is no such table\n  got       住户表\n  expected  one of objects 考核对象名册, places 区划名册,"),
    ],
)  # fmt: skip
def test_unknown_keys_and_tables(follow: Follow, table: str, key: str, said: str) -> None:
    with pytest.raises(InputRefused) as caught:
        follow(table, key)
    assert said in caught.value.message()


def test_nothing_cleaned_yet(follow: Follow, tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="K810 There are no cleaned tables"):
        follow("households", "H000", processed=tmp_path)


def test_nobody_is_shown_in_any_trace(follow: Follow, places: Places) -> None:
    said: list[str] = []
    for name in TABLES:
        table = pd.read_parquet(places.clean / f"{name}.parquet")
        columns = {"forms": ["form_key"], "grades": ["form_key", "item"]}.get(name) or list(table.columns[:1])
        for row in table.head(2).to_dict("records"):
            key: Any = (".", "/")[name != "grades"].join(
                f"{row[c]:g}" if isinstance(row[c], float) else str(row[c]) for c in columns
            )
            try:
                said += follow(name, key)
            except InputRefused as error:
                said.append(error.message())
    text = "\n".join(said)
    assert len(said) > 300
    for person in (GOOD_ID, "示范", "19900001234", "6200001234567890123", "13912345678"):
        assert person not in text
    assert date.today().isoformat() not in text
