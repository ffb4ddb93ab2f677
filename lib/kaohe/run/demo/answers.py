"""What each register household would answer: the true population, made column by column.

Whole numbers are int8 or int32, amounts float32; ``-1`` (NaN for amounts) stands for "does not
apply"; yes is 1; a choice or scale is the number of its level.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kaohe.base.codebook import Question
from kaohe.base.tables import HH_KINDS

Array = np.ndarray
EXITED, POOR, GENERAL = range(len(HH_KINDS))
SIZE_SHARES = (0.06, 0.14, 0.19, 0.24, 0.18, 0.11, 0.05, 0.03)


class Household:
    """Draws the answers of one city's households.

    Parameters
    ----------
    rng : Generator
        The city's own stream.
    effect : callable
        Topic to the effect of each household's village (logit scale).
    designated : array of bool
        Whether each household's village is designated.
    """

    def __init__(self, rng: np.random.Generator, effect: Callable[[str], Array], designated: Array) -> None:
        self.rng = rng
        self.effect = effect
        self.n = len(designated)
        self.own = rng.standard_normal(self.n, dtype=np.float32)
        draw = rng.random(self.n, dtype=np.float32)
        exited, poor = np.where(designated, 0.36, 0.27), np.where(designated, 0.062, 0.044)
        self.kind = np.where(draw < exited, EXITED, np.where(draw < exited + poor, POOR, GENERAL)).astype(np.int8)
        sizes = np.arange(1, len(SIZE_SHARES) + 1)
        self.register_size = rng.choice(sizes, self.n, p=SIZE_SHARES).astype(np.int8)
        self.columns: dict[str, Array] = {}

    def yes(
        self, share: float, topic: str, *, load: float = 0.4, shift: Array | float = 0.0, power: float = 1.0
    ) -> Array:
        """1 with a probability near `share`, higher where the village's and the household's effects are."""
        line = np.float32(np.log(share / (1 - share))) + np.float32(power) * self.effect(topic) + load * self.own
        line = (line + shift).astype(np.float32)
        hit: Array = (self.rng.random(self.n, dtype=np.float32) * (1 + np.exp(-line)) < 1).astype(np.int8)
        return hit

    def by_kind(self, exited: float, poor: float, general: float) -> Array:
        """A shift by kind of household."""
        return np.array([exited, poor, general], dtype=np.float32)[self.kind]

    def binomial(self, n: Array, p: Array | float) -> Array:
        """Binomial counts."""
        return self.rng.binomial(n.astype(np.int64), p).astype(np.int8)

    def amount(self, median: Array | float, sigma: float, topic: str, *, power: float = 0.3) -> Array:
        """A lognormal amount of whole yuan."""
        noise = self.rng.standard_normal(self.n, dtype=np.float32)
        values = median * np.exp(sigma * noise + power * self.effect(topic))
        return np.round(values).astype(np.float32)

    def make(self) -> dict[str, Array]:
        """All answers the generator knows, by question id."""
        self._members()
        self._guarantees()
        self._income()
        self._industry()
        self._employment_rest()
        self._satisfaction()
        return self.columns

    def _members(self) -> None:
        c, rng = self.columns, self.rng
        change = rng.choice(np.array([-1, 0, 1], dtype=np.int8), self.n, p=(0.045, 0.93, 0.025))
        c["hh_size"] = np.clip(self.register_size + change, 1, 10).astype(np.int8)
        c["hh_kind"] = self.kind
        c["over60"] = self.binomial(c["hh_size"], 0.21)
        rest = c["hh_size"] - c["over60"]
        c["school_age"] = np.minimum(self.binomial(rest, 0.17), 8).astype(np.int8)
        able = np.array([0.70, 0.52, 0.80])[self.kind]
        c["labour"] = self.binomial(rest - c["school_age"], able)
        c["ill_member"] = self.yes(0.13, "medical", load=-0.3, power=-0.5, shift=self.by_kind(0.7, 1.3, -0.4))
        c["head_female"] = self.yes(0.17, "income", load=0.0, power=0.2)
        c["dibao"] = self.yes(0.11, "income", load=-0.5, power=-0.4, shift=self.by_kind(1.3, 2.0, -1.4))
        rate = 0.85 + 0.045 * self.effect("employment") + 0.03 * self.own + self.by_kind(-0.03, -0.12, 0.03)
        c["employed_n"] = self.binomial(c["labour"], np.clip(rate, 0.05, 0.99))
        c["migrant_n"] = self.binomial(c["employed_n"], 0.48)

    def _guarantees(self) -> None:
        c = self.columns
        weak = self.by_kind(0.5, -0.9, 0.0)
        every = self.yes(0.981, "education", shift=weak, power=1.3)
        out = np.minimum(c["school_age"], 1 + self.binomial(c["school_age"], 0.1))
        c["in_school"] = np.where(every == 1, c["school_age"], c["school_age"] - out).astype(np.int8)
        c["edu_subsidy"] = self.yes(0.7, "education", shift=self.by_kind(2.0, 2.3, -1.6))
        missing = 1 + self.binomial(c["hh_size"] - 1, 0.15)
        everyone = self.yes(0.96, "medical", shift=weak, power=1.4)
        c["insured_n"] = np.where(everyone == 1, c["hh_size"], c["hh_size"] - missing).astype(np.int8)
        c["serious_insured"] = self.yes(0.981, "medical", shift=weak, power=1.4)
        c["med_aid"] = self.yes(0.84, "medical", shift=self.by_kind(0.6, 0.8, -0.6))
        c["house_safe"] = self.yes(0.984, "housing", shift=weak, power=1.5)
        better = self.yes(0.55, "housing") == 1
        c["house_grade"] = np.where(c["house_safe"] == 1, np.where(better, 0, 1), np.where(better, 2, 3)).astype(
            np.int8
        )
        c["water_safe"] = self.yes(0.98, "water", shift=weak, power=1.7)
        c["water_tap"] = self.yes(0.93, "water", shift=np.where(c["water_safe"] == 1, 0.3, -2.5))
        dry = self.rng.poisson(np.where(c["water_safe"] == 1, 5.0, 22.0)).astype(np.int16)
        c["water_short_days"] = np.where((self.yes(0.9, "water") == 1) & (c["water_safe"] == 1), 0, dry).astype(
            np.int16
        )
        c["pension"] = self.yes(0.965, "medical")

    def _income(self) -> None:
        c, rng = self.columns, self.rng
        size = c["hh_size"].astype(np.float32)
        median = np.array([15200.0, 9000.0, 15600.0], dtype=np.float32)[self.kind]
        noise = rng.standard_normal(self.n, dtype=np.float32)
        log = 0.20 * self.own + 0.16 * noise + 0.30 * self.effect("income") + 0.25 * (c["employed_n"] / size - 0.35)
        total = median * np.exp(log) * size
        shape = np.stack(
            [0.15 + 2.4 * c["employed_n"], np.full(self.n, 0.9), np.full(self.n, 0.12), 0.5 + 1.6 * c["dibao"]]
        ).astype(np.float32)
        shape[3] += 0.5 * c["over60"]
        parts = rng.standard_gamma(shape, dtype=np.float32) + np.float32(1e-6)
        parts /= parts.sum(axis=0)
        loss = rng.random(self.n, dtype=np.float32) < 0.012
        wage, business, asset, transfer = np.round(parts * total)
        c["income_wage"] = np.minimum(wage, 590_000)
        c["income_business"] = np.where(loss, -np.round(business * 0.3), np.minimum(business, 590_000))
        c["income_property"] = np.minimum(asset, 290_000)
        c["income_transfer"] = np.minimum(transfer, 290_000)
        c["spend_total"] = np.minimum(np.round(total * rng.uniform(0.45, 0.9, self.n)), 590_000).astype(np.float32)
        sick = self.amount(np.where(c["ill_member"] == 1, 4200.0, 700.0), 0.9, "medical", power=-0.2)
        c["spend_medical"] = np.where(rng.random(self.n) < 0.22, 0, np.minimum(sick, 390_000)).astype(np.float32)
        school = self.amount(1500.0, 0.7, "education") * c["school_age"]
        c["spend_education"] = np.minimum(school, 190_000).astype(np.float32)
        owes = self.yes(0.16, "income", load=-0.5, power=-0.5) == 1
        c["debt"] = np.where(owes, np.minimum(self.amount(18000.0, 1.0, "income"), 1_900_000), 0).astype(np.float32)

    def _industry(self) -> None:
        c, rng = self.columns, self.rng
        c["ind_project"] = self.yes(0.62, "industry", shift=self.by_kind(0.8, 1.0, -0.7))
        c["ind_income"] = np.minimum(self.amount(3400.0, 0.7, "industry"), 290_000).astype(np.float32)
        c["ind_dividend"] = self.yes(0.55, "industry", shift=self.by_kind(1.2, 1.5, -1.2))
        c["ind_training"] = self.yes(0.45, "industry", shift=self.by_kind(0.4, 0.3, -0.2))
        c["ind_link"] = self.yes(0.7, "industry")
        c["consume_help"] = self.yes(0.38, "industry", shift=self.by_kind(0.4, 0.3, -0.3))
        land = rng.gamma(1.6, 1.7, self.n) * np.exp(0.4 * self.effect("industry"))
        c["land_area"] = np.round(np.minimum(land, 480), 1).astype(np.float32)
        c["microcredit"] = self.yes(0.07, "industry", shift=self.by_kind(0.8, 0.6, -1.0))

    def _employment_rest(self) -> None:
        c, rng = self.columns, self.rng
        c["public_job"] = self.yes(0.06, "employment", shift=self.by_kind(0.8, 0.9, -1.0))
        c["job_training"] = self.yes(0.42, "employment", shift=self.by_kind(0.3, 0.3, -0.2))
        c["job_info"] = self.yes(0.66, "employment", shift=self.by_kind(0.5, 0.6, -0.3))
        months = np.where(c["employed_n"] > 0, rng.normal(9.2, 2.4, self.n), rng.gamma(0.5, 1.2, self.n))
        c["months_worked"] = np.round(np.clip(months + 0.5 * self.effect("employment"), 0, 12), 1).astype(np.float32)
        c["job_contract"] = self.yes(0.56, "employment")

    def _satisfaction(self) -> None:
        c, rng = self.columns, self.rng
        poor = self.by_kind(0.3, -0.4, -0.1)
        unhappy = -1.2 * (c["water_safe"] == 0) - 1.2 * (c["house_safe"] == 0)
        bases = {
            "sat_work": 0.945, "sat_team": 0.945, "sat_cadre": 0.91, "sat_edu": 0.955, "sat_med": 0.935,
            "sat_house": 0.94, "sat_water": 0.93,
        }  # fmt: skip
        for name, share in bases.items():
            c[name] = self.yes(share, "satisfaction", load=0.6, shift=poor + unhappy, power=1.2)
        c["know_policy"] = self.yes(0.88, "satisfaction", shift=self.by_kind(0.6, 0.5, -0.3))
        c["know_person"] = self.yes(0.87, "satisfaction", shift=self.by_kind(1.2, 1.2, -0.6))
        visits = np.array([11.0, 13.0, 2.2])[self.kind] * np.exp(0.4 * self.effect("satisfaction"))
        c["visits"] = np.minimum(rng.poisson(visits), 110).astype(np.int16)
        c["agree_exit"] = self.yes(0.955, "satisfaction", load=0.6)

    def levels(self, question: Question, positive: Array) -> Array:
        """Numbers of the levels of a scale, from whether the answer is a positive one."""
        good = [i for i, level in enumerate(question.levels) if level in question.positive]
        bad = [i for i in range(len(question.levels)) if i not in good]
        return np.where(positive == 1, self._one_of(good, 0.47), self._one_of(bad, 0.74)).astype(np.int8)

    def _one_of(self, codes: list[int], first: float) -> Array:
        if not codes:
            return np.zeros(self.n, dtype=np.int8)
        rest = (1 - first) * np.power(0.25, np.arange(len(codes) - 1))
        shares = np.array([first, *rest])
        return self.rng.choice(np.array(codes, dtype=np.int8), self.n, p=shares / shares.sum())

    def other(self, question: Question) -> Array:
        """An answer to a question that the generator has no model for, from its type and range alone."""
        if question.type == "yesno":
            return self.yes(0.85, "organisation")
        if question.type in {"choice", "scale"}:
            return self.levels(question, self.yes(0.85, "organisation"))
        low, high = question.min or 0.0, 1.0 if question.max is None else question.max
        values = low + (high - low) * self.rng.beta(1.2, 6.0, self.n)
        return np.round(values, 3 if question.type == "share" else 0).astype(np.float32)
