"""What is told by columns is what the parsers and checks say cell by cell."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from kaohe.base.plan import Plan
from kaohe.base.tables import Column
from kaohe.clean.coded import Coded, Numbers, Texts, combine
from kaohe.clean.office import read_words
from kaohe.clean.parse import make_parser
from kaohe.clean.persons import sound_ids
from kaohe.clean.plain import outcomes
from kaohe.clean.recognise import CHECKS, WEIGHTS
from kaohe.clean.scrub import id_fault

CELLS = (
    None, "0", "007", "-0", "-5", "+5", "1.", ".5", "3.25", "1e5", "999999999999999", "1234567890123456", "12 ", "１２", "1,200",
    "12元", "约5", "不知道", "/", "a", "A-1_b", "é", " x", "#REF!", "3.0", "3.5", "", "\u200b4", "00012", "inf", "nan", "-",
)  # fmt: skip
LATEST = date(2020, 12, 31)


@pytest.mark.parametrize("kind", ["int", "number", "money", "code"])
@pytest.mark.parametrize("missing", [(), ("999999999999999", "007", "a")])
def test_values_and_outcomes_are_the_parsers(kind: str, missing: tuple[str, ...], plan: Plan) -> None:
    words = read_words(plan)
    words = replace(words, missing=words.missing | set(missing))
    column = Column("x", "数", kind, unit="元", min=0, max=1e15)
    parser = make_parser(column, words)
    values, found = outcomes(Texts(pa.array(CELLS, pa.string())), column, words, parser)
    asked = [parser(cell) for cell in CELLS]
    assert list(values) == [o.value for o in asked]
    assert found == {k: o for k, o in enumerate(asked) if o.code}


def test_sound_identity_numbers_are_those_without_a_fault() -> None:
    rng = np.random.default_rng(7)
    numbers = []
    for _ in range(4000):
        area = str(rng.choice(["4402", "1101", "4499", "4400", "9901", "8100", "0001", "8301"]))
        day = f"{rng.choice([1799, 1800, 1900, 1987, 2000, 2020, 2021])}{rng.integers(0, 14):02d}{rng.integers(0, 33):02d}"
        body = f"{area}{rng.integers(0, 100):02d}{day}{rng.integers(0, 1000):03d}"
        check = CHECKS[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]
        numbers.append(body + (check if rng.random() < 0.8 else "1"))
    for synthetic in (True, False):
        wanted = [id_fault(n, latest=LATEST, synthetic=synthetic) == "" for n in numbers]
        assert 200 < sum(wanted) < 3800
        assert sound_ids(pa.array(numbers), LATEST, synthetic=synthetic).tolist() == wanted
    assert sound_ids(pa.array([], pa.string()), LATEST, synthetic=True).tolist() == []


def test_codes_keep_cells_of_different_types_apart() -> None:
    cells = [1, 1.0, True, "1", None, "1", 1]
    column = Coded.of(cells)
    assert [(type(c), c) for c in column] == [(type(c), c) for c in cells]
    assert column.codes.tolist() == [0, 1, 2, 3, 4, 3, 0]
    assert column.missing().tolist() == [False] * 4 + [True, False, False]


def test_a_value_that_is_put_changes_its_rows_only() -> None:
    column = Coded(["a", "b"], np.array([0, 1, 0], np.int32))
    other = Coded(column.entries, column.codes)
    other[2] = None
    other.put([0, 1], "c")
    assert (list(column), list(other)) == (["a", "b", "a"], ["c", "c", None])


def test_columns_joined_hold_the_rows_of_all() -> None:
    long = Coded(Texts(pa.array(["x", None, "y"])), np.array([2, 1, 0], np.int32))
    joined = Coded.join([Coded.of(["y", None]), long])
    assert list(joined) == ["y", None, "y", None, "x"]
    assert joined.canonical().tolist() == [0, -1, 0, -1, 1]
    assert joined.texts().to_pylist() == ["y", None, "y", None, "x"]
    numbers = Coded.join([Coded(Numbers(np.array([1.0, np.nan])), np.array([1, 0], np.int32)), Coded.blank(1)])
    assert list(numbers) == [None, 1.0, None]


def test_combinations_are_numbered_and_have_a_row() -> None:
    left, right = np.array([0, 1, 0, -1], np.int32), np.array([5, 5, 5, 9], np.int32)
    codes, rows = combine([left, right])
    assert len(set(codes.tolist())) == len(rows) == 3
    assert codes[0] == codes[2]
    assert [(left[r], right[r]) for r in rows[codes]] == list(zip(left, right, strict=True))
    empty, none = combine([np.zeros(0, np.int32)])
    assert (len(empty), len(none)) == (0, 0)
