"""Which reports there are: every target with its notebook and file name."""

from __future__ import annotations

import pandas as pd

from kaohe.base.places import parent_code
from kaohe.base.plan import Plan

PROVINCE = ("10_data_quality", "data-quality"), ("20_sample_design", "sample-design"), ("70_overview", "overview")
COLUMNS = ["kind", "object", "name", "class_id", "city", "notebook", "slug"]


def targets_table(people: pd.DataFrame, counties: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The table `targets`: one row a report.

    Parameters
    ----------
    people : DataFrame
        `kaohe.grade.inputs.roster`.
    counties : DataFrame
        County and name, one row a county report.

    Returns
    -------
    DataFrame
        kind (province, class, city, survey, county, unit), object, name, class_id, city, notebook
        and slug (an ASCII file stem, unique).
    """
    rows: list[tuple[str, ...]] = [("province", "province", "全省", "", "", nb, slug) for nb, slug in PROVINCE]
    rows += [("class", c.id, c.label, c.id, "", "60_ranking", f"ranking-{c.id}") for c in plan.classes.values()]
    for p in people.itertuples():
        if p.kind == "unit":
            rows.append(("unit", p.object, p.name, p.class_id, "", "50_unit", f"unit-{p.object.lower()}"))
            continue
        rows.append(("city", p.object, p.name, p.class_id, p.object, "40_city", f"city-{p.object[:6]}"))
        if "survey" in plan.classes[p.class_id].streams:
            rows.append(("survey", p.object, p.name, p.class_id, p.object, "30_survey", f"survey-{p.object[:6]}"))
    for c in counties.itertuples():
        city = parent_code(c.county, "city")
        rows.append(("county", c.county, c.name, "", city, "45_county", f"county-{c.county[:6]}"))
    return pd.DataFrame(rows, columns=COLUMNS)
