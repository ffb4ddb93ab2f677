"""The way of one record: the cells it was typed in, what was done to it, its weight, where it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.files import read_parquet
from kaohe.base.places import parent_code
from kaohe.base.plan import Plan
from kaohe.base.tables import LINEAGE, RAW
from kaohe.clean.scrub import mask_text
from kaohe.clean.typed_cells import RawRows, TypedRow
from kaohe.design.explain import explain_weight
from kaohe.publish.built import find_build
from kaohe.run.trace_aside import Aside, find_aside, form_aside
from kaohe.run.trace_ends import ends_of, known_targets, pages_of
from kaohe.run.trace_keys import find_rows, near_keys, tell_key

TABLES = {**{n: t.label for n, t in RAW.items()}, "forms": "考评表和指标表", "grades": "指标等次"}
STATES = {
    "same": "read again from the raw file",
    "missing": "the raw file is not there: only its address can be told",
    "changed": "the raw file is not the one that was cleaned (another hash): it is not read again",
    "unreadable": "that row cannot be read again",
}


@dataclass(frozen=True)
class Places:
    """The folders a trace goes through.

    Attributes
    ----------
    raw, processed, outputs : Path
        Raw files; clean and built tables; reports.
    """

    raw: Path
    processed: Path
    outputs: Path

    @property
    def clean(self) -> Path:
        """The clean tables."""
        return self.processed / "clean"

    @property
    def build(self) -> Path:
        """The built tables."""
        return self.processed / "build"


def trace(table: str, key: str, places: Places, plan: Plan) -> list[str]:
    """The way of one record, in lines.

    Parameters
    ----------
    table : str
        A clean table (name or Chinese label), ``forms`` or ``grades``.
    key : str
        Its key; several columns joined by ``/``; targets and places by code or name. For grades
        ``FORM_KEY.ITEM``, or ``FORM_KEY`` for the whole form.
    places : Places
    plan : Plan

    Returns
    -------
    list of str
        The way of the record, one step a line; personal values never.

    Raises
    ------
    InputRefused
        K361 unknown table, K363 unknown key with the nearest ones, K810 nothing has been cleaned.
    """
    name = _table(table)
    if not (places.clean / "intake.json").is_file():
        raise InputRefused(
            "K810", "There are no cleaned tables", where=str(places.clean),
            remedy="put the office's files into data/raw (or run `kaohe demo`), then run `kaohe clean`",
        )  # fmt: skip
    frame = read_parquet(places.clean / f"{name}.parquet")
    findings = read_parquet(places.clean / "findings.parquet")
    names, raw = _names(places.clean), RawRows(places.raw, plan)
    if name == "forms" or (name == "grades" and "." not in key.rsplit(":", 1)[-1]):
        return _form(key, places, plan, findings, raw)
    rows = find_rows(name, key, frame, names)
    aside = find_aside(name, key, findings, places, raw, names, quick=len(rows) == 1)
    if len(rows) == 1:
        return _record(name, rows.iloc[0].to_dict(), places, plan, findings, aside, raw)
    if len(rows) > 1:
        raise _several(name, key, rows)
    if aside:
        return _set_aside(name, key, aside, raw)
    raise _unknown(name, key, frame, names)


def _table(text: str) -> str:
    plain = text.strip()
    for name, label in TABLES.items():
        if plain in {name, label}:
            return name
    raise InputRefused(
        "K361", "There is no such table", got=mask_text(plain)[0],
        expected="one of " + ", ".join(f"{n} {label}" for n, label in TABLES.items()),
        remedy="`kaohe trace TABLE KEY`, for instance `kaohe trace grades FORM_KEY.ITEM`",
    )  # fmt: skip


def _names(clean: Path) -> dict[str, list[str]]:
    """Codes by name, of targets and places."""
    found: dict[str, list[str]] = {}
    for table, code in (("objects", "object"), ("places", "place")):
        frame = read_parquet(clean / f"{table}.parquet", columns=[code, "name"])
        for c, n in zip(frame[code], frame["name"], strict=True):
            found.setdefault(str(n), []).append(str(c))
    return found


def _record(
    name: str, row: Mapping[Any, Any], places: Places, plan: Plan, findings: pd.DataFrame, aside: list[Aside], raw: RawRows
) -> list[str]:  # fmt: skip
    """All stages of a row in use."""
    lines = [f"{name} {TABLES[name]} {tell_key(name, row)}", ""]
    file, sheet, number, sha = str(row["src_file"]), str(row["src_sheet"]), int(row["src_row"]), str(row["src_sha256"])
    lines += _typed(raw.row(file, sheet, number, sha, name), file, sheet, number, sha)
    lines += _found(findings, file, sheet, number)
    lines += ["", f"clean     {places.clean / name}.parquet, in use"]
    for column, value in row.items():
        if column not in LINEAGE and not _empty(value):
            lines.append(f"  {column} = {_shown(value)}")
    lines += _weight(name, row, places.build)
    lines += _ends(name, _enriched(name, row, places.clean, plan), places, plan)
    for other in aside:
        lines += ["", f"also set aside: {other.line()}"]
    return lines


def _typed(typed: TypedRow, file: str, sheet: str, row: int, sha: str) -> list[str]:
    where = " › ".join(p for p in (file, sheet, f"row {row}") if p)
    lines = [f"typed     {where}", f"  sha256 {sha[:16]}…; {STATES[typed.state]}"]
    return lines + [f"  {c.address:<7} {c.label}: {c.text}" for c in typed.cells]


def _found(findings: pd.DataFrame, file: str, sheet: str, row: int) -> list[str]:
    mine = findings[(findings["file"] == file) & (findings["sheet"] == sheet) & (findings["row"] == row)]
    whole = findings[(findings["file"] == file) & (findings["row"] == 0) & (findings["action"] == "normalise")]
    words = {"quarantine": "set aside", "normalise": "repaired", "note": "noted", "refuse": "not used"}
    lines = [
        "",
        "checked   "
        + ("nothing was found in this row" if mine.empty else f"{_count(len(mine), 'finding')} in this row"),
    ]
    for f in pd.concat([mine, whole]).to_dict("records"):
        at = str(f["cell"]) or (f"column {f['column']}" if f["column"] else "file")
        said = f"  {f['code']} {words[str(f['action'])]} at {at}: {f['rule']}"
        lines.append(said + "".join(f"; {k} {f[c]}" for k, c in (("got", "value"), ("now", "expected")) if f[c]))
    return lines


def _weight(name: str, row: Mapping[Any, Any], build: Path) -> list[str]:
    path = build / "weights.parquet"
    if name not in {"households", "sample_households"} or not path.is_file():
        return []
    weights = read_parquet(path, filters=[("household", "==", str(row["household"]))])
    if weights.empty:
        return ["", "weight    none: the household was not drawn at random, did not answer, or was set aside"]
    lines = ["", "weight    each factor, and the weight after it"]
    for step in explain_weight(weights, str(row["household"])).to_dict("records"):
        detail = f" ({step['detail']})" if step["detail"] else ""
        lines.append(f"  × {step['factor']:<10.6g} = {step['weight']:<10.6g} {step['label']}{detail}")
    return lines


def _enriched(name: str, row: Mapping[Any, Any], clean: Path, plan: Plan) -> dict[str, Any]:
    """The row with the city, county and level that follow from it."""
    out = {str(k): v for k, v in row.items()}
    if "village" in out and "form" not in out:
        out.setdefault("city", parent_code(str(out["village"]), "city"))
        out.setdefault("county", parent_code(str(out["village"]), "county"))
    if name in {"forms", "grades"}:
        out["level"] = plan.forms[str(out["form"])].level
        if name == "grades":
            forms = read_parquet(clean / "forms.parquet", filters=[("form_key", "==", str(out["form_key"]))])
            out["county"] = str(forms["county"].iloc[0]) if len(forms) else ""
    return out


def _ends(name: str, record: Mapping[str, Any], places: Places, plan: Plan) -> list[str]:
    if not (places.build / "targets.parquet").is_file():
        return ["", "built     nothing yet: run `kaohe build`"]
    ends = ends_of(name, record, find_build(places.processed))
    lines = ["", "built     " + ("rows it enters or decides" if ends else "it enters no built table")]
    lines += [f"  {e.line()}" for e in ends]
    stale = _stale(places)
    if stale:
        lines.append(f"  ({stale})")
    pages = pages_of(ends, places.outputs, known_targets(places.build, plan))
    if not pages:
        return [*lines, "", "reports   none of the pages made so far reads these rows"]
    own = {str(record.get(k, "")) for k in ("object", "city", "county", "unit", "helper_city")}
    others = {
        t.name
        for t in known_targets(places.build, plan)
        if t.kind in {"city", "county", "unit"} and t.object not in own
    }
    near = [f"  {target}: html/{page} ({', '.join(tables)})" for page, target, tables in pages if target not in others]
    lines += ["", "reports   pages that read these rows", *near]
    far = len(pages) - len(near)
    return lines + ([f"  and {_count(far, 'page')} of other targets, which are compared with it"] if far else [])


def _stale(places: Places) -> str:
    """Said when the built tables are older than the clean ones."""
    from kaohe.run.current import clean_hash, said_of_build

    built = said_of_build(places.build) or {}
    same = built.get("clean_hash") in {None, clean_hash(places.processed)}
    return "" if same else "the built tables are older than the clean ones: run `kaohe build`"


def _form(key: str, places: Places, plan: Plan, findings: pd.DataFrame, raw: RawRows) -> list[str]:
    """A whole form: its head, then its items one a line."""
    forms = read_parquet(places.clean / "forms.parquet")
    rows = forms[forms["form_key"] == key.strip()]
    if rows.empty:
        aside = form_aside(key.strip(), findings, places)
        if aside:
            return _set_aside("forms", key, aside, raw)
        raise _unknown("forms", key, forms, {})
    lines = _record("forms", rows.iloc[0].to_dict(), places, plan, findings, [], raw)
    grades = read_parquet(places.clean / "grades.parquet", filters=[("form_key", "==", key.strip())])
    lines += ["", f"items     {len(grades)} in use; `kaohe trace grades {key.strip()}.ITEM` follows one"]
    names = {i.no: i.name for i in plan.forms[str(rows["form"].iloc[0])].items}
    lines += [
        f"  row {g['src_row']:<4} {g['item']}. {names[g['item']]}: {g['grade']}" for g in grades.to_dict("records")
    ]
    file, sheet = str(rows["src_file"].iloc[0]), str(rows["src_sheet"].iloc[0])
    lost = findings[(findings["file"] == file) & (findings["sheet"] == sheet) & (findings["action"] == "quarantine")]
    lines += [f"  row {f['row']:<4} set aside: {f['code']} {f['rule']} {f['cell']}" for f in lost.to_dict("records")]
    return lines


def _set_aside(name: str, key: str, aside: list[Aside], raw: RawRows) -> list[str]:
    """A record that is not in use: where it stands and why."""
    lines = [f"{name} {TABLES[name]} {mask_text(key)[0]}: set aside, in no table and no report"]
    for one in aside:
        typed = raw.row(one.file, one.sheet, one.row, one.sha256, name)
        lines += ["", *_typed(typed, one.file, one.sheet, one.row, one.sha256), "", "set aside " + one.why()]
        lines += [f"  {said}" for said in one.remedies()]
    return [*lines, "", "the rows stand in data/processed/returns/问题数据清单.xlsx and clean/quarantine.parquet"]


def _several(name: str, key: str, rows: pd.DataFrame) -> InputRefused:
    keys = [tell_key(name, r) for r in rows.head(8).to_dict("records")]
    return InputRefused(
        "K363", "No record of this key", where=f"{name} {TABLES[name]}", got=f"{mask_text(key)[0]}: {len(rows)} records begin so",
        expected="one of " + ", ".join(keys) + (", …" if len(rows) > len(keys) else ""), remedy="give the whole key, its parts joined by /",
    )  # fmt: skip


def _unknown(name: str, key: str, frame: pd.DataFrame, names: Mapping[str, list[str]]) -> InputRefused:
    close = near_keys(name, key, frame, names)
    return InputRefused(
        "K363", "No record of this key", where=f"{name} {TABLES[name]}", got=mask_text(key)[0],
        expected="one such as " + ", ".join(close) if close else "the table has no records",
        remedy="neither in use nor set aside in a file that can be read again; files not used at all are named by `kaohe clean`",
    )  # fmt: skip


def _count(n: int, word: str) -> str:
    return f"{n} {word}" + ("" if n == 1 else "s")


def _empty(value: Any) -> bool:
    return value is None or value is pd.NaT or value == "" or (isinstance(value, float) and value != value)


def _shown(value: Any) -> str:
    if isinstance(value, pd.Timestamp):
        return str(value.date().isoformat())
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"
    return str(value)


__all__ = ["TABLES", "Places", "trace"]
