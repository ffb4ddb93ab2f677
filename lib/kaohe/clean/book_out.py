"""Workbooks out: typed cells, Chinese headers, A4 landscape, and the same bytes for the same content.

Text is always written as text: what begins with ``=``, ``+``, ``-`` or ``@`` stays what it is and
never becomes a formula. A workbook carries no time and no user: its dates are fixed.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from kaohe.base.errors import InputRefused

FIXED_ZIP = (1980, 1, 1, 0, 0, 0)
FIXED_TIME = b"2020-01-01T00:00:00Z"
MAX_TEXT = 32_000
FORMATS = {
    "text": "@", "plain": "General", "whole": "#,##0", "decimal": "#,##0.00", "percent": "0.0%", "date": "yyyy-mm-dd", "general": "General",
}  # fmt: skip
RISKY = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"})
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_STAMP = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:\2>)")


@dataclass(frozen=True)
class Head:
    """One column of a sheet.

    ``text`` is wrapped; ``plain`` is text that is short and needs no wrapping, written faster.

    Attributes
    ----------
    label : str
        Its header.
    kind : str
        How its values are shown, a key of `FORMATS`.
    width : float
        In characters, as a spreadsheet measures.
    """

    label: str
    kind: str = "text"
    width: float = 12.0


@dataclass(frozen=True)
class Shown:
    """A value shown in another way than its column's: an estimate in percent beside one in yuan.

    Attributes
    ----------
    value : object
        In the unit of the table: a share as 0 to 1.
    kind : str
        A key of `FORMATS`.
    """

    value: Any
    kind: str


@dataclass(frozen=True)
class SheetOut:
    """One sheet to write.

    Attributes
    ----------
    name : str
        At most 31 characters.
    heads : sequence of Head
        Empty for a sheet of plain lines.
    rows : sequence of rows
        Values by column: text, numbers, dates, True/False (是/否), None (left empty), `Shown`.
    choices : dict of column position to words
        Columns with a drop-down.
    """

    name: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Any]]
    choices: tuple[tuple[int, tuple[str, ...]], ...] = ()


def write_book(sheets: Iterable[SheetOut], *, title: str, header: str = "", subject: str = "") -> bytes:
    """The bytes of a workbook.

    Parameters
    ----------
    sheets : iterable of SheetOut
    title, subject : str
        Properties of the workbook.
    header : str
        Printed at the head of every page: marks that must not get lost on paper.

    Raises
    ------
    InputRefused
        K365 when a sheet has more rows than a workbook can hold.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    book.properties.creator = "kaohe"
    book.properties.title = title
    book.properties.subject = subject
    for sheet in sheets:
        _write_sheet(book, sheet, header)
    out = io.BytesIO()
    book.save(out)
    return _fixed(out.getvalue())


def _write_sheet(book: Any, sheet: SheetOut, header: str) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.worksheet.properties import PageSetupProperties

    if len(sheet.rows) >= 1_048_576:
        raise InputRefused(
            "K365", "A sheet has more rows than a workbook can hold", where=sheet.name, got=f"{len(sheet.rows)} rows",
            expected="fewer than 1,048,576", remedy="use the CSV or the Parquet file",
        )  # fmt: skip
    page = book.create_sheet(sheet.name[:31])
    last = get_column_letter(max(1, len(sheet.heads)))
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", 9
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.print_options.horizontalCentered = True
    page.oddHeader.right.text, page.oddHeader.left.text = header, sheet.name
    page.oddFooter.center.text = "第 &P 页 共 &N 页"
    for at, head in enumerate(sheet.heads, start=1):
        page.column_dimensions[get_column_letter(at)].width = head.width
    if sheet.heads:
        page.freeze_panes = "A2"
        page.print_title_rows = "1:1"
        page.auto_filter.ref = f"A1:{last}{len(sheet.rows) + 1}"
    else:
        page.column_dimensions["A"].width, page.column_dimensions["B"].width = 18, 96
    styles: dict[str, Any] = {}
    for kind, code in FORMATS.items():
        cell = WriteOnlyCell(page)
        cell.number_format = code
        wrap = kind == "text"
        cell.alignment = Alignment(vertical="top", wrap_text=wrap, horizontal=None if wrap else "right")
        styles[kind] = cell._style
    quoted = WriteOnlyCell(page)
    quoted.number_format, quoted.alignment = "@", Alignment(vertical="top", wrap_text=True)
    quoted.quotePrefix = True
    styles["quoted"] = quoted._style
    if sheet.heads:
        line = []
        for head in sheet.heads:
            cell = WriteOnlyCell(page, value=head.label)
            cell.data_type = "s"
            cell.font = Font(bold=True, color="FFFFFF")
            cell.fill = PatternFill("solid", fgColor="3A4A5A")
            cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
            cell.border = Border(bottom=Side(style="thin"))
            line.append(cell)
        page.append(line)
    kinds = [h.kind for h in sheet.heads] or ["text"] * 8
    for row in sheet.rows:
        page.append([_cell(WriteOnlyCell, page, v, k, styles) for v, k in zip(row, kinds, strict=False)])
    for at, words in sheet.choices:
        rule = DataValidation(type="list", formula1='"' + ",".join(words) + '"', allow_blank=True)
        letter = get_column_letter(at + 1)
        rule.add(f"{letter}2:{letter}{max(2, len(sheet.rows) + 1)}")
        page.data_validations.append(rule)


def _cell(make: Any, page: Any, value: Any, kind: str, styles: dict[str, Any]) -> Any:
    """A typed cell: numbers as numbers, dates as dates, everything else as text."""
    if isinstance(value, Shown):
        value, kind = value.value, value.kind
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, bool):
        value = "是" if value else "否"
    if isinstance(value, (datetime, date)):
        day = value if not isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        cell = make(page, value=day)
        cell._style = styles["date"]
        return cell
    if isinstance(value, (int, float)):
        cell = make(page, value=value)
        cell._style = styles[kind if kind not in {"text", "plain"} else "general"]
        return cell
    text = legible(str(value))
    if kind == "plain" and not text.startswith(RISKY) and text not in _ERRORS:
        return text
    cell = make(page, value=text)
    cell.data_type = "s"
    cell._style = styles["quoted" if text.startswith(RISKY) else "text"]
    return cell


def legible(text: str) -> str:
    """`text` as a workbook can hold it: no control characters, cut where a cell ends."""
    clean = _ILLEGAL.sub("", text)
    return clean if len(clean) <= MAX_TEXT else clean[:MAX_TEXT] + "…"


def csv_text(value: str | float | date | None) -> str:
    """The cell `value` as a CSV holds it: no decimal point in whole numbers, dates as 2020-09-12."""
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:.6g}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def neutral(text: str) -> str:
    """`text` as a CSV for Excel may hold it: a quotation mark in front of what would become a formula.

    Examples
    --------
    >>> neutral("=1+1"), neutral("韶关市")
    ("'=1+1", '韶关市')
    """
    return f"'{text}" if text.startswith(RISKY) else text


def _fixed(data: bytes) -> bytes:
    """The same workbook without times: fixed dates in the archive and in its properties."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _STAMP.sub(rb"\g<1>" + FIXED_TIME + rb"\g<3>", content)
            info = zipfile.ZipInfo(name, FIXED_ZIP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            target.writestr(info, content)
    return out.getvalue()
