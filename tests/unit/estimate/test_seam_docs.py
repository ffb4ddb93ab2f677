"""The example in docs/operations.md runs, and gives what Design gives; the benchmark runs at a tiny size."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support.seam_data import sample, worst

from kaohe.estimate import Design

ROOT = Path(__file__).parents[3]


def test_the_example_of_operations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = sample().rename(columns={"h": "county", "t": "town", "size": "persons"})
    frame["income_total"] = frame["income"] * frame["persons"]
    frame["grade"] = np.where(frame["kind"] == 0, "好", "较好")
    (tmp_path / "survey").mkdir()
    frame.iloc[:400].to_parquet(tmp_path / "survey" / "1.parquet")
    frame.iloc[400:].to_parquet(tmp_path / "survey" / "2.parquet")
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.S)
    made: dict[str, Any] = {}
    exec(code, made)
    design = Design(frame, weight="w", strata="county", psu="town")
    assert worst(made["means"], design.mean("income", by="city")) < 1e-12
    assert worst(made["ratios"], design.ratio("income_total", "persons", by="city")) < 1e-12
    shares = design.proportion("grade", by="city")
    assert worst(made["shares"], shares[shares["variable"] == "grade=好"].reset_index(drop=True)) < 1e-12
    assert worst(made["poor"], design.poverty("income", "headcount", line=8266, by="city")) < 1e-12
    assert worst(made["median"], design.quantile("income", by="city")) < 1e-12


def test_the_benchmark_at_a_tiny_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("estimate_benchmark", ROOT / "benchmarks" / "estimate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "UNITS", 400)
    monkeypatch.setattr(module, "STRATA", 40)
    monkeypatch.setattr(module, "DOMAINS", 5)
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    monkeypatch.setattr(module, "svy_python", lambda: tmp_path / "nothing")
    module.main(["--rows", "4000", "--big", "6000", "--folder", str(tmp_path), "--out", str(tmp_path / "speed.md")])
    text = (tmp_path / "speed.md").read_text(encoding="utf-8")
    assert len(re.findall(r"^\| .* \| \d+\.\d+ \| \d+\.\d\d × (?:bare|plain) \|$", text, re.M)) == 8
    assert [p.name for p in tmp_path.iterdir()] == ["speed.md"]
