"""What must hold for any sample: scale, order, domains that add up, two ways to the same variance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kaohe.design import calibrate_to, rake, rake_to
from kaohe.estimate import Calibration, Design, psu_totals

NUMBERS = ["estimate", "se", "ci_low", "ci_high", "df", "n", "deff"]


@st.composite
def samples(draw: st.DrawFn) -> pd.DataFrame:
    """A stratified two-stage sample with sizes, missing answers and a domain across strata."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    strata = draw(st.integers(2, 5))
    rows = []
    town = village = 0
    for h in range(strata):
        m = int(rng.integers(2, 5))
        big_n = m + int(rng.integers(0, 6))
        for _ in range(m):
            k = int(rng.integers(2, 4))
            for _ in range(k):
                for _ in range(int(rng.integers(1, 5))):
                    rows.append(
                        (f"h{h}", town, village, big_n, k + 2 * (town % 3), rng.uniform(1, 9), rng.normal(50, 20))
                    )
                village += 1
            town += 1
    frame = pd.DataFrame(rows, columns=["h", "t", "v", "N", "M", "w", "y"])
    frame["city"] = np.where(frame["h"] < "h2", "A", "B")
    frame["d"] = rng.choice(["p", "q", "r"], len(frame))
    frame["k"] = rng.choice(["k1", "k2"], len(frame))
    frame["z"] = np.where(rng.random(len(frame)) < 0.15, np.nan, rng.integers(0, 2, len(frame)))
    frame["x"] = rng.integers(1, 7, len(frame)).astype(float)
    return frame


def design(frame: pd.DataFrame, **more: object) -> Design:
    settings_ = {"strata": "h", "psu": ["t", "v"], "fpc": ["N", "M"], "weight": "w", "lonely": "adjust", **more}
    return Design(frame, **settings_)


def calibrated(frame: pd.DataFrame) -> Design | None:
    """Raked within cities where each level is there."""
    parts = []
    for _, group in frame.groupby("city"):
        if group["k"].nunique() < 2:
            return None
        totals = {
            "k": (group.groupby("k")["w"].sum() * 1.3).to_dict(),
            "h": (group.groupby("h")["w"].sum() * 1.3).to_dict(),
        }
        parts.append(group.assign(w2=rake(group, totals, weight="w").weights * 1.0))
    full = pd.concat(parts)
    return design(full, weight="w2", calibration=Calibration("w", ("k", "h"), partition="city"))


@settings(max_examples=40, deadline=None)
@given(samples(), st.floats(0.01, 1000))
def test_rescaling_weights_leaves_means_alone(frame: pd.DataFrame, factor: float) -> None:
    a = design(frame).mean(["y", "z"], by="d")[NUMBERS]
    b = design(frame.assign(w=frame["w"] * factor)).mean(["y", "z"], by="d")[NUMBERS]
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(samples(), st.integers(0, 2**32 - 1))
def test_the_order_of_records_changes_nothing(frame: pd.DataFrame, seed: int) -> None:
    mixed = frame.iloc[np.random.default_rng(seed).permutation(len(frame))]
    for one, other in ((design(frame), design(mixed)), (calibrated(frame), calibrated(mixed))):
        if one is None or other is None:
            continue
        for kind in ("mean", "total"):
            a, b = getattr(one, kind)(["y", "z"], by="d"), getattr(other, kind)(["y", "z"], by="d")
            np.testing.assert_allclose(a[NUMBERS], b[NUMBERS], rtol=1e-8, atol=1e-10)


@settings(max_examples=40, deadline=None)
@given(samples())
def test_domains_add_up_and_the_whole_is_a_domain(frame: pd.DataFrame) -> None:
    d = design(frame)
    parts, whole = d.total("y", by="d"), d.total("y")
    assert parts["estimate"].sum() == pytest.approx(whole["estimate"][0], rel=1e-12)
    every = d.mean(["y", "z"], where=np.ones(len(frame), dtype=bool))
    pd.testing.assert_frame_equal(every, d.mean(["y", "z"]))


@settings(max_examples=40, deadline=None)
@given(samples())
def test_the_fast_variance_by_domain_equals_the_covariance_of_scores(frame: pd.DataFrame) -> None:
    """Pairs of domain and unit against a full matrix of scores, with and without calibration."""
    for d in (design(frame), calibrated(frame)):
        if d is None:
            continue
        fast = d.mean(["y", "z"], by="d")
        for level, rows in fast.groupby("d"):
            matrix = d.covariance(["y", "z"], where=(d.frame["d"] == level).to_numpy())
            known = rows["se"].notna().to_numpy()
            np.testing.assert_allclose(
                rows["se"].to_numpy()[known], np.sqrt(np.diag(matrix))[known], rtol=1e-8, atol=1e-10
            )


@settings(max_examples=40, deadline=None)
@given(samples())
def test_a_mean_is_the_ratio_of_its_totals_and_sums_by_unit_suffice(frame: pd.DataFrame) -> None:
    frame = frame.assign(one=1.0)
    d = design(frame)
    pd.testing.assert_frame_equal(
        d.mean("y", by="d")[NUMBERS], d.ratio("y", "one", by="d")[NUMBERS], check_exact=False, rtol=1e-12
    )
    table = psu_totals(frame, weight="w", strata="h", psu="t", by="d", y=["y", "z"]).frame
    sums = table.groupby(["d", "variable"])[["wy", "wx", "n"]].sum()
    found = d.mean(["y", "z"], by="d").set_index(["d", "variable"])
    np.testing.assert_allclose((sums["wy"] / sums["wx"]).reindex(found.index), found["estimate"], rtol=1e-12)
    assert (sums["n"].reindex(found.index) == found["n"]).all()


@settings(max_examples=30, deadline=None)
@given(samples())
def test_calibrated_counts_are_hit_and_known(frame: pd.DataFrame) -> None:
    d = calibrated(frame)
    if d is None:
        return
    d.frame = d.frame.assign(is_k1=(d.frame["k"] == "k1") * 1.0)
    found = d.total("is_k1", by="city").set_index("city")
    want = frame[frame["k"] == "k1"].groupby("city")["w"].sum() * 1.3
    np.testing.assert_allclose(found["estimate"], want, rtol=1e-10)
    known = found["se"].dropna()
    assert (known <= 1e-6 * found["estimate"].loc[known.index]).all()


@settings(max_examples=60, deadline=None)
@given(samples(), st.sampled_from(["certainty", "adjust", "average"]), st.booleans())
def test_the_fast_lane_gives_the_same_numbers(frame: pd.DataFrame, lonely: str, sizes: bool) -> None:
    """A variable alone (no missing answer) and beside one with missing answers go different ways."""
    d = design(frame, lonely=lonely) if sizes else design(frame, lonely=lonely, psu=["t"], fpc=None)
    where = (frame["k"] == "k1").to_numpy()
    for kind in ("mean", "total"):
        for inside in (None, where):
            alone = getattr(d, kind)("y", by="d", where=inside)
            beside = getattr(d, kind)(["y", "z"], by="d", where=inside)
            beside = beside[beside["variable"] == "y"].reset_index(drop=True)
            np.testing.assert_allclose(
                alone[[*NUMBERS, "n_psu", "n_missing"]], beside[[*NUMBERS, "n_psu", "n_missing"]], rtol=1e-8, atol=1e-10
            )
            assert alone["quality"].tolist() == beside["quality"].tolist()


@settings(max_examples=25, deadline=None)
@given(samples())
def test_margins_are_the_domains_together(frame: pd.DataFrame) -> None:
    d = design(frame)
    found = d.total(["y", "x"], by=["city", "d"], margins=True)
    inner = found[(found["city"] != "合计") & (found["d"] != "合计")]
    for city, part in inner.groupby("city"):
        row = found[(found["city"] == city) & (found["d"] == "合计")]
        np.testing.assert_allclose(
            part.groupby("variable")["estimate"].sum(), row.set_index("variable")["estimate"].sort_index()
        )
    last = found.tail(2).reset_index(drop=True)
    pd.testing.assert_frame_equal(last[NUMBERS], d.total(["y", "x"])[NUMBERS])
    means = d.mean("z", by="d", margins="all")
    pd.testing.assert_frame_equal(means.tail(1)[NUMBERS].reset_index(drop=True), d.mean("z")[NUMBERS])


@settings(max_examples=25, deadline=None)
@given(samples())
def test_sizes_may_be_counts_fractions_or_remainders(frame: pd.DataFrame) -> None:
    n = frame.groupby("h")["t"].transform("nunique")
    m = frame.groupby("t")["v"].transform("nunique")
    f = frame.assign(f=n / frame["N"], g=m / frame["M"], r=1 - n / frame["N"], s=1 - m / frame["M"])
    counts = design(f).mean("y", by="d")[NUMBERS]
    for fpc, kind in ((["f", "g"], "auto"), (["r", "s"], "remainder"), (["N", "s"], ["count", "remainder"])):
        other = design(f, fpc=fpc, fpc_kind=kind).mean("y", by="d")[NUMBERS]
        np.testing.assert_allclose(counts, other, rtol=1e-8, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(samples())
def test_the_jackknife_of_a_total_is_the_linearised_error(frame: pd.DataFrame) -> None:
    d = design(frame, psu="t", fpc=None, lonely="certainty")
    np.testing.assert_allclose(
        d.replicate("JKn").total(["y", "x"], by="d")[NUMBERS[:-1]],
        d.total(["y", "x"], by="d")[NUMBERS[:-1]],
        rtol=1e-8,
        atol=1e-9,
    )


@settings(max_examples=25, deadline=None)
@given(samples(), st.sampled_from(["linear", "raking", "logit"]))
def test_calibrated_totals_hit_their_margins(frame: pd.DataFrame, method: str) -> None:
    counts = {"k": (frame.groupby("k")["w"].sum() * 1.02).to_dict()}
    size = float((frame["w"] * frame["x"]).sum()) * 1.03
    made = calibrate_to(
        frame, counts, {"x": size}, weight="w", method=method, bounds=(0.2, 5) if method == "logit" else None
    )
    np.testing.assert_allclose(made.report["after"], made.report["target"], rtol=1e-10)
    assert made.frame["w_calibrated"] @ frame["x"] == pytest.approx(size, rel=1e-10)
    raked = rake_to(frame, counts, weight="w")
    np.testing.assert_allclose(raked.report["after"], raked.report["target"], rtol=1e-10)
