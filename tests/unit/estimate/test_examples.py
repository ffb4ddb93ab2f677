"""The examples in docstrings run and say what is printed beside them."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import kaohe.design
import kaohe.estimate

MODULES = [
    info.name
    for room in (kaohe.design, kaohe.estimate)
    for info in pkgutil.iter_modules(room.__path__, room.__name__ + ".")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    assert sum(doctest.testmod(importlib.import_module(n)).attempted for n in MODULES) >= 10
