"""Rules of the survey's tables: households, villages and their sample lists, which may be long.

What a rule says of a row follows from a few of its cells. So it is asked once about each
combination of them that occurs (`settle_by`), or compares whole columns and then looks at the rows
that fail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from kaohe.base.places import parent_code, tidy_name
from kaohe.base.tables import RAW
from kaohe.clean.batch import Batch, Known, same_text
from kaohe.clean.coded import combine
from kaohe.clean.codes import NORMALISE, NOTE, QUARANTINE
from kaohe.clean.office import Office


@dataclass(frozen=True)
class Verdict:
    """What a rule says of a row: the action, its code, the column it is about, what would be right.

    `stores` is a one-tuple with the value the column gets instead, empty where it keeps its own.
    """

    action: str
    code: str
    column: str
    expected: str = ""
    value: str | None = None
    stores: tuple[object, ...] = ()


def settle_by(batch: Batch, columns: Sequence[str], judge: Callable[[int], Verdict | None]) -> None:
    """Ask `judge` about one row of each combination of `columns`, and apply it to all rows in use that have it."""
    rows = batch.live_rows()
    values = [batch.values[c] for c in columns if c in batch.values]
    if not len(rows) or not values:
        return
    codes, samples = combine([v.codes[rows] for v in values])
    verdicts = {k: v for k, row in enumerate(rows[samples].tolist()) if (v := judge(row)) is not None}
    touched = np.zeros(len(samples), np.bool_)
    touched[list(verdicts)] = True
    for at in np.flatnonzero(touched[codes]).tolist():
        row, verdict = int(rows[at]), verdicts[int(codes[at])]
        if verdict.action == QUARANTINE:
            batch.flag(row, verdict.code, verdict.column, expected=verdict.expected)
        else:
            batch.remark(
                row, verdict.code, verdict.column, action=verdict.action, value=verdict.value, expected=verdict.expected
            )
        if verdict.stores:
            batch.values[verdict.column][row] = verdict.stores[0]


def _aside(code: str, column: str, expected: str) -> Verdict:
    return Verdict(QUARANTINE, code, column, expected)


def _unlisted(name: str, batch: Batch, known: Known, office: Office) -> bool:
    """True where no row of a list was read: said once for the table that is then not checked against it."""
    if known.listing(name) is not None:
        return False
    if len(batch.live_rows()):
        listed, rows = RAW[name], batch.contract.label
        office.note("K234", batch.contract.name, listed.pattern, value=f"没有{listed.label}，{rows}未与之核对")
    return True


def check_household(batch: Batch, known: Known, office: Office) -> None:
    """Household in the sample list, in the village given there; without a list the rows are used and one note says so."""
    rows = batch.live_rows()
    if not len(rows) or _unlisted("sample_households", batch, known, office):
        return
    sample = known.batches["sample_households"]
    household, village = (batch.values[c].take(rows) for c in ("household", "village"))
    listed = known.keys["sample_households"].find(household)
    there = listed >= 0
    agrees = np.zeros(len(rows), np.bool_)
    agrees[there] = same_text(sample.values["village"].take(listed[there]).texts(), village.take(there).texts())
    for at in np.flatnonzero(~agrees).tolist():
        if there[at]:
            home = str(sample.values["village"][int(listed[at])])
            batch.flag(int(rows[at]), "K278", "village", expected=f"样本户名单中该户在 {home}")
        else:
            aside = str(household[at]) in known.aside["sample_households"]
            expected = "样本户名单中该户已被隔离" if aside else "样本户名单中的编号"
            batch.flag(int(rows[at]), "K281", "household", expected=expected)


def check_village(batch: Batch, known: Known, office: Office) -> None:
    """Village in the register, below the county and city given, with the register's name; in the sample list."""
    gazetteer = office.register.gazetteer
    sample = known.listing("sample_villages")
    _unlisted("sample_villages", batch, known, office)
    values = batch.values
    names = values.get("village_name")

    def judge(row: int) -> Verdict | None:
        village = str(values["village"][row])
        unknown = _village_code(batch, row, office)
        if unknown is not None:
            return unknown
        for level in ("county", "city"):
            if level in values and values[level][row] != parent_code(village, level):
                return _aside("K278", level, f"村代码属于{gazetteer.name(parent_code(village, level))}")
        if sample is not None and village not in sample:
            return _aside("K281", "village", "样本村名单中的村代码")
        if names is None or names[row] is None:
            return None
        name, official = str(names[row]), gazetteer.name(village)
        if village not in gazetteer.candidates(name, "village", parent_code(village, "town")):
            return _aside("K278", "village_name", official)
        if tidy_name(name) != official:
            return Verdict(NORMALISE, "K285", "village_name", official, stores=(official,))
        return None

    settle_by(batch, ("village", "county", "city", "village_name"), judge)


def _village_code(batch: Batch, row: int, office: Office) -> Verdict | None:
    outcome = office.register.code(str(batch.values["village"][row]), ("village",))
    return _aside(outcome.code, "village", outcome.expected) if outcome.value is None else None


def check_village_code(batch: Batch, known: Known, office: Office) -> None:
    """The village stands in the register."""
    settle_by(batch, ("village",), lambda row: _village_code(batch, row, office))


def check_in_village_sample(batch: Batch, known: Known, office: Office) -> None:
    """The household's village stands in the sample list of villages, drawn in the same way."""
    if _unlisted("sample_villages", batch, known, office):
        return
    keys, drawn = known.keys["sample_villages"], known.batches["sample_villages"].values["selection"]

    def judge(row: int) -> Verdict | None:
        village = str(batch.values["village"][row])
        if village not in keys:
            return _aside("K281", "village", "样本村名单中的村代码")
        listed = drawn[keys[village]]
        if listed != batch.values["selection"][row]:
            return _aside("K278", "selection", f"样本村名单中为 {listed}")
        return None

    settle_by(batch, ("village", "selection"), judge)


def check_questions(batch: Batch, known: Known, office: Office) -> None:
    """No count exceeds the count that bounds it; of several the first in the codebook is entered."""
    questions = office.plan.questions
    rows = batch.live_rows()
    over: dict[int, str] = {}
    for q in questions.values():
        if q.at_most and q.id in batch.values and q.at_most in batch.values:
            value, bound = (batch.values[c].floats()[rows] for c in (q.id, q.at_most))
            for row in rows[value > bound].tolist():
                over.setdefault(row, q.id)
    for row, name in sorted(over.items()):
        bounding = questions[name].at_most
        limit = float(batch.values[bounding][row])
        batch.flag(row, "K280", name, expected=f"不超过{questions[bounding].label} {limit:g}")


def check_visit_date(batch: Batch, known: Known, office: Office) -> None:
    """Visits lie in the plan's year; one after the due date is kept and marked."""
    year, due = int(office.plan.meta["year"]), office.plan.dates["survey_due"]
    start, end = date(year, 1, 1), office.plan.dates["end"]

    def judge(row: int) -> Verdict | None:
        day = batch.values["visit_date"][row]
        if not isinstance(day, date):
            return None
        if not start <= day <= end:
            return _aside("K270", "visit_date", f"{start.isoformat()} 至 {end.isoformat()}")
        return Verdict(NOTE, "K299", "visit_date", f"不晚于 {due.isoformat()}") if day > due else None

    settle_by(batch, ("visit_date",), judge)


def check_enumerator(batch: Batch, known: Known, office: Office) -> None:
    """An enumerator is a code; what may be a name is not kept."""

    def judge(row: int) -> Verdict | None:
        value = batch.values["enumerator"][row]
        if value is None or re.fullmatch(r"[A-Za-z0-9_./-]+", str(value), re.ASCII):
            return None
        return Verdict(NORMALISE, "K258", "enumerator", value="（已遮盖）", stores=(None,))

    settle_by(batch, ("enumerator",), judge)
