"""A survey design and its estimates: totals, means, ratios and shares, in domains, with their errors."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.design.structure import Floats, Ints
from kaohe.estimate import intervals
from kaohe.estimate.arguments import (
    Columns,
    Freedom,
    confidence,
    deff_kind,
    df_kind,
    planned_effect,
    variables_of,
)  # fmt: skip
from kaohe.estimate.distributed import Distributed
from kaohe.estimate.domains import Where
from kaohe.estimate.linear import ONE, Estimates, Numbers
from kaohe.estimate.margins import each_margin
from kaohe.estimate.planned import planned_effects
from kaohe.estimate.sampled import Margins


class Design(Distributed):
    """A sample with its weights, strata, units and population sizes.

    Parameters
    ----------
    frame : DataFrame
        One row a record; never changed.
    weight : str
        Column of the final weight; 0 for records that stay in the design without counting.
    strata : str or list of str, optional
        Column of the first-stage strata; of several, every combination is a stratum.
    psu : str or list of str, optional
        Columns of the sampling units, first stage first; without it each record is a unit.
    fpc : list, optional
        At each stage a column of sizes, or a pair (population count, sampled count); for all
        stages or for none. Without it the first stage counts as drawn with replacement.
    fpc_kind : {"auto", "count", "fraction", "remainder"}, or one for each stage
        What a single column of `fpc` holds: N, n/N or 1 − n/N. auto reads a column without a
        value above 1 as n/N, any other as N.
    lonely : {"fail", "adjust", "merge", "average", "certainty", "remove"}
        Rule for a stratum with one sampled unit: refuse; centre at the grand mean; join the next
        stratum (first stage only, later ones refuse); give it the mean of the other strata; count it as certain (remove: the same).
    nest : bool
        Read unit ids within their stratum and higher unit.
    calibration : Calibration or list of Calibration, optional
        How the weight was calibrated, in order; variances then use residuals.
    rules : Rules
        Limits of the quality words.

    Raises
    ------
    InputRefused
        K301 to K309, K314, K332 (no records), K411 (a column name twice), K418 (levels of mixed kinds).

    Notes
    -----
    Every estimate takes ``by`` (columns whose combinations are the domains), ``margins`` (rows for
    all of each column and of all together, marked 合计), ``where`` (a further domain: a boolean
    column, array or series, a condition as text, or a function of the frame; records outside
    count as 0 and no unit is dropped) and ``level`` of confidence. Totals, means, ratios and shares take
    ``deff``, what a design effect compares with (simple random sampling with replacement, wr, or
    without, wor; None leaves the column empty, which is faster), and ``df``, the degrees of freedom: units, first-stage units minus strata that hold
    answers of the domain; satterthwaite, the effective number of `kaohe.estimate.degrees.satterthwaite`,
    never above these; or a number for every domain, such as that of the whole design (infinite: the
    normal distribution). An estimate gives one row a domain and variable: the columns of `by`,
    variable, estimate, se, ci_low, ci_high, df, n, n_psu, n_missing, deff, cv, method, quality. With
    one first-stage unit, or no degree of freedom, se and interval are missing.
    Refused everywhere: K401 text for numbers, K402 `where`, K412 `level`, K413 `deff`, K414 `by`, K415 no
    variable, K416 infinite values, K419 `df`.

    Examples
    --------
    >>> f = pd.DataFrame({"h": list("aabb"), "t": [1, 2, 3, 4], "w": [10.0] * 4, "v": [1.0, 3.0, 5.0, 9.0]})
    >>> Design(f, weight="w", strata="h", psu="t").mean("v")[["estimate", "se", "df"]].round(4)
       estimate     se   df
    0       4.5  1.118  2.0
    """

    def __repr__(self) -> str:
        first = self.structure.stages[0]
        return (
            f"<{type(self).__name__}: {len(self.frame):,} records, weight {self.weight} (sum {self.w.sum():,.0f}), "
            f"strata: {len(np.unique(first.group)):,}, first-stage units: {first.n_units:,}, stages: {len(self.structure.stages)}"
            f"{', calibrated' if self.calibration else ''}>"
        )

    def total(
        self, variables: Columns, *, by: Columns | None = None, margins: Margins = False, where: Where = None,
        level: float = 0.95, deff: str | None = "wr", df: Freedom = "units",
    ) -> pd.DataFrame:  # fmt: skip
        """Population totals with t intervals; records without an answer count as 0 and are counted in n_missing.

        Parameters
        ----------
        variables : str or list of str
            Numeric columns.
        by, margins, where, level, deff, df
            See `Design`.

        Returns
        -------
        DataFrame
            Totals in the variable's unit, with the columns that `Design` names.

        Raises
        ------
        InputRefused
            K401 for text columns, K402 for a `where` that is no yes or no for each record.

        Notes
        -----
        Särndal, Swensson & Wretman (1992), section 5.5, with u = y; Cochran (1977), ch. 10 and 11, for several stages.

        Examples
        --------
        >>> f = pd.DataFrame({"h": list("aabb"), "w": [10.0] * 4, "v": [1.0, 3.0, 5.0, None]})
        >>> Design(f, weight="w", strata="h").total("v", by="h", margins=True)[["h", "estimate", "n", "n_missing"]]
            h  estimate  n  n_missing
        0   a      40.0  2          0
        1   b      50.0  1          1
        2  合计      90.0  3          1
        """
        return self._columns(variables, None, by, margins, where, level, deff, df)

    def mean(
        self, variables: Columns, *, by: Columns | None = None, margins: Margins = False, where: Where = None,
        level: float = 0.95, deff: str | None = "wr", df: Freedom = "units",
    ) -> pd.DataFrame:  # fmt: skip
        """Means over the records with an answer.

        Parameters
        ----------
        variables : str or list of str
            Numeric columns; missing is no answer, and makes a domain of the answers.
        by, margins, where, level, deff, df
            See `Design`.

        Returns
        -------
        DataFrame
            Means in the variable's unit, with the columns that `Design` names.

        Raises
        ------
        InputRefused
            As `total`: K401, K402.

        Notes
        -----
        Taylor linearisation (Särndal, Swensson & Wretman 1992, section 5.6); calibrated weights
        by g-weighted residuals (Deville & Särndal 1992, eq. 3.4).

        Examples
        --------
        >>> f = pd.DataFrame({"h": list("aabb"), "w": [10.0] * 4, "v": [1.0, 3.0, 5.0, 9.0]})
        >>> Design(f, weight="w", strata="h").mean("v", where="v > 1")[["estimate", "df", "n"]].round(3)
           estimate   df  n
        0     5.667  1.0  3
        """
        return self._columns(variables, ONE, by, margins, where, level, deff, df)

    def _columns(
        self, variables: Columns, den: Floats | None, by: Columns | None, margins: Margins, where: Where, level: float,
        deff: str | None, df: Freedom,
    ) -> pd.DataFrame:  # fmt: skip
        """Totals of columns, or their means where `den` is `ONE`."""
        names, level = variables_of(variables), confidence(level)
        kind, rule, values = deff_kind(deff), df_kind(df), self.values(names, summed=True)

        def make(domain: Ints, levels: pd.DataFrame) -> pd.DataFrame:
            found = self.numbers(values, den, domain, len(levels), squares=deff is not None, df=rule)
            self.finite(values, names, found)
            return Estimates(found, levels, names, self.rules).frame("t", level, deff=kind)

        return each_margin(self, by, where, margins, make)

    def ratio(
        self, numerator: Columns, denominator: Columns, *, by: Columns | None = None, margins: Margins = False,
        where: Where = None, level: float = 0.95, deff: str | None = "wr", df: Freedom = "units",
    ) -> pd.DataFrame:  # fmt: skip
        """Ratios of totals, pair by pair, over the records where both are answered.

        Parameters
        ----------
        numerator, denominator : str or list of str
            Numeric columns that pair; one denominator serves all numerators.
        by, margins, where, level, deff, df
            See `Design`.

        Returns
        -------
        DataFrame
            With the columns that `Design` names; the variable is named numerator/denominator.

        Raises
        ------
        InputRefused
            K401 for text columns, K403 where numerators and denominators do not pair.

        Notes
        -----
        Särndal, Swensson & Wretman (1992), section 5.6: residuals y − R x over X.

        Examples
        --------
        >>> f = pd.DataFrame({"w": [1.0, 1.0, 2.0], "jobs": [1.0, 0.0, 2.0], "labour": [2.0, 1.0, 2.0]})
        >>> Design(f, weight="w").ratio("jobs", "labour")[["variable", "estimate"]].round(4)
              variable  estimate
        0  jobs/labour    0.7143
        """
        top, bottom = variables_of(numerator, "numerator"), variables_of(denominator, "denominator")
        level, kind, rule = confidence(level), deff_kind(deff), df_kind(df)
        num, den = self.pairs(top, bottom, self.mask(where))
        names = [f"{a}/{b}" for a, b in zip(top, bottom * (len(top) // len(bottom)), strict=True)]

        def make(domain: Ints, levels: pd.DataFrame) -> pd.DataFrame:
            found = self.numbers(num, den, domain, len(levels), squares=deff is not None, df=rule)
            return Estimates(found, levels, names, self.rules).frame("t", level, deff=kind)

        return each_margin(self, by, where, margins, make)

    def proportion(
        self, variables: Columns, *, by: Columns | None = None, margins: Margins = False, where: Where = None,
        level: float = 0.95, method: str = "beta", capped: bool = True, planned_deff: float | None = None,
        deff: str | None = "wr", df: Freedom = "units",
    ) -> pd.DataFrame:  # fmt: skip
        """Shares of records with 1 (or of each level of a category).

        Parameters
        ----------
        variables : str or list of str
            Columns of 0, 1 and missing, booleans, or categories (one row for each level).
        method : {"beta", "logit", "asin", "wilson", "likelihood", "t"}
            beta is Korn–Graubard; korn_graubard, xlogit, arcsine, mean and wald are other words.
        capped : bool
            Keep the effective size at most the number of answers (beta only).
        planned_deff : float, optional
            Design effect for shares of 0 and 1; by default that of the same variable in all
            domains together, at least 1, and where all answer alike there too 1 + 0.05 (m − 1) with
            m answers in a first-stage unit (`kaohe.estimate.planned.planned_effects`).
        by, margins, where, level, deff, df
            See `Design`.

        Returns
        -------
        DataFrame
            Shares between 0 and 1, with the columns that `Design` names; of a category one row a level, as variable=level.

        Raises
        ------
        InputRefused
            K404 for an unknown method, K405 for numbers other than 0 and 1.

        Notes
        -----
        logit, beta, asin, likelihood and t as R survey's svyciprop; wilson as Dean & Pagano (2015), which svyciprop
        of survey 4.1 does not have. A share of exactly 0 or 1 has the one-sided Clopper–Pearson
        bound with n over the design effect, whatever the method; its method column says one_sided.

        Examples
        --------
        >>> f = pd.DataFrame({"w": [1.0] * 40, "ok": [1.0] * 30 + [0.0] * 10})
        >>> d = Design(f, weight="w")
        >>> d.proportion("ok", method="wilson")[["estimate", "ci_low", "ci_high", "method"]].round(3)
           estimate  ci_low  ci_high  method
        0      0.75   0.591    0.862  wilson
        >>> d.proportion("ok", where="ok == 1")[["estimate", "ci_low", "ci_high", "method"]].round(3)
           estimate  ci_low  ci_high     method
        0       1.0   0.905      1.0  one_sided
        """
        way = intervals.named(method)
        names, columns = self.shares(variables_of(variables), self.mask(where))
        level, kind, rule = confidence(level), deff_kind(deff), df_kind(df)
        expected = planned_effect(planned_deff)

        def make(domain: Ints, levels: pd.DataFrame) -> pd.DataFrame:
            found = self.numbers(columns, ONE, domain, len(levels), squares=deff is not None, df=rule)
            planned = (
                self._planned(columns, domain, found) if expected is None else np.full(found.estimate.shape, expected)
            )
            made = Estimates(found, levels, names, self.rules)
            return made.frame(way, level, deff=kind, capped=capped, planned=planned)

        return each_margin(self, by, where, margins, make)

    def _planned(self, columns: Floats, domain: Ints, found: Numbers) -> Floats:
        """Design effect of each variable over all domains together, at least 1."""
        whole = self.numbers(columns, ONE, np.where(domain >= 0, 0, -1).astype(np.int64), 1)
        return planned_effects(whole, found.estimate.shape)
