"""What the office was to receive: the delivery note ``delivery.csv`` (收件登记), checked against the files.

All columns but 文件 may be missing or empty: 文件 (path below the raw folder), 发送单位, 行数 (data rows
without header and totals), 上年行数, 指纹 (SHA-256, or its first eight or more characters), 应交日期, and
采用 (否: the file is not read).
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path

from kaohe.base.errors import InputRefused
from kaohe.clean.intake import FileRefused, decode

FILE = "delivery.csv"
COLUMNS = ("文件", "发送单位", "行数", "上年行数", "指纹", "应交日期", "采用")
_FALL = 0.10


@dataclass(frozen=True)
class Due:
    """One line: a file, who sends it, when, and what it should hold."""

    line: int
    file: str
    sender: str = ""
    rows: int | None = None
    rows_before: int | None = None
    sha256: str = ""
    date: str = ""
    used: bool = True

    @property
    def who(self) -> str:
        """Sender and date, as far as they are given."""
        return "，".join(t for t in (self.sender, f"应于 {self.date} 前交" if self.date else "") if t)


@dataclass
class Delivery:
    """The whole note, by file."""

    lines: dict[str, Due] = field(default_factory=dict)

    def unused(self, name: str) -> bool:
        """True when the note says that a file is not to be used."""
        return name in self.lines and not self.lines[name].used

    def check(self, name: str, sha256: str, rows: int | None) -> str:
        """Refuse a file that is not the one listed; what to note about it otherwise.

        Raises
        ------
        FileRefused
            K239 for another fingerprint or another number of data rows.
        """
        due = self.lines.get(name)
        if due is None:
            return ""
        if due.sha256 and not sha256.startswith(due.sha256):
            raise FileRefused(
                "K239", value=f"指纹 {sha256[:16]}…", expected=f"指纹 {due.sha256[:16]}…（{due.who or FILE}）"
            )
        if rows is None:
            return ""
        if due.rows is not None and rows != due.rows:
            raise FileRefused("K239", value=f"{rows} 行数据", expected=f"{due.rows} 行数据（{due.who or FILE}）")
        if due.rows_before and rows < (1 - _FALL) * due.rows_before:
            return f"{rows} 行数据，上年 {due.rows_before} 行，减少 {1 - rows / due.rows_before:.0%}"
        return ""


def read_delivery(raw: Path) -> Delivery:
    """The delivery note of a raw folder; an empty one when there is none.

    Raises
    ------
    InputRefused
        K239 when the note itself cannot be read: encoding, header, a file twice, a number or
        fingerprint that is none.
    """
    path = raw / FILE
    if not path.is_file():
        return Delivery()
    try:
        text = decode(path.read_bytes())[0]
    except FileRefused as error:
        raise _refuse(path, 0, error.value, "UTF-8 or GB18030") from error
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise _refuse(path, 0, str(error), "a CSV file with commas") from error
    head = [h.strip() for h in rows[0]] if rows else []
    if "文件" not in head or set(head) - set(COLUMNS):
        raise _refuse(path, 1, "、".join(head) or "nothing", "文件, and any of " + "、".join(COLUMNS[1:]))
    found: dict[str, Due] = {}
    for line, row in enumerate(rows[1:], start=2):
        if not any(f.strip() for f in row):
            continue
        if len(row) != len(head):
            raise _refuse(path, line, f"{len(row)} fields", f"{len(head)} fields, as the header")
        entry = _line(path, line, dict(zip(head, (f.strip() for f in row), strict=True)))
        if entry.file in found:
            raise _refuse(path, line, f"{entry.file} twice", "each file once")
        found[entry.file] = entry
    return Delivery(found)


def _line(path: Path, line: int, row: dict[str, str]) -> Due:
    numbers: dict[str, int | None] = {}
    for name in ("行数", "上年行数"):
        text = row.get(name, "")
        if text and not re.fullmatch(r"\d{1,9}", text, re.ASCII):
            raise _refuse(path, line, f"{name} {text}", "a whole number")
        numbers[name] = int(text) if text else None
    mark = row.get("指纹", "").lower()
    if mark and not re.fullmatch("[0-9a-f]{8,64}", mark):
        raise _refuse(path, line, f"指纹 {mark}", "a SHA-256 in hexadecimal, or its first 8 characters or more")
    if row.get("采用", "") not in {"", "是", "否"}:
        raise _refuse(path, line, f"采用 {row['采用']}", "是 or 否")
    file = row["文件"].replace("\\", "/")
    if not file or file.startswith("/") or ".." in file.split("/"):
        raise _refuse(path, line, f"文件 {file}", "a path below the raw folder, as survey/households/韶关市.csv")
    return Due(
        line, file, row.get("发送单位", ""), numbers["行数"], numbers["上年行数"], mark, row.get("应交日期", ""),
        row.get("采用", "") != "否",
    )  # fmt: skip


def _refuse(path: Path, line: int, got: str, expected: str) -> InputRefused:
    return InputRefused(
        "K239", "The delivery note cannot be read", where=path.name + (f" line {line}" if line else ""), got=got,
        expected=expected, remedy="mend the line, or remove the file: it is optional",
    )  # fmt: skip
