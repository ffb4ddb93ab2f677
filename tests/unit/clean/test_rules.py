"""Rules of the register's and the office's tables, one fault each."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kaohe.base.plan import Plan
from support.raw_office import RawOffice

DAILY = "记录编号,对象,来源,日期,性质,严重程度,指标,数值,摘要\n"
PROBLEMS = "问题编号,对象,地点代码,发现渠道,发现日期,涉及指标序号,突出问题,问题描述,整改状态,整改完成日期\n"
TABLES: dict[str, tuple[str, str, list[tuple[str, int, str]], int]] = {
    "objects of another class": (
        "registry/objects.csv", "对象编码,对象名称,考核类别\n440100000000,广州市,任务市\n440200000000,韶关市,任务市\n",
        [("K281", 2, "对象编码")], 1,
    ),
    "objects with another name": (
        "registry/objects.csv", "对象编码,对象名称,考核类别\n440100000000,深圳市,帮扶市\n440200000000,韶关,任务市\n",
        [("K278", 2, "对象名称")], 1,
    ),
    "江门": (
        "registry/objects.csv", "对象编码,对象名称,考核类别\n440700000000,江门市,任务市\n440200000000,韶关市,任务市\n",
        [("K288", 2, "对象编码")], 1,
    ),
    "pairing with a task city": (
        "registry/pairing.csv", "村代码,对口帮扶市,定点帮扶单位\n440203100201,韶关市,\n440203100202,广州,单位001\n",
        [("K281", 2, "对口帮扶市")], 1,
    ),
    "totals": (
        "registry/totals.csv",
        "市,分组变量,分组,户数,人数\n韶关,县,武江,100,300\n韶关市,县,清城区,1,3\n韶关市,户类型,贫困户,1,3\n韶关市,家庭规模,1-2人,5,8\n",
        [("K277", 3, "分组"), ("K272", 4, "分组")], 2,
    ),
    "teams": (
        "cross/teams.csv", "组号,组长单位,考核市\n第01组,韶关市,清远市\n第02组,清远市,清远市\n", [("K278", 3, "考核市")], 1,
    ),
    "daily": (
        "daily/x.csv",
        DAILY + "R1,韶关市,扶贫审计,2020-05-06,扣分事项,一般,,,甲\nR2,韶关市,扶贫审计,2020-05-06,扣分事项,,,,乙\n"
        "R3,韶关市,扶贫审计,2020-05-06,定量指标,,财政专项扶贫资金支出率,,丙\nR4,单位009,扶贫审计,2020-05-06,扣分事项,一般,,,丁\n"
        "R5,韶关市,审计,2020-05-06,扣分事项,一般,,,戊\nR6,韶关市,扶贫审计,2020-05-06,定量指标,,财政专项扶贫资金支出率,0.93,己\n",
        [("K260", 3, "严重程度"), ("K260", 4, "数值"), ("K275", 5, "对象"), ("K272", 6, "来源")], 2,
    ),
    "facts": (
        "office/facts.csv",
        "对象,事项,认定,依据,日期\n韶关市,重大违纪违规问题,否,无,2020-12-01\n韶关市,重大违纪问题,否,无,\n韶关市,完成年度减贫任务,大概,无,\n",
        [("K272", 3, "事项"), ("K272", 4, "认定")], 1,
    ),
    "self grades": (
        "office/self_grades.csv", "对象,指标序号,自评等次\n韶关市,18,好\n韶关市,17,好\n单位001,16,好\n单位001,1,良\n",
        [("K265", 2, "指标序号"), ("K265", 4, "指标序号"), ("K274", 5, "自评等次")], 1,
    ),
    "problems": (
        "office/problems.csv",
        PROBLEMS + "W1,韶关市,440203100201,督查,2020-11-02,3,否,甲,已完成,2020-10-02\n"
        "W2,韶关市,440203100999,督查,2020-11-02,3,否,乙,未整改,\nW3,韶关市,,督查,2020-11-02,,是,丙,未整改,\n",
        [("K270", 2, "整改完成日期"), ("K281", 3, "地点代码")], 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLES)
def test_rows_that_break_a_rule(case: str, tmp_path: Path, plan: Plan) -> None:
    file, text, wanted, used = TABLES[case]
    office = RawOffice(plan)
    office.raw[file] = text.encode()
    result = office.clean(tmp_path)
    table = "daily" if file.startswith("daily") else Path(file).stem
    found = pd.read_parquet(result.folder / "quarantine.parquet")
    found = found[found["file"] == file]
    assert list(zip(found["code"], found["row"], found["column"], strict=True)) == wanted
    assert result.rows[table] == used


def test_a_problem_that_is_done_without_a_day_is_kept_and_noted(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    office.raw["office/problems.csv"] = (
        PROBLEMS + "W1,韶关市,,督查,2020-11-02,,否,甲,已完成,\nW2,韶关市,,督查,2020-11-02,,否,乙,整改中,\n"
        "W3,韶关市,,督查,2020-11-02,,否,丙,已完成,2020-11-20\n"
    ).encode()
    result = office.clean(tmp_path)
    assert result.rows["problems"] == 3
    found = pd.read_parquet(result.folder / "findings.parquet")
    found = found[(found["file"] == "office/problems.csv") & (found["code"] == "K260")]
    assert found[["action", "row", "column", "expected"]].to_numpy().tolist() == [
        ["note", 2, "整改完成日期", "整改状态为“已完成”的，写明完成日期"]
    ]


def test_words_of_the_register_become_codes(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    for case in ("totals", "daily"):
        office.raw[TABLES[case][0]] = TABLES[case][1].encode()
    folder = office.clean(tmp_path).folder
    objects = pd.read_parquet(folder / "objects.parquet").set_index("object")["class_id"]
    assert objects[["440200000000", "440100000000", "DW001"]].tolist() == ["city14", "city6", "unit235"]
    totals = pd.read_parquet(folder / "totals.parquet")
    assert totals[["city", "level", "households"]].to_numpy().tolist() == [
        ["440200000000", "440203000000", 100.0], ["440200000000", "1-2人", 5.0],
    ]  # fmt: skip
    daily = pd.read_parquet(folder / "daily.parquet")
    assert daily["object"].tolist() == ["440200000000"] * 2
    assert daily["value"].isna().tolist() == [True, False]
    assert daily["date"].tolist() == [pd.Timestamp(2020, 5, 6)] * 2


def test_places_of_the_register_agree_with_their_codes(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    rows = [
        ("440203100203", "错级村", "镇", "440203100000"), ("440203100204", "错上级村", "村", "440204000000"),
        ("440203300201", "无镇村", "村", "440203300000"), ("440204000000", "武江区", "县", "440200000000"),
        ("449999000000", "无此县", "县", "449900000000"), ("44020310020", "短码村", "村", "440203100000"),
    ]  # fmt: skip
    file = "registry/places.csv"
    office.files[file] += [dict(zip(office.files[file][0], [*r, ""], strict=True)) for r in rows]
    result = office.clean(tmp_path)
    found = pd.read_parquet(result.folder / "quarantine.parquet")
    assert list(zip(found["code"], found["row"], strict=True)) == [
        ("K278", 7), ("K277", 8), ("K277", 9), ("K278", 10), ("K281", 11), ("K279", 12),
    ]  # fmt: skip
    assert result.rows["places"] == 5


def test_late_visits_are_kept_and_marked(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    office.households[3]["调查日期"] = "2020-10-03"
    result = office.clean(tmp_path)
    assert result.rows["households"] == 18
    found = pd.read_parquet(result.folder / "findings.parquet")
    late = found[found["code"] == "K299"].iloc[0]
    assert (late["action"], late["row"], late["value"], late["expected"]) == (
        "note",
        5,
        "2020-10-03",
        "不晚于 2020-09-30",
    )


def test_an_answer_may_be_missing_a_fixed_column_may_not(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    office.households[0]["对脱贫攻坚工作的满意度"] = ""
    office.households[1]["家庭负债"] = "拒答"
    office.households[2]["户样本编号"] = "不详"
    result = office.clean(tmp_path)
    frame = pd.read_parquet(result.folder / "households.parquet")
    assert len(frame) == 17
    assert frame["sat_work"].isna().tolist() == [True] + [False] * 16
    assert frame["debt"].isna().sum() == 1
    found = pd.read_parquet(result.folder / "quarantine.parquet")
    assert found[["code", "row", "value"]].to_numpy().tolist() == [["K260", 4, "不详"]]


def test_targets_that_the_register_lacks_are_noted(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    office.files["registry/objects.csv"] = [
        r for r in office.files["registry/objects.csv"] if r["对象名称"] != "清远市"
    ]
    found = pd.read_parquet(office.clean(tmp_path).folder / "findings.parquet")
    assert found.loc[found["code"] == "K289", "value"].tolist() == [
        "有脱贫攻坚任务的14个市：缺清远市", "有定点扶贫任务的235个单位：名册有 3 个",
    ]  # fmt: skip


def test_a_repair_is_entered_by_cell_and_a_files_own_style_once(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    office.households[2]["市"] = "韶关"
    rows = "".join(f"R{i},韶关,扶贫审计,2020/5/{i % 28 + 1},扣分事项,一般,,,甲\n" for i in range(40))
    office.raw["daily/x.csv"] = (DAILY + rows).encode()
    found = pd.read_parquet(office.clean(tmp_path).folder / "findings.parquet")
    found = found[found["action"] == "normalise"]
    assert found[["code", "file", "row", "column", "value", "expected"]].to_numpy().tolist() == [
        ["K285", "daily/x.csv", 0, "对象", "整列同一写法，40 处，如 韶关", ""],
        ["K284", "daily/x.csv", 0, "日期", "整列同一写法，40 处，如 2020/5/1", ""],
        ["K285", "survey/households/440200_韶关市_住户.csv", 4, "市", "韶关", "韶关市"],
    ]  # fmt: skip
