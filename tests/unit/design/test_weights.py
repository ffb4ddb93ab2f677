"""Stage factors, nonresponse classes, and the tables they come in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kaohe.base.errors import InputRefused
from kaohe.design.nonresponse import weighting_classes
from kaohe.design.weights import household_factors, village_factors

TOWN = "440203101000"


def villages(**more: object) -> pd.DataFrame:
    codes = ["440203101001", "440203101002", "440203102001", "440203102002"]
    out = pd.DataFrame({
        "village": codes, "selection": "抽样", "n_counties": 1.0, "m_counties": 1.0, "n_towns": 6.0, "m_towns": 2.0,
        "n_villages": [8.0, 8.0, 4.0, 4.0], "m_villages": 2.0, "n_households": [50.0, 40.0, 60.0, 30.0],
        "m_households": 2.0,
    })  # fmt: skip
    return out.assign(**more)


def households() -> pd.DataFrame:
    codes = np.repeat(villages()["village"].to_numpy(), 2)
    return pd.DataFrame({
        "household": [f"H{i}" for i in range(8)], "village": codes, "selection": "抽样", "hh_kind": "一般农户",
        "register_size": 3.0, "outcome": "完成",
    })  # fmt: skip


def test_each_stage_has_its_factor_and_the_weight_is_their_product() -> None:
    out = household_factors(households(), village_factors(villages()))
    first = out.iloc[0]
    assert (first["f_county"], first["f_town"], first["f_village"], first["f_household"]) == (1, 3, 4, 25)
    assert first["w_design"] == 300
    assert (out["w_design"] == out["f_county"] * out["f_town"] * out["f_village"] * out["f_household"]).all()
    assert out["stratum"].unique().tolist() == ["440203000000"]
    assert out["psu"].nunique() == 2
    # the weights add up to the households that the sampled villages stand for
    assert out["w_design"].sum() == 3 * (4 * 90 + 2 * 90)


def test_a_village_that_was_set_aside_is_made_up_for_within_its_town() -> None:
    out = village_factors(villages().iloc[1:])
    assert out.loc[out["town"] == TOWN, "f_village"].tolist() == [8.0]
    assert out.loc[out["town"] != TOWN, "f_village"].tolist() == [2.0, 2.0]


def test_purposive_villages_and_households_are_left_out() -> None:
    v = villages(selection=["抽样", "重点调查", "抽样", "抽样"])
    out = household_factors(households(), village_factors(v))
    assert "440203101002" not in set(out["village"])
    assert len(out) == 6


def test_sampled_counties_make_the_city_the_stratum() -> None:
    out = village_factors(villages(n_counties=3.0))
    assert out["stratum"].unique().tolist() == ["440200000000"]
    assert out["psu"].unique().tolist() == ["440203000000"]
    assert out["f_county"].unique().tolist() == [3.0]


def test_sizes_that_differ_and_samples_that_exceed_are_refused() -> None:
    with pytest.raises(InputRefused) as caught:
        village_factors(villages(n_towns=[6.0, 7.0, 6.0, 6.0]))
    assert str(caught.value) == (
        "K310 Stage sizes of one place differ\n"
        "  where     sample_villages › n_towns\n"
        "  got       440203000000: 6 and 7\n"
        "  expected  one n_towns for each county\n"
        "  remedy    correct the list of sample villages"
    )
    with pytest.raises(InputRefused) as caught:
        village_factors(villages(n_towns=1.0))
    assert str(caught.value) == (
        "K311 More units were sampled than there are\n"
        "  where     sample_villages › village 440203101001\n"
        "  got       m_towns = 2, n_towns = 1\n"
        "  expected  m_towns at most n_towns"
    )
    few = villages(n_households=1.0)
    with pytest.raises(InputRefused, match="2 households sampled, 1 registered"):
        household_factors(households(), village_factors(few))


def classes(data: pd.DataFrame, **more: float) -> pd.DataFrame:
    settings = {"min_respondents": 2, "max_factor": 3.0, **more}
    made = weighting_classes(data, weight="w", responded="ok", classes=["kind", "size"], partition="city", **settings)
    assert (data["w"] * made.factors * data["ok"]).groupby(data["city"]).sum().to_numpy() == pytest.approx(
        data.groupby("city")["w"].sum().to_numpy()
    )
    return made.account


def sample() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    return pd.DataFrame({
        "city": np.repeat(["A", "B"], 40), "kind": np.tile(np.repeat(["k1", "k2"], 20), 2),
        "size": np.tile(["s", "l"], 40), "ok": rng.random(80) < 0.8, "w": rng.uniform(1, 3, 80),
    })  # fmt: skip


def test_factors_are_weighted_and_keep_the_sum_of_each_city() -> None:
    account = classes(sample())
    assert account["merged"].eq("").all()
    data = sample()
    cell = data[(data["city"] == "A") & (data["kind"] == "k1") & (data["size"] == "s")]
    want = cell["w"].sum() / cell.loc[cell["ok"], "w"].sum()
    got = account[(account["city"] == "A") & (account["nr_class"] == "k1·s")].iloc[0]
    assert got["factor"] == pytest.approx(want, rel=1e-14)
    assert (got["n_selected"], got["n_respondents"]) == (len(cell), cell["ok"].sum())


def test_thin_classes_are_merged_within_their_kind_and_said() -> None:
    data = sample()
    data.loc[(data["city"] == "A") & (data["kind"] == "k1") & (data["size"] == "s"), "ok"] = False
    account = classes(data, max_factor=10.0)
    merged = account[account["merged"] != ""]
    assert merged["nr_class"].tolist() == ["k1·l、k1·s"]
    assert merged["merged"].tolist() == ["由2组合并"]


def test_a_large_factor_is_merged_too() -> None:
    data = sample()
    rows = data[(data["city"] == "B") & (data["kind"] == "k2") & (data["size"] == "l")].index
    data.loc[rows, "ok"] = False
    data.loc[rows[:2], "ok"] = True
    assert (classes(data)["factor"] <= 3).all()
    assert (classes(data, max_factor=1e9)["factor"] > 3).any()


def test_a_city_without_answers_is_refused() -> None:
    data = sample()
    data.loc[data["city"] == "B", "ok"] = False
    with pytest.raises(InputRefused) as caught:
        classes(data)
    assert str(caught.value) == (
        "K312 Nobody answered\n"
        "  where     city B\n"
        "  got       0 of 40 eligible records\n"
        "  expected  at least one answer\n"
        "  remedy    check the survey file of this place"
    )
