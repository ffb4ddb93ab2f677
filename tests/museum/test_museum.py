"""A museum of broken notebooks, made in code: each is a failed report with a clear reason, never a good one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from kaohe.base.errors import InputRefused
from kaohe.publish.forks import available, close_zygote
from kaohe.publish.notebook import run_notebook
from kaohe.publish.sandbox import PLAIN, WARM, Sandbox
from kaohe.publish.seal import RunFailed, seals_of
from support.publishing import FIGURE, OPEN, SEAL, good, notebook, save, write_build

CITY = "440200000000"
HEAD = OPEN.format(stem="40_city")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """Warm where the system can: the museum is large, and the meaning is the same (see test_kernel)."""
    with Sandbox.temporary(WARM if available() else PLAIN) as made:
        yield made
    close_zygote()


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_build(tmp_path_factory.mktemp("processed"))


@pytest.fixture
def run(box: Sandbox, processed: Path, tmp_path: Path) -> Callable[..., object]:
    def attempt(made: nbformat.NotebookNode, target: str = CITY, timeout: float = 60.0) -> object:
        path = save(tmp_path / "40_city.ipynb", made)
        environment = {"KAOHE_PROCESSED": str(processed)}
        try:
            return run_notebook(
                path, tmp_path / "out.ipynb", {"target": target}, timeout=timeout, sandbox=box, environment=environment
            )
        except Exception:
            assert not (tmp_path / "out.ipynb").exists()
            raise

    return attempt


def test_a_good_one_is_sealed_and_written_whole(run: Callable[..., object], tmp_path: Path) -> None:
    done = run(good("40_city", "frame = job.own('streams')", FIGURE.format(id="a")))
    assert done.seal["target"] == CITY  # type: ignore[attr-defined]
    written = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert len(seals_of(written)) == 1
    assert [c["id"] for c in written.cells] == [f"cell-{n:02d}" for n in range(1, len(written.cells) + 1)]
    assert not [c for c in written.cells if "papermill" in c.metadata or "execution" in c.metadata]
    assert str(tmp_path) not in (tmp_path / "out.ipynb").read_text(encoding="utf-8")


@pytest.mark.case("X29")
def test_two_runs_give_the_same_bytes(run: Callable[..., object], tmp_path: Path) -> None:
    texts = []
    for _ in range(2):
        run(good("40_city", "job.peers('composite')", FIGURE.format(id="a")))
        texts.append((tmp_path / "out.ipynb").read_bytes())
    assert texts[0] == texts[1]


BROKEN = {
    "raises": ("K830", [HEAD, "1 / 0", SEAL], "ZeroDivisionError"),
    "raises a refusal": ("K830", [HEAD, "job.own('streamz')", SEAL], "K802"),
    "raises at the end": ("K830", [HEAD, SEAL, "1 / 0"], "ZeroDivisionError"),
    "syntax error": ("K830", [HEAD, "if:", SEAL], "SyntaxError"),
    "interrupts itself": ("K830", [HEAD, "raise KeyboardInterrupt", SEAL], "KeyboardInterrupt"),
    "exits well": ("K833", [HEAD, "import sys; sys.exit(0)", SEAL], "0 seals"),
    "exits badly": ("K830", [HEAD, "import sys; sys.exit(3)", SEAL], "SystemExit"),
    "dies": ("K831", [HEAD, "import os; os._exit(1)", SEAL], "died"),
    "is killed": ("K831", [HEAD, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", SEAL], "died"),
    "crashes": ("K831", [HEAD, "import ctypes; ctypes.string_at(0)", SEAL], "died"),
    "no seal": ("K833", [HEAD, "try:\n    1 / 0\nexcept Exception:\n    pass"], "0 seals"),
    "seal not last": ("K833", [HEAD, SEAL, "1 + 1"], "1 seals, 0 in the last cell"),
    "two seals": ("K833", [HEAD, SEAL, SEAL], "2 seals"),
    "swallowed seal": ("K833", [HEAD, "x = job.seal()"], "0 seals"),
    "another city": ("K834", ['target = "深圳市"\n' + HEAD, SEAL], "40_city 440300000000"),
    "forgets its target": ("K835", [HEAD.replace("target,", '"",'), SEAL], "40_city"),
}


@pytest.mark.case("X07", "X08", "X12", "X13")
@pytest.mark.parametrize("name", BROKEN)
def test_broken_ones_fail_with_a_reason_and_their_notebook(name: str, run: Callable[..., object]) -> None:
    code, cells, said = BROKEN[name]
    with pytest.raises(RunFailed) as caught:
        run(notebook(*cells))
    assert caught.value.code == code, str(caught.value)
    assert said in str(caught.value)
    assert caught.value.exit_code == 3
    assert caught.value.notebook is not None
    assert "Traceback" not in str(caught.value)


@pytest.mark.case("X09")
def test_one_that_hangs_is_stopped_in_time(run: Callable[..., object]) -> None:
    with pytest.raises(RunFailed, match="K832 The notebook took too long") as caught:
        run(notebook(HEAD, "import time; time.sleep(300)", SEAL), timeout=4.0)
    assert "cell 4 of 5" in caught.value.where


def test_the_time_is_for_the_whole_notebook(run: Callable[..., object]) -> None:
    with pytest.raises(RunFailed, match="K832"):
        run(notebook(HEAD, *["import time; time.sleep(1.2)"] * 6, SEAL), timeout=4.0)


def test_another_notebooks_report_under_this_name(run: Callable[..., object]) -> None:
    with pytest.raises(RunFailed, match="K834") as caught:
        run(notebook(OPEN.format(stem="30_survey").replace("30_survey", "60_ranking"), SEAL), target="city14")
    assert (caught.value.got, caught.value.expected) == ("60_ranking city14", "40_city city14")


@pytest.mark.parametrize("parameters", [None, 'targett = ""', "target = 5", "target = input()"])
def test_a_bad_parameters_cell_is_refused_before_a_kernel_starts(
    parameters: str | None, run: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a kernel was started")

    monkeypatch.setattr("kaohe.publish.notebook._execute", never)
    with pytest.raises(InputRefused, match=r"K82[123]"):
        run(notebook(HEAD, SEAL, parameters=parameters))


@pytest.mark.case("E06", "E07")
def test_what_the_user_has_lying_about_does_not_matter(
    run: Callable[..., object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "random.py").write_text("raise RuntimeError('the wrong random')")
    settings = tmp_path / "ipython" / "profile_default" / "startup"
    settings.mkdir(parents=True)
    (settings / "00.py").write_text("raise RuntimeError('startup')")
    (tmp_path / "matplotlibrc").write_text("font.size: 99\n")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("MATPLOTLIBRC", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    check = (
        "import os, random, matplotlib\nassert random.__file__.endswith('lib/python3.11/random.py') or "
        "'python3' in random.__file__\nassert os.listdir('.') == []\nassert matplotlib.rcParams['font.size'] == 10"
    )
    run(good("40_city", check))
