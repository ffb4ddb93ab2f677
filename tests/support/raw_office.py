"""A small raw folder, sound in every cell, that tests then break in one place."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from openpyxl import Workbook

from kaohe.base.codebook import Question
from kaohe.base.plan import Form, Plan
from kaohe.base.tables import contract
from kaohe.clean.run import CleanResult, clean_all

CITY, COUNTY, TOWN = "440200000000", "440203000000", "440203100000"
VILLAGES = ("440203100201", "440203100202")
VILLAGE_NAMES = ("上塘村", "下岭村")
HOUSEHOLDS_FILE = "survey/households/440200_韶关市_住户.csv"
VILLAGES_FILE = "survey/villages/440200_韶关市_村.csv"
GOOD_ID = "11010519491231002X"
OPTIONAL = ("designated",)  # columns that need not be there and are
Row = dict[str, str]


def answer(question: Question) -> str:
    """A sound answer to a question."""
    if question.type == "yesno":
        return "是"
    if question.type in {"choice", "scale"}:
        return question.levels[0]
    if question.type == "share":
        return "0.85"
    low = question.min or 0.0
    return str(int(max(low, 1)))


@dataclass
class RawOffice:
    """Rows by file; `write` puts them below a folder as UTF-8 CSV."""

    plan: Plan
    files: dict[str, list[Row]] = field(default_factory=dict)
    raw: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        plan = self.plan
        cities = [(c, plan.gazetteer.name(c), t.short) for t in plan.classes.values() for c in t.members]
        units = [(f"DW{i:03d}", f"单位{i:03d}", "帮扶单位") for i in range(1, 4)]
        self.files["registry/objects.csv"] = self._rows("objects", [*cities, *units])
        places = [
            (CITY, "韶关市", "市", "440000000000", ""), (COUNTY, "武江区", "县", CITY, ""),
            (TOWN, "云溪镇", "镇", COUNTY, ""),
            *((v, n, "村", TOWN, "是") for v, n in zip(VILLAGES, VILLAGE_NAMES, strict=True)),
        ]  # fmt: skip
        self.files["registry/places.csv"] = self._rows("places", places)
        sizes = ("1", "1", "1", "1", "2", "2", "40", "10")
        self.files["survey/sample_villages.csv"] = self._rows(
            "sample_villages", [(v, "抽样", *sizes) for v in VILLAGES]
        )
        households = [(f"H{k:03d}", VILLAGES[k % 2]) for k in range(20)]
        listed = [(h, v, "抽样", "一般农户", "3", "完成") for h, v in households]
        self.files["survey/sample_households.csv"] = self._rows("sample_households", listed)
        self.files[HOUSEHOLDS_FILE] = [self._household(h, v) for h, v in households[:18]]
        self.files[VILLAGES_FILE] = [self._village(v, n) for v, n in zip(VILLAGES, VILLAGE_NAMES, strict=True)]

    def _rows(self, table: str, values: Iterable[tuple[str, ...]]) -> list[Row]:
        columns = contract(table, self.plan).columns
        labels = [c.label for c in columns if c.required or c.name in OPTIONAL]
        return [dict(zip(labels, v, strict=True)) for v in values]

    def _household(self, household: str, village: str) -> Row:
        fixed = {
            "household": household, "city": "韶关市", "county": "武江区", "village": village, "visit_date": "2020-09-12",
            "enumerator": "DC01", "head_name": "示范", "id_number": GOOD_ID, "phone": "19900001234",
            "account": "6200001234567890128",
        }  # fmt: skip
        return self._filled("households", fixed)

    def _village(self, village: str, name: str) -> Row:
        fixed = {
            "village": village, "city": "韶关市", "county": "武江区", "village_name": name, "visit_date": "2020-09-12",
            "respondent": "示范",
        }  # fmt: skip
        return self._filled("villages", fixed)

    def _filled(self, table: str, fixed: Row) -> Row:
        columns = contract(table, self.plan).columns
        questions = self.plan.questions
        return {c.label: fixed[c.name] if c.name in fixed else answer(questions[c.name]) for c in columns}

    @property
    def households(self) -> list[Row]:
        """Rows of the household file."""
        return self.files[HOUSEHOLDS_FILE]

    def text(self, name: str) -> str:
        """A file as CSV text."""
        rows = self.files[name]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(rows[0])
        writer.writerows(r.values() for r in rows)
        return out.getvalue()

    def write(self, root: Path) -> Path:
        """Write every file; `raw` replaces or adds files as bytes."""
        for name in [*self.files, *self.raw]:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.raw[name] if name in self.raw else self.text(name).encode())
        return root

    def clean(self, folder: Path, *, accept_changed: bool = True) -> CleanResult:
        """Write below ``folder/raw`` and clean into ``folder/processed``."""
        return clean_all(self.write(folder / "raw"), folder / "processed", self.plan, accept_changed=accept_changed)


def book(rows: Iterable[Iterable[object]], sheet: str = "Sheet1") -> bytes:
    """A workbook of one sheet."""
    made = Workbook()
    page = made.active
    page.title = sheet
    for row in rows:
        page.append(list(row))
    return book_bytes(made)


def book_bytes(made: Workbook) -> bytes:
    """A workbook's bytes."""
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def form_rows(
    form: Form, head: Iterable[tuple[str, str]], tick: Callable[[int], str] = lambda _: "好", *, sign: str = "√",
    foot: tuple[str, str] = ("示范", "2020年12月8日"), grades: tuple[str, ...] = ("好", "较好", "一般", "较差"),
) -> list[list[object]]:  # fmt: skip
    """A form's rows as annex 3 prints them; `tick` gives the grade of an item."""
    rows: list[list[object]] = [[form.title], ["　".join(f"{a}：{b}" for a, b in head)]]
    rows.append(["考核内容", "", "考核指标", "考评等次", "", "", "", "备注"])
    rows.append(["", "", "", *grades, ""])
    for item in form.items:
        marks = [sign if tick(item.no) == g else None for g in grades]
        rows.append([item.group, item.subgroup, f"{item.no}. {item.name}", *marks, None])
    if form.kind == "field_form":
        rows += [[], [f"组长：{foot[0]}", None, f"成员：{foot[0]}", f"核查时间：{foot[1]}"]]
    return rows
