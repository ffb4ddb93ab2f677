"""The register beside which a single file is checked: the office's raw files, or its clean tables."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Collection
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.files import read_parquet
from kaohe.base.plan import Plan
from kaohe.base.tables import RAW
from kaohe.clean.form_tables import TABLE as FORMS

REGISTER = ("objects", "places")
LISTS = ("sample_villages", "sample_households", "teams")
NEEDED = {
    "households": ("sample_villages", "sample_households"), "villages": ("sample_villages",),
    "sample_households": ("sample_villages",), FORMS: ("teams",),
}  # fmt: skip
_TYPES = {".csv", ".txt", ".tsv", ".xlsx", ".xls"}


@dataclass(frozen=True)
class Context:
    """Tables to check against.

    Attributes
    ----------
    source : {"raw", "clean", "given", ""}
        Raw files, clean tables, the files being checked themselves, or nothing.
    folder : Path
        Where they are.
    plan : Plan
    files : dict of table to raw files
    absent : tuple of str
        Tables that would be needed and are not there.
    synthetic : bool
        Demonstration data.
    """

    source: str
    folder: Path
    plan: Plan
    files: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    synthetic: bool = False

    @property
    def found(self) -> bool:
        """True when there is a register."""
        return bool(self.source)

    def place(self, folder: Path, *, leave_out: Collection[str] = ()) -> list[Path]:
        """Put the tables below `folder` as raw files, without those being checked; their paths.

        Parameters
        ----------
        folder : Path
            A raw folder to be filled.
        leave_out : collection of str
            Names of tables that are not put there.
        """
        paths: list[Path] = []
        if self.synthetic:
            (folder / "origin.toml").write_text("synthetic = true\n", encoding="utf-8")
        for table, files in self.files.items():
            if table in leave_out:
                continue
            for file in files:
                if self.source != "clean":
                    target = folder / file.relative_to(self.folder)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, target)
                else:
                    target = folder / RAW[table].pattern.replace(".*", ".csv")
                    self._from_clean(table, file, target)
                paths.append(target)
        return paths

    def _from_clean(self, table: str, file: Path, target: Path) -> None:
        """A clean table written as the raw file it came from."""
        frame = read_parquet(file)
        shorts = {c.id: c.short for c in self.plan.classes.values()}
        columns = [c for c in RAW[table].columns if c.kind != "personal" and c.name in frame.columns]
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow([c.label for c in columns])
            for row in frame[[c.name for c in columns]].itertuples(index=False, name=None):
                writer.writerow([_raw(v, c.kind, shorts) for v, c in zip(row, columns, strict=True)])


def _raw(value: object, kind: str, shorts: dict[str, str]) -> str:
    """A clean value as a raw file writes it."""
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if kind == "flag":
        return "是" if value else "否"
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e5 else f"{value:.0f}"
    return shorts.get(str(value), str(value))


def find_context(raw: Path, processed: Path, plan: Plan, tables: Collection[str]) -> Context:
    """What these tables are checked against: raw files where objects and places are among them, else clean tables."""
    lists = [t for t in LISTS if any(t in NEEDED.get(c, ()) for c in tables)]
    wanted = [t for t in (*REGISTER, *lists) if t not in tables]
    files = {t: _raw_files(raw, t) for t in wanted}
    if all(files.get(t) or t in tables for t in REGISTER):
        found = {t: f for t, f in files.items() if f}
        absent = tuple(t for t in wanted if t not in found)
        return Context("raw" if found else "given", raw, plan, found, absent, is_synthetic(raw))
    clean = processed / "clean"
    if all((clean / f"{t}.parquet").is_file() for t in REGISTER):
        try:
            there: dict[str, tuple[Path, ...]] = {
                t: (clean / f"{t}.parquet",) for t in wanted if len(read_parquet(clean / f"{t}.parquet"))
            }
            demo = json.loads((clean / "intake.json").read_text(encoding="utf-8")).get("origin") == "demo"
        except (InputRefused, OSError, ValueError):
            return Context("", raw, plan, absent=tuple(wanted), synthetic=is_synthetic(raw))
        return Context("clean", clean, plan, there, tuple(t for t in wanted if t not in there), demo)
    return Context("", raw, plan, absent=tuple(wanted), synthetic=is_synthetic(raw))


def _raw_files(raw: Path, table: str) -> tuple[Path, ...]:
    if not raw.is_dir():
        return ()
    folder = raw / RAW[table].pattern.rsplit("/", 1)[0]
    return tuple(
        p
        for p in sorted(folder.glob("*"))
        if p.is_file()
        and p.suffix.lower() in _TYPES
        and not p.name.startswith((".", "~$"))
        and fnmatchcase(p.relative_to(raw).as_posix(), RAW[table].pattern)
    )


def is_synthetic(folder: Path) -> bool:
    """True when a folder is marked as demonstration data."""
    try:
        return "synthetic = true" in (folder / "origin.toml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
