"""The signs people put into grade columns: what is a tick, what is none, what cannot be told.

A sign that is not in this dictionary sets its item aside; nothing is guessed. Hollow signs
(○, □) are the printed boxes of a form and mean nothing beside a real tick, but alone in one
or a few of the columns they may stand for a choice, which cannot be told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kaohe.clean.cells import Cell, is_blank, tidy, to_text
from kaohe.clean.parse import CROSSES, EXCEL_ERRORS, TICKS

TICK = "√"
TICK_SIGNS = frozenset({*TICKS, "■", "◼", "⬛", "◉", "🗹", "对", "勾", "1.0", "V", "v", "Y", "y"})
EMPTY_SIGNS = frozenset({*CROSSES, "0.0", "X", "x", "N", "n", "-", "—", "——", "–", "/", "\\"})
OTHER_GRADES = frozenset({
    "优", "优秀", "良", "良好", "中", "中等", "合格", "基本合格", "不合格", "及格", "不及格", "差", "很好", "很差", "较高", "A", "B", "C",
    "D",
})  # fmt: skip
HOLLOW_SIGNS = frozenset("○◯〇□☐▢◇")
NOT_APPLICABLE = "不适用"
_BRACKETS = "()[]【】〔〕"


@dataclass(frozen=True)
class Mark:
    """What the grade cells of one row say.

    Attributes
    ----------
    grade : str
        The one grade chosen; ``""`` when there is none or the row is not applicable.
    waived : bool
        A grade cell says 不适用.
    code : str
        Why the row cannot be used: K264, K274, K292, K293 or K298; ``""`` when it can.
    at : int
        Column of the cell to show, -1 when it is the whole row.
    value, expected : str
        What was found there, and what would be right where the rule's own words do not fit.
    repaired : tuple of (column, grade, text)
        Ticks other than √ and the grade's own words.
    """

    grade: str = ""
    waived: bool = False
    code: str = ""
    at: int = -1
    value: str = ""
    expected: str = ""
    repaired: tuple[tuple[int, str, str], ...] = ()


def sign(cell: Cell) -> str:
    """A cell as looked up in the dictionary: narrow, without blanks and enclosing brackets."""
    text = tidy(to_text(cell))
    return text.strip(_BRACKETS) or text


def is_waiver(text: str) -> bool:
    """True for a text that begins with 不适用, brackets and blanks aside."""
    return tidy(text).lstrip(_BRACKETS).startswith(NOT_APPLICABLE)


def waiver(text: str, remark: str) -> str:
    """The remark of an item that does not apply, beginning with 不适用 as the grade room expects.

    Parameters
    ----------
    text : str
        What stands in a grade cell.
    remark : str
        What stands in 备注.
    """
    opened = [t.strip().lstrip(_BRACKETS + "（【〔 \u3000") for t in (remark, text)]
    said = next((t for t in opened if t.startswith(NOT_APPLICABLE)), NOT_APPLICABLE)
    return said if not remark.strip() or said == opened[0] else f"{said}；{remark.strip()}"


def is_chosen(cell: Cell, grade: str) -> bool:
    """True when a cell of a grade's column is a tick or the grade's own word."""
    return not is_blank(cell) and (sign(cell) in TICK_SIGNS or sign(cell) == grade)


def read_marks(row: list[Cell], columns: Mapping[str, int], grades: tuple[str, ...]) -> Mark:
    """The grade chosen in a row of grade columns.

    Parameters
    ----------
    row : list of Cell
    columns : mapping of grade to column position
    grades : tuple of str
        All official grades.
    """
    chosen: list[str] = []
    repaired: list[tuple[int, str, str]] = []
    hollow: list[tuple[int, str]] = []
    waived = ""
    for grade, column in columns.items():
        text = sign(row[column]) if column < len(row) else ""
        if not text or text in EMPTY_SIGNS:
            continue
        if text in HOLLOW_SIGNS:
            hollow.append((column, text))
        elif text in TICK_SIGNS or text == grade:
            chosen.append(grade)
            if text != TICK:
                repaired.append((column, grade, text))
        elif is_waiver(text):
            waived = to_text(row[column])
        else:
            if text.upper() in EXCEL_ERRORS:
                return Mark(code="K264", at=column, value=text, expected=TICK)
            other = text in grades or text.upper() in OTHER_GRADES
            return Mark(code="K274" if other else "K298", at=column, value=text)
    if len(chosen) == 1 and not waived:
        return Mark(chosen[0], repaired=tuple(repaired))
    if chosen:
        return Mark(code="K293", value="、".join([*chosen, *([NOT_APPLICABLE] if waived else [])]))
    if waived:
        return Mark(waived=True, value=waived)
    if hollow and len(hollow) < len(columns):
        return Mark(code="K298", at=hollow[0][0], value=hollow[0][1], expected=f"{TICK}；空心符号不能判断是否选中")
    return Mark(code="K292")


def read_word(cell: Cell, grades: tuple[str, ...]) -> Mark:
    """The grade written as a word in the one column of grades."""
    text = sign(cell)
    if text in grades:
        return Mark(text)
    if is_waiver(text):
        return Mark(waived=True, value=to_text(cell))
    if not text or text in EMPTY_SIGNS:
        return Mark(code="K292")
    if text.upper() in EXCEL_ERRORS:
        return Mark(code="K264", value=text, expected="、".join(grades))
    return Mark(code="K274", value=text)
