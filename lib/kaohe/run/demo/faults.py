"""Faults that offices really make, planted at known places, each with what must become of it.

==============  ============================================  ==========
kind            what stands in the cell or row                outcome
==============  ============================================  ==========
full_width      full-width digits: １２３                       normalise
thousands       12,300 in a column of yuan                    normalise
unit_suffix     12300元 in a column of yuan                    normalise
short_name      韶关 for 韶关市                                  normalise
stray           blanks and zero-width characters in a name    normalise
dotted_date     2020.9.12                                     normalise
wan_unit        12 万元 in a column of yuan                     quarantine
about           约500                                          quarantine
excel_error     #DIV/0!                                       quarantine
out_of_range    a number above the column's largest           quarantine
bad_date        2020年9月31日                                    quarantine
serial_date     44086 as text in a date column                quarantine
id_check        identity number with a wrong check digit      quarantine
unknown_grade   优秀                                            quarantine
other_county    a county of another city                      quarantine
duplicate_row   a row once more, the same in every cell       quarantine (the second row)
duplicate_key   a key once more, with other content           quarantine (both rows)
two_ticks       two grades ticked in one row of a form        quarantine (that item)
no_tick         no grade ticked in one row of a form          quarantine (that item)
gb18030         file in GB18030 without BOM (row 0)           note
gb18030_bom     file in GB18030 with BOM (row 0)              note
utf8_bom        file in UTF-8 with BOM (row 0)                note
==============  ============================================  ==========

No row carries two faults. Rows count from 1 as stored; line 1 of a CSV is its header.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from kaohe.base.tables import Column
from kaohe.clean.book_out import csv_text
from kaohe.run.demo.grid import Value
from kaohe.run.demo.names import check_digit

QUARANTINE, NORMALISE, NOTE = "quarantine", "normalise", "note"
FAULT_COLUMNS = ("file", "sheet", "row", "column", "key", "kind", "value", "outcome", "code")
CODES = {
    "full_width": "K282", "thousands": "K283", "unit_suffix": "K283", "short_name": "K285", "stray": "K285",
    "dotted_date": "K284", "wan_unit": "K263", "about": "K262", "excel_error": "K264", "out_of_range": "K265",
    "bad_date": "K268", "serial_date": "K271", "id_check": "K203", "unknown_grade": "K274", "other_county": "K277",
    "duplicate_row": "K255", "duplicate_key": "K256", "two_ticks": "K293", "no_tick": "K292", "gb18030": "K230",
    "gb18030_bom": "K230", "utf8_bom": "K230",
}  # the rule each kind breaks, as docs/errors.md lists them; a stray blank is K285 in a name, K282 in a code  # fmt: skip
OUTCOMES = {
    "full_width": NORMALISE, "thousands": NORMALISE, "unit_suffix": NORMALISE, "short_name": NORMALISE,
    "stray": NORMALISE, "dotted_date": NORMALISE, "wan_unit": QUARANTINE, "about": QUARANTINE,
    "excel_error": QUARANTINE, "out_of_range": QUARANTINE, "bad_date": QUARANTINE, "serial_date": QUARANTINE,
    "id_check": QUARANTINE, "unknown_grade": QUARANTINE, "other_county": QUARANTINE, "duplicate_row": QUARANTINE,
    "duplicate_key": QUARANTINE, "two_ticks": QUARANTINE, "no_tick": QUARANTINE, "gb18030": NOTE,
    "gb18030_bom": NOTE, "utf8_bom": NOTE,
}  # fmt: skip
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_STRAYS = ("\u200b{0}", "{0}\u200b", "{0}\u3000", "\u00a0{0}")


@dataclass(frozen=True)
class Fault:
    """One planted fault: its address, what stands there, what must become of it and by which rule (empty: its kind's)."""

    file: str
    sheet: str
    row: int
    column: str
    key: str
    kind: str
    value: str
    outcome: str
    code: str = ""


def fault_frame(faults: Sequence[Fault]) -> pd.DataFrame:
    """The answer key of faults, in the order of their addresses."""
    frame = pd.DataFrame([{**asdict(f), "code": f.code or CODES[f.kind]} for f in faults], columns=list(FAULT_COLUMNS))
    return frame.sort_values(["file", "sheet", "row", "column"], ignore_index=True)


Maker = Callable[[np.random.Generator, Value, Column], str | None]


def _full_width(rng: np.random.Generator, value: Value, column: Column) -> str | None:
    digits = csv_text(value)
    return digits.translate(_WIDE) if digits.isdigit() and column.kind in {"int", "money", "code"} else None


def _thousands(rng: np.random.Generator, value: Value, column: Column) -> str | None:
    digits = csv_text(value)
    return f"{int(digits):,}" if column.kind == "money" and digits.isdigit() and len(digits) > 3 else None


def _unit_suffix(rng: np.random.Generator, value: Value, column: Column) -> str | None:
    digits = csv_text(value)
    return f"{digits}元" if column.kind == "money" and digits.isdigit() else None


def _short_name(rng: np.random.Generator, value: Value, column: Column) -> str | None:
    name = csv_text(value)
    cities = column.kind == "object" or column.level == "city"
    return name[:-1] if cities and name.endswith("市") and len(name) == 3 else None


def _stray(rng: np.random.Generator, value: Value, column: Column) -> str | None:
    if column.kind not in {"place", "object", "code"} or not csv_text(value):
        return None
    return _STRAYS[rng.integers(len(_STRAYS))].format(csv_text(value))


def _dotted_date(rng: np.random.Generator, value: Value, column: Column) -> str | None:
    if column.kind != "date" or not csv_text(value)[:4].isdigit():
        return None
    year, month, day = csv_text(value).split("-")
    return f"{year}.{int(month)}.{int(day)}"


def _wan_unit(rng: np.random.Generator, value: Value, column: Column) -> str | None:
    digits = csv_text(value)
    return f"{rng.integers(1, 40)} 万元" if column.kind == "money" and digits.isdigit() else None


def _about(rng: np.random.Generator, value: Value, column: Column) -> str | None:
    digits = csv_text(value)
    return f"约{digits}" if column.kind in {"int", "money", "number"} and digits.isdigit() else None


def _excel_error(rng: np.random.Generator, value: Value, column: Column) -> str | None:
    return "#DIV/0!" if column.kind in {"int", "money", "number", "share"} and csv_text(value)[:1].isdigit() else None


def _out_of_range(rng: np.random.Generator, value: Value, column: Column) -> str | None:
    if column.kind not in {"int", "money", "number"} or column.max is None or not csv_text(value)[:1].isdigit():
        return None
    return csv_text(float(round(column.max * rng.integers(3, 9))))


def _bad_date(rng: np.random.Generator, value: Value, column: Column) -> str | None:
    return "2020年9月31日" if column.kind == "date" and csv_text(value) else None


def _serial_date(rng: np.random.Generator, value: Value, column: Column) -> str | None:
    if column.kind != "date" or not isinstance(value, str) or not value[:4].isdigit():
        return None
    return str((pd.Timestamp(value) - pd.Timestamp(1899, 12, 30)).days)


def _id_check(rng: np.random.Generator, value: Value, column: Column) -> str | None:
    number = csv_text(value)
    if column.name != "id_number" or len(number) != 18:
        return None
    right = check_digit(number[:17])
    return number[:17] + ("7" if right != "7" else "3")


def _unknown_grade(rng: np.random.Generator, value: Value, column: Column) -> str | None:
    return "优秀" if column.kind == "grade" and csv_text(value) else None


MAKERS: dict[str, Maker] = {
    "full_width": _full_width, "thousands": _thousands, "unit_suffix": _unit_suffix, "short_name": _short_name,
    "stray": _stray, "dotted_date": _dotted_date, "wan_unit": _wan_unit, "about": _about,
    "excel_error": _excel_error, "out_of_range": _out_of_range, "bad_date": _bad_date, "serial_date": _serial_date,
    "id_check": _id_check, "unknown_grade": _unknown_grade,
}  # fmt: skip
