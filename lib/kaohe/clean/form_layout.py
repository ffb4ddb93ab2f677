"""Forms on a sheet: where each begins and ends, its grade columns, header and footer fields.

A form is found by its row of grade words; several may stand on one sheet, below one another or
side by side. Nothing depends on fixed rows or columns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise

from kaohe.clean.cells import Cell, Sheet, header_key, is_blank, tidy, to_text
from kaohe.clean.form_fields import PERSONS, row_fields

TITLE = re.compile("考评表|指标表|核查表")
_REMARK = ("备注", "说明")
_GRADE_WORD = ("考评等次", "等次", "考核等次", "评价等次")
_ITEM_HEAD = ("考核指标", "指标", "考核内容", "数据来源")
NUMBERED = re.compile(r"^[(]?(\d{1,2})[.、．。,，)]*(?=\D)(.+)$", re.ASCII | re.DOTALL)
_CIRCLED = {chr(0x2460 + n): f"{n + 1}." for n in range(20)}
_SHORTEST = 6
_BESIDE = 8
"""Header rows of forms side by side lie within so many rows; a form's own body is longer."""


@dataclass
class FormFound:
    """One form on a sheet.

    Attributes
    ----------
    view : Sheet
        The sheet, cut to the form's own columns where another form stands beside it; all
        positions are within it.
    start, head, end : int
        Positions of its first row, of the row of grade words, and behind its last row.
    top : int
        First row of its own header, below whatever could not be read as a form before it.
    title : str
        Normalised text above the header.
    grades : dict of grade to column position
        Empty when one column holds the grade's word.
    word_column : int
        That column, or -1.
    remark : int
        Column of remarks, or -1.
    beside : bool
        Another form stands to its left, so its rows are counted once more.
    fields : dict of str to (text, row position)
        Header and footer fields as written; names of persons are not among them.
    signed : bool
        Whether the leader's field is filled.
    """

    view: Sheet
    start: int
    head: int
    end: int
    title: str
    grades: dict[str, int]
    word_column: int = -1
    remark: int = -1
    beside: bool = False
    top: int = 0
    fields: dict[str, tuple[str, int]] = field(default_factory=dict)
    signed: bool = False

    @property
    def first(self) -> int:
        """The first column of grades."""
        return min(self.grades.values(), default=self.word_column)


@dataclass(frozen=True)
class _Head:
    """A row of grade words, or one column for them: row, columns by grade, the one column."""

    row: int
    grades: dict[str, int]
    word: int

    @property
    def span(self) -> tuple[int, int]:
        columns = self.grades.values() or (self.word,)
        return min(columns), max(columns)


def find_forms(sheet: Sheet, grades: tuple[str, ...]) -> list[FormFound]:
    """All forms of a sheet, from top to bottom and left to right."""
    bands = _bands([h for index in range(len(sheet.rows)) for h in _heads(sheet, index, grades)])
    forms: list[FormFound] = []
    start = 0
    for number, band in enumerate(bands):
        last = max(h.row for h in band)
        following = bands[number + 1][0].row if number + 1 < len(bands) else len(sheet.rows)
        end = _next_title(sheet, last + 1, following) if number + 1 < len(bands) else len(sheet.rows)
        forms.extend(_side_by_side(sheet, band, start, end))
        start = end
    for form in forms:
        form.top = _top(form)
        form.title = _title(form.view, form.top, form.head)
        form.remark = _remark_column(form.view, form)
        _fields(form)
    return forms


def _heads(sheet: Sheet, index: int, grades: tuple[str, ...]) -> list[_Head]:
    """The heads in a row: sets of all grade words, or columns of grades in words."""
    row = sheet.rows[index]
    keys = [header_key(v) if isinstance(v, str) else "" for v in row]
    sets = _grade_sets(keys, grades)
    if sets:
        return [_Head(index, columns, -1) for columns in sets]
    if any(k in _ITEM_HEAD for k in keys) and not _grade_words_near(sheet, index, grades):
        return [_Head(index, {}, i) for i, k in enumerate(keys) if k in _GRADE_WORD]
    return []


def _grade_sets(keys: list[str], grades: tuple[str, ...]) -> list[dict[str, int]]:
    """Sets of all grade words in a row, from left to right; a single word beside them belongs to none."""
    at = [i for i, k in enumerate(keys) if k in grades]
    windows = [at[k : k + len(grades)] for k in range(len(at) - len(grades) + 1)]
    taken: set[int] = set()
    sets = []
    for window in sorted(windows, key=lambda w: w[-1] - w[0]):
        columns = {keys[i]: i for i in window}
        if len(columns) == len(grades) and not taken & set(window):
            taken |= set(window)
            sets.append(columns)
    return sorted(sets, key=lambda c: min(c.values()))


def _grade_words_near(sheet: Sheet, index: int, grades: tuple[str, ...]) -> bool:
    """True when one of the next rows holds grade words: then 考评等次 is only their group title."""
    for row in sheet.rows[index + 1 : index + 4]:
        if len({header_key(v) for v in row if isinstance(v, str)} & set(grades)) >= 3:
            return True
    return False


def _bands(heads: list[_Head]) -> list[list[_Head]]:
    """Heads of forms that stand side by side, from left to right; bands from top to bottom."""
    bands: list[list[_Head]] = []
    for head in heads:
        band = bands[-1] if bands else []
        apart = all(head.span[0] > h.span[1] or head.span[1] < h.span[0] for h in band)
        if band and head.row - band[0].row <= _BESIDE and apart:
            band.append(head)
        else:
            bands.append([head])
    return [sorted(band, key=lambda h: h.span) for band in bands]


def _side_by_side(sheet: Sheet, band: list[_Head], start: int, end: int) -> list[FormFound]:
    if len(band) == 1:
        return [FormFound(sheet, start, band[0].row, end, "", band[0].grades, band[0].word)]
    edges = [0, *(_edge(sheet, left, right) for left, right in pairwise(band))]
    edges.append(max(len(row) for row in sheet.rows[start:end]))
    forms = []
    for head, (left, right) in zip(band, pairwise(edges), strict=True):
        view = replace(sheet, rows=[row[left:right] for row in sheet.rows], offset=sheet.offset + left, merged=())
        grades = {g: c - left for g, c in head.grades.items()}
        word = head.word - left if head.word >= 0 else -1
        forms.append(FormFound(view, start, head.row, end, "", grades, word, beside=left > 0))
    return forms


def _edge(sheet: Sheet, left: _Head, right: _Head) -> int:
    """First column of the form to the right: behind the left one's grades and remarks."""
    for column in range(left.span[1] + 1, right.span[0]):
        above = [sheet.rows[i][column] for i in _head_rows(left) if column < len(sheet.rows[i])]
        keys = [header_key(v) for v in above if isinstance(v, str)]
        if any(k in _REMARK for k in keys):
            return column + 1
        if any(k in _ITEM_HEAD for k in keys):
            break
    return left.span[1] + 1


def _head_rows(head: _Head) -> range:
    return range(max(0, head.row - 3), head.row + 1)


def _next_title(sheet: Sheet, after: int, before: int) -> int:
    """First row of the next form: its title, or a row with its header fields, or its header."""
    items = set(stray_items(sheet, after, before))
    items |= {i for i in range(after, before) if any(isinstance(v, str) and numbered(v) for v in sheet.rows[i])}
    rows = [i for i in range(after, before) if i not in items]
    for index in rows:
        if any(isinstance(v, str) and TITLE.search(tidy(v)) for v in sheet.rows[index]):
            return index
    for index in rows:
        if {"city", "object"} & set(row_fields(sheet.rows[index], bare=True)):
            return index
    return max(after, before - 1)


def _top(form: FormFound) -> int:
    """Below items that have no grade columns of their own: the title after them, or the next row."""
    stray = stray_items(form.view, form.start, form.head)
    if not stray:
        return form.start
    after = range(stray[-1] + 1, form.head)
    titles = [i for i in after if any(isinstance(v, str) and TITLE.search(tidy(v)) for v in form.view.rows[i])]
    return titles[0] if titles else stray[-1] + 1


def _title(sheet: Sheet, start: int, head: int) -> str:
    texts = [tidy(v) for row in sheet.rows[start:head] for v in row if isinstance(v, str)]
    return "".join(t for t in texts if TITLE.search(t) or (t.startswith(("(抽查", "抽查")) and ":" not in t))


def _remark_column(sheet: Sheet, form: FormFound) -> int:
    for index in range(form.head, max(form.start, form.head - 3) - 1, -1):
        for column, value in enumerate(sheet.rows[index]):
            if isinstance(value, str) and header_key(value) in _REMARK:
                return column
    return -1


def _fields(form: FormFound) -> None:
    """Header fields above the grades, footer fields below the items; names are looked at and left."""
    rows = form.view.rows
    for index in range(form.top, form.head):
        for name, text in row_fields(rows[index], bare=True).items():
            if name not in PERSONS and text:
                form.fields.setdefault(name, (text, index))
    for index in range(form.head + 1, form.end):
        if any(isinstance(v, str) and numbered(v) for v in rows[index]):
            continue
        for name, text in row_fields(rows[index], bare=True).items():
            if name == "leader":
                form.signed = form.signed or bool(text)
            elif name == "date" and text:
                form.fields.setdefault("date", (text, index))


def numbered(value: str) -> tuple[int, str] | None:
    """Number and text of ``3. 遍访…``, ``（3）遍访…``, ``3、遍访…`` or ``③遍访…``."""
    text = tidy(value)
    if text[:1] in _CIRCLED:
        text = _CIRCLED[text[0]] + text[1:]
    match = NUMBERED.match(text)
    return (int(match[1]), match[2]) if match else None


def looks_like_form(sheet: Sheet) -> bool:
    """True when a sheet without a row of grade words still has a form's items."""
    titled = any(isinstance(v, str) and TITLE.search(tidy(v)) for row in sheet.rows for v in row)
    count = len(stray_items(sheet, 0, len(sheet.rows)))
    return count >= 3 or (titled and count >= 1)


def stray_items(sheet: Sheet, start: int, stop: int) -> list[int]:
    """Rows from `start` to before `stop` that read like items of a form: ``…情况``, numbered or not."""
    found = []
    for index in range(start, stop):
        texts = [tidy(v) for v in sheet.rows[index] if isinstance(v, str)]
        if any(t.endswith("情况") and (NUMBERED.match(t) or len(t) >= _SHORTEST) for t in texts):
            found.append(index)
    return found


def notes_from(sheet: Sheet, found: FormFound) -> int:
    """Row from which a form holds notes (注：…) only; its end when there are none."""
    for index in range(found.head + 1, found.end):
        first = next((v for v in sheet.rows[index] if not is_blank(v)), None)
        if isinstance(first, str) and re.match(r"注[:：]?|说明[:：]|填表说明|填写[:：]", tidy(first)):
            return index
    return found.end


def is_total(row: list[Cell]) -> bool:
    """True for a row that counts ticks: 合计, 小计, 总计, 汇总."""
    first = next((tidy(to_text(v)) for v in row if not is_blank(v)), "")
    return first.startswith(("合计", "小计", "总计", "汇总", "共计"))
