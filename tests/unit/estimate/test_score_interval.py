"""The score interval against published limits, and with an effective size against its closed form at one half."""

from __future__ import annotations

import numpy as np
import pytest

from kaohe.estimate.intervals import share_interval, wilson_interval


@pytest.mark.parametrize(
    ("yes", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (1, 29, 0.0061, 0.1718)],
)
def test_limits_of_simple_random_samples_are_those_published(yes: int, of: int, low: float, high: float) -> None:
    """Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3; the same as R's prop.test(correct = FALSE)."""
    p = np.array([yes / of])
    found = wilson_interval(p, np.sqrt(p * (1 - p) / of), np.array([np.inf]))
    assert np.ravel(found) == pytest.approx([low, high], abs=5e-5)


def test_a_design_effect_counts_as_fewer_answers() -> None:
    """27 of 30 (R: prop.test gives 0.7437892 to 0.9654001) is 90 % of 60 answers with a design effect of 2."""
    p = np.array([0.9])
    se = np.sqrt(2 * p * (1 - p) / 60)
    none = np.array([np.nan])
    low, high, edge = share_interval(p, se, np.array([np.inf]), np.array([60.0]), none, none, "wilson")
    assert (low[0], high[0]) == pytest.approx((0.7437892, 0.9654001), abs=5e-8)
    assert not edge[0]


def test_few_degrees_of_freedom_widen_it() -> None:
    """At one half the limits are 1/2 -+ t / (2 sqrt(n + t^2)); t with 10 degrees of freedom is 2.228139, n is 100."""
    half = 2.228139 / (2 * (100 + 2.228139**2) ** 0.5)
    low, high = wilson_interval(np.array([0.5]), np.array([0.05]), np.array([10.0]))
    assert (low[0], high[0]) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-7)
