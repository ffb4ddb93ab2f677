"""A small synthetic register, so that a draw can be tried without an office's files."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.base.tables import HH_KINDS
from kaohe.run.demo import population

SEED, HOUSEHOLDS = 2020, 60_000


def demo_registers(plan: Plan, *, seed: int = SEED, households: int = HOUSEHOLDS) -> dict[str, pd.DataFrame]:
    """The demonstration's registers as `kaohe.base.frames` has them: villages, households, risks.

    Places are real down to counties; everything below is invented. The risk of a village is the
    demonstration's own effect on its answers, so that bad villages have a high one.
    """
    people = population(seed, households, plan)
    places = people.geography.villages
    towns = people.geography.towns.set_index("code")["name"]
    per_village = np.diff(people.start)
    serial = np.arange(households) - np.repeat(people.start[:-1], per_village) + 1
    village = np.repeat(places["village"].to_numpy(), per_village)
    effect = people.effects.village.mean(axis=1).to_numpy()
    risk = np.round(50 - 10 * (effect - effect.mean()) / effect.std(), 1)
    return {
        "frame_villages": places[["village", "name", "n_households"]].assign(town_name=places["town"].map(towns)),
        "frame_households": pd.DataFrame({
            "household": [f"{v}F{s:04d}" for v, s in zip(village, serial, strict=True)], "village": village,
            "hh_kind": np.array(HH_KINDS, dtype=object)[people.columns["hh_kind"]],
            "register_size": people.columns["register_size"].astype(float),
        }),
        "risks": pd.DataFrame({"village": places["village"], "risk": risk, "reason": "演示：问题线索评分"}),
    }  # fmt: skip
