"""`kaohe audit`: everything that was written, searched for persons and for what was withheld.

Pages are scanned one by one before they are put in place (`kaohe.publish.audit`); this looks at all
that lies in data/processed, outputs and the logs, with the raw files' own values as canaries.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from kaohe.base.errors import DisclosureError, InputRefused
from kaohe.base.places import OWN_CODE
from kaohe.base.plan import Plan
from kaohe.clean.recognise import ACCOUNT, ADDRESS, ID, MAIL, NAME, PHONE, find_personal
from kaohe.publish.canaries import Canaries, collect
from kaohe.publish.pieces import TEXT, pieces_of
from kaohe.publish.withheld import on_pages, values_in_tables, withheld_estimates

KINDS = {
    ID: "an identity number", ACCOUNT: "a bank account", PHONE: "a telephone number", MAIL: "an e-mail address",
    ADDRESS: "an address", NAME: "a name",
}  # fmt: skip
KEYS = ("household", "village", "place", "record", "problem", "decision", "object", "form_key", "src_sha256", "sha256")
LISTED = 40
SKIPPED = {".kaohe.lock", ".kaohe.holder", "README.md"}


@dataclass(frozen=True)
class Hit:
    """One thing found: file, place in it, what it is, a star for each of its characters."""

    file: str
    where: str
    what: str
    shown: str = ""

    def line(self) -> str:
        """One line of the report."""
        return f"{self.file} › {self.where}: {self.what}" + (f" “{self.shown}”" if self.shown else "")


@dataclass
class Swept:
    """What was looked at and what was found.

    Attributes
    ----------
    files, pieces : int
        Number of files that were read, and of different texts in them.
    canaries, withheld : int
        Number of personal values of the raw files, and of withheld estimates, that were searched for.
    unread : list of str
        Raw files that could not be opened.
    hits : list of Hit
        What was found, with its place.
    """

    files: int = 0
    pieces: int = 0
    canaries: int = 0
    withheld: int = 0
    unread: list[str] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)

    def summary(self) -> str:
        """One line of what was scanned."""
        return (
            f"audit: {self.files:,} files, {self.pieces:,} different texts; searched for personal data,"
            f" {self.canaries:,} personal values of the raw files and {self.withheld:,} withheld estimates"
            + (
                f"; {len(self.unread)} raw files could not be opened, their values were not looked for"
                if self.unread
                else ""
            )
        )


def sweep(processed: Path, outputs: Path, raw: Path, plan: Plan, *, logs: tuple[Path, ...] = ()) -> Swept:
    """Search everything written for persons and withheld values.

    Parameters
    ----------
    processed, outputs, raw : Path
        Folders; `raw` gives the canaries where it is there and is only read.
    plan : Plan
    logs : tuple of Path
        Files or folders beside these.

    Returns
    -------
    Swept
        Hits in order of file; personal values masked.

    Raises
    ------
    InputRefused
        K852 when there is nothing to scan, or a log is not there.
    """
    lost = [str(log) for log in logs if not log.exists()]
    if lost:
        raise InputRefused(
            "K852", "There is nothing to audit", where="--log", got=f"{', '.join(lost)}: no such file or folder",
            remedy="name a file or folder that is there; nothing was scanned",
        )  # fmt: skip
    files = [*_files(processed), *_files(outputs), *(f for log in logs for f in _files(log))]
    if not files:
        raise InputRefused(
            "K852", "There is nothing to audit", where=f"{processed}, {outputs}",
            remedy="run `kaohe clean`, `kaohe build` and `kaohe run` first, or name the folders",
        )  # fmt: skip
    keys, words = _keys(processed), _words(processed, plan)
    canaries = collect(raw, plan, words)
    done = Swept(files=len(files), canaries=len(canaries), unread=canaries.unread)
    _persons(files, canaries, keys, done)
    build = processed / "build"
    done.hits += [
        Hit(str(processed / where.split(" › ")[0]), where.split(" › ")[1], what)
        for where, what in values_in_tables(build)
    ]
    hidden = withheld_estimates(build, plan)
    done.withheld = len(hidden)
    tables = [f for f in files if f.suffix.lower() in {".html", ".csv", ".xlsx"} and f.is_relative_to(outputs)]
    done.hits += [Hit(str(f), where, what) for f, where, what in on_pages(tables, hidden, _targets(outputs))]
    done.hits.sort(key=lambda h: h.file)
    return done


def refuse_hits(done: Swept) -> None:
    """Refuse what a sweep, `done`, found.

    Raises
    ------
    DisclosureError
        K851 with the places, one a line.
    """
    if done.hits:
        lines = [h.line() for h in done.hits[:LISTED]]
        if len(done.hits) > LISTED:
            lines.append(f"and {len(done.hits) - LISTED} more")
        raise DisclosureError(
            "K851", "Personal data or withheld values were found in what was written",
            where=f"{len({h.file for h in done.hits})} of {done.files} files",
            got="\n            ".join(lines), expected="none",
            remedy="do not pass the files on; mend the raw record (or report it), then clean, build and run again",
        )  # fmt: skip


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    wanted = TEXT | {".parquet", ".xlsx"}
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix.lower() in wanted and p.name not in SKIPPED)


def _persons(files: list[Path], canaries: Canaries, keys: set[str], done: Swept) -> None:
    """Each different text is searched once; its hits are entered for every file that holds it."""
    known: dict[str, list[tuple[str, str]]] = {}
    for path in files:
        entered: set[tuple[str, str]] = set()
        for where, text in pieces_of(path):
            found = known.get(text)
            if found is None:
                found = known[text] = [] if text in keys else list(_search(text, canaries, keys))
            for what, shown in found:
                if (what, shown) not in entered:
                    entered.add((what, shown))
                    done.hits.append(Hit(str(path), where, what, shown))
    done.pieces = len(known)


def _search(text: str, canaries: Canaries, keys: set[str]) -> Iterator[tuple[str, str]]:
    taken: list[tuple[int, int]] = []
    for start, end, label in find_personal(text):
        if text[start:end] not in keys:
            taken.append((start, end))
            yield KINDS[label], "*" * (end - start)
    for start, end, what in canaries.found_in(text):
        if all(end <= s or start >= e for s, e in taken) and text[start:end] not in keys:
            yield what, "*" * (end - start)


def _keys(processed: Path) -> set[str]:
    """Codes of households, villages, records and files: long numbers that are nobody's."""
    found: set[str] = set()
    for path in sorted((processed / "clean").glob("*.parquet")):
        frame = pd.read_parquet(path)
        for column in frame.columns.intersection(list(KEYS)):
            found |= {str(v) for v in frame[column].dropna().unique() if not find_personal(str(v)) or _is_code(str(v))}
    return found


def _is_code(text: str) -> bool:
    """True for a code that begins with a twelve-digit place or is a file's hash, and no 18-digit identity number."""
    return len(text) == 64 or (OWN_CODE.match(text) is not None and len(text) in {12, 13, 14, 16, 17})


def _words(processed: Path, plan: Plan) -> list[str]:
    """Texts whose parts are no names: places, targets, items, questions and the notebooks' own words."""
    said = [c.name for c in plan.classes.values()] + [i.name for f in plan.forms.values() for i in f.items]
    said += [q.label for q in plan.questions.values()] + [t for q in plan.questions.values() for t in q.levels]
    for name, column in (("places", "name"), ("objects", "name")):
        path = processed / "clean" / f"{name}.parquet"
        if path.is_file():
            said += [str(v) for v in pd.read_parquet(path, columns=[column])[column].dropna()]
    return said


def _targets(outputs: Path) -> dict[str, str]:
    """Target code of each page, from the manifest."""
    path = outputs / "manifest.json"
    try:
        reports = json.loads(path.read_text(encoding="utf-8")).get("reports", {})
    except (OSError, ValueError):
        return {}
    return {str(slug): str(entry.get("target", "")) for slug, entry in reports.items()}
