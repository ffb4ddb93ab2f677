"""Grades of many forms as one long table: object or place, form, item, grade, remark, one item a row."""

from __future__ import annotations

from dataclasses import dataclass, field

from kaohe.base.ledger import SheetAccount
from kaohe.base.places import parent_code
from kaohe.base.plan import Form, Plan
from kaohe.clean.cells import Cell, Sheet, header_key, is_blank, tidy, to_text
from kaohe.clean.codes import NORMALISE, NOTE, QUARANTINE
from kaohe.clean.dates import parse_date
from kaohe.clean.form_items import agrees, plain
from kaohe.clean.form_layout import numbered
from kaohe.clean.form_marks import read_word
from kaohe.clean.form_places import LABELS, Visits, levels_of, outside, place_of, wrong_class
from kaohe.clean.form_tables import TABLE, FormRead, ItemRead, enter
from kaohe.clean.forms import note_unsigned, settle_items, settle_mark
from kaohe.clean.office import Office
from kaohe.clean.scrub import mask_text

LONG_LABELS: dict[str, tuple[str, ...]] = {
    "object": ("考核对象", "对象", "对象编码", "地点", "地点代码", "对象或地点", "抽查地点", "object", "place"),
    "form": ("表式", "表名", "表种", "表", "form"),
    "item": ("指标序号", "序号", "指标编号", "item"),
    "text": ("考核指标", "指标", "指标名称", "指标内容"),
    "grade": ("考评等次", "等次", "考核等次", "grade"),
    "remark": ("备注", "remark"),
    "city": ("市", "所在市"), "county": ("抽查县", "县"), "town": ("抽查镇", "镇"), "village": ("抽查村", "村"),
    "date": ("核查时间", "核查日期", "date"), "leader": ("组长",), "team": ("考核组", "组号", "team"),
}  # fmt: skip
_HEAD_WITHIN = 20


@dataclass
class _Group:
    """The rows of one form in the table."""

    read: FormRead
    given: dict[int, list[ItemRead]] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)


def long_header(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """Row and columns of the header of a long table; None when the sheet is none.

    A long table names form, item and grade, and an object, a place or a city.
    """
    for index, row in enumerate(sheet.rows[:_HEAD_WITHIN]):
        keys = [header_key(v) if isinstance(v, str) else "" for v in row]
        columns: dict[str, int] = {}
        for name, labels in LONG_LABELS.items():
            at = next((keys.index(label) for label in labels if label in keys), -1)
            if at >= 0:
                columns[name] = at
        if {"form", "grade"} <= set(columns) and {"item", "text"} & set(columns) and {"object", "city"} & set(columns):
            return index, columns
    return None


def read_long(
    sheet: Sheet, head: tuple[int, dict[str, int]], sha256: str, visits: Visits, office: Office
) -> list[FormRead]:
    """The forms of a long table, with the sheet's account filled; a row that cannot be used is set aside."""
    start, columns = head
    account = office.ledger.open(TABLE, sheet.file, sheet.name, sha256, sheet.encoding)
    account.read = len(sheet.rows)
    groups: dict[str, _Group] = {}
    names = form_names(office.plan)
    for index, row in enumerate(sheet.rows):
        if all(is_blank(v) for v in row):
            account.blank += 1
            continue
        if index <= start:
            account.declared += 1
            continue
        cells = {name: row[c] if c < len(row) else None for name, c in columns.items()}
        group = _group(sheet, index, cells, columns, names, groups, account, visits, office)
        if group is None:
            account.quarantined += 1
            continue
        group.read.rows += 1
        item = _item(sheet, index, cells, columns, group, office)
        if item is None:
            group.read.aside += 1
        else:
            group.given.setdefault(item.item, []).append(item)
    for group in groups.values():
        settle_items(group.read, group.given, office)
        _note(group, office)
    return [g.read for g in groups.values()]


def form_names(plan: Plan) -> dict[str, Form]:
    """What the column of forms may say: id, title, level (县级考评表), or the class of an index table."""
    names: dict[str, Form] = {}
    for form in plan.forms.values():
        texts = [form.id, form.title]
        if form.kind == "field_form":
            level = LABELS[form.level].removeprefix("抽查")
            texts += [f"{level}{end}" for end in ("", "级", "级考评表", "考评表", "级核查表")] + [f"抽查{level}级"]
        for target in plan.classes.values():
            if target.form == form.id:
                texts += [target.short, target.name, target.label, f"{target.short}指标表"]
        names.update({plain(t): form for t in texts})
    return names


def _group(
    sheet: Sheet, index: int, cells: dict[str, Cell], columns: dict[str, int], names: dict[str, Form],
    groups: dict[str, _Group], account: SheetAccount, visits: Visits, office: Office,
) -> _Group | None:  # fmt: skip
    """The form a row belongs to; None after a finding."""
    said = to_text(cells["form"])
    form = names.get(plain(said))
    if form is None:
        expected = "、".join(office.plan.forms)
        enter(office, QUARANTINE, "K290", sheet, index, columns["form"], label="表式", value=said, expected=expected)
        return None
    found = _whose(sheet, index, cells, columns, form, office)
    if found is None:
        return None
    target, places = found
    key = f"{form.id}:{places.get(form.level, target)}"
    if key not in groups:
        read = FormRead(form, sheet, account, index, target, places, None, "", False)
        groups[key] = _Group(read)
        if visits.sample and form.kind == "field_form" and read.place not in visits.sample:
            enter(office, NOTE, "K343", sheet, index, value=office.register.gazetteer.name(read.place))
    group = groups[key]
    _visit(sheet, index, cells, columns, group.read, visits, office)
    return group


def _whose(
    sheet: Sheet, index: int, cells: dict[str, Cell], columns: dict[str, int], form: Form, office: Office
) -> tuple[str, dict[str, str]] | None:
    """Target and places of a row."""
    if form.kind == "index_table":
        name = "object" if not is_blank(cells.get("object")) else "city"
        cell = cells.get(name)
        outcome = office.register.target(cell)
        code, expected = outcome.code or "K294", outcome.expected
        if outcome.value is not None:
            expected = wrong_class(form, str(outcome.value), office)
            if not expected:
                return str(outcome.value), {}
            code = "K340"
        at = columns.get(name, columns["form"])
        enter(office, QUARANTINE, code, sheet, index, at, label="考核对象", value=to_text(cell), expected=expected)
        return None
    places: dict[str, str] = {}
    parent = ""
    for level in levels_of(form):
        last = level == form.level
        cell = cells.get(level)
        name = "object" if last and is_blank(cell) else level
        cell = cells.get(name)
        if is_blank(cell) and not last:
            continue
        outcome = place_of(to_text(cell), level, parent, office)
        if outcome.value is None:
            at = columns.get(name, columns["form"])
            enter(
                office, QUARANTINE, outcome.code or "K294", sheet, index, at, label=LABELS.get(name, "考核对象"),
                value=to_text(cell), expected=outcome.expected,
            )  # fmt: skip
            return None
        places[level] = parent = str(outcome.value)
    return _above(places[form.level], form)


def _above(place: str, form: Form) -> tuple[str, dict[str, str]]:
    places = {level: parent_code(place, level) for level in levels_of(form)}
    return places["city"], places


def _visit(
    sheet: Sheet, index: int, cells: dict[str, Cell], columns: dict[str, int], read: FormRead, visits: Visits,
    office: Office,
) -> None:  # fmt: skip
    """Signature, team and day of the visit, where the row gives them."""
    read.signed = read.signed or not is_blank(cells.get("leader"))
    read.team = read.team or tidy(to_text(cells.get("team")))
    cell = cells.get("date")
    if read.visit_date is not None or is_blank(cell):
        return
    outcome = parse_date(cell, office.words.earliest, office.words.latest)
    where, label, value = (sheet, index, columns["date"]), "核查时间", to_text(cell)
    if outcome.value is None:
        enter(office, NOTE, outcome.code, *where, label=label, value=value, expected=outcome.expected)
        return
    read.visit_date = outcome.value  # type: ignore[assignment]
    if expected := outside(outcome.value, read.object, visits, office.plan):  # type: ignore[arg-type]
        enter(office, NOTE, "K299", *where, label=label, value=value, expected=expected)


def _item(
    sheet: Sheet, index: int, cells: dict[str, Cell], columns: dict[str, int], group: _Group, office: Office
) -> ItemRead | None:
    """The item of a row; its text, where there is one, must agree with its number."""
    stated, text = tidy(to_text(cells.get("item"))).strip(".、()"), to_text(cells.get("text"))
    number = int(stated) if stated.isdigit() and stated.isascii() and len(stated) <= 2 else 0
    for name in ("item", "text"):
        match = numbered(to_text(cells.get(name)))
        if match and (not number or number == match[0]):
            number, text = match[0], match[1] if name == "text" or not text else text
    at = columns.get("item", columns.get("text", 0))
    form = group.read.form
    wanted = {i.no: i.name for i in form.items}
    right = agrees(form, number, text, office.plan) if text else "same" if number in wanted else ""
    if right not in {"same", "near"} or not number:
        expected = right or f"1 至 {len(wanted)}"
        value = ". ".join(p for p in (str(number or stated), text) if p)
        enter(office, QUARANTINE, "K291", sheet, index, at, label="指标", value=value, expected=expected)
        return None
    group.seen.add(number)
    if right == "near":
        enter(office, NORMALISE, "K286", sheet, index, at, label="考核指标", value=f"{number}. {text}")
    remark, hits = mask_text(to_text(cells.get("remark")).strip())
    if hits:
        enter(office, NORMALISE, "K208", sheet, index, columns["remark"], label="备注", value=f"{hits} 处")
    mark = read_word(cells["grade"], office.plan.grades)
    return settle_mark(mark, remark, sheet, index, columns["grade"], "考评等次", number, office)


def _note(group: _Group, office: Office) -> None:
    """Notes on a form as a whole: items that are not there, signature and date."""
    read = group.read
    missing = [str(i.no) for i in read.form.items if i.no not in group.seen]
    if missing:
        enter(office, NOTE, "K296", read.sheet, read.head, value=f"{read.key}：第 {'、'.join(missing)} 项")
    if read.form.kind == "field_form":
        note_unsigned(read, office)
