"""Workbooks in: checked as a zip archive before anything is parsed, then read by calamine.

Calamine gives Excel errors and formulas without a stored value as blank cells, so both are
looked up in the sheet's own XML: an error becomes its text, a missing value refuses the file.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime, time, timedelta

from kaohe.clean.cells import Cell, Sheet
from kaohe.clean.intake import FileRead, FileRefused, Limits, right_type
from kaohe.clean.workbook_marks import Marks

_CELL = re.compile(rb"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_REF = re.compile(rb'\br="([A-Z]+)(\d+)"')
_VALUE = re.compile(rb"<v\b[^>]*>([^<]*)</v>")
_ERROR_TYPE = re.compile(rb'\bt="e"')
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ENTITY = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def read_workbook(data: bytes, kind: str, suffix: str, name: str, limits: Limits) -> FileRead:
    """Sheets of an xlsx or xls workbook.

    Parameters
    ----------
    data : bytes
    kind : str
        What `kaohe.clean.intake.real_type` says.
    suffix : str
        Ending of the file name.
    name : str
        Path relative to the raw folder.
    limits : Limits

    Raises
    ------
    FileRefused
        K213 wrong ending, K214 encrypted, K215 damaged, K216 too large, K226 entities,
        K227 macros, K229 too many rows or columns, K233 formula without value.
    """
    if kind == "ole" and _ENCRYPTED in data:
        raise FileRefused("K214")
    expected = "ole" if suffix == ".xls" else "xlsx"
    if kind != expected:
        raise FileRefused("K213", value=f"{suffix}，实际是 {kind}", expected=right_type(kind))
    if suffix == ".xlsm":
        raise FileRefused("K227", value=suffix)
    result = FileRead("")
    xml = _open_zip(data, result, limits) if kind == "xlsx" else {}
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for index, meta in enumerate(book.sheets_metadata):
            if meta.typ != SheetTypeEnum.WorkSheet:
                continue
            if meta.visible != SheetVisibleEnum.Visible:
                result.notes.append(("K232", meta.name, meta.name))
            sheet = book.get_sheet_by_index(index)
            last_row, last_column = sheet.end or (-1, -1)
            if last_row >= limits.rows or last_column >= limits.columns:
                raise FileRefused(
                    "K229",
                    value=f"{last_row + 1} 行 {last_column + 1} 列",
                    expected=f"不超过 {limits.rows} 行 {limits.columns} 列",
                    sheet=meta.name,
                )
            rows = [[_cell(v) for v in row] for row in sheet.to_python(skip_empty_area=False)]
            errors = _xml_errors(xml.get(index, b""), meta.name)
            for (row, column), text in errors.items():
                if row < len(rows) and column < len(rows[row]):
                    rows[row][column] = text
            merged = tuple((a[0], a[1], b[0], b[1]) for a, b in (sheet.merged_cell_ranges or ()))
            result.sheets.append(
                Sheet(name, meta.name, rows, list(range(1, len(rows) + 1)), suffix.strip("."), 0, merged)
            )
    except PasswordError as error:
        raise FileRefused("K214") from error
    except (CalamineError, OSError, ValueError) as error:
        raise FileRefused("K215", value=type(error).__name__) from error
    return result


def _cell(value: object) -> Cell:
    """A calamine value as a cell; durations and times of day stay as text."""
    if value == "":
        return None
    if isinstance(value, (str, bool, float, int, datetime, date)):
        return value
    if isinstance(value, (time, timedelta)):
        return str(value)
    return str(value)


def _open_zip(data: bytes, result: FileRead, limits: Limits) -> dict[int, bytes]:
    """Check the archive; XML of the sheets that hold errors or formulas, by sheet position."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            total = sum(p.file_size for p in parts)
            packed = max(1, sum(p.compress_size for p in parts))
            if total > limits.unzipped_bytes or (total > limits.ratio_from and total / packed > limits.ratio):
                raise FileRefused(
                    "K216",
                    value=f"展开后 {total} 字节，压缩比 {total / packed:.0f}",
                    expected=f"展开后不超过 {limits.unzipped_bytes} 字节，压缩比不超过 {limits.ratio:g}",
                )
            names = {p.filename for p in parts}
            if any(n.lower().endswith("vbaproject.bin") for n in names):
                raise FileRefused("K227", value="vbaProject.bin")
            if "[Content_Types].xml" not in names:
                raise FileRefused("K213", value="压缩包，不是工作簿", expected="xlsx 工作簿")
            sheets: dict[int, bytes] = {}
            order = _sheet_parts(archive, names)
            marks = Marks(archive, order)
            for part in parts:
                if not part.filename.endswith((".xml", ".rels")):
                    continue
                content = archive.read(part)
                head = content[:4096]
                if _ENTITY.search(head) or _ENTITY.search(head.replace(b"\x00", b"")):
                    raise FileRefused("K226", value=part.filename)
                marks.see(part.filename, content)
                if part.filename in order and (b"<f" in content or b't="e"' in content):
                    sheets[order[part.filename]] = content
            result.notes += marks.notes
            return sheets
    except (zipfile.BadZipFile, EOFError, KeyError, NotImplementedError, RuntimeError, OSError) as error:
        if isinstance(error, RuntimeError) and "encrypted" in str(error):
            raise FileRefused("K214") from error
        raise FileRefused("K215", value=type(error).__name__) from error
    except zipfile.zlib.error as error:  # type: ignore[attr-defined]
        raise FileRefused("K215", value="zlib") from error


def _sheet_parts(archive: zipfile.ZipFile, names: set[str]) -> dict[str, int]:
    """Position of each sheet's XML part, in the workbook's own order."""
    from defusedxml.ElementTree import ParseError, fromstring

    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        raise FileRefused("K213", value="压缩包，不是工作簿", expected="xlsx 工作簿")
    try:
        book = fromstring(archive.read("xl/workbook.xml"))
        links = fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    except ParseError as error:
        raise FileRefused("K215", value="xl/workbook.xml") from error
    except ValueError as error:
        raise FileRefused("K226", value="xl/workbook.xml") from error
    targets = {r.get("Id"): r.get("Target", "") for r in links}
    order: dict[str, int] = {}
    for index, sheet in enumerate(s for s in book.iter() if s.tag.endswith("}sheet")):
        target = targets.get(next((v for k, v in sheet.attrib.items() if k.endswith("}id")), ""), "")
        order[target.lstrip("/") if target.startswith("/") else f"xl/{target}"] = index
    return order


def _xml_errors(content: bytes, sheet: str) -> dict[tuple[int, int], str]:
    """Excel errors by position; refuses formulas that have no stored value."""
    found: dict[tuple[int, int], str] = {}
    if not content:
        return found
    for attributes, body in _CELL.findall(content):
        is_error = _ERROR_TYPE.search(attributes)
        has_formula = b"<f" in body
        if not is_error and not has_formula:
            continue
        at = _REF.search(attributes)
        value = _VALUE.search(body)
        where = (at[1] + at[2]).decode() if at else "?"
        if has_formula and value is None and b"<is>" not in body:
            raise FileRefused("K233", value=where, sheet=sheet, row=int(at[2]) if at else 0)
        if is_error and at and value:
            column = 0
            for letter in at[1]:
                column = column * 26 + letter - 64
            found[(int(at[2]) - 1, column - 1)] = value[1].decode("utf-8", "replace").replace("&#47;", "/")
    return found
