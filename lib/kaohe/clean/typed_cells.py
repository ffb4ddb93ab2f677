"""What was typed in one row of a raw file, read again when the file is there unchanged; persons are never shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kaohe.base.files import sha256_file
from kaohe.base.plan import Plan
from kaohe.base.tables import RAW, contract
from kaohe.clean.cells import Sheet, is_blank, to_text
from kaohe.clean.form_items import find_lines
from kaohe.clean.form_layout import find_forms
from kaohe.clean.intake import FileRefused, read_file
from kaohe.clean.layout import Layout, dictionary, find_layout
from kaohe.clean.scrub import mask_text, shown

FIELDS = {
    "city": "市", "county": "抽查县", "town": "抽查镇", "village": "抽查村", "object": "考核对象", "team": "考核组", "date": "核查时间",
}  # fields of a form that name nobody  # fmt: skip


@dataclass(frozen=True)
class TypedCell:
    """One cell: address, header as written, text as it may be shown, clean column."""

    address: str
    label: str
    text: str
    column: str = ""


@dataclass(frozen=True)
class TypedRow:
    """A row as typed.

    Attributes
    ----------
    state : str
        ``same`` when the file is the one that was cleaned; ``missing``, ``changed`` or ``unreadable``
        otherwise, and then there are no cells.
    cells : tuple of TypedCell
        Cells that hold something.
    """

    state: str
    cells: tuple[TypedCell, ...] = ()


class RawRows:
    """Rows of raw files, each file read and hashed once.

    Parameters
    ----------
    raw : Path
        The raw folder.
    plan : Plan
    """

    def __init__(self, raw: Path, plan: Plan) -> None:
        self._raw, self._plan = raw, plan
        self._hashes: dict[str, str] = {}
        self._pages: dict[tuple[str, str], dict[str, Sheet]] = {}
        self._at: dict[tuple[str, str, str], dict[int, int]] = {}
        self._layouts: dict[tuple[str, str, str], Layout | None] = {}

    def row(self, file: str, sheet: str, row: int, sha256: str, table: str) -> TypedRow:
        """The cells of one row, addressed by lineage.

        Parameters
        ----------
        file, sheet, row, sha256 : str, str, int, str
            Lineage of the row.
        table : str
            A key of `kaohe.base.tables.RAW`, or ``forms`` or ``grades``.
        """
        if not (self._raw / file).is_file():
            return TypedRow("missing")
        if self._hashes.setdefault(file, "") == "":
            self._hashes[file] = sha256_file(self._raw / file)
        if self._hashes[file] != sha256:
            return TypedRow("changed")
        page, position = self._find(file, sheet, row, table)
        if page is None:
            return TypedRow("unreadable")
        if table in RAW:
            return TypedRow("same", self._cells(page, position, table))
        made = _form_fields if table == "forms" else _form_cells
        return TypedRow("same", made(page, position, self._plan))

    def item(self, file: str, sheet: str, row: int) -> int:
        """The number of the item in a row of a form; 0 when there is none or the file cannot be read.

        Parameters
        ----------
        file, sheet : str
            As findings and lineage columns name them.
        row : int
            Number of the row in the file, from 1.
        """
        page, position = self._find(file, sheet, row, "grades") if (self._raw / file).is_file() else (None, 0)
        if page is None:
            return 0
        form = next((f for f in find_forms(page, self._plan.grades) if f.head < position < f.end), None)
        lines = find_lines(form, self._plan) if form else []
        return next((line.number for line in lines if line.row == position), 0)

    def _find(self, file: str, sheet: str, row: int, table: str) -> tuple[Sheet | None, int]:
        if (file, table) not in self._pages:
            labels = list(dictionary(contract(table, self._plan))) if table in RAW else list(self._plan.grades)
            try:
                sheets = read_file(self._raw / file, file, labels).sheets
            except FileRefused:
                sheets = []
            self._pages[file, table] = {s.name: s for s in sheets}
        page = self._pages[file, table].get(sheet)
        if page is None:
            return None, 0
        at = self._at.setdefault((file, sheet, table), {})
        if not at:
            at.update({number: position for position, number in enumerate(page.numbers)})
        return (page, at[row]) if row in at else (None, 0)

    def _cells(self, page: Sheet, position: int, table: str) -> tuple[TypedCell, ...]:
        key, spec = (page.file, page.name, table), contract(table, self._plan)
        if key not in self._layouts:
            try:
                self._layouts[key] = find_layout(page, spec)
            except FileRefused:
                self._layouts[key] = None
        layout = self._layouts[key]
        if layout is None:
            return ()
        found = []
        for column in spec.columns:
            at = layout.columns.get(column.name)
            if at is None or at >= len(page.rows[position]) or is_blank(page.rows[position][at]):
                continue
            text = shown(to_text(page.rows[position][at]), column.kind)
            label = to_text(page.rows[layout.header][at]).strip() or column.label
            found.append(TypedCell(page.address(position, at), label, text, column.name))
        return tuple(found)


def _form_cells(page: Sheet, position: int, plan: Plan) -> tuple[TypedCell, ...]:
    """The item, its ticks and its remark, with the heads of their columns."""
    form = next((f for f in find_forms(page, plan.grades) if f.head < position < f.end), None)
    heads = {column: grade for grade, column in form.grades.items()} if form else {}
    if form and form.remark >= 0:
        heads[form.remark] = "备注"
    if form and form.word_column >= 0:
        heads[form.word_column] = "等次"
    return tuple(
        TypedCell(page.address(position, at), heads.get(at, "考核指标"), mask_text(to_text(value))[0])
        for at, value in enumerate(page.rows[position])
        if not is_blank(value)
    )


def _form_fields(page: Sheet, position: int, plan: Plan) -> tuple[TypedCell, ...]:
    """Places, target, team and date of the form whose head stands in this row; signatures are left out."""
    form = next((f for f in find_forms(page, plan.grades) if f.head == position), None)
    if form is None:
        return ()
    return tuple(
        TypedCell(f"row {page.numbers[row]}", FIELDS[name], mask_text(text)[0])
        for name, (text, row) in form.fields.items()
        if name in FIELDS
    )
