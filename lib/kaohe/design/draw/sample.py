"""The sample from the registers: towns of every county, villages of these towns, households of these villages.

Every county is a stratum. Towns and villages are drawn with chances in proportion to their register
households, households of a village with equal chances or in a ratio by kind. Every draw has a stream
of its own (`kaohe.design.draw.chance`), named after its place, so that one county can be checked alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.places import OWN_CODE, PROVINCE, parent_code
from kaohe.base.tables import HH_KINDS, RANDOM
from kaohe.design.draw import faults
from kaohe.design.draw.chance import Chance
from kaohe.design.draw.entropy import max_entropy
from kaohe.design.draw.households import HOUSEHOLD_COLUMNS, check_households, draw_in_villages, nobody, numbered, runs
from kaohe.design.draw.pps import Bools, Floats, enough, inclusion_probabilities, never_together, systematic
from kaohe.design.faults import few, need

SCHEMES = ("entropy", "systematic")
EQUAL = "equal"


@dataclass(frozen=True)
class Sizes:
    """How much is taken below the county.

    Attributes
    ----------
    villages : int
        Villages of each drawn town, 2 or more.
    households : int
        Households of each drawn village, 2 or more.
    rule : tuple of float
        Ratio of the kinds of household in their order (`HH_KINDS`); empty: equal chances in a village.
    scheme : {"entropy", "systematic"}
        How units are drawn with unequal chances.

    Raises
    ------
    InputRefused
        K922 for fewer than two of a stage, an unknown scheme, or a rule that does not fit.
    """

    villages: int = 2
    households: int = 13
    rule: tuple[float, ...] = ()
    scheme: str = SCHEMES[0]

    def __post_init__(self) -> None:
        if self.villages < 2 or self.households < 2:
            raise faults.bad_choice(
                "sizes", f"{self.villages} villages, {self.households} households", "2 or more of each"
            )
        if self.scheme not in SCHEMES:
            raise faults.bad_choice("scheme", self.scheme, " or ".join(SCHEMES))
        if self.rule and (len(self.rule) != len(HH_KINDS) or not all(r > 0 for r in self.rule)):
            raise faults.bad_choice("household rule", self.rule, f"a number above 0 for each of {'、'.join(HH_KINDS)}")
        if self.rule and self.households < 2 * len(self.rule):
            raise faults.bad_choice("households", self.households, f"at least two of each kind: {2 * len(self.rule)}")


@dataclass(frozen=True)
class Drawn:
    """A drawn sample.

    Attributes
    ----------
    towns : DataFrame
        Every town of the frame: town, county, city, n_villages, n_households, p_town, drawn.
    villages : DataFrame
        Every village of the drawn towns: village, town, county, city, n_households, p_town,
        p_village, p (of both stages), drawn.
    sample_villages : DataFrame
        The drawn ones as the contract of that name has them.
    sample_households : DataFrame
        As the contract of that name, without outcome, with register_household, p_household and
        weight (1 over the product of all chances); empty without a register of households.
    """

    towns: pd.DataFrame
    villages: pd.DataFrame
    sample_villages: pd.DataFrame
    sample_households: pd.DataFrame


def parse_rule(text: str) -> tuple[float, ...]:
    """`text`, ``equal`` or a ratio such as ``5:3:2``, as `Sizes.rule`.

    Raises
    ------
    InputRefused
        K922.
    """
    if text == EQUAL:
        return ()
    try:
        return tuple(float(part) for part in text.replace("：", ":").split(":"))
    except ValueError:
        raise faults.bad_choice("household rule", text, f"{EQUAL}, or a ratio such as 5:3:2") from None


def with_places(villages: pd.DataFrame) -> pd.DataFrame:
    """The register of villages with town, county and city from the code, checked, in the order of the codes.

    Parameters
    ----------
    villages : DataFrame
        The register: village (twelve-digit code), n_households, and any other column.

    Returns
    -------
    DataFrame
        The same rows with the columns town, county, city, in the order of the codes of the villages.

    Raises
    ------
    InputRefused
        K301, K910, K911, K912.
    """
    need(villages, ["village", "n_households"], "register of villages")
    faults.check_units(villages, "village", "register of villages")
    faults.check_sizes(villages, "village", "n_households", "register of villages")
    codes = villages["village"].astype(str)
    wrong = codes[~codes.str.fullmatch(OWN_CODE.pattern) | codes.str.endswith("000")]
    if len(wrong):
        raise faults.bad_register(
            "register of villages", few(wrong), f"twelve-digit codes of villages in {PROVINCE[:2]}"
        )
    out = villages.assign(**{level: [parent_code(c, level) for c in codes] for level in ("town", "county", "city")})
    return out.sort_values("village", ignore_index=True)


def counties_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Strata of a `frame` from `with_places`.

    Returns
    -------
    DataFrame
        One row a county, in the order of the codes: county, city, n_towns, n_villages, n_households.
    """
    return frame.groupby(["county", "city"], as_index=False).agg(
        n_towns=("town", "nunique"), n_villages=("village", "size"), n_households=("n_households", "sum")
    )


def select(sizes: Floats, n: int, seed: str, label: str, scheme: str) -> tuple[Floats, Bools]:
    """Chances in proportion to size, and the units drawn.

    Parameters
    ----------
    sizes : array
        In the order of the units' codes.
    n : int
        One more is drawn where units taken with certainty leave a single place (`enough`).
    seed, label : str
        The stream. ``entropy`` takes one number a unit; ``systematic`` shuffles, then takes the start.
    scheme : str

    Raises
    ------
    InputRefused
        K913; K921 where `scheme` is systematic and two units could never be drawn together.
    """
    n = enough(sizes, n)
    p = inclusion_probabilities(sizes, n)
    lot = Chance(seed, label)
    if scheme == "systematic":
        apart = never_together([int(x) for x in sizes], n)
        if apart:
            pairs = ((int(sizes[i]), int(sizes[j])) for i, j in apart)
            raise InputRefused(
                "K921", "Two units could never be drawn together", where=label, got=f"sizes {few(pairs)}",
                expected="a positive chance for every pair", remedy="use the scheme entropy, or draw another number",
            )  # fmt: skip
        order = np.array(lot.shuffled(range(len(sizes))), dtype=np.int64)
        return p, systematic(p, order, lot.unit())
    return p, max_entropy(p, lot.units(len(sizes)))


def draw_sample(
    villages: pd.DataFrame, towns: Mapping[str, int], seed: str, sizes: Sizes, households: pd.DataFrame | None = None
) -> Drawn:
    """Draw towns, villages and households.

    Parameters
    ----------
    villages : DataFrame
        The register of villages, one row each: village (twelve digits), n_households.
    towns : mapping of county code to int
        Towns to draw in each county, as from `kaohe.design.draw.plan_towns`; every county of the register.
    seed : str
        The public text.
    sizes : Sizes
    households : DataFrame, optional
        The register of households: household, village, hh_kind, register_size; at least of all
        drawn villages. Without it villages are drawn alone.

    Raises
    ------
    InputRefused
        K301, K910 to K913, K915, K920 to K922.

    Notes
    -----
    A town's chance is min(1, m x/Σx) as `inclusion_probabilities` has it, a village's the same within
    its town, a household's m/N within its village or kind. With towns and villages by size and the
    same number of households in each village, all households of a county have the same chance but
    for units taken with certainty. In every stage each pair has a positive joint probability.
    """
    frame = with_places(villages)
    strata = counties_of(frame)
    for county in towns:
        if county not in set(strata["county"]):
            raise faults.unknown("county of the allocation", county, strata["county"])
    known = strata.set_index("county")
    for county, n_towns in known["n_towns"].items():
        wanted = int(towns.get(str(county), 0))
        if not min(2, int(n_towns)) <= wanted <= int(n_towns):
            raise faults.too_many(f"county {county}", f"{wanted} towns", f"{n_towns} there")
    by_town = _draw_towns(frame, towns, seed, sizes.scheme)
    by_village = _draw_villages(frame, by_town, seed, sizes)
    sample = _sample_villages(by_town, by_village, known, sizes)
    chosen = _draw_households(households, sample, seed, sizes) if households is not None else nobody()
    return Drawn(by_town, by_village, sample, chosen)


def _draw_towns(frame: pd.DataFrame, towns: Mapping[str, int], seed: str, scheme: str) -> pd.DataFrame:
    out = frame.groupby(["town", "county", "city"], as_index=False).agg(
        n_villages=("village", "size"), n_households=("n_households", "sum")
    )
    return _select_each(out, "county", "p_town", towns, seed, "towns", scheme)


def _draw_villages(frame: pd.DataFrame, by_town: pd.DataFrame, seed: str, sizes: Sizes) -> pd.DataFrame:
    taken = by_town[by_town["drawn"]]
    chance = dict(zip(taken["town"], taken["p_town"], strict=True))
    out = frame[frame["town"].isin(chance)].reset_index(drop=True)
    out["p_town"] = out["town"].map(chance).astype(float)
    wanted = np.minimum(sizes.villages, taken["n_villages"])
    towns = dict(zip(taken["town"], wanted.tolist(), strict=True))
    out = _select_each(out, "town", "p_village", towns, seed, "villages", sizes.scheme)
    return out.assign(p=out["p_town"] * out["p_village"])


def _select_each(
    frame: pd.DataFrame, place: str, chance: str, wanted: Mapping[str, int], seed: str, label: str, scheme: str
) -> pd.DataFrame:
    """`select` in each place of a frame in the order of its codes: two columns more, `chance` and drawn."""
    codes, size = frame[place].to_numpy(object), frame["n_households"].to_numpy(float)
    p, drawn = np.zeros(len(frame)), np.zeros(len(frame), dtype=bool)
    for start, end in runs(codes):
        name = str(codes[start])
        p[start:end], drawn[start:end] = select(size[start:end], int(wanted[name]), seed, f"{label} {name}", scheme)
    return frame.assign(**{chance: p, "drawn": drawn})


def _sample_villages(
    by_town: pd.DataFrame, by_village: pd.DataFrame, strata: pd.DataFrame, sizes: Sizes
) -> pd.DataFrame:
    out = by_village[by_village["drawn"]].drop(columns="drawn").reset_index(drop=True)
    counties = strata.groupby("city").size()
    towns = by_town.groupby("county")["drawn"].sum()
    in_town = by_town.set_index("town")["n_villages"]
    return out.assign(
        selection=RANDOM, n_counties=out["city"].map(counties), m_counties=out["city"].map(counties),
        n_towns=out["county"].map(strata["n_towns"]), m_towns=out["county"].map(towns),
        n_villages=out["town"].map(in_town), m_villages=out.groupby("town")["village"].transform("size"),
        m_households=np.minimum(sizes.households, out["n_households"]),
    )  # fmt: skip


def _draw_households(households: pd.DataFrame, sample: pd.DataFrame, seed: str, sizes: Sizes) -> pd.DataFrame:
    out = draw_in_villages(check_households(households, sample), sample, seed, sizes.rule)
    chance = sample.set_index("village")["p"]
    out["weight"] = 1 / (out["village"].map(chance).to_numpy(float) * out["p_household"])
    return numbered(out.assign(selection=RANDOM), "H")[list(HOUSEHOLD_COLUMNS)]
