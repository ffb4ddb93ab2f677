"""The folder of built tables: where it is, what build.json says of it, and that it is whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kaohe.base.built import BUILT
from kaohe.base.errors import InputRefused, nearest
from kaohe.base.files import read_json, read_parquet, sha256_file, sha256_text
from kaohe.base.plan import Plan

if TYPE_CHECKING:
    import pandas as pd

ENV_PROCESSED, ENV_PLAN = "KAOHE_PROCESSED", "KAOHE_PLAN"
BANNER = "演示数据（虚构）"


@dataclass(frozen=True)
class BuildInfo:
    """What `kaohe build` says about its tables (build.json).

    Attributes
    ----------
    folder : Path
        Of the built tables.
    origin : {"demo", "office"}
        Invented data, or the office's.
    data_hash, plan_hash, build : str
        Hashes of the clean tables, of the plan, and of both with the library.
    time : str
        When, as ISO text.
    tables : dict of name to SHA-256
        Built tables.
    """

    folder: Path
    origin: str
    data_hash: str
    plan_hash: str
    build: str
    time: str
    tables: dict[str, str]

    @property
    def banner(self) -> str:
        """演示数据（虚构） for invented data, otherwise empty."""
        return BANNER if self.origin == "demo" else ""


def find_build(processed: str | Path = "") -> Path:
    """The folder of built tables within `processed`, the processed data (see `kaohe.publish.report.open_report` for an empty one).

    Raises
    ------
    InputRefused
        K804, naming where was looked.
    """
    given = str(processed) or os.environ.get(ENV_PROCESSED, "")
    if given:
        places = [Path(given)]
    else:
        here = Path.cwd()
        places = [folder / "data" / "processed" for folder in (here, *here.parents)]
    for place in places:
        for build in (place / "build", place):
            if (build / "targets.parquet").is_file():
                return build
    raise InputRefused(
        "K804",
        "There are no built tables",
        where=str(places[0]),
        expected="a folder with build/targets.parquet",
        remedy="run `kaohe clean` and `kaohe build` first, or `kaohe all --demo` to see the demonstration",
    )


def check_tables(info: BuildInfo) -> None:
    """Refuse built tables that are not, byte for byte, those that `kaohe build` wrote and of which `info` tells.

    Raises
    ------
    InputRefused
        K808, naming the first one.
    """
    for name, digest in sorted(info.tables.items()):
        path = info.folder / f"{name}.parquet"
        if not path.is_file() or sha256_file(path) != digest:
            raise InputRefused(
                "K808",
                "A built table is not the one that was built",
                where=str(path),
                got="another content" if path.is_file() else "no such file",
                expected=f"sha256 {digest[:12]}…, as build.json says",
                remedy="run `kaohe build --force`",
            )


def check_plan(info: BuildInfo, plan: Plan) -> None:
    """Refuse tables, of which `info` tells, that were built under another plan than `plan`.

    Raises
    ------
    InputRefused
        K805.
    """
    if info.plan_hash and info.plan_hash != plan.digest:
        raise InputRefused(
            "K805",
            "The tables were built under another plan",
            where=str(info.folder),
            got=info.plan_hash[:12],
            expected=f"{plan.digest[:12]}, the plan in {plan.folder.name}",
            remedy="run `kaohe build` with this plan, or name the plan the tables were built with",
        )


def build_info(build: Path) -> BuildInfo:
    """What build.json says beside the tables of the folder `build`.

    Raises
    ------
    InputRefused
        K807 when build.json is missing or unreadable.
    """
    path = build / "build.json"
    try:
        said = read_json(path)
    except InputRefused as error:
        raise InputRefused(
            "K807",
            "The built tables have no readable build.json",
            where=str(path),
            got=error.got or "no such file",
            remedy="run `kaohe build` again",
        ) from error
    origin = str(said.get("origin", "office"))
    return BuildInfo(
        folder=build,
        origin=origin if origin in {"demo", "office"} else "office",
        data_hash=str(said.get("data_hash", "")),
        plan_hash=str(said.get("plan_hash", "")),
        build=sha256_text("\0".join(str(said.get(k, "")) for k in ("data_hash", "plan_hash", "code_hash"))),
        time=str(said.get("built_at", "")),
        tables={str(k): str(v) for k, v in said.get("tables", {}).items()},
    )


def named_table(folder: Path, name: str) -> pd.DataFrame:
    """A table of a folder by name.

    Raises
    ------
    InputRefused
        K101 for a name that is not there, with those that are nearest; K102 for a damaged file.
    """
    path = folder / f"{name}.parquet"
    known = sorted(p.stem for p in folder.glob("*.parquet")) if folder.is_dir() else []
    if (known and name not in known) or not isinstance(name, str):
        raise InputRefused(
            "K101", "A table is missing", where=str(folder), got=str(name)[:60], expected="one such as " + ", ".join(nearest(str(name)[:60], known)),
            remedy="a table of the library that was not made yet: run `kaohe clean` and `kaohe build`",
        )  # fmt: skip
    return read_parquet(path)


def columns_of(table: str) -> dict[str, tuple[str, str]]:
    """Mark and label of each column of a built table; K802 for another table."""
    if table not in BUILT:
        raise InputRefused(
            "K802",
            "There is no such table",
            got=table,
            expected="one of " + ", ".join(nearest(table, BUILT)) + ", …",
            remedy="the built tables are listed in the data dictionary",
        )
    return BUILT[table].columns
