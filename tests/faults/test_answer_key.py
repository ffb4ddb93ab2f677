"""The demonstration cleaned: every planted fault found at its address, nothing else set aside, nobody stored."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from kaohe.base.plan import Plan
from kaohe.base.tables import contract
from kaohe.clean.intake import read_file
from kaohe.clean.returns import write_returns
from kaohe.clean.run import CleanResult, clean_all
from kaohe.run.demo.make import make_demo

ADDRESS = ["file", "sheet", "row"]


@pytest.fixture(scope="module")
def cleaned(tmp_path_factory: pytest.TempPathFactory, plan: Plan) -> tuple[Path, CleanResult]:
    root = tmp_path_factory.mktemp("office")
    make_demo(root / "raw", seed=7, households=60_000, plan=plan)
    result = clean_all(root / "raw", root / "processed", plan)
    write_returns(root / "processed", plan)
    return root, result


def key_of(root: Path) -> pd.DataFrame:
    key = pd.read_csv(root / "raw_answers/faults.csv", dtype=str, keep_default_na=False)
    return key.astype({"row": "int64"})


def places_of(frame: pd.DataFrame, column: str, action: str) -> list[tuple[object, ...]]:
    """File, sheet, row, column and code of what was, or must be, done so; each as often as it stands there."""
    part = frame.loc[frame[column] == action, [*ADDRESS, "column", "code"]]
    return sorted(part.itertuples(index=False, name=None))


def test_the_quarantine_is_the_answer_key(cleaned: tuple[Path, CleanResult]) -> None:
    """Both ways: every planted fault set aside at its cell by its rule, and nothing else set aside at all."""
    root, _ = cleaned
    key = key_of(root)
    assert len(key) > 100
    assert key["kind"].nunique() >= 15
    aside = pd.read_parquet(root / "processed/clean/quarantine.parquet")
    wanted = places_of(key, "outcome", "quarantine")
    assert places_of(aside, "action", "quarantine") == wanted
    assert len(set(wanted)) == len(wanted) > 50


def test_the_repairs_are_the_answer_key(cleaned: tuple[Path, CleanResult]) -> None:
    root, _ = cleaned
    found = pd.read_parquet(root / "processed/clean/findings.parquet")
    assert places_of(found, "action", "normalise") == places_of(key_of(root), "outcome", "normalise")


def test_encodings_are_noted(cleaned: tuple[Path, CleanResult]) -> None:
    root, _ = cleaned
    found = pd.read_parquet(root / "processed/clean/findings.parquet")
    noted = set(places_of(found, "action", "note"))
    assert set(places_of(key_of(root), "outcome", "note")) <= noted
    assert {n[4] for n in noted} <= {"K230", "K299", "K343"}


def test_rows_add_up_in_every_file(cleaned: tuple[Path, CleanResult]) -> None:
    root, result = cleaned
    accounts = pd.read_parquet(root / "processed/clean/accounts.parquet")
    assert (accounts["balance"] == 0).all()
    assert set(accounts["file"]) == {p.relative_to(root / "raw").as_posix() for p in (root / "raw").rglob("*.*")} - {
        "origin.toml"
    }
    for table, rows in result.rows.items():
        if table not in {"forms", "grades"}:
            assert accounts.loc[accounts["table"] == table, "used"].sum() == rows, table
    assert accounts.loc[accounts["table"] == "cross", "used"].sum() == result.rows["grades"]
    assert (result.refused, result.origin) == ([], "demo")


def test_every_value_stands_where_its_lineage_says(cleaned: tuple[Path, CleanResult]) -> None:
    root, _ = cleaned
    grades = pd.read_parquet(root / "processed/clean/grades.parquet")
    picked = grades.sample(40, random_state=3)
    for file, part in picked.groupby("src_file"):
        book = load_workbook(root / "raw" / str(file))
        for row in part.itertuples():
            cells = [c.value for c in book[row.src_sheet][row.src_row]]
            assert any(str(c).startswith(f"{row.item}. ") for c in cells)
            head = next(r for r in book[row.src_sheet].iter_rows(max_row=6) if "较差" in [c.value for c in r])
            ticked = [h.value for h, c in zip(head, cells, strict=True) if c == "√"]
            assert ticked == [row.grade]


def personal_values(raw: Path, plan: Plan) -> set[str]:
    """Every name, identity number, telephone and account that stands in the raw files."""
    found: set[str] = set()
    for table in ("households", "villages"):
        spec = contract(table, plan)
        labels = {c.label for c in spec.columns if c.kind == "personal"}
        for path in sorted((raw / f"survey/{table}").iterdir()):
            rows = read_file(path, path.name, [c.label for c in spec.columns]).sheets[0].rows
            places = [k for k, v in enumerate(rows[0]) if v in labels]
            found |= {str(row[k]).strip() for row in rows[1:] for k in places if row[k]}
    return found


def test_no_person_stands_in_what_is_stored(cleaned: tuple[Path, CleanResult], plan: Plan) -> None:
    root, _ = cleaned
    people = personal_values(root / "raw", plan)
    assert len(people) > 2000
    numbers = {p for p in people if p[:6].isdigit()}
    names = {p for p in people if not p.isascii()}
    assert len(numbers) > 1000
    assert len(names) > 500
    for path in sorted((root / "processed").rglob("*")):
        if path.suffix == ".xlsx":
            book = load_workbook(path)
            text = "\n".join(str(c.value) for page in book for row in page for c in row if c.value is not None)
        elif path.suffix == ".parquet":
            frame = pd.read_parquet(path)
            text = "\n".join(
                "\n".join(frame[c].dropna().astype(str).unique())
                for c in frame.columns
                if frame[c].dtype == "str" and "sha256" not in c
            )
        else:
            text = re.sub(r'"[0-9a-f]{64}"', "", path.read_text(encoding="utf-8")) if path.is_file() else ""
        words = set(re.findall(r"[\u4e00-\u9fff]{2,4}", text))
        digits = set(re.findall(r"\d{11,19}[X]?", text))
        assert not {n for n in numbers if n in digits}, path.name
        assert not names & words, path.name
        assert re.search(r"(?<!\d)\d{17}[\dX](?!\d)|(?<!\d)1990000\d{4}(?!\d)|620000\d{13}|4499\d{10}", text) is None


@pytest.mark.case("E04")
def test_cleaning_twice_gives_the_same_bytes(cleaned: tuple[Path, CleanResult], tmp_path: Path, plan: Plan) -> None:
    root, _ = cleaned
    again = clean_all(root / "raw", tmp_path / "processed", plan)
    first = {p.name: p.read_bytes() for p in (root / "processed/clean").iterdir()}
    assert {p.name: p.read_bytes() for p in again.folder.iterdir()} == first
