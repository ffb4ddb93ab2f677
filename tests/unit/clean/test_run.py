"""The step as a whole: what it writes, that it is whole or absent, and that it notices change."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from kaohe.base.errors import BusyError, InputRefused
from kaohe.base.files import locked, sha256_file
from kaohe.base.plan import Plan
from kaohe.base.tables import FORM_COLUMNS, GRADE_COLUMNS, LINEAGE, PSEUDONYMS, RAW, contract
from kaohe.clean import run
from kaohe.clean.run import clean_all
from support.raw_office import HOUSEHOLDS_FILE, RawOffice


def test_every_table_is_written_with_its_columns(tmp_path: Path, plan: Plan) -> None:
    result = RawOffice(plan).clean(tmp_path)
    names = {p.stem for p in result.folder.glob("*.parquet")}
    assert names == {*RAW, "forms", "grades", "doubles", "findings", "quarantine", "accounts"}
    for name in RAW:
        frame = pd.read_parquet(result.folder / f"{name}.parquet")
        columns = [c.name for c in contract(name, plan).columns if c.kind != "personal"]
        assert list(frame.columns) == [*columns, *(c for c, _, _ in PSEUDONYMS.get(name, ())), *LINEAGE]
        kinds = {c.name: c.kind for c in contract(name, plan).columns}
        for column in columns:
            wanted = (
                "float64" if kinds[column] in {"int", "number", "money", "share", "flag", "item"}
                else "datetime64[us]" if kinds[column] == "date" else "str"
            )  # fmt: skip
            assert str(frame[column].dtype) == wanted, (name, column)
    assert tuple(pd.read_parquet(result.folder / "forms.parquet").columns) == FORM_COLUMNS
    assert tuple(pd.read_parquet(result.folder / "grades.parquet").columns) == GRADE_COLUMNS
    households = pd.read_parquet(result.folder / "households.parquet").iloc[0]
    assert households["src_file"] == HOUSEHOLDS_FILE
    assert households["src_row"] == 2
    assert households["src_sha256"] == sha256_file(tmp_path / "raw" / HOUSEHOLDS_FILE)


def test_intake_says_what_was_read(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    result = office.clean(tmp_path)
    intake = json.loads((result.folder / "intake.json").read_text(encoding="utf-8"))
    assert intake["origin"] == "office"
    assert intake["seed"] is None
    assert intake["files"] == {n: sha256_file(tmp_path / "raw" / n) for n in office.files}
    office.raw["origin.toml"] = b"synthetic = true\nseed = 11\n"
    for row in office.households:
        row["身份证号"] = ""
    again = json.loads((office.clean(tmp_path).folder / "intake.json").read_text(encoding="utf-8"))
    assert (again["origin"], again["seed"]) == ("demo", 11)
    assert again["data_hash"] != intake["data_hash"]


def test_a_file_that_changes_meanwhile_refuses_the_run(
    tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = RawOffice(plan)
    raw = office.write(tmp_path / "raw")
    real = run.screen

    def meddling(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]
        if args[0].contract.name == "villages":  # type: ignore[attr-defined]
            (raw / HOUSEHOLDS_FILE).write_bytes(b"changed")

    monkeypatch.setattr(run, "screen", meddling)
    with pytest.raises(InputRefused) as caught:
        clean_all(raw, tmp_path / "processed", plan)
    assert caught.value.code == "K223"
    assert not (tmp_path / "processed/clean").exists()


def test_a_failure_while_writing_leaves_the_old_set(
    tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = RawOffice(plan)
    first = {p.name: p.read_bytes() for p in office.clean(tmp_path).folder.iterdir()}
    office.households[0]["家庭负债"] = "9"

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run, "write_json", full)
    with pytest.raises(OSError, match="No space left"):
        office.clean(tmp_path)
    assert {p.name: p.read_bytes() for p in (tmp_path / "processed/clean").iterdir()} == first
    assert [p.name for p in (tmp_path / "processed").iterdir() if p.name.startswith(".tmp")] == []


def test_two_runs_on_one_folder(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    with locked(tmp_path / "processed", "kaohe clean"), pytest.raises(BusyError, match="K501"):
        office.clean(tmp_path)


def test_progress_is_told(tmp_path: Path, plan: Plan) -> None:
    told: list[str] = []
    raw = RawOffice(plan).write(tmp_path / "raw")
    clean_all(raw, tmp_path / "processed", plan, progress=told.append)
    assert told[0] == "考核对象名册"
    assert told[-2:] == ["考评表", "writing"]
    assert len(told) == len(RAW) + 2
