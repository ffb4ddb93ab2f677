"""One raw table from its files: sheets found, whole-file faults refused, rows parsed column by column."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np

from kaohe.base.tables import Contract
from kaohe.clean.batch import Batch, Segment
from kaohe.clean.cells import Cell, Sheet, is_blank, letters, tidy, to_text
from kaohe.clean.coded import Coded, Texts
from kaohe.clean.codes import NORMALISE, NOTE, finding
from kaohe.clean.columns import parse_columns
from kaohe.clean.grid import column_of, filled, width
from kaohe.clean.intake import FileRead, FileRefused
from kaohe.clean.layout import Layout, dictionary, find_layout
from kaohe.clean.office import Office
from kaohe.clean.parse import parse_number
from kaohe.clean.scrub import is_personal_header, looks_personal
from kaohe.clean.shares import share_style

_SCIENTIFIC = re.compile(r"[+]?\d(?:\.\d+)?[eE]\+?\d{2}", re.ASCII)
_FLOAT_DIGITS = 1e15
# e and E, and the first byte of their full-width forms in UTF-8
_MAY_BE_SCIENTIFIC = b"eE\xef"
_SUM_TOLERANCE = 0.005
_CITY_FILES = ("households", "villages")
Piece = tuple[Segment, dict[str, Coded]]


def read_table(contract: Contract, files: list[Path], office: Office) -> Batch:
    """All rows of a table from its files, parsed; files that cannot be used are entered as refused."""
    batch = Batch(contract, office.ledger)
    labels = list(dictionary(contract))
    for path in files:
        result = office.open(path, contract.name, labels)
        if result is None:
            continue
        name = office.name(path)
        encoding = result.sheets[0].encoding if result.sheets else ""
        accounts = len(office.ledger.accounts)
        try:
            pieces = _pieces(result, contract, office)
            for segment, cells in pieces:
                _check_long_numbers(segment, cells, contract)
                _check_shares(segment, cells, contract)
                _check_totals(segment, cells, contract)
                _check_city(segment, cells, contract, office)
        except FileRefused as error:
            del office.ledger.accounts[accounts:]
            office.refuse(error, contract.name, name, result.sha256, encoding)
            continue
        for segment, cells in pieces:
            _note_layout(segment, contract, office)
            parse_columns(batch, batch.append(segment, cells), office)
    return batch


def _pieces(result: FileRead, contract: Contract, office: Office) -> list[Piece]:
    """The sheets of a file that hold the table; other sheets of a workbook are declared."""
    found: list[tuple[Sheet, Layout]] = []
    others: list[tuple[Sheet, FileRefused]] = []
    for sheet in result.sheets:
        if not any(not is_blank(v) for row in sheet.rows for v in row):
            others.append((sheet, FileRefused("K245", sheet=sheet.name)))
            continue
        try:
            found.append((sheet, find_layout(sheet, contract)))
        except FileRefused as error:
            if error.code != "K240":
                raise
            others.append((sheet, error))
    if not found:
        raise next((e for _, e in others if e.code == "K240"), others[0][1] if others else FileRefused("K245"))
    for sheet, _ in others:
        account = office.ledger.open(contract.name, sheet.file, sheet.name, result.sha256, sheet.encoding)
        account.read = len(sheet.rows)
        account.blank = sum(all(is_blank(v) for v in row) for row in sheet.rows)
        account.declared = account.read - account.blank
        if account.declared:
            office.note("K254", contract.name, sheet.file, sheet=sheet.name)
    pieces: list[Piece] = []
    for sheet, layout in found:
        account = office.ledger.open(contract.name, sheet.file, sheet.name, result.sha256, sheet.encoding)
        account.read = len(sheet.rows)
        account.declared, account.blank = len(layout.declared), len(layout.blank)
        cells, filled = column_cells(sheet, layout, contract)
        if filled:
            text = f"{filled} 处"
            office.ledger.add(finding(NORMALISE, "K257", contract.name, sheet.file, sheet=sheet.name, value=text))
        pieces.append((Segment(sheet, layout, account), cells))
    return pieces


def _check_long_numbers(segment: Segment, cells: dict[str, Coded], contract: Contract) -> None:
    """Refuse a file whose codes or personal numbers went through a number format and lost digits."""
    for column in contract.columns:
        if column.kind not in {"code", "personal", "place", "object"}:
            continue
        found = cells[column.name]
        if isinstance(found.entries, Texts) and not found.entries.holds(_MAY_BE_SCIENTIFIC):
            continue
        rows = found.rows(found.judge(_lost_digits))
        if len(rows):
            position = segment.layout.data[int(rows[0])]
            address = segment.sheet.address(position, segment.layout.columns[column.name])
            raise FileRefused(
                "K246", value=f"列「{column.label}」{address}", row=segment.sheet.numbers[position],
                sheet=segment.sheet.name,
            )  # fmt: skip


def _lost_digits(cell: Cell) -> bool:
    """True for a long number that went through a number format."""
    if isinstance(cell, str):
        return _SCIENTIFIC.fullmatch(tidy(cell)) is not None
    return isinstance(cell, (int, float)) and not isinstance(cell, bool) and abs(cell) >= _FLOAT_DIGITS


def _check_shares(segment: Segment, cells: dict[str, Coded], contract: Contract) -> None:
    """Refuse a file that writes the shares of one column in several ways."""
    for column in contract.columns:
        if column.kind != "share":
            continue
        found = cells[column.name]
        first = found.firsts().tolist()
        styles = share_style([found[row] for row in first])
        if len(styles) > 1:
            at = segment.layout.columns[column.name]
            shown = [
                f"{to_text(found[k])}（{segment.sheet.address(segment.layout.data[k], at)}）"
                for k in (first[position] for position in sorted(styles.values()))
            ]
            raise FileRefused("K247", value=f"列「{column.label}」：{'、'.join(shown)}", sheet=segment.sheet.name)


def _check_totals(segment: Segment, cells: dict[str, Coded], contract: Contract) -> None:
    """Refuse a file whose total row differs from the sum of its rows, where every row is a plain number."""
    sheet = segment.sheet
    for position in segment.layout.totals:
        for column in contract.columns:
            at = segment.layout.columns.get(column.name)
            if column.kind not in {"int", "money", "number"} or at is None or at >= len(sheet.rows[position]):
                continue
            stated = parse_number(sheet.rows[position][at], column).value
            found = cells[column.name]
            parsed = [None if is_blank(c) else parse_number(c, column).value for c in found.entries]
            values = Coded(parsed, found.codes)
            if not isinstance(stated, float) or values.missing().any():
                continue
            total = float(values.floats().sum())
            if abs(total - stated) > _SUM_TOLERANCE * max(1.0, abs(total)):
                raise FileRefused(
                    "K249", value=f"列「{column.label}」{sheet.address(position, at)}：{stated:,.10g}",
                    expected=f"各行之和 {total:,.10g}", row=sheet.numbers[position], sheet=sheet.name,
                )  # fmt: skip


def _check_city(segment: Segment, cells: dict[str, Coded], contract: Contract, office: Office) -> None:
    """Refuse a file named after one city whose rows are mostly of another."""
    if contract.name not in _CITY_FILES or "city" not in segment.layout.columns:
        return
    cities = office.plan.gazetteer.at_level("city")
    named = [c for c in cities if c.name.removesuffix("市") in segment.sheet.file]
    if len(named) != 1:
        return
    column = cells["city"]
    counts = np.bincount(column.codes, minlength=len(column.entries)).tolist()
    found: Counter[object] = Counter()
    for cell, n in zip(column.entries, counts, strict=True):
        if n and not is_blank(cell):
            found[office.register.place(cell, "city").value] += n
    if not found:
        return
    code, n = found.most_common(1)[0]
    if code is not None and code != named[0].code and 2 * n > sum(found.values()):
        name = office.plan.gazetteer.name(str(code))
        raise FileRefused("K259", value=f"内容为{name}", expected=named[0].name, sheet=segment.sheet.name)


def _note_layout(segment: Segment, contract: Contract, office: Office) -> None:
    """Enter what lies beside the table: declared rows, unknown columns, cells without a header."""
    sheet, layout = segment.sheet, segment.layout
    for code, position, text in layout.notes:
        office.note(code, contract.name, sheet.file, sheet=sheet.name, row=sheet.numbers[position], value=text)
    head = sheet.numbers[layout.header]
    for at, header in layout.unknown.items():
        values = [to_text(sheet.rows[i][at]) for i in layout.data[:200] if at < len(sheet.rows[i])]
        code = "K244" if is_personal_header(header) or looks_personal(values) else "K243"
        office.ledger.add(
            finding(
                NOTE, code, contract.name, sheet.file, sheet=sheet.name, row=head, column=header,
                cell=sheet.address(layout.header, at),
            )
        )  # fmt: skip
    known = {*layout.columns.values(), *layout.unknown}
    loose = [k for k in range(width(sheet)) if k not in known and filled(column_of(sheet, k, layout.data)).any()]
    if loose:
        shown = "、".join(letters(k + sheet.offset) for k in loose[:5])
        office.note("K243", contract.name, sheet.file, sheet=sheet.name, row=head, value=f"没有列名的列 {shown}")


def column_cells(sheet: Sheet, layout: Layout, contract: Contract) -> tuple[dict[str, Coded], int]:
    """Cells of the data rows by column name, merged ranges filled down in place columns; how many were filled."""
    cells: dict[str, Coded] = {}
    filled_down = 0
    for spec in contract.columns:
        at = layout.columns.get(spec.name)
        if at is None:
            cells[spec.name] = Coded.blank(len(layout.data))
            continue
        found = column_of(sheet, at, layout.data)
        if spec.kind in {"place", "object"} and sheet.merged:
            values: list[Cell] = list(found)
            filled_down += _fill_down(values, at, sheet, layout)
            found = Coded.of(values)
        cells[spec.name] = found
    return cells, filled_down


def _fill_down(values: list[Cell], at: int, sheet: Sheet, layout: Layout) -> int:
    """Give blank cells within a merged range its value; how many there were."""
    filled_down = 0
    for top, left, bottom, right in sheet.merged:
        if not left <= at <= right or top <= layout.header:
            continue
        source = sheet.rows[top][left]
        for k, i in enumerate(layout.data):
            if top < i <= bottom and is_blank(values[k]) and not is_blank(source):
                values[k] = source
                filled_down += 1
    return filled_down
