"""The list of cases and the tests agree: each case has a test, each stored message its case."""

from __future__ import annotations

import ast
import csv
from functools import cache
from pathlib import Path

import pytest
import test_corpus_cells
import test_corpus_files
import test_corpus_plan
import test_corpus_tables

from support.corpus import CASES, UNMASKED, wanted

TESTS = Path(__file__).parents[1]
CORPUS = {"F": test_corpus_files, "T": test_corpus_tables, "C": test_corpus_cells, "P": test_corpus_plan}
SIZES = {"F": 25, "T": 30, "C": 42, "P": 20, "E": 8, "X": 30}


def listed() -> list[str]:
    with (CASES / "faults.csv").open(encoding="utf-8", newline="") as handle:
        return [row["case"] for row in csv.DictReader(handle) if row["name"] and row["outcome"]]


@cache
def marked() -> set[str]:
    """Cases named by ``@pytest.mark.case`` anywhere in the tests."""
    found: set[str] = set()
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef):
                continue
            for made in node.decorator_list:
                if isinstance(made, ast.Call) and ast.unparse(made.func) == "pytest.mark.case":
                    found |= {str(ast.literal_eval(a)) for a in made.args}
    return found


def test_the_list_is_whole() -> None:
    assert listed() == [f"{letter}{n:02d}" for letter, size in SIZES.items() for n in range(1, size + 1)]


@pytest.mark.parametrize("case", listed())
def test_every_case_has_a_test(case: str) -> None:
    corpus = {name[:3] for module in CORPUS.values() for name in module.CASES}
    assert case in corpus | marked()


def test_no_test_names_a_case_that_is_not_listed() -> None:
    assert {name[:3] for module in CORPUS.values() for name in module.CASES} | marked() <= set(listed())


@pytest.mark.parametrize("letter", CORPUS)
def test_every_message_belongs_to_a_case(letter: str) -> None:
    assert list(wanted(letter)) == list(CORPUS[letter].CASES)


def test_there_are_more_than_two_hundred_bad_inputs_and_their_messages_name_nobody() -> None:
    assert sum(len(module.CASES) for module in CORPUS.values()) >= 200
    for letter in CORPUS:
        text = (CASES / f"messages_{letter}.txt").read_text(encoding="utf-8")
        assert UNMASKED.search(text) is None
        assert "Traceback" not in text
