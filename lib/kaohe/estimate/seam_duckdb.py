"""Cells of Parquet files or of a DuckDB relation: one SQL group-by that may be larger than memory.

Nothing that a caller passes reaches SQL unquoted. The connection made for Parquet files loads no
extension, sees no file but those named, holds to the memory limit, and spills into a folder that
is gone afterwards.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.tables import RANDOM
from kaohe.estimate.seam_bins import Extra
from kaohe.estimate.seam_frame import check_columns
from kaohe.estimate.seam_spec import HIGH, LOW, SELECTION, SUM, Item, Spec, is_void
from kaohe.estimate.seam_sql import among, literal, missing, number, quoted

if TYPE_CHECKING:
    import duckdb

SOURCE = "kaohe_seam_source"  # the records' name in a query


def local_files(source: object) -> list[str]:
    """Files of a path, a glob or a list of them.

    Raises
    ------
    InputRefused
        K381 without any file, or for an address on a network.
    """
    asked = [source] if isinstance(source, (str, Path)) else list(source)  # type: ignore[call-overload]
    found: list[str] = []
    for one in asked:
        text = str(one)
        path = Path(text)
        if path.is_dir():
            mine = sorted(path.glob("*.parquet"))
        elif path.is_file():
            mine = [path]
        else:
            base = Path(path.anchor or ".")
            mine = [] if "://" in text else sorted(base.glob(str(path.relative_to(path.anchor))))
        if not mine:
            raise InputRefused(
                "K381", "There are no Parquet files", got=text,
                expected="a local file, a folder of *.parquet, or a pattern such as data/*.parquet",
            )  # fmt: skip
        found.extend(str(f.resolve()) for f in mine)
    return found


@dataclass(frozen=True)
class Limits:
    """What a pass may use: memory as DuckDB writes it, threads (None for all), where to spill, most cells."""

    memory: str = "4GB"
    threads: int | None = None
    folder: str | Path | None = None
    cells: int = 20_000_000
    compensated: bool = False


@dataclass(frozen=True)
class Table:
    """An open source: its columns with their types, and how to ask it."""

    relation: duckdb.DuckDBPyRelation
    types: dict[str, str] = field(default_factory=dict)

    def ask(self, sql: str, limits: Limits) -> pd.DataFrame:
        """Rows of a query over the source, refused where they are more than `limits` allow."""
        answer = self.relation.query(SOURCE, f"SELECT * FROM ({sql}) LIMIT {limits.cells + 1}")
        made = answer.df() if answer is not None else pd.DataFrame()
        if len(made) > limits.cells:
            raise InputRefused(
                "K388", "The sums are too many to hold", got=f"more than {limits.cells:,} cells",
                expected="far fewer cells (domain × unit) than records",
                remedy="fewer columns in `by`, units of a higher stage, or a larger max_cells",
            )  # fmt: skip
        return made


@contextmanager
def opened(source: Any, limits: Limits) -> Iterator[Table]:
    """A relation as it is, or Parquet files in a connection of their own that ends here.

    Raises
    ------
    InputRefused
        K381 as `local_files`; K382 for files that are not Parquet or damaged, or no room to
        spill; K383 where the memory limit does not suffice.
    """
    import duckdb

    try:
        if type(source).__name__ == "DuckDBPyRelation":
            yield _table(source)
            return
        files = local_files(source)
        with tempfile.TemporaryDirectory(
            prefix="kaohe-spill-", dir=limits.folder, ignore_cleanup_errors=True
        ) as folder:
            settings: dict[str, Any] = {
                "memory_limit": limits.memory, "temp_directory": folder, "preserve_insertion_order": False,
                "autoload_known_extensions": False, "autoinstall_known_extensions": False,
                "allow_community_extensions": False,
            }  # fmt: skip
            if limits.threads is not None:
                settings["threads"] = limits.threads
            with duckdb.connect(":memory:", config=settings) as connection:
                names = ", ".join(literal(f) for f in files)
                connection.execute(f"SET allowed_paths = [{names}]")
                connection.execute("SET enable_external_access = false")
                connection.execute("SET lock_configuration = true")
                yield _table(connection.sql(f"SELECT * FROM read_parquet([{names}])"))
    except duckdb.OutOfMemoryException as error:
        raise InputRefused(
            "K383", "The memory limit does not suffice", got=f"memory_limit = {limits.memory}",
            remedy="a larger memory_limit, fewer threads, or fewer columns in `by`",
        ) from error  # fmt: skip
    except duckdb.BinderException:
        raise
    except (duckdb.Error, OSError) as error:
        raise InputRefused(
            "K382", "The source cannot be read", got=type(error).__name__,
            expected="whole Parquet files with the same columns, room to spill, and a memory_limit such as 4GB",
        ) from error  # fmt: skip


def _table(relation: duckdb.DuckDBPyRelation) -> Table:
    return Table(relation, {n: str(t) for n, t in zip(relation.columns, relation.types, strict=True)})


def condition(types: dict[str, str], spec: Spec) -> tuple[str, str]:
    """SQL of the records within `where`, and of those for which it is missing."""
    if spec.where is None:
        return "TRUE", "FALSE"
    if isinstance(spec.where, str):
        if types[spec.where] != "BOOLEAN":
            raise InputRefused(
                "K402", "A domain is not a yes or no for each record", where=f"column {spec.where}",
                got=types[spec.where], expected="booleans",
            )  # fmt: skip
        return f"coalesce({quoted(spec.where)}, FALSE)", f"{quoted(spec.where)} IS NULL"
    return " AND ".join(among(types, column, values) for column, values in spec.where) or "TRUE", "FALSE"


def item_sql(types: dict[str, str], item: Item) -> tuple[str, str]:
    """Numerator and denominator (empty where none) of a record."""
    if item.kind == "level":
        same = "FALSE" if is_void(item.level) else f"{quoted(item.column)} = {literal(item.level)}"
        void = missing(types, item.column)
        return f"CASE WHEN {void} THEN NULL WHEN {same} THEN 1.0::DOUBLE ELSE 0.0::DOUBLE END", ""
    y = number(types, item.column)
    if item.kind == "fgt":
        line = literal(item.line)
        gap = " * ".join([f"(({line} - ({y})) / {line})"] * item.power) or "1.0::DOUBLE"
        return f"CASE WHEN ({y}) IS NULL THEN NULL WHEN ({y}) < {line} THEN {gap} ELSE 0.0::DOUBLE END", ""
    return y, number(types, item.per) if item.per else ""


def record_sql(types: dict[str, str], spec: Spec, records: str) -> str:
    """The records with what the sums need: keys, weights, values that are NULL where they do not count."""
    w = number(types, spec.weight)
    within, void = condition(types, spec)
    columns = [f"{quoted(c)} AS k{i}" for i, c in enumerate(spec.keys)]
    columns += [f"{w} AS w", f"{within} AS inside", f"{void} AS void"]
    if SELECTION in types:
        columns.append(f"{quoted(SELECTION)} AS selection")
    columns += [f"{number(types, c)} AS s{i}" for i, c in enumerate(spec.sizes)]
    if spec.calibration:
        columns.append(f"{number(types, spec.calibration.before)} AS before")
    counted = "w > 0 AND NOT isinf(w)" + ("" if spec.where is None else " AND inside")
    values = []
    for k, item in enumerate(spec.items):
        y, x = item_sql(types, item)
        columns.append(f"{y} AS p{k}")
        both = f"p{k} IS NOT NULL"
        if x:
            columns.append(f"{x} AS q{k}")
            both += f" AND q{k} IS NOT NULL"
            values.append(f"CASE WHEN {counted} AND {both} THEN q{k} END AS x{k}")
        values.append(f"CASE WHEN {counted} AND {both} THEN p{k} END AS y{k}")
    return (
        f"SELECT *, {', '.join([f'{counted} AS counted', *values])} FROM (SELECT {', '.join(columns)} FROM ({records}))"
    )


def cells_sql(types: dict[str, str], spec: Spec, records: str, *, compensated: bool = False) -> str:
    """The whole pass as one statement; its columns are those of `kaohe.estimate.seam_frame.frame_cells`."""
    total = "fsum" if compensated else "sum"
    bad = "w IS NULL OR isinf(w) OR w < 0"
    out = {
        f"{SUM}all": "count(*)", f"{SUM}rows": "count_if(inside)", f"{SUM}counted": "count_if(counted)",
        f"{SUM}w": f"coalesce({total}(CASE WHEN w > 0 AND NOT isinf(w) THEN w END), 0)", f"{SUM}bad": f"count_if({bad})",
        f"{SUM}void": "count_if(void)",
    }  # fmt: skip
    if SELECTION in types:
        other = f"selection IS DISTINCT FROM {literal(RANDOM)}"
        out[f"{SUM}other"] = f"count_if({other})"
        out[f"{HIGH}other"] = f"max(CASE WHEN {other} THEN coalesce(CAST(selection AS VARCHAR), 'nan') ELSE '' END)"
    for i, column in enumerate(spec.sizes):
        out |= {f"{LOW}{column}": f"min(s{i})", f"{HIGH}{column}": f"max(s{i})"}
        out[f"{SUM}void {column}"] = f"count(*) - count(s{i})"
    if spec.calibration:
        wrong = "before IS NULL OR isinf(before) OR before < 0 OR (before = 0 AND w > 0)"
        out[f"{SUM}before"] = f"coalesce({total}(CASE WHEN {wrong} THEN 0 ELSE before END), 0)"
        out[f"{SUM}wrong"] = f"count_if({wrong})"
        g = "CASE WHEN before > 0 THEN w / before END"
        out |= {f"{LOW}g": f"min({g})", f"{HIGH}g": f"max({g})"}
    for k, item in enumerate(spec.items):
        ratio = bool(item.per)
        answered = f"{total}(CASE WHEN y{k} IS NOT NULL THEN w END)"
        made = {
            "n": f"count(y{k})", "x": f"{total}(w * x{k})" if ratio else answered, "y": f"{total}(w * y{k})",
            "yy": f"{total}(w * y{k} * y{k})", "w": answered, "xy": f"{total}(w * x{k} * y{k})",
            "xx": f"{total}(w * x{k} * x{k})",
        }  # fmt: skip
        out |= {
            name: made[name[1:].split(".")[0]]
            if name[1:].startswith("n.")
            else f"coalesce({made[name[1:].split('.')[0]]}, 0)"
            for name in spec.names(k)
        }
    keys = [f"k{i} AS {quoted(c)}" for i, c in enumerate(spec.keys)]
    sums = [
        f"CAST({v} AS DOUBLE) AS {quoted(n)}" if n != f"{HIGH}other" else f"{v} AS {quoted(n)}" for n, v in out.items()
    ]
    groups = ", ".join(f"k{i}" for i in range(len(spec.keys)))
    return f"SELECT {', '.join([*keys, *sums])} FROM ({record_sql(types, spec, records)}) GROUP BY {groups}"


def duckdb_cells(source: Any, spec: Spec, limits: Limits, extra: Extra | None = None) -> pd.DataFrame:
    """Cells of Parquet files (path, glob, folder or list) or of a relation; see `opened` for what is refused."""
    with opened(source, limits) as table:
        check_columns(list(table.types), spec)
        types, records = dict(table.types), "SELECT * FROM kaohe_seam_source"
        if extra is not None:
            records, added = extra.sql(types)
            types |= added
        return table.ask(cells_sql(types, spec, records, compensated=limits.compensated), limits)
