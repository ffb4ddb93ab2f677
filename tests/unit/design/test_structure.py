"""Reading a design: nesting, sizes, single units; every refusal by its whole text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.design.structure import build_structure
from kaohe.estimate import Design


def frame() -> pd.DataFrame:
    return pd.DataFrame({
        "h": list("aaaabbbb"), "t": [1, 1, 2, 2, 3, 3, 4, 4], "v": range(8), "w": 5.0, "y": np.arange(8.0),
        "N": 10.0, "n": 2.0, "M": 7.0, "no": [1, 1, 2, 2, 1, 1, 2, 2],
    })  # fmt: skip


def refusal(**more: object) -> str:
    with pytest.raises(InputRefused) as caught:
        build_structure(frame(), **{"strata": "h", "psu": ["t"], "fpc": None, **more})
    return str(caught.value)


def test_ids_used_again_are_refused_with_their_names() -> None:
    assert refusal(psu=["no"]) == (
        "K303 Sampling units are not nested\n"
        "  where     stage 1\n"
        "  got       the same id in more than one stratum or higher unit: 1 (in a, b), 2 (in a, b)\n"
        "  expected  an id that names one unit in the whole sample\n"
        "  remedy    use full codes, or say nest=True to read ids within their stratum and higher unit"
    )


def test_sizes_at_some_stages_only_are_refused() -> None:
    assert refusal(psu=["t", "v"], fpc=["N"]) == (
        "K304 Population sizes are given at some stages only\n"
        "  got       1 of 2 stages\n"
        "  expected  sizes at all stages, or at none\n"
        "  remedy    with the first stage alone the variance of the later stages is lost"
    )


def test_fractions_given_as_counts_are_refused_with_a_hint() -> None:
    data = frame().assign(f=0.2)
    with pytest.raises(InputRefused) as caught:
        build_structure(data, strata="h", psu=["t"], fpc=["f"], fpc_kind="count")
    assert str(caught.value) == (
        "K305 A population size cannot be right\n"
        "  where     stage 1\n"
        "  got       f = 0.2 with 2 sampled\n"
        "  expected  population counts N of at least n; for fractions say fpc_kind='fraction'"
    )


def test_a_size_that_varies_within_a_stratum_is_refused() -> None:
    data = frame().assign(N=[9.0] + [10.0] * 7)
    with pytest.raises(InputRefused, match="N varies within a stratum or unit, or is missing"):
        build_structure(data, strata="h", psu=["t"], fpc=["N"])


def test_sampled_counts_below_the_units_found_are_refused() -> None:
    data = frame().assign(n=1.0)
    with pytest.raises(InputRefused, match="n is below the units found"):
        build_structure(data, strata="h", psu=["t"], fpc=[("N", "n")])


def test_fractions_outside_0_to_1_are_refused() -> None:
    with pytest.raises(InputRefused, match="N outside 0 to 1"):
        build_structure(frame(), strata="h", psu=["t"], fpc=["N"], fpc_kind="fraction")


def test_single_units_are_named() -> None:
    data = frame().assign(t=[1, 1, 1, 1, 3, 3, 4, 4])
    with pytest.raises(InputRefused) as caught:
        build_structure(data, strata="h", psu=["t"], fpc=None)
    assert str(caught.value) == (
        "K306 Strata with a single sampled unit\n"
        "  where     stage 1\n"
        "  got       a\n"
        "  expected  at least two units in each stratum\n"
        "  remedy    choose lonely='adjust', 'merge', 'average' or 'certainty', and say so in the report"
    )


def test_empty_cells_unknown_columns_and_rules_are_refused() -> None:
    with pytest.raises(InputRefused, match="K308 A design column has empty cells"):
        build_structure(frame().assign(t=[np.nan] + [1] * 7), strata="h", psu=["t"], fpc=None)
    assert refusal(psu=["tt"]) == (
        "K301 A column is missing\n  where     design\n  got       tt\n  expected  a column such as t, h, v"
    )
    assert refusal(lonely="guess") == (
        "K309 Unknown rule for single units\n  got       guess\n  expected  fail, adjust, merge, average, certainty, remove"
    )


def test_purposive_records_cannot_enter_a_design() -> None:
    data = frame().assign(selection=["抽样"] * 6 + ["重点调查"] * 2)
    with pytest.raises(InputRefused) as caught:
        Design(data, weight="w", strata="h", psu="t")
    assert str(caught.value) == (
        "K307 Records that were not sampled cannot enter a design\n"
        "  where     column selection\n"
        "  got       2 rows with 重点调查\n"
        "  expected  抽样 in every row\n"
        "  remedy    describe them apart; or, where the villages were carved out of the frame beforehand, name each of "
        "them in kaohe.design.take_all, which makes them strata of their own with households drawn inside"
    )


@pytest.mark.parametrize("dtype", ["string", "object", "category"])
def test_records_that_do_not_say_how_they_were_selected_cannot_enter_either(dtype: str) -> None:
    data = frame().assign(selection=pd.array(["抽样"] * 6 + [None] * 2, dtype=dtype))
    with pytest.raises(InputRefused, match="K307") as caught:
        Design(data, weight="w", strata="h", psu="t")
    assert caught.value.got.startswith("2 rows with ")
    assert Design(data[:4], weight="w", strata="h", psu="t").df == 1


@pytest.mark.parametrize(
    ("weights", "got"),
    [
        ([np.nan] + [1.0] * 7, "missing, negative or infinite values in 1 rows"),
        ([-1.0, -2.0] + [1.0] * 6, "missing, negative or infinite values in 2 rows"),
        ([0.0] * 8, "only 0 in 8 rows"),
    ],
)
def test_bad_weights_are_refused(weights: list[float], got: str) -> None:
    with pytest.raises(InputRefused) as caught:
        Design(frame().assign(w=weights), weight="w", strata="h", psu="t")
    assert str(caught.value) == (
        "K302 Weights are not all numbers of 0 or more\n"
        "  where     column w\n"
        f"  got       {got}\n"
        "  expected  a finite weight of at least 0 in every row, and some above 0\n"
        "  remedy    records without a weight (重点调查) are described apart, not weighted"
    )


def test_sampled_units_without_rows_count_as_zero_totals() -> None:
    """A town of the sample in which nobody answered: as if its records stood there with weight 0."""
    data = frame().assign(n=2.0)
    lost = data[data["t"] != 4]
    kept = data.assign(w=data["w"].where(data["t"] != 4, 0.0))
    pair = [("N", "n")]
    a = Design(lost, weight="w", strata="h", psu="t", fpc=pair).total("y")
    b = Design(kept, weight="w", strata="h", psu="t", fpc=["N"]).total("y")
    np.testing.assert_allclose(a[["estimate", "se"]], b[["estimate", "se"]], rtol=1e-13)


def test_variance_of_a_two_stage_total_by_hand() -> None:
    """Särndal, Swensson & Wretman 1992, result 4.3.1 with simple random sampling at both stages."""
    data = frame()
    d = Design(data, weight="w", strata="h", psu=["t", "v"], fpc=["N", "M"])
    z = (data["w"] * data["y"]).to_numpy().reshape(2, 2, 2)
    towns = z.sum(axis=2)
    first = (1 - 2 / 10) * 2 * towns.var(axis=1, ddof=1)
    second = (2 / 10) * ((1 - 2 / 7) * 2 * z.var(axis=2, ddof=1)).sum(axis=1)
    assert d.total("y")["se"][0] ** 2 == pytest.approx((first + second).sum(), rel=1e-13)
