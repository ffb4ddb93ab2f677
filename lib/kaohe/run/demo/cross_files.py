"""The cross-assessment's files: teams, an index table for each target, a workbook of forms for each county."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl import Workbook

from kaohe.base.plan import Form, Plan
from kaohe.base.tables import contract
from kaohe.clean.book_bytes import workbook_bytes
from kaohe.run.demo import names
from kaohe.run.demo.cast import UNIT_INDEX_FAULTS, UNITS_WITHOUT_INDEX, cast_cities
from kaohe.run.demo.faults import OUTCOMES, Fault
from kaohe.run.demo.fieldwork import draw_teams, visit_dates, visited_places
from kaohe.run.demo.form_sheets import FilledForm, item_row, write_form
from kaohe.run.demo.grid import Grid, fill
from kaohe.run.demo.judgement import Quality, field_grades, index_grades, remark
from kaohe.run.demo.planting import Planter, Recipe
from kaohe.run.demo.population import Population
from kaohe.run.demo.streams import stream

TICK_COLUMN = "考评等次"
FIELD_FAULT_SHARE = 0.01
SHORT_HEADS = 0.03
_CITY_INDEX_FAULT = (12, "two_ticks")


@dataclass
class CrossFiles:
    """What the cross-assessment leaves behind.

    Attributes
    ----------
    grids : list of Grid
        teams.
    books : dict of str to bytes
        Workbooks by path.
    grades : dict of str to dict of int to str
        Index grades by target and item, as given (before any fault).
    places : DataFrame
        The forms' places with their dates.
    faults : list of Fault
    """

    grids: list[Grid] = field(default_factory=list)
    books: dict[str, bytes] = field(default_factory=dict)
    grades: dict[str, dict[int, str]] = field(default_factory=dict)
    places: pd.DataFrame = field(default_factory=pd.DataFrame)
    faults: list[Fault] = field(default_factory=list)

    def write(self, root: Path) -> None:
        """Write all files below `root`."""
        for grid in self.grids:
            grid.write(root)
        for name, data in self.books.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def cross_files(people: Population, quality: Quality, plan: Plan, seed: int, planter: Planter) -> CrossFiles:
    """Make all files of the cross-assessment, with their faults."""
    out = CrossFiles()
    teams = draw_teams(people, seed)
    shown = teams.assign(**{c: [plan.gazetteer.name(v) for v in teams[c]] for c in ("leader_city", "city")})
    grid = fill(contract("teams", plan), "cross/teams", "utf-8-sig", shown)
    planter.plant(grid, Recipe(0.0, ("short_name",), least=1, columns=("leader_city",)))
    out.grids.append(grid)
    _index_tables(out, people, quality, plan, seed)
    _field_forms(out, people, quality, plan, seed)
    return out


def _index_tables(out: CrossFiles, people: Population, quality: Quality, plan: Plan, seed: int) -> None:
    targets = [
        (code, plan.gazetteer.name(code), plan.forms[target.form])
        for target in plan.classes.values()
        for code in sorted(target.members)
    ]
    unit_form = plan.forms[plan.classes["unit235"].form]
    targets += [(u, n, unit_form) for u, n in people.geography.units.itertuples(index=False)]
    wrong = {cast_cities(quality, plan).incomplete: _CITY_INDEX_FAULT, **UNIT_INDEX_FAULTS}
    for code, name, form in targets:
        given = index_grades(code, form, quality, plan, seed)
        out.grades[code] = given
        if code in UNITS_WITHOUT_INDEX:
            continue
        ticks: dict[int, list[str]] = {no: [g] for no, g in given.items()}
        file, sheet = f"cross/index/{name}.xlsx", "指标表"
        if code in wrong:
            number, kind = wrong[code]
            _spoil(out, ticks, form, number, kind, plan, file, sheet, name)
        book = Workbook()
        page = book.active
        page.title = sheet
        write_form(page, FilledForm(form, [("考核对象", name)], ticks), plan)
        out.books[file] = workbook_bytes(book)


def _spoil(
    out: CrossFiles, ticks: dict[int, list[str]], form: Form, number: int, kind: str, plan: Plan, file: str,
    sheet: str, key: str,
) -> None:  # fmt: skip
    """Tick a second grade of an item, or none, and enter it in the key."""
    given = ticks[number][0]
    at = plan.grades.index(given)
    ticks[number] = (
        [] if kind == "no_tick" else sorted([given, plan.grades[at - 1 if at else 1]], key=plan.grades.index)
    )
    out.faults.append(
        Fault(
            file, sheet, item_row(form, number, plan), TICK_COLUMN, f"{key}|{number}", kind, "、".join(ticks[number]),
            OUTCOMES[kind],
        )
    )  # fmt: skip


def _field_forms(out: CrossFiles, people: Population, quality: Quality, plan: Plan, seed: int) -> None:
    rng = stream(seed, "forms")
    places = visited_places(people, seed)
    places["visit_date"] = visit_dates(places, plan, seed)
    out.places = places
    register = people.geography.villages.set_index("village")["name"]
    towns = people.geography.towns.set_index("code")["name"]
    for (city, county), forms in places.groupby(["city", "county"], sort=False):
        city_name, county_name = plan.gazetteer.name(str(city)), plan.gazetteer.name(str(county))
        file = f"cross/field/{city_name}/{county_name}.xlsx"
        crew = [names.person_name(rng) for _ in range(4)]
        book = Workbook()
        book.remove(book.active)
        for kind, town, village, day in zip(
            forms["form"], forms["town"], forms["village"], forms["visit_date"], strict=True
        ):
            parts = [city_name, county_name]
            parts += [towns[town]] if town else []
            parts += [register[village]] if village else []
            sheet = {"county": "县级", "town": f"镇-{parts[-1]}", "village": f"村-{''.join(parts[2:])}"}[kind]
            code = village or town or str(county)
            given = field_grades(str(city), code, plan.forms[kind], quality, plan, seed)
            page = book.create_sheet(sheet)
            write_form(page, _filled(out, plan.forms[kind], parts, given, crew, day, file, sheet, plan, rng), plan)
        out.books[file] = workbook_bytes(book)


def _filled(
    out: CrossFiles, form: Form, parts: list[str], given: dict[int, str], crew: list[str], day: date, file: str,
    sheet: str, plan: Plan, rng: np.random.Generator,
) -> FilledForm:  # fmt: skip
    """A field form with ticks, remarks, signatures, and now and then a fault."""
    ticks: dict[int, list[str]] = {no: [g] for no, g in given.items()}
    for item in form.items:
        if rng.random() < FIELD_FAULT_SHARE:
            kind = "two_ticks" if rng.random() < 0.5 else "no_tick"
            _spoil(out, ticks, form, item.no, kind, plan, file, sheet, "".join(parts))
    head = list(zip(form.header, parts, strict=True))
    if rng.random() < SHORT_HEADS and len(parts[0]) == 3:
        head[0] = (head[0][0], parts[0].removesuffix("市"))
        out.faults.append(
            Fault(file, sheet, 2, head[0][0], "".join(parts), "short_name", head[0][1], OUTCOMES["short_name"])
        )
    remarks = {i.no: remark(i, given[i.no], plan, rng) for i in form.items}
    texts = (crew[0], "、".join(crew[1:]), f"{day.year}年{day.month}月{day.day}日")
    return FilledForm(form, head, ticks, remarks, list(zip(form.footer, texts, strict=True)))
