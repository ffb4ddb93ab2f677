"""Weights a hundred times smaller change no mean, share, quantile, measure or error; totals shrink as the weights do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.estimate import Design

ALONE = ["estimate", "se", "ci_low", "ci_high", "df", "n", "deff"]
STATISTICS = {
    "mean": lambda d: d.mean("y", by="c"), "ratio": lambda d: d.ratio("y", "x", by="c"),
    "proportion": lambda d: d.proportion("p", by="c"), "quantile": lambda d: d.quantile("y", [0.1, 0.5, 0.9], by="c"),
    "fixed line": lambda d: d.poverty("y", ["headcount", "gap", "severity"], line=7000, by="c"),
    "gini and quintiles": lambda d: d.poverty("y", ["gini", "qsr"], by="c"),
    "contrast": lambda d: d.contrast("y", by="c", weights={"a": 1, "b": -1}),
    "replicates": lambda d: d.replicate("JKn").mean("y", by="c"),
}  # fmt: skip


@pytest.fixture(scope="module")
def designs() -> tuple[Design, Design]:
    rng = np.random.default_rng(6)
    town = np.repeat(np.arange(40), 10)
    f = pd.DataFrame({"h": town // 8, "t": town, "w": rng.uniform(50, 150, 400), "y": rng.lognormal(9, 0.6, 400)})
    f["x"], f["p"], f["c"] = rng.uniform(1, 3, 400), (rng.random(400) < 0.2).astype(float), rng.choice(list("ab"), 400)
    keys = {"weight": "w", "strata": "h", "psu": "t"}
    return Design(f, **keys), Design(f.assign(w=f["w"] / 100), **keys)


@pytest.mark.parametrize("name", list(STATISTICS))
def test_the_scale_of_weights_does_not_matter(name: str, designs: tuple[Design, Design]) -> None:
    one, other = (STATISTICS[name](d)[ALONE].astype(float) for d in designs)
    np.testing.assert_allclose(one, other, rtol=1e-9)


def test_the_exceptions_that_the_method_names(designs: tuple[Design, Design]) -> None:
    one, other = (d.poverty("y", ["arpr", "rmpg"]) for d in designs)
    np.testing.assert_allclose(one["estimate"], other["estimate"], rtol=1e-12)
    assert (np.abs(one["se"] / other["se"] - 1) > 1e-3).all()  # the width of the kernel goes with N̂^(−1/5)
    totals = [d.total("y") for d in designs]
    np.testing.assert_allclose(totals[0][["estimate", "se"]], 100 * totals[1][["estimate", "se"]], rtol=1e-9)
