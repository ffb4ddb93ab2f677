"""Single files checked before they are sent: the same rules as cleaning, on copies that are thrown away.

The files are put where the office would put them, beside the register that is there, and cleaned
as always; nothing is written outside a folder of the system's temporary files that only the user
can read and that is removed at the end.
"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from kaohe.base.errors import InputRefused, KaoheError, nearest
from kaohe.base.ledger import Finding
from kaohe.base.own_folder import own_folder
from kaohe.base.places import OWN_CODE, PROVINCE, level_of, parent_code
from kaohe.base.plan import Plan
from kaohe.base.tables import RAW
from kaohe.clean.cells import to_text
from kaohe.clean.codes import NOTE, QUARANTINE, REFUSE, finding
from kaohe.clean.context import Context, find_context, is_synthetic
from kaohe.clean.form_tables import TABLE as FORMS
from kaohe.clean.intake import LIMITS, Limits
from kaohe.clean.run import clean_tables
from kaohe.clean.scrub import mask_text
from kaohe.clean.tell import Told, tell_table

LABELS = {**{name: t.label for name, t in RAW.items()}, FORMS: "指标表和考评表"}
NOTES_TO_MEND = frozenset({"K212", "K244", "K296", "K297", "K299"})
_PREFIX = "kaohe-check-"
_BELOW_COUNTY = frozenset({"K275", "K276", "K277", "K281", "K294"})
_COUNTY_COLUMNS = frozenset({"市", "所在市", "地市", "县（市、区）", "县", "县区", "抽查县", "考核市", "组长单位"})


@dataclass
class Checked:
    """What became of one file.

    Attributes
    ----------
    file : str
        As given.
    table : str
        Which it was read as; empty when that cannot be told.
    message : str
        Why it was not checked at all; then there are no counts.
    findings : list of Finding
        In order of sheet, row, column and code; addresses as in the file.
    read, used, aside, declared, blank : int
        Rows: read = used + aside + declared + blank.
    unchecked : int
        Rows among those used that name places or units nobody could look up.
    """

    file: str
    table: str = ""
    message: str = ""
    findings: list[Finding] = field(default_factory=list)
    read: int = 0
    used: int = 0
    aside: int = 0
    declared: int = 0
    blank: int = 0
    unchecked: int = 0

    @property
    def to_mend(self) -> list[Finding]:
        """Findings that the sender is to act on."""
        return [
            f
            for f in self.findings
            if f.action in {QUARANTINE, REFUSE} or (f.action == NOTE and f.code in NOTES_TO_MEND)
        ]

    @property
    def wrong(self) -> bool:
        """True when the file should not be sent like this."""
        return bool(self.message or self.to_mend)


def check_files(
    files: Sequence[Path], plan: Plan, raw: Path, processed: Path, *, table: str = "", limits: Limits = LIMITS
) -> tuple[list[Checked], Context]:
    """Check files; nothing is raised for what is wrong with one of them.

    Parameters
    ----------
    files : sequence of Path
        In any folder, of any name.
    plan : Plan
    raw, processed : Path
        Where the register is looked for: the raw files first, then the clean tables.
    table : str
        The table they all are (name or Chinese label); empty: told by content.
    limits : Limits

    Returns
    -------
    (list of Checked, Context)
        One a file, in the order given, and against which register.

    Raises
    ------
    InputRefused
        K361 for an unknown `table`.
    """
    wanted = table_named(table) if table else ""
    done: dict[int, Checked] = {}
    known: dict[int, Told] = {}
    for n, path in enumerate(files):
        refusal = _unreadable(path)
        told = Told("") if refusal else tell_table(path, plan, limits)
        name = wanted or told.table
        if refusal:
            done[n] = Checked(_plain(str(path)), message=refusal.message())
        elif not name and told.refused:
            error = told.refused
            found = finding(
                REFUSE, error.code, "", _plain(str(path)), sheet=error.sheet, row=error.row, value=mask_text(error.value)[0],
                expected=error.expected,
            )  # fmt: skip
            done[n] = Checked(_plain(str(path)), findings=[found])
        elif not name:
            done[n] = Checked(_plain(str(path)), message=_untold(path, told).message())
        else:
            known[n] = replace(told, table=name)
    context = find_context(raw, processed, plan, {t.table for t in known.values()})
    for n, told in known.items():
        mine = find_context(raw, processed, plan, {told.table})
        if any(is_synthetic(folder) for folder in list(files[n].resolve().parents)[:4]):
            mine = replace(mine, synthetic=True)
        try:
            done[n] = _clean(files[n], told, plan, mine, limits)
        except InputRefused as error:
            done[n] = Checked(_plain(str(files[n])), told.table, message=error.message())
    return [done[n] for n in range(len(files))], context


def table_named(text: str) -> str:
    """The table of a name or a Chinese label.

    Raises
    ------
    InputRefused
        K361 with all names.
    """
    plain = text.strip()
    for name, label in LABELS.items():
        if plain in {name, label}:
            return name
    raise InputRefused(
        "K361", "There is no such table", got=mask_text(plain)[0], expected="one of " + ", ".join(nearest(plain, [*LABELS.values(), *LABELS])) + ", …",
        remedy="the tables are " + ", ".join(f"{n} {label}" for n, label in LABELS.items()),
    )  # fmt: skip


def _plain(text: str) -> str:
    """A file name that any table can hold: bytes that are no UTF-8 become a mark."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _unreadable(path: Path) -> KaoheError | None:
    got = "no such file" if not path.exists() else "a folder" if path.is_dir() else ""
    if not got and not (path.is_file() and os.access(path, os.R_OK)):
        got = "not a file that may be read"
    return (
        InputRefused("K362", "A file to check cannot be read", where=_plain(str(path)), got=got, remedy="name a file")
        if got
        else None
    )


def _untold(path: Path, told: Told) -> KaoheError:
    likely = (
        "、".join(f"{LABELS[n]}（{n}，{share:.0%}）" for n, share in told.nearest) or "no header of any table was found"
    )
    return InputRefused(
        "K360", "The table of this file cannot be told", where=_plain(str(path)), got=likely,
        expected="one row with a table's headers, or a form of annexes 2 and 3",
        remedy="use the headers of the data dictionary, or name the table with --table",
    )  # fmt: skip


def _clean(file: Path, told: Told, plan: Plan, context: Context, limits: Limits) -> Checked:
    """Clean one file beside its context; raises what cleaning raises, with the file's own name."""
    with own_folder(_PREFIX) as folder:
        paths = context.place(folder, leave_out={told.table})
        if not context.found:
            paths += _stand_ins(folder, told, plan)
        name, given = f"{_home(told.table)}/{_plain(file.name)}", _plain(str(file))
        (folder / name).parent.mkdir(parents=True)
        shutil.copyfile(file, folder / name)
        try:
            cleaned = clean_tables(folder, sorted([*paths, folder / name]), plan, limits=limits)
        except InputRefused as error:
            where = error.where.replace(f"{folder}/", "").replace(name, given)
            raise InputRefused(
                error.code, error.title, where=where, got=error.got, expected=error.expected, remedy=error.remedy
            ) from error
        findings, accounts = cleaned.tables["findings"], cleaned.tables["accounts"]
    return _checked(given, name, told.table, findings, accounts, registered=context.found)


def _home(table: str) -> str:
    """The folder in which a file is taken for this table; the dot lets ``*.*`` match."""
    if table == FORMS:
        return "cross/field/given.d"
    pattern = RAW[table].pattern
    return (pattern.removesuffix("*.*") if pattern.endswith("*.*") else pattern.removesuffix("*")) + "given.d"


def _checked(
    given: str, name: str, table: str, findings: pd.DataFrame, accounts: pd.DataFrame, *, registered: bool
) -> Checked:
    """The file's part of what cleaning found; without a register, what only it can tell is not held against the file."""
    mine = [Finding(**{str(k): v for k, v in r.items()}) for r in findings[findings["file"] == name].to_dict("records")]
    open_ = [f for f in mine if not registered and _needs_register(f)]
    kept = [f for f in mine if f not in open_]
    out = Checked(given, table)
    for account in accounts[accounts["file"] == name].to_dict("records"):
        sheet = account["sheet"]
        aside = int(account["quarantined"])
        if any(f.sheet == sheet for f in open_):
            aside = len({f.row for f in kept if f.sheet == sheet and f.action == QUARANTINE})
            out.unchecked += int(account["quarantined"]) - aside
        out.read += int(account["read"])
        out.used += int(account["used"]) + int(account["quarantined"]) - aside
        out.aside += aside
        out.declared += int(account["declared"])
        out.blank += int(account["blank"])
    out.findings = [
        replace(f, file=given, value=f.value.replace(name, given), expected=f.expected.replace(name, given))
        for f in kept
    ]
    return out


def _needs_register(found: Finding) -> bool:
    """True for a finding that says no more than that there was no register to look things up in."""
    if found.action != QUARANTINE:
        return False
    return (found.code in _BELOW_COUNTY and found.column not in _COUNTY_COLUMNS) or (
        found.code == "K278" and found.column == "村名"
    )


def _stand_ins(folder: Path, told: Told, plan: Plan) -> list[Path]:
    """A register from the plan alone: its cities, its divisions, and the codes the file itself names."""
    paths: list[Path] = []
    if told.table != "objects":
        cities = [(c, plan.gazetteer.name(c), k.short) for k in plan.classes.values() for c in k.members]
        paths.append(_write(folder / "registry/objects.csv", "objects", cities))
    if told.table != "places":
        divisions = {p.code: (p.name, p.level) for p in plan.divisions}
        texts = (to_text(v) for s in told.sheets for row in s.rows for v in row)
        for code in sorted({c for text in texts for c in OWN_CODE.findall(text) if len(text.strip()) == 12}):
            if level_of(code) in {"town", "village"} and parent_code(code, "county") in divisions:
                divisions.setdefault(parent_code(code, "town"), (parent_code(code, "town"), "town"))
                divisions.setdefault(code, (code, level_of(code)))
        zh = {"city": "市", "county": "县", "town": "镇", "village": "村"}
        above = {"city": "province", "county": "city", "town": "county", "village": "town"}
        rows = [
            (code, name, zh[level], PROVINCE if level == "city" else parent_code(code, above[level]), "")
            for code, (name, level) in sorted(divisions.items())
            if level in zh
        ]
        paths.append(_write(folder / "registry/places.csv", "places", rows))
    return paths


def _write(path: Path, table: str, rows: Sequence[tuple[str, ...]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer: Callable[[Sequence[str]], object] = csv.writer(handle).writerow
        writer([c.label for c in RAW[table].columns])
        for row in rows:
            writer(row)
    return path
