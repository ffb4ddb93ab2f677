"""Tables in memory give the rows and fingerprints of the files, and follow them; nothing starts a thread."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from kaohe.base.built import BUILT
from kaohe.base.files import write_parquet
from kaohe.publish import kept as module
from kaohe.publish.kept import keep_tables, kept
from kaohe.publish.parts import Part, own_part, peers_part, read_part, read_rows, rows_digest
from kaohe.publish.reports import reports_of, targets_of
from kaohe.publish.sandbox import THREADS
from support.built_frames import the_plan
from support.publishing import frames, write_build


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_build(tmp_path_factory.mktemp("processed")) / "build"


@pytest.mark.parametrize("prepared", [False, True])
def test_rows_and_digests_are_those_of_the_files(build: Path, prepared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_kept", {})
    if prepared:
        assert keep_tables(build)
        assert not keep_tables(build)
    everyone = targets_of(reports_of(frames()["targets"], the_plan()))
    one_a_kind = list({t.kind: t for t in everyone}.values())
    parts = {p(name, t) for name in BUILT for t in one_a_kind for p in (own_part, peers_part)}
    assert {p.op for p in parts} == {"", "=", " of ", " in "}
    for part in sorted({*parts, Part("streams", "object", "=", "nobody")}, key=str):
        frame, digest = read_rows(build, part, everyone)
        pd.testing.assert_frame_equal(frame, read_part(build, part, everyone))
        assert digest == rows_digest(frame), part


def test_a_changed_file_is_read_again_and_a_large_one_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.parquet"
    write_parquet(path, pd.DataFrame({"a": ["x"]}))
    first = kept(path)
    assert first is not None
    assert kept(path) is first
    write_parquet(path, pd.DataFrame({"a": ["y", "z"]}))
    again = kept(path)
    assert again is not None
    assert list(again.frame["a"]) == ["y", "z"]
    monkeypatch.setattr(module, "LARGEST", 10)
    assert kept(path) is None
    assert kept(tmp_path / "none.parquet") is None


@pytest.mark.slow
def test_what_is_kept_before_the_fork_starts_no_thread_and_rehearses_whole(build: Path) -> None:
    code = (
        "import os; from pathlib import Path; from kaohe.publish import ready, zygote\n"
        "from kaohe.publish.rehearse import rehearse\n"
        "ready.preload(); ready.keep(dict(os.environ)); rehearse(Path(os.environ['KAOHE_PROCESSED']))\n"
        "print(zygote.foreign_threads(), zygote.open_sockets())"
    )
    env = {**os.environ, **THREADS, "MPLBACKEND": "agg", "KAOHE_BATCH": "1", "KAOHE_PROCESSED": str(build.parent),
           "PYDEVD_DISABLE_FILE_VALIDATION": "1"}  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["0", "0"]


def test_tables_are_prepared_without_assertions_too(build: Path) -> None:
    """Under ``python -O`` no assert is run; what forked processes are to have must be there all the same."""
    code = (
        "from pathlib import Path; from kaohe.publish import kept as m; import sys; assert False; "
        "m.keep_tables(Path(sys.argv[1])); print(all({'hashes', 'head'} <= vars(t).keys() for _, t in m._kept.values()), len(m._kept))"
    )
    done = subprocess.run([sys.executable, "-O", "-c", code, str(build)], capture_output=True, text=True, check=True)
    prepared, n = done.stdout.split()
    assert prepared == "True"
    assert int(n) > 30
