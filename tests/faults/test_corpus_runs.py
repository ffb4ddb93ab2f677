"""Bad folders run as users run them: exit codes, what is said, what stays, and what must not matter."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from test_corpus_files import CASES

from kaohe.base.errors import EXIT_OK, EXIT_REFUSED, InputRefused
from kaohe.base.files import sha256_file
from kaohe.base.plan import Plan
from kaohe.clean import run as cleaning
from kaohe.run import steps
from support.corpus import UNMASKED, raw, text
from support.raw_office import HOUSEHOLDS_FILE, RawOffice


@pytest.mark.case("F24")
@pytest.mark.parametrize(
    "name",
    ["韶关 住户 (终稿).csv", "{target}.csv", "100%.csv", "=1+1.csv", "😀.csv", "a..csv", "尾..CSV", "长" * 80 + ".csv", "'\"`$(x).csv"],
    ids=lambda n: ascii(n)[:20],
)  # fmt: skip
def test_odd_names_are_read(name: str, tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    office.files[f"survey/households/{name}"] = office.files.pop(HOUSEHOLDS_FILE)
    result = office.clean(tmp_path)
    assert (result.refused, result.rows["households"]) == ([], 18)
    assert set(pd.read_parquet(result.folder / "households.parquet")["src_file"]) == {f"survey/households/{name}"}


@pytest.mark.case("F21")
def test_a_changed_file_refuses_the_run_until_it_is_accepted(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    before = json.loads((office.clean(tmp_path).folder / "intake.json").read_text(encoding="utf-8"))
    stored = {p.name: p.read_bytes() for p in (tmp_path / "processed/clean").iterdir()}
    office.households[0]["家庭负债"] = "9"
    with pytest.raises(InputRefused) as caught:
        office.clean(tmp_path, accept_changed=False)
    old, new = before["files"][HOUSEHOLDS_FILE], sha256_file(tmp_path / "raw" / HOUSEHOLDS_FILE)
    assert str(caught.value) == (
        "K354 Raw files changed since they were last cleaned\n"
        f"  where     1 file(s) of {len(before['files'])}\n"
        f"  got       {HOUSEHOLDS_FILE}: {old[:12]}… → {new[:12]}…\n"
        "  expected  files that stay as they came; a new delivery is a new file\n"
        "  remedy    put the old files back, or, when the change is right, run again with --accept-changed (it is recorded)"
    )
    assert {p.name: p.read_bytes() for p in (tmp_path / "processed/clean").iterdir()} == stored
    said: list[str] = []
    steps.clean(tmp_path / "raw", tmp_path / "processed", plan, said.append, accept_changed=True)
    after = json.loads((tmp_path / "processed/clean/intake.json").read_text(encoding="utf-8"))
    assert after["accepted_changes"] == [HOUSEHOLDS_FILE]
    assert after["files"][HOUSEHOLDS_FILE] == new


@pytest.mark.case("F21")
def test_a_file_that_went_away_is_a_change_and_a_new_or_mended_one_is_not(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    office.raw["daily/a.csv"] = b""
    office.clean(tmp_path)
    office.raw["daily/a.csv"] = (
        "记录编号,对象,来源,日期,性质,严重程度,指标,数值,摘要\nR1,韶关市,信访投诉,2020-05-06,扣分事项,轻微,,,\n".encode()
    )
    office.raw["office/self_grades.csv"] = "对象,指标序号,自评等次\n韶关市,3,好\n".encode()
    assert office.clean(tmp_path, accept_changed=False).rows["daily"] == 1
    (tmp_path / "raw" / "daily/a.csv").unlink()
    del office.raw["daily/a.csv"]
    with pytest.raises(InputRefused, match=r"K354 [\s\S]*daily/a\.csv: [0-9a-f]{12}… → gone"):
        office.clean(tmp_path, accept_changed=False)


@pytest.mark.case("F23", "X19")
def test_a_file_that_changes_meanwhile_refuses_the_run(
    tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = RawOffice(plan)
    folder = office.write(tmp_path / "raw")
    real = cleaning.settle_configuration

    def meddling(*args: object) -> object:
        (folder / HOUSEHOLDS_FILE).write_bytes(b"changed")
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(cleaning, "settle_configuration", meddling)
    with pytest.raises(InputRefused) as caught:
        cleaning.clean_all(folder, tmp_path / "processed", plan)
    assert str(caught.value) == (
        "K223 A raw file changed while it was being cleaned\n"
        f"  where     {folder / HOUSEHOLDS_FILE}\n"
        "  remedy    wait until nobody writes to the folder, then run again"
    )
    assert not (tmp_path / "processed/clean").exists()


@pytest.mark.parametrize(
    "case",
    ["F01 listed and missing", "F04 csv named xlsx", "F06 password", "F08 bomb by ratio", "F10 xlsm", "F18 NUL", "F25 link to nothing"],
)  # fmt: skip
def test_a_refused_file_ends_with_2_and_is_said_once(case: str, tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    after = CASES[case](office)
    folder = office.write(tmp_path / "raw")
    if after is not None:
        after(folder)
    said: list[str] = []
    assert steps.clean(folder, tmp_path / "processed", plan, said.append) == EXIT_REFUSED
    assert len(said) == 2
    assert "file not used; the others are" in said[1]
    assert not any(UNMASKED.search(line) or "Traceback" in line for line in said)
    assert pd.read_parquet(tmp_path / "processed/clean/households.parquet").shape[0] == 18


def test_repairs_and_rows_set_aside_end_with_0(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    text(lambda t: t, encoding="gb18030")(office)
    raw("office/self_grades.csv", "对象,指标序号,自评等次\n韶关市,3,优秀\n")(office)
    said: list[str] = []
    assert steps.clean(office.write(tmp_path / "raw"), tmp_path / "processed", plan, said.append) == EXIT_OK
    assert len(said) == 1


@pytest.mark.case("E03", "E04", "E05")
def test_locale_clock_and_hash_seed_change_nothing(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    office.raw["daily/日常.xlsx"] = b"no workbook"
    office.households[0] |= {"市": "韶关", "调查日期": "二〇二〇年九月十二日"}
    office.write(tmp_path / "raw")
    made = []
    for name, settings in (
        ("a", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONHASHSEED": "0", "TZ": "UTC"}),
        ("b", {"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1", "TZ": "Asia/Shanghai"}),
    ):
        done = _clean(tmp_path, name, settings)
        assert done.returncode == EXIT_REFUSED
        out = done.stdout.decode("utf-8")
        assert "K213 文件内容与扩展名不符" in out
        assert "daily/日常.xlsx" in out
        assert b"Traceback" not in done.stdout + done.stderr
        made.append({p.name: p.read_bytes() for p in (tmp_path / name / "clean").iterdir()})
    assert made[0] == made[1]


def _clean(folder: Path, processed: str, settings: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "kaohe.run.cli", "clean", "--raw", "raw", "--processed", processed],
        cwd=folder, capture_output=True, check=False, env={"PATH": os.environ["PATH"], "HOME": str(folder), **settings},
    )  # fmt: skip


@pytest.mark.case("E05")
def test_the_order_of_rows_changes_nothing_but_the_line(tmp_path: Path, plan: Plan) -> None:
    office = RawOffice(plan)
    plain = office.clean(tmp_path / "a").folder
    random.Random(3).shuffle(office.households)
    mixed = office.clean(tmp_path / "b").folder
    leave = ["src_row", "src_sha256"]
    frames = [
        pd.read_parquet(f / "households.parquet").drop(columns=leave).sort_values("household", ignore_index=True)
        for f in (plain, mixed)
    ]
    pd.testing.assert_frame_equal(*frames)


@pytest.mark.case("E08")
def test_nothing_is_asked_of_a_network(tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", never)
    assert RawOffice(plan).clean(tmp_path).refused == []
