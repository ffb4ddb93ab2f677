"""Whose form it is: header fields resolved to codes against the register, and when it was filled in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from kaohe.base.places import level_of, parent_code
from kaohe.base.plan import Form, Plan
from kaohe.clean.cells import tidy
from kaohe.clean.codes import NORMALISE, NOTE, QUARANTINE
from kaohe.clean.dates import parse_date
from kaohe.clean.form_layout import FormFound
from kaohe.clean.form_tables import PLACE_LEVELS, enter
from kaohe.clean.office import Office
from kaohe.clean.values import Outcome

LABELS = {"city": "市", "county": "抽查县", "town": "抽查镇", "village": "抽查村"}


@dataclass(frozen=True)
class Visits:
    """What is known of the visits beforehand.

    Attributes
    ----------
    teams : dict of city code to team
    spans : dict of city code to (first day, last day)
        Where the list of teams says when the city is visited.
    sample : frozenset of place codes
        Villages of the sample list with their towns and counties; empty when there is no list.
    """

    teams: dict[str, str] = field(default_factory=dict)
    spans: dict[str, tuple[date, date]] = field(default_factory=dict)
    sample: frozenset[str] = frozenset()


def sample_places(villages: list[str]) -> frozenset[str]:
    """Sample villages with the towns and counties that hold them."""
    return frozenset(c for v in villages for c in (v, parent_code(v, "town"), parent_code(v, "county")))


def resolve_target(found: FormFound, form: Form, office: Office) -> str | None:
    """Code of the target an index table is about; None after a finding when it cannot be told."""
    register, view = office.register, found.view
    text, row = found.fields.get("object") or found.fields.get("city") or _elsewhere(found, office)
    outcome = register.target(text)
    if outcome.value is None:
        enter(
            office,
            QUARANTINE,
            outcome.code or "K294",
            view,
            row,
            label="考核对象",
            value=text,
            expected=outcome.expected,
        )
        return None
    target = str(outcome.value)
    if wrong := wrong_class(form, target, office):
        enter(office, QUARANTINE, "K340", view, row, label="考核对象", value=text, expected=wrong)
        return None
    if outcome.code:
        enter(office, NORMALISE, outcome.code, view, row, value=text, expected=outcome.expected)
    return target


def wrong_class(form: Form, target: str, office: Office) -> str:
    """The title of the index table that fits a target's class, when it is not this one; otherwise empty."""
    of_class = office.plan.classes.get(office.register.classes.get(target, ""))
    if of_class is None or of_class.form == form.id:
        return ""
    return f"{of_class.short}用「{office.plan.forms[of_class.form].title}」"


def resolve_places(found: FormFound, form: Form, office: Office) -> dict[str, str] | None:
    """Codes of the places in a field form's header by level; None after a finding."""
    places: dict[str, str] = {}
    parent = ""
    view = found.view
    for level in levels_of(form):
        text, row = found.fields.get(level, ("", found.head))
        outcome = place_of(text, level, parent, office)
        if outcome.value is None:
            enter(
                office, QUARANTINE, outcome.code or "K294", view, row, label=LABELS[level], value=text,
                expected=outcome.expected,
            )  # fmt: skip
            return None
        places[level] = parent = str(outcome.value)
        if outcome.code:
            enter(
                office, NORMALISE, outcome.code, view, row, label=LABELS[level], value=text, expected=outcome.expected
            )
    for level in PLACE_LEVELS[len(places) :]:
        if level in found.fields:
            text, row = found.fields[level]
            expected = f"本表只填到{LABELS[form.level]}"
            enter(office, QUARANTINE, "K341", view, row, label=LABELS[level], value=text, expected=expected)
            return None
    return places


def levels_of(form: Form) -> tuple[str, ...]:
    """The levels a field form's header names, from the city down."""
    return PLACE_LEVELS[: PLACE_LEVELS.index(form.level) + 1]


def place_of(text: str, level: str, parent: str, office: Office) -> Outcome:
    """The code of a place below `parent`; its name may be written with the parent's in front.

    Besides what `kaohe.clean.resolve.Register.place` gives: K341 for a name that is one of
    another level.
    """
    register = office.register
    outcome = register.place(text, level, parent)
    if outcome.code not in {"K275", "K277"}:
        return outcome
    above = [register.gazetteer.name(parent_code(parent, up)) for up in PLACE_LEVELS if parent and _holds(up, parent)]
    rest = tidy(text)
    for name in above:
        rest = rest.removeprefix(name)
    if rest and rest != tidy(text):
        again = register.place(rest, level, parent)
        if again.value is not None:
            return Outcome(again.value, NORMALISE, "K285", register.gazetteer.name(str(again.value)))
    if outcome.code == "K275":
        city = parent_code(parent, "city") if parent else ""
        for other in PLACE_LEVELS:
            if other != level and register.gazetteer.candidates(text, other, city):
                return Outcome(
                    None, QUARANTINE, "K341", f"{LABELS[level]}；{text}是{LABELS[other].removeprefix('抽查')}级"
                )
    return outcome


def _holds(level: str, code: str) -> bool:
    return PLACE_LEVELS.index(level) <= PLACE_LEVELS.index(level_of(code))


def _elsewhere(found: FormFound, office: Office) -> tuple[str, int]:
    """The target of an index table without a header field: named by the file or the sheet."""
    stem = found.view.file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    for text in (found.view.name, stem, *re.split(r"[_\-—\s]+", stem)):
        if text and office.register.target(text).value is not None:
            return text, found.head
    return "", found.head


def visited(found: FormFound, city: str, visits: Visits, office: Office) -> date | None:
    """The day of the visit, or None; notes say why, and K299 when it lies outside the plan's or the team's days."""
    text, row = found.fields.get("date", ("", -1))
    if not text or not tidy(text).strip("年月日"):
        return None
    outcome = parse_date(text, office.words.earliest, office.words.latest)
    view, day = found.view, outcome.value
    if not isinstance(day, date):
        enter(office, NOTE, outcome.code, view, row, label="核查时间", value=text, expected=outcome.expected)
        return None
    if outcome.code and not re.fullmatch(r"\d{4}年\d{1,2}月\d{1,2}日", text):
        enter(office, NORMALISE, outcome.code, view, row, label="核查时间", value=text)
    if expected := outside(day, city, visits, office.plan):
        enter(office, NOTE, "K299", view, row, label="核查时间", value=day.isoformat(), expected=expected)
    return day


def outside(day: date, city: str, visits: Visits, plan: Plan) -> str:
    """The span in which a visit may fall, when `day` is not within it; otherwise empty."""
    stated = next((d["from"] for d in plan.raw["dates"] if d["id"] == "start" and "from" in d), plan.dates["start"])
    first, last = visits.spans.get(city, (stated, plan.dates["cross_due"]))
    return "" if first <= day <= last else f"{first.isoformat()} 至 {last.isoformat()}"
