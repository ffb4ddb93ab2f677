"""Forms on a sheet: where each begins and ends, its grade columns, header and footer fields.

A form is found by its row of grade words; several may stand on one sheet. Nothing depends on
fixed rows or columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kaohe.clean.cells import Cell, Sheet, header_key, is_blank, tidy, to_text

_TITLE = re.compile("考评表|指标表|核查表")
_REMARK = ("备注", "说明")
_GRADE_WORD = ("考评等次", "等次", "考核等次", "评价等次")
_ITEM_HEAD = ("考核指标", "指标", "考核内容", "数据来源")
HEADER_FIELDS = {
    "市": "city", "所在市": "city", "地市": "city", "抽查县": "county", "抽查县(市、区)": "county", "县": "county",
    "抽查镇": "town", "镇": "town", "抽查村": "village", "村": "village", "考核对象": "object", "被考核对象": "object",
    "被考核单位": "object", "考核单位": "object", "单位": "object", "单位名称": "object", "帮扶单位": "object",
    "对象": "object", "考核组": "team", "组号": "team", "考核时间": "date",
}  # fmt: skip
FOOTER_FIELDS = {"组长": "leader", "成员": "members", "核查时间": "date", "考核时间": "date", "日期": "date"}
_LABELS = sorted({*HEADER_FIELDS, *FOOTER_FIELDS, "副组长", "联络员", "填表人"}, key=len, reverse=True)
# Long labels may follow a value without a blank; 市, 县, 镇, 村 need one in front.
_LONG = "|".join(re.escape(x) for x in _LABELS if len(x) >= 3)
_SHORT = "|".join(re.escape(x) for x in _LABELS if len(x) < 3)
_FIELD = re.compile(rf"({_LONG}|(?:^|(?<=[\s,;，；、。\d)]))(?:{_SHORT}))\s*:")
NUMBERED = re.compile(r"^\s*[(]?(\d{1,2})\s*[.、．。)]?\s*(?=\D)(.+)$", re.ASCII | re.DOTALL)


@dataclass
class FormFound:
    """One form on a sheet.

    Attributes
    ----------
    start, head, end : int
        Positions of its first row, of the row of grade words, and behind its last row.
    title : str
        Normalised text above the header.
    grades : dict of grade to column position
        Empty when one column holds the grade's word.
    word_column : int
        That column, or -1.
    remark : int
        Column of remarks, or -1.
    fields : dict of str to (text, row position)
        Header and footer fields as written; names of persons are not among them.
    signed : bool
        Whether the leader's field is filled.
    """

    start: int
    head: int
    end: int
    title: str
    grades: dict[str, int]
    word_column: int = -1
    remark: int = -1
    fields: dict[str, tuple[str, int]] = field(default_factory=dict)
    signed: bool = False


def find_forms(sheet: Sheet, grades: tuple[str, ...]) -> list[FormFound]:
    """All forms of a sheet, in order."""
    heads: list[tuple[int, dict[str, int], int]] = []
    for index, row in enumerate(sheet.rows):
        columns, word = _grade_columns(row, grades)
        if columns or (word >= 0 and not _grade_columns_near(sheet, index, grades)):
            heads.append((index, columns, word))
    forms: list[FormFound] = []
    for number, (head, columns, word) in enumerate(heads):
        previous = forms[-1].end if forms else 0
        following = heads[number + 1][0] if number + 1 < len(heads) else len(sheet.rows)
        end = _next_title(sheet, head + 1, following) if number + 1 < len(heads) else len(sheet.rows)
        forms.append(FormFound(previous, head, end, _title(sheet, previous, head), columns, word))
    for form in forms:
        _fields(sheet, form)
        form.remark = _remark_column(sheet, form)
    return forms


def _grade_columns(row: list[Cell], grades: tuple[str, ...]) -> tuple[dict[str, int], int]:
    """Columns of the grade words when all of them stand in a row, or the one column of grades in words."""
    keys = [header_key(to_text(v)) if isinstance(v, str) else "" for v in row]
    columns = {g: keys.index(g) for g in grades if keys.count(g) == 1}
    if len(columns) == len(grades):
        return columns, -1
    if any(k in _ITEM_HEAD for k in keys):
        word = next((i for i, k in enumerate(keys) if k in _GRADE_WORD), -1)
        return {}, word
    return {}, -1


def _grade_columns_near(sheet: Sheet, index: int, grades: tuple[str, ...]) -> bool:
    """True when one of the next rows holds grade words: then 考评等次 is only their group title."""
    for row in sheet.rows[index + 1 : index + 4]:
        if sum(isinstance(v, str) and header_key(v) in grades for v in row) >= 2:
            return True
    return False


def _next_title(sheet: Sheet, after: int, before: int) -> int:
    """First row of the next form: its title, or a row with its header fields, or its header."""
    for index in range(after, before):
        if any(isinstance(v, str) and _TITLE.search(tidy(v)) for v in sheet.rows[index]):
            return index
    for index in range(after, before):
        if "city" in row_fields(sheet.rows[index]) or "object" in row_fields(sheet.rows[index]):
            return index
    return max(after, before - 1)


def _title(sheet: Sheet, start: int, head: int) -> str:
    texts = [tidy(v) for row in sheet.rows[start:head] for v in row if isinstance(v, str)]
    return "".join(t for t in texts if _TITLE.search(t) or t.startswith(("(抽查", "抽查")))


def _remark_column(sheet: Sheet, form: FormFound) -> int:
    for index in range(form.head, max(form.start, form.head - 3) - 1, -1):
        for column, value in enumerate(sheet.rows[index]):
            if isinstance(value, str) and header_key(value) in _REMARK:
                return column
    return -1


def row_fields(row: list[Cell]) -> dict[str, str]:
    """Labelled fields of a row: ``市：韶关市　抽查县：`` within one cell, or label and value in neighbouring cells."""
    if not any(isinstance(v, str) and (":" in v or "：" in v) for v in row):
        return {}
    joined = "\t".join(to_text(v).replace("：", ":").replace("（", "(").replace("）", ")") for v in row)
    found: dict[str, str] = {}
    matches = list(_FIELD.finditer(joined))
    for number, match in enumerate(matches):
        stop = matches[number + 1].start() if number + 1 < len(matches) else len(joined)
        label = match[1]
        text = joined[match.end() : stop].strip("\t \u3000_")
        found[HEADER_FIELDS.get(label) or FOOTER_FIELDS.get(label) or label] = text.split("\t")[0].strip("\u3000 _")
    return found


def _fields(sheet: Sheet, form: FormFound) -> None:
    """Header fields above the grades, footer fields below the items; names are looked at and left."""
    for index in range(form.start, form.head):
        for name, text in row_fields(sheet.rows[index]).items():
            if name not in {"leader", "members"} and text:
                form.fields.setdefault(name, (text, index))
    for index in range(form.head + 1, form.end):
        row = sheet.rows[index]
        if any(isinstance(v, str) and NUMBERED.match(tidy(v)) for v in row):
            continue
        for name, text in row_fields(row).items():
            if name == "leader":
                form.signed = form.signed or bool(text)
            elif name == "date" and text:
                form.fields.setdefault("date", (text, index))


def item_cell(row: list[Cell], limit: int) -> tuple[int, int, str] | None:
    """The item of a row: column, number and text, from ``3. 遍访…`` or from a number and a text side by side.

    Parameters
    ----------
    row : list of Cell
    limit : int
        Columns from here on hold grades; an item's text found there has slipped to the right.
    """
    for column, value in (*enumerate(row[:limit]), *enumerate(row[limit:], start=limit)):
        if not isinstance(value, str) or is_blank(value):
            continue
        match = NUMBERED.match(tidy(value))
        if match and len(match[2]) >= 3 and (column < limit or match[2].endswith("情况")):
            return column, int(match[1]), match[2]
    for column, value in enumerate(row[: max(limit - 1, 0)]):
        text = tidy(to_text(value)).rstrip(".、)")
        following = row[column + 1] if column + 1 < len(row) else None
        if (
            text.isdigit()
            and text.isascii()
            and len(text) <= 2
            and isinstance(following, str)
            and len(tidy(following)) >= 3
        ):
            return column + 1, int(text), tidy(following)
    return None


def looks_like_form(sheet: Sheet) -> bool:
    """True when a sheet without a row of grade words still has a form's numbered items."""
    titled = any(isinstance(v, str) and _TITLE.search(tidy(v)) for row in sheet.rows for v in row)
    return len(stray_items(sheet, 0, len(sheet.rows))) >= (1 if titled else 3)


def stray_items(sheet: Sheet, start: int, stop: int) -> list[int]:
    """Rows from `start` to before `stop` that read like items of a form."""
    found = []
    for index in range(start, stop):
        texts = [tidy(v) for v in sheet.rows[index] if isinstance(v, str)]
        if any(NUMBERED.match(t) and t.endswith("情况") for t in texts):
            found.append(index)
    return found


def notes_from(sheet: Sheet, found: FormFound) -> int:
    """Row from which a form holds notes (注：…) only; its end when there are none."""
    for index in range(found.head + 1, found.end):
        first = next((v for v in sheet.rows[index] if not is_blank(v)), None)
        if isinstance(first, str) and re.match(r"注[:：]?|说明[:：]|填表说明", tidy(first)):
            return index
    return found.end
