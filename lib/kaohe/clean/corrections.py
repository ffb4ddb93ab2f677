"""The office's corrections of single cells, as a checked file, applied before a table is parsed.

``corrections.csv`` of the plan folder holds one correction a line: table, key, column, expect,
value, reason, status. `expect` is the text that stands in the file; once the sender has mended it
the correction no longer fits, and the run stops until the line is removed or its status is ``off``.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

from kaohe.base.errors import InputRefused, nearest
from kaohe.base.ledger import Finding
from kaohe.base.plan import Plan
from kaohe.base.tables import RAW, Contract, contract
from kaohe.clean.cells import Cell, Sheet, own_rows, tidy, to_text
from kaohe.clean.codes import NORMALISE, NOTE, finding
from kaohe.clean.layout import Layout
from kaohe.clean.scrub import mask_text, shown

HEADER = ("table", "key", "column", "expect", "value", "reason", "status")
STATUSES = ("active", "off")
FILE = "corrections.csv"


@dataclass
class Correction:
    """One line of the file of corrections, and what became of it.

    Attributes
    ----------
    line : int
        Number of the line in the file, from 1.
    table, key, column : str
        Raw table, key of the record, clean name of the column.
    expect, value, reason : str
        What must stand in the cell, what is put there, and why.
    found : list of (where, text)
        The cells of the key in that column, and what stood in them.
    applied : int
        Number of cells that were corrected.
    """

    line: int
    table: str
    key: str
    column: str
    expect: str
    value: str
    reason: str
    found: list[tuple[str, str]] = field(default_factory=list)
    applied: int = 0


Applied = tuple[Correction, Finding]


def read_corrections(plan: Plan) -> list[Correction]:
    """The active corrections of the folder of `plan`, in the order of the file.

    Raises
    ------
    InputRefused
        K353 for another header, an unknown table, column or status, an empty key or reason, or a
        column of personal data.
    """
    path = plan.folder / FILE
    made: list[Correction] = []
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle)
        head = tuple(next(reader, []))
        if head != HEADER:
            raise refuse(path, 1, got=",".join(head), expected=",".join(HEADER))
        for line, row in enumerate(reader, start=2):
            if not row:
                continue
            if len(row) != len(HEADER):
                raise refuse(path, line, got=f"{len(row)} fields", expected=f"{len(HEADER)} fields: {','.join(HEADER)}")
            table, key, column, expect, value, reason, status = (f.strip() for f in row)
            if status not in STATUSES:
                raise refuse(path, line, got=f"status {status}", expected=" or ".join(STATUSES))
            if table not in RAW:
                raise refuse(path, line, got=f"table {table}", expected=f"a table, as {', '.join(nearest(table, RAW))}")
            columns = {c.label: c for c in contract(table, plan).columns}
            spec = next((c for c in columns.values() if column in {c.label, c.name}), None)
            if spec is None or spec.kind == "personal":
                near = "、".join(nearest(column, [k for k, c in columns.items() if c.kind != "personal"]))
                raise refuse(
                    path, line, got=f"column {column}", expected=f"a column of the table that is stored, as {near}"
                )
            if not key or not reason:
                raise refuse(path, line, got="an empty key or reason", expected="the key of one record, and why")
            if status == "active":
                made.append(Correction(line, table, key, spec.name, expect, value, reason))
    return made


def correct(corrections: list[Correction], sheet: Sheet, layout: Layout, table: Contract) -> list[Applied]:
    """Write the corrections of a table into the cells of one sheet; those that fitted, each with its finding."""
    mine = [c for c in corrections if c.table == table.name and c.column in layout.columns]
    keys = [layout.columns[name] for name in table.key if name in layout.columns]
    done: list[Applied] = []
    for position in layout.data if mine and len(keys) == len(table.key) else ():
        row = own_rows(sheet)[position]
        here = "|".join(_plain(row, at) for at in keys)
        for correction in mine:
            if tidy(correction.key) != here:
                continue
            at = layout.columns[correction.column]
            where = sheet.file + (f" › {sheet.name}" if sheet.name else "") + f" › {sheet.address(position, at)}"
            correction.found.append((where, to_text(row[at]) if at < len(row) else ""))
            if at < len(row) and _plain(row, at) == tidy(correction.expect):
                row[at] = correction.value or None
                done.append((correction, _applied(correction, sheet, layout, position, table)))
    return done


def _applied(correction: Correction, sheet: Sheet, layout: Layout, position: int, table: Contract) -> Finding:
    """The finding of a correction: old value, new value, reason."""
    kind = table.column(correction.column).kind
    at = layout.columns[correction.column]
    return finding(
        NORMALISE, "K352", table.name, sheet.file, sheet=sheet.name, row=sheet.numbers[position],
        column=to_text(sheet.rows[layout.header][at]).strip(), cell=sheet.address(position, at),
        value=shown(correction.expect, kind) or "（空）",
        expected=f"{shown(correction.value, kind) or '（空）'}；理由：{mask_text(correction.reason)[0]}",
    )  # fmt: skip


def settle(corrections: list[Correction], plan: Plan, refused: set[str]) -> list[Finding]:
    """Refuse the run when a correction fits nothing; notes for tables of which a file was not used.

    Raises
    ------
    InputRefused
        K353: no record has the key, or its cell no longer holds what is expected.
    """
    notes: list[Finding] = []
    for correction in corrections:
        if correction.applied:
            continue
        if correction.table in refused:
            text = f"{FILE} 第 {correction.line} 行：{correction.table} {correction.key}（该表有文件未采用）"
            notes.append(finding(NOTE, "K359", correction.table, RAW[correction.table].pattern, value=text))
            continue
        column = contract(correction.table, plan).column(correction.column)
        if not correction.found:
            raise refuse(
                plan.folder / FILE, correction.line, got=f"no record {correction.key} in {correction.table}",
                expected="the key of a record that was received",
            )  # fmt: skip
        where, text = correction.found[0]
        raise refuse(
            plan.folder / FILE, correction.line, got=f"{shown(text, column.kind) or '(empty)'} in {where}",
            expected=f"{shown(correction.expect, column.kind) or '(empty)'}, as the line says",
        )  # fmt: skip
    return notes


def refuse(path: Path, line: int, *, got: str, expected: str) -> InputRefused:
    """The refusal of one line."""
    return InputRefused(
        "K353", "A correction cannot be applied", where=f"{path.name} line {line}", got=got, expected=expected,
        remedy="mend the line, set its status to off, or remove it",
    )  # fmt: skip


def _plain(row: list[Cell], at: int) -> str:
    return tidy(to_text(row[at])) if at < len(row) else ""
