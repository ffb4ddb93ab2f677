"""The account of every row and every repair: nothing is lost without an entry here.

For each file and sheet: rows read = rows used + rows set aside + rows declared as header,
title, total or note + blank rows. Every row set aside, every value repaired by rule and every
remark is a `Finding` with its address.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, fields
from operator import attrgetter

import pandas as pd

from kaohe.base.errors import KaoheError

ACTIONS = ("quarantine", "normalise", "note", "refuse")


@dataclass(frozen=True)
class Finding:
    """One thing found in a raw file, with its address and what was done.

    Attributes
    ----------
    action : {"quarantine", "normalise", "note", "refuse"}
        The row was set aside; the value was repaired by rule; remarked only; the file is not used.
    code : str
        ``K`` and three digits, listed in ``docs/errors.md``.
    table : str
        The table the file feeds (a key of ``kaohe.base.tables.RAW``), or ``""``.
    file, sheet, cell, column : str
        Path relative to the raw folder, sheet name (``""`` for CSV), ``C17``, header text.
    row : int
        Line or row number in the file, from 1; 0 for the file as a whole.
    value : str
        What was found; personal values are masked before they get here.
    rule, expected, remedy : str
        Which rule, what would be right, what the sender should do (Chinese, for the sender).

    Raises
    ------
    ValueError
        For an action that is none of the four.
    """

    action: str
    code: str
    table: str
    file: str
    sheet: str = ""
    row: int = 0
    column: str = ""
    cell: str = ""
    value: str = ""
    rule: str = ""
    expected: str = ""
    remedy: str = ""

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"unknown action {self.action!r}")


FINDING_COLUMNS = [f.name for f in fields(Finding)]
_VALUES = attrgetter(*FINDING_COLUMNS)


@dataclass
class SheetAccount:
    """Row counts of one file and sheet (or CSV): see the module's equation.

    Attributes
    ----------
    table, file, sheet, sha256, encoding : str
        As `Ledger.open`.
    read : int
        Rows of the sheet.
    used, quarantined, declared, blank : int
        Rows that became records, were set aside, are head, totals or notes by rule, are empty.
    refused : bool
        The file is not used.
    """

    table: str
    file: str
    sheet: str
    sha256: str
    encoding: str = ""
    read: int = 0
    used: int = 0
    quarantined: int = 0
    declared: int = 0
    blank: int = 0
    refused: bool = False

    @property
    def balance(self) -> int:
        """Rows read and not accounted for; 0 when nothing is lost."""
        return self.read - self.used - self.quarantined - self.declared - self.blank


@dataclass
class Ledger:
    """Collects accounts and findings while files are read.

    Attributes
    ----------
    accounts : list of SheetAccount
        One a sheet, in the order of reading.
    findings : list of Finding
        In the order in which they were made.
    """

    accounts: list[SheetAccount] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def open(self, table: str, file: str, sheet: str, sha256: str, encoding: str = "") -> SheetAccount:
        """Start the account of one sheet; its counts are filled by whoever reads it.

        Parameters
        ----------
        table, file, sheet : str
            Table that is fed, path relative to the raw folder, sheet name (empty for CSV).
        sha256, encoding : str
            Hash of the file's bytes; encoding of a text file, else empty.
        """
        account = SheetAccount(table, file, sheet, sha256, encoding)
        self.accounts.append(account)
        return account

    def add(self, finding: Finding) -> None:
        """Enter one `finding`."""
        self.findings.append(finding)

    def merge(self, other: Ledger) -> None:
        """Take over the entries of `other`, after one's own."""
        self.accounts.extend(other.accounts)
        self.findings.extend(other.findings)

    def counts(self) -> Counter[str]:
        """Findings by action."""
        return Counter(f.action for f in self.findings)

    def frame_findings(self, *actions: str) -> pd.DataFrame:
        """Findings of the `actions` given (all when none is given), one a row, with `FINDING_COLUMNS`, by file, sheet, row, column, code."""
        rows = [_VALUES(f) for f in self.findings if not actions or f.action in actions]
        frame = pd.DataFrame(rows, columns=FINDING_COLUMNS).astype({"row": "int64"})
        return frame.sort_values(["file", "sheet", "row", "column", "code"], ignore_index=True)

    def frame_accounts(self) -> pd.DataFrame:
        """Accounts, one a row: the fields of `SheetAccount` and ``balance``."""
        columns = [f.name for f in fields(SheetAccount)]
        rows = [{**asdict(a), "balance": a.balance} for a in self.accounts]
        frame = pd.DataFrame(rows, columns=[*columns, "balance"])
        return frame.sort_values(["file", "sheet"], ignore_index=True)

    def check(self) -> None:
        """Refuse to go on when a row is unaccounted for.

        Raises
        ------
        KaoheError
            K110: a bug of ours, never of the sender.
        """
        lost = [a for a in self.accounts if a.balance != 0]
        if lost:
            first = lost[0]
            error = KaoheError(
                "K110",
                "Rows are unaccounted for",
                where=f"{first.file} › {first.sheet}" if first.sheet else first.file,
                got=f"{first.balance} of {first.read} rows",
                expected="read = used + quarantined + declared + blank",
                remedy="this is a fault of the suite: please report it",
            )
            error.exit_code = 1
            raise error
