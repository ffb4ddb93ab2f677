"""A sample with its design: weights, strata, units, domains, and the numbers behind every estimate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.tables import RANDOM
from kaohe.design import faults
from kaohe.design.calibrate import Calibration
from kaohe.design.columns import crossed, is_number, levels_of, records, weights
from kaohe.design.sizes import FpcEntry, FpcKind, looks_like_remainders
from kaohe.design.structure import Floats, Ints, build_structure
from kaohe.estimate.arguments import Columns, Freedom, variables_of
from kaohe.estimate.calibrated import Blocks, blocks_of
from kaohe.estimate.degrees import satterthwaite, stratum_variances
from kaohe.estimate.domains import Where, domain_codes, records_where
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
Margins: TypeAlias = bool | str


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
        if "selection" in frame.columns:
            other = frame.loc[(frame["selection"] != RANDOM).to_numpy(dtype=bool, na_value=True), "selection"]
            if len(other):
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
        return domain_codes(self.frame, by, self.mask(where))

    def mask(self, where: Where) -> npt.NDArray[np.bool_]:
        """Rows of a further domain: what `Design` says of ``where``."""
        return records_where(self.frame, where)

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
        self, num: Floats, den: Floats | None, domain: Ints, n_domains: int, *, squares: bool = True, df: Freedom = "units",
    ) -> Numbers:  # fmt: skip
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

    def scores_df(self, weighted: Floats, inside: npt.NDArray[np.bool_]) -> float:
        """Effective degrees of freedom of a measure from its weighted scores, as in `measure_variance`."""
        rows, scores = residual_scores(self.structure, self.blocks, weighted[:, None], inside)
        parts = stratum_variances(self.structure, rows, scores, residuals=bool(self.blocks))
        return float(satterthwaite(self.structure, parts)[0])

    def contrast_df(self, num: Floats, den: Floats | None, codes: Ints, n_domains: int, c: Floats) -> float:
        """Effective degrees of freedom of Σ c · estimate over domains and variables; missing without a variance."""
        scores = self._joint_scores(num, den, codes, n_domains) @ c
        order = self.structure.order
        parts = stratum_variances(self.structure, order, scores[order, None], residuals=bool(self.blocks))
        return float(satterthwaite(self.structure, parts)[0])

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
        scores = self._joint_scores(num, den, codes, n_domains)
        order = self.structure.order
        matrix = covariance(self.structure, order, scores[order], residuals=bool(self.blocks))
        return point_estimates(self.w, num, den, codes, n_domains), matrix

    def _joint_scores(self, num: Floats, den: Floats | None, codes: Ints, n_domains: int) -> Floats:
        """Weighted scores of each record in each domain, row × (domain · variable)."""
        k = num.shape[1]
        scores = np.zeros((len(num), n_domains * k))
        for d in range(n_domains):
            rows, own = score_matrix(self.structure, self.blocks, self.w, num, den, codes == d)
            scores[rows, d * k : (d + 1) * k] = own
        return scores
