"""Columns that the two passes of a quantile add to the records: a bin; then a segment and the values to keep.

Both are written twice, for frames and as SQL. Bins are of equal width in the signed logarithm of
1 + |y|: in order, about 0.02 % of the value wide, and the same whatever the data, so that passes,
partitions and workers agree without talking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.estimate.seam_spec import SUM, Spec
from kaohe.estimate.seam_sql import literal, number, quoted

BIN, SEGMENT, VALUE = "·bin", "·segment", "·value"
Y, AT = '"·y"', '"·at"'  # inside a query
WIDTH = 4096  # bins for one unit of the logarithm
FAR = 2**40  # beyond every bin


class Extra(Protocol):
    """Columns added to a source before its cells are taken."""

    def frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with the columns."""
        ...

    def sql(self, types: dict[str, str]) -> tuple[str, dict[str, str]]:
        """A query over the source with the columns, and their types."""
        ...


def bin_of(y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Bin of each value, NaN for NaN."""
    return np.asarray(np.floor(np.sign(y) * np.minimum(np.log(1 + np.abs(y)), 800.0) * WIDTH), dtype=float)


def bin_sql(value: str) -> str:
    """Bin of a value in SQL; NULL for NULL."""
    return f"floor(sign({value}) * least(ln(1 + abs({value})), 800.0::DOUBLE) * {WIDTH})"


@dataclass(frozen=True)
class Bins:
    """The first pass: the bin of one variable."""

    column: str
    spec: Spec

    def frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with the bin."""
        y = frame[self.column].to_numpy(dtype=float, na_value=np.nan)
        return frame.assign(**{BIN: bin_of(y)})

    def sql(self, types: dict[str, str]) -> tuple[str, dict[str, str]]:
        """Records with the bin."""
        inner = f"SELECT *, {number(types, self.column)} AS {Y} FROM kaohe_seam_source"
        return f"SELECT * EXCLUDE ({Y}), {bin_sql(Y)} AS {quoted(BIN)} FROM ({inner})", {BIN: "DOUBLE"}


@dataclass(frozen=True)
class Brackets:
    """The second pass: which bins of each domain are kept value by value.

    Attributes
    ----------
    table : DataFrame
        One row a domain: its levels, then first and last bin of each bracket (``lo0, hi0, …``),
        in order and apart from one another; unused ones lie beyond every bin.
    size : int
        Brackets of the domain that has most.
    """

    column: str
    spec: Spec
    table: pd.DataFrame
    size: int

    @classmethod
    def around(
        cls, histogram: pd.DataFrame, spec: Spec, column: str, shares: Mapping[Any, Sequence[tuple[float, float]]]
    ) -> Brackets:
        """Brackets that hold the given shares of each domain, with the neighbouring bins that hold records."""
        by = list(spec.by)
        groups = {(): histogram} if not by else dict(list(histogram.groupby(by, observed=True)))
        found: list[list[tuple[float, float]]] = []
        keys: list[Any] = []
        for key, part in groups.items():
            if key not in shares or not len(part):
                continue
            ordered = part.sort_values(BIN)
            bins = ordered[BIN].to_numpy(float)
            reached = np.cumsum(ordered[f"{SUM}x.0"].to_numpy(float))
            reached = reached / reached[-1]
            spans = []
            for low, high in shares[key]:
                first = max(int(np.searchsorted(reached, low - 1e-8)) - 1, 0)
                last = min(int(np.searchsorted(reached, high + 1e-8)) + 1, len(bins) - 1)
                spans.append((bins[min(first, len(bins) - 1)], bins[last]))
            found.append(_joined(spans))
            keys.append(key)
        size = max((len(f) for f in found), default=0)
        table = pd.DataFrame(keys, columns=by) if by else pd.DataFrame(index=range(len(keys)))
        for j in range(size):
            table[f"lo{j}"] = [f[j][0] if j < len(f) else float(FAR) for f in found]
            table[f"hi{j}"] = [f[j][1] if j < len(f) else float(FAR) for f in found]
        return cls(column, spec, table, size)

    def frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The frame with segment and value."""
        y = frame[self.column].to_numpy(dtype=float, na_value=np.nan)
        at = bin_of(y)
        by = list(self.spec.by)
        limits = [f"{side}{j}" for j in range(self.size) for side in ("lo", "hi")]
        if by:
            code = pd.MultiIndex.from_frame(self.table[by]).get_indexer(pd.MultiIndex.from_frame(frame[by]))
        else:
            code = np.zeros(len(frame), dtype=np.int64) if len(self.table) else np.full(len(frame), -1)
        known = (code >= 0) & ~np.isnan(at)
        segment = np.zeros(len(frame))
        for j in range(self.size):
            low, high = (self.table[c].to_numpy(float)[code] for c in limits[2 * j : 2 * j + 2])
            segment = segment + (at >= low) + (at > high)
        segment = np.where(known, segment, np.nan)
        return frame.assign(**{SEGMENT: segment, VALUE: np.where(segment % 2 == 1, y, np.nan)})

    def sql(self, types: dict[str, str]) -> tuple[str, dict[str, str]]:
        """Records with segment and value, joined to the brackets of their domain."""
        by = list(self.spec.by)
        added = {SEGMENT: "DOUBLE", VALUE: "DOUBLE"}
        if not len(self.table):
            nothing = ", ".join(f"NULL::DOUBLE AS {quoted(c)}" for c in added)
            return f"SELECT *, {nothing} FROM kaohe_seam_source", added
        limits = [f"{side}{j}" for j in range(self.size) for side in ("lo", "hi")]
        rows = []
        for row in self.table.itertuples(index=False):
            own = [f"CAST({literal(str(v))} AS {types[c]})" for c, v in zip(by, row, strict=False)]
            rows.append(f"({', '.join([*own, *(literal(float(v)) for v in row[len(by) :])])})")
        names = ", ".join([*(f"b{i}" for i in range(len(by))), *limits])
        match = " AND ".join(f"r.{quoted(c)} = t.b{i}" for i, c in enumerate(by)) or "TRUE"
        inner = f"SELECT *, {number(types, self.column)} AS {Y} FROM kaohe_seam_source"
        inner = f"SELECT *, {bin_sql(Y)} AS {AT} FROM ({inner})"
        steps = " + ".join(f"CAST({AT} >= t.lo{j} AS INT) + CAST({AT} > t.hi{j} AS INT)" for j in range(self.size))
        joined = f"SELECT r.*, CAST({steps} AS DOUBLE) AS {quoted(SEGMENT)} FROM ({inner}) r LEFT JOIN (VALUES {', '.join(rows)}) t({names}) ON {match}"
        value = f"CASE WHEN {quoted(SEGMENT)} IN ({', '.join(str(2 * j + 1) for j in range(self.size))}) THEN {Y} END"
        return f"SELECT * EXCLUDE ({Y}, {AT}), {value} AS {quoted(VALUE)} FROM ({joined})", added


def _joined(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Overlapping spans of bins as one."""
    out: list[tuple[float, float]] = []
    for low, high in sorted(spans):
        if out and low <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return out
