"""A table gives the same clean rows, findings and accounts whether it is read by column or row by row."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path
from unittest import mock

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaohe.base.plan import load_plan
from kaohe.clean import coded, intake, large_text
from kaohe.clean.raw_folder import list_files
from kaohe.clean.run import Cleaned, clean_tables
from support.raw_office import HOUSEHOLDS_FILE, RawOffice

PLAN = load_plan()
CELLS = (
    "", " ", "\u3000", "不知道", "/", "约500", "12元", "１２", "1,200", "#DIV/0!", "2020年9月30日", "2020/9/31", "优秀", "武江",
    "韶关", "清远市", "合计", "注：见附表", "√", "4.40205E+17", "440203100202", "H001", "\u200b", "张三", "a\nb", "a\r\n,b", 'x"y',
    "440524188001010015", "11010519491231002x", "0", "-5", "1e999", "85%", "锟斤拷", "13800138000", "0.5", "99999", "甲,乙",
)  # fmt: skip
EDIT = st.tuples(st.integers(0, 40), st.integers(0, 70), st.one_of(st.sampled_from(CELLS), st.text(max_size=5)))
EXTRA = st.tuples(
    st.integers(0, 40), st.sampled_from(("blank", "empty", "total", "note", "copy", "header", "short", "long"))
)


def file_of(office: RawOffice, edits: list[tuple[int, int, str]], extra: list[tuple[int, str]], end: str) -> str:
    """The household table with cells overwritten and rows put in, as text."""
    head, width = list(office.households[0]), len(office.households[0])
    rows = [head, *(list(r.values()) for r in office.households)]
    for row, column, value in edits:
        rows[1 + row % (len(rows) - 1)][column % width] = value
    made = {
        "blank": [], "empty": [""] * width, "total": ["合计", *[""] * (width - 1)], "note": ["注：甲"], "header": head,
        "short": ["x", "y"], "long": [*rows[1], "", ""],
    }  # fmt: skip
    for at, kind in extra:
        rows.insert(at % (len(rows) + 1), list(made.get(kind, rows[at % len(rows)])))
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerows(rows)
    return out.getvalue()


def cleaned(raw: Path, *, by_column: bool) -> Cleaned:
    size, many = (0, 0) if by_column else (1 << 60, 1 << 60)
    with (
        mock.patch.object(intake, "LARGE", size),
        mock.patch.object(coded, "MANY", many),
        mock.patch.object(large_text, "MANY", many),
    ):
        return clean_tables(raw, list_files(raw), PLAN)


def check_same(edits: list[tuple[int, int, str]], extra: list[tuple[int, str]], end: str, encoding: str) -> None:
    office = RawOffice(PLAN)
    text = file_of(office, edits, extra, end)
    del office.files[HOUSEHOLDS_FILE]
    office.raw[HOUSEHOLDS_FILE] = text.encode(encoding, "replace")
    with tempfile.TemporaryDirectory() as folder:
        raw = office.write(Path(folder) / "raw")
        columns, rows = cleaned(raw, by_column=True), cleaned(raw, by_column=False)
    assert columns.ledger.findings == rows.ledger.findings
    assert columns.ledger.accounts == rows.ledger.accounts
    for name, frame in rows.tables.items():
        pd.testing.assert_frame_equal(columns.tables[name], frame, check_exact=True)


TABLES = {
    "edits": st.lists(EDIT, max_size=10), "extra": st.lists(EXTRA, max_size=4), "end": st.sampled_from(("\n", "\r\n")),
    "encoding": st.sampled_from(("gb18030", "utf-8", "utf-16")),
}  # fmt: skip
QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


@settings(max_examples=20, **QUIET)
@given(**TABLES)
def test_by_column_as_by_row(
    edits: list[tuple[int, int, str]], extra: list[tuple[int, str]], end: str, encoding: str
) -> None:
    check_same(edits, extra, end, encoding)


@pytest.mark.slow
@pytest.mark.every_target
@settings(max_examples=300, **QUIET)
@given(**TABLES)
def test_by_column_as_by_row_in_three_hundred_tables(
    edits: list[tuple[int, int, str]], extra: list[tuple[int, str]], end: str, encoding: str
) -> None:
    check_same(edits, extra, end, encoding)
