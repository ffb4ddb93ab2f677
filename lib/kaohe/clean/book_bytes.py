"""A workbook as bytes that depend on nothing but its content: fixed times inside and outside."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime

from openpyxl import Workbook

STAMP = (2020, 12, 1, 9, 0, 0)
_TIMES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")


def workbook_bytes(book: Workbook) -> bytes:
    """Bytes of the openpyxl workbook `book` with `STAMP` for every time in it; the same workbook gives the same bytes."""
    raw = io.BytesIO()
    book.save(raw)
    out = io.BytesIO()
    stamp = datetime(*STAMP).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                data = _TIMES.sub(rb"\g<1>" + stamp + rb"\g<3>", data)
            new.writestr(zipfile.ZipInfo(name, STAMP), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
