"""What a file says, in pieces: cells, sentences, attributes; each with the place where it stands."""

from __future__ import annotations

import html
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

_FONT = re.compile(r"data:(?:font|image)/[a-z0-9+.\-]+;base64,[A-Za-z0-9+/=]+")
_HIDDEN = re.compile(r"<(style|script)\b[^>]*>.*?</\1>", re.DOTALL)
_BETWEEN = re.compile(r">([^<>]+)<|\b(?:aria-label|title|alt|content|placeholder|value|data-name)=\"([^\"]+)\"")
_ROW = re.compile(r"<tr\b[^>]*>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_XLSX_TEXT = re.compile(r"<(?:t|v)\b[^>]*>([^<]*)</(?:t|v)>")
_XLSX_ROW = re.compile(r"<row\b[^>]*>(.*?)</row>", re.DOTALL)
_XLSX_CELL = re.compile(r"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
TEXT = {".html", ".svg", ".ipynb", ".json", ".csv", ".txt", ".log", ".md", ".toml", ".xml"}

Piece = tuple[str, str]  # where in the file, what


def plain(text: str) -> str:
    """Markup and width taken out of a text."""
    return unicodedata.normalize("NFKC", html.unescape(_TAG.sub("", text))).strip()


def pieces_of(path: Path) -> Iterator[Piece]:
    """Every text of a file: cells of tables, texts and spoken attributes of pages, strings of notebooks.

    Parameters
    ----------
    path : Path
        Parquet, xlsx, page, notebook, JSON, CSV or plain text.
    """
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        yield from _parquet(path)
    elif suffix == ".xlsx":
        yield from _workbook(path)
    elif suffix in {".ipynb", ".json"}:
        yield from _json(path)
    elif suffix in {".html", ".svg"}:
        yield from _page(path.read_text(encoding="utf-8", errors="replace"), "")
    elif suffix in TEXT:
        for number, line in enumerate(path.read_text(encoding="utf-8-sig", errors="replace").splitlines(), start=1):
            if line:
                yield f"line {number}", unicodedata.normalize("NFKC", line)


def _parquet(path: Path) -> Iterator[Piece]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    for name, column in zip(table.column_names, table.columns, strict=True):
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind):
            seen: set[str] = set()
            for row, value in enumerate(column.to_pylist(), start=1):
                text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
                if text and text not in seen:
                    seen.add(text)
                    yield f"column {name} row {row}", text
        elif pa.types.is_integer(kind):
            for row, value in enumerate(column.to_pylist(), start=1):
                if value is not None and value >= 10**10:
                    yield f"column {name} row {row}", str(value)


def _workbook(path: Path) -> Iterator[Piece]:
    try:
        with zipfile.ZipFile(path) as archive:
            for part in archive.namelist():
                if part.endswith((".xml", ".svg")) and "theme" not in part and "styles" not in part:
                    text = archive.read(part).decode("utf-8", "replace")
                    for m in _XLSX_TEXT.finditer(text) if part.startswith("xl/") else _BETWEEN.finditer(text):
                        if said := plain(m[1] or ""):
                            yield part, said
    except zipfile.BadZipFile:
        yield "file", ""


def _json(path: Path) -> Iterator[Piece]:
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        value = json.loads(text)
    except ValueError:
        yield from _page(text, "")
        return
    yield from _walk(value, "")


def _walk(value: Any, where: str) -> Iterator[Piece]:
    if isinstance(value, str):
        if "</" in value or "/>" in value:
            yield from _page(value, where)
        elif value.strip():
            yield where, unicodedata.normalize("NFKC", value)
    elif isinstance(value, list):
        for number, item in enumerate(value, start=1):
            yield from _walk(item, f"{where} {number}" if where.endswith("cells") else where)
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(key, str) and len(key) > 6:
                yield where, key
            yield from _walk(item, key if key == "cells" else where if where.startswith("cells ") else key)


def _page(text: str, where: str) -> Iterator[Piece]:
    bare = _HIDDEN.sub("<>", _FONT.sub("", text))
    for m in _BETWEEN.finditer(bare):
        said = _tidied(m[1] or m[2])
        if said:
            yield where or "text", said


@lru_cache(maxsize=200_000)
def _tidied(text: str) -> str:
    return unicodedata.normalize("NFKC", html.unescape(text)).strip()


def rows_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Rows of the tables of a page, workbook or CSV, as texts, counted from 1."""
    suffix = path.suffix.lower()
    if suffix == ".html":
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, row in enumerate(_ROW.finditer(text), start=1):
            yield number, [plain(c) for c in _CELL.findall(row[1])]
    elif suffix == ".csv":
        import csv

        with path.open(encoding="utf-8-sig", errors="replace", newline="") as handle:
            yield from enumerate(csv.reader(handle), start=1)
    elif suffix == ".xlsx":
        yield from _workbook_rows(path)


def _workbook_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        shared: list[str] = []
        if "xl/sharedStrings.xml" in names:
            text = archive.read("xl/sharedStrings.xml").decode("utf-8", "replace")
            shared = [plain("".join(_XLSX_TEXT.findall(item))) for item in text.split("<si>")[1:]]
        for part in sorted(n for n in names if n.startswith("xl/worksheets/sheet")):
            text = archive.read(part).decode("utf-8", "replace")
            for number, row in enumerate(_XLSX_ROW.finditer(text), start=1):
                cells = []
                for marks, body in _XLSX_CELL.findall(row[1]):
                    value = "".join(_XLSX_TEXT.findall(body))
                    known = 't="s"' in marks and value.isdigit() and int(value) < len(shared)
                    cells.append(shared[int(value)] if known else plain(value))
                yield number, cells
