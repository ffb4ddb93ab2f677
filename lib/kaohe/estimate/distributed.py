"""What describes a whole distribution: quantiles, poverty and inequality."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kaohe.design.structure import Ints
from kaohe.estimate import intervals
from kaohe.estimate.arguments import (
    Columns,
    Freedom,
    as_list,
    confidence,
    df_kind,
    planned_effect,
    probabilities,
    variables_of,
)  # fmt: skip
from kaohe.estimate.compared import Compared
from kaohe.estimate.domains import Where
from kaohe.estimate.inequality import Shares, estimate_poverty
from kaohe.estimate.margins import each_margin
from kaohe.estimate.quantiles import INTERVALS, estimate_quantiles
from kaohe.estimate.sampled import Margins


class Distributed(Compared):
    """A design with quantiles and poverty measures; `kaohe.estimate.Design` puts means and totals on top."""

    def quantile(
        self, variables: Columns, probs: float | Sequence[float] = (0.5,), *, by: Columns | None = None,
        margins: Margins = False, where: Where = None, rule: str = "math", level: float = 0.95, method: str = "t",
        df: Freedom = "units",
    ) -> pd.DataFrame:  # fmt: skip
        """Quantiles with Woodruff intervals.

        Parameters
        ----------
        variables : str or list of str
            Numeric columns.
        probs : float or sequence of float
        rule : str
            math, school, shahvaish, hf1 to hf9: R survey's qrule; see
            `kaohe.estimate.quantiles.weighted_quantile`.
        method : {"t", "beta", "logit", "asin"}
            Interval of the share at or below the quantile (R's mean, beta, xlogit, asin).
        by, margins, where, level, df
            See `Design`; the degrees of freedom are those of the share.

        Returns
        -------
        DataFrame
            As the other estimates, with the column ``prob`` after variable; deff is that of the
            share. A limit whose share falls outside 0 to 1 is missing, and with it se, which is
            the width of the interval over 2·t.

        Raises
        ------
        InputRefused
            K401 for text columns, K402 for a `where` that is no yes or no, K404 for an unknown interval, K406 for an unknown
            rule or a probability outside 0 to 1.

        Notes
        -----
        Woodruff (1952), centred at the share F̂(q̂); as R survey's svyquantile.

        Examples
        --------
        >>> from kaohe.estimate import Design
        >>> f = pd.DataFrame({"w": [1.0] * 99, "y": [float(k) for k in range(1, 100)]})
        >>> Design(f, weight="w").quantile("y", 0.5)[["prob", "estimate", "ci_low", "ci_high"]]
           prob  estimate  ci_low  ci_high
        0   0.5      50.0    41.0     60.0
        """
        way = intervals.named(method, INTERVALS)
        names, level = variables_of(variables), confidence(level)
        wanted, freedom = probabilities(probs), df_kind(df)

        def make(domain: Ints, levels: pd.DataFrame) -> pd.DataFrame:
            return estimate_quantiles(self, names, wanted, domain, levels, rule, level, way, freedom)

        return each_margin(self, by, where, margins, make)

    def poverty(
        self, variables: Columns, measures: Columns = ("headcount", "gap", "severity"), *,
        line: float | str | None = None, share: float = 0.6, by: Columns | None = None, margins: Margins = False,
        where: Where = None, line_of: Where = None, level: float = 0.95, method: str = "beta", capped: bool = True,
        planned_deff: float | None = None, df: Freedom = "units",
    ) -> pd.DataFrame:  # fmt: skip
        """Poverty and inequality measures with linearised errors.

        Parameters
        ----------
        variables : str or list of str
            Income; the design's weight should be one of persons where persons are meant.
        measures : str or list of str
            headcount, gap, severity below `line`; gini, qsr; arpr and rmpg (rate and relative
            median gap below `share` of the median).
        line : float or "relative"
            A fixed line in the variable's unit, or `share` of the median: the same line for every domain and
            whatever `where`, and its own error is counted.
        share : float
            Part of the median below which one is poor, for a relative line, arpr and rmpg.
        line_of : bool array, Series, column or condition, optional
            The records whose median that is; without it all of the design, so that a region has the national line.
        method, capped, planned_deff
            Interval of headcount and arpr, which are shares: as `Design.proportion`, with the error of an
            estimated line counted in. The other measures have t intervals.
        by, margins, where, level, df
            See `Design`.

        Returns
        -------
        DataFrame
            As the other estimates, with the column ``measure`` after variable; deff compares with
            the variance of the linearised values in a simple random sample.

        Raises
        ------
        InputRefused
            K407 for an unknown measure, or a missing or non-positive line; K404, K413 as `Design.proportion`.

        Notes
        -----
        Foster, Greer & Thorbecke (1984); Deville (1999); Osier (2009); Langel & Tillé (2011, 2013).

        Examples
        --------
        >>> from kaohe.estimate import Design
        >>> f = pd.DataFrame({"w": [1.0] * 4, "y": [2.0, 6.0, 10.0, 12.0]})
        >>> Design(f, weight="w").poverty("y", ["headcount", "gap"], line=8)[["measure", "estimate"]]
             measure  estimate
        0  headcount      0.50
        1        gap      0.25
        """
        names, level, whole = variables_of(variables), confidence(level), self.mask(line_of)
        shares, freedom = Shares(intervals.named(method), capped, planned_effect(planned_deff)), df_kind(df)

        def make(domain: Ints, levels: pd.DataFrame) -> pd.DataFrame:
            return estimate_poverty(
                self, names, as_list(measures), line, share, domain, levels, whole, level, shares, freedom
            )

        return each_margin(self, by, where, margins, make)
