"""Large libraries of a batch's notebooks: named by their cells, imported from a list only."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from kaohe.plot.output import MIME
from kaohe.publish.imports import ENV_IMPORTS, bring_in, imports_of
from kaohe.publish.seal import check_seal
from kaohe.run.job import JobResult
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


def test_a_worker_imports_neither_pandas_nor_arrow_nor_a_grammar_and_all_of_them_are_there_afterwards() -> None:
    code = (
        "import sys, kaohe.run.pool\nfrom kaohe.publish.imports import load_tools\nload_tools()\n"
        "print(sorted({'pandas', 'pyarrow', 'rfc3987_syntax', 'papermill', 'nbconvert'} & set(sys.modules)))\n"
        "import pyarrow.fs, rfc3987_syntax"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['nbconvert', 'papermill']"


def test_a_worker_finds_its_kernels_without_importing_ipython() -> None:
    code = (
        "import sys, types\nfrom kaohe.publish.engine import Client\nfrom kaohe.publish.sandbox import WARM, Sandbox, surroundings\n"
        "with Sandbox.temporary() as box, surroundings(box.environment()):\n"
        "    manager = Client(types.SimpleNamespace(nb=None), kernel_name=WARM).create_kernel_manager()\n"
        "    print(manager.kernel_spec.metadata['kernel_provisioner']['provisioner_name'], 'IPython' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["kaohe-zygote", "False"], done.stderr


def test_the_command_needs_no_notebook_library_to_give_out_reports_and_take_results(tmp_path: Path) -> None:
    """nbformat brings in jsonschema, and that a grammar of more than a second: the workers would wait for it."""
    seal = check_seal(
        sealed({"kind": "seal", "notebook": "40_city", "target": "440200000000", "facts": [["a", "b"]]}),
        "40_city",
        "440200000000",
    )
    (tmp_path / "result").write_bytes(pickle.dumps(JobResult("city-440200", seal=seal)))
    code = (
        "import pickle, sys, kaohe.run.batch, kaohe.run.look\nkaohe.run.look.get_ready()\n"
        f"print(pickle.loads(open({str(tmp_path / 'result')!r}, 'rb').read()).slug)\n"
        "print({'nbformat', 'jsonschema', 'papermill'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["city-440200", "set()"], done.stderr


def sealed(payload: dict[str, object]) -> nbformat.NotebookNode:
    """An executed notebook of one cell that shows its seal."""
    output = nbformat.v4.new_output("display_data", data={MIME: payload})
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("job.seal()", outputs=[output])])
