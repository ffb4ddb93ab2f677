"""What is set side by side: contrasts, tests, covariances, and the same sample with replicate weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.estimate.arguments import Columns, Freedom, as_list, variables_of
from kaohe.estimate.contrast import KINDS, contrast_table
from kaohe.estimate.domains import Where
from kaohe.estimate.equality import equality_table
from kaohe.estimate.linear import ONE
from kaohe.estimate.sampled import Margins, Sampled

if TYPE_CHECKING:
    from kaohe.estimate.replicated import ReplicateDesign


class Compared(Sampled):
    """A design whose estimates can be compared; `kaohe.estimate.Design` puts the estimates on top."""

    def contrast(
        self, variables: Columns, *, weights: Mapping[Any, float], by: Columns | None = None, margins: Margins = False,
        kind: str = "mean", denominator: str | None = None, where: Where = None, level: float = 0.95,
        df: Freedom = "satterthwaite",
    ) -> pd.DataFrame:  # fmt: skip
        """A weighted sum of domain estimates, such as a difference, with the covariance between domains.

        Parameters
        ----------
        variables : str or list of str
            One contrast for each; without `by`, the estimates that are contrasted themselves.
        weights : mapping of domain to number
            ``{"韶关市": 1, "河源市": -1}``; a tuple of levels for several columns of `by`; names of
            variables without `by`. With `margins` a level 合计 stands for all of its column: ``{"韶关市": 1, "合计": -1}``.
        margins : bool or str
            Also the same contrast without some of the columns of `by`, its weights added up over them: of
            ``{("韶关市", "男"): 1, ("韶关市", "女"): -1}`` that of men and women everywhere. What cancels is left out, and a
            margin of which nothing remains has no row. A text marks all of a column in place of 合计.
        kind : {"mean", "proportion", "total", "ratio"}
            What is contrasted; a ratio needs `denominator`.
        denominator : str, optional
            Column that a ratio divides by.
        df : {"satterthwaite", "units"} or float
            satterthwaite is the rule of `kaohe.estimate.contrast.contrast_freedom`, units the first-stage units minus strata of
            all domains together, which covers too seldom where a domain with few units carries the variance.
        by, where, level
            See `Design`.

        Returns
        -------
        DataFrame
            With `margins` first by (the columns whose levels are contrasted) and contrast (its weights in words); variable, estimate, se, ci_low, ci_high (t, also for shares), df, n, n_psu, n_missing,
            deff, cv, t, p_value, method, quality: the worst of the estimates contrasted, and caution for few degrees of
            freedom; cv does not enter, for a difference of 0 has none.

        Raises
        ------
        InputRefused
            K421 for an unknown domain or variable, K414 for a level named as the mark of margins, K408 for a kind that cannot be contrasted so, or
            weights that are no numbers.

        Notes
        -----
        Variance c' V c with V the covariance of the domain estimates (Korn & Graubard 1990; Särndal et al. 1992, ch. 5).

        Examples
        --------
        >>> from kaohe.estimate import Design
        >>> f = pd.DataFrame({"w": [1.0] * 6, "c": list("aaabbb"), "y": [1.0, 2, 3, 5, 6, 7]})
        >>> Design(f, weight="w").contrast("y", by="c", weights={"b": 1, "a": -1})[["estimate", "df"]]
           estimate   df
        0       4.0  4.0
        """
        return contrast_table(self, variables_of(variables), by, weights, kind, denominator, where, level, df, margins)

    def test(
        self, variables: Columns, *, by: Columns, margins: Margins = False, where: Where = None,
        df: Freedom = "satterthwaite",
    ) -> pd.DataFrame:  # fmt: skip
        """Test that the distribution of a variable is the same in all domains of `by`.

        Parameters
        ----------
        variables : str or list of str
            Numeric columns or categories, each tested by itself.
        by, where
            See `Design`.
        margins : bool or str
            Also the same test without some of the columns of `by`; a column of one level has nothing to compare and no row.
        df : {"satterthwaite", "units"} or float
            Of a test of means: satterthwaite is that of a difference for several at once, the smallest of
            `kaohe.estimate.degrees.joint_freedom` over the strata, the same over the domains each with its own degrees of freedom, and
            the units minus strata of all domains together; units is the last alone, which rejects too often where a
            domain has few units. A test of categories takes units for both, or the number.

        Returns
        -------
        DataFrame
            With `margins` first by, the columns of the test; variable, domains, kind, statistic, f, df_1, df_2, p_value.

        Raises
        ------
        InputRefused
            K409 where there are fewer than two domains, K414 for a level named as the mark of margins, K417 where the data
            do not allow a test: a domain without answers, a variable that does not vary, too few degrees of freedom; K419.

        Notes
        -----
        Numbers: Wald test of equal means, F = W/(k − 1) · (d − k + 2)/d with k − 1 and d − k + 2
        degrees of freedom (Korn & Graubard 1990), d by Krishnamoorthy & Yu (2004), for two domains Satterthwaite (1946). R
        survey's svyttest and regTermTest take units minus strata of the whole design. Categories: Pearson's
        X² with the second-order correction of Rao & Scott (1984), as R survey's svychisq, d the units minus strata of all domains.

        Examples
        --------
        >>> from kaohe.estimate import Design
        >>> f = pd.DataFrame({"w": [1.0] * 6, "c": list("aaabbb"), "y": [1.0, 2, 3, 5, 6, 7]})
        >>> Design(f, weight="w").test("y", by="c")[["domains", "f", "p_value"]].round(4)
           domains     f  p_value
        0        2  30.0   0.0054
        """
        return equality_table(self, variables_of(variables), by, where, df, margins)

    def covariance(
        self, variables: Columns, *, denominator: Columns | None = None, kind: str = "mean", by: Columns | None = None,
        where: Where = None,
    ) -> pd.DataFrame:  # fmt: skip
        """Covariance matrix of means, totals or ratios of several variables, over domains where `by` is given.

        Parameters
        ----------
        variables, denominator : str or list of str
            Numeric columns; those that ratios divide by, as `kaohe.estimate.survey.Design.ratio`.
        kind : {"mean", "proportion", "total", "ratio"}
            What the estimates are; a ratio needs `denominator`.
        by, where
            See `kaohe.estimate.survey.Design`.

        Returns
        -------
        DataFrame
            Rows and columns are the variables; with `by`, domain and variable, domains outermost.

        Raises
        ------
        InputRefused
            K408 for another kind, or a ratio without `denominator`; K401, K402 as `kaohe.estimate.survey.Design.mean`.

        Notes
        -----
        Särndal, Swensson & Wretman (1992), section 5.5, of the linearised values of `kaohe.estimate.survey.Design.mean`.

        Examples
        --------
        >>> from kaohe.estimate import Design
        >>> f = pd.DataFrame({"w": [1.0] * 4, "a": [1.0, 2, 3, 6], "b": [2.0, 2, 4, 4]})
        >>> Design(f, weight="w").covariance(["a", "b"]).round(3).values.tolist()
        [[1.167, 0.5], [0.5, 0.333]]
        """
        names = variables_of(variables)
        inside = self.mask(where)
        num, den = self.values(names, inside=inside), None
        if denominator is not None:
            num, den = self.pairs(names, as_list(denominator), inside)
        if kind not in KINDS or (denominator is None and kind == "ratio"):
            raise InputRefused(
                "K408", "A contrast cannot be made", where="covariance", got=f"kind {kind}, denominator {denominator}",
                expected=f"{', '.join(KINDS)}; a denominator for a ratio",
            )  # fmt: skip
        if denominator is None and kind != "total":
            den = ONE
        if by is None:
            return pd.DataFrame(self.covariance_of(num, den, self.mask(where)), index=names, columns=names)
        codes, levels = self.domains(by, where)
        _, matrix = self.joint(num, den, codes, len(levels))
        keys = [(*row, name) for row in levels.itertuples(index=False, name=None) for name in names]
        index = pd.MultiIndex.from_tuples(keys, names=[*levels.columns, "variable"])
        return pd.DataFrame(matrix, index=index, columns=index)

    def replicate(self, kind: str = "auto", **options: Any) -> ReplicateDesign:
        """The same sample with replicate weights: JK1, JKn, BRR, Fay or bootstrap; see `kaohe.estimate.ReplicateDesign`.

        Parameters
        ----------
        kind : {"auto", "JK1", "JKn", "BRR", "Fay", "bootstrap"}
            auto is JK1 without strata and JKn with them.
        **options
            rho, replicates, rng, fpc, matrix, centre, reweight: see `kaohe.estimate.replicating.replicated`.

        Returns
        -------
        ReplicateDesign
            With the same estimate methods.

        Raises
        ------
        InputRefused
            K420 for a kind that the design does not allow, or a bootstrap without a generator.

        Notes
        -----
        Wolter (2007); Rao, Wu & Yue (1992) for the bootstrap.

        Examples
        --------
        >>> from kaohe.estimate import Design
        >>> f = pd.DataFrame({"h": list("aabb"), "t": [1, 2, 3, 4], "w": [10.0] * 4, "v": [1.0, 3.0, 5.0, 9.0]})
        >>> Design(f, weight="w", strata="h", psu="t").replicate("JKn").mean("v")[["estimate", "se", "df"]].round(4)
           estimate     se   df
        0       4.5  1.118  2.0
        """
        from kaohe.estimate.replicating import replicated

        return replicated(self, kind, **options)
