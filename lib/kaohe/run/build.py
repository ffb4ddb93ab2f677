"""All computed tables, for the whole province, in one go: compute once, show many.

`build_all` reads the clean tables, calls design, estimate and grade, checks every table against
its contract and puts the set in place as a whole. Unchanged inputs are not computed again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import kaohe
from kaohe.base.built import BUILT
from kaohe.base.check import conform
from kaohe.base.clock import office_day, stamp
from kaohe.base.errors import InputRefused
from kaohe.base.files import locked, read_json, read_parquet, sha256_file, swapped_folder, write_json, write_parquet
from kaohe.base.plan import Plan
from kaohe.base.tables import RAW
from kaohe.publish.sources import ROOT, digest
from kaohe.run.current import clean_hash, said_of_build

COMPUTING_ROOMS = ("base", "clean", "design", "estimate", "grade", "run")
EXTRA_TABLES = ("sample",)
Progress = Callable[[str], None]


@dataclass(frozen=True)
class BuildResult:
    """What a build did: the tables written with their hashes, or that nothing had changed."""

    folder: Path
    tables: dict[str, str]
    unchanged: bool
    info: dict[str, Any]


def code_hash(rooms: tuple[str, ...] = COMPUTING_ROOMS) -> str:
    """SHA-256 over the library's own source files in `rooms`, in path order."""
    return digest(path for room in rooms for path in (ROOT / room).rglob("*.py"))


def read_clean(processed: Path) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """The clean tables by name, and what intake.json says of them.

    Raises
    ------
    InputRefused
        K810 when there are no clean tables, K101 or K102 when one is missing or damaged.
    """
    folder = processed / "clean"
    intake = folder / "intake.json"
    if not intake.is_file():
        raise InputRefused(
            "K810",
            "There are no cleaned tables",
            where=str(folder),
            remedy="put the office's files into data/raw (or run `kaohe demo`), then run `kaohe clean`",
        )
    info = read_json(intake)
    names = [*RAW, "forms", "grades", "doubles", "findings", "accounts"]
    return {name: read_parquet(folder / f"{name}.parquet") for name in names}, info


def compute(
    clean: dict[str, pd.DataFrame], plan: Plan, *, as_of: date | None = None, progress: Progress = lambda _: None
) -> dict[str, pd.DataFrame]:
    """Every built table from the clean ones, each conforming to its contract; overdue as of a day."""
    from kaohe.clean.truth import build_intake_tables
    from kaohe.design import build_weights
    from kaohe.estimate import build_estimates
    from kaohe.grade import build_grades

    progress("weights")
    tables = dict(build_weights(clean, plan))
    progress("estimates")
    tables.update(build_estimates(clean, tables, plan))
    progress("grades")
    rng = np.random.default_rng(plan.choices["uncertainty"]["seed"])
    tables.update(build_grades(clean, tables, plan, rng=rng, as_of=as_of))
    progress("what came in")
    tables.update(build_intake_tables(clean, plan))
    return {**{name: conform(name, tables[name]) for name in BUILT}, **{name: tables[name] for name in EXTRA_TABLES}}


def build_all(
    processed: Path,
    plan: Plan,
    *,
    now: datetime,
    force: bool = False,
    progress: Progress = lambda _: None,
) -> BuildResult:
    """Compute all tables and replace data/processed/build as a whole.

    Parameters
    ----------
    processed : Path
        Folder that holds ``clean/`` and gets ``build/``.
    plan : Plan
    now : datetime
        Written into build.json as the time of the build.
    force : bool
        Compute although nothing has changed.
    progress : callable
        Told the name of each stage.

    Returns
    -------
    BuildResult
        The folder, its tables, and whether nothing had changed.

    Raises
    ------
    InputRefused
        K810 without clean tables, K812 for some that were cleaned under another plan; whatever the rooms refuse, by name.
    BusyError
        K501 when another run holds the folder.
    """
    home = processed / "build"
    if would_be_made(processed):  # only to find nothing in it
        _intake_info(processed)
    with locked(processed, "kaohe build"):
        clean_info = _intake_info(processed)
        _check_plan(processed, clean_info, plan)
        inputs = {
            "data_hash": clean_info["data_hash"],
            "clean_hash": clean_hash(processed),
            "plan_hash": plan.digest,
            "code_hash": code_hash(),
            "past_due": past_due(plan, office_day(now)),
        }
        current = said_of_build(home)
        if current and not force and all(current.get(k) == v for k, v in inputs.items()) and _whole(home, current):
            return BuildResult(home, current["tables"], True, current)
        clean, clean_info = read_clean(processed)
        tables = compute(clean, plan, as_of=office_day(now), progress=progress)
        progress("writing")
        with swapped_folder(home) as fresh:
            for name, frame in tables.items():
                write_parquet(fresh / f"{name}.parquet", frame)
            hashes = {name: sha256_file(fresh / f"{name}.parquet") for name in sorted(tables)}
            info = {
                "schema": 1,
                **inputs,
                "origin": clean_info["origin"],
                "seed": clean_info.get("seed"),
                "plan_id": plan.meta["id"],
                "library": kaohe.__version__,
                "built_at": stamp(now),
                "tables": hashes,
            }
            write_json(fresh / "build.json", info)
    return BuildResult(home, hashes, False, info)


def past_due(plan: Plan, day: date) -> bool:
    """True when rectification is overdue on a day: the one thing in a build that time alone changes."""
    return plan.rectify_due is not None and day > plan.rectify_due


def would_be_made(folder: Path) -> bool:
    """True where `folder` is not there and could be made: a command that reads from it refuses it instead."""
    return not folder.exists() and next(p for p in folder.absolute().parents if p.exists()).is_dir()


def _check_plan(processed: Path, clean_info: dict[str, Any], plan: Plan) -> None:
    """Refuse tables that were cleaned under another plan; its choices may differ."""
    from kaohe.clean.plan_hash import reading_hash

    if clean_info.get("plan", "") not in {"", reading_hash(plan)}:
        raise InputRefused(
            "K812", "The tables were cleaned under another plan", where=str(processed / "clean"),
            expected=f"tables cleaned under the plan in {plan.folder.name}: its questions, items, places, names and corrections",
            remedy="run `kaohe clean` with this plan, then `kaohe build`",
        )  # fmt: skip


def _intake_info(processed: Path) -> dict[str, Any]:
    intake = processed / "clean" / "intake.json"
    if not intake.is_file():
        read_clean(processed)
    return read_json(intake)


def _whole(home: Path, info: dict[str, Any]) -> bool:
    """True when every table of the last build is there with the hash it was written with."""
    paths = {name: home / f"{name}.parquet" for name in info["tables"]}
    return all(p.is_file() and sha256_file(p) == info["tables"][n] for n, p in paths.items())
