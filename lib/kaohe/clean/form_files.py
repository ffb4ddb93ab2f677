"""The files of cross/: workbooks and CSV of forms, or long tables of grades, as the tables `forms` and `grades`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from kaohe.clean.agreement import double_frame
from kaohe.clean.codes import NOTE, finding
from kaohe.clean.form_long import LONG_LABELS, long_header, read_long
from kaohe.clean.form_places import Visits, sample_places
from kaohe.clean.form_tables import TABLE, FormRead, form_frames, settle_forms
from kaohe.clean.forms import read_forms
from kaohe.clean.intake import BOOK_TYPES, TEXT_TYPES, FileRefused
from kaohe.clean.office import Office

_HEADS = ("考核内容", "考核指标", "数据来源", "考评等次", "备注")


def visits_of(tables: dict[str, pd.DataFrame]) -> Visits:
    """What the clean tables `teams` and `sample_villages` say of the visits.

    Parameters
    ----------
    tables : dict of str to DataFrame
        ``teams`` with team, city, visit_from, visit_to; ``sample_villages`` with village.
    """
    teams, villages = tables["teams"], tables["sample_villages"]
    spans = {}
    if {"visit_from", "visit_to"} <= set(teams.columns):
        dated = teams.dropna(subset=["visit_from", "visit_to"])
        for city, first, last in zip(dated["city"], dated["visit_from"], dated["visit_to"], strict=True):
            spans[str(city)] = (first.date(), last.date())
    by_city = dict(zip(teams["city"].astype(str), teams["team"].astype(str), strict=True))
    return Visits(by_city, spans, sample_places([str(v) for v in villages["village"]]))


def read_form_files(
    paths: list[Path], visits: Visits, office: Office
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Every form of the given files.

    Parameters
    ----------
    paths : list of Path
        Files below ``cross/`` other than the list of teams.
    visits : Visits
    office : Office
        Its register resolves places and targets; its ledger gets accounts and findings.

    Returns
    -------
    forms, grades, doubles : DataFrame
        One row a form that counts; one row an item that counts (an item that does not apply has
        grade ``""`` and a remark that begins with 不适用); pairs of gradings of one place.
    """
    if not paths:
        office.ledger.add(finding(NOTE, "K234", TABLE, "cross/**/*.xlsx", value="指标表和考评表"))
    labels = [*office.plan.grades, *_HEADS, *(label for names in LONG_LABELS.values() for label in names)]
    forms: list[FormRead] = []
    for path in paths:
        if path.suffix.lower() not in {*BOOK_TYPES, *TEXT_TYPES}:
            office.refuse(FileRefused("K222", value=path.suffix), TABLE, office.name(path))
            continue
        result = office.open(path, TABLE, labels)
        if result is None:
            continue
        for sheet in result.sheets:
            head = long_header(sheet)
            if head is None:
                forms.extend(read_forms(sheet, result.sha256, office, visits))
            else:
                forms.extend(read_long(sheet, head, result.sha256, visits, office))
    settle_forms(forms, visits.teams, office)
    return (*form_frames(forms), double_frame(forms))
