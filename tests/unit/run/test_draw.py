"""`kaohe draw`: what it writes, what the suite reads of it, and what it refuses."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from kaohe.base.files import write_bytes
from kaohe.base.plan import Plan, load_plan
from kaohe.base.plan_files import find_plan
from kaohe.base.tables import RAW
from kaohe.clean.raw_folder import list_files
from kaohe.clean.run import clean_tables
from kaohe.design.weights import household_factors, village_factors
from kaohe.run import cli
from kaohe.run.draw import output
from kaohe.run.draw.sample import draw_choices

TEXT = "2020年12月1日公布"
CITY = "440200000000"
WANTED = 0.035  # a standard error
PLACES = [
    ("440203100000", "甲镇"),
    ("440203101000", "乙镇"),
    ("440203102000", "丙镇"),
    ("440204100000", "丁镇"),
    ("440204101000", "戊镇"),
]
KINDS = ("已退出相对贫困户", "未退出相对贫困户", "一般农户")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan()


def call(*arguments: object) -> int:
    try:
        return cli.main([str(a) for a in arguments])
    except SystemExit as end:
        return int(end.code or 0)


def registers(folder: Path) -> tuple[Path, Path]:
    """Two small registers as an office would hold them: GB18030, another column, a name that looks like a formula."""
    rows, people = ["村代码,镇名,村名,登记户数,负责人"], ["户编号,村代码,登记户类型,登记人口,户主姓名"]
    for t, (town, name) in enumerate(PLACES):
        for v in range(3):
            code, size = f"{town[:9]}{200 + v}", 20 + 7 * v + 3 * t
            rows.append(f"{code},{name},{'=1+1' if v == 0 else f'{v}村'},{size},某某")
            people += [f"{code}{i:04d},{code},{KINDS[i % 3]},{1 + i % 5},某某" for i in range(size)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "villages.csv").write_bytes("\r\n".join(rows).encode("gb18030"))
    (folder / "households.csv").write_bytes("\r\n".join(people).encode("utf-8"))
    return folder / "villages.csv", folder / "households.csv"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn sample by kind, and its supplement beside it."""
    place = tmp_path_factory.mktemp("draw")
    villages, households = registers(place / "in")
    given = ("--villages", villages, "--households", households, "--seed", TEXT)
    assert call("draw", "sample", *given, "--towns", 4, "--rule", "5:3:2", "--out", place / "sample") == 0
    risks = "\r\n".join(
        [
            "村代码,风险分,选定理由",
            *(f"{t[:9]}20{v},{10 * v + k},+举报" for k, (t, _) in enumerate(PLACES) for v in range(3)),
        ]
    )
    (place / "in/risks.csv").write_text(risks, encoding="utf-8")
    assert (
        call(
            "draw",
            "key",
            *given,
            "--risks",
            place / "in/risks.csv",
            "--sample",
            place / "sample",
            "--out",
            place / "key",
        )
        == 0
    )
    return place


def raw_folder(folder: Path, lists: Path, plan: Plan, outcome: str = "完成") -> Path:
    """A raw folder with the registry and the drawn lists, the outcome filled in by the field."""

    def put(name: str, table: str, rows: list[list[str]]) -> None:
        lines = [[c.label for c in RAW[table].columns][: len(rows[0])], *rows]
        write_bytes(folder / name, "\n".join(",".join(r) for r in lines).encode())

    put(
        "registry/objects.csv",
        "objects",
        [[c, plan.gazetteer.name(c), t.short] for t in plan.classes.values() for c in sorted(t.members)],
    )
    counties = [["440203000000", "武江区"], ["440204000000", "浈江区"]]
    put("registry/places.csv", "places", [
        [CITY, "韶关市", "市", "440000000000"], *([c, n, "县", CITY] for c, n in counties),
        *([t, n, "镇", t[:6] + "000000"] for t, n in PLACES),
        *([f"{t[:9]}20{v}", f"{n[0]}{v}村", "村", t] for t, n in PLACES for v in range(3)),
    ])  # fmt: skip
    for name in ("sample_villages.csv", "sample_households.csv"):
        frame = pd.read_csv(lists / name, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        if "调查结果" in frame:
            frame["调查结果"] = outcome
        write_bytes(folder / "survey" / name, frame.to_csv(index=False).encode())
    return folder


def test_cleaning_and_weights_read_the_lists_as_they_were_drawn(drawn: Path, plan: Plan, tmp_path: Path) -> None:
    raw = raw_folder(tmp_path, drawn / "key", plan)
    tables = clean_tables(raw, list_files(raw), plan).tables
    assert not len(tables["quarantine"])
    weights = household_factors(tables["sample_households"], village_factors(tables["sample_villages"]))
    stated = pd.read_excel(
        drawn / "sample/抽样设计与概率.xlsx",
        sheet_name="样本户",
        engine="openpyxl",
        dtype={"户样本编号": str, "村代码": str},
    )
    places = pd.read_excel(
        drawn / "sample/抽样设计与概率.xlsx", sheet_name="抽中镇的村", engine="openpyxl", dtype={"村代码": str}
    )
    stated = stated.merge(places[["村代码", "镇入样概率", "村入样概率"]], on="村代码", validate="m:1").set_index(
        "户样本编号"
    )
    read = weights.set_index("household")["w_design"]
    assert set(read.index) == set(stated.index)
    product = stated["镇入样概率"] * stated["村入样概率"] * stated["户入样概率"]
    np.testing.assert_allclose(read, (1 / product).reindex(read.index), rtol=1e-12)
    np.testing.assert_allclose(read, stated["设计权重"].reindex(read.index), rtol=1e-12)
    assert weights["household"].str.contains("H").all()


def test_the_supplement_stands_apart(drawn: Path) -> None:
    listed = pd.read_csv(drawn / "key/sample_villages.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    first = pd.read_csv(drawn / "sample/sample_villages.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    pd.testing.assert_frame_equal(listed.iloc[: len(first)], first)
    chosen = listed.iloc[len(first) :]
    assert set(chosen["抽选方式"]) == {"重点调查"}
    assert not set(chosen["村代码"]) & set(first["村代码"])
    assert (chosen[["镇入样概率", "村入样概率"]] == "").all(axis=None)
    people = pd.read_csv(drawn / "key/sample_households.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    assert set(people.loc[people["抽选方式"] == "重点调查", "户样本编号"].str[6]) == {"Z"}


def test_workbooks_hold_text_and_no_formula_and_no_person(drawn: Path) -> None:
    books = [*drawn.rglob("*.xlsx")]
    assert {p.name for p in books} == {"抽样设计与概率.xlsx", "韶关市.xlsx", "重点调查名单.xlsx"}
    kept = 0
    for path in books:
        for row in (r for page in load_workbook(path) for r in page.iter_rows()):
            assert all(c.data_type != "f" and "某某" not in str(c.value) for c in row)
            kept += sum(c.value in ("=1+1", "+举报") for c in row)
    assert kept > 0
    field = load_workbook(drawn / "sample/抽样名单/韶关市.xlsx")
    assert [c.value for c in field["样本户"][1]][:3] == ["户样本编号", "登记户编号", "县（市、区）"]
    assert not any(
        "某某" in p.read_text(encoding="utf-8")
        for p in [*drawn.glob("*/*.csv"), *drawn.glob("*/*.md")]
        if "in" not in p.parts
    )


def test_the_confidence_of_the_plan_is_that_of_the_expected_precision(drawn: Path, tmp_path: Path) -> None:
    """90 %: 1.644854 standard errors, and both the workbook and the protocol say 90 %."""
    home = shutil.copytree(find_plan(), tmp_path / "plan")
    text = (home / "plan.toml").read_text(encoding="utf-8")
    assert text.count("\nconfidence = 0.95") == 1
    (home / "plan.toml").write_text(text.replace("\nconfidence = 0.95", "\nconfidence = 0.90"), encoding="utf-8")
    given = ("--villages", drawn / "in/villages.csv", "--households", drawn / "in/households.csv", "--seed", TEXT)
    assert call("draw", "sample", *given, "--towns", 4, "--plan", home, "--out", tmp_path / "d") == 0
    sheet = load_workbook(tmp_path / "d/抽样设计与概率.xlsx")["预计精度"]
    head, row = ([c.value for c in r] for r in list(sheet.iter_rows())[:2])
    assert "90%区间半宽" in head
    assert float(row[head.index("90%区间半宽")]) == pytest.approx(
        1.644854 * float(row[head.index("预计标准误")]), abs=2e-5
    )
    said = (tmp_path / "d" / output.RECORD).read_text(encoding="utf-8")
    assert "90%区间半宽" in said
    assert "95%" not in said


def test_protocols_give_the_checksums_of_what_was_written(drawn: Path) -> None:
    for folder in (drawn / "sample", drawn / "key"):
        text = (folder / output.RECORD).read_text(encoding="utf-8")
        found = dict(re.findall(r"\| ([^|]+?) \| ([0-9a-f]{64}) \|", text.split("校验")[1]))
        files = {
            p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file() and p.name != output.RECORD
        }
        assert {n: hashlib.sha256(p.read_bytes()).hexdigest() for n, p in files.items()} == found
        assert TEXT in text
    assert hashlib.sha256((drawn / "in/villages.csv").read_bytes()).hexdigest() in (
        drawn / "sample" / output.RECORD
    ).read_text("utf-8")


def test_the_same_text_gives_the_same_bytes_and_a_draw_is_not_replaced_in_silence(
    drawn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    villages, households = drawn / "in/villages.csv", drawn / "in/households.csv"
    asked = (
        "draw",
        "sample",
        "--villages",
        villages,
        "--households",
        households,
        "--towns",
        4,
        "--rule",
        "5:3:2",
        "--out",
        tmp_path / "s",
        "--seed",
    )
    assert call(*asked, TEXT) == 0
    for path in (p for p in (drawn / "sample").rglob("*") if p.is_file()):
        assert (tmp_path / "s" / path.relative_to(drawn / "sample")).read_bytes() == path.read_bytes()
    capsys.readouterr()
    assert call(*asked, "another") == 2
    assert "K917 There is a draw already" in capsys.readouterr().err
    assert TEXT in (tmp_path / "s" / output.RECORD).read_text(encoding="utf-8")
    assert call(*asked, "another", "--overwrite") == 0
    assert TEXT not in (tmp_path / "s" / output.RECORD).read_text(encoding="utf-8")


def test_towns_go_where_the_register_expects_a_share_near_a_half(tmp_path: Path) -> None:
    """Two counties of 4 towns and 400 households, expected shares 0.02 and 0.5: 12 · 0.14 / 0.64 is 1.3 of 6 towns, with 2 at the
    least; in proportion to households 3 and 3."""
    rows = ["村代码,登记户数,预计比例"]
    for county, share in (("440203", 0.02), ("440204", 0.5)):
        rows += [f"{county}{100 + t}{200 + v},50,{share}" for t in range(4) for v in range(2)]
    (tmp_path / "v.csv").write_text("\n".join(rows), encoding="utf-8")
    towns = []
    for more in ((), ("--neyman",)):
        out = tmp_path / f"out{len(more)}"
        assert (
            call("draw", "sample", "--villages", tmp_path / "v.csv", "--seed", TEXT, "--towns", 6, *more, "--out", out)
            == 0
        )
        listed = pd.read_csv(out / "sample_villages.csv", dtype=str)
        towns.append(
            [listed["村代码"][listed["村代码"].str.startswith(c)].str[:9].nunique() for c in ("440203", "440204")]
        )
    assert towns == [[3, 3], [2, 4]]
    assert "户数与预计标准差之积（Neyman）" in (tmp_path / "out1" / output.RECORD).read_text(encoding="utf-8")


def spoiled(name: str, folder: Path) -> list[object]:
    """Arguments of `draw sample` with one thing wrong."""
    villages, households = registers(folder / "in")
    text = villages.read_bytes().decode("gb18030")
    changed = {
        "duplicate": text + "\r\n" + text.splitlines()[1], "zero": text.replace(",20,", ",0,"), "negative": text.replace(",20,", ",-4,"),
        "missing": text.replace(",20,", ",,"), "not a number": text.replace(",20,", ",约20,"), "no column": text.replace("登记户数", "面积"),
        "empty": text.splitlines()[0], "bad code": text.replace("440203100201", "4402031"),
        "unknown county": text.replace("440203100201", "440299100201"), "left-out city": text + "\r\n440703100201,甲镇,甲村,20,",
    }  # fmt: skip
    if name == "stray households":
        households.write_text(
            households.read_text(encoding="utf-8") + "\r\nX1,440203100999,一般农户,3,某某", encoding="utf-8"
        )
    if name in changed:
        villages.write_text(changed[name], encoding="utf-8")
    more: dict[str, list[object]] = {
        "unknown city": ["--city", "江门市"], "too many": ["--towns", 6], "too few": ["--towns", 3], "precision": ["--se", 0.0001],
        "budget": ["--se", 0.08, "--budget", 100], "both": ["--se", 0.1, "--towns", 4], "rule": ["--rule", "5/3"],
        "scheme": ["--scheme", "best"], "seed": ["--seed", " "], "se city": ["--se-city", "韶关市"], "neyman": ["--neyman"],
        "no file": ["--villages", folder / "none.csv"],
    }  # fmt: skip
    return ["--villages", villages, "--households", households, "--seed", TEXT, *more.get(name, [])]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("duplicate", "K911"), ("zero", "K912"), ("negative", "K912"), ("missing", "K912"), ("not a number", "K910"),
        ("no column", "K910"), ("empty", "K910"), ("bad code", "K910"), ("unknown county", "K910"), ("left-out city", "K910"),
        ("stray households", "K910"), ("unknown city", "K915"), ("too many", "K913"),
        ("too few", "K913"), ("precision", "K914"), ("budget", "K914"), ("both", "K922"), ("rule", "K922"), ("scheme", "K922"),
        ("seed", "K920"), ("se city", "K922"), ("neyman", "K922"), ("no file", "K910"),
    ],
)  # fmt: skip
def test_refusals_are_one_message_and_leave_nothing(
    name: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("draw", "sample", *spoiled(name, tmp_path), "--out", tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert said.startswith(code), said
    assert "Traceback" not in said
    assert "某某" not in said
    assert not (tmp_path / "out").exists()


def sample_said(capsys: pytest.CaptureFixture[str], out: Path, *more: object) -> tuple[float, float, str]:
    """Standard error of the first city, cost in yuan, and all that was printed by `draw sample`."""
    assert call("draw", "sample", *more, "--out", out, "--overwrite") == 0
    text = capsys.readouterr().out
    row = next(line.split() for line in text.splitlines() if line.startswith("韶关市"))
    return float(row[4]), float(re.search(r"cost about ([\d,]+) yuan", text)[1].replace(",", "")), text  # type: ignore[index]


def test_a_wanted_precision_is_reached_whatever_the_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, people = ["村代码,登记户数"], ["户编号,村代码,登记户类型,登记人口"]
    for t in range(20):
        for v in range(4):
            code, size = f"440203{100 + t}{200 + v}", 30 + 5 * (t % 5) + 2 * v
            rows.append(f"{code},{size}")
            people += [f"{code}{i:04d},{code},{KINDS[0 if i < 3 else 1 if i < 6 else 2]},3" for i in range(size)]
    (tmp_path / "v.csv").write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "h.csv").write_text("\n".join(people), encoding="utf-8")
    given = ("--villages", tmp_path / "v.csv", "--seed", TEXT, "--se", WANTED)
    both = (*given, "--households", tmp_path / "h.csv")
    equal, cost, _ = sample_said(capsys, tmp_path / "out", *both)
    by_kind, more, _ = sample_said(capsys, tmp_path / "out", *both, "--rule", "5:3:2")
    assert 0.9 * WANTED < equal < 1.03 * WANTED, "the fewest towns, drawn ones differ a little"
    assert 0.9 * WANTED < by_kind < 1.03 * WANTED
    assert more > cost, "few households of two kinds, most places for them: more towns are needed"
    _, same, said = sample_said(capsys, tmp_path / "out", *given, "--rule", "5:3:2")
    assert same == cost
    assert "without a register of households kinds are unknown" in said
    assert call("draw", "sample", *both, "--rule", "5:3:2", "--budget", more - 1, "--out", tmp_path / "none") == 2
    advice = re.search(r"standard errors ([\d.]+) times as large", capsys.readouterr().err)
    assert advice is not None
    wider = (*both[:-3], WANTED * float(advice[1]), *both[-2:], "--rule", "5:3:2", "--budget", more - 1)
    assert sample_said(capsys, tmp_path / "out", *wider)[1] <= more - 1


def test_towns_added_beside_one_taken_with_certainty_count_in_budget_and_protocol(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = {"440203101201": 600, "440203102201": 20, "440203103201": 20, "440203104201": 20}
    (tmp_path / "v.csv").write_text(
        "\n".join(["村代码,登记户数", *(f"{c},{n}" for c, n in sizes.items())]), encoding="utf-8"
    )
    given = ("--villages", tmp_path / "v.csv", "--seed", TEXT, "--towns", 2)
    _, cost, said = sample_said(capsys, tmp_path / "out", *given)
    assert "1 of the towns were added where one taken with certainty left a single place" in said
    assert "共 3 个镇" in (tmp_path / "out" / output.RECORD).read_text(encoding="utf-8")
    assert call("draw", "sample", *given, "--budget", cost - 1, "--out", tmp_path / "none") == 2
    assert f"{cost:,.0f} yuan needed" in capsys.readouterr().err


def test_folders_that_hold_something_else_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work/notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "file").write_text("", encoding="utf-8")
    for name in ("work", "file", "file/below"):
        assert call("draw", "teams", "--seed", TEXT, "--out", tmp_path / name, "--overwrite") == 2
        assert "K916 The draw cannot be written there" in capsys.readouterr().err
    monkeypatch.setattr("kaohe.run.draw.output.os.access", lambda *_: False)
    assert call("draw", "teams", "--seed", TEXT, "--out", tmp_path / "new") == 2
    assert "may not be written" in capsys.readouterr().err
    assert (tmp_path / "work/notes.txt").read_text(encoding="utf-8") == "mine"


def test_teams_by_a_list_of_exclusions(tmp_path: Path, plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "回避.csv").write_text(
        "组长单位,考核市,回避理由\n韶关,清远市,上年去过\n汕头市,潮州市,相邻\n", encoding="utf-8"
    )
    assert call("draw", "teams", "--seed", TEXT, "--exclude", tmp_path / "回避.csv", "--out", tmp_path / "t") == 0
    teams = pd.read_csv(tmp_path / "t/teams.csv", encoding="utf-8-sig")
    assert len(teams) == 14
    to = dict(zip(teams["组长单位"], teams["考核市"], strict=True))
    assert set(to) == set(to.values()) == {plan.gazetteer.name(c) for c in plan.classes["city14"].members}
    assert all(to[a] != a and to[to[a]] != a for a in to)
    assert (to["韶关市"], to["汕头市"]) != ("清远市", "潮州市")
    text = (tmp_path / "t" / output.RECORD).read_text(encoding="utf-8")
    assert "上年去过" in text
    assert f"公开字符串：`{TEXT}`" in text
    (tmp_path / "回避.csv").write_text("组长单位,考核市\n韶关,江门市\n", encoding="utf-8")
    capsys.readouterr()
    assert call("draw", "teams", "--seed", TEXT, "--exclude", tmp_path / "回避.csv", "--out", tmp_path / "u") == 2
    assert capsys.readouterr().err.startswith("K915")
    names = [plan.gazetteer.name(c) for c in plan.classes["city14"].members if c != CITY]
    (tmp_path / "回避.csv").write_text("组长单位,考核市\n" + "".join(f"韶关市,{n}\n" for n in names), encoding="utf-8")
    assert call("draw", "teams", "--seed", TEXT, "--exclude", tmp_path / "回避.csv", "--out", tmp_path / "u") == 2
    assert "K918 The teams cannot be drawn" in capsys.readouterr().err


def test_key_needs_the_drawn_list_and_risks(drawn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ("draw", "key", "--seed", TEXT, "--villages", drawn / "in/villages.csv", "--out", tmp_path / "k")
    assert call(*given, "--sample", tmp_path) == 2
    assert "no sample_villages.csv" in capsys.readouterr().err
    assert call(*given, "--sample", drawn / "sample") == 2
    assert "no list of risks" in capsys.readouterr().err
    assert call(*given, "--sample", drawn / "sample", "--risks", drawn / "in/risks.csv", "--per-city", 99) == 2
    assert capsys.readouterr().err.startswith("K923")


def test_the_choices_stand_in_the_plan_and_the_demonstration_says_so(plan: Plan, tmp_path: Path) -> None:
    assert draw_choices(plan)["households_per_village"] == 13
    assert call("draw", "sample", "--demo", "--city", "潮州市", "--seed", TEXT, "--out", tmp_path / "d") == 0
    text = (tmp_path / "d" / output.RECORD).read_text(encoding="utf-8")
    assert "演示数据（虚构）" in text
    villages = pd.read_csv(tmp_path / "d/sample_villages.csv", dtype=str, encoding="utf-8-sig")
    assert villages["村代码"].str[:4].unique().tolist() == ["4451"]
    assert villages.groupby(villages["村代码"].str[:6]).size().min() >= 4
