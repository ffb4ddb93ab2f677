"""Where the header is, and what it says: one row, or two rows with groups over columns.

Columns are recognised by a dictionary of labels and aliases, never by position. A header of two
rows is flattened into one: 金额 over 小麦 and 水稻 becomes 金额_小麦 and 金额_水稻.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from kaohe.base.tables import Column, Contract
from kaohe.clean.cells import Cell, Sheet, header_key, is_blank, letters, own_rows, split_unit, to_text
from kaohe.clean.intake import FileRefused
from kaohe.clean.units import family

WITHIN = 60
_PERIOD = re.compile("上年|去年|上期|同期|往年|计划|目标|预计")


def dictionary(contract: Contract) -> dict[str, Column]:
    """Header keys of a `contract`: labels, aliases and clean names, each with its column."""
    known: dict[str, Column] = {}
    for column in contract.columns:
        for text in (column.label, *column.aliases, column.name):
            known.setdefault(header_key(text), column)
    return known


def resolve_header(text: str, known: Mapping[str, Column]) -> tuple[Column | None, str]:
    """The column of `known` (see `dictionary`) that a header `text` names, and the unit in its brackets when that is another one."""
    key = header_key(text)
    if key in known:
        return known[key], ""
    name, unit = split_unit(key)
    column = known.get(name)
    if column is None:
        return None, ""
    return column, "" if unit == header_key(column.unit) or not unit else unit


def find_header(sheet: Sheet, known: Mapping[str, Column]) -> int | None:
    """Position of the header row; of two header rows the lower one, whose cells then hold the flattened names.

    Raises
    ------
    FileRefused
        K356 when a group and the column below it name nothing that the table has.
    """
    rows = list(sheet.rows[:WITHIN])
    scores = [_named(row, known) for row in rows]
    best = max(range(len(rows)), key=lambda i: (scores[i], -i), default=None)
    if best is None:
        return None
    top, flat, most = None, None, max(scores[best], 1)
    for upper in range(len(rows) - 1):
        if not scores[upper] and not scores[upper + 1]:
            continue
        names = _flatten(sheet, upper, known)
        count = _named([n for n, _ in names], known)
        if count > most:
            top, flat, most = upper, names, count
    if top is None or flat is None:
        if scores[best] < 2:
            return None
        _check_period(sheet, best, known)
        return best
    for position, (name, pair) in enumerate(flat):
        if pair and resolve_header(name, known)[0] is None:
            raise _unknown_pair(sheet, top + 1, position, name)
    own_rows(sheet)[top + 1] = [name or None for name, _ in flat]
    return top + 1


def _named(row: list[Cell] | list[str], known: Mapping[str, Column]) -> int:
    return len({c.name for v in row if isinstance(v, str) for c in (resolve_header(v, known)[0],) if c})


def _flatten(sheet: Sheet, upper: int, known: Mapping[str, Column]) -> list[tuple[str, bool]]:
    """Names of the columns under two header rows, and whether each is a group with a column below it."""
    above, below = sheet.rows[upper], sheet.rows[upper + 1]
    width = max(len(above), len(below))
    bottoms = [_text(below, c) for c in range(width)]
    tops = _groups(sheet, upper, bottoms)
    found: list[tuple[str, bool]] = []
    for top, bottom in zip(tops, bottoms, strict=True):
        if not bottom or not top or top == bottom:
            found.append((bottom or top, False))
            continue
        joint = next((n for n in (f"{top}_{bottom}", top + bottom) if resolve_header(n, known)[0]), "")
        unit = split_unit(header_key(top))[1]
        if joint:
            found.append((joint, True))
        elif resolve_header(bottom, known)[0] and not _PERIOD.search(top):
            bare = family(unit) and not split_unit(header_key(bottom))[1]
            found.append((f"{bottom}（{unit}）" if bare else bottom, True))
        else:
            found.append((f"{top}_{bottom}", True))
    return found


def _groups(sheet: Sheet, upper: int, bottoms: list[str]) -> list[str]:
    """Texts of the upper row spread over the columns they stand over."""
    above = sheet.rows[upper]
    tops = [_text(above, c) for c in range(len(bottoms))]
    merged = False
    for first, left, last, right in sheet.merged:
        if first <= upper <= last and left < len(tops):
            merged = merged or right > left
            for c in range(left, min(right + 1, len(tops))):
                tops[c] = _text(sheet.rows[first], left)
    if not merged:
        for c in range(1, len(tops)):
            if not tops[c] and bottoms[c] and tops[c - 1] and bottoms[c - 1]:
                tops[c] = tops[c - 1]
    return tops


def _check_period(sheet: Sheet, header: int, known: Mapping[str, Column]) -> None:
    """Refuse columns that stand under a group such as 上年: they are not this year's figures."""
    if header == 0 or len({_text(sheet.rows[header - 1], c) for c in range(len(sheet.rows[header - 1]))} - {""}) < 2:
        return
    bottoms = [_text(sheet.rows[header], c) for c in range(len(sheet.rows[header]))]
    tops = _groups(sheet, header - 1, bottoms)
    for position, (top, bottom) in enumerate(zip(tops, bottoms, strict=True)):
        if bottom and top != bottom and _PERIOD.search(top) and resolve_header(bottom, known)[0]:
            raise _unknown_pair(sheet, header, position, f"{top}_{bottom}")


def _unknown_pair(sheet: Sheet, header: int, position: int, name: str) -> FileRefused:
    at = letters(position + sheet.offset) + str(sheet.numbers[header])
    return FileRefused("K356", value=f"{name}：{at}", row=sheet.numbers[header], sheet=sheet.name)


def _text(row: list[Cell], column: int) -> str:
    value = row[column] if column < len(row) else None
    return "" if is_blank(value) else to_text(value).strip()
