"""The seam gives what Design gives, from any source; and R's numbers from Parquet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from tests.support.rcases import check, data, expected, same
from tests.support.seam_data import sample, sources, worst

from kaohe.estimate import (
    Calibration,
    Design,
    combine,
    estimate_from_totals,
    fgt,
    level,
    per,
    psu_quantiles,
    psu_totals,
)  # fmt: skip

ITEMS = [
    "income", "score", "ok", per("income", "size"), level("grade", "较'好"), fgt("income", 7000.0),
    fgt("income", 7000.0, "gap"), fgt("income", 7000.0, "severity"),
]  # fmt: skip
BY = ["city", "kind"]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return sample()


@pytest.fixture(scope="module")
def every(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return sources(frame, tmp_path_factory.mktemp("seam"))


@pytest.mark.parametrize(
    ("sizes", "calibrated", "where"),
    [(None, False, None), (None, True, {"kind": [1, 2]}), (["N", "M"], False, "asked"), (["N", "M"], True, None)],
    ids=["plain", "calibrated, values", "two stages, column", "two stages, calibrated"],
)
def test_every_source_gives_what_design_gives(
    frame: pd.DataFrame, every: dict[str, Any], sizes: list[str] | None, calibrated: bool, where: Any
) -> None:
    how: dict[str, Any] = {
        "weight": "w2" if calibrated else "w", "strata": "h", "psu": ["t", "v"], "fpc": sizes,
        "calibration": Calibration("w", ("kind",), partition="east") if calibrated else None,
    }  # fmt: skip
    design = Design(frame, lonely="adjust", **how)
    inside = None if where is None else frame["asked"] if where == "asked" else frame["kind"].isin([1, 2])
    shares = design.proportion(["ok", "grade"], by=BY, where=inside)
    want = {
        "mean": design.mean(["income", "score"], by=BY, where=inside),
        "total": design.total(["income", "score"], by=BY, where=inside),
        "ratio": design.ratio("income", "size", by=BY, where=inside),
        "proportion": shares[shares["variable"] != "grade=好"].reset_index(drop=True),
        "fgt": design.poverty("income", line=7000.0, by=BY, where=inside),
    }
    for name, source in every.items():
        totals = psu_totals(source, by=BY, y=ITEMS, where=where, **how)
        for statistic, table in want.items():
            chosen = {"mean": ["income", "score"], "total": ["income", "score"], "proportion": ["ok", "grade=较'好"]}
            found = estimate_from_totals(totals, statistic, chosen.get(statistic), lonely="adjust")
            assert worst(found, table) < 1e-12, (name, statistic)


def test_design_effects_intervals_and_fewer_domains(frame: pd.DataFrame, every: dict[str, Any]) -> None:
    design = Design(frame, weight="w", strata="h", psu="t")
    totals = psu_totals(every["parquet"], weight="w", strata="h", psu="t", by=BY, y=["score", "ok"])
    assert (
        worst(estimate_from_totals(totals, "mean", "score", deff="wor"), design.mean("score", by=BY, deff="wor"))
        < 1e-12
    )
    for method in ("logit", "asin", "t"):
        found = estimate_from_totals(totals, "proportion", "ok", method=method, level=0.9, planned_deff=2.0)
        want = design.proportion("ok", by=BY, method=method, level=0.9, planned_deff=2.0)
        assert worst(found, want) < 1e-12
    assert worst(estimate_from_totals(totals, "mean", "score", by="kind"), design.mean("score", by="kind")) < 1e-12
    fewer = psu_totals(every["parquet"], weight="w", strata="h", psu="t", y="score", deff=False, compensated=True)
    plain = estimate_from_totals(fewer)
    assert plain["deff"].isna().all()
    assert worst(plain.drop(columns="deff"), design.mean("score").drop(columns="deff")) < 1e-12


@pytest.mark.parametrize("variable", ["income", "score"], ids=["complete", "with missing answers"])
def test_means_without_design_effects_are_the_same(frame: pd.DataFrame, variable: str) -> None:
    design = Design(frame[frame["w"] > 0], weight="w", strata="h", psu="t")
    plain = design.mean(variable, by="kind", deff=None)
    assert plain["deff"].isna().all()
    assert worst(plain.drop(columns="deff"), design.mean(variable, by="kind").drop(columns="deff")) == 0


def test_stratified_sample_as_r_has_it_from_parquet(tmp_path: Path) -> None:
    e = expected("c01")
    data("apistrat").assign(id=lambda d: range(len(d))).to_parquet(tmp_path / "apistrat.parquet")
    totals = psu_totals(
        tmp_path / "apistrat.parquet", weight="pw", strata="stype", psu="id", fpc=["fpc"],
        y=["enroll", "api00", per("api.stu", "enroll")],
    )  # fmt: skip
    check(estimate_from_totals(totals, "total", "enroll"), e["total_enroll"], 1e-10)
    check(estimate_from_totals(totals, "mean", "api00"), e["mean_api00"], 1e-10)
    check(estimate_from_totals(totals, "ratio"), e["ratio_apistu_enroll"], 1e-10)
    same(estimate_from_totals(totals, "mean", "api00", deff="wor")["deff"], [e["deff_wor_mean_api00"]], 1e-10)
    same(estimate_from_totals(totals, "mean", "api00")["deff"], [e["deff_wr_mean_api00"]], 1e-10)


def test_two_stages_and_domains_as_r_has_them(tmp_path: Path) -> None:
    clusters, two = data("apiclus1"), data("apiclus2")
    clusters.to_parquet(tmp_path / "one.parquet")
    two.to_parquet(tmp_path / "two.parquet")
    e = expected("c05")
    totals = psu_totals(
        tmp_path / "one.parquet", weight="pw", psu="dnum", fpc=["fpc"], by="stype", y=["api00", "enroll"]
    )
    check(estimate_from_totals(totals, "mean", "api00"), e["clus_mean_by_stype"], 1e-10, ci=False)
    check(estimate_from_totals(totals, "total", "enroll"), e["clus_total_by_stype"], 1e-10, ci=False)
    for one in e["clus_domain_df"]:
        inside = psu_totals(
            tmp_path / "one.parquet", weight="pw", psu="dnum", fpc=["fpc"], where={"stype": one["level"]}, y="api00"
        )
        found = estimate_from_totals(inside)
        check(found, one["mean"], 1e-10)
        assert found["df"].tolist() == [one["degf_domain"]]
    e = expected("c03")["two_stage"]
    totals = psu_totals(
        tmp_path / "two.parquet", weight="pw", psu=["dnum", "snum"], fpc=["fpc1", "fpc2"], y=["api00", "enroll"]
    )
    check(estimate_from_totals(totals, "mean", "api00"), e["mean_api00"], 1e-10)
    check(estimate_from_totals(totals, "mean", "enroll"), e["mean_enroll_narm"], 1e-10, ci=False)


@pytest.mark.parametrize("lonely", ["adjust", "average", "certainty", "merge"])
def test_single_units_follow_the_rule(frame: pd.DataFrame, lonely: str) -> None:
    few = frame[(frame["h"] > 0) | (frame["t"] == 1)]
    totals = psu_totals(few, weight="w", strata="h", psu="t", by="city", y="income")
    want = Design(few, weight="w", strata="h", psu="t", lonely=lonely).mean("income", by="city")
    assert worst(estimate_from_totals(totals, lonely=lonely), want) < 1e-12


def test_units_without_answers_stay_in_the_design(frame: pd.DataFrame) -> None:
    """Filtering the source first is another, wrong, number; `where` is not."""
    want = Design(frame, weight="w", strata="h", psu="t").total("income", where=frame["v"] % 2 == 0)
    kept = psu_totals(frame.assign(even=frame["v"] % 2 == 0), weight="w", strata="h", psu="t", y="income", where="even")
    assert worst(estimate_from_totals(kept, "total"), want) < 1e-12
    nobody = psu_totals(frame, weight="w", strata="h", psu="t", by="city", where={"kind": 77}, y="income")
    assert len(estimate_from_totals(nobody)) == 0


@pytest.mark.parametrize("kind", ["pandas", "parquet", "relation", "dask"])
def test_values_of_a_condition_may_be_those_of_numpy_or_missing(
    every: dict[str, Any], frame: pd.DataFrame, kind: str
) -> None:
    """The records are chosen once more by hand, and estimated by `Design`."""
    known = frame["score"].dropna().iloc[:90].tolist()
    asked: dict[str, tuple[Any, npt.NDArray[np.bool_]]] = {
        "score": ([np.float64(v) for v in known], frame["score"].isin(known)),
        "kind": (np.int64(1), frame["kind"] == 1),
        "asked": (np.bool_(True), frame["asked"]),
        "ok": ([np.float32(1.0), np.nan], (frame["ok"] == 1) | frame["ok"].isna()),
        "city": (["韶关市", None], (frame["city"] == "韶关市") | frame["city"].isna()),
        "grade": (pd.NA, frame["grade"].isna()),
        "w": ([np.inf, np.float64(0.0)], frame["w"] == 0),
    }
    for column, (values, inside) in asked.items():
        totals = psu_totals(every[kind], weight="w", strata="h", psu="t", y="size", where={column: values})
        want = Design(frame, weight="w", strata="h", psu="t").total("size", where=inside.to_numpy(dtype=bool))
        assert worst(estimate_from_totals(totals, "total"), want) < 1e-12, column


@pytest.mark.parametrize(
    ("kind", "rule", "method", "by", "where", "kept"),
    [
        ("pandas", "math", "t", None, None, 4_000_000), ("pandas", "school", "beta", BY, "asked", 60),
        ("parquet", "school", "t", None, "asked", 4_000_000), ("parquet", "math", "logit", BY, None, 60),
        ("dask", "math", "t", BY, "asked", 60), ("relation", "hf1", "t", "city", None, 4_000_000),
    ],
)  # fmt: skip
def test_quantiles_are_exactly_those_of_design(
    frame: pd.DataFrame, every: dict[str, Any], kind: str, rule: str, method: str, by: Any, where: Any, kept: int
) -> None:
    """With 60 values kept the interval needs a third pass."""
    design = Design(frame, weight="w", strata="h", psu="t")
    inside = None if where is None else frame["asked"]
    how: dict[str, Any] = {"rule": rule, "method": method}
    want = design.quantile(["income", "size", "score"], [0.1, 0.5, 0.98], by=by, where=inside, **how)
    found = psu_quantiles(
        every[kind], ["income", "size", "score"], [0.1, 0.5, 0.98], weight="w", strata="h", psu="t", by=by or (),
        where=where, kept=kept, **how,
    )  # fmt: skip
    for column in ("estimate", "ci_low", "ci_high"):
        np.testing.assert_array_equal(found[column], want[column])
    assert worst(found, want) < 1e-12


@pytest.mark.parametrize("kind", ["pandas", "parquet", "dask"])
def test_quantiles_where_nobody_answered(frame: pd.DataFrame, tmp_path: Path, kind: str) -> None:
    empty = frame.assign(score=np.where(frame["city"] == "韶关市", np.nan, frame["score"]))
    how: dict[str, Any] = {"weight": "w", "strata": "h", "psu": "t"}
    source = sources(empty, tmp_path)[kind]
    assert (
        worst(psu_quantiles(source, "score", **how, by="city"), Design(empty, **how).quantile("score", by="city"))
        < 1e-12
    )
    nobody = sources(frame.assign(score=np.nan), tmp_path / "none")[kind]
    found = psu_quantiles(nobody, "score", **how, by="city")
    assert found["estimate"].isna().all()
    assert found["quality"].tolist() == ["not_estimable"] * 2


def test_parts_add_up_however_they_are_put_together(frame: pd.DataFrame) -> None:
    how: dict[str, Any] = {"weight": "w", "strata": "h", "psu": "t", "by": BY, "y": ITEMS}
    a, b, c = (psu_totals(part, **how) for part in (frame[:200], frame[200:210], frame[210:]))
    whole = psu_totals(frame, **how)
    for made in (combine(combine(a, b), c), combine(a, combine(b, c)), combine(c, a, b)):
        assert worst(made.cells, whole.cells) < 1e-12
    assert combine(a).cells.equals(a.cells)


def test_names_and_values_never_become_sql(tmp_path: Path) -> None:
    frame = sample(rows=200).rename(columns={"income": 'in"come; DROP TABLE src; --', "h": "group", "t": "select"})
    frame["w"] += 1
    folder = tmp_path / "it's"
    folder.mkdir()
    frame.to_parquet(folder / "a.parquet")
    found = psu_totals(
        folder, weight="w", strata="group", psu="select", y=['in"come; DROP TABLE src; --', level("grade", "' OR 1=1 --")],
        where={"city": ["韶关市", "' OR TRUE --"]},
    )  # fmt: skip
    table = estimate_from_totals(found, lonely="adjust")
    want = Design(frame, weight="w", strata="group", psu="select", lonely="adjust")
    mean = want.mean(
        'in"come; DROP TABLE src; --', where=(frame["city"] == "韶关市").to_numpy(dtype=bool, na_value=False)
    )
    assert worst(table.iloc[:1], mean) < 1e-12
    assert table["estimate"].tolist()[1] == 0


def test_spilled_files_are_gone_and_other_files_are_out_of_reach(tmp_path: Path) -> None:
    from kaohe.estimate.seam_duckdb import Limits, opened

    sample().to_parquet(tmp_path / "a.parquet")
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    spill = tmp_path / "spill"
    spill.mkdir()
    psu_totals(tmp_path / "a.parquet", weight="w", strata="h", psu="t", y="income", spill=spill, threads=1)
    assert list(spill.iterdir()) == []
    import duckdb

    limits = Limits(folder=spill)
    with opened(tmp_path / "a.parquet", limits) as table:
        for query in (
            f"SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')",
            "SELECT * FROM 'https://example.org/a.parquet'",
        ):
            with pytest.raises(duckdb.Error):
                table.relation.query("src", query).df()


def test_importing_kaohe_loads_neither_duckdb_nor_dask() -> None:
    code = (
        "import sys, kaohe, kaohe.estimate; print([m for m in ('duckdb', 'dask', 'distributed') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
