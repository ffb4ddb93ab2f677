"""Files in: what a file really is, and its cells as values with addresses.

A file that cannot be used safely raises `FileRefused` with the code of the rule; nothing is
guessed and nothing of it is used. `read_file` hashes before and after reading.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kaohe.base.files import sha256_file
from kaohe.clean.cells import Cell, Sheet, header_key
from kaohe.clean.codes import RULES
from kaohe.clean.encodings import MOJIBAKE, has_utf8_line
from kaohe.clean.large_text import read_large
from kaohe.clean.limits import LIMITS as LIMITS
from kaohe.clean.limits import Limits as Limits

TEXT_TYPES = (".csv", ".txt", ".tsv")
BOOK_TYPES = (".xlsx", ".xls", ".xlsm")
ACCEPTED = (*TEXT_TYPES, *BOOK_TYPES)
SEPARATORS = {",": "逗号", ";": "分号", "\t": "制表符", "，": "全角逗号"}
LARGE = 1 << 16
_MAX_BREAKS = 20


class FileRefused(Exception):
    """A file that is not used; caught in this room and entered as a finding.

    Parameters
    ----------
    code : str
        A code of `kaohe.clean.codes`.
    value, expected : str
        What was found, and what would be right; by default what the code's rule says.
    row : int
        Number of the row in the file, from 1; 0: the file as a whole.
    sheet : str
        Empty: the file as a whole, or a text file.
    """

    def __init__(self, code: str, *, value: str = "", expected: str = "", row: int = 0, sheet: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.value = value
        self.expected = expected or RULES[code].expected
        self.row = row
        self.sheet = sheet


@dataclass
class FileRead:
    """A raw file as read.

    Attributes
    ----------
    sha256 : str
        Of its bytes.
    sheets : list of Sheet
        One for a text file.
    notes : list of (code, sheet, text)
        Remarks made while reading.
    """

    sha256: str
    sheets: list[Sheet] = field(default_factory=list)
    notes: list[tuple[str, str, str]] = field(default_factory=list)


def read_file(path: Path, name: str, labels: Iterable[str] = (), limits: Limits = LIMITS) -> FileRead:
    """Read one raw file into sheets of cells.

    Parameters
    ----------
    path : Path
        Where the file is.
    name : str
        Path relative to the raw folder, as findings show it.
    labels : iterable of str
        Header labels known to the table, by which the separator of a text file is recognised.
    limits : Limits

    Raises
    ------
    FileRefused
        K211 to K233: see `kaohe.clean.codes`.
    """
    size = path.stat().st_size
    if size == 0:
        raise FileRefused("K211", value="0 字节")
    if size > limits.file_bytes:
        raise FileRefused("K229", value=f"{size} 字节", expected=f"不超过 {limits.file_bytes} 字节")
    suffix = path.suffix.lower()
    if suffix not in ACCEPTED:
        raise FileRefused("K222", value=suffix or path.name)
    data = path.read_bytes()
    before = hashlib.sha256(data).hexdigest()
    kind = real_type(data)
    if suffix in TEXT_TYPES:
        if kind != "text":
            raise FileRefused("K213", value=f"{suffix}，实际是 {kind}", expected=right_type(kind))
        result = _read_text(data, name, labels, limits)
    else:
        from kaohe.clean.workbook import read_workbook

        result = read_workbook(data, kind, suffix, name, limits)
        _refuse_long_cells(result.sheets, limits)
    result.sha256 = before
    if sha256_file(path) != before:
        raise FileRefused("K223")
    return result


def _refuse_long_cells(sheets: list[Sheet], limits: Limits) -> None:
    for sheet in sheets:
        for number, row in zip(sheet.numbers, sheet.rows, strict=True):
            for cell in row:
                if isinstance(cell, str) and len(cell) > limits.cell_characters:
                    raise _long_cell(limits, number, sheet.name, len(cell))


def _long_cell(limits: Limits, row: int, sheet: str = "", size: int = 0) -> FileRefused:
    found = f"第 {row} 行一格 {size} 字" if size else f"第 {row} 行起一格过长"
    return FileRefused("K229", value=found, expected=f"一格不超过 {limits.cell_characters} 字", row=row, sheet=sheet)


def real_type(data: bytes) -> str:
    """What the first bytes say: ``xlsx`` (zip), ``ole``, ``html``, ``pdf``, ``gzip`` or ``text``."""
    if data[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
        return "xlsx"
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return "ole"
    if data[:5] == b"%PDF-":
        return "pdf"
    if data[:2] == b"\x1f\x8b":
        return "gzip"
    head = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<style", b"<head")):
        return "html"
    return "text"


def right_type(kind: str) -> str:
    """What a file of this real type should be, for the sender."""
    if kind == "html":
        return "网页表格，请另存为 xlsx"
    suffix = {"xlsx": ".xlsx", "ole": ".xls", "text": ".csv"}.get(kind)
    return f"扩展名 {suffix}" if suffix else "csv、txt、xlsx、xls"


def decode(data: bytes) -> tuple[str, str]:
    """Text and encoding of a file's bytes: UTF-8 with or without BOM, UTF-16 with BOM, GB18030.

    Raises
    ------
    FileRefused
        K217 with line and byte of the first undecodable byte, K219 for NUL bytes.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError as error:
            raise FileRefused("K217", value=f"UTF-16，第 {error.start} 字节") from error
    if b"\x00" in data:
        line = data.count(b"\n", 0, data.index(b"\x00")) + 1
        raise FileRefused("K219", value=f"第 {line} 行", row=line)
    try:
        if data.startswith(b"\xef\xbb\xbf"):
            return data[3:].decode("utf-8"), "UTF-8 BOM"
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as error:
        bad = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
    line = data.count(b"\n", 0, bad) + 1
    if data.startswith(b"\xef\xbb\xbf") or has_utf8_line(data):
        raise FileRefused("K217", value=f"第 {line} 行第 {bad} 字节不是 UTF-8，其余行是", row=line)
    try:
        text = data.decode("gb18030")
        return (text[1:], "GB18030 BOM") if text.startswith("\ufeff") else (text, "GB18030")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileRefused("K217", value=f"第 {line} 行第 {error.start} 字节", row=line) from error


def _read_text(data: bytes, name: str, labels: Iterable[str], limits: Limits) -> FileRead:
    labels = list(labels)
    if len(data) >= LARGE:
        large = read_large(data, lambda text: _separator_or_none(text, labels), limits.rows, limits.columns)
        if large is not None:
            return _text_read(name, large.rows, large.numbers, large.encoding, large.separator)
    text, encoding = decode(data)
    broken = MOJIBAKE.search(text)
    if broken:
        line = text.count("\n", 0, broken.start()) + 1
        raise FileRefused("K218", value=f"第 {line} 行：{broken[0]}", row=line)
    separator = find_separator(text, labels)
    rows, numbers = split_rows(text, separator, limits)
    return _text_read(name, rows, numbers, encoding, separator)


def _text_read(
    name: str, rows: Sequence[list[Cell]], numbers: Sequence[int], encoding: str, separator: str
) -> FileRead:
    result = FileRead("", [Sheet(name, "", rows, numbers, encoding)])
    if encoding != "UTF-8" or separator != ",":
        result.notes.append(("K230", "", f"编码 {encoding}，分隔符 {SEPARATORS[separator]}"))
    return result


def _separator_or_none(text: str, labels: Iterable[str]) -> str:
    try:
        return find_separator(text, labels)
    except FileRefused:
        return ""


def find_separator(text: str, labels: Iterable[str] = ()) -> str:
    """The separator of a text table: the one that splits a row into most known labels.

    Raises
    ------
    FileRefused
        K221 when two separators do equally well, or none splits anything.
    """
    known = {header_key(label) for label in labels}
    lines = [line for line in text[:200_000].splitlines()[:60] if line.strip()]
    scores: dict[str, tuple[int, int]] = {}
    for separator in SEPARATORS:
        named = max((sum(header_key(f.strip('"')) in known for f in ln.split(separator)) for ln in lines), default=0)
        counts = [ln.count(separator) for ln in lines]
        usual = max(set(counts), key=counts.count) if counts else 0
        scores[separator] = (named if named >= 2 else 0, usual)
    ranked = sorted(scores, key=lambda s: scores[s], reverse=True)
    first, second = ranked[0], ranked[1]
    if scores[first] == (0, 0):
        raise FileRefused("K221", value=f"首行 {len(lines[0]) if lines else 0} 字，没有分隔符")
    if scores[first] == scores[second]:
        raise FileRefused("K221", value=f"{SEPARATORS[first]}、{SEPARATORS[second]}都可能")
    return first


def split_rows(text: str, separator: str, limits: Limits = LIMITS) -> tuple[list[list[Cell]], list[int]]:
    """Rows of a text table, and the line each begins on.

    Raises
    ------
    FileRefused
        K228 for an unclosed quote, K229 for too many rows or columns.
    """
    csv.field_size_limit(limits.cell_characters)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[Cell]] = []
    numbers: list[int] = []
    start = 1
    try:
        for fields in reader:
            if reader.line_num - start > _MAX_BREAKS:
                raise FileRefused("K228", value=f"第 {start} 行起", row=start)
            rows.append([f or None for f in fields])
            numbers.append(start)
            start = reader.line_num + 1
            if len(rows) > limits.rows:
                raise FileRefused("K229", value=f"超过 {limits.rows} 行", expected=f"不超过 {limits.rows} 行")
            if len(fields) > limits.columns:
                raise FileRefused("K229", value=f"{len(fields)} 列", expected=f"不超过 {limits.columns} 列")
    except csv.Error as error:
        if "field larger" in str(error):
            raise _long_cell(limits, start) from error
        raise FileRefused("K228", value=f"第 {start} 行起", row=start) from error
    return rows, numbers
