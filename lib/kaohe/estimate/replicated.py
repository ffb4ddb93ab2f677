"""A design whose errors come from replicate weights; every estimate works as on a linearised design."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.design.columns import numbers
from kaohe.design.structure import Floats, Ints
from kaohe.estimate import intervals
from kaohe.estimate.arguments import Columns, Freedom, as_list, confidence, variables_of
from kaohe.estimate.linear import ONE, Numbers
from kaohe.estimate.replicates import (
    Replicates,
    constants,
    covariance_of_replicates,
    refused,
    replicate_covariance,
)  # fmt: skip
from kaohe.estimate.sampled import Inside, Sampled
from kaohe.estimate.survey import Design


class ReplicateDesign(Design):
    """A sample with replicate weights.

    Made from a design by `Design.replicate`, or from weights that came with the data.

    Parameters
    ----------
    frame : DataFrame
        One row a record.
    weight : str
        Column of the full-sample weight.
    repweights : list of str, or float array record × replicate
        Final weights of each replicate (not factors).
    kind : {"JK1", "JKn", "BRR", "Fay", "bootstrap", "other"}
        Sets the constants below where they are not given.
    scale, rscales : float, sequence of float, optional
        Factors (without a unit) of the sum of squares and of each square. By default 1/R for BRR, 1/(R(1 − rho)²)
        for Fay, (R − 1)/R for JK1, 1/(R − 1) for the bootstrap; JKn and other need them.
    rho : float
        Fay's factor.
    centre : {"estimate", "mean"}
        Squares about the estimate (R's mse = TRUE), or about the mean of the replicates (R's default).
    **design
        strata, psu and the like of `Design`: the first stage, for degrees of freedom by domain and n_psu. Without them the degrees of
        freedom are the rank of the domain's replicate weights minus 1, as R's degf, and n_psu
        that rank.

    Raises
    ------
    InputRefused
        K420 for constants that are missing or weights of another shape, K302 for weights that
        are not finite.

    Notes
    -----
    Wolter (2007). Totals, means, ratios, shares and poverty measures are computed with each
    replicate's weights; quantiles by Woodruff's method with the replicate error of F̂(q̂), as R
    survey's svyquantile on replicate designs.

    Examples
    --------
    >>> f = pd.DataFrame({"w": [2.0, 2, 2], "y": [1.0, 2, 6], "r1": [0.0, 3, 3], "r2": [3.0, 0, 3], "r3": [3.0, 3, 0]})
    >>> ReplicateDesign(f, weight="w", repweights=["r1", "r2", "r3"], kind="JK1").mean("y")[["estimate", "se"]].round(4)
       estimate      se
    0       3.0  1.5275
    """

    def __init__(
        self, frame: pd.DataFrame, *, weight: str, repweights: Sequence[str] | Floats, kind: str = "other",
        scale: float | None = None, rscales: Sequence[float] | None = None, rho: float = 0.0, centre: str = "estimate",
        **design: Any,
    ) -> None:  # fmt: skip
        known = bool(design.get("strata") or design.get("psu"))
        super().__init__(frame, weight=weight, **({"lonely": "certainty"} | design))
        table = repweights if isinstance(repweights, np.ndarray) else _table(frame, repweights)
        fits = table.ndim == 2 and len(table) == len(frame) and table.shape[1] > 0 and table.dtype.kind in "fiu"
        if not fits or not np.all(np.isfinite(table)):
            raise refused(f"replicate weights of shape {table.shape}", f"finite numbers, {len(frame)} × replicates")
        self.made = constants(table, kind, scale, rscales, rho)
        self.centre = centre
        self.by_rank = not known

    @classmethod
    def of(cls, design: Sampled, made: Replicates, centre: str) -> ReplicateDesign:
        """The replicate form of a design, with its own degrees of freedom.

        Parameters
        ----------
        design : Sampled
            Whose records, strata and units it keeps.
        made : Replicates
            Weights of each replicate.
        centre : {"estimate", "mean"}
            What squares are taken about.
        """
        self = cls.__new__(cls)
        self.__dict__.update(design.__dict__)
        self.made, self.centre, self.by_rank = made, centre, False
        self.blocks = ()
        return self

    def numbers(
        self, num: Floats, den: Floats | None, domain: Ints, n_domains: int, *, squares: bool = True, df: Freedom = "units",
    ) -> Numbers:  # fmt: skip
        """Estimates with variances from replicates; counts and degrees of freedom as in the design.

        Raises
        ------
        InputRefused
            K419 for Satterthwaite's degrees of freedom: replicates do not tell strata apart.
        """
        if df == "satterthwaite":
            raise InputRefused(
                "K419", "Unknown degrees of freedom", where="df", got=f"{df} of replicate weights", expected="units",
                remedy="replicates do not tell strata apart; use the design itself",
            )  # fmt: skip
        base = super().numbers(num, den, domain, n_domains, squares=squares)
        free, n_psu = (self._ranks(num, den, domain, n_domains)) if self.by_rank else (base.df, base.n_psu)
        variance = np.full(base.estimate.shape, np.nan)
        for d in range(n_domains):
            each = self._each(num, den, domain == d)
            for k in range(each.shape[1]):
                if free[d, k] > 0 and n_psu[d, k] > 1:
                    own = covariance_of_replicates(self.made, base.estimate[d, [k]], each[:, [k]], centre=self.centre)
                    variance[d, k] = own[0, 0]
        variance = np.where(variance <= 1e-26 * base.estimate**2, 0.0, variance)
        if not isinstance(df, str):
            free = np.where(free > 0, df, free)
        return replace(base, variance=variance, df=free, n_psu=n_psu)

    def _each(self, num: Floats, den: Floats | None, inside: npt.NDArray[np.bool_]) -> Floats:
        """Replicate estimates of ratios (or totals) in one domain, replicate × variable."""
        rows = np.flatnonzero(inside)
        y = num[rows]
        x = None if den is None else (np.ones_like(y) if den is ONE else den[rows])
        missing = np.isnan(y) if x is None else np.isnan(y) | np.isnan(x)
        answered = ~missing & (self.w[rows] > 0)[:, None]
        weights = self.made.weights[rows].T
        top = weights @ np.where(answered, y, 0.0)
        if x is None:
            return np.asarray(top)
        bottom = weights @ np.where(answered, x, 0.0)
        return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom != 0)

    def _ranks(self, num: Floats, den: Floats | None, domain: Ints, n_domains: int) -> tuple[Floats, Floats]:
        """Rank of the replicate weights of each domain's answers, minus 1, and the rank."""
        rank = np.zeros((n_domains, num.shape[1]))
        missing = np.isnan(num) if den is None or den is ONE else np.isnan(num) | np.isnan(den)
        for d in range(n_domains):
            for k in range(num.shape[1]):
                rows = self.made.weights[(domain == d) & ~missing[:, k] & (self.w > 0)]
                rank[d, k] = np.linalg.matrix_rank(rows, tol=1e-5 * np.abs(rows).max()) if rows.size else 0
        return np.maximum(rank - 1, 0.0), rank

    def measure_variance(
        self, weighted: Floats, inside: npt.NDArray[np.bool_], evaluate: Callable[[Floats], float]
    ) -> float:
        """Variance of a measure computed with each replicate's weights.

        Parameters
        ----------
        weighted, inside
            Not needed: as `kaohe.estimate.sampled.Sampled.measure_variance`.
        evaluate : callable
            Weights, one a record → the measure.

        Returns
        -------
        float
            Variance, in the square of the measure's unit.

        Notes
        -----
        Wolter (2007).
        """
        each = np.array([[evaluate(self.made.weights[:, r])] for r in range(self.made.weights.shape[1])])
        value = np.array([evaluate(self.w)])
        return float(covariance_of_replicates(self.made, value, each, centre=self.centre)[0, 0])

    def statistic(
        self, estimator: Callable[[Floats], Any], names: Columns = "statistic", *, level: float = 0.95
    ) -> pd.DataFrame:
        """Any statistic of one's own, with the error of the replicates, as R survey's withReplicates.

        Parameters
        ----------
        estimator : callable
            Weights, one a record in the order of the frame → a number, or as many as `names`.
        names : str or list of str
            One for each number.
        level : float
            Level of confidence, 0 to 1.

        Returns
        -------
        DataFrame
            variable, estimate, se, ci_low, ci_high (t), df (of the whole design), method.

        Raises
        ------
        InputRefused
            K420 for an estimator that fails or gives other than as many finite numbers, K412.

        Examples
        --------
        >>> f = pd.DataFrame({"h": list("aabb"), "w": [10.0] * 4, "x": [2.0, 3.0, 4.0, 5.0], "y": [1.0, 3.0, 5.0, 9.0]})
        >>> d = Design(f, weight="w", strata="h").replicate("JKn")
        >>> d.statistic(lambda w: np.log((w * f["y"]).sum() / (w * f["x"]).sum()), "log ratio")[["estimate", "df"]].round(4)
           estimate   df
        0    0.2513  2.0
        """
        labels, level = variables_of(names, "names"), confidence(level)
        try:
            value, covariance = replicate_covariance(self.made, self.w, estimator, centre=self.centre)
        except (TypeError, ValueError, ArithmeticError) as error:
            raise refused(
                f"an estimator that fails: {error}", "a function of the weights that gives numbers"
            ) from error
        if value.shape != (len(labels),) or not np.all(np.isfinite(value)):
            raise refused(f"an estimator that gives {value}", f"{len(labels)} finite numbers, one for each name")
        if self.by_rank:
            every = np.zeros(len(self.w), dtype=np.int64)
            df = float(self._ranks(np.ones((len(self.w), 1)), ONE, every, 1)[0][0, 0])
        else:
            df = float(self.df)
        se = np.sqrt(np.diag(covariance)) if df > 0 else np.full(len(value), np.nan)
        low, high = intervals.t_interval(value, se, np.full(len(value), df), level)
        return pd.DataFrame({
            "variable": labels, "estimate": value, "se": se, "ci_low": low, "ci_high": high, "df": df, "method": "t",
        })  # fmt: skip

    def covariance_of(self, num: Floats, den: Floats | None, inside: npt.NDArray[np.bool_]) -> Floats:
        """Covariance matrix of ratios (or totals) of matrices in one domain.

        Notes
        -----
        As `statistic`: Wolter (2007).
        """
        return self.joint_covariance(num, den, [inside])

    def joint_covariance(self, num: Floats, den: Floats | None, inside: Inside) -> Floats:
        """Covariance matrix of domains that may overlap, domains outermost, in products of the units of the variables.

        Notes
        -----
        Wolter (2007).
        """
        each = np.hstack([self._each(num, den, own) for own in inside])
        return covariance_of_replicates(self.made, self.points(num, den, inside).ravel(), each, centre=self.centre)


def _table(frame: pd.DataFrame, names: Sequence[str]) -> Floats:
    columns = [numbers(frame, name, "replicate weights") for name in as_list(names)]
    return np.column_stack(columns) if columns else np.zeros((len(frame), 0))
