"""A sample drawn with unequal chances through weights and the build's design: no sizes where counts do not hold."""

from __future__ import annotations

import numpy as np

from kaohe.design import build_weights
from kaohe.design.explain import explain_weight
from kaohe.estimate.derive import derive
from kaohe.estimate.samples import analysis_sample, household_design, village_design, village_sample
from support.survey_clean import clean_tables


def test_unequal_chances_are_read_and_the_variance_takes_no_sizes() -> None:
    plan, clean = clean_tables()
    villages = clean["sample_villages"]
    more = 3 * (villages["village"].str[5].astype(int) % 2)  # as if every second county had three towns more
    villages = villages.assign(n_towns=villages["n_towns"] + more)
    clean = {**clean, "totals": clean["totals"].iloc[:0], "sample_villages": villages}
    plain = build_weights(clean, plan)["weights"]
    listed = clean["sample_villages"].copy()
    town = listed["village"].str[:9]
    lift = 0.6 + 0.4 * (town.str[-1].astype(int) % 2)
    listed["p_town"] = listed["m_towns"] / listed["n_towns"] * lift
    listed["p_village"] = listed["m_villages"] / listed["n_villages"]
    whole = listed["m_towns"] == listed["n_towns"]
    listed.loc[whole, "p_town"] = 1.0
    drawn = build_weights({**clean, "sample_villages": listed}, plan)["weights"]
    chance = dict(zip(listed["village"], listed["p_town"] * listed["p_village"], strict=True))
    expected = drawn["n_households"] / drawn["m_households"] / drawn["village"].map(chance)
    np.testing.assert_allclose(drawn["w_design"], expected, rtol=1e-12)

    answers = derive(clean["households"].drop(columns=["city", "county", "village"]), plan.questions, plan.poverty_line)
    before = household_design(analysis_sample(plain, answers, {}), plan)
    after = household_design(analysis_sample(drawn, answers, {}), plan)
    assert [len(d.structure.stages) for d in (before, after)] == [3, 1]
    assert np.isfinite(before.structure.stages[0].population).all()
    assert np.isinf(after.structure.stages[0].population).all()
    sure = set(listed.loc[whole, "village"].str[:9] + "000")
    assert set(drawn.loc[drawn["town"].isin(sure), "psu"]) <= set(listed["village"])

    forms = clean["villages"].drop(columns=["city", "county", "village_name"])
    assert len(village_design(village_sample(clean["sample_villages"], forms, {})).structure.stages) == 2
    assert len(village_design(village_sample(listed, forms, {})).structure.stages) == 1

    unequal = drawn.loc[drawn["psu"] == drawn["town"]]
    one = unequal[(unequal["f_town"] * unequal["m_towns"] - unequal["n_towns"]).abs() > 0.1].iloc[0]
    detail = explain_weight(drawn, one["household"]).set_index("step")["detail"]
    assert detail["f_town"] == f"入样概率 {1 / one['f_town']:.4g} 的倒数"
    assert detail["f_village"] == f"{one['n_villages']:g}／{one['m_villages']:g}"
