"""kaohe.open: the survey of a build with its designs, in one line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import kaohe
from kaohe.base.errors import InputRefused
from kaohe.base.files import write_parquet
from kaohe.estimate.trials import Trial
from kaohe.plot.estimate_table import EstimateTable


def test_open_gives_tables_design_and_plan(tmp_path: Path) -> None:
    build, clean = tmp_path / "build", tmp_path / "clean"
    build.mkdir()
    clean.mkdir()
    town, rows = [f"440201{t:03d}000" for t in (100, 101, 102)], []
    for t, code in enumerate(town):
        for k in range(4):
            rows.append({
                "household": f"H{t}{k}", "village": f"{code[:9]}20{k % 2}", "town": code, "stratum": "440201000000", "psu": code,
                "n_towns": 9.0, "m_towns": 3.0, "n_villages": 8.0, "m_villages": 2.0, "n_households": 50.0, "weight": 300.0,
                "w_nonresponse": 300.0, "f_calibration": 1.0, "house_safe": float(k > 0), "city": "440200000000",
            })  # fmt: skip
    write_parquet(build / "sample.parquet", pd.DataFrame(rows))
    write_parquet(build / "targets.parquet", pd.DataFrame({"target": ["韶关市"]}))
    villages = [f"{code[:9]}20{k}" for code in town for k in range(2)]
    sizes = {"n_counties": 1.0, "m_counties": 1.0, "n_towns": 9.0, "m_towns": 3.0, "n_villages": 8.0, "m_villages": 2.0}
    listed = pd.DataFrame(
        {"village": villages, "selection": "抽样", **sizes, "n_households": 50.0, "m_households": 2.0}
    )
    write_parquet(clean / "sample_villages.parquet", listed)
    write_parquet(clean / "villages.parquet", pd.DataFrame({"village": villages, "v_households": 50.0}))
    paired = pd.DataFrame({"village": villages, "helper_city": None}).astype({"helper_city": "str"})
    write_parquet(clean / "pairing.parquet", paired)
    (build / "build.json").write_text(json.dumps({}), encoding="utf-8")
    survey = kaohe.open(processed=tmp_path)
    assert survey.plan.meta["year"] == 2020
    assert len(survey.households) == 12
    found = survey.design.proportion("house_safe", by="city")
    assert (found["estimate"][0], found["n_psu"][0], found["df"][0]) == (0.75, 3, 2)
    assert isinstance(found, EstimateTable)
    assert found.shown().iloc[0][["市", "估计", "户数"]].tolist() == ["韶关市", "75.0%", "12"]
    assert survey.question("house_safe", by="city")["estimate"].tolist() == [0.75]
    survey_choices = survey.plan.choices["survey"]
    lower = replace(survey.plan, choices=survey.plan.choices | {"survey": survey_choices | {"confidence": 0.80}})
    given = [survey.question("house_safe", level=0.80), replace(survey, plan=lower).question("house_safe")]
    assert given[0].attrs["kaohe"]["level"] == given[1].attrs["kaohe"]["level"] == 0.80
    assert given[0]["ci_low"].tolist() == given[1]["ci_low"].tolist() > survey.question("house_safe")["ci_low"].tolist()
    assert survey.villages["weight"].tolist() == [12.0] * 6
    assert survey.village_design.total("v_households")["estimate"].tolist() == [3600.0]
    assert survey.village_design.total("v_households").attrs["kaohe"]["record"] == "村"
    assert repr(survey.design) == (
        "<BenchDesign: 12 records, weight weight (sum 3,600), strata: 1, first-stage units: 3, stages: 3>"
    )
    assert "question(id, by=)" in repr(survey)
    assert len(repr(survey)) < 400
    assert {"open", "Trial", "peek"} <= set(dir(kaohe))
    with pytest.raises(
        InputRefused, match=r"K101 A table is missing\n.*\n  got       targetz\n  expected  one such as targets"
    ):
        survey.table("targetz")
    with pytest.raises(
        InputRefused,
        match=r"K336 This question is not estimated\n  got       house_saef\n  expected  one such as house_safe",
    ):
        survey.question("house_saef")
    with pytest.raises(InputRefused, match="K409"):
        survey.question("house_safe", rest=True)
    survey.__dict__["totals"] = {"440200000000": {"town": dict.fromkeys(town, 1200.0)}}
    tried = survey.what_if({"a": Trial(()), "b": Trial("town")}, lambda d: survey.question("house_safe", design=d))
    assert tried.estimates["trial"].tolist() == ["a", "b"]
    assert tried.weights["worst"].tolist() == [0.0, 0.0]
    assert tried.estimates["se"].tolist() == pytest.approx([tried.estimates["se"][0]] * 2)
    with pytest.raises(
        InputRefused, match="K335 A calibration cannot be tried\n  got       county\n  expected  margins among town"
    ):
        survey.what_if({"c": Trial(("county",))})


def test_open_without_a_build_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="K804 There are no built tables"):
        kaohe.open(processed=tmp_path)
