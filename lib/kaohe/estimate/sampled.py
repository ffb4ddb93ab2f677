"""A sample with its design: weights, strata, units, domains, and the numbers behind every estimate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.calibrate import Calibration
from kaohe.design.margins import basis, indicator_matrix
from kaohe.design.structure import Floats, FpcEntry, Ints, build_structure
from kaohe.estimate.linear import Block, Numbers, estimate_numbers, residual_scores, score_matrix
from kaohe.estimate.totals import as_matrix
from kaohe.estimate.variance import covariance

Columns: TypeAlias = str | Sequence[str]
Where: TypeAlias = Any


def as_list(columns: Columns) -> list[str]:
    """One name or several, as a list."""
    return [columns] if isinstance(columns, str) else list(columns)


def one_level(column: pd.Series, inside: npt.NDArray[np.bool_]) -> tuple[Ints, pd.DataFrame]:
    """Domain code of each row (−1 outside or without a level) and the table of domains, by one column."""
    if inside.all():
        codes, levels = pd.factorize(column, sort=True)
        return np.asarray(codes, dtype=np.int64), pd.DataFrame({column.name: levels})
    codes = np.full(len(column), -1, dtype=np.int64)
    codes[inside], levels = pd.factorize(column[inside], sort=True)
    return codes, pd.DataFrame({column.name: levels})


class Sampled:
    """What a design holds and how sums over it vary; `kaohe.estimate.Design` puts the estimates on top.

    The arguments are those of `Design`.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        *,
        weight: str,
        strata: str | None = None,
        psu: Columns,
        fpc: Sequence[FpcEntry] | None = None,
        fpc_kind: str = "count",
        lonely: str = "fail",
        nest: bool = False,
        calibration: Calibration | None = None,
    ) -> None:
        faults.need(frame, [weight], "design")
        if "selection" in frame.columns and (frame["selection"] != "抽样").any():
            other = frame.loc[frame["selection"] != "抽样", "selection"]
            raise faults.purposive(len(other), sorted(other.astype(str).unique()))
        w = frame[weight].to_numpy(dtype=float, na_value=np.nan)
        bad = ~np.isfinite(w) | (w < 0)
        if bad.any() or not (w > 0).any():
            raise faults.bad_weight(
                weight, int(bad.sum()), "missing, negative or infinite values" if bad.any() else "only 0"
            )
        self.frame = frame
        self.weight = weight
        self.w: Floats = w
        self.structure = build_structure(
            frame, strata=strata, psu=as_list(psu), fpc=fpc, fpc_kind=fpc_kind, lonely=lonely, nest=nest
        )
        self.calibration = calibration
        self.blocks: tuple[Block, ...] = self._blocks(calibration) if calibration else ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was merged."""
        return self.structure.notes

    @property
    def df(self) -> int:
        """Degrees of freedom of the whole design: first-stage units minus strata."""
        stage = self.structure.stages[0]
        return stage.n_units - len(np.unique(stage.group))

    def _blocks(self, calibration: Calibration) -> tuple[Block, ...]:
        columns = [calibration.before, *calibration.margins, *calibration.numeric]
        faults.need(self.frame, [*columns, *([calibration.partition] if calibration.partition else [])], "calibration")
        before = self.frame[calibration.before].to_numpy(float)
        if not np.all(np.isfinite(before)) or (before < 0).any() or ((before == 0) & (self.w > 0)).any():
            raise faults.bad_weight(
                calibration.before, int((~(before > 0)).sum()), "a weight before calibration of 0 or less"
            )
        parts = (
            pd.factorize(self.frame[calibration.partition], sort=True)[0]
            if calibration.partition
            else np.zeros(len(self.frame), dtype=np.int64)
        )
        out = []
        order = self.structure.order
        used = self.frame[[*calibration.margins, *calibration.numeric]]
        for part in range(int(parts.max()) + 1):
            rows = order[parts[order] == part]
            x = indicator_matrix(used.iloc[rows], calibration.margins, calibration.numeric)
            out.append(Block(rows, basis(x, before[rows]), np.sqrt(before[rows])))
        return tuple(out)

    def domains(self, by: Columns | None, where: Where = None) -> tuple[Ints, pd.DataFrame]:
        """Domain code of each row (−1 outside `where` or without a level) and the table of domains."""
        inside = self.mask(where)
        if by is None:
            return np.where(inside, 0, -1).astype(np.int64), pd.DataFrame(index=[0])
        names = as_list(by)
        faults.need(self.frame, names, "by")
        if len(names) == 1:
            return one_level(self.frame[names[0]], inside)
        known = self.frame[names].notna().all(axis=1).to_numpy() & inside
        levels = self.frame.loc[known, names].drop_duplicates().sort_values(names, ignore_index=True)
        index = pd.MultiIndex.from_frame(levels)
        codes = np.full(len(self.frame), -1, dtype=np.int64)
        codes[known] = index.get_indexer(pd.MultiIndex.from_frame(self.frame.loc[known, names]))
        return codes, levels

    def mask(self, where: Where) -> npt.NDArray[np.bool_]:
        """Rows of a domain given as a boolean column name, series or array."""
        if where is None:
            return np.ones(len(self.frame), dtype=bool)
        if isinstance(where, str):
            faults.need(self.frame, [where], "where")
            where = self.frame[where]
        values = where.to_numpy() if isinstance(where, pd.Series) else np.asarray(where)
        if len(values) != len(self.frame) or values.dtype != bool:
            raise InputRefused(
                "K402",
                "A domain is not a yes or no for each record",
                got=f"{len(values)} values of {values.dtype}",
                expected=f"{len(self.frame)} booleans",
            )
        return np.asarray(values, dtype=bool)

    def values(self, columns: list[str]) -> Floats:
        """Numeric columns as a matrix, missing as NaN."""
        faults.need(self.frame, columns, "variables")
        for column in columns:
            if not pd.api.types.is_numeric_dtype(self.frame[column]):
                raise InputRefused(
                    "K401",
                    "A variable is not a number",
                    where=f"column {column}",
                    got=str(self.frame[column].dtype),
                    expected="numbers; use proportion for categories",
                )
        return as_matrix(self.frame, columns)

    def numbers(
        self, num: Floats, den: Floats | None, domain: Ints, n_domains: int, *, squares: bool = True
    ) -> Numbers:
        """Estimates and variances of many ratios (or totals where `den` is None) in many domains."""
        return estimate_numbers(self.structure, self.blocks, self.w, num, den, domain, n_domains, squares=squares)

    def shares(self, variables: list[str]) -> tuple[list[str], Floats]:
        """0/1 columns of the variables, one for each level of a category, with their names."""
        faults.need(self.frame, variables, "variables")
        names: list[str] = []
        parts: list[Floats] = []
        for column in variables:
            series = self.frame[column]
            if pd.api.types.is_bool_dtype(series) or pd.api.types.is_numeric_dtype(series):
                values = series.to_numpy(dtype=float, na_value=np.nan)
                wrong = ~(np.isnan(values) | (values == 0) | (values == 1))
                if wrong.any():
                    raise InputRefused(
                        "K405",
                        "A share needs 0 and 1",
                        where=f"column {column}",
                        got=f"{values[wrong][0]:g} in {int(wrong.sum())} rows",
                        expected="0, 1 or missing",
                    )
                names.append(column)
                parts.append(values)
                continue
            missing = series.isna().to_numpy()
            for lvl in sorted(series.dropna().unique()):
                names.append(f"{column}={lvl}")
                parts.append(np.where(missing, np.nan, (series == lvl).to_numpy(dtype=float, na_value=0.0)))
        return names, np.column_stack(parts)

    def variances(self, weighted: Floats, inside: npt.NDArray[np.bool_]) -> Floats:
        """Variances of sums of weighted linearised scores (record × estimate)."""
        rows, scores = residual_scores(self.structure, self.blocks, self.w, weighted, inside)
        return covariance(self.structure, rows, scores, diagonal=True, residuals=bool(self.blocks))

    def covariance_of(self, num: Floats, den: Floats | None, inside: npt.NDArray[np.bool_]) -> Floats:
        """Covariance matrix of ratios (or totals) of matrices in one domain."""
        rows, scores = score_matrix(self.structure, self.blocks, self.w, num, den, inside)
        return covariance(self.structure, rows, scores, residuals=bool(self.blocks))
