"""How good each city, county, town and village is on each topic: what makes neighbours alike.

Effects stand on the logit scale. With a variance of about 0.25 below the county, households of
one village have an intra-class correlation of about 0.07 on the latent scale, of one town 0.03.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from kaohe.run.demo.geography import Geography
from kaohe.run.demo.streams import stream

TOPICS = (
    "income", "education", "medical", "housing", "water", "industry", "employment", "satisfaction",
    "organisation", "funds",
)  # fmt: skip
SPREAD = {"city": 0.34, "county": 0.20, "town": 0.34, "village": 0.36}
# What the demonstration's reports are to tell: (rank of the city by code order, topic, shift).
STORY = (
    (0, "industry", -1.6), (1, "organisation", 1.0), (2, "water", -1.7), (4, "industry", 1.2),
    (5, "funds", -1.5), (6, "housing", -1.6), (8, "employment", -1.4), (9, "satisfaction", 1.0),
    (10, "medical", -1.3), (12, "water", -1.2), (12, "industry", -1.3), (12, "funds", -1.2),
)  # fmt: skip


@dataclass(frozen=True)
class Effects:
    """Effects by village and quality by city and county.

    Attributes
    ----------
    village : DataFrame
        One row a village in code order, one column a topic: sum of the four levels (logit scale).
    city, county : DataFrame
        Index: code; one column a topic: standardised quality, about N(0, 1) (the county's includes its city's).
    """

    village: pd.DataFrame
    city: pd.DataFrame
    county: pd.DataFrame


def build_effects(seed: int, geography: Geography) -> Effects:
    """Draw the effects of every place; half of each is common to all topics."""
    cities = geography.cities["code"].tolist()
    city = _draw(seed, "city", len(cities))
    for rank, topic, shift in STORY:
        if rank < len(cities):
            city[rank, TOPICS.index(topic)] += shift
    counties = geography.counties["code"].tolist()
    county = _draw(seed, "county", len(counties))
    town = _draw(seed, "town", len(geography.towns))
    villages = geography.villages
    village = _draw(seed, "village", len(villages))
    in_city = pd.Index(cities).get_indexer(villages["city"])
    in_county = pd.Index(counties).get_indexer(villages["county"])
    in_town = pd.Index(geography.towns["code"]).get_indexer(villages["town"])
    total = (
        SPREAD["city"] * city[in_city]
        + SPREAD["county"] * county[in_county]
        + SPREAD["town"] * town[in_town]
        + SPREAD["village"] * village
    )
    above = city[pd.Index(cities).get_indexer(geography.counties["parent"])]
    topics = list(TOPICS)
    return Effects(
        village=pd.DataFrame(total, columns=topics),
        city=pd.DataFrame(city, index=cities, columns=topics),
        county=pd.DataFrame(0.8 * above + 0.6 * county, index=counties, columns=topics),
    )


def _draw(seed: int, level: str, n: int) -> np.ndarray:
    rng = stream(seed, "effects", level)
    common = rng.standard_normal((n, 1))
    own = rng.standard_normal((n, len(TOPICS)))
    result: np.ndarray = np.sqrt(0.5) * (common + own)
    return result
