"""The corpus of bad inputs: one raw folder each, cleaned, with every message it gives.

The wanted messages stand in ``tests/cases/messages_*.txt``: a line ``== case`` and below it the whole
text of each message. They are written by hand and by reading, and nothing rewrites them.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from kaohe.base.errors import InputRefused
from kaohe.base.plan import PLANS, Plan, load_plan
from kaohe.clean.codes import describe
from kaohe.clean.intake import Limits
from kaohe.clean.raw_folder import list_files
from kaohe.clean.run import Cleaned, clean_tables
from support.raw_office import HOUSEHOLDS_FILE, VILLAGES_FILE, RawOffice, book, book_bytes

CASES = Path(__file__).parents[1] / "cases"
# What must never be read in anything that is said: identity numbers, telephones, cards.
UNMASKED = re.compile(
    r"(?<![0-9A-Za-z.])(?:\d{17}[\dXx]|\d{15}|1[3-9]\d{9}|\d{16,19})(?![0-9A-Za-z])|示范", re.ASCII
)  # fmt: skip
_HOME = tempfile.TemporaryDirectory()
QUIET = {"K234"}  # optional tables that this small office does not have
After = Callable[[Path], None]
Edit = Callable[[RawOffice], "After | None"]


@dataclass
class Run:
    """What cleaning one bad folder gave: its messages, or the one that refused the run.

    Messages that the sound office gives too are left out: two households of its sample have no record.
    """

    messages: list[str]
    cleaned: Cleaned | None = None
    rows: dict[str, int] = field(default_factory=dict)


def run(edit: Edit, folder: Path, plan: Plan) -> Run:
    """Make the office, break it, clean it; all findings but the quiet ones, as the sender reads them."""
    office = RawOffice(plan)
    after = edit(office)
    raw = office.write(folder / "raw")
    if after is not None:
        after(raw)
    try:
        # the plan's limits, but for two that only a file of hundreds of megabytes would reach
        limits = replace(Limits.of(office.plan), file_bytes=50 << 20, rows=200_000)
        cleaned = clean_tables(raw, list_files(raw), office.plan, limits=limits)
    except InputRefused as error:
        return Run([error.message().replace(str(folder), "")])
    found = [
        f for f in cleaned.ledger.findings
        if f.code not in QUIET and not (f.code == "K359" and f.file == "aliases.csv")
    ]  # fmt: skip
    said = [re.sub("压缩比 [0-9]+$", "压缩比 #", describe(f), flags=re.M) for f in found]  # it depends on zlib
    usual = {describe(f) for f in found} & _usual(PLANS / "2020") if edit is not _sound else set()
    return Run(
        [m for m in said if m not in usual], cleaned,
        {name: len(frame) for name, frame in cleaned.tables.items() if name not in {"findings", "quarantine", "accounts"}},
    )  # fmt: skip


def shortened(messages: list[str]) -> str:
    """The messages as they are stored: of those that differ in row and value only, the first and the number of others."""
    first: dict[str, str] = {}
    more: dict[str, int] = {}
    for message in messages:
        code, *parts = message.splitlines()
        kind = "\n".join(
            [code, *(re.sub(r"› ([A-Z]+\d+|row \d+)", "›", p) for p in parts if not p.startswith("  got "))]
        )
        more[kind] = more.get(kind, -1) + 1
        first.setdefault(kind, message)
    return "\n\n".join(m + (f"\n(+{more[k]})" if more[k] else "") for k, m in first.items())


@cache
def wanted(letter: str) -> dict[str, str]:
    """Messages by case."""
    text = (CASES / f"messages_{letter}.txt").read_text(encoding="utf-8")
    parts = re.split(r"(?m)^== (.+)\n", text)[1:]
    return {name: body.strip("\n") for name, body in zip(parts[::2], parts[1::2], strict=True)}


def _sound(_: RawOffice) -> None:
    """No fault at all."""


@cache
def sound(packaged: Path) -> Run:
    """The unbroken office."""
    with tempfile.TemporaryDirectory() as folder:
        return run(_sound, Path(folder), load_plan(packaged))


def _usual(packaged: Path) -> set[str]:
    return set(sound(packaged).messages)


def check(case: str, edit: Edit, folder: Path, plan: Plan) -> Run:
    """Run a case and hold it to all that every bad input must keep to."""
    made = run(edit, folder / "case", plan)
    text = shortened(made.messages)
    assert text == wanted(case[0])[case], case
    assert UNMASKED.search(text) is None, case
    if made.cleaned is None:
        return made
    ledger = made.cleaned.ledger
    assert all(a.balance == 0 for a in ledger.accounts), case
    stored = ledger.frame_findings().to_csv() + ledger.frame_accounts().drop(columns="sha256").to_csv()
    assert UNMASKED.search(stored) is None, case
    for account in ledger.accounts:
        if account.refused:
            assert (account.read, account.used) == (0, 0), case
    used = {t: sum(a.used for a in ledger.accounts if a.table == t) for t in made.rows if t not in {"forms", "grades"}}
    assert {t: made.rows[t] for t in used} == used, case
    said = {f.table for f in ledger.findings if f.action in {"refuse", "quarantine"}}
    named = {f.file for f in ledger.findings if f.action == "refuse"}
    assert set(made.cleaned.refused) == named, case
    before = sound(PLANS / "2020")
    assert before.cleaned is not None
    sent = {t: _read(made.cleaned, t) >= _read(before.cleaned, t) for t in made.rows}
    short = {t for t, n in before.rows.items() if made.rows[t] < n and sent[t]}
    assert short <= said, case
    return made


def _read(cleaned: Cleaned, table: str) -> int:
    return sum(a.read for a in cleaned.ledger.accounts if a.table == table)


# --- breaking the office --------------------------------------------------------------------------


def raw(name: str, data: bytes | str) -> Edit:
    """Put a file there, in place of one of the same name."""

    def edit(office: RawOffice) -> None:
        office.raw[name] = data.encode() if isinstance(data, str) else data

    return edit


def put(file: str, column: str, value: str, row: int = 0) -> Edit:
    """Overwrite one cell."""

    def edit(office: RawOffice) -> None:
        assert column in office.files[file][row], column
        office.files[file][row][column] = value

    return edit


def household(column: str, value: str, row: int = 0) -> Edit:
    """Overwrite one cell of the household file."""
    return put(HOUSEHOLDS_FILE, column, value, row)


def village(column: str, value: str, row: int = 0) -> Edit:
    """Overwrite one cell of the village file."""
    return put(VILLAGES_FILE, column, value, row)


def lines(change: Callable[[list[str]], list[str]], file: str = HOUSEHOLDS_FILE) -> Edit:
    """Change a file's lines."""

    def edit(office: RawOffice) -> None:
        office.raw[file] = ("\n".join(change(office.text(file).splitlines())) + "\n").encode()

    return edit


def text(change: Callable[[str], str], file: str = HOUSEHOLDS_FILE, encoding: str = "utf-8") -> Edit:
    """Change a file's text, and write it in an encoding."""

    def edit(office: RawOffice) -> None:
        office.raw[file] = change(office.text(file)).encode(encoding)

    return edit


def header(old: str, new: str, file: str = HOUSEHOLDS_FILE) -> Edit:
    """Rename a column."""
    return lines(lambda x: [_swap(x[0], old, new), *x[1:]], file)


def _swap(line: str, old: str, new: str) -> str:
    assert old in line, old
    return line.replace(old, new, 1)


def rows_of(office: RawOffice, file: str = HOUSEHOLDS_FILE) -> list[list[object]]:
    """A file's rows, header first."""
    rows = office.files[file]
    return [list(rows[0]), *[list(r.values()) for r in rows]]


def as_book(change: Callable[[list[list[object]]], object], file: str = HOUSEHOLDS_FILE) -> Edit:
    """The file as a workbook; `change` gives the rows, or the workbook's bytes."""

    def edit(office: RawOffice) -> None:
        rows = rows_of(office, file)
        made = change(rows)
        del office.files[file]
        name = file.replace(".csv", ".xlsx")
        office.raw[name] = made if isinstance(made, bytes) else book(made if isinstance(made, list) else rows)

    return edit


def together(*edits: Edit) -> Edit:
    """Several edits."""

    def edit(office: RawOffice) -> After | None:
        later = [after for e in edits if (after := e(office)) is not None]
        return (lambda folder: [after(folder) for after in later] and None) if later else None

    return edit


def later(action: Callable[[Path], object]) -> Edit:
    """Something done to the folder once its files are written."""
    return lambda _: lambda folder: (action(folder), None)[1]


def with_plan(**files: str) -> Edit:
    """The office under a plan folder with another corrections.csv, conversions.csv or aliases.csv."""

    def edit(office: RawOffice) -> None:
        office.plan = load_plan(plan_folder({f"{name}.csv": content for name, content in files.items()}))

    return edit


def plan_folder(files: dict[str, str]) -> Path:
    """A copy of the packaged plan with other files; removed when the tests end."""
    folder = Path(tempfile.mkdtemp(dir=_HOME.name)) / "plan"
    shutil.copytree(PLANS / "2020", folder)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


__all__ = [
    "HOUSEHOLDS_FILE", "VILLAGES_FILE", "RawOffice", "as_book", "book", "book_bytes", "check", "header", "household", "later",
    "lines", "plan_folder", "put", "raw", "rows_of", "run", "text", "together", "village", "wanted", "with_plan",
]  # fmt: skip
