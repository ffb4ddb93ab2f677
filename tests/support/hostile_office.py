"""A demonstration whose every typed text is hostile: names, notes, evidence, remarks, answers, names of files and sheets.

What is appended names its field, so that a page can be asked which fields it shows.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from zlib import crc32

from openpyxl import load_workbook

from kaohe.base.plan import Plan
from kaohe.base.tables import contract
from kaohe.clean.settling import table_of

RUN = "document.body.dataset.pwn=1"
LONG = 160
# One after the other, row by row; {} is the field. The third must begin a cell to be a formula.
HOSTILE = (
    "<script>{run}//{field}</script>",
    '"><img src=x onerror={run} alt={field}>',
    "=cmd|'/c calc'!{field}",
    "\u202e{field}\u2066<svg onload={run}>\u200f",
    "＜ｓｃｒｉｐｔ＞{run}／／{field}＜／ｓｃｒｉｐｔ＞",
    "{field}" + "长" * LONG,
    "[{field}](javascript:{run}) $\\unicode{{{field}}}$ {{{{{field}}}}} </td></table><h1>",
)
SAME = {"villages.village_name": "places.name", "places.name": "places.name"}  # the name of a village stands in both
ENCODINGS = ("utf-8-sig", "gb18030")


def hostile(text: str, field: str, number: int) -> str:
    """A text with something hostile behind it, before it where it is a formula."""
    added = HOSTILE[number % len(HOSTILE)].format(run=RUN, field=field)
    return f"{added}{text}" if added.startswith("=") else f"{text}{added}"


def poison(raw: Path, plan: Plan) -> set[str]:
    """Make the raw folder of a demonstration hostile; the fields that were."""
    names = _unit_names(raw, plan)
    done: set[str] = set()
    visited: set[str] = set()  # places whose forms find them by name
    for path in sorted(p for p in raw.rglob("*") if p.suffix in {".csv", ".xlsx"}):
        name = path.relative_to(raw).as_posix()
        table = table_of(name)
        if table:
            done |= _table(path, table, names, visited, plan)
        elif name.startswith("cross/index/"):
            done |= _index(path, names)
        elif name.startswith("cross/field/"):
            done |= _field(path, visited)
    old = sorted((raw / "survey" / "villages").glob("*.csv"))[0]
    old.rename(old.with_name("<img src=x onerror=document.body.dataset.pwn=1>file.name.csv"))
    return done


def _unit_names(raw: Path, plan: Plan) -> dict[str, str]:
    """Hostile names of all units, by the names they had."""
    path = next((raw / "registry").glob("objects.*"))
    rows = _read(path)
    at = rows[0].index(contract("objects", plan).column("name").label)
    code = rows[0].index(contract("objects", plan).column("object").label)
    units = [r[at] for r in rows[1:] if r[code].startswith("DW")]
    return {name: hostile(name, "objects.name", n) for n, name in enumerate(dict.fromkeys(units))}


def _table(path: Path, table: str, names: dict[str, str], visited: set[str], plan: Plan) -> set[str]:
    """Texts of a table, and one answer of it that should be a number."""
    rows = _read(path)
    heads = {c.label: c for c in contract(table, plan).columns}
    typed = {i: heads[h] for i, h in enumerate(rows[0]) if h in heads}
    done = set()
    for number, row in enumerate(rows[1:]):
        for i, column in typed.items():
            if i >= len(row):
                continue
            field = f"{table}.{column.name}"
            typed_text = (
                column.kind == "text" and row[i] and row[i] not in visited and not _is_name(table, column.name, row)
            )
            number_due = table == "households" and column.kind in {"money", "int"} and number == i
            if row[i] in names:
                row[i] = names[row[i]]
                done.add("objects.name")
            elif typed_text or number_due:
                field = SAME.get(field, field)
                row[i] = hostile(row[i], field, crc32(row[i].encode()) if field in SAME.values() else number)
                done.add(field)
    _write(path, rows)
    return done


def _is_name(table: str, column: str, row: list[str]) -> bool:
    """Names by which files are told apart: of cities, counties, towns and of what is no unit; groups of totals."""
    if (table, column) == ("places", "name"):
        return "村" not in row
    return (table, column) in {("objects", "name"), ("totals", "level")}


def _index(path: Path, names: dict[str, str]) -> set[str]:
    """The name of a unit in the head of its index table."""
    book = load_workbook(path)
    for row in book.active.iter_rows(max_row=4):
        for cell in row:
            found = re.fullmatch(r"(.+：)(.+)", str(cell.value or ""))
            if found and found[2] in names:
                cell.value = found[1] + names[found[2]]
    book.save(path)
    return {"objects.name"}


def _field(path: Path, visited: set[str]) -> set[str]:
    """Remarks of the forms of a county, and the name of its first sheet."""
    book = load_workbook(path)
    for number, sheet in enumerate(book.worksheets):
        heads = [str(c.value or "") for r in sheet.iter_rows(max_row=5) for c in r]
        visited |= {part.split("：")[-1] for text in heads for part in text.split()}
        if "备注" not in heads:
            continue
        column = next(c.column for r in sheet.iter_rows(max_row=5) for c in r if c.value == "备注")
        for row in range(6, sheet.max_row - 2):
            cell = sheet.cell(row, column)
            if cell.value:
                cell.value = hostile(str(cell.value), "grades.remark", number + row)
                cell.data_type = "s"  # a text, though it begins as a formula does
    first = book.worksheets[0]
    first.title = f"{first.title}<b>sheet"
    book.save(path)
    return {"grades.remark"}


def _read(path: Path) -> list[list[str]]:
    if path.suffix == ".xlsx":
        sheet = load_workbook(path).active
        return [["" if v is None else _said(v) for v in row] for row in sheet.iter_rows(values_only=True)]
    data = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            return list(csv.reader(io.StringIO(data.decode(encoding), newline="")))
        except UnicodeDecodeError:
            continue
    raise AssertionError(path)


def _said(value: object) -> str:
    """A cell of a workbook as a CSV file would hold it."""
    text = str(value)
    return text.removesuffix(" 00:00:00") if " 00:00:00" in text else text


def _write(path: Path, rows: list[list[str]]) -> None:
    """As CSV, whatever it was."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    path.unlink()
    path.with_suffix(".csv").write_bytes(out.getvalue().encode("utf-8-sig"))
