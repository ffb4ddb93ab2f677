"""The register: objects, places, pairing and register totals."""

from __future__ import annotations

import pandas as pd

from kaohe.base.places import PROVINCE
from kaohe.base.plan import Plan
from kaohe.base.tables import contract
from kaohe.run.demo.grid import Grid, fill
from kaohe.run.demo.planting import Planter, Recipe
from kaohe.run.demo.population import Population, register_totals


def registry_grids(people: Population, plan: Plan, planter: Planter) -> list[Grid]:
    """The four register files, with a few repairable faults."""
    gazetteer = plan.gazetteer
    objects = fill(contract("objects", plan), "registry/objects", "utf-8-sig", object_frame(people, plan))
    places = fill(contract("places", plan), "registry/places", "gb18030", place_frame(people, plan))
    villages = people.geography.villages
    paired = villages[(villages["helper_city"] != "") | (villages["unit"] != "")].reset_index(drop=True)
    units = people.geography.units.set_index("object")["name"]
    pairing = pd.DataFrame(
        {
            "village": paired["village"],
            "helper_city": [gazetteer.name(c) if c else "" for c in paired["helper_city"]],
            "unit": [units[u] if u else "" for u in paired["unit"]],
        }
    )
    pairs = fill(contract("pairing", plan), "registry/pairing", "utf-8", pairing)
    totals = register_totals(people)
    totals["level"] = [
        gazetteer.name(v) if m == "县" else v for m, v in zip(totals["margin"], totals["level"], strict=True)
    ]
    totals["city"] = [gazetteer.name(c) for c in totals["city"]]
    table = fill(contract("totals", plan), "registry/totals", "xlsx", totals)
    planter.plant(objects, Recipe(0.0, ()))
    planter.plant(places, Recipe(0.001, ("stray",), columns=("place", "parent"), least=3))
    planter.plant(pairs, Recipe(0.003, ("short_name", "stray", "full_width"), least=4))
    planter.plant(table, Recipe(0.02, ("full_width", "short_name"), columns=("households", "persons", "city"), least=2))
    return [objects, places, pairs, table]


def object_frame(people: Population, plan: Plan) -> pd.DataFrame:
    """All targets: ``object, name, class_id`` (the class's short name)."""
    rows = [
        (code, plan.gazetteer.name(code), target.short)
        for target in plan.classes.values()
        for code in sorted(target.members)
    ]
    short = next(c.short for c in plan.classes.values() if c.kind == "unit")
    rows += [(u, n, short) for u, n in people.geography.units.itertuples(index=False)]
    return pd.DataFrame(rows, columns=["object", "name", "class_id"])


def place_frame(people: Population, plan: Plan) -> pd.DataFrame:
    """All places: cities of both classes, and counties, towns and villages of the task cities."""
    geography = people.geography
    cities = sorted(c for t in plan.classes.values() for c in t.members)
    frames = [
        pd.DataFrame(
            {"place": cities, "name": [plan.gazetteer.name(c) for c in cities], "level": "市", "parent": PROVINCE}
        ),
        geography.counties.rename(columns={"code": "place"}).assign(level="县"),
        geography.towns.rename(columns={"code": "place"}).assign(level="镇"),
        geography.villages.rename(columns={"village": "place", "town": "parent"})[
            ["place", "name", "parent", "designated"]
        ].assign(level="村"),
    ]
    places = pd.concat(frames, ignore_index=True)
    return places.sort_values("place", ignore_index=True)[["place", "name", "level", "parent", "designated"]]
