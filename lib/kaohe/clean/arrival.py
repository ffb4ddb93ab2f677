"""What is done to a file between reading and parsing: the delivery note and the office's corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kaohe.base.tables import RAW, contract
from kaohe.clean.codes import NOTE, finding
from kaohe.clean.corrections import Applied, correct
from kaohe.clean.intake import FileRead, FileRefused
from kaohe.clean.layout import find_layout

if TYPE_CHECKING:
    from kaohe.clean.office import Office


def inspect(result: FileRead, table: str, name: str, office: Office) -> list[Applied]:
    """Check one file against the delivery note and write corrections into its cells.

    Nothing is looked at where neither the note nor a correction speaks of the file's table.

    Returns
    -------
    list of (Correction, Finding)
        What was corrected; it counts once the file is in use.

    Raises
    ------
    FileRefused
        K239 when the file is not the one the delivery note lists.
    """
    due = office.delivery.lines.get(name)
    wanted = [c for c in office.corrections if c.table == table]
    if table not in RAW:
        office.delivery.check(name, result.sha256, None)
        return []
    if due is None and not wanted:
        return []
    spec = contract(table, office.plan)
    done: list[Applied] = []
    rows: int | None = None
    for sheet in result.sheets:
        try:
            layout = find_layout(sheet, spec)
        except FileRefused:
            continue  # whoever reads the file refuses it, or declares the sheet
        rows = (rows or 0) + len(layout.data)
        done += correct(wanted, sheet, layout, spec)
    remark = office.delivery.check(name, result.sha256, rows)
    if remark:
        office.ledger.add(finding(NOTE, "K239", table, name, value=remark))
    return done
