"""The demonstration's raw folder and its answer key, read back with plain csv and openpyxl."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections import Counter
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import openpyxl
import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.base.plan import Plan, load_plan
from kaohe.base.tables import RAW, contract
from kaohe.run.demo import make, make_demo
from kaohe.run.demo.cross_files import CrossFiles
from kaohe.run.demo.faults import OUTCOMES
from kaohe.run.demo.fieldwork import draw_teams
from kaohe.run.demo.names import check_digit, luhn_digit

HOUSEHOLDS = 16_000
TABLES = list(RAW)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    raw = tmp_path_factory.mktemp("demo") / "raw"
    return raw, make_demo(raw, seed=4, households=HOUSEHOLDS)


@pytest.fixture(scope="module")
def raw(made: tuple[Path, dict[str, object]]) -> Path:
    return made[0]


@pytest.fixture(scope="module")
def faults(made: tuple[Path, dict[str, object]]) -> pd.DataFrame:
    path = made[0].with_name("raw_answers") / "faults.csv"
    return pd.read_csv(path, dtype=str, keep_default_na=False).astype({"row": int})


def decode(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030").removeprefix("\ufeff")


@lru_cache(maxsize=512)
def rows_of(path: Path, sheet: str = "") -> list[list[object]]:
    """Cells of a CSV or of one sheet, row by row."""
    if path.suffix == ".csv":
        return [list(r) for r in csv.reader(io.StringIO(decode(path)))]
    book = openpyxl.load_workbook(path)
    page = book[sheet] if sheet else book.worksheets[0]
    return [list(r) for r in page.iter_rows(values_only=True)]


def files_of(raw: Path, table: str) -> list[Path]:
    return sorted(raw.glob(RAW[table].pattern))


@pytest.mark.parametrize("table", TABLES)
def test_headers_are_the_contracts_labels(raw: Path, plan: Plan, table: str) -> None:
    wanted = [c.label for c in contract(table, plan).columns]
    required = {c.label for c in contract(table, plan).columns if c.required}
    files = files_of(raw, table)
    assert files
    for path in files:
        header = rows_of(path)[0]
        assert required <= set(header)
        assert header == [w for w in wanted if w in header]


def test_sizes_are_those_of_the_design(raw: Path, made: tuple[Path, dict[str, object]]) -> None:
    info = made[1]
    assert info["villages"] == 522 + 28
    assert info["selected"] == 13 * 550
    assert 0.89 < info["completed"] / info["selected"] < 0.95  # type: ignore[operator]
    objects = rows_of(files_of(raw, "objects")[0])[1:]
    assert Counter(r[2] for r in objects) == {"任务市": 14, "帮扶市": 6, "帮扶单位": 235}
    assert len(files_of(raw, "households")) == len(files_of(raw, "villages")) == 14
    assert len(files_of(raw, "daily")) == 8
    assert len(list(raw.glob("cross/index/*.xlsx"))) == 20 + 235 - 2
    assert 28 <= len(list(raw.glob("cross/field/*/*.xlsx"))) <= 42


def test_origin_says_that_it_is_invented(raw: Path) -> None:
    origin = tomllib.loads((raw / "origin.toml").read_text(encoding="utf-8"))
    assert origin == {
        "synthetic": True, "seed": 4, "sample_seed": 4, "households": HOUSEHOLDS, "generator": "kaohe.run.demo 1",
    }  # fmt: skip


def test_no_real_department_is_named(raw: Path) -> None:
    units = [r for r in rows_of(files_of(raw, "objects")[0])[1:] if r[2] == "帮扶单位"]
    assert [r[0] for r in units] == [f"DW{i:03d}" for i in range(1, 236)]
    assert [r[1] for r in units] == [f"单位{i:03d}" for i in range(1, 236)]
    real = re.compile("(厅|局|委员会|大学|学院|银行|集团|公司|医院|研究院)$")
    objects = {
        r[1]
        for name in ("daily", "facts", "self_reports", "problems")
        for p in files_of(raw, name)
        for r in rows_of(p)[1:]
    }
    assert not [o for o in objects if real.search(str(o))]


def test_encodings_are_mixed(raw: Path) -> None:
    kinds = set()
    for path in files_of(raw, "households"):
        data = path.read_bytes()
        if path.suffix == ".xlsx":
            kinds.add("xlsx")
        elif data.startswith(b"\xef\xbb\xbf"):
            kinds.add("utf-8 BOM")
        elif data.startswith(b"\x84\x31\x95\x33"):
            kinds.add("gb18030 BOM")
        else:
            try:
                data.decode("utf-8")
                kinds.add("utf-8")
            except UnicodeDecodeError:
                data.decode("gb18030")
                kinds.add("gb18030")
    assert kinds == {"xlsx", "utf-8 BOM", "gb18030 BOM", "utf-8", "gb18030"}


def test_personal_values_can_belong_to_nobody(raw: Path, faults: pd.DataFrame) -> None:
    wrong = set(faults.loc[faults["kind"] == "id_check", "value"])
    seen = 0
    for path in files_of(raw, "households"):
        rows = rows_of(path)
        at = {str(h): i for i, h in enumerate(rows[0])}
        for row in rows[1:]:
            number, phone, account = (str(row[at[h]]) for h in ("身份证号", "联系电话", "银行账号"))
            assert number.startswith("449901")
            assert (check_digit(number[:17]) == number[17]) == (number not in wrong)
            assert re.fullmatch(r"1990000\d{4}", phone)
            assert re.fullmatch(r"620000\d{13}", account)
            assert luhn_digit(account[:-1]) == account[-1]
            seen += 1
    assert seen > 6000


def test_check_digits_of_the_standard_and_of_luhn() -> None:
    assert check_digit("11010519491231002") == "X"
    assert check_digit("44052418800101001") == "4"
    assert luhn_digit("7992739871") == "3"


def test_every_kind_is_planted_and_listed_with_its_outcome(faults: pd.DataFrame) -> None:
    assert set(faults["kind"]) == set(OUTCOMES)
    assert (faults["outcome"] == faults["kind"].map(OUTCOMES)).all()
    assert {k for k, o in OUTCOMES.items() if o == "normalise"} == {
        "full_width", "thousands", "unit_suffix", "short_name", "stray", "dotted_date",
    }  # fmt: skip


def test_about_one_record_in_a_hundred_is_faulty_never_twice(raw: Path, faults: pd.DataFrame) -> None:
    cells = faults[faults["row"] > 0]
    assert not cells.duplicated(["file", "sheet", "row"]).any()
    for table in ("households", "daily"):
        n = sum(len(rows_of(p)) - 1 for p in files_of(raw, table))
        names = {p.relative_to(raw).as_posix() for p in files_of(raw, table)}
        assert 0.007 < cells["file"].isin(names).sum() / n < 0.04, table
    assert len(cells) > 200


def test_addresses_of_the_key_hold_the_values(raw: Path, faults: pd.DataFrame, plan: Plan) -> None:
    """Every planted value stands where the key says; a row of a form has the ticks it says."""
    for fault in faults[faults["row"] > 0].itertuples():
        rows = rows_of(raw / fault.file, fault.sheet)
        row = rows[fault.row - 1]
        if fault.kind in {"two_ticks", "no_tick"}:
            grades = rows[3]
            ticked = [str(grades[i]) for i, v in enumerate(row) if v == "√"]
            assert "、".join(ticked) == fault.value
            assert len(ticked) == (2 if fault.kind == "two_ticks" else 0)
            number = fault.key.rsplit("|", 1)[1]
            assert any(str(v).startswith(f"{number}. ") for v in row)
        elif fault.file.startswith("cross/field"):
            assert f"{fault.column}：{fault.value}" in row
        else:
            at = rows[0].index(fault.column)
            assert str(row[at]) == fault.value, fault


def test_duplicates_are_what_the_key_says(raw: Path, faults: pd.DataFrame) -> None:
    for fault in faults[faults["kind"] == "duplicate_row"].itertuples():
        rows = rows_of(raw / fault.file, fault.sheet)
        assert rows.count(rows[fault.row - 1]) == 2
        assert rows.index(rows[fault.row - 1]) < fault.row - 1
    pairs = faults[faults["kind"] == "duplicate_key"].groupby(["file", "key"])
    assert len(pairs) > 0
    for (file, _), pair in pairs:
        assert len(pair) == 2
        rows = rows_of(raw / str(file), pair["sheet"].iloc[0])
        first, second = (rows[r - 1] for r in pair["row"])
        assert sum(a != b for a, b in zip(first, second, strict=True)) == 1


def test_teams_never_assess_their_own_city(raw: Path, plan: Plan) -> None:
    rows = rows_of(files_of(raw, "teams")[0])[1:]
    full = {plan.gazetteer.candidates(str(r[1]), "city")[0] for r in rows}
    assert len(rows) == 14
    assert (
        full == {plan.gazetteer.candidates(str(r[2]), "city")[0] for r in rows} == set(plan.classes["city14"].members)
    )
    assert all(str(r[1]).removesuffix("市") != str(r[2]).removesuffix("市") for r in rows)


def test_no_two_teams_of_the_demonstration_go_to_each_other() -> None:
    codes = pd.DataFrame({"code": [f"44{n:02d}00000000" for n in range(14)]})
    people = SimpleNamespace(geography=SimpleNamespace(cities=codes))
    for seed in range(40):
        drawn = draw_teams(people, seed)  # type: ignore[arg-type]
        to = dict(zip(drawn["leader_city"], drawn["city"], strict=True))
        assert set(to) == set(to.values())
        assert all(to[c] != c and to[to[c]] != c for c in to)


def test_forms_carry_the_official_items_in_order(raw: Path, plan: Plan) -> None:
    path = sorted(raw.glob("cross/field/*/*.xlsx"))[0]
    book = openpyxl.load_workbook(path)
    kinds = {"县": "county", "镇": "town", "村": "village"}
    assert {kinds[s[0]] for s in book.sheetnames} == set(kinds.values())
    for page in book:
        form = plan.forms[kinds[page.title[0]]]
        rows = list(page.iter_rows(values_only=True))
        assert rows[0][0] == form.title
        assert [str(v).split("：")[0] for v in rows[1] if v] == list(form.header)
        assert rows[3][3:7] == plan.grades
        names = [r[2] for r in rows[4 : 4 + len(form.items)]]
        assert names == [f"{i.no}. {i.name}" for i in form.items]
        assert [str(v).split("：")[0] for r in rows[4 + len(form.items) :] for v in r if v][:3] == list(form.footer)
        assert (
            "A5" in {str(r).split(":")[0] for r in page.merged_cells.ranges}
            or form.items[0].group != form.items[1].group
        )


def test_index_tables_name_their_target_and_data_sources(raw: Path, plan: Plan) -> None:
    for name, form_id in (("韶关市", "city14"), ("广州市", "city6"), ("单位001", "unit235")):
        form = plan.forms[form_id]
        rows = rows_of(raw / f"cross/index/{name}.xlsx")
        assert rows[1][0] == f"考核对象：{name}"
        wide = 2 if form_id != "unit235" else 1
        assert [(r[wide], r[wide + 1]) for r in rows[4 : 4 + len(form.items)]] == [
            (f"{i.no}. {i.name}", i.data_source) for i in form.items
        ]
        assert all(sum(v == "√" for v in r) == 1 for r in rows[4 : 4 + len(form.items)])


def test_facts_know_true_false_and_unknown(raw: Path) -> None:
    rows = rows_of(files_of(raw, "facts")[0])[1:]
    seen = Counter((r[1], r[2]) for r in rows)
    assert {"是", "否", "待核"} == {str(r[2]) for r in rows}
    assert seen["重大违纪违规问题", "是"] == 3
    assert seen["完成年度减贫任务", "否"] == 2
    assert seen["重大违纪违规问题", "待核"] == seen["完成年度减贫任务", "待核"] == 2


def test_self_reports_come_in_time_late_and_never(raw: Path, plan: Plan) -> None:
    rows = rows_of(files_of(raw, "self_reports")[0])[1:]
    days = [pd.Timestamp(str(r[1]).replace(".", "-")) for r in rows if r[1]]
    due = pd.Timestamp(plan.dates["self_report_due"])
    assert sum(d > due for d in days) == 8
    assert len({r[0] for r in rows}) == 255 - 4
    assert sum(not r[1] for r in rows) == 1


def test_measures_cover_the_classes_the_plan_names(raw: Path, plan: Plan) -> None:
    rows = [r for p in files_of(raw, "daily") for r in rows_of(p)[1:]]
    counts = Counter(r[6] for r in rows if r[6])
    sizes = {c.id: c.n for c in plan.classes.values()}
    for measure in plan.choices["daily"]["measures"]:
        expected = sum(sizes[c] for c in measure["classes"])
        assert expected <= counts[measure["name"]] <= expected + 3
    assert {r[2] for r in rows} == set(plan.daily_sources.values())


def test_same_seed_same_bytes_and_another_sample_of_the_same_population(
    made: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    raw = made[0]
    again = tmp_path / "again"
    make_demo(again, seed=4, households=HOUSEHOLDS)
    names = sorted(p.relative_to(raw).as_posix() for p in raw.rglob("*") if p.is_file())
    assert names == sorted(p.relative_to(again).as_posix() for p in again.rglob("*") if p.is_file())
    assert [n for n in names if (raw / n).read_bytes() != (again / n).read_bytes()] == []
    for name in ("faults.csv", "truth.csv"):
        first = raw.with_name("raw_answers") / name
        assert first.read_bytes() == (tmp_path / "again_answers" / name).read_bytes()


def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "raw"
    (out / "office").mkdir(parents=True)
    (out / "office" / "facts.csv").write_text("x", encoding="utf-8")
    with pytest.raises(InputRefused) as error:
        make_demo(out, households=HOUSEHOLDS)
    assert error.value.message() == (
        "K901 The demonstration cannot be written there\n"
        f"  where     {out}\n"
        "  got       office and no origin.toml\n"
        "  expected  a folder that is absent, empty or an earlier demonstration\n"
        "  remedy    choose another folder with --out; files of an office are never overwritten"
    )
    assert (out / "office" / "facts.csv").read_text(encoding="utf-8") == "x"


@pytest.mark.parametrize(
    ("out", "in_the_way"),
    [("file", "file"), ("file/raw", "file"), ("file/deep/raw", "file"), ("raw", "raw_answers"), ("nowhere", "nowhere")],
)
def test_a_file_in_the_way_is_refused_before_anything_is_made(
    out: str, in_the_way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("file", "raw_answers"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    (tmp_path / "nowhere").symlink_to(tmp_path / "absent")
    monkeypatch.setattr(make, "population", lambda *_: pytest.fail("a population was made"))
    monkeypatch.chdir(tmp_path)
    for given in (tmp_path / out, Path(out)):
        with pytest.raises(InputRefused) as error:
            make_demo(given, households=HOUSEHOLDS)
        assert error.value.message() == (
            "K901 The demonstration cannot be written there\n"
            f"  where     {tmp_path / in_the_way}\n"
            f"  got       {'a link to nothing' if out == 'nowhere' else 'a file'}\n"
            "  expected  a folder that is absent, empty or an earlier demonstration\n"
            "  remedy    choose another folder with --out"
        )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "nowhere", "raw_answers"]


def test_an_interrupted_run_leaves_the_earlier_demonstration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "raw"
    out.mkdir()
    (out / "origin.toml").write_text("synthetic = true\n", encoding="utf-8")
    (out / "README.md").write_text("about", encoding="utf-8")

    class Disk:
        books: ClassVar[dict[str, bytes]] = {}

        def write(self, root: Path) -> None:
            (root / "half.csv").write_text("half", encoding="utf-8")
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(make, "raw_files", lambda *_: ([], Disk(), []))
    with pytest.raises(OSError, match="No space"):
        make_demo(out, households=HOUSEHOLDS)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["raw"]
    assert sorted(p.name for p in out.iterdir()) == ["README.md", "origin.toml"]


def test_an_earlier_demonstration_is_replaced_and_its_readme_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "raw"
    out.mkdir()
    (out / "README.md").write_text("about", encoding="utf-8")
    monkeypatch.setattr(make, "raw_files", lambda *_: ([], CrossFiles(), []))
    make_demo(out, seed=1, households=HOUSEHOLDS)
    (out / "old.csv").write_text("old", encoding="utf-8")
    make_demo(out, seed=2, households=HOUSEHOLDS)
    assert sorted(p.name for p in out.iterdir()) == ["README.md", "origin.toml"]
    assert (out / "README.md").read_text(encoding="utf-8") == "about"
    assert tomllib.loads((out / "origin.toml").read_text(encoding="utf-8"))["seed"] == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["raw", "raw_answers"]
