"""Forms as tables: what one form gave, forms that came twice set aside, and the clean frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pandas as pd

from kaohe.base.ledger import SheetAccount
from kaohe.base.plan import Form
from kaohe.base.tables import FORM_COLUMNS, GRADE_COLUMNS
from kaohe.clean.cells import Sheet
from kaohe.clean.codes import QUARANTINE, finding
from kaohe.clean.office import Office
from kaohe.clean.scrub import mask_text

TABLE = "cross"
PLACE_LEVELS = ("city", "county", "town", "village")


@dataclass(frozen=True)
class ItemRead:
    """One item of a form that counts; `grade` is empty where `remark` begins with 不适用."""

    item: int
    grade: str
    remark: str
    row: int


@dataclass
class FormRead:
    """One form with its resolved places; `rows` are its item rows, `aside` those set aside.

    Attributes
    ----------
    form : Form
        Which form of the plan it is.
    sheet, account : Sheet, SheetAccount
        Where it stands, and the account its rows are entered in.
    head : int
        Index of the row of its grade words in the sheet, from 0.
    object : str
        Code of the target.
    places : dict of level to code
        City, county, town and village as far as the form names them.
    visit_date : date or None
    team : str
        Number of the team, as written.
    signed : bool
        Somebody signed it.
    items : list of ItemRead
        Those that count.
    rows, aside : int
        Number of its item rows, and of those among them that were set aside.
    dropped : bool
        The whole form was set aside: another one of the same place stands, or neither.
    """

    form: Form
    sheet: Sheet
    account: SheetAccount
    head: int
    object: str
    places: dict[str, str]
    visit_date: date | None
    team: str
    signed: bool
    items: list[ItemRead] = field(default_factory=list)
    rows: int = 0
    aside: int = 0
    dropped: bool = False

    @property
    def place(self) -> str:
        """Code of the place the form is about; the target for an index table."""
        return self.places.get(self.form.level, "") if self.form.kind == "field_form" else self.object

    @property
    def key(self) -> str:
        """Name of the form in all tables."""
        return f"{self.form.id}:{self.place}"


def enter(
    office: Office, action: str, code: str, sheet: Sheet, row: int, column: int = -1, *, label: str = "",
    value: str = "", expected: str = "",
) -> None:  # fmt: skip
    """Enter a finding at a cell of a form's sheet."""
    office.ledger.add(
        finding(
            action, code, TABLE, sheet.file, sheet=sheet.name, row=sheet.numbers[row], column=label,
            cell=sheet.address(row, column) if column >= 0 else "", value=mask_text(value)[0], expected=expected,
        )
    )  # fmt: skip


def settle_forms(forms: list[FormRead], teams: dict[str, str], office: Office) -> None:
    """Set forms aside that came twice, give each its team, and close the accounts."""
    groups: dict[str, list[FormRead]] = {}
    for read in forms:
        groups.setdefault(read.key, []).append(read)
        read.team = read.team or teams.get(read.object, "")
    for same in groups.values():
        if len(same) == 1:
            continue
        contents = [tuple((i.item, i.grade) for i in read.items) for read in same]
        if len(set(contents)) == 1:
            for read in same[1:]:
                first = f"{same[0].sheet.file} {same[0].sheet.name}"
                enter(office, QUARANTINE, "K255", read.sheet, read.head, expected=f"同 {first}")
                read.dropped = True
        else:
            for read in same:
                others = "；".join(f"{r.sheet.file} {r.sheet.name}" for r in same if r is not read)
                enter(office, QUARANTINE, "K295", read.sheet, read.head, expected=f"另见 {others}"[:200])
                read.dropped = True
    for read in forms:
        read.account.quarantined += read.rows if read.dropped else read.aside
        read.account.used += 0 if read.dropped else len(read.items)


def form_frames(forms: list[FormRead]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The clean tables ``forms`` (one row a form) and ``grades`` (one row an item that counts)."""
    heads, grades = [], []
    for read in sorted((r for r in forms if not r.dropped), key=lambda r: r.key):
        concepts = {i.no: i.concept for i in read.form.items}
        sheet = read.sheet
        heads.append(
            (
                read.key, read.form.id, read.object, read.place,
                *(read.places.get(level, "") for level in PLACE_LEVELS), read.team,
                pd.NaT if read.visit_date is None else pd.Timestamp(read.visit_date), read.signed,
                sheet.file, sheet.name, sheet.numbers[read.head], read.account.sha256,
            )
        )  # fmt: skip
        for item in sorted(read.items, key=lambda i: i.item):
            grades.append(
                (
                    read.key, read.form.id, read.object, read.place, item.item, concepts[item.item], item.grade,
                    item.remark, sheet.file, sheet.name, sheet.numbers[item.row], read.account.sha256,
                )
            )  # fmt: skip
    form_frame = pd.DataFrame(heads, columns=list(FORM_COLUMNS))
    grade_frame = pd.DataFrame(grades, columns=list(GRADE_COLUMNS))
    texts = {c: "str" for c in FORM_COLUMNS if c not in {"visit_date", "signed", "src_row"}}
    form_frame = form_frame.astype({**texts, "visit_date": "datetime64[us]", "signed": "bool", "src_row": "int64"})
    texts = {c: "str" for c in GRADE_COLUMNS if c not in {"item", "src_row"}}
    return form_frame, grade_frame.astype({**texts, "item": "int64", "src_row": "int64"})
