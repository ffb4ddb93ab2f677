"""The data dictionary in docs/ is the one that the contracts give."""

from __future__ import annotations

from pathlib import Path

from kaohe.base.plan import load_plan
from kaohe.run.dictionary import data_dictionary

DOCS = Path(__file__).parents[3] / "docs"


def test_dictionary_in_docs_is_current() -> None:
    assert (DOCS / "data_dictionary.md").read_text(encoding="utf-8") == data_dictionary(load_plan()), "run `make docs`"


def test_personal_columns_are_said_to_be_replaced_or_dropped() -> None:
    text = data_dictionary(load_plan())
    for label, key in (
        ("户主姓名", "head_key"),
        ("身份证号", "person_key"),
        ("联系电话", "phone_key"),
        ("银行账号", "account_key"),
    ):
        assert f"| {label} |  | `{key}` |" in text
    assert "| 填表人 |  | (dropped) |" in text
