"""The benchmark of cleaning runs, and what it compares holds the same values: pandas is the independent reader."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

from kaohe.base.plan import Plan
from kaohe.base.tables import contract

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
import clean as benchmark

ROWS = 3_000


def test_pandas_and_ours_hold_the_same_values(tmp_path: Path, plan: Plan) -> None:
    medians, theirs, ours = benchmark.compare(tmp_path, ROWS, 1)
    page = benchmark.report(medians, ROWS, 1, ours)
    assert "| pandas | " in page
    assert "3,000 rows" in page
    assert all(value > 0 for measured in medians.values() for value in measured.values())
    raw, clean = pd.read_parquet(theirs), pd.read_parquet(ours / "households.parquet")
    assert ROWS * 0.97 < len(clean) < ROWS
    # src_row is the line in the file: the header is line 1
    same = raw.iloc[clean["src_row"].to_numpy() - 2].reset_index(drop=True)
    repaired = pd.read_parquet(ours / "findings.parquet").query("table == 'households' and action == 'normalise'")
    words = ["不知道", "拒答", "不详", ""]
    for column in contract("households", plan).columns:
        if column.kind == "personal" or column.name in {"city", "county"}:
            continue
        rows = ~clean["src_row"].isin(repaired.loc[repaired["column"] == column.label, "row"])
        mine, found = clean.loc[rows, column.name], same.loc[rows, column.label].astype("string")
        found = found.mask(found.isin(words))
        if column.kind in {"int", "number", "money"}:
            wanted = pd.to_numeric(found).astype("float64")
        elif column.kind == "flag":
            wanted = found.map({"是": 1.0, "否": 0.0}).astype("float64")
        elif column.kind == "date":
            wanted = pd.to_datetime(found, format="%Y-%m-%d").astype("datetime64[us]")
        else:
            wanted = found.astype("str")
        pd.testing.assert_series_equal(mine, wanted, check_names=False, check_exact=True)
        assert rows.mean() > 0.98
    assert not {"head_name", "id_number", "phone", "account"} & set(clean.columns)
    assert clean["city"].map(plan.gazetteer.name).tolist() == same["市"].tolist()


def test_ratios_are_over_pandas() -> None:
    medians = {
        benchmark.PANDAS: {"seconds": 2.0, "cpu": 4.0, "mb": 100.0},
        benchmark.OURS: {"seconds": 3.0, "cpu": 8.0, "mb": 250.0},
    }
    assert benchmark.ratios(medians, benchmark.OURS) == pytest.approx((1.5, 2.0, 2.5))
