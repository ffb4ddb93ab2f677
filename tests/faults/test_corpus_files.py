"""Bad files (F01 to F25): each refused, repaired or noted in its own words, the other files in use."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from kaohe.base.plan import Plan
from support.archives import parts_of, zipped
from support.corpus import (
    HOUSEHOLDS_FILE,
    Edit,
    RawOffice,
    book,
    check,
    later,
    lines,
    raw,
    text,
    together,
)

DAILY = "daily/日常工作"
DAILY_HEAD = "记录编号,对象,来源,日期,性质,严重程度,指标,数值,摘要\n"
RECORD = "R1,韶关市,信访投诉,2020-05-06,扣分事项,轻微,,,"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
PARTS = {
    "dtd": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e "e">]>',
    "links": b'<?xml version="1.0"?><Relationships><Relationship Target="file:///C:\\users\\x\\%E5%B9%B4.xlsx"/></Relationships>',
}


def daily_book() -> bytes:
    return book([DAILY_HEAD.strip().split(","), RECORD.split(",")])


def with_part(name: str, data: bytes) -> Edit:
    return raw(DAILY + ".xlsx", zipped({**parts_of(daily_book()), name: data}))


def damaged() -> bytes:
    """A workbook with one byte of a compressed sheet flipped."""
    data = bytearray(daily_book())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
    at = info.header_offset + 30 + len(info.filename) + 20
    data[at] ^= 0xFF
    data[at + 1] ^= 0xFF
    return bytes(data)


def wide(columns: int) -> bytes:
    return (DAILY_HEAD.strip() + ",x" * (columns - 9) + "\n" + RECORD + "," * (columns - 9) + "\n").encode()


def one_cell() -> bytes:
    """A workbook of a few kilobytes with one cell of 100 MB."""
    parts = parts_of(daily_book())
    parts["xl/sharedStrings.xml"] = b"<sst><si><t>" + b"a" * (100 << 20) + b"</t></si></sst>"
    return zipped(parts)


def note(*rows: str, head: str = "文件,发送单位,行数,指纹,应交日期,采用") -> Edit:
    return raw("delivery.csv", "\n".join([head, *rows]) + "\n")


def copy_of(name: str, change: bool = False) -> Edit:
    def edit(office: RawOffice) -> None:
        body = office.text(HOUSEHOLDS_FILE)
        office.raw[name] = (body.replace("DC01", "DC02") if change else body).encode()

    return edit


def link(to: str, name: str) -> Edit:
    def make(folder: Path) -> None:
        target = folder / to
        if not to.startswith("nowhere"):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(DAILY_HEAD + RECORD + "\n", encoding="utf-8")
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(target)

    return later(make)


def folder_link(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    (folder.parent / "elsewhere/440500_汕头市.csv").write_text("x", encoding="utf-8")
    (folder / "survey/households/另处").symlink_to(folder.parent / "elsewhere")


def big(folder: Path) -> None:
    (folder / "daily").mkdir()
    with (folder / f"{DAILY}.csv").open("wb") as handle:
        handle.truncate((50 << 20) + 1)


CASES: dict[str, Edit] = {
    "F01 listed and missing": note("survey/households/440500_汕头市.csv,汕头市扶贫办,800,,2020-10-12,"),
    "F01 listed and missing, no sender": note("daily/none.csv,,,,,"),
    "F01 another fingerprint": note(f"{HOUSEHOLDS_FILE},韶关市扶贫办,,0123456789abcdef,,"),
    "F01 note without its column": note("a", head="file"),
    "F01 note with a number that is none": note("daily/a.csv,,多,,,"),
    "F01 note with a line too short": note("daily/a.csv"),
    "F01 note with a file twice": note("daily/a.csv,,,,,", "daily/a.csv,,,,,"),
    "F01 note with a path that leaves": note("../a.csv,,,,,"),
    "F01 note with a broken fingerprint": note("daily/a.csv,,,xyz,,"),
    "F01 note with an unknown mark": note("daily/a.csv,,,,,也许"),
    "F02 empty csv": raw(f"{DAILY}.csv", b""),
    "F02 empty xlsx": raw(f"{DAILY}.xlsx", b""),
    "F02 empty xls": raw(f"{DAILY}.xls", b""),
    "F03 lock file": raw("daily/~$日常工作.xlsx", b"lock"),
    "F04 csv named xlsx": raw(f"{DAILY}.xlsx", DAILY_HEAD + RECORD + "\n"),
    "F04 xlsx named csv": raw(f"{DAILY}.csv", daily_book()),
    "F04 xlsx named xls": raw(f"{DAILY}.xls", daily_book()),
    "F04 xls named xlsx": raw(f"{DAILY}.xlsx", OLE),
    "F04 pdf named xlsx": raw(f"{DAILY}.xlsx", b"%PDF-1.7 ..."),
    "F04 gzip named csv": raw(f"{DAILY}.csv", b"\x1f\x8b\x08"),
    "F04 zip that is no workbook": raw(f"{DAILY}.xlsx", zipped({"a.txt": b"x"})),
    "F05 web page named xls": raw(f"{DAILY}.xls", "<html><body><table></table></body></html>"),
    "F05 web page named xlsx": raw(f"{DAILY}.xlsx", "<!DOCTYPE html><html></html>"),
    "F05 web page named csv": raw(f"{DAILY}.csv", "<table><tr><td>1</td></tr></table>"),
    "F06 password": raw(f"{DAILY}.xlsx", OLE + "EncryptedPackage".encode("utf-16-le")),
    "F06 password, named xls": raw(f"{DAILY}.xls", OLE + "EncryptedPackage".encode("utf-16-le")),
    "F07 truncated": raw(f"{DAILY}.xlsx", daily_book()[:900]),
    "F07 one byte cut": raw(f"{DAILY}.xlsx", daily_book()[:-30]),
    "F07 damaged sheet": raw(f"{DAILY}.xlsx", damaged()),
    "F07 damaged xls": raw(f"{DAILY}.xls", OLE),
    "F08 bomb by ratio": with_part("xl/bomb.bin", bytes(30 << 20)),
    "F08 one cell of 100 MB": lambda o: raw(f"{DAILY}.xlsx", one_cell())(o),
    "F09 document type": with_part("xl/evil.xml", PARTS["dtd"]),
    "F09 entity in UTF-16": with_part("xl/evil.xml", PARTS["dtd"].decode().encode("utf-16")),
    "F10 xlsm": raw(f"{DAILY}.xlsm", daily_book()),
    "F10 macros in an xlsx": with_part("xl/vbaProject.bin", b"x"),
    "F11 external links": with_part("xl/externalLinks/_rels/externalLink1.xml.rels", PARTS["links"]),
    "F11 query table": with_part("xl/queryTables/queryTable1.xml", b"<queryTable/>"),
    **{f"F12 {end}": raw(f"{DAILY}{end}", b"PK\x03\x04") for end in (".et", ".wps", ".ods", ".csv.gz", ".docx", ".json")},
    "F13 BOM": text(lambda t: t, encoding="utf-8-sig"),
    "F14 GB18030": text(lambda t: t, encoding="gb18030"),
    "F14 undecodable byte": lambda o: raw(f"{DAILY}.csv", DAILY_HEAD.encode("gb18030") + b"R1,\xff\xff,1\n")(o),
    "F15 UTF-16": text(lambda t: t.replace(",", "\t"), encoding="utf-16"),
    "F15 UTF-16, a byte lost": lambda o: raw(f"{DAILY}.csv", (DAILY_HEAD + RECORD).encode("utf-16")[:-1])(o),
    "F16 two encodings": raw(f"{DAILY}.csv", DAILY_HEAD.encode() + RECORD.encode("gb18030") + b"\n"),
    "F17 replacement characters": raw(f"{DAILY}.csv", DAILY_HEAD + RECORD.replace("韶关市", "\ufffd\ufffd") + "\n"),
    "F17 text lost twice": raw(f"{DAILY}.csv", DAILY_HEAD + RECORD.replace("韶关市", "锟斤拷锟斤拷") + "\n"),
    "F17 read as latin": raw(f"{DAILY}.csv", DAILY_HEAD + RECORD.replace("韶关市", "韶关".encode().decode("cp1252", "ignore")) + "\n"),
    "F17 header read as GB18030": lines(
        lambda x: [x[0].encode().decode("gb18030", "replace").replace("\ufffd", "?"), *x[1:]]
    ),
    "F18 NUL": raw(f"{DAILY}.csv", (DAILY_HEAD + RECORD).encode() + b"\x00\n"),
    "F19 same file twice": copy_of("survey/households/另一份.csv"),
    "F20 csv and txt": together(raw(f"{DAILY}.csv", DAILY_HEAD + RECORD + "\n"), raw(f"{DAILY}.txt", DAILY_HEAD + RECORD + "二\n")),
    "F20 two dates": together(copy_of("survey/households/2020-10-12/住户.csv"), copy_of("survey/households/2020-10-20/住户.csv", True)),
    "F20 copy (1)": together(raw(f"{DAILY}.csv", DAILY_HEAD + RECORD + "\n"), raw(f"{DAILY} (1).csv", DAILY_HEAD + RECORD + "二\n")),
    "F20 decided by the note": together(
        raw(f"{DAILY}.csv", DAILY_HEAD + RECORD + "\n"), raw(f"{DAILY} (1).csv", DAILY_HEAD + RECORD + "二\n"),
        note(f"{DAILY} (1).csv,,,,,否"),
    ),
    "F22 more than 50 MB": later(big),
    "F22 more than 200,000 rows": lambda o: raw(f"{DAILY}.csv", DAILY_HEAD + (RECORD + "\n") * 200_001)(o),
    "F22 1,001 columns": lambda o: raw(f"{DAILY}.csv", wide(1001))(o),
    "F22 16,384 columns": lambda o: raw(f"{DAILY}.csv", wide(16_384))(o),
    "F22 16,384 columns in a workbook": lambda o: raw(f"{DAILY}.xlsx", book([["记录编号", "对象"], [None] * 16_383 + [1]]))(o),
    "F25 link out of the folder": link("../outside.csv", f"{DAILY}.csv"),
    "F25 link to nothing": link("nowhere.csv", f"{DAILY}.csv"),
    "F25 folder linked in": later(folder_link),
    "F25 pipe": later(lambda folder: ((folder / "daily").mkdir(), os.mkfifo(folder / "daily/pipe.csv"))),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_file(case: str, tmp_path: Path, plan: Plan) -> None:
    check(case, CASES[case], tmp_path, plan)
