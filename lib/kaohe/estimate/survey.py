"""A survey design and its estimates: totals, means, ratios and shares, in domains, with their errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design import faults
from kaohe.design.calibrate import Calibration
from kaohe.design.margins import basis, indicator_matrix
from kaohe.design.structure import Floats, FpcEntry, Ints, build_structure
from kaohe.estimate import intervals
from kaohe.estimate.contrast import contrast_means, equal_means
from kaohe.estimate.inequality import estimate_poverty
from kaohe.estimate.linear import ONE, Block, Estimates, Numbers, estimate_numbers, residual_scores, score_matrix
from kaohe.estimate.quantiles import estimate_quantiles
from kaohe.estimate.totals import as_matrix
from kaohe.estimate.variance import covariance

Columns: TypeAlias = str | Sequence[str]
Where: TypeAlias = Any


def _list(columns: Columns) -> list[str]:
    return [columns] if isinstance(columns, str) else list(columns)


class Design:
    """A sample with its weights, strata, units and population sizes.

    Parameters
    ----------
    frame : DataFrame
        One row a record; never changed.
    weight : str
        Column of the final weight; 0 for records that stay in the design without counting.
    strata : str, optional
        Column of the first-stage strata.
    psu : str or list of str
        Columns of the sampling units, first stage first.
    fpc : list, optional
        At each stage a column of population counts, or a pair (population count, sampled count);
        for all stages or for none. Without it the first stage counts as drawn with replacement.
    fpc_kind : {"count", "fraction"}
        What a single column of `fpc` holds.
    lonely : {"fail", "adjust", "merge", "average", "certainty"}
        Rule for a stratum with one sampled unit: refuse; centre at the grand mean; join the next
        stratum; give it the mean of the other strata; count it as certain.
    nest : bool
        Read unit ids within their stratum and higher unit.
    calibration : Calibration, optional
        How the weight was calibrated; variances then use residuals.

    Raises
    ------
    InputRefused
        K301 to K309.

    Examples
    --------
    >>> f = pd.DataFrame({"h": list("aabb"), "t": [1, 2, 3, 4], "w": [10.0] * 4, "v": [1.0, 3.0, 5.0, 9.0]})
    >>> Design(f, weight="w", strata="h", psu="t").mean("v")[["estimate", "se", "df"]].round(4)
       estimate     se   df
    0       4.5  1.118  2.0
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
            frame, strata=strata, psu=_list(psu), fpc=fpc, fpc_kind=fpc_kind, lonely=lonely, nest=nest
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
        names = _list(by)
        faults.need(self.frame, names, "by")
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

    def numbers(self, num: Floats, den: Floats | None, domain: Ints, n_domains: int) -> Numbers:
        """Estimates and variances of many ratios (or totals where `den` is None) in many domains."""
        return estimate_numbers(self.structure, self.blocks, self.w, num, den, domain, n_domains)

    def total(
        self, variables: Columns, *, by: Columns | None = None, where: Where = None, level: float = 0.95
    ) -> pd.DataFrame:
        """Population totals with t intervals; records without an answer count as 0 and are counted."""
        names = _list(variables)
        domain, levels = self.domains(by, where)
        found = self.numbers(self.values(names), None, domain, len(levels))
        return Estimates(found, levels, names).frame("t", level)

    def mean(
        self,
        variables: Columns,
        *,
        by: Columns | None = None,
        where: Where = None,
        level: float = 0.95,
        deff: str = "wr",
    ) -> pd.DataFrame:
        """Means over the records with an answer.

        Parameters
        ----------
        variables : str or list of str
            Numeric columns; missing is no answer, and makes a domain of the answers.
        by : str or list of str, optional
            Columns whose combinations are the domains.
        where : optional
            A further domain; records outside count as 0, units are kept.
        deff : {"wr", "wor"}
            Compare with simple random sampling with or without replacement.

        Returns
        -------
        DataFrame
            The columns of `by`, then variable, estimate, se, ci_low, ci_high, df, n, n_psu,
            n_missing, deff, cv, method, quality. One first-stage unit, or no degree of freedom:
            se and interval are missing and quality is ``not_estimable``.

        Notes
        -----
        Taylor linearisation (Särndal, Swensson & Wretman 1992, section 5.6); calibrated weights
        by g-weighted residuals (Deville & Särndal 1992, eq. 3.4); degrees of freedom are units
        minus strata that hold answers of the domain.
        """
        names = _list(variables)
        values = self.values(names)
        domain, levels = self.domains(by, where)
        found = self.numbers(values, ONE, domain, len(levels))
        return Estimates(found, levels, names).frame("t", level, deff=deff)

    def ratio(
        self,
        numerator: Columns,
        denominator: Columns,
        *,
        by: Columns | None = None,
        where: Where = None,
        level: float = 0.95,
    ) -> pd.DataFrame:
        """Ratios of totals, pair by pair, over the records where both are answered."""
        top, bottom = _list(numerator), _list(denominator)
        bottom = bottom * len(top) if len(bottom) == 1 else bottom
        if len(bottom) != len(top):
            raise InputRefused(
                "K403",
                "Numerators and denominators do not pair",
                got=f"{len(top)} and {len(bottom)}",
                expected="equally many",
            )
        domain, levels = self.domains(by, where)
        found = self.numbers(self.values(top), self.values(bottom), domain, len(levels))
        return Estimates(found, levels, [f"{a}/{b}" for a, b in zip(top, bottom, strict=True)]).frame("t", level)

    def proportion(
        self, variables: Columns, *, by: Columns | None = None, where: Where = None, level: float = 0.95,
        method: str = "beta", capped: bool = True, planned_deff: float | None = None,
    ) -> pd.DataFrame:  # fmt: skip
        """Shares of records with 1 (or of each level of a category).

        Parameters
        ----------
        variables : str or list of str
            Columns of 0, 1 and missing, booleans, or categories (one row for each level).
        method : {"beta", "logit", "asin", "t"}
            beta is Korn–Graubard.
        capped : bool
            Keep the effective size at most the number of answers (beta only).
        planned_deff : float, optional
            Design effect for shares of 0 and 1; by default that of the same variable in all
            domains together, or 1 if that is smaller.
        """
        if method not in intervals.METHODS:
            raise InputRefused("K404", "Unknown interval", got=method, expected=", ".join(intervals.METHODS))
        names, columns = self._shares(_list(variables))
        domain, levels = self.domains(by, where)
        found = self.numbers(columns, ONE, domain, len(levels))
        planned = np.full(found.estimate.shape, planned_deff) if planned_deff else self._planned(columns, domain, found)
        return Estimates(found, levels, names).frame(method, level, capped=capped, planned=planned)

    def _planned(self, columns: Floats, domain: Ints, found: Numbers) -> Floats:
        """Design effect of each variable over all domains together, at least 1."""
        whole = self.numbers(columns, ONE, np.where(domain >= 0, 0, -1).astype(np.int64), 1)
        deff = whole.deff("wr")
        return np.broadcast_to(np.where(deff > 1, deff, 1.0), found.estimate.shape)

    def _shares(self, variables: list[str]) -> tuple[list[str], Floats]:
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

    def quantile(
        self, variables: Columns, probs: Sequence[float] = (0.5,), *, by: Columns | None = None, where: Where = None,
        rule: str = "math", level: float = 0.95, method: str = "t",
    ) -> pd.DataFrame:  # fmt: skip
        """Quantiles with Woodruff intervals.

        Parameters
        ----------
        probs : sequence of float
        rule : str
            See `kaohe.estimate.quantiles.weighted_quantile`.
        method : {"t", "beta", "logit", "asin"}
            Interval of the share at or below the quantile.

        Returns
        -------
        DataFrame
            As `mean`, with the column ``prob`` after variable and without deff. A limit whose
            share falls outside 0 to 1 is missing; se is the width of the interval over 2·t.

        Notes
        -----
        Woodruff (1952), centred at the share F̂(q̂); as R survey's svyquantile.
        """
        if method not in intervals.METHODS:
            raise InputRefused("K404", "Unknown interval", got=method, expected=", ".join(intervals.METHODS))
        domain, levels = self.domains(by, where)
        return estimate_quantiles(self, _list(variables), list(probs), domain, levels, rule, level, method)

    def poverty(
        self, variable: str, measures: Columns = ("headcount", "gap", "severity"), *, line: float | None = None,
        share: float = 0.6, by: Columns | None = None, where: Where = None, level: float = 0.95,
    ) -> pd.DataFrame:  # fmt: skip
        """Poverty and inequality measures with linearised errors.

        Parameters
        ----------
        variable : str
            Income; the design's weight should be one of persons where persons are meant.
        measures : str or list of str
            headcount, gap, severity (below the fixed `line`); gini, qsr; arpr and rmpg (below
            `share` of the median of all records within `where`, the same line for every domain).
        line : float, optional
            A fixed line in the variable's unit.

        Raises
        ------
        InputRefused
            K407 for an unknown measure, or a missing or non-positive line.
        """
        domain, levels = self.domains(by, where)
        return estimate_poverty(self, variable, _list(measures), line, share, domain, levels, self.mask(where), level)

    def contrast(
        self, variable: str, *, by: Columns, weights: Mapping[Any, float], where: Where = None, level: float = 0.95
    ) -> pd.DataFrame:
        """A weighted sum of domain means, such as a difference, with the covariance between domains.

        Parameters
        ----------
        by : str or list of str
            Columns that make the domains.
        weights : mapping of domain to number
            ``{"韶关市": 1, "河源市": -1}``; a tuple of levels for several columns.

        Returns
        -------
        DataFrame
            variable, estimate, se, ci_low, ci_high, df (of the domains together), t, p_value, n, quality.

        Raises
        ------
        InputRefused
            K421 for an unknown domain.
        """
        return contrast_means(self, variable, by, weights, where, level)

    def test(self, variable: str, *, by: Columns, where: Where = None) -> pd.DataFrame:
        """Wald test that a mean is the same in all domains of `by`, with the F correction for few units.

        Notes
        -----
        F = W/(k − 1) · (d − k + 2)/d with k − 1 and d − k + 2 degrees of freedom, d the units minus
        strata (Korn & Graubard 1990).
        """
        return equal_means(self, variable, by, where)

    def variances(self, weighted: Floats, inside: npt.NDArray[np.bool_]) -> Floats:
        """Variances of sums of weighted linearised scores (record × estimate)."""
        rows, scores = residual_scores(self.structure, self.blocks, self.w, weighted, inside)
        return covariance(self.structure, rows, scores, diagonal=True, residuals=bool(self.blocks))

    def covariance(
        self, variables: Columns, *, denominator: Columns | None = None, kind: str = "mean", where: Where = None
    ) -> pd.DataFrame:
        """Covariance matrix of means, totals or ratios of several variables in one domain."""
        names = _list(variables)
        num = self.values(names)
        den: Floats | None = ONE if kind == "mean" else None
        if denominator is not None:
            bottom = _list(denominator)
            den = self.values(bottom * len(names) if len(bottom) == 1 else bottom)
        return pd.DataFrame(self.covariance_of(num, den, self.mask(where)), index=names, columns=names)

    def covariance_of(self, num: Floats, den: Floats | None, inside: npt.NDArray[np.bool_]) -> Floats:
        """Covariance matrix of ratios (or totals) of matrices in one domain."""
        rows, scores = score_matrix(self.structure, self.blocks, self.w, num, den, inside)
        return covariance(self.structure, rows, scores, residuals=bool(self.blocks))
