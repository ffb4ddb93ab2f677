"""What may be passed to a notebook is checked before a kernel starts."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from kaohe.base.errors import InputRefused
from kaohe.publish.params import check_parameters, defaults_of, read_notebook
from support.publishing import notebook, save


def test_defaults_are_read_from_the_tagged_cell() -> None:
    made = notebook("1 + 1", parameters='target = ""  # which\nyears: int = 2\nboth = also = 1.5')
    assert defaults_of(made, "x") == {"target": "", "years": 2, "both": 1.5, "also": 1.5}


@pytest.mark.parametrize("cells", [0, 2])
def test_one_parameters_cell_is_needed(cells: int) -> None:
    made = notebook("x = 1", parameters=None)
    for _ in range(cells):
        made.cells.append(notebook().cells[0])
    with pytest.raises(InputRefused) as caught:
        defaults_of(made, "40_city.ipynb")
    assert str(caught.value).splitlines()[:3] == [
        "K821 A notebook needs exactly one parameters cell",
        "  where     40_city.ipynb",
        f"  got       {cells} cells tagged parameters",
    ]


@pytest.mark.parametrize("source", ["target = input()", "import os", "target = ", "a.b = 1"])
def test_a_parameters_cell_holds_plain_values_only(source: str) -> None:
    with pytest.raises(InputRefused, match="K821 A parameters cell holds more than plain values"):
        defaults_of(notebook(parameters=source), "x")


def test_a_misspelt_parameter_is_refused_with_the_right_name() -> None:
    with pytest.raises(InputRefused) as caught:
        check_parameters({"target": "", "plan": ""}, {"targett": "x"}, "40_city.ipynb")
    assert (caught.value.code, caught.value.got) == ("K822", "targett")
    assert caught.value.expected.startswith("one of target")


@pytest.mark.parametrize("value", [440200, None, True, datetime.date(2020, 1, 1), ["x"], 1.5])
def test_a_value_of_another_type_is_refused(value: Any) -> None:
    with pytest.raises(InputRefused, match="K823 A parameter has the wrong type"):
        check_parameters({"target": ""}, {"target": value}, "x")


def test_a_missing_number_is_refused_and_whole_numbers_pass_as_decimals() -> None:
    with pytest.raises(InputRefused, match="K823"):
        check_parameters({"share": 0.5}, {"share": float("nan")}, "x")
    check_parameters({"share": 0.5}, {"share": 1}, "x")


@pytest.mark.parametrize("content", ["", "{", "not a notebook", '{"cells": 3}', "[]"])
def test_an_unreadable_notebook_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "40_city.ipynb"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputRefused, match="K820 A notebook cannot be read"):
        read_notebook(path)


def test_a_good_notebook_is_read(tmp_path: Path) -> None:
    path = save(tmp_path / "40_city.ipynb", notebook("1"))
    assert len(read_notebook(path).cells) == 2
