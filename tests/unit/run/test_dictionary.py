"""The data dictionary in docs/ is the one that the contracts give."""

from __future__ import annotations

from pathlib import Path

from kaohe.base.plan import load_plan
from kaohe.run.dictionary import data_dictionary

DOCS = Path(__file__).parents[3] / "docs"


def test_dictionary_in_docs_is_current() -> None:
    assert (DOCS / "data_dictionary.md").read_text(encoding="utf-8") == data_dictionary(load_plan()), "run `make docs`"


def test_personal_columns_are_said_to_be_dropped() -> None:
    text = data_dictionary(load_plan())
    for label in ("户主姓名", "身份证号", "联系电话", "银行账号"):
        assert f"| {label} |  | (dropped) |" in text
