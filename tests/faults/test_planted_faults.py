"""Every fault planted in a demonstration is set aside or repaired at its cell by its rule, and nothing else is set aside."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kaohe.base.plan import load_plan
from kaohe.clean.run import clean_all
from kaohe.run.demo import make_demo

ADDRESS = ["file", "sheet", "row", "column"]


def found(folder: Path, seed: int, households: int) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """The answer key, the findings of cleaning, and the number of records read."""
    raw = folder / "raw"
    make_demo(raw, seed=seed, households=households)
    clean_all(raw, folder / "processed", load_plan())
    key = pd.read_csv(folder / "raw_answers" / "faults.csv", dtype=str, keep_default_na=False).astype({"row": int})
    clean = folder / "processed" / "clean"
    accounts = pd.read_parquet(clean / "accounts.parquet")
    return key, pd.read_parquet(clean / "findings.parquet"), int((accounts["used"] + accounts["quarantined"]).sum())


@pytest.mark.parametrize(
    ("seed", "households"),
    [
        (2020, 20_000),
        *(pytest.param(s, n, marks=pytest.mark.every_target) for s, n in ((1, 20_000), (2020, 400_000), (2, 60_000))),
    ],
)
def test_none_is_missed_and_good_records_stay(tmp_path: Path, seed: int, households: int) -> None:
    key, findings, records = found(tmp_path, seed, households)
    cells = key[key["outcome"] != "note"]
    acted = findings[findings["action"].isin(["quarantine", "normalise"])]
    both = cells.merge(acted, on=ADDRESS, how="left", suffixes=("", "_found"))
    missed = both[both["action"] != both["outcome"]]
    assert missed[[*ADDRESS, "kind", "outcome", "action"]].to_dict("records") == []
    rows = set(cells.loc[cells["outcome"] == "quarantine", ["file", "sheet", "row"]].itertuples(index=False, name=None))
    aside = acted.loc[acted["action"] == "quarantine", ["file", "sheet", "row"]].drop_duplicates()
    wrong = [r for r in aside.itertuples(index=False, name=None) if r not in rows]
    assert records > 20_000
    assert wrong == []
    codes = sorted(cells.loc[cells["outcome"] == "quarantine", [*ADDRESS, "code"]].itertuples(index=False, name=None))
    assert (
        sorted(acted.loc[acted["action"] == "quarantine", [*ADDRESS, "code"]].itertuples(index=False, name=None))
        == codes
    )
    noted = findings.loc[(findings["code"] == "K230") & (findings["row"] == 0), "file"]
    assert set(key.loc[key["row"] == 0, "file"]) <= set(noted)
