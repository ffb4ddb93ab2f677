"""What a workbook holds besides values: hidden rows, comments, strikethrough, pictures, links out, the 1904 calendar.

None of it is data; each is counted, so that a sender who meant something by it can be asked.
"""

from __future__ import annotations

import re
import zipfile
from html import unescape
from urllib.parse import unquote

_HIDDEN_ROW = re.compile(rb'<row\b[^>]*\bhidden="(?:1|true)"')
_HIDDEN_COLUMN = re.compile(rb'<col\b[^>]*\bhidden="(?:1|true)"')
_DATE1904 = re.compile(rb'<workbookPr\b[^>]*\bdate1904="(?:1|true)"')
_SHEET_NAME = re.compile(r'<sheet\b[^>]*\bname="([^"]*)"')
_FONT = re.compile(rb"<font\b[^>]*?(?:/>|>.*?</font>)", re.DOTALL)
_STRIKE = re.compile(rb'<strike\b(?![^>]*val="(?:0|false)")')
_XF = re.compile(rb'<xf\b[^>]*\bfontId="(\d+)"')
_TARGET = re.compile(r'\bTarget="([^"]*)"')
_STYLE = re.compile(rb'<c\b[^>]*\bs="(\d+)"')


class Marks:
    """Collects what is seen while the parts of an archive are read; `notes` gives (code, sheet, text).

    Parameters
    ----------
    archive : ZipFile
    order : dict of part name to sheet position
    """

    def __init__(self, archive: zipfile.ZipFile, order: dict[str, int]) -> None:
        self.notes: list[tuple[str, str, str]] = []
        book = archive.read("xl/workbook.xml")
        names = [unescape(n) for n in _SHEET_NAME.findall(book.decode("utf-8", "replace"))]
        self._sheet = {part: names[i] if i < len(names) else "" for part, i in order.items()}
        self._struck = _struck_styles(archive)
        if _DATE1904.search(book):
            self.notes.append(("K357", "", "1904 日期系统，已按其换算"))
        pictures = sum(n.startswith("xl/media/") for n in archive.namelist())
        if pictures:
            self.notes.append(("K357", "", f"图片 {pictures} 张"))
        if any(n.startswith(("xl/queryTables/", "xl/connections")) for n in archive.namelist()):
            self.notes.append(("K231", "", "外部数据查询"))

    def see(self, part: str, content: bytes) -> None:
        """Look at one part of the archive."""
        if part in self._sheet:
            self._see_sheet(self._sheet[part], content)
        elif re.match(r"xl/(?:threadedC|c)omments", part):
            count = len(re.findall(rb"<(?:comment|threadedComment)\b", content))
            self.notes.append(("K357", "", f"批注 {count} 条"))
        elif part.startswith("xl/externalLinks/_rels/"):
            targets = [unescape(t) for t in _TARGET.findall(content.decode("utf-8", "replace"))]
            files = [re.split(r"[\\/]", unquote(t))[-1] for t in targets]
            self.notes.append(("K231", "", "、".join(files)))

    def _see_sheet(self, name: str, content: bytes) -> None:
        rows, columns = len(_HIDDEN_ROW.findall(content)), len(_HIDDEN_COLUMN.findall(content))
        if rows or columns:
            said = "，".join(t for n, t in ((rows, f"隐藏的行 {rows} 行"), (columns, f"隐藏的列 {columns} 段")) if n)
            self.notes.append(("K232", name, said))
        if self._struck:
            struck = sum(s in self._struck for s in _STYLE.findall(content))
            if struck:
                self.notes.append(("K357", name, f"删除线 {struck} 格"))


def _struck_styles(archive: zipfile.ZipFile) -> set[bytes]:
    """Style numbers of cells whose font is struck through."""
    if "xl/styles.xml" not in archive.namelist():
        return set()
    styles = archive.read("xl/styles.xml")
    if not _STRIKE.search(styles):
        return set()
    fonts = re.search(rb"<fonts\b.*?</fonts>", styles, re.DOTALL)
    formats = re.search(rb"<cellXfs\b.*?</cellXfs>", styles, re.DOTALL)
    if not fonts or not formats:
        return set()
    struck = {str(i).encode() for i, font in enumerate(_FONT.findall(fonts[0])) if _STRIKE.search(font)}
    return {str(i).encode() for i, font in enumerate(_XF.findall(formats[0])) if font in struck}
