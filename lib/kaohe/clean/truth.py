"""What came in and how far it can be believed: intake, findings, data quality and screens."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kaohe.base.asked import asked
from kaohe.base.plan import Plan
from kaohe.base.tables import RAW
from kaohe.clean.screen_records import build_screen_records
from kaohe.clean.screens import build_screens
from kaohe.clean.senders import Senders


def build_intake_tables(clean: dict[str, pd.DataFrame], plan: Plan) -> dict[str, pd.DataFrame]:
    """The built tables ``intake``, ``findings_summary``, ``set_aside``, ``data_quality``, ``screens`` and ``screen_records``.

    Parameters
    ----------
    clean : dict of DataFrame
        Clean tables by name, with forms, grades, findings and accounts.
    plan : Plan
    """
    screens = build_screens(clean, plan)
    return {
        "intake": intake(clean),
        "findings_summary": findings_summary(clean),
        "set_aside": set_aside(clean, plan),
        "data_quality": data_quality(clean, plan),
        "screens": screens,
        "screen_records": build_screen_records(clean, plan, screens),
    }


def table_label(name: str) -> str:
    """Chinese name of a raw table."""
    return RAW[name].label if name in RAW else {"cross": "指标表和考评表", "": "其他文件"}.get(name, name)


def intake(clean: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Accounts of every file and sheet with the tables' names."""
    frame = clean["accounts"].copy()
    frame["table_label"] = [table_label(t) for t in frame["table"]]
    return frame


def findings_summary(clean: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Findings counted by table, code and action."""
    found = clean["findings"]
    groups = found.groupby(["table", "code", "action"], sort=True)
    frame = groups.agg(rule=("rule", "first"), n=("rule", "size"), remedy=("remedy", "first")).reset_index()
    frame["table_label"] = [table_label(t) for t in frame["table"]]
    return frame


def set_aside(clean: dict[str, pd.DataFrame], plan: Plan) -> pd.DataFrame:
    """Rows set aside and files not used, by sender, file, sheet and rule; no values."""
    found = clean["findings"]
    found = found[found["action"].isin(["quarantine", "refuse"])]
    objects = clean["objects"]
    senders = Senders(plan, dict(zip(objects["object"], objects["name"], strict=True)))
    groups = found.groupby(["file", "sheet", "code"], sort=True)
    frame = groups.agg(
        table=("table", "first"), rule=("rule", "first"), action=("action", "first"), n=("rule", "size"),
        first_row=("row", "min"), remedy=("remedy", "first"),
    ).reset_index()  # fmt: skip
    frame["table_label"] = [table_label(t) for t in frame["table"]]
    frame["sender"] = [senders.name(f) for f in frame["file"]]
    return frame


def data_quality(clean: dict[str, pd.DataFrame], plan: Plan) -> pd.DataFrame:
    """Missing answers and doubtful rows of the household survey by city.

    An answer is missing when the question applies to the household and none stands there;
    ``doubtful_share`` is rows set aside over rows received.
    """
    households = clean["households"]
    questions = plan.table_questions("household", asked=True)
    home = _city_of_file(households)
    accounts = clean["accounts"]
    mine = accounts[accounts["table"] == "households"]
    aside = mine.assign(city=mine["file"].map(home)).groupby("city")["quarantined"].sum()
    rows = []
    for code in plan.classes["city14"].members:
        part = households[households["city"] == code]
        cells = missing = 0
        for question in questions:
            applies = asked(part, question, plan.questions)
            cells += int(applies.sum())
            missing += int((applies & part[question.id].isna()).sum())
        quarantined = int(aside.get(code, 0))
        received = len(part) + quarantined
        rows.append(
            (
                code, plan.gazetteer.name(code), len(part), cells, missing, missing / cells if cells else np.nan,
                quarantined, quarantined / received if received else np.nan,
            )
        )  # fmt: skip
    columns = [
        "city", "name", "households", "cells", "missing", "missing_share", "quarantined", "doubtful_share",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _city_of_file(households: pd.DataFrame) -> dict[str, str]:
    """The city most rows of each file belong to."""
    counts = households.groupby(["src_file", "city"]).size().reset_index(name="n").sort_values(["src_file", "n"])
    return dict(zip(counts["src_file"], counts["city"], strict=True))
