"""A new year's plan folder, begun from an earlier one.

What follows from the year alone is moved on; what only the new document can tell is marked ``# EDIT: …``
at the end of its line, and a folder with marks left is refused (K157).
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from kaohe.base.errors import InputRefused
from kaohe.base.files import swapped_folder, write_text
from kaohe.base.plan import load_plan
from kaohe.base.plan_files import find_plan, lacking, read_text
from kaohe.base.plan_schema import FILES, MARK, SCHEMA, UNKNOWN, VERSION, marks, migrated

YEARS = range(2016, 2100)
NEEDED = ("plan.toml", "codebook.toml", "disclosure.toml", "divisions.csv")  # what no migration can make up
EMPTIED = ("corrections.csv", "conversions.csv")  # they speak of single files of the year
_KEY = re.compile(r'(\w+)(\s*=\s*)("[^"]*"|[^#]*?)(\s*)(#.*)?')
_PLACE = re.compile(r"\S*plans/\w+/scenarios/")  # where a scenario's comment says that it lies
_TABLE = re.compile(r"\s*\[+([^\[\]]+)\]+\s*(#.*)?")
# Table and key: how its value is made, and what is to be done.
_TO_EDIT: dict[tuple[str, str], tuple[str, str]] = {
    ("plan", "title"): ("shift", "title of the document"),
    ("plan", "document_no"): ("unknown", "number of the document"),
    ("plan", "issued"): ("unknown", "day of issue, as the document writes it"),
    ("plan", "source_sha256"): ("empty", "SHA-256 of the document's file"),
    ("excluded", "clause"): ("shift", "the document's sentence, if it leaves this place out"),
    ("forms", "title"): ("shift", "title of the form"),
    ("dates", "date"): ("shift", "date"),
    ("dates", "from"): ("shift", "date"),
    ("dates", "text"): ("shift", "the document's words"),
    ("choices.income", "provincial_rural_income"): ("keep", "income per head of the year before"),
}
_MOVED = {("plan", "id"), ("plan", "year")}
COMPARE = "compare classes, streams, concepts, forms and items, daily sources, topics and rules with the document"


def new_plan(year: int, source: Path | str, out: Path) -> list[str]:
    """Begin the plan folder of a year.

    Parameters
    ----------
    year : int
        The year assessed.
    source : path
        A plan folder, or the year of a packaged plan; nothing in it is changed.
    out : Path
        The folder to be made.

    Returns
    -------
    list of str
        What is to be edited, one place a line.

    Raises
    ------
    InputRefused
        K161 when `out` exists, K163 for a year that is none or the source's own; K140 to K160 for a
        faulty source: nothing is written.
    """
    folder = find_plan(source)
    before = int(load_plan(folder).meta["year"])
    if year not in YEARS or year == before:
        raise InputRefused(
            "K163",
            "This is no new year",
            got=str(year),
            expected=f"a year from {YEARS[0]} to {YEARS[-1]}, not {before}",
        )
    _refuse_existing(out)
    texts = {name: read_text(folder / name) for name in FILES}
    for path in sorted(folder.glob("scenarios/*.toml")):
        texts[f"scenarios/{path.name}"] = _PLACE.sub(f"{out.as_posix()}/scenarios/", read_text(path))
    texts["plan.toml"] = moved(texts["plan.toml"], before, year)
    for name in EMPTIED:
        texts[name] = texts[name].splitlines()[0] + "\n"
    _write(out, texts, {})
    return [f"{place}: {what}" for place, what in marks("plan.toml", texts["plan.toml"])]


def migrate_plan(source: Path, out: Path) -> list[str]:
    """Write a plan folder of an earlier schema as one of this schema (see `kaohe.base.plan_schema`).

    Files that are no part of a plan, such as the document itself, are copied byte for byte.

    Parameters
    ----------
    source, out : Path
        The folder as it is, left unchanged, and the folder to be made.

    Returns
    -------
    list of str
        What was added, one line each.

    Raises
    ------
    InputRefused
        K161 when `out` exists, K162 no such folder, K140 for a missing file, K141 when there is nothing to
        migrate, K142 to K160 for a value that this schema does not take: nothing is written.
    """
    folder = find_plan(source)
    _refuse_existing(out)
    files = {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}
    for name in NEEDED:
        if name not in files:
            raise lacking(folder, name)
    texts = {name: read_text(files[name]) for name in FILES if name in files}
    packaged = {name: read_text(find_plan("") / name) for name in FILES}
    changed, said = migrated(texts, packaged)
    if "override.toml" in files and changed["disclosure.toml"] != texts["disclosure.toml"]:
        said.append("override.toml: void, it was signed for another disclosure.toml (docs/privacy.md)")
    _write(out, changed, {name: path for name, path in files.items() if name not in changed})
    return said


def is_current(source: Path) -> bool:
    """True when the plan folder `source` is of this version, which needs no migration.

    Raises
    ------
    InputRefused
        K162 no such folder, K140 no plan.toml that can be read.
    """
    found = VERSION.search(read_text(find_plan(source) / "plan.toml"))
    return found is not None and int(found[1]) == SCHEMA


def moved(text: str, before: int, year: int) -> str:
    """The text of plan.toml for another year: years moved on, the document's own values marked."""
    table, lines = (
        "",
        [f"# The plan of {year}, begun from that of {before}.", f"# EDIT: {COMPARE}, then delete this line"],
    )
    old = text.splitlines()
    while old and old[0].startswith("#") and "《" in old[0]:
        old.pop(0)
    for line in old:
        head = _TABLE.fullmatch(line)
        table = head[1].strip() if head else table
        lines.append(line if head else _moved_line(line, table, before, year))
    return "\n".join(lines) + "\n"


def _moved_line(line: str, table: str, before: int, year: int) -> str:
    hit = _KEY.fullmatch(line)
    if re.match(r"#\s*notified\s*=", line):
        return _shifted(line, year - before)
    if table == "choices.rectification" and hit and hit[1] == "notified":
        return f"# {_shifted(line, year - before)}"
    if not hit or ((table, hit[1]) not in _TO_EDIT and (table, hit[1]) not in _MOVED):
        return line
    how, what = _TO_EDIT.get((table, hit[1]), ("shift", ""))
    makers: Mapping[str, Callable[[str], str]] = {
        "shift": lambda v: _shifted(v, year - before), "keep": lambda v: v,
        "unknown": lambda _: f'"{UNKNOWN}"', "empty": lambda _: '""',
    }  # fmt: skip
    note = _shifted(MARK.sub("", hit[5] or "").strip(), year - before)
    end = [note] if note else []
    end += [f"# EDIT: {what}"] if what else []
    return "  ".join([f"{hit[1]}{hit[2]}{makers[how](hit[3])}", *end])


def _shifted(text: str, years: int) -> str:
    """Every year that a plan can be of (2016 to 2099) moved on; earlier ones are history and stay."""
    return re.sub(r"(?<!\d)20\d\d(?!\d)", lambda m: str(int(m[0]) + years) if int(m[0]) in YEARS else m[0], text)


def _refuse_existing(out: Path) -> None:
    if out.exists():
        raise InputRefused(
            "K161", "The plan folder exists", where=str(out), expected="a folder that is not there yet",
            remedy="choose another with --out, or remove it",
        )  # fmt: skip


def _write(out: Path, texts: Mapping[str, str], copied: Mapping[str, Path]) -> None:
    """Texts and copies into a folder that is a plan, marks apart; otherwise nothing."""
    with swapped_folder(out) as folder:
        for name in [*texts, *copied]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            write_text(folder / name, text)
        for name, path in copied.items():
            shutil.copyfile(path, folder / name)
        load_plan(folder, draft=True)
