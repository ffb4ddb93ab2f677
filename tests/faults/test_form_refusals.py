"""Bad forms: each with the whole message that its sender gets, nothing lost, no traceback.

The messages stand in form_refusals.txt, a section for each case.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kaohe.base.places import Place
from kaohe.base.plan import Plan
from kaohe.clean.codes import describe
from kaohe.clean.form_files import read_form_files
from kaohe.clean.form_places import Visits, sample_places
from kaohe.clean.resolve import Register
from support.bad_forms import (
    FIRST,
    HEAD,
    SPANS,
    Make,
    both,
    long,
    long_more,
    marks,
    put,
    sheet,
    slid,
    sound,
    two,
    words,
)
from support.form_world import office_of
from support.raw_office import TOWN, VILLAGES, book

MESSAGES = Path(__file__).with_name("form_refusals.txt")
SILENT = {"K230", "K286", "K285", "K284"}
"""Notes on encodings and repairs, which other tests look at."""

CASES: dict[str, Make] = {
    # what stands in the grade columns
    "no tick": sheet("town", marks(3, None, None, None, None)),
    "blanks only": sheet("town", marks(3, " ", "\u3000", None, None)),
    "two ticks": sheet("town", marks(3, "√", "√", None, None)),
    "four ticks": sheet("town", marks(3, "√", "√", "√", "√")),
    "tick and word": sheet("town", marks(3, "√", None, None, "较差")),
    "a guess": sheet("town", marks(3, "大概", None, None, "√")),
    "question mark": sheet("town", marks(3, None, "？", None, None)),
    "hollow circle alone": sheet("town", marks(3, None, "○", None, None)),
    "two hollow boxes": sheet("town", marks(3, None, "□", "□", None)),
    "star": sheet("town", marks(3, None, None, "★", None)),
    "number two": sheet("town", marks(3, None, None, 2, None)),
    "doubled tick": sheet("town", marks(3, "√√", None, None, None)),
    "letter grade": sheet("town", marks(3, None, "B", None, None)),
    "unknown grade": sheet("town", marks(3, "优秀", None, None, None)),
    "word of another column": sheet("town", marks(3, "较好", None, None, None)),
    "half a grade": sheet("town", marks(3, None, "好/较好", None, None)),
    "error value": sheet("town", marks(3, "#N/A", None, None, None)),
    "broken reference": sheet("town", marks(3, None, None, "#REF!", "√")),
    "cross alone": sheet("town", marks(3, None, None, "×", None)),
    "ballot cross alone": sheet("town", marks(3, None, "☒", None, None)),
    "zeros": sheet("town", marks(3, 0, 0, 0, 0)),
    "all boxes empty": sheet("town", marks(3, "□", "□", "□", "□")),
    "tick and not applicable": sheet("town", marks(3, "√", None, None, "不适用")),
    "word: unknown": words(put(3, 6, "优")),
    "word: two": words(put(3, 6, "好、较好")),
    "word: none": words(marks(3, None, None, None, None)),
    "word: error": words(put(3, 6, "#VALUE!")),
    # items
    "numbers swapped": sheet(
        "town", both(put(1, 2, "2. 相对贫困人口和相对贫困村退出情况"), put(2, 2, "1. 防止返贫监测和帮扶情况"))
    ),
    "text of the county form": sheet("town", put(3, 2, "3. 县级党委政府主要领导责任、党委书记遍访制度落实情况")),
    "number beyond the form": sheet("town", put(16, 2, "19. 扶贫档案管理情况")),
    "text of another item": sheet("town", put(10, 2, "10. 就业扶贫情况")),
    "text between two items": sheet("town", put(10, 2, "10. 业扶贫情况")),
    "number missing": sheet("town", put(3, 2, "镇级党委政府主要领导责任、党委书记遍访制度落实情况")),
    "text missing": sheet("town", put(3, 2, "3.")),
    "item reworded": sheet("town", put(9, 2, "9. 党组织建设方面")),
    "tick in an empty row": sheet("town", put(3, 2, None)),
    "item copied": sheet("town", lambda r: r.insert(FIRST + 1, list(r[FIRST]))),
    "item twice, two grades": sheet(
        "town", lambda r: r.insert(FIRST + 1, ["", "", r[FIRST][2], None, None, "√", None, None])
    ),
    "row slid left, unclear": sheet("town", slid(5, -1)),
    "items missing": sheet("town", lambda r: [r.pop(FIRST + 6), r.pop(FIRST + 2)]),
    # which form
    "grade column renamed": sheet("town", lambda r: r[3].__setitem__(6, "差")),
    "grade column lost": sheet("town", lambda r: [row.pop(6) for row in r if len(row) > 7]),
    "items of no form": sheet(
        "town", lambda r: [row.__setitem__(2, f"{k}. 某项工作开展情况") for k, row in enumerate(r[FIRST:20], 1)]
    ),
    "title of another level": sheet("town", lambda r: r[0].__setitem__(0, "2020 年扶贫开发工作成效考评表 (抽查县级)")),
    "a form of another year's plan": sheet(
        "town",
        both(
            lambda r: r[0].__setitem__(0, "2019年考评表"),
            lambda r: [row.__setitem__(2, f"{k}. 脱贫攻坚{k}") for k, row in enumerate(r[FIRST:20], 1)],
        ),
    ),
    # whose form
    "header blank": sheet("town", head=[("市", ""), ("抽查县", ""), ("抽查镇", "")]),
    "header lost": sheet("town", lambda r: r.pop(1)),
    "town not said": sheet("town", head=HEAD["county"]),
    "unknown city": sheet("county", head=[("市", "韶光市"), ("抽查县", "武江区")]),
    "unknown county": sheet("county", head=[("市", "韶关市"), ("抽查县", "五江区")]),
    "unknown town": sheet("town", head=[*HEAD["county"], ("抽查镇", "云西镇")]),
    "unknown village": sheet("village", head=[*HEAD["town"], ("抽查村", "上唐村")]),
    "unknown code": sheet("village", head=[*HEAD["town"], ("抽查村", "440203100299")]),
    "two villages of one name": sheet("village", head=[*HEAD["town"], ("抽查村", "石桥村")]),
    "county of another city": sheet("county", head=[("市", "清远市"), ("抽查县", "武江区")]),
    "county form for a town": sheet("county", head=HEAD["town"]),
    "town form for a village": sheet("town", head=HEAD["village"]),
    "town name in the county field": sheet("county", head=[("市", "韶关市"), ("抽查县", "云溪镇")]),
    "county name in the town field": sheet("town", head=[*HEAD["county"], ("抽查镇", "浈江区")]),
    "place not in the sample": sheet("village", head=[*HEAD["town"], ("抽查村", "下岭村")]),
    "helper city on the task cities' table": sheet("city14", head=HEAD["city6"]),
    "task city on the helper cities' table": sheet("city6", head=HEAD["city14"]),
    "city on the units' table": sheet("unit235", head=HEAD["city14"]),
    "a city that is left out": sheet("city14", head=[("考核对象", "江门市")]),
    "unknown unit": sheet("unit235", head=[("考核对象", "单位009")]),
    "no target": sheet("city14", head=[("考核对象", "")]),
    # signature and date
    "unsigned": sheet("town", foot=("", "2020年12月8日")),
    "undated": sheet("town", foot=("示范", "　年　月　日")),
    "neither": sheet("town", lambda r: r.pop()),
    "no such day": sheet("town", foot=("示范", "2020年11月31日")),
    "no year": sheet("town", foot=("示范", "12月8日")),
    "day or month": sheet("town", foot=("示范", "03/04/2020")),
    "serial number": sheet("town", foot=("示范", "44173")),
    "another century": sheet("town", foot=("示范", "1920-12-08")),
    "before the assessment": sheet("town", foot=("示范", "2020年11月8日")),
    "after the last day": sheet("town", foot=("示范", "2021-01-08")),
    "outside the team's days": sheet("town"),
    # twice
    "two forms, different grades": two("town", lambda _: None, marks(3, "√", None, None, None)),
    "a form and its copy": two("town", lambda _: None, lambda r: r.append(["附"])),
    "side by side, different grades": two("town", lambda _: None, marks(3, "√", None, None, None), side=True),
    # remarks
    "not applicable": sheet("town", both(marks(3, None, None, None, None), put(3, 7, "不适用：无驻村工作队"))),
    "a grade and not applicable": sheet("town", put(3, 7, "不适用")),
    "blank with another remark": sheet("town", both(marks(3, None, None, None, None), put(3, 7, "待核"))),
    # files
    "empty file": lambda _: {"a.xlsx": b""},
    "a document": lambda _: {"a.docx": b"PK\x03\x04"},
    "a cut workbook": lambda plan: {"a.xlsx": book(sound("town", plan))[:900]},
    "csv named xlsx": lambda _: {"a.xlsx": "考核指标,好,较好\n".encode()},
    "bad bytes": lambda _: {"a.csv": "考核指标,好,较好,一般,较差\n".encode("gb18030") + b"a,\xff\xff,,,\n"},
    "lost text": lambda _: {"a.csv": "考核指标,好,较好,一般,较差\n锟斤拷,√,,,\n".encode()},
    # long tables
    "long: unknown form": long(2, "表式", "乡级"),
    "long: number beyond": long(2, "指标序号", 11),
    "long: no number": long(2, "指标序号", ""),
    "long: text of another": long(2, "考核指标", "防止返贫监测和帮扶情况"),
    "long: unknown grade": long(2, "考评等次", "良好"),
    "long: no grade": long(2, "考评等次", ""),
    "long: excel error": long(2, "考评等次", "#N/A"),
    "long: unknown target": long(2, "考核对象", "广洲市"),
    "long: another class": long(2, "考核对象", "韶关市"),
    "long: no place": long(12, "考核对象", ""),
    "long: unknown place": long(12, "考核对象", "440203100299"),
    "long: bad date": long(12, "核查时间", "12月8日"),
    "long: early": long(12, "核查时间", "2020-10-08", "utf-16"),
    "long: copied": long_more(["广州市", "", "", "city6", 1, "", "较好", "", "", ""]),
    "long: two grades": long_more(["广州市", "", "", "city6", 1, "", "好", "", "", ""]),
    "long: not applicable": long(2, "考评等次", "不适用"),
}


def messages() -> dict[str, list[str]]:
    """The messages of each case."""
    sections = MESSAGES.read_text(encoding="utf-8").split("## ")[1:]
    parts = [s.partition("\n") for s in sections]
    return {name.strip(): [m.strip("\n") for m in body.split("\n\n") if m.strip("\n")] for name, _, body in parts}


EXPECTED = messages()


def said(case: str, folder: Path, plan: Plan) -> list[str]:
    """What the findings of a case say, with the accounts checked."""
    office = office_of(plan, folder)
    doubled = [Place(f"4402031002{n}", "石桥村", "village", TOWN) for n in (21, 22)]
    places = [p for p in office.register.gazetteer.by_code.values() if p.level in {"town", "village"}]
    objects = {c: (n, office.register.classes[c]) for c, n in office.register.objects.items()}
    office.register = Register.build(plan, [*places, *doubled], objects)
    paths = []
    for name, data in CASES[case](plan).items():
        paths.append(folder / name)
        paths[-1].write_bytes(data)
    visits = Visits({}, SPANS if "team's days" in case else {}, sample_places([VILLAGES[0]]))
    forms, grades, _ = read_form_files(paths, visits, office)
    office.ledger.check()
    assert sum(a.used for a in office.ledger.accounts) == len(grades)
    assert set(grades["form_key"]) <= set(forms["form_key"])
    found = [f for f in office.ledger.findings if f.code not in SILENT]
    return [describe(f) for f in found]


@pytest.mark.parametrize("case", CASES)
def test_the_whole_message(case: str, tmp_path: Path, plan: Plan) -> None:
    assert said(case, tmp_path, plan) == EXPECTED[case]


def test_every_message_belongs_to_a_case() -> None:
    assert list(EXPECTED) == list(CASES)
    assert len(CASES) >= 100
    assert all(EXPECTED.values())
