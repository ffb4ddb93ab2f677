"""What the seam refuses, with the whole message."""

from __future__ import annotations

import builtins
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.support.seam_data import sample

from kaohe.base.errors import InputRefused
from kaohe.estimate import Calibration, combine, estimate_from_totals, fgt, per, psu_quantiles, psu_totals

HOW: dict[str, Any] = {"weight": "w", "strata": "h", "psu": "t"}


def refused(*arguments: Any, **more: Any) -> str:
    """The message of a pass that is refused."""
    with pytest.raises(InputRefused) as caught:
        psu_totals(*arguments, **{**HOW, "y": "income", **more})
    return str(caught.value)


def test_unknown_sources_and_missing_files(tmp_path: Path) -> None:
    assert refused(42) == (
        "K380 This source cannot be summed\n  got       int\n"
        "  expected  a pandas or Dask DataFrame, a DuckDB relation, or paths of Parquet files"
    )
    for nothing in ("s3://bucket/a.parquet", str(tmp_path / "*.parquet"), str(tmp_path)):
        assert refused(nothing) == (
            f"K381 There are no Parquet files\n  got       {nothing}\n"
            "  expected  a local file, a folder of *.parquet, or a pattern such as data/*.parquet"
        )


def test_a_damaged_file_and_a_limit_too_small(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    sample().to_parquet(path)
    assert refused(path, memory_limit="lots").startswith("K382 The source cannot be read\n  got       ")
    assert refused(path, memory_limit="1KB") == (
        "K383 The memory limit does not suffice\n  got       memory_limit = 1KB\n"
        "  remedy    a larger memory_limit, fewer threads, or fewer columns in `by`"
    )
    path.write_bytes(path.read_bytes()[:-200])
    assert refused(path) == (
        "K382 The source cannot be read\n  got       InvalidInputException\n"
        "  expected  whole Parquet files with the same columns, room to spill, and a memory_limit such as 4GB"
    )


@pytest.mark.parametrize("kind", ["pandas", "parquet"])
def test_records_that_a_design_refuses(kind: str, tmp_path: Path) -> None:
    def source(**columns: Any) -> Any:
        frame = sample(rows=60).assign(**columns)
        if kind == "pandas":
            return frame
        frame.to_parquet(tmp_path / "a.parquet")
        return tmp_path / "a.parquet"

    rows = np.arange(60)
    assert refused(source(selection=np.where(rows < 7, "重点调查", "抽样"))).startswith(
        "K307 Records that were not sampled cannot enter a design\n  where     column selection\n"
        "  got       7 rows with 重点调查"
    )
    for bad in (np.nan, -1.0, np.inf):
        assert refused(source(w=np.where(rows < 3, bad, 1.0))) == (
            "K302 Weights are not all numbers of 0 or more\n  where     column w\n"
            "  got       missing, negative or infinite values in 3 rows\n"
            "  expected  a finite weight of at least 0 in every row, and some above 0\n"
            "  remedy    records without a weight (重点调查) are described apart, not weighted"
        )
    nothing = psu_totals(source(w=np.zeros(60)), **HOW, y="income")
    with pytest.raises(InputRefused, match="only 0 in 0 rows"):
        estimate_from_totals(nothing)
    assert refused(source(t=pd.Series(np.where(rows < 4, None, "x")))) == (
        "K308 A design column has empty cells\n  where     column t\n  got       4 rows\n"
        "  expected  a stratum and unit in every row"
    )
    assert refused(source(asked=pd.Series(np.where(rows < 5, None, True), dtype="boolean")), where="asked") == (
        "K402 A domain is not a yes or no for each record\n  where     column asked\n"
        "  got       5 rows without an answer\n  expected  yes or no in every row"
    )
    assert "K402" in refused(source(), where="city")
    assert "K402" in refused(source(), where=[True] * 60)
    assert refused(source(), y="city").startswith("K401 A variable is not a number\n  where     column city\n")
    assert refused(source(), y="incom").startswith("K301 A column is missing\n  where     source\n  got       incom\n")
    for size in (np.where(rows == 1, 99.0, 9.0), np.where(rows == 1, np.nan, 9.0)):
        assert "K305" in refused(source(N=size), fpc=["N"])
    assert "K304" in refused(source(), fpc=["N"], psu=["t", "v"])
    clash = psu_totals(source(t=rows % 5), **HOW, y="income")
    with pytest.raises(InputRefused, match="K303"):
        estimate_from_totals(clash)


def test_totals_that_cannot_be_added() -> None:
    frame = sample(rows=60)
    a = psu_totals(frame, **HOW, y="income")
    with pytest.raises(InputRefused) as caught:
        combine(a, psu_totals(frame, **HOW, y="score"))
    assert str(caught.value) == (
        "K384 These totals cannot be added\n  got       2 parts, not all of one kind\n"
        "  expected  one or more results of psu_totals with equal arguments"
    )
    with pytest.raises(InputRefused) as caught:
        combine(a, psu_totals(frame.astype({"t": str}), **HOW, y="income"))
    assert str(caught.value) == (
        "K384 These totals cannot be added\n  got       column t holds numbers in one part and text in another\n"
        "  expected  columns of one type in all parts"
    )


def test_calibrations_that_sums_cannot_follow() -> None:
    frame = sample(rows=300)
    assert refused(frame, calibration=Calibration("w", ("kind",), ("size",))) == (
        "K385 This calibration cannot go through the seam\n  got       numeric totals of size\n"
        "  expected  margins of categories, which make cells of records with one g each\n"
        "  remedy    estimate with Design, whose residuals are taken record by record"
    )
    one_g, good = "K385 This calibration cannot go through the seam\n  got       {}\n", Calibration("w", ("kind",))
    assert refused(frame, calibration=replace(good, cluster="v")).startswith(one_g.format("one g for each v"))
    later = refused(frame, calibration=replace(good, after="w2"))
    assert later.startswith(one_g.format("weight w2 after it, and w in use"))
    message = refused(frame, weight="w2", calibration=Calibration("w", ("east",)))
    assert message.startswith(
        "K385 This calibration cannot go through the seam\n  got       weight after over weight before varies in "
    )
    assert "K302" in refused(frame.assign(w0=-1.0), calibration=Calibration("w0", ("kind",)))


def test_dask_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    from kaohe.estimate.seam_frame import dask_cells
    from kaohe.estimate.seam_spec import Item, Spec

    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("dask"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputRefused) as caught:
        dask_cells(None, Spec("w", "h", ("t",), (), (Item("y", "y"),)), None)
    assert str(caught.value) == (
        "K386 An optional package is missing\n  got       dask is not installed\n  expected  dask and distributed\n"
        "  remedy    pip install 'kaohe[cluster]'"
    )


def test_statistics_whose_sums_were_not_taken() -> None:
    frame = sample(rows=300)
    totals = psu_totals(frame, **HOW, y=["income", "ok"], by="city")
    for arguments, got in (
        (("median",), "median"), (("ratio",), "ratio"), (("fgt",), "fgt"), (("mean", "incom"), "mean of incom"),
    ):  # fmt: skip
        with pytest.raises(InputRefused) as caught:
            estimate_from_totals(totals, *arguments)
        assert str(caught.value).startswith(f"K387 The totals do not hold this\n  got       {got}\n  expected  ")
    with pytest.raises(InputRefused, match="domains of kind"):
        estimate_from_totals(totals, by="kind")
    with pytest.raises(InputRefused, match="K405 A share needs 0 and 1"):
        estimate_from_totals(totals, "proportion", "income")
    assert set(estimate_from_totals(totals, "proportion")["variable"]) == {"ok"}
    with pytest.raises(InputRefused, match="K404"):
        estimate_from_totals(totals, "proportion", "ok", method="bayes")
    with pytest.raises(InputRefused, match="a pass with deff=True"):
        estimate_from_totals(psu_totals(frame, **HOW, y="ok", deff=False), "proportion")
    with pytest.raises(InputRefused, match="K407"):
        fgt("income", 0)
    for items in (["income", per("income", "size")], ["income", "ok"]):
        assert "K403" in refused(frame, y=items, x=["size"])


def test_too_many_cells_and_other_quantile_rules(tmp_path: Path) -> None:
    sample().to_parquet(tmp_path / "a.parquet")
    assert refused(tmp_path / "a.parquet", by="income", max_cells=100) == (
        "K388 The sums are too many to hold\n  got       more than 100 cells\n"
        "  expected  far fewer cells (domain × unit) than records\n"
        "  remedy    fewer columns in `by`, units of a higher stage, or a larger max_cells"
    )
    with pytest.raises(InputRefused) as caught:
        psu_quantiles(sample(), "income", **HOW, rule="hf7")
    assert str(caught.value) == (
        "K389 This quantile rule cannot go through the seam\n  got       hf7\n  expected  math (hf1) or school (hf2)\n"
        "  remedy    Design.quantile has the other rules"
    )
    for more, code in (({"probs": [1.2]}, "K406"), ({"method": "wilson"}, "K404")):
        with pytest.raises(InputRefused, match=code):
            psu_quantiles(sample(), "income", **HOW, **more)
