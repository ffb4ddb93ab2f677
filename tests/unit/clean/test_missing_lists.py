"""A sample list that is missing or refused: rows are used unchecked, and that is said once for each table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kaohe.base.plan import Plan
from support.raw_office import RawOffice

LISTS = {"sample_households": {"households"}, "sample_villages": {"sample_households", "households", "villages"}}


def _office(plan: Plan, lost: str, how: str) -> RawOffice:
    office = RawOffice(plan)
    if how == "missing":
        del office.files[f"survey/{lost}.csv"]
    else:
        office.raw[f"survey/{lost}.csv"] = b""
    return office


@pytest.mark.parametrize("how", ["missing", "empty"])
@pytest.mark.parametrize("lost", list(LISTS))
def test_rows_are_used_without_the_list_and_it_is_said_once(plan: Plan, tmp_path: Path, lost: str, how: str) -> None:
    result = _office(plan, lost, how).clean(tmp_path)
    assert (result.rows["households"], result.rows["villages"]) == (18, 2)
    assert result.counts.get("quarantine", 0) == 0
    assert result.refused == ([] if how == "missing" else [f"survey/{lost}.csv"])
    findings = pd.read_parquet(tmp_path / "processed/clean/findings.parquet")
    said = findings[(findings["code"] == "K234") & findings["value"].str.contains("未与之核对")]
    assert sorted(said["table"]) == sorted(LISTS[lost])


def test_the_note_names_list_and_table(plan: Plan, tmp_path: Path) -> None:
    _office(plan, "sample_households", "missing").clean(tmp_path)
    findings = pd.read_parquet(tmp_path / "processed/clean/findings.parquet")
    told = findings[(findings["code"] == "K234") & (findings["table"] == "households")].iloc[0]
    assert (told["value"], told["file"]) == ("没有样本户名单，样本户调查表未与之核对", "survey/sample_households.*")
