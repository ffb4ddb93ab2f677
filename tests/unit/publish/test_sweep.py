"""A museum of leaks: one of each kind planted in each kind of file; and what is no leak."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook

from kaohe.base.errors import DisclosureError, InputRefused
from kaohe.base.plan import Plan, load_plan
from kaohe.publish.sweep import refuse_hits, sweep

NUMBER = "449901199003078230"
CARD = "6222021234567890123"
PHONE = "13800138000"
LEAKS = {
    "an identity number": f"证件{NUMBER}", "a bank account": f"卡{CARD}", "a telephone number": f"电{PHONE}",
    "an e-mail address": "someone@example.com", "an address": "大塘村12号", "a name": "户主陈示范已搬",
}  # fmt: skip
Put = Callable[[Path, str], None]


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan()


def page(path: Path, text: str) -> None:
    path.write_text(
        f"<!DOCTYPE html><html><body><p>好</p><table><tr><td>{text}</td></tr></table></body></html>", "utf-8"
    )


def svg(path: Path, text: str) -> None:
    path.write_text(f'<svg><g aria-label="{text}"><path d="M1 2"/></g></svg>', "utf-8")


def notebook(path: Path, text: str) -> None:
    cell = {"cell_type": "code", "source": ["1"], "outputs": [{"data": {"text/html": f"<td>{text}</td>"}}]}
    path.write_text(json.dumps({"cells": [cell]}), "utf-8")  # non-ASCII as escapes


def parquet(path: Path, text: str) -> None:
    pd.DataFrame({"note": ["无", text]}).to_parquet(path)


def workbook(path: Path, text: str) -> None:
    book = Workbook()
    book.active.append(["说明", text])
    book.save(path)


def csv(path: Path, text: str) -> None:
    path.write_text(f"甲,乙\n1,{text}\n", "utf-8-sig")


def log(path: Path, text: str) -> None:
    path.write_text(f"ok\nValueError: {text}\n", "utf-8")


def configuration(path: Path, text: str) -> None:
    path.write_text(json.dumps({"files": {"a": text}}, ensure_ascii=False), "utf-8")


PLACES: dict[str, Put] = {
    "outputs/html/a.html": page, "outputs/html/a.svg": svg, "outputs/notebooks/a.ipynb": notebook,
    "processed/clean/a.parquet": parquet, "outputs/tables/a.xlsx": workbook, "outputs/tables/a.csv": csv,
    "outputs/kaohe-fault.log": log, "processed/clean/intake.json": configuration,
}  # fmt: skip


def folder(tmp_path: Path, place: str) -> Path:
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("what", LEAKS)
def test_each_kind_of_leak_is_found_in_each_kind_of_file(tmp_path: Path, plan: Plan, place: str, what: str) -> None:
    path = folder(tmp_path, place)
    PLACES[place](path, LEAKS[what])
    done = sweep(tmp_path / "processed", tmp_path / "outputs", tmp_path / "raw", plan)
    assert [(h.file, h.what) for h in done.hits] == [(str(path), what)]
    secret = (
        LEAKS[what].removeprefix("证件").removeprefix("卡").removeprefix("电").removeprefix("户主").removesuffix("已搬")
    )
    assert secret not in done.hits[0].line()
    assert "*" in done.hits[0].shown


def test_what_is_not_personal_is_no_hit(tmp_path: Path, plan: Plan) -> None:
    clean = folder(tmp_path, "processed/clean/households.parquet")
    pd.DataFrame({
        "household": ["440203H0001", "4402031002010012"], "village": ["440203100201"] * 2, "src_sha256": ["9" * 63 + "a"] * 2,
        "person_key": ["0123456789abcdef0123456789abcdef"] * 2, "income_wage": [13800138000.0, 1.0],
    }).to_parquet(clean)  # fmt: skip
    page(
        folder(tmp_path, "outputs/html/a.html"),
        "440203100201，共13500000000元，2020年9月30日；4402031002010012；联系人不在家",
    )
    done = sweep(tmp_path / "processed", tmp_path / "outputs", tmp_path / "raw", plan)
    assert done.hits == []
    refuse_hits(done)
    assert done.summary() == (
        "audit: 2 files, 7 different texts; searched for personal data, 0 personal values of the raw files"
        " and 0 withheld estimates"
    )


def test_a_raw_file_that_cannot_be_opened_is_counted_in_what_was_not_looked_for(tmp_path: Path, plan: Plan) -> None:
    folder(tmp_path, "raw/daily/a.xlsx").write_bytes(b"PK no workbook")
    page(folder(tmp_path, "outputs/html/a.html"), "正文")
    done = sweep(tmp_path / "processed", tmp_path / "outputs", tmp_path / "raw", plan)
    assert done.unread == ["daily/a.xlsx"]
    assert done.summary().endswith("; 1 raw files could not be opened, their values were not looked for")


def test_values_of_the_raw_files_are_looked_for_as_such(tmp_path: Path, plan: Plan) -> None:
    """A plain name and a number of no known form are found because the raw files hold them."""
    raw = folder(tmp_path, "raw/survey/households/a.csv")
    raw.write_text("户样本编号,户主姓名,联系电话,工资性收入\nH1,金丝雀,7654321,1\nH2,丘北,,2\n", "gb18030")
    page(folder(tmp_path, "outputs/html/a.html"), "其中金丝雀反映，76-543-21；丘北方向")
    page(folder(tmp_path, "outputs/html/b.html"), "丘北")
    done = sweep(tmp_path / "processed", tmp_path / "outputs", tmp_path / "raw", plan)
    assert done.canaries == 3
    assert [(Path(h.file).name, h.what) for h in done.hits] == [
        ("a.html", "a number of a person in the raw files"), ("a.html", "a name in the raw files"),
        ("b.html", "a name in the raw files"),
    ]  # fmt: skip
    assert "金丝雀" not in "".join(h.line() for h in done.hits)


def test_the_message_names_the_places_and_exits_4(tmp_path: Path, plan: Plan) -> None:
    path = folder(tmp_path, "outputs/html/a.html")
    page(path, f"致电{PHONE}")
    done = sweep(tmp_path / "processed", tmp_path / "outputs", tmp_path / "raw", plan)
    with pytest.raises(DisclosureError) as refused:
        refuse_hits(done)
    assert refused.value.exit_code == 4
    assert refused.value.message() == (
        "K851 Personal data or withheld values were found in what was written\n"
        "  where     1 of 1 files\n"
        f"  got       {path} › text: a telephone number “***********”\n"
        "  expected  none\n"
        "  remedy    do not pass the files on; mend the raw record (or report it), then clean, build and run again"
    )


def test_nothing_to_scan_is_refused(tmp_path: Path, plan: Plan) -> None:
    with pytest.raises(InputRefused) as refused:
        sweep(tmp_path / "p", tmp_path / "o", tmp_path / "r", plan)
    assert refused.value.message() == (
        f"K852 There is nothing to audit\n  where     {tmp_path / 'p'}, {tmp_path / 'o'}\n"
        "  remedy    run `kaohe clean`, `kaohe build` and `kaohe run` first, or name the folders"
    )


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A build with one withheld estimate, house_safe of one county: 2 of 4 households, 50 %."""
    home = tmp_path / "processed" / "build"
    home.mkdir(parents=True)
    row = {"unit": "household", "domain_type": "county", "domain": "440222000000", "name": "始兴县", "indicator": "house_safe",
           "label": "住房安全", "estimate": np.nan, "n": 4, "is_share": True, "measure_unit": "", "quality": "suppressed"}  # fmt: skip
    pd.DataFrame([row]).to_parquet(home / "estimates.parquet")
    return home


def test_a_value_left_in_a_withheld_row_of_a_table_is_found(build: Path, tmp_path: Path, plan: Plan) -> None:
    frame = pd.read_parquet(build / "estimates.parquet")
    frame.assign(estimate=0.5).to_parquet(build / "estimates.parquet")
    done = sweep(tmp_path / "processed", tmp_path / "outputs", tmp_path / "raw", plan)
    assert [(h.where, h.what) for h in done.hits] == [("column estimate row 1", "a value of a withheld estimate")]
    assert done.hits[0].file == str(build / "estimates.parquet")


@pytest.mark.parametrize("column", ["p10", "p25", "p50", "p75", "p90", "share_below", "share_low", "share_high"])
def test_a_quantile_of_income_left_in_a_withheld_row_is_found(
    build: Path, tmp_path: Path, plan: Plan, column: str
) -> None:
    void = dict.fromkeys(("p10", "p25", "p50", "p75", "p90", "share_below", "share_low", "share_high"), np.nan)
    row = {"domain_type": "county", "domain": "440222000000", "n": 40, "quality": "suppressed", **void}
    pd.DataFrame([row, {**row, "quality": "ok", column: 1.0}]).to_parquet(build / "income.parquet")
    assert not sweep(tmp_path / "processed", tmp_path / "outputs", tmp_path / "raw", plan).hits
    pd.DataFrame([row, {**row, column: 8460.0}]).to_parquet(build / "income.parquet")
    done = sweep(tmp_path / "processed", tmp_path / "outputs", tmp_path / "raw", plan)
    assert [(h.where, h.what) for h in done.hits] == [(f"column {column} row 2", "a value of a withheld estimate")]
