"""Raw files to clean tables, as one set: everything is read, screened and accounted for, or nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from kaohe.base.errors import InputRefused
from kaohe.base.files import locked, sha256_text, swapped_folder, write_json
from kaohe.base.ledger import Finding, Ledger
from kaohe.base.places import ZH_LEVEL, Place
from kaohe.base.plan import Plan
from kaohe.base.tables import RAW, contract
from kaohe.clean.across import note_magnitudes, note_unreturned
from kaohe.clean.batch import Batch, Known
from kaohe.clean.codes import NOTE, finding
from kaohe.clean.corrections import read_corrections
from kaohe.clean.delivery import read_delivery
from kaohe.clean.form_files import read_form_files, visits_of
from kaohe.clean.form_tables import TABLE as FORMS
from kaohe.clean.intake import Limits
from kaohe.clean.keys import Key, demonstration_key, key_path, office_key
from kaohe.clean.office import Office, read_words
from kaohe.clean.plan_hash import reading_hash
from kaohe.clean.pseudonym import add_keys
from kaohe.clean.raw_folder import assign, check_unchanged, list_files, read_origin
from kaohe.clean.reading import read_table
from kaohe.clean.resolve import Register
from kaohe.clean.screen import screen
from kaohe.clean.settling import check_received, settle_configuration
from kaohe.clean.standing import check_changed, check_names
from kaohe.clean.stored import collector_paused, stored_frame, write_tables

ORDER = ("objects", "places", *(name for name in RAW if name not in {"objects", "places"}))
Progress = Callable[[str], None]


@dataclass(frozen=True)
class CleanResult:
    """What cleaning did.

    Attributes
    ----------
    folder : Path
        Where the clean tables stand.
    origin : {"demo", "office"}
    files : int
        Files read.
    rows : dict of table to rows in use
    counts : dict of action to findings
    refused : list of str
        Files that were not used; the exit code is 2 when there are any.
    refusals : list of Finding
        Why.
    new_key : Path or None
        The key of the pseudonyms, where this run made it.
    """

    folder: Path
    origin: str
    files: int
    rows: dict[str, int]
    counts: dict[str, int]
    refused: list[str] = field(default_factory=list)
    refusals: list[Finding] = field(default_factory=list)
    new_key: Path | None = None


@dataclass
class Cleaned:
    """Clean tables in memory, before they are written."""

    tables: dict[str, pd.DataFrame]
    ledger: Ledger
    intake: dict[str, Any]
    refused: list[str]


def clean_all(
    raw: Path, processed: Path, plan: Plan, *, limits: Limits | None = None, progress: Progress = lambda _: None,
    accept_changed: bool = False, key_file: Path | None = None, new_key: bool = False,
) -> CleanResult:  # fmt: skip
    """Clean every raw file and replace ``processed/clean`` as a whole.

    Parameters
    ----------
    raw : Path
        Folder with registry/, survey/, cross/, daily/, office/ as the office holds them.
    processed : Path
        Gets ``clean/``: one Parquet a table, forms, grades, findings, quarantine, accounts, intake.json.
    plan : Plan
    limits : Limits, optional
        How large a file may be; as the plan says when not given.
    progress : callable
        Told the name of each stage.
    accept_changed : bool
        Go on although files that were in use last time have changed or gone; recorded in intake.json.
    key_file : Path, optional
        The key of the pseudonyms (see `kaohe.clean.keys.key_path`); demonstration data has its own.
    new_key : bool
        Begin anew with this key although earlier tables were made with another.

    Returns
    -------
    CleanResult
        Files, rows a table, findings by action, refusals, and the key made, if one was.

    Raises
    ------
    InputRefused
        K210 no raw folder or nothing in it, K236 origin.toml unreadable, K237 objects or places
        missing or unusable, K223 a raw file changed meanwhile, K239 the delivery note unreadable, K353 a
        correction that fits nothing, K354 files changed since the last cleaning, K355 two files of one
        name, K371 to K376 the key of the pseudonyms. ``processed/clean`` stays as it was.
    BusyError
        K501 when another run holds the folder.
    """
    paths = list_files(raw)
    origin = read_origin(raw)
    with locked(processed, "kaohe clean"):
        key = key_for(origin, key_file, processed, raw, renew=new_key)
        with collector_paused():
            cleaned = clean_tables(raw, paths, plan, limits=limits, progress=progress, secret=key.secret)
        cleaned.intake["key"] = {"id": key.id, "kind": key.kind}
        cleaned.intake["accepted_changes"] = check_changed(processed, cleaned.intake, accept=accept_changed)
        progress("writing")
        ledger = cleaned.ledger
        with swapped_folder(processed / "clean") as fresh:
            write_tables(fresh, cleaned.tables)
            write_json(fresh / "intake.json", cleaned.intake)
    return CleanResult(
        folder=processed / "clean", origin=cleaned.intake["origin"], files=len(cleaned.intake["files"]),
        rows={name: len(cleaned.tables[name]) for name in (*RAW, "forms", "grades")}, counts=dict(ledger.counts()),
        refused=cleaned.refused, refusals=[f for f in ledger.findings if f.action == "refuse"],
        new_key=key.path if key.created else None,
    )  # fmt: skip


def key_for(origin: dict[str, Any], given: Path | None, processed: Path, raw: Path, *, renew: bool) -> Key:
    """The key of the pseudonyms: the fixed one for demonstration data, else the office's. Raises K371 to K376."""
    if origin["origin"] == "demo":
        return demonstration_key(origin["seed"])
    return office_key(key_path(given), processed, raw, renew=renew)


def clean_tables(
    raw: Path, paths: list[Path], plan: Plan, *, limits: Limits | None = None, progress: Progress = lambda _: None,
    secret: bytes = b"",
) -> Cleaned:  # fmt: skip
    """Clean tables of the given files; touches nothing outside `raw`. Raises as `clean_all`.

    Without a `secret`, for checks that store nothing, the pseudonym columns are missing throughout.
    """
    origin = read_origin(raw)
    ledger = Ledger()
    office = Office(
        raw=raw, plan=plan, ledger=ledger, words=read_words(plan), register=Register.build(plan),
        synthetic=origin["origin"] == "demo", limits=limits or Limits.of(plan), secret=secret,
        delivery=read_delivery(raw), corrections=read_corrections(plan),
    )  # fmt: skip
    groups = assign(paths, office)
    check_names((p for name in RAW for p in groups[name]), raw)
    check_received(office)
    known = Known()
    tables: dict[str, pd.DataFrame] = {}
    for name in ORDER:
        table = contract(name, plan)
        progress(table.label)
        if not groups[name]:
            _missing(table.name, office)
        batch = read_table(table, groups[name], office)
        screen(batch, known, office)
        if table.required and not batch.live():
            raise _unusable(name, office)
        batch.settle()
        tables[name] = add_keys(stored_frame(batch), batch, office)
        if name in {"objects", "places"}:
            office.register = _register(known, plan)
    progress("考评表")
    tables["forms"], tables["grades"], tables["doubles"] = read_form_files(groups[FORMS], visits_of(tables), office)
    returned = known.batches["households"].values["household"].texts()
    for found in (
        *settle_configuration(office),
        *(note for name in ("households", "villages") for note in note_magnitudes(name, tables[name], plan)),
        *note_unreturned(tables["sample_households"], returned),
    ):
        ledger.add(found)
    ledger.check()
    check_unchanged(raw, office)
    tables["findings"] = ledger.frame_findings()
    tables["quarantine"] = ledger.frame_findings("quarantine")
    tables["accounts"] = ledger.frame_accounts()
    files = dict(sorted(office.hashes.items()))
    digest = sha256_text("\n".join(f"{name} {sha}" for name, sha in files.items()))
    intake = {
        **origin,
        "files": files,
        "data_hash": digest,
        "plan": reading_hash(plan),
        "refused": sorted(office.refused),
    }
    return Cleaned(tables, ledger, intake, office.refused)


def _missing(name: str, office: Office) -> None:
    table = RAW[name]
    if table.required:
        raise InputRefused(
            "K237", "A required table is missing", where=str(office.raw / table.pattern),
            expected=f"{table.label}: csv or xlsx with the columns {'、'.join(c.label for c in table.columns)}",
            remedy="put the file there and run again",
        )  # fmt: skip
    office.ledger.add(finding(NOTE, "K234", name, table.pattern, value=table.label))


def _unusable(name: str, office: Office) -> InputRefused:
    """The refusal of a run whose required table has no usable row, with the first reason found."""
    reason = next((f for f in office.ledger.findings if f.table == name and f.action in {"refuse", "quarantine"}), None)
    if reason is None:
        return InputRefused("K237", "A required table has no rows", where=str(office.raw / RAW[name].pattern))
    where = str(office.raw / reason.file) + (f" › {reason.sheet}" if reason.sheet else "")
    if reason.row:
        where += f" › row {reason.row}"
    if reason.column:
        where += f" › column {reason.column}"
    return InputRefused(
        "K237", "A required table cannot be used", where=where, got=f"{reason.code} {reason.rule}：{reason.value}",
        expected=reason.expected, remedy=reason.remedy,
    )  # fmt: skip


def _register(known: Known, plan: Plan) -> Register:
    """The register from the rows in use of the registry tables read so far."""
    objects = _rows(known.batches["objects"], "object", "name", "class_id")
    places: list[Place] = []
    if "places" in known.batches:
        for code, name, level, parent in _rows(known.batches["places"], "place", "name", "level", "parent"):
            places.append(Place(code, name, ZH_LEVEL[level], parent))
    return Register.build(plan, places, {code: (name, class_id) for code, name, class_id in objects})


def _rows(batch: Batch, *columns: str) -> list[tuple[str, ...]]:
    return [tuple(str(batch.values[c][row]) for c in columns) for row in batch.live()]
