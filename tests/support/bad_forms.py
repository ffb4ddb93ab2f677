"""Forms with one thing wrong, made in code: a name, the files of cross/, and what was changed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date

from kaohe.base.plan import Plan
from support.form_world import Rows, beside
from support.raw_office import book, form_rows

GRADES = ("好", "较好", "一般", "较差")
HEAD = {
    "county": [("市", "韶关市"), ("抽查县", "武江区")],
    "town": [("市", "韶关市"), ("抽查县", "武江区"), ("抽查镇", "云溪镇")],
    "village": [("市", "韶关市"), ("抽查县", "武江区"), ("抽查镇", "云溪镇"), ("抽查村", "上塘村")],
    "city14": [("考核对象", "韶关市")], "city6": [("考核对象", "广州市")], "unit235": [("考核对象", "单位001")],
}  # fmt: skip
FIRST = 4
"""Position of item 1 in `sound`; columns: groups 0 and 1, item 2, grades 3 to 6, 备注 7."""
Files = dict[str, bytes]
Change = Callable[[Rows], object]
Make = Callable[[Plan], Files]


def tick(number: int) -> str:
    """The grade of an item in a sound form."""
    return GRADES[number % 4]


def sound(
    form: str, plan: Plan, *, head: list[tuple[str, str]] | None = None, foot: tuple[str, str] | None = None
) -> Rows:
    """A form's rows with nothing wrong."""
    return form_rows(
        plan.forms[form], HEAD[form] if head is None else head, tick, foot=foot or ("示范", "2020年12月8日")
    )


def put(item: int, column: int, value: object) -> Change:
    """Write into the row of an item."""
    return lambda rows: rows[FIRST + item - 1].__setitem__(column, value)


def marks(item: int, *values: object) -> Change:
    """Replace the four grade cells of an item."""
    return lambda rows: rows[FIRST + item - 1].__setitem__(slice(3, 7), list(values))


def both(*changes: Change) -> Change:
    """Several changes."""
    return lambda rows: [change(rows) for change in changes]


def sheet(form: str, change: Change = lambda _: None, **how: object) -> Make:
    """A workbook with one form, changed."""

    def make(plan: Plan) -> Files:
        rows = sound(form, plan, **how)  # type: ignore[arg-type]
        change(rows)
        return {"a.xlsx": book(rows)}

    return make


def two(form: str, first: Change, second: Change, *, side: bool = False) -> Make:
    """The same form twice, in two files or side by side."""

    def make(plan: Plan) -> Files:
        rows = [sound(form, plan), sound(form, plan)]
        first(rows[0])
        second(rows[1])
        return {"a.xlsx": book(beside(rows))} if side else {"a.xlsx": book(rows[0]), "b.xlsx": book(rows[1])}

    return make


def words(change: Change) -> Make:
    """The town form with its grades as words in one column, changed before."""

    def make(plan: Plan) -> Files:
        rows = sound("town", plan)
        change(rows)
        out = [[*r[:3], "考评等次" if r[0] == "考核内容" else _word(r), r[7]] if len(r) > 7 else r for r in rows]
        del out[3]
        return {"a.xlsx": book(out)}

    return make


def _word(row: list[object]) -> object:
    given = [v if v != "√" else g for v, g in zip(row[3:7], GRADES, strict=True) if v]
    return given[0] if given else None


def slid(item: int, by: int) -> Change:
    """A row moved as a whole; to the left its group cell is lost."""

    def change(rows: Rows) -> None:
        row = rows[FIRST + item - 1]
        rows[FIRST + item - 1] = [None] * by + row if by > 0 else row[-by:]

    return change


LONG = ["考核对象", "抽查镇", "抽查村", "表式", "指标序号", "考核指标", "考评等次", "备注", "核查时间", "组长"]


def long_rows(plan: Plan) -> list[list[object]]:
    """A long table: an index table and a village form, all items."""
    rows: list[list[object]] = [list(LONG)]
    for item in plan.forms["city6"].items:
        rows.append(["广州市", "", "", "帮扶市", item.no, item.name, tick(item.no), "", "", ""])
    for item in plan.forms["village"].items:
        rows.append(["440203100201", "", "", "村级考评表", item.no, item.name, tick(item.no), "", "2020-12-08", "示范"])
    return rows


def long(row: int, column: str, value: object, encoding: str = "gb18030") -> Make:
    """The long table with one cell changed; rows are lines of the file."""

    def make(plan: Plan) -> Files:
        rows = long_rows(plan)
        if row:
            rows[row - 1][LONG.index(column)] = value
        return {"grades.csv": csv_bytes(rows, encoding)}

    return make


def long_more(*extra: list[object]) -> Make:
    """The long table with rows added at its end."""
    return lambda plan: {"grades.csv": csv_bytes([*long_rows(plan), *extra], "utf-8")}


def csv_bytes(rows: list[list[object]], encoding: str) -> bytes:
    """Rows as a CSV file."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode(encoding)


SPANS = {"440200000000": (date(2020, 12, 14), date(2020, 12, 18))}
"""Days of a team's visit, for the cases that know them."""
