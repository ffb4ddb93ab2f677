"""check, returns, trace and tables on the command line: what they say, what they write, how they exit."""

from __future__ import annotations

from pathlib import Path

import pytest

from kaohe.base.plan import Plan, load_plan
from kaohe.run import cli
from support.publishing import write_build
from support.raw_office import HOUSEHOLDS_FILE, RawOffice


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan()


@pytest.fixture
def office(tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> RawOffice:
    made = RawOffice(plan)
    made.write(tmp_path / "data/raw")
    monkeypatch.chdir(tmp_path)
    return made


def kaohe(*arguments: str) -> int:
    try:
        return cli.main(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)


def test_check_says_what_is_wrong_and_exits_2(
    office: RawOffice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = tmp_path / "好.csv"
    good.write_text(office.text(HOUSEHOLDS_FILE), encoding="utf-8")
    assert kaohe("check", str(good)) == 0
    assert capsys.readouterr().out == (
        f"{good}: 样本户调查表; 19 rows read = 18 used + 0 set aside + 1 header, title, total or note + 0 blank; nothing to mend, "
        "0 repaired, 0 noted\nchecked against the raw files in data/raw\n"
    )
    office.households[3]["家庭负债"] = "约500"
    bad = tmp_path / "坏.csv"
    bad.write_text(office.text(HOUSEHOLDS_FILE), encoding="utf-8")
    before = sorted(p for p in tmp_path.rglob("*"))
    assert kaohe("check", str(good), str(bad), str(tmp_path / "无.csv")) == 2
    said = capsys.readouterr()
    assert said.err == ""
    lines = said.out.splitlines()
    assert lines[0].startswith(f"{good}: 样本户调查表; 19 rows read = 18 used")
    assert lines[1] == "K262 不是确定的数"
    assert any(line.endswith("1 to mend, 0 repaired, 0 noted") for line in lines)
    assert f"{tmp_path / '无.csv'}: not checked" in lines
    assert sorted(p for p in tmp_path.rglob("*")) == before


def test_check_may_leave_repairs_out(office: RawOffice, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    office.households[3]["家庭负债"] = "约500"
    office.households[5]["家庭负债"] = "１２００"
    path = tmp_path / "住户.csv"
    path.write_text(office.text(HOUSEHOLDS_FILE), encoding="utf-8")
    said = []
    for more in ((), ("--problems-only",)):
        assert kaohe("check", str(path), *more) == 2
        said.append(capsys.readouterr().out)
    assert ["约500" in text for text in said] == [True, True]
    assert ["１２００" in text for text in said] == [True, False]
    assert all("1 to mend, 1 repaired, 0 noted" in text for text in said), "what is left out is counted all the same"


def test_clean_writes_the_list_to_send_back(
    office: RawOffice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office.households[3]["家庭负债"] = "约500"
    office.write(tmp_path / "data/raw")
    assert kaohe("clean") == 0
    returns = tmp_path / "data/processed/returns"
    assert [p.name for p in returns.iterdir()] == ["问题数据清单.xlsx"]
    capsys.readouterr()
    assert kaohe("returns", "--by", "sender") == 0
    assert capsys.readouterr().out == "returns: 3 workbooks in data/processed/returns\n"
    assert (returns / "问题数据清单_韶关市.xlsx").is_file()


def test_trace_takes_a_key_in_parts(office: RawOffice, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data/raw/office").mkdir()
    (tmp_path / "data/raw/office/facts.csv").write_text(
        "对象,事项,认定\n韶关市,完成年度减贫任务,是\n", encoding="utf-8"
    )
    assert kaohe("clean") == 0
    capsys.readouterr()
    assert kaohe("trace", "facts", "韶关", "完成年度减贫任务") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "facts 事实认定 440200000000/完成年度减贫任务"
    assert lines[2] == "typed     office/facts.csv › row 2"
    assert lines[-1] == "built     nothing yet: run `kaohe build`"


def test_tables_are_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from support.publishing import frames

    monkeypatch.chdir(tmp_path)
    write_build(tmp_path / "data/processed", {n: frames()[n] for n in ("targets", "counties", "talk_list")})
    assert kaohe("tables") == 0
    assert capsys.readouterr().out.startswith("tables: 32 written, 0 unchanged; see outputs/tables (not built: ")
    assert kaohe("tables") == 0
    assert capsys.readouterr().out.startswith("tables: 0 written, 32 unchanged; ")
    (tmp_path / "data/processed/build/talk_list.parquet").write_bytes(b"other")
    assert kaohe("tables") == 2
    assert "K808 A built table is not the one that was built" in capsys.readouterr().err
