"""Annex workbooks in: forms recognised by their items, ticks read as grades, places resolved.

An item counts when its number and its text agree with the form and exactly one grade is ticked;
otherwise that item is set aside with a finding. A form whose place cannot be told, or that came
twice with different grades, is set aside as a whole.
"""

from __future__ import annotations

import difflib
import re
from datetime import date
from functools import lru_cache

from kaohe.base.ledger import SheetAccount
from kaohe.base.plan import Form, Plan
from kaohe.clean.cells import Sheet, is_blank, tidy, to_text
from kaohe.clean.codes import NORMALISE, NOTE, QUARANTINE, finding
from kaohe.clean.dates import parse_date
from kaohe.clean.form_layout import FormFound, find_forms, item_cell, looks_like_form, notes_from, stray_items
from kaohe.clean.form_tables import PLACE_LEVELS, TABLE, FormRead, ItemRead, enter
from kaohe.clean.office import Office
from kaohe.clean.parse import CROSSES, EXCEL_ERRORS, TICKS
from kaohe.clean.scrub import mask_text

_PUNCTUATION = re.compile(r"[\s\W_]+")
_NEAR = 0.84
_LEVEL_WORDS = {"县级": "county", "镇级": "town", "村级": "village"}


def plain(text: str) -> str:
    """An item's text as compared: narrow, without blanks and punctuation."""
    return _PUNCTUATION.sub("", tidy(text))


@lru_cache(maxsize=8)
def _texts(digest: str, plan_id: int) -> dict[str, dict[int, str]]:
    plan = _PLANS[plan_id]
    return {f.id: {i.no: plain(i.name) for i in f.items} for f in plan.forms.values()}


_PLANS: dict[int, Plan] = {}


def item_texts(plan: Plan) -> dict[str, dict[int, str]]:
    """Normalised item texts by form and number."""
    _PLANS[id(plan)] = plan
    return _texts(plan.digest, id(plan))


def read_forms(sheet: Sheet, sha256: str, office: Office) -> list[FormRead]:
    """All forms of one sheet, with the sheet's account filled; see the module for what is set aside."""
    account = office.ledger.open(TABLE, sheet.file, sheet.name, sha256, sheet.encoding)
    account.read = len(sheet.rows)
    account.blank = sum(all(is_blank(v) for v in row) for row in sheet.rows)
    account.declared = account.read - account.blank
    found = find_forms(sheet, office.plan.grades)
    if not found and account.declared:
        if looks_like_form(sheet):
            office.ledger.add(finding(QUARANTINE, "K290", TABLE, sheet.file, sheet=sheet.name, value="没有四个等次栏"))
            account.quarantined, account.declared = account.declared, 0
        else:
            office.note("K254", TABLE, sheet.file, sheet=sheet.name)
    forms = []
    for place in found:
        stray = stray_items(sheet, place.start, place.head)
        if stray:
            enter(office, QUARANTINE, "K290", sheet, stray[0], value=f"{len(stray)} 行指标没有四个等次栏")
            account.quarantined += len(stray)
            account.declared -= len(stray)
        read = _read_form(sheet, place, account, office)
        if read is not None:
            forms.append(read)
    return forms


def _read_form(sheet: Sheet, found: FormFound, account: SheetAccount, office: Office) -> FormRead | None:
    limit = min(found.grades.values(), default=found.word_column)
    lines = []
    for index in range(found.head + 1, found.end):
        cell = item_cell(sheet.rows[index], limit)
        if cell is not None:
            lines.append((index, *cell))
    form = recognise(found.title, [(n, t) for _, _, n, t in lines], office.plan)
    if form is None:
        enter(office, QUARANTINE, "K290", sheet, found.head, value=found.title[:60])
        account.quarantined += len(lines)
        account.declared -= len(lines)
        return None
    read = _resolve(sheet, found, form, account, office)
    notes, own = notes_from(sheet, found), set(item_texts(office.plan)[form.id].values())
    lines = [line for line in lines if line[0] < notes or plain(line[3]) in own]
    account.declared -= len(lines)
    if read is None:
        account.quarantined += len(lines)
        return None
    read.rows = len(lines)
    for index, column, number, text in lines:
        item = _read_item(sheet, found, form, (index, column, number, text), read, office)
        if item is None:
            read.aside += 1
        else:
            read.items.append(item)
    _remarks(sheet, found, read, {number for _, _, number, _ in lines}, office)
    return read


def recognise(title: str, lines: list[tuple[int, str]], plan: Plan) -> Form | None:
    """The form whose items agree best, in number and text; the title decides between equals."""
    texts = item_texts(plan)
    scores: dict[str, tuple[int, int]] = {}
    key = plain(title)
    for form in plan.forms.values():
        agree = sum(texts[form.id].get(n) == plain(t) for n, t in lines)
        named = next((form.level == level for word, level in _LEVEL_WORDS.items() if word in key), None)
        by_title = 2 if plain(form.title) == key else 1 if named else 0 if named is None else -1
        scores[form.id] = (agree, by_title)
    best = max(scores, key=lambda f: scores[f])
    titled = max(scores, key=lambda f: (scores[f][1], scores[f][0]))
    if scores[titled][1] >= 1 and scores[titled][0] * 2 >= len(lines) >= 1:
        return plan.forms[titled]
    if scores[best][0] >= 3 and scores[best][0] * 2 >= len(lines) and scores[titled][1] <= 0:
        return plan.forms[best]
    return None


def _resolve(sheet: Sheet, found: FormFound, form: Form, account: SheetAccount, office: Office) -> FormRead | None:
    """Header fields as codes; None when the place or target cannot be told."""
    register = office.register
    places: dict[str, str] = {}
    target = ""
    if form.kind == "index_table":
        text, row = found.fields.get("object") or found.fields.get("city") or _elsewhere(sheet, form, office)
        outcome = register.target(text)
        if outcome.value is None or register.classes.get(str(outcome.value)) != _class_of(form, office.plan):
            enter(office, QUARANTINE, "K294", sheet, row, value=text, expected=outcome.expected)
            return None
        target = str(outcome.value)
        if outcome.code:
            enter(office, NORMALISE, outcome.code, sheet, row, value=text, expected=outcome.expected)
    else:
        parent = ""
        for level in PLACE_LEVELS[: PLACE_LEVELS.index(form.level) + 1]:
            text, row = found.fields.get(level, ("", found.head))
            outcome = register.place(text, level, parent)
            if outcome.value is None:
                enter(
                    office, QUARANTINE, outcome.code or "K294", sheet, row, label=_label(level), value=text,
                    expected=outcome.expected,
                )  # fmt: skip
                return None
            places[level] = parent = str(outcome.value)
            if outcome.code:
                enter(
                    office, NORMALISE, outcome.code, sheet, row, label=_label(level), value=text,
                    expected=outcome.expected,
                )  # fmt: skip
        target = places["city"]
    visited = _visit(sheet, found, form, office)
    team = tidy(found.fields.get("team", ("", 0))[0])
    return FormRead(form, sheet, account, found.head, target, places, visited, team, found.signed)


def _label(level: str) -> str:
    return {"city": "市", "county": "抽查县", "town": "抽查镇", "village": "抽查村"}[level]


def _class_of(form: Form, plan: Plan) -> str:
    return next((c.id for c in plan.classes.values() if c.form == form.id), "")


def _elsewhere(sheet: Sheet, form: Form, office: Office) -> tuple[str, int]:
    """The target of an index table without a header field: named by the file or the sheet."""
    stem = sheet.file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    for text in (sheet.name, stem, *re.split(r"[_\-—\s]+", stem)):
        if register_knows(text, office):
            return text, 0
    return "", 0


def register_knows(text: str, office: Office) -> bool:
    """True when a text names one target."""
    return bool(text) and office.register.target(text).value is not None


def _visit(sheet: Sheet, found: FormFound, form: Form, office: Office) -> date | None:
    text, row = found.fields.get("date", ("", -1))
    if not text or not tidy(text).strip("年月日"):
        return None
    outcome = parse_date(text, office.words.earliest, office.words.latest)
    if outcome.value is None:
        enter(office, QUARANTINE, outcome.code, sheet, row, label="核查时间", value=text, expected=outcome.expected)
        return None
    if outcome.code and not re.fullmatch(r"\d{4}年\d{1,2}月\d{1,2}日", text):
        enter(office, NORMALISE, outcome.code, sheet, row, label="核查时间", value=text)
    visited = outcome.value
    assert isinstance(visited, date)
    start, due = date(int(office.plan.meta["year"]), 12, 1), office.plan.dates["cross_due"]
    if not start <= visited <= due:
        expected = f"{start.isoformat()} 至 {due.isoformat()}"
        enter(office, NOTE, "K299", sheet, row, label="核查时间", value=visited.isoformat(), expected=expected)
    return visited


def _read_item(
    sheet: Sheet, found: FormFound, form: Form, line: tuple[int, int, int, str], read: FormRead, office: Office
) -> ItemRead | None:
    index, column, number, text = line
    texts = item_texts(office.plan)[form.id]
    key = plain(text)
    if found.grades and column >= min(found.grades.values()):
        expected = "指标文字在等次栏左边"
        enter(office, QUARANTINE, "K291", sheet, index, column, value=f"{number}. {text}", expected=expected)
        return None
    if texts.get(number) != key:
        others = [n for n, t in texts.items() if t == key]
        close = difflib.SequenceMatcher(None, texts.get(number, ""), key).ratio() if number in texts else 0.0
        if others or close < _NEAR:
            expected = f"第 {others[0]} 项" if others else next((i.name for i in form.items if i.no == number), "")
            enter(office, QUARANTINE, "K291", sheet, index, column, value=f"{number}. {text}", expected=expected)
            return None
        enter(office, NORMALISE, "K286", sheet, index, column, label="考核指标", value=f"{number}. {text}")
    if any(i.item == number for i in read.items):
        enter(office, QUARANTINE, "K256", sheet, index, column, value=f"{number}. {text}")
        return None
    grade = _tick(sheet, found, index, office)
    if grade is None:
        return None
    remark = ""
    if 0 <= found.remark < len(sheet.rows[index]):
        remark, hits = mask_text(to_text(sheet.rows[index][found.remark]).strip())
        if hits:
            enter(office, NORMALISE, "K208", sheet, index, found.remark, label="备注", value=f"{hits} 处")
    return ItemRead(number, grade, remark, index)


def _tick(sheet: Sheet, found: FormFound, index: int, office: Office) -> str | None:
    """The grade ticked in a row; None after a finding when none, several or an unknown sign stands there."""
    row = sheet.rows[index]
    grades = office.plan.grades
    if not found.grades:
        text = tidy(to_text(row[found.word_column])) if found.word_column < len(row) else ""
        if text in grades:
            return text
        code = "K274" if text else "K292"
        enter(office, QUARANTINE, code, sheet, index, found.word_column, label="考评等次", value=text)
        return None
    ticked: list[str] = []
    for grade, column in found.grades.items():
        text = tidy(to_text(row[column])) if column < len(row) else ""
        if not text or text in CROSSES:
            continue
        if text in TICKS or text == grade:
            ticked.append(grade)
            if text != "√":
                enter(office, NORMALISE, "K286", sheet, index, column, label=grade, value=text)
        else:
            code = "K264" if text in EXCEL_ERRORS else "K274" if text in grades else "K298"
            enter(office, QUARANTINE, code, sheet, index, column, label=grade, value=text)
            return None
    if len(ticked) == 1:
        return ticked[0]
    code = "K292" if not ticked else "K293"
    column = min(found.grades.values())
    enter(office, QUARANTINE, code, sheet, index, column, label="考评等次", value="、".join(ticked))
    return None


def _remarks(sheet: Sheet, found: FormFound, read: FormRead, numbers: set[int], office: Office) -> None:
    """Notes on a form as a whole: items that are not there, signature and date."""
    missing = [str(i.no) for i in read.form.items if i.no not in numbers]
    if missing:
        enter(office, NOTE, "K296", sheet, found.head, value="第 " + "、".join(missing) + " 项")
    if read.form.kind == "field_form" and (not read.signed or read.visit_date is None):
        lacks = [word for word, ok in (("签名", read.signed), ("核查时间", read.visit_date is not None)) if not ok]
        enter(office, NOTE, "K297", sheet, found.head, value="缺" + "、".join(lacks))
