"""Whatever stands in a table, no row is lost: read = used + set aside + declared + blank."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kaohe.base.ledger import Ledger
from kaohe.base.plan import load_plan
from kaohe.clean.raw_folder import list_files
from kaohe.clean.run import clean_tables
from support.raw_office import HOUSEHOLDS_FILE, VILLAGES_FILE, RawOffice, book

PLAN = load_plan()
NASTY = (
    "", " ", "\u3000", "不知道", "/", "-", "约500", "12 万元", "１２", "1,200", "#DIV/0!", "2020年9月31日", "44104", "优秀",
    "韶关", "清远市", "合计", "注：见附表", "√", "×", "4.40205E+17", "440203100201", "H001", "=1+1", "\u200b", "张三",
    "110105194912310021", "a\nb", "0", "-5", "1e999", "85%",
)  # fmt: skip
CELL = st.one_of(st.sampled_from(NASTY), st.text(max_size=6))
EDIT = st.tuples(st.integers(0, 30), st.integers(0, 70), CELL)
ROW = st.tuples(st.integers(0, 30), st.sampled_from(("blank", "total", "note", "copy", "header", "short")))


def dirty(office: RawOffice, edits: list[tuple[int, int, str]], extra: list[tuple[int, str]]) -> list[list[str]]:
    """The household table with cells overwritten and rows put in."""
    rows = [list(office.households[0]), *[list(r.values()) for r in office.households]]
    width = len(rows[0])
    for row, column, value in edits:
        rows[1 + row % (len(rows) - 1)][column % width] = value
    made = {
        "blank": [""] * width, "total": ["合计", *[""] * (width - 1)], "note": ["注：甲", *[""] * (width - 1)],
        "header": list(rows[0]), "short": ["x"],
    }  # fmt: skip
    for at, kind in extra:
        rows.insert(1 + at % len(rows), list(made.get(kind, rows[at % len(rows)])))
    return rows


TABLES = {"edits": st.lists(EDIT, max_size=12), "extra": st.lists(ROW, max_size=5), "as_book": st.booleans()}
QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


@settings(max_examples=60, **QUIET)
@given(**TABLES)
def test_no_row_is_ever_lost(edits: list[tuple[int, int, str]], extra: list[tuple[int, str]], as_book: bool) -> None:
    check_balance(edits, extra, as_book)


@pytest.mark.every_target
@settings(max_examples=500, **QUIET)
@given(**TABLES)
def test_no_row_is_lost_in_five_hundred_tables(
    edits: list[tuple[int, int, str]], extra: list[tuple[int, str]], as_book: bool
) -> None:
    check_balance(edits, extra, as_book)


def check_balance(edits: list[tuple[int, int, str]], extra: list[tuple[int, str]], as_book: bool) -> None:
    office = RawOffice(PLAN)
    rows = dirty(office, edits, extra)
    name = HOUSEHOLDS_FILE
    del office.files[VILLAGES_FILE]
    if as_book:
        clean = [[v if all(c >= " " or c in "\t\n" for c in v) and v.isprintable() else "?" for v in r] for r in rows]
        name = name.replace(".csv", ".xlsx")
        office.raw[name] = book([[("'" + v) if v[:1] == "=" else v or None for v in r] for r in clean])
        del office.files[HOUSEHOLDS_FILE]
    else:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(rows)
        office.raw[name] = out.getvalue().encode("utf-8", "replace")
    with tempfile.TemporaryDirectory() as folder:
        raw = office.write(Path(folder) / "raw")
        cleaned = clean_tables(raw, list_files(raw), PLAN)
    ledger: Ledger = cleaned.ledger
    account = next(a for a in ledger.accounts if a.file == name)
    assert account.balance == 0
    assert account.used == len(cleaned.tables["households"])
    aside = {(f.row) for f in ledger.findings if f.action == "quarantine" and f.file == name}
    assert len(aside) == account.quarantined
    if account.refused:
        assert [f for f in ledger.findings if f.action == "refuse" and f.file == name]
        assert (account.read, account.used) == (0, 0)
    else:
        assert account.read > 0
        assert account.used + account.quarantined + account.declared + account.blank == account.read
        used = set(cleaned.tables["households"]["src_row"])
        assert not used & aside
