"""A sample with its design: the numbers behind every estimate, and how they vary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from kaohe.design.structure import Floats, Ints
from kaohe.estimate.arguments import Freedom
from kaohe.estimate.degrees import joint_freedom, satterthwaite, stratum_covariances, stratum_variances
from kaohe.estimate.held import Held
from kaohe.estimate.linear import (
    Numbers,
    estimate_numbers,
    point_estimates,
    residual_scores,
    score_matrix,
)  # fmt: skip
from kaohe.estimate.variance import covariance

Margins: TypeAlias = bool | str
Inside: TypeAlias = Sequence[npt.NDArray[np.bool_]]
"""Domains by the records that are in them; a record may be in several."""


class Sampled(Held):
    """How sums over a design vary; `kaohe.estimate.Design` puts the estimates on top.

    The arguments, and what is refused, as `kaohe.estimate.Design`. Methods take matrices: ``num`` and ``den`` are float
    arrays, record × variable, in the variables' units, NaN for no answer (None for ``den``: totals; `kaohe.estimate.linear.ONE`:
    means); ``codes`` and ``domain`` give each record the number of its domain, negative outside all; ``n_domains`` is the
    number of domains; ``inside`` has True for the records of one domain; ``squares`` asks for what design effects need;
    ``df`` as `kaohe.estimate.Design`.
    """

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
        """Effective degrees of freedom of a measure from its weighted scores, as in `measure_variance`.

        Parameters
        ----------
        weighted, inside
            As `measure_variance`.

        Notes
        -----
        Satterthwaite (1946).
        """
        rows, scores = residual_scores(self.structure, self.blocks, weighted[:, None], inside)
        parts = stratum_variances(self.structure, rows, scores, residuals=bool(self.blocks))
        return float(satterthwaite(self.structure, parts)[0])

    def contrast_df(self, num: Floats, den: Floats | None, inside: Inside, c: Floats) -> float:
        """Effective degrees of freedom of weighted sums over domains and variables; missing without a variance.

        Parameters
        ----------
        c : float array, sum × (domain · variable)
            Factors of the estimates, domains outermost; relative to one another, without a unit.

        Notes
        -----
        As `kaohe.estimate.degrees.joint_freedom`.
        """
        scores = self._joint_scores(num, den, inside) @ c.T
        order = self.structure.order
        parts = stratum_covariances(self.structure, order, scores[order], residuals=bool(self.blocks))
        return joint_freedom(parts, np.maximum(self.structure.stages[0].n - 1, 1.0))

    def covariance_of(self, num: Floats, den: Floats | None, inside: npt.NDArray[np.bool_]) -> Floats:
        """Covariance matrix of ratios (or totals) of matrices in one domain.

        Returns
        -------
        float array, variable × variable
            Covariance in products of the units of the variables.
        """
        rows, scores = score_matrix(self.structure, self.blocks, self.w, num, den, inside)
        return covariance(self.structure, rows, scores, residuals=bool(self.blocks))

    def joint(self, num: Floats, den: Floats | None, codes: Ints, n_domains: int) -> tuple[Floats, Floats]:
        """Estimates of all domains and variables and their joint covariance, domains outermost.

        Returns
        -------
        estimates, covariance : float arrays, domain × variable, and (domain · variable) squared
        """
        inside = [codes == d for d in range(n_domains)]
        return point_estimates(self.w, num, den, codes, n_domains), self.joint_covariance(num, den, inside)

    def joint_of(self, num: Floats, den: Floats | None, inside: Inside) -> tuple[Floats, Floats]:
        """As `joint`, over domains given as records inside and outside, which may overlap."""
        return self.points(num, den, inside), self.joint_covariance(num, den, inside)

    def joint_covariance(self, num: Floats, den: Floats | None, inside: Inside) -> Floats:
        """The covariance matrix of `joint_of` alone."""
        scores = self._joint_scores(num, den, inside)
        order = self.structure.order
        return covariance(self.structure, order, scores[order], residuals=bool(self.blocks))

    def points(self, num: Floats, den: Floats | None, inside: Inside) -> Floats:
        """Estimates of domains that may overlap, domain × variable in the variables' units, without their errors."""
        return np.vstack([point_estimates(self.w, num, den, np.where(own, 0, -1), 1) for own in inside])

    def _joint_scores(self, num: Floats, den: Floats | None, inside: Inside) -> Floats:
        """Weighted scores of each record in each domain, row × (domain · variable)."""
        k = num.shape[1]
        scores = np.zeros((len(num), len(inside) * k))
        for d, own in enumerate(inside):
            rows, part = score_matrix(self.structure, self.blocks, self.w, num, den, own)
            scores[rows, d * k : (d + 1) * k] = part
        return scores
