"""Which files of ``outputs/tables`` stand behind the tables of a page, as links beside it.

A page knows only where the files will be: `kaohe run` writes those that its pages name. Links are
relative (``../tables/…``), so a copied outputs folder keeps them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kaohe.publish.reports import report_slug
from kaohe.publish.table_books import LISTS, OF_CITY, OF_CLASS, OF_COUNTY, PROVINCE, sheet_name

HOME = "../tables/"
_LINK = re.compile(r"href=\"\.\./tables/([a-z0-9-]+\.(?:xlsx|csv))\"", re.ASCII)

# Built table behind each table of a page, by the id it has there.
BEHIND = {
    "t-calibration": "calibration", "t-caps": "caps", "t-completeness": "completeness", "t-consistency": "consistency",
    "t-counties": "counties", "t-daily": "daily_items", "t-data-quality": "data_quality", "t-decisions": "decisions_log",
    "t-estimates": "estimates", "t-village-estimates": "estimates", "t-evidence": "evidence", "t-field-grades": "item_grades",
    "t-findings": "findings_summary", "t-mended": "findings_summary", "t-noted": "findings_summary", "t-forms": "form_scores",
    "t-grade-chances": "grade_probabilities", "t-grades": "item_grades", "t-groups": "group_scores", "t-intake": "intake",
    "t-intake-totals": "intake", "t-key-survey": "key_survey", "t-lost": "lost_points", "t-nonresponse": "nonresponse",
    "t-differ": "estimates", "t-problems": "rectify", "t-profiles": "profiles", "t-ranking": "composite", "t-response": "response",
    "t-screen-records": "screen_records", "t-screens": "screens", "t-screens-summary": "screens", "t-self": "self_compare",
    "t-sensitivity": "sensitivity_summary", "t-set-aside": "set_aside", "t-streams": "streams", "t-survey-items": "survey_items",
    "t-swap": "swap_weights", "t-villages": "village_profile", "t-talk": "talk_list", "t-way-up": "way_up", "t-weights": "weight_diagnostics",
    **{f"t-county-{k}": "estimates" for k in range(1, 7)},
}  # fmt: skip
_OF_COUNTY = frozenset({"estimates", "counties", "village_profile", *OF_COUNTY})
_PROVINCE = {"70_overview": "overview", "20_sample_design": "sample-design", "10_data_quality": "data-quality"}


def downloads(notebook: str, target: str, table: str) -> list[dict[str, str]]:
    """The files that hold the rows of a page's table and more: a workbook's sheet first, then the whole province as CSV.

    Parameters
    ----------
    notebook, target : str
        What the page's seal says.
    table : str
        Id of the table on the page.

    Returns
    -------
    list of dict
        ``href`` and ``text``; empty where there is no such file.
    """
    built = BEHIND.get(table, "")
    if not built:
        return []
    found = []
    book = _book(notebook, target, built)
    if book:
        found.append({"href": f"{HOME}{book}.xlsx", "text": f"Excel（工作表“{sheet_name(built)}”）"})
    if built in LISTS:
        found.append({"href": f"{HOME}{built.replace('_', '-')}.csv", "text": "CSV（全省）"})
    return found


def _book(notebook: str, target: str, built: str) -> str:
    """The workbook with a sheet of a built table, the report's own where it has one; empty: none."""
    if notebook == "60_ranking":
        return report_slug(notebook, target) if built in OF_CLASS else ""
    if notebook in {"40_city", "30_survey"}:
        return report_slug("40_city", target) if built in OF_CITY else ""
    if notebook == "45_county":
        return report_slug("40_city", f"{target[:4]}00000000") if built in _OF_COUNTY else ""
    if notebook == "50_unit":
        return report_slug("60_ranking", "unit235") if built in OF_CLASS else ""
    own = _PROVINCE.get(notebook, "")
    holding = [slug for slug, _, tables in PROVINCE if built in tables]
    return own if own in holding else next(iter(holding), "")


def linked_files(pages: Iterable[str]) -> set[str]:
    """Names of the files in ``outputs/tables`` that `pages`, HTML texts, link to."""
    return {name for page in pages for name in _LINK.findall(page)}
