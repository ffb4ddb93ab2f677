"""Agreement of double gradings: weighted kappa against published values, a table worked by hand, and its own identity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kaohe.base.plan import Plan
from kaohe.clean.agreement import DOUBLE_COLUMNS, kappa_of, weighted_kappa
from support.raw_office import RawOffice, book, form_rows

# Agresti (1990), Categorical Data Analysis, p. 367: 91 married couples rate the same statement on four levels.
# R package vcd prints for Kappa(SexualFun): Unweighted 0.1293, Weighted (Equal-Spacing) 0.2374.
COUPLES = np.array([[7, 7, 2, 3], [2, 8, 3, 7], [1, 5, 4, 9], [2, 8, 9, 14]])
HEAD = [("市", "韶关市"), ("抽查县", "武江区"), ("抽查镇", "云溪镇"), ("抽查村", "上塘村")]


def test_published_values() -> None:
    assert kappa_of(COUPLES, weights="none").kappa == pytest.approx(0.1293, abs=5e-5)
    assert kappa_of(COUPLES, weights="linear").kappa == pytest.approx(0.2374, abs=5e-5)
    assert kappa_of(COUPLES).n == 91


def test_quadratic_weights_by_hand() -> None:
    """Three pairs of four agree, one is a step apart (of three).

    Observed: 1/4 × 1/9 = 1/36. Expected from margins (2, 2, 0, 0)/4 and (1, 3, 0, 0)/4:
    (2·3 + 2·1)/16 × 1/9 = 1/18. Kappa: 1 − (1/36)/(1/18) = 1/2.
    """
    grades = ["好", "较好", "一般", "较差"]
    found = weighted_kappa(["好", "好", "较好", "较好"], ["好", "较好", "较好", "较好"], grades)
    assert (found.observed, found.expected) == (pytest.approx(1 / 36), pytest.approx(1 / 18))
    assert (found.kappa, found.same, found.n) == (pytest.approx(1 / 2), 0.75, 4)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_quadratic_kappa_is_the_concordance_of_the_ranks(seed: int) -> None:
    """Quadratic kappa equals Lin's concordance of the level numbers (Fleiss & Cohen 1973; Lin 1989), found another way."""
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 4, 60)
    b = np.clip(a + rng.integers(-1, 2, 60), 0, 3)
    levels = ["0", "1", "2", "3"]
    lin = 2 * np.cov(a, b, bias=True)[0, 1] / (a.var() + b.var() + (a.mean() - b.mean()) ** 2)
    assert weighted_kappa([str(v) for v in a], [str(v) for v in b], levels).kappa == pytest.approx(lin, rel=1e-12)


def test_without_pairs_or_without_variety_there_is_no_kappa() -> None:
    assert np.isnan(weighted_kappa([], [], ["好", "差"]).kappa)
    assert np.isnan(weighted_kappa(["好", "好"], ["好", "好"], ["好", "差"]).kappa)


def doubles(folder: Path, plan: Plan, *forms: list[list[object]]) -> pd.DataFrame:
    office = RawOffice(plan)
    for n, rows in enumerate(forms):
        office.raw[f"cross/field/{n}.xlsx"] = book(rows)
    return pd.read_parquet(office.clean(folder).folder / "doubles.parquet")


def test_two_gradings_of_one_place_are_paired_item_by_item(tmp_path: Path, plan: Plan) -> None:
    village = plan.forms["village"]
    first = form_rows(village, HEAD, lambda n: "好")
    second = form_rows(village, HEAD, lambda n: "较好" if n <= 2 else "好")
    found = doubles(tmp_path, plan, first, second)
    assert tuple(found.columns) == DOUBLE_COLUMNS
    assert len(found) == 18
    assert found["other_grade"].tolist() == ["较好", "较好", *["好"] * 16]
    assert set(found["grade"]) == {"好"}
    assert found.iloc[0][["src_file", "src_row", "other_file", "other_row"]].tolist() == [
        "cross/field/0.xlsx", 5, "cross/field/1.xlsx", 5,
    ]  # fmt: skip
    assert found["src_sha256"].str.len().eq(64).all()


def test_a_copy_is_no_second_grading_but_another_day_is(tmp_path: Path, plan: Plan) -> None:
    village = plan.forms["village"]
    same = form_rows(village, HEAD)
    copy = [*same[:-1], [*same[-1], None, "页码"]]
    assert doubles(tmp_path / "a", plan, same, copy).empty
    later = form_rows(village, HEAD, foot=("示范", "2020年12月9日"))
    assert len(doubles(tmp_path / "b", plan, same, later)) == 18
