"""Tables for readers: ``outputs/tables/*.xlsx`` and ``*.csv``, made from the built tables, fresh ones left alone.

Workbooks are typed (numbers as numbers, shares in percent) and begin with a sheet of their origin;
CSV files are UTF-8 with a mark of byte order, as Excel needs it. The same tables give the same bytes.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

import kaohe
from kaohe.base.built import BUILT
from kaohe.base.errors import DisclosureError
from kaohe.base.files import read_parquet, sha256_file, sweep, write_bytes, write_json, write_text
from kaohe.base.plan import Plan
from kaohe.clean.book_out import SheetOut, Shown, legible, neutral, write_book
from kaohe.clean.scrub import looks_personal
from kaohe.publish.built import BuildInfo
from kaohe.publish.table_books import LISTS, Book, books_of
from kaohe.publish.table_cells import HIDDEN, UNKNOWN, Names, cells
from kaohe.publish.tables_state import FOLDER, README, STATE, code, read_state, stamp


@dataclass
class TablesOut:
    """What was done: files written, files that were fresh, built tables that are not there.

    Attributes
    ----------
    folder : Path
        Of workbooks and CSV files.
    made, fresh : list of str
        Names of files that were written, and of those that needed no writing.
    absent : set of str
        Built tables that are not there.
    """

    folder: Path
    made: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)
    absent: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Wanted:
    """One file to make: its name, the tables it depends on, what makes it."""

    name: str
    tables: tuple[str, ...]
    make: Callable[[], bytes]


def write_tables(
    outputs: Path, info: BuildInfo, plan: Plan, *, force: bool = False, only: Collection[str] | None = None
) -> TablesOut:
    """Write the workbooks and CSV files that are not fresh.

    Parameters
    ----------
    outputs : Path
        Gets ``tables/``; the caller holds its lock.
    info : BuildInfo
        The build they are made from.
    plan : Plan
    force : bool
        Write what is fresh, too.
    only : collection of str, optional
        Only the files of these names; None: everything.

    Returns
    -------
    TablesOut

    Raises
    ------
    DisclosureError
        K364 when a cell looks like an identity number, an account or a telephone; that file and
        those behind it are not written.
    InputRefused
        K101, K102 for a built table.
    """
    home = outputs / FOLDER
    home.mkdir(parents=True, exist_ok=True)
    sweep(home)
    done = TablesOut(home)
    before, made_from = read_state(home)
    state, now = dict(before), stamp(info, plan)
    source = _Source(info, plan)
    done.absent = {t for t in LISTS if t not in source}
    try:
        for wanted in source.files():
            if only is not None and wanted.name not in only:
                continue
            inputs = source.fingerprint(wanted.tables)
            path = home / wanted.name
            known = before.get(wanted.name, {})
            if not force and known.get("inputs") == inputs and path.is_file() and sha256_file(path) == known["sha256"]:
                done.fresh.append(wanted.name)
                continue
            data = wanted.make()
            write_bytes(path, data)
            state[wanted.name] = {"inputs": inputs, "sha256": hashlib.sha256(data).hexdigest()}
            done.made.append(wanted.name)
        if only is None:
            for name in state.keys() - {*done.made, *done.fresh}:
                with suppress(FileNotFoundError):
                    (home / name).unlink()
                del state[name]
            said = "\n".join(" ".join(str(c) for c in line) for line in source.about("考核数据表", list(LISTS))) + "\n"
            write_text(home / README, said)
    except BaseException:
        now = ""
        raise
    finally:
        if only is not None and made_from != now:
            now = ""
        write_json(home / STATE, {"files": state, "made from": now})
    return done


class _Source:
    """The built tables of one build, read once each, and the files that come of them."""

    def __init__(self, info: BuildInfo, plan: Plan) -> None:
        self._info, self._plan = info, plan
        self._frames: dict[str, pd.DataFrame] = {}
        self._checked: set[str] = set()
        targets = self.frame("targets")
        self._books = books_of(targets, plan)
        places = dict(zip(targets["object"], targets["name"], strict=True))
        if "counties" in self:
            counties = self.frame("counties")
            places |= dict(zip(counties["county"], counties["name"], strict=True))
        self._names = Names(places, plan)

    def __contains__(self, table: str) -> bool:
        return (self._info.folder / f"{table}.parquet").is_file()

    def frame(self, table: str) -> pd.DataFrame:
        """A built table."""
        if table not in self._frames:
            self._frames[table] = read_parquet(self._info.folder / f"{table}.parquet")
        return self._frames[table]

    def files(self) -> Iterator[Wanted]:
        """Every file there is to make."""
        for book in self._books:
            yield Wanted(f"{book.slug}.xlsx", book.tables, lambda book=book: self.book(book))  # type: ignore[misc]
        for table in LISTS:
            if table in self:
                yield Wanted(f"{table.replace('_', '-')}.csv", (table,), lambda table=table: self.csv(table))  # type: ignore[misc]

    def fingerprint(self, tables: Collection[str]) -> str:
        """Digest of what a file is made from: its tables, targets, plan, origin and our own code."""
        parts = [self._info.tables.get(t, "") for t in ("targets", "counties", *tables)]
        parts += [self._info.data_hash, self._info.origin, self._plan.digest, code(), kaohe.__version__]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def about(self, title: str, tables: list[str]) -> list[list[Any]]:
        """The first sheet: where the numbers come from and how they are to be read."""
        meta, info = self._plan.meta, self._info
        lines: list[list[Any]] = [
            ["标题", title],
            ["密级", str(meta["mark"])],
            *([["注意", info.banner]] if info.banner else []),
            ["依据", f"{meta['title']}（{meta['document_no']}）"],
            ["方案参数", f"{meta['id']}，指纹 {self._plan.digest[:12]}"],
            ["数据指纹", info.data_hash[:16] or "未注明"],
            ["程序版本", f"kaohe {kaohe.__version__}"],
            [],
            [HIDDEN, "应答户（村）太少或误差太大，按规定不列示；不是0，也不是缺报"],
            [UNKNOWN, "抽样误差无法估计，不列示"],
            ["空格", "该行没有这一项"],
            ["比例", "以0至1存储，工作簿中显示为百分数"],
            ["名次", "并列的名次相同；缺数据和待核的对象不排名次"],
            [],
            ["表", "内容"],
        ]  # fmt: skip
        for table in tables:
            there = f"{len(self.frame(table))} 行（全省）" if table in self else "本次没有这张表"
            lines.append([BUILT[table].label, f"{table}，{there}"])
        return lines

    def book(self, book: Book) -> bytes:
        """The bytes of one workbook."""
        sheets = [SheetOut("说明", [], self.about(book.title, list(book.tables)))]
        for page in book.pages:
            if page.table not in self:
                continue
            heads, rows = cells(page.table, page.rows(self.frame(page.table)), self._names)
            self._look(page.table)
            sheets.append(SheetOut(page.name, heads, rows))
        marks = "　".join(m for m in (str(self._plan.meta["mark"]), self._info.banner) if m)
        return write_book(sheets, title=book.title, header=marks, subject=str(self._plan.meta["id"]))

    def csv(self, table: str) -> bytes:
        """The bytes of one CSV: all rows of a table, formulas made harmless."""
        heads, rows = cells(table, self.frame(table), self._names)
        self._look(table)
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow([h.label for h in heads])
        writer.writerows([_plain(v) for v in row] for row in rows)
        return b"\xef\xbb\xbf" + out.getvalue().encode()

    def _look(self, table: str) -> None:
        """Refuse a table with a text that looks personal."""
        if table in self._checked:
            return
        for column, (mark, label) in BUILT[table].columns.items():
            if mark == "s" and column != "sha256":
                for value in self.frame(table)[column].unique():
                    if looks_personal([str(value)]):
                        raise DisclosureError(
                            "K364", "A table for readers holds what looks like personal data",
                            where=f"{table} › {label}", got=f"{len(str(value))} characters (masked)",
                            expected="no identity number, account or telephone",
                            remedy="mend the raw record, then run `kaohe clean`, `kaohe build` and this again",
                        )  # fmt: skip
        self._checked.add(table)


def _plain(value: Any) -> str:
    """A value in a CSV: numbers with a point, dates as ISO, 是/否, text that no program takes for a formula."""
    if isinstance(value, Shown):
        value = value.value
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, int):
        return str(value)
    return neutral(legible(str(value)))


def said(done: TablesOut) -> str:
    """How the writing of tables went, from what was `done`, in a line."""
    text = f"tables: {len(done.made)} written, {len(done.fresh)} unchanged; see {done.folder}"
    return text + (f" (not built: {', '.join(sorted(done.absent))})" if done.absent else "")
