"""The 重点调查 supplement: villages chosen by risk, never drawn, kept apart from the sample."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from kaohe.base.tables import PURPOSIVE
from kaohe.design.draw import faults
from kaohe.design.draw.households import check_households, draw_in_villages, numbered
from kaohe.design.draw.sample import Sizes, with_places
from kaohe.design.faults import few, need


def choose_key(
    villages: pd.DataFrame, risk: pd.DataFrame, per_city: int, *, drawn: Collection[str] = ()
) -> pd.DataFrame:
    """The villages with the highest risk of each city among those not drawn.

    Parameters
    ----------
    villages : DataFrame
        The register of villages.
    risk : DataFrame
        village, risk (a number, the higher the more); villages without a row are not considered.
    per_city : int
        Villages of each city, 1 or more.
    drawn : collection of str
        Villages of the drawn sample, which are left out.

    Returns
    -------
    DataFrame
        As the contract ``sample_villages`` with selection 重点调查, places, risk and rank in the
        city; no chances and no weight: nothing can be estimated for others from a choice. Of equal
        risks the village with more households, then the lower code, comes first.

    Raises
    ------
    InputRefused
        K301, K910, K911, K912; K922 for `per_city` below 1; K923 for a village with risk that the register does not have, a risk
        that is no number, or a city with fewer villages than wanted.
    """
    if per_city < 1:
        raise faults.bad_choice("key villages", per_city, "1 or more of each city")
    frame = with_places(villages)
    need(risk, ["village", "risk"], "risks")
    faults.check_units(risk, "village", "risks")
    value = pd.to_numeric(risk["risk"], errors="coerce")
    strange = risk.loc[~risk["village"].isin(frame["village"]), "village"]
    if len(strange) or not np.isfinite(value).all():
        raise faults.bad_risks(
            f"not in the register: {few(strange)}"
            if len(strange)
            else f"no number: {few(risk.loc[~np.isfinite(value), 'village'])}"
        )
    taken = frame[~frame["village"].isin(set(drawn))].merge(
        risk.assign(risk=value)[["village", "risk"]], on="village", validate="1:1"
    )
    order = taken.sort_values(["city", "risk", "n_households", "village"], ascending=[True, False, False, True])
    order["rank"] = order.groupby("city").cumcount() + 1
    short = [c for c in sorted(set(frame["city"])) if (order["city"] == c).sum() < per_city]
    if short:
        raise faults.bad_risks(f"fewer than {per_city} villages with a risk, not drawn, in {few(short)}")
    out = order[order["rank"] <= per_city]
    return _with_sizes(out, frame).sort_values("village", ignore_index=True)


def _with_sizes(out: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Stage sizes as the sample list wants them: every county is in the sample, of towns and villages those chosen."""
    towns, counties = frame.groupby("county")["town"].nunique(), frame.groupby("city")["county"].nunique()
    size = frame.groupby("town")["village"].size()
    return out.assign(
        selection=PURPOSIVE, n_counties=out["city"].map(counties), m_counties=out["city"].map(counties),
        n_towns=out["county"].map(towns), m_towns=out.groupby("county")["town"].transform("nunique"),
        n_villages=out["town"].map(size), m_villages=out.groupby("town")["village"].transform("size"),
    )  # fmt: skip


def key_households(chosen: pd.DataFrame, households: pd.DataFrame, seed: str, sizes: Sizes) -> pd.DataFrame:
    """Households of the chosen villages, by lot within each village.

    Parameters
    ----------
    chosen : DataFrame
        As from `choose_key`: village, n_households and places.
    households : DataFrame
        The register of households.
    seed : str
        The public text of the draw.
    sizes : Sizes
        Households of a village (all of a smaller one), and their kinds.

    Returns
    -------
    DataFrame
        As the contract ``sample_households`` with selection 重点调查, numbers with Z, without chances
        of the whole and without a weight.

    Raises
    ------
    InputRefused
        As `draw_sample` for the register of households.
    """
    wanted = np.minimum(sizes.households, chosen["n_households"].astype(int))
    listed = check_households(households, chosen)
    drawn = draw_in_villages(listed, chosen.assign(m_households=wanted), seed, sizes.rule)
    out = numbered(drawn.assign(selection=PURPOSIVE), "Z")
    return out[["household", "village", "selection", "hh_kind", "register_size", "register_household"]]
