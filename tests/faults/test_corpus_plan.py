"""Bad parameters and plans (P01 to P20): the run is refused before anything is computed, in one message."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from kaohe.base.errors import EXIT_REFUSED, KaoheError
from kaohe.base.plan import PLANS, Plan, load_plan
from kaohe.design import rake
from kaohe.design.structure import build_structure
from kaohe.publish.built import find_build
from kaohe.publish.params import check_parameters, defaults_of
from kaohe.publish.reports import notebook_of
from kaohe.run.batch import class_of
from support.corpus import UNMASKED, plan_folder, wanted, with_plan
from support.corpus import run as clean_run
from support.publishing import notebook
from support.raw_office import RawOffice

Refused = Callable[[Plan, Path], object]
CITIES = {"440200000000": "韶关市", "445100000000": "潮州市", "440500000000": "汕头市", "445300000000": "云浮市"}
CORRECTION = "table,key,column,expect,value,reason,status\n"


def plan(old: str, new: str, file: str = "plan.toml", encoding: str = "utf-8") -> Refused:
    """Load the packaged plan with one passage replaced."""

    def load(_: Plan, __: Path) -> object:
        text = (PLANS / "2020" / file).read_text(encoding="utf-8")
        assert old in text, old
        folder = plan_folder({})
        (folder / file).write_bytes(text.replace(old, new, 1).encode(encoding, "ignore"))
        return load_plan(folder).aliases

    return load


def target(text: str) -> Refused:
    return lambda p, _: p.resolve_target(text, CITIES)


def parameter(defaults: dict[str, object], given: dict[str, object]) -> Refused:
    return lambda _, __: check_parameters(defaults, given, "40_city.ipynb")


def cells(source: str | None, again: bool = False) -> Refused:
    made = notebook("x = 1", parameters=source)
    if again:
        made.cells.append(notebook().cells[0])
    return lambda _, __: defaults_of(made, "40_city.ipynb")


def margin(totals: dict[str, dict[str, float]], **columns: list[object]) -> Refused:
    frame = pd.DataFrame({"w": [1.0] * 4, "a": list("xxyy"), "b": list("pqpq")}).assign(**columns)
    return lambda _, __: rake(frame, totals, where="韶关市")


def design(weights: list[float], units: list[int]) -> Refused:
    frame = pd.DataFrame({"w": weights, "h": list("aabb"), "t": units})
    if weights == [1.0] * 4:
        return lambda _, __: build_structure(frame, strata="h", psu=["t"], fpc=None)
    from kaohe.estimate import Design

    return lambda _, __: Design(frame.assign(v=1.0), weight="w", strata="h", psu="t").mean("v")


def correction(*lines: str, break_file: bool = False) -> Refused:
    """Clean a small office under these corrections."""

    def clean(_: Plan, folder: Path) -> object:
        def edit(office: RawOffice) -> None:
            with_plan(corrections=CORRECTION + "\n".join(lines) + "\n")(office)
            if break_file:
                office.raw["survey/households/440200_韶关市_住户.csv"] = b""

        made = clean_run(edit, folder, load_plan())
        if made.cleaned is None:
            return SimpleNamespace(message=lambda: made.messages[0], exit_code=EXIT_REFUSED)
        return made

    return clean


QUESTION = "codebook.toml"
CASES: dict[str, Refused] = {
    "P01 misspelt city": target("韶光"),
    "P01 empty": target(""),
    "P01 a city the plan leaves out": target("江门"),
    "P01 unknown notebook": lambda _, __: notebook_of("40_citty"),
    "P02 unknown class": lambda p, _: class_of("任务是", p),
    "P02 county where a city is expected": target("武江区"),
    "P02 code of no city": target("440299"),
    "P03 misspelt parameter": parameter({"target": "", "processed": "", "plan": ""}, {"targett": "韶关市"}),
    "P04 no parameters cell": cells(None),
    "P04 two parameters cells": cells('target = ""', again=True),
    "P04 a parameters cell that computes": cells("target = input()"),
    "P05 a number for a text": parameter({"target": ""}, {"target": 440200}),
    "P05 a date": parameter({"target": ""}, {"target": datetime.date(2020, 1, 1)}),
    "P05 not a number": parameter({"share": 0.5}, {"share": float("nan")}),
    "P05 nothing": parameter({"target": ""}, {"target": None}),
    "P06 no build": lambda _, folder: find_build(folder / "none"),
    "P07 a path for a target": target("../../etc/passwd"),
    "P07 quotes and line breaks": target('韶关"\n市; import os'),
    "P08 unknown key": plan("bottom_share = 0.10", "bottom_shar = 0.10"),
    "P08 unknown section": plan("[choices.ties]", "[choices.tie]"),
    "P08 duplicate key": plan('active = ["V1", "V2"]\n', 'active = ["V1", "V2"]\nactive = []\n'),
    "P08 text for a number": plan("bottom_share = 0.10", 'bottom_share = "a tenth"'),
    "P08 number for a text": plan('members = ["440500000000",', "members = [440500000000,"),
    "P08 infinite number": plan("tolerance = 1e-9", "tolerance = inf"),
    "P08 BOM": plan("schema = 2", "schema = 2", encoding="utf-8-sig"),
    "P08 GBK": plan("schema = 2", "schema = 2", encoding="gbk"),
    "P08 aliases in GBK": plan("alias", "alias", "aliases.csv", "gbk"),
    "P08 syntax": plan("[choices.scale]", "[choices.scale"),
    "P08 another schema": plan("schema = 2", "schema = 7"),
    "P08 question with an unknown key": plan('label = "家庭常住人口"', 'labell = "家庭常住人口"', QUESTION),
    "P08 question with a text for a number": plan("min = 1\n", 'min = "1"\n', QUESTION),
    "P08 question twice": plan('id = "labour"', 'id = "hh_size"', QUESTION),
    "P09 streams that do not add to 1": plan("streams = { survey = 0.3, cross = 0.4,", "streams = { survey = 0.35, cross = 0.4,"),
    "P09 levels that do not add to 1": plan("county = 0.3333333333333333,", "county = 0.5,"),
    "P10 unknown concept": plan('concept = "exit", group = "一、减贫成效"', 'concept = "exti", group = "一、减贫成效"'),
    "P10 gap in the items": plan("no = 2, concept", "no = 3, concept"),
    "P10 formula of itself unknown": plan('denominator = "school_age"', 'denominator = "schoolage"', QUESTION),
    "P11 scale that does not come back": plan('cuts = { "好" = 87.5, "较好" = 62.5', 'cuts = { "好" = 90.0, "较好" = 80.0'),
    "P11 values out of order": plan('values = { "好" = 100.0, "较好" = 75.0', 'values = { "好" = 75.0, "较好" = 100.0'),
    "P11 a cut too few": plan(', "一般" = 37.5 }', " }"),
    "P11 an edge that is no number": plan('cuts = { "好" = 87.5', 'cuts = { "好" = nan'),
    "P12 direction against floor and target": plan('direction = "up"\nfloor = 0.9\n', 'direction = "down"\nfloor = 0.9\n', QUESTION),
    "P12 unknown type": plan('type = "int"', 'type = "integer"', QUESTION),
    "P13 level on one side only": margin({"a": {"x": 5, "z": 5}}),
    "P13 margins of different sums": margin({"a": {"x": 5, "y": 5}, "b": {"p": 5, "q": 6}}),
    "P13 total that is no count": margin({"a": {"x": float("nan"), "y": 5}}),
    "P14 margins that cannot be met": margin({"a": {"x": 5, "y": 5}, "b": {"p": 2, "q": 8}}, b=list("ppqq")),
    "P14 negative weight": design([1.0, -1.0, 1.0, 1.0], [1, 2, 3, 4]),
    "P14 missing weight": design([1.0, float("nan"), 1.0, 1.0], [1, 2, 3, 4]),
    "P15 stratum with a single unit": design([1.0] * 4, [1, 1, 2, 3]),
    "P16 floor and target alike": plan("floor = 0.9\ntarget = 1.0", "floor = 0.9\ntarget = 0.9", QUESTION),
    "P18 alias of two places": plan("曲江县,county,440205000000", "曲江县,county,440205000000,旧称,\n曲江县,county,440203000000", "aliases.csv"),
    "P18 alias at another level": plan("曲江县,county,440205000000", "曲江县,city,440205000000", "aliases.csv"),
    "P19 no such record": correction("households,H999,工资性收入,1,12000,核实原件,active"),
    "P19 the cell no longer holds it": correction("households,H000,工资性收入,999,12000,核实原件,active"),
    "P19 unknown table": correction("household,H000,工资性收入,1,12000,核实原件,active"),
    "P19 unknown column": correction("households,H000,工资收入,1,12000,核实原件,active"),
    "P19 personal column": correction("households,H000,身份证号,1,2,核实原件,active"),
    "P19 no reason": correction("households,H000,工资性收入,1,12000,,active"),
    "P19 unknown status": correction("households,H000,工资性收入,1,12000,核实原件,done"),
    "P19 a field too few": correction("households,H000,工资性收入,1,12000,active"),
    "P20 threshold below its floor": plan("min_households = 10", "min_households = 3", "disclosure.toml"),
    "P20 threshold that is no number": plan("min_psu = 2", 'min_psu = "2"', "disclosure.toml"),
}  # fmt: skip


def message_of(case: str, plan: Plan, folder: Path) -> tuple[str, int]:
    """The message of a case with the folders of this machine left out, and its exit code."""
    try:
        given = CASES[case](plan, folder)
    except KaoheError as error:
        given = error
    assert isinstance(given, (KaoheError, SimpleNamespace)), case
    text = given.message().replace(str(folder), "")
    return re.sub(r"\S*/(?=plan(?:/|\n|$))", "", text), given.exit_code


@pytest.mark.parametrize("case", CASES)
def test_refused_in_one_message(case: str, plan: Plan, tmp_path: Path) -> None:
    text, code = message_of(case, plan, tmp_path)
    assert text == wanted("P")[case]
    assert code == EXIT_REFUSED
    assert UNMASKED.search(text) is None


@pytest.mark.case("P19")
def test_a_correction_is_applied_and_entered(plan: Plan, tmp_path: Path) -> None:
    lines = ["households,H000,工资性收入,1,12000,核实原件,active", "households,H001,income_wage,,1,关闭的一行,off"]
    made = correction(*lines)(plan, tmp_path)
    assert made.messages == [  # type: ignore[attr-defined]
        "K352 已按更正表更正\n  where     survey/households/440200_韶关市_住户.csv › AD2 › column 工资性收入\n  got       1\n"
        "  expected  12000；理由：核实原件\n  done      repaired by rule"
    ]
    frame = made.cleaned.tables["households"].set_index("household")  # type: ignore[attr-defined]
    assert frame.loc["H000", "income_wage"] == 12000
    assert frame.loc["H001", "income_wage"] == 1


@pytest.mark.case("P19", "P18")
def test_a_correction_of_a_refused_file_is_noted(plan: Plan, tmp_path: Path) -> None:
    made = correction("households,H000,工资性收入,1,12000,核实原件,active", break_file=True)(plan, tmp_path)
    assert made.messages[-1] == (  # type: ignore[attr-defined]
        "K359 配置中的这一行没有用上\n  where     survey/households/*.*\n"
        "  got       corrections.csv 第 2 行：households H000（该表有文件未采用）\n  done      noted\n"
        "  remedy    请核对是否写错，或已不需要"
    )
