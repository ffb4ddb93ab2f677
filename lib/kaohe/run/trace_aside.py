"""Records that were set aside, found by their key: in the findings first, then in the raw files they came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from kaohe.base.files import read_parquet
from kaohe.base.tables import RAW
from kaohe.clean.cells import tidy
from kaohe.clean.typed_cells import RawRows
from kaohe.run.trace_keys import key_columns, meant, split_key

if TYPE_CHECKING:
    from kaohe.run.trace import Places


@dataclass(frozen=True)
class Aside:
    """One row that was set aside, with its findings."""

    file: str
    sheet: str
    row: int
    sha256: str
    findings: tuple[Mapping[Any, Any], ...]

    def line(self) -> str:
        """Address and codes."""
        where = " › ".join(p for p in (self.file, self.sheet, f"row {self.row}") if p)
        return f"{where}: {self.why()}"

    def why(self) -> str:
        """Codes and rules."""
        return "; ".join(f"{f['code']} {f['rule']}" for f in self.findings)

    def remedies(self) -> list[str]:
        """For each finding: the cell, what was found, what would be right, what to do."""
        said = []
        for f in self.findings:
            parts = [f"at {f['cell']} {f['column']}".strip()] if f["cell"] or f["column"] else []
            parts += [
                f"{k} {f[c]}" for k, c in (("got", "value"), ("expected", "expected"), ("remedy", "remedy")) if f[c]
            ]
            said.append(f"{f['code']} " + "; ".join(parts))
        return said


def find_aside(
    table: str, key: str, findings: pd.DataFrame, places: Places, raw: RawRows, names: Mapping[str, list[str]], *, quick: bool
) -> list[Aside]:  # fmt: skip
    """The rows of this key that were set aside.

    Parameters
    ----------
    table, key : str
    findings : DataFrame
    places : Places
    raw : RawRows
    names : mapping of name to codes
    quick : bool
        Only what the findings themselves say (duplicates name their key); otherwise the raw files
        are read again, where they are unchanged.
    """
    source = "cross" if table in {"forms", "grades"} else table
    mine = findings[(findings["action"] == "quarantine") & (findings["table"] == source)]
    if mine.empty:
        return []
    accounts = read_parquet(places.clean / "accounts.parquet", columns=["file", "sheet", "sha256"])
    hashes = dict(zip(accounts["file"], accounts["sha256"], strict=True))
    parts = split_key(table, key)
    found = []
    for (file, sheet, row), part in mine.groupby(["file", "sheet", "row"], sort=True):
        records = tuple(part.to_dict("records"))
        address = (str(file), str(sheet), int(str(row)), str(hashes.get(file, "")))
        if table in {"forms", "grades"}:
            hit = not quick and _is_item(table, parts, address, places, raw)
        elif quick:
            hit = _named(table, parts, records)
        else:
            hit = _named(table, parts, records) or _typed(table, parts, address, raw, names)
        if hit:
            found.append(Aside(*address, records))
    return found


def _named(table: str, parts: list[str], records: tuple[Mapping[Any, Any], ...]) -> bool:
    """True when a finding at the key's own column shows the key (tables with a key of one column)."""
    columns = key_columns(table)
    if len(columns) != 1 or len(parts) != 1:
        return False
    column = RAW[table].column(columns[0])
    labels = {column.label, *column.aliases}
    return any(f["column"] in labels and tidy(str(f["value"])) == parts[0] for f in records)


def _typed(
    table: str, parts: list[str], address: tuple[str, str, int, str], raw: RawRows, names: Mapping[str, list[str]]
) -> bool:  # fmt: skip
    """True when the row, read again, holds the key."""
    row = raw.row(*address, table)
    cells = {c.column: tidy(c.text) for c in row.cells}
    columns = key_columns(table)
    if len(parts) > len(columns) or not cells:
        return False
    return all(
        bool(meant(cells.get(column, ""), names) & meant(part, names) - {""})
        for part, column in zip(parts, columns, strict=False)
    )


def _is_item(table: str, parts: list[str], address: tuple[str, str, int, str], places: Places, raw: RawRows) -> bool:
    """True for a row set aside in the form of this key, and in it of this item."""
    if table != "grades" or len(parts) != 2:
        return False
    file, sheet, row, _ = address
    forms = read_parquet(places.clean / "forms.parquet", filters=[("form_key", "==", parts[0])])
    if forms.empty or (file, sheet) != (forms["src_file"].iloc[0], forms["src_sheet"].iloc[0]):
        return False
    return str(raw.item(file, sheet, row)) == parts[1]


def form_aside(key: str, findings: pd.DataFrame, places: Places) -> list[Aside]:
    """The forms of this key that were set aside because they came twice with different grades."""
    doubles = read_parquet(places.clean / "doubles.parquet", filters=[("form_key", "==", key)])
    sheets = {*zip(doubles["src_file"], doubles["src_sheet"], strict=True),
              *zip(doubles["other_file"], doubles["other_sheet"], strict=True)}  # fmt: skip
    accounts = read_parquet(places.clean / "accounts.parquet", columns=["file", "sheet", "sha256"])
    hashes = dict(zip(accounts["file"], accounts["sha256"], strict=True))
    whole = findings[findings["code"].isin(["K295", "K255"]) & (findings["table"] == "cross")]
    found = []
    for file, sheet in sorted(sheets):
        for record in whole[(whole["file"] == file) & (whole["sheet"] == sheet)].to_dict("records"):
            found.append(Aside(file, sheet, int(record["row"]), str(hashes.get(file, "")), (record,)))
    return found
