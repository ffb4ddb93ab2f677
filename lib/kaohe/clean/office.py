"""The office whose files are being cleaned: plan, register so far, ledger, and which files were used."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from kaohe.base.ledger import Ledger
from kaohe.base.plan import Plan, read_toml
from kaohe.clean.arrival import inspect
from kaohe.clean.cells import tidy
from kaohe.clean.codes import NOTE, REFUSE, finding
from kaohe.clean.corrections import Applied, Correction
from kaohe.clean.delivery import Delivery
from kaohe.clean.intake import LIMITS, FileRead, FileRefused, Limits, read_file
from kaohe.clean.resolve import Register
from kaohe.clean.scrub import mask_text
from kaohe.clean.values import Words


@dataclass
class Office:
    """What reading a table needs to know beside its contract.

    Attributes
    ----------
    raw : Path
        The raw folder; names in findings are relative to it.
    plan : Plan
    ledger : Ledger
    words : Words
    register : Register
        Grows as registry tables are read.
    synthetic : bool
        Demonstration data: its unallocated identity area is accepted.
    limits : Limits
    secret : bytes
        Key of the pseudonyms; empty where nothing is stored.
    seen : dict of sha256 to file name
        Files already read.
    hashes : dict of file name to sha256
    refused : list of str
        Files that were not used.
    delivery : Delivery
        What was to be received.
    corrections : list of Correction
        The office's corrections of single cells.
    corrected : list of (file name, Correction, Finding)
        Those that fitted; they count once their file is in use.
    """

    raw: Path
    plan: Plan
    ledger: Ledger
    words: Words
    register: Register
    synthetic: bool = False
    limits: Limits = LIMITS
    secret: bytes = field(default=b"", repr=False)
    seen: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    delivery: Delivery = field(default_factory=Delivery)
    corrections: list[Correction] = field(default_factory=list)
    corrected: list[tuple[str, Applied]] = field(default_factory=list)

    def name(self, path: Path) -> str:
        """A path as findings show it."""
        return path.relative_to(self.raw).as_posix()

    def note(self, code: str, table: str, file: str, **where: object) -> None:
        """Enter a note."""
        self.ledger.add(finding(NOTE, code, table, file, **where))  # type: ignore[arg-type]

    def open(self, path: Path, table: str, labels: list[str]) -> FileRead | None:
        """Read a file once; None when it was refused or is a copy of another."""
        name = self.name(path)
        try:
            if not path.resolve().is_relative_to(self.raw.resolve()):
                raise FileRefused("K225")
            result = read_file(path, name, labels, self.limits)
        except FileRefused as error:
            self.refuse(error, table, name)
            return None
        self.hashes[name] = result.sha256
        if result.sha256 in self.seen:
            self.note("K224", table, name, value=self.seen[result.sha256])
            self.ledger.open(table, name, "", result.sha256).refused = True
            return None
        self.seen[result.sha256] = name
        for code, sheet, text in result.notes:
            self.note(code, table, name, sheet=sheet, value=text)
        try:
            self.corrected += [(name, done) for done in inspect(result, table, name, self)]
        except FileRefused as error:
            self.refuse(error, table, name, result.sha256)
            return None
        return result

    def refuse(self, error: FileRefused, table: str, name: str, sha256: str = "", encoding: str = "") -> None:
        """Enter a file as not used, with its reason and an account that shows it."""
        self.ledger.add(
            finding(
                REFUSE, error.code, table, name, sheet=error.sheet, row=error.row, value=mask_text(error.value)[0],
                expected=error.expected,
            )
        )  # fmt: skip
        account = self.ledger.open(table, name, error.sheet, sha256, encoding)
        account.refused = True
        self.refused.append(name)


def read_words(plan: Plan) -> Words:
    """The plan's words for missing and not applicable, its grades and the bounds of its dates."""
    book = read_toml(plan.folder / "codebook.toml")
    year = int(plan.meta["year"])
    return Words(
        missing=frozenset(tidy(w) for w in book.get("missing_words", [])),
        not_applicable=frozenset(tidy(w) for w in book.get("not_applicable_words", [])),
        grades=plan.grades,
        earliest=date(year - 1, 1, 1),
        latest=date(plan.dates["end"].year, 12, 31),
    )
