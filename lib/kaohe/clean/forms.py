"""Annex workbooks in: forms recognised by their items, ticks read as grades, places resolved.

An item counts when its number and its text agree with the form and exactly one grade is ticked,
or when it is marked 不适用; otherwise that item is set aside with a finding. A form whose place
cannot be told, or that came twice with different grades, is set aside as a whole. Rows of forms
that stand side by side are counted once for each form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kaohe.base.ledger import SheetAccount
from kaohe.base.plan import Form
from kaohe.clean.cells import Cell, Sheet, is_blank, to_text
from kaohe.clean.codes import NORMALISE, NOTE, QUARANTINE, finding
from kaohe.clean.form_items import (
    Line,
    agrees,
    find_lines,
    item_texts,
    known_items,
    other_form,
    plain,
    recognise,
    slip,
    usual_column,
)
from kaohe.clean.form_layout import FormFound, find_forms, is_total, looks_like_form, notes_from, stray_items
from kaohe.clean.form_marks import Mark, is_chosen, is_waiver, read_marks, read_word, waiver
from kaohe.clean.form_places import Visits, resolve_places, resolve_target, visited
from kaohe.clean.form_tables import TABLE, FormRead, ItemRead, enter
from kaohe.clean.office import Office
from kaohe.clean.scrub import mask_text

__all__ = ["item_texts", "plain", "read_forms", "recognise"]


@dataclass(frozen=True)
class _Where:
    """An item's row with its own grade and remark columns."""

    line: Line
    grades: dict[str, int]
    word: int
    remark: int


def read_forms(sheet: Sheet, sha256: str, office: Office, visits: Visits | None = None) -> list[FormRead]:
    """All forms of one sheet; what is set aside stands in the module's text.

    Parameters
    ----------
    sheet : Sheet
        As `kaohe.clean.intake.read_file` gives it.
    sha256 : str
        Of the file's bytes.
    office : Office
        Plan, register and ledger; the ledger gets the account of the sheet and the findings.
    visits : Visits, optional
        Teams, days and sample against which header fields are looked up.

    Returns
    -------
    list of FormRead
        In the order of the sheet; forms whose target cannot be told are findings instead.
    """
    visits = visits or Visits()
    account = office.ledger.open(TABLE, sheet.file, sheet.name, sha256, sheet.encoding)
    _count(account, sheet.rows)
    found = find_forms(sheet, office.plan.grades)
    if not found and account.declared:
        if looks_like_form(sheet):
            office.ledger.add(finding(QUARANTINE, "K290", TABLE, sheet.file, sheet=sheet.name, value="没有四个等次栏"))
            account.quarantined, account.declared = account.declared, 0
        else:
            office.note("K254", TABLE, sheet.file, sheet=sheet.name)
    forms, handled = [], set[int]()
    for place in found:
        if place.beside:
            _count(account, place.view.rows[place.start : place.end])
        stray = [] if place.beside else stray_items(place.view, place.start, place.head)
        if stray:
            enter(office, QUARANTINE, "K290", place.view, stray[0], value=f"{len(stray)} 行指标没有四个等次栏")
            account.quarantined += len(stray)
            account.declared -= len(stray)
            handled |= set(stray)
        read = _read_form(place, account, visits, office, handled)
        if read is not None:
            forms.append(read)
    if found:
        _left_over(sheet, handled, account, office)
    return forms


def _left_over(sheet: Sheet, handled: set[int], account: SheetAccount, office: Office) -> None:
    """Set aside rows with an item of the plan that stand in no form: among notes, or cut off from their header."""
    for index, text in known_items(sheet, office.plan):
        if index not in handled:
            enter(office, QUARANTINE, "K290", sheet, index, value=text, expected="指标在本表的表头之下、说明之上")
            account.quarantined += 1
            account.declared -= 1


def _count(account: SheetAccount, rows: Sequence[list[Cell]]) -> None:
    """Enter rows as read; those that are not blank count as declared until they are used or set aside."""
    blank = sum(all(is_blank(v) for v in row) for row in rows)
    account.read += len(rows)
    account.blank += blank
    account.declared += len(rows) - blank


def _read_form(
    found: FormFound, account: SheetAccount, visits: Visits, office: Office, handled: set[int]
) -> FormRead | None:
    """The form with its items; None when it is set aside. The rows it accounts for join `handled`."""
    plan = office.plan
    lines = find_lines(found, plan)
    pairs = [(line.number, line.text) for line in lines if line.number]
    form = recognise(found.title, pairs, plan)
    if form is None:
        other = other_form(found.title, pairs, plan)
        expected = f"表名与指标一致；这些是「{other.title}」的指标" if other else ""
        enter(office, QUARANTINE, "K290", found.view, found.head, value=found.title[:60], expected=expected)
        account.quarantined += len(lines)
        account.declared -= len(lines)
        handled |= {line.row for line in lines}
        return None
    notes, own = notes_from(found.view, found), set(item_texts(plan)[form.id].values())
    lines = [line for line in lines if line.row < notes or plain(line.text) in own]
    account.declared -= len(lines)
    handled |= {line.row for line in lines}
    strangers = _strangers(found, {line.row for line in lines}, notes, office)
    account.declared -= strangers
    read = _head(found, form, account, visits, office)
    if read is None:
        account.quarantined += len(lines) + strangers
        return None
    read.rows, read.aside = len(lines) + strangers, strangers
    given: dict[int, list[ItemRead]] = {}
    usual = usual_column([line for line in lines if agrees(form, line.number, line.text, plan) == "same"])
    for line in lines:
        item = _read_item(found, line, usual, read, office)
        if item is None:
            read.aside += 1
        else:
            given.setdefault(item.item, []).append(item)
    settle_items(read, given, office)
    _remarks(found, read, {line.number for line in lines}, office)
    return read


def _head(found: FormFound, form: Form, account: SheetAccount, visits: Visits, office: Office) -> FormRead | None:
    """The form with its target and places; None when they cannot be told."""
    index = form.kind == "index_table"
    places = {} if index else resolve_places(found, form, office)
    target = resolve_target(found, form, office) if index else (places or {}).get("city")
    if places is None or target is None:
        return None
    day = visited(found, target, visits, office)
    team = to_text(found.fields.get("team", ("", 0))[0]).strip()
    read = FormRead(form, found.view, account, found.head, target, places, day, team, found.signed)
    if visits.sample and form.kind == "field_form" and read.place not in visits.sample:
        name = office.register.gazetteer.name(read.place)
        enter(office, NOTE, "K343", found.view, found.head, value=name)
    return read


def _strangers(found: FormFound, named: set[int], notes: int, office: Office) -> int:
    """Set aside rows that hold a tick and name no item; how many there are."""
    grades, count = office.plan.grades, 0
    columns = found.grades or dict.fromkeys(grades, found.word_column)
    for index in range(found.head + 1, notes):
        row = found.view.rows[index]
        ticked = [c for g, c in columns.items() if c < len(row) and is_chosen(row[c], g)]
        if index in named or not ticked or is_total(row):
            continue
        text = "；".join(to_text(v).strip() for v in row[: found.first] if not is_blank(v))
        enter(office, QUARANTINE, "K342", found.view, index, ticked[0], label="考核指标", value=text)
        count += 1
    return count


def _read_item(found: FormFound, line: Line, usual: int, read: FormRead, office: Office) -> ItemRead | None:
    right = agrees(read.form, line.number, line.text, office.plan)
    view = found.view
    by = 0 if usual < 0 else slip(found, line, usual, office.plan.grades)
    if right not in {"same", "near"} or by is None:
        expected = right if by is not None and right not in {"same", "near"} else "与其他各行同在一栏"
        enter(office, QUARANTINE, "K291", view, line.row, line.column, value=line.shown, expected=expected)
        return None
    if right == "near":
        enter(office, NORMALISE, "K286", view, line.row, line.column, label="考核指标", value=line.shown)
    if by:
        enter(office, NORMALISE, "K347", view, line.row, line.column, value=line.shown, expected=f"错开 {by:+d} 列")
    remark = found.remark + by if found.remark >= 0 else -1
    word = found.word_column + by if found.word_column >= 0 else -1
    where = _Where(line, {g: c + by for g, c in found.grades.items()}, word, remark)
    return _graded(view, where, office)


def _graded(view: Sheet, where: _Where, office: Office) -> ItemRead | None:
    """The item with its grade and remark; None after a finding."""
    line, row = where.line, view.rows[where.line.row]
    remark = ""
    if 0 <= where.remark < len(row):
        remark, hits = mask_text(to_text(row[where.remark]).strip())
        if hits:
            enter(office, NORMALISE, "K208", view, line.row, where.remark, label="备注", value=f"{hits} 处")
    if where.grades:
        mark = read_marks(row, where.grades, office.plan.grades)
    else:
        mark = read_word(row[where.word] if where.word < len(row) else None, office.plan.grades)
    for column, grade, text in mark.repaired:
        enter(office, NORMALISE, "K286", view, line.row, column, label=grade, value=text)
    at = mark.at if mark.at >= 0 else min(where.grades.values(), default=where.word)
    label = next((g for g, c in where.grades.items() if c == mark.at), "考评等次")
    return settle_mark(mark, remark, view, line.row, at, label, line.number, office)


def settle_mark(
    mark: Mark, remark: str, sheet: Sheet, row: int, column: int, label: str, number: int, office: Office
) -> ItemRead | None:
    """A grade, an item that does not apply, or None after the finding that says why.

    The three kinds of absence stay apart: an item that is not there has no row, one that does
    not apply has a row without a grade whose remark begins with 不适用, one that is not graded
    is set aside.
    """
    if mark.grade:
        if is_waiver(remark):
            enter(office, NOTE, "K345", sheet, row, column, label=label, value=f"{mark.grade}；{remark}")
        return ItemRead(number, mark.grade, remark, row)
    if mark.waived or (mark.code == "K292" and is_waiver(remark)):
        said = waiver(mark.value, remark)
        enter(office, NOTE, "K344", sheet, row, column, label=label, value=said)
        return ItemRead(number, "", mask_text(said)[0], row)
    enter(office, QUARANTINE, mark.code, sheet, row, column, label=label, value=mark.value, expected=mark.expected)
    return None


def settle_items(read: FormRead, given: dict[int, list[ItemRead]], office: Office) -> None:
    """Items that stand twice: a copy is set aside; where the two differ, both are."""
    for number, items in given.items():
        if len({(i.grade, i.remark) for i in items}) == 1:
            read.items.append(items[0])
            code, dropped = "K255", items[1:]
        else:
            code, dropped = "K256", items
        for item in dropped:
            value = f"第 {number} 项：{'、'.join(i.grade or '不适用' for i in items)}"
            enter(office, QUARANTINE, code, read.sheet, item.row, value=value)
            read.aside += 1


def _remarks(found: FormFound, read: FormRead, numbers: set[int], office: Office) -> None:
    """Notes on a form as a whole: items that are not there, signature and date."""
    missing = [str(i.no) for i in read.form.items if i.no not in numbers]
    if missing:
        enter(office, NOTE, "K296", found.view, found.head, value="第 " + "、".join(missing) + " 项")
    if read.form.kind == "field_form":
        note_unsigned(read, office)


def note_unsigned(read: FormRead, office: Office) -> None:
    """Note a field form without the leader's signature or the day of the visit."""
    lacks = [word for word, ok in (("签名", read.signed), ("核查时间", read.visit_date is not None)) if not ok]
    if lacks:
        enter(office, NOTE, "K297", read.sheet, read.head, value="缺" + "、".join(lacks))
