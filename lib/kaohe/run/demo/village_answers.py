"""What the surveyed villages answer, consistent with the register and with the quality of the place."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.asked import asked
from kaohe.base.codebook import Question
from kaohe.base.plan import Plan
from kaohe.run.demo.answers import EXITED, POOR
from kaohe.run.demo.population import Population
from kaohe.run.demo.streams import stream

_YES = {
    "v_road": (0.985, "organisation"), "v_bus": (0.86, "organisation"), "v_clinic": (0.955, "medical"),
    "v_fibre": (0.97, "organisation"), "v_water": (0.91, "water"), "v_garbage": (0.95, "organisation"),
    "v_asset_register": (0.88, "funds"), "v_coop": (0.68, "industry"), "v_secretary_visits": (0.93, "organisation"),
    "v_disclosure": (0.96, "organisation"), "v_committee": (0.975, "organisation"),
    "v_attendance": (0.94, "organisation"),
}  # fmt: skip


def village_answers(people: Population, rows: np.ndarray, plan: Plan, seed: int) -> pd.DataFrame:
    """Answers of some villages, as the clean table holds them.

    Parameters
    ----------
    people : Population
    rows : array of int
        Positions in ``people.geography.villages``.
    plan : Plan
        For the questions and when they apply.
    seed : int
        Seed of what is not given by the register.

    Returns
    -------
    DataFrame
        One row a village, one column a question; missing where a question does not apply.
    """
    rng = stream(seed, "village answers")
    made = _made(people, rows, rng)
    questions = plan.table_questions("village", asked=True)
    out = pd.DataFrame({q.id: made[q.id] if q.id in made else _other(q, len(rows), rng) for q in questions})
    answers = out.copy()
    for question in questions:
        answers[question.id] = out[question.id].where(asked(out, question, plan.questions))
    return answers


def _made(people: Population, rows: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    villages = people.geography.villages.iloc[rows]
    effects = people.effects.village.iloc[rows]
    size = villages["n_households"].to_numpy()
    kinds = people.columns["hh_kind"]
    spans = [kinds[people.start[r] : people.start[r + 1]] for r in rows]
    exited = np.array([(s == EXITED).sum() for s in spans])
    poor = np.array([(s == POOR).sum() for s in spans])
    n = len(rows)
    households = np.clip(np.round(size * rng.uniform(2.4, 4.2, n)), 20, 5000)
    made: dict[str, np.ndarray] = {
        "v_households": households,
        "v_population": np.clip(np.round(households * rng.uniform(3.7, 4.6, n)), 50, 30000),
        "v_poor": np.minimum(exited + poor, 2000),
        "v_exited": np.minimum(exited, 2000),
        "v_land": np.round(np.minimum(households * rng.uniform(1.2, 5.0, n), 59000), 1),
        "v_school_km": np.round(np.minimum(rng.gamma(1.6, 1.9, n), 50), 1),
        "v_collective_income": np.round(
            np.minimum(np.exp(11.5 + 0.6 * effects["industry"] + 0.6 * rng.standard_normal(n)), 1.9e7), -2
        ).to_numpy(),
        "v_projects": np.minimum(rng.poisson(2.6 * np.exp(0.4 * effects["industry"])), 55),
        "v_fund_rate": np.round(np.clip(0.90 + 0.05 * effects["funds"] + 0.06 * rng.standard_normal(n), 0.3, 1), 3).to_numpy(),
        "v_party_members": np.clip(np.round(households * rng.uniform(0.06, 0.16, n)), 3, 480),
        "v_meetings": np.clip(rng.poisson(13 * np.exp(0.2 * effects["organisation"])), 1, 190),
    }  # fmt: skip
    designated = villages["designated"].to_numpy()
    helped = designated | (villages["helper_city"] != "").to_numpy()
    made["v_team"] = np.where(designated, 1, (rng.random(n) < np.where(helped, 0.8, 0.35)).astype(int))
    made["v_team_n"] = rng.integers(2, 6, n)
    days = 225 + 22 * effects["organisation"].to_numpy() + 18 * rng.standard_normal(n)
    made["v_team_days"] = np.clip(np.round(days), 60, 330)
    funds = np.exp(12.6 + 0.7 * rng.standard_normal(n))
    made["v_help_funds"] = np.where(helped, np.round(np.minimum(funds, 1.9e7), -2), 0)
    for name, (share, topic) in _YES.items():
        line = np.log(share / (1 - share)) + 1.2 * effects[topic].to_numpy()
        made[name] = (rng.random(n) < 1 / (1 + np.exp(-line))).astype(float)
    return made


def _other(question: Question, n: int, rng: np.random.Generator) -> np.ndarray:
    """An answer to a question without a model, from its type and range."""
    if question.type == "yesno":
        return (rng.random(n) < 0.85).astype(float)
    if question.type in {"choice", "scale"}:
        return rng.choice(np.array(question.levels, dtype=object), n)
    low, high = question.min or 0.0, 1.0 if question.max is None else question.max
    return np.round(low + (high - low) * rng.beta(1.2, 6.0, n), 3 if question.type == "share" else 0)
