"""The columns of a table parsed by their kind: numbers, dates, places below their city, persons dropped."""

from __future__ import annotations

from kaohe.base.tables import Column
from kaohe.clean.batch import Batch, Segment
from kaohe.clean.cells import Cell, is_blank, tidy, to_text
from kaohe.clean.codes import NORMALISE, QUARANTINE
from kaohe.clean.office import Office
from kaohe.clean.parse import make_parser
from kaohe.clean.scrub import account_fault, id_fault, mask_text, phone_fault
from kaohe.clean.shares import share_parser, share_style
from kaohe.clean.values import BLANK, Outcome, Parser, Words


def parse_columns(batch: Batch, rows: range, segment: Segment, office: Office) -> None:
    """Parse the new rows of a batch; failures set rows aside, repairs are entered."""
    for column in batch.contract.columns:
        if column.name not in segment.layout.columns:
            continue
        if column.kind == "personal":
            _personal(batch, rows, column, office)
        elif column.kind == "place" and column.level != "city":
            _below_city(batch, rows, column, office)
        else:
            batch.parse(rows, column, _parser(batch, rows, column, office))
        if column.kind == "text":
            _mask(batch, rows, column)


def _parser(batch: Batch, rows: range, column: Column, office: Office) -> Parser:
    if column.kind == "share":
        cells = [batch.raw[column.name][r] for r in rows]
        return share_parser(column, office.words, next(iter(share_style(cells)), ""))
    if column.kind == "object":
        return _skipping(office.register.target, office.words)
    if column.kind == "place":
        return _skipping(lambda cell: office.register.place(cell, "city"), office.words)
    return make_parser(column, office.words)


def _skipping(parser: Parser, words: Words) -> Parser:
    """A parser that takes the codebook's missing words as blank."""
    skip = words.missing | words.not_applicable

    def parse(cell: Cell) -> Outcome:
        return BLANK if isinstance(cell, str) and tidy(cell) in skip else parser(cell)

    return parse


def _below_city(batch: Batch, rows: range, column: Column, office: Office) -> None:
    """Resolve counties within the city of the same row."""
    cities, raw, values = batch.values.get("city", []), batch.raw[column.name], batch.values[column.name]
    seen: dict[tuple[object, object], Outcome] = {}
    repaired: dict[str, dict[int, str]] = {}
    for row in rows:
        parent = str(cities[row] or "") if cities else ""
        key = (raw[row], parent)
        if key not in seen:
            seen[key] = office.register.place(raw[row], column.level, parent)
        outcome = seen[key]
        values[row] = outcome.value
        if outcome.action == QUARANTINE:
            batch.flag(row, outcome.code, column.name, expected=outcome.expected)
        elif outcome.code:
            repaired.setdefault(outcome.code, {})[row] = outcome.expected
    for code, found in repaired.items():
        batch.repairs(rows, column, code, found)


def _personal(batch: Batch, rows: range, column: Column, office: Office) -> None:
    """Check identity numbers, telephones and accounts; the values themselves are never kept."""
    latest = office.plan.dates["end"]
    for row in rows:
        cell = batch.raw[column.name][row]
        if is_blank(cell):
            continue
        text = to_text(cell)
        if column.name == "id_number":
            code = id_fault(text, latest=latest, synthetic=office.synthetic)
            if code:
                batch.flag(row, code, column.name)
            elif tidy(text) != text or text != text.upper():
                batch.remark(row, "K282", column.name, action=NORMALISE)
        elif (column.name == "phone" and phone_fault(text)) or (column.name == "account" and account_fault(text)):
            batch.remark(row, "K207", column.name)


def _mask(batch: Batch, rows: range, column: Column) -> None:
    """Mask personal data in free text before anything is stored."""
    values = batch.values[column.name]
    for row in rows:
        value = values[row]
        if value is None:
            continue
        masked, found = mask_text(str(value))
        if found:
            values[row] = masked
            batch.remark(row, "K208", column.name, action=NORMALISE, value=f"{found} 处")
