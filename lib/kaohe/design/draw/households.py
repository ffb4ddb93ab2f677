"""Households of the drawn villages: with equal chances, or in a ratio by kind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from kaohe.base.tables import HH_KINDS
from kaohe.design.draw import faults
from kaohe.design.draw.allocate import Ints, allocate
from kaohe.design.draw.chance import Chance
from kaohe.design.draw.pps import Floats
from kaohe.design.faults import few, need

HOUSEHOLD_COLUMNS = (
    "household", "village", "selection", "hh_kind", "register_size", "n_kind", "register_household", "p_household", "weight",
)  # fmt: skip


def nobody() -> pd.DataFrame:
    """The households of a sample without a register of households."""
    return pd.DataFrame({c: pd.Series(dtype=object) for c in HOUSEHOLD_COLUMNS})


def check_households(households: pd.DataFrame, villages: pd.DataFrame) -> pd.DataFrame:
    """The register of households of some villages, checked against their numbers, in the order of the household codes.

    Raises
    ------
    InputRefused
        K301; K910 for unknown kinds or villages whose households differ in number; K911.
    """
    need(households, ["household", "village", "hh_kind", "register_size"], "register of households")
    inside = households[households["village"].isin(set(villages["village"]))]
    faults.check_units(inside, "household", "register of households")
    strange = sorted(set(inside["hh_kind"].astype(str)) - set(HH_KINDS))
    if strange:
        raise faults.bad_register("register of households › hh_kind", few(strange), "、".join(HH_KINDS))
    listed = villages["village"].map(inside["village"].value_counts()).fillna(0).to_numpy(int)
    differ = listed != villages["n_households"].to_numpy(int)
    if differ.any():
        shown = (
            f"{v}: {a} listed, {b} in the register of villages"
            for v, a, b in zip(
                villages["village"][differ], listed[differ], villages["n_households"][differ], strict=True
            )
        )
        raise faults.bad_register(
            "register of households", few(shown), "as many households as the register of villages has"
        )
    return inside.sort_values(["village", "household"], ignore_index=True)


def runs(codes: npt.NDArray[np.object_]) -> list[tuple[int, int]]:
    """Start and end of each run of equal codes."""
    starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1])).tolist()
    return list(zip(starts, [*starts[1:], len(codes)], strict=True))


def draw_in_villages(listed: pd.DataFrame, sample: pd.DataFrame, seed: str, rule: tuple[float, ...]) -> pd.DataFrame:
    """Draw households in every village of a sample.

    Parameters
    ----------
    listed : DataFrame
        From `check_households`.
    sample : DataFrame
        village, m_households.
    seed, rule : as in `draw_village`

    Returns
    -------
    DataFrame
        The drawn rows of `listed` with p_household and n_kind.
    """
    wanted = dict(zip(sample["village"], sample["m_households"].astype(int), strict=True))
    codes, kinds = listed["village"].to_numpy(object), listed["hh_kind"].to_numpy(object)
    parts = []
    for start, end in runs(codes):
        at, p, n_kind = draw_village(kinds[start:end], wanted[codes[start]], seed, str(codes[start]), rule)
        parts.append((at + start, p, n_kind))
    at, p, n_kind = (np.concatenate(column) for column in zip(*parts, strict=True))
    return listed.iloc[at].reset_index(drop=True).assign(p_household=p, n_kind=n_kind)


def draw_village(
    kinds: Sequence[str], wanted: int, seed: str, village: str, rule: tuple[float, ...]
) -> tuple[Ints, Floats, Floats]:
    """Draw households of one village without replacement.

    Parameters
    ----------
    kinds : sequence of str
        Kind of each household, in the order of their codes.
    wanted : int
        At most the households there are.
    seed, village : str
        The public text and the village's code: streams ``households V`` or, by kind, ``households V kind``.
    rule : tuple of float
        As in `Sizes`. Of a kind with fewer households than its part all are taken, and the other
        kinds share the rest; every kind that is there gets two at least, or all there are.

    Returns
    -------
    (positions, p_household, n_kind)
        Of the drawn ones in order; n_kind is the number of households of the kind, missing without a rule.

    Raises
    ------
    InputRefused
        K913 when the kinds that are there need more than `wanted`.
    """
    of = np.asarray(kinds, dtype=object)
    if not rule:
        at = _first(np.arange(len(kinds)), wanted, Chance(seed, f"households {village}"))
        return at, np.full(wanted, wanted / len(kinds)), np.full(wanted, np.nan)
    groups = {k: np.flatnonzero(of == k) for k in HH_KINDS}
    there = {k: at for k, at in groups.items() if len(at)}
    ratio = [rule[HH_KINDS.index(k)] for k in there]
    taken = allocate(ratio, wanted, least=2, most=[len(at) for at in there.values()]).tolist()
    parts = [
        _first(at, n, Chance(seed, f"households {village} {k}"))
        for (k, at), n in zip(there.items(), taken, strict=True)
    ]
    size = np.repeat([float(len(at)) for at in there.values()], taken)
    chosen, p = np.concatenate(parts), np.repeat(taken, taken) / size
    order = np.argsort(chosen)
    return chosen[order], p[order], size[order]


def _first(at: Ints, n: int, lot: Chance) -> Ints:
    """The first `n` of a shuffled list, back in its order."""
    return np.sort(np.array(lot.shuffled(at.tolist())[:n], dtype=np.int64))


def numbered(out: pd.DataFrame, letter: str) -> pd.DataFrame:
    """Sample numbers: county, letter, serial number; the register's own number goes to ``register_household``."""
    county = out["village"].str[:6]
    serial = (county.groupby(county).cumcount() + 1).astype(str).str.zfill(4)
    return out.assign(register_household=out["household"], household=county + letter + serial)
