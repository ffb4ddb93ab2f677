"""Rules by table: what a row must hold to be used, beside its cells.

Each rule looks at rows that are still in use and sets rows aside with a finding at the cell
that breaks it. The rules of the long tables stand in `kaohe.clean.rules_survey`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from kaohe.base.places import ZH_LEVEL, level_of, parent_code, tidy_name
from kaohe.base.tables import HH_KINDS, SIZE_GROUPS, STATES
from kaohe.clean.batch import Batch, Known
from kaohe.clean.cells import tidy
from kaohe.clean.codes import NORMALISE
from kaohe.clean.office import Office
from kaohe.clean.rules_survey import (
    check_enumerator,
    check_household,
    check_in_village_sample,
    check_questions,
    check_village,
    check_village_code,
    check_visit_date,
)

Rule = Callable[[Batch, Known, Office], None]
_ABOVE = {"city": "province", "county": "city", "town": "county", "village": "town"}


def check_stage_sizes(batch: Batch, known: Known, office: Office) -> None:
    """No stage draws more units than there are."""
    for row in batch.live():
        for stage in ("counties", "towns", "villages", "households"):
            total, drawn = batch.values[f"n_{stage}"][row], batch.values[f"m_{stage}"][row]
            if float(drawn) > float(total):
                label = batch.contract.column(f"n_{stage}").label
                batch.flag(row, "K280", f"m_{stage}", expected=f"不超过{label} {total:g}")
                break


def check_places(batch: Batch, known: Known, office: Office) -> None:
    """Codes agree with their level and parent, divisions with the plan's own list."""
    divisions = office.plan.gazetteer.by_code
    codes = {str(v) for v in batch.values["place"] if v is not None}
    for row in batch.live():
        code, level = str(batch.values["place"][row]), ZH_LEVEL[str(batch.values["level"][row])]
        parent = str(batch.values["parent"][row])
        if not (code.isascii() and code.isdigit() and len(code) == 12):
            batch.flag(row, "K279", "place", expected="12 位数字")
        elif level_of(code) != level:
            batch.flag(row, "K278", "level", expected=f"代码 {code} 的级别")
        elif not parent_matches(code, parent, level) or (level in {"town", "village"} and parent not in codes):
            batch.flag(row, "K277", "parent", expected=parent_code(code, _ABOVE[level]))
        elif code in divisions and tidy_name(str(batch.values["name"][row])) != divisions[code].name:
            batch.flag(row, "K278", "name", expected=divisions[code].name)
        elif level in {"city", "county"} and code not in divisions:
            batch.flag(row, "K281", "place", expected="本省市县代码")


def parent_matches(code: str, parent: str, level: str) -> bool:
    """True when `parent` is the code one level up."""
    return parent == parent_code(code, _ABOVE[level])


def check_objects(batch: Batch, known: Known, office: Office) -> None:
    """Targets belong to their class: cities as the plan lists them; 江门 is left out; classes get their ids."""
    plan = office.plan
    by_short = {c.short: c for c in plan.classes.values()}
    for row in batch.live():
        code, name = str(batch.values["object"][row]), str(batch.values["name"][row])
        target_class = by_short[str(batch.values["class_id"][row])]
        if code in plan.excluded:
            batch.flag(row, "K288", "object", expected=plan.excluded[code])
        elif target_class.kind == "city":
            official = plan.gazetteer.name(code)
            if code not in target_class.members:
                batch.flag(row, "K281", "object", expected=f"{target_class.label}之一")
            elif tidy_name(name) not in {official, official.removesuffix("市")}:
                batch.flag(row, "K278", "name", expected=official)
            elif name != official:
                batch.remark(row, "K285", "name", action=NORMALISE, expected=official)
                batch.values["name"][row] = official
        if row not in batch.bad:
            batch.values["class_id"][row] = target_class.id


def note_absent_objects(batch: Batch, known: Known, office: Office) -> None:
    """Note the plan's targets that the register does not hold."""
    here = {str(batch.values["object"][row]): str(batch.values["class_id"][row]) for row in batch.live()}
    file = batch.segments[0].sheet.file if batch.segments else ""
    for cls in office.plan.classes.values():
        absent = [office.plan.gazetteer.name(c) for c in cls.members if c not in here]
        registered = sum(c == cls.id for c in here.values())
        if absent:
            office.note("K289", "objects", file, value=f"{cls.label}：缺{'、'.join(absent)}")
        elif registered != cls.n:
            office.note("K289", "objects", file, value=f"{cls.label}：名册有 {registered} 个")


def check_pairing(batch: Batch, known: Known, office: Office) -> None:
    """The helper is one of the helper cities, the unit one of the units."""
    classes = office.register.classes
    wanted = {"helper_city": "city6", "unit": "unit235"}
    for row in batch.live():
        for column, class_id in wanted.items():
            value = batch.values[column][row]
            if value is not None and classes.get(str(value)) != class_id:
                label = office.plan.classes[class_id].label
                batch.flag(row, "K281", column, expected=f"{label}之一")
                break


def check_totals(batch: Batch, known: Known, office: Office) -> None:
    """Levels of a margin are the county's code, a kind of household or a size group."""
    allowed = {"户类型": HH_KINDS, "家庭规模": SIZE_GROUPS}
    for row in batch.live():
        margin, level = str(batch.values["margin"][row]), str(batch.values["level"][row])
        if margin == "县":
            outcome = office.register.place(level, "county", str(batch.values["city"][row]))
            if outcome.value is None:
                batch.flag(row, outcome.code or "K275", "level", expected=outcome.expected)
                continue
            if outcome.code:
                batch.remark(row, outcome.code, "level", action=NORMALISE, expected=outcome.expected)
            batch.values["level"][row] = outcome.value
            continue
        found = {tidy(a): a for a in allowed[margin]}.get(tidy(level))
        if found is None:
            batch.flag(row, "K272", "level", expected="、".join(allowed[margin]))
        else:
            batch.values["level"][row] = found


def check_teams(batch: Batch, known: Known, office: Office) -> None:
    """No team assesses the city that leads it."""
    for row in batch.live():
        if batch.values["leader_city"][row] == batch.values["city"][row]:
            batch.flag(row, "K278", "city", expected="考核组不考核组长所在市")


def check_daily(batch: Batch, known: Known, office: Office) -> None:
    """A deduction has a severity, a measure has a name and a value."""
    for row in batch.live():
        wanted = ("severity",) if batch.values["kind"][row] == "扣分事项" else ("measure", "value")
        for column in wanted:
            if batch.values[column][row] is None:
                batch.flag(row, "K260", column)
                break


def check_items(batch: Batch, known: Known, office: Office) -> None:
    """Item numbers exist on the index table of the target's class."""
    for row in batch.live():
        item = batch.values["item"][row]
        class_id = office.register.classes.get(str(batch.values["object"][row]), "")
        if item is None or class_id not in office.plan.classes:
            continue
        n = len(office.plan.forms[office.plan.classes[class_id].form].items)
        if not 1 <= float(item) <= n:
            batch.flag(row, "K265", "item", expected=f"1 至 {n}")


def check_problem_place(batch: Batch, known: Known, office: Office) -> None:
    """The place of a problem stands in the register; a done problem says when, and not before it was found."""
    for row in batch.live():
        place = batch.values["place"][row]
        if place is not None:
            outcome = office.register.code(str(place), ("city", "county", "town", "village"))
            if outcome.value is None:
                batch.flag(row, outcome.code, "place", expected=outcome.expected)
                continue
        found, done = batch.values["date"][row], batch.values["done_date"][row]
        if isinstance(found, date) and isinstance(done, date) and done < found:
            batch.flag(row, "K270", "done_date", expected=f"不早于 {found.isoformat()}")
        elif done is None and batch.values["state"][row] == STATES[-1]:
            batch.remark(row, "K260", "done_date", expected=f"整改状态为“{STATES[-1]}”的，写明完成日期")


RULES_BY_TABLE: dict[str, tuple[Rule, ...]] = {
    "objects": (check_objects, note_absent_objects),
    "places": (check_places,),
    "pairing": (check_village_code, check_pairing),
    "totals": (check_totals,),
    "sample_villages": (check_village_code, check_stage_sizes),
    "sample_households": (check_in_village_sample,),
    "households": (check_village, check_household, check_visit_date, check_questions, check_enumerator),
    "villages": (check_village, check_visit_date, check_questions),
    "teams": (check_teams,),
    "daily": (check_daily,),
    "self_grades": (check_items,),
    "problems": (check_items, check_problem_place),
}
