"""Large libraries of a batch's notebooks: named by their cells, imported from a list only."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kaohe.publish.imports import ENV_IMPORTS, bring_in, imports_of
from support.publishing import good, save


def test_only_large_libraries_that_cells_import_are_named(tmp_path: Path) -> None:
    one = save(
        tmp_path / "40_city.ipynb",
        good("40_city", "import os, seaborn as sns", ("md", "import matplotlib.pyplot"), "def later():\n    from scipy import stats"),
    )  # fmt: skip
    two = save(
        tmp_path / "50_unit.ipynb",
        good("50_unit", "%matplotlib inline\nimport matplotlib.pyplot", "from . import seaborn"),
    )
    three = save(tmp_path / "60_ranking.ipynb", good("60_ranking", "from matplotlib.pyplot import plot"))
    assert imports_of([one]) == ("scipy.stats", "seaborn")
    assert imports_of([two]) == ()
    assert imports_of([three, one]) == ("matplotlib.pyplot", "scipy.stats", "seaborn")


def test_a_notebook_that_cannot_be_read_names_none(tmp_path: Path) -> None:
    broken = tmp_path / "40_city.ipynb"
    broken.write_text("{", encoding="utf-8")
    assert imports_of([broken, tmp_path / "absent.ipynb"]) == ()


def test_the_suites_own_notebooks_name_none() -> None:
    assert imports_of(sorted((Path(__file__).parents[3] / "notebooks").glob("*.ipynb"))) == ()


def test_nothing_but_the_list_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "left_over.py").write_text("raise SystemExit('imported')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(ENV_IMPORTS, "left_over,,matplotlib.pyplot")
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)
    bring_in()
    assert "left_over" not in sys.modules
    assert "matplotlib.pyplot" in sys.modules
