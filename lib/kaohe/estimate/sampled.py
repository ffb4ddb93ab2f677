"""A sample with its design: weights, strata, units, domains, and the numbers behind every estimate."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused, nearest
from kaohe.design import faults
from kaohe.design.calibrate import Calibration
from kaohe.design.columns import crossed, is_number, levels_of, records, weights
from kaohe.design.sizes import FpcEntry, FpcKind, looks_like_remainders
from kaohe.design.structure import Floats, Ints, build_structure
from kaohe.estimate.arguments import Columns, Freedom, domains_of, variables_of
from kaohe.estimate.calibrated import Blocks, blocks_of
from kaohe.estimate.degrees import satterthwaite, stratum_variances
from kaohe.estimate.linear import (
    Numbers,
    estimate_numbers,
    point_estimates,
    residual_scores,
    score_matrix,
)  # fmt: skip
from kaohe.estimate.quality import Rules
from kaohe.estimate.totals import as_matrix
from kaohe.estimate.variance import covariance

DEFAULT = Rules()
RECORD = "(record)"  # the unit of a design without units: each record its own
CROSSED = "(strata)"  # combinations of several columns of strata
Where: TypeAlias = Any
Margins: TypeAlias = bool | str


def one_level(column: pd.Series, inside: npt.NDArray[np.bool_]) -> tuple[Ints, pd.DataFrame]:
    """Domain code of each row (−1 outside or without a level) and the table of domains, by one column."""
    if inside.all():
        codes, levels = levels_of(column, "by")
        return codes, pd.DataFrame({column.name: levels})
    codes = np.full(len(column), -1, dtype=np.int64)
    codes[inside], levels = levels_of(column[inside], "by")
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
        strata: Columns | None = None,
        psu: Columns | None = None,
        fpc: str | Sequence[FpcEntry] | None = None,
        fpc_kind: FpcKind = "auto",
        lonely: str = "fail",
        nest: bool = False,
        calibration: Calibration | Sequence[Calibration] | None = None,
        rules: Rules = DEFAULT,
    ) -> None:
        records(frame, "design")
        if "selection" in frame.columns and (frame["selection"] != "抽样").any():
            other = frame.loc[frame["selection"] != "抽样", "selection"]
            raise faults.purposive(len(other), sorted(other.astype(str).unique()))
        w = weights(frame, weight, "design")
        self.frame = frame
        self.rules = rules
        self.weight = weight
        self.w: Floats = w
        whole = frame if psu is not None else frame.assign(**{RECORD: np.arange(len(frame))})
        groups = None if strata is None else variables_of(strata, "strata")
        if groups is not None and len(groups) > 1:
            whole = whole.assign(**{CROSSED: crossed(frame, groups, "strata")})
        entries = [fpc] if isinstance(fpc, str) else fpc
        self.structure = build_structure(
            whole, strata=None if groups is None else groups[0] if len(groups) == 1 else CROSSED,
            psu=[RECORD] if psu is None else variables_of(psu, "psu"), fpc=entries, fpc_kind=fpc_kind,
            lonely=lonely, nest=nest,
        )  # fmt: skip
        if fpc_kind == "auto" and looks_like_remainders(frame, entries or (), self.structure.fpc_kinds, w):
            raise faults.remainders(entries or ())
        steps = [calibration] if isinstance(calibration, Calibration) else list(calibration or ())
        if not all(isinstance(step, Calibration) for step in steps):
            raise InputRefused(
                "K308", "A design column has empty cells", where="calibration", got=repr(calibration)[:80],
                expected="the record of a calibration, such as rake_to(…).calibration",
            )  # fmt: skip
        self.calibration = tuple(steps)
        self.blocks: Blocks = tuple(blocks_of(frame, self.structure, w, step) for step in reversed(steps))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was merged."""
        return self.structure.notes

    @property
    def df(self) -> int:
        """Degrees of freedom of the whole design: first-stage units minus strata that hold a weight above 0."""
        stage = self.structure.stages[0]
        units = np.unique(stage.unit[self.w > 0])
        return len(units) - len(np.unique(stage.group[units]))

    def domains(self, by: Columns | None, where: Where = None) -> tuple[Ints, pd.DataFrame]:
        """Domain code of each row (−1 outside `where` or without a level) and the table of domains."""
        inside = self.mask(where)
        names = domains_of(by)
        if not names:
            return np.where(inside, 0, -1).astype(np.int64), pd.DataFrame(index=[0])
        faults.need(self.frame, names, "by")
        if len(names) == 1:
            return one_level(self.frame[names[0]], inside)
        key, known = np.zeros(len(self.frame), dtype=np.int64), inside
        for name in names:
            own = levels_of(self.frame[name], "by")[0]
            known = known & (own >= 0)
            key = key * (int(own.max(initial=0)) + 1) + own
        rows = np.flatnonzero(known)
        first, domain = _dense(key[rows])
        codes = np.full(len(self.frame), -1, dtype=np.int64)
        codes[rows] = domain
        return codes, self.frame[names].iloc[rows[first]].reset_index(drop=True)

    def mask(self, where: Where) -> npt.NDArray[np.bool_]:
        """Rows of a domain: a boolean column's name, a condition as text, a series, array or function of the frame.

        Raises
        ------
        InputRefused
            K301 for an unknown column, K402 for what is not one yes or no for each record.
        """
        if where is None:
            return np.ones(len(self.frame), dtype=bool)
        if callable(where):
            where = self._evaluated(where, lambda: where(self.frame))
        if isinstance(where, str):
            where = self.frame[where] if where in self.frame.columns else self._condition(where)
        if isinstance(where, pd.Series):
            if not where.index.equals(self.frame.index):
                raise InputRefused(
                    "K402", "A domain is not a yes or no for each record", got="a series in another order or of other rows",
                    expected="the index of the design's frame", remedy="make it from the same frame, or give a condition as text",
                )  # fmt: skip
            if (
                pd.api.types.is_bool_dtype(where) and where.dtype != bool
            ):  # an unknown condition is not met, as in R and as for floats
                where = where.fillna(False).astype(bool)
            values = where.to_numpy()
        else:
            values = np.asarray(where)
        if values.dtype == object and pd.api.types.infer_dtype(values, skipna=True) == "boolean":
            values = np.array([v is not pd.NA and v == True for v in values])  # noqa: E712 - missing after a merge
        if values.shape != (len(self.frame),) or values.dtype != bool:
            raise InputRefused(
                "K402",
                "A domain is not a yes or no for each record",
                got=f"{values.size} values of {values.dtype}",
                expected=f"{len(self.frame)} booleans",
            )
        return np.asarray(values, dtype=bool)

    def _condition(self, text: str) -> Any:
        """A condition such as ``hh_kind == '一般农户' and hh_size > 3``, evaluated for each record."""
        if text.isidentifier():
            faults.need(self.frame, [text], "where")
        return self._evaluated(text, lambda: self.frame.eval(text, engine="python"))

    def _evaluated(self, where: object, evaluate: Callable[[], Any]) -> Any:
        try:
            return evaluate()
        except Exception as error:
            unknown = re.match(r"name '(.+)' is not defined", str(error))
            raise InputRefused(
                "K402", "A domain is not a yes or no for each record",
                got=where if isinstance(where, str) else "a function that fails",
                expected="a column such as " + ", ".join(nearest(unknown[1], map(str, self.frame.columns))) if unknown
                else "a condition over columns, such as hh_kind == '一般农户' and hh_size > 3",
                remedy=f"pandas says: {error}".splitlines()[0],
            ) from error  # fmt: skip

    def values(
        self, columns: list[str], *, summed: bool = False, inside: npt.NDArray[np.bool_] | None = None
    ) -> Floats:
        """Numeric columns as a matrix, missing as NaN; infinite values are refused.

        Parameters
        ----------
        inside : bool array, optional
            Records that count; infinite values of others (a ratio with 0 below) are none at all.
        summed : bool
            The columns go to `numbers` and then to `finite`, which tells infinite values by their sums.
        """
        faults.need(self.frame, columns, "variables")
        for column in columns:
            if not is_number(self.frame[column]):
                raise InputRefused(
                    "K401",
                    "A variable is not a number",
                    where=f"column {column}",
                    got=str(self.frame[column].dtype),
                    expected="numbers; use proportion for categories",
                )
        found = as_matrix(self.frame, columns)
        if summed:
            return found
        if inside is not None and np.isinf(found).any():
            found = np.where(np.isinf(found) & ~(inside & (self.w > 0))[:, None], np.nan, found)
        return faults.finite(found, columns)

    def pairs(
        self, top: list[str], bottom: list[str], inside: npt.NDArray[np.bool_] | None = None
    ) -> tuple[Floats, Floats]:
        """Numerators and denominators as matrices; one denominator serves all numerators.

        Raises
        ------
        InputRefused
            K401 for a column that is not numeric, K403 for numbers of columns that do not pair.
        """
        if len(bottom) not in {1, len(top)}:
            raise InputRefused(
                "K403",
                "Numerators and denominators do not pair",
                got=f"{len(top)} and {len(bottom)}",
                expected="equally many",
            )
        below = self.values(bottom * (len(top) if len(bottom) == 1 else 1), inside=inside)
        return self.values(top, inside=inside), below

    def numbers(
        self,
        num: Floats,
        den: Floats | None,
        domain: Ints,
        n_domains: int,
        *,
        squares: bool = True,
        df: Freedom = "units",
    ) -> Numbers:
        """Estimates and variances of many ratios (or totals where `den` is None) in many domains."""
        with np.errstate(invalid="ignore"):  # infinite values are told by the sums they make: `finite`
            found = estimate_numbers(self.structure, self.blocks, self.w, num, den, domain, n_domains, squares=squares)
        if df == "units":
            return found
        if not isinstance(df, str):
            return replace(found, df=np.where(found.df > 0, df, found.df))
        free = np.empty(found.df.shape)
        for d in range(n_domains):
            rows, scores = score_matrix(self.structure, self.blocks, self.w, num, den, domain == d)
            parts = stratum_variances(self.structure, rows, scores, residuals=bool(self.blocks))
            free[d] = satterthwaite(self.structure, parts)
        return replace(found, df=np.fmin(free, found.df))

    @staticmethod
    def finite(values: Floats, names: list[str], found: Numbers) -> None:
        """Refuse infinite values among the records of estimates that are not finite.

        Raises
        ------
        InputRefused
            K416.
        """
        if not np.isfinite(found.estimate[found.n > 0]).all():
            faults.finite(values, names)

    def shares(self, variables: list[str]) -> tuple[list[str], Floats]:
        """0/1 columns of the variables, one for each level of a category, with their names."""
        faults.need(self.frame, variables, "variables")
        names: list[str] = []
        parts: list[Floats] = []
        for column in variables:
            series = self.frame[column]
            if is_number(series):
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
            codes, levels = levels_of(series, "variables")
            for code, level in enumerate(levels):
                names.append(f"{column}={level}")
                parts.append(np.where(codes < 0, np.nan, codes == code))
        if not parts:
            raise InputRefused(
                "K415", "No variable is named", where=", ".join(variables), got="no answer in any row",
                expected="a category with at least one level",
            )  # fmt: skip
        return names, np.column_stack(parts)

    def measure_variance(
        self, weighted: Floats, inside: npt.NDArray[np.bool_], evaluate: Callable[[Floats], float]
    ) -> float:
        """Variance of a measure from its weighted linearised scores.

        Parameters
        ----------
        weighted : float array
            w·z of each record.
        inside : bool array
            Records that have scores.
        evaluate : callable
            The measure for other weights, for designs that replicate instead.
        """
        rows, scores = residual_scores(self.structure, self.blocks, weighted[:, None], inside)
        return float(covariance(self.structure, rows, scores, diagonal=True, residuals=bool(self.blocks))[0])

    def covariance_of(self, num: Floats, den: Floats | None, inside: npt.NDArray[np.bool_]) -> Floats:
        """Covariance matrix of ratios (or totals) of matrices in one domain."""
        rows, scores = score_matrix(self.structure, self.blocks, self.w, num, den, inside)
        return covariance(self.structure, rows, scores, residuals=bool(self.blocks))

    def joint(self, num: Floats, den: Floats | None, codes: Ints, n_domains: int) -> tuple[Floats, Floats]:
        """Estimates of all domains and variables and their joint covariance, domains outermost.

        Returns
        -------
        estimates, covariance : float arrays, domain × variable, and (domain · variable) squared
        """
        k = num.shape[1]
        scores = np.zeros((len(num), n_domains * k))
        for d in range(n_domains):
            rows, own = score_matrix(self.structure, self.blocks, self.w, num, den, codes == d)
            scores[rows, d * k : (d + 1) * k] = own
        order = self.structure.order
        matrix = covariance(self.structure, order, scores[order], residuals=bool(self.blocks))
        return point_estimates(self.w, num, den, codes, n_domains), matrix


def _dense(key: Ints) -> tuple[Ints, Ints]:
    """First position of each key in rising order, and the rank of every key among them."""
    span = int(key.max(initial=-1)) + 1
    if span > 4 * len(key) + 1_000_000:
        _, first, rank = np.unique(key, return_index=True, return_inverse=True)
        return np.asarray(first, dtype=np.int64), np.asarray(rank, dtype=np.int64)
    at = np.full(span, -1, dtype=np.int64)
    at[key[::-1]] = np.arange(len(key), dtype=np.int64)[::-1]
    present = at >= 0
    return at[present], (np.cumsum(present) - 1)[key]
