"""Shares of which every answer is alike: told from the answers, in every lane, with an interval that is not zero wide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kaohe.design import rake_to
from kaohe.estimate import Design, estimate_from_totals, psu_totals


def sample(seed: int) -> pd.DataFrame:
    """Ten strata of six towns; in every second one all say yes, and for some seeds in one all say no."""
    rng = np.random.default_rng(seed)
    f = pd.DataFrame(
        {"h": np.repeat(np.arange(10), 60), "t": np.repeat(np.arange(60), 10), "w": rng.uniform(20, 70, 600)}
    )
    f["y"] = (rng.random(600) > 0.03).astype(float)
    f.loc[f["h"] % 2 == 0, "y"] = 1.0
    if seed % 3 == 0:
        f.loc[f["h"] == 9, "y"] = 0.0
    return f


def checked(found: pd.DataFrame, f: pd.DataFrame) -> None:
    """The answers themselves say which shares are 0 or 1; their bound is Clopper–Pearson's, one-sided."""
    says = f[f["w"] > 0].groupby("h")["y"].agg(["min", "max", "count"])
    found = found.set_index("h")
    alike = says["min"] == says["max"]
    assert alike.sum() >= 5
    assert (found.loc[alike, "estimate"] == says.loc[alike, "min"]).all()
    assert (found.loc[alike, "method"] == "one_sided").all()
    assert (found.loc[alike, "quality"] != "ok").all()
    assert (found["ci_high"] - found["ci_low"] > 0.02).all()
    assert (found.loc[~alike, "method"] == "beta").all()


@pytest.mark.parametrize("seed", [*range(12), 41, 53])
def test_all_alike_in_every_lane(seed: int, tmp_path: Path) -> None:
    f = sample(seed)
    keys = {"weight": "w", "strata": "h", "psu": "t"}
    checked(Design(f, **keys).proportion("y", by="h"), f)
    holes = f.assign(y=f["y"].mask(np.random.default_rng(seed).random(600) < 0.05))
    checked(Design(holes, **keys).proportion("y", by="h"), holes)
    absent = f.assign(w=f["w"].where(np.arange(600) % 17 > 0, 0.0))
    checked(Design(absent, **keys).proportion("y", by="h"), absent)
    raked = rake_to(f.assign(k=np.arange(600) % 3), {"k": {0: 9000.0, 1: 9500.0, 2: 8000.0}}, weight="w")
    d = Design(raked.frame, **{**keys, "weight": raked.weight}, calibration=raked.calibration)
    checked(d.proportion("y", by="h"), f)
    f.to_parquet(tmp_path / "f.parquet", index=False)
    for source in (f, str(tmp_path / "f.parquet")):
        checked(estimate_from_totals(psu_totals(source, **keys, y="y", by="h"), "proportion"), f)


def test_the_bound_is_that_of_clopper_and_pearson() -> None:
    f = sample(54)
    found = Design(f, weight="w").proportion("y", by="h", planned_deff=2.0).set_index("h")
    assert found.loc[8, "ci_low"] == pytest.approx(0.05 ** (1 / 30), rel=1e-12)  # 60 answers over 2, no shrinking
    assert found.loc[9, "ci_high"] == pytest.approx(1 - 0.05 ** (1 / 30), rel=1e-12)
