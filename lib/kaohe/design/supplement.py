"""The purposive supplement on purpose: villages carved out of the frame, each a stratum of its own."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.tables import PURPOSIVE, RANDOM
from kaohe.design import faults
from kaohe.design.columns import numbers, records


def take_all(
    frame: pd.DataFrame, villages: Sequence[object], *, weight: str, strata: str, psu: Sequence[str],
    fpc: Sequence[tuple[str, str]], village: str, record: str, population: str, selection: str = "selection",
) -> pd.DataFrame:  # fmt: skip
    """Pool chosen villages with the sample: a take-all stratum each, households drawn inside.

    Only for villages that were taken out of the frame **before** the sample was drawn, whose
    households were then drawn at random within the village: the sizes of the sample (`fpc`) must
    not count them. Naming each village is the statement that this was so.

    Parameters
    ----------
    frame : DataFrame
        One row a household; 抽样 and 重点调查 in the column `selection`.
    villages : sequence
        Every village of 重点调查 in the frame.
    weight, strata, psu, fpc : as for `kaohe.estimate.Design`
        Columns of the drawn part; `fpc` pairs (population count, sampled count) at every stage.
    village, record : str
        Columns of the village and of the household's own number.
    population : str
        Column with the number of households of the chosen villages.
    selection : str
        Column of 抽样 and 重点调查.

    Returns
    -------
    DataFrame
        The same rows. Those of a chosen village have stratum ``重点调查 <village>``, the household
        as unit of the first stage with sizes (N, n), nothing sampled below, and weight N/n; for the
        drawn ones nothing changes. `selection` is renamed ``selection_drawn``, so that
        `kaohe.estimate.Design` takes the frame.

    Raises
    ------
    InputRefused
        K328 for a chosen village that is not named, a named one that was drawn, or one that stands
        in both parts; K329 for sizes that cannot be right.

    Notes
    -----
    Särndal, Swensson & Wretman (1992), section 3.7: a certainty stratum is sampled with
    probability 1, so its variance is that of drawing n of its N households.

    Examples
    --------
    >>> f = pd.DataFrame({"selection": ["抽样"] * 4 + ["重点调查"] * 2, "v": list("ppqqrr"), "id": range(6), "h": "s",
    ...                   "N": 8.0, "n": 2.0, "M": 10.0, "m": 2.0, "size": [10.0] * 4 + [50.0] * 2, "w": 20.0})
    >>> out = take_all(f, ["r"], weight="w", strata="h", psu=["v", "id"], fpc=[("N", "n"), ("M", "m")], village="v",
    ...                record="id", population="size")
    >>> out[["h", "v", "N", "n", "M", "m", "w"]].iloc[[0, 5]].values.tolist()
    [['s', 'p', 8.0, 2.0, 10.0, 2.0, 20.0], ['重点调查 r', '重点调查 r·5', 50.0, 2.0, 1.0, 1.0, 25.0]]
    """
    sizes = [c for pair in fpc for c in pair]
    faults.need(frame, [selection, weight, strata, village, record, population, *psu, *sizes], "take_all")
    records(frame, "take_all")
    chosen = (frame[selection] == PURPOSIVE).to_numpy(dtype=bool, na_value=False)
    other = ~chosen & (frame[selection] != RANDOM).to_numpy(dtype=bool, na_value=True)
    of_chosen, of_drawn = set(frame.loc[chosen, village]), set(frame.loc[~chosen, village])
    for places, text in (
        (of_chosen - set(villages), "chosen and not named"), (set(villages) - of_chosen, "named and not chosen"),
        (of_chosen & of_drawn, "in both parts"), ({"without a selection"} if other.any() else set(), "rows"),
    ):  # fmt: skip
        if places:
            raise InputRefused(
                "K328", "Chosen villages and those named do not agree", where=f"column {village}",
                got=f"{text}: {faults.few(sorted(places, key=str))}",
                expected="the names of all 重点调查 villages, none of which was also drawn",
            )  # fmt: skip
    out = frame.rename(columns={selection: "selection_drawn"}).copy()
    own = frame.loc[chosen, village]
    count = own.groupby(own).transform("size").to_numpy(float)
    total = numbers(frame, population, "take_all")[chosen]
    varies = frame.loc[chosen].groupby(village)[population].nunique(dropna=False) > 1
    bad = ~(total >= count)
    if bad.any() or varies.any() or frame.loc[chosen, record].duplicated().any():
        at = own[bad].tolist() or varies[varies].index.tolist() or ["a household stands twice"]
        raise InputRefused(
            "K329", "Sizes of a chosen village cannot be right", where=f"column {population}", got=faults.few(at),
            expected="one number of households for each village, at least those asked, each household once",
        )  # fmt: skip
    labels = PURPOSIVE + " " + own.astype(str)
    units = (labels + "·" + frame.loc[chosen, record].astype(str)).to_numpy(object)
    for column in (strata, *psu):
        out[column] = out[column].astype(object)
        out.loc[chosen, column] = labels.to_numpy(object) if column == strata else units
    for stage, (big, small) in enumerate(fpc):
        out[[big, small]] = out[[big, small]].astype(float)
        out.loc[chosen, big] = total if stage == 0 else 1.0
        out.loc[chosen, small] = count if stage == 0 else 1.0
    out[weight] = out[weight].astype(float)
    out.loc[chosen, weight] = total / count
    return out
