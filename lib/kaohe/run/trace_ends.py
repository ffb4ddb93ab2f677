"""Where a clean record ends: the built tables it enters, and the pages that read those rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kaohe.base.built import BUILT
from kaohe.base.files import read_parquet
from kaohe.publish.manifest import DONE, read_manifest
from kaohe.publish.parts import Part, Rows
from kaohe.publish.reports import Target, targets_of

# Built table → its columns, each with the clean column it takes its value from, or "=value".
_SURVEY = (
    ("response", {"domain": "city"}), ("nonresponse", {"city": "city"}), ("calibration", {"city": "city"}),
    ("estimates", {"unit": "=household", "domain": "city"}), ("estimates", {"unit": "=household", "domain": "county"}),
    ("estimates", {"unit": "=household", "domain_type": "=province"}), ("survey_items", {"object": "city"}),
    ("streams", {"object": "city", "stream": "=survey"}), ("composite", {"object": "city"}),
)  # fmt: skip
_OF_FORM = (
    ("form_scores", {"form_key": "form_key"}), ("item_grades", {"object": "object", "level": "level", "concept": "concept"}),
    ("evidence", {"object": "object", "concept": "concept"}), ("counties", {"county": "county"}),
    ("streams", {"object": "object", "stream": "=cross"}), ("composite", {"object": "object"}),
)  # fmt: skip
Rule = tuple[str, Mapping[str, str]]
ENDS: dict[str, tuple[Rule, ...]] = {
    "objects": (("targets", {"object": "object"}), ("streams", {"object": "object"}), ("composite", {"object": "object"})),
    "places": (("village_profile", {"village": "place"}), ("counties", {"county": "place"}), ("targets", {"object": "place"})),
    "pairing": (("village_profile", {"village": "village"}),),
    "totals": (("calibration", {"city": "city"}), ("weight_diagnostics", {"city": "city"})),
    "sample_villages": (("village_profile", {"village": "village"}), ("weights", {"village": "village"}), ("response", {"domain": "city"})),
    "sample_households": (("weights", {"household": "household"}), ("response", {"domain": "city"}), ("village_profile", {"village": "village"})),
    "households": (("weights", {"household": "household"}), *_SURVEY, ("key_survey", {"city": "city"}),
                   ("village_profile", {"village": "village"}), ("data_quality", {"city": "city"})),
    "villages": (("village_profile", {"village": "village"}), ("estimates", {"unit": "=village", "domain": "city"}),
                 ("estimates", {"unit": "=village", "domain_type": "=province"})),
    "teams": (("form_scores", {"team": "team"}),),
    "forms": tuple(r for r in _OF_FORM if "concept" not in r[1]),
    "grades": _OF_FORM,
    "daily": (("daily_items", {"record": "record"}), ("daily_sources", {"object": "object", "source_name": "source"}),
              ("streams", {"object": "object", "stream": "=daily"}), ("composite", {"object": "object"})),
    "facts": (("caps", {"object": "object", "field_name": "field"}), ("talk_list", {"object": "object"}), ("composite", {"object": "object"})),
    "decisions": (("decisions_log", {"decision": "decision"}), ("composite", {"object": "object"})),
    "self_reports": (("self_status", {"object": "object"}),),
    "self_grades": (("self_compare", {"object": "object", "item": "item"}),),
    "problems": (("rectify", {"problem": "problem"}), ("talk_list", {"object": "object"})),
}  # fmt: skip
ONLY_DRAWN = frozenset({"weights", "nonresponse", "calibration", "estimates", "survey_items", "streams", "composite"})
HEADLINE = {
    "weights": ("weight",), "composite": ("composite", "grade_final", "rank"), "streams": ("stream_name", "score", "contribution"),
    "form_scores": ("place_name", "score"), "item_grades": ("level", "grade", "value", "n_graded"),
    "evidence": ("index_grade", "evidence", "gap"), "counties": ("name", "score", "rank"), "caps": ("text", "value", "state"),
    "talk_list": ("reason",), "daily_items": ("points", "score"), "daily_sources": ("source_name", "points"),
    "decisions_log": ("kind", "why"), "self_status": ("state",), "self_compare": ("self_grade", "index_grade"),
    "rectify": ("label", "state"), "village_profile": ("name", "selected", "completed"), "response": ("name", "response_rate"),
    "data_quality": ("households", "missing_share"), "targets": ("notebook", "slug"), "weight_diagnostics": ("sum_weights",),
}  # fmt: skip


@dataclass(frozen=True)
class End:
    """Rows of one built table in which a record ends."""

    table: str
    rows: pd.DataFrame

    def line(self) -> str:
        """The table, how many rows, and of up to two rows what matters."""
        built = BUILT[self.table]
        labels = built.labels()
        n = len(self.rows)
        said = [f"{n} row" + ("s" if n != 1 else "")]
        if n <= 2:
            for row in self.rows.to_dict("records"):
                parts = [f"{labels[c]} {_plain(row[c])}" for c in HEADLINE.get(self.table, ()) if _plain(row[c])]
                said.append("，".join(parts))
        return f"{self.table} {built.label}: " + "; ".join(s for s in said if s)


def _plain(value: Any) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def ends_of(table: str, record: Mapping[str, Any], build: Path) -> list[End]:
    """The rows of built tables in which a clean record ends.

    Parameters
    ----------
    table : str
        Clean table.
    record : mapping
        Its row, with city, county and level added where they follow from it.
    build : Path
        Folder of built tables; one that is missing is left out.
    """
    found: dict[str, pd.DataFrame] = {}
    drawn = True
    for name, rule in ENDS[table]:
        path = build / f"{name}.parquet"
        if not path.is_file() or (table == "households" and not drawn and name in ONLY_DRAWN):
            continue
        if table == "households" and drawn and name == "key_survey":
            continue
        frame = read_parquet(path)
        for column, source in rule.items():
            wanted = source[1:] if source.startswith("=") else record.get(source, "")
            frame = frame[frame[column].astype("str") == _key(wanted)]
        if name == "weights" and table == "households":
            drawn = len(frame) > 0
        if len(frame):
            found[name] = pd.concat([found[name], frame], ignore_index=True) if name in found else frame
    return [End(name, rows) for name, rows in found.items()]


def _key(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def pages_of(ends: list[End], outputs: Path, targets: list[Target]) -> list[tuple[str, str, list[str]]]:
    """The pages that read any of these rows: file, target, tables; in the order of the manifest."""
    rows = {e.table: e.rows for e in ends}
    pages = []
    for slug, entry in sorted(read_manifest(outputs).entries.items()):
        if entry.state != DONE:
            continue
        tables = dict.fromkeys(
            part.table for part in map(Part.parse, entry.parts) if part.table in rows and _reads(part, rows[part.table], targets)
        )  # fmt: skip
        if tables:
            pages.append((f"{slug}.html", entry.name, list(tables)))
    return pages


def _reads(part: Part, rows: pd.DataFrame, targets: list[Target]) -> bool:
    return len(Rows(rows.reset_index(drop=True), targets).of(part)) > 0


def known_targets(build: Path, plan: Any) -> list[Target]:
    """Targets of the build; none when there is no build."""
    from kaohe.publish.reports import reports_of

    path = build / "targets.parquet"
    return targets_of(reports_of(read_parquet(path), plan)) if path.is_file() else []
