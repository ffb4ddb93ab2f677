"""Linearised errors against replication: the same design, another way; contrasts and tests against arithmetic."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kaohe.base.errors import InputRefused
from kaohe.design.propensity import fit_propensity
from kaohe.design.trim import trim
from kaohe.estimate import Design
from kaohe.estimate.hadamard import hadamard
from kaohe.estimate.poverty import fgt, fgt_below, gini, headcount_below, median_gap, qsr, relative_line
from kaohe.estimate.quantiles import weighted_quantile
from kaohe.estimate.replicates import balanced, bootstrap, jackknife, replicate_covariance


@pytest.fixture(scope="module")
def design() -> Design:
    rng = np.random.default_rng(11)
    towns, size = 120, 25
    town = np.repeat(np.arange(towns), size)
    n = len(town)
    income = np.exp(9.6 + 0.15 * rng.normal(size=towns)[town] + 0.5 * rng.normal(size=n))
    frame = pd.DataFrame({
        "h": town // 10, "t": town, "w": rng.uniform(10, 40, n), "income": income, "x": rng.integers(1, 6, n).astype(float),
        "d": np.where((town // 10) < 6, "东", "西"), "e": rng.choice(["a", "b", "c"], n),
    })  # fmt: skip
    return Design(frame, weight="w", strata="h", psu="t")


MEASURES = {
    "headcount": lambda y, w: fgt(y, w, 9000, 0).value, "gap": lambda y, w: fgt(y, w, 9000, 1).value,
    "severity": lambda y, w: fgt(y, w, 9000, 2).value, "gini": lambda y, w: gini(y, w).value,
    "qsr": lambda y, w: qsr(y, w).value,
    "arpr": lambda y, w: float(np.average(y < relative_line(y, w).value, weights=w)),
}  # fmt: skip


def strata_by_hand(design: Design, a: str, b: str, column: str = "e") -> tuple[float, float]:
    """Variance and Satterthwaite's degrees of freedom of a difference of two means: 12 strata of 10 towns with replacement."""
    f, w = design.frame, design.w
    y, groups = f["income"].to_numpy(), f[column].to_numpy()
    z = np.zeros(len(f))
    for level, sign in ((a, 1), (b, -1)):
        own = groups == level
        z[own] += sign * w[own] * (y[own] - np.average(y[own], weights=w[own])) / w[own].sum()
    parts = 10 * np.bincount(f["t"], weights=z).reshape(12, 10).var(axis=1, ddof=1)
    return float(parts.sum()), float(parts.sum() ** 2 / (parts**2 / 9).sum())


@pytest.mark.parametrize("name", ["headcount", "gap", "severity", "gini"])
def test_linearised_poverty_errors_agree_with_the_jackknife(design: Design, name: str) -> None:
    y = design.frame["income"].to_numpy()
    made = jackknife(design.structure, design.w)
    _, cov = replicate_covariance(made, design.w, lambda w: np.array([MEASURES[name](y[w > 0], w[w > 0])]))
    found = design.poverty("income", name, line=9000)
    assert found["se"][0] == pytest.approx(np.sqrt(cov[0, 0]), rel=0.03)


def test_quintile_ratio_error_agrees_with_the_bootstrap(design: Design) -> None:
    y = design.frame["income"].to_numpy()
    made = bootstrap(design.structure, design.w, replicates=600, rng=np.random.default_rng(3))
    _, cov = replicate_covariance(made, design.w, lambda w: np.array([MEASURES["qsr"](y[w > 0], w[w > 0])]))
    assert design.poverty("income", "qsr")["se"][0] == pytest.approx(np.sqrt(cov[0, 0]), rel=0.12)


def test_errors_with_an_estimated_line_agree_with_the_bootstrap(design: Design) -> None:
    """The jackknife fails for quantiles; the bootstrap does not."""
    y = design.frame["income"].to_numpy()
    made = bootstrap(design.structure, design.w, replicates=600, rng=np.random.default_rng(4))
    _, cov = replicate_covariance(made, design.w, lambda w: np.array([MEASURES["arpr"](y[w > 0], w[w > 0])]))
    found = design.poverty("income", "arpr")
    assert found["se"][0] == pytest.approx(np.sqrt(cov[0, 0]), rel=0.12)
    # the line's own error matters: with the line taken as known the error is another one
    t = relative_line(y, design.w).value
    assert abs(design.poverty("income", "headcount", line=t)["se"][0] / found["se"][0] - 1) > 0.1


def test_gap_and_severity_below_an_estimated_line_agree_with_the_bootstrap(design: Design) -> None:
    rng = np.random.default_rng(12)
    boot = design.replicate("bootstrap", replicates=400, rng=rng)
    names = ["headcount", "gap", "severity"]
    linear, resampled = design.poverty("income", names, line="relative"), boot.poverty("income", names, line="relative")
    np.testing.assert_allclose(linear["estimate"], resampled["estimate"], rtol=1e-12)
    np.testing.assert_allclose(linear["se"], resampled["se"], rtol=0.12)
    known = design.poverty("income", names, line=relative_line(design.frame["income"].to_numpy(), design.w).value)
    assert (np.abs(known["se"] / linear["se"] - 1) > 0.03).all()


def test_a_bootstrap_design_has_every_estimate_and_needs_its_generator(design: Design) -> None:
    boot = design.replicate("bootstrap", replicates=300, rng=np.random.default_rng(13))
    for found, linear in (
        (boot.mean("income", by="e", margins=True), design.mean("income", by="e", margins=True)),
        (boot.ratio("income", "x"), design.ratio("income", "x")),
        (boot.quantile("income", [0.25, 0.5]), design.quantile("income", [0.25, 0.5])),
        (
            boot.contrast("income", by="e", weights={"a": 1, "b": -1}),
            design.contrast("income", by="e", weights={"a": 1, "b": -1}),
        ),
    ):
        assert found.columns.tolist() == linear.columns.tolist()
        np.testing.assert_allclose(found["estimate"], linear["estimate"], rtol=1e-12)
        np.testing.assert_allclose(found["se"], linear["se"], rtol=0.2)
        contrast = "t" in found.columns
        # every level of e is in all 120 towns: 108 degrees of freedom each, so Welch's number is above the 108 of both together
        assert (found["df"] == 108).all()
        # strata are told apart by linearisation only
        want = strata_by_hand(design, "a", "b")[1] if contrast else 108
        np.testing.assert_allclose(linear["df"], want, rtol=1e-9)
    with pytest.raises(InputRefused) as caught:
        design.replicate("bootstrap")
    assert str(caught.value) == (
        "K420 Replicate weights cannot be made\n  got       a bootstrap without a random generator\n"
        "  expected  rng=numpy.random.default_rng(seed)"
    )


def test_median_gap_error_agrees_with_the_bootstrap(design: Design) -> None:
    y = design.frame["income"].to_numpy()

    def rmpg(w: np.ndarray) -> np.ndarray:
        v, u = y[w > 0], w[w > 0]
        t = relative_line(v, u).value
        return np.array([1 - weighted_quantile(v[v < t], u[v < t], [0.5], "school")[0] / t])

    made = bootstrap(design.structure, design.w, replicates=500, rng=np.random.default_rng(5))
    _, cov = replicate_covariance(made, design.w, rmpg)
    assert design.poverty("income", "rmpg")["se"][0] == pytest.approx(np.sqrt(cov[0, 0]), rel=0.2)


def test_standard_errors_are_the_spread_of_many_samples() -> None:
    """400 samples of 40 towns of 8: the mean standard error, from totals of the scores by town, against the spread of the estimates."""
    rng = np.random.default_rng(21)
    town, everybody = np.repeat(np.arange(40), 8), np.ones(320, dtype=bool)
    values, errors = [], []
    for _ in range(400):
        y = np.exp(9.5 + 0.2 * rng.normal(size=40)[town] + 0.6 * rng.normal(size=320))
        w = 500 * rng.uniform(0.5, 1.5, 320)
        line = relative_line(y, w)
        made = [
            gini(y, w),
            qsr(y, w),
            *(f(y, w, line, everybody, line.scores) for f in (headcount_below, median_gap, fgt_below(1))),
        ]
        totals = np.add.reduceat(np.column_stack([m.scores for m in made]) * w[:, None], np.arange(0, 320, 8))
        values.append([m.value for m in made])
        errors.append(np.sqrt(totals.var(axis=0, ddof=1) * 40))
    ratio = np.mean(errors, axis=0) / np.std(values, axis=0, ddof=1)
    assert ((ratio > 0.9) & (ratio < 1.12)).all(), ratio


def test_woodruff_errors_agree_with_the_bootstrap(design: Design) -> None:
    y = design.frame["income"].to_numpy()
    made = bootstrap(design.structure, design.w, replicates=400, rng=np.random.default_rng(6))
    probs = [0.25, 0.5, 0.75]
    _, cov = replicate_covariance(made, design.w, lambda w: weighted_quantile(y, w, probs))
    found = design.quantile("income", probs)
    np.testing.assert_allclose(found["se"], np.sqrt(np.diag(cov)), rtol=0.15)


def test_means_agree_with_jackknife_and_bootstrap(design: Design) -> None:
    y = design.frame["income"].to_numpy()

    def mean(w: np.ndarray) -> np.ndarray:
        return np.array([np.average(y, weights=w)])

    want = design.mean("income")["se"][0]
    _, jack = replicate_covariance(jackknife(design.structure, design.w), design.w, mean)
    boot = bootstrap(design.structure, design.w, replicates=800, rng=np.random.default_rng(7))
    _, resampled = replicate_covariance(boot, design.w, mean)
    assert np.sqrt(jack[0, 0]) == pytest.approx(want, rel=0.005)
    assert np.sqrt(resampled[0, 0]) == pytest.approx(want, rel=0.08)
    np.testing.assert_allclose(boot.weights.sum(axis=0).mean(), design.w.sum(), rtol=0.02)


def test_scores_are_derivatives_of_the_measures() -> None:
    rng = np.random.default_rng(8)
    y, w = rng.lognormal(9, 0.6, 400), rng.uniform(1, 3, 400)
    for power in (0, 1, 2):
        scores = fgt(y, w, 7000, power).scores
        for k in (0, 57, 203):
            step = w.copy()
            step[k] += 1e-4
            numeric = fgt(y, step, 7000, power).value - fgt(y, w, 7000, power).value
            assert scores[k] == pytest.approx(numeric / 1e-4, rel=1e-3, abs=1e-12)
    assert (w * gini(y, w).scores).sum() == pytest.approx(0, abs=1e-9)
    # the scores of a measure without unit add to 0, up to the jump of the weights at the fifths
    assert abs((w * qsr(y, w).scores).sum()) < 5 * np.abs(w * qsr(y, w).scores).max()


@pytest.mark.parametrize("order", [1, 2, 4, 8, 12, 20, 24, 28, 32, 36, 52, 76])
def test_hadamard_matrices_are_orthogonal(order: int) -> None:
    h = hadamard(order)
    assert len(h) == order
    assert (h[:, 0] == 1).all()
    assert set(np.unique(h)) <= {-1, 1}
    np.testing.assert_array_equal(h @ h.T, len(h) * np.eye(len(h), dtype=int))


def test_balanced_replicates_give_the_linearised_error_of_a_total() -> None:
    rng = np.random.default_rng(9)
    frame = pd.DataFrame(
        {"h": np.repeat(np.arange(13), 2), "t": np.arange(26), "w": rng.uniform(1, 5, 26), "y": rng.normal(size=26)}
    )
    d = Design(frame, weight="w", strata="h", psu="t")
    for rho in (0.0, 0.4):
        _, cov = replicate_covariance(
            balanced(d.structure, d.w, rho=rho), d.w, lambda w: np.array([(w * frame["y"]).sum()])
        )
        assert np.sqrt(cov[0, 0]) == pytest.approx(d.total("y")["se"][0], rel=1e-12)


def test_a_contrast_is_a_difference_with_its_covariance(design: Design) -> None:
    """Domains that share towns: the covariance is there, and a regression on a 0/1 variable says the same."""
    found = design.contrast("income", by="e", weights={"a": 1, "b": -1}).iloc[0]
    means = design.mean("income", by="e").set_index("e")
    assert found["estimate"] == pytest.approx(means.loc["a", "estimate"] - means.loc["b", "estimate"])
    y, w, e = design.frame["income"].to_numpy(), design.w, design.frame["e"].to_numpy()

    def difference(v: np.ndarray) -> np.ndarray:
        return np.array([np.average(y[e == "a"], weights=v[e == "a"]) - np.average(y[e == "b"], weights=v[e == "b"])])

    _, cov = replicate_covariance(jackknife(design.structure, w), w, difference)
    assert found["se"] == pytest.approx(np.sqrt(cov[0, 0]), rel=0.01)
    independent = np.hypot(means.loc["a", "se"], means.loc["b", "se"])
    assert abs(found["se"] / independent - 1) > 0.02
    variance, df = strata_by_hand(design, "a", "b")
    assert found["se"] == pytest.approx(np.sqrt(variance), rel=1e-9)
    assert found["df"] == pytest.approx(df, rel=1e-9)
    assert found["df"] < 108  # towns minus strata
    assert found["p_value"] == pytest.approx(2 * stats.t.sf(abs(found["estimate"]) / np.sqrt(variance), df), rel=1e-9)


def test_domains_of_separate_strata_have_no_covariance(design: Design) -> None:
    found = design.contrast("income", by="d", weights={"东": 1, "西": -1}).iloc[0]
    means = design.mean("income", by="d")
    assert found["se"] == pytest.approx(np.hypot(*means["se"]), rel=1e-10)
    for df in ("units", "satterthwaite", 17.5):
        apart = design.contrast("income", by="d", weights={"东": 1, "西": -1}, df=df).iloc[0]
        assert apart["p_value"] == pytest.approx(design.test("income", by="d", df=df)["p_value"][0], rel=1e-9)
    assert found["df"] == pytest.approx(strata_by_hand(design, "东", "西", "d")[1], rel=1e-9)
    one = design.contrast("income", by="d", weights={"东": 1}).iloc[0]
    assert one["se"] == pytest.approx(means["se"][0], rel=1e-12)


def test_equal_means_test_has_the_right_size() -> None:
    """Under the null the p-values of the test are about uniform."""
    rng = np.random.default_rng(10)
    town = np.repeat(np.arange(90), 6)
    frame = pd.DataFrame({"h": town // 15, "t": town, "w": 1.0, "e": rng.choice(["a", "b", "c"], len(town))})
    p = []
    for _ in range(300):
        frame["y"] = rng.normal(size=90)[town] + rng.normal(size=len(town))
        p.append(Design(frame, weight="w", strata="h", psu="t").test("y", by="e")["p_value"][0])
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.09
    assert 0.4 < np.mean(p) < 0.6


def test_refusals(design: Design) -> None:
    cases = [
        (lambda: design.contrast("income", by="d", weights={"北": 1}),
         "K421 A contrast names an unknown domain\n  got       北\n  expected  东, 西"),
        (lambda: design.poverty("income", "theil"),
         "K407 A poverty measure cannot be computed\n  got       theil\n"
         "  expected  headcount, gap, severity, gini, qsr, arpr, rmpg; a line above 0, or line='relative' with a share above 0"),
        (lambda: design.poverty("income", "gap"),
         "K407 A poverty measure cannot be computed\n  got       line = None\n"
         "  expected  headcount, gap, severity, gini, qsr, arpr, rmpg; a line above 0, or line='relative' with a share above 0"),
        (lambda: balanced(design.structure, design.w),
         "K420 Replicate weights cannot be made\n  got       12 strata without exactly two units\n"
         "  expected  two units in each stratum"),
        (lambda: trim(np.ones(4), upper=0.5),
         "K330 Weights cannot be trimmed so\n  got       limits -inf to 0.5, rule equal\n"
         "  expected  limits around the mean weight 1; rule equal or proportional"),
        (lambda: fit_propensity(pd.DataFrame({"a": [0.0, 0, 1, 1], "r": [0, 0, 1, 1]}), ["a"], responded="r"),
         "K313 The response model cannot be fitted\n"
         "  got       columns that depend on one another, or foretell the response exactly\n"
         "  expected  fewer predictors\n  remedy    or use weighting classes"),
    ]  # fmt: skip
    for call, text in cases:
        with pytest.raises(InputRefused) as caught:
            call()
        assert str(caught.value) == text
