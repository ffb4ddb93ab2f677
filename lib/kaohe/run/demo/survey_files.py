"""The survey's files: lists of sample villages and households, and answers city by city.

Cities send their answers as they are used to: GB18030 with and without BOM, UTF-8 with and
without BOM, or a workbook; some leave blank what does not apply, some write 不适用.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from kaohe.base.plan import Plan
from kaohe.base.tables import contract
from kaohe.run.demo import names
from kaohe.run.demo.grid import ENCODINGS, Grid, fill
from kaohe.run.demo.planting import Planter, Recipe
from kaohe.run.demo.population import Population
from kaohe.run.demo.sample import Sample
from kaohe.run.demo.streams import stream
from kaohe.run.demo.village_answers import village_answers

# Shares of answers that people did not give, and the words interviewers write for them.
_UNANSWERED = {
    "debt": 0.008, "spend_medical": 0.008, "visits": 0.006, "know_policy": 0.008, "months_worked": 0.006,
    "sat_cadre": 0.008, "land_area": 0.006,
}  # fmt: skip
_LATE_CITY = 7
HOUSEHOLD_FAULTS = Recipe(
    share=0.011,
    kinds=(
        "full_width", "wan_unit", "short_name", "about", "bad_date", "thousands", "excel_error", "other_county",
        "stray", "id_check", "dotted_date", "out_of_range", "serial_date", "unit_suffix",
    ),
    duplicates=0.002,
    vary="hh_size",
)  # fmt: skip
VILLAGE_FAULTS = Recipe(
    share=0.02,
    kinds=("full_width", "about", "thousands", "short_name", "excel_error", "dotted_date", "stray", "bad_date"),
    vary="v_party_members",
)


def survey_grids(people: Population, sample: Sample, plan: Plan, seed: int, planter: Planter) -> list[Grid]:
    """All survey files, with their faults."""
    lists = [
        fill(contract("sample_villages", plan), "survey/sample_villages", "utf-8-sig", sample.villages),
        fill(contract("sample_households", plan), "survey/sample_households", "gb18030", sample.households),
    ]
    planter.plant(lists[0], Recipe(0.006, ("stray", "full_width"), least=2))
    planter.plant(lists[1], Recipe(0.004, ("stray", "full_width"), duplicates=0.0008, least=4))
    return [
        *lists,
        *_household_grids(people, sample, plan, seed, planter),
        *_village_grids(people, sample, plan, seed, planter),
    ]


def _household_grids(people: Population, sample: Sample, plan: Plan, seed: int, planter: Planter) -> list[Grid]:
    rng = stream(seed, "survey files")
    table = contract("households", plan)
    frame = sample.answers.copy()
    spans = _visit_days(sample.villages["village"], people, plan, seed)
    start = frame["village"].map(spans).to_numpy()
    frame["visit_date"] = [
        d + timedelta(days=int(x)) for d, x in zip(start, rng.integers(0, 3, len(frame)), strict=True)
    ]
    team = frame.groupby("county").ngroup().to_numpy()
    frame["enumerator"] = [f"DC{t:02d}{x}" for t, x in zip(team % 100, rng.integers(1, 7, len(frame)), strict=True)]
    for column, make in (
        ("head_name", names.person_name), ("id_number", names.id_number), ("phone", names.phone),
        ("account", names.account),
    ):  # fmt: skip
        frame[column] = [make(rng) for _ in range(len(frame))]
    grids = []
    gazetteer = plan.gazetteer
    for number, city in enumerate(people.geography.cities["code"]):
        part = frame[frame["city"] == city].reset_index(drop=True)
        part["city"] = gazetteer.name(city)
        part["county"] = [gazetteer.name(c) for c in part["county"]]
        encoding = ENCODINGS[number % len(ENCODINGS)]
        file = f"survey/households/{city[:6]}_{gazetteer.name(city)}_住户"
        grid = fill(table, file, encoding, part, none="不适用" if number % 3 == 1 else "")
        _leave_out(grid, rng)
        planter.plant(grid, HOUSEHOLD_FAULTS)
        grids.append(grid)
    return grids


def _leave_out(grid: Grid, rng: np.random.Generator) -> None:
    """Answers that were refused or not known."""
    known = {c.name for c in grid.columns}
    for name, share in _UNANSWERED.items():
        if name not in known:
            continue
        at = grid.position(name)
        for row in np.flatnonzero(rng.random(len(grid.rows)) < share):
            if grid.rows[row][at] not in {None, "", "不适用"}:
                grid.rows[row][at] = ("不知道", "拒答", "不详", None)[int(rng.integers(4))]


def _visit_days(villages: pd.Series, people: Population, plan: Plan, seed: int) -> dict[str, object]:
    """First day of the survey in each village: five weeks before the day it was due; one city is late."""
    rng = stream(seed, "visit days")
    due = plan.dates["survey_due"]
    late = people.geography.cities["code"].tolist()
    days: dict[str, object] = {}
    for village in sorted(villages):
        back = int(rng.integers(4, 36))
        if len(late) > _LATE_CITY and village[:4] == late[_LATE_CITY][:4] and back < 8:
            back = -3
        days[village] = due - timedelta(days=back)
    return days


def _village_grids(people: Population, sample: Sample, plan: Plan, seed: int, planter: Planter) -> list[Grid]:
    rng = stream(seed, "village files")
    table = contract("villages", plan)
    register = people.geography.villages
    rows = pd.Index(register["village"]).get_indexer(sample.villages["village"])
    frame = village_answers(people, rows, plan, seed)
    frame["village"] = sample.villages["village"].to_numpy()
    frame["village_name"] = register["name"].to_numpy()[rows]
    gazetteer = plan.gazetteer
    frame["city_code"] = sample.villages["city"].to_numpy()
    frame["city"] = [gazetteer.name(c) for c in frame["city_code"]]
    frame["county"] = [gazetteer.name(c) for c in sample.villages["county"]]
    spans = _visit_days(sample.villages["village"], people, plan, seed)
    frame["visit_date"] = [spans[v] for v in frame["village"]]
    frame["respondent"] = [names.person_name(rng) for _ in range(len(frame))]
    frame = frame.sort_values("village", ignore_index=True)
    grids = []
    for number, city in enumerate(people.geography.cities["code"]):
        part = frame[frame["city_code"] == city].reset_index(drop=True)
        encoding = ENCODINGS[(number + 2) % len(ENCODINGS)]
        file = f"survey/villages/{city[:6]}_{gazetteer.name(city)}_村"
        grid = fill(table, file, encoding, part, none="/" if number % 4 == 1 else "")
        planter.plant(grid, VILLAGE_FAULTS)
        grids.append(grid)
    return grids
