"""Items of a form: recognised by number and text together, whatever their order and punctuation.

An item's text may be badly typed, but not so badly that another item would fit as well; number
and text that point to different items set the row aside.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from kaohe.base.plan import Form, Plan
from kaohe.clean.cells import Cell, Sheet, is_blank, tidy, to_text
from kaohe.clean.form_layout import FormFound, numbered
from kaohe.clean.form_marks import is_chosen, sign

_PUNCTUATION = re.compile(r"[\s\W_]+")
_NEAR = 0.84
_LEVEL_WORDS = {"县级": "county", "镇级": "town", "村级": "village"}
_LEAST = 3


@dataclass(frozen=True)
class Line:
    """A row that names an item: its position, the column of number and text, and what they say.

    `number` is 0 where the text stands without one.
    """

    row: int
    column: int
    number: int
    text: str

    @property
    def shown(self) -> str:
        """Number and text as findings show them."""
        return f"{self.number}. {self.text}" if self.number else self.text


def plain(text: str) -> str:
    """An item's `text` as compared: narrow, without blanks and punctuation."""
    return _PUNCTUATION.sub("", tidy(text))


_TEXTS: dict[str, dict[str, dict[int, str]]] = {}  # by the digest of the plan folder
_KEPT = 8


def item_texts(plan: Plan) -> dict[str, dict[int, str]]:
    """Normalised item texts (see `plain`) of the forms of `plan`, by form and number."""
    if plan.digest not in _TEXTS:
        while len(_TEXTS) >= _KEPT:
            del _TEXTS[next(iter(_TEXTS))]
        _TEXTS[plan.digest] = {f.id: {i.no: plain(i.name) for i in f.items} for f in plan.forms.values()}
    return _TEXTS[plan.digest]


def find_lines(found: FormFound, plan: Plan) -> list[Line]:
    """The rows of a form that name an item, each with the reading that fits the plan best."""
    texts = item_texts(plan)
    pairs = {pair for items in texts.values() for pair in items.items()}
    known = {text for _, text in pairs}
    lines = []
    for index in range(found.head + 1, found.end):
        ranked = sorted(
            _readings(found.view.rows[index], index),
            key=lambda c: ((c.number, plain(c.text)) not in pairs, plain(c.text) not in known),
        )
        for line in ranked:
            sure = plain(line.text) in known
            if sure or (line.number and (line.column < found.first or tidy(line.text).endswith("情况"))):
                lines.append(line)
                break
    return lines


def known_items(sheet: Sheet, plan: Plan) -> list[tuple[int, str]]:
    """Rows of a sheet in which a cell holds number and text of an item of the plan, with that cell's text."""
    pairs = {pair for items in item_texts(plan).values() for pair in items.items()}
    found = []
    for index, row in enumerate(sheet.rows):
        for value in row:
            match = numbered(value) if isinstance(value, str) else None
            if match and (match[0], plain(match[1])) in pairs:
                found.append((index, tidy(value)))  # type: ignore[arg-type]
                break
    return found


def _readings(row: list[Cell], index: int) -> list[Line]:
    """Every way to read a row as an item: number and text in one cell or in two, or a text alone."""
    lines = []
    for column, value in enumerate(row):
        if not isinstance(value, str) or is_blank(value):
            continue
        match = numbered(value)
        if match and len(match[1]) >= _LEAST:
            lines.append(Line(index, column, *match))
    for column, value in enumerate(row):
        number = tidy(to_text(value)).strip(".、()")
        if not (number.isdigit() and number.isascii() and len(number) <= 2):
            continue
        following = next((v for v in row[column + 1 :] if not is_blank(v)), None)
        if isinstance(following, str) and len(tidy(following)) >= _LEAST and numbered(following) is None:
            lines.append(Line(index, column, int(number), tidy(following)))
    if not lines:
        lines = [Line(index, c, 0, tidy(v)) for c, v in enumerate(row) if isinstance(v, str) and not is_blank(v)]
    return lines


def recognise(title: str, lines: list[tuple[int, str]], plan: Plan) -> Form | None:
    """The form whose items agree best, in number and text; the title decides between equals.

    Parameters
    ----------
    title : str
        Normalised text above the grades.
    lines : list of (int, str)
        Number and text of each item as read; the number is 0 where there is none.
    plan : Plan
        Whose forms come into question.

    Returns
    -------
    Form or None
        None where fewer than half of the lines fit a form.
    """
    scores = _scores(title, lines, plan)
    best = max(scores, key=lambda f: scores[f])
    titled = max(scores, key=lambda f: (scores[f][1], scores[f][0]))
    if scores[titled][1] >= 1 and scores[titled][0] * 2 >= len(lines) >= 1:
        return plan.forms[titled]
    if scores[best][0] >= 3 and scores[best][0] * 2 >= len(lines) and scores[titled][1] <= 0:
        return plan.forms[best]
    return None


def other_form(title: str, lines: list[tuple[int, str]], plan: Plan) -> Form | None:
    """The form whose items these are although the title names another; None when they are nobody's."""
    scores = _scores(title, lines, plan)
    best = max(scores, key=lambda f: scores[f])
    return plan.forms[best] if scores[best][0] >= 3 and scores[best][0] * 2 >= len(lines) else None


def _scores(title: str, lines: list[tuple[int, str]], plan: Plan) -> dict[str, tuple[int, int]]:
    """By form: items that agree, and what the title says (2 its own, 1 its level, 0 nothing, -1 another)."""
    texts = item_texts(plan)
    key = plain(title)
    named = next((level for word, level in _LEVEL_WORDS.items() if word in key), None)
    scores: dict[str, tuple[int, int]] = {}
    for form in plan.forms.values():
        agree = sum(texts[form.id].get(n) == plain(t) for n, t in lines)
        by_title = 2 if plain(form.title) == key else 0 if named is None else 1 if form.level == named else -1
        scores[form.id] = (agree, by_title)
    return scores


def agrees(form: Form, number: int, text: str, plan: Plan) -> str:
    """Whether number and text name one item of a form.

    Returns
    -------
    str
        ``"same"``, ``"near"`` (typed otherwise, and no other item of any form is as near), or
        what would be right, for the sender.
    """
    texts, key = item_texts(plan), plain(text)
    own = texts[form.id]
    if number and own.get(number) == key:
        return "same"
    others = [n for n, t in own.items() if t == key]
    right = next((f"{i.no}. {i.name}" for i in form.items if i.no == (others[0] if others else number)), "")
    if others or number not in own or any(key in items.values() for items in texts.values()):
        return right or f"本表只有 {len(own)} 项"
    ratio = _ratio(own[number], key)
    rivals: Iterable[str] = {t for items in texts.values() for t in items.values()} - {own[number]}
    if ratio >= _NEAR and all(_ratio(t, key) < ratio for t in rivals if abs(len(t) - len(key)) <= len(key) // 3):
        return "near"
    return right


def _ratio(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()


def usual_column(lines: list[Line]) -> int:
    """The column in which most items of a form stand."""
    counts = Counter(line.column for line in lines)
    return max(counts, key=lambda c: (counts[c], -c)) if counts else -1


def slip(found: FormFound, line: Line, usual: int, grades: tuple[str, ...]) -> int | None:
    """How many columns a row has slipped as a whole, told by what stands in its grade columns.

    The plan's own annexes print some rows one cell further right than the others. A row whose
    item stands where the others' do has not slipped, wherever its group stands. In a slipped row
    the text lies over the first grade columns (or a tick in front of them); None when nothing
    tells whether the ticks went along.
    """
    by = line.column - usual
    row = found.view.rows[line.row]
    if by == 0:
        return 0
    columns = sorted(found.grades.values()) or [found.word_column]
    spans = [columns[0] + k for k in range(by)] if by > 0 else [columns[0] + k for k in range(by, 0)]
    cells = [row[c] if 0 <= c < len(row) else None for c in spans]
    if by > 0:
        if any(not is_blank(c) and len(sign(c)) >= _LEAST for c in cells):
            return by
        stay = columns[:by]
    else:
        if any(_mark(c, grades) for c in cells):
            return by
        stay = columns[by:]
    if any(_mark(row[c], grades) for c in stay if c < len(row)):
        return 0
    return None


def _mark(cell: Cell, grades: tuple[str, ...]) -> bool:
    return any(is_chosen(cell, g) for g in grades)
