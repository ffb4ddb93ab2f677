"""A survey design and its estimates: totals, means, ratios and shares, in domains, with their errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.structure import Floats, Ints
from kaohe.estimate import intervals
from kaohe.estimate.contrast import contrast_means, equal_means
from kaohe.estimate.inequality import estimate_poverty
from kaohe.estimate.linear import ONE, Estimates, Numbers
from kaohe.estimate.quantiles import estimate_quantiles
from kaohe.estimate.sampled import Columns, Sampled, Where, as_list


class Design(Sampled):
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

    def total(
        self, variables: Columns, *, by: Columns | None = None, where: Where = None, level: float = 0.95
    ) -> pd.DataFrame:
        """Population totals with t intervals; records without an answer count as 0 and are counted."""
        names = as_list(variables)
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
        deff: str | None = "wr",
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
            Compare with simple random sampling with or without replacement; None leaves the
            column empty, which is faster.

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
        names = as_list(variables)
        values = self.values(names)
        domain, levels = self.domains(by, where)
        found = self.numbers(values, ONE, domain, len(levels), squares=deff is not None)
        return Estimates(found, levels, names).frame("t", level, deff=deff or "wr")

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
        top, bottom = as_list(numerator), as_list(denominator)
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
        names, columns = self.shares(as_list(variables))
        domain, levels = self.domains(by, where)
        found = self.numbers(columns, ONE, domain, len(levels))
        planned = np.full(found.estimate.shape, planned_deff) if planned_deff else self._planned(columns, domain, found)
        return Estimates(found, levels, names).frame(method, level, capped=capped, planned=planned)

    def _planned(self, columns: Floats, domain: Ints, found: Numbers) -> Floats:
        """Design effect of each variable over all domains together, at least 1."""
        whole = self.numbers(columns, ONE, np.where(domain >= 0, 0, -1).astype(np.int64), 1)
        deff = whole.deff("wr")
        return np.broadcast_to(np.where(deff > 1, deff, 1.0), found.estimate.shape)

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
        return estimate_quantiles(self, as_list(variables), list(probs), domain, levels, rule, level, method)

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
        return estimate_poverty(self, variable, as_list(measures), line, share, domain, levels, self.mask(where), level)

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

    def covariance(
        self, variables: Columns, *, denominator: Columns | None = None, kind: str = "mean", where: Where = None
    ) -> pd.DataFrame:
        """Covariance matrix of means, totals or ratios of several variables in one domain."""
        names = as_list(variables)
        num = self.values(names)
        den: Floats | None = ONE if kind == "mean" else None
        if denominator is not None:
            bottom = as_list(denominator)
            den = self.values(bottom * len(names) if len(bottom) == 1 else bottom)
        return pd.DataFrame(self.covariance_of(num, den, self.mask(where)), index=names, columns=names)
