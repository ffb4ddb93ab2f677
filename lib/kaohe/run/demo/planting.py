"""Plants faults in grids: which rows, which kinds, never two in one row, each entered in the key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from kaohe.clean.book_out import csv_text
from kaohe.run.demo.faults import MAKERS, NOTE, OUTCOMES, Fault
from kaohe.run.demo.grid import Grid, Value

_FILE_KINDS = {"gb18030": "gb18030", "gb18030-bom": "gb18030_bom", "utf-8-sig": "utf8_bom"}


@dataclass(frozen=True)
class Recipe:
    """What to plant in one table.

    Attributes
    ----------
    share : float
        Share of rows that get a fault.
    kinds : tuple of str
        Kinds made in single cells (keys of `MAKERS`), and ``other_county``.
    duplicates : float
        Share of rows that stand twice, half of them with other content where `vary` names a column.
    vary : str
        The column that differs in a duplicate of the key.
    columns : tuple of str
        Only these columns (clean names) get faults; all when empty.
    least : int
        At least so many faults, rows permitting.
    """

    share: float
    kinds: tuple[str, ...]
    duplicates: float = 0.0
    vary: str = ""
    columns: tuple[str, ...] = ()
    least: int = 0


@dataclass
class Planter:
    """Plants and keeps the key.

    Parameters
    ----------
    rng : Generator
    counties : dict of str to list of str
        Names of each city's counties, for counties of another city.
    """

    rng: np.random.Generator
    counties: dict[str, list[str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    _turn: dict[str, int] = field(default_factory=dict)
    _used: dict[str, set[int]] = field(default_factory=dict)

    def plant(self, grid: Grid, recipe: Recipe, rows: Sequence[int] | None = None) -> None:
        """Plant faults of a recipe in a grid's rows (all when none are named), then its duplicates.

        The file's encoding is noted in the key the first time; rows with a fault are left alone.
        """
        if grid.file not in self._used and grid.encoding in _FILE_KINDS:
            kind = _FILE_KINDS[grid.encoding]
            self.faults.append(Fault(grid.file, grid.sheet, 0, "", "", kind, grid.encoding, NOTE))
        used = self._used.setdefault(grid.file, set())
        free = np.array([r for r in (range(len(grid.rows)) if rows is None else rows) if r not in used], dtype=np.int64)
        n = len(free)
        wanted = min(n, max(recipe.least, int(self.rng.binomial(n, recipe.share)))) if recipe.kinds else 0
        twice = int(self.rng.binomial(n, recipe.duplicates))
        order = self.rng.permutation(free)
        used.update(order[: wanted + twice].tolist(), range(len(grid.rows), len(grid.rows) + twice))
        for row in order[:wanted]:
            self._cell(grid, int(row), recipe)
        for row in order[wanted : wanted + twice]:
            self._twice(grid, int(row), recipe.vary)

    def enter(self, grid: Grid, row: int, column: str, kind: str, value: str) -> None:
        """Enter a fault of one data row (counted from 0)."""
        self.faults.append(Fault(grid.file, grid.sheet, row + 2, column, grid.key(row), kind, value, OUTCOMES[kind]))

    def _next(self, table: str, kinds: Sequence[str]) -> list[str]:
        """Kinds in turn, so that each occurs."""
        turn = self._turn.get(table, int(self.rng.integers(len(kinds))))
        self._turn[table] = turn + 1
        return [kinds[(turn + i) % len(kinds)] for i in range(len(kinds))]

    def _cell(self, grid: Grid, row: int, recipe: Recipe) -> None:
        for kind in self._next(grid.contract.name, recipe.kinds):
            if kind == "other_county":
                if self._other_county(grid, row):
                    return
                continue
            for column in self.rng.permutation(len(grid.columns)):
                spec = grid.columns[column]
                if recipe.columns and spec.name not in recipe.columns:
                    continue
                made = MAKERS[kind](self.rng, grid.rows[row][column], spec)
                if made is not None:
                    key = grid.key(row)
                    grid.rows[row][column] = made
                    code = "K282" if kind == "stray" and spec.kind == "code" else ""
                    where = Fault(grid.file, grid.sheet, row + 2, spec.label, key, kind, made, OUTCOMES[kind], code)
                    self.faults.append(where)
                    return

    def _other_county(self, grid: Grid, row: int) -> bool:
        names = {c.name for c in grid.columns}
        if not {"city", "county"} <= names:
            return False
        city = csv_text(grid.rows[row][grid.position("city")])
        others = [n for c, inside in self.counties.items() if c != city for n in inside]
        at = grid.position("county")
        grid.rows[row][at] = others[int(self.rng.integers(len(others)))]
        self.enter(grid, row, grid.columns[at].label, "other_county", csv_text(grid.rows[row][at]))
        return True

    def _twice(self, grid: Grid, row: int, vary: str) -> None:
        """Append a row once more: the same, or with another value in one column."""
        again = list(grid.rows[row])
        column = grid.columns[grid.position(grid.contract.key[0])].label
        value = csv_text(grid.rows[row][grid.position(grid.contract.key[0])])
        grid.rows.append(again)
        last = len(grid.rows) - 1
        if vary and self.rng.random() < 0.5 and self._vary(again, grid, vary):
            self.enter(grid, row, column, "duplicate_key", value)
            self.enter(grid, last, column, "duplicate_key", value)
        else:
            self.enter(grid, last, column, "duplicate_row", value)

    def _vary(self, row: list[Value], grid: Grid, name: str) -> bool:
        at = grid.position(name)
        spec = grid.columns[at]
        old = csv_text(row[at])
        if spec.kind == "int" and old.isdigit():
            top = int(spec.max) if spec.max is not None else 10**6
            number = int(old) + 1 if int(old) < top else int(old) - 1
            row[at] = number if grid.encoding == "xlsx" else str(number)
        elif spec.kind == "grade":
            row[at] = "较好" if old == "好" else "好"
        elif spec.kind == "text":
            row[at] = old + "（补）"
        else:
            return False
        return True
