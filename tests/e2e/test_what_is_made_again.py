"""One raw cell changed, the whole way gone again: exactly the pages that docs/operations.md names are made, no other.

Those that are left alone are made once more elsewhere: they show what they showed, cell by cell.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from openpyxl import load_workbook
from rich.console import Console

from kaohe.base.tables import contract
from kaohe.clean.blank_forms import form_grid
from kaohe.clean.run import clean_all
from kaohe.publish.reports import ReportId, read_reports
from kaohe.run.asked import BatchResult, Folders, Options, Selection
from kaohe.run.batch import run_batch
from kaohe.run.build import build_all
from kaohe.run.demo.make import make_demo
from support.browsing import ROOT
from support.built_frames import the_plan

pytestmark = pytest.mark.every_target
CITY, OTHER = "440200000000", "440500000000"
UNITS = ("DW002", "DW003", "DW004")
DONE = "已完成"
MIME = "application/vnd.kaohe.v1+json"


@dataclass
class Office:
    """The demonstration of a small province, and the reports that are watched."""

    home: Path

    @property
    def raw(self) -> Path:
        return self.home / "raw"

    def clean(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.home / "processed" / "clean" / f"{name}.parquet")

    def build(self) -> None:
        """Raw files to built tables; changed files are accepted."""
        plan = the_plan()
        clean_all(self.raw, self.home / "processed", plan, accept_changed=True)
        build_all(self.home / "processed", plan, now=datetime(2021, 1, 1, tzinfo=UTC))

    def reports(self) -> list[ReportId]:
        """Those of two cities with their counties, two helper cities, three units, every class and the province."""
        helpers = the_plan().classes["city6"].members[:2]
        every = read_reports(self.home / "processed" / "build", the_plan())
        return [
            r for r in every
            if r.target.object in {CITY, OTHER, *helpers, *UNITS} or r.target.kind in {"class", "province"}
            or (r.target.kind == "county" and r.target.city in {CITY, OTHER})
        ]  # fmt: skip

    def run(self, reports: list[ReportId], outputs: str = "outputs") -> BatchResult:
        """`kaohe run` for some reports; elsewhere with --force, so that nothing is taken for fresh."""
        folders = Folders(self.home / "processed", self.home / outputs, ROOT / "notebooks")
        chosen = Selection(reports=[(r.notebook.stem, r.target.object) for r in reports])
        done = run_batch(
            folders,
            the_plan(),
            chosen,
            Options(force=outputs != "outputs"),
            console=Console(file=io.StringIO(), width=200),
        )
        assert not done.failed, done.failed
        return done

    def shown(self, slug: str, outputs: str = "outputs") -> list[Any]:
        """What the cells of a report show, but for head and seal, which name the build."""
        book = nbformat.read(self.home / outputs / "notebooks" / f"{slug}.ipynb", as_version=4)
        data = [o.data for c in book.cells for o in c.get("outputs", []) if "data" in o]
        return [d for d in data if d.get(MIME, {}).get("kind") not in {"header", "seal"}]

    def files(self) -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in (self.home / "outputs" / "html").glob("*.html")}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    made = Office(tmp_path_factory.mktemp("province"))
    make_demo(made.raw, households=15_000)
    made.build()
    made.run(made.reports())
    return made


def set_cell(path: Path, row: int, label: str, change: Callable[[str], str]) -> None:
    """Change one cell of a table of the raw folder; rows are counted from 1 with the header."""
    if path.suffix == ".xlsx":
        book = load_workbook(path)
        heads = [c.value for c in book.active[1]]
        cell = book.active.cell(row, heads.index(label) + 1)
        cell.value = change(str(cell.value or ""))
        book.save(path)
        return
    data = path.read_bytes()
    encoding = next(e for e in ("utf-8-sig", "gb18030") if _decodes(data, e))
    rows = list(csv.reader(io.StringIO(data.decode(encoding), newline="")))
    at = rows[0].index(label)
    rows[row - 1][at] = change(rows[row - 1][at])
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    path.write_bytes(out.getvalue().encode(encoding))


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def change_income(office: Office) -> tuple[str, str]:
    """A household of a county of `CITY` has earned a good deal more; the county, and the helper city of its village."""
    rows = office.clean("households")
    mine = rows[rows["county"].str.startswith(CITY[:4]) & rows["src_file"].str.endswith(".csv")]
    row = mine.sort_values("household").iloc[0]
    label = the_plan().questions["income_wage"].label
    set_cell(office.raw / str(row["src_file"]), int(row["src_row"]), label, lambda v: str(int(float(v or 0)) + 90_000))
    helpers = office.clean("pairing").set_index("village")["helper_city"].dropna()
    return str(row["county"]), str(helpers.get(row["village"], ""))


def change_unit(office: Office) -> None:
    """The first item of the first unit is graded a step lower, or higher where there is no lower one."""
    plan = the_plan()
    name = office.clean("objects").set_index("object").loc[UNITS[0], "name"]
    path = office.raw / "cross" / "index" / f"{name}.xlsx"
    form = plan.forms["unit235"]
    grid = form_grid(form, plan)
    book = load_workbook(path)
    row = grid.row(form.items[0].no)
    now = next(g for g, column in grid.grades.items() if book.active.cell(row, column).value)
    at = plan.grades.index(now)
    new = plan.grades[at + 1 if at + 1 < len(plan.grades) else at - 1]
    mark, book.active.cell(row, grid.grades[now]).value = book.active.cell(row, grid.grades[now]).value, None
    book.active.cell(row, grid.grades[new]).value = mark
    book.save(path)


def change_problem(office: Office) -> str:
    """An open problem of a county of `CITY` is mended; the county."""
    rows = office.clean("problems")
    mine = rows[rows["place"].astype(str).str.startswith(CITY[:4]) & (rows["state"] != DONE) & (rows["prominent"] != 1)]
    row = mine.sort_values("problem").iloc[0]
    set_cell(
        office.raw / str(row["src_file"]),
        int(row["src_row"]),
        contract("problems", the_plan()).column("state").label,
        lambda _: DONE,
    )
    return str(row["place"])[:6] + "000000"


def again(office: Office, expected: set[str], own: set[str]) -> None:
    """Build and run; what was made is what is expected, the rest is left and rightly so."""
    shown = {r.slug: office.shown(r.slug) for r in office.reports()}
    before = office.files()
    office.build()
    done = office.run(office.reports())
    assert set(done.made) == expected
    after = office.files()
    left = [r for r in office.reports() if r.slug not in expected]
    assert {r.slug for r in left} == set(done.skipped)
    assert all(after[f"{r.slug}.html"] == before[f"{r.slug}.html"] for r in left)
    office.run(left, "elsewhere")
    assert [r.slug for r in left if office.shown(r.slug, "elsewhere") != shown[r.slug]] == []
    assert [slug for slug in sorted(own) if office.shown(slug) == shown[slug]] == []


def slugs(office: Office, *chosen: str) -> set[str]:
    """Slugs by target or by notebook."""
    return {r.slug for r in office.reports() if r.target.object in chosen or r.notebook.stem in chosen}


def test_nothing_changed_is_nothing_made(office: Office) -> None:
    before = office.files()
    office.build()
    assert office.run(office.reports()).made == []
    assert office.files() == before


def test_a_problem_that_is_mended(office: Office) -> None:
    county = change_problem(office)
    own = slugs(office, CITY, county, "70_overview") - slugs(office, "30_survey")
    again(office, own | slugs(office, "10_data_quality"), own)


def test_a_grade_of_a_unit(office: Office) -> None:
    change_unit(office)
    own = slugs(office, UNITS[0], "unit235")
    again(office, own | slugs(office, *UNITS, "70_overview", "10_data_quality"), own)


def test_an_answer_of_a_household(office: Office) -> None:
    county, helper = change_income(office)
    own = slugs(office, CITY, county, "city14", "70_overview", "20_sample_design")
    left = slugs(office, *UNITS, "unit235", *([] if helper else ["city6"]))
    again(office, {r.slug for r in office.reports()} - left, own)
