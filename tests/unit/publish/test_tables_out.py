"""Tables for readers: typed, in Chinese, withheld values said to be so, harmless, the same bytes again."""

from __future__ import annotations

import csv
import io
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import load_workbook

from kaohe.base.built import BUILT
from kaohe.base.errors import DisclosureError
from kaohe.base.plan import Plan
from kaohe.publish.built import BuildInfo, build_info
from kaohe.publish.table_books import LISTS, books_of
from kaohe.publish.table_cells import Names, cells
from kaohe.publish.tables_out import write_tables
from support.built_frames import the_plan
from support.fake_report import frame
from support.publishing import frames, write_build

SHAOGUAN = "440200000000"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return the_plan()


@lru_cache(maxsize=1)
def few() -> dict[str, pd.DataFrame]:
    """The invented tables, the long ones cut to two cities and the province."""
    short = {}
    for name, whole in frames().items():
        column = next((c for c in ("domain", "object", "city") if c in whole.columns), "")
        mine = whole[whole[column].str[:4].isin(["4402", "4403", "4400"])] if column else whole.head(50)
        short[name] = whole if len(whole) < 60 or name == "targets" else mine.reset_index(drop=True)
    return short


@pytest.fixture(scope="module")
def info(tmp_path_factory: pytest.TempPathFactory) -> BuildInfo:
    return build_info(write_build(tmp_path_factory.mktemp("processed"), few()) / "build")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, info: BuildInfo) -> Path:
    outputs = tmp_path_factory.mktemp("outputs")
    done = write_tables(outputs, info, the_plan())
    assert not done.absent
    return outputs / "tables"


def rows(path: Path, sheet: str) -> list[dict[str, Any]]:
    page = load_workbook(path)[sheet]
    lines = list(page.iter_rows(values_only=True))
    return [dict(zip(map(str, lines[0]), line, strict=True)) for line in lines[1:]]


def read_csv(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data[3:].decode(), newline="")))


def test_a_workbook_for_each_class_each_city_and_each_matter(made: Path, plan: Plan) -> None:
    names = {p.name for p in made.iterdir()}
    cities = [c for k in plan.classes.values() if k.kind == "city" for c in k.members]
    wanted = {f"city-{c[:6]}.xlsx" for c in cities} | {f"ranking-{k}.xlsx" for k in plan.classes}
    wanted |= {
        f"{s}.xlsx"
        for s in ("overview", "survey", "sample-design", "counties", "talk-list", "rectification", "data-quality")
    }
    wanted |= {f"{t.replace('_', '-')}.csv" for t in LISTS}
    assert names == wanted | {"tables.json", "readme.txt"}
    assert all(re.fullmatch(r"[a-z0-9-]+\.(xlsx|csv|json|txt)", n) for n in names)


def test_the_first_sheet_says_where_it_comes_from(made: Path, info: BuildInfo, plan: Plan) -> None:
    page = load_workbook(made / "ranking-city14.xlsx").worksheets[0]
    said = {str(a): str(b) for a, b, *_ in page.iter_rows(values_only=True, max_col=2) if a}
    assert page.title == "说明"
    assert said["密级"] == "内部资料 · 不公开"
    assert said["注意"] == "演示数据（虚构）"
    assert said["依据"] == f"{plan.meta['title']}（粤农扶组〔2020〕34号）"
    assert said["数据指纹"] == info.data_hash[:16]
    assert said["已隐藏"].startswith("应答户（村）太少或误差太大")
    assert page.oddHeader.right.text == "内部资料 · 不公开　演示数据（虚构）"


def test_numbers_are_numbers_and_headers_are_the_contracts(made: Path) -> None:
    composite = few()["composite"].set_index("object")
    page = load_workbook(made / "ranking-city14.xlsx")["综合评价"]
    heads = [c.value for c in page[1]]
    assert heads == list(BUILT["composite"].labels().values())
    row = dict(zip(heads, page[2], strict=True))
    score = composite.loc[str(row["对象"].value), "composite"]
    assert (row["综合得分"].value, row["综合得分"].data_type, row["综合得分"].number_format) == (
        pytest.approx(score),
        "n",
        "#,##0.00",
    )
    assert (row["名次"].data_type, row["名次"].number_format) == ("n", "#,##0")
    assert (row["数据完整率"].data_type, row["数据完整率"].number_format) == ("n", "0.0%")
    assert row["对象"].data_type == "s"
    assert row["类别"].value == "有脱贫攻坚任务的14个市"


def test_a_workbook_holds_the_rows_of_its_class_and_of_its_city(made: Path, plan: Plan) -> None:
    assert {r["对象"] for r in rows(made / "ranking-city6.xlsx", "综合评价")} == set(plan.classes["city6"].members)
    city = load_workbook(made / "city-440200.xlsx")
    assert len(city.sheetnames) == 22  # 说明 and twenty-one tables
    assert {r["对象"] for r in rows(made / "city-440200.xlsx", "三类来源得分")} == {SHAOGUAN}
    assert {str(r["域"])[:4] for r in rows(made / "city-440200.xlsx", "调查估计")} == {"4402"}
    assert len(load_workbook(made / "ranking-unit235.xlsx").sheetnames) == 25


def test_the_csv_has_every_row(made: Path) -> None:
    for table in ("composite", "estimates", "talk_list", "intake"):
        assert len(read_csv(made / f"{table.replace('_', '-')}.csv")) == len(few()[table]), table


def test_withheld_values_are_said_to_be_so(plan: Plan) -> None:
    base = {"unit": "household", "domain_type": "city", "domain": SHAOGUAN, "label": "饮水", "is_share": True, "estimate": 0.5, "se": 0.1,
            "ci_low": 0.4, "ci_high": 0.6, "n": 40, "n_psu": 3}  # fmt: skip
    hidden = {**base, "n": 4, "estimate": None, "se": None, "ci_low": None, "ci_high": None}
    found = frame(
        "estimates", {**base, "indicator": "a", "quality": "ok"}, {**hidden, "indicator": "b", "quality": "suppressed"},
        {**base, "indicator": "c", "quality": "not_estimable", "se": None, "ci_low": None, "ci_high": None},
    )  # fmt: skip
    heads, values = cells("estimates", found, Names({}, plan))
    labels = [h.label for h in heads]
    ok, gone, unsure = ({label: getattr(v, "value", v) for label, v in zip(labels, row, strict=True)} for row in values)
    assert (ok["估计值"], ok["户数"], ok["质量"]) == (0.5, 40, "可用")
    for label in (
        "估计值",
        "标准误",
        "区间下限",
        "区间上限",
        "自由度",
        "户数",
        "初级抽样单元数",
        "未答户数",
        "设计效应",
        "变异系数",
    ):
        assert gone[label] == "已隐藏", label
    assert gone["质量"] == "已隐藏"
    assert (unsure["估计值"], unsure["标准误"], unsure["区间下限"], unsure["质量"]) == (
        0.5,
        "不可估",
        "不可估",
        "不可估",
    )
    assert 4 not in values[1]


# Numbers that a withheld row may still show: the office's own bounds and weights, known beforehand.
STILL_SHOWN = {"survey_items": {"下限值", "目标值", "权重"}}


def test_tables_whose_rows_may_be_withheld() -> None:
    assert {t for t in BUILT if "quality" in BUILT[t].columns} == {"estimates", "income", "key_survey", "survey_items"}


@pytest.mark.parametrize("table", sorted(t for t in BUILT if "quality" in BUILT[t].columns))
def test_no_number_of_a_withheld_row_is_left(plan: Plan, table: str) -> None:
    marks = {c: m for c, (m, _) in BUILT[table].columns.items()}
    row = {c: 7.5 if m == "f" else 7 if m == "i" else False if m == "b" else "x" for c, m in marks.items()}
    made = frame(table, {**row, "quality": "suppressed"})
    heads, [values] = cells(table, made, Names({}, plan))
    left = {h.label for h, v in zip(heads, values, strict=True) if getattr(v, "value", v) in {7, 7.5}}
    assert left == STILL_SHOWN.get(table, set())


def test_small_counts_of_answers_are_withheld_with_another_beside_them(plan: Plan) -> None:
    """Below 10: 4 of 4, 30, 12 in the first city, and 12, the next smallest; nothing in the other city."""
    sizes = [("440200000000", [4, 30, 12]), ("440300000000", [11, 40])]
    made = frame("nonresponse", *(
        {"city": city, "nr_class": f"{k}", "n_selected": n + 5, "n_respondents": n, "factor": 1.5}
        for city, counts in sizes for k, n in enumerate(counts)
    ))  # fmt: skip
    found = by_label("nonresponse", made, plan)
    assert [r["有效户"] for r in found] == ["已隐藏", 30, "已隐藏", 11, 40]
    assert [r["调整因子"] for r in found] == ["已隐藏", 1.5, "已隐藏", 1.5, 1.5]
    assert [r["合格样本户"] for r in found] == [9, 35, 17, 16, 45]


def test_small_counts_of_a_margin_are_withheld_with_what_they_follow_from(plan: Plan) -> None:
    """Each margin by itself: 11 and 40 by size stay, although 11 is less than 12."""
    parts = [("county", [4, 30, 12]), ("size_group", [11, 40])]
    made = frame("calibration", *(
        {"city": SHAOGUAN, "margin": margin, "level": f"{k}", "n": n, "target": 900.0, "before": 90.0, "after": 900.0,
         "g_min": 0.9, "g_max": 1.1, "iterations": 3}
        for margin, counts in parts for k, n in enumerate(counts)
    ))  # fmt: skip
    found = by_label("calibration", made, plan)
    assert [r["样本户数"] for r in found] == ["已隐藏", 30, "已隐藏", 11, 40]
    for label, value in (("校准前", 90.0), ("最小校准因子", 0.9), ("最大校准因子", 1.1)):
        assert [r[label] for r in found] == ["已隐藏", value, "已隐藏", value, value], label
    for label, value in (("登记户数", 900.0), ("校准后", 900.0)):
        assert [r[label] for r in found] == [value] * 5, label


def by_label(table: str, made: pd.DataFrame, plan: Plan) -> list[dict[str, Any]]:
    heads, values = cells(table, made, Names({}, plan))
    return [{h.label: getattr(v, "value", v) for h, v in zip(heads, row, strict=True)} for row in values]


def test_places_of_weak_forms_are_named(plan: Plan) -> None:
    made = frame(
        "item_grades",
        {"object": SHAOGUAN, "level": "town", "concept": "water", "weak_at": "440203000000、440222100000"},
        {},
    )
    names = Names({"440222100000": "甲镇"}, plan)
    heads, values = cells("item_grades", made, names)
    at = [h.label for h in heads].index("一般及以下的地点")
    assert sorted(str(row[at]) for row in values) == ["None", "武江区、甲镇"]


def test_shares_are_percent_row_by_row(made: Path) -> None:
    page = load_workbook(made / "survey.xlsx")["调查估计"]
    heads = [c.value for c in page[1]]
    kinds = set()
    for row in page.iter_rows(min_row=2):
        cell, share = row[heads.index("估计值")], row[heads.index("是否比例")].value
        if cell.data_type == "n" and cell.value is not None:
            kinds.add((share, cell.number_format))
    assert kinds == {("是", "0.0%"), ("否", "#,##0.00")}


def test_fresh_files_are_left_and_the_same_bytes_come_again(tmp_path: Path, info: BuildInfo, made: Path) -> None:
    first = {p.name: p.read_bytes() for p in made.iterdir()}
    done = write_tables(made.parent, info, the_plan())
    assert (done.made, len(done.fresh)) == ([], len(first) - 2)
    (made / "composite.csv").write_text("spoilt", encoding="utf-8")
    (made / "talk-list.xlsx").unlink()
    assert sorted(write_tables(made.parent, info, the_plan()).made) == ["composite.csv", "talk-list.xlsx"]
    assert {p.name: p.read_bytes() for p in made.iterdir()} == first
    done = write_tables(tmp_path, info, the_plan(), only={"city-440200.xlsx"})
    assert done.made == ["city-440200.xlsx"]
    assert (tmp_path / "tables/city-440200.xlsx").read_bytes() == first["city-440200.xlsx"]


def test_only_what_changed_is_written_and_what_went_is_removed(tmp_path: Path, plan: Plan) -> None:
    small = {n: f for n, f in frames().items() if n in {"targets", "counties", "talk_list", "rectify"}}
    build = write_build(tmp_path / "p", small) / "build"
    first = write_tables(tmp_path, build_info(build), plan)
    assert first.absent == set(LISTS) - set(small)
    (tmp_path / "tables/old.csv").write_text("kept: not ours", encoding="utf-8")
    changed = {**small, "talk_list": small["talk_list"].iloc[:1]}
    done = write_tables(tmp_path, build_info(write_build(tmp_path / "p", changed) / "build"), plan)
    assert "talk-list.xlsx" in done.made
    assert {"rectify.csv", "rectification.xlsx"} <= set(done.fresh)
    (build / "rectify.parquet").unlink()
    write_tables(tmp_path, build_info(build), plan)
    assert not (tmp_path / "tables/rectify.csv").exists()
    assert (tmp_path / "tables/old.csv").exists()


def test_text_is_harmless_in_both(tmp_path: Path, plan: Plan) -> None:
    texts = ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\t=1", "好"]
    rectify = frame(
        "rectify",
        *({"problem": f"P{n}", "object": SHAOGUAN, "note": t, "state": "未整改"} for n, t in enumerate(texts)),
    )
    small = {**{n: frames()[n] for n in ("targets", "counties")}, "rectify": rectify}
    write_tables(tmp_path, build_info(write_build(tmp_path / "p", small) / "build"), plan)
    page = load_workbook(tmp_path / "tables/rectification.xlsx")["问题与整改"]
    at = [c.value for c in page[1]].index("问题描述")
    assert [(row[at].value, row[at].data_type) for row in page.iter_rows(min_row=2)] == [(t, "s") for t in texts]
    written = [r["问题描述"] for r in read_csv(tmp_path / "tables/rectify.csv")]
    assert written == [*(f"'{t}" for t in texts[:5]), "好"]


def test_a_person_in_a_text_stops_the_file(tmp_path: Path, plan: Plan) -> None:
    number = "44990119800101" + "1234"
    rectify = frame("rectify", {"problem": "P1", "object": SHAOGUAN, "note": f"联系 {number}"})
    small = {**{n: frames()[n] for n in ("targets", "counties")}, "rectify": rectify}
    with pytest.raises(DisclosureError) as caught:
        write_tables(tmp_path, build_info(write_build(tmp_path / "p", small) / "build"), plan)
    assert caught.value.exit_code == 4
    assert caught.value.message() == (
        "K364 A table for readers holds what looks like personal data\n  where     rectify › 问题描述\n"
        "  got       21 characters (masked)\n  expected  no identity number, account or telephone\n"
        "  remedy    mend the raw record, then run `kaohe clean`, `kaohe build` and this again"
    )
    assert not list((tmp_path / "tables").glob("rectif*"))


def test_no_household_stands_in_any_of_them(plan: Plan) -> None:
    books = books_of(frames()["targets"], plan)
    tables = {t for b in books for t in b.tables} | set(LISTS)
    assert not tables & {"weights", "sample", "estimate_cov"}
    heads, _ = cells("village_profile", frames()["village_profile"], Names({}, plan))
    assert [h.label for h in heads] == [  # how villages were chosen and reached; nothing that one of them answered
        "村代码", "村名", "镇", "县", "县名", "市", "市名称", "抽选方式", "对口帮扶市", "对口帮扶市名称", "省定贫困村", "抽中户数", "完成户数",
    ]  # fmt: skip
    assert not [t for t in tables if "household" in BUILT[t].columns]


def test_sheet_names_fit_and_are_distinct(plan: Plan) -> None:
    for book in books_of(frames()["targets"], plan):
        names = [p.name for p in book.pages]
        assert len(set(names)) == len(names)
        assert all(len(n) <= 31 and not set(n) & set("[]:*?/\\") for n in names)


def test_words_are_chinese(made: Path) -> None:
    texts = pd.concat([pd.read_csv(p, dtype=str, keep_default_na=False).stack() for p in made.glob("*.csv")])
    codes = {
        "quarantine",
        "household",
        "province",
        "proportion",
        "suppressed",
        "down",
        "up",
        "normalise",
        "city14",
        "nan",
        "NaT",
        "None",
    }
    assert not codes & set(texts.unique())
