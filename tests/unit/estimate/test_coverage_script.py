"""The coverage benchmark still runs against the rooms it measures (two samples; the real run takes 400)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from tests.support.survey_clean import HOUSEHOLDS, people


def test_two_samples() -> None:
    path = Path(__file__).parents[3] / "benchmarks" / "coverage.py"
    spec = importlib.util.spec_from_file_location("coverage_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    plan, register = people()
    draws, shares = module.simulate(register, plan, 2)
    cities = draws[draws["domain_type"] == "city"]
    assert cities["covers"].notna().all()
    assert 0.88 < cities["covers"].mean() <= 1
    suite = shares[shares["way"] == list(module.WAYS)[-1]]
    assert set(suite["variable"]) == {"rate02", "rate50"}
    assert 0.85 < suite["covers"].mean() <= 1
    assert suite.loc[suite["variable"] == "rate02", "zero"].any()
    text, _ = module.report(draws, shares, plan, 7, HOUSEHOLDS, 2)
    for indicator in module.NAMED:
        assert f"| {indicator} |" in text
