"""Clean survey tables of a small demonstration register, without files and faults, and the truth behind them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan, load_plan
from kaohe.run.demo.population import Population, population, register_totals
from kaohe.run.demo.sample import draw_sample

HOUSEHOLDS = 60_000


@cache
def people() -> tuple[Plan, Population]:
    """The plan and the register."""
    plan = load_plan()
    return plan, population(7, HOUSEHOLDS, plan)


def clean_tables(sample_seed: int = 1) -> tuple[Plan, dict[str, pd.DataFrame]]:
    """The tables that weights and estimates need; village answers are made up here."""
    plan, register = people()
    drawn = draw_sample(register, sample_seed, plan)
    g = register.geography
    villages = g.villages
    places = pd.concat(
        [
            g.cities.rename(columns={"code": "place"}).assign(level="市", parent=""),
            g.counties.rename(columns={"code": "place"}).assign(level="县"),
            g.towns.rename(columns={"code": "place"}).assign(level="镇"),
            villages[["village", "name", "town", "designated"]]
            .rename(columns={"village": "place", "town": "parent"})
            .assign(level="村", designated=villages["designated"].astype(float)),
        ],
        ignore_index=True,
    )
    rng = np.random.default_rng(sample_seed)
    listed = drawn.villages
    forms = pd.DataFrame({"village": listed["village"]})
    for q in plan.table_questions("village", asked=True):
        size = len(forms)
        forms[q.id] = (
            (rng.random(size) < 0.8).astype(float) if q.type == "yesno"
            else rng.uniform(0.5, 1.0, size) if q.type == "share"
            else rng.integers(30, 300, size).astype(float)
        )  # fmt: skip
    forms["v_exited"] = np.minimum(forms["v_exited"], forms["v_poor"])
    lineage = {"src_file": "f", "src_sheet": "", "src_row": 1, "src_sha256": ""}
    return plan, {
        "places": places,
        "pairing": villages[["village", "helper_city", "unit"]],
        "sample_villages": listed.drop(columns=["town", "county", "city"]).assign(**lineage),
        "sample_households": drawn.households.assign(**lineage),
        "households": drawn.answers.assign(visit_date=pd.Timestamp("2020-09-01"), enumerator="E1", **lineage),
        "villages": forms.assign(city="", county="", village_name="", visit_date=pd.Timestamp("2020-09-01"), **lineage),
        "totals": register_totals(register).assign(**lineage),
    }
