"""One raw table from its files: cells, layout, typed values, and what each file was refused for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from kaohe.base.ledger import Ledger
from kaohe.base.plan import Plan, read_toml
from kaohe.base.tables import Column, Contract
from kaohe.clean.batch import Batch, Segment, column_cells
from kaohe.clean.cells import Cell, Sheet, is_blank, tidy, to_text
from kaohe.clean.codes import NORMALISE, NOTE, QUARANTINE, REFUSE, finding
from kaohe.clean.intake import LIMITS, FileRead, FileRefused, Limits, read_file
from kaohe.clean.layout import Layout, dictionary, find_layout
from kaohe.clean.parse import Outcome, Parser, Words, failed, make_parser, share_parser, share_style
from kaohe.clean.resolve import Register
from kaohe.clean.scrub import account_fault, id_fault, is_personal_header, looks_personal, mask_text, phone_fault

_SCIENTIFIC = re.compile(r"[+]?\d(?:\.\d+)?[eE]\+?\d{2}", re.ASCII)
_FLOAT_DIGITS = 1e15
_SUM_TOLERANCE = 0.005


@dataclass
class Office:
    """What reading a table needs to know beside its contract.

    Attributes
    ----------
    raw : Path
        The raw folder; names in findings are relative to it.
    plan : Plan
    ledger : Ledger
    words : Words
    register : Register
        Grows as registry tables are read.
    synthetic : bool
        Demonstration data: its unallocated identity area is accepted.
    seen : dict of sha256 to file name
        Files already read.
    refused : list of str
        Files that were not used.
    """

    raw: Path
    plan: Plan
    ledger: Ledger
    words: Words
    register: Register
    synthetic: bool = False
    limits: Limits = LIMITS
    seen: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def name(self, path: Path) -> str:
        """A path as findings show it."""
        return path.relative_to(self.raw).as_posix()


def read_words(plan: Plan) -> Words:
    """The plan's words for missing and not applicable, its grades and the bounds of its dates."""
    book = read_toml(plan.folder / "codebook.toml")
    year = int(plan.meta["year"])
    return Words(
        missing=frozenset(tidy(w) for w in book.get("missing_words", [])),
        not_applicable=frozenset(tidy(w) for w in book.get("not_applicable_words", [])),
        grades=plan.grades,
        earliest=date(year - 1, 1, 1),
        latest=date(plan.dates["end"].year, 12, 31),
    )


def read_table(contract: Contract, files: list[Path], office: Office) -> Batch:
    """All rows of a table from its files, parsed; files that cannot be used are entered as refused."""
    batch = Batch(contract, office.ledger)
    labels = list(dictionary(contract))
    for path in files:
        result = open_file(path, contract.name, office, labels)
        if result is None:
            continue
        name = office.name(path)
        encoding = result.sheets[0].encoding if result.sheets else ""
        accounts = len(office.ledger.accounts)
        try:
            segments = _segments(result, contract, office)
            for segment, cells in segments:
                _check_long_numbers(segment, cells, contract)
                _shares(segment, cells, contract, office.words)
        except FileRefused as error:
            del office.ledger.accounts[accounts:]
            refuse(error, contract.name, name, office, result.sha256, encoding)
            continue
        for segment, cells in segments:
            _take(batch, segment, cells, office)
    return batch


def open_file(path: Path, table: str, office: Office, labels: list[str]) -> FileRead | None:
    """Read a file once; None when it was refused or is a copy of another."""
    name = office.name(path)
    if not path.resolve().is_relative_to(office.raw.resolve()):
        refuse(FileRefused("K225"), table, name, office)
        return None
    try:
        result = read_file(path, name, labels, office.limits)
    except FileRefused as error:
        refuse(error, table, name, office)
        return None
    office.hashes[name] = result.sha256
    if result.sha256 in office.seen:
        first = office.seen[result.sha256]
        office.ledger.add(finding(NOTE, "K224", table, name, value=first))
        office.ledger.open(table, name, "", result.sha256).refused = True
        return None
    office.seen[result.sha256] = name
    for code, sheet, text in result.notes:
        office.ledger.add(finding(NOTE, code, table, name, sheet=sheet, value=text))
    return result


def refuse(error: FileRefused, table: str, name: str, office: Office, sha256: str = "", encoding: str = "") -> None:
    """Enter a file as not used, with its reason and an account that shows it."""
    office.ledger.add(
        finding(
            REFUSE, error.code, table, name, sheet=error.sheet, row=error.row, value=mask_text(error.value)[0],
            expected=error.expected,
        )
    )  # fmt: skip
    account = office.ledger.open(table, name, error.sheet, sha256, encoding)
    account.refused = True
    office.refused.append(name)


def _segments(result: FileRead, contract: Contract, office: Office) -> list[tuple[Segment, dict[str, list[Cell]]]]:
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
            office.ledger.add(finding(NOTE, "K254", contract.name, sheet.file, sheet=sheet.name))
    pieces = []
    for sheet, layout in found:
        account = office.ledger.open(contract.name, sheet.file, sheet.name, result.sha256, sheet.encoding)
        account.read = len(sheet.rows)
        account.declared, account.blank = len(layout.declared), len(layout.blank)
        cells, filled = column_cells(sheet, layout, contract)
        if filled:
            office.ledger.add(
                finding(NORMALISE, "K257", contract.name, sheet.file, sheet=sheet.name, value=f"{filled} 处")
            )
        pieces.append((Segment(sheet, layout, account), cells))
    return pieces


def _check_long_numbers(segment: Segment, cells: dict[str, list[Cell]], contract: Contract) -> None:
    """Refuse a file whose codes or personal numbers went through a number format and lost digits."""
    for column in contract.columns:
        if column.kind not in {"code", "personal", "place", "object"}:
            continue
        for position, cell in zip(segment.layout.data, cells[column.name], strict=True):
            lost = (isinstance(cell, (int, float)) and not isinstance(cell, bool) and abs(cell) >= _FLOAT_DIGITS) or (
                isinstance(cell, str) and _SCIENTIFIC.fullmatch(tidy(cell)) is not None
            )
            if lost:
                at = segment.layout.columns[column.name]
                address = segment.sheet.address(position, at)
                raise FileRefused(
                    "K246", value=f"列「{column.label}」{address}", row=segment.sheet.numbers[position],
                    sheet=segment.sheet.name,
                )  # fmt: skip


def _shares(segment: Segment, cells: dict[str, list[Cell]], contract: Contract, words: Words) -> None:
    """Refuse a file that writes the shares of one column in several ways."""
    for column in contract.columns:
        if column.kind != "share":
            continue
        styles = share_style(cells[column.name])
        if len(styles) > 1:
            at = segment.layout.columns[column.name]
            shown = [
                f"{to_text(cells[column.name][k])}（{segment.sheet.address(segment.layout.data[k], at)}）"
                for k in sorted(styles.values())
            ]
            raise FileRefused("K247", value=f"列「{column.label}」：{'、'.join(shown)}", sheet=segment.sheet.name)


def _take(batch: Batch, segment: Segment, cells: dict[str, list[Cell]], office: Office) -> None:
    contract, sheet, layout = batch.contract, segment.sheet, segment.layout
    rows = batch.append(segment, cells)
    for code, position, text in layout.notes:
        office.ledger.add(
            finding(NOTE, code, contract.name, sheet.file, sheet=sheet.name, row=sheet.numbers[position], value=text)
        )
    for at, header in layout.unknown.items():
        values = [to_text(sheet.rows[i][at]) for i in layout.data[:200] if at < len(sheet.rows[i])]
        personal = is_personal_header(header) or looks_personal(values)
        office.ledger.add(
            finding(
                NOTE, "K244" if personal else "K243", contract.name, sheet.file, sheet=sheet.name,
                row=sheet.numbers[layout.header], column=header, cell=sheet.address(layout.header, at),
            )
        )  # fmt: skip
    for column in contract.columns:
        if column.kind == "personal":
            _personal(batch, rows, column, office)
        elif column.kind == "share":
            style = next(iter(share_style(cells[column.name])), "")
            batch.parse(rows, column, share_parser(column, office.words, style))
        elif column.kind == "object":
            batch.parse(rows, column, _skipping(office.register.target, office.words))
        elif column.kind == "place" and column.level == "city":
            batch.parse(rows, column, _skipping(lambda c: office.register.place(c, "city"), office.words))
        elif column.kind == "place":
            _below_city(batch, rows, column, office)
        else:
            batch.parse(rows, column, make_parser(column, office.words))
        if column.kind == "text":
            _mask(batch, rows, column)
    _check_totals(batch, rows, segment)


def _skipping(parser: Parser, words: Words) -> Parser:
    """A parser that takes the codebook's missing words as blank."""
    skip = words.missing | words.not_applicable
    return lambda cell: Outcome(None) if isinstance(cell, str) and tidy(cell) in skip else parser(cell)


def _below_city(batch: Batch, rows: range, column: Column, office: Office) -> None:
    """Resolve counties within the city of the same row."""
    cities, raw, values = batch.values.get("city", []), batch.raw[column.name], batch.values[column.name]
    seen: dict[tuple[object, object], Outcome] = {}
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
            batch.remark(row, outcome.code, column.name, action=NORMALISE, expected=outcome.expected)


def _personal(batch: Batch, rows: range, column: Column, office: Office) -> None:
    """Check identity numbers, telephones and accounts; the values themselves are never kept."""
    latest = office.words.latest
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


def _check_totals(batch: Batch, rows: range, segment: Segment) -> None:
    """Compare a total row with the sum of the rows; a difference is set aside as a fault of the file."""
    from kaohe.clean.parse import parse_number

    for position in segment.layout.totals:
        for column in batch.contract.columns:
            at = segment.layout.columns.get(column.name)
            if column.kind not in {"int", "money", "number"} or at is None:
                continue
            line = segment.sheet.rows[position]
            stated = parse_number(line[at], column).value if at < len(line) and not is_blank(line[at]) else None
            values = [batch.values[column.name][r] for r in rows]
            if not isinstance(stated, float) or any(r in batch.bad for r in rows):
                continue
            numbers = [v for v in values if isinstance(v, float)]
            total = sum(numbers)
            if len(numbers) == len(values) and abs(total - stated) > _SUM_TOLERANCE * max(1.0, abs(total)):
                batch.ledger.add(
                    finding(
                        NOTE, "K249", batch.contract.name, segment.sheet.file, sheet=segment.sheet.name,
                        row=segment.sheet.numbers[position], column=column.label,
                        cell=segment.sheet.address(position, at), value=to_text(line[at]), expected=f"{total:,.10g}",
                    )
                )  # fmt: skip


__all__ = ["Office", "failed", "open_file", "read_table", "read_words", "refuse"]
